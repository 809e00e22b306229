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
