//! From what was typed behind `pinfold docker` to what is wanted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::args::{Explain, Files, Pin, Verify};
use crate::cache::Cache;
use crate::cli::args::shared::{Configuration, Registries};
use crate::cli::failure::Failure;
use crate::cli::project::{self, ProjectConfig};
use crate::cli::settings::{cache, current_directory, network, standard_input};
use crate::files::Exclude;
use crate::http::{self, Credentials};
use crate::image::{ImagePattern, Platform};
use crate::ops::docker::{self, DockerInput, SurveyRequest};
use crate::registry::{self, CredentialStore, Mirror};
use crate::text::without_password;

/// What asking registries takes.
pub(in crate::cli) struct Access {
    pub(super) registry: registry::Settings,
    pub(super) http: http::Settings,
    pub(super) cache: Cache,
}

impl Access {
    pub(in crate::cli) fn client(self) -> registry::Client {
        registry::Client::new(self.registry, http::Client::new(self.http), self.cache)
    }
}

pub(super) fn pin(args: &Pin) -> Result<(docker::Pin, Access), Failure> {
    let project = self::project(&args.files.configuration)?;
    let config = &project.config.docker;
    let upgrades = args.upgrade || !args.upgrade_images.is_empty();
    let request = docker::Pin {
        survey: survey(&args.files, &project)?,
        upgrade: args.upgrade,
        upgrade_images: patterns("--upgrade-image", &args.upgrade_images)?,
        platform: args
            .platform
            .as_deref()
            .map(|text| platform("--platform", text))
            .transpose()?,
        freeze_args: args.freeze_args
            || (config.freeze_args.unwrap_or(false) && !args.no_freeze_args),
        asks: !args.check || upgrades || args.dry_run,
    };
    let refresh = args.refresh || upgrades;
    let access = access(&args.registries, &project, refresh)?;
    Ok((request, access))
}

pub(super) fn verify(args: &Verify) -> Result<(docker::Verify, Access), Failure> {
    let project = self::project(&args.files.configuration)?;
    let config = &project.config.docker;
    let platforms = if args.platforms.is_empty() {
        config.platforms.clone()
    } else {
        let texts = args.platforms.iter();
        texts
            .map(|text| platform("--platform", text))
            .collect::<Result<_, _>>()?
    };
    let request = docker::Verify {
        survey: survey(&args.files, &project)?,
        platforms,
    };
    // What tags said some minutes ago is not what was asked for.
    let access = access(&args.registries, &project, true)?;
    Ok((request, access))
}

pub(super) fn explain(args: &Explain) -> Result<SurveyRequest, Failure> {
    let project = self::project(&args.files.configuration)?;
    survey(&args.files, &project)
}

fn project(configuration: &Configuration) -> Result<ProjectConfig, Failure> {
    let here = current_directory()?;
    if configuration.no_config {
        return Ok(ProjectConfig {
            folder: here,
            ..ProjectConfig::default()
        });
    }
    project::read(configuration.config.as_deref(), &here)
}

fn survey(files: &Files, project: &ProjectConfig) -> Result<SurveyRequest, Failure> {
    let config = &project.config.docker;
    for path in &files.paths {
        check_is_no_command(path)?;
    }
    let inputs = files
        .paths
        .iter()
        .map(|path| input(path, &files.stdin_filename))
        .collect::<Result<Vec<_>, _>>()?;
    if inputs.len() > 1
        && inputs
            .iter()
            .any(|input| matches!(input, DockerInput::Stdin { .. }))
    {
        return Err(Failure::usage(
            "standard input cannot be combined with files: its result goes to standard output"
                .to_owned(),
            Some("use either `-` or files".to_owned()),
        ));
    }
    let mut ignore = patterns("--ignore", &files.ignore)?;
    ignore.extend(config.ignore.iter().cloned());
    let mut contexts = files.contexts.clone();
    contexts.extend(config.contexts.iter().cloned());
    Ok(SurveyRequest {
        inputs,
        exclude: exclude(files, project)?,
        ignore,
        contexts,
    })
}

/// Complains about a command that is taken for a path, as behind an option.
fn check_is_no_command(path: &Path) -> Result<(), Failure> {
    let commands = ["verify", "check", "explain"];
    let Some(command) = commands.iter().find(|it| Path::new(it) == path) else {
        return Ok(());
    };
    if path.exists() {
        return Ok(());
    }
    Err(Failure::usage(
        format!(
            "`{command}` does not follow `docker` directly, so it is read as a file, which does not exist"
        ),
        Some(format!(
            "write the command first: `pinfold docker {command} …`"
        )),
    ))
}

fn exclude(files: &Files, project: &ProjectConfig) -> Result<Exclude, Failure> {
    let of_project = &project.config.docker.exclude;
    let place = format!("`exclude` in `{}`", project.name);
    let of_project = excluded(&place, &project.folder, of_project)?;
    Ok(of_project.and(excluded(
        "`--exclude`",
        &current_directory()?,
        &files.exclude,
    )?))
}

fn excluded(place: &str, folder: &Path, patterns: &[String]) -> Result<Exclude, Failure> {
    if patterns.is_empty() {
        return Ok(Exclude::nothing());
    }
    Exclude::new(folder, patterns).map_err(|error| {
        Failure::usage(
            format!("{place}: {error}"),
            Some("write it as in a `.gitignore`: `tests/fixtures/`, `*.old`".to_owned()),
        )
    })
}

fn input(path: &Path, stdin_filename: &str) -> Result<DockerInput, Failure> {
    if path != Path::new("-") {
        return Ok(DockerInput::Path(PathBuf::from(path)));
    }
    Ok(DockerInput::Stdin {
        name: stdin_filename.to_owned(),
        bytes: standard_input()?,
    })
}

fn patterns(option: &str, texts: &[String]) -> Result<Vec<ImagePattern>, Failure> {
    texts
        .iter()
        .map(|text| {
            ImagePattern::parse(text).map_err(|error| {
                Failure::usage(
                    format!("`{option}`: {error}"),
                    Some("write a name, with or without a tag: `python:3.12`".to_owned()),
                )
            })
        })
        .collect()
}

fn platform(option: &str, text: &str) -> Result<Platform, Failure> {
    text.parse().map_err(|error| {
        Failure::usage(
            format!("`{option}`: {error}"),
            Some("write `os/architecture`, such as `linux/arm64`".to_owned()),
        )
    })
}

fn mirrors(place: &str, texts: &[String]) -> Result<Vec<Mirror>, Failure> {
    texts
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse().map_err(|error: registry::MirrorError| {
                Failure::usage(
                    format!("{place}: {error}"),
                    Some("write `HOST=URL`, such as `docker.io=https://mirror.example`".to_owned()),
                )
            })
        })
        .collect()
}

pub(in crate::cli) fn access(
    registries: &Registries,
    project: &ProjectConfig,
    refresh: bool,
) -> Result<Access, Failure> {
    let config = &project.config.docker;
    let variable = |name: &str| -> Option<OsString> { std::env::var_os(name) };
    let given = |flags: &[String], config: &[String]| -> Vec<String> {
        let flags = flags.iter().filter(|text| !text.is_empty());
        flags.chain(config).cloned().collect()
    };
    let mut mirrors = mirrors("`--registry-mirror`", &registries.mirrors)?;
    let place = format!("`registry-mirrors` in `{}`", project.name);
    mirrors.extend(self::mirrors(&place, &config.registry_mirrors)?);
    let plain_http = given(&registries.plain_http, &config.insecure_registries);
    if let Some(text) = plain_http.iter().find(|text| text.contains('/')) {
        let host = text.rsplit("://").next().unwrap_or_default();
        let host = host.split('/').next().unwrap_or_default();
        return Err(Failure::usage(
            format!("`{}` is not a host or host:port", without_password(text)),
            Some(format!(
                "write it without scheme and path: `{}`",
                without_password(host)
            )),
        ));
    }
    let mut http = network(&registries.network, variable)?;
    // Who we are at a registry comes from Docker's and Podman's files only.
    http.credentials = Credentials::default();
    http.per_host = Some(registry::PER_HOST);
    Ok(Access {
        registry: registry::Settings {
            mirrors,
            plain_http,
            credentials: CredentialStore::from_environment(variable),
            refresh,
            is_eager: true,
            ..registry::Settings::default()
        },
        http,
        cache: cache(&registries.network, variable),
    })
}
