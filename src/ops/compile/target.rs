//! What the lock is made for: the target the user names, else the interpreter
//! found.

use crate::cache::Cache;
use crate::interpreter::{self, Interpreter, Search};
use crate::ops::error::Error;
use crate::python::{Platform, PlatformValues, PythonVersion, Target};

/// What the user says of the target.
#[derive(Debug, Clone, Default)]
pub struct TargetRequest {
    /// `--python`: an interpreter's path, name or version.
    pub python: Option<String>,
    /// `--python-version`
    pub python_version: Option<PythonVersion>,
    /// `--python-platform`
    pub python_platform: Option<Platform>,
    /// `--platform-release` and `--platform-version`
    pub platform_values: PlatformValues,
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
pub(in crate::ops) fn settle(
    request: &TargetRequest,
    cache: &Cache,
) -> Result<ResolvedTarget, Error> {
    if let (None, Some(version), Some(platform)) = (
        &request.python,
        &request.python_version,
        &request.python_platform,
    ) {
        return Ok(ResolvedTarget {
            target: Target::new(version.clone(), *platform)
                .with_platform_values(request.platform_values.clone()),
            found: "as given".to_owned(),
        });
    }
    let search = Search::from_process();
    let interpreter = interpreter::find_with(request.python.as_deref(), &search, &mut Kept(cache))?;
    let mut target = interpreter.target();
    if let Some(version) = &request.python_version {
        target = target.with_version(version.clone());
    }
    if let Some(platform) = &request.python_platform {
        target = target.with_platform(*platform);
    }
    Ok(ResolvedTarget {
        target: target.with_platform_values(request.platform_values.clone()),
        found: format!("from `{}`", interpreter.path.display()),
    })
}

/// Returns the interpreter that builds: the one that was named, else one of the target's
/// version, else any; with the version that was wanted, if it is another.
pub(in crate::ops) fn builder(
    request: &TargetRequest,
    cache: &Cache,
) -> Result<(Interpreter, Option<PythonVersion>), interpreter::Error> {
    let search = Search::from_process();
    let find = |wanted: Option<&str>| interpreter::find_with(wanted, &search, &mut Kept(cache));
    let Some(version) = &request.python_version else {
        return Ok((find(request.python.as_deref())?, None));
    };
    let is_of_version = |found: &Interpreter| found.version().short() == version.short();
    if let Some(python) = &request.python {
        let found = find(Some(python))?;
        let other = (!is_of_version(&found)).then(|| version.clone());
        return Ok((found, other));
    }
    match find(Some(&version.short())) {
        Ok(found) => Ok((found, None)),
        Err(_) => Ok((find(None)?, Some(version.clone()))),
    }
}

/// What interpreters said of themselves, kept in the cache.
struct Kept<'a>(&'a Cache);

impl interpreter::Memory for Kept<'_> {
    fn recall(&mut self, key: &str) -> Option<Vec<u8>> {
        self.0.get(BUCKET, key)
    }

    fn remember(&mut self, key: &str, bytes: &[u8]) {
        // A cache that cannot be written costs the next run a question, no more.
        let _ = self.0.put(BUCKET, key, bytes);
    }
}
