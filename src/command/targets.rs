//! The targets of a lock, as its header says them.
//!
//! ```text
//! targets  = "Python" version { "," version } [ "for" platform { ( "," | "and" ) platform } ]
//!          | "Python" target { "," target }
//!          | "Python" ">=" version "," "universal"
//! target   = version "@" platform
//! ```
//!
//! The first form is each version on each platform; one of each is what a lock for one
//! target says.

use std::str::FromStr as _;

use super::options::Options;
use super::values::is_version;
use super::written::AsWritten;
use crate::python::{
    Implementation, Platform, PlatformError, PythonVersion, Target, TargetName, TargetNameError,
};
use crate::text;

/// The targets that a header names, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatedTargets {
    /// The versions of Python, each on each of the platforms.
    pub python_versions: Vec<AsWritten<PythonVersion>>,
    /// The platforms.
    pub python_platforms: Vec<AsWritten<Platform>>,
    /// These instead.
    pub targets: Vec<AsWritten<TargetName>>,
}

impl StatedTargets {
    /// Lets options say what they leave open.
    pub fn complete(self, options: &mut Options) {
        if !options.targets.is_empty() {
            return;
        }
        if options.python_versions.is_empty() && options.python_platforms.is_empty() {
            options.targets = self.targets;
        }
        if options.python_versions.is_empty() {
            options.python_versions = self.python_versions;
        }
        if options.python_platforms.is_empty() {
            options.python_platforms = self.python_platforms;
        }
    }
}

/// Returns the targets that a header names.
///
/// # Errors
/// When it names a platform that is not known: another one would give another lock.
pub fn stated_targets(text: Option<&str>) -> Result<StatedTargets, String> {
    let mut stated = StatedTargets::default();
    let is_separator = |character: char| character.is_whitespace() || character == ',';
    let words = text.unwrap_or_default().split(is_separator);
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    let is_python = |word: &str| word.eq_ignore_ascii_case("python");
    if !words.next().is_some_and(is_python) {
        return Ok(stated);
    }
    if let Some(word) = words.next_if(|word| word.starts_with(">=")) {
        if let Ok(version) = word.trim_start_matches(">=").parse() {
            stated.python_versions.push(version);
        }
        return Ok(stated);
    }
    while let Some(word) = words.next_if(|word| word.contains('@')) {
        let target = AsWritten::from_str(word);
        let target = target.map_err(|error: TargetNameError| error.to_string())?;
        stated.targets.push(target);
    }
    while let Some(word) = words.next_if(|word| is_version(word)) {
        let Ok(version) = word.parse() else {
            return Ok(stated);
        };
        stated.python_versions.push(version);
    }
    let Some((_, platforms)) = text.unwrap_or_default().split_once(" for ") else {
        return Ok(stated);
    };
    if stated.python_versions.is_empty() || words.next() != Some("for") {
        return Ok(stated);
    }
    for part in platforms.split(", ").flat_map(|part| part.split(" and ")) {
        let platform = AsWritten::from_str(part.split_whitespace().next().unwrap_or_default());
        let platform = platform.map_err(|error: PlatformError| error.to_string())?;
        stated.python_platforms.push(platform);
    }
    Ok(stated)
}

/// Returns the words for all platforms and all Pythons from a version on.
pub fn universal_words(lowest: &str) -> String {
    format!("Python >={lowest}, universal")
}

/// Returns the words for targets; `stated` says how far a Python's version is said.
pub fn target_words(targets: &[&Target], stated: &dyn Fn(&PythonVersion) -> String) -> String {
    let mut pythons: Vec<String> = Vec::new();
    let mut platforms: Vec<String> = Vec::new();
    let is_plain = |target: &&&Target| {
        target.implementation
            == Implementation::CPython {
                free_threaded: false,
            }
    };
    for target in targets {
        let (python, platform) = (stated(&target.python), target.platform.to_string());
        if !pythons.contains(&python) {
            pythons.push(python);
        }
        if !platforms.contains(&platform) {
            platforms.push(platform);
        }
    }
    let is_product = targets.len() == pythons.len() * platforms.len();
    if is_product && (targets.len() == 1 || targets.iter().all(|target| is_plain(&target))) {
        return format!(
            "Python {} for {}",
            pythons.join(", "),
            text::list(&platforms)
        );
    }
    let names = targets
        .iter()
        .map(|target| target_name(target, &stated(&target.python)));
    format!("Python {}", names.collect::<Vec<_>>().join(", "))
}

/// Returns a target's name, with its Python's version as it is stated.
pub fn target_name(target: &Target, python: &str) -> String {
    let name = implementation(target);
    let is_free_threaded = target.python.is_free_threaded();
    let free_threaded = if is_free_threaded { "t" } else { "" };
    format!("{name}{python}{free_threaded}@{}", target.platform)
}

const fn implementation(target: &Target) -> &'static str {
    match target.implementation {
        Implementation::CPython { .. } => "",
        Implementation::PyPy { .. } => "pypy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: &str) {
        let names: Vec<TargetName> = names.iter().map(|name| name.parse().unwrap()).collect();
        let targets: Vec<Target> = names
            .iter()
            .map(|name| name.target(&crate::python::PlatformValues::default()))
            .collect();
        let words = target_words(&targets.iter().collect::<Vec<_>>(), &PythonVersion::short);
        assert_eq!(words, expected);
        let stated = stated_targets(Some(&words)).unwrap();
        let mut options = Options::of(crate::command::Tool::Pinfold);
        stated.complete(&mut options);
        let read: Vec<String> = if options.targets.is_empty() {
            let versions = options.python_versions.iter();
            let each = versions.flat_map(|version| {
                let platforms = options.python_platforms.iter();
                platforms.map(move |platform| format!("{}@{platform}", version.short()))
            });
            each.collect()
        } else {
            options.targets.iter().map(ToString::to_string).collect()
        };
        let expected: Vec<String> = targets
            .iter()
            .map(|target| {
                let free_threaded = if target.python.is_free_threaded() {
                    "t"
                } else {
                    ""
                };
                let name = implementation(target);
                let short = target.python.short();
                format!("{name}{short}{free_threaded}@{}", target.platform)
            })
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn targets_are_said_and_read() {
        check(
            &["3.11@x86_64-manylinux_2_28"],
            "Python 3.11 for x86_64-manylinux_2_28",
        );
        check(
            &[
                "3.10@linux/amd64",
                "3.10@linux/arm64",
                "3.12@linux/amd64",
                "3.12@linux/arm64",
            ],
            "Python 3.10, 3.12 for x86_64-manylinux_2_28 and aarch64-manylinux_2_28",
        );
        check(
            &["3.12@linux/amd64", "3.12@linux/arm64", "3.12@windows"],
            "Python 3.12 for x86_64-manylinux_2_28, aarch64-manylinux_2_28 and \
             x86_64-pc-windows-msvc",
        );
        check(
            &["3.10@linux/amd64", "3.12@linux/arm64"],
            "Python 3.10@x86_64-manylinux_2_28, 3.12@aarch64-manylinux_2_28",
        );
        check(
            &["pypy3.10@linux", "3.13t@linux"],
            "Python pypy3.10@x86_64-manylinux_2_28, 3.13t@x86_64-manylinux_2_28",
        );
    }

    #[test]
    fn more_words_say_nothing_of_targets() {
        let stated = stated_targets(Some("Python 3.11 for linux (our image)")).unwrap();
        assert_eq!(stated.python_platforms.len(), 1);
        assert!(stated_targets(Some("Python 3.11 for linucks")).is_err());
        assert_eq!(
            stated_targets(Some("make")).unwrap(),
            StatedTargets::default()
        );
    }
}
