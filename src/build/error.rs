//! What can go wrong with a build, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use crate::files;
use crate::text::{Position, Problem};

/// Why something could not be built, or not be made ready for it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The pyproject.toml does not say how to build.
    #[error("pyproject.toml:{}:{}: {}", position.line_number, position.column_number, problem.message)]
    System {
        /// Where in pyproject.toml.
        position: Position,
        /// What is wrong, and where in bytes.
        problem: Problem,
    },
    /// The tree holds nothing that says how to build it.
    #[error("there is no pyproject.toml or setup.py")]
    NotAProject {
        /// The tree.
        tree: PathBuf,
    },
    /// The interpreter makes no environment to build in.
    #[error("`{}` {problem}", python.display())]
    Python {
        /// The interpreter.
        python: PathBuf,
        /// What happened.
        problem: PythonProblem,
        /// The last lines of what it said.
        output: Vec<String>,
    },
    /// A wheel was to be installed among what the user has.
    #[error("nothing is installed for a build without isolation")]
    NotIsolated,
    /// An archive, a wheel or an sdist, is not what it should be.
    #[error("`{archive}` {problem}")]
    Archive {
        /// The archive's file name.
        archive: String,
        /// What is wrong with it.
        problem: ArchiveProblem,
    },
    /// A hook of the backend did not do what it was called for.
    #[error("`{hook}` of `{backend}` {failure}")]
    Hook {
        /// The backend, as pyproject.toml names it.
        backend: String,
        /// The hook.
        hook: String,
        /// What happened.
        failure: HookFailure,
        /// The last lines of what it printed.
        output: Vec<String>,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or the folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file of the tree could not be read.
    #[error(transparent)]
    File(#[from] files::Error),
}

/// Why an interpreter makes no environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PythonProblem {
    /// It cannot be run.
    NotRun(String),
    /// It was installed without the module `venv`.
    NoVenv,
    /// It ended with an error.
    Failed(ExitStatus),
    /// It does not answer as a Python does.
    Answer(String),
}

impl fmt::Display for PythonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRun(problem) => write!(f, "cannot be run: {problem}"),
            Self::NoVenv => f.write_str("does not have the module `venv`, which builds need"),
            Self::Failed(status) => write!(f, "cannot create a build environment: {status}"),
            Self::Answer(problem) => {
                write!(f, "does not behave like a Python interpreter: {problem}")
            }
        }
    }
}

/// What is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveProblem {
    /// Its name has an ending for which nothing is known here.
    Unsupported,
    /// Its name is not that of a wheel.
    Name(String),
    /// It is damaged.
    Damaged(String),
    /// Unpacked it would be too large to be true.
    TooLarge,
    /// A member would be written where it must not be, or is not a file.
    Unsafe {
        /// The member's name.
        member: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It does not hold one folder at the top.
    TopFolder {
        /// How many there are.
        count: usize,
    },
    /// A directory that is asked for is not in it.
    NoSubdirectory(String),
    /// It is not a wheel as PEP 427 has it.
    Layout(String),
}

impl fmt::Display for ArchiveProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("is not a `.tar.gz` or `.zip`"),
            Self::Name(problem) | Self::Layout(problem) => f.write_str(problem),
            Self::Damaged(problem) => write!(f, "is damaged: {problem}"),
            Self::TooLarge => f.write_str("is too large when unpacked"),
            Self::Unsafe { member, problem } => write!(f, "contains `{member}`, {problem}"),
            Self::NoSubdirectory(path) => write!(f, "does not contain the directory `{path}`"),
            Self::TopFolder { count } => {
                write!(f, "should contain one top-level directory, not {count}")
            }
        }
    }
}

/// How a hook failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookFailure {
    /// It raised an exception: its type and its message.
    Raised(String),
    /// The backend cannot be imported.
    Import(String),
    /// The backend lacks this hook, which each must have.
    Missing,
    /// It answered what it should not.
    Answer(String),
    /// The process ended, and left no answer.
    Ended(ExitStatus),
}

impl fmt::Display for HookFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(problem) => write!(f, "failed: {problem}"),
            Self::Import(problem) => write!(f, "cannot be called: {problem}"),
            Self::Missing => f.write_str("does not exist"),
            Self::Answer(answer) => write!(f, "returned {answer}"),
            Self::Ended(status) => write!(f, "exited without a result: {status}"),
        }
    }
}

impl Error {
    /// Returns the last lines of what the interpreter or the backend printed.
    pub fn output(&self) -> &[String] {
        match self {
            Self::Python { output, .. } | Self::Hook { output, .. } => output,
            _ => &[],
        }
    }

    /// Whether this machine is at fault, and not what was to be built.
    pub const fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Python { .. })
    }

    /// Returns what to do about it, if there is something to say.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::System { problem, .. } => problem.help.clone(),
            Self::Python {
                problem: PythonProblem::NoVenv,
                ..
            } => Some(
                "install it (the package `python3-venv` or a full `python3` package), or name \
                 another interpreter"
                    .to_owned(),
            ),
            Self::Archive {
                problem: ArchiveProblem::Unsupported,
                ..
            } => Some("repack it as `.tar.gz`".to_owned()),
            Self::Hook {
                failure: HookFailure::Import(_),
                ..
            } => Some(
                "the project should list its backend's requirements as `requires` in \
                 `[build-system]` of its pyproject.toml"
                    .to_owned(),
            ),
            Self::File(error) => error.help(),
            _ => None,
        }
    }

    /// An error of the operating system, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
