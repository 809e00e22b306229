//! The repository that a command works in: its root, its configuration, its locks.

use std::path::{Path, PathBuf};

use super::args::shared::Configuration;
use super::failure::Failure;
use super::layers;
use super::project::{self, ProjectConfig};
use super::settings::{configured_indexes, current_directory, login, options};
use crate::cache::Cache;
use crate::command::Options;
use crate::config::{self, LockConfig, RuleSubject};
use crate::files::{self, Exclude};
use crate::forge::Repository;
use crate::http;
use crate::index::Refresh;
use crate::ops::update::Update as Request;
use crate::requirements::location;
use crate::update::{Policy, Rule};

/// A place where everything is: the root, and what its configuration says.
pub(super) struct Place {
    pub(super) root: PathBuf,
    pub(super) project: ProjectConfig,
}

/// Finds the root: the repository's, else the configuration's folder, else this one.
pub(super) fn place(configuration: &Configuration) -> Result<Place, Failure> {
    let here = current_directory()?;
    let project = if configuration.no_config {
        ProjectConfig {
            folder: here.clone(),
            ..ProjectConfig::default()
        }
    } else {
        project::read(configuration.config.as_deref(), &here)?
    };
    let root = match Repository::find(&here) {
        Ok(Some(repository)) => repository.root().to_owned(),
        // Without git there is still a folder to look after.
        Ok(None) | Err(_) => project.folder.clone(),
    };
    Ok(Place { root, project })
}

/// Returns what there is to know of the repository: all of its locks, and nothing that
/// is to move.
pub(super) fn surroundings(
    place: &Place,
    now: jiff::Timestamp,
    http: http::Settings,
    cache: Cache,
) -> Result<Request, Failure> {
    Ok(Request {
        root: place.root.clone(),
        configuration: configuration_in(place),
        paths: Vec::new(),
        locks: true,
        lock_configs: place
            .project
            .config
            .locks
            .iter()
            .map(|lock| lock_config(lock, place))
            .collect(),
        include: None,
        exclude: excluded(place, &[])?,
        policy: Policy::new(now),
        policy_in_words: String::new(),
        images: None,
        defaults: defaults(place)?,
        index_configs: configured_indexes(&place.project, now)?,
        index_url: None,
        login: login(&|name: &str| std::env::var(name).ok()),
        http,
        cache,
        refresh: Refresh::All,
        now,
        variable: Box::new(|| Box::new(|name: &str| std::env::var(name).ok())),
    })
}

/// Returns the configuration file as seen from the root, if it is below it.
fn configuration_in(place: &Place) -> Option<String> {
    if place.project.name.is_empty() {
        return None;
    }
    let file = current_directory().ok()?.join(&place.project.name);
    let root = place.root.canonicalize().ok()?;
    files::relative(&root, &file.canonicalize().ok()?)
}

/// Returns the files that are not looked at: those of the configuration, and more.
pub(super) fn excluded(place: &Place, more: &[String]) -> Result<Exclude, Failure> {
    let lines: Vec<String> = place
        .project
        .config
        .discover
        .exclude
        .iter()
        .map(|one| one.value.clone())
        .chain(more.iter().cloned())
        .collect();
    Exclude::new(&place.project.folder, &lines)
        .map_err(|error| Failure::usage(error.to_string(), None))
}

/// Returns what `[compile]` says of all locks, where their own commands say nothing.
fn defaults(place: &Place) -> Result<Options, Failure> {
    let own = layers::own_compile(&place.project, &place.root)?;
    options(&own, &[], None)
}

/// Returns a path as seen from the root, with `/`.
pub(super) fn below(root: &Path, path: &Path) -> Result<String, Failure> {
    let outside = || {
        Failure::usage(
            format!(
                "`{}` is not in the repository `{}`",
                path.display(),
                root.display()
            ),
            Some("name files and directories of this repository".to_owned()),
        )
    };
    let failed = |error: std::io::Error| {
        Failure::usage(format!("cannot read `{}`: {error}", path.display()), None)
    };
    let absolute = match path.canonicalize() {
        Ok(absolute) => absolute,
        // A lock that the configuration names need not be there yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let lexical = std::path::absolute(path).map_err(failed)?;
            match (
                lexical.parent().map(Path::canonicalize),
                lexical.file_name(),
            ) {
                (Some(Ok(folder)), Some(name)) => folder.join(name),
                _ => return Err(failed(error)),
            }
        }
        Err(error) => return Err(failed(error)),
    };
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    files::relative(&root, &absolute).ok_or_else(outside)
}

/// Returns the policy that the configuration has.
pub(super) fn configured_policy(config: &config::Config, as_of: jiff::Timestamp) -> Policy {
    let mut policy = Policy::new(as_of);
    let said = &config.policy;
    if let Some(cooldown) = said.cooldown {
        policy.cooldown = cooldown;
    }
    if let Some(cooldown) = said.cooldown_major {
        policy.cooldown_major = cooldown;
    }
    if let Some(said) = said.missing_upload_time {
        policy.missing_upload_time = said;
    }
    if let Some(limit) = said.max_bump {
        policy.max_bump = limit;
    }
    for rule in &config.rules {
        let RuleSubject::Projects(subject) = &rule.subject else {
            continue;
        };
        policy.rules.push(Rule {
            projects: subject.patterns.clone(),
            allow: subject.allow.clone(),
            ignore: rule.ignore,
            cooldown: subject.cooldown,
            cooldown_major: subject.cooldown_major,
            max_bump: subject.max_bump,
            until: rule.until.as_ref().map(|until| until.value),
            reason: rule.reason.clone(),
        });
    }
    policy
}

/// Returns a `[[lock]]` table with its paths as seen from the root.
fn lock_config(lock: &LockConfig, place: &Place) -> LockConfig {
    let root = place
        .root
        .canonicalize()
        .unwrap_or_else(|_| place.root.clone());
    let folder = &place.project.folder;
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let inside = files::relative(&root, &folder).unwrap_or_default();
    let mut lock = lock.clone();
    if inside.is_empty() {
        return lock;
    }
    let lists = [
        &mut lock.sources,
        &mut lock.constraints,
        &mut lock.overrides,
        &mut lock.find_links,
    ];
    let paths = lists.into_iter().flatten().chain([&mut lock.output]);
    for path in paths.filter(|path| !location::is_url(&path.value)) {
        path.value = location::normalise(&format!("{inside}/{}", path.value));
    }
    lock
}
