//! Connections that are made before the first request.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::authority::Authority;
use super::scripted::{Reply, Server};
use super::*;
use crate::http::ConnectProblem;

fn trusting_in(authority: &Authority) -> Settings {
    Settings {
        ca_bundle: Some(authority.file()),
        ..settings().0
    }
}

/// Connects ahead and waits for what comes of it; returns whether there was something to do.
async fn connected_ahead(client: &Client, to: &str) -> bool {
    let to = url(to);
    let inner = &client.inner;
    match inner.lines.connect_ahead(&inner.settings, inner.line(&to)) {
        Some(task) => {
            task.await.unwrap();
            true
        }
        None => false,
    }
}

#[test]
fn sends_no_request_and_then_all_over_the_one_connection() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let client = Client::new(trusting_in(&authority));
    run(async {
        assert!(connected_ahead(&client, &server.url("/")).await);
        assert_eq!(server.connections(), 1);
        for _ in 0..3 {
            client.get(page(&server.url("/a"))).await.unwrap();
        }
        assert!(!connected_ahead(&client, &server.url("/")).await);
    });
    assert_eq!(server.connections(), 1);
    assert_eq!(server.seen().len(), 3);
    assert_eq!(client.requests(), 3);
}

#[test]
fn the_first_request_waits_for_a_connection_under_way() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let client = Client::new(trusting_in(&authority));
    run(async {
        client.connect_ahead(&url(&server.url("/")));
        client.get(page(&server.url("/a"))).await.unwrap();
    });
    assert_eq!((server.connections(), server.seen().len()), (1, 1));
}

#[test]
fn a_client_with_other_settings_uses_the_connection_if_it_would_make_the_same() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let settings = trusting_in(&authority);
    let first = Client::new(settings.clone());
    let elsewhere = Settings {
        trusted_hosts: vec!["other.example".to_owned()],
        ..settings.clone()
    };
    let differently = Settings {
        connect_timeout: Duration::from_secs(3),
        ..settings
    };
    run(async {
        assert!(connected_ahead(&first, &server.url("/")).await);
        let get = async |client: Client| client.get(page(&server.url("/"))).await.unwrap();
        get(first.with(elsewhere)).await;
        assert_eq!(server.connections(), 1);
        get(first.with(differently)).await;
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn what_was_connected_without_a_look_at_the_certificate_is_not_used_by_who_looks() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let other = Authority::new();
    let checking = trusting_in(&other);
    let trusting = Settings {
        trusted_hosts: vec!["127.0.0.1".to_owned()],
        ..checking.clone()
    };
    let first = Client::new(trusting);
    let error = run(async {
        assert!(connected_ahead(&first, &server.url("/")).await);
        let client = first.with(checking);
        client.get(page(&server.url("/"))).await.unwrap_err()
    });
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_failure_is_told_by_the_request_which_does_not_try_once_more() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let other = Authority::new();
    let client = Client::new(trusting_in(&other));
    let error = run(async {
        assert!(connected_ahead(&client, &server.url("/")).await);
        client.get(page(&server.url("/a"))).await.unwrap_err()
    });
    assert!(
        matches!(&error, Error::Tls { url, .. } if url.ends_with("/a")),
        "{error:?}"
    );
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_proxy_is_asked_for_one_tunnel_and_no_password_is_told() {
    let proxy = Server::script([Reply::status(502)]);
    let (mut settings, _) = settings();
    settings.proxy = Some(url(&proxy.url("/").replace("://", "://me:hush@")));
    settings.retries = 0;
    let client = Client::new(settings);
    let to = "https://you:secret@index.example/simple/";
    let error = run(async {
        assert!(connected_ahead(&client, to).await);
        client.get(page(to)).await.unwrap_err()
    });
    let problem = ConnectProblem::Proxy;
    assert!(
        matches!(&error, Error::Connect { problem: at, .. } if *at == problem),
        "{error:?}"
    );
    let words = format!("{error} {error:?}");
    assert!(
        !words.contains("hush") && !words.contains("secret"),
        "{words}"
    );
    let [seen] = &proxy.seen()[..] else {
        panic!("asked more than once");
    };
    assert_eq!(
        (&seen.method[..], &seen.path[..]),
        ("CONNECT", "index.example:443")
    );
    assert_eq!(
        seen.header("proxy-authorization"),
        Some("Basic bWU6aHVzaA==")
    );
    assert_eq!(seen.header("authorization"), None);
}

#[test]
fn a_handshake_that_takes_too_long_is_waited_for_once() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("https://{}/", silent.local_addr().unwrap());
    let (mut settings, _) = settings();
    settings.connect_timeout = Duration::from_millis(50);
    settings.retries = 0;
    let client = Client::new(settings);
    let error = run(async {
        assert!(connected_ahead(&client, &to).await);
        client.get(page(&to)).await.unwrap_err()
    });
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    silent.set_nonblocking(true).unwrap();
    assert!(silent.accept().is_ok());
    assert!(silent.accept().is_err(), "it connected a second time");
}

#[test]
fn a_connection_that_was_closed_meanwhile_costs_a_second_try() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("127.0.0.1");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("https://{}/", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        for answers in [false, true] {
            let (mut socket, _) = listener.accept().unwrap();
            let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
            while tls.is_handshaking() {
                tls.complete_io(&mut socket).unwrap();
            }
            if answers {
                let mut stream = rustls::StreamOwned::new(tls, socket);
                let _ = stream.read(&mut [0; 1024]).unwrap();
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                stream.write_all(answer).unwrap();
                stream.flush().unwrap();
            }
        }
    });
    let client = Client::new(trusting_in(&authority));
    run(async {
        assert!(connected_ahead(&client, &to).await);
        let response = client.get(page(&to)).await.unwrap();
        assert_eq!(&response.body[..], b"ok");
    });
    serving.join().unwrap();
}

#[test]
fn does_nothing_offline_or_without_tls_or_a_runtime() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", false);
    let plain = Server::script([]);
    let offline = Settings {
        offline: true,
        ..trusting_in(&authority)
    };
    let online = Client::new(trusting_in(&authority));
    online.connect_ahead(&url(&server.url("/")));
    run(async {
        assert!(!connected_ahead(&Client::new(offline), &server.url("/")).await);
        assert!(!connected_ahead(&online, &plain.url("/")).await);
    });
    assert_eq!(server.connections() + plain.connections(), 0);
}
