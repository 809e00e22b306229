//! The words of a plan that are data: each is one of a few, and is written as it was.
//!
//! A plan may come from another build, so a word that is not known is no error: it is kept
//! as it stands, shown as text from elsewhere, and written back unchanged.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::config::Bump;

/// A value that stands in the plan as one of a few words.
pub trait Word: Copy + PartialEq + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// Returns the word as it is written.
    fn as_str(self) -> &'static str;
}

/// A word of a plan, which another build may have written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OpenWord<W> {
    /// One that is known.
    Known(W),
    /// Any other.
    Unknown(String),
}

/// How a pin moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PinBump {
    /// To a newer version, by this step.
    Step(Bump),
    /// To or from what is not a version, or to the same version written otherwise.
    Other,
    /// It was not there.
    New,
    /// It goes.
    Removed,
    /// To an older version.
    Downgrade,
    /// The version stays, its hashes change.
    Hashes,
}

/// What people should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmKind {
    /// The pinned version was yanked.
    Yanked,
    /// What was pinned is gone from the index.
    Vanished,
    /// The pinned digest is gone from the registry.
    Gone,
    /// The pinned version got files after it was locked.
    LateFiles,
    /// A project that was not installed before.
    NewPackage,
    /// A project that goes back to an older version than was locked.
    Downgrade,
    /// A rule no longer counts.
    RuleExpired,
}

/// Why something newer is not taken, as a code that stays the same for ever; in the order
/// of the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldCode {
    /// It is too young.
    Cooldown,
    /// The index does not say when it was uploaded.
    NoUploadTime,
    /// A rule keeps what is there.
    Rule,
    /// It is farther than the limit allows.
    TooFar,
    /// No image changed on the platforms that are built for.
    NoChange,
    /// Digests move along with their tags only.
    WithoutTag,
    /// It is written so that it cannot be changed.
    Uneditable,
    /// It is not there for a platform that is built for.
    NoPlatform,
}

impl Word for PinBump {
    const ALL: &'static [Self] = &[
        Self::Step(Bump::Major),
        Self::Step(Bump::Minor),
        Self::Step(Bump::Patch),
        Self::Other,
        Self::New,
        Self::Removed,
        Self::Downgrade,
        Self::Hashes,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Step(Bump::Major) => "major",
            Self::Step(Bump::Minor) => "minor",
            Self::Step(Bump::Patch) => "patch",
            Self::Other => "other",
            Self::New => "new",
            Self::Removed => "removed",
            Self::Downgrade => "downgrade",
            Self::Hashes => "hashes",
        }
    }
}

impl Word for AlarmKind {
    const ALL: &'static [Self] = &[
        Self::Yanked,
        Self::Vanished,
        Self::Gone,
        Self::LateFiles,
        Self::NewPackage,
        Self::Downgrade,
        Self::RuleExpired,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Yanked => "yanked",
            Self::Vanished => "vanished",
            Self::Gone => "gone",
            Self::LateFiles => "late-files",
            Self::NewPackage => "new-package",
            Self::Downgrade => "downgrade",
            Self::RuleExpired => "rule-expired",
        }
    }
}

impl Word for HoldCode {
    const ALL: &'static [Self] = &[
        Self::Cooldown,
        Self::NoUploadTime,
        Self::Rule,
        Self::TooFar,
        Self::NoChange,
        Self::WithoutTag,
        Self::Uneditable,
        Self::NoPlatform,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Cooldown => "PF101",
            Self::NoUploadTime => "PF105",
            Self::Rule => "PF107",
            Self::TooFar => "PF108",
            Self::NoChange => "PF202",
            Self::WithoutTag => "PF203",
            Self::Uneditable => "PF204",
            Self::NoPlatform => "PF205",
        }
    }
}

impl fmt::Display for HoldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<W: Word> OpenWord<W> {
    /// Reads a word.
    pub fn parse(text: String) -> Self {
        let known = W::ALL.iter().find(|word| word.as_str() == text);
        known.map_or(Self::Unknown(text), |word| Self::Known(*word))
    }

    /// Returns the word as it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(word) => word.as_str(),
            Self::Unknown(word) => word,
        }
    }
}

impl<W> From<W> for OpenWord<W> {
    fn from(word: W) -> Self {
        Self::Known(word)
    }
}

impl<W: Word> PartialEq<W> for OpenWord<W> {
    fn eq(&self, other: &W) -> bool {
        matches!(self, Self::Known(word) if word == other)
    }
}

impl<W: Word> fmt::Display for OpenWord<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<W: Word> Serialize for OpenWord<W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, W: Word> Deserialize<'de> for OpenWord<W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads each word and one that is not known, and writes them again.
    fn check<W: Word + fmt::Debug>(expected: &[&str]) {
        let words: Vec<&str> = W::ALL.iter().map(|word| word.as_str()).collect();
        assert_eq!(words, expected);
        for word in W::ALL {
            let text = format!("\"{}\"", word.as_str());
            let read: OpenWord<W> = serde_json::from_str(&text).unwrap();
            assert_eq!(read, *word);
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
        let read: OpenWord<W> = serde_json::from_str("\"of-a-later-build\"").unwrap();
        assert_eq!(read, OpenWord::Unknown("of-a-later-build".to_owned()));
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            "\"of-a-later-build\""
        );
        assert!(serde_json::from_str::<OpenWord<W>>("1").is_err());
    }

    #[test]
    fn words_are_written_as_they_are_read_known_or_not() {
        check::<PinBump>(&[
            "major",
            "minor",
            "patch",
            "other",
            "new",
            "removed",
            "downgrade",
            "hashes",
        ]);
        check::<AlarmKind>(&[
            "yanked",
            "vanished",
            "gone",
            "late-files",
            "new-package",
            "downgrade",
            "rule-expired",
        ]);
        check::<HoldCode>(&[
            "PF101", "PF105", "PF107", "PF108", "PF202", "PF203", "PF204", "PF205",
        ]);
    }
}
