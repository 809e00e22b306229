//! What can be typed behind `pinfold explain`.

use clap::{Arg, Args};

use crate::cli::args::compile::Compile;
use crate::cli::args::shared::{Format, Output};

#[derive(Debug, Args)]
#[command(mut_args = without_writing)]
pub(in crate::cli) struct Explain {
    /// Project to explain
    #[arg(value_name = "NAME")]
    pub(super) name: String,

    /// Lock file to explain [default: the one that `pinfold compile` would write here]
    #[arg(long, value_name = "FILE", conflicts_with = "output_file")]
    pub(super) lock: Option<String>,
    /// List all newer releases, not only the newest
    #[arg(long)]
    pub(super) all: bool,
    /// Print JSON (same as `--format json`)
    #[arg(long, hide = true, overrides_with = "format")]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) compile: Compile,
    // Last, since its heading would go on to what has none.
    #[command(flatten)]
    pub(super) output: Output,
}

impl Explain {
    /// Whether the result is for programs.
    pub(super) fn is_json(&self) -> bool {
        self.json || self.output.format == Format::Json
    }
}

/// Hides what says how a lock is written and what is upgraded, and says what the rest is for.
fn without_writing(option: Arg) -> Arg {
    match (option.get_help_heading(), option.get_id().as_str()) {
        (_, "format") => option,
        (Some("Output" | "Upgrades"), _) => option.hide(true),
        (_, "output_file") => option
            .help("Same as `--lock`")
            .long_help("Same as `--lock`"),
        (_, "SRC") => option
            .help("Sources of the lock file [default: those in its header]")
            .long_help("Sources of the lock file [default: those in its header]"),
        _ => option,
    }
}
