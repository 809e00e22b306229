//! Manifests, configurations and platforms.

use super::*;
use crate::image::Platform;
use crate::registry::Manifest;

const CONFIG: &[u8] =
    br#"{"architecture":"arm64","os":"linux","config":{"Env":["PYTHON_VERSION=3.12.4"]}}"#;

fn image() -> Vec<u8> {
    let config = Digest::of(CONFIG);
    format!(r#"{{"schemaVersion":2,"config":{{"digest":"{config}"}},"layers":[]}}"#).into_bytes()
}

/// A registry with one index and one image by digest; `single` is a tag of the image.
fn registry() -> Server {
    Server::answering(|seen| {
        let (kind, name) = match seen.path.trim_end_matches("?ns=docker.io").rsplit_once('/') {
            Some((rest, name)) => (rest.rsplit('/').next().unwrap(), name),
            None => panic!("{seen:?}"),
        };
        match (kind, name) {
            ("blobs", name) if name == Digest::of(CONFIG).as_str() => Reply::ok(CONFIG),
            ("manifests", "single") => manifest(&image(), IMAGE),
            ("manifests", "many") => manifest(&index(), INDEX),
            ("manifests", name) if name == Digest::of(&image()).as_str() => {
                manifest(&image(), IMAGE)
            }
            ("manifests", name) if name == Digest::of(&index()).as_str() => {
                manifest(&index(), INDEX)
            }
            _ => Reply::status(404),
        }
    })
}

fn resolve_for(client: &Client, tag: &str, platform: &str) -> Result<Digest, Error> {
    let platform: Platform = platform.parse().unwrap();
    let result = run(client.resolve(&repository("python"), tag, Some(&platform)));
    result.map(|resolved| resolved.digest)
}

#[test]
fn a_platform_s_digest_is_the_child_s() {
    let server = registry();
    let client = Maker::hub(&server).client();
    assert_eq!(
        resolve_for(&client, "many", "linux/amd64"),
        Ok(Digest::of(b"amd64"))
    );
    assert_eq!(
        resolve_for(&client, "many", "linux/arm64/v8"),
        Ok(Digest::of(b"arm64"))
    );
    assert_eq!(
        resolve_for(&client, "many", "linux/arm64"),
        Ok(Digest::of(b"arm64"))
    );
    assert_eq!(server.seen().len(), 2, "one HEAD, one GET");
}

#[test]
fn a_missing_platform_is_told_with_those_there_are() {
    let server = registry();
    let client = Maker::hub(&server).client();
    let error = resolve_for(&client, "many", "linux/arm/v7").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`python:many` is not available for `linux/arm/v7`, only for `linux/amd64`, `linux/arm64`"
    );
    let error = resolve_for(&client, "single", "linux/amd64").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`python:single` is not available for `linux/amd64`, only for `linux/arm64`"
    );
}

#[test]
fn a_single_image_is_asked_for_its_own_platform() {
    let server = registry();
    let client = Maker::hub(&server).client();
    assert_eq!(
        resolve_for(&client, "single", "linux/arm64"),
        Ok(Digest::of(&image()))
    );
}

#[test]
fn a_configuration_comes_by_two_digests() {
    let server = registry();
    let client = Maker::hub(&server).client();
    let python = repository("python");
    let manifest = run(client.manifest(&python, &Digest::of(&image()))).unwrap();
    let Manifest::Image { config, .. } = manifest else {
        panic!("{manifest:?}");
    };
    let config = run(client.config(&python, &config)).unwrap();
    assert_eq!(
        config.env,
        [("PYTHON_VERSION".to_owned(), "3.12.4".to_owned())]
    );
}

#[test]
fn what_came_must_be_what_was_asked_for() {
    let server = Server::answering(|seen| {
        if seen.path.contains("/blobs/") {
            return Reply::ok(CONFIG);
        }
        Reply::ok(index()).header("Content-Type", INDEX)
    });
    let client = Maker::hub(&server).client();
    let (python, digest) = (repository("python"), Digest::of(b"other"));
    for error in [
        run(client.manifest(&python, &digest)).unwrap_err(),
        run(client.config(&python, &digest)).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Mismatch { .. }), "{error:?}");
    }
}

#[test]
fn a_blob_may_be_elsewhere_and_credentials_do_not_go_there() {
    let elsewhere = Server::answering(|_| Reply::ok(CONFIG));
    let target = elsewhere.url("/bucket?signature=x");
    let server = Server::answering(move |seen| match seen.header("authorization") {
        None => Reply::status(401).header("WWW-Authenticate", "Basic realm=\"r\""),
        Some(_) => Reply::status(307).header("Location", &target),
    });
    let name = server.url("").replace("http://", "");
    let auth = format!(r#"{{"auths":{{"{name}":{{"username":"me","password":"hush"}}}}}}"#);
    let client = Maker::hub(&server).auth(&auth).client();
    run(client.config(&repository("python"), &Digest::of(CONFIG))).unwrap();
    assert_eq!(
        server.seen()[1].header("authorization"),
        Some("Basic bWU6aHVzaA==")
    );
    assert_eq!(elsewhere.seen()[0].header("authorization"), None);
    assert_eq!(elsewhere.seen()[0].path, "/bucket?signature=x");
}

/// Returns what comes for a platform from an index of these, by the platform's text.
fn chosen(offered: &[&str], wanted: &str) -> Option<String> {
    let entries: Vec<String> = offered
        .iter()
        .map(|text| {
            let mut parts = text.split('/').chain(["", ""]);
            let mut part = || parts.next().unwrap();
            format!(
                r#"{{"digest":"{}","platform":{{"os":"{}","architecture":"{}","variant":"{}"}}}}"#,
                Digest::of(text.as_bytes()),
                part(),
                part(),
                part(),
            )
        })
        .collect();
    let body = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        entries.join(",")
    );
    let server = Server::answering(move |_| manifest(body.as_bytes(), INDEX));
    let digest = resolve_for(&Maker::hub(&server).client(), "many", wanted).ok()?;
    let mut offered = offered.iter();
    let found = offered.find(|text| Digest::of(text.as_bytes()) == digest)?;
    Some((*found).to_owned())
}

#[test]
fn a_platform_takes_the_nearest_variant_below_it() {
    let check = |offered: &[&str], wanted: &str, expected: Option<&str>| {
        assert_eq!(chosen(offered, wanted).as_deref(), expected, "{wanted}");
    };
    check(&["linux/arm/v6"], "linux/arm/v7", Some("linux/arm/v6"));
    check(
        &["linux/arm/v5", "linux/arm/v6"],
        "linux/arm/v8",
        Some("linux/arm/v6"),
    );
    check(&["linux/arm/v7"], "linux/arm/v6", None);
    check(&["linux/amd64"], "linux/amd64/v2", Some("linux/amd64"));
    check(
        &["linux/amd64", "linux/amd64/v2"],
        "linux/amd64/v3",
        Some("linux/amd64/v2"),
    );
    check(&["linux/amd64/v2"], "linux/amd64", None);
    check(&["linux/arm64"], "linux/arm64/v9", Some("linux/arm64"));
    check(&["linux/386"], "linux/amd64", None);
    check(&["linux/arm/v7"], "linux/arm64", None);
    check(&["linux/s390x"], "linux/s390x", Some("linux/s390x"));
}
