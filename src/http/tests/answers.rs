//! Bodies, ranges, conditions, limits and garbage.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::scripted::{Reply, Server};
use super::*;
use crate::http::{ConnectProblem, ContentRange, Validators};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn fetches_a_page_and_says_who_it_is() {
    let server =
        Server::script([Reply::ok("hello").header("Content-Type", "Text/HTML; charset=x")]);
    let client = client();
    let response = get(&client, &server.url("/simple/flask/")).unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(&response.body[..], b"hello");
    assert_eq!(response.media_type().as_deref(), Some("text/html"));
    assert_eq!((client.requests(), client.bytes()), (1, 5));
    let seen = &server.seen()[0];
    assert_eq!((&*seen.method, &*seen.path), ("GET", "/simple/flask/"));
    assert_eq!(seen.header("accept-encoding"), Some("gzip"));
    assert!(seen.header("user-agent").unwrap().starts_with("pinfold/"));
    assert_eq!(seen.header("authorization"), None);
}

#[test]
fn a_connection_is_used_again() {
    let server = Server::script([
        Reply::ok("1"),
        Reply::status(404).body("no"),
        Reply::ok("3"),
    ]);
    let client = client();
    run(async {
        client.get(page(&server.url("/1"))).await.unwrap();
        client.get(page(&server.url("/2"))).await.unwrap_err();
        client.get(page(&server.url("/3"))).await.unwrap();
    });
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_body_without_announced_length_is_read_to_its_end() {
    let server = Server::script([Reply::raw(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )]);
    let response = get(&client(), &server.url("/")).unwrap();
    assert_eq!(&response.body[..], b"abcde");
}

#[track_caller]
fn check_decoding(encoding: &str, body: &[u8], expected: &[u8]) {
    let server = Server::script([Reply::ok(body).header("Content-Encoding", encoding)]);
    let response = get(&client(), &server.url("/")).unwrap();
    assert_eq!(&response.body[..], body, "the body is as sent");
    assert_eq!(&response.decode(1 << 20).unwrap()[..], expected);
}

#[test]
fn inflates_what_was_compressed() {
    let text = b"text ".repeat(1000);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&text).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(&text).unwrap();
    check_decoding("gzip", &gzip(&text), &text);
    check_decoding("X-GZIP", &gzip(&text), &text);
    check_decoding("deflate", &zlib.finish().unwrap(), &text);
    check_decoding("deflate", &deflate.finish().unwrap(), &text);
    check_decoding("gzip, gzip", &gzip(&gzip(&text)), &text);
    check_decoding("identity", &text, &text);
    check_decoding("gzip", b"", b"");
    // Two members, as some servers make them.
    check_decoding("gzip", &[gzip(b"one "), gzip(b"two")].concat(), b"one two");
}

#[test]
fn limits_what_is_inflated() {
    let bomb = gzip(&vec![b'x'; 100_000]);
    let server = Server::script([Reply::ok(&bomb).header("Content-Encoding", "gzip")]);
    let response = get(&client(), &server.url("/")).unwrap();
    assert_eq!(response.decode(100_000).unwrap().len(), 100_000);
    let error = response.decode(99_999).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { limit: 99_999, .. }),
        "{error}"
    );
}

#[test]
fn damaged_compression_is_garbage_and_an_early_end_is_not() {
    let whole = gzip(&b"text ".repeat(1000));
    let mut damaged = whole.clone();
    let at = damaged.len() - 6;
    damaged[at] ^= 1;
    let early = &whole[..whole.len() - 12];
    let server = Server::script([
        Reply::ok(damaged).header("Content-Encoding", "gzip"),
        Reply::ok(early).header("Content-Encoding", "gzip"),
        Reply::ok("x").header("Content-Encoding", "br"),
    ]);
    let client = client();
    let error = |path| {
        get(&client, &server.url(path))
            .unwrap()
            .decode(1 << 20)
            .unwrap_err()
    };
    assert!(matches!(error("/1"), Error::Garbage { .. }));
    let truncated = error("/2");
    assert!(matches!(truncated, Error::Truncated { .. }) && truncated.is_transient());
    assert!(matches!(error("/3"), Error::Garbage { detail, .. } if detail.contains("`br`")));
}

#[test]
fn fetches_again_what_was_compressed_and_ended_early() {
    let whole = gzip(b"text");
    let server = Server::script([
        Reply::ok(&whole[..whole.len() - 9]).header("Content-Encoding", "gzip"),
        Reply::ok(&whole).header("Content-Encoding", "gzip"),
    ]);
    let (response, plain) = run(client().get_decoded(page(&server.url("/")), 100)).unwrap();
    assert_eq!(&plain[..], b"text");
    assert!(response.body.is_empty());
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn asks_for_a_range_uncompressed() {
    let server = Server::script([
        Reply::status(206)
            .header("Content-Range", "bytes 2-4/10")
            .body("cde"),
        Reply::status(206)
            .header("Content-Range", "bytes 7-9/10")
            .body("hij"),
        Reply::ok("abcdefghij"),
    ]);
    let client = client();
    let file = || Request::file(url(&server.url("/a.whl")));
    let response = run(client.get(file().range(2, 4))).unwrap();
    let expected = ContentRange {
        first: 2,
        last: 4,
        total: Some(10),
    };
    assert_eq!(
        (response.status, response.content_range()),
        (206, Some(expected))
    );
    assert_eq!(&response.body[..], b"cde");
    let response = run(client.get(file().last_bytes(3))).unwrap();
    assert_eq!(response.content_range().unwrap().first, 7);
    // A server may ignore ranges.
    let response = run(client.get(file().range(2, 4))).unwrap();
    assert_eq!((response.status, response.body.len()), (200, 10));
    let seen = server.seen();
    assert_eq!(seen[0].header("range"), Some("bytes=2-4"));
    assert_eq!(seen[0].header("accept-encoding"), Some("identity"));
    assert_eq!(seen[1].header("range"), Some("bytes=-3"));
}

#[track_caller]
fn check_garbage(reply: Reply, request: impl Fn(Request) -> Request, words: &str) {
    let server = Server::script([reply]);
    let error = run(client().get(request(page(&server.url("/"))))).unwrap_err();
    assert!(matches!(&error, Error::Garbage { .. }), "{error:?}");
    assert!(!error.is_transient());
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(server.seen().len(), 1, "not worth another try");
}

#[test]
fn refuses_an_answer_to_another_question() {
    let partial = || Reply::status(206).body("cde");
    check_garbage(partial(), |it| it, "for a request without a range");
    check_garbage(partial(), |it| it.range(2, 4), "without its range");
    let shifted = partial().header("Content-Range", "bytes 3-5/10");
    check_garbage(shifted, |it| it.range(2, 4), "unexpected range: 3-5");
    check_garbage(Reply::status(304), |it| it, "for an unconditional request");
}

#[test]
fn refuses_what_is_not_http() {
    check_garbage(
        Reply::raw("HELO mail.example\r\n\r\n"),
        |it| it,
        "invalid HTTP",
    );
    check_garbage(
        Reply::raw("HTTP/1.1 two hundred OK\r\n\r\n"),
        |it| it,
        "invalid HTTP",
    );
    check_garbage(
        Reply::raw("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        |it| it,
        "invalid HTTP",
    );
}

#[test]
fn revalidates_with_both_validators() {
    let server = Server::script([Reply::status(304).header("ETag", "\"a\"")]);
    let validators = Validators {
        etag: Some("\"a\"".to_owned()),
        last_modified: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
    };
    let request = page(&server.url("/")).revalidate(Some(validators));
    let response = run(client().get(request)).unwrap();
    assert!(response.is_not_modified() && response.body.is_empty());
    let seen = &server.seen()[0];
    assert_eq!(seen.header("if-none-match"), Some("\"a\""));
    assert_eq!(
        seen.header("if-modified-since"),
        Some("Sun, 06 Nov 1994 08:49:37 GMT")
    );
}

#[test]
fn head_has_headers_and_no_body() {
    let server = Server::script([Reply::ok("hello").header("Accept-Ranges", "bytes")]);
    let response = run(client().head(page(&server.url("/")))).unwrap();
    assert_eq!(response.headers["content-length"], "5");
    assert_eq!(response.headers["accept-ranges"], "bytes");
    assert!(response.body.is_empty());
    assert_eq!(server.seen()[0].method, "HEAD");
}

#[test]
fn refuses_a_body_that_is_too_large() {
    let endless = "HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"x".repeat(1000);
    let server = Server::script([Reply::ok("123456"), Reply::raw(endless), Reply::ok("12345")]);
    let client = client();
    for _ in 0..2 {
        let error = run(client.get(page(&server.url("/")).max_bytes(5))).unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 5, .. }), "{error}");
    }
    run(client.get(page(&server.url("/")).max_bytes(5))).unwrap();
}

#[test]
fn offline_touches_no_network() {
    let server = Server::script([]);
    let (mut settings, _) = settings();
    settings.offline = true;
    let secret = server.url("/?token=hush").replace("://", "://me:hush@");
    let error = get(&Client::new(settings), &secret).unwrap_err();
    let expected = server.url("/?token=***");
    assert_eq!(error, Error::Offline { url: expected });
    assert_eq!(server.connections(), 0);
}

#[test]
fn says_that_nobody_listens() {
    let port = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let (mut settings, _) = settings();
    settings.retries = 0;
    let error = get(&Client::new(settings), &format!("http://127.0.0.1:{port}/")).unwrap_err();
    assert!(error.is_transient());
    assert!(
        matches!(
            &error,
            Error::Connect {
                problem: ConnectProblem::Refused,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("cannot connect to `127.0.0.1` for `http://127.0.0.1:{port}/`: Connection refused")
    );
}

#[test]
fn says_that_a_name_has_no_address() {
    let (mut settings, _) = settings();
    settings.retries = 0;
    // A label is too long (RFC 1035 §2.3.4), so that nobody is asked for it.
    let name = "x".repeat(64) + ".invalid";
    let error = get(&Client::new(settings), &format!("http://{name}/")).unwrap_err();
    assert!(
        matches!(&error, Error::Connect { problem: ConnectProblem::Dns, host, .. } if *host == name),
        "{error:?}"
    );
}

#[test]
fn other_schemes_are_not_fetched() {
    let error = get(&client(), "ftp://index.example/").unwrap_err();
    assert!(matches!(error, Error::Setup { .. }));
}

#[test]
fn the_observer_hears_of_each_exchange_without_secrets() {
    let server = Server::script([
        Reply::status(302).header("Location", "/b?sig=hush"),
        Reply::status(404).body("no"),
    ]);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (mut settings, _) = settings();
    let listening = heard.clone();
    settings.observer = Some(Arc::new(move |exchange: &crate::http::Exchange<'_>| {
        let line = format!(
            "{} {} {:?} {} {}",
            exchange.method,
            exchange.url,
            exchange.status,
            exchange.bytes,
            exchange.error.is_some()
        );
        listening.lock().unwrap().push(line);
    }));
    let secret = server.url("/a").replace("://", "://me:hush@");
    get(&Client::new(settings), &secret).unwrap_err();
    assert_eq!(
        *heard.lock().unwrap(),
        [
            format!("GET {} Some(302) 0 false", server.url("/a")),
            format!("GET {} Some(404) 2 true", server.url("/b?sig=***")),
        ]
    );
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let under_way = Arc::new(Mutex::new((0, 0)));
    let counting = under_way.clone();
    let server = Server::answering(move |_| {
        {
            let mut counts = counting.lock().unwrap();
            counts.0 += 1;
            counts.1 = counts.1.max(counts.0);
        }
        std::thread::sleep(Duration::from_millis(5));
        counting.lock().unwrap().0 -= 1;
        Reply::ok("x")
    });
    let (mut settings, _) = settings();
    settings.concurrency = 3;
    let client = Client::new(settings);
    run(async {
        let requests = (0..12).map(|_| client.get(page(&server.url("/"))));
        for result in futures_util::future::join_all(requests).await {
            result.unwrap();
        }
    });
    assert_eq!(under_way.lock().unwrap().1, 3);
    assert!(server.connections() <= 3);
}

/// A clock that goes on by a second whenever it is looked at, and waits in no time.
#[derive(Default)]
struct TickingTimer(Mutex<u64>);

impl Timer for TickingTimer {
    fn now(&self) -> SystemTime {
        let mut seconds = self.0.lock().unwrap();
        *seconds += 1;
        SystemTime::UNIX_EPOCH + Duration::from_secs(*seconds)
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async {})
    }
}

/// Returns the URL of a server that sends pieces of such a length, each of them when the
/// client has heard of the one before.
fn dripping(status: u16, piece: usize, count: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.set_nodelay(true);
            // What is sent before the request is no answer to it.
            let request = BufReader::new(stream.try_clone().unwrap()).lines();
            let _ = request.map_while(Result::ok).find(String::is_empty);
            let head = format!("HTTP/1.1 {status} x\r\nTransfer-Encoding: chunked\r\n\r\n");
            let mut sent = stream.write_all(head.as_bytes());
            let chunk = format!("{piece:x}\r\n{}\r\n", "x".repeat(piece));
            for _ in 0..count {
                sent = sent.and_then(|()| stream.write_all(chunk.as_bytes()));
                std::thread::yield_now();
            }
            let _ = sent.and_then(|()| stream.write_all(b"0\r\n\r\n"));
        }
    });
    format!("http://{address}/")
}

fn ticking() -> Client {
    Client::new(Settings {
        timer: Arc::new(TickingTimer::default()),
        ..settings().0
    })
}

#[test]
fn an_answer_that_drips_is_given_up() {
    // A second each.
    let client = ticking();
    let error = get(&client, &dripping(200, 1, 20_000)).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    // What says no is heard, and its words need not come to an end.
    let client = ticking();
    let error = get(&client, &dripping(404, 1, 12_000)).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert!(client.bytes() < 1000, "{}", client.bytes());
    assert_eq!(client.requests(), 1);
}

#[test]
fn an_answer_that_is_slow_but_goes_on_is_read() {
    let response = get(&ticking(), &dripping(200, 4096, 200)).unwrap();
    assert_eq!(response.body.len(), 4096 * 200);
}

#[test]
fn what_inflates_beyond_measure_is_refused() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let modest = gzip(&vec![b' '; 16 << 20]);
    let server = Server::script(
        [bomb, modest].map(|body| Reply::ok(body).header("Content-Encoding", "gzip")),
    );
    let client = client();
    let response = get(&client, &server.url("/")).unwrap();
    let error = response.decode(u64::MAX).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    let response = get(&client, &server.url("/")).unwrap();
    assert_eq!(response.decode(u64::MAX).unwrap().len(), 16 << 20);
}
