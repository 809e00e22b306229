//! Which file of a release is used for the target, or what keeps all of them out.

use std::collections::BTreeSet;

use crate::index::Entry;
use crate::ops::compile::candidates::admission::Installer;
use crate::ops::compile::candidates::{Judgement, Place, ProjectReleases};
use crate::python::{TagMismatch, WheelName};
use crate::resolve::{Availability, OtherWheels, Reason, Releases as _};
use crate::update::{Hold, Word as _};

/// Why a file does not suit the target.
#[derive(Debug, Clone, Copy)]
pub(super) enum Misfit<'a> {
    /// It is for other Pythons: the specifier.
    Python(&'a str),
    /// Wheels are not wanted, or only they are: by which option.
    Policy(&'static str),
    /// A wheel for something else: the end of its name.
    Tags(TagMismatch, &'a str),
}

impl Misfit<'_> {
    /// Returns how near the file is to suiting.
    fn nearness(self) -> u8 {
        match self {
            Self::Python(_) => 0,
            Self::Tags(TagMismatch::Python, _) => 1,
            Self::Tags(TagMismatch::Abi, _) => 2,
            Self::Tags(TagMismatch::Platform, _) => 3,
            Self::Policy(_) => 4,
        }
    }

    fn reason(self) -> Reason {
        let others = match self {
            Self::Python(specifiers) => return Reason::RequiresPython(specifiers.to_owned()),
            Self::Policy(option) => return Reason::BinaryPolicy(option),
            Self::Tags(TagMismatch::Python, _) => OtherWheels::Pythons,
            Self::Tags(TagMismatch::Abi, _) => OtherWheels::Abi,
            Self::Tags(TagMismatch::Platform, _) => OtherWheels::ManyPlatforms,
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

    /// Judges a release for one target, or for whatever there is.
    fn judgement_for(&self, target: Option<&Installer>, position: u32) -> Judgement {
        let version = self.version(position);
        // What is locked stays admissible in an update: to leave it for something older
        // because what is newer is too young would be a downgrade by age.
        let kept = match self.gate {
            Some(_) => &self.pinned.locked,
            None => &self.pinned.kept,
        };
        let may_be_yanked = kept.as_ref() == Some(version) || self.pinned.exact.contains(version);
        let binary = self.binary();
        let mut best: Option<(u32, Place)> = None;
        let mut sdist: Option<Place> = None;
        let mut other_wheel: Option<Place> = None;
        let mut nearest: Option<(u8, Reason)> = None;
        let mut hold: Option<Hold> = None;
        for (listing, index) in self.places(position) {
            for (number, entry) in self.listings[listing].entries(index).enumerate() {
                let place = (listing, index, number);
                let mut fail = |nearness: u8, reason: &dyn Fn() -> Reason| {
                    if nearest.as_ref().is_none_or(|(other, _)| nearness > *other) {
                        nearest = Some((nearness, reason()));
                    }
                };
                // What lasts is looked at first: a file that only its age keeps out
                // is named as such, and no other is.
                let rank = match self.suitability(&entry, position, binary, target) {
                    Ok(rank) => rank,
                    Err(misfit) => {
                        // What may not be taken is not read either.
                        if misfit.is_other_wheel()
                            && other_wheel.is_none()
                            && self.hold(&entry, position).is_none()
                        {
                            other_wheel = Some(place);
                        }
                        fail(misfit.nearness(), &|| misfit.reason());
                        continue;
                    }
                };
                if let Some(words) = entry.yanked
                    && !may_be_yanked
                {
                    let words = || (!words.is_empty()).then(|| words.to_owned());
                    fail(5, &|| Reason::Yanked(words()));
                    continue;
                }
                if let Some(reason) = self.is_too_new(listing, &entry, position) {
                    fail(6, &|| reason.clone());
                    continue;
                }
                if let Some(other) = self.hold(&entry, position) {
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
                    Some((_, other)) => self.has_later_build(&entry, other),
                };
                if better {
                    best = Some((rank, place));
                }
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

    /// Returns how well a file suits the target: the rank of a wheel, none for an sdist.
    pub(super) fn suitability<'e>(
        &self,
        entry: &Entry<'e>,
        position: u32,
        binary: Option<bool>,
        target: Option<&Installer>,
    ) -> Result<Option<u32>, Misfit<'e>> {
        if let Some(specifiers) = entry.requires_python
            && !self.admits_python(position, specifiers)
        {
            return Err(Misfit::Python(specifiers));
        }
        let Some(tags) = entry.wheel_tags() else {
            return match binary {
                Some(true) if self.policy.is_build_forbidden => Err(Misfit::Policy("--no-build")),
                Some(true) => Err(Misfit::Policy("--only-binary")),
                _ => Ok(None),
            };
        };
        if binary == Some(false) {
            return Err(Misfit::Policy(NO_BINARY));
        }
        let Some(target) = target else {
            return Ok(Some(u32::from(tags.ends_with("-any"))));
        };
        match target.compatibility(tags) {
            Ok(rank) => Ok(Some(rank)),
            Err(mismatch) => Err(Misfit::Tags(mismatch, tags)),
        }
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

    fn has_later_build(&self, entry: &Entry<'_>, held: Place) -> bool {
        let held = self.listings[held.0]
            .entries(held.1)
            .nth(held.2)
            .map(|entry| entry.filename());
        match (
            WheelName::parse(&entry.filename()),
            held.map(|name| WheelName::parse(&name)),
        ) {
            (Ok(name), Some(Ok(held))) => name.compare_builds(&held).is_gt(),
            _ => false,
        }
    }

    /// Returns the platforms that the wheels of a release are for where that is what is
    /// wrong with them.
    fn other_platforms(&self, position: u32, target: Option<&Installer>) -> BTreeSet<&str> {
        let binary = self.binary();
        self.entries(position)
            .filter_map(
                |entry| match self.suitability(&entry, position, binary, target) {
                    Err(Misfit::Tags(TagMismatch::Platform, tags)) => Some(tags),
                    _ => None,
                },
            )
            .flat_map(platform_tags)
            .collect()
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
