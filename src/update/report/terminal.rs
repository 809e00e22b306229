//! The report for people at a terminal, and the closing line.
//!
//! It is grouped by target, as people think of files. It holds no color.

use std::fmt::Write as _;

use super::actions::why;
use super::escape::{MESSAGE, NAME, no_command, tame};
use super::gist::{Gist, day, is_written, short};
use crate::text::many;
use crate::update::plan::{
    Alarm, HeldBack, ImageChange, PinChange, Plan, Status, TargetFailure, TargetPlan,
};

/// How many changes of a target are named one by one.
const MOST_CHANGES: usize = 50;

/// How many lines of the details of a failure are shown.
const MOST_DETAILS: usize = 40;

/// Returns the lines of the report, without the closing one.
pub fn terminal(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let mut silent = 0;
    for target in &plan.targets {
        let is_silent = target.status == Status::Unchanged
            && target.held.is_empty()
            && target.alarms.is_empty()
            && target.failed.is_none();
        if is_silent {
            silent += 1;
        } else {
            push_target(&mut lines, target);
        }
    }
    if silent > 0 && silent < plan.targets.len() {
        lines.push(format!("{} unchanged", many(silent, "other target")));
    }
    for skipped in &plan.skipped {
        let (path, why) = (tame(&skipped.path, MESSAGE), tame(&skipped.why, MESSAGE));
        lines.push(format!("{path}: skipped, because {why}"));
    }
    for note in &plan.notes {
        lines.push(format!("note: {}", tame(note, MESSAGE)));
    }
    lines.into_iter().map(no_command).collect()
}

fn push_target(lines: &mut Vec<String>, target: &TargetPlan) {
    let path = tame(&target.path, MESSAGE);
    lines.push(format!("{path}: {}", head(target)));
    if is_written(target) {
        let pins = target.pins.iter().map(pin);
        let images = target.images.iter().map(image);
        lines.extend(pins.chain(images).take(MOST_CHANGES));
        let changes = target.pins.len() + target.images.len();
        if changes > MOST_CHANGES {
            lines.push(format!("  and {} more", changes - MOST_CHANGES));
        }
    }
    lines.extend(target.alarms.iter().map(alarm));
    lines.extend(target.held.iter().map(held));
    if let Some(failed) = &target.failed {
        push_failed(lines, failed);
    }
}

/// Returns what became of a target: `3 updated, 1 new`.
fn head(target: &TargetPlan) -> String {
    let moves = || {
        let pins = |wanted: fn(&&PinChange) -> bool| target.pins.iter().filter(wanted);
        let updated = pins(|pin| pin.from.is_some() && pin.to.is_some()).count();
        let parts: Vec<String> = [
            (updated + target.images.len(), "updated"),
            (pins(|pin| pin.from.is_none()).count(), "new"),
            (
                pins(|pin| pin.from.is_some() && pin.to.is_none()).count(),
                "removed",
            ),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        if parts.is_empty() {
            "rewritten".to_owned()
        } else {
            parts.join(", ")
        }
    };
    match target.status {
        Status::Updated => moves(),
        Status::Partial => format!("{}, but not all: {}", moves(), tame(&why(target), MESSAGE)),
        Status::Unchanged => "unchanged".to_owned(),
        Status::Failed => format!("failed: {}", tame(&why(target), MESSAGE)),
        Status::Skipped => tame(&why(target), MESSAGE),
    }
}

fn pin(pin: &PinChange) -> String {
    let version = |version: &Option<String>| {
        version
            .as_deref()
            .map_or_else(|| "–".to_owned(), |version| tame(version, NAME))
    };
    let (from, to) = (version(&pin.from), version(&pin.to));
    let moved = match (&pin.from, &pin.to) {
        (None, _) => to,
        (Some(_), None) => from,
        (Some(_), Some(_)) if from == to => from,
        (Some(_), Some(_)) => format!("{from} → {to}"),
    };
    let mut facts = vec![tame(pin.bump.as_str(), NAME)];
    facts.extend(pin.published.map(day));
    if !pin.direct && !pin.via.is_empty() {
        let names: Vec<String> = pin.via.iter().take(3).map(|via| tame(via, NAME)).collect();
        let more = if pin.via.len() > 3 { ", …" } else { "" };
        facts.push(format!("via {}{more}", names.join(", ")));
    }
    format!(
        "  {} {moved} ({})",
        tame(&pin.project, NAME),
        facts.join(", ")
    )
}

fn image(change: &ImageChange) -> String {
    let tag = |tag: &Option<String>| {
        tag.as_deref()
            .map_or_else(String::new, |tag| format!(":{}", tame(tag, NAME)))
    };
    let digest = |digest: &str| tame(short(digest), NAME);
    let (from_tag, to_tag) = (tag(&change.from_tag), tag(&change.to_tag));
    let mut text = format!("  {}{from_tag} ", tame(&change.image, NAME));
    match &change.from_digest {
        Some(from) => text.push_str(&digest(from)),
        None => text.push_str("not pinned"),
    }
    text.push_str(" → ");
    if from_tag != to_tag {
        let _ = write!(text, "{to_tag} ");
    }
    text.push_str(&digest(&change.to_digest));
    let mut facts = Vec::new();
    if !change.lines.is_empty() {
        let noun = if change.lines.len() == 1 {
            "line"
        } else {
            "lines"
        };
        facts.push(format!("{noun} {}", list(&change.lines)));
    }
    if !change.platforms.is_empty() {
        facts.push(tame(&change.platforms.join(", "), NAME));
    }
    facts.extend(change.facts.iter().map(|fact| tame(fact, MESSAGE)));
    if !facts.is_empty() {
        let _ = write!(text, " ({})", facts.join("; "));
    }
    text
}

fn list(numbers: &[usize]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn alarm(alarm: &Alarm) -> String {
    format!(
        "  alarm: {} ({}): {}",
        tame(&alarm.item, NAME),
        tame(alarm.kind.as_str(), NAME),
        tame(&alarm.message, MESSAGE)
    )
}

fn held(held: &HeldBack) -> String {
    let mut text = format!("  held back: {}", tame(&held.item, NAME));
    if let Some(at) = &held.at {
        let _ = write!(text, " {}", tame(at, NAME));
    }
    let _ = write!(
        text,
        ", not {}: {} ({})",
        tame(&held.candidate, NAME),
        tame(&held.reason, MESSAGE),
        tame(held.code.as_str(), NAME)
    );
    if let Some(eligible) = held.eligible {
        let _ = write!(text, "; eligible {}", day(eligible));
    }
    text
}

fn push_failed(lines: &mut Vec<String>, failed: &TargetFailure) {
    let details = failed.details.iter().take(MOST_DETAILS);
    lines.extend(details.map(|detail| format!("  {}", tame(detail, MESSAGE))));
    if failed.details.len() > MOST_DETAILS {
        lines.push(format!(
            "  and {} more lines",
            failed.details.len() - MOST_DETAILS
        ));
    }
    let tried = failed.tried.iter();
    lines.extend(tried.map(|tried| format!("  tried: {}", tame(tried, MESSAGE))));
    if failed.transient {
        lines.push("  running again later may help".to_owned());
    }
    if !failed.reproduce.is_empty() {
        lines.push(format!(
            "  to reproduce: {}",
            tame(&failed.reproduce, 4 * MESSAGE)
        ));
    }
}

/// Returns the closing line: `Updated 3 of 4 targets: 5 packages, 2 images; 1 failed`.
pub fn summary(plan: &Plan) -> String {
    let tally = Gist::of(plan).tally;
    let targets = many(tally.targets, "target");
    let mut text = match tally.targets {
        0 if tally.left > 0 => "Nothing was kept up to date".to_owned(),
        0 => "There is nothing to keep up to date".to_owned(),
        all if tally.unchanged == all => format!("Nothing to update in {targets}"),
        _ => format!("Updated {} of {targets}", tally.updated),
    };
    if let Some(moves) = tally.moves() {
        let _ = write!(text, ": {moves}");
    }
    let rest: Vec<String> = [
        (tally.partial, "partly"),
        (tally.failed, "failed"),
        (tally.skipped + tally.left, "skipped"),
        (tally.held, "held back"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .chain((tally.alarms > 0).then(|| many(tally.alarms, "alarm")))
    .collect();
    if !rest.is_empty() {
        let _ = write!(text, "; {}", rest.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::report::samples;

    fn check(plan: &Plan) -> String {
        let mut lines = terminal(plan);
        lines.push(summary(plan));
        lines.join("\n")
    }

    #[test]
    fn groups_what_moves_by_target() {
        insta::assert_snapshot!(check(&samples::rich()), @r#"
        app.txt: 2 updated, 1 new
          certifi 2026.7.4 → 2026.10.5 (other, 2026-08-18, via requests)
          httpx2 1.0.3 (new, 2026-08-18, via acme-sdk)
          requests 2.31.0 → 2.32.5 (minor, 2026-08-18)
          alarm: httpx2 (new-package): the project is there since 2026-08-30
          alarm: six (yanked): 1.16.1 is yanked: "by @octocat, see #12"
          held back: django 5.2.1, not 6.1: rule `<6`: LTS (until 2027-01-31) (PF107)
        dev.txt: 3 updated, 1 removed
          certifi 2026.7.4 → 2026.10.5 (other, 2026-08-18, via requests)
          chardet 5.2.0 (removed, via requests)
          requests 2.31.0 → 2.32.5 (minor, 2026-08-18, via pytest)
          wheel 0.45.1 (hashes, 2026-08-18)
          held back: django 5.2.1, not 6.1: rule `<6`: LTS (until 2027-01-31) (PF107)
          held back: boto3 1.99.2, not 1.99.3: published 2026-11-19, cooldown 7 d (PF101); eligible 2026-11-26
        Dockerfile: 2 updated
          python:3.12.1-slim 8a213af08a21 → :3.12.4-slim e17fa540e17f (lines 1, 9; linux/amd64, linux/arm64; PYTHON_VERSION 3.12.1 → 3.12.4)
          ghcr.io/astral-sh/uv:0.12 not pinned → 012345670123 (line 4)
        tools/requirements.txt: failed: mkdocs 2.0 needs `jinja2>=4`; sphinx 8.3 needs `jinja2<4`
          `docs.in` requires both
          tried: without `mkdocs`: still no solution
          to reproduce: pinfold update tools/requirements.txt --as-of 2026-11-21T04:17:00Z
        all.txt: skipped, because its header has `--all-groups`: name each group with `--group`
        note: `legacy.txt` is left out: no tool is known to have written it
        Updated 3 of 4 targets: 5 packages, 2 images; 1 failed, 1 skipped, 2 held back, 2 alarms
        "#);
    }

    #[test]
    fn says_little_when_nothing_moves() {
        insta::assert_snapshot!(check(&samples::empty()), @r"Nothing to update in 1 target");
        insta::assert_snapshot!(check(&samples::plan(Vec::new())), @r"There is nothing to keep up to date");
    }

    #[test]
    fn says_what_failed_and_how_to_see_it_again() {
        insta::assert_snapshot!(check(&samples::failing()), @r"
        tools/requirements.txt: failed: mkdocs 2.0 needs `jinja2>=4`; sphinx 8.3 needs `jinja2<4`
          `docs.in` requires both
          tried: without `mkdocs`: still no solution
          running again later may help
          to reproduce: pinfold update tools/requirements.txt --as-of 2026-11-21T04:17:00Z
        tools/dev.txt: skipped, because its group failed
        Updated 0 of 2 targets; 1 failed, 1 skipped
        ");
    }

    #[test]
    fn counts_changes_beyond_the_first_ones() {
        let pins = (0..60).map(|n| samples::pin(&format!("p{n}"), "1", "2", "major", &[]));
        let plan = samples::plan(vec![samples::lock("a.txt", pins.collect())]);
        let lines = terminal(&plan);
        assert_eq!(lines.len(), 1 + MOST_CHANGES + 1);
        assert_eq!(lines[0], "a.txt: 60 updated");
        assert_eq!(lines[51], "  and 10 more");
    }

    #[test]
    fn files_that_change_without_a_pin_are_rewritten() {
        let plan = samples::plan(vec![samples::lock("a.txt", Vec::new())]);
        assert_eq!(
            check(&plan),
            "a.txt: rewritten\nUpdated 1 of 1 target: 1 file"
        );
    }
}
