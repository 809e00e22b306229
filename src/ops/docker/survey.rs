//! Which files there are, and which images they name: all that can be known
//! without asking a registry.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::kind::FileKind;
use crate::compose::ComposeFile;
use crate::dockerfile::{Dockerfile, ImageUse, Meaning, Outside, Reason, State};
use crate::files::{self, Exclude, find};
use crate::http::blocking;
use crate::image::ImagePattern;
use crate::ops::{Error, Event, Reporter};
use crate::text::{Problem, Span, many};

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
}

impl SurveyedFile {
    /// Returns the line and the column of an offset, both from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.bytes[..offset.min(self.bytes.len())];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let line_number = before.split(|byte| *byte == b'\n').count();
        let column = String::from_utf8_lossy(&before[line_start..])
            .chars()
            .filter(|c| *c != '\u{feff}')
            .count();
        (line_number, column + 1)
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
    let mut seen = HashSet::new();
    let here = [DockerInput::Path(PathBuf::from("."))];
    let inputs = match request.inputs.as_slice() {
        [] => &here,
        inputs => inputs,
    };
    for input in inputs {
        match input {
            DockerInput::Stdin { name, bytes } => {
                let kind = kind_of(Path::new(name));
                let file = read("-".to_owned(), None, kind, bytes.clone(), request);
                survey.files.push(file);
            }
            DockerInput::Path(path) if path.is_dir() => {
                let is_wanted = |name: &str| FileKind::of_name(name).is_some();
                let found = find(path, &request.exclude, is_wanted);
                survey.unread.extend(found.problems);
                for path in found.files {
                    match files::read(&path) {
                        Ok(bytes) => survey.add(&path, bytes, &mut seen, request),
                        Err(error) => survey.unread.push(error),
                    }
                }
            }
            DockerInput::Path(path) => {
                let bytes = files::read(path)?;
                survey.add(path, bytes, &mut seen, request);
            }
        }
    }
    Ok(survey)
}

impl Survey {
    /// Adds a file, unless it is there already by another path.
    fn add(
        &mut self,
        path: &Path,
        bytes: Vec<u8>,
        seen: &mut HashSet<PathBuf>,
        request: &SurveyRequest,
    ) {
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if seen.insert(identity) {
            let name = path.display().to_string();
            let kind = kind_of(path);
            self.files
                .push(read(name, Some(path.to_owned()), kind, bytes, request));
        }
    }
}

/// Returns what a file is that was named: YAML is compose, all else a Dockerfile.
fn kind_of(path: &Path) -> FileKind {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("");
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml");
    match FileKind::of_name(name) {
        Some(kind) => kind,
        None if is_yaml => FileKind::Compose,
        None => FileKind::Dockerfile,
    }
}

fn read(
    name: String,
    path: Option<PathBuf>,
    kind: FileKind,
    bytes: Vec<u8>,
    request: &SurveyRequest,
) -> SurveyedFile {
    let outside = Outside {
        contexts: request.contexts.clone(),
    };
    let (mut uses, problems) = match kind {
        FileKind::Dockerfile => {
            let file = Dockerfile::parse(&bytes);
            (file.uses(&outside), file.problems().to_vec())
        }
        FileKind::Compose => {
            let file = ComposeFile::parse(&bytes);
            (file.uses(&outside), file.problems().to_vec())
        }
    };
    for image_use in &mut uses {
        ignore_if_wanted(image_use, &request.ignore);
    }
    SurveyedFile {
        name,
        path,
        kind,
        bytes,
        uses,
        problems,
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
