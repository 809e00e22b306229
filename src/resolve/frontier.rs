//! What the solver will probably ask for, ahead of its asking.
//!
//! The frontier follows the best release of each requirement as it becomes
//! known, without ever going back. Where there are no conflicts this visits just
//! what the solution is made of, one level of the graph after the other, so that
//! fetching is a stream instead of a dialogue.

use rustc_hash::{FxHashMap, FxHashSet};

use super::provider::PackageId;
use super::request::Need;
use super::set::VersionSet;
use super::universe::{Edge, Eyes, Kind, ProjectId, Universe};
use crate::python::ProjectName;

/// A walk along best candidates.
#[derive(Debug, Default)]
pub struct Frontier {
    ranges: FxHashMap<PackageId, VersionSet>,
    expanded: FxHashSet<(PackageId, u32)>,
    waiting_for_releases: FxHashMap<ProjectId, Vec<Edge>>,
    waiting_for_metadata: FxHashMap<(ProjectId, u32), Vec<PackageId>>,
    asked: FxHashSet<Need>,
    needs: Vec<Need>,
}

impl Frontier {
    /// Starts from the direct requirements; returns what to fetch first.
    pub fn start(&mut self, universe: &mut Universe) -> Vec<Need> {
        self.expand(universe, PackageId::ROOT, 0);
        std::mem::take(&mut self.needs)
    }

    /// Goes on with a project whose releases have become known.
    pub fn learned_releases(&mut self, universe: &mut Universe, name: &ProjectName) -> Vec<Need> {
        let project = universe.project(name);
        for edge in self
            .waiting_for_releases
            .remove(&project)
            .unwrap_or_default()
        {
            self.follow(universe, &edge);
        }
        std::mem::take(&mut self.needs)
    }

    /// Goes on with a release whose metadata has become known.
    pub fn learned_metadata(
        &mut self,
        universe: &mut Universe,
        name: &ProjectName,
        position: u32,
    ) -> Vec<Need> {
        let project = universe.project(name);
        for package in self
            .waiting_for_metadata
            .remove(&(project, position))
            .unwrap_or_default()
        {
            self.visit(universe, package, project);
        }
        std::mem::take(&mut self.needs)
    }

    fn follow(&mut self, universe: &mut Universe, edge: &Edge) {
        if universe.releases(edge.project).is_none() {
            self.ask(Need::Releases(
                universe.projects[edge.project as usize].name.clone(),
            ));
            self.waiting_for_releases
                .entry(edge.project)
                .or_default()
                .push(edge.clone());
            return;
        }
        let allowed = universe.allowed(edge.project, &edge.requirement.source);
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
        self.visit(universe, package, project);
    }

    fn visit(&mut self, universe: &mut Universe, package: PackageId, project: ProjectId) {
        let range = &self.ranges[&package];
        let Some(position) = universe.best(project, range, Eyes::Frontier) else {
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
        if self.expanded.insert((package, position)) {
            for edge in universe.edges(package, position).unwrap_or_default() {
                self.follow(universe, &edge);
            }
        }
    }

    fn ask(&mut self, need: Need) {
        if self.asked.insert(need.clone()) {
            self.needs.push(need);
        }
    }
}
