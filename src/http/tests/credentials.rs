//! Who hears who we are.

use super::scripted::{Reply, Server};
use super::*;
use crate::http::LoginSource;

const BASIC_ME: &str = "Basic bWU6cHc=";

#[test]
fn a_url_s_login_goes_as_a_header_and_to_the_rest_of_its_origin() {
    let server = Server::script([Reply::ok("x"), Reply::ok("x")]);
    let client = client();
    let index = server.url("/simple/flask/").replace("://", "://me:pw@");
    let response = get(&client, &index).unwrap();
    assert_eq!(response.url.as_str(), server.url("/simple/flask/"));
    get(&client, &server.url("/files/flask.whl")).unwrap();
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), Some(BASIC_ME));
        assert!(!seen.path.contains("pw"));
    }
}

#[test]
fn a_refusal_tells_whether_credentials_were_sent() {
    let refusal = || Reply::status(401).header("WWW-Authenticate", "Basic realm=\"ours\"");
    let server = Server::script([refusal(), refusal()]);
    let client = client();
    let error = get(&client, &server.url("/a")).unwrap_err();
    let denied = |sent_credentials| Error::Denied {
        url: server.url("/a"),
        status: 401,
        sent_credentials,
        login: sent_credentials.then_some(LoginSource::Url),
        realm: Some("ours".to_owned()),
    };
    assert_eq!(error, denied(false));
    let error = get(&client, &server.url("/a").replace("://", "://me:pw@")).unwrap_err();
    assert_eq!(error, denied(true));
    assert!(!error.to_string().contains("pw"));
    assert!(!error.is_transient());
}

fn with_netrc(text: &str) -> (Client, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("netrc");
    std::fs::write(&path, text).unwrap();
    let (mut settings, _) = settings();
    settings
        .credentials
        .find_netrc(|name| (name == "NETRC").then(|| path.clone().into_os_string()));
    (Client::new(settings), dir)
}

#[test]
fn a_machine_of_the_netrc_file_is_told_at_once() {
    let server = Server::script([Reply::ok("x")]);
    let (client, _dir) = with_netrc("machine 127.0.0.1 login me password pw");
    get(&client, &server.url("/a")).unwrap();
    assert_eq!(server.seen()[0].header("authorization"), Some(BASIC_ME));
}

#[test]
fn the_default_of_the_netrc_file_is_told_only_to_who_asks() {
    let server = Server::script([
        Reply::ok("x"),
        Reply::status(401),
        Reply::ok("y"),
        Reply::status(403),
    ]);
    let (client, _dir) = with_netrc("default login me password pw");
    get(&client, &server.url("/a")).unwrap();
    let response = get(&client, &server.url("/b")).unwrap();
    assert_eq!(&response.body[..], b"y");
    get(&client, &server.url("/c")).unwrap_err();
    let seen = server.seen();
    let told: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("authorization"))
        .collect();
    assert_eq!(told, [None, None, Some(BASIC_ME), None]);
}

#[test]
fn an_absent_netrc_file_is_no_problem() {
    let server = Server::script([Reply::ok("x")]);
    let (mut settings, _) = settings();
    settings.credentials.set_netrc("/nonexistent/netrc".into());
    get(&Client::new(settings), &server.url("/a")).unwrap();
}
