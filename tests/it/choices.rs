//! Which versions are chosen, and which are not and why.

use crate::index::{Index, Mode, Release, dynamic_sdist, sdist, wheel};
use crate::project::{Project, Run, run};

/// Compiles against an index and returns the pins.
#[track_caller]
fn pins(releases: &[Release], requirements: &str, arguments: &[&str]) -> Vec<String> {
    let index = Index::new(releases.iter().cloned());
    let project = Project::of(requirements);
    project.compiles(&index.url(), arguments);
    project.pins()
}

/// Compiles against an index, which must have no solution.
#[track_caller]
fn refused(releases: &[Release], requirements: &str, arguments: &[&str]) -> Run {
    let index = Index::new(releases.iter().cloned());
    let project = Project::of(requirements);
    let run = project.compile(&index.url(), arguments);
    run.says(
        1,
        &["no combination of versions satisfies all requirements"],
    );
    assert_eq!(project.files(), ["requirements.in"]);
    run
}

/// Compiles for another Python.
#[track_caller]
fn pins_on(python: &str, platform: &str, releases: &[Release], requirements: &str) -> Vec<String> {
    let index = Index::new(releases.iter().cloned());
    let project = Project::of(requirements);
    run(&mut project.command(&[
        "compile",
        "-i",
        &index.url(),
        "--no-emit-index-url",
        "--python-version",
        python,
        "--python-platform",
        platform,
    ]))
    .says(0, &[]);
    project.pins()
}

fn two() -> Vec<Release> {
    vec![
        wheel("a", "1.0").requires(&["b"]),
        wheel("a", "2.0").requires(&["b"]),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
        wheel("b", "3.0"),
    ]
}

#[test]
fn the_newest_that_fits_is_taken() {
    assert_eq!(pins(&two(), "a<2\nb!=3\n", &[]), ["a==1.0", "b==2.0"]);
}

#[test]
fn every_way_to_read_an_index_gives_the_same_pins() {
    for mode in [Mode::Json, Mode::JsonWithoutMetadata, Mode::Html] {
        let index = Index::in_mode(mode, two());
        let project = Project::of("a\n");
        project.compiles(&index.url(), &[]);
        assert_eq!(project.pins(), ["a==2.0", "b==3.0"], "{mode:?}");
    }
}

#[test]
fn the_lowest_that_fits_is_taken_on_request() {
    let releases = [
        wheel("a", "1.0"),
        sdist("a", "1.5").requires(&["b>=1.5"]),
        wheel("a", "2.0rc1").requires(&["b>=1.5"]),
        wheel("a", "2.0").requires(&["b>=1.5"]),
        wheel("a", "3.0").requires(&["b>=1.5"]),
        wheel("b", "1.0"),
        wheel("b", "2.0").requires(&["c"]),
        wheel("b", "3.0"),
        wheel("c", "0.1").yanked("broken"),
        wheel("c", "0.2").python("<3.8"),
        wheel("c", "1.0"),
    ];
    let lowest =
        |requirements: &str, mode: &str| pins(&releases, requirements, &["--resolution", mode]);
    assert_eq!(lowest("a>1\n", "lowest"), ["a==1.5", "b==2.0", "c==1.0"]);
    assert_eq!(lowest("a>1\n", "lowest-direct"), ["a==1.5", "b==3.0"]);
    assert_eq!(lowest("a>1\n", "highest"), ["a==3.0", "b==3.0"]);
    // A pre-release is still a last resort.
    assert_eq!(lowest("a>1.5\n", "lowest-direct"), ["a==2.0", "b==3.0"]);
    // One that cannot be used is not the lowest one.
    assert_eq!(lowest("a>=2\nb!=2\n", "lowest"), ["a==2.0", "b==3.0"]);
    let index = Index::new(releases);
    let project = Project::of("a\nb<3\nc>=0.2\n");
    let run = project.compiles(&index.url(), &["--resolution=lowest", "-v"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==1.0"]);
    run.says(
        0,
        &[
            "`--resolution lowest` chooses the oldest release of: a, b; require a version: `a>=1.0`",
            "b 1.0: chosen, the oldest that all requirements allow",
        ],
    );
}

#[test]
fn pins_of_a_lowest_lock_are_kept_and_its_header_says_how_it_is_made() {
    let index = Index::new(two());
    let project = Project::of("a\nb!=1\n");
    project.compiles(&index.url(), &["--resolution=lowest"]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
    assert!(project.lock().contains(" --resolution=lowest "));
    project.write("requirements.in", "a\n");
    project.compiles(&index.url(), &["--resolution=lowest"]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
    project.compiles(&index.url(), &["--resolution=lowest", "-U"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(project.pins(), ["a==2.0", "b==3.0"]);
}

#[test]
fn pins_of_the_lock_are_kept_while_they_fit() {
    let index = Index::new(two());
    let project = Project::of("a\n");
    let lock = |text: &str, arguments: &[&str]| {
        project.write("requirements.txt", text);
        project.compiles(&index.url(), arguments);
        project.pins()
    };
    assert_eq!(lock("a==1.0\nb==2.0\n", &[]), ["a==1.0", "b==2.0"]);
    assert_eq!(lock("a==1.0\nb==2.0\n", &["-U"]), ["a==2.0", "b==3.0"]);
    assert_eq!(lock("a==1.0\nb==2.0\n", &["-P", "a"]), ["a==2.0", "b==2.0"]);
    assert_eq!(
        lock("a==1.0\nb==1.0\n", &["-P", "b<3"]),
        ["a==1.0", "b==2.0"]
    );
    assert_eq!(
        lock("a==1.0\nb==1.0\n", &["-P", "B", "-P", "A"]),
        ["a==2.0", "b==3.0"]
    );
    // What does not fit any more is dropped without a word.
    project.write("requirements.in", "a\nb>2\n");
    assert_eq!(
        lock("a==1.0\nb==2.0\ngone==1.0\n", &[]),
        ["a==1.0", "b==3.0"]
    );
    project.write("requirements.txt", "a==0.1\n");
    let run = project.compiles(&index.url(), &[]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    assert_eq!(project.pins(), ["a==2.0", "b==3.0"]);
}

#[test]
fn an_upgrade_of_what_is_not_there_adds_nothing() {
    assert_eq!(pins(&two(), "b\n", &["-P", "a"]), ["b==3.0"]);
}

#[test]
fn constraints_bound_and_require_nothing() {
    let index = Index::new(two());
    let project = Project::of("a\n");
    project.write("constraints.txt", "b<2\nnosuch==1\n");
    project.compiles(&index.url(), &["-c", "constraints.txt"]);
    assert_eq!(project.pins(), ["a==2.0", "b==1.0"]);
    assert!(
        project
            .lock()
            .contains("    # via\n    #   -c constraints.txt\n    #   a\n")
    );
    let all = project.lock();
    project.write("requirements.in", "-c constraints.txt\na\n");
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(
        project.pins(),
        ["a==2.0", "b==1.0"],
        "a constraint of a requirements file"
    );
    assert!(all.contains("--constraint=constraints.txt"));
    let project = Project::of("a\n").with_variable("PINFOLD_CONSTRAINT", "one.txt two.txt");
    project.write("one.txt", "b<3\n");
    project.write("two.txt", "a<2\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_unset() {
    let index = Index::new([wheel("a", "1.0")]);
    let mut project = Project::of("a\n");
    for name in [
        "PINFOLD_CACHE_DIR",
        "PINFOLD_CERT",
        "PINFOLD_EXCLUDE_NEWER",
        "PINFOLD_INDEX_STRATEGY",
        "PINFOLD_PRERELEASE",
        "PINFOLD_RETRIES",
        "PINFOLD_TIMEOUT",
    ] {
        project = project.with_variable(name, "");
    }
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn overrides_replace_what_is_required() {
    let index = Index::new([
        wheel("a", "1.0").requires(&["b<2"]),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
    ]);
    let project = Project::of("a\n");
    project.write("overrides.txt", "b>=2\n");
    project.compiles(&index.url(), &["--override", "overrides.txt"]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
}

#[test]
fn overrides_replace_what_is_required_by_url() {
    let (old, new) = (wheel("a", "1.0"), wheel("a", "2.0"));
    let index = Index::new([old.clone(), new.clone()]);
    let project = Project::of(&format!("a @ {}\n", index.file_url(&old)));
    project.write("overrides.txt", "a>=2\n");
    project.compiles(&index.url(), &["--override", "overrides.txt"]);
    assert_eq!(project.pins(), ["a==2.0"]);
    let url = index.file_url(&new);
    project.write("overrides.txt", format!("a @ {url}\n"));
    project.compiles(&index.url(), &["--override", "overrides.txt"]);
    assert!(project.lock().contains(&format!("a @ {url}")));
}

#[test]
fn an_override_replaces_what_a_folder_requires_by_url() {
    let (old, new) = (wheel("b", "1.0"), wheel("b", "2.0"));
    let index = Index::new([old.clone(), new.clone(), wheel("b", "3.0")]);
    let project = Project::of("./p\n");
    project.write(
        "p/pyproject.toml",
        format!(
            "[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"b @ {}\"]\n",
            index.file_url(&old)
        ),
    );
    let compile = |text: &str| {
        project.write("overrides.txt", text);
        project.compile(&index.url(), &["--override", "overrides.txt"])
    };
    compile("b==2.0\n").says(0, &[]);
    assert_eq!(project.pins(), ["b==2.0", "./p"]);
    compile("b!=2\n").says(0, &[]);
    assert_eq!(project.pins(), ["b==3.0", "./p"]);
    for name in ["b @ ", ""] {
        let url = index.file_url(&new);
        compile(&format!("{name}{url}\n")).says(0, &[]);
        assert_eq!(project.pins(), [format!("b @ {url}"), "./p".to_owned()]);
    }
    compile("b ; python_version < '3'\n").says(0, &[]);
    assert_eq!(project.pins(), ["./p"]);
}

#[test]
fn of_several_overrides_those_count_whose_markers_hold() {
    let index = Index::new([
        wheel("a", "1.0")
            .requires(&[
                "b<2",
                "c; sys_platform == 'win32'",
                "d; extra == 'x' and sys_platform == 'win32'",
            ])
            .extras(&["x"]),
        wheel("d", "1.0"),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
        wheel("b", "3.0"),
        wheel("c", "1.0"),
    ]);
    let project = Project::of("a\n");
    let pins = |requirements: &str, overrides: &str| {
        project.write("requirements.in", requirements);
        project.write("overrides.txt", overrides);
        project.compiles(&index.url(), &["-U", "--override", "overrides.txt"]);
        project.pins()
    };
    let two = "b==2.0; python_version >= '3.9'\nb==3.0; python_version < '3.9'\n";
    assert_eq!(pins("a\n", two), ["a==1.0", "b==2.0"]);
    let place = format!(
        "b==3.0; python_version >= '3.9'\nb @ {} ; python_version < '3.9'\n",
        "https://files.example/b-9-py3-none-any.whl"
    );
    assert_eq!(pins("a\n", &place), ["a==1.0", "b==3.0"]);
    assert_eq!(pins("a\n", "b; python_version < '3.9'\n"), ["a==1.0"]);
    // They stand in the place of the whole requirement: of its marker, too.
    let c = "c; sys_platform == 'linux'\nc; sys_platform == 'darwin'\n";
    assert_eq!(pins("a\n", c), ["a==1.0", "b==1.0", "c==1.0"]);
    let pin = ["c==1.0 ; sys_platform == \"linux\""];
    assert_eq!(pins("c; sys_platform == 'win32'\n", c), pin);
    assert_eq!(pins("c; sys_platform != 'win32'\n", c), pin);
    assert_eq!(pins("c; sys_platform != 'win32'\n", "c\n"), ["c==1.0"]);
    // But for the extra: what is not asked for is not overridden.
    assert_eq!(pins("a\n", "d\n"), ["a==1.0", "b==1.0"]);
    assert_eq!(pins("a[x]\n", "d\n"), ["a==1.0", "b==1.0", "d==1.0"]);
}

#[test]
fn requires_python_counts_with_its_upper_bounds() {
    let releases = [
        wheel("rpy", "1.0").python(">=3.8"),
        wheel("rpy", "1.5").python(">=3.8,<3.10"),
        wheel("rpy", "2.0").python(">=3.14"),
    ];
    assert_eq!(pins_on("3.11", "linux", &releases, "rpy\n"), ["rpy==1.0"]);
    assert_eq!(pins_on("3.9", "linux", &releases, "rpy\n"), ["rpy==1.5"]);
    assert_eq!(pins_on("3.14", "linux", &releases, "rpy\n"), ["rpy==2.0"]);
    let run = refused(&releases, "rpy>1.0\n", &[]);
    run.says(1, &["rpy", "Python"]);
}

#[test]
fn an_upper_bound_that_is_overlooked_is_told_wherever_it_stands() {
    let release = wheel("rpy", "1.5").python(">=3.8,<3.10");
    let project = Project::of("rpy==1.5\n");
    project.write(&format!("links/{}", release.filename()), release.bytes());
    let arguments = ["--no-index", "--find-links", "links"];
    let run = run(&mut project.compile_command(&arguments));
    run.says(
        0,
        &["rpy 1.5 requires Python >=3.8,<3.10", "pip will refuse"],
    );
    // To leave one Python out is no upper bound.
    let releases = [wheel("rpy", "1.5").python("!=3.12.*")];
    refused(&releases, "rpy==1.5\n", &[]);
}

#[test]
fn requires_python_that_only_the_metadata_has_counts_too() {
    let index = Index::in_mode(
        Mode::Json,
        [wheel("a", "1.0"), wheel("a", "2.0").python(">=3.13")],
    );
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn wheels_for_other_targets_are_no_candidates() {
    let releases = [
        wheel("a", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64"),
        wheel("a", "1.1").tag("cp312-cp312-manylinux_2_35_x86_64"),
        wheel("a", "1.2").tag("cp312-cp312-musllinux_1_2_x86_64"),
        wheel("a", "1.3").tag("cp312-cp312-manylinux_2_28_aarch64"),
        wheel("a", "1.4").tag("cp311-cp311-manylinux_2_17_x86_64"),
    ];
    for (platform, version) in [
        ("linux", "1.0"),
        ("linux/amd64", "1.0"),
        ("x86_64-manylinux_2_36", "1.1"),
        ("x86_64-unknown-linux-musl", "1.2"),
        ("linux/arm64", "1.3"),
    ] {
        assert_eq!(
            pins_on("3.12", platform, &releases, "a\n"),
            [format!("a=={version}")],
            "{platform}"
        );
    }
    let run = refused(&releases[1..], "a\n", &[]);
    run.says(
        1,
        &[
            "a 1.4 cannot be used: no usable wheel: its wheels are for other Python versions",
            "a 1.1 to 1.3 cannot be used: no usable wheel: its wheels are for manylinux_2_28_aarch64",
            "--python-platform",
        ],
    );
}

#[test]
fn yanked_releases_are_for_who_names_them() {
    let releases = [wheel("a", "1.0"), wheel("a", "2.0").yanked("breaks disks")];
    assert_eq!(pins(&releases, "a\n", &[]), ["a==1.0"]);
    let run = refused(&releases, "a>1\n", &[]);
    run.says(1, &["yanked"]);
    let index = Index::new(releases);
    let project = Project::of("a==2.0\n");
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["warning: a 2.0 was yanked: breaks disks"]);
    // A yanked pin of the lock stays until it is moved.
    project.write("requirements.in", "a\n");
    project
        .compiles(&index.url(), &[])
        .says(0, &["warning: a 2.0 was yanked"]);
    assert_eq!(project.pins(), ["a==2.0"]);
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn what_is_newer_than_wanted_is_no_candidate() {
    let releases = [
        wheel("a", "1.0").uploaded("2026-01-01T00:00:00Z"),
        wheel("a", "2.0").uploaded("2026-03-01T12:00:00Z"),
        wheel("a", "3.0").uploaded("2026-05-01T00:00:00Z"),
    ];
    let until = |time: &str| pins(&releases, "a\n", &["--exclude-newer", time]);
    assert_eq!(until("2026-03-01"), ["a==2.0"]);
    assert_eq!(until("2026-03-01T12:00:00Z"), ["a==1.0"]);
    assert_eq!(until("2026-03-01T12:00:01Z"), ["a==2.0"]);
    assert_eq!(until("2026-03-01T14:00:00+02:00"), ["a==1.0"]);
    let run = refused(&releases, "a\n", &["--exclude-newer", "2025-01-01"]);
    run.says(1, &["--exclude-newer"]);
}

#[test]
fn an_age_limit_counts_file_by_file() {
    let old = wheel("a", "1.0").uploaded("2026-01-01T00:00:00Z");
    let late = wheel("a", "1.0")
        .tag("cp312-cp312-manylinux_2_17_x86_64")
        .uploaded("2026-05-01T00:00:00Z");
    let index = Index::new([old.clone(), late]);
    let project = Project::of("a\n");
    project.compiles(&index.url(), &["--exclude-newer", "2026-03-01"]);
    assert_eq!(crate::project::hashes(&project.lock()), [old.hash()]);
}

#[test]
fn an_age_limit_never_downgrades() {
    let index = Index::new([
        wheel("a", "1.0").uploaded("2026-01-01T00:00:00Z"),
        wheel("a", "2.0").uploaded("2026-05-01T00:00:00Z"),
        wheel("a", "3.0").uploaded("2026-06-01T00:00:00Z"),
    ]);
    let project = Project::of("a<3\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==2.0"]);
    project.write("requirements.in", "a\n");
    for more in [&[][..], &["-U"], &["-P", "a"]] {
        let mut arguments = vec!["--exclude-newer", "2026-03-01"];
        arguments.extend(more);
        project.compiles(&index.url(), &arguments);
        assert_eq!(project.pins(), ["a==2.0"], "{more:?}");
    }
}

#[test]
fn an_index_without_upload_times_has_nothing_old_enough() {
    let index = Index::in_mode(Mode::Html, two());
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &["--exclude-newer", "2026-03-01"]);
    run.says(1, &["upload"]);
}

#[test]
fn pre_releases_are_a_last_resort() {
    let releases = [
        wheel("a", "1.0"),
        wheel("a", "2.0rc1"),
        wheel("p", "1.0b1"),
        wheel("p", "1.0b2"),
        wheel("needs", "1.0").requires(&["a>=2.0rc1"]),
    ];
    assert_eq!(pins(&releases, "a\n", &[]), ["a==1.0"]);
    assert_eq!(pins(&releases, "p\n", &[]), ["p==1.0b2"]);
    assert_eq!(pins(&releases, "a>=2.0rc1\n", &[]), ["a==2.0rc1"]);
    assert_eq!(pins(&releases, "needs\n", &[]), ["a==2.0rc1", "needs==1.0"]);
    assert_eq!(pins(&releases, "a\n", &["--pre"]), ["a==2.0rc1"]);
    assert_eq!(pins(&releases, "--pre\na\n", &[]), ["a==2.0rc1"]);
    assert_eq!(
        pins(&releases, "a\n", &["--prerelease=allow"]),
        ["a==2.0rc1"]
    );
    let run = refused(&releases, "p\n", &["--prerelease=disallow"]);
    run.says(1, &["pre-release"]);
}

#[test]
fn a_locked_pre_release_goes_where_none_are_allowed() {
    let index = Index::new([wheel("a", "1.0"), wheel("a", "2.0rc1")]);
    let project = Project::of("a\n");
    project.write("requirements.txt", "a==2.0rc1\n");
    project.compiles(&index.url(), &["--dry-run"]);
    project.compiles(&index.url(), &["--prerelease=disallow"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn no_wheels_but_for_one_project() {
    let releases = [wheel("a", "1.0"), wheel("b", "1.0"), sdist("b", "1.0")];
    let arguments = ["--no-binary", ":all:", "--only-binary", "a"];
    assert_eq!(pins(&releases, "a\nb\n", &arguments), ["a==1.0", "b==1.0"]);
}

#[test]
fn the_first_index_that_knows_a_name_is_its_only_one() {
    let private = Index::new([wheel("a", "1.0")]);
    let public = Index::new([wheel("a", "9.0"), wheel("b", "1.0")]);
    let with = |arguments: &[&str]| {
        let project = Project::of("a\nb\n");
        let private_url = private.url();
        let mut all = vec!["--extra-index-url", &private_url, "--no-cache"];
        all.extend(arguments);
        project.compiles(&public.url(), &all);
        private.requests();
        (project.pins(), public.requests())
    };
    let (pins, asked) = with(&[]);
    assert_eq!(pins, ["a==1.0", "b==1.0"]);
    // It is only asked if it has the name as well.
    let is_of_a = |request: &&String| request.starts_with("GET /files/a-");
    assert_eq!(asked.iter().find(is_of_a), None, "{asked:?}");
    let (pins, _) = with(&["--index-strategy", "unsafe-best-match"]);
    assert_eq!(pins, ["a==9.0", "b==1.0"]);
    let (pins, _) = with(&["--index-strategy", "unsafe-first-match"]);
    assert_eq!(pins, ["a==1.0", "b==1.0"]);
}

#[test]
fn a_variable_may_name_several_indexes() {
    let indexes = [
        Index::new([wheel("a", "1.0")]),
        Index::new([wheel("b", "1.0")]),
    ];
    let both = format!("{} {}", indexes[0].url(), indexes[1].url());
    let public = Index::new([wheel("a", "2.0"), wheel("b", "2.0"), wheel("c", "2.0")]);
    let project = Project::of("a\nb\nc\n").with_variable("PINFOLD_EXTRA_INDEX_URL", &both);
    project.compiles(&public.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==2.0"]);
}

#[test]
fn a_later_index_fills_in_for_a_strategy_that_lets_it() {
    let private = Index::new([wheel("a", "1.0")]);
    let public = Index::new([wheel("a", "9.0")]);
    let project = Project::of("a>2\n");
    let run = project.compile(&public.url(), &["--extra-index-url", &private.url()]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    project.compiles(
        &public.url(),
        &[
            "--extra-index-url",
            &private.url(),
            "--index-strategy",
            "unsafe-first-match",
        ],
    );
    assert_eq!(project.pins(), ["a==9.0"]);
}

#[test]
fn sdists_that_say_enough_are_candidates() {
    let releases = [
        sdist("a", "2.0").requires(&["b"]),
        wheel("a", "1.0"),
        wheel("b", "1.0"),
    ];
    assert_eq!(pins(&releases, "a>1\n", &[]), ["a==2.0", "b==1.0"]);
    assert_eq!(
        pins(&releases, "a\n", &["--only-binary", ":all:"]),
        ["a==1.0"]
    );
    assert_eq!(pins(&releases, "a\n", &["--no-build"]), ["a==1.0"]);
    assert_eq!(pins(&releases, "--only-binary=a\na\n", &[]), ["a==1.0"]);
    let run = refused(&releases[1..], "a\n", &["--no-binary", "a"]);
    run.says(1, &["a 1.0"]);
}

#[test]
fn what_would_have_to_be_built_is_not_chosen_where_nothing_can_build_it() {
    let releases = [dynamic_sdist("a", "2.0"), wheel("a", "1.0")];
    assert_eq!(pins(&releases, "a\n", &[]), ["a==1.0"]);
    let run = refused(&releases, "a>1\n", &["--no-build"]);
    run.says(
        1,
        &["a 2.0", "`--no-build` excludes its source distribution"],
    );
    // There is no Python here: that says nothing against the release.
    let index = Index::new(releases);
    let run = Project::of("a>1\n").compile(&index.url(), &[]);
    run.says(2, &["a-2.0.tar.gz", "no Python to build with"]);
}

#[test]
fn a_wheel_of_the_same_release_spares_the_sdist() {
    let index = Index::new([dynamic_sdist("a", "2.0"), wheel("a", "2.0")]);
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==2.0"]);
    assert!(!index.requests().iter().any(|one| one.contains(".tar.gz")));
}

#[test]
fn a_wheel_in_range_comes_before_an_sdist_that_is_newer() {
    let releases = [sdist("a", "2.0"), wheel("a", "1.0")];
    assert_eq!(pins(&releases, "a\n", &[]), ["a==1.0"]);
}

#[test]
fn a_folder_of_wheels_is_enough_without_any_index() {
    let index = Index::new([]);
    let project = Project::of("a\n");
    for release in two() {
        project.write(&format!("wheels/{}", release.filename()), release.bytes());
    }
    project.compiles(&index.url(), &["--no-index", "--find-links", "wheels"]);
    assert_eq!(project.pins(), ["a==2.0", "b==3.0"]);
    assert_eq!(index.requests(), [""; 0]);
    let text = project.lock();
    assert!(text.contains("\n--find-links wheels\n"), "{text}");
    assert!(text.contains(&wheel("b", "3.0").hash()), "{text}");
    let run = project.compile(&index.url(), &["--no-index", "-U"]);
    run.says(1, &["a"]);
    assert_eq!(index.requests(), [""; 0]);
}

#[test]
fn find_links_of_a_requirements_file_are_beside_it() {
    let index = Index::new([]);
    let project = Project::new();
    let release = wheel("a", "1.0");
    project.write(
        "sub/requirements.in",
        "--no-index\n--find-links wheels\na\n",
    );
    project.write(
        &format!("sub/wheels/{}", release.filename()),
        release.bytes(),
    );
    project.compiles(&index.url(), &["sub/requirements.in"]);
    let text = project.read("sub/requirements.txt");
    // pip takes the path for one that starts where the lock is.
    assert!(text.contains("\n--find-links wheels\n"), "{text}");
    for arguments in [&[][..], &["--no-header"]] {
        let arguments = [arguments, &["sub/requirements.in"]].concat();
        project.compiles(&index.url(), &arguments);
        // A lock without a header does not say for which Python it is.
        project.write(
            "pinfold.toml",
            "[[lock]]\noutput = \"sub/requirements.txt\"\nsources = [\"sub/requirements.in\"]\n\
             python-version = \"3.12\"\n",
        );
        let run = run(&mut project.command(&["update", "--check", "--index-url", &index.url()]));
        run.says(0, &["Nothing to update"]);
    }
}

#[test]
fn a_wheel_by_its_url_brings_its_requirements() {
    let index = Index::new(two());
    let release = wheel("a", "1.0").requires(&["b"]);
    let url = index.file_url(&release);
    let project = Project::of(&format!("a @ {url}\nb<3\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), [format!("a @ {url}"), "b==2.0".to_owned()]);
    assert!(!index.requests().contains(&"GET /simple/a/".to_owned()));
    project.write(
        "requirements.in",
        format!("{url}#sha256={}\n", &release.hash()[7..]),
    );
    project.compiles(&index.url(), &[]);
}

#[test]
fn a_wheel_by_its_path_stays_one_wherever_the_folder_is() {
    let index = Index::new([wheel("b", "1.0")]);
    let release = wheel("a", "1.0")
        .requires(&["b; extra == 'x'"])
        .extras(&["x"]);
    let lock = || {
        let name = release.filename();
        let project = Project::of(&format!("./wheels/{name}[x] ; python_version > '3'\n"));
        project.write(&format!("wheels/{name}"), release.bytes());
        let arguments = ["--no-header", "--no-strip-extras"];
        project.compiles(&index.url(), &arguments);
        project
            .compile(
                &index.url(),
                &["--check", "--no-header", "--no-strip-extras"],
            )
            .says(0, &[]);
        // The lock is input again.
        project.compiles(&index.url(), &["requirements.txt", "-o", "again.txt"]);
        assert_eq!(crate::project::pins(&project.read("again.txt")).len(), 2);
        project.write("requirements.in", format!("./wheels/{name}\n"));
        let run = project.compiles(&index.url(), &arguments);
        run.says(0, &["1 pin removed"]);
        project.write("requirements.txt", "");
        project.write(
            "requirements.in",
            format!("./wheels/{name}[x] ; python_version > '3'\n"),
        );
        project.compiles(&index.url(), &arguments);
        project.lock()
    };
    assert_eq!(
        lock(),
        format!(
            "./wheels/{}[x] ; python_version > \"3\" \\\n    --hash={}\n    # via -r requirements.in\n\
             b==1.0 \\\n    --hash={}\n    # via a\n",
            release.filename(),
            release.hash(),
            wheel("b", "1.0").hash()
        )
    );
    assert_eq!(lock(), lock());
}

#[test]
fn extras_bring_what_they_require() {
    let releases = [
        wheel("a", "1.0")
            .extras(&["dev", "all"])
            .requires(&["b; extra == 'dev'", "a[dev]; extra == 'all'"]),
        wheel("b", "1.0"),
    ];
    assert_eq!(pins(&releases, "a\n", &[]), ["a==1.0"]);
    assert_eq!(pins(&releases, "a[DEV]\n", &[]), ["a==1.0", "b==1.0"]);
    assert_eq!(pins(&releases, "a[all]\n", &[]), ["a==1.0", "b==1.0"]);
    let index = Index::new(releases);
    let project = Project::of("a[nosuch]\n");
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["warning: a 1.0 has no extra `nosuch`"]);
}

#[test]
fn markers_are_those_of_the_target() {
    let releases = [
        wheel("a", "1.0").requires(&[
            "b; sys_platform == 'win32'",
            "c; sys_platform == 'linux' and python_version >= '3.10'",
        ]),
        wheel("b", "1.0"),
        wheel("c", "1.0"),
    ];
    assert_eq!(
        pins_on("3.12", "linux", &releases, "a\n"),
        ["a==1.0", "c==1.0"]
    );
    assert_eq!(
        pins_on("3.12", "windows", &releases, "a\n"),
        ["a==1.0", "b==1.0"]
    );
    assert_eq!(pins_on("3.9", "linux", &releases, "a\n"), ["a==1.0"]);
}

#[test]
fn a_conflict_is_told_with_both_sides() {
    let releases = [
        wheel("a", "1.0").requires(&["c<2"]),
        wheel("b", "1.0").requires(&["c>=2"]),
        wheel("c", "1.0"),
        wheel("c", "2.0"),
    ];
    let run = refused(&releases, "a\nb\n", &[]);
    run.says(1, &["a 1.0", "c<2", "b 1.0", "c>=2", "help: "]);
    assert!(run.stderr.lines().count() <= 20, "{}", run.stderr);
}

#[test]
fn only_what_is_required_directly_is_pinned_on_demand() {
    assert_eq!(pins(&two(), "a\n", &["--no-deps"]), ["a==2.0"]);
}

#[test]
fn local_versions_and_epochs_are_versions() {
    let releases = [
        wheel("a", "1.0"),
        wheel("a", "1.0+cpu"),
        wheel("b", "1!0.5"),
        wheel("b", "9.0"),
    ];
    assert_eq!(
        pins(&releases, "a==1.0\nb\n", &[]),
        ["a==1.0+cpu", "b==1!0.5"]
    );
}
