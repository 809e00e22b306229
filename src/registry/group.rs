//! The repositories that have one token, and how that stands.

use std::time::SystemTime;

use crate::http::HeaderValue;

use super::error::Error;

/// The repositories of one token.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) scopes: Vec<String>,
    pub(super) held: tokio::sync::Mutex<Held>,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Held {
    #[default]
    Nothing,
    Token(Token),
    Refused(Refusal),
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) header: HeaderValue,
    pub(super) renew_at: SystemTime,
}

/// Why there is no token.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// The server says so: for others it may have one.
    Denied(String),
    Failed(Error),
}
