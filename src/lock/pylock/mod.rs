//! `pylock.toml` (PEP 751): written, read, and looked at as pins.
//!
//! What a requirements file does not say and a `pylock.toml` does is in [`Details`], beside
//! the [`Lock`](super::Lock) that both are made of. Reading is strict about what makes an
//! install unsafe (no hash, an unknown format) and takes the rest as it is, with a note.

mod environment;
mod marker;
mod model;
mod name;
mod pins;
mod read;
mod select;
mod write;

pub use environment::environment;
pub use model::{Details, File, Origin, Place, Release};
pub use name::{BadName, check_name, has_name};
pub use pins::{is_pylock, pins};
pub use read::{Package, Pylock, read};
pub use select::{Choice, Selected};
pub use write::{Unwritable, render};

#[cfg(test)]
mod tests;
