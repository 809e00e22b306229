//! One search for each cell of a lock, and one for several where they would go alike.
//!
//! What is best for one cell does not hang on the others. So each is searched for as if it
//! were alone, over the same pages and metadata, and its pins are those that a lock for it
//! alone would have.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::Builder;
use super::fetch::Fetcher;
use super::fetch::SharedMetadata;
use super::fetch::attempts::Resolution;
use super::fetch::prefetch::Expected;
use super::hashes::{hashes, keep_given_hashes};
use super::last_run::LastRun;
use super::prepare::{Prepared, fetcher, fetcher_for};
use super::request::{Compile, WhichHashes};
use super::stated_python::stated_python;
use crate::command;
use crate::lock::LockFile;
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::python::{Cell, Environment, ProjectName, PythonVersion, Target, Version};
use crate::resolve::{Chosen, Request, Solution};
use crate::text;

/// Searches, and which of them is for which cell.
#[derive(Default)]
pub(super) struct Runs {
    /// All that were done.
    pub(super) resolutions: Vec<Resolution>,
    /// For each cell the number of its search.
    pub(super) of_cells: Vec<usize>,
}

/// How far each version of Python is stated: `3.12`, or in full where that matters.
pub(super) struct StatedPythons(Vec<(PythonVersion, String)>);

impl StatedPythons {
    /// Returns a version as it is stated.
    pub(super) fn of(&self, python: &PythonVersion) -> String {
        let mut pythons = self.0.iter();
        let stated = pythons.find(|(known, _)| known == python);
        stated.map_or_else(|| python.full().to_string(), |(_, stated)| stated.clone())
    }

    /// Whether a version is one of several of its minor version, or stated in full.
    pub(super) fn has_patch(&self, python: &PythonVersion) -> bool {
        let same = self
            .0
            .iter()
            .filter(|(other, _)| other.short() == python.short());
        same.count() > 1 || self.of(python).matches('.').count() > 1
    }
}

impl Runs {
    /// Returns what is chosen for a cell.
    pub(super) fn solution(&self, cell: usize) -> &Solution {
        &self.resolutions[self.of_cells[cell]].solution
    }

    /// Returns the searches that count, each with its cells, in the order of these.
    pub(super) fn in_order(&self) -> Vec<(usize, Vec<usize>)> {
        let mut runs: Vec<(usize, Vec<usize>)> = Vec::new();
        for (cell, &run) in self.of_cells.iter().enumerate() {
            match runs.iter_mut().find(|(known, _)| *known == run) {
                Some((_, cells)) => cells.push(cell),
                None => runs.push((run, vec![cell])),
            }
        }
        runs
    }
}

/// What answers the searches for the cells, in their order.
pub(super) struct Fetchers<'a> {
    pub(super) prepared: &'a [Prepared],
    pub(super) builders: &'a [Builder<'a>],
    pub(super) each: Vec<Fetcher<'a>>,
    pub(super) shared: Option<Arc<SharedMetadata>>,
}

impl<'a> Fetchers<'a> {
    pub(super) fn new(
        prepared: &'a [Prepared],
        builders: &'a [Builder<'a>],
        request: &Compile,
        reporter: &'a dyn Reporter,
    ) -> Self {
        let targets = prepared.iter().map(|one| one.read.cell.targets.len());
        let shared = (targets.sum::<usize>() > 1).then(Arc::default);
        let each = prepared.iter().zip(builders);
        let each = each
            .map(|(prepared, builder)| {
                fetcher(prepared, builder, request, shared.as_ref(), reporter)
            })
            .collect();
        Self {
            prepared,
            builders,
            each,
            shared,
        }
    }

    /// Searches for all cells, and says what was built for that.
    pub(super) async fn choose(
        &self,
        request: &Compile,
        last_run: &LastRun,
        reporter: &dyn Reporter,
    ) -> Result<Runs, Error> {
        let runs = self.chosen(request, last_run, reporter).await;
        let built = self.builders.iter().flat_map(Builder::built);
        let built: BTreeSet<String> = built.collect();
        if !built.is_empty() {
            let built: Vec<String> = built.into_iter().collect();
            reporter.event(Event::Note(format!(
                "built from source to read metadata: {} (use `--no-build` to forbid running package code)",
                built.join(", ")
            )));
        }
        let read = &self.prepared[0].read;
        if let Some(warning) = read.http.take_warning() {
            reporter.event(Event::Warning(warning));
        }
        if runs.is_err() {
            read.client.finish_writes().await;
        }
        runs
    }

    async fn chosen(
        &self,
        request: &Compile,
        last_run: &LastRun,
        reporter: &dyn Reporter,
    ) -> Result<Runs, Error> {
        let mut runs = Runs::default();
        let likely = likely(&self.prepared[0].locked, last_run);
        let expected = Expected {
            projects: &likely,
            is_complete: !last_run.is_empty(),
            is_known: false,
        };
        for (at, prepared) in self.prepared.iter().enumerate() {
            // What one search asks for, another asks for too.
            let expected = if at == 0 { expected } else { Expected::KNOWN };
            let among = runs.of_cells.clone();
            match self
                .search(
                    &mut runs.resolutions,
                    &among,
                    at,
                    &prepared.request,
                    expected,
                )
                .await
            {
                Ok(run) => runs.of_cells.push(run),
                Err(error) if self.is_of_several_targets() => {
                    return Err(self.explained(request, error, at, reporter).await);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// Searches for a cell, unless one `among` the searches that were done would go the same
    /// way; returns the number of the search.
    pub(super) async fn search(
        &self,
        resolutions: &mut Vec<Resolution>,
        among: &[usize],
        cell: usize,
        request: &Request,
        expected: Expected<'_>,
    ) -> Result<usize, Error> {
        if let Some(same) = self.alike(resolutions, among, cell, request).await {
            return Ok(same);
        }
        resolutions.push(self.each[cell].resolve(request.clone(), expected).await?);
        Ok(resolutions.len() - 1)
    }

    /// Returns the hashes of what was chosen: where they are those of the targets' files, of
    /// all targets.
    pub(super) async fn hashes(
        &self,
        request: &Compile,
        cells: &[usize],
        solution: &Solution,
        known: &BTreeMap<(ProjectName, Version), Vec<String>>,
        reporter: &dyn Reporter,
    ) -> Result<BTreeMap<ProjectName, Vec<String>>, Error> {
        let cells = match request.output.which_hashes {
            WhichHashes::All => &cells[..1],
            WhichHashes::Target => cells,
        };
        let mut all: BTreeMap<ProjectName, Vec<String>> = BTreeMap::new();
        for &cell in cells {
            let (prepared, fetcher) = (&self.prepared[cell], &self.each[cell]);
            let is_known = |(name, chosen): &(&ProjectName, &Chosen)| {
                known.contains_key(&(ProjectName::clone(name), chosen.version.clone()))
            };
            let chosen = solution.chosen.iter();
            let chosen: Vec<_> = chosen.filter(|one| !is_known(one)).collect();
            let mut own = hashes(request, &prepared.locked, &chosen, fetcher, reporter).await?;
            fetcher.check_pages()?;
            keep_given_hashes(&prepared.read.inputs, &mut own)?;
            for (name, more) in own {
                match all.entry(name) {
                    Entry::Vacant(entry) => {
                        entry.insert(more);
                    }
                    Entry::Occupied(mut entry) => {
                        let known = entry.get_mut();
                        known.extend(more);
                        known.sort_unstable();
                        known.dedup();
                    }
                }
            }
        }
        Ok(all)
    }

    /// Returns how far the versions of Python are stated.
    pub(super) async fn stated_pythons(&self, runs: &Runs) -> StatedPythons {
        let mut pythons: Vec<(PythonVersion, String)> = Vec::new();
        if self.prepared[0].read.scope.is_some() {
            return StatedPythons(pythons);
        }
        for (at, Prepared { read, locked, .. }) in self.prepared.iter().enumerate() {
            let target = read.cell.first();
            let solution = runs.solution(at);
            let stated = stated_python(target, locked, &read.inputs, solution, &self.each[at]);
            let stated = stated.await;
            match pythons
                .iter_mut()
                .find(|(python, _)| *python == target.python)
            {
                // What one needs in full is said in full.
                Some((_, known)) if stated.len() > known.len() => *known = stated,
                Some(_) => {}
                None => pythons.push((target.python.clone(), stated)),
            }
        }
        StatedPythons(pythons)
    }

    /// Returns what the lock is for, as its header says it.
    pub(super) fn target_words(&self, stated: &StatedPythons) -> String {
        if let Some(scope) = &self.prepared[0].read.scope {
            return command::universal_words(&scope.stated());
        }
        let targets = self.targets().collect::<Vec<_>>();
        command::target_words(&targets, &|python| stated.of(python))
    }

    /// Returns all targets, those of a cell together.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.prepared.iter().flat_map(|one| &one.read.cell.targets)
    }

    fn is_of_several_targets(&self) -> bool {
        let cells = self.prepared.iter().map(|one| &one.read.cell);
        cells.map(|cell| cell.targets.len()).sum::<usize>() > 1
    }

    /// Returns the search that would go the same way for a cell.
    async fn alike(
        &self,
        resolutions: &[Resolution],
        among: &[usize],
        cell: usize,
        request: &Request,
    ) -> Option<usize> {
        let mut tried = BTreeSet::new();
        for &at in among {
            let universe = &resolutions[at].resolver.universe;
            if !tried.insert(at) || !is_same_python(universe.environment(), &request.environment) {
                continue;
            }
            let separated = self.shared.as_ref().map(|shared| shared.separated());
            let mut separated = separated.iter().flatten();
            if separated.any(|(name, position)| universe.has_read(name, *position)) {
                continue;
            }
            let mut releases = FxHashMap::default();
            for name in universe.looked_at() {
                let own = self.each[cell].found(name).await?;
                releases.insert(name.clone(), own);
            }
            if universe.is_alike(request, &releases) {
                return Some(at);
            }
        }
        None
    }

    /// Returns an error with the targets that it is about, and for which others there is a
    /// solution.
    async fn explained(
        &self,
        request: &Compile,
        error: Error,
        failed: usize,
        reporter: &dyn Reporter,
    ) -> Error {
        let Error::NoSolution {
            explanation,
            mut advice,
            ..
        } = error
        else {
            return error;
        };
        let cell = &self.prepared[failed].read.cell;
        let mut solved = Vec::new();
        for (at, prepared) in self.prepared.iter().enumerate() {
            if at != failed {
                let attempt = self.each[at].attempt(prepared.request.clone()).await;
                if matches!(attempt, Ok(Ok(_))) {
                    solved.push(shown(&prepared.read.cell));
                }
            }
        }
        if !solved.is_empty() {
            advice.push(format!(
                "there is a solution for {}: leave {} out, or give it a lock file of its own",
                text::list(&solved),
                shown(cell)
            ));
        }
        if cell.targets.len() > 1 {
            let mut alone = Vec::new();
            for target in &cell.targets {
                let cell = Cell::of(target.clone());
                let prepared = &self.prepared[failed];
                let fetcher = fetcher_for(
                    prepared,
                    &cell,
                    &self.builders[failed],
                    request,
                    self.shared.as_ref(),
                    reporter,
                );
                let attempt = fetcher.attempt(prepared.request.clone()).await;
                if matches!(attempt, Ok(Ok(_))) {
                    alone.push(target.platform.to_string());
                }
            }
            if !alone.is_empty() {
                advice.push(format!(
                    "there is a solution for {} alone: markers cannot tell {} apart, so one lock \
                     has one version for all; create a lock file for each, with its own \
                     `--output-file`",
                    text::list(&alone),
                    text::list(&platforms(cell))
                ));
            }
        }
        Error::NoSolution {
            explanation,
            advice,
            target: Some(shown(cell)),
        }
    }
}

/// Returns the projects that will probably be asked for: those of the last run, else those
/// of the lock.
fn likely(locked: &LockFile, last_run: &LastRun) -> Vec<ProjectName> {
    if last_run.is_empty() {
        return locked.pins.iter().map(|pin| pin.name.clone()).collect();
    }
    last_run.projects().collect()
}

fn is_same_python(one: &Environment, other: &Environment) -> bool {
    one.python_full_version == other.python_full_version
        && one.implementation_name == other.implementation_name
}

fn platforms(cell: &Cell) -> Vec<String> {
    let platforms = cell.targets.iter();
    platforms
        .map(|target| target.platform.to_string())
        .collect()
}

/// Returns a cell as messages name it.
fn shown(cell: &Cell) -> String {
    let python = &cell.first().python;
    format!("Python {python} on {}", text::list(&platforms(cell)))
}
