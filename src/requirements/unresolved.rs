//! What a requirement line or an editable one asks for: PEP 508, a bare path, a URL.
//!
//! pip looks at the disk to tell a directory from a mistake. We do not: what looks
//! like a path is one, and whoever opens it says so when there is none.

use std::borrow::Cow;

use url::Url;

use crate::python::{ExtraName, Marker, ProjectName, Requirement, RequirementSource};
use crate::text::{self, Problem, Span, percent_decoded};

use super::lines::is_space;

/// What a requirement line asks for, before anything is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnresolvedRequirement {
    /// A requirement with its name: `flask[async]>=3; python_version > "3.9"`,
    /// `flask @ https://…`.
    Named(Requirement),
    /// A bare path or URL of a directory, an archive or a repository.
    Unnamed(UnnamedRequirement),
}

/// A path or URL that stands for a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnamedRequirement {
    /// The URL, or the path relative to the current directory, without extras and marker.
    pub url_or_path: String,
    /// The project's name, if the wheel's file name or `#egg=` gives it.
    pub name: Option<ProjectName>,
    /// The extras behind it: `./project[dev]`.
    pub extras: Vec<ExtraName>,
    /// When it applies.
    pub marker: Option<Marker>,
}

impl UnresolvedRequirement {
    /// Returns the project's name, if the line alone gives it.
    pub fn name(&self) -> Option<&ProjectName> {
        match self {
            Self::Named(requirement) => Some(&requirement.name),
            Self::Unnamed(unnamed) => unnamed.name.as_ref(),
        }
    }

    /// Returns the marker.
    pub fn marker(&self) -> Option<&Marker> {
        match self {
            Self::Named(requirement) => requirement.marker.as_ref(),
            Self::Unnamed(unnamed) => unnamed.marker.as_ref(),
        }
    }
}

/// Archives that pip opens.
const ARCHIVES: [&str; 12] = [
    ".zip",
    ".whl",
    ".tar.bz2",
    ".tbz",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
];

/// Version control systems, and how each may be reached.
const REPOSITORIES: [(&str, &[&str]); 4] = [
    ("git", &["http", "https", "ssh", "git", "file"]),
    ("hg", &["file", "http", "https", "ssh", "static-http"]),
    ("svn", &["ssh", "http", "https", "svn", "file"]),
    (
        "bzr",
        &["http", "https", "ssh", "sftp", "ftp", "lp", "file"],
    ),
];

/// Parses the requirement of a line, without its options.
///
/// The problem's span counts from the start of `text`.
pub(super) fn parse(text: &str) -> Result<UnresolvedRequirement, Problem> {
    let is_location = is_url(text);
    let separator = if is_location { "; " } else { ";" };
    let (name, marker) = match text.find(separator) {
        Some(index) => (&text[..index], Some(index + separator.len())),
        None => (text, None),
    };
    let marker_text = marker.map(|start| (start, text[start..].trim_matches(is_space)));
    let marker_text = marker_text.filter(|(_, marker)| !marker.is_empty());
    let start = name.len() - name.trim_start_matches(is_space).len();
    let name = name.trim_matches(is_space);

    if is_location {
        return Ok(UnresolvedRequirement::Unnamed(UnnamedRequirement {
            name: name_of_url(name, start)?,
            url_or_path: name.to_owned(),
            extras: Vec::new(),
            marker: parse_marker(text, marker_text.map(|(start, _)| start))?,
        }));
    }
    let (path, extras) = strip_extras(name);
    if is_path(path, name) {
        return Ok(UnresolvedRequirement::Unnamed(UnnamedRequirement {
            name: name_of_path(path, start)?,
            url_or_path: path.to_owned(),
            extras: parse_extras(extras, start + name.len() - extras.len())?,
            marker: parse_marker(text, marker_text.map(|(start, _)| start))?,
        }));
    }
    check_missing_include(name, start)?;
    // The marker is cut off before anything else, at a `;` in a URL too. Where there
    // is not a URL the parser does the same, and its messages see the whole.
    if name.contains('@') || marker_text.is_none() {
        let mut requirement = parse_pep508(name, start)?;
        check_egg_of_named(&requirement, name, start)?;
        requirement.marker = parse_marker(text, marker_text.map(|(start, _)| start))?;
        Ok(UnresolvedRequirement::Named(requirement))
    } else {
        parse_pep508(text, 0).map(UnresolvedRequirement::Named)
    }
}

/// Parses the value of `-e`.
///
/// The problem's span counts from the start of `text`.
pub(super) fn parse_editable(text: &str) -> Result<UnresolvedRequirement, Problem> {
    if text.contains('@')
        && let Ok(requirement) = Requirement::parse(text)
        && let RequirementSource::Url(url) = &requirement.source
    {
        check_egg_of_named(&requirement, text, 0).map_err(as_editable)?;
        return if is_repository(url) || starts_with_ignoring_case(url, "file:") {
            Ok(UnresolvedRequirement::Named(requirement))
        } else {
            Err(not_editable(text))
        };
    }
    let (path, extras) = strip_extras(text);
    if let Some(url) = repository_url(text) {
        let name = egg(&url, 0).map_err(as_editable)?.ok_or_else(|| {
            Problem::new(
                Span::new(0, text.len()),
                format!(
                    "the project name of `{}` is unknown",
                    without_password(text)
                ),
            )
            .with_help(format!(
                "put the name before it: `-e \"name @ {}\"`",
                without_password(&url)
            ))
        })?;
        return Ok(UnresolvedRequirement::Unnamed(UnnamedRequirement {
            url_or_path: url.into_owned(),
            name: Some(name),
            extras: Vec::new(),
            marker: None,
        }));
    }
    let is_file_url = starts_with_ignoring_case(path, "file:");
    if path.is_empty() || !is_file_url && is_url(path) {
        return Err(not_editable(text));
    }
    if !is_file_url && path.contains(" @ ") {
        // It was meant as `name @ URL`; say what is wrong with that.
        parse_pep508(text, 0)?;
    }
    Ok(UnresolvedRequirement::Unnamed(UnnamedRequirement {
        name: if is_file_url { egg(path, 0)? } else { None },
        url_or_path: path.to_owned(),
        extras: parse_extras(extras, text.len() - extras.len())?,
        marker: None,
    }))
}

/// Puts `-e` before what a problem's help says to write.
fn as_editable(mut problem: Problem) -> Problem {
    let help = problem.help.as_deref().and_then(|help| {
        let reference = help.strip_prefix("write `")?.strip_suffix('`')?;
        Some(format!("write `-e \"{reference}\"`"))
    });
    problem.help = help.or(problem.help);
    problem
}

/// Cuts the URL or path out of a requirement's text.
pub(super) fn location_as_written<'a>(
    requirement: &UnresolvedRequirement,
    text: &'a str,
) -> Option<&'a str> {
    match requirement {
        UnresolvedRequirement::Named(requirement) => match requirement.source {
            RequirementSource::Specifiers(_) => None,
            RequirementSource::Url(_) => {
                let (_, url) = text.split_once('@')?;
                url.trim_start_matches(is_space)
                    .split(|character| is_space(character) || character == ';')
                    .next()
            }
        },
        UnresolvedRequirement::Unnamed(_) => {
            let separator = if is_url(text) { "; " } else { ";" };
            let location = text.split(separator).next()?.trim_matches(is_space);
            Some(if is_url(location) {
                location
            } else {
                strip_extras(location).0
            })
        }
    }
}

/// Cuts the URL or path out of an editable requirement's text, which has a marker only
/// behind `name @ URL`.
pub(super) fn editable_location_as_written<'a>(
    requirement: &UnresolvedRequirement,
    text: &'a str,
) -> Option<&'a str> {
    match requirement {
        UnresolvedRequirement::Unnamed(_) if is_repository(text) => Some(text),
        UnresolvedRequirement::Unnamed(_) => Some(strip_extras(text).0),
        UnresolvedRequirement::Named(_) => location_as_written(requirement, text),
    }
}

/// Whether pip takes the text for a URL.
pub(super) fn is_url(text: &str) -> bool {
    let Some(scheme) = scheme(text) else {
        return false;
    };
    ["http", "https", "file", "ftp"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        || is_repository_scheme(scheme)
}

/// Returns the scheme of a URL: `letter (letter | digit | "+" | "-" | ".")* ":"`.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then_some(scheme)
}

fn is_repository(url: &str) -> bool {
    scheme(url).is_some_and(is_repository_scheme)
}

fn is_repository_scheme(scheme: &str) -> bool {
    scheme.split_once('+').is_some_and(|(system, transport)| {
        REPOSITORIES.iter().any(|(known, transports)| {
            known.eq_ignore_ascii_case(system)
                && transports
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(transport))
        })
    })
}

/// Returns the URL of a repository; `git:…` is short for `git+git:…`.
fn repository_url(text: &str) -> Option<Cow<'_, str>> {
    if is_repository(text) {
        return Some(Cow::Borrowed(text));
    }
    let system = scheme(text)?;
    let long = format!("{}+{text}", system.to_ascii_lowercase());
    is_repository(&long).then_some(Cow::Owned(long))
}

/// Splits `path[extras]`; the second part is empty or has its brackets.
fn strip_extras(text: &str) -> (&str, &str) {
    if let Some(inner) = text.strip_suffix(']')
        && let Some(open) = inner.rfind('[')
        && open > 0
        && open + 1 < inner.len()
        && !inner[open..].contains(']')
    {
        return (text[..open].trim_end_matches(is_space), &text[open..]);
    }
    (text, "")
}

/// Whether a text is a path: it has a separator or starts with a dot, or it is an
/// archive's name, and it is not `name @ URL`.
fn is_path(path: &str, text: &str) -> bool {
    let looks_like_path = |text: &str| text.contains('/') || text.starts_with('.');
    if let Some((name, _)) = text.split_once('@')
        && !looks_like_path(name)
    {
        return false;
    }
    // No directory would be meant by `flask>=1/2` or `flask https://…`; pip finds out by
    // looking for it.
    let start = &text[..text.find('/').unwrap_or(0)];
    let is_mistake = !text.starts_with('.')
        && start.contains(|character| is_space(character) || "<>=!~:;\"'".contains(character));
    looks_like_path(text) && !is_mistake || is_archive(path)
}

pub(super) fn is_archive(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).as_bytes();
    ARCHIVES.iter().any(|extension| {
        name.len() > extension.len()
            && name[name.len() - extension.len()..].eq_ignore_ascii_case(extension.as_bytes())
    })
}

fn name_of_url(url: &str, offset: usize) -> Result<Option<ProjectName>, Problem> {
    let path = url.split(['#', '?']).next().unwrap_or(url);
    match path.rsplit('/').next() {
        Some(file) if !is_repository(url) && is_wheel(file) => {
            // Its name is not needed, but pip refuses what is none.
            egg(url, offset)?;
            let span = Span::new(offset, offset + url.len());
            name_of_wheel(&percent_decoded(file), span).map(Some)
        }
        _ => egg(url, offset),
    }
}

fn name_of_path(path: &str, offset: usize) -> Result<Option<ProjectName>, Problem> {
    match path.rsplit('/').next() {
        Some(file) if is_wheel(file) => {
            name_of_wheel(file, Span::new(offset, offset + path.len())).map(Some)
        }
        _ => check_missing_include(path, offset).map(|()| None),
    }
}

fn is_wheel(file: &str) -> bool {
    file.strip_suffix(".whl").is_some()
}

/// Reads the project's name from a wheel's file name (PEP 427).
fn name_of_wheel(file: &str, span: Span) -> Result<ProjectName, Problem> {
    let parts = file.trim_end_matches(".whl").split('-').count();
    let name = file.split('-').next().unwrap_or_default();
    name.parse()
        .ok()
        .filter(|_| parts == 5 || parts == 6)
        .ok_or_else(|| {
            Problem::new(span, format!("`{file}` is not a wheel file name")).with_help(
                "wheels are named `name-version-python-abi-platform.whl`: \
                 `flask-3.1.2-py3-none-any.whl`",
            )
        })
}

/// What a URL's `#egg=` says.
struct Egg<'u> {
    text: &'u str,
    /// Where it stands in the URL.
    span: Span,
    /// The URL without it, and without secrets.
    location: String,
}

impl<'u> Egg<'u> {
    fn of(url: &'u str) -> Option<Self> {
        let key = "#egg=".len();
        let start = ["#egg=", "&egg="].iter().filter_map(|key| url.find(key));
        let start = start.min()? + key;
        let length = url[start..].find('&').unwrap_or(url.len() - start);
        let before = &url[..start - key];
        let behind = &url[start + length..];
        let fragment = match behind.strip_prefix('&') {
            Some(rest) if url.as_bytes()[start - key] == b'#' => format!("#{rest}"),
            _ => behind.to_owned(),
        };
        Some(Self {
            text: &url[start..start + length],
            span: Span::new(start, start + length),
            location: without_password(&format!("{before}{fragment}")).into_owned(),
        })
    }

    fn name(&self) -> Option<ProjectName> {
        let is_name = is_project_name(self.text);
        self.text.parse().ok().filter(|_| is_name)
    }

    /// Says that it is not a name. Extras were allowed here until pip 26.
    fn problem(&self, offset: usize, instead: &str) -> Problem {
        let message = format!("`{}` is not a project name", self.text);
        Problem::new(self.span.shift(offset), message)
            .with_help(format!("write `{instead} @ {}`", self.location))
    }
}

/// Reads the name from a URL's `#egg=name`.
fn egg(url: &str, offset: usize) -> Result<Option<ProjectName>, Problem> {
    let Some(egg) = Egg::of(url) else {
        return Ok(None);
    };
    if let Some(name) = egg.name() {
        return Ok(Some(name));
    }
    Err(match strip_extras(egg.text) {
        (name, extras) if !extras.is_empty() && is_project_name(name) => {
            egg.problem(offset, egg.text)
        }
        _ => egg.problem(offset, "name"),
    })
}

/// Refuses in the fragment of `name @ URL` what is not a name: pip does, and before it did,
/// extras had no effect there.
fn check_egg_of_named(requirement: &Requirement, text: &str, offset: usize) -> Result<(), Problem> {
    let RequirementSource::Url(url) = &requirement.source else {
        return Ok(());
    };
    let Some(egg) = Egg::of(url).filter(|egg| egg.name().is_none()) else {
        return Ok(());
    };
    let mut extras = parse_extras(strip_extras(egg.text).1, 0).unwrap_or_default();
    extras.extend(requirement.extras.iter().cloned());
    extras.sort_unstable();
    extras.dedup();
    let extras: Vec<String> = extras.iter().map(ToString::to_string).collect();
    let instead = match &extras[..] {
        [] => requirement.name.to_string(),
        extras => format!("{}[{}]", requirement.name, extras.join(",")),
    };
    let at = text.find(url.as_str()).unwrap_or_default();
    Err(egg.problem(offset + at, &instead))
}

fn is_project_name(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Refuses what is a requirements file by its name: somebody forgot `-r`.
///
/// pip would ask the index for a project `requirements.txt`, and such names have
/// been taken by people who hoped for that.
fn check_missing_include(text: &str, offset: usize) -> Result<(), Problem> {
    let extension = text.rsplit_once('.').map(|(_, extension)| extension);
    let is_file = extension.is_some_and(|extension| {
        extension.eq_ignore_ascii_case("txt") || extension.eq_ignore_ascii_case("in")
    });
    if !is_file || text.contains(is_space) {
        return Ok(());
    }
    let help = if is_project_name(text) {
        format!(
            "write `-r {text}` to include the file, or `{}` for a project of that name",
            text.replace('.', "-")
        )
    } else {
        format!("write `-r {text}` to include the file")
    };
    let span = Span::new(offset, offset + text.len());
    Err(Problem::new(span, format!("`{text}` looks like a requirements file")).with_help(help))
}

fn not_editable(text: &str) -> Problem {
    Problem::new(
        Span::new(0, text.len()),
        format!("`{}` cannot be editable", without_password(text)),
    )
    .with_help("use the path of a project directory, or a repository: `git+https://…`")
}

/// Parses a requirement and moves its error's span by `offset`.
fn parse_pep508(text: &str, offset: usize) -> Result<Requirement, Problem> {
    Requirement::parse(text).map_err(|error| {
        let help = error.help.or_else(|| single_equals(text));
        Problem {
            span: clamp(error.span, text).shift(offset),
            message: error.message,
            help,
        }
    })
}

fn single_equals(text: &str) -> Option<String> {
    let (before, _) = text.split_once('=')?;
    let is_single =
        !before.ends_with(['~', '!', '<', '>']) && !text[before.len()..].starts_with("==");
    is_single.then(|| "did you mean `==`?".to_owned())
}

/// Parses extras with their brackets, which start at `offset`.
fn parse_extras(extras: &str, offset: usize) -> Result<Vec<ExtraName>, Problem> {
    if extras.is_empty() {
        return Ok(Vec::new());
    }
    // The grammar of extras is that of requirements, so a name is put before them.
    let name = "placeholder";
    let whole = format!("{name}{extras}");
    Requirement::parse(&whole)
        .map(|requirement| requirement.extras)
        .map_err(|error| {
            let span = clamp(error.span, &whole);
            let start = span.start.saturating_sub(name.len());
            let end = span.end.saturating_sub(name.len());
            Problem {
                span: Span::new(start, end).shift(offset),
                message: error.message,
                help: error.help,
            }
        })
}

/// Parses the marker that starts at `start`, if there is one.
fn parse_marker(text: &str, start: Option<usize>) -> Result<Option<Marker>, Problem> {
    let Some(start) = start else {
        return Ok(None);
    };
    Marker::parse(&text[start..])
        .map(Some)
        .map_err(|error| Problem {
            span: clamp(error.span, &text[start..]).shift(start),
            message: error.message,
            help: error.help,
        })
}

/// Keeps a span inside a text and on its characters' borders.
fn clamp(span: Span, text: &str) -> Span {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    Span::new(start, end)
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.as_bytes()
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Returns a URL with `****` for its password and without other secrets; anything that
/// is not a URL comes back as it is.
pub(super) fn without_password(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    match Url::parse(text) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some("****")) {
            Ok(()) => Cow::Owned(text::without_query_secrets(url.as_str()).into_owned()),
            Err(()) => Cow::Owned(text::without_password(text)),
        },
        // A token may stand where users do, or in the query.
        _ => Cow::Owned(text::without_password(text)),
    }
}
