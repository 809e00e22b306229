//! Who demands what of a project, in a solution: for those who ask why it is pinned.

use std::sync::Arc;

use super::provider::PackageId;
use super::request::{Availability, RootRequirement};
use super::universe::{Kind, ProjectId, Universe, Viewer};
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
        location: String,
    },
    /// The user, in an override.
    Override {
        /// Where it stands.
        location: String,
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
                        location: root.location.clone(),
                    },
                    requirement: Arc::new(root.requirement.clone()),
                    is_overridden,
                });
            }
        }
        demands.extend(instead.into_iter().map(|one| Demand {
            by: Demander::Override {
                location: one.location,
            },
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

    /// Whether a release can be used, as far as is known.
    pub fn is_usable(&self, name: &ProjectName, position: u32) -> bool {
        !matches!(
            self.usability(name, position),
            Some(Availability::Unusable(_))
        )
    }

    /// Returns whether a release can be used, as far as is known.
    pub fn usability(&self, name: &ProjectName, position: u32) -> Option<Availability> {
        let project = self.known_project(name)?;
        self.releases(project)?;
        Some(self.availability(project, position))
    }

    /// Whether a release has only a source distribution, and those with a wheel are tried
    /// before it.
    pub fn comes_after_wheels(&self, name: &ProjectName, position: u32) -> bool {
        let Some(project) = self.known_project(name) else {
            return false;
        };
        self.rank(project, position, Viewer::Frontier)
            .is_some_and(|rank| rank % 2 == 1)
    }

    /// Whether a release is a pre-release that counts only where no final one will do.
    pub fn is_last_resort(&self, name: &ProjectName, position: u32) -> bool {
        let Some(project) = self.known_project(name) else {
            return false;
        };
        self.rank(project, position, Viewer::Frontier)
            .is_some_and(|rank| rank % 4 >= 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::{Metadata, Outcome, Releases, Request, Resolver};

    #[derive(Debug)]
    struct Only(Version);

    impl Releases for Only {
        fn count(&self) -> u32 {
            1
        }

        fn version(&self, _position: u32) -> &Version {
            &self.0
        }

        fn availability(&self, _position: u32) -> Availability {
            Availability::Wheel
        }
    }

    fn root(text: &str, location: &str) -> RootRequirement {
        RootRequirement {
            requirement: Requirement::parse(text).unwrap(),
            location: location.to_owned(),
            origin: String::new(),
        }
    }

    /// Resolves projects that have one release each, and tells who demands `b`.
    #[track_caller]
    fn check(request: Request, projects: &[(&str, &[&str])], expected: &[&str]) {
        let mut resolver = Resolver::new(request);
        for (name, requirements) in projects {
            let name: ProjectName = name.parse().unwrap();
            let version = Only("1.0".parse().unwrap());
            resolver.universe.learn_releases(&name, Arc::new(version));
            let parsed = requirements.iter();
            let metadata = Metadata {
                requirements: parsed
                    .map(|text| Arc::new(Requirement::parse_metadata(text).unwrap()))
                    .collect(),
                extras: vec!["x".parse().unwrap()],
                refused: None,
                requires_python: None,
            };
            resolver.universe.learn_metadata(&name, 0, Ok(metadata));
        }
        let Outcome::Solved(solution) = resolver.solve(&|| true) else {
            panic!("there is a solution");
        };
        let demands = resolver.universe.demands(&solution, &"b".parse().unwrap());
        let told: Vec<String> = demands
            .iter()
            .map(|demand| {
                let by = match &demand.by {
                    Demander::Input { location } => location.clone(),
                    Demander::Override { location } => format!("override {location}"),
                    Demander::Project { name, extra, .. } => match extra {
                        None => name.to_string(),
                        Some(extra) => format!("{name}[{extra}]"),
                    },
                };
                let mark = if demand.is_overridden { " (not)" } else { "" };
                format!("{by}: {}{mark}", demand.requirement.specifiers().unwrap())
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn names_the_user_projects_and_their_extras() {
        let request = Request {
            roots: vec![root("b>=1", "r.in:1"), root("a[x]", "r.in:2")],
            ..Request::default()
        };
        let a: &[&str] = &["b<3", "b<2; extra == 'x'", "b<9; extra == 'y'"];
        check(
            request,
            &[("a", a), ("b", &[]), ("c", &["b"])],
            &["r.in:1: >=1", "a: <3", "a[x]: <2"],
        );
    }

    #[test]
    fn an_override_stands_beside_what_it_replaces() {
        let request = Request {
            roots: vec![root("b>=5", "r.in:1"), root("a", "r.in:2")],
            overrides: vec![root("b==1.0", "o.txt:1")],
            ..Request::default()
        };
        check(
            request,
            &[("a", &["b>3"]), ("b", &[])],
            &[
                "r.in:1: >=5 (not)",
                "override o.txt:1: ==1.0",
                "a: >3 (not)",
            ],
        );
    }
}
