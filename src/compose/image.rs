//! A word that names an image, after Compose has replaced its variables: what it
//! means, and where its digest goes.
//!
//! A digest goes into the default of a variable where that is the end of the name, so
//! that a value from the environment replaces both. Variables before the last component
//! of the name are harmless: a digest is the same in each faithful mirror.

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
        .find(|variable| match &variable.kind {
            Kind::Missing => true,
            Kind::Expression(text) => variable.span.start > 0 || !text.ends_with('/'),
            Kind::Default(_) => false,
        });
    let reason = missing.map(|variable| match variable.kind {
        Kind::Expression(_) => Reason::Expression(variable.name.clone()),
        _ => Reason::NoDefault(variable.name.clone()),
    });
    let reference = match (reason, Reference::parse(value)) {
        (Some(reason @ Reason::Expression(_)), Ok(reference)) if reference.digest().is_none() => {
            let frozen = frozen(word, &reference, source);
            return (Meaning::Image(reference), State::Left { reason, frozen });
        }
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
    let frozen = frozen(word, reference, source);
    if let Some(range) = reference.digest_range().map(Span::from) {
        if reference.followed_tag().is_none() {
            return State::Pinned(Err(Reason::NoTag));
        }
        let found = verbatim(&replaced.text, range, source);
        let site = found.map(|span| Site {
            span,
            prefix: "@",
            carrier: innermost(replaced, range),
            tag: tag(replaced, reference, range, source),
        });
        return State::Pinned(site.ok_or_else(|| Reason::Unsafe(SCATTERED.to_owned())));
    }
    let end = replaced.text.len();
    let at = replaced.text.source(Span::new(end, end));
    let (Some(word_end), Some(at)) = (&frozen, at) else {
        return State::Left {
            reason: Reason::Unsafe("it spans several lines".to_owned()),
            frozen: None,
        };
    };
    let component = reference.name().rfind('/').map_or(0, |slash| slash + 1);
    let harm = replaced.variables.iter().find(|variable| {
        let is_tail = variable.span.end == end && !variable.span.is_empty();
        !is_tail && variable.span.end > component
    });
    match harm {
        Some(variable) => State::Left {
            reason: if variable.span.start < reference.name_end() {
                Reason::InName(variable.name.clone())
            } else {
                Reason::NotAtEnd(variable.name.clone())
            },
            frozen,
        },
        None => State::Open(Site {
            span: at,
            prefix: word_end.prefix,
            carrier: innermost(replaced, Span::new(end - 1, end)),
            tag: tag(replaced, reference, Span::new(end, end), source),
        }),
    }
}

/// Returns the place behind a word without a digest, if it is on one line.
fn frozen(word: &Mapped, reference: &Reference, source: &[u8]) -> Option<Site> {
    let whole = word.source(Span::new(0, word.len()))?;
    let is_on_one_line = !source[whole.range()].contains(&b'\n');
    is_on_one_line.then(|| Site {
        span: Span::new(whole.end, whole.end),
        prefix: if reference.tag().is_some() {
            "@"
        } else {
            ":latest@"
        },
        carrier: Carrier::Word,
        tag: None,
    })
}

/// Returns where the tag stands, if it is all in the text that has the digest.
fn tag(replaced: &Replaced, reference: &Reference, digest: Span, source: &[u8]) -> Option<Span> {
    reference.tag()?;
    let tag = Span::new(reference.name_end() + 1, reference.tag_end());
    let variables = replaced.variables.iter();
    together(&replaced.text, variables, tag, digest, source)
}

/// Returns where a tag stands in the source, if no variable has a part in it or in the
/// digest behind it without having both.
pub(super) fn together<'a>(
    text: &Mapped,
    mut variables: impl Iterator<Item = &'a Replacement>,
    tag: Span,
    digest: Span,
    source: &[u8],
) -> Option<Span> {
    let both = Span::new(tag.start, digest.end);
    let is_one_piece = variables.all(|variable| {
        let has_both = variable.span.start <= both.start && both.end <= variable.span.end;
        has_both && !variable.span.is_empty() || !touches(variable.span, both)
    });
    let found = verbatim(text, tag, source);
    found.filter(|_| is_one_piece)
}

/// Whether a variable's value is a part of a piece of text, or stands at its edge.
pub(super) fn touches(variable: Span, piece: Span) -> bool {
    if variable.is_empty() {
        piece.start <= variable.start && variable.start <= piece.end
    } else {
        variable.start < piece.end && piece.start < variable.end
    }
}

/// Whether a digest ends a text that may be no reference otherwise.
pub(super) fn has_digest(text: &str) -> bool {
    let digest = text.rsplit_once('@').map(|(_, digest)| digest);
    digest.is_some_and(|digest| digest.parse::<Digest>().is_ok())
}

/// Returns the innermost variable whose value holds a part of the text.
fn innermost(replaced: &Replaced, part: Span) -> Carrier {
    let holds = |variable: &&Replacement| {
        variable.span.start <= part.start && part.end <= variable.span.end
    };
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
pub(super) const STRAY: &str = "`$` does not start a variable here, which Compose refuses";
/// Why a digest that is made of several pieces stays.
pub(super) const SCATTERED: &str = "its digest is split into several parts";
