//! References to images, by the grammar of the distribution project:
//!
//! ```text
//! reference  = name [ ":" tag ] [ "@" digest ]
//! name       = [ host [ ":" port ] "/" ] component *( "/" component )
//! component  = alnum *( separator alnum )     ; lower case
//! separator  = "." / "_" / "__" / 1*"-"
//! tag        = ( ALPHA / DIGIT / "_" ) *127( ALPHA / DIGIT / "_" / "." / "-" )
//! ```
//!
//! What comes before the first slash is a host if it has a dot, a colon or a capital
//! letter, or is `localhost`. A reference keeps its spelling; [`Repository`] is what
//! it means. Names of 64 hexadecimal digits (image IDs) are refused, as builders do.

use std::fmt;
use std::ops::Range;

use super::digest::{Digest, DigestError};

/// The registry of names without a host.
pub const DEFAULT_HOST: &str = "docker.io";

/// A reference as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    text: String,
    name_end: usize,
    tag_end: usize,
    repository: Repository,
    digest: Option<Digest>,
}

/// Where an image is: a registry's host, and a path there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository {
    /// `host` or `host:port`; `docker.io` for Docker Hub.
    pub host: String,
    /// The whole path: `library/python`.
    pub path: String,
}

/// Why a text is not a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is nothing.
    #[error("the image name is empty")]
    Empty,
    /// The path has capital letters.
    #[error("`{0}` has capital letters, which repository names cannot have")]
    UpperCase(String),
    /// The name does not follow the grammar.
    #[error("`{0}` is not an image name")]
    Name(String),
    /// The tag does not follow the grammar.
    #[error("`{0}` is not a tag")]
    Tag(String),
    /// The digest is none.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The name is longer than 255 characters.
    #[error("the image name is longer than 255 characters")]
    TooLong,
    /// The name looks like an image's ID.
    #[error("`{0}` is an image ID, not the name of a repository")]
    Identifier(String),
}

impl Reference {
    /// Reads a reference.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        // A colon before the last slash is a port's.
        let last_component = rest.rfind('/').map_or(0, |slash| slash + 1);
        let name_end = rest[last_component..]
            .find(':')
            .map_or(rest.len(), |colon| last_component + colon);
        let name = &rest[..name_end];
        let repository = Repository::parse(name)?;
        if let Some(tag) = rest.get(name_end + 1..) {
            check_tag(tag)?;
        } else if rest.len() > name_end {
            return Err(ReferenceError::Tag(String::new()));
        }
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if rest.len() == 64 && rest.bytes().all(is_hex) {
            return Err(ReferenceError::Identifier(rest.to_owned()));
        }
        Ok(Self {
            name_end,
            tag_end: rest.len(),
            repository,
            digest,
            text: text.to_owned(),
        })
    }

    /// Returns the text as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the name as it was written: host and path.
    pub fn name(&self) -> &str {
        &self.text[..self.name_end]
    }

    /// Returns the tag.
    pub fn tag(&self) -> Option<&str> {
        self.text
            .get(self.name_end + 1..self.tag_end)
            .filter(|tag| !tag.is_empty())
    }

    /// Returns the tag to follow: the one written, `latest` if there is neither tag
    /// nor digest, none if there is a digest alone.
    pub fn followed_tag(&self) -> Option<&str> {
        match (self.tag(), &self.digest) {
            (Some(tag), _) => Some(tag),
            (None, None) => Some("latest"),
            (None, Some(_)) => None,
        }
    }

    /// Returns the digest.
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Returns where name and tag end in the text: a digest goes there.
    pub const fn tag_end(&self) -> usize {
        self.tag_end
    }

    /// Returns where the name ends in the text.
    pub const fn name_end(&self) -> usize {
        self.name_end
    }

    /// Returns where the digest stands in the text, without its `@`.
    pub fn digest_range(&self) -> Option<Range<usize>> {
        self.digest
            .is_some()
            .then(|| self.tag_end + 1..self.text.len())
    }

    /// Returns what the name means.
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Returns the shortest name for the same, without `:latest`: what builders compare
    /// with the names of contexts.
    pub fn familiar(&self) -> String {
        let mut text = self.repository.familiar().into_owned();
        if let Some(tag) = self
            .tag()
            .filter(|tag| *tag != "latest" || self.digest.is_some())
        {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest.as_str());
        }
        text
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Repository {
    fn parse(name: &str) -> Result<Self, ReferenceError> {
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest),
            _ => (DEFAULT_HOST, name),
        };
        let host = match host {
            "index.docker.io" | "registry-1.docker.io" => DEFAULT_HOST,
            host => host,
        };
        check_host(host).ok_or_else(|| ReferenceError::Name(name.to_owned()))?;
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ReferenceError::UpperCase(name.to_owned()));
        }
        if !path.split('/').all(is_component) {
            return Err(ReferenceError::Name(name.to_owned()));
        }
        let path = if host == DEFAULT_HOST && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        if host.len() + 1 + path.len() > 255 {
            return Err(ReferenceError::TooLong);
        }
        Ok(Self {
            host: host.to_owned(),
            path,
        })
    }

    /// Returns the shortest name: `python`, `acme/app`, `ghcr.io/acme/app`.
    pub fn familiar(&self) -> std::borrow::Cow<'_, str> {
        if self.host == DEFAULT_HOST {
            self.path
                .strip_prefix("library/")
                .filter(|rest| !rest.contains('/'))
                .unwrap_or(&self.path)
                .into()
        } else {
            self.to_string().into()
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

fn is_host(first: &str) -> bool {
    first == "localhost"
        || first
            .bytes()
            .any(|byte| matches!(byte, b'.' | b':') || byte.is_ascii_uppercase())
}

/// Checks `name`, `name:port`, `[address]` or `[address]:port`.
fn check_host(host: &str) -> Option<()> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let is_address = !address.is_empty()
                && address
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            if !is_address {
                return None;
            }
            (None, (!port.is_empty()).then(|| port.strip_prefix(':')))
        }
        None => match host.split_once(':') {
            Some((name, port)) => (Some(name), Some(Some(port))),
            None => (Some(host), None),
        },
    };
    if let Some(name) = name {
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !name.split('.').all(is_label) {
            return None;
        }
    }
    match port {
        None => Some(()),
        Some(port) => {
            let port = port?;
            (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
        }
    }
}

fn is_component(component: &str) -> bool {
    let is_alnum = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !is_alnum(first) || !is_alnum(last) {
        return false;
    }
    component
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

/// Whether a text is a tag by the grammar.
pub fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag
            .bytes()
            .all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn check_tag(tag: &str) -> Result<(), ReferenceError> {
    if is_tag(tag) {
        Ok(())
    } else {
        Err(ReferenceError::Tag(tag.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, host: &str, path: &str, tag: Option<&str>) -> Reference {
        let reference = Reference::parse(text).unwrap();
        assert_eq!(reference.as_str(), text);
        let repository = reference.repository();
        assert_eq!(
            (repository.host.as_str(), repository.path.as_str()),
            (host, path)
        );
        assert_eq!(reference.tag(), tag);
        reference
    }

    #[test]
    fn short_names_are_docker_hubs() {
        check("python", "docker.io", "library/python", None);
        check("python:3.9", "docker.io", "library/python", Some("3.9"));
        check("acme/app", "docker.io", "acme/app", None);
        check("docker.io/python", "docker.io", "library/python", None);
        check(
            "index.docker.io/acme/app:1",
            "docker.io",
            "acme/app",
            Some("1"),
        );
    }

    #[test]
    fn what_is_before_the_first_slash_may_be_a_host() {
        check("localhost/app", "localhost", "app", None);
        check(
            "localhost:5000/team/app",
            "localhost:5000",
            "team/app",
            None,
        );
        check("127.0.0.1:5000/app:1", "127.0.0.1:5000", "app", Some("1"));
        check("[::1]:5000/app", "[::1]:5000", "app", None);
        check("Foo/bar", "Foo", "bar", None);
        check("ghcr.io/a/b__c", "ghcr.io", "a/b__c", None);
        check("host:5000/x", "host:5000", "x", None);
    }

    #[test]
    fn a_digest_ends_a_reference() {
        let digest = Digest::of(b"");
        let reference = check(
            &format!("python:3.9@{digest}"),
            "docker.io",
            "library/python",
            Some("3.9"),
        );
        assert_eq!(reference.digest(), Some(&digest));
        let range = reference.digest_range().unwrap();
        assert_eq!(&reference.as_str()[range], digest.as_str());
        assert_eq!(&reference.as_str()[..reference.tag_end()], "python:3.9");
        let bare = Reference::parse(&format!("python@{digest}")).unwrap();
        assert_eq!((bare.tag(), bare.followed_tag()), (None, None));
    }

    #[test]
    fn familiar_names_are_short_and_without_latest() {
        let familiar = |text| Reference::parse(text).unwrap().familiar();
        assert_eq!(familiar("docker.io/library/python:latest"), "python");
        assert_eq!(familiar("python:3.9"), "python:3.9");
        assert_eq!(familiar("docker.io/acme/app"), "acme/app");
        assert_eq!(familiar("ghcr.io/acme/app:1"), "ghcr.io/acme/app:1");
    }

    #[test]
    fn refuses_what_builders_refuse() {
        for bad in [
            "",
            ":",
            "SCRATCH",
            "acme/App",
            "python:",
            "python:-x",
            "python@",
            "python@sha256:1",
            "-x",
            "a//b",
            "a/",
            "/a",
            "a___b",
            "a..b",
            "a.-b",
            "docker-image://x",
            "exa mple",
            "host:port/x",
            "[::1/x",
            "a:b:c",
            "caf\u{e9}",
        ] {
            assert!(Reference::parse(bad).is_err(), "{bad:?}");
        }
        assert!(matches!(
            Reference::parse(&"a".repeat(64)),
            Err(ReferenceError::Identifier(_))
        ));
        assert!(Reference::parse(&format!("python:{}", "x".repeat(129))).is_err());
        assert_eq!(
            Reference::parse("ab/".repeat(90).trim_end_matches('/')),
            Err(ReferenceError::TooLong)
        );
    }
}
