//! Errors and warnings as people read them: what, where, and what to do.
//!
//! The look is rustc's, drawn by annotate-snippets from our own types. All
//! problems of a file are shown, each with its line; lines that are too long are
//! cut around the place.

use annotate_snippets::renderer::Style;
use annotate_snippets::{
    AnnotationKind, Group, Level as Label, Renderer, Snippet, normalize_untrusted_str,
};

use crate::text::{Problem, Span, shown};

/// How many problems of one file are shown in full.
const MAX_PROBLEMS: usize = 100;

/// Something to tell the user, with the places it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub level: Level,
    /// What it is: a lower-case fragment without a final period. With several
    /// problems it stands below them and sums them up; it may then be empty.
    pub message: String,
    /// The text that `problems` point into.
    pub source: Option<SourceText>,
    /// The places, in the order they are shown.
    pub problems: Vec<Problem>,
    /// Facts that help to understand it.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For information.
    Note,
    /// It went on, but should be looked at.
    Warning,
    /// It could not be done.
    Error,
}

/// A text and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Its path as the user would write it, `<stdin>`, or a URL without credentials.
    pub name: String,
    /// The whole text, which the spans count from.
    pub text: String,
}

impl Level {
    const fn label(self) -> Label<'static> {
        match self {
            Self::Note => Label::NOTE,
            Self::Warning => Label::WARNING,
            Self::Error => Label::ERROR,
        }
    }
}

impl Diagnostic {
    /// Returns an error with nothing but its message.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Level::Error, message)
    }

    /// Returns a warning with nothing but its message.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Level::Warning, message)
    }

    /// Returns a note with nothing but its message.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Level::Note, message)
    }

    fn new(level: Level, message: impl Into<String>) -> Self {
        Self {
            level,
            message: message.into(),
            source: None,
            problems: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Adds the text and the places in it.
    #[must_use]
    pub fn at(
        mut self,
        name: impl Into<String>,
        text: impl Into<String>,
        problems: Vec<Problem>,
    ) -> Self {
        self.source = Some(SourceText {
            name: name.into(),
            text: text.into(),
        });
        self.problems = problems;
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a fact that helps to understand it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Returns the diagnostic as text, its last line ended.
    ///
    /// Problems with their lines come first, a blank line behind each; then the
    /// message, the notes and the help, a line or more each.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        // Each is drawn on its own, since together they would be joined by bars;
        // and then each would be bold, as if it were the main thing.
        let aside = renderer.clone().emphasis(Style::new());
        let mut text = String::new();
        let mut push = |renderer: &Renderer, group: Group<'_>, end: &str| {
            text.push_str(&renderer.render(&[group]));
            text.push_str(end);
        };
        let has_more = !self.is_told_by_problems() || !self.notes.is_empty() || self.help.is_some();
        if let Some(source) = &self.source {
            let last = self.problems.len().min(MAX_PROBLEMS).saturating_sub(1);
            for (index, problem) in self.problems.iter().take(MAX_PROBLEMS).enumerate() {
                let end = if index < last || has_more {
                    "\n\n"
                } else {
                    "\n"
                };
                push(&renderer, self.problem(source, problem), end);
            }
            let hidden = self.problems.len().saturating_sub(MAX_PROBLEMS);
            if hidden > 0 {
                let more = format!("{hidden} more problems in `{}`", source.name);
                push(&renderer, title(self.level.label(), &more), "\n");
            }
        }
        if !self.is_told_by_problems() {
            push(&renderer, title(self.level.label(), &self.message), "\n");
        }
        for note in &self.notes {
            push(&aside, title(Label::NOTE, note), "\n");
        }
        if let Some(help) = &self.help {
            push(&aside, title(Label::HELP, help), "\n");
        }
        text
    }

    /// Whether the problems say what the message would.
    fn is_told_by_problems(&self) -> bool {
        self.source.is_some()
            && match self.problems.as_slice() {
                [] => false,
                [problem] => self.message.is_empty() || self.message == problem.message,
                _ => self.message.is_empty(),
            }
    }

    /// Returns one problem with its lines.
    fn problem<'a>(&self, source: &'a SourceText, problem: &'a Problem) -> Group<'a> {
        let Window {
            text,
            line_number,
            span,
        } = window(&source.text, problem.span);
        let snippet = Snippet::source(text)
            .path(shown(&source.name))
            .line_start(line_number)
            .annotation(AnnotationKind::Primary.span(span.range()));
        let mut group = self
            .level
            .label()
            .primary_title(shown(&problem.message))
            .element(snippet);
        if let Some(help) = &problem.help {
            group = group.element(Label::HELP.message(normalize_untrusted_str(&shown(help))));
        }
        group
    }
}

/// Returns a line with a label and nothing below.
fn title<'a>(label: Label<'a>, text: &'a str) -> Group<'a> {
    Group::with_title(label.primary_title(shown(text)))
}

/// The lines of a text that a span touches.
struct Window<'a> {
    text: &'a str,
    /// The number of the first line, from 1.
    line_number: usize,
    /// The span, counted from the first line.
    span: Span,
}

/// Cuts out the lines around a span, so that drawing does not look at the whole
/// file, and moves ends that lie outside the text or inside a character.
fn window(text: &str, span: Span) -> Window<'_> {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end.max(start));
    let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
    // A span that ends with its line is not about the next one.
    let inside = text[start..end].trim_end_matches(['\n', '\r']).len();
    let end = start + inside;
    let last = text[end..].find('\n').map_or(text.len(), |at| end + at);
    Window {
        text: text[first..last].trim_end_matches('\r'),
        line_number: 1 + text[..first].matches('\n').count(),
        span: Span::new(start - first, end - first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str, at: &str, message: &str) -> Problem {
        let start = text.find(at).unwrap();
        Problem {
            span: Span::new(start, start + at.len()),
            message: message.to_owned(),
            help: None,
        }
    }

    #[test]
    fn one_problem_is_told_once() {
        let text = "flask>=2\nrequests =>1\njinja2\n";
        let problem = problem(text, "=>", "`=>` is no comparison");
        let diagnostic =
            Diagnostic::error("`=>` is no comparison").at("requirements.in", text, vec![problem]);
        insta::assert_snapshot!(diagnostic.render(false), @r"
        error: `=>` is no comparison
         --> requirements.in:2:10
          |
        2 | requests =>1
          |          ^^
        ");
    }

    #[test]
    fn all_problems_of_a_file_are_told_then_summed_up() {
        let text = "a b\r\nok\r\nc d";
        let mut problems = vec![
            problem(text, "b", "unexpected `b`"),
            problem(text, "d", "unexpected `d`"),
        ];
        problems[1].help = Some("write `c==1`".to_owned());
        let diagnostic = Diagnostic::error("`x.in` has 2 lines that cannot be read")
            .at("x.in", text, problems)
            .with_note("pip would stop at the first")
            .with_help("see the grammar");
        insta::assert_snapshot!(diagnostic.render(false), @r"
        error: unexpected `b`
         --> x.in:1:3
          |
        1 | a b
          |   ^

        error: unexpected `d`
         --> x.in:3:3
          |
        3 | c d
          |   ^
          |
          = help: write `c==1`

        error: `x.in` has 2 lines that cannot be read
        note: pip would stop at the first
        help: see the grammar
        ");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}HERE{}", "x".repeat(5000), "y".repeat(5000));
        let problem = problem(&text, "HERE", "bad");
        let diagnostic = Diagnostic::warning("").at("x.in", text, vec![problem]);
        let shown = diagnostic.render(false);
        assert!(
            shown.contains("HERE") && shown.contains("x.in:1:5001"),
            "{shown}"
        );
        assert!(
            shown.lines().all(|line| line.chars().count() < 200),
            "{shown}"
        );
    }

    #[test]
    fn without_a_place_it_is_a_line_with_what_helps() {
        let diagnostic = Diagnostic::error("cannot write `requirements.txt`")
            .with_note("no space left on device")
            .with_help("make room\nand run again");
        insta::assert_snapshot!(diagnostic.render(false), @r"
        error: cannot write `requirements.txt`
        note: no space left on device
        help: make room
              and run again
        ");
        let colored = diagnostic.render(true);
        assert!(
            colored.contains("error\u{1b}[0m\u{1b}[1m: cannot"),
            "{colored}"
        );
        assert!(colored.contains("note\u{1b}[0m: no space"), "{colored}");
    }

    #[test]
    fn any_span_in_any_text_can_be_shown() {
        let texts = [
            "",
            "\n",
            "\r\n\r\n",
            "é\u{1b}[31mü\tx\u{202e}",
            "a\n\nb",
            "\u{feff}x",
        ];
        for text in texts {
            for start in 0..=text.len() + 2 {
                for end in start..=text.len() + 2 {
                    let problem = Problem {
                        span: Span::new(start, end),
                        message: "bad".to_owned(),
                        help: None,
                    };
                    let shown = Diagnostic::error("")
                        .at("x", text, vec![problem])
                        .render(false);
                    assert!(
                        shown.starts_with("error: bad\n --> x:"),
                        "{text:?} {start} {end} {shown}"
                    );
                    assert!(!shown.contains('\u{1b}'), "{shown:?}");
                }
            }
        }
    }

    #[test]
    fn a_flood_of_problems_is_counted() {
        let text = "x\n".repeat(150);
        let problems: Vec<Problem> = (0..150)
            .map(|line| Problem {
                span: Span::new(line * 2, line * 2 + 1),
                message: "bad".to_owned(),
                help: None,
            })
            .collect();
        let shown = Diagnostic::error("no good")
            .at("x", text, problems)
            .render(false);
        assert_eq!(shown.matches("error: bad").count(), 100);
        assert!(
            shown.contains("error: 50 more problems in `x`\n"),
            "{shown}"
        );
        assert!(
            shown.contains("x:100:1") && shown.ends_with("error: no good\n"),
            "{shown}"
        );
    }
}
