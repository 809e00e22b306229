//! From what was typed to what is wanted: nothing is left open behind this.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum as _;

use super::args::{self, AnnotationStyle, IndexStrategy, NewlineStyle, PreReleaseMode};
use super::failure::Failure;
use crate::cache::{self, Cache};
use crate::http;
use crate::index::Refresh;
use crate::lock::{
    Annotations, CommandOption, EmittedOptions, OptionKind, Style, UnsafePackages, UnsafePlacing,
    command_line, default_unsafe_packages,
};
use crate::ops::{Compile, Hashes, OutputOptions, Source, Strategy, TargetRequest, View};
use crate::python::{
    ExtraName, Platform, ProjectName, PythonVersion, Requirement, RequirementSource,
};
use crate::requirements::{PerProject, Selector};
use crate::resolve::PreReleases;
use crate::text::{Newline, without_password};

/// Returns what a command line asks for.
pub(super) fn compile(args: &args::Compile) -> Result<Compile, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let os_variable = |name: &str| std::env::var_os(name);
    let names = source_names(args)?;
    let output = output(args, &names)?;
    if args.check && output.is_none() {
        return Err(Failure::usage(
            "`--check` compares with a file, but the output is standard output".to_owned(),
            Some("name the lock file with `--output-file FILE`".to_owned()),
        ));
    }
    let sources = names
        .iter()
        .map(|name| source(name))
        .collect::<Result<Vec<_>, _>>()?;
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
    let current_directory = current_directory()?;
    Ok(Compile {
        output_options: OutputOptions {
            hashes: match (args.no_hashes, args.refresh_hashes) {
                (true, _) => Hashes::None,
                (_, true) => Hashes::Refresh,
                _ => Hashes::Reuse,
            },
            strip_markers: args.strip_markers,
            style: style(args)?,
            newline: newline(args.newline),
            command: match &args.custom_compile_command {
                Some(command) => command.clone(),
                None => ["CUSTOM_COMPILE_COMMAND", "UV_CUSTOM_COMPILE_COMMAND"]
                    .into_iter()
                    .find_map(variable)
                    .filter(|command| !command.is_empty())
                    .unwrap_or_else(|| header_command(args, &names, output.as_deref())),
            },
        },
        sources,
        output,
        constraints: given(&args.constraints, "PINFOLD_CONSTRAINT"),
        bounds: Vec::new(),
        kept_packages: Vec::new(),
        view: View::default(),
        overrides: given(&args.overrides, "PINFOLD_OVERRIDE"),
        extras: args
            .extras
            .iter()
            .map(|extra| parse::<ExtraName>("--extra", extra))
            .collect::<Result<_, _>>()?,
        all_extras: args.all_extras,
        upgrade: args.upgrade,
        upgrade_packages: upgrade_packages(args)?,
        target: target(args)?,
        index_url: args.index_url.clone().filter(|url| !url.is_empty()),
        extra_index_urls: given(&args.extra_index_urls, "PINFOLD_EXTRA_INDEX_URL"),
        find_links: given(&args.find_links, "PINFOLD_FIND_LINKS"),
        no_index: args.no_index,
        login: login(&variable),
        strategy: match args.index_strategy {
            IndexStrategy::FirstIndex => Strategy::FirstIndex,
            IndexStrategy::UnsafeFirstMatch => Strategy::UnsafeFirstMatch,
            IndexStrategy::UnsafeBestMatch => Strategy::UnsafeBestMatch,
        },
        exclude_newer: args
            .exclude_newer
            .as_deref()
            .map(|text| time("--exclude-newer", text))
            .transpose()?,
        gate: None,
        pre_releases: pre_releases(args),
        binary,
        only_binary: if args.no_build {
            vec![":all:".to_owned()]
        } else {
            args.only_binary.clone()
        },
        no_binary: args.no_binary.clone(),
        without_dependencies: args.no_deps,
        http: network(&args.network, os_variable)?,
        cache: cache(&args.network, os_variable),
        refresh: refresh(args)?,
        now: jiff::Timestamp::now(),
        current_directory: path_text(&current_directory)?,
        variable: Box::new(variable),
    })
}

pub(super) fn current_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::usage(format!("the current folder cannot be used: {error}"), None)
    })
}

/// Returns the values of an option that a variable may give as well: there, blanks
/// are between values; on the command line they are part of one.
fn given(values: &[String], variable: &str) -> Vec<String> {
    match values {
        [one] if std::env::var(variable).as_ref() == Ok(one) => {
            one.split_whitespace().map(str::to_owned).collect()
        }
        several => several.to_vec(),
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    option: &str,
    text: &str,
) -> Result<T, Failure> {
    text.parse()
        .map_err(|error| Failure::usage(format!("`{option} {text}`: {error}"), None))
}

/// Where to look when no source is named, in this order, as pip-compile does.
const DEFAULT_SOURCES: [&str; 4] = ["requirements.in", "setup.py", "pyproject.toml", "setup.cfg"];

fn source_names(args: &args::Compile) -> Result<Vec<String>, Failure> {
    if !args.sources.is_empty() {
        return Ok(args.sources.clone());
    }
    DEFAULT_SOURCES
        .into_iter()
        .find(|name| Path::new(name).is_file())
        .map(|name| vec![name.to_owned()])
        .ok_or_else(|| {
            Failure::usage(
                "nothing to compile: there is no `requirements.in` and no `pyproject.toml` here"
                    .to_owned(),
                Some("name the requirements: `pinfold compile path/to/requirements.in`".to_owned()),
            )
        })
}

fn source(name: &str) -> Result<Source, Failure> {
    if name != "-" {
        return Ok(Source::Path(name.to_owned()));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}"), None))?;
    Ok(Source::Stdin(bytes))
}

/// Returns the output's path; none for standard output.
fn output(args: &args::Compile, names: &[String]) -> Result<Option<PathBuf>, Failure> {
    let path = match (args.output_file.as_deref(), names) {
        (Some("-"), _) => return Ok(None),
        (Some(path), _) => PathBuf::from(path),
        (None, [name]) if name == "-" => return Ok(None),
        (None, [name]) => derived_output(Path::new(name)),
        (None, _) => {
            return Err(Failure::usage(
                "several inputs need an output of their own".to_owned(),
                Some("name it with `--output-file FILE` (`-` for standard output)".to_owned()),
            ));
        }
    };
    if let Some(name) = names.iter().find(|name| is_same(Path::new(name), &path)) {
        return Err(Failure::usage(
            format!("`{name}` is input and output at once"),
            Some("name another output with `--output-file FILE`".to_owned()),
        ));
    }
    if path.is_dir() {
        return Err(Failure::usage(
            format!("the output `{}` is a folder", path.display()),
            Some(format!(
                "name a file, such as `{}`",
                path.join("requirements.txt").display()
            )),
        ));
    }
    Ok(Some(path))
}

/// Whether two paths lead to one file, however they are written.
fn is_same(one: &Path, other: &Path) -> bool {
    let both = || Some((one.canonicalize().ok()?, other.canonicalize().ok()?));
    one == other || both().is_some_and(|(one, other)| one == other)
}

fn derived_output(source: &Path) -> PathBuf {
    match source.file_name().and_then(|name| name.to_str()) {
        Some("pyproject.toml" | "setup.py" | "setup.cfg") => {
            source.with_file_name("requirements.txt")
        }
        _ => source.with_extension("txt"),
    }
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

fn selectors(option: &str, values: &[String]) -> Result<Vec<Selector>, Failure> {
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

fn target(args: &args::Compile) -> Result<TargetRequest, Failure> {
    let python_version = args
        .python_version
        .as_deref()
        .filter(|text| !text.is_empty());
    let python_platform = args
        .python_platform
        .as_deref()
        .filter(|text| !text.is_empty());
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

/// Reads a time; a day means up to its end.
pub(super) fn time(option: &str, text: &str) -> Result<jiff::Timestamp, Failure> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time);
    }
    let end_of_day = text
        .parse::<jiff::civil::Date>()
        .ok()
        .and_then(|day| day.tomorrow().ok())
        .and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC).ok());
    end_of_day.map(|zoned| zoned.timestamp()).ok_or_else(|| {
        Failure::usage(
            format!("`{option} {text}` is not a time"),
            Some(
                "write a day, `2026-10-01`, or a time with its zone, `2026-10-01T00:00:00Z`"
                    .to_owned(),
            ),
        )
    })
}

fn pre_releases(args: &args::Compile) -> Option<PreReleases> {
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

pub(super) fn login(variable: &dyn Fn(&str) -> Option<String>) -> Option<(String, http::Secret)> {
    let value = |name: &str| variable(name).filter(|value| !value.is_empty());
    let user = value("PINFOLD_INDEX_USERNAME");
    let password = value("PINFOLD_INDEX_PASSWORD");
    if user.is_none() && password.is_none() {
        return None;
    }
    Some((
        user.unwrap_or_default(),
        http::Secret::new(password.unwrap_or_default()),
    ))
}

pub(super) fn network(
    args: &args::Network,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<http::Settings, Failure> {
    let proxy = args.proxy.as_deref().filter(|text| !text.is_empty());
    let mut settings = http::Settings {
        read_timeout: Duration::from_secs(args.timeout.max(1)),
        retries: args.retries,
        offline: args.offline,
        trusted_hosts: args.trusted_hosts.clone(),
        ca_bundle: args.cert.clone(),
        client_cert: args.client_cert.clone(),
        proxy: proxy
            .map(|text| {
                text.parse().map_err(|error| {
                    Failure::usage(
                        format!("`--proxy`: not a URL: {error}"),
                        Some("write it with its scheme: `http://host:port`".to_owned()),
                    )
                })
            })
            .transpose()?,
        environment: http::Environment::read(&variable),
        ..http::Settings::default()
    };
    settings.credentials.find_netrc(&variable);
    Ok(settings)
}

pub(super) fn cache(args: &args::Network, variable: impl Fn(&str) -> Option<OsString>) -> Cache {
    if args.no_cache {
        return Cache::none();
    }
    match args
        .cache_dir
        .clone()
        .or_else(|| cache::default_dir(variable))
    {
        Some(folder) => Cache::at(folder),
        None => Cache::none(),
    }
}

fn refresh(args: &args::Compile) -> Result<Refresh, Failure> {
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

fn style(args: &args::Compile) -> Result<Style, Failure> {
    let options = if args.no_emit_options {
        EmittedOptions::NONE
    } else {
        EmittedOptions {
            indexes: !args.no_emit_index_url,
            find_links: !args.no_emit_find_links,
            trusted_hosts: args.emit_trusted_host,
            ..EmittedOptions::default()
        }
    };
    let mut names = default_unsafe_packages();
    for name in &args.unsafe_packages {
        names.push(parse::<ProjectName>("--unsafe-package", name)?);
    }
    Ok(Style {
        header: !args.no_header,
        options,
        annotations: match (args.no_annotate, args.annotation_style) {
            (true, _) => Annotations::None,
            (false, AnnotationStyle::Split) => Annotations::Split,
            (false, AnnotationStyle::Line) => Annotations::Line,
        },
        strip_extras: !args.no_strip_extras,
        newline: Newline::default(),
        unsafe_packages: UnsafePackages {
            names,
            placing: if args.no_allow_unsafe {
                UnsafePlacing::Named
            } else {
                UnsafePlacing::Apart
            },
        },
    })
}

fn newline(style: NewlineStyle) -> Option<Newline> {
    match style {
        NewlineStyle::Preserve => None,
        NewlineStyle::Native if cfg!(windows) => Some(Newline::CrLf),
        NewlineStyle::Lf | NewlineStyle::Native => Some(Newline::Lf),
        NewlineStyle::Crlf => Some(Newline::CrLf),
    }
}

/// Returns the command for the header: what makes the same file again.
fn header_command(args: &args::Compile, names: &[String], output: Option<&Path>) -> String {
    let mut options = Vec::new();
    let mut values = |name: &str, values: Vec<String>, default: Option<&str>| {
        if !values.is_empty() {
            options.push(CommandOption {
                name: name.to_owned(),
                values,
                kind: OptionKind::Value {
                    default: default.map(str::to_owned),
                },
            });
        }
    };
    let one = |value: &Option<String>| {
        value
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<Vec<_>>()
    };
    let name_of = |value: clap::builder::PossibleValue| vec![value.get_name().to_owned()];
    values(
        "--constraint",
        given(&args.constraints, "PINFOLD_CONSTRAINT"),
        None,
    );
    values(
        "--override",
        given(&args.overrides, "PINFOLD_OVERRIDE"),
        None,
    );
    values("--extra", args.extras.clone(), None);
    let output = output.map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    values("--output-file", vec![output], None);
    values("--python-version", one(&args.python_version), None);
    values("--python-platform", one(&args.python_platform), None);
    if !args.no_emit_index_url && !args.no_emit_options {
        values("--index-url", one(&args.index_url), None);
        values(
            "--extra-index-url",
            given(&args.extra_index_urls, "PINFOLD_EXTRA_INDEX_URL"),
            None,
        );
    }
    if !args.no_emit_find_links && !args.no_emit_options {
        values(
            "--find-links",
            given(&args.find_links, "PINFOLD_FIND_LINKS"),
            None,
        );
    }
    values("--exclude-newer", one(&args.exclude_newer), None);
    values("--only-binary", args.only_binary.clone(), None);
    values("--no-binary", args.no_binary.clone(), None);
    values("--unsafe-package", args.unsafe_packages.clone(), None);
    if let Some(mode) = args.prerelease.and_then(|mode| mode.to_possible_value()) {
        values("--prerelease", name_of(mode), Some("if-necessary"));
    }
    if let Some(strategy) = args.index_strategy.to_possible_value() {
        values("--index-strategy", name_of(strategy), Some("first-index"));
    }
    if let Some(style) = args.annotation_style.to_possible_value() {
        values("--annotation-style", name_of(style), Some("split"));
    }
    if let Some(style) = args.newline.to_possible_value() {
        values("--newline", name_of(style), Some("preserve"));
    }
    for (name, is_set) in [
        ("--all-extras", args.all_extras),
        ("--no-deps", args.no_deps),
        ("--pre", args.pre),
        ("--no-build", args.no_build),
        ("--no-index", args.no_index),
        ("--no-hashes", args.no_hashes),
        ("--no-annotate", args.no_annotate),
        ("--no-header", args.no_header),
        ("--no-strip-extras", args.no_strip_extras),
        ("--strip-markers", args.strip_markers),
        ("--no-emit-index-url", args.no_emit_index_url),
        ("--no-emit-find-links", args.no_emit_find_links),
        ("--emit-trusted-host", args.emit_trusted_host),
        ("--no-emit-options", args.no_emit_options),
        ("--no-allow-unsafe", args.no_allow_unsafe),
    ] {
        if is_set {
            options.push(CommandOption {
                name: name.to_owned(),
                values: Vec::new(),
                kind: OptionKind::Switch,
            });
        }
    }
    command_line("pinfold compile", &options, names)
}
