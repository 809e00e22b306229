//! Keeps locked projects from going back for the sake of others.
//!
//! The resolver prefers the newest version of what it decides first, so that another
//! project may be left with an older one than is locked. Where that happens, the lock is
//! resolved once more with what is locked as the least version of each project. Where no
//! versions fit that, people are told which project goes back, and why.

use std::collections::BTreeSet;

use crate::lock;
use crate::ops::{Compile, Compiled, Error, Ignore, Reporter, compile};
use crate::python::{Marker, ProjectName, Specifiers, Version};
use crate::resolve::Constraint;
use crate::update::{Alarm, AlarmKind};

/// Where a floor stands, for messages.
const LOCATION: &str = "the version in the lock file";

/// A project that is chosen in an older version than is locked.
struct Step {
    project: ProjectName,
    from: String,
    to: String,
}

/// Returns a compilation in which no project goes back, as far as there is one, and alarms
/// for those that have to.
///
/// Where none goes back, as is usual, nothing is done.
pub(super) async fn without_downgrades(
    request: &mut Compile,
    compiled: Compiled,
    reporter: &dyn Reporter,
) -> (Compiled, Vec<Alarm>) {
    let back = steps_back(&compiled);
    if back.is_empty() {
        return (compiled, Vec::new());
    }
    let mut floors = floors(&compiled);
    let bounds = std::mem::take(&mut request.sources.bounds);
    let with = |floors: &[Constraint]| bounds.iter().chain(floors).cloned().collect();
    request.sources.bounds = with(&floors);
    let whole = match compile(request, reporter).await {
        Ok(better) => Ok((better, Vec::new())),
        Err(error) => {
            let mut reasons = Vec::new();
            // Those that cannot be held by themselves have to go; the others need not.
            for step in &back {
                let own = floors.iter().filter(|floor| floor.name == step.project);
                let own: Vec<Constraint> = own.cloned().collect();
                request.sources.bounds = with(&own);
                if let Err(error) = compile(request, &Ignore).await {
                    reasons.push((step.project.clone(), reason(&error)));
                }
            }
            let lost: BTreeSet<_> = reasons.iter().map(|(project, _)| project).collect();
            floors.retain(|floor| !lost.contains(&floor.name));
            request.sources.bounds = with(&floors);
            let better = if lost.is_empty() {
                None
            } else {
                compile(request, &Ignore).await.ok()
            };
            match better {
                Some(better) => Ok((better, reasons)),
                None => Err((reasons, reason(&error))),
            }
        }
    };
    request.sources.bounds = bounds;
    match whole {
        Ok((better, reasons)) => {
            let alarms = alarms(&better, &reasons, "what it is required by demands it");
            (better, alarms)
        }
        Err((reasons, other)) => {
            let alarms = alarms(&compiled, &reasons, &other);
            (compiled, alarms)
        }
    }
}

fn steps_back(compiled: &Compiled) -> Vec<Step> {
    let changes = compiled.moves.iter();
    changes
        .filter_map(|change| {
            let lock::Change::Changed { name, from, to } = change else {
                return None;
            };
            let (from, to) = (version(from)?, version(to)?);
            (to.parse::<Version>().ok()? < from.parse::<Version>().ok()?).then(|| Step {
                project: name.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
            })
        })
        .collect()
}

fn version(source: &lock::PinSource) -> Option<&str> {
    match source {
        lock::PinSource::Version { version, .. } => Some(version),
        _ => None,
    }
}

/// Returns what is locked as the least version of each project.
fn floors(compiled: &Compiled) -> Vec<Constraint> {
    let locked = lock::read(compiled.previous.as_deref().unwrap_or_default());
    let pins = locked.pins.iter();
    pins.filter_map(|pin| {
        // `>=` takes no local version.
        let version = pin.version()?.split('+').next()?;
        Some(Constraint {
            marker: pin
                .marker
                .as_deref()
                .and_then(|text| Marker::parse(text).ok()),
            name: pin.name.clone(),
            specifiers: Specifiers::parse(&format!(">={version}")).ok()?,
            location: LOCATION.to_owned(),
        })
    })
    .collect()
}

fn alarms(compiled: &Compiled, reasons: &[(ProjectName, String)], other: &str) -> Vec<Alarm> {
    let steps = steps_back(compiled).into_iter();
    steps
        .map(|step| {
            let mut reasons = reasons.iter();
            let reason = reasons.find(|(project, _)| *project == step.project);
            let reason = reason.map_or(other, |(_, reason)| reason);
            Alarm {
                item: step.project.to_string(),
                kind: AlarmKind::Downgrade.into(),
                message: format!(
                    "{} goes back from {} to {}: {reason}",
                    step.project, step.from, step.to
                ),
            }
        })
        .collect()
}

/// Returns why something cannot be, in one line.
fn reason(error: &Error) -> String {
    match error {
        Error::NoSolution { explanation, .. } => explanation.facts.join("; "),
        other => other.to_string(),
    }
}
