//! One search for each cell of a lock, and one for several where they would go alike.
//!
//! What is best for one cell does not hang on the others. So each is searched for as if it
//! were alone, over the same pages and metadata, and its pins are those that a lock for it
//! alone would have.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::build::Builder;
use super::fetch::Fetcher;
use super::fetch::attempts::Resolution;
use super::last_run::LastRun;
use super::choose;
use super::fetch::SharedMetadata;
use super::hashes::{hashes, keep_given_hashes};
use super::prepare::{Prepared, fetcher, fetcher_for};
use super::request::{Compile, WhichHashes};
use super::stated_python::stated_python;
use crate::command;
use crate::ops::error::Error;
use crate::ops::events::Reporter;
use crate::python::{Cell, Environment, ProjectName, PythonVersion};
use crate::text;

/// A search, and for which cells it is, by their numbers.
pub(super) struct Run {
    pub(super) cells: Vec<usize>,
    pub(super) resolution: Resolution,
}

/// What answers the searches for the cells, in their order.
pub(super) struct Fetchers<'a> {
    pub(super) prepared: &'a [Prepared],
    pub(super) builders: &'a [Builder<'a>],
    pub(super) each: Vec<Fetcher<'a>>,
    shared: Option<Arc<SharedMetadata>>,
}

impl<'a> Fetchers<'a> {
    pub(super) fn new(
        prepared: &'a [Prepared],
        builders: &'a [Builder<'a>],
        request: &Compile,
        reporter: &'a dyn Reporter,
    ) -> Self {
        let shared = (prepared.len() > 1).then(Arc::default);
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

    /// Searches for all cells.
    pub(super) async fn choose(
        &self,
        request: &Compile,
        last_run: &LastRun,
        reporter: &dyn Reporter,
    ) -> Result<Vec<Run>, Error> {
        let mut runs: Vec<Run> = Vec::new();
        for at in 0..self.prepared.len() {
            if let Some(same) = self.alike(&runs, at).await {
                runs[same].cells.push(at);
                continue;
            }
            let resolution = choose(request, self, at, last_run, reporter).await;
            match resolution {
                Ok(resolution) => runs.push(Run {
                    cells: vec![at],
                    resolution,
                }),
                Err(error) if self.prepared.len() > 1 || self.has_several_targets() => {
                    return Err(self.explained(request, error, at, reporter).await);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(runs)
    }

    /// Returns the hashes of what was chosen: where they are those of the targets' files, of
    /// all targets.
    pub(super) async fn hashes(
        &self,
        request: &Compile,
        run: &Run,
        reporter: &dyn Reporter,
    ) -> Result<BTreeMap<ProjectName, Vec<String>>, Error> {
        let cells = match request.output.which_hashes {
            WhichHashes::All => &run.cells[..1],
            WhichHashes::Target => &run.cells[..],
        };
        let mut all: BTreeMap<ProjectName, Vec<String>> = BTreeMap::new();
        for &cell in cells {
            let (prepared, fetcher) = (&self.prepared[cell], &self.each[cell]);
            let solution = &run.resolution.solution;
            let mut own = hashes(request, &prepared.locked, solution, fetcher, reporter).await?;
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

    /// Returns what the lock is for, as its header says it.
    pub(super) async fn stated_targets(&self, runs: &[Run]) -> String {
        let mut pythons: Vec<(PythonVersion, String)> = Vec::new();
        for run in runs {
            for &at in &run.cells {
                let Prepared { read, locked, .. } = &self.prepared[at];
                let target = read.cell.first();
                let stated = stated_python(
                    target,
                    locked,
                    &read.inputs,
                    &run.resolution.solution,
                    &self.each[at],
                );
                let stated = stated.await;
                match pythons.iter_mut().find(|(python, _)| *python == target.python) {
                    // What one needs in full is said in full.
                    Some((_, known)) if stated.len() > known.len() => *known = stated,
                    Some(_) => {}
                    None => pythons.push((target.python.clone(), stated)),
                }
            }
        }
        let targets = self.prepared.iter().flat_map(|one| &one.read.cell.targets);
        command::target_words(&targets.collect::<Vec<_>>(), &|python| {
            let mut pythons = pythons.iter();
            let stated = pythons.find(|(known, _)| known == python);
            stated.map_or_else(|| python.full().to_string(), |(_, stated)| stated.clone())
        })
    }

    fn has_several_targets(&self) -> bool {
        self.prepared.iter().any(|one| one.read.cell.targets.len() > 1)
    }

    /// Returns the search that would go the same way for a cell.
    async fn alike(&self, runs: &[Run], cell: usize) -> Option<usize> {
        let request = &self.prepared[cell].request;
        for (at, run) in runs.iter().enumerate() {
            let universe = &run.resolution.resolver.universe;
            if !is_same_python(universe.environment(), &request.environment) {
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

fn is_same_python(one: &Environment, other: &Environment) -> bool {
    one.python_full_version == other.python_full_version
        && one.implementation_name == other.implementation_name
}

fn platforms(cell: &Cell) -> Vec<String> {
    let platforms = cell.targets.iter();
    platforms.map(|target| target.platform.to_string()).collect()
}

/// Returns a cell as messages name it.
fn shown(cell: &Cell) -> String {
    let python = &cell.first().python;
    format!("Python {python} on {}", text::list(&platforms(cell)))
}
