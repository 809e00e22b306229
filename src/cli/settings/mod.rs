//! From what was typed to what is wanted: nothing is left open behind this.

mod indexes;
mod network;
mod options;
mod outputs;
mod paths;
mod time;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) use self::indexes::configured_indexes;
pub(super) use self::network::{cache, http, login, network};
pub(super) use self::options::options;
use self::options::parse;
pub(super) use self::outputs::Outputs;
pub(super) use self::paths::{output, source_names, standard_input};
pub(super) use self::time::time;

use super::args;
use super::failure::Failure;
use super::project::ProjectConfig;
use crate::command;
use crate::index::Refresh;
use crate::lock::Format;
use crate::ops::{Compile, OutputNaming, PreferenceSource, Run, View};
use crate::python::{ProjectName, Requirement, RequirementSource};
use crate::text::without_password;

/// Returns what a command line asks for.
pub(super) fn compile(making: &args::Making, project: &ProjectConfig) -> Result<Compile, Failure> {
    let args = &making.compile;
    let outputs = Outputs::of(&args.output_file, making.format.map(Format::from))?;
    let mut request = compile_to(&outputs, args, project)?;
    request.run.is_last = true;
    request.selection.preferences = match &making.preferences {
        _ if making.no_preferences => PreferenceSource::Nowhere,
        Some(path) if !path.is_empty() => PreferenceSource::File(path.clone()),
        _ => PreferenceSource::Beside,
    };
    Ok(request)
}

/// Returns what a command line asks for, with these locks.
pub(super) fn compile_to(
    outputs: &Outputs,
    args: &args::Compile,
    project: &ProjectConfig,
) -> Result<Compile, Failure> {
    let names = paths::source_names(args)?;
    let output = paths::output(outputs, &names)?;
    let beside = outputs.beside.as_ref().map(PathBuf::from);
    for path in output.iter().chain(&beside) {
        paths::check_not_read(path, args, project)?;
    }
    if args.check && output.as_deref().is_none_or(crate::files::is_stream) {
        return Err(Failure::usage(
            "`--check` compares with a file, but the output is not a file".to_owned(),
            Some("name the lock file with `--output-file FILE`".to_owned()),
        ));
    }
    let mut options = options::options(args, &names, output.as_deref())?;
    options.format = outputs.format;
    options.beside.clone_from(&outputs.beside);
    options.all_files &= options.has_pylock();
    if options.has_pylock() && args.no_hashes {
        return Err(Failure::usage(
            "a pylock.toml always has hashes, so `--no-hashes` is not possible".to_owned(),
            Some("omit `--no-hashes`".to_owned()),
        ));
    }
    let run = run(args)?;
    let configured = configured_indexes(project, run.now)?;
    let mut request = Compile::new(&options, configured, run);
    request.sources.files = names
        .iter()
        .map(|name| paths::source(name))
        .collect::<Result<_, _>>()?;
    // A path need not be text.
    request.output.path = output;
    if outputs.lock.is_none() {
        request.output.naming = OutputNaming::Derived;
    }
    let recorded = command::write(&options.recorded());
    check_recordable(&recorded)?;
    request.output.command = custom_command(args).unwrap_or(recorded);
    of_this_run(args, &mut request)?;
    Ok(request)
}

/// Checks that a command can stand on one line of a header and be read back.
fn check_recordable(command: &str) -> Result<(), Failure> {
    let is_unfit = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if !command.contains(is_unfit) {
        return Ok(());
    }
    Err(Failure::usage(
        "an argument contains a line break or another control character, which a lock file \
         cannot record"
            .to_owned(),
        Some(format!(
            "rename the file or directory; the command is `{}`",
            command.escape_debug()
        )),
    ))
}

/// Returns what a compilation has from this process.
pub(super) fn run(args: &args::Compile) -> Result<Run, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let os_variable = |name: &str| std::env::var_os(name);
    let now = jiff::Timestamp::now();
    Ok(Run {
        now,
        as_of: now,
        is_last: false,
        http: http(args, os_variable)?,
        login: login(&variable),
        cache: cache(&args.network, os_variable),
        resolution_timeout: Duration::from_secs(args.resolution_timeout.max(1)),
        refresh: refresh(args)?,
        view: View::default(),
        current_directory: path_text(&current_directory()?)?,
        variable: Box::new(variable),
    })
}

/// Adds what a command line says of this run, and not of how the lock is made.
pub(super) fn of_this_run(args: &args::Compile, request: &mut Compile) -> Result<(), Failure> {
    request.selection.upgrade = args.upgrade;
    request.selection.upgrade_packages = upgrade_packages(args)?;
    request.selection.target.python = args.python.clone().filter(|text| !text.is_empty());
    request.indexes.collision_check = !args.no_shadow_check;
    request
        .indexes
        .unwritten_find_links
        .clone_from(&args.machine_find_links);
    if args.refresh_hashes && !args.no_hashes {
        request.output.hashes = crate::ops::Hashes::Refresh;
    }
    Ok(())
}

/// Returns the command that users want to stand in the header.
fn custom_command(args: &args::Compile) -> Option<String> {
    args.custom_compile_command.clone().or_else(|| {
        ["CUSTOM_COMPILE_COMMAND", "UV_CUSTOM_COMPILE_COMMAND"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok())
            .filter(|command| !command.is_empty())
    })
}

pub(super) fn current_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| {
        Failure::usage(
            format!("cannot access the current directory: {error}"),
            None,
        )
    })
}

pub(super) fn path_text(path: &Path) -> Result<String, Failure> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::usage(
            format!(
                "the path of the current directory is not UTF-8: `{}`",
                path.display()
            ),
            None,
        )
    })
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
                    format!("`--upgrade-package {text}`: a marker is not allowed here"),
                    Some(help.to_owned()),
                )),
                RequirementSource::Specifiers(_) => Ok(requirement),
                RequirementSource::Url(_) => Err(Failure::usage(
                    format!("`--upgrade-package {text}`: a URL is not a version specifier"),
                    Some(help.to_owned()),
                )),
            }
        })
        .collect()
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
