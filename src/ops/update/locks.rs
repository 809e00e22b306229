//! Decides what becomes of lock files: each group is resolved together, each lock
//! on its own, and nothing is written.
//!
//! A lock that could not be updated wholly is updated as far as possible: without the
//! project at fault, then with its pins kept. More rungs would change nothing: what is
//! locked is always admissible, so a full upgrade has a solution wherever keeping
//! the pins has one.

use std::collections::BTreeSet;

use super::floors::without_downgrades;
use super::gather::{Gathered, uncommitted};
use super::outcome::{all_failed, failed, held_back, plan_of, reproduce};
use super::request::request;
use super::scope::Update;
use crate::command::AsWritten;
use crate::files;
use crate::lock::{self, PinSource};
use crate::ops::{Compiled, Distribution, Error, Reporter, View, compile};
use crate::python::{Marker, ProjectName, Specifiers};
use crate::requirements::{GroupRequest, location};
use crate::resolve::Constraint;
use crate::update::{Alarm, HeldBack, Input, LockTarget, TargetFailure, TargetPlan};

/// The name under which the locks of a group are seen as one, while it is resolved.
const JOINT: &str = ".pinfold-joint.txt";

/// Decides about all locks.
pub(super) async fn decide(
    update: &Update,
    gathered: &Gathered,
    reporter: &dyn Reporter,
) -> Vec<TargetPlan> {
    let targets = &gathered.locks;
    let mut plans = Vec::with_capacity(targets.len());
    let groups: BTreeSet<usize> = targets.iter().map(|target| target.group).collect();
    for group in groups {
        let members: Vec<&LockTarget> = targets
            .iter()
            .filter(|target| target.group == group)
            .collect();
        let blocked = members.iter().enumerate().find_map(|(at, target)| {
            let files = target.reads.iter().chain([&target.output]);
            uncommitted(gathered, files).map(|failed| (at, failed))
        });
        if let Some((at, failed)) = blocked {
            plans.extend(all_failed(&members, at, &failed));
            continue;
        }
        plans.extend(decide_group(update, &members, reporter).await);
    }
    plans
}

/// Decides about locks whose versions have to agree.
async fn decide_group(
    update: &Update,
    members: &[&LockTarget],
    reporter: &dyn Reporter,
) -> Vec<TargetPlan> {
    let mut view = View::noting(update.root.clone());
    let Joint {
        bounds,
        held,
        alarms,
        mut failed_jointly,
    } = match joint(update, members, &view, reporter).await {
        Ok(joint) => joint,
        Err(failed) => {
            let (at, failed) = culprit(update, members, &view, failed, reporter).await;
            return all_failed(members, at, &failed);
        }
    };
    let mut plans = Vec::with_capacity(members.len());
    for (at, target) in members.iter().enumerate() {
        match climb(update, target, &view, &bounds, reporter).await {
            Ok(Climbed {
                compiled,
                mut failed,
                alarms: own_alarms,
                ..
            }) => {
                if failed.is_none()
                    && let Some((project, _)) = &failed_jointly
                    && compiled.lock_pins().any(|pin| pin.name == *project)
                {
                    failed = failed_jointly.take().map(|(_, failed)| TargetFailure {
                        reproduce: reproduce(update, target),
                        ..failed
                    });
                }
                if compiled.is_changed() {
                    view.plan(target.output.as_ref(), compiled.text.clone().into_bytes());
                }
                let mut plan = plan_of(target, &compiled, failed);
                plan.alarms.extend(own_alarms);
                add_jointly(&mut plan, &compiled, &held, &alarms);
                plans.push(plan);
            }
            Err(failed) => return all_failed(members, at, &failed),
        }
    }
    add_inputs(update, &view, &mut plans);
    plans
}

/// Adds to a lock what its group was found out to hold back and to take back.
fn add_jointly(plan: &mut TargetPlan, compiled: &Compiled, held: &[HeldBack], alarms: &[Alarm]) {
    let is_pinned = |item: &str| compiled.lock_pins().any(|pin| pin.name.as_ref() == item);
    for held in held.iter().filter(|held| is_pinned(&held.item)) {
        if plan.held.iter().all(|known| known.item != held.item) {
            plan.held.push(held.clone());
        }
    }
    plan.held.sort_by(|one, other| one.item.cmp(&other.item));
    let moves = |item: &str| plan.pins.iter().any(|pin| pin.project == item);
    let alarms = alarms.iter().filter(|alarm| moves(&alarm.item));
    plan.alarms.extend(alarms.cloned().collect::<Vec<_>>());
}

/// Adds to the plans of a group what was read for them, if they change anything.
fn add_inputs(update: &Update, view: &View, plans: &mut [TargetPlan]) {
    let written: BTreeSet<String> = plans
        .iter()
        .flat_map(|plan| plan.files.iter().map(|file| file.path.clone()))
        .collect();
    if written.is_empty() {
        return;
    }
    let inputs = view.seen().into_iter().filter_map(|(path, sha256)| {
        let path = files::relative(&update.root, &path)?;
        (!written.contains(&path)).then_some(Input { path, sha256 })
    });
    let inputs: Vec<Input> = inputs.collect();
    for plan in plans.iter_mut().filter(|plan| !plan.files.is_empty()) {
        plan.inputs.clone_from(&inputs);
    }
}

/// What suits all locks of a group.
#[derive(Default)]
struct Joint {
    bounds: Vec<Constraint>,
    /// What the policy holds back: with the bounds nothing newer is looked at.
    held: Vec<HeldBack>,
    /// The projects that have to go back.
    alarms: Vec<Alarm>,
    /// The project that could not be moved, and why: with the bounds nobody tries again.
    failed_jointly: Option<(ProjectName, TargetFailure)>,
}

/// Finds versions that suit all locks of a group.
async fn joint(
    update: &Update,
    members: &[&LockTarget],
    view: &View,
    reporter: &dyn Reporter,
) -> Result<Joint, TargetFailure> {
    let [first, others @ ..] = members else {
        return Ok(Joint::default());
    };
    // Locks for different targets may well have different versions.
    let target = |one: &LockTarget| {
        let options = &one.options;
        (
            options.python_versions.clone(),
            options.python_platforms.clone(),
            options.targets.clone(),
        )
    };
    let is_alone = others.is_empty() || others.iter().any(|other| target(other) != target(first));
    if is_alone {
        return Ok(Joint::default());
    }
    let outputs: BTreeSet<&str> = members.iter().map(|target| &*target.output).collect();
    let together = together(first, others, &outputs);
    // What the members' locks are made of is seen without bounds by their own old pins.
    let mut seen = view.clone();
    let mut text = String::new();
    for path in &outputs {
        if let Ok(bytes) = view.read(path.as_ref()) {
            text.push_str(&lock::as_requirements(&String::from_utf8_lossy(&bytes)));
            text.push('\n');
        }
        seen.plan(path.as_ref(), Vec::new());
    }
    seen.plan(JOINT.as_ref(), text.into_bytes());
    let climbed = climb(update, &together, &seen, &[], reporter).await?;
    Ok(Joint {
        bounds: bounds_of(&climbed.compiled),
        held: held_back(&climbed.compiled),
        alarms: climbed.alarms,
        failed_jointly: climbed.project.zip(climbed.failed),
    })
}

/// Returns a target that stands for all locks of a group, seen from the root.
fn together(first: &LockTarget, others: &[&LockTarget], outputs: &BTreeSet<&str>) -> LockTarget {
    fn add<T: Clone + PartialEq>(list: &mut Vec<T>, more: &[T]) {
        for one in more {
            if !list.contains(one) {
                list.push(one.clone());
            }
        }
    }
    let mut together = first.clone();
    let options = &mut together.options;
    for other in others.iter().map(|other| &other.options) {
        add(&mut options.sources, &other.sources);
        add(&mut options.constraints, &other.constraints);
        add(&mut options.overrides, &other.overrides);
        add(&mut options.extras, &other.extras);
        options.all_extras |= other.all_extras;
    }
    options.groups.clear();
    for member in std::iter::once(&first).chain(others) {
        for group in &member.options.groups {
            add(
                &mut options.groups,
                &[group_from_root(group, &member.folder)],
            );
        }
    }
    options
        .constraints
        .retain(|path| !outputs.contains(&**path));
    let links = options.find_links.iter_mut();
    for path in links.chain(&mut options.build_constraints) {
        if !location::is_url(path) {
            let rooted = location::normalise(&format!("{}/{path}", first.folder));
            rooted.trim_start_matches('/').clone_into(path);
        }
    }
    JOINT.clone_into(&mut together.output);
    together.folder.clear();
    together
}

/// Returns a group with its file as seen from the root.
fn group_from_root(group: &GroupRequest, folder: &str) -> AsWritten<GroupRequest> {
    let path = group.path.as_deref().unwrap_or("pyproject.toml");
    let path = location::normalise(&format!("/{folder}/{path}"));
    AsWritten::from(GroupRequest {
        path: Some(path.trim_start_matches('/').to_owned()),
        name: group.name.clone(),
    })
}

/// Finds the lock because of which nothing suits all locks of a group, and why it fails.
async fn culprit(
    update: &Update,
    members: &[&LockTarget],
    view: &View,
    jointly: TargetFailure,
    reporter: &dyn Reporter,
) -> (usize, TargetFailure) {
    for (at, target) in members.iter().enumerate() {
        if let Err(failed) = climb(update, target, view, &[], reporter).await {
            return (at, failed);
        }
    }
    // Each could be made, but not all with the same versions.
    let failed = TargetFailure {
        reproduce: reproduce(update, members[0]),
        ..jointly
    };
    (0, failed)
}

/// Returns a bound for each version that was chosen.
fn bounds_of(compiled: &Compiled) -> Vec<Constraint> {
    compiled
        .lock_pins()
        .filter_map(|pin| match &pin.source {
            PinSource::Version { version, .. } => Some(Constraint {
                marker: pin
                    .marker
                    .as_deref()
                    .and_then(|text| Marker::parse(text).ok()),
                name: pin.name.clone(),
                specifiers: Specifiers::parse(&format!("=={version}")).ok()?,
                location: "the versions shared by all locks of the group".to_owned(),
            }),
            _ => None,
        })
        .collect()
}

/// What came of a lock, and what did not.
struct Climbed {
    compiled: Compiled,
    failed: Option<TargetFailure>,
    /// The project that was not moved because of the failure.
    project: Option<ProjectName>,
    /// The projects that have to go back.
    alarms: Vec<Alarm>,
}

/// Compiles, with less and less to move where that fails.
async fn climb(
    update: &Update,
    target: &LockTarget,
    view: &View,
    bounds: &[Constraint],
    reporter: &dyn Reporter,
) -> Result<Climbed, TargetFailure> {
    let mut request = request(update, target, view, bounds)?;
    let error = match compile(&request, reporter).await {
        Ok(compiled) => {
            // Bounds are versions already that were found for all locks of a group.
            let (compiled, alarms) = if bounds.is_empty() {
                Box::pin(without_downgrades(&mut request, compiled, reporter)).await
            } else {
                (compiled, Vec::new())
            };
            return Ok(Climbed {
                compiled,
                failed: None,
                project: None,
                alarms,
            });
        }
        Err(error) => error,
    };
    let mut failed = failed(update, target, &error);
    let project = project_of(&error);
    if let Some(project) = &project {
        request.selection.kept_packages.push(project.clone());
        match compile(&request, reporter).await {
            Ok(compiled) => {
                failed.tried.push(format!("without moving {project}: done"));
                return Ok(Climbed {
                    compiled,
                    failed: Some(failed),
                    project: Some(project.clone()),
                    alarms: Vec::new(),
                });
            }
            Err(error) => failed
                .tried
                .push(format!("without moving {project}: {error}")),
        }
    }
    request.selection.upgrade = false;
    match compile(&request, reporter).await {
        Ok(compiled) => {
            failed.tried.push("with all pins kept: done".to_owned());
            Ok(Climbed {
                compiled,
                failed: Some(failed),
                project,
                alarms: Vec::new(),
            })
        }
        Err(error) => {
            failed.tried.push(format!("with all pins kept: {error}"));
            Err(failed)
        }
    }
}

/// Returns the project whose page or file is at fault.
fn project_of(error: &Error) -> Option<ProjectName> {
    match error {
        Error::Index { project, .. }
        | Error::Metadata {
            of: Distribution::Release { project, .. },
            ..
        } => Some(project.clone()),
        _ => None,
    }
}
