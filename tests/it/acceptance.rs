//! What people who come from pip-compile and from uv rely on, case by case.
//!
//! The cases are those of the study of both tools: its ready-made ones (§9), and what its
//! tables say of the output (§2.2), of requirements files (§3), of the choice of versions
//! (§4) and of the options (§1) where no other test has it. Words in quotes above a test
//! are the study's.
//!
//! | case of §9 | here, else where |
//! |---|---|
//! | `Requires-Python` upper bound | `an_upper_bound_on_python_counts`; `choices.rs` |
//! | waves of requests for a pinned chain | `a_pinned_chain_that_is_twelve_deep_takes_two_waves` |
//! | stale revalidation in one wave | `what_is_stale_is_asked_for_in_one_wave`; `caching.rs` |
//! | no-op with zero requests | `nothing_to_do_takes_no_request_and_writes_nothing`; `caching.rs` |
//! | optional-dependency marker | `markers_of_optional_dependencies_count` |
//! | self-referential extra | `a_project_may_require_its_own_extra_by_another_spelling`; `projects.rs` |
//! | `${VAR}` in an index URL round-trips | `secrets.rs`, `places.rs` for all other URLs |
//! | password never in any byte of output | `secrets.rs`; of repositories `places.rs`; of queries `indexes.rs`; the keyring's below |
//! | `[a,b]` spelling | `extras_stand_sorted_and_without_blanks` |
//! | `===` kept | `an_arbitrary_equality_stays_one_and_counts_as_a_pin` |
//! | CRLF kept | `line_ends_are_those_of_the_lock`; `output.rs` |
//! | `-e ./p[dev]` with hashes | `an_editable_keeps_its_spelling_and_is_warned_of`; `places.rs` |
//! | VCS commit | `a_branch_becomes_a_commit`; `places.rs` |
//! | continuation inside a requirement | `a_line_goes_on_inside_a_requirement` |
//! | comment ending in `\` | `a_comment_that_ends_in_a_backslash_goes_on` |
//! | PEP 263 file | `a_comment_may_name_the_encoding` |
//! | two options on one line | `two_options_on_one_line_both_apply` |
//! | `--pre` in a file | `pre_in_a_file_lets_pre_releases_in` |
//! | `-c` path normalised | `the_path_of_a_constraint_is_written_in_its_short_form`; `includes.rs` |
//! | local version | `a_local_version_is_preferred_and_meets_its_public_one` |
//! | yanked kept when pinned | `a_yanked_release_stays_where_it_is_pinned`; `choices.rs` |
//! | pre-release only via a transitive | `what_is_required_may_ask_for_a_pre_release`; `choices.rs` |
//! | missing wheel on arm64 named | `the_architecture_that_lacks_a_wheel_is_named` |
//! | airflow error of at most 20 lines | `a_large_refusal_is_told_in_twenty_lines` |
//! | boto set in under 40 versions | `the_boto_set_takes_few_versions`; `src/resolve/tests.rs` |
//! | `requires-python` of the project | `a_target_below_the_projects_python_is_refused`; `projects.rs`, `scripts.rs`, `builds.rs` |
//!
//! Elsewhere, of what is new: groups in `groups.rs`, scripts in `scripts.rs`, limits per
//! project and index in `indexes.rs`, who is asked first and what is said of other tools'
//! settings in `layers.rs`, all flags of both tools in `options.rs`, builds in `builds.rs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::index::{Index, Release, dynamic_sdist, sdist, wheel};
use crate::project::{Project, files_below, hashes, run};
use crate::repository;

/// Compiles against an index and returns the lock, without its header and hashes.
#[track_caller]
fn body(releases: &[Release], requirements: impl AsRef<[u8]>, arguments: &[&str]) -> String {
    let index = Index::new(releases.iter().cloned());
    let project = Project::new();
    project.write("requirements.in", requirements);
    let mut all = vec!["--no-header", "--no-hashes"];
    all.extend(arguments);
    project.compiles(&index.url(), &all);
    project.lock()
}

/// Compiles against an index and returns the pins.
#[track_caller]
fn pins(releases: &[Release], requirements: impl AsRef<[u8]>, arguments: &[&str]) -> Vec<String> {
    crate::project::pins(&body(releases, requirements, arguments))
}

/// Releases of projects that require nothing.
fn plain(releases: &[(&str, &str)]) -> Vec<Release> {
    let mut all = releases.iter();
    all.by_ref()
        .map(|(name, version)| wheel(name, version))
        .collect()
}

// Waves of requests.

const DEPTH: usize = 12;

/// A chain of projects, each of which requires the next.
fn chain() -> Vec<Release> {
    let release = |number: usize| {
        let next = format!("c{:02}", number + 1);
        let requires = if number + 1 < DEPTH {
            &[&*next][..]
        } else {
            &[]
        };
        wheel(&format!("c{number:02}"), "1.0").requires(requires)
    };
    (0..DEPTH).map(release).collect()
}

fn paths(start: &str, end: &str) -> Vec<String> {
    let path = |number| format!("{start}c{number:02}{end}");
    (0..DEPTH).map(path).collect()
}

fn pages() -> Vec<String> {
    paths("/simple/", "/")
}

fn gets(paths: &[String]) -> Vec<String> {
    paths.iter().map(|path| format!("GET {path}")).collect()
}

// §9: "pin prefetch wave count (≤ 3 waves for a 12-deep pinned chain)"
#[test]
fn a_pinned_chain_that_is_twelve_deep_takes_two_waves() {
    let index = Index::new(chain());
    let project = Project::of("c00\n");
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    assert_eq!(project.pins().len(), DEPTH);
    fs::remove_dir_all(project.cache()).unwrap();
    index.requests();
    let metadata = paths("/files/", "-1.0-py3-none-any.whl.metadata");
    // A page is answered when all are asked for, and so it is with metadata.
    index.hold_until_all(&pages());
    index.hold_until_all(&metadata);
    project.compiles(&index.url(), &[]);
    assert_eq!(project.lock(), lock);
    let mut expected = gets(&metadata);
    expected.extend(gets(&pages()));
    assert_eq!(index.requests(), expected);
}

// §9: "stale revalidation in one wave"; §0.3: "Same for `-U` and `--refresh`."
#[test]
fn what_is_stale_is_asked_for_in_one_wave() {
    let index = Index::new(chain());
    index.cache_control("max-age=0");
    let project = Project::of("c00\n");
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    for arguments in [&[][..], &["-U"], &["--refresh"]] {
        index.requests();
        index.hold_until_all(&pages());
        project.compiles(&index.url(), arguments);
        let seen = index.seen();
        let mut asked: Vec<&str> = seen.iter().map(|seen| &*seen.path).collect();
        asked.sort_unstable();
        assert_eq!(asked, pages(), "{arguments:?}");
        assert!(
            seen.iter()
                .all(|seen| seen.header("if-none-match").is_some())
        );
        assert_eq!(project.lock(), lock);
    }
}

// The count is all of it: a wave more, or a request that is not needed, shows here.
#[test]
fn a_small_conflict_takes_five_waves_and_nothing_besides() {
    let mut releases = plain(&[
        ("x", "1.0"),
        ("x", "2.0"),
        ("never", "1.0"),
        ("leaf", "1.0"),
    ]);
    for name in ["a", "b"] {
        releases.push(wheel(name, "1.0").requires(&["x<2", "leaf"]));
        releases.push(wheel(name, "2.0").requires(&["x>=2", "never"]));
    }
    let index = Index::new(releases);
    let project = Project::of("a\nb\nx<2\n");
    let metadata = |release: &str| format!("/files/{release}-py3-none-any.whl.metadata");
    let page = |name: &str| format!("/simple/{name}/");
    let waves = [
        vec![page("a"), page("b"), page("x")],
        vec![metadata("a-2.0"), metadata("b-2.0"), metadata("x-1.0")],
        vec![metadata("a-1.0"), metadata("b-1.0")],
        vec![page("leaf")],
        vec![metadata("leaf-1.0")],
    ];
    for wave in &waves {
        index.hold_until_all(wave);
    }
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "leaf==1.0", "x==1.0"]);
    let mut expected = gets(&waves.concat());
    expected.sort_unstable();
    assert_eq!(index.requests(), expected);
}

// §9: "no-op with zero requests"
#[test]
fn nothing_to_do_takes_no_request_and_writes_nothing() {
    let index = Index::new(chain());
    let project = Project::of("c00\n");
    project.compiles(&index.url(), &[]);
    let written = fs::metadata(project.path("requirements.txt")).unwrap();
    index.requests();
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["up to date"]);
    assert_eq!(index.requests(), [""; 0]);
    let now = fs::metadata(project.path("requirements.txt")).unwrap();
    assert_eq!(now.modified().unwrap(), written.modified().unwrap());
}

// Project files.

// §9: "optional-dependency marker"; §0.8: "`winonly; sys_platform == 'win32'` is pinned
// on Linux."
#[test]
fn markers_of_optional_dependencies_count() {
    let index = Index::new(plain(&[("nixonly", "1.0"), ("winonly", "1.0")]));
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'p'\nversion = '1'\n[project.optional-dependencies]\n\
         x = ['winonly; sys_platform == \"win32\"', 'nixonly; sys_platform == \"linux\"']\n",
    );
    project.compiles(
        &index.url(),
        &["--extra", "x", "--no-hashes", "--no-header"],
    );
    assert_eq!(
        project.lock(),
        "nixonly==1.0 ; sys_platform == \"linux\"\n    # via p (pyproject.toml)\n"
    );
}

// §9: "self-referential extra with other spelling"; §0.8: "(`My.Proj` / `my-proj[dev]`)"
#[test]
fn a_project_may_require_its_own_extra_by_another_spelling() {
    let index = Index::new(plain(&[("a", "1.0"), ("b", "1.0")]));
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'My.Proj'\nversion = '1'\ndependencies = ['a']\n\
         [project.optional-dependencies]\ndev = ['b']\nall = ['my-proj[dev]']\n",
    );
    project.compiles(&index.url(), &["--extra", "all"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
}

// §9: "project `requires-python` vs target"; §3: "3.11 target accepted for `>=3.14`"
#[test]
fn a_target_below_the_projects_python_is_refused() {
    let index = Index::new(plain(&[("a", "1.0")]));
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'p'\nversion = '1'\nrequires-python = '>=3.14'\ndependencies = ['a']\n",
    );
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["`pyproject.toml` requires Python", ">=3.14", "3.12"]);
    assert_eq!(index.requests(), [""; 0]);
}

// The grammar of requirements files.

// §9: "continuation inside a requirement"
#[test]
fn a_line_goes_on_inside_a_requirement() {
    let releases = plain(&[("c11", "0.9"), ("c11", "1.0"), ("d", "1.0")]);
    assert_eq!(
        pins(&releases, "c11 \\\n  <1\nd\n", &[]),
        ["c11==0.9", "d==1.0"]
    );
    assert_eq!(pins(&releases, "c1\\\n1\n", &[]), ["c11==1.0"]);
}

// §9: "comment ending in `\`"; §3: "is **one comment**, `pre` vanishes; a line *starting*
// with `#` never joins"
#[test]
fn a_comment_that_ends_in_a_backslash_goes_on() {
    let releases = plain(&[("c11", "1.0"), ("pre", "1.0")]);
    assert_eq!(pins(&releases, "c11 # x \\\npre\n", &[]), ["c11==1.0"]);
    assert_eq!(
        pins(&releases, "# x \\\npre\nc11\n", &[]),
        ["c11==1.0", "pre==1.0"]
    );
}

// §9: "PEP 263 file"
#[test]
fn a_comment_may_name_the_encoding() {
    let releases = plain(&[("a", "1.0")]);
    let text = b"# -*- coding: latin-1 -*-\na # caf\xe9\n";
    assert_eq!(pins(&releases, text, &[]), ["a==1.0"]);
    let lock = body(&releases, text, &["--input-comments"]);
    assert!(lock.contains("caf\u{e9}"), "{lock}");
}

// §9: "two options on one line"; §3: "`--index-url URL --no-binary x`: both apply"
#[test]
fn two_options_on_one_line_both_apply() {
    let index = Index::new([wheel("a", "2.0"), sdist("a", "1.0"), wheel("b", "1.0")]);
    let project = Project::of(&format!(
        "--index-url {} --no-binary a\na\nb\n",
        index.url()
    ));
    run(&mut project.compile_command(&[])).says(0, &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    let lock = project.lock();
    let options = format!("\n--index-url {}\n--no-binary a\n\n", index.url());
    assert!(lock.contains(&options), "{lock}");
}

// §3: "other options on the line are accepted and, for `--no-binary X`, take effect"
#[test]
fn an_option_behind_a_requirement_is_taken_or_told() {
    let index = Index::new([wheel("a", "2.0"), sdist("a", "1.0")]);
    let project = Project::of("a --no-binary a\n");
    let run = project.compile(&index.url(), &[]);
    if run.code == 0 {
        assert_eq!(project.pins(), ["a==1.0"], "{}", run.stderr);
    } else {
        run.says(2, &["--no-binary", "requirements.in:1"]);
    }
}

// §9: "`--pre` in a file"; §3: "(so `--pre` in a file silently changes the result)"
#[test]
fn pre_in_a_file_lets_pre_releases_in() {
    let releases = plain(&[("pre", "1.0"), ("pre", "2.0rc1")]);
    assert_eq!(pins(&releases, "--pre\npre\n", &[]), ["pre==2.0rc1"]);
    assert_eq!(pins(&releases, "pre\n", &[]), ["pre==1.0"]);
}

// §3: "`${UPPER_1}` only, anywhere in the line; unset or empty → left as is"
#[test]
fn variables_may_stand_anywhere_in_a_line() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("a${BOUND_1}\n").with_variable("BOUND_1", "<2");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

// §3: "`name (>=1)`; `>=1.0.*` is an error"; "`a#b` is not a comment"
#[test]
fn old_spellings_of_requirements_are_taken_and_wrong_ones_are_not() {
    let releases = plain(&[("a", "1.0"), ("a", "2.0")]);
    assert_eq!(pins(&releases, "a (<2)\n", &[]), ["a==1.0"]);
    for line in ["a>=1.0.*", "a#b"] {
        let index = Index::new([]);
        let project = Project::of(&format!("{line}\n"));
        let run = project.compile(&index.url(), &[]);
        run.says(2, &["--> requirements.in:1"]);
    }
}

// §3: "Duplicate names: intersected"
#[test]
fn what_is_listed_twice_has_to_meet_both() {
    let releases = plain(&[("a", "1.0"), ("a", "2.0"), ("a", "3.0")]);
    assert_eq!(pins(&releases, "a<3\nA!=2.0\n", &[]), ["a==1.0"]);
    let index = Index::new(releases);
    let project = Project::of("a<2\na>2\n");
    let run = project.compile(&index.url(), &[]);
    run.says(1, &["a<2 (requirements.in:1)", "a>2 (requirements.in:2)"]);
}

// §3: "nested `-r` in a constraints file" and "revisits"
#[test]
fn a_file_may_be_included_twice() {
    let index = Index::new(plain(&[("a", "1.0"), ("b", "1.0")]));
    let project = Project::of("-r one.in\n-r two.in\n");
    project.write("one.in", "-r base.in\nb\n");
    project.write("two.in", "-r base.in\nb\n");
    project.write("base.in", "a\n");
    project.compiles(&index.url(), &["--no-header", "--no-hashes"]);
    assert_eq!(
        project.lock(),
        "a==1.0\n    # via -r base.in\nb==1.0\n    # via\n    #   -r one.in\n    #   -r two.in\n"
    );
}

// The output, element by element (§2.2).

// §9: "`[a,b]` spelling"
#[test]
fn extras_stand_sorted_and_without_blanks() {
    let releases = [wheel("a", "1.0").extras(&["x", "y"])];
    let lock = body(&releases, "a[y, X]\n", &["--no-strip-extras"]);
    assert!(lock.starts_with("a[x,y]==1.0\n"), "{lock}");
}

// §9: "`===` kept"; §4.1: "uv ignores `===` pins in the output file"
#[test]
fn an_arbitrary_equality_stays_one_and_counts_as_a_pin() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("a===1.0\n");
    project.compiles(&index.url(), &["--no-hashes"]);
    assert_eq!(project.pins(), ["a===1.0"]);
    project.write("requirements.in", "a\n");
    project.compiles(&index.url(), &["--no-hashes"]);
    assert_eq!(project.pins(), ["a==1.0"], "what it pinned stays");
}

// §9: "CRLF kept"
#[test]
fn line_ends_are_those_of_the_lock() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("a\n");
    project.write("requirements.txt", "a==1.0\r\n");
    project.compiles(&index.url(), &["-U"]);
    let lock = project.lock();
    assert!(lock.contains("a==2.0 \\\r\n    --hash="), "{lock:?}");
    assert_eq!(lock.matches('\n').count(), lock.matches("\r\n").count());
}

// §9: "`-c` path normalised"
#[test]
fn the_path_of_a_constraint_is_written_in_its_short_form() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("a\n-c sub/.././more.txt\n");
    project.write("constraints.txt", "a<2\n");
    project.write("more.txt", "a<9\n");
    project.write("sub/x", "");
    project.compiles(
        &index.url(),
        &["-c", "./sub/../constraints.txt", "--no-hashes"],
    );
    let lock = project.lock();
    assert!(
        lock.ends_with(
            "a==1.0\n    # via\n    #   -c constraints.txt\n    #   -c more.txt\n    #   -r requirements.in\n"
        ),
        "{lock}"
    );
}

// §2.2: annotations: "all sources sorted as plain strings", projects "with the name as
// written"
#[test]
fn a_project_stands_among_the_names_of_packages() {
    let index = Index::new([
        wheel("z", "1.0").requires(&["a"]),
        wheel("b", "1.0").requires(&["a"]),
        wheel("a", "1.0"),
    ]);
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[project]\nname = 'M.y'\nversion = '1'\ndependencies = ['z', 'a', 'b']\n",
    );
    project.write("requirements.in", "a\n");
    let arguments = ["pyproject.toml", "requirements.in", "-o", "out.txt"];
    let arguments = [&arguments[..], &["--no-header", "--no-hashes"]].concat();
    project.compiles(&index.url(), &arguments);
    let lock = project.read("out.txt");
    assert!(
        lock.starts_with(
            "a==1.0\n    # via\n    #   -r requirements.in\n    #   M.y (pyproject.toml)\n    #   b\n    #   z\n"
        ),
        "{lock}"
    );
}

// §2.2: the header's command: "URL passwords" go, options sorted, then sources sorted
#[test]
fn sources_in_the_header_are_sorted_and_options_have_their_long_names() {
    let index = Index::new(plain(&[("a", "1.0"), ("b", "1.0")]));
    let project = Project::new();
    project.write("z.in", "a\n");
    project.write("b.in", "b\n");
    project.compiles(
        &index.url(),
        &["z.in", "b.in", "-o", "out.txt", "--pre", "-v", "-U"],
    );
    let lock = project.read("out.txt");
    assert!(
        lock.contains(
            "#    pinfold compile --no-emit-index-url --output-file=out.txt --pre \
             --python-platform=linux --python-version=3.12 b.in z.in\n"
        ),
        "{lock}"
    );
}

// §2.2: unsafe packages: "with hashes the 3-line `# WARNING`"
#[test]
fn packages_that_are_not_pinned_beside_hashes_are_warned_of() {
    let index = Index::new(plain(&[("a", "1.0"), ("setuptools", "80.0")]));
    let project = Project::of("a\nsetuptools\n");
    project.compiles(&index.url(), &["--no-allow-unsafe", "--no-header"]);
    let lock = project.lock();
    assert!(
        lock.contains(
            "\n\n# WARNING: The following packages were not pinned, but pip requires them to be"
        ) && lock.ends_with("\n# setuptools\n"),
        "{lock}"
    );
}

// §2.2: "`--no-emit-package` → blank line, `# The following packages were excluded from
// the output:`, `# setuptools`"
#[test]
fn what_is_not_emitted_is_named_at_the_end() {
    let releases = [
        wheel("a", "1.0").requires(&["b", "c"]),
        wheel("b", "1.0"),
        wheel("c", "1.0"),
    ];
    let arguments = [
        "--no-annotate",
        "--no-emit-package",
        "B",
        "--no-emit-package",
        "nosuch",
    ];
    assert_eq!(
        body(&releases, "a\n", &arguments),
        "a==1.0\nc==1.0\n\n# The following packages were excluded from the output:\n# b\n"
    );
}

// §2.2: symbolic links: "atomic (through a symlink)"
#[cfg(unix)]
#[test]
fn a_lock_that_is_a_link_stays_one() {
    let index = Index::new(plain(&[("a", "1.0")]));
    let project = Project::of("a\n");
    project.write("locks/all.txt", "");
    std::os::unix::fs::symlink("locks/all.txt", project.path("requirements.txt")).unwrap();
    project.compiles(&index.url(), &[]);
    let link = fs::symlink_metadata(project.path("requirements.txt")).unwrap();
    assert!(link.file_type().is_symlink());
    assert!(project.read("locks/all.txt").contains("a==1.0"));
}

// Places.

/// A project that finds the machine's programs.
fn with_programs() -> Project {
    let path = std::env::var("PATH").unwrap_or_default();
    Project::new()
        .with_variable("PATH", &path)
        .with_variable("GIT_CONFIG_GLOBAL", "/dev/null")
        .with_variable("GIT_CONFIG_SYSTEM", "/dev/null")
}

const STATIC: &str = "[build-system]\nrequires = ['nosuch']\nbuild-backend = 'nosuch'\n\
    [project]\nname = 'My.P'\nversion = '1.0'\ndependencies = ['a']\n\
    [project.optional-dependencies]\ndev = ['b']\n";

// §9: "`-e ./p[dev]` with hashes"; §2.2: "`-e ./p[extra]` with `--generate-hashes`
// crashes pc"; "Unhashable line: pc's warning"
#[test]
fn an_editable_keeps_its_spelling_and_is_warned_of() {
    let index = Index::new(plain(&[("a", "1.0"), ("b", "1.0")]));
    let project = Project::of("-e ./p[dev]\n");
    project.write("p/pyproject.toml", STATIC);
    let run = project.compiles(&index.url(), &["--no-header"]);
    let lock = project.lock();
    let warning = "# WARNING: pip install will require the following package to be hashed.\n";
    assert!(lock.starts_with(warning), "{lock}");
    assert!(
        lock.contains("\n-e ./p[dev]\n    # via -r requirements.in\n"),
        "{lock}"
    );
    assert!(lock.contains("\na==1.0 \\\n    --hash="), "{lock}");
    assert!(lock.contains("\nb==1.0 \\\n    --hash="), "{lock}");
    run.says(
        0,
        &[
            "warning: pip cannot verify repositories and directories",
            "my-p",
        ],
    );
    let without = project.compiles(&index.url(), &["--no-header", "--no-hashes"]);
    assert!(
        project.lock().starts_with("-e ./p[dev]\n"),
        "{}",
        project.lock()
    );
    assert!(!without.stderr.contains("warning"), "{}", without.stderr);
}

#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let who = ["-c", "user.name=t", "-c", "user.email=t@host.example"];
    repository::git(folder, folder, &[&who, arguments].concat())
}

// §9: "VCS commit"; §0.7: "pip-compile does not pin VCS refs (`@main` stays `@main`)"
#[test]
fn a_branch_becomes_a_commit() {
    let index = Index::new(plain(&[("a", "1.0"), ("b", "1.0")]));
    let project = with_programs();
    project.write("repo/pyproject.toml", STATIC);
    let repository = project.path("repo");
    git(&repository, &["init", "--initial-branch=main"]);
    git(&repository, &["add", "pyproject.toml"]);
    git(&repository, &["commit", "-m", "one"]);
    let commit = git(&repository, &["rev-parse", "HEAD"]);
    let url = format!("git+file://{}", repository.display());
    project.write("requirements.in", format!("my-p[dev] @ {url}@main\n"));
    project.compiles(&index.url(), &["--no-hashes"]);
    let pinned = format!("my-p @ {url}@{commit}");
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", &pinned]);
    // The branch moves on, the pin stays until it is to move.
    git(&repository, &["commit", "--allow-empty", "-m", "two"]);
    project.compiles(&index.url(), &["--no-hashes"]);
    assert!(project.pins().contains(&pinned), "{}", project.lock());
    project.compiles(&index.url(), &["--no-hashes", "-P", "my-p"]);
    let moved = format!("my-p @ {url}@{}", git(&repository, &["rev-parse", "HEAD"]));
    assert!(project.pins().contains(&moved), "{}", project.lock());
}

// Which versions.

// §9: "Requires-Python upper bound"; §0.1: "uv pins 1.5, pip-compile pins 1.0"
#[test]
fn an_upper_bound_on_python_counts() {
    let releases = [
        wheel("rpy", "1.0").python(">=3.8"),
        wheel("rpy", "1.5").python(">=3.8,<3.10"),
    ];
    assert_eq!(pins(&releases, "rpy\n", &[]), ["rpy==1.0"]);
}

// §9: "local version"
#[test]
fn a_local_version_is_preferred_and_meets_its_public_one() {
    let releases = plain(&[("a", "1.0"), ("a", "1.0+cpu"), ("a", "0.9+cpu")]);
    assert_eq!(pins(&releases, "a==1.0\n", &[]), ["a==1.0+cpu"]);
    assert_eq!(pins(&releases, "a<1\n", &[]), ["a==0.9+cpu"]);
    assert_eq!(pins(&releases, "a==1.0+cpu\n", &[]), ["a==1.0+cpu"]);
}

// §9: "yanked kept when pinned"
#[test]
fn a_yanked_release_stays_where_it_is_pinned() {
    let index = Index::new([wheel("a", "1.0"), wheel("a", "2.0").yanked("breaks disks")]);
    let project = Project::of("a\n");
    project.write("requirements.txt", "a==2.0\n");
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["warning: a 2.0 was yanked: breaks disks"]);
    assert_eq!(project.pins(), ["a==2.0"]);
    project.compiles(&index.url(), &["-P", "a"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

// §9: "pre-release only via a transitive"
#[test]
fn what_is_required_may_ask_for_a_pre_release() {
    let releases = [
        wheel("needspre", "1.0").requires(&["pre>=2.0rc1"]),
        wheel("pre", "1.0"),
        wheel("pre", "2.0rc1"),
    ];
    assert_eq!(
        pins(&releases, "needspre\n", &[]),
        ["needspre==1.0", "pre==2.0rc1"]
    );
}

// §9: "missing wheel on arm64 named"
#[test]
fn the_architecture_that_lacks_a_wheel_is_named() {
    let index = Index::new([
        wheel("a", "1.0").requires(&["native"]),
        wheel("native", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64"),
    ]);
    let project = Project::of("a\n");
    let run = run(&mut project.command(&[
        "compile",
        "-i",
        &index.url(),
        "--python-version",
        "3.12",
        "--python-platform",
        "linux/arm64",
    ]));
    run.says(
        1,
        &[
            "native 1.0",
            "no usable wheel",
            "manylinux_2_17_x86_64",
            "linux aarch64",
        ],
    );
}

// §9: "airflow[mysql] error ≤ 20 lines"; §0.4: "the cause is one line, \"mysqlclient has
// no wheels\""
#[test]
fn a_large_refusal_is_told_in_twenty_lines() {
    let mut releases = Vec::new();
    for minor in 0..40 {
        let extra = format!("mysqlclient>=1.{minor} ; extra == 'mysql'");
        let provider = format!("provider>={minor},<={}", minor + 3);
        let all = [&*extra, &*provider, "flask<3", "attrs"];
        let release = wheel("airflow", &format!("2.{minor}"));
        releases.push(release.extras(&["mysql"]).requires(&all));
        let extra = format!("mysqlclient>={minor} ; extra == 'mysql'");
        let release = wheel("provider", &minor.to_string());
        releases.push(release.extras(&["mysql"]).requires(&["attrs", &extra]));
        releases.push(dynamic_sdist("mysqlclient", &format!("1.{minor}")));
        releases.push(wheel("flask", &format!("{}.{minor}", minor % 4)).requires(&["attrs"]));
        releases.push(wheel("attrs", &format!("{minor}.0")));
    }
    let index = Index::new(releases);
    let project = Project::of("airflow[mysql]\n");
    let run = project.compile(&index.url(), &["--only-binary", ":all:"]);
    run.says(1, &["mysqlclient", "help: "]);
    assert!(run.stderr.lines().count() <= 20, "{}", run.stderr);
    assert!(run.stderr.len() < 4000, "{}", run.stderr);
}

// §9: "boto set in < 40 tried versions"; §0.5: "makes uv try 138 aiobotocore versions and
// start building old sdists"
#[test]
fn the_boto_set_takes_few_versions() {
    // As it was found: each boto3 wants one minor of botocore, each aiobotocore wants a
    // few patches of one, the newest of which lies well behind, and the oldest are sdists.
    let mut releases = vec![wheel("urllib3", "1.26.20"), wheel("urllib3", "2.5.0")];
    for minor in 0..140 {
        let version = format!("1.{minor}.0");
        let next = format!("<1.{}", minor + 1);
        releases.push(wheel("botocore", &version).requires(&["urllib3>=1.25.4,<3"]));
        releases.push(wheel("boto3", &version).requires(&[&format!("botocore>={version},{next}")]));
        if minor <= 126 {
            let version = format!("2.{minor}.0");
            let release = if minor < 20 {
                dynamic_sdist("aiobotocore", &version)
            } else {
                wheel("aiobotocore", &version)
            };
            releases.push(release.requires(&[&format!("botocore>=1.{minor}.0,{next}")]));
        }
    }
    for month in 1..10 {
        let release = wheel("s3fs", &format!("2026.{month}.0"));
        releases.push(release.requires(&["aiobotocore>=2.5.0,<3"]));
    }
    let index = Index::new(releases);
    let project = Project::of("boto3\nbotocore\ns3fs\naiobotocore\nurllib3\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(
        project.pins(),
        [
            "aiobotocore==2.126.0",
            "boto3==1.126.0",
            "botocore==1.126.0",
            "s3fs==2026.9.0",
            "urllib3==2.5.0"
        ]
    );
    let requests = index.requests();
    let tried = |name: &str| {
        let start = format!("GET /files/{name}-");
        requests
            .iter()
            .filter(|one| one.starts_with(&start))
            .count()
    };
    let tried = ["aiobotocore", "boto3", "botocore"].map(tried);
    assert!(tried.iter().all(|count| *count < 40), "{tried:?}");
    let sdists = requests.iter().filter(|one| one.ends_with(".tar.gz"));
    assert_eq!(sdists.collect::<Vec<_>>(), [""; 0]);
}

// What is new.

// Issue: "input comments beside the pinned line (opt-in)"
#[test]
fn comments_of_the_input_stand_beside_their_pins() {
    let releases = [wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")];
    let requirements = "# for the web\na  # not 2.0, see #12\n\n# heading\n\nb\n";
    let lock = body(&releases, requirements, &["--input-comments"]);
    for words in ["for the web", "not 2.0, see #12"] {
        assert!(lock.contains(words), "{lock}");
    }
    assert!(!lock.contains("heading"), "{lock}");
    let plain = body(&releases, requirements, &[]);
    assert!(!plain.contains("for the web"), "{plain}");
    assert_eq!(crate::project::pins(&lock), crate::project::pins(&plain));
}

// Issue: "`--hashes=target|all`"
#[test]
fn hashes_are_of_all_files_or_of_those_for_the_target() {
    let linux = wheel("a", "1.0").tag("cp312-cp312-manylinux_2_17_x86_64");
    let windows = wheel("a", "1.0").tag("cp312-cp312-win_amd64");
    let source = sdist("a", "1.0");
    let index = Index::new([linux.clone(), windows, source]);
    let project = Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(hashes(&project.lock()).len(), 3);
    project.compiles(&index.url(), &["--hashes=target", "--refresh-hashes"]);
    assert_eq!(hashes(&project.lock()), [linux.hash()]);
}

// Issue: "`--exclude-newer` also as a duration and per package"
#[test]
fn an_age_limit_may_be_a_duration_and_be_for_one_package() {
    let dated = |name: &str| {
        [
            wheel(name, "1.0").uploaded("2020-01-01T00:00:00Z"),
            wheel(name, "2.0").uploaded("2099-01-01T00:00:00Z"),
        ]
    };
    let releases = [dated("a"), dated("b")].concat();
    assert_eq!(
        pins(&releases, "a\nb\n", &["--exclude-newer", "30d"]),
        ["a==1.0", "b==1.0"]
    );
    let arguments = [
        "--exclude-newer",
        "P30D",
        "--exclude-newer-package",
        "B=false",
    ];
    assert_eq!(pins(&releases, "a\nb\n", &arguments), ["a==1.0", "b==2.0"]);
    let arguments = ["--exclude-newer-package", "a=2 weeks"];
    assert_eq!(pins(&releases, "a\nb\n", &arguments), ["a==1.0", "b==2.0"]);
}

// Issue: "Several inputs."
#[test]
fn several_inputs_make_one_lock() {
    let index = Index::new(plain(&[
        ("a", "1.0"),
        ("a", "2.0"),
        ("b", "1.0"),
        ("c", "1.0"),
    ]));
    let project = Project::of("a\n");
    project.write("dev.in", "a<2\nb\n");
    project.write(
        "run.py",
        "# /// script\n# dependencies = ['c']\n# ///\nimport c\n",
    );
    let arguments = [
        "requirements.in",
        "dev.in",
        "run.py",
        "-o",
        "all.txt",
        "--no-hashes",
    ];
    project.compiles(&index.url(), &arguments);
    let lock = project.read("all.txt");
    assert!(
        lock.ends_with(
            "a==1.0\n    # via\n    #   -r dev.in\n    #   -r requirements.in\n\
             b==1.0\n    # via -r dev.in\nc==1.0\n    # via (run.py)\n"
        ),
        "{lock}"
    );
}

// §1.4 and the issue: "A per-package index (`[[index]]` with the names it owns) against
// dependency confusion, and a warning when an internal name exists on a later index"
#[test]
fn an_index_of_the_configuration_owns_its_names() {
    let corp = Index::new(plain(&[("acme-core", "1.0"), ("shared", "1.0")]));
    let public = Index::new(plain(&[("acme-core", "9.0"), ("shared", "9.0")]));
    let project = Project::of("acme-core\nshared\n");
    project.write(
        "pinfold.toml",
        format!(
            "[[index]]\nname = 'corp'\nurl = '{}'\npackages = ['acme-*']\n",
            corp.url()
        ),
    );
    let run = project.compiles(&public.url(), &[]);
    assert_eq!(project.pins(), ["acme-core==1.0", "shared==9.0"]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let asked = public.requests();
    assert!(!asked.iter().any(|one| one.contains("acme")), "{asked:?}");
    let asked = corp.requests();
    assert!(!asked.iter().any(|one| one.contains("shared")), "{asked:?}");
}

// Issue: "a warning when an internal name exists on a later index as well"
#[test]
fn a_name_of_two_indexes_is_told_unless_that_is_not_wanted() {
    let corp = Index::new(plain(&[("acme", "1.0")]));
    let public = Index::new(plain(&[("acme", "9.0")]));
    let project = Project::of("acme\n");
    let named = format!("corp={}", corp.url());
    let run = project.compiles(&public.url(), &["--index", &named]);
    run.says(
        0,
        &["warning: a later index has projects with the same name: acme"],
    );
    assert_eq!(project.pins(), ["acme==1.0"]);
    public.requests();
    let run = project.compiles(
        &public.url(),
        &["--index", &named, "--no-shadow-check", "-U"],
    );
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    assert_eq!(public.requests(), [""; 0]);
    assert_eq!(project.pins(), ["acme==1.0"]);
}

// §1.4: "`--default-index`": the last one that is asked
#[test]
fn a_default_index_stands_behind_the_others() {
    let corp = Index::new(plain(&[("a", "1.0")]));
    let main = Index::new(plain(&[("a", "2.0"), ("b", "2.0")]));
    let project = Project::of("a\nb\n");
    run(&mut project.compile_command(&[
        "--default-index",
        &format!("main={}", main.url()),
        "--index",
        &format!("corp={}", corp.url()),
        "--no-shadow-check",
    ]))
    .says(0, &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
    let lock = project.lock();
    let options = format!(
        "\n--index-url {}\n--extra-index-url {}\n",
        main.url(),
        corp.url()
    );
    assert!(lock.contains(&options), "{lock}");
}

// §1.6: credentials: "keyring subprocess"
#[cfg(unix)]
#[test]
fn the_keyring_program_gives_the_password() {
    use std::os::unix::fs::PermissionsExt as _;

    let index = Index::new(plain(&[("a", "1.0")]));
    index.admit_only("Basic bWU6c2VzYW1l");
    let project = Project::of("a\n");
    project.write("bin/source", "#!/bin/sh\nprintf 'me\\nsesame\\n'\n");
    let source = project.path("bin/source");
    fs::set_permissions(&source, fs::Permissions::from_mode(0o755)).unwrap();
    // By another process, so that no child of another test has it open for writing.
    let program = project.path("bin/keyring");
    let copied = Command::new("cp").args([&source, &program]).status();
    assert!(copied.unwrap().success());
    let bin = project.path("bin").display().to_string();
    let project = project.with_variable("PATH", &bin);
    let run = project.compiles(&index.url(), &["--keyring-provider", "subprocess", "-v"]);
    assert_eq!(project.pins(), ["a==1.0"]);
    assert!(!run.stderr.contains("sesame"), "{}", run.stderr);
    assert!(!project.lock().contains("sesame"));
    for file in files_below(&project.cache()) {
        let bytes = fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("sesame"),
            "{file:?}"
        );
    }
    let denied = project.compile(&index.url(), &["--refresh", "-U", "-o", "other.txt"]);
    denied.says(2, &["no credentials were sent"]);
}

// uv's catalogue, by the names of its tests.

// "missing_requirements_in", "missing_venv": what is needed is named. See `bad_input.rs`.

// "compile_constraint_extra": a constraint may have an extra, which adds nothing
#[test]
fn a_constraint_with_an_extra_or_a_marker_only_bounds() {
    let index = Index::new([
        wheel("a", "1.0")
            .extras(&["x"])
            .requires(&["b ; extra == 'x'"]),
        wheel("a", "2.0")
            .extras(&["x"])
            .requires(&["b ; extra == 'x'"]),
        wheel("b", "1.0"),
    ]);
    let project = Project::of("a\n");
    project.write(
        "bounds.txt",
        "a[x]<2\na<1 ; sys_platform == 'win32'\nb==9\n",
    );
    let run = project.compiles(&index.url(), &["-c", "bounds.txt"]);
    assert_eq!(project.pins(), ["a==1.0"]);
    run.says(
        0,
        &[
            "warning: extras have no effect in a constraint",
            "--> bounds.txt:1:1",
        ],
    );
}

// "conflicting_pins", "conflicting_transitive": both sides with their places
#[test]
fn a_conflict_with_a_constraint_names_its_file() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("a>=2\n");
    project.write("bounds.txt", "a<2\n");
    let run = project.compile(&index.url(), &["-c", "bounds.txt"]);
    run.says(1, &["a>=2 (requirements.in:1)", "a<2", "bounds.txt:1"]);
}

// "upgrade_package": "with a specifier it also constrains transitives; naming an absent
// package adds nothing"
#[test]
fn an_upgrade_with_a_bound_holds_for_what_is_required_of_others() {
    let index = Index::new([
        wheel("a", "1.0").requires(&["b"]),
        wheel("b", "1.0"),
        wheel("b", "2.0"),
        wheel("b", "3.0"),
        wheel("c", "1.0"),
    ]);
    let project = Project::of("a\n");
    project.write("requirements.txt", "a==1.0\nb==1.0\n");
    project.compiles(&index.url(), &["-P", "b<3", "-P", "c"]);
    assert_eq!(project.pins(), ["a==1.0", "b==2.0"]);
    project.compiles(&index.url(), &["-U", "-P", "b<2"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
}

// "override_multi_dependency", "override_with_incompatible_constraint"
#[test]
fn an_override_is_above_requirements_and_not_above_constraints() {
    let index = Index::new([
        wheel("a", "1.0").requires(&["c<2", "b"]),
        wheel("b", "1.0").requires(&["c<3"]),
        wheel("c", "1.0"),
        wheel("c", "4.0"),
    ]);
    let project = Project::of("a\nc<2\n");
    project.write("overrides.txt", "c>=4\n");
    project.compiles(&index.url(), &["--override", "overrides.txt"]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==4.0"]);
    project.write("bounds.txt", "c<4\n");
    let arguments = ["--override", "overrides.txt", "-c", "bounds.txt", "-U"];
    project
        .compile(&index.url(), &arguments)
        .says(1, &["c>=4", "c<4"]);
}

// "no_deps_valid_extra", "no_deps_invalid_extra"
#[test]
fn without_dependencies_extras_bring_nothing() {
    let releases = [
        wheel("a", "1.0")
            .extras(&["x"])
            .requires(&["b ; extra == 'x'"]),
        wheel("b", "1.0"),
    ];
    let lock = body(&releases, "a[x]\n", &["--no-deps", "--no-strip-extras"]);
    assert_eq!(lock, "a[x]==1.0\n    # via -r requirements.in\n");
}

// "recursive_extras", "recursive_dependencies": those that lead back to where they began
#[test]
fn releases_may_require_each_other() {
    let releases = [
        wheel("a", "1.0")
            .extras(&["x"])
            .requires(&["b", "a[x] ; extra == 'x'"]),
        wheel("b", "1.0").requires(&["a[x]"]),
    ];
    assert_eq!(
        body(&releases, "a\n", &[]),
        "a==1.0\n    # via\n    #   -r requirements.in\n    #   b\nb==1.0\n    # via a\n"
    );
}

// "emit_index_urls", "emit_find_links": in the order in which they were given
#[test]
fn indexes_that_are_given_stand_in_the_lock_and_pypi_does_not() {
    let main = Index::new(plain(&[("a", "1.0")]));
    let one = Index::new([]);
    let two = Index::new([]);
    let project = Project::of("a\n");
    let (one, two) = (one.url(), two.url());
    run(&mut project.compile_command(&[
        "-i",
        &main.url(),
        "--extra-index-url",
        &one,
        "--extra-index-url",
        &two,
        "--no-header",
        "--no-hashes",
        "--no-annotate",
    ]))
    .says(0, &[]);
    assert_eq!(
        project.lock(),
        format!(
            "--index-url {}\n--extra-index-url {one}\n--extra-index-url {two}\n\na==1.0\n",
            main.url()
        )
    );
    // No index is asked, and none is written.
    let lock = body(&[], "", &["--emit-index-url"]);
    assert!(!lock.contains("index-url https"), "{lock}");
}

// "compile_yanked_version_indirect": what is required of others may not be yanked
#[test]
fn a_yanked_release_that_another_pins_is_told() {
    let index = Index::new([
        wheel("a", "2.0").requires(&["b==1.5"]),
        wheel("a", "1.0").requires(&["b"]),
        wheel("b", "1.0"),
        wheel("b", "1.5").yanked("no"),
    ]);
    let project = Project::of("a\n");
    let run = project.compiles(&index.url(), &[]);
    let pins = project.pins();
    let is_told = run.stderr.contains("b 1.5 was yanked");
    assert!(
        pins == ["a==1.0", "b==1.0"] || (pins == ["a==2.0", "b==1.5"] && is_told),
        "{pins:?}: {}",
        run.stderr
    );
}

// "no_stream", "preserve_url": a URL is kept as it was written
#[test]
fn a_url_keeps_its_fragment_and_its_escapes() {
    let release = wheel("a", "1.0+cpu");
    let index = Index::new([release.clone()]);
    let url = index.file_url(&release).replace('+', "%2B");
    let path = url.split_once("/files/").unwrap().1.to_owned();
    index.set(
        &format!("/files/{path}"),
        crate::scripted::Reply::ok(release.bytes()),
    );
    let line = format!("a @ {url}#{}", release.hash().replace(':', "="));
    let project = Project::of(&format!("{line}\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), [line]);
    assert_eq!(hashes(&project.lock()), [release.hash()]);
}

// "metadata_2_2", "compile_wheel_path_dependency" and so on are those of `places.rs`.
// "unsupported_output_file", "sorting": canonical names, whatever is written
#[test]
fn pins_are_sorted_by_their_canonical_names() {
    let releases = plain(&[
        ("zope.interface", "1.0"),
        ("Zope", "1.0"),
        ("A_b", "1.0"),
        ("a-a", "1.0"),
    ]);
    assert_eq!(
        pins(&releases, "Zope.Interface\nZOPE\nA_b\na.a\n", &[]),
        ["a-a==1.0", "a-b==1.0", "zope==1.0", "zope-interface==1.0"]
    );
}

// "requirement_in_setup_cfg", "compile_pyproject_toml_dynamic": see `builds.rs`.
// "dynamic_version": a version that only a build tells hinders nothing
#[test]
fn a_dynamic_version_takes_no_build() {
    let index = Index::new(plain(&[("a", "1.0")]));
    let project = Project::new();
    project.write(
        "pyproject.toml",
        "[build-system]\nrequires = ['nosuch']\n[project]\nname = 'p'\ndynamic = ['version']\n\
         dependencies = ['a']\n",
    );
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
    assert_eq!(index.requests().len(), 2);
}

// "expand_env_var_requirements_txt": in the path of an include
#[test]
fn variables_may_stand_in_the_paths_of_includes() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("-r ${WHERE}/more.in\n").with_variable("WHERE", "sub");
    project.write("sub/more.in", "a<2\n");
    project.compiles(&index.url(), &["--no-header", "--no-hashes"]);
    assert_eq!(project.lock(), "a==1.0\n    # via -r sub/more.in\n");
}

// "unsafe_package", "no_emit_package": together
#[test]
fn what_is_unsafe_and_not_emitted_is_not_emitted() {
    let releases = plain(&[("a", "1.0"), ("pip", "25.0"), ("setuptools", "80.0")]);
    let arguments = ["--no-annotate", "--no-emit-package", "setuptools"];
    assert_eq!(
        body(&releases, "a\npip\nsetuptools\n", &arguments),
        "a==1.0\n\n# The following packages are considered to be unsafe in a requirements file:\n\
         pip==25.0\n\n# The following packages were excluded from the output:\n# setuptools\n"
    );
}

// "offline_registry", "no_cache": see `caching.rs`. "invalid_version_output": a lock that
// is not a lock is no reason to fail
#[test]
fn a_lock_with_lines_that_are_none_is_written_anew() {
    let index = Index::new(plain(&[("a", "1.0"), ("a", "2.0")]));
    let project = Project::of("a\n");
    let header = "# This file is autogenerated by pip-compile with Python 3.12\n";
    let lines = "a==1.0\nb==\n";
    project.write("requirements.txt", [header, lines].concat());
    let run = project.compiles(&index.url(), &["--no-hashes"]);
    assert_eq!(project.pins(), ["a==1.0"], "{}", run.stderr);
    assert!(!project.lock().contains("b=="), "{}", project.lock());
}

// Options that no other test has (§1).

// §1.5: "`CUSTOM_COMPILE_COMMAND` / `UV_CUSTOM_COMPILE_COMMAND`: honour both variables"
#[test]
fn both_variables_name_the_command_of_the_header() {
    let index = Index::new(plain(&[("a", "1.0")]));
    for name in ["CUSTOM_COMPILE_COMMAND", "UV_CUSTOM_COMPILE_COMMAND"] {
        let project = Project::of("a\n").with_variable(name, "make lock");
        project.compiles(&index.url(), &[]);
        let lock = project.lock();
        assert!(lock.contains("\n#    make lock\n"), "{name}: {lock}");
    }
}

// §1.2: "`--prerelease MODE`"
#[test]
fn pre_releases_may_be_for_those_who_name_one() {
    let releases = plain(&[
        ("a", "1.0"),
        ("a", "2.0rc1"),
        ("b", "1.0"),
        ("b", "2.0rc1"),
        ("c", "1.0rc1"),
    ]);
    let lines = "a>=1.0rc0\nb\n";
    let explicit = ["--prerelease=explicit"];
    assert_eq!(pins(&releases, lines, &explicit), ["a==2.0rc1", "b==1.0"]);
    let both = ["--prerelease=if-necessary-or-explicit"];
    assert_eq!(
        pins(&releases, format!("{lines}c\n"), &both),
        ["a==2.0rc1", "b==1.0", "c==1.0rc1"]
    );
    assert_eq!(pins(&releases, lines, &[]), ["a==1.0", "b==1.0"]);
}

// §1.1: "`--newline LF|CRLF|native|preserve`"
#[cfg(unix)]
#[test]
fn lines_may_end_as_the_system_has_them() {
    let releases = plain(&[("a", "1.0")]);
    let lock = body(&releases, "a\r\n", &["--newline=native"]);
    assert_eq!(lock, "a==1.0\n    # via -r requirements.in\n");
    let lock = body(&releases, "a\r\n", &["--newline=LF"]);
    assert!(!lock.contains('\r'), "{lock:?}");
}

// §1.3: "`-p/--python`: interpreter for builds and default version"
#[test]
fn the_interpreter_gives_the_target() {
    let index = Index::new([
        wheel("a", "1.0").python(">=3.8"),
        wheel("a", "2.0").python(">=3.99"),
    ]);
    let project = with_programs();
    project.write("requirements.in", "a\n");
    let url = index.url();
    let run = run(&mut project.command(&["compile", "-p", "python3", "-i", &url, "-v"]));
    run.says(0, &["target: Python 3."]);
    assert_eq!(project.pins(), ["a==1.0"]);
    let asked = Command::new("python3")
        .args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
        .output()
        .unwrap();
    let version = String::from_utf8(asked.stdout).unwrap();
    let header = format!("by pinfold with Python {}", version.trim());
    assert!(project.lock().contains(&header), "{}", project.lock());
}

// §3: "`--use-feature`", "`--all-releases`, `--only-final` (26.0)": uv refuses the latter
#[test]
fn options_of_files_that_are_for_pip_alone_are_told() {
    let releases = plain(&[("a", "1.0")]);
    let index = Index::new(releases);
    for option in [
        "--use-feature fast-deps",
        "--all-releases a",
        "--only-final a",
    ] {
        let project = Project::of(&format!("{option}\na\n"));
        let run = project.compiles(&index.url(), &[]);
        run.says(0, &["warning: ", "no effect", "--> requirements.in:1"]);
        assert_eq!(project.pins(), ["a==1.0"]);
    }
    for option in ["--require-hashes", "--prefer-binary"] {
        let project = Project::of(&format!("{option}\na\n"));
        let run = project.compiles(&index.url(), &[]);
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    }
}
