//! Why there is no solution, in a few lines.
//!
//! The proof of a failed search may have thousands of steps. What a person needs
//! is the smallest set of requirements that cannot be met together. So the proof
//! gives the suspects, and each suspect is left out in turn: where the rest still
//! has no solution, it had nothing to do with it. What is left is a core in which
//! every line counts. What could be loosened is returned as requests, so that
//! advice can be tried before it is given.
//!
//! The proof itself, told step by step as PubGrub does, was the way not taken: a search
//! that went back through hundreds of releases has a proof of thousands of lines, most of
//! them about versions that nobody asked for. Leaving out suspects costs a search each, on
//! what is known and without any request, and a search on a smaller set is short. A suspect
//! that was found unnecessary stays out: taken up again because a later proof happened to
//! mention it, it put lines into the explanation that did not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::partial::{Cause, IncompatibilityId};
use super::provider::PackageId;
use super::request::{Absence, Availability, Reason, Request, RootRequirement};
use super::set::{Term, VersionSet};
use super::solution::Solution;
use super::solver::Solver;
use super::suspects::{Suspect, shrink, suspects};
use super::universe::{Kind, Mask, ProjectId, Universe};
use crate::python::{ProjectName, Requirement, RequirementSource, Specifiers};
use crate::text::many;

/// Why no combination of versions satisfies all requirements.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The environments that there is no solution for, as a marker, if they are some of
    /// those that are resolved for.
    pub region: Option<String>,
    /// What cannot hold together, a sentence a line, from the user's
    /// requirements down.
    pub facts: Vec<String>,
    /// What the reasons for which releases cannot be used suggest.
    pub hints: Vec<String>,
    /// Where the user's requirements at fault stand.
    pub locations: Vec<String>,
    /// What could be tried: whoever can fetch may see what comes of it.
    pub loosened: Vec<Loosened>,
}

/// A request with one bound of the user's left out.
#[derive(Debug, Clone)]
pub struct Loosened {
    /// The project whose bound it is.
    pub name: ProjectName,
    /// The bound, as a requirement.
    pub bound: String,
    /// The request without it.
    pub request: Request,
}

impl Loosened {
    /// Says that there is a solution without the bound.
    pub fn verdict(&self, solution: &Solution) -> String {
        match solution.chosen.get(&self.name) {
            Some(chosen) => format!(
                "without the bound `{}`, there is a solution with {}=={}",
                self.bound, self.name, chosen.version
            ),
            None => format!("without the bound `{}`, there is a solution", self.bound),
        }
    }
}

/// How many lines are shown of what a failed build said.
const MOST_OUTPUT: usize = 5;

/// How many lines of facts are shown at most.
const MOST_FACTS: usize = 14;

pub(super) fn explain(
    universe: &mut Universe,
    solver: &Solver,
    id: IncompatibilityId,
) -> Explanation {
    let (mask, core) = shrink(universe, solver, id);
    universe.mask = mask;
    let explanation = match &core {
        Some((solver, id)) => describe(universe, solver, *id),
        None => describe(universe, solver, id),
    };
    universe.mask = Mask::default();
    universe.take_needs();
    explanation
}

/// What the leaves of a proof say of one project's requirement on another.
#[derive(Default)]
struct DependencyEdge {
    versions: VersionSet,
    texts: BTreeMap<String, VersionSet>,
    /// The releases that are allowed, for the requirements that none meets.
    unmet: BTreeSet<String>,
}

/// What a proof rests on, sorted.
#[derive(Default)]
struct Core {
    roots: BTreeSet<usize>,
    constraints: BTreeSet<usize>,
    edges: BTreeMap<(ProjectId, ProjectId), DependencyEdge>,
    unusable: BTreeMap<ProjectId, VersionSet>,
    /// Releases without an extra that is required, by the extra's package.
    extraless: BTreeMap<PackageId, VersionSet>,
}

fn core_of(universe: &mut Universe, solver: &Solver, id: IncompatibilityId) -> Core {
    let mut core = Core::default();
    for suspect in suspects(universe, &universe.mask, solver, id) {
        match suspect {
            Suspect::Root(root) => {
                core.roots.insert(root);
            }
            Suspect::Constraint(constraint) => {
                core.constraints.insert(constraint);
            }
            Suspect::Dependency(..) => {}
        }
    }
    for leaf in solver.leaves(id) {
        let incompatibility = solver.incompatibility(leaf);
        let (package, Term::In(versions)) = &incompatibility.terms[0] else {
            continue;
        };
        let Some(project) = universe.project_of(*package) else {
            continue;
        };
        match incompatibility.cause {
            Cause::Dependency | Cause::Assumed => {
                let on = incompatibility.terms[1].0;
                let Some(target) = universe.project_of(on).filter(|&target| target != project)
                else {
                    continue;
                };
                let edge = core.edges.entry((project, target)).or_default();
                edge.versions = edge.versions.union(versions);
                add_texts(universe, edge, *package, versions, target, on);
            }
            Cause::Unavailable if universe.extra_of(*package).is_some() => {
                let set = core.extraless.entry(*package).or_default();
                *set = set.union(versions);
            }
            Cause::NoVersions | Cause::Unavailable => {
                let set = core.unusable.entry(project).or_default();
                *set = set.union(versions);
            }
            _ => {}
        }
    }
    core
}

fn describe(universe: &mut Universe, solver: &Solver, id: IncompatibilityId) -> Explanation {
    let Core {
        roots,
        constraints,
        edges,
        mut unusable,
        extraless,
    } = core_of(universe, solver, id);
    let absent = absent_projects(universe, &roots, &edges);
    let mut facts = Vec::new();
    let mut locations = Vec::new();
    for &index in &roots {
        locations.push(universe.request.roots[index].location.clone());
        facts.push(root_line(universe, index));
    }
    for &index in &constraints {
        let constraint = &universe.request.constraints[index];
        locations.push(constraint.location.clone());
        facts.push(format!(
            "you constrain {}{} ({})",
            constraint.name, constraint.specifiers, constraint.location
        ));
    }
    let has_usable: BTreeSet<ProjectId> = edges.keys().map(|(from, _)| *from).collect();
    facts.extend(edge_lines(universe, &roots, edges));
    for (&package, versions) in &extraless {
        if let Kind::Extra(project, extra) = universe.kind(package) {
            let verb = if versions.len() == 1 { "has" } else { "have" };
            let releases = releases_in_words(universe, *project, versions);
            facts.push(format!(
                "{releases} {verb} no extra `{extra}` that can be used"
            ));
        }
    }
    // First those of which nothing can be used: there lies the cause.
    for (project, versions) in &unusable {
        if !has_usable.contains(project) {
            facts.extend(unusable_lines(universe, *project, versions));
        }
    }
    for (project, versions) in &unusable {
        if has_usable.contains(project) {
            facts.extend(others_line(universe, *project, versions));
        }
    }
    unusable.retain(|project, _| !has_usable.contains(project));
    let hidden = facts.len().saturating_sub(MOST_FACTS);
    if hidden > 0 {
        facts.truncate(MOST_FACTS - 1);
        facts.push(format!("and {} more similar requirements", hidden + 1));
    }
    Explanation {
        region: universe.region_in_words(),
        facts,
        hints: absent
            .into_iter()
            .map(|(name, advice)| {
                advice.unwrap_or_else(|| {
                    format!(
                        "check the spelling of `{name}`, or add the index that has it with \
                         `--extra-index-url`"
                    )
                })
            })
            .chain(reason_hints(universe, &unusable))
            .collect(),
        locations,
        loosened: loosened(universe, &roots, &constraints),
    }
}

/// Says what a direct requirement asks for, and why nothing meets it if that is so.
fn root_line(universe: &mut Universe, index: usize) -> String {
    let root = universe.request.roots[index].clone();
    let mut line = format!(
        "you require {} ({})",
        spelled(&root.requirement),
        root.location
    );
    let project = universe.project(&root.requirement.name);
    let mut counts = vec![root.requirement];
    for one in overrides_of(universe, &counts[0].name) {
        let _ = write!(
            line,
            ", overridden by {} ({})",
            spelled(&one.requirement),
            one.location
        );
        counts.push(one.requirement);
    }
    if counts.len() > 1 {
        counts.remove(0);
    }
    for requirement in &counts {
        if let Some(why) = unmet(universe, project, requirement) {
            let _ = write!(line, ", {why}");
            break;
        }
    }
    line
}

/// Returns the overrides that replace requirements on a project.
fn overrides_of(universe: &Universe, name: &ProjectName) -> Vec<RootRequirement> {
    let overrides = universe.request.overrides.iter();
    overrides
        .filter(|one| one.requirement.name == *name)
        .cloned()
        .collect()
}

/// Returns the projects at fault that no index has, and whether only one was asked.
fn absent_projects(
    universe: &Universe,
    roots: &BTreeSet<usize>,
    edges: &BTreeMap<(ProjectId, ProjectId), DependencyEdge>,
) -> BTreeSet<(String, Option<String>)> {
    let required = roots
        .iter()
        .filter_map(|&root| universe.known_project(&universe.request.roots[root].requirement.name));
    required
        .chain(edges.keys().map(|&(_, to)| to))
        .filter_map(|project| {
            let releases = universe.releases(project)?;
            let name = universe.projects[project as usize].name.to_string();
            let advice = || releases.absence().map(|absence| absence.advice.clone());
            (releases.count() == 0).then(|| (name, advice()))
        })
        .collect()
}

/// Lists what projects require of each other, from the user's requirements down.
fn edge_lines(
    universe: &Universe,
    roots: &BTreeSet<usize>,
    mut edges: BTreeMap<(ProjectId, ProjectId), DependencyEdge>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut reached: Vec<ProjectId> = Vec::new();
    for &root in roots {
        let name = &universe.request.roots[root].requirement.name;
        if let Some(project) = universe.known_project(name)
            && !reached.contains(&project)
        {
            reached.push(project);
        }
    }
    let mut next = 0;
    loop {
        let Some(&project) = reached.get(next) else {
            // Whatever the walk did not reach comes last.
            let Some(&(from, _)) = edges.keys().next() else {
                return lines;
            };
            reached.push(from);
            continue;
        };
        next += 1;
        let here: Vec<_> = edges
            .keys()
            .filter(|(from, _)| *from == project)
            .copied()
            .collect();
        for key in here {
            if let Some(edge) = edges.remove(&key) {
                lines.push(edge_line(universe, key.0, &edge));
            }
            if !reached.contains(&key.1) {
                reached.push(key.1);
            }
        }
    }
}

fn edge_line(universe: &Universe, project: ProjectId, edge: &DependencyEdge) -> String {
    let subject = releases_in_words(
        universe,
        project,
        &without_gaps(universe, project, &edge.versions),
    );
    let verb = if edge.versions.len() == 1 {
        "requires"
    } else {
        "require"
    };
    let object = match (objects(edge, true), objects(edge, false)) {
        (newest, _) if newest.is_empty() => "something else".to_owned(),
        (newest, oldest) if newest == oldest => newest,
        (newest, oldest) => format!("{newest} (the oldest of them {oldest})"),
    };
    let mut line = format!("{subject} {verb} {object}");
    if let Some(unmet) = edge.unmet.iter().next() {
        let _ = write!(line, ", {unmet}");
    }
    line
}

/// Returns what the newest or the oldest of the releases requires: it may be more than one
/// thing.
fn objects(edge: &DependencyEdge, is_newest: bool) -> String {
    let sets = edge.texts.values();
    let all = sets.fold(VersionSet::empty(), |all, set| all.union(set));
    let version = if is_newest {
        all.newest_first().next()
    } else {
        all.runs().first().map(|run| run.0)
    };
    let texts = edge.texts.iter();
    let of_version = texts.filter(|(_, set)| version.is_some_and(|it| set.contains(it)));
    let texts: Vec<&str> = of_version.map(|(text, _)| text.as_str()).collect();
    texts.join(" and ")
}

fn add_texts(
    universe: &mut Universe,
    dependency: &mut DependencyEdge,
    package: PackageId,
    versions: &VersionSet,
    target: ProjectId,
    on: PackageId,
) {
    let extra = universe.extra_of(on).cloned();
    for version in versions.newest_first() {
        for edge in universe.edges(package, version).unwrap_or_default() {
            if edge.project != target
                || extra
                    .as_ref()
                    .is_some_and(|extra| !edge.requirement.extras.contains(extra))
            {
                continue;
            }
            let mut text = spelled(&edge.requirement);
            let overrides = overrides_of(universe, &edge.requirement.name);
            if let Some(one) = overrides
                .iter()
                .find(|one| one.requirement == *edge.requirement)
            {
                let _ = write!(text, " by your override ({})", one.location);
            }
            if let Kind::Extra(_, extra) = universe.kind(package) {
                let _ = write!(text, " for the extra `{extra}`");
            }
            if let Some(why) = unmet(universe, target, &edge.requirement) {
                dependency.unmet.insert(why);
            }
            let set = dependency.texts.entry(text).or_default();
            *set = set.union(&VersionSet::single(version));
        }
    }
}

/// Says why no release meets a requirement, if none does.
fn unmet(universe: &mut Universe, project: ProjectId, requirement: &Requirement) -> Option<String> {
    let count = universe.releases(project)?.count();
    let name = universe.projects[project as usize].name.clone();
    if count == 0 {
        return Some(match universe.releases(project)?.absence() {
            Some(Absence { why, .. }) => format!("but {why}"),
            None => format!("but no index has a project {name}"),
        });
    }
    if !universe.allowed(project, &requirement.source).is_empty() {
        return None;
    }
    if let RequirementSource::Specifiers(specifiers) = &requirement.source
        && specifiers.arbitrary().next().is_none()
        && specifiers.ranges().is_empty()
    {
        return Some("but these bounds exclude each other".to_owned());
    }
    Some(format!(
        "but there is no such release; {name} has {}",
        versions_in_words(universe, project, &VersionSet::all(count))
    ))
}

fn spelled(requirement: &Requirement) -> String {
    let mut text = requirement.name.to_string();
    if !requirement.extras.is_empty() {
        let extras: Vec<String> = requirement.extras.iter().map(ToString::to_string).collect();
        let _ = write!(text, "[{}]", extras.join(","));
    }
    match &requirement.source {
        RequirementSource::Specifiers(specifiers) => {
            let _ = write!(text, "{specifiers}");
        }
        RequirementSource::Url(url) => {
            let _ = write!(text, " @ {}", crate::text::without_password(url));
        }
    }
    text
}

fn releases_in_words(universe: &Universe, project: ProjectId, versions: &VersionSet) -> String {
    format!(
        "{} {}",
        universe.projects[project as usize].name,
        versions_in_words(universe, project, versions)
    )
}

fn versions_in_words(universe: &Universe, project: ProjectId, versions: &VersionSet) -> String {
    let Some(releases) = universe.releases(project) else {
        return String::new();
    };
    let runs: Vec<String> = versions
        .runs()
        .iter()
        .map(|&(start, end)| {
            if end == start + 1 {
                releases.version(start).to_string()
            } else if end == start + 2 {
                format!("{}, {}", releases.version(start), releases.version(end - 1))
            } else {
                format!(
                    "{} to {}",
                    releases.version(start),
                    releases.version(end - 1)
                )
            }
        })
        .collect();
    match &runs[..] {
        [] => "no release".to_owned(),
        [first, .., last] if runs.len() > 3 => format!(
            "{} to {} ({} releases)",
            first.split(" to ").next().unwrap_or(first),
            last.split(" to ").last().unwrap_or(last),
            versions.len()
        ),
        _ => runs.join(", "),
    }
}

/// Adds the unusable releases between usable ones: nobody misses them in a range.
fn without_gaps(universe: &Universe, project: ProjectId, versions: &VersionSet) -> VersionSet {
    let mut filled = versions.clone();
    for pair in versions.runs().windows(2) {
        let (start, end) = (pair[0].1, pair[1].0);
        let is_unusable = |at| {
            matches!(
                universe.availability(project, at),
                Availability::Unusable(_)
            )
        };
        if (start..end).all(is_unusable) {
            filled = filled.union(&VersionSet::run(start, end));
        }
    }
    filled
}

/// Returns why releases cannot be used: each kind of reason in the words of the
/// newest release that has it, newest first.
fn reasons(
    universe: &Universe,
    project: ProjectId,
    versions: &VersionSet,
) -> Vec<(Reason, VersionSet)> {
    let mut groups: Vec<(Reason, VersionSet)> = Vec::new();
    for version in versions.newest_first() {
        if let Availability::Unusable(reason) = universe.availability(project, version) {
            let is_alike = |known: &Reason| match (known, &reason) {
                (Reason::NoWheel(one), Reason::NoWheel(other)) => {
                    one == other || (one.is_of_platform() && other.is_of_platform())
                }
                (Reason::OfTarget { target: one, .. }, Reason::OfTarget { target: other, .. }) => {
                    one == other
                }
                (Reason::Held { code: one, .. }, Reason::Held { code: other, .. }) => one == other,
                (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
            };
            match groups.iter_mut().find(|(known, _)| is_alike(known)) {
                Some((_, set)) => *set = set.union(&VersionSet::single(version)),
                None => groups.push((reason, VersionSet::single(version))),
            }
        }
    }
    groups
}

fn unusable_lines(universe: &Universe, project: ProjectId, versions: &VersionSet) -> Vec<String> {
    let groups = reasons(universe, project, versions);
    groups
        .iter()
        .flat_map(|(reason, set)| {
            let releases = releases_in_words(universe, project, set);
            let mut lines = vec![format!("{releases} cannot be used: {reason}")];
            if let Reason::BuildFailed { output, .. } = reason {
                let last = output.len().saturating_sub(MOST_OUTPUT);
                lines.extend(output[last..].iter().map(|line| format!("  | {line}")));
            }
            lines
        })
        .collect()
}

/// Mentions the releases of a project that are unusable beside others that are not.
fn others_line(universe: &Universe, project: ProjectId, versions: &VersionSet) -> Option<String> {
    let groups = reasons(universe, project, versions);
    let reasons: Vec<String> = groups
        .iter()
        .map(|(reason, _)| reason.to_string())
        .collect();
    (!reasons.is_empty()).then(|| {
        let name = &universe.projects[project as usize].name;
        format!(
            "other releases of {name} cannot be used: {}",
            reasons.join("; ")
        )
    })
}

/// Returns an option in quotes; words that have some stay as they are.
fn quoted(rule: &str) -> String {
    if rule.contains('`') {
        rule.to_owned()
    } else {
        format!("`{rule}`")
    }
}

/// Names the newest of some releases of a project.
fn newest_in_words(universe: &Universe, project: ProjectId, versions: &VersionSet) -> String {
    let name = &universe.projects[project as usize].name;
    let newest = versions.newest_first().next();
    match newest.zip(universe.releases(project)) {
        Some((newest, releases)) if versions.len() > 1 => {
            let others = many(versions.len() - 1, "older release");
            format!("{name} {} and {others}", releases.version(newest))
        }
        Some((newest, releases)) => format!("{name} {}", releases.version(newest)),
        None => format!("releases of {name}"),
    }
}

/// What the reasons themselves suggest.
fn reason_hints(universe: &Universe, unusable: &BTreeMap<ProjectId, VersionSet>) -> Vec<String> {
    let mut hints = BTreeSet::new();
    for (&project, versions) in unusable {
        let name = &universe.projects[project as usize].name;
        for (reason, set) in reasons(universe, project, versions) {
            let hint = match reason {
                Reason::PreRelease => "allow pre-releases with `--pre`".to_owned(),
                Reason::TooNew(rule) => format!(
                    "change or remove {}, which excludes {}",
                    quoted(&rule),
                    newest_in_words(universe, project, &set)
                ),
                Reason::NoUploadTime(rule) => format!(
                    "remove {}, or exempt {name} with `--exclude-newer-package {name}=false`: its \
                     index has no upload times",
                    quoted(&rule)
                ),
                Reason::Held { help, .. } => help,
                Reason::RequiresPython(specifiers) => {
                    format!(
                        "choose a different target with `--python-version`: {name} requires Python \
                         {specifiers}"
                    )
                }
                Reason::NoWheel(_) => {
                    let target = &universe.request.environment;
                    format!(
                        "choose a target that {name} has wheels for, with `--python-platform` or \
                         `--python-version`; this one is Python {} on {} {}",
                        target.python_version, target.sys_platform, target.platform_machine
                    )
                }
                Reason::OfTarget { target, .. } => {
                    format!("leave {target} out, or create a lock file of its own for it")
                }
                Reason::NeedsBuild => {
                    format!("{name} has no wheel for this target and would have to be built")
                }
                Reason::BuildFailed { .. } => format!(
                    "install what the build of {name} needs, bound its build requirements with \
                     `--build-constraint`, or choose a release or target with a wheel"
                ),
                Reason::Yanked(_) => {
                    format!("pin a yanked release exactly (`{name}==…`) to use it anyway")
                }
                Reason::BinaryPolicy("--only-binary" | "--no-build") => {
                    format!("allow its source distribution with `--no-binary {name}`")
                }
                Reason::BinaryPolicy(option) => format!("remove {name} from `{option}`"),
                Reason::Offline => "run once without `--offline`".to_owned(),
                Reason::BadMetadata(_) | Reason::RefusedByPip(_) | Reason::RequiresUrl(_) => {
                    continue;
                }
            };
            hints.insert(hint);
        }
    }
    hints.into_iter().take(3).collect()
}

/// Returns the request with one bound of the user's left out, for each bound at fault.
fn loosened(
    universe: &Universe,
    roots: &BTreeSet<usize>,
    constraints: &BTreeSet<usize>,
) -> Vec<Loosened> {
    let mut loosened = Vec::new();
    for &index in roots {
        let requirement = &universe.request.roots[index].requirement;
        if matches!(&requirement.source, RequirementSource::Specifiers(bound) if bound.is_empty_spec())
        {
            continue;
        }
        let mut request = universe.request.clone();
        request.roots[index].requirement.source =
            RequirementSource::Specifiers(Specifiers::default());
        loosened.push(Loosened {
            name: requirement.name.clone(),
            bound: spelled(requirement),
            request,
        });
    }
    for &index in constraints {
        let constraint = &universe.request.constraints[index];
        let mut request = universe.request.clone();
        request.constraints.remove(index);
        loosened.push(Loosened {
            name: constraint.name.clone(),
            bound: format!("{}{}", constraint.name, constraint.specifiers),
            request,
        });
    }
    loosened
}
