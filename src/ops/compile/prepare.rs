//! What a resolution rests on: inputs that were read, a target, the lock there is, who
//! is asked, and what is at the places that requirements name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::files;
use crate::http::{Client, blocking};
use crate::index::{IndexClient, Settings};
use crate::lock::{self, LockFile};
use crate::ops::compile::build::{BuildContext, Builder, SharedBuilds};
use crate::ops::compile::candidates::admission::{Pinned, Policy};
use crate::ops::compile::direct::{DirectPin, DirectReader, DirectReleases};
use crate::ops::compile::fetch::{DirectRelease, Fetcher, Parts};
use crate::ops::compile::flat::{self, Flat};
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::inputs::reader::{self, Reading};
use crate::ops::compile::network::{connect_ahead, connect_to_named, network};
use crate::ops::compile::request::{Compile, Run, Selection};
use crate::ops::compile::target;
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::ops::view::View;
use crate::python::{
    Environment, Marker, ProjectName, RequirementSource, Specifiers, Target, Version,
};
use crate::requirements::PerProject;
use crate::resolve::{Constraint, PreReleases, Request};
use crate::vcs::{self, Git};

/// What was read and settled without anybody being asked for a page.
pub(in crate::ops) struct ReadInputs {
    pub(in crate::ops) inputs: Inputs,
    pub(in crate::ops) target: Target,
    /// The text of the lock file, if there is one.
    pub(in crate::ops) previous: Option<String>,
    pub(in crate::ops) indexes: IndexSettings,
    pub(in crate::ops) http: Client,
    pub(in crate::ops) client: IndexClient,
}

impl ReadInputs {
    /// Checks that the lock file is not in the middle of a merge. A lock that an earlier run
    /// left as it is needs no check.
    ///
    /// # Errors
    /// When it has a conflict marker of git.
    pub(in crate::ops) fn check_merged(&self, request: &Compile) -> Result<(), Error> {
        let (Some(path), Some(text)) = (&request.output.path, &self.previous) else {
            return Ok(());
        };
        let Some(line_number) = lock::conflict_mark(text) else {
            return Ok(());
        };
        Err(Error::Usage {
            message: format!(
                "{}:{line_number}: the file has conflict markers of git",
                path.display()
            ),
            help: Some(
                "resolve the conflict, or delete the file to lock everything again".to_owned(),
            ),
        })
    }
}

/// What a resolution rests on: everything that is settled before a version is chosen.
pub(in crate::ops) struct Prepared {
    pub(in crate::ops) read: ReadInputs,
    /// Whether nothing counts but pages of indexes: no place, no flat location.
    pub(in crate::ops) is_plain: bool,
    pub(in crate::ops) locked: LockFile,
    pub(in crate::ops) request: Request,
    flat: Arc<Flat>,
    shared_builds: Arc<SharedBuilds>,
    /// What is at the places that requirements name.
    direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    /// How the lock names these.
    pub(in crate::ops) places: BTreeMap<ProjectName, DirectPin>,
}

/// Reads the sources and the lock file, and settles the target and who is asked.
///
/// `asks` is whether the network will probably be asked: then connections are made
/// meanwhile.
pub(in crate::ops) async fn read_inputs(
    request: &Compile,
    asks: bool,
    reporter: &dyn Reporter,
) -> Result<ReadInputs, Error> {
    let http = Client::new(request.run.http.clone());
    let settled = if asks {
        connect_to_named(request, &http);
        // While Python starts, the handshakes go on.
        let (wanted, cache) = (request.selection.target.clone(), request.run.cache.clone());
        blocking(move || target::settle(&wanted, &cache)).await?
    } else {
        target::settle(&request.selection.target, &request.run.cache)?
    };
    let target = settled.target;
    reporter.event(Event::Target(format!("{target} ({})", settled.found)));
    let inputs = inputs_of(request, &target.environment(), &http).await?;
    check_python(&inputs.requires_python, &target)?;
    let previous = previous(request.output.path.as_deref(), &request.run.view)?;
    let (settings, indexes) = network(request, &inputs)?;
    let http = http.with(settings);
    if asks {
        connect_ahead(&indexes, &http);
    }
    let client = index_client(&request.run, &http);
    Ok(ReadInputs {
        inputs,
        target,
        previous,
        indexes,
        http,
        client,
    })
}

/// Looks at what is no page of an index: flat locations, and the places that requirements
/// name.
pub(in crate::ops) async fn prepare(
    read: ReadInputs,
    request: &Compile,
    reporter: &dyn Reporter,
) -> Result<Prepared, Error> {
    let locked = read.previous.as_deref().map(lock::read);
    let environment = read.target.environment();
    let mut prepared = Prepared {
        is_plain: read.indexes.find_links.is_empty() && !has_places(&read.inputs),
        flat: flat::flat(&read.client, &read.indexes).await?,
        shared_builds: Arc::default(),
        locked: locked.unwrap_or_default(),
        request: Request::default(),
        direct: FxHashMap::default(),
        places: BTreeMap::new(),
        read,
    };
    let places = settle_places(&mut prepared, request, &environment, reporter).await?;
    prepared.request = resolve_request(
        request,
        &prepared.read.inputs,
        &prepared.locked,
        environment,
    );
    prepared.request.places = places;
    Ok(prepared)
}

/// Looks at what requirements name by its place, and makes requirements of it; returns
/// the URLs by which releases may require the same.
async fn settle_places(
    prepared: &mut Prepared,
    request: &Compile,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<Vec<(ProjectName, String)>, Error> {
    if !has_places(&prepared.read.inputs) {
        return Ok(Vec::new());
    }
    let overridden = drop_overridden(&mut prepared.read.inputs);
    let inputs = &prepared.read.inputs;
    let direct = DirectReader {
        client: &prepared.read.client,
        builder: &builder(prepared, request, reporter),
        git: &repositories(&request.run),
        tags: &prepared.read.target.tags(),
        environment,
        binary: &binary(&request.selection, inputs),
        is_build_forbidden: request.build.is_forbidden,
        view: &request.run.view,
        current_directory: &request.run.current_directory,
        overridden: &overridden,
        locked: &prepared.locked,
        is_upgraded: &|name: &ProjectName| !is_kept(&request.selection, name),
    };
    let (roots, pythons) = direct.projects(&inputs.trees).await?;
    check_python(&pythons, &prepared.read.target)?;
    let mut found = direct
        .read(&inputs.direct, &inputs.direct_constraints)
        .await?;
    let inputs = &mut prepared.read.inputs;
    inputs.roots.extend(roots);
    inputs.roots.append(&mut found.roots);
    inputs.overrides.append(&mut found.overrides);
    name_what_is_said_of_places(inputs, &found);
    prepared.direct = found.direct;
    prepared.places = found.pins;
    Ok(found.places)
}

/// Whether something is required from a place, or has to be looked at in one.
fn has_places(inputs: &Inputs) -> bool {
    !inputs.direct.is_empty() || !inputs.direct_constraints.is_empty() || !inputs.trees.is_empty()
}

/// The command line has the last word on which files may be used.
fn binary(selection: &Selection, inputs: &Inputs) -> Vec<PerProject> {
    vec![selection.binary.clone(), inputs.options.binary.clone()]
}

/// Returns who builds what the resolver asks for.
pub(in crate::ops) fn builder<'a>(
    prepared: &'a Prepared,
    request: &'a Compile,
    reporter: &'a dyn Reporter,
) -> Builder<'a> {
    let context = BuildContext {
        client: &prepared.read.client,
        indexes: &prepared.read.indexes,
        flat: Arc::clone(&prepared.flat),
        request,
        binary: binary(&request.selection, &prepared.read.inputs),
        reporter,
    };
    Builder::new(context, Arc::clone(&prepared.shared_builds))
}

/// Returns what answers the resolver.
pub(in crate::ops) fn fetcher<'a>(
    prepared: &'a Prepared,
    builder: &'a Builder<'a>,
    request: &Compile,
    reporter: &'a dyn Reporter,
) -> Fetcher<'a> {
    Fetcher::new(Parts {
        client: &prepared.read.client,
        settings: &prepared.read.indexes,
        flat: Arc::clone(&prepared.flat),
        policy: policy(request, &prepared.read.inputs, &prepared.read.target),
        pinned: pinned(&prepared.request, &prepared.locked),
        direct: prepared.direct.clone(),
        builder: Some(builder),
        chain: Vec::new(),
        reporter,
        resolution_timeout: request.run.resolution_timeout,
    })
}

/// Returns what makes a file admissible.
fn policy(request: &Compile, inputs: &Inputs, target: &Target) -> Policy {
    let mut policy = Policy::new(
        target.python.release(),
        target.tags(),
        request.selection.cutoffs(),
        request.selection.gate.clone(),
        binary(&request.selection, inputs),
    );
    policy.is_build_forbidden = request.build.is_forbidden;
    policy.which_hashes = request.output.which_hashes;
    policy
}

fn index_client(run: &Run, http: &Client) -> IndexClient {
    let settings = Settings {
        now: run.now,
        refresh: run.refresh.clone(),
        offline: run.http.offline,
    };
    IndexClient::new(http.clone(), run.cache.clone(), settings)
}

async fn inputs_of(
    request: &Compile,
    environment: &Environment,
    http: &Client,
) -> Result<Inputs, Error> {
    let reading = Reading {
        environment,
        variable: &|name| request.run.variable(name),
        http,
        current_directory: &request.run.current_directory,
        view: &request.run.view,
        extras: &request.sources.extras,
        all_extras: request.sources.all_extras,
    };
    reader::read(
        &reading,
        &request.sources.files,
        &request.sources.groups,
        &request.sources.constraints,
        &request.sources.overrides,
    )
    .await
}

/// Returns whether the lock's choice for a project stays.
pub(in crate::ops) fn is_kept(selection: &Selection, name: &ProjectName) -> bool {
    if selection.upgrade {
        return selection.kept_packages.contains(name);
    }
    let mut upgraded = selection.upgrade_packages.iter();
    !upgraded.any(|requirement| requirement.name == *name)
}

/// Returns what reads repositories.
fn repositories(run: &Run) -> Git {
    Git::new(vcs::Settings {
        cache: run.cache.dir().map(Path::to_owned),
        is_offline: run.http.offline,
        variables: Vec::new(),
    })
}

/// Forgets places that an override stands in the place of: nobody need look there, but
/// their projects are required all the same. Returns the projects that are overridden.
fn drop_overridden(inputs: &mut Inputs) -> FxHashSet<ProjectName> {
    let places = inputs
        .direct
        .iter()
        .filter(|reference| reference.is_override);
    let by_name = inputs.overrides.iter().map(|one| &one.requirement.name);
    let overridden: FxHashSet<ProjectName> = places
        .filter_map(|reference| reference.name.as_ref())
        .chain(by_name)
        .chain(&inputs.dropped)
        .cloned()
        .collect();
    for reference in std::mem::take(&mut inputs.direct) {
        match &reference.name {
            Some(name) if !reference.is_override && overridden.contains(name) => {
                let name = name.clone();
                inputs.roots.push(reference.without_place(name));
            }
            _ => inputs.direct.push(reference),
        }
    }
    overridden
}

/// What is said beside a place holds for the project that is there.
fn name_what_is_said_of_places(inputs: &mut Inputs, found: &DirectReleases) {
    for reference in &inputs.direct {
        let Some(name) = found.name_of(reference) else {
            continue;
        };
        if !reference.comments.is_empty() {
            let comments = inputs.comments.entry(name.clone()).or_default();
            comments.extend(reference.comments.iter().cloned());
        }
        if !reference.hashes.is_empty() {
            let known = inputs.hashes.entry(name.clone());
            let entry = known.or_insert_with(|| (BTreeSet::new(), reference.location.clone()));
            entry.0.extend(reference.hashes.iter().cloned());
        }
    }
}

/// The `requires-python` of each project file must admit the target.
fn check_python(pythons: &[(String, Specifiers)], target: &Target) -> Result<(), Error> {
    let python = target.python.release();
    for (file, specifiers) in pythons {
        if !specifiers.contains(&python) {
            return Err(Error::Usage {
                message: format!(
                    "`{file}` requires Python {specifiers}, but the target is Python {}",
                    target.python
                ),
                help: Some(
                    "choose a target with `--python-version`, or change `requires-python`"
                        .to_owned(),
                ),
            });
        }
    }
    Ok(())
}

fn previous(output: Option<&Path>, view: &View) -> Result<Option<String>, Error> {
    // What is written to a stream is not there afterwards.
    let Some(path) = output.filter(|path| !files::is_stream(&view.path(path))) else {
        return Ok(None);
    };
    let bytes = files::if_there(view.read(path))?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| Error::OutputNotText {
        path: path.to_owned(),
    })
}

fn resolve_request(
    request: &Compile,
    inputs: &Inputs,
    locked: &LockFile,
    environment: Environment,
) -> Request {
    let mut preferences: FxHashMap<ProjectName, Version> = FxHashMap::default();
    for pin in &locked.pins {
        if is_kept(&request.selection, &pin.name)
            && let Some(version) = pin.version().and_then(|version| version.parse().ok())
        {
            preferences.insert(pin.name.clone(), version);
        }
    }
    let mut constraints = inputs.constraints.clone();
    constraints.extend(request.sources.bounds.iter().cloned());
    for requirement in &request.selection.upgrade_packages {
        if let RequirementSource::Specifiers(specifiers) = &requirement.source
            && !specifiers.is_empty_spec()
        {
            constraints.push(Constraint {
                name: requirement.name.clone(),
                specifiers: specifiers.clone(),
                location: "--upgrade-package".to_owned(),
            });
        }
    }
    let pre_releases = request
        .selection
        .pre_releases
        .unwrap_or(if inputs.options.pre {
            PreReleases::Allow
        } else {
            PreReleases::IfNecessary
        });
    Request {
        roots: inputs.roots.clone(),
        constraints,
        overrides: inputs.overrides.clone(),
        dropped: inputs.dropped.clone(),
        preferences,
        environment,
        pre_releases,
        resolution: request.selection.resolution,
        without_dependencies: request.selection.without_dependencies,
        places: Vec::new(),
    }
}

/// What is pinned already: by the lock, or by a requirement for one version.
fn pinned(request: &Request, locked: &LockFile) -> FxHashMap<ProjectName, Pinned> {
    let mut pinned: FxHashMap<ProjectName, Pinned> = FxHashMap::default();
    // Of several pins of a project, the one for this environment is the locked one.
    let is_for_others = |pin: &lock::LockedPin| {
        let marker = pin.marker.as_deref().map(Marker::parse);
        marker.is_some_and(|marker| {
            marker.is_ok_and(|marker| !marker.evaluate(&request.environment, None))
        })
    };
    for pin in &locked.pins {
        if pinned.contains_key(&pin.name) && is_for_others(pin) {
            continue;
        }
        let entry = pinned.entry(pin.name.clone()).or_default();
        entry.locked = pin.version().and_then(|version| version.parse().ok());
        entry.kept = request.preferences.get(&pin.name).cloned();
        entry.hashes = pin.hashes.iter().cloned().collect();
    }
    let direct = request
        .roots
        .iter()
        .chain(&request.overrides)
        .filter_map(|root| match &root.requirement.source {
            RequirementSource::Specifiers(specifiers) => Some((&root.requirement.name, specifiers)),
            RequirementSource::Url(_) => None,
        });
    let constraints = request
        .constraints
        .iter()
        .map(|one| (&one.name, &one.specifiers));
    for (name, specifiers) in direct.chain(constraints) {
        if let Some(version) = specifiers.exact() {
            pinned
                .entry(name.clone())
                .or_default()
                .exact
                .push(version.clone());
        }
    }
    pinned
}
