//! `conda-lock.yml`, version 1: what pip installs of it.
//!
//! ```text
//! version: 1
//! package:
//! - { name, version, manager: conda | pip, platform: linux-64, … }
//! ```
//! What conda installs is built otherwise and may be versioned otherwise, so it is only
//! named. The file is a list of flat maps, of some megabytes, and is read by its events.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Parser};

use super::model::{ForeignLock, ForeignPin, not_taken};

/// The keys that count.
const KEYS: [&str; 4] = ["name", "version", "manager", "platform"];

pub(super) fn read(text: &str) -> Result<ForeignLock, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| format!("it is not YAML: {error}"))?;
        reader.event(event);
    }
    if !reader.has_packages {
        return Err("it has no list `package`".to_owned());
    }
    let mut lock = ForeignLock::default();
    let mut provided = BTreeSet::new();
    for entry in reader.entries {
        let value = |key| entry.get(key).map_or("", String::as_str);
        if value("manager") != "pip" {
            provided.insert(value("name").to_owned());
            continue;
        }
        if let Some(pin) = ForeignPin::parse(value("name"), value("version")) {
            lock.pins.push(ForeignPin {
                platform: entry.get("platform").cloned(),
                ..pin
            });
        }
    }
    lock.notes.extend(not_taken(
        &provided,
        "it has these packages from conda, so their versions are not preferred",
    ));
    Ok(lock)
}

/// Collects the flat part of each entry of the list `package`.
#[derive(Default)]
struct Reader {
    /// What is open: whether it is a map, and the key that waits for its value.
    open: Vec<(bool, Option<String>)>,
    has_packages: bool,
    entries: Vec<BTreeMap<&'static str, String>>,
}

/// How many lists and maps are open within an entry, with it: the file, the list, the entry.
const ENTRY: usize = 3;

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Scalar(text, ..) => self.scalar(&text),
            Event::Alias(_) => self.scalar(""),
            Event::MappingStart(..) => self.start(true),
            Event::SequenceStart(..) => self.start(false),
            Event::MappingEnd | Event::SequenceEnd => {
                self.open.pop();
                self.take_value();
            }
            _ => {}
        }
    }

    fn start(&mut self, is_map: bool) {
        self.open.push((is_map, None));
        let is_in_list = self.is_in_packages();
        if self.open.len() == ENTRY - 1 && is_in_list && !is_map {
            self.has_packages = true;
        }
        if self.open.len() == ENTRY && is_in_list && is_map {
            self.entries.push(BTreeMap::new());
        }
    }

    fn is_in_packages(&self) -> bool {
        let first = self.open.first().and_then(|(_, key)| key.as_deref());
        first == Some("package")
    }

    fn scalar(&mut self, text: &str) {
        let is_entry = self.open.len() == ENTRY && self.is_in_packages();
        let Some((true, key)) = self.open.last_mut() else {
            return;
        };
        match key.take() {
            None => *key = Some(text.to_owned()),
            Some(name) => {
                let known = KEYS.into_iter().find(|key| *key == name);
                if let (true, Some(known), Some(entry)) = (is_entry, known, self.entries.last_mut())
                {
                    entry.insert(known, text.to_owned());
                }
            }
        }
    }

    /// Notes that the key which waited has had its value.
    fn take_value(&mut self) {
        if let Some((true, key)) = self.open.last_mut() {
            *key = None;
        }
    }
}
