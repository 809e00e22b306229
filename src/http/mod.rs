//! One HTTP client: timeouts, retries, limits, credentials, redirects, and what
//! the cache may do with an answer.
//!
//! [`Client::get`] answers with a whole body, [`Client::download`] streams one, and
//! [`Client::post_form`] sends the few fields a token server wants.
//! The client is cheap to make: connections, TLS and the roots of trust come
//! with the first request that needs them. RFC 9110 gives the meaning of status
//! codes, ranges and `Retry-After`; freshness after RFC 9111 is in
//! [`Freshness`], which the caller keeps beside what it stores: the client
//! itself holds no cache. There are no cookies and no methods but GET, HEAD and
//! that POST. A status that is not success is an error, unless
//! [`Request::any_status`] says that the caller reads it.

mod answer;
mod client;
mod credentials;
mod error;
mod exchange;
mod freshness;
mod gate;
mod hop;
mod keyring;
mod lines;
mod login;
mod netrc;
mod observe;
mod pace;
mod redact;
mod request;
mod response;
mod retry;
mod settings;
mod shared;
mod sink;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod transport;

pub use bytes::Bytes;
pub use client::Client;
pub use credentials::{Credentials, IndexLogin};
pub use error::{ConnectProblem, Error};
pub use freshness::Freshness;
pub use http::{HeaderMap, HeaderName, HeaderValue, header};
pub use keyring::KeyringProvider;
pub use login::{LoginSource, Secret};
pub use observe::{Exchange, Observer};
pub use redact::{display_url, redact};
pub use request::{Request, Validators};
pub use response::{ContentRange, Response};
pub use retry::{SystemTimer, Timer, retry_after};
pub use settings::{Environment, Settings};
pub use shared::{Shared, blocking};
