//! Ranges of versions in words for people.

use std::fmt::Write as _;
use std::ops::Bound;

use pep440_rs::LocalSegment;
use version_ranges::Ranges;

use super::version::Version;

/// Returns `ranges` in words of PEP 440, for people: `>=2.0, <3 || ==4.1`.
///
/// Bounds that are not versions are put back into the operator they came from.
pub fn describe(ranges: &Ranges<Version>) -> String {
    if ranges.is_empty() {
        return "no version".to_owned();
    }
    let mut text = String::new();
    for (lower, upper) in ranges.iter() {
        if !text.is_empty() {
            text.push_str(" || ");
        }
        describe_segment(&mut text, lower, upper);
    }
    text
}

fn describe_segment(text: &mut String, lower: &Bound<Version>, upper: &Bound<Version>) {
    let public = |version: &Version| {
        if is_behind_locals(version) {
            version.clone().without_local()
        } else {
            version.clone()
        }
    };
    if let (Bound::Included(low), Bound::Included(high)) = (lower, upper)
        && *low == public(high)
    {
        let _ = write!(text, "=={low}");
        return;
    }
    let mut separator = "";
    match lower {
        Bound::Unbounded => {}
        Bound::Included(version) => {
            let _ = write!(text, ">={version}");
            separator = ", ";
        }
        Bound::Excluded(version) => {
            let _ = write!(text, ">{}", public(version));
            separator = ", ";
        }
    }
    match upper {
        Bound::Unbounded if separator.is_empty() => text.push('*'),
        Bound::Unbounded => {}
        Bound::Included(version) => {
            let _ = write!(text, "{separator}<={}", public(version));
        }
        Bound::Excluded(version) => {
            let _ = write!(text, "{separator}<{version}");
        }
    }
}

fn is_behind_locals(version: &Version) -> bool {
    matches!(version.local(), [LocalSegment::Number(u64::MAX)])
}
