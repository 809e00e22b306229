//! The results of `pinfold explain` for programs; `docs/explain.md` describes their form.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::json::pretty;
use crate::ops::explain::{
    Absent, Answer, Candidate, Explained, Holding, Link, Move, PinOutcome, Pinned, Price,
    RejectionRule, Taken,
};
use crate::update::Word as _;

/// The number of this form; it grows when a program that reads it would break.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    command: &'static str,
    project: String,
    lock: &'a str,
    target: &'a str,
    other_targets: Vec<OtherTarget<'a>>,
    pinned: bool,
    #[serde(flatten)]
    answer: AnswerEntry<'a>,
}

#[derive(Serialize)]
struct OtherTarget<'a> {
    target: &'a str,
    pin: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum AnswerEntry<'a> {
    Pinned(Box<PinEntry<'a>>),
    Absent(AbsentEntry<'a>),
}

#[derive(Serialize)]
struct PinEntry<'a> {
    pin: &'a str,
    line: usize,
    extras: &'a [String],
    marker: Option<&'a str>,
    uploaded: Option<String>,
    yanked: Option<&'a str>,
    up_to_date: bool,
    would_move_to: Option<&'a str>,
    chains: Vec<Vec<LinkEntry<'a>>>,
    has_more_chains: bool,
    constraints: Vec<ConstraintEntry<'a>>,
    newer: Vec<CandidateEntry<'a>>,
    older: OlderEntry<'a>,
    held_back: HoldingEntry<'a>,
}

#[derive(Serialize)]
struct LinkEntry<'a> {
    project: Option<String>,
    project_version: Option<&'a str>,
    extra: Option<String>,
    place: Option<&'a str>,
    requirement: &'a str,
    marker: Option<&'a str>,
    is_override: bool,
    is_overridden: bool,
}

#[derive(Serialize)]
struct ConstraintEntry<'a> {
    requirement: &'a str,
    place: &'a str,
}

#[derive(Serialize)]
struct CandidateEntry<'a> {
    version: &'a str,
    uploaded: Option<String>,
    is_pre_release: bool,
    rejections: Vec<RejectionEntry<'a>>,
    held: Option<HeldEntry<'a>>,
}

#[derive(Serialize)]
struct RejectionEntry<'a> {
    rule: RejectionRule,
    reason: &'a str,
    place: Option<&'a str>,
}

#[derive(Serialize)]
struct HeldEntry<'a> {
    code: &'static str,
    reason: &'a str,
    eligible: Option<String>,
}

#[derive(Serialize)]
struct OlderEntry<'a> {
    count: u32,
    usable: u32,
    rejected: &'a BTreeMap<RejectionRule, u32>,
}

#[derive(Serialize)]
struct HoldingEntry<'a> {
    by: &'static str,
    tried: Option<&'a str>,
    reasons: &'a [String],
    advice: &'a [String],
    taken: Option<TakenEntry<'a>>,
    forced: Option<TakenEntry<'a>>,
    is_complete: bool,
    is_transient: bool,
}

#[derive(Serialize)]
struct TakenEntry<'a> {
    version: &'a str,
    command: &'a str,
    moves: Vec<MoveEntry<'a>>,
}

#[derive(Serialize)]
struct MoveEntry<'a> {
    project: String,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

#[derive(Serialize)]
struct AbsentEntry<'a> {
    nearest: Option<&'a str>,
    not_held: Vec<NotHeldEntry<'a>>,
    wanted: &'a [String],
    constrained: &'a [String],
}

#[derive(Serialize)]
struct NotHeldEntry<'a> {
    by: &'a str,
    requirement: &'a str,
    marker: Option<&'a str>,
}

/// Returns what was found out.
pub(super) fn explained(explained: &Explained) -> Result<Vec<u8>, Failure> {
    let (is_pinned, answer) = match &explained.answer {
        Answer::Pinned(pinned) => (true, AnswerEntry::Pinned(Box::new(pin(pinned)))),
        Answer::Absent(one) => (false, AnswerEntry::Absent(absent(one))),
    };
    let report = Report {
        version: VERSION,
        command: "explain",
        project: explained.project.to_string(),
        lock: &explained.lock,
        target: &explained.target,
        other_targets: explained
            .others
            .iter()
            .map(|(target, pin)| OtherTarget {
                target,
                pin: pin.as_deref(),
            })
            .collect(),
        pinned: is_pinned,
        answer,
    };
    pretty(&report)
}

fn pin(pinned: &Pinned) -> PinEntry<'_> {
    PinEntry {
        pin: &pinned.pin,
        line: pinned.line_number,
        extras: &pinned.extras,
        marker: pinned.marker.as_deref(),
        uploaded: pinned.published.map(|time| time.to_string()),
        yanked: pinned.yanked.as_deref(),
        up_to_date: pinned.outcome == PinOutcome::Kept,
        would_move_to: match &pinned.outcome {
            PinOutcome::Moves(version) => Some(version),
            PinOutcome::Kept | PinOutcome::Dropped => None,
        },
        chains: pinned
            .chains
            .chains
            .iter()
            .map(|chain| chain.iter().map(link).collect())
            .collect(),
        has_more_chains: pinned.chains.has_more,
        constraints: pinned
            .constraints
            .iter()
            .map(|(requirement, place)| ConstraintEntry { requirement, place })
            .collect(),
        newer: pinned.newer.iter().map(candidate).collect(),
        older: OlderEntry {
            count: pinned.older.count,
            usable: pinned.older.usable,
            rejected: &pinned.older.rejected,
        },
        held_back: holding(&pinned.holding),
    }
}

fn link(link: &Link) -> LinkEntry<'_> {
    let project = link.project.as_ref();
    LinkEntry {
        project: project.map(|(name, _, _)| name.to_string()),
        project_version: project.map(|(_, version, _)| version.as_str()),
        extra: project.and_then(|(_, _, extra)| extra.as_ref().map(ToString::to_string)),
        place: link.location.as_deref(),
        requirement: &link.requirement,
        marker: link.marker.as_deref(),
        is_override: link.is_override,
        is_overridden: link.is_overridden,
    }
}

fn candidate(candidate: &Candidate) -> CandidateEntry<'_> {
    CandidateEntry {
        version: &candidate.version,
        uploaded: candidate.uploaded.map(|time| time.to_string()),
        is_pre_release: candidate.is_pre_release,
        rejections: candidate
            .rejections
            .iter()
            .map(|rejection| RejectionEntry {
                rule: rejection.rule,
                reason: &rejection.words,
                place: rejection.location.as_deref(),
            })
            .collect(),
        held: candidate.held.as_ref().map(|held| HeldEntry {
            code: held.code.as_str(),
            reason: &held.words,
            eligible: held.eligible.map(|time| time.to_string()),
        }),
    }
}

fn holding(holding: &Holding) -> HoldingEntry<'_> {
    let empty = |by| HoldingEntry {
        by,
        tried: None,
        reasons: &[],
        advice: &[],
        taken: None,
        forced: None,
        is_complete: true,
        is_transient: false,
    };
    match holding {
        Holding::Direct => empty("direct"),
        Holding::Newest => empty("newest"),
        Holding::NoneUsable => empty("none-usable"),
        Holding::Nothing(one) => HoldingEntry {
            tried: Some(&one.version),
            taken: Some(taken(one)),
            ..empty("nothing")
        },
        Holding::Conflict {
            version,
            facts,
            advice,
            price,
            instead,
        } => HoldingEntry {
            tried: Some(version),
            reasons: facts,
            advice,
            forced: match price {
                Price::OthersGoBack(forced) => Some(taken(forced)),
                Price::None | Price::NotKnown => None,
            },
            is_complete: !matches!(price, Price::NotKnown),
            taken: instead.as_ref().map(taken),
            ..empty("requirements")
        },
        Holding::Untried {
            version,
            why,
            is_transient,
        } => HoldingEntry {
            tried: Some(version),
            reasons: std::slice::from_ref(why),
            is_transient: *is_transient,
            ..empty("not-known")
        },
    }
}

fn taken(taken: &Taken) -> TakenEntry<'_> {
    TakenEntry {
        version: &taken.version,
        command: &taken.command,
        moves: taken.moves.iter().map(moved).collect(),
    }
}

fn moved(one: &Move) -> MoveEntry<'_> {
    MoveEntry {
        project: one.project.to_string(),
        from: one.from.as_deref(),
        to: one.to.as_deref(),
    }
}

fn absent(absent: &Absent) -> AbsentEntry<'_> {
    AbsentEntry {
        nearest: absent.nearest.as_deref(),
        not_held: absent
            .not_held
            .iter()
            .map(|one| NotHeldEntry {
                by: &one.by,
                requirement: &one.requirement,
                marker: one.marker.as_deref(),
            })
            .collect(),
        wanted: &absent.wanted,
        constrained: &absent.constrained,
    }
}
