//! Lock files of other tools, read for the versions in them.
//!
//! They say what was chosen before, and that is all that is taken from them: which version
//! of a project is preferred in an environment. Nothing in them is required, and what cannot
//! be read of one is told and passed over. What they say of hashes is not used: those of a
//! new lock are the index's.

mod conda;
mod model;
mod pdm;
mod pipenv;
mod platform;
mod poetry;
mod uv;

pub use model::{ForeignLock, ForeignPin};

use super::formats;
use super::pylock;
use crate::python::{Given, Marker};

/// A kind of lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `uv.lock`
    Uv,
    /// `poetry.lock`
    Poetry,
    /// `pdm.lock`
    Pdm,
    /// `Pipfile.lock`
    Pipenv,
    /// `conda-lock.yml`
    Conda,
    /// `pylock.toml`
    Pylock,
    /// A requirements file.
    Requirements,
}

impl Kind {
    /// The kinds that have a name of their own, and that name.
    pub const NAMED: [(Self, &'static str); 6] = [
        (Self::Uv, "uv.lock"),
        (Self::Poetry, "poetry.lock"),
        (Self::Pdm, "pdm.lock"),
        (Self::Pipenv, "Pipfile.lock"),
        (Self::Pylock, "pylock.toml"),
        (Self::Conda, "conda-lock.yml"),
    ];

    /// Returns the kind of a file by its name; none if the name says nothing.
    pub fn of_name(name: &str) -> Option<Self> {
        if pylock::has_name(name) {
            return Some(Self::Pylock);
        }
        if name.ends_with("conda-lock.yml") || name.ends_with("conda-lock.yaml") {
            return Some(Self::Conda);
        }
        let mut named = Self::NAMED.into_iter();
        named.find(|(_, own)| *own == name).map(|(kind, _)| kind)
    }

    /// Returns the tool that writes such files, for those that only one writes.
    pub fn tool(self) -> Option<&'static str> {
        Some(match self {
            Self::Uv => "uv",
            Self::Poetry => "Poetry",
            Self::Pdm => "PDM",
            Self::Pipenv => "Pipenv",
            Self::Conda => "conda-lock",
            Self::Pylock | Self::Requirements => return None,
        })
    }
}

/// Reads a text.
///
/// # Errors
/// When nothing can be taken from it: why.
pub fn read(kind: Kind, text: &str) -> Result<ForeignLock, String> {
    match kind {
        Kind::Uv => uv::read(text),
        Kind::Poetry => poetry::read(text),
        Kind::Pdm => pdm::read(text),
        Kind::Pipenv => pipenv::read(text),
        Kind::Conda => conda::read(text),
        Kind::Pylock => read_pylock(text),
        Kind::Requirements => Ok(read_requirements(text)),
    }
}

fn read_pylock(text: &str) -> Result<ForeignLock, String> {
    let lock = pylock::read(text).map_err(|problems| {
        let first = problems.into_iter().next();
        first.map_or_else(String::new, |problem| problem.message)
    })?;
    let mut read = ForeignLock::default();
    read.notes
        .extend(lock.notes.iter().map(|note| note.message.clone()));
    let mut extras: Vec<_> = lock.extras.clone();
    extras.sort();
    for package in &lock.packages {
        let Some(version) = &package.version else {
            continue;
        };
        if !matches!(package.origin, pylock::Origin::Files { .. }) {
            continue;
        }
        // All that may be wanted counts: a preference requires nothing.
        let groups: Vec<String> = lock
            .groups
            .iter()
            .chain(&lock.default_groups)
            .cloned()
            .collect();
        let marker = match lock.given(package, &extras, &groups) {
            Given::Never => continue,
            Given::Always => None,
            Given::When(marker) => Some(marker),
        };
        read.pins.push(ForeignPin {
            markers: marker.into_iter().collect(),
            requires_python: package.requires_python.clone(),
            files: package.files().map(|file| file.name.clone()).collect(),
            ..ForeignPin::new(package.name.clone(), version.clone())
        });
    }
    Ok(read)
}

fn read_requirements(text: &str) -> ForeignLock {
    let file = formats::read(text);
    let pins = file.pins.iter().filter_map(|pin| {
        let version = pin.version()?.parse().ok()?;
        let marker = match pin.marker.as_deref().map(Marker::parse) {
            Some(marker) => Some(marker.ok()?),
            None => None,
        };
        Some(ForeignPin {
            markers: marker.into_iter().collect(),
            ..ForeignPin::new(pin.name.clone(), version)
        })
    });
    ForeignLock {
        pins: pins.collect(),
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
