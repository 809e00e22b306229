//! The universe as a region of many environments sees it.
//!
//! A requirement counts in a region if it holds somewhere in it. That makes too much of
//! some requirements, so a region is split where that can matter: along the markers of a
//! list that names a project twice, and where a release can be used in a part only. The
//! rules are uv's, and so is the order in which the parts are resolved.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::PoisonError;

use rustc_hash::FxHashMap;

use super::fork::ForkStrategy;
use super::partial::{Cause, IncompatibilityId};
use super::provider::PackageId;
use super::regional::{Inherited, Split};
use super::request::{Reason, Resolution};
use super::set::{Term, VersionSet};
use super::solution::Solution;
use super::solver::Solver;
use super::universe::{Edge, Facts, Kind, ProjectId, Universe, Viewer};
use crate::python::{Marker, ProjectName, RequirementSource, Specifiers, Version, WorldSet};

/// A part of a range, in which each project has one version.
#[derive(Debug, Clone)]
pub struct Region {
    /// The environments.
    pub worlds: WorldSet,
    /// What is chosen for them.
    pub solution: Solution,
    /// Where each chosen project is required.
    pub required: BTreeMap<ProjectName, WorldSet>,
}

impl Universe {
    /// Returns where a marker holds, of a range of environments.
    pub(super) fn worlds_of(&self, marker: Option<&Marker>) -> WorldSet {
        match (&self.regional, marker) {
            (Some(regional), Some(marker)) => {
                regional.with(|worlds| worlds.of_marker(marker, None))
            }
            _ => WorldSet::ALL,
        }
    }

    /// Returns which environments have a Python that specifiers allow.
    pub(super) fn worlds_of_pythons(&self, specifiers: Option<&Specifiers>) -> WorldSet {
        match (&self.regional, specifiers) {
            (Some(regional), Some(specifiers)) => {
                regional.with(|worlds| worlds.of_pythons(specifiers))
            }
            _ => WorldSet::ALL,
        }
    }

    /// Whether a set has nothing of the range.
    pub(super) fn is_out_of_range(&self, set: WorldSet) -> bool {
        (self.regional.as_ref())
            .is_some_and(|it| it.with(|worlds| worlds.is_disjoint(it.range.all, set)))
    }

    /// Finds out where constraints hold.
    pub(super) fn place_constraints(&mut self) {
        let constraints = self.request.constraints.iter();
        let places: Vec<WorldSet> = constraints
            .map(|constraint| self.worlds_of(constraint.marker.as_ref()))
            .collect();
        if let Some(regional) = &mut self.regional {
            regional.constraints = places;
        }
    }

    /// Whether a constraint holds somewhere in the region.
    pub(super) fn is_constrained_by(&self, index: usize) -> bool {
        let regional = self.regional.as_ref();
        regional.is_none_or(|regional| regional.touches(regional.constraints[index]))
    }

    /// Settles which releases of a project are tried first.
    pub(super) fn prefer(&mut self, project: ProjectId) {
        let state = &self.projects[project as usize];
        let Some(releases) = &state.releases else {
            return;
        };
        let preferred = self.request.preferences.get(&state.name);
        let mut preference = preferred.and_then(|version| releases.position(version));
        let mut others = Vec::new();
        if let Some(regional) = &self.regional {
            let pins = regional.range.preferences.get(&state.name);
            let pins = pins.into_iter().flatten();
            for (version, worlds) in pins {
                if let Some(position) = releases.position(version)
                    && regional.touches(*worlds)
                {
                    match preference {
                        None => preference = Some(position),
                        Some(_) => others.push(position),
                    }
                }
            }
            others.extend(state.inherited);
            others.extend(state.elsewhere.iter().copied());
        }
        let state = &mut self.projects[project as usize];
        state.preference = preference;
        state.preferences = others;
    }

    /// Turns to another region: forgets all that the search for the last one has found.
    pub(super) fn enter(&mut self, region: WorldSet, inherited: &Inherited) {
        let Some(regional) = &mut self.regional else {
            return;
        };
        regional.region = region;
        regional.needed.clear();
        regional.needed.insert(PackageId::ROOT, region);
        regional.takes_short.clear();
        regional.split = None;
        for (project, state) in (0..).zip(&mut self.projects) {
            state.inherited = inherited.get(&project).copied();
            state.noticed.clear();
            state.sequence = None;
            state.to_build = None;
            state.takes_refused = false;
        }
        for project in 0..self.project_count() {
            self.prefer(project);
        }
        self.settle_lowest();
    }

    /// Finds out which projects are required directly in the region, if these are to have
    /// their lowest version.
    fn settle_lowest(&mut self) {
        if self.request.resolution != Resolution::LowestDirect {
            return;
        }
        let taken = self.roots.iter();
        let taken =
            taken.filter(|(edge, _)| self.regional.as_ref().is_none_or(|it| it.takes(edge)));
        let direct: BTreeSet<ProjectId> = taken.map(|(edge, _)| edge.project).collect();
        for (project, state) in (0..).zip(&mut self.projects) {
            state.is_lowest = direct.contains(&project);
        }
    }

    /// Lets later regions prefer what was chosen in one.
    ///
    /// Of several versions, the better one comes first: the region solved first may have had
    /// a reason of its own for a worse one.
    pub(super) fn prefer_elsewhere(&mut self, solution: &Solution) {
        if !self.shares_versions() {
            return;
        }
        let is_lowest_first = self.request.resolution == Resolution::Lowest;
        for (name, chosen) in &solution.chosen {
            if let Some(project) = self.known_project(name) {
                let elsewhere = &mut self.projects[project as usize].elsewhere;
                if !elsewhere.contains(&chosen.position) {
                    elsewhere.push(chosen.position);
                    elsewhere.sort_unstable();
                    if !is_lowest_first {
                        elsewhere.reverse();
                    }
                }
            }
        }
    }

    /// Returns how the region is to be split.
    pub(super) fn take_split(&mut self) -> Option<Split> {
        self.regional.as_mut()?.split.take()
    }

    /// Returns what the parts of a region have from it: what was decided when it was split.
    pub(super) fn inherited(
        &self,
        decided: &BTreeMap<PackageId, u32>,
        at: Option<(ProjectId, u32)>,
    ) -> Inherited {
        if !self.shares_versions() {
            return Inherited::default();
        }
        let decided = decided.iter();
        decided
            .filter_map(|(&package, &position)| Some((self.project_of(package)?, position)))
            .chain(at)
            .collect()
    }

    /// Whether versions are shared on purpose.
    ///
    /// With the lowest of what is required directly alone, a version may be low in one region
    /// for a reason that another does not have.
    fn shares_versions(&self) -> bool {
        self.request.resolution != Resolution::LowestDirect
            && (self.regional.as_ref())
                .is_some_and(|regional| regional.range.strategy != ForkStrategy::Newest)
    }

    /// Forbids or allows to split the region.
    pub(super) fn settle_region(&mut self, is_settled: bool) {
        if let Some(regional) = &mut self.regional {
            regional.is_settled = is_settled;
        }
    }

    /// Returns where a release can be used by what the index says of it.
    fn listed_in(&self, project: ProjectId, position: u32) -> WorldSet {
        let (Some(regional), Some(releases)) = (&self.regional, self.releases(project)) else {
            return WorldSet::ALL;
        };
        let mut known = regional
            .listed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known
            .entry((project, position))
            .or_insert_with(|| regional.with(|worlds| releases.worlds(position, worlds)))
    }

    /// Returns where a release can be used, as far as is known to whoever looks.
    fn usable_in(&self, project: ProjectId, position: u32, viewer: Viewer) -> WorldSet {
        let Some(regional) = &self.regional else {
            return WorldSet::ALL;
        };
        let listed = self.listed_in(project, position);
        let state = &self.projects[project as usize];
        if viewer == Viewer::Solver && !state.noticed.contains(&position) {
            return listed;
        }
        match state.facts.get(&position) {
            Some(Facts::Known { worlds: own, .. }) if *own != WorldSet::ALL => {
                regional.with(|worlds| worlds.and(listed, *own))
            }
            _ => listed,
        }
    }

    /// Returns where a project is required, by what the search has looked at.
    fn needed(&self, project: ProjectId) -> Option<WorldSet> {
        let package = self.packages.get(&Kind::Project(project))?;
        self.regional.as_ref()?.needed.get(package).copied()
    }

    /// Whether a release can be used in a part only of where its project is required.
    fn falls_short(&self, project: ProjectId, position: u32, viewer: Viewer) -> bool {
        let Some(regional) = &self.regional else {
            return false;
        };
        let usable = self.usable_in(project, position, viewer);
        if usable == WorldSet::ALL {
            return false;
        }
        let needed = self.needed(project).unwrap_or(regional.region);
        !regional.with(|worlds| worlds.is_subset(needed, usable))
    }

    /// Whether a release can be used in the region, by where it is for.
    pub(super) fn suits_region(&self, project: ProjectId, position: u32, viewer: Viewer) -> bool {
        let Some(regional) = &self.regional else {
            return true;
        };
        if !regional.touches(self.usable_in(project, position, viewer)) {
            return false;
        }
        regional.range.strategy != ForkStrategy::Fewest
            || viewer == Viewer::Frontier
            || regional.takes_short.contains(&project)
            || !self.falls_short(project, position, viewer)
    }

    /// Returns why a release cannot be used in the region, if that is for where it is for.
    pub(super) fn limit(&self, project: ProjectId, position: u32) -> Option<Reason> {
        let regional = self.regional.as_ref()?;
        if regional.touches(self.usable_in(project, position, Viewer::Frontier)) {
            return None;
        }
        if regional.touches(self.listed_in(project, position))
            && let Some(Facts::Known { pythons, .. }) =
                self.projects[project as usize].facts.get(&position)
        {
            let pythons = pythons.as_ref().map(ToString::to_string);
            return Some(Reason::RequiresPython(pythons.unwrap_or_default()));
        }
        let releases = self.releases(project)?;
        Some(releases.limit(position))
    }

    /// Lets the region be split for releases that were passed over since they can be used
    /// in a part of it only; returns whether there are any.
    pub(super) fn take_short_of(&mut self, unavailable: &[(PackageId, VersionSet)]) -> bool {
        if (self.regional.as_ref())
            .is_none_or(|regional| regional.range.strategy != ForkStrategy::Fewest)
        {
            return false;
        }
        let mut found = Vec::new();
        for (package, versions) in unavailable {
            let Some(project) = self.project_of(*package) else {
                continue;
            };
            let mut versions = versions.newest_first();
            if versions.any(|at| self.is_passed_over(project, at)) {
                found.push(project);
            }
        }
        let mut is_any = false;
        for project in found {
            if let Some(regional) = &mut self.regional {
                is_any |= regional.takes_short.insert(project);
            }
            let state = &mut self.projects[project as usize];
            state.sequence = None;
            state.to_build = None;
        }
        is_any
    }

    fn is_passed_over(&self, project: ProjectId, position: u32) -> bool {
        let Some(regional) = &self.regional else {
            return false;
        };
        let usable = self.usable_in(project, position, Viewer::Solver);
        regional.touches(usable) && self.falls_short(project, position, Viewer::Solver)
    }

    /// Whether the search may split the region now.
    fn may_split(&self) -> bool {
        self.guess.is_none() && (self.regional.as_ref()).is_some_and(|it| !it.is_settled)
    }

    /// Whether a chosen release splits the region, as it cannot be used in all of it.
    pub(super) fn splits_by_release(&mut self, project: ProjectId, position: u32) -> bool {
        if !self.may_split() {
            return false;
        }
        if self.splits_by_pins(project) {
            return true;
        }
        if !self.falls_short(project, position, Viewer::Solver) {
            return false;
        }
        let usable = self.usable_in(project, position, Viewer::Solver);
        self.split_along(usable)
    }

    /// Whether several pins of the lock for a project split the region: each is to stay where
    /// it is.
    fn splits_by_pins(&mut self, project: ProjectId) -> bool {
        let state = &self.projects[project as usize];
        let (Some(regional), Some(releases)) = (&self.regional, &state.releases) else {
            return false;
        };
        let Some(pins) = regional.range.preferences.get(&state.name) else {
            return false;
        };
        if pins.len() < 2 {
            return false;
        }
        let needed = self.needed(project).unwrap_or(regional.region);
        let mut here: Vec<(u32, WorldSet)> = Vec::new();
        regional.with(|worlds| {
            for (version, set) in pins {
                let set = worlds.and(regional.region, *set);
                if let Some(position) = releases.position(version)
                    && !worlds.is_disjoint(needed, set)
                {
                    here.push((position, set));
                }
            }
        });
        if here.iter().all(|(position, _)| *position == here[0].0) {
            return false;
        }
        if !here.into_iter().any(|(_, set)| self.split_along(set)) {
            return false;
        }
        self.turn_split(|universe, parts| universe.in_order(parts, &[]));
        true
    }

    /// Changes the order of the parts that the region is to be split into.
    fn turn_split(&mut self, turn: impl FnOnce(&Self, Vec<WorldSet>) -> Vec<WorldSet>) {
        if let Some(Split { parts, at }) = self.take_split() {
            let parts = turn(self, parts);
            if let Some(regional) = &mut self.regional {
                regional.split = Some(Split { parts, at });
            }
        }
    }

    /// Splits the region along a set, if it lies across; what is in it is resolved first.
    fn split_along(&mut self, set: WorldSet) -> bool {
        let Some(regional) = &self.regional else {
            return false;
        };
        let region = regional.region;
        let parts = regional.with(|worlds| [worlds.minus(region, set), worlds.and(region, set)]);
        if parts.contains(&WorldSet::NONE) {
            return false;
        }
        if let Some(regional) = &mut self.regional {
            let parts = parts.to_vec();
            regional.split = Some(Split { parts, at: None });
        }
        true
    }

    /// Whether a list of requirements splits the region: it has a project more than once,
    /// not everywhere the same.
    pub(super) fn splits_by_list(
        &mut self,
        package: PackageId,
        position: u32,
        edges: &[Edge],
    ) -> bool {
        if !self.may_split() {
            return false;
        }
        let Some(regional) = &self.regional else {
            return false;
        };
        let mut lists: BTreeMap<&ProjectName, Vec<WorldSet>> = BTreeMap::new();
        let mut sources: BTreeMap<&ProjectName, &RequirementSource> = BTreeMap::new();
        let mut divergent: BTreeSet<&ProjectName> = BTreeSet::new();
        for edge in edges {
            let name = &self.projects[edge.project as usize].name;
            let source = &edge.requirement.source;
            if *sources.entry(name).or_insert(source) != source {
                divergent.insert(name);
            }
            lists.entry(name).or_default().push(edge.worlds);
        }
        for edge in edges {
            let name = &self.projects[edge.project as usize].name;
            let list = lists.entry(name).or_default();
            for &constraint in self.constraints_on(edge.project) {
                let place = regional.constraints[constraint];
                if !self.mask.constraints.contains(&constraint) && !list.contains(&place) {
                    list.push(place);
                    divergent.insert(name);
                }
            }
        }
        if package == PackageId::ROOT && self.request.resolution == Resolution::LowestDirect {
            // Where it is not required directly, another version counts.
            for edge in edges.iter().filter(|edge| self.raises_python(edge)) {
                let name = &self.projects[edge.project as usize].name;
                divergent.insert(name);
                lists.entry(name).or_default().push(WorldSet::ALL);
            }
        }
        lists.retain(|name, list| divergent.contains(name) && list.len() > 1);
        if lists.is_empty() {
            return false;
        }
        let region = regional.region;
        let parts = regional.with(|worlds| {
            let mut parts = vec![region];
            for list in lists.values() {
                let inside: Vec<WorldSet> =
                    list.iter().map(|&set| worlds.and(region, set)).collect();
                if inside.iter().all(|set| *set == inside[0]) {
                    continue;
                }
                for set in inside {
                    parts = parts
                        .into_iter()
                        .flat_map(|part| [worlds.minus(part, set), worlds.and(part, set)])
                        .filter(|part| *part != WorldSet::NONE)
                        .collect();
                }
            }
            parts
        });
        if parts.len() < 2 {
            return false;
        }
        let parts = self.in_order(parts, edges);
        let at = self.project_of(package).map(|project| (project, position));
        if let Some(regional) = &mut self.regional {
            regional.split = Some(Split { parts, at });
        }
        true
    }

    /// Whether a requirement holds from a later Python on than the region begins with.
    fn raises_python(&self, edge: &Edge) -> bool {
        (self.regional.as_ref()).is_some_and(|regional| {
            regional.with(|worlds| {
                let own = worlds.and(regional.region, edge.worlds);
                worlds.lowest_python(own) > worlds.lowest_python(regional.region)
            })
        })
    }

    /// Puts parts into the order in which they are resolved, the first last: as uv does, by
    /// the oldest Python, then by how many upper bounds the list has for them.
    fn in_order(&self, parts: Vec<WorldSet>, edges: &[Edge]) -> Vec<WorldSet> {
        let Some(regional) = &self.regional else {
            return parts;
        };
        let is_lowest_first = regional.range.strategy == ForkStrategy::Fewest
            || self.request.resolution == Resolution::Lowest;
        let bounded: Vec<WorldSet> = edges
            .iter()
            .filter(|edge| has_upper_bound(&edge.requirement.source))
            .map(|edge| edge.worlds)
            .collect();
        let mut keyed: Vec<_> = regional.with(|worlds| {
            let parts = parts.into_iter().map(|part| {
                let bounds = bounded.iter();
                let bounds = bounds
                    .filter(|&&set| !worlds.is_disjoint(part, set))
                    .count();
                (worlds.lowest_python(part), bounds, part)
            });
            parts.collect()
        });
        if is_lowest_first {
            keyed.sort_by_key(|(python, bounds, _)| (Reverse(python.clone()), *bounds));
        } else {
            keyed.sort_by_key(|(python, bounds, _)| (python.clone(), *bounds));
        }
        keyed.into_iter().map(|(_, _, part)| part).collect()
    }

    /// Notes where the packages are required that a release leads to.
    pub(super) fn note_needed(&mut self, package: PackageId, edges: &[Edge]) {
        if self.guess.is_some() || self.regional.is_none() {
            return;
        }
        for edge in edges {
            let targets = self.packages_of(edge);
            let Some(regional) = &mut self.regional else {
                return;
            };
            let own = regional.needed.get(&package).copied();
            let own = own.unwrap_or(regional.region);
            for target in targets {
                let before = regional.needed.get(&target).copied();
                let all = regional.with(|worlds| {
                    let new = worlds.and(own, edge.worlds);
                    before.map_or(new, |before| worlds.or(before, new))
                });
                regional.needed.insert(target, all);
            }
        }
    }

    fn packages_of(&mut self, edge: &Edge) -> Vec<PackageId> {
        let mut packages = vec![self.package(Kind::Project(edge.project))];
        for extra in &edge.requirement.extras {
            packages.push(self.package(Kind::Extra(edge.project, extra.clone())));
        }
        packages
    }

    /// Returns what was chosen for the region, with where it is really required; or none if
    /// a release is required where it cannot be used: then the region is to be split.
    pub(super) fn region(&mut self, decided: &BTreeMap<PackageId, u32>) -> Option<Region> {
        let region = self.regional.as_ref()?.region;
        let required = self.reached(decided, region);
        for (&package, &set) in &required {
            let (Some(project), Some(&position)) =
                (self.project_of(package), decided.get(&package))
            else {
                continue;
            };
            let usable = self.usable_in(project, position, Viewer::Solver);
            let is_short = (self.regional.as_ref())
                .is_some_and(|it| !it.with(|worlds| worlds.is_subset(set, usable)));
            if is_short && self.split_along(usable) {
                return None;
            }
        }
        let reached: BTreeMap<PackageId, u32> = decided
            .iter()
            .filter(|(package, _)| required.contains_key(package))
            .map(|(&package, &position)| (package, position))
            .collect();
        let mut solution = self.solution(&reached);
        self.keep_real_requirers(&mut solution, &reached, &required);
        let mut by_name: BTreeMap<ProjectName, WorldSet> = BTreeMap::new();
        for (package, set) in required {
            if let Kind::Project(project) = self.kind(package) {
                by_name.insert(self.projects[*project as usize].name.clone(), set);
            }
        }
        Some(Region {
            worlds: region,
            solution,
            required: by_name,
        })
    }

    /// Returns the packages that are required somewhere in the region, and where.
    fn reached(
        &mut self,
        decided: &BTreeMap<PackageId, u32>,
        region: WorldSet,
    ) -> BTreeMap<PackageId, WorldSet> {
        let mut reached = BTreeMap::from([(PackageId::ROOT, region)]);
        let mut leads: FxHashMap<PackageId, Vec<(PackageId, WorldSet)>> = FxHashMap::default();
        let mut queue = vec![PackageId::ROOT];
        while let Some(package) = queue.pop() {
            let leads = leads.entry(package).or_insert_with(|| {
                let position = decided.get(&package).copied().unwrap_or(0);
                let edges = self.edges(package, position).unwrap_or_default();
                let mut found = Vec::with_capacity(edges.len());
                for edge in &edges {
                    let packages = self.packages_of(edge).into_iter();
                    found.extend(packages.map(|target| (target, edge.worlds)));
                }
                found
            });
            let own = reached[&package];
            for &(target, condition) in &*leads {
                let before = reached.get(&target).copied().unwrap_or(WorldSet::NONE);
                let Some(regional) = &self.regional else {
                    break;
                };
                let all = regional.with(|worlds| {
                    let new = worlds.and(own, condition);
                    worlds.or(before, new)
                });
                if all != before {
                    reached.insert(target, all);
                    queue.push(target);
                }
            }
        }
        reached
    }

    /// Leaves out who requires a project only where it is not chosen itself, and direct
    /// requirements that hold nowhere in the region.
    fn keep_real_requirers(
        &self,
        solution: &mut Solution,
        reached: &BTreeMap<PackageId, u32>,
        required: &BTreeMap<PackageId, WorldSet>,
    ) {
        let Some(regional) = &self.regional else {
            return;
        };
        for chosen in solution.chosen.values_mut() {
            chosen.required_by.clear();
            chosen.roots.clear();
        }
        for (edge, lines) in &self.roots {
            if regional.takes(edge)
                && let Some(chosen) = solution.chosen.get_mut(&edge.requirement.name)
            {
                chosen.roots.extend(lines);
                chosen.roots.sort_unstable();
            }
        }
        for (&package, &position) in reached {
            let Some(parent) = self.project_of(package) else {
                continue;
            };
            let own = required[&package];
            let parent_name = &self.projects[parent as usize].name;
            for edge in self.edges(package, position).unwrap_or_default() {
                if edge.project != parent
                    && !regional.with(|worlds| worlds.is_disjoint(own, edge.worlds))
                    && let Some(chosen) = solution.chosen.get_mut(&edge.requirement.name)
                {
                    chosen.required_by.insert(parent_name.clone());
                }
            }
        }
    }

    /// Splits the region along the condition of a requirement that a contradiction rests
    /// on, and that does not hold everywhere; returns whether there is one.
    pub(super) fn splits_by_proof(&mut self, solver: &Solver, id: IncompatibilityId) -> bool {
        if !self.may_split() {
            return false;
        }
        let mut conditions: BTreeMap<(ProjectName, String), WorldSet> = BTreeMap::new();
        for leaf in solver.leaves(id) {
            let incompatibility = solver.incompatibility(leaf);
            if !matches!(incompatibility.cause, Cause::Dependency | Cause::Assumed) {
                continue;
            }
            let (package, Term::In(versions)) = &incompatibility.terms[0] else {
                continue;
            };
            let target = self.project_of(incompatibility.terms[1].0);
            for version in versions.newest_first() {
                for edge in self.edges(*package, version).unwrap_or_default() {
                    if Some(edge.project) == target && self.lies_across(edge.worlds) {
                        let name = self.projects[edge.project as usize].name.clone();
                        let text = edge.requirement.to_string();
                        conditions.insert((name, text), edge.worlds);
                    }
                }
            }
        }
        for set in conditions.into_values() {
            if self.split_along(set) {
                // The rest first: it is not held back by what holds elsewhere.
                self.turn_split(|_, mut parts| {
                    parts.reverse();
                    parts
                });
                return true;
            }
        }
        false
    }

    /// Whether some of the region is in a set, and some is not.
    fn lies_across(&self, set: WorldSet) -> bool {
        (self.regional.as_ref()).is_some_and(|regional| {
            regional.with(|worlds| {
                !worlds.is_disjoint(regional.region, set) && !worlds.is_subset(regional.region, set)
            })
        })
    }

    /// Returns the region in words, if it is not all that is resolved for.
    pub(super) fn region_in_words(&self) -> Option<String> {
        let regional = self.regional.as_ref()?;
        let (region, all) = (regional.region, regional.range.all);
        if region == all {
            return None;
        }
        Some(regional.with(|worlds| {
            let ranges = worlds.pythons_of(region);
            let pythons = pythons_in_words(&ranges);
            let of_pythons = ranges.iter().fold(WorldSet::NONE, |set, (lower, upper)| {
                let own = match upper {
                    Some(upper) => worlds.between(lower, upper),
                    None => worlds.since(lower),
                };
                worlds.or(set, own)
            });
            let same_pythons = worlds.and(all, of_pythons);
            let others = worlds.minus(same_pythons, region);
            match worlds.marker(region, others) {
                Some(marker) => format!("{pythons} where `{marker}`"),
                None => pythons,
            }
        }))
    }

    /// Whether a requirement holds in all of the region.
    pub(super) fn holds_everywhere(&self, edge: &Edge) -> bool {
        (self.regional.as_ref()).is_none_or(|regional| {
            regional.with(|worlds| worlds.is_subset(regional.region, edge.worlds))
        })
    }
}

fn has_upper_bound(source: &RequirementSource) -> bool {
    let RequirementSource::Specifiers(specifiers) = source else {
        return false;
    };
    let last = specifiers.ranges().iter().last();
    last.is_some_and(|(_, end)| *end != Bound::Unbounded)
}

/// Returns ranges of Pythons in words: `Python 3.11`, `Python 3.10 to 3.12`.
fn pythons_in_words(ranges: &[(Version, Option<Version>)]) -> String {
    let ranges: Vec<String> = ranges
        .iter()
        .map(|(lower, upper)| match (minor(lower), upper) {
            (Some(first), None) => format!("3.{first} and later"),
            (None, None) => format!("{lower} and later"),
            (first, Some(upper)) => match (first, minor(upper)) {
                (Some(first), Some(end)) if end == first + 1 => format!("3.{first}"),
                (Some(first), Some(end)) if end > first => format!("3.{first} to 3.{}", end - 1),
                _ => format!("{lower} to below {upper}"),
            },
        })
        .collect();
    format!("Python {}", ranges.join(", "))
}

/// Returns the minor version, if a version is the first of it.
fn minor(version: &Version) -> Option<u64> {
    match version.release() {
        [3, minor, 0] | [3, minor] => Some(*minor),
        _ => None,
    }
}
