//! `pinfold docker` against real registries: who is let in, what a tag says, what moved
//! and what is gone.
//!
//! They are Debian's `docker-registry`, filled by us and by `skopeo`; where a program is
//! not installed, a test is left out and says so.

use serde_json::json;

use crate::images::Image;
use crate::project::{Project, Run, run, run_with_input};
use crate::registries::{
    Authority, PASSWORD, REFRESH_TOKEN, Registry, Tap, USER, basic, encode, skopeo_copy,
};

const PLATFORMS: &[&str] = &["linux/amd64", "linux/arm64"];

/// Runs `pinfold docker`.
fn docker(project: &Project, options: &[&str]) -> Run {
    let mut arguments = vec!["docker"];
    arguments.extend(options);
    run(&mut project.command(&arguments))
}

/// Runs `pinfold docker`, which must end with this.
#[track_caller]
fn docker_ends(project: &Project, options: &[&str], code: i32) -> Run {
    let run = docker(project, options);
    assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
    run
}

/// Returns all that a run said.
fn told(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

/// A folder with a Dockerfile that builds on one image.
fn project_from(image: &str) -> Project {
    let project = Project::new();
    project.write("Dockerfile", format!("FROM {image}\n"));
    project
}

/// Puts a `config.json` with a registry's credentials into the home.
fn log_in(project: &Project, host: &str, credentials: &serde_json::Value) {
    let config = json!({"auths": {host: credentials}}).to_string();
    let folder = project.home().join(".docker");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.json"), config).unwrap();
}

/// Returns credentials as `docker login` writes them.
fn login(user: &str, password: &str) -> serde_json::Value {
    json!({"auth": encode(&format!("{user}:{password}"))})
}

#[track_caller]
fn check_pinned(project: &Project, image: &str, digest: &str) {
    assert_eq!(
        project.read("Dockerfile"),
        format!("FROM {image}@{digest}\n")
    );
}

#[track_caller]
fn check_untouched(project: &Project, image: &str) {
    assert_eq!(project.read("Dockerfile"), format!("FROM {image}\n"));
}

#[test]
fn pins_to_the_index_and_to_nothing_else() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let python = registry.push_index("library/python", "3.9-slim", 1, PLATFORMS);
    let tools = registry.push_index("team/tools", "latest", 1, PLATFORMS);
    let [python_name, tools_name] =
        ["library/python:3.9-slim", "team/tools"].map(|name| registry.image(name));
    let project = Project::new();
    let before = format!(
        "# comment\r\nfrom   {python_name}\tas base\r\nCOPY --from=\"{tools_name}\" /a /b\r\nFROM base"
    );
    project.write("Dockerfile", &before);
    docker_ends(&project, &[], 0);
    let after = before
        .replace(&python_name, &format!("{python_name}@{}", python.digest()))
        .replace(
            &tools_name,
            &format!("{tools_name}:latest@{}", tools.digest()),
        );
    assert_eq!(project.read("Dockerfile"), after);
    docker_ends(&project, &["verify"], 0);
}

#[test]
fn pins_to_one_platform_where_that_is_asked_for() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let name = registry.image("team/app:1");
    let project = project_from(&name);
    docker_ends(&project, &["--platform", "linux/arm64"], 0);
    check_pinned(&project, &name, image.child("linux/arm64"));

    let project = project_from(&name);
    let run = docker_ends(&project, &["--platform", "linux/s390x"], 2);
    run.says(2, &["linux/s390x", "linux/arm64"]);
    check_untouched(&project, &name);
}

#[test]
fn standard_input_goes_pinned_to_standard_output() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let name = registry.image("team/app:1");
    let project = Project::new();
    let run = run_with_input(
        &mut project.command(&["docker", "-"]),
        &format!("FROM {name}\r\nRUN true"),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        format!("FROM {name}@{}\r\nRUN true", image.digest())
    );
    assert_eq!(project.files(), Vec::<String>::new());
}

#[test]
fn a_tag_that_moves_moves_a_pin_only_when_asked() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let name = registry.image("team/app:1");
    let project = project_from(&name);
    let first = registry.push_index("team/app", "1", 1, PLATFORMS);
    docker_ends(&project, &["--check"], 1);
    check_untouched(&project, &name);
    docker_ends(&project, &["--dry-run"], 0);
    check_untouched(&project, &name);
    docker_ends(&project, &[], 0);
    check_pinned(&project, &name, first.digest());
    docker_ends(&project, &["--check"], 0);
    docker_ends(&project, &["--check", "--upgrade"], 0);

    let second = registry.push_index("team/app", "1", 2, PLATFORMS);
    assert_ne!(first.digest(), second.digest());
    docker_ends(&project, &["--refresh"], 0);
    check_pinned(&project, &name, first.digest());
    docker_ends(&project, &["--check", "--refresh"], 0);
    docker_ends(&project, &["--check", "--upgrade"], 1);
    check_pinned(&project, &name, first.digest());
    // That is what tags do, and no harm to a build.
    let run = docker_ends(&project, &["verify"], 0);
    assert!(told(&run).contains("moved"), "{}", told(&run));

    docker_ends(&project, &["--upgrade"], 0);
    check_pinned(&project, &name, second.digest());
    docker_ends(&project, &["--check", "--upgrade"], 0);
    let run = docker_ends(&project, &["verify"], 0);
    assert!(!told(&run).contains("moved: "), "{}", told(&run));
}

#[test]
fn one_image_of_several_is_moved() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let project = Project::new();
    let [app, tools] = ["team/app:1", "team/tools:1"].map(|name| registry.image(name));
    let old = ["team/app", "team/tools"].map(|name| registry.push_index(name, "1", 1, PLATFORMS));
    project.write("Dockerfile", format!("FROM {app} AS a\nFROM {tools}\n"));
    docker_ends(&project, &[], 0);
    let new = ["team/app", "team/tools"].map(|name| registry.push_index(name, "1", 2, PLATFORMS));
    let image = registry.image("team/tools");
    docker_ends(&project, &["-P", &image], 0);
    assert_eq!(
        project.read("Dockerfile"),
        format!(
            "FROM {app}@{} AS a\nFROM {tools}@{}\n",
            old[0].digest(),
            new[1].digest()
        )
    );
}

#[test]
fn verify_finds_digests_and_children_that_are_gone() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let whole = registry.push_index("team/whole", "1", 1, PLATFORMS);
    let partial = registry.push_index("team/partial", "1", 1, PLATFORMS);
    let gone = registry.push_index("team/gone", "1", 1, PLATFORMS);
    let project = Project::new();
    for (name, image) in [("whole", &whole), ("partial", &partial), ("gone", &gone)] {
        let reference = registry.image(&format!("team/{name}:1@{}", image.digest()));
        project.write(&format!("{name}/Dockerfile"), format!("FROM {reference}\n"));
    }
    docker_ends(&project, &["verify"], 0);

    registry.delete_manifest("team/gone", gone.digest());
    registry.delete_manifest("team/partial", partial.child("linux/arm64"));
    let run = docker_ends(&project, &["verify"], 1);
    let text = told(&run);
    assert!(text.contains("gone/Dockerfile"), "{text}");
    assert!(text.contains("partial/Dockerfile"), "{text}");
    assert!(!text.contains("whole/Dockerfile"), "{text}");
    docker_ends(&project, &["verify", "whole"], 0);
    // A child that is not built for is not missed.
    docker_ends(
        &project,
        &["verify", "--platform", "linux/amd64", "partial"],
        0,
    );
    docker_ends(
        &project,
        &["verify", "--platform", "linux/arm64", "partial"],
        1,
    );
    // To pin is not to verify: what has a digest is not asked for.
    docker_ends(&project, &["--refresh"], 0);
}

/// The tag moved, and the registry collected what it named before: the usual way to lose
/// the children of an index.
#[test]
fn verify_tells_of_children_that_are_gone_although_the_tag_moved() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let old = registry.push_index("team/app", "1", 1, PLATFORMS);
    let project = project_from(&registry.image(&format!("team/app:1@{}", old.digest())));
    registry.push_index("team/app", "1", 2, PLATFORMS);
    registry.delete_manifest("team/app", old.child("linux/amd64"));
    let run = docker_ends(&project, &["verify"], 1);
    let text = told(&run);
    assert!(text.contains("partly gone"), "{text}");
    assert!(text.contains("moved: the tag is now"), "{text}");
}

#[test]
fn verify_looks_at_the_platform_of_a_single_image() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let project =
        project_from(&registry.image(&format!("team/app:1@{}", image.child("linux/amd64"))));
    docker_ends(&project, &["verify"], 0);
    docker_ends(&project, &["verify", "--platform", "linux/amd64"], 0);
    docker_ends(&project, &["verify", "--platform", "linux/arm64"], 1).says(1, &[]);
}

#[test]
fn verify_asks_of_a_front_end_only_that_it_is_there() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let front = registry.push_index("team/front", "1", 1, &["linux/amd64"]);
    let project = Project::new();
    let reference = registry.image(&format!("team/front:1@{}", front.digest()));
    project.write(
        "Dockerfile",
        format!("# syntax={reference}\nFROM scratch\n"),
    );
    docker_ends(&project, &["verify", "--platform", "linux/arm64"], 0);
    registry.delete_manifest("team/front", front.child("linux/amd64"));
    docker_ends(&project, &["verify", "--platform", "linux/arm64"], 1);
}

/// `3.9` and `3.9.1` were one image until `3.9` moved on.
#[test]
fn verify_takes_no_alias_for_evidence() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let old = registry.push_index("team/app", "3.9", 1, PLATFORMS);
    registry.push_index("team/app", "3.9.1", 1, PLATFORMS);
    registry.push_index("team/app", "3.9", 2, PLATFORMS);
    let project = Project::new();
    for tag in ["3.9", "3.9.1"] {
        let reference = registry.image(&format!("team/app:{tag}@{}", old.digest()));
        project.write(&format!("{tag}/Dockerfile"), format!("FROM {reference}\n"));
    }
    let run = docker_ends(&project, &["verify"], 0);
    assert!(
        told(&run).contains("moved: the tag is now"),
        "{}",
        told(&run)
    );
}

#[test]
fn verify_finds_a_tag_edited_by_hand() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    // What it is says the image of Python itself, of others another file.
    let first = registry.push_index("library/python", "3.9.1", 1, PLATFORMS);
    registry.push_index("library/python", "3.9.2", 2, PLATFORMS);
    let edited = registry.image(&format!("library/python:3.9.2@{}", first.digest()));
    let project = project_from(&edited);
    let run = docker_ends(&project, &["verify"], 1);
    assert!(told(&run).contains("python:3.9.2"), "{}", told(&run));
    check_untouched(&project, &edited);

    let old = registry.push_index("team/app", "1.0", 1, PLATFORMS);
    registry.push_index("team/app", "2.0", 2, PLATFORMS);
    let project = project_from(&registry.image(&format!("team/app:2.0@{}", old.digest())));
    let other = registry.image(&format!("team/app:1.0@{}", old.digest()));
    docker_ends(&project, &["verify"], 0);
    project.write("other/Dockerfile", format!("FROM {other}\n"));
    let run = docker_ends(&project, &["verify"], 1);
    assert!(told(&run).contains("team/app:2.0"), "{}", told(&run));
}

#[test]
fn a_manifest_list_of_docker_gives_its_own_digest() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let layout = tempfile::tempdir().unwrap();
    Image::new("app", 1, PLATFORMS).write_layout(layout.path(), "made");
    let source = format!("oci:{}:made", layout.path().display());
    let [list, index] = ["team/list:1", "team/index:1"].map(|name| registry.image(name));
    for (name, options) in [(&list, &["--format", "v2s2"][..]), (&index, &[])] {
        if !skopeo_copy(&source, &format!("docker://{name}"), options) {
            return;
        }
    }
    for (repository, name) in [("team/list", &list), ("team/index", &index)] {
        let project = project_from(name);
        docker_ends(&project, &[], 0);
        check_pinned(&project, name, &registry.digest(repository, "1"));
    }
    assert_ne!(
        registry.digest("team/list", "1"),
        registry.digest("team/index", "1")
    );
}

#[test]
fn logs_in_with_what_docker_login_left() {
    let Some(registry) = Registry::with_htpasswd() else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let name = registry.image("team/app:1");

    let project = project_from(&name);
    docker_ends(&project, &[], 2).says(2, &["denied", "without credentials"]);
    check_untouched(&project, &name);

    log_in(&project, registry.host(), &login(USER, "wrong"));
    let refused = docker_ends(&project, &[], 2);
    refused.says(2, &["denied", "config.json"]);
    assert!(!refused.stderr.contains("wrong"), "{}", refused.stderr);
    check_untouched(&project, &name);

    log_in(&project, registry.host(), &login(USER, PASSWORD));
    docker_ends(&project, &[], 0);
    check_pinned(&project, &name, image.digest());

    let variable = json!({"auths": {registry.host(): login(USER, PASSWORD)}}).to_string();
    let project = project_from(&name).with_variable("DOCKER_AUTH_CONFIG", &variable);
    docker_ends(&project, &[], 0);
    check_pinned(&project, &name, image.digest());
}

#[test]
fn fetches_a_token_as_anyone() {
    let Some(registry) = Registry::with_token_server() else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let name = registry.image("team/app:1");
    let project = project_from(&name);
    docker_ends(&project, &[], 0);
    check_pinned(&project, &name, image.digest());
    let asked = registry.token_requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("authorization"), None);
}

#[test]
fn fetches_a_token_with_a_password() {
    let Some(registry) = Registry::with_token_server() else {
        return;
    };
    let image = registry.push_index("private/app", "1", 1, PLATFORMS);
    let name = registry.image("private/app:1");
    let project = project_from(&name);
    docker_ends(&project, &[], 2).says(2, &["denied"]);
    check_untouched(&project, &name);

    log_in(&project, registry.host(), &login(USER, "wrong"));
    docker_ends(&project, &[], 2).says(2, &["config.json"]);
    check_untouched(&project, &name);

    registry.token_requests();
    log_in(&project, registry.host(), &login(USER, PASSWORD));
    docker_ends(&project, &[], 0);
    check_pinned(&project, &name, image.digest());
    let asked = registry.token_requests();
    assert_eq!(asked.len(), 1);
    let expected = basic(USER, PASSWORD);
    assert_eq!(asked[0].header("authorization"), Some(expected.as_str()));
}

#[test]
fn fetches_a_token_with_an_identity_token() {
    let Some(registry) = Registry::with_token_server() else {
        return;
    };
    let image = registry.push_index("private/app", "1", 1, PLATFORMS);
    let name = registry.image("private/app:1");
    let project = project_from(&name);
    let credentials = json!({"auth": encode("<token>:"), "identitytoken": REFRESH_TOKEN});
    log_in(&project, registry.host(), &credentials);
    docker_ends(&project, &[], 0);
    check_pinned(&project, &name, image.digest());
    let asked = registry.token_requests();
    let methods: Vec<&str> = asked.iter().map(|seen| seen.method.as_str()).collect();
    assert_eq!(methods, ["POST"]);
}

#[test]
fn many_images_of_one_registry_need_few_tokens() {
    let Some(registry) = Registry::with_token_server() else {
        return;
    };
    let project = Project::new();
    for number in 0..12 {
        let repository = format!("team/app{number}");
        registry.push_index(&repository, "1", 1, &["linux/amd64"]);
        let name = registry.image(&format!("{repository}:1"));
        project.write(&format!("{number}/Dockerfile"), format!("FROM {name}\n"));
    }
    docker_ends(&project, &[], 0);
    docker_ends(&project, &["--check"], 0);
    let asked = registry.token_requests().len();
    assert!(asked <= 12, "{asked} tokens for 12 repositories");
}

#[test]
fn a_mirror_is_asked_instead_and_sees_no_credentials() {
    let Some(upstream) = Registry::anonymous() else {
        return;
    };
    let Some(mirror) = Registry::mirror_of(&upstream) else {
        return;
    };
    let image = upstream.push_index("library/python", "3.9-slim", 1, PLATFORMS);
    let tap = Tap::before(&mirror);
    for (name, host) in [
        ("python:3.9-slim", "https://index.docker.io/v1/"),
        ("docker.io/python:3.9-slim", "docker.io"),
        (
            "registry.example/library/python:3.9-slim",
            "registry.example",
        ),
    ] {
        let project = project_from(name);
        log_in(&project, host, &login(USER, PASSWORD));
        let hub = format!("docker.io={}", tap.url());
        let other = format!("registry.example={}", tap.url());
        docker_ends(
            &project,
            &["--registry-mirror", &hub, "--registry-mirror", &other],
            0,
        );
        check_pinned(&project, name, image.digest());
        let heads = tap.heads();
        assert!(!heads.is_empty());
        for head in heads {
            assert!(
                head.contains("/v2/library/python/manifests/3.9-slim"),
                "{head}"
            );
            assert!(!head.to_lowercase().contains("authorization:"), "{head}");
        }
    }
    // Any host's, and from the configuration.
    let project = project_from("python:3.9-slim");
    let any = format!("*={}", tap.url());
    project.write(
        "pinfold.toml",
        format!("[docker]\nregistry-mirrors = [\"{any}\"]\n"),
    );
    docker_ends(&project, &[], 0);
    check_pinned(&project, "python:3.9-slim", image.digest());
}

#[test]
fn an_authority_of_ones_own_is_trusted_if_it_is_named() {
    let authority = Authority::new();
    let Some(registry) = Registry::tls(&authority) else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let name = format!("localhost:{}/team/app:1", registry.port());
    let project = project_from(&name);
    let refused = docker(&project, &["--retries", "0"]);
    refused.says(2, &["certificate"]);
    check_untouched(&project, &name);

    let authority = authority.file();
    docker_ends(&project, &["--cert", authority.to_str().unwrap()], 0);
    check_pinned(&project, &name, image.digest());

    // The same by another name: a mirror whose address says that it speaks TLS.
    let project = project_from("registry.example/team/app:1");
    let mirror = format!("registry.example={}", registry.url());
    let options = [
        "--registry-mirror",
        &mirror,
        "--cert",
        authority.to_str().unwrap(),
    ];
    docker_ends(&project, &options, 0);
    check_pinned(&project, "registry.example/team/app:1", image.digest());
}

#[test]
fn one_request_for_an_image_and_none_for_what_is_pinned() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    registry.push_index("team/app", "1", 1, PLATFORMS);
    let tap = Tap::before(&registry);
    let project = Project::new();
    for number in 0..30 {
        let image = format!("{}/team/app:1", tap.host());
        project.write(&format!("{number}/Dockerfile"), format!("FROM {image}\n"));
    }
    docker_ends(&project, &["--no-cache"], 0);
    assert_eq!(tap.requests(), ["HEAD /v2/team/app/manifests/1"]);
    docker_ends(&project, &["--no-cache"], 0);
    docker_ends(&project, &["--no-cache", "--check"], 0);
    assert_eq!(tap.requests(), Vec::<String>::new());
}

#[test]
fn offline_what_is_kept_is_enough() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let image = registry.push_index("team/app", "1", 1, PLATFORMS);
    let name = registry.image("team/app:1");
    let project = project_from(&name);
    docker_ends(&project, &["--offline"], 2);
    check_untouched(&project, &name);
    docker_ends(&project, &[], 0);
    drop(registry);
    project.write("Dockerfile", format!("FROM {name}\n"));
    docker_ends(&project, &["--offline"], 0);
    check_pinned(&project, &name, image.digest());
}
