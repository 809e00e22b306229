//! The commit that a URL names, and its files.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::OnceCell;

use super::checkout::Checkout;
use super::error::Error;
use super::history;
use super::program::{At, Program};
use super::refs::{Meaning, Refs};
use super::store::{self, Store, temporary_folder};
use super::url::{GitUrl, Transport, is_full_hash, is_short_hash};
use crate::files::TemporaryFolder;

/// The folder in the cache; the number changes when old and new builds cannot share it.
const BUCKET: &str = "git-v1";

/// How repositories are used.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The cache folder; without one, what is fetched is kept as long as the [`Git`] is.
    pub cache: Option<PathBuf>,
    /// Whether only what is in the cache may be used.
    pub is_offline: bool,
    /// Variables for git beside those of this process, which they replace.
    pub variables: Vec<(OsString, OsString)>,
}

/// Repositories by their URLs; a clone is the same one.
#[derive(Debug, Clone)]
pub struct Git {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cache: Option<PathBuf>,
    is_offline: bool,
    program: Program,
    root: OnceLock<Root>,
    /// What revisions meant, by repository and revision: one run has one answer, though
    /// somebody moves a branch meanwhile.
    commits: Cells<(String, Option<String>), String>,
    /// By repository, whether all of it was fetched in this run.
    histories: Cells<String, ()>,
}

/// Values that are found once, while those who also want them wait.
type Cells<K, V> = Mutex<HashMap<K, Arc<OnceCell<V>>>>;

/// Where the bare repositories are.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    _temporary: Option<TemporaryFolder>,
}

impl Root {
    fn make(cache: Option<&Path>) -> Result<Self, Error> {
        let files = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Files { path, source }
        };
        let (path, temporary) = if let Some(cache) = cache {
            let path = cache.join(BUCKET);
            std::fs::create_dir_all(&path).map_err(files(&path))?;
            (path, None)
        } else {
            let folder = temporary_folder().map_err(files(&std::env::temp_dir()))?;
            (folder.path().to_owned(), Some(folder))
        };
        Ok(Self {
            // Git is run in other folders, and compares paths without links.
            path: path.canonicalize().map_err(files(&path))?,
            _temporary: temporary,
        })
    }
}

impl Git {
    /// Returns a user of git. Nothing is run or made yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            inner: Arc::new(Inner {
                cache: settings.cache,
                is_offline: settings.is_offline,
                program: Program::new(settings.variables, settings.is_offline),
                root: OnceLock::new(),
                commits: Mutex::default(),
                histories: Mutex::default(),
            }),
        }
    }

    /// Returns the full hash of the commit that a URL's revision names.
    ///
    /// A full hash is its own answer, and nobody is asked whether it exists. A name is
    /// asked for once; offline it is what it was at the last time.
    ///
    /// # Errors
    /// When there is no such revision, or it cannot be asked for.
    pub async fn commit(&self, url: &GitUrl) -> Result<String, Error> {
        self.check(url)?;
        if let Some(commit) = url.full_commit() {
            return Ok(commit);
        }
        let key = (url.repository(), url.revision().map(str::to_owned));
        let cell = cell(&self.inner.commits, key);
        cell.get_or_try_init(|| self.ask(url)).await.cloned()
    }

    /// Returns the files of a commit, in a folder that is the caller's alone.
    ///
    /// With its submodules, and with the history and the tags where the project names a
    /// program that makes its version of them.
    ///
    /// # Errors
    /// When the commit cannot be had, or the URL's subdirectory is not in it.
    pub async fn checkout(&self, url: &GitUrl, commit: &str) -> Result<Checkout, Error> {
        self.check(url)?;
        let commit = commit.to_ascii_lowercase();
        if !is_full_hash(&commit) {
            return Err(Error::UnknownCommit {
                repository: url.repository(),
                commit,
            });
        }
        let program = &self.inner.program;
        let mut store = self.stored(url, &commit).await?;
        if history::is_read(program, url, &store, &commit).await? {
            store = self.stored_with_history(url, &commit, store).await?;
        }
        let is_offline = self.is_offline(url);
        Checkout::new(program, url, &commit, &store, is_offline).await
    }

    /// Refuses what cannot work, before anybody is asked.
    fn check(&self, url: &GitUrl) -> Result<(), Error> {
        if let Some(variable) = url.variable() {
            return Err(Error::UnsetVariable {
                repository: url.repository(),
                variable: variable.to_owned(),
            });
        }
        self.root().map(drop)
    }

    /// Whether the repository may not be asked; one on the disk always may.
    fn is_offline(&self, url: &GitUrl) -> bool {
        self.inner.is_offline && url.transport() != Transport::File
    }

    fn root(&self) -> Result<&Path, Error> {
        if let Some(root) = self.inner.root.get() {
            return Ok(&root.path);
        }
        let root = Root::make(self.inner.cache.as_deref())?;
        // Another task may have been faster; then the one made here goes.
        Ok(&self.inner.root.get_or_init(|| root).path)
    }

    /// Asks which commit a branch, a tag, a `refs/…` or the start of a hash names.
    async fn ask(&self, url: &GitUrl) -> Result<String, Error> {
        let root = self.root()?;
        if self.is_offline(url) {
            return store::remembered(root, url).ok_or_else(|| Error::Offline {
                repository: url.repository(),
                what: match url.revision() {
                    Some(revision) => format!("`{revision}`"),
                    None => "the default branch".to_owned(),
                },
            });
        }
        let commit = match url.revision() {
            None | Some("HEAD") => {
                let refs = self.advertised(url, &[], &["HEAD"]).await?;
                let commit = refs.get("HEAD").map(str::to_owned);
                commit.ok_or_else(|| Error::Empty {
                    repository: url.repository(),
                })?
            }
            Some(name) if name.starts_with("refs/") => {
                let peeled = format!("{name}^{{}}");
                let refs = self.advertised(url, &[], &[name, &peeled]).await?;
                let commit = refs.get(name).map(str::to_owned);
                commit.ok_or_else(|| unknown(url, name, Vec::new()))?
            }
            Some(name) => {
                let refs = self.advertised(url, &["--heads", "--tags"], &[]).await?;
                match refs.meaning(name) {
                    Meaning::Commit(commit) => commit,
                    Meaning::Ambiguous(names) => {
                        return Err(Error::AmbiguousRevision {
                            repository: url.repository(),
                            revision: name.to_owned(),
                            candidates: names.iter().map(|name| format!("`{name}`")).collect(),
                        });
                    }
                    Meaning::Unknown if is_short_hash(name) => {
                        let sample = refs.any_hash().unwrap_or_default();
                        match self.completed(url, name, sample).await? {
                            Some(commit) => commit,
                            None => return Err(unknown(url, name, refs.near(name))),
                        }
                    }
                    Meaning::Unknown => return Err(unknown(url, name, refs.near(name))),
                }
            }
        };
        store::remember(root, url, &commit);
        Ok(commit)
    }

    /// Asks a repository for its branches and tags.
    async fn advertised(
        &self,
        url: &GitUrl,
        options: &[&str],
        patterns: &[&str],
    ) -> Result<Refs, Error> {
        let address = url.address();
        let mut arguments = vec!["ls-remote", "--quiet"];
        arguments.extend(options);
        arguments.extend(["--", &address]);
        arguments.extend(patterns);
        let at = At::Nowhere(self.root()?);
        let text = self.inner.program.text(url, at, &arguments).await?;
        Ok(Refs::parse(&text))
    }

    /// Returns the commit whose hash starts like this; all of them have to be looked at.
    async fn completed(
        &self,
        url: &GitUrl,
        start: &str,
        sample: &str,
    ) -> Result<Option<String>, Error> {
        let store = self.history(url, sample).await?;
        let program = &self.inner.program;
        match store.commit_of(program, url, start).await? {
            Ok(commit) => Ok(Some(commit)),
            Err(said) if said.contains("ambiguous") => Err(Error::AmbiguousRevision {
                repository: url.repository(),
                revision: start.to_owned(),
                candidates: vec!["the start of several hashes".to_owned()],
            }),
            Err(_) => Ok(None),
        }
    }

    /// Returns a store that has a commit with its files.
    async fn stored(&self, url: &GitUrl, commit: &str) -> Result<Store, Error> {
        let (root, program) = (self.root()?, &self.inner.program);
        let full = Store::of(root, url, commit, true);
        if full.has(program, url, commit).await? {
            return Ok(full);
        }
        let store = Store::of(root, url, commit, false);
        if store.has(program, url, commit).await? {
            return Ok(store);
        }
        if self.is_offline(url) {
            return Err(Error::Offline {
                repository: url.repository(),
                what: format!("commit `{commit}`"),
            });
        }
        {
            let _lock = store.lock(program, url, commit).await?;
            // Somebody else may have had the lock for the same.
            if store.has(program, url, commit).await?
                || store.fetch_one(program, url, commit).await?
            {
                return Ok(store);
            }
        }
        let full = self.history(url, commit).await?;
        if full.keep(program, url, commit).await? {
            return Ok(full);
        }
        Err(Error::UnknownCommit {
            repository: url.repository(),
            commit: commit.to_owned(),
        })
    }

    /// Returns a store that has a commit with all before it and the tags of today; of a
    /// commit that no branch and no tag leads to, it may be the store without.
    async fn stored_with_history(
        &self,
        url: &GitUrl,
        commit: &str,
        otherwise: Store,
    ) -> Result<Store, Error> {
        let (root, program) = (self.root()?, &self.inner.program);
        if self.is_offline(url) {
            let full = Store::of(root, url, commit, true);
            return if full.has(program, url, commit).await? {
                Ok(full)
            } else {
                Err(Error::Offline {
                    repository: url.repository(),
                    what: format!("the history of commit `{commit}`"),
                })
            };
        }
        let full = self.history(url, commit).await?;
        let is_there = {
            let _lock = full.lock(program, url, commit).await?;
            full.keep(program, url, commit).await?
                || full.fetch_with_history(program, url, commit).await?
        };
        Ok(if is_there { full } else { otherwise })
    }

    /// Returns the store with all branches and tags, as they are in this run.
    async fn history(&self, url: &GitUrl, commit: &str) -> Result<Store, Error> {
        let (root, program) = (self.root()?, &self.inner.program);
        let store = Store::of(root, url, commit, true);
        let cell = cell(&self.inner.histories, url.to_string());
        cell.get_or_try_init(|| async {
            let _lock = store.lock(program, url, commit).await?;
            store.fetch_all(program, url).await
        })
        .await?;
        Ok(store)
    }
}

fn unknown(url: &GitUrl, revision: &str, near: Vec<String>) -> Error {
    Error::UnknownRevision {
        repository: url.repository(),
        revision: revision.to_owned(),
        near,
    }
}

/// Returns the cell of a key, which the first to come fills.
fn cell<K: std::hash::Hash + Eq, V>(cells: &Cells<K, V>, key: K) -> Arc<OnceCell<V>> {
    // The map is whole after every statement, so a panic elsewhere does no harm.
    let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(cells.entry(key).or_default())
}
