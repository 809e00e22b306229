//! What came of a lock, as the plan tells it: what moved, alarms, failures.

use super::scope::Update;
use crate::config::Bump;
use crate::lock::{self, Change, PinSource};
use crate::ops::{Compiled, Error};
use crate::python::{ProjectName, Version};
use crate::text::shell_path;
use crate::update::{
    Alarm, AlarmKind, Content, FileChange, HeldBack, LockTarget, PinBump, PinChange, Status,
    TargetFailure, TargetKind, TargetPlan, Why, sha256,
};

pub(super) fn failed(update: &Update, target: &LockTarget, error: &Error) -> TargetFailure {
    let mut details = match error {
        Error::NoSolution {
            explanation,
            advice,
            ..
        } => explanation.facts.iter().chain(advice).cloned().collect(),
        Error::Inputs(files) => files
            .iter()
            .flat_map(|file| {
                file.problems.iter().map(|problem| {
                    let at = crate::text::position(&file.text, problem.span.start);
                    format!(
                        "{}:{}:{}: {}",
                        file.name, at.line_number, at.column_number, problem.message
                    )
                })
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        details.push(error.to_string());
        cause = error.source();
    }
    TargetFailure {
        message: error.to_string(),
        details,
        tried: Vec::new(),
        reproduce: reproduce(update, target),
        transient: error.is_transient(),
    }
}

/// Returns the command that shows again what became of a lock.
pub(super) fn reproduce(update: &Update, target: &LockTarget) -> String {
    format!(
        "pinfold update {} --as-of {} --dry-run --verbose",
        shell_path(&target.output),
        update.policy.as_of
    )
}

pub(super) fn all_failed(
    members: &[&LockTarget],
    culprit: usize,
    failed: &TargetFailure,
) -> Vec<TargetPlan> {
    members
        .iter()
        .enumerate()
        .map(|(at, target)| {
            let mut plan = empty(target);
            if at == culprit {
                plan.status = Status::Failed;
                plan.failed = Some(failed.clone());
            } else {
                plan.status = Status::Skipped;
            }
            plan
        })
        .collect()
}

fn empty(target: &LockTarget) -> TargetPlan {
    TargetPlan {
        kind: TargetKind::Lock,
        path: target.output.clone(),
        found: found(&target.why),
        group: target.group,
        status: Status::Unchanged,
        files: Vec::new(),
        inputs: Vec::new(),
        pins: Vec::new(),
        images: Vec::new(),
        held: Vec::new(),
        alarms: Vec::new(),
        failed: None,
    }
}

/// Says how a target was found.
pub fn found(why: &Why) -> String {
    match why {
        Why::Configuration => "named in the configuration".to_owned(),
        Why::Header(tool) => format!("its header says `{tool}`"),
        Why::Name => "by its name".to_owned(),
    }
}

/// Puts what a compilation came to into the plan.
pub(super) fn plan_of(
    target: &LockTarget,
    compiled: &Compiled,
    failed: Option<TargetFailure>,
) -> TargetPlan {
    let mut plan = empty(target);
    plan.pins = if compiled.previous.is_some() {
        written_moves(compiled)
            .into_iter()
            .filter_map(|change| pin_change(change, compiled))
            .collect()
    } else {
        // All of a first lock is new, which is nothing to be alarmed about.
        let written = lock::read(&compiled.text);
        let is_written = |pin: &&lock::Pin| match pin.source {
            PinSource::Version { .. } => written.pins_of(&pin.name).next().is_some(),
            _ => true,
        };
        let pins = compiled.lock_pins().filter(is_written);
        pins.filter_map(|pin| {
            let added = Change::Added {
                name: pin.name.clone(),
                to: pin.source.clone(),
            };
            pin_change(&added, compiled)
        })
        .collect()
    };
    // Another tool's file is not rewritten for its looks alone.
    if compiled.is_changed() && (is_ours(compiled) || !written_moves(compiled).is_empty()) {
        plan.files.push(FileChange {
            path: target.output.clone(),
            before: compiled
                .previous
                .as_deref()
                .map(|text| sha256(text.as_bytes())),
            after: Content::of(compiled.text.as_bytes()),
        });
    }
    plan.status = match (plan.files.is_empty(), &failed) {
        (false, None) => Status::Updated,
        (false, Some(_)) => Status::Partial,
        (true, None) => Status::Unchanged,
        (true, Some(_)) => Status::Failed,
    };
    plan.failed = failed;
    plan.held = held_back(compiled);
    plan.alarms = alarms(compiled);
    plan
}

/// Returns what the policy holds back in a compilation.
pub(super) fn held_back(compiled: &Compiled) -> Vec<HeldBack> {
    let held = compiled.held.iter();
    held.map(|held| HeldBack {
        item: held.project.to_string(),
        at: held.locked.clone(),
        candidate: held.candidate.clone(),
        code: held.hold.code().into(),
        reason: held.hold.to_string(),
        eligible: held.eligible,
    })
    .collect()
}

/// Whether a file was made by this program, or is new.
fn is_ours(compiled: &Compiled) -> bool {
    compiled.previous.as_deref().is_none_or(|text| {
        let header = lock::read(text).header;
        header.is_some_and(|header| header.tool == "pinfold")
    })
}

/// Returns what moves in the file: projects such as pip may be resolved without a pin.
fn written_moves(compiled: &Compiled) -> Vec<&Change> {
    let is_new = |change: &&Change| matches!(change, Change::Added { .. });
    let written = compiled.moves.iter().any(|change| is_new(&change));
    let written = written.then(|| lock::read(&compiled.text));
    let is_written = |change: &&Change| match (&written, change) {
        (
            Some(written),
            Change::Added {
                name,
                to: PinSource::Version { .. },
            },
        ) => written.pins_of(name).next().is_some(),
        _ => true,
    };
    compiled.moves.iter().filter(is_written).collect()
}

fn pin_change(change: &Change, compiled: &Compiled) -> Option<PinChange> {
    let name = change.name();
    let facts = compiled
        .pin_details
        .iter()
        .find(|facts| facts.project == *name);
    let version = |source: &PinSource| match source {
        PinSource::Version { version, .. } => version.clone(),
        PinSource::Url(text) | PinSource::Path(text) | PinSource::Editable(text) => text.clone(),
    };
    let (from, to, bump) = match change {
        Change::Added { to, .. } => (None, Some(version(to)), PinBump::New),
        Change::Removed { from, .. } => (Some(version(from)), None, PinBump::Removed),
        Change::Changed { from, to, .. } => {
            let (from, to) = (version(from), version(to));
            let bump = bump(&from, &to);
            (Some(from), Some(to), bump)
        }
        Change::HashesChanged { source, .. } => (
            Some(version(source)),
            Some(version(source)),
            PinBump::Hashes,
        ),
        Change::ConditionChanged { .. } => return None,
    };
    Some(PinChange {
        project: name.to_string(),
        from,
        to,
        bump: bump.into(),
        published: facts.and_then(|facts| facts.published),
        direct: facts.is_some_and(|facts| facts.direct),
        via: facts.map(|facts| facts.via.clone()).unwrap_or_default(),
    })
}

fn bump(from: &str, to: &str) -> PinBump {
    let (Ok(from), Ok(to)) = (from.parse::<Version>(), to.parse::<Version>()) else {
        return PinBump::Other;
    };
    if to < from {
        return PinBump::Downgrade;
    }
    Bump::between(&from, &to).map_or(PinBump::Other, PinBump::Step)
}

fn alarms(compiled: &Compiled) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for facts in &compiled.pin_details {
        let item = facts.project.to_string();
        let version = &facts.version;
        if let Some(reason) = &facts.yanked {
            let why = if reason.is_empty() {
                String::new()
            } else {
                format!(": {reason}")
            };
            alarms.push(Alarm {
                item: item.clone(),
                kind: AlarmKind::Yanked.into(),
                message: format!("{item} {version} is pinned and was yanked{why}"),
            });
        }
        if facts.vanished {
            alarms.push(Alarm {
                item: item.clone(),
                kind: AlarmKind::Vanished.into(),
                message: format!("what was pinned of {item} is gone from the index"),
            });
        }
        if facts.late_files > 0 {
            alarms.push(Alarm {
                item: item.clone(),
                kind: AlarmKind::LateFiles.into(),
                message: format!(
                    "{item} {version} got {} more files since it was locked; they wait for their cooldown",
                    facts.late_files
                ),
            });
        }
    }
    let is_direct = |name: &ProjectName| {
        let mut details = compiled.pin_details.iter();
        details.any(|details| details.project == *name && details.direct)
    };
    for change in written_moves(compiled) {
        // Who has just required a project need not be told.
        if let Change::Added { name, .. } = change
            && !is_direct(name)
        {
            alarms.push(Alarm {
                item: name.to_string(),
                kind: AlarmKind::NewPackage.into(),
                message: format!("{name} was not installed before"),
            });
        }
    }
    alarms
}
