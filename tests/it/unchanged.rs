//! A run after which nothing has changed decides nothing: it neither asks nor reads what
//! it would decide by. Proved by taking away what it would need.

use std::fs;

use crate::index::{Index, wheel};
use crate::project::Project;

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

/// Takes all out of the cache that versions are chosen by; pages stay.
fn forget_metadata(project: &Project) {
    fs::remove_dir_all(project.cache().join("metadata-v1")).unwrap();
}

/// Takes all out of the cache but what the last run left behind for the next one, and the
/// interpreter's answers.
fn forget_all_but_the_trail(project: &Project) {
    for entry in fs::read_dir(project.cache()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && !name.starts_with("trails") && !name.starts_with("interpreter")
        {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

const UP_TO_DATE: &str = "`requirements.txt` is up to date: 3 projects (no requests, ";

#[test]
fn a_third_run_reads_neither_pages_nor_metadata() {
    let index = index();
    let project = settled(&index, "a\n");
    let lock = project.lock();
    forget_all_but_the_trail(&project);
    project
        .compiles(&index.url(), &[])
        .says(0, &[UP_TO_DATE]);
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
    index.add(wheel("c", "1.0").tag("py2.py3-none-any"));
    index.add(wheel("b", "1.1").yanked("broken"));
    project.compiles(&index.url(), &["-P", "c"]);
    forget_metadata(&project);
    index.requests();
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["c 1.0 has files that the lock does not have"]);
    let asked = index.requests();
    assert!(
        asked.contains(&"GET /files/a-1.0-py3-none-any.whl.metadata".to_owned()),
        "{asked:?}"
    );
}

#[test]
fn a_release_that_is_yanked_meanwhile_is_warned_of_when_its_page_is_stale() {
    let yanked = Index::new([wheel("a", "1.0").yanked("broken")]);
    let index = Index::new([wheel("a", "1.0")]);
    index.cache_control("max-age=0");
    let project = settled(&index, "a\n");
    index.set("/simple/a/", yanked.reply("/simple/a/"));
    project
        .compiles(&index.url(), &[])
        .says(0, &["a 1.0 was yanked: broken"]);
}

#[test]
fn whatever_else_changes_is_seen() {
    let index = index();
    let project = settled(&index, "a\n");
    project.write("requirements.in", "a\nb<1\n");
    project
        .compile(&index.url(), &[])
        .says(1, &["b<1"]);
    project.write("requirements.in", "b\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["b==1.0", "c==1.0"]);
    // The lock itself, by hand.
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    project.write("requirements.txt", lock.replace("b==1.0", "b==0.9"));
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
    forget_all_but_the_trail(&project);
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
        .says(0, &["b 1.0: kept, as the lock file has it"]);
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
fn a_damaged_trail_is_as_good_as_none() {
    let index = index();
    let project = settled(&index, "a\n");
    for shard in fs::read_dir(project.cache().join("trails-v1")).unwrap() {
        for file in fs::read_dir(shard.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
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
