//! Which files there are, and which images they name: all that can be known
//! without asking a registry.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::kind::FileKind;
use super::neighbors::{self, Neighbors};
use crate::compose::ComposeFile;
use crate::dockerfile::{Dockerfile, ImageUse, Meaning, Outside, Reason, State};
use crate::files::{self, Exclude, find};
use crate::http::blocking;
use crate::image::ImagePattern;
use crate::ops::{Error, Event, Reporter};
use crate::text::{Positions, Problem, Span, many};

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct SurveyRequest {
    /// Files, folders, standard input; the current folder if there is nothing.
    pub inputs: Vec<DockerInput>,
    /// Files to leave out of folders.
    pub exclude: Exclude,
    /// Images to leave as they are.
    pub ignore: Vec<ImagePattern>,
    /// Names of build contexts, which are no images.
    pub contexts: Vec<String>,
}

/// A file or a folder to look at.
#[derive(Debug, Clone)]
pub enum DockerInput {
    /// A file, or a folder with all below it.
    Path(PathBuf),
    /// What came on standard input, and the file name it should have.
    Stdin {
        /// A name, which tells what it is.
        name: String,
        /// The content.
        bytes: Vec<u8>,
    },
}

/// The files that were looked at.
#[derive(Debug, Default)]
pub struct Survey {
    /// The files, each once, sorted within each folder that was named.
    pub files: Vec<SurveyedFile>,
    /// Files and folders that could not be read, though nobody named them.
    pub unread: Vec<files::Error>,
}

/// A file and the images it names.
#[derive(Debug)]
pub struct SurveyedFile {
    /// The path as shown; `-` for standard input.
    pub name: String,
    /// The path; none for standard input.
    pub path: Option<PathBuf>,
    /// What it is.
    pub kind: FileKind,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The places that name images, in order.
    pub uses: Vec<ImageUse>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    positions: OnceLock<Positions>,
}

impl SurveyedFile {
    /// Returns the line and the column of an offset, both from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let positions = self.positions.get_or_init(|| Positions::new(&self.bytes));
        positions.of(&self.bytes, offset)
    }

    /// Returns `name:line:column` of a span's start.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.position(span.start);
        format!("{}:{line}:{column}", self.shown_name())
    }

    /// Returns the name for people.
    pub fn shown_name(&self) -> &str {
        if self.path.is_some() {
            &self.name
        } else {
            "<stdin>"
        }
    }

    /// Whether these words are told of the line of a span already.
    pub fn has_problem(&self, span: Span, words: &str) -> bool {
        let line = |span: Span| self.position(span.start).0;
        self.problems
            .iter()
            .any(|problem| problem.message == words && line(problem.span) == line(span))
    }

    /// Whether it could not be understood at all.
    pub fn is_broken(&self) -> bool {
        self.kind == FileKind::Compose && self.uses.is_empty() && !self.problems.is_empty()
    }
}

/// Finds and reads the files, and finds the images in them.
pub fn survey(request: &SurveyRequest, reporter: &dyn Reporter) -> Result<Survey, Error> {
    let survey = look(request)?;
    tell(&survey, reporter);
    Ok(survey)
}

/// Does the same on another thread: a tree may be large and a file may be a pipe that
/// nobody writes to, and meanwhile a signal should end the run.
pub(super) async fn survey_aside(
    request: &SurveyRequest,
    reporter: &dyn Reporter,
) -> Result<Survey, Error> {
    let request = request.clone();
    let survey = blocking(move || look(&request)).await?;
    tell(&survey, reporter);
    Ok(survey)
}

fn tell(survey: &Survey, reporter: &dyn Reporter) {
    if reporter.wants_details() {
        for file in &survey.files {
            let references = many(file.uses.len(), "reference");
            reporter.event(Event::Detail(format!("{}: {references}", file.name)));
        }
    }
}

fn look(request: &SurveyRequest) -> Result<Survey, Error> {
    let mut survey = Survey::default();
    let mut found = Found::default();
    let here = [DockerInput::Path(PathBuf::from("."))];
    let inputs = match request.inputs.as_slice() {
        [] => &here,
        inputs => inputs,
    };
    for input in inputs {
        match input {
            DockerInput::Stdin { name, bytes } => {
                let file = ReadFile::of_stdin(name, bytes.clone(), request);
                file.check(name)?;
                found.files.push(file);
            }
            DockerInput::Path(path) if path.is_dir() => {
                let is_wanted = |name: &str| FileKind::of_name(name).is_some();
                let below = find(path, &request.exclude, is_wanted);
                survey.unread.extend(below.problems);
                for path in below.files {
                    match files::read(&path) {
                        Ok(bytes) => drop(found.add(&path, bytes, request)),
                        Err(error) => survey.unread.push(error),
                    }
                }
            }
            DockerInput::Path(path) => {
                let bytes = files::read(path)?;
                if let Some(file) = found.add(path, bytes, request) {
                    file.check(&file.name)?;
                }
            }
        }
    }
    found.apply_neighbors(request, inputs);
    survey.files = found.files.into_iter().map(ReadFile::surveyed).collect();
    Ok(survey)
}

/// The files that were found, each once.
#[derive(Default)]
struct Found {
    files: Vec<ReadFile>,
    seen: HashSet<PathBuf>,
}

/// A file, and what is known of what it names.
struct ReadFile {
    name: String,
    path: Option<PathBuf>,
    /// The path that all its names lead to.
    identity: Option<PathBuf>,
    bytes: Vec<u8>,
    content: Content,
    uses: Vec<ImageUse>,
}

enum Content {
    Dockerfile(Dockerfile),
    Compose(ComposeFile),
}

impl Found {
    /// Adds a file, unless it is there already by another path.
    fn add(&mut self, path: &Path, bytes: Vec<u8>, request: &SurveyRequest) -> Option<&ReadFile> {
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(identity.clone()) {
            return None;
        }
        let content = Content::of(kind_of(path), &bytes);
        self.files.push(ReadFile {
            name: path.display().to_string(),
            path: Some(path.to_owned()),
            uses: content.uses(request, &[]),
            identity: Some(identity),
            bytes,
            content,
        });
        self.files.last()
    }

    /// Takes into account what compose files of the repository say about names in others.
    fn apply_neighbors(&mut self, request: &SurveyRequest, inputs: &[DockerInput]) {
        let mut uses = self.files.iter().flat_map(|file| &file.uses);
        if !uses.any(may_change) {
            return;
        }
        let neighbors = self.neighbors(inputs, &request.exclude);
        let contexts = neighbors.contexts();
        for file in &mut self.files {
            let names = file.identity.as_deref().map(|path| contexts.of(path));
            if let Some(names) = names.filter(|names| !names.is_empty()) {
                file.uses = file.content.uses(request, &names);
            }
            for image_use in &mut file.uses {
                neighbors.built().leave(image_use);
            }
        }
    }

    /// Gathers what compose files say about others.
    fn neighbors(&self, inputs: &[DockerInput], exclude: &Exclude) -> Neighbors {
        let here = std::env::current_dir().unwrap_or_default();
        let shown = |path: &Path| {
            let path = path.strip_prefix(&here).unwrap_or(path);
            path.display().to_string()
        };
        let mut neighbors = Neighbors::default();
        for file in &self.files {
            if let (Content::Compose(compose), Some(path)) = (&file.content, &file.identity) {
                neighbors.add(compose, path, &shown(path));
            }
        }
        let places = inputs.iter().map(|input| match input {
            DockerInput::Path(path) => (path.as_path(), path.is_dir()),
            DockerInput::Stdin { .. } => (Path::new("."), false),
        });
        let mut others = neighbors::around(places, exclude);
        others.retain(|path| !self.seen.contains(path));
        for (path, compose) in neighbors::read(&others) {
            neighbors.add(&compose, path, &shown(path));
        }
        neighbors
    }
}

impl Content {
    fn of(kind: FileKind, bytes: &[u8]) -> Self {
        match kind {
            FileKind::Dockerfile => Self::Dockerfile(Dockerfile::parse(bytes)),
            FileKind::Compose => Self::Compose(ComposeFile::parse(bytes)),
        }
    }

    /// Returns the places that name images; `contexts` are names of contexts beside those
    /// that the request has.
    fn uses(&self, request: &SurveyRequest, contexts: &[String]) -> Vec<ImageUse> {
        let outside = Outside {
            contexts: [&request.contexts, contexts].concat(),
        };
        let mut uses = match self {
            Self::Dockerfile(file) => file.uses(&outside),
            Self::Compose(file) => file.uses(&outside),
        };
        for image_use in &mut uses {
            ignore_if_wanted(image_use, &request.ignore);
        }
        uses
    }
}

impl ReadFile {
    fn of_stdin(name: &str, bytes: Vec<u8>, request: &SurveyRequest) -> Self {
        let content = Content::of(kind_of(Path::new(name)), &bytes);
        Self {
            name: "-".to_owned(),
            path: None,
            identity: Path::new(name).canonicalize().ok(),
            uses: content.uses(request, &[]),
            bytes,
            content,
        }
    }

    /// Complains about a file that was named and is neither by its name nor by what it
    /// says a file that can be pinned.
    fn check(&self, name: &str) -> Result<(), Error> {
        let file_name = Path::new(name).file_name().and_then(|name| name.to_str());
        if file_name.and_then(FileKind::of_name).is_some() {
            return Ok(());
        }
        let lack = match &self.content {
            Content::Dockerfile(file) if !file.has_stage() => "it has no `FROM`",
            // What is no YAML at all is told with its place.
            Content::Compose(file) if !file.has_services() && file.problems().is_empty() => {
                "it has no `services`"
            }
            _ => return Ok(()),
        };
        Err(Error::Usage {
            message: format!("cannot pin `{name}`: it is not a Dockerfile or compose file: {lack}"),
            help: Some(
                "name Dockerfiles and compose files only; images in other files are not supported"
                    .to_owned(),
            ),
        })
    }

    fn surveyed(self) -> SurveyedFile {
        let (kind, problems) = match &self.content {
            Content::Dockerfile(file) => (FileKind::Dockerfile, file.problems().to_vec()),
            Content::Compose(file) => (FileKind::Compose, file.problems().to_vec()),
        };
        SurveyedFile {
            name: self.name,
            path: self.path,
            kind,
            bytes: self.bytes,
            uses: self.uses,
            problems,
            positions: OnceLock::new(),
        }
    }
}

/// Whether a use may get a digest that it does not have.
fn may_change(image_use: &ImageUse) -> bool {
    match &image_use.state {
        State::Open(_) => true,
        State::Left { frozen, .. } => frozen.is_some(),
        State::Nothing | State::Pinned(_) => false,
    }
}

/// Returns what a file is that was named: YAML and JSON are compose, all else a Dockerfile.
fn kind_of(path: &Path) -> FileKind {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml" || extension == "json");
    match FileKind::of_name(name) {
        Some(kind) => kind,
        None if is_yaml => FileKind::Compose,
        None => FileKind::Dockerfile,
    }
}

/// Marks a use that the configuration wants left alone.
fn ignore_if_wanted(image_use: &mut ImageUse, patterns: &[ImagePattern]) {
    let Meaning::Image(reference) = &image_use.meaning else {
        return;
    };
    if let Some(pattern) = patterns.iter().find(|pattern| pattern.matches(reference)) {
        image_use.state = State::Left {
            reason: Reason::Ignored(format!("`ignore` with `{pattern}`")),
            frozen: None,
        };
    }
}
