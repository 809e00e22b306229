//! From chosen versions to the lock file's text.

use std::collections::BTreeMap;

use crate::command::Markers;
use crate::lock::{Header, Lock, OptionLines, Pin, PinSource};
use crate::ops::compile::direct::DirectPin;
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::request::OutputOptions;
use crate::python::{Marker, ProjectName};
use crate::resolve::{Request, RootRequirement, Solution};

/// What a lock is made of.
pub(in crate::ops) struct Made<'a> {
    pub(in crate::ops) request: &'a Request,
    pub(in crate::ops) inputs: &'a Inputs,
    /// How projects that are at a place are named.
    pub(in crate::ops) places: &'a BTreeMap<ProjectName, DirectPin>,
    pub(in crate::ops) solution: &'a Solution,
    pub(in crate::ops) hashes: BTreeMap<ProjectName, Vec<String>>,
    /// The markers of pins through the graph, where those are to be written.
    pub(in crate::ops) markers: BTreeMap<ProjectName, String>,
    /// The indexes that pins come from, where that is to be said.
    pub(in crate::ops) indexes: BTreeMap<ProjectName, String>,
    pub(in crate::ops) options: OptionLines,
    pub(in crate::ops) output: &'a OutputOptions,
    pub(in crate::ops) target: String,
}

/// Returns the lock.
pub(in crate::ops) fn lock(made: &Made<'_>) -> Lock {
    let left_out = &made.output.left_out;
    let chosen = made.solution.chosen.iter();
    let pins = chosen
        .filter(|(name, _)| !left_out.contains(name))
        .map(|(name, chosen)| {
            let roots = || chosen.roots.iter().map(|&root| &made.request.roots[root]);
            let mut via: Vec<String> = roots().map(|root| root.origin.clone()).collect();
            let constrained = made
                .inputs
                .constraint_origins
                .iter()
                .filter(|(other, _)| other == name);
            via.extend(constrained.map(|(_, origin)| origin.clone()));
            let overrides = made.request.overrides.iter();
            let overridden: Vec<&RootRequirement> = overrides
                .filter(|one| one.requirement.name == *name)
                .collect();
            via.extend(overridden.iter().map(|one| one.origin.clone()));
            via.extend(chosen.required_by.iter().map(ToString::to_string));
            let place = made.places.get(name);
            let source = place.map_or_else(
                || PinSource::Version {
                    version: chosen.version.to_string(),
                    arbitrary: made.inputs.arbitrary.contains(name),
                },
                |place| place.source.clone(),
            );
            let marker = match made.output.markers {
                Markers::None => None,
                Markers::All => made.markers.get(name).cloned(),
                // An override stands in the place of the whole requirement.
                Markers::Direct if !overridden.is_empty() && roots().next().is_some() => {
                    let overrides = overridden.iter();
                    marker(overrides.map(|one| one.requirement.marker.as_ref()))
                }
                Markers::Direct => marker(roots().map(|root| root.requirement.marker.as_ref())),
            };
            Pin {
                name: name.clone(),
                extras: chosen.extras.iter().cloned().collect(),
                source,
                marker,
                hashes: made.hashes.get(name).cloned().unwrap_or_default(),
                via,
                revision: place.and_then(|place| place.revision.clone()),
                index: made.indexes.get(name).cloned(),
                comments: if made.output.comments {
                    made.inputs.comments.get(name).cloned().unwrap_or_default()
                } else {
                    Vec::new()
                },
                unhashable: place.is_some_and(|place| !place.is_hashable),
            }
        })
        .collect();
    Lock {
        header: Some(Header {
            command: made.output.command.clone(),
            target: made.target.clone(),
        }),
        options: made.options.clone(),
        pins,
        left_out: left_out
            .iter()
            .filter(|name| made.solution.chosen.contains_key(*name))
            .cloned()
            .collect(),
    }
}

/// Returns the marker of a project that is required directly: that of its
/// requirements, unless one of them has none.
fn marker<'a>(markers: impl Iterator<Item = Option<&'a Marker>>) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    for marker in markers {
        let text = marker?.with_plain_equality().to_pip_string();
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match &texts[..] {
        [] => None,
        [one] => Some(one.clone()),
        several => {
            let parts: Vec<String> = several.iter().map(|text| format!("({text})")).collect();
            Some(parts.join(" or "))
        }
    }
}
