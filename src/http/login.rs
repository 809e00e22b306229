//! A login, where it came from, and the origin that it belongs to.

use std::fmt;

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::text::{hex, percent_decoded};

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the text, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A user name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Secret,
    pub(super) password: Secret,
    pub(super) source: LoginSource,
}

impl Login {
    /// Whether there is a user only.
    pub(super) fn lacks_password(&self) -> bool {
        self.password.0.is_empty()
    }
}

impl Login {
    /// Returns what tells this login from others: so little of a hash that the password
    /// cannot be found by it, for that has too many that would fit.
    pub(super) fn mark(&self) -> String {
        let digest = Sha256::new()
            .chain_update(self.user.expose())
            .chain_update([0])
            .chain_update(self.password.expose())
            .finalize();
        hex(&digest[..3])
    }
}

/// Where credentials came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginSource {
    /// A URL.
    Url,
    /// Variables of the environment: their names.
    Variables(String),
    /// The netrc file.
    Netrc,
    /// The program `keyring`.
    Keyring,
    /// The caller.
    Caller,
}

/// As it reads behind "given".
impl fmt::Display for LoginSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("in the URL"),
            Self::Variables(names) => write!(f, "in {names}"),
            Self::Netrc => f.write_str("in the netrc file"),
            Self::Keyring => f.write_str("by the `keyring` program"),
            Self::Caller => f.write_str("elsewhere"),
        }
    }
}

/// Scheme, host and port (RFC 6454 §4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Self {
        Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default(),
        }
    }

    /// As [`Origin::of`] and a comparison, without making one.
    pub(super) fn is_of(&self, url: &Url) -> bool {
        self.scheme == url.scheme()
            && self.host == url.host_str().unwrap_or_default()
            && self.port == url.port_or_known_default()
    }
}

/// Takes user name and password out of a URL, percent-decoded.
pub(super) fn take_login(url: &mut Url) -> Option<Login> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let login = Login {
        user: Secret(percent_decoded(url.username()).into_owned()),
        password: Secret(percent_decoded(url.password().unwrap_or_default()).into_owned()),
        source: LoginSource::Url,
    };
    // These fail only for URLs without a host, which have no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(login)
}
