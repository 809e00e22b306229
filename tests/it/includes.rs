//! Files that bring in others, and where paths lead from.

use crate::index::{Index, Release, wheel};
use crate::project::{PROGRAM, Project, run};
use crate::scripted::Reply;

fn releases() -> Vec<Release> {
    ["a", "b", "c"]
        .iter()
        .flat_map(|name| [wheel(name, "1.0"), wheel(name, "2.0")])
        .collect()
}

#[test]
fn each_pin_names_the_file_that_requires_it() {
    let index = Index::new(releases());
    let project = Project::of("-r sub/more.in\na\n");
    project.write("sub/more.in", "-r ../other/deep.in\n-c bounds.txt\nb\na\n");
    project.write("sub/bounds.txt", "c<2\n");
    project.write("other/deep.in", "c\n");
    project.compiles(&index.url(), &["--no-header", "--no-hashes"]);
    assert_eq!(
        project.lock(),
        "a==2.0\n    # via\n    #   -r requirements.in\n    #   -r sub/more.in\n\
         b==2.0\n    # via -r sub/more.in\n\
         c==1.0\n    # via\n    #   -c sub/bounds.txt\n    #   -r other/deep.in\n"
    );
}

#[test]
fn paths_are_relative_to_where_the_user_stands() {
    let index = Index::new(releases());
    let project = Project::of("a\n");
    project.write("bounds.txt", "a<2\n");
    project.write("sub/x", "");
    let output = std::process::Command::new(PROGRAM)
        .args([
            "compile",
            "../requirements.in",
            "-c",
            "../sub/../bounds.txt",
            "-o",
            "lock.txt",
            "--no-hashes",
        ])
        .args([
            "--python-version",
            "3.12",
            "--python-platform",
            "linux",
            "--no-emit-index-url",
        ])
        .current_dir(project.path("sub"))
        .env_clear()
        .env("PINFOLD_INDEX_URL", index.url())
        .env("XDG_CACHE_HOME", project.cache())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = project.read("sub/lock.txt");
    assert!(
        text.ends_with(
            "#\na==1.0\n    # via\n    #   -c ../bounds.txt\n    #   -r ../requirements.in\n"
        ),
        "{text}"
    );
}

#[test]
fn a_requirements_file_may_be_a_url() {
    let index = Index::new(releases());
    index.set("/files/remote/more.in", Reply::ok("b\n-r deep.in\n"));
    index.set("/files/remote/deep.in", Reply::ok("c<2\n"));
    let url = format!("http://{}/files/remote/more.in", index.host());
    let project = Project::of(&format!("-r {url}\na\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==2.0", "b==2.0", "c==1.0"]);
    assert!(
        project.lock().contains(&format!("    # via -r {url}\n")),
        "{}",
        project.lock()
    );
}

#[test]
fn a_requirements_file_that_a_server_refuses_is_named_with_the_line() {
    let index = Index::new(releases());
    let url = format!("http://{}/files/more.in", index.host());
    for (status, code, phrase) in [
        (404, 2, "does not exist"),
        (401, 2, "credentials"),
        (500, 75, "status 500"),
    ] {
        index.set("/files/more.in", Reply::status(status));
        let project = Project::of(&format!("a\n-r {url}\n"));
        let run = project.compile(&index.url(), &["--retries", "0"]);
        run.says(code, &["requirements.in:2 includes", phrase]);
        assert_eq!(project.files(), ["requirements.in"]);
    }
}

#[test]
fn a_password_of_a_remote_requirements_file_is_used_and_not_told() {
    let index = Index::new(releases());
    let path = "/files/more.in";
    index.set(path, Reply::ok("a\n"));
    let url = format!("http://me:sesame@{}{path}", index.host());
    let project = Project::of(&format!("-r {url}\n"));
    let run = project.compiles(&index.url(), &["-v"]);
    let seen = index.seen();
    let request = seen.iter().find(|seen| seen.path == path).unwrap();
    assert_eq!(request.header("authorization"), Some("Basic bWU6c2VzYW1l"));
    assert!(!run.stderr.contains("sesame"), "{}", run.stderr);
    assert!(!project.lock().contains("sesame"), "{}", project.lock());
    // Named on the command line, it would stand in the header.
    let run = project.compiles(&index.url(), &["-v", &url, "-o", "other.txt"]);
    assert!(!run.stderr.contains("sesame"), "{}", run.stderr);
    assert!(!project.read("other.txt").contains("sesame"));
}

#[test]
fn options_of_included_files_count() {
    let index = Index::new(releases());
    let project = Project::of("-r more.in\na\n");
    project.write("more.in", format!("--index-url {}\n", index.url()));
    run(&mut project.compile_command(&[])).says(0, &["Pinned 1 project in"]);
    project.write("more.in", "--no-index\n");
    let run = project.compile(&index.url(), &["-U"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
}

#[test]
fn continuations_comments_and_encodings_are_pips() {
    let index = Index::new(releases());
    let project = Project::new();
    let mut bytes = vec![0xff, 0xfe];
    for unit in "a \\\r\n  <2 # why\r\nb # x \\\r\nc\r\n".encode_utf16() {
        bytes.extend(unit.to_le_bytes());
    }
    project.write("requirements.in", bytes);
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
}

#[test]
fn a_remote_requirements_file_names_no_place_of_this_machine() {
    let index = Index::new(releases());
    let folder = tempfile::tempdir().unwrap();
    let own = |name: &str, text: &[u8]| {
        std::fs::write(folder.path().join(name), text).unwrap();
        format!("{}/{name}", folder.path().display())
    };
    let list = own("list.in", b"b\n");
    let release = wheel("d", "1.0");
    let file = own(&release.filename(), &release.bytes());
    let directory = folder.path().display().to_string();
    own(
        "pyproject.toml",
        b"[project]\nname = \"e\"\nversion = \"1.0\"\n",
    );
    let url = format!("http://{}/files/remote.in", index.host());
    for line in [
        format!("-r file://{list}"),
        format!("-r FILE:{list}"),
        format!("-c file://{list}"),
        format!("-f {directory}"),
        format!("-f file://{directory}"),
        format!("--extra-index-url file://{directory}"),
        format!("--extra-index-url {directory}"),
        file.clone(),
        format!("d @ file://{file}"),
        format!("-e {directory}"),
        format!("e @ file://{directory}"),
    ] {
        index.set("/files/remote.in", Reply::ok(format!("c\n{line}\n")));
        let project = Project::of(&format!("-r {url}\na\n"));
        let run = project.compile(&index.url(), &[]);
        assert_eq!(run.code, 2, "{line}: {}", run.stderr);
        run.says(2, &["/files/remote.in:2", "cannot name local files"]);
        assert_eq!(project.files(), ["requirements.in"], "{line}");
    }
}

#[test]
fn a_file_url_is_another_spelling_of_a_path() {
    let index = Index::new(releases());
    let project = Project::of("");
    project.write("sub/b.in", "b\n-r file:more.in\n");
    project.write("sub/more.in", "c\n");
    let folder = project.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    for spelling in [
        format!("file://localhost{folder}/sub/b.in"),
        format!("file://{folder}/sub/../sub/b.in"),
        "sub/b.in".to_owned(),
    ] {
        project.write("requirements.in", format!("-r {spelling}\n"));
        project.compiles(&index.url(), &["--no-header", "--no-hashes"]);
        assert_eq!(
            project.lock(),
            "b==2.0\n    # via -r sub/b.in\nc==2.0\n    # via -r sub/more.in\n"
        );
    }
    // Relative to the file that says it, as other paths are.
    project.write("sub/b.in", "b\n");
    project.write("requirements.in", "-r file:sub/b.in\n-c file:./sub/b.in\n");
    project.compiles(&index.url(), &["--no-header", "--no-hashes"]);
    assert_eq!(
        project.lock(),
        "b==2.0\n    # via\n    #   -c sub/b.in\n    #   -r sub/b.in\n"
    );
    // On the command line, too.
    let url = format!("file://localhost{folder}/sub/b.in");
    let arguments = [&*url, "-o", "out.txt", "--no-header", "--no-hashes"];
    project.compiles(&index.url(), &arguments);
    let expected = "b==2.0\n    # via -r sub/b.in\n";
    assert_eq!(project.read("out.txt"), expected);
    let arguments = [
        "file:sub/b.in",
        "-o",
        "more.txt",
        "--no-header",
        "--no-hashes",
    ];
    project.compiles(&index.url(), &arguments);
    assert_eq!(project.read("more.txt"), expected);
    project.write("requirements.in", "-r file://host.example/b.in\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["cannot read `file://host.example/b.in`"]);
    project.write(
        "requirements.in",
        format!("-r file://{folder}/requirements.in\n"),
    );
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1:1", "includes itself"]);
}

#[test]
fn variables_and_the_root_of_the_project_lead_to_files() {
    let index = Index::new(releases());
    let project = Project::of("");
    let folder = project.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/').to_owned();
    let project = project.with_variable("SOME_FOLDER", &folder);
    project.write("sub/b.in", "b\n");
    project.write(
        "p/pyproject.toml",
        "[project]\nname = \"p\"\nversion = \"1\"\n",
    );
    let compile = |text: &str| {
        project.write("requirements.in", text);
        project.compile(&index.url(), &["--no-header", "--no-annotate"])
    };
    compile("-r ${SOME_FOLDER}/sub/b.in\n").says(0, &[]);
    compile("-r file://${SOME_FOLDER}/sub/b.in\n").says(0, &[]);
    // The root of the file system comes twice.
    for text in [
        "p @ file://localhost/${SOME_FOLDER}/p\n",
        "p @ file:///${SOME_FOLDER}/p\n",
    ] {
        compile(text).says(0, &[]);
        assert_eq!(format!("{}\n", project.pins()[0]), text);
    }
    // What uv takes for the current directory unless it is set.
    compile("-r ${PROJECT_ROOT}/sub/b.in\n").says(0, &[]);
    assert_eq!(project.pins(), ["b==2.0"]);
    compile("p @ file://${PROJECT_ROOT}/p\n").says(0, &[]);
    assert_eq!(project.pins(), ["p @ file://${PROJECT_ROOT}/p"]);
    let project = project.with_variable("PROJECT_ROOT", "/nowhere");
    project.write("requirements.in", "-r ${PROJECT_ROOT}/sub/b.in\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["cannot read"]);
}
