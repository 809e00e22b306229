//! How the client behaves.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::credentials::Credentials;
use super::keyring::KeyringProvider;
use super::observe::Observer;
use super::retry::{SystemTimer, Timer};

/// How the client behaves; the defaults suit a public index.
#[derive(Clone)]
pub struct Settings {
    /// What we call ourselves.
    pub user_agent: String,
    /// The longest a connection, TLS included, may take to come about.
    pub connect_timeout: Duration,
    /// The longest silence of a server.
    pub read_timeout: Duration,
    /// The longest one request may take with its retries, unless it says otherwise.
    pub deadline: Duration,
    /// How often a request that failed for now is made again.
    pub retries: u32,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// How many of them may be at one origin; none is as many as there are.
    pub per_host: Option<usize>,
    /// Whether each request fails at once, without the network being touched.
    pub offline: bool,
    /// Hosts, as `host` or `host:port`, whose certificates are not checked.
    pub trusted_hosts: Vec<String>,
    /// A PEM file with the only roots to trust.
    pub ca_bundle: Option<PathBuf>,
    /// A PEM file with our certificate and its key.
    pub client_cert: Option<PathBuf>,
    /// The proxy to use; else what the environment says.
    pub proxy: Option<Url>,
    /// Whether to go directly, whatever the environment says.
    pub no_proxy: bool,
    /// Who we are on which server.
    pub credentials: Credentials,
    /// Whether passwords are asked of the `keyring` program.
    pub keyring: KeyringProvider,
    /// What the environment says about the roots to trust, and where programs are.
    pub environment: Environment,
    /// Who hears of each request.
    pub observer: Option<Arc<dyn Observer>>,
    /// The clock, and how to wait.
    pub timer: Arc<dyn Timer>,
}

/// What the environment's variables say about the roots to trust, and where programs are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// PEM files with the only roots to trust.
    pub root_files: Vec<PathBuf>,
    /// Folders of PEM files, read when the files do not have the root.
    pub root_dirs: Vec<PathBuf>,
    /// Where programs are: `PATH`.
    pub program_dirs: Vec<PathBuf>,
}

impl Environment {
    /// Reads `SSL_CERT_FILE` and `SSL_CERT_DIR`, else `REQUESTS_CA_BUNDLE`, else
    /// `CURL_CA_BUNDLE`; and `PATH`. Empty ones count as unset.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let file = value("SSL_CERT_FILE").map(PathBuf::from);
        let paths = |name: &str| -> Vec<PathBuf> {
            value(name)
                .map(|value| std::env::split_paths(&value).collect())
                .unwrap_or_default()
        };
        let dirs = paths("SSL_CERT_DIR");
        let program_dirs = paths("PATH");
        if file.is_some() || !dirs.is_empty() {
            return Self {
                root_files: file.into_iter().collect(),
                root_dirs: dirs,
                program_dirs,
            };
        }
        let bundle = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
            .into_iter()
            .find_map(value)
            .map(PathBuf::from);
        match bundle {
            // Requests takes a folder here as well.
            Some(path) if path.is_dir() => Self {
                root_files: Vec::new(),
                root_dirs: vec![path],
                program_dirs,
            },
            bundle => Self {
                root_files: bundle.into_iter().collect(),
                root_dirs: Vec::new(),
                program_dirs,
            },
        }
    }
}

impl Settings {
    /// Tells whether connections are made as with other settings.
    pub(super) fn connects_as(&self, other: &Self) -> bool {
        let parts = |settings: &Self| {
            (
                settings.user_agent.clone(),
                settings.connect_timeout,
                settings.read_timeout,
                settings.concurrency,
                settings.ca_bundle.clone(),
                settings.client_cert.clone(),
                settings.proxy.clone(),
                settings.no_proxy,
                settings.environment.clone(),
            )
        };
        parts(self) == parts(other)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("pinfold/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            deadline: Duration::from_mins(5),
            retries: 3,
            concurrency: 100,
            per_host: None,
            offline: false,
            trusted_hosts: Vec::new(),
            ca_bundle: None,
            client_cert: None,
            proxy: None,
            no_proxy: false,
            credentials: Credentials::default(),
            keyring: KeyringProvider::default(),
            environment: Environment::default(),
            observer: None,
            timer: Arc::new(SystemTimer),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's URL may hold a password.
        let proxy = self.proxy.as_ref().map(super::redact::display_url);
        f.debug_struct("Settings")
            .field("user_agent", &self.user_agent)
            .field("connect_timeout", &self.connect_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("deadline", &self.deadline)
            .field("retries", &self.retries)
            .field("concurrency", &self.concurrency)
            .field("per_host", &self.per_host)
            .field("offline", &self.offline)
            .field("trusted_hosts", &self.trusted_hosts)
            .field("ca_bundle", &self.ca_bundle)
            .field("client_cert", &self.client_cert)
            .field("proxy", &proxy)
            .field("no_proxy", &self.no_proxy)
            .field("credentials", &self.credentials)
            .field("keyring", &self.keyring)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
