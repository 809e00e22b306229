//! Whom the client trusts.

use std::path::PathBuf;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::authority::Authority;
use super::scripted::{Reply, Server};
use super::*;
use crate::http::Environment;

#[track_caller]
fn check_trusted(settings: Settings, at: &str) {
    let response = get(&Client::new(settings), at).unwrap();
    assert_eq!(&response.body[..], b"secure");
}

#[track_caller]
fn check_refused(settings: Settings, at: &str, words: &str) {
    let error = get(&Client::new(settings), at).unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    assert!(!error.is_transient());
    assert!(error.to_string().contains(words), "{error}");
}

fn with(adapt: impl FnOnce(&mut Settings)) -> Settings {
    let (mut settings, _) = settings();
    adapt(&mut settings);
    settings
}

#[test]
fn an_unknown_authority_is_refused() {
    let authority = Authority::new();
    let other = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let words = "is from an untrusted authority";
    check_refused(
        with(|it| it.ca_bundle = Some(other.file())),
        &server.url("/"),
        words,
    );
}

#[test]
fn the_bundle_given_is_trusted_instead_of_the_environment_s() {
    let authority = Authority::new();
    let other = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let environment = |file| Environment {
        root_files: vec![file],
        ..Environment::default()
    };
    check_trusted(
        with(|it| {
            it.ca_bundle = Some(authority.file());
            it.environment = environment(other.file());
        }),
        &server.url("/"),
    );
    check_trusted(
        with(|it| it.environment = environment(authority.file())),
        &server.url("/"),
    );
}

#[test]
fn a_folder_of_roots_is_read_when_the_file_does_not_have_the_one() {
    let authority = Authority::named("same");
    for other in [Authority::new(), Authority::named("same")] {
        check_folders(&authority, &other);
    }
}

#[track_caller]
fn check_folders(authority: &Authority, other: &Authority) {
    let server = authority.server("127.0.0.1", false);
    let dirs = || vec![authority.dir.path().to_owned()];
    check_trusted(
        with(|it| {
            it.environment = Environment {
                root_files: vec![other.file()],
                root_dirs: dirs(),
                ..Environment::default()
            };
        }),
        &server.url("/"),
    );
    check_trusted(
        with(|it| {
            it.environment = Environment {
                root_dirs: dirs(),
                ..Environment::default()
            };
        }),
        &server.url("/"),
    );
    check_trusted(
        with(|it| it.ca_bundle = Some(authority.dir.path().to_owned())),
        &server.url("/"),
    );
}

#[test]
fn another_name_is_refused() {
    let authority = Authority::new();
    let server = authority.server("other.example", false);
    let settings = with(|it| it.ca_bundle = Some(authority.file()));
    check_refused(settings, &server.url("/"), "is for a different name");
}

#[test]
fn a_trusted_host_may_have_any_certificate_and_no_other_host_may() {
    let authority = Authority::new();
    let server = authority.server("other.example", false);
    let host = "127.0.0.1".to_owned();
    let port = server.port();
    for trusted in [host.clone(), format!("{host}:{port}")] {
        check_trusted(
            with(|it| it.trusted_hosts = vec![trusted]),
            &server.url("/"),
        );
    }
    let unknown = Authority::new();
    for trusted in [
        format!("{host}:{}", port ^ 1),
        "localhost".to_owned(),
        "127.0.0.10".to_owned(),
        "127.0.0".to_owned(),
    ] {
        let settings = with(|it| {
            it.ca_bundle = Some(unknown.file());
            it.trusted_hosts = vec![trusted];
        });
        check_refused(settings, &server.url("/"), "certificate");
    }
}

#[test]
fn shows_its_certificate_to_a_server_that_asks() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", true);
    let (certificate, key) = authority.issue("client.example");
    let path = authority.dir.path().join("client.pem");
    std::fs::write(&path, certificate.pem() + &key.serialize_pem()).unwrap();
    check_trusted(
        with(|it| {
            it.ca_bundle = Some(authority.file());
            it.client_cert = Some(path);
        }),
        &server.url("/"),
    );
    let without = with(|it| {
        it.ca_bundle = Some(authority.file());
        it.retries = 0;
    });
    get(&Client::new(without), &server.url("/")).unwrap_err();
}

#[test]
fn says_which_file_is_no_good() {
    let authority = Authority::new();
    let path = authority.dir.path().join("empty.pem");
    std::fs::write(&path, "nothing").unwrap();
    for (settings, words) in [
        (
            with(|it| it.ca_bundle = Some(path.clone())),
            "does not contain a PEM certificate",
        ),
        (
            with(|it| it.ca_bundle = Some("/nonexistent.pem".into())),
            "No such file",
        ),
        (
            with(|it| it.client_cert = Some(authority.file())),
            "no private key",
        ),
    ] {
        let error = get(&Client::new(settings), "https://127.0.0.1:1/").unwrap_err();
        assert!(matches!(error, Error::Setup { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn plain_http_on_a_tls_port_is_told() {
    let server = Server::answering(|_| Reply::ok("plain"));
    let at = server.url("/").replace("http:", "https:");
    let settings = with(|it| it.trusted_hosts = vec!["127.0.0.1".to_owned()]);
    // The server waits for the end of a head that never comes, unless the
    // client's greeting happens to hold one; either way there is no TLS.
    let settings = Settings {
        connect_timeout: std::time::Duration::from_millis(200),
        retries: 0,
        ..settings
    };
    get(&Client::new(settings), &at).unwrap_err();
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let authority = Authority::new();
    let plain = Server::script([Reply::ok("plain")]);
    let target = plain.url("/");
    let secure = {
        let (certificate, key) = authority.issue("127.0.0.1");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Server::answering_tls(config, move |_| {
            Reply::status(302).header("Location", &target)
        })
    };
    let settings = with(|it| it.ca_bundle = Some(authority.file()));
    let error = get(&Client::new(settings), &secure.url("/a")).unwrap_err();
    assert!(
        matches!(&error, Error::Redirect { detail, .. } if detail.contains("from HTTPS to plain HTTP")),
        "{error:?}"
    );
    assert_eq!(plain.connections(), 0);
}

#[test]
fn requests_that_begin_together_wait_for_the_first_connection() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let settings = with(|it| it.ca_bundle = Some(authority.file()));
    let client = Client::new(settings);
    run(async {
        let requests = (0..8).map(|_| client.get(page(&server.url("/"))));
        for result in futures_util::future::join_all(requests).await {
            result.unwrap();
        }
    });
    assert_eq!(client.requests(), 8);
}

#[test]
fn reads_the_environment_s_variables_in_order() {
    let read = |variables: &[(&str, &str)]| {
        let environment = Environment::read(|name| {
            let mut variables = variables.iter();
            let (_, value) = variables.find(|(key, _)| *key == name)?;
            Some(value.into())
        });
        (environment.root_files, environment.root_dirs)
    };
    let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
    assert_eq!(
        read(&[("SSL_CERT_FILE", "/a"), ("REQUESTS_CA_BUNDLE", "/b")]),
        (paths(&["/a"]), paths(&[]))
    );
    assert_eq!(
        read(&[
            ("SSL_CERT_FILE", ""),
            ("CURL_CA_BUNDLE", "/c"),
            ("REQUESTS_CA_BUNDLE", "/b")
        ]),
        (paths(&["/b"]), paths(&[]))
    );
    let dirs = std::env::join_paths(["/d", "/e"]).unwrap();
    assert_eq!(
        read(&[("SSL_CERT_DIR", dirs.to_str().unwrap())]),
        (paths(&[]), paths(&["/d", "/e"]))
    );
    assert_eq!(read(&[]), (paths(&[]), paths(&[])));
}
