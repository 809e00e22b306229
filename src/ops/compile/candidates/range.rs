//! In which environments of a range a release can be used, by its files.
//!
//! Upper bounds of `Requires-Python` are left out of account, as uv does: they are often
//! guesses, and the newest release of a project would else be an old one that has none.
//!
//! Wheels are looked at in three cases. A release without a source distribution is for no
//! Python before the lowest one that a wheel of it names. Platforms that the user names have to be able to
//! install everything, on each Python that the project has wheels for. And a local version,
//! such as `2.5.0+cpu`, is for the platforms that it has wheels for, as long as there is the
//! same version without the suffix for the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::candidates::admission::lower_bounds;
use crate::python::{Marker, Version, WorldSet, Worlds};
use crate::resolve::{OtherWheels, Reason, Releases as _};

impl ProjectReleases {
    /// Returns the environments that can use a file of a release.
    pub(super) fn usable_in(&self, position: u32, worlds: &mut Worlds) -> WorldSet {
        if !self.policy.is_for_range {
            return WorldSet::ALL;
        }
        let mut usable = match self.required_pythons(position) {
            None => WorldSet::ALL,
            Some(pythons) => pythons.into_iter().fold(WorldSet::NONE, |all, text| {
                let own = lower_bounds(&text);
                let own = own.map_or(WorldSet::ALL, |own| worlds.of_pythons(&own));
                worlds.or(all, own)
            }),
        };
        if let Some(lowest) = self.lowest_python_of_wheels(position) {
            let own = worlds.since(&lowest);
            usable = worlds.and(usable, own);
        }
        if let Some(base) = self.base_of(position) {
            let own = self.platforms_of(position, worlds);
            let others = self.platforms_of(base, worlds);
            let better = worlds.minus(others, own);
            usable = worlds.minus(usable, better);
        }
        for (set, _) in self.unfit_witnesses(position, worlds) {
            usable = worlds.minus(usable, set);
        }
        usable
    }

    /// Returns what keeps a release out of some environments.
    pub(super) fn range_limit(&self, position: u32) -> Reason {
        let mut worlds = Worlds::new();
        if let Some((_, target)) = self
            .unfit_witnesses(position, &mut worlds)
            .into_iter()
            .next()
        {
            let platforms = self.wheel_platforms(position);
            let others = if platforms.len() <= MOST_PLATFORMS {
                OtherWheels::Platforms(platforms)
            } else {
                OtherWheels::ManyPlatforms
            };
            return Reason::OfTarget {
                target,
                reason: Box::new(Reason::NoWheel(others)),
            };
        }
        let pythons = self.required_pythons(position).unwrap_or_default();
        match pythons.first() {
            Some(text) => Reason::RequiresPython(text.to_string()),
            None => Reason::NoWheel(OtherWheels::None),
        }
    }

    /// Returns which Pythons the usable files of a release require; none if one of them
    /// requires nothing.
    fn required_pythons(&self, position: u32) -> Option<BTreeSet<Arc<str>>> {
        let usable = self.usable_rows(position).into_iter();
        let pythons: BTreeSet<u32> = usable.map(|row| row.python).collect::<Option<_>>()?;
        let pythons = pythons.into_iter().map(|one| self.policy.numbers.text(one));
        let pythons: BTreeSet<Arc<str>> = pythons.collect();
        (!pythons.is_empty()).then_some(pythons)
    }

    /// Returns the lowest Python that a wheel of a release names, if each names one and there
    /// is no source distribution.
    fn lowest_python_of_wheels(&self, position: u32) -> Option<Version> {
        let rows = self.usable_rows(position).into_iter();
        let lowest = rows.map(|row| lowest_minor(self.policy.numbers.text(row.tags?).as_ref()));
        let lowest: BTreeSet<u16> = lowest.collect::<Option<_>>()?;
        format!("3.{}", lowest.first()?).parse().ok()
    }

    /// Returns the release of the same version without its local part, if a release has one.
    fn base_of(&self, position: u32) -> Option<u32> {
        let version = self.version(position);
        if !version.is_local() {
            return None;
        }
        let base = version.to_string();
        let base: Version = base.split('+').next()?.parse().ok()?;
        self.position(&base)
    }

    /// Returns the platforms that the wheels of a release are for; all if it has a source
    /// distribution.
    fn platforms_of(&self, position: u32, worlds: &mut Worlds) -> WorldSet {
        let mut all = WorldSet::NONE;
        for row in self.usable_rows(position) {
            let Some(tags) = row.tags else {
                return WorldSet::ALL;
            };
            let tags = self.policy.numbers.text(tags);
            for tag in tags.rsplit('-').next().unwrap_or_default().split('.') {
                let own = platform(tag, worlds);
                all = worlds.or(all, own);
            }
        }
        all
    }

    /// Returns the named platforms that cannot install a release, on which Pythons.
    fn unfit_witnesses(&self, position: u32, worlds: &mut Worlds) -> Vec<(WorldSet, String)> {
        let witnesses = &self.policy.witnesses;
        if witnesses.platforms.is_empty() {
            return Vec::new();
        }
        let rows = self.usable_rows(position);
        // Whoever may build it can use it.
        if rows.iter().any(|row| row.tags.is_none()) {
            return Vec::new();
        }
        let last = self.last_minor().max(witnesses.lowest);
        let mut unfit = Vec::new();
        for number in 0..witnesses.platforms.len() {
            for minor in witnesses.lowest..=last {
                let Some(witness) = witnesses.of(number, minor, &self.policy.numbers) else {
                    continue;
                };
                let mut answers = witness.installer.answers();
                let mut tags = rows.iter().filter_map(|row| row.tags);
                if tags.any(|tags| answers.of(tags).is_ok()) {
                    continue;
                }
                let bounds = (
                    format!("3.{minor}").parse(),
                    format!("3.{}", minor + 1).parse(),
                );
                if let (Ok(lower), Ok(upper)) = bounds {
                    let pythons = worlds.between(&lower, &upper);
                    let platform = worlds.of_platform(&witness.environment);
                    let name = format!("Python 3.{minor} on {}", witness.installer.name);
                    unfit.push((worlds.and(pythons, platform), name));
                }
            }
        }
        unfit
    }

    /// Returns the newest minor version of Python that a wheel of the project is for by name.
    fn last_minor(&self) -> u16 {
        *self.last_minor.get_or_init(|| {
            let all = (0..self.count()).flat_map(|position| self.usable_rows(position));
            let tags: BTreeSet<u32> = all.filter_map(|row| row.tags).collect();
            let minors = tags.into_iter().filter_map(|tags| {
                let text = self.policy.numbers.text(tags);
                let pythons = text.split('-').next().unwrap_or_default().split('.');
                let minors = pythons.filter_map(|tag| tag.strip_prefix("cp3")?.parse().ok());
                minors.max()
            });
            minors.max().unwrap_or_default()
        })
    }
}

/// Returns the lowest minor version of Python 3 that the tags of a wheel name; none if they
/// are for all of Python 3, or for something unknown.
fn lowest_minor(tags: &str) -> Option<u16> {
    let pythons = tags.split('-').next().unwrap_or_default().split('.');
    let minors = pythons
        .filter(|tag| {
            !tag.strip_prefix("py")
                .is_some_and(|rest| rest.starts_with('2'))
        })
        .map(|tag| {
            let named = tag.strip_prefix("cp3").or_else(|| tag.strip_prefix("pp3"));
            named.or_else(|| tag.strip_prefix("py3"))?.parse().ok()
        });
    let minors: BTreeSet<u16> = minors.collect::<Option<_>>()?;
    minors.first().copied()
}

/// How many platforms are named where a release has wheels for others only.
const MOST_PLATFORMS: usize = 4;

/// Machines as the ends of platform tags name them.
const MACHINES: [&str; 10] = [
    "x86_64",
    "i686",
    "aarch64",
    "armv7l",
    "armv6l",
    "ppc64le",
    "ppc64",
    "s390x",
    "riscv64",
    "loongarch64",
];

/// Returns the environments that a platform tag is for; none if it is not known.
fn platform(tag: &str, worlds: &mut Worlds) -> WorldSet {
    let of_linux = || {
        let mut machines = MACHINES.iter();
        let machine = machines.find(|machine| tag.ends_with(**machine))?;
        Some(format!(
            "sys_platform == 'linux' and platform_machine == '{machine}'"
        ))
    };
    let of_mac = || {
        let machines: &[&str] = match tag {
            tag if tag.ends_with("arm64") => &["arm64"],
            tag if tag.ends_with("universal2") => &["arm64", "x86_64"],
            _ => &["x86_64"],
        };
        let machines = machines
            .iter()
            .map(|machine| format!("platform_machine == '{machine}'"));
        let machines = machines.collect::<Vec<_>>().join(" or ");
        Some(format!("sys_platform == 'darwin' and ({machines})"))
    };
    let of_windows = |machine: &str| {
        Some(format!(
            "sys_platform == 'win32' and platform_machine == '{machine}'"
        ))
    };
    let text = match tag {
        "any" => return WorldSet::ALL,
        "win32" => of_windows("x86"),
        "win_amd64" => of_windows("AMD64"),
        "win_arm64" => of_windows("ARM64"),
        tag if tag.starts_with("macosx") => of_mac(),
        tag if tag.contains("linux") => of_linux(),
        _ => None,
    };
    let marker = text.and_then(|text| Marker::parse(&text).ok());
    marker.map_or(WorldSet::NONE, |marker| worlds.of_marker(&marker, None))
}
