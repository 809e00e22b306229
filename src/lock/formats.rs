//! The formats of locks, and what is asked of a text whichever it has.

use std::borrow::Cow;

use super::diff::{Change, changes};
use super::model::{Lock, Pin, PinSource};
use super::pylock;
use super::read::{self, LockFile, LockedPin};
use super::recognize;
use super::write::{Annotations, EmittedOptions, Style, render};

/// The format of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// pip's requirements file.
    #[default]
    Requirements,
    /// `pylock.toml` (PEP 751).
    Pylock,
}

impl Format {
    /// Returns the name that `--format` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requirements => "requirements.txt",
            Self::Pylock => "pylock.toml",
        }
    }

    /// Returns the format of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Requirements, Self::Pylock]
            .into_iter()
            .find(|format| format.name() == name)
    }

    /// Returns the format that a path or a file's name asks for.
    pub fn of_path(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if pylock::has_name(name) {
            Self::Pylock
        } else {
            Self::Requirements
        }
    }

    /// Returns the format of a text.
    pub fn of_text(text: &str) -> Self {
        if pylock::is_pylock(text) {
            Self::Pylock
        } else {
            Self::Requirements
        }
    }
}

/// Reads the pins of a lock, whichever its format.
pub fn read(text: &str) -> LockFile {
    match Format::of_text(text) {
        Format::Requirements => read::read(text),
        Format::Pylock => pylock::pins(text),
    }
}

/// Returns a line because of which a text is not a lock; none if it is one. An empty text
/// is a lock without pins.
pub fn foreign_line(text: &str) -> Option<String> {
    match Format::of_text(text) {
        Format::Requirements => recognize::foreign_line(text),
        Format::Pylock => None,
    }
}

/// Returns the pins of a lock as lines of requirements.
pub fn as_requirements(text: &str) -> Cow<'_, str> {
    if Format::of_text(text) == Format::Requirements {
        return Cow::Borrowed(text);
    }
    let lock = Lock {
        pins: pylock::pins(text).pins.into_iter().map(pin).collect(),
        ..Lock::default()
    };
    let style = Style {
        header: false,
        options: EmittedOptions::NONE,
        annotations: Annotations::None,
        ..Style::default()
    };
    Cow::Owned(render(&lock, &style))
}

/// Returns what is written in a `pylock.toml`, as a lock to compare with.
fn as_lock(text: &str) -> Lock {
    Lock {
        pins: pylock::pins(text).pins.into_iter().map(pin).collect(),
        ..Lock::default()
    }
}

fn pin(pin: LockedPin) -> Pin {
    let is_path = matches!(pin.source, PinSource::Path(_) | PinSource::Editable(_));
    Pin {
        name: pin.name,
        extras: pin.extras,
        unhashable: is_path && pin.hashes.is_empty(),
        source: pin.source,
        marker: pin.marker,
        hashes: pin.hashes,
        revision: pin.revision,
        index: None,
        comments: Vec::new(),
        via: Vec::new(),
    }
}

/// Returns what moved between two texts of locks of one format; `lock` is what the new one
/// was made of.
pub fn moves(old: &LockFile, lock: &Lock, text: &str) -> Vec<Change> {
    match Format::of_text(text) {
        Format::Requirements => changes(old, lock),
        // It has files of the target only, and paths as seen from where it is.
        Format::Pylock => changes(old, &as_lock(text)),
    }
}
