//! A word that names an image, after Compose has replaced its variables: what it
//! means, and where its digest goes.
//!
//! A digest goes into the default of a variable where that is the end of the name, so
//! that a value from the environment replaces both. A variable before it is harmless
//! as long as it only says from which registry the image comes.

use super::template::{Kind, Replaced, Replacement, replace};
use crate::dockerfile::{Carrier, Meaning, Reason, Site, State, Variable, VariableSource};
use crate::image::{Digest, Reference};
use crate::text::{Mapped, Span};

/// What a word names.
#[derive(Debug)]
pub(super) struct Named {
    /// The word with its variables replaced.
    pub(super) value: String,
    /// Its variables.
    pub(super) variables: Vec<Variable>,
    /// What it means.
    pub(super) meaning: Meaning,
    /// What can be done.
    pub(super) state: State,
}

/// Reads a word.
pub(super) fn read(word: &Mapped, source: &[u8]) -> Named {
    let replaced = replace(word, &|_| String::new());
    let value = String::from_utf8_lossy(replaced.text.bytes()).into_owned();
    let (meaning, state) = judge(word, &replaced, &value, source);
    Named {
        variables: replaced
            .variables
            .iter()
            .map(|variable| described(variable, &replaced.text))
            .collect(),
        value,
        meaning,
        state,
    }
}

/// Returns a variable as it is shown.
pub(super) fn described(variable: &Replacement, text: &Mapped) -> Variable {
    let value = &text.bytes()[variable.span.range()];
    let is_known = matches!(variable.kind, Kind::Default(_));
    Variable {
        name: variable.name.clone(),
        value: if is_known {
            String::from_utf8_lossy(value).into_owned()
        } else {
            String::new()
        },
        source: match variable.kind {
            Kind::Default(span) => VariableSource::Inline(span),
            Kind::Missing => VariableSource::Nothing,
            Kind::Expression(_) => VariableSource::Expression,
        },
    }
}

fn judge(word: &Mapped, replaced: &Replaced, value: &str, source: &[u8]) -> (Meaning, State) {
    let left = |reason| State::Left {
        reason,
        frozen: None,
    };
    if !replaced.strays.is_empty() {
        let reason = Reason::Rejected(STRAY.to_owned());
        return (Meaning::Unknown, left(reason));
    }
    if value == "scratch" && replaced.variables.is_empty() {
        return (Meaning::Scratch, State::Nothing);
    }
    let missing = replaced
        .variables
        .iter()
        .find_map(|variable| match &variable.kind {
            Kind::Missing => Some(Reason::NoDefault(variable.name.clone())),
            Kind::Expression(text) if variable.span.start > 0 || !text.ends_with('/') => {
                Some(Reason::Expression(variable.name.clone()))
            }
            Kind::Expression(_) | Kind::Default(_) => None,
        });
    let reference = match (missing, Reference::parse(value)) {
        (Some(reason), _) if has_digest(value) => {
            return (Meaning::Unknown, State::Pinned(Err(reason)));
        }
        (Some(reason), _) => return (Meaning::Unknown, left(reason)),
        (None, Err(error)) => return (Meaning::Unknown, left(Reason::NotAReference(error))),
        (None, Ok(reference)) => reference,
    };
    let state = place(word, replaced, &reference, source);
    (Meaning::Image(reference), state)
}

/// Returns what can be done about a reference.
fn place(word: &Mapped, replaced: &Replaced, reference: &Reference, source: &[u8]) -> State {
    let unsafe_reason = || Reason::Unsafe("it is written over several lines".to_owned());
    let is_on_one_line = |span: Span| !source[span.range()].contains(&b'\n');
    let end = replaced.text.len();
    let whole = word.source(Span::new(0, word.len()));
    let Some(whole) = whole.filter(|span| is_on_one_line(*span)) else {
        return State::Left {
            reason: unsafe_reason(),
            frozen: None,
        };
    };
    if let Some(range) = reference.digest_range() {
        if reference.followed_tag().is_none() {
            return State::Pinned(Err(Reason::NoTag));
        }
        let range = Span::from(range);
        let Some(span) = verbatim(&replaced.text, range, source) else {
            return State::Pinned(Err(Reason::Unsafe(SCATTERED.to_owned())));
        };
        let carrier = innermost(replaced, range.start, range.end);
        return State::Pinned(Ok(Site {
            span,
            prefix: "@",
            carrier,
        }));
    }
    let prefix = if reference.tag().is_some() {
        "@"
    } else {
        ":latest@"
    };
    let harm = replaced.variables.iter().find_map(|variable| {
        let Span { start, end: stop } = variable.span;
        let is_tail = stop == end && start < stop;
        let is_registry = is_registry(reference.as_str(), variable.span);
        let name = &variable.name;
        (!is_tail && !is_registry).then(|| match start < reference.name_end() {
            true => Reason::InName(name.clone()),
            false => Reason::NotAtEnd(name.clone()),
        })
    });
    let site = |at, carrier| Site {
        span: Span::new(at, at),
        prefix,
        carrier,
    };
    match (harm, replaced.text.source(Span::new(end, end))) {
        (Some(reason), _) => State::Left {
            reason,
            frozen: Some(site(whole.end, Carrier::Word)),
        },
        (None, Some(at)) => State::Open(site(at.start, innermost(replaced, end - 1, end))),
        (None, None) => State::Left {
            reason: unsafe_reason(),
            frozen: None,
        },
    }
}

/// Whether a digest ends a text that may be no reference otherwise.
pub(super) fn has_digest(text: &str) -> bool {
    let digest = text.rsplit_once('@').map(|(_, digest)| digest);
    digest.is_some_and(|digest| digest.parse::<Digest>().is_ok())
}

/// Whether what a variable became only says where the image comes from: it begins the
/// reference, and a slash ends it.
pub(super) fn is_registry(reference: &str, span: Span) -> bool {
    let (before, rest) = reference.split_at(span.end);
    span.start == 0 && (before.is_empty() || before.ends_with('/') || rest.starts_with('/'))
}

/// Returns the innermost variable whose value holds a part of the text.
fn innermost(replaced: &Replaced, start: usize, end: usize) -> Carrier {
    let holds = |variable: &&Replacement| variable.span.start <= start && end <= variable.span.end;
    let variable = replaced.variables.iter().rev().find(holds);
    variable.map_or(Carrier::Word, |variable| {
        Carrier::Inline(variable.name.clone())
    })
}

/// Returns where a part of the text stands in the source, if it stands there as it is.
pub(super) fn verbatim(text: &Mapped, span: Span, source: &[u8]) -> Option<Span> {
    let found = text.source(span)?;
    (source[found.range()] == text.bytes()[span.range()]).then_some(found)
}

/// What is wrong with a dollar that begins no variable.
pub(super) const STRAY: &str = "`$` begins no variable here, which Compose refuses";
/// Why a digest that is made of several pieces stays.
pub(super) const SCATTERED: &str = "its digest is not written in one piece";
