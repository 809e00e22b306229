//! Requirements (PEP 508): `name[extra] >=1.0 ; marker`, `name @ URL`.
//!
//! [`Requirement::parse`] takes what pip takes. [`Requirement::parse_metadata`]
//! also takes what old releases have in their METADATA. Paths, bare URLs and
//! options of requirements files are not requirements: see `requirements/`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::error::RequirementError;
use super::marker::Marker;
use super::marker_parser::Mode;
use super::name::{ExtraName, ProjectName};
use super::specifier::Specifiers;
use crate::text::Span;

/// What a project or a user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The project, in normal form.
    pub name: ProjectName,
    /// The extras asked for, sorted, each once.
    pub extras: Vec<ExtraName>,
    /// Which releases will do.
    pub source: RequirementSource,
    /// When the requirement applies.
    pub marker: Option<Marker>,
}

/// Where a required project is to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequirementSource {
    /// An index; any version that passes.
    Specifiers(Specifiers),
    /// This URL, as it was written.
    Url(String),
}

impl Requirement {
    /// Parses a requirement as pip does.
    ///
    /// # Errors
    /// When the text is not a requirement; the span says where, in bytes of `text`.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        Parser::new(text, Mode::Strict).requirement()
    }

    /// Parses a requirement of a release's metadata: strictly, and where that
    /// fails, forgiving what old tools wrote (`>=2.0.*`, `>=1.0<2.0`, `~=2`,
    /// quotes round versions, none in markers).
    ///
    /// # Errors
    /// The strict parser's error, when the text makes no sense either way.
    pub fn parse_metadata(text: &str) -> Result<Self, RequirementError> {
        Self::parse_forgiving(text).map(|(requirement, _)| requirement)
    }

    /// Parses a requirement of a release's metadata as [`Self::parse_metadata`] does;
    /// returns the strict parser's error with it, if it needed to be forgiven.
    ///
    /// pip (24.1 and newer) refuses releases with such requirements, and fails on markers
    /// that it cannot evaluate.
    ///
    /// # Errors
    /// The strict parser's error, when the text makes no sense either way.
    pub fn parse_forgiving(
        text: &str,
    ) -> Result<(Self, Option<RequirementError>), RequirementError> {
        let error = match Self::parse(text) {
            Ok(requirement) => return Ok((requirement, None)),
            Err(error) => error,
        };
        match Parser::new(text, Mode::Lenient).requirement() {
            Ok(requirement) => Ok((requirement, Some(error))),
            Err(_) => Err(error),
        }
    }

    /// Returns the specifiers; `None` for a requirement by URL.
    pub fn specifiers(&self) -> Option<&Specifiers> {
        match &self.source {
            RequirementSource::Specifiers(specifiers) => Some(specifiers),
            RequirementSource::Url(_) => None,
        }
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for (index, extra) in self.extras.iter().enumerate() {
            write!(f, "{}{extra}", if index == 0 { "[" } else { "," })?;
        }
        if !self.extras.is_empty() {
            f.write_str("]")?;
        }
        match &self.source {
            RequirementSource::Specifiers(specifiers) => write!(f, "{specifiers}")?,
            RequirementSource::Url(url) => write!(f, " @ {url}")?,
        }
        match &self.marker {
            Some(marker) => write!(f, " ; {marker}"),
            None => Ok(()),
        }
    }
}

/// Reads, one after the other,
///
/// ```text
/// requirement = name [extras] ("@" url [blank ";" marker] | specifiers [";" marker])
/// extras      = "[" [name *("," name)] "]"
/// specifiers  = "(" list ")" | list
/// list        = [clause *("," clause) [","]]
/// ```
struct Parser<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
}

impl<'a> Parser<'a> {
    const fn new(text: &'a str, mode: Mode) -> Self {
        Self { text, at: 0, mode }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.next().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn requirement(mut self) -> Result<Requirement, RequirementError> {
        self.skip_blanks();
        let name = self.name()?;
        self.skip_blanks();
        let extras = if self.next() == Some(b'[') {
            self.extras()?
        } else {
            Vec::new()
        };
        self.skip_blanks();
        let source = if self.next() == Some(b'@') {
            self.at += 1;
            RequirementSource::Url(self.url()?)
        } else {
            RequirementSource::Specifiers(self.specifiers()?)
        };
        let marker = self.marker()?;
        Ok(Requirement {
            name,
            extras,
            source,
            marker,
        })
    }

    /// Takes letters, digits and `-_.`, of which only a letter or a digit is taken
    /// as the first, and neither `-` nor `.` as the last.
    fn identifier(&mut self) -> (&'a str, Span) {
        let bytes = self.rest().as_bytes();
        if !bytes.first().is_some_and(u8::is_ascii_alphanumeric) {
            return ("", Span::new(self.at, self.at));
        }
        let length = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .count();
        let length = bytes[..length]
            .iter()
            .rposition(|byte| !matches!(byte, b'-' | b'.'))
            .map_or(0, |last| last + 1);
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        (&self.text[span.range()], span)
    }

    fn name(&mut self) -> Result<ProjectName, RequirementError> {
        let (name, span) = self.identifier();
        if name.is_empty() {
            let error = self.unexpected("expected a project name");
            return Err(error);
        }
        ProjectName::new(name.to_owned()).map_err(|_| not_a_name(name, span))
    }

    fn extras(&mut self) -> Result<Vec<ExtraName>, RequirementError> {
        let opening = Span::new(self.at, self.at + 1);
        self.at += 1;
        let mut extras: Vec<ExtraName> = Vec::new();
        loop {
            self.skip_blanks();
            match self.next() {
                // `[]` is allowed, `[a,]` is not.
                Some(b']') if extras.is_empty() || self.mode == Mode::Lenient => break,
                None => {
                    return Err(RequirementError::new("unclosed `[`", opening));
                }
                Some(_) => {}
            }
            let (name, span) = self.identifier();
            if name.is_empty() {
                return Err(self.unexpected("expected an extra name"));
            }
            extras.push(ExtraName::new(name.to_owned()).map_err(|_| not_a_name(name, span))?);
            self.skip_blanks();
            match self.next() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                None => {
                    return Err(RequirementError::new("unclosed `[`", opening));
                }
                Some(_) => return Err(self.unexpected("expected `,` or `]` after an extra")),
            }
        }
        self.at += 1;
        extras.sort_unstable();
        extras.dedup();
        Ok(extras)
    }

    fn url(&mut self) -> Result<String, RequirementError> {
        self.skip_blanks();
        let length = self
            .rest()
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.unexpected("expected a URL after `@`"));
        }
        let span = Span::new(self.at, self.at + length);
        let url = &self.text[span.range()];
        self.at += length;
        self.skip_blanks();
        if self.next().is_some_and(|byte| byte != b';') {
            return Err(self.unexpected("expected ` ;` and a marker, or the end, after the URL"));
        }
        Ok(url.to_owned())
    }

    /// Takes the specifiers and stands at the `;` or the end after it.
    fn specifiers(&mut self) -> Result<Specifiers, RequirementError> {
        let start = self.at;
        let end = self
            .rest()
            .find(';')
            .map_or(self.text.len(), |at| start + at);
        let list = &self.text[start..end];
        self.at = end;
        if list.is_empty() {
            return Ok(Specifiers::default());
        }
        if self.mode == Mode::Lenient {
            return Ok(Specifiers::parse_lenient(list)?);
        }
        let Some(inner) = list.strip_prefix('(') else {
            return checked_list(list, start);
        };
        let Some(closing) = inner.find(')') else {
            return Err(RequirementError::new(
                "unclosed `(`",
                Span::new(start, start + 1),
            ));
        };
        let behind = &inner[closing + 1..];
        if !behind.trim_ascii().is_empty() {
            self.at = start + closing + 2;
            self.skip_blanks();
            return Err(self.unexpected("expected `;` and a marker, or the end, after `)`"));
        }
        checked_list(&inner[..closing], start + 1)
    }

    fn marker(&mut self) -> Result<Option<Marker>, RequirementError> {
        if self.next().is_none() {
            return Ok(None);
        }
        self.at += 1;
        if self.mode == Mode::Lenient && self.rest().trim_ascii().is_empty() {
            return Ok(None);
        }
        Marker::parse_from(self.text, self.at, self.mode).map(Some)
    }

    fn unexpected(&self, message: &str) -> RequirementError {
        let rest = self.rest();
        if rest.is_empty() {
            return RequirementError::new(
                format!("{message}, found the end"),
                Span::new(self.at, self.at),
            );
        }
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ']' | ')'))
            .map_or(rest.len(), |at| at.max(first));
        RequirementError::new(
            format!("{message}, found `{}`", &rest[..length]),
            Span::new(self.at, self.at + length),
        )
    }
}

fn checked_list(list: &str, start: usize) -> Result<Specifiers, RequirementError> {
    let specifiers = Specifiers::parse_at(list, start)?;
    // `SpecifierSet` takes any commas, a requirement only one at the end.
    let mut parts = list.split(',');
    let _last = parts.next_back();
    let mut at = start;
    for part in parts {
        at += part.len() + 1;
        if part.trim_ascii().is_empty() {
            return Err(RequirementError::new(
                "expected a comparison before this comma",
                Span::new(at - 1, at),
            ));
        }
    }
    Ok(specifiers)
}

fn not_a_name(name: &str, span: Span) -> RequirementError {
    RequirementError::new(format!("`{name}` is not a valid name"), span)
        .with_help("names start and end with a letter or digit")
}

#[cfg(test)]
#[path = "requirement_tests.rs"]
mod tests;
