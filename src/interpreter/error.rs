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
    #[error("cannot find a Python interpreter{}", list(.tried))]
    NoneFound {
        /// Where it was looked for.
        tried: Vec<Tried>,
    },
    /// What was asked for is not there.
    #[error("cannot find Python `{request}`{}", list(.tried))]
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
    #[error("`{}` is {what}, which is not supported", .path.display())]
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
                "name one with `--python`, or pass both `--python-version` and \
                 `--python-platform`, which do not need Python"
            }
            Self::NotThere { .. } | Self::Failed { .. } => {
                "`--python` takes a path, a name on `PATH`, or a version such as `3.12`; \
                 `--python-version` with `--python-platform` does not need Python"
            }
            Self::Unsupported { .. } => {
                "pass both `--python-version` and `--python-platform`, which do not need Python"
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
