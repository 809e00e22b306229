//! Carries a plan out: into the work tree, or onto a branch.
//!
//! The files of a group are replaced all or none, and only if they still hold what the
//! plan was made for. A run that was cut off is mended by the next one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::files::{self, Recovered, Replacement, recover as recover_files, replace_all};
use crate::forge::{self, CommitRequest, Committed, Repository};
use crate::update::{FileChange, Plan, sha256};

/// Where the journal of a half-done run is kept, below the repository's own folder.
const STATE: &str = "pinfold";

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// The files that were written, relative to the root.
    pub written: Vec<String>,
    /// What was not written, and why, a group each.
    pub failed: Vec<ApplyError>,
}

/// Why files were not written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A file holds something else than the plan was made for.
    #[error("`{0}` was changed since the plan was made, so it and what belongs to it were left")]
    Changed(String),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] files::Error),
    /// Git could not do it.
    #[error(transparent)]
    Forge(#[from] forge::Error),
    /// There is no repository to commit to.
    #[error("`{}` is in no git repository, so there is nothing to commit to", .0.display())]
    NoRepository(PathBuf),
    /// The repository has no commit yet.
    #[error("the repository has no commit yet, so a branch could start nowhere")]
    NoCommit,
}

/// Returns the folder for what a run leaves behind when it is cut off.
///
/// Inside `.git` where there is one: it is nobody's work.
fn state_folder(root: &Path) -> PathBuf {
    let git = root.join(".git");
    if git.is_dir() {
        git.join(STATE)
    } else {
        root.join(".pinfold")
    }
}

/// Holds the repository, so that no other run is at work in it.
pub fn lock(root: &Path) -> Result<files::Lock, files::LockError> {
    files::lock(&state_folder(root))
}

/// Mends what an earlier run left half-done.
pub fn recover(root: &Path) -> Result<Recovered, files::Error> {
    recover_files(&state_folder(root).join("journal"))
}

/// Writes the files of a plan into the work tree, group by group.
pub fn apply(plan: &Plan, root: &Path) -> Applied {
    let mut applied = Applied::default();
    for files in groups(plan).into_values() {
        match apply_group(&files, root) {
            Ok(()) => applied
                .written
                .extend(files.iter().map(|file| file.path.clone())),
            Err(error) => applied.failed.push(error),
        }
    }
    applied.written.sort_unstable();
    applied
}

fn groups(plan: &Plan) -> BTreeMap<usize, Vec<&FileChange>> {
    let mut groups: BTreeMap<usize, Vec<&FileChange>> = BTreeMap::new();
    for target in &plan.targets {
        if !target.files.is_empty() {
            groups
                .entry(target.group)
                .or_default()
                .extend(&target.files);
        }
    }
    groups
}

fn apply_group(files: &[&FileChange], root: &Path) -> Result<(), ApplyError> {
    let mut replacements = Vec::with_capacity(files.len());
    for file in files {
        let path = root.join(&file.path);
        let before = match files::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.cause == files::Cause::Missing => None,
            Err(error) => return Err(error.into()),
        };
        if before.as_deref().map(sha256) != file.before {
            return Err(ApplyError::Changed(file.path.clone()));
        }
        replacements.push(Replacement {
            path,
            before,
            after: file.after.bytes().unwrap_or_default(),
        });
    }
    replace_all(&state_folder(root).join("journal"), &replacements)?;
    Ok(())
}

/// Commits the files of a plan to a branch; the work tree stays as it is.
pub fn commit(
    plan: &Plan,
    root: &Path,
    branch: &str,
    message: &str,
) -> Result<Committed, ApplyError> {
    let repository =
        Repository::find(root)?.ok_or_else(|| ApplyError::NoRepository(root.to_owned()))?;
    let base = repository.head()?.ok_or(ApplyError::NoCommit)?;
    let mut changes = Vec::new();
    for file in plan.files() {
        changes.push(forge::FileChange {
            path: file.path.clone(),
            content: file.after.bytes().unwrap_or_default(),
        });
    }
    let request = CommitRequest {
        branch: branch.to_owned(),
        base,
        changes,
        message: format!("{message}\n\nPinfold-Plan: {}\n", plan.fingerprint()),
    };
    Ok(repository.commit(&request)?)
}
