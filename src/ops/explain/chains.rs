//! How a project comes into a lock: the ways from the user's requirements to it.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::ops::compile::fetch::attempts::Resolution;
use crate::python::{ExtraName, ProjectName, RequirementSource};
use crate::resolve::{Demand, Demander, Solution, Universe};
use crate::text::without_password;

/// How many ways are told.
const MOST_CHAINS: usize = 16;

/// How many steps are looked at: in a large lock there are more ways than anybody reads.
const MOST_STEPS: usize = 20_000;

/// The ways from direct requirements to a project, the shortest first.
#[derive(Debug, Default)]
pub struct Chains {
    /// Each from the user's requirement to the one on the project.
    pub chains: Vec<Vec<Link>>,
    /// Whether there are more.
    pub has_more: bool,
}

/// A requirement on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The project that has it, with version and extra; none: the user.
    pub project: Option<(ProjectName, String, Option<ExtraName>)>,
    /// Where it stands, if it is the user's.
    pub location: Option<String>,
    /// Whether it stands in an override.
    pub is_override: bool,
    /// The requirement without its marker.
    pub requirement: String,
    /// The marker, as written.
    pub marker: Option<String>,
    /// Whether an override stands in its place, so that it does not count.
    pub is_overridden: bool,
}

impl Link {
    fn new(demand: &Demand) -> Self {
        let (project, location) = match &demand.by {
            Demander::Input { location } | Demander::Override { location } => {
                (None, Some(location.clone()))
            }
            Demander::Project {
                name,
                version,
                extra,
            } => (
                Some((name.clone(), version.to_string(), extra.clone())),
                None,
            ),
        };
        let requirement = &*demand.requirement;
        Self {
            project,
            location,
            is_override: matches!(demand.by, Demander::Override { .. }),
            requirement: spelled(requirement),
            marker: requirement
                .marker
                .as_ref()
                .map(|marker| marker.as_written().to_owned()),
            is_overridden: demand.is_overridden,
        }
    }
}

/// Spells a requirement without its marker, and without secrets.
pub(super) fn spelled(requirement: &crate::python::Requirement) -> String {
    let mut text = requirement.name.to_string();
    if !requirement.extras.is_empty() {
        let extras: Vec<String> = requirement.extras.iter().map(ToString::to_string).collect();
        let _ = write!(text, "[{}]", extras.join(","));
    }
    match &requirement.source {
        RequirementSource::Specifiers(specifiers) => text.push_str(specifiers.as_str()),
        RequirementSource::Url(url) => {
            let _ = write!(text, " @ {}", without_password(url));
        }
    }
    text
}

/// Finds the ways, breadth first: each project once on each.
pub(super) fn chains(resolution: &mut Resolution, name: &ProjectName) -> Chains {
    let solution = &resolution.solution;
    let universe = &mut resolution.resolver.universe;
    let mut chains = Chains::default();
    // Each way from its beginning, as far as it is known, to the project.
    let mut ways: VecDeque<Vec<Demand>> = VecDeque::new();
    for demand in universe.demands(solution, name) {
        ways.push_back(vec![demand]);
    }
    let mut steps = 0;
    while let Some(way) = ways.pop_front() {
        steps += 1;
        if chains.chains.len() >= MOST_CHAINS || steps > MOST_STEPS {
            chains.has_more = true;
            break;
        }
        match &way[0].by {
            // Of the ways between one requirement of the user's and one on the project, the
            // shortest is enough.
            Demander::Input { .. } | Demander::Override { .. } => {
                let way: Vec<Link> = way.iter().map(Link::new).collect();
                let is_told =
                    |other: &Vec<Link>| (other.first(), other.last()) == (way.first(), way.last());
                if !chains.chains.iter().any(is_told) {
                    chains.chains.push(way);
                }
            }
            Demander::Project {
                name: parent,
                extra,
                ..
            } => {
                for demand in onward(universe, solution, parent, extra.as_ref()) {
                    let is_known = |one: &Demand| match (&one.by, &demand.by) {
                        (Demander::Project { name, .. }, Demander::Project { name: other, .. }) => {
                            name == other
                        }
                        _ => false,
                    };
                    if matches!(&demand.by, Demander::Project { name: other, .. } if other == name)
                        || way.iter().any(is_known)
                    {
                        continue;
                    }
                    let mut longer = Vec::with_capacity(way.len() + 1);
                    longer.push(demand);
                    longer.extend(way.iter().cloned());
                    ways.push_back(longer);
                }
            }
        }
    }
    chains
}

/// Returns the demands on a project that bring an extra, where one is asked for.
fn onward(
    universe: &mut Universe,
    solution: &Solution,
    name: &ProjectName,
    extra: Option<&ExtraName>,
) -> Vec<Demand> {
    let all = universe.demands(solution, name);
    let Some(extra) = extra else {
        return all;
    };
    // An extra may come of another extra of the same project: then all are told.
    let brings = |demand: &Demand| demand.requirement.extras.contains(extra);
    if all.iter().any(brings) {
        return all.into_iter().filter(brings).collect();
    }
    all
}
