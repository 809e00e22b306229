//! Why a lock does not have a project: where it might have come from, and did not.

use crate::ops::compile::fetch::Fetcher;
use crate::ops::compile::prepare::Prepared;
use crate::python::ProjectName;
use crate::resolve::Solution;
use crate::text::nearest;

use super::chains::spelled;

/// What is known of a project that the lock does not have.
#[derive(Debug, Default)]
pub struct Absent {
    /// The project of the lock that may be meant.
    pub nearest: Option<String>,
    /// Requirements on it that do not hold for the target.
    pub not_held: Vec<NotHeld>,
    /// The requirements that would bring it in now: the lock is not up to date.
    pub wanted: Vec<String>,
    /// The constraints on it: they require nothing.
    pub constrained: Vec<String>,
}

/// A requirement that does not hold for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotHeld {
    /// Who has it: `requirements.in:3`, or a project with its version.
    pub by: String,
    /// The requirement, without its marker.
    pub requirement: String,
    /// The marker; none if an override of the user's takes the project out.
    pub marker: Option<String>,
}

/// How many of a kind are told.
const MOST: usize = 10;

pub(super) async fn absent(
    name: &ProjectName,
    prepared: &Prepared,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
) -> Absent {
    let mut absent = Absent {
        nearest: nearest(
            name.as_ref(),
            prepared.locked.pins.iter().map(|pin| pin.name.as_ref()),
        )
        .map(str::to_owned),
        ..Absent::default()
    };
    for one in &prepared.read.inputs.unmet {
        if one.requirement.name == *name {
            absent.not_held.push(NotHeld {
                by: one.location.clone(),
                requirement: spelled(&one.requirement),
                marker: one
                    .requirement
                    .marker
                    .as_ref()
                    .map(|marker| marker.as_written().to_owned()),
            });
        }
    }
    for root in &prepared.request.roots {
        if root.requirement.name == *name {
            absent.wanted.push(format!(
                "{} ({})",
                spelled(&root.requirement),
                root.location
            ));
        }
    }
    let constraints = prepared.request.constraints.iter();
    absent.constrained.extend(
        constraints
            .filter(|one| one.name == *name)
            .map(|one| format!("{}{} ({})", one.name, one.specifiers, one.location)),
    );
    for (parent, chosen) in &solution.chosen {
        let Some(metadata) = fetcher.requirements(parent, chosen.position).await else {
            continue;
        };
        for requirement in metadata.requirements.iter().filter(|it| it.name == *name) {
            let by = format!("{parent} {}", chosen.version);
            let marker = requirement.marker.as_ref();
            let holds = marker.is_none_or(|marker| {
                let environment = &prepared.request.environment;
                marker.evaluate(environment, None)
                    || chosen
                        .extras
                        .iter()
                        .any(|extra| marker.evaluate(environment, Some(extra)))
            });
            if holds {
                absent
                    .wanted
                    .push(format!("{} ({by})", spelled(requirement)));
            } else {
                absent.not_held.push(NotHeld {
                    by,
                    requirement: spelled(requirement),
                    marker: marker.map(|marker| marker.as_written().to_owned()),
                });
            }
        }
    }
    if prepared.request.dropped.contains(name) {
        for one in &mut absent.not_held {
            one.marker = None;
        }
    }
    absent.not_held.truncate(MOST);
    absent.wanted.truncate(MOST);
    absent
}
