//! `pinfold compile`: loose requirements in, a pinned and hashed lock file out.

mod build;
pub(in crate::ops) mod candidates;
mod cutoff;
mod direct;
pub(in crate::ops) mod fetch;
mod hashes;
mod indexes;
mod inputs;
pub(in crate::ops) mod last_run;
mod network;
mod output;
mod pin_details;
pub(in crate::ops) mod prepare;
mod target;
mod warnings;

pub use build::BuildOptions;
pub use cutoff::Cutoff;
pub use indexes::{IndexSettings, NamedIndex, Owner, Strategy};
pub use inputs::{Source, SourceOptions};
pub use output::{Hashes, OutputOptions, WhichHashes};
pub use pin_details::{Held, PinFacts};
pub use target::{ResolvedTarget, TargetRequest};

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::build::Builder;
use self::cutoff::Cutoffs;
use self::fetch::prefetch::Foreseen;
use self::fetch::{Fetcher, Resolution};
use self::hashes::{hashes, keep_given_hashes};
use self::inputs::Inputs;
use self::last_run::{Fingerprint, Proved, Remembering, Trail, Unchanged};
use self::network::public_option_lines;
use self::output::Made;
use self::pin_details::Standing;
use self::prepare::{Gathered, Ground, builder, fetcher, gather, ground};
use self::warnings::dependency_confusion;
use crate::cache::Cache;
use crate::files;
use crate::http::{self};
use crate::index::{IndexClient, Refresh};
use crate::lock::{self, Lock};
use crate::ops::error::{Error, FileProblems};
use crate::ops::events::{Event, Reporter};
use crate::ops::view::View;
use crate::python::{ExtraName, ProjectName, Requirement};
use crate::requirements::{GroupRequest, PerProject};
use crate::resolve::{Constraint, PreReleases};
use crate::text::Newline;
use crate::update;

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
    /// Whether the process ends after this: then memory is left to its end, which gives
    /// it back in one go.
    pub is_last: bool,
    /// The files as they are to be seen.
    pub view: View,
    /// The current directory, absolute.
    pub current_directory: String,
    /// The environment, for `${VAR}` in requirements files.
    pub variable: Variables,
}

impl Compile {
    /// Returns the limits on upload times.
    pub(in crate::ops) fn cutoffs(&self) -> Cutoffs {
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
    /// The lock as a value; none if nothing had to be decided, since nothing has changed
    /// since the last run.
    pub lock: Option<Lock>,
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
    /// Returns what there is to say where nothing has changed.
    fn unchanged(unchanged: &Unchanged, gathered: Gathered, request: &Compile) -> Self {
        Self {
            text: gathered.previous.clone().unwrap_or_default(),
            changes: Some(lock::summary(&[])),
            moves: Vec::new(),
            held: Vec::new(),
            pins_told: Vec::new(),
            pins: unchanged.pins,
            lock: None,
            tried: 0,
            requests: gathered.http.requests(),
            bytes: gathered.http.bytes(),
            previous: gathered.previous,
            warnings: gathered.inputs.warnings,
            output: request.output.clone(),
        }
    }

    /// Returns the pins of the lock, if it was decided on.
    pub fn lock_pins(&self) -> impl Iterator<Item = &lock::Pin> {
        self.lock.iter().flat_map(|lock| &lock.pins)
    }

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

/// Compiles: reads the sources, resolves, and returns the text of the lock file.
///
/// Where nothing has changed since a run that changed nothing, nothing is resolved.
pub async fn compile(request: &Compile, reporter: &dyn Reporter) -> Result<Compiled, Error> {
    let trail = Trail::load(request);
    let gathered = gather(request, trail.will_ask(request), reporter).await?;
    let fingerprint = last_run::fingerprint(request, &gathered, reporter);
    let client = &gathered.client;
    let unchanged = trail.unchanged(request, fingerprint, client, reporter);
    if let Some(unchanged) = unchanged.await {
        finish_writes(client, reporter).await;
        return Ok(Compiled::unchanged(&unchanged, gathered, request));
    }
    // Boxed: it is large, and so would be whatever waits for it.
    Box::pin(resolve(request, gathered, &trail, fingerprint, reporter)).await
}

/// Resolves, and returns the text of the lock file.
async fn resolve(
    request: &Compile,
    gathered: Gathered,
    trail: &Trail,
    fingerprint: Option<Fingerprint>,
    reporter: &dyn Reporter,
) -> Result<Compiled, Error> {
    let remembering = Remembering::new(reporter);
    let reporter: &dyn Reporter = &remembering;
    let ground = ground(gathered, request, reporter).await?;
    let builder = builder(&ground, request, reporter);
    let fetcher = fetcher(&ground, &builder, request, reporter);
    let Ground {
        gathered,
        is_plain,
        locked,
        request: resolve_request,
        ..
    } = &ground;
    let Gathered {
        inputs,
        target,
        previous,
        http,
        client,
        ..
    } = gathered;
    let mut resolution = choose(request, &ground, &fetcher, &builder, trail, reporter).await?;
    let mut hashes = hashes(request, locked, &resolution.solution, &fetcher, reporter).await?;
    fetcher.check_pages()?;
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
    let is_unchanged = *is_plain && previous.as_deref() == Some(&text) && fetcher.is_complete();
    let proved = fingerprint.filter(|_| is_unchanged);
    let proved = proved.map(|fingerprint| Proved {
        fingerprint,
        pins: lock.pins.len(),
        said: remembering.said(),
    });
    let consulted = resolution.resolver.universe.consulted().collect();
    last_run::leave(request, client, trail, &consulted, proved);
    finish_writes(client, reporter).await;
    let moves = match previous {
        Some(_) => lock::changes(locked, &lock),
        None => Vec::new(),
    };
    let changes = previous.is_some().then(|| lock::summary(&moves));
    let (requests, bytes) = (http.requests(), http.bytes());
    if request.is_last {
        std::mem::forget((resolution.resolver, fetcher));
    }
    let Gathered {
        previous,
        inputs,
        client,
        ..
    } = ground.gathered;
    if request.is_last {
        std::mem::forget(client);
    }
    Ok(Compiled {
        changes,
        moves,
        held,
        pins_told,
        text,
        pins: lock.pins.len(),
        lock: Some(lock),
        tried: resolution.tried,
        requests,
        bytes,
        previous,
        warnings: inputs.warnings,
        output: request.output.clone(),
    })
}

/// Chooses the versions, and says what the user should know of them.
async fn choose(
    request: &Compile,
    ground: &Ground,
    fetcher: &Fetcher<'_>,
    builder: &Builder<'_>,
    trail: &Trail,
    reporter: &dyn Reporter,
) -> Result<Resolution, Error> {
    let likely = likely(&ground.locked, trail);
    let foreseen = Foreseen {
        projects: &likely,
        is_complete: !trail.is_empty(),
    };
    let resolution = fetcher.resolve(ground.request.clone(), foreseen).await;
    let built = builder.built();
    if !built.is_empty() {
        reporter.event(Event::Note(format!(
            "built, to learn what is required: {} (`--no-build` runs no code of packages)",
            built.join(", ")
        )));
    }
    if let Some(warning) = ground.gathered.http.take_warning() {
        reporter.event(Event::Warning(warning));
    }
    let resolution = match resolution {
        Ok(resolution) => resolution,
        Err(error) => {
            ground.gathered.client.finish_writes().await;
            return Err(error);
        }
    };
    reporter.event(Event::Solved {
        pins: resolution.solution.chosen.len(),
        tried: resolution.tried,
    });
    warnings::tell(
        request,
        &ground.request,
        &resolution.solution,
        fetcher,
        &ground.places,
        reporter,
    );
    if request.shadow_check && !request.http.offline {
        dependency_confusion::warn(&resolution.solution, fetcher, reporter).await;
    }
    Ok(resolution)
}

/// Returns the projects that will probably be asked for: those of the last run, else those
/// of the lock.
fn likely(locked: &lock::LockFile, trail: &Trail) -> Vec<ProjectName> {
    if trail.is_empty() {
        return locked.pins.iter().map(|pin| pin.name.clone()).collect();
    }
    trail.projects().collect()
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

impl std::fmt::Debug for Compile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compile")
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}
