//! Locks for all platforms and a range of Pythons.

use crate::index::{Index, Release, sdist, wheel};
use crate::project::{Project, Run, run};
use crate::repository::{Repository, aged};

/// Compiles for all platforms.
fn compiled(project: &Project, index: &Index, arguments: &[&str]) -> Run {
    let url = index.url();
    let mut all = vec!["compile", "-i", &url, "--no-emit-index-url", "--universal"];
    all.extend(arguments);
    run(&mut project.command(&all))
}

/// Checks the pins of a lock, and that it stays as it is when it is made again.
#[track_caller]
fn check(
    releases: impl IntoIterator<Item = Release>,
    requirements: &str,
    arguments: &[&str],
    expected: &[&str],
) {
    let index = Index::new(releases);
    let project = Project::of(requirements);
    compiled(&project, &index, arguments).says(0, &[]);
    assert_eq!(project.pins(), expected);
    let lock = project.lock();
    for _ in 0..2 {
        index.requests();
        compiled(&project, &index, arguments).says(0, &[]);
        assert_eq!(project.lock(), lock);
        assert_eq!(index.requests(), [""; 0]);
    }
}

/// Like flask as of October 2026.
fn web() -> Vec<Release> {
    vec![
        wheel("flask", "3.1").requires(&[
            "click>=8.1.3",
            "importlib-metadata>=3.6; python_version < '3.10'",
        ]),
        wheel("click", "8.1.8")
            .python(">=3.7")
            .requires(&["colorama; platform_system == 'Windows'"]),
        wheel("click", "8.5.0").python(">=3.10"),
        wheel("colorama", "0.4.6"),
        wheel("importlib-metadata", "8.7")
            .python(">=3.9")
            .requires(&["zipp>=3.20"]),
        wheel("importlib-metadata", "9.0").python(">=3.10"),
        wheel("zipp", "3.23").python(">=3.9"),
    ]
}

#[test]
fn pins_get_markers_where_they_are_not_for_all() {
    check(
        web(),
        "flask\n",
        &["--python-version=3.9"],
        &[
            "click==8.1.8 ; python_version < \"3.10\"",
            "click==8.5.0 ; python_version >= \"3.10\"",
            "colorama==0.4.6 ; python_version < \"3.10\" and sys_platform == \"win32\"",
            "flask==3.1",
            "importlib-metadata==8.7 ; python_version < \"3.10\"",
            "zipp==3.23 ; python_version < \"3.10\"",
        ],
    );
    check(
        web(),
        "flask\n",
        &["--python-version=3.12"],
        &["click==8.5.0", "flask==3.1"],
    );
}

#[test]
fn a_project_in_the_list_twice_gets_both_versions() {
    let releases = || vec![wheel("numpy", "1.26.4"), wheel("numpy", "2.2.6")];
    let list = |operator: &str| {
        format!(
            "numpy==1.26.4 ; python_version {operator} \"3.11\"\n\
             numpy==2.2.6 ; python_version >= \"3.11\"\n"
        )
    };
    check(
        releases(),
        &list("<"),
        &["--python-version=3.10"],
        &[
            "numpy==1.26.4 ; python_version < \"3.11\"",
            "numpy==2.2.6 ; python_version >= \"3.11\"",
        ],
    );
    let project = Project::of(&list("<="));
    compiled(
        &project,
        &Index::new(releases()),
        &["--python-version=3.10"],
    )
    .says(
        1,
        &["no combination of versions satisfies all requirements for Python 3.11"],
    );
}

#[test]
fn pythons_that_a_release_excludes_get_another_one() {
    check(
        [
            wheel("cryptography", "43.0.3").python(">=3.7"),
            wheel("cryptography", "50.0.2").python(">=3.8,!=3.9.0,!=3.9.1"),
        ],
        "cryptography\n",
        &["--python-version=3.9"],
        &[
            "cryptography==43.0.3 ; python_full_version < \"3.9.2\"",
            "cryptography==50.0.2 ; python_full_version >= \"3.9.2\"",
        ],
    );
}

#[test]
fn a_release_with_wheels_for_later_pythons_only_is_not_for_earlier_ones() {
    let releases = |with_source: bool| {
        let mut releases = vec![
            wheel("onnx", "1.0").tag("cp310-cp310-manylinux_2_17_x86_64"),
            wheel("onnx", "2.0").tag("cp311-cp311-manylinux_2_17_x86_64"),
            wheel("onnx", "2.0").tag("cp312-abi3-win_amd64"),
            wheel("pure", "1.0").tag("py2.py3-none-any"),
        ];
        if with_source {
            releases.push(sdist("onnx", "2.0"));
        }
        releases
    };
    let python = ["--python-version=3.10"];
    check(
        releases(false),
        "onnx\npure\n",
        &python,
        &[
            "onnx==1.0 ; python_version < \"3.11\"",
            "onnx==2.0 ; python_version >= \"3.11\"",
            "pure==1.0",
        ],
    );
    let fewest = ["--python-version=3.10", "--fork-strategy=fewest"];
    check(releases(false), "onnx\n", &fewest, &["onnx==1.0"]);
    check(releases(true), "onnx\n", &python, &["onnx==2.0"]);
}

#[test]
fn a_requirement_that_holds_nowhere_leaves_no_pin() {
    check(
        [wheel("certifi", "1.0")],
        "certifi ; os_name == \"nt\" and sys_platform == \"linux\"\n",
        &["--python-version=3.10"],
        &[],
    );
}

#[test]
fn versions_are_shared_as_the_strategy_says() {
    let releases = || vec![wheel("a", "1.0"), wheel("a", "2.0").python(">=3.11")];
    let both = [
        "a==1.0 ; python_version < \"3.11\"",
        "a==2.0 ; python_version >= \"3.11\"",
    ];
    for strategy in ["requires-python", "newest"] {
        let strategy = format!("--fork-strategy={strategy}");
        check(
            releases(),
            "a\n",
            &["--python-version=3.10", &strategy],
            &both,
        );
    }
    let fewest = ["--python-version=3.10", "--fork-strategy=fewest"];
    check(releases(), "a\n", &fewest, &["a==1.0"]);
}

#[test]
fn a_platform_beside_it_must_be_able_to_install_everything() {
    let plat = || {
        let of = |version: &str, platform: &str| {
            wheel("plat", version).tag(&format!("cp312-cp312-{platform}"))
        };
        vec![
            of("1.0", "manylinux_2_17_x86_64"),
            of("1.0", "manylinux_2_17_aarch64"),
            of("2.0", "manylinux_2_17_x86_64"),
            of("2.0", "manylinux_2_34_aarch64"),
            wheel("only", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64"),
        ]
    };
    let python = "--python-version=3.12";
    check(
        plat(),
        "plat\nonly\n",
        &[python],
        &["only==1.0", "plat==2.0"],
    );
    let arm64 = "--python-platform=aarch64-manylinux_2_17";
    let old = "platform_machine == \"aarch64\" and python_version < \"3.13\" and sys_platform == \"linux\"";
    let index = Index::new(plat());
    let project = Project::of("plat\n");
    compiled(&project, &index, &[python, arm64]).says(0, &[]);
    let pins = project.pins();
    assert_eq!(pins.len(), 2, "{pins:?}");
    for part in old.split(" and ") {
        assert!(
            pins[0].starts_with("plat==1.0") && pins[0].contains(part),
            "{pins:?}"
        );
    }
    let fewest = [python, arm64, "--fork-strategy=fewest"];
    check(plat(), "plat\n", &fewest, &["plat==1.0"]);
    let project = Project::of("only\n");
    compiled(&project, &index, &[python, arm64]).says(
        1,
        &[
            "for Python 3.12 where `",
            "platform_machine == \"aarch64\"",
            "only 1.0 cannot be used: no usable wheel: its wheels are for manylinux_2_17_x86_64 \
             (for Python 3.12 on aarch64-manylinux_2_17)",
        ],
    );
    let mut with_source = plat();
    with_source.push(sdist("only", "1.0"));
    check(with_source, "only\n", &[python, arm64], &["only==1.0"]);
}

#[test]
fn a_local_version_is_for_the_platforms_it_has_wheels_for() {
    let of = |version: &str, platform: &str| {
        wheel("torch", version).tag(&format!("cp312-cp312-{platform}"))
    };
    check(
        [
            of("2.5.0", "macosx_11_0_arm64"),
            of("2.5.0", "manylinux_2_17_aarch64"),
            of("2.5.0+cpu", "manylinux_2_17_x86_64"),
            of("2.5.0+cpu", "win_amd64"),
        ],
        "torch==2.5.0\n",
        &["--python-version=3.12"],
        &[
            "torch==2.5.0 ; (sys_platform == \"darwin\" and platform_machine == \"arm64\") or \
             (sys_platform == \"linux\" and platform_machine == \"aarch64\")",
            "torch==2.5.0+cpu ; (sys_platform != \"linux\" and platform_machine != \"arm64\") or \
             (sys_platform != \"darwin\" and platform_machine != \"aarch64\")",
        ],
    );
    // Without the version itself there is no other to take.
    check(
        [of("2.5.0+cpu", "manylinux_2_17_x86_64")],
        "torch\n",
        &["--python-version=3.12"],
        &["torch==2.5.0+cpu"],
    );
}

#[test]
fn an_upper_bound_is_passed_over_with_a_warning() {
    let index = Index::new([
        wheel("rpy", "1.5").python(">=3.8,<3.12"),
        wheel("b", "1").python(">=3.8,<4"),
    ]);
    let project = Project::of("rpy\nb\n");
    compiled(&project, &index, &["--python-version=3.10"]).says(
        0,
        &[
            "pip refuses these on Pythons above the upper bound of their Requires-Python: rpy \
             1.5 (>=3.8,<3.12)",
        ],
    );
    assert_eq!(project.pins(), ["b==1", "rpy==1.5"]);
}

#[test]
fn the_lowest_python_is_that_of_the_project() {
    let index = Index::new(web());
    let project = Project::new();
    let with = |pythons: &str| {
        project.write(
            "pyproject.toml",
            format!(
                "[project]\nname = 'p'\nversion = '1'\nrequires-python = '{pythons}'\n\
                 dependencies = ['flask']\n"
            ),
        );
    };
    with(">=3.9,<3.10");
    compiled(&project, &index, &["pyproject.toml"]).says(0, &[]);
    let lock = project.lock();
    assert!(lock.contains("with Python >=3.9, universal\n"), "{lock}");
    assert!(lock.contains("\nclick==8.1.8 \\\n"), "{lock}");
    with(">=3.9,<3.9");
    compiled(&project, &index, &["pyproject.toml"]).says(
        2,
        &["no Python is left to lock for: `pyproject.toml` requires Python >=3.9,<3.9"],
    );
}

#[test]
fn what_does_not_go_with_it_is_refused() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let several = ["--python-version=3.10", "--python-version=3.12"];
    compiled(&project, &index, &several).says(
        2,
        &["`--universal` takes one `--python-version`: the lowest Python"],
    );
    compiled(&project, &index, &["--target=3.12@linux"]).says(2, &["--universal"]);
    assert_eq!(project.files(), ["requirements.in"]);
}

#[test]
fn pins_and_markers_of_a_lock_of_uv_stay() {
    let index = Index::new(web());
    let project = Project::of("flask\n");
    let theirs = "\
        # This file was autogenerated by uv via the following command:\n\
        #    uv pip compile --universal --python-version 3.9 requirements.in -o requirements.txt\n\
        click==8.1.8 ; python_full_version < '3.10'\n\
        click==8.5.0 ; python_full_version >= '3.10'\n\
        colorama==0.4.6 ; python_full_version < '3.10' and sys_platform == 'win32'\n\
        flask==3.1\n\
        importlib-metadata==8.7 ; python_full_version < '3.10'\n\
        zipp==3.23 ; python_full_version < '3.10'\n";
    project.write("requirements.txt", theirs);
    index.add(wheel("zipp", "3.24"));
    compiled(&project, &index, &["--python-version=3.9", "--no-hashes"]).says(0, &[]);
    let below = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains("=="));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(below(&project.lock()), below(theirs));
    let upgrade = ["--python-version=3.9", "--no-hashes", "-P", "zipp"];
    compiled(&project, &index, &upgrade).says(0, &["zipp 3.23 → 3.24"]);
    assert!(
        project.lock().contains("\nzipp==3.24 ; python_"),
        "{}",
        project.lock()
    );
}

#[test]
fn update_keeps_a_universal_lock_universal() {
    let repository = Repository::new([
        aged("alpha", "1.0", 300).requires(&["beta; sys_platform == 'win32'"]),
        aged("beta", "1.0", 300),
    ]);
    repository.project.write("requirements.in", "alpha\n");
    let arguments = ["--python-version=3.10"];
    compiled(&repository.project, &repository.index, &arguments).says(0, &[]);
    repository.index.add(aged("beta", "1.1", 100));
    repository.update(&[]).says(0, &["beta", "1.0 → 1.1"]);
    let lock = repository.project.lock();
    assert!(
        lock.contains("beta==1.1 ; sys_platform == \"win32\""),
        "{lock}"
    );
    assert!(lock.contains("with Python >=3.10, universal\n"), "{lock}");
}

#[test]
fn a_universal_pylock_names_no_environment() {
    let index = Index::new(web());
    let project = Project::of("flask\n");
    let arguments = ["--python-version=3.9", "-o", "pylock.toml"];
    compiled(&project, &index, &arguments).says(0, &[]);
    let lock = project.read("pylock.toml");
    assert!(lock.contains("requires-python = \">=3.9\"\n"), "{lock}");
    assert!(!lock.contains("environments"), "{lock}");
    assert!(
        lock.contains("marker = \"python_version < \\\"3.10\\\"\""),
        "{lock}"
    );
    compiled(&project, &index, &arguments).says(0, &[]);
    assert_eq!(project.read("pylock.toml"), lock);
}
