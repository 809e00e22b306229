//! A `pylock.toml` as what other locks are: pins.

use std::collections::BTreeSet;

use super::model::{Origin, Place};
use super::read::{Package, Pylock, read};
use super::select::rest;
use crate::lock::model::PinSource;
use crate::lock::read::{LockFile, LockedPin};
use crate::python::{Given, Marker};

/// The keys one of which such a file begins with.
const FIRST_KEYS: [&str; 8] = [
    "lock-version",
    "created-by",
    "requires-python",
    "environments",
    "extras",
    "dependency-groups",
    "default-groups",
    "[[packages]]",
];

/// Whether a text is a `pylock.toml`, by the first line that is not a comment.
pub fn is_pylock(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        FIRST_KEYS.iter().any(|key| {
            let rest = line.strip_prefix(key).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with('=') || key.starts_with('['))
        })
    })
}

/// Returns the pins of a text: those that are installed by default, with the rest of their
/// markers. What is wrong with it, or was put up with, is among the problems.
pub fn pins(text: &str) -> LockFile {
    let mut file = LockFile {
        header: crate::lock::read::header(text),
        ..LockFile::default()
    };
    match read(text) {
        Ok(lock) => {
            file.pins = lock
                .packages
                .iter()
                .filter_map(|package| pin(&lock, package))
                .collect();
            file.options = origins(&lock);
            file.problems = lock.notes;
        }
        Err(problems) => file.problems = problems,
    }
    file
}

/// Returns from where its files are fetched, for who compares two locks: `index URL`, and
/// `files URL` with the root of the server.
fn origins(lock: &Pylock) -> Vec<String> {
    let mut origins = BTreeSet::new();
    for package in &lock.packages {
        if let Origin::Files {
            index: Some(index), ..
        } = &package.origin
        {
            origins.insert(format!("index {index}"));
        }
        for file in package.files() {
            if let Place::Url(url) = &file.place {
                let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let host = rest.split('/').next().unwrap_or(rest);
                origins.insert(format!("files {scheme}://{host}/"));
            }
        }
    }
    origins.into_iter().collect()
}

fn pin(lock: &Pylock, package: &Package) -> Option<LockedPin> {
    let marker = match rest(package, &[], &lock.default_groups) {
        Given::Never => return None,
        Given::Always => None,
        Given::When(marker) => Some(marker),
    };
    let mut revision = None;
    let source = match &package.origin {
        Origin::Files { .. } => PinSource::version(package.version.as_ref()?.to_string()),
        Origin::Vcs {
            kind,
            place,
            revision: named,
            commit,
            subdirectory,
        } => {
            revision.clone_from(named);
            let place = match place {
                Place::Url(url) => url.clone(),
                Place::Path(path) => format!("file:{path}"),
            };
            let fragment = subdirectory.as_ref();
            let fragment = fragment.map(|it| format!("#subdirectory={it}"));
            let fragment = fragment.unwrap_or_default();
            PinSource::Url(format!("{kind}+{place}@{commit}{fragment}"))
        }
        Origin::Directory {
            path, is_editable, ..
        } => {
            if *is_editable {
                PinSource::Editable(path.clone())
            } else {
                PinSource::Path(path.clone())
            }
        }
        Origin::Archive { file, .. } => match &file.place {
            Place::Url(url) => PinSource::Url(url.clone()),
            Place::Path(path) => PinSource::Path(path.clone()),
        },
    };
    let mut hashes: Vec<String> = Vec::new();
    for hash in package.files().flat_map(super::File::prefixed_hashes) {
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    Some(LockedPin {
        name: package.name.clone(),
        source,
        extras: Vec::new(),
        marker: marker.as_ref().map(Marker::to_pip_string),
        hashes,
        revision,
        via: Vec::new(),
        span: package.span,
    })
}
