//! HTML pages (PEP 503), and the listings of plain web servers, which
//! `--find-links` reads as pages too.
//!
//! A scanner for tags and attributes in any letter case, quoted or not; it
//! knows `a`, `base`, `meta` and `title`, and needs no tree. Of character
//! references it decodes the numeric ones and the handful that occur in links
//! and specifiers. File names come from the links, as the texts of anchors are
//! cut by some servers.
//!
//! Why not astral-tl 0.8.0, which was tried: it reads PyPI's pages alike, at 0.55
//! of the speed (225 pages, 60 MB: 131 ms for 70), but not others'. `data-yanked/>`
//! is not a yank mark to it, a tab or CR parts no attributes, `<a / href=…>` is no
//! tag, `<!---->` and `--->` end no comment, so that the rest of the page is
//! lost, and links in scripts count.

use std::borrow::Cow;

use url::Url;

use super::model::{MAX_FILES, MetadataFile, Page, PageError, PageFile, ProjectStatus, Status};
use super::parts::{Base, add_hash, check_version, shortened};
use super::time;
use crate::index::hash::Sha256;
use crate::text::percent_decoded_bytes;

/// Reads an HTML page.
pub(super) fn parse<'a>(body: &'a [u8], url: &Url) -> Result<Page<'a>, PageError> {
    // Latin-1 in a title does not hurt; a link in it would not be found.
    let mut page = match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => Reader::new(url).read(text),
        Cow::Owned(text) => Reader::new(url).read(&text).into_owned(),
    };
    if let Some(version) = &page.version {
        check_version(version)?;
    }
    if page.version.is_none() && !page.is_listing() {
        let links = if page.files.is_empty() {
            "links"
        } else {
            "links to files"
        };
        let title = shortened(&page.title);
        return Err(PageError::NotAProjectPage(if title.is_empty() {
            format!("an HTML page without {links}")
        } else {
            format!("an HTML page without {links} titled `{title}`")
        }));
    }
    if page.files.len() > MAX_FILES {
        return Err(PageError::TooManyFiles(MAX_FILES));
    }
    let status = page.status.take();
    Ok(Page {
        name: None,
        status: status
            .and_then(|status| Status::from_name(&status))
            .map(|status| ProjectStatus {
                status,
                reason: page.reason,
            }),
        files: page.files,
    })
}

/// What was found on a page, before it is judged.
#[derive(Default)]
struct Found<'a> {
    version: Option<String>,
    status: Option<String>,
    reason: Option<String>,
    title: String,
    files: Vec<PageFile<'a>>,
}

impl Found<'_> {
    /// Whether this is a list of files, if perhaps an empty one.
    fn is_listing(&self) -> bool {
        const ENDINGS: [&str; 8] = [
            ".whl", ".tar.gz", ".zip", ".egg", ".tar.bz2", ".tgz", ".tar.xz", ".exe",
        ];
        let is_archive =
            |file: &PageFile<'_>| ENDINGS.iter().any(|ending| file.filename.ends_with(ending));
        let title = self.title.to_ascii_lowercase();
        let titles = ["links for ", "index of ", "directory listing for "];
        titles.iter().any(|start| title.starts_with(start)) || self.files.iter().any(is_archive)
    }

    fn into_owned(self) -> Found<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let files = self.files.into_iter().map(|file| PageFile {
            filename: own(file.filename),
            url: own(file.url),
            requires_python: file.requires_python.map(own),
            yanked: file.yanked.map(own),
            ..file
        });
        Found {
            files: files.collect(),
            version: self.version,
            status: self.status,
            reason: self.reason,
            title: self.title,
        }
    }
}

struct Reader<'a> {
    base: Base<'a>,
}

impl<'u> Reader<'u> {
    fn new(url: &'u Url) -> Self {
        Self {
            base: Base::of(url),
        }
    }

    fn read(mut self, text: &str) -> Found<'_> {
        let mut found = Found::default();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            rest = &rest[start + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = after(comment, "-->");
            } else if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
                let mut tag = Tag::new(rest);
                self.tag(&mut tag, &mut found);
                rest = tag.end();
            } else if rest.starts_with(['!', '?', '/']) {
                rest = after(rest, ">");
            }
        }
        found
    }

    fn tag<'a>(&mut self, tag: &mut Tag<'a>, found: &mut Found<'a>) {
        let name = tag.name;
        if name.eq_ignore_ascii_case("a") {
            if found.files.len() > MAX_FILES {
                return;
            }
            found.files.extend(self.anchor(tag));
        } else if name.eq_ignore_ascii_case("base") {
            let href = tag.find(|(name, _)| name.eq_ignore_ascii_case("href"));
            if let Some((_, href)) = href {
                self.base.name(&href);
            }
        } else if name.eq_ignore_ascii_case("meta") {
            meta(tag, found);
        } else if name.eq_ignore_ascii_case("title") {
            let text = tag.text_until_closed();
            if found.title.is_empty() {
                let text = unescape(text);
                found.title = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
        } else if name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style") {
            tag.text_until_closed();
        }
    }

    fn anchor<'a>(&self, tag: &mut Tag<'a>) -> Option<PageFile<'a>> {
        let mut href = None;
        let mut requires_python = None;
        let mut yanked = None;
        let mut upload_time = None;
        let mut core_metadata = None;
        let mut dist_info_metadata = None;
        for (name, value) in tag {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            // The length tells nearly all of them apart.
            match name.len() {
                4 if is("href") && href.is_none() => href = Some(value),
                11 if is("data-yanked") => yanked = Some(value),
                16 if is("data-upload-time") => upload_time = time::parse(&value),
                18 if is("data-core-metadata") => core_metadata = Some(metadata_file(&value)),
                20 if is("data-requires-python") => requires_python = Some(value),
                23 if is("data-dist-info-metadata") => {
                    dist_info_metadata = Some(metadata_file(&value));
                }
                _ => {}
            }
        }
        let href = trimmed(href?);
        let (mut sha256, mut other_hashes) = (None, Vec::new());
        if let Some((_, fragment)) = href.split_once('#') {
            for part in fragment.split('&') {
                if let Some((name, hex)) = part.split_once('=') {
                    add_hash(name, hex, &mut sha256, &mut other_hashes);
                }
            }
        }
        let url = self.base.resolve(href)?;
        Some(PageFile {
            filename: file_name(&url)?,
            url,
            has_secret: false,
            sha256,
            other_hashes,
            requires_python: requires_python.filter(|text| !text.trim().is_empty()),
            yanked,
            upload_time,
            size: None,
            core_metadata: core_metadata.or(dist_info_metadata).unwrap_or_default(),
        })
    }
}

fn meta(tag: &mut Tag<'_>, found: &mut Found<'_>) {
    let (mut name, mut content) = (None, None);
    for (attribute, value) in tag {
        if attribute.eq_ignore_ascii_case("name") {
            name = Some(value);
        } else if attribute.eq_ignore_ascii_case("content") {
            content = Some(value.into_owned());
        }
    }
    match name.as_deref() {
        Some("pypi:repository-version") => found.version = content,
        Some("pypi:project-status") => found.status = content,
        Some("pypi:project-status-reason") => found.reason = content,
        _ => {}
    }
}

fn metadata_file(value: &str) -> MetadataFile {
    let value = value.trim();
    if value.eq_ignore_ascii_case("false") || value.is_empty() {
        return MetadataFile::Absent;
    }
    let hash = strip_prefix_ignoring_case(value, "sha256=").and_then(Sha256::from_hex);
    hash.map_or(MetadataFile::Present, MetadataFile::Sha256)
}

/// Returns the last part of a URL's path, decoded; none if it is empty.
pub(in crate::index) fn file_name<'a>(url: &Cow<'a, str>) -> Option<Cow<'a, str>> {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    let end = url.find('?').unwrap_or(url.len());
    let start = url[..end].rfind('/').filter(|at| *at >= after_scheme)? + 1;
    if start == end {
        return None;
    }
    Some(match url {
        Cow::Borrowed(url) => percent_decoded(&url[start..end]),
        Cow::Owned(url) => Cow::Owned(percent_decoded(&url[start..end]).into_owned()),
    })
}

/// Decodes `%2B` and the like; what does not give UTF-8 stays as it is.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    match percent_decoded_bytes(text) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned),
    }
}

/// An opening tag: its name, then its attributes one by one.
struct Tag<'a> {
    name: &'a str,
    rest: &'a str,
}

impl<'a> Tag<'a> {
    /// Starts behind the `<`.
    fn new(text: &'a str) -> Self {
        let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
        let (name, rest) = text.split_at(position(text, is_end));
        Self { name, rest }
    }

    /// Returns the text behind the tag.
    fn end(mut self) -> &'a str {
        while self.next().is_some() {}
        self.rest.strip_prefix('>').unwrap_or(self.rest)
    }

    /// Moves to the tag's closing counterpart; returns the text before that.
    fn text_until_closed(&mut self) -> &'a str {
        while self.next().is_some() {}
        let text = self.rest.strip_prefix('>').unwrap_or(self.rest);
        let mut at = 0;
        while let Some(found) = text[at..].find("</") {
            at += found;
            if strip_prefix_ignoring_case(&text[at + 2..], self.name).is_some() {
                break;
            }
            at += 2;
        }
        if !text[at..].starts_with("</") {
            at = text.len();
        }
        self.rest = after(&text[at..], ">");
        // What follows must not be taken for attributes.
        let behind = text.len() - self.rest.len();
        if behind > 0 && text.as_bytes()[behind - 1] == b'>' {
            self.rest = &text[behind - 1..];
        }
        &text[..at]
    }
}

impl<'a> Iterator for Tag<'a> {
    type Item = (&'a str, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let is_space = |char: char| char.is_ascii_whitespace();
        self.rest = self
            .rest
            .trim_start_matches(|char: char| is_space(char) || char == '/');
        if self.rest.is_empty() || self.rest.starts_with('>') {
            return None;
        }
        let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/');
        // A stray `=` is a name's first character, as in HTML.
        let first = usize::from(self.rest.starts_with('='));
        let length = first + position(&self.rest[first..], is_end);
        let (name, rest) = self.rest.split_at(length);
        let Some(value) = rest.trim_start_matches(is_space).strip_prefix('=') else {
            self.rest = rest;
            return Some((name, Cow::Borrowed("")));
        };
        let value = value.trim_start_matches(is_space);
        let (value, rest) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(position(value, |byte| {
                byte.is_ascii_whitespace() || byte == b'>'
            })),
        };
        self.rest = rest;
        Some((name, unescape(value)))
    }
}

/// Returns where the first of certain ASCII characters is, or the end.
fn position(text: &str, is_wanted: impl Fn(u8) -> bool) -> usize {
    let mut bytes = text.bytes();
    bytes.position(is_wanted).unwrap_or(text.len())
}

/// Decodes character references: `&gt;`, `&#62;`, `&#x3E;`.
fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let (mut decoded, mut rest) = (text[..first].to_owned(), &text[first..]);
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let reference = rest.find(';').filter(|end| *end <= 10);
        match reference.and_then(|end| Some((end, referred(&rest[..end])?))) {
            Some((end, char)) => {
                decoded.push(char);
                rest = &rest[end + 1..];
            }
            None => decoded.push('&'),
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

fn referred(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(
            || number.parse().ok(),
            |hex| u32::from_str_radix(hex, 16).ok(),
        );
        return char::from_u32(code?);
    }
    Some(match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "plus" => '+',
        "excl" => '!',
        "comma" => ',',
        "equals" => '=',
        "period" => '.',
        "sol" => '/',
        "colon" => ':',
        "num" => '#',
        "lowbar" => '_',
        _ => return None,
    })
}

fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.find(end).map_or("", |at| &text[at + end.len()..])
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
