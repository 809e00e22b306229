//! What committing promises, on real repositories.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::repository::Told;
use super::*;

/// A repository in a folder of its own, with a commit.
struct Sandbox {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

const BRANCH: &str = "pinfold/update";

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self::empty(&[]);
        sandbox.write("requirements.txt", "a==1\n");
        sandbox.write("sub/dev.txt", "b==1\n");
        sandbox.write("sub/other", "other\n");
        sandbox.write("README", "read me\n");
        sandbox.commit_all("first");
        sandbox
    }

    fn empty(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work tree");
        fs::create_dir(&root).unwrap();
        let root = fs::canonicalize(root).unwrap();
        let sandbox = Self {
            _folder: folder,
            root,
        };
        let mut arguments = vec!["init", "-q", "-b", "main"];
        arguments.extend(flags);
        sandbox.git(&arguments);
        sandbox.git(&["config", "user.name", "Ann"]);
        sandbox.git(&["config", "user.email", "ann@example.org"]);
        sandbox
    }

    /// Runs git as Ann does; returns what it prints.
    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        run_git(&self.root, arguments)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    fn commit_all(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    #[track_caller]
    fn repository(&self) -> Repository {
        find(&self.root).unwrap().unwrap()
    }

    #[track_caller]
    fn head(&self) -> Commit {
        self.repository().head().unwrap().unwrap()
    }

    fn request(&self, changes: &[(&str, &str)]) -> CommitRequest {
        CommitRequest {
            branch: BRANCH.to_owned(),
            base: self.head(),
            changes: changes
                .iter()
                .map(|(path, content)| FileChange {
                    path: (*path).to_owned(),
                    content: content.as_bytes().to_vec(),
                })
                .collect(),
            message: "Update pins\n\nMoved a.\n".to_owned(),
        }
    }

    fn commit(&self, changes: &[(&str, &str)]) -> Result<Committed, Error> {
        self.repository().commit(&self.request(changes))
    }

    #[track_caller]
    fn created(&self, changes: &[(&str, &str)]) -> Commit {
        match self.commit(changes).unwrap() {
            Committed::Created(commit) => commit,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn tip(&self) -> String {
        self.git(&["rev-parse", BRANCH])
    }

    /// Returns all that is the user's: files, index, `HEAD`, what git says of them.
    fn state(&self) -> BTreeMap<PathBuf, (i64, i64, Vec<u8>)> {
        let mut state = BTreeMap::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.ends_with(".git/objects")
                    || path.ends_with(".git/refs")
                    || path.ends_with(".git/logs")
                {
                    continue;
                }
                let metadata = fs::symlink_metadata(&path).unwrap();
                if metadata.is_dir() {
                    folders.push(path);
                } else {
                    let content = fs::read(&path).unwrap();
                    state.insert(path, (metadata.mtime(), metadata.mtime_nsec(), content));
                }
            }
        }
        state
    }

    #[track_caller]
    fn check_state(&self, before: &BTreeMap<PathBuf, (i64, i64, Vec<u8>)>) {
        let after = self.state();
        let paths = before.keys().chain(after.keys());
        let touched: Vec<&PathBuf> = paths
            .filter(|path| before.get(*path) != after.get(*path))
            .collect();
        assert_eq!(touched, Vec::<&PathBuf>::new());
    }

    fn status(&self) -> String {
        self.git(&["--no-optional-locks", "status", "--porcelain=v2"])
    }
}

#[track_caller]
fn run_git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Finds a repository whatever this process was told, as by a hook that runs tests.
fn find(folder: &Path) -> Result<Option<Repository>, Error> {
    Repository::find_with(folder, &Told::default())
}

/// Runs a test of this file again, in a process with these variables.
fn alone(test: &str, variables: &[(&str, OsString)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("forge::tests::{test}")])
        .env(ALONE, "1")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && words.contains("1 passed"),
        "{words}"
    );
}

const ALONE: &str = "PINFOLD_TEST_ALONE";

fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}

#[test]
fn the_same_twice_is_unchanged() {
    let sandbox = Sandbox::new();
    let changes = [("requirements.txt", "a==2\n"), ("sub/dev.txt", "b==2\n")];
    let made = sandbox.created(&changes);
    assert_eq!(sandbox.tip(), made.as_str());
    assert_eq!(
        sandbox.commit(&changes).unwrap(),
        Committed::Unchanged(made.clone())
    );
    assert_eq!(
        sandbox.git(&["show", &format!("{made}:sub/dev.txt")]),
        "b==2"
    );
    assert_eq!(
        sandbox.git(&["diff", "--name-only", "main", BRANCH]),
        "requirements.txt\nsub/dev.txt"
    );
    assert_eq!(
        sandbox.git(&["rev-parse", "pinfold/update^"]),
        sandbox.head().as_str()
    );
    sandbox.git(&["fsck", "--strict"]);
    // Made anew, it is the same again: nothing of the clock is in it.
    sandbox.git(&["branch", "-D", BRANCH]);
    assert_eq!(sandbox.created(&changes), made);
}

#[test]
fn the_same_content_in_another_clone_is_the_same_commit() {
    let sandbox = Sandbox::new();
    let made = sandbox.created(&[("requirements.txt", "a==2\n")]);
    let clone = sandbox.root.with_file_name("clone");
    sandbox.git(&["clone", "-q", ".", clone.to_str().unwrap()]);
    run_git(&clone, &["config", "user.name", "Ann"]);
    run_git(&clone, &["config", "user.email", "ann@example.org"]);
    for setting in [
        "core.autocrlf=true",
        "i18n.commitEncoding=ISO-8859-1",
        "commit.gpgSign=true",
    ] {
        let (name, value) = setting.split_once('=').unwrap();
        run_git(&clone, &["config", name, value]);
    }
    let repository = find(&clone).unwrap().unwrap();
    let request = sandbox.request(&[("requirements.txt", "a==2\n")]);
    assert_eq!(
        repository.commit(&request).unwrap(),
        Committed::Created(made)
    );
}

#[test]
fn dates_are_those_of_the_base_and_the_message_is_sealed() {
    let sandbox = Sandbox::new();
    sandbox.git(&[
        "-c",
        "user.name=Bob",
        "commit",
        "-q",
        "--amend",
        "--reset-author",
        "--no-edit",
        "--date=2001-02-03T04:05:06+0730",
    ]);
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    let dates = |commit: &str| sandbox.git(&["show", "-s", "--format=%cd %cd", commit]);
    let made = sandbox.git(&["show", "-s", "--format=%ad %cd", BRANCH]);
    assert_eq!(made, dates("main"));
    let who = sandbox.git(&["show", "-s", "--format=%an <%ae> %cn <%ce>", BRANCH]);
    assert_eq!(who, "Ann <ann@example.org> Ann <ann@example.org>");
    let message = sandbox.git(&["show", "-s", "--format=%B", BRANCH]);
    assert!(
        message.starts_with("Update pins\n\nMoved a.\n\nPinfold-Seal: "),
        "{message}"
    );
    let trailer = sandbox.git(&[
        "show",
        "-s",
        "--format=%(trailers:key=Pinfold-Seal)",
        BRANCH,
    ]);
    assert_eq!(trailer.len(), "Pinfold-Seal: ".len() + 64);
}

#[test]
fn where_nobody_is_named_the_author_is_fixed() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "user.name", ""]);
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    let who = sandbox.git(&["show", "-s", "--format=%an <%ae> %cn <%ce>", BRANCH]);
    assert_eq!(
        who,
        "Pinfold <pinfold@localhost> Pinfold <pinfold@localhost>"
    );
    // Ann, for whom it would be by her, does not make it again.
    sandbox.git(&["config", "user.name", "Ann"]);
    let again = sandbox.commit(&[("requirements.txt", "a==2\n")]).unwrap();
    assert_eq!(again, Committed::Unchanged(sandbox.tip().parse().unwrap()));
}

#[test]
fn bytes_and_modes_stay_what_they_are() {
    let sandbox = Sandbox::empty(&[]);
    let files: [(&str, &str, &str); 4] = [
        ("crlf.in", "a==1\r\nb==1\r\n", "a==2\r\nb==1\r\n"),
        ("bare.in", "a==1", "a==2"),
        ("bom.in", "\u{feff}a==1\n", "\u{feff}a==2\n"),
        ("run.in", "a==1\n", "a==2\n"),
    ];
    for (path, old, _) in files {
        sandbox.write(path, old);
    }
    let run = sandbox.root.join("run.in");
    fs::set_permissions(run, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("run.in", sandbox.root.join("link.in")).unwrap();
    sandbox.commit_all("first");
    // These would change bytes in a commit of git's own making.
    sandbox.write(".git/info/attributes", "* text filter=shout\n");
    sandbox.git(&["config", "filter.shout.clean", "tr a-z A-Z"]);
    let mut changes: Vec<(&str, &str)> = files.iter().map(|file| (file.0, file.2)).collect();
    changes.push(("new.txt", "new\r\n"));
    let commit = sandbox.created(&changes);
    let repository = sandbox.repository();
    for (path, content) in &changes {
        let (mode, bytes) = repository.read(&commit, path).unwrap().unwrap();
        assert_eq!(bytes, content.as_bytes(), "{path}");
        assert_eq!(mode == Mode::Executable, *path == "run.in", "{path}");
    }
    let raw = sandbox.git(&["diff", "--raw", "--abbrev=4", "main", BRANCH]);
    let modes: Vec<&str> = raw.lines().map(|line| &line[..14]).collect();
    assert_eq!(
        modes,
        [
            ":100644 100644",
            ":100644 100644",
            ":100644 100644",
            ":000000 100644",
            ":100755 100755",
        ]
    );
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn line_endings_that_git_put_there_are_not_committed() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "core.autocrlf", "true"]);
    fs::remove_file(sandbox.root.join("requirements.txt")).unwrap();
    sandbox.git(&["checkout", "-q", "--", "."]);
    let path = sandbox.root.join("requirements.txt");
    assert_eq!(fs::read(&path).unwrap(), b"a==1\r\n");
    let base = sandbox.head();
    assert_eq!(
        sandbox.repository().dirty(&base, &[path]).unwrap(),
        Vec::<PathBuf>::new()
    );
    let same = sandbox.commit(&[("requirements.txt", "a==1\r\n")]).unwrap();
    assert_eq!(same, Committed::Nothing);
    let made = sandbox.created(&[("requirements.txt", "a==2\r\nb\rc\r\n")]);
    let (_, bytes) = sandbox
        .repository()
        .read(&made, "requirements.txt")
        .unwrap()
        .unwrap();
    assert_eq!(bytes, b"a==2\nb\rc\n");
}

#[test]
fn nothing_of_the_user_is_touched() {
    let sandbox = Sandbox::new();
    // A dirty tree: staged, changed after that, removed, untracked.
    sandbox.write("requirements.txt", "a==3\n");
    sandbox.git(&["add", "requirements.txt"]);
    sandbox.write("requirements.txt", "a==4\n");
    fs::remove_file(sandbox.root.join("README")).unwrap();
    sandbox.write("untracked", "mine");
    sandbox.git(&["update-index", "--split-index"]);
    // Each of these would leave a file, and stop what it may.
    for hook in [
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
        "post-index-change",
    ] {
        let path = sandbox.root.join(".git/hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\necho \"$0\" >> ran\nexit 1\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    // In this order: it renews the time of a shared index.
    let status = sandbox.status();
    let state = sandbox.state();
    let repository = sandbox.repository();
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    sandbox.created(&[("requirements.txt", "a==5\n")]);
    let paths = [
        "requirements.txt",
        "README",
        "untracked",
        "sub/other",
        "absent",
    ]
    .map(|path| sandbox.root.join(path));
    let dirty = repository.dirty(&sandbox.head(), &paths).unwrap();
    assert_eq!(dirty, paths[..3]);
    sandbox.check_state(&state);
    assert_eq!(sandbox.status(), status);
    let refs = sandbox.git(&["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main\nrefs/heads/pinfold/update");
}

#[test]
fn no_change_makes_no_branch() {
    let sandbox = Sandbox::new();
    let same = [("requirements.txt", "a==1\n")];
    assert_eq!(sandbox.commit(&same).unwrap(), Committed::Nothing);
    assert_eq!(sandbox.commit(&[]).unwrap(), Committed::Nothing);
    assert_eq!(sandbox.git(&["branch", "--list", BRANCH]), "");
}

#[test]
fn our_branch_moves_with_the_plan_and_the_base() {
    let sandbox = Sandbox::new();
    let first = sandbox.created(&[("requirements.txt", "a==2\n")]);
    let second = sandbox.created(&[("requirements.txt", "a==3\n")]);
    assert_ne!(first, second);
    sandbox.write("README", "more\n");
    sandbox.commit_all("second");
    let third = sandbox.created(&[("requirements.txt", "a==3\n")]);
    assert_eq!(sandbox.tip(), third.as_str());
    assert_eq!(
        sandbox.git(&["rev-list", "--count", "main..pinfold/update"]),
        "1"
    );
    // Merged, by whichever button, it starts anew.
    sandbox.git(&["merge", "-q", "--no-ff", "-m", "merged", BRANCH]);
    sandbox.created(&[("requirements.txt", "a==4\n")]);
    assert_eq!(
        sandbox.git(&["rev-list", "--count", "main..pinfold/update"]),
        "1"
    );
}

/// Does something on our branch as Ann, and checks that we leave it alone.
#[track_caller]
fn check_foreign(expected: &str, work: impl FnOnce(&Sandbox)) {
    let sandbox = Sandbox::new();
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    sandbox.git(&["checkout", "-q", BRANCH]);
    work(&sandbox);
    sandbox.git(&["checkout", "-q", "main"]);
    let tip = sandbox.tip();
    for content in ["a==2\n", "a==3\n"] {
        let result = sandbox.commit(&[("requirements.txt", content)]).unwrap();
        let Committed::Foreign { branch, why } = result else {
            panic!("{result:?}");
        };
        assert_eq!(branch.as_str(), tip);
        assert!(why.contains(expected), "{why}");
    }
    assert_eq!(sandbox.tip(), tip);
}

#[test]
fn work_of_people_is_not_overwritten() {
    check_foreign("Fix numbers\u{201d}, Ann", |sandbox| {
        sandbox.write("sub/dev.txt", "b==9\n");
        sandbox.commit_all("Fix numbers");
    });
    // Beneath one of ours that is whole.
    check_foreign("Fix numbers", |sandbox| {
        sandbox.write("sub/dev.txt", "b==9\n");
        sandbox.commit_all("Fix numbers");
        let mut request = sandbox.request(&[("requirements.txt", "a==4\n")]);
        "above".clone_into(&mut request.branch);
        sandbox.repository().commit(&request).unwrap();
        sandbox.git(&["reset", "-q", "--hard", "above"]);
    });
    // Author, date and trailer stay, which is why they are not asked.
    check_foreign("was changed since", |sandbox| {
        sandbox.write("sub/dev.txt", "b==9\n");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-q", "--amend", "--no-edit"]);
    });
    check_foreign("Better words", |sandbox| {
        let message = sandbox.git(&["show", "-s", "--format=%B"]);
        let message = message.replace("Update pins", "Better words");
        sandbox.git(&["commit", "-q", "--amend", "-m", &message]);
    });
    check_foreign("joined", |sandbox| {
        sandbox.git(&["checkout", "-q", "-b", "side", "main"]);
        sandbox.write("README", "more\n");
        sandbox.commit_all("side");
        sandbox.git(&["checkout", "-q", BRANCH]);
        sandbox.git(&["merge", "-q", "--no-ff", "-m", "joined", "side"]);
    });
}

#[test]
fn a_branch_of_people_is_not_taken_over() {
    let sandbox = Sandbox::new();
    sandbox.git(&["checkout", "-q", "--orphan", BRANCH]);
    sandbox.git(&["commit", "-q", "-m", "of its own"]);
    sandbox.git(&["checkout", "-q", "main"]);
    let result = sandbox.commit(&[("requirements.txt", "a==2\n")]).unwrap();
    assert!(matches!(result, Committed::Foreign { .. }), "{result:?}");
    // One that has nothing beyond the base is free.
    sandbox.git(&["branch", "-f", BRANCH, "main"]);
    sandbox.created(&[("requirements.txt", "a==2\n")]);
}

#[test]
fn a_signed_commit_is_unchanged() {
    let sandbox = Sandbox::new();
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    // As an amend that signs leaves it: another date, an extra header.
    let text = sandbox.git(&["cat-file", "commit", BRANCH]);
    let (header, message) = text.split_once("\n\n").unwrap();
    let text = format!("{header}\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n\n{message}\n");
    fs::write(sandbox.root.join("../signed"), text).unwrap();
    let signed = sandbox.git(&["hash-object", "-t", "commit", "-w", "../signed"]);
    sandbox.git(&["update-ref", "refs/heads/pinfold/update", &signed]);
    let result = sandbox.commit(&[("requirements.txt", "a==2\n")]).unwrap();
    assert_eq!(result, Committed::Unchanged(signed.parse().unwrap()));
}

#[test]
fn a_branch_that_is_checked_out_stays() {
    let sandbox = Sandbox::new();
    let made = sandbox.created(&[("requirements.txt", "a==2\n")]);
    let linked = sandbox.root.with_file_name("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), BRANCH]);
    let error = sandbox
        .commit(&[("requirements.txt", "a==3\n")])
        .unwrap_err();
    let Error::CheckedOut { folder, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*folder, linked);
    assert!(error.help().unwrap().contains("another branch"));
    assert_eq!(sandbox.tip(), made.as_str());
    // As long as it need not move, that is no harm.
    let same = sandbox.commit(&[("requirements.txt", "a==2\n")]).unwrap();
    assert_eq!(same, Committed::Unchanged(made));

    let unborn = Sandbox::new();
    let request = unborn.request(&[("requirements.txt", "a==2\n")]);
    unborn.git(&["symbolic-ref", "HEAD", "refs/heads/pinfold/update"]);
    let error = unborn.repository().commit(&request).unwrap_err();
    assert!(matches!(error, Error::CheckedOut { .. }), "{error:?}");
}

#[test]
fn a_symbolic_branch_does_not_move_the_one_it_stands_for() {
    let sandbox = Sandbox::new();
    let head = sandbox.head();
    sandbox.git(&["branch", "other"]);
    sandbox.git(&[
        "symbolic-ref",
        "refs/heads/pinfold/update",
        "refs/heads/other",
    ]);
    let error = sandbox
        .commit(&[("requirements.txt", "a==2\n")])
        .unwrap_err();
    assert!(matches!(error, Error::SymbolicBranch { .. }), "{error:?}");
    assert_eq!(sandbox.git(&["rev-parse", "other"]), head.as_str());
}

#[test]
fn a_branch_in_the_way_is_told_in_git_s_words() {
    let sandbox = Sandbox::new();
    sandbox.git(&["branch", "pinfold"]);
    let error = sandbox
        .commit(&[("requirements.txt", "a==2\n")])
        .unwrap_err();
    let words = error.to_string();
    assert!(words.starts_with("`git update-ref` failed: "), "{words}");
    assert!(words.contains("'refs/heads/pinfold' exists"), "{words}");
}

#[test]
fn refuses_names_and_paths_that_lead_elsewhere() {
    let sandbox = Sandbox::new();
    symlink("/etc", sandbox.root.join("outside")).unwrap();
    symlink("../../x", sandbox.root.join("above")).unwrap();
    symlink("loop", sandbox.root.join("loop")).unwrap();
    sandbox.commit_all("links");
    for branch in [
        "", "-x", "a..b", "a b", "x.lock", "/x", "HEAD", "a\0b", "@{-1}", "x\n",
    ] {
        let mut request = sandbox.request(&[("requirements.txt", "a==2\n")]);
        branch.clone_into(&mut request.branch);
        let error = sandbox.repository().commit(&request).unwrap_err();
        assert!(
            matches!(error, Error::BadBranch { .. }),
            "{branch}: {error:?}"
        );
    }
    for path in [
        "",
        "/etc/passwd",
        "../x",
        "sub/../x",
        "./x",
        "sub/",
        ".git/config",
        "sub/.GIT/hooks/x",
        "a\0b",
        "sub",
        "README/x",
        "outside/passwd",
        "above",
        "loop",
    ] {
        let error = sandbox.commit(&[(path, "x\n")]).unwrap_err();
        assert!(matches!(error, Error::BadPath { .. }), "{path}: {error:?}");
    }
    for twice in [["new", "new"], ["new", "new/x"], ["new/x", "new"]] {
        let error = sandbox
            .commit(&twice.map(|path| (path, "x\n")))
            .unwrap_err();
        assert!(
            matches!(error, Error::BadPath { .. }),
            "{twice:?}: {error:?}"
        );
    }
    assert_eq!(sandbox.git(&["branch", "--list", BRANCH]), "");
}

#[test]
fn odd_names_links_and_new_folders_are_no_matter() {
    let sandbox = Sandbox::new();
    let names = ["ä/\"q\" .txt", ":(top)x", "*.txt", "sub-", "tab\t\nline"];
    for name in names {
        sandbox.write(name, "a==1\n");
    }
    fs::create_dir(sandbox.root.join("deep")).unwrap();
    symlink("../sub/../sub/dev.txt", sandbox.root.join("deep/link")).unwrap();
    symlink("sub", sandbox.root.join("folder")).unwrap();
    sandbox.commit_all("names");
    let mut changes: Vec<(&str, &str)> = names.iter().map(|name| (*name, "a==2\n")).collect();
    changes.extend([
        ("deep/link", "b==2\n"),
        ("folder/other", "changed\n"),
        ("n/e/w", "w"),
    ]);
    let made = sandbox.created(&changes);
    let repository = sandbox.repository();
    for (path, content) in &changes {
        let (_, bytes) = repository.read(&made, path).unwrap().unwrap();
        assert_eq!(bytes, content.as_bytes(), "{path}");
    }
    let listed = sandbox.git(&["diff", "--name-only", "-z", "main", BRANCH]);
    let mut expected: Vec<&str> = names.to_vec();
    expected.extend(["sub/dev.txt", "sub/other", "n/e/w"]);
    expected.sort_unstable();
    let mut listed: Vec<&str> = listed.trim_end_matches('\0').split('\0').collect();
    listed.sort_unstable();
    assert_eq!(listed, expected);
    sandbox.git(&["fsck", "--strict"]);
    assert_eq!(repository.read(&made, "absent/x").unwrap(), None);
}

#[test]
fn a_submodule_stays_in_the_tree() {
    let other = Sandbox::new();
    let sandbox = Sandbox::new();
    sandbox.git(&[
        "submodule",
        "add",
        "-q",
        other.root.to_str().unwrap(),
        "module",
    ]);
    sandbox.commit_all("submodule");
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    let entries = sandbox.git(&["ls-tree", BRANCH, "module"]);
    assert!(entries.starts_with("160000 commit "), "{entries}");
    assert_eq!(
        sandbox.git(&["diff", "--name-only", "main", BRANCH]),
        "requirements.txt"
    );
    let error = sandbox.commit(&[("module/README", "x")]).unwrap_err();
    assert!(error.to_string().contains("is a submodule"), "{error}");
    // In it, it is a repository like any other.
    let inner = find(&sandbox.root.join("module/sub")).unwrap().unwrap();
    assert_eq!(inner.root(), sandbox.root.join("module"));
    assert_eq!(inner.head().unwrap().unwrap(), other.head());
}

#[test]
fn a_linked_work_tree_has_its_own_head_and_shares_branches() {
    let sandbox = Sandbox::new();
    let linked = sandbox.root.with_file_name("linked");
    sandbox.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        linked.to_str().unwrap(),
    ]);
    fs::write(linked.join("README"), "side\n").unwrap();
    run_git(&linked, &["commit", "-qam", "side"]);
    let repository = find(&linked.join("sub")).unwrap().unwrap();
    assert_eq!(repository.root(), linked);
    assert_eq!(
        repository.git_dir(),
        sandbox.root.join(".git/worktrees/linked")
    );
    let head = repository.head().unwrap().unwrap();
    assert_ne!(head, sandbox.head());
    let mut request = sandbox.request(&[("requirements.txt", "a==2\n")]);
    request.base = head;
    let state = sandbox.state();
    let Committed::Created(made) = repository.commit(&request).unwrap() else {
        panic!("not created");
    };
    assert_eq!(sandbox.tip(), made.as_str());
    sandbox.check_state(&state);
}

#[test]
fn a_repository_of_sha_256_has_longer_names() {
    let sandbox = Sandbox::empty(&["--object-format=sha256"]);
    sandbox.write("sub/requirements.txt", "a==1\n");
    sandbox.commit_all("first");
    let made = sandbox.created(&[("sub/requirements.txt", "a==2\n")]);
    assert_eq!(made.as_str().len(), 64);
    let again = sandbox
        .commit(&[("sub/requirements.txt", "a==2\n")])
        .unwrap();
    assert_eq!(again, Committed::Unchanged(made));
    sandbox.created(&[("sub/requirements.txt", "a==3\n")]);
    sandbox.git(&["fsck", "--strict"]);
}

#[test]
fn a_shallow_clone_knows_our_commit_without_its_parent() {
    let sandbox = Sandbox::new();
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    sandbox.write("README", "more\n");
    sandbox.commit_all("second");
    let clone = sandbox.root.with_file_name("clone");
    let url = format!("file://{}", sandbox.root.display());
    run_git(
        &sandbox.root,
        &["clone", "-q", "--depth=1", &url, clone.to_str().unwrap()],
    );
    let refspec = format!("{BRANCH}:{BRANCH}");
    run_git(&clone, &["fetch", "-q", "--depth=1", "origin", &refspec]);
    let repository = find(&clone).unwrap().unwrap();
    let request = sandbox.request(&[("requirements.txt", "a==3\n")]);
    let result = repository.commit(&request).unwrap();
    assert!(matches!(result, Committed::Created(_)), "{result:?}");
}

#[test]
fn an_unborn_and_a_detached_head() {
    let sandbox = Sandbox::empty(&[]);
    assert_eq!(sandbox.repository().head().unwrap(), None);
    assert_eq!(sandbox.repository().resolve("main").unwrap(), None);

    let sandbox = Sandbox::new();
    let head = sandbox.head();
    sandbox.git(&["checkout", "-q", "--detach"]);
    assert_eq!(sandbox.head(), head);
    sandbox.created(&[("requirements.txt", "a==2\n")]);
    assert_eq!(sandbox.head(), head);
    let repository = sandbox.repository();
    assert_eq!(repository.resolve("main").unwrap(), Some(head));
    assert_eq!(repository.resolve("main:README").unwrap(), None);
    for revision in ["", "--all", "absent", "a\0b", "-h", "main..main"] {
        let found = repository.resolve(revision);
        assert!(matches!(found, Ok(None)), "{revision}: {found:?}");
    }
}

#[test]
fn a_base_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    let mut request = sandbox.request(&[("requirements.txt", "a==2\n")]);
    request.base = "1".repeat(40).parse().unwrap();
    let error = sandbox.repository().commit(&request).unwrap_err();
    assert!(
        error.to_string().contains("does not find the commit"),
        "{error}"
    );
    request.base = sandbox.git(&["rev-parse", "main^{tree}"]).parse().unwrap();
    let error = sandbox.repository().commit(&request).unwrap_err();
    assert!(
        error.to_string().contains("not a commit but a tree"),
        "{error}"
    );
}

#[test]
fn two_runs_at_once_end_with_one_commit() {
    let sandbox = Sandbox::new();
    let changes = [("requirements.txt", "a==2\n"), ("n/e/w", "x")];
    let results: Vec<Committed> = thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| sandbox.commit(&changes).unwrap()))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let tip: Commit = sandbox.tip().parse().unwrap();
    for result in &results {
        let is_tip = matches!(result, Committed::Created(commit) | Committed::Unchanged(commit) if *commit == tip);
        assert!(is_tip, "{result:?}");
    }
    let created = results
        .iter()
        .filter(|result| matches!(result, Committed::Created(_)));
    assert_eq!(created.count(), 1);

    // With different plans both come through, one after the other.
    let results = thread::scope(|scope| {
        ["a==3\n", "a==4\n"]
            .map(|content| scope.spawn(|| sandbox.commit(&[("requirements.txt", content)])))
            .map(|run| run.join().unwrap().unwrap())
    });
    let tip: Commit = sandbox.tip().parse().unwrap();
    assert!(results.contains(&Committed::Created(tip)), "{results:?}");
}

#[test]
fn finds_the_repository_of_a_folder_or_none() {
    let sandbox = Sandbox::new();
    let repository = find(&sandbox.root.join("sub")).unwrap().unwrap();
    assert_eq!(repository.root(), sandbox.root);
    assert_eq!(repository.git_dir(), sandbox.root.join(".git"));
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link");
    symlink(&sandbox.root, &link).unwrap();
    let repository = find(&link).unwrap().unwrap();
    for (path, expected) in [
        (link.join("sub/dev.txt"), Some("sub/dev.txt")),
        (sandbox.root.join("sub/../README"), Some("README")),
        (sandbox.root.join("no/such"), Some("no/such")),
        (sandbox.root.clone(), None),
        (elsewhere.path().join("x"), None),
        (sandbox.root.join("../x"), None),
    ] {
        assert_eq!(repository.path_in(&path).as_deref(), expected, "{path:?}");
    }

    assert!(find(elsewhere.path()).unwrap().is_none());
    let error = find(&elsewhere.path().join("absent")).unwrap_err();
    assert!(matches!(error, Error::Git { .. }), "{error:?}");
    let error = find(&sandbox.root.join(".git")).unwrap_err();
    assert!(matches!(error, Error::NoWorkTree { .. }), "{error:?}");
    run_git(elsewhere.path(), &["init", "-q", "--bare", "bare"]);
    let error = find(&elsewhere.path().join("bare")).unwrap_err();
    assert!(matches!(error, Error::NoWorkTree { .. }), "{error:?}");
    // A linked work tree whose repository is gone.
    fs::create_dir(elsewhere.path().join("torn")).unwrap();
    fs::write(elsewhere.path().join("torn/.git"), "gitdir: /no/such\n").unwrap();
    let error = find(&elsewhere.path().join("torn")).unwrap_err();
    assert!(
        error.to_string().contains("not a git repository: /no/such"),
        "{error}"
    );
}

#[test]
fn what_the_process_was_told_counts_if_the_folder_is_in_it() {
    let sandbox = Sandbox::new();
    let other = Sandbox::new();
    // As a hook finds itself.
    let told = Told {
        folder: sandbox.root.clone(),
        git_dir: Some(".git".into()),
        work_tree: None,
    };
    let repository = Repository::find_with(Path::new("sub"), &told)
        .unwrap()
        .unwrap();
    assert_eq!(repository.root(), sandbox.root);
    let repository = Repository::find_with(&other.root, &told).unwrap().unwrap();
    assert_eq!(repository.root(), other.root);
    // Git's folder elsewhere.
    let kept = sandbox.root.with_file_name("kept");
    fs::rename(sandbox.root.join(".git"), &kept).unwrap();
    let told = Told {
        folder: sandbox.root.parent().unwrap().to_owned(),
        git_dir: Some("kept".into()),
        work_tree: Some("work tree".into()),
    };
    let repository = Repository::find_with(&sandbox.root, &told)
        .unwrap()
        .unwrap();
    assert_eq!(repository.root(), sandbox.root);
    assert_eq!(repository.git_dir(), kept);
    assert!(find(&sandbox.root).unwrap().is_none());
}

#[test]
fn variables_of_a_hook_are_no_matter() {
    if is_alone() {
        let sandbox = Sandbox::new();
        let made = sandbox.created(&[("requirements.txt", "a==2\n")]);
        let who = sandbox.git(&[
            "show",
            "-s",
            "--format=%an %ad",
            "--date=unix",
            made.as_str(),
        ]);
        let base = sandbox.git(&["show", "-s", "--format=%cd", "--date=unix", "main"]);
        assert_eq!(who, format!("Hook {base}"));
        return;
    }
    alone(
        "variables_of_a_hook_are_no_matter",
        &[
            ("GIT_DIR", "/no/such".into()),
            ("GIT_INDEX_FILE", "/no/such".into()),
            ("GIT_PREFIX", "sub/".into()),
            ("GIT_AUTHOR_NAME", "Hook".into()),
            ("LC_ALL", "de_DE.UTF-8".into()),
            ("LANGUAGE", "de".into()),
        ],
    );
}

#[test]
fn without_git_says_so() {
    if is_alone() {
        let error = Repository::find(Path::new(".")).unwrap_err();
        assert!(matches!(error, Error::NoGit { .. }), "{error:?}");
        assert!(error.help().unwrap().contains("install git"));
        return;
    }
    alone("without_git_says_so", &[("PATH", "/no/such".into())]);
}

#[test]
fn a_repository_of_another_user_is_refused_with_help() {
    if is_alone() {
        let sandbox = Sandbox::new();
        for path in [sandbox.root.clone(), sandbox.root.join(".git")] {
            std::os::unix::fs::chown(path, Some(1234), Some(1234)).unwrap();
        }
        let error = find(&sandbox.root.join("sub")).unwrap_err();
        assert!(matches!(error, Error::Untrusted { .. }), "{error:?}");
        let expected = format!("--add safe.directory '{}'", sandbox.root.display());
        assert!(error.help().unwrap().contains(&expected), "{error:?}");
        return;
    }
    if !fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0) {
        eprintln!("left out: only root can give files away");
        return;
    }
    alone(
        "a_repository_of_another_user_is_refused_with_help",
        &[
            ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ],
    );
}
