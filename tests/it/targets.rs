//! Locks for several targets: which pins they get, under which markers, and who says what.

use crate::index::{Index, Release, sdist, wheel};
use crate::project::{Project, Run, run};

/// A project whose newest release needs a newer glibc, and is not for musl.
fn plat() -> Vec<Release> {
    let of = |version: &str, platform: &str| {
        wheel("plat", version).tag(&format!("cp312-cp312-{platform}"))
    };
    vec![
        of("1.0", "manylinux_2_17_x86_64"),
        of("1.0", "manylinux_2_17_aarch64"),
        of("1.0", "musllinux_1_2_x86_64"),
        of("2.0", "manylinux_2_34_x86_64"),
        of("2.0", "manylinux_2_34_aarch64"),
        wheel("only", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64"),
        wheel("pure", "1.0").requires(&["plat>=1"]),
    ]
}

const AMD64: &str = "3.12@x86_64-manylinux_2_36";
const ARM64: &str = "3.12@aarch64-manylinux_2_36";
const OLD_AMD64: &str = "3.12@x86_64-manylinux_2_17";
const MUSL_AMD64: &str = "3.12@x86_64-musllinux_1_2";

/// Compiles for targets.
fn compiled(project: &Project, index: &Index, targets: &[&str], arguments: &[&str]) -> Run {
    let url = index.url();
    let mut all = vec!["compile", "-i", &url, "--no-emit-index-url"];
    for target in targets {
        all.extend(["--target", target]);
    }
    all.extend(arguments);
    run(&mut project.command(&all))
}

#[track_caller]
fn check(releases: &[Release], requirements: &str, targets: &[&str], expected: &[&str]) {
    let index = Index::new(releases.iter().cloned());
    let project = Project::of(requirements);
    compiled(&project, &index, targets, &[]).says(0, &[]);
    assert_eq!(project.pins(), expected);
    let lock = project.lock();
    // The order of targets changes nothing.
    let other = Project::of(requirements);
    let backwards: Vec<&str> = targets.iter().rev().copied().collect();
    compiled(&other, &index, &backwards, &["--no-header"]).says(0, &[]);
    let below = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(below(&other.lock()), below(&lock));
    // Made again, it stays as it is, and nobody is asked.
    index.requests();
    compiled(&project, &index, targets, &[]).says(0, &[]);
    assert_eq!(project.lock(), lock);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn each_target_of_a_cell_can_install_its_pins() {
    check(&plat(), "pure\n", &[AMD64], &["plat==2.0", "pure==1.0"]);
    let older = ["plat==1.0", "pure==1.0"];
    check(&plat(), "pure\n", &[AMD64, OLD_AMD64], &older);
    check(&plat(), "pure\n", &[AMD64, MUSL_AMD64], &older);
}

#[test]
fn architectures_that_agree_share_a_line() {
    check(
        &plat(),
        "pure\n",
        &[AMD64, ARM64],
        &["plat==2.0", "pure==1.0"],
    );
}

#[test]
fn a_target_without_a_solution_is_named_and_who_has_one() {
    let index = Index::new(plat());
    let project = Project::of("pure\n");
    let musl_arm64 = "3.12@aarch64-musllinux_1_2";
    compiled(&project, &index, &[MUSL_AMD64, musl_arm64], &[]).says(
        1,
        &[
            "error: no combination of versions satisfies all requirements for Python 3.12.0 on \
             aarch64-musllinux_1_2",
            "plat",
            "help: there is a solution for Python 3.12.0 on x86_64-musllinux_1_2: leave Python \
             3.12.0 on aarch64-musllinux_1_2 out, or give it a lock file of its own",
        ],
    );
    assert_eq!(project.files(), ["requirements.in"]);
    let project = Project::of("only\n");
    compiled(&project, &index, &[AMD64, ARM64], &[]).says(
        1,
        &["for Python 3.12.0 on aarch64-manylinux_2_36", "only 1.0"],
    );
}

#[test]
fn targets_that_no_marker_tells_apart_and_that_share_nothing_are_named() {
    let index = Index::new([
        wheel("apart", "1.0").tag("cp312-cp312-musllinux_1_2_x86_64"),
        wheel("apart", "2.0").tag("cp312-cp312-manylinux_2_17_x86_64"),
    ]);
    let project = Project::of("apart\n");
    compiled(&project, &index, &[AMD64, MUSL_AMD64], &[]).says(
        1,
        &[
            "for Python 3.12.0 on x86_64-manylinux_2_36 and x86_64-musllinux_1_2",
            "(for x86_64-musllinux_1_2)",
            "markers cannot tell x86_64-manylinux_2_36 and x86_64-musllinux_1_2 apart",
        ],
    );
}

#[test]
fn platforms_of_a_python_share_a_version_and_it_is_said_what_that_costs() {
    let index = Index::new(plat());
    let targets = [OLD_AMD64, ARM64];
    let project = Project::of("pure\n");
    compiled(&project, &index, &targets, &[]).says(
        0,
        &[
            "note: one version for several targets: plat 1.0 instead of 2.0 (2.0 on \
             x86_64-manylinux_2_17: no usable wheel: ",
            "--fork-strategy newest",
        ],
    );
    assert_eq!(project.pins(), ["plat==1.0", "pure==1.0"]);
}

#[test]
fn pins_differ_where_pythons_do() {
    let releases = [
        wheel("a", "1.0").python(">=3.8"),
        wheel("a", "2.0").python(">=3.11"),
        wheel("b", "1.0").requires(&["c; python_full_version < '3.11.3'"]),
        wheel("c", "5.0"),
    ];
    let on = ["3.10@linux", "3.12@linux"];
    check(
        &releases,
        "a\nb\n",
        &on,
        &[
            "a==1.0 ; python_version < \"3.12\"",
            "a==2.0 ; python_version >= \"3.12\"",
            "b==1.0",
            "c==5.0 ; python_version < \"3.12\"",
        ],
    );
    check(
        &releases,
        "a\nb\n",
        &["3.11.0@linux", "3.11.9@linux"],
        &[
            "a==2.0",
            "b==1.0",
            "c==5.0 ; python_full_version < \"3.11.3\"",
        ],
    );
}

#[test]
fn a_hole_in_the_pythons_of_a_release_is_where_lines_part() {
    let releases = [
        wheel("crypto", "43.0"),
        wheel("crypto", "50.0").python(">=3.9,!=3.9.0,!=3.9.1"),
    ];
    check(
        &releases,
        "crypto\n",
        &["3.9.1@linux", "3.9.2@linux"],
        &[
            "crypto==43.0 ; python_full_version < \"3.9.2\"",
            "crypto==50.0 ; python_full_version >= \"3.9.2\"",
        ],
    );
}

#[test]
fn repeated_options_are_a_product_and_the_header_says_it() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let arguments = [
        "--python-version",
        "3.10",
        "--python-version",
        "3.12",
        "--python-platform",
        "linux/amd64",
        "--python-platform",
        "linux/arm64",
        "--python-platform",
        "linux/amd64",
    ];
    compiled(&project, &index, &[], &arguments).says(0, &[]);
    let lock = project.lock();
    assert!(
        lock.contains(
            "with Python 3.10, 3.12 for aarch64-manylinux_2_28 and x86_64-manylinux_2_28\n"
        ),
        "{lock}"
    );
    assert!(
        lock.contains(
            "--python-platform=linux/amd64 --python-platform=linux/arm64 --python-version=3.10 \
             --python-version=3.12 "
        ),
        "{lock}"
    );
    let mixed = Project::of("a\n");
    compiled(
        &mixed,
        &index,
        &["3.10.4@linux", "pypy3.11@linux/arm64"],
        &[],
    )
    .says(0, &[]);
    let lock = mixed.lock();
    assert!(
        lock.contains("with Python 3.10@x86_64-manylinux_2_28, pypy3.11@aarch64-manylinux_2_28\n"),
        "{lock}"
    );
}

#[test]
fn pins_of_a_lock_are_kept_in_each_cell() {
    let releases = [
        wheel("a", "1.0").python(">=3.8"),
        wheel("a", "1.1").python(">=3.8"),
        wheel("a", "2.0").python(">=3.11"),
        wheel("a", "2.1").python(">=3.11"),
    ];
    let index = Index::new(releases);
    let project = Project::of("a\n");
    let old = "a==1.0 ; python_version < \"3.11\"\na==2.0 ; python_version >= \"3.11\"\n";
    project.write("requirements.txt", old);
    let targets = ["3.10@linux", "3.12@linux"];
    compiled(&project, &index, &targets, &[]).says(0, &[]);
    let kept = [
        "a==1.0 ; python_version < \"3.12\"",
        "a==2.0 ; python_version >= \"3.12\"",
    ];
    assert_eq!(project.pins(), kept);
    compiled(&project, &index, &targets, &["-U"]).says(0, &[]);
    let upgraded = [
        "a==1.1 ; python_version < \"3.12\"",
        "a==2.1 ; python_version >= \"3.12\"",
    ];
    assert_eq!(project.pins(), upgraded);
}

#[test]
fn markers_of_requirements_hold_in_their_cells_only() {
    let releases = [wheel("a", "1.0"), wheel("b", "1.0"), wheel("c", "1.0")];
    check(
        &releases,
        "a\nb ; platform_machine == 'aarch64'\nc ; sys_platform == 'win32'\n",
        &[AMD64, ARM64],
        &["a==1.0", "b==1.0 ; platform_machine == \"aarch64\""],
    );
}

#[test]
fn hashes_of_the_target_are_those_of_all_targets() {
    let of = |tag: &str| wheel("a", "1.0").tag(tag);
    let (amd64, arm64) = (
        "cp312-cp312-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_17_aarch64",
    );
    let releases = [
        of(amd64),
        of(arm64),
        of("cp312-cp312-win_amd64"),
        sdist("a", "1.0"),
    ];
    let index = Index::new(releases.iter().cloned());
    let project = Project::of("a\n");
    compiled(&project, &index, &[AMD64, ARM64], &["--hashes", "target"]).says(0, &[]);
    let mut expected = vec![releases[0].hash(), releases[1].hash()];
    expected.sort();
    assert_eq!(crate::project::hashes(&project.lock()), expected);
}

#[test]
fn one_file_of_a_release_is_read_for_all_targets() {
    let of = |tag: &str| wheel("a", "1.0").tag(tag).requires(&["b"]);
    let index = Index::new([
        of("cp312-cp312-manylinux_2_17_x86_64"),
        of("cp312-cp312-manylinux_2_17_aarch64"),
        of("cp311-cp311-manylinux_2_17_x86_64"),
        wheel("b", "1.0"),
    ]);
    let project = Project::of("a\n");
    let targets = [AMD64, ARM64, "3.11@x86_64-manylinux_2_36"];
    compiled(&project, &index, &targets, &[]).says(0, &[]);
    let requests = index.requests();
    let of_files = requests.iter().filter(|path| path.ends_with(".metadata"));
    assert_eq!(of_files.count(), 2, "{requests:?}");
    assert_eq!(requests.len(), 4, "{requests:?}");
}

#[test]
fn what_cannot_be_a_target_is_refused() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let check = |targets: &[&str], arguments: &[&str], phrases: &[&str]| {
        compiled(&project, &index, targets, arguments).says(2, phrases);
        assert_eq!(project.files(), ["requirements.in"]);
    };
    check(
        &["3.12"],
        &[],
        &[
            "`--target 3.12`: `3.12` is not a target",
            "3.12.11@linux/amd64",
        ],
    );
    check(
        &["3.12@linucks"],
        &[],
        &[
            "`linucks` is not a platform",
            "`linux`, `macos`, or `windows`",
        ],
    );
    check(
        &[AMD64],
        &["--python-version", "3.12"],
        &["--target", "--python-version"],
    );
    let many: Vec<String> = (0..71).map(|patch| format!("3.12.{patch}@linux")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(&many, &[], &["71 targets: a lock file is for at most 64"]);
}

#[test]
fn a_project_that_does_not_admit_a_target_is_named_with_it() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'p'\nversion = '1'\nrequires-python = '>=3.11'\ndependencies = ['a']\n",
    );
    let arguments = [
        "--python-version=3.10",
        "--python-version=3.12",
        "--python-platform=linux/amd64",
        "--python-platform=linux/arm64",
    ];
    compiled(&project, &index, &[], &arguments).says(
        2,
        &[
            "`pyproject.toml` requires Python >=3.11, which leaves out Python 3.10.0 for \
             aarch64-manylinux_2_28 and x86_64-manylinux_2_28",
        ],
    );
}

#[test]
fn lines_of_a_project_stand_in_the_order_of_their_versions() {
    let releases = [wheel("a", "3.9.2"), wheel("a", "3.10.0").python(">=3.11")];
    check(
        &releases,
        "a\n",
        &["3.10@linux", "3.12@linux"],
        &[
            "a==3.9.2 ; python_version < \"3.12\"",
            "a==3.10.0 ; python_version >= \"3.12\"",
        ],
    );
}

#[test]
fn a_pylock_for_several_targets_says_for_whom_it_is() {
    let of = |version: &str, tag: &str| wheel("a", version).tag(tag);
    let index = Index::new([
        of("1.0", "cp310-cp310-manylinux_2_17_x86_64"),
        of("1.0", "cp310-cp310-manylinux_2_17_aarch64"),
        of("2.0", "cp312-cp312-manylinux_2_17_x86_64"),
        of("2.0", "cp312-cp312-manylinux_2_17_aarch64"),
        of("2.0", "cp312-cp312-win_amd64"),
    ]);
    let project = Project::of("a\n");
    let arguments = [
        "--python-version=3.10",
        "--python-version=3.12",
        "--python-platform=linux/amd64",
        "--python-platform=linux/arm64",
        "-o",
        "requirements.txt",
        "-o",
        "pylock.toml",
    ];
    compiled(&project, &index, &[], &arguments).says(0, &[]);
    let lock = project.read("pylock.toml");
    for phrase in [
        "requires-python = \">=3.10\"",
        "\"python_version == '3.10' and sys_platform == 'linux' and platform_machine == 'aarch64' \
         and implementation_name == 'cpython'\"",
        "marker = \"python_version < '3.12'\"",
        "marker = \"python_version >= '3.12'\"",
        "\"3.10@aarch64-manylinux_2_28\"",
    ] {
        let lock = lock.replace("\\\"", "'");
        assert!(lock.contains(phrase), "{phrase} is not in\n{lock}");
    }
    assert_eq!(
        lock.matches("manylinux_2_17_aarch64.whl").count() / 2,
        2,
        "{lock}"
    );
    assert!(!lock.contains("win_amd64"), "{lock}");
    assert_eq!(
        project.pins(),
        [
            "a==1.0 ; python_version < \"3.12\"",
            "a==2.0 ; python_version >= \"3.12\"",
        ]
    );
    index.requests();
    compiled(&project, &index, &[], &arguments).says(0, &[]);
    assert_eq!(project.read("pylock.toml"), lock);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn explain_names_the_targets_that_have_a_pin_and_those_that_have_another() {
    let releases = [
        wheel("a", "1.0").python(">=3.8"),
        wheel("a", "2.0").python(">=3.11"),
    ];
    let index = Index::new(releases);
    let project = Project::of("a\n");
    let url = index.url();
    let targets = ["3.10@linux/amd64", "3.12@linux/amd64", "3.12@linux/arm64"];
    compiled(&project, &index, &targets, &[]).says(0, &[]);
    let explain = |arguments: &[&str]| {
        let mut all = vec!["explain", "a", "-i", &url];
        all.extend(arguments);
        run(&mut project.command(&all))
    };
    let told = explain(&[]).stdout;
    for phrase in [
        "a 1.0 (requirements.txt:",
        "  for Python 3.10 for x86_64-manylinux_2_28\n",
        "  for Python 3.12 for aarch64-manylinux_2_28 and x86_64-manylinux_2_28: 2.0\n",
        "requires Python >=3.11",
    ] {
        assert!(told.contains(phrase), "{phrase} is not in\n{told}");
    }
    let told = explain(&["--target", "3.12@linux/arm64"]).stdout;
    assert!(told.starts_with("a 2.0 (requirements.txt:"), "{told}");
    let told = explain(&["--format", "json"]).stdout;
    assert!(told.contains("\"pin\": \"2.0\""), "{told}");
}

#[test]
fn wheels_with_different_requirements_are_found_on_request() {
    let of = |tag: &str, requires: &[&str]| wheel("a", "1.0").tag(tag).requires(requires);
    let index = Index::new([
        of("cp312-cp312-manylinux_2_17_x86_64", &["b"]),
        of("cp312-cp312-manylinux_2_17_aarch64", &["c>=1"]),
        wheel("b", "1.0"),
        wheel("c", "1.0"),
    ]);
    let project = Project::of("a\n");
    compiled(&project, &index, &[AMD64, ARM64], &[]).says(0, &[]);
    // One wheel is read for both.
    assert_eq!(project.pins(), ["a==1.0", "c==1.0"]);
    let words = "warning: the wheels of a 1.0 have different requirements; the lock has what the \
                 wheel of each target requires";
    compiled(&project, &index, &[AMD64, ARM64], &["--verify-metadata"]).says(0, &[words]);
    assert_eq!(
        project.pins(),
        [
            "a==1.0",
            "b==1.0 ; platform_machine == \"x86_64\"",
            "c==1.0 ; platform_machine == \"aarch64\"",
        ]
    );
    assert!(
        project.lock().contains(" --verify-metadata "),
        "{}",
        project.lock()
    );
}

#[test]
fn equal_metadata_of_several_wheels_is_not_asked_for() {
    let of = |tag: &str| wheel("a", "1.0").tag(tag).requires(&["b"]);
    let index = Index::new([
        of("cp312-cp312-manylinux_2_17_x86_64"),
        of("cp312-cp312-manylinux_2_17_aarch64"),
        wheel("b", "1.0"),
    ]);
    let project = Project::of("a\n");
    compiled(&project, &index, &[AMD64, ARM64], &["--verify-metadata"]).says(0, &[]);
    assert_eq!(index.requests().len(), 4);
}

#[test]
fn what_one_of_the_targets_of_a_cell_needs_is_in_the_lock() {
    let of = |tag: &str, requires: &[&str]| wheel("a", "1.0").tag(tag).requires(requires);
    let index = Index::new([
        of("py3-none-manylinux_2_17_x86_64", &["b"]),
        of("py3-none-manylinux_2_28_x86_64", &["b", "gpu"]),
        wheel("b", "1.0"),
        wheel("gpu", "1.0"),
    ]);
    let project = Project::of("a\n");
    let targets = [OLD_AMD64, AMD64];
    compiled(&project, &index, &targets, &["--verify-metadata"])
        .says(0, &["the wheels of a 1.0 have different requirements"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "gpu==1.0"]);
}
