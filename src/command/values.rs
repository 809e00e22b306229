//! The values that options take, where no other module has a type for them.

use std::fmt::{self, Display};
use std::str::FromStr;

use jiff::Timestamp;

use crate::python::ProjectName;
use crate::text::{Newline, cutoff, without_password};

/// How several indexes are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexStrategy {
    /// The first index that knows a project is the only one for it.
    #[default]
    FirstIndex,
    /// All indexes; a version of an earlier one comes before any of a later one.
    UnsafeFirstMatch,
    /// All indexes; the best version wins, wherever it is.
    UnsafeBestMatch,
}

impl IndexStrategy {
    /// Returns the name that `--index-strategy` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstIndex => "first-index",
            Self::UnsafeFirstMatch => "unsafe-first-match",
            Self::UnsafeBestMatch => "unsafe-best-match",
        }
    }

    /// Returns the strategy of that name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::FirstIndex,
            Self::UnsafeFirstMatch,
            Self::UnsafeBestMatch,
        ]
        .into_iter()
        .find(|strategy| strategy.name() == name)
    }
}

/// Which hashes a lock has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hashes {
    /// None.
    None,
    /// Those of all files of a release: the lock can be installed on any platform.
    #[default]
    All,
    /// Those of the files that the target can install: the wheels that suit it, and the
    /// sdist where there is none or a build is asked for.
    Target,
}

/// Which markers stand behind pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Markers {
    /// None.
    None,
    /// Those of direct requirements, as written.
    #[default]
    Direct,
    /// Those under which anything requires the project, through the whole graph.
    All,
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnds {
    /// As in the lock that is there, else as in the first source.
    #[default]
    Preserve,
    /// As is usual on this system.
    Native,
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

impl LineEnds {
    /// Returns the name that `--newline` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preserve => "preserve",
            Self::Native => "native",
            Self::Lf => "lf",
            Self::CrLf => "crlf",
        }
    }

    /// Returns the one of that name, whatever its case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Preserve, Self::Native, Self::Lf, Self::CrLf]
            .into_iter()
            .find(|ends| ends.name().eq_ignore_ascii_case(name))
    }

    /// Returns the line end; none: as in the files that are there.
    pub fn newline(self) -> Option<Newline> {
        match self {
            Self::Preserve => None,
            Self::Native if cfg!(windows) => Some(Newline::CrLf),
            Self::Native | Self::Lf => Some(Newline::Lf),
            Self::CrLf => Some(Newline::CrLf),
        }
    }
}

/// Up to when uploads count: a time, a day up to its end, a duration back from now, or
/// `false` for no limit. It keeps its spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadLimit(String);

impl UploadLimit {
    /// Returns the time at or after which uploads do not count; none: there is no limit.
    pub fn before(&self, now: Timestamp) -> Option<Timestamp> {
        if self.0.trim() == "false" {
            return None;
        }
        // A span that leads out of the calendar leaves nothing.
        Some(cutoff(&self.0, now).unwrap_or(Timestamp::MIN))
    }
}

impl FromStr for UploadLimit {
    type Err = NoLimit;

    fn from_str(text: &str) -> Result<Self, NoLimit> {
        // Whether a text says a time does not depend on what time it is.
        if text.trim() == "false" || cutoff(text, Timestamp::UNIX_EPOCH).is_some() {
            return Ok(Self(text.to_owned()));
        }
        Err(NoLimit)
    }
}

impl Display for UploadLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that says no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time, date, duration, or `false`")]
pub struct NoLimit;

/// The limit of one project: `NAME=7d`, `NAME=false`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectLimit {
    /// The project.
    pub project: ProjectName,
    /// Its limit.
    pub limit: UploadLimit,
}

impl FromStr for ProjectLimit {
    type Err = ProjectLimitError;

    fn from_str(text: &str) -> Result<Self, ProjectLimitError> {
        let (name, limit) = text.split_once('=').unwrap_or((text, ""));
        let limit = limit.trim().parse().map_err(|_| ProjectLimitError::Limit)?;
        let project = name.trim().parse().map_err(ProjectLimitError::Project)?;
        Ok(Self { project, limit })
    }
}

/// Why a text is not the limit of a project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectLimitError {
    /// Behind the name there is no time.
    #[error("not `NAME=2026-10-01`, `NAME=7d` or `NAME=false`")]
    Limit,
    /// Before it there is no name.
    #[error(transparent)]
    Project(<ProjectName as FromStr>::Err),
}

/// What a build backend is told: `KEY=VALUE`.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigSetting {
    /// The key; not empty.
    pub key: String,
    /// The value.
    pub value: String,
}

impl FromStr for ConfigSetting {
    type Err = NoSetting;

    fn from_str(text: &str) -> Result<Self, NoSetting> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(NoSetting),
        }
    }
}

impl Display for ConfigSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

// A value may hold a URL with a password.
impl fmt::Debug for ConfigSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.to_string()))
    }
}

/// A text without `=`, or with nothing before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not KEY=VALUE")]
pub struct NoSetting;

/// Parts `NAME=URL`; none if there is no name.
pub fn named_index(text: &str) -> Option<(&str, &str)> {
    let (name, url) = text.split_once('=')?;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let is_name =
        name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_part);
    is_name.then_some((name, url))
}

/// Whether a text is a version of Python such as `3`, `3.11` or `3.11.4`.
pub(super) fn is_version(text: &str) -> bool {
    text.split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}
