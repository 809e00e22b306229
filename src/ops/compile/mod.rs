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
mod merge;
mod network;
mod output;
mod overwrite;
mod pin_details;
mod preferences;
pub(in crate::ops) mod prepare;
mod pylock;
pub(in crate::ops) mod request;
mod runs;
mod settle;
mod share;
mod stated_python;
mod target;
mod universal;
mod warnings;

pub use cutoff::Cutoff;
pub use indexes::{IndexSettings, Owner};
pub use inputs::SourceOptions;
pub use pin_details::{HeldVersion, PinDetails};
pub use pylock::Beside;
pub use request::{
    BuildOptions, Compile, Hashes, Indexes, NamedIndex, OutputNaming, OutputOptions,
    PreferenceSource, Run, Selection, Source, Sources, Variables, WhichHashes,
};
pub use target::{ResolvedTargets, TargetRequest};

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::build::Builder;
use self::fetch::Fetcher;
use self::fetch::attempts::Resolution;
use self::inputs::Inputs;
use self::last_run::{Fingerprint, LastRun, Remembering, Unchanged, UnchangedProof};
use self::markers::markers;
use self::merge::{Part, add_new, merge};
use self::network::public_option_lines;
use self::output::Made;
use self::pin_details::ReportInputs;
use self::prepare::{Prepared, ReadInputs, builder, prepare_all, read_inputs};
use self::pylock::Writing;
use self::runs::{Fetchers, Runs, StatedPythons};
use self::warnings::dependency_confusion;
use crate::files;
use crate::index::IndexClient;
use crate::lock::{self, Lock};
use crate::ops::error::{Error, FileProblems};
use crate::ops::events::{Event, Reporter};
use crate::python::{Environment, ProjectName, Version};
use crate::resolve::{Range, Solution, Universe};
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
    /// The lock in the other format, if there is to be one.
    pub beside: Option<Beside>,
}

impl Compiled {
    /// Returns what there is to say where nothing has changed.
    fn unchanged(unchanged: &Unchanged, read: Vec<ReadInputs>, request: &Compile) -> Self {
        let read = first(read);
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
            beside: request.output.beside.clone().map(|output| Beside {
                text: read.previous_beside.clone().unwrap_or_default(),
                previous: read.previous_beside.clone(),
                output,
            }),
            previous: read.previous,
            warnings: read.inputs.warnings,
            output: request.output.path.clone(),
        }
    }

    /// Returns the pins of the lock, if it was decided on.
    pub fn lock_pins(&self) -> impl Iterator<Item = &lock::Pin> {
        self.lock.iter().flat_map(|lock| &lock.pins)
    }

    /// Whether a file is not as it should be.
    pub fn is_changed(&self) -> bool {
        self.is_text_changed() || self.beside.as_ref().is_some_and(Beside::is_changed)
    }

    /// Whether the lock itself is not as it should be, whatever is beside it.
    pub fn is_text_changed(&self) -> bool {
        self.previous.as_deref() != Some(&self.text)
    }

    /// Writes the lock files, as far as they changed; returns whether one did.
    ///
    /// # Errors
    /// When one cannot be written, or somebody else has changed it since it was read.
    pub fn write(&self) -> Result<bool, Error> {
        let mut is_written = false;
        if let Some(path) = &self.output
            && self.is_text_changed()
        {
            let before = self.previous.as_deref().map(str::as_bytes);
            is_written = files::replace_unchanged(path, before, self.text.as_bytes())?;
        }
        if let Some(beside) = self.beside.as_ref().filter(|beside| beside.is_changed()) {
            let before = beside.previous.as_deref().map(str::as_bytes);
            let after = beside.text.as_bytes();
            is_written |= files::replace_unchanged(&beside.output, before, after)?;
        }
        Ok(is_written)
    }
}

/// Returns the first of what was read for each cell; there always is one.
fn first<T>(each: Vec<T>) -> T {
    let mut each = each.into_iter();
    each.next().expect("a lock has at least one cell")
}

/// Compiles: reads the sources, resolves, and returns the text of the lock file.
///
/// Where nothing has changed since a run that changed nothing, nothing is resolved.
pub async fn compile(request: &Compile, reporter: &dyn Reporter) -> Result<Compiled, Error> {
    let last_run = LastRun::load(request);
    let read = read_inputs(request, last_run.will_ask(&request.run), reporter).await?;
    let fingerprint = last_run::fingerprint(request, &read, reporter);
    let client = &read[0].client;
    let unchanged = last_run.unchanged(request, fingerprint, client, reporter);
    if let Some(unchanged) = unchanged.await {
        finish_writes(client, reporter).await;
        return Ok(Compiled::unchanged(&unchanged, read, request));
    }
    for read in &read {
        read.check_merged(request)?;
    }
    overwrite::check(request, &read[0])?;
    // Boxed: it is large, and so would be whatever waits for it.
    Box::pin(resolve(request, read, &last_run, fingerprint, reporter)).await
}

/// Resolves, and returns the text of the lock file.
async fn resolve(
    request: &Compile,
    read: Vec<ReadInputs>,
    last_run: &LastRun,
    fingerprint: Option<Fingerprint>,
    reporter: &dyn Reporter,
) -> Result<Compiled, Error> {
    let remembering = Remembering::new(reporter);
    let reporter: &dyn Reporter = &remembering;
    let prepared = prepare_all(read, request, reporter).await?;
    let builders = prepared.iter();
    let builders: Vec<Builder<'_>> = builders
        .map(|prepared| builder(prepared, request, reporter))
        .collect();
    let fetchers = Fetchers::new(&prepared, &builders, request, reporter);
    let mut runs = settle::settle(&fetchers, request, last_run, reporter).await?;
    report(request, &fetchers, &runs, reporter).await;
    let stated = fetchers.stated_pythons(&runs).await;
    let locked = lock_of(request, &fetchers, &mut runs, &stated, reporter).await?;
    let Locked {
        lock,
        held,
        pin_details,
    } = locked;
    let Prepared { read, is_plain, .. } = &prepared[0];
    let ReadInputs {
        inputs,
        previous,
        http,
        client,
        ..
    } = read;
    let writing = Writing {
        request,
        fetchers: &fetchers,
        runs: &runs,
        lock: &lock,
        stated: &stated,
        style: style(&request.output, previous.as_deref(), inputs),
    };
    let (text, beside) = writing.texts().await?;
    let is_complete = fetchers.each.iter().all(Fetcher::is_complete);
    let is_unchanged = *is_plain
        && previous.as_deref() == Some(&text)
        && !beside.as_ref().is_some_and(Beside::is_changed)
        && is_complete;
    let proof = fingerprint.filter(|_| is_unchanged);
    let proof = proof.map(|fingerprint| UnchangedProof {
        fingerprint,
        pins: lock.project_count(),
        messages: remembering.messages(),
    });
    let all = runs.resolutions.iter();
    let consulted = all
        .flat_map(|resolution| resolution.resolver.universe.consulted())
        .collect();
    last_run::store(request, client, last_run, &consulted, proof);
    finish_writes(client, reporter).await;
    let moves = match previous {
        Some(_) => lock::moves(&prepared[0].all_locked, &lock, &text),
        None => Vec::new(),
    };
    let changes = previous.is_some().then(|| lock::summary(&moves));
    let (requests, bytes) = (http.requests(), http.bytes());
    let tried = runs.resolutions.iter().map(|one| one.tried).sum();
    request.run.discard((runs.resolutions, fetchers.each));
    let ReadInputs {
        previous,
        inputs,
        client,
        ..
    } = first(prepared).read;
    request.run.discard(client);
    Ok(Compiled {
        changes,
        moves,
        held,
        pin_details,
        text,
        pins: lock.project_count(),
        lock: Some(lock),
        tried,
        requests,
        bytes,
        previous,
        warnings: inputs.warnings,
        output: request.output.path.clone(),
        beside,
    })
}

/// A lock, and what the report of an update says of it.
struct Locked {
    lock: Lock,
    held: Vec<HeldVersion>,
    pin_details: Vec<PinDetails>,
}

/// Makes a lock out of what was chosen.
async fn lock_of(
    request: &Compile,
    fetchers: &Fetchers<'_>,
    runs: &mut Runs,
    stated: &StatedPythons,
    reporter: &dyn Reporter,
) -> Result<Locked, Error> {
    let mut locked = Locked {
        lock: Lock::default(),
        held: Vec::new(),
        pin_details: Vec::new(),
    };
    let mut parts = Vec::new();
    // Files are the same whoever they are chosen for.
    let mut known = BTreeMap::new();
    let is_one_of_several = fetchers.prepared.len() > 1;
    let target = fetchers.target_words(stated);
    if let Some(scope) = &fetchers.prepared[0].read.scope {
        return lock_of_range(request, fetchers, runs, &scope.range, target, reporter).await;
    }
    for (run, cells) in runs.in_order() {
        let (prepared, fetcher) = (&fetchers.prepared[cells[0]], &fetchers.each[cells[0]]);
        let inputs = &prepared.read.inputs;
        let Resolution {
            solution, resolver, ..
        } = &mut runs.resolutions[run];
        let solution = &*solution;
        let hashes = fetchers.hashes(request, &cells, solution, &known, reporter);
        let hashes = hashes.await?;
        if is_one_of_several && request.output.which_hashes == WhichHashes::All {
            let versions = solution.chosen.iter();
            let versions = versions.filter_map(|(name, chosen)| {
                let hashes = hashes.get(name)?.clone();
                Some(((name.clone(), chosen.version.clone()), hashes))
            });
            known.extend(versions);
        }
        let made = Made {
            request: &prepared.request,
            inputs,
            places: &prepared.places,
            solution,
            hashes,
            markers: markers(&request.output, resolver, solution),
            indexes: annotated_indexes(&request.output, solution, fetcher),
            options: public_option_lines(request, inputs, reporter),
            output: &request.output,
            target: target.clone(),
        };
        let lock = output::lock(&made);
        if request.selection.gate.is_some() {
            let report_inputs = ReportInputs {
                request: &prepared.request,
                solution,
                fetcher,
                lock: &lock,
            };
            add_new(&mut locked.held, report_inputs.held(resolver));
            add_new(&mut locked.pin_details, report_inputs.pins());
        }
        parts.push(Part { cells, lock });
    }
    locked.lock = match &mut parts[..] {
        [_] if fetchers.prepared.len() == 1 => first(parts).lock,
        _ => {
            let cells = fetchers.prepared.iter();
            let environments: Vec<&Environment> =
                cells.map(|one| &one.read.cell.environment).collect();
            let used = runs.in_order().into_iter();
            let universes = used.map(|(run, _)| &runs.resolutions[run].resolver.universe);
            let mut cuts: Vec<Version> = universes.flat_map(Universe::python_cuts).collect();
            cuts.sort();
            cuts.dedup();
            merge(parts, &environments, cuts)
        }
    };
    Ok(locked)
}

/// Makes a lock out of what was chosen for the regions of a range.
async fn lock_of_range(
    request: &Compile,
    fetchers: &Fetchers<'_>,
    runs: &mut Runs,
    range: &Range,
    target: String,
    reporter: &dyn Reporter,
) -> Result<Locked, Error> {
    let mut locked = Locked {
        lock: Lock::default(),
        held: Vec::new(),
        pin_details: Vec::new(),
    };
    let (prepared, fetcher) = (&fetchers.prepared[0], &fetchers.each[0]);
    let inputs = &prepared.read.inputs;
    let resolver = &mut runs.resolutions[0].resolver;
    let mut parts = Vec::new();
    for joined in universal::joined(resolver.regions(), range) {
        let solution = &joined.solution;
        let made = Made {
            request: &prepared.request,
            inputs,
            places: &prepared.places,
            solution,
            hashes: fetchers
                .hashes(request, &[0], solution, &BTreeMap::new(), reporter)
                .await?,
            markers: BTreeMap::new(),
            indexes: annotated_indexes(&request.output, solution, fetcher),
            options: public_option_lines(request, inputs, reporter),
            output: &request.output,
            target: target.clone(),
        };
        let lock = output::lock(&made);
        if request.selection.gate.is_some() {
            let report_inputs = ReportInputs {
                request: &prepared.request,
                solution,
                fetcher,
                lock: &lock,
            };
            add_new(&mut locked.held, report_inputs.held(resolver));
            add_new(&mut locked.pin_details, report_inputs.pins());
        }
        parts.push((lock, joined));
    }
    locked.lock = universal::merge(parts, range, &prepared.locked)?;
    Ok(locked)
}

/// Says what the user should know of what was chosen.
async fn report(request: &Compile, fetchers: &Fetchers<'_>, runs: &Runs, reporter: &dyn Reporter) {
    let mut stale = BTreeSet::new();
    for (run, cells) in runs.in_order() {
        let prepared = &fetchers.prepared[cells[0]];
        let fetcher = &fetchers.each[cells[0]];
        let Resolution {
            solution,
            tried,
            resolver,
        } = &runs.resolutions[run];
        if let Some(scope) = &prepared.read.scope {
            let all = universal::joined(resolver.regions(), &scope.range);
            universal::warn_of_upper_bounds(&all, scope, fetcher, reporter);
            report_range(request, fetchers, &all, *tried, reporter).await;
            continue;
        }
        reporter.event(Event::Solved {
            pins: solution.chosen.len(),
            tried: *tried,
        });
        for &cell in &cells {
            let prepared = &fetchers.prepared[cell];
            let environment = &prepared.request.environment;
            warnings::warn_of_unanswered(&prepared.read.inputs.unmet, environment, reporter);
        }
        warnings::report(
            request,
            &prepared.request,
            solution,
            fetcher,
            &prepared.places,
            reporter,
        );
        if let Some(preferences) = &prepared.read.preferences {
            stale.extend(
                preferences
                    .stale(
                        &prepared.read.cell,
                        &prepared.locked,
                        &prepared.request,
                        solution,
                        fetcher,
                    )
                    .await,
            );
        }
        if request.indexes.collision_check && !request.run.http.offline {
            dependency_confusion::warn(solution, fetcher, reporter).await;
        }
    }
    if let Some(preferences) = &fetchers.prepared[0].read.preferences {
        preferences.tell(&stale, reporter);
    }
}

/// Says the same of what was chosen for the regions of a range.
async fn report_range(
    request: &Compile,
    fetchers: &Fetchers<'_>,
    all: &[universal::Joined],
    tried: usize,
    reporter: &dyn Reporter,
) {
    let (prepared, fetcher) = (&fetchers.prepared[0], &fetchers.each[0]);
    reporter.event(Event::Solved {
        pins: all.iter().map(|one| one.solution.chosen.len()).sum(),
        tried,
    });
    for one in all {
        warnings::report(
            request,
            &prepared.request,
            &one.solution,
            fetcher,
            &prepared.places,
            reporter,
        );
        if request.indexes.collision_check && !request.run.http.offline {
            dependency_confusion::warn(&one.solution, fetcher, reporter).await;
        }
    }
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
