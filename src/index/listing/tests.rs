//! Tests of listings: what is kept of a page, as the cache keeps it.

use std::borrow::Cow;

use jiff::Timestamp;
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::index::hash::Sha256;
use crate::index::page::{self, MetadataFile, PageFile, Status};
use crate::python::WheelName;

fn project() -> ProjectName {
    "demo".parse().unwrap()
}

fn url() -> Url {
    "https://index.example/simple/demo/".parse().unwrap()
}

fn listing(body: &[u8]) -> Listing {
    Listing::build(&project(), &page::parse(body, &url()).unwrap())
}

/// The listing as it is read from what was stored of it.
fn opened(listing: &Listing) -> Listing {
    let rows = listing.rows().unwrap().to_vec();
    Listing::open(listing.head().concat(), Box::new(rows)).unwrap()
}

fn page_of(filenames: &[&str]) -> String {
    let links = filenames
        .iter()
        .map(|name| format!("<a href='/{name}'>{name}</a>"));
    format!("<title>Links for demo</title>{}", links.collect::<String>())
}

fn texts(listing: &Listing) -> Vec<&str> {
    (0..listing.len())
        .map(|index| listing.version_text(index))
        .collect()
}

#[test]
fn keeps_all_we_use_of_a_page() {
    let built = listing(include_bytes!("../../../fixtures/pages/demo.json"));
    let listing = opened(&built);
    assert_eq!(texts(&listing), ["1.0", "1.1+local.1", "2.0rc1"]);
    assert_eq!(listing.file_count(), 4);
    let status = listing.status().unwrap();
    assert_eq!(status.status, Status::Deprecated);
    assert_eq!(status.reason.as_deref(), Some("use `other`"));

    let names: Vec<_> = listing
        .files(0)
        .into_iter()
        .map(|file| file.filename)
        .collect();
    assert_eq!(names, ["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"]);
    let sdist = &listing.files(0)[0];
    assert_eq!(sdist.kind, FileKind::Sdist);
    assert_eq!(
        sdist.upload_time,
        Some("2023-01-01T00:00:00.000001Z".parse().unwrap())
    );
    let file = &listing.files(1)[0];
    let wheel = "demo-1.1+local.1-py3-none-any.whl";
    assert_eq!(
        *file,
        File {
            filename: wheel.to_owned(),
            url: "https://files.example/packages/aa/demo-1.1%2Blocal.1-py3-none-any.whl".to_owned(),
            has_secret: false,
            hashes: vec![(Algorithm::Sha256, "01".repeat(32))],
            requires_python: Some(">=3.8,<4".to_owned()),
            yanked: Some(Yanked {
                reason: Some("broken \"quotes\" & é".to_owned())
            }),
            upload_time: Some("2024-02-03T04:05:06.789Z".parse().unwrap()),
            size: Some(12345),
            core_metadata: MetadataFile::Sha256(Sha256([2; 32])),
            kind: FileKind::Wheel(WheelName::parse(wheel).unwrap()),
        }
    );
    let file = &listing.files(2)[0];
    assert_eq!(file.hashes, [(Algorithm::Sha512, "0a".repeat(64))]);
    assert_eq!(file.yanked, Some(Yanked { reason: None }));
    assert_eq!(file.core_metadata, MetadataFile::Present);
    let entry = listing.entries(2).next().unwrap();
    assert_eq!(
        entry.wheel_tags(),
        Some("1-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64")
    );
}

#[test]
fn sorts_versions_and_joins_their_spellings() {
    let names = [
        "demo-1.10.tar.gz",
        "demo-1.0.zip",
        "demo-1.9rc1.tar.gz",
        "Demo-1.0.0-py3-none-any.whl",
        "demo-1.9.tar.gz",
    ];
    let listing = listing(page_of(&names).as_bytes());
    assert_eq!(texts(&listing), ["1.0", "1.9rc1", "1.9", "1.10"]);
    assert_eq!(listing.files(0).len(), 2);
    assert_eq!(listing.find(&"1".parse().unwrap()), Some(0));
    assert_eq!(listing.find(&"1.9.0".parse().unwrap()), Some(2));
    assert_eq!(listing.find(&"2".parse().unwrap()), None);
    assert_eq!(*listing.version(3), "1.10".parse().unwrap());
}

#[test]
fn leaves_out_files_of_others_and_of_other_kinds() {
    let names = [
        "demo2-1.0.tar.gz",
        "demo-1.0-py2.7.egg",
        "demo-one.tar.gz",
        "demo-x-py3-none-any.whl",
        "other-1.0-py3-none-any.whl",
    ];
    let listing = listing(page_of(&names).as_bytes());
    assert!(listing.is_empty());
    assert_eq!(listing.file_count(), 0);
}

#[test]
fn keeps_urls_with_folders_named_by_hashes() {
    let folder = format!("ab/cd/{}", "0123456789".repeat(6));
    for folder in [
        folder.clone(),
        folder.replace("ab/", "AB/"),
        folder.replace("ab/", "é/"),
        folder[1..].to_owned(),
        "x".to_owned(),
    ] {
        let url = format!("https://files.example/packages/{folder}/demo-1.0.tar.gz");
        let body = format!(r#"{{"files":[{{"filename":"demo-1.0.tar.gz","url":"{url}"}}]}}"#);
        assert_eq!(listing(body.as_bytes()).files(0)[0].url, url);
    }
}

#[test]
fn keeps_other_spellings_of_a_version() {
    let names = ["demo-1.0.tar.gz", "Demo-1.0.0-py3-none-any.whl"];
    let listing = listing(page_of(&names).as_bytes());
    let found: Vec<String> = opened(&listing)
        .entries(0)
        .map(|entry| entry.filename())
        .collect();
    assert_eq!(found, names);
}

#[test]
fn refuses_heads_of_another_layout() {
    let listing = listing(include_bytes!("../../../fixtures/pages/demo.json"));
    let open = |head: &[u8]| Listing::open(head.to_vec(), Box::new(Vec::new()));
    let head = listing.head().concat();
    for length in 0..head.len() {
        assert!(open(&head[..length]).is_err());
    }
    assert!(open(&[&head[..], &[0]].concat()).is_err());
    let mut newer = head;
    newer[3] += 1;
    assert_eq!(open(&newer).unwrap_err(), Damaged);
}

/// Rows of which some cannot be had; remembers what was asked for.
#[derive(Debug)]
struct Torn {
    rows: Vec<u8>,
    torn: Range<usize>,
}

impl Rows for Torn {
    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        let is_torn = range.start < self.torn.end && self.torn.start < range.end;
        if is_torn {
            return None;
        }
        self.rows.get(range)
    }
}

#[test]
fn tells_that_rows_are_missing_once_they_are_asked_for() {
    let built = listing(page_of(&["demo-1.tar.gz", "demo-2.tar.gz"]).as_bytes());
    let rows = built.rows().unwrap().to_vec();
    // The newest version comes first, so these are rows of the older.
    let torn = rows.len() - 1..rows.len();
    let listing = Listing::open(built.head().concat(), Box::new(Torn { rows, torn })).unwrap();
    assert_eq!(listing.files(1).len(), 1);
    assert!(!listing.is_damaged());
    assert_eq!(listing.files(0), []);
    assert!(listing.is_damaged());
}

#[test]
fn cuts_rows_into_blocks_between_versions() {
    let names: Vec<String> = (0..4000).map(|n| format!("demo-{n}.tar.gz")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let listing = listing(page_of(&names).as_bytes());
    let ends = listing.block_ends();
    assert!(ends.len() > 1, "{ends:?}");
    assert_eq!(ends.last(), listing.rows().map(<[u8]>::len).as_ref());
    for index in 0..listing.len() {
        let rows = listing.head.rows(index).unwrap();
        let is_cut = ends.iter().any(|end| rows.start < *end && *end < rows.end);
        assert!(!is_cut, "{index}");
    }
    let empty = super::tests::listing(page_of(&[]).as_bytes());
    assert_eq!(empty.block_ends(), [0; 0]);
}

fn read_all(listing: &Listing) {
    let _ = listing.status();
    for index in 0..listing.len() {
        let _ = (
            listing.version(index),
            listing.version_text(index),
            listing.files(index),
        );
    }
}

fn page_file() -> impl Strategy<Value = PageFile<'static>> {
    let text = || prop::option::of("[ -~é]{0,9}".prop_map(Cow::Owned));
    let name = prop_oneof![
        "demo-[0-2](\\.[0-9]){0,2}(a[0-9])?\\.(tar\\.gz|zip)",
        "demo-[0-2](\\.[0-9]){0,2}(\\+c)?(-1)?-(py3-none-any|cp311-cp311-linux_x86_64)\\.whl",
    ];
    let url =
        prop::option::of("(https?://[a-z]{1,3}(/[a-f0-9]{2}){2}/[a-f0-9]{59,61}/|x:)[a-z]{0,3}");
    let metadata = prop_oneof![
        Just(MetadataFile::Absent),
        Just(MetadataFile::Present),
        any::<[u8; 32]>().prop_map(|hash| MetadataFile::Sha256(Sha256(hash))),
    ];
    let hashes = (
        prop::option::of(any::<[u8; 32]>()),
        prop::option::of("[0-9a-f]{32}"),
        prop::option::of("[0-9a-f]{96}"),
    );
    let numbers = (
        prop::option::of(-9_000_000_000_000_000_i64..9_000_000_000_000_000),
        any::<Option<u64>>(),
    );
    let url = (url, any::<bool>());
    (name, url, hashes, text(), text(), numbers, metadata).prop_map(
        |(
            name,
            (url, has_secret),
            (sha256, md5, sha384),
            requires_python,
            yanked,
            (time, size),
            core_metadata,
        )| PageFile {
            url: Cow::Owned(url.unwrap_or_else(|| "https://f.example/".to_owned() + &name)),
            filename: Cow::Owned(name),
            has_secret,
            sha256: sha256.map(Sha256),
            other_hashes: [(Algorithm::Md5, md5), (Algorithm::Sha384, sha384)]
                .into_iter()
                .filter_map(|(algorithm, hex)| Some((algorithm, hex?)))
                .collect(),
            requires_python,
            yanked,
            upload_time: time.map(|time| Timestamp::from_microsecond(time).unwrap()),
            size,
            core_metadata,
        },
    )
}

proptest! {
    #[test]
    fn gives_every_file_back(files in prop::collection::vec(page_file(), 0..12)) {
        let page = Page { files, ..Page::default() };
        let listing = opened(&Listing::build(&project(), &page));
        prop_assert!(!listing.is_damaged());
        let mut found: Vec<File> = Vec::new();
        for index in 0..listing.len() {
            prop_assert!(index == 0 || listing.version(index - 1) < listing.version(index));
            for file in listing.files(index) {
                let version = names::split(&file.filename, &project()).unwrap().version.to_owned();
                prop_assert_eq!(&names::parse_version(&version).unwrap(), listing.version(index));
                found.push(file);
            }
        }
        prop_assert_eq!(found.len(), page.files.len());
        for file in &page.files {
            let position = found.iter().position(|found| {
                found.filename == file.filename
                    && found.url == file.url
                    && found.sha256() == file.sha256
                    && found.hashes.iter().skip(usize::from(file.sha256.is_some())).eq(&file.other_hashes)
                    && found.requires_python.as_deref() == file.requires_python.as_deref()
                    && found.yanked.as_ref().map(|yanked| yanked.reason.as_deref().unwrap_or_default()) == file.yanked.as_deref()
                    && found.upload_time == file.upload_time
                    && found.size == file.size
                    && found.core_metadata == file.core_metadata
            });
            prop_assert!(position.is_some(), "{:?} is missing", file);
            found.swap_remove(position.unwrap());
        }
    }

    #[test]
    fn never_panics_on_damage(at in any::<prop::sample::Index>(), byte in any::<u8>(), second in any::<prop::sample::Index>()) {
        let listing = listing(include_bytes!("../../../fixtures/pages/demo.json"));
        let (mut head, mut rows) = (listing.head().concat(), listing.rows().unwrap().to_vec());
        let (in_head, in_rows) = (at.index(head.len()), second.index(rows.len()));
        rows[in_rows] = byte;
        if let Ok(listing) = Listing::open(head.clone(), Box::new(rows.clone())) {
            read_all(&listing);
        }
        head[in_head] = byte;
        if let Ok(listing) = Listing::open(head, Box::new(rows)) {
            read_all(&listing);
        }
    }

    #[test]
    fn never_panics_on_bytes(body in prop::collection::vec(any::<u8>(), 28..200), rows: Vec<u8>) {
        let mut body = body;
        body[..4].copy_from_slice(b"pfl2");
        for at in [5, 6, 7, 9, 10, 11, 13, 14, 15, 25, 26, 27] {
            body[at] = 0;
        }
        if let Ok(listing) = Listing::open(body, Box::new(rows)) {
            read_all(&listing);
        }
    }
}
