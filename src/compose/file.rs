//! A compose file, read.

use std::collections::BTreeSet;

use super::built::BuiltImages;
use super::image;
use super::inline::Inline;
use super::pragma::Pragmas;
use super::scalar;
use super::services::{self, Found, Verdict};
use super::template::{self, replace};
use super::tree::{Kind, NodeId, Style, Tree};
use crate::dockerfile::{ImageUse, Meaning, Outside, Place, Reason, State};
use crate::text::{Mapped, Problem, Span};

/// What a context is that is an image.
const IMAGE_SCHEME: &[u8] = b"docker-image://";

/// A compose file: the places in it that name images.
#[derive(Debug, Default)]
pub struct ComposeFile {
    source: Vec<u8>,
    images: Vec<ImageUse>,
    dockerfiles: Vec<Inline>,
    /// What services build.
    built: BuiltImages,
    builds: Vec<Build>,
    has_services: bool,
    pragmas: Pragmas,
    problems: Vec<Problem>,
}

/// A build by a Dockerfile that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The service, and those that it extends.
    pub services: Vec<String>,
    /// The folder as it is written; none if another file may say it.
    pub context: Option<String>,
    /// The Dockerfile as it is written, relative to the folder.
    pub dockerfile: Option<String>,
    /// The names of the build's contexts.
    pub contexts: BTreeSet<String>,
}

impl ComposeFile {
    /// Reads a file; what is wrong with it is in [`Self::problems`].
    pub fn parse(bytes: &[u8]) -> Self {
        let mut file = Self {
            source: bytes.to_vec(),
            ..Self::default()
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let mut problems = Vec::new();
                if let Some(tree) = Tree::parse(text, &mut problems) {
                    file.read(text, &tree, &mut problems);
                }
                problems.sort_by_key(|problem| problem.span);
                file.problems = problems;
            }
            Err(error) => {
                let at = error.valid_up_to();
                let span = Span::new(at, at + error.error_len().unwrap_or(bytes.len() - at));
                file.problems
                    .push(Problem::new(span, "the file is not UTF-8"));
            }
        }
        file
    }

    /// Returns what is wrong, or odd.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns the places that name images, in the order of the file.
    pub fn uses(&self, outside: &Outside) -> Vec<ImageUse> {
        let inline = self.dockerfiles.iter();
        let inline = inline.flat_map(|inline| inline.uses(outside, &self.source, &self.pragmas));
        let mut uses: Vec<_> = self.images.iter().cloned().chain(inline).collect();
        for image in &mut uses {
            self.built.leave(image);
        }
        uses.sort_by_key(|image| image.span);
        uses
    }

    /// Returns the images that its services build.
    pub const fn built(&self) -> &BuiltImages {
        &self.built
    }

    /// Returns its builds by Dockerfiles that are files.
    pub fn builds(&self) -> &[Build] {
        &self.builds
    }

    /// Whether it is what Compose reads: it has services.
    pub const fn has_services(&self) -> bool {
        self.has_services
    }

    fn read(&mut self, text: &str, tree: &Tree<'_>, problems: &mut Vec<Problem>) {
        let found = services::find(tree, problems);
        self.pragmas = Pragmas::new(text, tree);
        for (service, id) in &found.built {
            if let Some(word) = self.decode(tree, *id) {
                let value = replace(&word, &|_| String::new());
                self.built.insert(&value, service);
            }
        }
        self.has_services = found.has_services;
        self.add_builds(tree, &found);
        self.add_images(tree, &found);
        self.add_contexts(tree, &found);
        self.add_dockerfiles(tree, &found, problems);
    }

    fn add_builds(&mut self, tree: &Tree<'_>, found: &Found) {
        let text = |id: &Option<NodeId>| {
            let replaced = replace(&self.decode(tree, tree.resolve((*id)?)?)?, &|_| {
                String::new()
            });
            Some(String::from_utf8_lossy(replaced.text.bytes()).into_owned())
        };
        let builds = found.builds.iter().map(|build| Build {
            services: build.services.clone(),
            context: text(&build.context),
            dockerfile: text(&build.dockerfile),
            contexts: build.contexts.clone(),
        });
        self.builds = builds.collect();
    }

    fn add_images(&mut self, tree: &Tree<'_>, found: &Found) {
        for (&id, image) in &found.images {
            let place = Place::ComposeImage {
                service: image.owner.clone(),
            };
            let verdict = found.verdict(id, image);
            let mut named = self.named(tree, id, place, 0);
            named.platform = image.platform.and_then(|id| self.platform(tree, id));
            match verdict {
                Verdict::Pulled => {}
                Verdict::Extension => {
                    // Not every `image:` there is one of containers.
                    if matches!(
                        &named.state,
                        State::Left {
                            reason: Reason::NotAReference(_),
                            ..
                        }
                    ) {
                        continue;
                    }
                }
                Verdict::NotPulled => {
                    named.meaning = Meaning::Unknown;
                    named.state = State::Nothing;
                }
                Verdict::Left(reason) => leave(&mut named, &reason),
            }
            self.images.push(named);
        }
    }

    fn add_contexts(&mut self, tree: &Tree<'_>, found: &Found) {
        for (&id, context) in &found.contexts {
            let place = Place::ComposeContext {
                service: context.service.clone(),
                context: context.name.clone(),
            };
            // In a list, the name stands before the value.
            let start = |bytes: &[u8]| {
                let value = bytes.strip_prefix(context.name.as_bytes());
                let value = value.and_then(|rest| rest.strip_prefix(b"="));
                let value = value
                    .filter(|_| !bytes.starts_with(IMAGE_SCHEME))
                    .unwrap_or(bytes);
                value
                    .starts_with(IMAGE_SCHEME)
                    .then(|| bytes.len() - value.len() + IMAGE_SCHEME.len())
            };
            let Some(start) = tree.text(id).and_then(|text| start(text.as_bytes())) else {
                continue;
            };
            let mut named = self.named(tree, id, place, start);
            if let Some(reason) = found.shared_reason(id) {
                leave(&mut named, &reason);
            }
            self.images.push(named);
        }
    }

    fn add_dockerfiles(&mut self, tree: &Tree<'_>, found: &Found, problems: &mut Vec<Problem>) {
        for (&id, inline) in &found.dockerfiles {
            let Some(value) = self.decode(tree, id) else {
                problems.push(Problem::new(
                    tree.span(id),
                    "cannot parse this inline Dockerfile, so nothing in it is pinned",
                ));
                continue;
            };
            let mut dockerfile = Inline::new(inline.service.clone(), &value);
            dockerfile.contexts = inline.contexts.iter().cloned().collect();
            dockerfile.arguments.clone_from(&inline.arguments);
            dockerfile.frozen = found.shared_reason(id);
            let place = self.place(tree, id, tree.raw(id).start);
            if let Some(number) = self.pragmas.about(place) {
                dockerfile.frozen = Some(Reason::Ignored(format!("the comment on line {number}")));
            }
            problems.extend(dockerfile.problems());
            self.dockerfiles.push(dockerfile);
        }
    }

    /// Returns what a scalar names; the word begins at `start` of its value.
    fn named(&self, tree: &Tree<'_>, id: NodeId, place: Place, start: usize) -> ImageUse {
        let text = tree
            .text(id)
            .and_then(|text| text.get(start..))
            .unwrap_or_default();
        let mut image = ImageUse {
            place,
            span: tree.span(id),
            written: text.to_owned(),
            value: text.to_owned(),
            variables: Vec::new(),
            meaning: Meaning::Unknown,
            state: left(Reason::Unsafe("cannot parse this scalar".to_owned())),
            platform: None,
        };
        if let Some(decoded) = self.decode(tree, id) {
            let word = decoded.slice(Span::new(start, decoded.len()));
            let named = image::read(&word, &self.source);
            image.span = word.source(Span::new(0, word.len())).unwrap_or(image.span);
            image.value = named.value;
            image.variables = named.variables;
            image.meaning = named.meaning;
            image.state = named.state;
        }
        if let Some(number) = self.pragmas.about(self.place(tree, id, image.span.end)) {
            leave(
                &mut image,
                &Reason::Ignored(format!("the comment on line {number}")),
            );
        }
        image
    }

    /// Returns the value of a scalar, mapped to the file.
    fn decode(&self, tree: &Tree<'_>, id: NodeId) -> Option<Mapped> {
        let node = tree.raw(id);
        match &node.kind {
            Kind::Scalar(value, style, _) => {
                scalar::decode(&self.source, node.start, *style, value)
            }
            _ => None,
        }
    }

    /// Returns the part of the file whose lines' comments are about a scalar: those of
    /// a block are on the line of its indicator.
    fn place(&self, tree: &Tree<'_>, id: NodeId, end: usize) -> Span {
        let node = tree.raw(id);
        let Kind::Scalar(_, Style::Literal | Style::Folded, _) = node.kind else {
            return Span::new(node.start, end.max(node.start));
        };
        let line_end = |end: usize| self.source[..end].iter().rposition(|byte| *byte == b'\n');
        let mut at = line_end(node.start).unwrap_or(0);
        let content = self.source[..at]
            .iter()
            .rposition(|byte| !byte.is_ascii_whitespace());
        at = content.unwrap_or(at);
        Span::new(at, at)
    }

    /// Returns a service's platform, unless it comes from outside.
    fn platform(&self, tree: &Tree<'_>, id: NodeId) -> Option<String> {
        let replaced = replace(&self.decode(tree, tree.resolve(id)?)?, &|_| String::new());
        let mut variables = replaced.variables.iter();
        let is_known =
            variables.all(|variable| matches!(variable.kind, template::Kind::Default(_)));
        let value = String::from_utf8_lossy(replaced.text.bytes());
        (is_known && !value.is_empty()).then(|| value.into_owned())
    }
}

/// Leaves an image as it is, if it could be changed.
fn leave(image: &mut ImageUse, reason: &Reason) {
    match &mut image.state {
        State::Nothing | State::Pinned(Err(_)) => {}
        State::Pinned(site) => *site = Err(reason.clone()),
        state => *state = left(reason.clone()),
    }
}

fn left(reason: Reason) -> State {
    State::Left {
        reason,
        frozen: None,
    }
}
