//! What the solver will probably ask for, ahead of its asking.
//!
//! The frontier follows the best release of each requirement as it becomes
//! known, without ever going back. Where there are no conflicts this visits just
//! what the solution is made of, one level of the graph after the other, so that
//! fetching is a stream instead of a dialogue.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::provider::PackageId;
use super::request::Need;
use super::set::VersionSet;
use super::universe::{Edge, Kind, ProjectId, Universe, Viewer};
use crate::python::ProjectName;

/// Whether a requirement holds whatever is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is the user's, or that of the only release that the user's leave.
    Certain,
    /// It holds if the release is chosen whose requirement it is.
    Likely,
}

/// A walk along best candidates.
///
/// It is told of several things before it is asked where to go on: so the best release of a
/// project is looked for when all that is known has narrowed what it may be.
#[derive(Debug, Default)]
pub struct Frontier {
    ranges: FxHashMap<PackageId, VersionSet>,
    /// Packages whose range or best release is another than when they were last visited.
    changed: IndexSet<PackageId, FxBuildHasher>,
    expanded: FxHashSet<(PackageId, u32)>,
    /// What is left of projects by requirements that hold in every solution.
    certain: FxHashMap<ProjectId, VersionSet>,
    /// Releases that no solution has, since they require what is not left.
    dead_ends: FxHashSet<(ProjectId, u32)>,
    waiting_for_releases: FxHashMap<ProjectId, Vec<(Edge, Standing)>>,
    waiting_for_metadata: FxHashMap<(ProjectId, u32), Vec<PackageId>>,
    asked: FxHashSet<Need>,
    needs: Vec<Need>,
}

impl Frontier {
    /// Starts from the direct requirements; returns what to fetch first.
    pub fn start(&mut self, universe: &mut Universe) -> Vec<Need> {
        self.expand(universe, PackageId::ROOT, 0);
        self.go_on(universe)
    }

    /// Hears of a project whose releases have become known.
    pub fn learned_releases(&mut self, universe: &mut Universe, name: &ProjectName) {
        let project = universe.project(name);
        for (edge, standing) in self
            .waiting_for_releases
            .remove(&project)
            .unwrap_or_default()
        {
            self.follow(universe, &edge, standing);
        }
        if let Some(position) = universe.preferred(name) {
            self.ask(Need::Metadata(name.clone(), position));
        }
    }

    /// Hears of a release whose metadata has become known.
    pub fn learned_metadata(&mut self, universe: &mut Universe, name: &ProjectName, position: u32) {
        let project = universe.project(name);
        let waiting = self.waiting_for_metadata.remove(&(project, position));
        self.changed.extend(waiting.unwrap_or_default());
    }

    /// Goes on with all that was heard; returns what to fetch next.
    pub fn go_on(&mut self, universe: &mut Universe) -> Vec<Need> {
        while !self.changed.is_empty() {
            for package in std::mem::take(&mut self.changed) {
                if let Some(project) = universe.project_of(package) {
                    self.visit(universe, package, project);
                }
            }
        }
        std::mem::take(&mut self.needs)
    }

    /// Returns how many releases were found that no solution has.
    pub fn dead_end_count(&self) -> usize {
        self.dead_ends.len()
    }

    fn follow(&mut self, universe: &mut Universe, edge: &Edge, standing: Standing) {
        if universe.releases(edge.project).is_none() {
            self.ask(Need::Releases(
                universe.projects[edge.project as usize].name.clone(),
            ));
            self.waiting_for_releases
                .entry(edge.project)
                .or_default()
                .push((edge.clone(), standing));
            return;
        }
        let allowed = universe.allowed(edge.project, &edge.requirement.source);
        if standing == Standing::Certain {
            let left = match self.certain.get(&edge.project) {
                Some(left) => left.intersection(&allowed),
                None => allowed.difference(&universe.forbidden(edge.project)),
            };
            self.certain.insert(edge.project, left);
        }
        let base = universe.package(Kind::Project(edge.project));
        let mut packages = vec![base];
        for extra in &edge.requirement.extras {
            packages.push(universe.package(Kind::Extra(edge.project, extra.clone())));
        }
        // The project first: its extras have the same release.
        for package in packages {
            self.narrow(universe, package, edge.project, &allowed);
        }
    }

    fn narrow(
        &mut self,
        universe: &mut Universe,
        package: PackageId,
        project: ProjectId,
        allowed: &VersionSet,
    ) {
        let before = self.ranges.get(&package);
        let narrowed = match before {
            Some(range) => range.intersection(allowed),
            None => allowed.difference(&universe.forbidden(project)),
        };
        if narrowed.is_empty() || before == Some(&narrowed) {
            return;
        }
        self.ranges.insert(package, narrowed);
        self.changed.insert(package);
    }

    fn visit(&mut self, universe: &mut Universe, package: PackageId, project: ProjectId) {
        let range = &self.ranges[&package];
        let Some(position) = universe.best(project, range, Viewer::Frontier) else {
            return;
        };
        if universe.edges(package, position).is_some() {
            self.expand(universe, package, position);
        } else {
            self.ask(Need::Metadata(
                universe.projects[project as usize].name.clone(),
                position,
            ));
            self.waiting_for_metadata
                .entry((project, position))
                .or_default()
                .push(package);
        }
    }

    fn expand(&mut self, universe: &mut Universe, package: PackageId, position: u32) {
        if !self.expanded.insert((package, position)) {
            return;
        }
        let project = universe.project_of(package);
        let edges = universe.edges(package, position).unwrap_or_default();
        if let Some(project) = project {
            let is_dead_end = edges
                .iter()
                .any(|edge| self.is_out_of_reach(universe, edge));
            if is_dead_end {
                self.dead_ends.insert((project, position));
            }
            // What it requires will not be needed, nor what its extras do.
            if self.dead_ends.contains(&(project, position)) {
                return;
            }
        }
        let left = project.and_then(|project| self.certain.get(&project)?.only());
        let standing = if project.is_none() || left == Some(position) {
            Standing::Certain
        } else {
            Standing::Likely
        };
        for edge in edges {
            let standing = if universe.holds_everywhere(&edge) {
                standing
            } else {
                Standing::Likely
            };
            self.follow(universe, &edge, standing);
        }
    }

    /// Whether no release that can be in a solution meets a requirement.
    fn is_out_of_reach(&self, universe: &mut Universe, edge: &Edge) -> bool {
        let Some(left) = self.certain.get(&edge.project) else {
            return false;
        };
        let allowed = universe.allowed(edge.project, &edge.requirement.source);
        allowed.is_disjoint(left)
    }

    fn ask(&mut self, need: Need) {
        if self.asked.insert(need.clone()) {
            self.needs.push(need);
        }
    }
}
