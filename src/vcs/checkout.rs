//! The files of a commit, in a folder of their own.
//!
//! The folder has a `.git`, for builds ask it: which files are tracked, what the last tag
//! is. Its objects are those of the store (`objects/info/alternates`), so nothing is
//! copied. Submodules are fetched by git itself; their repositories are kept beside the
//! store, by commit.

use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::history::PROJECT_FILES;
use super::program::{At, Program};
use super::store::{Store, temporary_folder};
use super::url::GitUrl;
use crate::files::TemporaryFolder;

/// The files of a commit. They may be changed, and are removed when this is dropped.
#[derive(Debug)]
pub struct Checkout {
    root: PathBuf,
    path: PathBuf,
    commit: String,
    _folder: TemporaryFolder,
}

impl Checkout {
    /// Returns the folder of the project: the URL's subdirectory, or the top.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the folder at the top of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the full hash of the commit.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    pub(super) async fn new(
        program: &Program,
        url: &GitUrl,
        commit: &str,
        store: &Store,
        is_offline: bool,
    ) -> Result<Self, Error> {
        let folder = temporary_folder().map_err(|source| Error::Files {
            path: std::env::temp_dir(),
            source,
        })?;
        let top = folder.path().canonicalize();
        let top = top.map_err(|source| files(folder.path(), source))?;
        let root = top.join("source");
        let mut arguments = vec!["init", "--quiet", "--template="];
        if commit.len() == 64 {
            arguments.push("--object-format=sha256");
        }
        arguments.extend(["--", "source"]);
        program.text(url, At::Nowhere(&top), &arguments).await?;

        let at = At::Work(&root);
        fill_git_folder(program, url, store, &root.join(".git")).await?;
        // Submodules are named relative to it.
        let arguments = ["config", "remote.origin.url", &url.address()];
        program.text(url, at, &arguments).await?;
        let arguments = ["checkout", "--quiet", "--force", "--detach", commit, "--"];
        program.text(url, at, &arguments).await?;
        if root.join(".gitmodules").is_file() {
            add_submodules(program, url, commit, store, &root, is_offline).await?;
        }
        let path = project_folder(url, commit, &root)?;
        check_project_files(url, commit, &root, &path)?;
        Ok(Self {
            root,
            path,
            commit: commit.to_owned(),
            _folder: folder,
        })
    }
}

/// Lets a new repository use the objects of a store.
async fn fill_git_folder(
    program: &Program,
    url: &GitUrl,
    store: &Store,
    git_folder: &Path,
) -> Result<(), Error> {
    let write = |name: &str, bytes: &[u8]| {
        let path = git_folder.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, bytes))
            .map_err(|source| files(&path, source))
    };
    let objects = store.folder().join("objects");
    let mut objects = objects.into_os_string().into_encoded_bytes();
    objects.push(b'\n');
    write("objects/info/alternates", &objects)?;
    // Git replaces this file whole.
    match std::fs::read(store.folder().join("shallow")) {
        Ok(shallow) => write("shallow", &shallow)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(files(store.folder(), source)),
    }
    if store.is_full() {
        let tags = store.tags(program, url).await?;
        write("packed-refs", tags.as_bytes())?;
    }
    Ok(())
}

/// Checks out submodules, and those in them.
async fn add_submodules(
    program: &Program,
    url: &GitUrl,
    commit: &str,
    store: &Store,
    root: &Path,
    is_offline: bool,
) -> Result<(), Error> {
    let at = At::Work(root);
    // What `.gitmodules` lists need not be in the commit.
    let status = program.text(url, at, &["submodule", "status"]).await?;
    if status.is_empty() {
        return Ok(());
    }
    let kept = store.folder().with_extension("modules").join(commit);
    let modules = root.join(".git").join("modules");
    let is_kept = kept.is_dir();
    if is_kept {
        copy(&kept, &modules).map_err(|source| files(&kept, source))?;
    } else if is_offline {
        return Err(Error::Offline {
            repository: url.repository(),
            what: format!("a submodule of commit `{commit}`"),
        });
    }
    let arguments = ["submodule", "--quiet", "update", "--init", "--recursive"];
    program.text(url, at, &arguments).await?;
    if !is_kept {
        // Without it they are fetched again.
        let _ = keep(&modules, &kept);
    }
    Ok(())
}

/// Copies the repositories of submodules to where they are kept.
fn keep(modules: &Path, kept: &Path) -> io::Result<()> {
    let folder = kept.parent().unwrap_or(kept);
    std::fs::create_dir_all(folder)?;
    let aside = tempfile::Builder::new().prefix("new-").tempdir_in(folder)?;
    let whole = aside.path().join("modules");
    copy(modules, &whole)?;
    // Another process may have been faster; it has the same.
    std::fs::rename(&whole, kept)
}

/// Copies a folder of plain files.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Returns the folder of the project, which is in the repository.
fn project_folder(url: &GitUrl, commit: &str, root: &Path) -> Result<PathBuf, Error> {
    let Some(subdirectory) = url.subdirectory() else {
        return Ok(root.to_owned());
    };
    let failed = |problem| Error::Subdirectory {
        repository: url.repository(),
        commit: commit.to_owned(),
        subdirectory: subdirectory.to_owned(),
        problem,
    };
    // Without symbolic links: they may lead anywhere.
    let path = root.join(subdirectory);
    let path = path
        .canonicalize()
        .map_err(|_| failed("does not contain this directory"))?;
    if !path.starts_with(root) || path.starts_with(root.join(".git")) {
        return Err(failed("has a link there that points outside of it"));
    }
    if !path.is_dir() {
        return Err(failed("has a file there, not a directory"));
    }
    Ok(path)
}

/// Checks that the files that say what a project is are in its repository: what they say
/// is read, and by a build it is run.
fn check_project_files(url: &GitUrl, commit: &str, root: &Path, path: &Path) -> Result<(), Error> {
    for file in PROJECT_FILES {
        let Ok(real) = path.join(file).canonicalize() else {
            // It is not there, or it leads nowhere.
            continue;
        };
        if !real.starts_with(root) || real.starts_with(root.join(".git")) {
            return Err(Error::Outside {
                repository: url.repository(),
                commit: commit.to_owned(),
                file,
            });
        }
    }
    Ok(())
}

fn files(path: &Path, source: io::Error) -> Error {
    Error::Files {
        path: path.to_owned(),
        source,
    }
}
