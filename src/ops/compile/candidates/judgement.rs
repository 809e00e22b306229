//! Which file of a release is used for the target, or what keeps all of them out.

use std::collections::BTreeSet;

use crate::index::File;
use crate::ops::compile::candidates::installer::Installer;
use crate::ops::compile::candidates::rows::{Place, Row};
use crate::ops::compile::candidates::{Judgement, ProjectReleases};
use crate::python::{TagMismatch, WheelName};
use crate::resolve::{Availability, OtherWheels, Reason, Releases as _};
use crate::update::{Hold, Word as _};

/// Why a file does not suit the target.
#[derive(Debug, Clone, Copy)]
pub(super) enum Misfit {
    /// It is for other Pythons: the number of the specifier.
    Python(u32),
    /// Wheels are not wanted, or only they are: by which option.
    Policy(&'static str),
    /// A wheel for something else.
    Tags(TagMismatch),
}

impl Misfit {
    /// Returns how near the file is to suiting.
    fn nearness(self) -> u8 {
        match self {
            Self::Python(_) => 0,
            Self::Tags(TagMismatch::Python) => 1,
            Self::Tags(TagMismatch::Abi) => 2,
            Self::Tags(TagMismatch::Platform) => 3,
            Self::Policy(_) => 4,
        }
    }

    fn reason(self, releases: &ProjectReleases) -> Reason {
        let others = match self {
            Self::Python(specifiers) => {
                let specifiers = releases.policy.numbers.text(specifiers);
                return Reason::RequiresPython(specifiers.to_string());
            }
            Self::Policy(option) => return Reason::BinaryPolicy(option),
            Self::Tags(TagMismatch::Python) => OtherWheels::Pythons,
            Self::Tags(TagMismatch::Abi) => OtherWheels::Abi,
            Self::Tags(TagMismatch::Platform) => OtherWheels::ManyPlatforms,
        };
        Reason::NoWheel(others)
    }

    /// Whether it is a wheel that has the same requirements as one that would do.
    fn is_other_wheel(self) -> bool {
        matches!(self, Self::Tags(..) | Self::Policy(NO_BINARY))
    }
}

/// The option that forbids wheels.
const NO_BINARY: &str = "--no-binary";

/// How many platforms are named where a release has wheels for others only.
const MOST_PLATFORMS: usize = 4;

/// Returns the platforms of the end of a wheel's name.
fn platform_tags(tags: &str) -> impl Iterator<Item = &str> {
    let platforms = tags.rsplit('-').next().unwrap_or_default();
    platforms.split('.')
}

/// How well the files of a release suit a target.
pub(super) struct Suits<'a> {
    releases: &'a ProjectReleases,
    rows: &'a [Row],
    position: u32,
    target: Option<&'a Installer>,
}

impl<'a> Suits<'a> {
    pub(super) const fn new(
        releases: &'a ProjectReleases,
        rows: &'a [Row],
        position: u32,
        target: Option<&'a Installer>,
    ) -> Self {
        Self {
            releases,
            rows,
            position,
            target,
        }
    }

    /// Returns for each file the rank of a wheel, none for an sdist; or why it does not suit.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'a Row, Result<Option<u32>, Misfit>)> {
        let position = self.position;
        let releases = self.releases;
        let policy = &*releases.policy;
        let binary = releases.binary();
        let mut pythons = policy.pythons();
        let mut compatibility = self.target.map(Installer::answers);
        let mut reader = policy.reader.as_ref().map(Installer::answers);
        let mut suits = move |row: &Row| {
            if let Some(specifiers) = row.python
                && !releases.admits(position, pythons.of(specifiers))
            {
                return Err(Misfit::Python(specifiers));
            }
            let Some(tags) = row.tags else {
                return match binary {
                    Some(true) if policy.is_build_forbidden => Err(Misfit::Policy("--no-build")),
                    Some(true) => Err(Misfit::Policy("--only-binary")),
                    _ => Ok(None),
                };
            };
            if binary == Some(false) {
                return Err(Misfit::Policy(NO_BINARY));
            }
            if let Some(compatibility) = &mut compatibility {
                return compatibility.of(tags).map(Some).map_err(Misfit::Tags);
            }
            let rank = reader.as_mut().and_then(|reader| reader.of(tags).ok());
            let is_any = || u32::from(policy.numbers.text(tags).ends_with("-any"));
            Ok(Some(
                rank.map_or_else(is_any, |rank| rank.saturating_add(2)),
            ))
        };
        self.rows.iter().map(move |row| (row, suits(row)))
    }
}

impl ProjectReleases {
    /// Judges a release by its files: the best of them, or why there is none. Each target has
    /// to be able to install it.
    pub(super) fn judgement(&self, position: u32) -> Judgement {
        let (first, others) = match &self.policy.targets[..] {
            [] => return self.judgement_for(None, position),
            [one] => return self.judgement_for(Some(one), position),
            [first, others @ ..] => (first, others),
        };
        let mut judgement = self.judgement_for(Some(first), position).naming(first);
        for other in others {
            match judgement.availability {
                Availability::Unusable(_) => break,
                Availability::Wheel | Availability::Sdist => {}
            }
            let next = self.judgement_for(Some(other), position).naming(other);
            match next.availability {
                Availability::Wheel => {}
                Availability::Sdist => judgement.availability = Availability::Sdist,
                Availability::Unusable(_) => judgement = next,
            }
        }
        judgement
    }

    /// Returns the files by which the targets would install a release, each once.
    pub(in crate::ops) fn metadata_files(&self, position: u32) -> Vec<File> {
        let mut places: Vec<Place> = Vec::new();
        for target in &self.policy.targets {
            let judgement = self.judgement_for(Some(target), position);
            places.extend(judgement.file.filter(|place| !places.contains(place)));
        }
        let entries = places.into_iter().filter_map(|place| self.entry(place));
        entries.filter_map(|entry| entry.to_file()).collect()
    }

    /// Judges a release for one target, or for whatever there is.
    fn judgement_for(&self, target: Option<&Installer>, position: u32) -> Judgement {
        let version = self.version(position);
        // What is locked stays admissible in an update: to leave it for something older
        // because what is newer is too young would be a downgrade by age.
        let is_kept = match self.gate {
            Some(_) => self.pinned.has_locked(version),
            None => self.pinned.keeps(version),
        };
        let may_be_yanked = is_kept || self.pinned.exact.contains(version);
        let rows = self.rows(position);
        let suits = Suits::new(self, &rows, position, target);
        let mut best: Option<(u32, Place)> = None;
        let mut sdist: Option<Place> = None;
        let mut other_wheel: Option<Place> = None;
        let mut nearest: Option<(u8, Reason)> = None;
        let mut hold: Option<Hold> = None;
        for (row, rank) in suits.each() {
            let place = row.place;
            let mut fail = |nearness: u8, reason: &dyn Fn() -> Reason| {
                if nearest.as_ref().is_none_or(|(other, _)| nearness > *other) {
                    nearest = Some((nearness, reason()));
                }
            };
            let holding = || self.with_dates(row, |file| self.hold(file, position));
            // What lasts is looked at first: a file that only its age keeps out
            // is named as such, and no other is.
            let rank = match rank {
                Ok(rank) => rank,
                Err(misfit) => {
                    // What may not be taken is not read either.
                    if misfit.is_other_wheel() && other_wheel.is_none() && holding().is_none() {
                        other_wheel = Some(place);
                    }
                    fail(misfit.nearness(), &|| misfit.reason(self));
                    continue;
                }
            };
            if row.is_yanked && !may_be_yanked {
                fail(5, &|| Reason::Yanked(self.words_of_yank(place)));
                continue;
            }
            let too_new = self.with_dates(row, |file| self.is_too_new(place.0, file, position));
            if let Some(reason) = too_new {
                fail(6, &|| reason.clone());
                continue;
            }
            if let Some(other) = holding() {
                hold = Some(match hold {
                    Some(known) => known.sooner(other),
                    None => other,
                });
                continue;
            }
            let Some(rank) = rank else {
                sdist = sdist.or(Some(place));
                continue;
            };
            let better = match best {
                None => true,
                Some((other, _)) if rank != other => rank > other,
                Some((_, other)) => self.has_later_build(place, other),
            };
            if better {
                best = Some((rank, place));
            }
        }
        let file = match (best, sdist) {
            (Some((_, place)), _) => return Judgement::usable(Availability::Wheel, place),
            // A wheel for another target has the same requirements, and needs no build.
            (None, Some(place)) => other_wheel.unwrap_or(place),
            (None, None) => return self.unusable(position, nearest, hold, target),
        };
        Judgement::usable(Availability::Sdist, file)
    }

    /// Returns for each file of a release whether a target would install it: a wheel, or the
    /// sdist of a release without wheels for it.
    pub(super) fn suitable_files(&self, position: u32) -> Vec<bool> {
        let rows = self.rows(position);
        let mut is_suitable = vec![false; rows.len()];
        for target in &self.policy.targets {
            let suits = Suits::new(self, &rows, position, Some(target));
            let usable = suits.each().map(|(row, suits)| {
                let is_wheel = suits.ok()?.is_some();
                let is_old = self.with_dates(row, |file| {
                    self.is_too_new(row.place.0, file, position).is_none()
                        && self.hold(file, position).is_none()
                });
                is_old.then_some(is_wheel)
            });
            let usable: Vec<Option<bool>> = usable.collect();
            let has_wheel = usable.contains(&Some(true));
            for (is_suitable, usable) in is_suitable.iter_mut().zip(usable) {
                *is_suitable |= usable == Some(has_wheel);
            }
        }
        is_suitable
    }

    /// Returns why a file was yanked, if that is said.
    fn words_of_yank(&self, place: Place) -> Option<String> {
        let entry = self.entry(place)?;
        let words = entry.yanked.filter(|words| !words.is_empty());
        words.map(str::to_owned)
    }

    /// Returns why a release cannot be used: what keeps the file out that is nearest to
    /// being used.
    fn unusable(
        &self,
        position: u32,
        nearest: Option<(u8, Reason)>,
        hold: Option<Hold>,
        target: Option<&Installer>,
    ) -> Judgement {
        let reason = match (&hold, nearest) {
            (Some(hold), _) => Reason::Held {
                code: hold.code().as_str(),
                words: hold.to_string(),
                help: hold.help(&self.name),
            },
            (None, Some((3, reason))) => {
                let platforms = self.other_platforms(position, target);
                if platforms.len() <= MOST_PLATFORMS {
                    let platforms = platforms.into_iter().map(str::to_owned);
                    Reason::NoWheel(OtherWheels::Platforms(platforms.collect()))
                } else {
                    reason
                }
            }
            (None, Some((_, reason))) => reason,
            (None, None) => Reason::NoWheel(OtherWheels::None),
        };
        Judgement {
            availability: Availability::Unusable(reason),
            hold,
            file: None,
        }
    }

    fn has_later_build(&self, one: Place, other: Place) -> bool {
        let name = |place| Some(WheelName::parse(&self.entry(place)?.filename()));
        match (name(one), name(other)) {
            (Some(Ok(one)), Some(Ok(other))) => one.compare_builds(&other).is_gt(),
            _ => false,
        }
    }

    /// Returns the platforms that the wheels of a release are for where that is what is
    /// wrong with them.
    fn other_platforms(&self, position: u32, target: Option<&Installer>) -> BTreeSet<&str> {
        let rows = self.rows(position);
        let suits = Suits::new(self, &rows, position, target);
        let others = self.entries(position).zip(suits.each());
        others
            .filter(|(_, (_, suits))| matches!(suits, Err(Misfit::Tags(TagMismatch::Platform))))
            .filter_map(|(entry, _)| entry.wheel_tags())
            .flat_map(platform_tags)
            .collect()
    }

    /// Returns the files of a release that can be used somewhere.
    pub(super) fn usable_rows(&self, position: u32) -> Vec<&Row> {
        let suits = Suits::new(self, self.kept_rows(position), position, None);
        let usable = suits.each().filter(|(_, suits)| suits.is_ok());
        usable.map(|(row, _)| row).collect()
    }

    /// Returns the platforms that the wheels of a release are for, sorted.
    pub(in crate::ops) fn wheel_platforms(&self, position: u32) -> Vec<String> {
        let entries = self.entries(position);
        let platforms: BTreeSet<String> = entries
            .filter_map(|entry| entry.wheel_tags())
            .flat_map(platform_tags)
            .map(str::to_owned)
            .collect();
        platforms.into_iter().collect()
    }
}
