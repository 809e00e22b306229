//! Reading what the user requires: requirements files with all they include. For
//! project files, dependency groups and scripts see `projects.rs`.

mod projects;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::http::{Client, Request};
use crate::ops::compile::direct::location::{Located, Location, Misplaced, ProjectTree};
use crate::ops::compile::inputs::projects::ReadProject;
use crate::ops::compile::request::{Compile, Source};
use crate::ops::error::{Error, FileProblems};
use crate::ops::view::View;
use crate::python::{
    Environment, ExtraName, Marker, ProjectName, Requirement, RequirementSource, Specifiers,
};
use crate::requirements::{
    GroupRequest, Item, ItemKind, PerProject, RequirementsFile, Selector, UnresolvedRequirement,
    Written, decode, location,
};
use crate::resolve::{Constraint, RootRequirement};
use crate::text::{Problem, Span, lossy_offset, position};
use crate::{files, text};

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
pub(in crate::ops) struct Inputs {
    /// What is required by specifiers.
    pub(in crate::ops) roots: Vec<RootRequirement>,
    /// What is required from a place, overrides among it.
    pub(in crate::ops) located: Vec<Located>,
    /// Where projects come from if they are required; each has a name.
    pub(in crate::ops) located_constraints: Vec<Located>,
    /// Project files whose requirements only a build tells.
    pub(in crate::ops) trees: Vec<ProjectTree>,
    /// Whether a direct requirement is by `===`.
    pub(in crate::ops) arbitrary: BTreeSet<ProjectName>,
    /// The only hashes that direct requirements accept (`--hash`), with their places.
    pub(in crate::ops) hashes: BTreeMap<ProjectName, (BTreeSet<String>, String)>,
    pub(in crate::ops) constraints: Vec<Constraint>,
    /// Who constrains what, for annotations: `-c constraints.txt`.
    pub(in crate::ops) constraint_origins: Vec<(ProjectName, String)>,
    /// What replaces other requirements, by specifiers.
    pub(in crate::ops) overrides: Vec<RootRequirement>,
    /// Direct requirements whose marker does not hold for the target.
    pub(in crate::ops) unmet: Vec<RootRequirement>,
    /// Projects with an override that does not hold for the target.
    pub(in crate::ops) dropped: Vec<ProjectName>,
    pub(in crate::ops) options: SourceOptions,
    /// `requires-python` of the project files, with the file's name.
    pub(in crate::ops) requires_python: Vec<(String, Specifiers)>,
    pub(in crate::ops) warnings: Vec<FileProblems>,
    /// What comments of requirements files and project files say beside requirements
    /// that apply, in order, without `#` and without passwords. Those of places without
    /// a name are with these.
    pub(in crate::ops) comments: BTreeMap<ProjectName, Vec<String>>,
    /// How the first source's lines end.
    pub(in crate::ops) newline: Option<text::Newline>,
    pub(in crate::ops) has_project: bool,
}

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Role {
    Requirements,
    Constraints,
    Overrides,
}

/// What a file holds, told by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum Kind {
    Requirements,
    /// `pyproject.toml`
    Project,
    /// `setup.py` or `setup.cfg`
    Setup,
    /// Any other `*.py`.
    Script,
}

impl Kind {
    pub(in crate::ops) fn of(location: &str) -> Self {
        let location = if is_remote(location) {
            location.split(['?', '#']).next().unwrap_or(location)
        } else {
            location
        };
        match location.rsplit('/').next().unwrap_or(location) {
            "pyproject.toml" => Self::Project,
            "setup.py" | "setup.cfg" => Self::Setup,
            name if Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "py") =>
            {
                Self::Script
            }
            _ => Self::Requirements,
        }
    }

    /// Says why such a file cannot have a role.
    fn refusal(self, role: Role, name: &str) -> Option<(String, &'static str)> {
        let is = match self {
            Self::Requirements => return None,
            Self::Project | Self::Setup => "describes a project",
            Self::Script => "is a script",
        };
        let (what, help) = match role {
            Role::Requirements => return None,
            Role::Constraints => (
                "a file of constraints",
                "list the constraints in a file of their own, as in a requirements file",
            ),
            Role::Overrides => (
                "a file of overrides",
                "list the overrides in a file of their own, as in a requirements file",
            ),
        };
        Some((format!("`{name}` {is}, it is not {what}"), help))
    }
}

/// How inputs are read.
pub(in crate::ops) struct Reading<'a> {
    pub(in crate::ops) environment: &'a Environment,
    pub(in crate::ops) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(in crate::ops) http: &'a Client,
    pub(in crate::ops) current_directory: &'a str,
    pub(in crate::ops) view: &'a View,
    pub(in crate::ops) extras: &'a [ExtraName],
    pub(in crate::ops) all_extras: bool,
}

/// Whether it is plain at a glance that no input says anything but requirements, so that
/// they do not change which index is asked: no line of a file begins as an option does.
pub(in crate::ops) fn are_silent(request: &Compile) -> bool {
    let is_silent = |location: &str| match Kind::of(location) {
        _ if is_remote(location) => false,
        Kind::Project => true,
        Kind::Setup | Kind::Script => false,
        Kind::Requirements => {
            let bytes = request.view.read(&local_path(location));
            bytes.is_ok_and(|bytes| has_requirements_only(&bytes))
        }
    };
    let sources = request.sources.iter().map(|source| match source {
        Source::Path(path) => is_silent(path),
        Source::Stdin(_) => false,
    });
    let others = request.constraints.iter().chain(&request.overrides);
    sources
        .chain(others.map(|location| is_silent(location)))
        .all(|is_silent| is_silent)
}

/// Whether each line of a requirements file begins as a requirement or a comment does.
fn has_requirements_only(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n' || byte == b'\r');
    lines.all(|line| {
        let first = line.trim_ascii_start().first();
        first.is_none_or(|first| first.is_ascii_alphanumeric() || *first == b'#')
    })
}

/// Reads sources, constraints and overrides, and all that they include.
pub(in crate::ops) async fn read(
    reading: &Reading<'_>,
    sources: &[Source],
    groups: &[GroupRequest],
    constraints: &[String],
    overrides: &[String],
) -> Result<Inputs, Error> {
    let mut reader = Reader {
        reading,
        groups,
        inputs: Inputs::default(),
        problems: Vec::new(),
        open: Vec::new(),
        projects: Vec::new(),
    };
    for source in sources {
        match source {
            Source::Stdin(bytes) => reader.take(bytes, "-", Role::Requirements).await?,
            Source::Path(path) => reader.file(path, Role::Requirements).await?,
        }
    }
    reader.read_groups().await?;
    for path in constraints {
        reader.file(path, Role::Constraints).await?;
    }
    for path in overrides {
        reader.file(path, Role::Overrides).await?;
    }
    reader.check_extras();
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

pub(in crate::ops) struct Reader<'a> {
    pub(in crate::ops) reading: &'a Reading<'a>,
    pub(in crate::ops) groups: &'a [GroupRequest],
    pub(in crate::ops) inputs: Inputs,
    pub(in crate::ops) problems: Vec<FileProblems>,
    /// The files being read, outermost first: a file may not include itself.
    open: Vec<String>,
    /// The projects that were read, for what is wrong with extras.
    pub(in crate::ops) projects: Vec<ReadProject>,
}

impl Reader<'_> {
    async fn file(&mut self, location: &str, role: Role) -> Result<(), Error> {
        let shown = location::displayed(location, self.reading.current_directory);
        if let Some((message, help)) = Kind::of(location).refusal(role, &shown) {
            return Err(Error::Usage {
                message,
                help: Some(help.to_owned()),
            });
        }
        let bytes = self.bytes(location).await?;
        self.take(&bytes, location, role).await
    }

    pub(in crate::ops) async fn bytes(&self, location: &str) -> Result<Vec<u8>, Error> {
        if !is_remote(location) {
            return Ok(self.reading.view.read(&local_path(location))?);
        }
        let url = location.parse().map_err(|error| Error::Usage {
            message: format!(
                "`{}` is not a URL: {error}",
                text::without_password(location)
            ),
            help: None,
        })?;
        let response = self.reading.http.get(Request::page(url)).await?;
        Ok(response.decode(MOST_BYTES)?.to_vec())
    }

    async fn take(&mut self, bytes: &[u8], location: &str, role: Role) -> Result<(), Error> {
        let name = if location == "-" {
            location.to_owned()
        } else {
            location::displayed(location, self.reading.current_directory)
        };
        let kind = Kind::of(location);
        if kind == Kind::Setup {
            // What it says is Python's to tell, and so is its encoding.
            return self.tree(location, name);
        }
        let Some(text) = self.decoded(bytes, &name) else {
            return Ok(());
        };
        match kind {
            Kind::Project => self.project(&text, location, &name),
            Kind::Script => {
                self.script(&text, location, &name);
                Ok(())
            }
            _ => self.requirements(&text, location, &name, role).await,
        }
    }

    /// Returns the text of a file; if it is none, that is noted.
    pub(in crate::ops) fn decoded(&mut self, bytes: &[u8], name: &str) -> Option<String> {
        match decode(bytes) {
            Ok(text) => {
                if self.inputs.newline.is_none() {
                    self.inputs.newline = text::Newline::of(&text);
                }
                Some(text.into_owned())
            }
            Err(error) => {
                let lossy = String::from_utf8_lossy(bytes).into_owned();
                let start = lossy_offset(bytes, error.offset());
                self.problems.push(FileProblems {
                    name: name.to_owned(),
                    problems: vec![Problem {
                        span: Span::new(start, (start + 1).min(lossy.len())),
                        message: error.to_string(),
                        help: Some(error.help().to_owned()),
                    }],
                    text: lossy,
                });
                None
            }
        }
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
        let mut warnings = file.warnings.clone();
        if role == Role::Constraints {
            problems.extend(file.constraint_problems());
            warnings.extend(file.constraint_warnings());
        }
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
            let shown = location::displayed(&target, self.reading.current_directory);
            if let Some((message, help)) = Kind::of(&target).refusal(role_of_included, &shown) {
                problems.push(Problem::new(item.span, message).with_help(help));
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

    pub(in crate::ops) fn note(
        &mut self,
        name: &str,
        text: &str,
        problems: Vec<Problem>,
        warnings: Vec<Problem>,
    ) {
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
            ItemKind::Requirement(line) => {
                let wish = Wish {
                    comments: line.comments(),
                    as_written: line.location_as_written().map(str::to_owned),
                    requirement: line.requirement,
                    hashes: line.hashes.into_iter().collect(),
                    is_editable: false,
                };
                self.wish(wish, text, name, role, span, problems);
            }
            ItemKind::Editable(line) => {
                let wish = Wish {
                    comments: line.comments(),
                    as_written: line.location_as_written().map(str::to_owned),
                    requirement: line.requirement,
                    hashes: BTreeSet::new(),
                    is_editable: true,
                };
                self.wish(wish, text, name, role, span, problems);
            }
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
                options
                    .no_binary
                    .extend(selectors.iter().map(selector_text));
            }
            ItemKind::OnlyBinary(selectors) => {
                options.binary.answer_yes(&selectors);
                options
                    .only_binary
                    .extend(selectors.iter().map(selector_text));
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

    /// Takes what a line of a requirements file requires.
    fn wish(
        &mut self,
        wish: Wish,
        text: &str,
        name: &str,
        role: Role,
        span: Span,
        problems: &mut Vec<Problem>,
    ) {
        let from = Asker {
            role,
            place: place(name, text, span),
            origin: match role {
                Role::Requirements => format!("-r {name}"),
                Role::Constraints => format!("-c {name}"),
                Role::Overrides => format!("--override {name}"),
            },
            base: self.reading.current_directory.to_owned(),
            comments: wish.comments,
        };
        let result = match wish.requirement {
            UnresolvedRequirement::Named(requirement) => match requirement.source {
                RequirementSource::Specifiers(_) => {
                    self.by_specifiers(requirement, wish.hashes, from);
                    Ok(())
                }
                RequirementSource::Url(url) => self.by_place(
                    Placed {
                        name: Some(requirement.name),
                        extras: requirement.extras,
                        marker: requirement.marker,
                        as_written: wish.as_written.unwrap_or_else(|| url.clone()),
                        value: url,
                        hashes: wish.hashes,
                        is_editable: wish.is_editable,
                    },
                    from,
                ),
            },
            UnresolvedRequirement::Unnamed(unnamed) => self.by_place(
                Placed {
                    name: unnamed.name,
                    extras: unnamed.extras,
                    marker: unnamed.marker,
                    as_written: wish
                        .as_written
                        .unwrap_or_else(|| unnamed.url_or_path.clone()),
                    value: unnamed.url_or_path,
                    hashes: wish.hashes,
                    is_editable: wish.is_editable,
                },
                from,
            ),
        };
        if let Err(Misplaced { message, help }) = result {
            problems.push(Problem {
                span,
                message,
                help,
            });
        }
    }

    /// Takes a requirement that a table lists.
    pub(in crate::ops) fn listed(
        &mut self,
        requirement: Requirement,
        from: Asker,
        span: Span,
        problems: &mut Vec<Problem>,
    ) {
        let RequirementSource::Url(url) = requirement.source else {
            return self.by_specifiers(requirement, BTreeSet::new(), from);
        };
        let placed = Placed {
            name: Some(requirement.name),
            extras: requirement.extras,
            marker: requirement.marker,
            as_written: self.seen_from_here(&url, &from.base),
            value: url,
            hashes: BTreeSet::new(),
            is_editable: false,
        };
        if let Err(Misplaced { message, help }) = self.by_place(placed, from) {
            problems.push(Problem {
                span,
                message,
                help,
            });
        }
    }

    /// Returns a URL as it has to be written where pinfold is run: pip takes the path of
    /// a relative `file:` URL from there, tables mean their own folder.
    fn seen_from_here(&self, url: &str, base: &str) -> String {
        let here = self.reading.current_directory;
        match url.strip_prefix("file:") {
            Some(path) if !path.starts_with('/') && base != here => {
                let path = location::join(&format!("{base}/"), path);
                format!("file:{}", location::displayed(&path, here))
            }
            _ => url.to_owned(),
        }
    }

    fn by_specifiers(&mut self, requirement: Requirement, hashes: BTreeSet<String>, from: Asker) {
        let Asker {
            role,
            place,
            origin,
            comments,
            ..
        } = from;
        if !self.applies(requirement.marker.as_ref()) {
            match role {
                Role::Requirements => self.inputs.unmet.push(RootRequirement {
                    requirement,
                    place,
                    origin,
                }),
                Role::Overrides => self.inputs.dropped.push(requirement.name),
                Role::Constraints => {}
            }
            return;
        }
        let RequirementSource::Specifiers(specifiers) = &requirement.source else {
            return;
        };
        match role {
            Role::Constraints => {
                let origins = &mut self.inputs.constraint_origins;
                origins.push((requirement.name.clone(), origin));
                self.inputs.constraints.push(Constraint {
                    name: requirement.name,
                    specifiers: specifiers.clone(),
                    place,
                });
                return;
            }
            Role::Requirements => {
                let said = &mut self.inputs.comments;
                add_comments(said, &requirement.name, &comments);
                if specifiers.arbitrary().next().is_some() {
                    self.inputs.arbitrary.insert(requirement.name.clone());
                }
                if !hashes.is_empty() {
                    let known = &mut self.inputs.hashes;
                    let entry = known
                        .entry(requirement.name.clone())
                        .or_insert_with(|| (BTreeSet::new(), place.clone()));
                    entry.0.extend(hashes);
                }
            }
            Role::Overrides => {}
        }
        let list = if role == Role::Overrides {
            &mut self.inputs.overrides
        } else {
            &mut self.inputs.roots
        };
        list.push(RootRequirement {
            requirement,
            place,
            origin,
        });
    }

    fn by_place(&mut self, placed: Placed, from: Asker) -> Result<(), Misplaced> {
        let is_override = from.role == Role::Overrides;
        if !self.applies(placed.marker.as_ref()) {
            if let Some(name) = placed.name
                && is_override
            {
                self.inputs.dropped.push(name);
            }
            return Ok(());
        }
        let at = Location {
            value: &placed.value,
            as_written: &placed.as_written,
            base: &from.base,
            is_editable: placed.is_editable,
        }
        .find()?;
        let mut comments = Vec::new();
        match (&placed.name, from.role) {
            (Some(name), Role::Requirements) => {
                add_comments(&mut self.inputs.comments, name, &from.comments);
            }
            (None, Role::Requirements) => comments = without_passwords(&from.comments),
            _ => {}
        }
        let located = Located {
            comments,
            name: placed.name,
            // Those of a constraint have no effect.
            extras: match from.role {
                Role::Constraints => Vec::new(),
                Role::Requirements | Role::Overrides => placed.extras,
            },
            marker: placed.marker,
            at,
            is_editable: placed.is_editable,
            as_written: placed.as_written,
            is_override,
            hashes: placed.hashes,
            place: from.place,
            origin: from.origin,
        };
        if from.role == Role::Constraints {
            if let Some(name) = &located.name {
                let origins = &mut self.inputs.constraint_origins;
                origins.push((name.clone(), located.origin.clone()));
            }
            self.inputs.located_constraints.push(located);
        } else {
            self.inputs.located.push(located);
        }
        Ok(())
    }

    pub(in crate::ops) fn applies(&self, marker: Option<&Marker>) -> bool {
        marker.is_none_or(|marker| marker.evaluate(self.reading.environment, None))
    }
}

/// What a line of a requirements file asks for.
struct Wish {
    requirement: UnresolvedRequirement,
    /// The URL or path with its variables unexpanded, if there is one.
    as_written: Option<String>,
    hashes: BTreeSet<String>,
    is_editable: bool,
    comments: Vec<String>,
}

/// A requirement on a place that has not been looked at.
struct Placed {
    name: Option<ProjectName>,
    extras: Vec<ExtraName>,
    marker: Option<Marker>,
    value: String,
    as_written: String,
    hashes: BTreeSet<String>,
    is_editable: bool,
}

/// Who asks for something.
pub(in crate::ops) struct Asker {
    pub(in crate::ops) role: Role,
    /// `file:line`
    pub(in crate::ops) place: String,
    /// For annotations.
    pub(in crate::ops) origin: String,
    /// Where relative paths start.
    pub(in crate::ops) base: String,
    /// What is said beside it.
    pub(in crate::ops) comments: Vec<String>,
}

/// Adds what is said of a project, each comment once.
fn add_comments(
    said: &mut BTreeMap<ProjectName, Vec<String>>,
    name: &ProjectName,
    comments: &[String],
) {
    if comments.is_empty() {
        return;
    }
    let known = said.entry(name.clone()).or_default();
    for comment in without_passwords(comments) {
        if !known.contains(&comment) {
            known.push(comment);
        }
    }
}

fn without_passwords(comments: &[String]) -> Vec<String> {
    comments
        .iter()
        .map(|comment| text::without_password(comment))
        .collect()
}

/// The largest requirements file that is fetched.
const MOST_BYTES: u64 = 16 << 20;

pub(in crate::ops) fn is_remote(location: &str) -> bool {
    let scheme = location
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

pub(in crate::ops) fn local_path(location: &str) -> PathBuf {
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

/// `file:line`, as it is shown.
pub(in crate::ops) fn place(name: &str, text: &str, span: Span) -> String {
    format!("{name}:{}", position(text, span.start).line_number)
}

#[cfg(test)]
mod tests;
