//! Durations in words, for policies and reports. The printer of jiff would write `168h` for a
//! week, and `5m` for five minutes, where these have `7 d` and `5 min`.

use jiff::SignedDuration;

/// Returns a duration in words: `7 d`, `36 h`, `90 s`.
pub fn duration_in_words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    for (unit, length) in [("d", 24 * 3600), ("h", 3600), ("min", 60)] {
        if seconds % length == 0 {
            return format!("{} {unit}", seconds / length);
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_it_by_the_longest_unit_that_fits() {
        let hours = SignedDuration::from_hours;
        for (duration, expected) in [
            (hours(7 * 24), "7 d"),
            (hours(24), "1 d"),
            (hours(36), "36 h"),
            (hours(0), "0 d"),
            (SignedDuration::from_secs(90), "90 s"),
            (SignedDuration::from_mins(5), "5 min"),
        ] {
            assert_eq!(duration_in_words(duration), expected);
        }
    }
}
