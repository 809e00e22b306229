//! Upload times: `2026-08-01T12:34:56.123456Z` (PEP 700) read fast, other spellings
//! of RFC 3339 read by jiff. A time without offset is taken to be UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads an upload time.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    parse_common(text.as_bytes()).or_else(|| parse_any(text))
}

fn parse_any(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let time: DateTime = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// Reads `YYYY-MM-DDThh:mm:ss[.f…]Z` with up to nine digits of fraction.
fn parse_common(text: &[u8]) -> Option<Timestamp> {
    let (time, fraction) = text.strip_suffix(b"Z")?.split_at_checked(19)?;
    let punctuation = [time[4], time[7], time[10], time[13], time[16]];
    if punctuation != *b"--T::" {
        return None;
    }
    let year = number(&time[..4])?;
    let month = number(&time[5..7])?;
    let day = number(&time[8..10])?;
    let hour = number(&time[11..13])?;
    let minute = number(&time[14..16])?;
    let second = number(&time[17..])?;
    let leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap_year),
        _ => return None,
    };
    // Leap seconds are left to jiff.
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 || year < 1 {
        return None;
    }
    let nanosecond = match fraction.split_first() {
        None => 0,
        Some((b'.', digits)) if (1..=9).contains(&digits.len()) => digits
            .len()
            .try_into()
            .ok()
            .and_then(|length: u32| Some(number(digits)? * 10_i64.pow(9 - length)))?,
        Some(_) => return None,
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Timestamp::new(seconds, i32::try_from(nanosecond).ok()?).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i64::from(byte - b'0'))
    })
}

/// Counts days in years that start in March, so that a leap day is the last day.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let days_before_1970 = 719_468;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - days_before_1970
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_other_spellings() {
        let expected = Some("2024-02-29T10:00:00Z".parse().unwrap());
        assert_eq!(parse("2024-02-29T12:00:00+02:00"), expected);
        assert_eq!(parse("2024-02-29 10:00:00"), expected);
        assert_eq!(parse(" 2024-02-29T10:00:00Z "), expected);
        assert_eq!(parse("2023-02-29T10:00:00Z"), None);
        assert_eq!(parse("2024-02-29T24:00:00Z"), None);
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse(""), None);
    }

    proptest! {
        #[test]
        fn agrees_with_jiff(nanosecond in -62_135_596_800_000_000_000_i128..253_402_207_200_000_000_000) {
            let time = Timestamp::from_nanosecond(nanosecond).unwrap();
            prop_assert_eq!(parse_common(time.to_string().as_bytes()), Some(time));
        }

        #[test]
        fn reads_nothing_that_jiff_refuses(text in "[0-9]{4}-[0-9]{2}-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?Z") {
            if let Some(time) = parse_common(text.as_bytes()) {
                prop_assert_eq!(text.parse::<Timestamp>().ok(), Some(time));
            }
        }
    }
}
