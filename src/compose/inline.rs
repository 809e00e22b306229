//! Dockerfiles written in a scalar: `build.dockerfile_inline`.
//!
//! Three readers come one after the other: YAML makes the scalar's value, Compose
//! replaces its variables in that, the builder reads the result. What the last one finds
//! is brought back to the file here, and judged again where variables of Compose have
//! a part in it.

use std::collections::BTreeSet;

use super::image::{SCATTERED, STRAY, described, has_digest, together, touches, verbatim};
use super::pragma::Pragmas;
use super::template::{Kind, Replaced, Replacement, replace};
use crate::dockerfile::{
    Carrier, Dockerfile, ImageUse, Meaning, Outside, Place, Reason, Site, State, Variable,
    VariableSource,
};
use crate::text::{Mapped, Problem, Span};

/// A Dockerfile in a compose file.
#[derive(Debug)]
pub(super) struct Inline {
    /// Who builds by it.
    pub(super) service: String,
    /// The names of its contexts.
    pub(super) contexts: Vec<String>,
    /// The names in `build.args`.
    pub(super) arguments: BTreeSet<String>,
    /// Why nothing in it can be changed, if so.
    pub(super) frozen: Option<Reason>,
    /// Where the scalar stands.
    span: Span,
    replaced: Replaced,
    /// For each variable, where the last one of those up to it ends.
    reach: Vec<usize>,
    /// Stands before and behind the number of a variable without a value.
    token: String,
    dockerfile: Dockerfile,
}

impl Inline {
    /// Reads the value of a scalar.
    pub(super) fn new(service: String, value: &Mapped) -> Self {
        // What has no value becomes a word that the builder accepts anywhere in a
        // reference, and that is not in the text.
        let mut token = "zqunsetqz".to_owned();
        while value
            .bytes()
            .windows(token.len())
            .any(|bytes| bytes == token.as_bytes())
        {
            token.push('z');
        }
        let replaced = replace(value, &|number| format!("{token}{number}{token}"));
        let dockerfile = Dockerfile::parse(replaced.text.bytes());
        let ends = replaced.variables.iter().map(|variable| variable.span.end);
        let reach = ends.scan(0, |last, end| {
            *last = end.max(*last);
            Some(*last)
        });
        Self {
            service,
            contexts: Vec::new(),
            arguments: BTreeSet::new(),
            frozen: None,
            span: value.source(Span::new(0, value.len())).unwrap_or_default(),
            reach: reach.collect(),
            replaced,
            token,
            dockerfile,
        }
    }

    /// Returns what is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let strays = self
            .replaced
            .strays
            .iter()
            .map(|span| Problem::new(*span, STRAY).with_help("write `$$` for a dollar"));
        let theirs = self
            .dockerfile
            .problems()
            .iter()
            .filter(|problem| !problem.message.contains(&self.token));
        let theirs = theirs.map(|problem| Problem {
            span: self.source(problem.span),
            ..problem.clone()
        });
        strays.chain(theirs).collect()
    }

    /// Returns the images it names.
    pub(super) fn uses(
        &self,
        outside: &Outside,
        source: &[u8],
        pragmas: &Pragmas,
    ) -> Vec<ImageUse> {
        let mut outside = outside.clone();
        outside.contexts.extend(self.contexts.iter().cloned());
        let uses = self.dockerfile.uses(&outside).into_iter();
        uses.map(|image| self.translate(&image, source, pragmas))
            .collect()
    }

    fn translate(&self, image: &ImageUse, source: &[u8], pragmas: &Pragmas) -> ImageUse {
        let word = image.span;
        let inside: Vec<_> = self.touching(word).collect();
        // The word has all of a variable, even if its value begins or ends it.
        let span = inside.iter().fold(self.source(word), |span, variable| {
            let Span { start, end } = variable.written;
            Span::new(span.start.min(start), span.end.max(end))
        });
        let state = self.state(image, source, pragmas);
        let meaning = match self.unset_in(image) {
            Some(_) => Meaning::Unknown,
            None => image.meaning.clone(),
        };
        let written = match std::str::from_utf8(&source[span.range()]) {
            Ok(raw) if !inside.is_empty() && !raw.contains(['\n', '\r']) => raw.to_owned(),
            _ => self.without_token(&image.written),
        };
        let theirs = image.variables.iter().map(|variable| Variable {
            name: self.without_token(&variable.name),
            value: self.without_token(&variable.value),
            source: match variable.source {
                VariableSource::Arg(span) => VariableSource::Arg(self.source(span)),
                VariableSource::Inline(span) => VariableSource::Inline(self.source(span)),
                other => other,
            },
        });
        let ours = inside
            .iter()
            .map(|variable| described(variable, &self.replaced.text));
        ImageUse {
            place: Place::Inline {
                service: self.service.clone(),
                place: Box::new(image.place.clone()),
            },
            span,
            written,
            value: self.without_token(&image.value),
            variables: ours.chain(theirs).collect(),
            meaning,
            state,
            platform: image
                .platform
                .clone()
                .filter(|platform| !platform.contains(&self.token)),
        }
    }

    /// Returns what can be done in the file.
    fn state(&self, image: &ImageUse, source: &[u8], pragmas: &Pragmas) -> State {
        let left = |reason| State::Left {
            reason,
            frozen: None,
        };
        if let Some(variable) = self.unset_in(image) {
            let name = variable.name.clone();
            let reason = match variable.kind {
                Kind::Expression(_) => Reason::Expression(name),
                _ => Reason::NoDefault(name),
            };
            return if has_digest(&image.value) {
                State::Pinned(Err(reason))
            } else {
                left(reason)
            };
        }
        let state = match image.state.clone() {
            State::Nothing => return State::Nothing,
            State::Left { reason, frozen } => State::Left {
                reason: self.reason(reason, pragmas),
                frozen: frozen.and_then(|site| self.site(&site, source).ok()),
            },
            State::Pinned(Err(reason)) => State::Pinned(Err(self.reason(reason, pragmas))),
            State::Pinned(Ok(site)) => State::Pinned(self.site(&site, source).and_then(|moved| {
                self.check(image, &site)?;
                Ok(self.carried(&site, moved))
            })),
            State::Open(site) => match self.site(&site, source) {
                Err(reason) => left(reason),
                Ok(moved) => match self.check(image, &site) {
                    Ok(()) => State::Open(self.carried(&site, moved)),
                    Err(reason) => State::Left {
                        reason,
                        frozen: Some(moved).filter(|_| site.carrier == Carrier::Word),
                    },
                },
            },
        };
        match (&self.frozen, state) {
            (Some(reason), State::Open(_)) => left(reason.clone()),
            (Some(_), State::Left { reason, .. }) => left(reason),
            (Some(reason), State::Pinned(Ok(_))) => State::Pinned(Err(reason.clone())),
            (_, state) => state,
        }
    }

    /// Returns the variable without a value that has a part in a word.
    fn unset_in(&self, image: &ImageUse) -> Option<&Replacement> {
        let values = image
            .variables
            .iter()
            .flat_map(|variable| [&variable.value, &variable.name]);
        let mut texts = [&image.value, &image.written].into_iter().chain(values);
        let number = texts.find_map(|text| {
            let (_, rest) = text.split_once(&self.token)?;
            rest.split_once(&self.token)?.0.parse::<usize>().ok()
        })?;
        self.replaced.variables.get(number)
    }

    /// Checks that no variable of Compose changes the image without the digest.
    fn check(&self, image: &ImageUse, site: &Site) -> Result<(), Reason> {
        let text = self.replaced.text.bytes();
        if let Carrier::Arg(name) | Carrier::Inline(name) = &site.carrier
            && self.arguments.contains(name)
        {
            let reason = format!("`build.args` sets `{name}` to a different value");
            return Err(Reason::Unsafe(reason));
        }
        let defaults = image
            .variables
            .iter()
            .filter_map(|variable| match variable.source {
                VariableSource::Arg(span) => Some((Some(&variable.name), span)),
                _ => None,
            });
        for (argument, piece) in [(None, image.span)].into_iter().chain(defaults) {
            // As far as the last slash before the digest, a registry and folders.
            let name = text[piece.range()].split(|byte| *byte == b'@').next();
            let slash = name.and_then(|name| name.iter().rposition(|byte| *byte == b'/'));
            let component = piece.start + slash.map_or(0, |slash| slash + 1);
            for variable in self.touching(piece) {
                let Span { start, end } = variable.span;
                let holds_site = start < end && start <= site.span.start && site.span.end <= end;
                let is_harmless = end <= component && (argument.is_none() || start < end);
                if holds_site || is_harmless {
                    continue;
                }
                let name = variable.name.clone();
                return Err(match argument {
                    Some(argument) => Reason::NestedArg(argument.clone()),
                    None if text[component..end].contains(&b':') => Reason::NotAtEnd(name),
                    None => Reason::InName(name),
                });
            }
        }
        Ok(())
    }

    /// Returns a site with the carrier that it has in the file.
    fn carried(&self, site: &Site, moved: Site) -> Site {
        if site.carrier != Carrier::Word {
            return moved;
        }
        // A new digest belongs to what is right before it.
        let part = match site.span {
            Span { start, end } if start == end => Span::new(start.saturating_sub(1), end),
            span => span,
        };
        let holds = |variable: &&Replacement| {
            variable.span.start <= part.start && part.end <= variable.span.end
        };
        let variable = self.touching(part).filter(holds).last();
        let carrier = variable.map_or(Carrier::Word, |variable| {
            Carrier::Inline(variable.name.clone())
        });
        Site { carrier, ..moved }
    }

    /// Returns a site of the Dockerfile as one of the file.
    fn site(&self, site: &Site, source: &[u8]) -> Result<Site, Reason> {
        let found = if site.span.is_empty() {
            self.replaced.text.source(site.span)
        } else {
            verbatim(&self.replaced.text, site.span, source)
        };
        match found {
            Some(span) => Ok(Site {
                span,
                tag: site.tag.and_then(|tag| self.tag(tag, site.span, source)),
                ..site.clone()
            }),
            None => Err(Reason::Unsafe(SCATTERED.to_owned())),
        }
    }

    /// Returns where a tag stands in the file, if it is in one piece with its digest.
    fn tag(&self, tag: Span, digest: Span, source: &[u8]) -> Option<Span> {
        let variables = self.touching(Span::new(tag.start, digest.end));
        together(&self.replaced.text, variables, tag, digest, source)
    }

    /// Returns a reason with the file's line numbers in it.
    fn reason(&self, reason: Reason, pragmas: &Pragmas) -> Reason {
        match reason {
            Reason::Ignored(text) => Reason::Ignored(self.renumbered(&text, pragmas)),
            Reason::SharedArg { name, others } => Reason::SharedArg {
                name,
                others: self.renumbered(&others, pragmas),
            },
            Reason::LateArg { name, line } => Reason::LateArg {
                name,
                line: self.line_number(line, pragmas).unwrap_or(line),
            },
            reason => reason,
        }
    }

    /// Returns a text with the file's line numbers behind each `on line`.
    fn renumbered(&self, text: &str, pragmas: &Pragmas) -> String {
        const BEFORE: &str = "on line ";
        let mut pieces = text.split(BEFORE);
        let mut result = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            let number = piece[..digits].parse().ok();
            let number = number.and_then(|number| self.line_number(number, pragmas));
            result.push_str(BEFORE);
            match number {
                Some(number) => result.push_str(&number.to_string()),
                None => result.push_str(&piece[..digits]),
            }
            result.push_str(&piece[digits..]);
        }
        self.without_token(&result)
    }

    /// Returns the number in the file of a line of the Dockerfile.
    fn line_number(&self, number: usize, pragmas: &Pragmas) -> Option<usize> {
        let text = self.replaced.text.bytes();
        let mut starts = text
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at + 1);
        let start = match number.checked_sub(2) {
            None => 0,
            Some(before) => starts.nth(before)?,
        };
        let source = self
            .replaced
            .text
            .source(Span::new(start, (start + 1).min(text.len())))?;
        Some(pragmas.line_number(source.start))
    }

    /// Returns the variables that have a part in a piece of the text, in order.
    fn touching(&self, piece: Span) -> impl Iterator<Item = &Replacement> {
        let first = self.reach.partition_point(|end| *end < piece.start);
        let variables = self.replaced.variables[first..].iter();
        variables
            .take_while(move |variable| variable.span.start <= piece.end)
            .filter(move |variable| touches(variable.span, piece))
    }

    fn source(&self, span: Span) -> Span {
        self.replaced.text.source(span).unwrap_or(self.span)
    }

    /// Returns a text with the names of variables in the place of what stood for them.
    fn without_token(&self, text: &str) -> String {
        if !text.contains(&self.token) {
            return text.to_owned();
        }
        let mut result = String::with_capacity(text.len());
        for (at, piece) in text.split(&self.token).enumerate() {
            match piece
                .parse::<usize>()
                .ok()
                .and_then(|number| self.replaced.variables.get(number))
            {
                Some(variable) if at % 2 == 1 => {
                    result.push_str("${");
                    result.push_str(&variable.name);
                    result.push('}');
                }
                _ => result.push_str(piece),
            }
        }
        result
    }
}
