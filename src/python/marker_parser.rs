//! Reading environment markers (PEP 508, "Grammar"), with what the grammar of
//! PEP 345 had before it.

use std::borrow::Cow;
use std::str::FromStr;

use super::clause::{Clause, Operator};
use super::error::RequirementError;
use super::marker::{Marker, MarkerOperator, Node, Test, VARIABLES, Variable};
use crate::text::Span;
use crate::text::nearest;

/// How much to put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// What pip takes.
    Strict,
    /// What old metadata has: words without quotes, `=` for `==`.
    Lenient,
}

/// Nobody nests deeper; the parser recurses.
const MAX_DEPTH: usize = 64;

impl Marker {
    /// Parses a marker.
    ///
    /// # Errors
    /// When the text is not a marker; the span says where, in bytes of `text`.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        let mut parser = Parser::new(text, 0, Mode::Strict);
        let marker = parser.marker()?;
        Ok(marker)
    }

    /// Parses the marker that takes up `text` from byte `start` on.
    pub(super) fn parse_from(
        text: &str,
        start: usize,
        mode: Mode,
    ) -> Result<Self, RequirementError> {
        Parser::new(text, start, mode).marker()
    }
}

impl FromStr for Marker {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// A recursive descent over
///
/// ```text
/// marker  = all *("or" all)
/// all     = atom *("and" atom)
/// atom    = "(" marker ")" | operand operator operand
/// operand = variable | "'" *any "'" | '"' *any '"'
/// operator = "<" | "<=" | "!=" | "==" | ">=" | ">" | "~=" | "===" | "in" | "not" "in"
/// ```
struct Parser<'a> {
    text: &'a str,
    start: usize,
    at: usize,
    mode: Mode,
}

enum Operand<'a> {
    Variable(Variable, Span),
    Literal(&'a str, Span),
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, start: usize, mode: Mode) -> Self {
        Self {
            text,
            start,
            at: start,
            mode,
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn skip_blanks(&mut self) {
        while self.rest().first().is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn marker(&mut self) -> Result<Marker, RequirementError> {
        let root = self.any(0)?;
        if !self.rest().is_empty() {
            let error = if self.rest()[0] == b')' {
                self.error("unmatched `)`")
            } else {
                self.error("expected `and`, `or`, or the end of the marker")
            };
            return Err(error);
        }
        Ok(Marker {
            text: self.text[self.start..].trim().into(),
            root,
        })
    }

    fn any(&mut self, depth: usize) -> Result<Node, RequirementError> {
        let first = self.all(depth)?;
        if !self.keyword("or") {
            return Ok(first);
        }
        let mut nodes = vec![first, self.all(depth)?];
        while self.keyword("or") {
            nodes.push(self.all(depth)?);
        }
        Ok(Node::Any(nodes))
    }

    fn all(&mut self, depth: usize) -> Result<Node, RequirementError> {
        let first = self.atom(depth)?;
        if !self.keyword("and") {
            return Ok(first);
        }
        let mut nodes = vec![first, self.atom(depth)?];
        while self.keyword("and") {
            nodes.push(self.atom(depth)?);
        }
        Ok(Node::All(nodes))
    }

    fn atom(&mut self, depth: usize) -> Result<Node, RequirementError> {
        self.skip_blanks();
        if self.rest().first() != Some(&b'(') {
            let test = self.test()?;
            self.skip_blanks();
            return Ok(Node::Test(test));
        }
        if depth == MAX_DEPTH {
            return Err(self.error("the parentheses are nested too deeply"));
        }
        let opening = self.at;
        self.at += 1;
        let inner = self.any(depth + 1)?;
        if self.rest().first() != Some(&b')') {
            if self.rest().is_empty() {
                return Err(RequirementError::new(
                    "unclosed `(`",
                    Span::new(opening, opening + 1),
                ));
            }
            return Err(self.error("expected `and`, `or`, or `)`"));
        }
        self.at += 1;
        self.skip_blanks();
        Ok(match inner {
            // Parentheses round one thing say nothing.
            Node::Test(_) | Node::Group(_) => inner,
            Node::All(_) | Node::Any(_) => Node::Group(Box::new(inner)),
        })
    }

    fn test(&mut self) -> Result<Test, RequirementError> {
        let left = self.operand()?;
        self.skip_blanks();
        let operator_start = self.at;
        let operator = self.operator()?;
        let operator_span = Span::new(operator_start, self.at);
        self.skip_blanks();
        let right = self.operand()?;
        let (variable, value, value_span, is_reversed, is_name) = match (left, right) {
            (Operand::Variable(variable, _), Operand::Literal(value, span)) => {
                (variable, value, span, false, false)
            }
            (Operand::Literal(value, span), Operand::Variable(variable, _)) => {
                (variable, value, span, true, false)
            }
            (Operand::Variable(variable, _), Operand::Variable(other, span)) => {
                (variable, other.as_str(), span, false, true)
            }
            (Operand::Literal(_, first), Operand::Literal(_, second)) => {
                return Err(RequirementError::new(
                    "a marker compares a variable such as `python_version` with a string",
                    Span::new(first.start, second.end),
                ));
            }
        };
        let clause = match operator {
            MarkerOperator::Version(operator) if variable.is_version() && !is_reversed => {
                let blanks = value.len() - value.trim_start().len();
                let start = value_span.start + blanks;
                Clause::new(operator, value.trim(), Span::new(start, start)).ok()
            }
            _ => None,
        };
        let needs_versions = matches!(
            operator,
            MarkerOperator::Version(Operator::Compatible | Operator::Arbitrary)
        );
        if needs_versions
            && self.mode == Mode::Strict
            && !(variable.is_version() && (is_reversed || clause.is_some()))
        {
            return Err(RequirementError::new(
                format!(
                    "`{}` compares versions, but these are not versions",
                    operator.as_str()
                ),
                operator_span,
            )
            .with_help("compare strings with `==`, `!=`, `in`, or `not in`"));
        }
        let value = if variable == Variable::Extra {
            normalize(value).into()
        } else {
            value.into()
        };
        Ok(Test {
            variable,
            operator,
            value,
            is_reversed,
            is_name,
            clause,
        })
    }

    fn operand(&mut self) -> Result<Operand<'a>, RequirementError> {
        let start = self.at;
        match self.rest().first() {
            Some(quote @ (b'"' | b'\'')) => {
                let Some(length) = self.rest()[1..].iter().position(|byte| byte == quote) else {
                    return Err(RequirementError::new(
                        format!("missing closing `{}`", char::from(*quote)),
                        Span::new(start, self.text.len()),
                    ));
                };
                self.at += length + 2;
                let value = &self.text[start + 1..=start + length];
                Ok(Operand::Literal(value, Span::new(start, self.at)))
            }
            Some(_) => self.word(),
            None => Err(self.error("expected a variable or a quoted string")),
        }
    }

    fn word(&mut self) -> Result<Operand<'a>, RequirementError> {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        let length = self.rest().iter().take_while(|byte| is_part(byte)).count();
        let word = &self.text[start..start + length];
        let span = Span::new(start, start + length);
        if let Some(variable) = Variable::named(word) {
            self.at += length;
            return Ok(Operand::Variable(variable, span));
        }
        if length == 0 {
            return Err(self.error("expected a variable or a quoted string"));
        }
        if self.mode == Mode::Lenient {
            self.at += length;
            return Ok(Operand::Literal(word, span));
        }
        let error = RequirementError::new(format!("`{word}` is not a marker variable"), span);
        Err(if matches!(word, "extras" | "dependency_groups") {
            error.with_help("this variable is only valid in lock files")
        } else if let Some(name) = nearest(word, VARIABLES.iter().map(|(name, _)| *name)) {
            error.with_help(format!("did you mean `{name}`?"))
        } else {
            error.with_help(format!("quote strings: `\"{word}\"`"))
        })
    }

    fn operator(&mut self) -> Result<MarkerOperator, RequirementError> {
        if let Some(operator) = Operator::at_start(self.rest()) {
            self.at += operator.as_str().len();
            return Ok(MarkerOperator::Version(operator));
        }
        if self.keyword("in") {
            return Ok(MarkerOperator::In);
        }
        let before = self.at;
        if self.keyword("not") {
            if self.keyword("in") {
                return Ok(MarkerOperator::NotIn);
            }
            self.at = before;
        }
        if self.mode == Mode::Lenient && self.rest().first() == Some(&b'=') {
            self.at += 1;
            return Ok(MarkerOperator::Version(Operator::Equal));
        }
        Err(self
            .error("expected a comparison")
            .with_help("use one of `<`, `<=`, `==`, `!=`, `>=`, `>`, `~=`, `===`, `in`, `not in`"))
    }

    /// Takes `word` and the blanks round it, if it stands here as a word.
    fn keyword(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest();
        let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80);
        if rest.starts_with(word.as_bytes()) && rest.get(word.len()).is_none_or(ends) {
            self.at += word.len();
            self.skip_blanks();
            return true;
        }
        false
    }

    /// An error at the next word, or at the end.
    fn error(&self, message: &str) -> RequirementError {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\''))
            .map_or(rest.len(), |at| {
                at.max(rest.chars().next().map_or(0, char::len_utf8))
            });
        let span = Span::new(self.at, self.at + length);
        let found = &self.text[span.range()];
        if found.is_empty() {
            RequirementError::new(format!("{message}, found the end"), span)
        } else if message.starts_with("expected") {
            RequirementError::new(format!("{message}, found `{found}`"), span)
        } else {
            RequirementError::new(message, span)
        }
    }
}

/// Puts an extra's name into the normal form of PEP 685. What is not a name stays
/// comparable: `packaging` normalizes any text this way.
fn normalize(name: &str) -> Cow<'_, str> {
    let is_normal = |(index, byte): (usize, u8)| match byte {
        b'A'..=b'Z' | b'_' | b'.' => false,
        b'-' => name.as_bytes().get(index + 1) != Some(&b'-'),
        _ => true,
    };
    if name.bytes().enumerate().all(is_normal) {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    let mut in_run = false;
    for character in name.chars() {
        if matches!(character, '-' | '_' | '.') {
            if !in_run {
                normal.push('-');
            }
            in_run = true;
        } else {
            normal.extend(character.to_lowercase());
            in_run = false;
        }
    }
    Cow::Owned(normal)
}
