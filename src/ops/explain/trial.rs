//! What would come of a newer version: tried, not guessed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::inquiry::Inquiry;
use super::releases::Candidate;
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::error::{Error, with_causes};
use crate::python::{ProjectName, Specifiers, Version};
use crate::resolve::{Constraint, Explanation, Releases as _, Request, Solution};

/// Where the constraint of a trial stands.
const PLACE: &str = "what is tried";

/// Where the constraints stand that keep other pins from going back.
const NOT_BACK: &str = "what is pinned";

fn is_of_trial(location: &str) -> bool {
    location == PLACE || location == NOT_BACK
}

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
        /// Whether it could be had if other pins went back.
        price: Price,
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

/// Whether a version could be had if other pins went back to older versions.
#[derive(Debug)]
pub enum Price {
    /// It could not.
    None,
    /// It could.
    OthersGoBack(Taken),
    /// That would take too long to find out.
    NotKnown,
}

/// What would come of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The version that would be taken.
    pub version: String,
    /// The command: `pinfold compile -P urllib3 …`, with all that the lock is made with.
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

impl Taken {
    /// Whether another pin would go to an older version.
    fn goes_back(&self) -> bool {
        self.moves.iter().any(Move::is_back)
    }
}

impl Move {
    /// Whether it would go to an older version.
    pub fn is_back(&self) -> bool {
        let version = |text: &Option<String>| text.as_ref()?.parse::<Version>().ok();
        match (version(&self.from), version(&self.to)) {
            (Some(from), Some(to)) => to < from,
            _ => false,
        }
    }
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
                why: with_causes(&error),
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
        let mut request = self.prepared.request.clone();
        request.preferences.remove(name);
        // What `-P NAME` comes to.
        let free = self.fetcher.attempt(request.clone()).await?;
        let free = free.ok().map(|solution| {
            let command = self.command(&format!("-P {name}"));
            let chosen = solution.chosen.get(name);
            (
                chosen.map(|chosen| chosen.version.clone()),
                self.taken(&solution, newest, command),
            )
        });
        if let Some((Some(version), taken)) = &free
            && version == wanted
            && !taken.goes_back()
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
            marker: None,
            name: name.clone(),
            specifiers: Specifiers::equal_to(wanted),
            location: PLACE.to_owned(),
        });
        // Without going back: what has to give way is told of the versions there are now,
        // and old releases of others need not be looked at one by one.
        let explanation = match self.fetcher.attempt(self.forward(&request)).await? {
            Ok(solution) => {
                return Ok(Holding::Nothing(
                    self.way(request, newest, &solution).await?,
                ));
            }
            Err(explanation) => *explanation,
        };
        let forced = match self.fetcher.attempt_briefly(request).await {
            Ok(Ok(solution)) => Price::OthersGoBack(self.taken(
                &solution,
                newest,
                self.command(&format!("-P {name}=={}", newest.version)),
            )),
            Ok(Err(_)) => Price::None,
            Err(Error::GivenUp) => Price::NotKnown,
            Err(error) => return Err(error),
        };
        self.conflict(newest, explanation, forced, instead).await
    }

    async fn conflict(
        &self,
        newest: &Candidate,
        mut explanation: Explanation,
        price: Price,
        instead: Option<Taken>,
    ) -> Result<Holding, Error> {
        let bounds = |request: &Request| {
            let constraints = request.constraints.iter();
            constraints.filter(|one| is_of_trial(&one.location)).count()
        };
        let all = bounds(&self.forward(&self.prepared.request)) + 1;
        explanation
            .loosened
            .retain(|loosened| bounds(&loosened.request) >= all);
        let advice = self.fetcher.advice(&explanation).await;
        let is_told = |fact: &String| {
            let location = fact.rsplit_once(" (").map(|(_, location)| location);
            !location.is_some_and(|location| is_of_trial(location.trim_end_matches(')')))
        };
        Ok(Holding::Conflict {
            version: newest.version.clone(),
            facts: explanation.facts.into_iter().filter(is_told).collect(),
            advice: if advice.is_empty() && matches!(price, Price::None) {
                explanation.hints
            } else {
                advice
            },
            price,
            instead,
        })
    }

    /// Returns a request in which no other pin may go back.
    fn forward(&self, request: &Request) -> Request {
        let mut request = request.clone();
        for (name, chosen) in &self.resolution.solution.chosen {
            if *name != self.request.project
                && let Ok(specifiers) = Specifiers::parse(&format!(">={}", chosen.version))
            {
                request.constraints.push(Constraint {
                    marker: None,
                    name: name.clone(),
                    specifiers,
                    location: NOT_BACK.to_owned(),
                });
            }
        }
        request
    }

    /// Finds the shortest command that takes a version and no other pin back.
    async fn way(
        &self,
        mut request: Request,
        newest: &Candidate,
        forward: &Solution,
    ) -> Result<Taken, Error> {
        let mut options = format!("-P {}=={}", self.request.project, newest.version);
        if let Ok(Ok(solution)) = self.fetcher.attempt_briefly(request.clone()).await {
            let taken = self.taken(&solution, newest, self.command(&options));
            if !taken.goes_back() {
                return Ok(taken);
            }
        }
        let taken = self.taken(forward, newest, String::new());
        for one in &taken.moves {
            let (Some(from), Some(_)) = (&one.from, &one.to) else {
                continue;
            };
            let bound = format!(">={from}");
            let Ok(specifiers) = Specifiers::parse(&bound) else {
                continue;
            };
            request.preferences.remove(&one.project);
            request.constraints.push(Constraint {
                marker: None,
                name: one.project.clone(),
                specifiers,
                location: NOT_BACK.to_owned(),
            });
            let _ = write!(options, " -P '{}{bound}'", one.project);
        }
        let command = self.command(&options);
        Ok(match self.fetcher.attempt_briefly(request).await {
            Ok(Ok(solution)) => self.taken(&solution, newest, command),
            _ => Taken { command, ..taken },
        })
    }

    /// Returns the command that makes the lock, with further options.
    fn command(&self, options: &str) -> String {
        let command = &self.request.compile.output.command;
        match command.strip_prefix("pinfold compile") {
            Some(rest) => format!("pinfold compile {options}{rest}"),
            // Someone's own command, which may take no options.
            None => format!("pinfold compile {options}"),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_older_version_is_a_way_back() {
        let is_back = |from: Option<&str>, to: Option<&str>| {
            let one = Move {
                project: "a".parse().unwrap(),
                from: from.map(str::to_owned),
                to: to.map(str::to_owned),
            };
            one.is_back()
        };
        assert!(is_back(Some("1.10"), Some("1.9")));
        assert!(!is_back(Some("1.9"), Some("1.10")));
        assert!(!is_back(Some("1.0"), None));
        assert!(!is_back(None, Some("1.0")));
    }
}
