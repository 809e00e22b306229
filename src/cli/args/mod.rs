//! What can be typed.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

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
    after_help = "Exit codes: 0 done; 1 the answer is no (stale under --check, no solution); \
                  2 it could not be done; 75 it could not be done now, run again later."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

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
    #[command(visible_alias = "lock")]
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
    /// Write a first configuration, or what runs `pinfold update` on a schedule
    ///
    /// The configuration is a `pinfold.toml` in which every key is explained, and set where this
    /// repository wants something else than the default. Exits with 2 if a file is there already.
    Init(super::init::Init),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
pub(super) struct Compile {
    /// Requirements files, a pyproject.toml, or `-` for standard input
    ///
    /// Without one: requirements.in, else pyproject.toml, of the current folder.
    #[arg(value_name = "SRC")]
    pub(super) sources: Vec<String>,

    /// The lock file to write; its pins are kept while they fit. `-`: standard output
    ///
    /// Without it: X.txt for X.in, requirements.txt beside a pyproject.toml, standard output for
    /// standard input.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output_file: Option<String>,
    /// Bound versions as this file says, without requiring anything
    #[arg(
        short,
        long = "constraint",
        visible_alias = "constraints",
        value_name = "FILE",
        env = "PINFOLD_CONSTRAINT"
    )]
    pub(super) constraints: Vec<String>,
    /// Replace every requirement on a project by what this file says
    #[arg(
        long = "override",
        visible_alias = "overrides",
        value_name = "FILE",
        env = "PINFOLD_OVERRIDE"
    )]
    pub(super) overrides: Vec<String>,
    /// Also what this extra of the project file requires
    #[arg(long = "extra", value_name = "EXTRA", value_delimiter = ',')]
    pub(super) extras: Vec<String>,
    /// Also what all extras of the project file require
    #[arg(long, conflicts_with = "extras")]
    pub(super) all_extras: bool,
    /// Only what is required directly, not what that requires
    #[arg(long)]
    pub(super) no_deps: bool,

    /// Move all pins to the best versions allowed
    #[arg(short = 'U', long, help_heading = "What moves")]
    pub(super) upgrade: bool,
    /// Move this project's pin; with a specifier, also bound it: `django<5`
    #[arg(
        short = 'P',
        long = "upgrade-package",
        value_name = "SPEC",
        help_heading = "What moves"
    )]
    pub(super) upgrade_packages: Vec<String>,
    /// Renew the hashes of pins that stay
    #[arg(long, visible_alias = "no-reuse-hashes", help_heading = "What moves")]
    pub(super) refresh_hashes: bool,
    /// Show what would change and write nothing
    #[arg(short = 'n', long, help_heading = "What moves")]
    pub(super) dry_run: bool,
    /// Exit with 1 if the lock file would change, and write nothing
    #[arg(long, help_heading = "What moves")]
    pub(super) check: bool,

    /// Only what was uploaded before: a time, or a day (up to its end, UTC)
    ///
    /// RFC 3339: `2026-10-01T00:00:00Z` or `2026-10-01`. Counts file by file; what the lock file
    /// already pins stays admissible.
    #[arg(
        long,
        alias = "uploaded-prior-to",
        value_name = "TIME",
        env = "PINFOLD_EXCLUDE_NEWER",
        help_heading = "Versions"
    )]
    pub(super) exclude_newer: Option<String>,
    /// Treat pre-releases like final releases
    #[arg(long, conflicts_with = "prerelease", help_heading = "Versions")]
    pub(super) pre: bool,
    /// Which pre-releases may be chosen [default: if-necessary]
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        env = "PINFOLD_PRERELEASE",
        help_heading = "Versions"
    )]
    pub(super) prerelease: Option<PreReleaseMode>,
    /// Never use source distributions of these projects (`:all:`, `:none:`)
    #[arg(
        long,
        value_name = "PROJECT",
        value_delimiter = ',',
        help_heading = "Versions"
    )]
    pub(super) only_binary: Vec<String>,
    /// Never use wheels of these projects (`:all:`, `:none:`)
    #[arg(
        long,
        value_name = "PROJECT",
        value_delimiter = ',',
        help_heading = "Versions"
    )]
    pub(super) no_binary: Vec<String>,
    /// The same as `--only-binary :all:`
    #[arg(long, help_heading = "Versions")]
    pub(super) no_build: bool,

    /// The Python version to lock for: `3.12`, `3.12.4` [default: the interpreter's]
    #[arg(
        long,
        value_name = "VERSION",
        env = "PINFOLD_PYTHON_VERSION",
        help_heading = "Target"
    )]
    pub(super) python_version: Option<String>,
    /// The platform to lock for: `linux`, `linux/arm64`, `x86_64-manylinux_2_28` … [default: this one]
    #[arg(
        long,
        value_name = "PLATFORM",
        env = "PINFOLD_PYTHON_PLATFORM",
        help_heading = "Target"
    )]
    pub(super) python_platform: Option<String>,
    /// The interpreter to ask: a path, a name or a version
    ///
    /// With version and platform given, none is needed.
    #[arg(
        short = 'p',
        long,
        value_name = "PYTHON",
        env = "PINFOLD_PYTHON",
        help_heading = "Target"
    )]
    pub(super) python: Option<String>,

    /// The index [default: PyPI]
    #[arg(
        short,
        long,
        visible_alias = "default-index",
        value_name = "URL",
        env = "PINFOLD_INDEX_URL",
        hide_env_values = true,
        help_heading = "Indexes"
    )]
    pub(super) index_url: Option<String>,
    /// A further index, asked before the default one
    #[arg(
        long = "extra-index-url",
        visible_alias = "index",
        value_name = "URL",
        env = "PINFOLD_EXTRA_INDEX_URL",
        hide_env_values = true,
        help_heading = "Indexes"
    )]
    pub(super) extra_index_urls: Vec<String>,
    /// A folder or a page with links to distributions
    #[arg(
        short,
        long,
        value_name = "LOCATION",
        env = "PINFOLD_FIND_LINKS",
        hide_env_values = true,
        help_heading = "Indexes"
    )]
    pub(super) find_links: Vec<String>,
    /// Ask no index, only `--find-links`
    #[arg(long, help_heading = "Indexes")]
    pub(super) no_index: bool,
    /// How several indexes are used
    #[arg(long, value_enum, value_name = "STRATEGY", default_value_t = IndexStrategy::FirstIndex, env = "PINFOLD_INDEX_STRATEGY", help_heading = "Indexes")]
    pub(super) index_strategy: IndexStrategy,

    /// Ask again for pages although they are fresh
    #[arg(long, visible_alias = "rebuild", help_heading = "Network and cache")]
    pub(super) refresh: bool,
    /// Ask again for this project's page
    #[arg(
        long = "refresh-package",
        value_name = "PROJECT",
        help_heading = "Network and cache"
    )]
    pub(super) refresh_packages: Vec<String>,
    #[command(flatten)]
    pub(super) network: Network,

    /// Write hashes (as by default)
    #[arg(long, overrides_with = "no_hashes", hide = true)]
    pub(super) generate_hashes: bool,
    /// Write no hashes
    #[arg(
        long,
        visible_alias = "no-generate-hashes",
        conflicts_with = "refresh_hashes",
        help_heading = "Output"
    )]
    pub(super) no_hashes: bool,
    /// Say who requires each project (as by default)
    #[arg(long, overrides_with = "no_annotate", hide = true)]
    pub(super) annotate: bool,
    /// Do not say who requires each project
    #[arg(long, overrides_with = "annotate", help_heading = "Output")]
    pub(super) no_annotate: bool,
    /// One line for each who requires a project, or one for all
    #[arg(long, value_enum, value_name = "STYLE", default_value_t = AnnotationStyle::Split, help_heading = "Output")]
    pub(super) annotation_style: AnnotationStyle,
    /// Write the header (as by default)
    #[arg(long, overrides_with = "no_header", hide = true)]
    pub(super) header: bool,
    /// Write no header
    #[arg(long, overrides_with = "header", help_heading = "Output")]
    pub(super) no_header: bool,
    /// The command that the header names
    #[arg(
        long,
        value_name = "COMMAND",
        env = "PINFOLD_CUSTOM_COMPILE_COMMAND",
        help_heading = "Output"
    )]
    pub(super) custom_compile_command: Option<String>,
    /// Leave extras out of the pins (as by default)
    #[arg(long, overrides_with = "no_strip_extras", hide = true)]
    pub(super) strip_extras: bool,
    /// Keep extras in the pins: `name[extra]==1.0`
    #[arg(long, overrides_with = "strip_extras", help_heading = "Output")]
    pub(super) no_strip_extras: bool,
    /// Leave the markers of direct requirements out
    #[arg(long, overrides_with = "no_strip_markers", help_heading = "Output")]
    pub(super) strip_markers: bool,
    /// Keep the markers of direct requirements (as by default)
    #[arg(long, overrides_with = "strip_markers", hide = true)]
    pub(super) no_strip_markers: bool,
    /// Write `--index-url` and `--extra-index-url` lines (as by default)
    #[arg(long, overrides_with = "no_emit_index_url", hide = true)]
    pub(super) emit_index_url: bool,
    /// Write no `--index-url` and `--extra-index-url` lines
    #[arg(long, overrides_with = "emit_index_url", help_heading = "Output")]
    pub(super) no_emit_index_url: bool,
    /// Write `--find-links` lines (as by default)
    #[arg(long, overrides_with = "no_emit_find_links", hide = true)]
    pub(super) emit_find_links: bool,
    /// Write no `--find-links` lines
    #[arg(long, overrides_with = "emit_find_links", help_heading = "Output")]
    pub(super) no_emit_find_links: bool,
    /// Write `--trusted-host` lines
    #[arg(long, overrides_with = "no_emit_trusted_host", help_heading = "Output")]
    pub(super) emit_trusted_host: bool,
    /// Write no `--trusted-host` lines (as by default)
    #[arg(long, overrides_with = "emit_trusted_host", hide = true)]
    pub(super) no_emit_trusted_host: bool,
    /// Write option lines (as by default)
    #[arg(long, overrides_with = "no_emit_options", hide = true)]
    pub(super) emit_options: bool,
    /// Write no option lines at all
    #[arg(long, overrides_with = "emit_options", help_heading = "Output")]
    pub(super) no_emit_options: bool,
    /// Pin pip, setuptools and distribute as well (as by default)
    #[arg(long, overrides_with = "no_allow_unsafe", hide = true)]
    pub(super) allow_unsafe: bool,
    /// Name pip, setuptools and distribute in a comment instead of pinning them
    #[arg(long, overrides_with = "allow_unsafe", help_heading = "Output")]
    pub(super) no_allow_unsafe: bool,
    /// Treat this project like pip and setuptools
    #[arg(
        long = "unsafe-package",
        value_name = "PROJECT",
        help_heading = "Output"
    )]
    pub(super) unsafe_packages: Vec<String>,
    /// How lines end
    #[arg(long, value_enum, value_name = "STYLE", default_value_t = NewlineStyle::Preserve, help_heading = "Output")]
    pub(super) newline: NewlineStyle,
}

/// How servers are reached, and where answers are kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network and cache")]
pub(super) struct Network {
    /// Use only what the cache has
    #[arg(long, env = "PINFOLD_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) offline: bool,
    /// Neither read nor write the cache
    #[arg(long, env = "PINFOLD_NO_CACHE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) no_cache: bool,
    /// Where answers are kept
    #[arg(long, value_name = "FOLDER", env = "PINFOLD_CACHE_DIR")]
    pub(super) cache_dir: Option<PathBuf>,
    /// Do not check the certificate of this host (`host` or `host:port`)
    #[arg(
        long = "trusted-host",
        visible_alias = "allow-insecure-host",
        value_name = "HOST"
    )]
    pub(super) trusted_hosts: Vec<String>,
    /// A PEM file with the certificates to trust
    #[arg(long, value_name = "FILE", env = "PINFOLD_CERT")]
    pub(super) cert: Option<PathBuf>,
    /// A PEM file with our certificate and its key
    #[arg(long, value_name = "FILE", env = "PINFOLD_CLIENT_CERT")]
    pub(super) client_cert: Option<PathBuf>,
    /// The proxy [default: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`]
    #[arg(
        long,
        value_name = "URL",
        env = "PINFOLD_PROXY",
        hide_env_values = true
    )]
    pub(super) proxy: Option<String>,
    /// The longest silence of a server, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        env = "PINFOLD_TIMEOUT"
    )]
    pub(super) timeout: u64,
    /// How often a request that failed is made again
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 3,
        env = "PINFOLD_RETRIES"
    )]
    pub(super) retries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PreReleaseMode {
    /// None
    Disallow,
    /// All, like final releases
    Allow,
    /// Where no final release will do
    IfNecessary,
    /// Of projects for which a direct requirement names one
    Explicit,
    /// Both of the above
    IfNecessaryOrExplicit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum IndexStrategy {
    /// The first index that knows a project is the only one for it
    FirstIndex,
    /// All indexes; versions of earlier ones first
    UnsafeFirstMatch,
    /// All indexes; the best version wins
    UnsafeBestMatch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AnnotationStyle {
    Split,
    Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum NewlineStyle {
    /// As the output has them, else the input
    Preserve,
    Lf,
    Crlf,
    /// As this system has them
    Native,
}
