//! The searches that a lock is made of: done, shared among cells, and checked against the
//! metadata of all files that the targets would install.
//!
//! The wheels of a release have the same requirements, as far as their publishers make no
//! mistake. Where they do not, each cell is searched for with the metadata of its own wheels:
//! xgboost 2.1.4 requires a library of its GPU in its wheels for glibc 2.28, and not in those for
//! 2.17. Of targets that no marker tells apart, what each needs is in the lock.

use std::collections::BTreeMap;

use super::last_run::LastRun;
use super::request::Compile;
use super::runs::{Fetchers, Runs};
use super::share::share;
use crate::index::{CoreMetadata, File};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::python::{ProjectName, Requirement};
use crate::resolve::Releases as _;

/// Searches for all cells.
pub(super) async fn settle(
    fetchers: &Fetchers<'_>,
    request: &Compile,
    last_run: &LastRun,
    reporter: &dyn Reporter,
) -> Result<Runs, Error> {
    let selection = &request.selection;
    loop {
        let mut runs = fetchers.choose(request, last_run, reporter).await?;
        share(fetchers, selection.fork_strategy, &mut runs, reporter).await?;
        // An update takes nothing for granted.
        let is_verified = selection.verify_metadata || selection.gate.is_some();
        if !is_verified || !separate(fetchers, &runs, reporter).await {
            return Ok(runs);
        }
    }
}

/// Lets cells read the metadata of their own wheels of the chosen releases whose wheels
/// require different things; returns whether there are any that did not before.
async fn separate(fetchers: &Fetchers<'_>, runs: &Runs, reporter: &dyn Reporter) -> bool {
    let Some(shared) = &fetchers.shared else {
        return false;
    };
    let chosen = chosen_files(fetchers, runs);
    let differing = chosen.into_iter().map(async |((name, position), files)| {
        let client = &fetchers.prepared[0].read.client;
        let read = files.iter().map(|file| client.metadata(file));
        let read = futures_util::future::join_all(read).await;
        let mut said = read.iter().flatten().map(|core| Said::of(core));
        let first = said.next()?;
        said.any(|other| other != first).then_some((name, position))
    });
    let differing = futures_util::future::join_all(differing).await;
    let mut is_any = false;
    for (name, position) in differing.into_iter().flatten() {
        if shared.separate(&name, position) {
            is_any = true;
            let version = fetchers.each.iter().find_map(|fetcher| {
                let releases = fetcher.releases(&name)?;
                Some(releases.version(position).to_string())
            });
            let version = version.unwrap_or_default();
            reporter.event(Event::Warning(format!(
                "the wheels of {name} {version} have different requirements; the lock has what \
                 the wheel of each target requires"
            )));
        }
    }
    is_any
}

/// Returns the files by which the cells would install what is chosen for them, where these
/// are several and their metadata is not known to be equal.
fn chosen_files(fetchers: &Fetchers<'_>, runs: &Runs) -> BTreeMap<(ProjectName, u32), Vec<File>> {
    let mut all: BTreeMap<(ProjectName, u32), Vec<File>> = BTreeMap::new();
    for (cell, fetcher) in fetchers.each.iter().enumerate() {
        for (name, chosen) in &runs.solution(cell).chosen {
            let Some(releases) = fetcher.releases(name) else {
                continue;
            };
            let files = all.entry((name.clone(), chosen.position)).or_default();
            for file in releases.metadata_files(chosen.position) {
                if files.iter().all(|known| known.filename != file.filename) {
                    files.push(file);
                }
            }
        }
    }
    all.retain(|_, files| files.len() > 1 && !is_one_metadata(files));
    all
}

/// Whether the index says that files have the same metadata.
fn is_one_metadata(files: &[File]) -> bool {
    let mut digests = files.iter().map(|file| file.core_metadata.sha256());
    match digests.next().flatten() {
        Some(first) => digests.all(|digest| digest == Some(first)),
        None => false,
    }
}

/// What metadata says of Python and of other projects.
#[derive(PartialEq)]
struct Said {
    requires_python: Option<String>,
    requirements: Vec<String>,
}

impl Said {
    /// Returns what metadata says, however it is spelled.
    fn of(core: &CoreMetadata) -> Self {
        let requirements = core.requires_dist.iter();
        let mut requirements: Vec<String> = requirements
            .map(|text| match Requirement::parse(text) {
                Ok(requirement) => requirement.to_string(),
                Err(_) => text.clone(),
            })
            .collect();
        requirements.sort_unstable();
        Self {
            requires_python: core.requires_python.clone(),
            requirements,
        }
    }
}
