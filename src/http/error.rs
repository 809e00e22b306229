//! What can go wrong with a request, told apart by what one can do about it.

use super::login::LoginSource;

/// Why a request has no answer that can be used.
///
/// URLs are as [`display_url`](super::display_url) shows them, so no message
/// and no `Debug` output holds a secret. Errors can be cloned, since several
/// parts of a run may wait for one request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The network is turned off.
    #[error("`{url}` is needed, but the network is disabled")]
    Offline {
        /// What was asked for.
        url: String,
    },
    /// No connection came about.
    #[error("cannot connect to `{host}` for `{url}`: {detail}")]
    Connect {
        /// What was asked for.
        url: String,
        /// The host that did not answer.
        host: String,
        /// What kind of problem it is.
        problem: ConnectProblem,
        /// The system's own words.
        detail: String,
    },
    /// The server is not who it should be, or speaks no TLS we do.
    #[error("cannot make a secure connection to `{host}` for `{url}`: {detail}")]
    Tls {
        /// What was asked for.
        url: String,
        /// The host whose certificate or protocol is at fault.
        host: String,
        /// What is wrong.
        detail: String,
    },
    /// Nothing came for too long, or all of it took too long.
    #[error("`{url}` timed out after {seconds} s")]
    Timeout {
        /// What was asked for.
        url: String,
        /// The limit that was passed.
        seconds: u64,
    },
    /// The server has no such thing (404 or 410).
    #[error("`{url}` does not exist on the server (status {status})")]
    NotFound {
        /// What was asked for.
        url: String,
        /// 404 or 410.
        status: u16,
    },
    /// The server wants credentials, or others than it got (401 or 403).
    #[error("access to `{url}` was denied (status {status}, {})", sent(*sent_credentials, login.as_ref()))]
    Denied {
        /// What was asked for.
        url: String,
        /// 401 or 403.
        status: u16,
        /// Whether credentials went with the request.
        sent_credentials: bool,
        /// Where they came from, if we added them.
        login: Option<LoginSource>,
        /// What the server calls the area it guards.
        realm: Option<String>,
    },
    /// The server wants us to wait, longer than a run should (429, or 503 with a time).
    #[error("`{url}` is rate limited (status {status}){}", after(*retry_after))]
    RateLimited {
        /// What was asked for.
        url: String,
        /// 429 or 503.
        status: u16,
        /// For how many seconds, if it said so.
        retry_after: Option<u64>,
    },
    /// The server failed (5xx).
    #[error(
        "the server failed to answer `{url}` (status {status}){}",
        said(excerpt)
    )]
    Server {
        /// What was asked for.
        url: String,
        /// 500 to 599.
        status: u16,
        /// The first line of the body, if it is text.
        excerpt: String,
    },
    /// Another status that is no answer.
    #[error("`{url}` returned status {status}{}", said(excerpt))]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
        /// The first line of the body, if it is text.
        excerpt: String,
    },
    /// The body ended before its end, or the connection did.
    #[error("the response from `{url}` was cut short: {detail}")]
    Truncated {
        /// What was asked for.
        url: String,
        /// What is missing.
        detail: String,
    },
    /// The body is longer than it may be.
    #[error("the response from `{url}` is larger than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// How long it may be.
        limit: u64,
    },
    /// A redirect that is not followed.
    #[error("`{url}` has a redirect that is not followed: {detail}")]
    Redirect {
        /// What was asked for.
        url: String,
        /// Why not.
        detail: String,
    },
    /// The answer is not HTTP, or contradicts itself.
    #[error("invalid response from `{url}`: {detail}")]
    Garbage {
        /// What was asked for.
        url: String,
        /// What is wrong.
        detail: String,
    },
    /// The client could not be set up as its settings say.
    #[error("cannot set up {what}: {detail}")]
    Setup {
        /// Which setting, with the file if it names one.
        what: String,
        /// What is wrong.
        detail: String,
    },
}

/// What is said of a server that answers a handshake with something else.
pub(super) const WITHOUT_TLS: &str = "the server does not use TLS on this port";

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectProblem {
    /// The name has no address.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The proxy did not pass us on.
    Proxy,
    /// Another reason.
    Other,
}

impl Error {
    /// Tells whether the same request may well succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Timeout { .. }
            | Self::RateLimited { .. }
            | Self::Server { .. }
            | Self::Truncated { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 421 | 425),
            Self::Offline { .. }
            | Self::Tls { .. }
            | Self::NotFound { .. }
            | Self::Denied { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::Garbage { .. }
            | Self::Setup { .. } => false,
        }
    }

    /// Tells whether the server was asked by TLS and speaks none: it may speak plain HTTP.
    pub fn is_without_tls(&self) -> bool {
        match self {
            Self::Tls { detail, .. } => detail == WITHOUT_TLS,
            // It closed the connection at the first bytes it did not understand.
            Self::Connect { detail, .. } => detail == "tls handshake eof",
            _ => false,
        }
    }

    /// Returns the status the server gave, if one is to blame.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotFound { status, .. }
            | Self::Denied { status, .. }
            | Self::RateLimited { status, .. }
            | Self::Server { status, .. }
            | Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns the URL asked for, without secrets.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Offline { url }
            | Self::Connect { url, .. }
            | Self::Tls { url, .. }
            | Self::Timeout { url, .. }
            | Self::NotFound { url, .. }
            | Self::Denied { url, .. }
            | Self::RateLimited { url, .. }
            | Self::Server { url, .. }
            | Self::Status { url, .. }
            | Self::Truncated { url, .. }
            | Self::TooLarge { url, .. }
            | Self::Redirect { url, .. }
            | Self::Garbage { url, .. } => Some(url),
            Self::Setup { .. } => None,
        }
    }
}

fn sent(sent_credentials: bool, login: Option<&LoginSource>) -> String {
    match login {
        Some(source) => format!("with the credentials given {source}"),
        None if sent_credentials => "with the credentials given".to_owned(),
        None => "no credentials were sent".to_owned(),
    }
}

fn after(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| format!("; retry after {seconds} s"))
}

fn said(excerpt: &str) -> String {
    if excerpt.is_empty() {
        return String::new();
    }
    format!(": {excerpt}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_long_to_wait_and_what_the_server_said() {
        let limited = Error::RateLimited {
            url: "https://index.example/simple/".to_owned(),
            status: 429,
            retry_after: Some(90),
        };
        assert_eq!(
            limited.to_string(),
            "`https://index.example/simple/` is rate limited (status 429); retry after 90 s"
        );
        let server = Error::Server {
            url: "https://index.example/simple/".to_owned(),
            status: 503,
            excerpt: "down for maintenance".to_owned(),
        };
        assert_eq!(
            server.to_string(),
            "the server failed to answer `https://index.example/simple/` (status 503): down for maintenance"
        );
    }
}
