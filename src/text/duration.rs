//! Lengths of time as people write them: `7d`, `24h`, `2w`, and ISO 8601's `P7D`.
//!
//! A day has 24 hours, a week seven days. Months and years are left out, since they have
//! no length of their own; so are seconds, signs and fractions. All of these jiff would
//! read, and other spellings of units, of which `1m` may be meant for a month. Limits
//! of age (`cutoff.rs`) are subtracted from a day and take them all.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A century: more is a slip of the keyboard.
const LONGEST: SignedDuration = SignedDuration::from_hours(36_525 * 24);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a duration (examples: `7d`, `24h`, `2w`, `P7D`)")]
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
    let is_unit = |byte| b"wdhminPTWDHM".contains(&byte);
    let is_narrow = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || is_unit(byte))
        && !text.ends_with('m');
    let span = text.parse::<Span>().ok().filter(|_| is_narrow);
    // It fails for months.
    span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| DurationError {
            text: text.to_owned(),
        })
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
