//! The operators of variables: `${V:-d}`, `${V:+x}`, `${V:?e}`, `${V#p}`, `${V%p}`,
//! `${V/p/r}`.
//!
//! Each reads its word into the result and then keeps it, drops it, or takes it out:
//! no word is copied that is not used.

use super::expand::Reader;
use super::expanded::{Atom, Cause, Failure, Made};
use super::pattern::{Length, Pattern};
use super::scope::{Budget, Found};
use super::uses::VariableSource;
use crate::text::Span;

/// How many steps of matching a pattern count as much as a byte.
const STEPS_PER_BYTE: usize = 16;

const BAD_PATTERN: Failure =
    Failure::Syntax("the pattern of a variable has an unnecessary backslash");

/// What was there before an operator's word was read.
struct Mark {
    atoms: usize,
    gaps: usize,
    variables: usize,
}

impl Reader<'_> {
    fn mark(&self) -> Mark {
        Mark {
            atoms: self.result.atoms.len(),
            gaps: self.result.gaps.len(),
            variables: self.result.variables.len(),
        }
    }

    fn forget(&mut self, mark: &Mark) {
        self.result.atoms.truncate(mark.atoms);
        self.result.gaps.truncate(mark.gaps);
        self.result.variables.truncate(mark.variables);
    }

    /// Reads a part inside a variable.
    fn inner(
        &mut self,
        stop: u8,
        is_raw: bool,
        owner: Option<usize>,
        depth: usize,
    ) -> Result<Mark, Failure> {
        let mark = self.mark();
        let is_raw = std::mem::replace(&mut self.is_raw, is_raw);
        let owner = std::mem::replace(&mut self.owner, owner);
        self.text(Some(stop), depth + 1)?;
        self.is_raw = is_raw;
        self.owner = owner;
        Ok(mark)
    }

    /// `${V-d}`, `${V:-d}`
    pub(super) fn inline_default(
        &mut self,
        variable: usize,
        is_empty_unset: bool,
        depth: usize,
    ) -> Result<(), Failure> {
        let start = self.at;
        let mark = self.inner(b'}', false, Some(variable), depth)?;
        if self.is_set(variable, is_empty_unset) {
            self.forget(&mark);
            return self.value(variable);
        }
        if self.result.atoms.len() == mark.atoms {
            self.gap(variable, Cause::Empty);
        }
        let close = self.source(self.at - 1).start;
        let span = match self.word.source(Span::new(start, self.at - 1)) {
            Some(span) if start < self.at - 1 => span,
            _ => Span::new(close, close),
        };
        // The word has these bytes already, but each level of nesting copies them.
        self.take(self.result.atoms.len() - mark.atoms)?;
        self.describe(variable, mark.atoms, VariableSource::Inline(span));
        Ok(())
    }

    /// `${V+x}`, `${V:+x}`
    pub(super) fn alternative(
        &mut self,
        variable: usize,
        is_empty_unset: bool,
        depth: usize,
    ) -> Result<(), Failure> {
        let mark = self.inner(b'}', false, self.owner, depth)?;
        if matches!(self.found(variable), Found::Builder) {
            self.forget(&mark);
            return self.value(variable);
        }
        if !self.is_set(variable, is_empty_unset) {
            self.forget(&mark);
        }
        self.result.gaps.truncate(mark.gaps);
        self.result.variables.truncate(mark.variables);
        for atom in &mut self.result.atoms[mark.atoms..] {
            atom.variable = Some(variable);
            if atom.made != Made::Builder {
                atom.made = Made::Expression;
            }
        }
        self.take(self.result.atoms.len() - mark.atoms)?;
        if self.result.atoms.len() == mark.atoms {
            self.gap(variable, Cause::Expression);
        }
        self.describe(variable, mark.atoms, VariableSource::Expression);
        Ok(())
    }

    /// `${V?e}`, `${V:?e}`
    pub(super) fn demand(
        &mut self,
        variable: usize,
        is_empty_unset: bool,
        depth: usize,
    ) -> Result<(), Failure> {
        let mark = self.inner(b'}', false, self.owner, depth)?;
        self.forget(&mark);
        if self.is_set(variable, is_empty_unset) {
            self.value(variable)
        } else {
            Err(Failure::Unset(self.result.name(variable)))
        }
    }

    /// `${V#p}`, `${V##p}`, `${V%p}`, `${V%%p}`
    pub(super) fn trimmed(
        &mut self,
        variable: usize,
        operator: u8,
        start: usize,
        depth: usize,
    ) -> Result<(), Failure> {
        let mark = self.inner(b'}', true, None, depth)?;
        let mut text = self.cut(&mark);
        let length = if text.first() == Some(&operator) {
            text.remove(0);
            Length::Longest
        } else {
            Length::Shortest
        };
        let pattern = Pattern::parse(&text).map_err(|_| BAD_PATTERN)?;
        self.computed(variable, start, |value, budget| {
            budget
                .take(value.len() * pattern.len() / STEPS_PER_BYTE + 1)
                .then(|| {
                    let part = if operator == b'#' {
                        let skipped = pattern.prefix(value, length).unwrap_or(0);
                        &value[skipped..]
                    } else {
                        let dropped = pattern.suffix(value, length).unwrap_or(0);
                        &value[..value.len() - dropped]
                    };
                    part.to_vec()
                })
        })
    }

    /// `${V/p/r}`, `${V//p/r}`
    pub(super) fn replaced(
        &mut self,
        variable: usize,
        start: usize,
        depth: usize,
    ) -> Result<(), Failure> {
        let is_global = self.peek() == Some(b'/');
        self.at += usize::from(is_global);
        let mark = self.inner(b'/', true, None, depth)?;
        let pattern = Pattern::parse(&self.cut(&mark)).map_err(|_| BAD_PATTERN)?;
        let mark = self.inner(b'}', true, None, depth)?;
        let replacement = self.cut(&mark);
        self.computed(variable, start, |value, budget| {
            let steps = (value.len() + 1).saturating_mul(value.len() + 1);
            let cost = steps.saturating_mul(pattern.len() + 1) / STEPS_PER_BYTE;
            let length = (value.len() + 1).saturating_mul(replacement.len());
            budget
                .take(cost.saturating_add(length))
                .then(|| pattern.replace(value, &replacement, is_global))
        })
    }

    /// Takes what was read since a mark out of the result.
    fn cut(&mut self, mark: &Mark) -> Vec<u8> {
        let bytes = self.result.atoms[mark.atoms..]
            .iter()
            .map(|atom| atom.byte)
            .collect();
        self.forget(mark);
        bytes
    }

    /// Adds a value made from a variable's.
    fn computed(
        &mut self,
        variable: usize,
        start: usize,
        compute: impl FnOnce(&[u8], &mut Budget) -> Option<Vec<u8>>,
    ) -> Result<(), Failure> {
        let scope = self.scope;
        let name = &self.result.variables[variable].variable.name;
        let (value, made) = match scope.find(name) {
            Found::Builder => return self.value(variable),
            Found::Nothing => (Vec::new(), Made::Expression),
            Found::Arg(_, arg) => {
                // Before anything is done with the value: it may be long.
                self.take(arg.atoms().len() + 8)?;
                let is_builders = arg.atoms().iter().any(|atom| atom.made == Made::Builder);
                let made = if is_builders {
                    Made::Builder
                } else {
                    Made::Expression
                };
                (arg.value.bytes(), made)
            }
        };
        let value = compute(&value, self.budget).ok_or(Failure::TooLong)?;
        let source = self.source(start);
        let first = self.result.atoms.len();
        self.result.atoms.extend(value.into_iter().map(|byte| Atom {
            byte,
            source,
            variable: Some(variable),
            made,
        }));
        if self.result.atoms.len() == first {
            self.gap(variable, Cause::Expression);
        }
        self.describe(variable, first, VariableSource::Expression);
        Ok(())
    }
}
