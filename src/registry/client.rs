//! What the rest of the program asks registries.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::cache::Cache;
use crate::http::{self, Bytes, Response};
use crate::image::{Digest, Platform, Repository};

use super::ask::{Ask, Method};
use super::endpoint::{Endpoint, first_of, repository_key};
use super::error::Error;
use super::inner::{Inner, Resolved};
use super::manifest::{ImageConfig, Kind, Manifest};
use super::settings::Settings;
use super::token::Authorization;

/// The longest manifest that is read: the specification has registries take no longer ones.
const MOST_MANIFEST_BYTES: u64 = 4 << 20;
const MOST_CONFIG_BYTES: u64 = 8 << 20;

const DIGEST_HEADER: &str = "docker-content-digest";

/// The client of registries; a clone shares connections, tokens and answers.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl Client {
    /// Makes a client; nothing is read or asked yet.
    pub fn new(settings: Settings, http: http::Client, cache: Cache) -> Self {
        Self {
            inner: Arc::new(Inner::new(settings, http, cache)),
        }
    }

    /// Tells what will be asked for, so that one token can be for all of it.
    ///
    /// Nothing has to be told, and what was told need not be asked for.
    pub fn expect(&self, repositories: impl IntoIterator<Item = Repository>) {
        self.inner.expect(repositories);
    }

    /// Returns the digest a tag stands for now: of its image index if it has one, or,
    /// if a platform is given, of the image for that platform.
    ///
    /// A question is asked once a run, and not at all if it was answered lately.
    pub async fn resolve(
        &self,
        repository: &Repository,
        tag: &str,
        platform: Option<&Platform>,
    ) -> Result<Resolved, Error> {
        let inner = &self.inner;
        let key = (repository.clone(), tag.to_owned());
        let work = inner.resolve(repository, tag);
        let resolved = inner.tags.get(key, work).await?;
        let Some(platform) = platform else {
            return Ok(resolved);
        };
        let image = format!("{}:{tag}", repository.familiar());
        let digest = self
            .for_platform(repository, &resolved.digest, platform, image)
            .await?;
        Ok(Resolved { digest, ..resolved })
    }

    /// Returns the digest of what serves a platform best of what a digest stands for;
    /// `image` is what it is called in errors.
    pub async fn for_platform(
        &self,
        repository: &Repository,
        digest: &Digest,
        platform: &Platform,
        image: String,
    ) -> Result<Digest, Error> {
        let missing = |available| Error::MissingPlatform {
            image,
            platform: platform.clone(),
            available,
        };
        match self.manifest(repository, digest).await? {
            Manifest::Index { entries, .. } => {
                match platform.best(&entries, |entry| entry.platform.as_ref()) {
                    Some(entry) => Ok(entry.digest.clone()),
                    None => Err(missing(
                        entries.into_iter().filter_map(|it| it.platform).collect(),
                    )),
                }
            }
            Manifest::Image { config, .. } => {
                let config = self.config(repository, &config).await?;
                match platform.distance(&config.platform) {
                    Some(_) => Ok(digest.clone()),
                    None => Err(missing(vec![config.platform])),
                }
            }
        }
    }

    /// Tells whether a registry has the manifest of a digest, now.
    ///
    /// Some say of what we may not see that they do not have it.
    pub async fn exists(&self, repository: &Repository, digest: &Digest) -> Result<bool, Error> {
        let key = (repository.clone(), digest.clone());
        let work = self.inner.exists(repository, digest);
        self.inner.existing.get(key, work).await
    }

    /// Returns the manifest of a digest.
    pub async fn manifest(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Manifest, Error> {
        let key = (repository.clone(), digest.clone());
        let work = self.inner.manifest(repository, digest);
        self.inner.manifests.get(key, work).await
    }

    /// Returns the configuration of a digest, as an image's manifest names it.
    pub async fn config(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<ImageConfig, Error> {
        let key = (repository.clone(), digest.clone());
        let work = self.inner.config(repository, digest);
        self.inner.configs.get(key, work).await
    }

    /// Returns the tags of a repository, sorted.
    ///
    /// A registry is asked once a run, and not at all if it was asked lately. Of a list
    /// that is too long, only the beginning comes; [`Self::notices`] say so.
    pub async fn tags(&self, repository: &Repository) -> Result<Arc<[String]>, Error> {
        let work = self.inner.list(repository);
        self.inner.lists.get(repository.clone(), work).await
    }

    /// Returns what registries said beside their answers, once each, in a steady order:
    /// their warnings, and how much of a quota is left where little is.
    pub fn notices(&self) -> Vec<String> {
        self.inner.notices.all()
    }

    /// Returns how many requests the HTTP client sent, those for tokens, redirects and
    /// retries included.
    pub fn requests(&self) -> u64 {
        self.inner.http.requests()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("settings", &self.inner.settings)
            .field("http", &self.inner.http)
            .finish_non_exhaustive()
    }
}

/// A manifest as it came.
struct Body {
    digest: Digest,
    bytes: Bytes,
    manifest: Manifest,
}

impl Inner {
    async fn resolve(&self, repository: &Repository, tag: &str) -> Result<Resolved, Error> {
        let endpoints = self.endpoints(&repository.host);
        let image = format!("{}:{tag}", repository.familiar());
        let key = tag_key(&endpoints, repository, tag);
        let now = self.http.now();
        if let Some(digest) = self.kept(now, || self.stored.tag(&key)) {
            return Ok(Resolved {
                digest,
                from_cache: true,
            });
        }
        if self.http.is_offline() {
            return Err(Error::Offline { image });
        }
        let rest = format!("manifests/{tag}");
        let last = endpoints.last();
        let digest = first_of(&endpoints, async |endpoint| {
            let ask = manifest_ask(endpoint, repository, &rest, &image);
            let is_last = last.is_some_and(|last| Arc::ptr_eq(last, endpoint));
            self.tag_at(&ask, is_last).await
        })
        .await?;
        self.stored.put_tag(&key, &digest, now);
        Ok(Resolved {
            digest,
            from_cache: false,
        })
    }

    /// Returns what is kept of an answer that may be another one by now, if it need not
    /// or cannot be asked for again.
    pub(super) fn kept<T>(
        &self,
        now: SystemTime,
        stored: impl FnOnce() -> Option<(T, SystemTime)>,
    ) -> Option<T> {
        let is_offline = self.http.is_offline();
        if self.settings.refresh && !is_offline {
            return None;
        }
        let (answer, stored_at) = stored()?;
        let is_good = is_offline || is_fresh(stored_at, now, self.settings.tag_lifetime);
        is_good.then_some(answer)
    }

    /// Asks one server what a tag stands for: by HEAD, and by GET where that is no answer.
    async fn tag_at(&self, ask: &Ask<'_>, is_last: bool) -> Result<Digest, Error> {
        let head = self.send(ask, Method::Head, None).await?;
        let status = head.response.status;
        if status == 200 {
            // Where HEAD does not say all, GET may.
            if let (Some(_), Some(digest)) = (
                kind_of(ask, &head.response)?,
                digest_of(ask, &head.response)?,
            ) {
                return Ok(digest);
            }
        } else if !may_get_instead(status) || (status == 404 && !is_last) {
            return Err(self.refuse(ask, &head));
        }
        let body = self.body_at(ask, None, Some(head.authorization)).await?;
        self.stored.put_content(&body.digest, &body.bytes);
        Ok(body.digest)
    }

    /// Fetches a manifest from one server, and makes sure of its digest.
    async fn body_at(
        &self,
        ask: &Ask<'_>,
        expected: Option<&Digest>,
        earlier: Option<Authorization>,
    ) -> Result<Body, Error> {
        let reply = self.send(ask, Method::Get, earlier).await?;
        if reply.response.status != 200 {
            return Err(self.refuse(ask, &reply));
        }
        let response = &reply.response;
        let kind = kind_of(ask, response)?;
        let bytes = plain(response, MOST_MANIFEST_BYTES)?;
        if is_web_page(response, &bytes) {
            return Err(web_page(ask));
        }
        let given = digest_of(ask, response)?;
        for digest in given.iter().chain(expected) {
            check_digest(ask, digest, &bytes)?;
        }
        let manifest = Manifest::parse(&bytes).map_err(|detail| malformed(ask, detail))?;
        if kind.is_some_and(|kind| manifest.kind() != kind) {
            let detail = "its media type does not match".to_owned();
            return Err(malformed(ask, detail));
        }
        let digest = expected
            .cloned()
            .or(given)
            .unwrap_or_else(|| Digest::of(&bytes));
        Ok(Body {
            digest,
            bytes,
            manifest,
        })
    }

    async fn exists(&self, repository: &Repository, digest: &Digest) -> Result<bool, Error> {
        let image = format!("{}@{digest}", repository.familiar());
        if self.http.is_offline() {
            return Err(Error::Offline { image });
        }
        let rest = format!("manifests/{digest}");
        let found = first_of(&self.endpoints(&repository.host), async |endpoint| {
            let ask = manifest_ask(endpoint, repository, &rest, &image);
            self.exists_at(&ask, digest).await
        })
        .await;
        match found {
            Ok(()) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn exists_at(&self, ask: &Ask<'_>, digest: &Digest) -> Result<(), Error> {
        let head = self.send(ask, Method::Head, None).await?;
        match head.response.status {
            200 => match digest_of(ask, &head.response)? {
                // Whoever does not say what it is may answer everything with a page.
                None if kind_of(ask, &head.response)?.is_none() => {
                    let earlier = Some(head.authorization);
                    let body = self.body_at(ask, Some(digest), earlier).await?;
                    self.stored.put_content(&body.digest, &body.bytes);
                    Ok(())
                }
                // One of another algorithm may well be of the same bytes.
                Some(other) if other.algorithm() == digest.algorithm() && other != *digest => {
                    Err(Error::Mismatch {
                        image: ask.image.to_owned(),
                        registry: ask.endpoint.name.clone(),
                        expected: digest.clone(),
                    })
                }
                _ => Ok(()),
            },
            404 => Err(self.refuse(ask, &head)),
            status if may_get_instead(status) => {
                let earlier = Some(head.authorization);
                let body = self.body_at(ask, Some(digest), earlier).await?;
                self.stored.put_content(&body.digest, &body.bytes);
                Ok(())
            }
            _ => Err(self.refuse(ask, &head)),
        }
    }

    async fn manifest(&self, repository: &Repository, digest: &Digest) -> Result<Manifest, Error> {
        if let Some(bytes) = self.stored.content(digest)
            && let Ok(manifest) = Manifest::parse(&bytes)
        {
            return Ok(manifest);
        }
        let image = format!("{}@{digest}", repository.familiar());
        if self.http.is_offline() {
            return Err(Error::Offline { image });
        }
        let rest = format!("manifests/{digest}");
        let body = first_of(&self.endpoints(&repository.host), async |endpoint| {
            let ask = manifest_ask(endpoint, repository, &rest, &image);
            self.body_at(&ask, Some(digest), None).await
        })
        .await?;
        self.stored.put_content(digest, &body.bytes);
        Ok(body.manifest)
    }

    async fn config(&self, repository: &Repository, digest: &Digest) -> Result<ImageConfig, Error> {
        if let Some(bytes) = self.stored.content(digest)
            && let Ok(config) = ImageConfig::parse(&bytes)
        {
            return Ok(config);
        }
        let image = format!("{}@{digest}", repository.familiar());
        if self.http.is_offline() {
            return Err(Error::Offline { image });
        }
        let rest = format!("blobs/{digest}");
        first_of(&self.endpoints(&repository.host), async |endpoint| {
            let ask = Ask {
                is_manifest: false,
                max_bytes: MOST_CONFIG_BYTES,
                ..manifest_ask(endpoint, repository, &rest, &image)
            };
            self.config_at(&ask, digest).await
        })
        .await
    }

    async fn config_at(&self, ask: &Ask<'_>, digest: &Digest) -> Result<ImageConfig, Error> {
        let reply = self.send(ask, Method::Get, None).await?;
        if reply.response.status != 200 {
            return Err(self.refuse(ask, &reply));
        }
        let bytes = plain(&reply.response, MOST_CONFIG_BYTES)?;
        if is_web_page(&reply.response, &bytes) {
            return Err(web_page(ask));
        }
        check_digest(ask, digest, &bytes)?;
        let config = ImageConfig::parse(&bytes).map_err(|detail| malformed(ask, detail))?;
        self.stored.put_content(digest, &bytes);
        Ok(config)
    }
}

fn manifest_ask<'a>(
    endpoint: &'a Endpoint,
    repository: &'a Repository,
    rest: &'a str,
    image: &'a str,
) -> Ask<'a> {
    Ask {
        endpoint,
        repository,
        rest,
        target: None,
        image,
        is_manifest: true,
        max_bytes: MOST_MANIFEST_BYTES,
    }
}

fn tag_key(endpoints: &[Arc<Endpoint>], repository: &Repository, tag: &str) -> String {
    format!("{}/{tag}", repository_key(endpoints, repository))
}

/// Whether what was kept is used unasked.
fn is_fresh(stored_at: SystemTime, now: SystemTime, lifetime: Duration) -> bool {
    // One from the future was kept before the clock was set back.
    now.duration_since(stored_at)
        .is_ok_and(|age| age < lifetime)
}

/// Whether a GET may have the answer, or at least the words, that HEAD has not.
fn may_get_instead(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 421 | 425 | 429)
}

/// Returns what kind of manifest an answer says it is; none where it does not say, as of
/// files that are served as they are, so that the body has to tell.
fn kind_of(ask: &Ask<'_>, response: &Response) -> Result<Option<Kind>, Error> {
    let media_type = response.media_type();
    match media_type.as_deref() {
        Some(media_type) if Kind::is_schema_1(media_type) => Err(Error::Unsupported {
            image: ask.image.to_owned(),
            registry: ask.endpoint.name.clone(),
            media_type: media_type.to_owned(),
        }),
        media_type => Ok(media_type.and_then(Kind::of)),
    }
}

/// Whether an answer is a page for people, as of a portal or a proxy that wants a login.
pub(super) fn is_web_page(response: &Response, bytes: &[u8]) -> bool {
    let says_so = |media_type: String| media_type.contains("html");
    bytes.trim_ascii_start().starts_with(b"<") || response.media_type().is_some_and(says_so)
}

/// Returns the digest an answer's headers give, if it is one.
fn digest_of(ask: &Ask<'_>, response: &Response) -> Result<Option<Digest>, Error> {
    let mut digest: Option<Digest> = None;
    for value in response.headers.get_all(DIGEST_HEADER) {
        let text = String::from_utf8_lossy(value.as_bytes());
        match text.parse::<Digest>() {
            Ok(parsed) if digest.as_ref().is_none_or(|known| *known == parsed) => {
                digest = Some(parsed);
            }
            _ => {
                return Err(Error::BadDigest {
                    image: ask.image.to_owned(),
                    registry: ask.endpoint.name.clone(),
                    value: text.into_owned(),
                });
            }
        }
    }
    Ok(digest)
}

/// Returns a body; it was asked not to be compressed, which not everybody heeds.
fn plain(response: &Response, max_bytes: u64) -> Result<Bytes, Error> {
    Ok(response.decode(max_bytes)?)
}

fn check_digest(ask: &Ask<'_>, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
    if digest.is_of(bytes) {
        return Ok(());
    }
    Err(Error::Mismatch {
        image: ask.image.to_owned(),
        registry: ask.endpoint.name.clone(),
        expected: digest.clone(),
    })
}

pub(super) fn web_page(ask: &Ask<'_>) -> Error {
    Error::WebPage {
        image: ask.image.to_owned(),
        registry: ask.endpoint.name.clone(),
    }
}

fn malformed(ask: &Ask<'_>, detail: String) -> Error {
    Error::Malformed {
        image: ask.image.to_owned(),
        registry: ask.endpoint.name.clone(),
        detail,
    }
}
