//! Decides what becomes of the images that Dockerfiles and compose files name.
//!
//! Each file is a target of its own; what moves, and how far, is `ops::docker`'s.

use super::gather::{Gathered, uncommitted};
use super::scope::{ImagesRequest, Update};
use crate::files::{self, Exclude};
use crate::ops::docker::{self, DockerInput, ImagesUpdate, SurveyRequest, UpdatedFile};
use crate::ops::{Error, Reporter};
use crate::registry;
use crate::text::shell_path;
use crate::update::{Content, FileChange, Status, TargetFailure, TargetKind, TargetPlan, sha256};

/// How files that name images are found.
const FOUND: &str = "by its name";

/// Decides about all files that name images.
pub(super) async fn decide(
    update: &Update,
    gathered: &Gathered,
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> Result<Vec<TargetPlan>, Error> {
    let Some(images) = &update.images else {
        return Ok(Vec::new());
    };
    if gathered.images.is_empty() {
        return Ok(Vec::new());
    }
    let request = ImagesUpdate {
        survey: survey_request(update, images, gathered),
        limit: images.limit,
        digests: images.digests,
        rules: images.rules.clone(),
        platforms: images.platforms.clone(),
        freeze_args: images.freeze_args,
        as_of: update.policy.as_of,
    };
    let mut plans: Vec<TargetPlan> = gathered
        .images
        .iter()
        .filter_map(|path| Some(blocked(path, uncommitted(gathered, [path])?)))
        .collect();
    // No input would mean the current folder.
    if !request.survey.inputs.is_empty() {
        let updated = docker::update(&request, registry, reporter).await?;
        plans.extend(updated.files.into_iter().map(|file| plan_of(update, file)));
    }
    Ok(plans)
}

/// Returns what is looked at to find the images of a repository.
pub(super) fn survey_request(
    update: &Update,
    images: &ImagesRequest,
    gathered: &Gathered,
) -> SurveyRequest {
    let paths = gathered.images.iter();
    SurveyRequest {
        inputs: paths
            .filter(|path| !gathered.uncommitted.contains(*path))
            .map(|path| DockerInput::Path(update.root.join(path)))
            .collect(),
        exclude: Exclude::nothing(),
        ignore: images.ignore.clone(),
        contexts: images.contexts.clone(),
    }
}

fn blocked(path: &str, failed: TargetFailure) -> TargetPlan {
    TargetPlan {
        kind: TargetKind::Images,
        path: path.to_owned(),
        found: FOUND.to_owned(),
        group: 0,
        status: Status::Failed,
        files: Vec::new(),
        inputs: Vec::new(),
        pins: Vec::new(),
        images: Vec::new(),
        held: Vec::new(),
        alarms: Vec::new(),
        failed: Some(failed),
    }
}

fn plan_of(update: &Update, file: UpdatedFile) -> TargetPlan {
    let path = file
        .file
        .path
        .as_deref()
        .and_then(|path| files::relative(&update.root, path))
        .unwrap_or_else(|| file.file.name.clone());
    let files: Vec<FileChange> = file
        .after
        .iter()
        .map(|after| FileChange {
            path: path.clone(),
            before: Some(sha256(&file.file.bytes)),
            after: Content::of(after),
        })
        .collect();
    let failed = failed(update, &path, &file);
    TargetPlan {
        kind: TargetKind::Images,
        found: FOUND.to_owned(),
        group: 0,
        status: match (files.is_empty(), &failed) {
            (false, None) => Status::Updated,
            (false, Some(_)) => Status::Partial,
            (true, None) => Status::Unchanged,
            (true, Some(_)) => Status::Failed,
        },
        files,
        inputs: Vec::new(),
        pins: Vec::new(),
        images: file.changes,
        held: file.held,
        alarms: file.alarms,
        failed,
        path,
    }
}

fn failed(update: &Update, path: &str, file: &UpdatedFile) -> Option<TargetFailure> {
    let reproduce = format!(
        "pinfold update {} --as-of {} --dry-run --verbose",
        shell_path(path),
        update.policy.as_of
    );
    if file.file.is_broken() {
        let problem = file.file.problems.first()?;
        return Some(TargetFailure {
            message: format!("{}: {}", file.file.place(problem.span), problem.message),
            details: Vec::new(),
            tried: Vec::new(),
            reproduce,
            transient: false,
        });
    }
    let (first, others) = file.failures.split_first()?;
    Some(TargetFailure {
        message: first.error.to_string(),
        details: others
            .iter()
            .map(|failure| failure.error.to_string())
            .collect(),
        tried: Vec::new(),
        reproduce,
        transient: file
            .failures
            .iter()
            .all(|failure| failure.error.is_transient()),
    })
}
