//! One version for several cells, where each of them could have its own.
//!
//! Each cell is searched for alone first, so that it is known what it could have. Then the
//! versions that all of them can use are preferred, and searched for again. What comes of it
//! hangs on the results alone, not on the order of targets; and what the lock pins already
//! is preferred before it.

use std::collections::{BTreeMap, BTreeSet};

use super::fetch::attempts::Resolution;
use super::fetch::prefetch::Expected;
use super::runs::{Fetchers, Runs};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::python::{ProjectName, Version};
use crate::resolve::{Availability, ForkStrategy, Reason, Releases, Request};

/// How often versions are shared anew: one that is taken back may take others back.
const MOST_ROUNDS: usize = 3;

/// How many older releases are looked at for one that all can use.
const MOST_OLDER: u32 = 64;

/// How many projects a note names.
const MOST_NAMED: usize = 6;

/// Shares versions as far as that makes them fewer.
pub(super) async fn share(
    fetchers: &Fetchers<'_>,
    strategy: ForkStrategy,
    runs: &mut Runs,
    reporter: &dyn Reporter,
) -> Result<(), Error> {
    if fetchers.prepared.len() == 1 {
        return Ok(());
    }
    let requests = fetchers.prepared.iter().map(|one| one.request.clone());
    let mut requests: Vec<Request> = requests.collect();
    let groups = groups(fetchers, strategy);
    let own = Versions::of(&runs.resolutions, &runs.of_cells);
    for _ in 0..MOST_ROUNDS {
        let mut shared = requests.clone();
        for group in &groups {
            prefer_shared(fetchers, runs, group, &mut shared);
        }
        let preferences = |requests: &[Request], cell: usize| requests[cell].preferences.clone();
        let is_changed = |cell: usize| preferences(&requests, cell) != preferences(&shared, cell);
        let changed: Vec<usize> = (0..requests.len())
            .filter(|&cell| is_changed(cell))
            .collect();
        if changed.is_empty() {
            break;
        }
        let before = Versions::of(&runs.resolutions, &runs.of_cells).count(&groups);
        let Some(of_cells) = search_again(fetchers, runs, &shared, &changed).await? else {
            break;
        };
        if Versions::of(&runs.resolutions, &of_cells).count(&groups) >= before {
            break;
        }
        runs.of_cells = of_cells;
        requests = shared;
    }
    let shared = Versions::of(&runs.resolutions, &runs.of_cells);
    note_cost(fetchers, &own, &shared, reporter);
    Ok(())
}

/// Returns the cells that are to have one version of a project.
fn groups(fetchers: &Fetchers<'_>, strategy: ForkStrategy) -> Vec<Vec<usize>> {
    let cells = || 0..fetchers.prepared.len();
    match strategy {
        ForkStrategy::Newest => Vec::new(),
        ForkStrategy::Fewest => vec![cells().collect()],
        ForkStrategy::RequiresPython => {
            let mut groups: Vec<Vec<usize>> = Vec::new();
            for at in cells() {
                let cell = |at: usize| &fetchers.prepared[at].read.cell;
                let is_family = |group: &&mut Vec<usize>| cell(group[0]).is_family_of(cell(at));
                match groups.iter_mut().find(is_family) {
                    Some(group) => group.push(at),
                    None => groups.push(vec![at]),
                }
            }
            groups
        }
    }
}

/// The versions that the cells have, by project.
struct Versions(BTreeMap<ProjectName, BTreeMap<usize, (Version, u32)>>);

impl Versions {
    fn of(resolutions: &[Resolution], of_cells: &[usize]) -> Self {
        let mut versions: BTreeMap<ProjectName, BTreeMap<usize, (Version, u32)>> = BTreeMap::new();
        for (cell, &run) in of_cells.iter().enumerate() {
            for (name, chosen) in &resolutions[run].solution.chosen {
                let of_project = versions.entry(name.clone()).or_default();
                of_project.insert(cell, (chosen.version.clone(), chosen.position));
            }
        }
        Self(versions)
    }

    /// Returns how many versions there are in all groups.
    fn count(&self, groups: &[Vec<usize>]) -> usize {
        let each = self.0.values().flat_map(|cells| {
            groups.iter().map(|group| {
                let own = group.iter().filter_map(|cell| cells.get(cell));
                own.map(|(_, position)| position)
                    .collect::<BTreeSet<_>>()
                    .len()
            })
        });
        each.sum()
    }
}

/// Prefers, of each project of which a group has several versions, the newest that all can
/// use and that is none's step ahead.
fn prefer_shared(fetchers: &Fetchers<'_>, runs: &Runs, group: &[usize], requests: &mut [Request]) {
    for (name, cells) in Versions::of(&runs.resolutions, &runs.of_cells).0 {
        let own: Vec<(usize, u32)> = group
            .iter()
            .filter_map(|cell| Some((*cell, cells.get(cell)?.1)))
            .collect();
        let Some(&(_, oldest)) = own.iter().min_by_key(|(_, position)| *position) else {
            continue;
        };
        if own.iter().all(|(_, position)| *position == oldest) {
            continue;
        }
        let is_locked = |&(cell, _): &(usize, u32)| {
            let preferences = &fetchers.prepared[cell].request.preferences;
            preferences.contains_key(&name)
        };
        if own.iter().any(is_locked) {
            continue;
        }
        let is_usable = |cell: usize, position: u32| {
            let releases = fetchers.each[cell].releases(&name);
            releases.is_some_and(|releases| is_usable(&*releases, position))
        };
        let older = (oldest.saturating_sub(MOST_OLDER)..=oldest).rev();
        let mut older = older.filter(|&position| own.iter().all(|own| is_usable(own.0, position)));
        let Some(position) = older.next() else {
            continue;
        };
        let Some(releases) = fetchers.each[own[0].0].releases(&name) else {
            continue;
        };
        let version = releases.version(position);
        for (cell, _) in own {
            let preferences = &mut requests[cell].preferences;
            preferences.insert(name.clone(), version.clone());
        }
    }
}

fn is_usable(releases: &dyn Releases, position: u32) -> bool {
    !matches!(releases.availability(position), Availability::Unusable(_))
}

/// Searches again for the cells whose preferences changed, and returns the search of each
/// cell; none if one of them has no solution then.
async fn search_again(
    fetchers: &Fetchers<'_>,
    runs: &mut Runs,
    requests: &[Request],
    changed: &[usize],
) -> Result<Option<Vec<usize>>, Error> {
    let mut of_cells = runs.of_cells.clone();
    let unchanged = (0..of_cells.len()).filter(|cell| !changed.contains(cell));
    let mut among: Vec<usize> = unchanged.map(|cell| of_cells[cell]).collect();
    for &cell in changed {
        let (request, expected) = (&requests[cell], Expected::KNOWN);
        let search = fetchers.search(&mut runs.resolutions, &among, cell, request, expected);
        match search.await {
            Ok(run) => {
                of_cells[cell] = run;
                among.push(run);
            }
            Err(Error::NoSolution { .. }) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(of_cells))
}

/// Says which versions are older than they could be, for the sake of which target.
fn note_cost(fetchers: &Fetchers<'_>, own: &Versions, shared: &Versions, reporter: &dyn Reporter) {
    let mut held = Vec::new();
    for (name, cells) in &shared.0 {
        let Some(before) = own.0.get(name) else {
            continue;
        };
        let newest = before
            .iter()
            .filter(|(cell, (_, position))| cells.get(cell).is_some_and(|(_, now)| now < position))
            .max_by_key(|(_, (_, position))| *position);
        let Some((_, (newest, position))) = newest else {
            continue;
        };
        let Some((version, _)) = cells.values().next() else {
            continue;
        };
        let mut why = String::new();
        for cell in cells.keys() {
            let releases = fetchers.each[*cell].releases(name);
            let availability = releases.map(|releases| releases.availability(*position));
            if let Some(Availability::Unusable(reason)) = availability {
                let target = fetchers.prepared[*cell].read.cell.first();
                why = match reason {
                    Reason::RequiresPython(_) => format!(" ({newest} {reason})"),
                    reason => format!(" ({newest} on {}: {reason})", target.platform),
                };
                break;
            }
        }
        held.push(format!("{name} {version} instead of {newest}{why}"));
    }
    if held.is_empty() {
        return;
    }
    let more = held.len().saturating_sub(MOST_NAMED);
    held.truncate(MOST_NAMED);
    let more = match more {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    reporter.event(Event::Note(format!(
        "one version for several targets: {}{more} (`--fork-strategy newest` gives each target \
         its newest)",
        held.join("; ")
    )));
}
