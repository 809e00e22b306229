//! Tests of the index client against servers that are told what to answer.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::index::{Algorithm, FileKind, MetadataFile};
use crate::python::WheelName;

/// A request as the server saw it.
#[derive(Debug, Clone)]
struct Asked {
    path: String,
    headers: HashMap<String, String>,
}

/// What the server answers.
#[derive(Debug, Clone, Default)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A server on this machine that answers by a function and remembers what it was asked.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                thread::spawn(move || serve(stream.unwrap(), &*answer, &log));
            }
        });
        Self { address, asked }
    }

    fn index(&self) -> IndexUrl {
        IndexUrl::new(format!("{}/simple/", self.address).parse().unwrap())
    }

    /// Returns the paths asked for since the last call, with ranges.
    fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let shown = |asked: Asked| match asked.headers.get("range") {
            Some(range) => format!("{} {range}", asked.path),
            None => asked.path,
        };
        asked.into_iter().map(shown).collect()
    }
}

fn serve(
    stream: std::net::TcpStream,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
    log: &Mutex<Vec<Asked>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let asked = Asked { path, headers };
        log.lock().unwrap().push(asked.clone());
        let answer = answer(&asked);
        let mut head = format!(
            "HTTP/1.1 {} x\r\ncontent-length: {}\r\n",
            answer.status,
            answer.body.len()
        );
        for (name, value) in &answer.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        let body = if answer.status == 304 {
            &[][..]
        } else {
            &answer.body
        };
        if stream
            .write_all(&[head.as_bytes(), b"\r\n", body].concat())
            .is_err()
        {
            return;
        }
    }
}

/// Answers as servers with ranges do.
fn ranged(asked: &Asked, bytes: &[u8]) -> Answer {
    let Some(range) = asked
        .headers
        .get("range")
        .and_then(|range| range.strip_prefix("bytes="))
    else {
        return Answer::new(200, bytes);
    };
    let (first, last) = range.split_once('-').unwrap();
    let total = bytes.len();
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.min(total - 1)),
        (Err(_), Ok(count)) => (total.saturating_sub(count), total - 1),
        _ => panic!("{range}"),
    };
    Answer::new(206, &bytes[first..=last])
        .with("content-range", format!("bytes {first}-{last}/{total}"))
}

const NOW: &str = "2026-10-01T00:00:00Z";

fn http() -> Client {
    Client::new(crate::http::Settings {
        retries: 0,
        no_proxy: true,
        ..crate::http::Settings::default()
    })
}

fn settings() -> Settings {
    Settings {
        now: NOW.parse().unwrap(),
        refresh: Refresh::None,
        offline: false,
    }
}

/// The client of another run that many seconds later, on the same cache.
fn client(folder: &tempfile::TempDir, seconds: i64) -> IndexClient {
    let now = settings().now + jiff::SignedDuration::from_secs(seconds);
    IndexClient::new(
        http(),
        Cache::at(folder.path().to_owned()),
        Settings { now, ..settings() },
    )
}

fn uncached() -> IndexClient {
    IndexClient::new(http(), Cache::none(), settings())
}

fn demo() -> ProjectName {
    "demo".parse().unwrap()
}

const PAGE: &str = r#"{"meta":{"api-version":"1.1"},"name":"demo","files":[{"filename":"demo-1.0.tar.gz","url":"../../f/demo-1.0.tar.gz","hashes":{}}]}"#;

fn json(body: &str) -> Answer {
    Answer::new(200, body).with("content-type", "application/vnd.pypi.simple.v1+json")
}

#[tokio::test]
async fn asks_once_for_what_several_want() {
    let server = Server::new(|_| json(PAGE));
    let (client, index, project) = (uncached(), server.index(), demo());
    let (one, other) = futures_util::future::join(
        client.listing(&index, &project),
        client.listing(&index, &project),
    )
    .await;
    assert!(Arc::ptr_eq(
        &one.unwrap().unwrap(),
        &other.unwrap().unwrap()
    ));
    let listing = client.listing(&index, &project).await.unwrap().unwrap();
    assert_eq!(
        listing.files(0)[0].url,
        format!("{}/f/demo-1.0.tar.gz", server.address)
    );
    let accept = server.asked.lock().unwrap()[0].headers["accept"].clone();
    assert_eq!(accept, ACCEPT);
    assert_eq!(server.asked(), ["/simple/demo/"]);
}

#[tokio::test]
async fn keeps_pages_while_they_are_fresh_and_then_asks_whether_they_hold() {
    let server = Server::new(|asked| match asked.headers.get("if-none-match") {
        Some(etag) if etag == "\"1\"" => Answer::new(304, "").with("etag", "\"1\""),
        _ => json(PAGE)
            .with("etag", "\"1\"")
            .with("cache-control", "max-age=60, public"),
    });
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    for (seconds, requests) in [(0, 1), (59, 0), (61, 1), (110, 0), (125, 1)] {
        let client = client(&folder, seconds);
        let listing = client
            .listing(&server.index(), &demo())
            .await
            .unwrap()
            .unwrap();
        bytes.push((listing.head().concat(), listing.files(0)));
        assert!(client.finish_writes().await.is_none());
        assert_eq!(server.asked().len(), requests, "after {seconds} s");
    }
    bytes.dedup();
    assert_eq!(bytes.len(), 1);
}

#[tokio::test]
async fn keeps_pages_ten_minutes_where_the_server_says_nothing() {
    let count = AtomicUsize::new(0);
    let server = Server::new(move |_| {
        let version = count.fetch_add(1, Ordering::Relaxed);
        json(&PAGE.replace("1.0", &format!("1.{version}")))
    });
    let folder = tempfile::tempdir().unwrap();
    for (seconds, version) in [(0, "1.0"), (599, "1.0"), (601, "1.1")] {
        let client = client(&folder, seconds);
        let listing = client
            .listing(&server.index(), &demo())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(listing.version_text(0), version, "after {seconds} s");
        client.finish_writes().await;
    }
}

#[tokio::test]
async fn remembers_for_a_while_that_there_is_no_project() {
    let server = Server::new(|_| Answer::new(404, "no"));
    let folder = tempfile::tempdir().unwrap();
    for (seconds, requests) in [(0, 1), (299, 0), (301, 1)] {
        let client = client(&folder, seconds);
        assert!(
            client
                .listing(&server.index(), &demo())
                .await
                .unwrap()
                .is_none()
        );
        client.finish_writes().await;
        assert_eq!(server.asked().len(), requests, "after {seconds} s");
    }
}

#[tokio::test]
async fn asks_again_for_what_is_to_be_refreshed() {
    let server = Server::new(|asked| {
        assert!(
            asked
                .headers
                .get("cache-control")
                .is_none_or(|value| value == "no-cache")
        );
        json(PAGE).with("cache-control", "max-age=600")
    });
    let folder = tempfile::tempdir().unwrap();
    let other = BTreeSet::from(["other".parse().unwrap()]);
    for (refresh, requests) in [
        (Refresh::None, 1),
        (Refresh::All, 1),
        (Refresh::Packages(other), 0),
        (Refresh::Packages(BTreeSet::from([demo()])), 1),
    ] {
        let client = IndexClient {
            settings: Settings {
                refresh: refresh.clone(),
                ..settings()
            },
            ..client(&folder, 0)
        };
        client.listing(&server.index(), &demo()).await.unwrap();
        client.finish_writes().await;
        assert_eq!(server.asked().len(), requests, "{refresh:?}");
    }
}

#[tokio::test]
async fn uses_stale_pages_offline_and_says_which_are_absent() {
    let server = Server::new(|_| json(PAGE));
    let folder = tempfile::tempdir().unwrap();
    let online = client(&folder, 0);
    online.listing(&server.index(), &demo()).await.unwrap();
    online.finish_writes().await;
    server.asked();
    let offline = IndexClient {
        settings: Settings {
            offline: true,
            refresh: Refresh::All,
            ..settings()
        },
        ..client(&folder, 99_999)
    };
    assert!(
        offline
            .listing(&server.index(), &demo())
            .await
            .unwrap()
            .is_some()
    );
    let error = offline
        .listing(&server.index(), &"other".parse().unwrap())
        .await
        .unwrap_err();
    let url = format!("{}/simple/other/", server.address);
    assert_eq!(
        error.to_string(),
        format!("`{url}` is not in the cache, and the network is disabled")
    );
    let file = wheel_file(&server, "demo-1.0-py3-none-any.whl");
    assert!(offline.metadata(&file).await.unwrap_err().is_offline());
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn tells_a_closed_door_from_a_missing_project() {
    for status in [401, 403] {
        let server = Server::new(move |_| Answer::new(status, "no"));
        let error = uncached()
            .listing(&server.index(), &demo())
            .await
            .unwrap_err();
        assert!(error.is_denied() && !error.is_transient(), "{error:?}");
    }
    let server = Server::new(|_| Answer::new(503, "no"));
    let error = uncached()
        .listing(&server.index(), &demo())
        .await
        .unwrap_err();
    assert!(error.is_transient() && !error.is_denied(), "{error:?}");
}

#[tokio::test]
async fn refuses_a_login_page() {
    let server = Server::new(|_| Answer::new(200, "<title>Sign in</title>"));
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder, 0);
    let error = client.listing(&server.index(), &demo()).await.unwrap_err();
    let Error::Page { url, source } = error else {
        panic!("{error:?}");
    };
    assert_eq!(url, format!("{}/simple/demo/", server.address));
    assert_eq!(
        source.to_string(),
        "not a project page: an HTML page without links titled `Sign in`"
    );
}

/// A JSON page with one wheel of `idle`, and this beginning.
fn idle_page(beginning: &str) -> Answer {
    json(&format!(
        r#"{{{beginning}"files": [{{"filename": "idle-1.0-py3-none-any.whl", "url": "i.whl", "hashes": {{}}}}]}}"#
    ))
}

#[tokio::test]
async fn refuses_the_page_of_another_project_and_does_not_keep_it() {
    for name in ["idle", "Idle_x"] {
        let beginning = format!(r#""name": "{name}", "#);
        let is_mixed_up = AtomicUsize::new(1);
        let server = Server::new(move |_| match is_mixed_up.swap(0, Ordering::Relaxed) {
            1 => idle_page(&beginning).with("cache-control", "max-age=600"),
            _ => json(PAGE),
        });
        let folder = tempfile::tempdir().unwrap();
        let error = client(&folder, 0).listing(&server.index(), &demo()).await;
        let Err(Error::Page { source, .. }) = error else {
            panic!("{name}: {error:?}");
        };
        let told = format!("it is the page of the project `{name}`");
        assert_eq!(source.to_string(), told);
        let listing = client(&folder, 1).listing(&server.index(), &demo()).await;
        assert!(!listing.unwrap().unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_page_without_a_name_or_in_another_spelling_is_the_projects() {
    for beginning in [
        "",
        r#""name": "Demo", "#,
        r#""name": 7, "#,
        r#""name": "...", "#,
    ] {
        let server = Server::new(move |_| idle_page(beginning));
        let listing = uncached().listing(&server.index(), &demo()).await;
        assert!(listing.unwrap().unwrap().is_empty(), "{beginning}");
    }
}

#[tokio::test]
async fn asks_again_when_what_was_kept_is_damaged() {
    let server = Server::new(|asked| {
        assert_eq!(asked.headers.get("if-none-match"), None);
        json(PAGE).with("etag", "\"1\"")
    });
    let folder = tempfile::tempdir().unwrap();
    let client = client(&folder, 0);
    let url = server.index().page(&demo());
    let freshness = Freshness {
        stored_at: 0,
        fresh_until: u64::MAX,
        etag: Some("\"1\"".to_owned()),
        last_modified: None,
        must_revalidate: false,
    };
    let note = PageNote {
        freshness,
        is_absent: false,
    }
    .to_bytes();
    client
        .cache
        .put_parts(
            PAGES,
            url.as_str(),
            &Parts {
                head: &[b"pfl3 and then nothing"],
                ..Parts::default()
            },
            &note,
        )
        .unwrap();
    assert!(
        client
            .listing(&server.index(), &demo())
            .await
            .unwrap()
            .is_some()
    );
}

/// A page with that many versions.
fn long_page(versions: usize) -> String {
    let files: Vec<String> = (0..versions)
        .map(|version| {
            format!(
                r#"{{"filename":"demo-{version}.tar.gz","url":"f","hashes":{{"sha256":"{version:064x}"}}}}"#
            )
        })
        .collect();
    format!(r#"{{"files":[{}]}}"#, files.join(","))
}

#[tokio::test]
async fn fetches_anew_what_turns_out_to_be_damaged_when_it_is_looked_at() {
    const VERSIONS: usize = 2000;
    let server = Server::new(|asked| {
        assert_eq!(asked.headers.get("if-none-match"), None);
        json(&long_page(VERSIONS)).with("cache-control", "max-age=600")
    });
    let folder = tempfile::tempdir().unwrap();
    let index = server.index();
    let fetched = client(&folder, 0);
    fetched.listing(&index, &demo()).await.unwrap().unwrap();
    fetched.finish_writes().await;
    server.asked();
    damage(folder.path(), 1);

    let client = client(&folder, 1);
    let listing = client.listing(&index, &demo()).await.unwrap().unwrap();
    let newest = listing.files(VERSIONS - 1);
    assert_eq!(newest[0].filename, "demo-1999.tar.gz");
    client.forget_damaged();
    let again = client.listing(&index, &demo()).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&listing, &again), "nothing is wrong so far");
    assert_eq!(listing.files(0), []);
    assert!(listing.is_damaged());
    assert_eq!(server.asked(), [""; 0]);
    client.forget_damaged();
    let again = client.listing(&index, &demo()).await.unwrap().unwrap();
    assert_eq!(again.files(0)[0].filename, "demo-0.tar.gz");
    assert_eq!(server.asked(), ["/simple/demo/"]);
    client.finish_writes().await;
    let kept = super::tests::client(&folder, 2);
    let kept = kept.listing(&index, &demo()).await.unwrap().unwrap();
    assert_eq!(kept.files(0).len(), 1);
    assert_eq!(server.asked(), [""; 0]);
}

/// Flips a bit in the only page of a cache, that many bytes before its end.
fn damage(folder: &std::path::Path, before_end: usize) {
    let shards = std::fs::read_dir(folder.join(PAGES)).unwrap();
    for shard in shards {
        for file in std::fs::read_dir(shard.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            let at = bytes.len() - before_end;
            bytes[at] ^= 1;
            std::fs::write(path, bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn reads_little_of_a_long_page_to_look_at_one_version() {
    let server = Server::new(|_| json(&long_page(2000)).with("cache-control", "max-age=600"));
    let folder = tempfile::tempdir().unwrap();
    let (index, url) = (server.index(), server.index().page(&demo()));
    let fetched = client(&folder, 0);
    let listing = fetched.listing(&index, &demo()).await.unwrap().unwrap();
    let length = listing.rows().unwrap().len();
    assert!(length > 70_000, "{length}");
    fetched.finish_writes().await;
    let entry = fetched.cache.open_entry(PAGES, url.as_str()).unwrap();
    let (head, blocks) = (entry.head.len(), entry.blocks);
    assert!(
        blocks.bytes_read() < head + 17_000,
        "{}",
        blocks.bytes_read()
    );
    let before = blocks.bytes_read();
    // The newest version's rows come first.
    blocks.get(0..1).unwrap();
    blocks.get(length - 1..length).unwrap();
    assert!(
        blocks.bytes_read() < before + 17_000,
        "{}",
        blocks.bytes_read()
    );
}

const METADATA: &str = "Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\nRequires-Dist: a\n";
const WHEEL: &str = "demo-1.0-py3-none-any.whl";

/// A wheel with that many bytes of something before its metadata.
fn wheel(padding: usize) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (path, bytes) in [
        ("demo/x", vec![7; padding]),
        ("demo-1.0.dist-info/METADATA", METADATA.into()),
        ("demo/y", vec![7; padding]),
    ] {
        writer.start_file(path, stored).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn wheel_file(server: &Server, filename: &str) -> File {
    File {
        filename: filename.to_owned(),
        url: format!("{}/f/{filename}", server.address),
        has_secret: false,
        hashes: Vec::new(),
        requires_python: None,
        yanked: None,
        upload_time: None,
        size: None,
        core_metadata: MetadataFile::Absent,
        kind: WheelName::parse(filename).map_or(FileKind::Sdist, FileKind::Wheel),
    }
}

fn sha256(bytes: &[u8]) -> Vec<(Algorithm, String)> {
    vec![(Algorithm::Sha256, Sha256::of(bytes).to_string())]
}

async fn requires(client: &IndexClient, file: &File) -> Vec<String> {
    client.metadata(file).await.unwrap().requires_dist.clone()
}

#[tokio::test]
async fn takes_metadata_from_beside_the_file_and_keeps_it_for_good() {
    let server = Server::new(|_| Answer::new(200, METADATA).with("cache-control", "no-store"));
    let file = File {
        core_metadata: MetadataFile::Sha256(Sha256::of(METADATA.as_bytes())),
        hashes: sha256(b"the wheel"),
        ..wheel_file(&server, WHEEL)
    };
    let folder = tempfile::tempdir().unwrap();
    for (seconds, requests) in [(0, 1), (99_999_999, 0)] {
        let client = client(&folder, seconds);
        let (one, other) =
            futures_util::future::join(requires(&client, &file), requires(&client, &file)).await;
        assert_eq!(
            (one.as_slice(), other.as_slice()),
            (&["a".to_owned()][..], &["a".to_owned()][..])
        );
        client.finish_writes().await;
        assert_eq!(
            server.asked(),
            vec![format!("/f/{WHEEL}.metadata"); requests]
        );
    }
    let mirrored = File {
        url: "https://mirror.example/x.whl".to_owned(),
        ..file
    };
    assert_eq!(requires(&client(&folder, 0), &mirrored).await, ["a"]);
}

#[tokio::test]
async fn refuses_metadata_with_another_hash() {
    let server = Server::new(|_| Answer::new(200, METADATA));
    let file = File {
        core_metadata: MetadataFile::Sha256(Sha256::of(b"")),
        ..wheel_file(&server, WHEEL)
    };
    let error = uncached().metadata(&file).await.unwrap_err();
    assert!(
        matches!(&error, MetadataError::Hash { filename, .. } if *filename == format!("{WHEEL}.metadata")),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn refuses_metadata_of_another_project_or_version() {
    for (from, to) in [
        ("Name: Demo", "Name: other"),
        ("Version: 1.0", "Version: 1.1"),
    ] {
        let text = METADATA.replace(from, to);
        let server = Server::new(move |_| Answer::new(200, text.clone()));
        let file = File {
            core_metadata: MetadataFile::Present,
            ..wheel_file(&server, WHEEL)
        };
        let error = uncached().metadata(&file).await.unwrap_err();
        assert!(error.is_of_the_file(), "{error:?}");
    }
}

#[tokio::test]
async fn reads_ranges_where_nothing_lies_beside() {
    let bytes = wheel(1 << 20);
    let total = bytes.len();
    let whole = bytes.clone();
    let server = Server::new(move |asked| match asked.path.as_str() {
        "/f/demo-1.0-py3-none-any.whl" => ranged(asked, &bytes),
        _ => Answer::new(404, ""),
    });
    let file = wheel_file(&server, WHEEL);
    assert_eq!(requires(&uncached(), &file).await, ["a"]);
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0], format!("/f/{WHEEL} bytes=-32768"));

    // A size makes an ordinary range of the first; the missing sidecar is passed over.
    let file = File {
        size: Some(total as u64),
        core_metadata: MetadataFile::Present,
        hashes: sha256(&whole),
        ..file
    };
    assert_eq!(requires(&uncached(), &file).await, ["a"]);
    let asked = server.asked();
    assert_eq!(
        asked[..2],
        [
            format!("/f/{WHEEL}.metadata"),
            format!("/f/{WHEEL} bytes={}-{}", total - 32768, total - 1)
        ]
    );

    // Its promised hash still counts.
    let file = File {
        core_metadata: MetadataFile::Sha256(Sha256::of(b"")),
        ..file
    };
    let error = uncached().metadata(&file).await.unwrap_err();
    assert!(matches!(error, MetadataError::Hash { .. }), "{error:?}");
}

/// Answers ranges of a file with ranges of `other`, and the whole of it with `whole`.
fn mixed_up(other: Vec<u8>, whole: Vec<u8>) -> Server {
    Server::new(move |asked| match asked.headers.get("range") {
        Some(_) => ranged(asked, &other),
        None => Answer::new(200, whole.clone()),
    })
}

#[tokio::test]
async fn judges_the_whole_wheel_where_parts_make_it_useless() {
    let right = wheel(1 << 16);
    for (name, other) in [
        (
            "another folder",
            replaced(&right, "demo-1.0.dist", "demo-2.0.dist"),
        ),
        (
            "another project",
            replaced(&right, "Name: Demo", "Name: Idle"),
        ),
        ("no wheel", vec![7; right.len()]),
    ] {
        let server = mixed_up(other, right.clone());
        let file = File {
            hashes: sha256(&right),
            ..wheel_file(&server, WHEEL)
        };
        assert_eq!(requires(&uncached(), &file).await, ["a"], "{name}");
        let whole = format!("/f/{WHEEL}");
        assert_eq!(server.asked().last(), Some(&whole), "{name}");
    }
}

#[tokio::test]
async fn a_file_is_missing_only_if_it_is_missing_twice() {
    let right = wheel(1 << 16);
    let whole = right.clone();
    let server = Server::new(move |asked| match asked.headers.get("range") {
        Some(_) => Answer::new(404, ""),
        None => Answer::new(200, whole.clone()),
    });
    let file = File {
        hashes: sha256(&right),
        ..wheel_file(&server, WHEEL)
    };
    assert_eq!(requires(&uncached(), &file).await, ["a"]);
    let server = Server::new(|_| Answer::new(404, ""));
    let error = uncached().metadata(&wheel_file(&server, WHEEL)).await;
    assert!(error.unwrap_err().is_of_the_file());
}

#[tokio::test]
async fn a_wheel_that_is_useless_as_a_whole_is_a_fault_of_the_file() {
    let other = replaced(&wheel(1 << 16), "Name: Demo", "Name: Idle");
    let server = mixed_up(other.clone(), other.clone());
    let file = wheel_file(&server, WHEEL);
    for (hashes, is_of_the_file) in [(sha256(&other), true), (sha256(b"the wheel"), false)] {
        let file = File {
            hashes,
            ..file.clone()
        };
        let error = uncached().metadata(&file).await.unwrap_err();
        assert_eq!(error.is_of_the_file(), is_of_the_file, "{error:?}");
    }
}

/// The bytes with a text in them replaced by one of the same length.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(at) = bytes
        .windows(from.len())
        .position(|part| part == from.as_bytes())
    {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[tokio::test]
async fn asks_a_server_without_ranges_for_one_only_once() {
    for status in [200, 416, 501] {
        let bytes = wheel(1 << 16);
        let server = Server::new(move |asked| match asked.headers.get("range") {
            Some(_) if status != 200 => Answer::new(status, ""),
            _ => Answer::new(200, bytes.clone()),
        });
        let client = uncached();
        for filename in [WHEEL, "demo-1.0-py2-none-any.whl"] {
            assert_eq!(
                requires(&client, &wheel_file(&server, filename)).await,
                ["a"]
            );
        }
        let ranges = server
            .asked()
            .into_iter()
            .filter(|asked| asked.contains("bytes="));
        assert_eq!(ranges.count(), 1, "with status {status}");
    }
}

#[tokio::test]
async fn fetches_small_wheels_whole_and_checks_them() {
    let bytes = wheel(9);
    let size = Some(bytes.len() as u64);
    let hashes = sha256(&bytes);
    let server = Server::new(move |_| Answer::new(200, bytes.clone()));
    let file = File {
        hashes,
        size,
        ..wheel_file(&server, WHEEL)
    };
    assert_eq!(requires(&uncached(), &file).await, ["a"]);
    assert_eq!(server.asked(), [format!("/f/{WHEEL}")]);
    for algorithm in [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512] {
        let hashes = vec![(algorithm, "0".repeat(algorithm.hex_digits()))];
        let error = uncached()
            .metadata(&File {
                hashes,
                ..file.clone()
            })
            .await
            .unwrap_err();
        assert!(
            matches!(error, MetadataError::Hash { algorithm: found, .. } if found == algorithm),
            "{error:?}"
        );
    }
}

fn sdist(metadata_version: &str) -> Vec<u8> {
    let text = METADATA.replace("2.1", metadata_version);
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    builder
        .append_data(&mut header, "demo-1.0/PKG-INFO", text.as_bytes())
        .unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

#[tokio::test]
async fn relies_on_sdists_that_promise_enough_and_remembers_those_that_do_not() {
    let server = Server::new(|asked| {
        Answer::new(
            200,
            sdist(if asked.path.contains("old") {
                "2.1"
            } else {
                "2.2"
            }),
        )
    });
    let folder = tempfile::tempdir().unwrap();
    let file = wheel_file(&server, "demo-1.0.tar.gz");
    let old = File {
        url: format!("{}/old/demo-1.0.tar.gz", server.address),
        ..file.clone()
    };
    for requests in [2, 0] {
        let client = client(&folder, 0);
        assert_eq!(requires(&client, &file).await, ["a"]);
        let error = client.metadata(&old).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`demo-1.0.tar.gz` must be built: its metadata version 2.1 does not guarantee the \
             result of a build"
        );
        client.finish_writes().await;
        assert_eq!(server.asked().len(), requests);
    }
}

#[tokio::test]
async fn hashes_files_that_have_no_hash() {
    let server = Server::new(|asked| match asked.headers.get("if-none-match") {
        Some(_) => Answer::new(304, "").with("etag", "\"1\""),
        None => Answer::new(200, "the file").with("etag", "\"1\""),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = wheel_file(&server, "demo-1.0.tar.gz");
    for (seconds, requests) in [(0, 1), (500, 0), (700, 1), (900, 0)] {
        let client = client(&folder, seconds);
        assert_eq!(client.hash(&file).await.unwrap(), Sha256::of(b"the file"));
        client.finish_writes().await;
        assert_eq!(server.asked().len(), requests, "after {seconds} s");
    }
    let known = File {
        hashes: sha256(b"known"),
        ..file.clone()
    };
    assert_eq!(uncached().hash(&known).await.unwrap(), Sha256::of(b"known"));
    let wrong = File {
        hashes: vec![(Algorithm::Sha512, "0".repeat(128))],
        ..file
    };
    assert!(matches!(
        uncached().hash(&wrong).await,
        Err(MetadataError::Hash { .. })
    ));
}

/// What Python's `hashlib` makes of `b"abc"`, of which each file here consists.
const ABC: [(&str, &str); 5] = [
    ("md5", "900150983cd24fb0d6963f7d28e17f72"),
    ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
        "sha224",
        "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    ),
    (
        "sha384",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
         8086072ba1e7cc2358baeca134c825a7",
    ),
    (
        "sha512",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
];

#[tokio::test]
async fn any_hash_that_a_url_promises_is_checked() {
    let server = Server::new(move |_| Answer::new(200, b"abc".to_vec()));
    let folder = tempfile::tempdir().unwrap();
    let on_disk = folder.path().join("demo-1.0.tar.gz");
    std::fs::write(&on_disk, b"abc").unwrap();
    let places = [
        format!("{}/f/demo-1.0.tar.gz", server.address),
        Url::from_file_path(&on_disk).unwrap().to_string(),
    ];
    for place in places {
        for (algorithm, hex) in ABC {
            let direct = async |hex: &str| {
                let url = format!("{place}#egg=demo&{algorithm}={hex}");
                let client = client(&folder, 0);
                let found = client.direct_sdist(&url.parse().unwrap()).await;
                client.finish_writes().await;
                found.map(|sdist| sdist.sha256)
            };
            let upper = hex.to_ascii_uppercase();
            assert_eq!(
                direct(hex).await.unwrap(),
                Sha256::of(b"abc"),
                "{algorithm}"
            );
            assert_eq!(direct(&upper).await.unwrap(), Sha256::of(b"abc"));
            // Also now that the cache knows the file.
            for wrong in [format!("0{}", &hex[1..]), String::new()] {
                let error = direct(&wrong).await.unwrap_err();
                assert!(
                    matches!(&error, MetadataError::Hash { algorithm: of, .. } if of.name() == algorithm),
                    "{error:?}"
                );
            }
        }
        let no_hash: Url = format!("{place}#sha256=abc").parse().unwrap();
        let error = client(&folder, 0).direct_sdist(&no_hash).await.unwrap_err();
        assert!(matches!(error, MetadataError::Hash { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_hash_that_a_wheel_s_url_promises_is_checked() {
    let bytes = wheel(9);
    let server = Server::new(move |_| Answer::new(200, bytes.clone()));
    let folder = tempfile::tempdir().unwrap();
    for fragment in ["md5=00", "sha512=00", "sha256=00"] {
        let url = format!("{}/f/{WHEEL}#{fragment}", server.address);
        let client = client(&folder, 0);
        let error = client.direct_wheel(&url.parse().unwrap()).await;
        assert!(
            matches!(error, Err(MetadataError::Hash { .. })),
            "{fragment}: {error:?}"
        );
    }
}

#[tokio::test]
async fn reads_wheels_named_by_their_url() {
    let bytes = wheel(9);
    let expected = Sha256::of(&bytes);
    let server = Server::new(move |_| Answer::new(200, bytes.clone()));
    let folder = tempfile::tempdir().unwrap();
    let url = |fragment: &str| -> Url {
        format!("{}/f/{WHEEL}?x=1{fragment}", server.address)
            .parse()
            .unwrap()
    };
    for requests in [1, 0] {
        let client = client(&folder, 0);
        let wheel = client.direct_wheel(&url("")).await.unwrap();
        assert_eq!((wheel.sha256, wheel.name.name.clone()), (expected, demo()));
        assert_eq!(wheel.metadata.requires_dist, ["a"]);
        client.finish_writes().await;
        assert_eq!(server.asked().len(), requests);
    }
    let client = client(&folder, 0);
    client
        .direct_wheel(&url(&format!("#egg=x&sha256={expected}")))
        .await
        .unwrap();
    let error = client
        .direct_wheel(&url(&format!("#sha256={}", Sha256::of(b""))))
        .await
        .unwrap_err();
    assert!(matches!(error, MetadataError::Hash { .. }), "{error:?}");
    let error = client
        .direct_wheel(&"https://u:secret@files.example/a.zip".parse().unwrap())
        .await
        .unwrap_err();
    assert!(
        matches!(error, MetadataError::NotAWheel { .. }) && !error.to_string().contains("secret"),
        "{error}"
    );
}

#[tokio::test]
async fn serves_folders_and_files_here() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("demo");
    std::fs::create_dir(&project).unwrap();
    let bytes = wheel(1 << 17);
    std::fs::write(project.join(WHEEL), &bytes).unwrap();
    std::fs::write(project.join("demo-1.0.tar.gz"), sdist("2.2")).unwrap();
    std::fs::write(project.join("notes.txt"), "").unwrap();

    let client = uncached();
    let files = client
        .find_links(&FindLinks::Path(project.clone()))
        .await
        .unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|(name, file)| (name.as_ref(), file.filename.as_str()))
        .collect();
    assert_eq!(names, [("demo", WHEEL), ("demo", "demo-1.0.tar.gz")]);
    for (_, file) in &files {
        assert_eq!(requires(&client, file).await, ["a"]);
    }
    assert_eq!(client.hash(&files[0].1).await.unwrap(), Sha256::of(&bytes));
    let direct = client
        .direct_wheel(&files[0].1.url.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(direct.sha256, Sha256::of(&bytes));

    let index = IndexUrl::new(Url::from_directory_path(folder.path()).unwrap());
    assert_eq!(
        client
            .listing(&index, &demo())
            .await
            .unwrap()
            .unwrap()
            .file_count(),
        2
    );
    assert!(
        client
            .listing(&index, &"other".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );

    std::fs::write(
        project.join("index.html"),
        format!("<a href='{WHEEL}'>x</a>"),
    )
    .unwrap();
    let client = uncached();
    let listing = client.listing(&index, &demo()).await.unwrap().unwrap();
    assert_eq!(
        (listing.file_count(), &listing.files(0)[0].url),
        (1, &files[0].1.url)
    );
    let links = client
        .find_links(&FindLinks::Path(project.join("index.html")))
        .await
        .unwrap();
    assert_eq!(links.len(), 1);

    let missing = client
        .find_links(&FindLinks::Path(project.join("none")))
        .await
        .unwrap_err();
    assert!(matches!(missing, Error::Read { .. }), "{missing:?}");
}

#[tokio::test]
async fn reads_a_page_of_links() {
    let server = Server::new(|_| {
        Answer::new(
            200,
            "<a href='f/demo-1.0-py3-none-any.whl'>x</a><a href=/other-x-2.0.zip>y</a><a href=/>up</a>",
        )
    });
    let url = format!("{}/links/", server.address).parse().unwrap();
    let files = uncached().find_links(&FindLinks::Page(url)).await.unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|(name, file)| (name.as_ref(), file.url.clone()))
        .collect();
    let at = |path: &str| format!("{}{path}", server.address);
    assert_eq!(
        names,
        [
            ("demo", at("/links/f/demo-1.0-py3-none-any.whl")),
            ("other-x", at("/other-x-2.0.zip"))
        ]
    );
}

#[tokio::test]
async fn can_be_used_from_any_thread() {
    fn check<T: Send>(future: T) -> T {
        future
    }
    let server = Server::new(|_| Answer::new(404, ""));
    let (client, index) = (Arc::new(uncached()), server.index());
    let file = wheel_file(&server, WHEEL);
    let url: Url = file.url.parse().unwrap();
    let location = FindLinks::Page(url.clone());
    let project = demo();
    let _ = check(client.listing(&index, &project)).await;
    assert!(check(client.metadata(&file)).await.is_err());
    assert!(check(client.hash(&file)).await.is_err());
    assert!(check(client.direct_wheel(&url)).await.is_err());
    assert!(check(client.find_links(&location)).await.is_err());
    tokio::spawn(async move { client.listing(&index, &project).await })
        .await
        .unwrap()
        .unwrap();
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(body: &[u8]) -> Answer {
    Answer::new(200, body).with("content-encoding", "gzip")
}

#[tokio::test]
async fn a_page_that_inflates_beyond_measure_is_refused() {
    let page = [b"{\"files\": [", &vec![b' '; 64 << 20][..], b"]}"].concat();
    let page = gzip(&page);
    let server = Server::new(move |_| gzipped(&page));
    let listing = uncached().listing(&server.index(), &demo()).await;
    let error = listing.unwrap_err();
    assert!(
        matches!(&error, Error::Http(crate::http::Error::TooLarge { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn of_what_is_no_page_only_the_beginning_is_inflated() {
    let body = gzip(&[b"no page: ", &vec![b'x'; 64 << 20][..]].concat());
    let server = Server::new(move |_| gzipped(&body));
    let error = uncached()
        .listing(&server.index(), &demo())
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Page { .. }), "{error:?}");
}

#[tokio::test]
async fn a_page_with_more_files_than_any_project_has_is_refused() {
    let link = "<a href=a>";
    let page = format!("<title>Links for a</title>{}", link.repeat(300_000));
    let server = Server::new(move |_| Answer::new(200, page.clone()));
    let listing = uncached().listing(&server.index(), &demo()).await;
    let Error::Page { source, .. } = listing.unwrap_err() else {
        panic!("not an error of the page");
    };
    assert_eq!(source.to_string(), "it lists more than 250000 files");
}

#[tokio::test]
async fn large_pages_are_read_one_after_the_other() {
    // 12 MB each, in a tenth of that: they do not fit together.
    let file = |number: usize| {
        format!(
            "{{\"filename\": \"demo-1.{number}.tar.gz\", \"url\": \"https://files.example/{number:064x}/demo-1.{number}.tar.gz\", \"hashes\": {{\"sha256\": \"{number:064x}\"}}, \"filler\": \"{}\"}}",
            "x".repeat(700)
        )
    };
    let files: Vec<String> = (0..12_000).map(file).collect();
    let page = gzip(format!("{{\"files\": [{}]}}", files.join(",")).as_bytes());
    let server = Server::new(move |_| gzipped(&page));
    let client = uncached();
    let index = server.index();
    let names: Vec<ProjectName> = (0..4).map(|_| demo()).collect();
    let others: Vec<IndexUrl> = (0..4)
        .map(|number| {
            let url = format!("{}x{number}/", index.url());
            IndexUrl::new(url.parse().unwrap())
        })
        .collect();
    let all = others
        .iter()
        .zip(&names)
        .map(|(index, name)| client.listing(index, name));
    for listing in futures_util::future::join_all(all).await {
        assert_eq!(listing.unwrap().unwrap().len(), 12_000);
    }
}
