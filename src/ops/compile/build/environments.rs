//! Environments for builds, and the wheels that they hold.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::build::{BuildSystem, Environment, Kind};
use crate::files;
use crate::http::Client;
use crate::index::File;
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::build::{BuildEnvironment, Builder, Chain, Host, temporary_folder};
use crate::ops::compile::candidates::admission::Policy;
use crate::ops::compile::fetch::prefetch::Expected;
use crate::ops::compile::fetch::{Fetcher, Parts};
use crate::ops::compile::inputs::reader::{self, Reading};
use crate::ops::error::{Error, with_causes};
use crate::python::{self, Cell, Marker, ProjectName, Requirement, RequirementSource, Version};
use crate::resolve::{Constraint, PreReleases, Request, RootRequirement};
use crate::text::without_password;

/// The bucket of wheels that were built to build with.
const WHEELS: &str = "built-wheels-v1";

impl Builder<'_> {
    /// Returns an environment in which a tree can be built.
    pub(super) async fn environment_for(
        &self,
        tree: &Path,
        system: &BuildSystem,
        kind: Kind,
        chain: Chain<'_>,
    ) -> Result<Arc<BuildEnvironment>, Failure> {
        if !self.context.request.build.is_isolated {
            let host = self.host().await?;
            return Ok(Arc::new(BuildEnvironment {
                venv: Environment::without_isolation(&host.interpreter.path),
                _folder: None,
            }));
        }
        let environment = self.environment(system.requires.clone(), chain).await?;
        let permit = self.permit().await;
        let settings = &self.context.request.build.settings;
        let more = environment
            .venv
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
            return Ok(environment);
        }
        self.environment(all, chain).await
    }

    /// Returns an environment that holds what these requirements ask for.
    async fn environment(
        &self,
        mut requirements: Vec<String>,
        chain: Chain<'_>,
    ) -> Result<Arc<BuildEnvironment>, Failure> {
        requirements.sort_unstable();
        requirements.dedup();
        let work = Box::pin(self.create_environment(requirements.clone(), chain.to_vec()));
        // One for a place may wait for one of a release, which waits for none: with the
        // same requirements it must not be the same.
        if chain.len() <= 1 {
            let key = (chain.len(), requirements);
            return self.shared.environments.get(key, work).await;
        }
        work.await
    }

    async fn create_environment(
        &self,
        requirements: Vec<String>,
        chain: Vec<ProjectName>,
    ) -> Result<Arc<BuildEnvironment>, Failure> {
        let host = self.host().await?;
        let folder = temporary_folder("build")?;
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
        Ok(Arc::new(BuildEnvironment {
            venv: environment,
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
                    "its build requirement `{text}` is invalid: {}",
                    error.message
                ))
            })?;
            if matches!(requirement.source, RequirementSource::Url(_)) {
                return Err(Failure::because(format!(
                    "its build requirement `{}` is a URL, which is not supported",
                    without_password(text)
                )));
            }
            let holds = |marker: &Marker| marker.evaluate(&environment, None);
            if requirement.marker.as_ref().is_none_or(holds) {
                roots.push(RootRequirement {
                    requirement,
                    location: "the build system".to_owned(),
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
            client: self.context.client,
            settings: self.context.indexes,
            flat: Arc::clone(&self.context.flat),
            policy: Policy::new(
                &Cell::of(target.clone()),
                Arc::default(),
                self.context.request.selection.cutoffs(),
                self.context.request.selection.gate.clone(),
                self.context.binary.clone(),
            ),
            shared: None,
            pinned: FxHashMap::default(),
            direct: FxHashMap::default(),
            builder: Some(self),
            chain: chain.to_vec(),
            reporter: self.context.reporter,
            resolution_timeout: self.context.request.run.resolution_timeout,
        });
        let resolution = match fetcher.resolve(request, Expected::default()).await {
            Ok(resolution) => resolution,
            Err(Error::NoSolution { explanation, .. }) => {
                return Err(Failure::Build {
                    why: "its build requirements cannot be resolved".to_owned(),
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
        environment: &python::Environment,
    ) -> Result<Vec<Constraint>, Failure> {
        let request = self.context.request;
        let read = async || {
            let client = Client::new(request.run.http.clone());
            let reading = Reading {
                kept_files: None,
                environment,
                is_for_range: false,
                variable: &|name| request.run.variable(name),
                http: &client,
                current_directory: &request.run.current_directory,
                view: &request.run.view,
                extras: &[],
                all_extras: false,
            };
            reader::read(&reading, &[], &[], &request.build.constraints, &[])
                .await
                .map(|inputs| inputs.constraints)
                .map_err(|error| Failure::Fetch(Arc::new(error)))
        };
        if request.build.constraints.is_empty() {
            return Ok(Vec::new());
        }
        self.shared.constraints.get_or_init(read).await.clone()
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
            && let Some(bytes) = self.context.request.run.cache.get(WHEELS, key)
            && let Ok((filename, wheel)) = postcard::from_bytes::<(String, Vec<u8>)>(&bytes)
        {
            let place = folder.join(filename);
            save(&place, &wheel)?;
            return Ok(place);
        }
        self.report(
            &format!("{name} {version}"),
            "required by a build, and has no wheel",
        );
        let unpacked = self.unpack(file, None, None).await?;
        let mut chain = chain.to_vec();
        chain.push(name.clone());
        let system = BuildSystem::of_tree(&unpacked.tree)?;
        let environment =
            Box::pin(self.environment_for(&unpacked.tree, &system, Kind::Wheel, &chain)).await?;
        let _permit = self.permit().await;
        let settings = &self.context.request.build.settings;
        let into = folder.join(format!("built-{name}"));
        files::create_folder(&into)
            .map_err(|error| Failure::of_the_machine(with_causes(&error), None))?;
        let wheel = environment
            .venv
            .wheel(&unpacked.tree, &system, settings, &into)
            .await?;
        if let Some(key) = &key
            && let Some(filename) = wheel.file_name().and_then(|name| name.to_str())
            && let Ok(bytes) = files::read_archive(&wheel)
            && let Ok(entry) = postcard::to_stdvec(&(filename, &bytes))
        {
            let _ = self.context.request.run.cache.put(WHEELS, key, &entry);
        }
        Ok(wheel)
    }
}

fn save(place: &Path, bytes: &[u8]) -> Result<(), Failure> {
    files::replace(place, bytes).map_err(|error| Failure::of_the_machine(with_causes(&error), None))
}
