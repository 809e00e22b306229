//! What replacing a file promises, on real file systems.

use std::error::Error as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// A folder for a test, and what is in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(self, name: &str, content: &str) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    /// Checks names and contents of all files.
    fn check(&self, expected: &[(&str, &str)]) {
        check_folder(self.0.path(), expected);
    }
}

fn check_folder(folder: &Path, expected: &[(&str, &str)]) {
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap_or_default())
        })
        .collect();
    found.sort();
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(n, c)| (n.as_str(), c.as_str()))
        .collect();
    assert_eq!(found, expected);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn check_failure(path: &Path, cause: Cause, message: &str, source: &str, help: &str) {
    let error = replace(path, b"new").unwrap_err();
    assert_eq!(error.cause, cause, "{error:?}");
    assert_eq!(
        error.to_string(),
        message.replace("PATH", path.to_str().unwrap())
    );
    let words = error.source().unwrap().to_string();
    assert!(words.to_lowercase().contains(source), "{words}");
    let found = error.help().unwrap();
    assert!(found.contains(help), "{found}");
}

#[test]
fn makes_a_file_that_is_not_there() {
    let folder = Folder::new();
    let path = folder.path("requirements.txt");
    replace(&path, b"a==1\n").unwrap();
    folder.check(&[("requirements.txt", "a==1\n")]);
    // As any other program would make it.
    fs::write(folder.path("other"), "").unwrap();
    assert_eq!(mode(&path), mode(&folder.path("other")));
    assert_eq!(read(&path).unwrap(), b"a==1\n");
}

#[test]
fn keeps_permissions_and_owner_of_a_file_it_replaces() {
    let folder = Folder::new().with("a", "old");
    for bits in [0o600, 0o640, 0o444, 0o755] {
        fs::set_permissions(folder.path("a"), fs::Permissions::from_mode(bits)).unwrap();
        replace(&folder.path("a"), format!("{bits:o}").as_bytes()).unwrap();
        assert_eq!(mode(&folder.path("a")), bits);
    }
    if is_root() {
        std::os::unix::fs::chown(folder.path("a"), Some(1234), Some(4321)).unwrap();
        replace(&folder.path("a"), b"new").unwrap();
        let metadata = fs::metadata(folder.path("a")).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (1234, 4321));
        assert_eq!(mode(&folder.path("a")), 0o755);
    } else {
        eprintln!("left out: only root can give files away");
    }
    folder.check(&[("a", if is_root() { "new" } else { "755" })]);
}

#[test]
fn leaves_a_file_alone_whose_content_is_the_same() {
    let folder = Folder::new().with("a", "same");
    let inode = |name: &str| fs::metadata(folder.path(name)).unwrap().ino();
    let before = inode("a");
    // Whoever made it the same did what was to be done.
    for old in [Some(&b"same"[..]), Some(b"old"), None] {
        assert!(!replace_unchanged(&folder.path("a"), old, b"same").unwrap());
        assert_eq!(inode("a"), before);
    }
    assert!(replace_unchanged(&folder.path("a"), Some(b"same"), b"diff").unwrap());
    assert!(replace_unchanged(&folder.path("b"), None, b"").unwrap());
    folder.check(&[("a", "diff"), ("b", "")]);
}

#[test]
fn leaves_a_file_alone_that_somebody_changed() {
    let folder = Folder::new().with("a", "theirs");
    for before in [Some(&b"old"[..]), None] {
        let error = replace_unchanged(&folder.path("a"), before, b"new").unwrap_err();
        assert_eq!(error.cause, Cause::Changed);
    }
    let error = replace_unchanged(&folder.path("gone"), Some(b"old"), b"new").unwrap_err();
    assert_eq!(error.cause, Cause::Changed);
    folder.check(&[("a", "theirs")]);
}

#[test]
fn opens_no_pipe_and_no_device_unless_it_is_an_input() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [&pipe, Path::new("/dev/zero"), Path::new("/dev/null")] {
        assert_eq!(read(path).unwrap_err().cause, Cause::NotAFile);
        assert!(is_stream(path));
    }
    assert_eq!(read_input(Path::new("/dev/null")).unwrap(), b"");
    assert_eq!(read(&folder.path("")).unwrap_err().cause, Cause::IsFolder);
}

#[test]
fn reads_no_more_than_a_text_may_have() {
    let folder = Folder::new().with("large", "").with("proc", "");
    let error = read_input(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(error.cause, Cause::TooLarge);
    let file = fs::File::create(folder.path("large")).unwrap();
    file.set_len(MOST_BYTES + 1).unwrap();
    assert_eq!(
        read(&folder.path("large")).unwrap_err().cause,
        Cause::TooLarge
    );
    // A file that says it is empty.
    assert!(!read(Path::new("/proc/self/status")).unwrap().is_empty());
}

#[test]
fn knows_what_is_open_by_any_way_to_it() {
    let folder = Folder::new().with("a", "");
    symlink("/dev/stdout", folder.path("link")).unwrap();
    symlink("link", folder.path("two")).unwrap();
    let own = format!("/proc/{}/fd/1", std::process::id());
    for path in [
        "/dev/stdout",
        "/dev/stderr",
        "/dev/fd/7",
        "/proc/self/fd/1",
        &own,
    ] {
        assert!(is_stream(Path::new(path)), "{path}");
    }
    assert!(is_stream(&folder.path("link")) && is_stream(&folder.path("two")));
    for path in [folder.path("a"), folder.path("new")] {
        assert!(!is_stream(&path), "{}", path.display());
    }
}

#[test]
fn follows_symbolic_links_and_keeps_them() {
    let folder = Folder::new().with("real", "old");
    fs::create_dir(folder.path("sub")).unwrap();
    symlink("../real", folder.path("sub/one")).unwrap();
    symlink(folder.path("sub/one"), folder.path("two")).unwrap();
    replace(&folder.path("two"), b"new").unwrap();
    assert_eq!(fs::read(folder.path("real")).unwrap(), b"new");
    assert!(
        fs::symlink_metadata(folder.path("two"))
            .unwrap()
            .is_symlink()
    );
    assert!(
        fs::symlink_metadata(folder.path("sub/one"))
            .unwrap()
            .is_symlink()
    );

    symlink("sub/made", folder.path("dangling")).unwrap();
    replace(&folder.path("dangling"), b"made").unwrap();
    assert_eq!(fs::read(folder.path("sub/made")).unwrap(), b"made");
    assert!(
        fs::symlink_metadata(folder.path("dangling"))
            .unwrap()
            .is_symlink()
    );

    symlink("loop", folder.path("loop")).unwrap();
    assert!(replace(&folder.path("loop"), b"").is_err());
}

#[test]
fn says_what_to_do_about_folders() {
    let folder = Folder::new();
    fs::create_dir(folder.path("sub")).unwrap();
    check_failure(
        &folder.path("sub"),
        Cause::IsFolder,
        "cannot write `PATH`",
        "is a directory",
        "sub/requirements.txt`",
    );
    check_failure(
        &folder.path("new/"),
        Cause::IsFolder,
        "cannot write `PATH`",
        "is a directory",
        "name a file",
    );
    check_failure(
        &folder.path("none/a"),
        Cause::Missing,
        "cannot write `PATH`",
        "no such file",
        "create the directory",
    );
    let error = read(&folder.path("none")).unwrap_err();
    assert_eq!((error.action, error.cause), (Action::Read, Cause::Missing));
    let error = read(&folder.path("sub")).unwrap_err();
    assert_eq!((error.action, error.cause), (Action::Read, Cause::IsFolder));
    folder.check(&[("sub", "")]);
}

#[test]
fn writes_into_devices_instead_of_replacing_them() {
    let device = Path::new("/dev/null");
    let before = fs::metadata(device).unwrap().ino();
    replace(device, b"x").unwrap();
    assert_eq!(fs::metadata(device).unwrap().ino(), before);
    check_failure(
        Path::new("/dev/full"),
        Cause::Full,
        "cannot write `PATH`",
        "no space left",
        "free some space",
    );
}

/// A small file system in memory; only root can make one.
struct Mount(Folder);

impl Mount {
    fn new(options: &str) -> Option<Self> {
        let folder = Folder::new();
        let mount = Self(folder);
        mount
            .run("mount", &["-t", "tmpfs", "-o", options, "tmpfs"])
            .then_some(mount)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        is_root()
            && Command::new(program)
                .args(arguments)
                .arg(self.0.0.path())
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
fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let Some(mount) = Mount::new("size=64k") else {
        eprintln!("left out: only root can mount a small disk");
        return;
    };
    let path = mount.0.path("requirements.txt");
    replace(&path, b"old").unwrap();
    let error = replace(&path, &vec![b'x'; 200_000]).unwrap_err();
    assert_eq!(error.cause, Cause::Full, "{error:?}");
    assert!(error.help().unwrap().contains("free some space"));
    mount.0.check(&[("requirements.txt", "old")]);
    // The room is free again.
    replace(&path, &vec![b'y'; 30_000]).unwrap();
}

#[test]
fn a_read_only_disk_is_told_from_a_forbidden_folder() {
    let folder = Folder::new();
    fs::set_permissions(folder.0.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if is_root() {
        eprintln!("left out: nothing is forbidden to root");
    } else {
        check_failure(
            &folder.path("a"),
            Cause::Denied,
            "cannot write `PATH`",
            "permission denied",
            "to the directory",
        );
    }
    let Some(mount) = Mount::new("size=64k") else {
        eprintln!("left out: only root can mount a read-only disk");
        return;
    };
    fs::write(mount.0.path("a"), "old").unwrap();
    assert!(mount.run("mount", &["-o", "remount,ro"]));
    check_failure(
        &mount.0.path("a"),
        Cause::ReadOnly,
        "cannot write `PATH`",
        "read-only",
        "--output-file=-",
    );
    mount.0.check(&[("a", "old")]);
}

#[test]
fn a_file_mounted_on_its_own_is_named_as_such() {
    let folder = Folder::new().with("a", "old").with("b", "other");
    let target = folder.path("a");
    let bind = |program: &str, arguments: &[&Path]| {
        is_root()
            && Command::new(program)
                .args(arguments)
                .output()
                .is_ok_and(|output| output.status.success())
    };
    if !bind("mount", &[Path::new("--bind"), &folder.path("b"), &target]) {
        eprintln!("left out: only root can mount a file");
        return;
    }
    let error = replace(&target, b"new").unwrap_err();
    assert!(bind("umount", &[&target]));
    assert_eq!(error.cause, Cause::Mounted, "{error:?}");
    assert!(error.help().unwrap().contains("mount its directory"));
    folder.check(&[("a", "old"), ("b", "other")]);
}

#[test]
fn an_interrupted_program_leaves_no_temporary_file() {
    // In a process of its own: the list is the whole process's.
    const VARIABLE: &str = "PINFOLD_TEST_INTERRUPTED";
    if let Some(folder) = std::env::var_os(VARIABLE) {
        let folder = PathBuf::from(folder);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".pinfold-");
        let temporary = temporaries::Temporary::new_in(&folder, &builder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        let used = TemporaryFolder::new("test").unwrap();
        assert!(!remove_temporaries());
        assert!(!used.path().exists());
        check_folder(&folder, &[("a", "old")]);
        // A thread that was in the middle of it cannot finish, and none can begin.
        assert!(temporary.rename(&folder.join("a")).is_err());
        let error = replace(&folder.join("a"), b"new").unwrap_err();
        assert_eq!(error.cause, Cause::Interrupted);
        check_folder(&folder, &[("a", "old")]);
        return;
    }
    let folder = Folder::new().with("a", "old");
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files::tests::an_interrupted_program_leaves_no_temporary_file",
        ])
        .env(VARIABLE, folder.0.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && words.contains("1 passed"),
        "{words}"
    );
    folder.check(&[("a", "old")]);
}

#[test]
fn what_a_killed_run_left_is_swept_by_the_next_one() {
    let folder = Folder::new()
        .with("a", "old")
        .with(".pinfold-Ab12Cd.tmp", "left")
        .with(".pinfold-all-Ab12Cd.tmp", "of a transaction")
        .with(".pinfold-notes.tmp", "somebody's");
    // Another run is about to rename its own.
    let staged = replace::stage(&folder.path("b"), b"theirs", ".pinfold-").unwrap();
    replace(&folder.path("a"), b"new").unwrap();
    staged.temporary.rename(&staged.target).unwrap();
    folder.check(&[
        (".pinfold-all-Ab12Cd.tmp", "of a transaction"),
        (".pinfold-notes.tmp", "somebody's"),
        ("a", "new"),
        ("b", "theirs"),
    ]);
}
