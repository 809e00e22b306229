//! How versions are shared among the environments that a lock is for.

/// How versions are shared among environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForkStrategy {
    /// One version for all platforms of a Python where that is possible; the newest for each
    /// Python.
    #[default]
    RequiresPython,
    /// As few versions as possible.
    Fewest,
    /// The newest version for each environment.
    Newest,
}

impl ForkStrategy {
    /// Returns the name that `--fork-strategy` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequiresPython => "requires-python",
            Self::Fewest => "fewest",
            Self::Newest => "newest",
        }
    }

    /// Returns the one of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::RequiresPython, Self::Fewest, Self::Newest]
            .into_iter()
            .find(|strategy| strategy.name() == name)
    }
}
