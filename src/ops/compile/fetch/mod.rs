//! Feeding the resolver: pages and metadata are fetched as it, or its frontier,
//! asks for them, all that can be at the same time.

pub(in crate::ops) mod prefetch;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::command::IndexStrategy;
use crate::index::{
    CoreMetadata, Entry, File, FindLinks, IndexClient, IndexUrl, Listing, MetadataError, Sha256,
};
use crate::ops::compile::build::{Builder, Failure, Sdist};
use crate::ops::compile::candidates::{Listed, Pinned, Policy, ProjectReleases, PythonSupport};
use crate::ops::compile::fetch::prefetch::{Foreseen, Speculation};
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::error::{AskedIndex, Error};
use crate::ops::events::{Event, Reporter};
use crate::python::{ProjectName, Requirement, Version};
use crate::resolve::{
    Availability, Explanation, Frontier, Metadata, Need, NoReleases, Outcome, Reason, Releases,
    Request, Resolver, Solution,
};

/// What came of a resolution.
pub(in crate::ops) struct Resolution {
    pub(in crate::ops) solution: Solution,
    /// What is known.
    pub(in crate::ops) resolver: Resolver,
    /// How many releases had their requirements read.
    pub(in crate::ops) tried: usize,
}

/// Answers what the resolver asks.
pub(in crate::ops) struct Fetcher<'a> {
    client: &'a IndexClient,
    settings: &'a IndexSettings,
    policy: Arc<Policy>,
    pinned: FxHashMap<ProjectName, Arc<Pinned>>,
    direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    flat: Arc<Flat>,
    /// Who builds what only a build tells.
    builder: Option<&'a Builder<'a>>,
    /// What is being built by what is resolved here, outermost first.
    chain: Vec<ProjectName>,
    reporter: &'a dyn Reporter,
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

/// What is known of a project.
#[derive(Debug, Clone)]
enum Known {
    Index(Arc<ProjectReleases>),
    Direct(Arc<DirectRelease>),
    Absent,
}

impl Known {
    fn releases(&self) -> Arc<dyn Releases> {
        match self {
            Self::Index(releases) => Arc::clone(releases) as Arc<dyn Releases>,
            Self::Direct(release) => Arc::clone(release) as Arc<dyn Releases>,
            Self::Absent => NoReleases::shared(),
        }
    }
}

/// What flat locations have, by project.
pub(in crate::ops) type Flat = FxHashMap<ProjectName, Arc<Listing>>;

/// The one release that is at a place.
#[derive(Debug)]
pub(in crate::ops) struct DirectRelease {
    pub(in crate::ops) version: Version,
    pub(in crate::ops) availability: Availability,
    pub(in crate::ops) metadata: Arc<CoreMetadata>,
    /// The hash of what is there, as `sha256:…`; none if nothing fixes it.
    pub(in crate::ops) hash: Option<String>,
}

impl Releases for DirectRelease {
    fn count(&self) -> u32 {
        1
    }

    fn version(&self, _position: u32) -> &Version {
        &self.version
    }

    fn availability(&self, _position: u32) -> Availability {
        self.availability.clone()
    }
}

/// What was learned by fetching what was needed.
enum Learned {
    Releases(Known),
    Metadata(Result<Metadata, Reason>),
    /// Only a build tells: which file would be built, and why.
    TakesBuild(Box<File>, String),
}

type Answer = (Need, Result<Learned, Error>);
type Pending<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Answer> + 'a>>>;

/// What a fetcher is made of.
pub(in crate::ops) struct Parts<'a> {
    pub(in crate::ops) client: &'a IndexClient,
    pub(in crate::ops) settings: &'a IndexSettings,
    pub(in crate::ops) policy: Policy,
    pub(in crate::ops) pinned: FxHashMap<ProjectName, Pinned>,
    pub(in crate::ops) direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    pub(in crate::ops) flat: Arc<Flat>,
    pub(in crate::ops) builder: Option<&'a Builder<'a>>,
    pub(in crate::ops) chain: Vec<ProjectName>,
    pub(in crate::ops) reporter: &'a dyn Reporter,
}

/// Reads the flat locations.
pub(in crate::ops) async fn flat(
    client: &IndexClient,
    settings: &IndexSettings,
) -> Result<Arc<Flat>, Error> {
    let mut files: BTreeMap<ProjectName, Vec<File>> = BTreeMap::new();
    for (number, location) in settings.find_links.iter().enumerate() {
        let is_trusted = number < settings.trusted_find_links;
        let found = client.find_links(location).await;
        let found = found.map_err(|source| Error::FindLinks {
            location: shown(location),
            source,
        })?;
        for (name, file) in found {
            if is_trusted || !settings.is_owned(&name) {
                files.entry(name).or_default().push(file);
            }
        }
    }
    let flat = files
        .into_iter()
        .map(|(name, files)| {
            let listing = Arc::new(Listing::of_files(&name, &files));
            (name, listing)
        })
        .collect();
    Ok(Arc::new(flat))
}

impl<'a> Fetcher<'a> {
    /// Returns a fetcher that knows nothing yet.
    pub(in crate::ops) fn new(parts: Parts<'a>) -> Self {
        Self {
            client: parts.client,
            settings: parts.settings,
            policy: Arc::new(parts.policy),
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
            known: Mutex::default(),
            came_from: Mutex::default(),
            failed_builds: Mutex::default(),
            missed: Mutex::default(),
            damaged: AtomicUsize::new(0),
        }
    }

    /// Resolves a request.
    pub(in crate::ops) async fn resolve(
        &self,
        request: Request,
        foreseen: Foreseen<'_>,
    ) -> Result<Resolution, Error> {
        let (resolver, outcome) = self.outcome(request, foreseen, Budget::All).await?;
        self.damaged.store(0, Ordering::Relaxed);
        match outcome {
            Ok(solution) => Ok(Resolution {
                solution,
                tried: resolver.tried().1,
                resolver,
            }),
            Err(explanation) => {
                let advice = self.advice(&explanation).await;
                Err(Error::NoSolution {
                    explanation: Box::new(explanation),
                    advice,
                })
            }
        }
    }

    /// Tries another request, with all that is known already.
    pub(in crate::ops) async fn attempt(
        &self,
        request: Request,
    ) -> Result<Result<Solution, Box<Explanation>>, Error> {
        let (_, outcome) = self
            .outcome(request, Foreseen::default(), Budget::Attempt)
            .await?;
        Ok(outcome.map_err(Box::new))
    }

    /// Tries another request as long as that takes little more than what a solution has.
    ///
    /// # Errors
    /// [`Error::GivenUp`] when it would take more.
    pub(in crate::ops) async fn attempt_briefly(
        &self,
        request: Request,
    ) -> Result<Result<Solution, Box<Explanation>>, Error> {
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        let budget = Budget::Brief(3 * known);
        let (_, outcome) = self.outcome(request, Foreseen::default(), budget).await?;
        Ok(outcome.map_err(Box::new))
    }

    /// Returns what a release requires, whether or not it holds here; none if that
    /// cannot be known.
    pub(in crate::ops) async fn requirements(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Metadata> {
        match self.metadata(name, position).await.ok()? {
            Learned::Metadata(metadata) => metadata.ok(),
            Learned::TakesBuild(..) | Learned::Releases(_) => None,
        }
    }

    /// Tries what could be loosened, and says what would come of it.
    pub(in crate::ops) async fn advice(&self, explanation: &Explanation) -> Vec<String> {
        let trials = explanation.loosened.iter().take(MOST_TRIALS);
        let verdicts = futures_util::future::join_all(trials.map(async |loosened| {
            let request = loosened.request.clone();
            // What cannot be tried is not advised.
            let (_, outcome) = self
                .outcome(request, Foreseen::default(), Budget::Trial)
                .await
                .ok()?;
            Some(loosened.verdict(&outcome.ok()?))
        }));
        verdicts.await.into_iter().flatten().collect()
    }

    /// Resolves a request; all over again if a page of the cache turns out to be damaged,
    /// for what was concluded from it does not hold.
    async fn outcome(
        &self,
        request: Request,
        foreseen: Foreseen<'_>,
        budget: Budget,
    ) -> Result<(Resolver, Result<Solution, Explanation>), Error> {
        loop {
            let mut resolver = Resolver::new(request.clone());
            let outcome = self.drive(&mut resolver, foreseen, budget).await;
            if self.forget_damaged() == 0 {
                return Ok((resolver, outcome?));
            }
        }
    }

    /// Forgets the projects of which pages in the cache turned out to be damaged; the
    /// client fetches these anew. Returns how many there are.
    fn forget_damaged(&self) -> usize {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.len();
        known.retain(|_, known| match known {
            Known::Index(releases) => !releases.is_damaged(),
            Known::Direct(_) | Known::Absent => true,
        });
        let forgotten = before - known.len();
        if forgotten > 0 {
            self.damaged.fetch_add(forgotten, Ordering::Relaxed);
            self.client.forget_damaged();
        }
        forgotten
    }

    /// Checks that nothing that was asked of the releases since a solution was found was
    /// answered from a damaged page.
    pub(in crate::ops) fn check_pages(&self) -> Result<(), Error> {
        self.forget_damaged();
        match self.damaged.load(Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err(Error::DamagedPages),
        }
    }

    async fn drive<'s>(
        &'s self,
        resolver: &mut Resolver,
        foreseen: Foreseen<'_>,
        budget: Budget,
    ) -> Result<Result<Solution, Explanation>, Error> {
        let mut frontier = Frontier::default();
        let mut asked: FxHashSet<Need> = FxHashSet::default();
        let mut pending: Pending<'s> = FuturesUnordered::new();
        let mut ask = |needs: Vec<Need>, pending: &mut Pending<'s>| {
            for need in needs {
                if asked.insert(need.clone()) {
                    pending.push(Box::pin(self.answer(need)));
                }
            }
        };
        let mut speculation = Speculation::new(foreseen);
        let foreseen = foreseen.projects.iter();
        ask(
            foreseen.cloned().map(Need::Releases).collect(),
            &mut pending,
        );
        // What is required directly is needed for sure.
        let start = frontier.start(&mut resolver.universe);
        ask(speculation.check(&start), &mut pending);
        ask(start, &mut pending);
        // What the solver waits for; the frontier runs ahead of it all the time.
        let mut awaited: FxHashSet<Need> = FxHashSet::default();
        // What only the frontier asked for may fail without harm, unless the solver asks as well.
        let mut failed: FxHashMap<Need, Error> = FxHashMap::default();
        // What takes a build is built when the solver asks for it, not before.
        let mut unbuilt: FxHashMap<Need, (Box<File>, String)> = FxHashMap::default();
        let mut failed_builds: FxHashMap<ProjectName, usize> = FxHashMap::default();
        let mut barred: FxHashSet<ProjectName> = FxHashSet::default();
        let mut answered = 0;
        let mut has_looked_ahead = false;
        let mut looked_at_failures = (0, 0);
        loop {
            if awaited.is_empty() {
                // Between waves, so that it does not hang on who is first within one.
                barred.extend(given_up(&failed_builds));
                match resolver.solve() {
                    Outcome::Solved(solution) => return Ok(Ok(solution)),
                    Outcome::Unsolvable(explanation) => return Ok(Err(explanation)),
                    Outcome::Needs(needs) => {
                        if let Some(error) = needs.iter().find_map(|need| failed.remove(need)) {
                            return Err(error);
                        }
                        awaited.extend(needs.iter().cloned());
                        for need in &needs {
                            if let Some((file, why)) = unbuilt.remove(need) {
                                pending.push(self.build(need.clone(), file, why, budget, &barred));
                            }
                        }
                        ask(speculation.check(&needs), &mut pending);
                        ask(needs, &mut pending);
                        has_looked_ahead = false;
                    }
                }
            }
            let mut next = pending.next().now_or_never().flatten();
            if next.is_none() {
                // Now it takes time, so that there is some to think of what comes then. Where
                // versions fail, that is something else than what the frontier follows.
                let failures = (resolver.failure_count(), frontier.dead_end_count());
                let is_news = failures != looked_at_failures && pending.len() <= FEW_PENDING;
                if is_news || (!has_looked_ahead && pending.len() <= awaited.len()) {
                    has_looked_ahead = true;
                    looked_at_failures = failures;
                    ask(speculation.admit(resolver.look_ahead()), &mut pending);
                }
                let first = pending.next().await;
                next = Some(first.expect("what the solver waits for is pending"));
            }
            // All that is here is read before more is asked for: it may narrow what to ask.
            while let Some((need, result)) = next {
                if answered >= budget.answers() {
                    return Err(Error::GivenUp);
                }
                answered += 1;
                let is_awaited = awaited.remove(&need);
                match result {
                    Ok(Learned::TakesBuild(file, why)) if is_awaited => {
                        pending.push(self.build(need.clone(), file, why, budget, &barred));
                        awaited.insert(need);
                    }
                    Ok(Learned::TakesBuild(file, why)) => {
                        unbuilt.insert(need, (file, why));
                    }
                    Ok(learned) => {
                        if let (
                            Need::Metadata(name, _),
                            Learned::Metadata(Err(Reason::BuildFailed { .. })),
                        ) = (&need, &learned)
                        {
                            *failed_builds.entry(name.clone()).or_default() += 1;
                        }
                        self.learn(resolver, &mut frontier, need, learned);
                    }
                    Err(error) if is_awaited => return Err(error),
                    Err(error) => {
                        failed.insert(need, error);
                    }
                }
                next = pending.next().now_or_never().flatten();
            }
            let needs = frontier.go_on(&mut resolver.universe);
            ask(speculation.admit(needs), &mut pending);
        }
    }

    /// Tells the resolver and its frontier what was learned.
    fn learn(
        &self,
        resolver: &mut Resolver,
        frontier: &mut Frontier,
        need: Need,
        learned: Learned,
    ) {
        let universe = &mut resolver.universe;
        match (need, learned) {
            (Need::Releases(name), Learned::Releases(known)) => {
                universe.learn_releases(&name, known.releases());
                frontier.learned_releases(universe, &name);
            }
            (Need::Metadata(name, position), Learned::Metadata(metadata)) => {
                self.report(&name, position, &metadata);
                universe.learn_metadata(&name, position, metadata);
                frontier.learned_metadata(universe, &name, position);
            }
            (need, _) => unreachable!("{need:?} is answered in kind"),
        }
    }

    fn report(&self, name: &ProjectName, position: u32, metadata: &Result<Metadata, Reason>) {
        let Some(known) = self.known(name) else {
            return;
        };
        let version = known.releases().version(position).clone();
        if matches!(metadata, Err(Reason::Offline)) {
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            missed.push((name.clone(), version.clone()));
        }
        self.reporter.event(match metadata {
            Ok(_) => Event::Metadata {
                name: name.clone(),
                version,
            },
            Err(reason) => Event::Rejected {
                name: name.clone(),
                version,
                reason: reason.to_string(),
            },
        });
    }

    fn known(&self, name: &ProjectName) -> Option<Known> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    async fn answer(&self, need: Need) -> Answer {
        let learned = match &need {
            Need::Releases(name) => match self.known(name) {
                Some(known) => Ok(Learned::Releases(known)),
                None => self.find(name).await.map(Learned::Releases),
            },
            Need::Metadata(name, position) => self.metadata(name, *position).await,
        };
        (need, learned)
    }

    /// Returns the building of a release.
    fn build<'s>(
        &'s self,
        need: Need,
        file: Box<File>,
        why: String,
        budget: Budget,
        barred: &FxHashSet<ProjectName>,
    ) -> Pin<Box<dyn Future<Output = Answer> + 's>> {
        let Need::Metadata(name, position) = need.clone() else {
            unreachable!("only metadata takes a build")
        };
        let is_barred = barred.contains(&name);
        Box::pin(async move {
            let builder = match (self.builder, budget) {
                (Some(_), Budget::All) if is_barred => {
                    let why = format!("not tried, after {MOST_FAILED_BUILDS} that failed");
                    let reason = Reason::BuildFailed {
                        why,
                        output: Vec::new(),
                    };
                    return (need, Ok(Learned::Metadata(Err(reason))));
                }
                (Some(builder), _) => builder,
                (None, _) => return (need, Ok(Learned::Metadata(Err(Reason::NeedsBuild)))),
            };
            let Some(releases) = self.releases(&name) else {
                unreachable!("only releases of an index take a build to be known")
            };
            let sdist = Sdist {
                name: &name,
                version: releases.version(position),
                file: &file,
                why: &why,
            };
            // A trial may use what was built before, no more.
            if budget != Budget::All {
                let known = builder.known(&sdist).await;
                let judged = known.map(|core| self.judge(&name, position, &core));
                let metadata = judged.unwrap_or(Err(Reason::NeedsBuild));
                return (need, Ok(Learned::Metadata(metadata)));
            }
            let built = builder.sdist(&sdist, &self.chain).await;
            if let Err(Failure::Build { why, .. }) = &built {
                let failed = self.failed_builds.lock();
                let mut failed = failed.unwrap_or_else(PoisonError::into_inner);
                failed.insert(file.filename.clone(), why.clone());
            }
            let learned = match built {
                Ok(core) => Ok(Learned::Metadata(self.judge(&name, position, &core))),
                Err(Failure::Build { why, output, .. }) => {
                    Ok(Learned::Metadata(Err(Reason::BuildFailed { why, output })))
                }
                // Without the network nothing that fails to come is a fault of it.
                Err(failure @ Failure::Fetch(_))
                    if builder.is_offline() && !failure.is_of_the_machine() =>
                {
                    Ok(Learned::Metadata(Err(Reason::Offline)))
                }
                Err(Failure::Fetch(source)) => Err(Error::Build {
                    what: file.filename.clone(),
                    source,
                }),
            };
            (need, learned)
        })
    }

    async fn find(&self, name: &ProjectName) -> Result<Known, Error> {
        let known = match self.direct.get(name) {
            Some(release) => Known::Direct(Arc::clone(release)),
            None => self.find_on_indexes(name).await?,
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), known.clone());
        Ok(known)
    }

    async fn find_on_indexes(&self, name: &ProjectName) -> Result<Known, Error> {
        let cutoffs = &self.policy.cutoffs;
        let flat = self.flat.get(name).map(|listing| Listed {
            listing: Arc::clone(listing),
            limit: cutoffs.limit(name, None),
        });
        let listed = |index: &IndexUrl, listing| Listed {
            listing,
            limit: cutoffs.limit(name, self.settings.cutoffs.get(index)),
        };
        let mut listings: Vec<Listed> = flat.into_iter().collect();
        let mut found_at = (!listings.is_empty()).then(|| "--find-links".to_owned());
        let failed = |index: &IndexUrl, source| Error::Index {
            project: name.to_string(),
            index: Box::new(AskedIndex {
                shown: self.settings.shown(index),
                variables: self.settings.variables(index),
            }),
            source,
        };
        let mut absence = None;
        if let Some(owner) = self.settings.owner(name)? {
            let index = &owner.index;
            let answer = self.client.listing(index, name).await;
            match answer.map_err(|source| failed(index, source))? {
                Some(listing) => {
                    listings.push(listed(index, listing));
                    found_at = Some(index.to_string());
                }
                None => {
                    absence = Some(format!(
                        "the index `{}`, which owns the name, has no project {name}",
                        owner.name
                    ));
                }
            }
        } else if self.settings.strategy == IndexStrategy::FirstIndex {
            // One after the other: a private name is not for others to know.
            for (number, index) in self.settings.indexes.iter().enumerate() {
                let answer = self.client.listing(index, name).await;
                if let Some(listing) = answer.map_err(|source| failed(index, source))? {
                    listings.push(listed(index, listing));
                    found_at = Some(index.to_string());
                    self.came_from
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(name.clone(), number);
                    break;
                }
            }
        } else {
            let answers = self
                .settings
                .indexes
                .iter()
                .map(|index| self.client.listing(index, name));
            let answers = futures_util::future::join_all(answers).await;
            for (index, answer) in self.settings.indexes.iter().zip(answers) {
                if let Some(listing) = answer.map_err(|source| failed(index, source))? {
                    listings.push(listed(index, listing));
                    found_at.get_or_insert_with(|| index.to_string());
                }
            }
        }
        let policy = || Arc::clone(&self.policy);
        let pinned = || self.pinned.get(name).cloned().unwrap_or_default();
        let known = match absence {
            _ if !listings.is_empty() => Known::Index(Arc::new(ProjectReleases::new(
                name.clone(),
                policy(),
                pinned(),
                listings,
                self.settings.strategy == IndexStrategy::UnsafeFirstMatch,
            ))),
            Some(why) => {
                let releases = ProjectReleases::absent(name.clone(), policy(), pinned(), why);
                Known::Index(Arc::new(releases))
            }
            None => Known::Absent,
        };
        self.reporter.event(Event::Releases {
            name: name.clone(),
            count: known.releases().count(),
            index: found_at,
        });
        Ok(known)
    }

    async fn metadata(&self, name: &ProjectName, position: u32) -> Result<Learned, Error> {
        let unusable = |reason| Ok(Learned::Metadata(Err(reason)));
        let core = match self.known(name) {
            Some(Known::Direct(direct)) => Arc::clone(&direct.metadata),
            Some(Known::Index(releases)) => {
                if let Some(core) = self.known_metadata(&releases, position) {
                    return Ok(Learned::Metadata(self.judge(name, position, &core)));
                }
                let Some(file) = releases.metadata_file(position) else {
                    return unusable(Reason::NoWheel("nobody: it has no files".to_owned()));
                };
                if file.wheel().is_none()
                    && file.upload_time.is_some_and(|time| time < before_2_2())
                {
                    let why = "its metadata is from before a source distribution could promise any";
                    return Ok(Learned::TakesBuild(Box::new(file), why.to_owned()));
                }
                match self.client.metadata(&file).await {
                    Ok(core) => core,
                    Err(MetadataError::NeedsBuild { reason, .. }) => {
                        return Ok(Learned::TakesBuild(Box::new(file), reason));
                    }
                    Err(error) if error.is_offline() => return unusable(Reason::Offline),
                    Err(error) if error.is_of_the_file() => {
                        return unusable(Reason::BadMetadata(with_causes(&error)));
                    }
                    Err(source) => {
                        return Err(Error::Metadata {
                            project: name.to_string(),
                            source: Box::new(source),
                        });
                    }
                }
            }
            Some(Known::Absent) | None => {
                return unusable(Reason::NoWheel("nobody: it has no files".to_owned()));
            }
        };
        Ok(Learned::Metadata(self.judge(name, position, &core)))
    }

    /// Returns the metadata of a wheel that nobody has to be asked for.
    fn known_metadata(
        &self,
        releases: &ProjectReleases,
        position: u32,
    ) -> Option<Arc<CoreMetadata>> {
        let entry = releases.metadata_entry(position)?;
        let sha256 = entry.sha256()?;
        if !entry.is_wheel || entry.is_local() {
            return None;
        }
        self.client.known_metadata(sha256)
    }

    /// Returns what a release requires, unless its metadata makes it unusable.
    fn judge(
        &self,
        name: &ProjectName,
        position: u32,
        core: &CoreMetadata,
    ) -> Result<Metadata, Reason> {
        if let Some(specifiers) = &core.requires_python {
            let known = self.known(name);
            let is_admitted = match &known {
                Some(Known::Index(releases)) => releases.admits_python(position, specifiers),
                _ => self.policy.python_support(specifiers) == PythonSupport::Yes,
            };
            if !is_admitted {
                return Err(Reason::RequiresPython(specifiers.clone()));
            }
            if let Some(Known::Index(releases)) = &known {
                releases.learn_python(position, specifiers);
            }
        }
        read_metadata(core)
    }

    /// Returns the file by which a chosen release is installed here, and whether it is
    /// a wheel.
    pub(in crate::ops) fn file_to_install(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<(File, bool)> {
        let releases = self.releases(name)?;
        if releases.availability(position) == Availability::Wheel {
            return Some((releases.metadata_file(position)?, true));
        }
        let files = releases.installable_files(position);
        let sdist = files.into_iter().find(|file| file.wheel().is_none())?;
        Some((sdist, false))
    }

    /// Returns the hashes of all files of a chosen release, as `sha256:…`, sorted.
    pub(in crate::ops) async fn hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Result<Vec<String>, Error> {
        let failed = |source| Error::Metadata {
            project: name.to_string(),
            source: Box::new(source),
        };
        let mut hashes = Vec::new();
        match self.known(name) {
            Some(Known::Direct(direct)) => hashes.extend(direct.hash.clone()),
            Some(Known::Index(releases)) => {
                for entry in releases.hashed(position) {
                    if let Some(sha256) = entry.sha256() {
                        hashes.push(sha256.prefixed());
                        continue;
                    }
                    let Some(file) = entry.to_file() else {
                        continue;
                    };
                    self.reporter.event(Event::Hashing(file.filename.clone()));
                    let sha256 = self.client.hash(&file).await.map_err(failed)?;
                    let hash = sha256.prefixed();
                    if releases.admits_hash(position, &file, &hash) {
                        hashes.push(hash);
                    }
                }
            }
            Some(Known::Absent) | None => {}
        }
        hashes.sort_unstable();
        hashes.dedup();
        Ok(hashes)
    }

    /// Returns the hashes of a release's files as far as the index gives them
    /// without a download; none if it does not give all.
    pub(in crate::ops) fn published_hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Vec<Sha256>> {
        let releases = self.releases(name)?;
        let entries = releases.hashed(position);
        entries.iter().map(Entry::sha256).collect()
    }

    /// As [`Fetcher::published_hashes`], of all files, whatever the target can install.
    pub(in crate::ops) fn all_published_hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Vec<Sha256>> {
        let releases = self.releases(name)?;
        let mut entries = releases.installable(position);
        entries.try_fold(Vec::new(), |mut hashes, entry| {
            hashes.push(entry.sha256()?);
            Some(hashes)
        })
    }

    /// Asks the indexes behind the one that a chosen project came from whether they know
    /// its name as well, all at once; returns those that do, unless they have the very
    /// same file. An index that does not answer counts as one that does not know.
    pub(in crate::ops) async fn shadows(&self, solution: &Solution) -> Vec<Shadow> {
        let came_from = self
            .came_from
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let questions = solution.chosen.iter().flat_map(|(name, chosen)| {
            let first = came_from.get(name).copied();
            let releases = self.releases(name);
            let later = first.map_or(self.settings.indexes.len(), |first| first + 1);
            first
                .zip(releases)
                .into_iter()
                .flat_map(move |(first, releases)| {
                    let indexes = self.settings.indexes[later..].iter();
                    indexes.map(move |index| (name, chosen, first, index, Arc::clone(&releases)))
                })
        });
        let answers = questions.map(async |(name, chosen, first, index, releases)| {
            let listing = self.client.listing(index, name).await.ok()??;
            let is_same = listing.is_empty() || releases.shares_file(chosen.position, &listing);
            (!is_same).then(|| Shadow {
                name: name.clone(),
                from: self.settings.indexes[first].clone(),
                also_on: index.clone(),
            })
        });
        let answers = futures_util::future::join_all(answers).await;
        answers.into_iter().flatten().collect()
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

/// A project that a later index has as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct Shadow {
    pub(in crate::ops) name: ProjectName,
    /// Where it came from.
    pub(in crate::ops) from: IndexUrl,
    /// Who has the name as well.
    pub(in crate::ops) also_on: IndexUrl,
}

impl fmt::Debug for Fetcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}

/// How much may be done for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Budget {
    /// All that it takes.
    All,
    /// As many pages and files as it takes, but no build.
    Attempt,
    /// So many pages and files and some more, known ones too, but no build.
    Brief(usize),
    /// A few pages and files, and no build.
    Trial,
}

impl Budget {
    /// Returns how many pages and files may be looked at, known ones too.
    const fn answers(self) -> usize {
        match self {
            Self::All | Self::Attempt => usize::MAX,
            Self::Brief(count) => count + SOME,
            Self::Trial => SOME,
        }
    }
}

/// How many pages and files a trial may look at before it is given up.
const SOME: usize = 250;

/// How many questions may be open for the resolver to look ahead: where there are more,
/// the frontier is busy, and what it brings changes the view.
const FEW_PENDING: usize = 24;

/// How many builds of a project may fail before no older release of it is built.
const MOST_FAILED_BUILDS: usize = 3;

/// Returns the projects that are not to be built any more.
fn given_up(failed_builds: &FxHashMap<ProjectName, usize>) -> impl Iterator<Item = ProjectName> {
    failed_builds
        .iter()
        .filter(|(_, count)| **count >= MOST_FAILED_BUILDS)
        .map(|(name, _)| name.clone())
}

/// How many loosened requests are tried before advice is given.
const MOST_TRIALS: usize = 3;

/// Returns when metadata version 2.2 was accepted: no sdist from before promises
/// what it requires (PEP 643).
fn before_2_2() -> jiff::Timestamp {
    jiff::Timestamp::constant(1_602_806_400, 0)
}

fn shown(location: &FindLinks) -> String {
    match location {
        FindLinks::Path(path) => path.display().to_string(),
        FindLinks::Page(url) => crate::http::display_url(url),
    }
}

pub(in crate::ops) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn read_metadata(core: &CoreMetadata) -> Result<Metadata, Reason> {
    let requirements = core
        .requires_dist
        .iter()
        .map(|text| {
            Requirement::parse_metadata(text).map_err(|error| {
                let text = crate::text::without_password(text);
                Reason::BadMetadata(format!("requirement `{text}`: {}", error.message))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Metadata {
        requirements,
        extras: core
            .provides_extra
            .iter()
            .filter_map(|extra| extra.parse().ok())
            .collect(),
    })
}
