//! Passwords reach the server they are for and nothing else: no file, no
//! standard output, no talk.

use std::fmt::Write as _;

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
    let written = ["requirements.in", "netrc", "pinfold.toml", "pip.conf"];
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

/// All ways to name an index, the password in its URL.
#[test]
fn a_password_in_the_url_is_not_told_wherever_the_url_stands() {
    let index = guarded();
    let url = index.url_with_login("me:sesame");
    let named = format!("corp={url}");
    let file = |name: &str, text: String| {
        let project = Project::of("a\n");
        project.write(name, text);
        project
    };
    let variable = |name: &str| Project::of("a\n").with_variable(name, &url);
    let pip_conf = || {
        let project = file("pip.conf", format!("[global]\nindex-url = {url}\n"));
        let path = project.path("pip.conf").display().to_string();
        project.with_variable("PIP_CONFIG_FILE", &path)
    };
    let owner = format!("[[index]]\nname = 'corp'\nurl = '{url}'\npackages = ['*']\n");
    let cases: [(&str, Project, Vec<&str>); 11] = [
        ("--index", Project::of("a\n"), vec!["--index", &named]),
        (
            "--default-index",
            Project::of("a\n"),
            vec!["--default-index", &named],
        ),
        ("[[index]]", file("pinfold.toml", owner), vec![]),
        (
            "[compile]",
            file(
                "pinfold.toml",
                format!("[compile]\nextra-index-url = ['{url}']\n"),
            ),
            vec![],
        ),
        (
            "PINFOLD_EXTRA_INDEX_URL",
            variable("PINFOLD_EXTRA_INDEX_URL"),
            vec![],
        ),
        ("PIP_INDEX_URL", variable("PIP_INDEX_URL"), vec![]),
        (
            "PIP_EXTRA_INDEX_URL",
            variable("PIP_EXTRA_INDEX_URL"),
            vec![],
        ),
        ("UV_INDEX_URL", variable("UV_INDEX_URL"), vec![]),
        ("UV_INDEX", variable("UV_INDEX"), vec![]),
        ("pip.conf", pip_conf(), vec![]),
        ("--pip-args", Project::of("a\n"), vec!["--pip-args", &url]),
    ];
    for (way, project, mut arguments) in cases {
        let pip_args = format!("--index-url {url}");
        if way == "--pip-args" {
            arguments[1] = &pip_args;
        }
        arguments.extend(["-v", "--no-shadow-check"]);
        let run = run(&mut project.compile_command(&arguments));
        assert_eq!(run.code, 0, "{way}: {}", run.stderr);
        assert_kept(&project, &run);
        assert_eq!(project.pins(), ["a==1.0", "b==1.0"], "{way}");
        // Neither is it in what other deeds say of the lock.
        let run = crate::project::run(&mut project.command(&["explain", "b", "-v"]));
        assert_kept(&project, &run);
        let run = crate::project::run(&mut project.command(&["update", "--dry-run", "-v"]));
        assert_kept(&project, &run);
        let mut project = project;
        if way == "--index" {
            // Nor in a refusal.
            project.write("requirements.in", "a>9\nb==\n");
            project = project.with_variable("PINFOLD_EXTRA_INDEX_URL", &url);
            let run = crate::project::run(&mut project.compile_command(&arguments));
            assert_eq!(run.code, 2, "{}", run.stderr);
            assert_kept(&project, &run);
        }
    }
}

#[test]
fn a_password_in_the_url_of_a_page_of_links_is_used_and_not_told() {
    let index = guarded();
    let release = wheel("a", "9.0");
    index.add(release.clone());
    let url = format!("http://me:sesame@{}/files/links.html", index.host());
    let page = format!("<a href=\"{0}\">{0}</a>", release.filename());
    index.set(
        "/files/links.html",
        Reply::ok(page).header("Content-Type", "text/html"),
    );
    for in_file in [false, true] {
        let project = Project::of("a\n");
        let mut arguments = vec!["-v", "--no-index", "--find-links", &url];
        if in_file {
            project.write("requirements.in", format!("--no-index\n-f {url}\na\n"));
            arguments.truncate(1);
        }
        let run = run(&mut project.compile_command(&arguments));
        run.says(0, &[]);
        assert_kept(&project, &run);
        assert_eq!(project.pins(), ["a==9.0"]);
        let seen = index.seen();
        let file = seen
            .iter()
            .find(|seen| seen.path.starts_with("/files/a-"))
            .unwrap();
        assert_eq!(file.header("authorization"), Some(LOGIN));
    }
}

#[test]
fn a_password_in_the_url_of_an_archive_is_used_and_not_told() {
    let release = crate::index::sdist("c", "1.0").requires(&["b"]);
    let index = guarded();
    index.add(release.clone());
    let url = index.file_url(&release).replacen("://", "://me:sesame@", 1);
    for line in [format!("c @ {url}\n"), format!("{url}\n")] {
        let project = Project::of(&line);
        let run = project.compile(&index.url_with_login("me:sesame"), &["-v"]);
        run.says(0, &[]);
        assert_kept(&project, &run);
        assert_eq!(project.pins().len(), 2, "{}", project.lock());
    }
}

#[test]
fn a_proxy_with_a_password_gets_it_and_nobody_else_does() {
    // It answers for the index, which is asked through it.
    let proxy = Index::new(releases());
    for path in ["/simple/a/", "/simple/b/"] {
        let page = format!("http://index.example{path}");
        let file = &path["/simple/".len()..path.len() - 1];
        let filename = wheel(file, "1.0").filename();
        let file = format!("http://files.example/files/{filename}");
        let text = format!("<a href=\"{file}\">{filename}</a>");
        proxy.set(&page, Reply::ok(text).header("Content-Type", "text/html"));
        let bytes = releases()
            .into_iter()
            .find(|release| release.filename() == filename)
            .unwrap()
            .bytes();
        proxy.set(&file, Reply::ok(bytes));
    }
    let url = format!("http://me:sesame@{}", proxy.host());
    for way in ["--proxy", "HTTP_PROXY", "PIP_PROXY"] {
        let project = Project::of("a\n");
        let mut arguments = vec!["-v", "-i", "http://index.example/simple/"];
        let project = if way == "--proxy" {
            arguments.extend(["--proxy", &url]);
            project
        } else {
            project.with_variable(&way.to_lowercase().replace("pip_proxy", "PIP_PROXY"), &url)
        };
        let run = run(&mut project.compile_command(&arguments));
        assert_eq!(run.code, 0, "{way}: {}", run.stderr);
        assert_kept(&project, &run);
        assert_eq!(project.pins().len(), 2);
        for seen in proxy.seen() {
            assert_eq!(seen.header("proxy-authorization"), Some(LOGIN), "{way}");
            assert_eq!(seen.header("authorization"), None, "{way}");
        }
    }
}

#[test]
fn a_password_that_an_older_lock_has_is_not_shown_when_it_goes() {
    // pip-compile writes them.
    let index = guarded();
    let project = Project::of("a\n");
    let url = index.url_with_login("me:sesame");
    let old = format!("--index-url {url}\n\na==1.0\n    # via -r requirements.in\nb==1.0\n");
    project.write("requirements.txt", old);
    for arguments in [
        vec!["-i", &url, "-v", "--dry-run"],
        vec!["-i", &url, "-v", "--check"],
    ] {
        let run = run(&mut project.compile_command(&arguments));
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains("sesame"), "{text}");
        }
    }
    run(&mut project.compile_command(&["-i", &url])).says(0, &[]);
    assert!(!project.lock().contains("sesame"));
}

#[test]
fn a_password_with_escapes_is_told_in_neither_form() {
    let index = Index::new(releases());
    // me:se same
    index.admit_only("Basic bWU6c2Ugc2FtZQ==");
    let project = Project::of("a\n");
    let url = index.url_with_login("me:se%20same");
    let run = run(&mut project.compile_command(&["-i", &url, "-v"]));
    run.says(0, &[]);
    let mut texts = vec![run.stdout, run.stderr];
    for path in files_below(&project.path(""))
        .into_iter()
        .chain(files_below(&project.cache()))
    {
        texts.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
    }
    for text in texts {
        for form in ["se%20same", "se same", "bWU6c2Ugc2FtZQ"] {
            assert!(!text.contains(form), "{text}");
        }
    }
}

#[test]
fn a_token_in_place_of_a_user_is_not_told() {
    let index = Index::new(releases());
    // sesame:
    index.admit_only("Basic c2VzYW1lOg==");
    let project = Project::of("a\n");
    let url = index.url_with_login("sesame");
    let run = run(&mut project.compile_command(&["-i", &url, "-v"]));
    run.says(0, &[]);
    assert_kept(&project, &run);
}

#[test]
fn a_login_without_a_scheme_is_not_told() {
    let project = Project::of("a\n");
    let url = "me:sesame@host.example/simple/";
    let listed = Project::of(&format!("--index-url {url}\na\n"));
    let named = Project::of("a\n");
    named.write("pinfold.toml", format!("[compile]\nindex-url = '{url}'\n"));
    let variable = Project::of("a\n").with_variable("PIP_INDEX_URL", url);
    for (project, arguments) in [
        (&project, vec!["-i", url]),
        (&project, vec!["--extra-index-url", url]),
        (&project, vec!["-i", "sesame@host.example/simple/"]),
        (&project, vec!["-i", "htps:/me:sesame@host.example/simple/"]),
        (&project, vec!["--no-index", "-f", url]),
        (&listed, vec![]),
        (&named, vec![]),
        (&variable, vec![]),
    ] {
        let run = run(&mut project.compile_command(&arguments));
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(
            !run.stderr.contains("sesame"),
            "{arguments:?}: {}",
            run.stderr
        );
        assert!(run.stderr.contains("host.example/simple"), "{}", run.stderr);
    }
}

/// A page whose links have a login or a signature in them.
fn page_with_secrets(index: &Index, releases: &[Release], suffix: &str, login: &str) -> Reply {
    let mut page = String::new();
    for release in releases {
        let url = index.file_url(release);
        let url = url.replacen("://", &format!("://{login}"), 1);
        let _ = writeln!(page, "<a href=\"{url}{suffix}\">a</a>");
    }
    Reply::ok(page)
        .header("Content-Type", "text/html")
        .header("Cache-Control", "max-age=600")
}

#[test]
fn a_secret_in_the_links_of_a_page_is_used_and_not_stored() {
    let old = wheel("a", "1.0");
    let new = wheel("a", "2.0");
    for (suffix, login) in [
        ("?X-Amz-Signature=sesame", ""),
        ("?v=1&token=sesame", ""),
        ("", "me:sesame@"),
    ] {
        let index = Index::new([]);
        let both = [old.clone(), new.clone()];
        index.set(
            "/simple/a/",
            page_with_secrets(&index, &both, suffix, login),
        );
        for release in &both {
            let path = format!("/files/{}{suffix}", release.filename());
            index.set(&path, Reply::ok(release.bytes()));
        }
        let project = Project::of("a\n");
        let first = project.compile(&index.url(), &["-v"]);
        first.says(0, &[]);
        assert_eq!(crate::project::hashes(&project.lock()), [new.hash()]);
        assert_kept(&project, &first);
        // A file that was not needed before is fetched with what the page says of it.
        index.requests();
        project.write("requirements.in", "a<2\n");
        let second = project.compile(&index.url(), &["-v"]);
        second.says(0, &[]);
        assert_eq!(crate::project::hashes(&project.lock()), [old.hash()]);
        assert_kept(&project, &second);
        let file = format!("GET /files/{}{suffix}", old.filename());
        // A wheel without a hash on its page is fetched for its metadata and for its hash.
        let asked = index.requests();
        let page = "GET /simple/a/".to_owned();
        assert_eq!(asked, [file.clone(), file, page]);
    }
}

#[test]
fn a_private_page_is_kept_for_the_login_that_it_was_given_to() {
    let index = guarded();
    let project = Project::of("a\n");
    run(&mut project.compile_command(&["-i", &index.url_with_login("me:sesame")])).says(0, &[]);
    index.requests();
    for login in ["me:wrong", "you:sesame"] {
        let url = index.url_with_login(login);
        let other = run(&mut project.compile_command(&["-i", &url, "-o", "other.txt"]));
        other.says(2, &["access to the index was denied"]);
        // Nor is the lock said to be as it would be made.
        run(&mut project.compile_command(&["-i", &url])).says(2, &["denied"]);
        run(&mut project.compile_command(&["-i", &url, "--offline"]))
            .says(2, &["not in the cache"]);
    }
    run(&mut project.compile_command(&["-i", &index.url()])).says(2, &["denied"]);
    index.requests();
    // The first login finds what it left. What an earlier run gave up may arrive late.
    let url = index.url_with_login("me:sesame");
    run(&mut project.compile_command(&["-i", &url, "-o", "other.txt"])).says(0, &[]);
    let mut seen = index.seen().into_iter();
    assert!(!seen.any(|seen| seen.header("authorization") == Some(LOGIN)));
}
