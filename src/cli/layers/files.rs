//! Which files and variables there are below our own variables.
//!
//! What is wrong in one of them ends the run, as it would in the tool it is for: a
//! setting that silently does nothing may be the index that was meant.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::merge::{Rank, Ranked};
use crate::cli::failure::{self, Failure};
use crate::cli::project::{self, ProjectConfig};
use crate::cli::settings::current_directory;
use crate::config::{
    ForeignFile, Layer, Setting, SettingProblem, SettingValue, System, pip_conf, pip_conf_files,
    pip_tools, pip_tools_file, pip_variables, uv_unread, uv_variables,
};
use crate::files;
use crate::ops::FileProblems;
use crate::requirements::location;
use crate::text::{Problem, position};

/// Reads our own configuration alone, of which a command takes some options.
pub(super) fn read_own(
    matches: &ArgMatches,
    options: &[&str],
) -> Result<(Ranked, ProjectConfig), Failure> {
    let here = current_directory()?;
    let project = project(matches, &here)?;
    let mut layer = own(&project, &here);
    let is_wanted = |setting: &Setting| options.contains(&setting.option.as_str());
    layer.settings.retain(is_wanted);
    let rank = Rank::Config;
    Ok((Ranked { rank, layer }, project))
}

/// The layers below the variables, strongest first, and our own configuration.
pub(super) struct Files {
    /// A setting of another tool that would matter and is not read.
    pub(super) unread: Vec<&'static str>,
    pub(super) layers: Vec<Ranked>,
    pub(super) project: ProjectConfig,
}

/// Reads all of them; `matches` say which are wanted.
pub(super) fn read(matches: &ArgMatches) -> Result<Files, Failure> {
    let here = current_directory()?;
    let project = project(matches, &here)?;
    let own = own(&project, &here);
    let is_said = ["foreign_config", "no_foreign_config"]
        .iter()
        .any(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
    let takes_foreign = if is_said {
        !flag(matches, "no_foreign_config")
    } else {
        takes_foreign(&own)
    };
    let mut layers = vec![Ranked {
        rank: Rank::Config,
        layer: own,
    }];
    let mut unread = Vec::new();
    if takes_foreign {
        unread = uv_unread(|name| std::env::var(name).ok());
        if !flag(matches, "no_config") {
            layers.extend(of_pip_tools(matches)?);
        }
        layers.extend(of_machine()?);
    }
    Ok(Files {
        unread,
        layers,
        project,
    })
}

const PIP_TOOLS: &str = ".pip-tools.toml";

fn flag(matches: &ArgMatches, id: &str) -> bool {
    matches.try_get_one::<bool>(id).ok().flatten() == Some(&true)
}

/// Returns the configuration that was named.
fn named(matches: &ArgMatches) -> Option<&Path> {
    let named = matches.try_get_one::<PathBuf>("config").ok().flatten();
    named.map(PathBuf::as_path)
}

fn project(matches: &ArgMatches, here: &Path) -> Result<ProjectConfig, Failure> {
    let named = named(matches);
    let is_pip_tools = named.is_some_and(|path| path.ends_with(PIP_TOOLS));
    if flag(matches, "no_config") || is_pip_tools {
        return Ok(ProjectConfig {
            folder: here.to_owned(),
            ..ProjectConfig::default()
        });
    }
    project::read(named, here)
}

fn takes_foreign(own: &Layer) -> bool {
    let said = own.settings.iter().rev().find_map(|setting| {
        match (setting.option.as_str(), &setting.value) {
            ("foreign-config", SettingValue::Flag(flag)) => Some(*flag),
            ("no-foreign-config" | "isolated", SettingValue::Flag(flag)) => Some(!flag),
            _ => None,
        }
    });
    said.unwrap_or(true)
}

/// Returns `[compile]` as a layer, its paths as seen from here.
pub(super) fn own(project: &ProjectConfig, here: &Path) -> Layer {
    let mut layer = Layer::of(project.name.as_str());
    let folder = (project.folder != here).then_some(project.folder.as_path());
    // An index that stands in for PyPI comes before those that weaker layers name.
    if let Some(index) = project.config.indexes.iter().find(|index| index.is_default) {
        let at = position(&project.text, index.span.start);
        layer.settings.push(Setting {
            option: "index-url".to_owned(),
            value: SettingValue::Texts(Vec::new()),
            place: format!("{}:{}", project.name, at.line_number),
        });
    }
    for setting in &project.config.compile {
        let at = position(&project.text, setting.name.span.start);
        let option = &setting.name.value;
        let value = match (&setting.value.value, folder) {
            (SettingValue::Texts(texts), Some(folder)) => {
                let seen = texts.iter().map(|text| seen(option, text, folder, here));
                SettingValue::Texts(seen.collect())
            }
            (value, _) => value.clone(),
        };
        layer.settings.push(Setting {
            option: option.clone(),
            value,
            place: format!("{}:{}:{}", project.name, at.line_number, at.column_number),
        });
    }
    layer
}

/// Returns a value as it would be typed here: paths are relative to their file's directory.
fn seen(option: &str, text: &str, folder: &Path, here: &Path) -> String {
    let is_path = match option {
        "constraint" | "constraints" | "override" | "overrides" | "build-constraint"
        | "build-constraints" | "find-links" | "output-file" | "preferences" | "cert"
        | "client-cert" | "cache-dir" => true,
        "python" => text.contains('/'),
        "group" => text.contains(':'),
        _ => false,
    };
    let (Some(folder), Some(here)) = (folder.to_str(), here.to_str()) else {
        return text.to_owned();
    };
    if !is_path || text == "-" || text.starts_with("${") || location::is_url(text) {
        return text.to_owned();
    }
    location::displayed(&location::normalise(&format!("{folder}/{text}")), here)
}

fn of_pip_tools(matches: &ArgMatches) -> Result<Option<Ranked>, Failure> {
    let inputs: Vec<&String> = matches
        .try_get_many::<String>("SRC")
        .ok()
        .flatten()
        .into_iter()
        .flatten()
        .collect();
    let path = match named(matches) {
        Some(path) if path.ends_with(PIP_TOOLS) || path.ends_with("pyproject.toml") => {
            Some(path.to_owned())
        }
        _ => pip_tools_file(&inputs, Path::is_dir, Path::is_file),
    };
    let Some(path) = path else {
        return Ok(None);
    };
    let name = path.display().to_string();
    let Some(text) = text(&path, &name)? else {
        return Ok(None);
    };
    let (layer, found) = pip_tools(ForeignFile {
        name: &name,
        text: &text,
    });
    if !found.is_empty() {
        return Err(in_file(name, text, found));
    }
    Ok(layer.map(|layer| Ranked {
        rank: Rank::PipTools,
        layer,
    }))
}

/// This machine's settings for uv and pip.
fn of_machine() -> Result<[Ranked; 3], Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let ranked = |rank: Rank, (layer, found): (Layer, Vec<SettingProblem>)| match found.first() {
        Some(problem) => Err(with_way_out(failure::setting(problem))),
        None => Ok(Ranked { rank, layer }),
    };
    Ok([
        ranked(Rank::UvVariables, uv_variables(variable))?,
        ranked(Rank::PipVariables, pip_variables(variable))?,
        of_pip_conf(&variable)?,
    ])
}

fn of_pip_conf(variable: &dyn Fn(&str) -> Option<String>) -> Result<Ranked, Failure> {
    let system = if cfg!(windows) {
        System::Windows
    } else if cfg!(target_os = "macos") {
        System::MacOs
    } else {
        System::Unix
    };
    let home = variable("HOME").filter(|home| home.len() > 1);
    let mut read = Vec::new();
    for path in pip_conf_files(system, variable, |path| Path::new(path).exists()) {
        let inside = home
            .as_ref()
            .and_then(|home| path.strip_prefix(home.as_str()));
        let name = match inside {
            Some(inside) if inside.starts_with('/') => format!("~{inside}"),
            _ => path.clone(),
        };
        if let Some(text) = text(Path::new(&path), &name)? {
            read.push((name, text));
        }
    }
    let conf_files: Vec<ForeignFile<'_>> = read
        .iter()
        .map(|(name, text)| ForeignFile { name, text })
        .collect();
    let (layer, found) = pip_conf(&conf_files);
    if let Some(&(first, _)) = found.first() {
        let problems = found
            .into_iter()
            .filter(|(index, _)| *index == first)
            .map(|(_, problem)| problem)
            .collect();
        let (name, text) = read.swap_remove(first);
        return Err(in_file(name, text, problems));
    }
    Ok(Ranked {
        rank: Rank::PipConf,
        layer,
    })
}

/// Reads a file; none if it is not there.
fn text(path: &Path, name: &str) -> Result<Option<String>, Failure> {
    let bytes =
        files::if_there(files::read_input(path)).map_err(|error| with_way_out(error.into()))?;
    bytes
        .map(String::from_utf8)
        .transpose()
        .map_err(|_| with_way_out(Failure::usage(format!("`{name}` is not UTF-8"), None)))
}

fn in_file(name: String, text: String, found: Vec<Problem>) -> Failure {
    let file = FileProblems {
        name,
        text,
        problems: found,
    };
    with_way_out(file.into())
}

/// Adds how another tool's settings are left out.
fn with_way_out(mut failure: Failure) -> Failure {
    for diagnostic in &mut failure.diagnostics {
        diagnostic
            .notes
            .push("`--no-foreign-config` ignores settings of other tools".to_owned());
    }
    failure
}
