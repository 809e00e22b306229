//! The places of a file that name images, in order.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, From, Instruction, Named, Redeclared};
use super::draft::Draft;
use super::expanded::{Cause, Expanded, Made};
use super::lines::LONGEST_LINE;
use super::parse::Dockerfile;
use super::policy::{self, Judgement};
use super::sharing::Sharing;
use super::stages::{Source, Stages, circular};
use super::uses::{ImageUse, Meaning, Place, Reason, State};
use crate::image::Reference;
use crate::text::{Mapped, Span};

/// The most that a digest adds to a line.
const LONGEST_ADDITION: usize = ":latest@sha512:".len() + 128;

/// What is known from outside the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    /// The names of build contexts, which come before images of the same name.
    pub contexts: Vec<String>,
}

impl Dockerfile {
    /// Returns the places that name images, or could, in the order of the file.
    pub fn uses(&self, outside: &Outside) -> Vec<ImageUse> {
        let mut collector = Collector::new(self, outside);
        collector.find_bases();
        for instruction in self.instructions() {
            collector.read(instruction, &instruction.action);
        }
        collector.finish()
    }
}

struct Collector<'a> {
    file: &'a Dockerfile,
    /// The names of contexts, normalized.
    contexts: Vec<String>,
    stages: Stages,
    /// For each stage, what its `FROM` names.
    bases: Vec<Base>,
    /// For each stage, the stages that it needs.
    needs: Vec<Vec<usize>>,
    /// The stage that is read.
    stage: Option<usize>,
    /// The names that stages declare again, none for one that may be any.
    redeclared: BTreeSet<Option<&'a str>>,
    /// The lines on which stages give a name a default, which no `FROM` sees.
    late: BTreeMap<&'a str, usize>,
    /// For each default, the first line of its `ARG`.
    arg_lines: Vec<usize>,
    drafts: Vec<Draft<'a>>,
}

/// What `FROM` names.
enum Base {
    Stage(usize),
    Stages(Vec<usize>),
    Other,
}

impl<'a> Collector<'a> {
    fn new(file: &'a Dockerfile, outside: &Outside) -> Self {
        let mut collector = Self {
            file,
            contexts: outside.contexts.iter().map(|name| familiar(name)).collect(),
            stages: Stages::default(),
            bases: Vec::new(),
            needs: Vec::new(),
            stage: None,
            redeclared: BTreeSet::new(),
            late: BTreeMap::new(),
            arg_lines: vec![0; file.scope.args.len()],
            drafts: Vec::new(),
        };
        collector.read_syntax();
        collector
    }

    /// Finds the stages, and what their `FROM`s name of those before them.
    fn find_bases(&mut self) {
        for instruction in self.file.instructions() {
            let Action::From(from) = &instruction.action else {
                continue;
            };
            let base = from.word.as_ref().map_or(Base::Other, |word| {
                let word = &word.expanded;
                if policy::of_builder(word).is_some() {
                    let stages = self.stages.bases(word);
                    return if stages.is_empty() {
                        Base::Other
                    } else {
                        Base::Stages(stages)
                    };
                }
                match self.stages.base(&value(word)) {
                    Some(stage) => Base::Stage(stage),
                    None => Base::Other,
                }
            });
            self.needs.push(match &base {
                Base::Stage(stage) => vec![*stage],
                Base::Stages(stages) => stages.clone(),
                Base::Other => Vec::new(),
            });
            self.bases.push(base);
            self.stages.add(from.name.as_deref());
        }
    }

    fn read(&mut self, instruction: &'a Instruction, action: &'a Action) {
        match action {
            Action::From(from) => self.read_from(instruction, from),
            Action::Args(args) => {
                for &arg in args {
                    self.arg_lines[arg] = instruction.first_line;
                }
            }
            Action::Redeclared(names) => self.redeclare(names, instruction.first_line),
            Action::Copy(Some(named)) => {
                let found = |stages: &Stages, name: &str| stages.copy_source(name);
                self.read_source(instruction, named, Place::CopyFrom, found);
            }
            Action::Run(named) => {
                for named in named {
                    let found = |stages: &Stages, name: &str| stages.mount_source(name);
                    self.read_source(instruction, named, Place::MountFrom, found);
                }
            }
            Action::Onbuild(action) => match &**action {
                Action::Copy(Some(named)) => {
                    self.read_trigger(instruction, named, Place::OnbuildCopyFrom);
                }
                Action::Run(named) => {
                    for named in named {
                        self.read_trigger(instruction, named, Place::OnbuildMountFrom);
                    }
                }
                Action::Redeclared(names) => self.redeclare(names, instruction.first_line),
                _ => {}
            },
            Action::Copy(None) | Action::Other => {}
        }
    }

    fn redeclare(&mut self, names: &'a Redeclared, line: usize) {
        let bare = names.bare.iter();
        self.redeclared.extend(bare.map(Option::as_deref));
        for name in &names.with_default {
            self.late.entry(name).or_insert(line + 1);
        }
    }

    fn read_syntax(&mut self) {
        let Some(span) = self.file.syntax else { return };
        let text = Mapped::verbatim(&self.file.source[span.range()], span.start);
        let word = Expanded::literal(&text);
        let mut judgement = policy::judge(&word, &[], false);
        if judgement.meaning == Meaning::Scratch {
            let reason = Reason::Rejected("`scratch` is not a front end".to_owned());
            judgement = Judgement::left(Meaning::Unknown, reason);
        }
        self.drafts.push(Draft {
            image_use: image_use(Place::Syntax, &text, span),
            judgement,
            word: None,
            stage: None,
            first_line: self.file.line_of(span.start),
        });
    }

    fn read_from(&mut self, instruction: &'a Instruction, from: &'a From) {
        let stage = self.stage.map_or(0, |stage| stage + 1);
        self.stage = Some(stage);
        let Some(word) = &from.word else { return };
        let expanded = &word.expanded;
        let place = Place::From {
            stage_index: stage,
            name: from.name.clone(),
        };
        let judgement = match (&from.rejection, &self.bases[stage]) {
            (Some(message), _) => {
                Judgement::left(Meaning::Unknown, Reason::Rejected(message.clone()))
            }
            (None, Base::Stage(base)) => Judgement::nothing(Meaning::Stage(*base)),
            (None, Base::Stages(bases)) => Judgement::nothing(Meaning::Stages(bases.clone())),
            (None, Base::Other) => policy::judge(expanded, &self.contexts, true),
        };
        let span = whole(&word.text).unwrap_or(instruction.span);
        let mut image_use = image_use(place, &word.text, span);
        image_use.value = value(expanded);
        image_use.variables = expanded
            .variables
            .iter()
            .map(|entry| entry.variable.clone())
            .collect();
        image_use.platform = from.platform.as_ref().and_then(platform);
        self.drafts.push(Draft {
            image_use,
            judgement,
            word: Some(expanded),
            stage: Some(stage),
            first_line: instruction.first_line,
        });
    }

    /// Reads what `COPY` or a mount takes its files from.
    fn read_source(
        &mut self,
        instruction: &'a Instruction,
        named: &'a Named,
        place: Place,
        find: impl FnOnce(&Stages, &str) -> Source,
    ) {
        let name = String::from_utf8_lossy(named.text.bytes());
        let found = find(&self.stages, &name);
        let judgement = if let Some(judgement) = refused(named) {
            judgement
        } else {
            match (found, self.stage) {
                (_, None) => reject("there is no `FROM` before it".to_owned()),
                (Source::NoStage, _) => reject(format!("there is no stage number {name}")),
                (Source::Stage(other), Some(stage)) => {
                    self.needs[stage].push(other);
                    if other < stage {
                        Judgement::nothing(Meaning::Stage(other))
                    } else {
                        let message = format!("the stage `{name}` is defined later");
                        Judgement::left(Meaning::Stage(other), Reason::Rejected(message))
                    }
                }
                (Source::Other, Some(_)) => {
                    let word = Expanded::literal(&named.text);
                    policy::judge(&word, &self.contexts, false)
                }
            }
        };
        self.push(instruction, named, place, judgement, self.stage);
    }

    /// Reads the same in a trigger: names may be stages of another file.
    fn read_trigger(&mut self, instruction: &'a Instruction, named: &'a Named, place: Place) {
        let bytes = named.text.bytes();
        let judgement = if let Some(judgement) = refused(named) {
            judgement
        } else if bytes == b"scratch" || bytes.iter().any(|byte| b":/@".contains(byte)) {
            policy::judge(&Expanded::literal(&named.text), &[], false)
        } else {
            let name = String::from_utf8_lossy(bytes).into_owned();
            Judgement::left(Meaning::Unknown, Reason::StageOfChild(name))
        };
        self.push(instruction, named, place, judgement, None);
    }

    fn push(
        &mut self,
        instruction: &'a Instruction,
        named: &'a Named,
        place: Place,
        judgement: Judgement,
        stage: Option<usize>,
    ) {
        let span = whole(&named.text).unwrap_or(instruction.span);
        self.drafts.push(Draft {
            image_use: image_use(place, &named.text, span),
            judgement,
            word: None,
            stage,
            first_line: instruction.first_line,
        });
    }

    /// Says the rest: what depends on other places, and on comments.
    fn finish(mut self) -> Vec<ImageUse> {
        let circular = circular(&self.needs);
        for draft in &mut self.drafts {
            if draft.stage.is_some_and(|stage| circular[stage]) {
                let message = "the stage depends on itself".to_owned();
                draft.judgement.leave(Reason::Rejected(message));
            }
            let lines = [
                self.file.line_of(draft.image_use.span.start),
                draft.first_line,
            ];
            draft.judgement.ignore(self.file, lines);
            if let (Some(carried), Some(site)) =
                (&draft.judgement.carried, draft.judgement.state.site())
            {
                let lines = [
                    self.file.line_of(site.span.start),
                    self.arg_lines[carried.arg],
                ];
                draft.judgement.ignore(self.file, lines);
            }
        }
        let sharing = self.sharing();
        let redeclared = self.redeclared;
        let late = self.late;
        let mut uses: Vec<ImageUse> = self
            .drafts
            .into_iter()
            .map(|mut draft| {
                draft.settle(&sharing, &redeclared);
                draft.find_late(&late);
                ImageUse {
                    meaning: draft.judgement.meaning,
                    state: draft.judgement.state,
                    ..draft.image_use
                }
            })
            .collect();
        leave_long_lines(self.file, &mut uses);
        uses
    }

    /// Finds out who uses which default.
    fn sharing(&self) -> Sharing {
        let args = &self.file.scope.args;
        let mut sharing = Sharing::new(args.len());
        for (arg, &line) in args.iter().zip(&self.arg_lines) {
            for &mention in &arg.mentions {
                sharing.enter(mention, None, || {
                    format!("`ARG {}` on line {}", arg.name, line + 1)
                });
            }
        }
        for instruction in self.file.instructions() {
            if let Action::From(from) = &instruction.action
                && let Some(platform) = &from.platform
            {
                for &mention in &platform.mentions {
                    let line = instruction.first_line + 1;
                    sharing.enter(mention, None, || format!("`--platform` on line {line}"));
                }
            }
        }
        for draft in &self.drafts {
            let Some(word) = draft.word else { continue };
            let carried = draft.judgement.carried.as_ref();
            let mut counts = BTreeMap::new();
            for &mention in &word.mentions {
                *counts.entry(mention).or_insert(0) += 1;
            }
            for (mention, count) in counts {
                let carried = carried.filter(|carried| carried.arg == mention);
                let image = carried
                    .filter(|_| count == 1)
                    .map(|carried| carried.image.as_str());
                sharing.enter(mention, image, || {
                    let part = match carried {
                        Some(_) if count > 1 => "another part of ",
                        _ => "",
                    };
                    let line = self.file.line_of(draft.image_use.span.start) + 1;
                    format!("{part}`{}` on line {line}", draft.image_use.value)
                });
            }
        }
        sharing
    }
}

/// Leaves what stands on lines that digests would make longer than any may be.
fn leave_long_lines(file: &Dockerfile, uses: &mut [ImageUse]) {
    let mut sites = BTreeMap::new();
    for image_use in &*uses {
        if let State::Open(site) = &image_use.state {
            let line = file.line_of(site.span.start);
            let starts: &mut BTreeSet<usize> = sites.entry(line).or_default();
            starts.insert(site.span.start);
        }
    }
    sites.retain(|&line, starts| {
        file.lines[line].span.len() + starts.len() * LONGEST_ADDITION > LONGEST_LINE
    });
    for image_use in uses {
        if let State::Open(site) = &image_use.state
            && sites.contains_key(&file.line_of(site.span.start))
        {
            let message = format!("the line would be longer than {LONGEST_LINE} bytes");
            image_use.state = State::Left {
                reason: Reason::Unsafe(message),
                frozen: None,
            };
        }
    }
}

/// Returns the name of a context as references are compared with it.
fn familiar(name: &str) -> String {
    Reference::parse(name).map_or_else(|_| name.to_owned(), |name| name.familiar())
}

fn reject(message: String) -> Judgement {
    Judgement::left(Meaning::Unknown, Reason::Rejected(message))
}

/// What can be said of a name that BuildKit refuses before it looks it up.
fn refused(named: &Named) -> Option<Judgement> {
    if let Some(message) = &named.rejection {
        return Some(reject(message.clone()));
    }
    named
        .text
        .bytes()
        .contains(&b'$')
        .then(|| Judgement::left(Meaning::Unknown, Reason::NoVariables))
}

fn image_use(place: Place, text: &Mapped, span: Span) -> ImageUse {
    let written = String::from_utf8_lossy(text.bytes()).into_owned();
    ImageUse {
        place,
        span,
        value: written.clone(),
        written,
        variables: Vec::new(),
        meaning: Meaning::Unknown,
        state: State::Nothing,
        platform: None,
    }
}

fn value(word: &Expanded) -> String {
    String::from_utf8_lossy(&word.bytes()).into_owned()
}

/// Returns the value of `--platform`, else the variable that makes it unknown.
fn platform(word: &Expanded) -> Option<String> {
    known(word).or_else(|| {
        let unknown = word.variables.first()?;
        Some(format!("${}", unknown.variable.name))
    })
}

/// Returns the value of a word if all of it is known.
fn known(word: &Expanded) -> Option<String> {
    let is_known = word.failure.is_none()
        && word.atoms.iter().all(|atom| atom.made != Made::Builder)
        && word.gaps.iter().all(|gap| gap.cause != Cause::Nothing);
    is_known
        .then(|| value(word))
        .filter(|value| !value.is_empty())
}

fn whole(text: &Mapped) -> Option<Span> {
    text.source(Span::new(0, text.len()))
}
