//! What is known of the pins a compilation made: for the report of an update.

use rustc_hash::FxHashMap;

use crate::lock::{Lock, Pin, PinSource};
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::fetch::Fetcher;
use crate::python::{ProjectName, Version};
use crate::resolve::{Chosen, PreReleases, Releases as _, Request, Resolver, Solution};
use crate::update::Hold;

/// A newer version of a pinned project that the policy holds back.
///
/// Only what all requirements and constraints of the solution would admit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldVersion {
    /// The project.
    pub project: ProjectName,
    /// The version the lock had.
    pub locked: Option<String>,
    /// The newest version that is held back, as it was published.
    pub candidate: String,
    /// Why.
    pub hold: Hold,
    /// From when on it would be taken, if that is known.
    pub eligible: Option<jiff::Timestamp>,
}

/// What is known of a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinDetails {
    /// The project.
    pub project: ProjectName,
    /// The version it is pinned to.
    pub version: String,
    /// The version the lock had; none if the project was not in it, or by a URL.
    pub locked: Option<String>,
    /// When the first file of the version was uploaded.
    pub published: Option<jiff::Timestamp>,
    /// Whether the sources require it themselves.
    pub direct: bool,
    /// Who requires it: files and projects, as in the lock.
    pub via: Vec<String>,
    /// Why the version was yanked, if it was; empty if nobody says why.
    pub yanked: Option<String>,
    /// Whether the locked version is gone from the index, or all of its locked files.
    pub vanished: bool,
    /// How many files the locked version got that are too young, if it stays pinned.
    pub late_files: usize,
}

/// What a solution is judged by.
pub(in crate::ops) struct ReportInputs<'a> {
    pub(in crate::ops) request: &'a Request,
    pub(in crate::ops) solution: &'a Solution,
    pub(in crate::ops) fetcher: &'a Fetcher<'a>,
    pub(in crate::ops) lock: &'a Lock,
}

impl ReportInputs<'_> {
    /// Returns what the policy holds back, by project.
    pub(in crate::ops) fn held(&self, resolver: &mut Resolver) -> Vec<HeldVersion> {
        let chosen = self.solution.chosen.iter();
        chosen
            .filter_map(|(name, chosen)| self.held_of(name, chosen, resolver))
            .collect()
    }

    fn held_of(
        &self,
        name: &ProjectName,
        chosen: &Chosen,
        resolver: &mut Resolver,
    ) -> Option<HeldVersion> {
        let releases = self.fetcher.releases(name)?;
        let newer = chosen.position + 1..releases.count();
        if newer.is_empty() {
            return None;
        }
        let takes_pre_releases =
            self.request.pre_releases == PreReleases::Allow || chosen.version.any_prerelease();
        let admissible = resolver.universe.admissible_versions(self.solution, name);
        admissible
            .into_iter()
            .rev()
            .flat_map(|run| (run.start.max(newer.start)..run.end).rev())
            .filter(|&at| takes_pre_releases || !releases.version(at).any_prerelease())
            .find_map(|at| {
                let hold = releases.held(at)?;
                Some(HeldVersion {
                    project: name.clone(),
                    locked: releases.locked().map(Version::to_string),
                    candidate: releases.version_text(at).to_owned(),
                    eligible: hold.eligible(),
                    hold,
                })
            })
    }

    /// Returns what is known of each pin, by project.
    pub(in crate::ops) fn pins(&self) -> Vec<PinDetails> {
        let pins: FxHashMap<&ProjectName, &Pin> =
            self.lock.pins.iter().map(|pin| (&pin.name, pin)).collect();
        let details = self.solution.chosen.iter().map(|(name, chosen)| {
            let releases = self.fetcher.releases(name);
            let releases = releases.as_deref();
            let locked = releases.and_then(|releases| releases.locked());
            let stays = locked == Some(&chosen.version);
            let pin = pins.get(name);
            PinDetails {
                project: name.clone(),
                version: match pin.map(|pin| &pin.source) {
                    Some(PinSource::Version { version, .. }) => version.clone(),
                    _ => chosen.version.to_string(),
                },
                locked: locked.map(Version::to_string),
                published: releases.and_then(|releases| releases.published(chosen.position)),
                direct: !chosen.roots.is_empty(),
                via: pin.map(|pin| pin.via.clone()).unwrap_or_default(),
                yanked: releases.and_then(|releases| releases.yanked(chosen.position)),
                vanished: releases.is_some_and(ProjectReleases::has_lost_locked),
                late_files: match releases {
                    Some(releases) if stays => releases.held_files(chosen.position),
                    _ => 0,
                },
            }
        });
        details.collect()
    }
}
