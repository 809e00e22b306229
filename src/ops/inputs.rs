//! Reading what the user requires: requirements files with all they include, and
//! project files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::{Error, FileProblems};
use super::view::View;
use crate::http::{Client, Request};
use crate::python::{
    Environment, ExtraName, ProjectName, Requirement, RequirementSource, Specifiers,
};
use crate::requirements::{
    Item, ItemKind, PerProject, Project, RequirementLine, RequirementsFile, Selector,
    UnresolvedRequirement, Written, decode, location,
};
use crate::resolve::{Constraint, RootRequirement};
use crate::text::{Problem, Span, position};
use crate::{files, text};

/// Something to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, by its path relative to the current directory or absolute.
    Path(String),
    /// Standard input, already read.
    Stdin(Vec<u8>),
}

impl Source {
    /// Returns how the source is named: `-` for standard input.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Stdin(_) => "-",
        }
    }
}

/// What requirements files say beside requirements.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    /// `--index-url`
    pub index_url: Option<Written>,
    /// `--extra-index-url`
    pub extra_index_urls: Vec<Written>,
    /// `--find-links`, paths as seen from the current directory.
    pub find_links: Vec<Written>,
    /// `--no-index`
    pub no_index: bool,
    /// `--pre`
    pub pre: bool,
    /// `--only-binary` (yes) and `--no-binary` (no).
    pub binary: PerProject,
    /// What `--only-binary` and `--no-binary` named, for the output.
    pub only_binary: Vec<String>,
    /// As above.
    pub no_binary: Vec<String>,
    /// `--trusted-host`
    pub trusted_hosts: Vec<String>,
}

/// All that was read.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) roots: Vec<RootRequirement>,
    /// Whether a direct requirement is by `===`.
    pub(super) arbitrary: BTreeSet<ProjectName>,
    /// The only hashes that direct requirements accept (`--hash`), with their places.
    pub(super) hashes: BTreeMap<ProjectName, (BTreeSet<String>, String)>,
    /// URLs and paths of direct requirements as they were written, with `${VAR}`.
    pub(super) written_locations: BTreeMap<ProjectName, String>,
    pub(super) constraints: Vec<Constraint>,
    /// Who constrains what, for annotations: `-c constraints.txt`.
    pub(super) constraint_origins: Vec<(ProjectName, String)>,
    pub(super) overrides: Vec<RootRequirement>,
    /// Direct requirements whose marker does not hold for the target.
    pub(super) unmet: Vec<RootRequirement>,
    /// Projects with an override that does not hold for the target.
    pub(super) dropped: Vec<ProjectName>,
    pub(super) options: SourceOptions,
    /// `requires-python` of the project files, with the file's name.
    pub(super) requires_python: Vec<(String, Specifiers)>,
    pub(super) warnings: Vec<FileProblems>,
    /// How the first source's lines end.
    pub(super) newline: Option<text::Newline>,
    pub(super) has_project: bool,
}

/// What a file is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Requirements,
    Constraints,
    Overrides,
}

/// How inputs are read.
pub(super) struct Reading<'a> {
    pub(super) environment: &'a Environment,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(super) http: &'a Client,
    pub(super) current_directory: &'a str,
    pub(super) view: &'a View,
    pub(super) extras: &'a [ExtraName],
    pub(super) all_extras: bool,
}

/// Reads sources, constraints and overrides, and all that they include.
pub(super) async fn read(
    reading: &Reading<'_>,
    sources: &[Source],
    constraints: &[String],
    overrides: &[String],
) -> Result<Inputs, Error> {
    let mut reader = Reader {
        reading,
        inputs: Inputs::default(),
        problems: Vec::new(),
        open: Vec::new(),
    };
    for source in sources {
        match source {
            Source::Stdin(bytes) => reader.take(bytes, "-", Role::Requirements).await?,
            Source::Path(path) => reader.file(path, Role::Requirements).await?,
        }
    }
    for path in constraints {
        reader.file(path, Role::Constraints).await?;
    }
    for path in overrides {
        reader.file(path, Role::Overrides).await?;
    }
    if !reader.problems.is_empty() {
        return Err(Error::Inputs(reader.problems));
    }
    if !reader.inputs.has_project && (!reading.extras.is_empty() || reading.all_extras) {
        return Err(Error::Usage {
            message: "extras were asked for, but no input is a project file".to_owned(),
            help: Some("name a `pyproject.toml`, or write the extras into the requirement: `project[extra]`".to_owned()),
        });
    }
    Ok(reader.inputs)
}

struct Reader<'a> {
    reading: &'a Reading<'a>,
    inputs: Inputs,
    problems: Vec<FileProblems>,
    /// The files being read, outermost first: a file may not include itself.
    open: Vec<String>,
}

impl Reader<'_> {
    async fn file(&mut self, location: &str, role: Role) -> Result<(), Error> {
        let bytes = if is_remote(location) {
            let url = location.parse().map_err(|error| Error::Usage {
                message: format!(
                    "`{}` is not a URL: {error}",
                    text::without_password(location)
                ),
                help: None,
            })?;
            let response = self.reading.http.get(Request::page(url)).await?;
            response.decode(MOST_BYTES)?.to_vec()
        } else {
            self.reading.view.read(&local_path(location))?
        };
        self.take(&bytes, location, role).await
    }

    async fn take(&mut self, bytes: &[u8], location: &str, role: Role) -> Result<(), Error> {
        let name = if location == "-" {
            location.to_owned()
        } else {
            location::displayed(location, self.reading.current_directory)
        };
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(error) => {
                let lossy = String::from_utf8_lossy(bytes).into_owned();
                let start = lossy_offset(bytes, error.offset());
                self.problems.push(FileProblems {
                    name,
                    problems: vec![Problem {
                        span: Span::new(start, (start + 1).min(lossy.len())),
                        message: error.to_string(),
                        help: Some(error.help().to_owned()),
                    }],
                    text: lossy,
                });
                return Ok(());
            }
        };
        if self.inputs.newline.is_none() {
            self.inputs.newline = text::Newline::of(&text);
        }
        let base = Path::new(location)
            .file_name()
            .and_then(|name| name.to_str());
        match base {
            Some("pyproject.toml") => {
                self.project(&text, &name);
                Ok(())
            }
            Some(kind @ ("setup.py" | "setup.cfg")) => Err(Error::Usage {
                message: format!(
                    "`{name}` says what it requires only when it is built, which pinfold does not do yet"
                ),
                help: Some(format!(
                    "move the dependencies of `{kind}` to the `[project]` table of a `pyproject.toml`"
                )),
            }),
            _ => self.requirements(&text, location, &name, role).await,
        }
    }

    fn project(&mut self, text: &str, name: &str) {
        self.inputs.has_project = true;
        let project = Project::parse(text);
        let mut problems = project.problems.clone();
        let selected = if problems.is_empty() {
            match project.select(self.reading.extras, self.reading.all_extras) {
                Ok(selected) => selected,
                Err(error) => {
                    problems.push(Problem {
                        span: Span::default(),
                        message: error.to_string(),
                        help: error.help(),
                    });
                    Vec::new()
                }
            }
        } else {
            Vec::new()
        };
        let origin = format!("{} ({name})", project.name);
        for one in selected {
            self.root(
                one.requirement,
                place(name, text, one.span),
                &origin,
                text,
                one.span,
                &mut problems,
            );
        }
        if let Some((specifiers, _)) = project.requires_python {
            self.inputs
                .requires_python
                .push((name.to_owned(), specifiers));
        }
        self.note(name, text, problems, Vec::new());
    }

    async fn requirements(
        &mut self,
        text: &str,
        location: &str,
        name: &str,
        role: Role,
    ) -> Result<(), Error> {
        let file = RequirementsFile::parse(text, self.reading.variable);
        let mut problems = file.problems.clone();
        if role == Role::Constraints {
            problems.extend(file.constraint_problems());
        }
        let mut warnings = file.warnings.clone();
        self.open.push(location.to_owned());
        for item in file.items {
            let included = match &item.kind {
                ItemKind::Include(written) => Some((written.clone(), role)),
                ItemKind::Constraint(written) => Some((written.clone(), Role::Constraints)),
                _ => None,
            };
            let Some((written, role_of_included)) = included else {
                self.item(
                    item,
                    text,
                    location,
                    name,
                    role,
                    &mut problems,
                    &mut warnings,
                );
                continue;
            };
            let target = location::join(location, &written.value);
            if self.open.contains(&target) {
                problems.push(Problem {
                    span: item.span,
                    message: format!(
                        "`{}` includes itself",
                        location::displayed(&target, self.reading.current_directory)
                    ),
                    help: Some("remove one of the includes that lead back here".to_owned()),
                });
                continue;
            }
            // A constraints file's `-r` stays constraints; its requirements would be new ones.
            let result = Box::pin(self.file(&target, role_of_included)).await;
            match result {
                Err(Error::File(error)) => problems.push(Problem {
                    span: item.span,
                    message: error.to_string(),
                    help: match error.cause {
                        files::Cause::Missing => Some(
                            "check the spelling; paths are relative to the file that includes them"
                                .to_owned(),
                        ),
                        _ => error.help(),
                    },
                }),
                Err(source) => {
                    return Err(Error::Include {
                        including: place(name, text, item.span),
                        location: text::without_password(&written.as_written),
                        source: Box::new(source),
                    });
                }
                Ok(()) => {}
            }
        }
        self.open.pop();
        self.note(name, text, problems, warnings);
        Ok(())
    }

    fn note(&mut self, name: &str, text: &str, problems: Vec<Problem>, warnings: Vec<Problem>) {
        for (list, mut found) in [
            (&mut self.problems, problems),
            (&mut self.inputs.warnings, warnings),
        ] {
            if !found.is_empty() {
                found.sort_by_key(|problem| problem.span);
                list.push(FileProblems {
                    name: name.to_owned(),
                    text: text.to_owned(),
                    problems: found,
                });
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the file at hand, taken apart")]
    fn item(
        &mut self,
        item: Item,
        text: &str,
        location: &str,
        name: &str,
        role: Role,
        problems: &mut Vec<Problem>,
        warnings: &mut Vec<Problem>,
    ) {
        let span = item.span;
        let mut unsupported = |message: &str, help: &str| {
            warnings.push(Problem {
                span,
                message: message.to_owned(),
                help: Some(help.to_owned()),
            });
        };
        let options = &mut self.inputs.options;
        match item.kind {
            ItemKind::Requirement(line) => self.line(line, text, name, role, span, problems),
            ItemKind::Editable(line) => problems.push(Problem {
                span,
                message: format!("`-e {}` has to be built to learn what it requires, which pinfold does not do yet", line.as_written),
                help: Some("list what the project requires instead, or name its `pyproject.toml` as an input".to_owned()),
            }),
            ItemKind::IndexUrl(url) => options.index_url = Some(url),
            ItemKind::ExtraIndexUrl(url) => options.extra_index_urls.push(url),
            ItemKind::FindLinks(written) => {
                let found = find_links(location, &written);
                options.find_links.push(found);
            }
            ItemKind::NoIndex => options.no_index = true,
            ItemKind::Pre => options.pre = true,
            ItemKind::NoBinary(selectors) => {
                options.binary.answer_no(&selectors);
                options.no_binary.extend(selectors.iter().map(selector_text));
            }
            ItemKind::OnlyBinary(selectors) => {
                options.binary.answer_yes(&selectors);
                options.only_binary.extend(selectors.iter().map(selector_text));
            }
            ItemKind::TrustedHost(host) => options.trusted_hosts.push(host),
            // Included files are read already, wheels are preferred anyway, and hashes
            // are written anyway.
            ItemKind::Include(_)
            | ItemKind::Constraint(_)
            | ItemKind::PreferBinary
            | ItemKind::RequireHashes(_) => {}
            ItemKind::AllReleases(_) | ItemKind::OnlyFinal(_) => unsupported(
                "this option has no effect here",
                "choose for all projects with `--pre` or `--prerelease`",
            ),
            ItemKind::UseFeature(_) => unsupported(
                "`--use-feature` is for pip and has no effect here",
                "remove it, or keep it for pip",
            ),
        }
    }

    fn line(
        &mut self,
        line: RequirementLine,
        text: &str,
        name: &str,
        role: Role,
        span: Span,
        problems: &mut Vec<Problem>,
    ) {
        let written = line.location_as_written().map(str::to_owned);
        let hashes = line.hashes;
        let requirement = match line.requirement {
            UnresolvedRequirement::Named(requirement) => requirement,
            UnresolvedRequirement::Unnamed(unnamed) => {
                let is_wheel = unnamed
                    .url_or_path
                    .split(['#', '?'])
                    .next()
                    .is_some_and(is_wheel);
                match unnamed.name {
                    Some(project) if is_wheel => Requirement {
                        name: project,
                        extras: unnamed.extras,
                        source: RequirementSource::Url(self.absolute_url(&unnamed.url_or_path)),
                        marker: unnamed.marker,
                    },
                    _ => {
                        problems.push(Problem {
                            span,
                            message: format!("`{}` has to be built to learn what it requires, which pinfold does not do yet", text::without_password(&line.as_written)),
                            help: Some("name a project of an index, or the URL or path of a wheel".to_owned()),
                        });
                        return;
                    }
                }
            }
        };
        let place = place(name, text, span);
        if let (RequirementSource::Url(_), Some(written)) = (&requirement.source, written)
            && self.applies(&requirement)
        {
            let locations = &mut self.inputs.written_locations;
            locations.insert(requirement.name.clone(), written);
        }
        match role {
            Role::Requirements => {
                if !hashes.is_empty() && self.applies(&requirement) {
                    let known = &mut self.inputs.hashes;
                    let entry = known
                        .entry(requirement.name.clone())
                        .or_insert_with(|| (BTreeSet::new(), place.clone()));
                    entry.0.extend(hashes);
                }
                let origin = format!("-r {name}");
                self.root(requirement, place, &origin, text, span, problems);
            }
            Role::Constraints => {
                if !self.applies(&requirement) {
                    return;
                }
                let RequirementSource::Specifiers(specifiers) = requirement.source else {
                    problems.push(Problem {
                        span,
                        message: "a constraint cannot name a URL".to_owned(),
                        help: Some("move the URL to a requirements file".to_owned()),
                    });
                    return;
                };
                self.inputs
                    .constraint_origins
                    .push((requirement.name.clone(), format!("-c {name}")));
                self.inputs.constraints.push(Constraint {
                    name: requirement.name,
                    specifiers,
                    place,
                });
            }
            Role::Overrides => {
                if self.applies(&requirement) {
                    self.inputs.overrides.push(RootRequirement {
                        requirement,
                        place,
                        origin: format!("--override {name}"),
                    });
                } else {
                    self.inputs.dropped.push(requirement.name);
                }
            }
        }
    }

    fn root(
        &mut self,
        requirement: Requirement,
        place: String,
        origin: &str,
        text: &str,
        span: Span,
        problems: &mut Vec<Problem>,
    ) {
        if !self.applies(&requirement) {
            self.inputs.unmet.push(RootRequirement {
                requirement,
                place,
                origin: origin.to_owned(),
            });
            return;
        }
        match &requirement.source {
            RequirementSource::Specifiers(specifiers) => {
                if specifiers.arbitrary().next().is_some() {
                    self.inputs.arbitrary.insert(requirement.name.clone());
                }
            }
            RequirementSource::Url(url) => {
                let path = url.split(['#', '?']).next().unwrap_or(url);
                let is_repository = url
                    .split_once("://")
                    .is_some_and(|(scheme, _)| scheme.contains('+'));
                if is_repository || !is_wheel(path) {
                    problems.push(Problem {
                        span,
                        message: format!(
                            "`{}` has to be built to learn what it requires, which pinfold does not do yet",
                            text::without_password(text.get(span.range()).unwrap_or(url))
                        ),
                        help: Some("name a release of an index, or the URL of a wheel".to_owned()),
                    });
                    return;
                }
            }
        }
        self.inputs.roots.push(RootRequirement {
            requirement,
            place,
            origin: origin.to_owned(),
        });
    }

    fn applies(&self, requirement: &Requirement) -> bool {
        requirement
            .marker
            .as_ref()
            .is_none_or(|marker| marker.evaluate(self.reading.environment, None))
    }

    fn absolute_url(&self, url_or_path: &str) -> String {
        if url_or_path.contains("://") {
            return url_or_path.to_owned();
        }
        let path = Path::new(self.reading.current_directory).join(url_or_path);
        url::Url::from_file_path(location::normalise(&path.to_string_lossy()))
            .map_or_else(|()| url_or_path.to_owned(), Into::into)
    }
}

/// The largest requirements file that is fetched.
const MOST_BYTES: u64 = 16 << 20;

fn is_remote(location: &str) -> bool {
    let scheme = location
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

fn local_path(location: &str) -> PathBuf {
    url::Url::parse(location)
        .ok()
        .filter(|url| url.scheme() == "file")
        .and_then(|url| url.to_file_path().ok())
        .unwrap_or_else(|| PathBuf::from(location))
}

/// A path in a file is relative to that file if there is such a path.
fn find_links(location: &str, written: &Written) -> Written {
    if written.value.contains("://") || location == "-" {
        return written.clone();
    }
    let beside = location::join(location, &written.value);
    if Path::new(&beside).exists() {
        return Written {
            as_written: beside.clone(),
            value: beside,
        };
    }
    written.clone()
}

fn selector_text(selector: &Selector) -> String {
    match selector {
        Selector::All => ":all:".to_owned(),
        Selector::None => ":none:".to_owned(),
        Selector::Project(name) => name.to_string(),
    }
}

/// Whether a path names a wheel; the ending is in lower case (PEP 427).
fn is_wheel(path: &str) -> bool {
    path.strip_suffix(".whl").is_some()
}

/// `file:line`, as it is shown.
fn place(name: &str, text: &str, span: Span) -> String {
    format!("{name}:{}", position(text, span.start).line_number)
}

/// Where a byte offset lies in the lossily decoded text.
fn lossy_offset(bytes: &[u8], offset: usize) -> usize {
    String::from_utf8_lossy(&bytes[..offset.min(bytes.len())]).len()
}
