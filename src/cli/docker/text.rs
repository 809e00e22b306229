//! What `pinfold docker` says to people.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};

use crate::cli::exit;
use crate::cli::failure;
use crate::cli::session::ended;
use crate::dockerfile::{Carrier, ImageUse, Meaning, Place, Reason, Site, State, VariableSource};
use crate::files;
use crate::image::Reference;
use crate::ops::FileProblems;
use crate::ops::docker::{
    Failure, FindingKind, Outcome, Pinned, PinnedFile, Survey, SurveyedFile, Verified,
};
use crate::text::{lossy_offset, many};
use crate::ui::{Diagnostic, Printer};

/// How many images with one and the same failure are named.
const MOST_NAMES: usize = 5;

/// How many changes are named one by one.
const MOST_CHANGES: usize = 30;

/// Tells what is wrong with a file; returns the exit code it makes.
pub(super) fn problems(printer: &Printer, file: &SurveyedFile) -> u8 {
    if file.problems.is_empty() {
        return exit::DONE;
    }
    let (start, code) = if file.is_broken() {
        (Diagnostic::error(""), exit::FAILED)
    } else {
        (Diagnostic::warning(""), exit::DONE)
    };
    let mut problems = file.problems.clone();
    let text = lossy(&file.bytes, &mut problems);
    let file = FileProblems {
        name: file.name.clone(),
        text,
        problems,
    };
    printer.diagnostic(&failure::problems(start, file));
    code
}

/// Returns bytes as text, and moves spans where a byte became several.
fn lossy(bytes: &[u8], problems: &mut [crate::text::Problem]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    for problem in problems {
        problem.span.start = lossy_offset(bytes, problem.span.start);
        problem.span.end = lossy_offset(bytes, problem.span.end).max(problem.span.start);
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// Tells of each reference that stays without a digest, and why.
pub(super) fn left(printer: &Printer, pinned: &Pinned) {
    for (file, image_use, outcome) in pinned.outcomes() {
        let (what, reason) = match outcome {
            Outcome::Left(reason) if reason.is_settled() => {
                let place = file.file.place(image_use.span);
                printer.detail(&format!("{place}: `{}`: {reason}", image_use.written));
                continue;
            }
            // What a problem of the file has told already, with its line.
            Outcome::Left(Reason::Rejected(words))
                if file.file.has_problem(image_use.span, words) =>
            {
                continue;
            }
            Outcome::Left(reason) => ("is not pinned", reason),
            Outcome::Stuck(_, reason) => ("keeps its digest", reason),
            _ => continue,
        };
        let place = file.file.place(image_use.span);
        let mut diagnostic =
            Diagnostic::warning(format!("{place}: `{}` {what}: {reason}", image_use.written));
        diagnostic.help = help(reason, image_use);
        printer.diagnostic(&diagnostic);
    }
}

/// Returns what to do about a reference that was left.
fn help(reason: &Reason, image_use: &ImageUse) -> Option<String> {
    let freezes = matches!(
        &image_use.state,
        State::Left {
            frozen: Some(_),
            ..
        }
    );
    Some(match reason {
        Reason::SharedArg { name, .. } => {
            format!("use a separate ARG for each image, or freeze `{name}` with `--freeze-args`")
        }
        Reason::NotAtEnd(name) => {
            format!("put the whole tag into `{name}`, or pin it anyway with `--freeze-args`")
        }
        Reason::NoDefault(name)
            if matches!(
                image_use.place,
                Place::ComposeImage { .. } | Place::ComposeContext { .. }
            ) =>
        {
            format!("add one: `${{{name}:-…}}`")
        }
        Reason::NoDefault(name) => format!("add one: `ARG {name}=…` before the first FROM"),
        Reason::LateArg { name, .. } => {
            format!("move `ARG {name}=…` before the first FROM")
        }
        Reason::NoTag => "write the tag before the `@`: `name:tag@sha256:…`".to_owned(),
        _ if freezes => "`--freeze-args` pins it anyway".to_owned(),
        _ => return None,
    })
}

/// Tells of each failure, and once where several images have the same, as when nobody is
/// there or credentials cannot be read.
pub(super) fn failures(printer: &Printer, failures: &[Failure]) {
    let mut kinds: IndexMap<(String, bool), Vec<&Failure>> = IndexMap::new();
    for failed in failures {
        let kind = (format!("{:?}", failed.error), failed.may_be_context);
        kinds.entry(kind).or_default().push(failed);
    }
    for failures in kinds.values() {
        let [failed, others @ ..] = failures.as_slice() else {
            continue;
        };
        let mut diagnostic = failure(failed);
        if !others.is_empty() {
            let names = others.iter().map(|other| format!("`{}`", other.image));
            let mut names: Vec<String> = names.take(MOST_NAMES).collect();
            if others.len() > MOST_NAMES {
                names.push(format!("{} more", others.len() - MOST_NAMES));
            }
            diagnostic
                .notes
                .push(format!("the same for {}", names.join(", ")));
        }
        printer.diagnostic(&diagnostic);
    }
}

/// Returns what a failure for one image looks like.
pub(super) fn failure(failed: &Failure) -> Diagnostic {
    let places = failed.places.join(", ");
    if failed.may_be_context {
        return Diagnostic::warning(format!(
            "{places}: `{}` is not pinned: {}",
            failed.image, failed.error
        ))
        .with_help(format!(
            "if this is a named build context, declare it with `--context {}`, or with `contexts` in \
             the configuration",
            failed.image.trim_end_matches(":latest")
        ));
    }
    let message = failed.error.to_string();
    let mut diagnostic = Diagnostic::error(if message.contains(&failed.image) {
        message
    } else {
        format!("`{}`: {message}", failed.image)
    });
    let mut cause = std::error::Error::source(&failed.error);
    while let Some(error) = cause {
        diagnostic.notes.push(error.to_string());
        cause = error.source();
    }
    if !places.is_empty() {
        diagnostic.notes.push(format!("used at {places}"));
    }
    diagnostic.help = failure::registry_help(&failed.error);
    diagnostic
}

/// Prints the difference that the pins make.
pub(super) fn diff(printer: &Printer, pinned: &Pinned) -> io::Result<()> {
    for file in &pinned.files {
        if let Some(after) = &file.after {
            let before = String::from_utf8_lossy(&file.file.bytes);
            let after = String::from_utf8_lossy(after);
            printer.diff(&file.file.name, Some(&before), &after)?;
        }
    }
    Ok(())
}

/// Returns what standard input became, if it was the input.
pub(super) fn standard_output(pinned: &Pinned) -> Vec<u8> {
    match pinned.files.as_slice() {
        [
            PinnedFile {
                file: file @ SurveyedFile { path: None, .. },
                after,
                ..
            },
        ] => after.clone().unwrap_or_else(|| file.bytes.clone()),
        _ => Vec::new(),
    }
}

/// Tells of each pin that is new or moves.
pub(super) fn changes(printer: &Printer, pinned: &Pinned, only_tells: bool) {
    let mut lines: IndexSet<String> = IndexSet::new();
    for (file, image_use, outcome) in pinned.outcomes() {
        let what = match outcome {
            Outcome::Added(digest) => format!("→ {}", digest.short()),
            Outcome::Moved { from, to } => format!("{} → {}", from.short(), to.short()),
            Outcome::Unpinned if only_tells => "is not pinned".to_owned(),
            _ => continue,
        };
        let (line, _) = file.file.position(image_use.span.start);
        let image = match &image_use.meaning {
            Meaning::Image(reference) => without_digest(reference),
            _ => image_use.value.clone(),
        };
        lines.insert(format!(
            "  {}:{line}: {image} {what}",
            file.file.shown_name()
        ));
    }
    for line in lines.iter().take(MOST_CHANGES) {
        printer.line(line);
    }
    if lines.len() > MOST_CHANGES {
        printer.line(&format!("  and {} more", lines.len() - MOST_CHANGES));
    }
}

fn without_digest(reference: &Reference) -> String {
    reference.as_str()[..reference.tag_end()].to_owned()
}

/// Returns the closing line.
pub(super) fn closing(pinned: &Pinned, only_tells: bool, elapsed: Duration) -> String {
    let count = |wanted: fn(&Outcome) -> bool| {
        pinned
            .outcomes()
            .filter(|(_, _, outcome)| wanted(outcome))
            .count()
    };
    let added = count(|outcome| matches!(outcome, Outcome::Added(_)));
    let moved = count(|outcome| matches!(outcome, Outcome::Moved { .. }));
    let kept = count(|outcome| matches!(outcome, Outcome::Kept(_) | Outcome::Stuck(..)));
    let open = count(|outcome| {
        matches!(outcome, Outcome::Unpinned | Outcome::Failed(_))
            || matches!(outcome, Outcome::Left(reason) if !reason.is_settled())
    });
    let files = pinned
        .files
        .iter()
        .filter(|file| file.after.is_some())
        .count();
    let mut parts = Vec::new();
    if added > 0 {
        let word = if only_tells { "would pin" } else { "pinned" };
        parts.push(format!("{word} {}", references(added)));
    }
    if moved > 0 {
        let word = if only_tells { "would move" } else { "moved" };
        parts.push(format!("{word} {}", digests(moved)));
    }
    if files > 0 {
        let last = parts.pop().unwrap_or_default();
        parts.push(format!("{last} in {}", many(files, "file")));
    }
    if kept > 0 {
        parts.push(format!("{kept} pinned before"));
    }
    if open > 0 {
        parts.push(format!("{open} not pinned"));
    }
    let text = match parts.as_slice() {
        [] if pinned.files.is_empty() => nothing(&pinned.unread),
        [] => format!("No images to pin in {}", many(pinned.files.len(), "file")),
        parts => capital(&parts.join(", ")),
    };
    ended(&text, pinned.requests, elapsed)
}

fn references(count: usize) -> String {
    many(count, "reference")
}

fn digests(count: usize) -> String {
    many(count, "digest")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Returns the findings of a verification, a paragraph each.
pub(super) fn findings(verified: &Verified) -> String {
    let mut text = String::new();
    for finding in &verified.findings {
        let list = |platforms: &[crate::image::Platform]| {
            let texts: Vec<String> = platforms.iter().map(ToString::to_string).collect();
            texts.join(", ")
        };
        let what = match &finding.kind {
            FindingKind::Gone => "gone: the registry no longer has this digest".to_owned(),
            FindingKind::NoPlatform { missing, has } => {
                format!("no {}: the image is for {} only", list(missing), list(has))
            }
            FindingKind::PlatformGone(platforms) => format!(
                "partly gone: the index is there, but not the image for {}",
                list(platforms)
            ),
            FindingKind::Edited { is, now } => format!(
                "another image: the digest is {is}, but the tag is now {}; was the tag edited without the digest?",
                now.short()
            ),
            FindingKind::Moved { now, versions } => match versions {
                Some((before, after)) if before != after => {
                    format!("moved: the tag is now {} ({before} → {after})", now.short())
                }
                _ => format!("moved: the tag is now {}", now.short()),
            },
            FindingKind::TagGone => {
                "the registry no longer has this tag, but it has the digest".to_owned()
            }
        };
        let level = if finding.kind.is_wrong() {
            "wrong"
        } else {
            "note"
        };
        let _ = writeln!(
            text,
            "{level}: {}@{}: {what}",
            finding.image,
            finding.digest.short()
        );
        for place in &finding.places {
            let _ = writeln!(text, "  at {place}");
        }
    }
    text
}

/// Returns the closing line of a verification.
pub(super) fn verified(verified: &Verified, elapsed: Duration) -> String {
    let wrong = verified
        .findings
        .iter()
        .filter(|finding| finding.kind.is_wrong())
        .count();
    let moved = verified
        .findings
        .iter()
        .filter(|finding| matches!(finding.kind, FindingKind::Moved { .. }))
        .count();
    let mut parts = Vec::new();
    if wrong > 0 {
        parts.push(format!("{wrong} wrong"));
    } else if verified.failures.is_empty() {
        parts.push("no problems".to_owned());
    }
    if moved > 0 {
        parts.push(format!("{} moved on", many(moved, "tag")));
    }
    if !verified.failures.is_empty() {
        parts.push(format!("{} not checked", verified.failures.len()));
    }
    if verified.unpinned > 0 {
        parts.push(format!("{} not pinned", references(verified.unpinned)));
    }
    let text = if verified.files.is_empty() {
        nothing(&verified.unread)
    } else {
        let pins = many(verified.pins, "pinned image");
        format!("Verified {pins}: {}", parts.join(", "))
    };
    ended(&text, verified.requests, elapsed)
}

/// Returns what there is to say where no file was looked at.
fn nothing(unread: &[files::Error]) -> String {
    if unread.is_empty() {
        "Found no Dockerfiles or compose files".to_owned()
    } else {
        "No file could be read".to_owned()
    }
}

/// Returns what is known about each reference.
pub(super) fn explained(survey: &Survey) -> String {
    let mut text = String::new();
    for file in &survey.files {
        let _ = writeln!(text, "{}", file.shown_name());
        if file.uses.is_empty() {
            text.push_str("  no images\n");
        }
        for image_use in &file.uses {
            let (line, column) = file.position(image_use.span.start);
            let _ = writeln!(
                text,
                "  {line}:{column}  {} {}",
                place(&image_use.place),
                image_use.written
            );
            for fact in facts(file, image_use) {
                let _ = writeln!(text, "      {fact}");
            }
        }
    }
    text
}

/// Returns the name of a place.
pub(super) fn place(place: &Place) -> String {
    match place {
        Place::From { stage_index, name } => match name {
            Some(name) => format!("FROM (stage {stage_index}, `{name}`)"),
            None => format!("FROM (stage {stage_index})"),
        },
        Place::CopyFrom => "COPY --from".to_owned(),
        Place::MountFrom => "RUN --mount from".to_owned(),
        Place::Syntax => "# syntax".to_owned(),
        Place::OnbuildCopyFrom => "ONBUILD COPY --from".to_owned(),
        Place::OnbuildMountFrom => "ONBUILD RUN --mount from".to_owned(),
        Place::ComposeImage { service } => format!("image of `{service}`"),
        Place::ComposeContext { service, context } => {
            format!("context `{context}` of `{service}`")
        }
        Place::Inline {
            service,
            place: inner,
        } => {
            format!("inline Dockerfile of `{service}`, {}", self::place(inner))
        }
    }
}

fn facts(file: &SurveyedFile, image_use: &ImageUse) -> Vec<String> {
    let mut facts = Vec::new();
    for variable in &image_use.variables {
        let line = |span: crate::text::Span| file.position(span.start).0;
        let name = &variable.name;
        let value = &variable.value;
        facts.push(match variable.source {
            VariableSource::Arg(span) => {
                format!("{name} is `{value}`, from ARG on line {}", line(span))
            }
            VariableSource::Inline(_) => format!("{name} is `{value}`, its inline default"),
            VariableSource::Expression => format!("{name} expands to `{value}`"),
            VariableSource::Builder => format!("{name} is set by the builder"),
            VariableSource::Nothing => format!("{name} has no value here"),
        });
    }
    if image_use.value != image_use.written {
        facts.push(format!("expands to `{}`", image_use.value));
    }
    facts.push(match &image_use.meaning {
        Meaning::Image(reference) => {
            let repository = reference.repository();
            match reference.followed_tag() {
                Some(tag) => format!("image {repository}, tag {tag}"),
                None => format!("image {repository}, no tag"),
            }
        }
        Meaning::Stage(index) => format!("stage {index} of this file: no image is pulled"),
        Meaning::Stages(indexes) => {
            let texts: Vec<String> = indexes.iter().map(ToString::to_string).collect();
            format!(
                "one of the stages {} of this file, chosen by the builder: no image is pulled",
                texts.join(", ")
            )
        }
        Meaning::Scratch => "the empty image: nothing is pulled".to_owned(),
        Meaning::Context(name) => format!("the build context `{name}`: provided to the build"),
        Meaning::Unknown
            if matches!(image_use.place, Place::ComposeImage { .. })
                && image_use.state == State::Nothing =>
        {
            "the name of the image that `build:` builds: no image is pulled".to_owned()
        }
        Meaning::Unknown => "not known to be an image".to_owned(),
    });
    if let Some(platform) = &image_use.platform {
        facts.push(format!("for the platform {platform}"));
    }
    match &image_use.state {
        State::Nothing => {}
        State::Open(site) => {
            facts.push(format!(
                "not pinned; the digest goes {}",
                carrier(file, site)
            ));
        }
        State::Pinned(Ok(site)) => facts.push(format!("pinned {}", carrier(file, site))),
        State::Pinned(Err(reason)) => {
            facts.push(format!("pinned, but -U cannot move it: {reason}"));
        }
        State::Left { reason, frozen } => {
            facts.push(format!("not pinned: {reason}"));
            if frozen.is_some() {
                facts.push("`--freeze-args` would pin it".to_owned());
            }
        }
    }
    facts
}

fn carrier(file: &SurveyedFile, site: &Site) -> String {
    let (line, _) = file.position(site.span.start);
    match &site.carrier {
        Carrier::Word => format!("in the reference itself, on line {line}"),
        Carrier::Arg(name) => format!("in the default of ARG {name}, on line {line}"),
        Carrier::Inline(name) => format!("in the inline default of {name}, on line {line}"),
    }
}
