//! The form of Docker's `config.json` and Podman's `auth.json`.
//!
//! Keys are hosts, but Docker wrote URLs in former times (`https://index.docker.io/v1/`
//! still), and Podman allows paths: `quay.io/acme` is for what is below it. Of several
//! keys that fit, the longest counts. The rest of Docker's file does not concern us.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::http::Secret;

use super::login::Login;

/// What one file says.
#[derive(Debug)]
pub(super) struct AuthFile {
    name: String,
    auths: BTreeMap<Key, Option<Login>>,
    helpers: BTreeMap<Key, String>,
    store: Option<String>,
}

/// A host, and the path below which a login is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    host: String,
    /// Without slashes around it; empty for all of the host.
    path: String,
}

#[derive(Default, Deserialize)]
struct Raw {
    auths: Option<BTreeMap<String, Option<RawEntry>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Default, Deserialize)]
struct RawEntry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(rename = "identitytoken")]
    identity_token: Option<String>,
    #[serde(rename = "registrytoken")]
    registry_token: Option<String>,
}

const HUB: &str = "docker.io";

impl AuthFile {
    /// Reads a file's text, or says what is wrong with it, without quoting it.
    pub(super) fn parse(name: String, text: &str) -> Result<Self, String> {
        let raw: Raw = if text.trim().is_empty() {
            Raw::default()
        } else {
            // The library's own words may quote what it read.
            serde_json::from_str(text).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                let what = if error.is_data() {
                    "not the expected JSON"
                } else {
                    "not JSON"
                };
                format!("{what}, at line {line}, column {column}")
            })?
        };
        let mut auths = BTreeMap::new();
        for (key, entry) in raw.auths.unwrap_or_default() {
            let login = entry
                .unwrap_or_default()
                .login()
                .map_err(|detail| format!("{detail}, of `{}`", key.escape_debug()))?;
            // Two spellings of one host: one with a login wins.
            let slot = auths.entry(Key::parse(&key)).or_insert(None);
            if login.is_some() {
                *slot = login;
            }
        }
        let helpers = raw.helpers.unwrap_or_default();
        Ok(Self {
            name,
            auths,
            helpers: helpers
                .into_iter()
                .filter(|(_, program)| !program.is_empty())
                .map(|(key, program)| (Key::parse(&key), program))
                .collect(),
            store: raw.store.filter(|program| !program.is_empty()),
        })
    }

    /// Returns what to call this file, quoted.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the helpers to ask, in order.
    pub(super) fn helpers(&self, host: &str, path: &str) -> impl Iterator<Item = &str> {
        let own = best(&self.helpers, host, path).map(|(_, program)| program.as_str());
        let store = self.store.as_deref().filter(|store| Some(*store) != own);
        own.into_iter().chain(store)
    }

    /// Returns the login written down for a repository.
    pub(super) fn login(&self, host: &str, path: &str) -> Option<&Login> {
        best(&self.auths, host, path)?.1.as_ref()
    }

    /// Returns what decides about a repository: those of one area have one login.
    pub(super) fn area(&self, host: &str, path: &str) -> [Option<&str>; 2] {
        [
            best(&self.helpers, host, path).map(|(key, _)| key.path.as_str()),
            best(&self.auths, host, path).map(|(key, _)| key.path.as_str()),
        ]
    }
}

/// Returns the names under which helpers may know a host.
pub(super) fn names_for_helpers(host: &str) -> impl Iterator<Item = &str> {
    let is_hub = canonical(host) == HUB;
    let hub = ["https://index.docker.io/v1/", HUB];
    let own = (!is_hub).then_some(host);
    own.into_iter()
        .chain(hub.into_iter().filter(move |_| is_hub))
}

impl Key {
    fn parse(text: &str) -> Self {
        let (is_url, rest) = match text.split_once("://") {
            Some((_, rest)) => (true, rest),
            None => (false, text),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_matches('/');
        // The path of a URL is the protocol's version, not a repository's.
        let path = if is_url || matches!(path, "v1" | "v2") {
            ""
        } else {
            path
        };
        Self {
            host: canonical(&host.to_ascii_lowercase()).to_owned(),
            path: path.to_owned(),
        }
    }

    fn fits(&self, host: &str, path: &str) -> bool {
        let is_below = || match path.strip_prefix(self.path.as_str()) {
            Some(rest) => self.path.is_empty() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        };
        self.host.eq_ignore_ascii_case(host) && is_below()
    }
}

fn best<'a, V>(map: &'a BTreeMap<Key, V>, host: &str, path: &str) -> Option<(&'a Key, &'a V)> {
    let host = canonical(host);
    map.iter()
        .filter(|(key, _)| key.fits(host, path))
        .max_by_key(|(key, _)| key.path.len())
}

fn canonical(host: &str) -> &str {
    match host {
        "index.docker.io" | "registry-1.docker.io" => HUB,
        host => host,
    }
}

impl RawEntry {
    fn login(self) -> Result<Option<Login>, &'static str> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(token) = given(self.registry_token) {
            return Ok(Some(Login::Token(Secret::new(token))));
        }
        if let Some(token) = given(self.identity_token) {
            return Ok(Some(Login::Identity(Secret::new(token))));
        }
        if let Some(auth) = given(self.auth) {
            let (user, password) = decode(&auth)?;
            return Ok(Some(Login::new(user, password)));
        }
        match (given(self.username), given(self.password)) {
            (Some(user), Some(password)) => Ok(Some(Login::new(user, password))),
            _ => Ok(None),
        }
    }
}

/// Reads Base64 (RFC 4648 §4) of `user:password`; the password may have colons.
fn decode(auth: &str) -> Result<(String, String), &'static str> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let compact: String = auth.split_whitespace().collect();
    let bytes = LENIENT
        .decode(compact)
        .map_err(|_| "the value of `auth` is not Base64")?;
    let text = String::from_utf8(bytes).map_err(|_| "the value of `auth` is not text")?;
    let (user, password) = text
        .split_once(':')
        .ok_or("the value of `auth` does not contain a colon")?;
    // Docker padded passwords so.
    let password = password.trim_end_matches('\0');
    Ok((user.to_owned(), password.to_owned()))
}
