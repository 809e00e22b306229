//! What can be typed behind `pinfold init`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct Init {
    /// The folder that gets the files [default: the root of the repository, else this one]
    #[arg(value_name = "FOLDER")]
    pub(super) folder: Option<PathBuf>,
    /// Write what runs `pinfold update` on a schedule, in place of the configuration
    #[arg(long = "workflow", value_name = "KIND", value_enum)]
    pub(super) workflows: Vec<WorkflowKind>,
    /// Overwrite files that are there
    #[arg(long)]
    pub(super) force: bool,
    /// Print the files and write nothing
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
