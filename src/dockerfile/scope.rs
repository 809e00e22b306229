//! The variables that `FROM` sees: those of `ARG` before the first `FROM`, and those
//! that the builder gives.

use std::collections::BTreeMap;

use super::expanded::{Atom, Expanded};
use crate::text::Span;

/// The variables that the builder sets for each build and platform.
const OF_BUILDER: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// How many bytes values may add to a file's words, beside four times the file's own
/// size. Without a bound, thirty lines of `ARG A=$A$A` are a gigabyte.
const FREE_BYTES: usize = 64 * 1024;

/// A variable's default.
#[derive(Debug)]
pub(super) struct Arg {
    pub(super) name: String,
    /// What the default comes to.
    pub(super) value: Expanded,
    /// Where the default stands in the file.
    pub(super) span: Span,
    /// Which defaults the default names itself.
    pub(super) mentions: Vec<usize>,
}

/// All defaults, and which one a name has now.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) args: Vec<Arg>,
    current: BTreeMap<String, usize>,
}

/// What is known of a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    /// A default, by its number.
    Arg(usize, &'a Arg),
    /// The builder gives it.
    Builder,
    /// Nothing gives it here.
    Nothing,
}

/// How many bytes values may still add.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn for_file(size: usize) -> Self {
        Self(FREE_BYTES.saturating_add(size.saturating_mul(4)))
    }

    /// Takes bytes, and says whether there were enough.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

impl Scope {
    /// Gives a name a new default, which replaces an earlier one.
    pub(super) fn declare(&mut self, arg: Arg) {
        self.current.insert(arg.name.clone(), self.args.len());
        self.args.push(arg);
    }

    pub(super) fn find(&self, name: &str) -> Found<'_> {
        match self.current.get(name) {
            Some(&number) => Found::Arg(number, &self.args[number]),
            None if is_of_builder(name) => Found::Builder,
            None => Found::Nothing,
        }
    }
}

impl Arg {
    pub(super) fn atoms(&self) -> &[Atom] {
        &self.value.atoms
    }
}

/// Whether the builder gives a variable of this name.
pub(super) fn is_of_builder(name: &str) -> bool {
    OF_BUILDER.contains(&name)
}
