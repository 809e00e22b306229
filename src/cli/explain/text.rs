//! What `pinfold explain` says to people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::ops::explain::{
    Absent, Candidate, Chains, Explained, Holding, Link, Older, PinOutcome, Pinned, Price,
    Rejection, RejectionRule, Taken,
};

/// How many newer releases are told one by one.
const MOST_RELEASES: usize = 20;

/// How many rules are told of one release.
const MOST_RULES: usize = 3;

/// How many other pins are named that would move.
const MOST_MOVES: usize = 10;

/// Returns all there is to say of a pin.
pub(super) fn pinned(explained: &Explained, pinned: &Pinned, tells_all: bool) -> String {
    let mut text = String::new();
    head(&mut text, explained, pinned);
    required(&mut text, explained, &pinned.chains);
    if !pinned.constraints.is_empty() {
        text.push_str("\nConstrained by\n");
        for (bound, location) in &pinned.constraints {
            let _ = writeln!(text, "  {bound} ({location})");
        }
    }
    if !matches!(pinned.holding, Holding::Direct) {
        newer(&mut text, &pinned.newer, tells_all);
        older(&mut text, &pinned.older);
    }
    holding(&mut text, pinned);
    text
}

fn head(text: &mut String, explained: &Explained, pinned: &Pinned) {
    let mut name = explained.project.to_string();
    if !pinned.extras.is_empty() {
        let _ = write!(name, "[{}]", pinned.extras.join(","));
    }
    let _ = writeln!(
        text,
        "{name} {} ({}:{})",
        pinned.pin, explained.lock, pinned.line_number
    );
    let _ = writeln!(text, "  for {}", explained.target);
    for (target, pin) in &explained.others {
        let pin = pin.as_deref().unwrap_or("not pinned");
        let _ = writeln!(text, "  for {target}: {pin}");
    }
    if let Some(marker) = &pinned.marker {
        let _ = writeln!(text, "  only if {marker}");
    }
    if let Some(published) = pinned.published {
        let _ = writeln!(text, "  uploaded on {}", day(published));
    }
    match pinned.yanked.as_deref() {
        None => {}
        Some("") => text.push_str("  yanked; the lock file keeps it\n"),
        Some(words) => {
            let _ = writeln!(text, "  yanked ({words}); the lock file keeps it");
        }
    }
    match &pinned.outcome {
        PinOutcome::Kept => {}
        PinOutcome::Moves(version) => {
            let _ = writeln!(
                text,
                "  the lock file is out of date: `pinfold compile` would change it to {version}"
            );
        }
        PinOutcome::Dropped => text.push_str(
            "  the lock file is out of date: nothing requires it, and `pinfold compile` would remove it\n",
        ),
    }
}

fn required(text: &mut String, explained: &Explained, chains: &Chains) {
    if chains.chains.is_empty() {
        return;
    }
    text.push_str("\nRequired by\n");
    let all: Vec<&[Link]> = chains.chains.iter().map(Vec::as_slice).collect();
    branches(text, &all, 2);
    if chains.has_more {
        let _ = writeln!(text, "  and by other paths to {}", explained.project);
    }
}

/// Tells of ways that begin alike once, as far as they do.
fn branches(text: &mut String, ways: &[&[Link]], indent: usize) {
    let mut told: Vec<&Link> = Vec::new();
    for way in ways {
        let Some((first, _)) = way.split_first() else {
            continue;
        };
        if told.contains(&first) {
            continue;
        }
        told.push(first);
        let _ = writeln!(text, "{:indent$}{}", "", link(first));
        let onward: Vec<&[Link]> = ways
            .iter()
            .filter_map(|way| way.split_first())
            .filter(|(other, _)| *other == first)
            .map(|(_, onward)| onward)
            .collect();
        branches(text, &onward, indent + 2);
    }
}

fn link(link: &Link) -> String {
    let mut text = match &link.project {
        None => link.requirement.clone(),
        Some((name, version, None)) => format!("{name} {version} requires {}", link.requirement),
        Some((name, version, Some(extra))) => {
            format!("{name}[{extra}] {version} requires {}", link.requirement)
        }
    };
    if let Some(marker) = &link.marker {
        let _ = write!(text, " ; {marker}");
    }
    match &link.location {
        Some(location) if link.is_override => {
            let _ = write!(text, " (override, {location})");
        }
        Some(location) => {
            let _ = write!(text, " ({location})");
        }
        None => {}
    }
    if link.is_overridden {
        text.push_str(", overridden");
    }
    text
}

fn newer(text: &mut String, candidates: &[Candidate], tells_all: bool) {
    if candidates.is_empty() {
        text.push_str("\nNewer releases: none\n");
        return;
    }
    let _ = writeln!(text, "\nNewer releases: {}", candidates.len());
    let told = if tells_all {
        candidates.len()
    } else {
        MOST_RELEASES.min(candidates.len())
    };
    let (told, rest) = candidates.split_at(told);
    for run in told.chunk_by(|one, other| words(one) == words(other)) {
        let _ = writeln!(text, "  {}: {}", versions(run), told_of(run, true));
    }
    if !rest.is_empty() {
        let _ = writeln!(
            text,
            "  and {}: {}; `--all` lists them",
            versions(rest),
            counted(rest)
        );
    }
}

/// Returns versions from the oldest to the newest; the newest comes first in the run.
fn versions(run: &[Candidate]) -> String {
    match run {
        [] => String::new(),
        [one] => one.version.clone(),
        [newest, oldest] => format!("{} and {}", oldest.version, newest.version),
        [newest, .., oldest] => {
            format!("{} to {} ({})", oldest.version, newest.version, run.len())
        }
    }
}

/// Returns the rules to tell of a release: that it is a pre-release matters only where
/// nothing else speaks against it.
fn rules(candidate: &Candidate) -> Vec<&Rejection> {
    let rejections = candidate.rejections.iter();
    let others: Vec<&Rejection> = rejections
        .filter(|one| one.rule != RejectionRule::PreRelease)
        .collect();
    if others.is_empty() {
        candidate.rejections.iter().collect()
    } else {
        others
    }
}

/// Says what speaks against a release.
fn words(candidate: &Candidate) -> String {
    told_of(std::slice::from_ref(candidate), false)
}

/// Says what speaks against a run of releases, with the times where they matter.
fn told_of(run: &[Candidate], tells_times: bool) -> String {
    let candidate = &run[0];
    let rules = rules(candidate);
    if rules.is_empty() {
        return match &candidate.held {
            None => "usable".to_owned(),
            Some(held) => format!(
                "usable, but `pinfold update` holds it back: {} ({})",
                held.words, held.code
            ),
        };
    }
    let mut told: Vec<String> = Vec::with_capacity(MOST_RULES + 1);
    for rejection in rules.iter().take(MOST_RULES) {
        let times = if tells_times && rejection.rule == RejectionRule::ExcludeNewer {
            times(run)
        } else {
            String::new()
        };
        told.push(format!("{}{times}", rejection.words));
    }
    if rules.len() > MOST_RULES {
        told.push(format!("and {} more", rules.len() - MOST_RULES));
    }
    told.join("; ")
}

/// Says when releases were uploaded.
fn times(run: &[Candidate]) -> String {
    let times = || run.iter().filter_map(|candidate| candidate.uploaded);
    match (times().min(), times().max()) {
        (Some(first), Some(last)) if day(first) != day(last) => {
            format!(", on {} to {}", day(first), day(last))
        }
        (Some(first), _) => format!(", on {}", day(first)),
        _ => String::new(),
    }
}

fn day(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Counts releases by the first rule that speaks against each.
fn counted(candidates: &[Candidate]) -> String {
    let mut counts: BTreeMap<Option<RejectionRule>, u32> = BTreeMap::new();
    for candidate in candidates {
        let rule = rules(candidate).first().map(|first| first.rule);
        *counts.entry(rule).or_default() += 1;
    }
    in_words(counts)
}

/// Returns how many releases each rule speaks against; none stands for no rule.
fn in_words(counts: impl IntoIterator<Item = (Option<RejectionRule>, u32)>) -> String {
    counts
        .into_iter()
        .map(|(rule, count)| match (rule, count) {
            (Some(RejectionRule::PreRelease), 1) => "1 pre-release".to_owned(),
            (Some(RejectionRule::RequiresUrl), 1) => "1 that requires a URL".to_owned(),
            _ => format!("{count} {}", rule.map_or("usable", rule_in_words)),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns what is said of several releases that one rule speaks against.
fn rule_in_words(rule: RejectionRule) -> &'static str {
    match rule {
        RejectionRule::Yanked => "yanked",
        RejectionRule::RequiresPython => "for another Python",
        RejectionRule::NoWheel => "without a wheel for the target",
        RejectionRule::Sdist => "with only a source distribution",
        RejectionRule::NeedsBuild => "that need a build",
        RejectionRule::ExcludeNewer => "after --exclude-newer",
        RejectionRule::NoUploadTime => "without an upload time",
        RejectionRule::Policy => "held by the policy",
        RejectionRule::PreRelease => "pre-releases",
        RejectionRule::Binary => "excluded by `--only-binary` or `--no-binary`",
        RejectionRule::Offline => "not in the cache",
        RejectionRule::BadMetadata => "with unusable metadata",
        RejectionRule::RequiresUrl => "that require a URL",
        RejectionRule::Constraint => "excluded by constraints",
        RejectionRule::Requirement => "excluded by requirements",
        RejectionRule::BuildFailed => "build-failed",
    }
}

fn older(text: &mut String, older: &Older) {
    if older.count == 0 {
        return;
    }
    let _ = write!(text, "Older releases: {}", older.count);
    if !older.rejected.is_empty() {
        let rejected = older.rejected.iter();
        let rejected = rejected.map(|(rule, count)| (Some(*rule), *count));
        let _ = write!(text, ", of which {}", in_words(rejected));
    }
    text.push('\n');
}

fn holding(text: &mut String, pinned: &Pinned) {
    text.push_str("\nWhat holds it back\n");
    match &pinned.holding {
        Holding::Direct => {
            text.push_str("  it is pinned to a URL or path, so there are no other versions\n");
        }
        Holding::Newest => text.push_str("  nothing: it is the newest release\n"),
        Holding::NoneUsable => {
            text.push_str("  no newer release is usable, for the reasons above\n");
        }
        Holding::Nothing(taken) => {
            let _ = writeln!(text, "  nothing: to upgrade to {}, run", taken.version);
            command(text, taken);
        }
        Holding::Conflict {
            version,
            facts,
            advice,
            price,
            instead,
        } => {
            let what = match price {
                Price::None => format!("there is no solution with {version}"),
                Price::OthersGoBack(_) => {
                    format!("{version} requires older versions of other projects")
                }
                Price::NotKnown => {
                    format!(
                        "there is no solution with {version} that keeps every other pin at its version or newer"
                    )
                }
            };
            let _ = writeln!(text, "  {what}:");
            for fact in facts {
                let _ = writeln!(text, "    {fact}");
            }
            for line in advice {
                let _ = writeln!(text, "  {line}");
            }
            if let Price::OthersGoBack(taken) = price {
                text.push_str("  to take it anyway, run\n");
                command(text, taken);
            }
            if let Some(instead) = instead {
                let _ = writeln!(text, "  to upgrade to {} instead, run", instead.version);
                command(text, instead);
            }
        }
        Holding::Untried { version, why, .. } => {
            let _ = writeln!(text, "  unknown: {version} could not be tried: {why}");
        }
    }
    very_newest(text, pinned);
}

/// Says by which command a version would be taken, and what else would move.
fn command(text: &mut String, taken: &Taken) {
    let _ = writeln!(text, "    {}", taken.command);
    if taken.moves.is_empty() {
        return;
    }
    text.push_str("  which also changes\n");
    for one in taken.moves.iter().take(MOST_MOVES) {
        let _ = match (&one.from, &one.to) {
            (Some(from), Some(to)) => {
                let note = if one.is_back() { ", older" } else { "" };
                writeln!(text, "    {} {from} to {to}{note}", one.project)
            }
            (None, Some(to)) => writeln!(text, "    {} {to}, new", one.project),
            (Some(from), None) => writeln!(text, "    {} {from}, removed", one.project),
            (None, None) => Ok(()),
        };
    }
    if let Some(more) = taken
        .moves
        .len()
        .checked_sub(MOST_MOVES)
        .filter(|&more| more > 0)
    {
        let _ = writeln!(text, "    and {more} more");
    }
}

/// Says what is against the newest final release, if it is not the one that was tried.
fn very_newest(text: &mut String, pinned: &Pinned) {
    let newest = pinned.newer.iter().find(|one| !one.is_pre_release);
    let tried = match &pinned.holding {
        Holding::Nothing(taken) => Some(&taken.version),
        Holding::Conflict { version, .. } | Holding::Untried { version, .. } => Some(version),
        _ => return,
    };
    let Some(newest) = newest.filter(|newest| Some(&newest.version) != tried) else {
        return;
    };
    if let Some(rejection) = newest.rejections.iter().find(|one| one.is_its_own()) {
        let _ = writeln!(
            text,
            "  the newest release, {}, is not usable: {}",
            newest.version, rejection.words
        );
    }
}

/// Says what is known of why a lock does not have a project.
pub(super) fn reasons(explained: &Explained, absent: &Absent) -> Vec<String> {
    let name = &explained.project;
    let mut reasons: Vec<String> = absent
        .wanted
        .iter()
        .map(|wanted| format!("it would be there now: {wanted}"))
        .collect();
    for one in &absent.not_held {
        reasons.push(match &one.marker {
            Some(marker) => format!(
                "{} requires {} only if {marker}, which does not hold for {}",
                one.by, one.requirement, explained.target
            ),
            None => format!(
                "{} requires {}, but an override excludes {name} for {}",
                one.by, one.requirement, explained.target
            ),
        });
    }
    if absent.wanted.is_empty() && absent.not_held.is_empty() {
        for bound in &absent.constrained {
            reasons.push(format!(
                "{bound} is only a constraint, which does not require it"
            ));
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(version: &str, rejections: &[(RejectionRule, &str)]) -> Candidate {
        Candidate::new(
            version,
            rejections
                .iter()
                .map(|(rule, words)| Rejection {
                    rule: *rule,
                    words: (*words).to_owned(),
                    location: None,
                })
                .collect(),
        )
    }

    #[track_caller]
    fn check(candidates: &[Candidate], expected: &str) {
        let mut text = String::new();
        newer(&mut text, candidates, false);
        assert_eq!(text.trim_start(), expected);
    }

    const PYTHON: (RejectionRule, &str) = (RejectionRule::RequiresPython, "requires Python >=3.13");
    const BOUND: (RejectionRule, &str) = (RejectionRule::Requirement, "a 1.0 requires b<3");
    const EARLY: (RejectionRule, &str) = (
        RejectionRule::PreRelease,
        "a pre-release; final releases are preferred",
    );

    #[test]
    fn folds_neighbours_with_the_same_reasons() {
        check(
            &[
                candidate("4.0", &[PYTHON, BOUND]),
                candidate("3.2", &[BOUND]),
                candidate("3.1", &[BOUND]),
                candidate("3.0", &[BOUND]),
                candidate("2.1", &[]),
                candidate("2.0", &[PYTHON]),
            ],
            "Newer releases: 6
  4.0: requires Python >=3.13; a 1.0 requires b<3
  3.0 to 3.2 (3): a 1.0 requires b<3
  2.1: usable
  2.0: requires Python >=3.13
",
        );
    }

    #[test]
    fn a_pre_release_is_told_as_one_only_where_nothing_else_is_wrong() {
        check(
            &[
                candidate("3.1", &[BOUND]),
                candidate("3.1rc1", &[EARLY, BOUND]),
                candidate("2.1rc1", &[EARLY]),
            ],
            "Newer releases: 3
  3.1rc1 and 3.1: a 1.0 requires b<3
  2.1rc1: a pre-release; final releases are preferred
",
        );
    }

    #[test]
    fn reasons_beyond_three_are_counted() {
        let more = |words| (RejectionRule::Requirement, words);
        let many = [PYTHON, BOUND, more("x"), more("y")];
        check(
            &[candidate("3.0", &many)],
            "Newer releases: 1\n  3.0: requires Python >=3.13; a 1.0 requires b<3; x; and 1 more\n",
        );
    }

    #[test]
    fn what_is_beyond_the_limit_is_counted_by_its_first_rule() {
        let mut all = vec![candidate("9.0", &[PYTHON]); MOST_RELEASES];
        all.push(candidate("2.2", &[BOUND]));
        all.push(candidate("2.1", &[EARLY]));
        all.push(candidate("2.0", &[EARLY, BOUND]));
        check(
            &all,
            "Newer releases: 23
  9.0 to 9.0 (20): requires Python >=3.13
  and 2.0 to 2.2 (3): 1 pre-release, 2 excluded by requirements; `--all` lists them
",
        );
    }

    #[test]
    fn ways_that_begin_alike_are_told_once_as_far_as_they_do() {
        let link = |name: Option<&str>, requirement: &str| Link {
            project: name.map(|name| (name.parse().unwrap(), "1.0".to_owned(), None)),
            location: name.is_none().then(|| "r.in:1".to_owned()),
            is_override: false,
            requirement: requirement.to_owned(),
            marker: None,
            is_overridden: false,
        };
        let root = link(None, "a");
        let ways = [
            vec![root.clone(), link(Some("a"), "b<3")],
            vec![link(None, "b")],
            vec![root, link(Some("a"), "c"), link(Some("c"), "b>1")],
        ];
        let ways: Vec<&[Link]> = ways.iter().map(Vec::as_slice).collect();
        let mut text = String::new();
        branches(&mut text, &ways, 2);
        assert_eq!(
            text,
            "  a (r.in:1)
    a 1.0 requires b<3
    a 1.0 requires c
      c 1.0 requires b>1
  b (r.in:1)
"
        );
    }
}
