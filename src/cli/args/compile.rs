//! What can be typed behind `pinfold compile`.

use clap::{Args, ValueEnum};

use super::shared::{Configuration, KeyringProvider, Network};
use crate::text::prior_to;

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
pub(in crate::cli) struct Compile {
    /// Requirements files, project files, scripts, or `-` for standard input
    ///
    /// Project files are pyproject.toml, setup.py, and setup.cfg; a script declares its
    /// requirements in inline metadata (PEP 723). Default: the first of requirements.in, setup.py,
    /// pyproject.toml, and setup.cfg in the current directory.
    // Another option of uv has the field's name.
    #[arg(id = "SRC", value_name = "SRC")]
    pub(in crate::cli) sources: Vec<String>,

    /// Write the lock file here; `-` is standard output
    ///
    /// Pins in an existing file are kept while they satisfy the requirements. A pylock.toml or
    /// pylock.NAME.toml is written in that format (PEP 751); to write a requirements.txt and a
    /// pylock.toml in one run, name both. Default: X.txt for X.in, requirements.txt next to
    /// pyproject.toml, standard output for standard input.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output_file: Vec<String>,
    /// Constrain versions without adding requirements
    #[arg(
        short,
        long = "constraint",
        visible_alias = "constraints",
        value_name = "FILE"
    )]
    pub(in crate::cli) constraints: Vec<String>,
    /// Constrain the versions of build requirements
    #[arg(
        short,
        long = "build-constraint",
        visible_alias = "build-constraints",
        value_name = "FILE"
    )]
    pub(in crate::cli) build_constraints: Vec<String>,
    /// Replace all requirements on the projects listed in this file
    #[arg(long = "override", visible_alias = "overrides", value_name = "FILE")]
    pub(in crate::cli) overrides: Vec<String>,
    /// Include this extra of the project
    #[arg(long = "extra", value_name = "EXTRA", value_delimiter = ',')]
    pub(in crate::cli) extras: Vec<String>,
    /// Include all extras of the project
    #[arg(long, conflicts_with = "extras", overrides_with = "no_all_extras")]
    pub(in crate::cli) all_extras: bool,
    /// Include only the extras that are named (default)
    #[arg(long, overrides_with = "all_extras", hide = true)]
    pub(in crate::cli) no_all_extras: bool,
    /// Include this dependency group (PEP 735)
    ///
    /// The group is read from `pyproject.toml`, or from PATH if it is given. Without SRC, only
    /// groups are locked.
    #[arg(long = "group", value_name = "[PATH:]NAME")]
    pub(in crate::cli) groups: Vec<String>,
    /// Do not resolve dependencies of the listed requirements
    #[arg(long, overrides_with = "deps")]
    pub(in crate::cli) no_deps: bool,
    /// Resolve dependencies (default)
    #[arg(long, overrides_with = "no_deps", hide = true)]
    pub(in crate::cli) deps: bool,

    /// Upgrade all pins to the best versions allowed
    #[arg(
        short = 'U',
        long,
        overrides_with = "no_upgrade",
        help_heading = "Upgrades"
    )]
    pub(in crate::cli) upgrade: bool,
    /// Keep pins while they satisfy the requirements (default)
    #[arg(long, overrides_with = "upgrade", hide = true)]
    pub(in crate::cli) no_upgrade: bool,
    /// Upgrade one project; a specifier also limits it: `django<5`
    #[arg(
        short = 'P',
        long = "upgrade-package",
        value_name = "SPEC",
        help_heading = "Upgrades"
    )]
    pub(in crate::cli) upgrade_packages: Vec<String>,
    /// Fetch the hashes of unchanged pins again
    #[arg(
        long,
        visible_alias = "no-reuse-hashes",
        overrides_with = "reuse_hashes",
        help_heading = "Upgrades"
    )]
    pub(in crate::cli) refresh_hashes: bool,
    /// Keep the hashes of unchanged pins (default)
    #[arg(long, overrides_with = "refresh_hashes", hide = true)]
    pub(in crate::cli) reuse_hashes: bool,
    /// Show what would change, without writing
    #[arg(short = 'n', long, help_heading = "Upgrades")]
    pub(in crate::cli) dry_run: bool,
    /// Exit with 1 if the lock file is out of date, without writing
    #[arg(long, help_heading = "Upgrades")]
    pub(in crate::cli) check: bool,

    /// Ignore files newer than this date or age: `2026-10-01`, `7d`
    ///
    /// A date includes that day (UTC); a time is `2026-10-01T00:00:00Z`; an age is `7d`, `7 days`,
    /// `1 week`, or `P7D`; `false` removes the limit. The limit applies to each file's upload time.
    /// Versions that the lock file already pins stay allowed.
    #[arg(long, value_name = "TIME", help_heading = "Versions")]
    pub(in crate::cli) exclude_newer: Option<String>,
    /// Set the same limit under pip's name: a date means the start of that day
    #[arg(
        long,
        value_name = "TIME",
        overrides_with = "exclude_newer",
        help_heading = "Versions"
    )]
    pub(in crate::cli) uploaded_prior_to: Option<String>,
    /// Set the limit for one project; `false` removes it
    #[arg(
        long = "exclude-newer-package",
        value_name = "PROJECT=TIME",
        help_heading = "Versions"
    )]
    pub(in crate::cli) exclude_newer_packages: Vec<String>,
    /// Choose the newest versions that satisfy the requirements, or the oldest ones
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Resolution::Highest, help_heading = "Versions")]
    pub(in crate::cli) resolution: Resolution,
    /// Allow pre-releases like final releases
    #[arg(long, conflicts_with = "prerelease", help_heading = "Versions")]
    pub(in crate::cli) pre: bool,
    /// Choose which pre-releases are allowed [default: if-necessary]
    #[arg(long, value_enum, value_name = "MODE", help_heading = "Versions")]
    pub(in crate::cli) prerelease: Option<PreReleaseMode>,
    /// Do not use source distributions of these projects (`:all:`, `:none:`)
    #[arg(
        long,
        value_name = "PROJECT",
        value_delimiter = ',',
        help_heading = "Versions"
    )]
    pub(in crate::cli) only_binary: Vec<String>,
    /// Do not use wheels of these projects (`:all:`, `:none:`)
    #[arg(
        long,
        value_name = "PROJECT",
        value_delimiter = ',',
        help_heading = "Versions"
    )]
    pub(in crate::cli) no_binary: Vec<String>,
    /// Give up if the search for versions computes for longer
    ///
    /// Waiting for indexes and builds does not count.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        help_heading = "Versions"
    )]
    pub(in crate::cli) resolution_timeout: u64,
    /// Do not build anything: no sdist, source tree, or project file
    ///
    /// Implies `--only-binary :all:`.
    #[arg(long, overrides_with = "build", help_heading = "Builds")]
    pub(in crate::cli) no_build: bool,
    /// Build from source if there is no other way to get metadata (default)
    #[arg(long, overrides_with = "no_build", hide = true)]
    pub(in crate::cli) build: bool,
    /// Build in the interpreter's environment, with the packages installed there
    #[arg(long, overrides_with = "build_isolation", help_heading = "Builds")]
    pub(in crate::cli) no_build_isolation: bool,
    /// Build in an isolated environment (default)
    #[arg(long, overrides_with = "no_build_isolation", hide = true)]
    pub(in crate::cli) build_isolation: bool,
    /// Pass a setting to build backends
    #[arg(
        short = 'C',
        long = "config-setting",
        visible_alias = "config-settings",
        value_name = "KEY=VALUE",
        help_heading = "Builds"
    )]
    pub(in crate::cli) config_settings: Vec<String>,

    /// Python version to lock for: `3.12` [default: the interpreter's]
    ///
    /// A patch release is `3.12.4`. Repeat the option to lock for several versions: each on each
    /// of the platforms.
    #[arg(
        long = "python-version",
        value_name = "VERSION",
        help_heading = "Target"
    )]
    pub(in crate::cli) python_versions: Vec<String>,
    /// Platform to lock for: `linux`, `linux/arm64` [default: this one]
    ///
    /// A wheel's platform tag works, too: `x86_64-manylinux_2_28`. Repeat the option to lock for
    /// several platforms.
    #[arg(
        long = "python-platform",
        value_name = "PLATFORM",
        help_heading = "Target"
    )]
    pub(in crate::cli) python_platforms: Vec<String>,
    /// Lock for this target; repeat it for several: `3.12.11@linux/amd64`
    ///
    /// The part before `@` is the Python: `3.12`, `3.14t` (free-threaded), or `pypy3.11`. The part
    /// behind it is a platform.
    #[arg(
        long = "target",
        value_name = "PYTHON@PLATFORM",
        conflicts_with_all = ["python_versions", "python_platforms"],
        help_heading = "Target"
    )]
    pub(in crate::cli) targets: Vec<String>,
    /// Compare the metadata of each target's wheel of what is chosen
    ///
    /// The wheels of a release normally have the same requirements, and the metadata of one is
    /// read for all targets.
    #[arg(long, overrides_with = "no_verify_metadata", help_heading = "Target")]
    pub(in crate::cli) verify_metadata: bool,
    /// Read the metadata of one wheel for all targets (default)
    #[arg(long, overrides_with = "verify_metadata", hide = true)]
    pub(in crate::cli) no_verify_metadata: bool,
    /// Lock for all platforms and all Pythons from `--python-version` on
    ///
    /// Without that, the lowest Python is that of the project's `requires-python`, else the
    /// interpreter's. Pins get markers where they are not for all. With `--python-platform`,
    /// everything must be installable there as well.
    #[arg(
        long,
        conflicts_with = "targets",
        overrides_with = "no_universal",
        help_heading = "Target"
    )]
    pub(in crate::cli) universal: bool,
    /// Lock for the given platforms and Pythons only (default)
    #[arg(long, overrides_with = "universal", hide = true)]
    pub(in crate::cli) no_universal: bool,
    /// Share versions among the targets of a Python, among all, or not
    ///
    /// `requires-python`: the newest for each Python, one for all its platforms where possible.
    /// `fewest`: one for all targets where possible. `newest`: the newest for each target.
    #[arg(long, value_enum, value_name = "STRATEGY", default_value_t = ForkStrategy::RequiresPython, help_heading = "Target")]
    pub(in crate::cli) fork_strategy: ForkStrategy,
    /// Release of the platform, for markers on `platform_release`: `23.6.0`
    ///
    /// It is known only for an interpreter's own platform.
    #[arg(long, value_name = "RELEASE", help_heading = "Target")]
    pub(in crate::cli) platform_release: Option<String>,
    /// Version of the platform, for markers on `platform_version`
    ///
    /// It is known only for an interpreter's own platform.
    #[arg(long, value_name = "VERSION", help_heading = "Target")]
    pub(in crate::cli) platform_version: Option<String>,
    /// Use this Python interpreter: a path, a name, or a version
    ///
    /// None is needed if both the version and the platform are given.
    #[arg(short = 'p', long, value_name = "PYTHON", help_heading = "Target")]
    pub(in crate::cli) python: Option<String>,

    /// Package index to use [default: PyPI]
    #[arg(
        short,
        long,
        visible_alias = "default-index",
        value_name = "URL",
        help_heading = "Indexes"
    )]
    pub(in crate::cli) index_url: Option<String>,
    /// Search this index before the default one
    ///
    /// A NAME gives the index credentials of its own, in `PINFOLD_INDEX_<NAME>_USERNAME` and
    /// `PINFOLD_INDEX_<NAME>_PASSWORD`.
    #[arg(
        long = "extra-index-url",
        visible_alias = "index",
        value_name = "[NAME=]URL",
        help_heading = "Indexes"
    )]
    pub(in crate::cli) extra_index_urls: Vec<String>,
    /// Add a directory or page with links to distributions
    #[arg(short, long, value_name = "LOCATION", help_heading = "Indexes")]
    pub(in crate::cli) find_links: Vec<String>,
    /// Add a directory of links that the lock file does not name, as settings of this machine do
    #[arg(long, hide = true, value_name = "FOLDER")]
    pub(in crate::cli) machine_find_links: Vec<String>,
    /// Use no index, only `--find-links`
    #[arg(long, help_heading = "Indexes")]
    pub(in crate::cli) no_index: bool,
    /// Do not check later indexes for projects of the same name
    ///
    /// If an earlier index has a project, the later ones are asked for its name once. If one has it
    /// too, a warning says so: whoever can publish there could take over the project (dependency
    /// confusion).
    #[arg(long, overrides_with = "shadow_check", help_heading = "Indexes")]
    pub(in crate::cli) no_shadow_check: bool,
    /// Check later indexes for projects of the same name (default)
    #[arg(long, overrides_with = "no_shadow_check", hide = true)]
    pub(in crate::cli) shadow_check: bool,
    /// Choose how several indexes are combined
    #[arg(long, value_enum, value_name = "STRATEGY", default_value_t = IndexStrategy::FirstIndex, help_heading = "Indexes")]
    pub(in crate::cli) index_strategy: IndexStrategy,
    /// Choose where to look up credentials that were not found elsewhere
    #[arg(long, value_enum, value_name = "PROVIDER", default_value_t = KeyringProvider::Disabled, help_heading = "Indexes")]
    pub(in crate::cli) keyring_provider: KeyringProvider,

    /// Revalidate cached index pages
    #[arg(
        long,
        short_alias = 'r',
        visible_alias = "rebuild",
        overrides_with = "no_refresh",
        help_heading = "Network and cache"
    )]
    pub(in crate::cli) refresh: bool,
    /// Use cached index pages while they are fresh (default)
    #[arg(long, overrides_with = "refresh", hide = true)]
    pub(in crate::cli) no_refresh: bool,
    /// Revalidate the cached index page of this project
    #[arg(
        long = "refresh-package",
        value_name = "PROJECT",
        help_heading = "Network and cache"
    )]
    pub(in crate::cli) refresh_packages: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) network: Network,

    /// Choose which hashes to write
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        overrides_with_all = ["no_hashes", "generate_hashes"],
        help_heading = "Output"
    )]
    pub(in crate::cli) hashes: Option<WhichHashes>,
    /// Write hashes (default)
    #[arg(long, overrides_with = "no_hashes", hide = true)]
    pub(in crate::cli) generate_hashes: bool,
    /// Do not write hashes
    #[arg(
        long,
        visible_alias = "no-generate-hashes",
        overrides_with_all = ["hashes", "generate_hashes"],
        conflicts_with = "refresh_hashes",
        help_heading = "Output"
    )]
    pub(in crate::cli) no_hashes: bool,
    /// Name the index that each pin comes from (`# from URL`)
    ///
    /// Pins from `--find-links`, URLs and directories have no such comment.
    #[arg(
        long,
        overrides_with = "no_emit_index_annotation",
        help_heading = "Output"
    )]
    pub(in crate::cli) emit_index_annotation: bool,
    /// Leave out the indexes of pins (default)
    #[arg(long, overrides_with = "emit_index_annotation", hide = true)]
    pub(in crate::cli) no_emit_index_annotation: bool,
    /// Keep comments of requirements next to their pins
    #[arg(long, overrides_with = "no_input_comments", help_heading = "Output")]
    pub(in crate::cli) input_comments: bool,
    /// Drop comments of requirements (default)
    #[arg(long, overrides_with = "input_comments", hide = true)]
    pub(in crate::cli) no_input_comments: bool,
    /// Write which projects require each pin (default)
    #[arg(long, overrides_with = "no_annotate", hide = true)]
    pub(in crate::cli) annotate: bool,
    /// Do not write which projects require each pin
    #[arg(long, overrides_with = "annotate", help_heading = "Output")]
    pub(in crate::cli) no_annotate: bool,
    /// Write one line for each requiring project (split), or one for all (line)
    #[arg(long, value_enum, value_name = "STYLE", default_value_t = AnnotationStyle::Split, help_heading = "Output")]
    pub(in crate::cli) annotation_style: AnnotationStyle,
    /// Write the header (default)
    #[arg(long, overrides_with = "no_header", hide = true)]
    pub(in crate::cli) header: bool,
    /// Do not write the header
    #[arg(long, overrides_with = "header", help_heading = "Output")]
    pub(in crate::cli) no_header: bool,
    /// Show this command in the header
    #[arg(long, value_name = "COMMAND", help_heading = "Output")]
    pub(in crate::cli) custom_compile_command: Option<String>,
    /// Remove extras from pins (default)
    #[arg(long, overrides_with = "no_strip_extras", hide = true)]
    pub(in crate::cli) strip_extras: bool,
    /// Keep extras in pins: `name[extra]==1.0`
    #[arg(long, overrides_with = "strip_extras", help_heading = "Output")]
    pub(in crate::cli) no_strip_extras: bool,
    /// Remove markers, also those of direct requirements
    #[arg(long, overrides_with = "no_strip_markers", help_heading = "Output")]
    pub(in crate::cli) strip_markers: bool,
    /// Write markers of all pins, also of those that other projects require
    ///
    /// Default: only those of direct requirements, as written.
    #[arg(long, overrides_with = "strip_markers", help_heading = "Output")]
    pub(in crate::cli) no_strip_markers: bool,
    /// Write `--index-url` and `--extra-index-url` lines (default)
    #[arg(long, overrides_with = "no_emit_index_url", hide = true)]
    pub(in crate::cli) emit_index_url: bool,
    /// Do not write `--index-url` and `--extra-index-url` lines
    #[arg(long, overrides_with = "emit_index_url", help_heading = "Output")]
    pub(in crate::cli) no_emit_index_url: bool,
    /// Write `--find-links` lines (default)
    #[arg(long, overrides_with = "no_emit_find_links", hide = true)]
    pub(in crate::cli) emit_find_links: bool,
    /// Do not write `--find-links` lines
    #[arg(long, overrides_with = "emit_find_links", help_heading = "Output")]
    pub(in crate::cli) no_emit_find_links: bool,
    /// Write `--trusted-host` lines
    #[arg(long, overrides_with = "no_emit_trusted_host", help_heading = "Output")]
    pub(in crate::cli) emit_trusted_host: bool,
    /// Do not write `--trusted-host` lines (default)
    #[arg(long, overrides_with = "emit_trusted_host", hide = true)]
    pub(in crate::cli) no_emit_trusted_host: bool,
    /// Write `--only-binary` and `--no-binary` lines (default)
    #[arg(long, overrides_with = "no_emit_build_options", hide = true)]
    pub(in crate::cli) emit_build_options: bool,
    /// Do not write `--only-binary` and `--no-binary` lines
    #[arg(long, overrides_with = "emit_build_options", help_heading = "Output")]
    pub(in crate::cli) no_emit_build_options: bool,
    /// Write option lines (default)
    #[arg(long, overrides_with = "no_emit_options", hide = true)]
    pub(in crate::cli) emit_options: bool,
    /// Do not write any option lines
    #[arg(long, overrides_with = "emit_options", help_heading = "Output")]
    pub(in crate::cli) no_emit_options: bool,
    /// Pin pip, setuptools, and distribute as well (default)
    #[arg(long, overrides_with = "no_allow_unsafe", hide = true)]
    pub(in crate::cli) allow_unsafe: bool,
    /// Name pip, setuptools, and distribute in a comment instead of pinning them
    #[arg(long, overrides_with = "allow_unsafe", help_heading = "Output")]
    pub(in crate::cli) no_allow_unsafe: bool,
    /// Name this project in a comment instead of pinning it
    ///
    /// It takes the place of pip, setuptools, and distribute. With `--allow-unsafe`, it is pinned,
    /// apart from the others.
    #[arg(
        long = "unsafe-package",
        value_name = "PROJECT",
        help_heading = "Output"
    )]
    pub(in crate::cli) unsafe_packages: Vec<String>,
    /// Resolve this project but leave it out of the lock file
    #[arg(
        long = "no-emit-package",
        value_name = "PROJECT",
        help_heading = "Output"
    )]
    pub(in crate::cli) no_emit_packages: Vec<String>,
    /// Choose line endings
    #[arg(long, value_enum, ignore_case = true, value_name = "STYLE", default_value_t = NewlineStyle::Preserve, help_heading = "Output")]
    pub(in crate::cli) newline: NewlineStyle,

    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
    /// Ignore settings of other tools: `[tool.pip-tools]`, pip.conf, `PIP_*`, `UV_INDEX*`
    #[arg(
        long,
        visible_alias = "isolated",
        overrides_with = "foreign_config",
        help_heading = "Configuration"
    )]
    pub(in crate::cli) no_foreign_config: bool,
    /// Use settings of other tools (default)
    #[arg(long, overrides_with = "no_foreign_config", hide = true)]
    pub(in crate::cli) foreign_config: bool,
    /// Read pip options from this text, as pip-compile does
    #[arg(
        long,
        value_name = "ARGUMENTS",
        hide = true,
        allow_hyphen_values = true
    )]
    pub(in crate::cli) pip_args: Option<String>,
}

impl Compile {
    /// Returns the limit on upload times, whichever of its names was used.
    pub(in crate::cli) fn limit(&self) -> Option<String> {
        let prior_to = self.uploaded_prior_to.as_deref().map(prior_to);
        prior_to.or_else(|| self.exclude_newer.clone())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PreReleaseMode {
    /// Allow none
    Disallow,
    /// Allow all, like final releases
    Allow,
    /// Allow where no final release satisfies the requirements
    IfNecessary,
    /// Allow for projects whose direct requirements name one
    Explicit,
    /// Allow in both of these cases
    IfNecessaryOrExplicit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Resolution {
    /// The newest version of each project
    Highest,
    /// The oldest version of each project
    Lowest,
    /// The oldest version of each direct requirement, the newest of all others
    LowestDirect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ForkStrategy {
    /// The newest version for each Python
    RequiresPython,
    /// As few versions as possible
    Fewest,
    /// The newest version for each environment
    Newest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum IndexStrategy {
    /// Use only the first index that has the project
    FirstIndex,
    /// Search all indexes; prefer versions of earlier ones
    UnsafeFirstMatch,
    /// Search all indexes; take the best version
    UnsafeBestMatch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WhichHashes {
    /// Hashes of every file of a version, for any platform
    All,
    /// Hashes of files that the target can use
    Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AnnotationStyle {
    Split,
    Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum NewlineStyle {
    /// Keep those of the output, or of the input
    Preserve,
    Lf,
    Crlf,
    /// Use those of this system
    Native,
}
