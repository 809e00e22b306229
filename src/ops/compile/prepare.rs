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
use crate::ops::compile::candidates::witnesses::Witnesses;
use crate::ops::compile::direct::{DirectPin, DirectReader, DirectReleases};
use crate::ops::compile::fetch::{DirectRelease, Fetcher, Parts, SharedMetadata};
use crate::ops::compile::flat::{self, Flat};
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::inputs::reader::{self, KeptFiles, Reading};
use crate::ops::compile::network::{connect_ahead, connect_to_named, network};
use crate::ops::compile::preferences::{self, Preferences};
use crate::ops::compile::pylock;
use crate::ops::compile::request::{Compile, Run, Selection};
use crate::ops::compile::target;
use crate::ops::compile::universal::{self, Scope};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::ops::view::View;
use crate::python::{
    self, Cell, Environment, Marker, ProjectName, RequirementSource, Specifiers, Tags, Target,
    Version,
};
use crate::requirements::PerProject;
use crate::resolve::{Constraint, PreReleases, Request};
use crate::text;
use crate::vcs::{self, Git};

/// What was read and settled for a cell without anybody being asked for a page.
pub(in crate::ops) struct ReadInputs {
    pub(in crate::ops) inputs: Inputs,
    /// What it is locked for; of a range of environments, one that stands for all.
    pub(in crate::ops) cell: Cell,
    /// The range, if it is locked for one.
    pub(in crate::ops) scope: Option<Scope>,
    /// The text of the lock file, if there is one.
    pub(in crate::ops) previous: Option<String>,
    /// The text of the `pylock.toml` beside it, if there is one.
    pub(in crate::ops) previous_beside: Option<String>,
    /// The lock file of another tool whose versions are preferred.
    pub(in crate::ops) preferences: Option<Arc<Preferences>>,
    pub(in crate::ops) indexes: IndexSettings,
    pub(in crate::ops) http: Client,
    pub(in crate::ops) client: Arc<IndexClient>,
}

impl ReadInputs {
    /// Checks that the lock file is not in the middle of a merge. A lock that an earlier run
    /// left as it is needs no check.
    ///
    /// # Errors
    /// When it has a conflict marker of git.
    pub(in crate::ops) fn check_merged(&self, request: &Compile) -> Result<(), Error> {
        for (path, text) in self.locks(request) {
            if let Some(line_number) = lock::conflict_mark(text) {
                return Err(Error::Usage {
                    message: format!(
                        "{}:{line_number}: the file has conflict markers of git",
                        path.display()
                    ),
                    help: Some(
                        "resolve the conflict, or delete the file to lock everything again"
                            .to_owned(),
                    ),
                });
            }
            let environment = &self.cell.environment;
            pylock::check_readable(&path.display().to_string(), text, environment)?;
        }
        Ok(())
    }

    /// Returns the locks that are there.
    pub(in crate::ops) fn locks<'a>(
        &'a self,
        request: &'a Compile,
    ) -> impl Iterator<Item = (&'a Path, &'a str)> {
        let output = request.output.path.as_deref().zip(self.previous.as_deref());
        let beside = request.output.beside.as_deref();
        let beside = beside.zip(self.previous_beside.as_deref());
        output.into_iter().chain(beside)
    }
}

/// What a resolution rests on: everything that is settled before a version is chosen.
pub(in crate::ops) struct Prepared {
    pub(in crate::ops) read: ReadInputs,
    /// Whether nothing counts but pages of indexes: no place, no flat location.
    pub(in crate::ops) is_plain: bool,
    /// What the lock there is has for this cell.
    pub(in crate::ops) locked: Arc<LockFile>,
    /// What it has for all cells.
    pub(in crate::ops) all_locked: Arc<LockFile>,
    pub(in crate::ops) request: Request,
    flat: Arc<Flat>,
    shared_builds: Arc<SharedBuilds>,
    /// What is at the places that requirements name.
    direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    /// How the lock names these.
    pub(in crate::ops) places: BTreeMap<ProjectName, DirectPin>,
}

/// Reads the sources and the lock file, and settles the targets and who is asked; returns
/// what was read for each cell.
///
/// `asks` is whether the network will probably be asked: then connections are made
/// meanwhile.
pub(in crate::ops) async fn read_inputs(
    request: &Compile,
    asks: bool,
    reporter: &dyn Reporter,
) -> Result<Vec<ReadInputs>, Error> {
    let http = Client::new(request.run.http.clone());
    let mut read = Vec::new();
    if request.selection.target.is_universal {
        read.push(read_universal(request, asks, &http, reporter).await?);
        return read_rest(request, asks, &http, read, reporter);
    }
    let settled = if asks {
        connect_to_named(request, &http);
        // While Python starts, the handshakes go on.
        let (wanted, cache) = (request.selection.target.clone(), request.run.cache.clone());
        blocking(move || target::settle(&wanted, &cache)).await?
    } else {
        target::settle(&request.selection.target, &request.run.cache)?
    };
    for target in &settled.targets {
        reporter.event(Event::Target(format!("{target} ({})", settled.found)));
    }
    let cells = python::cells(settled.targets);
    let kept_files = (cells.len() > 1).then(KeptFiles::default);
    for cell in cells {
        let inputs = inputs_of(request, &cell.environment, &http, kept_files.as_ref()).await?;
        read.push((cell, inputs, None));
    }
    let each = read
        .iter()
        .map(|(cell, inputs, _)| (cell, &inputs.requires_python[..]));
    check_pythons(&each.collect::<Vec<_>>())?;
    read_rest(request, asks, &http, read, reporter)
}

/// Reads the sources for a range of environments, and settles the range.
async fn read_universal(
    request: &Compile,
    asks: bool,
    http: &Client,
    reporter: &dyn Reporter,
) -> Result<(Cell, Inputs, Option<Scope>), Error> {
    universal::check(&request.selection.target)?;
    if asks {
        connect_to_named(request, http);
    }
    let inputs = inputs_of(request, &Environment::default(), http, None).await?;
    let (scope, cell) = universal::settle(request, &inputs, reporter).await?;
    Ok((cell, inputs, Some(scope)))
}

/// Reads the lock file, and settles who is asked.
fn read_rest(
    request: &Compile,
    asks: bool,
    http: &Client,
    read: Vec<(Cell, Inputs, Option<Scope>)>,
    reporter: &dyn Reporter,
) -> Result<Vec<ReadInputs>, Error> {
    let output = &request.output;
    let previous_beside = previous(output.beside.as_deref(), &request.run.view)?;
    let previous = previous(output.path.as_deref(), &request.run.view)?;
    let has_output = previous.is_some() || previous_beside.is_some();
    let preferences = preferences::read(request, &read[0].1, has_output, reporter)?;
    let preferences = preferences.map(Arc::new);
    let (settings, indexes) = network(request, &read[0].1)?;
    let http = http.with(settings);
    if asks {
        connect_ahead(&indexes, &http);
    }
    let client = Arc::new(index_client(&request.run, &http));
    let read = read.into_iter().map(|(cell, inputs, scope)| ReadInputs {
        inputs,
        cell,
        scope,
        previous: previous.clone(),
        previous_beside: previous_beside.clone(),
        preferences: preferences.clone(),
        indexes: indexes.clone(),
        http: http.clone(),
        client: Arc::clone(&client),
    });
    Ok(read.collect())
}

/// Looks at what is no page of an index, for each cell: flat locations, and the places that
/// requirements name.
pub(in crate::ops) async fn prepare_all(
    read: Vec<ReadInputs>,
    request: &Compile,
    reporter: &dyn Reporter,
) -> Result<Vec<Prepared>, Error> {
    let text = read[0].previous.as_deref();
    let text = text.or(read[0].previous_beside.as_deref());
    let locked = Arc::new(text.map(lock::read).unwrap_or_default());
    let mut prepared: Vec<Prepared> = Vec::with_capacity(read.len());
    let is_one_of_several = read.len() > 1;
    for read in read {
        let shared = prepared.first().map(|first| {
            let (flat, builds) = (&first.flat, &first.shared_builds);
            (Arc::clone(flat), Arc::clone(builds))
        });
        let own = match &read.scope {
            Some(_) => Arc::clone(&locked),
            None => locked_for(&locked, &read.cell.environment),
        };
        let mut one = prepare(read, own, shared, request, reporter).await?;
        one.all_locked = Arc::clone(&locked);
        one.request.is_recorded = is_one_of_several;
        prepared.push(one);
    }
    Ok(prepared)
}

/// Returns the pins of a lock without those of other environments, where there are several
/// of a project.
fn locked_for(locked: &Arc<LockFile>, environment: &Environment) -> Arc<LockFile> {
    let mut count: FxHashMap<&ProjectName, usize> = FxHashMap::default();
    for pin in &locked.pins {
        *count.entry(&pin.name).or_default() += 1;
    }
    if count.values().all(|&count| count == 1) {
        return Arc::clone(locked);
    }
    let holds = |pin: &lock::LockedPin| {
        let marker = pin.marker.as_deref().map(Marker::parse);
        marker.is_none_or(|marker| marker.is_ok_and(|marker| marker.evaluate(environment, None)))
    };
    let mut own = LockFile::clone(locked);
    own.pins.retain(|pin| count[&pin.name] == 1 || holds(pin));
    Arc::new(own)
}

/// Looks at flat locations, unless that is done, and the places that requirements name.
async fn prepare(
    read: ReadInputs,
    locked: Arc<LockFile>,
    shared: Option<(Arc<Flat>, Arc<SharedBuilds>)>,
    request: &Compile,
    reporter: &dyn Reporter,
) -> Result<Prepared, Error> {
    let environment = read.cell.environment.clone();
    let (flat, shared_builds) = match shared {
        Some(shared) => shared,
        None => (
            flat::flat(&read.client, &read.indexes).await?,
            Arc::default(),
        ),
    };
    let mut prepared = Prepared {
        is_plain: read.indexes.find_links.is_empty() && !has_places(&read.inputs),
        flat,
        shared_builds,
        all_locked: Arc::clone(&locked),
        locked,
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
    if let Some(preferences) = &prepared.read.preferences {
        let (cell, locked) = (&prepared.read.cell, &prepared.locked);
        preferences.add_to(&mut prepared.request, &request.selection, locked, cell);
    }
    if let Some(scope) = &mut prepared.read.scope {
        universal::prefer(scope, &prepared.locked, &request.selection);
        prepared.request.preferences.clear();
        prepared.request.range = Some(scope.range.clone());
    }
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
    let is_for_range = prepared.read.scope.is_some();
    let tags: Vec<Tags> = if is_for_range {
        Vec::new()
    } else {
        let targets = prepared.read.cell.targets.iter();
        targets.map(Target::tags).collect()
    };
    let direct = DirectReader {
        client: &prepared.read.client,
        builder: &builder(prepared, request, reporter),
        git: &repositories(&request.run),
        tags: &tags,
        environment,
        is_for_range,
        binary: &binary(&request.selection, inputs),
        is_build_forbidden: request.build.is_forbidden,
        view: &request.run.view,
        current_directory: &request.run.current_directory,
        overridden: &overridden,
        locked: &prepared.locked,
        is_upgraded: &|name: &ProjectName| !request.selection.keeps(name),
    };
    let (roots, pythons) = direct.projects(&inputs.trees).await?;
    check_pythons(&[(&prepared.read.cell, &pythons)])?;
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
    shared: Option<&Arc<SharedMetadata>>,
    reporter: &'a dyn Reporter,
) -> Fetcher<'a> {
    let cell = &prepared.read.cell;
    fetcher_for(prepared, cell, builder, request, shared, reporter)
}

/// Returns what answers for another cell of the same environment.
pub(in crate::ops) fn fetcher_for<'a>(
    prepared: &'a Prepared,
    cell: &Cell,
    builder: &'a Builder<'a>,
    request: &Compile,
    shared: Option<&Arc<SharedMetadata>>,
    reporter: &'a dyn Reporter,
) -> Fetcher<'a> {
    Fetcher::new(Parts {
        shared: shared.cloned(),
        client: &prepared.read.client,
        settings: &prepared.read.indexes,
        flat: Arc::clone(&prepared.flat),
        policy: policy(request, &prepared.read, cell, shared),
        pinned: pinned(&prepared.request, &prepared.locked),
        direct: prepared.direct.clone(),
        builder: Some(builder),
        chain: Vec::new(),
        reporter,
        resolution_timeout: request.run.resolution_timeout,
    })
}

/// Returns what makes a file admissible.
fn policy(
    request: &Compile,
    read: &ReadInputs,
    cell: &Cell,
    shared: Option<&Arc<SharedMetadata>>,
) -> Policy {
    let mut policy = Policy::new(
        cell,
        shared.map(|shared| shared.numbers()).unwrap_or_default(),
        request.selection.cutoffs(),
        request.selection.gate.clone(),
        binary(&request.selection, &read.inputs),
    );
    if let Some(scope) = &read.scope {
        let platforms = request.selection.target.python_platforms.clone();
        policy.open_to_range(Witnesses::new(platforms, &scope.lowest));
    }
    policy.is_build_forbidden = request.build.is_forbidden;
    policy.keeps_rows = shared.is_some();
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
    kept_files: Option<&KeptFiles>,
) -> Result<Inputs, Error> {
    let reading = Reading {
        is_for_range: request.selection.target.is_universal,
        environment,
        variable: &|name| request.run.variable(name),
        http,
        kept_files,
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

/// The `requires-python` of each project file must admit all targets.
fn check_pythons(cells: &[(&Cell, &[(String, Specifiers)])]) -> Result<(), Error> {
    let left_out = |(cell, pythons): &(&Cell, &[(String, Specifiers)])| {
        let python = cell.first().python.release();
        let mut files = pythons.iter();
        let file = files.find(|(_, specifiers)| !specifiers.contains(&python))?;
        Some((cell.first().clone(), file.clone()))
    };
    let all: Vec<_> = cells.iter().filter_map(left_out).collect();
    let Some((target, (file, specifiers))) = all.first() else {
        return Ok(());
    };
    let python = &target.python;
    let same = all.iter().filter(|(other, _)| other.python == *python);
    let platforms: Vec<String> = same.map(|(other, _)| other.platform.to_string()).collect();
    let message = if cells.len() == 1 {
        format!("`{file}` requires Python {specifiers}, but the target is Python {python}")
    } else {
        format!(
            "`{file}` requires Python {specifiers}, which leaves out Python {python} for {}",
            text::list(&platforms)
        )
    };
    Err(Error::Usage {
        message,
        help: Some(
            "choose a target with `--python-version`, or change `requires-python`".to_owned(),
        ),
    })
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
        if request.selection.keeps(&pin.name)
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
                marker: requirement.marker.clone(),
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
        range: None,
        pre_releases,
        resolution: request.selection.resolution,
        without_dependencies: request.selection.without_dependencies,
        is_recorded: false,
        places: Vec::new(),
    }
}

/// Adds a pin of a lock for a range of environments, which may have several of a project.
fn add_pin(pinned: &mut FxHashMap<ProjectName, Pinned>, pin: &lock::LockedPin, request: &Request) {
    let Some(version) = pin.version().and_then(|version| version.parse().ok()) else {
        return;
    };
    let range = request.range.as_ref();
    let is_kept = range.is_some_and(|range| range.preferences.contains_key(&pin.name));
    let entry = pinned.entry(pin.name.clone()).or_default();
    entry.hashes.extend(pin.hashes.iter().cloned());
    // The newest is what an update starts from.
    if let Some(known) = entry.locked.take() {
        let (newest, other) = if known < version {
            (version, known)
        } else {
            (known, version)
        };
        entry.others.push(other);
        entry.locked = Some(newest);
    } else {
        entry.locked = Some(version);
    }
    entry.kept = entry.locked.clone().filter(|_| is_kept);
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
        if request.range.is_some() {
            add_pin(&mut pinned, pin, request);
            continue;
        }
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
