//! What moved between the file that is there and the lock that was made.
//!
//! Compared by project and source; comments, order and spelling of the text do
//! not count. The text itself is compared in `ui`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use super::model::{Lock, PinSource};
use super::read::{LockFile, LockedPlace};
use crate::python::ProjectName;
use crate::text::without_password;

/// One pin moving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The project was not pinned before.
    Added {
        /// The project.
        name: ProjectName,
        /// What it is pinned to.
        to: PinSource,
    },
    /// The project is no longer needed.
    Removed {
        /// The project.
        name: ProjectName,
        /// What it was pinned to.
        from: PinSource,
    },
    /// The project is pinned to something else.
    Changed {
        /// The project.
        name: ProjectName,
        /// What it was pinned to.
        from: PinSource,
        /// What it is pinned to.
        to: PinSource,
    },
    /// The same release is accepted in other files.
    HashesChanged {
        /// The project.
        name: ProjectName,
        /// What it is pinned to.
        source: PinSource,
        /// Hashes that are new, sorted.
        added: Vec<String>,
        /// Hashes that are gone, sorted.
        removed: Vec<String>,
    },
    /// The same release is installed in other environments or with other extras.
    ConditionChanged {
        /// The project.
        name: ProjectName,
        /// What it is pinned to.
        source: PinSource,
    },
}

impl Change {
    /// Returns the project that moves.
    pub fn name(&self) -> &ProjectName {
        match self {
            Self::Added { name, .. }
            | Self::Removed { name, .. }
            | Self::Changed { name, .. }
            | Self::HashesChanged { name, .. }
            | Self::ConditionChanged { name, .. } => name,
        }
    }
}

/// A pin of either side.
struct View<'a> {
    source: Cow<'a, PinSource>,
    marker: Option<&'a str>,
    extras: BTreeSet<&'a str>,
    hashes: &'a [String],
}

/// Returns what moved from `old` to `new`, sorted by name.
///
/// Extras are compared only if the old file has some, since leaving them out
/// is a question of style. A place that the old file does not name is that of the pin
/// that has the same; one that has gone cannot be told.
pub fn changes(old: &LockFile, new: &Lock) -> Vec<Change> {
    let mut names: BTreeMap<&ProjectName, (Vec<View<'_>>, Vec<View<'_>>)> = BTreeMap::new();
    for pin in &old.pins {
        let before = &mut names.entry(&pin.name).or_default().0;
        // The same pin once more says nothing more.
        let is_same =
            |view: &View<'_>| *view.source == pin.source && view.marker == pin.marker.as_deref();
        if before.iter().any(is_same) {
            continue;
        }
        before.push(View {
            source: Cow::Borrowed(&pin.source),
            marker: pin.marker.as_deref(),
            extras: pin.extras.iter().map(AsRef::as_ref).collect(),
            hashes: &pin.hashes,
        });
    }
    let mut places: Vec<&LockedPlace> = old.places.iter().collect();
    for pin in &new.pins {
        let source = as_written(&pin.source);
        let (before, after) = names.entry(&pin.name).or_default();
        if matches!(*source, PinSource::Path(_) | PinSource::Editable(_)) {
            let same = places
                .iter()
                .position(|place| place.source == *source)
                .or_else(|| {
                    let is_named = |place: &&LockedPlace| place.egg.as_ref() == Some(&pin.name);
                    places.iter().position(is_named)
                });
            if let Some(at) = same {
                let place = places.remove(at);
                before.push(View {
                    source: Cow::Borrowed(&place.source),
                    marker: place.marker.as_deref(),
                    extras: place.extras.iter().map(AsRef::as_ref).collect(),
                    hashes: &place.hashes,
                });
            }
        }
        after.push(View {
            source,
            marker: pin.marker.as_deref(),
            extras: pin.extras.iter().map(AsRef::as_ref).collect(),
            hashes: if pin.unhashable { &[] } else { &pin.hashes },
        });
    }
    for place in places {
        if let Some(name) = &place.egg {
            names.entry(name).or_default().0.push(View {
                source: Cow::Borrowed(&place.source),
                marker: place.marker.as_deref(),
                extras: BTreeSet::new(),
                hashes: &place.hashes,
            });
        }
    }
    let mut changes = Vec::new();
    for (name, (old, new)) in names {
        compare(name, old, new, &mut changes);
    }
    changes
}

/// Returns a source as a file has it: without the password of a URL.
fn as_written(source: &PinSource) -> Cow<'_, PinSource> {
    let safe = |text: &String| {
        let safe = without_password(text);
        (safe != *text).then_some(safe)
    };
    let changed = match source {
        PinSource::Url(text) => safe(text).map(PinSource::Url),
        PinSource::Editable(text) => safe(text).map(PinSource::Editable),
        PinSource::Version { .. } | PinSource::Path(_) => None,
    };
    changed.map_or(Cow::Borrowed(source), Cow::Owned)
}

/// Compares the pins of one project: several, if markers tell them apart.
fn compare(
    name: &ProjectName,
    old: Vec<View<'_>>,
    mut new: Vec<View<'_>>,
    changes: &mut Vec<Change>,
) {
    let mut gone = Vec::new();
    for before in old {
        // The same release with the same marker, else with any.
        let same = new
            .iter()
            .position(|after| after.source == before.source && after.marker == before.marker)
            .or_else(|| new.iter().position(|after| after.source == before.source));
        match same {
            Some(at) => compare_same(name, &before, &new.remove(at), changes),
            None => gone.push(before),
        }
    }
    let mut new = new.into_iter();
    for before in gone {
        changes.push(match new.next() {
            Some(after) => Change::Changed {
                name: name.clone(),
                from: before.source.clone().into_owned(),
                to: after.source.clone().into_owned(),
            },
            None => Change::Removed {
                name: name.clone(),
                from: before.source.clone().into_owned(),
            },
        });
    }
    changes.extend(new.map(|after| Change::Added {
        name: name.clone(),
        to: after.source.clone().into_owned(),
    }));
}

/// Compares two pins of the same release.
fn compare_same(name: &ProjectName, old: &View<'_>, new: &View<'_>, changes: &mut Vec<Change>) {
    if old.marker != new.marker || (!old.extras.is_empty() && old.extras != new.extras) {
        changes.push(Change::ConditionChanged {
            name: name.clone(),
            source: new.source.clone().into_owned(),
        });
    }
    let before: BTreeSet<&String> = old.hashes.iter().collect();
    let after: BTreeSet<&String> = new.hashes.iter().collect();
    if before != after {
        changes.push(Change::HashesChanged {
            name: name.clone(),
            source: new.source.clone().into_owned(),
            added: after
                .difference(&before)
                .map(|&hash| hash.clone())
                .collect(),
            removed: before
                .difference(&after)
                .map(|&hash| hash.clone())
                .collect(),
        });
    }
}

impl fmt::Display for Change {
    /// Prints the change for people: `django 5.1 → 5.2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { name, to } => write!(f, "{name} {} (new)", shown(to)),
            Self::Removed { name, from } => write!(f, "{name} {} (gone)", shown(from)),
            Self::Changed { name, from, to } => {
                write!(f, "{name} {} → {}", shown(from), shown(to))
            }
            Self::HashesChanged {
                name,
                source,
                added,
                removed,
            } => write!(
                f,
                "{name} {} ({} hashes new, {} gone)",
                shown(source),
                added.len(),
                removed.len()
            ),
            Self::ConditionChanged { name, source } => {
                write!(f, "{name} {} (marker or extras)", shown(source))
            }
        }
    }
}

fn shown(source: &PinSource) -> String {
    match source {
        PinSource::Version { version, .. } => version.clone(),
        PinSource::Url(place) | PinSource::Path(place) | PinSource::Editable(place) => {
            without_password(place)
        }
    }
}

/// Returns what changes in one sentence's words, or that only the text around the pins does.
pub fn summary(changes: &[Change]) -> String {
    let count = |is: fn(&Change) -> bool| changes.iter().filter(|change| is(change)).count();
    let counts = [
        (count(|c| matches!(c, Change::Changed { .. })), "changed"),
        (count(|c| matches!(c, Change::Added { .. })), "added"),
        (count(|c| matches!(c, Change::Removed { .. })), "removed"),
        (
            count(|c| matches!(c, Change::HashesChanged { .. })),
            "with different hashes",
        ),
        (
            count(|c| matches!(c, Change::ConditionChanged { .. })),
            "with a different marker or extra",
        ),
    ];
    let mut sentence = String::new();
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        if sentence.is_empty() {
            let noun = if count == 1 { "pin" } else { "pins" };
            sentence = format!("{count} {noun} {what}");
        } else {
            write!(sentence, ", {count} {what}").expect("a string takes all text");
        }
    }
    if sentence.is_empty() {
        "only the text around the pins".clone_into(&mut sentence);
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::super::model::Pin;
    use super::super::read::read;
    use super::*;

    fn lock(text: &str) -> Lock {
        let pins = read(text).pins.into_iter().map(|pin| Pin {
            name: pin.name,
            extras: pin.extras,
            source: pin.source,
            marker: pin.marker,
            hashes: pin.hashes,
            via: pin.via,
            revision: None,
            index: None,
            comments: Vec::new(),
            unhashable: false,
        });
        Lock {
            pins: pins.collect(),
            ..Lock::default()
        }
    }

    fn check(old: &str, new: &str, expected: &str) -> Vec<Change> {
        let changes = changes(&read(old), &lock(new));
        assert_eq!(summary(&changes), expected);
        changes
    }

    #[test]
    fn counts_what_moved() {
        check(
            "a==1\nb==1\nc==1\nd==1\ne==1\nf==1",
            "a==2\nb==2\nc==2\ng==1\nf==1",
            "3 pins changed, 1 added, 2 removed",
        );
        check(
            "a==1",
            "a==1 --hash=sha256:aa",
            "1 pin with different hashes",
        );
        check(
            "a==1 # via b",
            "a==1 # via c",
            "only the text around the pins",
        );
        check("a==1", "a===1", "1 pin changed");
    }

    #[test]
    fn names_the_hashes_that_came_and_went() {
        let changes = check(
            "a==1 --hash=sha256:aa --hash=sha256:bb",
            "a==1 --hash=sha256:cc --hash=sha256:bb",
            "1 pin with different hashes",
        );
        assert_eq!(
            changes,
            [Change::HashesChanged {
                name: "a".parse().unwrap(),
                source: PinSource::version("1"),
                added: vec!["sha256:cc".to_owned()],
                removed: vec!["sha256:aa".to_owned()],
            }]
        );
        assert_eq!(changes[0].name().to_string(), "a");
    }

    #[test]
    fn tells_pins_of_one_project_apart_by_marker() {
        let old = "a==1 ; os_name == 'nt'\na==2 ; os_name != 'nt'";
        check(
            old,
            "a==2 ; os_name != 'nt'\na==1 ; os_name == 'nt'",
            "only the text around the pins",
        );
        check(
            old,
            "a==1 ; os_name == 'nt'\na==3 ; os_name != 'nt'",
            "1 pin changed",
        );
        check(
            old,
            "a==2",
            "1 pin removed, 1 with a different marker or extra",
        );
    }

    #[test]
    fn extras_that_a_style_left_out_are_no_change() {
        check("a==1", "a[x]==1", "only the text around the pins");
        check(
            "a[y]==1",
            "a[x]==1",
            "1 pin with a different marker or extra",
        );
    }

    #[test]
    fn places_that_a_file_does_not_name_are_known_again() {
        let place = |name: &str, source: PinSource| Pin {
            name: name.parse().unwrap(),
            extras: vec!["dev".parse().unwrap()],
            source,
            marker: None,
            hashes: Vec::new(),
            via: Vec::new(),
            revision: None,
            index: None,
            comments: Vec::new(),
            unhashable: true,
        };
        let git = |commit: &str| {
            PinSource::Editable(format!("git+https://me:secret@host/r@{commit}#egg=g"))
        };
        let new = Lock {
            pins: vec![
                place("p", PinSource::Path("./p".to_owned())),
                place("e", PinSource::Editable("./e[dev]".to_owned())),
                place("g", git("0123")),
            ],
            ..Lock::default()
        };
        let told = |old: &str| summary(&changes(&read(old), &new));
        let rest = "-e git+https://host/r@0123#egg=g\n";
        let same = "only the text around the pins";
        assert_eq!(told(&format!("-e ./e[dev]\n./p[dev]\n{rest}")), same);
        assert_eq!(told(&format!("-e ./e[dev]\n./p\n{rest}")), same);
        assert_eq!(
            told(&format!("-e ./e[dev]\n./p[x]\n{rest}")),
            "1 pin with a different marker or extra"
        );
        assert_eq!(told(&format!("./p\n{rest}")), "1 pin added");
        assert_eq!(
            told("-e ./e[dev]\n./p\n-e git+https://host/r@4567#egg=g\n"),
            "1 pin changed"
        );
        assert_eq!(
            told(&format!(
                "-e ./e[dev]\n./p\n{rest}-e git+https://host/h@1#egg=h\n"
            )),
            "1 pin removed"
        );
    }

    #[test]
    fn a_change_is_told_in_a_few_words() {
        let old = read("a==1\nb==1\nc @ https://u:secret@host.example/c-1-py3-none-any.whl\n");
        let new = lock("a==2\nc @ https://u:secret@host.example/c-2-py3-none-any.whl\nd==1\n");
        let told: Vec<String> = changes(&old, &new)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "a 1 → 2",
                "b 1 (gone)",
                "c https://host.example/c-1-py3-none-any.whl → https://host.example/c-2-py3-none-any.whl",
                "d 1 (new)",
            ]
        );
    }
}
