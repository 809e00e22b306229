//! What source distributions and source trees say of themselves when they are built.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::build::{BuildSystem, Kind};
use crate::http::blocking;
use crate::index::{CoreMetadata, File, Refresh};
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::build::{Builder, Chain};
use crate::ops::compile::direct::folder_key;
use crate::python::{ProjectName, Version};

/// A source distribution of an index.
pub(in crate::ops) struct Sdist<'s> {
    /// The project it is of.
    pub(in crate::ops) name: &'s ProjectName,
    /// The release it is of.
    pub(in crate::ops) version: &'s Version,
    pub(in crate::ops) file: &'s File,
    /// Why it has to be built, for the log.
    pub(in crate::ops) why: &'s str,
}

impl Sdist<'_> {
    /// Checks that what its build says is about this release, and no other.
    fn check(&self, metadata: &CoreMetadata) -> Result<(), Failure> {
        let is_name = metadata.name.parse::<ProjectName>().ok().as_ref() == Some(self.name);
        let is_version = metadata.version.parse::<Version>().ok().as_ref() == Some(self.version);
        let (what, found) = match (is_name, is_version) {
            (true, true) => return Ok(()),
            (false, _) => ("name", &metadata.name),
            (true, false) => ("version", &metadata.version),
        };
        Err(Failure::because(format!(
            "its build reports another {what}, `{found}`"
        )))
    }
}

/// The bucket of metadata that builds gave.
const METADATA: &str = "built-metadata-v1";

impl Builder<'_> {
    /// Returns what a source distribution said of itself when it was built before.
    pub(in crate::ops) async fn known(&self, sdist: &Sdist<'_>) -> Option<Arc<CoreMetadata>> {
        let hash = self.identity(sdist.file).await?;
        let host = self.host().await.ok()?;
        let metadata = self.kept(&format!("{hash}|{}", host.key))?;
        sdist.check(&metadata).ok()?;
        Some(metadata)
    }

    /// Returns what a source distribution says of itself when it is built.
    pub(in crate::ops) async fn sdist(
        &self,
        sdist: &Sdist<'_>,
        chain: Chain<'_>,
    ) -> Result<Arc<CoreMetadata>, Failure> {
        Self::check_chain(sdist.name, chain)?;
        let host = self.host().await?;
        let hash = self.identity(sdist.file).await;
        let is_kept = hash.is_some();
        let key = format!("{}|{}", hash.as_ref().unwrap_or(&sdist.file.url), host.key);
        let work = self.kept_or_built(sdist, &key, is_kept, chain);
        // Who is deeper than the first build must not wait for one that may wait for it.
        if chain.is_empty() {
            let work = Box::pin(work);
            return self.shared.metadata.get(key.clone(), work).await;
        }
        Box::pin(work).await
    }

    async fn kept_or_built(
        &self,
        sdist: &Sdist<'_>,
        key: &str,
        is_kept: bool,
        chain: Chain<'_>,
    ) -> Result<Arc<CoreMetadata>, Failure> {
        let kept = if is_kept { self.kept(key) } else { None };
        let metadata = if let Some(metadata) = kept {
            metadata
        } else {
            self.report(&sdist.file.filename, sdist.why);
            let unpacked = self.unpack(sdist.file, None, None).await?;
            let mut chain = chain.to_vec();
            chain.push(sdist.name.clone());
            let bytes = self.prepare(&unpacked.tree, Kind::Wheel, &chain).await?;
            self.keep(is_kept.then_some(key), &bytes)?
        };
        sdist.check(&metadata)?;
        Ok(metadata)
    }

    fn kept(&self, key: &str) -> Option<Arc<CoreMetadata>> {
        let bytes = self.context.request.run.cache.get(METADATA, key)?;
        postcard::from_bytes(&bytes).ok().map(Arc::new)
    }

    /// Reads the metadata that a build gave, and keeps it.
    fn keep(&self, key: Option<&str>, bytes: &[u8]) -> Result<Arc<CoreMetadata>, Failure> {
        let metadata = CoreMetadata::parse(bytes).map_err(|error| {
            Failure::because(format!("its build produced invalid metadata: {error}"))
        })?;
        if let Some(key) = key
            && let Ok(bytes) = postcard::to_stdvec(&metadata)
        {
            // A cache that cannot be written costs the next run a build, no more.
            let _ = self.context.request.run.cache.put(METADATA, key, &bytes);
        }
        Ok(Arc::new(metadata))
    }

    /// Returns what an archive that the user names by its place says of itself when it
    /// is built.
    pub(in crate::ops) async fn archive(
        &self,
        file: &File,
        content: Option<Bytes>,
        why: &str,
    ) -> Result<Arc<CoreMetadata>, Failure> {
        let host = self.host().await?;
        let hash = file
            .sha256()
            .map_or_else(|| file.url.clone(), |hash| hash.to_string());
        let key = format!("{hash}|{}", host.key);
        if let Some(metadata) = self.kept(&key) {
            return Ok(metadata);
        }
        self.report(&file.filename, why);
        let unpacked = self.unpack(file, content, None).await?;
        let bytes = self.prepare(&unpacked.tree, Kind::Wheel, &[]).await?;
        self.keep(Some(&key), &bytes)
    }

    /// Returns what the source tree with this key said of itself, with a build or without.
    pub(in crate::ops) async fn known_tree(&self, key: &str) -> Option<Arc<CoreMetadata>> {
        if let Some(metadata) = self.kept(key) {
            return Some(metadata);
        }
        let host = self.host().await.ok()?;
        self.kept(&format!("{key}|{}", host.key))
    }

    /// Keeps what the source tree with this key says of itself without a build.
    pub(in crate::ops) fn keep_static(&self, key: &str, metadata: &CoreMetadata) {
        if let Ok(bytes) = postcard::to_stdvec(metadata) {
            let _ = self.context.request.run.cache.put(METADATA, key, &bytes);
        }
    }

    /// Returns what a source tree says of itself when it is built. `key` names its
    /// content, if that is known not to change.
    pub(in crate::ops) async fn tree(
        &self,
        tree: &Path,
        kind: Kind,
        what: &str,
        key: Option<&str>,
    ) -> Result<Arc<CoreMetadata>, Failure> {
        let same = (tree.to_owned(), kind == Kind::Editable);
        let work = Box::pin(self.kept_or_built_tree(tree, kind, what, key));
        self.shared.trees.get(same, work).await
    }

    /// Returns the key of a folder's content, unless all is to be looked at anew.
    async fn content_key(&self, tree: &Path, kind: Kind) -> Option<String> {
        if self.context.request.run.refresh == Refresh::All {
            return None;
        }
        let folder = tree.to_owned();
        let key = blocking(move || folder_key::key(&folder)).await?;
        let kind = if kind == Kind::Editable { "-e " } else { "" };
        Some(format!("folder|{kind}{key}"))
    }

    async fn kept_or_built_tree(
        &self,
        tree: &Path,
        kind: Kind,
        what: &str,
        key: Option<&str>,
    ) -> Result<Arc<CoreMetadata>, Failure> {
        let host = self.host().await?;
        let key = match key {
            Some(key) => Some(key.to_owned()),
            None => self.content_key(tree, kind).await,
        };
        let key = key.map(|key| format!("{key}|{}", host.key));
        if let Some(metadata) = key.as_deref().and_then(|key| self.kept(key)) {
            return Ok(metadata);
        }
        self.report(what, "its requirements are known only after a build");
        let bytes = self.prepare(tree, kind, &[]).await?;
        self.keep(key.as_deref(), &bytes)
    }

    async fn prepare(&self, tree: &Path, kind: Kind, chain: Chain<'_>) -> Result<Vec<u8>, Failure> {
        let system = BuildSystem::of_tree(tree)?;
        let environment = self.environment_for(tree, &system, kind, chain).await?;
        let _permit = self.permit().await;
        let settings = &self.context.request.build.settings;
        Ok(environment
            .venv
            .metadata(tree, &system, kind, settings)
            .await?)
    }

    /// Returns the hash of a file's content; none if nobody says it, and the file is
    /// elsewhere.
    async fn identity(&self, file: &File) -> Option<String> {
        match file.sha256() {
            Some(hash) => Some(hash.to_string()),
            // A folder of links gives no hashes, but its files are at hand.
            None if file.url.starts_with("file:") => {
                let hash = self.context.client.hash(file).await.ok()?;
                Some(hash.to_string())
            }
            None => None,
        }
    }
}
