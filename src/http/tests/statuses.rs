//! Any status as an answer, forms to post, places at one origin.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::scripted::{Reply, Server};
use super::*;
use crate::http::{Credentials, HeaderValue, header};

#[test]
fn each_status_is_an_answer_for_those_who_ask_so() {
    for status in [204, 400, 401, 403, 404, 410, 418, 501] {
        let reply = Reply::status(status).header("X-Why", "so").body("words");
        let server = Server::script([reply]);
        let response = run(client().get(page(&server.url("/")).any_status())).unwrap();
        assert_eq!(response.status, status);
        assert_eq!(response.headers["x-why"], "so");
        assert_eq!(
            &response.body[..],
            if status == 204 { &b""[..] } else { b"words" }
        );
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn what_may_pass_is_tried_again_before_it_is_an_answer() {
    let (settings, timer) = settings();
    let client = Client::new(settings);
    let limited = || Reply::status(429).header("Retry-After", "7").body("slow");
    let server = Server::script([limited(), Reply::status(503), Reply::ok("x")]);
    let response = run(client.get(page(&server.url("/")).any_status())).unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"x"[..]));
    assert_eq!(timer.slept()[0].as_secs(), 7);
    let server = Server::answering(move |_| limited());
    let response = run(client.get(page(&server.url("/")).any_status())).unwrap();
    assert_eq!((response.status, &response.body[..]), (429, &b"slow"[..]));
    assert_eq!(server.seen().len(), 4);
    // A wait that is too long is an answer at once.
    let server = Server::script([Reply::status(429).header("Retry-After", "7200")]);
    let response = run(client.get(page(&server.url("/")).any_status())).unwrap();
    assert_eq!(response.status, 429);
}

#[test]
fn no_answer_is_an_error_all_the_same() {
    let server = Server::answering(|_| Reply::raw("nonsense\r\n\r\n"));
    run(client().get(page(&server.url("/")).any_status())).unwrap_err();
}

#[test]
fn a_refusal_has_its_headers_also_without_a_body() {
    let server = Server::script([Reply::status(401)
        .header("WWW-Authenticate", "Basic")
        .body("no")]);
    let response = run(client().head(page(&server.url("/")).any_status())).unwrap();
    assert_eq!(response.status, 401);
    assert_eq!(response.headers[header::WWW_AUTHENTICATE], "Basic");
}

#[test]
fn no_credentials_are_added_where_the_caller_has_its_own() {
    let server = Server::answering(|_| Reply::status(401));
    let (mut settings, _) = settings();
    let mut credentials = Credentials::default();
    credentials.add(&url(&server.url("/")), "me", "pw");
    let dir = tempfile::tempdir().unwrap();
    let netrc = dir.path().join("netrc");
    std::fs::write(&netrc, "default login x password y").unwrap();
    credentials.set_netrc(netrc);
    settings.credentials = credentials;
    let client = Client::new(settings);
    run(client.get(page(&server.url("/")).any_status().own_credentials())).unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].header("authorization"), None);
}

#[test]
fn posts_a_form() {
    let server = Server::script([Reply::status(503), Reply::ok("{}")]);
    let fields = [("grant_type", "refresh token"), ("scope", "a:b c")];
    let request = page(&server.url("/token")).header(
        header::AUTHORIZATION,
        HeaderValue::from_static("Bearer hush"),
    );
    let response = run(client().post_form(request, &fields)).unwrap();
    assert_eq!(&response.body[..], b"{}");
    let seen = &server.seen()[1];
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.body, "grant_type=refresh+token&scope=a%3Ab+c");
    assert_eq!(seen.header("content-length"), Some("38"));
    assert_eq!(seen.header("transfer-encoding"), None);
    assert_eq!(
        seen.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
}

#[test]
fn what_was_posted_is_posted_again_only_to_the_same_origin() {
    let post = |at: &str| run(client().post_form(page(at), &[("secret", "hush")]));
    let to = |status, location: String| Reply::status(status).header("Location", location);
    let server = Server::script([to(307, "/b".to_owned()), Reply::ok("x")]);
    post(&server.url("/a")).unwrap();
    assert_eq!(server.seen()[1].body, "secret=hush");
    for status in [301, 302, 303] {
        let server = Server::script([to(status, "/b".to_owned())]);
        let error = post(&server.url("/a")).unwrap_err();
        assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
    }
    let other = Server::answering(|_| Reply::ok("x"));
    let server = Server::script([to(308, other.url("/b"))]);
    let error = post(&server.url("/a")).unwrap_err();
    assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
    assert!(other.seen().is_empty());
}

#[test]
fn a_form_is_not_shown() {
    let mut request = page("https://index.example/");
    request.form = Some(crate::http::Secret::new("refresh_token=hush"));
    assert!(!format!("{request:?}").contains("hush"));
}

#[test]
fn only_so_many_requests_are_at_one_origin() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    // Three must be there for one to be answered.
    let together = Barrier::new(3);
    let server = Server::answering(move |_| {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        together.wait();
        NOW.fetch_sub(1, Ordering::SeqCst);
        Reply::ok("x")
    });
    let (mut settings, _) = settings();
    settings.per_host = Some(3);
    let client = Client::new(settings);
    let requests = (0..12).map(|_| client.get(page(&server.url("/"))));
    let results = run(futures_util::future::join_all(requests));
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
}

#[test]
fn tells_a_server_that_speaks_no_tls() {
    let server = Server::answering(|_| Reply::ok("x"));
    let at = server.url("/").replace("http://", "https://");
    let error = get(&client(), &at).unwrap_err();
    assert!(error.is_without_tls(), "{error:?}");
    let nobody = get(&client(), "https://127.0.0.1:1/").unwrap_err();
    assert!(!nobody.is_without_tls(), "{nobody:?}");
}
