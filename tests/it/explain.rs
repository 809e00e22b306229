//! `pinfold explain`: who requires a pin, what became of newer releases, what holds it
//! back, and how the lock is found.

use serde_json::Value;

use crate::index::{Index, Release, dynamic_sdist, wheel};
use crate::project::{Project, Run, run};

/// A project whose lock is made.
struct Locked {
    index: Index,
    project: Project,
}

impl Locked {
    #[track_caller]
    fn of(releases: &[Release], requirements: &str, arguments: &[&str]) -> Self {
        let index = Index::new(releases.iter().cloned());
        let project = Project::of(requirements);
        let locked = Self { index, project };
        locked.compiles(arguments);
        locked
    }

    #[track_caller]
    fn compiles(&self, arguments: &[&str]) {
        self.project.compiles(&self.index.url(), arguments);
    }

    fn explain(&self, arguments: &[&str]) -> Run {
        let url = self.index.url();
        let mut all = vec!["explain", "--index-url", &url];
        all.extend(arguments);
        run(&mut self.project.command(&all))
    }

    /// Explains, and asserts that the result has these phrases.
    #[track_caller]
    fn tells(&self, arguments: &[&str], phrases: &[&str]) -> String {
        let run = self.explain(arguments);
        run.says(0, &[]);
        for phrase in phrases {
            assert!(
                run.stdout.contains(phrase),
                "`{phrase}` is not in:\n{}",
                run.stdout
            );
        }
        run.stdout
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let run = self.explain(&[arguments, &["--json"]].concat());
        serde_json::from_str(&run.stdout).unwrap()
    }
}

/// `a` requires `b<3` by way of `c`; `b` has all kinds of newer releases.
fn releases() -> Vec<Release> {
    vec![
        wheel("a", "1.0")
            .requires(&["c[x]>=1"])
            .uploaded("2026-01-01T00:00:00Z"),
        wheel("c", "1.0")
            .extras(&["x"])
            .requires(&["b<3; extra == 'x'", "w; sys_platform == 'win32'"]),
        wheel("b", "1.0"),
        wheel("b", "1.5").yanked("broken"),
        wheel("b", "2.0").uploaded("2026-02-03T00:00:00Z"),
        wheel("b", "2.1").python(">=3.13"),
        wheel("b", "2.2").python(">=3.13"),
        wheel("b", "2.3").tag("cp312-cp312-win_amd64"),
        wheel("b", "2.4").yanked("leaks memory"),
        wheel("b", "2.5rc1"),
        dynamic_sdist("b", "2.6"),
        wheel("b", "3.0"),
        wheel("w", "1.0"),
    ]
}

#[test]
fn tells_the_chain_and_each_newer_release() {
    let locked = Locked::of(&releases(), "# why\na\n", &[]);
    assert_eq!(locked.project.pins(), ["a==1.0", "b==2.0", "c==1.0"]);
    let text = locked.tells(&["b"], &[]);
    assert_eq!(
        text,
        format!(
            "b 2.0 (requirements.txt:{line})
  for Python 3.12 for x86_64-manylinux_2_28
  uploaded on 2026-02-03

Required by
  a (requirements.in:2)
    a 1.0 requires c[x]>=1
      c[x] 1.0 requires b<3 ; extra == 'x'

Newer releases: 7
  3.0: c 1.0 requires b<3
  2.6: only a source distribution; releases with a wheel are preferred
  2.5rc1: a pre-release; final releases are preferred
  2.4: yanked (leaks memory)
  2.3: no wheel for the target: its wheels are for win_amd64
  2.1 and 2.2: requires Python >=3.13
Older releases: 2, of which 1 yanked

What holds it back
  there is no solution with 3.0:
    you require a (requirements.in:2)
    a 1.0 requires c[x]>=1
    c 1.0 requires b<3 for the extra `x`
",
            line = locked
                .project
                .lock()
                .lines()
                .position(|line| line.starts_with("b=="))
                .unwrap()
                + 1
        )
    );
}

fn two() -> Vec<Release> {
    vec![
        wheel("a", "1.0").requires(&["b<2"]),
        wheel("a", "2.0").requires(&["b<3", "d"]),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
        wheel("d", "1.0"),
    ]
}

#[test]
fn tells_what_would_move_where_nothing_holds_it_back() {
    let locked = Locked::of(&two(), "a<2\nb\n", &[]);
    locked.project.write("requirements.in", "a\nb\n");
    let text = locked.tells(
        &["b"],
        &[
            "Required by\n  b (requirements.in:2)\n  a (requirements.in:1)\n    a 1.0 requires b<2\n",
            "  2.0: a 1.0 requires b<2\n",
            "  nothing: to upgrade to 2.0, run\n    pinfold compile -P b==2.0 ",
            "  which also changes\n    a 1.0 to 2.0\n    d 1.0, new\n",
        ],
    );
    assert!(!text.contains("older"), "{text}");
    // And that is what the command does.
    locked.compiles(&["-P", "b==2.0"]);
    assert_eq!(locked.project.pins(), ["a==2.0", "b==2.0", "d==1.0"]);
    locked.tells(
        &["b"],
        &["Newer releases: none", "nothing: it is the newest release"],
    );
}

#[test]
fn a_pin_that_is_only_kept_is_moved_by_its_name() {
    let locked = Locked::of(&two(), "b<2\n", &[]);
    locked.project.write("requirements.in", "b\n");
    let text = locked.tells(
        &["b"],
        &[
            "  2.0: usable\n",
            "  nothing: to upgrade to 2.0, run\n    pinfold compile -P b --",
        ],
    );
    assert!(!text.contains("and with it"), "{text}");
}

#[test]
fn to_take_others_back_is_a_price_and_not_nothing() {
    let releases = [
        wheel("a", "1.0").requires(&["b"]),
        wheel("a", "2.0").requires(&["b<2"]),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
    ];
    let locked = Locked::of(&releases, "a\n", &[]);
    locked.tells(
        &["b"],
        &[
            "  2.0 requires older versions of other projects:\n    you require a (requirements.in:1)\n",
            "  to take it anyway, run\n    pinfold compile -P b==2.0 ",
            "  which also changes\n    a 2.0 to 1.0, older\n",
        ],
    );
    let json = locked.json(&["b"]);
    assert_eq!(json["held_back"]["by"], "requirements");
    assert_eq!(json["held_back"]["forced"]["moves"][0]["to"], "1.0");
}

#[test]
fn the_users_own_bounds_are_named_with_their_places() {
    let index = Index::new(two());
    let project = Project::of("b\n");
    project.write("constraints.txt", "# old\nb<2\n");
    let locked = Locked { index, project };
    locked.compiles(&["-c", "constraints.txt"]);
    locked.tells(
        &["b"],
        &[
            "Constrained by\n  b<2 (constraints.txt:2)\n",
            "  2.0: constraints.txt:2 constrains b<2\n",
            "    you constrain b<2 (constraints.txt:2)\n",
            "  without the bound `b<2`, there is a solution with b==2.0\n",
        ],
    );
    let locked = Locked::of(&two(), "a\n", &[]);
    locked.project.write("overrides.txt", "b==1.0\n");
    locked.compiles(&["--override", "overrides.txt"]);
    locked.tells(
        &["b"],
        &[
            "  b==1.0 (override, overrides.txt:1)\n",
            "    a 2.0 requires b<3, overridden\n",
            "  2.0: overrides.txt:1 overrides it to b==1.0\n",
        ],
    );
}

#[test]
fn releases_after_the_limit_are_told_with_their_times() {
    let releases = [
        wheel("b", "1.0").uploaded("2026-01-01T00:00:00Z"),
        wheel("b", "2.0").uploaded("2026-03-01T00:00:00Z"),
        wheel("b", "2.1").uploaded("2026-03-04T00:00:00Z"),
    ];
    let locked = Locked::of(&releases, "b\n", &["--exclude-newer", "2026-02-01"]);
    locked.tells(
        &["b"],
        &[
            "  2.0 and 2.1: uploaded after --exclude-newer 2026-02-02T00:00:00Z, on 2026-03-01 to 2026-03-04\n",
            "  no newer release is usable, for the reasons above\n",
        ],
    );
    // The command line has the last word.
    locked.tells(
        &["b", "--exclude-newer", "2026-03-02"],
        &["  2.1: uploaded after", "  2.0: usable"],
    );
}

#[test]
fn many_releases_are_counted_unless_all_are_asked_for() {
    let mut releases = vec![wheel("b", "0.9")];
    for patch in 0..30 {
        let release = wheel("b", &format!("1.{patch}"));
        releases.push(if patch % 2 == 0 {
            release.yanked("")
        } else {
            release.python(">=3.13")
        });
    }
    let locked = Locked::of(&releases, "b\n", &[]);
    let text = locked.tells(
        &["b"],
        &["  1.10: yanked\n  and 1.0 to 1.9 (10): 5 for another Python, 5 yanked; `--all` lists them\n"],
    );
    assert!(!text.contains("  1.9:"), "{text}");
    let text = locked.tells(&["b", "--all"], &["  1.9: requires Python >=3.13\n"]);
    assert!(!text.contains("`--all`"), "{text}");
    let json = locked.json(&["b"]);
    assert_eq!(json["newer"].as_array().unwrap().len(), 30);
}

#[test]
fn what_is_not_in_the_lock_is_told_why() {
    let locked = Locked::of(&releases(), "a\nq; sys_platform == 'win32'\n", &[]);
    let run = locked.explain(&["q"]);
    run.says(
        1,
        &[
            "error: `q` is not in `requirements.txt`",
            "requirements.in:2 requires q only if sys_platform == 'win32', which does not hold for Python 3.12",
        ],
    );
    assert_eq!(run.stdout, "");
    locked
        .explain(&["w"])
        .says(1, &["c 1.0 requires w only if sys_platform == 'win32'"]);
    let json = locked.json(&["w"]);
    assert_eq!(json["version"], 1);
    assert_eq!(json["pinned"], false);
    assert_eq!(json["not_held"][0]["by"], "c 1.0");
    // A requirement that came after the lock.
    locked.project.write("requirements.in", "a\nw\n");
    locked.explain(&["w"]).says(
        1,
        &[
            "it would be there now: w (requirements.in:2)",
            "the lock file is out of date: run `pinfold compile`",
        ],
    );
}

#[test]
fn a_misspelt_name_is_guessed() {
    let releases = [wheel("werkzeug", "1.0")];
    let locked = Locked::of(&releases, "werkzeug\n", &[]);
    locked.explain(&["werkzueg"]).says(
        1,
        &[
            "`werkzueg` is not in `requirements.txt`",
            "did you mean `werkzeug`?",
        ],
    );
    locked.tells(&["WerkZeug"], &["werkzeug 1.0 (requirements.txt:"]);
    locked
        .explain(&["no name!"])
        .says(2, &["`no name!` is not the name of a project"]);
}

#[test]
fn a_lock_that_is_not_up_to_date_is_said_to_be() {
    let locked = Locked::of(&two(), "a<2\n", &[]);
    locked.project.write("requirements.in", "a>1\n");
    locked.tells(
        &["a"],
        &["the lock file is out of date: `pinfold compile` would change it to 2.0"],
    );
    locked.project.write("requirements.in", "d\n");
    locked.tells(
        &["a"],
        &["nothing requires it, and `pinfold compile` would remove it"],
    );
}

#[test]
fn sources_and_options_come_from_the_header() {
    let index = Index::new(two());
    let project = Project::new();
    project.write("in/dev.in", "a<2\n");
    project.write("locks/.keep", "");
    let locked = Locked { index, project };
    locked.compiles(&["in/dev.in", "-o", "locks/dev.txt", "--no-header"]);
    let pins = locked.project.read("locks/dev.txt");
    for header in [
        "# This file is autogenerated by pip-compile with Python 3.12\n# by the following command:\n#\n#    pip-compile --output-file=locks/dev.txt in/dev.in\n#\n",
        "# This file was autogenerated by uv via the following command:\n#    uv pip compile in/dev.in -o locks/dev.txt --python-version 3.12 --python-platform linux\n",
    ] {
        locked
            .project
            .write("locks/dev.txt", format!("{header}{pins}"));
        for arguments in [
            &["b", "--lock", "locks/dev.txt"][..],
            &["b", "-o", "locks/dev.txt"],
            &["b"],
        ] {
            locked.tells(
                arguments,
                &[
                    "b 1.0 (locks/dev.txt:",
                    "for Python 3.12 for x86_64-manylinux",
                    "  a<2 (in/dev.in:1)\n    a 1.0 requires b<2\n",
                ],
            );
        }
    }
}

#[test]
fn sources_on_the_command_line_need_no_header() {
    let locked = Locked::of(&two(), "a<2\n", &["--no-header", "-o", "pins"]);
    let run = locked.explain(&["b", "--lock", "pins"]);
    run.says(
        2,
        &[
            "the sources of `pins` are unknown",
            "pinfold explain b requirements.in --lock pins",
        ],
    );
    locked.tells(
        &[
            "b",
            "requirements.in",
            "--lock",
            "pins",
            "--python-version",
            "3.12",
            "--python-platform",
            "linux",
        ],
        &["b 1.0 (pins:", "a 1.0 requires b<2"],
    );
}

#[test]
fn what_is_not_there_or_has_no_meaning_is_refused() {
    let locked = Locked::of(&two(), "a\n", &[]);
    locked
        .explain(&["b", "--lock", "other.txt"])
        .says(2, &["there is no lock file `other.txt`"]);
    locked
        .explain(&["b", "-P", "b"])
        .says(2, &["`--upgrade-package` has no effect here"]);
    std::fs::remove_file(locked.project.path("requirements.txt")).unwrap();
    locked.explain(&["b"]).says(
        2,
        &[
            "there is no lock file `requirements.txt`",
            "pinfold compile",
        ],
    );
    std::fs::remove_file(locked.project.path("requirements.in")).unwrap();
    locked.explain(&["b"]).says(2, &["nothing to compile"]);
}

#[test]
fn which_of_several_locks_is_asked() {
    let locked = Locked::of(&two(), "a\n", &["-o", "one.txt"]);
    locked.compiles(&["-o", "two.txt"]);
    std::fs::rename(
        locked.project.path("requirements.in"),
        locked.project.path("base.in"),
    )
    .unwrap();
    for lock in ["one.txt", "two.txt"] {
        let text = locked
            .project
            .read(lock)
            .replace("requirements.in", "base.in");
        locked.project.write(lock, text);
    }
    locked
        .explain(&["b"])
        .says(2, &["found 2 lock files: `one.txt`, `two.txt`"]);
    locked.tells(&["b", "--lock", "two.txt"], &["b 2.0 (two.txt:"]);
}

#[test]
fn a_warm_cache_is_enough() {
    let locked = Locked::of(&releases(), "a\n", &[]);
    let online = locked.tells(&["b"], &[]);
    locked.index.requests();
    assert_eq!(locked.tells(&["b", "--offline"], &[]), online);
    assert_eq!(locked.index.requests(), [""; 0]);
    // What the cache does not have cannot be tried, and that is said.
    std::fs::remove_dir_all(locked.project.cache()).unwrap();
    locked.explain(&["b", "--offline"]).says(2, &["offline"]);
}

#[test]
fn an_index_that_is_down_is_for_later() {
    let locked = Locked::of(&two(), "a\n", &[]);
    let run = run(&mut locked.project.command(&[
        "explain",
        "b",
        "--no-cache",
        "--retries",
        "0",
        "--index-url",
        "http://127.0.0.1:9/simple/",
    ]));
    assert_eq!(run.code, 75, "{}", run.stderr);
}

#[test]
fn the_policy_of_updates_is_told_where_there_is_one() {
    let locked = Locked::of(&two(), "b<2\n", &[]);
    locked.project.write("requirements.in", "b\n");
    locked.project.write(
        "pinfold.toml",
        "[[rule]]\nmatch = [\"b\"]\nallow = \"<2\"\nreason = \"not yet\"\n",
    );
    let text = locked.tells(
        &["b"],
        &["  2.0: usable, but `pinfold update` holds it back: "],
    );
    assert!(text.contains("not yet"), "{text}");
    let json = locked.json(&["b"]);
    assert!(json["newer"][0]["held"]["code"].is_string(), "{json}");
    locked.tells(&["b", "--no-config"], &["  2.0: usable\n"]);
}

#[test]
fn the_whole_answer_is_there_for_programs() {
    let locked = Locked::of(&releases(), "a\n", &[]);
    let json = locked.json(&["b"]);
    assert_eq!(json["version"], 1);
    assert_eq!(json["command"], "explain");
    assert_eq!(json["project"], "b");
    assert_eq!(json["lock"], "requirements.txt");
    assert_eq!(json["pinned"], true);
    assert_eq!(json["pin"], "2.0");
    assert_eq!(json["up_to_date"], true);
    let chain = &json["chains"][0];
    assert_eq!(chain[0]["place"], "requirements.in:1");
    assert_eq!(chain[2]["project"], "c");
    assert_eq!(chain[2]["extra"], "x");
    assert_eq!(chain[2]["requirement"], "b<3");
    let rules: Vec<&str> = json["newer"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["rejections"][0]["rule"].as_str().unwrap())
        .collect();
    assert_eq!(
        rules,
        [
            "requirement",
            "sdist",
            "pre-release",
            "yanked",
            "no-wheel",
            "requires-python",
            "requires-python"
        ]
    );
    assert_eq!(json["older"]["count"], 2);
    assert_eq!(json["older"]["usable"], 1);
    assert_eq!(json["held_back"]["tried"], "3.0");
    assert_eq!(json["held_back"]["is_complete"], true);
}

#[test]
fn the_format_is_chosen_as_in_other_commands() {
    let locked = Locked::of(&two(), "a\n", &[]);
    let formatted = |arguments: &[&str]| {
        let run = locked.explain(&[&["b"], arguments].concat());
        run.says(0, &[]);
        run.stdout
    };
    let json = formatted(&["--format", "json"]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["version"], 1);
    let text = formatted(&[]);
    assert!(text.starts_with("b "), "{text}");
    for (arguments, expected) in [
        (&["--json"][..], &json),
        (&["--format", "text", "--json"], &json),
        (&["--format", "text"], &text),
        (&["--json", "--format", "text"], &text),
    ] {
        assert_eq!(&formatted(arguments), expected, "{arguments:?}");
    }
    // What `[compile]` says of uv's option of the same name is not meant.
    let config = "[compile]\nformat = \"requirements.txt\"\n";
    locked.project.write("pinfold.toml", config);
    let sources = [
        "requirements.in",
        "--python-version=3.12",
        "--python-platform=linux",
    ];
    let typed = formatted(&[&sources[..], &["--format", "json"]].concat());
    assert!(typed.starts_with('{'), "{typed}");
    assert!(formatted(&sources).starts_with("b "));
}

#[test]
fn a_pin_by_url_has_no_other_versions() {
    let release = wheel("b", "1.0");
    let index = Index::new([release.clone()]);
    let url = index.file_url(&release);
    let project = Project::of(&format!("b @ {url}\n"));
    let locked = Locked { index, project };
    locked.compiles(&[]);
    locked.tells(
        &["b"],
        &[&format!("b {url} "), "it is pinned to a URL or path"],
    );
}

#[test]
fn a_lock_that_git_does_not_keep_is_read_as_well() {
    let index = Index::new([wheel("a", "1.0"), wheel("a", "2.0")]);
    let project = Project::new();
    project.write(".gitignore", "app/requirements.txt\n");
    project.write("app/requirements.in", "a<2\n");
    project.compiles(&index.url(), &["app/requirements.in"]);
    let run = run(&mut project.command(&[
        "explain",
        "a",
        "--lock",
        "app/requirements.txt",
        "--index-url",
        &index.url(),
    ]));
    run.says(0, &[]);
    assert!(
        run.stdout.contains("app/requirements.in:1"),
        "{}",
        run.stdout
    );
}

#[test]
fn the_lock_of_several_sources_is_found_by_either_name() {
    let locked = Locked::of(
        &[wheel("a", "1"), wheel("b", "1")],
        "a\n",
        &["requirements.in", "-o", "all.txt"],
    );
    locked.project.write("more.in", "b\n");
    let sources = ["requirements.in", "more.in"];
    locked.compiles(&[sources.as_slice(), &["-o", "all.txt"]].concat());
    let target = ["--python-version", "3.12", "--python-platform", "linux"];
    let asked = [&["b", "requirements.in", "more.in"], &target[..]].concat();
    for name in ["-o", "--lock"] {
        locked.tells(&[&asked[..], &[name, "all.txt"]].concat(), &["more.in"]);
    }
}
