//! Reads compiled requirements files: ours, pip-compile's, uv's, and what hands
//! made of them.
//!
//! Reading never fails: a line that is no pin is skipped and noted. It follows
//! pip's order of work (join continued lines, then strip comments) and reads the
//! `# via` comments of both styles. It does not expand variables, follow `-r`,
//! or judge versions and markers; the strict reader of what users write is
//! `requirements`.

use std::borrow::Cow;
use std::str::FromStr;

use super::model::PinSource;
use crate::python::{ExtraName, ProjectName};
use crate::text::{Problem, Span};

/// What could be read from a compiled requirements file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockFile {
    /// The pins, in the order of the file.
    pub pins: Vec<LockedPin>,
    /// The tool and the command named at the top.
    pub header: Option<FileHeader>,
    /// Option lines and editables as they stand, without comments.
    pub options: Vec<String>,
    /// Lines that may be of a place, and give no name by which they would be pins.
    pub places: Vec<LockedPlace>,
    /// What was not understood, and skipped.
    pub problems: Vec<Problem>,
}

/// A place as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPlace {
    /// A path, or what stands behind `-e` with its extras.
    pub source: PinSource,
    /// The name that the fragment of an editable's URL gives.
    pub egg: Option<ProjectName>,
    /// The extras behind a path.
    pub extras: Vec<ExtraName>,
    /// The marker, as written.
    pub marker: Option<String>,
    /// The hashes, in the order of the file.
    pub hashes: Vec<String>,
    /// The name of a revision that gave the commit, by the comment.
    pub revision: Option<String>,
}

impl LockFile {
    /// Returns the pins of one project: several if markers tell them apart.
    pub fn pins_of<'a>(&'a self, name: &'a ProjectName) -> impl Iterator<Item = &'a LockedPin> {
        self.pins.iter().filter(move |pin| pin.name == *name)
    }
}

/// The provenance a file claims.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileHeader {
    /// The program's name, such as `pip-compile`.
    pub tool: String,
    /// What the pins were chosen for, such as `Python 3.11`, if that is said.
    pub target: Option<String>,
    /// The command, as written.
    pub command: Option<String>,
}

/// A pin as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedPin {
    /// The project.
    pub name: ProjectName,
    /// What it is pinned to: a version or a URL.
    pub source: PinSource,
    /// The extras.
    pub extras: Vec<ExtraName>,
    /// The marker, as written.
    pub marker: Option<String>,
    /// The hashes, in the order of the file.
    pub hashes: Vec<String>,
    /// The name of a revision that gave the commit, by the comment.
    pub revision: Option<String>,
    /// Who asks for it, by the comment.
    pub via: Vec<String>,
    /// The requirement with its hashes, without the comment.
    pub span: Span,
}

impl LockedPin {
    /// Returns the version as text, unless the pin is a URL.
    pub fn version(&self) -> Option<&str> {
        match &self.source {
            PinSource::Version { version, .. } => Some(version),
            PinSource::Url(_) | PinSource::Path(_) | PinSource::Editable(_) => None,
        }
    }

    /// Whether the version is compared as text (`===`).
    pub fn is_arbitrary(&self) -> bool {
        matches!(
            self.source,
            PinSource::Version {
                arbitrary: true,
                ..
            }
        )
    }
}

/// Reads all that is understood of a compiled requirements file.
pub fn read(text: &str) -> LockFile {
    let mut reader = Reader {
        lines: Lines::new(text),
        file: LockFile::default(),
        annotates: Annotates::Nothing,
        seen_content: false,
        command_indent: None,
    };
    while let Some(line) = reader.lines.next() {
        reader.line(&line);
    }
    reader.file
}

/// A physical line without its end, and where it starts.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Line<'a> {
    /// Returns the line without blanks at both ends.
    fn trimmed(&self) -> Line<'a> {
        let text = self.text.trim_start();
        Line {
            start: self.start + (self.text.len() - text.len()),
            text: text.trim_end(),
        }
    }

    /// Returns the line before its continuation mark, and whether it had one.
    fn continued(&self) -> (Line<'a>, bool) {
        match self.text.strip_suffix('\\') {
            Some(text) => (Line { text, ..*self }, true),
            None => (*self, false),
        }
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

struct Lines<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let position = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, position }
    }

    fn peek(&self) -> Option<(Line<'a>, usize)> {
        let start = self.position;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let (line, next) = match rest.find('\n') {
            Some(len) => (&rest[..len], start + len + 1),
            None => (rest, self.text.len()),
        };
        let text = line.strip_suffix('\r').unwrap_or(line);
        Some((Line { text, start }, next))
    }

    fn next(&mut self) -> Option<Line<'a>> {
        let (line, next) = self.peek()?;
        self.position = next;
        Some(line)
    }
}

/// What an indented comment may say something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Annotates {
    Nothing,
    /// The last pin.
    Pin,
    /// The last pin, in a list that `# via` has opened.
    ListOfPin,
    /// The last place.
    Place,
}

struct Reader<'a> {
    lines: Lines<'a>,
    file: LockFile,
    annotates: Annotates,
    /// Whether the comments at the top are over.
    seen_content: bool,
    /// How far the header's command is indented, while it may go on.
    command_indent: Option<usize>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &Line<'a>) {
        let trimmed = line.trimmed();
        if trimmed.text.is_empty() {
            return;
        }
        if let Some(comment) = trimmed.text.strip_prefix('#') {
            if trimmed.start > line.start {
                self.annotation(comment);
            } else {
                self.annotates = Annotates::Nothing;
                if !self.seen_content {
                    self.header(comment);
                }
            }
            return;
        }
        self.seen_content = true;
        self.annotates = Annotates::Nothing;
        if trimmed.text.starts_with('-') {
            self.option(*line);
        } else {
            self.requirement(*line);
        }
    }

    /// Reads one comment line of the top.
    fn header(&mut self, comment: &str) {
        const MADE_BY: &str = "autogenerated by ";
        if let Some(header) = &mut self.file.header {
            let indent = comment.len() - comment.trim_start().len();
            let text = comment.trim();
            match (&mut header.command, self.command_indent) {
                (None, _) if comment.starts_with("   ") && !text.is_empty() => {
                    header.command = Some(text.to_owned());
                    self.command_indent = Some(indent);
                }
                // Some wrap long commands by hand, with backslashes or without.
                (Some(command), Some(first))
                    if !text.is_empty() && (indent > first || command.ends_with('\\')) =>
                {
                    let end = command.trim_end_matches('\\').trim_end().len();
                    command.truncate(end);
                    command.push(' ');
                    command.push_str(text);
                }
                _ => self.command_indent = None,
            }
            return;
        }
        let Some(at) = comment.find(MADE_BY) else {
            return;
        };
        let rest = &comment[at + MADE_BY.len()..];
        let (tool, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if tool.is_empty() {
            return;
        }
        self.file.header = Some(FileHeader {
            tool: tool.to_owned(),
            target: rest
                .strip_prefix("with ")
                .map(str::trim)
                .filter(|target| !target.is_empty())
                .map(str::to_owned),
            command: None,
        });
    }

    /// Reads a comment that stands indented below a pin.
    fn annotation(&mut self, comment: &str) {
        if self.annotates == Annotates::Nothing {
            return;
        }
        if self.annotates == Annotates::Place {
            if let (Some(place), Some(revision)) = (
                self.file.places.last_mut(),
                comment.strip_prefix(super::write::REVISION),
            ) {
                place.revision = Some(revision.trim().to_owned());
            }
            return;
        }
        let Some(pin) = self.file.pins.last_mut() else {
            return;
        };
        if self.annotates == Annotates::ListOfPin && comment.starts_with("  ") {
            pin.via.push(comment.trim().to_owned());
        } else if let (PinSource::Url(_), Some(revision)) =
            (&pin.source, comment.strip_prefix(super::write::REVISION))
        {
            pin.revision = Some(revision.trim().to_owned());
        } else if sources(comment, &mut pin.via) {
            self.annotates = Annotates::ListOfPin;
        } else {
            self.annotates = Annotates::Pin;
        }
    }

    /// Joins an option line and keeps it.
    fn option(&mut self, line: Line<'a>) {
        let joined = self.join(line);
        let (option, _) = split_comment(&joined.text);
        let option = option.trim();
        let editable = option
            .strip_prefix("--editable")
            .or_else(|| option.strip_prefix("-e"));
        if let Some(editable) = editable {
            let editable = editable.trim_start_matches('=').trim_start();
            self.file.places.push(editable_place(editable));
            self.annotates = Annotates::Place;
        }
        self.file.options.push(option.to_owned());
    }

    /// Reads a requirement and the continuation lines that belong to it.
    fn requirement(&mut self, line: Line<'a>) {
        let joined = self.join(line);
        let (text, comment) = split_comment(&joined.text);
        let span = Span::new(line.trimmed().start, joined.end.max(line.trimmed().start));
        match head(text) {
            Ok(head) => {
                let mut pin = LockedPin {
                    name: head.name,
                    source: head.source,
                    extras: head.extras,
                    marker: head.marker.map(str::to_owned),
                    hashes: joined.hashes,
                    revision: None,
                    via: Vec::new(),
                    span,
                };
                if let Some(rest) = hashes(head.options, &mut pin.hashes) {
                    self.file.problems.push(Problem {
                        span,
                        message: format!("`{rest}` is not understood here"),
                        help: None,
                    });
                }
                self.annotates = Annotates::Pin;
                if let Some(comment) = comment
                    && sources(&comment[1..], &mut pin.via)
                {
                    self.annotates = Annotates::ListOfPin;
                }
                self.file.pins.push(pin);
            }
            Err(message) => {
                self.file.places.push(path_place(text, joined.hashes));
                self.annotates = Annotates::Place;
                self.file.problems.push(Problem {
                    span,
                    message,
                    help: None,
                });
            }
        }
    }

    /// Joins continued lines as pip does.
    ///
    /// Lines that only hold a hash, nearly all lines of a lock, are taken aside
    /// without being copied into the joined text.
    fn join(&mut self, first: Line<'a>) -> Joined<'a> {
        let (body, mut continues) = first.continued();
        let mut joined = Joined {
            text: Cow::Borrowed(body.text),
            hashes: Vec::new(),
            end: body.trimmed().end(),
        };
        // In a comment, all that is continued is comment, hashes too.
        let mut in_comment = split_comment(body.text).1.is_some();
        if in_comment {
            joined.end = body.start + split_comment(body.text).0.trim_end().len();
        }
        while continues {
            let Some((next, position)) = self.lines.peek() else {
                break;
            };
            let trimmed = next.trimmed();
            // A comment line ends the continuation; `line` will read it.
            if trimmed.text.starts_with('#') {
                break;
            }
            self.lines.position = position;
            let (body, next_continues) = next.continued();
            continues = next_continues;
            if in_comment {
                continue;
            }
            if let Some(hash) = lone_hash(trimmed.text) {
                joined.end = trimmed.start + HASH_OPTION.len() + hash.len();
                joined.hashes.push(hash.to_owned());
                continue;
            }
            joined.text.to_mut().push_str(body.text);
            let (before_comment, comment) = split_comment(body.text);
            in_comment = comment.is_some();
            let before_comment = before_comment.trim_end();
            if !before_comment.trim_start().is_empty() {
                joined.end = body.start + before_comment.len();
            }
        }
        joined
    }
}

/// A logical line.
struct Joined<'a> {
    /// The text without continuation marks and without `hashes`.
    text: Cow<'a, str>,
    /// The hashes that had a line of their own.
    hashes: Vec<String>,
    /// Where the last of it ends in the file, without comment and blanks.
    end: usize,
}

/// Splits a line before its comment: `(^|\s)#.*`.
fn split_comment(text: &str) -> (&str, Option<&str>) {
    let mut from = 0;
    while let Some(at) = text[from..].find('#').map(|at| from + at) {
        if at == 0 || text[..at].ends_with(char::is_whitespace) {
            return (&text[..at], Some(&text[at..]));
        }
        from = at + 1;
    }
    (text, None)
}

/// How a hash is given in a file.
const HASH_OPTION: &str = "--hash=";

/// Returns the hash of a line that holds one hash and nothing else, perhaps with
/// a continuation mark; the line is trimmed.
fn lone_hash(trimmed: &str) -> Option<&str> {
    let rest = trimmed.strip_prefix(HASH_OPTION)?;
    let hash = match rest.strip_suffix('\\') {
        // Without a blank before the mark, the next line goes on with this word.
        Some(rest) if !rest.ends_with(char::is_whitespace) => return None,
        Some(rest) => rest.trim_end(),
        None => rest,
    };
    is_hash(hash).then_some(hash)
}

/// Whether `text` has the form `algorithm:hexadecimal`.
fn is_hash(text: &str) -> bool {
    let Some(colon) = text.bytes().position(|b| b == b':') else {
        return false;
    };
    let (algorithm, digest) = (&text.as_bytes()[..colon], &text.as_bytes()[colon + 1..]);
    // Without a way out of the loop, the compiler looks at many bytes at once.
    !algorithm.is_empty()
        && !digest.is_empty()
        && algorithm.iter().all(u8::is_ascii_alphanumeric)
        && digest
            .iter()
            .fold(true, |is_hex, b| is_hex & b.is_ascii_hexdigit())
}

/// Reads `--hash=…` options; returns the first that is something else.
fn hashes<'a>(options: &'a str, hashes: &mut Vec<String>) -> Option<&'a str> {
    let mut words = options.split_whitespace();
    let mut unknown = None;
    while let Some(word) = words.next() {
        let hash = if word == "--hash" {
            words.next()
        } else {
            word.strip_prefix(HASH_OPTION)
        };
        match hash {
            Some(hash) if is_hash(hash) => hashes.push(hash.to_owned()),
            _ => unknown = unknown.or(Some(word)),
        }
    }
    unknown
}

/// Reads a `via` comment; returns whether it opens a list of lines.
fn sources(comment: &str, via: &mut Vec<String>) -> bool {
    let Some(rest) = comment.trim().strip_prefix("via") else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    if rest.starts_with(char::is_whitespace) {
        via.extend(
            rest.split(", ")
                .map(str::trim)
                .filter(|source| !source.is_empty())
                .map(str::to_owned),
        );
    }
    false
}

/// A requirement taken apart.
struct Head<'a> {
    name: ProjectName,
    extras: Vec<ExtraName>,
    source: PinSource,
    marker: Option<&'a str>,
    /// What stands behind: `--hash=…`.
    options: &'a str,
}

/// Returns the path of a wheel that a requirement begins with.
fn wheel_path(text: &str) -> Option<&str> {
    const END: &str = ".whl";
    let word = text.split(char::is_whitespace).next()?;
    let (path, behind) = word.split_at(word.rfind(END)? + END.len());
    let is_path = !path.contains("://") && (behind.is_empty() || behind.starts_with(['[', ';']));
    is_path.then_some(path)
}

/// Takes a requirement apart, or says why it is no pin.
///
/// ```text
/// head   = ( name | path ) [ "[" extra { "," extra } "]" ] source [ ";" marker ] { option }
/// source = ( "==" | "===" ) version | "@" url | nothing behind a path
/// ```
fn head(text: &str) -> Result<Head<'_>, String> {
    let text = text.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let path = wheel_path(text);
    let (name, rest) = match path {
        Some(path) => {
            let file = path.rsplit('/').next().unwrap_or(path);
            (file.split('-').next().unwrap_or(file), &text[path.len()..])
        }
        None => text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len())),
    };
    if name.is_empty() {
        return Err(no_pin(text));
    }
    let name = ProjectName::from_str(name).map_err(|_| no_pin(text))?;

    let mut rest = rest.trim_start();
    let mut extras = Vec::new();
    if let Some(inner) = rest.strip_prefix('[') {
        let (list, behind) = inner.split_once(']').ok_or_else(|| no_pin(text))?;
        for extra in list.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            extras.push(ExtraName::from_str(extra).map_err(|_| no_pin(text))?);
        }
        rest = behind.trim_start();
    }

    let (requirement, options) = split_options(rest);
    let (source, marker) = if let Some(path) = path {
        let marker = requirement.trim_start().strip_prefix(';');
        if marker.is_none() && !requirement.trim().is_empty() {
            return Err(no_pin(text));
        }
        (PinSource::Path(path.to_owned()), marker)
    } else if let Some(url) = requirement.strip_prefix('@') {
        // In a URL a semicolon is a character like others (PEP 508).
        let (url, marker) = match url.split_once(" ;") {
            Some((url, marker)) => (url, Some(marker)),
            None => (url, None),
        };
        (PinSource::Url(url.trim().to_owned()), marker)
    } else if let Some(version) = requirement.strip_prefix("==") {
        let (version, arbitrary) = match version.strip_prefix('=') {
            Some(version) => (version, true),
            None => (version, false),
        };
        let (version, marker) = match version.split_once(';') {
            Some((version, marker)) => (version, Some(marker)),
            None => (version, None),
        };
        let version = version.trim().to_owned();
        (PinSource::Version { version, arbitrary }, marker)
    } else {
        return Err(no_pin(text));
    };
    let is_exact = match &source {
        PinSource::Version { version, .. } => {
            !version.is_empty()
                && !version
                    .contains(|c: char| c.is_whitespace() || matches!(c, '*' | ',' | '<' | '>'))
        }
        PinSource::Url(url) | PinSource::Path(url) | PinSource::Editable(url) => {
            !url.is_empty() && !url.contains(char::is_whitespace)
        }
    };
    if !is_exact {
        return Err(no_pin(text));
    }
    Ok(Head {
        name,
        extras,
        source,
        marker: marker.map(str::trim).filter(|marker| !marker.is_empty()),
        options,
    })
}

/// Reads what stands behind `-e`.
fn editable_place(text: &str) -> LockedPlace {
    let (place, marker) = split_marker(text);
    let egg = match place.trim_matches('"').split_once(" @ ") {
        Some((name, _)) => name.split('[').next(),
        None => place.split_once('#').and_then(|(_, fragment)| {
            let mut parts = fragment.split('&');
            let egg = parts.find_map(|part| part.strip_prefix("egg="))?;
            egg.split('[').next()
        }),
    };
    let egg = egg.and_then(|name| name.trim().parse().ok());
    LockedPlace {
        source: PinSource::Editable(place.to_owned()),
        egg,
        extras: Vec::new(),
        marker,
        hashes: Vec::new(),
        revision: None,
    }
}

/// Reads a line that begins with a path.
///
/// ```text
/// place = path [ "[" extra { "," extra } "]" ] [ " ;" marker ] { option }
/// ```
fn path_place(text: &str, mut all_hashes: Vec<String>) -> LockedPlace {
    let (requirement, options) = split_options(text.trim());
    hashes(options, &mut all_hashes);
    let (place, marker) = split_marker(requirement);
    let (path, extras) = place
        .strip_suffix(']')
        .and_then(|place| place.rsplit_once('['))
        .unwrap_or((place, ""));
    LockedPlace {
        source: PinSource::Path(path.trim_end().to_owned()),
        egg: None,
        extras: extras
            .split(',')
            .filter(|extra| !extra.is_empty())
            .filter_map(|extra| extra.trim().parse().ok())
            .collect(),
        marker,
        hashes: all_hashes,
        revision: None,
    }
}

/// Splits a place from its marker; a semicolon alone may be a part of the place.
fn split_marker(text: &str) -> (&str, Option<String>) {
    match text.split_once(" ;") {
        Some((place, marker)) => (place.trim_end(), Some(marker.trim().to_owned())),
        None => (text.trim_end(), None),
    }
}

/// Splits before the first option: a word that begins with `--`.
fn split_options(text: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(at) = text[from..].find("--").map(|at| from + at) {
        if at == 0 || text[..at].ends_with(char::is_whitespace) {
            return text.split_at(at);
        }
        from = at + 2;
    }
    (text, "")
}

/// Says that a line is skipped, naming its beginning.
fn no_pin(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or(text);
    let end = word.char_indices().nth(60).map_or(word.len(), |(at, _)| at);
    format!("`{}` is not pinned to one release", &word[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brief(text: &str) -> Vec<String> {
        read(text)
            .pins
            .iter()
            .map(|pin| {
                let extras: Vec<&str> = pin.extras.iter().map(AsRef::as_ref).collect();
                let source = match &pin.source {
                    PinSource::Version { version, arbitrary } => {
                        format!("{}{version}", if *arbitrary { "===" } else { "==" })
                    }
                    PinSource::Url(url) => format!(" @ {url}"),
                    PinSource::Path(path) => format!(" in {path}"),
                    PinSource::Editable(path) => format!(" -e {path}"),
                };
                let span = &text[pin.span.range()];
                assert!(!span.starts_with(' ') && !span.ends_with([' ', '\\', '\r', '\n']));
                format!(
                    "{}{extras:?}{source} ; {} # {:?} via {:?}",
                    pin.name,
                    pin.marker.as_deref().unwrap_or("-"),
                    pin.hashes,
                    pin.via
                )
            })
            .collect()
    }

    #[test]
    fn a_path_of_a_wheel_is_a_pin() {
        assert_eq!(
            brief(
                "./w=1/A_b-1.0-py3-none-any.whl[x] ; python_version > \"3\" \\\n    --hash=sha256:aa\n\
                 c-1-py3-none-any.whl\nd@https://host.example/d-1-py3-none-any.whl\n./e.zip\n"
            ),
            [
                r#"a-b["x"] in ./w=1/A_b-1.0-py3-none-any.whl ; python_version > "3" # ["sha256:aa"] via []"#,
                "c[] in c-1-py3-none-any.whl ; - # [] via []",
                "d[] @ https://host.example/d-1-py3-none-any.whl ; - # [] via []",
            ]
        );
    }

    #[test]
    fn reads_what_pip_compile_writes() {
        let text = "#\n# This file is autogenerated by pip-compile with Python 3.11\n\
            # by the following command:\n#\n#    pip-compile --generate-hashes requirements.in\n#\n\
            --find-links wh\n\n\
            flask[async]==3.1.3 \\\n    --hash=sha256:cf07 \\\n    --hash=sha256:d000\n    # via -r requirements.in\n\
            jinja2==3.1.6 ; python_version >= \"3.8\" \\\n    --hash=sha256:8920\n    # via\n    #   -r requirements.in\n    #   flask\n\
            local-one===1.0+cu12      # via -r requirements.in, x\n\n\
            # The following packages are considered to be unsafe in a requirements file:\n# pip\n";
        assert_eq!(
            brief(text),
            [
                r#"flask["async"]==3.1.3 ; - # ["sha256:cf07", "sha256:d000"] via ["-r requirements.in"]"#,
                r#"jinja2[]==3.1.6 ; python_version >= "3.8" # ["sha256:8920"] via ["-r requirements.in", "flask"]"#,
                r#"local-one[]===1.0+cu12 ; - # [] via ["-r requirements.in", "x"]"#,
            ]
        );
        let file = read(text);
        assert_eq!(file.problems, []);
        assert_eq!(file.options, ["--find-links wh"]);
        assert_eq!(
            file.header,
            Some(FileHeader {
                tool: "pip-compile".to_owned(),
                target: Some("Python 3.11".to_owned()),
                command: Some("pip-compile --generate-hashes requirements.in".to_owned()),
            })
        );
        assert_eq!(brief(&text.replace('\n', "\r\n")), brief(text));
    }

    #[test]
    fn reads_what_uv_writes() {
        let text = "# This file was autogenerated by uv via the following command:\n\
            #    uv pip compile requirements.in -o uv.txt\n\
            flask[async, dev]==3.1.3 ; python_full_version >= '3.10' \\\n    --hash=sha256:cf07\n    # via -r requirements.in\n    # from https://index.example/simple/\n\
            x @ git+https://host/r@0123 ; sys_platform == 'linux'\n    # via\n    #   a\n    # from https://index.example/simple/\n    #   b\n";
        assert_eq!(
            brief(text),
            [
                r#"flask["async", "dev"]==3.1.3 ; python_full_version >= '3.10' # ["sha256:cf07"] via ["-r requirements.in"]"#,
                r#"x[]@ git+https://host/r@0123 ; sys_platform == 'linux' # [] via ["a"]"#
                    .replace("[]@", "[] @")
                    .as_str(),
            ]
        );
        let header = read(text).header.expect("there is a header");
        assert_eq!(header.tool, "uv");
        assert_eq!(header.target, None);
        assert_eq!(
            header.command.as_deref(),
            Some("uv pip compile requirements.in -o uv.txt")
        );
    }

    #[test]
    fn joins_a_command_that_is_wrapped() {
        let command = |text: &str| read(text).header.and_then(|header| header.command);
        let top = "# This file is autogenerated by pip-compile with Python 3.11\n# by the following command:\n#\n";
        assert_eq!(
            command(&format!(
                "{top}#    pip-compile --pre\n#      --output-file=a.txt\n#      a.in\n#\n#    b.in\n"
            )),
            Some("pip-compile --pre --output-file=a.txt a.in".to_owned())
        );
        assert_eq!(
            command(&format!(
                "{top}#    pip-compile \\\n#    --pre \\\n#    a.in\n#    b.in\na==1\n"
            )),
            Some("pip-compile --pre a.in".to_owned())
        );
    }

    #[test]
    fn joins_lines_before_it_strips_comments() {
        assert_eq!(
            brief(
                "a \\\n == 1.0 \\\n --hash sha256:aa --hash=md5:bb # via c \\\n --hash=sha256:dd\nb==2"
            ),
            [
                r#"a[]==1.0 ; - # ["sha256:aa", "md5:bb"] via ["c"]"#,
                r"b[]==2 ; - # [] via []",
            ]
        );
        // A comment line ends a continuation, also after a backslash.
        assert_eq!(
            brief("a==1 \\\n    --hash=sha256:aa \\\n    # via b \\\nc==2\n"),
            [
                r#"a[]==1 ; - # ["sha256:aa"] via ["b \\"]"#,
                r"c[]==2 ; - # [] via []",
            ]
        );
    }

    #[test]
    fn joins_a_hash_that_is_broken_in_two() {
        assert_eq!(
            brief("a==1 \\\n --hash=sha256:aa\\\nbb --hash=sha256:cc\n"),
            [r#"a[]==1 ; - # ["sha256:aabb", "sha256:cc"] via []"#]
        );
    }

    #[test]
    fn notes_and_skips_what_is_no_pin() {
        let text = "flask>=2\na==1.*\nb==1,>0\n==3\n[x]\nc @\nd\n-e ./proj\nok==1 --global-option=x\n\u{1b}[31m\n";
        assert_eq!(brief(text), [r"ok[]==1 ; - # [] via []"]);
        let file = read(text);
        assert_eq!(file.problems.len(), 9);
        assert_eq!(
            file.problems[0].message,
            "`flask>=2` is not pinned to one release"
        );
        assert_eq!(file.problems[0].span, Span::new(0, 8));
        assert_eq!(file.options, ["-e ./proj"]);
    }

    #[test]
    fn reads_places_without_a_name() {
        let text = "-e git+https://host/r@0123#egg=X_y[a]&subdirectory=q\n    # at main\n    # via -r a.in\n\
            -e ./p[dev] ; os_name == 'nt'\n./q[x, y] ; os_name == 'nt'\n    # via -r a.in\n\
            ../a-1.tar.gz \\\n    --hash=sha256:aa\n    # via -r a.in\nb==1\n    # via -r a.in\n";
        let file = read(text);
        let brief: Vec<String> = file
            .places
            .iter()
            .map(|place| {
                format!(
                    "{:?} {:?} {:?} {:?} {:?} {:?}",
                    place.source,
                    place.egg.as_ref().map(ToString::to_string),
                    place
                        .extras
                        .iter()
                        .map(AsRef::as_ref)
                        .collect::<Vec<&str>>(),
                    place.marker,
                    place.hashes,
                    place.revision
                )
            })
            .collect();
        assert_eq!(
            brief,
            [
                r#"Editable("git+https://host/r@0123#egg=X_y[a]&subdirectory=q") Some("x-y") [] None [] Some("main")"#,
                r#"Editable("./p[dev]") None [] Some("os_name == 'nt'") [] None"#,
                r#"Path("./q") None ["x", "y"] Some("os_name == 'nt'") [] None"#,
                r#"Path("../a-1.tar.gz") None [] None ["sha256:aa"] None"#,
            ]
        );
        assert_eq!(file.pins.len(), 1);
        assert_eq!(file.pins[0].via, ["-r a.in"]);
        assert_eq!(file.options.len(), 2);
    }

    #[test]
    fn comments_of_one_pin_do_not_leak_into_the_next() {
        assert_eq!(
            brief("a==1\n    # via\n    #   b\n# via c\n    # via d\ne==1\n    #   f\n"),
            [r#"a[]==1 ; - # [] via ["b"]"#, r"e[]==1 ; - # [] via []"]
        );
    }

    #[test]
    fn survives_any_ending() {
        for text in [
            "",
            "\u{feff}",
            "a==1\\",
            "a==1 \\\n",
            "\\",
            "#",
            "a==1#b",
            "a==1 \\\r\n\\\r\n",
        ] {
            let file = read(text);
            assert!(file.pins.len() <= 1, "{text:?}");
        }
        assert_eq!(brief("\u{feff}a==1"), [r"a[]==1 ; - # [] via []"]);
    }
}
