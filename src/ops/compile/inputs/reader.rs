//! Reading what the user requires: requirements files with all they include. For what
//! their lines say see `lines.rs`; for project files, dependency groups and scripts
//! `projects.rs`.

use std::cell::OnceCell;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::http::{Client, Request};
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::inputs::kind::{Kind, Role, is_remote, local_path, with_extras};
use crate::ops::compile::request::Source;
use crate::ops::error::{Error, FileProblems};
use crate::ops::view::View;
use crate::python::{Environment, ExtraName, ProjectName};
use crate::requirements::{GroupRequest, ItemKind, Project, RequirementsFile, decode, location};
use crate::resolve::RootRequirement;
use crate::text::{Problem, Span, lossy_offset};
use crate::{files, text};

/// The bytes of sources that are read for several cells, by how they are named.
#[derive(Debug, Default)]
pub(in crate::ops) struct KeptFiles(Mutex<FxHashMap<String, Vec<u8>>>);

impl KeptFiles {
    fn get(&self, source: &str) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(source).cloned()
    }

    fn keep(&self, source: &str, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(source.to_owned(), bytes.to_vec());
    }
}

/// How inputs are read.
pub(in crate::ops) struct Reading<'a> {
    pub(in crate::ops) environment: &'a Environment,
    /// Whether it is read for more environments than that one: then every marker holds.
    pub(in crate::ops) is_for_range: bool,
    pub(in crate::ops) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(in crate::ops) http: &'a Client,
    /// What was read before for another cell; none if there is only one.
    pub(in crate::ops) kept_files: Option<&'a KeptFiles>,
    pub(in crate::ops) current_directory: &'a str,
    pub(in crate::ops) view: &'a View,
    pub(in crate::ops) extras: &'a [ExtraName],
    pub(in crate::ops) all_extras: bool,
}

pub(super) struct Reader<'a> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) groups: &'a [GroupRequest],
    pub(super) inputs: Inputs,
    pub(super) problems: Vec<FileProblems>,
    /// The files being read, outermost first: a file may not include itself.
    open: Vec<String>,
    /// The extras that are wanted of the lock that is read next.
    wanted: Vec<ExtraName>,
    /// The projects that were read, for what is wrong with extras.
    pub(super) projects: Vec<ReadProject>,
}

/// A file that is being read, and what is wrong with it.
pub(super) struct OpenFile<'t> {
    pub(super) text: &'t str,
    /// Its path or URL; `-` is standard input.
    pub(super) source: &'t str,
    /// As it is shown.
    pub(super) name: &'t str,
    pub(super) role: Role,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    /// Where its lines end, once that was asked for.
    pub(super) line_ends: OnceCell<Vec<usize>>,
}

impl<'t> OpenFile<'t> {
    /// Returns a file with which nothing is wrong so far.
    pub(super) const fn new(text: &'t str, source: &'t str, name: &'t str, role: Role) -> Self {
        Self {
            text,
            source,
            name,
            role,
            problems: Vec::new(),
            warnings: Vec::new(),
            line_ends: OnceCell::new(),
        }
    }

    /// Returns who asks for what the file says, for annotations.
    pub(super) fn origin(&self) -> String {
        let option = match self.role {
            Role::Requirements => "-r",
            Role::Constraints => "-c",
            Role::Overrides => "--override",
        };
        format!("{option} {}", self.name)
    }

    /// Whether it came over the network.
    pub(super) fn is_remote(&self) -> bool {
        is_remote(self.source)
    }

    /// Returns `file:line`, as it is shown.
    ///
    /// The lines are counted once for all places: a file may have a hundred thousand.
    pub(super) fn location(&self, span: Span) -> String {
        let ends = self.line_ends.get_or_init(|| {
            let newlines = self.text.match_indices('\n');
            newlines.map(|(at, _)| at).collect()
        });
        let line_number = ends.partition_point(|&end| end < span.start) + 1;
        format!("{}:{line_number}", self.name)
    }
}

/// A project file that stated what it requires.
pub(super) struct ReadProject {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) project: Project,
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
        wanted: Vec::new(),
        projects: Vec::new(),
    };
    for source in sources {
        match source {
            Source::Stdin(bytes) => reader.take(bytes, "-", Role::Requirements).await?,
            Source::Path(path) => match with_extras(path) {
                Some((path, extras)) => {
                    reader.wanted = extras;
                    reader.file(path, Role::Requirements).await?;
                }
                None => reader.file(path, Role::Requirements).await?,
            },
        }
    }
    reader.read_groups().await?;
    for path in constraints {
        reader.file(path, Role::Constraints).await?;
    }
    for path in overrides {
        reader.file(path, Role::Overrides).await?;
    }
    reader.meet_overridden();
    reader.check_extras();
    if !reader.problems.is_empty() {
        return Err(Error::Inputs(reader.problems));
    }
    if !reader.inputs.has_project && (!reading.extras.is_empty() || reading.all_extras) {
        return Err(Error::Usage {
            message: "extras were requested, but no input is a project file".to_owned(),
            help: Some(
                "add a `pyproject.toml`, or write the extras in the requirement: `project[extra]`"
                    .to_owned(),
            ),
        });
    }
    Ok(reader.inputs)
}

/// The largest requirements file that is fetched.
const MOST_BYTES: u64 = 16 << 20;

impl Reader<'_> {
    async fn file(&mut self, source: &str, role: Role) -> Result<(), Error> {
        let shown = location::displayed(source, self.reading.current_directory);
        if let Some((message, help)) = Kind::of(source).refusal(role, &shown) {
            return Err(Error::Usage {
                message,
                help: Some(help.to_owned()),
            });
        }
        let bytes = self.bytes(source).await?;
        self.take(&bytes, source, role).await
    }

    /// Takes what does not apply, but is overridden: an override stands in the place of the
    /// whole requirement, with its marker.
    fn meet_overridden(&mut self) {
        let inputs = &mut self.inputs;
        let places = inputs.direct.iter().filter(|one| one.is_override);
        let places = places.filter_map(|one| one.name.as_ref());
        let names = inputs.overrides.iter().map(|one| &one.requirement.name);
        let overridden: FxHashSet<ProjectName> = names.chain(places).cloned().collect();
        let (met, unmet) = std::mem::take(&mut inputs.unmet)
            .into_iter()
            .partition(|one| overridden.contains(&one.requirement.name));
        inputs.roots.extend::<Vec<RootRequirement>>(met);
        inputs.unmet = unmet;
    }

    pub(super) async fn bytes(&mut self, source: &str) -> Result<Vec<u8>, Error> {
        let kept = self.reading.kept_files;
        let bytes = match kept.and_then(|kept| kept.get(source)) {
            Some(bytes) => bytes,
            None => self.new_bytes(source).await?,
        };
        if !is_remote(source) {
            self.inputs.files.push(local_path(source));
        }
        if let Some(kept) = kept {
            kept.keep(source, &bytes);
        }
        Ok(bytes)
    }

    async fn new_bytes(&self, source: &str) -> Result<Vec<u8>, Error> {
        if !is_remote(source) {
            let path = local_path(source);
            return Ok(self.reading.view.read_input(&path).await?);
        }
        let url = source.parse().map_err(|error| Error::Usage {
            message: format!("`{}` is not a URL: {error}", text::without_password(source)),
            help: None,
        })?;
        let response = self.reading.http.get(Request::page(url)).await?;
        Ok(response.decode(MOST_BYTES)?.to_vec())
    }

    async fn take(&mut self, bytes: &[u8], source: &str, role: Role) -> Result<(), Error> {
        let name = if source == "-" {
            source.to_owned()
        } else {
            location::displayed(source, self.reading.current_directory)
        };
        let kind = Kind::of(source);
        if kind == Kind::Setup {
            // What it says is Python's to tell, and so is its encoding.
            return self.tree(source, name);
        }
        let Some(text) = self.decoded(bytes, &name) else {
            return Ok(());
        };
        let file = OpenFile::new(&text, source, &name, role);
        match kind {
            Kind::Project => self.project(file),
            Kind::Pylock => {
                let wanted = std::mem::take(&mut self.wanted);
                self.pylock(file, &wanted);
                Ok(())
            }
            Kind::Script => {
                self.script(file);
                Ok(())
            }
            _ => self.requirements(file).await,
        }
    }

    /// Returns the text of a file; if it is none, that is noted.
    pub(super) fn decoded(&mut self, bytes: &[u8], name: &str) -> Option<String> {
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

    async fn requirements(&mut self, mut file: OpenFile<'_>) -> Result<(), Error> {
        let parsed = RequirementsFile::parse(file.text, self.reading.variable);
        file.problems.clone_from(&parsed.problems);
        file.warnings.clone_from(&parsed.warnings);
        if file.role == Role::Constraints {
            file.problems.extend(parsed.constraint_problems());
            file.warnings.extend(parsed.constraint_warnings());
        }
        self.open.push(file.source.to_owned());
        for item in parsed.items {
            let included = match &item.kind {
                ItemKind::Include(written) => Some((written.clone(), file.role)),
                ItemKind::Constraint(written) => Some((written.clone(), Role::Constraints)),
                _ => None,
            };
            let Some((written, role_of_included)) = included else {
                self.item(item, &mut file);
                continue;
            };
            let target = location::join(file.source, &written.value);
            if self.open.contains(&target) {
                file.problems.push(Problem {
                    span: item.span,
                    message: format!(
                        "`{}` includes itself",
                        location::displayed(&target, self.reading.current_directory)
                    ),
                    help: Some("remove one of the includes that form the cycle".to_owned()),
                });
                continue;
            }
            if is_remote(file.source) && !is_remote(&target) {
                let (message, help) = local_in_remote(&written.as_written);
                file.problems
                    .push(Problem::new(item.span, message).with_help(help));
                continue;
            }
            let shown = location::displayed(&target, self.reading.current_directory);
            if let Some((message, help)) = Kind::of(&target).refusal(role_of_included, &shown) {
                file.problems
                    .push(Problem::new(item.span, message).with_help(help));
                continue;
            }
            // A constraints file's `-r` stays constraints; its requirements would be new ones.
            let result = Box::pin(self.file(&target, role_of_included)).await;
            match result {
                Err(Error::File(error)) => file.problems.push(Problem {
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
                        including: file.location(item.span),
                        included: text::without_password(&written.as_written),
                        source: Box::new(source),
                    });
                }
                Ok(()) => {}
            }
        }
        self.open.pop();
        self.note(file);
        Ok(())
    }

    /// Notes what is wrong with a file.
    pub(super) fn note(&mut self, file: OpenFile<'_>) {
        for (list, mut found) in [
            (&mut self.problems, file.problems),
            (&mut self.inputs.warnings, file.warnings),
        ] {
            if !found.is_empty() {
                found.sort_by_key(|problem| problem.span);
                list.push(FileProblems {
                    name: file.name.to_owned(),
                    text: file.text.to_owned(),
                    problems: found,
                });
            }
        }
    }
}

/// Says that a file from the network names a place on this machine, and what to do: whoever
/// wrote it must not choose what is read here.
pub(super) fn local_in_remote(written: &str) -> (String, &'static str) {
    (
        format!(
            "`{}` is on this machine, and this file came from a URL: it cannot name local files",
            text::without_password(written)
        ),
        "move the line to a local requirements file, or use an `https://` URL",
    )
}
