//! Why a deed could not be done.

use std::fmt;
use std::path::PathBuf;

use crate::python::{ProjectName, Version};
use crate::resolve::{Explanation, Knot};
use crate::text::Problem;
use crate::{files, http, index, interpreter, vcs};

/// What is wrong in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblems {
    /// The file's name as shown.
    pub name: String,
    /// Its text, decoded.
    pub text: String,
    /// The problems, in order.
    pub problems: Vec<Problem>,
}

/// An index that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedIndex {
    /// Its name, if it has one, and its URL without secrets, in quotes.
    pub shown: String,
    /// The variables of the environment in which credentials for it may be.
    pub variables: Option<String>,
}

/// Something that was to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distribution {
    /// A release of a project.
    Release {
        /// The project.
        project: ProjectName,
        /// Its version.
        version: Version,
    },
    /// A file, by its name, or by the path or URL that the user gave, without secrets.
    File(String),
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release { project, version } => write!(f, "{project} {version}"),
            Self::File(shown) => f.write_str(shown),
        }
    }
}

/// A build of what the user names by its place, that failed.
#[derive(Debug, thiserror::Error)]
#[error("{location}: cannot build `{what}`: {why}")]
pub struct FailedBuild {
    /// Where it is required, as `file:line`.
    pub location: String,
    /// What was to be built.
    pub what: String,
    /// Why not.
    pub why: String,
    /// The last lines of what the build said.
    pub output: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

/// Why a deed could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Inputs that cannot be understood.
    #[error("the requirements are invalid")]
    Inputs(Vec<FileProblems>),
    /// A request that contradicts itself or cannot be met.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] files::Error),
    /// An included file could not be read.
    #[error("{including} includes `{included}`, which could not be read")]
    Include {
        /// Where it is included, as `file:line`.
        including: String,
        /// What is included.
        included: String,
        /// Why not.
        source: Box<Self>,
    },
    /// Something that was fetched for its own sake (a requirements file, a page of links).
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The index did not answer as it should.
    #[error("could not look up `{project}` on the index {}", index.shown)]
    Index {
        /// The project.
        project: ProjectName,
        /// The index.
        index: Box<AskedIndex>,
        /// Why not.
        source: index::Error,
    },
    /// A distribution could not be fetched, or is not what the index promised.
    #[error("could not fetch `{of}`")]
    Metadata {
        /// The distribution.
        of: Distribution,
        /// Why not.
        source: Box<index::MetadataError>,
    },
    /// What a build takes could not be had.
    #[error("cannot build `{what}`: its build requirements are unavailable")]
    Build {
        /// What was to be built.
        what: String,
        /// Why not.
        source: std::sync::Arc<Self>,
    },
    /// Nothing can be built on this machine.
    #[error("{why}")]
    Machine {
        /// Why not.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// What the user names by its place has to be built, and the build fails.
    #[error(transparent)]
    FailedBuild(Box<FailedBuild>),
    /// A repository could not be read.
    #[error("{location}: cannot fetch `{what}`")]
    Repository {
        /// Where it is required, as `file:line`.
        location: String,
        /// The repository, without secrets.
        what: String,
        /// Why not.
        source: Box<vcs::Error>,
    },
    /// A page or folder of links could not be read.
    #[error("could not read the links of `{links}`")]
    FindLinks {
        /// The directory or page that has them, without secrets.
        links: String,
        /// Why not.
        source: index::Error,
    },
    /// No Python could be asked.
    #[error(transparent)]
    Interpreter(#[from] interpreter::Error),
    /// There is no solution.
    #[error("no combination of versions satisfies all requirements{}", for_target(target.as_deref()))]
    NoSolution {
        /// Of several targets, which has none.
        target: Option<String>,
        /// Why.
        explanation: Box<Explanation>,
        /// What was tried and would help.
        advice: Vec<String>,
    },
    /// The search for versions took longer than it may.
    #[error("no solution found within {}: the search for versions was stopped", seconds(*limit))]
    SearchTooLong {
        /// How long it may take.
        limit: std::time::Duration,
        /// What it was busy with.
        knot: Knot,
    },
    /// Pages in the cache turned out to be damaged when all was decided; they are removed.
    #[error("removed damaged project pages from the cache")]
    DamagedPages,
    /// A trial took more than it may.
    #[error("given up")]
    GivenUp,
    /// The output exists and is not text.
    #[error("`{}` is not UTF-8 text", path.display())]
    OutputNotText {
        /// The output.
        path: PathBuf,
    },
}

fn for_target(target: Option<&str>) -> String {
    target.map_or_else(String::new, |target| format!(" for {target}"))
}

fn seconds(limit: std::time::Duration) -> String {
    crate::text::many(limit.as_secs(), "second")
}

impl Error {
    /// Whether running again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::Index { source, .. } | Self::FindLinks { source, .. } => source.is_transient(),
            Self::Metadata { source, .. } => source.is_transient(),
            Self::Include { source, .. } => source.is_transient(),
            Self::Build { source, .. } => source.is_transient(),
            Self::Repository { source, .. } => source.is_transient(),
            Self::DamagedPages => true,
            _ => false,
        }
    }
}

/// Returns what an error says, and what its causes say.
pub(in crate::ops) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
