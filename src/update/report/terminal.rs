//! The report for people at a terminal, and the closing line.
//!
//! It is grouped by target, as people think of files. It holds no colour.

use std::fmt::Write as _;

use super::actions::why;
use super::escape::{MESSAGE, NAME, no_command, plain};
use super::gist::{Gist, day, is_written, many, short};
use crate::update::plan::{
    Alarm, Failed, HeldBack, ImageChange, PinChange, Plan, Status, TargetPlan,
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
    for note in &plan.notes {
        lines.push(format!("note: {}", plain(note, MESSAGE)));
    }
    lines.into_iter().map(no_command).collect()
}

fn push_target(lines: &mut Vec<String>, target: &TargetPlan) {
    let path = plain(&target.path, MESSAGE);
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
        Status::Partial => format!("{}, but not all: {}", moves(), plain(&why(target), MESSAGE)),
        Status::Unchanged => "unchanged".to_owned(),
        Status::Failed => format!("failed: {}", plain(&why(target), MESSAGE)),
        Status::Skipped => plain(&why(target), MESSAGE),
    }
}

fn pin(pin: &PinChange) -> String {
    let version = |version: &Option<String>| {
        version
            .as_deref()
            .map_or_else(|| "–".to_owned(), |version| plain(version, NAME))
    };
    let (from, to) = (version(&pin.from), version(&pin.to));
    let moved = match (&pin.from, &pin.to) {
        (None, _) => to,
        (Some(_), None) => from,
        (Some(_), Some(_)) if from == to => from,
        (Some(_), Some(_)) => format!("{from} → {to}"),
    };
    let mut facts = vec![plain(&pin.bump, NAME)];
    facts.extend(pin.published.map(day));
    if !pin.direct && !pin.via.is_empty() {
        let names: Vec<String> = pin.via.iter().take(3).map(|via| plain(via, NAME)).collect();
        let more = if pin.via.len() > 3 { ", …" } else { "" };
        facts.push(format!("via {}{more}", names.join(", ")));
    }
    format!(
        "  {} {moved} ({})",
        plain(&pin.project, NAME),
        facts.join(", ")
    )
}

fn image(change: &ImageChange) -> String {
    let tag = |tag: &Option<String>| {
        tag.as_deref()
            .map_or_else(String::new, |tag| format!(":{}", plain(tag, NAME)))
    };
    let digest = |digest: &str| plain(short(digest), NAME);
    let (from_tag, to_tag) = (tag(&change.from_tag), tag(&change.to_tag));
    let mut text = format!("  {}{from_tag} ", plain(&change.image, NAME));
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
        facts.push(plain(&change.platforms.join(", "), NAME));
    }
    facts.extend(change.facts.iter().map(|fact| plain(fact, MESSAGE)));
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
        plain(&alarm.item, NAME),
        plain(&alarm.kind, NAME),
        plain(&alarm.message, MESSAGE)
    )
}

fn held(held: &HeldBack) -> String {
    let mut text = format!("  held back: {}", plain(&held.item, NAME));
    if let Some(at) = &held.at {
        let _ = write!(text, " {}", plain(at, NAME));
    }
    let _ = write!(
        text,
        ", not {}: {} ({})",
        plain(&held.candidate, NAME),
        plain(&held.reason, MESSAGE),
        plain(&held.code, NAME)
    );
    if let Some(eligible) = held.eligible {
        let _ = write!(text, "; eligible {}", day(eligible));
    }
    text
}

fn push_failed(lines: &mut Vec<String>, failed: &Failed) {
    let details = failed.details.iter().take(MOST_DETAILS);
    lines.extend(details.map(|detail| format!("  {}", plain(detail, MESSAGE))));
    if failed.details.len() > MOST_DETAILS {
        lines.push(format!(
            "  and {} more lines",
            failed.details.len() - MOST_DETAILS
        ));
    }
    let tried = failed.tried.iter();
    lines.extend(tried.map(|tried| format!("  tried: {}", plain(tried, MESSAGE))));
    if failed.transient {
        lines.push("  running again later may help".to_owned());
    }
    if !failed.reproduce.is_empty() {
        lines.push(format!(
            "  to see it again: {}",
            plain(&failed.reproduce, 4 * MESSAGE)
        ));
    }
}

/// Returns the closing line: `Updated 3 of 4 targets: 5 packages, 2 images; 1 failed`.
pub fn summary(plan: &Plan) -> String {
    let tally = Gist::of(plan).tally;
    let targets = many(tally.targets, "target");
    let mut text = match tally.targets {
        0 => "There is nothing to keep up to date".to_owned(),
        all if tally.unchanged == all => format!("Nothing to update in {targets}"),
        _ => format!("Updated {} of {targets}", tally.updated),
    };
    if let Some(moves) = tally.moves() {
        let _ = write!(text, ": {moves}");
    }
    let rest: Vec<String> = [
        (tally.partial, "in part"),
        (tally.failed, "failed"),
        (tally.skipped, "not tried"),
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

    #[test]
    fn zz() {
        for p in [
            samples::rich(),
            samples::empty(),
            samples::failing(),
            samples::plan(vec![]),
        ] {
            println!("{}", terminal(&p).join("\n"));
            println!("{}\n----", summary(&p));
            println!("{}\n----", super::super::annotations(&p));
            println!(
                "{}\n----",
                super::super::github_outputs(&p, &Default::default())
            );
            println!(
                "{}\n=======",
                super::super::markdown(&p, &Default::default(), 60000)
            );
        }
    }
}
