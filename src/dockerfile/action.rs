//! What instructions mean for images.

use super::expanded::Expanded;
use crate::text::{Mapped, Span};

/// An instruction that was read.
#[derive(Debug)]
pub(super) struct Instruction {
    /// From its keyword to its end, without heredocs and the last line's ending.
    pub(super) span: Span,
    /// The line of its keyword.
    pub(super) first_line: usize,
    pub(super) action: Action,
    /// Its lines put together, for tests.
    #[cfg(test)]
    pub(super) line: Mapped,
}

/// What an instruction means for images.
#[derive(Debug)]
pub(super) enum Action {
    From(Box<From>),
    /// `ARG` before the first `FROM`: the numbers of its defaults.
    Args(Vec<usize>),
    /// `ARG` in a stage.
    Redeclared(Redeclared),
    /// `COPY`, with what `--from` names.
    Copy(Option<Named>),
    /// `RUN`, with what its mounts name.
    Run(Vec<Named>),
    /// `ONBUILD`
    Onbuild(Box<Self>),
    /// Anything that names no image.
    Other,
}

/// `ARG` in a stage.
#[derive(Debug, Default)]
pub(super) struct Redeclared {
    /// The names without a default, none for one that may be any.
    pub(super) bare: Vec<Option<String>>,
    /// The names with one of their own.
    pub(super) with_default: Vec<String>,
}

/// `FROM`
#[derive(Debug)]
pub(super) struct From {
    /// The word that names the image, if there is any.
    pub(super) word: Option<Word>,
    /// The stage's name, in lower case.
    pub(super) name: Option<String>,
    /// The value of `--platform`.
    pub(super) platform: Option<Expanded>,
    /// Why BuildKit refuses it.
    pub(super) rejection: Option<String>,
}

/// A word in which variables count.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: Mapped,
    pub(super) expanded: Expanded,
}

/// A name in which they do not.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) text: Mapped,
    /// Why BuildKit refuses it.
    pub(super) rejection: Option<String>,
}
