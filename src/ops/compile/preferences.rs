//! Versions that are preferred because another lock file has them.
//!
//! It is named (`--preferences`), or found: where no output exists yet, the only lock file
//! of another tool beside the first source. What the output itself pins comes first, and a
//! preference never makes a run fail: what cannot be used is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::lock::LockFile;
use crate::lock::foreign::{self, ForeignLock, Kind};
use crate::ops::compile::fetch::Fetcher;
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::request::{Compile, PreferenceSource, Selection, Source};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::python::{Cell, ProjectName, RequirementSource, Tags, Version, WheelName};
use crate::requirements::location;
use crate::resolve::{Availability, Chosen, Releases as _, Request, Solution};
use crate::text::{many, shell_path};

/// A lock file whose versions are preferred.
#[derive(Debug)]
pub(in crate::ops) struct Preferences {
    /// Its name, as shown.
    name: String,
    lock: ForeignLock,
}

/// Reads the lock file whose versions are preferred, and tells what it does not give.
///
/// # Errors
/// When a file that was named cannot be read.
pub(in crate::ops) fn read(
    request: &Compile,
    inputs: &Inputs,
    has_output: bool,
    reporter: &dyn Reporter,
) -> Result<Option<Preferences>, Error> {
    let (path, is_found) = match &request.selection.preferences {
        PreferenceSource::Nowhere => return Ok(None),
        PreferenceSource::File(path) => (PathBuf::from(path), false),
        PreferenceSource::Beside if has_output || request.selection.upgrade => return Ok(None),
        PreferenceSource::Beside => match found(request, inputs, reporter) {
            Some(path) => (path, true),
            None => return Ok(None),
        },
    };
    let name = location::displayed(&path.to_string_lossy(), &request.run.current_directory);
    let bytes = match request.run.view.read(&path) {
        Ok(bytes) => bytes,
        Err(_) if is_found => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8_lossy(&bytes);
    let file_name = path.file_name().and_then(|name| name.to_str());
    let kind = file_name.and_then(Kind::of_name);
    match foreign::read(kind.unwrap_or(Kind::Requirements), &text) {
        Ok(lock) => {
            if is_found && !lock.pins.is_empty() {
                reporter.event(Event::Note(format!(
                    "pins of {name} are kept where they fit (--no-preferences)"
                )));
            }
            for note in &lock.notes {
                reporter.event(Event::Note(format!("{name}: {note}")));
            }
            Ok(Some(Preferences { name, lock }))
        }
        Err(why) => {
            reporter.event(Event::Warning(format!(
                "{name} is not used, since it cannot be read: {why}"
            )));
            Ok(None)
        }
    }
}

/// Returns the only lock file of another tool beside the first source.
fn found(request: &Compile, inputs: &Inputs, reporter: &dyn Reporter) -> Option<PathBuf> {
    let Source::Path(source) = request.sources.files.first()? else {
        return None;
    };
    if location::is_url(source) {
        return None;
    }
    let folder = Path::new(source).parent().unwrap_or(Path::new(""));
    let outputs = [&request.output.path, &request.output.beside];
    let is_ours = |path: &PathBuf| outputs.iter().any(|output| output.as_ref() == Some(path));
    let mut paths = Kind::NAMED
        .into_iter()
        .map(|(_, name)| folder.join(name))
        .filter(|path| request.run.view.path(path).is_file())
        .filter(|path| !is_ours(path) && !inputs.files.contains(path));
    let first = paths.next()?;
    let others: Vec<String> = paths.map(|path| format!("`{}`", path.display())).collect();
    if others.is_empty() {
        return Some(first);
    }
    reporter.event(Event::Note(format!(
        "no pins are taken from `{}` and {}: choose one with `--preferences FILE`",
        first.display(),
        others.join(" and ")
    )));
    None
}

impl Preferences {
    /// Returns the versions that are preferred for a cell.
    fn versions(&self, cell: &Cell) -> BTreeMap<ProjectName, Version> {
        let tags: Vec<Tags> = cell.targets.iter().map(Tags::new).collect();
        let fits = |wheel: &WheelName| tags.iter().all(|tags| tags.compatibility(wheel).is_some());
        self.lock.choose(&cell.environment, &fits)
    }

    /// Adds what is preferred for a cell and not pinned by the output itself.
    pub(in crate::ops) fn add_to(
        &self,
        request: &mut Request,
        selection: &Selection,
        locked: &LockFile,
        cell: &Cell,
    ) {
        for (name, version) in self.versions(cell) {
            if selection.keeps(&name) && locked.pins_of(&name).next().is_none() {
                request.preferences.entry(name).or_insert(version);
            }
        }
    }

    /// Returns the pins that were kept although something newer is allowed, as far as that
    /// is known without asking anybody.
    pub(in crate::ops) async fn stale(
        &self,
        cell: &Cell,
        locked: &LockFile,
        request: &Request,
        solution: &Solution,
        fetcher: &Fetcher<'_>,
    ) -> Vec<Stale> {
        let mut stale = Vec::new();
        for (name, version) in self.versions(cell) {
            let Some(chosen) = solution.chosen.get(&name) else {
                continue;
            };
            let is_own = locked.pins_of(&name).next().is_some();
            if is_own || chosen.version != version {
                continue;
            }
            if let Some(newer) = newer(&name, chosen, request, solution, fetcher).await {
                stale.push((name, version, newer));
            }
        }
        stale
    }

    /// Tells which pins were kept although something newer is allowed.
    pub(in crate::ops) fn tell(&self, stale: &BTreeSet<Stale>, reporter: &dyn Reporter) {
        if let Some(words) = words(&self.name, stale) {
            reporter.event(Event::Note(words));
        }
    }
}

/// A project, its version, and the newer one.
type Stale = (ProjectName, Version, Version);

/// Returns the newest final version of a project, if all that is chosen would take it.
async fn newer(
    name: &ProjectName,
    chosen: &Chosen,
    request: &Request,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
) -> Option<Version> {
    let releases = fetcher.releases(name)?;
    let newest = (0..releases.count())
        .rev()
        .find(|&at| !releases.version(at).any_prerelease())?;
    let version = releases.version(newest);
    let is_usable = releases.availability(newest) == Availability::Wheel;
    if *version <= chosen.version || !is_usable || releases.yanked(newest).is_some() {
        return None;
    }
    let roots = chosen.roots.iter().map(|&root| &request.roots[root]);
    let own = roots.chain(&request.overrides).filter_map(|root| {
        let requirement = &root.requirement;
        match &requirement.source {
            RequirementSource::Specifiers(specifiers) if requirement.name == *name => {
                Some(specifiers)
            }
            _ => None,
        }
    });
    let constraints = request.constraints.iter();
    let constraints = constraints
        .filter(|constraint| constraint.name == *name)
        .map(|constraint| &constraint.specifiers);
    if !own.chain(constraints).all(|all| all.contains(version)) {
        return None;
    }
    for parent in &chosen.required_by {
        let position = solution.chosen.get(parent)?.position;
        let metadata = fetcher.requirements(parent, position).await?;
        let takes_it = metadata
            .requirements
            .iter()
            .filter(|requirement| requirement.name == *name)
            .all(|requirement| match &requirement.source {
                RequirementSource::Specifiers(specifiers) => specifiers.contains(version),
                RequirementSource::Url(_) => false,
            });
        if !takes_it {
            return None;
        }
    }
    Some(version.clone())
}

fn words(file: &str, stale: &BTreeSet<Stale>) -> Option<String> {
    const MOST: usize = 3;
    if stale.len() == 1
        && let Some((name, version, newer)) = stale.first()
    {
        return Some(format!(
            "{name} {version} kept as {file} has it; {newer} is allowed (-P {})",
            shell_path(name.as_ref())
        ));
    }
    if stale.is_empty() {
        return None;
    }
    let shown: Vec<String> = stale
        .iter()
        .take(MOST)
        .map(|(name, version, newer)| format!("{name} {version} ({newer})"))
        .collect();
    let others = match stale.len() - shown.len() {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    Some(format!(
        "{} kept as {file} has them, though newer versions are allowed: {}{others} (-P NAME)",
        many(stale.len(), "pin"),
        shown.join(", ")
    ))
}
