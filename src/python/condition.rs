//! When something is required through several others: markers (PEP 508) that are combined
//! along a graph.
//!
//! A condition is kept as alternatives, each of comparisons that hold together. It is
//! simplified for a version of Python and all later ones, as uv does where a file is made
//! for that version. What the comparisons of different variables have to do with each
//! other (`os_name`, `sys_platform`) is not known here.

use std::collections::BTreeMap;

use super::clause::Operator;
use super::environment::Environment;
use super::marker::{Marker, MarkerOperator, Node, Test, Variable, print_test};
use super::name::ExtraName;

/// A marker in its simplest form.
///
/// Two are equal if they consist of the same comparisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Sorted; none is a part of another.
    alternatives: Vec<Together>,
}

/// Comparisons that hold together, by their text.
type Together = BTreeMap<String, Test>;

/// How many alternatives are kept: a longer condition tells nobody anything.
const MOST_ALTERNATIVES: usize = 48;

impl Condition {
    /// Returns the condition that never holds.
    pub const fn never() -> Self {
        Self {
            alternatives: Vec::new(),
        }
    }

    /// Returns the condition that always holds.
    pub fn always() -> Self {
        Self {
            alternatives: vec![Together::new()],
        }
    }

    /// Returns the condition of a requirement that has this marker, for an extra or, with
    /// `None`, for none.
    pub fn of(marker: Option<&Marker>, extra: Option<&ExtraName>) -> Self {
        marker.map_or_else(Self::always, |marker| Self::of_node(&marker.root, extra))
    }

    fn of_node(node: &Node, extra: Option<&ExtraName>) -> Self {
        match node {
            Node::Test(test) if test.variable == Variable::Extra => {
                if test.evaluate(&Environment::default(), extra) {
                    Self::always()
                } else {
                    Self::never()
                }
            }
            Node::Test(test) => {
                let mut printed = String::new();
                print_test(test, &mut printed);
                Self {
                    alternatives: vec![Together::from([(printed, test.clone())])],
                }
            }
            Node::All(nodes) => nodes.iter().fold(Self::always(), |all, node| {
                all.and(&Self::of_node(node, extra))
            }),
            Node::Any(nodes) => nodes.iter().fold(Self::never(), |any, node| {
                any.or(&Self::of_node(node, extra))
            }),
            Node::Group(inner) => Self::of_node(inner, extra),
        }
    }

    /// Returns the condition that holds where both do.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let each = self.alternatives.iter().flat_map(|one| {
            other.alternatives.iter().map(|other| {
                let mut both = one.clone();
                both.extend(
                    other
                        .iter()
                        .map(|(text, test)| (text.clone(), test.clone())),
                );
                both
            })
        });
        Self::of_alternatives(each.collect())
    }

    /// Returns the condition that holds where one of both does.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let each = self.alternatives.iter().chain(&other.alternatives);
        Self::of_alternatives(each.cloned().collect())
    }

    /// Puts alternatives into order, without those that another one covers.
    fn of_alternatives(mut alternatives: Vec<Together>) -> Self {
        alternatives.sort_by(|one, other| one.keys().cmp(other.keys()));
        alternatives.dedup();
        let is_covered = |one: &Together| {
            let mut others = alternatives.iter().filter(|other| other.len() < one.len());
            others.any(|other| other.keys().all(|text| one.contains_key(text)))
        };
        let kept: Vec<Together> = alternatives
            .iter()
            .filter(|one| !is_covered(one))
            .cloned()
            .collect();
        if kept.len() > MOST_ALTERNATIVES {
            return Self::always();
        }
        Self { alternatives: kept }
    }

    /// Returns what is left to be said where Python is that of an environment or newer.
    #[must_use]
    pub fn simplified(&self, environment: &Environment) -> Self {
        let pythons = Pythons::since(environment);
        let alternatives = self.alternatives.iter().cloned();
        let mut parts: Vec<(Together, Vec<bool>)> = alternatives
            .filter_map(without_contradiction)
            .map(|together| pythons.narrow(together))
            .filter(|(_, holds)| holds.contains(&true))
            .collect();
        // Alternatives that differ in Python alone, and together have all of it.
        let others = |together: &Together| -> Vec<String> {
            let others = together.iter();
            let others = others.filter(|(_, test)| !is_about_python(test));
            others.map(|(text, _)| text.clone()).collect()
        };
        let mut pythons_of: BTreeMap<Vec<String>, Vec<bool>> = BTreeMap::new();
        for (together, holds) in &parts {
            let all = pythons_of
                .entry(others(together))
                .or_insert_with(|| vec![false; holds.len()]);
            for (all, own) in all.iter_mut().zip(holds) {
                *all |= *own;
            }
        }
        for (together, _) in &mut parts {
            let all = &pythons_of[&others(together)];
            if all.iter().all(|holds| *holds) {
                together.retain(|_, test| !is_about_python(test));
            }
        }
        let mut alternatives: Vec<Together> =
            parts.into_iter().map(|(together, _)| together).collect();
        while let Some((one, other, text)) = complementary(&alternatives) {
            alternatives[one].remove(&text);
            alternatives.remove(other);
        }
        Self::of_alternatives(alternatives)
    }

    /// Returns the marker; none if it always holds, or never.
    pub fn to_marker(&self) -> Option<String> {
        let is_one = self.alternatives.len() == 1;
        let texts = self.alternatives.iter().map(|together| {
            let tests: Vec<&str> = together.keys().map(String::as_str).collect();
            let text = tests.join(" and ");
            if is_one || tests.len() == 1 {
                text
            } else {
                format!("({text})")
            }
        });
        let text = texts.collect::<Vec<_>>().join(" or ");
        Some(text).filter(|text| !text.is_empty())
    }
}

/// Versions of Python that stand for all from one on.
struct Pythons(Vec<Environment>);

impl Pythons {
    fn since(environment: &Environment) -> Self {
        const MINORS: u32 = 20;
        const PATCHES: u32 = 30;
        let mut parts = environment.python_full_version.split('.').map(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits].parse().unwrap_or(0)
        });
        let mut next = || -> u32 { parts.next().unwrap_or(0) };
        let (major, minor, patch) = (next(), next(), next());
        let of = |major: u32, minor: u32, patch: u32| Environment {
            python_version: format!("{major}.{minor}"),
            python_full_version: format!("{major}.{minor}.{patch}"),
            ..Environment::default()
        };
        let mut all = Vec::new();
        for later in 0..MINORS {
            let first = if later == 0 { patch } else { 0 };
            all.extend((first..first + PATCHES).map(|patch| of(major, minor + later, patch)));
        }
        all.push(of(major + 1, 0, 0));
        Self(all)
    }

    /// Returns comparisons without those of Python that the others answer, and for which
    /// Pythons they hold.
    fn narrow(&self, mut together: Together) -> (Together, Vec<bool>) {
        let together_hold = |tests: &Together| {
            let mut holds = vec![true; self.0.len()];
            for own in tests.values().filter_map(|test| self.holds(test)) {
                for (all, own) in holds.iter_mut().zip(own) {
                    *all &= own;
                }
            }
            holds
        };
        let holds = together_hold(&together);
        let texts: Vec<String> = together.keys().cloned().collect();
        for text in texts {
            if let Some(test) = together.remove(&text)
                && (!is_about_python(&test) || together_hold(&together) != holds)
            {
                together.insert(text, test);
            }
        }
        (together, holds)
    }

    /// Returns for which a comparison holds; none if it is about something else.
    fn holds(&self, test: &Test) -> Option<Vec<bool>> {
        let all = self.0.iter();
        is_about_python(test).then(|| all.map(|python| test.evaluate(python, None)).collect())
    }
}

const fn is_about_python(test: &Test) -> bool {
    matches!(
        test.variable,
        Variable::PythonVersion | Variable::PythonFullVersion
    )
}

/// Whether a comparison is one with a text, and which: `==` or `!=`.
fn text_operator(test: &Test) -> Option<Operator> {
    match test.operator {
        MarkerOperator::Version(operator @ (Operator::Equal | Operator::NotEqual))
            if !test.variable.is_version() && !test.is_name =>
        {
            Some(operator)
        }
        _ => None,
    }
}

/// Returns comparisons without those that another one answers; none if two of them never
/// hold together.
fn without_contradiction(mut together: Together) -> Option<Together> {
    let equal: Vec<Test> = together
        .values()
        .filter(|test| text_operator(test) == Some(Operator::Equal))
        .cloned()
        .collect();
    let mut holds = true;
    together.retain(|_, test| {
        let Some(operator) = text_operator(test) else {
            return true;
        };
        let mut known = equal.iter().filter(|one| one.variable == test.variable);
        match operator {
            Operator::Equal => {
                holds &= known.all(|one| one.value == test.value);
                true
            }
            _ => match known.next() {
                Some(one) => {
                    holds &= one.value != test.value;
                    false
                }
                None => true,
            },
        }
    });
    holds.then_some(together)
}

/// Finds two alternatives that differ in one comparison, which holds in one of them where
/// it does not in the other; returns their places and its text in the first.
fn complementary(alternatives: &[Together]) -> Option<(usize, usize, String)> {
    for (at, one) in alternatives.iter().enumerate() {
        for (text, test) in one {
            let Some(operator) = text_operator(test) else {
                continue;
            };
            let is_counterpart = |other: &Together| {
                other.len() == one.len()
                    && other
                        .iter()
                        .filter(|(text, _)| !one.contains_key(*text))
                        .all(|(_, other)| {
                            text_operator(other).is_some_and(|other| other != operator)
                                && other.variable == test.variable
                                && other.value == test.value
                        })
                    && one
                        .keys()
                        .filter(|other| *other != text)
                        .all(|text| other.contains_key(text))
                    && !other.contains_key(text)
            };
            if let Some(other) = alternatives.iter().position(is_counterpart) {
                return Some((at, other, text.clone()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        let extra = "x".parse().unwrap();
        Condition::of(Some(&Marker::parse(text).unwrap()), Some(&extra))
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let environment = Environment {
            python_full_version: "3.12.3".to_owned(),
            ..Environment::default()
        };
        let simplified = condition(text).simplified(&environment);
        assert_eq!(simplified.to_marker().as_deref(), expected, "{text}");
    }

    #[test]
    fn says_no_more_than_a_later_python_needs() {
        check("python_version >= '3.8'", None);
        check("python_version >= '3.12'", None);
        check("python_full_version >= '3.12.3'", None);
        check(
            "python_full_version >= '3.12.4'",
            Some("python_full_version >= \"3.12.4\""),
        );
        check("python_version < '3.14'", Some("python_version < \"3.14\""));
        check(
            "python_version < '3' or os_name == 'nt'",
            Some("os_name == \"nt\""),
        );
        check("python_version < '3.14' or python_version >= '3.14'", None);
        check(
            "os_name == 'nt' and (python_version < '3.14' or python_version >= '3.14')",
            Some("os_name == \"nt\""),
        );
        check(
            "python_version in '3.12 3.13'",
            Some("python_version in \"3.12 3.13\""),
        );
    }

    #[test]
    fn joins_what_belongs_together() {
        check("os_name == 'nt' or os_name != 'nt'", None);
        check(
            "os_name == 'nt' and sys_platform == 'x' or sys_platform == 'x'",
            Some("sys_platform == \"x\""),
        );
        check(
            "sys_platform == 'linux' and sys_platform != 'win32'",
            Some("sys_platform == \"linux\""),
        );
        check(
            "os_name == 'a' and os_name == 'b' or os_name == 'c'",
            Some("os_name == \"c\""),
        );
        check(
            "os_name == 'a' and sys_platform == 'b' or os_name == 'c'",
            Some("(os_name == \"a\" and sys_platform == \"b\") or os_name == \"c\""),
        );
        check("extra == 'x' and os_name == 'a'", Some("os_name == \"a\""));
        check(
            "extra == 'y' and os_name == 'a' or os_name == 'b'",
            Some("os_name == \"b\""),
        );
    }

    #[test]
    fn gives_up_where_there_are_too_many_alternatives() {
        let parts: Vec<String> = (0..60).map(|at| format!("os_name == '{at}'")).collect();
        check(&parts.join(" or "), None);
    }
}
