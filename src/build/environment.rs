//! Where backends run: a virtual environment of its own, or the user's Python.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::error::{Error, PythonProblem};
use super::install::{self, Site};
use super::output::Tail;

/// A place in which backends run.
#[derive(Debug, Clone)]
pub struct Environment {
    python: PathBuf,
    /// Where wheels go; `None` when nothing may be installed.
    site: Option<Site>,
}

/// Prints a [`Site`]. Only the environment's own Python knows it: distributions
/// change the folders of theirs.
const QUERY: &str = "\
import json, sys, sysconfig
paths = sysconfig.get_paths()
names = ('purelib', 'platlib', 'scripts', 'data')
site = {name: paths[name] for name in names}
version = '%d.%d' % sys.version_info[:2]
site['include'] = sysconfig.get_path('data') + '/include/site/python' + version
site['python'] = sys.executable
print(json.dumps(site))
";

/// Variables for `pip` that say where files come from, and so help a backend that
/// runs it; others would change what it does.
const KEPT_PIP_VARIABLES: &[&str] = &[
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_KEYRING_PROVIDER",
    "PIP_NO_INDEX",
    "PIP_PROXY",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
];

/// Variables for Python that change nothing of what is imported or how it runs.
const KEPT_PYTHON_VARIABLES: &[&str] = &[
    "PYTHONCOERCECLOCALE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONIOENCODING",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUTF8",
];

impl Environment {
    /// Makes a virtual environment, without pip, in a folder that is empty or not
    /// there.
    pub async fn create(python: &Path, folder: &Path) -> Result<Self, Error> {
        let python = located(python);
        let folder = std::path::absolute(folder).map_err(Error::io("write", folder))?;
        let arguments = ["-I", "-m", "venv", "--without-pip"].map(OsStr::new);
        let arguments = arguments.into_iter().chain([folder.as_os_str()]);
        ask(&python, arguments).await?;
        let own = if cfg!(windows) {
            folder.join("Scripts").join("python.exe")
        } else {
            folder.join("bin").join("python")
        };
        let answer = ask(&own, ["-I", "-c", QUERY].map(OsStr::new)).await?;
        let site = serde_json::from_slice(&answer).map_err(|error| Error::Python {
            python,
            problem: PythonProblem::Answer(error.to_string()),
            output: Vec::new(),
        })?;
        Ok(Self {
            python: own,
            site: Some(site),
        })
    }

    /// Takes an interpreter as it is, with all that is installed for it.
    pub fn without_isolation(python: &Path) -> Self {
        Self {
            python: located(python),
            site: None,
        }
    }

    /// Returns the interpreter.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// Whether the environment holds only what was installed here.
    pub const fn is_isolated(&self) -> bool {
        self.site.is_some()
    }

    /// Installs a wheel (PEP 427), with its scripts and entry points.
    ///
    /// What the wheel requires is for the caller to install. Hashes in the wheel's
    /// RECORD are not compared: those of the whole file are the caller's to check.
    pub async fn install(&self, wheel: &Path) -> Result<(), Error> {
        let site = self.site.clone().ok_or(Error::NotIsolated)?;
        let wheel = wheel.to_owned();
        match tokio::task::spawn_blocking(move || install::install(&wheel, &site)).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Sets the variables a backend runs with.
    ///
    /// Without isolation it is the user's own: what they set is meant.
    pub(super) fn prepare(&self, command: &mut Command) {
        let Some(site) = &self.site else {
            return;
        };
        clear(command);
        command
            // A folder of packages that is the user's, not the environment's.
            .env("PYTHONNOUSERSITE", "1")
            // CMake and others look here for the Python to build for.
            .env("VIRTUAL_ENV", &site.data)
            .env("PATH", first_on_path(&site.scripts));
    }
}

/// Removes the variables that are meant for another Python, or another pip.
fn clear(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else {
            continue;
        };
        let is_foreign = match text {
            "__PYVENV_LAUNCHER__" | "VIRTUAL_ENV" | "VIRTUAL_ENV_PROMPT" => true,
            _ if text.starts_with("PYTHON") => !KEPT_PYTHON_VARIABLES.contains(&text),
            _ if text.starts_with("PIP_") => !KEPT_PIP_VARIABLES.contains(&text),
            _ => false,
        };
        if is_foreign {
            command.env_remove(&name);
        }
    }
}

fn first_on_path(scripts: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut joined = scripts.as_os_str().to_owned();
    if !path.is_empty() {
        joined.push(if cfg!(windows) { ";" } else { ":" });
        joined.push(path);
    }
    joined
}

/// Makes a path absolute: a process that starts in another folder would look for it
/// there. A bare name is for the search path.
fn located(python: &Path) -> PathBuf {
    if python.components().count() > 1 {
        std::path::absolute(python).unwrap_or_else(|_| python.to_owned())
    } else {
        python.to_owned()
    }
}

/// Runs an interpreter and returns what it prints.
async fn ask<'a>(
    python: &Path,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<Vec<u8>, Error> {
    let fail = |problem, output| Error::Python {
        python: python.to_owned(),
        problem,
        output,
    };
    let mut command = Command::new(python);
    clear(&mut command);
    let output: io::Result<Output> = command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output =
        output.map_err(|error| fail(PythonProblem::NotRun(error.to_string()), Vec::new()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let mut tail = Tail::default();
    tail.push(&output.stdout);
    tail.push(&output.stderr);
    let lines = tail.lines();
    let has_no_venv = |line: &String| line.ends_with("No module named venv");
    Err(if lines.iter().any(has_no_venv) {
        fail(PythonProblem::NoVenv, Vec::new())
    } else {
        fail(PythonProblem::Failed(output.status), lines)
    })
}
