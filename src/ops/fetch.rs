//! Feeding the resolver: pages and metadata are fetched as it, or its frontier,
//! asks for them, all that can be at the same time.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rustc_hash::{FxHashMap, FxHashSet};
use url::Url;

use super::candidates::{Pinned, Policy, ProjectReleases, PythonSupport};
use super::error::Error;
use super::events::{Event, Reporter};
use crate::index::{
    CoreMetadata, DirectWheel, File, FindLinks, IndexClient, IndexUrl, Listing, MetadataError,
};
use crate::python::{ProjectName, Requirement, RequirementSource, Version, WheelName};
use crate::resolve::{
    Availability, Explanation, Frontier, Metadata, Need, NoReleases, Outcome, Reason, Releases,
    Request, Resolver, RootRequirement, Solution,
};

/// How several indexes are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// The first index that knows a project is the only one for it.
    #[default]
    FirstIndex,
    /// All indexes; a version of an earlier one comes before any of a later one.
    UnsafeFirstMatch,
    /// All indexes; the best version wins, wherever it is.
    UnsafeBestMatch,
}

/// Where distributions come from.
#[derive(Debug, Clone, Default)]
pub struct IndexSettings {
    /// The indexes, the one to ask first coming first.
    pub indexes: Vec<IndexUrl>,
    /// Flat locations.
    pub find_links: Vec<FindLinks>,
    /// How several indexes are used.
    pub strategy: Strategy,
}

/// What came of a resolution.
pub(super) struct Resolution {
    pub(super) solution: Solution,
    /// What is known.
    pub(super) resolver: Resolver,
    /// How many releases had their requirements read.
    pub(super) tried: usize,
}

/// Answers what the resolver asks.
pub(super) struct Fetcher<'a> {
    client: &'a IndexClient,
    settings: &'a IndexSettings,
    policy: Arc<Policy>,
    pinned: FxHashMap<ProjectName, Pinned>,
    direct: FxHashMap<ProjectName, Url>,
    flat: FxHashMap<ProjectName, Arc<Listing>>,
    reporter: &'a dyn Reporter,
    known: Mutex<FxHashMap<ProjectName, Known>>,
    /// Releases that the cache does not have, in a run without the network.
    missed: Mutex<Vec<(ProjectName, Version)>>,
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

/// The one release that a URL names.
#[derive(Debug)]
pub(super) struct DirectRelease {
    version: Version,
    availability: Availability,
    wheel: Arc<DirectWheel>,
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
}

type Answer = (Need, Result<Learned, Error>);
type Pending<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Answer> + 'a>>>;

/// What a fetcher is made of.
pub(super) struct Parts<'a> {
    pub(super) client: &'a IndexClient,
    pub(super) settings: &'a IndexSettings,
    pub(super) policy: Policy,
    pub(super) pinned: FxHashMap<ProjectName, Pinned>,
    pub(super) direct: FxHashMap<ProjectName, Url>,
    pub(super) reporter: &'a dyn Reporter,
}

impl<'a> Fetcher<'a> {
    /// Returns a fetcher that has read the flat locations.
    pub(super) async fn new(parts: Parts<'a>) -> Result<Self, Error> {
        let mut files: BTreeMap<ProjectName, Vec<File>> = BTreeMap::new();
        for location in &parts.settings.find_links {
            let found =
                parts
                    .client
                    .find_links(location)
                    .await
                    .map_err(|source| Error::FindLinks {
                        location: shown(location),
                        source,
                    })?;
            for (name, file) in found {
                files.entry(name).or_default().push(file);
            }
        }
        let flat = files
            .into_iter()
            .map(|(name, files)| {
                let listing = Arc::new(Listing::of_files(&name, &files));
                (name, listing)
            })
            .collect();
        Ok(Self {
            client: parts.client,
            settings: parts.settings,
            policy: Arc::new(parts.policy),
            pinned: parts.pinned,
            direct: parts.direct,
            flat,
            reporter: parts.reporter,
            known: Mutex::default(),
            missed: Mutex::default(),
        })
    }

    /// Resolves a request. `locked` are projects likely to be in the answer: they
    /// are fetched from the start.
    pub(super) async fn resolve(
        &self,
        request: Request,
        locked: &[ProjectName],
    ) -> Result<Resolution, Error> {
        let mut resolver = Resolver::new(request.clone());
        match self.drive(&mut resolver, locked, usize::MAX).await? {
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
    pub(super) async fn attempt(
        &self,
        request: Request,
    ) -> Result<Result<Solution, Box<Explanation>>, Error> {
        let mut resolver = Resolver::new(request);
        let outcome = self.drive(&mut resolver, &[], usize::MAX).await?;
        Ok(outcome.map_err(Box::new))
    }

    /// Tries another request as long as that takes little more than what a solution has.
    ///
    /// # Errors
    /// [`Error::GivenUp`] when it would take more.
    pub(super) async fn attempt_briefly(
        &self,
        request: Request,
    ) -> Result<Result<Solution, Box<Explanation>>, Error> {
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        let mut resolver = Resolver::new(request);
        let budget = 3 * known + TRIAL_BUDGET;
        let outcome = self.drive(&mut resolver, &[], budget).await?;
        Ok(outcome.map_err(Box::new))
    }

    /// Returns what a release requires, whether or not it holds here; none if that
    /// cannot be known.
    pub(super) async fn requirements(&self, name: &ProjectName, position: u32) -> Option<Metadata> {
        self.metadata(name, position).await.ok()?.ok()
    }

    /// Tries what could be loosened, and says what would come of it.
    pub(super) async fn advice(&self, explanation: &Explanation) -> Vec<String> {
        let trials = explanation.loosened.iter().take(MOST_TRIALS);
        let verdicts = futures_util::future::join_all(trials.map(async |loosened| {
            let mut resolver = Resolver::new(loosened.request.clone());
            // What cannot be tried is not advised.
            let solution = self
                .drive(&mut resolver, &[], TRIAL_BUDGET)
                .await
                .ok()?
                .ok()?;
            Some(loosened.verdict(&solution))
        }));
        verdicts.await.into_iter().flatten().collect()
    }

    async fn drive<'s>(
        &'s self,
        resolver: &mut Resolver,
        locked: &[ProjectName],
        budget: usize,
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
        ask(
            locked.iter().cloned().map(Need::Releases).collect(),
            &mut pending,
        );
        ask(frontier.start(&mut resolver.universe), &mut pending);
        // What the solver waits for; the frontier runs ahead of it all the time.
        let mut awaited: FxHashSet<Need> = FxHashSet::default();
        // What only the frontier asked for may fail without harm, unless the solver asks as well.
        let mut failed: FxHashMap<Need, Error> = FxHashMap::default();
        let mut answered = 0;
        loop {
            if awaited.is_empty() {
                match resolver.solve() {
                    Outcome::Solved(solution) => return Ok(Ok(solution)),
                    Outcome::Unsolvable(explanation) => return Ok(Err(explanation)),
                    Outcome::Needs(needs) => {
                        if let Some(error) = needs.iter().find_map(|need| failed.remove(need)) {
                            return Err(error);
                        }
                        awaited.extend(needs.iter().cloned());
                        ask(needs, &mut pending);
                        if pending.len() <= awaited.len() {
                            ask(resolver.look_ahead(), &mut pending);
                        }
                    }
                }
            }
            if answered >= budget {
                return Err(Error::GivenUp);
            }
            answered += 1;
            let (need, result) = pending
                .next()
                .await
                .expect("what the solver waits for is pending");
            let is_awaited = awaited.remove(&need);
            let learned = match result {
                Ok(learned) => learned,
                Err(error) if is_awaited => return Err(error),
                Err(error) => {
                    failed.insert(need, error);
                    continue;
                }
            };
            let universe = &mut resolver.universe;
            let needs = match (need, learned) {
                (Need::Releases(name), Learned::Releases(known)) => {
                    universe.learn_releases(&name, known.releases());
                    let mut needs = frontier.learned_releases(universe, &name);
                    let preferred = universe.preferred(&name);
                    needs.extend(preferred.map(|at| Need::Metadata(name, at)));
                    needs
                }
                (Need::Metadata(name, position), Learned::Metadata(metadata)) => {
                    self.report(&name, position, &metadata);
                    universe.learn_metadata(&name, position, metadata);
                    frontier.learned_metadata(universe, &name, position)
                }
                (need, _) => unreachable!("{need:?} is answered in kind"),
            };
            ask(needs, &mut pending);
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
            Need::Metadata(name, position) => {
                self.metadata(name, *position).await.map(Learned::Metadata)
            }
        };
        (need, learned)
    }

    async fn find(&self, name: &ProjectName) -> Result<Known, Error> {
        let known = match self.direct.get(name) {
            Some(url) => self.find_direct(name, url).await?,
            None => self.find_on_indexes(name).await?,
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), known.clone());
        Ok(known)
    }

    async fn find_on_indexes(&self, name: &ProjectName) -> Result<Known, Error> {
        let mut listings: Vec<Arc<Listing>> = self.flat.get(name).cloned().into_iter().collect();
        let mut found_at = (!listings.is_empty()).then(|| "--find-links".to_owned());
        let failed = |source| Error::Index {
            project: name.to_string(),
            source,
        };
        if self.settings.strategy == Strategy::FirstIndex {
            // One after the other: a private name is not for others to know.
            for index in &self.settings.indexes {
                if let Some(listing) = self.client.listing(index, name).await.map_err(failed)? {
                    listings.push(listing);
                    found_at = Some(index.to_string());
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
                if let Some(listing) = answer.map_err(failed)? {
                    listings.push(listing);
                    found_at.get_or_insert_with(|| index.to_string());
                }
            }
        }
        let known = if listings.is_empty() {
            Known::Absent
        } else {
            Known::Index(Arc::new(ProjectReleases::new(
                name.clone(),
                Arc::clone(&self.policy),
                self.pinned.get(name).cloned().unwrap_or_default(),
                listings,
                self.settings.strategy == Strategy::UnsafeFirstMatch,
            )))
        };
        self.reporter.event(Event::Releases {
            name: name.clone(),
            count: known.releases().count(),
            index: found_at,
        });
        Ok(known)
    }

    async fn find_direct(&self, name: &ProjectName, url: &Url) -> Result<Known, Error> {
        let wheel = self
            .client
            .direct_wheel(url)
            .await
            .map_err(|source| Error::Metadata {
                project: name.to_string(),
                source: Box::new(source),
            })?;
        let availability = match &wheel.name {
            WheelName { name: other, .. } if other != name => Availability::Unusable(
                Reason::BadMetadata(format!("the wheel is of the project {other}")),
            ),
            wheel if self.policy.tags.compatibility(wheel).is_none() => {
                Availability::Unusable(Reason::NoWheel(format!("another target: `{}`", wheel.tags)))
            }
            _ => Availability::Wheel,
        };
        Ok(Known::Direct(Arc::new(DirectRelease {
            version: wheel.name.version.clone(),
            availability,
            wheel,
        })))
    }

    async fn metadata(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Result<Result<Metadata, Reason>, Error> {
        let known = self.known(name);
        let core = match &known {
            Some(Known::Direct(direct)) => Arc::clone(&direct.wheel.metadata),
            Some(Known::Index(releases)) => {
                let Some(file) = releases.metadata_file(position) else {
                    return Ok(Err(Reason::NoWheel("nobody: it has no files".to_owned())));
                };
                if file.wheel().is_none()
                    && file.upload_time.is_some_and(|time| time < before_2_2())
                {
                    return Ok(Err(Reason::NeedsBuild));
                }
                match self.client.metadata(&file).await {
                    Ok(core) => core,
                    Err(MetadataError::NeedsBuild { .. }) => return Ok(Err(Reason::NeedsBuild)),
                    Err(error) if error.is_offline() => return Ok(Err(Reason::Offline)),
                    Err(error) if error.is_of_the_file() => {
                        return Ok(Err(Reason::BadMetadata(with_causes(&error))));
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
                return Ok(Err(Reason::NoWheel("nobody: it has no files".to_owned())));
            }
        };
        if let Some(specifiers) = &core.requires_python {
            let is_admitted = match &known {
                Some(Known::Index(releases)) => releases.admits_python(position, specifiers),
                _ => self.policy.python_support(specifiers) == PythonSupport::Yes,
            };
            if !is_admitted {
                return Ok(Err(Reason::RequiresPython(specifiers.clone())));
            }
            if let Some(Known::Index(releases)) = &known {
                releases.learn_python(position, specifiers);
            }
        }
        Ok(read_metadata(&core))
    }

    /// Returns the hashes of all files of a chosen release, as `sha256:…`, sorted.
    pub(super) async fn hashes(
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
            Some(Known::Direct(direct)) => hashes.push(format!("sha256:{}", direct.wheel.sha256)),
            Some(Known::Index(releases)) => {
                for file in releases.installable_files(position) {
                    if let Some(sha256) = file.sha256() {
                        hashes.push(format!("sha256:{sha256}"));
                        continue;
                    }
                    self.reporter.event(Event::Hashing(file.filename.clone()));
                    let sha256 = self.client.hash(&file).await.map_err(failed)?;
                    let hash = format!("sha256:{sha256}");
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
    pub(super) fn published_hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Vec<String>> {
        let files = self.releases(name)?.installable_files(position);
        files
            .iter()
            .map(|file| Some(format!("sha256:{}", file.sha256()?)))
            .collect()
    }

    /// Returns the releases that were passed over for want of the network.
    pub(super) fn missed(&self) -> Vec<(ProjectName, Version)> {
        self.missed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the releases of a project that came from an index.
    pub(super) fn releases(&self, name: &ProjectName) -> Option<Arc<ProjectReleases>> {
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

/// How many pages and files a trial may look at before it is given up.
const TRIAL_BUDGET: usize = 250;

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

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Returns the requirements of the user's that count: overrides, and direct ones
/// that no override replaces.
pub(super) fn effective_roots(request: &Request) -> impl Iterator<Item = &RootRequirement> {
    let overrides = &request.overrides;
    let overridden: FxHashSet<&ProjectName> =
        overrides.iter().map(|one| &one.requirement.name).collect();
    let roots = request.roots.iter();
    roots
        .filter(move |root| !overridden.contains(&root.requirement.name))
        .chain(overrides)
}

/// Returns the URLs that direct requirements name, by project.
pub(super) fn direct_urls(request: &Request) -> Result<FxHashMap<ProjectName, Url>, Error> {
    let mut direct: FxHashMap<ProjectName, Url> = FxHashMap::default();
    for root in effective_roots(request) {
        let RequirementSource::Url(text) = &root.requirement.source else {
            continue;
        };
        let url: Url = text.parse().map_err(|error| Error::Usage {
            message: format!(
                "{}: `{}` is not a URL: {error}",
                root.place,
                crate::text::without_password(text)
            ),
            help: None,
        })?;
        match direct.insert(root.requirement.name.clone(), url.clone()) {
            Some(other) if other != url => {
                return Err(Error::Usage {
                    message: format!(
                        "{} is required by two URLs ({})",
                        root.requirement.name, root.place
                    ),
                    help: Some("keep one of them".to_owned()),
                });
            }
            _ => {}
        }
    }
    Ok(direct)
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
