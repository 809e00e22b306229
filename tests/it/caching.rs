//! What a second run does: nothing where nothing can have changed, questions
//! that cost nothing where something may have, and no harm from other runs.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::thread;

use crate::authority::Authority;
use crate::index::{Index, Mode, wheel};
use crate::project::{Project, files_below, start};
use crate::scripted::Reply;

fn index() -> Index {
    Index::new([
        wheel("a", "1.0").requires(&["b>=1"]),
        wheel("b", "1.0").requires(&["c"]),
        wheel("c", "1.0"),
    ])
}

/// What identifies a file as it was written.
fn identity(file: &std::path::Path) -> (u64, i64, i64) {
    let data = fs::metadata(file).unwrap();
    (data.ino(), data.mtime(), data.mtime_nsec())
}

#[test]
fn the_first_run_asks_once_for_each_page_and_metadata() {
    let index = index();
    let project = Project::of("a\n");
    let run = project.compiles(&index.url(), &[]);
    assert_eq!(
        index.requests(),
        [
            "GET /files/a-1.0-py3-none-any.whl.metadata",
            "GET /files/b-1.0-py3-none-any.whl.metadata",
            "GET /files/c-1.0-py3-none-any.whl.metadata",
            "GET /simple/a/",
            "GET /simple/b/",
            "GET /simple/c/",
        ]
    );
    run.says(
        0,
        &["Pinned 3 projects in `requirements.txt` (6 requests, "],
    );
    assert_eq!(run.stdout, "");
}

#[test]
fn metadata_inside_a_wheel_takes_one_request_for_its_end() {
    for (payload, is_range) in [(0, false), (1_000_000, true)] {
        let index = Index::in_mode(
            Mode::JsonWithoutMetadata,
            [
                wheel("a", "1.0").requires(&["b"]).payload(payload),
                wheel("b", "1.0"),
            ],
        );
        let project = Project::of("a\n");
        project.compiles(&index.url(), &[]);
        assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
        let seen = index.seen();
        let file = |seen: &&crate::scripted::Seen| seen.path.starts_with("/files/a");
        assert_eq!(seen.iter().filter(file).count(), 1, "{seen:?}");
        let range = seen.iter().find(file).unwrap().header("range");
        assert_eq!(range.is_some(), is_range, "{range:?}");
    }
}

#[test]
fn the_second_run_asks_nothing_and_writes_nothing() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    index.requests();
    let before = identity(&project.path("requirements.txt"));
    let run = project.compiles(&index.url(), &[]);
    assert_eq!(index.requests(), [""; 0]);
    assert_eq!(identity(&project.path("requirements.txt")), before);
    run.says(
        0,
        &["`requirements.txt` is up to date: 3 projects (no requests, "],
    );
}

#[test]
fn a_stale_page_is_asked_for_with_its_tag() {
    let index = index();
    index.cache_control("max-age=0");
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    index.requests();
    let before = identity(&project.path("requirements.txt"));
    project.compiles(&index.url(), &[]);
    let seen = index.seen();
    let mut paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/simple/a/", "/simple/b/", "/simple/c/"]);
    assert!(
        seen.iter()
            .all(|seen| seen.header("if-none-match").is_some()),
        "{seen:?}"
    );
    assert_eq!(identity(&project.path("requirements.txt")), before);
}

#[test]
fn refresh_asks_again_and_a_package_can_be_named() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    index.requests();
    project.compiles(&index.url(), &["--refresh"]);
    assert_eq!(
        index.requests(),
        ["GET /simple/a/", "GET /simple/b/", "GET /simple/c/"]
    );
    project.compiles(&index.url(), &["--refresh-package", "B"]);
    assert_eq!(index.requests(), ["GET /simple/b/"]);
}

#[test]
fn an_upgrade_asks_for_what_may_move() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    index.requests();
    index.add(wheel("c", "2.0"));
    project.compiles(&index.url(), &[]);
    assert_eq!(index.requests(), [""; 0]);
    project.compiles(&index.url(), &["-P", "c"]);
    assert_eq!(
        index.requests(),
        [
            "GET /files/c-2.0-py3-none-any.whl.metadata",
            "GET /simple/c/"
        ]
    );
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==2.0"]);
}

#[test]
fn offline_works_from_the_cache_however_old_it_is() {
    let index = index();
    index.cache_control("max-age=0");
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    index.requests();
    fs::remove_file(project.path("requirements.txt")).unwrap();
    project.compiles(&index.url(), &["--offline"]);
    assert_eq!(project.lock(), lock);
    assert_eq!(index.requests(), [""; 0]);
}

/// Flips a bit at the end of the page of `a` that is kept, where its oldest release is.
fn damage_page(project: &Project) {
    let cache = project.cache();
    let pages = files_below(&cache).into_iter().filter(|path| {
        let path = path.to_string_lossy();
        path.contains("simple-") && path.contains("/a-")
    });
    let pages: Vec<_> = pages.collect();
    assert_eq!(pages.len(), 1, "{pages:?}");
    let path = cache.join(&pages[0]);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_kept_page_that_turns_out_to_be_damaged_is_fetched_anew() {
    let index = Index::new((1..=300).map(|number| wheel("a", &format!("{number}.0"))));
    let project = Project::of("a<2\n");
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    assert_eq!(project.pins(), ["a==1.0"]);
    index.requests();
    damage_page(&project);
    fs::remove_file(project.path("requirements.txt")).unwrap();
    project
        .compile(&index.url(), &["--offline"])
        .says(2, &["is not in the cache"]);
    assert_eq!(index.requests(), [""; 0]);
    project.compiles(&index.url(), &[]);
    assert_eq!(index.requests(), ["GET /simple/a/"]);
    assert_eq!(project.lock(), lock);

    // What is not looked at does no harm.
    damage_page(&project);
    fs::write(project.path("requirements.in"), "a\n").unwrap();
    fs::remove_file(project.path("requirements.txt")).unwrap();
    index.requests();
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==300.0"]);
    assert_eq!(
        index.requests(),
        ["GET /files/a-300.0-py3-none-any.whl.metadata"]
    );
}

#[test]
fn metadata_in_wheels_is_read_once() {
    for mode in [Mode::JsonWithoutMetadata, Mode::Html] {
        let index = Index::in_mode(
            mode,
            [wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")],
        );
        let project = Project::of("a\n");
        project.compiles(&index.url(), &[]);
        index.requests();
        project.compiles(&index.url(), &[]);
        assert_eq!(index.requests(), [""; 0], "{mode:?}");
        assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    }
}

#[test]
fn without_a_cache_nothing_is_kept() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &["--no-cache"]);
    assert_eq!(index.requests().len(), 6);
    project.compiles(&index.url(), &["--no-cache"]);
    assert_eq!(index.requests().len(), 6);
    assert_eq!(
        files_below(&project.cache()),
        [""; 0].map(std::path::PathBuf::from)
    );
}

#[test]
fn the_cache_is_where_it_is_wanted() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &["--cache-dir", "kept"]);
    assert!(!files_below(&project.path("kept")).is_empty());
    assert!(files_below(&project.cache()).is_empty());
    index.requests();
    project.compiles(&index.url(), &["--cache-dir", "kept"]);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn absent_projects_are_remembered_too() {
    let private = Index::new([wheel("a", "1.0")]);
    let public = Index::new([wheel("b", "1.0")]);
    let project = Project::of("a\nb\n");
    let arguments = ["--extra-index-url", &private.url()];
    project.compiles(&public.url(), &arguments);
    private.requests();
    public.requests();
    project.compiles(&public.url(), &arguments);
    assert_eq!(private.requests(), [""; 0]);
    assert_eq!(public.requests(), [""; 0]);
}

#[test]
fn processes_share_a_cache() {
    let releases = (0..30)
        .map(|number| wheel(&format!("p{number}"), "1.0").requires(&[&format!("p{}", number + 1)]));
    let index = Index::new(releases.chain([wheel("p30", "1.0")]));
    let project = Project::of("p0\n");
    let url = index.url();
    let runs: Vec<_> = (0..4)
        .map(|number| {
            let output = format!("{number}.txt");
            start(&mut project.compile_command(&["-i", &url, "--no-header", "-o", &output]))
        })
        .collect();
    for run in runs {
        run.finish().says(0, &["Pinned 31 projects"]);
    }
    for number in 1..4 {
        assert_eq!(
            project.read("0.txt"),
            project.read(&format!("{number}.txt"))
        );
    }
    index.requests();
    project.compiles(&url, &[]);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn a_kill_at_any_instant_leaves_a_cache_that_works() {
    let releases = (0..20)
        .map(|number| wheel(&format!("p{number}"), "1.0").requires(&[&format!("p{}", number + 1)]));
    let index = Index::new(releases.chain([wheel("p20", "1.0")]));
    let project = Project::of("p0\n");
    let url = index.url();
    for number in [0, 3, 9, 20] {
        let running = start(&mut project.compile_command(&["-i", &url, "--refresh"]));
        index.wait_for(&format!("/simple/p{number}/"));
        running.signal("KILL");
        // A run may be done before the signal comes, the later ones above all.
        let code = running.finish().code;
        assert!(matches!(code, -1 | 0), "{code}");
        index.requests();
    }
    // The last may have got as far as the lock, which is whole or not there.
    if project.files().contains(&"requirements.txt".to_owned()) {
        assert_eq!(project.pins().len(), 21);
    }
    let run = project.compiles(&url, &[]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    assert_eq!(project.pins().len(), 21);
    index.requests();
    project.compiles(&url, &[]);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn a_damaged_cache_is_as_good_as_none() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    for damage in [Damage::Empty, Damage::Cut, Damage::Scrambled] {
        for file in files_below(&project.cache()) {
            damage.to(&file);
        }
        fs::remove_file(project.path("requirements.txt")).unwrap();
        project.compiles(&index.url(), &[]);
        assert_eq!(project.lock(), lock, "{damage:?}");
    }
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Empty,
    Cut,
    Scrambled,
}

impl Damage {
    fn to(self, file: &std::path::Path) {
        let length = fs::metadata(file).unwrap().len();
        match self {
            Self::Empty => drop(File::create(file).unwrap()),
            Self::Cut => {
                let file = OpenOptions::new().write(true).open(file).unwrap();
                file.set_len(length / 2).unwrap();
            }
            Self::Scrambled => {
                let mut bytes = fs::read(file).unwrap();
                for byte in &mut bytes {
                    *byte ^= 0x55;
                }
                fs::write(file, bytes).unwrap();
            }
        }
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_a_warning() {
    let index = index();
    let project = Project::of("a\n");
    project.write("file", "");
    let run = project.compiles(&index.url(), &["--cache-dir", "file/cache"]);
    run.says(
        0,
        &[
            "warning: ",
            "file/cache",
            "the next run will repeat its downloads",
        ],
    );
    assert_eq!(project.pins().len(), 3);
}

#[test]
fn runs_with_other_outputs_do_not_disturb_each_other() {
    let index = index();
    let project = Project::of("a\n");
    let url = index.url();
    project.compiles(&url, &[]);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| project.compiles(&url, &["-U"]));
        }
    });
    assert_eq!(project.pins().len(), 3);
    assert_eq!(project.files(), ["requirements.in", "requirements.txt"]);
}

#[test]
fn the_first_run_connects_once_and_a_run_that_asks_nothing_does_not() {
    let authority = Authority::new();
    let server = authority.answering("127.0.0.1", false, |_| {
        Reply::ok(r#"{"meta": {"api-version": "1.1"}, "name": "a", "files": []}"#)
            .header("Content-Type", "application/vnd.pypi.simple.v1+json")
            .header("Cache-Control", "max-age=600")
    });
    let project = Project::of("a\n");
    let bundle = authority.file();
    let arguments = ["--cert", bundle.to_str().unwrap()];
    for _ in 0..2 {
        let run = project.compile(&server.url("/simple/"), &arguments);
        run.says(1, &["`a`"]);
    }
    let asked: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(asked, ["/simple/a/"]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_run_does_not_fail_by_what_was_absent_a_moment_ago() {
    let index = Index::new([wheel("b", "1.0")]);
    let project = Project::of("a\n");
    project.compile(&index.url(), &[]).says(1, &["`a`"]);
    index.requests();
    // Without the network it is what there is to go by.
    project
        .compile(&index.url(), &["--offline"])
        .says(1, &["`a`"]);
    index.add(wheel("a", "1.0"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn a_run_does_not_fail_by_what_was_not_uploaded_a_moment_ago() {
    let index = Index::new([wheel("a", "1.0"), wheel("b", "1.0")]);
    let project = Project::of("a\nb\n");
    project.compiles(&index.url(), &[]);
    index.add(wheel("a", "2.0"));
    index.requests();
    project.write("requirements.in", "a>=2\nb\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==2.0", "b==1.0"]);
    // What is not at fault is not asked about.
    assert_eq!(
        index.requests(),
        [
            "GET /files/a-2.0-py3-none-any.whl.metadata",
            "GET /simple/a/"
        ]
    );
}

#[test]
fn what_an_earlier_index_lacked_is_asked_for_again_before_a_run_fails() {
    let (private, public) = (Index::new([]), Index::new([wheel("a", "1.0")]));
    let project = Project::of("a\n");
    let arguments = ["--extra-index-url", &private.url()];
    project.compiles(&public.url(), &arguments);
    private.add(wheel("a", "2.0"));
    project.write("requirements.in", "a>=2\n");
    project.compiles(&public.url(), &arguments);
    assert_eq!(project.pins(), ["a==2.0"]);
}
