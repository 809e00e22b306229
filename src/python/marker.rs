//! Environment markers (PEP 508): parsed, printed as pip prints them, evaluated
//! by the rules of Python's `packaging`.
//!
//! A comparison is one of versions where the variable is a version and the other
//! side makes a specifier (`python_version >= "3.8"`), else one of strings, where
//! `<` and `>` never hold. `extra` is the empty string outside of extras (PEP 685
//! says how its names compare). The lock-file variables of PEP 751, `extras` and
//! `dependency_groups`, are not known here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Write as _};
use std::str::FromStr as _;

use super::clause::{Clause, Operator};
use super::environment::Environment;
use super::name::ExtraName;
use super::version::Version;
use crate::text::Span;

/// What a marker comes to where a part of it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It does not hold.
    Never,
    /// It holds.
    Always,
    /// It holds where this does.
    When(Marker),
}

/// A condition on the environment: `python_version < "3.11" and os_name == "nt"`.
///
/// Two are equal when pip prints them alike.
#[derive(Debug, Clone)]
pub struct Marker {
    pub(super) text: Box<str>,
    pub(super) root: Node,
}

impl PartialEq for Marker {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.root.without_group() == other.root.without_group()
    }
}

impl Eq for Marker {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Test(Test),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// Parentheses the author put round an `and` or `or`; printed again.
    Group(Box<Node>),
}

#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) variable: Variable,
    pub(super) operator: MarkerOperator,
    /// What the variable is compared with; the normal form of an extra's name.
    pub(super) value: Box<str>,
    /// Whether the variable stands on the right: `"3.8" <= python_version`.
    pub(super) is_reversed: bool,
    /// Whether the right side is the name of a variable. `packaging` then
    /// compares with that name, and so do we.
    pub(super) is_name: bool,
    /// The comparison as a version specifier, where it is one.
    pub(super) clause: Option<Clause>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MarkerOperator {
    Version(Operator),
    In,
    NotIn,
}

impl MarkerOperator {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Version(operator) => operator.as_str(),
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Variable {
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

pub(super) const VARIABLES: [(&str, Variable); 12] = [
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
    pub(super) fn named(word: &str) -> Option<Self> {
        VARIABLES
            .iter()
            .chain(&OLD_VARIABLES)
            .find(|(name, _)| *name == word)
            .map(|(_, variable)| *variable)
    }

    pub(super) fn as_str(self) -> &'static str {
        VARIABLES
            .iter()
            .find(|(_, variable)| *variable == self)
            .map_or("", |(name, _)| name)
    }

    pub(super) const fn is_version(self) -> bool {
        matches!(
            self,
            Self::PythonVersion
                | Self::PythonFullVersion
                | Self::ImplementationVersion
                | Self::PlatformRelease
        )
    }

    pub(super) fn value<'a>(
        self,
        environment: &'a Environment,
        extra: Option<&'a ExtraName>,
    ) -> &'a str {
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

    /// Whether the marker may hold for the requirements of `extra` or, with `None`, of no
    /// extra, in whatever environment.
    pub fn admits_extra(&self, extra: Option<&ExtraName>) -> bool {
        self.root.admits_extra(extra)
    }

    /// Returns what else has to hold where the extra is known to be as asked for; none
    /// if that is nothing, or cannot be told apart.
    pub fn without_extra(&self) -> Option<Self> {
        let is_on_extra = |node: &Node| node.any_test(&mut |test| test.variable == Variable::Extra);
        let mut parts = Vec::new();
        let mut rest = vec![&self.root];
        while let Some(node) = rest.pop() {
            match node {
                Node::All(nodes) => rest.extend(nodes.iter().rev()),
                Node::Group(inner) if is_on_extra(inner) => rest.push(inner),
                node if is_on_extra(node) => {}
                node => parts.push(node),
            }
        }
        let mut text = String::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                text.push_str(" and ");
            }
            print(part, parts.len() == 1, &mut text);
        }
        Self::parse(&text).ok()
    }

    /// Returns what the marker comes to where the extra is known, or is none.
    pub fn given_extra(&self, extra: Option<&ExtraName>) -> Given {
        if !self.mentions_extra() {
            return Given::When(self.clone());
        }
        match self.root.given_extra(extra) {
            Ok(true) => Given::Always,
            Ok(false) => Given::Never,
            Err(root) => Given::When(Self::of(root)),
        }
    }

    /// Returns the marker with `==` for `===` where the two mean the same: some installers
    /// do not read the latter.
    #[must_use]
    pub fn with_plain_equality(&self) -> Self {
        let mut root = self.root.clone();
        let mut is_changed = false;
        root.each_test(&mut |test| is_changed |= test.make_equality_plain());
        if is_changed {
            Self::of(root)
        } else {
            self.clone()
        }
    }

    fn of(root: Node) -> Self {
        let mut text = String::new();
        print(&root, true, &mut text);
        Self {
            text: text.into(),
            root,
        }
    }

    /// Whether the marker could hold, and only does not because values of the environment
    /// are not known.
    pub fn is_unanswered(&self, environment: &Environment) -> bool {
        let is_unknown = |test: &Test| {
            matches!(
                test.variable,
                Variable::PlatformRelease | Variable::PlatformVersion
            ) && test.variable.value(environment, None).is_empty()
        };
        self.root.any_test(&mut |test| is_unknown(test))
            && self
                .root
                .holds(&mut |test| is_unknown(test) || test.evaluate(environment, None))
    }

    /// Whether a marker of this text may ask for more than the minor version of Python.
    pub fn may_ask_for_patch(text: &str) -> bool {
        text.contains("full_version") || text.contains("implementation_version")
    }

    /// Adds the versions of Python that comparisons name.
    pub fn python_versions(&self, versions: &mut BTreeSet<Version>) {
        self.root.any_test(&mut |test| {
            let is_python = matches!(
                test.variable,
                Variable::PythonVersion | Variable::PythonFullVersion
            );
            if is_python && let Ok(version) = Version::from_str(test.value.trim_end_matches(".*")) {
                versions.insert(version);
            }
            false
        });
    }

    /// Whether a comparison in it comes out differently in two environments.
    pub fn tells_apart(&self, one: &Environment, other: &Environment) -> bool {
        self.root
            .any_test(&mut |test| test.evaluate(one, None) != test.evaluate(other, None))
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

impl Node {
    /// The parentheses round the whole are not printed.
    fn without_group(&self) -> &Self {
        match self {
            Self::Group(inner) => inner,
            other => other,
        }
    }

    fn evaluate(&self, environment: &Environment, extra: Option<&ExtraName>) -> bool {
        self.holds(&mut |test| test.evaluate(environment, extra))
    }

    fn holds(&self, passes: &mut impl FnMut(&Test) -> bool) -> bool {
        match self {
            Self::Test(test) => passes(test),
            Self::All(nodes) => nodes.iter().all(|node| node.holds(passes)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(passes)),
            Self::Group(node) => node.holds(passes),
        }
    }

    /// Returns the answer where the extra decides, else what is left to be asked.
    fn given_extra(&self, extra: Option<&ExtraName>) -> Result<bool, Self> {
        let (nodes, decisive) = match self {
            Self::Test(test) if test.variable == Variable::Extra => {
                return Ok(test.evaluate(&Environment::default(), extra));
            }
            Self::Test(_) => return Err(self.clone()),
            Self::Group(inner) => {
                return inner.given_extra(extra).map_err(|left| match left {
                    Self::All(_) | Self::Any(_) => Self::Group(Box::new(left)),
                    single => single,
                });
            }
            Self::All(nodes) => (nodes, false),
            Self::Any(nodes) => (nodes, true),
        };
        let mut left = Vec::new();
        for node in nodes {
            match node.given_extra(extra) {
                Ok(answer) if answer == decisive => return Ok(decisive),
                Ok(_) => {}
                Err(node) => left.push(node),
            }
        }
        match (left.len(), decisive) {
            (0, _) => Ok(!decisive),
            (1, _) => Err(left.remove(0)),
            (_, true) => Err(Self::Any(left)),
            (_, false) => Err(Self::All(left)),
        }
    }

    fn each_test(&mut self, change: &mut impl FnMut(&mut Test)) {
        match self {
            Self::Test(test) => change(test),
            Self::All(nodes) | Self::Any(nodes) => {
                for node in nodes {
                    node.each_test(change);
                }
            }
            Self::Group(node) => node.each_test(change),
        }
    }

    fn admits_extra(&self, extra: Option<&ExtraName>) -> bool {
        match self {
            Self::Test(test) if test.variable == Variable::Extra => {
                test.evaluate(&Environment::default(), extra)
            }
            Self::Test(_) => true,
            Self::All(nodes) => nodes.iter().all(|node| node.admits_extra(extra)),
            Self::Any(nodes) => nodes.iter().any(|node| node.admits_extra(extra)),
            Self::Group(node) => node.admits_extra(extra),
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
    /// Writes `==` for `===` if that asks for the same: Python's version is always written
    /// with two or three numbers, so that equal ones are written alike. Returns whether it
    /// did.
    fn make_equality_plain(&mut self) -> bool {
        let parts = match self.variable {
            Variable::PythonVersion => 2,
            Variable::PythonFullVersion => 3,
            _ => return false,
        };
        let is_number = |part: &str| {
            let is_plain = part == "0" || !part.starts_with('0');
            is_plain && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if self.operator != MarkerOperator::Version(Operator::Arbitrary)
            || self.is_name
            || self.value.split('.').count() != parts
            || !self.value.split('.').all(is_number)
        {
            return false;
        }
        let Ok(clause) = Clause::new(Operator::Equal, &self.value, Span::default()) else {
            return false;
        };
        self.operator = MarkerOperator::Version(Operator::Equal);
        self.clause = (!self.is_reversed).then_some(clause);
        true
    }

    pub(super) fn evaluate(&self, environment: &Environment, extra: Option<&ExtraName>) -> bool {
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
        Node::Test(comparison) => print_test(comparison, text),
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

pub(super) fn print_test(comparison: &Test, text: &mut String) {
    let value = &comparison.value;
    let quote = if value.contains('"') { '\'' } else { '"' };
    let name = comparison.variable.as_str();
    let operator = comparison.operator.as_str();
    let _ = if comparison.is_name {
        write!(text, "{name} {operator} {value}")
    } else if comparison.is_reversed {
        write!(text, "{quote}{value}{quote} {operator} {name}")
    } else {
        write!(text, "{name} {operator} {quote}{value}{quote}")
    };
}

#[cfg(test)]
#[path = "marker_tests.rs"]
mod tests;
