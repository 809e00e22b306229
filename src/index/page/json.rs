//! JSON pages (PEP 691, with PEP 700, 714 and 792).
//!
//! A scanner reads the few fields we use and steps over the rest, several times
//! as fast as a general parser. It accepts valid JSON only; where it stops,
//! `serde_json` reads the page again, for the message, or for the value should
//! it know better.
//!
//! In a file, a field of a wrong type counts as absent, and a file without name
//! or URL is left out; of equal keys the last one counts.

#![expect(
    clippy::option_option,
    reason = "the outer option says whether it is JSON, the inner one whether it is what we look for"
)]

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;
use url::Url;

use super::model::{MAX_FILES, MetadataFile, Page, PageError, PageFile, ProjectStatus, Status};
use super::parts::{Base, add_hash, check_version, shortened};
use super::time;
use crate::index::hash::{Algorithm, Sha256};

/// Reads a JSON page.
pub(super) fn parse<'a>(body: &'a [u8], url: &Url) -> Result<Page<'a>, PageError> {
    let Ok(text) = str::from_utf8(body) else {
        return parse_slowly(body, url);
    };
    match (Scanner { text, at: 0 }).page(url) {
        Some(page) => page.finish(),
        None => parse_slowly(body, url),
    }
}

/// The members of a page's object, before they are judged.
#[derive(Debug, Default, PartialEq)]
struct Members<'a> {
    name: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    status: Option<Cow<'a, str>>,
    reason: Option<Cow<'a, str>>,
    files: Option<Vec<PageFile<'a>>>,
    /// What an error message in JSON says.
    message: Option<Cow<'a, str>>,
}

impl<'a> Members<'a> {
    fn finish(self) -> Result<Page<'a>, PageError> {
        if let Some(version) = &self.version {
            check_version(version)?;
        }
        let Some(files) = self.files else {
            let said = self
                .message
                .map(|message| format!(" with the message `{}`", shortened(&message)));
            let said = said.unwrap_or_default();
            return Err(PageError::NotAProjectPage(format!(
                "a JSON object without `files`{said}"
            )));
        };
        if files.len() > MAX_FILES {
            return Err(PageError::TooManyFiles(MAX_FILES));
        }
        let status = self.status.and_then(|status| Status::from_name(&status));
        let status = status.map(|status| ProjectStatus {
            status,
            reason: self.reason.map(Cow::into_owned),
        });
        Ok(Page {
            name: self.name,
            status,
            files,
        })
    }
}

/// The members of a file's object, before they are judged.
#[derive(Default)]
struct FileMembers<'a> {
    filename: Option<Cow<'a, str>>,
    url: Option<Cow<'a, str>>,
    sha256: Option<Sha256>,
    other_hashes: Vec<(Algorithm, String)>,
    requires_python: Option<Cow<'a, str>>,
    yanked: Option<Cow<'a, str>>,
    upload_time: Option<Cow<'a, str>>,
    size: Option<u64>,
    core_metadata: Option<MetadataFile>,
    dist_info_metadata: Option<MetadataFile>,
}

impl<'a> FileMembers<'a> {
    fn finish(self, url: &Url) -> Option<PageFile<'a>> {
        Some(PageFile {
            filename: self.filename?,
            url: Base::of(url).resolve(self.url?)?,
            has_secret: false,
            sha256: self.sha256,
            other_hashes: self.other_hashes,
            requires_python: self.requires_python.filter(|text| !text.trim().is_empty()),
            yanked: self.yanked,
            upload_time: self.upload_time.and_then(|text| time::parse(&text)),
            size: self.size,
            core_metadata: self
                .core_metadata
                .or(self.dist_info_metadata)
                .unwrap_or_default(),
        })
    }
}

/// A position in a text that is hoped to be JSON. Each function reads one thing
/// from there; `None` means that it is not JSON, and the position is lost.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// How deep arrays and objects may nest, as in `serde_json`.
const MAX_DEPTH: u32 = 127;

impl<'a> Scanner<'a> {
    fn page(mut self, url: &Url) -> Option<Members<'a>> {
        let mut page = Members::default();
        self.skip_space();
        self.object(|scanner, key| match key {
            "meta" => {
                page.version = None;
                scanner.object_or_skip(|scanner, key| {
                    if key == "api-version" {
                        page.version = scanner.string_or_skip()?;
                        return Some(());
                    }
                    scanner.skip_value(2)
                })
            }
            "project-status" => {
                (page.status, page.reason) = (None, None);
                scanner.object_or_skip(|scanner, key| {
                    match key {
                        "status" => page.status = scanner.string_or_skip()?,
                        "reason" => page.reason = scanner.string_or_skip()?,
                        _ => scanner.skip_value(2)?,
                    }
                    Some(())
                })
            }
            "name" => {
                page.name = scanner.string_or_skip()?;
                Some(())
            }
            "files" => {
                page.files = scanner.files(url)?;
                Some(())
            }
            "message" => {
                page.message = scanner.string_or_skip()?;
                Some(())
            }
            _ => scanner.skip_value(1),
        })?;
        self.skip_space();
        (self.at == self.text.len()).then_some(page)
    }

    fn files(&mut self, url: &Url) -> Option<Option<Vec<PageFile<'a>>>> {
        if self.peek()? != b'[' {
            self.skip_value(1)?;
            return Some(None);
        }
        // PyPI takes some 900 bytes for a file.
        let mut files = Vec::with_capacity((self.text.len() - self.at) / 900);
        self.array(|scanner| {
            if scanner.peek()? == b'{' {
                // One more than there may be tells that there are too many.
                if files.len() > MAX_FILES {
                    return scanner.skip_value(2);
                }
                files.extend(scanner.file()?.finish(url));
                Some(())
            } else {
                scanner.skip_value(2)
            }
        })?;
        Some(Some(files))
    }

    fn file(&mut self) -> Option<FileMembers<'a>> {
        let mut file = FileMembers::default();
        self.object(|scanner, key| {
            match key {
                "filename" => file.filename = scanner.string_or_skip()?,
                "url" => file.url = scanner.string_or_skip()?,
                "hashes" => {
                    (file.sha256, file.other_hashes) = (None, Vec::new());
                    scanner.object_or_skip(|scanner, name| {
                        if let Some(hex) = scanner.string_or_skip()? {
                            add_hash(name, &hex, &mut file.sha256, &mut file.other_hashes);
                        }
                        Some(())
                    })?;
                }
                "requires-python" => file.requires_python = scanner.string_or_skip()?,
                "yanked" => file.yanked = scanner.yanked()?,
                "upload-time" => file.upload_time = scanner.string_or_skip()?,
                "size" => file.size = scanner.integer_or_skip()?,
                "core-metadata" => file.core_metadata = scanner.metadata_file()?,
                "dist-info-metadata" => file.dist_info_metadata = scanner.metadata_file()?,
                _ => scanner.skip_value(3)?,
            }
            Some(())
        })?;
        Some(file)
    }

    fn yanked(&mut self) -> Option<Option<Cow<'a, str>>> {
        if self.peek()? == b't' {
            self.literal("true")?;
            return Some(Some(Cow::Borrowed("")));
        }
        self.string_or_skip()
    }

    fn metadata_file(&mut self) -> Option<Option<MetadataFile>> {
        match self.peek()? {
            b't' => {
                self.literal("true")?;
                Some(Some(MetadataFile::Present))
            }
            b'f' => {
                self.literal("false")?;
                Some(Some(MetadataFile::Absent))
            }
            b'{' => {
                let (mut sha256, mut others) = (None, Vec::new());
                self.object(|scanner, name| {
                    if let Some(hex) = scanner.string_or_skip()? {
                        add_hash(name, &hex, &mut sha256, &mut others);
                    }
                    Some(())
                })?;
                Some(Some(
                    sha256.map_or(MetadataFile::Present, MetadataFile::Sha256),
                ))
            }
            _ => {
                self.skip_value(3)?;
                Some(None)
            }
        }
    }

    // JSON itself (RFC 8259).

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        let rest = &self.text.as_bytes()[self.at..];
        rest.starts_with(literal.as_bytes())
            .then(|| self.at += literal.len())
    }

    /// Reads an object; `member` reads the value that follows each key.
    fn object(&mut self, mut member: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        self.skip_space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let key = self.string()?;
            self.skip_space();
            self.expect(b':')?;
            self.skip_space();
            member(self, &key)?;
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
            self.skip_space();
        }
        self.at += 1;
        Some(())
    }

    fn object_or_skip(&mut self, member: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        if self.peek()? == b'{' {
            self.object(member)
        } else {
            self.skip_value(2)
        }
    }

    /// Reads an array; `element` reads each value.
    fn array(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        self.skip_space();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(());
        }
        loop {
            element(self)?;
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return None,
            }
            self.skip_space();
        }
        self.at += 1;
        Some(())
    }

    fn string_or_skip(&mut self) -> Option<Option<Cow<'a, str>>> {
        if self.peek()? == b'"' {
            return self.string().map(Some);
        }
        self.skip_value(3)?;
        Some(None)
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let start = self.at;
        let plain = self.skip_string()?;
        if plain {
            return Some(Cow::Borrowed(&self.text[start + 1..self.at - 1]));
        }
        serde_json::from_str(&self.text[start..self.at])
            .ok()
            .map(Cow::Owned)
    }

    /// Steps over a string; returns whether it is free of escapes. What the
    /// escapes are is checked by [`Self::string`] alone.
    fn skip_string(&mut self) -> Option<bool> {
        self.expect(b'"')?;
        let bytes = self.text.as_bytes();
        let mut plain = true;
        loop {
            self.at += plain_length(&bytes[self.at..]);
            match bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(plain);
                }
                b'\\' => {
                    plain = false;
                    self.at += 2;
                    bytes.get(self.at)?;
                }
                _ => return None,
            }
        }
    }

    fn integer_or_skip(&mut self) -> Option<Option<u64>> {
        let start = self.at;
        self.skip_value(3)?;
        Some(self.text[start..self.at].parse().ok())
    }

    /// Steps over a value inside of `depth` arrays and objects.
    fn skip_value(&mut self, depth: u32) -> Option<()> {
        match self.peek()? {
            b'"' => {
                let start = self.at;
                if !self.skip_string()? {
                    let _: String = serde_json::from_str(&self.text[start..self.at]).ok()?;
                }
                Some(())
            }
            b'{' if depth < MAX_DEPTH => self.object(|scanner, _| scanner.skip_value(depth + 1)),
            b'[' if depth < MAX_DEPTH => self.array(|scanner| scanner.skip_value(depth + 1)),
            b'n' => self.literal("null"),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'-' | b'0'..=b'9' => self.skip_number(),
            _ => None,
        }
    }

    /// Steps over `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`.
    fn skip_number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.skip_digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.skip_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            // Numbers too large for `serde_json` are its to refuse.
            return None;
        }
        Some(())
    }

    fn skip_digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        // So are those of more than 300 digits.
        (1..300).contains(&(self.at - start)).then_some(())
    }
}

/// Counts the bytes before the first quote, backslash or control character.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // Borrows can mark bytes above a true hit, never below one: the lowest mark is true.
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut chunks = bytes.chunks_exact(8);
    let mut length = 0;
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight bytes"));
        let quote = has_zero(word ^ (ONES * u64::from(b'"')));
        let backslash = has_zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let marks = quote | backslash | control;
        if marks != 0 {
            return length + (marks.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    let rest = chunks.remainder();
    let stop = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1f);
    length + rest.iter().position(stop).unwrap_or(rest.len())
}

/// How long a page may be for `serde_json` to make values of it, which take many times the
/// memory.
const MAX_SLOW: usize = 16 << 20;

/// Reads a page by way of `serde_json`, which explains what is wrong with it.
fn parse_slowly<'a>(body: &[u8], url: &Url) -> Result<Page<'a>, PageError> {
    if body.len() > MAX_SLOW {
        let _: IgnoredAny = serde_json::from_slice(body).map_err(PageError::Json)?;
        let what = "a long JSON document with odd numbers or texts";
        return Err(PageError::NotAProjectPage(what.to_owned()));
    }
    let value: Value = serde_json::from_slice(body).map_err(PageError::Json)?;
    members_of(&value, url).finish()
}

fn members_of<'a>(value: &Value, url: &Url) -> Members<'a> {
    let status = &value["project-status"];
    Members {
        name: text(&value["name"]),
        version: text(&value["meta"]["api-version"]),
        status: text(&status["status"]),
        reason: text(&status["reason"]),
        files: value["files"]
            .as_array()
            .map(|files| files.iter().filter_map(|file| file_of(file, url)).collect()),
        message: text(&value["message"]),
    }
}

fn file_of<'a>(value: &Value, url: &Url) -> Option<PageFile<'a>> {
    let mut file = FileMembers {
        filename: text(&value["filename"]),
        url: text(&value["url"]),
        requires_python: text(&value["requires-python"]),
        yanked: match &value["yanked"] {
            Value::Bool(true) => Some(Cow::Borrowed("")),
            yanked => text(yanked),
        },
        upload_time: text(&value["upload-time"]),
        size: value["size"].as_u64(),
        core_metadata: metadata_file_of(&value["core-metadata"]),
        dist_info_metadata: metadata_file_of(&value["dist-info-metadata"]),
        ..FileMembers::default()
    };
    for (name, hex) in value["hashes"].as_object().into_iter().flatten() {
        if let Some(hex) = hex.as_str() {
            add_hash(name, hex, &mut file.sha256, &mut file.other_hashes);
        }
    }
    file.finish(url)
}

fn metadata_file_of(value: &Value) -> Option<MetadataFile> {
    match value {
        Value::Bool(true) => Some(MetadataFile::Present),
        Value::Bool(false) => Some(MetadataFile::Absent),
        Value::Object(hashes) => {
            let (mut sha256, mut others) = (None, Vec::new());
            for (name, hex) in hashes {
                if let Some(hex) = hex.as_str() {
                    add_hash(name, hex, &mut sha256, &mut others);
                }
            }
            Some(sha256.map_or(MetadataFile::Present, MetadataFile::Sha256))
        }
        _ => None,
    }
}

fn text<'a>(value: &Value) -> Option<Cow<'a, str>> {
    value.as_str().map(|text| Cow::Owned(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url() -> Url {
        "https://index.example/simple/p/".parse().unwrap()
    }

    fn scan(text: &str) -> Option<Members<'_>> {
        Scanner { text, at: 0 }.page(&url())
    }

    /// The scanner may hand over to `serde_json`, but not disagree with it.
    fn check_against_serde(text: &str) {
        let Some(mut scanned) = scan(text) else {
            return;
        };
        let value: Value = serde_json::from_str(text).expect("the scanner accepts valid JSON only");
        let mut expected = members_of(&value, &url());
        for page in [&mut scanned, &mut expected] {
            for file in page.files.iter_mut().flatten() {
                file.other_hashes.sort();
            }
        }
        assert_eq!(scanned, expected);
    }

    #[test]
    fn counts_plain_bytes() {
        for length in 0..40 {
            for stop in ["\"", "\\", "\n", "\u{1f}"] {
                let text = format!(
                    "{}{stop}\"\\ é",
                    "é !#[]~\u{7f}".repeat(5).get(..length).unwrap_or("x")
                );
                let expected = text.find(['"', '\\', '\n', '\u{1f}']).unwrap();
                assert_eq!(plain_length(text.as_bytes()), expected, "{text:?}");
            }
        }
        assert_eq!(plain_length(b""), 0);
        assert_eq!(plain_length("ééééééééé".as_bytes()), 18);
    }

    #[test]
    fn steps_over_what_it_does_not_know() {
        let text = r#" {"x": [1, -2.5, {"y\"": [[], {}, null, true]}], "meta": {"z": 0, "api-version": "1.0"}, "files": [7, {"url": "a", "filename": "b", "size": "big", "signature": {"a": [""]}}]} "#;
        let page = scan(text).expect("valid and plain");
        assert_eq!(page.version.as_deref(), Some("1.0"));
        assert_eq!(page.files.as_ref().map(Vec::len), Some(1));
        check_against_serde(text);
    }

    #[test]
    fn leaves_broken_and_odd_json_to_serde() {
        for text in [
            "",
            "{",
            "{}x",
            "{,}",
            r#"{"a":1,}"#,
            r#"{"a" 1}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":-}"#,
            r#"{"a":tru}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":"\x"}"#,
            r#"{"a":"\"#,
            r#"{"a":"\u12"}"#,
            r#"{"files":[}"#,
            r#"{"files":[{"url":"\ud800"}]}"#,
            r#"{"a":1e999}"#,
        ] {
            assert_eq!(scan(text), None, "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(scan(&deep), None);
    }

    const KEYS: &str = "meta|api-version|files|filename|url|hashes|sha256|md5|requires-python|yanked|upload-time|size|core-metadata|dist-info-metadata|project-status|status|reason|message|x";

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            Just("false".to_owned()),
            (0..3_000_000_000_u64).prop_map(|number| number.to_string()),
            "-?[0-9]{1,3}(\\.[0-9])?",
            Just(format!("\"{}\"", "0a".repeat(32))),
            Just(format!("\"{}\"", "B1".repeat(16))),
            Just("\"2024-02-03T04:05:06.789Z\"".to_owned()),
            "\"(1\\.[0-9]|https://h\\.example/a-1\\.tar\\.gz#x|\\.\\./a|>=3|\\\\u00e9|\\\\n|é| )\"",
            "\"[a-z\\\\u\"]{0,4}\"",
        ];
        leaf.prop_recursive(6, 60, 5, |inner| {
            let member =
                (KEYS, inner.clone()).prop_map(|(key, value)| format!("\"{key}\" :{value}"));
            prop_oneof![
                prop::collection::vec(inner, 0..4)
                    .prop_map(|values| format!("[{}]", values.join(", "))),
                prop::collection::vec(member, 0..8)
                    .prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde_on_pages(files in prop::collection::vec(json(), 0..4), meta in json(), status in json()) {
            check_against_serde(&format!(
                "{{\"meta\":{meta},\"project-status\":{status},\"files\":[{}]}}", files.join(",")
            ));
        }

        #[test]
        fn agrees_with_serde_on_any_json(text in json()) {
            check_against_serde(&text);
        }

        #[test]
        fn agrees_with_serde_on_damaged_pages(text in json(), at in 0_usize..100, byte in "[\\x00-\\x7f]") {
            let mut text = format!("{{\"files\":[{text}]}}");
            if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                text.replace_range(at..=at, &byte);
            }
            check_against_serde(&text);
        }

        #[test]
        fn never_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&body, &url());
        }
    }
}
