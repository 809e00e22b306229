//! File names taken apart as far as grouping needs: whose it is, which version,
//! and the rest. Tags are left to [`WheelName`](crate::python::WheelName).

use std::str::FromStr as _;

use crate::python::{ProjectName, Version, is_spelling};

/// A file name of a project: `head` + `tail`, the version at the end of the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) is_wheel: bool,
    pub(super) head: &'a str,
    pub(super) tail: &'a str,
    /// The version as written.
    pub(super) version: &'a str,
}

/// Tells whether a file name ends like an sdist's: `.tar.gz` (PEP 625) or `.zip`.
pub(in crate::index) fn is_sdist_name(filename: &str) -> bool {
    sdist_stem(filename).is_some()
}

fn sdist_stem(filename: &str) -> Option<&str> {
    filename
        .strip_suffix(".tar.gz")
        .or_else(|| filename.strip_suffix(".zip"))
}

/// Takes a file name apart; none if it is not a wheel or sdist of the project. Of a wheel
/// [`WheelName`](crate::python::WheelName) is sure to be able to make a name.
///
/// `name - version (- build)? - python - abi - platform .whl` (PEP 427), or
/// `name - version (.tar.gz | .zip)`, where old names may hold hyphens.
pub(super) fn split<'a>(filename: &'a str, project: &ProjectName) -> Option<Parts<'a>> {
    let project: &str = project.as_ref();
    let split_at = |is_wheel, start: usize, end: usize| Parts {
        is_wheel,
        head: &filename[..end],
        tail: &filename[end..],
        version: &filename[start..end],
    };
    if let Some(stem) = filename.strip_suffix(".whl") {
        let hyphens = stem.bytes().filter(|byte| *byte == b'-').count();
        if !(4..=5).contains(&hyphens) {
            return None;
        }
        let name_end = stem.find('-')?;
        let start = name_end + 1;
        let end = start + stem[start..].find('-')?;
        // A build tag starts with a digit, and no tag is empty.
        let tags = &stem[end + 1..];
        let has_build = hyphens == 5;
        let is_well_formed = !tags.split(['-', '.']).any(str::is_empty)
            && (!has_build || is_build(tags.split('-').next().unwrap_or_default()))
            && u16::try_from(tags.len()).is_ok();
        return (is_well_formed && is_spelling(&stem[..name_end], project))
            .then(|| split_at(true, start, end));
    }
    let stem = sdist_stem(filename)?;
    let starts = stem.match_indices('-').map(|(at, _)| at);
    let name_end = starts
        .filter(|at| is_spelling(&stem[..*at], project))
        .find(|at| parse_version(&stem[at + 1..]).is_some())?;
    Some(split_at(false, name_end + 1, stem.len()))
}

/// Whether a build tag starts with a number that counts.
fn is_build(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse::<u64>().is_ok()
}

/// Reads a version as file names write it: old tools wrote `_` for the `+`.
pub(in crate::index) fn parse_version(text: &str) -> Option<Version> {
    if text.trim() != text {
        return None;
    }
    Version::from_str(text).ok().or_else(|| {
        let (public, local) = text.split_once('_')?;
        Version::from_str(&format!("{public}+{local}")).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(filename: &str, project: &str) -> Option<(String, String)> {
        let parts = split(filename, &project.parse().unwrap())?;
        assert_eq!([parts.head, parts.tail].concat(), filename);
        assert!(parts.head.ends_with(parts.version));
        assert!(!parts.is_wheel || crate::python::WheelName::parse(filename).is_ok());
        Some((parts.version.to_owned(), parts.tail.to_owned()))
    }

    #[track_caller]
    fn check(filename: &str, project: &str, version: &str, tail: &str) {
        let expected = (version.to_owned(), tail.to_owned());
        assert_eq!(parts(filename, project), Some(expected));
    }

    #[test]
    fn takes_wheels_and_sdists_apart() {
        check(
            "a_b-1.0-py3-none-any.whl",
            "a-b",
            "1.0",
            "-py3-none-any.whl",
        );
        check(
            "A.B-1.0-1-py3-none-any.whl",
            "a-b",
            "1.0",
            "-1-py3-none-any.whl",
        );
        check("a-b-1.0.tar.gz", "a-b", "1.0", ".tar.gz");
        check("a__b-1.0-1.zip", "a-b", "1.0-1", ".zip");
        check("a-1-2.0.tar.gz", "a-1", "2.0", ".tar.gz");
        check("a-2-1.tar.gz", "a", "2-1", ".tar.gz");
    }

    #[test]
    fn leaves_out_what_is_not_the_projects() {
        for filename in [
            "a-1.0-py3-none.whl",
            "a-1.0-x-y-py3-none-any.whl",
            "a-1.0-99999999999999999999-py3-none-any.whl",
            "a-1.0-x-py3-none-any.whl",
            "a-1.0-py3.-none-any.whl",
            "a-1.0--none-any.whl",
            "ab-1.0-py3-none-any.whl",
            "a-b-1.0.tar.gz",
            "a-1.0.win32.exe",
            "a-1.0-py2.7.egg",
            "a-1.0.tar.bz2",
            "a.tar.gz",
            "-1.0.tar.gz",
            "a-1.0-win32.zip",
            "",
            ".whl",
            "a-x.tar.gz",
        ] {
            assert_eq!(parts(filename, "a"), None, "{filename}");
        }
    }

    #[test]
    fn reads_versions_of_wheels() {
        assert_eq!(parse_version("1.0_cpu"), "1.0+cpu".parse().ok());
        assert_eq!(parse_version("1.0_post1"), "1.0.post1".parse().ok());
        assert_eq!(parse_version("1.0+cpu"), "1.0+cpu".parse().ok());
        assert_eq!(parse_version(" 1.0"), None);
        assert_eq!(parse_version("one"), None);
    }
}
