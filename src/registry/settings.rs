//! How the client behaves, and which hosts are asked in place of others.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::image::DEFAULT_HOST;

use super::credentials::CredentialStore;

/// How many requests to be at one registry at once: for [`http::Settings::per_host`].
///
/// HTTP/2 has them on one connection; with HTTP/1.1 each needs its own.
///
/// [`http::Settings::per_host`]: crate::http::Settings::per_host
pub const PER_HOST: usize = 32;

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who is asked in place of which host, in order.
    pub mirrors: Vec<Mirror>,
    /// Hosts, as `host` or `host:port`, to speak plain HTTP with.
    pub plain_http: Vec<String>,
    /// Who we are where.
    pub credentials: CredentialStore,
    /// Whether tags are asked for again although what they said is kept still.
    pub refresh: bool,
    /// Whether a registry of plain HTTP is asked everything at once.
    ///
    /// Else the first answer is waited for, which tells whether tokens are wanted. Such a
    /// registry is nearby and mostly asks for nothing; each request there has a connection
    /// of its own, so that waiting costs two round trips. One that does want tokens then
    /// refuses as many requests as were under way.
    pub is_eager: bool,
    /// For how long what a tag said is used unasked.
    pub tag_lifetime: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mirrors: Vec::new(),
            plain_http: Vec::new(),
            credentials: CredentialStore::none(),
            refresh: false,
            is_eager: false,
            tag_lifetime: Duration::from_mins(5),
        }
    }
}

/// A registry to ask in place of another: `docker.io=https://mirror.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// The host as references name it, or `*` for any.
    pub host: String,
    /// Scheme, host and port of who is asked, and what to put before each repository's path.
    pub address: Url,
}

/// Why a text is not a mirror.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
    /// There is no `=`, or nothing on one side of it.
    #[error("`{}` is not a mirror; expected `HOST=URL`", .0.escape_debug())]
    Form(String),
    /// The left side is not a host.
    #[error("`{}` is not a host (examples: `docker.io`, `registry.example:5000`, `*`)", .0.escape_debug())]
    Host(String),
    /// The right side is not an address of a registry.
    #[error("`{}` is not a registry address: {detail}", text.escape_debug())]
    Address {
        /// The right side.
        text: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The right side holds a password, which is not repeated here.
    #[error(
        "the address of the mirror for `{}` contains a user name or password; put them into a \
         credentials file, under the mirror's own host",
        .0.escape_debug()
    )]
    Credentials(String),
}

impl FromStr for Mirror {
    type Err = MirrorError;

    fn from_str(text: &str) -> Result<Self, MirrorError> {
        let (host, address) = text
            .split_once('=')
            .map(|(host, address)| (host.trim(), address.trim()))
            .filter(|(host, address)| !host.is_empty() && !address.is_empty())
            .ok_or_else(|| MirrorError::Form(without_login(text)))?;
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        if host != "*" && !host.bytes().all(is_host) {
            return Err(MirrorError::Host(host.to_owned()));
        }
        if address.contains('@') {
            return Err(MirrorError::Credentials(host.to_owned()));
        }
        let refuse = |detail: &str| MirrorError::Address {
            text: address.to_owned(),
            detail: detail.to_owned(),
        };
        if !address.contains("://") {
            return Err(refuse("start it with `https://` or `http://`"));
        }
        let url: Url = address
            .parse()
            .map_err(|error: url::ParseError| refuse(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("only `https://` and `http://` are supported"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it should end with the host or a path"));
        }
        Ok(Self {
            host: canonical_host(host).to_owned(),
            address: url,
        })
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.host, self.address)
    }
}

/// Returns the one name of Docker Hub for its other names.
pub(super) fn canonical_host(host: &str) -> &str {
    match host {
        "index.docker.io" | "registry-1.docker.io" => DEFAULT_HOST,
        host => host,
    }
}

fn without_login(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        text.parse::<Mirror>()
            .map(|mirror| mirror.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn reads_hosts_stars_ports_and_prefixes() {
        for text in [
            "docker.io=http://127.0.0.1:5001/",
            "*=https://mirror.example/",
            "registry.example:5000=https://harbor.example/dockerhub",
            "[::1]:5000=http://[::1]:5001/",
        ] {
            assert_eq!(parse(text), Ok(text.to_owned()));
        }
        assert_eq!(
            parse("registry-1.docker.io = https://m.example"),
            Ok("docker.io=https://m.example/".to_owned())
        );
    }

    #[test]
    fn says_what_is_wrong_with_others() {
        let check = |text: &str, words: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        check("https://mirror.example", "expected `HOST=URL`");
        check("docker.io=", "expected `HOST=URL`");
        check("docker.io/library=https://m.example", "is not a host");
        check("docker.io=mirror.example:5000", "start it with `https://`");
        check("docker.io=ftp://mirror.example", "only `https://`");
        check("docker.io=https://", "empty host");
        check("docker.io=https://m.example/?x=1", "should end with");
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in [
            "docker.io=https://me:hush@m.example",
            "https://me:hush@m.example",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
