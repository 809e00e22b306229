//! Decides what becomes of the images that Dockerfiles and compose files name.
//!
//! Digests move to what their tags say now, and references without one get one, as
//! `pinfold docker -U` does; each file is a target of its own.

use super::{Gathered, Update};
use crate::dockerfile::Meaning;
use crate::files::Exclude;
use crate::image::{ImagePattern, Reference};
use crate::ops::docker::{self, DockerInput, Outcome, Pin, Pinned, PinnedFile, SurveyRequest};
use crate::ops::{Error, Reporter};
use crate::registry;
use crate::update::{
    Content, Failed, FileChange, HeldBack, ImageChange, Status, TargetKind, TargetPlan, sha256,
};

/// How images are updated.
#[derive(Debug)]
pub struct ImagesRequest {
    /// Images to leave as they are.
    pub ignore: Vec<ImagePattern>,
    /// Names of build contexts, which are no images.
    pub contexts: Vec<String>,
    /// Whether to pin where `--build-arg` then has no effect.
    pub freeze_args: bool,
}

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
    let request = Pin {
        survey: SurveyRequest {
            inputs: gathered
                .images
                .iter()
                .map(|path| DockerInput::Path(update.root.join(path)))
                .collect(),
            exclude: Exclude::nothing(),
            ignore: images.ignore.clone(),
            contexts: images.contexts.clone(),
        },
        upgrade: true,
        upgrade_images: Vec::new(),
        platform: None,
        freeze_args: images.freeze_args,
        asks: true,
    };
    let pinned = docker::pin(&request, registry, reporter).await?;
    Ok(pinned
        .files
        .iter()
        .map(|file| plan_of(update, file, &pinned))
        .collect())
}

fn plan_of(update: &Update, file: &PinnedFile, pinned: &Pinned) -> TargetPlan {
    let path = file
        .file
        .path
        .as_deref()
        .and_then(|path| path.strip_prefix(&update.root).ok())
        .map(|path| path.display().to_string().replace('\\', "/"))
        .unwrap_or_else(|| file.file.name.clone());
    let mut plan = TargetPlan {
        kind: TargetKind::Images,
        path: path.clone(),
        found: "by its name".to_owned(),
        group: 0,
        status: Status::Unchanged,
        files: Vec::new(),
        pins: Vec::new(),
        images: Vec::new(),
        held: Vec::new(),
        alarms: Vec::new(),
        failed: None,
    };
    if let Some(after) = &file.after {
        plan.files.push(FileChange {
            path: path.clone(),
            before: Some(sha256(&file.file.bytes)),
            after: Content::of(after),
        });
    }
    let mut failures = Vec::new();
    for (image_use, outcome) in file.file.uses.iter().zip(&file.outcomes) {
        let (line, _) = file.file.position(image_use.span.start);
        let Meaning::Image(reference) = &image_use.meaning else {
            continue;
        };
        match outcome {
            Outcome::Added(digest) => push(&mut plan, line, reference, None, digest.as_str()),
            Outcome::Moved { from, to } => {
                push(&mut plan, line, reference, Some(from.as_str()), to.as_str());
            }
            Outcome::Stuck(_, reason) | Outcome::Left(reason) => {
                plan.held.push(HeldBack {
                    item: reference.repository().familiar().into_owned(),
                    at: reference.tag().map(str::to_owned),
                    candidate: "a newer digest".to_owned(),
                    code: "PF107".to_owned(),
                    reason: reason.to_string(),
                    eligible: None,
                });
            }
            Outcome::Failed(number) => failures.push(*number),
            Outcome::NoImage | Outcome::Kept(_) | Outcome::Unpinned => {}
        }
    }
    failures.sort_unstable();
    failures.dedup();
    plan.failed = failed(update, &path, &failures, pinned);
    plan.status = match (plan.files.is_empty(), &plan.failed) {
        (false, None) => Status::Updated,
        (false, Some(_)) => Status::Partial,
        (true, None) => Status::Unchanged,
        (true, Some(_)) => Status::Failed,
    };
    plan
}

/// Adds a change, or a line to one that is there.
fn push(plan: &mut TargetPlan, line: usize, reference: &Reference, from: Option<&str>, to: &str) {
    let same = plan.images.iter_mut().find(|change| {
        change.image == reference.name()
            && change.from_tag.as_deref() == reference.tag()
            && change.from_digest.as_deref() == from
            && change.to_digest == to
    });
    if let Some(change) = same {
        change.lines.push(line);
        return;
    }
    plan.images.push(ImageChange {
        lines: vec![line],
        image: reference.name().to_owned(),
        from_tag: reference.tag().map(str::to_owned),
        to_tag: reference.followed_tag().map(str::to_owned),
        from_digest: from.map(str::to_owned),
        to_digest: to.to_owned(),
        platforms: Vec::new(),
        facts: Vec::new(),
    });
}

fn failed(update: &Update, path: &str, numbers: &[usize], pinned: &Pinned) -> Option<Failed> {
    let failures: Vec<&docker::Failure> = numbers
        .iter()
        .filter_map(|number| pinned.failures.get(*number))
        .collect();
    let first = failures.first()?;
    Some(Failed {
        message: first.error.to_string(),
        details: failures[1..]
            .iter()
            .map(|failure| failure.error.to_string())
            .collect(),
        tried: Vec::new(),
        reproduce: format!(
            "pinfold update {path} --as-of {} --dry-run --verbose",
            update.policy.as_of
        ),
        transient: failures.iter().all(|failure| failure.error.is_transient()),
    })
}
