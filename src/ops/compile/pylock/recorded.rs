//! The `pylock.toml` that is there: what it records of releases that stay.

use crate::index::File as IndexFile;
use crate::lock::pylock::{self, Choice, File, Origin, Package, Pylock};
use crate::lock::{Format, conflict_mark};
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::inputs::PylockSource;
use crate::ops::error::{Error, FileProblems};
use crate::python::{Environment, ProjectName};
use crate::resolve::Releases as _;
use crate::text::position;

/// Checks that a lock that is there can be gone by, if it is a `pylock.toml`.
///
/// # Errors
/// When it is not safe to go by it, or has two packages of one name for an environment.
pub(in crate::ops) fn check_readable(
    name: &str,
    text: &str,
    environment: &Environment,
) -> Result<(), Error> {
    if Format::of_text(text) != Format::Pylock || conflict_mark(text).is_some() {
        return Ok(());
    }
    let problems = match pylock::read(text) {
        Ok(lock) => lock.doubles(Choice {
            environment,
            extras: &[],
            groups: &[],
        }),
        Err(problems) => problems,
    };
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Inputs(vec![FileProblems {
        name: name.to_owned(),
        text: text.to_owned(),
        problems,
    }]))
}

/// What is recorded.
pub(super) struct Recorded {
    name: String,
    text: String,
    lock: Pylock,
}

impl Recorded {
    /// Reads what there is; what cannot be read records nothing.
    pub(super) fn read(name: &str, text: Option<&str>) -> Self {
        let text = text.unwrap_or_default();
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            lock: pylock::read(text).unwrap_or_default(),
        }
    }

    /// Takes a lock that was read as a source.
    pub(super) fn of(source: &PylockSource) -> Self {
        Self {
            name: source.name.clone(),
            text: source.text.clone(),
            lock: source.lock.clone(),
        }
    }

    fn packages<'a>(
        &'a self,
        name: &'a ProjectName,
        version: &'a str,
    ) -> impl Iterator<Item = &'a Package> {
        let is_it = move |package: &&Package| {
            let recorded = package.version.as_ref().map(ToString::to_string);
            package.name == *name && recorded.as_deref() == Some(version)
        };
        self.lock.packages.iter().filter(is_it)
    }

    /// Returns the files of a release.
    pub(super) fn files<'a>(
        &'a self,
        name: &'a ProjectName,
        version: &'a str,
    ) -> impl Iterator<Item = &'a File> {
        self.packages(name, version).flat_map(Package::files)
    }

    /// Returns what is recorded of a file.
    pub(super) fn file<'a>(
        &'a self,
        name: &'a ProjectName,
        version: &'a str,
        file: &File,
    ) -> Option<&'a File> {
        let mut files = self.files(name, version);
        files.find(|one| one.name == file.name && one.place.last_part() == one.name)
    }

    /// Whether a release is recorded as one of an index, or of none.
    pub(super) fn is_of(&self, name: &ProjectName, version: &str, index: Option<&str>) -> bool {
        self.packages(name, version)
            .all(|package| match &package.origin {
                Origin::Files {
                    index: Some(recorded),
                    ..
                } => index == Some(recorded.as_str()),
                _ => true,
            })
    }

    /// Checks what is recorded of a release against what an index says of its files.
    ///
    /// # Errors
    /// When a hash is not that of the file, or the size.
    pub(super) fn check_release(
        &self,
        name: &ProjectName,
        releases: &ProjectReleases,
        position: u32,
    ) -> Result<(), Error> {
        let version = releases.version(position).to_string();
        if self.packages(name, &version).next().is_none() {
            return Ok(());
        }
        for entry in releases.installable(position) {
            if let Some(file) = entry.to_file() {
                self.check(name, &version, &file)?;
            }
        }
        Ok(())
    }

    fn check(&self, name: &ProjectName, version: &str, file: &IndexFile) -> Result<(), Error> {
        for package in self.packages(name, version) {
            let mut recorded = package.files();
            let Some(recorded) = recorded.find(|one| one.name == file.filename) else {
                continue;
            };
            if let Some(what) = difference(recorded, file) {
                let line_number = position(&self.text, package.span.start).line_number;
                return Err(Error::Usage {
                    message: format!(
                        "{}:{line_number}: the {what} recorded for `{}` is not that of the file \
                         on the index",
                        self.name, file.filename
                    ),
                    help: Some(
                        "if you know why, accept what the index has with `--refresh-hashes`; \
                         otherwise contact the maintainers of the project"
                            .to_owned(),
                    ),
                });
            }
        }
        Ok(())
    }
}

/// Returns what is recorded otherwise than an index says it.
fn difference(recorded: &File, file: &IndexFile) -> Option<String> {
    for (algorithm, digits) in &file.hashes {
        let name = algorithm.name();
        if recorded.hashes.get(name).is_some_and(|one| one != digits) {
            return Some(format!("{name} hash"));
        }
    }
    let is_other = recorded.size.zip(file.size);
    is_other
        .is_some_and(|(one, other)| one != other)
        .then(|| "size".to_owned())
}
