//! The values that keys have.

use std::fmt;

use crate::python::Version;
use crate::text::Span;

use super::keys;

/// A value, and where in the configuration it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands, in bytes of the file's text.
    pub span: Span,
}

/// Drops places.
pub(super) fn values<T>(items: Vec<Located<T>>) -> Vec<T> {
    items.into_iter().map(|item| item.value).collect()
}

/// A value that is one of a few words.
pub(super) trait Word: Copy + 'static {
    /// The words and what they stand for, in the same order.
    const WORDS: &'static [&'static str];
    const VALUES: &'static [Self];

    fn of(word: &str) -> Option<Self> {
        let index = Self::WORDS.iter().position(|known| *known == word)?;
        Self::VALUES.get(index).copied()
    }
}

/// A step from one version to a newer one, by the release segment that differs (PEP 440).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bump {
    /// The third segment, a later one, or none: post-releases, local versions.
    Patch,
    /// The second segment.
    Minor,
    /// The first segment, or the epoch.
    Major,
}

impl Word for Bump {
    const WORDS: &'static [&'static str] = keys::BUMPS;
    const VALUES: &'static [Self] = &[Self::Patch, Self::Minor, Self::Major];
}

impl Bump {
    /// Returns the step from one version to a newer one; none to one that is not newer.
    pub fn between(from: &Version, to: &Version) -> Option<Self> {
        if to <= from {
            return None;
        }
        let segment = |version: &Version, at: usize| version.release().get(at).copied();
        let differs =
            |at| segment(from, at).unwrap_or_default() != segment(to, at).unwrap_or_default();
        Some(if from.epoch() != to.epoch() || differs(0) {
            Self::Major
        } else if differs(1) {
            Self::Minor
        } else {
            Self::Patch
        })
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// How far an image's tag may move, by the first of its numbers that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagLimit {
    /// Not at all.
    Keep,
    /// By the third number or a later one, or from a pre-release to its release.
    Patch,
    /// By the second number.
    Minor,
    /// By any.
    Major,
}

impl Word for TagLimit {
    const WORDS: &'static [&'static str] = keys::TAG_BUMPS;
    const VALUES: &'static [Self] = &[Self::Keep, Self::Patch, Self::Minor, Self::Major];
}

impl fmt::Display for TagLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// When digests are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestUpdates {
    /// Whenever the tag says another one.
    Always,
    /// Along with the tag only.
    OnTagChange,
}

impl Word for DigestUpdates {
    const WORDS: &'static [&'static str] = keys::DIGESTS;
    const VALUES: &'static [Self] = &[Self::Always, Self::OnTagChange];
}

/// What becomes of files for which the index tells no time of upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum MissingUploadTime {
    /// They are not taken.
    #[default]
    Hold,
    /// They count as old enough.
    Allow,
}

impl Word for MissingUploadTime {
    const WORDS: &'static [&'static str] = keys::UPLOAD_TIMES;
    const VALUES: &'static [Self] = &[Self::Hold, Self::Allow];
}

#[cfg(test)]
mod tests {
    use super::Bump::{Major, Minor, Patch};
    use super::*;

    #[test]
    fn steps_are_read_off_the_release_segments() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        for (from, to, expected) in [
            ("1.2.3", "1.2.4", Some(Patch)),
            ("1.2.3", "1.3.0", Some(Minor)),
            ("1.2.3", "2.0", Some(Major)),
            ("1.2", "1.2.1", Some(Patch)),
            ("1", "1.1", Some(Minor)),
            ("1.2.3.4", "1.2.3.5", Some(Patch)),
            ("1.2.3", "1.2.3.post1", Some(Patch)),
            ("1.2.3rc1", "1.2.3", Some(Patch)),
            ("1.2.3", "1.2.3+local", Some(Patch)),
            ("0.1", "0.2", Some(Minor)),
            ("2025.4", "2026.1", Some(Major)),
            ("2026.1", "1!1.0", Some(Major)),
            ("1!1.0", "1!1.1", Some(Minor)),
            ("1.0", "1.0.0", None),
            ("1.2", "1.1", None),
            ("1!1.0", "2026.1", None),
        ] {
            let bump = Bump::between(&version(from), &version(to));
            assert_eq!(bump, expected, "{from} to {to}");
        }
    }
}
