//! What can be typed behind `pinfold update` and `pinfold apply`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::shared::{Configuration, KeyringProvider, Output, Registries};

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
pub(in crate::cli) struct Update {
    /// Lock files, Dockerfiles, compose files, or directories to update, with the files that belong
    /// to them [default: the whole repository]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,

    /// List what would be updated, and why, without looking for updates
    #[arg(long, help_heading = "Mode")]
    pub(in crate::cli) list: bool,
    /// Show what would change, without writing
    #[arg(short = 'n', long, help_heading = "Mode")]
    pub(in crate::cli) dry_run: bool,
    /// Exit with 1 if something would change, without writing
    #[arg(long, help_heading = "Mode")]
    pub(in crate::cli) check: bool,
    /// Commit to a branch and leave the work tree unchanged
    #[arg(long, conflicts_with_all = ["dry_run", "check", "list"], help_heading = "Mode")]
    pub(in crate::cli) commit: bool,
    /// Commit to this branch [default: pinfold/update]
    #[arg(long, value_name = "BRANCH", help_heading = "Mode")]
    pub(in crate::cli) branch: Option<String>,
    /// Update only lock files or only images
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Mode")]
    pub(in crate::cli) only: Option<Kind>,
    /// Write the plan to this file, for `pinfold apply`
    #[arg(long, value_name = "FILE", help_heading = "Mode")]
    pub(in crate::cli) plan_out: Option<PathBuf>,

    /// Treat this time as now, to repeat an earlier run
    #[arg(long, value_name = "TIME", help_heading = "Policy")]
    pub(in crate::cli) as_of: Option<String>,
    /// Skip releases younger than this: `7d`, `24h`, `0d`
    #[arg(long, value_name = "DURATION", help_heading = "Policy")]
    pub(in crate::cli) cooldown: Option<String>,
    /// Use this index for lock files that name none [default: PyPI]
    #[arg(short, long, value_name = "URL", help_heading = "Indexes")]
    pub(in crate::cli) index_url: Option<String>,
    /// Choose where to look up credentials that were not found elsewhere
    #[arg(long, value_enum, value_name = "PROVIDER", default_value_t = KeyringProvider::Disabled, help_heading = "Indexes")]
    pub(in crate::cli) keyring_provider: KeyringProvider,
    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
    #[command(flatten)]
    pub(in crate::cli) registries: Registries,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
    /// Write the report to this file, as Markdown
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(in crate::cli) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    /// Plan that `pinfold update --plan-out` wrote; `-` is standard input
    #[arg(value_name = "PLAN")]
    pub(in crate::cli) plan: PathBuf,
    /// Commit to a branch and leave the work tree unchanged
    #[arg(long)]
    pub(in crate::cli) commit: bool,
    /// Commit to this branch [default: pinfold/update]
    #[arg(long, value_name = "BRANCH")]
    pub(in crate::cli) branch: Option<String>,
    /// Accept this index in lock files, if `pinfold update` was given it
    #[arg(short, long, value_name = "URL")]
    pub(in crate::cli) index_url: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
    /// Write the report to this file, as Markdown
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(in crate::cli) report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// Lock files
    Locks,
    /// Images in Dockerfiles and compose files
    Images,
}
