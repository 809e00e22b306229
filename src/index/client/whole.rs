//! Files that are wanted whole: sdists and wheels for a build, and sdists that are
//! named by their URL.

use std::sync::Arc;

use bytes::Bytes;
use url::Url;

use super::direct::DirectSdist;
use super::metadata::{
    Facts, Known, MAX_FILE, Stored, check_promises, direct_sdist_file, facts_request, http_error,
    key_of, static_metadata, url_of,
};
use super::{IndexClient, MetadataError, local, lock};
use crate::http::{blocking, display_url};
use crate::index::{Algorithm, File, Sha256};

/// Where files that builds took are kept, by their hash.
const FILES: &str = "built-from-v1";

/// The largest file that is kept.
const MOST_KEPT: usize = 64 << 20;

impl IndexClient {
    /// Returns the content of a file, checked against the hashes that its index gives.
    ///
    /// What has a hash is kept, so that the next build need not fetch it again.
    pub async fn content(&self, file: &File) -> Result<Bytes, MetadataError> {
        let url = url_of(file)?;
        if let Some(path) = local::path_of(&url) {
            let file = file.clone();
            return blocking(move || read(&file, &path)).await;
        }
        let key = file.sha256().map(|sha256| sha256.to_string());
        if let Some(key) = &key
            && let Some(bytes) = self.cache.get(FILES, key)
            && Sha256::of(&bytes).to_string() == *key
        {
            return Ok(bytes.into());
        }
        let bytes = if let Some(bytes) = self.take_stashed(file) {
            bytes
        } else {
            self.check_online(&file.filename, &url)?;
            let url = self.whole_url(file).await?;
            self.whole(file, &url).await?.into()
        };
        if let Some(key) = key
            && bytes.len() <= MOST_KEPT
        {
            let bytes = bytes.clone();
            self.write(move |cache| cache.put(FILES, &key, &bytes));
        }
        Ok(bytes)
    }

    /// Holds a file that was read to learn something else, so that it need not be fetched
    /// again.
    pub(super) fn stash(&self, file: &File, bytes: Bytes) {
        lock(&self.unbuilt).put(file, bytes);
    }

    fn take_stashed(&self, file: &File) -> Option<Bytes> {
        lock(&self.unbuilt).take(file)
    }

    /// Returns hash and metadata of the sdist at a URL, whose fragment may give its hash.
    pub async fn direct_sdist(&self, url: &Url) -> Result<Arc<DirectSdist>, MetadataError> {
        self.note_looked_elsewhere();
        self.direct_sdists
            .get(url.clone(), Box::pin(self.find_direct_sdist(url)))
            .await
    }

    async fn find_direct_sdist(&self, url: &Url) -> Result<Arc<DirectSdist>, MetadataError> {
        let mut file = direct_sdist_file(url).ok_or_else(|| MetadataError::NotAWheel {
            url: display_url(url),
        })?;
        let place = url_of(&file)?;
        let (sha256, mut content) = self.direct_content(&file, &place).await?;
        if let Some(expected) = file.sha256().filter(|expected| *expected != sha256) {
            return Err(MetadataError::hash(&file.filename, expected, sha256));
        }
        if file.sha256().is_none() {
            file.hashes.push((Algorithm::Sha256, sha256.to_string()));
        }
        let key = key_of(&file);
        let stored = if let Some(stored) = self.kept_metadata(&key) {
            stored
        } else {
            let bytes = match &content {
                Some(bytes) => bytes.clone(),
                None => self.content(&file).await?,
            };
            content = Some(bytes.clone());
            let filename = file.filename.clone();
            let stored = blocking(move || match static_metadata(&filename, &bytes) {
                Ok(metadata) => Stored::Metadata(metadata),
                Err(reason) => Stored::NeedsBuild(reason.to_string()),
            })
            .await;
            self.keep_metadata(key, &stored);
            stored
        };
        Ok(Arc::new(DirectSdist {
            file,
            sha256,
            metadata: match stored {
                Stored::Metadata(metadata) => Ok(Arc::new(metadata)),
                Stored::NeedsBuild(reason) => Err(reason),
            },
            content,
        }))
    }

    /// Returns the hash of a file that may change, and its content if it had to be read.
    async fn direct_content(
        &self,
        file: &File,
        url: &Url,
    ) -> Result<(Sha256, Option<Bytes>), MetadataError> {
        if let Some(path) = local::path_of(url) {
            let named = file.clone();
            let bytes = blocking(move || {
                let bytes = read(&named, &path)?;
                check_promises(&named, &bytes)?;
                Ok(bytes)
            })
            .await?;
            return Ok((Sha256::of(&bytes), Some(bytes)));
        }
        let kept = match self.kept_facts(file, url, |_| true)? {
            Known::Fresh(facts) => return Ok((Sha256(facts.sha256), None)),
            Known::Stale(kept) => kept,
        };
        let response = self.http.get(facts_request(url, kept.as_ref())).await;
        let response = response.map_err(|error| http_error(file, error))?;
        if response.is_not_modified() {
            let facts = self.keep_facts(file, url, kept, &response, None)?;
            return Ok((Sha256(facts.sha256), None));
        }
        let named = file.clone();
        let (response, bytes, sha256) = blocking(move || {
            let bytes = response
                .decode(MAX_FILE)
                .map_err(|error| http_error(&named, error))?;
            check_promises(&named, &bytes)?;
            let sha256 = Sha256::of(&bytes);
            Ok((response, Bytes::from(Vec::from(bytes)), sha256))
        })
        .await?;
        let facts = Facts {
            sha256: sha256.0,
            metadata: None,
        };
        self.keep_facts(file, url, kept, &response, Some(facts))?;
        Ok((sha256, Some(bytes)))
    }
}

fn read(file: &File, path: &std::path::Path) -> Result<Bytes, MetadataError> {
    std::fs::read(path)
        .map(Bytes::from)
        .map_err(|source| MetadataError::Read {
            filename: file.filename.clone(),
            source: Arc::new(source),
        })
}
