//! Builds for their metadata (PEP 517): when there are any, with what, and what
//! becomes of those that fail.
//!
//! They take the machine's Python. The backends are those of the test index, and in
//! the folders of projects; nothing comes from elsewhere.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use crate::index::{
    Index, Release, backend_wheel, buildable_sdist, dynamic_sdist, legacy_backend_wheel, sdist,
    wheel,
};
use crate::project::{Project, hashes, run, start};
use crate::scripted::Reply;

/// Longer than any step of a test takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a project that has a Python, or ends the test.
macro_rules! with_python {
    ($project:expr) => {
        match $project.with_python() {
            Some(project) => project,
            None => return,
        }
    };
}

/// How many requests of a list are this one.
fn count(requests: &[String], request: &str) -> usize {
    requests.iter().filter(|other| *other == request).count()
}

#[test]
fn what_a_release_requires_comes_from_its_build() {
    let release = buildable_sdist("a", "1.0")
        .requires(&["b>=1", "c ; extra == 'more'"])
        .extras(&["more"]);
    let index = Index::new([release.clone(), wheel("b", "1.0"), wheel("c", "1.0")]);
    let project = with_python!(Project::of("a[more]\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==1.0"]);
    assert!(hashes(&project.lock()).contains(&release.hash()));
    assert_eq!(project.builds(), ["a 1.0 metadata"]);
    let requests = index.requests();
    for path in ["/simple/a/", "/simple/b/", "/files/a-1.0.tar.gz"] {
        assert_eq!(count(&requests, &format!("GET {path}")), 1, "{requests:?}");
    }
    assert_eq!(crate::project::files_below(&project.temporary()).len(), 0);
}

#[test]
fn what_a_build_gave_is_kept() {
    let index = Index::new([
        buildable_sdist("a", "1.0").requires(&["b"]),
        wheel("b", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    project.builds();
    index.requests();
    for arguments in [&[][..], &["-U", "--offline"]] {
        std::fs::remove_file(project.path("requirements.txt")).unwrap();
        project.compiles(&index.url(), arguments);
        assert_eq!(project.builds(), [""; 0]);
        let without_command = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without_command(&project.lock()), without_command(&lock));
    }
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn nothing_is_built_while_something_else_tells() {
    let built = |name: &str, version: &str| buildable_sdist(name, version);
    let index = Index::new([
        // A wheel of the same release; a wheel of an older one; static metadata.
        built("a", "1.0"),
        wheel("a", "1.0").requires(&["d"]),
        built("b", "2.0"),
        wheel("b", "1.0"),
        sdist("c", "1.0"),
        wheel("d", "1.0"),
    ]);
    let project = with_python!(Project::of("a\nb\nc\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==1.0", "d==1.0"]);
    assert_eq!(project.builds(), [""; 0]);
}

#[test]
fn what_was_only_looked_at_is_not_built() {
    let index = Index::new([
        buildable_sdist("b", "2.0"),
        buildable_sdist("b", "1.0").requires(&["d"]),
        wheel("c", "1.0").requires(&["b<2"]),
        wheel("d", "1.0"),
    ]);
    let project = with_python!(Project::of("b\nc\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["b==1.0", "c==1.0", "d==1.0"]);
    assert_eq!(project.builds(), ["b 1.0 metadata"]);
}

#[test]
fn a_build_that_fails_is_a_reason_against_the_release() {
    let index = Index::new([
        buildable_sdist("a", "2.0").fails_to_build("cc: command not found\nno compiler"),
        buildable_sdist("a", "1.0").requires(&["b"]),
        wheel("b", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    let run = project.compiles(&index.url(), &["-v"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    assert_eq!(project.builds(), ["a 1.0 metadata", "a 2.0 metadata"]);
    run.says(
        0,
        &["a 2.0", "and its build failed", "no way to build this"],
    );
    let project = with_python!(Project::of("a>=2\n"));
    let run = project.compile(&index.url(), &[]);
    run.says(
        1,
        &[
            "a 2.0",
            "and its build failed",
            "no way to build this",
            "cc: command not found",
            "no compiler",
        ],
    );
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn after_three_builds_that_fail_no_older_release_is_built() {
    let releases = ["5.0", "4.0", "3.0", "2.0", "1.0"]
        .map(|version| buildable_sdist("a", version).fails_to_build("broken"));
    let index = Index::new(releases);
    let project = with_python!(Project::of("a\n"));
    let run = project.compile(&index.url(), &["-v"]);
    run.says(1, &["a 2.0", "not tried after 3 failed builds"]);
    let builds = project.builds();
    assert_eq!(
        builds,
        ["a 3.0 metadata", "a 4.0 metadata", "a 5.0 metadata"]
    );
}

#[test]
fn a_build_has_to_give_the_release_it_is_of() {
    for other in [wheel("evil", "1.0"), wheel("a", "9.0")] {
        let index = Index::new([
            buildable_sdist("a", "2.0").reports(&other),
            buildable_sdist("a", "1.0"),
        ]);
        let project = with_python!(Project::of("a\n"));
        // What was wrong is as wrong when it is kept.
        for _ in 0..2 {
            let run = project.compiles(&index.url(), &["-v", "-U"]);
            assert_eq!(project.pins(), ["a==1.0"]);
            run.says(0, &["a 2.0", "its build reports another "]);
        }
    }
}

#[test]
fn a_build_gets_what_it_requires_and_what_its_backend_asks_for() {
    let index = Index::new([
        buildable_sdist("a", "1.0")
            .built_by(
                &["tiny-backend>=1", "gone ; python_version < '3'"],
                "tiny_backend",
            )
            .build_asks_for(&["helper[fast]"]),
        backend_wheel("tiny-backend", "1.0").requires(&["below"]),
        wheel("below", "1.0"),
        wheel("helper", "1.0")
            .requires(&["quick ; extra == 'fast'"])
            .extras(&["fast"]),
        wheel("quick", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
    let requests = index.requests();
    for name in ["tiny_backend", "below", "helper", "quick"] {
        let wheel = format!("GET /files/{name}-1.0-py3-none-any.whl");
        let page = format!("GET /simple/{}/", name.replace('_', "-"));
        assert_eq!(count(&requests, &page), 1, "{requests:?}");
        assert!(count(&requests, &wheel) >= 1, "{requests:?}");
    }
}

#[test]
fn what_is_needed_to_build_and_to_run_is_asked_for_once() {
    let index = Index::new([
        buildable_sdist("a", "1.0")
            .built_by(&["tiny-backend"], "tiny_backend")
            .requires(&["tiny-backend"]),
        buildable_sdist("b", "1.0").built_by(&["tiny-backend"], "tiny_backend"),
        backend_wheel("tiny-backend", "1.0"),
    ]);
    let project = with_python!(Project::of("a\nb\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "tiny-backend==1.0"]);
    let mut requests = index.requests();
    let all = requests.len();
    requests.dedup();
    assert_eq!(requests.len(), all, "{requests:?}");
}

#[test]
fn a_backend_may_have_to_be_built_itself() {
    let backend = backend_wheel("tiny-backend", "1.0");
    let source = &backend.tree()[0].1;
    let index = Index::new([
        buildable_sdist("a", "1.0")
            .built_by(&["tiny-backend"], "tiny_backend")
            .requires(&["b"]),
        buildable_sdist("tiny-backend", "1.0").file("tiny_backend.py", source),
        wheel("b", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    assert_eq!(
        project.builds(),
        [
            "a 1.0 metadata",
            "tiny_backend 1.0 metadata",
            "tiny_backend 1.0 wheel"
        ]
    );
    // Another release that needs it finds its wheel in the cache.
    index.add(buildable_sdist("c", "1.0").built_by(&["tiny-backend"], "tiny_backend"));
    project.write("requirements.in", "a\nc\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.builds(), ["c 1.0 metadata"]);
}

#[test]
fn what_is_needed_to_build_itself_is_told() {
    let index = Index::new([
        buildable_sdist("a", "1.0").built_by(&["b"], "b"),
        buildable_sdist("b", "1.0").built_by(&["a"], "a"),
    ]);
    let project = with_python!(Project::of("a\n"));
    let run = project.compile(&index.url(), &[]);
    run.says(
        1,
        &[
            "a 1.0",
            "its build requirements cannot be resolved",
            "it requires itself to build",
        ],
    );
}

#[test]
fn a_folder_is_built_with_what_needs_itself() {
    let index = Index::new([buildable_sdist("b", "1.0").built_by(&["b"], "b")]);
    let project = with_python!(Project::of("./p\n"));
    let release = buildable_sdist("p", "1.0").built_by(&["b"], "b");
    project.unpack("p", &release);
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1", "cannot build `./p`"]);
}

#[test]
fn the_limit_of_time_holds_for_what_builds_require() {
    let index = Index::new([
        buildable_sdist("a", "1.0").built_by(&["tiny-backend"], "tiny_backend"),
        backend_wheel("tiny-backend", "1.0").uploaded("2026-01-01T00:00:00Z"),
        wheel("tiny-backend", "2.0").uploaded("2026-03-01T00:00:00Z"),
    ]);
    let project = with_python!(Project::of("a\n"));
    // The newer one has no backend in it.
    project
        .compile(&index.url(), &[])
        .says(1, &["tiny_backend"]);
    project.compiles(&index.url(), &["--exclude-newer", "2026-02-01"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn constraints_hold_for_what_builds_require() {
    let index = Index::new([
        buildable_sdist("a", "1.0").built_by(&["tiny-backend"], "tiny_backend"),
        backend_wheel("tiny-backend", "1.0"),
        wheel("tiny-backend", "2.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    project.write("build.txt", "tiny-backend<2\n");
    project.compiles(&index.url(), &["--build-constraint", "build.txt"]);
    assert_eq!(project.pins(), ["a==1.0"]);
    project.write("build.txt", "tiny-backend>2\n");
    let run = project.compile(
        &index.url(),
        &["--build-constraint", "build.txt", "--no-cache"],
    );
    run.says(1, &["a 1.0", "build.txt:1", "tiny-backend"]);
}

#[test]
fn settings_reach_the_backend_and_are_part_of_what_is_kept() {
    let index = Index::new([
        buildable_sdist("a", "1.0").requires(&["b"]),
        wheel("b", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    project.compiles(&index.url(), &["-C", "x=1", "-C", "x=2", "-C", "y=z"]);
    assert_eq!(project.builds(), ["a 1.0 metadata x=1,2 y=z"]);
    project.compiles(&index.url(), &["-C", "x=1"]);
    assert_eq!(project.builds(), ["a 1.0 metadata x=1"]);
    project.compiles(&index.url(), &["-C", "x=1"]);
    assert_eq!(project.builds(), [""; 0]);
}

#[test]
fn without_isolation_nothing_is_installed() {
    let index = Index::new([
        buildable_sdist("a", "2.0").built_by(&["tiny-backend"], "tiny_backend"),
        buildable_sdist("a", "1.0"),
        backend_wheel("tiny-backend", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    let run = project.compiles(&index.url(), &["--no-build-isolation", "-v"]);
    run.says(0, &["a 2.0", "tiny_backend"]);
    assert_eq!(project.pins(), ["a==1.0"]);
    let requests = index.requests();
    assert!(
        !requests.iter().any(|request| request.contains("tiny")),
        "{requests:?}"
    );
}

#[test]
fn builds_can_be_forbidden() {
    let index = Index::new([buildable_sdist("a", "1.0"), buildable_sdist("b", "1.0")]);
    let project = with_python!(Project::of("a\nb\n"));
    for (arguments, phrase) in [
        (
            &["--no-build"][..],
            "`--no-build` excludes its source distribution",
        ),
        (&["--only-binary", ":all:"], "--only-binary"),
        (&["--only-binary", "a"], "--only-binary"),
    ] {
        let run = project.compile(&index.url(), arguments);
        run.says(1, &["a 1.0", phrase]);
        assert!(!project.builds().contains(&"a 1.0 metadata".to_owned()));
    }
}

#[test]
fn builds_that_are_forbidden_for_build_requirements_are_not_made() {
    let index = Index::new([
        buildable_sdist("a", "1.0").built_by(&["b"], "b"),
        buildable_sdist("b", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    let run = project.compile(&index.url(), &["--only-binary", "b"]);
    run.says(
        1,
        &[
            "a 1.0",
            "its build requirements cannot be resolved",
            "b 1.0",
            "--only-binary",
        ],
    );
    assert_eq!(project.builds(), [""; 0]);
}

#[test]
fn without_an_interpreter_the_reason_is_told() {
    let index = Index::new([buildable_sdist("a", "1.0")]);
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["a-1.0.tar.gz", "no Python to build with", "--python"]);
}

#[test]
fn what_this_machine_cannot_do_is_no_fault_of_a_release() {
    let index = Index::new([buildable_sdist("a", "1.0"), buildable_sdist("a", "2.0")]);
    let project = with_python!(Project::of("a\n"));
    let nowhere = project.path("nowhere").display().to_string();
    let project = project.with_variable("TMPDIR", &nowhere);
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            "a-2.0.tar.gz",
            "cannot create a directory for the build",
            "TMPDIR",
        ],
    );
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn who_is_passed_over_for_a_failed_build_is_told() {
    let index = Index::new([
        buildable_sdist("a", "2.0").fails_to_build("broken"),
        buildable_sdist("a", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    let run = project.compile(&index.url(), &[]);
    run.says(0, &["skipped because their builds failed: a-2.0.tar.gz"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn a_project_file_is_not_built_where_builds_are_forbidden() {
    let index = Index::new([]);
    let project = with_python!(Project::new());
    project.write("setup.py", "open('ran', 'w')\n");
    let run = project.compile(&index.url(), &["setup.py", "--no-build"]);
    run.says(2, &["`setup.py`", "which `--no-build` forbids"]);
    assert_eq!(project.files(), ["setup.py"]);
}

#[test]
fn explain_tries_with_what_was_built_before() {
    let index = Index::new([
        buildable_sdist("a", "1.0"),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
    ]);
    let project = with_python!(Project::of("a\nb\n"));
    project.write("old.txt", "b==1.0\n");
    project.compile(&index.url(), &["-c", "old.txt", "-o", "requirements.txt"]);
    project.write("old.txt", "");
    let run =
        crate::project::run(&mut project.command(&["explain", "b", "--index-url", &index.url()]));
    run.says(0, &[]);
    assert!(run.stdout.contains("nothing"), "{}", run.stdout);
}

#[test]
fn a_build_with_another_python_than_the_target_s_is_told() {
    let index = Index::new([buildable_sdist("a", "1.0")]);
    let project = with_python!(Project::of("a\n"));
    let run = crate::project::run(&mut project.command(&[
        "compile",
        "--index-url",
        &index.url(),
        "--python-version",
        "3.7",
        "--python-platform",
        "linux",
    ]));
    run.says(
        0,
        &[
            "warning: Python 3.7 was not found",
            "building with Python 3.",
        ],
    );
    let run = crate::project::run(&mut project.command(&[
        "compile",
        "--index-url",
        &index.url(),
        "--no-cache",
        "-U",
    ]));
    run.says(0, &[]);
    assert!(
        !run.stderr.contains("was not found; building"),
        "{}",
        run.stderr
    );
}

/// Waits for a build to call; the receiver gets a word when it is there, and another
/// when it is gone.
fn switchboard() -> (String, mpsc::Receiver<&'static str>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut call = BufReader::new(listener.accept().unwrap().0);
        let mut line = String::new();
        call.read_line(&mut line).unwrap();
        sender.send("here").unwrap();
        // However its process ends, the system hangs up.
        let _ = call.read_to_string(&mut line);
        let _ = sender.send("gone");
    });
    (address, receiver)
}

fn stopped_by(signal: &str, code: i32) {
    let index = Index::new([buildable_sdist("a", "1.0").hangs_in_build()]);
    let (address, calls) = switchboard();
    let project = with_python!(Project::of("a\n").with_variable("BUILD_CALLS", &address));
    let url = index.url();
    let running = start(&mut project.compile_command(&["-i", &url]));
    assert_eq!(calls.recv_timeout(PATIENCE), Ok("here"));
    running.signal(signal);
    let run = running.finish();
    assert_eq!(calls.recv_timeout(PATIENCE), Ok("gone"));
    assert_eq!(run.code, code, "{}", run.stderr);
    assert_eq!(project.files(), ["requirements.in"]);
    if signal != "KILL" {
        let left = std::fs::read_dir(project.temporary()).unwrap().count();
        assert_eq!(left, 0);
    }
}

#[test]
fn ctrl_c_ends_a_build_and_leaves_nothing() {
    stopped_by("INT", 130);
}

#[test]
fn a_request_to_terminate_ends_a_build_and_leaves_nothing() {
    stopped_by("TERM", 143);
}

#[test]
fn a_build_ends_with_who_is_killed() {
    stopped_by("KILL", -1);
}

#[test]
fn a_network_that_fails_is_not_taken_for_a_release_that_cannot_be_built() {
    let index = Index::new([
        buildable_sdist("a", "2.0").built_by(&["tiny-backend"], "tiny_backend"),
        buildable_sdist("a", "1.0"),
        backend_wheel("tiny-backend", "1.0"),
    ]);
    let project = with_python!(Project::of("a\n"));
    for path in [
        "/simple/tiny-backend/",
        "/files/tiny_backend-1.0-py3-none-any.whl",
    ] {
        index.set(path, Reply::status(503));
        let run = project.compile(&index.url(), &["--retries", "0"]);
        run.says(75, &["a-2.0.tar.gz", "tiny"]);
        assert_eq!(project.files(), ["requirements.in"]);
        index.heal();
    }
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==2.0"]);
}

#[test]
fn without_the_network_what_cannot_be_built_is_passed_over() {
    let needs =
        |version: &str| buildable_sdist("a", version).built_by(&["tiny-backend"], "tiny_backend");
    let index = Index::new([
        needs("1.0"),
        needs("2.0"),
        needs("3.0").uploaded("2019-01-01T00:00:00Z"),
        backend_wheel("tiny-backend", "1.0"),
    ]);
    let project = with_python!(Project::of("a<2\n"));
    project.compiles(&index.url(), &[]);
    project.write("requirements.in", "a\n");
    let run = project.compiles(&index.url(), &["-U", "--offline"]);
    run.says(
        0,
        &[
            "skipped because they are not in the cache",
            "a 2.0",
            "a 3.0",
        ],
    );
    assert_eq!(project.pins(), ["a==1.0"]);
    assert_eq!(project.builds(), ["a 1.0 metadata"]);
}

#[test]
fn an_sdist_from_before_static_metadata_is_fetched_once_to_be_built() {
    let release = buildable_sdist("a", "1.0").uploaded("2019-01-01T00:00:00Z");
    let index = Index::new([release]);
    let project = with_python!(Project::of("a\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(
        index.requests(),
        ["GET /files/a-1.0.tar.gz", "GET /simple/a/"]
    );
}

/// A `pyproject.toml` that leaves fields to the build.
fn pyproject(dynamic: &str) -> String {
    format!(
        "[project]\nname = \"my-proj\"\ndynamic = [{dynamic}]\n\n\
         [build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\"own\"]\n"
    )
}

/// What the builds of projects here say.
fn own() -> Release {
    buildable_sdist("my-proj", "1.0")
        .requires(&[
            "a",
            "b ; extra == 'dev'",
            "my-proj[test-kit] ; extra == 'dev'",
            "c ; extra == 'test-kit'",
            "winonly ; sys_platform == 'win32'",
            "d ; (python_version >= '3.10') and extra == 'docs'",
        ])
        .extras(&["dev", "test-kit", "docs"])
        .python(">=3.9,<3.13")
}

fn index_of_own() -> Index {
    let names = ["a", "b", "c", "d", "winonly"];
    let mut releases: Vec<Release> = names.map(|name| wheel(name, "1.0")).into();
    releases.push(legacy_backend_wheel());
    Index::new(releases)
}

/// Compiles project files that only a build tells about.
#[track_caller]
fn check_own(file: &str, content: &str, arguments: &[&str], pins: &[&str]) {
    let index = index_of_own();
    let Some(project) = Project::new().with_python() else {
        return;
    };
    project.unpack(".", &own());
    std::fs::remove_file(project.path("pyproject.toml")).unwrap();
    project.write(file, content);
    let mut all = vec![file];
    all.extend(arguments);
    project.compiles(&index.url(), &all);
    assert_eq!(project.pins(), pins);
    let lock = project.lock();
    assert!(
        lock.contains(&format!("    # via my-proj ({file})\n")),
        "{lock}"
    );
    assert_eq!(project.builds(), ["my_proj 1.0 metadata"]);
}

const DOCS: &str = "d==1.0 ; python_version >= \"3.10\"";

#[test]
fn a_project_with_dynamic_dependencies_is_built() {
    let dynamic = pyproject("\"version\", \"dependencies\", \"optional-dependencies\"");
    let file = "pyproject.toml";
    check_own(file, &dynamic, &[], &["a==1.0"]);
    check_own(
        file,
        &dynamic,
        &["--extra", "dev"],
        &["a==1.0", "b==1.0", "c==1.0"],
    );
    check_own(
        file,
        &dynamic,
        &["--extra", "Test_Kit"],
        &["a==1.0", "c==1.0"],
    );
    check_own(
        file,
        &dynamic,
        &["--all-extras"],
        &["a==1.0", "b==1.0", "c==1.0", DOCS],
    );
}

#[test]
fn a_setup_py_is_built_with_what_stands_for_setuptools() {
    let text = "from setuptools import setup\nsetup()\n";
    check_own("setup.py", text, &[], &["a==1.0"]);
    check_own(
        "setup.py",
        text,
        &["--extra", "dev,docs"],
        &["a==1.0", "b==1.0", "c==1.0", DOCS],
    );
}

#[test]
fn a_setup_cfg_is_built_with_what_stands_for_setuptools() {
    let text = "[metadata]\nname = my-proj\nversion = attr: my.version\n";
    check_own(
        "setup.cfg",
        text,
        &["--extra", "test-kit"],
        &["a==1.0", "c==1.0"],
    );
}

#[test]
fn an_extra_that_a_built_project_does_not_have_is_refused() {
    let index = index_of_own();
    let project = with_python!(Project::new());
    project.unpack(".", &own());
    std::fs::remove_file(project.path("pyproject.toml")).unwrap();
    project.write("setup.py", "");
    let run = project.compile(&index.url(), &["setup.py", "--extra", "nope"]);
    run.says(2, &["setup.py", "no extra `nope`", "`dev`", "`test-kit`"]);
}

#[test]
fn the_python_that_a_built_project_requires_is_checked() {
    let index = index_of_own();
    let project = with_python!(Project::new());
    project.unpack(".", &own());
    std::fs::remove_file(project.path("pyproject.toml")).unwrap();
    project.write("setup.py", "");
    let run = run(&mut project.command(&[
        "compile",
        "-i",
        &index.url(),
        "--python-version",
        "3.13",
        "--python-platform",
        "linux",
    ]));
    run.says(
        2,
        &["`setup.py` requires Python", "3.13", "--python-version"],
    );
}

#[test]
fn a_project_that_fails_to_build_ends_the_run_with_what_it_said() {
    let index = index_of_own();
    let project = with_python!(Project::new());
    project.unpack(".", &own().fails_to_build("line one\nline two"));
    std::fs::remove_file(project.path("pyproject.toml")).unwrap();
    project.write("setup.py", "");
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            "setup.py",
            "cannot build `",
            "no way to build this",
            "line one",
            "line two",
        ],
    );
    assert_eq!(crate::project::files_below(&project.temporary()).len(), 0);
}

#[test]
fn an_archive_without_a_project_in_it_is_a_reason() {
    let index = Index::new([dynamic_sdist("a", "2.0"), buildable_sdist("a", "1.0")]);
    let project = with_python!(Project::of("a\n"));
    let run = project.compiles(&index.url(), &["-v"]);
    run.says(0, &["a 2.0", "no pyproject.toml or setup.py"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}
