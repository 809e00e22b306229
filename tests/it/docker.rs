//! `pinfold docker` as its users meet it: which files, what is written, what is told.

use std::thread;
use std::time::Duration;

use crate::fake_registry::{FakeRegistry, Fault};
use crate::project::{Project, Run, files_below, run, run_with_input, start};

/// A folder, and a mirror of Docker Hub that has some images.
struct Hub {
    registry: FakeRegistry,
    project: Project,
}

impl Hub {
    fn new() -> Self {
        let registry = FakeRegistry::new();
        let mirror = format!("docker.io={}", registry.url());
        Self {
            registry,
            project: Project::new().with_variable("PINFOLD_REGISTRY_MIRROR", &mirror),
        }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let hub = Self::new();
        for (name, content) in files {
            hub.project.write(name, content);
        }
        hub
    }

    /// Adds an official image and returns its digest.
    fn add(&self, name: &str, tag: &str) -> String {
        self.registry.add(&format!("library/{name}"), tag)
    }

    /// Says that there is no such official image, so that it may be asked for.
    fn lacks(&self, name: &str, tag: &str) {
        let repository = format!("library/{name}");
        self.registry.add_with(&repository, tag, &Fault::Missing);
    }

    fn docker(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["docker"];
        all.extend(arguments);
        run(&mut self.project.command(&all))
    }

    #[track_caller]
    fn pins(&self, arguments: &[&str]) -> Run {
        let run = self.docker(arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    }
}

#[test]
fn pins_all_that_is_below_the_folder_but_what_git_ignores() {
    let hub = Hub::with(&[
        ("Dockerfile", "FROM python:3.12\n"),
        (".devcontainer/web.Dockerfile", "from python:3.12\r\n"),
        (
            "deploy/compose.yaml",
            "services: {a: {image: python:3.12}}\n",
        ),
        ("out/Dockerfile", "FROM python:3.12\n"),
        ("notes/Dockerfile.md", "FROM python:3.12\n"),
        (".gitignore", "out\n"),
    ]);
    let digest = hub.add("python", "3.12");
    let run = hub.pins(&[]);
    run.says(0, &["Pinned 3 references in 3 files", "1 request,"]);
    let read = |name| hub.project.read(name);
    assert_eq!(read("Dockerfile"), format!("FROM python:3.12@{digest}\n"));
    assert_eq!(
        read(".devcontainer/web.Dockerfile"),
        format!("from python:3.12@{digest}\r\n")
    );
    assert_eq!(
        read("deploy/compose.yaml"),
        format!("services: {{a: {{image: python:3.12@{digest}}}}}\n")
    );
    assert_eq!(read("out/Dockerfile"), "FROM python:3.12\n");
    assert_eq!(read("notes/Dockerfile.md"), "FROM python:3.12\n");
}

#[test]
fn a_second_run_asks_nothing_and_writes_nothing() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\n")]);
    hub.add("python", "3.12");
    hub.pins(&[]);
    let modified = || {
        let metadata = std::fs::metadata(hub.project.path("Dockerfile")).unwrap();
        metadata.modified().unwrap()
    };
    let before = modified();
    assert_eq!(hub.registry.requests().len(), 1);
    hub.pins(&[]).says(0, &["1 pinned before (no requests"]);
    assert_eq!(modified(), before);
    assert!(hub.registry.requests().is_empty());
}

#[test]
fn a_dry_run_shows_the_difference_on_standard_output() {
    let hub = Hub::with(&[("web/Dockerfile", "# a\nFROM python:3.12\nRUN true\n")]);
    let digest = hub.add("python", "3.12");
    let run = hub.pins(&["--dry-run"]);
    assert_eq!(
        run.stdout,
        format!(
            "--- web/Dockerfile\n+++ web/Dockerfile\n@@ -1,3 +1,3 @@\n # a\n-FROM python:3.12\n\
             +FROM python:3.12@{digest}\n RUN true\n"
        )
    );
    run.says(0, &["Would pin 1 reference in 1 file"]);
    assert_eq!(
        hub.project.read("web/Dockerfile"),
        "# a\nFROM python:3.12\nRUN true\n"
    );
}

#[test]
fn check_says_no_without_asking_anybody() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\nFROM node:22\n")]);
    let run = hub.docker(&["--check"]);
    run.says(
        1,
        &["Dockerfile:1: python:3.12 is not pinned", "2 not pinned"],
    );
    assert!(hub.registry.requests().is_empty());
}

#[test]
fn check_counts_what_cannot_be_pinned_unless_it_is_to_be_ignored() {
    let text = "ARG V=3\nFROM python:${V}-slim\n";
    let hub = Hub::with(&[("Dockerfile", text)]);
    hub.docker(&["--check"]).says(
        1,
        &["Dockerfile:2:6", "would stay the same if `--build-arg`"],
    );
    hub.pins(&["--check", "--ignore", "python:3-slim"]);
    hub.project.write(
        "Dockerfile",
        text.replace("FROM", "# pinfold: ignore\nFROM"),
    );
    hub.pins(&["--check"]);
}

#[test]
fn freezing_pins_in_spite_of_variables() {
    let hub = Hub::with(&[("Dockerfile", "ARG V=3\nFROM python:${V}-slim\n")]);
    let digest = hub.add("python", "3-slim");
    hub.pins(&[]).says(0, &["1 not pinned", "--freeze-args"]);
    hub.pins(&["--freeze-args"]);
    let frozen = format!("ARG V=3\nFROM python:${{V}}-slim@{digest}\n");
    assert_eq!(hub.project.read("Dockerfile"), frozen);
    hub.pins(&["-U"]);
    assert_eq!(hub.project.read("Dockerfile"), frozen);
}

#[test]
fn one_digest_for_two_platforms_of_one_arg_is_refused() {
    let text = "ARG V=3\nFROM --platform=linux/arm64 python:$V\nFROM python:$V\n";
    let hub = Hub::with(&[("Dockerfile", text)]);
    hub.add("python", "3");
    let run = hub.docker(&["--platform", "linux/amd64"]);
    run.says(0, &["2 not pinned", "another platform"]);
    assert_eq!(hub.project.read("Dockerfile"), text);
}

#[test]
fn one_arg_for_a_platform_that_is_there_and_one_that_is_not_is_refused() {
    let text = "ARG V=3\nFROM --platform=linux/s390x python:$V\nFROM python:$V\n";
    let hub = Hub::with(&[("Dockerfile", text)]);
    hub.add("python", "3");
    let run = hub.docker(&["--platform", "linux/amd64"]);
    run.says(2, &["is not available for `linux/s390x`", "2 not pinned"]);
    assert_eq!(hub.project.read("Dockerfile"), text);
}

/// Someone saves the file in an editor while a registry thinks.
#[test]
fn a_file_that_changed_meanwhile_is_left_and_not_told_as_pinned() {
    let registry = FakeRegistry::with_latency(Duration::from_millis(300));
    let mirror = format!("docker.io={}", registry.url());
    let project = Project::new().with_variable("PINFOLD_REGISTRY_MIRROR", &mirror);
    registry.add("library/python", "3");
    project.write("Dockerfile", "FROM python:3\n");
    let running = start(&mut project.command(&["docker", "--format", "json"]));
    while registry.seen().is_empty() {
        thread::yield_now();
    }
    project.write("Dockerfile", "FROM python:3 AS mine\n");
    let run = running.finish();
    run.says(
        2,
        &[
            "`Dockerfile` changed on disk while its images",
            "1 not pinned",
        ],
    );
    assert!(!run.stderr.contains("Pinned"), "{}", run.stderr);
    assert!(run.stdout.contains(r#""changed": false"#), "{}", run.stdout);
    assert!(
        run.stdout.contains("changed on disk while its images"),
        "{}",
        run.stdout
    );
    assert_eq!(project.read("Dockerfile"), "FROM python:3 AS mine\n");
}

#[test]
fn what_runs_where_the_build_runs_gets_the_digest_for_all_platforms() {
    let text =
        "FROM --platform=$BUILDPLATFORM python:3 AS a\nFROM --platform=$TARGETPLATFORM python:3\n";
    let hub = Hub::with(&[("Dockerfile", text)]);
    let index = hub.add("python", "3");
    hub.pins(&["--platform", "linux/arm64"]);
    let pinned = hub.project.read("Dockerfile");
    let (build, target) = pinned.split_once('\n').unwrap();
    assert!(build.contains(&index), "{pinned}");
    assert!(
        target.contains("python:3@sha256:") && !target.contains(&index),
        "{pinned}"
    );
}

#[test]
fn the_configuration_is_found_above_and_told_apart_from_flags() {
    let hub = Hub::with(&[
        (
            "pinfold.toml",
            "[docker]\nignore = ['node']\ncontexts = ['assets']\nexclude = ['/old/']\n",
        ),
        (
            "web/Dockerfile",
            "FROM python:3.12\nFROM node:22\nCOPY --from=assets /a /b\n",
        ),
        ("old/Dockerfile", "FROM python:3.12\n"),
    ]);
    let digest = hub.add("python", "3.12");
    hub.pins(&[]);
    assert_eq!(
        hub.project.read("web/Dockerfile"),
        format!("FROM python:3.12@{digest}\nFROM node:22\nCOPY --from=assets /a /b\n")
    );
    assert_eq!(hub.project.read("old/Dockerfile"), "FROM python:3.12\n");
    let run = hub.docker(&["--no-config", "--check"]);
    run.says(1, &["3 not pinned"]);
}

#[test]
fn what_is_typed_is_relative_to_where_it_is_typed() {
    let hub = Hub::with(&[
        ("pinfold.toml", "[docker]\nexclude = ['/web/old/']\n"),
        ("web/new/Dockerfile", "FROM python:3.12\n"),
        ("web/old/Dockerfile", "FROM python:3.12\n"),
        ("web/Dockerfile", "FROM python:3.12\n"),
    ]);
    let mut command = hub
        .project
        .command(&["docker", "--check", "--exclude", "/new/"]);
    command.current_dir(hub.project.path("web"));
    run(&mut command).says(
        1,
        &["  Dockerfile:1: python:3.12 is not pinned\n1 not pinned"],
    );
}

#[test]
fn what_is_wrong_with_credentials_is_told_once_for_all_images() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3\nFROM node:22\nFROM alpine:3\n")]);
    for (name, tag) in [("python", "3"), ("node", "22"), ("alpine", "3")] {
        hub.registry
            .add_with(&format!("library/{name}"), tag, &Fault::WantsToken);
    }
    hub.project.write("auth.json", "{ broken");
    let mut command = hub.project.command(&["docker"]);
    command.env("REGISTRY_AUTH_FILE", hub.project.path("auth.json"));
    let run = run(&mut command);
    run.says(2, &["auth.json", "the same for `node:22`, `python:3`"]);
    assert_eq!(run.stderr.matches("error:").count(), 1, "{}", run.stderr);
}

#[test]
fn advice_for_a_compose_file_is_not_that_for_a_dockerfile() {
    let hub = Hub::with(&[(
        "compose.yaml",
        "services:\n  a:\n    image: $IMG\n  b:\n    image: made:1\n    build: .\n",
    )]);
    let run = hub.docker(&[]);
    run.says(0, &["help: add one: `${IMG:-…}`"]);
    let told = hub.docker(&["explain"]).stdout;
    assert!(told.contains("that `build:` builds"), "{told}");
}

#[test]
fn a_host_for_plain_http_is_no_url() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3\n")]);
    hub.docker(&["--insecure-registry", "http://registry.example:5000/"])
        .says(2, &["is not a host", "`registry.example:5000`"]);
}

#[test]
fn a_mirror_in_the_configuration_that_is_none_is_told_with_its_file() {
    let hub = Hub::with(&[
        (
            "pinfold.toml",
            "[docker]\nregistry-mirrors = ['docker.io']\n",
        ),
        ("Dockerfile", "FROM python:3.12\n"),
    ]);
    hub.docker(&[]).says(
        2,
        &["`registry-mirrors` in `", "pinfold.toml`: `docker.io`"],
    );
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_place() {
    let hub = Hub::with(&[
        ("pyproject.toml", "[tool.pinfold.docker]\nignored = []\n"),
        ("Dockerfile", "FROM python:3.12\n"),
    ]);
    hub.docker(&[]).says(
        2,
        &[
            "pyproject.toml:2:1",
            "`ignored` is not a key of `[docker]`",
            "did you mean `ignore`?",
        ],
    );
    assert!(hub.registry.requests().is_empty());
}

#[test]
fn standard_input_may_be_a_compose_file() {
    let hub = Hub::new();
    let digest = hub.add("nginx", "1");
    let mut command = hub
        .project
        .command(&["docker", "--stdin-filename", "compose.yaml", "-"]);
    let run = run_with_input(
        &mut command,
        "services:\n  web:\n    image: nginx:1 # web\n",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        format!("services:\n  web:\n    image: nginx:1@{digest} # web\n")
    );
}

#[test]
fn explain_says_what_each_reference_is() {
    let hub = Hub::with(&[(
        "Dockerfile",
        "ARG PY=3.12\nFROM python:${PY} AS build\nFROM scratch\nCOPY --from=build /a /b\n",
    )]);
    let run = hub.pins(&["explain"]);
    assert_eq!(
        run.stdout,
        "Dockerfile\n\
         \u{20} 2:6  FROM (stage 0, `build`) python:${PY}\n\
         \u{20}     PY is `3.12`, from ARG on line 1\n\
         \u{20}     expands to `python:3.12`\n\
         \u{20}     image docker.io/library/python, tag 3.12\n\
         \u{20}     not pinned; the digest goes in the default of ARG PY, on line 1\n\
         \u{20} 3:6  FROM (stage 1) scratch\n\
         \u{20}     the empty image: nothing is pulled\n\
         \u{20} 4:13  COPY --from build\n\
         \u{20}     stage 0 of this file: no image is pulled\n"
    );
    assert!(hub.registry.requests().is_empty());
}

#[test]
fn json_says_what_became_of_each_reference() {
    let hub = Hub::with(&[(
        "Dockerfile",
        "FROM python:3.12 AS a\nFROM a\nFROM node:$V\nFROM gone:1\n",
    )]);
    let digest = hub.add("python", "3.12");
    hub.lacks("gone", "1");
    let run = hub.docker(&["--format", "json"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["changed"], true);
    let references = report["files"][0]["references"].as_array().unwrap();
    let statuses: Vec<&str> = references
        .iter()
        .map(|reference| reference["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["added", "none", "left", "failed"]);
    assert_eq!(references[0]["digest"], digest.as_str());
    assert_eq!(references[0]["image"], "docker.io/library/python");
    assert_eq!(references[1]["meaning"], "stage");
    assert_eq!(references[3]["line"], 4);
    assert_eq!(report["failures"][0]["image"], "gone:1");
    assert_eq!(report["failures"][0]["transient"], false);
}

#[test]
fn an_image_to_upgrade_that_no_file_names_is_a_slip() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\n")]);
    hub.docker(&["-P", "pyhton"]).says(
        2,
        &[
            "cannot upgrade `pyhton`: no file uses this image",
            "did you mean `python`?",
        ],
    );
    assert!(hub.registry.requests().is_empty());
}

#[test]
fn what_may_be_a_context_is_a_warning_when_there_is_no_such_image() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\nCOPY --from=assets /a /b\n")]);
    let digest = hub.add("python", "3.12");
    hub.lacks("assets", "latest");
    hub.pins(&[]).says(0, &["--context assets"]);
    assert_eq!(
        hub.project.read("Dockerfile"),
        format!("FROM python:3.12@{digest}\nCOPY --from=assets /a /b\n")
    );
}

#[test]
fn a_compose_file_that_is_no_yaml_leaves_the_others_pinned() {
    let hub = Hub::with(&[
        ("Dockerfile", "FROM python:3.12\n"),
        ("compose.yaml", "services: [\n"),
    ]);
    let digest = hub.add("python", "3.12");
    hub.docker(&[]).says(2, &["compose.yaml:"]);
    assert_eq!(
        hub.project.read("Dockerfile"),
        format!("FROM python:3.12@{digest}\n")
    );
}

#[test]
fn verify_tells_of_files_that_cannot_be_understood() {
    let hub = Hub::with(&[
        ("Dockerfile", "FROM python:3.12 # why\n"),
        ("compose.yaml", "services: [\n"),
    ]);
    hub.docker(&["verify"])
        .says(2, &["compose.yaml:", "Dockerfile:1:"]);
    let json = hub.docker(&["verify", "--format", "json"]).stdout;
    assert!(json.contains("\"compose.yaml:"), "{json}");
}

#[test]
fn what_a_builder_would_reject_is_told_with_its_line() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12 # why\nFROM alpine:3\n")]);
    let digest = hub.add("alpine", "3");
    hub.pins(&[]).says(0, &["Dockerfile:1:"]);
    assert_eq!(
        hub.project.read("Dockerfile"),
        format!("FROM python:3.12 # why\nFROM alpine:3@{digest}\n")
    );
}

#[test]
fn a_file_named_twice_is_read_once() {
    let hub = Hub::with(&[("a/Dockerfile", "FROM python:3.12\n")]);
    hub.add("python", "3.12");
    hub.pins(&["a/Dockerfile", "a", "./a/../a/Dockerfile"])
        .says(0, &["Pinned 1 reference in 1 file"]);
}

#[test]
fn a_file_that_is_not_there_is_told_before_anybody_is_asked() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\n")]);
    hub.docker(&["Dockerfile", "missing/Dockerfile"])
        .says(2, &["cannot read `missing/Dockerfile`"]);
    assert!(hub.registry.requests().is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let hub = Hub::with(&[("real/base", "FROM python:3.12\n")]);
    let digest = hub.add("python", "3.12");
    std::os::unix::fs::symlink("real/base", hub.project.path("Dockerfile")).unwrap();
    hub.pins(&["Dockerfile"]);
    let link = std::fs::symlink_metadata(hub.project.path("Dockerfile")).unwrap();
    assert!(link.is_symlink());
    assert_eq!(
        hub.project.read("real/base"),
        format!("FROM python:3.12@{digest}\n")
    );
}

#[test]
fn nothing_to_do_is_no_error() {
    let hub = Hub::new();
    hub.pins(&[])
        .says(0, &["Found no Dockerfiles or compose files"]);
    hub.pins(&["verify"])
        .says(0, &["Found no Dockerfiles or compose files"]);
    assert_eq!(
        files_below(&hub.project.path("")),
        [""; 0].map(Into::<std::path::PathBuf>::into)
    );
}

#[test]
fn offline_pins_what_was_learnt_and_tells_the_rest() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\n")]);
    let digest = hub.add("python", "3.12");
    hub.pins(&["--dry-run"]);
    hub.project
        .write("Dockerfile", "FROM python:3.12\nFROM node:22\n");
    hub.docker(&["--offline"])
        .says(2, &["`node:22`", "network is disabled"]);
    assert_eq!(
        hub.project.read("Dockerfile"),
        format!("FROM python:3.12@{digest}\nFROM node:22\n")
    );
}

#[test]
fn nobody_there_is_something_to_try_later() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3.12\n")]);
    let run = hub.docker(&[
        "--registry-mirror",
        "docker.io=http://127.0.0.1:9",
        "--retries",
        "0",
    ]);
    run.says(75, &["cannot connect", "python:3.12"]);
    assert_eq!(hub.project.read("Dockerfile"), "FROM python:3.12\n");
}

/// A file that was named is to be pinned: what is not understood is no success.
#[test]
fn a_named_file_that_is_not_understood_is_an_error() {
    for (name, text) in [
        (
            "k8s/d.yaml",
            "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: python:3}]}\n",
        ),
        (
            ".gitlab-ci.yml",
            "image: python:3\nservices: [postgres:16]\ntest: {script: [x]}\n",
        ),
        ("values.yaml", "image: {repository: a, tag: b}\n"),
        (
            "devcontainer.json",
            "{\"image\": \"python:3\", \"features\": {}}\n",
        ),
        ("Makefile", "all:\n\tdocker pull python:3\n"),
    ] {
        let hub = Hub::with(&[(name, text), ("web/Dockerfile", "FROM scratch\n")]);
        for arguments in [&["--check", name][..], &[name], &["explain", name]] {
            let run = hub.docker(arguments);
            assert_eq!(run.code, 2, "{name}: {}", run.stderr);
            let words = format!("cannot pin `{name}`: it is not a Dockerfile or compose file");
            assert!(run.stderr.contains(&words), "{}", run.stderr);
        }
        // Where nobody named it, it is none of these files.
        hub.pins(&["--check"]);
    }
}

#[test]
fn a_named_file_is_understood_by_what_it_says() {
    for (name, text) in [
        ("stack.yml", "services: {a: {image: python:3}}\n"),
        (
            "stack.json",
            "{\"services\": {\"a\": {\"image\": \"python:3\"}}}\n",
        ),
        ("old.yml", "web:\n  image: python:3\n"),
        ("build/image.txt", "FROM python:3\n"),
        ("compose.volumes.yaml", "volumes: {a: {}}\n"),
    ] {
        let hub = Hub::with(&[(name, text)]);
        hub.add("python", "3");
        hub.pins(&[name]);
    }
}

/// Several runs at once come to the same result; the last one finds it there.
#[test]
fn a_file_that_another_run_pinned_meanwhile_is_done() {
    let registry = FakeRegistry::with_latency(Duration::from_millis(300));
    let mirror = format!("docker.io={}", registry.url());
    let project = Project::new().with_variable("PINFOLD_REGISTRY_MIRROR", &mirror);
    let digest = registry.add("library/python", "3");
    project.write("Dockerfile", "FROM python:3\n");
    let running = start(&mut project.command(&["docker"]));
    while registry.seen().is_empty() {
        thread::yield_now();
    }
    project.write("Dockerfile", format!("FROM python:3@{digest}\n"));
    running.finish().says(0, &[]);
    let pinned = format!("FROM python:3@{digest}\n");
    assert_eq!(project.read("Dockerfile"), pinned);
}

#[test]
fn options_before_a_command_are_told_where_they_go() {
    for command in ["verify", "check", "explain"] {
        let hub = Hub::with(&[("Dockerfile", "FROM scratch\n")]);
        let run = hub.docker(&["--offline", command]);
        run.says(
            2,
            &[&format!(
                "write the command first: `pinfold docker {command}"
            )],
        );
        // A file of this name can be named.
        hub.project.write(command, "FROM scratch\n");
        hub.docker(&["--offline", command]).says(0, &[]);
    }
}

#[test]
fn an_argument_that_is_declared_too_late_is_told_as_that() {
    for (text, is_late) in [
        ("FROM scratch\nARG PY=3.12\nFROM python:${PY}\n", true),
        (
            "FROM scratch\nARG A=1 PY=3.12\nFROM python:${PY}-slim AS b\n",
            true,
        ),
        ("FROM python:${PY}\nARG PY\n", false),
    ] {
        let hub = Hub::with(&[("Dockerfile", text)]);
        let run = hub.docker(&["--check"]);
        let words = if is_late {
            "`PY` is declared on line 2, after the first `FROM`"
        } else {
            "`PY` has no default"
        };
        run.says(1, &[words]);
    }
}

#[test]
fn a_name_without_end_is_not_shown_whole() {
    let name = "a".repeat(2_000_000);
    let hub = Hub::with(&[(
        "compose.yaml",
        &format!("services: {{a: {{image: {name}}}}}\n"),
    )]);
    for arguments in [&["--check"][..], &["-v"], &["explain"], &["verify"]] {
        let run = hub.docker(arguments);
        let shown = run.stdout.len() + run.stderr.len();
        assert!(shown < 10_000, "{arguments:?}: {shown} bytes");
    }
}

#[test]
fn a_registry_on_this_machine_is_not_asked_through_a_proxy() {
    let hub = Hub::with(&[("Dockerfile", "FROM python:3\n")]);
    hub.add("python", "3");
    // Nobody listens there.
    let project = hub
        .project
        .with_variable("http_proxy", "http://127.0.0.1:1/");
    let run = run(&mut project.command(&["docker", "--retries", "0"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
}
