//! One question and what may come back: digests, headers that lie, refusals.

use super::*;

#[test]
fn a_head_is_enough() {
    let body = index();
    let digest = Digest::of(&body);
    let server = Server::answering(move |_| manifest(&body, INDEX));
    let client = Maker::hub(&server).client();
    let resolved = resolve(&client, "python:3.12").unwrap();
    assert_eq!((resolved.digest, resolved.from_cache), (digest, false));
    assert_eq!(
        asked(&server),
        ["HEAD /v2/library/python/manifests/3.12?ns=docker.io"]
    );
    let seen = &server.seen()[0];
    let accept = seen.header("accept").unwrap();
    for media_type in [
        "oci.image.index.v1",
        "manifest.list.v2",
        "oci.image.manifest.v1",
        "manifest.v2",
    ] {
        assert!(accept.contains(media_type), "{accept}");
    }
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(client.requests(), 1);
}

#[test]
fn without_the_header_the_body_is_hashed() {
    for head in [
        Reply::ok("").header("Content-Type", INDEX),
        Reply::status(405),
        Reply::status(403),
    ] {
        let body = index();
        let digest = Digest::of(&body);
        let server = Server::answering(move |seen| match seen.method.as_str() {
            "HEAD" => head.clone(),
            _ => Reply::ok(&body).header("Content-Type", INDEX),
        });
        let client = Maker::hub(&server).client();
        assert_eq!(resolve(&client, "python:3.12").unwrap().digest, digest);
        assert_eq!(server.seen().len(), 2);
        let seen = &server.seen()[1];
        assert!(seen.header("accept").unwrap().contains("oci.image.index"));
    }
}

#[test]
fn the_header_of_a_get_must_agree_with_the_body() {
    let server = Server::answering(|seen| match seen.method.as_str() {
        "HEAD" => Reply::status(405),
        _ => Reply::ok(index())
            .header("Content-Type", INDEX)
            .header("Docker-Content-Digest", Digest::of(b"other").as_str()),
    });
    let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
    assert!(
        matches!(&error, Error::Mismatch { expected, .. } if *expected == Digest::of(b"other")),
        "{error:?}"
    );
    assert!(!error.is_transient());
}

#[test]
fn a_header_of_sha512_is_checked_as_well() {
    const BODY: &str = r#"{"schemaVersion":2,"manifests":[]}"#;
    // By `sha512sum`.
    const RIGHT: &str = "sha512:61749b92a980b26f40507f22a7635e7203b283f8bec1b1f2ff03291d568113e2\
        a7e281482cf65a1c902ed8974abb613672ed6c1392e4f3802a97133e202f383c";
    let wrong = format!("sha512:{}", "0".repeat(128));
    for (header, is_good) in [(RIGHT.to_owned(), true), (wrong, false)] {
        let expected = header.clone();
        let server = Server::answering(move |seen| match seen.method.as_str() {
            "HEAD" => Reply::status(405),
            _ => Reply::ok(BODY)
                .header("Content-Type", INDEX)
                .header("Docker-Content-Digest", &header),
        });
        match resolve(&Maker::hub(&server).client(), "python:3.12") {
            Ok(resolved) => assert!(is_good && resolved.digest.as_str() == expected),
            Err(error) => assert!(!is_good && matches!(error, Error::Mismatch { .. })),
        }
    }
}

#[test]
fn junk_in_the_header_is_refused_and_shown_harmlessly() {
    let good = Digest::of(b"x").to_string();
    for junk in [
        format!("{good} AS x"),
        format!("{good}\tRUN"),
        good.to_uppercase(),
        "sha256:short".to_owned(),
        "latest".to_owned(),
        String::new(),
        "x".repeat(5000),
    ] {
        for method in ["HEAD", "GET"] {
            let value = junk.clone();
            let server = Server::answering(move |seen| {
                if seen.method == method {
                    Reply::ok(index())
                        .header("Content-Type", INDEX)
                        .header("Docker-Content-Digest", &value)
                } else {
                    Reply::status(405)
                }
            });
            let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
            assert!(matches!(error, Error::BadDigest { .. }), "{error:?}");
            let words = error.to_string();
            assert!(words.len() < 400 && !words.contains('\t'), "{words}");
        }
    }
}

#[test]
fn two_headers_that_differ_are_refused() {
    let server = Server::answering(|_| {
        manifest(&index(), INDEX).header("Docker-Content-Digest", Digest::of(b"y").as_str())
    });
    let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
    assert!(matches!(error, Error::BadDigest { .. }), "{error:?}");
}

#[test]
fn only_manifests_of_known_kinds_are_pinned() {
    let check = |content_type: &'static str, words: &str, requests: usize| {
        let server = Server::answering(move |_| manifest(&index(), content_type));
        let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
        assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(server.seen().len(), requests);
    };
    let schema_1 = "Docker's schema 1";
    check(
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        schema_1,
        1,
    );
    check(
        "application/vnd.docker.distribution.manifest.v1+json; charset=x",
        schema_1,
        1,
    );
}

#[test]
fn what_says_nothing_of_its_kind_is_read_to_tell() {
    for content_type in [
        Some("application/json"),
        Some("text/plain; charset=utf-8"),
        Some("application/octet-stream"),
        None,
    ] {
        for body in [index(), index_without_type()] {
            let answer = body.clone();
            let server = Server::answering(move |_| {
                let reply = Reply::ok(&answer);
                match content_type {
                    Some(content_type) => reply.header("Content-Type", content_type),
                    None => reply,
                }
            });
            let client = Maker::hub(&server).client();
            let resolved = resolve(&client, "python:3.12").unwrap();
            assert_eq!(resolved.digest, Digest::of(&body), "{content_type:?}");
        }
    }
}

#[test]
fn a_page_to_log_in_is_told_as_one() {
    for (body, content_type) in [
        ("<!DOCTYPE html><title>Log in</title>", "text/html"),
        ("<html><form>", "application/json"),
    ] {
        let server =
            Server::answering(move |_| Reply::ok(body).header("Content-Type", content_type));
        let client = Maker::hub(&server).client();
        let error = resolve(&client, "python:3.12").unwrap_err();
        assert!(error.to_string().contains("web page"), "{error}");
        let digest = Digest::of(b"x");
        let exists = run(client.exists(&repository("python"), &digest));
        assert!(matches!(exists, Err(Error::WebPage { .. })), "{exists:?}");
    }
}

/// An index as the OCI specification allows it: its kind shows in what it has.
fn index_without_type() -> Vec<u8> {
    let digest = Digest::of(b"amd64");
    format!(r#"{{"schemaVersion":2,"manifests":[{{"digest":"{digest}"}}]}}"#).into_bytes()
}

#[test]
fn a_body_that_is_no_manifest_or_of_another_kind_is_refused() {
    for (body, media_type) in [
        (b"html".to_vec(), INDEX),
        (br#"{"schemaVersion":1,"fsLayers":[]}"#.to_vec(), INDEX),
        (index(), IMAGE),
    ] {
        let server = Server::answering(move |seen| match seen.method.as_str() {
            "HEAD" => Reply::status(405),
            _ => manifest(&body, media_type),
        });
        let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
}

#[test]
fn a_body_cut_short_is_fetched_again() {
    let server = Server::script([
        Reply::status(405),
        manifest(&index(), INDEX).cut_at(10),
        manifest(&index(), INDEX),
    ]);
    let resolved = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap();
    assert_eq!(resolved.digest, Digest::of(&index()));
    let server = Server::answering(|seen| match seen.method.as_str() {
        "HEAD" => Reply::status(405),
        _ => manifest(&index(), INDEX).cut_at(10),
    });
    let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
    assert!(
        matches!(error, Error::Http(http::Error::Truncated { .. })),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[test]
fn a_body_without_an_end_is_not_read() {
    let server = Server::answering(|seen| match seen.method.as_str() {
        "HEAD" => Reply::status(405),
        _ => manifest(&vec![b' '; 5 << 20], INDEX),
    });
    let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
    assert!(
        matches!(error, Error::Http(http::Error::TooLarge { .. })),
        "{error:?}"
    );
}

#[test]
fn waits_as_long_as_the_registry_asks() {
    let server = Server::script([
        Reply::status(429).header("Retry-After", "17"),
        manifest(&index(), INDEX),
    ]);
    let maker = Maker::hub(&server);
    let before = http::Timer::now(&*maker.clock);
    resolve(&maker.client(), "python:3.12").unwrap();
    let waited = http::Timer::now(&*maker.clock)
        .duration_since(before)
        .unwrap();
    assert_eq!(waited.as_secs(), 17);
}

#[test]
fn a_limit_that_lasts_is_told_with_the_registry_s_words() {
    let server = Server::answering(|_| {
        errors(
            429,
            "TOOMANYREQUESTS",
            "You have reached your unauthenticated pull rate limit.",
        )
        .header("Retry-After", "3600")
    });
    let client = Maker::hub(&server).client();
    let error = resolve(&client, "python:3.12").unwrap_err();
    assert!(
        matches!(
            &error,
            Error::RateLimited {
                retry_after: Some(3600),
                is_anonymous: true,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert!(error.to_string().contains("retry after 3600 s"), "{error}");
    assert_eq!(server.seen().len(), 1, "no GET, which would count");
    let again = resolve(&client, "python:3.13").unwrap_err();
    assert_eq!(again, error);
    assert_eq!(server.seen().len(), 1, "it is left alone");
}

#[test]
fn a_server_that_fails_is_told_as_something_that_may_pass() {
    let server = Server::answering(|_| errors(500, "UNKNOWN", "database is down"));
    let error = resolve(&Maker::hub(&server).client(), "python:3.12").unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 500, .. }),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert!(!error.to_string().is_empty());
}

#[test]
fn what_is_not_there_is_told_with_the_registry_s_words() {
    let server = Server::answering(|_| errors(404, "MANIFEST_UNKNOWN", "manifest unknown"));
    let maker = Maker::hub(&server);
    let error = resolve(&maker.client(), "python:9.9").unwrap_err();
    let name = server.url("").replace("http://", "");
    assert_eq!(
        error.to_string(),
        format!(
            "`python:9.9` was not found at `{name}`: manifest unknown; the request had no \
             credentials, and private images look the same"
        )
    );
    assert!(!error.is_transient());
    let methods: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| seen.method.clone())
        .collect();
    assert_eq!(methods, ["HEAD", "GET"]);
}

#[test]
fn the_same_question_is_asked_once() {
    let server = Server::answering(|_| manifest(&index(), INDEX));
    let client = Maker::hub(&server).client();
    let images = vec!["python:3.12".to_owned(); 30];
    let results = resolve_all(&client, &images);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.seen().len(), 1);
    resolve(&client, "docker.io/library/python:3.12").unwrap();
    assert_eq!(server.seen().len(), 1);
    resolve(&client, "python:3.13").unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn an_open_registry_is_asked_once_for_each_image() {
    let server = Server::answering(|_| manifest(&index(), INDEX));
    let client = Maker::hub(&server).client();
    let images: Vec<String> = (0..20)
        .map(|number| format!("acme/app{number}:1"))
        .collect();
    assert!(resolve_all(&client, &images).iter().all(Result::is_ok));
    assert_eq!(server.seen().len(), 20);
}

#[test]
fn a_digest_is_there_or_not_and_never_taken_from_the_cache() {
    let body = index();
    let digest = Digest::of(&body);
    let expected = format!("/v2/library/python/manifests/{digest}?ns=docker.io");
    let server = Server::script([
        manifest(&body, INDEX),
        Reply::status(404),
        Reply::ok("").header("Content-Type", INDEX),
        Reply::status(405),
        manifest(&body, INDEX),
        manifest(b"other", INDEX),
        Reply::ok("").header("Content-Type", INDEX).header(
            "Docker-Content-Digest",
            format!("sha512:{}", "0".repeat(128)),
        ),
        errors(500, "UNKNOWN", "x"),
    ]);
    let dir = tempfile::tempdir().unwrap();
    let mut maker = Maker::hub(&server).cache(&dir);
    maker.http.retries = 0;
    let exists = || run(maker.client().exists(&repository("python"), &digest));
    assert_eq!(exists(), Ok(true));
    assert_eq!(exists(), Ok(false));
    assert_eq!(exists(), Ok(true), "without a header");
    assert_eq!(exists(), Ok(true), "by GET");
    assert!(matches!(exists(), Err(Error::Mismatch { .. })));
    assert_eq!(exists(), Ok(true), "by another algorithm");
    assert!(matches!(exists(), Err(Error::Status { status: 500, .. })));
    assert!(server.seen().iter().all(|seen| seen.path == expected));
}

#[test]
fn warnings_and_a_low_quota_are_told() {
    let server = Server::answering(|_| {
        manifest(&index(), INDEX)
            .header("Warning", "299 - \"this registry moves\"")
            .header("ratelimit-limit", "100;w=21600")
            .header("ratelimit-remaining", "4;w=21600")
    });
    let client = Maker::hub(&server).client();
    assert!(client.notices().is_empty());
    resolve(&client, "python:3.12").unwrap();
    resolve(&client, "python:3.13").unwrap();
    let name = server.url("").replace("http://", "");
    assert_eq!(
        client.notices(),
        [
            format!("`{name}` warns: this registry moves"),
            format!("`{name}` allows 4 more pulls of 100 per 6 h"),
        ]
    );
}
