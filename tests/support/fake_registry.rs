//! A registry for tests that does what a real one would not do on demand.
//!
//! It serves manifests made up from their names, each as it should be or with one
//! fault; it keeps what it was asked and how many requests were there at once, and
//! a path that no client has a reason to ask for fails the test. A client that does
//! not say that it takes image indexes is told that there is nothing, as
//! Distribution does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::images::{Blob, INDEX_TYPE, Image, MANIFEST_TYPE};
use crate::scripted::{Reply, Seen, Server};

/// What is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no such tag.
    Missing,
    /// This status to the first so many requests, then it is as it should be; 429 comes
    /// with `Retry-After: 0`.
    Fails(u16, usize),
    /// No `Docker-Content-Digest`.
    NoDigest,
    /// No `Docker-Content-Digest`, and a body that ends early.
    CutBody,
    /// This `Docker-Content-Digest`.
    SaysDigest(String),
    /// This `Content-Type`, such as that of schema 1.
    SaysType(String),
    /// This status, and the same path below this URL as `Location`.
    RedirectsTo(u16, String),
    /// A token is wanted, which anyone gets.
    WantsToken,
    /// A token is wanted, which does not help.
    Denied,
}

/// The registry; it ends with its value, which fails if it was asked for what it
/// cannot have.
pub(crate) struct FakeRegistry {
    server: Server,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    latency: Duration,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// By repository and tag, and by repository and digest.
    images: BTreeMap<(String, String), (Served, Option<Fault>)>,
    /// By repository and digest.
    blobs: BTreeMap<(String, String), Vec<u8>>,
    /// The tags of the repositories whose tags may be asked for; none if that is refused.
    lists: BTreeMap<String, Option<Vec<String>>>,
    realm: String,
    seen: Vec<Seen>,
    unexpected: Vec<String>,
    in_flight: usize,
    most_in_flight: usize,
}

#[derive(Clone)]
struct Served {
    digest: String,
    media_type: String,
    bytes: Vec<u8>,
}

impl FakeRegistry {
    pub(crate) fn new() -> Self {
        Self::with_latency(Duration::ZERO)
    }

    /// Answers everything this late.
    pub(crate) fn with_latency(latency: Duration) -> Self {
        let state = Arc::new(State {
            latency,
            ..State::default()
        });
        let answering = state.clone();
        let server = Server::answering(move |seen| answering.answer(seen));
        state.lock().realm = server.url("/token");
        Self { server, state }
    }

    /// Adds an image for amd64 and arm64, and returns the digest of its index.
    pub(crate) fn add(&self, repository: &str, tag: &str) -> String {
        self.put(repository, tag, None)
    }

    /// Adds an image that has this wrong with it, and returns what its digest would be.
    pub(crate) fn add_with(&self, repository: &str, tag: &str, fault: &Fault) -> String {
        self.put(repository, tag, Some(fault))
    }

    fn put(&self, repository: &str, tag: &str, fault: Option<&Fault>) -> String {
        let name = format!("{repository}:{tag}");
        let image = Image::new(&name, 1, &["linux/amd64", "linux/arm64"]);
        let served = Served {
            digest: image.index.digest.clone(),
            media_type: INDEX_TYPE.to_owned(),
            bytes: image.index.bytes,
        };
        let mut inner = self.state.lock();
        let mut names = vec![tag, &served.digest];
        if let Some(Fault::SaysDigest(digest)) = fault {
            names.push(digest);
        }
        for name in names {
            let key = (repository.to_owned(), name.to_owned());
            inner.images.insert(key, (served.clone(), fault.cloned()));
        }
        served.digest
    }

    /// Adds an image with all its parts, or moves its tag, which is then in the list of the
    /// repository's tags.
    pub(crate) fn push(&self, repository: &str, tag: &str, image: &Image) {
        let mut inner = self.state.lock();
        let index = Served::of(&image.index, INDEX_TYPE);
        let children = image.manifests.iter();
        let children = children.map(|(_, manifest)| Served::of(manifest, MANIFEST_TYPE));
        let by_digest = children.chain([index.clone()]);
        let by_digest = by_digest.map(|served| (served.digest.clone(), served));
        for (name, served) in by_digest.chain([(tag.to_owned(), index)]) {
            let key = (repository.to_owned(), name);
            inner.images.insert(key, (served, None));
        }
        for blob in &image.blobs {
            let key = (repository.to_owned(), blob.digest.clone());
            inner.blobs.insert(key, blob.bytes.clone());
        }
        let list = inner.lists.entry(repository.to_owned());
        if let Some(tags) = list.or_insert_with(|| Some(Vec::new())) {
            tags.push(tag.to_owned());
        }
    }

    /// Forgets a manifest, as registries do with what has no tag.
    #[track_caller]
    pub(crate) fn forget(&self, repository: &str, digest: &str) {
        let mut inner = self.state.lock();
        let key = (repository.to_owned(), digest.to_owned());
        inner.images.get_mut(&key).unwrap().1 = Some(Fault::Missing);
    }

    /// Lists the tags of a repository no more.
    pub(crate) fn refuse_list(&self, repository: &str) {
        self.state.lock().lists.insert(repository.to_owned(), None);
    }

    /// Returns where it listens, as it stands in an image's name.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("")
    }

    /// Returns the full name of an image in it.
    pub(crate) fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host())
    }

    /// Returns what was asked for since the last call: `HEAD /v2/a/manifests/1`, sorted.
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut requests: Vec<String> = self
            .seen()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect();
        requests.sort_unstable();
        requests
    }

    /// Returns the requests since the last call, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.lock().seen)
    }

    /// Returns how many requests there were at once, at most.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.state.lock().most_in_flight
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        let unexpected = std::mem::take(&mut self.state.lock().unexpected);
        if !thread::panicking() {
            assert_eq!(unexpected, Vec::<String>::new(), "asked for without reason");
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let mut inner = self.lock();
        inner.seen.push(seen.clone());
        inner.in_flight += 1;
        inner.most_in_flight = inner.most_in_flight.max(inner.in_flight);
        drop(inner);
        thread::sleep(self.latency);
        let mut inner = self.lock();
        inner.in_flight -= 1;
        inner.reply(seen)
    }
}

impl Inner {
    fn reply(&mut self, seen: &Seen) -> Reply {
        if seen.path.starts_with("/token?") {
            let body = json!({"token": "of-the-fake", "expires_in": 300}).to_string();
            return Reply::ok(body).header("Content-Type", "application/json");
        }
        let is_read = matches!(seen.method.as_str(), "GET" | "HEAD");
        if let Some(reply) = self.part(seen) {
            return reply;
        }
        let served = manifest_of(&seen.path)
            .filter(|_| is_read)
            .and_then(|(repository, name)| {
                let key = (repository.to_owned(), name.to_owned());
                self.images.get_mut(&key)
            });
        let Some((served, fault)) = served else {
            let request = format!("{} {}", seen.method, seen.path);
            self.unexpected.push(request);
            return error(404, "NAME_UNKNOWN", "repository name not known to registry");
        };
        let accept = seen.header("accept").unwrap_or_default();
        if !accept.contains(&served.media_type) {
            let words = "OCI index found, but Accept header does not support OCI indexes";
            return error(404, "MANIFEST_UNKNOWN", words);
        }
        let has_token = seen.header("authorization") == Some("Bearer of-the-fake");
        match fault {
            None | Some(Fault::Fails(_, 0)) => served.reply(),
            Some(Fault::Missing) => error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            Some(Fault::Fails(status, left)) => {
                *left -= 1;
                let words = "too much for me now";
                error(*status, "TOOMANYREQUESTS", words).header("Retry-After", "0")
            }
            Some(Fault::NoDigest) => served.reply_saying(None, &served.media_type),
            Some(Fault::CutBody) => {
                let reply = served.reply_saying(None, &served.media_type);
                if seen.method == "HEAD" {
                    return reply;
                }
                reply.cut_at(served.bytes.len() / 2)
            }
            Some(Fault::SaysDigest(digest)) => {
                served.reply_saying(Some(digest), &served.media_type)
            }
            Some(Fault::SaysType(media_type)) => {
                served.reply_saying(Some(&served.digest), media_type)
            }
            Some(Fault::RedirectsTo(status, url)) => {
                Reply::status(*status).header("Location", format!("{url}{}", seen.path))
            }
            Some(Fault::WantsToken) if has_token => served.reply(),
            Some(Fault::WantsToken | Fault::Denied) => {
                let (repository, _) = manifest_of(&seen.path).unwrap_or_default();
                let realm = &self.realm;
                let mut challenge = format!(
                    r#"Bearer realm="{realm}",service="fake",scope="repository:{repository}:pull""#
                );
                if has_token {
                    challenge.push_str(r#",error="insufficient_scope""#);
                }
                let words = "access to the requested resource is not authorized";
                error(401, "DENIED", words).header("WWW-Authenticate", challenge)
            }
        }
    }
}

impl Inner {
    /// Answers for what is no manifest.
    fn part(&self, seen: &Seen) -> Option<Reply> {
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let path = path.strip_prefix("/v2/")?;
        if seen.method != "GET" {
            return None;
        }
        if let Some((repository, digest)) = path.split_once("/blobs/") {
            let key = (repository.to_owned(), digest.to_owned());
            return self.blobs.get(&key).map(Reply::ok);
        }
        let repository = path.strip_suffix("/tags/list")?;
        // A mirror is told whose image it is, too.
        assert_eq!(query.split('&').next(), Some("n=1000"), "all at once");
        Some(match self.lists.get(repository)? {
            None => error(405, "UNSUPPORTED", "tags are not listed here"),
            Some(tags) => {
                let body = json!({"name": repository, "tags": tags}).to_string();
                Reply::ok(body).header("Content-Type", "application/json")
            }
        })
    }
}

impl Served {
    fn of(blob: &Blob, media_type: &str) -> Self {
        Self {
            digest: blob.digest.clone(),
            media_type: media_type.to_owned(),
            bytes: blob.bytes.clone(),
        }
    }

    fn reply(&self) -> Reply {
        self.reply_saying(Some(&self.digest), &self.media_type)
    }

    fn reply_saying(&self, digest: Option<&str>, media_type: &str) -> Reply {
        let reply = Reply::ok(&self.bytes).header("Content-Type", media_type);
        match digest {
            Some(digest) => reply.header("Docker-Content-Digest", digest),
            None => reply,
        }
    }
}

/// Returns the repository and the tag or digest of a manifest's path.
fn manifest_of(path: &str) -> Option<(&str, &str)> {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    path.strip_prefix("/v2/")?.split_once("/manifests/")
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({"errors": [{"code": code, "message": message}]}).to_string();
    Reply::status(status)
        .header("Content-Type", "application/json")
        .body(body)
}
