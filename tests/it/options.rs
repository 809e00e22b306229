//! The command line of `pinfold compile`: what of pip-compile's and uv's is taken, what
//! is refused and how, what is new; and docs/reference.md, which is made of it.
//!
//! `PINFOLD_REWRITE=1 cargo test options` writes the reference anew.

use std::fs;
use std::path::Path;

use crate::index::{Index, wheel};
use crate::project::{Project, Run, run};

fn releases() -> [crate::index::Release; 2] {
    [wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")]
}

fn compile(arguments: &[&str]) -> (Project, Run) {
    let index = Index::new(releases());
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), arguments);
    (project, run)
}

/// Returns the command in the header.
fn command(project: &Project) -> String {
    let lock = project.lock();
    let line = lock.lines().find_map(|line| line.strip_prefix("#    "));
    line.unwrap().to_owned()
}

#[test]
fn what_cannot_be_honoured_is_refused_with_what_to_use_instead() {
    for (arguments, sentence) in [
        (
            "--format pylock.toml -o a.txt",
            "named `pylock.toml` or `pylock.NAME.toml`",
        ),
        (
            "--format requirements.txt -o pylock.toml",
            "omit `--format`",
        ),
        (
            "--format pylock.toml -o pylock.toml -o a.txt",
            "the format of its name",
        ),
        ("--resolution newest", "lowest-direct"),
        ("--build-deps-for wheel", "`--build-constraint`"),
        ("--all-build-deps", "`--build-constraint`"),
        ("--only-build-deps", "`--build-constraint`"),
        ("--require-build-hashes", "`--build-constraint`"),
        ("--torch-backend cpu", "with `--index`"),
        ("--exclude drop.txt", "a file for `--override`"),
        ("--excludes drop.txt", "a file for `--override`"),
        ("--prerelease-package a=allow", "`--prerelease explicit`"),
        ("--upgrade-group dev", "with `--upgrade-package`"),
        (
            "--no-build-isolation-package a",
            "use `--no-build-isolation`",
        ),
        ("--config-settings-package a:b=c", "use `--config-setting`"),
        ("--config-file uv.toml", "use `--config pinfold.toml`"),
        ("--show-settings", "use `--verbose`"),
        ("--all-groups", "`--group`"),
        ("--no-system-certs", "with `--cert`"),
        ("--no-native-tls", "with `--cert`"),
        ("--target 3.12@linux", "--python-version"),
        (
            "-o requirements.lock.toml",
            "named `pylock.toml` or `pylock.NAME.toml`",
        ),
        ("-o pylock.a.b.toml", "one word without dots"),
        ("-o - -o pylock.toml", "standard output takes one"),
        ("-o pylock.toml --no-hashes", "omit `--no-hashes`"),
        ("--group : requirements.in", "write `NAME` for a group"),
        (
            "--group a/b:c requirements.in",
            "`directory/pyproject.toml:NAME`",
        ),
        ("--config-setting a", "is not KEY=VALUE"),
        ("--exclude-newer soon", "a duration, `7d` or `1 week`"),
        ("--exclude-newer-package a", "`NAME=7d`"),
        ("--exclude-newer-package a=soon", "`NAME=7d`"),
        ("--exclude-newer-package 9!=7d", "9!"),
        ("--keyring-provider import", "subprocess"),
        ("--hashes some", "target"),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let (project, run) = compile(&words);
        run.says(2, &["error: ", sentence]);
        assert_eq!(project.files(), ["requirements.in"], "{arguments}");
        // What was written goes wrong once, and in few lines.
        assert_eq!(run.stderr.matches("error").count(), 1, "{}", run.stderr);
        assert!(run.stderr.lines().count() <= 6, "{}", run.stderr);
    }
}

#[test]
fn what_has_no_meaning_here_is_taken_with_a_warning() {
    for arguments in [
        "--resolver backtracking",
        "--max-rounds 3",
        "--link-mode copy",
        "--no-sources",
        "--no-sources-package a",
        "--system",
        "--break-system-packages",
        "--managed-python",
        "--no-managed-python",
        "--no-python-downloads",
        "--python-preference system",
        "--python-downloads never",
        "--project .",
        "--preview",
        "--preview-features a",
        "--emit-marker-expression",
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let (project, run) = compile(&words);
        let name = words[0];
        run.says(0, &[&format!("warning: `{name}` has no effect: ")]);
        assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
        assert!(!project.lock().contains(name));
    }
}

#[test]
fn spellings_of_both_tools_are_taken_without_a_word() {
    let (plain, _) = compile(&[]);
    for arguments in [
        "--no-upgrade",
        "--reuse-hashes",
        "--rebuild",
        "-r",
        "--no-refresh",
        "--deps",
        "--build",
        "--build-isolation",
        "--no-all-extras",
        "--no-offline",
        "--generate-hashes",
        "--hashes all",
        "--no-input-comments",
        "--emit-build-options",
        "--emit-options",
        "--emit-find-links",
        "--allow-unsafe",
        "--annotate",
        "--header",
        "--strip-extras",
        "--no-emit-trusted-host",
        "--no-universal",
        "--format requirements.txt",
        "--resolution highest",
        "--no-emit-index-annotation",
        "--no-emit-marker-expression",
        "--legacy-setup-py",
        "--no-preview",
        "--sources",
        "--system-certs",
        "--native-tls",
        "--keyring-provider disabled",
        "--no-color",
        "--no-cache-dir",
        "--default-timeout 20",
        "--allow-insecure-host index.example",
        "--python-platform linux --python-platform linux",
        "--isolated",
        "--no-config",
        "--foreign-config",
        "--exclude-newer false",
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let (project, run) = compile(&words);
        assert_eq!(run.code, 0, "{arguments}: {}", run.stderr);
        if arguments.starts_with("--sources") {
            continue;
        }
        assert!(!run.stderr.contains("warning"), "{}", run.stderr);
        if arguments != "--exclude-newer false" {
            assert_eq!(project.lock(), plain.lock(), "{arguments}");
        }
    }
}

#[test]
fn what_makes_another_file_stands_in_the_header() {
    for (arguments, in_header) in [
        ("--hashes target", "--hashes=target"),
        ("--no-strip-markers", "--no-strip-markers"),
        ("--resolution lowest", "--resolution=lowest"),
        (
            "--unsafe-package b --allow-unsafe",
            "--allow-unsafe --no-emit-index-url",
        ),
        ("--hashes=target", "--hashes=target"),
        ("--emit-index-annotation", "--emit-index-annotation"),
        ("--no-build-isolation", "--no-build-isolation"),
        ("-C a=b", "--config-setting=a=b"),
        ("--config-settings a=b", "--config-setting=a=b"),
        ("-b bounds.txt", "--build-constraint=bounds.txt"),
        (
            "--build-constraints bounds.txt",
            "--build-constraint=bounds.txt",
        ),
        ("--exclude-newer=2026-10-01", "--exclude-newer=2026-10-01"),
        ("--uploaded-prior-to P7D", "--exclude-newer=P7D"),
        ("--exclude-newer 7d", "--exclude-newer=7d"),
        (
            "--exclude-newer-package b=2026-10-01",
            "--exclude-newer-package=b=2026-10-01",
        ),
        (
            "--exclude-newer-package b=false",
            "--exclude-newer-package=b=false",
        ),
        ("--no-emit-package c", "--no-emit-package=c"),
        ("--no-emit-build-options", "--no-emit-build-options"),
        ("--input-comments", "--input-comments"),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let index = Index::new(releases());
        let project = Project::of("a\n");
        project.write("bounds.txt", "");
        project.compiles(&index.url(), &words);
        let command = command(&project);
        assert!(
            command.contains(&format!(" {in_header} ")),
            "{arguments}: {command}"
        );
    }
}

#[test]
fn the_later_of_two_opposites_counts() {
    for (arguments, hashes) in [
        ("--no-hashes --hashes=target", true),
        ("--hashes=target --no-hashes", false),
        ("--no-generate-hashes --generate-hashes", true),
        ("--generate-hashes --no-hashes", false),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let (project, run) = compile(&words);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(project.lock().contains("--hash="), hashes, "{arguments}");
    }
}

#[test]
fn a_limit_of_age_is_a_time_a_day_or_a_duration() {
    // The index says of all that it was uploaded on the first of January.
    let versions = |limit: &str| {
        let index = Index::new([
            wheel("a", "1.0").uploaded("2025-01-01T12:00:00Z"),
            wheel("a", "2.0").uploaded("2099-01-01T12:00:00Z"),
        ]);
        let project = Project::of("a\n");
        project.compiles(&index.url(), &["--exclude-newer", limit]);
        project.pins().remove(0)
    };
    for limit in [
        "7d",
        "7 days",
        "1 week",
        "P7D",
        "2025-01-01",
        "2025-01-01T12:00:01Z",
    ] {
        assert_eq!(versions(limit), "a==1.0", "{limit}");
    }
    assert_eq!(versions("false"), "a==2.0");
    assert_eq!(versions("2099-01-01"), "a==2.0");
}

#[test]
fn arguments_for_pip_are_ours_or_told() {
    let index = Index::new(releases());
    let project = Project::of("a\n");
    let arguments = format!("--index-url {} --retries 1 --no-input -v", index.url());
    let mut command = project.compile_command(&["--pip-args", &arguments]);
    let run = run(&mut command);
    run.says(
        0,
        &["warning: `--no-input` of pip (--pip-args) has no effect"],
    );
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    let (_, run) = compile(&["--pip-args", "--frobnicate"]);
    run.says(2, &["--pip-args", "`--frobnicate` is not an option of pip"]);
    // What is typed outside counts for more.
    let (_, run) = compile(&["--pip-args=--index-url http://127.0.0.1:9/simple/"]);
    run.says(0, &[]);
}

#[test]
fn groups_are_compiled_beside_sources_or_alone() {
    let index = Index::new([wheel("a", "1.0"), wheel("b", "1.0"), wheel("c", "1.0")]);
    let project = Project::of("a\n");
    project.write("pyproject.toml", "[dependency-groups]\ndev = ['b']\n");
    project.write("sub/pyproject.toml", "[dependency-groups]\ndocs = ['c']\n");
    project.compiles(
        &index.url(),
        &[
            "requirements.in",
            "--group",
            "dev",
            "--group",
            "sub/pyproject.toml:docs",
        ],
    );
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==1.0"]);
    let run = project.compile(&index.url(), &["--group", "dev"]);
    run.says(2, &["dependency groups need an explicit output"]);
    project.compiles(&index.url(), &["--group", "dev", "-o", "dev.txt"]);
    assert_eq!(crate::project::pins(&project.read("dev.txt")), ["b==1.0"]);
    // An update makes the same of the header.
    let run = crate::project::run(&mut project.command(&[
        "update",
        "--check",
        "--index-url",
        &index.url(),
    ]));
    run.says(0, &[]);
    project.write("pyproject.toml", "[dependency-groups]\ndev = ['b', 'c']\n");
    let run = crate::project::run(&mut project.command(&["update", "--index-url", &index.url()]));
    run.says(0, &[]);
    assert_eq!(
        crate::project::pins(&project.read("dev.txt")),
        ["b==1.0", "c==1.0"]
    );
}

#[test]
fn a_project_can_be_resolved_and_left_out() {
    let (project, run) = compile(&["--no-emit-package", "b"]);
    run.says(0, &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn an_index_may_have_a_name() {
    let index = Index::new(releases());
    index.admit_only("Basic bWU6c2VzYW1l");
    let named = format!("my-corp={}", index.url());
    for option in ["--index", "--default-index"] {
        let project = Project::of("a\n")
            .with_variable("PINFOLD_INDEX_MY_CORP_USERNAME", "me")
            .with_variable("PINFOLD_INDEX_MY_CORP_PASSWORD", "sesame");
        let run = run(&mut project.compile_command(&[option, &named]));
        run.says(0, &[]);
        let lock = project.lock();
        // pip knows no names of indexes.
        assert!(
            lock.contains(&format!("index-url {}\n", index.url())),
            "{lock}"
        );
        assert!(command(&project).contains(&named) && !lock.contains("sesame"));
        // An update finds the credentials by the name.
        let run = crate::project::run(&mut project.command(&["update", "--check"]));
        run.says(0, &[]);
    }
}

#[test]
fn a_project_that_is_excluded_in_uv_is_overridden_here() {
    // As the sentence for `--exclude` says.
    let index = Index::new(releases());
    let project = Project::of("a\n");
    project.write("drop.txt", "b ; python_version < \"0\"\n");
    project.compiles(&index.url(), &["--override", "drop.txt"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn another_folder_may_be_worked_in() {
    let index = Index::new(releases());
    let project = Project::new();
    project.write("sub/requirements.in", "a\n");
    project.write("sub/pinfold.toml", "[compile]\nno-annotate = true\n");
    project.compiles(&index.url(), &["--directory", "sub"]);
    let lock = project.read("sub/requirements.txt");
    assert!(lock.contains("a==1.0") && !lock.contains("# via"), "{lock}");
    let run = project.compile(&index.url(), &["--directory", "nosuch"]);
    run.says(2, &["`--directory nosuch`"]);
}

/// All flags of pip-compile 7.6.2 and of uv 0.13.8, but for short ones that contradict.
const THEIRS: &str = "--version --no-color --verbose --quiet --dry-run --pre --rebuild \
    --all-extras --no-index --header --no-header --emit-trusted-host --no-emit-trusted-host \
    --annotate --no-annotate --upgrade --no-upgrade --allow-unsafe --no-allow-unsafe \
    --strip-extras --no-strip-extras --generate-hashes --reuse-hashes --no-reuse-hashes \
    --build-isolation --no-build-isolation --emit-find-links --no-emit-find-links \
    --emit-index-url --no-emit-index-url --emit-options --no-emit-options --no-config \
    --all-build-deps --only-build-deps --require-build-hashes --no-deps --no-strip-markers \
    --system --no-build --universal --emit-build-options --emit-index-annotation --no-sources \
    --no-cache --refresh --managed-python --no-managed-python --no-python-downloads \
    --system-certs --offline --no-progress \
    --extra= --find-links= --index-url= --extra-index-url= --cert= --client-cert= \
    --trusted-host= --uploaded-prior-to= --annotation-style= --upgrade-package= \
    --output-file= --newline= --max-rounds= --cache-dir= --pip-args= --resolver= \
    --unsafe-package= --config= --constraint= --build-deps-for= --constraints= --overrides= \
    --excludes= --build-constraints= --group= --format= --custom-compile-command= \
    --no-binary= --only-binary= --python-platform= --no-emit-package= --torch-backend= \
    --index= --default-index= --index-strategy= --keyring-provider= --upgrade-group= \
    --resolution= --prerelease= --prerelease-package= --fork-strategy= --exclude-newer= \
    --exclude-newer-package= --no-sources-package= --config-setting= \
    --config-settings-package= --no-build-isolation-package= --link-mode= --refresh-package= \
    --python= --python-version= --color= --allow-insecure-host= --directory= --project= \
    --config-file=";

#[test]
fn every_flag_of_both_tools_is_known() {
    let project = Project::of("a\n");
    for flag in THEIRS.split_whitespace() {
        if flag == "--version" {
            continue;
        }
        let word = if flag.ends_with('=') {
            format!("{flag}x")
        } else {
            flag.to_owned()
        };
        let run = run(&mut project.command(&["compile", &word, "--nosuch-flag"]));
        // Of several that are not known, the first is named.
        run.says(2, &[]);
        assert!(!run.stderr.contains(&format!("unexpected argument '{flag}")));
        if !run.stderr.contains("invalid value") {
            run.says(2, &["unexpected argument '--nosuch-flag'"]);
        }
    }
}

#[test]
fn help_names_no_values_of_variables() {
    let project = Project::new()
        .with_variable(
            "PINFOLD_INDEX_URL",
            "https://me:sesame@index.example/simple/",
        )
        .with_variable("PINFOLD_PROXY", "http://me:sesame@proxy.example/")
        .with_variable("PINFOLD_CONSTRAINT", "secret-name.txt");
    for command in ["compile", "update", "docker"] {
        let run = run(&mut project.command(&[command, "--help"]));
        assert_eq!(run.code, 0);
        assert!(!run.stdout.contains("sesame") && !run.stdout.contains("secret-name"));
    }
    let run = run(&mut project.command(&["compile", "--help"]));
    assert!(run.stdout.contains("PINFOLD_INDEX_URL for --index-url"));
    assert!(!run.stdout.contains("--torch-backend"), "they are refused");
}

#[test]
fn the_reference_is_what_the_program_prints() {
    let project = Project::new();
    let run = run(&mut project.command(&["reference"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    if std::env::var_os("PINFOLD_REWRITE").is_some() {
        fs::write(&path, &run.stdout).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == run.stdout,
        "docs/reference.md is old: `PINFOLD_REWRITE=1 cargo test options` makes it anew"
    );
    for expected in [
        "| `-i`, `--index-url`, `--default-index` | `URL` | PyPI | `PINFOLD_INDEX_URL` | `index-url` |",
        "| `--exclude` | `GLOB` … |",
        "| `--torch-backend` | refused: ",
        "### `[[index]]`",
        "| `cooldown` | duration | `\"7d\"` |",
    ] {
        assert!(found.contains(expected), "{expected}");
    }
}
