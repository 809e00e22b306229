//! What is kept between runs: manifests and configurations for good, tags for minutes.
//!
//! What has a digest is kept as the bytes it is the digest of, and they are hashed again
//! when they are read. Writing may fail; a run goes on without.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::cache::Cache;
use crate::image::Digest;

const TAGS: &str = "tag-v1";
const LISTS: &str = "tags-v1";
const MANIFESTS: &str = "manifest-v1";

/// The kept answers.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    cache: Cache,
}

#[derive(Serialize, Deserialize)]
struct Tag<'a> {
    /// Seconds since 1970.
    stored_at: u64,
    digest: &'a str,
}

#[derive(Serialize, Deserialize)]
struct List<T> {
    /// Seconds since 1970.
    stored_at: u64,
    tags: T,
}

impl Stored {
    pub(super) const fn new(cache: Cache) -> Self {
        Self { cache }
    }

    /// Returns what a tag said, and when.
    pub(super) fn tag(&self, key: &str) -> Option<(Digest, SystemTime)> {
        let bytes = self.cache.get(TAGS, key)?;
        let (tag, _) = postcard::take_from_bytes::<Tag<'_>>(&bytes).ok()?;
        let stored_at = UNIX_EPOCH.checked_add(Duration::from_secs(tag.stored_at))?;
        Some((tag.digest.parse().ok()?, stored_at))
    }

    /// Keeps what a tag says.
    pub(super) fn put_tag(&self, key: &str, digest: &Digest, now: SystemTime) {
        let tag = Tag {
            stored_at: now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            digest: digest.as_str(),
        };
        if let Ok(bytes) = postcard::to_stdvec(&tag) {
            let _ = self.cache.put(TAGS, key, &bytes);
        }
    }

    /// Returns the tags a repository had, and when.
    pub(super) fn list(&self, key: &str) -> Option<(Vec<String>, SystemTime)> {
        let bytes = self.cache.get(LISTS, key)?;
        let (list, _) = postcard::take_from_bytes::<List<Vec<String>>>(&bytes).ok()?;
        let stored_at = UNIX_EPOCH.checked_add(Duration::from_secs(list.stored_at))?;
        Some((list.tags, stored_at))
    }

    /// Keeps which tags a repository has.
    pub(super) fn put_list(&self, key: &str, tags: &[String], now: SystemTime) {
        let stored_at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if let Ok(bytes) = postcard::to_stdvec(&List { stored_at, tags }) {
            let _ = self.cache.put(LISTS, key, &bytes);
        }
    }

    /// Returns the bytes a digest is of.
    pub(super) fn content(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = self.cache.get(MANIFESTS, digest.as_str())?;
        digest.is_of(&bytes).then_some(bytes)
    }

    /// Keeps bytes whose digest was checked.
    pub(super) fn put_content(&self, digest: &Digest, bytes: &[u8]) {
        let _ = self.cache.put(MANIFESTS, digest.as_str(), bytes);
    }
}
