//! Where to look for a Python.
//!
//! What was asked for with `--python`, and nothing else; or the active virtual
//! environment, `.venv` here, the active conda environment, and the search path.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use super::answer::{Interpreter, fingerprint, query};
use super::error::{Error, Tried};
use crate::python::PythonVersion;

/// What the search depends on, taken from the process once.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The current folder.
    pub folder: PathBuf,
    /// `PATH`.
    pub path: OsString,
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// `CONDA_PREFIX`.
    pub conda_prefix: Option<PathBuf>,
    /// `PYENV_VERSION`.
    pub pyenv_version: Option<String>,
}

/// Where answers of interpreters are kept from one run to the next.
pub trait Memory {
    /// Returns the bytes kept under a [`fingerprint`], if there are any.
    fn recall(&mut self, fingerprint: &str) -> Option<Vec<u8>>;

    /// Keeps bytes under a [`fingerprint`].
    fn remember(&mut self, fingerprint: &str, bytes: &[u8]);
}

/// Keeps nothing.
impl Memory for () {
    fn recall(&mut self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn remember(&mut self, _: &str, _: &[u8]) {}
}

impl Search {
    /// Reads the process's variables and current folder.
    pub fn from_process() -> Self {
        let folder = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            path: std::env::var_os("PATH").unwrap_or_default(),
            virtual_env: folder("VIRTUAL_ENV"),
            conda_prefix: folder("CONDA_PREFIX"),
            pyenv_version: std::env::var("PYENV_VERSION").ok(),
        }
    }

    /// Returns every program of this name on the search path, in order.
    fn programs(&self, name: &str) -> Vec<PathBuf> {
        let file_name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let mut found: Vec<PathBuf> = Vec::new();
        for folder in std::env::split_paths(&self.path) {
            let program = self.folder.join(folder).join(&file_name);
            if !is_program(&program) {
                continue;
            }
            let program = self.behind_shim(&program).unwrap_or(program);
            if !found.contains(&program) {
                found.push(program);
            }
        }
        found
    }

    /// Returns the program that pyenv's script at `program` would start.
    ///
    /// The script takes some 50 ms, and what it starts cannot be told from the
    /// script. Where its rules give no plain answer, it is run after all.
    fn behind_shim(&self, program: &Path) -> Option<PathBuf> {
        let shims = program.parent()?;
        let root = shims.parent()?;
        if shims.file_name()? != "shims" {
            return None;
        }
        let wanted = self
            .pyenv_version
            .clone()
            .filter(|version| !version.is_empty())
            .or_else(|| {
                let mut folders = self.folder.ancestors();
                folders.find_map(|folder| first_word(&folder.join(".python-version")))
            })
            .or_else(|| first_word(&root.join("version")))?;
        let version = wanted.split(':').next()?;
        if version.is_empty() || version.starts_with('.') || version.contains(['/', '\\']) {
            return None;
        }
        let bin = root.join("versions").join(version).join("bin");
        Some(bin.join(program.file_name()?)).filter(|real| is_program(real))
    }
}

/// Finds the Python that was asked for by path, name or version, or else the one
/// at hand, and asks it what it is.
///
/// # Errors
/// When there is none, or what was asked for does not work.
pub fn find(request: Option<&str>, search: &Search) -> Result<Interpreter, Error> {
    find_with(request, search, &mut ())
}

/// As [`find`], but runs a Python only when `memory` has no answer of it.
///
/// # Errors
/// As [`find`].
pub fn find_with(
    request: Option<&str>,
    search: &Search,
    memory: &mut dyn Memory,
) -> Result<Interpreter, Error> {
    let mut ask = |path: &Path| {
        let Some(key) = fingerprint(path) else {
            return query(path);
        };
        let kept = memory.recall(&key);
        if let Some(interpreter) = kept.and_then(|bytes| Interpreter::from_bytes(&bytes)) {
            return Ok(interpreter);
        }
        let interpreter = query(path)?;
        memory.remember(&key, &interpreter.to_bytes());
        Ok(interpreter)
    };
    match request {
        Some(request) => find_requested(request, search, &mut ask),
        None => find_at_hand(search, &mut ask),
    }
}

type Ask<'a> = &'a mut dyn FnMut(&Path) -> Result<Interpreter, Error>;

fn find_at_hand(search: &Search, ask: Ask<'_>) -> Result<Interpreter, Error> {
    // An environment somebody made or activated is meant; one that does not work
    // is an error, where a program on the search path may be any leftover.
    let dot_venv = search.folder.join(".venv");
    for folder in [
        search.virtual_env.as_deref(),
        Some(dot_venv.as_path()),
        search.conda_prefix.as_deref(),
    ]
    .into_iter()
    .flatten()
    {
        if let Some(program) = python_in(folder) {
            return ask(&program);
        }
    }
    let mut tried = Vec::new();
    for name in ["python3", "python"] {
        if let Some(interpreter) = first_working(name, search, ask, &mut tried, |_| None) {
            return Ok(interpreter);
        }
    }
    Err(Error::NoneFound { tried })
}

fn find_requested(request: &str, search: &Search, ask: Ask<'_>) -> Result<Interpreter, Error> {
    let path = search.folder.join(request);
    if path.is_dir() && (is_path(request) || python_in(&path).is_some()) {
        return match python_in(&path) {
            Some(program) => ask(&program),
            None => Err(Error::Failed {
                path,
                problem: "is a directory without a Python interpreter".to_owned(),
            }),
        };
    }
    if is_path(request) {
        if path.is_file() {
            return ask(&path);
        }
        return Err(Error::Failed {
            path,
            problem: "does not exist".to_owned(),
        });
    }
    let mut tried = Vec::new();
    let wanted = wanted_version(request);
    let mismatch = |found: &Interpreter| {
        let release = found.version().full().release();
        wanted
            .as_ref()
            .is_some_and(|parts| !release.starts_with(parts))
            .then(|| format!("is Python {}", found.version()))
    };
    let names = match wanted.as_deref() {
        Some([major, minor, ..]) => {
            let short = format!("python{major}.{minor}");
            vec![short, format!("python{major}"), "python".to_owned()]
        }
        _ => vec![request.to_owned()],
    };
    for name in &names {
        if let Some(found) = first_working(name, search, ask, &mut tried, mismatch) {
            return Ok(found);
        }
    }
    Err(Error::NotThere {
        request: request.to_owned(),
        tried,
    })
}

/// Asks the programs of this name, one after the other.
fn first_working(
    name: &str,
    search: &Search,
    ask: Ask<'_>,
    tried: &mut Vec<Tried>,
    mismatch: impl Fn(&Interpreter) -> Option<String>,
) -> Option<Interpreter> {
    let programs = search.programs(name);
    if programs.is_empty() {
        tried.push(Tried {
            place: name.to_owned(),
            problem: "is not on `PATH`".to_owned(),
        });
    }
    for program in programs {
        let problem = match ask(&program) {
            Ok(interpreter) => match mismatch(&interpreter) {
                None => return Some(interpreter),
                Some(problem) => problem,
            },
            Err(Error::Failed { problem, .. }) => problem,
            Err(error) => error.to_string(),
        };
        tried.push(Tried {
            place: program.display().to_string(),
            problem,
        });
    }
    None
}

/// Reads `3.12` or `3.12.4`, also behind `python`, as the numbers asked for.
fn wanted_version(request: &str) -> Option<Vec<u64>> {
    PythonVersion::from_str(request).ok()?;
    let numbers: Result<Vec<u64>, _> = request.split('.').map(str::parse).collect();
    numbers.ok()
}

/// Returns the first word of a file that is not in a comment.
fn first_word(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines()
        .find_map(|line| line.split('#').next()?.split_whitespace().next())
        .map(str::to_owned)
}

fn is_path(request: &str) -> bool {
    request.contains(std::path::is_separator) || matches!(request, "." | "..")
}

/// Returns the Python of an environment's folder, or of a conda environment's.
fn python_in(folder: &Path) -> Option<PathBuf> {
    [
        "bin/python",
        "bin/python3",
        "Scripts/python.exe",
        "python.exe",
    ]
    .iter()
    .map(|path| folder.join(path))
    .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
#[cfg(unix)]
#[path = "search_tests.rs"]
mod tests;
