//! `pinfold compile`: loose requirements in, a pinned and hashed lock file out.

mod build;
pub(in crate::ops) mod candidates;
mod cutoff;
mod direct;
pub(in crate::ops) mod fetch;
mod flat;
mod hashes;
mod indexes;
mod inputs;
pub(in crate::ops) mod last_run;
mod markers;
mod network;
mod output;
mod overwrite;
mod pin_details;
pub(in crate::ops) mod prepare;
pub(in crate::ops) mod request;
mod stated_python;
mod target;
mod warnings;

pub use cutoff::Cutoff;
pub use indexes::{IndexSettings, Owner};
pub use inputs::SourceOptions;
pub use pin_details::{HeldVersion, PinDetails};
pub use request::{
    BuildOptions, Compile, Hashes, Indexes, NamedIndex, OutputNaming, OutputOptions, Run,
    Selection, Source, Sources, Variables, WhichHashes,
};
pub use target::{ResolvedTarget, TargetRequest};

use std::collections::BTreeMap;
use std::path::PathBuf;

use self::build::Builder;
use self::fetch::Fetcher;
use self::fetch::attempts::Resolution;
use self::fetch::prefetch::Expected;
use self::hashes::{hashes, keep_given_hashes};
use self::inputs::Inputs;
use self::last_run::{Fingerprint, LastRun, Remembering, Unchanged, UnchangedProof};
use self::markers::markers;
use self::network::public_option_lines;
use self::output::Made;
use self::pin_details::ReportInputs;
use self::prepare::{Prepared, ReadInputs, builder, fetcher, prepare, read_inputs};
use self::stated_python::stated_python;
use self::warnings::dependency_confusion;
use crate::files;
use crate::index::IndexClient;
use crate::lock::{self, Lock};
use crate::ops::error::{Error, FileProblems};
use crate::ops::events::{Event, Reporter};
use crate::python::ProjectName;
use crate::resolve::Solution;
use crate::text::Newline;

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
    pub held: Vec<HeldVersion>,
    /// What is known of the pins, by project.
    pub pin_details: Vec<PinDetails>,
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
    fn unchanged(unchanged: &Unchanged, read: ReadInputs, request: &Compile) -> Self {
        Self {
            text: read.previous.clone().unwrap_or_default(),
            changes: Some(lock::summary(&[])),
            moves: Vec::new(),
            held: Vec::new(),
            pin_details: Vec::new(),
            pins: unchanged.pins,
            lock: None,
            tried: 0,
            requests: read.http.requests(),
            bytes: read.http.bytes(),
            previous: read.previous,
            warnings: read.inputs.warnings,
            output: request.output.path.clone(),
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
    ///
    /// # Errors
    /// When it cannot be written, or somebody else has changed it since it was read.
    pub fn write(&self) -> Result<bool, Error> {
        match &self.output {
            Some(path) if self.is_changed() => {
                let before = self.previous.as_deref().map(str::as_bytes);
                let after = self.text.as_bytes();
                Ok(files::replace_unchanged(path, before, after)?)
            }
            _ => Ok(false),
        }
    }
}

/// Compiles: reads the sources, resolves, and returns the text of the lock file.
///
/// Where nothing has changed since a run that changed nothing, nothing is resolved.
pub async fn compile(request: &Compile, reporter: &dyn Reporter) -> Result<Compiled, Error> {
    let last_run = LastRun::load(request);
    let read = read_inputs(request, last_run.will_ask(&request.run), reporter).await?;
    let fingerprint = last_run::fingerprint(request, &read, reporter);
    let client = &read.client;
    let unchanged = last_run.unchanged(request, fingerprint, client, reporter);
    if let Some(unchanged) = unchanged.await {
        finish_writes(client, reporter).await;
        return Ok(Compiled::unchanged(&unchanged, read, request));
    }
    read.check_merged(request)?;
    overwrite::check(request, &read)?;
    // Boxed: it is large, and so would be whatever waits for it.
    Box::pin(resolve(request, read, &last_run, fingerprint, reporter)).await
}

/// Resolves, and returns the text of the lock file.
async fn resolve(
    request: &Compile,
    read: ReadInputs,
    last_run: &LastRun,
    fingerprint: Option<Fingerprint>,
    reporter: &dyn Reporter,
) -> Result<Compiled, Error> {
    let remembering = Remembering::new(reporter);
    let reporter: &dyn Reporter = &remembering;
    let prepared = prepare(read, request, reporter).await?;
    let builder = builder(&prepared, request, reporter);
    let fetcher = fetcher(&prepared, &builder, request, reporter);
    let Prepared {
        read,
        is_plain,
        locked,
        request: resolve_request,
        ..
    } = &prepared;
    let ReadInputs {
        inputs,
        target,
        previous,
        http,
        client,
        ..
    } = read;
    let mut resolution = choose(request, &prepared, &fetcher, &builder, last_run, reporter).await?;
    let mut hashes = hashes(request, locked, &resolution.solution, &fetcher, reporter).await?;
    fetcher.check_pages()?;
    keep_given_hashes(inputs, &mut hashes)?;
    let solution = &resolution.solution;
    let python = stated_python(target, locked, inputs, solution, &fetcher).await;
    let made = Made {
        request: resolve_request,
        inputs,
        places: &prepared.places,
        solution: &resolution.solution,
        hashes,
        markers: markers(&request.output, &mut resolution.resolver, solution),
        indexes: annotated_indexes(&request.output, solution, &fetcher),
        options: public_option_lines(request, inputs, reporter),
        output: &request.output,
        target: format!("Python {python} for {}", target.platform),
    };
    let lock = output::lock(&made);
    let report_inputs = ReportInputs {
        request: resolve_request,
        solution: &resolution.solution,
        fetcher: &fetcher,
        lock: &lock,
    };
    let (held, pin_details) = match request.selection.gate {
        Some(_) => (
            report_inputs.held(&mut resolution.resolver),
            report_inputs.pins(),
        ),
        None => (Vec::new(), Vec::new()),
    };
    let text = lock::render(&lock, &style(&request.output, previous.as_deref(), inputs));
    let is_unchanged = *is_plain && previous.as_deref() == Some(&text) && fetcher.is_complete();
    let proof = fingerprint.filter(|_| is_unchanged);
    let proof = proof.map(|fingerprint| UnchangedProof {
        fingerprint,
        pins: lock.pins.len(),
        messages: remembering.messages(),
    });
    let consulted = resolution.resolver.universe.consulted().collect();
    last_run::store(request, client, last_run, &consulted, proof);
    finish_writes(client, reporter).await;
    let moves = match previous {
        Some(_) => lock::changes(locked, &lock),
        None => Vec::new(),
    };
    let changes = previous.is_some().then(|| lock::summary(&moves));
    let (requests, bytes) = (http.requests(), http.bytes());
    request.run.discard((resolution.resolver, fetcher));
    let ReadInputs {
        previous,
        inputs,
        client,
        ..
    } = prepared.read;
    request.run.discard(client);
    Ok(Compiled {
        changes,
        moves,
        held,
        pin_details,
        text,
        pins: lock.pins.len(),
        lock: Some(lock),
        tried: resolution.tried,
        requests,
        bytes,
        previous,
        warnings: inputs.warnings,
        output: request.output.path.clone(),
    })
}

/// Chooses the versions, and says what the user should know of them.
async fn choose(
    request: &Compile,
    prepared: &Prepared,
    fetcher: &Fetcher<'_>,
    builder: &Builder<'_>,
    last_run: &LastRun,
    reporter: &dyn Reporter,
) -> Result<Resolution, Error> {
    let likely = likely(&prepared.locked, last_run);
    let expected = Expected {
        projects: &likely,
        is_complete: !last_run.is_empty(),
    };
    let resolution = fetcher.resolve(prepared.request.clone(), expected).await;
    let built = builder.built();
    if !built.is_empty() {
        reporter.event(Event::Note(format!(
            "built from source to read metadata: {} (use `--no-build` to forbid running package code)",
            built.join(", ")
        )));
    }
    if let Some(warning) = prepared.read.http.take_warning() {
        reporter.event(Event::Warning(warning));
    }
    let resolution = match resolution {
        Ok(resolution) => resolution,
        Err(error) => {
            prepared.read.client.finish_writes().await;
            return Err(error);
        }
    };
    reporter.event(Event::Solved {
        pins: resolution.solution.chosen.len(),
        tried: resolution.tried,
    });
    warnings::warn_of_unanswered(
        &prepared.read.inputs.unmet,
        &prepared.request.environment,
        reporter,
    );
    warnings::report(
        request,
        &prepared.request,
        &resolution.solution,
        fetcher,
        &prepared.places,
        reporter,
    );
    if request.indexes.collision_check && !request.run.http.offline {
        dependency_confusion::warn(&resolution.solution, fetcher, reporter).await;
    }
    Ok(resolution)
}

/// Returns the projects that will probably be asked for: those of the last run, else those
/// of the lock.
fn likely(locked: &lock::LockFile, last_run: &LastRun) -> Vec<ProjectName> {
    if last_run.is_empty() {
        return locked.pins.iter().map(|pin| pin.name.clone()).collect();
    }
    last_run.projects().collect()
}

async fn finish_writes(client: &IndexClient, reporter: &dyn Reporter) {
    if let Some(error) = client.finish_writes().await {
        reporter.event(Event::Warning(format!(
            "{error}: {}; the next run will repeat its downloads",
            error.source
        )));
    }
}

/// Returns the indexes that pins come from, if the lock is to name them.
fn annotated_indexes(
    output: &OutputOptions,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
) -> BTreeMap<ProjectName, String> {
    if !output.index_annotation {
        return BTreeMap::new();
    }
    let chosen = solution.chosen.iter();
    chosen
        .filter_map(|(name, chosen)| {
            let releases = fetcher.releases(name)?;
            let index = releases.index(chosen.position)?;
            Some((name.clone(), index.to_string()))
        })
        .collect()
}

/// Returns how the text looks; lines end as they did, else as in the first input.
fn style(output: &OutputOptions, previous: Option<&str>, inputs: &Inputs) -> lock::Style {
    let mut style = output.style.clone();
    style.newline = output
        .newline
        .or_else(|| previous.and_then(Newline::of))
        .or(inputs.newline)
        .unwrap_or_default();
    style
}
