//! The values that keys have.

use std::fmt;

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

/// How far a version may move, by the first part of it that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MaxBump {
    /// The third part, or a later one.
    Patch,
    /// The second part.
    Minor,
    /// Any.
    Major,
}

impl Word for MaxBump {
    const WORDS: &'static [&'static str] = keys::BUMPS;
    const VALUES: &'static [Self] = &[Self::Patch, Self::Minor, Self::Major];
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
