//! What a word comes to: quotes, escapes and variables, with the origin of each byte.
//!
//! ```text
//! word     = *( char / escape char / single / double / variable )
//! single   = "'" *char "'"
//! double   = <"> *( char / escape ( <"> / "$" / escape ) / variable ) <">
//! variable = "$" name / "${" name "}" / "${" name operator word "}"
//!          / "${" name "/" [ "/" ] pattern "/" word "}"
//! operator = [ ":" ] ( "-" / "+" / "?" / "#" / "##" / "%" / "%%" )
//! ```
//!
//! The escape character is the file's. A variable without a value is empty; the value
//! of a variable is not read again.

use super::heredoc::name_length;
use super::pattern::{Length, Pattern};
use super::scope::{Budget, Found, Scope};
use super::uses::{Variable, VariableSource};
use crate::text::{Mapped, Span};

/// How deep `${…}` may nest; BuildKit knows no bound, people do.
const DEEPEST: usize = 32;

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

/// Reads a word.
pub(super) fn expand(word: &Mapped, escape: u8, scope: &Scope, budget: &mut Budget) -> Expanded {
    let mut reader = Reader {
        word,
        bytes: word.bytes(),
        at: 0,
        escape,
        scope,
        budget,
        owner: None,
        is_raw: false,
        ends_with_quote: false,
        result: Expanded::default(),
    };
    let read = reader.text(None, 0);
    let mut result = match read {
        Ok(()) => reader.result,
        Err(failure) => Expanded {
            failure: Some(failure),
            mentions: reader.result.mentions,
            ..Expanded::default()
        },
    };
    let whole = Span::new(0, word.len());
    let last = Span::new(word.len().saturating_sub(1), word.len());
    result.end = match word.source(if reader.ends_with_quote { last } else { whole }) {
        Some(quote) if reader.ends_with_quote => quote.start,
        Some(whole) => whole.end,
        None => 0,
    };
    result
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

/// How many steps of matching a pattern count as much as a byte.
const STEPS_PER_BYTE: usize = 16;

struct Reader<'a> {
    word: &'a Mapped,
    bytes: &'a [u8],
    at: usize,
    escape: u8,
    scope: &'a Scope,
    budget: &'a mut Budget,
    /// The variable whose inline default is read.
    owner: Option<usize>,
    /// Whether escapes stay: in patterns.
    is_raw: bool,
    ends_with_quote: bool,
    result: Expanded,
}

/// What was there before an operator's word was read.
struct Mark {
    atoms: usize,
    gaps: usize,
    variables: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn source(&self, start: usize) -> Span {
        self.word
            .source(Span::new(start, self.at))
            .expect("the bytes of a word are in the order of the file")
    }

    /// Adds the last byte read, as made of all since `start`.
    fn push(&mut self, start: usize) {
        self.result.atoms.push(Atom {
            byte: self.bytes[self.at - 1],
            source: self.source(start),
            variable: self.owner,
            made: Made::Literal,
        });
    }

    /// Reads up to the byte that ends this part, or to the end of the word.
    fn text(&mut self, stop: Option<u8>, depth: usize) -> Result<(), Failure> {
        while let Some(byte) = self.peek() {
            let start = self.at;
            self.at += 1;
            if stop == Some(byte) {
                return Ok(());
            }
            match byte {
                b'\'' => self.single_quoted()?,
                b'"' => self.double_quoted(depth)?,
                b'$' => self.dollar(depth)?,
                byte if byte == self.escape => {
                    if self.is_raw {
                        self.push(start);
                    }
                    if self.at < self.bytes.len() {
                        self.at += 1;
                        self.push(if self.is_raw { start + 1 } else { start });
                    }
                }
                _ => self.push(start),
            }
            if depth == 0 {
                self.ends_with_quote = matches!(byte, b'\'' | b'"');
            }
        }
        match stop {
            None => Ok(()),
            Some(b'/') => Err(Failure::Syntax("a variable's pattern has no end")),
            Some(_) => Err(Failure::Syntax("a `${` is not closed")),
        }
    }

    fn single_quoted(&mut self) -> Result<(), Failure> {
        loop {
            let byte = self
                .peek()
                .ok_or(Failure::Syntax("a quote is not closed"))?;
            let start = self.at;
            self.at += 1;
            if byte == b'\'' {
                return Ok(());
            }
            self.push(start);
        }
    }

    fn double_quoted(&mut self, depth: usize) -> Result<(), Failure> {
        loop {
            let byte = self
                .peek()
                .ok_or(Failure::Syntax("a quote is not closed"))?;
            let start = self.at;
            self.at += 1;
            match byte {
                b'"' => return Ok(()),
                b'$' => self.dollar(depth)?,
                byte if byte == self.escape => {
                    if self.is_raw {
                        self.push(start);
                    }
                    match self.peek() {
                        Some(next) if matches!(next, b'"' | b'$') || next == self.escape => {
                            self.at += 1;
                            self.push(if self.is_raw { start + 1 } else { start });
                        }
                        Some(_) => self.push(start),
                        None => {}
                    }
                }
                _ => self.push(start),
            }
        }
    }

    /// Reads a variable; its `$` is read already.
    fn dollar(&mut self, depth: usize) -> Result<(), Failure> {
        let start = self.at - 1;
        if self.peek() != Some(b'{') {
            let name = self.name();
            if name.is_empty() {
                self.push(start);
                return Ok(());
            }
            let variable = self.begin(name);
            return self.value(variable);
        }
        self.at += 1;
        match self.peek() {
            None => return Err(Failure::Syntax("a `${` is not closed")),
            Some(b'{' | b'}' | b':') => {
                return Err(Failure::Syntax("a `${` is not followed by a name"));
            }
            Some(_) => {}
        }
        if depth == DEEPEST {
            return Err(Failure::Syntax("variables are nested too deep"));
        }
        let name = self.name();
        let variable = self.begin(name);
        let mut operator = self.operator()?;
        let is_empty_unset = operator == b':';
        if is_empty_unset {
            operator = self.operator()?;
        }
        match operator {
            b'}' if !is_empty_unset => self.value(variable),
            b'-' => self.inline_default(variable, is_empty_unset, depth),
            b'+' => self.alternative(variable, is_empty_unset, depth),
            b'?' => self.demand(variable, is_empty_unset, depth),
            b'#' | b'%' => self.trimmed(variable, operator, start, depth),
            b'/' if !is_empty_unset => self.replaced(variable, start, depth),
            _ => Err(Failure::Syntax("an operator in a `${` is unknown")),
        }
    }

    fn name(&mut self) -> String {
        let start = self.at;
        self.at += name_length(&self.bytes[start..]);
        String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()
    }

    fn operator(&mut self) -> Result<u8, Failure> {
        let byte = self.peek().ok_or(Failure::Syntax("a `${` is not closed"))?;
        self.at += 1;
        Ok(byte)
    }

    /// Enters a variable into the list.
    fn begin(&mut self, name: String) -> usize {
        let arg = match self.scope.find(&name) {
            Found::Arg(number, _) => Some(number),
            Found::Builder | Found::Nothing => None,
        };
        self.result.mentions.extend(arg);
        self.result.variables.push(Occurrence {
            variable: Variable {
                name,
                value: String::new(),
                source: VariableSource::Nothing,
            },
            arg,
            parent: self.owner,
        });
        self.result.variables.len() - 1
    }

    fn found(&self, variable: usize) -> Found<'_> {
        self.scope
            .find(&self.result.variables[variable].variable.name)
    }

    /// Whether a variable counts as set.
    fn is_set(&self, variable: usize, is_empty_unset: bool) -> bool {
        match self.found(variable) {
            Found::Arg(_, arg) => !(is_empty_unset && arg.atoms().is_empty()),
            Found::Builder => true,
            Found::Nothing => false,
        }
    }

    fn gap(&mut self, variable: usize, cause: Cause) {
        self.result.gaps.push(Gap {
            at: self.result.atoms.len(),
            variable,
            cause,
        });
    }

    fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        if self.budget.take(bytes) {
            Ok(())
        } else {
            Err(Failure::TooLong)
        }
    }

    /// Adds a variable's value.
    fn value(&mut self, variable: usize) -> Result<(), Failure> {
        let scope = self.scope;
        let start = self.result.atoms.len();
        let name = &self.result.variables[variable].variable.name;
        let source = match scope.find(name) {
            Found::Arg(_, arg) => {
                if let Some(failure) = &arg.value.failure {
                    return Err(failure.clone());
                }
                // An entry in the list counts as well, where the value is short.
                self.take(arg.atoms().len() + 8)?;
                let atoms = arg.atoms().iter().map(|atom| Atom {
                    variable: Some(variable),
                    made: match (atom.made, atom.variable) {
                        (Made::Builder, _) => Made::Builder,
                        (Made::Literal, None) => Made::Literal,
                        _ => Made::Nested,
                    },
                    ..*atom
                });
                self.result.atoms.extend(atoms);
                let gaps = arg.value.gaps.iter().map(|gap| Gap {
                    at: start + gap.at,
                    variable,
                    cause: Cause::Nested,
                });
                self.take(8 * gaps.len())?;
                self.result.gaps.extend(gaps);
                VariableSource::Arg(arg.span)
            }
            Found::Builder => {
                let text = format!("${{{name}}}");
                self.take(text.len())?;
                let source = self.source(self.at - 1);
                self.result.atoms.extend(text.bytes().map(|byte| Atom {
                    byte,
                    source,
                    variable: Some(variable),
                    made: Made::Builder,
                }));
                VariableSource::Builder
            }
            Found::Nothing => VariableSource::Nothing,
        };
        if self.result.atoms.len() == start {
            let cause = if source == VariableSource::Nothing {
                Cause::Nothing
            } else {
                Cause::Empty
            };
            self.gap(variable, cause);
        }
        self.describe(variable, start, source);
        Ok(())
    }

    /// Says in the list what a variable stands for: all since `start`.
    fn describe(&mut self, variable: usize, start: usize, source: VariableSource) {
        let bytes: Vec<u8> = match source {
            VariableSource::Builder => Vec::new(),
            _ => self.result.atoms[start..]
                .iter()
                .map(|atom| atom.byte)
                .collect(),
        };
        let entry = &mut self.result.variables[variable].variable;
        entry.value = String::from_utf8_lossy(&bytes).into_owned();
        entry.source = source;
    }

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
    fn inline_default(
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
    fn alternative(
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
        self.describe(variable, mark.atoms, VariableSource::Expression);
        Ok(())
    }

    /// `${V?e}`, `${V:?e}`
    fn demand(
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
    fn trimmed(
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
    fn replaced(&mut self, variable: usize, start: usize, depth: usize) -> Result<(), Failure> {
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
        self.describe(variable, first, VariableSource::Expression);
        Ok(())
    }
}

const BAD_PATTERN: Failure = Failure::Syntax("a variable's pattern has a needless backslash");
