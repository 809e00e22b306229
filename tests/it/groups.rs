//! Dependency groups (PEP 735) as input: `--group [PATH:]NAME`.
//!
//! How a group is read is tested in `src/requirements/groups.rs`, that a header brings
//! groups back in `options.rs`.

use crate::index::{Index, Release, wheel};
use crate::project::{Project, Run, pins};

const PYPROJECT: &str = r#"[project]
name = "My.Proj"
version = "1.0"
requires-python = ">=3.9,<3.13"
dependencies = ["a"]

[dependency-groups]
test = ["b>=1", "winonly; sys_platform == 'win32'"]
Type_Check = ["c ; python_version >= '3.9'"]
dev = [{include-group = "TEST"}, {include-group = "type-check"}, "d"]
circle = [{include-group = "back"}]
back = [{include-group = "circle"}]
"#;

fn releases() -> Vec<Release> {
    ["a", "b", "c", "d", "e", "winonly"]
        .iter()
        .map(|name| wheel(name, "1.0"))
        .collect()
}

fn project() -> Project {
    let project = Project::new();
    project.write("pyproject.toml", PYPROJECT);
    project
}

/// Compiles to `out.txt`, without header and hashes.
#[track_caller]
fn compile(project: &Project, arguments: &[&str]) -> (Run, Vec<String>) {
    let index = Index::new(releases());
    let mut all = vec!["--no-header", "--no-hashes", "-o", "out.txt"];
    all.extend(arguments);
    let run = project.compile(&index.url(), &all);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let pinned = pins(&project.read("out.txt"));
    (run, pinned)
}

/// Compiles what must be refused before anything is asked for.
#[track_caller]
fn refused(project: &Project, arguments: &[&str], phrases: &[&str]) {
    let index = Index::new(releases());
    let before = project.files();
    let mut all = vec!["-o", "out.txt"];
    all.extend(arguments);
    let run = project.compile(&index.url(), &all);
    run.says(2, phrases);
    assert_eq!(index.requests(), [""; 0]);
    assert_eq!(project.files(), before);
}

#[test]
fn a_group_alone_has_neither_the_project_nor_other_groups() {
    let project = project();
    let (_, pinned) = compile(&project, &["--group", "test"]);
    assert_eq!(pinned, ["b==1.0"]);
    assert_eq!(
        project.read("out.txt"),
        "b==1.0\n    # via My.Proj (pyproject.toml:test)\n"
    );
}

#[test]
fn a_group_may_include_others_in_any_spelling() {
    let project = project();
    let (_, pinned) = compile(&project, &["--group", "DEV"]);
    assert_eq!(
        pinned,
        ["b==1.0", "c==1.0 ; python_version >= \"3.9\"", "d==1.0"]
    );
    let lock = project.read("out.txt");
    assert!(
        lock.contains("\nd==1.0\n    # via My.Proj (pyproject.toml:dev)\n"),
        "{lock}"
    );
}

#[test]
fn several_groups_come_together_and_beside_the_project() {
    let project = project();
    let (_, pinned) = compile(&project, &["--group", "test", "--group", "type-check"]);
    assert_eq!(pinned, ["b==1.0", "c==1.0 ; python_version >= \"3.9\""]);
    let (_, pinned) = compile(&project, &["pyproject.toml", "--group", "test"]);
    assert_eq!(pinned, ["a==1.0", "b==1.0"]);
    project.write("more.in", "e\n");
    let (_, pinned) = compile(&project, &["more.in", "--group", "test"]);
    assert_eq!(pinned, ["b==1.0", "e==1.0"]);
}

#[test]
fn a_group_that_includes_itself_is_refused_at_its_place() {
    refused(
        &project(),
        &["--group", "circle"],
        &[
            "includes itself: ",
            "circle",
            "back",
            "--> pyproject.toml:1",
        ],
    );
}

#[test]
fn an_unknown_group_is_answered_with_near_ones() {
    refused(
        &project(),
        &["--group", "tset"],
        &["there is no group `tset`", "did you mean `test`?"],
    );
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[dependency-groups]\ndev = [{include-group = 'nosuch'}]\n",
    );
    refused(
        &project,
        &["--group", "dev"],
        &["there is no group `nosuch`", "--> pyproject.toml:2:"],
    );
    project.write("pyproject.toml", "[project]\nname = 'x'\n");
    refused(
        &project,
        &["--group", "dev"],
        &["there is no group `dev`", "`[dependency-groups]`"],
    );
}

#[test]
fn a_file_with_groups_needs_no_project() {
    let project = Project::new();
    project.write("pyproject.toml", "[dependency-groups]\ndev = ['b']\n");
    compile(&project, &["--group", "dev"]);
    assert_eq!(
        project.read("out.txt"),
        "b==1.0\n    # via (pyproject.toml:dev)\n"
    );
}

#[test]
fn a_path_before_the_name_says_whose_group_is_meant() {
    let project = project();
    project.write(
        "other/pyproject.toml",
        "[dependency-groups]\ntest = ['e']\n",
    );
    // Beside a source of another folder it is still that of the current one.
    project.write("other/more.in", "d\n");
    let (_, pinned) = compile(&project, &["other/more.in", "--group", "test"]);
    assert_eq!(pinned, ["b==1.0", "d==1.0"]);
    for path in ["other/pyproject.toml", "./other/../other/pyproject.toml"] {
        compile(&project, &["--group", &format!("{path}:test")]);
        let lock = project.read("out.txt");
        assert_eq!(
            lock, "e==1.0\n    # via (other/pyproject.toml:test)\n",
            "{path}"
        );
    }
    refused(
        &project,
        &["--group", "nosuch/pyproject.toml:test"],
        &["`nosuch/pyproject.toml` does not exist"],
    );
    refused(&project, &["--group", "other:test"], &["`other`"]);
}

#[test]
fn paths_in_a_group_lead_from_its_file() {
    let project = Project::new();
    let release = wheel("e", "1.0");
    let name = release.filename();
    project.write(
        "other/pyproject.toml",
        format!("[dependency-groups]\ntest = ['e @ file:wheels/{name}']\n"),
    );
    project.write(&format!("other/wheels/{name}"), release.bytes());
    let (_, pinned) = compile(&project, &["--group", "other/pyproject.toml:test"]);
    // A lock is read from where pip is run.
    let path = format!("file:other/wheels/{name}");
    assert_eq!(pinned, [&*path]);
    let (run, _) = compile(
        &project,
        &["--group", "other/pyproject.toml:test", "--check"],
    );
    run.says(0, &["up to date"]);
}

// A group is for work on the project, maybe with another Python than it runs on.
#[test]
fn the_projects_requires_python_is_not_that_of_its_groups() {
    let project = project();
    project.write("pyproject.toml", PYPROJECT.replace("<3.13", "<3.12"));
    let (_, pinned) = compile(&project, &["--group", "test"]);
    assert_eq!(pinned, ["b==1.0"]);
    refused(
        &project,
        &["pyproject.toml", "--group", "test"],
        &["`pyproject.toml` requires Python", "3.12"],
    );
}

#[test]
fn an_empty_group_pins_nothing() {
    let project = Project::new();
    project.write("pyproject.toml", "[dependency-groups]\ndev = []\n");
    let (_, pinned) = compile(&project, &["--group", "dev"]);
    assert_eq!(pinned, [""; 0]);
}

#[test]
fn a_group_may_have_an_extra_of_its_own_project() {
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'My.Proj'\nversion = '1'\n\
         [project.optional-dependencies]\ncli = ['b']\n\
         [dependency-groups]\ndev = ['my_proj[CLI]', 'c']\n",
    );
    let (_, pinned) = compile(&project, &["--group", "dev"]);
    assert_eq!(pinned, ["b==1.0", "c==1.0"]);
}
