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
    /// Lock files, Dockerfiles, compose files or folders to update; those that belong to them
    /// come along [default: the whole repository]
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,

    /// Say what would be looked after, and why, and ask nobody
    #[arg(long, help_heading = "What is done")]
    pub(in crate::cli) list: bool,
    /// Show what would change and write nothing
    #[arg(short = 'n', long, help_heading = "What is done")]
    pub(in crate::cli) dry_run: bool,
    /// Exit with 1 if something would change, and write nothing
    #[arg(long, help_heading = "What is done")]
    pub(in crate::cli) check: bool,
    /// Commit to a branch, and leave the work tree as it is
    #[arg(long, conflicts_with_all = ["dry_run", "check", "list"], help_heading = "What is done")]
    pub(in crate::cli) commit: bool,
    /// The branch to commit to [default: pinfold/update]
    #[arg(long, value_name = "BRANCH", help_heading = "What is done")]
    pub(in crate::cli) branch: Option<String>,
    /// Only one kind of target
    #[arg(long, value_enum, value_name = "KIND", help_heading = "What is done")]
    pub(in crate::cli) only: Option<Kind>,
    /// Write the plan to a file, for `pinfold apply`
    #[arg(long, value_name = "FILE", help_heading = "What is done")]
    pub(in crate::cli) plan_out: Option<PathBuf>,

    /// The time that counts as now: a run is repeated by naming its time
    #[arg(long, value_name = "TIME", help_heading = "Policy")]
    pub(in crate::cli) as_of: Option<String>,
    /// How old a file has to be: `7d`, `24h`, `0d`
    #[arg(long, value_name = "DURATION", help_heading = "Policy")]
    pub(in crate::cli) cooldown: Option<String>,
    /// The index for locks that name none [default: PyPI]
    #[arg(short, long, value_name = "URL", help_heading = "Policy")]
    pub(in crate::cli) index_url: Option<String>,
    /// Who is asked for credentials that are nowhere else
    #[arg(long, value_enum, value_name = "PROVIDER", default_value_t = KeyringProvider::Disabled, help_heading = "Policy")]
    pub(in crate::cli) keyring_provider: KeyringProvider,
    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
    #[command(flatten)]
    pub(in crate::cli) registries: Registries,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
    /// Write the report to a file, as Markdown
    #[arg(long, value_name = "FILE", help_heading = "Messages")]
    pub(in crate::cli) report: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Apply {
    /// The plan that `pinfold update --plan-out` wrote; `-`: standard input
    #[arg(value_name = "PLAN")]
    pub(in crate::cli) plan: PathBuf,
    /// Commit to a branch, and leave the work tree as it is
    #[arg(long)]
    pub(in crate::cli) commit: bool,
    /// The branch to commit to [default: pinfold/update]
    #[arg(long, value_name = "BRANCH")]
    pub(in crate::cli) branch: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
    /// Write the report to a file, as Markdown
    #[arg(long, value_name = "FILE", help_heading = "Messages")]
    pub(in crate::cli) report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// Lock files of requirements
    Locks,
    /// Images in Dockerfiles and compose files
    Images,
}
