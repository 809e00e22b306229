//! The index client: project pages and metadata, over the network and the cache.
//!
//! Pages follow HTTP's rules of freshness (RFC 9111) and are kept as
//! [`Listing`]s; metadata of a file never changes and is kept trimmed. It is
//! fetched the cheapest way there is: beside the file (PEP 658), out of ranges
//! of a wheel, out of the whole wheel, out of an sdist that promises enough
//! (PEP 643). What has a hash is checked against it. Building is not done here.
//!
//! Who asks for what is being fetched already waits for that. Results, good and
//! bad, hold for the life of the client.

mod direct;
mod error;
mod local;
mod location;
mod metadata;
mod room;
mod secrets;
mod stash;
#[cfg(test)]
mod tests;
mod whole;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ::http::{HeaderValue, header};
use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use url::Url;

use super::listing::{File, Listing, Rows};
use super::page::{self, PageError};
use super::{CoreMetadata, Sha256};
use crate::cache::{self, Blocks, Cache, LazyStamp, Parts};
use crate::http::{Client, Freshness, Request, Response, Shared, blocking, display_url};
use crate::python::ProjectName;

pub use direct::{DirectSdist, DirectWheel};
pub use error::{Error, MetadataError};
pub use location::{FindLinks, IndexUrl};
use room::Room;
use stash::Stash;

/// What we would like to get: JSON; HTML of the same API; any HTML (PEP 691).
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// How long a page holds of which the server says nothing; PyPI's says the same.
const DEFAULT_FRESHNESS: Duration = Duration::from_mins(10);

/// How long "there is no such project" holds, for which servers give no time.
const ABSENCE_FRESHNESS: Duration = Duration::from_mins(5);

/// The longest page to accept as it is sent.
const MAX_SENT_PAGE: u64 = 128 << 20;

/// Where pages are kept: [`Listing`]s. A new layout gets a new number.
const PAGES: &str = "simple-v3";

/// The client of any number of indexes.
pub struct IndexClient {
    http: Client,
    cache: Cache,
    settings: Settings,
    room: Room,
    listings: Shared<(IndexUrl, ProjectName), Found>,
    metadata: Shared<String, Result<Arc<CoreMetadata>, MetadataError>>,
    /// What the cache was found to have.
    known_metadata: Mutex<FxHashMap<Sha256, Arc<CoreMetadata>>>,
    hashes: Shared<String, Result<Sha256, MetadataError>>,
    direct_wheels: Shared<Url, Result<Arc<DirectWheel>, MetadataError>>,
    direct_sdists: Shared<Url, Result<Arc<DirectSdist>, MetadataError>>,
    /// Source distributions that were read whole and have to be built, for the build.
    unbuilt: Mutex<Stash>,
    /// Origins that answered a range with the whole, or not at all.
    without_ranges: Mutex<FxHashSet<String>>,
    writes: Mutex<Writes>,
    /// Pages whose entries in the cache turned out to be damaged.
    distrusted: Mutex<FxHashSet<Url>>,
    /// URLs of files with their secrets, by the URLs without them.
    secrets: Mutex<FxHashMap<String, String>>,
    /// Pages that were asked again for the secrets of their URLs.
    secret_pages: Shared<(IndexUrl, ProjectName), Result<(), Error>>,
    /// How the pages that were looked at stand.
    standings: Mutex<FxHashMap<(IndexUrl, ProjectName), PageStanding>>,
    /// Whether anything else than pages and metadata of an index was looked at.
    looked_elsewhere: AtomicBool,
}

/// How a page stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStanding {
    /// By what the server knows the page: an entity tag, else a time; none if there is
    /// neither. A page that is not there has a tag too.
    pub tag: Option<String>,
    /// Until when it can be used unasked, in seconds since 1970.
    pub fresh_until: u64,
    /// Whether nobody was asked: it is as an earlier run saw it.
    pub is_recalled: bool,
}

impl PageStanding {
    fn of(freshness: Option<&Freshness>, is_absent: bool) -> Self {
        let Some(freshness) = freshness else {
            return Self {
                tag: is_absent.then(|| ABSENT.to_owned()),
                fresh_until: 0,
                is_recalled: false,
            };
        };
        let tag = freshness.etag.clone();
        let tag = tag.or_else(|| freshness.last_modified.clone());
        Self {
            tag: if is_absent {
                Some(ABSENT.to_owned())
            } else {
                tag
            },
            fresh_until: freshness.fresh_until,
            is_recalled: false,
        }
    }
}

/// The tag of a page that is not there; servers' tags are quoted.
const ABSENT: &str = "absent";

/// A project's files on an index; none if it does not know the project.
type Found = Result<Option<Arc<Listing>>, Error>;

/// How an [`IndexClient`] behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The time of the run, by which freshness is judged.
    pub now: Timestamp,
    /// What to ask for again although it is fresh.
    pub refresh: Refresh,
    /// Whether stale pages are good enough and absent ones an error.
    pub offline: bool,
}

/// What to ask for again although it is fresh.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Refresh {
    /// Nothing.
    #[default]
    None,
    /// Every page.
    All,
    /// The pages of these projects.
    Packages(BTreeSet<ProjectName>),
}

impl Refresh {
    fn includes(&self, project: &ProjectName) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Packages(projects) => projects.contains(project),
        }
    }
}

/// Writes to the cache that are under way, and the first that failed.
#[derive(Default)]
struct Writes {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    failure: Arc<Mutex<Option<cache::Error>>>,
}

/// What the cache holds beside a page.
#[derive(Serialize, Deserialize)]
struct PageNote {
    freshness: Freshness,
    /// Whether there is no such page.
    is_absent: bool,
}

/// A page as it was kept.
struct Kept {
    /// None: there was no such page.
    listing: Option<Arc<Listing>>,
    note: PageNote,
    stamp: LazyStamp,
}

impl Rows for Blocks {
    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        Blocks::get(self, range)
    }
}

impl IndexClient {
    /// Makes a client; nothing is fetched yet.
    pub fn new(http: Client, cache: Cache, settings: Settings) -> Self {
        Self {
            http,
            cache,
            settings,
            room: Room::default(),
            listings: Shared::default(),
            metadata: Shared::default(),
            known_metadata: Mutex::default(),
            hashes: Shared::default(),
            direct_wheels: Shared::default(),
            direct_sdists: Shared::default(),
            unbuilt: Mutex::default(),
            without_ranges: Mutex::default(),
            writes: Mutex::default(),
            distrusted: Mutex::default(),
            secrets: Mutex::default(),
            secret_pages: Shared::default(),
            standings: Mutex::default(),
            looked_elsewhere: AtomicBool::new(false),
        }
    }

    /// Tells whether a cache has no pages, so that all that is wanted will be asked for.
    pub fn has_no_pages(cache: &Cache) -> bool {
        cache.dir().is_none_or(|dir| !dir.join(PAGES).is_dir())
    }

    /// Returns how the pages stand that were looked at, in no order.
    pub fn standings(&self) -> Vec<((IndexUrl, ProjectName), PageStanding)> {
        lock(&self.standings)
            .iter()
            .map(|(page, standing)| (page.clone(), standing.clone()))
            .collect()
    }

    /// Tells whether nothing was looked at but pages of indexes and metadata of their
    /// files, which never changes.
    pub fn has_asked_for_pages_only(&self) -> bool {
        !self.looked_elsewhere.load(Ordering::Relaxed)
    }

    fn note_looked_elsewhere(&self) {
        self.looked_elsewhere.store(true, Ordering::Relaxed);
    }

    fn note_standing(&self, index: &IndexUrl, project: &ProjectName, standing: PageStanding) {
        lock(&self.standings).insert((index.clone(), project.clone()), standing);
    }

    /// Returns a project's files on an index; none if it does not know the project.
    pub async fn listing(
        &self,
        index: &IndexUrl,
        project: &ProjectName,
    ) -> Result<Option<Arc<Listing>>, Error> {
        let key = (index.clone(), project.clone());
        // Boxed: a request's future is large, and those that wait for it would be as well.
        let work = Box::pin(self.find_listing(index, project));
        self.listings.get(key, work).await
    }

    /// Forgets the listings that turned out to be damaged in the cache, there as well: who
    /// asks for one of them again gets it from the index.
    ///
    /// A listing is read as it is asked for, so what was concluded from one that was
    /// damaged has to be concluded anew.
    pub fn forget_damaged(&self) {
        self.listings.retain(|(index, project), found| {
            let listing = found.as_ref().ok().and_then(Option::as_ref);
            let is_damaged = listing.is_some_and(|listing| listing.is_damaged());
            if is_damaged {
                let url = index.page(project);
                // That it cannot be taken away does no harm: it is not looked at again.
                let _ = self.cache.remove(PAGES, &self.page_key(&url));
                lock(&self.distrusted).insert(url);
            }
            !is_damaged
        });
    }

    /// Forgets what is known from earlier runs alone: of these projects all, of the others
    /// that they were absent. Who asks again gets it from the index.
    ///
    /// Returns the projects that it is about; none without the network.
    pub fn forget_recalled(&self, projects: &[ProjectName]) -> Vec<ProjectName> {
        if self.settings.offline {
            return Vec::new();
        }
        let is_doubted = |project: &ProjectName, standing: &PageStanding| {
            let is_absent = standing.tag.as_deref() == Some(ABSENT);
            standing.is_recalled && (is_absent || projects.contains(project))
        };
        let doubted: FxHashSet<(IndexUrl, ProjectName)> = lock(&self.standings)
            .iter()
            .filter(|((_, project), standing)| is_doubted(project, standing))
            .map(|(page, _)| page.clone())
            .collect();
        self.listings.retain(|page, _| !doubted.contains(page));
        let pages = doubted.iter().map(|(index, project)| index.page(project));
        lock(&self.distrusted).extend(pages);
        doubted.into_iter().map(|(_, project)| project).collect()
    }

    /// Returns the wheels and sdists of a flat location, each with its project.
    pub async fn find_links(
        &self,
        location: &FindLinks,
    ) -> Result<Vec<(ProjectName, File)>, Error> {
        self.note_looked_elsewhere();
        let url = match location {
            FindLinks::Path(path) => {
                let path = path.clone();
                return blocking(move || local::find_links(&path)).await;
            }
            FindLinks::Page(url) => url,
        };
        if let Some(path) = local::path_of(url) {
            return blocking(move || local::find_links(&path)).await;
        }
        let request = Self::page_request(url.clone(), false);
        let response = self.http.get(request).await?;
        let read = |response: &Response, body: &[u8]| {
            let page = page::parse(body, &response.url);
            let page = page.map_err(|error| page_error(response, error))?;
            Ok(local::flat(page.files))
        };
        self.room.read(response, read).await
    }

    /// Waits until the cache has all that it was given; returns the first failure.
    ///
    /// A run should end with this: writes are made beside it.
    pub async fn finish_writes(&self) -> Option<cache::Error> {
        loop {
            let tasks = {
                let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
                if writes.tasks.is_empty() {
                    let mut failure = writes
                        .failure
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    return failure.take();
                }
                std::mem::take(&mut writes.tasks)
            };
            for task in tasks {
                // One that panicked or was cancelled has written nothing.
                let _ = task.await;
            }
        }
    }

    async fn find_listing(
        &self,
        index: &IndexUrl,
        project: &ProjectName,
    ) -> Result<Option<Arc<Listing>>, Error> {
        let url = index.page(project);
        if let Some(path) = local::path_of(&url) {
            self.note_looked_elsewhere();
            let project = project.clone();
            return blocking(move || Ok(local::listing(&path, &project)?.map(Arc::new))).await;
        }
        let is_refreshed = self.settings.refresh.includes(project);
        let kept = self.kept_page(&url);
        let kept = match kept {
            Some(kept)
                if self.settings.offline
                    || (!is_refreshed && kept.note.freshness.is_fresh(self.now())) =>
            {
                let standing = PageStanding {
                    is_recalled: true,
                    ..PageStanding::of(Some(&kept.note.freshness), kept.note.is_absent)
                };
                self.note_standing(index, project, standing);
                return Ok(kept.listing);
            }
            kept => kept,
        };
        if self.settings.offline {
            return Err(Error::Offline {
                url: display_url(&url),
            });
        }
        let (listing, standing) = self.fetch_listing(url, project, kept, is_refreshed).await?;
        self.note_standing(index, project, standing);
        Ok(listing)
    }

    async fn fetch_listing(
        &self,
        url: Url,
        project: &ProjectName,
        kept: Option<Kept>,
        is_refreshed: bool,
    ) -> Result<(Option<Arc<Listing>>, PageStanding), Error> {
        // A page that says "none" is not one that a server would call unmodified.
        let kept = kept.filter(|kept| kept.listing.is_some());
        let validators = kept
            .as_ref()
            .and_then(|kept| kept.note.freshness.validators());
        let request = Self::page_request(url.clone(), is_refreshed);
        let mut tries_left = 1;
        loop {
            let response = match self
                .http
                .get(request.clone().revalidate(validators.clone()))
                .await
            {
                Ok(response) => response,
                Err(crate::http::Error::NotFound { .. }) => {
                    let freshness = self.keep_absence(&url);
                    return Ok((None, PageStanding::of(Some(&freshness), true)));
                }
                Err(error) => return Err(error.into()),
            };
            if response.is_not_modified() {
                if let Some(kept) = kept {
                    return Ok(self.keep_longer(&url, kept, &response));
                }
                let detail = "it answered 304 for a page that is not in the cache".to_owned();
                let url = display_url(&url);
                return Err(Error::Http(crate::http::Error::Garbage { url, detail }));
            }
            let freshness = Freshness::of(&response, self.now(), DEFAULT_FRESHNESS);
            let project = project.clone();
            let read = move |response: &Response, body: &[u8]| read_page(response, body, &project);
            match self.room.read(response, read).await {
                Err(Error::Http(crate::http::Error::Truncated { .. })) if tries_left > 0 => {
                    tries_left -= 1;
                }
                Err(error) => return Err(error),
                Ok((listing, secrets)) => {
                    self.note_secrets(secrets);
                    let listing = Arc::new(listing);
                    let standing = PageStanding::of(freshness.as_ref(), false);
                    if let Some(freshness) = freshness {
                        self.keep_page(&url, &listing, freshness);
                    }
                    return Ok((Some(listing), standing));
                }
            }
        }
    }

    fn page_request(url: Url, is_refreshed: bool) -> Request {
        let request = Request::page(url).accept(ACCEPT).sharing_room();
        let request = request.max_bytes(MAX_SENT_PAGE);
        if is_refreshed {
            // Caches on the way are to ask as well.
            return request.header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        request
    }

    /// Reads at once, on the caller's thread: an entry is read in less time than a
    /// thread takes to be woken for it.
    fn kept_page(&self, url: &Url) -> Option<Kept> {
        if lock(&self.distrusted).contains(url) {
            return None;
        }
        let entry = self.cache.open_entry(PAGES, &self.page_key(url))?;
        let note: PageNote = postcard::from_bytes(&entry.note).ok()?;
        let stamp = entry.blocks.stamp();
        let listing = if note.is_absent {
            None
        } else {
            let listing = Listing::open(entry.head, Box::new(entry.blocks)).ok()?;
            Some(Arc::new(listing))
        };
        Some(Kept {
            listing,
            note,
            stamp,
        })
    }

    /// Returns what a page is kept by: its URL, and who it was given to.
    fn page_key<'a>(&self, url: &'a Url) -> Cow<'a, str> {
        match self.http.login_mark(url) {
            Some(mark) => Cow::Owned(format!("{url}#{mark}")),
            None => Cow::Borrowed(url.as_str()),
        }
    }

    fn keep_page(&self, url: &Url, listing: &Arc<Listing>, freshness: Freshness) {
        let listing = Arc::clone(listing);
        let note = PageNote {
            freshness,
            is_absent: false,
        }
        .to_bytes();
        let key = self.page_key(url).into_owned();
        self.write(move |cache| {
            let head = listing.head();
            let parts = Parts {
                head: &head,
                body: listing.rows().unwrap_or_default(),
                ends: &listing.block_ends(),
            };
            cache.put_parts(PAGES, &key, &parts, &note)
        });
    }

    fn keep_absence(&self, url: &Url) -> Freshness {
        let stored_at = u64::try_from(self.settings.now.as_second()).unwrap_or_default();
        let freshness = Freshness {
            stored_at,
            fresh_until: stored_at.saturating_add(ABSENCE_FRESHNESS.as_secs()),
            etag: None,
            last_modified: None,
            must_revalidate: false,
        };
        let note = PageNote {
            freshness: freshness.clone(),
            is_absent: true,
        }
        .to_bytes();
        let key = self.page_key(url).into_owned();
        self.write(move |cache| cache.put_parts(PAGES, &key, &Parts::default(), &note));
        freshness
    }

    /// Notes that a page still holds; the page itself is not written again.
    fn keep_longer(
        &self,
        url: &Url,
        kept: Kept,
        response: &Response,
    ) -> (Option<Arc<Listing>>, PageStanding) {
        let freshness = kept.note.freshness.refresh(response, self.now());
        let standing = PageStanding::of(Some(&freshness), false);
        let note = PageNote {
            freshness,
            is_absent: false,
        }
        .to_bytes();
        let key = self.page_key(url).into_owned();
        // The note is small and written in place, and the page is needed for it.
        if let Err(error) = self.cache.touch_parts(PAGES, &key, kept.stamp, &note) {
            self.note_failure(error);
        }
        (kept.listing, standing)
    }

    fn write(&self, put: impl FnOnce(&Cache) -> Result<(), cache::Error> + Send + 'static) {
        if self.cache.dir().is_none() {
            return;
        }
        let cache = self.cache.clone();
        let mut writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = Arc::clone(&writes.failure);
        writes.tasks.push(tokio::task::spawn_blocking(move || {
            if let Err(error) = put(&cache) {
                let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert(error);
            }
        }));
    }

    fn note_failure(&self, error: cache::Error) {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failure = writes
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
    }

    fn now(&self) -> SystemTime {
        self.settings.now.into()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PageNote {
    fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("times and texts can always be stored")
    }
}

/// Reads a page; also returns the URLs of files whose secrets are not kept.
fn read_page(
    response: &Response,
    body: &[u8],
    project: &ProjectName,
) -> Result<(Listing, Vec<(String, String)>), Error> {
    let page = page::parse(body, &response.url);
    let mut page = page.map_err(|error| page_error(response, error))?;
    // An empty page says the same of every project, whatever name it has.
    let other = page.name.as_deref().filter(|name| {
        let name = name.parse::<ProjectName>();
        !page.files.is_empty() && name.is_ok_and(|name| name != *project)
    });
    if let Some(name) = other {
        return Err(page_error(response, PageError::OfAnother(name.to_owned())));
    }
    let secrets = page.take_secrets();
    Ok((Listing::build(project, &page), secrets))
}

fn page_error(response: &Response, error: PageError) -> Error {
    Error::Page {
        url: display_url(&response.url),
        source: Arc::new(error),
    }
}
