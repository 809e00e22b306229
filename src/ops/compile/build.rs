//! Builds, for what nothing else tells: the metadata of source distributions and of
//! source trees (PEP 517).
//!
//! A build runs in an environment of its own, made with the user's interpreter, that
//! holds what the build requires: resolved for that interpreter by our own resolver,
//! from the same indexes, under the same limits. Metadata of a source distribution is
//! kept by its hash. A build that fails is a reason against that release, and the
//! search goes on; only what the user named by its place has to be built.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::{OnceCell, Semaphore};

use crate::build::{self, BuildSystem, Environment, Kind};
use crate::http::{Shared, blocking};
use crate::index::{CoreMetadata, File, IndexClient, Refresh};
use crate::interpreter::Interpreter;
use crate::ops::compile::candidates::admission::Policy;
use crate::ops::compile::direct::folder_key;
use crate::ops::compile::fetch::prefetch::Foreseen;
use crate::ops::compile::fetch::{Fetcher, Parts};
use crate::ops::compile::flat::Flat;
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::compile::inputs::reader::{self, Reading};
use crate::ops::compile::request::Compile;
use crate::ops::compile::target;
use crate::ops::error::{Error, with_causes};
use crate::ops::events::{Event, Reporter};
use crate::python::{ProjectName, Requirement, RequirementSource, Version};
use crate::requirements::PerProject;
use crate::resolve::{Constraint, PreReleases, Request, RootRequirement};

/// Why a build gave nothing.
#[derive(Debug, Clone)]
pub(in crate::ops) enum Failure {
    /// It cannot be built: why, in a line, the last lines that it said, and what to do.
    Build {
        why: String,
        output: Vec<String>,
        help: Option<String>,
    },
    /// What it needs could not be fetched.
    Fetch(Arc<Error>),
}

impl Failure {
    /// Not a fault of what was to be built: on another machine it may well be, so that
    /// to go on without it would give a lock that depends on the machine.
    fn of_the_machine(why: impl Into<String>, help: Option<String>) -> Self {
        let help = help.unwrap_or_else(|| {
            "builds use the folder for temporary files: see that there is room in it, or name \
             another with TMPDIR"
                .to_owned()
        });
        Self::Fetch(Arc::new(Error::Machine {
            why: why.into(),
            help: Some(help),
        }))
    }

    /// Whether it is this machine that is at fault.
    pub(in crate::ops) fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Fetch(error) if matches!(**error, Error::Machine { .. }))
    }

    fn because(why: impl Into<String>) -> Self {
        Self::Build {
            why: why.into(),
            output: Vec::new(),
            help: None,
        }
    }
}

impl From<build::Error> for Failure {
    fn from(error: build::Error) -> Self {
        if error.is_of_the_machine() {
            return Self::of_the_machine(with_causes(&error), error.help());
        }
        Self::Build {
            why: with_causes(&error),
            output: error.output().to_vec(),
            help: error.help(),
        }
    }
}

/// What a builder works with.
pub(in crate::ops) struct Workshop<'a> {
    pub(in crate::ops) client: &'a IndexClient,
    pub(in crate::ops) indexes: &'a IndexSettings,
    pub(in crate::ops) flat: Arc<Flat>,
    /// What the user wants.
    pub(in crate::ops) wish: &'a Compile,
    pub(in crate::ops) binary: Vec<PerProject>,
    pub(in crate::ops) reporter: &'a dyn Reporter,
}

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
        let what = match (is_name, is_version) {
            (true, true) => return Ok(()),
            (false, _) => &metadata.name,
            (true, false) => &metadata.version,
        };
        Err(Failure::because(format!(
            "its build says that it is `{what}`"
        )))
    }
}

/// Builds, each thing once.
pub(in crate::ops) struct Builder<'a> {
    shop: Workshop<'a>,
    bench: Arc<Bench>,
}

/// What builds have in common.
pub(in crate::ops) struct Bench {
    host: OnceCell<Result<Arc<Host>, String>>,
    constraints: OnceCell<Result<Vec<Constraint>, Failure>>,
    /// By what they hold, and by how deep it is that they are needed.
    environments: Shared<(usize, Vec<String>), Result<Arc<Room>, Failure>>,
    metadata: Shared<String, Result<Arc<CoreMetadata>, Failure>>,
    /// By their folders, and whether they are to be editable.
    trees: Shared<(PathBuf, bool), Result<Arc<CoreMetadata>, Failure>>,
    /// What was built, for those who want to know what was run.
    built: Mutex<BTreeSet<String>>,
    /// How many backends run at a time.
    permits: Semaphore,
}

impl Default for Bench {
    fn default() -> Self {
        let at_a_time = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            host: OnceCell::new(),
            constraints: OnceCell::new(),
            environments: Shared::default(),
            metadata: Shared::default(),
            trees: Shared::default(),
            built: Mutex::default(),
            permits: Semaphore::new(at_a_time),
        }
    }
}

/// The interpreter that builds.
struct Host {
    interpreter: Interpreter,
    /// What built metadata depends on beside the source.
    key: String,
}

/// An environment and its folder, which goes with it.
struct Room {
    environment: Environment,
    _folder: Option<TempDir>,
}

/// What is being built, outermost first: what it takes to build a thing must not be
/// that thing.
type Chain<'c> = &'c [ProjectName];

/// The bucket of metadata that builds gave.
const METADATA: &str = "built-metadata-v1";

/// The bucket of wheels that were built to build with.
const WHEELS: &str = "built-wheels-v1";

/// How deep builds may need builds.
const DEEPEST: usize = 8;

impl<'a> Builder<'a> {
    pub(in crate::ops) fn new(shop: Workshop<'a>, bench: Arc<Bench>) -> Self {
        Self { shop, bench }
    }

    /// Whether the network is turned off.
    pub(in crate::ops) const fn is_offline(&self) -> bool {
        self.shop.wish.http.offline
    }

    /// Returns the hash of a file's content; none if nobody says it, and the file is
    /// elsewhere.
    async fn identity(&self, file: &File) -> Option<String> {
        match file.sha256() {
            Some(hash) => Some(hash.to_string()),
            // A folder of links gives no hashes, but its files are at hand.
            None if file.url.starts_with("file:") => {
                let hash = self.shop.client.hash(file).await.ok()?;
                Some(hash.to_string())
            }
            None => None,
        }
    }

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
            return self.bench.metadata.get(key.clone(), work).await;
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
            self.tell(&sdist.file.filename, sdist.why);
            let unpacked = self.unpack(sdist.file, None).await?;
            let mut chain = chain.to_vec();
            chain.push(sdist.name.clone());
            let bytes = self.prepare(&unpacked.tree, Kind::Wheel, &chain).await?;
            self.keep(is_kept.then_some(key), &bytes)?
        };
        sdist.check(&metadata)?;
        Ok(metadata)
    }

    fn kept(&self, key: &str) -> Option<Arc<CoreMetadata>> {
        let bytes = self.shop.wish.cache.get(METADATA, key)?;
        postcard::from_bytes(&bytes).ok().map(Arc::new)
    }

    /// Reads the metadata that a build gave, and keeps it.
    fn keep(&self, key: Option<&str>, bytes: &[u8]) -> Result<Arc<CoreMetadata>, Failure> {
        let metadata = CoreMetadata::parse(bytes).map_err(|error| {
            Failure::because(format!("its build gave no usable metadata: {error}"))
        })?;
        if let Some(key) = key
            && let Ok(bytes) = postcard::to_stdvec(&metadata)
        {
            // A cache that cannot be written costs the next run a build, no more.
            let _ = self.shop.wish.cache.put(METADATA, key, &bytes);
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
        self.tell(&file.filename, why);
        let unpacked = self.unpack(file, content).await?;
        let bytes = self.prepare(&unpacked.tree, Kind::Wheel, &[]).await?;
        self.keep(Some(&key), &bytes)
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
        self.bench.trees.get(same, work).await
    }

    /// Returns the key of a folder's content, unless all is to be looked at anew.
    async fn content_key(&self, tree: &Path, kind: Kind) -> Option<String> {
        if self.shop.wish.refresh == Refresh::All {
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
        self.tell(what, "only a build tells what it requires");
        let bytes = self.prepare(tree, kind, &[]).await?;
        self.keep(key.as_deref(), &bytes)
    }

    async fn prepare(&self, tree: &Path, kind: Kind, chain: Chain<'_>) -> Result<Vec<u8>, Failure> {
        let system = BuildSystem::of_tree(tree)?;
        let room = self.room_for(tree, &system, kind, chain).await?;
        let _permit = self.permit().await;
        let settings = &self.shop.wish.build.settings;
        Ok(room
            .environment
            .metadata(tree, &system, kind, settings)
            .await?)
    }

    /// Returns an environment in which a tree can be built.
    async fn room_for(
        &self,
        tree: &Path,
        system: &BuildSystem,
        kind: Kind,
        chain: Chain<'_>,
    ) -> Result<Arc<Room>, Failure> {
        if !self.shop.wish.build.is_isolated {
            let host = self.host().await?;
            return Ok(Arc::new(Room {
                environment: Environment::without_isolation(&host.interpreter.path),
                _folder: None,
            }));
        }
        let room = self.room(system.requires.clone(), chain).await?;
        let permit = self.permit().await;
        let settings = &self.shop.wish.build.settings;
        let more = room
            .environment
            .requires(tree, system, kind, settings)
            .await?;
        drop(permit);
        let mut all = system.requires.clone();
        all.extend(more);
        all.sort_unstable();
        all.dedup();
        let mut known = system.requires.clone();
        known.sort_unstable();
        known.dedup();
        if all == known {
            return Ok(room);
        }
        self.room(all, chain).await
    }

    /// Returns an environment that holds what these requirements ask for.
    async fn room(
        &self,
        mut requirements: Vec<String>,
        chain: Chain<'_>,
    ) -> Result<Arc<Room>, Failure> {
        requirements.sort_unstable();
        requirements.dedup();
        let work = Box::pin(self.furnish(requirements.clone(), chain.to_vec()));
        // One for a place may wait for one of a release, which waits for none: with the
        // same requirements it must not be the same.
        if chain.len() <= 1 {
            let key = (chain.len(), requirements);
            return self.bench.environments.get(key, work).await;
        }
        work.await
    }

    async fn furnish(
        &self,
        requirements: Vec<String>,
        chain: Vec<ProjectName>,
    ) -> Result<Arc<Room>, Failure> {
        let host = self.host().await?;
        let folder = temporary_folder("pinfold-build-")?;
        let (environment, wheels) = futures_util::future::try_join(
            async {
                let at = folder.path().join("environment");
                Ok(Environment::create(&host.interpreter.path, &at).await?)
            },
            self.wheels(&host, &requirements, folder.path(), &chain),
        )
        .await?;
        for wheel in &wheels {
            environment.install(wheel).await?;
        }
        Ok(Arc::new(Room {
            environment,
            _folder: Some(folder),
        }))
    }

    /// Resolves what a build requires and returns the wheels, below a folder.
    async fn wheels(
        &self,
        host: &Host,
        requirements: &[String],
        folder: &Path,
        chain: Chain<'_>,
    ) -> Result<Vec<PathBuf>, Failure> {
        let target = host.interpreter.target();
        let environment = target.environment();
        let mut roots = Vec::new();
        for text in requirements {
            let requirement = Requirement::parse(text).map_err(|error| {
                Failure::because(format!(
                    "it requires `{text}` to be built: {}",
                    error.message
                ))
            })?;
            if matches!(requirement.source, RequirementSource::Url(_)) {
                return Err(Failure::because(format!(
                    "it requires `{}` to be built, and a build requirement by URL is not supported",
                    crate::text::without_password(text)
                )));
            }
            let holds = |marker: &crate::python::Marker| marker.evaluate(&environment, None);
            if requirement.marker.as_ref().is_none_or(holds) {
                roots.push(RootRequirement {
                    requirement,
                    place: "the build system".to_owned(),
                    origin: "build".to_owned(),
                });
            }
        }
        if roots.is_empty() {
            return Ok(Vec::new());
        }
        let request = Request {
            roots,
            constraints: self.constraints(&environment).await?,
            environment,
            pre_releases: PreReleases::IfNecessary,
            ..Request::default()
        };
        let fetcher = Fetcher::new(Parts {
            client: self.shop.client,
            settings: self.shop.indexes,
            flat: Arc::clone(&self.shop.flat),
            policy: Policy::new(
                target.python.release(),
                target.tags(),
                self.shop.wish.cutoffs(),
                self.shop.wish.gate.clone(),
                self.shop.binary.clone(),
            ),
            pinned: rustc_hash::FxHashMap::default(),
            direct: rustc_hash::FxHashMap::default(),
            builder: Some(self),
            chain: chain.to_vec(),
            reporter: self.shop.reporter,
        });
        let resolution = match fetcher.resolve(request, Foreseen::default()).await {
            Ok(resolution) => resolution,
            Err(Error::NoSolution { explanation, .. }) => {
                return Err(Failure::Build {
                    why: "what its build requires cannot be had".to_owned(),
                    output: explanation.facts.clone(),
                    help: explanation.hints.first().cloned(),
                });
            }
            Err(error) => return Err(Failure::Fetch(Arc::new(error))),
        };
        let wheels = resolution
            .solution
            .chosen
            .iter()
            .map(async |(name, chosen)| {
                let (file, is_wheel) = fetcher
                    .file_to_install(name, chosen.position)
                    .ok_or_else(|| Failure::because(format!("{name} has no file to install")))?;
                let place = if is_wheel {
                    let bytes = self.content(&file).await?;
                    let place = folder.join(&file.filename);
                    save(&place, &bytes)?;
                    place
                } else {
                    self.built_wheel(name, &chosen.version, &file, folder, chain)
                        .await?
                };
                Ok::<_, Failure>(place)
            });
        futures_util::future::try_join_all(wheels).await
    }

    /// Returns what bounds build requirements.
    async fn constraints(
        &self,
        environment: &crate::python::Environment,
    ) -> Result<Vec<Constraint>, Failure> {
        let wish = self.shop.wish;
        let read = async || {
            let client = crate::http::Client::new(wish.http.clone());
            let reading = Reading {
                environment,
                variable: &*wish.variable,
                http: &client,
                current_directory: &wish.current_directory,
                view: &wish.view,
                extras: &[],
                all_extras: false,
            };
            reader::read(&reading, &[], &[], &wish.build.constraints, &[])
                .await
                .map(|inputs| inputs.constraints)
                .map_err(|error| Failure::Fetch(Arc::new(error)))
        };
        if wish.build.constraints.is_empty() {
            return Ok(Vec::new());
        }
        self.bench.constraints.get_or_init(read).await.clone()
    }

    /// Builds the wheel of a source distribution that a build requires.
    async fn built_wheel(
        &self,
        name: &ProjectName,
        version: &Version,
        file: &File,
        folder: &Path,
        chain: Chain<'_>,
    ) -> Result<PathBuf, Failure> {
        Self::check_chain(name, chain)?;
        let host = self.host().await?;
        let key = file.sha256().map(|hash| format!("{hash}|{}", host.key));
        if let Some(key) = &key
            && let Some(bytes) = self.shop.wish.cache.get(WHEELS, key)
            && let Ok((filename, wheel)) = postcard::from_bytes::<(String, Vec<u8>)>(&bytes)
        {
            let place = folder.join(filename);
            save(&place, &wheel)?;
            return Ok(place);
        }
        self.tell(
            &format!("{name} {version}"),
            "a build requires it, and it has no wheel",
        );
        let unpacked = self.unpack(file, None).await?;
        let mut chain = chain.to_vec();
        chain.push(name.clone());
        let system = BuildSystem::of_tree(&unpacked.tree)?;
        let room = Box::pin(self.room_for(&unpacked.tree, &system, Kind::Wheel, &chain)).await?;
        let _permit = self.permit().await;
        let settings = &self.shop.wish.build.settings;
        let into = folder.join(format!("built-{name}"));
        crate::files::create_folder(&into)
            .map_err(|error| Failure::of_the_machine(with_causes(&error), None))?;
        let wheel = room
            .environment
            .wheel(&unpacked.tree, &system, settings, &into)
            .await?;
        if let Some(key) = &key
            && let Some(filename) = wheel.file_name().and_then(|name| name.to_str())
            && let Ok(bytes) = crate::files::read(&wheel)
            && let Ok(entry) = postcard::to_stdvec(&(filename, &bytes))
        {
            let _ = self.shop.wish.cache.put(WHEELS, key, &entry);
        }
        Ok(wheel)
    }

    async fn unpack(&self, file: &File, content: Option<Bytes>) -> Result<Unpacked, Failure> {
        let content = match content {
            Some(content) => content,
            None => self.content(file).await?,
        };
        let folder = temporary_folder("pinfold-sdist-")?;
        let filename = file.filename.clone();
        let into = folder.path().to_owned();
        let tree = blocking(move || build::unpack(&filename, &content, &into)).await?;
        Ok(Unpacked {
            tree,
            _folder: folder,
        })
    }

    async fn content(&self, file: &File) -> Result<Bytes, Failure> {
        let content = self.shop.client.content(file).await;
        content.map_err(|source| {
            Failure::Fetch(Arc::new(Error::Metadata {
                project: file.filename.clone(),
                source: Box::new(source),
            }))
        })
    }

    /// Returns the interpreter that builds.
    async fn host(&self) -> Result<Arc<Host>, Failure> {
        let host = self
            .bench
            .host
            .get_or_init(|| async {
                let (interpreter, is_other) =
                    target::builder(&self.shop.wish.target, &self.shop.wish.cache).map_err(|error| error.to_string())?;
                if let Some(wanted) = is_other {
                    self.shop.reporter.event(Event::Warning(format!(
                        "there is no Python {} here: what has to be built is built with Python {} (`{}`)",
                        wanted.short(),
                        interpreter.version(),
                        interpreter.path.display()
                    )));
                }
                let settings: Vec<String> = self
                    .shop
                    .wish
                    .build
                    .settings
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                let key = format!("{}|{}", interpreter.target(), settings.join(" "));
                Ok(Arc::new(Host { interpreter, key }))
            })
            .await;
        host.clone().map_err(|why| {
            Failure::of_the_machine(
                format!("no Python can build: {why}"),
                Some("install a Python, or name one with `--python`; `--no-build` takes nothing that has to be built".to_owned()),
            )
        })
    }

    async fn permit(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // Never closed, so always had.
        self.bench.permits.acquire().await.ok()
    }

    fn check_chain(name: &ProjectName, chain: Chain<'_>) -> Result<(), Failure> {
        if chain.contains(name) {
            return Err(Failure::because("it is needed itself to build it"));
        }
        if chain.len() >= DEEPEST {
            return Err(Failure::because(format!(
                "to build it takes more than {DEEPEST} builds, each for the other"
            )));
        }
        Ok(())
    }

    fn tell(&self, what: &str, why: &str) {
        let event = Event::Building(format!("building {what}: {why}"));
        self.shop.reporter.event(event);
        let mut built = self
            .bench
            .built
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        built.insert(what.to_owned());
    }

    /// Returns what was built, or tried to be, in this run.
    pub(in crate::ops) fn built(&self) -> Vec<String> {
        let built = &self.bench.built;
        let built = built.lock().unwrap_or_else(PoisonError::into_inner);
        built.iter().cloned().collect()
    }
}

/// A source distribution's tree, and the folder that goes with it.
struct Unpacked {
    tree: PathBuf,
    _folder: TempDir,
}

fn temporary_folder(prefix: &str) -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir();
    folder.map_err(|error| {
        let why = format!("no folder for the build can be made: {error}");
        Failure::of_the_machine(why, None)
    })
}

fn save(place: &Path, bytes: &[u8]) -> Result<(), Failure> {
    crate::files::replace(place, bytes)
        .map_err(|error| Failure::of_the_machine(with_causes(&error), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_the_machine_s_fault_and_a_bad_tree_is_not() {
        let full = build::Error::Io {
            action: "write",
            path: "x".into(),
            source: std::io::ErrorKind::StorageFull.into(),
        };
        assert!(Failure::from(full).is_of_the_machine());
        let bad = build::Error::NotAProject { tree: "x".into() };
        assert!(!Failure::from(bad).is_of_the_machine());
    }
}
