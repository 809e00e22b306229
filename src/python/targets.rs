//! The targets of a lock for several machines, and the cells they fall into.
//!
//! Markers cannot tell glibc from musl, nor one level of either from another. So targets
//! for which all markers come out alike are in one *cell*: they get the same pins, each of
//! which every one of them can install.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::environment::{Environment, PlatformValues};
use super::platform::Platform;
use super::target::{Implementation, PythonVersion, Target};
use crate::text::nearest;

/// A target by its name: `3.12.11@linux/amd64`, `pypy3.10@linux`, `3.14t@linux/arm64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetName {
    python: PythonVersion,
    implementation: Implementation,
    platform: Platform,
}

/// A text that names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TargetNameError {
    message: String,
    /// What to do.
    pub help: String,
}

/// The ABI of the PyPy releases that wheels are made for.
const PYPY_ABI: u16 = 73;

impl TargetName {
    /// Returns the target, with what is stated of its platform.
    pub fn target(&self, stated: &PlatformValues) -> Target {
        Target::named(self.python.clone(), self.implementation, self.platform)
            .with_platform_values(stated.clone())
    }

    /// Returns its Python.
    pub const fn python(&self) -> &PythonVersion {
        &self.python
    }

    /// Returns its platform.
    pub const fn platform(&self) -> Platform {
        self.platform
    }
}

impl FromStr for TargetName {
    type Err = TargetNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((python, platform)) = text.split_once('@') else {
            return Err(TargetNameError {
                message: format!("`{text}` is not a target"),
                help: "write the Python version and the platform: `3.12.11@linux/amd64`".to_owned(),
            });
        };
        let lower = python.trim().to_ascii_lowercase();
        let (number, is_pypy) = match lower.strip_prefix("pypy") {
            Some(number) => (number, true),
            None => (lower.strip_prefix("cpython").unwrap_or(&lower), false),
        };
        let version = PythonVersion::parse(number).map_err(|error| TargetNameError {
            message: error.to_string(),
            help: match nearest(&lower, ["pypy3.10", "pypy3.11", "cpython3.12"]) {
                Some(near) if !number.starts_with(|first: char| first.is_ascii_digit()) => {
                    format!("the part before `@` is a Python version; did you mean `{near}`?")
                }
                _ => "the part before `@` is a Python version, such as `3.12.11`, `3.14t`, or `pypy3.11`"
                    .to_owned(),
            },
        })?;
        let platform = platform
            .trim()
            .parse()
            .map_err(|error: <Platform as FromStr>::Err| TargetNameError {
                message: error.to_string(),
                help: error.help,
            })?;
        let implementation = if is_pypy {
            Implementation::PyPy { abi: PYPY_ABI }
        } else {
            Implementation::CPython {
                free_threaded: version.is_free_threaded(),
            }
        };
        Ok(Self {
            python: version,
            implementation,
            platform,
        })
    }
}

impl Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.implementation {
            Implementation::PyPy { .. } => "pypy",
            Implementation::CPython { .. } => "",
        };
        write!(f, "{name}{}@{}", self.python, self.platform)
    }
}

/// Targets that no marker tells apart: they get the same pins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The targets; at least one.
    pub targets: Vec<Target>,
    /// The values that markers are evaluated against.
    pub environment: Environment,
}

impl Cell {
    /// Returns a cell of one target.
    pub fn of(target: Target) -> Self {
        Self {
            environment: target.environment(),
            targets: vec![target],
        }
    }

    /// Returns the target that is asked first: the oldest platform's, by name.
    pub fn first(&self) -> &Target {
        &self.targets[0]
    }

    /// Whether both have the same Python, on platforms that may be others.
    pub fn is_family_of(&self, other: &Self) -> bool {
        let key = |cell: &Self| {
            let environment = &cell.environment;
            (
                environment.implementation_name.clone(),
                environment.python_full_version.clone(),
            )
        };
        key(self) == key(other)
    }
}

/// How many targets a lock may be for.
pub const MOST_TARGETS: usize = 64;

/// Sorts targets into cells: the lowest Python first, then by platform, whatever the order
/// in which they are given.
pub fn cells(mut targets: Vec<Target>) -> Vec<Cell> {
    targets.sort_by_cached_key(|target| {
        (
            target.python.full().clone(),
            target.environment().implementation_name,
            target.environment().sys_platform,
            target.environment().platform_machine,
            target.platform.to_string(),
            target.python.to_string(),
        )
    });
    targets.dedup();
    let mut cells: Vec<Cell> = Vec::new();
    for target in targets {
        let environment = target.environment();
        match cells
            .iter_mut()
            .find(|cell| cell.environment == environment)
        {
            Some(cell) => cell.targets.push(target),
            None => cells.push(Cell {
                targets: vec![target],
                environment,
            }),
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> TargetName {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_has_a_python_and_a_platform() {
        let shown = |text: &str| name(text).to_string();
        assert_eq!(
            shown("3.12.11@linux/amd64"),
            "3.12.11@x86_64-manylinux_2_28"
        );
        assert_eq!(shown("3.12@linux/arm64"), "3.12.0@aarch64-manylinux_2_28");
        assert_eq!(
            shown("pypy3.10@x86_64-manylinux_2_17"),
            "pypy3.10.0@x86_64-manylinux_2_17"
        );
        assert_eq!(shown("3.14t@windows"), "3.14.0t@x86_64-pc-windows-msvc");
        for text in ["3.12.11@linux/amd64", "pypy3.10@linux", "3.14t@windows"] {
            assert_eq!(name(&shown(text)), name(text));
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_name() {
        let check = |text: &str, message: &str, help: &str| {
            let error = text.parse::<TargetName>().unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.help.contains(help), "{}", error.help);
        };
        check("3.12", "`3.12` is not a target", "`3.12.11@linux/amd64`");
        check(
            "pipy3.10@linux",
            "`pipy3.10` is not a Python version (examples: `3.12`, `3.12.4`)",
            "did you mean `pypy3.10`?",
        );
        let error = "3.12@linucks".parse::<TargetName>().unwrap_err();
        assert!(error.help.contains("linux"), "{}", error.help);
    }

    #[test]
    fn cells_are_what_markers_tell_apart() {
        let targets = |names: &[&str]| -> Vec<Target> {
            let stated = PlatformValues::default();
            names
                .iter()
                .map(|text| name(text).target(&stated))
                .collect()
        };
        let shape = |cells: &[Cell]| -> Vec<Vec<String>> {
            let each = cells.iter();
            each.map(|cell| cell.targets.iter().map(ToString::to_string).collect())
                .collect()
        };
        let one = cells(targets(&[
            "3.12@x86_64-musllinux_1_2",
            "3.12@linux/arm64",
            "3.12@x86_64-manylinux_2_17",
            "3.11.4@linux/amd64",
            "3.12@linux/arm64",
        ]));
        assert_eq!(
            shape(&one),
            [
                vec!["Python 3.11.4 on x86_64-manylinux_2_28"],
                vec!["Python 3.12.0 on aarch64-manylinux_2_28"],
                vec![
                    "Python 3.12.0 on x86_64-manylinux_2_17",
                    "Python 3.12.0 on x86_64-musllinux_1_2"
                ],
            ]
        );
        let other = cells(targets(&[
            "3.11.4@linux/amd64",
            "3.12@x86_64-manylinux_2_17",
            "3.12@linux/arm64",
            "3.12@x86_64-musllinux_1_2",
        ]));
        assert_eq!(one, other);
        let threads = cells(targets(&["3.13@linux", "3.13t@linux"]));
        assert_eq!(threads.len(), 1);
        assert!(one[1].is_family_of(&one[2]) && !one[0].is_family_of(&one[1]));
    }
}
