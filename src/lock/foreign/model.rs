//! Versions of another tool's lock, where they count, and what readers of such files share.

use std::collections::{BTreeMap, BTreeSet};

use super::platform::is_platform;
use crate::lock::pylock;
use crate::python::{Environment, Marker, ProjectName, Specifiers, Version, WheelName};

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
    pub(super) fn new(name: ProjectName, version: Version) -> Self {
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
    pub(super) fn parse(name: &str, version: &str) -> Option<Self> {
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
            .is_none_or(|platform| is_platform(platform, environment));
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
        let is_wheel = |name: &String| WheelName::parse(name).is_ok();
        if self.files.iter().all(is_wheel) {
            Fit::None
        } else {
            Fit::Sdist
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

/// Reads markers, one of which has to hold; none if the pin counts nowhere, for none of them
/// can be read.
pub(super) fn markers(texts: &[&str], name: &str, notes: &mut Vec<String>) -> Option<Vec<Marker>> {
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
pub(super) fn last_part(place: &str) -> Option<String> {
    let place = pylock::Place::Url(place.to_owned());
    Some(place.last_part()).filter(|name| !name.is_empty())
}

/// Says of which projects there is nothing to take; nothing if there are none.
pub(super) fn not_taken(names: &BTreeSet<String>, why: &str) -> Option<String> {
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
