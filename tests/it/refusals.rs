//! What can go wrong with an index: each is a clear message and the right exit
//! code, and what there was stays as it was.

use std::net::TcpListener;

use crate::index::{Index, Mode, wheel};
use crate::project::{Project, Run, files_below, run};
use crate::scripted::Reply;

const OLD: &str = "a==0.9\n";

/// Compiles `requirements` beside an old lock, which has to stay.
#[track_caller]
fn check(index: &Index, requirements: &str, arguments: &[&str]) -> Run {
    let project = Project::of(requirements);
    project.write("requirements.txt", OLD);
    let mut all = vec!["--retries", "0"];
    all.extend(arguments);
    let run = project.compile(&index.url(), &all);
    assert_eq!(project.lock(), OLD);
    assert_eq!(project.files(), ["requirements.in", "requirements.txt"]);
    assert_eq!(run.stdout, "");
    run
}

fn index() -> Index {
    Index::new([wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")])
}

#[test]
fn a_name_that_no_index_has_is_an_answer() {
    let index = index();
    let run = check(&index, "a\nnosuch>1\n", &[]);
    run.says(1, &["nosuch", "requirements.in:2"]);
}

#[test]
fn a_name_that_no_index_has_is_told_with_who_requires_it() {
    let index = Index::new([wheel("a", "1.0").requires(&["nosuch"])]);
    let run = check(&index, "a\n", &[]);
    run.says(1, &["nosuch", "a 1.0"]);
}

#[test]
fn metadata_that_is_not_what_the_page_promised_stops_the_run() {
    let index = index();
    index.set(
        "/files/a-1.0-py3-none-any.whl.metadata",
        Reply::ok("Metadata-Version: 2.1\nName: a\nVersion: 1.0\n"),
    );
    let run = check(&index, "a\n", &[]);
    run.says(
        2,
        &[
            "hash mismatch for `a-1.0-py3-none-any.whl.metadata`: expected sha256",
            "`, got `",
            "help: ",
        ],
    );
    assert!(!index.requests().contains(&"GET /simple/b/".to_owned()));
}

#[test]
fn a_wheel_whose_url_gives_another_hash_stops_the_run() {
    let index = index();
    let release = wheel("a", "1.0");
    let zeros = "0".repeat(64);
    let run = check(
        &index,
        &format!("a @ {}#sha256={zeros}\n", index.file_url(&release)),
        &[],
    );
    run.says(
        2,
        &[
            "hash mismatch for `a-1.0-py3-none-any.whl`",
            "sha256",
            &zeros,
        ],
    );
}

#[test]
fn recorded_hashes_that_the_index_does_not_know_stop_the_run() {
    let index = index();
    let project = Project::of("b\n");
    let zeros = "0".repeat(64);
    let old = format!("b==1.0 \\\n    --hash=sha256:{zeros}\n    # via -r requirements.in\n");
    project.write("requirements.txt", &old);
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["b==1.0", "hashes recorded", "--refresh-hashes"]);
    assert_eq!(project.lock(), old);
    project.compiles(&index.url(), &["--refresh-hashes"]);
    assert!(project.lock().contains(&wheel("b", "1.0").hash()));
}

#[test]
fn hashes_given_with_a_requirement_are_the_only_ones_accepted() {
    let sdist = crate::index::sdist("b", "1.0");
    let index = Index::new([wheel("b", "1.0"), sdist.clone()]);
    let zeros = "0".repeat(64);
    let line = format!("b==1.0 --hash=sha256:{zeros}\n");
    let run = check(&index, &line, &[]);
    run.says(
        2,
        &["the hashes given for b (requirements.in:1) match none of its files"],
    );
    let project = Project::of(&format!(
        "b==1.0 --hash={} --hash=sha256:{zeros}\n",
        sdist.hash()
    ));
    project.compiles(&index.url(), &[]);
    assert_eq!(crate::project::hashes(&project.lock()), [sdist.hash()]);
}

#[test]
fn a_page_that_is_cut_short_is_a_failure_of_now() {
    let index = index();
    index.set("/simple/b/", Reply::ok("x".repeat(500)).cut_at(20));
    let run = check(&index, "a\n", &[]);
    run.says(75, &["`b`", "/simple/b/` was cut short", "run again later"]);
}

#[test]
fn metadata_that_is_cut_short_is_a_failure_of_now() {
    let index = index();
    index.set(
        "/files/b-1.0-py3-none-any.whl.metadata",
        Reply::ok("Metadata-Version: 2.1\nName: b\nVersion: 1.0\n").cut_at(10),
    );
    let run = check(&index, "a\n", &[]);
    run.says(75, &["`b 1.0`", "cut short", "run again later"]);
}

#[test]
fn a_wheel_that_is_cut_short_is_a_failure_of_now() {
    let index = index();
    let release = wheel("a", "1.0");
    index.set(
        &format!("/files/{}", release.filename()),
        Reply::ok(release.bytes()).cut_at(50),
    );
    let run = check(&index, &format!("a @ {}\n", index.file_url(&release)), &[]);
    run.says(75, &["a-1.0-py3-none-any.whl", "cut short"]);
}

#[test]
fn what_was_cut_short_is_not_kept() {
    let index = index();
    index.set("/simple/b/", Reply::ok("x".repeat(500)).cut_at(20));
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &["--retries", "0"]);
    assert_eq!(run.code, 75);
    index.heal();
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
}

#[test]
fn a_denied_index_is_the_end_and_no_other_is_asked() {
    for status in [401, 403] {
        let public = index();
        let private = index();
        private.set("/simple/a/", Reply::status(status));
        let run = check(&public, "a\n", &["--extra-index-url", &private.url()]);
        run.says(
            2,
            &[
                "`a`",
                &format!("status {status}, no credentials were sent"),
                "PINFOLD_INDEX_NAME_USERNAME",
                "the index `http://127.0.0.1:",
                "no other index was tried instead",
            ],
        );
        assert_eq!(private.requests(), ["GET /simple/a/"]);
        assert_eq!(public.requests(), [""; 0]);
    }
}

#[test]
fn wrong_credentials_are_called_wrong() {
    let index = index();
    index.admit_only("Basic something else");
    let project = Project::of("a\n");
    let run = project.compile(&index.url_with_login("me:sesame"), &[]);
    run.says(2, &["with the credentials given in the URL"]);
    assert!(!run.stderr.contains("sesame"), "{}", run.stderr);
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn a_long_rate_limit_ends_the_run_at_once() {
    let index = index();
    index.set(
        "/simple/b/",
        Reply::status(429).header("Retry-After", "3600"),
    );
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &[]);
    run.says(75, &["`b`", "rate limited", "3600 s", "run again after"]);
    let asked = index.requests();
    assert_eq!(
        asked.iter().filter(|one| *one == "GET /simple/b/").count(),
        1
    );
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn a_server_that_fails_is_asked_again_and_then_given_up() {
    let index = index();
    index.set("/simple/b/", Reply::status(500).body("out of order"));
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &["--retries", "1"]);
    run.says(
        75,
        &["`b`", "status 500", "out of order", "run again later"],
    );
    let asked = index.requests();
    assert_eq!(
        asked.iter().filter(|one| *one == "GET /simple/b/").count(),
        2
    );
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn a_login_page_is_no_page_of_an_index() {
    let index = index();
    index.set(
        "/simple/a/",
        Reply::ok("<!DOCTYPE html><html><body><form>Please log in</form></body></html>")
            .header("Content-Type", "text/html"),
    );
    let run = check(&index, "a\n", &[]);
    run.says(2, &["/simple/a/` is not an index page", "--index-url"]);
    index.set(
        "/simple/a/",
        Reply::ok("<!DOCTYPE html><html><body><a href=\"/forgot\">Forgot your password?</a></body></html>")
            .header("Content-Type", "text/html"),
    );
    let run = check(&index, "a\n", &[]);
    run.says(2, &["/simple/a/` is not an index page", "--index-url"]);
}

#[test]
fn garbage_is_no_page_of_an_index() {
    let index = index();
    index.set(
        "/simple/a/",
        Reply::ok("{\"meta\":").header("Content-Type", "application/vnd.pypi.simple.v1+json"),
    );
    let run = check(&index, "a\n", &[]);
    run.says(2, &["/simple/a/` is not an index page", "--index-url"]);
    index.set("/simple/a/", Reply::raw("SSH-2.0-OpenSSH_9.9\r\n"));
    let run = check(&index, "a\n", &[]);
    run.says(2, &["`a`", "/simple/a/"]);
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let index = index();
    index.set("/simple/b/", Reply::silence());
    let run = check(&index, "a\n", &["--timeout", "1"]);
    run.says(75, &["`b`", "timed out after", "run again later"]);
}

#[test]
fn a_server_that_recovers_in_time_is_no_failure() {
    let index = index();
    index.set_once("/simple/b/", Reply::status(503));
    index.set_once("/simple/a/", Reply::status(429).header("Retry-After", "0"));
    index.set_once(
        "/files/b-1.0-py3-none-any.whl.metadata",
        Reply::ok("Metadata-Version: 2.1\n").cut_at(5),
    );
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    assert_eq!(index.requests().len(), 7);
}

#[test]
fn an_index_that_is_a_missing_folder_is_named() {
    let project = Project::of("a\n");
    let folder = format!("file://{}", project.path("nowhere").display());
    project
        .compile(&folder, &[])
        .says(2, &["nowhere", "there is no such directory"]);
    project
        .compile("./nowhere", &[])
        .says(2, &["`./nowhere` is not the URL of an index"]);
}

#[test]
fn a_folder_can_be_an_index() {
    let project = Project::of("a\n");
    let release = wheel("a", "1.0");
    project.write(&format!("simple/a/{}", release.filename()), release.bytes());
    project.compiles("simple", &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
    assert!(project.lock().contains(&release.hash()));
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let index = index();
    let line = format!("--index-url http://me:${{TOKEN}}@{}/simple/", index.host());
    let project = Project::of(&format!("{line}\na\n"));
    let run = run(&mut project.compile_command(&[]));
    run.says(
        2,
        &["needs the environment variable TOKEN", "help: set TOKEN"],
    );
    assert_eq!(index.requests(), [""; 0]);
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn nobody_listening_is_a_failure_of_now() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/simple/", listener.local_addr().unwrap());
    drop(listener);
    let project = Project::of("a\n");
    project.write("requirements.txt", OLD);
    let run = project.compile(&url, &["--retries", "0"]);
    run.says(
        75,
        &["`a`", "cannot connect to `127.0.0.1`", "check the network"],
    );
    assert_eq!(project.lock(), OLD);
}

#[test]
fn offline_with_an_empty_cache_says_what_is_missing() {
    let index = index();
    let run = check(&index, "a\n", &["--offline"]);
    run.says(
        2,
        &[
            "`a`",
            "/simple/a/` is not in the cache",
            "run once without `--offline`",
        ],
    );
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn a_wheel_that_is_not_what_the_page_promised_stops_the_run() {
    let index = Index::in_mode(
        Mode::JsonWithoutMetadata,
        [wheel("a", "1.0"), wheel("a", "2.0")],
    );
    let project = Project::of("a\n");
    index.set("/files/a-2.0-py3-none-any.whl", Reply::ok("not a zip"));
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &["hash mismatch for `a-2.0-py3-none-any.whl`: expected sha256"],
    );
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn metadata_that_is_missing_is_read_from_the_wheel() {
    let index = Index::new([wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")]);
    index.set("/files/a-1.0-py3-none-any.whl.metadata", Reply::status(404));
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
}

#[test]
fn conflict_marks_in_the_lock_stop_the_run() {
    let index = index();
    let lock = "b==1.0\n<<<<<<< HEAD\na==0.9\n=======\na==1.0\n>>>>>>> other\n";
    let project = Project::of("a\n");
    project.write("requirements.txt", lock);
    let url = index.url();
    let settings = [
        "-i",
        &url,
        "--python-version=3.12",
        "--python-platform=linux",
    ];
    for command in [&["compile"][..], &["compile", "--check"], &["explain", "a"]] {
        let run = run(&mut project.command(&[command, &settings].concat()));
        run.says(
            2,
            &[
                "requirements.txt:2: the file has conflict markers of git",
                "help: resolve",
            ],
        );
    }
    assert_eq!(project.lock(), lock);
}

#[test]
fn a_contradiction_within_one_release_names_both_sides() {
    let index = Index::new([
        wheel("a", "1.0")
            .extras(&["x"])
            .requires(&["b>1", "b<1; extra == 'x'"]),
        wheel("b", "0.5"),
        wheel("b", "2.0"),
    ]);
    let run = check(&index, "a[x]\n", &[]);
    run.says(1, &["a 1.0 requires b<1 for the extra `x` and b>1"]);
    assert!(!run.stderr.contains("oldest"), "{}", run.stderr);
}

#[test]
fn a_number_that_is_too_large_is_said_to_be() {
    let index = index();
    let run = check(&index, "a==2025103123595900123456789012\n", &[]);
    run.says(
        2,
        &["`2025103123595900123456789012` has a number above 18446744073709551615, which is not supported"],
    );
}

/// Each of these took time that grows with the square of the count.
#[test]
fn many_exclusions_and_many_equal_lines_are_taken() {
    let exclusions: Vec<String> = (1..=20_000).map(|it| format!("!=1.0.{it}")).collect();
    let requirements = format!("a{}\n{}", exclusions.join(","), "b>=1\n".repeat(50_000));
    let index = index();
    let project = Project::of(&requirements);
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
}

#[test]
fn a_release_whose_files_are_gone_is_passed_over() {
    let index = Index::new([wheel("a", "1.0"), wheel("a", "2.0")]);
    index.set("/files/a-2.0-py3-none-any.whl.metadata", Reply::status(404));
    index.set("/files/a-2.0-py3-none-any.whl", Reply::status(404));
    let project = Project::of("a\n");
    let run = project.compiles(&index.url(), &["-v"]);
    run.says(0, &["a 2.0: rejected: ", "does not exist"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn denied_metadata_is_as_final_as_a_denied_page() {
    let index = index();
    index.set("/files/b-1.0-py3-none-any.whl.metadata", Reply::status(403));
    let run = check(&index, "a\n", &[]);
    run.says(2, &["`b 1.0`", "status 403"]);
}

#[test]
fn an_index_without_ranges_is_read_whole() {
    let index = Index::in_mode(Mode::JsonWithoutMetadata, [wheel("a", "1.0")]);
    let release = wheel("a", "1.0");
    index.set("/files/a-1.0-py3-none-any.whl", Reply::ok(release.bytes()));
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn a_find_links_page_that_is_missing_is_named() {
    let index = index();
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &["--find-links", "nowhere"]);
    run.says(2, &["`nowhere`"]);
    assert!(files_below(&project.cache()).is_empty());
}
