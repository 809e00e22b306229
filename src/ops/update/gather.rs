//! Gathers: which lock files a repository has and what they are made of, and which
//! files name images.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::apply::{self, ApplyError};
use super::foreign::{foreign_locks, is_foreign_lock};
use super::scope::Update;
use crate::files::{self, find};
use crate::ops::View;
use crate::ops::docker::FileKind;
use crate::text::shell_path;
use crate::update::{
    CandidateFile, LockTarget, Skipped, TargetFailure, is_candidate_name, named_by_headers, targets,
};

/// The largest file that is looked into: locks of a thousand projects are smaller.
const MOST_BYTES: u64 = 8 << 20;

/// What a repository has.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The lock files, in an order in which they can be made.
    pub locks: Vec<LockTarget>,
    /// What looked as if it mattered.
    pub skipped: Vec<Skipped>,
    /// Dockerfiles and compose files, relative to the root.
    pub images: Vec<String>,
    /// Paths that were asked for and that nothing was found for, from the root.
    pub unmatched: Vec<String>,
    /// What the report should say.
    pub notes: Vec<String>,
    /// Files with changes that are not committed, where a commit is wanted; see
    /// [`note_uncommitted`].
    pub uncommitted: BTreeSet<String>,
    /// Those of them that git does not keep.
    pub untracked: BTreeSet<String>,
}

/// Finds the targets.
pub fn gather(update: &Update) -> Gathered {
    gather_in(update, &View::at(update.root.clone()))
}

/// Finds the targets among files as they are seen.
pub(super) fn gather_in(update: &Update, view: &View) -> Gathered {
    let mut gathered = Gathered::default();
    let is_wanted = |name: &str| {
        is_candidate_name(name) || FileKind::of_name(name).is_some() || is_foreign_lock(name)
    };
    let mut found = find(&update.root, &update.exclude, is_wanted);
    // Other repositories inside this one are looked into only where they are named.
    for other in other_repositories(update) {
        let more = find(&other, &update.exclude, is_wanted);
        found.files.extend(more.files);
        found.problems.extend(more.problems);
    }
    for error in found.problems {
        gathered.notes.push(error.to_string());
    }
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for lock in &update.lock_configs {
        named.insert(&lock.output.value);
        named.extend(lock.sources.iter().map(|one| &*one.value));
        named.extend(lock.constraints.iter().map(|one| &*one.value));
    }
    let mut paths: BTreeSet<String> = BTreeSet::new();
    let mut foreign: BTreeSet<String> = BTreeSet::new();
    for path in &found.files {
        let Some(relative) = files::relative(&update.root, path) else {
            continue;
        };
        let name = relative.rsplit('/').next().unwrap_or_default();
        if FileKind::of_name(name).is_some() {
            gathered.images.push(relative.clone());
        }
        if is_candidate_name(name) {
            paths.insert(relative);
        } else if is_foreign_lock(name) {
            foreign.insert(relative);
        }
    }
    paths.extend(named.iter().map(|path| (*path).to_owned()));
    // Who names a file means it, though git may not keep it.
    let is_file = |path: &&String| update.root.join(path).is_file();
    paths.extend(update.paths.iter().filter(is_file).cloned());
    if update.locks {
        let candidates = candidates(paths, view);
        let (mut locks, skipped) = targets(&candidates, &update.lock_configs);
        for target in &mut locks {
            target.options.fill(&update.defaults, &target.folder);
        }
        gathered.locks = locks;
        gathered.skipped = skipped;
    }
    if update.images.is_none() {
        gathered.images.clear();
    }
    // Who has something else to keep up to date need not be told each time.
    if !gathered.locks.is_empty() || !gathered.images.is_empty() || !update.locks {
        foreign.retain(|path| update.paths.contains(path));
    }
    let has = |path: &str| update.root.join(path).is_file();
    gathered.skipped.extend(foreign_locks(&foreign, &has));
    if let Some(include) = &update.include {
        let is_configured = |path: &str| named.contains(path);
        select(&mut gathered, &|path| {
            is_configured(path) || include.names(&update.root.join(path))
        });
    }
    if !update.paths.is_empty() {
        select_paths(update, &mut gathered);
    }
    gathered
}

/// Returns the repositories inside this one that a path names, or a file in them.
fn other_repositories(update: &Update) -> BTreeSet<PathBuf> {
    let paths = update.paths.iter().map(|path| update.root.join(path));
    let others = paths.filter_map(|path| {
        let folders = path.ancestors().take_while(|folder| *folder != update.root);
        folders
            .filter(|folder| folder.join(".git").exists())
            .last()
            .map(Path::to_owned)
    });
    others.collect()
}

/// Reads what may be locks and their sources, and then what the headers of these name.
fn candidates(paths: BTreeSet<String>, view: &View) -> Vec<CandidateFile> {
    let read = |path: String| {
        let is_small = match std::fs::metadata(view.path(path.as_ref())) {
            Ok(file) => file.is_file() && file.len() <= MOST_BYTES,
            // It may be there in the view alone.
            Err(_) => true,
        };
        let bytes = view.read(path.as_ref()).ok().filter(|_| is_small)?;
        let text = String::from_utf8(bytes).ok()?;
        Some(CandidateFile { path, text })
    };
    let mut candidates: Vec<CandidateFile> = paths.into_iter().filter_map(read).collect();
    let more: Vec<CandidateFile> = named_by_headers(&candidates)
        .into_iter()
        .filter_map(read)
        .collect();
    candidates.extend(more);
    candidates
}

/// Notes which of the gathered files are not as they are committed.
///
/// A commit on another branch is made of what is committed; what it is decided from has
/// to be the same.
///
/// # Errors
/// When there is no commit to compare with, or git fails.
pub fn note_uncommitted(root: &Path, gathered: &mut Gathered) -> Result<(), ApplyError> {
    if gathered.locks.is_empty() && gathered.images.is_empty() {
        return Ok(());
    }
    let (repository, base) = apply::base(root)?;
    let mut paths: BTreeSet<&str> = gathered.images.iter().map(String::as_str).collect();
    for target in &gathered.locks {
        paths.insert(&target.output);
        paths.extend(target.reads.iter().map(String::as_str));
    }
    let dirty = apply::dirty(root, &repository, &base, &paths)?;
    let untracked = apply::untracked(root, &repository, &dirty)?;
    gathered.uncommitted = dirty.into_iter().collect();
    gathered.untracked = untracked.into_iter().collect();
    Ok(())
}

/// Returns why a target stays that one of these files belongs to.
pub(super) fn uncommitted<'a>(
    gathered: &Gathered,
    paths: impl IntoIterator<Item = &'a String>,
) -> Option<TargetFailure> {
    let path = paths
        .into_iter()
        .find(|path| gathered.uncommitted.contains(*path))?;
    let (message, help) = if gathered.untracked.contains(path) {
        (
            format!("`{path}` is untracked"),
            "commit it first, or run without `--commit` to update the work tree",
        )
    } else {
        (
            format!("`{path}` has uncommitted changes"),
            "commit them first, or run without `--commit` to update the work tree",
        )
    };
    Some(TargetFailure {
        message,
        details: vec![help.to_owned()],
        tried: Vec::new(),
        reproduce: format!("git status {}", shell_path(path)),
        transient: false,
    })
}

/// Keeps what was asked for.
fn select_paths(update: &Update, gathered: &mut Gathered) {
    let is_below = |path: &str, wanted: &str| {
        wanted.is_empty()
            || path
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    gathered.unmatched.clone_from(&update.paths);
    gathered.unmatched.retain(|wanted| {
        let locks = gathered.locks.iter();
        let skipped = gathered.skipped.iter().map(|skipped| &skipped.path);
        !locks
            .flat_map(|target| target.reads.iter().chain([&target.output]))
            .chain(&gathered.images)
            .chain(skipped)
            .any(|path| is_below(path, wanted))
    });
    let is_wanted = |path: &str| update.paths.iter().any(|wanted| is_below(path, wanted));
    select(gathered, &is_wanted);
}

/// Keeps what is wanted, with all that belongs to it.
fn select(gathered: &mut Gathered, is_wanted: &dyn Fn(&str) -> bool) {
    let groups: BTreeSet<usize> = gathered
        .locks
        .iter()
        .filter(|target| {
            is_wanted(&target.output) || target.reads.iter().any(|path| is_wanted(path))
        })
        .map(|target| target.group)
        .collect();
    gathered
        .locks
        .retain(|target| groups.contains(&target.group));
    gathered.images.retain(|path| is_wanted(path));
    gathered.skipped.retain(|skipped| is_wanted(&skipped.path));
}
