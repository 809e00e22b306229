//! The list of `pinfold update --list` for programs; `docs/update.md` describes its form.

use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::json::pretty;
use crate::ops::update::{self, Gathered};
use crate::update::Why;

/// The number of this form; it grows when a program that reads it would break.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct List<'a> {
    version: u32,
    command: &'static str,
    locks: Vec<Lock<'a>>,
    images: &'a [String],
    skipped: Vec<Skipped<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Lock<'a> {
    path: &'a str,
    sources: &'a [String],
    groups: Vec<String>,
    found_by: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Skipped<'a> {
    path: &'a str,
    why: &'a str,
}

/// Returns what was found, as JSON.
pub(super) fn listed(gathered: &Gathered) -> Result<Vec<u8>, Failure> {
    let locks = gathered.locks.iter().map(|target| Lock {
        path: &target.output,
        sources: &target.options.sources,
        groups: target
            .options
            .groups
            .iter()
            .map(ToString::to_string)
            .collect(),
        found_by: match target.why {
            Why::Configuration => "configuration",
            Why::Header(_) => "header",
            Why::Name => "name",
        },
        why: update::found(&target.why),
    });
    let skipped = gathered.skipped.iter().map(|skipped| Skipped {
        path: &skipped.path,
        why: &skipped.why,
    });
    let list = List {
        version: VERSION,
        command: "update --list",
        locks: locks.collect(),
        images: &gathered.images,
        skipped: skipped.collect(),
        notes: &gathered.notes,
    };
    pretty(&list)
}
