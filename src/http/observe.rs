//! Who wants to know of each request: `--verbose`, and tests.

use std::time::Duration;

/// Hears of each exchange with a server, redirects and retries included.
pub trait Observer: Send + Sync {
    /// Called when an exchange has ended, well or not.
    fn done(&self, exchange: &Exchange<'_>);
}

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// `GET`, `HEAD` or `POST`.
    pub method: &'a str,
    /// Where it went, without secrets.
    pub url: &'a str,
    /// The status, if one came.
    pub status: Option<u16>,
    /// How many bytes of body came, still encoded.
    pub bytes: u64,
    /// The protocol, such as `HTTP/2.0`; empty if nothing came.
    pub protocol: &'a str,
    /// How long it took.
    pub elapsed: Duration,
    /// Why there is no usable answer, if so.
    pub error: Option<&'a str>,
}

impl<F: Fn(&Exchange<'_>) + Send + Sync> Observer for F {
    fn done(&self, exchange: &Exchange<'_>) {
        self(exchange);
    }
}
