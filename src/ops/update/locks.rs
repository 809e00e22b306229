//! Decides what becomes of lock files: each group is resolved together, each lock
//! on its own, and nothing is written.
//!
//! A lock that could not be updated wholly is updated as far as possible: without the
//! project at fault, then with its pins kept. More rungs would change nothing: what is
//! locked is always admissible, so a full upgrade has a solution wherever keeping
//! the pins has one.

use std::collections::BTreeSet;

use super::gather::Gathered;
use super::gather::uncommitted;
use super::outcome::{all_failed, failed, plan_of, reproduce};
use super::request::request;
use super::scope::Update;
use crate::command::AsWritten;
use crate::lock::PinSource;
use crate::ops::{Compiled, Distribution, Error, Reporter, View, compile};
use crate::python::{ProjectName, Specifiers};
use crate::requirements::{GroupRequest, location};
use crate::resolve::Constraint;
use crate::update::{LockTarget, TargetFailure, TargetPlan};

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
    let mut view = View::at(update.root.clone());
    let Joint {
        bounds,
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
                plans.push(plan_of(target, &compiled, failed));
            }
            Err(failed) => return all_failed(members, at, &failed),
        }
    }
    plans
}

/// What suits all locks of a group.
#[derive(Default)]
struct Joint {
    bounds: Vec<Constraint>,
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
            options.python_version.clone(),
            options.python_platform.clone(),
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
            text.push_str(&String::from_utf8_lossy(&bytes));
            text.push('\n');
        }
        seen.plan(path.as_ref(), Vec::new());
    }
    seen.plan(JOINT.as_ref(), text.into_bytes());
    let climbed = climb(update, &together, &seen, &[], reporter).await?;
    Ok(Joint {
        bounds: bounds_of(&climbed.compiled),
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
            return Ok(Climbed {
                compiled,
                failed: None,
                project: None,
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
