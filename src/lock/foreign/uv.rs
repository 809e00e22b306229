//! `uv.lock`, any revision of its version 1.
//!
//! ```text
//! version = 1
//! [[package]] name, version, source = { registry | virtual | … }, resolution-markers,
//!             sdist = { url, … }, wheels = [{ url | path | filename, … }]
//! ```
//! The project's own packages and what is not from an index are not pins: their place is in
//! the requirement.

use super::model::{ForeignLock, ForeignPin, last_part, markers};
use crate::lock::tables::{self, Table};

pub(super) fn read(text: &str) -> Result<ForeignLock, String> {
    let table = tables::parse(text).map_err(|problem| problem.message)?;
    let version = table.get("version").and_then(|value| {
        let number = value.get_ref().as_integer()?;
        number.as_str().parse::<u32>().ok()
    });
    if version != Some(1) {
        return Err(match version {
            Some(version) => format!("its format is version {version}; pinfold reads version 1"),
            None => "it has no `version`".to_owned(),
        });
    }
    let mut lock = ForeignLock::default();
    let options = tables::table(&table, "options");
    if let Some(limit) = options.and_then(|it| tables::string(it, "exclude-newer")) {
        lock.notes.push(format!(
            "it was made with `--exclude-newer {limit}`, which does not apply here"
        ));
    }
    for (package, _) in tables::tables(&table, "package") {
        if let Some(pin) = pin(package, &mut lock.notes) {
            lock.pins.push(pin);
        }
    }
    Ok(lock)
}

fn pin(package: &Table<'_>, notes: &mut Vec<String>) -> Option<ForeignPin> {
    tables::table(package, "source")?.get("registry")?;
    let name = tables::string(package, "name")?;
    let pin = ForeignPin::parse(name, tables::string(package, "version")?)?;
    let texts = tables::strings(package, "resolution-markers");
    let wheels = tables::tables(package, "wheels").into_iter();
    let files = wheels
        .map(|(wheel, _)| wheel)
        .chain(tables::table(package, "sdist"))
        .filter_map(|file| {
            let place = ["filename", "url", "path"];
            let place = place.iter().find_map(|key| tables::string(file, key))?;
            last_part(place)
        });
    Some(ForeignPin {
        markers: markers(&texts, name, notes)?,
        files: files.collect(),
        ..pin
    })
}
