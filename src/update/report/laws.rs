//! Laws of the report: foreign text stays text, and the budget is kept.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Context, Outputs, annotations, escape, github_outputs, markdown, summary, terminal};
use crate::update::plan::{
    Alarm, Content, FileChange, HeldBack, ImageChange, PLAN_VERSION, PinChange, Plan, SkippedFile,
    Status, TargetFailure, TargetKind, TargetPlan,
};
use crate::update::word::OpenWord;

/// What markup, references and commands are made of.
const PIECES: &[&str] = &[
    "@octocat",
    "@",
    "#12",
    "#",
    "org/repo#1",
    "GH-7",
    "!3",
    "$x$",
    "%5",
    "~bug",
    "^a",
    "&9",
    "<",
    ">",
    "<img src=x>",
    "</details>",
    "<!--",
    "-->",
    "![a](b)",
    "[x](y)",
    "https://e.vil/",
    "www.e.vil",
    "a@e.vil",
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "```",
    "`a`",
    "*",
    "**",
    "_",
    "~~",
    "&lt;",
    "&#64;",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{1b}[2J",
    "\0",
    "\u{202e}",
    "\u{200b}",
    "\u{2028}",
    "::error::x",
    "##[error]",
    "- ",
    "1. ",
    "# ",
    "    ",
    "end",
    "=",
    "<<",
    "a",
    "b",
    " ",
    "é",
    "→",
    "%0A",
    ",",
    ":",
    "sha256:",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(select(PIECES), 0..8).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..4)
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

fn time() -> impl Strategy<Value = jiff::Timestamp> {
    let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    (first.as_second()..=last.as_second())
        .prop_map(|second| jiff::Timestamp::from_second(second).unwrap())
}

fn pin() -> impl Strategy<Value = PinChange> {
    let time = proptest::option::of(time());
    (
        text(),
        maybe(),
        maybe(),
        text(),
        time,
        any::<bool>(),
        texts(),
    )
        .prop_map(
            |(project, from, to, bump, published, direct, via)| PinChange {
                project,
                from,
                to,
                bump: OpenWord::parse(bump),
                published,
                direct,
                via,
            },
        )
}

fn image() -> impl Strategy<Value = ImageChange> {
    let lines = vec(any::<usize>(), 0..4);
    let tags = (maybe(), maybe());
    (lines, text(), tags, maybe(), text(), texts(), texts()).prop_map(
        |(lines, image, (from_tag, to_tag), from_digest, to_digest, platforms, facts)| {
            ImageChange {
                lines,
                image,
                from_tag,
                to_tag,
                from_digest,
                to_digest,
                platforms,
                facts,
            }
        },
    )
}

fn held() -> impl Strategy<Value = HeldBack> {
    let time = proptest::option::of(time());
    (text(), maybe(), text(), text(), text(), time).prop_map(
        |(item, at, candidate, code, reason, eligible)| HeldBack {
            item,
            at,
            candidate,
            code: OpenWord::parse(code),
            reason,
            eligible,
        },
    )
}

fn alarm() -> impl Strategy<Value = Alarm> {
    (text(), text(), text()).prop_map(|(item, kind, message)| Alarm {
        item,
        kind: OpenWord::parse(kind),
        message,
    })
}

fn failed() -> impl Strategy<Value = TargetFailure> {
    (text(), texts(), texts(), text(), any::<bool>()).prop_map(
        |(message, details, tried, reproduce, transient)| TargetFailure {
            message,
            details,
            tried,
            reproduce,
            transient,
        },
    )
}

fn target() -> impl Strategy<Value = TargetPlan> {
    let status = select(vec![
        Status::Updated,
        Status::Partial,
        Status::Unchanged,
        Status::Failed,
        Status::Skipped,
    ]);
    let moves = (vec(pin(), 0..4), vec(image(), 0..3), texts());
    let rest = (
        vec(held(), 0..3),
        vec(alarm(), 0..3),
        proptest::option::of(failed()),
    );
    (status, text(), text(), moves, rest).prop_map(
        |(status, path, found, (pins, images, paths), (held, alarms, failed))| TargetPlan {
            kind: TargetKind::Lock,
            path,
            found,
            group: 0,
            status,
            files: paths.into_iter().map(file).collect(),
            inputs: Vec::new(),
            pins,
            images,
            held,
            alarms,
            failed,
        },
    )
}

fn file(path: String) -> FileChange {
    FileChange {
        path,
        before: None,
        after: Content::of(b"x"),
    }
}

fn skipped() -> impl Strategy<Value = SkippedFile> {
    (text(), text()).prop_map(|(path, why)| SkippedFile { path, why })
}

fn plan() -> impl Strategy<Value = Plan> {
    let targets = vec(target(), 0..4);
    (time(), text(), targets, vec(skipped(), 0..3), texts()).prop_map(
        |(as_of, policy, targets, skipped, notes)| Plan {
            version: PLAN_VERSION,
            as_of,
            policy,
            inputs: Vec::new(),
            targets,
            skipped,
            notes,
        },
    )
}

/// Returns the parts of a line outside of code spans.
fn outside_code(line: &str) -> Vec<&str> {
    let parts: Vec<&str> = line.split('`').collect();
    assert!(parts.len() % 2 == 1, "an open code span: {line}");
    let is_span = |at: usize| at % 2 == 1;
    let has_run = (1..parts.len() - 1).any(|at| parts[at].is_empty());
    assert!(!has_run, "a run of backticks: {line}");
    let outside = parts.iter().enumerate().filter(|(at, _)| !is_span(*at));
    outside.map(|(_, part)| *part).collect()
}

/// Fails if a line has markup that is not ours.
fn assert_tame(line: &str) {
    assert!(!line.contains(char::is_control), "{line:?}");
    if line.starts_with('<') {
        let is_ours = matches!(line, "<details>" | "</details>")
            || line.starts_with("<summary>") && line.ends_with("olicy, how to undo</summary>")
            || line.starts_with("<!-- pinfold:update v1 fingerprint=sha256:")
                && line.len() == 42 + 64 + 4;
        assert!(is_ours, "{line}");
        return;
    }
    for part in outside_code(line) {
        assert!(
            !part.contains(['<', '>', '[', ']', '\\', '$', '~']),
            "{line}"
        );
        assert!(
            !part.contains("://") && !part.to_lowercase().contains("www."),
            "{line}"
        );
        for (at, _) in part.match_indices('@') {
            assert!(part[at..].starts_with("@&#8203;"), "{line}");
        }
        let part = part.replace("&#8203;", "\u{200b}");
        let is_reference = |(at, mark): (usize, &str)| {
            let is_entity = mark == "#" && part[..at].ends_with('&');
            let next = part[at + 1..].chars().next();
            !is_entity && next.is_some_and(char::is_alphanumeric)
        };
        assert!(
            !part.match_indices(['#', '!', '%', '^']).any(is_reference),
            "{line}"
        );
    }
}

/// Fails if a line is not of a form that the report has.
fn assert_known(line: &str) {
    const STARTS: &[&str] = &[
        "<",
        "## Update pins: ",
        "### ",
        "**",
        "| ",
        "|---",
        "- Note: ",
        "- And ",
        "  - Detail: ",
        "- ",
        "And ",
        "Made with `--as-of ",
        "To keep everything",
        "The full report ",
    ];
    if let Some(item) = line.trim_start().strip_prefix("- ") {
        let is_nested = item.starts_with("- ") || item.starts_with(|c: char| c.is_ascii_digit());
        assert!(!is_nested, "{line}");
    }
    let is_known = line.is_empty() || STARTS.iter().any(|start| line.starts_with(start));
    assert!(is_known, "{line}");
}

/// Fails if rows of a table have other cells than its head.
fn assert_tables(text: &str) {
    let mut columns = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let bars = line.matches('|').count();
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        } else {
            columns = None;
            assert!(!line.contains('|'), "{line}");
        }
    }
}

/// Reads outputs as the service does.
fn read_outputs(text: &str) -> Vec<(String, String)> {
    let mut outputs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap();
        let is_long = line
            .find("<<")
            .is_some_and(|at| line.find('=').is_none_or(|equals| at < equals));
        if is_long {
            let (name, end) = line.split_once("<<").unwrap();
            let close = format!("\n{end}\n");
            // The first line that is the delimiter ends the value.
            let at = after.find(&close).unwrap();
            outputs.push((name.to_owned(), after[..at].to_owned()));
            rest = &after[at + close.len()..];
        } else {
            let (name, value) = line.split_once('=').unwrap();
            outputs.push((name.to_owned(), value.to_owned()));
            rest = after;
        }
    }
    outputs
}

proptest! {
    #[test]
    fn prose_and_messages_hold_no_markup(text in text(), most in 0..60_usize) {
        let prose = escape::prose(&text, most);
        prop_assert!(!prose.contains(['`', '|', '*']), "{prose}");
        assert_tame(&format!("| {prose} |"));
        let message = escape::message(&text, most);
        prop_assert!(!message.contains('|'), "{message}");
        assert_tame(&format!("| {message} |"));
        prop_assert!(outside_code(&message).iter().all(|part| !part.contains('*')));
        let code = escape::code(&text, most);
        prop_assert!(!code.contains('|'), "{code}");
        prop_assert!(code.matches('`').count() <= 2, "{code}");
        assert_tame(&format!("| {code} |"));
    }

    #[test]
    fn no_report_breaks_out_of_its_form(plan in plan(), place in maybe()) {
        let context = Context { full_report: place };
        for budget in [usize::MAX, 3000, 900, 400] {
            let text = markdown(&plan, &context, budget);
            prop_assert!(text.len() <= budget);
            text.lines().for_each(assert_tame);
            text.lines().for_each(assert_known);
            assert_tables(&text);
        }
    }

    #[test]
    fn no_report_is_longer_than_its_budget(
        plan in plan(),
        copies in 1..60_usize,
        budget in 0..20_000_usize,
    ) {
        let mut plan = plan;
        for target in &mut plan.targets {
            let pins = target.pins.clone();
            for copy in 0..copies {
                target.pins.extend(pins.iter().cloned().map(|pin| PinChange {
                    project: format!("{}{copy}", pin.project),
                    ..pin
                }));
            }
        }
        let text = markdown(&plan, &Context::default(), budget);
        prop_assert!(text.len() <= budget);
        let whole = markdown(&plan, &Context::default(), usize::MAX);
        prop_assert_eq!(whole.len() <= budget, whole == text);
    }

    #[test]
    fn terminal_lines_are_lines_and_no_commands(plan in plan()) {
        let mut lines = terminal(&plan);
        lines.push(summary(&plan));
        for line in lines {
            prop_assert!(!line.contains(char::is_control), "{line:?}");
            prop_assert!(!line.trim_start().starts_with("::"), "{line}");
            prop_assert!(!line.contains("##["), "{line}");
        }
    }

    #[test]
    fn outputs_are_read_as_they_were_given(
        plan in plan(), branch in text(), commit in text(), report in text(), delimiter in text(),
    ) {
        let extra = Outputs {
            branch: Some(&branch),
            commit: Some(&commit),
            report: Some(&report),
            delimiter: &delimiter,
        };
        let outputs = read_outputs(&github_outputs(&plan, &extra));
        let names: Vec<&str> = outputs.iter().map(|(name, _)| name.as_str()).collect();
        prop_assert_eq!(names, [
            "status", "changed", "updated", "failed", "skipped", "held", "alarms", "branch",
            "commit", "fingerprint", "report", "summary",
        ]);
        prop_assert_eq!(&outputs[7].1, &branch);
        prop_assert_eq!(&outputs[8].1, &commit);
        prop_assert_eq!(&outputs[10].1, &report);
    }

    #[test]
    fn annotations_are_a_line_each_and_few(plan in plan()) {
        let text = annotations(&plan);
        for line in text.lines() {
            prop_assert!(!line.contains(char::is_control), "{line:?}");
            let Some(rest) = line.strip_prefix("::warning file=") else {
                prop_assert!(line.starts_with("::notice title=pinfold::"), "{line}");
                continue;
            };
            let (properties, _) = rest.split_once("::").unwrap();
            let (path, title) = properties.split_once(",title=").unwrap();
            prop_assert!(!path.contains([',', ':']) && !title.contains([',', ':']), "{line}");
        }
        prop_assert!(text.lines().filter(|line| line.starts_with("::warning")).count() <= 10);
    }
}
