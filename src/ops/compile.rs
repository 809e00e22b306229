//! `pinfold compile`: loose requirements in, a pinned and hashed lock file out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use url::Url;

use super::build::{Bench, BuildOptions, Builder, Workshop};
use super::candidates::{Pinned, Policy};
use super::cutoff::{Cutoff, Cutoffs};
use super::error::{Error, FileProblems};
use super::events::{Event, Reporter};
use super::facts::{Held, PinFacts, Standing};
use super::fetch::{self, DirectRelease, Fetcher, Flat, Parts};
use super::indexes::{self, DEFAULT_VARIABLES, IndexSettings, NamedIndex, Owner, Strategy};
use super::inputs::{self, Inputs, Reading, Source};
use super::output::{self, Hashes, Made, OutputOptions, WhichHashes};
use super::shadows;
use super::sources::{PlacePin, Settled, Surveyor};
use super::target::{self, TargetRequest};
use super::telling;
use super::view::View;
use crate::cache::Cache;
use crate::files;
use crate::http::{self, Client, IndexLogin};
use crate::index::{FindLinks, IndexClient, IndexUrl, PYPI_SIMPLE, Refresh, Settings};
use crate::lock::{self, Lock, LockFile, OptionLines};
use crate::python::{
    ExtraName, Marker, ProjectName, Requirement, RequirementSource, Specifiers, Target, Version,
};
use crate::requirements::{GroupRequest, PerProject};
use crate::resolve::{Chosen, Constraint, PreReleases, Request, RootRequirement, Solution};
use crate::text::{Newline, has_query_secret, many, without_password};
use crate::update;
use crate::vcs::{self, Git};

/// Gives the values of environment variables.
pub type Variables = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Everything that decides what a compilation does.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wish of its own, as the command line has it"
)]
pub struct Compile {
    /// What is compiled, in order.
    pub sources: Vec<Source>,
    /// The dependency groups that are compiled with them, or without any source.
    pub groups: Vec<GroupRequest>,
    /// Constraint files, by path or URL.
    pub constraints: Vec<String>,
    /// Bounds from elsewhere than files.
    pub bounds: Vec<Constraint>,
    /// Override files, by path or URL.
    pub overrides: Vec<String>,
    /// The extras of project files.
    pub extras: Vec<ExtraName>,
    /// Whether all extras of project files are wanted.
    pub all_extras: bool,
    /// The lock file: its pins are preferred. None: standard output.
    pub output: Option<PathBuf>,
    /// Whether no pin is preferred.
    pub upgrade: bool,
    /// Projects whose pins are preferred although all others are to be upgraded.
    pub kept_packages: Vec<ProjectName>,
    /// Projects whose pins are not preferred, with what is allowed of them.
    pub upgrade_packages: Vec<Requirement>,
    /// What the lock is for.
    pub target: TargetRequest,
    /// `--index-url`, as given.
    pub index_url: Option<String>,
    /// `--extra-index-url`, as given.
    pub extra_index_urls: Vec<String>,
    /// Indexes that have a name, own projects or have a limit of their own; all but a
    /// default one come before those that are only URLs.
    pub index_configs: Vec<NamedIndex>,
    /// Whether later indexes are asked if they have other projects of the names that an
    /// earlier index has. This tells them these names.
    pub shadow_check: bool,
    /// `--find-links`, as given.
    pub find_links: Vec<String>,
    /// Folders of links that belong to the machine: the lock does not name them.
    pub unwritten_find_links: Vec<String>,
    /// Whether no index is asked.
    pub no_index: bool,
    /// User and password for the index.
    pub login: Option<(String, http::Secret)>,
    /// How several indexes are used.
    pub strategy: Strategy,
    /// Nothing uploaded at or after this counts.
    pub exclude_newer: Option<jiff::Timestamp>,
    /// The same for some projects, instead.
    pub exclude_newer_packages: BTreeMap<ProjectName, Cutoff>,
    /// What an update may take.
    pub gate: Option<update::Policy>,
    /// Which pre-releases may be chosen; else as the files say.
    pub pre_releases: Option<PreReleases>,
    /// `--only-binary` (yes) and `--no-binary` (no).
    pub binary: PerProject,
    /// `--only-binary`, for the output.
    pub only_binary: Vec<String>,
    /// `--no-binary`, for the output.
    pub no_binary: Vec<String>,
    /// How what has to be built is built.
    pub build: BuildOptions,
    /// Whether only what is required directly is resolved.
    pub without_dependencies: bool,
    /// How the output looks.
    pub output_options: OutputOptions,
    /// How the network is used.
    pub http: http::Settings,
    /// Where answers are kept.
    pub cache: Cache,
    /// What is asked again although it is fresh.
    pub refresh: Refresh,
    /// The time of the run.
    pub now: jiff::Timestamp,
    /// The files as they are to be seen.
    pub view: View,
    /// The current directory, absolute.
    pub current_directory: String,
    /// The environment, for `${VAR}` in requirements files.
    pub variable: Variables,
}

impl Compile {
    /// Returns the limits on upload times.
    pub(super) fn cutoffs(&self) -> Cutoffs {
        Cutoffs {
            all: self.exclude_newer,
            projects: self.exclude_newer_packages.clone(),
        }
    }
}

/// What came of a compilation: nothing is written yet.
#[derive(Debug)]
pub struct Compiled {
    /// The text of the lock file.
    pub text: String,
    /// The text it had, if there was a file.
    pub previous: Option<String>,
    /// Which pins moved, in one sentence; none if there was no file.
    pub changes: Option<String>,
    /// The pins that moved, one by one; none if there was no file.
    pub moves: Vec<lock::Change>,
    /// What the policy of an update holds back, by project.
    pub held: Vec<Held>,
    /// What is known of the pins, by project.
    pub pins_told: Vec<PinFacts>,
    /// How many projects are pinned.
    pub pins: usize,
    /// The lock as a value.
    pub lock: Lock,
    /// How many releases had their requirements read.
    pub tried: usize,
    /// How many requests were made.
    pub requests: u64,
    /// How many bytes came.
    pub bytes: u64,
    /// What is doubtful in the inputs.
    pub warnings: Vec<FileProblems>,
    /// Where the text belongs.
    pub output: Option<PathBuf>,
}

impl Compiled {
    /// Whether the file is not as it should be.
    pub fn is_changed(&self) -> bool {
        self.previous.as_deref() != Some(&self.text)
    }

    /// Writes the lock file, if it changed; returns whether it did.
    pub fn write(&self) -> Result<bool, Error> {
        match &self.output {
            Some(path) if self.is_changed() => {
                Ok(files::replace_if_changed(path, self.text.as_bytes())?)
            }
            _ => Ok(false),
        }
    }
}

/// What a resolution rests on: everything that is settled before a version is chosen.
pub(super) struct Ground {
    pub(super) inputs: Inputs,
    pub(super) target: Target,
    /// The text of the lock file, if there is one.
    pub(super) previous: Option<String>,
    pub(super) locked: LockFile,
    pub(super) request: Request,
    pub(super) http: Client,
    pub(super) client: IndexClient,
    indexes: IndexSettings,
    flat: Arc<Flat>,
    bench: Arc<Bench>,
    /// What is at the places that requirements name.
    direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    /// How the lock names these.
    pub(super) places: BTreeMap<ProjectName, PlacePin>,
}

/// Reads the sources and the lock file, and settles the target and who is asked.
pub(super) async fn ground(request: &Compile, reporter: &dyn Reporter) -> Result<Ground, Error> {
    let settled = target::settle(&request.target, &request.cache)?;
    let target = settled.target;
    reporter.event(Event::Target(format!("{target} ({})", settled.found)));
    let environment = target.environment();
    let mut inputs = read_inputs(request, &environment).await?;
    check_python(&inputs, &target)?;
    let previous = previous(request)?;
    let locked = previous.as_deref().map(lock::read).unwrap_or_default();
    let (http, indexes) = network(request, &inputs)?;
    let http = Client::new(http);
    let client = index_client(request, &http);
    let flat = fetch::flat(&client, &indexes).await?;
    let bench = Arc::default();
    let mut settled = Settled::default();
    let has_places = !inputs.located.is_empty() || !inputs.located_constraints.is_empty();
    if has_places || !inputs.trees.is_empty() {
        let builder = Builder::new(
            Workshop {
                client: &client,
                indexes: &indexes,
                flat: Arc::clone(&flat),
                wish: request,
                binary: binary(request, &inputs),
                reporter,
            },
            Arc::clone(&bench),
        );
        let is_upgraded = |name: &ProjectName| !is_kept(request, name);
        let surveyor = Surveyor {
            client: &client,
            builder: &builder,
            git: &repositories(request),
            policy: &policy(request, &inputs, &target),
            environment: &environment,
            binary: &binary(request, &inputs),
            is_build_forbidden: request.build.is_forbidden,
            view: &request.view,
            current_directory: &request.current_directory,
            locked: &locked,
            is_upgraded: &is_upgraded,
        };
        drop_overridden(&mut inputs);
        let (roots, pythons) = surveyor.projects(&inputs.trees).await?;
        inputs.roots.extend(roots);
        inputs.requires_python.extend(pythons);
        check_python(&inputs, &target)?;
        settled = surveyor
            .survey(&inputs.located, &inputs.located_constraints)
            .await?;
        inputs.roots.append(&mut settled.roots);
        inputs.overrides.append(&mut settled.overrides);
        name_what_is_said_of_places(&mut inputs, &settled);
    }
    let mut resolve_request = resolve_request(request, &inputs, &locked, environment);
    resolve_request.places = settled.places;
    Ok(Ground {
        target,
        inputs,
        previous,
        locked,
        request: resolve_request,
        http,
        client,
        indexes,
        flat,
        bench,
        direct: settled.direct,
        places: settled.pins,
    })
}

/// The command line has the last word on which files may be used.
fn binary(request: &Compile, inputs: &Inputs) -> Vec<PerProject> {
    vec![request.binary.clone(), inputs.options.binary.clone()]
}

/// Returns who builds what the resolver asks for.
pub(super) fn builder<'a>(
    ground: &'a Ground,
    request: &'a Compile,
    reporter: &'a dyn Reporter,
) -> Builder<'a> {
    let shop = Workshop {
        client: &ground.client,
        indexes: &ground.indexes,
        flat: Arc::clone(&ground.flat),
        wish: request,
        binary: binary(request, &ground.inputs),
        reporter,
    };
    Builder::new(shop, Arc::clone(&ground.bench))
}

/// Returns what answers the resolver.
pub(super) fn fetcher<'a>(
    ground: &'a Ground,
    builder: &'a Builder<'a>,
    request: &Compile,
    reporter: &'a dyn Reporter,
) -> Fetcher<'a> {
    Fetcher::new(Parts {
        client: &ground.client,
        settings: &ground.indexes,
        flat: Arc::clone(&ground.flat),
        policy: policy(request, &ground.inputs, &ground.target),
        pinned: pinned(&ground.request, &ground.locked),
        direct: ground.direct.clone(),
        builder: Some(builder),
        chain: Vec::new(),
        reporter,
    })
}

/// Compiles: reads the sources, resolves, and returns the text of the lock file.
pub async fn compile(request: &Compile, reporter: &dyn Reporter) -> Result<Compiled, Error> {
    let ground = ground(request, reporter).await?;
    let builder = builder(&ground, request, reporter);
    let fetcher = fetcher(&ground, &builder, request, reporter);
    let Ground {
        inputs,
        target,
        previous,
        locked,
        request: resolve_request,
        http,
        client,
        ..
    } = &ground;
    let likely: Vec<ProjectName> = locked.pins.iter().map(|pin| pin.name.clone()).collect();
    let resolution = fetcher.resolve(resolve_request.clone(), &likely).await;
    let built = builder.built();
    if !built.is_empty() {
        reporter.event(Event::Note(format!(
            "built, to learn what is required: {} (`--no-build` runs no code of packages)",
            built.join(", ")
        )));
    }
    if let Some(warning) = http.take_warning() {
        reporter.event(Event::Warning(warning));
    }
    let mut resolution = match resolution {
        Ok(resolution) => resolution,
        Err(error) => {
            client.finish_writes().await;
            return Err(error);
        }
    };
    reporter.event(Event::Solved {
        pins: resolution.solution.chosen.len(),
        tried: resolution.tried,
    });
    telling::tell(
        request,
        resolve_request,
        &resolution.solution,
        &fetcher,
        &ground.places,
        reporter,
    );
    if request.shadow_check && !request.http.offline {
        shadows::warn(&resolution.solution, &fetcher, reporter).await;
    }
    let mut hashes = hashes(request, locked, &resolution.solution, &fetcher, reporter).await?;
    keep_given_hashes(inputs, &mut hashes)?;
    let made = Made {
        request: resolve_request,
        inputs,
        places: &ground.places,
        solution: &resolution.solution,
        hashes,
        options: public_option_lines(request, inputs, reporter),
        output: &request.output_options,
        target: format!("Python {} for {}", target.python.short(), target.platform),
    };
    let lock = output::lock(&made);
    let standing = Standing {
        request: resolve_request,
        solution: &resolution.solution,
        fetcher: &fetcher,
        lock: &lock,
    };
    let (held, pins_told) = match request.gate {
        Some(_) => (standing.held(&mut resolution.resolver), standing.pins()),
        None => (Vec::new(), Vec::new()),
    };
    let text = lock::render(&lock, &style(request, previous.as_deref(), inputs));
    finish_writes(client, reporter).await;
    let moves = match previous {
        Some(_) => lock::changes(locked, &lock),
        None => Vec::new(),
    };
    Ok(Compiled {
        changes: previous.is_some().then(|| lock::summary(&moves)),
        moves,
        held,
        pins_told,
        text,
        pins: lock.pins.len(),
        lock,
        tried: resolution.tried,
        requests: http.requests(),
        bytes: http.bytes(),
        previous: ground.previous,
        warnings: ground.inputs.warnings,
        output: request.output.clone(),
    })
}

/// Returns what makes a file admissible.
fn policy(request: &Compile, inputs: &Inputs, target: &Target) -> Policy {
    let mut policy = Policy::new(
        target.python.release(),
        target.tags(),
        request.cutoffs(),
        request.gate.clone(),
        binary(request, inputs),
    );
    policy.is_build_forbidden = request.build.is_forbidden;
    policy.which_hashes = request.output_options.which_hashes;
    policy
}

fn index_client(request: &Compile, http: &Client) -> IndexClient {
    let settings = Settings {
        now: request.now,
        refresh: request.refresh.clone(),
        offline: request.http.offline,
    };
    IndexClient::new(http.clone(), request.cache.clone(), settings)
}

async fn finish_writes(client: &IndexClient, reporter: &dyn Reporter) {
    if let Some(error) = client.finish_writes().await {
        reporter.event(Event::Warning(format!(
            "{error}: {}; the next run will fetch again what this one fetched",
            error.source
        )));
    }
}

/// Returns how the text looks; lines end as they did, else as in the first input.
fn style(request: &Compile, previous: Option<&str>, inputs: &Inputs) -> lock::Style {
    let mut style = request.output_options.style.clone();
    style.newline = request
        .output_options
        .newline
        .or_else(|| previous.and_then(Newline::of))
        .or(inputs.newline)
        .unwrap_or_default();
    style
}

async fn read_inputs(
    request: &Compile,
    environment: &crate::python::Environment,
) -> Result<Inputs, Error> {
    let client = Client::new(request.http.clone());
    let reading = Reading {
        environment,
        variable: &*request.variable,
        http: &client,
        current_directory: &request.current_directory,
        view: &request.view,
        extras: &request.extras,
        all_extras: request.all_extras,
    };
    inputs::read(
        &reading,
        &request.sources,
        &request.groups,
        &request.constraints,
        &request.overrides,
    )
    .await
}

/// Returns whether the lock's choice for a project stays.
fn is_kept(request: &Compile, name: &ProjectName) -> bool {
    if request.upgrade {
        return request.kept_packages.contains(name);
    }
    let mut upgraded = request.upgrade_packages.iter();
    !upgraded.any(|requirement| requirement.name == *name)
}

/// Returns what reads repositories.
fn repositories(request: &Compile) -> Git {
    Git::new(vcs::Settings {
        cache: request.cache.dir().map(Path::to_owned),
        is_offline: request.http.offline,
        variables: Vec::new(),
    })
}

/// Forgets places that an override stands in the place of: nobody need look there, but
/// their projects are required all the same.
fn drop_overridden(inputs: &mut Inputs) {
    let places = inputs.located.iter().filter(|located| located.is_override);
    let by_name = inputs.overrides.iter().map(|one| &one.requirement.name);
    let overridden: FxHashSet<ProjectName> = places
        .filter_map(|located| located.name.as_ref())
        .chain(by_name)
        .chain(&inputs.dropped)
        .cloned()
        .collect();
    for located in std::mem::take(&mut inputs.located) {
        match &located.name {
            Some(name) if !located.is_override && overridden.contains(name) => {
                inputs.roots.push(RootRequirement {
                    requirement: Requirement {
                        name: name.clone(),
                        extras: located.extras,
                        source: RequirementSource::Specifiers(Specifiers::default()),
                        marker: located.marker,
                    },
                    place: located.place,
                    origin: located.origin,
                });
            }
            _ => inputs.located.push(located),
        }
    }
}

/// What is said beside a place holds for the project that is there.
fn name_what_is_said_of_places(inputs: &mut Inputs, settled: &Settled) {
    for located in &inputs.located {
        let Some(name) = settled.name_of(located) else {
            continue;
        };
        if !located.comments.is_empty() {
            let comments = inputs.comments.entry(name.clone()).or_default();
            comments.extend(located.comments.iter().cloned());
        }
        if !located.hashes.is_empty() {
            let known = inputs.hashes.entry(name.clone());
            let entry = known.or_insert_with(|| (BTreeSet::new(), located.place.clone()));
            entry.0.extend(located.hashes.iter().cloned());
        }
    }
}

/// A project's own `requires-python` must admit the target.
fn check_python(inputs: &Inputs, target: &Target) -> Result<(), Error> {
    let python = target.python.release();
    for (file, specifiers) in &inputs.requires_python {
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

fn previous(request: &Compile) -> Result<Option<String>, Error> {
    let Some(path) = &request.output else {
        return Ok(None);
    };
    let bytes = files::if_there(request.view.read(path))?;
    bytes
        .map(String::from_utf8)
        .transpose()
        .map_err(|_| Error::OutputNotText { path: path.clone() })
}

fn resolve_request(
    request: &Compile,
    inputs: &Inputs,
    locked: &LockFile,
    environment: crate::python::Environment,
) -> Request {
    let mut preferences: FxHashMap<ProjectName, Version> = FxHashMap::default();
    for pin in &locked.pins {
        if is_kept(request, &pin.name)
            && let Some(version) = pin.version().and_then(|version| version.parse().ok())
        {
            preferences.insert(pin.name.clone(), version);
        }
    }
    let mut constraints = inputs.constraints.clone();
    constraints.extend(request.bounds.iter().cloned());
    for requirement in &request.upgrade_packages {
        if let RequirementSource::Specifiers(specifiers) = &requirement.source
            && !specifiers.is_empty_spec()
        {
            constraints.push(Constraint {
                name: requirement.name.clone(),
                specifiers: specifiers.clone(),
                place: "--upgrade-package".to_owned(),
            });
        }
    }
    let pre_releases = request.pre_releases.unwrap_or(if inputs.options.pre {
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
        without_dependencies: request.without_dependencies,
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

/// Settles which servers are asked, and with which credentials.
fn network(request: &Compile, inputs: &Inputs) -> Result<(http::Settings, IndexSettings), Error> {
    let mut http = request.http.clone();
    http.trusted_hosts
        .extend(inputs.options.trusted_hosts.iter().cloned());
    let mut index = |text: &str, variables: Option<IndexLogin>| -> Result<IndexUrl, Error> {
        let mut url = parse_location(text, &request.current_directory)?;
        if url.scheme() == "file" && !url.to_file_path().is_ok_and(|path| path.is_dir()) {
            return Err(Error::Usage {
                message: format!("the index `{url}` does not exist: there is no such folder"),
                help: None,
            });
        }
        http.credentials.add_index(&mut url, variables);
        Ok(IndexUrl::new(url))
    };
    let given = |text: &str| expanded(text, &*request.variable);
    let mut settings = IndexSettings {
        strategy: request.strategy,
        ..IndexSettings::default()
    };
    if !request.no_index && !inputs.options.no_index {
        let of_default = || {
            let (user, password) = request.login.clone()?;
            Some(IndexLogin {
                user: Some(http::Secret::new(user)).filter(|user| !user.expose().is_empty()),
                password: Some(password).filter(|password| !password.expose().is_empty()),
                names: DEFAULT_VARIABLES.join(" and "),
            })
        };
        let mut named_default = None;
        for named in &request.index_configs {
            let name = named.name.as_deref();
            let login = name.and_then(|name| indexes::login_of(name, &*request.variable));
            let login = login.or_else(|| of_default().filter(|_| named.is_default));
            let url = index(&given(&named.url), login)?;
            let shown = name.map_or_else(|| url.to_string(), str::to_owned);
            if let Some(name) = name {
                settings.names.insert(url.clone(), name.to_owned());
            }
            if let Some(cutoff) = named.exclude_newer {
                let entry = (shown.clone(), cutoff);
                settings.cutoffs.insert(url.clone(), entry);
            }
            if named.is_default {
                named_default = Some(url.clone());
            } else if named.packages.is_empty() {
                settings.indexes.push(url.clone());
            }
            if !named.packages.is_empty() {
                settings.owners.push(Owner {
                    name: shown,
                    index: url,
                    packages: named.packages.clone(),
                });
            }
        }
        for text in &request.extra_index_urls {
            settings.indexes.push(index(&given(text), None)?);
        }
        for written in &inputs.options.extra_index_urls {
            settings.indexes.push(index(&written.value, None)?);
        }
        let default = match (&request.index_url, named_default, &inputs.options.index_url) {
            (Some(text), _, _) => index(&given(text), of_default())?,
            (None, Some(named), _) => named,
            (None, None, Some(written)) => index(&written.value, of_default())?,
            (None, None, None) => index(PYPI_SIMPLE, of_default())?,
        };
        settings.indexes.push(default);
        let mut seen = FxHashSet::default();
        settings.indexes.retain(|index| seen.insert(index.clone()));
    }
    let given: Vec<String> = request
        .find_links
        .iter()
        .chain(&request.unwritten_find_links)
        .map(|text| given(text))
        .collect();
    settings.trusted_find_links = given.len();
    for text in given.iter().map(String::as_str).chain(
        inputs
            .options
            .find_links
            .iter()
            .map(|written| written.value.as_str()),
    ) {
        settings.find_links.push(if text.contains("://") {
            let mut url = parse_location(text, &request.current_directory)?;
            http.credentials.take_from(&mut url);
            FindLinks::Page(url)
        } else {
            FindLinks::Path(request.view.path(std::path::Path::new(text)))
        });
    }
    Ok((http, settings))
}

/// An index is a URL; a path to a folder is taken as well.
fn parse_location(text: &str, current_directory: &str) -> Result<Url, Error> {
    let failed = |why: String| Error::Usage {
        message: format!(
            "`{}` is not the URL of an index: {why}",
            without_password(text)
        ),
        help: Some("write it with its scheme: `https://host/simple/`".to_owned()),
    };
    if !text.contains("://") {
        let path = std::path::Path::new(current_directory).join(text);
        if path.is_dir() {
            return Url::from_directory_path(path).map_err(|()| failed("not a path".to_owned()));
        }
    }
    if let Some(variable) = unset_variable(text) {
        return Err(Error::Usage {
            message: format!(
                "`{}` needs the environment variable {variable}, which is not set",
                without_password(text)
            ),
            help: Some(format!("set {variable} and run again")),
        });
    }
    let url = Url::parse(text).map_err(|error| failed(error.to_string()))?;
    match url.scheme() {
        "http" | "https" | "file" => Ok(url),
        other => Err(failed(format!("the scheme `{other}` is not known"))),
    }
}

/// Returns an option's value with each `${VAR}` that is set replaced, as in a
/// requirements file: so that a secret need not be written out on the command line, and
/// the lock has the name of the variable.
fn expanded(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(name) = unset_variable(rest) {
        let reference = format!("${{{name}}}");
        let Some((before, behind)) = rest.split_once(&reference) else {
            break;
        };
        result.push_str(before);
        match variable(name).filter(|value| !value.is_empty()) {
            Some(value) => result.push_str(&value),
            None => result.push_str(&reference),
        }
        rest = behind;
    }
    result + rest
}

/// Returns the first `${VAR}` that is left in a text after all that are set were
/// replaced.
fn unset_variable(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("${")?;
    let (name, rest) = rest.split_once('}')?;
    let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if !name.is_empty() && name.bytes().all(is_name) {
        return Some(name);
    }
    unset_variable(rest)
}

/// Returns the option lines, and says what of them is not written although it is needed.
fn public_option_lines(request: &Compile, inputs: &Inputs, reporter: &dyn Reporter) -> OptionLines {
    let lines = option_lines(request, inputs);
    let emitted = request.output_options.style.options;
    let indexes = lines.index_url.iter().chain(&lines.extra_index_urls);
    let indexes = indexes.filter(|_| emitted.indexes);
    let locations = lines.find_links.iter().filter(|_| emitted.find_links);
    for url in indexes.chain(locations).filter(|url| has_query_secret(url)) {
        reporter.event(Event::Warning(format!(
            "the secret in the query of `{}` is not written into the lock; write it as `${{VARIABLE}}`, \
             which pip reads as well",
            without_password(url)
        )));
    }
    lines
}

fn option_lines(request: &Compile, inputs: &Inputs) -> OptionLines {
    let named = |is_default: bool| {
        let named = request.index_configs.iter();
        named
            .filter(move |named| named.is_default == is_default)
            .map(|named| named.url.clone())
    };
    let index_url = request
        .index_url
        .clone()
        .or_else(|| named(true).next_back())
        .or_else(|| {
            inputs
                .options
                .index_url
                .as_ref()
                .map(|written| written.as_written.clone())
        })
        .filter(|url| url.trim_end_matches('/') != PYPI_SIMPLE.trim_end_matches('/'));
    let mut lines = OptionLines {
        index_url,
        extra_index_urls: named(false)
            .chain(request.extra_index_urls.iter().cloned())
            .collect(),
        find_links: request.find_links.clone(),
        trusted_hosts: request.http.trusted_hosts.clone(),
        no_binary: request.no_binary.clone(),
        only_binary: request.only_binary.clone(),
    };
    let options = &inputs.options;
    let written = |list: &[crate::requirements::Written]| -> Vec<String> {
        list.iter()
            .map(|written| written.as_written.clone())
            .collect()
    };
    lines
        .extra_index_urls
        .extend(written(&options.extra_index_urls));
    lines.find_links.extend(written(&options.find_links));
    lines
        .trusted_hosts
        .extend(options.trusted_hosts.iter().cloned());
    lines.no_binary.extend(options.no_binary.iter().cloned());
    lines
        .only_binary
        .extend(options.only_binary.iter().cloned());
    lines
}

/// Returns the hashes to write for each project.
async fn hashes(
    request: &Compile,
    locked: &LockFile,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<ProjectName, Vec<String>>, Error> {
    if request.output_options.hashes == Hashes::None {
        return Ok(BTreeMap::new());
    }
    let recorded: FxHashMap<&ProjectName, &lock::LockedPin> =
        locked.pins.iter().map(|pin| (&pin.name, pin)).collect();
    let reuse = request.output_options.hashes == Hashes::Reuse;
    let each = solution.chosen.iter().map(async |(name, chosen)| {
        let kept = recorded.get(name).filter(|pin| {
            reuse
                && !pin.hashes.is_empty()
                && pin.version().and_then(|text| text.parse().ok()).as_ref()
                    == Some(&chosen.version)
        });
        let for_target = request.output_options.which_hashes == WhichHashes::Target;
        let hashes = match kept {
            Some(pin) if for_target => {
                hashes_for_target(name, chosen, &pin.hashes, fetcher, reporter).await?
            }
            Some(pin) => match fetcher.published_hashes(name, chosen.position) {
                Some(mut now) => {
                    let new = compare_hashes(name, &chosen.version, &pin.hashes, &now)?;
                    if request.gate.is_some() && is_comparable(&pin.hashes) {
                        // The policy has decided which files are taken.
                        now.sort_unstable();
                        now.dedup();
                        now
                    } else {
                        tell_new_files(name, &chosen.version, new, reporter);
                        pin.hashes.clone()
                    }
                }
                None => pin.hashes.clone(),
            },
            None => fetcher.hashes(name, chosen.position).await?,
        };
        Ok::<_, Error>((name.clone(), hashes))
    });
    let all = futures_util::future::try_join_all(each).await?;
    Ok(all.into_iter().collect())
}

/// Returns the recorded hashes of a release but for those of files that the target cannot
/// install; those of the target's files where none is left.
async fn hashes_for_target(
    name: &ProjectName,
    chosen: &Chosen,
    recorded: &[String],
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, Error> {
    let position = chosen.position;
    let now = fetcher.hashes(name, position).await?;
    let Some(all) = fetcher.all_published_hashes(name, position) else {
        // What else there is would have to be downloaded to be told from what is gone.
        return Ok(now);
    };
    compare_hashes(name, &chosen.version, recorded, &all)?;
    let kept: Vec<String> = recorded
        .iter()
        .filter(|hash| now.contains(hash) || !all.contains(hash))
        .cloned()
        .collect();
    if !kept.iter().any(|hash| now.contains(hash)) {
        return Ok(now);
    }
    let new = now.iter().filter(|hash| !kept.contains(hash)).count();
    tell_new_files(name, &chosen.version, new, reporter);
    Ok(kept)
}

/// Who gives hashes with a requirement accepts no others.
fn keep_given_hashes(
    inputs: &Inputs,
    hashes: &mut BTreeMap<ProjectName, Vec<String>>,
) -> Result<(), Error> {
    for (name, (given, place)) in &inputs.hashes {
        // Other algorithms are not comparable with what indexes give.
        if !given.iter().all(|hash| hash.starts_with("sha256:")) {
            continue;
        }
        let Some(known) = hashes.get_mut(name) else {
            continue;
        };
        known.retain(|hash| given.contains(hash));
        if known.is_empty() {
            return Err(Error::Usage {
                message: format!(
                    "none of the hashes given for {name} ({place}) is one of those its files have"
                ),
                help: Some(
                    "check where the hashes come from, or remove them from the requirement"
                        .to_owned(),
                ),
            });
        }
    }
    Ok(())
}

/// Whether hashes can be compared with what indexes give: other algorithms cannot.
fn is_comparable(hashes: &[String]) -> bool {
    hashes.iter().any(|hash| hash.starts_with("sha256:"))
}

/// A recorded hash that the index does not know any more is no small thing. Returns
/// how many hashes are not recorded.
fn compare_hashes(
    name: &ProjectName,
    version: &Version,
    recorded: &[String],
    now: &[String],
) -> Result<usize, Error> {
    if !is_comparable(recorded) {
        return Ok(0);
    }
    let known: FxHashSet<&str> = now.iter().map(String::as_str).collect();
    if !recorded.iter().any(|hash| known.contains(hash.as_str())) && !now.is_empty() {
        return Err(Error::Usage {
            message: format!("none of the hashes recorded for {name}=={version} is one of those the index has now"),
            help: Some(
                "if you know why the files changed, accept the new ones with `--refresh-hashes`; otherwise ask who publishes them"
                    .to_owned(),
            ),
        });
    }
    let recorded: FxHashSet<&str> = recorded.iter().map(String::as_str).collect();
    Ok(known.difference(&recorded).count())
}

fn tell_new_files(name: &ProjectName, version: &Version, new: usize, reporter: &dyn Reporter) {
    if new > 0 {
        let files = many(new, "new file");
        reporter.event(Event::Detail(format!(
            "{name} {version} has {files} since it was locked; `--refresh-hashes` accepts them"
        )));
    }
}

impl std::fmt::Debug for Compile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compile")
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}
