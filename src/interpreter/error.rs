//! What can go wrong between us and Python.

use std::fmt::Write as _;
use std::path::PathBuf;

/// A place where Python was looked for, and why it is not the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What was looked for: a path, or a name on the search path.
    pub place: String,
    /// What was found instead.
    pub problem: String,
}

/// Why there is no interpreter.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was asked for, and nothing was found.
    #[error("no Python interpreter was found{}", list(.tried))]
    NoneFound {
        /// Where it was looked for.
        tried: Vec<Tried>,
    },
    /// What was asked for is not there.
    #[error("there is no Python `{request}`{}", list(.tried))]
    NotThere {
        /// What was asked for.
        request: String,
        /// Where it was looked for.
        tried: Vec<Tried>,
    },
    /// It could not be run, or does not answer as a Python does.
    #[error("`{}` {problem}", .path.display())]
    Failed {
        /// The program.
        path: PathBuf,
        /// What happened.
        problem: String,
    },
    /// It answered, and nothing is known of what it is.
    #[error("`{}` is {what}, for which no wheels are known", .path.display())]
    Unsupported {
        /// The program.
        path: PathBuf,
        /// The implementation or platform.
        what: String,
    },
}

impl Error {
    /// Returns what to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoneFound { .. } => {
                "name one with `--python`, or give both `--python-version` and \
                 `--python-platform`, with which no Python is needed"
            }
            Self::NotThere { .. } | Self::Failed { .. } => {
                "`--python` takes a path, a name on the search path, or a version such as `3.12`; \
                 with both `--python-version` and `--python-platform` no Python is needed"
            }
            Self::Unsupported { .. } => {
                "give both `--python-version` and `--python-platform`; then no Python is needed"
            }
        }
    }
}

fn list(tried: &[Tried]) -> String {
    let mut text = String::new();
    for (index, Tried { place, problem }) in tried.iter().enumerate() {
        text.push_str(if index == 0 { ": " } else { "; " });
        let _ = write!(text, "`{place}` {problem}");
    }
    text
}
