//! Lengths of time as people write them: `7d`, `24h`, `2w`, and ISO 8601's `P7D`.
//!
//! A day has 24 hours, a week seven days. Months and years are left out, since they have
//! no length of their own; so are seconds, signs and fractions.

use jiff::SignedDuration;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Units by name, longest first.
const UNITS: [(&str, u64); 4] = [("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("min", 60)];

/// A century: more is a slip of the keyboard.
const MOST_SECONDS: u64 = 36_525 * DAY;

/// Why a text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no length of time such as `7d`, `24h`, `2w` or `P7D`")]
pub struct DurationError {
    /// The text.
    pub text: String,
}

/// Reads a length of time: never negative, at most a century.
///
/// ```text
/// duration = number unit *(number unit) | iso     ; longer units first, each once
/// unit     = "w" | "d" | "h" | "min"
/// iso      = "P" [n "W"] [n "D"] ["T" [n "H"] [n "M"]]    ; at least one of them
/// ```
///
/// # Errors
/// When the text is neither.
pub fn duration(text: &str) -> Result<SignedDuration, DurationError> {
    let seconds = match text.strip_prefix('P') {
        Some(rest) => iso_seconds(rest),
        None => seconds(text, &UNITS),
    };
    seconds
        .filter(|&seconds| seconds <= MOST_SECONDS)
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(SignedDuration::from_secs)
        .ok_or_else(|| DurationError {
            text: text.to_owned(),
        })
}

fn iso_seconds(text: &str) -> Option<u64> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let time = time.map(|time| seconds(time, &[("H", HOUR), ("M", 60)]));
    match (date.is_empty(), time) {
        (true, time) => time?,
        (false, None) => seconds(date, &[("W", 7 * DAY), ("D", DAY)]),
        (false, Some(time)) => seconds(date, &[("W", 7 * DAY), ("D", DAY)])?.checked_add(time?),
    }
}

/// Adds up numbers with units, which stand in the order of `units`.
fn seconds(mut text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let mut units = units.iter();
    let mut total: u64 = 0;
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let number: u64 = text[..digits].parse().ok()?;
        let rest = &text[digits..];
        let (length, after) = units
            .find_map(|&(name, length)| rest.strip_prefix(name).map(|after| (length, after)))?;
        total = total.checked_add(number.checked_mul(length)?)?;
        text = after;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn hours(text: &str) -> i64 {
        let duration = duration(text).unwrap();
        assert_eq!(duration.as_secs() % 3600, 0);
        duration.as_hours()
    }

    #[test]
    fn reads_numbers_with_units_and_iso() {
        assert_eq!(hours("7d"), 168);
        assert_eq!(hours("24h"), 24);
        assert_eq!(hours("2w"), 336);
        assert_eq!(hours("0d"), 0);
        assert_eq!(hours("1w2d3h60min"), 168 + 48 + 4);
        assert_eq!(hours("P7D"), 168);
        assert_eq!(hours("P1W"), 168);
        assert_eq!(hours("PT36H"), 36);
        assert_eq!(hours("P1DT1H60M"), 26);
    }

    #[test]
    fn refuses_what_has_no_length_of_its_own() {
        for bad in [
            "", " ", "7", "d", "7 d", " 7d", "-7d", "+7d", "1.5d", "7D", "7days", "1m", "1y", "P",
            "PT", "P1DT", "P1M", "P1Y", "p7d", "7d2w", "1d1d", "P1H", "PT1D", "7d!", "٣d",
        ] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn refuses_what_is_too_long_without_overflow() {
        assert!(duration("36525d").is_ok());
        for bad in ["36526d", "99999999999999999999d", "18446744073709551615w"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
