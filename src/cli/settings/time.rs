//! Times as people type them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::cli::failure::Failure;
use crate::ops::Cutoff;
use crate::python::ProjectName;
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
                "write a day, `2026-10-01`, or a time with its zone, `2026-10-01T00:00:00Z`"
                    .to_owned(),
            ),
        )
    })
}

/// Reads a limit: a time, a day, a duration counted back from now, or `false` for none.
pub(in crate::cli) fn limit(
    option: &str,
    text: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    if text == "false" {
        return Ok(None);
    }
    cutoff(text, now).map(Some).ok_or_else(|| {
        Failure::usage(
            format!("`{option} {text}` is not a time"),
            Some(
                "write a day, `2026-10-01`, a time with its zone, `2026-10-01T00:00:00Z`, a \
                 duration, `7d` or `1 week`, or `false`"
                    .to_owned(),
            ),
        )
    })
}

/// Reads the limits of single projects.
pub(super) fn limits(
    texts: &[String],
    now: Timestamp,
) -> Result<BTreeMap<ProjectName, Cutoff>, Failure> {
    let option = "--exclude-newer-package";
    texts
        .iter()
        .map(|text| {
            let (name, limit) = text.split_once('=').unwrap_or((text, ""));
            let limit = match limit.trim() {
                "false" => Cutoff::Off,
                limit => Cutoff::Before(cutoff(limit, now).ok_or_else(|| {
                    Failure::usage(
                        format!("`{option} {text}` has no time"),
                        Some("write `NAME=2026-10-01`, `NAME=7d` or `NAME=false`".to_owned()),
                    )
                })?),
            };
            Ok((super::parse(option, name.trim())?, limit))
        })
        .collect()
}
