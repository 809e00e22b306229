//! A run after which nothing has changed decides nothing: it neither asks nor reads what
//! it would decide by. Proved by taking away what it would need.

use std::fs;

use crate::index::{Index, wheel};
use crate::project::{Project, files_below};

fn index() -> Index {
    Index::new([
        wheel("a", "1.0").requires(&["b>=1"]),
        wheel("b", "0.9"),
        wheel("b", "1.0").requires(&["c"]),
        wheel("c", "1.0"),
    ])
}

/// A project with a lock that a second run has left as it was.
fn settled(index: &Index, input: &str) -> Project {
    let project = Project::of(input);
    project.compiles(&index.url(), &[]);
    project.compiles(&index.url(), &[]);
    index.requests();
    project
}

/// Takes files out of the cache by the name of their bucket.
fn forget(project: &Project, is_forgotten: impl Fn(&str) -> bool) {
    let mut forgotten = 0;
    for path in files_below(&project.cache()) {
        let names = path
            .components()
            .filter_map(|part| part.as_os_str().to_str());
        if names.filter(|name| name.contains("-v")).any(&is_forgotten) {
            fs::remove_file(path).unwrap();
            forgotten += 1;
        }
    }
    assert!(forgotten > 0, "there is something to forget");
}

/// Takes all out of the cache that versions are chosen by; pages stay.
fn forget_metadata(project: &Project) {
    forget(project, |bucket| bucket.starts_with("metadata-"));
}

/// Takes all out of the cache but what the last run left behind for the next one, and what
/// the interpreter said.
fn forget_all_but_the_last_run(project: &Project) {
    forget(project, |bucket| {
        !bucket.starts_with("trails-") && !bucket.starts_with("interpreter-")
    });
}

const UP_TO_DATE: &str = "`requirements.txt` is up to date: 3 projects (no requests, ";

#[test]
fn a_third_run_reads_neither_pages_nor_metadata() {
    let index = index();
    let project = settled(&index, "a\n");
    let lock = project.lock();
    forget_all_but_the_last_run(&project);
    project.compiles(&index.url(), &[]).says(0, &[UP_TO_DATE]);
    project
        .compiles(&index.url(), &["--check", "--offline"])
        .says(0, &["`requirements.txt` is up to date: 3 projects"]);
    project
        .compiles(&index.url(), &["--dry-run"])
        .says(0, &["`requirements.txt` is up to date: 3 projects"]);
    assert_eq!(index.requests(), [""; 0]);
    assert_eq!(project.lock(), lock);
}

#[test]
fn a_run_that_wrote_the_lock_is_no_proof() {
    let index = index();
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    index.requests();
    forget_metadata(&project);
    project.compiles(&index.url(), &[]);
    assert_eq!(index.requests().len(), 3, "it looks at metadata once more");
}

#[test]
fn stale_pages_are_asked_about_in_one_wave_and_nothing_is_decided() {
    let index = index();
    index.cache_control("max-age=0");
    let project = settled(&index, "a\n");
    let lock = project.lock();
    forget_metadata(&project);
    let pages = ["/simple/a/", "/simple/b/", "/simple/c/"].map(str::to_owned);
    // A page is answered when all are asked for.
    index.hold_until_all(&pages);
    let run = project.compiles(&index.url(), &[]);
    run.says(
        0,
        &["`requirements.txt` is up to date: 3 projects (3 requests, "],
    );
    assert_eq!(index.requests(), pages.map(|page| format!("GET {page}")));
    assert_eq!(project.lock(), lock);
}

#[test]
fn without_a_lock_stale_pages_are_asked_about_in_one_wave() {
    let index = index();
    index.cache_control("max-age=0");
    let project = settled(&index, "a\n");
    let lock = project.lock();
    fs::remove_file(project.path("requirements.txt")).unwrap();
    let pages = ["/simple/a/", "/simple/b/", "/simple/c/"].map(str::to_owned);
    index.hold_until_all(&pages);
    project.compiles(&index.url(), &[]);
    assert_eq!(index.requests(), pages.map(|page| format!("GET {page}")));
    assert_eq!(project.lock(), lock);
}

#[test]
fn a_page_that_changed_has_all_decided_again() {
    let index = index();
    index.cache_control("max-age=0");
    let project = settled(&index, "a\n");
    index.replace(wheel("c", "1.0").yanked("broken"));
    forget_metadata(&project);
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["c 1.0 was yanked: broken", "up to date"]);
    assert_eq!(
        index.requests(),
        [
            "GET /files/a-1.0-py3-none-any.whl.metadata",
            "GET /files/b-1.0-py3-none-any.whl.metadata",
            "GET /files/c-1.0-py3-none-any.whl.metadata",
            "GET /simple/a/",
            "GET /simple/b/",
            "GET /simple/c/",
        ],
        "no page is asked for twice"
    );
}

#[test]
fn whatever_else_changes_is_seen() {
    let index = index();
    let project = settled(&index, "a\n");
    project.write("requirements.in", "a\nb<1\n");
    project.compile(&index.url(), &[]).says(1, &["b<1"]);
    project.write("requirements.in", "b\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["b==1.0", "c==1.0"]);
    // The lock itself, by hand.
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    project.write("requirements.txt", format!("{lock}zzz==1.0\n"));
    project
        .compile(&index.url(), &["--check"])
        .says(1, &["would change"]);
    project.write("requirements.txt", &lock);
    project
        .compile(&index.url(), &["--check"])
        .says(0, &["is up to date"]);
    // An option, a constraint, and a file that is included.
    project
        .compile(&index.url(), &["--check", "--no-hashes"])
        .says(1, &["would change"]);
    project.write("constraints.txt", "b<1\n");
    project
        .compile(&index.url(), &["--check", "-c", "constraints.txt"])
        .says(1, &["would change"]);
    project.write("requirements.in", "-r more.in\n");
    project.write("more.in", "b\n");
    project.compiles(&index.url(), &[]);
    project.compiles(&index.url(), &[]);
    project.write("more.in", "b<1\n");
    project
        .compile(&index.url(), &["--check"])
        .says(1, &["would change"]);
}

#[test]
fn another_index_is_asked_for_itself() {
    let (index, other) = (index(), index());
    let project = settled(&index, "a\n");
    project.compiles(&other.url(), &[]);
    assert!(!other.requests().is_empty());
}

#[test]
fn what_was_warned_of_is_warned_of_again() {
    let index = Index::new([wheel("a", "1.0").yanked("broken"), wheel("a", "0.9")]);
    let project = settled(&index, "a==1.0\n");
    forget_all_but_the_last_run(&project);
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["warning: a 1.0 was yanked: broken", "up to date"]);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn details_are_for_those_who_ask_for_them() {
    let index = index();
    let project = settled(&index, "a\n");
    project
        .compiles(&index.url(), &["--verbose"])
        .says(0, &["b 1.0: kept from the lock file"]);
}

#[test]
fn an_upgrade_and_a_refresh_ask_all_the_same() {
    let index = index();
    let project = settled(&index, "a\n");
    for option in ["--upgrade", "--refresh"] {
        project.compiles(&index.url(), &[option]);
        assert_eq!(
            index.requests(),
            ["GET /simple/a/", "GET /simple/b/", "GET /simple/c/"]
        );
    }
}

#[test]
fn a_damaged_last_run_is_as_good_as_none() {
    let index = index();
    let project = settled(&index, "a\n");
    for path in files_below(&project.cache()) {
        if path.to_str().unwrap().contains("trails-") {
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 3;
            bytes[middle] ^= 0x40;
            fs::write(path, bytes).unwrap();
        }
    }
    forget_metadata(&project);
    project.compiles(&index.url(), &[]);
    assert_eq!(index.requests().len(), 3, "all is decided again");
}
