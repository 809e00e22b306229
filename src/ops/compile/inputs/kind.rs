//! What an input file holds, told by its name and at a glance.

use std::path::{Path, PathBuf};

use crate::lock::pylock;
use crate::ops::compile::request::{Compile, Source};
use crate::python::ExtraName;
use crate::requirements::location;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Role {
    Requirements,
    Constraints,
    Overrides,
}

/// What a file holds, told by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Kind {
    Requirements,
    /// `pyproject.toml`
    Project,
    /// `setup.py` or `setup.cfg`
    Setup,
    /// Any other `*.py`.
    Script,
    /// `pylock.toml` and `pylock.NAME.toml`
    Pylock,
}

impl Kind {
    pub(in crate::ops) fn of(source: &str) -> Self {
        let source = if is_remote(source) {
            source.split(['?', '#']).next().unwrap_or(source)
        } else {
            source
        };
        match source.rsplit('/').next().unwrap_or(source) {
            "pyproject.toml" => Self::Project,
            "setup.py" | "setup.cfg" => Self::Setup,
            name if pylock::has_name(name) => Self::Pylock,
            name if Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "py") =>
            {
                Self::Script
            }
            _ => Self::Requirements,
        }
    }

    /// Says why such a file cannot have a role.
    pub(super) fn refusal(self, role: Role, name: &str) -> Option<(String, &'static str)> {
        let is = match self {
            Self::Requirements => return None,
            Self::Project | Self::Setup => "is a project file",
            Self::Script => "is a script",
            Self::Pylock if role == Role::Constraints => return None,
            Self::Pylock => "is a lock file",
        };
        let (what, help) = match role {
            Role::Requirements => return None,
            Role::Constraints => (
                "a constraints file",
                "list the constraints in a separate file, in the format of a requirements file",
            ),
            Role::Overrides => (
                "an overrides file",
                "list the overrides in a separate file, in the format of a requirements file",
            ),
        };
        Some((format!("`{name}` {is}, not {what}"), help))
    }
}

/// Takes a source apart that names extras of a lock, as pip has it on its command line.
///
/// ```text
/// source = path ["[" extra *("," extra) "]"]
/// ```
pub(super) fn with_extras(source: &str) -> Option<(&str, Vec<ExtraName>)> {
    let (path, extras) = source.strip_suffix(']')?.rsplit_once('[')?;
    let name = path.rsplit('/').next().unwrap_or(path);
    if extras.trim().is_empty() {
        return None;
    }
    let extras = extras.split(',').map(|extra| extra.trim().parse().ok());
    let extras = extras.collect::<Option<Vec<_>>>()?;
    pylock::has_name(name).then_some((path, extras))
}

/// Whether it is plain at a glance that no input says anything but requirements, so that
/// they do not change which index is asked: no line of a file begins as an option does.
pub(in crate::ops) fn are_silent(request: &Compile) -> bool {
    let is_silent = |source: &str| match Kind::of(source) {
        _ if is_remote(source) => false,
        Kind::Project | Kind::Pylock => true,
        Kind::Setup | Kind::Script => false,
        Kind::Requirements => {
            let bytes = request.run.view.read(&local_path(source));
            bytes.is_ok_and(|bytes| has_requirements_only(&bytes))
        }
    };
    let sources = request.sources.files.iter().map(|source| match source {
        Source::Path(path) => is_silent(path),
        Source::Stdin(_) => false,
    });
    let others = request
        .sources
        .constraints
        .iter()
        .chain(&request.sources.overrides);
    sources
        .chain(others.map(|source| is_silent(source)))
        .all(|is_silent| is_silent)
}

/// Whether each line of a requirements file begins as a requirement or a comment does.
pub(super) fn has_requirements_only(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n' || byte == b'\r');
    lines.all(|line| {
        let first = line.trim_ascii_start().first();
        first.is_none_or(|first| first.is_ascii_alphanumeric() || *first == b'#')
    })
}

pub(in crate::ops) fn is_remote(source: &str) -> bool {
    let scheme = source
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

pub(in crate::ops) fn local_path(source: &str) -> PathBuf {
    PathBuf::from(location::file_path(source).unwrap_or_else(|| source.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_stand_in_brackets_behind_the_name_of_a_lock() {
        let (path, extras) = with_extras("a/pylock.dev.toml[x, Y_z]").unwrap();
        assert_eq!(path, "a/pylock.dev.toml");
        assert_eq!(extras.len(), 2);
        for source in ["pylock.toml", "a.toml[x]", "pylock.toml[]", "pylock.toml[x"] {
            assert!(with_extras(source).is_none(), "{source}");
        }
    }
}
