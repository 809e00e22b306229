//! From what was typed behind `pinfold update` to what is wanted.

use std::ffi::OsString;
use std::path::Path;

use super::args::{Kind, Update};
use crate::cache::Cache;
use crate::cli::docker::settings as docker;
use crate::cli::failure::Failure;
use crate::cli::repository::{Place, below, configured_policy, excluded, surroundings};
use crate::cli::settings::{cache, network, time};
use crate::config::{self, DigestUpdates, RuleSubject, TagLimit};
use crate::files::Exclude;
use crate::http;
use crate::ops::docker::ImageRule;
use crate::ops::update::{ImagesRequest, Update as Request};
use crate::registry;
use crate::text::duration;
use crate::update::Policy;

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

/// Returns what is known of a repository to which a plan is applied; nobody is asked.
pub(super) fn apply(index_url: Option<&str>, place: &Place) -> Result<Request, Failure> {
    let config = &place.project.config;
    let now = jiff::Timestamp::now();
    let http = http::Settings::default();
    Ok(Request {
        exclude: excluded(place, &config.docker.exclude)?,
        include: include(config, &place.project.folder)?,
        images: Some(images(config)),
        index_url: index_url.filter(|url| !url.is_empty()).map(str::to_owned),
        ..surroundings(place, now, http, Cache::none())?
    })
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
