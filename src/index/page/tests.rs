//! Tests of the readers of project pages, JSON and HTML (PEP 503, 691).

use std::borrow::Cow;

use super::*;
use crate::index::hash::{Algorithm, Sha256};
use proptest::prelude::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn url() -> Url {
    "https://index.example/simple/demo/".parse().unwrap()
}

fn sha256() -> Sha256 {
    HEX.parse().unwrap()
}

#[track_caller]
fn check_error(body: &str, expected: &str) {
    assert_eq!(
        parse(body.as_bytes(), &url()).unwrap_err().to_string(),
        expected
    );
}

fn only_file(body: &str) -> PageFile<'_> {
    let mut page = parse(body.as_bytes(), &url()).unwrap();
    assert_eq!(page.files.len(), 1, "{page:?}");
    page.files.remove(0)
}

#[test]
fn reads_the_same_from_json_and_html() {
    let json = include_bytes!("../../../fixtures/pages/demo.json");
    let html = include_bytes!("../../../fixtures/pages/demo.html");
    let from_json = parse(json, &url()).unwrap();
    let mut from_html = parse(html, &url()).unwrap();
    assert_eq!(from_json.files.len(), 5);
    assert_eq!(
        from_json.status.as_ref().unwrap().status,
        Status::Deprecated
    );
    // HTML has no name and no sizes.
    assert_eq!(from_json.name.as_deref(), Some("demo"));
    from_html.name.clone_from(&from_json.name);
    for (html, json) in from_html.files.iter_mut().zip(&from_json.files) {
        assert_eq!(html.size, None);
        html.size = json.size;
    }
    assert_eq!(from_html, from_json);
    insta::assert_debug_snapshot!(from_json.files[2], @r#"
    PageFile {
        filename: "demo-1.1+local.1-py3-none-any.whl",
        url: "https://files.example/packages/aa/demo-1.1%2Blocal.1-py3-none-any.whl",
        has_secret: false,
        sha256: Some(
            sha256:0101010101010101010101010101010101010101010101010101010101010101,
        ),
        other_hashes: [],
        requires_python: Some(
            ">=3.8,<4",
        ),
        yanked: Some(
            "broken \"quotes\" & é",
        ),
        upload_time: Some(
            2024-02-03T04:05:06.789Z,
        ),
        size: Some(
            12345,
        ),
        core_metadata: Sha256(
            sha256:0202020202020202020202020202020202020202020202020202020202020202,
        ),
    }
    "#);
}

#[test]
fn prefers_core_metadata_to_its_old_name() {
    let file = |members: &str| {
        let body = format!(r#"{{"files":[{{"filename":"a","url":"a"{members}}}]}}"#);
        only_file(&body).core_metadata
    };
    assert_eq!(file(""), MetadataFile::Absent);
    assert_eq!(file(r#","core-metadata":true"#), MetadataFile::Present);
    assert_eq!(file(r#","dist-info-metadata":true"#), MetadataFile::Present);
    assert_eq!(
        file(r#","core-metadata":false,"dist-info-metadata":true"#),
        MetadataFile::Absent
    );
    assert_eq!(
        file(r#","core-metadata":null,"dist-info-metadata":true"#),
        MetadataFile::Present
    );
    assert_eq!(
        file(r#","core-metadata":{"md5":"00"}"#),
        MetadataFile::Present
    );
    let hash = format!(r#","dist-info-metadata":true,"core-metadata":{{"sha256":"{HEX}"}}"#);
    assert_eq!(file(&hash), MetadataFile::Sha256(sha256()));
}

#[test]
fn reads_yanked_as_flag_or_reason() {
    let file = |yanked: &str| {
        let body = format!(r#"{{"files":[{{"filename":"a","url":"a","yanked":{yanked}}}]}}"#);
        only_file(&body).yanked.map(Cow::into_owned)
    };
    assert_eq!(file("false"), None);
    assert_eq!(file("null"), None);
    assert_eq!(file("true"), Some(String::new()));
    assert_eq!(file(r#""""#), Some(String::new()));
    assert_eq!(file(r#""why""#), Some("why".to_owned()));
}

#[test]
fn resolves_links_against_page_and_base() {
    let json =
        only_file(r#"{"files":[{"filename":"a-1.tar.gz","url":"../../f/a-1.tar.gz#sha256=0"}]}"#)
            .url
            .into_owned();
    assert_eq!(json, "https://index.example/f/a-1.tar.gz");
    let html = |text: &str| only_file(text).url.into_owned();
    assert_eq!(
        html("<a href='../../f/a-1.tar.gz#x'>a</a>"),
        "https://index.example/f/a-1.tar.gz"
    );
    assert_eq!(
        html("<base href=//b.example/c/><a href=a-1.zip>a</a>"),
        "https://b.example/c/a-1.zip"
    );
    assert_eq!(
        html("<a href='/a-1.zip?x=1#y'>a</a>"),
        "https://index.example/a-1.zip?x=1"
    );
    assert_eq!(
        html("<BASE TARGET=_top><base href='/b/'><base href='/c/'><A HREF = \"a-1.zip\" >a</A>"),
        "https://index.example/b/a-1.zip"
    );
}

#[test]
fn takes_names_of_files_from_links() {
    let html = |text: &str| only_file(text).filename.into_owned();
    assert_eq!(
        html("<a href='f/a-1%2Bcpu-py3-none-any.whl'>a-1+cpu-py3-..&gt;</a>"),
        "a-1+cpu-py3-none-any.whl"
    );
    assert_eq!(html("<a href='f/a-1%zz.whl?d=1'>x"), "a-1%zz.whl");
    assert_eq!(html("<a href='https://f.example/a-1.zip'>x"), "a-1.zip");
}

#[test]
fn reads_hashes_from_fragments() {
    let body = format!("<a href='a-1.zip#egg=a&amp;sha256={HEX}'>a</a>");
    assert_eq!(only_file(&body).sha256, Some(sha256()));
    let body = format!("<a href=a-1.zip#md5={}>a</a>", &HEX[..32].to_uppercase());
    assert_eq!(
        only_file(&body).other_hashes,
        [(Algorithm::Md5, HEX[..32].to_owned())]
    );
    let body = format!("<a href=a-1.zip#sha256={}>a</a>", &HEX[1..]);
    assert_eq!(only_file(&body).sha256, None);
}

#[test]
fn reads_attributes_in_any_dress() {
    let file = only_file(
        "<!DOCTYPE html><!-- <a href=no-1.zip> --><script>'<a href=no-2.zip>'</script>\
         <A\n  DATA-Requires-Python = '&gt;=3.6, &lt;&#52;&#x2C;!=3.7&unknown;&'\n  data-yanked\n  class=x/y Href=a-1.zip data-core-metadata=true\t/>",
    );
    assert_eq!(
        file.requires_python.as_deref(),
        Some(">=3.6, <4,!=3.7&unknown;&")
    );
    assert_eq!(file.yanked.as_deref(), Some(""));
    assert_eq!(file.filename, "a-1.zip");
    assert_eq!(file.core_metadata, MetadataFile::Present);
}

#[test]
fn reads_broken_markup_as_browsers_do() {
    for body in [
        "<!----><a href=a-1.zip data-yanked>a</a>",
        "<!-- rule ---><a href=a-1.zip data-yanked>a</a>",
        "<a href=a-1.zip\tdata-yanked>a</a>",
        "<a\r\n\thref\r\n=\r\n'a-1.zip'\r\ndata-yanked\r\n>a</a>",
        "<a / href='a-1.zip' / data-yanked/>a</a>",
        "<a href=\"a-1.zip\"data-yanked>a</a>",
        "<a\0 href=no-1.zip>a</a><a \0 href=a-1.zip data-yanked>a</a>",
        "<SCRIPT>if (a<b) '<a href=no-1.zip>'</script><a href=a-1.zip data-yanked>a",
    ] {
        let file = only_file(body);
        assert_eq!(file.filename, "a-1.zip", "{body:?}");
        assert_eq!(file.yanked.as_deref(), Some(""), "{body:?}");
    }
}

#[test]
fn accepts_empty_listings() {
    for body in [
        r#"{"meta":{"api-version":"1.0"},"name":"demo","files":[]}"#,
        "<html><head><title>Links for demo</title></head><h1>Links for demo</h1></html>",
        "<meta name='pypi:repository-version' content='1.0'>",
        "<title>Index of /demo/</title><a href=\"../\">../</a>",
        "\u{feff}{\"files\":[]}",
    ] {
        let page = parse(body.as_bytes(), &url()).unwrap();
        assert_eq!((page.status, page.files), (None, vec![]), "{body}");
    }
}

#[test]
fn refuses_another_major_version() {
    let expected = "Simple API version 2.0 is not supported; only version 1 is";
    check_error(r#"{"meta":{"api-version":"2.0"},"files":[]}"#, expected);
    check_error(
        r#"<meta content="2.0" name="pypi:repository-version"><a href=a-1.zip>"#,
        expected,
    );
}

#[test]
fn says_what_it_got_instead() {
    check_error("", "not a project page: an empty body");
    check_error(
        "Forbidden\nby proxy",
        "not a project page: neither JSON nor HTML; it starts with `Forbidden`",
    );
    check_error("{\"files\": [", "not a project page: broken JSON");
    check_error(
        r#"{"message":"no such thing"}"#,
        "not a project page: a JSON object without `files` with the message `no such thing`",
    );
    check_error(
        r#"{"files":{}}"#,
        "not a project page: a JSON object without `files`",
    );
    check_error(
        "<html><title>\n Sign   in </title><form>",
        "not a project page: an HTML page without links titled `Sign in`",
    );
    check_error(
        "<TITLE>Sign in &amp; up</TITLE><a href='/forgot'>?</a>",
        "not a project page: an HTML page without links to files titled `Sign in & up`",
    );
    check_error("<html>", "not a project page: an HTML page without links");
}

#[test]
fn reads_a_state_with_its_reason() {
    let expected = Some(ProjectStatus {
        status: Status::Quarantined,
        reason: Some("malware".to_owned()),
    });
    let json = r#"{"files":[],"project-status":{"status":"quarantined","reason":"malware"}}"#;
    assert_eq!(parse(json.as_bytes(), &url()).unwrap().status, expected);
    let html = "<title>Links for x</title><meta name=pypi:project-status content=quarantined><meta name=pypi:project-status-reason content=malware>";
    assert_eq!(parse(html.as_bytes(), &url()).unwrap().status, expected);
    let json = r#"{"files":[],"project-status":{"status":"new"}}"#;
    assert_eq!(parse(json.as_bytes(), &url()).unwrap().status, None);
}

proptest! {
    #[test]
    fn never_panics_on_tag_soup(text in "([<>/='\"& ;#!é-]|<a |href=|<title>|</title|<base |<meta |name=|data-yanked|&gt|<!--|-->|%2|://|<script){0,40}") {
        let _ = parse(text.as_bytes(), &url());
        let _ = parse(format!("<{text}").as_bytes(), &url());
    }

    #[test]
    fn never_panics_on_bytes(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&body, &url());
        let _ = parse(&[b"<a href=", body.as_slice()].concat(), &url());
    }

    #[test]
    fn reads_back_every_attribute(value in "[ -~é]{0,30}", quote in "[\"']") {
        let escaped = value.replace('&', "&amp;").replace('"', "&quot;").replace('\'', "&#39;").replace('<', "&lt;").replace('>', "&gt;");
        let body = format!("<a href=a-1.zip data-yanked={quote}{escaped}{quote}>a</a>");
        prop_assert_eq!(only_file(&body).yanked, Some(Cow::Owned(value)));
    }
}
