//! What holds for every run.

use crate::index::{Index, wheel};
use crate::project::Project;

fn index() -> Index {
    let mut releases = Vec::new();
    for number in 0..12 {
        let name = format!("p{number}");
        for minor in 0..4 {
            let next = format!("p{}>=1.{}", number + 1, minor % 2);
            let other = format!("p{}", (number + 5).min(12));
            releases.push(
                wheel(&name, &format!("1.{minor}"))
                    .requires(&[&next, &other])
                    .uploaded(&format!("2026-0{}-01T00:00:00Z", minor + 1)),
            );
        }
    }
    releases.push(wheel("p12", "1.1"));
    Index::new(releases)
}

const ARGUMENTS: [&str; 2] = ["--exclude-newer", "2026-03-15T00:00:00Z"];

#[test]
fn the_same_inputs_give_the_same_bytes_anywhere() {
    let index = index();
    let first = Project::of("p0\np7<1.2\n");
    first.compiles(&index.url(), &ARGUMENTS);
    let second = Project::of("p0\np7<1.2\n");
    second.compiles(&index.url(), &ARGUMENTS);
    assert_eq!(first.lock(), second.lock());
    // Neither the cache nor a release that came later changes it.
    index.add(wheel("p3", "1.9").uploaded("2026-09-01T00:00:00Z"));
    std::fs::remove_file(first.path("requirements.txt")).unwrap();
    first.compiles(&index.url(), &[&ARGUMENTS[..], &["--refresh"]].concat());
    assert_eq!(first.lock(), second.lock());
    first.compiles(
        &index.url(),
        &[&ARGUMENTS[..], &["-U", "--no-cache"]].concat(),
    );
    assert_eq!(first.lock(), second.lock());
}

#[test]
fn compiling_twice_changes_nothing() {
    let index = index();
    let project = Project::of("p0\np7<1.2\n");
    for style in [
        &[][..],
        &["--annotation-style=line"],
        &["--no-hashes"],
        &["--newline=crlf"],
        &["--no-annotate", "--no-header"],
        &["--no-strip-extras", "--no-allow-unsafe"],
    ] {
        let mut arguments = ARGUMENTS.to_vec();
        arguments.extend(style);
        project.compiles(&index.url(), &arguments);
        let text = project.lock();
        project.compiles(&index.url(), &arguments);
        assert_eq!(project.lock(), text, "{style:?}");
        let check = [&arguments[..], &["--check"]].concat();
        project
            .compile(&index.url(), &check)
            .says(0, &["up to date"]);
    }
}

#[test]
fn a_lock_compiles_to_itself() {
    let index = index();
    let project = Project::of("p0\n");
    project.compiles(&index.url(), &[]);
    project.compiles(&index.url(), &["requirements.txt", "-o", "again.txt"]);
    let again = project.read("again.txt");
    assert_eq!(crate::project::pins(&again), project.pins());
    assert_eq!(
        crate::project::hashes(&again),
        crate::project::hashes(&project.lock())
    );
}

#[test]
fn the_order_of_lines_and_files_does_not_matter() {
    let index = index();
    let project = Project::new();
    project.write("one.in", "p0\np7<1.2\n");
    project.write("two.in", "p3!=1.3\n");
    project.write("three.in", "p7<1.2\np3!=1.3\np0\n");
    project.compiles(&index.url(), &["one.in", "two.in", "-o", "a.txt"]);
    project.compiles(&index.url(), &["two.in", "one.in", "-o", "b.txt"]);
    project.compiles(&index.url(), &["three.in", "-o", "c.txt"]);
    let pins = |name: &str| crate::project::pins(&project.read(name));
    assert_eq!(pins("a.txt"), pins("b.txt"));
    assert_eq!(pins("a.txt"), pins("c.txt"));
    let (a, b) = (project.read("a.txt"), project.read("b.txt"));
    assert_eq!(a.replace("a.txt", "b.txt"), b);
}
