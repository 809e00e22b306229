//! Who demands what of a project, in a solution: for those who ask why it is pinned.

use std::sync::Arc;

use super::provider::PackageId;
use super::request::{Availability, RootRequirement};
use super::universe::{Eyes, Kind, ProjectId, Universe};
use super::{Chosen, Solution};
use crate::python::{ExtraName, ProjectName, Requirement, RequirementSource, Version};

/// A requirement on a project.
#[derive(Debug, Clone)]
pub struct Demand {
    /// Who has it.
    pub by: Demander,
    /// The requirement.
    pub requirement: Arc<Requirement>,
    /// Whether an override stands in its place, so that it does not count.
    pub is_overridden: bool,
}

/// Who has a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demander {
    /// The user, in an input.
    Input {
        /// Where it stands: `requirements.in:3`.
        place: String,
    },
    /// The user, in an override.
    Override {
        /// Where it stands.
        place: String,
    },
    /// A project.
    Project {
        /// The project.
        name: ProjectName,
        /// The version that the solution has.
        version: Version,
        /// The extra of it that brings the requirement.
        extra: Option<ExtraName>,
    },
}

impl Demand {
    /// Whether the requirement admits a version; one that does not count admits all.
    pub fn admits(&self, version: &Version) -> bool {
        match &self.requirement.source {
            RequirementSource::Specifiers(specifiers) => {
                self.is_overridden || specifiers.is_empty_spec() || specifiers.contains(version)
            }
            RequirementSource::Url(_) => true,
        }
    }
}

impl Universe {
    /// Returns the requirements on a project that a solution has: the user's first, then
    /// those of other projects, by name.
    pub fn demands(&mut self, solution: &Solution, name: &ProjectName) -> Vec<Demand> {
        let Some(project) = self.known_project(name) else {
            return Vec::new();
        };
        let overrides = self.request.overrides.iter();
        let instead: Vec<RootRequirement> = overrides
            .filter(|one| one.requirement.name == *name)
            .cloned()
            .collect();
        let is_overridden = !instead.is_empty();
        let mut demands = Vec::new();
        for root in &self.request.roots {
            if root.requirement.name == *name {
                demands.push(Demand {
                    by: Demander::Input {
                        place: root.place.clone(),
                    },
                    requirement: Arc::new(root.requirement.clone()),
                    is_overridden,
                });
            }
        }
        demands.extend(instead.into_iter().map(|one| Demand {
            by: Demander::Override { place: one.place },
            requirement: Arc::new(one.requirement),
            is_overridden: false,
        }));
        let required_by = solution.chosen.get(name).map(|chosen| &chosen.required_by);
        for parent in required_by.into_iter().flatten() {
            if let Some(chosen) = solution.chosen.get(parent) {
                self.demands_of(parent, chosen, project, is_overridden, &mut demands);
            }
        }
        demands
    }

    /// Adds what a chosen release and its extras require of a project.
    fn demands_of(
        &mut self,
        name: &ProjectName,
        chosen: &Chosen,
        of: ProjectId,
        is_overridden: bool,
        demands: &mut Vec<Demand>,
    ) {
        let Some(parent) = self.known_project(name) else {
            return;
        };
        let extras = chosen.extras.iter().cloned().map(Some);
        for extra in std::iter::once(None).chain(extras) {
            let kind = match &extra {
                None => Kind::Project(parent),
                Some(extra) => Kind::Extra(parent, extra.clone()),
            };
            let package = self.package(kind);
            for requirement in self.own_requirements(package, chosen.position, of) {
                demands.push(Demand {
                    by: Demander::Project {
                        name: name.clone(),
                        version: chosen.version.clone(),
                        extra: extra.clone(),
                    },
                    requirement,
                    is_overridden,
                });
            }
        }
    }

    /// Returns what a release requires of a project by its own metadata.
    fn own_requirements(
        &self,
        package: PackageId,
        position: u32,
        of: ProjectId,
    ) -> Vec<Arc<Requirement>> {
        let edges = self.edges_as_written(package, position).unwrap_or_default();
        edges
            .into_iter()
            .filter(|edge| edge.project == of)
            .map(|edge| edge.requirement)
            .collect()
    }

    /// Returns whether a release can be used, as far as is known.
    pub fn usability(&self, name: &ProjectName, position: u32) -> Option<Availability> {
        let project = self.known_project(name)?;
        self.releases(project)?;
        Some(self.availability(project, position))
    }

    /// Whether a release is a pre-release that counts only where no final one will do.
    pub fn is_last_resort(&self, name: &ProjectName, position: u32) -> bool {
        let Some(project) = self.known_project(name) else {
            return false;
        };
        self.rank(project, position, Eyes::Frontier)
            .is_some_and(|rank| rank % 4 >= 2)
    }
}
