//! The project's configuration file: which one it is, and what it says.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::config::{Config, Home};
use crate::files;
use crate::ops::FileProblems;

/// The configuration, and the folder its paths are relative to.
#[derive(Debug, Default)]
pub(super) struct ProjectConfig {
    pub(super) config: Config,
    /// An absolute path.
    pub(super) folder: PathBuf,
    /// The file it was read from, as people may see it; empty if there is none.
    pub(super) name: String,
    /// The text of that file.
    pub(super) text: String,
}

/// Reads the configuration that was named, or the nearest one from a folder upwards.
///
/// The search ends at the root of a repository: what is above is another project's.
pub(super) fn read(named: Option<&Path>, here: &Path) -> Result<ProjectConfig, Failure> {
    if let Some(path) = named {
        let home = match path.file_name().and_then(|name| name.to_str()) {
            Some("pyproject.toml") => Home::Pyproject,
            _ => Home::PinfoldToml,
        };
        let (config, text) = parse(path, &shown(path, here), home)?.unwrap_or_default();
        let absolute = here.join(path);
        return Ok(ProjectConfig {
            config,
            text,
            folder: absolute.parent().unwrap_or(here).to_owned(),
            name: shown(path, here),
        });
    }
    for folder in here.ancestors() {
        for (name, home) in [
            ("pinfold.toml", Home::PinfoldToml),
            ("pyproject.toml", Home::Pyproject),
        ] {
            let path = folder.join(name);
            if path.is_file()
                && let Some((config, text)) = parse(&path, &shown(&path, here), home)?
            {
                return Ok(ProjectConfig {
                    config,
                    text,
                    folder: folder.to_owned(),
                    name: shown(&path, here),
                });
            }
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(ProjectConfig {
        folder: here.to_owned(),
        ..ProjectConfig::default()
    })
}

/// Whether a folder's `pyproject.toml` has a configuration.
pub(super) fn is_in_pyproject(folder: &Path) -> Result<bool, Failure> {
    let path = folder.join("pyproject.toml");
    Ok(path.is_file() && parse(&path, &path.display().to_string(), Home::Pyproject)?.is_some())
}

/// Returns a path as people see it: relative to where they are, if it is below.
pub(super) fn shown(path: &Path, here: &Path) -> String {
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn parse(path: &Path, name: &str, home: Home) -> Result<Option<(Config, String)>, Failure> {
    let bytes = files::read_input(path)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::usage(
            format!("`{name}` is not UTF-8"),
            Some("TOML files must be: save it in that encoding".to_owned()),
        )
    })?;
    let (config, found) = Config::parse(&text, home);
    if found.is_empty() {
        return Ok(config.map(|config| (config, text)));
    }
    let file = FileProblems {
        name: name.to_owned(),
        text,
        problems: found,
    };
    Err(file.into())
}
