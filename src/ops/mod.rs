//! The deeds, a file per command: gather, decide, apply.
//!
//! A deed takes a request in which nothing is left open, tells a [`Reporter`] what
//! it does, and returns what came of it. It prints nothing and ends no process.

pub mod compile;
pub mod docker;
mod error;
mod events;
pub mod explain;
pub mod init;
pub mod update;
mod view;

pub use compile::{
    BuildOptions, Compile, Compiled, Cutoff, Hashes, HeldVersion, IndexSettings, Indexes,
    NamedIndex, OutputNaming, OutputOptions, Owner, PinDetails, PreferenceSource, ResolvedTargets,
    Run, Selection, Source, SourceOptions, Sources, TargetRequest, Variables, WhichHashes, compile,
};
pub use error::{AskedIndex, Distribution, Error, FailedBuild, FileProblems};
pub use events::{Event, Ignore, Reporter};
pub use view::View;
