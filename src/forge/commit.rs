//! One commit on a branch of ours, made anew from its base each time.

use std::path::PathBuf;

use super::error::Error;
use super::git::{odd, shown};
use super::objects::{Commit, CommitText, Objects};
use super::repository::{Repository, as_committed};
use super::seal;
use super::tree::{Changes, locate};

/// Who makes commits where the repository names nobody.
const NAME: &str = "Pinfold";
const EMAIL: &str = "pinfold@localhost";

/// How far back a branch is looked through for commits of people.
const MAX_COMMITS: usize = 100;

/// How often the branch is looked at before another program that moves it wins.
const LOOKS: usize = 3;

/// What is to be committed, and where.
///
/// The date of the commit is that of its base, so that it depends on nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitRequest {
    /// The branch without `refs/heads/`; made if it is not there.
    pub branch: String,
    /// The one parent.
    pub base: Commit,
    /// The files that differ from the base.
    pub changes: Vec<FileChange>,
    /// The message; a line that seals it is put at the end.
    pub message: String,
}

/// A file with new content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// From the top of the repository, with `/`; symbolic links are followed.
    pub path: String,
    /// All of it. No filter of git is applied. Only if the file is committed without
    /// any CRLF are CRLFs made LFs: then it was git that put them into the work tree.
    pub content: Vec<u8>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// The branch was made or moved and is this commit.
    Created(Commit),
    /// The branch was this very commit, apart from who made it.
    Unchanged(Commit),
    /// There is no change against the base; the branch was not looked at.
    Nothing,
    /// There is work of people on the branch; it was not moved.
    Foreign {
        /// What the branch is.
        branch: Commit,
        /// What was found on it.
        why: String,
    },
}

/// A branch as it is now.
struct Branch {
    commit: Commit,
    /// The work tree in which it is checked out.
    checked_out: Option<PathBuf>,
}

/// Who makes the commits.
struct Identity {
    name: String,
    email: String,
}

/// What the branch is to be.
struct Wanted<'a> {
    request: &'a CommitRequest,
    base: CommitText,
    tree: String,
    message: String,
}

impl Repository {
    /// Commits changes on a branch, unless that commit is there or people's work is.
    ///
    /// The branch is moved as long as all on it that is not in the base was made by us
    /// and not changed since; see the seal in a message's last line. It is moved last,
    /// and only from what it was when it was looked at: whenever this ends, the branch is
    /// as before or as wanted.
    ///
    /// The author is the one that git is set to (`user.name`, `user.email` and so on), as
    /// services may accept no other, or else a fixed one, so that the machine does not
    /// matter. Commits are not signed: a signature differs each time.
    ///
    /// # Errors
    /// When the branch is checked out anywhere, a path cannot be committed, or git fails.
    pub fn commit(&self, request: &CommitRequest) -> Result<Committed, Error> {
        self.check_name(&request.branch)?;
        let mut objects = Objects::open(&self.git)?;
        let base = objects.commit(&request.base)?;
        let changes = self.write_blobs(&mut objects, &base.tree, &request.changes)?;
        if changes.is_empty() {
            return Ok(Committed::Nothing);
        }
        let tree = changes.write(&self.git, &mut objects, Some(&base.tree))?;
        let wanted = Wanted {
            message: seal::sealed(&tree, &request.message),
            request,
            base,
            tree,
        };

        let mut made = None;
        let mut last: Option<(Option<Commit>, Error)> = None;
        for _ in 0..LOOKS {
            let branch = self.branch(&request.branch)?;
            let old = branch.as_ref().map(|branch| branch.commit.clone());
            match last {
                // Nobody has moved it: it was not for a race that git failed.
                Some((before, error)) if before == old => return Err(error),
                _ => {}
            }
            if let Some(old) = &old {
                if wanted.is_made_as(&objects.commit(old)?) {
                    return Ok(Committed::Unchanged(old.clone()));
                }
                if let Some(why) = self.work_of_people(&mut objects, old, &request.base)? {
                    let branch = old.clone();
                    return Ok(Committed::Foreign { branch, why });
                }
            }
            self.check_not_checked_out(&request.branch, branch.as_ref())?;
            let identity = self.identity()?;
            let new = match &made {
                Some(commit) => commit,
                None => made.insert(self.write_commit(&wanted, &identity)?),
            };
            match self.move_branch(&request.branch, new, old.as_ref(), &identity) {
                Ok(()) => return Ok(Committed::Created(new.clone())),
                Err(error) => last = Some((old, error)),
            }
        }
        Err(Error::Raced {
            branch: request.branch.clone(),
        })
    }

    fn check_name(&self, branch: &str) -> Result<(), Error> {
        let name = format!("refs/heads/{branch}");
        // The first is what git's own commands refuse, because it looks like a flag.
        if !branch.starts_with('-')
            && branch != "HEAD"
            && !branch.contains('\0')
            && self
                .git
                .output("check-ref-format", &[&name])?
                .status
                .success()
        {
            return Ok(());
        }
        Err(Error::BadBranch {
            branch: branch.to_owned(),
        })
    }

    /// Writes the files that differ from those in a tree.
    fn write_blobs(
        &self,
        objects: &mut Objects,
        tree: &str,
        files: &[FileChange],
    ) -> Result<Changes, Error> {
        let mut changes = Changes::default();
        for file in files {
            let place = locate(objects, tree, &file.path)?;
            let mut content = file.content.clone();
            if let Some(entry) = &place.entry {
                let old = objects.blob(&entry.id)?;
                content = as_committed(&content, &old);
                if content == old {
                    continue;
                }
            }
            let arguments = ["-w", "--no-filters", "--stdin"];
            let blob = self.git.text_of("hash-object", &arguments, &content, &[])?;
            changes.add(&place, blob)?;
        }
        Ok(changes)
    }

    fn branch(&self, name: &str) -> Result<Option<Branch>, Error> {
        let reference = format!("refs/heads/{name}");
        let format = "--format=%(refname)%00%(objectname)%00%(symref)%00%(worktreepath)";
        let text = self.git.text("for-each-ref", &[format, &reference])?;
        // Branches in a folder of this name are listed as well.
        let found = text.lines().find_map(|line| {
            let fields: Vec<&str> = line.split('\0').collect();
            let [found, id, symbolic, checked_out] = fields[..] else {
                return None;
            };
            (found == reference).then_some((id, symbolic, checked_out))
        });
        let Some((id, symbolic, checked_out)) = found else {
            return Ok(None);
        };
        if !symbolic.is_empty() {
            return Err(Error::SymbolicBranch {
                branch: name.to_owned(),
                target: symbolic.to_owned(),
            });
        }
        Ok(Some(Branch {
            commit: id.parse().map_err(|_| odd("for-each-ref"))?,
            checked_out: (!checked_out.is_empty()).then(|| checked_out.into()),
        }))
    }

    fn check_not_checked_out(&self, name: &str, branch: Option<&Branch>) -> Result<(), Error> {
        let folder = if let Some(branch) = branch {
            branch.checked_out.clone()
        } else {
            // It can be checked out before it has a commit.
            let output = self.git.output("symbolic-ref", &["--quiet", "HEAD"])?;
            let head = String::from_utf8_lossy(&output.stdout);
            (head.trim_end() == format!("refs/heads/{name}")).then(|| self.root().to_owned())
        };
        match folder {
            None => Ok(()),
            Some(folder) => Err(Error::CheckedOut {
                branch: name.to_owned(),
                folder,
            }),
        }
    }

    /// Looks for a commit on a branch that is neither ours nor in the base.
    fn work_of_people(
        &self,
        objects: &mut Objects,
        branch: &Commit,
        base: &Commit,
    ) -> Result<Option<String>, Error> {
        let limit = format!("--max-count={}", MAX_COMMITS + 1);
        let not_base = format!("^{base}");
        let arguments = [&*limit, branch.as_str(), &not_base, "--"];
        let text = self.git.text("rev-list", &arguments)?;
        for line in text.lines() {
            let commit: Commit = line.parse().map_err(|_| odd("rev-list"))?;
            let content = objects.commit(&commit)?;
            let is_ours =
                content.parents.len() == 1 && seal::is_whole(&content.tree, &content.message);
            if !is_ours {
                return Ok(Some(told(&commit, &content, base)));
            }
        }
        if text.lines().count() > MAX_COMMITS {
            return Ok(Some(format!(
                "it has more than {MAX_COMMITS} commits that are not in `{}`",
                base.short()
            )));
        }
        Ok(None)
    }

    fn identity(&self) -> Result<Identity, Error> {
        // Fails if no name or no address is set.
        let output = self.git.output("var", &["GIT_AUTHOR_IDENT"])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let set = text
            .split_once(" <")
            .and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)))
            .filter(|_| output.status.success());
        let (name, email) = set.unwrap_or((NAME, EMAIL));
        Ok(Identity {
            name: name.to_owned(),
            email: email.to_owned(),
        })
    }

    fn write_commit(&self, wanted: &Wanted<'_>, identity: &Identity) -> Result<Commit, Error> {
        let date = date_of(&wanted.base).ok_or_else(|| odd("cat-file"))?;
        let Identity { name, email } = identity;
        let text = self.git.text_of(
            "commit-tree",
            &[&wanted.tree, "-p", wanted.request.base.as_str()],
            wanted.message.as_bytes(),
            &[
                ("GIT_AUTHOR_NAME", name),
                ("GIT_AUTHOR_EMAIL", email),
                ("GIT_AUTHOR_DATE", &date),
                ("GIT_COMMITTER_NAME", name),
                ("GIT_COMMITTER_EMAIL", email),
                ("GIT_COMMITTER_DATE", &date),
            ],
        )?;
        text.parse().map_err(|_| odd("commit-tree"))
    }

    /// Moves a branch from what it was, or makes it if it was not there.
    fn move_branch(
        &self,
        name: &str,
        new: &Commit,
        old: Option<&Commit>,
        identity: &Identity,
    ) -> Result<(), Error> {
        // All zeros: it must not be there.
        let none = "0".repeat(new.as_str().len());
        let old = old.map_or(&*none, Commit::as_str);
        let reference = format!("refs/heads/{name}");
        let arguments = [
            "--no-deref",
            "-m",
            "pinfold update",
            &reference,
            new.as_str(),
            old,
        ];
        // Who moved it goes into the branch's log.
        let variables = [
            ("GIT_COMMITTER_NAME", &*identity.name),
            ("GIT_COMMITTER_EMAIL", &*identity.email),
        ];
        self.git
            .text_of("update-ref", &arguments, b"", &variables)
            .map(drop)
    }
}

impl Wanted<'_> {
    /// Whether a commit is the wanted one, whoever made it.
    fn is_made_as(&self, commit: &CommitText) -> bool {
        commit.tree == self.tree
            && commit.parents == [self.request.base.as_str()]
            && commit.message == self.message
    }
}

/// Returns when a commit was made, in the form that `GIT_AUTHOR_DATE` takes.
fn date_of(commit: &CommitText) -> Option<String> {
    let (rest, zone) = commit.committer.rsplit_once(' ')?;
    let (_, seconds) = rest.rsplit_once(' ')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(seconds) && zone.strip_prefix(['+', '-']).is_some_and(is_number))
        .then(|| format!("@{seconds} {zone}"))
}

/// Tells people which of their commits is in the way.
fn told(commit: &Commit, content: &CommitText, base: &Commit) -> String {
    let subject = content.message.lines().next().unwrap_or_default();
    let author = content.author.split(" <").next().unwrap_or_default();
    format!(
        "commit `{}` (\u{201c}{}\u{201d}, {}) was not made by pinfold, or was changed since, and \
         is not in `{}`",
        commit.short(),
        shown(subject),
        shown(author),
        base.short()
    )
}
