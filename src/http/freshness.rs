//! For how long a stored answer holds (RFC 9111), as a private cache sees it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use http_cache_semantics::{CacheOptions, CachePolicy, RequestLike, ResponseLike};
use serde::{Deserialize, Serialize};

use super::request::Validators;
use super::response::Response;

/// When a stored answer has to be asked for again, and how.
///
/// Times are seconds since 1970. What varies by request header (`Vary`) is left
/// to the caller: its key must name all it sends, for one key is one answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// When it was stored, or last found to hold still.
    pub stored_at: u64,
    /// Until when it can be used unasked.
    pub fresh_until: u64,
    /// What the server knows it by.
    pub etag: Option<String>,
    /// When the server says it changed.
    pub last_modified: Option<String>,
    /// Whether it must not be used once stale, not even when the server cannot be reached.
    pub must_revalidate: bool,
}

impl Freshness {
    /// Reads what an answer says of itself; none if it must not be stored.
    ///
    /// An answer that says nothing of its lifetime (RFC 9111 §4.2.2) is given
    /// `default`: an index's page changes whenever somebody publishes, so how
    /// long ago that was is no measure.
    pub fn of(response: &Response, now: SystemTime, default: Duration) -> Option<Self> {
        Self::read(response.status, &response.headers, now, default)
    }

    /// As [`Freshness::of`], from a status and headers.
    pub fn read(
        status: u16,
        headers: &HeaderMap,
        now: SystemTime,
        default: Duration,
    ) -> Option<Self> {
        let headers = relevant(headers);
        let policy = policy(status, &headers, now)?;
        if !policy.is_storable() {
            return None;
        }
        let lifetime = if says_lifetime(&headers) {
            policy.time_to_live(now)
        } else {
            default.saturating_sub(policy.age(now))
        };
        let stored_at = seconds(now);
        Some(Self {
            stored_at,
            fresh_until: stored_at.saturating_add(lifetime.as_secs()),
            etag: text(&headers, &header::ETAG),
            last_modified: text(&headers, &header::LAST_MODIFIED),
            must_revalidate: ["must-revalidate", "no-cache"]
                .iter()
                .any(|directive| has_directive(&headers, directive)),
        })
    }

    /// Returns what holds after the server said that nothing changed (304).
    ///
    /// What the answer says counts; on what it is silent, the stored answer's
    /// word stands (RFC 9111 §4.3.4), its lifetime counted from now.
    #[must_use]
    pub fn refresh(&self, response: &Response, now: SystemTime) -> Self {
        let headers = relevant(&response.headers);
        let lifetime = self.fresh_until.saturating_sub(self.stored_at);
        let default = Duration::from_secs(lifetime);
        // To the policy, it is the stored answer with newer headers.
        let Some(new) = Self::read(200, &headers, now, default) else {
            // "Do not store" said of what is stored already: use it this once.
            return Self {
                stored_at: seconds(now),
                fresh_until: seconds(now),
                must_revalidate: true,
                ..self.clone()
            };
        };
        let is_silent = !headers.contains_key(header::CACHE_CONTROL);
        Self {
            etag: new.etag.or_else(|| self.etag.clone()),
            last_modified: new.last_modified.or_else(|| self.last_modified.clone()),
            must_revalidate: new.must_revalidate || (is_silent && self.must_revalidate),
            ..new
        }
    }

    /// Tells whether the stored answer can be used unasked.
    ///
    /// One that was stored in the future is not: the clock was set back.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        let now = seconds(now);
        self.stored_at <= now && now < self.fresh_until
    }

    /// Returns how to ask whether the stored answer still holds, if one can.
    pub fn validators(&self) -> Option<Validators> {
        if self.etag.is_none() && self.last_modified.is_none() {
            return None;
        }
        Some(Validators {
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
        })
    }
}

/// Returns the headers that matter, directives in lower case: their names are
/// case-insensitive, which the policy's parser does not know.
fn relevant(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in [
        header::AGE,
        header::CACHE_CONTROL,
        header::DATE,
        header::ETAG,
        header::EXPIRES,
        header::LAST_MODIFIED,
        header::PRAGMA,
        header::VARY,
    ] {
        for value in headers.get_all(&name) {
            let value = if name == header::CACHE_CONTROL {
                let lower = value.as_bytes().to_ascii_lowercase();
                HeaderValue::from_bytes(&lower).unwrap_or_else(|_| value.clone())
            } else {
                value.clone()
            };
            kept.append(name.clone(), value);
        }
    }
    kept
}

fn policy(status: u16, headers: &HeaderMap, now: SystemTime) -> Option<CachePolicy> {
    struct Get;
    impl RequestLike for Get {
        fn uri(&self) -> Uri {
            Uri::from_static("/")
        }
        fn is_same_uri(&self, _: &Uri) -> bool {
            true
        }
        fn method(&self) -> &Method {
            &Method::GET
        }
        fn headers(&self) -> &HeaderMap {
            static NONE: std::sync::OnceLock<HeaderMap> = std::sync::OnceLock::new();
            NONE.get_or_init(HeaderMap::new)
        }
    }
    struct Answer<'a>(StatusCode, &'a HeaderMap);
    impl ResponseLike for Answer<'_> {
        fn status(&self) -> StatusCode {
            self.0
        }
        fn headers(&self) -> &HeaderMap {
            self.1
        }
    }
    let options = CacheOptions {
        shared: false,
        cache_heuristic: 0.0,
        ..CacheOptions::default()
    };
    let answer = Answer(StatusCode::from_u16(status).ok()?, headers);
    Some(CachePolicy::new_options(&Get, &answer, now, options))
}

fn says_lifetime(headers: &HeaderMap) -> bool {
    headers.contains_key(header::EXPIRES)
        || ["max-age", "no-cache", "immutable"]
            .iter()
            .any(|directive| has_directive(headers, directive))
        || text(headers, &header::PRAGMA).is_some_and(|value| value.contains("no-cache"))
        || text(headers, &header::VARY).is_some_and(|value| value.trim() == "*")
}

fn has_directive(headers: &HeaderMap, directive: &str) -> bool {
    headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            part.split('=')
                .next()
                .is_some_and(|name| name.trim() == directive)
        })
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderName;

    /// 1994-11-06 08:49:37 UTC
    const NOW: u64 = 784_111_777;
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            room: None,
            status,
            url: url::Url::parse("https://index.example/simple/").unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| {
                    let name: HeaderName = name.parse().unwrap();
                    (name, HeaderValue::from_str(value).unwrap())
                })
                .collect(),
            body: Bytes::new(),
        }
    }

    fn read(headers: &[(&str, &str)]) -> Option<Freshness> {
        Freshness::of(&response(200, headers), at(NOW), Duration::from_mins(10))
    }

    /// Checks for how long an answer holds, or that it is not stored.
    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: Option<u64>) {
        let lifetime = read(headers).map(|freshness| freshness.fresh_until - NOW);
        assert_eq!(lifetime, expected);
    }

    #[test]
    fn holds_as_long_as_the_server_says() {
        check(&[("cache-control", "max-age=300, public")], Some(300));
        check(&[("cache-control", "private, Max-Age=300")], Some(300));
        check(
            &[("cache-control", "max-age=300"), ("age", "100")],
            Some(200),
        );
        check(&[("cache-control", "max-age=300"), ("age", "400")], Some(0));
        check(
            &[("cache-control", "max-age=365000000, immutable")],
            Some(365_000_000),
        );
        check(&[("cache-control", "immutable")], Some(86_400));
        check(
            &[("date", DATE), ("expires", "Sun, 06 Nov 1994 08:51:37 GMT")],
            Some(120),
        );
        check(&[("expires", "0")], Some(0));
        // A private cache does not heed what is said to shared ones.
        check(&[("cache-control", "s-maxage=10, max-age=300")], Some(300));
    }

    #[test]
    fn holds_for_the_default_where_nothing_is_said() {
        check(&[], Some(600));
        check(&[("cache-control", "public")], Some(600));
        check(&[("age", "100")], Some(500));
        // How long ago it changed does not matter.
        check(
            &[("last-modified", "Sun, 06 Nov 1988 08:49:37 GMT")],
            Some(600),
        );
    }

    #[test]
    fn must_be_asked_for_each_time_where_it_says_so() {
        check(&[("cache-control", "no-cache")], Some(0));
        check(&[("cache-control", "No-Cache, max-age=300")], Some(0));
        check(&[("pragma", "no-cache")], Some(0));
        check(&[("vary", "*"), ("cache-control", "max-age=300")], Some(0));
        check(&[("cache-control", "max-age=0, must-revalidate")], Some(0));
        assert!(
            read(&[("cache-control", "no-cache")])
                .unwrap()
                .must_revalidate
        );
        assert!(
            read(&[("cache-control", "max-age=9, must-revalidate")])
                .unwrap()
                .must_revalidate
        );
        assert!(
            !read(&[("cache-control", "max-age=9")])
                .unwrap()
                .must_revalidate
        );
    }

    #[test]
    fn is_not_stored_where_it_must_not_be() {
        check(&[("cache-control", "no-store")], None);
        check(
            &[
                ("cache-control", "max-age=300"),
                ("cache-control", "No-Store"),
            ],
            None,
        );
        let partial = response(206, &[("cache-control", "max-age=300")]);
        assert_eq!(Freshness::of(&partial, at(NOW), Duration::ZERO), None);
    }

    #[test]
    fn survives_absurd_numbers() {
        check(
            &[("cache-control", "max-age=18446744073709551615")],
            Some(u64::MAX - NOW),
        );
        check(
            &[("cache-control", "max-age=99999999999999999999")],
            Some(0),
        );
        check(&[("cache-control", "max-age=-1")], Some(0));
        check(&[("age", "18446744073709551615")], Some(0));
    }

    #[test]
    fn is_fresh_until_its_time_has_come() {
        let freshness = read(&[("cache-control", "max-age=300")]).unwrap();
        assert!(freshness.is_fresh(at(NOW)));
        assert!(freshness.is_fresh(at(NOW + 299)));
        assert!(!freshness.is_fresh(at(NOW + 300)));
        assert!(!freshness.is_fresh(at(NOW - 1)), "the clock was set back");
    }

    #[test]
    fn is_asked_about_by_what_the_server_knows_it_by() {
        let freshness = read(&[("etag", "W/\"a\""), ("last-modified", DATE)]).unwrap();
        let validators = freshness.validators().unwrap();
        assert_eq!(validators.etag.as_deref(), Some("W/\"a\""));
        assert_eq!(validators.last_modified.as_deref(), Some(DATE));
        assert_eq!(read(&[]).unwrap().validators(), None);
    }

    #[test]
    fn holds_anew_after_a_304() {
        let stored = read(&[("etag", "\"a\""), ("cache-control", "max-age=300")]).unwrap();
        let later = at(NOW + 1000);
        let silent = stored.refresh(&response(304, &[]), later);
        assert_eq!(silent.fresh_until, NOW + 1300);
        assert_eq!(silent.etag.as_deref(), Some("\"a\""));
        let spoken = [("etag", "\"b\""), ("cache-control", "max-age=60")];
        let spoken = stored.refresh(&response(304, &spoken), later);
        assert_eq!(
            (spoken.stored_at, spoken.fresh_until),
            (NOW + 1000, NOW + 1060)
        );
        assert_eq!(spoken.etag.as_deref(), Some("\"b\""));
        let not_stored = stored.refresh(&response(304, &[("cache-control", "no-store")]), later);
        assert!(!not_stored.is_fresh(later) && not_stored.must_revalidate);
    }

    #[test]
    fn is_a_few_bytes_when_stored() {
        let freshness = read(&[("etag", "\"0123456789abcdef\""), ("last-modified", DATE)]).unwrap();
        let bytes = postcard::to_allocvec(&freshness).unwrap();
        assert!(bytes.len() < 80, "{}", bytes.len());
        assert_eq!(
            postcard::from_bytes::<Freshness>(&bytes).unwrap(),
            freshness
        );
    }
}
