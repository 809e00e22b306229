//! Carries a plan out: into the work tree, or onto a branch.
//!
//! The files of a group are replaced all or none, and only if they still hold what the
//! plan was made for. A run that was cut off is mended by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::files::{self, Recovered, Replacement, recover as recover_files, replace_all};
use crate::forge::{self, Commit, CommitRequest, Committed, Repository};
use crate::ops::Error;
use crate::update::{FileChange, Input, Plan, sha256, summary};

/// Where the journal of a half-done run is kept, below the repository's own folder.
const STATE: &str = "pinfold";
/// The same where there is no git, below the root.
const WITHOUT_GIT: &str = ".pinfold";

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
    /// What a plan writes is not what it reports, or is nothing that an update writes.
    #[error("the plan was not applied: it writes `{path}`, {why}")]
    Refused {
        /// The file.
        path: String,
        /// Why not, as a clause.
        why: String,
    },
    /// A link leads a path out of the repository, or into git's own folder.
    #[error("`{0}` is a link that leaves the repository; its target was not written")]
    Outside(String),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] files::Error),
    /// The files that name images could not be looked at.
    #[error(transparent)]
    Survey(Box<Error>),
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
    /// Files are not kept by git.
    #[error("`{}` {} untracked; {} left out of the commit", .0.join("`, `"),
        if .0.len() == 1 { "is" } else { "are" },
        if .0.len() == 1 { "its target was" } else { "their targets were" })]
    Untracked(Vec<String>),
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
    for (number, group) in groups(plan) {
        match apply_group(&group, root) {
            Ok(()) => applied
                .written
                .extend(group.files.iter().map(|file| file.path.clone())),
            Err(error) => applied.failed.push((number, error)),
        }
    }
    applied.written.sort_unstable();
    applied
}

/// What is written together, and what it is made of.
#[derive(Default)]
struct Group<'a> {
    files: Vec<&'a FileChange>,
    inputs: BTreeSet<&'a Input>,
}

fn groups(plan: &Plan) -> BTreeMap<usize, Group<'_>> {
    let mut groups: BTreeMap<usize, Group<'_>> = BTreeMap::new();
    for target in &plan.targets {
        if !target.files.is_empty() {
            let group = groups.entry(target.group).or_default();
            group.files.extend(&target.files);
            group.inputs.extend(&target.inputs);
        }
    }
    groups
}

/// Checks that files which are only read hold what the plan was made of.
fn check_inputs<'a>(
    inputs: impl IntoIterator<Item = &'a Input>,
    root: &Path,
) -> Result<(), ApplyError> {
    for input in inputs {
        let now = files::read_if_there(&root.join(&input.path))?;
        if now.as_deref().map(sha256).as_ref() != Some(&input.sha256) {
            return Err(ApplyError::Changed(input.path.clone()));
        }
    }
    Ok(())
}

fn apply_group(group: &Group<'_>, root: &Path) -> Result<(), ApplyError> {
    let mut replacements = Vec::with_capacity(group.files.len());
    for file in &group.files {
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
    check_inputs(group.inputs.iter().copied(), root)?;
    replace_all(&state_folder(root).join("journal"), &replacements)?;
    Ok(())
}

/// Whether a path below the root means something that is not there, or is git's own.
pub(super) fn leads_out(path: &Path, root: &Path) -> bool {
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
) -> Result<(Committed, Vec<(usize, ApplyError)>), ApplyError> {
    let repository = repository(root)?;
    if plan.is_empty() {
        return Ok((Committed::Nothing, Vec::new()));
    }
    let base = repository.head()?.ok_or(ApplyError::NoCommit)?;
    let mut changes = Vec::new();
    let mut left = Vec::new();
    let mut kept = plan.clone();
    for (number, group) in groups(plan) {
        match check_committed(&group, root, &repository, &base) {
            Ok(()) => changes.extend(group.files.iter().map(|file| forge::FileChange {
                path: file.path.clone(),
                content: file.after.bytes().unwrap_or_default(),
            })),
            Err(
                error @ (ApplyError::Dirty(_) | ApplyError::Untracked(_) | ApplyError::Changed(_)),
            ) => {
                kept.targets.retain(|target| target.group != number);
                left.push((number, error));
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
    group: &Group<'_>,
    root: &Path,
    repository: &Repository,
    base: &Commit,
) -> Result<(), ApplyError> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    names.extend(group.inputs.iter().map(|input| input.path.as_str()));
    for file in &group.files {
        names.insert(&file.path);
        let path = root.join(&file.path);
        let before = files::read_if_there(&path)?;
        if before.as_deref().map(sha256) != file.before {
            return Err(ApplyError::Changed(file.path.clone()));
        }
    }
    check_inputs(group.inputs.iter().copied(), root)?;
    let dirty = dirty(root, repository, base, &names)?;
    if dirty.is_empty() {
        return Ok(());
    }
    let untracked = untracked(root, repository, &dirty)?;
    if untracked.is_empty() {
        return Err(ApplyError::Dirty(dirty));
    }
    Err(ApplyError::Untracked(untracked))
}

/// Checks that the configuration is the one that a plan was made under.
pub fn check_configuration(plan: &Plan, root: &Path) -> Result<(), ApplyError> {
    check_inputs(&plan.inputs, root)
}

/// Returns which of these files below the root git does not keep.
pub(super) fn untracked(
    root: &Path,
    repository: &Repository,
    names: &[String],
) -> Result<Vec<String>, forge::Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let paths: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    let untracked = repository.untracked(&paths)?;
    let names = names.iter().zip(&paths);
    Ok(names
        .filter(|(_, path)| untracked.contains(path))
        .map(|(name, _)| name.clone())
        .collect())
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
            inputs: Vec::new(),
            skipped: Vec::new(),
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
                inputs: Vec::new(),
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
