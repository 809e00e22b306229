//! What a word means as an image, and where a digest may go.
//!
//! A digest goes right behind the tag, where the tag's last byte stands: in the word,
//! in the default of an `ARG`, or in an inline default. That is safe when every
//! variable that may change name or tag takes the digest away with it. So:
//!
//! - variables before the last component of the name do no harm: a digest is the same
//!   in every faithful mirror;
//! - other variables in name or tag leave the word as it is, unless the last byte
//!   comes from them;
//! - an expression has no place for a digest.
//!
//! Whether an `ARG` can carry it depends on all who use it: see `sharing`.

use super::expanded::{Atom, Cause, Expanded, Failure, Made};
use super::uses::{Carrier, Meaning, Reason, Site, State, VariableSource};
use crate::image::{Reference, ReferenceError};
use crate::text::Span;

/// What can be said of a word on its own.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) meaning: Meaning,
    pub(super) state: State,
    /// The `ARG` that would carry the digest.
    pub(super) carried: Option<Carried>,
}

/// A digest in the default of an `ARG`.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) arg: usize,
    /// The image, normalized.
    pub(super) image: String,
    pub(super) frozen: Option<Site>,
}

/// A place for a digest, and the default that it is in.
struct Found {
    site: Site,
    arg: Option<usize>,
}

impl Judgement {
    pub(super) const fn new(meaning: Meaning, state: State) -> Self {
        Self {
            meaning,
            state,
            carried: None,
        }
    }

    pub(super) const fn nothing(meaning: Meaning) -> Self {
        Self::new(meaning, State::Nothing)
    }

    pub(super) const fn left(meaning: Meaning, reason: Reason) -> Self {
        Self::new(
            meaning,
            State::Left {
                reason,
                frozen: None,
            },
        )
    }
}

/// Says what a word that names no stage means; `contexts` are the names of contexts.
pub(super) fn judge(word: &Expanded, contexts: &[String], may_freeze: bool) -> Judgement {
    let reason = match &word.failure {
        Some(Failure::Unset(name)) => Some(Reason::NoDefault(name.clone())),
        Some(Failure::Syntax(message)) => Some(Reason::Rejected((*message).to_owned())),
        Some(Failure::TooLong) => Some(Reason::NotAReference(ReferenceError::TooLong)),
        None => of_builder(word).map(Reason::PerPlatform),
    };
    if let Some(reason) = reason {
        return Judgement::left(Meaning::Unknown, reason);
    }
    let value = String::from_utf8_lossy(&word.bytes()).into_owned();
    if value == "scratch" {
        return Judgement::nothing(Meaning::Scratch);
    }
    let reference = match Reference::parse(&value) {
        Ok(reference) => reference,
        Err(error) => {
            let reason = match word.gaps.iter().find(|gap| gap.cause == Cause::Nothing) {
                Some(gap) => Reason::NoDefault(word.name(gap.variable)),
                None => Reason::NotAReference(error),
            };
            return Judgement::left(Meaning::Unknown, reason);
        }
    };
    if let Some(context) = context(&reference, contexts) {
        return Judgement::nothing(Meaning::Context(context));
    }
    let found = match reference.digest_range() {
        Some(digest) => pinned(word, &reference, Span::from(digest)),
        None => open(word, &reference),
    };
    let frozen = (may_freeze && reference.digest().is_none()).then(|| Site {
        span: Span::new(word.end, word.end),
        prefix: prefix(&reference),
        carrier: Carrier::Word,
        tag: None,
    });
    let mut carried = None;
    let state = match (found, reference.digest()) {
        (Ok(found), digest) => {
            carried = found.arg.map(|arg| Carried {
                arg,
                image: format!(
                    "{}:{}",
                    reference.repository(),
                    reference.followed_tag().unwrap_or_default()
                ),
                frozen,
            });
            match digest {
                Some(_) => State::Pinned(Ok(found.site)),
                None => State::Open(found.site),
            }
        }
        (Err(reason), Some(_)) => State::Pinned(Err(reason)),
        (Err(reason), None) => State::Left {
            frozen: frozen.filter(|_| !matches!(reason, Reason::NoDefault(_))),
            reason,
        },
    };
    Judgement {
        meaning: Meaning::Image(reference),
        state,
        carried,
    }
}

/// Returns the variable that only the builder knows.
pub(super) fn of_builder(word: &Expanded) -> Option<String> {
    let atom = word.atoms.iter().find(|atom| atom.made == Made::Builder)?;
    atom.variable.map(|variable| word.name(variable))
}

/// Returns the context whose name is the reference's.
fn context(reference: &Reference, contexts: &[String]) -> Option<String> {
    if contexts.is_empty() {
        return None;
    }
    let familiar = reference.familiar();
    contexts.iter().find(|name| **name == familiar).cloned()
}

const fn prefix(reference: &Reference) -> &'static str {
    if reference.name_end() == reference.tag_end() {
        ":latest@"
    } else {
        "@"
    }
}

/// Finds the place for the digest of a reference that has none.
fn open(word: &Expanded, reference: &Reference) -> Result<Found, Reason> {
    let start = reference.name().rfind('/').map_or(0, |slash| slash + 1);
    let end = reference.tag_end();
    let is_name = |at: usize| at < reference.name_end();
    let gaps = || word.gaps.iter().filter(|gap| gap.at > start);
    let expression = word.atoms[start..end]
        .iter()
        .find(|atom| atom.made == Made::Expression)
        .and_then(|atom| atom.variable)
        .or_else(|| {
            let mut gaps = gaps();
            gaps.find(|gap| gap.cause == Cause::Expression)
                .map(|gap| gap.variable)
        });
    if let Some(variable) = expression {
        return Err(Reason::Expression(word.name(variable)));
    }
    if let Some(gap) = gaps().find(|gap| gap.cause == Cause::Nothing) {
        return Err(Reason::NoDefault(word.name(gap.variable)));
    }
    let last = word.atoms[end - 1];
    let is_harmless = |variable: usize| {
        last.variable
            .is_some_and(|carrier| word.is_within(carrier, variable))
    };
    let others = (start..end)
        .filter_map(|at| word.atoms[at].variable.map(|variable| (at, variable)))
        .filter(|&(_, variable)| !is_harmless(variable));
    let empty = gaps()
        .filter(|gap| gap.cause == Cause::Empty)
        .map(|gap| (gap.at, gap.variable));
    if let Some((at, variable)) = others.chain(empty).min() {
        let name = word.name(variable);
        let has_tag = reference.tag().is_some();
        return Err(if is_name(at) || (at == reference.name_end() && has_tag) {
            Reason::InName(name)
        } else {
            Reason::NotAtEnd(name)
        });
    }
    let is_nested = |atom: &&Atom| atom.made == Made::Nested;
    let nested = word.atoms[start..end]
        .iter()
        .find(is_nested)
        .and_then(|atom| atom.variable)
        .or_else(|| gaps().next().map(|gap| gap.variable));
    if let Some(variable) = nested {
        return Err(Reason::NestedArg(word.name(variable)));
    }
    let span = Span::new(last.source.end, last.source.end);
    Ok(place(word, reference, last.variable, span))
}

/// Finds the digest of a reference that has one.
fn pinned(word: &Expanded, reference: &Reference, digest: Span) -> Result<Found, Reason> {
    if reference.tag().is_none() {
        return Err(Reason::NoTag);
    }
    let atoms = &word.atoms[digest.range()];
    let [first, .., last] = atoms else {
        return Err(Reason::Unsafe("the digest is empty".to_owned()));
    };
    if atoms.iter().any(|atom| atom.variable != first.variable) {
        let message = "the digest is assembled from several parts";
        return Err(Reason::Unsafe(message.to_owned()));
    }
    if let Some(variable) = first.variable {
        let is_made = |made| atoms.iter().any(|atom| atom.made == made);
        if is_made(Made::Expression) {
            return Err(Reason::Expression(word.name(variable)));
        }
        if is_made(Made::Nested) {
            return Err(Reason::NestedArg(word.name(variable)));
        }
    }
    let span = Span::new(first.source.start, last.source.end);
    let is_whole = atoms
        .iter()
        .enumerate()
        .all(|(index, atom)| atom.source == Span::new(span.start + index, span.start + index + 1));
    if !is_whole {
        let message = "the digest is interrupted by other characters";
        return Err(Reason::Unsafe(message.to_owned()));
    }
    Ok(place(word, reference, first.variable, span))
}

/// Returns where the tag stands, if it is all in the text that the variable has.
fn tag(word: &Expanded, reference: &Reference, variable: Option<usize>) -> Option<Span> {
    reference.tag()?;
    let tag = reference.name_end() + 1..reference.tag_end();
    let is_beside = |at: usize| tag.start <= at && at <= tag.end;
    let atoms = word.atoms.get(tag.clone())?;
    let span = Span::new(atoms.first()?.source.start, atoms.last()?.source.end);
    let is_whole = atoms.iter().enumerate().all(|(index, atom)| {
        atom.made == Made::Literal
            && atom.variable == variable
            && atom.source == Span::new(span.start + index, span.start + index + 1)
    });
    (is_whole && !word.gaps.iter().any(|gap| is_beside(gap.at))).then_some(span)
}

fn place(word: &Expanded, reference: &Reference, variable: Option<usize>, span: Span) -> Found {
    let entry = variable.map(|variable| &word.variables[variable]);
    let carrier = match entry {
        None => Carrier::Word,
        Some(entry) => match entry.variable.source {
            VariableSource::Inline(_) => Carrier::Inline(entry.variable.name.clone()),
            _ => Carrier::Arg(entry.variable.name.clone()),
        },
    };
    let arg = match carrier {
        Carrier::Arg(_) => entry.and_then(|entry| entry.arg),
        Carrier::Word | Carrier::Inline(_) => None,
    };
    Found {
        site: Site {
            span,
            prefix: prefix(reference),
            carrier,
            tag: tag(word, reference, variable),
        },
        arg,
    }
}
