//! Limits of age as people write them: a time, a day, or a duration ago.
//!
//! Days end at midnight UTC, since a lock has to be the same wherever it is made.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Returns the time that a text means; what is uploaded at it or later is too new.
///
/// ```text
/// cutoff   = time | day | duration
/// time     = RFC 3339 with a zone          ; 2026-10-01T00:00:00Z
/// day      = year "-" month "-" day        ; up to its end
/// duration = ISO 8601 | number unit …      ; P7D, 7d, 7 days, 1 week
/// ```
pub fn cutoff(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // Dates are also what times without a zone begin with; they say less than they seem to.
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    if let Some(day) = day {
        let next = day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?;
        return Some(next.timestamp());
    }
    let span = text.parse::<Span>().ok()?.abs();
    let zoned = now.to_zoned(TimeZone::UTC).checked_sub(span).ok()?;
    Some(zoned.timestamp())
}

/// Returns a text that means here what it means to pip: to it a day is its first moment.
pub fn prior_to(text: &str) -> String {
    let text = text.trim();
    match text.parse::<Date>() {
        Ok(_) if text.len() == 10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        cutoff(text, now).map(|time| time.to_string())
    }

    #[test]
    fn reads_times_days_and_durations() {
        for (text, expected) in [
            ("2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            ("2026-10-01T02:00:00+02:00", "2026-10-01T00:00:00Z"),
            ("2026-10-01", "2026-10-02T00:00:00Z"),
            ("7d", "2026-11-14T12:00:00Z"),
            ("7 days", "2026-11-14T12:00:00Z"),
            ("1 week", "2026-11-14T12:00:00Z"),
            ("P7D", "2026-11-14T12:00:00Z"),
            ("PT36H", "2026-11-20T00:00:00Z"),
            ("0d", "2026-11-21T12:00:00Z"),
            ("1 month", "2026-10-21T12:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_says_no_time() {
        for text in [
            "",
            "soon",
            "7",
            "2026-13-01",
            "2026-10",
            "2026-10-01T00:00:00",
            "99999999999 years",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_of_pip_is_its_first_moment() {
        for (text, expected) in [
            ("2026-10-01", "2026-10-01T00:00:00Z"),
            ("2026-10-01T12:00:00Z", "2026-10-01T12:00:00Z"),
            ("P7D", "2026-11-14T12:00:00Z"),
        ] {
            assert_eq!(read(&prior_to(text)).as_deref(), Some(expected), "{text}");
        }
    }
}
