//! Whose command it is.

/// A program that makes lock files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `pinfold compile`
    Pinfold,
    /// `pip-compile`
    PipCompile,
    /// `uv pip compile`
    Uv,
}

impl Tool {
    /// Returns the command's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinfold => "pinfold compile",
            Self::PipCompile => "pip-compile",
            Self::Uv => "uv pip compile",
        }
    }
}

impl std::fmt::Display for Tool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
