//! `fixtures/dockerfiles/rows.txt`: inputs, and what becomes of them.

use super::{Mode, changed, digest_of, findings};
use crate::dockerfile::{Dockerfile, Outside, State};
use crate::image::{Digest, Reference};

struct Row {
    title: String,
    mode: Mode,
    input: Vec<u8>,
    output: Vec<u8>,
    finding: Option<String>,
}

fn rows() -> Vec<Row> {
    include_str!("../../../fixtures/dockerfiles/rows.txt")
        .split("\n\n")
        .map(str::trim)
        .filter(|text| text.starts_with(|first: char| first.is_ascii_digit()))
        .map(row)
        .collect()
}

fn row(text: &str) -> Row {
    let mut lines = text.lines();
    let title = lines.next().unwrap();
    let mut field = |mark: &str| lines.next().map(|line| line.strip_prefix(mark).unwrap());
    let input = bytes(field("< ").unwrap());
    let output = match field("> ").unwrap() {
        "=" => input.clone(),
        output => bytes(output),
    };
    Row {
        title: title.to_owned(),
        mode: match title.split([' ', ':']).nth(1) {
            Some("pin") => Mode::Pin,
            Some("update") => Mode::Update,
            _ => panic!("{title}: no mode"),
        },
        input,
        output,
        finding: field("! ").map(str::to_owned),
    }
}

/// Reads the notation of the file's head.
fn bytes(text: &str) -> Vec<u8> {
    let mut text = text
        .replace('⏎', "\n")
        .replace('␍', "\r")
        .replace('⇥', "\t")
        .replace("«BOM»", "\u{feff}")
        .replace("sha256:OLD", Digest::of(b"old").as_str())
        .replace(":OLD", &Digest::of(b"old").as_str()["sha256".len()..]);
    while let Some((before, rest)) = text.split_once("sha256:D(") {
        let (image, after) = rest.split_once(')').unwrap();
        let digest = digest_of(&Reference::parse(image).unwrap());
        text = format!("{before}{digest}{after}");
    }
    let mut bytes = text.replace("«FF»", "\u{1}").into_bytes();
    for byte in &mut bytes {
        if *byte == 1 {
            *byte = 0xff;
        }
    }
    bytes
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn each_row_comes_out_as_expected() {
    let rows = rows();
    assert!(rows.len() >= 76, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let output = changed(&row.input, row.mode);
        if output != row.output {
            wrong.push(format!(
                "{}\n  {}\n  should be\n  {}\n  {:?}",
                row.title,
                show(&output),
                show(&row.output),
                findings(&row.input)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_row_that_stays_says_why() {
    let mut wrong = Vec::new();
    for row in rows() {
        let found = findings(&row.input);
        let is_said = match &row.finding {
            Some(finding) => found.iter().any(|text| text.contains(finding)),
            None => found.is_empty(),
        };
        let uses = Dockerfile::parse(&row.input).uses(&Outside::default());
        let is_settled = uses
            .iter()
            .all(|image_use| matches!(image_use.state, State::Nothing | State::Pinned(Ok(_))));
        let stays = row.input == row.output && !is_settled;
        if !is_said || (stays && row.finding.is_none()) {
            wrong.push(format!("{}\n  {found:?}", row.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_row_is_stable_once_changed() {
    for row in rows() {
        let again = changed(&row.output, row.mode);
        assert_eq!(show(&again), show(&row.output), "{}", row.title);
        let file = Dockerfile::parse(&row.input);
        assert_eq!(show(&file.print()), show(&row.input), "{}", row.title);
    }
}
