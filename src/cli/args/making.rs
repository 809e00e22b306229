//! What can be typed behind `pinfold compile` alone: how a lock is made, not what one is
//! made of.

use clap::{Args, ValueEnum};

use super::compile::Compile;
use crate::lock::Format;

#[derive(Debug, Args)]
pub(in crate::cli) struct Making {
    #[command(flatten)]
    pub(in crate::cli) compile: Compile,
    /// Choose the format of the lock file [default: by its name]
    #[arg(
        id = "lock_format",
        long = "format",
        value_enum,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub(in crate::cli) format: Option<LockFormat>,
    /// Prefer the versions that another lock file has: `uv.lock`
    ///
    /// It is a uv.lock, poetry.lock, pdm.lock, Pipfile.lock, conda-lock.yml, pylock.toml, or
    /// requirements.txt. Pins of the output itself come first. Default: the only one of them next
    /// to the first source, if the output does not exist yet.
    #[arg(
        long,
        value_name = "FILE",
        overrides_with = "no_preferences",
        help_heading = "Upgrades"
    )]
    pub(in crate::cli) preferences: Option<String>,
    /// Do not look for lock files of other tools
    #[arg(long, overrides_with = "preferences", help_heading = "Upgrades")]
    pub(in crate::cli) no_preferences: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum LockFormat {
    /// Pip's requirements file
    #[value(name = "requirements.txt")]
    Requirements,
    /// The standard format of PEP 751, which pip 26.1 and uv install
    #[value(name = "pylock.toml")]
    Pylock,
}

impl From<LockFormat> for Format {
    fn from(format: LockFormat) -> Self {
        match format {
            LockFormat::Requirements => Self::Requirements,
            LockFormat::Pylock => Self::Pylock,
        }
    }
}
