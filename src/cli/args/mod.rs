//! What can be typed.
//!
//! Variables are not named here: they are a layer below what is typed, and so are the
//! files (`layers`).

pub(in crate::cli) mod compile;
pub(in crate::cli) mod shared;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use self::compile::{AnnotationStyle, Compile, WhichHashes};
pub(super) use self::shared::{KeyringProvider, Network};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Makes Python containers reproducible.
#[derive(Debug, Parser)]
#[command(
    name = "pinfold",
    version,
    styles = STYLES,
    max_term_width = 100,
    bin_name = "pinfold",
    arg_required_else_help = true,
    args_override_self = true,
    disable_help_subcommand = true,
    propagate_version = true,
    after_help = "Each option has a variable: PINFOLD_ and its name in capitals, PINFOLD_INDEX_URL.\n\n\
                  Exit codes: 0 done; 1 the answer is no (stale under --check, no solution); \
                  2 it could not be done; 75 it could not be done now, run again later."
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
#[command(next_help_heading = "Messages")]
pub(super) struct Global {
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say what was fetched, chosen and rejected, and why
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(super) color: Color,
    /// Use no colours
    #[arg(long, global = true, hide = true)]
    pub(super) no_color: bool,
    /// Work as if started in this folder
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(super) directory: Option<PathBuf>,
    /// Show no progress
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Pin requirements: requirements.in or pyproject.toml in, a hash-locked requirements.txt out
    ///
    /// Reads loose requirements, resolves them with all they require for one target, and writes
    /// a requirements.txt with every version pinned and every file's hash. Pins that the output
    /// already has are kept while they fit; -U and -P move them.
    #[command(
        visible_alias = "lock",
        after_help = "Each option has a variable, PINFOLD_INDEX_URL for --index-url, and a key in the \
                      [compile] table of pinfold.toml: index-url."
    )]
    Compile(Box<Compile>),
    /// Pin the images that Dockerfiles and compose files name: FROM name:tag@sha256:…
    ///
    /// Adds a digest to each reference that has none, and changes not one other byte. Digests
    /// that are there stay; -U and -P move them to what their tags say now. Exits with 0 if that
    /// was done, with 2 or 75 if an image could not be looked up; the others are pinned all the
    /// same.
    Docker(Box<super::docker::args::Docker>),
    /// Re-pin everything in the repository under a policy, and say what moved and why
    ///
    /// Finds the lock files with their sources, and the Dockerfiles and compose files. Nothing
    /// younger than the cooldown is taken, and nothing that is locked goes back because of its
    /// age. One target that fails leaves its files as they are; the others go on.
    Update(Box<super::update::args::Update>),
    /// Carry out a plan that `pinfold update --plan-out` wrote
    Apply(Box<super::update::args::Apply>),
    /// Say why a lock has the version of a project that it has, and what holds it back
    ///
    /// Names who requires it, what became of each newer release, and what would come of the
    /// newest one: that is tried. Inputs, options and target are those of the lock's header; with
    /// sources, those of the command line, as for `pinfold compile`. Nothing is written. Exits
    /// with 1 if the lock does not have the project.
    Explain(Box<super::explain::args::Explain>),
    /// Write a first configuration, or what runs `pinfold update` on a schedule
    ///
    /// The configuration is a `pinfold.toml` in which every key is explained, and set where this
    /// repository wants something else than the default. Exits with 2 if a file is there already.
    Init(super::init::args::Init),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the reference of all options and settings, docs/reference.md
    #[command(hide = true)]
    Reference,
}
