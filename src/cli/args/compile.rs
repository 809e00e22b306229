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
    /// Project files are pyproject.toml, setup.py and setup.cfg; a script states what it requires
    /// in its comments (PEP 723). Without one: requirements.in, setup.py, pyproject.toml or
    /// setup.cfg of the current folder, the first that is there.
    // Another option of uv has the field's name.
    #[arg(id = "SRC", value_name = "SRC")]
    pub(in crate::cli) sources: Vec<String>,

    /// The lock file to write; its pins are kept while they fit. `-`: standard output
    ///
    /// Without it: X.txt for X.in, requirements.txt beside a pyproject.toml, standard output for
    /// standard input.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output_file: Option<String>,
    /// Bound versions as this file says, without requiring anything
    #[arg(
        short,
        long = "constraint",
        visible_alias = "constraints",
        value_name = "FILE"
    )]
    pub(in crate::cli) constraints: Vec<String>,
    /// Bound the versions of what builds need, as this file says
    #[arg(
        short,
        long = "build-constraint",
        visible_alias = "build-constraints",
        value_name = "FILE"
    )]
    pub(in crate::cli) build_constraints: Vec<String>,
    /// Replace every requirement on a project by what this file says
    #[arg(long = "override", visible_alias = "overrides", value_name = "FILE")]
    pub(in crate::cli) overrides: Vec<String>,
    /// Also what this extra of the project file requires
    #[arg(long = "extra", value_name = "EXTRA", value_delimiter = ',')]
    pub(in crate::cli) extras: Vec<String>,
    /// Also what all extras of the project file require
    #[arg(long, conflicts_with = "extras", overrides_with = "no_all_extras")]
    pub(in crate::cli) all_extras: bool,
    /// Only the extras that are named (as by default)
    #[arg(long, overrides_with = "all_extras", hide = true)]
    pub(in crate::cli) no_all_extras: bool,
    /// Also what this dependency group requires (PEP 735), of `pyproject.toml` or of PATH
    ///
    /// PATH is a pyproject.toml. If there is no SRC, groups are all there is.
    #[arg(long = "group", value_name = "[PATH:]NAME")]
    pub(in crate::cli) groups: Vec<String>,
    /// Only what is required directly, not what that requires
    #[arg(long, overrides_with = "deps")]
    pub(in crate::cli) no_deps: bool,
    /// Also what it requires (as by default)
    #[arg(long, overrides_with = "no_deps", hide = true)]
    pub(in crate::cli) deps: bool,

    /// Move all pins to the best versions allowed
    #[arg(
        short = 'U',
        long,
        overrides_with = "no_upgrade",
        help_heading = "What moves"
    )]
    pub(in crate::cli) upgrade: bool,
    /// Keep pins while they fit (as by default)
    #[arg(long, overrides_with = "upgrade", hide = true)]
    pub(in crate::cli) no_upgrade: bool,
    /// Move this project's pin; with a specifier, also bound it: `django<5`
    #[arg(
        short = 'P',
        long = "upgrade-package",
        value_name = "SPEC",
        help_heading = "What moves"
    )]
    pub(in crate::cli) upgrade_packages: Vec<String>,
    /// Renew the hashes of pins that stay
    #[arg(
        long,
        visible_alias = "no-reuse-hashes",
        overrides_with = "reuse_hashes",
        help_heading = "What moves"
    )]
    pub(in crate::cli) refresh_hashes: bool,
    /// Keep the hashes of pins that stay (as by default)
    #[arg(long, overrides_with = "refresh_hashes", hide = true)]
    pub(in crate::cli) reuse_hashes: bool,
    /// Show what would change and write nothing
    #[arg(short = 'n', long, help_heading = "What moves")]
    pub(in crate::cli) dry_run: bool,
    /// Exit with 1 if the lock file would change, and write nothing
    #[arg(long, help_heading = "What moves")]
    pub(in crate::cli) check: bool,

    /// Only what was uploaded before: a time, a day (up to its end, UTC), or a duration ago
    ///
    /// `2026-10-01T00:00:00Z`, `2026-10-01`, `7d`, `7 days`, `1 week`, `P7D`; `false` sets no
    /// limit. Counts file by file; what the lock file already pins stays admissible.
    #[arg(long, value_name = "TIME", help_heading = "Versions")]
    pub(in crate::cli) exclude_newer: Option<String>,
    /// The same by pip's name, and as pip has it: a day means its beginning
    #[arg(
        long,
        value_name = "TIME",
        overrides_with = "exclude_newer",
        help_heading = "Versions"
    )]
    pub(in crate::cli) uploaded_prior_to: Option<String>,
    /// The same for one project; `false` sets no limit for it
    #[arg(
        long = "exclude-newer-package",
        value_name = "PROJECT=TIME",
        help_heading = "Versions"
    )]
    pub(in crate::cli) exclude_newer_packages: Vec<String>,
    /// Treat pre-releases like final releases
    #[arg(long, conflicts_with = "prerelease", help_heading = "Versions")]
    pub(in crate::cli) pre: bool,
    /// Which pre-releases may be chosen [default: if-necessary]
    #[arg(long, value_enum, value_name = "MODE", help_heading = "Versions")]
    pub(in crate::cli) prerelease: Option<PreReleaseMode>,
    /// Never use source distributions of these projects (`:all:`, `:none:`)
    #[arg(
        long,
        value_name = "PROJECT",
        value_delimiter = ',',
        help_heading = "Versions"
    )]
    pub(in crate::cli) only_binary: Vec<String>,
    /// Never use wheels of these projects (`:all:`, `:none:`)
    #[arg(
        long,
        value_name = "PROJECT",
        value_delimiter = ',',
        help_heading = "Versions"
    )]
    pub(in crate::cli) no_binary: Vec<String>,
    /// Build nothing: no release (as `--only-binary :all:`), no place and no project file
    #[arg(long, overrides_with = "build", help_heading = "Builds")]
    pub(in crate::cli) no_build: bool,
    /// Build where nothing else tells what a release requires (as by default)
    #[arg(long, overrides_with = "no_build", hide = true)]
    pub(in crate::cli) build: bool,
    /// Build in the interpreter's own environment, with what is installed there
    #[arg(long, overrides_with = "build_isolation", help_heading = "Builds")]
    pub(in crate::cli) no_build_isolation: bool,
    /// Build in an environment of its own (as by default)
    #[arg(long, overrides_with = "no_build_isolation", hide = true)]
    pub(in crate::cli) build_isolation: bool,
    /// Hand this to build backends
    #[arg(
        short = 'C',
        long = "config-setting",
        visible_alias = "config-settings",
        value_name = "KEY=VALUE",
        help_heading = "Builds"
    )]
    pub(in crate::cli) config_settings: Vec<String>,

    /// The Python version to lock for: `3.12`, `3.12.4` [default: the interpreter's]
    #[arg(long, value_name = "VERSION", help_heading = "Target")]
    pub(in crate::cli) python_version: Option<String>,
    /// The platform to lock for: `linux`, `linux/arm64`, `x86_64-manylinux_2_28` … [default: this one]
    #[arg(
        long = "python-platform",
        value_name = "PLATFORM",
        help_heading = "Target"
    )]
    pub(in crate::cli) python_platforms: Vec<String>,
    /// The interpreter to ask: a path, a name or a version
    ///
    /// With version and platform given, none is needed.
    #[arg(short = 'p', long, value_name = "PYTHON", help_heading = "Target")]
    pub(in crate::cli) python: Option<String>,

    /// The index [default: PyPI]
    #[arg(
        short,
        long,
        visible_alias = "default-index",
        value_name = "URL",
        help_heading = "Indexes"
    )]
    pub(in crate::cli) index_url: Option<String>,
    /// A further index, asked before the default one; a NAME gives it credentials of its own
    ///
    /// They are in `PINFOLD_INDEX_<NAME>_USERNAME` and `PINFOLD_INDEX_<NAME>_PASSWORD`.
    #[arg(
        long = "extra-index-url",
        visible_alias = "index",
        value_name = "[NAME=]URL",
        help_heading = "Indexes"
    )]
    pub(in crate::cli) extra_index_urls: Vec<String>,
    /// A folder or a page with links to distributions
    #[arg(short, long, value_name = "LOCATION", help_heading = "Indexes")]
    pub(in crate::cli) find_links: Vec<String>,
    /// A folder with links that the lock does not name: the machine's own settings mean this
    #[arg(long, hide = true, value_name = "FOLDER")]
    pub(in crate::cli) machine_find_links: Vec<String>,
    /// Ask no index, only `--find-links`
    #[arg(long, help_heading = "Indexes")]
    pub(in crate::cli) no_index: bool,
    /// Do not ask later indexes whether they have a project of the same name
    ///
    /// Where an index before the last one has a project, the later ones are asked once for its
    /// name, and if one knows it there is a warning: whoever may publish there could take over.
    #[arg(long, overrides_with = "shadow_check", help_heading = "Indexes")]
    pub(in crate::cli) no_shadow_check: bool,
    /// Ask them (as by default)
    #[arg(long, overrides_with = "no_shadow_check", hide = true)]
    pub(in crate::cli) shadow_check: bool,
    /// How several indexes are used
    #[arg(long, value_enum, value_name = "STRATEGY", default_value_t = IndexStrategy::FirstIndex, help_heading = "Indexes")]
    pub(in crate::cli) index_strategy: IndexStrategy,
    /// Who is asked for credentials that are nowhere else
    #[arg(long, value_enum, value_name = "PROVIDER", default_value_t = KeyringProvider::Disabled, help_heading = "Indexes")]
    pub(in crate::cli) keyring_provider: KeyringProvider,

    /// Ask again for pages although they are fresh
    #[arg(
        long,
        short_alias = 'r',
        visible_alias = "rebuild",
        overrides_with = "no_refresh",
        help_heading = "Network and cache"
    )]
    pub(in crate::cli) refresh: bool,
    /// Use pages while they are fresh (as by default)
    #[arg(long, overrides_with = "refresh", hide = true)]
    pub(in crate::cli) no_refresh: bool,
    /// Ask again for this project's page
    #[arg(
        long = "refresh-package",
        value_name = "PROJECT",
        help_heading = "Network and cache"
    )]
    pub(in crate::cli) refresh_packages: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) network: Network,

    /// Which hashes are written: of every file of a version, or of those the target can use
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        overrides_with_all = ["no_hashes", "generate_hashes"],
        help_heading = "Output"
    )]
    pub(in crate::cli) hashes: Option<WhichHashes>,
    /// Write hashes (as by default)
    #[arg(long, overrides_with = "no_hashes", hide = true)]
    pub(in crate::cli) generate_hashes: bool,
    /// Write no hashes
    #[arg(
        long,
        visible_alias = "no-generate-hashes",
        overrides_with_all = ["hashes", "generate_hashes"],
        conflicts_with = "refresh_hashes",
        help_heading = "Output"
    )]
    pub(in crate::cli) no_hashes: bool,
    /// Keep the comments of requirements, beside their pins
    #[arg(long, overrides_with = "no_input_comments", help_heading = "Output")]
    pub(in crate::cli) input_comments: bool,
    /// Leave the comments of requirements out (as by default)
    #[arg(long, overrides_with = "input_comments", hide = true)]
    pub(in crate::cli) no_input_comments: bool,
    /// Say who requires each project (as by default)
    #[arg(long, overrides_with = "no_annotate", hide = true)]
    pub(in crate::cli) annotate: bool,
    /// Do not say who requires each project
    #[arg(long, overrides_with = "annotate", help_heading = "Output")]
    pub(in crate::cli) no_annotate: bool,
    /// One line for each who requires a project, or one for all
    #[arg(long, value_enum, value_name = "STYLE", default_value_t = AnnotationStyle::Split, help_heading = "Output")]
    pub(in crate::cli) annotation_style: AnnotationStyle,
    /// Write the header (as by default)
    #[arg(long, overrides_with = "no_header", hide = true)]
    pub(in crate::cli) header: bool,
    /// Write no header
    #[arg(long, overrides_with = "header", help_heading = "Output")]
    pub(in crate::cli) no_header: bool,
    /// The command that the header names
    #[arg(long, value_name = "COMMAND", help_heading = "Output")]
    pub(in crate::cli) custom_compile_command: Option<String>,
    /// Leave extras out of the pins (as by default)
    #[arg(long, overrides_with = "no_strip_extras", hide = true)]
    pub(in crate::cli) strip_extras: bool,
    /// Keep extras in the pins: `name[extra]==1.0`
    #[arg(long, overrides_with = "strip_extras", help_heading = "Output")]
    pub(in crate::cli) no_strip_extras: bool,
    /// Leave the markers of direct requirements out
    #[arg(long, overrides_with = "no_strip_markers", help_heading = "Output")]
    pub(in crate::cli) strip_markers: bool,
    /// Keep the markers of direct requirements (as by default)
    #[arg(long, overrides_with = "strip_markers", hide = true)]
    pub(in crate::cli) no_strip_markers: bool,
    /// Write `--index-url` and `--extra-index-url` lines (as by default)
    #[arg(long, overrides_with = "no_emit_index_url", hide = true)]
    pub(in crate::cli) emit_index_url: bool,
    /// Write no `--index-url` and `--extra-index-url` lines
    #[arg(long, overrides_with = "emit_index_url", help_heading = "Output")]
    pub(in crate::cli) no_emit_index_url: bool,
    /// Write `--find-links` lines (as by default)
    #[arg(long, overrides_with = "no_emit_find_links", hide = true)]
    pub(in crate::cli) emit_find_links: bool,
    /// Write no `--find-links` lines
    #[arg(long, overrides_with = "emit_find_links", help_heading = "Output")]
    pub(in crate::cli) no_emit_find_links: bool,
    /// Write `--trusted-host` lines
    #[arg(long, overrides_with = "no_emit_trusted_host", help_heading = "Output")]
    pub(in crate::cli) emit_trusted_host: bool,
    /// Write no `--trusted-host` lines (as by default)
    #[arg(long, overrides_with = "emit_trusted_host", hide = true)]
    pub(in crate::cli) no_emit_trusted_host: bool,
    /// Write `--only-binary` and `--no-binary` lines (as by default)
    #[arg(long, overrides_with = "no_emit_build_options", hide = true)]
    pub(in crate::cli) emit_build_options: bool,
    /// Write no `--only-binary` and `--no-binary` lines
    #[arg(long, overrides_with = "emit_build_options", help_heading = "Output")]
    pub(in crate::cli) no_emit_build_options: bool,
    /// Write option lines (as by default)
    #[arg(long, overrides_with = "no_emit_options", hide = true)]
    pub(in crate::cli) emit_options: bool,
    /// Write no option lines at all
    #[arg(long, overrides_with = "emit_options", help_heading = "Output")]
    pub(in crate::cli) no_emit_options: bool,
    /// Pin pip, setuptools and distribute as well (as by default)
    #[arg(long, overrides_with = "no_allow_unsafe", hide = true)]
    pub(in crate::cli) allow_unsafe: bool,
    /// Name pip, setuptools and distribute in a comment instead of pinning them
    #[arg(long, overrides_with = "allow_unsafe", help_heading = "Output")]
    pub(in crate::cli) no_allow_unsafe: bool,
    /// Treat this project like pip and setuptools
    #[arg(
        long = "unsafe-package",
        value_name = "PROJECT",
        help_heading = "Output"
    )]
    pub(in crate::cli) unsafe_packages: Vec<String>,
    /// Resolve this project, and leave it out of the lock
    #[arg(
        long = "no-emit-package",
        value_name = "PROJECT",
        help_heading = "Output"
    )]
    pub(in crate::cli) no_emit_packages: Vec<String>,
    /// How lines end
    #[arg(long, value_enum, ignore_case = true, value_name = "STYLE", default_value_t = NewlineStyle::Preserve, help_heading = "Output")]
    pub(in crate::cli) newline: NewlineStyle,

    #[command(flatten)]
    pub(in crate::cli) configuration: Configuration,
    /// Leave out what other tools are told: `[tool.pip-tools]`, pip.conf, `PIP_*`, `UV_INDEX*`
    #[arg(
        long,
        visible_alias = "isolated",
        overrides_with = "foreign_config",
        help_heading = "Configuration"
    )]
    pub(in crate::cli) no_foreign_config: bool,
    /// Take what other tools are told (as by default)
    #[arg(long, overrides_with = "no_foreign_config", hide = true)]
    pub(in crate::cli) foreign_config: bool,
    /// What pip-compile would hand on to pip
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
pub(in crate::cli) enum IndexStrategy {
    /// The first index that knows a project is the only one for it
    FirstIndex,
    /// All indexes; versions of earlier ones first
    UnsafeFirstMatch,
    /// All indexes; the best version wins
    UnsafeBestMatch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum WhichHashes {
    /// Of every file of a version, for any platform
    All,
    /// Of the files that the target can use
    Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AnnotationStyle {
    Split,
    Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum NewlineStyle {
    /// As the output has them, else the input
    Preserve,
    Lf,
    Crlf,
    /// As this system has them
    Native,
}
