//! What the compose files of a repository say about names in its other files: which names
//! are contexts in which Dockerfile, and which images are built here.
//!
//! The image that a registry has under such a name is somebody else's, and a digest would
//! make the build take it. So they count wherever they stand in the repository, also where
//! only a Dockerfile is looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::kind::FileKind;
use crate::compose::{Build, BuiltImages, ComposeFile};
use crate::files::{self, Exclude, find};

/// The usual names of compose files, for folders that are not searched.
const USUAL_NAMES: [&str; 8] = [
    "compose.yaml",
    "compose.yml",
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
];

/// What is known of the names in a repository's files.
#[derive(Debug, Default)]
pub(super) struct Neighbors {
    built: BuiltImages,
    /// The folder of each compose file, and its builds.
    builds: Vec<(PathBuf, Vec<Build>)>,
}

/// The names of contexts, by the Dockerfiles in which they are ones.
#[derive(Debug, Default)]
pub(super) struct Contexts(HashMap<PathBuf, BTreeSet<String>>);

impl Neighbors {
    /// Adds what a file says; `name` is its name for people.
    pub(super) fn add(&mut self, file: &ComposeFile, path: &Path, name: &str) {
        self.built.add(file.built(), name);
        let folder = path.parent().unwrap_or(path).to_owned();
        if !file.builds().is_empty() {
            self.builds.push((folder, file.builds().to_vec()));
        }
    }

    /// Returns the images that are built.
    pub(super) const fn built(&self) -> &BuiltImages {
        &self.built
    }

    /// Finds out which Dockerfiles are built with which contexts.
    pub(super) fn contexts(&self) -> Contexts {
        let mut contexts = Contexts::default();
        let all = || {
            let files = self.builds.iter();
            files.flat_map(|(folder, builds)| builds.iter().map(move |build| (folder, build)))
        };
        // A file may leave it to another one to say where a service is built.
        let mut by_service: BTreeMap<&str, BTreeSet<PathBuf>> = BTreeMap::new();
        for (folder, build) in all().filter(|(_, build)| build.context.is_some()) {
            let found = dockerfile(folder, build);
            if let (Some(service), Some(path)) = (build.services.first(), found) {
                by_service.entry(service).or_default().insert(path);
            }
        }
        for (folder, build) in all().filter(|(_, build)| !build.contexts.is_empty()) {
            let mut paths: BTreeSet<PathBuf> = dockerfile(folder, build).into_iter().collect();
            if build.context.is_none() {
                let services = build.services.iter().map(String::as_str);
                paths.extend(
                    services
                        .filter_map(|it| by_service.get(it))
                        .flatten()
                        .cloned(),
                );
            }
            for path in paths {
                let names = contexts.0.entry(path).or_default();
                names.extend(build.contexts.iter().cloned());
            }
        }
        contexts
    }
}

impl Contexts {
    /// Returns the names that are contexts in a Dockerfile.
    pub(super) fn of(&self, path: &Path) -> Vec<String> {
        self.0.get(path).into_iter().flatten().cloned().collect()
    }
}

/// Returns the Dockerfile of a build, if it is there.
///
/// Paths are relative to the folder of the first file that Compose is given, which may be
/// one above.
fn dockerfile(folder: &Path, build: &Build) -> Option<PathBuf> {
    let context = build.context.as_deref().unwrap_or(".");
    let names = match &build.dockerfile {
        Some(name) => vec![name.as_str()],
        None => vec!["Dockerfile", "Containerfile"],
    };
    folder.ancestors().find_map(|base| {
        let context = base.join(context);
        let mut paths = names.iter().map(|name| context.join(name));
        paths.find_map(|path| path.canonicalize().ok().filter(|path| path.is_file()))
    })
}

/// Finds the compose files that may say something about what is looked at: those of its
/// repository, or, outside of one, those in the folders around it.
///
/// Each path comes with whether it is a folder, which was searched then.
pub(super) fn around<'a>(
    paths: impl Iterator<Item = (&'a Path, bool)>,
    exclude: &Exclude,
) -> Vec<PathBuf> {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let here = here.unwrap_or_default();
    let mut repositories = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for (path, is_searched) in paths {
        let Ok(path) = path.canonicalize() else {
            continue;
        };
        let around = path.ancestors().skip(usize::from(!path.is_dir()));
        match around.clone().find(|folder| folder.join(".git").exists()) {
            Some(root) if is_searched && root == path => {}
            Some(root) => drop(repositories.insert(root.to_owned())),
            None => {
                let own = around.clone().take(usize::from(!is_searched));
                let above = around.skip(1);
                let above = above.take_while(|folder| folder.starts_with(&here));
                folders.extend(own.chain(above).map(Path::to_owned));
            }
        }
    }
    let is_wanted = |name: &str| FileKind::of_name(name) == Some(FileKind::Compose);
    let searched = repositories
        .iter()
        .flat_map(|root| find(root, exclude, is_wanted).files);
    let usual = folders
        .iter()
        .flat_map(|folder| USUAL_NAMES.iter().map(|name| folder.join(name)));
    searched
        .chain(usual.filter(|path| path.is_file()))
        .collect()
}

/// Reads compose files, those that can be read.
pub(super) fn read(paths: &[PathBuf]) -> impl Iterator<Item = (&Path, ComposeFile)> {
    let bytes = |path: &PathBuf| files::read(path).ok();
    paths
        .iter()
        .filter_map(move |path| Some((path.as_path(), ComposeFile::parse(&bytes(path)?))))
}
