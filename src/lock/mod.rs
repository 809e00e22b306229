//! The lock model: what a compiled requirements file holds, written and read.
//!
//! Everything here is a function on values: `write` turns a [`Lock`] into text,
//! `read` turns any text into the pins it can find, `diff` says what moved
//! between two of them. `pylock` is the other format of a lock, `foreign` reads those of
//! other tools. Files, clocks and versions' meaning live elsewhere.

mod conflict;
mod diff;
pub mod foreign;
mod formats;
mod layout;
mod model;
pub mod pylock;
mod read;
mod recognize;
mod tables;
mod write;

pub use conflict::conflict_mark;
pub use diff::{Change, changes, summary};
pub use formats::{Format, as_requirements, foreign_line, moves, read};
pub use layout::Layout;
pub use model::{Header, Lock, OptionLines, Pin, PinSource};
pub use read::{FileHeader, LockFile, LockedPin, LockedPlace, has_header, header};
pub use write::{
    Annotations, EmittedOptions, Style, UnsafePackages, UnsafePlacing, default_unsafe_packages,
    render,
};

#[cfg(test)]
mod laws;
