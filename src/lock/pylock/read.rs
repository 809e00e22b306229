//! Reads a `pylock.toml`, whoever wrote it.
//!
//! What other writers get wrong without harm is read, with a note: names that are not
//! normalized, an empty list of environments, markers that nobody can read. What would let
//! something be installed that was not locked is a problem: a file without a hash that
//! proves anything, a source that is none, a format of which nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::marker::{given, normal};
use super::model::{File, Origin, Place};
use crate::lock::read::{self, FileHeader};
use crate::lock::tables::{self, Table, Value};
use crate::python::{ExtraName, ProjectName, Specifiers, Version};
use crate::text::{Problem, Span};

/// What a `pylock.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pylock {
    /// The command that made it, if a comment at the top says so.
    pub header: Option<FileHeader>,
    /// Who wrote it.
    pub created_by: Option<String>,
    /// The versions of Python that it is for.
    pub requires_python: Option<Specifiers>,
    /// The markers of the environments that it is for, as written; none if it does not say.
    pub environments: Option<Vec<String>>,
    /// The extras that it has.
    pub extras: Vec<ExtraName>,
    /// The dependency groups that it has.
    pub groups: Vec<String>,
    /// The groups that are installed unless others are named.
    pub default_groups: Vec<String>,
    /// The packages, in the order of the file.
    pub packages: Vec<Package>,
    /// Where it says for which Pythons it is, for which environments, and its extras.
    pub places: Places,
    /// What was put up with.
    pub notes: Vec<Problem>,
}

/// Where a `pylock.toml` says what it is for; at its beginning, if it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places {
    /// `requires-python`
    pub requires_python: Span,
    /// `environments`
    pub environments: Span,
    /// `extras`
    pub extras: Span,
}

/// An entry of a `pylock.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The project.
    pub name: ProjectName,
    /// The version, if that is said.
    pub version: Option<Version>,
    /// When it is installed, as written; it can be read.
    pub marker: Option<String>,
    /// The versions of Python that it is for.
    pub requires_python: Option<Specifiers>,
    /// The projects it requires.
    pub dependencies: BTreeSet<ProjectName>,
    /// Where it comes from.
    pub origin: Origin,
    /// Its number in the file, from 0, as installers count it.
    pub number: usize,
    /// Where it stands.
    pub span: Span,
}

impl Package {
    /// Returns its files.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        let (one, wheels): (Option<&File>, &[File]) = match &self.origin {
            Origin::Files { sdist, wheels, .. } => (sdist.as_ref(), wheels),
            Origin::Archive { file, .. } => (Some(file), &[]),
            Origin::Vcs { .. } | Origin::Directory { .. } => (None, &[]),
        };
        one.into_iter().chain(wheels)
    }
}

/// Reads a text.
///
/// # Errors
/// When it is not a lock in this format, or it is not safe to go by it.
pub fn read(text: &str) -> Result<Pylock, Vec<Problem>> {
    // Windows has editors that put it there.
    let text_without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text_without_mark.len() != text.len() {
        let problem = Problem::new(Span::new(0, 3), "the file starts with a byte-order mark");
        return Err(vec![problem.with_help("save it as UTF-8 without a mark")]);
    }
    let table = tables::parse(text).map_err(|problem| vec![problem])?;
    let mut reader = Reader {
        lock: Pylock {
            header: read::header(text),
            ..Pylock::default()
        },
        problems: Vec::new(),
        is_told_of_names: false,
    };
    reader.head(&table, text);
    if reader.problems.is_empty() {
        for (number, value) in tables::list(&table, "packages").iter().enumerate() {
            let Some(package) = value.get_ref().as_table() else {
                reader.wrong(value, "an entry of `packages` is not a table");
                continue;
            };
            reader.package(package, Span::from(value.span()), number);
        }
    }
    if reader.problems.is_empty() {
        Ok(reader.lock)
    } else {
        Err(reader.problems)
    }
}

struct Reader {
    lock: Pylock,
    problems: Vec<Problem>,
    is_told_of_names: bool,
}

impl Reader {
    fn wrong(&mut self, value: &Value<'_>, message: impl Into<String>) {
        let span = Span::from(value.span());
        self.problems.push(Problem::new(span, message));
    }

    fn note(&mut self, span: Span, message: impl Into<String>) {
        self.lock.notes.push(Problem::new(span, message));
    }

    fn head(&mut self, table: &Table<'_>, text: &str) {
        self.format(table);
        let place = |key| {
            let Some(value) = table.get(key) else {
                return Span::default();
            };
            let Span { start, end } = Span::from(value.span());
            let rest = text.get(start..end).unwrap_or_default();
            // Of a list on several lines the first one will do.
            Span::new(start, start + rest.lines().next().map_or(0, str::len))
        };
        self.lock.places = Places {
            requires_python: place("requires-python"),
            environments: place("environments"),
            extras: place("extras"),
        };
        self.lock.created_by = tables::string(table, "created-by").map(str::to_owned);
        self.lock.requires_python = self.specifiers(table);
        self.lock.extras = tables::strings(table, "extras")
            .into_iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        let groups = |key| {
            tables::strings(table, key)
                .into_iter()
                .map(normal)
                .collect()
        };
        self.lock.groups = groups("dependency-groups");
        self.lock.default_groups = groups("default-groups");
        let Some(value) = table.get("environments") else {
            return;
        };
        let Some(entries) = value.get_ref().as_array() else {
            return self.wrong(value, "`environments` is not a list of markers");
        };
        if entries.is_empty() {
            let message = "`environments` is an empty list, as pipenv writes it: pinfold and pip \
                           read it as if it were missing, other installers refuse the file on \
                           every machine";
            return self.note(Span::from(value.span()), message);
        }
        let mut environments = Vec::new();
        for entry in entries {
            let Some(marker) = entry.get_ref().as_str() else {
                self.wrong(entry, "an entry of `environments` is not a string");
                continue;
            };
            match given(marker, &[], &[]) {
                Ok(_) => environments.push(marker.to_owned()),
                Err(why) => self.note(
                    Span::from(entry.span()),
                    format!("skipped the environment `{marker}`, which is not a marker: {why}"),
                ),
            }
        }
        self.lock.environments = Some(environments).filter(|list| !list.is_empty());
    }

    /// Checks that the format is one of which something is known.
    fn format(&mut self, table: &Table<'_>) {
        let Some(value) = table.get("lock-version") else {
            let message = "the file has no `lock-version`, so it is not a pylock.toml";
            return self.problems.push(Problem::new(Span::default(), message));
        };
        let version = value.get_ref().as_str().unwrap_or_default();
        match version.split_once('.') {
            Some(("1", "0")) => {}
            Some(("1", minor)) if minor.bytes().all(|byte| byte.is_ascii_digit()) => self.note(
                Span::from(value.span()),
                format!(
                    "its format is version {version}, of which pinfold knows 1.0: what is new in \
                     it has no effect"
                ),
            ),
            _ => self.wrong(
                value,
                format!("the format of the file is version `{version}`; pinfold reads version 1"),
            ),
        }
    }

    fn specifiers(&mut self, table: &Table<'_>) -> Option<Specifiers> {
        let value = table.get("requires-python")?;
        let text = value.get_ref().as_str();
        let specifiers = text.and_then(|text| Specifiers::parse(text).ok());
        if specifiers.is_none() {
            self.wrong(value, "`requires-python` is not a version specifier");
        }
        specifiers
    }

    fn package(&mut self, table: &Table<'_>, span: Span, number: usize) {
        let Some(name) = self.name(table, span) else {
            return;
        };
        let version = match table.get("version") {
            None => None,
            Some(value) => {
                let text = value.get_ref().as_str().unwrap_or_default();
                let version: Option<Version> = text.parse().ok();
                if version.is_none() {
                    self.note(
                        Span::from(value.span()),
                        format!("skipped {name}: `{text}` is not a version"),
                    );
                    return;
                }
                version
            }
        };
        let marker = match table.get("marker") {
            None => None,
            Some(value) => {
                let text = value.get_ref().as_str().unwrap_or_default();
                if let Err(why) = given(text, &[], &[]) {
                    self.note(
                        Span::from(value.span()),
                        format!("skipped {name}: `{text}` is not a marker: {why}"),
                    );
                    return;
                }
                Some(text.to_owned())
            }
        };
        let requires_python = self.specifiers(table);
        let dependencies = tables::tables(table, "dependencies")
            .into_iter()
            .filter_map(|(one, _)| tables::string(one, "name")?.parse().ok())
            .collect();
        let Some(origin) = self.origin(table, &name, span) else {
            return;
        };
        self.lock.packages.push(Package {
            name,
            version,
            marker,
            requires_python,
            dependencies,
            origin,
            number,
            span,
        });
    }

    fn name(&mut self, table: &Table<'_>, span: Span) -> Option<ProjectName> {
        let Some(value) = table.get("name") else {
            self.problems
                .push(Problem::new(span, "the package has no `name`"));
            return None;
        };
        let text = value.get_ref().as_str().unwrap_or_default();
        let Ok(name) = text.parse::<ProjectName>() else {
            self.wrong(value, format!("`{text}` is not a project name"));
            return None;
        };
        if name.as_ref() != text && !self.is_told_of_names {
            self.is_told_of_names = true;
            self.note(
                Span::from(value.span()),
                format!("`{text}` is read as `{name}`; pip refuses names that are not normalized"),
            );
        }
        Some(name)
    }

    fn origin(&mut self, table: &Table<'_>, name: &ProjectName, span: Span) -> Option<Origin> {
        let subdirectory = |of: &Table<'_>| tables::string(of, "subdirectory").map(str::to_owned);
        if let Some(vcs) = tables::table(table, "vcs") {
            let Some(commit) = tables::string(vcs, "commit-id") else {
                let message = format!("the repository of {name} has no `commit-id`");
                self.problems.push(Problem::new(span, message));
                return None;
            };
            return Some(Origin::Vcs {
                kind: tables::string(vcs, "type").unwrap_or("git").to_owned(),
                place: self.place(vcs, name, span)?,
                revision: tables::string(vcs, "requested-revision").map(str::to_owned),
                commit: commit.to_owned(),
                subdirectory: subdirectory(vcs),
            });
        }
        if let Some(directory) = tables::table(table, "directory") {
            let Place::Path(path) = self.place(directory, name, span)? else {
                let message = format!("the directory of {name} has no `path`");
                self.problems.push(Problem::new(span, message));
                return None;
            };
            let is_editable = directory
                .get("editable")
                .and_then(|value| value.get_ref().as_bool());
            return Some(Origin::Directory {
                path,
                is_editable: is_editable.unwrap_or_default(),
                subdirectory: subdirectory(directory),
            });
        }
        if let Some(archive) = tables::table(table, "archive") {
            return Some(Origin::Archive {
                file: self.file(archive, name, span)?,
                subdirectory: subdirectory(archive),
            });
        }
        let sdist = tables::table(table, "sdist");
        let wheels = tables::tables(table, "wheels");
        if sdist.is_none() && wheels.is_empty() && table.get("version").is_none() {
            let message = format!(
                "skipped {name}, of which the file has only the name, as pipenv writes what other \
                 systems need"
            );
            self.note(span, message);
            return None;
        }
        if sdist.is_none() && wheels.is_empty() {
            let message = format!("{name} has no file, directory or repository to install it from");
            self.problems.push(Problem::new(span, message));
            return None;
        }
        let sdist = match sdist {
            Some(sdist) => {
                let at = table.get("sdist").map(|value| Span::from(value.span()));
                Some(self.file(sdist, name, at.unwrap_or(span))?)
            }
            None => None,
        };
        let mut files = Vec::with_capacity(wheels.len());
        for (wheel, at) in wheels {
            files.push(self.file(wheel, name, at)?);
        }
        Some(Origin::Files {
            index: tables::string(table, "index").map(str::to_owned),
            sdist,
            wheels: files,
        })
    }

    fn place(&mut self, table: &Table<'_>, name: &ProjectName, span: Span) -> Option<Place> {
        let text = |key| tables::string(table, key).map(str::to_owned);
        // Of two, the one on this machine is meant for trials with it.
        let place = text("path")
            .map(Place::Path)
            .or_else(|| text("url").map(Place::Url));
        if place.is_none() {
            let message = format!("a source of {name} has neither `url` nor `path`");
            self.problems.push(Problem::new(span, message));
        }
        place
    }

    fn file(&mut self, table: &Table<'_>, name: &ProjectName, span: Span) -> Option<File> {
        let place = match tables::string(table, "url") {
            Some(url) => Place::Url(url.to_owned()),
            None => self.place(table, name, span)?,
        };
        let file_name = tables::string(table, "name");
        let file_name = file_name.map_or_else(|| place.last_part(), str::to_owned);
        let hashes = self.hashes(table, &file_name, span)?;
        let size = match table.get("size") {
            None => None,
            Some(value) => {
                let number = value.get_ref().as_integer();
                let number = number
                    .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
                if number.is_none() {
                    self.wrong(value, format!("the `size` of `{file_name}` is not a size"));
                    return None;
                }
                number
            }
        };
        Some(File {
            name: file_name,
            place,
            size,
            upload_time: upload_time(table),
            hashes,
        })
    }

    /// Reads the hashes of a file: those of algorithms that prove something.
    fn hashes(
        &mut self,
        table: &Table<'_>,
        file: &str,
        span: Span,
    ) -> Option<BTreeMap<String, String>> {
        let written = tables::table(table, "hashes");
        let mut hashes = BTreeMap::new();
        for (algorithm, value) in written.into_iter().flatten() {
            let algorithm = algorithm.get_ref().to_ascii_lowercase();
            let Some(length) = hex_digits(&algorithm) else {
                continue;
            };
            let digits = value.get_ref().as_str().unwrap_or_default();
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if digits.len() != length || !is_hex {
                self.wrong(value, format!("this is not a {algorithm} hash of `{file}`"));
                return None;
            }
            hashes.insert(algorithm, digits.to_ascii_lowercase());
        }
        if !hashes.is_empty() {
            return Some(hashes);
        }
        let others: Vec<String> = written
            .into_iter()
            .flatten()
            .map(|(algorithm, _)| format!("`{}`", algorithm.get_ref()))
            .collect();
        let message = if others.is_empty() {
            format!("`{file}` has no hash, so nothing tells whether it is what was locked")
        } else {
            format!(
                "`{file}` has hashes of {} only, which prove nothing",
                others.join(" and ")
            )
        };
        let help = "lock again with a tool that writes SHA-256 hashes";
        self.problems
            .push(Problem::new(span, message).with_help(help));
        None
    }
}

/// Returns how many digits the hashes of an algorithm have; none of one that is not known,
/// or that is broken.
fn hex_digits(algorithm: &str) -> Option<usize> {
    Some(match algorithm {
        "sha256" | "sha3_256" | "blake2s" => 64,
        "sha384" | "sha3_384" => 96,
        "sha512" | "sha3_512" | "blake2b" => 128,
        _ => return None,
    })
}

/// Returns when a file was uploaded; a time without an offset is in UTC.
fn upload_time(table: &Table<'_>) -> Option<Timestamp> {
    let value = table.get("upload-time")?;
    let written = match value.get_ref() {
        toml::de::DeValue::Datetime(time) => time.to_string(),
        other => other.as_str()?.to_owned(),
    };
    let parsed = written.parse().or_else(|_| format!("{written}Z").parse());
    parsed.ok()
}
