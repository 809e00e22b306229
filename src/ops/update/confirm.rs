//! Confirms that a plan writes what an update of this repository would: pins in its lock
//! files, digests and tags at its images, and all of them as the plan reports them.
//!
//! A plan comes from elsewhere, perhaps from a job that runs code of packages. So its
//! targets are found anew, and what it writes is read: a file that is no target, an
//! option, a command or a pin that is not reported is refused. Which version is the right
//! one, and which hash, only an index could tell.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::{ApplyError, leads_out};
use super::confirm_images::{ImagesCheck, Refusal};
use super::gather::{Gathered, gather_in};
use super::request::recorded;
use super::scope::Update;
use crate::command::{Options, Tool};
use crate::files;
use crate::lock::{self, LockFile, PinSource};
use crate::ops::View;
use crate::python::Platform;
use crate::requirements::location;
use crate::update::{
    FileChange, LockTarget, PinChange, Plan, Status, TargetKind, TargetPlan, Why, sha256,
};

/// Confirms all that a plan would change.
///
/// Files that changed since, or that are as wanted, are left to whoever applies it.
///
/// # Errors
/// When the plan writes anything else, or files cannot be read.
pub fn confirm(update: &mut Update, plan: &Plan) -> Result<(), ApplyError> {
    let refused = |path: &str, why: String| ApplyError::Refused {
        path: path.to_owned(),
        why,
    };
    // A file that was named is a target though git may not keep it.
    update.paths = plan.files().map(|file| file.path.clone()).collect();
    let root = update.root.clone();
    let before = View::at(root.clone());
    let mut after = before.clone();
    let mut open: Vec<&TargetPlan> = Vec::new();
    for target in &plan.targets {
        let file = match shape(target) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err((path, why)) => return Err(refused(path, why.to_owned())),
        };
        let path = root.join(&file.path);
        if leads_out(&path, &root) {
            return Err(ApplyError::Outside(file.path.clone()));
        }
        let now = files::read_if_there(&path)?;
        let wanted = file.after.bytes().unwrap_or_default();
        if now.as_deref().map(sha256) == file.before && now.as_ref() != Some(&wanted) {
            after.plan(file.path.as_ref(), wanted);
            open.push(target);
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let check = LocksCheck {
        update,
        before: gather_in(update, &before),
        after: gather_in(update, &after),
    };
    let images = ImagesCheck::new(update, &check.before)
        .map_err(|error| ApplyError::Survey(Box::new(error)))?;
    for target in open {
        let confirmed = match target.kind {
            TargetKind::Lock => check.confirm(target, &before),
            TargetKind::Images => images.confirm(target),
        };
        if let Err(why) = confirmed {
            return Err(refused(&target.path, why));
        }
    }
    Ok(())
}

/// Returns the one file that a target writes.
fn shape(target: &TargetPlan) -> Result<Option<&FileChange>, (&str, &'static str)> {
    let writes = matches!(target.status, Status::Updated | Status::Partial);
    match &target.files[..] {
        [] if writes => Err((&target.path, "but it has no content for it")),
        [] => Ok(None),
        [file] if file.path == target.path => Ok(Some(file)),
        files => {
            let other = files.iter().find(|file| file.path != target.path);
            Err((
                other.map_or(&target.path, |file| &file.path),
                "which is not the target that it reports",
            ))
        }
    }
}

/// Confirms changes of lock files.
struct LocksCheck<'a> {
    update: &'a Update,
    before: Gathered,
    /// The same, if the plan was applied.
    after: Gathered,
}

impl LocksCheck<'_> {
    fn confirm(&self, target: &TargetPlan, view: &View) -> Refusal {
        let is_it = |lock: &&LockTarget| lock.output == target.path;
        let Some(before) = self.before.locks.iter().find(is_it) else {
            let mut skipped = self.before.skipped.iter();
            let skipped = skipped.find(|skipped| skipped.path == target.path);
            return Err(match skipped {
                Some(skipped) => format!("which is not updated here: {}", skipped.why),
                None => "which is not a lock file of this repository".to_owned(),
            });
        };
        let text = target.files.first().and_then(|file| file.after.bytes());
        let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Err("which would not be text".to_owned());
        };
        let new = lock::read(&text);
        if let Some(problem) = new.problems.first() {
            return Err(format!(
                "which would have a line that is not a pin: {}",
                problem.message
            ));
        }
        let old = view.read(target.path.as_ref()).unwrap_or_default();
        let old = lock::read(&String::from_utf8_lossy(&old));
        confirm_pins(&target.pins, &old, &new)?;
        self.confirm_options(before, &old, &new, view)?;
        let Some(after) = self.after.locks.iter().find(is_it) else {
            return Err("whose new header does not say how it is made".to_owned());
        };
        confirm_command(before, after, &new)
    }

    /// Confirms that option lines have no value that is not known here.
    fn confirm_options(
        &self,
        target: &LockTarget,
        old: &LockFile,
        new: &LockFile,
        view: &View,
    ) -> Refusal {
        let added: Vec<&String> = new
            .options
            .iter()
            .filter(|line| !old.options.contains(line) && !is_editable(line))
            // Which servers an index has for its files is known of a lock that is there.
            .filter(|line| !(line.starts_with("files ") && old.pins.is_empty()))
            .collect();
        if added.is_empty() {
            return Ok(());
        }
        let options = &target.options;
        let lists = [
            &options.extra_index_urls,
            &options.find_links,
            &options.trusted_hosts,
        ];
        let mut known: BTreeSet<String> = lists.into_iter().flatten().cloned().collect();
        known.extend(options.index_url.clone());
        known.extend(options.only_binary.iter().map(ToString::to_string));
        known.extend(options.no_binary.iter().map(ToString::to_string));
        known.extend(self.update.index_url.clone());
        let indexes = self.update.index_configs.iter();
        known.extend(indexes.map(|index| index.url.clone()));
        let texts = target.reads.iter().filter_map(|path| {
            let bytes = view.read(path.as_ref()).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        });
        for text in texts.chain(old.options.iter().cloned()) {
            known.extend(values(&text).map(str::to_owned));
        }
        for line in added {
            let (_, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
            if !values(value).all(|value| known.contains(value)) {
                return Err(format!(
                    "with the option line `{line}`, which its sources and settings do not have; \
                     if `pinfold update` was given it, give it to `pinfold apply`, too"
                ));
            }
        }
        Ok(())
    }
}

/// Returns what could be a value in a line of options.
fn values(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "='\"[],".contains(c))
        .filter(|value| !value.is_empty())
}

fn is_editable(line: &str) -> bool {
    line.starts_with("-e") || line.starts_with("--editable")
}

/// Confirms that pins move as they are reported, and none else.
fn confirm_pins(reported: &[PinChange], old: &LockFile, new: &LockFile) -> Refusal {
    let mut expected = sources(old);
    let actual = sources(new);
    let mut places: BTreeSet<String> = old.places.iter().map(|it| shown(&it.source)).collect();
    let mut moved: BTreeSet<&str> = BTreeSet::new();
    for pin in reported {
        moved.insert(&pin.project);
        places.extend(pin.to.clone());
        let of_project = expected.entry(&pin.project).or_default();
        if let Some(from) = &pin.from
            && let Some(at) = of_project.iter().position(|source| source == from)
        {
            of_project.remove(at);
        }
        // Places have no name by which they would be pins.
        let is_place = |to: &String| new.places.iter().any(|it| shown(&it.source) == *to);
        of_project.extend(pin.to.iter().filter(|to| !is_place(to)).cloned());
    }
    if let Some(place) = new
        .places
        .iter()
        .find(|it| !places.contains(&shown(&it.source)))
    {
        return Err(format!(
            "with `{}`, which the plan does not report",
            shown(&place.source)
        ));
    }
    let names: BTreeSet<&str> = expected.keys().chain(actual.keys()).copied().collect();
    for name in names {
        let sorted = |of: &BTreeMap<&str, Vec<String>>| {
            let mut sources = of.get(name).cloned().unwrap_or_default();
            sources.sort_unstable();
            sources.dedup();
            sources
        };
        if sorted(&expected) != sorted(&actual) {
            return Err(format!("where {name} does not move as the plan reports"));
        }
        if !moved.contains(name) && hashes(old, name) != hashes(new, name) {
            return Err(format!(
                "where {name} gets hashes that the plan does not report"
            ));
        }
    }
    Ok(())
}

fn sources(file: &LockFile) -> BTreeMap<&str, Vec<String>> {
    let mut sources: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for pin in &file.pins {
        let (name, source) = (pin.name.as_ref(), shown(&pin.source));
        // The same pin once more says nothing more.
        if seen.insert((name, source.clone(), pin.marker.as_deref())) {
            sources.entry(name).or_default().push(source);
        }
    }
    sources
}

fn hashes<'a>(file: &'a LockFile, name: &str) -> BTreeSet<&'a str> {
    let pins = file.pins.iter().filter(|pin| pin.name.as_ref() == name);
    pins.flat_map(|pin| &pin.hashes)
        .map(String::as_str)
        .collect()
}

fn shown(source: &PinSource) -> String {
    match source {
        PinSource::Version { version, .. } => version.clone(),
        PinSource::Url(text) | PinSource::Path(text) | PinSource::Editable(text) => text.clone(),
    }
}

/// Confirms that the next update would make the lock as this one does.
fn confirm_command(before: &LockTarget, after: &LockTarget, new: &LockFile) -> Refusal {
    let refused = || Err("with another command in its header".to_owned());
    let command = new.header.as_ref().and_then(|it| it.command.as_deref());
    let is_command_kept = match &before.custom_command {
        Some(own) => command == Some(own),
        None => command.is_none_or(|command| command.starts_with("pinfold ")),
    };
    // A lock that has no header gets none.
    let is_found_alike = match (before.why, after.why) {
        (Why::Header(_), Why::Header(_)) => true,
        (before, after) => before == after,
    };
    // Without a command of ours, the option lines tell, which are confirmed.
    let has_lines = command.is_none_or(|command| !command.starts_with("pinfold "));
    let known = Known {
        has_python: !before.options.python_versions.is_empty() && !has_lines,
        has_lines,
    };
    // Several words may mean the same platform.
    let platforms = |target: &LockTarget| -> Vec<Platform> {
        let platforms = recorded(target).python_platforms;
        platforms.iter().map(|platform| **platform).collect()
    };
    let is_made_alike = before.folder == after.folder
        && platforms(before) == platforms(after)
        && known.made(before) == known.made(after);
    if is_command_kept && is_found_alike && is_made_alike {
        return Ok(());
    }
    refused()
}

/// What is known of a lock from elsewhere than its command.
#[derive(Clone, Copy)]
struct Known {
    /// Whether it is known for which Python it is made; else an update finds out.
    has_python: bool,
    /// Whether its option lines say what no command does.
    has_lines: bool,
}

impl Known {
    /// Returns what decides which projects are in a lock and where they come from, without
    /// what only its look shows.
    fn made(self, target: &LockTarget) -> Options {
        let plain = Options::of(Tool::Pinfold);
        let mut options = recorded(target);
        options.python_platforms.clear();
        if !self.has_python {
            options.python_versions.clear();
        }
        if self.has_lines {
            options.index_url = None;
            options.extra_index_urls.clear();
            options.find_links.clear();
            options.trusted_hosts.clear();
            options.only_binary.clear();
            options.no_binary.clear();
        }
        let links = options.find_links.iter_mut();
        for path in links.filter(|path| !location::is_url(path)) {
            *path = location::normalise(path);
        }
        Options {
            hashes: plain.hashes,
            annotations: plain.annotations,
            index_annotation: plain.index_annotation,
            input_comments: plain.input_comments,
            header: plain.header,
            strip_extras: plain.strip_extras,
            markers: plain.markers,
            emitted: plain.emitted,
            allow_unsafe: plain.allow_unsafe,
            newline: plain.newline,
            ..options
        }
    }
}
