//! Lock files of other tools, read for the versions in them.
//!
//! They say what was chosen before, and that is all that is taken from them: which version
//! of a project is preferred in an environment. Nothing in them is required, and what cannot
//! be read of one is told and passed over. What they say of hashes is not used: those of a
//! new lock are the index's.

mod conda;
mod pdm;
mod pipenv;
mod poetry;
mod uv;

use std::collections::{BTreeMap, BTreeSet};

use super::formats;
use super::pylock;
use crate::python::{Environment, Marker, ProjectName, Specifiers, Version, WheelName};

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

/// What a lock file of another tool says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignLock {
    /// The versions.
    pub pins: Vec<ForeignPin>,
    /// What is not taken from it, and what else is to be known.
    pub notes: Vec<String>,
}

/// A version of a project, and where it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignPin {
    /// The project.
    pub name: ProjectName,
    /// The version.
    pub version: Version,
    /// It counts where one of these holds; if there are none, everywhere.
    pub markers: Vec<Marker>,
    /// The versions of Python that it is for.
    pub requires_python: Option<Specifiers>,
    /// The platform that it is for, as conda names it.
    pub platform: Option<String>,
    /// The names of its files, as far as they are known.
    pub files: Vec<String>,
}

impl ForeignPin {
    fn new(name: ProjectName, version: Version) -> Self {
        Self {
            name,
            version,
            markers: Vec::new(),
            requires_python: None,
            platform: None,
            files: Vec::new(),
        }
    }

    /// Reads a name and a version; none if one of them is none.
    fn parse(name: &str, version: &str) -> Option<Self> {
        Some(Self::new(name.parse().ok()?, version.parse().ok()?))
    }

    fn counts(&self, environment: &Environment) -> bool {
        let python = environment.python_full_version.parse::<Version>().ok();
        let is_for_python = self
            .requires_python
            .as_ref()
            .zip(python)
            .is_none_or(|(specifiers, python)| specifiers.contains(&python));
        let is_for_platform = self
            .platform
            .as_deref()
            .is_none_or(|platform| conda::is_platform(platform, environment));
        let mut markers = self.markers.iter();
        is_for_python
            && is_for_platform
            && (self.markers.is_empty() || markers.any(|marker| marker.evaluate(environment, None)))
    }

    /// Returns how good its files are: one of them may be used as it is, or there is one to
    /// build.
    fn fit(&self, fits: &dyn Fn(&WheelName) -> bool) -> Fit {
        let wheels = self
            .files
            .iter()
            .filter_map(|name| WheelName::parse(name).ok());
        if wheels.into_iter().any(|wheel| fits(&wheel)) {
            return Fit::Wheel;
        }
        let mut files = self.files.iter();
        if files.any(|name| !name.ends_with(".whl")) {
            Fit::Sdist
        } else {
            Fit::None
        }
    }
}

/// How good the files of a pin are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    None,
    Sdist,
    Wheel,
}

impl ForeignLock {
    /// Returns the versions that count in an environment; `fits` tells which wheels can be
    /// used there.
    ///
    /// Of several that count, the one with the best files does, then the newest: a tool may
    /// write two for platforms that no marker tells apart.
    pub fn choose(
        &self,
        environment: &Environment,
        fits: &dyn Fn(&WheelName) -> bool,
    ) -> BTreeMap<ProjectName, Version> {
        let mut counting: BTreeMap<&ProjectName, Vec<&ForeignPin>> = BTreeMap::new();
        for pin in self.pins.iter().filter(|pin| pin.counts(environment)) {
            counting.entry(&pin.name).or_default().push(pin);
        }
        counting
            .into_iter()
            .filter_map(|(name, pins)| {
                let best = match &pins[..] {
                    [one] => one,
                    several => several
                        .iter()
                        .max_by_key(|pin| (pin.fit(fits), &pin.version))?,
                };
                Some((name.clone(), best.version.clone()))
            })
            .collect()
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
        let Some(marker) = lock.rest_of(package, &extras, &groups) else {
            continue;
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

/// Reads markers, one of which has to hold; none if the pin counts nowhere, for none of them
/// can be read.
fn markers(texts: &[&str], name: &str, notes: &mut Vec<String>) -> Option<Vec<Marker>> {
    let mut read = Vec::with_capacity(texts.len());
    for text in texts {
        match Marker::parse(text) {
            // Who wants the extra is not known here.
            Ok(marker) if marker.mentions_extra() => match marker.without_extra() {
                Some(rest) => read.push(rest),
                None => return Some(Vec::new()),
            },
            Ok(marker) => read.push(marker),
            Err(error) => notes.push(format!(
                "the marker `{text}` of {name} cannot be read: {}",
                error.message
            )),
        }
    }
    (texts.is_empty() || !read.is_empty()).then_some(read)
}

/// Returns the name of the file at a URL or path.
fn last_part(place: &str) -> Option<String> {
    let place = pylock::Place::Url(place.to_owned());
    Some(place.last_part()).filter(|name| !name.is_empty())
}

/// Says of which projects there is nothing to take; nothing if there are none.
fn not_taken(names: &BTreeSet<String>, why: &str) -> Option<String> {
    const MOST: usize = 5;
    if names.is_empty() {
        return None;
    }
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    let others = match names.len() - shown.len() {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    Some(format!("{why}: {}{others}", shown.join(", ")))
}

#[cfg(test)]
mod tests;
