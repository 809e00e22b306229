//! `pinfold explain`: why a lock file has the version of a project that it has.
//!
//! The lock is resolved as `pinfold compile` would do it now, its pins kept. What the
//! solution says of the project are its chains (`chains`); what its releases say of
//! themselves and what others require of them are its candidates (`releases`); and
//! what would come of a newer one is tried (`trial`). A project that the lock does not
//! have is looked for where it might have come from (`absent`). Nothing is written.

mod absent;
mod chains;
mod inquiry;
mod releases;
mod trial;

use crate::command::target_words;
use crate::lock::{LockedPin, PinSource};
use crate::ops::compile::fetch::prefetch::Expected;
use crate::ops::compile::last_run::LastRun;
use crate::ops::compile::prepare::{Prepared, builder, fetcher, prepare_all, read_inputs};
use crate::ops::compile::request::Compile;
use crate::ops::error::{Error, FileProblems};
use crate::ops::events::{Event, Reporter};
use crate::python::{Environment, Marker, ProjectName, PythonVersion, Target, Version};
use crate::resolve::{Chosen, Releases as _};
use crate::text::{Span, position};

use inquiry::Inquiry;

pub use absent::{Absent, NotHeld};
pub use chains::{Chains, Link};
pub use inquiry::Explain;
pub use releases::{Candidate, HeldByUpdate, Older, Rejection, RejectionRule};
pub use trial::{Holding, Move, Price, Taken};

/// What was found out.
#[derive(Debug)]
pub struct Explained {
    /// The project.
    pub project: ProjectName,
    /// The lock file, as its path was given.
    pub lock: String,
    /// What of the targets of the lock the answer is for.
    pub target: String,
    /// The other targets, and what the project is pinned to for them; none: not at all.
    pub others: Vec<(String, Option<String>)>,
    /// What is doubtful in the inputs.
    pub warnings: Vec<FileProblems>,
    /// The answer.
    pub answer: Answer,
}

/// Whether the lock has the project, and what there is to say.
#[derive(Debug)]
pub enum Answer {
    /// It has.
    Pinned(Box<Pinned>),
    /// It has not.
    Absent(Absent),
}

/// A pin and its reasons.
#[derive(Debug)]
pub struct Pinned {
    /// The version, as the lock has it, or the URL.
    pub pin: String,
    /// The line of the lock it stands in, counted from 1.
    pub line_number: usize,
    /// The extras the pin has or its requirements ask for.
    pub extras: Vec<String>,
    /// The pin's marker.
    pub marker: Option<String>,
    /// When the first file of the version was uploaded, if that is known.
    pub published: Option<jiff::Timestamp>,
    /// Why the version was yanked, if it was; empty if nobody says why.
    pub yanked: Option<String>,
    /// What `pinfold compile` would make of the pin now.
    pub outcome: PinOutcome,
    /// Who requires it.
    pub chains: Chains,
    /// The constraints on it, with their places.
    pub constraints: Vec<(String, String)>,
    /// The releases newer than the pin, newest first.
    pub newer: Vec<Candidate>,
    /// Those that are older.
    pub older: Older,
    /// What holds the pin back.
    pub holding: Holding,
}

/// What `pinfold compile` would make of a pin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinOutcome {
    /// It stays.
    Kept,
    /// It would move there: the lock is not up to date.
    Moves(String),
    /// It would be gone: nothing requires the project any more.
    Dropped,
}

/// Finds out why a project is pinned to the version it is pinned to.
///
/// # Errors
/// When the inputs cannot be read or resolved, or the index does not answer.
pub async fn explain(request: &Explain, reporter: &dyn Reporter) -> Result<Explained, Error> {
    let read = read_inputs(
        &request.compile,
        LastRun::default().will_ask(&request.compile.run),
        reporter,
    )
    .await?;
    read[0].check_merged(&request.compile)?;
    let mut prepared = prepare_all(read, &request.compile, reporter).await?;
    let Some(targets) = targets(&request.project, &prepared) else {
        return Err(missing(&request.compile));
    };
    let prepared = prepared.swap_remove(targets.cell);
    let Some(text) = prepared.read.previous.as_deref() else {
        return Err(missing(&request.compile));
    };
    let builder = builder(&prepared, &request.compile, reporter);
    let fetcher = fetcher(&prepared, &builder, &request.compile, None, reporter);
    let likely: Vec<ProjectName> = prepared
        .locked
        .pins
        .iter()
        .map(|pin| pin.name.clone())
        .collect();
    let expected = Expected {
        projects: &likely,
        is_complete: false,
        is_known: false,
    };
    let resolution = fetcher.resolve(prepared.request.clone(), expected).await;
    let pin = pin_of(request, &prepared);
    let answer = match (pin, resolution) {
        (Some(pin), Ok(resolution)) => {
            reporter.event(Event::Solved {
                pins: resolution.solution.chosen.len(),
                tried: resolution.tried,
            });
            let inquiry = Inquiry {
                request,
                prepared: &prepared,
                fetcher: &fetcher,
                resolution,
            };
            Ok(Answer::Pinned(Box::new(inquiry.pinned(&pin, text).await)))
        }
        (None, Ok(resolution)) => {
            let chosen = &resolution.solution;
            Ok(Answer::Absent(
                absent::absent(&request.project, &prepared, chosen, &fetcher).await,
            ))
        }
        (_, Err(error)) => Err(error),
    };
    let answer = answer.and_then(|answer| fetcher.check_pages().map(|()| answer));
    prepared.read.client.finish_writes().await;
    Ok(Explained {
        project: request.project.clone(),
        lock: lock_name(&request.compile),
        target: targets.words,
        others: targets.others,
        answer: answer?,
        warnings: prepared.read.inputs.warnings,
    })
}

/// For which targets a project is explained.
struct Targets {
    /// The cell that is looked into: the first that has a pin of the project.
    cell: usize,
    /// That and all others that have the same.
    words: String,
    /// The others, and what they have.
    others: Vec<(String, Option<String>)>,
}

/// Returns for which targets a project is explained; none if there is no cell.
fn targets(project: &ProjectName, prepared: &[Prepared]) -> Option<Targets> {
    let pin = |one: &Prepared| {
        let mut pins = one.locked.pins.iter().filter(|pin| pin.name == *project);
        let environment = &one.read.cell.environment;
        let pin = pins.find(|pin| is_for(pin.marker.as_deref(), environment))?;
        Some(shown_source(&pin.source))
    };
    let mut pins: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    for (at, one) in prepared.iter().enumerate() {
        let pin = pin(one);
        match pins.iter_mut().find(|(known, _)| *known == pin) {
            Some((_, cells)) => cells.push(at),
            None => pins.push((pin, vec![at])),
        }
    }
    let first = pins.iter().position(|(pin, _)| pin.is_some()).unwrap_or(0);
    let words = |cells: &[usize]| {
        let cells = cells.iter().map(|&cell| &prepared[cell].read.cell);
        let targets: Vec<&Target> = cells.flat_map(|cell| &cell.targets).collect();
        target_words(&targets, &PythonVersion::short)
    };
    let others = pins.iter().enumerate().filter(|(at, _)| *at != first);
    let others = others.map(|(_, (pin, cells))| (words(cells), pin.clone()));
    let (_, cells) = pins.get(first)?;
    Some(Targets {
        cell: *cells.first()?,
        words: words(cells),
        others: others.collect(),
    })
}

/// Returns what a pin is of, without secrets.
fn shown_source(source: &PinSource) -> String {
    match source {
        PinSource::Version { version, .. } => version.clone(),
        PinSource::Url(text) | PinSource::Path(text) | PinSource::Editable(text) => {
            crate::text::without_password(text)
        }
    }
}

fn lock_name(compile: &Compile) -> String {
    let output = compile.output.path.as_ref();
    output.map_or_else(|| "-".to_owned(), |path| path.display().to_string())
}

fn missing(compile: &Compile) -> Error {
    Error::Usage {
        message: match &compile.output.path {
            Some(path) => format!("there is no lock file `{}`", path.display()),
            None => "there is no lock file: the output is standard output".to_owned(),
        },
        help: Some(
            "create it with `pinfold compile`, or choose another with `--lock FILE`".to_owned(),
        ),
    }
}

/// Returns the pin of the project: of several, the one for the target.
fn pin_of(request: &Explain, prepared: &Prepared) -> Option<LockedPin> {
    let pins = || prepared.locked.pins.iter();
    let of_project = |pin: &&LockedPin| pin.name == request.project;
    pins()
        .filter(of_project)
        .find(|pin| is_for(pin.marker.as_deref(), &prepared.request.environment))
        .or_else(|| pins().find(of_project))
        .cloned()
        .or_else(|| place_of(request, prepared))
}

/// Returns the line of the place where the project is: a path or an editable, which need
/// not name it.
fn place_of(request: &Explain, prepared: &Prepared) -> Option<LockedPin> {
    let source = &prepared.places.get(&request.project)?.source;
    let mut places = prepared.locked.places.iter();
    let place = places.find(|place| place.source == *source)?;
    let (PinSource::Path(text) | PinSource::Editable(text) | PinSource::Url(text)) = source else {
        return None;
    };
    let lock = prepared.read.previous.as_deref().unwrap_or_default();
    let start = lock.find(text.as_str()).unwrap_or_default();
    Some(LockedPin {
        name: request.project.clone(),
        source: source.clone(),
        extras: place.extras.clone(),
        marker: place.marker.clone(),
        hashes: place.hashes.clone(),
        revision: place.revision.clone(),
        via: Vec::new(),
        span: Span::new(start, start + text.len()),
    })
}

/// Whether a marker holds; one that cannot be read does.
fn is_for(marker: Option<&str>, environment: &Environment) -> bool {
    marker
        .and_then(|marker| Marker::parse(marker).ok())
        .is_none_or(|marker| marker.evaluate(environment, None))
}

impl Inquiry<'_> {
    async fn pinned(mut self, pin: &LockedPin, text: &str) -> Pinned {
        let name = &self.request.project;
        let chosen = self.resolution.solution.chosen.get(name).cloned();
        let chains = chains::chains(&mut self.resolution, name);
        let constraints = self.prepared.request.constraints.iter();
        let constraints = constraints
            .filter(|one| one.name == *name)
            .map(|one| {
                (
                    format!("{}{}", one.name, one.specifiers),
                    one.location.clone(),
                )
            })
            .collect();
        let releases = self.fetcher.releases(name);
        let locked: Option<Version> = pin.version().and_then(|text| text.parse().ok());
        let position = releases.as_deref().and_then(|releases| {
            let locked = locked.as_ref()?;
            releases.position(locked)
        });
        let (newer, older, holding) = match (&releases, &locked) {
            (Some(releases), Some(locked)) => {
                let pin = self.pin(locked, position);
                self.look_into_newest(releases, &pin).await;
                let newer = self.newer(releases, &pin);
                let older = self.older(releases, &pin);
                let holding = self.holding(releases, locked, &newer).await;
                (newer, older, holding)
            }
            _ => (Vec::new(), Older::default(), Holding::Direct),
        };
        let mut extras: Vec<String> = pin.extras.iter().map(ToString::to_string).collect();
        for extra in chosen.iter().flat_map(|chosen| &chosen.extras) {
            let extra = extra.to_string();
            if !extras.contains(&extra) {
                extras.push(extra);
            }
        }
        Pinned {
            pin: shown_source(&pin.source),
            line_number: position_of(text, pin),
            extras,
            marker: pin.marker.clone(),
            published: releases
                .as_deref()
                .zip(position)
                .and_then(|(releases, position)| releases.published(position)),
            yanked: releases
                .as_deref()
                .zip(position)
                .and_then(|(releases, position)| releases.yanked(position)),
            outcome: outcome(locked.as_ref(), chosen.as_ref()),
            chains,
            constraints,
            newer,
            older,
            holding,
        }
    }
}

fn position_of(text: &str, pin: &LockedPin) -> usize {
    position(text, pin.span.start).line_number
}

fn outcome(locked: Option<&Version>, chosen: Option<&Chosen>) -> PinOutcome {
    match (locked, chosen) {
        (_, None) => PinOutcome::Dropped,
        (Some(locked), Some(chosen)) if *locked != chosen.version => {
            PinOutcome::Moves(chosen.version.to_string())
        }
        _ => PinOutcome::Kept,
    }
}
