//! Answers what the resolver asks: what is known so far, and who finds out the rest.
//!
//! `drive` is the loop around the resolver, `attempts` has one resolution and others with
//! all that is known already. The loop is answered by `indexes` (who has a project),
//! `metadata` (what a release requires) and `builds`. `prefetch` says what will probably be
//! asked for.

pub(in crate::ops) mod attempts;
pub(in crate::ops) mod budget;
mod builds;
mod drive;
pub(in crate::ops) mod indexes;
mod known;
mod metadata;
pub(in crate::ops) mod prefetch;
mod shared;

pub(in crate::ops) use known::DirectRelease;
pub(in crate::ops) use shared::SharedMetadata;

use known::Known;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::index::{File, IndexClient};
use crate::ops::compile::build::Builder;
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::candidates::admission::{Pinned, Policy};
use crate::ops::compile::fetch::budget::SearchClock;
use crate::ops::compile::flat::Flat;
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::error::Error;
use crate::ops::events::Reporter;
use crate::python::{ProjectName, Version};
use crate::resolve::{Metadata, Need, Reason, Releases};

/// Answers what the resolver asks.
pub(in crate::ops) struct Fetcher<'a> {
    client: &'a IndexClient,
    settings: &'a IndexSettings,
    policy: Arc<Policy>,
    /// What releases require, for runs that are for other cells; none if there are none.
    shared: Option<Arc<SharedMetadata>>,
    pinned: FxHashMap<ProjectName, Arc<Pinned>>,
    direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    flat: Arc<Flat>,
    /// Who builds what only a build tells.
    builder: Option<&'a Builder<'a>>,
    /// What is being built by what is resolved here, outermost first.
    chain: Vec<ProjectName>,
    reporter: &'a dyn Reporter,
    clock: SearchClock,
    known: Mutex<FxHashMap<ProjectName, Known>>,
    /// Which index was the first to know a project that none owns, if others come after it.
    came_from: Mutex<FxHashMap<ProjectName, usize>>,
    /// Files whose builds failed, and why.
    failed_builds: Mutex<BTreeMap<String, String>>,
    /// Releases that the cache does not have, in a run without the network.
    missed: Mutex<Vec<(ProjectName, Version)>>,
    /// How many projects had damaged pages, since the last resolution.
    damaged: AtomicUsize,
}

/// What was learned by fetching what was needed.
enum Learned {
    Releases(Known),
    Metadata(Result<Metadata, Reason>),
    /// Only a build tells: which file would be built, and why.
    TakesBuild(Box<File>, String),
}

type Answer = (Need, Result<Learned, Error>);

/// What a fetcher is made of.
pub(in crate::ops) struct Parts<'a> {
    pub(in crate::ops) client: &'a IndexClient,
    pub(in crate::ops) settings: &'a IndexSettings,
    pub(in crate::ops) policy: Policy,
    pub(in crate::ops) shared: Option<Arc<SharedMetadata>>,
    pub(in crate::ops) pinned: FxHashMap<ProjectName, Pinned>,
    pub(in crate::ops) direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    pub(in crate::ops) flat: Arc<Flat>,
    pub(in crate::ops) builder: Option<&'a Builder<'a>>,
    pub(in crate::ops) chain: Vec<ProjectName>,
    pub(in crate::ops) reporter: &'a dyn Reporter,
    /// How long may be searched.
    pub(in crate::ops) resolution_timeout: Duration,
}

impl<'a> Fetcher<'a> {
    /// Returns a fetcher that knows nothing yet.
    pub(in crate::ops) fn new(parts: Parts<'a>) -> Self {
        Self {
            client: parts.client,
            settings: parts.settings,
            policy: Arc::new(parts.policy),
            shared: parts.shared,
            pinned: parts
                .pinned
                .into_iter()
                .map(|(name, pinned)| (name, Arc::new(pinned)))
                .collect(),
            direct: parts.direct,
            flat: parts.flat,
            builder: parts.builder,
            chain: parts.chain,
            reporter: parts.reporter,
            clock: SearchClock::new(parts.resolution_timeout),
            known: Mutex::default(),
            came_from: Mutex::default(),
            failed_builds: Mutex::default(),
            missed: Mutex::default(),
            damaged: AtomicUsize::new(0),
        }
    }

    /// Returns the releases of a project, which another run has asked for; none if that
    /// fails.
    pub(in crate::ops) async fn found(&self, name: &ProjectName) -> Option<Arc<dyn Releases>> {
        let known = match self.known(name) {
            Some(known) => known,
            None => self.find(name).await.ok()?,
        };
        Some(known.releases())
    }

    fn known(&self, name: &ProjectName) -> Option<Known> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Returns the files that were passed over since their builds failed, and why.
    pub(in crate::ops) fn failed_builds(&self) -> BTreeMap<String, String> {
        let failed = self.failed_builds.lock();
        failed.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the releases that were passed over for want of the network.
    pub(in crate::ops) fn missed(&self) -> Vec<(ProjectName, Version)> {
        self.missed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether nothing was passed over that another run may have: no failed build, nothing
    /// missed for want of the network.
    pub(in crate::ops) fn is_complete(&self) -> bool {
        self.failed_builds().is_empty() && self.missed().is_empty()
    }

    /// Returns the releases of a project that came from an index.
    pub(in crate::ops) fn releases(&self, name: &ProjectName) -> Option<Arc<ProjectReleases>> {
        match self.known(name)? {
            Known::Index(releases) => Some(releases),
            _ => None,
        }
    }
}

impl fmt::Debug for Fetcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}
