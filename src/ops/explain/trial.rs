//! What would come of a newer version: tried, not guessed.

use std::collections::BTreeSet;

use super::Inquiry;
use super::releases::Candidate;
use crate::ops::candidates::ProjectReleases;
use crate::ops::error::Error;
use crate::python::{ProjectName, Specifiers, Version};
use crate::resolve::{Constraint, Releases as _, Request, Solution};

/// Where the constraint of a trial stands.
const PLACE: &str = "what is tried";

/// What holds a pin back.
#[derive(Debug)]
pub enum Holding {
    /// It is pinned to a place, not to a version of an index.
    Direct,
    /// Nothing is newer.
    Newest,
    /// What is newer cannot be used, each for its own reason.
    NoneUsable,
    /// Nothing: a newer version would be taken.
    Nothing(Taken),
    /// The requirements: why there is no solution with a version.
    Conflict {
        /// The newest version that could be used.
        version: String,
        /// What cannot hold together.
        facts: Vec<String>,
        /// What was tried and would help, else what might.
        advice: Vec<String>,
        /// What would be taken instead.
        instead: Option<Taken>,
    },
    /// Nobody knows: it could not be tried.
    Untried {
        /// The newest version that could be used.
        version: String,
        /// Why not.
        why: String,
        /// Whether trying again later may help.
        is_transient: bool,
    },
}

/// What would come of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The version that would be taken.
    pub version: String,
    /// The command, without its files: `pinfold compile -P urllib3`.
    pub command: String,
    /// What else would move.
    pub moves: Vec<Move>,
}

/// A pin that would move as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The project.
    pub project: ProjectName,
    /// Its version now; none if it would be new.
    pub from: Option<String>,
    /// Its version then; none if it would be gone.
    pub to: Option<String>,
}

impl Inquiry<'_> {
    /// Finds out what holds the pin back from the newest version that could be used.
    pub(super) async fn holding(
        &self,
        releases: &ProjectReleases,
        pin: &Version,
        newer: &[Candidate],
    ) -> Holding {
        if newer.is_empty() {
            return Holding::Newest;
        }
        let Some(newest) = newer.iter().find(|candidate| candidate.is_usable()) else {
            return Holding::NoneUsable;
        };
        match self.tried(releases, pin, newest).await {
            Ok(holding) => holding,
            Err(error) => Holding::Untried {
                version: newest.version.clone(),
                why: with_cause(&error),
                is_transient: error.is_transient(),
            },
        }
    }

    async fn tried(
        &self,
        releases: &ProjectReleases,
        pin: &Version,
        newest: &Candidate,
    ) -> Result<Holding, Error> {
        let name = &self.request.project;
        let wanted = releases.version(newest.position);
        let mut request = self.ground.request.clone();
        request.preferences.remove(name);
        // What `-P NAME` comes to.
        let free = self.fetcher.attempt(request.clone()).await?;
        let free = free.ok().map(|solution| {
            let command = format!("pinfold compile -P {name}");
            let chosen = solution.chosen.get(name);
            (
                chosen.map(|chosen| chosen.version.clone()),
                self.taken(&solution, newest, command),
            )
        });
        if let Some((Some(version), taken)) = &free
            && version == wanted
        {
            return Ok(Holding::Nothing(taken.clone()));
        }
        let instead = free.and_then(|(version, taken)| {
            let version = version.filter(|version| version > pin)?;
            let position = (0..releases.count()).find(|&at| *releases.version(at) == version)?;
            Some(Taken {
                version: releases.version_text(position).to_owned(),
                ..taken
            })
        });
        request.constraints.push(Constraint {
            name: name.clone(),
            specifiers: Specifiers::equal_to(wanted),
            place: PLACE.to_owned(),
        });
        let explanation = match self.fetcher.attempt(request).await? {
            Ok(solution) => {
                let command = format!("pinfold compile -P {name}=={}", newest.version);
                return Ok(Holding::Nothing(self.taken(&solution, newest, command)));
            }
            Err(explanation) => explanation,
        };
        let is_trial = |request: &Request| {
            let mut constraints = request.constraints.iter();
            constraints.any(|constraint| constraint.place == PLACE)
        };
        let mut explanation = *explanation;
        explanation
            .loosened
            .retain(|loosened| is_trial(&loosened.request));
        let advice = self.fetcher.advice(&explanation).await;
        let of_trial = format!("({PLACE})");
        Ok(Holding::Conflict {
            version: newest.version.clone(),
            facts: explanation
                .facts
                .into_iter()
                .filter(|fact| !fact.ends_with(&of_trial))
                .collect(),
            advice: if advice.is_empty() {
                explanation.hints
            } else {
                advice
            },
            instead,
        })
    }

    /// Says what a solution would move beside the project itself.
    fn taken(&self, solution: &Solution, newest: &Candidate, command: String) -> Taken {
        let before = &self.resolution.solution.chosen;
        let after = &solution.chosen;
        let names: BTreeSet<&ProjectName> = before.keys().chain(after.keys()).collect();
        let moves = names.into_iter().filter_map(|name| {
            let from = before.get(name).map(|chosen| &chosen.version);
            let to = after.get(name).map(|chosen| &chosen.version);
            (from != to && *name != self.request.project).then(|| Move {
                project: name.clone(),
                from: from.map(ToString::to_string),
                to: to.map(ToString::to_string),
            })
        });
        Taken {
            version: newest.version.clone(),
            command,
            moves: moves.collect(),
        }
    }
}

fn with_cause(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
