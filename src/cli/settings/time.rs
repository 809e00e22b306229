//! Times as people type them.

use jiff::Timestamp;

use crate::cli::failure::Failure;
use crate::command::UploadLimit;
use crate::text::cutoff;

/// Reads a time; a day means up to its end.
pub(in crate::cli) fn time(option: &str, text: &str) -> Result<Timestamp, Failure> {
    // A duration has no meaning without the time that counts as now, which this may be.
    let is_absolute = text.starts_with(|first: char| first.is_ascii_digit())
        && text.get(4..5).is_some_and(|dash| dash == "-");
    let time = is_absolute.then(|| cutoff(text, Timestamp::UNIX_EPOCH));
    time.flatten().ok_or_else(|| {
        Failure::usage(
            format!("`{option} {text}` is not a time"),
            Some(
                "write a date, `2026-10-01`, or a time with its zone, `2026-10-01T00:00:00Z`"
                    .to_owned(),
            ),
        )
    })
}

/// Reads a limit: a time, a day, a duration counted back from now, or `false` for none.
pub(super) fn limit(
    option: &str,
    text: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let limit: UploadLimit = text.parse().map_err(|_| no_limit(option, text))?;
    Ok(limit.before(now))
}

/// Returns the failure of a text that says no time.
pub(super) fn no_limit(option: &str, text: &str) -> Failure {
    Failure::usage(
        format!("`{option} {text}` is not a time"),
        Some(
            "write a date, `2026-10-01`, a time with its zone, `2026-10-01T00:00:00Z`, a \
             duration, `7d` or `1 week`, or `false`"
                .to_owned(),
        ),
    )
}
