//! Lists of tags.

use super::*;

fn page(tags: &[&str]) -> Reply {
    let body = serde_json::json!({"name": "library/python", "tags": tags}).to_string();
    Reply::ok(body).header("Content-Type", "application/json")
}

fn tags(client: &Client, name: &str) -> Result<Vec<String>, Error> {
    run(client.tags(&repository(name))).map(|tags| tags.to_vec())
}

/// Serves three pages, each of which links the next as `link` says.
fn pages(link: impl Fn(&Seen, &str) -> String + Send + Sync + 'static) -> Server {
    Server::answering(move |seen| {
        let last = parameters(&seen.path, "last").pop();
        match last.as_deref() {
            None => page(&["3.9", "latest"]).header("Link", link(seen, "p1")),
            Some("p1") => page(&["3.10", "latest"]).header("Link", link(seen, "p2")),
            Some("p2") => page(&["3.11"]),
            _ => panic!("{seen:?}"),
        }
    })
}

#[test]
fn a_list_is_read_page_by_page_and_sorted() {
    let server =
        pages(|_, last| format!("</v2/library/python/tags/list?n=1000&last={last}>; rel=\"next\""));
    let client = Maker::hub(&server).client();
    let all = ["3.10", "3.11", "3.9", "latest"];
    assert_eq!(tags(&client, "python").unwrap(), all);
    assert_eq!(tags(&client, "docker.io/library/python").unwrap(), all);
    let list = "GET /v2/library/python/tags/list?n=1000";
    // A mirror is told on each page whom it stands for.
    assert_eq!(
        asked(&server),
        [
            format!("{list}&ns=docker.io"),
            format!("{list}&last=p1&ns=docker.io"),
            format!("{list}&last=p2&ns=docker.io"),
        ]
    );
    assert!(client.notices().is_empty());
}

#[test]
fn a_link_may_be_to_the_host_by_another_scheme_and_port() {
    let server = pages(|_, last| format!("<https://127.0.0.1:1/opaque?last={last}>; rel=next"));
    let client = Maker::hub(&server).client();
    assert_eq!(tags(&client, "python").unwrap().len(), 4);
    let second = "GET /opaque?last=p1&ns=docker.io";
    assert_eq!(asked(&server)[1], second);
}

#[test]
fn a_link_to_another_host_is_refused() {
    let other = Server::answering(|_| page(&["9"]));
    let port = other.port();
    let server = pages(move |_, last| format!("<http://localhost:{port}/x?last={last}>; rel=next"));
    let error = tags(&Maker::hub(&server).client(), "python").unwrap_err();
    assert!(error.to_string().contains("another host"), "{error}");
    assert!(other.seen().is_empty());
}

#[test]
fn a_list_without_end_is_cut_and_that_is_told() {
    let server = Server::answering(|seen| {
        let last = parameters(&seen.path, "last").pop();
        let number: u32 = last.and_then(|text| text.parse().ok()).unwrap_or(0);
        let link = format!("<?last={}>; rel=next", number + 1);
        page(&[&number.to_string()]).header("Link", link)
    });
    let client = Maker::hub(&server).client();
    assert_eq!(tags(&client, "python").unwrap().len(), 50);
    assert_eq!(server.seen().len(), 50);
    let notices = client.notices();
    assert!(
        notices[0].contains("too many tags to read all"),
        "{notices:?}"
    );
}

#[test]
fn no_tags_are_an_empty_list() {
    for body in [r#"{"name":"x","tags":null}"#, r#"{"tags":[]}"#, "{}"] {
        let server = Server::answering(move |_| Reply::ok(body));
        let found = tags(&Maker::hub(&server).client(), "python");
        assert_eq!(found, Ok(Vec::new()), "{body}");
    }
}

#[test]
fn what_is_no_tag_is_passed_over() {
    let server = Server::answering(|_| page(&["1.0", "1.1 AS x", "1.2\n", "-1", "1.\u{0663}", ""]));
    let found = tags(&Maker::hub(&server).client(), "python").unwrap();
    assert_eq!(found, ["1.0"]);
}

#[test]
fn refusals_and_rubbish_are_errors() {
    let ask = |reply: Reply| {
        let server = Server::answering(move |_| reply.clone());
        let mut maker = Maker::hub(&server);
        maker.http.retries = 0;
        tags(&maker.client(), "python").unwrap_err()
    };
    let error = ask(errors(404, "NAME_UNKNOWN", "no such thing"));
    assert!(
        matches!(&error, Error::NotFound { image, .. } if image == "python"),
        "{error:?}"
    );
    assert!(error.is_absent());
    let error = ask(Reply::status(405));
    assert!(
        matches!(error, Error::Status { status: 405, .. }),
        "{error:?}"
    );
    for body in ["", "[]", r#"{"tags":[1]}"#] {
        let error = ask(Reply::ok(body));
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
    }
    let error = ask(Reply::ok("<html>"));
    assert!(matches!(error, Error::WebPage { .. }), "{error:?}");
}

#[test]
fn a_token_serves_all_pages() {
    let server = Server::answering(|seen| {
        if seen.path.starts_with("/token") {
            return Reply::ok(r#"{"token":"t"}"#);
        }
        if seen.header("authorization") != Some("Bearer t") {
            return bearer(seen, ",scope=\"repository:library/python:pull\"");
        }
        match parameters(&seen.path, "last").as_slice() {
            [] => page(&["1"]).header("Link", "<?last=1>; rel=next"),
            _ => page(&["2"]),
        }
    });
    assert_eq!(
        tags(&Maker::hub(&server).client(), "python").unwrap(),
        ["1", "2"]
    );
    assert_eq!(server.seen().len(), 4, "{:?}", asked(&server));
}

#[test]
fn the_next_mirror_has_the_list_where_the_first_has_not() {
    let first = Server::answering(|_| Reply::status(404));
    let second = Server::answering(|_| page(&["1"]));
    let mirrors = [&first, &second].map(|server| format!("docker.io={}", server.url("")));
    let client = Maker::mirrors(mirrors.iter().map(String::as_str)).client();
    assert_eq!(tags(&client, "python").unwrap(), ["1"]);
}

#[test]
fn a_list_is_kept_as_long_as_tags_are() {
    let server = Server::answering(|_| page(&["1.0"]));
    let dir = tempfile::tempdir().unwrap();
    let mut maker = Maker::hub(&server).cache(&dir);
    let ask = |maker: &Maker| tags(&maker.client(), "python").unwrap();
    assert_eq!(ask(&maker), ask(&maker));
    assert_eq!(server.seen().len(), 1);
    maker.clock.pass(Duration::from_secs(301));
    ask(&maker);
    assert_eq!(server.seen().len(), 2);
    maker.settings.refresh = true;
    ask(&maker);
    assert_eq!(server.seen().len(), 3);
    maker.http.offline = true;
    maker.clock.pass(Duration::from_hours(100));
    assert_eq!(ask(&maker), ["1.0"]);
    let error = tags(&maker.client(), "node").unwrap_err();
    assert!(matches!(error, Error::Offline { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 3);
}
