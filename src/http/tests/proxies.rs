//! Going through a proxy.

use super::scripted::{Reply, Server};
use super::*;
use crate::http::ConnectProblem;

fn through(proxy: &str) -> Client {
    let (mut settings, _) = settings();
    settings.proxy = Some(url(proxy));
    settings.retries = 0;
    Client::new(settings)
}

#[test]
fn asks_the_proxy_and_tells_it_who_we_are_to_it() {
    let proxy = Server::script([Reply::ok("x")]);
    let client = through(&proxy.url("/").replace("://", "://me:pw@"));
    get(&client, "http://you:hush@index.example/simple/").unwrap();
    let seen = &proxy.seen()[0];
    assert_eq!(seen.path, "http://index.example/simple/");
    assert_eq!(seen.header("proxy-authorization"), Some("Basic bWU6cHc="));
    assert_eq!(seen.header("authorization"), Some("Basic eW91Omh1c2g="));
}

#[test]
fn says_that_the_proxy_makes_no_tunnel() {
    let proxy = Server::script([Reply::status(502)]);
    let client = through(&proxy.url("/").replace("://", "://me:hush@"));
    let error = get(&client, "https://index.example/simple/").unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Connect {
                problem: ConnectProblem::Proxy,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?} {client:?}").contains("hush"));
    assert_eq!(proxy.seen()[0].method, "CONNECT");
}
