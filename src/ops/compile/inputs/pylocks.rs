//! Reading a `pylock.toml` (PEP 751) as a source: what it would install for the target is
//! required in exactly these versions, with the hashes of its files.

use std::collections::BTreeSet;

use crate::lock::pylock::{self, Choice, Origin, Package, Place, Selected};
use crate::ops::compile::inputs::PylockSource;
use crate::ops::compile::inputs::lines::Asker;
use crate::ops::compile::inputs::reader::{OpenFile, Reader};
use crate::python::{ExtraName, Marker, Requirement, RequirementSource, Specifiers};
use crate::requirements::location;
use crate::text::Problem;

impl Reader<'_> {
    /// Takes a lock.
    pub(super) fn pylock(&mut self, mut file: OpenFile<'_>, extras: &[ExtraName]) {
        let lock = match pylock::read(file.text) {
            Ok(lock) => lock,
            Err(problems) => {
                file.problems = problems;
                return self.note(file);
            }
        };
        file.warnings.clone_from(&lock.notes);
        let choice = Choice {
            environment: self.reading.environment,
            extras,
            groups: &[],
        };
        match lock.select(choice) {
            Ok(selected) => {
                for one in selected {
                    self.locked(&one, &mut file);
                }
            }
            Err(problems) => file.problems = problems,
        }
        let markers = lock.packages.iter().filter_map(|it| it.marker.as_deref());
        let markers = markers.filter(|text| Marker::may_ask_for_patch(text));
        let markers: Vec<Marker> = markers.filter_map(|text| text.parse().ok()).collect();
        self.inputs.patch_markers.extend(markers);
        self.inputs.pylocks.push(PylockSource {
            name: file.name.to_owned(),
            text: file.text.to_owned(),
            lock,
        });
        self.note(file);
    }

    /// Takes a package.
    fn locked(&mut self, selected: &Selected<'_>, file: &mut OpenFile<'_>) {
        let Package {
            name,
            version,
            origin,
            span,
            ..
        } = selected.package;
        let from = Asker {
            role: file.role,
            location: file.location(*span),
            origin: file.origin(),
            base: self.reading.current_directory.to_owned(),
            is_remote: file.is_remote(),
            comments: Vec::new(),
        };
        let hashes = hashes(selected.package);
        let exact = version
            .as_ref()
            .and_then(|version| Specifiers::parse(&format!("=={version}")).ok());
        if let (Origin::Files { .. }, Some(specifiers)) = (origin, exact) {
            let requirement = Requirement {
                name: name.clone(),
                extras: Vec::new(),
                source: RequirementSource::Specifiers(specifiers),
                marker: selected.marker.clone(),
            };
            return self.by_specifiers(requirement, hashes, from);
        }
        let Some((place, is_editable)) = place(origin, file.source) else {
            let message = format!("{name} has no version, so it cannot be required");
            return file.problems.push(Problem::new(*span, message));
        };
        if let Err(problem) = self.by_locked_place(
            Some(name.clone()).filter(|_| place.contains("://")),
            selected.marker.clone(),
            (place, is_editable),
            hashes,
            from,
        ) {
            file.problems.push(Problem {
                span: *span,
                message: problem.message,
                help: problem.help,
            });
        }
    }
}

/// Returns the hashes of a package's files; those that can be compared, if all files have
/// one.
fn hashes(package: &Package) -> BTreeSet<String> {
    const COMPARABLE: &str = "sha256";
    let has_all = package
        .files()
        .all(|file| file.hashes.contains_key(COMPARABLE));
    let hashes = package.files().flat_map(pylock::File::prefixed_hashes);
    hashes
        .filter(|hash| !has_all || hash.starts_with(COMPARABLE))
        .collect()
}

/// Returns where something is, as seen from the current directory, and whether it is
/// editable.
fn place(origin: &Origin, source: &str) -> Option<(String, bool)> {
    let seen = |place: &Place| match place {
        Place::Url(url) => url.clone(),
        Place::Path(path) => {
            let path = location::join(source, path);
            if path.starts_with(['/', '.']) {
                path
            } else {
                format!("./{path}")
            }
        }
    };
    let fragment = |subdirectory: &Option<String>| {
        let subdirectory = subdirectory.as_ref();
        subdirectory.map_or_else(String::new, |it| format!("#subdirectory={it}"))
    };
    Some(match origin {
        Origin::Files { .. } => return None,
        Origin::Vcs {
            kind,
            place,
            commit,
            subdirectory,
            ..
        } => {
            let place = match place {
                Place::Url(url) => url.clone(),
                Place::Path(_) => format!("file:{}", seen(place)),
            };
            let fragment = fragment(subdirectory);
            (format!("{kind}+{place}@{commit}{fragment}"), false)
        }
        Origin::Directory {
            path,
            is_editable,
            subdirectory,
        } => {
            let path = match subdirectory {
                Some(below) => format!("{path}/{below}"),
                None => path.clone(),
            };
            (seen(&Place::Path(path)), *is_editable)
        }
        Origin::Archive { file, subdirectory } => {
            let fragment = fragment(subdirectory);
            (format!("{}{fragment}", seen(&file.place)), false)
        }
    })
}
