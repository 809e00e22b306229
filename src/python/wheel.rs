//! File names of distributions: wheels (PEP 427, PEP 491) and sdists (PEP 625,
//! and what came before it).
//!
//! Eggs, installers, `.tar.bz2` and whatever else an index may still list are
//! refused. Which wheels a target can use is for `tags.rs` to say.

use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::str::FromStr;

use super::name::ProjectName;
use super::name::is_spelling;
use super::version::Version;

/// A wheel's file name, taken apart.
///
/// ```text
/// wheel = name "-" version ["-" build] "-" python "-" abi "-" platform ".whl"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// The project.
    pub name: ProjectName,
    /// The release.
    pub version: Version,
    /// The build number and what follows it; a tie-break between equal tags.
    pub build: Option<(u64, String)>,
    /// What it runs on.
    pub tags: WheelTags,
}

/// The last three parts of a wheel's name, in lower case: `py2.py3-none-any`.
///
/// Each part is a set, joined by dots; the wheel has every combination.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WheelTags {
    text: Box<str>,
    python_end: u16,
    abi_end: u16,
}

impl WheelTags {
    /// Takes `python-abi-platform`.
    fn parse(text: &str) -> Option<Self> {
        let python_end = text.find('-')?;
        let abi_end = python_end + 1 + text[python_end + 1..].find('-')?;
        let parts = [
            &text[..python_end],
            &text[python_end + 1..abi_end],
            &text[abi_end + 1..],
        ];
        if parts.iter().any(|part| part.split('.').any(str::is_empty)) {
            return None;
        }
        let mut text: Box<str> = text.into();
        text.make_ascii_lowercase();
        Some(Self {
            text,
            python_end: u16::try_from(python_end).ok()?,
            abi_end: u16::try_from(abi_end).ok()?,
        })
    }

    /// Returns `python-abi-platform`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the Python tags: `cp311`, or `py2` and `py3`.
    pub fn pythons(&self) -> impl Iterator<Item = &str> + Clone {
        self.text[..usize::from(self.python_end)].split('.')
    }

    /// Returns the ABI tags: `cp311`, `abi3`, `none`.
    pub fn abis(&self) -> impl Iterator<Item = &str> + Clone {
        self.text[usize::from(self.python_end) + 1..usize::from(self.abi_end)].split('.')
    }

    /// Returns the platform tags: `any`, `manylinux_2_17_x86_64`.
    pub fn platforms(&self) -> impl Iterator<Item = &str> + Clone {
        self.text[usize::from(self.abi_end) + 1..].split('.')
    }
}

impl Display for WheelTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a file name is not a distribution's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// Neither `.whl` nor an sdist's ending.
    #[error("is neither a wheel nor an sdist")]
    Extension,
    /// Too few or too many dashes, or an empty tag.
    #[error("does not have the form `name-version-python-abi-platform.whl`")]
    Parts,
    /// Not a project's name, or another project's.
    #[error("does not start with the project's name")]
    Name,
    /// Not a version by PEP 440.
    #[error("does not have a PEP 440 version")]
    Version,
    /// A build tag that does not begin with a number.
    #[error("has a build tag that does not start with a number")]
    Build,
}

impl WheelName {
    /// Takes a wheel's file name apart.
    ///
    /// # Errors
    /// When the name is not that of a wheel.
    pub fn parse(filename: &str) -> Result<Self, FileNameError> {
        let stem = filename
            .strip_suffix(".whl")
            .ok_or(FileNameError::Extension)?;
        let (name, rest) = stem.split_once('-').ok_or(FileNameError::Parts)?;
        if name.is_empty() {
            // An empty text passes as a name with `pep508_rs`.
            return Err(FileNameError::Name);
        }
        let (version, rest) = rest.split_once('-').ok_or(FileNameError::Parts)?;
        let (build, tags) = match rest.bytes().filter(|byte| *byte == b'-').count() {
            2 => (None, rest),
            3 => {
                let (build, tags) = rest.split_once('-').ok_or(FileNameError::Parts)?;
                (Some(parse_build(build)?), tags)
            }
            _ => return Err(FileNameError::Parts),
        };
        Ok(Self {
            name: ProjectName::new(name.to_owned()).map_err(|_| FileNameError::Name)?,
            version: parse_version(version)?,
            build,
            tags: WheelTags::parse(tags).ok_or(FileNameError::Parts)?,
        })
    }

    /// Orders two wheels of equal tags by their build: the later one is greater.
    pub fn compare_builds(&self, other: &Self) -> Ordering {
        self.build.cmp(&other.build)
    }
}

impl FromStr for WheelName {
    type Err = FileNameError;

    fn from_str(filename: &str) -> Result<Self, Self::Err> {
        Self::parse(filename)
    }
}

fn parse_build(text: &str) -> Result<(u64, String), FileNameError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().map_err(|_| FileNameError::Build)?;
    Ok((number, text[digits..].to_owned()))
}

fn parse_version(text: &str) -> Result<Version, FileNameError> {
    Version::from_str(text)
        .or_else(|error| {
            // Old tools wrote `-` as `_` everywhere, and `+` too.
            match text.split_once('_') {
                Some((public, local)) => Version::from_str(&format!("{public}+{local}")),
                None => Err(error),
            }
        })
        .map_err(|_| FileNameError::Version)
}

/// An sdist's file name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdistName {
    /// The release.
    pub version: Version,
}

impl SdistName {
    /// Takes the file name of an sdist of `project` apart: `Name-1.0.tar.gz` or
    /// `.zip`, where the name may have dashes and need not be in normal form.
    ///
    /// # Errors
    /// When the name is not that of an sdist of the project.
    pub fn parse(filename: &str, project: &ProjectName) -> Result<Self, FileNameError> {
        let stem = filename
            .strip_suffix(".tar.gz")
            .or_else(|| filename.strip_suffix(".zip"))
            .ok_or(FileNameError::Extension)?;
        let mut problem = FileNameError::Name;
        for (dash, _) in stem.match_indices('-') {
            if is_spelling(&stem[..dash], project.as_ref()) {
                match parse_version(&stem[dash + 1..]) {
                    Ok(version) => return Ok(Self { version }),
                    Err(error) => problem = error,
                }
            }
        }
        Err(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn wheel(filename: &str) -> WheelName {
        WheelName::parse(filename).unwrap()
    }

    #[track_caller]
    fn check_sdist(filename: &str, project: &str, expected: Result<&str, FileNameError>) {
        let found = SdistName::parse(filename, &project.parse().unwrap());
        let found = found.map(|sdist| sdist.version.to_string());
        assert_eq!(found.as_deref(), expected.as_deref());
    }

    #[test]
    fn takes_a_wheel_name_apart() {
        let wheel = wheel("Foo_Bar-1.0+x.1-2b-py2.py3-none.abi3-manylinux1_x86_64.any.whl");
        assert_eq!(wheel.name.as_ref(), "foo-bar");
        assert_eq!(wheel.version.to_string(), "1.0+x.1");
        assert_eq!(wheel.build, Some((2, "b".to_owned())));
        assert_eq!(wheel.tags.pythons().collect::<Vec<_>>(), ["py2", "py3"]);
        assert_eq!(wheel.tags.abis().collect::<Vec<_>>(), ["none", "abi3"]);
        assert_eq!(
            wheel.tags.platforms().collect::<Vec<_>>(),
            ["manylinux1_x86_64", "any"]
        );
    }

    #[test]
    fn tags_are_read_in_lower_case() {
        let wheel = wheel("foo-1.0-PY3-None-Any.whl");
        assert_eq!(wheel.tags.as_str(), "py3-none-any");
    }

    #[test]
    fn later_builds_are_greater() {
        let plain = wheel("foo-1.0-py3-none-any.whl");
        let second = wheel("foo-1.0-2-py3-none-any.whl");
        let tenth = wheel("foo-1.0-10-py3-none-any.whl");
        assert_eq!(plain.compare_builds(&second), Ordering::Less);
        assert_eq!(tenth.compare_builds(&second), Ordering::Greater);
    }

    #[test]
    fn reads_the_local_versions_of_old_tools() {
        assert_eq!(
            wheel("foo-1.0_cpu.2-py3-none-any.whl").version.to_string(),
            "1.0+cpu.2"
        );
        assert_eq!(
            wheel("foo-1.0_post1-py3-none-any.whl").version.to_string(),
            "1.0.post1"
        );
    }

    #[test]
    fn refuses_what_is_no_wheel() {
        let error = |filename| WheelName::parse(filename).unwrap_err();
        assert_eq!(error("foo-1.0.tar.gz"), FileNameError::Extension);
        assert_eq!(error("foo.whl"), FileNameError::Parts);
        assert_eq!(error("foo-1.0.whl"), FileNameError::Parts);
        assert_eq!(error("foo-1.0-py3-none.whl"), FileNameError::Parts);
        assert_eq!(error("foo-1.0-1-2-py3-none-any.whl"), FileNameError::Parts);
        assert_eq!(error("foo-1.0-py3..py2-none-any.whl"), FileNameError::Parts);
        assert_eq!(error("foo-1.0-py3-none-.whl"), FileNameError::Parts);
        assert_eq!(error("-1.0-py3-none-any.whl"), FileNameError::Name);
        assert_eq!(error("f o-1.0-py3-none-any.whl"), FileNameError::Name);
        assert_eq!(error("foo-x-py3-none-any.whl"), FileNameError::Version);
        assert_eq!(error("foo-1.0-b1-py3-none-any.whl"), FileNameError::Build);
        let long = format!("foo-1.0-py3-none-{}.whl", "a".repeat(100_000));
        assert!(WheelName::parse(&long).is_ok());
        let long = format!("foo-1.0-{}-none-any.whl", "a".repeat(100_000));
        assert_eq!(error(&long), FileNameError::Parts);
    }

    #[test]
    fn takes_an_sdist_name_apart() {
        check_sdist("foo-1.0.tar.gz", "foo", Ok("1.0"));
        check_sdist("Foo.Bar-1.0.zip", "foo-bar", Ok("1.0"));
        check_sdist("foo-bar-1.0.tar.gz", "foo-bar", Ok("1.0"));
        check_sdist("foo__bar-1.0rc1.tar.gz", "foo-bar", Ok("1.0rc1"));
        check_sdist("foo-2-1.0.tar.gz", "foo-2", Ok("1.0"));
        check_sdist("foo-1.0-1.tar.gz", "foo", Ok("1.0.post1"));
        check_sdist("foo-1.0-beta.tar.gz", "foo", Ok("1.0b0"));
    }

    #[test]
    fn refuses_what_is_no_sdist_of_the_project() {
        check_sdist("foo-1.0.tar.bz2", "foo", Err(FileNameError::Extension));
        check_sdist("foo-1.0.tgz", "foo", Err(FileNameError::Extension));
        check_sdist("foo-1.0-py2.7.egg", "foo", Err(FileNameError::Extension));
        check_sdist("foo-1.0.win32.exe", "foo", Err(FileNameError::Extension));
        check_sdist("bar-1.0.tar.gz", "foo", Err(FileNameError::Name));
        check_sdist("foo.tar.gz", "foo", Err(FileNameError::Name));
        check_sdist("foo-x.tar.gz", "foo", Err(FileNameError::Version));
        check_sdist("foo-bar-1.0.tar.gz", "foo", Err(FileNameError::Version));
    }
}
