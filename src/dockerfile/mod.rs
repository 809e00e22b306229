//! Dockerfiles: which images a file names, where, and where their digests go.
//!
//! The grammar is that of BuildKit's Dockerfile front end. Parsing never fails: it
//! returns what was understood and what is wrong; a file is changed by edits of its
//! bytes only.

mod uses;

pub use uses::{Carrier, ImageUse, Meaning, Place, Reason, Site, State, Variable, VariableSource};
