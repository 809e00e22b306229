//! A project's dependencies, read from pyproject.toml (PEP 621) without building it.
//!
//! What the file does not state is only known after a build, which we do not do:
//! that is a problem with advice. Fields that do not concern dependencies are not
//! looked at, and dependency groups (PEP 735) not yet.

use std::collections::HashSet;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::python::{ExtraName, Marker, ProjectName, Requirement, Specifiers};
use crate::text::{Problem, Span, nearest};

/// The `[project]` table, as far as dependencies go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The name as written; empty if it is missing.
    pub name: String,
    /// The name in normal form; `None` if it is missing or not a name.
    pub normalized: Option<ProjectName>,
    /// The version as written, if the file gives it.
    pub version: Option<String>,
    /// `requires-python`, and where it stands.
    pub requires_python: Option<(Specifiers, Span)>,
    /// `dependencies`, each with the place of its text.
    pub dependencies: Vec<(Requirement, Span)>,
    /// `optional-dependencies` by extra, in the order of the file.
    pub optional: IndexMap<ExtraName, Vec<(Requirement, Span)>>,
    /// `dynamic`
    pub dynamic: Vec<String>,
    /// What is wrong with the file; if there is anything, the rest is incomplete.
    pub problems: Vec<Problem>,
    /// What may not be what its author meant.
    pub warnings: Vec<Problem>,
}

/// A dependency that was selected from a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The requirement, with the markers of the references that led to it.
    pub requirement: Requirement,
    /// Where its text stands.
    pub span: Span,
    /// The extra that lists it.
    pub extra: Option<ExtraName>,
}

/// Why dependencies could not be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The project has no such extra.
    #[error("`{project}` has no extra `{extra}`")]
    UnknownExtra {
        /// The project's name as written.
        project: String,
        /// The extra that was asked for.
        extra: ExtraName,
        /// The extras that it has.
        known: Vec<ExtraName>,
    },
    /// Markers of references to the project itself do not combine.
    #[error("the markers of this dependency cannot be combined: {message}")]
    Marker {
        /// What is wrong with them.
        message: String,
        /// Where the dependency stands.
        span: Span,
    },
}

impl SelectError {
    /// Returns what to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownExtra { extra, known, .. } => Some(known_extras(extra, known)),
            Self::Marker { .. } => None,
        }
    }
}

impl Project {
    /// Parses the text of a pyproject.toml.
    pub fn parse(text: &str) -> Self {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            text,
            project: Self::default(),
        };
        for error in errors {
            let span = error.span().map_or_else(Span::default, Span::from);
            let message = error.message().lines().next().unwrap_or_default();
            reader.problem(span, format!("invalid TOML: {message}"), None);
        }
        // After a syntax error, what is missing may only be hidden.
        if reader.project.problems.is_empty() {
            reader.document(document.get_ref());
        }
        reader.project
    }

    /// Returns the dependencies, and those of `extras`, or of all extras if `all`.
    ///
    /// A reference of the project to its own extras (`name[dev]`) is replaced by what
    /// these list; they may refer to each other in circles. A marker on a reference
    /// applies to all that it stands for.
    pub fn select(&self, extras: &[ExtraName], all: bool) -> Result<Vec<Selected>, SelectError> {
        let mut selection = Selection {
            project: self,
            selected: Vec::new(),
            visited: HashSet::new(),
        };
        selection.list(&self.dependencies, None, &[])?;
        let asked: Vec<&ExtraName> = if all {
            self.optional.keys().collect()
        } else {
            extras.iter().collect()
        };
        for extra in asked {
            if !self.optional.contains_key(extra) {
                return Err(SelectError::UnknownExtra {
                    project: self.name.clone(),
                    extra: extra.clone(),
                    known: self.optional.keys().cloned().collect(),
                });
            }
            selection.extra(extra, &[])?;
        }
        Ok(selection.selected)
    }
}

/// A walk through a project's lists of dependencies.
struct Selection<'a> {
    project: &'a Project,
    selected: Vec<Selected>,
    /// Extras that were walked, with the markers that led there.
    visited: HashSet<(&'a ExtraName, Vec<&'a str>)>,
}

impl<'a> Selection<'a> {
    /// Selects a list's requirements, under the markers that led to it.
    fn list(
        &mut self,
        list: &'a [(Requirement, Span)],
        extra: Option<&ExtraName>,
        markers: &[&'a Marker],
    ) -> Result<(), SelectError> {
        for (requirement, span) in list {
            let mut markers = markers.to_vec();
            if let Some(marker) = &requirement.marker
                && !markers.contains(&marker)
            {
                markers.push(marker);
            }
            if self.project.normalized.as_ref() == Some(&requirement.name) {
                for extra in &requirement.extras {
                    self.extra(extra, &markers)?;
                }
                continue;
            }
            let mut requirement = requirement.clone();
            if markers.len() > 1 {
                requirement.marker = Some(all_of(&markers, *span)?);
            } else if let [only] = markers[..] {
                requirement.marker = Some(only.clone());
            }
            self.selected.push(Selected {
                requirement,
                span: *span,
                extra: extra.cloned(),
            });
        }
        Ok(())
    }

    /// Selects an extra's requirements, unless it has been walked already.
    fn extra(&mut self, extra: &ExtraName, markers: &[&'a Marker]) -> Result<(), SelectError> {
        // A reference to an extra that is not there was reported by the parser.
        let Some((extra, list)) = self.project.optional.get_key_value(extra) else {
            return Ok(());
        };
        let is_covered = self.visited.contains(&(extra, Vec::new()))
            || !self.visited.insert((
                extra,
                markers.iter().map(|marker| marker.as_written()).collect(),
            ));
        if is_covered {
            return Ok(());
        }
        self.list(list, Some(extra), markers)
    }
}

fn all_of(markers: &[&Marker], span: Span) -> Result<Marker, SelectError> {
    let mut text = String::new();
    for marker in markers {
        text.push_str(if text.is_empty() { "(" } else { " and (" });
        text.push_str(marker.as_written());
        text.push(')');
    }
    Marker::parse(&text).map_err(|error| SelectError::Marker {
        message: error.message,
        span,
    })
}

fn known_extras(extra: &ExtraName, known: &[ExtraName]) -> String {
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        return "it has no extras".to_owned();
    }
    match nearest(extra.as_ref(), names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("its extras are `{}`", names.join("`, `")),
    }
}

/// Reads the document into a project, and collects what is wrong with it.
struct Reader<'a> {
    text: &'a str,
    project: Project,
}

type Table<'a> = DeTable<'a>;
type Value<'a> = Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn document(&mut self, document: &Table<'_>) {
        let poetry = document
            .get("tool")
            .and_then(|tool| tool.get_ref().get("poetry"));
        let Some(project) = document.get("project") else {
            return self.no_project(document, poetry.is_some());
        };
        let Some(project_table) = project.get_ref().as_table() else {
            return self.wrong_type(project, "`project`", "a table");
        };
        self.name(project, project_table);
        self.project.version = project_table
            .get("version")
            .and_then(|version| version.get_ref().as_str())
            .map(str::to_owned);
        self.requires_python(project_table);
        self.dynamic(project_table, poetry);
        if let Some(dependencies) = project_table.get("dependencies") {
            self.project.dependencies = self.requirements(dependencies, "`dependencies`");
        } else if let Some(poetry) = poetry
            && self.project.dynamic.is_empty()
            && let Some(table) = poetry.get_ref().get("dependencies")
        {
            self.project.warnings.push(
                Problem::new(
                    first_line(self.text, Span::from(table.span())),
                    "`[tool.poetry.dependencies]` is not read",
                )
                .with_help("list what the project needs in `[project]` as `dependencies`"),
            );
        }
        if let Some(optional) = project_table.get("optional-dependencies") {
            self.optional(optional);
        }
        self.references();
    }

    fn no_project(&mut self, document: &Table<'_>, is_poetry: bool) {
        let (message, help) = if is_poetry {
            (
                "there is no `[project]` table; only Poetry reads `[tool.poetry]`",
                "move the dependencies to `[project]`, which Poetry 2 reads as well, or write \
                 them to a requirements.in",
            )
        } else if document.contains_key("build-system") {
            (
                "there is no `[project]` table, so the dependencies are only known after a \
                 build, which this version does not do",
                "list them in `[project]` as `dependencies`, or in a requirements.in",
            )
        } else {
            (
                "there is no `[project]` table",
                "add one with `name`, `version` and `dependencies`, or use a requirements.in",
            )
        };
        self.problem(Span::default(), message, Some(help.to_owned()));
    }

    fn name(&mut self, project: &Value<'_>, table: &Table<'_>) {
        let Some(name) = table.get("name") else {
            let span = first_line(self.text, Span::from(project.span()));
            let help = "add `name = \"…\"` to `[project]`".to_owned();
            return self.problem(span, "`[project]` has no `name`", Some(help));
        };
        let Some(text) = name.get_ref().as_str() else {
            return self.wrong_type(name, "`name`", "a string");
        };
        text.clone_into(&mut self.project.name);
        match text.parse() {
            Ok(normalized) => self.project.normalized = Some(normalized),
            Err(_) => self.problem(
                Span::from(name.span()),
                format!("`{text}` is not a project's name"),
                Some(
                    "a name has letters, digits, `-`, `_` and `.`, and starts and ends with a \
                     letter or digit"
                        .to_owned(),
                ),
            ),
        }
    }

    fn requires_python(&mut self, table: &Table<'_>) {
        let Some(value) = table.get("requires-python") else {
            return;
        };
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong_type(value, "`requires-python`", "a string");
        };
        match Specifiers::parse(text) {
            Ok(specifiers) => {
                self.project.requires_python = Some((specifiers, Span::from(value.span())));
            }
            Err(error) => {
                let span = self.inside(value, text, error.span);
                self.problem(span, error.message, error.help);
            }
        }
    }

    fn dynamic(&mut self, table: &Table<'_>, poetry: Option<&Value<'_>>) {
        let Some(dynamic) = table.get("dynamic") else {
            return;
        };
        let Some(fields) = dynamic.get_ref().as_array() else {
            return self.wrong_type(dynamic, "`dynamic`", "an array of strings");
        };
        for field in fields {
            let Some(name) = field.get_ref().as_str() else {
                self.wrong_type(field, "an entry of `dynamic`", "a string");
                continue;
            };
            self.project.dynamic.push(name.to_owned());
            if name == "dependencies" || name == "optional-dependencies" {
                let help = if poetry
                    .is_some_and(|poetry| poetry.get_ref().get("dependencies").is_some())
                {
                    format!(
                        "move them from `[tool.poetry]` to `{name}` in `[project]`, which Poetry 2 \
                         reads as well"
                    )
                } else {
                    format!("list them as `{name}` in `[project]`, or in a requirements.in")
                };
                self.problem(
                    Span::from(field.span()),
                    format!(
                        "the {name} are only known after a build, which this version does not do"
                    ),
                    Some(help),
                );
            }
        }
    }

    fn optional(&mut self, optional: &Value<'_>) {
        let Some(table) = optional.get_ref().as_table() else {
            return self.wrong_type(optional, "`optional-dependencies`", "a table");
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, list) in entries {
            let written = key.get_ref();
            let Ok(extra) = written.parse::<ExtraName>() else {
                self.problem(
                    Span::from(key.span()),
                    format!("`{written}` is not an extra's name"),
                    None,
                );
                continue;
            };
            let requirements = self.requirements(list, &format!("the extra `{written}`"));
            if self.project.optional.contains_key(&extra) {
                self.problem(
                    Span::from(key.span()),
                    format!("the extra `{extra}` is there twice"),
                    Some(
                        "names that differ in case, `-`, `_` and `.` only are the same".to_owned(),
                    ),
                );
            } else {
                self.project.optional.insert(extra, requirements);
            }
        }
    }

    fn requirements(&mut self, list: &Value<'_>, what: &str) -> Vec<(Requirement, Span)> {
        let Some(entries) = list.get_ref().as_array() else {
            self.wrong_type(list, what, "an array of strings");
            return Vec::new();
        };
        let mut requirements = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(text) = entry.get_ref().as_str() else {
                self.wrong_type(entry, &format!("an entry of {what}"), "a string");
                continue;
            };
            match Requirement::parse(text) {
                Ok(requirement) => {
                    let whole = Span::new(0, text.len());
                    requirements.push((requirement, self.inside(entry, text, whole)));
                }
                Err(error) => {
                    let span = self.inside(entry, text, error.span);
                    self.problem(span, error.message, error.help);
                }
            }
        }
        requirements
    }

    /// Warns of references to extras that the project does not have. pip does so too.
    fn references(&mut self) {
        let project = &self.project;
        let lists = std::iter::once(&project.dependencies).chain(project.optional.values());
        let mut warnings = Vec::new();
        for (requirement, span) in lists.flatten() {
            if project.normalized.as_ref() != Some(&requirement.name) {
                continue;
            }
            for extra in &requirement.extras {
                if !project.optional.contains_key(extra) {
                    let known: Vec<ExtraName> = project.optional.keys().cloned().collect();
                    let message = format!("`{}` has no extra `{extra}`", project.name);
                    warnings
                        .push(Problem::new(*span, message).with_help(known_extras(extra, &known)));
                }
            }
        }
        self.project.warnings.extend(warnings);
    }

    fn problem(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.project.problems.push(Problem {
            span,
            message: message.into(),
            help,
        });
    }

    fn wrong_type(&mut self, value: &Value<'_>, what: &str, expected: &str) {
        let is = value.get_ref().type_str();
        let article = if is.starts_with(['a', 'i']) {
            "an"
        } else {
            "a"
        };
        self.problem(
            first_line(self.text, Span::from(value.span())),
            format!("{what} is {article} {is}, not {expected}"),
            None,
        );
    }

    /// Returns where a part of a string stands in the file.
    fn inside(&self, value: &Value<'_>, decoded: &str, part: Span) -> Span {
        let whole = Span::from(value.span());
        let raw = self.text.get(whole.range()).unwrap_or_default();
        let start = raw_offset(raw, decoded, part.start);
        let end = raw_offset(raw, decoded, part.end.max(part.start));
        match (start, end) {
            (Some(start), Some(end)) => Span::new(start, end.max(start)).shift(whole.start),
            _ => whole,
        }
    }
}

/// Returns the part of a span that lies on its first line.
fn first_line(text: &str, span: Span) -> Span {
    let length = text
        .get(span.range())
        .and_then(|part| part.find(['\r', '\n']));
    Span::new(
        span.start,
        length.map_or(span.end, |length| span.start + length),
    )
}

/// Returns where a byte of a TOML string stands in its source, from the opening quote
/// on.
///
/// ```text
/// string  = '"' basic '"' | "'" literal "'" | '"""' [newline] basic '"""' | "'''" [newline] literal "'''"
/// escape  = "\" ("u" 4hex | "U" 8hex | "x" 2hex | newline *space | any)
/// ```
fn raw_offset(raw: &str, decoded: &str, offset: usize) -> Option<usize> {
    let quote = raw
        .chars()
        .next()
        .filter(|&quote| quote == '"' || quote == '\'')?;
    let triple = if quote == '"' { "\"\"\"" } else { "'''" };
    let (mut at, width) = if raw.len() >= 6 && raw.starts_with(triple) {
        let body = &raw[3..];
        let newline = ["\r\n", "\n"]
            .iter()
            .find(|newline| body.starts_with(**newline));
        (3 + newline.map_or(0, |newline| newline.len()), 3)
    } else {
        (1, 1)
    };
    let end = raw.len().checked_sub(width).filter(|&end| end >= at)?;
    if raw.get(at..end)? == decoded {
        return Some(at + offset.min(decoded.len()));
    }
    let mut index = 0;
    while at < end {
        let rest = &raw[at..end];
        let escape = rest.strip_prefix('\\').filter(|_| quote == '"');
        let (taken, made) = if let Some(escape) = escape {
            unescaped(escape)
        } else {
            let length = rest.chars().next()?.len_utf8();
            (length, length)
        };
        if index + made > offset {
            break;
        }
        index += made;
        at = (at + taken).min(end);
    }
    // A trimmed newline or a bad guess must not leave the text.
    raw.is_char_boundary(at).then_some(at)
}

/// Returns how many bytes an escape takes, backslash included, and how many it makes.
fn unescaped(escape: &str) -> (usize, usize) {
    let code = |digits: usize| {
        let made = escape
            .get(1..=digits)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .map_or(1, char::len_utf8);
        (2 + digits, made)
    };
    match escape.chars().next() {
        Some('u') => code(4),
        Some('U') => code(8),
        Some('x') => code(2),
        Some(' ' | '\t' | '\r' | '\n') => {
            let behind = escape.trim_start_matches([' ', '\t', '\r', '\n']);
            (1 + escape.len() - behind.len(), 0)
        }
        Some(other) => (1 + other.len_utf8(), 1),
        None => (1, 0),
    }
}

#[cfg(test)]
#[path = "pyproject_tests.rs"]
mod tests;
