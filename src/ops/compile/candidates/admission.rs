//! What makes a file admissible for a target, whichever project it is of.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashSet;

use super::installer::Installer;
use super::rows::{Answers, Numbers};
use crate::ops::compile::candidates::witnesses::Witnesses;
use crate::ops::compile::cutoff::Cutoffs;
use crate::ops::compile::request::WhichHashes;
use crate::python::{Cell, Specifiers, Version};
use crate::requirements::PerProject;
use crate::update;

/// What makes a file admissible.
#[derive(Debug)]
pub(in crate::ops) struct Policy {
    pub(in crate::ops) python: Version,
    /// The targets, each of which has to be able to install what is chosen; none: any
    /// Python on any platform will do.
    pub(in crate::ops) targets: Vec<Installer>,
    /// Up to when uploads count.
    pub(in crate::ops) cutoffs: Cutoffs,
    /// Of which files the lock has hashes.
    pub(in crate::ops) which_hashes: WhichHashes,
    /// Whether what was read of files is kept for other cells.
    pub(in crate::ops) keeps_rows: bool,
    /// What an update may take.
    pub(in crate::ops) gate: Option<update::Policy>,
    /// `--only-binary` (yes) and `--no-binary` (no).
    /// The first that has an answer counts.
    pub(in crate::ops) binary: Vec<PerProject>,
    /// Whether it is `--no-build` that says so.
    pub(in crate::ops) is_build_forbidden: bool,
    pub(super) numbers: Arc<Numbers>,
    pythons: Mutex<Answers<PythonSupport>>,
    /// Whether a range of Pythons is resolved for: what releases require of Python is no
    /// reason not to look at them then.
    pub(in crate::ops) is_for_range: bool,
    /// Whose wheels are read where any would do, so that it is always the same one.
    pub(in crate::ops) reader: Option<Installer>,
    /// Platforms of a range on which everything has to be installable.
    pub(in crate::ops) witnesses: Witnesses,
}

/// Whether specifiers admit the Python of a cell, by their numbers.
pub(super) struct PythonAnswers<'a> {
    policy: &'a Policy,
    known: MutexGuard<'a, Answers<PythonSupport>>,
}

impl PythonAnswers<'_> {
    pub(super) fn of(&mut self, specifiers: u32) -> PythonSupport {
        let policy = self.policy;
        let find = || policy.find_support(&policy.numbers.text(specifiers));
        self.known.get_or_insert_with(specifiers, find)
    }
}

impl Policy {
    pub(in crate::ops) fn new(
        cell: &Cell,
        numbers: Arc<Numbers>,
        cutoffs: Cutoffs,
        gate: Option<update::Policy>,
        binary: Vec<PerProject>,
    ) -> Self {
        let targets = cell.targets.iter();
        Self {
            python: cell.first().python.release(),
            targets: targets
                .map(|target| Installer::of(target, &numbers))
                .collect(),
            cutoffs,
            which_hashes: WhichHashes::default(),
            keeps_rows: false,
            gate,
            binary,
            is_build_forbidden: false,
            numbers,
            is_for_range: false,
            reader: None,
            witnesses: Witnesses::default(),
            pythons: Mutex::default(),
        }
    }

    /// Lets all environments of a range count, instead of the targets.
    pub(in crate::ops) fn open_to_range(&mut self, witnesses: Witnesses) {
        self.is_for_range = true;
        self.witnesses = witnesses;
        self.reader = self.targets.drain(..).next();
    }

    /// Whether the target's Python will do. What cannot be read forbids nothing.
    pub(in crate::ops) fn python_support(&self, specifiers: &str) -> PythonSupport {
        self.pythons().of(self.numbers.number(specifiers))
    }

    /// Returns what answers for many files.
    pub(super) fn pythons(&self) -> PythonAnswers<'_> {
        PythonAnswers {
            policy: self,
            known: self.pythons.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn find_support(&self, specifiers: &str) -> PythonSupport {
        if self.is_for_range {
            return PythonSupport::Yes;
        }
        Specifiers::parse(specifiers)
            .or_else(|_| Specifiers::parse_lenient(specifiers))
            .map_or(PythonSupport::Yes, |specifiers| {
                if specifiers.contains(&self.python) {
                    PythonSupport::Yes
                } else if without_upper_bounds(&specifiers).contains(&self.python) {
                    PythonSupport::TooNew
                } else {
                    PythonSupport::No
                }
            })
    }
}

/// Whether a release is for the target's Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum PythonSupport {
    /// It is.
    Yes,
    /// It would be, but for an upper bound.
    TooNew,
    /// It is not.
    No,
}

/// Returns what the text of specifiers says of versions that are too old; none if it cannot
/// be read.
pub(in crate::ops) fn lower_bounds(text: &str) -> Option<Specifiers> {
    let specifiers = Specifiers::parse(text).or_else(|_| Specifiers::parse_lenient(text));
    Some(without_upper_bounds(&specifiers.ok()?))
}

/// Returns what specifiers say of versions that are too old.
fn without_upper_bounds(specifiers: &Specifiers) -> Specifiers {
    let lower: Vec<String> = specifiers
        .clauses()
        .filter_map(|(operator, version)| match operator {
            ">=" | ">" => Some(format!("{operator}{version}")),
            "!=" => Some(format!("!={version}")),
            "~=" | "==" => Some(format!(">={}", version.trim_end_matches(".*"))),
            _ => None,
        })
        .collect();
    Specifiers::parse(&lower.join(",")).unwrap_or_default()
}

/// What the user has pinned of a project, in the lock or by `==`.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Pinned {
    /// The version the lock has: its files stay admissible, whatever their age.
    pub(in crate::ops) locked: Option<Version>,
    /// Other versions that it has, in other environments.
    pub(in crate::ops) others: Vec<Version>,
    /// The locked version, unless it is to be upgraded: it may be yanked.
    pub(in crate::ops) kept: Option<Version>,
    /// The hashes the lock has for it, as `sha256:…`.
    pub(in crate::ops) hashes: FxHashSet<String>,
    /// Versions that are required exactly: they may be yanked.
    pub(in crate::ops) exact: Vec<Version>,
}

impl Pinned {
    /// Whether the lock has a version.
    pub(super) fn has_locked(&self, version: &Version) -> bool {
        self.locked.as_ref() == Some(version) || self.others.contains(version)
    }

    /// Whether a version is to be kept.
    pub(super) fn keeps(&self, version: &Version) -> bool {
        self.kept.is_some() && self.has_locked(version)
    }
}
