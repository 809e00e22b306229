//! Reading what the user requires: requirements files with all they include, and
//! project files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::{Error, FileProblems};
use super::located::{Located, Location, Misplaced, ProjectTree};
use super::view::View;
use crate::http::{Client, Request};
use crate::python::{
    Environment, ExtraName, Marker, ProjectName, Requirement, RequirementSource, Specifiers,
};
use crate::requirements::{
    Item, ItemKind, PerProject, Project, RequirementsFile, Selector, UnresolvedRequirement,
    Written, decode, location,
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
    /// What is required by specifiers.
    pub(super) roots: Vec<RootRequirement>,
    /// What is required from a place, overrides among it.
    pub(super) located: Vec<Located>,
    /// Where projects come from if they are required; each has a name.
    pub(super) located_constraints: Vec<Located>,
    /// Project files whose requirements only a build tells.
    pub(super) trees: Vec<ProjectTree>,
    /// Whether a direct requirement is by `===`.
    pub(super) arbitrary: BTreeSet<ProjectName>,
    /// The only hashes that direct requirements accept (`--hash`), with their places.
    pub(super) hashes: BTreeMap<ProjectName, (BTreeSet<String>, String)>,
    pub(super) constraints: Vec<Constraint>,
    /// Who constrains what, for annotations: `-c constraints.txt`.
    pub(super) constraint_origins: Vec<(ProjectName, String)>,
    /// What replaces other requirements, by specifiers.
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
                self.project(&text, location, &name);
                Ok(())
            }
            Some("setup.py" | "setup.cfg") => {
                self.tree(location, name);
                Ok(())
            }
            _ => self.requirements(&text, location, &name, role).await,
        }
    }

    fn project(&mut self, text: &str, location: &str, name: &str) {
        self.inputs.has_project = true;
        let folder = self.folder_of(location);
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
            self.listed(
                one.requirement,
                Asker {
                    role: Role::Requirements,
                    place: place(name, text, one.span),
                    origin: origin.clone(),
                    base: folder.clone(),
                },
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

    /// Takes a project that only a build tells about.
    fn tree(&mut self, location: &str, file: String) {
        self.inputs.has_project = true;
        self.inputs.trees.push(ProjectTree {
            folder: self.folder_of(location).into(),
            file,
            extras: self.reading.extras.to_vec(),
            all_extras: self.reading.all_extras,
        });
    }

    /// Returns the absolute folder of a file; the current directory for what has none.
    fn folder_of(&self, location: &str) -> String {
        let here = self.reading.current_directory;
        if is_remote(location) || location == "-" {
            return here.to_owned();
        }
        let path = Path::new(here).join(local_path(location));
        let folder = path.parent().unwrap_or(&path);
        location::normalise(&folder.to_string_lossy())
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
            ItemKind::Requirement(line) => {
                let wish = Wish {
                    as_written: line.location_as_written().map(str::to_owned),
                    requirement: line.requirement,
                    hashes: line.hashes.into_iter().collect(),
                    is_editable: false,
                };
                self.wish(wish, text, name, role, span, problems);
            }
            ItemKind::Editable(line) => {
                let wish = Wish {
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
    fn listed(
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
            as_written: url.clone(),
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

    fn by_specifiers(&mut self, requirement: Requirement, hashes: BTreeSet<String>, from: Asker) {
        let Asker {
            role,
            place,
            origin,
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
        let located = Located {
            name: placed.name,
            extras: placed.extras,
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
            self.inputs.located_constraints.push(located);
        } else {
            self.inputs.located.push(located);
        }
        Ok(())
    }

    fn applies(&self, marker: Option<&Marker>) -> bool {
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
struct Asker {
    role: Role,
    /// `file:line`
    place: String,
    /// For annotations.
    origin: String,
    /// Where relative paths start.
    base: String,
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

/// `file:line`, as it is shown.
fn place(name: &str, text: &str, span: Span) -> String {
    format!("{name}:{}", position(text, span.start).line_number)
}

/// Where a byte offset lies in the lossily decoded text.
fn lossy_offset(bytes: &[u8], offset: usize) -> usize {
    String::from_utf8_lossy(&bytes[..offset.min(bytes.len())]).len()
}
