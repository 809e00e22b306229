//! `git+…` URLs.
//!
//! ```text
//! url      = "git+" transport "://" [ userinfo "@" ] host [ ":" port ] path
//!            [ "@" revision ] [ "?" query ] [ "#" part *( "&" part ) ]
//! part     = "subdirectory=" path / "egg=" name
//! ```
//!
//! As pip reads it: the revision is what follows the last `@` of the path, and is taken
//! as it stands; values of the fragment are percent-decoded. What pip ignores in the
//! fragment is ignored. `${VAR}` may stand anywhere behind the scheme.

use std::fmt;

use crate::text::{percent_decoded, without_password};

/// Where a project is in a git repository.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GitUrl {
    transport: Transport,
    /// What is before the `@` of the host, with its secrets.
    userinfo: Option<String>,
    /// Host and port; empty for files.
    host: String,
    /// The path, from its first slash.
    path: String,
    /// What follows a `?`.
    query: Option<String>,
    revision: Option<String>,
    subdirectory: Option<String>,
    egg: Option<String>,
}

/// Who someone is for a server.
pub(super) struct Login {
    /// `https://host:port`.
    pub(super) server: String,
    pub(super) user: String,
    pub(super) password: String,
}

/// How git talks to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Transport {
    Https,
    Http,
    Ssh,
    Git,
    File,
}

impl Transport {
    const ALL: [Self; 5] = [Self::Https, Self::Http, Self::Ssh, Self::Git, Self::File];

    const fn scheme(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Ssh => "ssh",
            Self::Git => "git",
            Self::File => "file",
        }
    }
}

/// Why a text is not a URL of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitUrlError {
    /// It does not start with `git+` and the name of a transport.
    #[error(
        "the URL of a git repository starts with `git+https://`, `git+ssh://`, or `git+file:///`"
    )]
    NotGit,
    /// It is a repository of another version control system.
    #[error("{system} repositories are not supported")]
    OtherSystem {
        /// Its name.
        system: &'static str,
    },
    /// Git has such a transport, or not; it is none that is used here.
    #[error("`{transport}` is not a supported git transport")]
    Transport {
        /// What follows `git+`.
        transport: String,
    },
    /// It is written as for `scp`: `git+git@host:path`.
    #[error("`host:path` is not a URL")]
    Scp {
        /// The URL that is meant.
        write: String,
    },
    /// There is no host.
    #[error("the URL has no host")]
    NoHost,
    /// What follows the colon of the host is not a number.
    #[error("the `:` after the host is not followed by a port")]
    Port {
        /// The URL that is meant, if it is plain.
        write: Option<String>,
    },
    /// The host or the user would be an option of a program.
    #[error("a host or user name cannot start with `-`")]
    Dash,
    /// There is no path.
    #[error("the URL has no path")]
    NoPath,
    /// A `file:` URL names a host, or a relative path.
    #[error("a file URL needs three slashes and an absolute path")]
    RelativeFile,
    /// Nothing follows the `@`.
    #[error("no revision follows the `@`")]
    NoRevision,
    /// The revision is none that a branch, tag or commit can have.
    #[error("`{revision}` is not the name of a branch, tag, or commit")]
    Revision {
        /// The revision.
        revision: String,
    },
    /// The subdirectory is not below the top of the repository.
    #[error("the subdirectory `{subdirectory}` is outside of the repository")]
    Subdirectory {
        /// The subdirectory.
        subdirectory: String,
    },
    /// There are control characters in it.
    #[error("the URL contains a control character")]
    Control,
}

impl GitUrlError {
    /// Returns what to do about it, if there is something to say.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::OtherSystem { .. } => {
                "only git is supported; otherwise use an archive or a directory with the source"
                    .to_owned()
            }
            Self::Transport { .. } => {
                "write `git+https://`, `git+ssh://`, `git+http://`, `git+git://`, or \
                 `git+file:///`"
                    .to_owned()
            }
            Self::Scp { write } | Self::Port { write: Some(write) } => format!("write `{write}`"),
            Self::Port { write: None } => {
                "write `%2F`, `%3F`, and `%23` for `/`, `?`, and `#` in a password".to_owned()
            }
            Self::NoPath => "write `%40` for an `@` that belongs to the path".to_owned(),
            Self::RelativeFile => "write `git+file:///path/to/repository`".to_owned(),
            Self::NoRevision => {
                "name a branch, tag, or commit after it, or omit the `@` for the default branch"
                    .to_owned()
            }
            Self::Revision { .. } => {
                "name a branch, a tag, a commit, or a `refs/…`; git expressions such as `main~2` \
                 are not supported"
                    .to_owned()
            }
            Self::Subdirectory { .. } => {
                "write a path from the root of the repository, without `..`".to_owned()
            }
            Self::NotGit | Self::NoHost | Self::Dash | Self::Control => return None,
        })
    }
}

impl GitUrl {
    /// Reads a `git+…` URL.
    ///
    /// # Errors
    /// When it is none; [`GitUrlError::help`] says what to write.
    pub fn parse(text: &str) -> Result<Self, GitUrlError> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(GitUrlError::Control);
        }
        let (transport, rest) = transport(text)?;
        // Decoded, one could end a line of what is told to git.
        if percent_decoded(rest).contains(['\0', '\n', '\r']) {
            return Err(GitUrlError::Control);
        }
        let (rest, fragment) = split_off(rest, '#');
        let (rest, query) = split_off(rest, '?');
        let (userinfo, host, path) = if transport == Transport::File {
            (None, "", file_path(rest)?)
        } else {
            authority(transport, rest)?
        };
        let (path, revision) = match path.rsplit_once('@') {
            Some((_, "")) => return Err(GitUrlError::NoRevision),
            Some((path, revision)) => (path, Some(revision)),
            None => (path, None),
        };
        if path.trim_matches('/').is_empty() {
            return Err(GitUrlError::NoPath);
        }
        if let Some(revision) = revision.filter(|revision| !is_revision(revision)) {
            let revision = revision.to_owned();
            return Err(GitUrlError::Revision { revision });
        }
        let fragment = fragment.unwrap_or_default();
        let value = |key: &str| {
            fragment
                .split('&')
                .find_map(|part| part.strip_prefix(key)?.strip_prefix('='))
                .map(|value| percent_decoded(value).into_owned())
        };
        Ok(Self {
            transport,
            userinfo: userinfo.map(without_spaces),
            host: lower_case(host),
            path: without_spaces(path),
            query: query.map(without_spaces),
            revision: revision.map(str::to_owned),
            subdirectory: value("subdirectory")
                .map(|value| relative(&value))
                .transpose()?
                .filter(|value| !value.is_empty()),
            egg: value("egg").filter(|value| !value.is_empty()),
        })
    }

    /// Returns the repository's URL without `git+`, revision, fragment and credentials:
    /// `https://host/path`.
    pub fn repository(&self) -> String {
        let url = self.url(self.transport == Transport::Ssh);
        without_password(&url)
    }

    /// Returns the branch, tag, commit or `refs/…` that is asked for; without one it is
    /// the repository's default branch.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// Returns the folder of the project in the repository, with `/`, if it is not the top.
    pub fn subdirectory(&self) -> Option<&str> {
        self.subdirectory.as_deref()
    }

    /// Returns the name, with extras, that the fragment gives.
    pub fn egg(&self) -> Option<&str> {
        self.egg.as_deref()
    }

    /// Returns the full hash, in lower case, if that is the revision.
    pub fn full_commit(&self) -> Option<String> {
        self.revision()
            .filter(|revision| is_full_hash(revision))
            .map(str::to_ascii_lowercase)
    }

    /// Returns the URL with a commit as its revision, as a lock has it.
    ///
    /// `git+https://host/path@<hash>#subdirectory=…`: without `egg`, and without
    /// credentials but for `${VAR}` and the user of SSH.
    pub fn pinned(&self, commit: &str) -> String {
        self.printed(Some(commit))
    }

    /// As [`pinned`](Self::pinned), of the URL as it was written, before `${VAR}` was
    /// replaced to get this one.
    ///
    /// Where variables hold more than a part of the address, so that a commit has no
    /// place in the text, it is this URL that is printed.
    pub fn pinned_as_written(&self, written: &str, commit: &str) -> String {
        match Self::parse(written) {
            Ok(written)
                if written.revision.is_some() == self.revision.is_some()
                    && written.subdirectory.is_some() == self.subdirectory.is_some() =>
            {
                written.pinned(commit)
            }
            _ => self.pinned(commit),
        }
    }

    /// Returns what is before the `@` of the host of an HTTP URL: a secret.
    pub(super) fn credentials(&self) -> Option<&str> {
        let is_http = matches!(self.transport, Transport::Https | Transport::Http);
        self.userinfo.as_deref().filter(|_| is_http)
    }

    /// Returns the URL git is given: without what is a secret.
    pub(super) fn address(&self) -> String {
        self.url(self.transport == Transport::Ssh)
    }

    /// Returns the login that an HTTP URL has, decoded.
    pub(super) fn login(&self) -> Option<Login> {
        let credentials = self.credentials()?;
        // A token alone is a user without a password.
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        Some(Login {
            server: format!("{}://{}", self.transport.scheme(), self.host),
            user: percent_decoded(user).into_owned(),
            password: percent_decoded(password).into_owned(),
        })
    }

    pub(super) fn transport(&self) -> Transport {
        self.transport
    }

    /// Returns the name of a variable in the address or revision that has no value.
    pub(super) fn variable(&self) -> Option<&str> {
        [
            self.userinfo.as_deref(),
            Some(&*self.host),
            Some(&*self.path),
            self.revision(),
        ]
        .into_iter()
        .flatten()
        .find_map(variable)
    }

    fn url(&self, has_user: bool) -> String {
        let scheme = self.transport.scheme();
        let mut url = format!("{scheme}://");
        if let Some(userinfo) = self.userinfo.as_deref().filter(|_| has_user) {
            // What SSH does with a password is to ignore it.
            let user = match self.transport {
                Transport::Ssh => userinfo.split(':').next().unwrap_or_default(),
                _ => userinfo,
            };
            url.push_str(user);
            url.push('@');
        }
        url.push_str(&self.host);
        url.push_str(&self.path);
        if let Some(query) = &self.query {
            url.push('?');
            url.push_str(query);
        }
        url
    }

    fn printed(&self, revision: Option<&str>) -> String {
        let mut url = format!("git+{}", self.url(true));
        if let Some(revision) = revision {
            // Before the query, which is not a part of the path.
            let query = self.query.as_ref().map_or(0, |query| query.len() + 1);
            url.insert_str(url.len() - query, &format!("@{revision}"));
        }
        if let Some(subdirectory) = &self.subdirectory {
            url.push_str("#subdirectory=");
            encode(subdirectory, &mut url);
        }
        without_password(&url)
    }
}

/// Without credentials.
impl fmt::Display for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.printed(self.revision()))
    }
}

/// Without credentials.
impl fmt::Debug for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GitUrl").field(&self.to_string()).finish()
    }
}

fn transport(text: &str) -> Result<(Transport, &str), GitUrlError> {
    let (system, rest) = text.split_once('+').ok_or(GitUrlError::NotGit)?;
    let others = [
        ("hg", "Mercurial"),
        ("svn", "Subversion"),
        ("bzr", "Bazaar"),
    ];
    for (scheme, system_name) in others {
        if system.eq_ignore_ascii_case(scheme) {
            return Err(GitUrlError::OtherSystem {
                system: system_name,
            });
        }
    }
    if !system.eq_ignore_ascii_case("git") {
        return Err(GitUrlError::NotGit);
    }
    let (scheme, behind) = rest.split_once(':').ok_or(GitUrlError::NotGit)?;
    let known = Transport::ALL
        .into_iter()
        .find(|transport| transport.scheme().eq_ignore_ascii_case(scheme));
    match (known, behind.strip_prefix("//")) {
        (Some(transport), Some(behind)) => Ok((transport, behind)),
        // Tools are known that print `file:/path`.
        (Some(Transport::File), None) if behind.starts_with('/') => Ok((Transport::File, behind)),
        (_, None) if !behind.is_empty() && !scheme.contains('/') => {
            let path = behind.trim_start_matches('/');
            Err(GitUrlError::Scp {
                write: without_password(&format!("git+ssh://{scheme}/{path}")),
            })
        }
        (None, Some(_)) => Err(GitUrlError::Transport {
            transport: scheme.to_owned(),
        }),
        _ => Err(GitUrlError::NotGit),
    }
}

fn split_off(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

fn file_path(rest: &str) -> Result<&str, GitUrlError> {
    // A variable may hold an absolute path.
    if rest.starts_with('/') || rest.starts_with("${") {
        Ok(rest)
    } else {
        Err(GitUrlError::RelativeFile)
    }
}

/// Splits `userinfo@host:port/path`.
fn authority(transport: Transport, rest: &str) -> Result<(Option<&str>, &str, &str), GitUrlError> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (Some(userinfo), host),
        None => (None, authority),
    };
    let name_end = if host.starts_with('[') {
        host.find(']').map_or(host.len(), |at| at + 1)
    } else {
        host.find(':').unwrap_or(host.len())
    };
    let (name, port) = host.split_at(name_end);
    if name.is_empty() {
        return Err(GitUrlError::NoHost);
    }
    if name.starts_with('-') || userinfo.is_some_and(|user| user.starts_with('-')) {
        return Err(GitUrlError::Dash);
    }
    let port = port.strip_prefix(':').unwrap_or(port);
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) || variable(port).is_some();
    if !is_port {
        // Without an `@` it may be a password that is cut off by a slash in it.
        let is_plain =
            transport == Transport::Ssh && userinfo.is_some_and(|user| !user.contains(':'));
        let write = is_plain.then(|| {
            let user = userinfo.unwrap_or_default();
            format!("git+ssh://{user}@{name}/{port}{path}")
        });
        return Err(GitUrlError::Port { write });
    }
    if path.is_empty() {
        return Err(GitUrlError::NoPath);
    }
    Ok((userinfo.filter(|user| !user.is_empty()), host, path))
}

/// Whether git can have a branch, tag or commit of this name (git-check-ref-format).
fn is_revision(revision: &str) -> bool {
    let is_braced = variable(revision).is_some();
    let is_bad = |c: char| c.is_whitespace() || "~^:?*[\\".contains(c);
    !revision.starts_with(['-', '/'])
        && !revision.ends_with(['/', '.'])
        && !revision.contains("..")
        && !revision.contains("//")
        && !revision.contains(is_bad)
        && (is_braced || !revision.contains("@{"))
}

/// Returns the name of the first `${NAME}` in a text.
fn variable(text: &str) -> Option<&str> {
    let is_name = |name: &str| {
        let is_word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        !name.is_empty() && name.bytes().all(is_word)
    };
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("${") {
        match behind.split_once('}') {
            Some((name, _)) if is_name(name) => return Some(name),
            _ => rest = behind,
        }
    }
    None
}

/// Whether it is a whole hash, SHA-1's or SHA-256's.
pub(super) fn is_full_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && is_hex(text)
}

/// Whether it could be the start of a hash, as git takes it.
pub(super) fn is_short_hash(text: &str) -> bool {
    (4..64).contains(&text.len()) && text.len() != 40 && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Makes a path from the top of a repository plain.
fn relative(path: &str) -> Result<String, GitUrlError> {
    let outside = || GitUrlError::Subdirectory {
        subdirectory: path.to_owned(),
    };
    if path.starts_with('/') || path.contains(['\\', '\0', '\n']) || path.get(1..2) == Some(":") {
        return Err(outside());
    }
    let names: Vec<&str> = path
        .split('/')
        .filter(|name| !name.is_empty() && *name != ".")
        .collect();
    if names
        .iter()
        .any(|name| *name == ".." || name.eq_ignore_ascii_case(".git"))
    {
        return Err(outside());
    }
    Ok(names.join("/"))
}

/// Writes spaces as a URL has them: a requirement ends at one.
fn without_spaces(text: &str) -> String {
    text.replace(' ', "%20")
}

fn encode(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            ' ' => into.push_str("%20"),
            '%' => into.push_str("%25"),
            '&' => into.push_str("%26"),
            '#' => into.push_str("%23"),
            '"' => into.push_str("%22"),
            c => into.push(c),
        }
    }
}

/// Hosts have no case; the names of variables do.
fn lower_case(host: &str) -> String {
    if variable(host).is_some() {
        host.to_owned()
    } else {
        host.to_ascii_lowercase()
    }
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
