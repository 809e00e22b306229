//! The file: which lines belong together, and what they say.
//!
//! ```text
//! file        = *( blank line / comment / instruction )
//! comment     = *space "#" *char
//! instruction = line *( continued line / comment / blank line ) *heredoc-body
//! ```
//!
//! A line goes on behind a continuation; comments and blank lines in between vanish,
//! and so does the white space before the first line, not that before the others: an
//! instruction may be split inside of a word.

use super::action::{Action, Instruction};
use super::directive::{self, Name, Repeated, Zone};
use super::heredoc;
use super::instruction::{self, Context, Problems};
use super::lines::{self, LONGEST_LINE, Line};
use super::scope::{Budget, Scope};
use crate::text::{Mapped, Problem, Span};

/// A Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    pub(super) source: Vec<u8>,
    pub(super) lines: Vec<Line>,
    pub(super) parts: Vec<Part>,
    /// Where the reference of the front end stands.
    pub(super) syntax: Option<Span>,
    pub(super) scope: Scope,
    #[cfg(test)]
    pub(super) escape: u8,
    problems: Vec<Problem>,
}

/// Lines that belong together.
#[derive(Debug)]
pub(super) enum Part {
    /// A blank line, a comment or a directive.
    Line(usize),
    /// An instruction's first line, and the one behind its last.
    Instruction(usize, usize, Instruction),
}

impl Dockerfile {
    /// Reads a Dockerfile. Any bytes can be read; what is wrong with them is in
    /// [`Dockerfile::problems`].
    pub fn parse(bytes: &[u8]) -> Self {
        Parser::new(bytes).run()
    }

    /// Returns the file's bytes, put together from its parts.
    pub fn print(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.source.len());
        for part in &self.parts {
            let lines = match *part {
                Part::Line(line) => line..line + 1,
                Part::Instruction(first, end, _) => first..end,
            };
            for line in &self.lines[lines] {
                bytes.extend_from_slice(&self.source[line.span.range()]);
            }
        }
        bytes
    }

    /// Returns what BuildKit refuses about the file's grammar, up to a hundred of it.
    ///
    /// Names that are not references, or name no stage, are in the states of
    /// [`Dockerfile::uses`].
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is a `FROM`, without which nothing is built.
    pub fn has_stage(&self) -> bool {
        let mut instructions = self.instructions();
        instructions.any(|instruction| matches!(instruction.action, Action::From(_)))
    }

    pub(super) fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        self.parts.iter().filter_map(|part| match part {
            Part::Line(_) => None,
            Part::Instruction(_, _, instruction) => Some(instruction),
        })
    }

    /// Returns the number of the line that holds a byte, from 0.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines
            .partition_point(|line| line.span.start <= at)
            .saturating_sub(1)
    }
}

struct Parser<'a> {
    source: &'a [u8],
    lines: Vec<Line>,
    next: usize,
    escape: u8,
    scope: Scope,
    budget: Budget,
    has_stage: bool,
    parts: Vec<Part>,
    problems: Problems,
}

impl<'a> Parser<'a> {
    fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            lines: lines::split(source),
            next: 0,
            escape: b'\\',
            scope: Scope::default(),
            budget: Budget::for_file(source.len()),
            has_stage: false,
            parts: Vec::new(),
            problems: Problems::default(),
        }
    }

    fn run(mut self) -> Dockerfile {
        let syntax = directive::syntax(self.source, &self.lines);
        let mut zone = Zone::default();
        while self.next < self.lines.len() {
            let first = self.next;
            let content = self.read_line();
            let text = Span::new(
                content.start + lines::skip_space(&self.source[content.range()]),
                content.end,
            );
            self.read_directive(&mut zone, text);
            match self.source[text.range()].first() {
                None => self.parts.push(Part::Line(first)),
                Some(b'#') => {
                    self.lines[first].is_comment = true;
                    self.parts.push(Part::Line(first));
                }
                Some(_) => {
                    let instruction = self.read_instruction(first, text);
                    self.parts
                        .push(Part::Instruction(first, self.next, instruction));
                }
            }
        }
        if !self.has_stage {
            let end = Span::new(self.source.len(), self.source.len());
            self.problems
                .add(|| Problem::new(end, "the file has no `FROM`"));
        }
        Dockerfile {
            source: self.source.to_vec(),
            lines: self.lines,
            parts: self.parts,
            syntax,
            scope: self.scope,
            #[cfg(test)]
            escape: self.escape,
            problems: self.problems.0,
        }
    }

    /// Takes the next line; returns its content.
    fn read_line(&mut self) -> Span {
        let Line { span, content, .. } = self.lines[self.next];
        self.next += 1;
        let ending = usize::from(self.source[span.range()].ends_with(b"\n"));
        if span.len() - ending > LONGEST_LINE {
            let start = Span::new(content.start, content.start);
            self.problems.add(|| {
                Problem::new(
                    start,
                    format!("the line is longer than {LONGEST_LINE} bytes"),
                )
            });
        }
        content
    }

    fn read_directive(&mut self, zone: &mut Zone, text: Span) {
        match zone.read(&self.source[text.range()], b"#") {
            Ok(Some(directive)) if directive.name == Name::Escape => {
                let value = directive.value.shift(text.start);
                match self.source[value.range()] {
                    [escape @ (b'\\' | b'`')] => self.escape = escape,
                    _ => self.problems.add(|| {
                        Problem::new(value, "the escape character is neither `\\` nor a backtick")
                    }),
                }
            }
            Ok(_) => {}
            Err(Repeated(name)) => self.problems.add(|| {
                let message = format!("the directive `{}` is given twice", name.as_str());
                Problem::new(text, message)
            }),
        }
    }

    /// Reads the instruction that begins with a text.
    fn read_instruction(&mut self, first_line: usize, text: Span) -> Instruction {
        let line = self.read_logical_line(text);
        let mut context = Context {
            escape: self.escape,
            scope: &mut self.scope,
            budget: &mut self.budget,
            has_stage: self.has_stage,
            problems: &mut self.problems,
        };
        let (action, may_open_heredocs) = instruction::read(&line, &mut context);
        self.has_stage |= matches!(action, Action::From(_));
        let span = instruction::extent(&line).unwrap_or(text);
        if may_open_heredocs {
            self.skip_heredocs(&line, span);
        }
        Instruction {
            span,
            first_line,
            action,
            #[cfg(test)]
            line,
        }
    }

    fn read_logical_line(&mut self, first: Span) -> Mapped {
        let mut line = Mapped::new();
        let mut part = first;
        loop {
            let text = &self.source[part.range()];
            let Some(text) = lines::without_continuation(text, self.escape) else {
                line.push_verbatim(text, part.start);
                return line;
            };
            line.push_verbatim(text, part.start);
            loop {
                if self.next == self.lines.len() {
                    return line;
                }
                part = self.read_line();
                let text = &self.source[part.range()];
                match text.get(lines::skip_space(text)) {
                    None => {}
                    Some(b'#') => self.lines[self.next - 1].is_comment = true,
                    Some(_) => break,
                }
            }
        }
    }

    fn skip_heredocs(&mut self, line: &Mapped, span: Span) {
        let Ok(heredocs) = heredoc::of_line(line.bytes()) else {
            self.problems
                .add(|| Problem::new(span, "the word of a heredoc cannot be read"));
            return;
        };
        for heredoc in heredocs {
            loop {
                if self.next == self.lines.len() {
                    let word = String::from_utf8_lossy(&heredoc.terminator).into_owned();
                    self.problems.add(|| {
                        Problem::new(
                            span,
                            format!("the heredoc is not closed: no line is `{word}`"),
                        )
                    });
                    return;
                }
                let content = self.read_line();
                if heredoc::ends(&heredoc, &self.source[content.range()]) {
                    break;
                }
            }
        }
    }
}
