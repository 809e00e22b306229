//! A lock for all platforms and a range of Pythons: what the range is, what was chosen for
//! its regions, and the lock that they make together.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::fetch::Fetcher;
use super::inputs::Inputs;
use super::request::{Compile, Selection};
use super::target::{self, TargetRequest};
use crate::http::blocking;
use crate::lock::{Lock, LockFile, LockedPin, Pin};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::python::{
    Cell, Marker, Platform, ProjectName, PythonVersion, Specifiers, Target, Version, WorldSet,
    Worlds,
};
use crate::resolve::{Range, Region, SharedWorlds, Solution};

/// A range of environments, and how the header says it.
#[derive(Debug, Clone)]
pub(in crate::ops) struct Scope {
    pub(in crate::ops) range: Range,
    /// The lowest Python.
    pub(in crate::ops) lowest: PythonVersion,
}

impl Scope {
    /// Returns the lowest Python as it is stated: `3.11`, or in full.
    pub(in crate::ops) fn stated(&self) -> String {
        let (full, short) = (self.lowest.full().to_string(), self.lowest.short());
        if full.strip_suffix(".0") == Some(&short) {
            return short;
        }
        full
    }
}

/// Checks that what else is said of the targets goes together with a range.
pub(super) fn check(request: &TargetRequest) -> Result<(), Error> {
    if request.python_versions.len() > 1 {
        return Err(Error::Usage {
            message: "`--universal` takes one `--python-version`: the lowest Python".to_owned(),
            help: Some(
                "give the lowest version alone; or omit `--universal` to lock for these versions"
                    .to_owned(),
            ),
        });
    }
    if !request.targets.is_empty() {
        return Err(Error::Usage {
            message: "`--universal` is for all platforms, and `--target` for one".to_owned(),
            help: Some("use one of them".to_owned()),
        });
    }
    Ok(())
}

/// Returns the range that a lock is for, and a cell that stands for it where one target has
/// to.
pub(super) async fn settle(
    request: &Compile,
    inputs: &Inputs,
    reporter: &dyn Reporter,
) -> Result<(Scope, Cell), Error> {
    let wanted = &request.selection.target;
    let pythons = &inputs.requires_python;
    let lower = match (wanted.python_versions.first(), &pythons[..]) {
        (Some(version), _) => Some(version.full().clone()),
        (None, []) => Some(minor_of_interpreter(request).await?),
        (None, _) => None,
    };
    let worlds = SharedWorlds::default();
    let all = range_of(&mut worlds.lock(), lower.as_ref(), pythons);
    let lowest = worlds.lock().lowest_python(all);
    let Some(lowest) = lowest.and_then(|lowest| PythonVersion::parse(&lowest.to_string()).ok())
    else {
        return Err(no_python(lower.as_ref(), pythons));
    };
    let platform = wanted.python_platforms.first().copied();
    let platform = platform.or_else(|| "linux".parse::<Platform>().ok());
    let Some(platform) = platform else {
        return Err(no_python(lower.as_ref(), pythons));
    };
    let scope = Scope {
        range: Range {
            worlds,
            all,
            strategy: request.selection.fork_strategy,
            preferences: FxHashMap::default(),
        },
        lowest: lowest.clone(),
    };
    reporter.event(Event::Target(format!(
        "Python {lowest} and later, on all platforms"
    )));
    Ok((scope, Cell::of(Target::new(lowest, platform))))
}

/// Returns the first patch of the interpreter's minor version.
async fn minor_of_interpreter(request: &Compile) -> Result<Version, Error> {
    let wanted = TargetRequest {
        python: request.selection.target.python.clone(),
        ..TargetRequest::default()
    };
    let cache = request.run.cache.clone();
    let settled = blocking(move || target::settle(&wanted, &cache)).await?;
    let first = settled.targets.first();
    let short = first.map(|target| target.python.short());
    let python = short.and_then(|short| PythonVersion::parse(&short).ok());
    python
        .map(|python| python.full().clone())
        .ok_or(Error::Usage {
            message: "no Python to lock for".to_owned(),
            help: Some("choose the lowest one with `--python-version`".to_owned()),
        })
}

fn range_of(
    worlds: &mut Worlds,
    lower: Option<&Version>,
    pythons: &[(String, Specifiers)],
) -> WorldSet {
    let mut all = match lower {
        Some(lower) => worlds.since(lower),
        None => WorldSet::ALL,
    };
    for (_, specifiers) in pythons {
        let own = worlds.of_pythons(specifiers);
        all = worlds.and(all, own);
    }
    all
}

fn no_python(lower: Option<&Version>, pythons: &[(String, Specifiers)]) -> Error {
    let mut bounds: Vec<String> = pythons
        .iter()
        .map(|(file, specifiers)| format!("`{file}` requires Python {specifiers}"))
        .collect();
    if let Some(lower) = lower {
        bounds.push(format!("the lock is for Python {lower} and later"));
    }
    Error::Usage {
        message: format!("no Python is left to lock for: {}", bounds.join(", ")),
        help: Some("choose a lower `--python-version`, or change `requires-python`".to_owned()),
    }
}

/// Notes which pins of a lock are tried first, and where.
pub(super) fn prefer(scope: &mut Scope, locked: &LockFile, selection: &Selection) {
    let mut worlds = scope.range.worlds.lock();
    for pin in &locked.pins {
        if selection.keeps(&pin.name)
            && let Some(version) = pin.version().and_then(|version| version.parse().ok())
            && let Some(set) = worlds_of(pin, &mut worlds)
        {
            let known = scope.range.preferences.entry(pin.name.clone()).or_default();
            known.push((version, set));
        }
    }
}

fn worlds_of(pin: &LockedPin, worlds: &mut Worlds) -> Option<WorldSet> {
    match pin.marker.as_deref().map(Marker::parse) {
        None => Some(WorldSet::ALL),
        Some(Ok(marker)) => Some(worlds.of_marker(&marker, None)),
        Some(Err(_)) => None,
    }
}

/// Versions of projects, one of each, that regions have.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) solution: Solution,
    /// Where each is required.
    required: BTreeMap<ProjectName, WorldSet>,
}

/// Returns what was chosen in all regions: each version of a project once, with all who
/// require it.
pub(super) fn joined(regions: &[Region], range: &Range) -> Vec<Joined> {
    let mut worlds = range.worlds.lock();
    let mut all: Vec<Joined> = vec![Joined::default()];
    for region in regions {
        let Solution {
            chosen,
            missing_extras,
            refused,
            passed_over,
            unanswered,
        } = &region.solution;
        let first = &mut all[0].solution;
        add_new(&mut first.missing_extras, missing_extras);
        add_new(&mut first.refused, refused);
        add_new(&mut first.passed_over, passed_over);
        add_new(&mut first.unanswered, unanswered);
        for (name, chosen) in chosen {
            let set = region.required.get(name).copied();
            let set = set.unwrap_or(WorldSet::NONE);
            let is_place = |joined: &Joined| {
                let known = joined.solution.chosen.get(name);
                known.is_none_or(|known| known.position == chosen.position)
            };
            let place = all.iter().position(is_place);
            let place = place.unwrap_or_else(|| {
                all.push(Joined::default());
                all.len() - 1
            });
            let joined = &mut all[place];
            let before = joined.required.get(name).copied();
            let set = worlds.or(before.unwrap_or(WorldSet::NONE), set);
            joined.required.insert(name.clone(), set);
            if let Some(known) = joined.solution.chosen.get_mut(name) {
                known.extras.extend(chosen.extras.iter().cloned());
                known.required_by.extend(chosen.required_by.iter().cloned());
                known.roots.extend(&chosen.roots);
                known.roots.sort_unstable();
                known.roots.dedup();
            } else {
                let name = name.clone();
                joined.solution.chosen.insert(name, chosen.clone());
            }
        }
    }
    all
}

fn add_new<T: PartialEq + Clone>(list: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !list.contains(one) {
            list.push(one.clone());
        }
    }
}

/// Says which pins pip refuses on some Pythons: upper bounds do not count here, since they
/// are often guesses.
pub(super) fn warn_of_upper_bounds(
    all: &[Joined],
    scope: &Scope,
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) {
    let mut worlds = scope.range.worlds.lock();
    let Some(of_python_3) = of_python_3(&mut worlds) else {
        return;
    };
    let mut refused = Vec::new();
    for joined in all {
        for (name, chosen) in &joined.solution.chosen {
            let (Some(releases), Some(&own)) = (fetcher.releases(name), joined.required.get(name))
            else {
                continue;
            };
            let entry = releases.metadata_entry(chosen.position);
            let Some(text) = entry.and_then(|entry| entry.requires_python) else {
                continue;
            };
            if !text.contains(['<', '~', '=']) {
                continue;
            }
            let Ok(pythons) = Specifiers::parse_lenient(text) else {
                continue;
            };
            let pythons = worlds.of_pythons(&pythons);
            let own = worlds.and(own, of_python_3);
            if !worlds.is_subset(own, pythons) {
                refused.push(format!("{name} {} ({text})", chosen.version));
            }
        }
    }
    if !refused.is_empty() {
        let more = refused.len().saturating_sub(MOST_REFUSED);
        refused.truncate(MOST_REFUSED);
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        reporter.event(Event::Warning(format!(
            "pip refuses these on Pythons above the upper bound of their Requires-Python: {}{more}",
            refused.join(", ")
        )));
    }
}

/// How many pins are named.
const MOST_REFUSED: usize = 5;

/// Returns all Pythons before 4, which bounds name that mean nothing by it.
fn of_python_3(worlds: &mut Worlds) -> Option<WorldSet> {
    let (lower, upper) = ("3".parse().ok()?, "4".parse().ok()?);
    Some(worlds.between(&lower, &upper))
}

/// Returns the lock of all parts, with the markers that tell where each pin holds.
///
/// A marker that the file has already stays as it is written if it means the same.
///
/// # Errors
/// When the markers are more than can be combined.
pub(super) fn merge(
    parts: Vec<(Lock, Joined)>,
    range: &Range,
    previous: &LockFile,
) -> Result<Lock, Error> {
    let mut worlds = range.worlds.lock();
    let mut parts = parts.into_iter();
    let Some((mut merged, joined)) = parts.next() else {
        return Ok(Lock::default());
    };
    mark(&mut merged.pins, &joined, range, previous, &mut worlds);
    for (mut lock, joined) in parts {
        mark(&mut lock.pins, &joined, range, previous, &mut worlds);
        merged.pins.append(&mut lock.pins);
        for name in lock.left_out {
            if !merged.left_out.contains(&name) {
                merged.left_out.push(name);
            }
        }
    }
    if worlds.is_overfull() {
        return Err(Error::Usage {
            message: "the markers of the requirements are too many to combine".to_owned(),
            help: Some(
                "lock for the targets you use, with `--python-version` and `--python-platform`"
                    .to_owned(),
            ),
        });
    }
    Ok(merged)
}

fn mark(
    pins: &mut [Pin],
    joined: &Joined,
    range: &Range,
    previous: &LockFile,
    worlds: &mut Worlds,
) {
    for pin in pins {
        let own = joined.required.get(&pin.name).copied();
        let on = own.unwrap_or(range.all);
        let off = worlds.minus(range.all, on);
        pin.marker = if off == WorldSet::NONE {
            None
        } else {
            as_before(pin, on, range, previous, worlds).or_else(|| worlds.marker(on, off))
        };
    }
}

/// Returns the marker of the same pin in the file, if it means the same.
fn as_before(
    pin: &Pin,
    on: WorldSet,
    range: &Range,
    previous: &LockFile,
    worlds: &mut Worlds,
) -> Option<String> {
    let same = previous
        .pins
        .iter()
        .filter(|before| before.name == pin.name && before.source == pin.source);
    for before in same {
        let set = worlds_of(before, worlds)?;
        if worlds.and(range.all, set) == on {
            return before.marker.clone();
        }
    }
    None
}
