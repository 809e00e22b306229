//! Patterns that select projects by name.
//!
//! Names are compared in their normal form (PEP 503), so `Acme_*` selects `acme-core`.

use std::fmt;

use crate::python::ProjectName;

/// A pattern such as `django` or `acme-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectPattern {
    text: String,
    normal: Vec<u8>,
}

/// Why a text is not a pattern for projects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a project name or a pattern (example: `acme-*`)")]
pub struct ProjectPatternError {
    /// The text.
    pub text: String,
}

impl ProjectPattern {
    /// Reads a pattern: a name in which `*` stands for anything, `?` for one character.
    ///
    /// # Errors
    /// When it has what no name has.
    pub fn parse(text: &str) -> Result<Self, ProjectPatternError> {
        let is_allowed =
            |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'*' | b'?');
        if text.is_empty() || !text.bytes().all(is_allowed) {
            return Err(ProjectPatternError {
                text: text.to_owned(),
            });
        }
        let mut normal: Vec<u8> = Vec::with_capacity(text.len());
        for byte in text.bytes() {
            let byte = match byte {
                b'_' | b'.' => b'-',
                byte => byte.to_ascii_lowercase(),
            };
            let repeats = normal.last() == Some(&byte) && matches!(byte, b'-' | b'*');
            if !repeats {
                normal.push(byte);
            }
        }
        Ok(Self {
            text: text.to_owned(),
            normal,
        })
    }

    /// Whether it selects this project.
    pub fn matches(&self, name: &ProjectName) -> bool {
        is_match(&self.normal, name.as_ref().as_bytes())
    }

    /// Whether it is the same pattern, however it is spelled.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.normal == other.normal
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ProjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Matches without recursion: after a mismatch only the last `*` takes one byte more,
/// which is enough, since whatever an earlier one takes, the later one can make up for.
fn is_match(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(&expected) if expected == b'?' || expected == name[here] => {
                at += 1;
                here += 1;
            }
            _ => match &mut star {
                Some((star_at, taken)) => {
                    *taken += 1;
                    at = *star_at + 1;
                    here = *taken;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: bool) {
        let parsed = ProjectPattern::parse(pattern).unwrap();
        let name: ProjectName = name.parse().unwrap();
        assert_eq!(parsed.matches(&name), expected, "{pattern} {name}");
    }

    #[test]
    fn a_name_selects_itself_however_it_is_spelled() {
        check("Zope.Interface", "zope_interface", true);
        check("a__b", "a-b", true);
        check("django", "django-filter", false);
        check("django", "djang", false);
    }

    #[test]
    fn stars_stand_for_anything_and_marks_for_one_character() {
        check("acme-*", "acme-core-utils", true);
        check("acme_*", "Acme.core", true);
        check("acme-*", "acme", false);
        check("*", "anything", true);
        check("*-stubs", "types-a-stubs-stubs", true);
        check("*a*b", "xaxbxa", false);
        check("*a*b", "xaxbxab", true);
        check("types-?", "types-x", true);
        check("types-?", "types-xy", false);
        check("a**c", "abc", true);
    }

    #[test]
    fn refuses_what_is_in_no_name() {
        for bad in ["", " ", "a b", "django<6", "acme/*", "[ab]", "ü", "!a"] {
            assert!(ProjectPattern::parse(bad).is_err(), "{bad:?}");
        }
    }
}
