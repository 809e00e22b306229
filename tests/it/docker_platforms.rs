//! Images and the platforms they are needed for: which variant serves which, what is
//! told when pinning, and what `verify` looks at.

use crate::fake_registry::FakeRegistry;
use crate::images::Image;
use crate::project::{Project, Run, run};

/// Runs `pinfold docker` without a cache.
fn docker(project: &Project, arguments: &[&str]) -> Run {
    let mut all = vec!["docker"];
    all.extend(arguments);
    all.push("--no-cache");
    run(&mut project.command(&all))
}

/// Pushes `team/app:1` for these platforms.
fn push(registry: &FakeRegistry, platforms: &[&str]) -> Image {
    let image = Image::new("app", 1, platforms);
    registry.push("team/app", "1", &image);
    image
}

#[track_caller]
fn verify(platforms: &[&str], wanted: &str, code: i32, words: &[&str]) {
    let registry = FakeRegistry::new();
    let image = push(&registry, platforms);
    let project = Project::new();
    let reference = registry.image(&format!("team/app:1@{}", image.digest()));
    project.write("Dockerfile", format!("FROM {reference}\n"));
    let run = docker(&project, &["verify", "--platform", wanted]);
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    for word in words {
        assert!(run.stdout.contains(word), "{}", run.stdout);
    }
}

#[test]
fn verify_takes_a_lower_variant_for_the_platform_that_is_built_for() {
    verify(&["linux/arm/v6"], "linux/arm/v7", 0, &[]);
    verify(&["linux/amd64"], "linux/amd64/v2", 0, &[]);
    verify(&["linux/amd64", "linux/amd64/v2"], "linux/amd64/v3", 0, &[]);
    verify(&["linux/386"], "linux/amd64", 1, &["no linux/amd64"]);
    verify(&["linux/arm/v7"], "linux/arm64", 1, &["no linux/arm64"]);
}

/// Builders take the system with their own architecture, which is not known here.
#[test]
fn an_operating_system_alone_is_no_architecture_of_linux() {
    let registry = FakeRegistry::new();
    let image = push(&registry, &["windows/amd64"]);
    let project = Project::new();
    let reference = registry.image(&format!("team/app:1@{}", image.digest()));
    project.write(
        "Dockerfile",
        format!("FROM --platform=windows {reference}\n"),
    );
    let run = docker(&project, &["verify"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(run.stdout, "");
}

#[test]
fn verify_names_the_entry_that_it_looked_at() {
    let registry = FakeRegistry::new();
    let image = push(&registry, &["linux/arm/v5", "linux/arm/v6"]);
    let project = Project::new();
    let reference = registry.image(&format!("team/app:1@{}", image.digest()));
    project.write("Dockerfile", format!("FROM {reference}\n"));
    registry.forget("team/app", image.child("linux/arm/v6"));
    let run = docker(&project, &["verify", "--platform", "linux/arm/v7"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout.contains("not the image for linux/arm/v6\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_platform_that_the_image_lacks_is_told_when_pinning() {
    let registry = FakeRegistry::new();
    let image = push(&registry, &["linux/amd64", "linux/arm/v6"]);
    let name = registry.image("team/app:1");
    for (platform, is_there) in [
        ("linux/s390x", false),
        ("linux/arm/v7", true),
        ("linux/amd64", true),
        ("$TARGETPLATFORM", true),
        ("windows", true),
    ] {
        let project = Project::new();
        project.write("Dockerfile", format!("FROM --platform={platform} {name}\n"));
        let run = docker(&project, &[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(project.read("Dockerfile").contains(image.digest()));
        let is_told = run
            .stderr
            .contains("is not available for `linux/s390x`, only for");
        assert_eq!(is_told, !is_there, "{}", run.stderr);
    }
}

/// Pins `team/app:TAG` while its label says one version, moves the tag to an image whose
/// label says another, and verifies.
fn verify_moved(tag: &str, before: Option<&str>, after: Option<&str>) -> Run {
    let registry = FakeRegistry::new();
    let old = Image::labeled("app", 1, before);
    registry.push("team/app", tag, &old);
    let project = Project::new();
    let reference = registry.image(&format!("team/app:{tag}@{}", old.digest()));
    project.write("Dockerfile", format!("FROM {reference}\n"));
    registry.push("team/app", tag, &Image::labeled("app", 2, after));
    docker(&project, &["verify"])
}

#[test]
fn a_label_of_the_base_image_is_no_proof_that_the_tag_was_edited() {
    for (tag, before, after) in [
        ("3.12", "22.04", "trixie"),
        ("2", "12", "unstable"),
        ("1.4", "22.04", ""),
    ] {
        let run = verify_moved(tag, Some(before), Some(after));
        assert_eq!(run.code, 0, "{tag} {before} {after}: {}", run.stdout);
        assert!(run.stdout.contains("note: "), "{}", run.stdout);
    }
    for (tag, before, after) in [
        ("3.12", Some("22.04"), Some("24.04")),
        ("3.12", Some("22.04"), None),
    ] {
        let run = verify_moved(tag, before, after);
        assert_eq!(run.code, 0, "{}", run.stdout);
    }
    let run = verify_moved("3.12", Some("3.11.9"), Some("3.12.1"));
    assert_eq!(run.code, 1, "{}", run.stdout);
}
