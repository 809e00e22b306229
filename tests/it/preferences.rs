//! Lock files of other tools as preferences: found or named, kept where they fit, and never
//! a reason to fail. The files are those that the real tools wrote.

use crate::index::{Index, wheel};
use crate::project::Project;

fn fixture(name: &str) -> String {
    let path = format!("{}/fixtures/locks/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Returns an index with what the files have, and something newer of each.
fn index() -> Index {
    Index::new([
        wheel("click", "8.1.8"),
        wheel("click", "8.5.0"),
        wheel("click", "8.5.1"),
        wheel("click", "9.0"),
        wheel("cryptography", "43.0.3").requires(&["cffi>=1.12"]),
        wheel("cryptography", "47.0.0").requires(&["cffi>=1.12"]),
        wheel("cryptography", "50.0.2").requires(&["cffi>=1.12"]),
        wheel("cryptography", "51.0").requires(&["cffi>=1.12"]),
        wheel("cffi", "2.0.0"),
        wheel("cffi", "2.1.1"),
        wheel("cffi", "3.0"),
        wheel("numpy", "1.0"),
        wheel("numpy", "2.0"),
    ])
}

const INPUT: &str = "click\ncryptography\n";

/// Compiles beside a file; returns the pins and what was said.
#[track_caller]
fn beside(name: &str, text: &str, arguments: &[&str]) -> (Vec<String>, String) {
    let index = index();
    let project = Project::of(INPUT);
    project.write(name, text);
    let run = project.compiles(&index.url(), arguments);
    (project.pins(), run.stderr)
}

#[test]
fn pins_of_each_tool_are_kept() {
    for (name, file, pins) in [
        (
            "uv.lock",
            "uv.lock",
            ["cffi==2.1.1", "click==8.5.0", "cryptography==50.0.2"],
        ),
        (
            "poetry.lock",
            "poetry.lock",
            ["cffi==2.0.0", "click==8.1.8", "cryptography==43.0.3"],
        ),
        (
            "pdm.lock",
            "pdm.lock",
            ["cffi==2.0.0", "click==8.1.8", "cryptography==43.0.3"],
        ),
        (
            "Pipfile.lock",
            "Pipfile.lock",
            ["cffi==2.1.1", "click==8.5.1", "cryptography==50.0.2"],
        ),
        (
            "pylock.toml",
            "pylock.poetry.toml",
            ["cffi==2.0.0", "click==8.1.8", "cryptography==43.0.3"],
        ),
    ] {
        let (kept, said) = beside(name, &fixture(file), &[]);
        assert_eq!(kept, pins, "{name}: {said}");
        let note = format!("note: pins of {name} are kept where they fit (--no-preferences)");
        assert!(said.contains(&note), "{said}");
        let (free, said) = beside(name, &fixture(file), &["--no-preferences"]);
        assert_eq!(free, ["cffi==3.0", "click==9.0", "cryptography==51.0"]);
        assert!(!said.contains(name), "{said}");
    }
}

#[test]
fn conda_s_own_packages_are_named_and_not_preferred() {
    let index = index();
    let project = Project::of("numpy\nclick\n");
    project.write(
        "conda-lock.yml",
        "version: 1\npackage:\n\
         - {name: numpy, version: '1.0', manager: conda, platform: linux-64}\n\
         - {name: click, version: 8.1.8, manager: pip, platform: linux-64}\n\
         - {name: click, version: 8.5.0, manager: pip, platform: osx-64}\n",
    );
    project.compiles(&index.url(), &[]).says(
        0,
        &["conda-lock.yml: it has these packages from conda, so their versions are not preferred: numpy"],
    );
    assert_eq!(project.pins(), ["click==8.1.8", "numpy==2.0"]);
}

#[test]
fn what_is_stale_is_told_once_with_what_moves_it() {
    let one = "[[package]]\nname = \"cryptography\"\nversion = \"43.0.3\"\n";
    let (pins, said) = beside("poetry.lock", one, &[]);
    assert_eq!(pins, ["cffi==3.0", "click==9.0", "cryptography==43.0.3"]);
    let note =
        "note: cryptography 43.0.3 kept as poetry.lock has it; 51.0 is allowed (-P cryptography)";
    assert!(said.contains(note), "{said}");
    let (pins, said) = beside("poetry.lock", one, &["-P", "cryptography"]);
    assert_eq!(pins, ["cffi==3.0", "click==9.0", "cryptography==51.0"]);
    assert!(!said.contains("51.0 is allowed"), "{said}");
    let (_, said) = beside("poetry.lock", &fixture("poetry.lock"), &[]);
    let note = "note: 3 pins kept as poetry.lock has them, though newer versions are allowed: \
                cffi 2.0.0 (3.0), click 8.1.8 (9.0), cryptography 43.0.3 (51.0) (-P NAME)";
    assert!(said.contains(note), "{said}");
    let (pins, said) = beside("poetry.lock", &fixture("poetry.lock"), &["--upgrade"]);
    assert_eq!(pins, ["cffi==3.0", "click==9.0", "cryptography==51.0"]);
    assert!(!said.contains("poetry.lock"), "{said}");
}

#[test]
fn the_pins_of_the_output_come_first() {
    let index = index();
    let project = Project::of(INPUT);
    project.compiles(&index.url(), &[]);
    project.write("uv.lock", fixture("uv.lock"));
    let before = project.lock();
    project.compiles(&index.url(), &[]);
    assert_eq!(
        project.lock(),
        before,
        "there is an output, so nothing is looked for"
    );
    // A project that is new takes the preferred version, the others stay.
    project.write("requirements.in", "click\n");
    project.compiles(&index.url(), &[]);
    project.write("requirements.in", INPUT);
    project.compiles(&index.url(), &["--preferences", "uv.lock"]);
    assert_eq!(
        project.pins(),
        ["cffi==2.1.1", "click==9.0", "cryptography==50.0.2"]
    );
}

#[test]
fn what_cannot_be_had_is_no_reason_to_fail() {
    let missing = "[[package]]\nname = \"click\"\nversion = \"7.7\"\n";
    let (pins, _) = beside("poetry.lock", missing, &[]);
    assert_eq!(pins, ["cffi==3.0", "click==9.0", "cryptography==51.0"]);
    let (pins, said) = beside("uv.lock", "version = 7\n", &[]);
    assert_eq!(pins, ["cffi==3.0", "click==9.0", "cryptography==51.0"]);
    let warning = "warning: uv.lock is not used, since it cannot be read: its format is version 7";
    assert!(said.contains(warning), "{said}");
    let index = index();
    let project = Project::of("click<8.5\n");
    project.write("Pipfile.lock", fixture("Pipfile.lock"));
    let run = project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["click==8.1.8"], "{}", run.stderr);
    run.says(
        0,
        &["Pipfile.lock: it does not pin these projects: pywin32"],
    );
    project
        .compile(&index.url(), &["--preferences", "gone.lock"])
        .says(2, &["gone.lock"]);
}

#[test]
fn of_several_files_none_is_chosen() {
    let index = index();
    let project = Project::of(INPUT);
    project.write("uv.lock", fixture("uv.lock"));
    project.write("poetry.lock", fixture("poetry.lock"));
    project.compiles(&index.url(), &[]).says(
        0,
        &["no pins are taken from `uv.lock` and `poetry.lock`: choose one with `--preferences FILE`"],
    );
    assert_eq!(
        project.pins(),
        ["cffi==3.0", "click==9.0", "cryptography==51.0"]
    );
    let all = ["--preferences", "poetry.lock", "-o", "other.txt"];
    project.compiles(&index.url(), &all);
    assert!(project.read("other.txt").contains("cryptography==43.0.3"));
}

#[test]
fn a_lock_beside_the_first_source_counts_wherever_the_command_is_run() {
    let index = index();
    let project = Project::new();
    project.write("sub/a.in", INPUT);
    project.write("sub/uv.lock", fixture("uv.lock"));
    project.write("poetry.lock", fixture("poetry.lock"));
    let run = project.compiles(&index.url(), &["sub/a.in", "-o", "pylock.toml"]);
    run.says(0, &["pins of sub/uv.lock are kept where they fit"]);
    let lock = project.read("pylock.toml");
    assert!(lock.contains("cryptography-50.0.2"), "{lock}");
    assert!(!lock.contains("preferences"), "{lock}");
}
