//! Gathers: which lock files a repository has and what they are made of, and which
//! files name images.

use std::collections::BTreeSet;
use std::path::Path;

use super::apply::{self, ApplyError};
use super::scope::Update;
use crate::files::{self, find};
use crate::ops::docker::FileKind;
use crate::text::shell_path;
use crate::update::{
    CandidateFile, LockTarget, Skipped, TargetFailure, is_candidate_name, targets,
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
}

/// Finds the targets.
pub fn gather(update: &Update) -> Gathered {
    let mut gathered = Gathered::default();
    let found = find(&update.root, &update.exclude, |name| {
        is_candidate_name(name) || FileKind::of_name(name).is_some()
    });
    for error in found.problems {
        gathered.notes.push(error.to_string());
    }
    let mut candidates = Vec::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for lock in &update.lock_configs {
        named.insert(&lock.output.value);
        named.extend(lock.sources.iter().map(|one| &*one.value));
        named.extend(lock.constraints.iter().map(|one| &*one.value));
    }
    let mut paths: BTreeSet<String> = BTreeSet::new();
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
        }
    }
    paths.extend(named.iter().map(|path| (*path).to_owned()));
    // Who names a file means it, though git may not keep it.
    let is_file = |path: &&String| update.root.join(path).is_file();
    paths.extend(update.paths.iter().filter(is_file).cloned());
    if update.locks {
        for path in paths {
            let full = update.root.join(&path);
            let is_small = std::fs::metadata(&full).is_ok_and(|file| file.len() <= MOST_BYTES);
            if let (true, Ok(bytes)) = (is_small, files::read(&full))
                && let Ok(text) = String::from_utf8(bytes)
            {
                candidates.push(CandidateFile { path, text });
            }
        }
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
    gathered.uncommitted = dirty.into_iter().collect();
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
    Some(TargetFailure {
        message: format!("`{path}` has uncommitted changes"),
        details: vec![
            "commit them first, or run without `--commit` to update the work tree".to_owned(),
        ],
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
