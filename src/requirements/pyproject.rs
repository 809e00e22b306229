//! A project's dependencies, read from pyproject.toml (PEP 621) without building it.
//!
//! What the file does not state is only known after a build: a dynamic field may have
//! more than a list of the same name says (PEP 808). Fields that do not concern
//! dependencies are not looked at; for dependency groups see `groups.rs`.

use std::collections::HashSet;

use indexmap::IndexMap;
use toml::de::DeTable;

use super::table::{Source, Table, Value};
use crate::python::{ExtraName, Given, Marker, ProjectName, Requirement, Specifiers};
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
    /// What there is to read.
    pub statement: Statement,
    /// What is wrong with the file; if there is anything, the rest is incomplete.
    pub problems: Vec<Problem>,
    /// What may not be what its author meant.
    pub warnings: Vec<Problem>,
}

/// What a pyproject.toml states of its project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Statement {
    /// Nothing: there is no `[project]` table, and nothing that says how to build.
    #[default]
    Nothing,
    /// Nothing that would be read without Poetry: `[tool.poetry]` without build system.
    PoetryAlone,
    /// How to build the project: `[build-system]` without `[project]`.
    Build,
    /// The `[project]` table.
    Table,
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
            source: Source { text },
            project: Self::default(),
        };
        reader.project.problems.extend(Source::syntax(&errors));
        // After a syntax error, what is missing may only be hidden.
        if reader.project.problems.is_empty() {
            reader.document(document.get_ref());
        }
        reader.project
    }

    /// Whether only a build tells the dependencies, or those of the extras if these are
    /// wanted.
    pub fn needs_build(&self, with_extras: bool) -> bool {
        let is_dynamic = |field: &str| self.dynamic.iter().any(|name| name == field);
        match self.statement {
            Statement::Nothing | Statement::PoetryAlone => false,
            Statement::Build => true,
            Statement::Table => {
                let refers_to_itself = || {
                    self.dependencies
                        .iter()
                        .any(|(requirement, _)| self.normalized.as_ref() == Some(&requirement.name))
                };
                is_dynamic("dependencies")
                    || is_dynamic("optional-dependencies") && (with_extras || refers_to_itself())
            }
        }
    }

    /// Says that there is nothing to read.
    pub fn absence(&self) -> Problem {
        let problem = Problem::new(Span::default(), "there is no `[project]` table");
        if self.statement == Statement::PoetryAlone {
            return Problem {
                message: "there is no `[project]` table; only Poetry reads `[tool.poetry]`"
                    .to_owned(),
                ..problem
            }
            .with_help(
                "move the dependencies to `[project]`, which Poetry 2 also reads, or add Poetry's \
                 `[build-system]`, so that a build can provide them",
            );
        }
        problem.with_help(
            "add one with `name`, `version` and `dependencies`, or use a requirements.in",
        )
    }

    /// Returns what a requirement of the project on itself stands for: its dependencies
    /// and those of the extras that are named, under the marker of the requirement.
    pub fn select_reference(&self, reference: &Requirement) -> Result<Vec<Selected>, SelectError> {
        let mut selection = Selection {
            project: self,
            asked: reference.extras.iter().collect(),
            selected: Vec::new(),
            visited: HashSet::new(),
        };
        let markers: Vec<Marker> = reference.marker.iter().cloned().collect();
        selection.list(&self.dependencies, None, &markers)?;
        for extra in &reference.extras {
            if !self.optional.contains_key(extra) {
                return Err(self.unknown_extra(extra));
            }
            selection.extra(extra, &markers)?;
        }
        Ok(selection.selected)
    }

    /// Returns the dependencies, and those of `extras`, or of all extras if `all`.
    ///
    /// A reference of the project to its own extras (`name[dev]`) is replaced by what
    /// these list; they may refer to each other in circles. A marker on a reference
    /// applies to all that it stands for. In markers of the dependencies, `extra` is each
    /// of the extras that are asked for, as it is where the project is installed with them.
    pub fn select(&self, extras: &[ExtraName], all: bool) -> Result<Vec<Selected>, SelectError> {
        let asked: Vec<&ExtraName> = if all {
            self.optional.keys().collect()
        } else {
            extras.iter().collect()
        };
        let mut selection = Selection {
            project: self,
            asked: asked.clone(),
            selected: Vec::new(),
            visited: HashSet::new(),
        };
        selection.list(&self.dependencies, None, &[])?;
        for extra in asked {
            if !self.optional.contains_key(extra) {
                return Err(self.unknown_extra(extra));
            }
            selection.extra(extra, &[])?;
        }
        Ok(selection.selected)
    }

    /// Says that there is no such extra.
    pub fn unknown_extra(&self, extra: &ExtraName) -> SelectError {
        SelectError::UnknownExtra {
            project: self.name.clone(),
            extra: extra.clone(),
            known: self.optional.keys().cloned().collect(),
        }
    }
}

/// A walk through a project's lists of dependencies.
struct Selection<'a> {
    project: &'a Project,
    /// The extras that are asked for.
    asked: Vec<&'a ExtraName>,
    selected: Vec<Selected>,
    /// Extras that were walked, with the markers that led there.
    visited: HashSet<(&'a ExtraName, Vec<String>)>,
}

impl<'a> Selection<'a> {
    /// Selects a list's requirements, under the markers that led to it.
    fn list(
        &mut self,
        list: &'a [(Requirement, Span)],
        extra: Option<&ExtraName>,
        markers: &[Marker],
    ) -> Result<(), SelectError> {
        for (requirement, span) in list {
            let mut markers = markers.to_vec();
            if let Some(marker) = &requirement.marker {
                match self.given_extras(marker, extra, *span)? {
                    Given::Never => continue,
                    Given::When(marker) if !markers.contains(&marker) => markers.push(marker),
                    Given::Always | Given::When(_) => {}
                }
            }
            if self.project.normalized.as_ref() == Some(&requirement.name) {
                for extra in &requirement.extras {
                    self.extra(extra, &markers)?;
                }
                continue;
            }
            let mut requirement = requirement.clone();
            if markers.len() > 1 {
                requirement.marker = Some(joined(&markers, "and", *span)?);
            } else {
                requirement.marker = markers.pop();
            }
            self.selected.push(Selected {
                requirement,
                span: *span,
                extra: extra.cloned(),
            });
        }
        Ok(())
    }

    /// Returns what a marker of the dependencies, or of an extra's, comes to for what is
    /// asked for.
    fn given_extras(
        &self,
        marker: &Marker,
        extra: Option<&ExtraName>,
        span: Span,
    ) -> Result<Given, SelectError> {
        if !marker.mentions_extra() {
            return Ok(Given::When(marker.clone()));
        }
        if extra.is_some() {
            return Ok(marker.given_extra(extra));
        }
        let mut several: Vec<Marker> = Vec::new();
        let asked = self.asked.iter().map(|&extra| Some(extra));
        for extra in std::iter::once(None).chain(asked) {
            match marker.given_extra(extra) {
                Given::Always => return Ok(Given::Always),
                Given::When(marker) if !several.contains(&marker) => several.push(marker),
                Given::Never | Given::When(_) => {}
            }
        }
        Ok(match &several[..] {
            [] => Given::Never,
            [one] => Given::When(one.clone()),
            several => Given::When(joined(several, "or", span)?),
        })
    }

    /// Selects an extra's requirements, unless it has been walked already.
    fn extra(&mut self, extra: &ExtraName, markers: &[Marker]) -> Result<(), SelectError> {
        // A reference to an extra that is not there was reported by the parser.
        let Some((extra, list)) = self.project.optional.get_key_value(extra) else {
            return Ok(());
        };
        let is_covered = self.visited.contains(&(extra, Vec::new()))
            || !self.visited.insert((
                extra,
                markers
                    .iter()
                    .map(|marker| marker.as_written().to_owned())
                    .collect(),
            ));
        if is_covered {
            return Ok(());
        }
        self.list(list, Some(extra), markers)
    }
}

fn joined(markers: &[Marker], word: &str, span: Span) -> Result<Marker, SelectError> {
    let parts = markers
        .iter()
        .map(|marker| format!("({})", marker.as_written()));
    let text = parts.collect::<Vec<_>>().join(&format!(" {word} "));
    Marker::parse(&text).map_err(|error| SelectError::Marker {
        message: error.message,
        span,
    })
}

fn known_extras(extra: &ExtraName, known: &[ExtraName]) -> String {
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    if names.is_empty() {
        return "it does not have any extras".to_owned();
    }
    match nearest(extra.as_ref(), names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("its extras are `{}`", names.join("`, `")),
    }
}

/// Reads the document into a project, and collects what is wrong with it.
struct Reader<'a> {
    source: Source<'a>,
    project: Project,
}

/// What `[tool.uv]` may say that would make another lock, and what says it here.
const OF_UV: [(&str, &str); 5] = [
    (
        "sources",
        "put the source into the requirement: `name @ URL`, or the index into `[[index]]`",
    ),
    (
        "constraint-dependencies",
        "put them into a file for `--constraint`",
    ),
    (
        "override-dependencies",
        "put them into a file for `--override`",
    ),
    (
        "exclude-newer",
        "write `exclude-newer` in `[tool.pinfold.compile]`",
    ),
    ("index", "write it as `[[tool.pinfold.index]]`"),
];

impl Reader<'_> {
    /// Says what uv would read and nobody does here.
    fn settings_of_uv(&mut self, document: &Table<'_>) {
        let uv = document
            .get("tool")
            .and_then(|tool| tool.get_ref().get("uv"));
        for (key, help) in OF_UV {
            if let Some(value) = uv.and_then(|uv| uv.get_ref().get(key)) {
                let span = self.source.first_line(Span::from(value.span()));
                let problem = Problem::new(span, format!("`{key}` of `[tool.uv]` is not read"));
                self.project.warnings.push(problem.with_help(help));
            }
        }
    }

    fn document(&mut self, document: &Table<'_>) {
        let poetry = document
            .get("tool")
            .and_then(|tool| tool.get_ref().get("poetry"));
        let Some(project) = document.get("project") else {
            self.project.statement = match (document.contains_key("build-system"), poetry) {
                (true, _) => Statement::Build,
                (false, Some(_)) => Statement::PoetryAlone,
                (false, None) => Statement::Nothing,
            };
            return;
        };
        self.project.statement = Statement::Table;
        let Some(project_table) = project.get_ref().as_table() else {
            return self.wrong_type(project, "`project`", "a table");
        };
        self.name(project, project_table);
        self.settings_of_uv(document);
        self.project.version = project_table
            .get("version")
            .and_then(|version| version.get_ref().as_str())
            .map(str::to_owned);
        if let Some(value) = project_table.get("requires-python") {
            match self.source.requires_python(value) {
                Ok(read) => self.project.requires_python = Some(read),
                Err(problem) => self.project.problems.push(problem),
            }
        }
        self.dynamic(project_table);
        if let Some(dependencies) = project_table.get("dependencies") {
            self.project.dependencies = self.requirements(dependencies, "`dependencies`");
        } else if let Some(poetry) = poetry
            && !self.project.needs_build(false)
            && let Some(table) = poetry.get_ref().get("dependencies")
        {
            self.project.warnings.push(
                Problem::new(
                    self.source.first_line(Span::from(table.span())),
                    "`[tool.poetry.dependencies]` is not read",
                )
                .with_help(
                    "list the project's requirements in `[project]` as `dependencies`, or add \
                     `dependencies` to `dynamic`",
                ),
            );
        }
        if let Some(optional) = project_table.get("optional-dependencies") {
            self.optional(optional);
        }
        self.references();
    }

    fn name(&mut self, project: &Value<'_>, table: &Table<'_>) {
        let Some(name) = table.get("name") else {
            let span = self.source.first_line(Span::from(project.span()));
            let help = "add `name = \"…\"` to `[project]`".to_owned();
            return self.problem(span, "`[project]` has no `name`", Some(help));
        };
        match self.source.name(name) {
            Ok((text, normalized)) => {
                self.project.name = text;
                self.project.normalized = Some(normalized);
            }
            Err(problem) => self.project.problems.push(problem),
        }
    }

    fn dynamic(&mut self, table: &Table<'_>) {
        let Some(dynamic) = table.get("dynamic") else {
            return;
        };
        let Some(fields) = dynamic.get_ref().as_array() else {
            return self.wrong_type(dynamic, "`dynamic`", "an array of strings");
        };
        for field in fields {
            match field.get_ref().as_str() {
                Some(name) => self.project.dynamic.push(name.to_owned()),
                None => self.wrong_type(field, "an entry of `dynamic`", "a string"),
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
                    format!("`{written}` is not an extra name"),
                    None,
                );
                continue;
            };
            let requirements = self.requirements(list, &format!("the extra `{written}`"));
            if self.project.optional.contains_key(&extra) {
                self.problem(
                    Span::from(key.span()),
                    format!("duplicate extra `{extra}`"),
                    Some(
                        "names are the same if they differ only in case, `-`, `_`, and `.`"
                            .to_owned(),
                    ),
                );
            } else {
                self.project.optional.insert(extra, requirements);
            }
        }
    }

    fn requirements(&mut self, list: &Value<'_>, what: &str) -> Vec<(Requirement, Span)> {
        let problems = &mut self.project.problems;
        self.source.requirements(list, what, problems)
    }

    /// Warns of references to extras that the project does not have. pip does so too.
    fn references(&mut self) {
        let project = &self.project;
        if project.needs_build(true) {
            return;
        }
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
        let problem = self.source.wrong_type(value, what, expected);
        self.project.problems.push(problem);
    }
}

#[cfg(test)]
#[path = "pyproject_tests.rs"]
mod tests;
