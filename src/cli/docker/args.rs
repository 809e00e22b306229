//! What can be typed behind `pinfold docker`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::shared::{Configuration, Output, Registries};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    subcommand_precedence_over_arg = true
)]
pub(in crate::cli) struct Docker {
    #[command(subcommand)]
    pub(in crate::cli) command: Option<DockerCommand>,
    #[command(flatten)]
    pub(in crate::cli) pin: Pin,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DockerCommand {
    /// Check pinned digests against the registries
    ///
    /// Does each digest still exist, with the images of its platforms? Does its tag still point to
    /// it? If not, has the tag moved, or was the tag edited without its digest, so that builds
    /// silently use another image? Exits with 1 if a build would not get what the file says.
    #[command(visible_alias = "check")]
    Verify(Box<Verify>),
    /// Show each image, where its name comes from, and why it is pinned or not
    ///
    /// Does not contact registries.
    Explain(Box<Explain>),
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
pub(in crate::cli) struct Pin {
    #[command(flatten)]
    pub(in crate::cli) files: Files,

    /// Move all digests to what their tags point to now
    #[arg(short = 'U', long, help_heading = "Upgrades")]
    pub(in crate::cli) upgrade: bool,
    /// Move the digests of this image: `python`, `python:3.12`, `ghcr.io/acme/*`
    #[arg(
        short = 'P',
        long = "upgrade-image",
        visible_alias = "upgrade-package",
        value_name = "IMAGE",
        help_heading = "Upgrades"
    )]
    pub(in crate::cli) upgrade_images: Vec<String>,
    /// Show what would change, without writing
    #[arg(short = 'n', long, help_heading = "Upgrades")]
    pub(in crate::cli) dry_run: bool,
    /// Exit with 1 if an image is not pinned, without writing
    ///
    /// With -U or -P, also if a digest is out of date; only then are registries contacted.
    #[arg(long, help_heading = "Upgrades")]
    pub(in crate::cli) check: bool,

    /// Pin the digest of this platform, not that of the multi-platform index
    #[arg(long, value_name = "PLATFORM", help_heading = "Digests")]
    pub(in crate::cli) platform: Option<String>,
    /// Also pin references that use build arguments: `FROM python:${PY}-slim`
    ///
    /// The digest fixes the image, so `--build-arg` no longer changes it.
    #[arg(long, overrides_with = "no_freeze_args", help_heading = "Digests")]
    pub(in crate::cli) freeze_args: bool,
    /// Do not pin references that use build arguments (default)
    #[arg(long, overrides_with = "freeze_args", hide = true)]
    pub(in crate::cli) no_freeze_args: bool,

    #[command(flatten)]
    pub(in crate::cli) registries: Registries,
    /// Look up tags again, even if they were looked up minutes ago
    #[arg(long, help_heading = "Network and cache")]
    pub(in crate::cli) refresh: bool,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    pub(in crate::cli) files: Files,
    /// Check only this platform [default: all platforms of an image]
    #[arg(
        long = "platform",
        value_name = "PLATFORM",
        value_delimiter = ',',
        help_heading = "Digests"
    )]
    pub(in crate::cli) platforms: Vec<String>,
    /// Contact the registries (default)
    #[arg(long, hide = true)]
    pub(in crate::cli) online: bool,
    #[command(flatten)]
    pub(in crate::cli) registries: Registries,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    #[command(flatten)]
    pub(in crate::cli) files: Files,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

/// Which files, and what is known about them from outside.
#[derive(Debug, Args)]
pub(in crate::cli) struct Files {
    /// Dockerfiles, compose files, directories, or `-` for standard input
    ///
    /// Default: all files below the current directory that `.gitignore` does not exclude.
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// Treat standard input as a file of this name: Dockerfile or compose file
    #[arg(long, value_name = "NAME", default_value = "Dockerfile")]
    pub(in crate::cli) stdin_filename: String,
    /// Skip matching images: `python:3.8`, `ghcr.io/acme/**`
    #[arg(long = "ignore", value_name = "IMAGE")]
    pub(in crate::cli) ignore: Vec<String>,
    /// Skip matching files and directories, written as in a `.gitignore`
    #[arg(long = "exclude", value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    /// Treat NAME as a build context, not an image (`--build-context NAME=...`)
    #[arg(long = "context", value_name = "NAME")]
    pub(in crate::cli) contexts: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
}
