//! From what was typed to what is wanted: nothing is left open behind this.

mod header;
mod indexes;
mod network;
mod paths;
mod style;
mod time;

use std::path::{Path, PathBuf};

pub(super) use self::indexes::configured_indexes;
pub(super) use self::network::{cache, http, login, network};
pub(super) use self::paths::{output, source_names, standard_input};
pub(super) use self::time::{limit, limits, time};

use super::args::{self, PreReleaseMode};
use super::failure::Failure;
use super::project::ProjectConfig;
use crate::index::Refresh;
use crate::ops::{BuildOptions, Compile, Hashes, OutputOptions, TargetRequest, View, WhichHashes};
use crate::python::{
    ExtraName, Platform, ProjectName, PythonVersion, Requirement, RequirementSource,
};
use crate::requirements::{GroupRequest, GroupRequestError, PerProject, Selector};
use crate::resolve::PreReleases;
use crate::text::without_password;

/// Returns what a command line asks for.
pub(super) fn compile(args: &args::Compile, project: &ProjectConfig) -> Result<Compile, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let os_variable = |name: &str| std::env::var_os(name);
    let names = paths::source_names(args)?;
    let output = paths::output(args, &names)?;
    if args.check && output.is_none() {
        return Err(Failure::usage(
            "`--check` compares with a file, but the output is standard output".to_owned(),
            Some("name the lock file with `--output-file FILE`".to_owned()),
        ));
    }
    let sources = names
        .iter()
        .map(|name| paths::source(name))
        .collect::<Result<Vec<_>, _>>()?;
    let current_directory = current_directory()?;
    let now = jiff::Timestamp::now();
    let exclude_newer = args
        .limit()
        .as_deref()
        .map(|text| time::limit("--exclude-newer", text, now))
        .transpose()?
        .flatten();
    let indexes = indexes::indexes(args, project, now)?;
    Ok(Compile {
        output_options: output_options(args, &names, output.as_deref())?,
        sources,
        output,
        constraints: args.constraints.clone(),
        bounds: Vec::new(),
        kept_packages: Vec::new(),
        is_last: true,
        view: View::default(),
        overrides: args.overrides.clone(),
        extras: args
            .extras
            .iter()
            .map(|extra| parse::<ExtraName>("--extra", extra))
            .collect::<Result<_, _>>()?,
        all_extras: args.all_extras,
        groups: groups(&args.groups)?,
        upgrade: args.upgrade,
        upgrade_packages: upgrade_packages(args)?,
        target: target(args)?,
        index_url: indexes.default,
        extra_index_urls: indexes.unnamed,
        index_configs: indexes.named,
        shadow_check: !args.no_shadow_check,
        find_links: args.find_links.clone(),
        unwritten_find_links: args.machine_find_links.clone(),
        no_index: args.no_index,
        login: login(&variable),
        strategy: args.index_strategy.into(),
        exclude_newer,
        exclude_newer_packages: time::limits(&args.exclude_newer_packages, now)?,
        gate: None,
        pre_releases: pre_releases(args),
        binary: binary(args)?,
        build: BuildOptions {
            constraints: args.build_constraints.clone(),
            is_isolated: !args.no_build_isolation,
            is_forbidden: args.no_build,
            settings: config_settings(&args.config_settings)?,
        },
        only_binary: if args.no_build {
            vec![":all:".to_owned()]
        } else {
            args.only_binary.clone()
        },
        no_binary: args.no_binary.clone(),
        without_dependencies: args.no_deps,
        http: http(args, os_variable)?,
        cache: cache(&args.network, os_variable),
        refresh: refresh(args)?,
        now,
        current_directory: path_text(&current_directory)?,
        variable: Box::new(variable),
    })
}

fn output_options(
    args: &args::Compile,
    names: &[String],
    output: Option<&Path>,
) -> Result<OutputOptions, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    Ok(OutputOptions {
        hashes: match (args.no_hashes, args.refresh_hashes) {
            (true, _) => Hashes::None,
            (_, true) => Hashes::Refresh,
            _ => Hashes::Reuse,
        },
        which_hashes: match args.hashes {
            Some(args::WhichHashes::Target) => WhichHashes::Target,
            Some(args::WhichHashes::All) | None => WhichHashes::All,
        },
        comments: args.input_comments,
        left_out: projects("--no-emit-package", &args.no_emit_packages)?,
        strip_markers: args.strip_markers,
        style: style::style(args)?,
        newline: style::newline(args.newline),
        command: match &args.custom_compile_command {
            Some(command) => command.clone(),
            None => ["CUSTOM_COMPILE_COMMAND", "UV_CUSTOM_COMPILE_COMMAND"]
                .into_iter()
                .find_map(variable)
                .filter(|command| !command.is_empty())
                .unwrap_or_else(|| header::command(args, names, output)),
        },
    })
}

pub(super) fn current_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::usage(format!("the current folder cannot be used: {error}"), None)
    })
}

fn path_text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::usage(
            format!(
                "the path of the current folder is not text: `{}`",
                path.display()
            ),
            None,
        )
    })
}

/// Of builds and wheels: what is said of all projects, then of single ones.
fn binary(args: &args::Compile) -> Result<PerProject, Failure> {
    let mut binary = PerProject::default();
    let only_binary = selectors("--only-binary", &args.only_binary)?;
    let no_binary = selectors("--no-binary", &args.no_binary)?;
    if args.no_build {
        binary.answer_yes(&[Selector::All]);
    }
    // An answer for all would take back those for projects.
    if no_binary.contains(&Selector::All) {
        binary.answer_no(&no_binary);
        binary.answer_yes(&only_binary);
    } else {
        binary.answer_yes(&only_binary);
        binary.answer_no(&no_binary);
    }
    Ok(binary)
}

pub(super) fn groups(texts: &[String]) -> Result<Vec<GroupRequest>, Failure> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|error: GroupRequestError| {
                let help = Some(error.help().to_owned());
                Failure::usage(format!("`--group {text}`: {error}"), help)
            })
        })
        .collect()
}

pub(super) fn config_settings(texts: &[String]) -> Result<Vec<(String, String)>, Failure> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(Failure::usage(
                format!(
                    "`--config-setting {}` is no KEY=VALUE",
                    without_password(text)
                ),
                None,
            )),
        })
        .collect()
}

fn projects(option: &str, names: &[String]) -> Result<Vec<ProjectName>, Failure> {
    names.iter().map(|name| parse(option, name)).collect()
}

pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    option: &str,
    text: &str,
) -> Result<T, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("`{option} {text}`: {error}"), None))
}

pub(super) fn selectors(option: &str, values: &[String]) -> Result<Vec<Selector>, Failure> {
    values
        .iter()
        .filter(|value| !value.is_empty())
        .map(|value| match value.as_str() {
            ":all:" => Ok(Selector::All),
            ":none:" => Ok(Selector::None),
            name => Ok(Selector::Project(parse::<ProjectName>(option, name)?)),
        })
        .collect()
}

fn upgrade_packages(args: &args::Compile) -> Result<Vec<Requirement>, Failure> {
    args.upgrade_packages
        .iter()
        .map(|text| {
            let help = "name a project, with a specifier if you like: `django<5`";
            let text = without_password(text);
            let requirement = Requirement::parse(&text).map_err(|error| {
                Failure::usage(
                    format!("`--upgrade-package {text}`: {}", error.message),
                    error.help.or_else(|| Some(help.to_owned())),
                )
            })?;
            match requirement.source {
                _ if requirement.marker.is_some() => Err(Failure::usage(
                    format!("`--upgrade-package {text}`: a marker has no meaning here"),
                    Some(help.to_owned()),
                )),
                RequirementSource::Specifiers(_) => Ok(requirement),
                RequirementSource::Url(_) => Err(Failure::usage(
                    format!("`--upgrade-package {text}`: a URL is no bound for a version"),
                    Some(help.to_owned()),
                )),
            }
        })
        .collect()
}

pub(super) fn target(args: &args::Compile) -> Result<TargetRequest, Failure> {
    let python_version = args
        .python_version
        .as_deref()
        .filter(|text| !text.is_empty());
    let mut python_platforms = args.python_platforms.iter().filter(|text| !text.is_empty());
    let python_platform = python_platforms.next();
    if let Some(one) = python_platform
        && let Some(other) = python_platforms.find(|other| *other != one)
    {
        return Err(Failure::usage(
            format!(
                "`--python-platform {one}` and `--python-platform {other}`: a lock is for one platform"
            ),
            Some("make a lock for each, with `--output-file` of its own".to_owned()),
        ));
    }
    Ok(TargetRequest {
        python: args.python.clone().filter(|text| !text.is_empty()),
        python_version: python_version
            .map(|text| {
                PythonVersion::parse(text).map_err(|error| Failure::usage(error.to_string(), None))
            })
            .transpose()?,
        python_platform: python_platform
            .map(|text| {
                Platform::parse(text)
                    .map_err(|error| Failure::usage(error.to_string(), Some(error.help)))
            })
            .transpose()?,
    })
}

pub(super) fn pre_releases(args: &args::Compile) -> Option<PreReleases> {
    if args.pre {
        return Some(PreReleases::Allow);
    }
    args.prerelease.map(|mode| match mode {
        PreReleaseMode::Disallow => PreReleases::Disallow,
        PreReleaseMode::Allow => PreReleases::Allow,
        PreReleaseMode::IfNecessary => PreReleases::IfNecessary,
        PreReleaseMode::Explicit => PreReleases::Explicit,
        PreReleaseMode::IfNecessaryOrExplicit => PreReleases::IfNecessaryOrExplicit,
    })
}

pub(super) fn refresh(args: &args::Compile) -> Result<Refresh, Failure> {
    // An upgrade wants to know of the newest versions, not of those of ten minutes ago.
    if args.refresh || args.upgrade {
        return Ok(Refresh::All);
    }
    let mut projects = args
        .refresh_packages
        .iter()
        .map(|name| parse::<ProjectName>("--refresh-package", name))
        .collect::<Result<std::collections::BTreeSet<_>, _>>()?;
    projects.extend(
        upgrade_packages(args)?
            .into_iter()
            .map(|requirement| requirement.name),
    );
    Ok(if projects.is_empty() {
        Refresh::None
    } else {
        Refresh::Packages(projects)
    })
}
