//! What can be typed behind `pinfold init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// Write the files here [default: the root of the repository, or the current directory]
    #[arg(value_name = "FOLDER")]
    pub(super) folder: Option<PathBuf>,
    /// Write a workflow that runs `pinfold update` on a schedule, instead of a configuration
    #[arg(long = "workflow", value_name = "KIND", value_enum)]
    pub(super) workflows: Vec<WorkflowKind>,
    /// Overwrite existing files
    #[arg(long)]
    pub(super) force: bool,
    /// Print the files, without writing
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WorkflowKind {
    /// GitHub Actions: .github/workflows/pinfold.yml
    Github,
    /// GitLab CI: .gitlab-ci.pinfold.yml
    Gitlab,
    /// systemd: pinfold-update.service and pinfold-update.timer
    Systemd,
    /// Kubernetes: pinfold-update.cronjob.yaml
    Kubernetes,
}
