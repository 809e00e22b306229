//! What is not from an index, as a `pylock.toml` names it: repositories, folders and
//! archives. Paths start at the folder of the lock.

use std::collections::BTreeMap;
use std::path::Path;

use crate::lock::pylock::{File, Origin, Place};
use crate::lock::{Pin, PinSource};
use crate::ops::compile::request::Compile;
use crate::requirements::location;
use crate::text::without_password;
use crate::vcs::GitUrl;

/// The folder that a lock is in.
pub(super) struct Folder {
    /// Where the command is run, absolute.
    current: String,
    /// Where the lock is, absolute.
    own: String,
    /// The values of variables in places.
    variables: BTreeMap<String, String>,
}

impl Folder {
    /// Returns the folder of a path; standard output is in the current one.
    pub(super) fn of(request: &Compile, path: Option<&Path>) -> Self {
        let current = request.run.current_directory.clone();
        let path = path.map(|path| path.to_string_lossy().into_owned());
        let path = path.unwrap_or_else(|| "pylock.toml".to_owned());
        let whole = location::join(&format!("{current}/-"), &path);
        let own = whole.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self {
            own: format!("/{}", own.trim_start_matches('/')),
            variables: variables(request),
            current,
        }
    }

    /// Returns an absolute path as it is seen from here.
    pub(super) fn seen(&self, path: &str) -> String {
        location::displayed(path, &self.own)
    }

    /// Whether the version of a pin stays as long as the pin does: not that of a source tree.
    pub(super) fn has_version(&self, pin: &Pin) -> bool {
        matches!(self.origin(pin), Origin::Archive { .. })
    }

    /// Returns where a pin that is not from an index comes from.
    pub(super) fn origin(&self, pin: &Pin) -> Origin {
        let (text, is_editable) = match &pin.source {
            PinSource::Url(text) | PinSource::Path(text) => (text.as_str(), false),
            PinSource::Editable(text) => (text.as_str(), true),
            PinSource::Version { version, .. } => (version.as_str(), false),
        };
        let text = text.trim_matches('"');
        let text = text.split_once(" @ ").map_or(text, |(_, place)| place);
        let text = self.expanded(text);
        if text.starts_with("git+")
            && let Ok(url) = GitUrl::parse(&text)
        {
            return self.repository(pin, &url);
        }
        let (place, fragment) = text.split_once('#').unwrap_or((&text, ""));
        let mut parts = fragment.split('&');
        let subdirectory = parts.find_map(|part| part.strip_prefix("subdirectory="));
        let subdirectory = subdirectory.map(str::to_owned);
        let is_remote = location::is_url(place) && location::file_path(place).is_none();
        if is_remote {
            let place = Place::Url(without_password(place));
            return archive(pin, place, subdirectory);
        }
        let path = if is_editable {
            without_extras(place)
        } else {
            place
        };
        let path = location::join(&format!("{}/-", self.current), path);
        let path = self.seen(&path);
        if pin.unhashable || is_editable {
            return Origin::Directory {
                path,
                is_editable,
                subdirectory,
            };
        }
        archive(pin, Place::Path(path), subdirectory)
    }

    fn repository(&self, pin: &Pin, url: &GitUrl) -> Origin {
        let repository = without_password(&url.repository());
        let place = match location::file_path(&repository) {
            Some(path) => Place::Path(self.seen(&path)),
            None => Place::Url(repository),
        };
        Origin::Vcs {
            kind: "git".to_owned(),
            place,
            revision: pin.revision.clone(),
            commit: url.revision().unwrap_or_default().to_owned(),
            subdirectory: url.subdirectory().map(str::to_owned),
        }
    }

    /// Returns a place with the values of its variables: `${NAME}`.
    fn expanded(&self, text: &str) -> String {
        let mut expanded = text.to_owned();
        for (name, value) in &self.variables {
            expanded = expanded.replace(&format!("${{{name}}}"), value);
        }
        expanded
    }
}

fn archive(pin: &Pin, place: Place, subdirectory: Option<String>) -> Origin {
    let hashes = pin.hashes.iter().filter_map(|hash| hash.split_once(':'));
    let hashes = hashes.map(|(algorithm, digits)| (algorithm.to_owned(), digits.to_owned()));
    Origin::Archive {
        file: File {
            name: place.last_part(),
            place,
            size: None,
            upload_time: None,
            hashes: hashes.collect(),
        },
        subdirectory,
    }
}

/// Returns a path without the extras behind it: `./a[x]`.
fn without_extras(path: &str) -> &str {
    match path.split_once('[') {
        Some((path, extras)) if extras.ends_with(']') => path,
        _ => path,
    }
}

/// Returns the variables that places may name.
fn variables(request: &Compile) -> BTreeMap<String, String> {
    let names = ["PROJECT_ROOT", "HOME", "PWD"];
    names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), request.run.variable(name)?)))
        .collect()
}
