//! Builds Python projects by their own backends: PEP 517, PEP 518, PEP 660.
//!
//! An sdist is unpacked ([`unpack`]), its pyproject.toml says what builds it
//! ([`BuildSystem`]), and an [`Environment`] of its own is where that is installed and
//! run. What is to be installed there is for the caller to resolve and to fetch:
//! nothing here speaks to an index. Nor are the results judged: metadata and wheels are
//! given back as they came.
//!
//! A backend is a program of strangers. It may do what the user may; what is held
//! here is what archives and names could do before any of that is run.

mod backend;
mod environment;
mod error;
mod hook;
mod inside;
mod install;
mod launcher;
mod output;
mod system;
mod unpack;

pub use environment::Environment;
pub use error::{ArchiveProblem, Error, HookFailure, PythonProblem};
pub use hook::{ConfigSettings, Kind};
pub use system::BuildSystem;
pub use unpack::{unpack, unpack_subdirectory};

#[cfg(test)]
mod tests;
