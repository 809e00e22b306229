//! Places in a tree of git, and new trees made of old ones.
//!
//! Only the folders with changes are read and written, each by itself: no index is
//! made, which in a large repository would list every file, and which settings such as
//! a split index or a file watcher would tie to the user's.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use super::error::Error;
use super::git::Git;
use super::objects::{Entry, Kind, Objects};

/// How many symbolic links are followed, as on Linux (`MAXSYMLINKS`).
const MAX_LINKS: usize = 40;

/// A place for a file, at the end of all symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The names of the folders and of the file.
    pub(super) names: Vec<String>,
    /// The file, if there is one.
    pub(super) entry: Option<Entry>,
}

/// Finds the place of a file below a tree, as the file system would.
pub(super) fn locate(objects: &mut Objects, root: &str, path: &str) -> Result<Place, Error> {
    let bad = |problem: &str| Error::BadPath {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    let mut pending: VecDeque<String> = path.split('/').map(str::to_owned).collect();
    if !pending.iter().all(|name| is_name(name)) {
        return Err(bad("it is not a path from the root of the repository"));
    }
    // The folders on the way, with their trees unless they are new.
    let mut folders: Vec<(String, Option<String>)> = Vec::new();
    let mut links = 0;
    while let Some(name) = pending.pop_front() {
        match &*name {
            // From here on these come from links.
            "" | "." => continue,
            ".." => {
                folders
                    .pop()
                    .ok_or_else(|| bad("a symbolic link points outside of the repository"))?;
                continue;
            }
            _ => {}
        }
        let tree = folders
            .last()
            .map_or(Some(root), |(_, tree)| tree.as_deref());
        let entry = match tree {
            Some(tree) => objects.tree(tree)?.get(name.as_bytes()).cloned(),
            None => None,
        };
        let is_last = pending.is_empty();
        match entry.as_ref().map(Entry::kind) {
            None | Some(Kind::File(_)) if is_last => {
                let mut names: Vec<String> = folders.into_iter().map(|(name, _)| name).collect();
                names.push(name);
                return Ok(Place { names, entry });
            }
            None => folders.push((name, None)),
            Some(Kind::Folder) => folders.push((name, entry.map(|entry| entry.id))),
            Some(Kind::File(_)) => return Err(bad(&format!("`{name}` is a file"))),
            Some(Kind::Submodule) => return Err(bad(&format!("`{name}` is a submodule"))),
            Some(Kind::Link) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(bad("there are too many symbolic links"));
                }
                let id = entry.map(|entry| entry.id).unwrap_or_default();
                let target = objects.blob(&id)?;
                let target =
                    String::from_utf8(target).map_err(|_| bad("a symbolic link is not UTF-8"))?;
                if target.starts_with('/') {
                    return Err(bad("a symbolic link points outside of the repository"));
                }
                for name in target.rsplit('/') {
                    pending.push_front(name.to_owned());
                }
            }
        }
    }
    Err(bad("it is a directory"))
}

/// Whether a file of the repository can have this name.
fn is_name(name: &str) -> bool {
    // The last two are what file systems that ignore case or shorten names take for
    // `.git`.
    !matches!(name, "" | "." | "..")
        && !name.contains('\0')
        && !name.eq_ignore_ascii_case(".git")
        && !name.eq_ignore_ascii_case("git~1")
}

/// Changed files of a folder and of those in it.
#[derive(Default)]
pub(super) struct Changes {
    /// By name: the mode and the name of the blob.
    files: BTreeMap<String, (String, String)>,
    folders: BTreeMap<String, Changes>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty()
    }

    /// Adds a file; its mode stays what it was.
    ///
    /// # Errors
    /// When another change has the same place, or is a folder or a file on the way.
    pub(super) fn add(&mut self, place: &Place, blob: String) -> Result<(), Error> {
        let twice = || Error::BadPath {
            path: place.names.join("/"),
            problem: "it conflicts with another change".to_owned(),
        };
        let (name, folders) = place.names.split_last().expect("a place has a name");
        let mut changes = self;
        for folder in folders {
            if changes.files.contains_key(folder) {
                return Err(twice());
            }
            changes = changes.folders.entry(folder.clone()).or_default();
        }
        let mode = place.entry.as_ref().map_or("100644", |entry| &entry.mode);
        let file = (mode.to_owned(), blob);
        if changes.folders.contains_key(name) || changes.files.insert(name.clone(), file).is_some()
        {
            return Err(twice());
        }
        Ok(())
    }

    /// Writes the tree that is the old one with these changes; returns its name.
    pub(super) fn write(
        &self,
        git: &Git,
        objects: &mut Objects,
        old: Option<&str>,
    ) -> Result<String, Error> {
        let mut tree = match old {
            Some(old) => objects.tree(old)?.clone(),
            None => super::objects::Tree::new(),
        };
        for (name, changes) in &self.folders {
            let old = tree.get(name.as_bytes()).map(|entry| entry.id.clone());
            let id = changes.write(git, objects, old.as_deref())?;
            let mode = "40000".to_owned();
            tree.insert(name.clone().into_bytes(), Entry { mode, id });
        }
        for (name, (mode, id)) in &self.files {
            let (mode, id) = (mode.clone(), id.clone());
            tree.insert(name.clone().into_bytes(), Entry { mode, id });
        }
        let mut input = Vec::new();
        for (name, entry) in &tree {
            let kind = match entry.kind() {
                Kind::Folder => "tree",
                Kind::Submodule => "commit",
                Kind::File(_) | Kind::Link => "blob",
            };
            let mut line = String::new();
            let _ = write!(line, "{} {kind} {}\t", entry.mode, entry.id);
            input.extend(line.bytes());
            input.extend(name);
            input.push(0);
        }
        // What a partial clone lacks need not be fetched to be named.
        git.text_of("mktree", &["-z", "--missing"], &input, &[])
    }
}
