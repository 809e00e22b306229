//! `pinfold docker` against a registry that does what registries do on bad days.

use std::fmt::Write as _;
use std::time::Duration;

use crate::fake_registry::{FakeRegistry, Fault};
use crate::project::{Project, Run, run};

/// Runs `pinfold docker` without a cache.
fn docker(project: &Project, options: &[&str]) -> Run {
    let mut arguments = vec!["docker", "--no-cache"];
    arguments.extend(options);
    run(&mut project.command(&arguments))
}

/// An image with a fault beside one without, each in a file of its own.
struct Pair {
    registry: FakeRegistry,
    project: Project,
    faulty: String,
    digest: String,
    good_digest: String,
}

impl Pair {
    fn new(fault: &Fault) -> Self {
        let registry = FakeRegistry::new();
        let digest = registry.add_with("team/bad", "1", fault);
        let good_digest = registry.add("team/good", "1");
        let project = Project::new();
        let faulty = registry.image("team/bad:1");
        project.write("bad/Dockerfile", format!("FROM {faulty}\n"));
        let good = registry.image("team/good:1");
        project.write("good/Dockerfile", format!("FROM {good}\n"));
        Self {
            registry,
            project,
            faulty,
            digest,
            good_digest,
        }
    }

    /// The fault is overcome with these requests.
    #[track_caller]
    fn is_pinned(&self, requests: &[&str]) {
        let run = docker(&self.project, &["bad"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(self.registry.requests(), requests);
        let expected = format!("FROM {}@{}\n", self.faulty, self.digest);
        assert_eq!(self.project.read("bad/Dockerfile"), expected);
    }

    /// The fault is told in these words; the other image is pinned all the same.
    #[track_caller]
    fn fails(&self, options: &[&str], code: i32, words: &[&str]) {
        let run = docker(&self.project, options);
        run.says(code, words);
        assert!(run.stderr.contains("team/bad:1"), "{}", run.stderr);
        let untouched = format!("FROM {}\n", self.faulty);
        assert_eq!(self.project.read("bad/Dockerfile"), untouched);
        let good = self.project.read("good/Dockerfile");
        assert!(good.contains(&self.good_digest), "{good}\n{}", run.stderr);
    }
}

const HEAD: &str = "HEAD /v2/team/bad/manifests/1";
const GET: &str = "GET /v2/team/bad/manifests/1";

#[test]
fn asks_again_when_there_were_too_many_requests() {
    Pair::new(&Fault::Fails(429, 1)).is_pinned(&[HEAD, HEAD]);
}

#[test]
fn asks_again_when_the_server_fails() {
    Pair::new(&Fault::Fails(503, 1)).is_pinned(&[HEAD, HEAD]);
}

#[test]
fn gives_up_for_now_when_the_limit_stays() {
    let pair = Pair::new(&Fault::Fails(429, usize::MAX));
    // What else is to be asked there has to wait as well: the other file may stay, too.
    let run = docker(&pair.project, &["--retries", "1"]);
    run.says(75, &["team/bad:1", "the rate limit of"]);
    let untouched = format!("FROM {}\n", pair.faulty);
    assert_eq!(pair.project.read("bad/Dockerfile"), untouched);
}

#[test]
fn gives_up_for_now_when_the_server_keeps_failing() {
    Pair::new(&Fault::Fails(500, usize::MAX)).fails(&["--retries", "1"], 75, &["500"]);
}

#[test]
fn hashes_the_manifest_where_the_header_is_missing() {
    Pair::new(&Fault::NoDigest).is_pinned(&[GET, HEAD]);
}

#[test]
fn takes_nothing_from_a_body_that_ends_early() {
    Pair::new(&Fault::CutBody).fails(&["--retries", "0"], 75, &[]);
}

#[test]
fn never_writes_a_header_that_is_no_digest() {
    let digest = format!("sha256:{} AS x", "0".repeat(64));
    Pair::new(&Fault::SaysDigest(digest)).fails(&[], 2, &["which is not a digest"]);
}

#[test]
fn never_writes_a_digest_of_a_kind_nobody_knows() {
    Pair::new(&Fault::SaysDigest("md5:00".to_owned())).fails(&[], 2, &["which is not a digest"]);
}

#[test]
fn a_body_that_is_not_what_its_header_says_is_refused() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let pair = Pair::new(&Fault::SaysDigest(digest));
    // For a platform's digest the index has to be read.
    let run = docker(&pair.project, &["--platform", "linux/arm64", "bad"]);
    run.says(2, &["does not have the digest"]);
    let untouched = format!("FROM {}\n", pair.faulty);
    assert_eq!(pair.project.read("bad/Dockerfile"), untouched);
}

#[test]
fn a_digest_of_schema_1_is_refused() {
    let media_type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let pair = Pair::new(&Fault::SaysType(media_type.to_owned()));
    pair.fails(&[], 2, &["Docker's schema 1"]);
}

#[test]
fn what_is_no_manifest_is_refused() {
    let pair = Pair::new(&Fault::SaysType("text/html".to_owned()));
    pair.fails(&[], 2, &["returned a web page", "perhaps a login page"]);
}

#[test]
fn a_missing_tag_leaves_the_others_pinned() {
    Pair::new(&Fault::Missing).fails(&[], 2, &["was not found", "manifest unknown"]);
}

#[test]
fn a_token_that_anyone_gets_is_fetched() {
    let pair = Pair::new(&Fault::WantsToken);
    let run = docker(&pair.project, &["bad"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let requests = pair.registry.requests();
    assert_eq!(requests.len(), 3, "{requests:?}");
    assert!(requests[0].starts_with("GET /token?"), "{requests:?}");
    assert!(requests[0].contains("service=fake"), "{requests:?}");
}

#[test]
fn a_token_that_does_not_help_is_told() {
    Pair::new(&Fault::Denied).fails(&[], 2, &["denied", "without credentials"]);
}

#[test]
fn follows_a_redirect_without_the_credentials() {
    let target = FakeRegistry::new();
    let digest = target.add("team/app", "1");
    let registry = FakeRegistry::new();
    let fault = Fault::RedirectsTo(307, target.url());
    registry.add_with("team/app", "1", &fault);
    let name = registry.image("team/app:1");
    let variable = format!(
        r#"{{"auths": {{"{}": {{"username": "alice", "password": "s3cret"}}}}}}"#,
        registry.host()
    );
    let project = Project::new().with_variable("DOCKER_AUTH_CONFIG", &variable);
    project.write("Dockerfile", format!("FROM {name}\n"));
    let run = docker(&project, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let pinned = format!("FROM {name}@{digest}\n");
    assert_eq!(project.read("Dockerfile"), pinned);
    for seen in target.seen() {
        assert_eq!(seen.header("authorization"), None);
    }
}

#[test]
fn a_redirect_that_never_ends_is_given_up() {
    let registry = FakeRegistry::new();
    let fault = Fault::RedirectsTo(302, registry.url());
    registry.add_with("team/app", "1", &fault);
    let project = Project::new();
    project.write(
        "Dockerfile",
        format!("FROM {}\n", registry.image("team/app:1")),
    );
    docker(&project, &[]).says(2, &["team/app:1"]);
    assert!(registry.requests().len() < 30);
}

#[test]
fn one_head_for_an_image_in_thirty_files() {
    let registry = FakeRegistry::new();
    registry.add("team/app", "1");
    let project = Project::new();
    for number in 0..30 {
        let name = registry.image("team/app:1");
        project.write(&format!("{number}/Dockerfile"), format!("FROM {name}\n"));
    }
    let run = docker(&project, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(registry.requests(), ["HEAD /v2/team/app/manifests/1"]);
}

#[test]
fn no_request_where_all_is_pinned() {
    let registry = FakeRegistry::new();
    let digest = registry.add("team/app", "1");
    let project = Project::new();
    let pinned = format!("FROM {}@{digest}\n", registry.image("team/app:1"));
    project.write("Dockerfile", &pinned);
    for options in [&[][..], &["--check"], &["--dry-run"]] {
        let run = docker(&project, options);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    assert_eq!(registry.requests(), Vec::<String>::new());
    assert_eq!(project.read("Dockerfile"), pinned);
}

#[test]
fn images_are_asked_for_at_once_but_not_all_of_them() {
    let registry = FakeRegistry::with_latency(Duration::from_millis(20));
    let project = Project::new();
    let mut dockerfile = String::new();
    for number in 0..60 {
        let repository = format!("team/app{number}");
        registry.add(&repository, "1");
        let name = registry.image(&format!("{repository}:1"));
        let _ = writeln!(dockerfile, "FROM {name}");
    }
    project.write("Dockerfile", dockerfile);
    let run = docker(&project, &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(registry.requests().len(), 60);
    let most = registry.most_in_flight();
    assert!((2..=32).contains(&most), "{most} requests at once");
}

#[test]
fn images_are_told_once_however_many_files_want_them() {
    let registry = FakeRegistry::new();
    registry.add_with("team/app", "1", &Fault::Missing);
    let project = Project::new();
    for number in 0..3 {
        let name = registry.image("team/app:1");
        project.write(&format!("{number}/Dockerfile"), format!("FROM {name}\n"));
    }
    let run = docker(&project, &[]);
    run.says(2, &["manifest unknown"]);
    let told = run.stderr.matches("manifest unknown").count();
    assert_eq!(told, 1, "{}", run.stderr);
}
