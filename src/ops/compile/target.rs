//! What the lock is made for: the targets the user names, else the interpreter
//! found.

use crate::cache::Cache;
use crate::interpreter::{self, Interpreter, Search};
use crate::ops::error::Error;
use crate::python::{MOST_TARGETS, Platform, PlatformValues, PythonVersion, Target, TargetName};

/// What the user says of the targets.
#[derive(Debug, Clone, Default)]
pub struct TargetRequest {
    /// `--python`: an interpreter's path, name or version.
    pub python: Option<String>,
    /// `--python-version`: together with the platforms, each for each.
    pub python_versions: Vec<PythonVersion>,
    /// `--python-platform`
    pub python_platforms: Vec<Platform>,
    /// `--target`: these instead.
    pub targets: Vec<TargetName>,
    /// `--universal`: all platforms, and all Pythons from a version on.
    pub is_universal: bool,
    /// `--platform-release` and `--platform-version`
    pub platform_values: PlatformValues,
}

/// The targets, and how they were found.
#[derive(Debug, Clone)]
pub struct ResolvedTargets {
    /// The targets, as they are given.
    pub targets: Vec<Target>,
    /// How they were found, for those who ask.
    pub found: String,
}

/// The bucket of what interpreters said of themselves.
const BUCKET: &str = "interpreter-v1";

/// Settles the targets. With version and platform given, no Python is needed.
pub(in crate::ops) fn settle(
    request: &TargetRequest,
    cache: &Cache,
) -> Result<ResolvedTargets, Error> {
    let settled = settled(request, cache)?;
    if settled.targets.len() > MOST_TARGETS {
        return Err(Error::Usage {
            message: format!(
                "{} targets: a lock file is for at most {MOST_TARGETS}",
                settled.targets.len()
            ),
            help: Some("create several lock files, each with its own `--output-file`".to_owned()),
        });
    }
    Ok(settled)
}

fn settled(request: &TargetRequest, cache: &Cache) -> Result<ResolvedTargets, Error> {
    let stated = &request.platform_values;
    if !request.targets.is_empty() {
        return Ok(ResolvedTargets {
            targets: request
                .targets
                .iter()
                .map(|name| name.target(stated))
                .collect(),
            found: "as given".to_owned(),
        });
    }
    let (versions, platforms) = (&request.python_versions, &request.python_platforms);
    if request.python.is_none() && !versions.is_empty() && !platforms.is_empty() {
        let each = versions.iter().flat_map(|version| {
            let target = |platform: &Platform| Target::new(version.clone(), *platform);
            platforms.iter().map(target)
        });
        return Ok(ResolvedTargets {
            targets: each
                .map(|target| target.with_platform_values(stated.clone()))
                .collect(),
            found: "as given".to_owned(),
        });
    }
    let search = Search::from_process();
    let interpreter = interpreter::find_with(request.python.as_deref(), &search, &mut Kept(cache))?;
    let own = interpreter.target();
    let of_versions = match &versions[..] {
        [] => vec![own],
        versions => {
            let versions = versions.iter().cloned();
            versions
                .map(|version| own.clone().with_version(version))
                .collect()
        }
    };
    let targets = match &platforms[..] {
        [] => of_versions,
        platforms => {
            let each = of_versions.iter().flat_map(|target| {
                let platforms = platforms.iter();
                platforms.map(|platform| target.clone().with_platform(*platform))
            });
            each.collect()
        }
    };
    let targets = targets.into_iter();
    Ok(ResolvedTargets {
        targets: targets
            .map(|target| target.with_platform_values(stated.clone()))
            .collect(),
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
    let of_targets = request.targets.first().map(TargetName::python);
    let Some(version) = request.python_versions.first().or(of_targets) else {
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
