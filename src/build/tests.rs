//! Builds with a real Python: environments, wheels installed in them, hooks of small
//! backends that are part of the tree; and archives that mean harm. No network.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use super::*;

const NONE: &ConfigSettings = &Vec::new();

/// A tree, and a place to make things in.
struct Project {
    folder: TempDir,
}

impl Project {
    /// A project whose backend is a module of its own.
    fn with_backend(backend: &str) -> Self {
        let project = Self::of(&[("backend/own.py", backend)]);
        project.write(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = \"own\"\nbackend-path = [\"backend\"]\n",
        );
        project
    }

    fn of(files: &[(&str, &str)]) -> Self {
        let project = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(project.tree()).unwrap();
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.tree().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    fn system(&self) -> BuildSystem {
        BuildSystem::of_tree(&self.tree()).unwrap()
    }

    fn requires(&self, environment: &Environment, kind: Kind) -> Result<Vec<String>, Error> {
        wait(environment.requires(&self.tree(), &self.system(), kind, NONE))
    }

    fn metadata(&self, environment: &Environment, kind: Kind) -> Result<String, Error> {
        wait(environment.metadata(&self.tree(), &self.system(), kind, NONE))
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Returns the machine's Python as it is; `None`, and says so, where there is none.
fn python() -> Option<Environment> {
    let environment = Environment::without_isolation(Path::new("python3"));
    let can_run = std::process::Command::new("python3")
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 8))"])
        .status()
        .is_ok_and(|status| status.success());
    if !can_run {
        eprintln!("skipped: there is no `python3` of 3.8 or later");
    }
    can_run.then_some(environment)
}

/// Makes an environment; `None` where there is no Python.
fn isolated(folder: &Path) -> Option<Environment> {
    let python = python()?;
    Some(
        wait(Environment::create(
            python.python(),
            &folder.join("environment"),
        ))
        .unwrap(),
    )
}

fn hook_failure(error: &Error) -> (&str, &HookFailure, &[String]) {
    match error {
        Error::Hook {
            hook,
            failure,
            output,
            ..
        } => (hook, failure, output),
        other => panic!("{other:?}"),
    }
}

mod hooks {
    use super::*;

    #[test]
    fn a_backend_of_the_tree_is_asked_for_requirements_and_metadata() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(
            "import os\n\
             def get_requires_for_build_wheel(settings=None):\n\
             \x20   print('to standard output')\n\
             \x20   return ['a>=1', 'b']\n\
             def prepare_metadata_for_build_wheel(folder, settings=None):\n\
             \x20   assert os.path.exists('pyproject.toml') and settings is None\n\
             \x20   os.mkdir(os.path.join(folder, 'demo-1.0.dist-info'))\n\
             \x20   with open(os.path.join(folder, 'demo-1.0.dist-info', 'METADATA'), 'w') as file:\n\
             \x20       file.write('Name: demo\\n')\n\
             \x20   return 'demo-1.0.dist-info'\n",
        );
        assert_eq!(
            project.requires(&python, Kind::Wheel).unwrap(),
            ["a>=1", "b"]
        );
        assert_eq!(
            project.metadata(&python, Kind::Wheel).unwrap(),
            "Name: demo\n"
        );
        // It makes no editable wheels, so it is asked for others.
        assert_eq!(
            project.requires(&python, Kind::Editable).unwrap(),
            ["a>=1", "b"]
        );
        assert_eq!(
            project.metadata(&python, Kind::Editable).unwrap(),
            "Name: demo\n"
        );
    }

    const BUILDS_ONLY: &str = "\
import os, zipfile
def build(folder, name):
    with zipfile.ZipFile(os.path.join(folder, 'demo-1.0-py3-none-any.whl'), 'w') as wheel:
        wheel.writestr('demo-1.0.dist-info/METADATA', 'Name: ' + name)
    return 'demo-1.0-py3-none-any.whl'
def build_wheel(folder, settings=None, metadata=None):
    return build(folder, repr(settings))
def build_editable(folder, settings=None, metadata=None):
    return build(folder, 'editable')
";

    #[test]
    fn optional_hooks_may_be_missing() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(BUILDS_ONLY);
        assert_eq!(project.requires(&python, Kind::Wheel).unwrap(), [""; 0]);
        assert_eq!(project.requires(&python, Kind::Editable).unwrap(), [""; 0]);
        assert_eq!(
            project.metadata(&python, Kind::Wheel).unwrap(),
            "Name: None"
        );
        assert_eq!(
            project.metadata(&python, Kind::Editable).unwrap(),
            "Name: editable"
        );
    }

    #[test]
    fn settings_that_stand_twice_are_lists() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(BUILDS_ONLY);
        let settings = [("b", "1"), ("a", "x=y"), ("b", "2"), ("b", "3")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let into = project.folder.path().join("new/wheels");
        let wheel =
            wait(python.wheel(&project.tree(), &project.system(), &settings, &into)).unwrap();
        assert_eq!(wheel, into.join("demo-1.0-py3-none-any.whl"));
        let metadata = install::metadata(&wheel).unwrap();
        assert_eq!(
            String::from_utf8(metadata).unwrap(),
            "Name: {'a': 'x=y', 'b': ['1', '2', '3']}"
        );
    }

    #[test]
    fn an_exception_is_told_with_the_end_of_what_was_printed() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(
            "import os, sys\n\
             def get_requires_for_build_wheel(settings=None):\n\
             \x20   for number in range(100000):\n\
             \x20       print('line', number)\n\
             \x20   os.system('echo from a program')\n\
             \x20   sys.stderr.buffer.write(b'not \\xff text\\n')\n\
             \x20   raise ValueError('no\\nway')\n",
        );
        let error = project.requires(&python, Kind::Wheel).unwrap_err();
        let (hook, failure, output) = hook_failure(&error);
        assert_eq!(hook, "get_requires_for_build_wheel");
        assert!(
            matches!(failure, HookFailure::Raised(message) if message.contains("way")),
            "{failure:?}"
        );
        assert_eq!(output.len(), 20, "{output:?}");
        let has = |line: &str| output.iter().any(|told| told == line);
        assert!(has("line 99999") && has("from a program"), "{output:?}");
        assert!(has("not \u{fffd} text"), "{output:?}");
        assert_eq!(output.last().unwrap(), "way");
        assert!(
            !output.iter().any(|line| line.contains("<string>")),
            "the driver is no part of the story: {output:?}"
        );
    }

    #[test]
    fn each_way_to_fail_is_told_apart() {
        let Some(python) = python() else { return };
        let fail = |backend: &str| {
            let project = Project::with_backend(backend);
            let error = project.metadata(&python, Kind::Wheel).unwrap_err();
            error.to_string()
        };
        assert_eq!(fail(""), "`build_wheel` of `own` does not exist");
        assert_eq!(
            fail("def build_wheel(*a):\n    raise SystemExit('error: no compiler')"),
            "`build_wheel` of `own` failed: SystemExit: error: no compiler"
        );
        assert_eq!(
            fail("import nothing_of_this_name"),
            "`prepare_metadata_for_build_wheel` of `own` cannot be called: \
             ModuleNotFoundError: No module named 'nothing_of_this_name'"
        );
        assert_eq!(
            fail("def build_wheel(*a): return None"),
            "`build_wheel` of `own` returned None, not a file's name"
        );
        assert_eq!(
            fail("def build_wheel(*a): return '../x.whl'"),
            "`prepare_metadata_for_build_wheel` of `own` returned `../x.whl`, which does not exist"
        );
        assert_eq!(
            fail("import os\ndef build_wheel(*a): os._exit(7)"),
            "`build_wheel` of `own` exited without a result: exit status: 7"
        );
    }

    #[test]
    fn a_backend_that_is_not_installed_or_elsewhere_is_not_called() {
        let Some(python) = python() else { return };
        let project = Project::of(&[(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = \"own\"\n",
        )]);
        // In the tree, but the tree is not on the path.
        project.write("own.py", "def build_wheel(*a): return 'x'");
        let error = project.metadata(&python, Kind::Wheel).unwrap_err();
        let (_, failure, output) = hook_failure(&error);
        assert_eq!(
            *failure,
            HookFailure::Import("ModuleNotFoundError: No module named 'own'".to_owned())
        );
        assert!(output.is_empty(), "there is nothing to add: {output:?}");
        assert!(error.help().is_some());
        project.write(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = \"json\"\nbackend-path = [\".\"]\n",
        );
        let message = project
            .metadata(&python, Kind::Wheel)
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with("which is not in `backend-path`"),
            "{message}"
        );
    }

    #[test]
    fn an_object_in_a_module_can_be_the_backend() {
        let Some(python) = python() else { return };
        let project = Project::of(&[
            (
                "pyproject.toml",
                "[build-system]\nrequires = []\nbuild-backend = \"own.inner:Outer.backend\"\n\
                 backend-path = [\".\", \"lib\"]\n",
            ),
            ("lib/own/__init__.py", ""),
            (
                "lib/own/inner.py",
                "class Outer:\n    class backend:\n        @staticmethod\n        \
                 def get_requires_for_build_wheel(settings):\n            return ('x',)\n",
            ),
        ]);
        assert_eq!(project.requires(&python, Kind::Wheel).unwrap(), ["x"]);
    }

    /// The hook tells the number of a process that it started, which has the pipe as
    /// well, and goes on for ever.
    #[cfg(target_os = "linux")]
    const STARTS_ANOTHER: &str = "\
import subprocess, sys
def get_requires_for_build_wheel(settings=None):
    child = subprocess.Popen(['sleep', '1000'])
    with open('child.tmp', 'w') as file:
        file.write(str(child.pid))
    __import__('os').rename('child.tmp', 'child.txt')
    if settings:
        child.wait()
    return []
";

    #[cfg(target_os = "linux")]
    fn is_running(number: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{number}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[cfg(target_os = "linux")]
    fn until_gone(number: &str) {
        for _ in 0..500 {
            if !is_running(number) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("process {number} goes on");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_hook_that_is_given_up_ends_with_all_it_started() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(STARTS_ANOTHER);
        let child = project.tree().join("child.txt");
        let settings = vec![("wait".to_owned(), String::new())];
        let (tree, system) = (project.tree(), project.system());
        wait(async {
            let call = python.requires(&tree, &system, Kind::Wheel, &settings);
            let started = async {
                while !child.exists() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                result = call => panic!("it ended: {result:?}"),
                () = started => {}
            }
        });
        until_gone(&std::fs::read_to_string(child).unwrap());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_hook_is_done_although_something_it_started_goes_on() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(STARTS_ANOTHER);
        assert_eq!(project.requires(&python, Kind::Wheel).unwrap(), [""; 0]);
        let child = std::fs::read_to_string(project.tree().join("child.txt")).unwrap();
        until_gone(&child);
    }

    #[test]
    fn a_hook_reads_nothing() {
        let Some(python) = python() else { return };
        let project = Project::with_backend(
            "import sys\n\
             def get_requires_for_build_wheel(settings=None):\n\
             \x20   return [sys.stdin.read() + 'nothing']\n",
        );
        assert_eq!(project.requires(&python, Kind::Wheel).unwrap(), ["nothing"]);
    }
}

/// Makes a wheel; a path that ends with `!` is executable.
fn wheel(folder: &Path, filename: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join(filename);
    let mut writer = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, bytes) in files {
        let (name, mode) = match name.strip_suffix('!') {
            Some(name) => (name, 0o755),
            None => (*name, 0o644),
        };
        let options = SimpleFileOptions::default().unix_permissions(mode);
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    path
}

const WHEEL: &[u8] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n";

mod environments {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_wheel_is_installed_with_scripts_data_and_entry_points() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let Some(environment) = isolated(folder.path()) else {
            return;
        };
        assert!(environment.is_isolated());
        let wheel = wheel(
            folder.path(),
            "Demo_Tool-1.0-py3-none-any.whl",
            &[
                (
                    "demo_tool/__init__.py",
                    b"def main():\n    print('called')\n    return 3\n",
                ),
                ("demo_tool/bin/tool!", b"#!/bin/sh\necho tool\n"),
                (
                    "demo.pth",
                    b"import sys; sys.demo_was_here = True\n../../../extra\n",
                ),
                (
                    "Demo_Tool-1.0.data/scripts/script",
                    b"#!python\nimport demo_tool; print('script')\n",
                ),
                (
                    "Demo_Tool-1.0.data/scripts/program!",
                    b"#!/bin/sh\necho program\n",
                ),
                ("Demo_Tool-1.0.data/scripts/short", b"x"),
                ("Demo_Tool-1.0.data/data/share/demo.txt", b"data"),
                ("Demo_Tool-1.0.data/headers/demo.h", b"header"),
                ("Demo_Tool-1.0.data/platlib/native.py", b""),
                ("Demo_Tool-1.0.dist-info/WHEEL", WHEEL),
                (
                    "Demo_Tool-1.0.dist-info/METADATA",
                    b"Metadata-Version: 2.1\nName: Demo_Tool\nVersion: 1.0\n",
                ),
                (
                    "Demo_Tool-1.0.dist-info/entry_points.txt",
                    b"[console_scripts]\ndemo = demo_tool:main\n",
                ),
                ("Demo_Tool-1.0.dist-info/RECORD", b"stale,,\n"),
            ],
        );
        wait(environment.install(&wheel)).unwrap();
        let root = folder.path().join("environment");
        std::fs::create_dir(root.join("extra")).unwrap();
        let run = |program: &Path, arguments: &[&str]| {
            let output = std::process::Command::new(program)
                .args(arguments)
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            (text, output.status.code())
        };
        let bin = root.join("bin");
        assert_eq!(
            run(&bin.join("demo"), &[]),
            ("called\n".to_owned(), Some(3))
        );
        assert_eq!(
            run(&bin.join("script"), &[]),
            ("script\n".to_owned(), Some(0))
        );
        assert_eq!(
            run(&bin.join("program"), &[]),
            ("program\n".to_owned(), Some(0))
        );
        assert_eq!(std::fs::read(bin.join("short")).unwrap(), b"x");
        assert_eq!(std::fs::read(root.join("share/demo.txt")).unwrap(), b"data");
        // By Python's own eyes: the path file worked, and all files of RECORD are there.
        let (seen, _) = run(
            environment.python(),
            &[
                "-c",
                "import sys, native, importlib.metadata as m\n\
                 files = m.distribution('demo-tool').files\n\
                 print(sys.demo_was_here, any(p.endswith('extra') for p in sys.path))\n\
                 print([str(f) for f in files if not f.locate().exists()])\n\
                 print(sorted(f.name for f in files))",
            ],
        );
        assert_eq!(
            seen,
            "True True\n[]\n['METADATA', 'RECORD', 'WHEEL', '__init__.py', 'demo', 'demo.h', \
             'demo.pth', 'demo.txt', 'entry_points.txt', 'native.py', 'program', 'script', \
             'short', 'tool']\n"
        );
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o111;
        let tool = run(
            environment.python(),
            &["-c", "import demo_tool; print(demo_tool.__path__[0])"],
        );
        assert_ne!(mode(&Path::new(tool.0.trim()).join("bin/tool")), 0);
        assert_eq!(mode(&Path::new(tool.0.trim()).join("__init__.py")), 0);
    }

    #[test]
    fn hooks_run_among_what_was_installed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let Some(environment) = isolated(folder.path()) else {
            return;
        };
        let wheel = wheel(
            folder.path(),
            "backend-1-py3-none-any.whl",
            &[
                (
                    "backend.py",
                    b"import os, shutil, sys\n\
                      def get_requires_for_build_wheel(settings=None):\n\
                      \x20   names = [n for n in os.environ if n.startswith(('PYTHON', 'PIP_'))]\n\
                      \x20   return [sys.prefix, os.environ['VIRTUAL_ENV'], shutil.which('tool'),\n\
                      \x20           ' '.join(n for n in names if n != 'PYTHONNOUSERSITE'),\n\
                      \x20           str('' in sys.path or os.getcwd() in sys.path)]\n",
                ),
                ("backend-1.data/scripts/tool!", b"#!/bin/sh\n"),
                ("backend-1.dist-info/WHEEL", WHEEL),
            ],
        );
        wait(environment.install(&wheel)).unwrap();
        let project = Project::of(&[(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = \"backend\"\n",
        )]);
        let answer = project.requires(&environment, Kind::Wheel).unwrap();
        let root = folder.path().join("environment");
        let tool = root.join("bin/tool");
        let paths = [&root, &root, &tool].map(|path| path.display().to_string());
        assert_eq!(answer[..3], paths);
        let kept = |name: &str| name.starts_with("PIP_") || name.starts_with("PYTHON");
        assert!(
            answer[3]
                .split(' ')
                .all(|name| name.is_empty() || kept(name))
        );
        assert_eq!(answer[4], "False");
    }

    #[test]
    fn an_interpreter_without_venv_or_none_at_all_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let create = |python: &Path| {
            wait(Environment::create(python, &folder.path().join("e"))).unwrap_err()
        };
        let error = create(Path::new("/nowhere/python3"));
        assert!(
            error
                .to_string()
                .starts_with("`/nowhere/python3` cannot be run")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let python = folder.path().join("python3");
            let script = |text: &str| {
                // A file that is being written cannot be run; another process that is
                // just forking holds on to it. So it is made whole and moved.
                let made = folder.path().join("made");
                std::fs::write(&made, text).unwrap();
                std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o755)).unwrap();
                std::fs::rename(&made, &python).unwrap();
            };
            script("#!/bin/sh\necho \"$0: No module named venv\" >&2\nexit 1\n");
            let error = create(&python);
            assert!(
                error
                    .to_string()
                    .ends_with("does not have the module `venv`, which builds need")
            );
            assert!(error.help().is_some());
            script("#!/bin/sh\necho broken >&2\nexit 4\n");
            let error = create(&python);
            assert!(
                error
                    .to_string()
                    .ends_with("build environment: exit status: 4"),
                "{error}"
            );
            assert_eq!(error.output(), ["broken"]);
        }
    }

    #[test]
    fn nothing_is_installed_without_isolation() {
        let environment = Environment::without_isolation(Path::new("python3"));
        let error = wait(environment.install(Path::new("x-1-py3-none-any.whl"))).unwrap_err();
        assert!(matches!(error, Error::NotIsolated));
    }

    #[test]
    fn wheels_that_are_not_what_they_say_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let Some(environment) = isolated(folder.path()) else {
            return;
        };
        let refusal = |filename: &str, files: &[(&str, &[u8])]| {
            let path = wheel(folder.path(), filename, files);
            wait(environment.install(&path)).unwrap_err().to_string()
        };
        let filename = "demo-1.0-py3-none-any.whl";
        let info = ("demo-1.0.dist-info/WHEEL", WHEEL);
        let check = |files: &[(&str, &[u8])], problem: &str| {
            assert_eq!(refusal(filename, files), format!("`{filename}` {problem}"));
        };
        check(&[("demo.py", b"")], "has no `.dist-info` directory");
        check(
            &[("other-1.0.dist-info/WHEEL", WHEEL)],
            "contains another release, `other-1.0`",
        );
        check(
            &[("demo-2.0.dist-info/WHEEL", WHEEL)],
            "contains another release, `demo-2.0`",
        );
        check(
            &[info, ("x-1.dist-info/WHEEL", WHEEL)],
            "has 2 `.dist-info` directories",
        );
        check(
            &[("demo-1.0.dist-info/WHEEL", b"Wheel-Version: 2.0\n")],
            "has an unknown format",
        );
        check(
            &[("demo-1.0.dist-info/METADATA", b"")],
            "has no file `WHEEL`",
        );
        check(
            &[info, ("../../evil.py", b"")],
            "contains `../../evil.py`, which points outside of its directory",
        );
        check(
            &[info, ("/evil.py", b"")],
            "contains `/evil.py`, which is an absolute path",
        );
        check(
            &[info, ("demo-1.0.data/scripts/../../evil", b"")],
            "contains `demo-1.0.data/scripts/../../evil`, which points outside of its directory",
        );
        check(
            &[info, ("demo-1.0.data/other/x", b"")],
            "contains `demo-1.0.data/other/x`, which has no place to go",
        );
        check(
            &[info, ("demo-1.0.data/data/pyvenv.cfg", b"")],
            "contains `demo-1.0.data/data/pyvenv.cfg`, which would replace a file of the \
             environment itself",
        );
        #[cfg(unix)]
        check(
            &[info, ("demo-1.0.data/scripts/python3", b"")],
            "contains `demo-1.0.data/scripts/python3`, which would replace a file of the \
             environment itself",
        );
        check(
            &[
                info,
                (
                    "demo-1.0.dist-info/entry_points.txt",
                    b"[console_scripts]\nx = y\n",
                ),
            ],
            "has an invalid entry point `x = y`",
        );
        assert_eq!(
            refusal("demo.whl", &[info]),
            "`demo.whl` does not have the form `name-version-python-abi-platform.whl`"
        );
        let path = folder.path().join(filename);
        std::fs::write(&path, "no archive").unwrap();
        let error = wait(environment.install(&path)).unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}

mod archives {
    use super::*;

    type Entry<'a> = (&'a str, tar::EntryType, &'a str, u32);

    /// Makes an archive whose names are what they are, also where a library would
    /// refuse to write them. The third is the content, or where a link leads.
    fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, kind, content, mode) in entries {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(*mode);
            header.set_mtime(0);
            let data = if matches!(kind, tar::EntryType::Symlink | tar::EntryType::Link) {
                header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
                ""
            } else {
                content
            };
            header.set_size(data.len() as u64);
            header.set_cksum();
            builder.append(&header, data.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    const FILE: tar::EntryType = tar::EntryType::Regular;
    const SYMLINK: tar::EntryType = tar::EntryType::Symlink;
    const LINK: tar::EntryType = tar::EntryType::Link;

    fn refusal(entries: &[Entry<'_>]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("into");
        let error = unpack("x-1.tar.gz", &tar(entries), &into).unwrap_err();
        let beside: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(beside, ["into"]);
        error.to_string()
    }

    #[test]
    #[cfg(unix)]
    fn a_tree_comes_out_as_it_went_in_but_for_rights_and_times() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("deep/into");
        let bytes = tar(&[
            ("pax_global_header", tar::EntryType::XGlobalHeader, "", 0),
            ("./x-1/", tar::EntryType::Directory, "", 0o700),
            ("./x-1/configure", FILE, "#!/bin/sh\n", 0o6777),
            ("x-1/a/file", FILE, "text", 0o066),
            ("x-1/twice", FILE, "first", 0o644),
            ("x-1/twice", FILE, "second", 0o644),
            ("x-1/a/link", SYMLINK, "../twice", 0o777),
            ("x-1/b", SYMLINK, "a", 0o777),
            ("x-1/same", LINK, "x-1/a/file", 0o644),
            ("._x-1/._setup.py", FILE, "", 0o644),
        ]);
        let top = unpack("x-1.tar.gz", &bytes, &into).unwrap();
        assert_eq!(top, into.join("x-1"));
        let read = |path: &str| std::fs::read_to_string(top.join(path)).unwrap();
        assert_eq!(read("a/file"), "text");
        assert_eq!(read("b/link"), "second");
        assert_eq!(read("same"), "text");
        let metadata = |path: &str| std::fs::metadata(top.join(path)).unwrap();
        let mode = |path: &str| metadata(path).permissions().mode() & 0o7777;
        assert_eq!(mode("configure") & 0o7722, 0o700);
        assert_eq!(mode("a/file") & 0o7733, 0o600);
        let modified = metadata("a/file").modified().unwrap();
        let year = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(year.as_secs(), 315_532_800, "1980: no wheel is older");
    }

    #[test]
    fn names_and_links_that_lead_out_are_refused() {
        for (entry, problem) in [
            (
                ("../evil", FILE, "", 0o644),
                "`../evil`, which points outside of its directory",
            ),
            (
                ("x-1/../../evil", FILE, "", 0o644),
                "`x-1/../../evil`, which points outside of its directory",
            ),
            (
                ("/evil", FILE, "", 0o644),
                "`/evil`, which is an absolute path",
            ),
            (
                ("x-1/l", SYMLINK, "../..", 0),
                "`x-1/l`, a link that points outside of the archive",
            ),
            (
                ("x-1/l", SYMLINK, "/etc/passwd", 0),
                "`x-1/l`, a link that points outside of the archive",
            ),
            (
                ("x-1/l", LINK, "/etc/passwd", 0),
                "`x-1/l`, a link that points outside of the archive",
            ),
            (
                ("x-1/l", LINK, "../evil", 0),
                "`x-1/l`, a link that points outside of the archive",
            ),
            (
                ("x-1/l", LINK, "x-1/none", 0),
                "`x-1/l`, a link to a missing file",
            ),
            (
                ("x-1/p", tar::EntryType::Fifo, "", 0),
                "`x-1/p`, which is not a file or directory",
            ),
            (
                ("x-1/d", tar::EntryType::Block, "", 0),
                "`x-1/d`, which is not a file or directory",
            ),
            (("./", FILE, "", 0o644), "`./`, which is not a file name"),
        ] {
            let message = refusal(&[("x-1/setup.py", FILE, "", 0o644), entry]);
            // What `./` is told as differs by what made a path of it.
            assert!(
                message.ends_with(problem) || entry.0 == "./" && message.contains("no file name"),
                "{message}"
            );
        }
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        // To the top, and from there out: each link alone looks harmless.
        let chain = [
            ("x-1/s", SYMLINK, ".", 0),
            ("x-1/t", SYMLINK, "s/s/../../../evil", 0),
        ];
        assert!(refusal(&chain).ends_with("a link that points outside of the archive"));
        let through = [("x-1/s", SYMLINK, "a", 0), ("x-1/s/file", FILE, "", 0o644)];
        assert!(refusal(&through).ends_with("a link that replaces another member"));
        let behind = [
            ("x-1/a/file", FILE, "", 0o644),
            ("x-1/s", SYMLINK, "a", 0),
            ("x-1/s/t", SYMLINK, "../x", 0),
        ];
        assert!(refusal(&behind).ends_with("which is behind a link"));
        let copied = [("x-1/s", SYMLINK, "secret", 0), ("x-1/h", LINK, "x-1/s", 0)];
        assert!(refusal(&copied).ends_with("a link to a missing file"));
    }

    #[test]
    fn there_is_one_folder_at_the_top_or_the_project_itself() {
        let message = refusal(&[("a/x", FILE, "", 0o644), ("b/x", FILE, "", 0o644)]);
        assert!(message.ends_with("should contain one top-level directory, not 2"));
        let message = refusal(&[("x", FILE, "", 0o644)]);
        assert!(message.ends_with("should contain one top-level directory, not 0"));
        let folder = tempfile::tempdir().unwrap();
        let bytes = tar(&[
            ("pyproject.toml", FILE, "", 0o644),
            ("src/x.py", FILE, "", 0o644),
        ]);
        assert_eq!(
            unpack("x-1.tar.gz", &bytes, folder.path()).unwrap(),
            folder.path()
        );
    }

    #[test]
    fn archives_that_are_too_large_or_damaged_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |filename: &str, bytes: &[u8]| {
            unpack(filename, bytes, folder.path())
                .unwrap_err()
                .to_string()
        };
        // 300 MB of zeros in 300 kB, made of 30 equal pieces.
        let mut header = tar::Header::new_gnu();
        header.set_path("x-1/zeros").unwrap();
        header.set_size(300 << 20);
        header.set_mode(0o644);
        header.set_cksum();
        let compressed = |bytes: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let mut bomb = compressed(header.as_bytes());
        let zeros = compressed(&vec![0; 10 << 20]);
        for _ in 0..30 {
            bomb.extend_from_slice(&zeros);
        }
        assert_eq!(
            message("x-1.tar.gz", &bomb),
            "`x-1.tar.gz` is too large when unpacked"
        );
        let whole = tar(&[("x-1/setup.py", FILE, &"text".repeat(5000), 0o644)]);
        assert!(message("x-1.tar.gz", &whole[..60]).contains("is damaged"));
        let mut plain = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(&whole[..]);
        std::io::Read::read_to_end(&mut reader, &mut plain).unwrap();
        assert!(message("x-1.tar", &plain[..3000]).contains("is damaged"));
        assert!(message("x-1.tar.gz", b"<html>").contains("is damaged"));
        assert!(message("x-1.zip", b"PK").contains("is damaged"));
        assert_eq!(
            message("x-1.tar.bz2", b""),
            "`x-1.tar.bz2` is not a `.tar.gz` or `.zip`"
        );
    }

    fn zip_of(entries: &[(&str, &str, u32)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content, mode) in entries {
            if *mode == 0o120_777 {
                let options = SimpleFileOptions::default();
                writer.add_symlink(*name, *content, options).unwrap();
                continue;
            }
            let options = SimpleFileOptions::default().unix_permissions(*mode);
            writer.start_file(*name, options).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    #[cfg(unix)]
    fn zip_archives_keep_what_is_executable() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let bytes = zip_of(&[
            ("x-1/setup.py", "text", 0o644),
            ("x-1/run", "#!/bin/sh\n", 0o777),
            ("x-1/link", "setup.py", 0o120_777),
        ]);
        let top = unpack("x-1.zip", &bytes, folder.path()).unwrap();
        let mode = |path: &str| {
            let metadata = std::fs::metadata(top.join(path)).unwrap();
            metadata.permissions().mode() & 0o133
        };
        assert_eq!((mode("setup.py"), mode("run") & 0o100), (0, 0o100));
        assert_eq!(std::fs::read_to_string(top.join("link")).unwrap(), "text");
    }

    #[test]
    fn zip_archives_are_held_to_the_same_rules() {
        for entry in [
            ("../evil", "", 0o644),
            ("/evil", "", 0o644),
            ("x-1/link", "../../evil", 0o120_777),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let into = folder.path().join("into");
            let bytes = zip_of(&[("x-1/setup.py", "", 0o644), entry]);
            let error = unpack("x-1.zip", &bytes, &into).unwrap_err();
            assert!(
                matches!(
                    &error,
                    Error::Archive {
                        problem: ArchiveProblem::Unsafe { .. },
                        ..
                    }
                ),
                "{error:?}"
            );
        }
    }
}
