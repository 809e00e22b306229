//! `Pipfile.lock`.
//!
//! ```text
//! { "_meta": …, "default": { NAME: { "version": "==1.0", "markers": "…", … } }, "develop": … }
//! ```
//! Its markers are what the packages say of Python, not why they are there. A version may be
//! `*`, for what another system would need.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::{ForeignLock, ForeignPin, markers, not_taken};

pub(super) fn read(text: &str) -> Result<ForeignLock, String> {
    let text = text.trim_start_matches('\u{feff}');
    let json: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("it is not a JSON object: {error}"))?;
    let mut lock = ForeignLock::default();
    let mut unpinned = BTreeSet::new();
    // What is installed comes first; a category may have any name.
    let mut sections: Vec<(&String, &Value)> =
        json.iter().filter(|(name, _)| *name != "_meta").collect();
    sections.sort_by_key(|(name, _)| *name != "default");
    for (name, entry) in sections
        .into_iter()
        .filter_map(|(_, section)| section.as_object())
        .flatten()
    {
        let Some(entry) = entry.as_object() else {
            continue;
        };
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let is_elsewhere = ["git", "hg", "svn", "bzr", "file", "path", "editable"]
            .iter()
            .any(|key| entry.contains_key(*key));
        if is_elsewhere {
            continue;
        }
        let version = text("version").and_then(|version| version.strip_prefix("=="));
        let Some(pin) = version.and_then(|version| ForeignPin::parse(name, version)) else {
            unpinned.insert(name.clone());
            continue;
        };
        if lock.pins.iter().any(|other| other.name == pin.name) {
            continue;
        }
        let texts: Vec<&str> = text("markers").into_iter().collect();
        if let Some(markers) = markers(&texts, name, &mut lock.notes) {
            lock.pins.push(ForeignPin { markers, ..pin });
        }
    }
    lock.notes
        .extend(not_taken(&unpinned, "it does not pin these projects"));
    Ok(lock)
}
