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
fn dynamic_dependencies_are_refused_with_the_reason() {
    let index = Index::new([]);
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = \"p\"\ndynamic = [\"version\", \"dependencies\"]\n",
    );
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["pyproject.toml:3:", "dynamic"]);
    assert_eq!(project.files(), ["pyproject.toml"]);
}

#[test]
fn a_project_file_without_a_project_is_refused() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("pyproject.toml", "[tool.x]\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["pyproject.toml", "[project]"]);
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
    run.says(2, &["setup.py", "no Python can do that"]);
    assert_eq!(project.files(), ["setup.py"]);
}
