//! How much an answer may cost.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ops::error::Error;
use crate::resolve::Knot;

/// How much may be done for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Budget {
    /// All that it takes.
    All,
    /// As many pages and files as it takes, but no build.
    Attempt,
    /// So many pages and files and some more, known ones too, but no build.
    Brief(usize),
    /// A few pages and files, and no build.
    Trial,
}

impl Budget {
    /// Returns how many pages and files may be looked at, known ones too.
    pub(super) const fn answers(self) -> usize {
        match self {
            Self::All | Self::Attempt => usize::MAX,
            Self::Brief(count) => count + SOME,
            Self::Trial => SOME,
        }
    }
}

/// How many pages and files a trial may look at before it is given up.
const SOME: usize = 250;

/// How long searches may compute, all of them together.
#[derive(Debug)]
pub(in crate::ops) struct SearchClock {
    limit: Duration,
    spent: Mutex<Duration>,
}

impl SearchClock {
    pub(in crate::ops) fn new(limit: Duration) -> Self {
        Self {
            limit,
            spent: Mutex::default(),
        }
    }

    fn spent(&self) -> MutexGuard<'_, Duration> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a part of a search, which is to ask whether it may go on.
    pub(super) fn measure<T>(&self, search: impl FnOnce(&dyn Fn() -> bool) -> T) -> T {
        let started = Instant::now();
        let left = self.limit.saturating_sub(*self.spent());
        let result = search(&|| started.elapsed() < left);
        *self.spent() += started.elapsed();
        result
    }

    /// Returns what a search that was not to go on ends with.
    pub(super) fn stopped(&self, knot: Knot) -> Error {
        Error::SearchTooLong {
            limit: self.limit,
            knot,
        }
    }
}
