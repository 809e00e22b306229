//! The lock model: what a compiled requirements file holds, written and read.
//!
//! Everything here is a function on values: `write` turns a [`Lock`] into text,
//! `read` turns any text into the pins it can find, `diff` says what moved
//! between two of them. Files, clocks and versions' meaning live elsewhere.

mod conflict;
mod diff;
mod layout;
mod model;
mod read;
mod recognize;
mod write;

pub use conflict::conflict_mark;
pub use diff::{Change, changes, summary};
pub use layout::Layout;
pub use model::{Header, Lock, OptionLines, Pin, PinSource};
pub use read::{FileHeader, LockFile, LockedPin, LockedPlace, has_header, header, read};
pub use recognize::foreign_line;
pub use write::{
    Annotations, EmittedOptions, Style, UnsafePackages, UnsafePlacing, default_unsafe_packages,
    render,
};

#[cfg(test)]
mod laws;
