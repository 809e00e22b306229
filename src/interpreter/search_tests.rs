//! Tests of the search, with shell scripts in the place of Pythons.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::*;

/// A program that another test writes just now cannot be run: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// A folder with programs that answer as Pythons.
struct Machine {
    _alone: MutexGuard<'static, ()>,
    folder: TempDir,
    search: Search,
}

impl Machine {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let search = Search {
            folder: folder.path().join("project"),
            path: std::env::join_paths([folder.path().join("first"), folder.path().join("second")])
                .unwrap(),
            ..Search::default()
        };
        std::fs::create_dir_all(&search.folder).unwrap();
        Self {
            _alone: alone,
            folder,
            search,
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn program(&self, path: &str, script: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn python(&self, path: &str, version: &str) {
        let short = version.rsplit_once('.').unwrap().0;
        let answer = format!(
            r#"{{"executable": "{path}", "os": "manylinux", "level": [2, 36],
            "machine": "x86_64", "free_threaded": false, "abi": null,
            "environment": {{"os_name": "posix", "sys_platform": "linux",
            "platform_system": "Linux", "platform_machine": "x86_64",
            "platform_release": "6", "platform_version": "1",
            "implementation_name": "cpython", "platform_python_implementation": "CPython",
            "python_version": "{short}", "python_full_version": "{version}",
            "implementation_version": "{version}"}}}}"#
        );
        self.program(path, &format!("cat <<'END'\n{answer}\nEND"));
    }

    #[track_caller]
    fn check(&self, request: Option<&str>, expected: &str) {
        let found = find(request, &self.search).unwrap();
        assert_eq!(found.path, Path::new(expected));
    }

    #[track_caller]
    fn check_error(&self, request: Option<&str>, expected: &str) {
        let error = find(request, &self.search).unwrap_err().to_string();
        let folder = self.folder.path().display().to_string();
        assert_eq!(error.replace(&folder, ""), expected);
    }
}

#[test]
fn the_active_environment_comes_first_then_the_one_here() {
    let mut machine = Machine::new();
    machine.python("first/python3", "3.12.1");
    machine.check(None, "first/python3");
    machine.python("conda/bin/python", "3.9.1");
    machine.search.conda_prefix = Some(machine.path("conda"));
    machine.check(None, "conda/bin/python");
    machine.python("project/.venv/bin/python", "3.10.1");
    machine.check(None, "project/.venv/bin/python");
    machine.python("active/bin/python", "3.11.1");
    machine.search.virtual_env = Some(machine.path("active"));
    machine.check(None, "active/bin/python");
}

#[test]
fn programs_on_the_path_that_do_not_work_are_passed_over() {
    let machine = Machine::new();
    machine.program("first/python3", "echo 'not installed' >&2; exit 127");
    machine.program("second/python3", "echo hello");
    machine.python("second/python", "3.12.1");
    machine.check(None, "second/python");
}

#[test]
fn an_active_environment_that_does_not_work_is_an_error() {
    let mut machine = Machine::new();
    machine.python("first/python3", "3.12.1");
    machine.program("active/bin/python", "echo oh >&2; exit 1");
    machine.search.virtual_env = Some(machine.path("active"));
    machine.check_error(None, "`/active/bin/python` failed: oh");
}

#[test]
fn a_version_is_looked_for_under_all_its_names() {
    let machine = Machine::new();
    machine.python("first/python3", "3.12.1");
    machine.python("second/python3.11", "3.11.4");
    machine.check(Some("3.11"), "second/python3.11");
    machine.check(Some("3.12"), "first/python3");
    machine.check(Some("3.12.1"), "first/python3");
    machine.check_error(
        Some("3.12.2"),
        "cannot find Python `3.12.2`: `python3.12` is not on `PATH`; `/first/python3` is Python \
         3.12.1; `python` is not on `PATH`",
    );
}

#[test]
fn takes_paths_names_and_environments() {
    let machine = Machine::new();
    machine.python("project/here/bin/python", "3.12.1");
    machine.python("first/mypython", "3.11.1");
    machine.check(Some("here"), "project/here/bin/python");
    machine.check(Some("./here/bin/python"), "project/here/bin/python");
    machine.check(Some("mypython"), "first/mypython");
    machine.check_error(Some("./none"), "`/project/./none` does not exist");
    machine.check_error(
        Some("none"),
        "cannot find Python `none`: `none` is not on `PATH`",
    );
}

#[test]
fn says_where_it_looked() {
    let machine = Machine::new();
    machine.program("first/python3", "exit 3");
    machine.check_error(
        None,
        "cannot find a Python interpreter: `/first/python3` failed with exit status: 3; `python` is \
         not on `PATH`",
    );
}

#[test]
fn goes_straight_to_the_python_behind_a_shim_of_pyenv() {
    let mut machine = Machine::new();
    machine.search.path = machine.path("pyenv/shims").into();
    machine.program("pyenv/shims/python3", "echo 'the shim ran' >&2; exit 1");
    for version in ["3.10.1", "3.11.1", "3.12.1"] {
        machine.python(&format!("pyenv/versions/{version}/bin/python3"), version);
    }
    machine.check_error(
        None,
        "cannot find a Python interpreter: `/pyenv/shims/python3` failed: the shim ran; `python` \
         is not on `PATH`",
    );
    std::fs::write(machine.path("pyenv/version"), "3.10.1\n").unwrap();
    machine.check(None, "pyenv/versions/3.10.1/bin/python3");
    std::fs::write(machine.path(".python-version"), "# ours\n3.11.1\n").unwrap();
    machine.check(None, "pyenv/versions/3.11.1/bin/python3");
    machine.search.pyenv_version = Some("3.12.1:3.11.1".to_owned());
    machine.check(None, "pyenv/versions/3.12.1/bin/python3");
}

#[derive(Default)]
struct Notebook {
    kept: std::collections::HashMap<String, Vec<u8>>,
}

impl Memory for Notebook {
    fn recall(&mut self, fingerprint: &str) -> Option<Vec<u8>> {
        self.kept.get(fingerprint).cloned()
    }

    fn remember(&mut self, fingerprint: &str, bytes: &[u8]) {
        self.kept.insert(fingerprint.to_owned(), bytes.to_owned());
    }
}

#[test]
fn a_kept_answer_is_not_asked_for_again() {
    let machine = Machine::new();
    // No script, so that there is a fingerprint; it could not be run.
    let program = machine.path("first/python3");
    machine.program("first/python3", "");
    std::fs::write(&program, "\x7fELF").unwrap();
    machine.python("kept", "3.13.1");
    let kept = query(&machine.path("kept")).unwrap();
    let mut notebook = Notebook::default();
    notebook.remember(&fingerprint(&program).unwrap(), &kept.to_bytes());
    let found = find_with(None, &machine.search, &mut notebook).unwrap();
    assert_eq!(found, kept);
}

#[test]
fn a_new_answer_is_kept_and_a_damaged_one_replaced() {
    let _alone = Machine::new();
    let search = Search::from_process();
    let mut notebook = Notebook::default();
    let Ok(found) = find_with(None, &search, &mut notebook) else {
        // A machine without Python; the tests above need none.
        return;
    };
    for bytes in notebook.kept.values_mut() {
        assert_eq!(Interpreter::from_bytes(bytes).as_ref(), Some(&found));
        bytes.truncate(3);
    }
    assert_eq!(find_with(None, &search, &mut notebook).unwrap(), found);
    for bytes in notebook.kept.values() {
        assert_eq!(Interpreter::from_bytes(bytes).as_ref(), Some(&found));
    }
}
