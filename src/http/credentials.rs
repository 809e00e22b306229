//! Who we are on which server.
//!
//! Credentials belong to an origin (scheme, host and port): they are sent to it
//! without being asked for, and to no other. Where an origin has several, the
//! one whose path is the longest prefix of the URL's goes.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use url::Url;

use super::netrc::Netrc;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns the text, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A user name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: Secret,
    pub(super) password: Secret,
}

/// The credentials a run knows of.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    entries: Vec<Entry>,
    netrc: Option<PathBuf>,
    netrc_read: OnceLock<Netrc>,
}

#[derive(Debug, Clone)]
struct Entry {
    origin: Origin,
    /// Ends in a slash, or is empty for the whole origin.
    path: String,
    login: Login,
}

/// Scheme, host and port (RFC 6454 §4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Self {
        Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default(),
        }
    }

    /// As [`Origin::of`] and a comparison, without making one.
    fn is_of(&self, url: &Url) -> bool {
        self.scheme == url.scheme()
            && self.host == url.host_str().unwrap_or_default()
            && self.port == url.port_or_known_default()
    }
}

impl Credentials {
    /// Adds what to say below `prefix`, and elsewhere on its origin if nothing fits better.
    ///
    /// Credentials added later win over earlier ones for the same prefix.
    pub fn add(&mut self, prefix: &Url, user: &str, password: &str) {
        let login = Login {
            user: Secret::new(user),
            password: Secret::new(password),
        };
        self.add_login(prefix, login);
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

    fn add_login(&mut self, prefix: &Url, login: Login) {
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
        // A file is "below" its own URL, too.
        let fits = |entry: &&Entry| {
            url.path().starts_with(&entry.path) || url.path() == entry.path.trim_end_matches('/')
        };
        let of_origin = || self.entries.iter().filter(|entry| entry.origin.is_of(url));
        let best = of_origin()
            .filter(fits)
            .max_by_key(|entry| entry.path.len())
            .or_else(|| of_origin().next_back());
        if let Some(entry) = best {
            return Some(entry.login.clone());
        }
        self.netrc().machine(url.host_str()?).cloned()
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

/// Takes user name and password out of a URL, percent-decoded.
pub(super) fn take_login(url: &mut Url) -> Option<Login> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let login = Login {
        user: Secret(percent_decode(url.username())),
        password: Secret(percent_decode(url.password().unwrap_or_default())),
    };
    // These fail only for URLs without a host, which have no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(login)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digit = |index: usize| char::from(*tail.get(index)?).to_digit(16);
        if let (b'%', Some(high), Some(low)) = (byte, digit(0), digit(1)) {
            bytes.push(u8::try_from(high * 16 + low).expect("two hex digits are a byte"));
            rest = &tail[2..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
