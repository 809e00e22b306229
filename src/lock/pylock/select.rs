//! Which packages of a `pylock.toml` are installed somewhere (PEP 751, "Installation").

use super::marker::{given, normal};
use super::read::{Package, Pylock};
use crate::python::{Environment, ExtraName, Given, Marker, Version};
use crate::text::Problem;

/// Where a lock is installed, and what of it.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The extras that are wanted.
    pub extras: &'a [ExtraName],
    /// The groups that are wanted instead of those that are installed by default.
    pub groups: &'a [String],
}

/// A package that is installed.
#[derive(Debug, Clone)]
pub struct Selected<'a> {
    /// The package.
    pub package: &'a Package,
    /// The rest of its marker, where extras and groups are as wanted; none if there is none.
    pub marker: Option<Marker>,
}

impl Pylock {
    /// Returns what is installed.
    ///
    /// # Errors
    /// When the lock is not for the environment, lacks an extra, or has two packages of one
    /// name for it.
    pub fn select(&self, choice: Choice<'_>) -> Result<Vec<Selected<'_>>, Vec<Problem>> {
        let mut problems = self.for_others(choice.environment);
        for extra in choice.extras {
            if !self.extras.contains(extra) {
                let message = format!("the lock has no extra `{extra}`");
                let problem = Problem::new(self.places.extras, message);
                problems.push(problem.with_help(self.has_extras()));
            }
        }
        let selected = self.holding(choice);
        let python = python(choice.environment);
        for one in &selected {
            let Package {
                name,
                requires_python: Some(specifiers),
                span,
                ..
            } = one.package
            else {
                continue;
            };
            if python.as_ref().is_some_and(|it| !specifiers.contains(it)) {
                problems.push(Problem::new(
                    *span,
                    format!(
                        "{name} is for Python {specifiers}, but the target is Python {}",
                        choice.environment.python_full_version
                    ),
                ));
            }
        }
        problems.extend(twice(&selected));
        if problems.is_empty() {
            Ok(selected)
        } else {
            Err(problems)
        }
    }

    /// Returns the packages whose markers hold.
    pub fn holding(&self, choice: Choice<'_>) -> Vec<Selected<'_>> {
        let groups: Vec<String> = if choice.groups.is_empty() {
            self.default_groups.clone()
        } else {
            choice.groups.iter().map(|name| normal(name)).collect()
        };
        let packages = self.packages.iter();
        packages
            .filter_map(|package| {
                let marker = match rest(package, choice.extras, &groups) {
                    Given::Never => return None,
                    Given::Always => None,
                    Given::When(marker) => Some(marker),
                };
                let holds = marker
                    .as_ref()
                    .is_none_or(|marker| marker.evaluate(choice.environment, None));
                holds.then_some(Selected { package, marker })
            })
            .collect()
    }

    /// Returns what a package's marker comes to where these extras and groups are wanted.
    pub fn given(&self, package: &Package, extras: &[ExtraName], groups: &[String]) -> Given {
        rest(package, extras, groups)
    }

    /// Returns the packages of one name that are both installed somewhere, with their places.
    pub fn doubles(&self, choice: Choice<'_>) -> Vec<Problem> {
        twice(&self.holding(choice))
    }

    /// Says why the lock is not for an environment.
    fn for_others(&self, environment: &Environment) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(specifiers) = &self.requires_python
            && python(environment).is_some_and(|python| !specifiers.contains(&python))
        {
            let message = format!(
                "the lock is for Python {specifiers}, but the target is Python {}",
                environment.python_full_version
            );
            problems.push(Problem::new(self.places.requires_python, message));
        }
        if let Some(markers) = &self.environments {
            let holds = |marker: &String| match given(marker, &[], &[]) {
                Ok(Given::Always) => true,
                Ok(Given::When(marker)) => marker.evaluate(environment, None),
                Ok(Given::Never) | Err(_) => false,
            };
            if !markers.iter().any(holds) {
                let message = "the target is none of the environments that the lock is for";
                let help = format!("they are: {}", markers.join("; "));
                problems.push(Problem::new(self.places.environments, message).with_help(help));
            }
        }
        problems
    }

    fn has_extras(&self) -> String {
        if self.extras.is_empty() {
            return "it has no extras at all".to_owned();
        }
        let names: Vec<String> = self.extras.iter().map(|it| format!("`{it}`")).collect();
        format!("it has {}", names.join(", "))
    }
}

/// Returns what a package's marker comes to where these extras and groups are wanted.
pub(super) fn rest(package: &Package, extras: &[ExtraName], groups: &[String]) -> Given {
    let Some(marker) = &package.marker else {
        return Given::Always;
    };
    given(marker, extras, groups).unwrap_or(Given::Never)
}

fn twice(selected: &[Selected<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, one) in selected.iter().enumerate() {
        let mut before = selected[..index].iter();
        if let Some(other) = before.find(|other| other.package.name == one.package.name) {
            problems.push(
                Problem::new(
                    one.package.span,
                    format!(
                        "{} stands twice for the target: `packages[{}]` and `packages[{}]`",
                        one.package.name, other.package.number, one.package.number
                    ),
                )
                .with_help("tell them apart by markers, or lock again"),
            );
        }
    }
    problems
}

fn python(environment: &Environment) -> Option<Version> {
    environment.python_full_version.parse().ok()
}
