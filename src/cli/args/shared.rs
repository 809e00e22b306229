//! Groups of options that several commands have.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How servers are reached, and where answers are kept.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
#[command(next_help_heading = "Network and cache")]
pub(in crate::cli) struct Network {
    /// Use only cached data
    #[arg(long, overrides_with = "no_offline")]
    pub(in crate::cli) offline: bool,
    /// Use the network (default)
    #[arg(long, overrides_with = "offline", hide = true)]
    pub(in crate::cli) no_offline: bool,
    /// Do not read or write the cache
    #[arg(long, alias = "no-cache-dir")]
    pub(in crate::cli) no_cache: bool,
    /// Store the cache in this directory
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) cache_dir: Option<PathBuf>,
    /// Do not verify the TLS certificate of this host (`host` or `host:port`)
    #[arg(
        long = "trusted-host",
        visible_alias = "allow-insecure-host",
        value_name = "HOST"
    )]
    pub(in crate::cli) trusted_hosts: Vec<String>,
    /// PEM file with the CA certificates to trust
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// PEM file with the client certificate and key
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) client_cert: Option<PathBuf>,
    /// Trust the system's certificates (default)
    #[arg(long, alias = "native-tls", hide = true)]
    pub(in crate::cli) system_certs: bool,
    /// Use this proxy [default: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`]
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) proxy: Option<String>,
    /// Give up after this many seconds without data
    #[arg(
        long,
        alias = "default-timeout",
        value_name = "SECONDS",
        default_value_t = 30
    )]
    pub(in crate::cli) timeout: u64,
    /// Retry a failed request this many times
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    pub(in crate::cli) retries: u32,
}

/// How registries are reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub(in crate::cli) struct Registries {
    /// Use a mirror in place of a registry: `docker.io=https://mirror.example`
    ///
    /// `*` stands for every registry. Several mirrors of one registry are tried in order until one
    /// is reachable and has the image; the registry itself is asked only if it is among them. A
    /// mirror gets its own credentials, never those of the registry.
    #[arg(
        long = "registry-mirror",
        value_name = "HOST=URL",
        value_delimiter = ' '
    )]
    pub(in crate::cli) mirrors: Vec<String>,
    /// Use plain HTTP for this registry (`host` or `host:port`); always allowed on loopback
    #[arg(long = "insecure-registry", value_name = "HOST", value_delimiter = ' ')]
    pub(in crate::cli) plain_http: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) network: Network,
}

/// Which configuration counts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(in crate::cli) struct Configuration {
    /// Read this configuration [default: the nearest `pinfold.toml`, or `pyproject.toml` with
    /// `[tool.pinfold]`]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// Do not read a configuration
    #[arg(long, conflicts_with = "config")]
    pub(in crate::cli) no_config: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum KeyringProvider {
    /// Do not use a keyring
    Disabled,
    /// Run the `keyring` program
    Subprocess,
}

/// How results are given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(in crate::cli) struct Output {
    /// Print results in this format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people
    Text,
    /// For programs, with a version field
    Json,
}
