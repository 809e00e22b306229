//! The resolver: which version of each project, so that all requirements hold.
//!
//! A [`Resolver`] is given what the user requires and is told, as it asks, which
//! releases the projects have and what these require. It never fetches anything
//! itself: [`Resolver::solve`] answers with a solution, with an explanation why
//! there is none, or with what it needs to know. Beside it, a [`Frontier`] says
//! early what will probably be needed, so that fetching need not wait.

mod alike;
mod answers;
mod demands;
mod explain;
mod facts;
mod faults;
mod fork;
mod frontier;
mod partial;
mod probe;
mod provider;
mod range;
mod regional;
mod regions;
mod request;
mod set;
mod solution;
mod solver;
mod suspects;
mod universe;

#[cfg(test)]
mod regional_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use demands::{Demand, Demander};
pub use explain::{Explanation, Loosened};
pub use fork::ForkStrategy;
pub use frontier::Frontier;
pub use range::{Range, SharedWorlds};
pub use regions::Region;
pub use request::{
    Absence, Availability, Constraint, Metadata, Need, OtherWheels, PreReleases, Reason, Releases,
    Request, Resolution, RootRequirement, position_in,
};
pub use solution::{Chosen, Solution};
pub use universe::Universe;

use self::partial::IncompatibilityId;
use self::provider::{PackageId, Provider as _};
use self::regional::{Inherited, Split};
use self::set::VersionSet;
use self::solver::{Patience, Solver, Step};
use self::universe::Kind;
use crate::python::WorldSet;
use crate::python::{ProjectName, Version};

/// How a call of [`Resolver::solve`] ended.
#[derive(Debug)]
pub enum Outcome {
    /// A version for every project that is required; of a range of environments, those of
    /// the region that was resolved first (see [`Resolver::regions`]).
    Solved(Solution),
    /// No choice of versions meets all requirements.
    Unsolvable(Explanation),
    /// These must be known first.
    Needs(Vec<Need>),
    /// The search was not to go on; there may be a solution or not.
    Stopped(Knot),
}

/// What a search was busy with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knot {
    /// The projects that were in most conflicts, the first in the most.
    pub projects: Vec<ProjectName>,
    /// How many others were in about as many.
    pub others: usize,
    /// How many conflicts there were.
    pub conflicts: u32,
}

/// How many projects of a knot are named.
const MOST_IN_KNOT: usize = 6;

/// A resolution in progress.
#[derive(Debug)]
pub struct Resolver {
    /// What is known.
    pub universe: Universe,
    solver: Solver,
    /// Whether ranges of releases may be judged by samples.
    assume: bool,
    /// Projects whose pre-releases may stand in for final releases.
    stand_ins: BTreeSet<PackageId>,
    /// The packages whose constraints the solver was told of.
    constrained: BTreeSet<PackageId>,
    /// The regions that are yet to be resolved, the next one last, each with what was chosen
    /// before it was split off.
    open: Vec<(WorldSet, Arc<Inherited>)>,
    /// Those that are resolved, in the order in which they were.
    regions: Vec<Region>,
    /// How often a region was split since it had no solution.
    splits: usize,
    /// How many versions were tried in other regions.
    tried_elsewhere: usize,
}

/// How often regions are split since they have no solution.
const MOST_SPLITS: usize = 64;

impl Resolver {
    /// Returns a resolution of which nothing is done yet.
    pub fn new(request: Request) -> Self {
        Self {
            universe: Universe::new(request),
            solver: Solver::new(true, Some(BTreeSet::new())),
            assume: true,
            stand_ins: BTreeSet::new(),
            constrained: BTreeSet::new(),
            open: Vec::new(),
            regions: Vec::new(),
            splits: 0,
            tried_elsewhere: 0,
        }
    }

    /// Returns the regions of a range of environments, each with its solution, in the order
    /// in which they were resolved.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Goes on as far as what is known allows, and as long as `goes_on` says so: it is asked
    /// at each step.
    pub fn solve(&mut self, goes_on: &dyn Fn() -> bool) -> Outcome {
        let patience = Patience {
            goes_on,
            ..Patience::ENDLESS
        };
        loop {
            self.universe
                .constrain(&mut self.solver, &mut self.constrained);
            match self.solver.run(&mut self.universe, patience) {
                Step::Stopped => return Outcome::Stopped(self.knot()),
                Step::Solved(chosen) if self.universe.regional.is_none() => {
                    return Outcome::Solved(self.universe.solution(&chosen));
                }
                Step::Solved(chosen) => {
                    if let Some(solution) = self.finish_region(&chosen) {
                        return Outcome::Solved(solution);
                    }
                }
                Step::Split => self.split_region(),
                Step::Needs => return Outcome::Needs(self.universe.take_needs()),
                Step::Unsolvable(id) => {
                    let doubts = self.solver.doubts(&self.universe, id);
                    if !doubts.stand_ins.is_empty() {
                        self.stand_ins.extend(doubts.stand_ins);
                    } else if !doubts.sampled.is_empty() {
                        self.assume = false;
                        // Whatever was taken for granted is looked at, all at once.
                        for (package, versions) in doubts.sampled {
                            for version in versions.newest_first() {
                                self.universe.want(package, version);
                            }
                        }
                    } else if self.universe.take_refused_of(&doubts.unavailable) {
                        // Where nothing else is left.
                    } else if self.universe.take_short_of(&doubts.unavailable) {
                        // Likewise.
                    } else if self.splits_by_proof(id) {
                        self.split_region();
                        continue;
                    } else {
                        self.universe.settle_region(true);
                        let explanation = explain::explain(&mut self.universe, &self.solver, id);
                        self.universe.settle_region(false);
                        return Outcome::Unsolvable(explanation);
                    }
                    self.start_again();
                    let needs = self.universe.take_needs();
                    if !needs.is_empty() {
                        return Outcome::Needs(needs);
                    }
                }
            }
        }
    }

    fn start_again(&mut self) {
        self.solver = Solver::new(self.assume, Some(self.stand_ins.clone()));
        self.constrained.clear();
    }

    /// Turns to another region, of which nothing is done yet.
    fn enter_region(&mut self, region: WorldSet, inherited: &Inherited) {
        self.tried_elsewhere += self.solver.tried().1;
        self.universe.enter(region, inherited);
        self.assume = true;
        self.stand_ins.clear();
        self.start_again();
    }

    /// Keeps what was chosen for a region and turns to the next one; returns a solution if
    /// it was the last.
    fn finish_region(&mut self, chosen: &BTreeMap<PackageId, u32>) -> Option<Solution> {
        let Some(region) = self.universe.region(chosen) else {
            self.split_region();
            return None;
        };
        self.universe.prefer_elsewhere(&region.solution);
        self.regions.push(region);
        match self.open.pop() {
            Some((next, inherited)) => self.enter_region(next, &inherited),
            None => return self.regions.first().map(|region| region.solution.clone()),
        }
        None
    }

    /// Goes on with the first part of a region that is to be split.
    fn split_region(&mut self) {
        let Some(Split { parts, at }) = self.universe.take_split() else {
            return;
        };
        // What contradicts itself hands nothing down.
        let decided = if self.solver.has_failed() {
            BTreeMap::new()
        } else {
            self.solver.decided()
        };
        let inherited = Arc::new(self.universe.inherited(&decided, at));
        let parts = parts.into_iter();
        self.open
            .extend(parts.map(|part| (part, Arc::clone(&inherited))));
        if let Some((next, inherited)) = self.open.pop() {
            self.enter_region(next, &inherited);
        }
    }

    /// Whether a region that has no solution is to be split along a condition that the proof
    /// of it rests on.
    fn splits_by_proof(&mut self, id: IncompatibilityId) -> bool {
        if self.universe.regional.is_none() || self.splits == MOST_SPLITS {
            return false;
        }
        self.universe.settle_region(true);
        let (mask, core) = suspects::shrink(&mut self.universe, &self.solver, id);
        self.universe.settle_region(false);
        self.universe.mask = mask;
        let is_split = match &core {
            Some((solver, id)) => self.universe.splits_by_proof(solver, *id),
            None => self.universe.splits_by_proof(&self.solver, id),
        };
        self.universe.mask = universe::Mask::default();
        self.splits += usize::from(is_split);
        is_split
    }

    /// Returns the projects that have a part in most conflicts.
    fn knot(&self) -> Knot {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for (package, count) in self.solver.in_conflict() {
            if let Some(project) = self.universe.project_of(package) {
                *counts.entry(project).or_default() += count;
            }
        }
        let mut projects: Vec<(u32, u32)> = counts.into_iter().collect();
        projects.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let most = projects.first().map_or(0, |&(_, count)| count);
        let busy = projects.partition_point(|&(_, count)| count > most / 4);
        let named = projects.iter().take(busy.min(MOST_IN_KNOT));
        Knot {
            projects: named
                .map(|&(project, _)| self.universe.projects[project as usize].name.clone())
                .collect(),
            others: busy.saturating_sub(MOST_IN_KNOT),
            conflicts: self.solver.conflict_count(),
        }
    }

    /// Returns what will be needed if all goes well from here.
    pub fn look_ahead(&mut self) -> Vec<Need> {
        let solver = &self.solver;
        self.universe.guess(|universe| solver.look_ahead(universe));
        self.universe.take_needs()
    }

    /// Returns how many versions failed against others so far.
    pub fn failure_count(&self) -> u32 {
        self.solver.failure_count()
    }

    /// Returns how many versions of how many projects were tried.
    pub fn tried(&self) -> (usize, usize) {
        let (projects, versions) = self.solver.tried();
        (projects, versions + self.tried_elsewhere)
    }
}

impl Universe {
    /// Lets releases be used that pip refuses, of those that turned out to be missing;
    /// returns whether there are any.
    fn take_refused_of(&mut self, unavailable: &[(PackageId, VersionSet)]) -> bool {
        let mut is_any = false;
        for (package, versions) in unavailable {
            let Some(project) = self.project_of(*package) else {
                continue;
            };
            let is_refused =
                |at| self.fault(project, at).is_some() && self.refusal(project, at).is_some();
            if versions.newest_first().any(is_refused) {
                self.take_refused(project);
                is_any = true;
            }
        }
        is_any
    }

    /// Hands the solver the constraints on projects whose releases are known.
    fn constrain(&mut self, solver: &mut Solver, done: &mut BTreeSet<PackageId>) {
        for project in 0..self.project_count() {
            if self.constraints_on(project).is_empty() || self.releases(project).is_none() {
                continue;
            }
            let package = self.package(Kind::Project(project));
            if done.insert(package) {
                let forbidden = self.forbidden(project);
                solver.forbid(package, forbidden);
            }
        }
    }
}

impl std::fmt::Debug for Solver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Solver").finish_non_exhaustive()
    }
}

/// Releases of a project that no index knows.
#[derive(Debug)]
pub struct NoReleases;

impl NoReleases {
    /// Returns them as the resolver takes them.
    pub fn shared() -> Arc<dyn Releases> {
        Arc::new(Self)
    }
}

impl Releases for NoReleases {
    fn count(&self) -> u32 {
        0
    }

    fn version(&self, position: u32) -> &Version {
        unreachable!("there is no release {position} of a project without releases")
    }

    fn availability(&self, position: u32) -> Availability {
        unreachable!("there is no release {position} of a project without releases")
    }
}
