//! A region of many environments, and what a search for it has found of it.

use std::sync::Mutex;

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Edge, ProjectId};
use super::provider::PackageId;
use super::range::Range;
use crate::python::{ExtraName, WorldSet, Worlds};

/// Versions that a region has from the one it was split off: they are tried before those of
/// other regions.
pub(super) type Inherited = FxHashMap<ProjectId, u32>;

/// How a region is to be split.
#[derive(Debug)]
pub(super) struct Split {
    /// The parts, the first to be resolved last.
    pub(super) parts: Vec<WorldSet>,
    /// The release whose requirements split it.
    pub(super) at: Option<(ProjectId, u32)>,
}

/// What is resolved for, and what the search for one region has found of it.
#[derive(Debug)]
pub(super) struct Regional {
    pub(super) range: Range,
    /// The environments that are resolved for at present.
    pub(super) region: WorldSet,
    /// Where each constraint holds.
    pub(super) constraints: Vec<WorldSet>,
    /// Where packages are required, by what the search has looked at.
    pub(super) needed: FxHashMap<PackageId, WorldSet>,
    /// Projects whose releases may split the region although that makes more versions.
    pub(super) takes_short: FxHashSet<ProjectId>,
    /// Whether the region must not be split any more.
    pub(super) is_settled: bool,
    /// How the region is to be split.
    pub(super) split: Option<Split>,
    /// Where the files of releases can be used.
    pub(super) listed: Mutex<FxHashMap<(ProjectId, u32), WorldSet>>,
}

impl Regional {
    pub(super) fn shared(range: Range) -> Box<Self> {
        Box::new(Self {
            region: range.all,
            range,
            constraints: Vec::new(),
            needed: FxHashMap::default(),
            takes_short: FxHashSet::default(),
            is_settled: false,
            split: None,
            listed: Mutex::default(),
        })
    }

    /// Asks the algebra of environments.
    pub(super) fn with<T>(&self, ask: impl FnOnce(&mut Worlds) -> T) -> T {
        ask(&mut self.range.worlds.lock())
    }

    /// Whether some environment of the region is in a set.
    pub(super) fn touches(&self, set: WorldSet) -> bool {
        set == WorldSet::ALL || !self.with(|worlds| worlds.is_disjoint(self.region, set))
    }

    /// Whether a requirement holds somewhere in the region.
    pub(super) fn takes(&self, edge: &Edge) -> bool {
        self.touches(edge.worlds)
    }

    /// Returns those of a release's requirements that hold somewhere in the region, of the
    /// release itself or of an extra.
    pub(super) fn taken<'a>(
        &self,
        edges: impl Iterator<Item = &'a Edge>,
        extra: Option<&ExtraName>,
        overrides: &FxHashMap<ProjectId, Vec<Edge>>,
    ) -> Vec<Edge> {
        let mut taken = Vec::new();
        for edge in edges {
            if extra.is_some() && !edge.conditional {
                continue;
            }
            let worlds = if overrides.contains_key(&edge.project) {
                // The overrides in its place have markers of their own.
                let marker = edge
                    .requirement
                    .marker
                    .as_ref()
                    .filter(|_| edge.conditional);
                let holds = |extra| marker.is_none_or(|marker| marker.admits_extra(extra));
                if !holds(extra) || (extra.is_some() && holds(None)) {
                    continue;
                }
                WorldSet::ALL
            } else if edge.conditional {
                self.of_extra(edge, extra)
            } else {
                edge.worlds
            };
            if self.touches(worlds) {
                taken.push(Edge {
                    worlds,
                    ..edge.clone()
                });
            }
        }
        taken
    }

    /// Returns where a requirement holds for an extra, and not without it.
    fn of_extra(&self, edge: &Edge, extra: Option<&ExtraName>) -> WorldSet {
        let Some(marker) = &edge.requirement.marker else {
            return WorldSet::ALL;
        };
        self.with(|worlds| {
            let own = worlds.of_marker(marker, extra);
            if extra.is_none() {
                return own;
            }
            let without = worlds.of_marker(marker, None);
            worlds.minus(own, without)
        })
    }
}
