//! Markers of lock files (PEP 751): those of PEP 508, and which extras and groups are wanted.
//!
//! ```text
//! test = string ["not"] "in" ("extras" | "dependency_groups")
//! ```
//! What is wanted is known before a marker is looked at. So such a test is put in terms of
//! `extra`, which otherwise does not occur in these markers, and settled by that.

use crate::python::{ExtraName, Given, Marker};

/// The extra that stands for a test that holds.
const HOLDS: &str = "holds";

/// Returns what a marker comes to where these extras and groups are wanted.
///
/// # Errors
/// When it is not a marker; why.
pub(super) fn given(text: &str, extras: &[ExtraName], groups: &[String]) -> Result<Given, String> {
    let settled = settled(text, extras, groups);
    let marker = Marker::parse(&settled).map_err(|error| error.message)?;
    let holds = HOLDS.parse::<ExtraName>().ok();
    Ok(marker.given_extra(holds.as_ref()))
}

/// Returns a marker with each test of extras and groups in terms of `extra`.
fn settled(text: &str, extras: &[ExtraName], groups: &[String]) -> String {
    let mut settled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let Some(length) = rest[start + 1..].find(quote) else {
            break;
        };
        let value = &rest[start + 1..start + 1 + length];
        let behind = start + length + 2;
        settled.push_str(&rest[..start]);
        let Some((is_wanted, of_extras, taken)) = test(&rest[behind..]) else {
            settled.push_str(&rest[start..behind]);
            rest = &rest[behind..];
            continue;
        };
        let is_there = if of_extras {
            let value = value.parse::<ExtraName>();
            value.is_ok_and(|value| extras.contains(&value))
        } else {
            groups.contains(&normal(value))
        };
        let stand_in = if is_there == is_wanted { HOLDS } else { "" };
        settled.push_str("extra == \"");
        settled.push_str(stand_in);
        settled.push('"');
        rest = &rest[behind + taken..];
    }
    settled.push_str(rest);
    settled
}

/// Reads what stands behind the string of such a test: whether it has to be there, whether
/// extras are meant, and how long it is.
fn test(text: &str) -> Option<(bool, bool, usize)> {
    let mut rest = text.trim_start();
    let mut word = |wanted: &str| {
        let behind = rest.strip_prefix(wanted)?;
        let ends = |c: char| !(c.is_alphanumeric() || c == '_');
        behind.chars().next().is_none_or(ends).then(|| {
            rest = behind.trim_start();
            text.len() - behind.len()
        })
    };
    let is_wanted = word("not").is_none();
    word("in")?;
    if let Some(end) = word("extras") {
        return Some((is_wanted, true, end));
    }
    word("dependency_groups").map(|end| (is_wanted, false, end))
}

/// Returns the normal form of a group's name, which is that of a project's.
pub(super) fn normal(name: &str) -> String {
    name.parse::<ExtraName>()
        .map_or_else(|_| name.to_owned(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comes_to(text: &str) -> String {
        let extras = ["cli".parse().unwrap()];
        match given(text, &extras, &["default".to_owned()]) {
            Ok(Given::Always) => "always".to_owned(),
            Ok(Given::Never) => "never".to_owned(),
            Ok(Given::When(marker)) => marker.to_pip_string(),
            Err(why) => format!("error: {why}"),
        }
    }

    #[test]
    fn wanted_extras_and_groups_are_settled() {
        for (marker, outcome) in [
            ("'CLI' in extras", "always"),
            ("\"x\" in extras", "never"),
            ("'x' not in extras", "always"),
            ("'cli'  not  in  extras", "never"),
            ("\"default\" in dependency_groups", "always"),
            ("'dev' in dependency_groups", "never"),
            (
                "os_name == 'nt' and ('dev' in dependency_groups or 'default' in dependency_groups)",
                "os_name == \"nt\"",
            ),
            (
                "'x' in extras or sys_platform == 'extras'",
                "sys_platform == \"extras\"",
            ),
            ("'3' in python_version", "\"3\" in python_version"),
        ] {
            assert_eq!(comes_to(marker), outcome, "{marker}");
        }
        for marker in ["extras == 'x'", "'x' in extras_of", "os_name", "'x' in"] {
            assert!(comes_to(marker).starts_with("error: "), "{marker}");
        }
    }
}
