//! Several indexes: who owns a name, who else has it, up to when uploads count, which
//! files have their hashes in the lock, and who we are to whom.

use std::sync::Mutex;

use pinfold::command::IndexStrategy;
use pinfold::config::ProjectPattern;
use pinfold::ops::{Compile, Cutoff, Error, Event, NamedIndex, Reporter, WhichHashes, compile};
use tempfile::TempDir;

use crate::index::{Index, Mode, Release, sdist, wheel};
use crate::project::{Project, hashes, pins, run};
use crate::request::request;
use crate::scripted::Reply;

/// What came of a compilation.
struct Outcome {
    /// The lock, or what is wrong with all that is behind it.
    text: Result<String, String>,
    warnings: Vec<String>,
    notes: Vec<String>,
}

impl Outcome {
    #[track_caller]
    fn pins(&self) -> Vec<String> {
        pins(self.text.as_ref().unwrap())
    }

    #[track_caller]
    fn hashes(&self) -> Vec<String> {
        hashes(self.text.as_ref().unwrap())
    }

    #[track_caller]
    fn refuses(&self, phrases: &[&str]) {
        let words = self.text.as_ref().unwrap_err();
        for phrase in phrases {
            assert!(words.contains(phrase), "`{phrase}` is not in:\n{words}");
        }
    }
}

/// Keeps warnings and notes.
#[derive(Default)]
struct Warnings(Mutex<Vec<String>>, Mutex<Vec<String>>);

impl Reporter for Warnings {
    fn event(&self, event: Event) {
        match event {
            Event::Warning(words) => self.0.lock().unwrap().push(words),
            Event::Note(words) => self.1.lock().unwrap().push(words),
            _ => {}
        }
    }
}

/// A folder in which is compiled, with a cache.
struct Folder(TempDir);

impl Folder {
    fn of(requirements: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("requirements.in"), requirements).unwrap();
        Self(folder)
    }

    fn has(&self, lock: &str) -> &Self {
        std::fs::write(self.0.path().join("requirements.txt"), lock).unwrap();
        self
    }

    /// Compiles with this default index and what else is said.
    fn compile(&self, index: &Index, adapt: impl FnOnce(&mut Compile)) -> Outcome {
        let mut request = request(self.0.path(), &index.url());
        adapt(&mut request);
        let warnings = Warnings::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let text = match runtime.block_on(compile(&request, &warnings)) {
            Ok(compiled) => Ok(compiled.text),
            Err(Error::NoSolution { explanation, .. }) => {
                Err([explanation.facts, explanation.hints].concat().join("\n"))
            }
            Err(error) => {
                let mut words = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    words = format!("{words}\n{error}");
                    cause = error.source();
                }
                Err(words)
            }
        };
        Outcome {
            text,
            warnings: warnings.0.into_inner().unwrap(),
            notes: warnings.1.into_inner().unwrap(),
        }
    }
}

fn named(name: &str, index: &Index, packages: &[&str]) -> NamedIndex {
    NamedIndex {
        name: Some(name.to_owned()),
        url: index.url(),
        packages: packages
            .iter()
            .map(|pattern| ProjectPattern::parse(pattern).unwrap())
            .collect(),
        is_default: false,
        exclude_newer: None,
        ignored_statuses: Vec::new(),
    }
}

fn asked_about(index: &Index, project: &str) -> bool {
    index
        .requests()
        .contains(&format!("GET /simple/{project}/"))
}

// Ownership.

#[test]
fn owned_names_come_from_their_owner_whatever_the_strategy_and_whoever_requires_them() {
    for strategy in [
        IndexStrategy::FirstIndex,
        IndexStrategy::UnsafeFirstMatch,
        IndexStrategy::UnsafeBestMatch,
    ] {
        let corp = Index::new([wheel("acme-core", "1.0").requires(&["acme.util", "dep"])]);
        corp.add(wheel("acme-util", "1.0"));
        let public = Index::new([
            wheel("acme-core", "9.0"),
            wheel("acme-util", "9.0"),
            wheel("dep", "1.0"),
        ]);
        let outcome = Folder::of("Acme_Core\n").compile(&public, |it| {
            it.indexes.strategy = strategy;
            it.indexes.collision_check = true;
            it.indexes.named = vec![named("corp", &corp, &["acme-*"])];
        });
        assert_eq!(
            outcome.pins(),
            ["acme-core==1.0", "acme-util==1.0", "dep==1.0"]
        );
        let told = public.requests();
        assert!(
            !told.iter().any(|request| request.contains("acme")),
            "{told:?}"
        );
        // Nor is the owner asked for what it does not own.
        assert!(!asked_about(&corp, "dep"));
        assert_eq!(outcome.warnings, [""; 0]);
    }
}

#[test]
fn an_owned_name_that_its_owner_does_not_have_is_nowhere() {
    let corp = Index::new([wheel("acme-core", "1.0")]);
    let public = Index::new([
        wheel("acme-new", "9.0"),
        wheel("a", "1.0").requires(&["acme-new"]),
    ]);
    for requirements in ["acme-new\n", "a\n"] {
        let outcome = Folder::of(requirements).compile(&public, |it| {
            it.indexes.named = vec![named("corp", &corp, &["acme-*"])];
        });
        outcome.refuses(&[
            "the index `corp`, which owns the name, has no project acme-new",
            "check the spelling of `acme-new`, or change which index owns the name",
        ]);
        assert!(!asked_about(&public, "acme-new"));
    }
}

#[test]
fn two_owners_of_a_name_are_refused() {
    let (one, other) = (Index::new([]), Index::new([]));
    let outcome = Folder::of("acme-core\n").compile(&other, |it| {
        it.indexes.named = vec![
            named("one", &one, &["acme-*"]),
            named("other", &other, &["*-core"]),
        ];
    });
    outcome.refuses(&[
        "two indexes own acme-core: `one` (pattern `acme-*`) and `other` (pattern `*-core`)",
    ]);
}

#[test]
fn links_of_a_requirements_file_have_no_owned_names_and_those_of_the_user_do() {
    let corp = Index::new([wheel("acme", "1.0")]);
    let links = tempfile::tempdir().unwrap();
    let release = wheel("acme", "9.0");
    std::fs::write(links.path().join(release.filename()), release.bytes()).unwrap();
    let links = links.path().to_str().unwrap().to_owned();
    let own = |it: &mut Compile| it.indexes.named = vec![named("corp", &corp, &["acme"])];
    let folder = Folder::of(&format!("--find-links {links}\nacme\n"));
    assert_eq!(folder.compile(&corp, own).pins(), ["acme==1.0"]);
    assert_eq!(folder.compile(&corp, |_| {}).pins(), ["acme==9.0"]);
    let outcome = Folder::of("acme\n").compile(&corp, |it| {
        own(it);
        it.indexes.find_links = vec![links.clone()];
    });
    assert_eq!(outcome.pins(), ["acme==9.0"]);
}

#[test]
fn named_indexes_come_before_the_others_and_a_named_default_comes_last() {
    let first = Index::new([wheel("a", "1.0")]);
    let second = Index::new([wheel("a", "2.0"), wheel("b", "2.0")]);
    let default = Index::new([wheel("a", "3.0"), wheel("b", "3.0"), wheel("c", "3.0")]);
    let outcome = Folder::of("a\nb\nc\n").compile(&default, |it| {
        it.indexes.default = None;
        it.indexes.extra = vec![second.url()];
        it.indexes.named = vec![
            NamedIndex {
                is_default: true,
                ..named("main", &default, &[])
            },
            named("first", &first, &[]),
        ];
    });
    assert_eq!(outcome.pins(), ["a==1.0", "b==2.0", "c==3.0"]);
    let text = outcome.text.unwrap();
    let options = format!(
        "--index-url {}\n--extra-index-url {}\n--extra-index-url {}\n",
        default.url(),
        first.url(),
        second.url()
    );
    assert!(text.contains(&options), "{text}");
}

// Names that a later index has as well.

#[test]
fn a_name_that_a_later_index_has_is_told_once() {
    let corp = Index::new([
        wheel("acme", "1.0"),
        wheel("shared", "1.0"),
        wheel("only", "1.0"),
    ]);
    let public = Index::new([
        wheel("acme", "9.0"),
        wheel("shared", "1.0"),
        wheel("dep", "1.0"),
    ]);
    let folder = Folder::of("acme\nshared\nonly\ndep\n");
    let extra = |it: &mut Compile| {
        it.indexes.extra = vec![corp.url()];
        it.indexes.collision_check = true;
    };
    let outcome = folder.compile(&public, extra);
    let [warning] = &outcome.warnings[..] else {
        panic!("{:?}", outcome.warnings);
    };
    assert!(
        warning.contains("acme (from `") && warning.contains("packages = [\"acme\"]"),
        "{warning}"
    );
    // The same file is the same project, wherever it is.
    assert!(!warning.contains("shared"), "{warning}");
    corp.requests();
    public.requests();
    // What is fresh in the cache costs nothing.
    let again = folder.compile(&public, extra);
    assert_eq!(again.warnings, outcome.warnings);
    assert_eq!((corp.requests(), public.requests()), (vec![], vec![]));
    let quiet = folder.compile(&public, |it| {
        extra(it);
        it.indexes.collision_check = false;
    });
    assert_eq!(quiet.warnings, [""; 0]);
}

#[test]
fn a_later_index_that_fails_fails_nothing() {
    let corp = Index::new([wheel("acme", "1.0")]);
    let public = Index::new([]);
    for reply in [Reply::status(401), Reply::ok("no page")] {
        public.set("/simple/acme/", reply);
        let outcome = Folder::of("acme\n").compile(&public, |it| {
            it.indexes.extra = vec![corp.url()];
            it.indexes.collision_check = true;
        });
        assert_eq!(outcome.pins(), ["acme==1.0"]);
        assert_eq!(outcome.warnings, [""; 0]);
        assert!(asked_about(&public, "acme"));
    }
}

#[test]
fn nobody_else_is_told_of_names_offline_or_with_other_strategies() {
    let corp = Index::new([wheel("acme", "1.0")]);
    let public = Index::new([]);
    let folder = Folder::of("acme\n");
    let extra = |it: &mut Compile| it.indexes.extra = vec![corp.url()];
    folder.compile(&public, extra);
    let outcome = folder.compile(&public, |it| {
        extra(it);
        it.indexes.collision_check = true;
        it.run.http.offline = true;
    });
    assert_eq!(outcome.pins(), ["acme==1.0"]);
    assert_eq!(public.requests(), [""; 0]);
}

// Up to when uploads count.

fn dated() -> Vec<Release> {
    vec![
        wheel("a", "1.0").uploaded("2026-01-01T00:00:00Z"),
        wheel("a", "2.0").uploaded("2026-06-01T00:00:00Z"),
        wheel("a", "3.0").uploaded("2026-09-01T00:00:00Z"),
        wheel("b", "1.0").uploaded("2026-01-01T00:00:00Z"),
        wheel("b", "2.0").uploaded("2026-09-01T00:00:00Z"),
    ]
}

fn day(text: &str) -> Cutoff {
    Cutoff::Before(format!("{text}T00:00:00Z").parse().unwrap())
}

fn limited(it: &mut Compile) {
    it.selection.exclude_newer = Some("2026-03-01T00:00:00Z".parse().unwrap());
}

#[test]
fn a_project_has_a_limit_of_its_own_or_none() {
    let index = Index::new(dated());
    let check = |cutoff: Cutoff, expected: [&str; 2]| {
        let outcome = Folder::of("a\nb\n").compile(&index, |it| {
            limited(it);
            it.selection.exclude_newer_packages = [("a".parse().unwrap(), cutoff)].into();
        });
        assert_eq!(outcome.pins(), expected);
    };
    check(day("2026-07-01"), ["a==2.0", "b==1.0"]);
    check(Cutoff::Off, ["a==3.0", "b==1.0"]);
}

#[test]
fn an_index_without_upload_times_is_exempted() {
    let corp = Index::in_mode(Mode::Html, [wheel("acme", "1.0")]);
    let public = Index::new(dated());
    let with = |exclude_newer| {
        Folder::of("a\nacme\n").compile(&public, |it| {
            limited(it);
            it.indexes.named = vec![NamedIndex {
                exclude_newer,
                ..named("corp", &corp, &[])
            }];
        })
    };
    with(None).refuses(&["no upload time", "`--exclude-newer-package acme=false`"]);
    assert_eq!(with(Some(Cutoff::Off)).pins(), ["a==1.0", "acme==1.0"]);
    with(Some(day("2026-01-01"))).refuses(&["the `exclude-newer` of the index `corp`"]);
}

#[test]
fn a_refusal_names_the_limit_and_the_newest_release_behind_it() {
    let index = Index::new(dated());
    let folder = Folder::of("a>1\n");
    folder.compile(&index, limited).refuses(&[
        "uploaded after --exclude-newer",
        "change or remove `--exclude-newer`, which excludes a 3.0 and 1 older release",
    ]);
    let outcome = folder.compile(&index, |it| {
        it.selection.exclude_newer_packages = [("a".parse().unwrap(), day("2026-03-01"))].into();
    });
    outcome.refuses(&["uploaded after --exclude-newer-package a"]);
    // What is locked stays.
    folder.has("a==2.0\n");
    assert_eq!(folder.compile(&index, limited).pins(), ["a==2.0"]);
}

// Hashes for the target.

fn for_target(it: &mut Compile) {
    it.output.which_hashes = WhichHashes::Target;
}

const LINUX: &str = "cp312-cp312-manylinux_2_17_x86_64";

fn platforms() -> [Release; 5] {
    [
        wheel("a", "1.0").tag(LINUX),
        wheel("a", "1.0").tag("cp312-cp312-win_amd64"),
        wheel("a", "1.0").tag("cp311-cp311-manylinux_2_17_x86_64"),
        wheel("a", "1.0"),
        sdist("a", "1.0"),
    ]
}

fn sorted(releases: &[&Release]) -> Vec<String> {
    let mut hashes: Vec<String> = releases.iter().map(|release| release.hash()).collect();
    hashes.sort_unstable();
    hashes
}

#[test]
fn hashes_for_the_target_are_those_of_the_wheels_it_takes() {
    let [linux, windows, old, pure, source] = platforms();
    let index = Index::new(platforms());
    let folder = Folder::of("a\n");
    let outcome = folder.compile(&index, for_target);
    assert_eq!(outcome.hashes(), sorted(&[&linux, &pure]));
    let all = folder.compile(&index, |_| {});
    assert_eq!(
        all.hashes(),
        sorted(&[&linux, &windows, &old, &pure, &source])
    );
    // Where there is no wheel for it, its source is built.
    let index = Index::new([windows, old, source.clone()]);
    let outcome = Folder::of("a\n").compile(&index, for_target);
    assert_eq!(outcome.hashes(), sorted(&[&source]));
    let index = Index::new([pure, source.clone()]);
    let outcome = Folder::of("--no-binary a\na\n").compile(&index, for_target);
    assert_eq!(outcome.hashes(), sorted(&[&source]));
}

#[test]
fn recorded_hashes_of_other_platforms_fall_away_and_new_files_wait() {
    let [linux, windows, _, pure, _] = platforms();
    let gone = format!("sha256:{}", "0".repeat(64));
    let lock = |hashes: &[&str]| {
        let hashes: Vec<String> = hashes
            .iter()
            .map(|hash| format!(" --hash={hash}"))
            .collect();
        format!("a==1.0{}\n", hashes.concat())
    };
    let index = Index::new(platforms());
    let folder = Folder::of("a\n");
    folder.has(&lock(&[&windows.hash(), &linux.hash(), &gone]));
    let outcome = folder.compile(&index, for_target);
    assert_eq!(outcome.hashes(), {
        let mut kept = vec![linux.hash(), gone.clone()];
        kept.sort_unstable();
        kept
    });
    // A lock made for another platform.
    folder.has(&lock(&[&windows.hash()]));
    let outcome = folder.compile(&index, for_target);
    assert_eq!(outcome.hashes(), sorted(&[&linux, &pure]));
    folder.has(&lock(&[&gone]));
    let outcome = folder.compile(&index, for_target);
    outcome.refuses(&["the hashes recorded for a==1.0 match none of its files"]);
}

// Who we are.

#[test]
fn an_index_finds_its_variables_by_its_name() {
    let corp = Index::new([wheel("acme", "1.0")]);
    corp.admit_only("Basic bWU6c2VzYW1l");
    let public = Index::new([]);
    let with = |variables: &'static [(&str, &str)]| {
        Folder::of("acme\n").compile(&public, |it| {
            it.indexes.named = vec![named("my-corp", &corp, &[])];
            it.run.variable = Box::new(move |name| {
                let mut all = variables.iter();
                let (_, value) = all.find(|(other, _)| *other == name)?;
                Some((*value).to_owned())
            });
        })
    };
    let outcome = with(&[
        ("PINFOLD_INDEX_MY_CORP_USERNAME", "me"),
        ("PINFOLD_INDEX_MY_CORP_PASSWORD", "sesame"),
    ]);
    assert_eq!(outcome.pins(), ["acme==1.0"]);
    assert!(!outcome.text.unwrap().contains("sesame"));
    let outcome = with(&[
        ("UV_INDEX_MY_CORP_USERNAME", "me"),
        ("UV_INDEX_MY_CORP_PASSWORD", "wrong-sesame"),
    ]);
    outcome.refuses(&[
        "on the index `my-corp` (`http://127.0.0.1:",
        "given in UV_INDEX_MY_CORP_USERNAME and UV_INDEX_MY_CORP_PASSWORD",
    ]);
    assert!(!outcome.text.unwrap_err().contains("sesame"));
    assert!(!asked_about(&public, "acme"));
}

#[test]
fn a_refused_default_index_names_its_variables() {
    let index = Index::new([]);
    index.set("/simple/a/", Reply::status(401));
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            "no credentials were sent",
            "PINFOLD_INDEX_USERNAME and PINFOLD_INDEX_PASSWORD",
            "--keyring-provider subprocess",
        ],
    );
}

#[test]
fn a_later_index_with_our_names_is_a_warning_of_the_program() {
    let corp = Index::new([wheel("acme", "1.0")]);
    let public = Index::new([wheel("acme", "9.0")]);
    let project = Project::of("acme\n");
    let run = run(&mut project.compile_command(&[
        "--index-url",
        &public.url(),
        "--extra-index-url",
        &corp.url(),
    ]));
    run.says(
        0,
        &["warning: a later index has projects with the same name: acme"],
    );
    assert_eq!(project.pins(), ["acme==1.0"]);
}

#[test]
fn a_token_in_the_query_of_an_index_is_used_and_not_told() {
    let index = Index::new([wheel("a", "1.0")]);
    let release = wheel("a", "1.0");
    let page = format!("<a href=\"/files/{0}\">{0}</a>", release.filename());
    index.set(
        "/simple/a/?token=sesame",
        Reply::ok(page).header("Content-Type", "text/html"),
    );
    let project = Project::of("a\n").with_variable("TOKEN", "sesame");
    let literal = format!("{}?token=sesame", index.url());
    let first = run(&mut project.compile_command(&["-v", "--index-url", &literal]));
    first.says(
        0,
        &["the secret in the query", "is not written to the lock file"],
    );
    let lock = project.lock();
    assert!(!lock.contains("sesame") && !first.stderr.contains("sesame"));
    assert!(
        lock.contains(&format!("\n--index-url {}\n", index.url())),
        "{lock}"
    );
    let variable = format!("{}?token=${{TOKEN}}", index.url());
    let second = run(&mut project.compile_command(&["-v", "--index-url", &variable]));
    second.says(0, &[]);
    let lock = project.lock();
    assert!(!lock.contains("sesame") && !second.stderr.contains("sesame"));
    assert!(!second.stderr.contains("warning"), "{}", second.stderr);
    assert!(
        lock.contains(&format!("\n--index-url {variable}\n")),
        "{lock}"
    );
}

#[cfg(unix)]
#[test]
fn the_keyring_program_is_asked_once_and_its_failure_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;

    let corp = Index::new([wheel("acme", "1.0").requires(&["b"]), wheel("b", "1.0")]);
    corp.admit_only("Basic bWU6c2VzYW1l");
    let programs = tempfile::tempdir().unwrap();
    let with = |script: &str| {
        let source = programs.path().join("source");
        let asked = programs.path().join("asked");
        let text = format!("#!/bin/sh\necho \"$@\" >> {}\n{script}\n", asked.display());
        std::fs::write(&source, text).unwrap();
        std::fs::set_permissions(&source, std::fs::Permissions::from_mode(0o755)).unwrap();
        let program = programs.path().join("keyring");
        let _ = std::fs::remove_file(&program);
        // By another process, so that no child of another test has it open for writing.
        let copied = std::process::Command::new("cp")
            .args([&source, &program])
            .status()
            .unwrap();
        assert!(copied.success());
        let outcome = Folder::of("acme\n").compile(&corp, |it| {
            it.run.http.keyring = pinfold::http::KeyringProvider::Subprocess;
            it.run.http.environment.program_dirs = vec![programs.path().to_owned()];
        });
        let asked = std::fs::read_to_string(asked).unwrap();
        (outcome, asked)
    };
    let (outcome, asked) = with("printf 'me\\nsesame\\n'");
    assert_eq!(outcome.pins(), ["acme==1.0", "b==1.0"]);
    assert_eq!(asked, format!("get {} --mode creds\n", corp.url()));
    let (outcome, _) = with("echo sesame >&2; exit 1");
    let [warning] = &outcome.warnings[..] else {
        panic!("{:?}", outcome.warnings);
    };
    assert!(warning.contains("cannot get credentials for"), "{warning}");
    assert!(!warning.contains("sesame"), "{warning}");
    outcome.refuses(&["no credentials were sent"]);
}

// What came over the network names no place of this machine.

/// A page of `a` 1.0 with its wheel and with an sdist that is said to be elsewhere.
fn page_that_names(wheel: &str, hash: &str, sdist: &str) -> Reply {
    let page = format!(
        r#"{{"meta": {{"api-version": "1.1"}}, "name": "a", "files": [
            {{"filename": "a-1.0-py3-none-any.whl", "url": "{wheel}", "hashes": {{"sha256": "{hash}"}}}},
            {{"filename": "a-1.0.tar.gz", "url": "{sdist}", "hashes": {{}}}}]}}"#
    );
    Reply::ok(page).header("Content-Type", "application/vnd.pypi.simple.v1+json")
}

fn html_page(text: &str) -> Reply {
    Reply::ok(text).header("Content-Type", "text/html")
}

#[test]
fn a_page_that_names_a_file_of_this_machine_is_read_without_it() {
    let release = wheel("a", "1.0");
    let index = Index::new([release.clone()]);
    let (url, hash) = (index.file_url(&release), release.hash());
    let hex = hash.trim_start_matches("sha256:");
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("a-1.0.tar.gz");
    std::fs::write(&own, "what is nobody else's business").unwrap();
    let (file, directory) = (own.to_str().unwrap(), folder.path().to_str().unwrap());
    let link = format!("<a href=\"{url}#sha256={hex}\">a</a>");
    for (way, reply) in [
        (
            "JSON",
            page_that_names(&url, hex, &format!("file://{file}")),
        ),
        (
            "letter case",
            page_that_names(&url, hex, &format!("FILE://localhost{file}")),
        ),
        (
            "HTML",
            html_page(&format!("{link}<a href=\"file:{file}\">a-1.0.tar.gz</a>")),
        ),
        (
            "base",
            html_page(&format!(
                "<base href=\"file://{directory}/\">{link}<a href=\"a-1.0.tar.gz\">a</a>"
            )),
        ),
    ] {
        index.set("/simple/a/", reply.clone());
        let project = Project::of("a\n");
        project.compiles(&index.url(), &[]);
        let expected = std::slice::from_ref(&hash);
        assert_eq!(hashes(&project.lock()), expected, "{way}");
        // A page of links is no other.
        index.set("/files/links", reply);
        let links = format!("http://{}/files/links", index.host());
        let project = Project::of("a\n");
        let arguments = ["--no-index", "--find-links", &links, "--no-header"];
        run(&mut project.compile_command(&arguments)).says(0, &[]);
        assert_eq!(hashes(&project.lock()), expected, "{way}");
    }
}

#[test]
fn what_a_remote_release_requires_is_not_looked_for_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let own = wheel("b", "1.0");
    std::fs::write(folder.path().join(own.filename()), own.bytes()).unwrap();
    let place = format!("file://{}/{}", folder.path().display(), own.filename());
    for release in [
        wheel("a", "1.0").requires(&[&format!("b @ {place}")]),
        sdist("a", "1.0").requires(&[&format!("b @ {place}")]),
    ] {
        let index = Index::new([release.clone()]);
        let line = format!("a @ {}\n", index.file_url(&release));
        let project = Project::of(&line);
        let run = project.compile(&index.url(), &[]);
        run.says(1, &[&format!("b @ {place}")]);
        // What the user names is looked at.
        let project = Project::of(&format!("{line}b @ {place}\n"));
        project.compiles(&index.url(), &[]);
    }
}

// Pages without files, and what indexes say of whole projects (PEP 792).

#[test]
fn a_page_without_files_on_an_earlier_index_is_named() {
    let corp = Index::new([]);
    corp.set(
        "/simple/a/",
        Reply::ok(r#"{"meta": {"api-version": "1.1"}, "name": "a", "files": []}"#),
    );
    let public = Index::new([wheel("a", "1.0")]);
    let outcome = Folder::of("a\n").compile(&public, |it| {
        it.indexes.named = vec![named("corp", &corp, &[])];
    });
    outcome.refuses(&[
        "the index `corp` (`http://127.0.0.1:",
        "has a page for a without wheels or source distributions, and later indexes are not asked",
        "remove the empty page, or change the order of the indexes",
    ]);
    assert!(!asked_about(&public, "a"));
    // The last one has no more to say than that it has no release.
    let outcome = Folder::of("a\n").compile(&corp, |_| {});
    assert!(!outcome.text.unwrap_err().contains("later indexes"));
}

/// Serves a page of `a` 1.0 with a project status.
fn with_status(index: &Index, status: &str, is_json: bool) {
    let release = wheel("a", "1.0");
    let (url, hash) = (index.file_url(&release), release.hash());
    let hex = hash.trim_start_matches("sha256:");
    let reply = if is_json {
        Reply::ok(format!(
            r#"{{"meta": {{"api-version": "1.4"}}, "name": "a", "files": [
                {{"filename": "a-1.0-py3-none-any.whl", "url": "{url}", "hashes": {{"sha256": "{hex}"}}}}],
                "project-status": {{"status": "{status}", "reason": "told so"}}}}"#
        ))
    } else {
        html_page(&format!(
            "<meta name=\"pypi:project-status\" content=\"{status}\">\
             <meta name=\"pypi:project-status-reason\" content=\"told so\">\
             <a href=\"{url}#sha256={hex}\">a</a>"
        ))
    };
    index.set("/simple/a/", reply.header("Cache-Control", "max-age=600"));
}

#[test]
fn what_an_index_says_of_a_project_is_told() {
    for is_json in [true, false] {
        for status in ["archived", "deprecated", "active"] {
            let index = Index::new([wheel("a", "1.0")]);
            with_status(&index, status, is_json);
            let folder = Folder::of("a\n");
            // From the index, then from the cache.
            for _ in 0..2 {
                let outcome = folder.compile(&index, |_| {});
                assert_eq!(outcome.pins(), ["a==1.0"]);
                let notes = match status {
                    "archived" => "archived, so no updates are expected: a (told so)",
                    "deprecated" => "deprecated, so consider replacing them: a (told so)",
                    _ => "",
                };
                assert_eq!(outcome.notes.join("\n"), notes);
                assert_eq!(outcome.warnings, [""; 0]);
            }
        }
    }
}

#[test]
fn a_project_in_quarantine_is_not_chosen() {
    for is_json in [true, false] {
        let index = Index::new([wheel("a", "1.0")]);
        with_status(&index, "quarantined", is_json);
        let folder = Folder::of("a\n");
        folder.has("a==1.0\n");
        for _ in 0..2 {
            let outcome = folder.compile(&index, |_| {});
            outcome.refuses(&[
                "has quarantined a: it may be unsafe to use (told so)",
                "remove `a` until its index has examined it",
            ]);
        }
        // No other index is asked to stand in.
        let other = Index::new([wheel("a", "1.0")]);
        let outcome = folder.compile(&other, |it| it.indexes.extra = vec![index.url()]);
        outcome.refuses(&["has quarantined a"]);
        assert!(!asked_about(&other, "a"));
    }
}

// Indexes that say in another way that they have no such project.

#[test]
fn a_status_that_means_absence_is_set_for_an_index() {
    let corp = Index::new([]);
    let public = Index::new([wheel("a", "1.0")]);
    for status in [403, 401] {
        corp.set("/simple/a/", Reply::status(status));
        let with = |ignored_statuses: Vec<u16>, strategy| {
            Folder::of("a\n").compile(&public, |it| {
                it.indexes.strategy = strategy;
                it.indexes.collision_check = true;
                it.indexes.named = vec![NamedIndex {
                    ignored_statuses,
                    ..named("corp", &corp, &[])
                }];
            })
        };
        for strategy in [IndexStrategy::FirstIndex, IndexStrategy::UnsafeBestMatch] {
            with(Vec::new(), strategy).refuses(&["was denied"]);
            with(vec![404], strategy).refuses(&["was denied"]);
            assert_eq!(with(vec![status], strategy).pins(), ["a==1.0"]);
        }
    }
}

#[test]
fn the_setting_for_a_refusal_is_named_where_it_may_help() {
    let corp = Index::new([]);
    corp.set("/simple/a/", Reply::status(403));
    let public = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let extra = ["--index", &format!("corp={}", corp.url())];
    project.compile(&public.url(), &extra).says(
        2,
        &["`ignore-error-codes = [403]`", "no other index was tried"],
    );
    let index = format!(
        "[[index]]\nname = 'corp'\nurl = '{}'\nignore-error-codes = [403]\n",
        corp.url()
    );
    project.write("pinfold.toml", index);
    project.compiles(&public.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}
