//! `pdm.lock`, version 4.
//!
//! ```text
//! [metadata] lock_version
//! [[package]] name, version, requires_python, marker, extras, git | url | path,
//!             files = [{ file | url, hash }]
//! ```
//! An entry with extras repeats a package. Two versions may have one marker, if they are for
//! platforms that no marker tells apart.

use super::model::{ForeignLock, ForeignPin, last_part, markers};
use crate::lock::tables::{self, Table};
use crate::python::Specifiers;

pub(super) fn read(text: &str) -> Result<ForeignLock, String> {
    let table = tables::parse(text).map_err(|problem| problem.message)?;
    let metadata = tables::table(&table, "metadata");
    let version = metadata.and_then(|metadata| tables::string(metadata, "lock_version"));
    let version = version.ok_or("it has no `lock_version`")?;
    if version.split('.').next() != Some("4") {
        return Err(format!(
            "its format is version {version}; pinfold reads version 4"
        ));
    }
    let mut lock = ForeignLock::default();
    for (package, _) in tables::tables(&table, "package") {
        if let Some(pin) = pin(package, &mut lock.notes) {
            lock.pins.push(pin);
        }
    }
    Ok(lock)
}

fn pin(package: &Table<'_>, notes: &mut Vec<String>) -> Option<ForeignPin> {
    let is_elsewhere = ["git", "hg", "svn", "bzr", "url", "path"]
        .iter()
        .any(|key| package.get(*key).is_some());
    if is_elsewhere || !tables::list(package, "extras").is_empty() {
        return None;
    }
    let name = tables::string(package, "name")?;
    let pin = ForeignPin::parse(name, tables::string(package, "version")?)?;
    let texts: Vec<&str> = tables::string(package, "marker").into_iter().collect();
    let python = tables::string(package, "requires_python");
    let files = tables::tables(package, "files").into_iter();
    let files = files.filter_map(|(file, _)| {
        let name = tables::string(file, "file").map(str::to_owned);
        name.or_else(|| last_part(tables::string(file, "url")?))
    });
    Some(ForeignPin {
        markers: markers(&texts, name, notes)?,
        requires_python: python.and_then(|text| Specifiers::parse_lenient(text).ok()),
        files: files.collect(),
        ..pin
    })
}
