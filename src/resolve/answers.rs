//! The universe's answers to the solver.

use std::sync::Arc;

use super::provider::{Allowance, Dependencies, Dependency, PackageId, Provider};
use super::set::VersionSet;
use super::universe::{Kind, Universe, Viewer};

impl Provider for Universe {
    fn choose(&mut self, package: PackageId, allowed: &VersionSet) -> Option<u32> {
        match self.project_of(package) {
            None => Some(0),
            Some(project) => self.best(project, allowed, Viewer::Solver),
        }
    }

    /// What a version requires, as far as it is known.
    ///
    /// A version whose requirements name projects that are not known yet is answered in
    /// part: where what is known already rules it out, nobody has to fetch the pages of what
    /// else it requires. While every page was waited for, a project that went back through
    /// its releases brought in whatever each old release had ever required.
    ///
    /// Versions that are known to require the same share one incompatibility, so that a
    /// conflict over hundreds of releases is learned once. Only what the solver has noticed
    /// counts as known: to include what the frontier brought made the answer hang on timing.
    fn dependencies(&mut self, package: PackageId, version: u32) -> Dependencies {
        if let Some(project) = self.project_of(package) {
            self.notice(project, version);
            if self.regional.is_some() {
                if !self.suits_region(project, version, Viewer::Solver) {
                    return Dependencies::Unavailable(VersionSet::single(version));
                }
                if self.splits_by_release(project, version) {
                    return Dependencies::Split;
                }
            }
            if !self.knows(project, version) {
                self.need_metadata(project, version);
                return Dependencies::Unknown;
            }
            if self.fault(project, version).is_some() {
                return Dependencies::Unavailable(VersionSet::single(version));
            }
        }
        if self.has_lost_extra(package, version) {
            return Dependencies::Unavailable(VersionSet::single(version));
        }
        let edges = self
            .edges(package, version)
            .expect("the requirements are known by now");
        if edges.iter().any(|edge| self.is_foreign_url(package, edge)) {
            return Dependencies::Unavailable(VersionSet::single(version));
        }
        if self.regional.is_some() {
            if self.splits_by_list(package, version, &edges) {
                return Dependencies::Split;
            }
            self.note_needed(package, &edges);
        }
        let mut dependencies = Vec::with_capacity(edges.len() + 1);
        if let Kind::Extra(project, _) = *self.kind(package) {
            dependencies.push(Dependency {
                of: VersionSet::single(version),
                on: self.package(Kind::Project(project)),
                allowed: VersionSet::single(version),
            });
        }
        let mut is_complete = true;
        let mut packages = Vec::new();
        for edge in &edges {
            self.consult(edge.project);
            packages.push(self.package(Kind::Project(edge.project)));
            for extra in &edge.requirement.extras {
                packages.push(self.package(Kind::Extra(edge.project, extra.clone())));
            }
            if self.releases(edge.project).is_none() {
                is_complete = false;
                continue;
            }
            for target in self.targets(edge) {
                if target.package == package {
                    if target.allowed.contains(version) {
                        continue;
                    }
                    return Dependencies::Unavailable(VersionSet::single(version));
                }
                dependencies.push(Dependency {
                    of: VersionSet::single(version),
                    on: target.package,
                    allowed: target.allowed,
                });
            }
        }
        // Other versions known to require the very same thing share the incompatibility.
        let others: Vec<u32> = self
            .known_versions(package)
            .into_iter()
            .filter(|&other| other != version)
            .collect();
        for other in others {
            let Some(edges) = self.edges(package, other) else {
                continue;
            };
            for edge in &edges {
                if self.releases(edge.project).is_none() {
                    continue;
                }
                for target in self.targets(edge) {
                    for dependency in &mut dependencies {
                        if dependency.on == target.package && dependency.allowed == target.allowed {
                            dependency.of = dependency.of.union(&VersionSet::single(other));
                        }
                    }
                }
            }
        }
        if is_complete {
            Dependencies::Known(dependencies)
        } else {
            Dependencies::InPart(dependencies, packages)
        }
    }

    fn want_required(&mut self, package: PackageId, version: u32) {
        for edge in self.edges(package, version).unwrap_or_default() {
            if self.releases(edge.project).is_none() {
                self.need_releases(edge.project);
            }
        }
    }

    fn is_new(&self, package: PackageId, version: u32) -> bool {
        self.project_of(package)
            .is_some_and(|project| !self.projects[project as usize].noticed.contains(&version))
    }

    fn want(&mut self, package: PackageId, version: u32) -> bool {
        let Some(project) = self.project_of(package) else {
            return false;
        };
        self.notice(project, version);
        let is_missing = !self.knows(project, version);
        if is_missing {
            self.need_metadata(project, version);
        }
        is_missing
    }

    fn sequence(&mut self, package: PackageId) -> Arc<[u32]> {
        let Some(project) = self.project_of(package) else {
            return Arc::from([0]);
        };
        if let Some(sequence) = &self.projects[project as usize].sequence {
            return Arc::clone(sequence);
        }
        let sequence = self.ranked(project, 0);
        if self.guess.is_none() {
            self.projects[project as usize].sequence = Some(Arc::clone(&sequence));
        }
        sequence
    }

    fn to_build(&mut self, package: PackageId) -> Arc<[u32]> {
        let Some(project) = self.project_of(package) else {
            return Arc::from([]);
        };
        if let Some(to_build) = &self.projects[project as usize].to_build {
            return Arc::clone(to_build);
        }
        let to_build = self.ranked(project, 1);
        if self.guess.is_none() {
            self.projects[project as usize].to_build = Some(Arc::clone(&to_build));
        }
        to_build
    }

    fn allowed_by(&mut self, package: PackageId, version: u32, on: PackageId) -> Allowance {
        if let Some(project) = self.project_of(package) {
            let state = &self.projects[project as usize];
            if !state.noticed.contains(&version) {
                return Allowance::Unknown;
            }
            if self.fault(project, version).is_some()
                || !self.suits_region(project, version, Viewer::Solver)
            {
                return Allowance::Required(VersionSet::empty());
            }
        }
        let (Some(target), Some(edges)) = (self.project_of(on), self.edges(package, version))
        else {
            return Allowance::Unknown;
        };
        let extra = self.extra_of(on).cloned();
        let mut allowed: Option<VersionSet> = None;
        for edge in edges {
            if edge.project != target
                || extra
                    .as_ref()
                    .is_some_and(|extra| !edge.requirement.extras.contains(extra))
            {
                continue;
            }
            let set = self.allowed(target, &edge.requirement.source);
            allowed = Some(match allowed {
                None => set,
                Some(before) => before.intersection(&set),
            });
        }
        allowed.map_or(Allowance::NotRequired, Allowance::Required)
    }

    fn is_stand_in(&self, package: PackageId, version: u32) -> bool {
        self.project_of(package).is_some_and(|project| {
            self.projects[project as usize].preference != Some(version)
                && self
                    .rank(project, version, Viewer::Solver)
                    .is_some_and(|rank| rank % 4 >= 2)
        })
    }

    fn counts_each_failure(&self) -> bool {
        self.regional.is_some()
    }

    fn count(&self, package: PackageId) -> u32 {
        self.project_of(package)
            .and_then(|project| self.releases(project))
            .map_or(1, |releases| releases.count())
    }

    fn project_of_package(&self, package: PackageId) -> PackageId {
        match self.kind(package) {
            Kind::Extra(project, _) => self.packages[&Kind::Project(*project)],
            _ => package,
        }
    }

    fn project_of_extra(&self, package: PackageId) -> Option<(PackageId, u32)> {
        let Kind::Extra(project, _) = self.kind(package) else {
            return None;
        };
        let base = self.packages.get(&Kind::Project(*project))?;
        Some((*base, self.releases(*project)?.count()))
    }

    fn same_project(&self, one: PackageId, other: PackageId) -> bool {
        self.project_of(one) == self.project_of(other)
    }
}
