//! The metadata of a single-file script (PEP 723): a TOML document in a block of
//! comments.
//!
//! Blocks of other types are skipped, tables of tools not looked at.

use toml::de::DeTable;

use super::table::{Source, Table};
use crate::python::{Requirement, Specifiers};
use crate::text::{Problem, Span};

/// What a script says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// `requires-python`, and where it stands.
    pub requires_python: Option<(Specifiers, Span)>,
    /// `dependencies`, each with the place of its text.
    pub dependencies: Vec<(Requirement, Span)>,
    /// What is wrong with it; if there is anything, the rest is incomplete.
    pub problems: Vec<Problem>,
}

impl Script {
    /// Parses the text of a script.
    pub fn parse(text: &str) -> Self {
        let mut script = Self::default();
        let lines = lines(text);
        let blocks = blocks(text, &lines);
        let mut ours = blocks.iter().filter(|block| block.kind == KIND);
        let Some(block) = ours.next() else {
            script.problems.push(no_block(text, &lines));
            return script;
        };
        if let Some(second) = ours.next() {
            script.problems.push(
                Problem::new(second.opening, "duplicate `script` block")
                    .with_help("a script can have only one; merge it into the first"),
            );
            return script;
        }
        let content = Content::of(text, block);
        let (document, errors) = DeTable::parse_recoverable(&content.text);
        script.problems.extend(Source::syntax(&errors));
        if script.problems.is_empty() {
            let source = Source {
                text: &content.text,
            };
            script.read(source, document.get_ref());
        }
        let requirements = script.dependencies.iter_mut().map(|(_, span)| span);
        let spans = requirements
            .chain(script.requires_python.iter_mut().map(|(_, span)| span))
            .chain(script.problems.iter_mut().map(|problem| &mut problem.span));
        for span in spans {
            *span = content.source(*span);
        }
        script
    }

    fn read(&mut self, source: Source<'_>, document: &Table<'_>) {
        if let Some(value) = document.get("requires-python") {
            match source.requires_python(value) {
                Ok(read) => self.requires_python = Some(read),
                Err(problem) => self.problems.push(problem),
            }
        }
        if let Some(list) = document.get("dependencies") {
            self.dependencies = source.requirements(list, "`dependencies`", &mut self.problems);
        }
    }
}

/// The type of the block that is for us.
const KIND: &str = "script";

/// A block: its type, where it opens, and its lines without the opening and closing ones.
#[derive(Debug)]
struct Block<'a> {
    kind: &'a str,
    opening: Span,
    lines: &'a [Span],
}

/// Finds the blocks, as the regular expression of the PEP does.
///
/// ```text
/// block = "# /// " kind newline 1*(content newline) "# ///"
/// kind  = 1*(letter / digit / "-")
/// content = "#" / "# " *any
/// ```
/// A closing line is content too, so the last one of a run of comments counts.
fn blocks<'a>(text: &'a str, lines: &'a [Span]) -> Vec<Block<'a>> {
    let line = |index: usize| &text[lines[index].range()];
    let mut blocks = Vec::new();
    let mut index = 0;
    while index < lines.len() {
        let Some(kind) = opening(line(index)) else {
            index += 1;
            continue;
        };
        let first = index + 1;
        let end = (first..lines.len())
            .find(|&at| !is_content(line(at)))
            .unwrap_or(lines.len());
        let closing = (first + 1..end).rev().find(|&at| line(at) == CLOSING);
        let Some(closing) = closing else {
            index += 1;
            continue;
        };
        blocks.push(Block {
            kind,
            opening: lines[index],
            lines: &lines[first..closing],
        });
        index = closing + 1;
    }
    blocks
}

const CLOSING: &str = "# ///";

fn opening(line: &str) -> Option<&str> {
    line.strip_prefix("# /// ").filter(|kind| {
        !kind.is_empty()
            && kind
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

fn is_content(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

/// Says why there is no block.
fn no_block(text: &str, lines: &[Span]) -> Problem {
    let spells = |line: &str| -> bool {
        let words: Vec<&str> = line
            .strip_prefix('#')
            .map(|rest| rest.split_whitespace().collect())
            .unwrap_or_default();
        words == ["///", KIND]
    };
    let found = lines.iter().find(|span| spells(&text[span.range()]));
    match found {
        Some(&span) if opening(&text[span.range()]).is_none() => Problem::new(
            span,
            "this does not open a `script` block, because its spacing differs",
        )
        .with_help("write `# /// script` and nothing else on the line"),
        Some(&span) => Problem::new(span, "this `script` block is not closed")
            .with_help("start each of its lines with `# `, and end it with the line `# ///`"),
        None => Problem::new(
            Span::default(),
            "the script has no `# /// script` block with its requirements",
        )
        .with_help(
            "add one (PEP 723), with each line a comment: `# /// script`, `# dependencies = [\"…\"]`, `# ///`",
        ),
    }
}

/// The TOML of a block, and where its lines stand.
struct Content {
    text: String,
    /// Where each line starts, in the content and in the script.
    starts: Vec<(usize, usize)>,
}

impl Content {
    fn of(text: &str, block: &Block<'_>) -> Self {
        let mut content = Self {
            text: String::new(),
            starts: Vec::with_capacity(block.lines.len()),
        };
        for span in block.lines {
            let line = &text[span.range()];
            let inside = line.strip_prefix("# ").unwrap_or_else(|| &line[1..]);
            content
                .starts
                .push((content.text.len(), span.end - inside.len()));
            content.text.push_str(inside);
            content.text.push('\n');
        }
        content
    }

    /// Returns where a part of the content stands in the script.
    fn source(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        let end = self.offset(span.end);
        Span::new(start, end.max(start))
    }

    fn offset(&self, offset: usize) -> usize {
        let behind = self.starts.partition_point(|(start, _)| *start <= offset);
        let index = behind.saturating_sub(1);
        let Some((start, source)) = self.starts.get(index) else {
            return 0;
        };
        // What lies behind the content's last line end ends with that line.
        let length = match self.starts.get(index + 1) {
            Some((next, _)) => next - start - 1,
            None => (self.text.len() - start).saturating_sub(1),
        };
        source + (offset - start).min(length)
    }
}

/// Returns the lines of a text as Python reads them: `\n`, `\r\n` and `\r` end one.
fn lines(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if index > 0 && bytes[index - 1] == b'\r' => start = index + 1,
            b'\n' | b'\r' => {
                lines.push(Span::new(start, index));
                start = index + 1;
            }
            _ => {}
        }
    }
    if start < bytes.len() {
        lines.push(Span::new(start, bytes.len()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCRIPT: &str = r##"#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3", # why
#   'rich',
# ]
#
# [tool.other]
# x = "# ///"
# ///
import requests

# /// other
# dependencies = 1
# ///
"##;

    fn shown(text: &str) -> Vec<String> {
        let script = Script::parse(text);
        assert_eq!(script.problems, []);
        script
            .dependencies
            .iter()
            .map(|(_, span)| text[span.range()].to_owned())
            .collect()
    }

    fn problems(text: &str) -> Vec<String> {
        Script::parse(text)
            .problems
            .iter()
            .map(|problem| format!("{}: {}", &text[problem.span.range()], problem.message))
            .collect()
    }

    #[test]
    fn reads_the_block_and_points_into_the_script() {
        assert_eq!(shown(SCRIPT), ["requests<3", "rich"]);
        let script = Script::parse(SCRIPT);
        let (specifiers, span) = script.requires_python.unwrap();
        assert_eq!(specifiers.as_str(), ">=3.11");
        assert_eq!(&SCRIPT[span.range()], "\">=3.11\"");
    }

    #[test]
    fn lines_may_end_in_any_way() {
        assert_eq!(shown(&SCRIPT.replace('\n', "\r\n")), ["requests<3", "rich"]);
        assert_eq!(shown(&SCRIPT.replace('\n', "\r")), ["requests<3", "rich"]);
        assert_eq!(
            shown("# /// script\n# dependencies = ['a']\n# ///"),
            ["a"],
            "the closing line need not end"
        );
    }

    #[test]
    fn an_empty_block_requires_nothing() {
        let script = Script::parse("# /// script\n#\n# ///\n");
        assert_eq!(script, Script::default());
    }

    #[test]
    fn the_last_closing_line_of_a_run_counts() {
        let text = "# /// script\n# dependencies = ['''\n# ///\n# ''', 'a']\n# ///\n";
        assert!(
            Script::parse(text).problems[0].message.contains("expected"),
            "{:?}",
            problems(text)
        );
        let text = "# /// script\n# dependencies = ['a']\n# x = '''\n# ///\n# '''\n# ///\n";
        assert_eq!(shown(text), ["a"]);
    }

    #[test]
    fn says_why_there_is_no_block() {
        assert_eq!(
            problems("print(1)\n"),
            [": the script has no `# /// script` block with its requirements"]
        );
        assert_eq!(
            problems("# /// script\n# dependencies = []\nimport x\n# ///\n"),
            ["# /// script: this `script` block is not closed"]
        );
        assert_eq!(
            problems("# /// script \n# dependencies = []\n# ///\n"),
            ["# /// script : this does not open a `script` block, because its spacing differs"]
        );
        assert_eq!(
            problems("#/// script\n# dependencies = []\n# ///\n"),
            ["#/// script: this does not open a `script` block, because its spacing differs"]
        );
        assert_eq!(
            problems("# /// script\n# ///\n"),
            ["# /// script: this `script` block is not closed"]
        );
    }

    #[test]
    fn a_second_block_is_refused() {
        let block = "# /// script\n# dependencies = []\n# ///\n";
        let text = format!("{block}\n{block}");
        let problem = &Script::parse(&text).problems[0];
        assert_eq!(problem.message, "duplicate `script` block");
        assert_eq!(problem.span.start, block.len() + 1);
        // Without a line between them they are one, which is not TOML.
        assert!(problems(&format!("{block}{block}"))[0].contains("invalid TOML"));
    }

    #[test]
    fn what_is_wrong_is_shown_in_the_script() {
        let text = "# /// script\n# requires-python = '>=x'\n# dependencies = ['a ><', 3, \"\\u00e4 x\"]\n# ///\n";
        let places: Vec<String> = problems(text)
            .iter()
            .map(|problem| problem.split(": ").next().unwrap().to_owned())
            .collect();
        assert_eq!(places, ["x", "<", "3", "\\u00e4"]);
        let text = "# /// script\n# dependencies = 'a'\n# ///\n";
        assert_eq!(
            problems(text),
            ["'a': `dependencies` is a string, not an array of strings"]
        );
        let text = "# /// script\n# dependencies = [\n# x = \n# ///\n";
        for problem in Script::parse(text).problems {
            let within = "# /// script\n".len()..=text.find("\n# ///\n").unwrap();
            assert!(within.contains(&problem.span.start), "{problem:?}");
        }
    }

    proptest! {
        #[test]
        fn points_into_any_script(text in "(# /// script\n|# ///\n|# dependencies = |#\n|# |\\['a'\\]|\n|\r\n|'|\\[|\u{e4}|\\\\u00e4|a;|\"\"\"){0,20}") {
            let script = Script::parse(&text);
            let problems = script.problems.iter().map(|problem| problem.span);
            for span in problems.chain(script.dependencies.iter().map(|(_, span)| *span)) {
                prop_assert!(text.get(span.range()).is_some(), "{:?}", span);
            }
        }
    }
}
