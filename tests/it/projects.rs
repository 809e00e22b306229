//! `pyproject.toml` as input.

use crate::index::{Index, Release, wheel};
use crate::project::{Project, Run};

const PYPROJECT: &str = r#"[project]
name = "My.Proj"
version = "1.0"
requires-python = ">=3.9,<3.13"
dependencies = ["a>=1"]

[project.optional-dependencies]
dev = ["b", "my-proj[Test_Kit]"]
test-kit = ["c", "winonly; sys_platform == 'win32'"]
docs = ["d ; python_version >= '3.10'"]
"#;

fn releases() -> Vec<Release> {
    ["a", "b", "c", "d", "winonly"]
        .iter()
        .map(|name| wheel(name, "1.0"))
        .collect()
}

fn compile(arguments: &[&str]) -> (Project, Run) {
    let index = Index::new(releases());
    let project = Project::new();
    project.write("pyproject.toml", PYPROJECT);
    let run = project.compile(&index.url(), arguments);
    (project, run)
}

#[track_caller]
fn check(arguments: &[&str], pins: &[&str]) -> String {
    let (project, run) = compile(arguments);
    run.says(0, &[]);
    assert_eq!(project.pins(), pins);
    project.lock()
}

#[test]
fn its_dependencies_are_compiled() {
    let text = check(&[], &["a==1.0"]);
    assert!(
        text.contains("    # via My.Proj (pyproject.toml)\n"),
        "{text}"
    );
}

#[test]
fn extras_may_name_each_other_in_any_spelling() {
    check(&["--extra", "dev"], &["a==1.0", "b==1.0", "c==1.0"]);
    check(&["--extra", "TEST.kit"], &["a==1.0", "c==1.0"]);
    check(
        &["--extra", "docs,test-kit"],
        &["a==1.0", "c==1.0", "d==1.0 ; python_version >= \"3.10\""],
    );
    let text = check(
        &["--all-extras"],
        &[
            "a==1.0",
            "b==1.0",
            "c==1.0",
            "d==1.0 ; python_version >= \"3.10\"",
        ],
    );
    assert!(text.contains(" --all-extras "), "{text}");
}

#[test]
fn markers_on_extras_hold_for_the_extras_that_are_asked_for() {
    let index = Index::new(releases());
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'me'\nversion = '1'\n\
         dependencies = [\"a; extra == 'X'\", \"b; extra != 'x'\", \
         \"c; (extra == 'x' or extra == 'y') and python_version >= '3.9'\"]\n\
         [project.optional-dependencies]\nx = []\n\
         y = [\"d; extra == 'y'\", \"winonly; extra == 'x'\"]\n",
    );
    let pins = |arguments: &[&str]| {
        project.compiles(&index.url(), &[arguments, &["-o", "lock.txt"]].concat());
        crate::project::pins(&project.read("lock.txt"))
    };
    let c = "c==1.0 ; python_version >= \"3.9\"";
    assert_eq!(pins(&[]), ["b==1.0"]);
    assert_eq!(pins(&["--extra", "x"]), ["a==1.0", "b==1.0", c]);
    assert_eq!(pins(&["--extra", "y"]), ["b==1.0", c, "d==1.0"]);
    assert_eq!(pins(&["--all-extras"]), ["a==1.0", "b==1.0", c, "d==1.0"]);
}

#[test]
fn its_requires_python_has_to_admit_the_target() {
    let (project, _) = compile(&[]);
    let index = Index::new([]);
    let run = crate::project::run(&mut project.command(&[
        "compile",
        "-i",
        &index.url(),
        "-U",
        "-o",
        "other.txt",
        "--python-version",
        "3.13",
        "--python-platform",
        "linux",
    ]));
    run.says(
        2,
        &[
            "`pyproject.toml` requires Python",
            "3.13",
            "--python-version",
        ],
    );
    assert_eq!(index.requests(), [""; 0]);
    assert_eq!(project.files(), ["pyproject.toml", "requirements.txt"]);
}

#[test]
fn a_project_file_without_a_project_is_refused() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("pyproject.toml", "[tool.x]\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["pyproject.toml", "[project]"]);
    project.write("pyproject.toml", "[dependency-groups]\ndev = []\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["there is no `[project]` table", "`--group dev`"]);
    project.write("pyproject.toml", "[tool.poetry]\nname = 'x'\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["only Poetry reads", "`[build-system]`"]);
}

#[test]
fn an_extra_has_to_be_one_of_some_project() {
    let index = Index::new(releases());
    let project = Project::new();
    project.write("pyproject.toml", PYPROJECT);
    project.write(
        "other/pyproject.toml",
        "[project]\nname = \"other\"\ndependencies = [\"d\"]\n\n\
         [project.optional-dependencies]\ntests = [\"c\"]\n",
    );
    let inputs = [
        "pyproject.toml",
        "other/pyproject.toml",
        "-o",
        "out.txt",
        "--no-hashes",
    ];
    let mut arguments = inputs.to_vec();
    arguments.extend(["--extra", "dev", "--extra", "tests"]);
    project.compiles(&index.url(), &arguments);
    let text = project.read("out.txt");
    for line in [
        "a==1.0\n    # via My.Proj (pyproject.toml)\n",
        "c==1.0\n    # via\n    #   My.Proj (pyproject.toml)\n    #   other (other/pyproject.toml)\n",
        "d==1.0\n    # via other (other/pyproject.toml)\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let mut arguments = inputs.to_vec();
    arguments.extend(["--extra", "test"]);
    let run = project.compile(&index.url(), &arguments);
    run.says(
        2,
        &[
            "`My.Proj` has no extra `test`",
            "--> pyproject.toml:",
            "`other` has no extra `test`",
            "did you mean `tests`?",
            "--> other/pyproject.toml:",
        ],
    );
}

#[test]
fn project_files_are_no_constraints() {
    let index = Index::new([]);
    let project = Project::of("a\n-c pyproject.toml\n");
    project.write("pyproject.toml", PYPROJECT);
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            "`pyproject.toml` is a project file, not a constraints file",
            "--> requirements.in:2:1",
        ],
    );
    project.write("requirements.in", "a\n");
    let run = project.compile(&index.url(), &["-c", "pyproject.toml"]);
    run.says(2, &["not a constraints file", "help: list"]);
    let run = project.compile(&index.url(), &["--override", "x.py"]);
    run.says(2, &["`x.py` is a script, not an overrides file"]);
}

#[test]
fn the_default_input_is_requirements_in_before_pyproject() {
    let index = Index::new(releases());
    let project = Project::of("d\n");
    project.write("pyproject.toml", PYPROJECT);
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["d==1.0"]);
}

#[test]
fn setup_py_without_a_python_to_run_it_is_refused() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("setup.py", "from setuptools import setup\nsetup()\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["setup.py", "no Python to build with"]);
    assert_eq!(project.files(), ["setup.py"]);
}
