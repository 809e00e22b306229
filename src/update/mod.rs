//! What `pinfold update` decides: which files are locks and what they are made of.
//!
//! [`recipe`] reads the command that stands in a lock file's header, and
//! [`targets()`] puts a repository's files together: locks, their sources, and the
//! order in which they depend on each other. Everything here is a function on
//! values; no command is run and no file is opened.

mod command;
mod flags;
mod header;
mod layers;
mod options;
mod targets;
mod words;

pub use header::{CompileCommand, Recipe, Tool, recipe, recipe_beside};
pub use options::Options;
pub use targets::{Candidate, LockConfig, LockTarget, Skipped, Why, is_candidate_name, targets};

#[cfg(test)]
mod targets_tests;
