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

use super::expanded::{Atom, Cause, Expanded, Failure, Gap, Made, Occurrence};
use super::name::name_length;
use super::scope::{Budget, Found, Scope};
use super::uses::{Variable, VariableSource};
use crate::text::{Mapped, Span};

/// How deep `${…}` may nest; BuildKit knows no bound, people do.
const DEEPEST: usize = 32;

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
            mentions: mentions(word.bytes(), scope),
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

/// Returns the defaults that a word may name: what it comes to where a variable is given
/// from outside is not known, but what it may use is.
fn mentions(word: &[u8], scope: &Scope) -> Vec<usize> {
    let dollars = (0..word.len()).filter(|&at| word[at] == b'$');
    let names = dollars.map(|at| {
        let rest = &word[at + 1..];
        let rest = rest.strip_prefix(b"{").unwrap_or(rest);
        String::from_utf8_lossy(&rest[..name_length(rest)])
    });
    let numbers = names.filter_map(|name| match scope.find(&name) {
        Found::Arg(number, _) => Some(number),
        Found::Builder | Found::Nothing => None,
    });
    numbers.collect()
}

/// A word on its way; operators are in `operators`.
pub(super) struct Reader<'a> {
    pub(super) word: &'a Mapped,
    bytes: &'a [u8],
    pub(super) at: usize,
    escape: u8,
    pub(super) scope: &'a Scope,
    pub(super) budget: &'a mut Budget,
    /// The variable whose inline default is read.
    pub(super) owner: Option<usize>,
    /// Whether escapes stay: in patterns.
    pub(super) is_raw: bool,
    ends_with_quote: bool,
    pub(super) result: Expanded,
}

impl Reader<'_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn source(&self, start: usize) -> Span {
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
    pub(super) fn text(&mut self, stop: Option<u8>, depth: usize) -> Result<(), Failure> {
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
            Some(b'/') => Err(Failure::Syntax("the pattern of a variable is not closed")),
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
            let variable = self.begin(name)?;
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
            return Err(Failure::Syntax("variables are nested too deeply"));
        }
        let name = self.name();
        let variable = self.begin(name)?;
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
            _ => Err(Failure::Syntax("unknown operator in a `${`")),
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
    fn begin(&mut self, name: String) -> Result<usize, Failure> {
        let arg = match self.scope.find(&name) {
            Found::Arg(number, arg) => match &arg.value.failure {
                Some(failure) => return Err(failure.clone()),
                None => Some(number),
            },
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
        Ok(self.result.variables.len() - 1)
    }

    pub(super) fn found(&self, variable: usize) -> Found<'_> {
        self.scope
            .find(&self.result.variables[variable].variable.name)
    }

    /// Whether a variable counts as set.
    pub(super) fn is_set(&self, variable: usize, is_empty_unset: bool) -> bool {
        match self.found(variable) {
            Found::Arg(_, arg) => !(is_empty_unset && arg.atoms().is_empty()),
            Found::Builder => true,
            Found::Nothing => false,
        }
    }

    pub(super) fn gap(&mut self, variable: usize, cause: Cause) {
        self.result.gaps.push(Gap {
            at: self.result.atoms.len(),
            variable,
            cause,
        });
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Failure> {
        if self.budget.take(bytes) {
            Ok(())
        } else {
            Err(Failure::TooLong)
        }
    }

    /// Adds a variable's value.
    pub(super) fn value(&mut self, variable: usize) -> Result<(), Failure> {
        let scope = self.scope;
        let start = self.result.atoms.len();
        let name = &self.result.variables[variable].variable.name;
        let source = match scope.find(name) {
            Found::Arg(_, arg) => {
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
    pub(super) fn describe(&mut self, variable: usize, start: usize, source: VariableSource) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Dockerfile;

    /// Reads a word behind `ARG A=1 E= L=a-b.c-d` and `ARG N`.
    fn read(word: &str, escape: u8) -> Result<String, Failure> {
        let file = Dockerfile::parse(b"ARG A=1 E= L=a-b.c-d\nARG N\n");
        let word = Mapped::verbatim(word.as_bytes(), 0);
        let budget = &mut Budget::for_file(0);
        let expanded = expand(&word, escape, &file.scope, budget);
        let bytes = expanded.bytes();
        match expanded.failure {
            Some(failure) => Err(failure),
            None => Ok(String::from_utf8(bytes).unwrap()),
        }
    }

    #[track_caller]
    fn check(word: &str, expected: &str) {
        assert_eq!(read(word, b'\\').as_deref(), Ok(expected), "{word}");
    }

    #[test]
    fn quotes_and_escapes_vanish() {
        check("a\"b'c\"'d\"e'", "ab'cd\"e");
        check("\\a\\$A\\\"\\\\", "a$A\"\\");
        check("\"\\a\\$A\\\"\\\\\"", "\\a$A\"\\");
        check("'\\a$A'", "\\a$A");
        check("a\\", "a");
        assert_eq!(read("`$A\\", b'`').as_deref(), Ok("$A\\"));
    }

    #[test]
    fn variables_get_their_values() {
        check("$A${A}-$N$E$X-\"$A\"", "11--1");
        check("$Ab$", "$");
        check("$1a$@b$-", "ab");
        check("$", "$");
        check("a$:", "a$:");
        check("$TARGETARCH", "${TARGETARCH}");
    }

    #[test]
    fn defaults_stand_in_for_what_is_missing() {
        check("${A:-x}${A-x}", "11");
        check("${E:-x}${E-y}", "x");
        check("${N:-x}${N-y}${X:-z}", "xyz");
        check("${N:-${X:-a'}'$A}}", "a}1");
        check("${A:+x}${A+y}", "xy");
        check("${E:+x}${E+y}${N:+z}", "y");
        check("${A:?e}${A?e}${E?e}", "11");
        assert_eq!(read("${E:?e}", b'\\'), Err(Failure::Unset("E".to_owned())));
        assert_eq!(read("${X?e}", b'\\'), Err(Failure::Unset("X".to_owned())));
    }

    #[test]
    fn patterns_cut_and_replace() {
        check("${L#*-} ${L##*-}", "b.c-d d");
        check("${L%-*} ${L%%-*}", "a-b.c a");
        check("${L/-/+} ${L//-/+}", "a+b.c-d a+b.c+d");
        check("${L//[-]/x}${X#a}${X/a/b}", "a-b.c-d");
        check("${L/b.c/\\/}", "a-\\/-d");
        check("${L#${X:-a-}}", "b.c-d");
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        for word in [
            "'a", "\"a", "${", "${A", "${A:-", "${}", "${:-a}", "${{A}", "${A^^}", "${A:0:1}",
            "${A/b}", "${A/b/c", "${A#\\b}", "\"${A}",
        ] {
            let failure = read(word, b'\\').unwrap_err();
            assert!(matches!(failure, Failure::Syntax(_)), "{word}: {failure:?}");
        }
        let nested = |depth| format!("{}{}", "${X:-".repeat(depth), "}".repeat(depth));
        check(&nested(DEEPEST), "");
        assert!(read(&nested(DEEPEST + 1), b'\\').is_err());
    }
}
