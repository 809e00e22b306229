//! All or none, at whatever step the program ends.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::*;
use crate::files::{Cause, LockError, lock};

/// A folder with three files to be replaced, one of which is not there yet.
struct Folder(tempfile::TempDir);

const OLD: &[(&str, Option<&str>)] = &[
    ("a.txt", Some("old a\r\n")),
    ("sub/b.txt", Some("old b")),
    ("sub/new.txt", None),
];
const NEW: &[(&str, Option<&str>)] = &[
    ("a.txt", Some("new a\r\n")),
    ("sub/b.txt", Some("")),
    ("sub/new.txt", Some("made")),
];

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path("sub")).unwrap();
        for (name, content) in OLD {
            if let Some(content) = content {
                fs::write(folder.path(name), content).unwrap();
            }
        }
        folder
    }

    fn at(path: &Path) -> Vec<Replacement> {
        let bytes = |content: Option<&str>| content.map(|text| text.as_bytes().to_vec());
        OLD.iter()
            .zip(NEW)
            .map(|((name, before), (_, after))| Replacement {
                path: path.join(name),
                before: bytes(*before),
                after: bytes(*after).unwrap(),
            })
            .collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn journal(&self) -> PathBuf {
        self.path("notes/update")
    }

    fn replacements(&self) -> Vec<Replacement> {
        Self::at(self.0.path())
    }

    fn contents(&self) -> Vec<Option<String>> {
        OLD.iter()
            .map(|(name, _)| fs::read_to_string(self.path(name)).ok())
            .collect()
    }

    /// Returns everything in the folder but the files themselves.
    fn leftovers(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in ["", "sub", "notes/update"] {
            for entry in fs::read_dir(self.path(folder)).into_iter().flatten() {
                let path = entry.unwrap().path();
                let is_ours = OLD.iter().any(|(name, _)| self.path(name) == path);
                if !is_ours && !path.is_dir() {
                    found.push(path);
                }
            }
        }
        found
    }

    #[track_caller]
    fn check(&self, expected: &[(&str, Option<&str>)]) {
        let expected: Vec<Option<String>> = expected
            .iter()
            .map(|(_, content)| content.map(str::to_owned))
            .collect();
        assert_eq!(self.contents(), expected);
        assert_eq!(self.leftovers(), Vec::<PathBuf>::new());
    }
}

/// Runs to the step of this number and fails there; whether it came so far.
fn fails_at(folder: &Folder, number: usize) -> bool {
    let mut left = number;
    let result = run(&folder.journal(), &folder.replacements(), &mut || {
        left = left.wrapping_sub(1);
        if left == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    });
    result.is_err()
}

#[test]
fn replaces_all_and_leaves_nothing_else() {
    let folder = Folder::new();
    fs::set_permissions(folder.path("a.txt"), fs::Permissions::from_mode(0o751)).unwrap();
    replace_all(&folder.journal(), &folder.replacements()).unwrap();
    folder.check(NEW);
    let mode = fs::metadata(folder.path("a.txt")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o751);
    assert_eq!(recover(&folder.journal()).unwrap(), Recovered::Nothing);
}

#[test]
fn a_failure_at_any_step_leaves_all_old() {
    let mut steps = 0;
    for number in 1.. {
        let folder = Folder::new();
        if !fails_at(&folder, number) {
            // Once all is renamed a failure no longer matters.
            folder.check(NEW);
            break;
        }
        folder.check(OLD);
        steps += 1;
        assert_eq!(recover(&folder.journal()).unwrap(), Recovered::Nothing);
        replace_all(&folder.journal(), &folder.replacements()).unwrap();
        folder.check(NEW);
    }
    assert!(steps >= 8, "{steps} steps");
}

/// The folder a process of ours is to work in, the step to die at, and what to do.
const VARIABLE: &str = "PINFOLD_TEST_TRANSACTION";

/// Does nothing, unless a test below runs it in a process of its own.
#[test]
fn dies_in_the_middle_when_told_to() {
    let Ok(told) = std::env::var(VARIABLE) else {
        return;
    };
    let [deed, number, folder] = told.splitn(3, ' ').collect::<Vec<_>>()[..] else {
        panic!("{told}");
    };
    let folder = Path::new(folder);
    let mut left: usize = number.parse().unwrap();
    let mut step = || {
        left = left.wrapping_sub(1);
        match left {
            // As on Ctrl-C, with the program going on for a while.
            0 if deed == "stop" => {
                crate::files::remove_temporaries();
            }
            0 => std::process::abort(),
            _ => {}
        }
        Ok(())
    };
    let journal = folder.join("notes/update");
    match deed {
        "replace" => run(&journal, &Folder::at(folder), &mut step).unwrap(),
        "stop" => {
            let result = run(&journal, &Folder::at(folder), &mut step);
            let is_old = fs::read(folder.join("a.txt")).unwrap() == b"old a\r\n";
            match result {
                Err(error) => assert_eq!((error.cause, is_old), (Cause::Interrupted, true)),
                Ok(()) => assert!(!is_old),
            }
        }
        "recover" => drop(recover_by_steps(&journal, &mut step).unwrap()),
        other => panic!("{other}"),
    }
}

/// Kills a process of its own at a step; returns whether it came so far.
fn is_killed(deed: &str, number: usize, folder: &Folder) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files::transaction::tests::dies_in_the_middle_when_told_to",
        ])
        .env(
            VARIABLE,
            format!("{deed} {number} {}", folder.0.path().display()),
        )
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        assert!(words.contains("1 passed"), "{words}");
        return false;
    }
    // An abort, not a failed assertion.
    assert_eq!(output.status.code(), None, "{words}");
    true
}

#[test]
fn a_kill_at_any_step_ends_with_all_old_or_all_new() {
    let (mut finished, mut never_begun) = (0, 0);
    for number in 1.. {
        let folder = Folder::new();
        if !is_killed("replace", number, &folder) {
            folder.check(NEW);
            break;
        }
        match recover(&folder.journal()).unwrap() {
            Recovered::Nothing if folder.contents()[0].as_deref() == Some("old a\r\n") => {
                folder.check(OLD);
                never_begun += 1;
            }
            Recovered::Nothing => folder.check(NEW),
            Recovered::Finished(files) => {
                assert_eq!(files.len(), 3);
                folder.check(NEW);
                finished += 1;
            }
            undone @ Recovered::Undone { .. } => panic!("{undone:?}"),
        }
    }
    assert!(
        finished >= 4 && never_begun >= 4,
        "{finished} {never_begun}"
    );
}

#[test]
fn an_interrupted_program_has_written_all_or_none() {
    let (mut none, mut all) = (0, 0);
    for number in 1..=11 {
        let folder = Folder::new();
        assert!(!is_killed("stop", number, &folder));
        if folder.contents()[0].as_deref() == Some("old a\r\n") {
            folder.check(OLD);
            none += 1;
        } else {
            folder.check(NEW);
            all += 1;
        }
    }
    assert!(none >= 4 && all >= 4, "{none} {all}");
}

#[test]
fn a_kill_while_recovering_is_recovered_from() {
    // Going on, and going back because a temporary has been removed.
    for goes_back in [false, true] {
        let mut kills = 0;
        for number in 1.. {
            let folder = Folder::new();
            // In the midst of renaming: five steps come before.
            assert!(is_killed("replace", 7, &folder));
            assert_eq!(folder.contents()[0].as_deref(), Some("new a\r\n"));
            assert_eq!(folder.contents()[1].as_deref(), Some("old b"));
            if goes_back {
                for path in folder.leftovers() {
                    if path.extension().is_some_and(|extension| extension == "tmp") {
                        fs::remove_file(path).unwrap();
                    }
                }
            }
            let was_killed = is_killed("recover", number, &folder);
            recover(&folder.journal()).unwrap();
            folder.check(if goes_back { OLD } else { NEW });
            if !was_killed {
                break;
            }
            kills += 1;
        }
        assert!(kills >= 3, "{kills} kills");
    }
}

#[test]
fn what_somebody_changed_since_the_kill_is_kept() {
    let folder = Folder::new();
    assert!(is_killed("replace", 7, &folder));
    fs::write(folder.path("sub/b.txt"), "by hand").unwrap();
    let recovered = recover(&folder.journal()).unwrap();
    let Recovered::Undone { restored, kept } = recovered else {
        panic!("{recovered:?}");
    };
    assert_eq!(restored, [folder.path("a.txt"), folder.path("sub/new.txt")]);
    assert_eq!(kept, [folder.path("sub/b.txt")]);
    folder.check(&[
        ("a.txt", Some("old a\r\n")),
        ("sub/b.txt", Some("by hand")),
        ("sub/new.txt", None),
    ]);
}

#[test]
fn the_next_transaction_ends_the_one_before() {
    let folder = Folder::new();
    assert!(is_killed("replace", 7, &folder));
    let next = [Replacement {
        path: folder.path("a.txt"),
        before: Some(b"new a\r\n".to_vec()),
        after: b"newer".to_vec(),
    }];
    replace_all(&folder.journal(), &next).unwrap();
    folder.check(&[
        ("a.txt", Some("newer")),
        ("sub/b.txt", Some("")),
        ("sub/new.txt", Some("made")),
    ]);
}

#[test]
fn a_file_that_changed_since_it_was_read_stops_all() {
    let folder = Folder::new();
    fs::write(folder.path("sub/new.txt"), "by hand").unwrap();
    let error = replace_all(&folder.journal(), &folder.replacements()).unwrap_err();
    assert_eq!(error.cause, Cause::Changed);
    assert_eq!(error.path, folder.path("sub/new.txt"));
    assert!(error.help().unwrap().contains("nothing was changed"));
    folder.check(&[
        ("a.txt", Some("old a\r\n")),
        ("sub/b.txt", Some("old b")),
        ("sub/new.txt", Some("by hand")),
    ]);
    // Also one that would not be written itself.
    let unchanged = [Replacement {
        path: folder.path("a.txt"),
        before: Some(b"other".to_vec()),
        after: b"other".to_vec(),
    }];
    let error = replace_all(&folder.journal(), &unchanged).unwrap_err();
    assert_eq!(error.cause, Cause::Changed);
}

#[test]
fn nothing_to_change_writes_nothing() {
    let folder = Folder::new();
    let same = [Replacement {
        path: folder.path("a.txt"),
        before: Some(b"old a\r\n".to_vec()),
        after: b"old a\r\n".to_vec(),
    }];
    replace_all(&folder.journal(), &same).unwrap();
    assert!(!folder.journal().exists());
    folder.check(OLD);
}

#[test]
fn a_target_that_cannot_be_written_stops_all() {
    let folder = Folder::new();
    let mut replacements = folder.replacements();
    replacements.push(Replacement {
        path: folder.path("absent/c.txt"),
        before: None,
        after: b"c".to_vec(),
    });
    let error = replace_all(&folder.journal(), &replacements).unwrap_err();
    assert_eq!(error.cause, Cause::Missing);
    folder.check(OLD);

    let mut replacements = folder.replacements();
    replacements[2].path = folder.path("sub");
    let error = replace_all(&folder.journal(), &replacements).unwrap_err();
    assert_eq!(error.cause, Cause::IsFolder);
    folder.check(OLD);
}

#[test]
fn a_file_given_twice_is_refused_also_by_a_link() {
    let folder = Folder::new();
    symlink("a.txt", folder.path("link")).unwrap();
    let mut replacements = folder.replacements();
    replacements.push(Replacement {
        path: folder.path("link"),
        ..replacements[0].clone()
    });
    assert!(replace_all(&folder.journal(), &replacements).is_err());
    fs::remove_file(folder.path("link")).unwrap();
    folder.check(OLD);
}

#[test]
fn a_link_is_followed() {
    let folder = Folder::new();
    symlink("sub/b.txt", folder.path("link")).unwrap();
    let mut replacements = folder.replacements();
    replacements[1].path = folder.path("link");
    replace_all(&folder.journal(), &replacements).unwrap();
    let link = fs::symlink_metadata(folder.path("link")).unwrap();
    assert!(link.is_symlink());
    fs::remove_file(folder.path("link")).unwrap();
    folder.check(NEW);
}

#[test]
fn a_foreign_journal_is_left_alone() {
    let folder = Folder::new();
    fs::create_dir_all(folder.journal()).unwrap();
    for text in ["{", "[]", r#"{"version":2,"files":[]}"#] {
        fs::write(journal_path(&folder.journal()), text).unwrap();
        assert!(recover(&folder.journal()).is_err(), "{text}");
        let error = replace_all(&folder.journal(), &folder.replacements()).unwrap_err();
        assert_eq!(error.path, journal_path(&folder.journal()));
        assert_eq!(folder.contents()[0].as_deref(), Some("old a\r\n"));
    }
}

/// A small file system in memory; only root can make one.
struct Mount(PathBuf);

impl Mount {
    fn new(path: PathBuf, options: &str) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let mount = Self(path);
        let is_made = mount.run("mount", &["-t", "tmpfs", "-o", options, "tmpfs"]);
        is_made.then_some(mount)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        Command::new(program)
            .args(arguments)
            .arg(&self.0)
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.run("umount", &[]);
    }
}

#[test]
fn a_full_disk_or_a_read_only_one_changes_no_file() {
    let folder = Folder::new();
    let mut replacements = folder.replacements();
    replacements.push(Replacement {
        path: folder.path("disk/c.txt"),
        before: None,
        after: vec![b'c'; 200_000],
    });
    let Some(disk) = Mount::new(folder.path("disk"), "size=64k") else {
        eprintln!("left out: only root can mount a small disk");
        return;
    };
    let error = replace_all(&folder.journal(), &replacements).unwrap_err();
    assert_eq!(error.cause, Cause::Full);
    folder.check(OLD);
    assert!(disk.run("mount", &["-o", "remount,ro"]));
    let error = replace_all(&folder.journal(), &replacements).unwrap_err();
    assert_eq!(error.cause, Cause::ReadOnly);
    folder.check(OLD);
}

#[test]
fn a_file_mounted_on_its_own_stops_all_after_some_were_renamed() {
    let folder = Folder::new();
    fs::write(folder.path("other"), "old b").unwrap();
    let target = folder.path("sub/b.txt");
    let is_mounted = Command::new("mount")
        .arg("--bind")
        .args([&folder.path("other"), &target])
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_mounted {
        eprintln!("left out: only root can mount a file");
        return;
    }
    let error = replace_all(&folder.journal(), &folder.replacements()).unwrap_err();
    let unmounted = Command::new("umount").arg(&target).output().unwrap();
    assert!(unmounted.status.success());
    assert_eq!(error.cause, Cause::Mounted);
    fs::remove_file(folder.path("other")).unwrap();
    folder.check(OLD);
}

#[test]
fn one_run_at_a_time_holds_a_folder() {
    let folder = Folder::new();
    let held = lock(&folder.journal()).unwrap();
    let error = lock(&folder.journal()).unwrap_err();
    let LockError::Held { pid, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*pid, Some(std::process::id()));
    let words = error.to_string();
    assert!(words.starts_with("another run (process "), "{words}");
    drop(held);
    // A longer number of an earlier run does not shine through.
    fs::write(folder.path("notes/update/lock"), "99999999999\n").unwrap();
    drop(lock(&folder.journal()).unwrap());
    let text = fs::read_to_string(folder.path("notes/update/lock")).unwrap();
    assert_eq!(text, format!("{}\n", std::process::id()));
}

#[test]
fn a_lock_in_a_folder_that_cannot_be_is_an_error_of_files() {
    let folder = Folder::new();
    let error = lock(&folder.path("a.txt/sub")).unwrap_err();
    assert!(matches!(error, LockError::File(_)), "{error:?}");
}
