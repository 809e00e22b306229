//! What the clones of a client share: connections, servers, and what was answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::Cache;
use crate::http::{self, Shared};
use crate::image::{Digest, Repository};

use super::endpoint::Endpoint;
use super::error::Error;
use super::manifest::{ImageConfig, Manifest};
use super::notices::Notices;
use super::settings::Settings;
use super::stored::Stored;

/// What a tag says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The digest: of the image index, or of the one image a platform was asked for.
    pub digest: Digest,
    /// Whether the tag was not asked in this run, but lately or, offline, some day.
    pub from_cache: bool,
}

/// What the clones of a client share.
pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) http: http::Client,
    pub(super) notices: Notices,
    pub(super) stored: Stored,
    endpoints: Mutex<HashMap<String, Vec<Arc<Endpoint>>>>,
    expected: Mutex<BTreeMap<String, BTreeSet<String>>>,
    pub(super) tags: Shared<(Repository, String), Result<Resolved, Error>>,
    pub(super) existing: Shared<(Repository, Digest), Result<bool, Error>>,
    pub(super) manifests: Shared<(Repository, Digest), Result<Manifest, Error>>,
    pub(super) configs: Shared<(Repository, Digest), Result<ImageConfig, Error>>,
    pub(super) lists: Shared<Repository, Result<Arc<[String]>, Error>>,
}

impl Inner {
    pub(super) fn new(settings: Settings, http: http::Client, cache: Cache) -> Self {
        Self {
            settings,
            http,
            notices: Notices::default(),
            stored: Stored::new(cache),
            endpoints: Mutex::default(),
            expected: Mutex::default(),
            tags: Shared::default(),
            existing: Shared::default(),
            manifests: Shared::default(),
            configs: Shared::default(),
            lists: Shared::default(),
        }
    }

    /// Notes what will be asked for.
    pub(super) fn expect(&self, repositories: impl IntoIterator<Item = Repository>) {
        let expected = self.expected.lock();
        let mut expected = expected.unwrap_or_else(PoisonError::into_inner);
        for Repository { host, path } in repositories {
            expected.entry(host).or_default().insert(path);
        }
    }

    /// Returns the paths expected to be asked for at a host.
    pub(super) fn expected(&self, host: &str) -> Vec<String> {
        let expected = self.expected.lock();
        let expected = expected.unwrap_or_else(PoisonError::into_inner);
        let paths = expected.get(host).into_iter().flatten();
        paths.cloned().collect()
    }

    pub(super) fn endpoints(&self, host: &str) -> Vec<Arc<Endpoint>> {
        let endpoints = self.endpoints.lock();
        let mut endpoints = endpoints.unwrap_or_else(PoisonError::into_inner);
        match endpoints.get(host) {
            Some(known) => known.clone(),
            None => endpoints
                .entry(host.to_owned())
                .or_insert(Endpoint::of(host, &self.settings))
                .clone(),
        }
    }
}
