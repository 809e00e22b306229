//! A plan as people read it: what moves the same way in several files is one row, and
//! everything is counted.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::text::many;
use crate::update::plan::{Alarm, HeldBack, ImageChange, PinChange, Plan, Status, TargetPlan};
use crate::update::word::{AlarmKind, OpenWord, PinBump};

/// A plan by rows.
pub(super) struct Gist<'a> {
    pub(super) packages: Vec<PackageRow<'a>>,
    pub(super) images: Vec<ImageRow<'a>>,
    pub(super) held: Vec<&'a HeldBack>,
    pub(super) alarms: Vec<AlarmRow<'a>>,
    /// Targets with something to say about what went wrong, and those not tried.
    pub(super) failures: Vec<&'a TargetPlan>,
    pub(super) tally: Tally,
}

/// A project that moves the same way in some locks.
pub(super) struct PackageRow<'a> {
    pub(super) project: &'a str,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) bump: &'a OpenWord<PinBump>,
    pub(super) published: Option<Timestamp>,
    pub(super) is_direct: bool,
    pub(super) via: Vec<&'a str>,
    pub(super) locks: Vec<&'a str>,
}

/// An image that moves the same way in some places.
pub(super) struct ImageRow<'a> {
    pub(super) change: &'a ImageChange,
    /// Files, and lines in them.
    pub(super) places: Vec<(&'a str, usize)>,
}

/// What people should look at, and the targets it is in.
pub(super) struct AlarmRow<'a> {
    pub(super) alarm: &'a Alarm,
    pub(super) targets: Vec<&'a str>,
}

/// How many of each there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) targets: usize,
    /// Targets whose files change, also those that change in part.
    pub(super) updated: usize,
    pub(super) partial: usize,
    pub(super) unchanged: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    /// Lock files that are not kept up to date; they are no targets.
    pub(super) left: usize,
    /// Projects, each once.
    pub(super) packages: usize,
    pub(super) images: usize,
    pub(super) files: usize,
    pub(super) held: usize,
    pub(super) alarms: usize,
}

impl<'a> Gist<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let packages = packages(plan);
        let images = images(plan);
        let held = held(plan);
        let alarms = alarms(plan);
        let partial = plan.count(Status::Partial);
        let tally = Tally {
            targets: plan.targets.len(),
            updated: plan.count(Status::Updated) + partial,
            partial,
            unchanged: plan.count(Status::Unchanged),
            failed: plan.count(Status::Failed),
            skipped: plan.count(Status::Skipped),
            left: plan.skipped.len(),
            // Rows are sorted by project.
            packages: packages
                .chunk_by(|one, other| one.project == other.project)
                .count(),
            images: images.len(),
            files: plan.files().count(),
            held: held.len(),
            alarms: alarms.len(),
        };
        let has_failed = |target: &&TargetPlan| {
            target.failed.is_some() || matches!(target.status, Status::Failed | Status::Skipped)
        };
        Self {
            packages,
            images,
            held,
            alarms,
            failures: plan.targets.iter().filter(has_failed).collect(),
            tally,
        }
    }
}

impl Tally {
    /// Returns what moves: `5 packages, 2 images`; none if nothing does.
    pub(super) fn moves(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.packages > 0 {
            parts.push(many(self.packages, "package"));
        }
        if self.images > 0 {
            parts.push(many(self.images, "image"));
        }
        if parts.is_empty() && self.files > 0 {
            parts.push(many(self.files, "file"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Whether what the target lists does move.
pub(super) fn is_written(target: &TargetPlan) -> bool {
    matches!(target.status, Status::Updated | Status::Partial)
}

fn packages(plan: &Plan) -> Vec<PackageRow<'_>> {
    let mut rows = BTreeMap::new();
    for target in plan.targets.iter().filter(|target| is_written(target)) {
        for pin in &target.pins {
            let key = (&pin.project, &pin.from, &pin.to);
            let row = rows.entry(key).or_insert_with(|| package(pin));
            row.published = row.published.or(pin.published);
            row.is_direct |= pin.direct;
            for via in &pin.via {
                push_new(&mut row.via, via);
            }
            push_new(&mut row.locks, &target.path);
        }
    }
    rows.into_values().collect()
}

fn package(pin: &PinChange) -> PackageRow<'_> {
    PackageRow {
        project: &pin.project,
        from: pin.from.as_deref(),
        to: pin.to.as_deref(),
        bump: &pin.bump,
        published: pin.published,
        is_direct: false,
        via: Vec::new(),
        locks: Vec::new(),
    }
}

fn images(plan: &Plan) -> Vec<ImageRow<'_>> {
    let mut rows = IndexMap::new();
    for target in plan.targets.iter().filter(|target| is_written(target)) {
        for change in &target.images {
            let from = (&change.image, &change.from_tag, &change.from_digest);
            let to = (&change.to_tag, &change.to_digest);
            let row = rows.entry((from, to)).or_insert_with(|| ImageRow {
                change,
                places: Vec::new(),
            });
            let path = target.path.as_str();
            row.places
                .extend(change.lines.iter().map(|line| (path, *line)));
        }
    }
    rows.into_values().collect()
}

fn held(plan: &Plan) -> Vec<&HeldBack> {
    let mut rows = BTreeMap::new();
    for held in plan.targets.iter().flat_map(|target| &target.held) {
        let what = (&held.item, &held.at, &held.candidate);
        let why = (held.code.as_str(), &held.reason, held.eligible);
        rows.entry((what, why)).or_insert(held);
    }
    rows.into_values().collect()
}

fn alarms(plan: &Plan) -> Vec<AlarmRow<'_>> {
    let mut rows = IndexMap::new();
    for target in &plan.targets {
        for alarm in &target.alarms {
            let key = (&alarm.item, &alarm.kind, &alarm.message);
            let row = rows.entry(key).or_insert_with(|| AlarmRow {
                alarm,
                targets: Vec::new(),
            });
            push_new(&mut row.targets, &target.path);
        }
    }
    let mut rows: Vec<AlarmRow<'_>> = rows.into_values().collect();
    rows.sort_by_key(|row| rank(&row.alarm.kind));
    rows
}

/// Returns the place of a kind of alarm: what is in use and bad comes first, what is not
/// known last.
fn rank(kind: &OpenWord<AlarmKind>) -> u8 {
    match kind {
        OpenWord::Known(AlarmKind::Yanked) => 0,
        OpenWord::Known(AlarmKind::Vanished) => 1,
        OpenWord::Known(AlarmKind::Gone) => 2,
        OpenWord::Known(AlarmKind::Downgrade) => 3,
        OpenWord::Known(AlarmKind::LateFiles) => 4,
        OpenWord::Known(AlarmKind::NewPackage) => 5,
        OpenWord::Known(AlarmKind::RuleExpired) | OpenWord::Unknown(_) => u8::MAX,
    }
}

fn push_new<'a>(list: &mut Vec<&'a str>, item: &'a str) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Returns a day: `2026-11-21`.
pub(super) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Returns a time: `2026-11-21 04:17 UTC`.
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns the beginning of a digest without its algorithm, enough to tell it apart.
pub(super) fn short(digest: &str) -> &str {
    let digits = digest.split_once(':').map_or(digest, |(_, digits)| digits);
    digits
        .char_indices()
        .nth(12)
        .map_or(digits, |(end, _)| &digits[..end])
}
