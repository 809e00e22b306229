//! What can be typed.
//!
//! Variables are not named here: they are a layer below what is typed, and so are the
//! files (`layers`).

pub(in crate::cli) mod compile;
mod making;
pub(in crate::cli) mod shared;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use self::compile::{AnnotationStyle, Compile, WhichHashes};
pub(super) use self::making::Making;
pub(super) use self::shared::{KeyringProvider, Network};

pub(super) const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Pin Python requirements and container images for reproducible builds
#[derive(Debug, Parser)]
#[command(
    name = "pinfold",
    version,
    styles = STYLES,
    max_term_width = 100,
    bin_name = "pinfold",
    arg_required_else_help = true,
    args_override_self = true,
    propagate_version = true
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print what was fetched, chosen, and rejected, and why
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// Choose when to use colors
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(super) color: Color,
    /// Do not use colors
    #[arg(long, global = true, hide = true)]
    pub(super) no_color: bool,
    /// Run as if started in this directory
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(super) directory: Option<PathBuf>,
    /// Hide progress
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// Use colors on a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lock requirements: write a requirements.txt with exact versions and hashes
    ///
    /// Reads requirements.in, pyproject.toml, and the like, resolves them with all their
    /// dependencies for one Python and platform, and writes a requirements.txt or pylock.toml that
    /// pins every version and lists the hashes of its files. Pins of an existing output are kept while they
    /// satisfy the requirements; -U and -P upgrade them.
    #[command(visible_alias = "lock")]
    Compile(Box<Making>),
    /// Pin the images in Dockerfiles and compose files to their digests
    ///
    /// Adds a digest to each image reference that has none and changes no other byte. Existing
    /// digests stay; -U and -P move them to what their tags point to now. An image that cannot be
    /// looked up makes the exit code 2 or 75; the others are pinned anyway.
    Docker(Box<super::docker::args::Docker>),
    /// Update locks and images of a repository under a policy, and report what changed
    ///
    /// Finds lock files with their sources, Dockerfiles, and compose files. Releases younger than
    /// the cooldown are not taken; a pin that is already locked is never downgraded for its age. If
    /// a target fails, its files stay unchanged and the others are updated.
    Update(Box<super::update::args::Update>),
    /// Apply a plan that `pinfold update --plan-out` wrote
    Apply(Box<super::update::args::Apply>),
    /// Explain why a project is locked at its version and what holds it back
    ///
    /// Shows who requires the project, why each newer release was not taken, and what would change
    /// with the newest one, which is tried. Sources, options, and target come from the lock file's
    /// header, or from the command line if sources are given, as for `pinfold compile`. Writes
    /// nothing. Exits with 1 if the project is not in the lock file.
    Explain(Box<super::explain::args::Explain>),
    /// Write a configuration, or a workflow that runs `pinfold update` on a schedule
    ///
    /// The configuration is a `pinfold.toml` that explains every key and sets those where this
    /// repository needs something other than the default. Exits with 2 if a file already exists.
    Init(super::init::args::Init),
    /// Print a shell completion script
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
    /// Print the reference of all options and settings (docs/reference.md)
    #[command(hide = true)]
    Reference,
}
