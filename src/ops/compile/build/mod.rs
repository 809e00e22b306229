//! Builds, for what nothing else tells: the metadata of source distributions and of
//! source trees (PEP 517).
//!
//! A build runs in an environment of its own, made with the user's interpreter, that
//! holds what the build requires: resolved for that interpreter by our own resolver,
//! from the same indexes, under the same limits. Metadata of a source distribution is
//! kept by its hash. A build that fails is a reason against that release, and the
//! search goes on; only what the user named by its place has to be built.

mod environments;
pub(in crate::ops) mod failure;
pub(in crate::ops) mod metadata;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OnceCell, Semaphore};

use crate::build::{self, Environment};
use crate::files::TemporaryFolder;
use crate::http::{Shared, blocking};
use crate::index::{CoreMetadata, File, IndexClient};
use crate::interpreter::Interpreter;
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::flat::Flat;
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::compile::request::Compile;
use crate::ops::compile::target;
use crate::ops::error::{Distribution, Error};
use crate::ops::events::{Event, Reporter};
use crate::python::ProjectName;
use crate::requirements::PerProject;
use crate::resolve::Constraint;

/// What a builder works with.
pub(in crate::ops) struct BuildContext<'a> {
    pub(in crate::ops) client: &'a IndexClient,
    pub(in crate::ops) indexes: &'a IndexSettings,
    pub(in crate::ops) flat: Arc<Flat>,
    /// What the user wants.
    pub(in crate::ops) request: &'a Compile,
    pub(in crate::ops) binary: Vec<PerProject>,
    pub(in crate::ops) reporter: &'a dyn Reporter,
}

/// Builds, each thing once.
pub(in crate::ops) struct Builder<'a> {
    context: BuildContext<'a>,
    shared: Arc<SharedBuilds>,
}

/// What builds have in common.
pub(in crate::ops) struct SharedBuilds {
    host: OnceCell<Result<Arc<Host>, String>>,
    constraints: OnceCell<Result<Vec<Constraint>, Failure>>,
    /// By what they hold, and by how deep it is that they are needed.
    environments: Shared<(usize, Vec<String>), Result<Arc<BuildEnvironment>, Failure>>,
    metadata: Shared<String, Result<Arc<CoreMetadata>, Failure>>,
    /// By their folders, and whether they are to be editable.
    trees: Shared<(PathBuf, bool), Result<Arc<CoreMetadata>, Failure>>,
    /// What was built, for those who want to know what was run.
    built: Mutex<BTreeSet<String>>,
    /// How many backends run at a time.
    permits: Semaphore,
}

impl Default for SharedBuilds {
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
struct BuildEnvironment {
    venv: Environment,
    _folder: Option<TemporaryFolder>,
}

/// What is being built, outermost first: what it takes to build a thing must not be
/// that thing.
type Chain<'c> = &'c [ProjectName];

/// How deep builds may need builds.
const DEEPEST: usize = 8;

impl<'a> Builder<'a> {
    pub(in crate::ops) fn new(context: BuildContext<'a>, shared: Arc<SharedBuilds>) -> Self {
        Self { context, shared }
    }

    /// Whether the network is turned off.
    pub(in crate::ops) const fn is_offline(&self) -> bool {
        self.context.request.run.http.offline
    }

    /// Unpacks a file; `subdirectory` is that of the project, if it is not at the top.
    pub(in crate::ops) async fn unpack(
        &self,
        file: &File,
        content: Option<Bytes>,
        subdirectory: Option<&str>,
    ) -> Result<Unpacked, Failure> {
        let content = match content {
            Some(content) => content,
            None => self.content(file).await?,
        };
        let folder = temporary_folder("sdist")?;
        let filename = file.filename.clone();
        let into = folder.path().to_owned();
        let subdirectory = subdirectory.map(str::to_owned);
        let tree = blocking(move || match subdirectory {
            Some(name) => build::unpack_subdirectory(&filename, &content, &into, &name),
            None => build::unpack(&filename, &content, &into),
        });
        let tree = tree.await?;
        Ok(Unpacked {
            tree,
            _folder: folder,
        })
    }

    async fn content(&self, file: &File) -> Result<Bytes, Failure> {
        let content = self.context.client.content(file).await;
        content.map_err(|source| {
            Failure::Fetch(Arc::new(Error::Metadata {
                of: Distribution::File(file.filename.clone()),
                source: Box::new(source),
            }))
        })
    }

    /// Returns the interpreter that builds.
    async fn host(&self) -> Result<Arc<Host>, Failure> {
        let host = self
            .shared
            .host
            .get_or_init(|| async {
                let (interpreter, is_other) = target::builder(
                    &self.context.request.selection.target,
                    &self.context.request.run.cache,
                )
                .map_err(|error| error.to_string())?;
                if let Some(wanted) = is_other {
                    self.context.reporter.event(Event::Warning(format!(
                        "Python {} was not found; building with Python {} (`{}`) instead",
                        wanted.short(),
                        interpreter.version(),
                        interpreter.path.display()
                    )));
                }
                let settings: Vec<String> = self
                    .context
                    .request
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
                format!("found no Python to build with: {why}"),
                Some("install Python, or choose an interpreter with `--python`; `--no-build` skips what must be built".to_owned()),
            )
        })
    }

    async fn permit(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // Never closed, so always had.
        self.shared.permits.acquire().await.ok()
    }

    fn check_chain(name: &ProjectName, chain: Chain<'_>) -> Result<(), Failure> {
        if chain.contains(name) {
            return Err(Failure::because("it requires itself to build"));
        }
        if chain.len() >= DEEPEST {
            return Err(Failure::because(format!(
                "its build requirements are nested more than {DEEPEST} levels deep"
            )));
        }
        Ok(())
    }

    fn report(&self, what: &str, why: &str) {
        let event = Event::Building(format!("building {what}: {why}"));
        self.context.reporter.event(event);
        let mut built = self
            .shared
            .built
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        built.insert(what.to_owned());
    }

    /// Returns what was built, or tried to be, in this run.
    pub(in crate::ops) fn built(&self) -> Vec<String> {
        let built = &self.shared.built;
        let built = built.lock().unwrap_or_else(PoisonError::into_inner);
        built.iter().cloned().collect()
    }
}

/// A source distribution's tree, and the folder that goes with it.
pub(in crate::ops) struct Unpacked {
    pub(in crate::ops) tree: PathBuf,
    _folder: TemporaryFolder,
}

fn temporary_folder(kind: &str) -> Result<TemporaryFolder, Failure> {
    TemporaryFolder::new(kind).map_err(|error| {
        let why = format!("cannot create a directory for the build: {error}");
        Failure::of_the_machine(why, None)
    })
}
