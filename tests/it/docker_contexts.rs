//! What one file of a repository says about names in the others: contexts that compose
//! files give to builds, and images that they build.

use crate::fake_registry::FakeRegistry;
use crate::project::{Project, Run, run};

/// A repository, and a mirror of Docker Hub that has public images of the same names.
struct Tree {
    _registry: FakeRegistry,
    project: Project,
}

impl Tree {
    fn of(files: &[(&str, &str)]) -> Self {
        let registry = FakeRegistry::new();
        let mirror = format!("docker.io={}", registry.url());
        let project = Project::new().with_variable("PINFOLD_REGISTRY_MIRROR", &mirror);
        project.write(".git/HEAD", "ref: refs/heads/main\n");
        for (name, content) in files {
            project.write(name, content);
        }
        for (repository, tag) in [
            ("library/python", "latest"),
            ("library/python", "3.12"),
            ("acme/tools", "latest"),
            ("acme/tools", "1"),
        ] {
            registry.add(repository, tag);
        }
        Self {
            _registry: registry,
            project,
        }
    }

    fn docker(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["docker"];
        all.extend(arguments);
        run(&mut self.project.command(&all))
    }

    /// Runs and returns whether a file was pinned.
    #[track_caller]
    fn pins(&self, arguments: &[&str], name: &str) -> bool {
        let run = self.docker(arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        self.project.read(name).contains("@sha256:")
    }
}

const BASE: &str = "  base: {build: ./base}\n";

/// Returns a compose file whose service `app` has this build.
fn app(build: &str) -> String {
    format!("services:\n  app: {{build: {build}}}\n{BASE}")
}

#[test]
fn a_context_that_a_compose_file_gives_is_no_image_in_the_dockerfile() {
    for (compose, build, dockerfile) in [
        (
            "compose.yaml",
            "{context: ./app, additional_contexts: {python: 'service:base'}}",
            "app/Dockerfile",
        ),
        (
            "deploy/compose.yml",
            "{context: ../app, dockerfile: ../docker/web.Dockerfile, \
             additional_contexts: ['python=../base']}",
            "docker/web.Dockerfile",
        ),
        (
            "compose.yaml",
            "{additional_contexts: {'python:latest': 'docker-image://acme/tools'}}",
            "Dockerfile",
        ),
        (
            "compose.yaml",
            "{context: '${APP:-./app}', additional_contexts: {python: ./base}}",
            "app/Dockerfile",
        ),
    ] {
        let compose_text = app(build);
        let tree = Tree::of(&[
            (compose, &compose_text),
            (dockerfile, "FROM scratch\nCOPY --from=python /a /b\n"),
            ("other/Dockerfile", "FROM python\n"),
            ("app/main.py", ""),
        ]);
        assert!(!tree.pins(&[], dockerfile), "{build}");
        assert!(tree.pins(&[], "other/Dockerfile"), "{build}");
    }
}

#[test]
fn contexts_count_where_only_the_dockerfile_is_named() {
    let compose = app("{context: app, additional_contexts: {python: 'service:base'}}");
    let tree = Tree::of(&[
        ("compose.yaml", &compose),
        ("app/Dockerfile", "FROM python\n"),
    ]);
    assert!(!tree.pins(&["app/Dockerfile"], "app/Dockerfile"));
    let tree = Tree::of(&[
        ("compose.yaml", &compose),
        ("app/Dockerfile", "FROM python\n"),
    ]);
    assert!(!tree.pins(&["app"], "app/Dockerfile"));
}

#[test]
fn outside_of_a_repository_the_folders_above_count() {
    let compose = app("{context: app, additional_contexts: {python: 'service:base'}}");
    let tree = Tree::of(&[
        ("compose.yaml", &compose),
        ("app/Dockerfile", "FROM python\n"),
    ]);
    std::fs::remove_dir_all(tree.project.path(".git")).unwrap();
    assert!(!tree.pins(&["app/Dockerfile"], "app/Dockerfile"));
    assert!(!tree.pins(&["app"], "app/Dockerfile"));
}

#[test]
fn an_override_file_gives_its_contexts_to_the_same_service() {
    let tree = Tree::of(&[
        ("compose.yaml", &app("{context: app}")),
        (
            "compose.override.yaml",
            "services: {app: {build: {additional_contexts: {python: ./base}}}}\n",
        ),
        ("app/Dockerfile", "FROM python\n"),
    ]);
    assert!(!tree.pins(&[], "app/Dockerfile"));
}

#[test]
fn what_a_compose_file_builds_is_no_public_image_in_other_files() {
    let compose = "services: {tools: {build: ./tools, image: acme/tools}}\n";
    for (name, text) in [
        ("app/Dockerfile", "FROM acme/tools\n"),
        ("app/Dockerfile", "ARG BASE=acme/tools\nFROM $BASE AS a\n"),
        (
            "app/Dockerfile",
            "FROM scratch\nCOPY --from=docker.io/acme/tools:latest a b\n",
        ),
        (
            "compose.prod.yaml",
            "services: {tools: {image: acme/tools}}\n",
        ),
    ] {
        let tree = Tree::of(&[("compose.yaml", compose), (name, text)]);
        assert!(!tree.pins(&[], name), "{text}");
        let tree = Tree::of(&[("compose.yaml", compose), (name, text)]);
        tree.docker(&["--check", "-v"])
            .says(0, &["service `tools` in `compose.yaml` builds"]);
    }
}

#[test]
fn a_built_image_is_recognized_by_its_tags_and_whatever_tag_a_variable_gives() {
    for built in [
        "{tools: {build: {context: tools, tags: ['acme/tools:1']}}}",
        "{tools: {build: tools, image: 'acme/tools:${TAG}'}}",
        "{tools: {build: tools, image: 'acme/tools:${TAG:-2}'}}",
    ] {
        let tree = Tree::of(&[
            ("compose.yaml", &format!("services: {built}\n")),
            ("app/Dockerfile", "FROM acme/tools:1\n"),
        ]);
        assert!(!tree.pins(&[], "app/Dockerfile"), "{built}");
    }
    let tree = Tree::of(&[
        (
            "compose.yaml",
            "services: {tools: {build: tools, image: 'acme/tools:2'}}\n",
        ),
        ("app/Dockerfile", "FROM acme/tools:1\n"),
    ]);
    assert!(tree.pins(&[], "app/Dockerfile"), "another tag");
}
