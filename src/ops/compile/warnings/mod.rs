//! What a compilation says of the versions it chose.

pub(in crate::ops) mod dependency_confusion;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::index::page::{Status, shortened};
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::direct::DirectPin;
use crate::ops::compile::fetch::Fetcher;
use crate::ops::compile::request::{Compile, Hashes};
use crate::ops::events::{Event, Reporter};
use crate::python::{Environment, ProjectName, Specifiers};
use crate::resolve::{
    Availability, Chosen, Reason, Releases as _, Request, Resolution, RootRequirement, Solution,
};
use crate::text::many;

/// Says all there is to say of a solution.
pub(in crate::ops) fn report(
    request: &Compile,
    resolve_request: &Request,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
    places: &BTreeMap<ProjectName, DirectPin>,
    reporter: &dyn Reporter,
) {
    for requirement in &request.selection.upgrade_packages {
        if !solution.chosen.contains_key(&requirement.name) {
            reporter.event(Event::Warning(format!(
                "`-P {}`: nothing requires it",
                requirement.name
            )));
        }
    }
    warn_of_missing_bounds(resolve_request, reporter);
    warn_of(resolve_request, solution, fetcher, reporter);
    note_project_statuses(solution, fetcher, reporter);
    warn_of_unhashable(request.output.hashes, places, reporter);
    warn_of_failed_builds(fetcher, reporter);
    if reporter.wants_details() {
        report_choices(solution, resolve_request, fetcher, reporter);
    }
}

/// Says which direct requirements are skipped since not all of the platform is known.
pub(in crate::ops) fn warn_of_unanswered(
    unmet: &[RootRequirement],
    environment: &Environment,
    reporter: &dyn Reporter,
) {
    for root in unmet {
        if let Some(marker) = &root.requirement.marker
            && marker.is_unanswered(environment)
        {
            reporter.event(Event::Warning(format!(
                "{}: skipped {} because the release and version of the target's platform are \
                 unknown: `{marker}`; state them with `--platform-release` and \
                 `--platform-version`",
                root.location, root.requirement.name
            )));
        }
    }
}

/// Says of which projects the lowest version is the first one there ever was.
fn warn_of_missing_bounds(resolve_request: &Request, reporter: &dyn Reporter) {
    if resolve_request.resolution == Resolution::Highest {
        return;
    }
    let has_bound = |name: &ProjectName| {
        let roots = resolve_request.roots.iter().map(|root| &root.requirement);
        let own = roots
            .filter(|one| one.name == *name)
            .map(|one| one.specifiers());
        let constraints = resolve_request.constraints.iter();
        let constraints = constraints
            .filter(|one| one.name == *name)
            .map(|one| Some(&one.specifiers));
        // A place has one version.
        own.chain(constraints)
            .any(|specifiers| specifiers.is_none_or(Specifiers::has_lower_bound))
    };
    let names: BTreeSet<&ProjectName> = resolve_request
        .roots
        .iter()
        .map(|root| &root.requirement.name)
        .filter(|name| !has_bound(name))
        .collect();
    if let Some(first) = names.first() {
        let all: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        reporter.event(Event::Warning(format!(
            "without a lower bound, `--resolution {}` chooses the oldest release of: {}; \
             require a version: `{first}>=1.0`",
            resolve_request.resolution.name(),
            all.join(", ")
        )));
    }
}

/// Whether the oldest version of a project was to be chosen.
fn is_lowest(resolve_request: &Request, chosen: &Chosen) -> bool {
    match resolve_request.resolution {
        Resolution::Highest => false,
        Resolution::Lowest => true,
        Resolution::LowestDirect => !chosen.roots.is_empty(),
    }
}

/// Says which lines `pip install --require-hashes` will not take.
fn warn_of_unhashable(
    hashes: Hashes,
    places: &BTreeMap<ProjectName, DirectPin>,
    reporter: &dyn Reporter,
) {
    if hashes == Hashes::None {
        return;
    }
    let names: Vec<&str> = places
        .iter()
        .filter(|(_, place)| !place.is_hashable)
        .map(|(name, _)| name.as_ref())
        .collect();
    if !names.is_empty() {
        reporter.event(Event::Warning(format!(
            "pip cannot verify repositories and directories by hash, so `pip install --require-hashes` rejects: {}; \
             use an archive or a release instead, or omit hashes with `--no-hashes`",
            names.join(", ")
        )));
    }
}

/// Says what was passed over since it could not be built: its neighbours in the lock are
/// older for no other reason.
fn warn_of_failed_builds(fetcher: &Fetcher<'_>, reporter: &dyn Reporter) {
    let failed: Vec<String> = fetcher
        .failed_builds()
        .into_iter()
        .map(|(filename, why)| format!("{filename} ({why})"))
        .collect();
    if !failed.is_empty() {
        reporter.event(Event::Warning(format!(
            "skipped because their builds failed: {}",
            failed.join(", ")
        )));
    }
}

/// Says what the user should know of the chosen versions.
fn warn_of(
    resolve_request: &Request,
    solution: &Solution,
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) {
    for (name, version, extra) in &solution.missing_extras {
        reporter.event(Event::Warning(format!(
            "{name} {version} has no extra `{extra}`"
        )));
    }
    for (name, version, reason) in &solution.refused {
        reporter.event(Event::Warning(format!(
            "{name} {version}: {reason}; it was chosen because no other version satisfies your \
             requirements and lock file, but pip 24.1 and newer cannot install it"
        )));
    }
    for (name, version, unanswered) in &solution.unanswered {
        reporter.event(Event::Warning(format!(
            "{name} {version}: skipped {} because the release and version of the target's \
             platform are unknown: {}; state them with `--platform-release` and \
             `--platform-version`",
            many(unanswered.len(), "requirement"),
            few(unanswered)
        )));
    }
    let passed_over: Vec<String> = solution
        .passed_over
        .iter()
        .map(|(name, version, reason)| format!("{name} {version} ({reason})"))
        .collect();
    if !passed_over.is_empty() {
        reporter.event(Event::Warning(format!(
            "skipped newer versions: {}",
            passed_over.join("; ")
        )));
    }
    let mut to_build = Vec::new();
    let mut capped = Vec::new();
    for (name, chosen) in &solution.chosen {
        let Some(releases) = fetcher.releases(name) else {
            continue;
        };
        if releases.availability(chosen.position) == Availability::Sdist {
            to_build.push(format!("{name} {}", chosen.version));
        }
        if !is_lowest(resolve_request, chosen)
            && let Some((newest, specifiers)) = releases.capped_newest()
        {
            capped.push(format!("{name} {newest} ({specifiers})"));
        }
        if let Some(words) = releases.yanked(chosen.position) {
            let why = if words.is_empty() {
                String::new()
            } else {
                format!(": {words}")
            };
            reporter.event(Event::Warning(format!(
                "{name} {} was yanked{why}",
                chosen.version
            )));
        }
        if let Some(specifiers) = releases.overlooked_python(chosen.position) {
            reporter.event(Event::Warning(format!(
                "{name} {} requires Python {specifiers}: it was chosen because you require exactly this version; pip will refuse to install it",
                chosen.version
            )));
        }
    }
    if !capped.is_empty() {
        reporter.event(Event::Warning(format!(
            "skipped because they do not support this Python: {}",
            capped.join(", ")
        )));
    }
    let missed: Vec<String> = fetcher
        .missed()
        .into_iter()
        .filter(|(name, version)| {
            solution
                .chosen
                .get(name)
                .is_some_and(|chosen| chosen.version < *version)
        })
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    if !missed.is_empty() {
        reporter.event(Event::Warning(format!(
            "skipped because they are not in the cache and the network is off: {}",
            missed.join(", ")
        )));
    }
    if !to_build.is_empty() {
        reporter.event(Event::Warning(format!(
            "no wheel for this target; pip will build these at install time: {}",
            to_build.join(", ")
        )));
    }
}

/// Says which projects their indexes call archived or deprecated (PEP 792): nothing is wrong
/// with the versions, but there may be no others.
fn note_project_statuses(solution: &Solution, fetcher: &Fetcher<'_>, reporter: &dyn Reporter) {
    for (status, what) in [
        (Status::Archived, "archived, so no updates are expected"),
        (Status::Deprecated, "deprecated, so consider replacing them"),
    ] {
        let mut names = Vec::new();
        for (name, chosen) in &solution.chosen {
            let releases = fetcher.releases(name);
            let found = releases.and_then(|releases| releases.project_status(chosen.position));
            let Some(found) = found.filter(|found| found.status == status) else {
                continue;
            };
            let reason = found.reason.as_deref().map(shortened);
            names.push(match reason.filter(|reason| !reason.is_empty()) {
                Some(reason) => format!("{name} ({reason})"),
                None => name.to_string(),
            });
        }
        if !names.is_empty() {
            reporter.event(Event::Note(format!("{what}: {}", names.join(", "))));
        }
    }
}

/// How many projects are named.
const MOST_NAMES: usize = 5;

/// Names some projects, and says how many others there are.
fn few(names: &[ProjectName]) -> String {
    let first: Vec<&str> = names.iter().take(MOST_NAMES).map(AsRef::as_ref).collect();
    let mut text = first.join(", ");
    if names.len() > MOST_NAMES {
        let _ = write!(text, " and {} more", names.len() - MOST_NAMES);
    }
    text
}

/// Says of each chosen version why it is this one: for those who ask for details.
fn report_choices(
    solution: &Solution,
    resolve_request: &Request,
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) {
    for (name, chosen) in &solution.chosen {
        let Some(releases) = fetcher.releases(name) else {
            continue;
        };
        let why = if resolve_request.preferences.get(name) == Some(&chosen.version) {
            "kept from the lock file".to_owned()
        } else if is_lowest(resolve_request, chosen) {
            "chosen, the oldest that all requirements allow".to_owned()
        } else {
            passed_over(&releases, chosen)
        };
        reporter.event(Event::Detail(format!("{name} {}: {why}", chosen.version)));
    }
}

/// Says what became of the releases newer than the chosen one.
fn passed_over(releases: &ProjectReleases, chosen: &Chosen) -> String {
    let newer = chosen.position + 1..releases.count();
    if newer.is_empty() {
        return format!("chosen, the newest of {}", releases.count());
    }
    let mut reasons: Vec<(String, u32, u32)> = Vec::new();
    for position in newer.rev() {
        let reason = match releases.availability(position) {
            Availability::Unusable(reason) => reason.to_string(),
            _ if releases.version(position).any_prerelease() => Reason::PreRelease.to_string(),
            Availability::Wheel | Availability::Sdist => {
                "excluded by other requirements".to_owned()
            }
        };
        match reasons.last_mut() {
            Some((last, oldest, _)) if *last == reason => *oldest = position,
            _ => reasons.push((reason, position, position)),
        }
    }
    let told: Vec<String> = reasons
        .iter()
        .take(3)
        .map(|(reason, oldest, newest)| {
            let newest_text = releases.version_text(*newest);
            if oldest == newest {
                format!("{newest_text}: {reason}")
            } else {
                format!(
                    "{} to {newest_text}: {reason}",
                    releases.version_text(*oldest)
                )
            }
        })
        .collect();
    format!("chosen; skipped {}", told.join("; "))
}
