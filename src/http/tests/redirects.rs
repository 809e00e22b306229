//! Where redirects lead, and what does not come along.

use super::scripted::{Reply, Server};
use super::*;
use crate::http::{HeaderValue, header};

fn to(location: impl AsRef<str>) -> Reply {
    Reply::status(302).header("Location", location)
}

#[test]
fn follows_to_the_final_url() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::script([
            Reply::status(status).header("Location", "/simple/flask/?x=1"),
            to("../jinja2/"),
            Reply::ok("x"),
        ]);
        let response = get(&client(), &server.url("/simple/Flask/")).unwrap();
        assert_eq!(response.url.as_str(), server.url("/simple/jinja2/"));
        assert_eq!(server.seen()[1].path, "/simple/flask/?x=1");
    }
}

#[test]
fn credentials_stay_on_their_origin() {
    let other = Server::script([Reply::ok("x"), Reply::ok("x")]);
    let server = Server::script([to(other.url("/elsewhere")), to("/here"), Reply::ok("x")]);
    let client = client();
    let with_login = server.url("/a").replace("://", "://me:pw@");
    run(async {
        client.get(page(&with_login)).await.unwrap();
        client.get(page(&with_login)).await.unwrap();
    });
    assert_eq!(other.seen()[0].header("authorization"), None);
    for seen in server.seen() {
        assert_eq!(
            seen.header("authorization"),
            Some("Basic bWU6cHc="),
            "{seen:?}"
        );
    }
}

#[test]
fn another_name_of_the_same_machine_is_another_host() {
    let server = Server::answering(|seen| match seen.path.as_str() {
        "/a" => {
            let port = seen.header("host").unwrap().rsplit(':').next().unwrap();
            to(format!("http://localhost:{port}/b"))
        }
        _ => Reply::ok("x"),
    });
    let with_login = server.url("/a").replace("://", "://me:pw@");
    let response = get(&client(), &with_login).unwrap();
    assert_eq!(response.url.as_str(), server.url_by_name("/b"));
    assert!(server.seen()[0].header("authorization").is_some());
    assert_eq!(server.seen()[1].header("authorization"), None);
}

#[test]
fn headers_that_say_who_we_are_stay_as_well() {
    let other = Server::script([Reply::ok("x")]);
    let server = Server::script([to("/b"), to(other.url("/c"))]);
    let request = page(&server.url("/a"))
        .header(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer hush"),
        )
        .header(header::COOKIE, HeaderValue::from_static("hush"))
        .accept("text/html");
    run(client().get(request)).unwrap();
    assert_eq!(
        server.seen()[1].header("authorization"),
        Some("Bearer hush")
    );
    let seen = &other.seen()[0];
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("cookie"), None);
    assert_eq!(seen.header("accept"), Some("text/html"));
}

#[test]
fn a_redirect_gives_no_credentials() {
    let other = Server::script([Reply::ok("x")]);
    let server = Server::script([to(other.url("/b").replace("://", "://you:pw@"))]);
    let response = get(&client(), &server.url("/a")).unwrap();
    assert_eq!(other.seen()[0].header("authorization"), None);
    assert_eq!(response.url.as_str(), other.url("/b"));
}

#[track_caller]
fn check_refused(reply: Reply, words: &str) {
    let server = Server::answering(move |_| reply.clone());
    let error = get(&client(), &server.url("/a")).unwrap_err();
    assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
    assert!(!error.is_transient());
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn ends_a_circle() {
    check_refused(to("/a"), "more than 10 redirects in a row");
}

#[test]
fn refuses_targets_that_lead_nowhere() {
    check_refused(Reply::status(302), "without a target");
    check_refused(to("http://[oops/"), "is not a URL");
    check_refused(to("file:///etc/passwd"), "to the scheme `file`");
}
