//! Passwords reach the server they are for and nothing else: no file, no
//! standard output, no talk.

use crate::index::{Index, Release, wheel};
use crate::project::{Project, Run, files_below, run};
use crate::scripted::Reply;

/// `Basic me:sesame`
const LOGIN: &str = "Basic bWU6c2VzYW1l";

fn releases() -> Vec<Release> {
    vec![wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")]
}

fn guarded() -> Index {
    let index = Index::new(releases());
    index.admit_only(LOGIN);
    index
}

/// Asserts that no byte of a run tells the password.
#[track_caller]
fn assert_kept(project: &Project, run: &Run) {
    for (place, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        assert!(!text.contains("sesame"), "{place}: {text}");
        assert!(!text.contains("bWU6c2VzYW1l"), "{place}: {text}");
    }
    let written = ["requirements.in", "netrc"];
    for path in files_below(&project.path(""))
        .into_iter()
        .chain(files_below(&project.cache()))
    {
        if written.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("sesame"), "{}", path.display());
        assert!(
            !path.to_string_lossy().contains("sesame"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_password_in_the_url_is_used_and_not_told() {
    let index = guarded();
    let project = Project::of("a\n");
    let url = index.url_with_login("me:sesame");
    for arguments in [
        vec!["-i", &url, "-v"],
        vec!["-i", &url, "-v", "-U"],
        vec!["-i", &url, "-v", "-o", "-"],
        vec!["-i", &url, "-v", "-P", "b", "--dry-run"],
        vec![
            "-i",
            "http://127.0.0.1:9/simple/",
            "--extra-index-url",
            &url,
            "-v",
            "-U",
        ],
        vec![
            "-i",
            &url,
            "-v",
            "--no-cache",
            "--custom-compile-command",
            &url,
        ],
    ] {
        let run = run(&mut project.compile_command(&arguments));
        run.says(0, &[]);
        assert_kept(&project, &run);
    }
    let text = project.lock();
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    assert!(
        text.contains(&format!("--index-url http://me@{}/simple/\n", index.host()))
            || text.contains(&format!("--index-url {}\n", index.url())),
        "{text}"
    );
}

#[test]
fn a_password_in_a_requirements_file_is_used_and_not_told() {
    let index = guarded();
    let project = Project::of(&format!(
        "--index-url {}\na\n",
        index.url_with_login("me:sesame")
    ));
    let run = run(&mut project.compile_command(&["-v"]));
    run.says(0, &[]);
    assert_kept(&project, &run);
}

#[test]
fn a_variable_in_an_index_url_round_trips() {
    let index = guarded();
    let line = format!("--index-url http://me:${{TOKEN}}@{}/simple/", index.host());
    let project = Project::of(&format!("{line}\na\n")).with_variable("TOKEN", "sesame");
    let run = run(&mut project.compile_command(&["-v"]));
    run.says(0, &[]);
    assert_kept(&project, &run);
    assert!(
        project.lock().contains(&format!("\n{line}\n")),
        "{}",
        project.lock()
    );
    index.requests();
    let run = crate::project::run(&mut project.compile_command(&["--check"]));
    run.says(0, &["up to date"]);
}

#[test]
fn a_password_from_netrc_is_used_and_not_told() {
    let index = guarded();
    let project = Project::of("a\n");
    std::fs::write(
        project.home().join(".netrc"),
        "machine 127.0.0.1 login me password sesame\n",
    )
    .unwrap();
    let run = project.compiles(&index.url(), &["-v"]);
    assert_kept(&project, &run);
    assert_eq!(project.pins().len(), 2);
}

#[test]
fn a_password_from_the_environment_is_used_and_not_told() {
    let index = guarded();
    let project = Project::of("a\n")
        .with_variable("PINFOLD_INDEX_USERNAME", "me")
        .with_variable("PINFOLD_INDEX_PASSWORD", "sesame");
    let run = project.compiles(&index.url(), &["-v"]);
    assert_kept(&project, &run);
    let project =
        Project::of("a\n").with_variable("PINFOLD_INDEX_URL", &index.url_with_login("me:sesame"));
    let run = run_plain(&project, &["-v"]);
    assert_kept(&project, &run);
    let help = crate::project::run(&mut project.command(&["compile", "--help"]));
    assert_kept(&project, &help);
}

fn run_plain(project: &Project, arguments: &[&str]) -> Run {
    let run = run(&mut project.compile_command(arguments));
    run.says(0, &[]);
    run
}

#[test]
fn a_password_in_the_url_of_a_wheel_is_used_and_not_told() {
    let index = guarded();
    let release = wheel("b", "1.0");
    let url = index.file_url(&release).replacen("://", "://me:sesame@", 1);
    let project = Project::of(&format!("b @ {url}\n"));
    let run = project.compiles(&index.url(), &["-v"]);
    assert_kept(&project, &run);
}

#[test]
fn a_variable_in_an_option_round_trips() {
    let index = guarded();
    let url = format!("http://me:${{TOKEN}}@{}/simple/", index.host());
    let project = Project::of("a\n").with_variable("TOKEN", "sesame");
    let run = run(&mut project.compile_command(&["-v", "--index-url", &url]));
    run.says(0, &[]);
    assert_kept(&project, &run);
    assert!(
        project.lock().contains(&format!("\n--index-url {url}\n")),
        "{}",
        project.lock()
    );
}

#[test]
fn a_variable_in_the_url_of_a_wheel_round_trips() {
    let index = guarded();
    let release = wheel("b", "1.0");
    let url = index
        .file_url(&release)
        .replacen("://", "://me:${TOKEN}@", 1);
    let project = Project::of(&format!("b @ {url}\n")).with_variable("TOKEN", "sesame");
    let run = project.compiles(&index.url(), &["-v"]);
    assert_kept(&project, &run);
    assert!(
        project.lock().contains(&format!("b @ {url} ")),
        "{}",
        project.lock()
    );
}

#[test]
fn failures_do_not_tell_the_password() {
    for reply in [
        Reply::status(403),
        Reply::status(500),
        Reply::status(404),
        Reply::ok("{").header("Content-Type", "application/json"),
        Reply::ok("x".repeat(100)).cut_at(10),
        Reply::status(302).header("Location", "http://me:sesame@127.0.0.1:9/simple/a/"),
        Reply::raw("no HTTP"),
    ] {
        let index = guarded();
        index.set("/simple/a/", reply);
        let project = Project::of("a\n");
        let run = project.compile(
            &index.url_with_login("me:sesame"),
            &["-v", "--retries", "0"],
        );
        assert_ne!(run.code, 0);
        assert_kept(&project, &run);
    }
    let project = Project::of("a\n");
    let run = project.compile("ftp://me:sesame@host.example/simple/", &["-v"]);
    run.says(2, &["not the URL of an index"]);
    assert_kept(&project, &run);
    let run = project.compile("http://me:sesame@host.example:x/simple/", &["-v"]);
    run.says(2, &["not the URL of an index"]);
    assert_kept(&project, &run);
    let proxied = run_proxied(&project);
    assert_ne!(proxied.code, 0);
    assert_kept(&project, &proxied);
}

fn run_proxied(project: &Project) -> Run {
    run(&mut project.compile_command(&[
        "-i",
        "http://index.example/simple/",
        "--proxy",
        "http://me:sesame@127.0.0.1:9",
        "--retries",
        "0",
        "-v",
    ]))
}

#[test]
fn problems_in_a_line_with_a_password_show_it_without() {
    let project = Project::of("a\n--index-url http://me:sesame@host.example/simple/ --foo\n");
    let run = run(&mut project.compile_command(&[]));
    run.says(2, &["--foo"]);
    assert_kept(&project, &run);
}

#[test]
fn a_password_in_what_a_release_requires_is_not_told() {
    let url = "https://me:hunter2@files.example/b-1.0-py3-none-any.whl";
    let index = Index::new([wheel("a", "1.0").requires(&[&format!("b @ {url}")])]);
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &["--verbose"]);
    run.says(1, &["b @ https://files.example/b-1.0-py3-none-any.whl"]);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
}

#[test]
fn a_password_is_for_its_own_host() {
    let index = guarded();
    let other = Index::new([wheel("b", "1.0")]);
    let project = Project::of(&format!("a\nb @ {}\n", other.file_url(&wheel("b", "1.0"))));
    let run = project.compiles(&index.url_with_login("me:sesame"), &[]);
    assert_kept(&project, &run);
    assert!(
        other
            .seen()
            .iter()
            .all(|seen| seen.header("authorization").is_none())
    );
}
