//! The values that keys have.

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

/// How far an image's tag may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageTags {
    /// Not at all.
    Keep,
    /// By its third part.
    Patch,
    /// By its second part.
    Minor,
    /// By any.
    Major,
}

impl Word for ImageTags {
    const WORDS: &'static [&'static str] = keys::TAG_BUMPS;
    const VALUES: &'static [Self] = &[Self::Keep, Self::Patch, Self::Minor, Self::Major];
}

/// When digests are renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digests {
    /// Whenever the tag says another one.
    Always,
    /// Along with the tag only.
    OnTagChange,
}

impl Word for Digests {
    const WORDS: &'static [&'static str] = keys::DIGESTS;
    const VALUES: &'static [Self] = &[Self::Always, Self::OnTagChange];
}

/// What becomes of files for which the index tells no time of upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingUploadTime {
    /// They are not taken.
    Hold,
    /// They count as old.
    Allow,
}

impl Word for MissingUploadTime {
    const WORDS: &'static [&'static str] = keys::UPLOAD_TIMES;
    const VALUES: &'static [Self] = &[Self::Hold, Self::Allow];
}
