//! Decides what becomes of lock files: each group is resolved together, each lock
//! on its own, and nothing is written.
//!
//! A lock that could not be updated wholly is updated as far as possible: without the
//! project at fault, then with its pins kept. More rungs would change nothing: what is
//! locked is always admissible, so a full upgrade has a solution wherever keeping
//! the pins has one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;

use super::gather::uncommitted;
use super::{Gathered, Update};
use crate::command::{CommandOption, OptionKind, Options, command_line, named_index};
use crate::http;
use crate::lock::{
    self, Change, PinSource, Style, UnsafePackages, UnsafePlacing, default_unsafe_packages,
};
use crate::ops::{
    BuildOptions, Compile, Compiled, Cutoff, Error, Hashes, NamedIndex, OutputOptions, Reporter,
    Source, Strategy, TargetRequest, View, WhichHashes, compile,
};
use crate::python::{ExtraName, Platform, ProjectName, PythonVersion, Specifiers, Version};
use crate::requirements::{GroupRequest, PerProject, Selector, location};
use crate::resolve::{Constraint, PreReleases};
use crate::text::{cutoff, without_password};
use crate::update::{
    Alarm, Bump, Content, Failed, FileChange, HeldBack, LockTarget, PinChange, Status, TargetKind,
    TargetPlan, Why, sha256,
};

/// The platform of locks that do not say theirs: what containers mostly are.
const DEFAULT_PLATFORM: &str = "linux";

/// The name under which the locks of a group are seen as one, while it is resolved.
const JOINT: &str = ".pinfold-joint.txt";

/// Decides about all locks.
pub(super) async fn decide(
    update: &Update,
    gathered: &Gathered,
    reporter: &dyn Reporter,
) -> Vec<TargetPlan> {
    let targets = &gathered.locks;
    let mut plans = Vec::with_capacity(targets.len());
    let groups: BTreeSet<usize> = targets.iter().map(|target| target.group).collect();
    for group in groups {
        let members: Vec<&LockTarget> = targets
            .iter()
            .filter(|target| target.group == group)
            .collect();
        let blocked = members.iter().enumerate().find_map(|(at, target)| {
            let files = target.reads.iter().chain([&target.output]);
            uncommitted(gathered, files).map(|failed| (at, failed))
        });
        if let Some((at, failed)) = blocked {
            plans.extend(all_failed(&members, at, &failed));
            continue;
        }
        plans.extend(decide_group(update, &members, reporter).await);
    }
    plans
}

/// Decides about locks whose versions have to agree.
async fn decide_group(
    update: &Update,
    members: &[&LockTarget],
    reporter: &dyn Reporter,
) -> Vec<TargetPlan> {
    let mut view = View::at(update.root.clone());
    let Joint {
        bounds,
        mut failed_jointly,
    } = match joint(update, members, &view, reporter).await {
        Ok(joint) => joint,
        Err(failed) => {
            let (at, failed) = culprit(update, members, &view, failed, reporter).await;
            return all_failed(members, at, &failed);
        }
    };
    let mut plans = Vec::with_capacity(members.len());
    for (at, target) in members.iter().enumerate() {
        match climb(update, target, &view, &bounds, reporter).await {
            Ok(Climbed {
                compiled,
                mut failed,
                ..
            }) => {
                if failed.is_none()
                    && let Some((project, _)) = &failed_jointly
                    && compiled.lock_pins().any(|pin| pin.name == *project)
                {
                    failed = failed_jointly.take().map(|(_, failed)| Failed {
                        reproduce: reproduce(update, target),
                        ..failed
                    });
                }
                if compiled.is_changed() {
                    view.plan(target.output.as_ref(), compiled.text.clone().into_bytes());
                }
                plans.push(plan_of(target, &compiled, failed));
            }
            Err(failed) => return all_failed(members, at, &failed),
        }
    }
    plans
}

/// What suits all locks of a group.
#[derive(Default)]
struct Joint {
    bounds: Vec<Constraint>,
    /// The project that could not be moved, and why: with the bounds nobody tries again.
    failed_jointly: Option<(ProjectName, Failed)>,
}

/// Finds versions that suit all locks of a group.
async fn joint(
    update: &Update,
    members: &[&LockTarget],
    view: &View,
    reporter: &dyn Reporter,
) -> Result<Joint, Failed> {
    let [first, others @ ..] = members else {
        return Ok(Joint::default());
    };
    // Locks for different targets may well have different versions.
    let is_alone = others.is_empty()
        || others.iter().any(|other| {
            (&other.python_version, &other.python_platform)
                != (&first.python_version, &first.python_platform)
        });
    if is_alone {
        return Ok(Joint::default());
    }
    let outputs: BTreeSet<&str> = members.iter().map(|target| &*target.output).collect();
    let mut together = (*first).clone();
    for other in others {
        for (list, more) in [
            (&mut together.sources, &other.sources),
            (&mut together.constraints, &other.constraints),
            (&mut together.overrides, &other.overrides),
            (&mut together.extras, &other.extras),
        ] {
            for one in more {
                if !list.contains(one) {
                    list.push(one.clone());
                }
            }
        }
        together.all_extras |= other.all_extras;
    }
    together.options.groups.clear();
    for member in members {
        for group in &member.options.groups {
            let group = group_from_root(group, &member.folder);
            if !together.options.groups.contains(&group) {
                together.options.groups.push(group);
            }
        }
    }
    together
        .constraints
        .retain(|path| !outputs.contains(&**path));
    JOINT.clone_into(&mut together.output);
    let places = &mut together.options;
    for place in places
        .find_links
        .iter_mut()
        .chain(&mut places.build_constraints)
    {
        if !location::is_url(place) {
            *place = location::normalise(&format!("{}/{place}", first.folder));
            let relative = place.trim_start_matches('/').to_owned();
            *place = relative;
        }
    }
    together.folder.clear();
    // What the members' locks are made of is seen without bounds by their own old pins.
    let mut seen = view.clone();
    let mut text = String::new();
    for path in &outputs {
        if let Ok(bytes) = view.read(path.as_ref()) {
            text.push_str(&String::from_utf8_lossy(&bytes));
            text.push('\n');
        }
        seen.plan(path.as_ref(), Vec::new());
    }
    seen.plan(JOINT.as_ref(), text.into_bytes());
    let climbed = climb(update, &together, &seen, &[], reporter).await?;
    Ok(Joint {
        bounds: bounds_of(&climbed.compiled),
        failed_jointly: climbed.project.zip(climbed.failed),
    })
}

/// Returns a group with its file as seen from the root.
fn group_from_root(group: &str, folder: &str) -> String {
    let (path, name) = group.rsplit_once(':').unwrap_or(("pyproject.toml", group));
    let path = location::normalise(&format!("/{folder}/{path}"));
    format!("{}:{name}", path.trim_start_matches('/'))
}

/// Finds the lock because of which nothing suits all locks of a group, and why it fails.
async fn culprit(
    update: &Update,
    members: &[&LockTarget],
    view: &View,
    jointly: Failed,
    reporter: &dyn Reporter,
) -> (usize, Failed) {
    for (at, target) in members.iter().enumerate() {
        if let Err(failed) = climb(update, target, view, &[], reporter).await {
            return (at, failed);
        }
    }
    // Each could be made, but not all with the same versions.
    let failed = Failed {
        reproduce: reproduce(update, members[0]),
        ..jointly
    };
    (0, failed)
}

/// Returns a bound for each version that was chosen.
fn bounds_of(compiled: &Compiled) -> Vec<Constraint> {
    compiled
        .lock_pins()
        .filter_map(|pin| match &pin.source {
            PinSource::Version { version, .. } => Some(Constraint {
                name: pin.name.clone(),
                specifiers: Specifiers::parse(&format!("=={version}")).ok()?,
                place: "what suits all locks of the group".to_owned(),
            }),
            _ => None,
        })
        .collect()
}

/// What came of a lock, and what did not.
struct Climbed {
    compiled: Compiled,
    failed: Option<Failed>,
    /// The project that was not moved because of the failure.
    project: Option<ProjectName>,
}

/// Compiles, with less and less to move where that fails.
async fn climb(
    update: &Update,
    target: &LockTarget,
    view: &View,
    bounds: &[Constraint],
    reporter: &dyn Reporter,
) -> Result<Climbed, Failed> {
    let mut request = request(update, target, view, bounds)?;
    let error = match compile(&request, reporter).await {
        Ok(compiled) => {
            return Ok(Climbed {
                compiled,
                failed: None,
                project: None,
            });
        }
        Err(error) => error,
    };
    let mut failed = failed(update, target, &error);
    let project = project_of(&error);
    if let Some(project) = &project {
        request.kept_packages.push(project.clone());
        match compile(&request, reporter).await {
            Ok(compiled) => {
                failed.tried.push(format!("without moving {project}: done"));
                return Ok(Climbed {
                    compiled,
                    failed: Some(failed),
                    project: Some(project.clone()),
                });
            }
            Err(error) => failed
                .tried
                .push(format!("without moving {project}: {error}")),
        }
    }
    request.upgrade = false;
    match compile(&request, reporter).await {
        Ok(compiled) => {
            failed.tried.push("with all pins kept: done".to_owned());
            Ok(Climbed {
                compiled,
                failed: Some(failed),
                project,
            })
        }
        Err(error) => {
            failed.tried.push(format!("with all pins kept: {error}"));
            Err(failed)
        }
    }
}

/// Returns the project whose page or file is at fault.
fn project_of(error: &Error) -> Option<ProjectName> {
    match error {
        Error::Index { project, .. } | Error::Metadata { project, .. } => {
            project.split([' ', '=']).next()?.parse().ok()
        }
        _ => None,
    }
}

fn failed(update: &Update, target: &LockTarget, error: &Error) -> Failed {
    let mut details = match error {
        Error::NoSolution {
            explanation,
            advice,
        } => explanation.facts.iter().chain(advice).cloned().collect(),
        Error::Inputs(files) => files
            .iter()
            .flat_map(|file| {
                file.problems.iter().map(|problem| {
                    let at = crate::text::position(&file.text, problem.span.start);
                    format!(
                        "{}:{}:{}: {}",
                        file.name, at.line_number, at.column_number, problem.message
                    )
                })
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        details.push(error.to_string());
        cause = error.source();
    }
    Failed {
        message: error.to_string(),
        details,
        tried: Vec::new(),
        reproduce: reproduce(update, target),
        transient: error.is_transient(),
    }
}

/// Returns the command that shows again what became of a lock.
fn reproduce(update: &Update, target: &LockTarget) -> String {
    format!(
        "pinfold update {} --as-of {} --dry-run --verbose",
        target.output, update.policy.as_of
    )
}

fn all_failed(members: &[&LockTarget], culprit: usize, failed: &Failed) -> Vec<TargetPlan> {
    members
        .iter()
        .enumerate()
        .map(|(at, target)| {
            let mut plan = empty(target);
            if at == culprit {
                plan.status = Status::Failed;
                plan.failed = Some(failed.clone());
            } else {
                plan.status = Status::Skipped;
            }
            plan
        })
        .collect()
}

fn empty(target: &LockTarget) -> TargetPlan {
    TargetPlan {
        kind: TargetKind::Lock,
        path: target.output.clone(),
        found: found(&target.why),
        group: target.group,
        status: Status::Unchanged,
        files: Vec::new(),
        pins: Vec::new(),
        images: Vec::new(),
        held: Vec::new(),
        alarms: Vec::new(),
        failed: None,
    }
}

/// Says how a target was found.
pub fn found(why: &Why) -> String {
    match why {
        Why::Configuration => "named in the configuration".to_owned(),
        Why::Header(tool) => format!("its header says `{tool}`"),
        Why::Name => "by its name".to_owned(),
    }
}

/// Puts what a compilation came to into the plan.
fn plan_of(target: &LockTarget, compiled: &Compiled, failed: Option<Failed>) -> TargetPlan {
    let mut plan = empty(target);
    plan.pins = if compiled.previous.is_some() {
        let moves = compiled.moves.iter();
        moves
            .filter_map(|change| pin_change(change, compiled))
            .collect()
    } else {
        // All of a first lock is new, which is nothing to be alarmed about.
        let pins = compiled.lock_pins();
        pins.filter_map(|pin| {
            let added = Change::Added {
                name: pin.name.clone(),
                to: pin.source.clone(),
            };
            pin_change(&added, compiled)
        })
        .collect()
    };
    // Another tool's file is not rewritten for its looks alone.
    if compiled.is_changed() && (is_ours(compiled) || !compiled.moves.is_empty()) {
        plan.files.push(FileChange {
            path: target.output.clone(),
            before: compiled
                .previous
                .as_deref()
                .map(|text| sha256(text.as_bytes())),
            after: Content::of(compiled.text.as_bytes()),
        });
    }
    plan.status = match (plan.files.is_empty(), &failed) {
        (false, None) => Status::Updated,
        (false, Some(_)) => Status::Partial,
        (true, None) => Status::Unchanged,
        (true, Some(_)) => Status::Failed,
    };
    plan.failed = failed;
    plan.held = compiled
        .held
        .iter()
        .map(|held| HeldBack {
            item: held.project.to_string(),
            at: held.locked.clone(),
            candidate: held.candidate.clone(),
            code: held.hold.code().to_owned(),
            reason: held.hold.to_string(),
            eligible: held.eligible,
        })
        .collect();
    plan.alarms = alarms(compiled);
    plan
}

/// Whether a file was made by this program, or is new.
fn is_ours(compiled: &Compiled) -> bool {
    compiled.previous.as_deref().is_none_or(|text| {
        let header = lock::read(text).header;
        header.is_some_and(|header| header.tool == "pinfold")
    })
}

fn pin_change(change: &Change, compiled: &Compiled) -> Option<PinChange> {
    let name = change.name();
    let facts = compiled
        .pins_told
        .iter()
        .find(|facts| facts.project == *name);
    let version = |source: &PinSource| match source {
        PinSource::Version { version, .. } => version.clone(),
        PinSource::Url(text) | PinSource::Path(text) | PinSource::Editable(text) => text.clone(),
    };
    let (from, to, bump) = match change {
        Change::Added { to, .. } => (None, Some(version(to)), "new".to_owned()),
        Change::Removed { from, .. } => (Some(version(from)), None, "removed".to_owned()),
        Change::Changed { from, to, .. } => {
            let (from, to) = (version(from), version(to));
            let bump = bump(&from, &to);
            (Some(from), Some(to), bump)
        }
        Change::HashesChanged { source, .. } => (
            Some(version(source)),
            Some(version(source)),
            "hashes".to_owned(),
        ),
        Change::ConditionChanged { .. } => return None,
    };
    Some(PinChange {
        project: name.to_string(),
        from,
        to,
        bump,
        published: facts.and_then(|facts| facts.published),
        direct: facts.is_some_and(|facts| facts.direct),
        via: facts.map(|facts| facts.via.clone()).unwrap_or_default(),
    })
}

fn bump(from: &str, to: &str) -> String {
    let (Ok(from), Ok(to)) = (from.parse::<Version>(), to.parse::<Version>()) else {
        return "other".to_owned();
    };
    if to < from {
        return "downgrade".to_owned();
    }
    match Bump::between(&from, &to) {
        Some(Bump::Major) => "major",
        Some(Bump::Minor) => "minor",
        Some(Bump::Patch) => "patch",
        None => "other",
    }
    .to_owned()
}

fn alarms(compiled: &Compiled) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    for facts in &compiled.pins_told {
        let item = facts.project.to_string();
        let version = &facts.version;
        if let Some(reason) = &facts.yanked {
            let why = if reason.is_empty() {
                String::new()
            } else {
                format!(": {reason}")
            };
            alarms.push(Alarm {
                item: item.clone(),
                kind: "yanked".to_owned(),
                message: format!("{item} {version} is pinned and was yanked{why}"),
            });
        }
        if facts.vanished {
            alarms.push(Alarm {
                item: item.clone(),
                kind: "vanished".to_owned(),
                message: format!("what was pinned of {item} is gone from the index"),
            });
        }
        if facts.late_files > 0 {
            alarms.push(Alarm {
                item: item.clone(),
                kind: "late-files".to_owned(),
                message: format!(
                    "{item} {version} got {} more files since it was locked; they wait for their cooldown",
                    facts.late_files
                ),
            });
        }
    }
    for change in &compiled.moves {
        if let Change::Added { name, .. } = change {
            alarms.push(Alarm {
                item: name.to_string(),
                kind: "new-package".to_owned(),
                message: format!("{name} was not installed before"),
            });
        }
    }
    alarms
}

/// Returns what a lock's own command asks for, all pins kept and nothing held back.
///
/// # Errors
/// When the command has something that cannot be meant.
pub fn recorded(update: &Update, target: &LockTarget) -> Result<Compile, Error> {
    let view = View::at(update.root.clone());
    let request = request(update, target, &view, &[]).map_err(|failed| Error::Usage {
        message: format!("`{}`: {}", target.output, failed.message),
        help: None,
    })?;
    Ok(Compile {
        upgrade: false,
        gate: None,
        ..request
    })
}

/// Returns what is to be compiled for a lock.
fn request(
    update: &Update,
    target: &LockTarget,
    view: &View,
    bounds: &[Constraint],
) -> Result<Compile, Failed> {
    let wrong = |message: String| Failed {
        message,
        details: Vec::new(),
        tried: Vec::new(),
        reproduce: format!("pinfold update {} --dry-run", target.output),
        transient: false,
    };
    let folder = update.root.join(&target.folder);
    let current_directory = folder
        .to_str()
        .ok_or_else(|| wrong("its folder's path is not text".to_owned()))?
        .to_owned();
    // Paths are seen from where the command was run, so that comments stay as they are.
    let seen = |path: &String| {
        if location::is_url(path) {
            path.clone()
        } else {
            location::displayed(&format!("/{path}"), &format!("/{}", target.folder))
        }
    };
    let all_seen = |paths: &[String]| paths.iter().map(seen).collect::<Vec<_>>();
    let options = &target.options;
    let view = view.seen_from(&target.folder);
    let command = match &target.custom_command {
        Some(command) => command.clone(),
        None => header_command(target, &all_seen),
    };
    Ok(Compile {
        is_last: false,
        sources: all_seen(&target.sources)
            .into_iter()
            .map(Source::Path)
            .collect(),
        constraints: all_seen(&target.constraints),
        bounds: bounds.to_vec(),
        overrides: all_seen(&target.overrides),
        extras: target
            .extras
            .iter()
            .map(|extra| extra.parse::<ExtraName>())
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(error.to_string()))?,
        all_extras: target.all_extras,
        groups: groups(options).map_err(wrong)?,
        output: Some(PathBuf::from(seen(&target.output))),
        upgrade: true,
        kept_packages: Vec::new(),
        upgrade_packages: Vec::new(),
        target: python_target(target).map_err(wrong)?,
        index_url: options
            .index_url
            .clone()
            .filter(|url| named_index(url).is_none())
            .or_else(|| update.index_url.clone()),
        extra_index_urls: unnamed(&options.extra_index_urls),
        index_configs: named_indexes(update, options),
        shadow_check: false,
        find_links: options.find_links.clone(),
        unwritten_find_links: Vec::new(),
        no_index: options.no_index,
        login: update.login.clone(),
        strategy: strategy(options),
        exclude_newer: options
            .exclude_newer
            .as_deref()
            .map(|text| newest(text, update.policy.as_of))
            .transpose()
            .map_err(wrong)?
            .flatten(),
        exclude_newer_packages: exclude_newer_packages(options, update.policy.as_of)
            .map_err(wrong)?,
        gate: Some(update.policy.clone()),
        pre_releases: pre_releases(options),
        binary: binary(options),
        only_binary: options.only_binary.clone(),
        no_binary: options.no_binary.clone(),
        without_dependencies: options.no_deps,
        output_options: output_options(target, command),
        build: build(options),
        http: http(update, options),
        cache: update.cache.clone(),
        refresh: update.refresh.clone(),
        now: update.now,
        view,
        current_directory,
        variable: (update.variable)(),
    })
}

/// Returns how the lock is to look.
fn output_options(target: &LockTarget, command: String) -> OutputOptions {
    let options = &target.options;
    OutputOptions {
        hashes: if target.hashes {
            Hashes::Reuse
        } else {
            Hashes::None
        },
        which_hashes: if options.target_hashes {
            WhichHashes::Target
        } else {
            WhichHashes::All
        },
        comments: options.input_comments,
        left_out: names(&options.left_out),
        strip_markers: options.strip_markers,
        style: style(target),
        newline: options.newline,
        command,
    }
}

fn build(options: &Options) -> BuildOptions {
    BuildOptions {
        constraints: options.build_constraints.clone(),
        is_isolated: options.build_isolation,
        is_forbidden: false,
        settings: config_settings(options),
    }
}

/// The lock's own command names hosts to trust; they are trusted for it alone.
fn http(update: &Update, options: &Options) -> http::Settings {
    let mut settings = update.http.clone();
    let hosts = options.trusted_hosts.iter().cloned();
    settings.trusted_hosts.extend(hosts);
    settings
}

fn strategy(options: &Options) -> Strategy {
    match options.index_strategy.as_deref() {
        Some("unsafe-first-match") => Strategy::UnsafeFirstMatch,
        Some("unsafe-best-match") => Strategy::UnsafeBestMatch,
        _ => Strategy::FirstIndex,
    }
}

fn pre_releases(options: &Options) -> Option<PreReleases> {
    match options.prerelease.as_deref()? {
        "allow" => Some(PreReleases::Allow),
        "disallow" => Some(PreReleases::Disallow),
        "explicit" => Some(PreReleases::Explicit),
        "if-necessary-or-explicit" => Some(PreReleases::IfNecessaryOrExplicit),
        _ => None,
    }
}

fn binary(options: &Options) -> PerProject {
    let selectors = |names: &[String]| -> Vec<Selector> {
        let selectors = names.iter().filter_map(|name| match name.as_str() {
            ":all:" => Some(Selector::All),
            ":none:" => Some(Selector::None),
            name => name.parse().ok().map(Selector::Project),
        });
        selectors.collect()
    };
    let mut binary = PerProject::default();
    binary.answer_no(&selectors(&options.no_binary));
    binary.answer_yes(&selectors(&options.only_binary));
    binary
}

/// Reads what `--exclude-newer` says: a time, a day that counts whole, or a duration
/// counted back from the time that counts as now.
fn newest(text: &str, as_of: Timestamp) -> Result<Option<Timestamp>, String> {
    if text == "false" {
        return Ok(None);
    }
    let time = cutoff(text, as_of);
    time.map(Some)
        .ok_or_else(|| format!("`--exclude-newer {text}`, which its header has, is not a time"))
}

/// Reads the limits of single projects.
fn exclude_newer_packages(
    options: &Options,
    as_of: Timestamp,
) -> Result<BTreeMap<ProjectName, Cutoff>, String> {
    let read = |text: &String| {
        let (name, limit) = text.split_once('=')?;
        let limit = newest(limit, as_of).ok()?;
        Some((
            name.parse().ok()?,
            limit.map_or(Cutoff::Off, Cutoff::Before),
        ))
    };
    options
        .exclude_newer_packages
        .iter()
        .map(|text| {
            read(text).ok_or_else(|| {
                format!("`--exclude-newer-package {text}`, which its header has, has no time")
            })
        })
        .collect()
}

/// Returns the indexes with names: those of the lock's command, then the configured ones.
fn named_indexes(update: &Update, options: &Options) -> Vec<NamedIndex> {
    let named = |text: &String, is_default: bool| {
        let (name, url) = named_index(text)?;
        Some(NamedIndex {
            name: Some(name.to_owned()),
            url: url.to_owned(),
            packages: Vec::new(),
            is_default,
            exclude_newer: None,
        })
    };
    let own = options.extra_index_urls.iter();
    let mut indexes: Vec<NamedIndex> = own.filter_map(|text| named(text, false)).collect();
    indexes.extend(update.index_configs.iter().cloned());
    let default = options.index_url.as_ref();
    indexes.extend(default.and_then(|text| named(text, true)));
    indexes
}

fn unnamed(urls: &[String]) -> Vec<String> {
    let unnamed = urls.iter().filter(|url| named_index(url).is_none());
    unnamed.cloned().collect()
}

fn groups(options: &Options) -> Result<Vec<GroupRequest>, String> {
    options
        .groups
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|error| format!("`--group {text}`, which its header has: {error}"))
        })
        .collect()
}

fn config_settings(options: &Options) -> Vec<(String, String)> {
    let settings = options.config_settings.iter();
    settings
        .filter_map(|text| text.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn names(texts: &[String]) -> Vec<ProjectName> {
    texts.iter().filter_map(|name| name.parse().ok()).collect()
}

fn python_target(target: &LockTarget) -> Result<TargetRequest, String> {
    let version = target
        .python_version
        .as_deref()
        .map(|text| PythonVersion::parse(text).map_err(|error| error.to_string()))
        .transpose()?;
    let platform = target
        .python_platform
        .as_deref()
        .unwrap_or(DEFAULT_PLATFORM);
    Ok(TargetRequest {
        python: None,
        python_version: version,
        python_platform: Some(Platform::parse(platform).map_err(|error| error.to_string())?),
    })
}

fn style(target: &LockTarget) -> Style {
    let options = &target.options;
    let mut names = default_unsafe_packages();
    names.extend(self::names(&options.unsafe_packages));
    Style {
        header: options.header,
        options: options.emitted,
        annotations: options.annotations,
        strip_extras: options.strip_extras,
        newline: crate::text::Newline::default(),
        unsafe_packages: UnsafePackages {
            names,
            placing: if options.allow_unsafe {
                UnsafePlacing::Apart
            } else {
                UnsafePlacing::Named
            },
        },
    }
}

/// Returns the command for the header of a lock that another tool made, or nobody yet,
/// or whose own command says something else than the configuration.
fn header_command(target: &LockTarget, seen: &dyn Fn(&[String]) -> Vec<String>) -> String {
    let mut options = Vec::new();
    let mut value = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            options.push(CommandOption {
                name: name.to_owned(),
                values,
                kind: OptionKind::Value { default: None },
            });
        }
    };
    let own = &target.options;
    value("--output-file", seen(std::slice::from_ref(&target.output)));
    value("--constraint", seen(&target.constraints));
    value("--override", seen(&target.overrides));
    value("--extra", target.extras.clone());
    value(
        "--python-version",
        target.python_version.clone().into_iter().collect(),
    );
    value(
        "--python-platform",
        vec![
            target
                .python_platform
                .clone()
                .unwrap_or_else(|| DEFAULT_PLATFORM.to_owned()),
        ],
    );
    let public = |urls: &[String]| urls.iter().map(|url| without_password(url)).collect();
    value("--index-url", public(own.index_url.as_slice()));
    value("--extra-index-url", public(&own.extra_index_urls));
    value("--find-links", public(&own.find_links));
    value("--only-binary", own.only_binary.clone());
    value("--no-binary", own.no_binary.clone());
    value("--prerelease", own.prerelease.clone().into_iter().collect());
    value("--unsafe-package", own.unsafe_packages.clone());
    value("--group", own.groups.clone());
    value("--build-constraint", own.build_constraints.clone());
    value("--config-setting", own.config_settings.clone());
    value(
        "--exclude-newer-package",
        own.exclude_newer_packages.clone(),
    );
    value("--no-emit-package", own.left_out.clone());
    if own.target_hashes && target.hashes {
        value("--hashes", vec!["target".to_owned()]);
    }
    if own.annotations == lock::Annotations::Line {
        value("--annotation-style", vec!["line".to_owned()]);
    }
    let mut switch = |name: &str, is_on: bool| {
        if is_on {
            options.push(CommandOption {
                name: name.to_owned(),
                values: Vec::new(),
                kind: OptionKind::Switch,
            });
        }
    };
    switch("--all-extras", target.all_extras);
    switch("--no-hashes", !target.hashes);
    switch("--no-index", own.no_index);
    switch("--no-deps", own.no_deps);
    switch("--no-build-isolation", !own.build_isolation);
    switch("--input-comments", own.input_comments);
    switch("--no-strip-extras", !own.strip_extras);
    switch("--strip-markers", own.strip_markers);
    switch("--no-annotate", own.annotations == lock::Annotations::None);
    switch("--no-allow-unsafe", !own.allow_unsafe);
    switch("--no-emit-index-url", !own.emitted.indexes);
    switch("--no-emit-find-links", !own.emitted.find_links);
    switch("--emit-trusted-host", own.emitted.trusted_hosts);
    command_line("pinfold compile", &options, &seen(&target.sources))
}
