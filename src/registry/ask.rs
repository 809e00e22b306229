//! A question to one server.

use url::Url;

use crate::image::Repository;

use super::endpoint::Endpoint;
use super::error::Error;

/// What is asked of whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) repository: &'a Repository,
    /// What comes after the repository in the URL.
    pub(super) rest: &'a str,
    /// The path and query to ask for instead, as the server itself gave them.
    pub(super) target: Option<&'a str>,
    /// What is asked for, for people.
    pub(super) image: &'a str,
    /// Whether it is a manifest.
    pub(super) is_manifest: bool,
    /// The longest answer to read.
    pub(super) max_bytes: u64,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Get,
}

impl Ask<'_> {
    /// Returns the URL.
    pub(super) fn url(&self, scheme: &str) -> Result<Url, Error> {
        let url = match self.target {
            Some(target) => self.endpoint.url_of(scheme, target),
            None => self.endpoint.url(scheme, self.repository, self.rest),
        };
        url.map_err(|error| Error::Address {
            image: self.image.to_owned(),
            registry: self.endpoint.name.clone(),
            detail: error.to_string(),
        })
    }
}
