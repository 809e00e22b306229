//! From what was typed to the options of a lock.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::args::{self, AnnotationStyle};
use crate::cli::failure::Failure;
use crate::command::{
    AsWritten, ConfigSetting, Hashes, IndexStrategy, LineEnds, Markers, Options, ProjectLimit,
    ProjectLimitError, UploadLimit,
};
use crate::lock::{Annotations, EmittedOptions, Format};
use crate::python::{Platform, PlatformValues, PythonVersion, TargetName, TargetNameError};
use crate::requirements::{GroupRequest, Selector};
use crate::resolve::{ForkStrategy, PreReleases, Resolution};
use crate::text::without_password;

/// Returns the options that a command line says, for these sources and this lock.
pub(in crate::cli) fn options(
    args: &args::Compile,
    sources: &[String],
    output: Option<&Path>,
) -> Result<Options, Failure> {
    Ok(Options {
        sources: sources.to_vec(),
        output: Some(output.map_or_else(|| "-".to_owned(), |path| path.display().to_string())),
        format: Format::default(),
        beside: None,
        constraints: args.constraints.clone(),
        overrides: args.overrides.clone(),
        extras: list("--extra", &args.extras)?,
        all_extras: args.all_extras,
        groups: args.groups.iter().map(group).collect::<Result<_, _>>()?,
        no_deps: args.no_deps,
        python_versions: python_versions(args)?,
        python_platforms: python_platforms(args)?,
        targets: targets(args)?,
        verify_metadata: args.verify_metadata,
        universal: args.universal,
        fork_strategy: ForkStrategy::named(&name(&args.fork_strategy)).unwrap_or_default(),
        platform_values: platform_values(args),
        resolution: Resolution::named(&name(&args.resolution)).unwrap_or_default(),
        exclude_newer: args.limit().as_deref().map(limit).transpose()?,
        exclude_newer_packages: args
            .exclude_newer_packages
            .iter()
            .map(project_limit)
            .collect::<Result<_, _>>()?,
        pre: args.pre,
        prerelease: args
            .prerelease
            .and_then(|mode| PreReleases::named(&name(&mode))),
        only_binary: selectors("--only-binary", &args.only_binary)?,
        no_binary: selectors("--no-binary", &args.no_binary)?,
        index_url: args.index_url.clone().filter(|url| !url.is_empty()),
        extra_index_urls: args.extra_index_urls.clone(),
        find_links: args.find_links.clone(),
        no_index: args.no_index,
        // They are for the run: who trusts a host does so for one machine.
        trusted_hosts: Vec::new(),
        index_strategy: IndexStrategy::named(&name(&args.index_strategy))
            .filter(|strategy| *strategy != IndexStrategy::default()),
        build_constraints: args.build_constraints.clone(),
        config_settings: args
            .config_settings
            .iter()
            .map(|text| config_setting(text))
            .collect::<Result<_, _>>()?,
        no_build: args.no_build,
        build_isolation: !args.no_build_isolation,
        hashes: match (args.no_hashes, args.hashes) {
            (true, _) => Hashes::None,
            (false, Some(args::WhichHashes::Target)) => Hashes::Target,
            (false, Some(args::WhichHashes::All) | None) => Hashes::All,
        },
        all_files: args.hashes == Some(args::WhichHashes::All),
        annotations: match (args.no_annotate, args.annotation_style) {
            (true, _) => Annotations::None,
            (false, AnnotationStyle::Split) => Annotations::Split,
            (false, AnnotationStyle::Line) => Annotations::Line,
        },
        index_annotation: args.emit_index_annotation,
        input_comments: args.input_comments,
        header: !args.no_header,
        strip_extras: !args.no_strip_extras,
        markers: match (args.strip_markers, args.no_strip_markers) {
            (true, _) => Markers::None,
            (false, true) => Markers::All,
            (false, false) => Markers::Direct,
        },
        emitted: if args.no_emit_options {
            EmittedOptions::NONE
        } else {
            EmittedOptions {
                indexes: !args.no_emit_index_url,
                find_links: !args.no_emit_find_links,
                trusted_hosts: args.emit_trusted_host,
                binary: !args.no_emit_build_options,
            }
        },
        // Who calls projects unsafe does not want them pinned, unless that is said.
        allow_unsafe: args.allow_unsafe || !args.no_allow_unsafe && args.unsafe_packages.is_empty(),
        unsafe_packages: list("--unsafe-package", &args.unsafe_packages)?,
        no_emit_packages: list("--no-emit-package", &args.no_emit_packages)?,
        newline: LineEnds::named(&name(&args.newline)).unwrap_or_default(),
    })
}

/// Reads a value, or says of which option it is none.
pub(super) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    option: &str,
    text: &str,
) -> Result<T, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("`{option} {text}`: {error}"), None))
}

/// Returns the word that stands for a choice on the command line.
fn name(choice: &impl ValueEnum) -> String {
    let value = choice.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn list<T>(option: &str, texts: &[String]) -> Result<Vec<AsWritten<T>>, Failure>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    texts.iter().map(|text| parse(option, text)).collect()
}

fn selectors(option: &str, texts: &[String]) -> Result<Vec<AsWritten<Selector>>, Failure> {
    let texts = texts.iter().filter(|text| !text.is_empty());
    texts.map(|text| parse(option, text)).collect()
}

fn group(text: &String) -> Result<AsWritten<GroupRequest>, Failure> {
    text.parse()
        .map_err(|error: <GroupRequest as std::str::FromStr>::Err| {
            let help = Some(error.help().to_owned());
            Failure::usage(format!("`--group {text}`: {error}"), help)
        })
}

fn config_setting(text: &str) -> Result<ConfigSetting, Failure> {
    text.parse().map_err(|error| {
        let text = without_password(text);
        Failure::usage(format!("`--config-setting {text}` is {error}"), None)
    })
}

fn limit(text: &str) -> Result<UploadLimit, Failure> {
    text.parse()
        .map_err(|_| super::time::no_limit("--exclude-newer", text))
}

fn project_limit(text: &String) -> Result<AsWritten<ProjectLimit>, Failure> {
    let option = "--exclude-newer-package";
    text.parse().map_err(|error| match error {
        ProjectLimitError::Limit => Failure::usage(
            format!("`{option} {text}` lacks a time"),
            Some("write `NAME=2026-10-01`, `NAME=7d` or `NAME=false`".to_owned()),
        ),
        ProjectLimitError::Project(error) => {
            let name = text
                .split_once('=')
                .map_or(&**text, |(name, _)| name)
                .trim();
            Failure::usage(format!("`{option} {name}`: {error}"), None)
        }
    })
}

fn python_versions(args: &args::Compile) -> Result<Vec<AsWritten<PythonVersion>>, Failure> {
    let texts = args.python_versions.iter().filter(|text| !text.is_empty());
    let versions = texts.map(|text| {
        text.parse()
            .map_err(|error: <PythonVersion as std::str::FromStr>::Err| {
                Failure::usage(error.to_string(), None)
            })
    });
    different(versions)
}

/// Returns each value once.
fn different<T: PartialEq>(
    values: impl Iterator<Item = Result<AsWritten<T>, Failure>>,
) -> Result<Vec<AsWritten<T>>, Failure> {
    let mut different: Vec<AsWritten<T>> = Vec::new();
    for value in values {
        let value = value?;
        if different.iter().all(|known| **known != *value) {
            different.push(value);
        }
    }
    Ok(different)
}

fn platform_values(args: &args::Compile) -> PlatformValues {
    let given = |text: Option<&String>| text.filter(|text| !text.is_empty()).cloned();
    PlatformValues {
        release: given(args.platform_release.as_ref()),
        version: given(args.platform_version.as_ref()),
    }
}

fn python_platforms(args: &args::Compile) -> Result<Vec<AsWritten<Platform>>, Failure> {
    let texts = args.python_platforms.iter().filter(|text| !text.is_empty());
    let platforms = texts.map(|text| {
        text.parse()
            .map_err(|error: <Platform as std::str::FromStr>::Err| {
                Failure::usage(error.to_string(), Some(error.help))
            })
    });
    different(platforms)
}

fn targets(args: &args::Compile) -> Result<Vec<AsWritten<TargetName>>, Failure> {
    let texts = args.targets.iter().filter(|text| !text.is_empty());
    let targets = texts.map(|text| {
        text.parse().map_err(|error: TargetNameError| {
            Failure::usage(format!("`--target {text}`: {error}"), Some(error.help))
        })
    });
    different(targets)
}
