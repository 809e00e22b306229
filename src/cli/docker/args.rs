//! What can be typed behind `pinfold docker`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::shared::{Configuration, Output, Registries};

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
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
    /// Ask the registries about the digests that are there
    ///
    /// Does each digest still exist, with the images of its platforms? Is it still what its tag
    /// says; and if not, has the tag moved, or was it edited without its digest, so that builds
    /// silently take another image? Exits with 1 if a build would not get what the file says.
    #[command(visible_alias = "check")]
    Verify(Box<Verify>),
    /// Say of each image where it stands, how its name came about, and why it is or is not pinned
    ///
    /// Asks no registry.
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

    /// Move all digests to what their tags say now
    #[arg(short = 'U', long, help_heading = "What moves")]
    pub(in crate::cli) upgrade: bool,
    /// Move the digests of this image: `python`, `python:3.12`, `ghcr.io/acme/*`
    #[arg(
        short = 'P',
        long = "upgrade-image",
        visible_alias = "upgrade-package",
        value_name = "IMAGE",
        help_heading = "What moves"
    )]
    pub(in crate::cli) upgrade_images: Vec<String>,
    /// Show what would change and write nothing
    #[arg(short = 'n', long, help_heading = "What moves")]
    pub(in crate::cli) dry_run: bool,
    /// Exit with 1 if an image is not pinned, or with -U if a digest is stale; write nothing
    ///
    /// Without -U and -P this asks no registry.
    #[arg(long, help_heading = "What moves")]
    pub(in crate::cli) check: bool,

    /// Take this platform's digest instead of the image index's, which serves all platforms
    #[arg(long, value_name = "PLATFORM", help_heading = "Digests")]
    pub(in crate::cli) platform: Option<String>,
    /// Also pin where a digest makes `--build-arg` do nothing: `FROM python:${PY}-slim`
    #[arg(long, overrides_with = "no_freeze_args", help_heading = "Digests")]
    pub(in crate::cli) freeze_args: bool,
    /// Leave such references as they are (as by default)
    #[arg(long, overrides_with = "freeze_args", hide = true)]
    pub(in crate::cli) no_freeze_args: bool,

    #[command(flatten)]
    pub(in crate::cli) registries: Registries,
    /// Ask again for tags although answers of the last minutes are there
    #[arg(long, help_heading = "Network and cache")]
    pub(in crate::cli) refresh: bool,
    #[command(flatten)]
    pub(in crate::cli) output: Output,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    #[command(flatten)]
    pub(in crate::cli) files: Files,
    /// A platform that is built for [default: all that an image has]
    #[arg(
        long = "platform",
        value_name = "PLATFORM",
        value_delimiter = ',',
        help_heading = "Digests"
    )]
    pub(in crate::cli) platforms: Vec<String>,
    /// Ask the registries (as always)
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
    /// Dockerfiles, compose files, folders with them, or `-` for standard input
    ///
    /// Without one: all below the current folder that `.gitignore` does not leave out.
    #[arg(value_name = "PATH")]
    pub(in crate::cli) paths: Vec<PathBuf>,
    /// The name that standard input should have; it tells whether that is a compose file
    #[arg(long, value_name = "NAME", default_value = "Dockerfile")]
    pub(in crate::cli) stdin_filename: String,
    /// Leave images alone that match: `python:3.8`, `ghcr.io/acme/**`
    #[arg(long = "ignore", value_name = "IMAGE")]
    pub(in crate::cli) ignore: Vec<String>,
    /// Leave files and folders out that match, as in a `.gitignore`
    #[arg(long = "exclude", value_name = "GLOB")]
    pub(in crate::cli) exclude: Vec<String>,
    /// A named build context, which is no image (`--build-context NAME=…`)
    #[arg(long = "context", value_name = "NAME")]
    pub(in crate::cli) contexts: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
}
