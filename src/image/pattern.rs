//! Patterns that select images by name: for what is ignored, and for what moves.
//!
//! A pattern is compared with each way to write an image: `python`, `library/python`,
//! `docker.io/python`, `docker.io/library/python`, and these with the tag. `*` stands for
//! anything but a slash, `**` for anything, `?`, `[…]` and `{a,b}` as in shells.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use super::reference::{DEFAULT_HOST, Reference};

/// A pattern such as `python`, `ghcr.io/acme/**` or `python:3.*`.
#[derive(Debug, Clone)]
pub struct ImagePattern {
    text: String,
    matcher: GlobMatcher,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image pattern: {problem}")]
pub struct PatternError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

impl ImagePattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let fail = |problem: String| PatternError {
            text: text.to_owned(),
            problem,
        };
        if text.trim().is_empty() {
            return Err(fail("it is empty".to_owned()));
        }
        if text.starts_with(':') {
            return Err(fail("the name before the tag is missing".to_owned()));
        }
        if text.contains('@') {
            return Err(fail("patterns cannot match digests".to_owned()));
        }
        let glob = GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map_err(|error| fail(error.kind().to_string()))?;
        Ok(Self {
            text: text.to_owned(),
            matcher: glob.compile_matcher(),
        })
    }

    /// Whether it selects this image; a digest does not matter.
    pub fn matches(&self, reference: &Reference) -> bool {
        let repository = reference.repository();
        let full = repository.to_string();
        let familiar = repository.familiar();
        let mut names = vec![reference.name(), &familiar, &full];
        let with_host = format!("{DEFAULT_HOST}/{familiar}");
        if repository.host == DEFAULT_HOST {
            names.extend([repository.path.as_str(), &with_host]);
        }
        names.iter().any(|name| {
            self.matcher.is_match(name)
                || reference
                    .followed_tag()
                    .is_some_and(|tag| self.matcher.is_match(format!("{name}:{tag}")))
        })
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for ImagePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ImagePattern {}

impl fmt::Display for ImagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, reference: &str, expected: bool) {
        let pattern = ImagePattern::parse(pattern).unwrap();
        let reference = Reference::parse(reference).unwrap();
        assert_eq!(
            pattern.matches(&reference),
            expected,
            "{pattern} {reference}"
        );
    }

    #[test]
    fn a_name_selects_all_its_tags_however_it_is_spelled() {
        check("python", "python:3.12", true);
        check("python", "docker.io/library/python", true);
        check("docker.io/library/python", "python:3.12", true);
        check("docker.io/python:3.12", "python:3.12", true);
        check("library/*", "python:3.12", true);
        check("docker.io/acme/app", "acme/app", true);
        check("library/*", "ghcr.io/library/app", false);
        check("python", "acme/python", false);
        check("python", "pythons", false);
    }

    #[test]
    fn a_tag_selects_itself() {
        check("python:3.12", "python:3.12", true);
        check("python:3.12", "python:3.12-slim", false);
        check("python:3.*", "docker.io/python:3.12-slim", true);
        check("python:latest", "python", true);
        let digest = super::super::Digest::of(b"");
        check("python:3.12", &format!("python:3.12@{digest}"), true);
    }

    #[test]
    fn stars_stop_at_slashes_unless_there_are_two() {
        check("ghcr.io/acme/*", "ghcr.io/acme/app:1", true);
        check("ghcr.io/acme/*", "ghcr.io/acme/team/app:1", false);
        check("ghcr.io/acme/**", "ghcr.io/acme/team/app:1", true);
        check("localhost:5000/**", "localhost:5000/app", true);
    }

    #[test]
    fn refuses_what_selects_nothing() {
        for bad in ["", "  ", "[", ":3", "python@sha256:1"] {
            assert!(ImagePattern::parse(bad).is_err(), "{bad:?}");
        }
    }
}
