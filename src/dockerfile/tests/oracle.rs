//! `fixtures/oracle/dockerfile.json`: what BuildKit's own parser makes of small files.
//!
//! That parser stops before names and numbers of words count, and is older than the
//! grammar that we follow: what differs for these reasons is named here.

use serde::Deserialize;

use super::super::heredoc;
use super::super::instruction;
use super::super::parse::Part;
use super::super::words::{self, JsonForm, Parts, split_at_blanks, split_at_space};
use crate::dockerfile::Dockerfile;
use crate::text::Span;

#[derive(Deserialize)]
struct Table {
    cases: Vec<Case>,
}

/// A file, and what it is read as; none if it is refused.
#[derive(Deserialize)]
struct Case(String, Option<Vec<Row>>);

/// Keyword, keyword behind `ONBUILD`, first line, last line, heredocs, whether it is
/// JSON, flags, words.
type Row = (
    String,
    String,
    usize,
    usize,
    usize,
    u8,
    Vec<String>,
    Vec<String>,
);

/// What the parser of this version leaves to the steps behind it.
const LATER: &[&str] = &[
    "there is no `FROM` before it",
    "the file has no `FROM`",
    "is not an instruction",
    "`ONBUILD` needs an instruction",
    "is not allowed after `ONBUILD`",
    "is not a flag of `FROM` with a value",
    "is given twice",
    "is not a valid stage name",
    "`FROM` needs an image",
    "`FROM` takes an image",
    "`ARG` needs a variable name",
    "`--from` has no value",
    "the fields of the mount cannot be read",
    "the platform cannot be read",
    "a `${` is not",
    "a quote is not closed",
    "unknown operator in a `${`",
    "the pattern of a variable",
];

/// Whether BuildKit's parser would say so as well.
fn is_of_grammar(message: &str) -> bool {
    message.starts_with("the directive") || !LATER.iter().any(|later| message.contains(later))
}

/// Reads a file as the table shows it.
fn view(source: &[u8]) -> Option<Vec<Row>> {
    let file = Dockerfile::parse(source);
    if file
        .problems()
        .iter()
        .any(|problem| is_of_grammar(&problem.message))
    {
        return None;
    }
    let rows = file.parts.iter().filter_map(|part| match part {
        Part::Line(_) => None,
        Part::Instruction(first, end, instruction) => {
            let line = &instruction.line;
            let outer = words::split_instruction(line, Span::new(0, line.len()));
            let keyword = |parts: &Parts| lossy(&line.bytes()[parts.keyword.range()]);
            let is_onbuild = keyword(&outer).eq_ignore_ascii_case("ONBUILD");
            let inner = is_onbuild.then(|| words::split_instruction(line, outer.rest));
            let parts = inner.as_ref().unwrap_or(&outer);
            let step = keyword(parts).to_ascii_uppercase();
            let is_json =
                instruction::array(&step, line.bytes(), parts.rest).is_some_and(|array| {
                    words::json_form(&line.bytes()[array.range()]) == JsonForm::Yes
                });
            let heredocs = match step.as_str() {
                "ADD" | "COPY" | "RUN" if !is_json && !is_onbuild => {
                    heredoc::of_line(line.bytes()).unwrap().len()
                }
                _ => 0,
            };
            let spans = match step.as_str() {
                "FROM" | "ADD" | "COPY" if !is_json => split_at_blanks(line.bytes(), parts.rest),
                "ARG" => split_at_space(line.bytes(), parts.rest, file.escape),
                _ => Vec::new(),
            };
            // Flags are read byte by byte there, as if they were Latin-1.
            let flag = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect();
            Some((
                keyword(&outer),
                inner.as_ref().map(keyword).unwrap_or_default(),
                first + 1,
                *end,
                heredocs,
                u8::from(is_json),
                outer.flags.iter().map(|word| flag(word.bytes())).collect(),
                spans
                    .iter()
                    .map(|span| lossy(&line.bytes()[span.range()]))
                    .collect(),
            ))
        }
    });
    // A file without instructions is refused.
    Some(rows.collect()).filter(|rows: &Vec<Row>| !rows.is_empty())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Reads the notation for lines too long to write: `{65531}x`.
fn input(text: &str) -> String {
    let mut text = text.to_owned();
    for length in [65_531, 65_532, 65_536] {
        for character in ["x", "#"] {
            text = text.replace(
                &format!("{{{length}}}{character}"),
                &character.repeat(length),
            );
        }
    }
    text
}

fn differences(cases: &[Case]) -> Vec<String> {
    let differ = |case: &&Case| view(input(&case.0).as_bytes()) != case.1;
    let show = |case: &Case| {
        let problems: Vec<_> = Dockerfile::parse(input(&case.0).as_bytes())
            .problems()
            .iter()
            .map(|problem| problem.message.clone())
            .collect();
        format!(
            "{:?}\n  {:?}\n  should be\n  {:?}\n  {problems:?}\n",
            case.0,
            view(input(&case.0).as_bytes()),
            case.1
        )
    };
    cases.iter().filter(differ).map(show).collect()
}

/// Files that are read otherwise, and why.
const KNOWN: &[(&str, &str)] = &[
    ("CMD [\"a\"] b", JSON),
    ("FROM a\nRUN [\"a\"] <<E\nx\nE", JSON),
    ("RUN [1] b", JSON),
    ("FROM a\nRUN << E\nx\nE", BLANK),
    ("RUN ${\u{24b6}} <<E\nFROM b", CATEGORY),
];

const JSON: &str = "text behind an array makes it a shell's line (BuildKit 0.15)";
const BLANK: &str = "blanks may stand behind `<<` (BuildKit 0.22)";
const CATEGORY: &str = "some symbols and marks count as letters in names of variables here";

#[test]
fn files_are_read_as_build_kit_reads_them() {
    let table = include_str!("../../../fixtures/oracle/dockerfile.json");
    let table: Table = serde_json::from_str(table).unwrap();
    assert!(table.cases.len() > 1_000);
    let (known, cases): (Vec<_>, Vec<_>) = table
        .cases
        .into_iter()
        .partition(|case| KNOWN.iter().any(|(text, _)| *text == case.0));
    let differences = differences(&cases);
    assert!(
        differences.is_empty(),
        "{} differ\n{}",
        differences.len(),
        differences.join("\n")
    );
    for (text, reason) in KNOWN {
        let case = known.iter().find(|case| case.0 == *text).expect(text);
        assert!(
            view(text.as_bytes()) != case.1,
            "{text:?}: not so: {reason}"
        );
    }
}
