//! Dockerfiles: which images a file names, where, and where their digests go.
//!
//! The grammar is that of BuildKit's Dockerfile front end. Parsing never fails: it
//! returns what was understood and what is wrong; a file is changed by edits of its
//! bytes only.

mod action;
mod collect;
mod directive;
mod draft;
mod expand;
mod expanded;
mod heredoc;
mod instruction;
mod lines;
mod mount;
mod name;
mod operators;
mod parse;
mod pattern;
mod policy;
mod pragma;
mod scope;
mod sharing;
mod stages;
#[cfg(test)]
mod tests;
mod uses;
mod words;

pub use collect::Outside;
pub use parse::Dockerfile;
pub use uses::{Carrier, ImageUse, Meaning, Place, Reason, Site, State, Variable, VariableSource};
