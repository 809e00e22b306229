//! What was chosen, as those who asked see it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::provider::PackageId;
use super::request::Reason;
use super::set::VersionSet;
use super::universe::{Kind, Universe};
use crate::python::{ExtraName, ProjectName, Version};

/// The chosen versions, by project.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Solution {
    /// The chosen releases.
    pub chosen: BTreeMap<ProjectName, Chosen>,
    /// Extras that were required of a release that does not have them.
    pub missing_extras: Vec<(ProjectName, Version, ExtraName)>,
    /// Chosen releases that pip refuses, since nothing else is left, and why it does.
    pub refused: Vec<(ProjectName, Version, Reason)>,
    /// The newest releases that were looked at instead of the chosen ones and could not be
    /// used, and why.
    pub passed_over: Vec<(ProjectName, Version, Reason)>,
    /// Chosen releases with what they may require, depending on the platform's release or
    /// version, which is not known.
    pub unanswered: Vec<(ProjectName, Version, Vec<ProjectName>)>,
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

impl Universe {
    pub(super) fn solution(&self, decided: &BTreeMap<PackageId, u32>) -> Solution {
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
        self.note_faults(&mut solution);
        for (index, root) in self.request.roots.iter().enumerate() {
            if let Some(chosen) = solution.chosen.get_mut(&root.requirement.name) {
                chosen.roots.push(index);
            }
        }
        solution
    }

    /// Notes what is wrong with chosen releases, and with newer ones.
    fn note_faults(&self, solution: &mut Solution) {
        for (name, chosen) in &solution.chosen {
            let Some(project) = self.known_project(name) else {
                continue;
            };
            if let Some(reason) = self.refusal(project, chosen.position) {
                let refused = (name.clone(), chosen.version.clone(), reason.clone());
                solution.refused.push(refused);
            }
            let unanswered = self.unanswered(project, chosen.position);
            if !unanswered.is_empty() {
                let version = chosen.version.clone();
                solution
                    .unanswered
                    .push((name.clone(), version, unanswered.to_vec()));
            }
            if let Some((newer, reason)) = self.newest_at_fault(project, chosen.position)
                && let Some(releases) = self.releases(project)
            {
                let version = releases.version(newer).clone();
                solution
                    .passed_over
                    .push((name.clone(), version, reason.clone()));
            }
        }
    }

    /// Returns the releases of a project that all others of a solution admit, and the
    /// user's requirements and constraints: runs of positions, the last one excluded.
    pub fn admissible_versions(
        &mut self,
        solution: &Solution,
        name: &ProjectName,
    ) -> Vec<Range<u32>> {
        let Some(project) = self.known_project(name) else {
            return Vec::new();
        };
        let count = self
            .releases(project)
            .map_or(0, |releases| releases.count());
        let mut admissible = VersionSet::all(count).difference(&self.forbidden(project));
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
                    admissible = admissible.intersection(&allowed);
                }
            }
        }
        admissible
            .runs()
            .iter()
            .map(|&(start, end)| start..end)
            .collect()
    }
}
