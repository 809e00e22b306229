//! Who we are at which registry, as Docker's and Podman's files say.
//!
//! In order: the text of `DOCKER_AUTH_CONFIG`; `config.json` in `$DOCKER_CONFIG`, else in
//! `~/.docker`; `$REGISTRY_AUTH_FILE`; `containers/auth.json` in `$XDG_RUNTIME_DIR`, then
//! in `$XDG_CONFIG_HOME`, else in `~/.config`. In each, the program `credHelpers` names for
//! the host is asked first, then that of `credsStore`, then `auths` is read. The first
//! that knows the host ends the search. A file that cannot be read is an error, since
//! going on without it would be going on as somebody else.
//!
//! GitLab, Amazon's, Google's and Microsoft's registries need nothing of their own: what
//! `docker login`, or their helper programs, leave in these files is a password or an
//! identity token like any other. Nothing is ever written.
//!
//! The crate `docker_credential` (1.4.0) was tried: it saves 357 of 564 lines, and 12 of 14
//! tests fail, 7 of them because it looks for helpers on the process's own `PATH`. Lost would
//! be Podman's paths below a host, `registrytoken`, `null` for an entry, hosts in capitals,
//! the next place where a helper says that it has none, the time limit for a helper, the
//! refusal of helpers with a path in their names, and which line or key of a file is wrong.
//! A helper that fails would have all of its output shown, secrets included.

mod file;
mod helper;
mod login;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::http::{Secret, Shared};

use self::file::AuthFile;
use self::helper::Helpers;
pub(super) use self::login::Login;
use super::error::Error;

/// The credentials of a run, read when the first registry asks for some.
#[derive(Debug, Clone)]
pub struct CredentialStore {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sources: Vec<Source>,
    files: OnceCell<Result<Vec<AuthFile>, Error>>,
    helpers: Helpers,
    asked: Shared<(String, String), Result<Option<Login>, Error>>,
}

/// Where files may be.
#[derive(Debug)]
enum Source {
    /// A variable's text; it may hold passwords.
    Text(&'static str, Secret),
    File(PathBuf),
}

/// A login and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) login: Login,
    /// For people: the file or program, without secrets.
    pub(super) source: String,
}

impl CredentialStore {
    /// Knows nobody.
    pub fn none() -> Self {
        Self {
            inner: Arc::default(),
        }
    }

    /// Finds out which files to read, and when needed which programs to ask.
    pub fn from_environment(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let path = |name: &str| value(name).map(PathBuf::from);
        let home = path(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        let at_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
        let text = value("DOCKER_AUTH_CONFIG").map(|text| {
            let text = text.to_string_lossy().into_owned();
            Source::Text("DOCKER_AUTH_CONFIG", Secret::new(text))
        });
        let files = [
            path("DOCKER_CONFIG")
                .or_else(|| at_home(".docker"))
                .map(|dir| dir.join("config.json")),
            path("REGISTRY_AUTH_FILE"),
            path("XDG_RUNTIME_DIR").map(|dir| dir.join("containers/auth.json")),
            path("XDG_CONFIG_HOME")
                .or_else(|| at_home(".config"))
                .map(|dir| dir.join("containers/auth.json")),
        ];
        let files = files.into_iter().flatten().map(Source::File);
        Self {
            inner: Arc::new(Inner {
                sources: text.into_iter().chain(files).collect(),
                helpers: Helpers::new(value("PATH")),
                ..Inner::default()
            }),
        }
    }

    /// Returns who we are at a host, for a repository's path there.
    pub(super) async fn find(&self, host: &str, path: &str) -> Result<Option<Found>, Error> {
        for file in self.files().await? {
            if let Some(found) = self.find_in(file, host, path).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Tells whether two repositories of a host are asked for as the same person.
    pub(super) async fn is_same(&self, host: &str, path: &str, other: &str) -> bool {
        let Ok(files) = self.files().await else {
            return true;
        };
        files
            .iter()
            .all(|file| file.area(host, path) == file.area(host, other))
    }

    async fn files(&self) -> Result<&[AuthFile], Error> {
        let read = || async {
            let mut files = Vec::new();
            for source in &self.inner.sources {
                let (name, text) = match source {
                    Source::Text(name, text) => (format!("`{name}`"), text.expose().to_owned()),
                    Source::File(path) => {
                        let name = format!("`{}`", path.display());
                        match std::fs::read(path) {
                            Ok(bytes) => (name, String::from_utf8_lossy(&bytes).into_owned()),
                            Err(error) if is_absent(&error) => continue,
                            Err(error) => {
                                return Err(Error::Credentials {
                                    source_name: name,
                                    detail: error.to_string(),
                                });
                            }
                        }
                    }
                };
                match AuthFile::parse(name.clone(), &text) {
                    Ok(file) => files.push(file),
                    Err(detail) => {
                        return Err(Error::Credentials {
                            source_name: name,
                            detail,
                        });
                    }
                }
            }
            Ok(files)
        };
        match self.inner.files.get_or_init(read).await {
            Ok(files) => Ok(files),
            Err(error) => Err(error.clone()),
        }
    }

    async fn find_in(
        &self,
        file: &AuthFile,
        host: &str,
        path: &str,
    ) -> Result<Option<Found>, Error> {
        for program in file.helpers(host, path) {
            for server in file::names_for_helpers(host) {
                let work = self.inner.helpers.ask(program, server);
                let key = (program.to_owned(), server.to_owned());
                if let Some(login) = self.inner.asked.get(key, work).await? {
                    let source = format!("`{}`", helper::program_name(program));
                    return Ok(Some(Found { login, source }));
                }
            }
        }
        Ok(file.login(host, path).map(|login| Found {
            login: login.clone(),
            source: file.name().to_owned(),
        }))
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
