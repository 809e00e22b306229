//! What a user can get wrong: each is a clear message, the right exit code, and
//! an untouched lock file.

use std::fs;

use crate::index::{Index, wheel};
use crate::project::{Project, Run, run, run_with_input};

const OLD: &str = "a==0.9\n";

/// Compiles `requirements.in` beside an old lock, which has to stay.
#[track_caller]
fn check(requirements: &str, more_files: &[(&str, &str)], arguments: &[&str]) -> Run {
    let index = Index::new([]);
    let project = Project::of(requirements);
    project.write("requirements.txt", OLD);
    for (name, content) in more_files {
        project.write(name, content);
    }
    let files = project.files();
    let run = project.compile(&index.url(), arguments);
    assert_eq!(project.lock(), OLD);
    assert_eq!(project.files(), files);
    assert_eq!(index.requests(), [""; 0], "bad input asks nobody");
    assert_eq!(run.stdout, "");
    run
}

#[test]
fn all_broken_lines_are_shown_with_their_places() {
    let run = check("a >< 1\nb\n  c[x\n--foo bar\n", &[], &["requirements.in"]);
    run.says(
        2,
        &[
            " --> requirements.in:1:4\n",
            "1 | a >< 1\n",
            " --> requirements.in:3:4\n",
            "3 |   c[x\n",
            "unknown option `--foo`",
            " --> requirements.in:4:1\n",
        ],
    );
    assert!(!run.stderr.contains("requirements.in:2"), "{}", run.stderr);
}

#[test]
fn problems_of_included_files_are_shown_under_their_names() {
    let run = check(
        "-r sub/more.in\na >< 1\n",
        &[("sub/more.in", "ok\nb ==\n")],
        &["requirements.in"],
    );
    run.says(2, &["--> sub/more.in:2:", "--> requirements.in:2:"]);
}

#[test]
fn an_input_that_is_missing_is_named() {
    let run = check("a\n", &[], &["nothere.in", "-o", "requirements.txt"]);
    run.says(
        2,
        &["error: cannot read `nothere.in`", "check the spelling"],
    );
}

#[test]
fn an_included_file_that_is_missing_is_named_with_the_line() {
    let run = check("a\n-r sub/nothere.in\n", &[], &["requirements.in"]);
    run.says(
        2,
        &[
            "cannot read `sub/nothere.in`",
            " --> requirements.in:2:1\n",
            "paths are relative to the file that includes them",
        ],
    );
}

#[test]
fn a_file_that_includes_itself_is_an_error() {
    let run = check("-r more.in\n", &[("more.in", "-r more.in\n")], &[]);
    run.says(2, &["`more.in` includes itself", " --> more.in:1:1\n"]);
}

#[test]
fn a_missing_constraint_file_is_named() {
    let run = check("a\n", &[], &["-c", "nothere.txt"]);
    run.says(2, &["cannot read `nothere.txt`"]);
}

#[test]
fn an_unknown_option_is_answered_with_a_similar_one() {
    let run = check("a\n", &[], &["--generate-hashs"]);
    run.says(2, &["--generate-hashs", "--generate-hashes"]);
}

#[test]
fn an_argument_that_a_header_cannot_hold_is_refused() {
    for value in ["a\nb", "a\rb", "a\u{1b}b", "a\u{2028}b"] {
        let run = check("a\n", &[], &["-o", value, "requirements.in"]);
        run.says(2, &["contains a line break or another control character"]);
        assert!(!run.stderr.contains(value), "{}", run.stderr);
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    check("a\n", &[], &["--pre", "--prerelease", "allow"]).says(2, &["cannot be used with"]);
    check("a\n", &[], &["--quiet", "--verbose"]).says(2, &["cannot be used with"]);
}

#[test]
fn without_inputs_it_says_what_it_looked_for() {
    let project = Project::new();
    let run = run(&mut project.compile_command(&[]));
    run.says(2, &["`requirements.in`", "`pyproject.toml`", "help: name"]);
}

#[test]
fn bytes_that_are_no_text_are_pointed_at() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("requirements.in", b"a\nb\xff\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:2:2", "UTF-8"]);
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn broken_toml_is_shown_with_its_place() {
    let index = Index::new([]);
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = \"x\"\ndependencies = [\"a ><\"]\n",
    );
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["pyproject.toml:3:"]);
    project.write("pyproject.toml", "[project\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["pyproject.toml:1:"]);
    assert_eq!(project.files(), ["pyproject.toml"]);
}

#[test]
fn places_that_cannot_be_used_are_refused_at_their_lines() {
    for (line, phrases) in [
        ("./gone", ["`./gone` does not exist", "help: check"]),
        (
            "-e .",
            ["neither a `pyproject.toml` nor", "help: use the directory"],
        ),
        ("./b.rst/x.zip", ["does not exist", "help: "]),
        (
            "-e hg+https://host.example/x#egg=x",
            ["only git is supported", "git+https://"],
        ),
        (
            "x @ https://host.example/x-1.rpm",
            ["its path has no known extension", "`.tar.gz`"],
        ),
        (
            "x @ https://me:secret@host.example/x.git",
            [
                "`https://host.example/x.git` is a repository",
                "`git+https`",
            ],
        ),
        ("-e ./a.zip", ["cannot be editable", "remove `-e`"]),
    ] {
        let run = check(&format!("a\n{line}\n"), &[("a.zip", "")], &[]);
        run.says(2, &phrases);
        run.says(2, &[" --> requirements.in:2:1\n"]);
    }
}

#[test]
fn a_place_for_another_target_is_not_looked_at() {
    let index = Index::new([]);
    let project = Project::of("./gone ; os_name == 'nt'\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), [""; 0]);
}

#[test]
fn several_inputs_need_an_output() {
    let run = check("a\n", &[("b.in", "b\n")], &["requirements.in", "b.in"]);
    run.says(2, &["several inputs", "--output-file"]);
}

#[test]
fn a_check_needs_a_file_to_compare_with() {
    let run = check("a\n", &[], &["--check", "-o", "-"]);
    run.says(2, &["`--check` compares with a file", "--output-file"]);
}

#[test]
fn an_input_is_no_output() {
    let index = Index::new([]);
    let project = Project::new();
    project.write("requirements.txt", "a\n");
    let run = project.compile(&index.url(), &["requirements.txt"]);
    run.says(2, &["`requirements.txt` is both input and output"]);
    let arguments = ["./requirements.txt", "-o", "requirements.txt"];
    let run = project.compile(&index.url(), &arguments);
    run.says(2, &["`./requirements.txt` is both input and output"]);
    assert_eq!(project.lock(), "a\n");
}

#[test]
fn targets_that_are_none_are_answered_with_what_there_is() {
    let project = Project::of("a\n");
    let compile = |version: &str, platform: &str| {
        run(&mut project.command(&[
            "compile",
            "--python-version",
            version,
            "--python-platform",
            platform,
        ]))
    };
    compile("three", "linux").says(2, &["`three`"]);
    compile("3.12", "linus").says(2, &["`linus`", "`linux`"]);
    compile("3.12", "linux/sparc").says(2, &["`linux/sparc`"]);
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn without_a_target_a_python_is_needed() {
    let project = Project::of("a\n");
    let run = run(&mut project.command(&["compile", "--offline"]));
    run.says(2, &["Python", "--python-version", "--python-platform"]);
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn names_that_are_none_are_refused() {
    check("a\n", &[], &["--extra", "a b"]).says(2, &["`--extra a b`"]);
    check("a\n", &[], &["--extra", "dev"]).says(2, &["no input is a project file"]);
    check("a\n", &[], &["-P", "a ><"]).says(2, &["`--upgrade-package a ><`"]);
    check("a\n", &[], &["-P", "a @ https://host.example/a.whl"])
        .says(2, &["a URL is not a version specifier"]);
    check("a\n", &[], &["--exclude-newer", "soon"])
        .says(2, &["`--exclude-newer soon`", "2026-10-01"]);
    check("a\n", &[], &["--only-binary", "a b"]).says(2, &["--only-binary"]);
    check("a\n", &[], &["--index-url", "no url"]).says(2, &["`no url` is not the URL of an index"]);
}

#[test]
fn an_output_that_is_a_folder_is_refused_with_a_name() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    fs::create_dir(project.path("out")).unwrap();
    let run = project.compile(&index.url(), &["-o", "out"]);
    run.says(2, &["`out`", "requirements.txt"]);
    assert_eq!(project.files(), ["out", "requirements.in"]);
}

#[test]
fn an_output_that_is_no_text_is_left_alone() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    project.write("requirements.txt", b"\xff\xfe\xfd");
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &["`requirements.txt` is not UTF-8 text", "remove the file"],
    );
    assert_eq!(
        fs::read(project.path("requirements.txt")).unwrap(),
        b"\xff\xfe\xfd"
    );
}

#[test]
fn a_folder_that_is_missing_for_the_output_is_named() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &["-o", "no/where.txt"]);
    run.says(
        2,
        &[
            "cannot write `no/where.txt`",
            "create the directory `no` first",
        ],
    );
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn standard_input_has_its_name_in_messages() {
    let project = Project::new();
    let run = run_with_input(&mut project.compile_command(&["-"]), "a\nb ><\n");
    run.says(2, &[" --> <stdin>:2:"]);
    assert_eq!(run.stdout, "");
}

#[test]
fn extras_that_a_project_lacks_are_listed() {
    let index = Index::new([]);
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = \"x\"\n[project.optional-dependencies]\ndev = [\"a\"]\n",
    );
    let run = project.compile(&index.url(), &["--extra", "docs"]);
    run.says(2, &["`docs`", "dev"]);
}
