//! The resolver: which version of each project, so that all requirements hold.
//!
//! A [`Resolver`] is given what the user requires and is told, as it asks, which
//! releases the projects have and what these require. It never fetches anything
//! itself: [`Resolver::solve`] answers with a solution, with an explanation why
//! there is none, or with what it needs to know. Beside it, a [`Frontier`] says
//! early what will probably be needed, so that fetching need not wait.

mod answers;
mod demands;
mod explain;
mod frontier;
mod partial;
mod probe;
mod provider;
mod request;
mod set;
mod solver;
mod universe;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

pub use demands::{Demand, Demander};
pub use explain::{Explanation, Loosened};
pub use frontier::Frontier;
pub use request::{
    Availability, Constraint, Metadata, Need, PreReleases, Reason, Releases, Request,
    RootRequirement, position_in,
};
pub use universe::Universe;

use self::provider::{PackageId, Provider as _};
use self::set::VersionSet;
use self::solver::{Solver, Step};
use self::universe::Kind;
use crate::python::{ExtraName, ProjectName, Version};

/// How a call of [`Resolver::solve`] ended.
#[derive(Debug)]
pub enum Outcome {
    /// A version for every project that is required.
    Solved(Solution),
    /// No choice of versions meets all requirements.
    Unsolvable(Explanation),
    /// These must be known first.
    Needs(Vec<Need>),
}

/// The chosen versions, by project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Solution {
    /// The chosen releases.
    pub chosen: BTreeMap<ProjectName, Chosen>,
    /// Extras that were required of a release that does not have them.
    pub missing_extras: Vec<(ProjectName, Version, ExtraName)>,
}

/// A chosen release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its version.
    pub version: Version,
    /// Its position among the project's releases.
    pub position: u32,
    /// The extras that are required of it.
    pub extras: BTreeSet<ExtraName>,
    /// The projects that require it.
    pub required_by: BTreeSet<ProjectName>,
    /// The direct requirements on it, by their number in the request.
    pub roots: Vec<usize>,
}

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
}

impl Resolver {
    /// Returns a resolution of which nothing is done yet.
    pub fn new(request: Request) -> Self {
        Self {
            universe: Universe::new(request),
            solver: Solver::new(true, Some(BTreeSet::new())),
            assume: true,
            stand_ins: BTreeSet::new(),
            constrained: BTreeSet::new(),
        }
    }

    /// Goes on as far as what is known allows.
    pub fn solve(&mut self) -> Outcome {
        loop {
            self.universe
                .constrain(&mut self.solver, &mut self.constrained);
            match self.solver.run(&mut self.universe) {
                Step::Solved(chosen) => return Outcome::Solved(self.universe.solution(&chosen)),
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
                    } else {
                        let explanation = explain::explain(&mut self.universe, &self.solver, id);
                        return Outcome::Unsolvable(explanation);
                    }
                    self.solver = Solver::new(self.assume, Some(self.stand_ins.clone()));
                    self.constrained.clear();
                    let needs = self.universe.take_needs();
                    if !needs.is_empty() {
                        return Outcome::Needs(needs);
                    }
                }
            }
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
        self.solver.tried()
    }
}

impl Universe {
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

    fn solution(&self, decided: &BTreeMap<PackageId, u32>) -> Solution {
        let mut solution = Solution::default();
        for (&package, &version) in decided {
            let (Kind::Project(project) | Kind::Extra(project, _)) = self.kind(package) else {
                continue;
            };
            let releases = self
                .releases(*project)
                .expect("a decided project's releases are known");
            let name = &self.projects[*project as usize].name;
            let chosen = solution
                .chosen
                .entry(name.clone())
                .or_insert_with(|| Chosen {
                    version: releases.version(version).clone(),
                    position: version,
                    extras: BTreeSet::new(),
                    required_by: BTreeSet::new(),
                    roots: Vec::new(),
                });
            if let Kind::Extra(_, extra) = self.kind(package) {
                chosen.extras.insert(extra.clone());
                if self
                    .provided_extras(*project, version)
                    .is_some_and(|provided| !provided.contains(extra))
                {
                    solution.missing_extras.push((
                        name.clone(),
                        releases.version(version).clone(),
                        extra.clone(),
                    ));
                }
            }
        }
        for (&package, &version) in decided {
            let parent = self
                .project_of(package)
                .map(|project| self.projects[project as usize].name.clone());
            let Some(parent) = parent else { continue };
            for edge in self.edges(package, version).unwrap_or_default() {
                let name = &self.projects[edge.project as usize].name;
                if *name != parent
                    && let Some(chosen) = solution.chosen.get_mut(name)
                {
                    chosen.required_by.insert(parent.clone());
                }
            }
        }
        for (index, root) in self.request.roots.iter().enumerate() {
            if let Some(chosen) = solution.chosen.get_mut(&root.requirement.name) {
                chosen.roots.push(index);
            }
        }
        solution
    }

    /// Returns the releases of a project that all others of a solution admit, and the
    /// user's requirements and constraints: runs of positions, the last one excluded.
    pub fn room(&mut self, solution: &Solution, name: &ProjectName) -> Vec<Range<u32>> {
        let Some(project) = self.known_project(name) else {
            return Vec::new();
        };
        let count = self
            .releases(project)
            .map_or(0, |releases| releases.count());
        let mut room = VersionSet::all(count).difference(&self.forbidden(project));
        let mut packages = vec![(PackageId::ROOT, 0)];
        let required_by = solution.chosen.get(name).map(|chosen| &chosen.required_by);
        for parent in required_by.into_iter().flatten() {
            if let Some(chosen) = solution.chosen.get(parent)
                && let Some(parent) = self.known_project(parent)
            {
                let extras = chosen.extras.iter().cloned();
                let kinds = extras.map(|extra| Kind::Extra(parent, extra));
                for kind in kinds.chain([Kind::Project(parent)]) {
                    packages.push((self.package(kind), chosen.position));
                }
            }
        }
        for (package, position) in packages {
            for edge in self.edges(package, position).unwrap_or_default() {
                if edge.project == project {
                    let allowed = self.allowed(project, &edge.requirement.source);
                    room = room.intersection(&allowed);
                }
            }
        }
        room.runs().iter().map(|&(start, end)| start..end).collect()
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
