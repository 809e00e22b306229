//! How much an answer may cost.

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
