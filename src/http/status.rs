//! What a status other than 200, 206 and 304 means.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};

use super::error::Error;
use super::login::LoginSource;
use super::retry::{LONGEST_WAIT, retry_after};

/// What a failed answer was.
pub(super) struct Failed<'a> {
    pub(super) url: String,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    /// The beginning of the body.
    pub(super) body: &'a [u8],
    pub(super) sent_credentials: bool,
    /// Where they came from.
    pub(super) login: Option<LoginSource>,
    pub(super) now: SystemTime,
}

/// What to do about it.
pub(super) struct Verdict {
    pub(super) error: Error,
    pub(super) is_retryable: bool,
    /// How long the server asks to wait; never longer than we are ready to.
    pub(super) wait: Option<Duration>,
}

impl Failed<'_> {
    pub(super) fn judge(self) -> Verdict {
        let status = self.status.as_u16();
        let asked = retry_after(self.headers, self.now);
        let asks_too_much = asked.is_some_and(|wait| wait > LONGEST_WAIT);
        let is_retryable =
            matches!(status, 408 | 421 | 425 | 429 | 500 | 502 | 503 | 504) && !asks_too_much;
        let url = self.url;
        let error = match status {
            404 | 410 => Error::NotFound { url, status },
            401 | 403 => Error::Denied {
                url,
                status,
                sent_credentials: self.sent_credentials,
                login: self.login,
                realm: realm(self.headers),
            },
            429 => Error::RateLimited {
                url,
                status,
                retry_after: asked.map(|wait| wait.as_secs()),
            },
            503 if asks_too_much => Error::RateLimited {
                url,
                status,
                retry_after: asked.map(|wait| wait.as_secs()),
            },
            500..=599 => Error::Server {
                url,
                status,
                excerpt: excerpt(self.headers, self.body),
            },
            _ => Error::Status {
                url,
                status,
                excerpt: excerpt(self.headers, self.body),
            },
        };
        Verdict {
            error,
            is_retryable,
            wait: asked.filter(|_| is_retryable),
        }
    }
}

/// Returns the first line of a body that is plain text, at most 200 characters of it.
fn excerpt(headers: &HeaderMap, body: &[u8]) -> String {
    const LONGEST: usize = 200;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_encoded = header(header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    let is_text = header(header::CONTENT_TYPE).is_none_or(|value| {
        let value = value.trim_start().to_ascii_lowercase();
        (value.starts_with("text/") && !value.starts_with("text/html"))
            || value.starts_with("application/json")
            || value.starts_with("application/problem+json")
    });
    if is_encoded || !is_text {
        return String::new();
    }
    // The body may be cut anywhere, also inside a character.
    let text = String::from_utf8_lossy(body);
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    if line.starts_with('<') {
        return String::new();
    }
    let shown: String = line
        .chars()
        .filter(|c| !c.is_control() && *c != char::REPLACEMENT_CHARACTER)
        .take(LONGEST)
        .collect();
    super::redact::redact(&shown).into_owned()
}

/// Reads `realm="…"` of a challenge (RFC 9110 §11.5).
fn realm(headers: &HeaderMap) -> Option<String> {
    let challenge = headers.get(header::WWW_AUTHENTICATE)?.to_str().ok()?;
    let start = challenge.to_ascii_lowercase().find("realm=")? + "realm=".len();
    let value = &challenge[start..];
    let realm = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([',', ' ']).next(),
    };
    let realm: String = realm?
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect();
    (!realm.is_empty()).then_some(realm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[track_caller]
    fn check_excerpt(content_type: &str, body: &[u8], expected: &str) {
        let headers = headers(&[(header::CONTENT_TYPE, content_type)]);
        assert_eq!(excerpt(&headers, body), expected);
    }

    #[test]
    fn the_excerpt_is_the_first_line_without_control_characters() {
        check_excerpt(
            "text/plain",
            b"\n bad \x1b[31mthing\r\nmore",
            "bad [31mthing",
        );
        check_excerpt(
            "application/json",
            b"{\"message\": \"no\"}",
            "{\"message\": \"no\"}",
        );
        check_excerpt("text/plain", &[b'x'; 500], &"x".repeat(200));
        check_excerpt(
            "text/plain",
            "caf\u{e9}".as_bytes().split_last().unwrap().1,
            "caf",
        );
    }

    #[test]
    fn the_excerpt_has_no_markup_no_binary_and_no_password() {
        check_excerpt("text/html", b"<html>", "");
        check_excerpt("text/plain", b"<!doctype html>", "");
        check_excerpt("application/octet-stream", b"PK", "");
        check_excerpt("text/plain", b"no https://u:p@h/x", "no https://h/x");
    }

    #[test]
    fn reads_the_realm() {
        let realm_of = |value| realm(&headers(&[(header::WWW_AUTHENTICATE, value)]));
        assert_eq!(
            realm_of("Basic charset=\"UTF-8\", Realm=\"my index\""),
            Some("my index".to_owned())
        );
        assert_eq!(realm_of("Basic realm=plain"), Some("plain".to_owned()));
        assert_eq!(realm_of("Basic realm=\"\""), None);
        assert_eq!(realm_of("Negotiate"), None);
    }
}
