//! HTTPS, and plain HTTP where it is allowed.

use super::*;
use crate::http::tests::authority::Authority;

fn plain() -> Server {
    Server::answering(|_| manifest(&index(), INDEX))
}

fn secure(authority: &Authority, name: &str) -> Server {
    authority.answering(name, false, |_| manifest(&index(), INDEX))
}

/// Names an image at a server, by its address.
fn at(server: &Server) -> String {
    format!("127.0.0.1:{}/acme/app:1", server.port())
}

#[test]
fn a_registry_of_this_machine_may_speak_plain_http() {
    let server = plain();
    let client = Maker::default().client();
    let image = at(&server);
    let results = resolve_all(&client, &[image.clone(), format!("{image}0")]);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let paths = asked(&server);
    assert_eq!(
        paths,
        [
            "HEAD /v2/acme/app/manifests/1",
            "HEAD /v2/acme/app/manifests/10"
        ]
    );
    // HTTPS is tried once.
    assert_eq!((client.requests(), server.connections()), (3, 2));
}

#[test]
fn a_registry_of_this_machine_may_speak_tls_by_an_authority_given() {
    let authority = Authority::new();
    let server = secure(&authority, "127.0.0.1");
    let mut maker = Maker::default();
    maker.http.ca_bundle = Some(authority.file());
    resolve(&maker.client(), &at(&server)).unwrap();
}

#[test]
fn a_wrong_certificate_is_no_reason_to_speak_plain_http() {
    let authority = Authority::new();
    let server = secure(&authority, "127.0.0.1");
    let mut maker = Maker::default();
    let another = Authority::new();
    maker.http.ca_bundle = Some(another.file());
    let error = resolve(&maker.client(), &at(&server)).unwrap_err();
    assert!(matches!(error, Error::Certificate(_)), "{error:?}");
    assert!(!error.is_transient());
    let other_name = secure(&authority, "registry.example");
    maker.http.ca_bundle = Some(authority.file());
    let error = resolve(&maker.client(), &at(&other_name)).unwrap_err();
    assert!(matches!(error, Error::Certificate(_)), "{error:?}");
}

#[test]
fn plain_http_where_it_is_said_tries_no_tls() {
    let server = plain();
    let mut maker = Maker::default();
    maker.settings.plain_http = vec!["127.0.0.1".to_owned()];
    let client = maker.client();
    resolve(&client, &at(&server)).unwrap();
    assert_eq!((client.requests(), server.connections()), (1, 1));
}

#[test]
fn an_address_with_https_speaks_no_plain_http() {
    let server = plain();
    let mirror = format!("docker.io={}", server.url("").replace("http:", "https:"));
    let error = resolve(&Maker::mirrors([mirror.as_str()]).client(), "python:3").unwrap_err();
    assert!(matches!(error, Error::Certificate(_)), "{error:?}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_host_that_is_not_there_is_tried_once_a_run() {
    let mut maker = Maker::default();
    maker.http.retries = 1;
    let client = maker.client();
    let images: Vec<String> = (0..8)
        .map(|tag| format!("127.0.0.1:1/acme/app:{tag}"))
        .collect();
    for result in resolve_all(&client, &images) {
        let error = result.unwrap_err();
        assert!(
            matches!(error, Error::Http(http::Error::Connect { .. })),
            "{error:?}"
        );
        assert!(error.is_transient());
    }
    assert_eq!(client.requests(), 2);
}
