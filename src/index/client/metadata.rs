//! Metadata and hashes of files, by the cheapest way that there is.

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use sha2::digest::DynDigest;
use url::Url;

use super::direct::DirectWheel;
use super::error::NoStaticMetadata;
use super::{DEFAULT_FRESHNESS, IndexClient, MetadataError, Refresh, local, lock};
use crate::cache;
use crate::http::{self, Freshness, Request, Response, blocking, display_url};
use crate::index::listing::{File, FileKind, parse_version};
use crate::index::page::{self, MetadataFile};
use crate::index::wheel::{self, FIRST_TAIL, Search, SparseFile, WheelError};
use crate::index::{Algorithm, CoreMetadata, Sha256, sdist};
use crate::python::{ProjectName, WheelName};
use crate::text::hex;

/// Where metadata is kept, by hash or URL of the file. Other fields, other number.
const METADATA: &str = "metadata-v1";

/// Where the facts of files without published hash are kept, by URL.
const FACTS: &str = "files-v1";

/// The longest file to read whole.
pub(super) const MAX_FILE: u64 = 8 << 30;

/// The longest `.metadata` to accept.
const MAX_METADATA: u64 = 32 << 20;

/// How many ranges of one wheel to ask for before it is read whole.
const MAX_RANGES: usize = 8;

/// What the cache holds of a file's metadata.
#[derive(Serialize, Deserialize)]
pub(super) enum Stored {
    Metadata(CoreMetadata),
    NeedsBuild(String),
}

/// What the cache holds of a file that its index gives no hash for.
#[derive(Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) sha256: [u8; 32],
    /// Read from wheels named by their URL only.
    pub(super) metadata: Option<CoreMetadata>,
}

/// Facts as they were kept.
pub(super) struct KeptFacts {
    entry: cache::Entry,
    facts: Facts,
    freshness: Freshness,
}

/// What is known of a file before the server is asked.
pub(super) enum Known {
    Fresh(Facts),
    Stale(Option<KeptFacts>),
}

impl IndexClient {
    /// Returns the metadata of a file.
    pub async fn metadata(&self, file: &File) -> Result<Arc<CoreMetadata>, MetadataError> {
        let key = key_of(file);
        self.metadata
            .get(key.clone(), Box::pin(self.find_metadata(file, key)))
            .await
    }

    /// Returns the metadata of the file with a hash, if it was learned in this run or the
    /// cache has it: nobody is asked.
    pub fn known_metadata(&self, sha256: Sha256) -> Option<Arc<CoreMetadata>> {
        if let Some(metadata) = lock(&self.known_metadata).get(&sha256) {
            return Some(Arc::clone(metadata));
        }
        let Stored::Metadata(metadata) = self.kept_metadata(&sha256.prefixed())? else {
            return None;
        };
        let metadata = Arc::new(metadata);
        lock(&self.known_metadata).insert(sha256, Arc::clone(&metadata));
        Some(metadata)
    }

    /// Returns the SHA-256 of a file, computed if its index does not give it.
    pub async fn hash(&self, file: &File) -> Result<Sha256, MetadataError> {
        if let Some(sha256) = file.sha256() {
            return Ok(sha256);
        }
        self.note_looked_elsewhere();
        self.hashes
            .get(file.url.clone(), Box::pin(self.find_hash(file)))
            .await
    }

    /// Returns hash and metadata of the wheel at a URL, whose fragment may give its hash.
    pub async fn direct_wheel(&self, url: &Url) -> Result<Arc<DirectWheel>, MetadataError> {
        self.note_looked_elsewhere();
        self.direct_wheels
            .get(url.clone(), Box::pin(self.find_direct_wheel(url)))
            .await
    }

    async fn find_metadata(
        &self,
        file: &File,
        key: String,
    ) -> Result<Arc<CoreMetadata>, MetadataError> {
        let url = url_of(file)?;
        if let Some(path) = local::path_of(&url) {
            self.note_looked_elsewhere();
            let file = file.clone();
            return blocking(move || local_metadata(&file, &path).map(Arc::new)).await;
        }
        match self.kept_metadata(&key) {
            Some(Stored::Metadata(metadata)) => return Ok(Arc::new(metadata)),
            Some(Stored::NeedsBuild(reason)) => {
                return Err(MetadataError::needs_build(&file.filename, &reason));
            }
            None => {}
        }
        self.check_online(&file.filename, &url)?;
        let url = self.whole_url(file).await?;
        let metadata = match &file.kind {
            FileKind::Wheel(name) => self.wheel_metadata(file, name, &url).await,
            FileKind::Sdist => {
                let body = Bytes::from(self.whole(file, &url).await?);
                let (task_file, task_body) = (file.clone(), body.clone());
                let metadata = blocking(move || sdist_metadata(&task_file, &task_body)).await;
                if matches!(metadata, Err(MetadataError::NeedsBuild { .. })) {
                    self.stash(file, body);
                }
                metadata
            }
        };
        let stored = match &metadata {
            Ok(metadata) => Stored::Metadata(metadata.clone()),
            Err(MetadataError::NeedsBuild { reason, .. }) => Stored::NeedsBuild(reason.clone()),
            Err(error) => return Err(error.clone()),
        };
        self.keep_metadata(key, &stored);
        metadata.map(Arc::new)
    }

    pub(super) fn keep_metadata(&self, key: String, stored: &Stored) {
        let bytes =
            postcard::to_stdvec(stored).expect("texts and lists of them can always be stored");
        self.write(move |cache| cache.put(METADATA, &key, &bytes));
    }

    pub(super) fn kept_metadata(&self, key: &str) -> Option<Stored> {
        match postcard::take_from_bytes(&self.cache.get(METADATA, key)?) {
            Ok((stored, [])) => Some(stored),
            _ => None,
        }
    }

    /// Finds a wheel's metadata where it costs least. What makes a release useless is proved
    /// by the whole wheel: no hash covers parts of it, and a request may fail for once.
    async fn wheel_metadata(
        &self,
        file: &File,
        name: &WheelName,
        url: &Url,
    ) -> Result<CoreMetadata, MetadataError> {
        let expected = match file.core_metadata {
            MetadataFile::Sha256(hash) => Some(hash),
            MetadataFile::Absent | MetadataFile::Present => None,
        };
        let read = |bytes: &[u8]| match (expected, expected.map(|_| Sha256::of(bytes))) {
            (Some(expected), Some(actual)) if expected != actual => {
                let filename = format!("{}.metadata", file.filename);
                Err(MetadataError::hash(&filename, expected, actual))
            }
            _ => understood(file, bytes),
        };
        if file.core_metadata != MetadataFile::Absent
            && let Some(bytes) = self.metadata_beside(file, url).await?
        {
            match read(&bytes) {
                Err(error) if expected.is_none() && error.is_of_the_file() => {}
                result => return result,
            }
        }
        let parts = self.metadata_from_ranges(file, name, url).await;
        match parts.and_then(|bytes| bytes.map(|bytes| read(&bytes)).transpose()) {
            Ok(Some(metadata)) => return Ok(metadata),
            Err(error) if !error.is_of_the_file() => return Err(error),
            Ok(None) | Err(_) => {}
        }
        let wheel = self.whole(file, url).await?;
        read(&metadata_in(file, name, wheel).await?)
    }

    /// Fetches `<url>.metadata` (PEP 658); none if it is not there after all.
    async fn metadata_beside(
        &self,
        file: &File,
        url: &Url,
    ) -> Result<Option<Vec<u8>>, MetadataError> {
        let mut url = url.clone();
        let path = format!("{}.metadata", url.path());
        url.set_path(&path);
        let request = Request::page(url).max_bytes(MAX_METADATA);
        let response = match self.http.get(request).await {
            Ok(response) => response,
            Err(http::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(http_error(file, error)),
        };
        // A few kilobytes: not worth another thread.
        let body = response
            .decode(MAX_METADATA)
            .map_err(|error| http_error(file, error))?;
        Ok(Some(body.into()))
    }

    /// Reads the end of a wheel and what else is needed of it; none if the server
    /// does not give ranges, or not consistently.
    async fn metadata_from_ranges(
        &self,
        file: &File,
        name: &WheelName,
        url: &Url,
    ) -> Result<Option<Vec<u8>>, MetadataError> {
        let origin = url.origin().ascii_serialization();
        let is_small = file.size.is_some_and(|size| size <= FIRST_TAIL);
        if is_small || self.is_without_ranges(&origin) {
            return Ok(None);
        }
        let mut known: Option<SparseFile> = None;
        for _ in 0..MAX_RANGES {
            let wanted = match &known {
                None => None,
                Some(known) => match search(file, name, known)? {
                    Search::Found(metadata) => return Ok(Some(metadata)),
                    Search::Missing(range) => Some(range),
                },
            };
            let request = Request::file(url.clone()).max_bytes(MAX_FILE);
            let request = match (&wanted, file.size) {
                (Some(range), _) => request.range(range.start, range.end - 1),
                // Not every server knows suffixes.
                (None, Some(size)) => request.range(size - FIRST_TAIL, size - 1),
                (None, None) => request.last_bytes(FIRST_TAIL),
            };
            let response = match self.http.get(request).await {
                Ok(response) => response,
                // Ranges are what it did not like, unless the whole is refused as well.
                Err(
                    http::Error::Status { .. }
                    | http::Error::Garbage { .. }
                    | http::Error::Server { status: 501, .. },
                ) => {
                    self.note_without_ranges(origin);
                    return Ok(None);
                }
                Err(error) => return Err(http_error(file, error)),
            };
            if response.status != 206 {
                self.note_without_ranges(origin);
                let whole = Vec::from(response.body);
                check_whole(file, &whole)?;
                return metadata_in(file, name, whole).await.map(Some);
            }
            let Some((start, total)) = part_of(&response) else {
                self.note_without_ranges(origin);
                return Ok(None);
            };
            let part = known.get_or_insert_with(|| SparseFile::new(total));
            let is_wanted = wanted.is_none_or(|wanted| start <= wanted.start);
            if part.length() != total || !is_wanted {
                return Ok(None);
            }
            part.insert(start, &response.body);
        }
        match known.map(|known| search(file, name, &known)).transpose()? {
            Some(Search::Found(metadata)) => Ok(Some(metadata)),
            _ => Ok(None),
        }
    }

    fn is_without_ranges(&self, origin: &str) -> bool {
        let origins = self
            .without_ranges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        origins.contains(origin)
    }

    fn note_without_ranges(&self, origin: String) {
        let mut origins = self
            .without_ranges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        origins.insert(origin);
    }

    /// Fetches a whole file and checks it against the index's hashes.
    pub(super) async fn whole(&self, file: &File, url: &Url) -> Result<Vec<u8>, MetadataError> {
        let request = Request::file(url.clone()).max_bytes(MAX_FILE);
        let response = self
            .http
            .get(request)
            .await
            .map_err(|error| http_error(file, error))?;
        let file = file.clone();
        blocking(move || {
            let body = response
                .decode(MAX_FILE)
                .map_err(|error| http_error(&file, error))?;
            check_whole(&file, &body)?;
            Ok(body.into())
        })
        .await
    }

    async fn find_hash(&self, file: &File) -> Result<Sha256, MetadataError> {
        let url = url_of(file)?;
        if let Some(path) = local::path_of(&url) {
            let file = file.clone();
            return blocking(move || hash_of_path(&file, &path)).await;
        }
        let kept = match self.kept_facts(file, &url, |_| true)? {
            Known::Fresh(facts) => return Ok(Sha256(facts.sha256)),
            Known::Stale(kept) => kept,
        };
        let request = facts_request(&self.whole_url(file).await?, kept.as_ref());
        let mut hashers = Hashers::new(file);
        let response = self
            .http
            .download(request, |bytes| hashers.update(bytes))
            .await;
        let response = response.map_err(|error| http_error(file, error))?;
        let facts = if response.is_not_modified() {
            None
        } else {
            let sha256 = hashers.finish(file)?.0;
            Some(Facts {
                sha256,
                metadata: None,
            })
        };
        let facts = self.keep_facts(file, &url, kept, &response, facts)?;
        Ok(Sha256(facts.sha256))
    }

    async fn find_direct_wheel(&self, url: &Url) -> Result<Arc<DirectWheel>, MetadataError> {
        let (file, name) = direct_file(url).ok_or_else(|| MetadataError::NotAWheel {
            url: display_url(url),
        })?;
        let mut url = url.clone();
        url.set_fragment(None);
        if let Some(path) = local::path_of(&url) {
            return blocking(move || {
                let sha256 = hash_of_path(&file, &path)?;
                let metadata = Arc::new(local_metadata(&file, &path)?);
                Ok(Arc::new(DirectWheel {
                    name,
                    sha256,
                    metadata,
                }))
            })
            .await;
        }
        let facts = self.direct_facts(&file, &name, &url).await?;
        let sha256 = Sha256(facts.sha256);
        if let Some(expected) = file.sha256().filter(|expected| *expected != sha256) {
            return Err(MetadataError::hash(&file.filename, expected, sha256));
        }
        let metadata = Arc::new(facts.metadata.unwrap_or_default());
        Ok(Arc::new(DirectWheel {
            name,
            sha256,
            metadata,
        }))
    }

    async fn direct_facts(
        &self,
        file: &File,
        name: &WheelName,
        url: &Url,
    ) -> Result<Facts, MetadataError> {
        let kept = match self.kept_facts(file, url, |facts| facts.metadata.is_some())? {
            Known::Fresh(facts) => return Ok(facts),
            Known::Stale(kept) => kept,
        };
        let request = facts_request(url, kept.as_ref());
        let response = self
            .http
            .get(request)
            .await
            .map_err(|error| http_error(file, error))?;
        if response.is_not_modified() {
            return self.keep_facts(file, url, kept, &response, None);
        }
        let (task_file, name) = (file.clone(), name.clone());
        let (response, facts) = blocking(move || {
            let file = task_file;
            let body = response
                .decode(MAX_FILE)
                .map_err(|error| http_error(&file, error))?;
            check_promises(&file, &body)?;
            let sha256 = Sha256::of(&body).0;
            let metadata = metadata_in_whole(&file, &name, body.into())?;
            let metadata = Some(understood(&file, &metadata)?);
            Ok((response, Facts { sha256, metadata }))
        })
        .await?;
        self.keep_facts(file, url, kept, &response, Some(facts))
    }

    /// Looks for the facts of the file at a URL, which may change: fresh ones by
    /// HTTP's rules, or stale ones to ask about.
    pub(super) fn kept_facts(
        &self,
        file: &File,
        url: &Url,
        is_enough: fn(&Facts) -> bool,
    ) -> Result<Known, MetadataError> {
        let kept = self
            .cache
            .get_entry(FACTS, &facts_key(file, url))
            .and_then(|entry| {
                let facts: Facts = postcard::from_bytes(entry.payload()).ok()?;
                let freshness = postcard::from_bytes(entry.note()).ok()?;
                is_enough(&facts).then_some(KeptFacts {
                    entry,
                    facts,
                    freshness,
                })
            });
        let is_refreshed = self.settings.refresh == Refresh::All;
        let is_good = |kept: &KeptFacts| {
            self.settings.offline || (!is_refreshed && kept.freshness.is_fresh(self.now()))
        };
        match kept {
            Some(kept) if is_good(&kept) => Ok(Known::Fresh(kept.facts)),
            kept => {
                self.check_online(&file.filename, url)?;
                Ok(Known::Stale(kept))
            }
        }
    }

    /// Keeps new facts, or those that the server says are still right.
    pub(super) fn keep_facts(
        &self,
        file: &File,
        url: &Url,
        kept: Option<KeptFacts>,
        response: &Response,
        new: Option<Facts>,
    ) -> Result<Facts, MetadataError> {
        let key = facts_key(file, url);
        let to_bytes = |freshness: &Freshness| {
            postcard::to_stdvec(freshness).expect("times and texts can always be stored")
        };
        match (new, kept) {
            (Some(facts), _) => {
                if let Some(freshness) = Freshness::of(response, self.now(), DEFAULT_FRESHNESS) {
                    let payload =
                        postcard::to_stdvec(&facts).expect("a hash and texts can always be stored");
                    let note = to_bytes(&freshness);
                    self.write(move |cache| cache.put_entry(FACTS, &key, &payload, &note));
                }
                Ok(facts)
            }
            (None, Some(kept)) => {
                let note = to_bytes(&kept.freshness.refresh(response, self.now()));
                let entry = kept.entry;
                self.write(move |cache| cache.touch(FACTS, &key, &entry, &note));
                Ok(kept.facts)
            }
            (None, None) => Err(http_error(
                file,
                http::Error::Garbage {
                    url: display_url(url),
                    detail: "it answered 304 for a file that is not in the cache".to_owned(),
                },
            )),
        }
    }

    pub(super) fn check_online(&self, filename: &str, url: &Url) -> Result<(), MetadataError> {
        if !self.settings.offline {
            return Ok(());
        }
        Err(MetadataError::Http {
            filename: filename.to_owned(),
            source: http::Error::Offline {
                url: display_url(url),
            },
        })
    }
}

/// What the facts of a file are kept by: its URL, with the hashes that were checked when
/// they were learned and cannot be checked again without the file.
fn facts_key(file: &File, url: &Url) -> String {
    let mut key = url.to_string();
    if file.has_only_sha256() {
        return key;
    }
    let mut separator = '#';
    for (algorithm, hex) in &file.hashes {
        key.push(separator);
        key.push_str(algorithm.name());
        key.push('=');
        key.push_str(hex);
        separator = '&';
    }
    key
}

pub(super) fn facts_request(url: &Url, kept: Option<&KeptFacts>) -> Request {
    let validators = kept.and_then(|kept| kept.freshness.validators());
    Request::file(url.clone())
        .max_bytes(MAX_FILE)
        .revalidate(validators)
}

/// What a file's metadata is kept by: its hash, so that mirrors share it, or its URL.
pub(super) fn key_of(file: &File) -> String {
    file.sha256()
        .map_or_else(|| file.url.clone(), |sha256| sha256.prefixed())
}

pub(super) fn url_of(file: &File) -> Result<Url, MetadataError> {
    Url::parse(&file.url).map_err(|error| {
        let detail = format!("it is not a URL: {error}");
        let url = crate::http::redact(&file.url).to_string();
        http_error(file, http::Error::Garbage { url, detail })
    })
}

pub(super) fn http_error(file: &File, source: http::Error) -> MetadataError {
    MetadataError::Http {
        filename: file.filename.clone(),
        source,
    }
}

fn wheel_error(file: &File, source: WheelError) -> MetadataError {
    MetadataError::Wheel {
        filename: file.filename.clone(),
        source,
    }
}

fn read_error(file: &File, source: std::io::Error) -> MetadataError {
    MetadataError::Read {
        filename: file.filename.clone(),
        source: Arc::new(source),
    }
}

/// Reads metadata and checks that it is the file's.
fn understood(file: &File, bytes: &[u8]) -> Result<CoreMetadata, MetadataError> {
    let metadata = CoreMetadata::parse(bytes).map_err(|source| MetadataError::Metadata {
        filename: file.filename.clone(),
        source,
    })?;
    consistent(file, metadata)
}

fn consistent(file: &File, metadata: CoreMetadata) -> Result<CoreMetadata, MetadataError> {
    let name = metadata.name.parse::<ProjectName>().ok();
    let version = parse_version(&metadata.version);
    let is_consistent = match &file.kind {
        FileKind::Wheel(wheel) => {
            name.as_ref() == Some(&wheel.name) && version.as_ref() == Some(&wheel.version)
        }
        FileKind::Sdist => name.is_some_and(|name| {
            let parsed = crate::python::SdistName::parse(&file.filename, &name);
            parsed.is_ok_and(|sdist| version == Some(sdist.version))
        }),
    };
    if is_consistent {
        return Ok(metadata);
    }
    Err(MetadataError::Inconsistent {
        filename: file.filename.clone(),
        name: metadata.name,
        version: metadata.version,
    })
}

fn sdist_metadata(file: &File, body: &[u8]) -> Result<CoreMetadata, MetadataError> {
    let metadata = static_metadata(&file.filename, body)
        .map_err(|reason| MetadataError::needs_build(&file.filename, &reason))?;
    consistent(file, metadata)
}

/// Returns the metadata of an sdist, if no build can change it.
pub(super) fn static_metadata(
    filename: &str,
    body: &[u8],
) -> Result<CoreMetadata, NoStaticMetadata> {
    let pkg_info = sdist::pkg_info(filename, body)?;
    Ok(sdist::static_metadata(&pkg_info)?)
}

fn local_metadata(file: &File, path: &Path) -> Result<CoreMetadata, MetadataError> {
    match &file.kind {
        FileKind::Wheel(name) => {
            let metadata = local::wheel_metadata(path, name)
                .map_err(|error| read_error(file, error))?
                .map_err(|error| wheel_error(file, error))?;
            understood(file, &metadata)
        }
        FileKind::Sdist => {
            let body = std::fs::read(path).map_err(|error| read_error(file, error))?;
            check_whole(file, &body)?;
            sdist_metadata(file, &body)
        }
    }
}

fn search(file: &File, name: &WheelName, known: &SparseFile) -> Result<Search, MetadataError> {
    wheel::find_metadata(known, name).map_err(|error| wheel_error(file, error))
}

async fn metadata_in(
    file: &File,
    name: &WheelName,
    whole: Vec<u8>,
) -> Result<Vec<u8>, MetadataError> {
    let (file, name) = (file.clone(), name.clone());
    blocking(move || metadata_in_whole(&file, &name, whole)).await
}

fn metadata_in_whole(
    file: &File,
    name: &WheelName,
    whole: Vec<u8>,
) -> Result<Vec<u8>, MetadataError> {
    match search(file, name, &SparseFile::whole(whole))? {
        Search::Found(metadata) => Ok(metadata),
        Search::Missing(_) => {
            let detail = "it points past the end of the file".to_owned();
            Err(wheel_error(file, WheelError::Zip(detail)))
        }
    }
}

/// Returns where a partial answer starts and how long the whole is.
fn part_of(response: &Response) -> Option<(u64, u64)> {
    let range = response.content_range()?;
    let length = (range.last - range.first).checked_add(1)?;
    let is_whole_part = length == response.body.len() as u64;
    let total = range.total?;
    (is_whole_part && range.last < total).then_some((range.first, total))
}

fn check_whole(file: &File, body: &[u8]) -> Result<(), MetadataError> {
    let mut hashers = Hashers::new(file);
    hashers.update(body);
    hashers.finish(file).map(|_| ())
}

fn hash_of_path(file: &File, path: &PathBuf) -> Result<Sha256, MetadataError> {
    let mut hashers = Hashers::new(file);
    let mut source = std::fs::File::open(path).map_err(|error| read_error(file, error))?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match source
            .read(&mut buffer)
            .map_err(|error| read_error(file, error))?
        {
            0 => return hashers.finish(file),
            length => hashers.update(&buffer[..length]),
        }
    }
}

/// Makes a file of the URL of a wheel.
fn direct_file(url: &Url) -> Option<(File, WheelName)> {
    let filename = file_name(url)?;
    let name = WheelName::parse(&filename).ok()?;
    let kind = FileKind::Wheel(name.clone());
    Some((direct(url, filename, kind), name))
}

/// Makes a file of the URL of an archive, which need not be named like an sdist.
pub(super) fn direct_sdist_file(url: &Url) -> Option<File> {
    let filename = file_name(url)?;
    Some(direct(url, filename, FileKind::Sdist))
}

fn file_name(url: &Url) -> Option<String> {
    let mut plain = url.clone();
    plain.set_fragment(None);
    Some(page::file_name(&Cow::Borrowed(plain.as_str()))?.into_owned())
}

fn direct(url: &Url, filename: String, kind: FileKind) -> File {
    let fragment = url.fragment().unwrap_or_default();
    // One that is not a hash at all stays, and agrees with nothing.
    let hash = |part: &str| {
        let (name, hex) = part.split_once('=')?;
        Some((Algorithm::from_name(name)?, hex.to_ascii_lowercase()))
    };
    let mut plain = url.clone();
    plain.set_fragment(None);
    File {
        filename,
        url: plain.into(),
        has_secret: false,
        hashes: fragment.split('&').filter_map(hash).collect(),
        requires_python: None,
        yanked: None,
        upload_time: None,
        size: None,
        core_metadata: MetadataFile::Absent,
        kind,
    }
}

/// Computes a file's SHA-256, and what else its index or its URL gives. MD5 and SHA-1 are
/// no reason to trust a file, but one not to.
struct Hashers {
    sha256: sha2::Sha256,
    others: Vec<(Algorithm, Box<dyn DynDigest + Send>)>,
}

fn hasher(algorithm: Algorithm) -> Option<Box<dyn DynDigest + Send>> {
    Some(match algorithm {
        Algorithm::Md5 => Box::new(md5::Md5::default()),
        Algorithm::Sha1 => Box::new(sha1::Sha1::default()),
        Algorithm::Sha224 => Box::new(sha2::Sha224::default()),
        Algorithm::Sha384 => Box::new(sha2::Sha384::default()),
        Algorithm::Sha512 => Box::new(sha2::Sha512::default()),
        Algorithm::Sha256 | Algorithm::Blake2b => return None,
    })
}

impl Hashers {
    fn new(file: &File) -> Self {
        let mut others: Vec<(Algorithm, Box<dyn DynDigest + Send>)> = Vec::new();
        for (algorithm, _) in &file.hashes {
            if others.iter().all(|(other, _)| other != algorithm) {
                others.extend(hasher(*algorithm).map(|hasher| (*algorithm, hasher)));
            }
        }
        Self {
            sha256: sha2::Sha256::new(),
            others,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.sha256, bytes);
        for (_, hasher) in &mut self.others {
            hasher.update(bytes);
        }
    }

    /// Compares with what the index says; returns the SHA-256.
    fn finish(self, file: &File) -> Result<Sha256, MetadataError> {
        let sha256 = Sha256(self.sha256.finalize().into());
        let mut actual = vec![(Algorithm::Sha256, sha256.to_string())];
        for (algorithm, hasher) in self.others {
            actual.push((algorithm, hex(&hasher.finalize())));
        }
        for (algorithm, expected) in &file.hashes {
            let of_algorithm = actual.iter().find(|(other, _)| other == algorithm);
            if let Some((_, actual)) = of_algorithm.filter(|(_, actual)| actual != expected) {
                return Err(MetadataError::Hash {
                    filename: file.filename.clone(),
                    algorithm: *algorithm,
                    expected: expected.clone(),
                    actual: actual.clone(),
                });
            }
        }
        Ok(sha256)
    }
}

/// Checks what else than a SHA-256 a URL promises of a file.
pub(super) fn check_promises(file: &File, body: &[u8]) -> Result<(), MetadataError> {
    if file.has_only_sha256() {
        return Ok(());
    }
    let mut file = file.clone();
    file.hashes.retain(|(algorithm, hex)| {
        *algorithm != Algorithm::Sha256 || Sha256::from_hex(hex).is_none()
    });
    check_whole(&file, body)
}
