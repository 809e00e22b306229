//! From what was typed behind `pinfold update` to what is wanted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use super::args::{Configuration, Kind, Update};
use crate::cache::Cache;
use crate::cli::args::{self, IndexStrategy};
use crate::cli::docker::settings as docker;
use crate::cli::failure::Failure;
use crate::cli::layers;
use crate::cli::project::{self, ProjectConfig};
use crate::cli::settings::{cache, configured_indexes, current_directory, login, network, time};
use crate::command::Defaults;
use crate::config::{self, DigestUpdates, RuleSubject, TagLimit};
use crate::files::{self, Exclude};
use crate::forge::Repository;
use crate::http;
use crate::index::Refresh;
use crate::ops::docker::ImageRule;
use crate::ops::update::{ImagesRequest, Update as Request};
use crate::registry;
use crate::requirements::location;
use crate::text::duration;
use crate::update::{Bump, LockConfig, Policy, Rule};

/// A place where everything is: the root, and what its configuration says.
pub(in crate::cli) struct Place {
    pub(in crate::cli) root: PathBuf,
    pub(in crate::cli) project: ProjectConfig,
}

/// Finds the root: the repository's, else the configuration's folder, else this one.
pub(in crate::cli) fn place(configuration: &Configuration) -> Result<Place, Failure> {
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

/// Returns what a command line asks for.
pub(super) fn update(args: &Update, place: &Place) -> Result<(Request, registry::Client), Failure> {
    let os_variable = |name: &str| -> Option<OsString> { std::env::var_os(name) };
    let config = &place.project.config;
    let now = jiff::Timestamp::now();
    let as_of = match args.as_of.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => time("--as-of", text)?,
        // Seconds are enough, and shorter to type.
        None => jiff::Timestamp::from_second(now.as_second()).unwrap_or(now),
    };
    let policy = policy(args, config, as_of)?;
    let access = docker::access(&args.registries, &place.project, true)?;
    let images = (args.only != Some(Kind::Locks)).then(|| images(config));
    let http = http::Settings {
        keyring: args.keyring_provider.into(),
        ..network(&args.registries.network, os_variable)?
    };
    let cache = cache(&args.registries.network, os_variable);
    let request = Request {
        paths: args
            .paths
            .iter()
            .map(|path| below(&place.root, path))
            .collect::<Result<_, _>>()?,
        locks: args.only != Some(Kind::Images),
        exclude: excluded(place, &config.docker.exclude)?,
        include: include(config, &place.project.folder)?,
        policy_in_words: policy.to_string(),
        policy,
        images,
        index_url: args.index_url.clone().filter(|url| !url.is_empty()),
        ..surroundings(place, now, http, cache)?
    };
    Ok((request, access.client()))
}

/// Returns what there is to know of the repository: all of its locks, and nothing that
/// is to move.
pub(in crate::cli) fn surroundings(
    place: &Place,
    now: jiff::Timestamp,
    http: http::Settings,
    cache: Cache,
) -> Result<Request, Failure> {
    let own = layers::own_compile(&place.project, &place.root)?;
    Ok(Request {
        root: place.root.clone(),
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
        defaults: defaults(&own),
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

/// Returns the files that are not looked at: those of the configuration, and more.
fn excluded(place: &Place, more: &[String]) -> Result<Exclude, Failure> {
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
///
/// Only what decides which releases there are: how a lock looks stays as it is.
pub(in crate::cli) fn defaults(own: &args::Compile) -> Defaults {
    let word = |value: Option<clap::builder::PossibleValue>| {
        value.map(|value| value.get_name().to_owned())
    };
    let is_strategy_said = own.index_strategy != IndexStrategy::FirstIndex;
    Defaults {
        extra_index_urls: own.extra_index_urls.clone(),
        find_links: own.find_links.clone(),
        index_strategy: is_strategy_said
            .then(|| word(own.index_strategy.to_possible_value()))
            .flatten(),
        exclude_newer: own.limit(),
        exclude_newer_packages: own.exclude_newer_packages.clone(),
        prerelease: if own.pre {
            Some("allow".to_owned())
        } else {
            word(own.prerelease.and_then(|mode| mode.to_possible_value()))
        },
        only_binary: if own.no_build {
            vec![":all:".to_owned()]
        } else {
            own.only_binary.clone()
        },
        no_binary: own.no_binary.clone(),
    }
}

/// Returns the files that alone are looked for.
fn include(config: &config::Config, folder: &Path) -> Result<Option<Exclude>, Failure> {
    let lines = &config.discover.include;
    if lines.is_empty() {
        return Ok(None);
    }
    let lines: Vec<String> = lines.iter().map(|line| line.value.clone()).collect();
    Exclude::new(folder, &lines)
        .map(Some)
        .map_err(|error| Failure::usage(error.to_string(), None))
}

/// Returns a path as seen from the root, with `/`.
pub(in crate::cli) fn below(root: &Path, path: &Path) -> Result<String, Failure> {
    let outside = || {
        Failure::usage(
            format!(
                "`{}` is not in the repository `{}`",
                path.display(),
                root.display()
            ),
            Some("name files and folders of this repository".to_owned()),
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

fn policy(
    args: &Update,
    config: &config::Config,
    as_of: jiff::Timestamp,
) -> Result<Policy, Failure> {
    let mut policy = configured_policy(config, as_of);
    if let Some(text) = args.cooldown.as_deref().filter(|text| !text.is_empty()) {
        policy.cooldown = duration(text)
            .map_err(|error| Failure::usage(format!("`--cooldown`: {error}"), None))?;
        policy.cooldown_major = policy.cooldown_major.max(policy.cooldown);
        // Who wants none wants none at all.
        if policy.cooldown.is_zero() {
            policy.cooldown_major = policy.cooldown;
        }
    }
    Ok(policy)
}

/// Returns the policy that the configuration has.
pub(in crate::cli) fn configured_policy(config: &config::Config, as_of: jiff::Timestamp) -> Policy {
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
        policy.max_bump = bump(limit);
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
            max_bump: subject.max_bump.map(bump),
            until: rule.until.as_ref().map(|until| until.value),
            reason: rule.reason.clone(),
        });
    }
    policy
}

const fn bump(limit: config::MaxBump) -> Bump {
    match limit {
        config::MaxBump::Patch => Bump::Patch,
        config::MaxBump::Minor => Bump::Minor,
        config::MaxBump::Major => Bump::Major,
    }
}

fn images(config: &config::Config) -> ImagesRequest {
    let said = &config.policy;
    ImagesRequest {
        ignore: config.docker.ignore.clone(),
        contexts: config.docker.contexts.clone(),
        limit: said.image_tags.unwrap_or(TagLimit::Keep),
        digests: said.digests.unwrap_or(DigestUpdates::Always),
        rules: config
            .rules
            .iter()
            .filter_map(|rule| match &rule.subject {
                RuleSubject::Images(subject) => Some(ImageRule {
                    images: subject.patterns.clone(),
                    limit: subject.image_tags,
                    digests: subject.digests,
                    ignore: rule.ignore,
                    until: rule.until.as_ref().map(|until| until.value),
                    reason: rule.reason.clone(),
                }),
                RuleSubject::Projects(_) => None,
            })
            .collect(),
        platforms: config.docker.platforms.clone(),
        freeze_args: config.docker.freeze_args.unwrap_or(false),
    }
}

/// Returns what a `[[lock]]` table says, its paths as seen from the root.
pub(in crate::cli) fn lock_config(lock: &config::LockConfig, place: &Place) -> LockConfig {
    let root = place
        .root
        .canonicalize()
        .unwrap_or_else(|_| place.root.clone());
    let folder = &place.project.folder;
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let inside = files::relative(&root, &folder).unwrap_or_default();
    let seen = |path: &String| {
        if inside.is_empty() || location::is_url(path) {
            path.clone()
        } else {
            location::normalise(&format!("{inside}/{path}"))
        }
    };
    let values = |list: &[config::Located<String>]| {
        list.iter().map(|one| one.value.clone()).collect::<Vec<_>>()
    };
    let paths = |list: &[config::Located<String>]| {
        list.iter().map(|one| seen(&one.value)).collect::<Vec<_>>()
    };
    LockConfig {
        output: seen(&lock.output.value),
        sources: paths(&lock.sources),
        constraints: paths(&lock.constraints),
        // As people write it: `3.12` stands for `3.12.0`.
        python_version: lock.python_version.as_ref().map(|version| {
            let (full, short) = (version.to_string(), version.short());
            if full == format!("{short}.0") {
                short
            } else {
                full
            }
        }),
        python_platform: lock.python_platform.as_ref().map(ToString::to_string),
        overrides: paths(&lock.overrides),
        extras: lock.extras.iter().map(ToString::to_string).collect(),
        index_url: lock.index_url.as_ref().map(|url| url.value.clone()),
        extra_index_urls: values(&lock.extra_index_urls),
        find_links: paths(&lock.find_links),
        no_hashes: lock.no_hashes,
        only_binary: lock.only_binary.clone(),
        no_binary: lock.no_binary.clone(),
    }
}
