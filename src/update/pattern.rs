//! Patterns that select projects by name: for the rules of a policy.
//!
//! Names are compared in their normal form (PEP 503), so that `Acme_*` selects
//! `acme-tools`. `*` stands for any text, also for none.

use std::fmt;

use crate::python::ProjectName;

/// A project's name, or a pattern such as `acme-*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamePattern(String);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no pattern for names of projects: {problem}")]
pub struct NamePatternError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is empty, or has what no name has.
    pub fn parse(text: &str) -> Result<Self, NamePatternError> {
        let fail = |problem: String| NamePatternError {
            text: text.to_owned(),
            problem,
        };
        let written = text.trim();
        if written.is_empty() {
            return Err(fail("it is empty".to_owned()));
        }
        let mut pattern = String::with_capacity(written.len());
        for c in written.chars() {
            match c {
                '-' | '_' | '.' if pattern.ends_with('-') => {}
                '-' | '_' | '.' => pattern.push('-'),
                '*' if pattern.ends_with('*') => {}
                '*' => pattern.push('*'),
                c if c.is_ascii_alphanumeric() => pattern.push(c.to_ascii_lowercase()),
                c => return Err(fail(format!("`{c}` is in no name"))),
            }
        }
        if pattern.starts_with('-') || pattern.ends_with('-') {
            return Err(fail(
                "names start and end with a letter or a digit".to_owned(),
            ));
        }
        Ok(Self(pattern))
    }

    /// Whether it selects this project.
    pub fn matches(&self, project: &ProjectName) -> bool {
        matches(&self.0, project.as_ref())
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a text is what a pattern stands for. The parts between stars are taken at
/// their first place: if that does not do, no later one does.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, behind)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else {
        return false;
    };
    let (middle, tail) = behind.rsplit_once('*').unwrap_or(("", behind));
    for part in middle.split('*') {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(pattern: &str, name: &str) -> bool {
        let name: ProjectName = name.parse().unwrap();
        NamePattern::parse(pattern).unwrap().matches(&name)
    }

    #[test]
    fn compares_normal_forms() {
        for (pattern, name, expected) in [
            ("django", "Django", true),
            ("Django", "django", true),
            ("django", "django-rest", false),
            ("Acme_*", "acme.tools", true),
            ("acme-*", "acme", false),
            ("acme*", "acme", true),
            ("*", "anything", true),
            ("**", "anything", true),
            ("*-stubs", "pandas-stubs", true),
            ("*-stubs", "stubs", false),
            ("a*b*a", "aba", true),
            ("a*b*a", "ab", false),
            ("a*a", "a", false),
            ("a*bc*c", "abcbc", true),
            ("a*bc*c", "abc", false),
            ("types--*", "types-requests", true),
        ] {
            assert_eq!(selects(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn refuses_what_no_name_has() {
        for text in [
            "",
            " ",
            "a b",
            "django>=5",
            "a[extra]",
            "é",
            "a?",
            "-a",
            "a.",
        ] {
            assert!(NamePattern::parse(text).is_err(), "{text}");
        }
        let error = NamePattern::parse("django>=5").unwrap_err();
        insta::assert_snapshot!(error, @"`django>=5` is no pattern for names of projects: `>` is in no name");
    }
}
