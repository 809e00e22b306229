//! Who is asked in place of whom, and as whom.

use super::*;

#[test]
fn the_next_mirror_is_asked_where_one_has_it_not_or_is_not_there() {
    let good = || Server::answering(|_| manifest(&index(), INDEX));
    let check = |reply: Reply| {
        let first = Server::answering(move |_| reply.clone());
        let second = good();
        let mirrors = [&first, &second].map(|server| format!("docker.io={}", server.url("")));
        let mut maker = Maker::mirrors(mirrors.iter().map(String::as_str));
        maker.http.retries = 0;
        let resolved = resolve(&maker.client(), "python:3.12").unwrap();
        assert_eq!(resolved.digest, Digest::of(&index()));
        assert!(!first.seen().is_empty());
    };
    check(Reply::status(404));
    check(Reply::status(500));
    check(Reply::raw(""));
    check(Reply::status(429));
    check(Reply::ok("<html>").header("Content-Type", "text/html"));
    let nobody = "docker.io=http://127.0.0.1:1";
    let second = good();
    let mirror = format!("*={}", second.url(""));
    let mut maker = Maker::mirrors([nobody, mirror.as_str()]);
    maker.http.retries = 0;
    let client = maker.client();
    for image in ["python:3.12", "python:3.13", "alpine:3"] {
        resolve(&client, image).unwrap();
    }
    // Only one of them has tried the mirror that is not there.
    assert_eq!(client.requests(), 1 + 3);
}

#[test]
fn other_refusals_are_the_answer() {
    let lie = || manifest(&index(), INDEX).header("Docker-Content-Digest", "sha256:0 AS x");
    for reply in [Reply::status(400), lie()] {
        let first = Server::answering(move |_| reply.clone());
        let second = Server::answering(|_| manifest(&index(), INDEX));
        let mirrors = [&first, &second].map(|server| format!("docker.io={}", server.url("")));
        let mut maker = Maker::mirrors(mirrors.iter().map(String::as_str));
        maker.http.retries = 0;
        resolve(&maker.client(), "python:3.12").unwrap_err();
        assert!(second.seen().is_empty());
    }
}

/// Harbor, Artifactory and others refuse what they do not have.
#[test]
fn a_mirror_that_refuses_is_no_reason_to_stop() {
    let first = Server::answering(|_| Reply::status(403));
    let second = Server::answering(|_| manifest(&index(), INDEX));
    let mirrors = [&first, &second].map(|server| format!("docker.io={}", server.url("")));
    let maker = Maker::mirrors(mirrors.iter().map(String::as_str));
    let resolved = resolve(&maker.client(), "python:3.12").unwrap();
    assert_eq!(resolved.digest, Digest::of(&index()));
    // Where none has it, the refusal says more than that another has it not.
    let second = Server::answering(|_| Reply::status(404));
    let mirrors = [&first, &second].map(|server| format!("docker.io={}", server.url("")));
    let maker = Maker::mirrors(mirrors.iter().map(String::as_str));
    let error = resolve(&maker.client(), "python:3.12").unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error:?}");
}

#[test]
fn that_a_mirror_could_not_be_asked_says_more_than_that_another_has_it_not() {
    let first = Server::answering(|_| Reply::status(500));
    let second = Server::answering(|_| Reply::status(404));
    let mirrors = [&first, &second].map(|server| format!("docker.io={}", server.url("")));
    let mut maker = Maker::mirrors(mirrors.iter().map(String::as_str));
    maker.http.retries = 0;
    let error = resolve(&maker.client(), "python:3.12").unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let exists = run(maker
        .client()
        .exists(&repository("python"), &Digest::of(b"x")));
    assert!(exists.unwrap_err().is_transient());
}

#[test]
fn a_mirror_gets_its_prefix_and_the_host_it_stands_for() {
    let server = Server::answering(|seen| match seen.header("authorization") {
        None if seen.path.starts_with("/v2/") => Reply::status(401).header(
            "WWW-Authenticate",
            format!(
                "Bearer realm=\"http://{}/token\",service=\"s\",\
                 scope=\"repository:hub/library/python:pull\"",
                seen.header("host").unwrap()
            ),
        ),
        None => Reply::ok(r#"{"token":"t"}"#),
        Some(_) => manifest(&index(), INDEX),
    });
    let mirror = format!("docker.io={}", server.url("/hub/"));
    let client = Maker::mirrors([mirror.as_str()]).client();
    client.expect(["python", "alpine"].map(repository));
    resolve(&client, "python:3.12").unwrap();
    let seen = server.seen();
    assert_eq!(
        seen[0].path,
        "/v2/hub/library/python/manifests/3.12?ns=docker.io"
    );
    assert_eq!(
        parameters(&seen[1].path, "scope"),
        [
            "repository:hub/library/python:pull",
            "repository:hub/library/alpine:pull"
        ]
    );
}

#[test]
fn the_host_s_own_credentials_are_not_for_its_mirror() {
    let challenge = || Reply::status(401).header("WWW-Authenticate", "Basic realm=\"r\"");
    let server = Server::answering(move |seen| match seen.header("authorization") {
        None => challenge(),
        Some(_) => manifest(&index(), INDEX),
    });
    let hub = r#""https://index.docker.io/v1/":{"username":"hub","password":"hush"}"#;
    let client = Maker::hub(&server)
        .auth(&format!(r#"{{"auths":{{{hub}}}}}"#))
        .client();
    let error = resolve(&client, "python:3.12").unwrap_err();
    assert!(
        matches!(error, Error::Denied { login: None, .. }),
        "{error:?}"
    );
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.header("authorization").is_none())
    );
    let name = server.url("").replace("http://", "");
    let own = format!(r#""{name}":{{"username":"mirror","password":"pw"}}"#);
    let client = Maker::hub(&server)
        .auth(&format!(r#"{{"auths":{{{hub},{own}}}}}"#))
        .client();
    resolve(&client, "python:3.12").unwrap();
    let last = server.seen().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Basic bWlycm9yOnB3"));
}
