//! Who we are on which server.
//!
//! Credentials belong to an origin (scheme, host and port): they are sent to it
//! without being asked for, and to no other. Where an origin has several, the
//! one whose path is the longest prefix of the URL's goes.
//!
//! For an index the order is: its URL, variables of the environment, the netrc file,
//! the program `keyring`. A URL with a user and no password is completed by what comes
//! after it; if nothing does, the user goes alone, as tokens are often given.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use url::Url;

use super::keyring::Keyring;
use super::login::{Login, LoginSource, Origin, Secret, take_login};
use super::netrc::Netrc;

/// What variables of the environment say of one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexLogin {
    /// The user.
    pub user: Option<Secret>,
    /// The password.
    pub password: Option<Secret>,
    /// The names of the variables, for messages.
    pub names: String,
}

/// The credentials a run knows of.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    entries: Vec<Entry>,
    /// The roots of indexes as they were given, without logins.
    indexes: Vec<Url>,
    netrc: Option<PathBuf>,
    netrc_read: OnceLock<Netrc>,
    /// Shared by all clones: what is asked once is known to all clients of a run.
    keyring: Arc<Keyring>,
}

#[derive(Debug, Clone)]
struct Entry {
    origin: Origin,
    /// Ends in a slash, or is empty for the whole origin.
    path: String,
    login: Login,
}

impl Credentials {
    /// Adds what to say below `prefix`, and elsewhere on its origin if nothing fits better.
    ///
    /// Credentials added later win over earlier ones for the same prefix.
    pub fn add(&mut self, prefix: &Url, user: &str, password: &str) {
        let login = Login {
            user: Secret::new(user),
            password: Secret::new(password),
            source: LoginSource::Caller,
        };
        self.add_login(prefix, login);
    }

    /// Makes an index known: takes the login out of its URL, or else what variables say
    /// of it.
    pub fn add_index(&mut self, url: &mut Url, variables: Option<IndexLogin>) {
        let in_url = take_login(url);
        self.indexes.push(url.clone());
        let in_variables = variables.and_then(|variables| {
            let user = variables.user.as_ref();
            let of_url = in_url.as_ref().map(|login| &login.user);
            // What the URL says of a user is not for the password of another.
            let fits = user.is_none() || of_url.is_none() || user == of_url;
            let is_empty = user.is_none() && variables.password.is_none();
            (fits && !is_empty).then(|| Login {
                user: user.or(of_url).cloned().unwrap_or_default(),
                password: variables.password.unwrap_or_default(),
                source: LoginSource::Variables(variables.names),
            })
        });
        let login = match (in_url, in_variables) {
            (Some(in_url), Some(other)) if in_url.lacks_password() && !other.lacks_password() => {
                Some(other)
            }
            (in_url, other) => in_url.or(other),
        };
        if let Some(login) = login {
            self.add_login(url, login);
        }
    }

    /// Takes user name and password out of a URL and adds them for what is below it.
    ///
    /// Tells whether there were any.
    pub fn take_from(&mut self, url: &mut Url) -> bool {
        let Some(login) = take_login(url) else {
            return false;
        };
        self.add_login(url, login);
        true
    }

    /// Says where a netrc file is; it is read when the first request is made.
    pub fn set_netrc(&mut self, path: PathBuf) {
        self.netrc = Some(path);
        self.netrc_read = OnceLock::new();
    }

    /// Finds the netrc file: `NETRC`, else `.netrc` (`_netrc` on Windows) at home.
    pub fn find_netrc(&mut self, lookup: impl Fn(&str) -> Option<std::ffi::OsString>) {
        let given = lookup("NETRC").filter(|value| !value.is_empty());
        let path = if let Some(path) = given {
            PathBuf::from(path)
        } else {
            let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
            let Some(home) = lookup(name).filter(|value| !value.is_empty()) else {
                return;
            };
            PathBuf::from(home).join(if cfg!(windows) { "_netrc" } else { ".netrc" })
        };
        self.set_netrc(path);
    }

    pub(super) fn add_login(&mut self, prefix: &Url, login: Login) {
        let mut path = prefix.path().to_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        let entry = Entry {
            origin: Origin::of(prefix),
            path,
            login,
        };
        self.entries
            .retain(|other| other.origin != entry.origin || other.path != entry.path);
        self.entries.push(entry);
    }

    /// Returns what to send to a URL without being asked.
    pub(super) fn find(&self, url: &Url) -> Option<Login> {
        let fits = |entry: &&Entry| is_below(url, &entry.path);
        let of_origin = || self.entries.iter().filter(|entry| entry.origin.is_of(url));
        let best = of_origin()
            .filter(fits)
            .max_by_key(|entry| entry.path.len())
            .or_else(|| of_origin().next_back());
        let host = url.host_str()?;
        match best {
            Some(entry) if entry.login.lacks_password() => {
                let user = entry.login.user.expose();
                let whole = self.netrc().machine_with(host, user);
                Some(whole.unwrap_or(&entry.login).clone())
            }
            Some(entry) => Some(entry.login.clone()),
            None => self.netrc().machine(host).cloned(),
        }
    }

    /// Returns the keyring, and what to ask it of a URL that this login is for: its
    /// index as it was given, or its origin.
    pub(super) fn keyring(&self, url: &Url, login: Option<&Login>) -> Option<KeyringQuestion> {
        let user = match login {
            None => None,
            Some(login) if login.lacks_password() => Some(login.user.expose().to_owned()),
            Some(_) => return None,
        };
        let of_origin = || {
            let origin = Origin::of(url);
            let indexes = self.indexes.iter();
            indexes.filter(move |index| origin.is_of(index))
        };
        let service = of_origin()
            .filter(|index| is_below(url, index.path()))
            .max_by_key(|index| index.path().len())
            .or_else(|| of_origin().next_back())
            .cloned()
            .or_else(|| url.join("/").ok())?;
        Some(KeyringQuestion {
            keyring: Arc::clone(&self.keyring),
            service,
            user,
        })
    }

    /// Returns what the user should know of the keyring, once.
    pub(super) fn take_warning(&self) -> Option<String> {
        self.keyring.take_warning()
    }

    /// Returns what to send to a URL whose server asked for credentials.
    pub(super) fn find_default(&self, url: &Url) -> Option<Login> {
        self.netrc().default_for(url.host_str()?).cloned()
    }

    fn netrc(&self) -> &Netrc {
        self.netrc_read.get_or_init(|| {
            let Some(path) = &self.netrc else {
                return Netrc::default();
            };
            // No file is the usual case; one that cannot be read gives what an
            // absent one does, and the server's answer will say what is missing.
            match std::fs::read(path) {
                Ok(bytes) => Netrc::parse(&String::from_utf8_lossy(&bytes)),
                Err(_) => Netrc::default(),
            }
        })
    }
}

/// What can be asked of the keyring.
pub(super) struct KeyringQuestion {
    pub(super) keyring: Arc<Keyring>,
    pub(super) service: Url,
    pub(super) user: Option<String>,
}

/// Whether a URL is below a path; a file is below its own, too.
fn is_below(url: &Url, path: &str) -> bool {
    let folder = path.trim_end_matches('/');
    let rest = url.path().strip_prefix(folder);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[track_caller]
    fn check(credentials: &Credentials, at: &str, expected: Option<&str>) {
        let found = credentials.find(&url(at));
        assert_eq!(
            found.as_ref().map(|login| login.user.expose()),
            expected,
            "{at}"
        );
    }

    #[test]
    fn go_to_their_origin_only() {
        let mut credentials = Credentials::default();
        credentials.add(&url("https://index.example/simple/"), "me", "pw");
        check(
            &credentials,
            "https://index.example/simple/flask/",
            Some("me"),
        );
        check(
            &credentials,
            "https://index.example:443/files/a.whl",
            Some("me"),
        );
        check(
            &credentials,
            "https://INDEX.example/files/a.whl",
            Some("me"),
        );
        check(&credentials, "http://index.example/simple/flask/", None);
        check(
            &credentials,
            "https://index.example:8443/simple/flask/",
            None,
        );
        check(&credentials, "https://files.index.example/simple/", None);
    }

    #[test]
    fn the_longest_prefix_of_the_path_wins() {
        let mut credentials = Credentials::default();
        credentials.add(&url("https://index.example/a/"), "a", "pw");
        credentials.add(&url("https://index.example/a/b"), "b", "pw");
        check(&credentials, "https://index.example/a/x/", Some("a"));
        check(&credentials, "https://index.example/a/b/", Some("b"));
        check(&credentials, "https://index.example/a/b", Some("b"));
        check(&credentials, "https://index.example/a/bc", Some("a"));
    }

    #[test]
    fn the_later_wins_for_the_same_prefix() {
        let mut credentials = Credentials::default();
        credentials.add(&url("https://index.example/a/"), "first", "pw");
        credentials.add(&url("https://index.example/a/"), "second", "pw");
        check(&credentials, "https://index.example/a/x/", Some("second"));
    }

    #[test]
    fn are_taken_out_of_a_url_and_decoded() {
        let mut credentials = Credentials::default();
        let mut index = url("https://me%40corp:p%2Fw%zz@index.example/simple/");
        assert!(credentials.take_from(&mut index));
        assert_eq!(index.as_str(), "https://index.example/simple/");
        let login = credentials.find(&index).unwrap();
        assert_eq!(login.user.expose(), "me@corp");
        assert_eq!(login.password.expose(), "p/w%zz");
        assert!(!credentials.take_from(&mut index));
    }

    #[track_caller]
    fn check_index(index: &str, user: Option<&str>, password: Option<&str>, expected: &str) {
        let mut credentials = Credentials::default();
        let netrc = tempfile::NamedTempFile::new().unwrap();
        let text = "machine index.example login other password no\n\
                    machine index.example login netrc password yes\n";
        std::fs::write(netrc.path(), text).unwrap();
        credentials.set_netrc(netrc.path().to_owned());
        let mut index = url(index);
        let variables = IndexLogin {
            user: user.map(Secret::new),
            password: password.map(Secret::new),
            names: "VARIABLES".to_owned(),
        };
        credentials.add_index(&mut index, Some(variables));
        let login = credentials.find(&url("https://index.example/simple/a/"));
        let login = login.unwrap();
        assert_eq!(
            format!(
                "{}:{} {:?}",
                login.user.expose(),
                login.password.expose(),
                login.source
            ),
            expected
        );
        assert!(index.username().is_empty());
    }

    #[test]
    fn of_an_index_are_looked_for_in_order() {
        let in_url = "https://me:pw@index.example/simple/";
        check_index(in_url, Some("v"), Some("w"), "me:pw Url");
        let user = "https://me@index.example/simple/";
        check_index(user, None, Some("w"), "me:w Variables(\"VARIABLES\")");
        check_index(user, Some("me"), Some("w"), "me:w Variables(\"VARIABLES\")");
        check_index(user, Some("v"), Some("w"), "me: Url");
        check_index(
            "https://netrc@index.example/simple/",
            None,
            None,
            "netrc:yes Netrc",
        );
        let plain = "https://index.example/simple/";
        check_index(plain, Some("v"), Some("w"), "v:w Variables(\"VARIABLES\")");
        check_index(plain, None, None, "other:no Netrc");
    }

    #[test]
    fn are_not_shown() {
        let mut credentials = Credentials::default();
        credentials.add(&url("https://index.example/"), "someone", "hush");
        let shown = format!("{credentials:?}");
        assert!(
            !shown.contains("hush") && !shown.contains("someone"),
            "{shown}"
        );
        assert_eq!(Secret::new("hush").to_string(), "***");
    }
}
