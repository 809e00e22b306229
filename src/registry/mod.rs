//! Registries: what a tag says now, and whether a digest is still there, by the OCI
//! distribution specification.
//!
//! [`Client`] asks for manifests by HEAD, by GET where a registry needs it, and for the
//! small configuration of an image, and for lists of tags; layers and pushing are left
//! out. Who is
//! asked ([`Mirror`]), as whom ([`CredentialStore`]) and with which token is its
//! business. What has a digest is kept for good, what a tag says for minutes.
//!
//! There is no ping of `/v2/`: the first request to a registry is one that is needed,
//! and the others wait until its headers are there. They say whether tokens are wanted,
//! and one token then serves all repositories that [`Client::expect`] told of. So many
//! images of one registry take three round trips: a challenge, a token, the answers.

mod ask;
mod challenge;
mod client;
mod credentials;
mod endpoint;
mod error;
mod group;
mod inner;
mod list;
mod manifest;
mod notices;
mod said;
mod send;
mod settings;
mod stored;
#[cfg(test)]
mod tests;
mod token;

pub use client::Client;
pub use credentials::CredentialStore;
pub use error::Error;
pub use inner::Resolved;
pub use manifest::{ImageConfig, IndexEntry, Manifest};
pub use settings::{Mirror, MirrorError, PER_HOST, Settings};
