//! The deeds, a file per command: gather, decide, apply.
//!
//! A deed takes a request in which nothing is left open, tells a [`Reporter`] what
//! it does, and returns what came of it. It prints nothing and ends no process.

mod build;
mod candidates;
mod compile;
mod content;
mod cutoff;
pub mod docker;
mod error;
mod events;
pub mod explain;
mod facts;
mod fetch;
mod foresight;
mod ground;
mod hashing;
mod indexes;
pub mod init;
mod inputs;
mod located;
mod network;
mod output;
mod projects;
mod shadows;
mod sources;
mod target;
mod telling;
mod trail;
pub mod update;
mod view;

pub use build::BuildOptions;
pub use compile::{Compile, Compiled, Variables, compile};
pub use cutoff::Cutoff;
pub use error::{AskedIndex, Error, FailedBuild, FileProblems};
pub use events::{Event, Ignore, Reporter};
pub use facts::{Held, PinFacts};
pub use indexes::{IndexSettings, NamedIndex, Owner, Strategy};
pub use inputs::{Source, SourceOptions};
pub use output::{Hashes, OutputOptions, WhichHashes};
pub use target::{ResolvedTarget, TargetRequest};
pub use view::View;
