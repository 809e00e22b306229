//! When to try again: backoff, jitter, and what `Retry-After` says.
//!
//! The crate `backon` (1.6.0) was tried. Its loop does not fit: an attempt borrows the sink,
//! which takes `RetryWithContext`, and that has no `adjust`, so no wait could be the server's.
//! Its waits alone (`ExponentialBuilder`) behave the same and save 13 lines, less than a
//! crate is worth.

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// The clock and the waiting, so that tests need not wait.
pub trait Timer: Send + Sync {
    /// Returns the time.
    fn now(&self) -> SystemTime;
    /// Waits.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The real clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTimer;

impl Timer for SystemTimer {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The longest wait a server may ask of us within a run.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(1);

const BASE: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);

/// Returns how long to wait before the retry with this number, from 0.
///
/// Doubles from 200 ms; half of it is left to chance (`jitter`, 0 to 1), so
/// that clients which failed together do not come back together.
pub(super) fn backoff(retry: u32, jitter: f64) -> Duration {
    let full = BASE
        .saturating_mul(2_u32.saturating_pow(retry))
        .min(LONGEST_BACKOFF);
    full.mul_f64(0.5 + 0.5 * jitter)
}

/// Returns a number from 0 to 1, good enough to spread clients.
pub(super) fn jitter() -> f64 {
    // Seeded by the system once a thread, and different at each call.
    let number = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(number >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// Reads `Retry-After` (RFC 9110 §10.2.3), which is seconds or a date.
///
/// A date is taken relative to the server's own clock where it tells it.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = parse_date(value)?;
    let now = headers
        .get(header::DATE)
        .and_then(|date| parse_date(date.to_str().ok()?))
        .unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}

/// Reads a date as HTTP writes it today (RFC 9110 §5.6.7, IMF-fixdate).
fn parse_date(value: &str) -> Option<SystemTime> {
    let zoned = jiff::fmt::rfc2822::parse(value).ok()?;
    Some(zoned.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn backoff_doubles_up_to_a_limit() {
        let millis = |retry| backoff(retry, 1.0).as_millis();
        assert_eq!([millis(0), millis(1), millis(2)], [200, 400, 800]);
        assert_eq!(millis(40), 10_000);
        assert_eq!(backoff(1, 0.0).as_millis(), 200);
    }

    #[test]
    fn jitter_stays_in_its_bounds() {
        for _ in 0..1000 {
            assert!((0.0..=1.0).contains(&jitter()));
        }
    }

    #[track_caller]
    fn check(headers: &[(header::HeaderName, &str)], expected: Option<u64>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        // 1994-11-06 08:49:37 UTC
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let expected = expected.map(Duration::from_secs);
        assert_eq!(retry_after(&map, now), expected);
    }

    #[test]
    fn reads_seconds_and_dates() {
        check(&[(header::RETRY_AFTER, "120")], Some(120));
        check(
            &[(header::RETRY_AFTER, "Sun, 06 Nov 1994 08:50:37 GMT")],
            Some(60),
        );
        check(
            &[(header::RETRY_AFTER, "Sun, 06 Nov 1994 08:49:00 GMT")],
            Some(0),
        );
    }

    #[test]
    fn takes_a_date_relative_to_the_servers_clock() {
        check(
            &[
                (header::RETRY_AFTER, "Sun, 06 Nov 2011 08:50:37 GMT"),
                (header::DATE, "Sun, 06 Nov 2011 08:50:07 GMT"),
            ],
            Some(30),
        );
    }

    #[test]
    fn ignores_what_is_neither() {
        check(&[(header::RETRY_AFTER, "soon")], None);
        check(&[(header::RETRY_AFTER, "-5")], None);
        check(&[], None);
    }
}
