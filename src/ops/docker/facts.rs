//! What is known to differ between two images: the versions that they say they have.
//!
//! It is for people who read a report, so where it cannot be learnt there is none.

use std::collections::BTreeMap;

use super::verify::VERSION;
use crate::image::{Digest, Platform, Repository};
use crate::registry::{self, ImageConfig, Manifest};

/// No more facts of one image than this.
const MOST_FACTS: usize = 5;
/// No version is longer than this.
const LONGEST: usize = 64;

/// An image for one platform.
struct Described {
    annotations: BTreeMap<String, String>,
    config: ImageConfig,
}

/// Returns what changes from one image to another for a platform:
/// `PYTHON_VERSION 3.12.11 → 3.12.12`.
pub(super) async fn facts(
    repository: &Repository,
    from: &Digest,
    to: &Digest,
    platform: &Platform,
    registry: &registry::Client,
) -> Vec<String> {
    let (from, to) = tokio::join!(
        described(repository, from, platform, registry),
        described(repository, to, platform, registry),
    );
    match (from, to) {
        (Ok(Some(from)), Ok(Some(to))) => differences(&from, &to),
        _ => Vec::new(),
    }
}

async fn described(
    repository: &Repository,
    digest: &Digest,
    platform: &Platform,
    registry: &registry::Client,
) -> Result<Option<Described>, registry::Error> {
    let mut manifest = registry.manifest(repository, digest).await?;
    if let Manifest::Index { entries, .. } = &manifest {
        let mut entries = entries.iter();
        let Some(entry) = entries.find(|entry| entry.platform.as_ref() == Some(platform)) else {
            return Ok(None);
        };
        manifest = registry.manifest(repository, &entry.digest).await?;
    }
    let Manifest::Image {
        config,
        annotations,
    } = manifest
    else {
        return Ok(None);
    };
    let config = registry.config(repository, &config).await?;
    Ok(Some(Described {
        annotations,
        config,
    }))
}

/// Compares variables such as `PYTHON_VERSION`, which official images have; where there
/// are none that differ, the version that annotations or labels say.
fn differences(from: &Described, to: &Described) -> Vec<String> {
    let versions = to.config.env.iter();
    let mut facts: Vec<String> = versions
        .filter(|(name, _)| name.ends_with("_VERSION"))
        .filter_map(|(name, new)| {
            let mut olds = from.config.env.iter();
            let (_, old) = olds.find(|(other, _)| other == name)?;
            fact(name, old, new)
        })
        .take(MOST_FACTS)
        .collect();
    if facts.is_empty() {
        let said = |of: &Described| {
            let annotation = of.annotations.get(VERSION);
            annotation
                .or_else(|| of.config.labels.get(VERSION))
                .cloned()
        };
        if let (Some(old), Some(new)) = (said(from), said(to)) {
            facts.extend(fact("version", &old, &new));
        }
    }
    facts
}

fn fact(name: &str, old: &str, new: &str) -> Option<String> {
    let is_plain = |text: &str| {
        (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let is_told = old != new && [name, old, new].into_iter().all(is_plain);
    is_told.then(|| format!("{name} {old} → {new}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(env: &[(&str, &str)], label: Option<&str>) -> Described {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let label = label.map(|version| (VERSION.to_owned(), version.to_owned()));
        Described {
            annotations: BTreeMap::new(),
            config: ImageConfig {
                platform: Platform::new("linux", "amd64", None),
                env: env.iter().map(own).collect(),
                labels: label.into_iter().collect(),
                created: None,
            },
        }
    }

    #[test]
    fn versions_that_differ_are_told() {
        let from = described(
            &[
                ("PYTHON_VERSION", "3.12.11"),
                ("A_VERSION", "1"),
                ("PATH", "/a"),
            ],
            Some("1"),
        );
        let to = described(
            &[
                ("PYTHON_VERSION", "3.12.12"),
                ("A_VERSION", "1"),
                ("PATH", "/b"),
                ("B_VERSION", "1"),
            ],
            Some("2"),
        );
        assert_eq!(
            differences(&from, &to),
            ["PYTHON_VERSION 3.12.11 → 3.12.12"]
        );
    }

    #[test]
    fn else_the_label_is_told() {
        let label = |version| described(&[], Some(version));
        assert_eq!(differences(&label("1"), &label("2")), ["version 1 → 2"]);
        assert!(differences(&label("1"), &label("1")).is_empty());
    }

    #[test]
    fn what_is_no_version_is_not_told() {
        let env = |value| described(&[("X_VERSION", value)], None);
        for strange in ["", "a b", "\u{1b}[31m", "é", &"9".repeat(65)] {
            assert!(differences(&env("1"), &env(strange)).is_empty());
            assert!(differences(&env(strange), &env("1")).is_empty());
        }
    }
}
