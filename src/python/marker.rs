//! Environment markers (PEP 508): parsed, printed as pip prints them, evaluated
//! by the rules of Python's `packaging`.
//!
//! A comparison is one of versions where the variable is a version and the other
//! side makes a specifier (`python_version >= "3.8"`), else one of strings, where
//! `<` and `>` never hold. `extra` is the empty string outside of extras (PEP 685
//! says how its names compare). The lock-file variables of PEP 751, `extras` and
//! `dependency_groups`, are not known here.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::str::FromStr;

use super::environment::Environment;
use super::name::ExtraName;
use super::requirement::RequirementError;
use super::specifier::{Clause, Operator};
use super::version::Version;
use crate::text::Span;

/// A condition on the environment: `python_version < "3.11" and os_name == "nt"`.
///
/// Two are equal when pip prints them alike.
#[derive(Debug, Clone)]
pub struct Marker {
    text: Box<str>,
    root: Node,
}

impl PartialEq for Marker {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.root.without_group() == other.root.without_group()
    }
}

impl Eq for Marker {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Test(Test),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// Parentheses the author put round an `and` or `or`; printed again.
    Group(Box<Node>),
}

#[derive(Debug, Clone)]
struct Test {
    variable: Variable,
    operator: MarkerOperator,
    /// What the variable is compared with; the normal form of an extra's name.
    value: Box<str>,
    /// Whether the variable stands on the right: `"3.8" <= python_version`.
    is_reversed: bool,
    /// Whether the right side is the name of a variable. `packaging` then
    /// compares with that name, and so do we.
    is_name: bool,
    /// The comparison as a version specifier, where it is one.
    clause: Option<Clause>,
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        (self.variable, self.operator, self.is_reversed, self.is_name)
            == (
                other.variable,
                other.operator,
                other.is_reversed,
                other.is_name,
            )
            && self.value == other.value
    }
}

impl Eq for Test {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkerOperator {
    Version(Operator),
    In,
    NotIn,
}

impl MarkerOperator {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Version(operator) => operator.as_str(),
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    OsName,
    SysPlatform,
    PlatformSystem,
    PlatformMachine,
    PlatformRelease,
    PlatformVersion,
    ImplementationName,
    PlatformPythonImplementation,
    PythonVersion,
    PythonFullVersion,
    ImplementationVersion,
    Extra,
}

const VARIABLES: [(&str, Variable); 12] = [
    ("python_version", Variable::PythonVersion),
    ("extra", Variable::Extra),
    ("sys_platform", Variable::SysPlatform),
    ("platform_system", Variable::PlatformSystem),
    ("platform_machine", Variable::PlatformMachine),
    ("python_full_version", Variable::PythonFullVersion),
    ("implementation_name", Variable::ImplementationName),
    (
        "platform_python_implementation",
        Variable::PlatformPythonImplementation,
    ),
    ("os_name", Variable::OsName),
    ("platform_release", Variable::PlatformRelease),
    ("platform_version", Variable::PlatformVersion),
    ("implementation_version", Variable::ImplementationVersion),
];

/// The spellings of PEP 345 and of setuptools.
const OLD_VARIABLES: [(&str, Variable); 6] = [
    ("os.name", Variable::OsName),
    ("sys.platform", Variable::SysPlatform),
    ("platform.version", Variable::PlatformVersion),
    ("platform.machine", Variable::PlatformMachine),
    (
        "platform.python_implementation",
        Variable::PlatformPythonImplementation,
    ),
    (
        "python_implementation",
        Variable::PlatformPythonImplementation,
    ),
];

impl Variable {
    fn named(word: &str) -> Option<Self> {
        VARIABLES
            .iter()
            .chain(&OLD_VARIABLES)
            .find(|(name, _)| *name == word)
            .map(|(_, variable)| *variable)
    }

    fn as_str(self) -> &'static str {
        VARIABLES
            .iter()
            .find(|(_, variable)| *variable == self)
            .map_or("", |(name, _)| name)
    }

    const fn is_version(self) -> bool {
        matches!(
            self,
            Self::PythonVersion
                | Self::PythonFullVersion
                | Self::ImplementationVersion
                | Self::PlatformRelease
        )
    }

    fn value<'a>(self, environment: &'a Environment, extra: Option<&'a ExtraName>) -> &'a str {
        match self {
            Self::OsName => &environment.os_name,
            Self::SysPlatform => &environment.sys_platform,
            Self::PlatformSystem => &environment.platform_system,
            Self::PlatformMachine => &environment.platform_machine,
            Self::PlatformRelease => &environment.platform_release,
            Self::PlatformVersion => &environment.platform_version,
            Self::ImplementationName => &environment.implementation_name,
            Self::PlatformPythonImplementation => &environment.platform_python_implementation,
            Self::PythonVersion => &environment.python_version,
            Self::PythonFullVersion => &environment.python_full_version,
            Self::ImplementationVersion => &environment.implementation_version,
            Self::Extra => extra.map_or("", ExtraName::as_ref),
        }
    }
}

impl Marker {
    /// Parses a marker.
    ///
    /// # Errors
    /// When the text is no marker; the span says where, in bytes of `text`.
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

    /// Returns the text as it was written, without blanks around it.
    pub fn as_written(&self) -> &str {
        &self.text
    }

    /// Returns the marker in pip's spelling: double quotes, single blanks, and
    /// only the parentheses of the author that hold more than one comparison.
    pub fn to_pip_string(&self) -> String {
        let mut text = String::with_capacity(self.text.len() + 4);
        print(&self.root, true, &mut text);
        text
    }

    /// Whether the marker holds in `environment`, for the requirements of `extra`
    /// or, with `None`, of no extra.
    pub fn evaluate(&self, environment: &Environment, extra: Option<&ExtraName>) -> bool {
        self.root.evaluate(environment, extra)
    }

    /// Whether the answer may depend on the extra.
    pub fn mentions_extra(&self) -> bool {
        self.root
            .any_test(&mut |test| test.variable == Variable::Extra)
    }
}

impl Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_pip_string())
    }
}

impl FromStr for Marker {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Node {
    /// The parentheses round the whole are not printed.
    fn without_group(&self) -> &Self {
        match self {
            Self::Group(inner) => inner,
            other => other,
        }
    }

    fn evaluate(&self, environment: &Environment, extra: Option<&ExtraName>) -> bool {
        match self {
            Self::Test(test) => test.evaluate(environment, extra),
            Self::All(nodes) => nodes.iter().all(|node| node.evaluate(environment, extra)),
            Self::Any(nodes) => nodes.iter().any(|node| node.evaluate(environment, extra)),
            Self::Group(node) => node.evaluate(environment, extra),
        }
    }

    fn any_test(&self, predicate: &mut impl FnMut(&Test) -> bool) -> bool {
        match self {
            Self::Test(test) => predicate(test),
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().any(|node| node.any_test(predicate))
            }
            Self::Group(node) => node.any_test(predicate),
        }
    }
}

impl Test {
    fn evaluate(&self, environment: &Environment, extra: Option<&ExtraName>) -> bool {
        let actual = self.variable.value(environment, extra);
        if self.variable.is_version()
            && let MarkerOperator::Version(operator) = self.operator
        {
            if self.is_reversed {
                if let Ok(clause) = Clause::new(operator, actual.trim(), Span::default()) {
                    return compare_versions(&clause, operator, actual.trim(), &self.value);
                }
            } else if let Some(clause) = &self.clause {
                return compare_versions(clause, operator, self.value.trim(), actual);
            }
        }
        let (left, right): (&str, &str) = if self.is_reversed {
            (&self.value, actual)
        } else {
            (actual, &self.value)
        };
        match self.operator {
            MarkerOperator::In => right.contains(left),
            MarkerOperator::NotIn => !right.contains(left),
            MarkerOperator::Version(operator) => match operator {
                Operator::Equal | Operator::AtLeast | Operator::AtMost => left == right,
                Operator::NotEqual => left != right,
                // `packaging` has no order of strings, and raises on the last two.
                Operator::Above | Operator::Below | Operator::Compatible | Operator::Arbitrary => {
                    false
                }
            },
        }
    }
}

/// Whether the version `actual` passes `clause`, whose text is `expected`.
fn compare_versions(clause: &Clause, operator: Operator, expected: &str, actual: &str) -> bool {
    if operator == Operator::Arbitrary {
        return actual.eq_ignore_ascii_case(expected);
    }
    if let Some(answer) = parse_release(actual)
        .and_then(|(release, length)| clause.contains_release(&release[..length]))
    {
        return answer;
    }
    // A Python built between tags calls itself `3.14.0a1+`.
    let actual = match actual.strip_suffix('+') {
        Some(_) => Cow::Owned(format!("{actual}local")),
        None => Cow::Borrowed(actual),
    };
    Version::from_str(&actual).is_ok_and(|version| clause.ranges().contains(&version))
}

/// Reads up to four plain numbers, `3.11.4`; `None` for any other version.
fn parse_release(text: &str) -> Option<([u64; 4], usize)> {
    let mut release = [0; 4];
    let mut length = 0;
    for part in text.split('.') {
        if part.is_empty() || part.len() > 9 {
            return None;
        }
        let mut number = 0;
        for byte in part.bytes() {
            if !byte.is_ascii_digit() {
                return None;
            }
            number = number * 10 + u64::from(byte - b'0');
        }
        *release.get_mut(length)? = number;
        length += 1;
    }
    Some((release, length))
}

fn print(node: &Node, is_outermost: bool, text: &mut String) {
    let mut print_joined = |nodes: &[Node], word: &str| {
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                text.push_str(word);
            }
            print(node, false, text);
        }
    };
    match node {
        Node::Test(test) => print_test(test, text),
        Node::All(nodes) => print_joined(nodes, " and "),
        Node::Any(nodes) => print_joined(nodes, " or "),
        Node::Group(inner) if is_outermost => print(inner, true, text),
        Node::Group(inner) => {
            text.push('(');
            print(inner, true, text);
            text.push(')');
        }
    }
}

fn print_test(test: &Test, text: &mut String) {
    let quote = if test.value.contains('"') { '\'' } else { '"' };
    let (name, operator, value) = (test.variable.as_str(), test.operator.as_str(), &test.value);
    let _ = if test.is_name {
        write!(text, "{name} {operator} {value}")
    } else if test.is_reversed {
        write!(text, "{quote}{value}{quote} {operator} {name}")
    } else {
        write!(text, "{name} {operator} {quote}{value}{quote}")
    };
}

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
                self.error("there is no `(` for this `)`")
            } else {
                self.error("expected `and`, `or` or the end of the marker")
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
                    "there is no `)` for this `(`",
                    Span::new(opening, opening + 1),
                ));
            }
            return Err(self.error("expected `and`, `or` or `)`"));
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
                    "a marker compares a variable such as `python_version` with a text",
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
                    "`{}` compares versions, which these are not",
                    operator.as_str()
                ),
                operator_span,
            )
            .with_help("compare texts with `==`, `!=`, `in` or `not in`"));
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
                        format!("there is no closing `{}`", char::from(*quote)),
                        Span::new(start, self.text.len()),
                    ));
                };
                self.at += length + 2;
                let value = &self.text[start + 1..=start + length];
                Ok(Operand::Literal(value, Span::new(start, self.at)))
            }
            Some(_) => self.word(),
            None => Err(self.error("expected a variable or a quoted text")),
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
            return Err(self.error("expected a variable or a quoted text"));
        }
        if self.mode == Mode::Lenient {
            self.at += length;
            return Ok(Operand::Literal(word, span));
        }
        let error = RequirementError::new(format!("`{word}` is not a marker variable"), span);
        Err(if matches!(word, "extras" | "dependency_groups") {
            error.with_help("this variable has a meaning in lock files only")
        } else if let Some(name) = nearest(word, VARIABLES.iter().map(|(name, _)| *name)) {
            error.with_help(format!("did you mean `{name}`?"))
        } else {
            error.with_help(format!("put quotes round a text: `\"{word}\"`"))
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
            .with_help("one of `<`, `<=`, `==`, `!=`, `>=`, `>`, `~=`, `===`, `in`, `not in`"))
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

/// Puts an extra's name into the normal form of PEP 685. What is no name stays
/// comparable: `packaging` normalises any text this way.
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

/// Returns the candidate that is a slip of the pen away from `word`.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, delete or replace between two words.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
#[path = "marker_tests.rs"]
mod tests;
