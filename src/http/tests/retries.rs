//! What is tried again, how often, and when.

use std::time::Duration;

use super::scripted::{Reply, Server};
use super::*;

/// Fetches with a script; returns the result, the waits, and how many requests were made.
#[track_caller]
fn fetch(
    replies: impl IntoIterator<Item = Reply>,
    adapt: impl FnOnce(&mut Settings),
) -> (Result<Response, Error>, Vec<Duration>, usize) {
    let server = Server::script(replies);
    let (mut settings, timer) = settings();
    adapt(&mut settings);
    let result = get(&Client::new(settings), &server.url("/simple/"));
    (result, timer.slept(), server.seen().len())
}

#[test]
fn a_server_error_is_tried_again_with_growing_waits() {
    for status in [408, 421, 425, 500, 502, 503, 504] {
        let failing = || Reply::status(status);
        let (result, slept, requests) = fetch([failing(), failing(), Reply::ok("x")], |_| ());
        assert_eq!(&result.unwrap().body[..], b"x", "{status}");
        assert_eq!(requests, 3);
        let millis: Vec<u128> = slept.iter().map(Duration::as_millis).collect();
        assert!(matches!(millis[..], [100..=200, 200..=400]), "{millis:?}");
    }
}

#[test]
fn gives_up_after_the_last_retry() {
    let failing = || {
        Reply::status(503)
            .header("Content-Type", "text/plain")
            .body("down\n")
    };
    let (result, slept, requests) = fetch([(); 9].map(|()| failing()), |it| it.retries = 2);
    let error = result.unwrap_err();
    assert!(
        matches!(&error, Error::Server { status: 503, excerpt, .. } if excerpt == "down"),
        "{error:?}"
    );
    assert!(error.is_transient());
    assert_eq!((requests, slept.len()), (3, 2));
}

#[test]
fn what_will_not_change_is_not_tried_again() {
    let check = |status, is_expected: fn(&Error) -> bool| {
        let (result, slept, requests) = fetch([Reply::status(status)], |_| ());
        let error = result.unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        assert_eq!(error.status(), Some(status));
        assert_eq!((requests, slept.len()), (1, 0), "{status}");
    };
    check(404, |error| matches!(error, Error::NotFound { .. }));
    check(410, |error| matches!(error, Error::NotFound { .. }));
    check(403, |error| {
        matches!(
            error,
            Error::Denied {
                sent_credentials: false,
                ..
            }
        )
    });
    check(416, |error| matches!(error, Error::Status { .. }));
    check(204, |error| matches!(error, Error::Status { .. }));
    check(501, |error| matches!(error, Error::Server { .. }));
}

#[test]
fn waits_as_long_as_the_server_asks() {
    let (result, slept, _) = fetch(
        [
            Reply::status(503).header("Retry-After", "7"),
            Reply::status(429)
                .header("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"),
            Reply::ok("x"),
        ],
        |_| (),
    );
    result.unwrap();
    let seconds: Vec<u64> = slept.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [7, 30]);
}

#[test]
fn a_wait_that_is_too_long_is_told_at_once() {
    for status in [429, 503] {
        let (result, slept, requests) = fetch(
            [Reply::status(status).header("Retry-After", "3600")],
            |_| (),
        );
        let error = result.unwrap_err();
        assert!(error.is_transient());
        assert!(
            matches!(
                error,
                Error::RateLimited {
                    retry_after: Some(3600),
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!((requests, slept.len()), (1, 0));
    }
}

#[test]
fn a_limited_server_is_left_alone_by_other_requests() {
    let server = Server::script([
        Reply::status(429).header("Retry-After", "40"),
        Reply::ok("other"),
    ]);
    let (mut settings, timer) = settings();
    settings.retries = 0;
    let client = Client::new(settings);
    get(&client, &server.url("/a")).unwrap_err();
    assert!(timer.slept().is_empty());
    get(&client, &server.url("/b")).unwrap();
    assert_eq!(timer.slept(), [Duration::from_secs(40)]);
}

#[test]
fn a_body_that_ends_early_is_fetched_again() {
    let (result, _, requests) = fetch(
        [Reply::ok("whole body").cut_at(4), Reply::ok("whole body")],
        |_| (),
    );
    assert_eq!(&result.unwrap().body[..], b"whole body");
    assert_eq!(requests, 2);
    let (result, _, _) = fetch([Reply::ok("whole body").cut_at(4)], |it| it.retries = 0);
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
}

#[test]
fn a_chunked_body_that_ends_early_is_fetched_again() {
    let early = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwh";
    let (result, _, requests) = fetch([Reply::raw(early), Reply::ok("whole body")], |_| ());
    assert_eq!(&result.unwrap().body[..], b"whole body");
    assert_eq!(requests, 2);
}

#[test]
fn a_connection_closed_without_an_answer_is_tried_again() {
    let (result, _, requests) = fetch(
        [Reply::raw(""), Reply::raw("HTTP/1.1 2"), Reply::ok("x")],
        |_| (),
    );
    result.unwrap();
    assert_eq!(requests, 3);
}

#[test]
fn silence_ends_in_a_timeout_and_another_try() {
    let quick = |it: &mut Settings| it.read_timeout = Duration::from_millis(60);
    let (result, _, requests) = fetch([Reply::silence(), Reply::ok("x")], quick);
    result.unwrap();
    assert_eq!(requests, 2);
    let (result, _, requests) = fetch([Reply::ok("0123456789").stall_at(3), Reply::ok("x")], quick);
    result.unwrap();
    assert_eq!(requests, 2);
    let (result, _, _) = fetch([Reply::silence()], |it| {
        quick(it);
        it.retries = 0;
    });
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert!(error.is_transient());
}

#[test]
fn the_deadline_ends_all_tries() {
    let (result, _, requests) = fetch([Reply::silence(), Reply::ok("x")], |it| {
        it.deadline = Duration::from_millis(60);
    });
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(requests, 1);
}

/// Downloads with a script; returns what came and the ranges asked for.
fn download(replies: impl IntoIterator<Item = Reply>) -> (Vec<u8>, Vec<Option<String>>) {
    let server = Server::script(replies);
    let mut bytes = Vec::new();
    let request = Request::file(url(&server.url("/a.whl")));
    let sink = |chunk: &[u8]| bytes.extend_from_slice(chunk);
    let response = run(client().download(request, sink)).unwrap();
    assert!(response.body.is_empty());
    let ranges = server.seen();
    let ranges = ranges
        .iter()
        .map(|seen| seen.header("range").map(str::to_owned));
    (bytes, ranges.collect())
}

#[test]
fn a_broken_download_asks_for_the_rest_only() {
    let (bytes, ranges) = download([
        Reply::ok("0123456789").cut_at(4),
        Reply::status(206)
            .header("Content-Range", "bytes 4-9/10")
            .body("456789"),
    ]);
    assert_eq!(bytes, b"0123456789");
    assert_eq!(ranges, [None, Some("bytes=4-".to_owned())]);
}

#[test]
fn a_broken_download_passes_over_what_it_has_where_ranges_are_ignored() {
    let (bytes, _) = download([
        Reply::ok("0123456789").cut_at(4),
        Reply::ok("0123456789").cut_at(2),
        Reply::ok("0123456789"),
    ]);
    assert_eq!(bytes, b"0123456789");
}
