//! Durations as people write them in a policy: `7d`, `24h`, `2w`, `P7D`, `PT24H`.
//!
//! The long form is that of ISO 8601 without years and months, whose length depends on
//! where they are counted from. A day has 24 hours: what is measured is age.

use jiff::SignedDuration;

/// Why a text is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no duration: {problem}")]
pub struct DurationError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// More than this is a slip of the pen: ten thousand days.
const MOST_SECONDS: i64 = 10_000 * DAY;

/// Reads a duration.
///
/// ```text
/// duration = 1*(number ("w" / "d" / "h"))
///          / "P" [number "W"] [number "D"] ["T" [number "H"] [number "M"] [number "S"]]
/// ```
///
/// # Errors
/// When the text has another form, or means more than ten thousand days.
pub fn parse_duration(text: &str) -> Result<SignedDuration, DurationError> {
    let fail = |problem| DurationError {
        text: text.to_owned(),
        problem,
    };
    let written = text.trim();
    let seconds = match written.strip_prefix(['P', 'p']) {
        Some(long) => long_form(long),
        None => parts(written, &[('w', WEEK), ('d', DAY), ('h', HOUR)]),
    }
    .map_err(fail)?;
    Ok(SignedDuration::from_secs(seconds))
}

/// Returns the seconds of what follows the `P`.
fn long_form(text: &str) -> Result<i64, &'static str> {
    let (days, time) = match text.split_once(['T', 't']) {
        Some((days, time)) => (days, Some(time)),
        None => (text, None),
    };
    if days.contains(['Y', 'y', 'M', 'm']) {
        return Err("years and months have no fixed length; write days");
    }
    let mut seconds = 0;
    if !days.is_empty() || time.is_none() {
        seconds += parts(days, &[('w', WEEK), ('d', DAY)])?;
    }
    if let Some(time) = time {
        seconds += parts(time, &[('h', HOUR), ('m', 60), ('s', 1)])?;
    }
    bounded(seconds)
}

/// Returns the seconds of numbers with units, each unit once at most, the longest first.
fn parts(text: &str, units: &[(char, i64)]) -> Result<i64, &'static str> {
    let mut rest = text;
    let mut units = units.iter();
    let mut seconds = 0;
    loop {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or(if rest.is_empty() { FORM } else { NO_UNIT })?;
        let (number, behind) = rest.split_at(digits);
        let unit = behind.chars().next().ok_or(FORM)?.to_ascii_lowercase();
        if number.is_empty() {
            return Err(FORM);
        }
        let (_, length) = units.find(|(name, _)| *name == unit).ok_or(FORM)?;
        let number: i64 = number.parse().map_err(|_| TOO_LONG)?;
        let length = number.checked_mul(*length).ok_or(TOO_LONG)?;
        seconds = bounded(bounded(length)? + seconds)?;
        rest = &behind[1..];
        if rest.is_empty() {
            return Ok(seconds);
        }
    }
}

const FORM: &str = "write it like `7d`, `24h`, `2w` or `P7D`";
const NO_UNIT: &str = "it has no unit; write it like `7d`, `24h`, `2w` or `P7D`";
const TOO_LONG: &str = "it is longer than ten thousand days";

fn bounded(seconds: i64) -> Result<i64, &'static str> {
    if seconds > MOST_SECONDS {
        Err(TOO_LONG)
    } else {
        Ok(seconds)
    }
}

/// Returns a duration in words: `7 d`, `36 h`, `90 s`.
pub fn duration_in_words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    for (unit, length) in [("d", DAY), ("h", HOUR), ("min", 60)] {
        if seconds % length == 0 {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> i64 {
        parse_duration(text).unwrap().as_secs() / HOUR
    }

    #[test]
    fn reads_short_and_long_forms() {
        for (text, expected) in [
            ("7d", 168),
            ("24h", 24),
            ("2w", 336),
            ("0d", 0),
            ("1d12h", 36),
            (" 7D ", 168),
            ("P7D", 168),
            ("PT24H", 24),
            ("P1W", 168),
            ("P1DT12H", 36),
            ("PT60M", 1),
            ("PT3600S", 1),
            ("10000d", 240_000),
        ] {
            assert_eq!(hours(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "7",
            "0",
            "d",
            "-7d",
            "7m",
            "7 d",
            "7dd",
            "12h1d",
            "1.5d",
            "P",
            "PT",
            "P7",
            "P1DT",
            "P1M",
            "P1Y",
            "PT7D",
            "7d ago",
            "7é",
            "é",
            "10001d",
            "P10000DT1H",
            "99999999999999999999d",
            "9223372036854775807w",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        let problem = |text| parse_duration(text).unwrap_err().to_string();
        insta::assert_snapshot!(problem("7"), @"`7` is no duration: it has no unit; write it like `7d`, `24h`, `2w` or `P7D`");
        insta::assert_snapshot!(problem("P1M"), @"`P1M` is no duration: years and months have no fixed length; write days");
    }

    #[test]
    fn says_it_by_the_longest_unit_that_fits() {
        for (text, expected) in [
            ("7d", "7 d"),
            ("2w", "14 d"),
            ("24h", "1 d"),
            ("36h", "36 h"),
            ("0d", "0 d"),
            ("PT90S", "90 s"),
            ("PT5M", "5 min"),
        ] {
            assert_eq!(duration_in_words(parse_duration(text).unwrap()), expected);
        }
    }
}
