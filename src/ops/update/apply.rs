//! Carries a plan out: into the work tree, or onto a branch.
//!
//! The files of a group are replaced all or none, and only if they still hold what the
//! plan was made for. A run that was cut off is mended by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::files::{self, Recovered, Replacement, recover as recover_files, replace_all};
use crate::forge::{self, Commit, CommitRequest, Committed, Repository};
use crate::update::{FileChange, Plan, sha256, summary};

/// Where the journal of a half-done run is kept, below the repository's own folder.
const STATE: &str = "pinfold";
/// The same where there is no git, below the root.
const WITHOUT_GIT: &str = ".pinfold";

/// What locks are made of, by their paths.
pub type Reads = BTreeMap<String, Vec<String>>;

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// The files that were written, relative to the root.
    pub written: Vec<String>,
    /// What was not written, by group, and why.
    pub failed: Vec<(usize, ApplyError)>,
}

/// Why files were not written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A file holds something else than the plan was made for.
    #[error("`{0}` changed since the plan was made; its target was not written")]
    Changed(String),
    /// A link leads a path out of the repository, or into git's own folder.
    #[error("`{0}` is a link that leaves the repository; its target was not written")]
    Outside(String),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] files::Error),
    /// Git could not do it.
    #[error(transparent)]
    Forge(#[from] forge::Error),
    /// There is no repository to commit to.
    #[error("`{}` is not in a git repository, so nothing can be committed", .0.display())]
    NoRepository(PathBuf),
    /// Files hold work that was not committed.
    #[error("`{}` {} uncommitted changes; {} left out of the commit", .0.join("`, `"),
        if .0.len() == 1 { "has" } else { "have" },
        if .0.len() == 1 { "its target was" } else { "their targets were" })]
    Dirty(Vec<String>),
    /// The repository has no commit yet.
    #[error("the repository has no commits yet, so no branch can be created")]
    NoCommit,
}

/// Returns the folder for what a run leaves behind when it is cut off.
///
/// Inside `.git` where there is one: it is nobody's work.
fn state_folder(root: &Path) -> PathBuf {
    let git = root.join(".git");
    if git.is_dir() {
        return git.join(STATE);
    }
    // Of linked work trees and submodules it is a file that names the folder.
    match git.exists().then(|| Repository::find(root)) {
        Some(Ok(Some(repository))) => repository.git_dir().join(STATE),
        _ => root.join(WITHOUT_GIT),
    }
}

/// A repository that is held; dropping it gives it free.
#[derive(Debug)]
pub struct RepositoryLock {
    lock: Option<files::Lock>,
    /// The folder to be cleared away: without git nobody expects one.
    folder: Option<PathBuf>,
}

impl Drop for RepositoryLock {
    fn drop(&mut self) {
        let Some(folder) = &self.folder else {
            return;
        };
        // Still held: a run that has the file open sees that it was too late.
        let _ = std::fs::remove_file(folder.join("lock"));
        self.lock = None;
        let _ = std::fs::remove_dir(folder.join("journal"));
        // A journal that is left stays, with its folder.
        let _ = std::fs::remove_dir(folder);
    }
}

/// Holds the repository, so that no other run is at work in it.
pub fn lock(root: &Path) -> Result<RepositoryLock, files::LockError> {
    let folder = state_folder(root);
    Ok(RepositoryLock {
        lock: Some(files::lock(&folder)?),
        folder: folder.ends_with(WITHOUT_GIT).then_some(folder),
    })
}

/// Mends what an earlier run left half-done.
pub fn recover(root: &Path) -> Result<Recovered, files::Error> {
    recover_files(&state_folder(root).join("journal"))
}

/// Writes the files of a plan into the work tree, group by group.
pub fn apply(plan: &Plan, root: &Path) -> Applied {
    let mut applied = Applied::default();
    for (group, files) in groups(plan) {
        match apply_group(&files, root) {
            Ok(()) => applied
                .written
                .extend(files.iter().map(|file| file.path.clone())),
            Err(error) => applied.failed.push((group, error)),
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
        if leads_out(&path, root) {
            return Err(ApplyError::Outside(file.path.clone()));
        }
        let before = files::read_if_there(&path)?;
        let after = file.after.bytes().unwrap_or_default();
        // A run that was cut off, or an earlier one with this plan, has done it.
        if before.as_ref() == Some(&after) {
            continue;
        }
        if before.as_deref().map(sha256) != file.before {
            return Err(ApplyError::Changed(file.path.clone()));
        }
        replacements.push(Replacement {
            path,
            before,
            after,
        });
    }
    if replacements.is_empty() {
        return Ok(());
    }
    replace_all(&state_folder(root).join("journal"), &replacements)?;
    Ok(())
}

/// Whether a path below the root means something that is not there, or is git's own.
fn leads_out(path: &Path, root: &Path) -> bool {
    let Ok(root) = root.canonicalize() else {
        return true;
    };
    let real = match path.canonicalize() {
        Ok(real) => real,
        // What is not there yet will be in its folder; a link to nowhere may lead anywhere.
        Err(_) if path.is_symlink() => return true,
        Err(_) => match path.parent().map(Path::canonicalize) {
            Some(Ok(folder)) => folder,
            // Where there is no folder nothing is written.
            _ => return false,
        },
    };
    real.strip_prefix(root).map_or(true, |below| {
        below.components().any(|part| part.as_os_str() == ".git")
    })
}

/// Returns the repository and the commit that is checked out.
pub(super) fn base(root: &Path) -> Result<(Repository, Commit), ApplyError> {
    let repository = repository(root)?;
    let base = repository.head()?.ok_or(ApplyError::NoCommit)?;
    Ok((repository, base))
}

fn repository(root: &Path) -> Result<Repository, ApplyError> {
    Repository::find(root)?.ok_or_else(|| ApplyError::NoRepository(root.to_owned()))
}

/// Commits the files of a plan to a branch; the work tree stays as it is.
///
/// Returns what was left out, too, a group each: files that hold what was never
/// committed, or are made of such, because the plan was made for them and not for the
/// commit.
pub fn commit(
    plan: &Plan,
    root: &Path,
    branch: &str,
    subject: &str,
    reads: &Reads,
) -> Result<(Committed, Vec<(usize, ApplyError)>), ApplyError> {
    let repository = repository(root)?;
    if plan.is_empty() {
        return Ok((Committed::Nothing, Vec::new()));
    }
    let base = repository.head()?.ok_or(ApplyError::NoCommit)?;
    let mut changes = Vec::new();
    let mut left = Vec::new();
    let mut kept = plan.clone();
    for (group, files) in groups(plan) {
        match check_committed(&files, reads, root, &repository, &base) {
            Ok(()) => changes.extend(files.iter().map(|file| forge::FileChange {
                path: file.path.clone(),
                content: file.after.bytes().unwrap_or_default(),
            })),
            Err(error @ (ApplyError::Dirty(_) | ApplyError::Changed(_))) => {
                kept.targets.retain(|target| target.group != group);
                left.push((group, error));
            }
            Err(error) => return Err(error),
        }
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    if changes.is_empty() && !left.is_empty() {
        return Ok((Committed::Nothing, left));
    }
    let request = CommitRequest {
        branch: branch.to_owned(),
        base,
        changes,
        message: format!(
            "{subject}: {}\n\nPinfold-Plan: {}\n",
            summary(&kept),
            kept.fingerprint()
        ),
    };
    Ok((repository.commit(&request)?, left))
}

/// Checks that files are as the plan has them, and as they were committed.
fn check_committed(
    files: &[&FileChange],
    reads: &Reads,
    root: &Path,
    repository: &Repository,
    base: &Commit,
) -> Result<(), ApplyError> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for file in files {
        names.insert(&file.path);
        names.extend(
            reads
                .get(&file.path)
                .into_iter()
                .flatten()
                .map(String::as_str),
        );
        let path = root.join(&file.path);
        let before = files::read_if_there(&path)?;
        if before.as_deref().map(sha256) != file.before {
            return Err(ApplyError::Changed(file.path.clone()));
        }
    }
    let dirty = dirty(root, repository, base, &names)?;
    if dirty.is_empty() {
        return Ok(());
    }
    Err(ApplyError::Dirty(dirty))
}

/// Returns which of these files below the root are not as a commit has them.
pub(super) fn dirty(
    root: &Path,
    repository: &Repository,
    base: &Commit,
    names: &BTreeSet<&str>,
) -> Result<Vec<String>, forge::Error> {
    let paths: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    let dirty = repository.dirty(base, &paths)?;
    Ok(names
        .iter()
        .zip(&paths)
        .filter(|(_, path)| dirty.contains(path))
        .map(|(name, _)| (*name).to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::{Content, PLAN_VERSION, Status, TargetKind, TargetPlan};

    fn plan(path: &str, before: &[u8], after: &[u8]) -> Plan {
        Plan {
            version: PLAN_VERSION,
            as_of: "2026-11-21T12:00:00Z".parse().unwrap(),
            policy: String::new(),
            targets: vec![TargetPlan {
                kind: TargetKind::Lock,
                path: path.to_owned(),
                found: String::new(),
                group: 0,
                status: Status::Updated,
                files: vec![FileChange {
                    path: path.to_owned(),
                    before: Some(sha256(before)),
                    after: Content::of(after),
                }],
                pins: Vec::new(),
                images: Vec::new(),
                held: Vec::new(),
                alarms: Vec::new(),
                failed: None,
            }],
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_plan_is_applied_once_and_again_but_not_over_other_work() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "a==1\n").unwrap();
        let plan = plan("a.txt", b"a==1\n", b"a==2\n");
        for _ in 0..2 {
            assert!(apply(&plan, folder.path()).failed.is_empty());
            assert_eq!(std::fs::read(&path).unwrap(), b"a==2\n");
        }
        std::fs::write(&path, "a==3\n").unwrap();
        let failed = apply(&plan, folder.path()).failed;
        assert!(matches!(&failed[..], [(0, ApplyError::Changed(path))] if path == "a.txt"));
        assert_eq!(std::fs::read(&path).unwrap(), b"a==3\n");
    }

    #[test]
    fn nothing_is_left_behind_where_there_is_no_git() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "a==1\n").unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(lock(folder.path()).is_err());
        let plan = plan("a.txt", b"a==1\n", b"a==2\n");
        assert!(apply(&plan, folder.path()).failed.is_empty());
        drop(held);
        let names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["a.txt"]);
    }
}
