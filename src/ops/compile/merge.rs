//! One lock out of those of several cells.
//!
//! Pins of equal source join: who asks for them, their hashes, and the cells that they are
//! for. A pin that not all cells have gets the marker that tells its cells from the others,
//! so that in each cell there is one line of a project at most.

use rustc_hash::FxHashMap;

use crate::lock::{Lock, Pin};
use crate::python::{Environment, ProjectName, Version, marker_of_environments};

/// A lock for some of the cells.
pub(super) struct Part {
    pub(super) cells: Vec<usize>,
    pub(super) lock: Lock,
}

/// Where the pins of each project are.
type ByName = FxHashMap<ProjectName, Vec<usize>>;

/// A pin, and the cells that have it.
struct Joined {
    pin: Pin,
    cells: Vec<usize>,
}

/// Returns the lock of all cells. `cuts` are versions of Python at which requirements change:
/// where the lock has several patches of a minor version, markers go by these.
pub(super) fn merge(
    parts: Vec<Part>,
    environments: &[&Environment],
    mut cuts: Vec<Version>,
) -> Lock {
    cuts.retain(|cut| is_within(cut, environments));
    let cuts = &cuts;
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else {
        return Lock::default();
    };
    if first.cells.len() == environments.len() {
        return without_own_markers(first.lock);
    }
    let mut merged = Lock {
        pins: Vec::new(),
        ..first.lock
    };
    let mut joined: Vec<Joined> = Vec::new();
    let mut by_name = ByName::default();
    join(&mut joined, &mut by_name, first.lock.pins, &first.cells);
    for part in parts {
        join(&mut joined, &mut by_name, part.lock.pins, &part.cells);
        for name in part.lock.left_out {
            if !merged.left_out.contains(&name) {
                merged.left_out.push(name);
            }
        }
    }
    merged.pins = joined
        .into_iter()
        .map(|Joined { mut pin, cells }| {
            let (on, off): (Vec<usize>, Vec<usize>) =
                (0..environments.len()).partition(|cell| cells.contains(cell));
            let of = |cells: Vec<usize>| -> Vec<&Environment> {
                cells.into_iter().map(|cell| environments[cell]).collect()
            };
            pin.marker = if off.is_empty() {
                None
            } else {
                marker_of_environments(&of(on), &of(off), cuts)
            };
            pin
        })
        .collect();
    merged
}

/// Whether a version is of a minor version that several environments have.
fn is_within(cut: &Version, environments: &[&Environment]) -> bool {
    let [major, minor, ..] = cut.release() else {
        return false;
    };
    let short = format!("{major}.{minor}");
    let same = environments
        .iter()
        .filter(|one| one.python_version == short);
    let mut versions: Vec<&str> = same.map(|one| &*one.python_full_version).collect();
    versions.sort_unstable();
    versions.dedup();
    versions.len() > 1
}

/// Takes the pins of more cells.
fn join(joined: &mut Vec<Joined>, by_name: &mut ByName, pins: Vec<Pin>, cells: &[usize]) {
    for pin in pins {
        let same = by_name.entry(pin.name.clone()).or_default();
        let is_same = |at: &&usize| joined[**at].pin.source == pin.source;
        let Some(&at) = same.iter().find(is_same) else {
            same.push(joined.len());
            joined.push(Joined {
                pin,
                cells: cells.to_vec(),
            });
            continue;
        };
        let known = &mut joined[at];
        known.cells.extend(cells);
        add_new(&mut known.pin.extras, pin.extras);
        if known.pin.hashes != pin.hashes {
            known.pin.hashes.extend(pin.hashes);
            known.pin.hashes.sort_unstable();
            known.pin.hashes.dedup();
        }
        add_new(&mut known.pin.via, pin.via);
        add_new(&mut known.pin.comments, pin.comments);
    }
}

/// Adds what is not there.
pub(super) fn add_new<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// The pins of several cells are needed in all of them, whatever else would have to hold.
fn without_own_markers(mut lock: Lock) -> Lock {
    for pin in &mut lock.pins {
        pin.marker = None;
    }
    lock
}
