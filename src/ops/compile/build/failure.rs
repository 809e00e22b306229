//! Why a build gave nothing, and whose fault that is.

use std::sync::Arc;

use crate::build;
use crate::ops::error::{Error, with_causes};

/// Why a build gave nothing.
#[derive(Debug, Clone)]
pub(in crate::ops) enum Failure {
    /// It cannot be built: why, in a line, the last lines that it said, and what to do.
    Build {
        why: String,
        output: Vec<String>,
        help: Option<String>,
    },
    /// What it needs could not be fetched.
    Fetch(Arc<Error>),
}

impl Failure {
    /// Not a fault of what was to be built: on another machine it may well be, so that
    /// to go on without it would give a lock that depends on the machine.
    pub(super) fn of_the_machine(why: impl Into<String>, help: Option<String>) -> Self {
        let help = help.unwrap_or_else(|| {
            "builds use the temporary directory: free some space there, or choose another one with \
             TMPDIR"
                .to_owned()
        });
        Self::Fetch(Arc::new(Error::Machine {
            why: why.into(),
            help: Some(help),
        }))
    }

    /// Whether it is this machine that is at fault.
    pub(in crate::ops) fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Fetch(error) if matches!(**error, Error::Machine { .. }))
    }

    pub(super) fn because(why: impl Into<String>) -> Self {
        Self::Build {
            why: why.into(),
            output: Vec::new(),
            help: None,
        }
    }
}

impl From<build::Error> for Failure {
    fn from(error: build::Error) -> Self {
        if error.is_of_the_machine() {
            return Self::of_the_machine(with_causes(&error), error.help());
        }
        Self::Build {
            why: with_causes(&error),
            output: error.output().to_vec(),
            help: error.help(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_the_machine_s_fault_and_a_bad_tree_is_not() {
        let full = build::Error::Io {
            action: "write",
            path: "x".into(),
            source: std::io::ErrorKind::StorageFull.into(),
        };
        assert!(Failure::from(full).is_of_the_machine());
        let bad = build::Error::NotAProject { tree: "x".into() };
        assert!(!Failure::from(bad).is_of_the_machine());
    }
}
