//! Tables of compose files before and after, and the laws that hold for all.
//!
//! A table in `fixtures/compose/` has cases: a title, a file, what comes out of it
//! (nothing if it stays), a line for each use, a line for each problem. `«BOM»`, `␍`
//! and `⇥` stand for what cannot be seen, `¶` for a missing end of the last line, `OLD`
//! and `D(x)` for digests.

use proptest::prelude::*;

use super::ComposeFile;
use crate::dockerfile::{Carrier, ImageUse, Meaning, Outside, Place, State};
use crate::image::{Digest, Reference};
use crate::text::{Edit, apply, position};

const TITLE: &str = "=== ";
const BECOMES: &str = "--- becomes\n";
const USES: &str = "--- uses\n";
const PROBLEMS: &str = "--- problems\n";

#[test]
fn images_of_services() {
    check(
        "images.txt",
        include_str!("../../fixtures/compose/images.txt"),
    );
}

#[test]
fn variables_that_compose_replaces() {
    check(
        "variables.txt",
        include_str!("../../fixtures/compose/variables.txt"),
    );
}

#[test]
fn dockerfiles_in_scalars() {
    check(
        "dockerfiles.txt",
        include_str!("../../fixtures/compose/dockerfiles.txt"),
    );
}

/// Checks that each case of a table comes out as the table says.
#[track_caller]
fn check(name: &str, table: &str) {
    let mut actual = String::new();
    for case in table.split(TITLE).skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let ends = [BECOMES, USES, PROBLEMS]
            .iter()
            .filter_map(|mark| rest.find(mark));
        let input = &rest[..ends.min().unwrap_or(rest.len())];
        actual.push_str(&format!("{TITLE}{title}\n{input}{}", outcome(input)));
    }
    assert!(actual == table, "{name} should be:\n{actual}");
}

fn outcome(input: &str) -> String {
    let source = seen(input);
    let file = ComposeFile::parse(source.as_bytes());
    let uses = file.uses(&Outside::default());
    let pinned = pin(source.as_bytes(), &uses);
    let mut outcome = String::new();
    let text = shown(&String::from_utf8(pinned).unwrap(), &uses);
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "¶\n"
    };
    let text = text + end;
    if text != input {
        outcome += BECOMES;
        outcome += &text;
    }
    let at = |offset| {
        let position = position(&source, offset);
        format!("{}:{}", position.line_number, position.column_number)
    };
    if !uses.is_empty() {
        outcome += USES;
    }
    for image in &uses {
        outcome += &shown(
            &format!("{} {}", at(image.span.start), describe(image)),
            &uses,
        );
        outcome += "\n";
    }
    if !file.problems().is_empty() {
        outcome += PROBLEMS;
    }
    for problem in file.problems() {
        outcome += &format!("{} {}\n", at(problem.span.start), problem.message);
    }
    outcome
}

fn describe(image: &ImageUse) -> String {
    let place = place(&image.place);
    let value = if image.value == image.written {
        image.value.clone()
    } else {
        format!("{} = {}", image.written, image.value)
    };
    let platform = image
        .platform
        .as_ref()
        .map(|platform| format!(" for {platform}"));
    let carrier = |carrier: &Carrier| match carrier {
        Carrier::Word => String::new(),
        Carrier::Arg(name) => format!(" in ARG {name}"),
        Carrier::Inline(name) => format!(" in the default of {name}"),
    };
    let state = match &image.state {
        State::Nothing => format!("nothing to do: {:?}", image.meaning),
        State::Open(site) => format!("open{}", carrier(&site.carrier)),
        State::Pinned(Ok(site)) => format!("pinned{}", carrier(&site.carrier)),
        State::Pinned(Err(reason)) => format!("pinned for good: {reason}"),
        State::Left {
            reason,
            frozen: None,
        } => format!("left: {reason}"),
        State::Left { reason, .. } => format!("left, could be frozen: {reason}"),
    };
    let line = format!("{place}: {value}{}: {state}", platform.unwrap_or_default());
    line.replace('\n', "⏎")
}

fn place(place: &Place) -> String {
    match place {
        Place::ComposeImage { service } => service.clone(),
        Place::ComposeContext { service, context } => format!("{service}, context {context}"),
        Place::Inline {
            service,
            place: inner,
        } => format!("{service}, {}", self::place(inner)),
        Place::From { .. } => "FROM".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Makes the edits that give each open place its digest.
fn pin(source: &[u8], uses: &[ImageUse]) -> Vec<u8> {
    apply(source, &edits(uses)).unwrap()
}

fn edits(uses: &[ImageUse]) -> Vec<Edit> {
    let edits = uses
        .iter()
        .filter_map(|image| match (&image.state, &image.meaning) {
            (State::Open(site), Meaning::Image(reference)) => Some(site.edit(&digest(reference).1)),
            _ => None,
        });
    edits.collect()
}

/// Returns what is asked of a registry, and its answer.
fn digest(reference: &Reference) -> (String, Digest) {
    let repository = reference.repository().familiar().into_owned();
    let name = format!("{repository}:{}", reference.followed_tag().unwrap());
    let digest = Digest::of(name.as_bytes());
    (name, digest)
}

/// Returns the digest that is written `OLD`.
fn old() -> Digest {
    Digest::of(b"old")
}

/// Returns a text with what cannot be seen in it.
fn seen(text: &str) -> String {
    text.replace("¶\n", "")
        .replace("␍\n", "\r\n")
        .replace("«BOM»", "\u{feff}")
        .replace('⇥', "\t")
        .replace("OLD", old().as_str())
}

/// Returns a text with signs for what cannot be seen.
fn shown(text: &str, uses: &[ImageUse]) -> String {
    let mut text = text
        .replace("\r\n", "␍\n")
        .replace('\u{feff}', "«BOM»")
        .replace('\t', "⇥")
        .replace(old().as_str(), "OLD");
    for image in uses {
        if let (State::Open(_), Meaning::Image(reference)) = (&image.state, &image.meaning) {
            let (name, digest) = digest(reference);
            text = text.replace(digest.as_str(), &format!("D({name})"));
        }
    }
    text
}
