//! Compose files: the images they name, and the Dockerfiles written in them.
//!
//! The format is that of the Compose specification, over YAML 1.2 with the merge keys
//! of 1.1. One file is looked at at a time: what `include` and `extends` name in others
//! is not followed. What a file says about others is in its builds and in the images that
//! it builds. A file is changed by edits of its bytes only.

mod built;
mod file;
mod image;
mod inline;
mod pragma;
mod scalar;
mod services;
mod template;
#[cfg(test)]
mod tests;
mod tree;

pub use built::BuiltImages;
pub use file::{Build, ComposeFile};
