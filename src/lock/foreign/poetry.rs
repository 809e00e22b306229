//! `poetry.lock` of Poetry 1 and 2.
//!
//! ```text
//! [[package]] name, version, python-versions, markers = "…" | { GROUP = "…" },
//!             files = [{ file, hash }], [package.source] type = "legacy" | "git" | …
//! [metadata] lock-version          [metadata.files] NAME = [{ file, hash }]
//! ```
//! Before 2.0 there are no markers, and before 1.2 the files stand at the end.

use super::model::{ForeignLock, ForeignPin, markers};
use crate::lock::tables::{self, Table};
use crate::python::Specifiers;

pub(super) fn read(text: &str) -> Result<ForeignLock, String> {
    let table = tables::parse(text).map_err(|problem| problem.message)?;
    let metadata = tables::table(&table, "metadata");
    let version = metadata.and_then(|metadata| tables::string(metadata, "lock-version"));
    let major = version.and_then(|version| version.split('.').next());
    if !matches!(major, None | Some("1" | "2")) {
        return Err(format!(
            "its format is version {}; pinfold reads 1 and 2",
            version.unwrap_or_default()
        ));
    }
    let files_at_end = metadata.and_then(|metadata| tables::table(metadata, "files"));
    let mut lock = ForeignLock::default();
    for (package, _) in tables::tables(&table, "package") {
        if let Some(pin) = pin(package, files_at_end, &mut lock.notes) {
            lock.pins.push(pin);
        }
    }
    Ok(lock)
}

fn pin(
    package: &Table<'_>,
    files_at_end: Option<&Table<'_>>,
    notes: &mut Vec<String>,
) -> Option<ForeignPin> {
    let source = tables::table(package, "source");
    let source = source.and_then(|source| tables::string(source, "type"));
    if !matches!(source, None | Some("legacy")) {
        return None;
    }
    let name = tables::string(package, "name")?;
    let pin = ForeignPin::parse(name, tables::string(package, "version")?)?;
    let texts: Vec<&str> = match package.get("markers") {
        None => Vec::new(),
        Some(value) => match (value.get_ref().as_str(), value.get_ref().as_table()) {
            (Some(text), _) => vec![text],
            // A group without a marker wants it everywhere.
            (None, Some(groups)) => {
                let texts = groups.iter().map(|(_, marker)| marker.get_ref().as_str());
                texts.collect::<Option<Vec<_>>>().unwrap_or_default()
            }
            (None, None) => Vec::new(),
        },
    };
    let mut files = tables::tables(package, "files");
    if files.is_empty()
        && let Some(at_end) = files_at_end
    {
        files = tables::tables(at_end, name);
    }
    let files = files.into_iter();
    let python = tables::string(package, "python-versions");
    Some(ForeignPin {
        markers: markers(&texts, name, notes)?,
        requires_python: python.and_then(|text| Specifiers::parse_lenient(text).ok()),
        files: files
            .filter_map(|(file, _)| tables::string(file, "file").map(str::to_owned))
            .collect(),
        ..pin
    })
}
