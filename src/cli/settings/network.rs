//! How servers are reached, and where answers are kept.

use std::ffi::OsString;
use std::time::Duration;

use crate::cache::{self, Cache};
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::http;

pub(in crate::cli) fn login(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<(String, http::Secret)> {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    let user = value("PINFOLD_INDEX_USERNAME");
    let password = value("PINFOLD_INDEX_PASSWORD");
    if user.is_none() && password.is_none() {
        return None;
    }
    Some((
        user.unwrap_or_default(),
        http::Secret::new(password.unwrap_or_default()),
    ))
}

pub(in crate::cli) fn network(
    args: &args::Network,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<http::Settings, Failure> {
    let proxy = args.proxy.as_deref().filter(|text| !text.is_empty());
    let mut settings = http::Settings {
        read_timeout: Duration::from_secs(args.timeout.max(1)),
        retries: args.retries,
        offline: args.offline,
        trusted_hosts: args.trusted_hosts.clone(),
        ca_bundle: args.cert.clone(),
        client_cert: args.client_cert.clone(),
        proxy: proxy
            .map(|text| {
                text.parse().map_err(|error| {
                    Failure::usage(
                        format!("`--proxy`: not a URL: {error}"),
                        Some("write it with its scheme: `http://host:port`".to_owned()),
                    )
                })
            })
            .transpose()?,
        environment: http::Environment::read(&variable),
        ..http::Settings::default()
    };
    settings.credentials.find_netrc(&variable);
    Ok(settings)
}

pub(in crate::cli) fn cache(
    args: &args::Network,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Cache {
    if args.no_cache {
        return Cache::none();
    }
    match args
        .cache_dir
        .clone()
        .or_else(|| cache::default_dir(variable))
    {
        Some(folder) => Cache::at(folder),
        None => Cache::none(),
    }
}

/// The same for a compilation, which may have credentials from elsewhere.
pub(in crate::cli) fn http(
    args: &args::Compile,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<http::Settings, Failure> {
    Ok(http::Settings {
        keyring: args.keyring_provider.into(),
        ..network(&args.network, variable)?
    })
}

impl From<args::KeyringProvider> for http::KeyringProvider {
    fn from(provider: args::KeyringProvider) -> Self {
        match provider {
            args::KeyringProvider::Disabled => Self::Disabled,
            args::KeyringProvider::Subprocess => Self::Subprocess,
        }
    }
}
