//! What a word comes to: its bytes, each with its origin, and its variables.

use super::uses::Variable;
use crate::text::{Mapped, Span};

/// A word that was read.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// Its bytes.
    pub(super) atoms: Vec<Atom>,
    /// Variables that added no byte.
    pub(super) gaps: Vec<Gap>,
    /// The variables that count, in order.
    pub(super) variables: Vec<Occurrence>,
    /// The defaults that it names, also where they do not count.
    pub(super) mentions: Vec<usize>,
    /// Why it cannot be read, if so; then the rest is empty.
    pub(super) failure: Option<Failure>,
    /// Where text is added in the file to be added to the word.
    pub(super) end: usize,
}

impl Expanded {
    /// Takes a word as it stands, without variables, quotes or escapes.
    pub(super) fn literal(word: &Mapped) -> Self {
        let atoms = word.bytes().iter().enumerate().map(|(at, &byte)| Atom {
            byte,
            source: word.source(Span::new(at, at + 1)).unwrap_or_default(),
            variable: None,
            made: Made::Literal,
        });
        Self {
            atoms: atoms.collect(),
            ..Self::default()
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.atoms.iter().map(|atom| atom.byte).collect()
    }

    pub(super) fn name(&self, variable: usize) -> String {
        self.variables[variable].variable.name.clone()
    }

    /// Whether `inner` is `outer`, or stands in its inline default.
    pub(super) fn is_within(&self, inner: usize, outer: usize) -> bool {
        let mut next = Some(inner);
        while let Some(variable) = next {
            if variable == outer {
                return true;
            }
            next = self.variables[variable].parent;
        }
        false
    }
}

/// A byte and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    pub(super) byte: u8,
    /// Where it stands in the file.
    pub(super) source: Span,
    /// The variable that gave it, none if the word itself has it.
    pub(super) variable: Option<usize>,
    pub(super) made: Made,
}

/// How a byte came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// It stands in the file.
    Literal,
    /// It stands in the default of a variable that another default names.
    Nested,
    /// An expression made it.
    Expression,
    /// It stands for what the builder will say.
    Builder,
}

/// A place where a variable added nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    pub(super) at: usize,
    pub(super) variable: usize,
    pub(super) cause: Cause,
}

/// Why a variable added nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It has no value in this file.
    Nothing,
    /// Its value is empty.
    Empty,
    /// An expression makes nothing of it.
    Expression,
    /// In its default, another variable added nothing.
    Nested,
}

/// A variable in a word.
#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) variable: Variable,
    /// The default that gives its value.
    pub(super) arg: Option<usize>,
    /// The variable in whose inline default it stands.
    pub(super) parent: Option<usize>,
}

/// Why a word cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// BuildKit refuses it.
    Syntax(&'static str),
    /// `${V:?…}`, and nothing gives `V`.
    Unset(String),
    /// Its values are too long for any reference.
    TooLong,
}
