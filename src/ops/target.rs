//! What the lock is made for: the target the user names, else the interpreter
//! found.

use super::error::Error;
use crate::cache::Cache;
use crate::interpreter::{self, Interpreter};
use crate::python::{Platform, PythonVersion, Target};

/// What the user says of the target.
#[derive(Debug, Clone, Default)]
pub struct TargetRequest {
    /// `--python`: an interpreter's path, name or version.
    pub python: Option<String>,
    /// `--python-version`
    pub python_version: Option<PythonVersion>,
    /// `--python-platform`
    pub python_platform: Option<Platform>,
}

/// The target, and how it was found.
#[derive(Debug, Clone)]
pub struct ResolvedTarget {
    /// The target.
    pub target: Target,
    /// How it was found, for those who ask.
    pub found: String,
}

/// The bucket of what interpreters said of themselves.
const BUCKET: &str = "interpreter-v1";

/// Settles the target. With version and platform given, no Python is needed.
pub(super) fn settle(request: &TargetRequest, cache: &Cache) -> Result<ResolvedTarget, Error> {
    if let (None, Some(version), Some(platform)) =
        (&request.python, &request.python_version, &request.python_platform)
    {
        return Ok(ResolvedTarget {
            target: Target::new(version.clone(), platform.clone()),
            found: "as given".to_owned(),
        });
    }
    let path = interpreter::locate(request.python.as_deref())?;
    let interpreter = ask(&path, cache)?;
    let mut target = interpreter.target();
    if let Some(version) = &request.python_version {
        target = target.with_version(version.clone());
    }
    if let Some(platform) = &request.python_platform {
        target = target.with_platform(platform.clone());
    }
    Ok(ResolvedTarget {
        target,
        found: format!("from `{}`", path.display()),
    })
}

/// Asks an interpreter what it is, or the cache what it said last time.
fn ask(path: &std::path::Path, cache: &Cache) -> Result<Interpreter, Error> {
    let key = interpreter::fingerprint(path);
    if let Some(known) = key
        .as_deref()
        .and_then(|key| cache.get(BUCKET, key))
        .and_then(|bytes| Interpreter::from_bytes(&bytes))
    {
        return Ok(known);
    }
    let interpreter = Interpreter::query(path)?;
    if let Some(key) = key {
        // A cache that cannot be written costs the next run a question, no more.
        let _ = cache.put(BUCKET, &key, &interpreter.to_bytes());
    }
    Ok(interpreter)
}
