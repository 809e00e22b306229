//! What becomes of images under a policy: tags within bounds, digests where something
//! changed, and what is told about the rest.

use jiff::Timestamp;
use pinfold::cache::Cache;
use pinfold::config::{DigestUpdates, TagLimit};
use pinfold::dockerfile::Reason;
use pinfold::files::Exclude;
use pinfold::http;
use pinfold::image::ImagePattern;
use pinfold::ops::Ignore;
use pinfold::ops::docker::{
    DockerInput, ImageRule, ImagesUpdate, ImagesUpdated, SurveyRequest, UpdatedFile, update,
};
use pinfold::registry::{Client, Settings};

use crate::fake_registry::FakeRegistry;
use crate::images::Image;
use crate::registries::Registry;

const PLATFORMS: &[&str] = &["linux/amd64", "linux/arm64"];

/// A registry and what is asked of it.
struct Bench {
    registry: FakeRegistry,
    request: ImagesUpdate,
    cache: Option<tempfile::TempDir>,
}

impl Bench {
    fn new() -> Self {
        Self {
            registry: FakeRegistry::new(),
            request: request(),
            cache: None,
        }
    }

    /// Adds an image for two platforms, and returns the digest of its index.
    fn push(&self, name: &str, revision: u32) -> String {
        let (repository, tag) = name.split_once(':').unwrap();
        let image = Image::new(name, revision, PLATFORMS);
        self.registry.push(repository, tag, &image);
        image.index.digest
    }

    /// Adds an image with these revisions.
    fn push_platforms(&self, name: &str, revisions: &[(&str, u32)]) -> String {
        self.push_image(name, &Image::with_revisions(name, revisions))
    }

    fn push_image(&self, name: &str, image: &Image) -> String {
        let (repository, tag) = name.split_once(':').unwrap();
        self.registry.push(repository, tag, image);
        image.index.digest.clone()
    }

    fn build_for(mut self, platforms: &[&str]) -> Self {
        self.request.platforms = platforms.iter().map(|it| it.parse().unwrap()).collect();
        self
    }

    fn up_to(mut self, limit: TagLimit) -> Self {
        self.request.limit = limit;
        self
    }

    /// Updates a text as if it were a file of this name; `R` stands for the registry.
    fn update_all(&mut self, name: &str, text: &str) -> ImagesUpdated {
        self.request.survey.inputs = vec![DockerInput::Stdin {
            name: name.to_owned(),
            bytes: text.replace("R/", &self.registry.image("")).into_bytes(),
        }];
        let cache = self.cache.as_ref();
        let cache = cache.map_or_else(Cache::none, |it| Cache::at(it.path().to_owned()));
        plan(&self.request, self.registry.host(), cache)
    }

    fn update(&mut self, text: &str) -> UpdatedFile {
        self.update_all("Dockerfile", text).files.pop().unwrap()
    }

    /// Returns what a file becomes, with `R` for the registry.
    fn after(&self, file: &UpdatedFile) -> Option<String> {
        let after = String::from_utf8(file.after.clone()?).unwrap();
        Some(after.replace(&self.registry.image(""), "R/"))
    }

    /// Checks what a Dockerfile becomes, and that it then stays as it is.
    #[track_caller]
    fn becomes(&mut self, before: &str, after: &str) -> UpdatedFile {
        let file = self.update(before);
        assert_eq!(self.after(&file).as_deref(), Some(after), "{file:?}");
        assert!(file.failures.is_empty(), "{:?}", file.failures);
        let again = self.update(after);
        assert_eq!(again.after, None);
        assert!(again.changes.is_empty(), "{:?}", again.changes);
        file
    }

    /// Checks that a Dockerfile stays as it is, and why.
    #[track_caller]
    fn holds(&mut self, text: &str, held: &[&str]) {
        let file = self.update(text);
        assert_eq!(self.after(&file), None, "{file:?}");
        assert!(
            file.changes.is_empty() && file.failures.is_empty(),
            "{file:?}"
        );
        assert_eq!(self.held(&file), held);
    }

    /// Returns what is held back: `code item at → candidate: reason`.
    fn held(&self, file: &UpdatedFile) -> Vec<String> {
        let words = |digest: &str| digest.replace("sha256:", "").chars().take(12).collect();
        let held = file.held.iter().map(|held| {
            let at = held.at.as_deref().map_or(String::new(), words);
            let item = held.item.replace(&self.registry.image(""), "");
            let candidate: String = words(&held.candidate);
            format!("{} {item} {at} → {candidate}: {}", held.code, held.reason)
        });
        held.collect()
    }
}

/// Patch steps of tags, all digests.
fn request() -> ImagesUpdate {
    ImagesUpdate {
        survey: SurveyRequest {
            inputs: Vec::new(),
            exclude: Exclude::nothing(),
            ignore: Vec::new(),
            contexts: Vec::new(),
        },
        limit: TagLimit::Patch,
        digests: DigestUpdates::Always,
        rules: Vec::new(),
        platforms: Vec::new(),
        freeze_args: false,
        as_of: time("2026-11-21T04:17:00Z"),
    }
}

fn plan(request: &ImagesUpdate, host: String, cache: Cache) -> ImagesUpdated {
    let settings = Settings {
        plain_http: vec![host],
        ..Settings::default()
    };
    let http = http::Settings {
        no_proxy: true,
        retries: 0,
        ..http::Settings::default()
    };
    let client = Client::new(settings, http::Client::new(http), cache);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(update(request, &client, &Ignore))
        .unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Returns what is shown of a digest here.
fn short(digest: &str) -> &str {
    &digest["sha256:".len()..][..12]
}

fn rule(pattern: &str) -> ImageRule {
    ImageRule {
        images: vec![ImagePattern::parse(pattern).unwrap()],
        ..ImageRule::default()
    }
}

#[test]
fn tag_and_digest_move_together_within_bounds() {
    let mut bench = Bench::new();
    let old = bench.push("python:3.12.1-slim", 1);
    let new = bench.push("python:3.12.10-slim", 10);
    for other in [
        "3.12.9-slim",
        "3.13.0-slim",
        "3.12.11",
        "3.12.11rc1-slim",
        "latest",
    ] {
        bench.push(&format!("python:{other}"), 99);
    }
    let file = bench.becomes(
        &format!("# a\r\nFROM  R/python:3.12.1-slim@{old} AS b\r\nFROM b\r\nRUN x"),
        &format!("# a\r\nFROM  R/python:3.12.10-slim@{new} AS b\r\nFROM b\r\nRUN x"),
    );
    let [change] = file.changes.as_slice() else {
        panic!("{:?}", file.changes);
    };
    assert_eq!(change.lines, [2]);
    assert_eq!(change.image, bench.registry.image("python"));
    assert_eq!(change.from_tag.as_deref(), Some("3.12.1-slim"));
    assert_eq!(change.to_tag.as_deref(), Some("3.12.10-slim"));
    assert_eq!(change.from_digest, Some(old));
    assert_eq!(change.to_digest, new);
    assert_eq!(change.platforms, PLATFORMS);
    assert_eq!(change.facts, ["PYTHON_VERSION 3.9.1 → 3.9.10"]);
    assert_eq!(
        bench.held(&file),
        ["PF108 python 3.12.1-slim → 3.13.0-slim: more than a patch step from the tag"]
    );
}

#[test]
fn a_tag_in_a_default_moves_for_all_that_use_it() {
    let mut bench = Bench::new().up_to(TagLimit::Minor);
    let old = bench.push("team/app:v1.2.3", 1);
    let new = bench.push("team/app:v1.3.0", 2);
    let file = bench.becomes(
        &format!("ARG V=v1.2.3@{old}\nFROM R/team/app:$V AS a\nFROM R/team/app:${{V}}\n"),
        &format!("ARG V=v1.3.0@{new}\nFROM R/team/app:$V AS a\nFROM R/team/app:${{V}}\n"),
    );
    let lines: Vec<_> = file.changes.iter().map(|change| &change.lines).collect();
    assert_eq!(lines, [&[1]]);
}

#[test]
fn compose_files_move_alike() {
    let mut bench = Bench::new();
    let old = bench.push("redis:7.2.4", 1);
    let new = bench.push("redis:7.2.5", 2);
    let before = format!(
        "services:\n  a:\n    image: R/redis:${{V:-7.2.4@{old}}} # b\n  b: {{image: 'R/redis:7.2.4'}}\n"
    );
    let updated = bench.update_all("compose.yaml", &before);
    let after = before
        .replace(&format!("7.2.4@{old}"), &format!("7.2.5@{new}"))
        .replace("7.2.4'", &format!("7.2.5@{new}'"));
    assert_eq!(bench.after(&updated.files[0]), Some(after));
    let lines: Vec<_> = updated.files[0]
        .changes
        .iter()
        .map(|it| &it.lines)
        .collect();
    assert_eq!(lines, [&[3], &[4]]);
}

#[test]
fn tags_that_are_kept_are_not_asked_for() {
    let mut bench = Bench::new().up_to(TagLimit::Keep);
    let old = bench.push("python:3.12.1", 1);
    bench.push("python:3.12.2", 2);
    bench.holds(&format!("FROM R/python:3.12.1@{old}\n"), &[]);
    assert_eq!(
        bench.registry.requests(),
        ["HEAD /v2/python/manifests/3.12.1"]
    );
    // Nor are those of a tag that says nothing.
    let mut bench = Bench::new();
    let old = bench.push("python:latest", 1);
    bench.holds(
        &format!("FROM R/python@{old}\nFROM R/python:latest@{old}\n"),
        &[],
    );
    assert_eq!(
        bench.registry.requests(),
        ["HEAD /v2/python/manifests/latest"]
    );
}

#[test]
fn one_list_serves_all_tags_of_a_repository() {
    let mut bench = Bench::new();
    let [one, two] = ["1.2.3", "2.0.1"].map(|tag| bench.push(&format!("app:{tag}"), 1));
    let text = format!("FROM R/app:1.2.3@{one}\nFROM R/app:2.0.1@{two}\n");
    let held: &[&str] = &["PF108 app 1.2.3 → 2.0.1: more than a patch step from the tag"];
    bench.holds(&text, held);
    let list = "GET /v2/app/tags/list?n=1000";
    let heads = [
        "HEAD /v2/app/manifests/1.2.3",
        "HEAD /v2/app/manifests/2.0.1",
    ];
    assert_eq!(bench.registry.requests(), [list, heads[0], heads[1]]);
    // Lately asked is not asked again.
    bench.cache = Some(tempfile::tempdir().unwrap());
    bench.holds(&text, held);
    assert_eq!(bench.registry.requests().len(), 3);
    bench.holds(&text, held);
    assert!(bench.registry.requests().is_empty());
}

#[test]
fn rules_say_more_about_some_images() {
    let mut bench = Bench::new();
    bench.request.rules = vec![
        ImageRule {
            limit: Some(TagLimit::Major),
            ..rule("**/node")
        },
        ImageRule {
            limit: Some(TagLimit::Keep),
            ..rule("**/{node,redis}")
        },
    ];
    let lines = ["node", "redis", "nginx"].map(|name| {
        let digest = bench.push(&format!("{name}:1.2.3"), 1);
        bench.push(&format!("{name}:2.0.0"), 2);
        format!("FROM R/{name}:1.2.3@{digest}\n")
    });
    let file = bench.update(&lines.concat());
    let moved: Vec<_> = file.changes.iter().map(|it| it.lines[0]).collect();
    assert_eq!(moved, [1], "{:?}", file.changes);
    assert_eq!(
        bench.held(&file),
        ["PF108 nginx 1.2.3 → 2.0.0: more than a patch step from the tag"]
    );
}

#[test]
fn a_digest_of_the_same_tag_moves() {
    let mut bench = Bench::new();
    let old = bench.push("python:3.12-slim", 1);
    let new = bench.push("python:3.12-slim", 2);
    let file = bench.becomes(
        &format!("FROM R/python:3.12-slim@{old}\n"),
        &format!("FROM R/python:3.12-slim@{new}\n"),
    );
    assert_eq!(file.changes[0].from_tag, file.changes[0].to_tag);
    assert_eq!(file.changes[0].facts, ["PYTHON_VERSION 3.9.1 → 3.9.2"]);
    assert!(file.alarms.is_empty());
}

#[test]
fn what_has_no_digest_gets_one() {
    let mut bench = Bench::new();
    let python = bench.push("python:3.12.1", 1);
    let latest = bench.push("tool:latest", 1);
    let file = bench.becomes(
        "FROM R/python:3.12.1\nCOPY --from=R/tool a b\nCOPY --from=R/tool:${V} a b\n",
        &format!(
            "FROM R/python:3.12.1@{python}\nCOPY --from=R/tool:latest@{latest} a b\n\
             COPY --from=R/tool:${{V}} a b\n"
        ),
    );
    assert_eq!(file.changes[1].from_tag, None);
    assert_eq!(file.changes[1].to_tag.as_deref(), Some("latest"));
    assert_eq!(file.left.len(), 1);
    assert_eq!(file.left[0].reason, Reason::NoVariables);
}

#[test]
fn what_build_arguments_change_is_pinned_where_that_is_wanted() {
    let mut bench = Bench::new();
    let digest = bench.push("python:3.12.1-slim", 1);
    let before = "ARG V=3.12.1\nFROM R/python:$V-slim AS a\n";
    let file = bench.update(before);
    assert_eq!(file.left[0].reason, Reason::NotAtEnd("V".to_owned()));
    assert!(bench.registry.requests().is_empty());
    bench.request.freeze_args = true;
    let after = format!("ARG V=3.12.1\nFROM R/python:$V-slim@{digest} AS a\n");
    bench.becomes(before, &after);
}

#[test]
fn what_changed_for_platforms_that_nobody_builds_is_held() {
    let mut bench = Bench::new().build_for(&["linux/amd64"]);
    let (amd64, s390x) = ("linux/amd64", "linux/s390x");
    let old = bench.push_platforms("python:3.12", &[(amd64, 1), (s390x, 1)]);
    let new = bench.push_platforms("python:3.12", &[(amd64, 1), (s390x, 2)]);
    let text = format!("FROM R/python:3.12@{old}\n");
    let held = format!(
        "PF202 python:3.12 {} → {}: only images for other platforms changed: linux/s390x",
        short(&old),
        short(&new)
    );
    bench.holds(&text, &[&held]);
    // A `FROM` of its own platform is judged by that.
    let own = format!("FROM --platform=linux/s390x R/python:3.12@{old}\n");
    let file = bench.update(&own);
    assert_eq!(file.changes[0].platforms, [s390x]);
    // So does a default that both use, for the one of them that changed.
    let both = format!("ARG V=3.12@{old}\nFROM R/python:$V\nFROM --platform={s390x} R/python:$V\n");
    let file = bench.update(&both);
    assert_eq!(bench.after(&file), Some(both.replace(&old, &new)));
    assert_eq!(bench.held(&file), [""; 0]);
    // Where it is not said what is built, all count.
    bench.request.platforms = Vec::new();
    assert_eq!(bench.update(&text).changes[0].platforms, [s390x]);
}

#[test]
fn attestations_are_no_change() {
    let mut bench = Bench::new();
    let image = || Image::new("python:3.12", 1, PLATFORMS);
    let old = bench.push_image("python:3.12", &image().attested(1));
    let new = bench.push_image("python:3.12", &image().attested(2));
    let held = format!(
        "PF202 python:3.12 {} → {}: no platform image changed",
        short(&old),
        short(&new)
    );
    bench.holds(&format!("FROM R/python:3.12@{old}\n"), &[&held]);
}

#[test]
fn a_digest_that_is_gone_is_told_and_replaced() {
    let mut bench = Bench::new().build_for(&["linux/amd64"]);
    bench.request.digests = DigestUpdates::OnTagChange;
    let (amd64, s390x) = ("linux/amd64", "linux/s390x");
    let old = bench.push_platforms("python:3.12", &[(amd64, 1), (s390x, 1)]);
    let new = bench.push_platforms("python:3.12", &[(amd64, 1), (s390x, 2)]);
    bench.registry.forget("python", &old);
    let file = bench.becomes(
        &format!("FROM R/python:3.12@{old}\n"),
        &format!("FROM R/python:3.12@{new}\n"),
    );
    let [alarm] = file.alarms.as_slice() else {
        panic!("{:?}", file.alarms);
    };
    assert_eq!(alarm.kind.as_str(), "gone");
    assert!(alarm.message.contains(&old), "{}", alarm.message);
    assert!(file.changes[0].platforms.is_empty());
}

#[test]
fn digests_may_move_with_tags_only() {
    let mut bench = Bench::new();
    bench.request.digests = DigestUpdates::OnTagChange;
    let old = bench.push("python:3.12.1", 1);
    let new = bench.push("python:3.12.1", 2);
    let text = format!("FROM R/python:3.12.1@{old}\n");
    let held = format!(
        "PF203 python:3.12.1 {} → {}: digests move only with their tags",
        short(&old),
        short(&new)
    );
    bench.holds(&text, &[&held]);
    let next = bench.push("python:3.12.2", 1);
    bench.becomes(&text, &format!("FROM R/python:3.12.2@{next}\n"));
    // What has none gets one all the same.
    bench.becomes(
        "FROM R/python:3.12.2\n",
        &format!("FROM R/python:3.12.2@{next}\n"),
    );
}

#[test]
fn a_rule_keeps_an_image_until_its_day_is_over() {
    let mut bench = Bench::new();
    let old = bench.push("python:3.12.1", 1);
    let new = bench.push("python:3.12.2", 2);
    let moved = bench.push("redis:7", 2);
    let redis = bench.push("redis:7", 1);
    bench.request.rules = vec![ImageRule {
        ignore: true,
        until: Some("2026-11-21".parse().unwrap()),
        reason: Some("release week".to_owned()),
        ..rule("**/{python,redis}")
    }];
    let text = format!("FROM R/python:3.12.1@{old}\nFROM R/redis:7@{moved}\nFROM R/redis:7\n");
    let reason = "held back by a rule (release week; until 2026-11-21)";
    let held = [
        format!("PF107 python 3.12.1 → 3.12.2: {reason}"),
        format!(
            "PF107 redis:7 {} → {}: {reason}",
            short(&moved),
            short(&redis)
        ),
    ];
    bench.holds(&text, &[&held[0], &held[1]]);
    assert_eq!(bench.request.expired_rules().count(), 0);
    bench.request.as_of = time("2026-11-22T00:00:00Z");
    assert_eq!(bench.request.expired_rules().count(), 1);
    let file = bench.update(&text);
    assert_eq!(file.changes[0].to_digest, new);
    assert_eq!(file.changes.len(), 3);
}

#[test]
fn what_is_ignored_where_it_stands_is_not_asked_for() {
    let mut bench = Bench::new();
    bench.request.survey.ignore = vec![ImagePattern::parse("**/secret").unwrap()];
    let digest = bench.push("secret:1", 1);
    let text = format!(
        "FROM R/secret:1@{digest}\n# pinfold: ignore\nFROM R/other:1\nFROM R/other@{digest}\n"
    );
    let file = bench.update(&text);
    assert!(bench.registry.requests().is_empty());
    assert_eq!(file.left.len(), 3, "{:?}", file.left);
    assert_eq!(file.after, None);
}

#[test]
fn a_tag_that_stands_elsewhere_is_told_and_its_digest_moves() {
    let mut bench = Bench::new();
    let old = bench.push("python:3.12.1", 1);
    let new = bench.push("python:3.12.1", 2);
    bench.push("python:3.12.2", 3);
    let text = |digest: &str| format!("ARG V=3.12.1\nFROM R/python:$V@{digest}\n");
    let file = bench.becomes(&text(&old), &text(&new));
    assert_eq!(
        bench.held(&file),
        ["PF204 python 3.12.1 → 3.12.2: its tag is not written as one piece next to its digest"]
    );
}

#[test]
fn a_digest_that_cannot_be_edited_is_told_if_it_is_old() {
    let mut bench = Bench::new();
    let old = bench.push("python:3", 1);
    let text = format!("ARG D={old}\nARG E=$D\nFROM R/python:3@$E\n");
    bench.holds(&text, &[]);
    bench.push("python:3", 2);
    let file = bench.update(&text);
    assert_eq!(file.after, None);
    assert_eq!(file.held[0].code.as_str(), "PF204", "{:?}", file.held);
}

#[test]
fn a_new_tag_has_to_have_what_is_built_for() {
    let mut bench = Bench::new().build_for(PLATFORMS);
    let old = bench.push("python:3.12.1", 1);
    let moved = bench.push("python:3.12.1", 2);
    bench.push_platforms("python:3.12.2", &[("linux/amd64", 3)]);
    let file = bench.becomes(
        &format!("FROM R/python:3.12.1@{old}\n"),
        &format!("FROM R/python:3.12.1@{moved}\n"),
    );
    let held = "PF205 python 3.12.1 → 3.12.2: not available for linux/arm64";
    assert_eq!(bench.held(&file), [held]);
    // The same where there is no digest to compare with.
    let file = bench.update("FROM R/python:3.12.1\n");
    assert_eq!(bench.held(&file), [held]);
    assert_eq!(file.changes[0].to_digest, moved);
}

#[test]
fn platforms_that_are_dropped_are_told() {
    let mut bench = Bench::new();
    let old = bench.push("python:3.12", 1);
    bench.push_platforms("python:3.12", &[("linux/amd64", 2)]);
    let file = bench.update(&format!("FROM R/python:3.12@{old}\n"));
    let facts = [
        "PYTHON_VERSION 3.9.1 → 3.9.2",
        "no longer available for linux/arm64",
    ];
    assert_eq!(file.changes[0].facts, facts);
}

#[test]
fn one_platform_s_digest_stays_one_of_that_platform() {
    let mut bench = Bench::new();
    let old = Image::new("python:3.12.1", 1, PLATFORMS);
    let new = Image::new("python:3.12.2", 2, PLATFORMS);
    bench.push_image("python:3.12.1", &old);
    let text =
        |tag: &str, image: &Image| format!("FROM R/python:{tag}@{}\n", image.child("linux/arm64"));
    bench.holds(&text("3.12.1", &old), &[]);
    bench.push_image("python:3.12.2", &new);
    let file = bench.becomes(&text("3.12.1", &old), &text("3.12.2", &new));
    assert_eq!(file.changes[0].platforms, ["linux/arm64"]);
    assert_eq!(file.changes[0].facts, ["PYTHON_VERSION 3.9.1 → 3.9.2"]);
}

#[test]
fn digests_move_where_tags_are_not_listed() {
    let mut bench = Bench::new();
    let old = bench.push("python:3.12.1", 1);
    let new = bench.push("python:3.12.1", 2);
    bench.registry.refuse_list("python");
    let file = bench.update(&format!(
        "FROM R/python:3.12.1@{old}\nFROM R/python:3.12.1@{old}\n"
    ));
    assert_eq!(file.changes[0].to_digest, new);
    assert_eq!(file.changes[0].lines, [1, 2]);
    let [failure] = file.failures.as_slice() else {
        panic!("{:?}", file.failures);
    };
    assert_eq!(failure.image, bench.registry.image("python"));
    assert_eq!(failure.places, ["<stdin>:1:6", "<stdin>:2:6"]);
    assert!(!failure.error.is_transient());
}

#[test]
fn an_image_that_is_not_there_fails_alone() {
    use crate::fake_registry::Fault;
    let mut bench = Bench::new();
    let bad = bench.registry.add_with("bad", "latest", &Fault::Missing);
    let good = bench.push("good:1", 1);
    let file = bench.update(&format!("FROM R/bad:latest@{bad}\nFROM R/good:1\n"));
    assert_eq!(file.failures.len(), 1, "{:?}", file.failures);
    assert!(file.failures[0].error.is_absent());
    let expected = format!("FROM R/bad:latest@{bad}\nFROM R/good:1@{good}\n");
    assert_eq!(bench.after(&file), Some(expected));
}

#[test]
fn a_real_registry_tells_its_tags() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let tags = [
        "3.9.1-slim",
        "3.9.10-slim",
        "3.9.2-slim",
        "3.10.0-slim",
        "latest",
    ];
    let images = tags.map(|tag| {
        let revision = tag.len().try_into().unwrap();
        let image = Image::new(tag, revision, PLATFORMS);
        registry.push("library/python", tag, &image);
        image
    });
    let name = registry.image("library/python");
    let mut request = request();
    request.survey.inputs = vec![DockerInput::Stdin {
        name: "Dockerfile".to_owned(),
        bytes: format!("FROM {name}:3.9.1-slim@{}\n", images[0].digest()).into_bytes(),
    }];
    let updated = plan(&request, registry.host().to_owned(), Cache::none());
    let file = &updated.files[0];
    assert!(file.failures.is_empty(), "{:?}", file.failures);
    let after = format!("FROM {name}:3.9.10-slim@{}\n", images[1].digest());
    assert_eq!(file.after.as_deref(), Some(after.as_bytes()));
    assert_eq!(file.changes[0].facts, ["PYTHON_VERSION 3.9.10 → 3.9.11"]);
    assert_eq!(file.held[0].candidate, "3.10.0-slim");
}
