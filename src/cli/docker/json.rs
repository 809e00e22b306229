//! The results of `pinfold docker` for programs; `docs/docker.md` describes their form.

use serde::Serialize;

use super::text;
use crate::cli::failure::Failure;
use crate::cli::json::pretty;
use crate::dockerfile::{Carrier, ImageUse, Meaning, Place, Reason, Site, State, VariableSource};
use crate::files;
use crate::ops::docker::{
    self, FindingKind, Outcome, Pinned, Survey, SurveyedFile, Verified, WriteError,
};
use crate::text::Problem;

/// The number of this form; it grows when a program that reads it would break.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct PinReport {
    version: u32,
    command: &'static str,
    dry_run: bool,
    changed: bool,
    requests: u64,
    files: Vec<File>,
    failures: Vec<FailedImage>,
    errors: Vec<String>,
    notices: Vec<String>,
}

#[derive(Serialize)]
struct File {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<bool>,
    references: Vec<ReferenceEntry>,
    problems: Vec<ProblemEntry>,
}

#[derive(Serialize)]
struct ProblemEntry {
    line: usize,
    column: usize,
    message: String,
    help: Option<String>,
}

#[derive(Serialize)]
struct ReferenceEntry {
    line: usize,
    column: usize,
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    written: String,
    value: String,
    variables: Vec<VariableEntry>,
    meaning: &'static str,
    image: Option<String>,
    tag: Option<String>,
    platform: Option<String>,
    status: &'static str,
    digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_digest: Option<String>,
    reason: Option<String>,
    carrier: Option<CarrierEntry>,
}

#[derive(Serialize)]
struct VariableEntry {
    name: String,
    value: String,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

#[derive(Serialize)]
struct CarrierEntry {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<String>,
    line: usize,
}

#[derive(Serialize)]
struct FailedImage {
    image: String,
    places: Vec<String>,
    message: String,
    causes: Vec<String>,
    transient: bool,
    may_be_context: bool,
}

#[derive(Serialize)]
struct ExplainReport {
    version: u32,
    command: &'static str,
    files: Vec<File>,
    errors: Vec<String>,
}

#[derive(Serialize)]
struct VerifyReport {
    version: u32,
    command: &'static str,
    pins: usize,
    unpinned: usize,
    requests: u64,
    findings: Vec<FindingEntry>,
    failures: Vec<FailedImage>,
    errors: Vec<String>,
    notices: Vec<String>,
}

#[derive(Serialize)]
struct FindingEntry {
    image: String,
    digest: String,
    places: Vec<String>,
    kind: &'static str,
    wrong: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    versions: Option<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<String>,
}

/// Returns an error in one line, with its cause.
fn words(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Returns the files that could not be read.
fn unread(errors: &[files::Error]) -> Vec<String> {
    errors.iter().map(|error| words(error)).collect()
}

/// Returns what pinning came to.
pub(super) fn pinned(
    pinned: &Pinned,
    unwritten: &[WriteError],
    dry_run: bool,
) -> Result<Vec<u8>, Failure> {
    let mut errors = unread(&pinned.unread);
    errors.extend(unwritten.iter().map(|error| words(error)));
    let files = pinned.files.iter().map(|file| {
        let uses = file.file.uses.iter().zip(&file.outcomes);
        File {
            path: file.file.name.clone(),
            changed: Some(file.after.is_some()),
            references: uses
                .map(|(image_use, outcome)| with_outcome(&file.file, image_use, outcome, pinned))
                .collect(),
            problems: problems(&file.file),
        }
    });
    pretty(&PinReport {
        version: VERSION,
        command: "docker",
        dry_run,
        changed: pinned.is_changed(),
        requests: pinned.requests,
        files: files.collect(),
        failures: pinned.failures.iter().map(failed).collect(),
        errors,
        notices: pinned.notices.clone(),
    })
}

/// Returns what is known without asking.
pub(super) fn explained(survey: &Survey) -> Result<Vec<u8>, Failure> {
    let files = survey.files.iter().map(|file| File {
        path: file.name.clone(),
        changed: None,
        references: file
            .uses
            .iter()
            .map(|image_use| reference(file, image_use))
            .collect(),
        problems: problems(file),
    });
    pretty(&ExplainReport {
        version: VERSION,
        command: "docker explain",
        files: files.collect(),
        errors: unread(&survey.unread),
    })
}

/// Returns what looking after pins came to.
pub(super) fn verified(verified: &Verified) -> Result<Vec<u8>, Failure> {
    let mut errors = unread(&verified.unread);
    for file in verified.files.iter().filter(|file| file.is_broken()) {
        let told = |problem: &Problem| format!("{}: {}", file.place(problem.span), problem.message);
        errors.extend(file.problems.iter().map(told));
    }
    let findings = verified.findings.iter().map(|finding| {
        let mut entry = FindingEntry {
            image: finding.image.clone(),
            digest: finding.digest.to_string(),
            places: finding.places.clone(),
            kind: "",
            wrong: finding.kind.is_wrong(),
            now: None,
            is: None,
            versions: None,
            platforms: Vec::new(),
        };
        entry.kind = match &finding.kind {
            FindingKind::Gone => "gone",
            FindingKind::NoPlatform { missing, .. } => {
                entry.platforms = missing.iter().map(ToString::to_string).collect();
                "no-platform"
            }
            FindingKind::PlatformGone(gone) => {
                entry.platforms = gone.iter().map(ToString::to_string).collect();
                "platform-gone"
            }
            FindingKind::Edited { is, now } => {
                entry.is = Some(is.clone());
                entry.now = Some(now.to_string());
                "edited"
            }
            FindingKind::Moved { now, versions } => {
                entry.now = Some(now.to_string());
                entry.versions.clone_from(versions);
                "moved"
            }
            FindingKind::TagGone => "tag-gone",
        };
        entry
    });
    pretty(&VerifyReport {
        version: VERSION,
        command: "docker verify",
        pins: verified.pins,
        unpinned: verified.unpinned,
        requests: verified.requests,
        findings: findings.collect(),
        failures: verified.failures.iter().map(failed).collect(),
        errors,
        notices: verified.notices.clone(),
    })
}

fn problems(file: &SurveyedFile) -> Vec<ProblemEntry> {
    file.problems
        .iter()
        .map(|problem| {
            let (line, column) = file.position(problem.span.start);
            ProblemEntry {
                line,
                column,
                message: problem.message.clone(),
                help: problem.help.clone(),
            }
        })
        .collect()
}

fn failed(failure: &docker::Failure) -> FailedImage {
    let diagnostic = text::failure(failure);
    FailedImage {
        image: failure.image.clone(),
        places: failure.places.clone(),
        message: failure.error.to_string(),
        causes: diagnostic.notes,
        transient: failure.error.is_transient(),
        may_be_context: failure.may_be_context,
    }
}

/// Returns a reference with what became of it.
fn with_outcome(
    file: &SurveyedFile,
    image_use: &ImageUse,
    outcome: &Outcome,
    pinned: &Pinned,
) -> ReferenceEntry {
    let mut entry = reference(file, image_use);
    match outcome {
        Outcome::NoImage => {}
        Outcome::Kept(digest) => {
            entry.status = "kept";
            entry.digest = Some(digest.to_string());
        }
        Outcome::Added(digest) => {
            entry.status = "added";
            entry.digest = Some(digest.to_string());
            // It is pinned now, whatever would have been the reason not to.
            entry.reason = None;
        }
        Outcome::Moved { from, to } => {
            entry.status = "moved";
            entry.previous_digest = Some(from.to_string());
            entry.digest = Some(to.to_string());
        }
        Outcome::Unpinned => entry.status = "open",
        Outcome::Stuck(digest, reason) => {
            entry.status = "stuck";
            entry.digest = Some(digest.to_string());
            entry.reason = Some(reason.to_string());
        }
        Outcome::Left(reason) => {
            entry.status = status_of_left(reason);
            entry.reason = Some(reason.to_string());
        }
        Outcome::Failed(number) => {
            entry.status = "failed";
            entry.reason = pinned
                .failures
                .get(*number)
                .map(|failure| failure.error.to_string());
        }
    }
    entry
}

fn status_of_left(reason: &Reason) -> &'static str {
    match reason {
        Reason::Ignored(_) => "ignored",
        Reason::Built(_) => "built",
        _ => "left",
    }
}

/// Returns a reference as it stands.
fn reference(file: &SurveyedFile, image_use: &ImageUse) -> ReferenceEntry {
    let (line, column) = file.position(image_use.span.start);
    let image = match &image_use.meaning {
        Meaning::Image(reference) => Some(reference),
        _ => None,
    };
    let (status, reason, site) = match &image_use.state {
        State::Nothing => ("none", None, None),
        State::Open(site) => ("open", None, Some(site)),
        State::Pinned(Ok(site)) => ("kept", None, Some(site)),
        State::Pinned(Err(reason)) => ("kept", Some(reason), None),
        State::Left { reason, frozen } => (status_of_left(reason), Some(reason), frozen.as_ref()),
    };
    let (place, stage, stage_name, service) = place(&image_use.place);
    ReferenceEntry {
        line,
        column,
        place,
        stage,
        stage_name,
        service,
        written: image_use.written.clone(),
        value: image_use.value.clone(),
        variables: variables(file, image_use),
        meaning: match &image_use.meaning {
            Meaning::Image(_) => "image",
            Meaning::Stage(_) | Meaning::Stages(_) => "stage",
            Meaning::Scratch => "scratch",
            Meaning::Context(_) => "context",
            Meaning::Unknown => "unknown",
        },
        image: image.map(|reference| reference.repository().to_string()),
        tag: image.and_then(|reference| reference.followed_tag().map(str::to_owned)),
        platform: image_use.platform.clone(),
        status,
        digest: image.and_then(|reference| reference.digest().map(ToString::to_string)),
        previous_digest: None,
        reason: reason.map(ToString::to_string),
        carrier: site.map(|site| carrier(file, site)),
    }
}

fn variables(file: &SurveyedFile, image_use: &ImageUse) -> Vec<VariableEntry> {
    let line = |span: crate::text::Span| Some(file.position(span.start).0);
    image_use
        .variables
        .iter()
        .map(|variable| {
            let (source, line) = match variable.source {
                VariableSource::Arg(span) => ("arg", line(span)),
                VariableSource::Inline(span) => ("inline", line(span)),
                VariableSource::Expression => ("expression", None),
                VariableSource::Builder => ("builder", None),
                VariableSource::Nothing => ("nothing", None),
            };
            VariableEntry {
                name: variable.name.clone(),
                value: variable.value.clone(),
                source,
                line,
            }
        })
        .collect()
}

fn carrier(file: &SurveyedFile, site: &Site) -> CarrierEntry {
    let (kind, variable) = match &site.carrier {
        Carrier::Word => ("word", None),
        Carrier::Arg(name) => ("arg", Some(name.clone())),
        Carrier::Inline(name) => ("inline", Some(name.clone())),
    };
    CarrierEntry {
        kind,
        variable,
        line: file.position(site.span.start).0,
    }
}

type PlaceEntry = (&'static str, Option<usize>, Option<String>, Option<String>);

fn place(of: &Place) -> PlaceEntry {
    match of {
        Place::From { stage_index, name } => ("from", Some(*stage_index), name.clone(), None),
        Place::CopyFrom => ("copy-from", None, None, None),
        Place::MountFrom => ("mount-from", None, None, None),
        Place::Syntax => ("syntax", None, None, None),
        Place::OnbuildCopyFrom => ("onbuild-copy-from", None, None, None),
        Place::OnbuildMountFrom => ("onbuild-mount-from", None, None, None),
        Place::ComposeImage { service } => ("compose-image", None, None, Some(service.clone())),
        Place::ComposeContext { service, .. } => {
            ("compose-context", None, None, Some(service.clone()))
        }
        Place::Inline {
            service,
            place: inner,
        } => {
            let (kind, stage, name, _) = place(inner);
            (kind, stage, name, Some(service.clone()))
        }
    }
}
