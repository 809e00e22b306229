//! Whether a search for another environment would go the same way.
//!
//! What a search does next hangs on nothing but the answers it gets. So where every answer
//! that it got would have been the same for another environment, it would end the same, and
//! need not be done again: of an image's two architectures, one is searched for.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::request::{Availability, Releases, Request, RootRequirement};
use super::universe::{Facts, Kind, ProjectId, Universe};
use crate::python::{Environment, ExtraName, ProjectName, Requirement, Version};

impl Universe {
    /// Whether a search with `other` would get the answers that the one here got, where
    /// projects have these `releases` for it.
    ///
    /// It is taken to get others where the Pythons differ.
    pub fn is_alike(
        &self,
        other: &Request,
        releases: &FxHashMap<ProjectName, Arc<dyn Releases>>,
    ) -> bool {
        self.has_equal_input(other)
            && self.has_equal_releases(other, releases)
            && self.has_equal_requirements(&other.environment)
    }

    /// Returns the projects whose releases were looked at.
    pub fn looked_at(&self) -> impl Iterator<Item = &ProjectName> {
        let with_releases = self.projects.iter();
        with_releases
            .filter(|project| project.releases.is_some())
            .map(|project| &project.name)
    }

    /// Whether the search asked what a release requires.
    pub fn has_read(&self, name: &ProjectName, position: u32) -> bool {
        self.known_project(name).is_some_and(|project| {
            let noticed = &self.projects[project as usize].noticed;
            noticed.contains(&position)
        })
    }

    /// Returns the versions of Python that requirements of what was looked at name.
    pub fn python_cuts(&self) -> Vec<Version> {
        let mut cuts = BTreeSet::new();
        for project in &self.projects {
            for version in &project.noticed {
                let Some(Facts::Known { all, .. }) = project.facts.get(version) else {
                    continue;
                };
                for marker in all.iter().filter_map(|one| one.marker.as_ref()) {
                    marker.python_versions(&mut cuts);
                }
            }
        }
        cuts.into_iter().collect()
    }

    fn has_equal_input(&self, other: &Request) -> bool {
        let own = &self.request;
        let python = |environment: &Environment| {
            (
                environment.implementation_name.clone(),
                environment.python_full_version.clone(),
                environment.implementation_version.clone(),
            )
        };
        let is_equal = |own: &[RootRequirement], other: &[RootRequirement]| {
            own.len() == other.len()
                && own.iter().zip(other).all(|(own, other)| {
                    own.location == other.location && own.requirement == other.requirement
                })
        };
        let bounds = |request: &Request| -> Vec<_> {
            let bounds = request.constraints.iter();
            bounds
                .map(|one| (one.name.clone(), one.specifiers.clone()))
                .collect()
        };
        python(&own.environment) == python(&other.environment)
            && is_equal(&own.roots, &other.roots)
            && is_equal(&own.overrides, &other.overrides)
            && own.dropped == other.dropped
            && own.places == other.places
            && bounds(own) == bounds(other)
    }

    fn has_equal_releases(
        &self,
        other: &Request,
        releases: &FxHashMap<ProjectName, Arc<dyn Releases>>,
    ) -> bool {
        let Some(looked_at) = &self.looked_at else {
            return false;
        };
        let preferences = |request: &Request, name| request.preferences.get(name).cloned();
        let are_known = self.projects.iter().all(|project| {
            let Some(own) = &project.releases else {
                return true;
            };
            let name = &project.name;
            preferences(&self.request, name) == preferences(other, name)
                && releases
                    .get(name)
                    .is_some_and(|other| other.count() == own.count())
        });
        are_known
            && looked_at.borrow().iter().all(|&(project, position)| {
                let project = &self.projects[project as usize];
                let (Some(own), Some(other)) = (&project.releases, releases.get(&project.name))
                else {
                    return false;
                };
                is_alike(&own.availability(position), &other.availability(position))
                    && own.turn(position) == other.turn(position)
            })
    }

    fn has_equal_requirements(&self, other: &Environment) -> bool {
        let mut extras: FxHashMap<ProjectId, Vec<&ExtraName>> = FxHashMap::default();
        for kind in self.packages.keys() {
            if let Kind::Extra(project, extra) = kind {
                extras.entry(*project).or_default().push(extra);
            }
        }
        let none = Vec::new();
        (0..).zip(&self.projects).all(|(id, project)| {
            let extras = extras.get(&id).unwrap_or(&none);
            project
                .noticed
                .iter()
                .all(|version| match project.facts.get(version) {
                    Some(Facts::Known { all, .. }) => {
                        let mut all = all.iter();
                        all.all(|requirement| self.holds_alike(requirement, other, extras))
                    }
                    Some(Facts::Unusable(reason)) => !reason.is_of_requirements(),
                    None => true,
                })
        })
    }

    /// Whether a requirement holds here where it holds there, for all extras asked for.
    fn holds_alike(
        &self,
        requirement: &Requirement,
        other: &Environment,
        extras: &[&ExtraName],
    ) -> bool {
        let Some(marker) = &requirement.marker else {
            return true;
        };
        let is_equal = |extra: Option<&ExtraName>| {
            marker.evaluate(&self.request.environment, extra) == marker.evaluate(other, extra)
        };
        is_equal(None)
            && (!marker.mentions_extra() || extras.iter().all(|extra| is_equal(Some(extra))))
    }
}

const fn is_alike(one: &Availability, other: &Availability) -> bool {
    matches!(
        (one, other),
        (Availability::Wheel, Availability::Wheel)
            | (Availability::Sdist, Availability::Sdist)
            | (Availability::Unusable(_), Availability::Unusable(_))
    )
}
