//! What can go wrong at a registry, told apart by what one can do about it.

use crate::http;
use crate::image::{Digest, Platform};

/// Why a registry's answer is not there, or not used.
///
/// `image` is the short name with tag or digest, `registry` the host that was asked,
/// `said` the registry's own words, made fit to be shown; empty if it had none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such repository, tag or digest.
    #[error("`{image}` was not found at `{registry}`{}{}", quoted(said),
        if *is_anonymous { "; the request had no credentials, and private images look the same" } else { "" })]
    NotFound {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
        /// The registry's words.
        said: String,
        /// Whether no credentials were sent.
        is_anonymous: bool,
    },
    /// The registry does not let us see it.
    #[error("access to `{image}` was denied by `{registry}` ({}){}", who(login.as_deref()), quoted(said))]
    Denied {
        /// What was asked for.
        image: String,
        /// Who was asked: the registry, or the server it gets its tokens from.
        registry: String,
        /// Where the credentials came from, if any were sent.
        login: Option<String>,
        /// The registry's words.
        said: String,
    },
    /// We asked too often.
    #[error("the rate limit of `{registry}` is exceeded{}{}{}", quoted(said), after(*retry_after),
        if *is_anonymous { "; with credentials, the limit may be higher" } else { "" })]
    RateLimited {
        /// Who was asked.
        registry: String,
        /// In how many seconds to come back, if it said so.
        retry_after: Option<u64>,
        /// Whether no credentials were sent.
        is_anonymous: bool,
        /// The registry's words.
        said: String,
    },
    /// The registry failed, or answered with a status that has no meaning here.
    #[error(
        "`{registry}` failed to answer for `{image}` (status {status}){}",
        quoted(said)
    )]
    Status {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
        /// The status.
        status: u16,
        /// The registry's words.
        said: String,
    },
    /// The manifest is of a kind that has no lasting digest.
    #[error(
        "`{image}` at `{registry}` uses Docker's schema 1 (`{}`), whose digests are not stable",
        shorten(media_type)
    )]
    Unsupported {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
        /// What the registry says it is.
        media_type: String,
    },
    /// What came is a page for people.
    #[error(
        "`{registry}` returned a web page for `{image}`, perhaps a login page, and no manifest"
    )]
    WebPage {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
    },
    /// The header with the digest holds something else.
    #[error(
        "`{registry}` returned `{}` for `{image}`, which is not a digest",
        shorten(value)
    )]
    BadDigest {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
        /// What it gave.
        value: String,
    },
    /// What came is not what the digest says.
    #[error("the content from `{registry}` for `{image}` does not have the digest `{expected}`")]
    Mismatch {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
        /// The digest it should have.
        expected: Digest,
    },
    /// The manifest or the configuration cannot be understood.
    #[error("invalid response from `{registry}` for `{image}`: {detail}")]
    Malformed {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
        /// What is wrong.
        detail: String,
    },
    /// The image is not made for the platform.
    #[error("`{image}` is not available for `{platform}`, {}", list(available))]
    MissingPlatform {
        /// What was asked for.
        image: String,
        /// For what.
        platform: Platform,
        /// For what it is.
        available: Vec<Platform>,
    },
    /// The registry wants us to fetch a token from where we do not.
    #[error("`{registry}` requires a token from `{realm}`, which is not allowed: {detail}")]
    Realm {
        /// Who was asked.
        registry: String,
        /// Where it sends us.
        realm: String,
        /// Why we do not go.
        detail: String,
    },
    /// The registry has no one prove who they are in a way we know.
    #[error("`{registry}` requires an unsupported kind of authentication for `{image}`")]
    Challenge {
        /// What was asked for.
        image: String,
        /// Who was asked.
        registry: String,
    },
    /// The server of tokens gave none.
    #[error("cannot get a token for `{registry}` from `{realm}`: {detail}")]
    Token {
        /// Who wants the token.
        registry: String,
        /// Who should have given one.
        realm: String,
        /// What is wrong.
        detail: String,
    },
    /// A file with credentials cannot be read.
    #[error("cannot read the credentials in {source_name}: {detail}")]
    Credentials {
        /// The file or the variable, quoted.
        source_name: String,
        /// What is wrong.
        detail: String,
    },
    /// A program that keeps credentials failed.
    #[error("cannot get the credentials of `{server}` from `{program}`: {detail}")]
    Helper {
        /// The program.
        program: String,
        /// For whom.
        server: String,
        /// Its words, or the system's.
        detail: String,
    },
    /// The address cannot be made of the host and the path.
    #[error("cannot ask `{registry}` for `{image}`: {detail}")]
    Address {
        /// What was asked for.
        image: String,
        /// Who would have been asked.
        registry: String,
        /// What is wrong.
        detail: String,
    },
    /// The network is turned off, and the answer is not kept.
    #[error("`{image}` is needed, but the network is disabled")]
    Offline {
        /// What was asked for.
        image: String,
    },
    /// The registry is not who it should be, or speaks no TLS we do.
    #[error(transparent)]
    Certificate(http::Error),
    /// No answer came.
    #[error(transparent)]
    Http(http::Error),
}

impl Error {
    /// Tells whether the same question may well be answered later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. } => true,
            Self::Status { status, .. } => *status >= 500 || matches!(status, 408 | 421 | 425),
            Self::Http(error) => error.is_transient(),
            _ => false,
        }
    }

    /// Tells whether there is no such thing, or none that we may see: registries do not
    /// tell the one from the other.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::Denied { .. })
    }

    /// Tells whether another mirror may have what this one has not.
    ///
    /// Many say of what they do not have that it is not for us.
    pub(super) fn is_for_next_mirror(&self) -> bool {
        match self {
            Self::NotFound { .. }
            | Self::Denied { .. }
            | Self::RateLimited { .. }
            | Self::WebPage { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            Self::Http(error) => matches!(
                error,
                http::Error::Connect { .. }
                    | http::Error::Timeout { .. }
                    | http::Error::Truncated { .. }
                    | http::Error::Server { .. }
            ),
            _ => false,
        }
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Tls { .. } => Self::Certificate(error),
            error => Self::Http(error),
        }
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() {
        return String::new();
    }
    format!(": {said}")
}

fn who(login: Option<&str>) -> String {
    match login {
        Some(source) => format!("with the credentials from {source}"),
        None => "without credentials; missing images look the same".to_owned(),
    }
}

fn after(seconds: Option<u64>) -> String {
    match seconds {
        Some(seconds @ 1..) => format!("; retry after {seconds} s"),
        _ => String::new(),
    }
}

fn list(available: &[Platform]) -> String {
    if available.is_empty() {
        return "and it does not list its platforms".to_owned();
    }
    let mut names: Vec<String> = available.iter().map(|it| format!("`{it}`")).collect();
    names.sort();
    names.dedup();
    format!("only for {}", names.join(", "))
}

/// A registry's bytes, harmless and short.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut shown: String = text.escape_debug().take(LONGEST).collect();
    if text.escape_debug().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
