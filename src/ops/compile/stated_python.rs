//! The version of Python that a header states.
//!
//! A header says `3.11`, as pip-compile's does, and whoever reads it locks for `3.11.0`. So
//! it says no more only where nothing in the lock could tell the target from that first
//! patch; else `update` and `compile` would make two locks of one input. Where something
//! could, a version that the lock states already stays if nothing can tell it from the
//! target, so that the machines of a team, with a patch each, write the same header.
//!
//! What decides is what the lock is made of: the inputs, and the metadata of the releases
//! in it. What other releases say is left out of account: which of them have been looked at
//! depends on the order in which answers come.

use super::fetch::Fetcher;
use super::inputs::Inputs;
use crate::command;
use crate::index::CoreMetadata;
use crate::lock::LockFile;
use crate::python::{Environment, Marker, PythonVersion, Requirement, Specifiers, Target, Version};
use crate::resolve::Solution;

/// Returns the version to state: `3.11`, or in full where that matters.
pub(super) async fn stated_python(
    target: &Target,
    locked: &LockFile,
    inputs: &Inputs,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
) -> String {
    let python = &target.python;
    let short = python.short();
    let Ok(first) = PythonVersion::parse(&short) else {
        return python.full().to_string();
    };
    if first == *python {
        return short;
    }
    let stated = locked.header.as_ref().and_then(|header| {
        let stated = command::stated_targets(header.target.as_deref()).ok()?;
        let targets = stated.targets.iter().map(|target| target.python());
        let versions = stated.python_versions.iter().map(|version| &**version);
        let mut versions = versions.chain(targets);
        versions.find(|stated| stated.short() == short).cloned()
    });
    let mut others: Vec<Other> = std::iter::once(first)
        .chain(stated)
        .map(|version| Other::new(target, version))
        .collect();
    for other in &mut others {
        other.is_told = tells_inputs(inputs, other, python);
    }
    for (name, chosen) in &solution.chosen {
        if others.iter().all(|other| other.is_told) {
            break;
        }
        if let Some(core) = fetcher.core(name, chosen.position).await {
            for other in &mut others {
                other.is_told = other.is_told || tells_release(&core, other, python);
            }
        }
    }
    match others.iter().position(|other| !other.is_told) {
        Some(0) => short,
        Some(at) => others[at].version.to_string(),
        None => python.full().to_string(),
    }
}

/// A version that could be stated instead of the target's.
struct Other {
    version: PythonVersion,
    environment: Environment,
    /// The target's own.
    own: Environment,
    /// Whether something tells it from the target.
    is_told: bool,
}

impl Other {
    fn new(target: &Target, version: PythonVersion) -> Self {
        Self {
            environment: target.clone().with_version(version.clone()).environment(),
            own: target.environment(),
            version,
            is_told: false,
        }
    }

    fn is_told_by(&self, marker: &Marker) -> bool {
        marker.tells_apart(&self.own, &self.environment)
    }
}

fn tells_inputs(inputs: &Inputs, other: &Other, python: &PythonVersion) -> bool {
    let mut specifiers = inputs.requires_python.iter();
    let mut markers = inputs.patch_markers.iter();
    markers.any(|marker| other.is_told_by(marker))
        || specifiers.any(|(_, specifiers)| differ(specifiers, other, python))
}

fn tells_release(core: &CoreMetadata, other: &Other, python: &PythonVersion) -> bool {
    let specifiers = core
        .requires_python
        .as_deref()
        .map(Specifiers::parse_lenient);
    let markers = core
        .requires_dist
        .iter()
        // Few ask for it, and parsing all of them again would be felt.
        .filter(|text| Marker::may_ask_for_patch(text))
        .filter_map(|text| Requirement::parse(text).ok()?.marker);
    specifiers.is_some_and(|specifiers| {
        specifiers.is_ok_and(|specifiers| differ(&specifiers, other, python))
    }) || markers.into_iter().any(|marker| other.is_told_by(&marker))
}

/// Whether specifiers admit one of two versions only.
fn differ(specifiers: &Specifiers, other: &Other, python: &PythonVersion) -> bool {
    let admits = |version: &Version| specifiers.contains(version);
    admits(&python.release()) != admits(&other.version.release())
}
