//! Writes a lock as a `pylock.toml`.
//!
//! The text is made by hand: the `toml` crate prints a list of tables either as one long
//! line or as a section for each, and a diff of a lock is read file by file, one on a line.
//! Strings are quoted as TOML 1.0 says ("basic strings").

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::model::{Details, File, Origin, Place, Release};
use crate::lock::model::{Lock, Pin, PinSource};
use crate::lock::write::{Style, UnsafePlacing, header_alone, in_order};
use crate::python::ProjectName;
use crate::text::without_password;

/// Why a lock cannot be written in this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Installers take a file's name from its URL.
    #[error("the URL of `{file}` does not end in the name of the file: `{url}`")]
    Url {
        /// The file.
        file: String,
        /// Its URL.
        url: String,
    },
    /// Nothing tells whether what is fetched is what was locked.
    #[error("`{file}` has no hash")]
    NoHash {
        /// The file.
        file: String,
    },
    /// Nothing of it can be installed.
    #[error("no file of {name} is known")]
    NoFile {
        /// The project.
        name: ProjectName,
    },
}

/// Returns the text of a lock.
///
/// Packages and files are sorted, so the text depends on what is in the lock only.
///
/// # Errors
/// When installers could not read it, or not check what they install.
pub fn render(lock: &Lock, details: &Details, style: &Style) -> Result<String, Unwritable> {
    let mut writer = Writer::default();
    writer.head(details);
    let is_named = style.unsafe_packages.placing == UnsafePlacing::Named;
    let is_left_out = |pin: &&Pin| is_named && style.unsafe_packages.names.contains(&pin.name);
    let mut pins = in_order(&lock.pins);
    pins.retain(|pin| !is_left_out(pin));
    // Editables have no place of their own here.
    pins.sort_by(|one, other| one.name.cmp(&other.name));
    let mut versions: BTreeMap<&ProjectName, BTreeSet<&PinSource>> = BTreeMap::new();
    for pin in &pins {
        versions.entry(&pin.name).or_default().insert(&pin.source);
    }
    for pin in &pins {
        let key = (pin.name.clone(), pin.source.clone());
        let unknown = || Unwritable::NoFile {
            name: pin.name.clone(),
        };
        let release = details.releases.get(&key).ok_or_else(unknown)?;
        // Of one environment all of them are, so no marker would say more.
        let marker = pin.marker.as_deref();
        let marker = marker.filter(|_| details.environments.len() != 1);
        writer.package(pin, marker, release, &versions)?;
    }
    writer.tool(details);
    let mut text = match &lock.header {
        Some(header) if style.header => header_alone(header, style),
        _ => String::new(),
    };
    let newline = style.newline.as_str();
    if newline == "\n" {
        text.push_str(&writer.text);
    } else {
        text.push_str(&writer.text.replace('\n', newline));
    }
    Ok(text)
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn head(&mut self, details: &Details) {
        self.text.push_str("lock-version = \"1.0\"\n");
        // Some installers take an empty list for no environment at all.
        if !details.environments.is_empty() {
            self.text.push_str("environments = [\n");
            for marker in &details.environments {
                let _ = writeln!(self.text, "    {},", quoted(marker));
            }
            self.text.push_str("]\n");
        }
        if let Some(specifiers) = &details.requires_python {
            self.pair("requires-python", specifiers);
        }
        self.pair("created-by", "pinfold");
    }

    fn tool(&mut self, details: &Details) {
        if details.targets.is_empty() {
            return;
        }
        let targets: Vec<String> = details.targets.iter().map(|one| quoted(one)).collect();
        self.text.push_str("\n[tool.pinfold]\n");
        if targets.len() == 1 {
            let _ = writeln!(self.text, "targets = [{}]", targets[0]);
            return;
        }
        self.text.push_str("targets = [\n");
        for target in targets {
            let _ = writeln!(self.text, "    {target},");
        }
        self.text.push_str("]\n");
    }

    fn package(
        &mut self,
        pin: &Pin,
        marker: Option<&str>,
        release: &Release,
        versions: &BTreeMap<&ProjectName, BTreeSet<&PinSource>>,
    ) -> Result<(), Unwritable> {
        self.text.push_str("\n[[packages]]\n");
        self.pair("name", pin.name.as_ref());
        if let Some(version) = &release.version {
            self.pair("version", version);
        }
        if let Some(marker) = marker {
            self.pair("marker", marker);
        }
        if let Some(specifiers) = &release.requires_python {
            self.pair("requires-python", specifiers);
        }
        let is_ambiguous = |name| versions.get(name).is_some_and(|all| all.len() > 1);
        let mut dependencies: Vec<String> = release
            .dependencies
            .iter()
            .filter(|(name, _)| versions.contains_key(name))
            .map(|(name, version)| match version {
                Some(version) if is_ambiguous(name) => format!(
                    "{{ name = {}, version = {} }}",
                    quoted(name.as_ref()),
                    quoted(version)
                ),
                _ => format!("{{ name = {} }}", quoted(name.as_ref())),
            })
            .collect();
        dependencies.dedup();
        self.list("dependencies", &dependencies);
        self.origin(pin, &release.origin)
    }

    fn origin(&mut self, pin: &Pin, origin: &Origin) -> Result<(), Unwritable> {
        match origin {
            Origin::Files {
                index,
                sdist,
                wheels,
            } => {
                if sdist.is_none() && wheels.is_empty() {
                    return Err(Unwritable::NoFile {
                        name: pin.name.clone(),
                    });
                }
                if let Some(index) = index {
                    self.pair("index", &without_password(index));
                }
                if let Some(sdist) = sdist {
                    let _ = writeln!(self.text, "sdist = {}", file(sdist)?);
                }
                let mut wheels: Vec<&File> = wheels.iter().collect();
                wheels.sort_by(|one, other| one.name.cmp(&other.name));
                let wheels = wheels.into_iter().map(file);
                let wheels = wheels.collect::<Result<Vec<_>, _>>()?;
                self.list("wheels", &wheels);
            }
            Origin::Vcs {
                kind,
                place: at,
                revision,
                commit,
                subdirectory,
            } => {
                let mut pairs = vec![("type", quoted(kind)), place(at)];
                pairs.extend(text("requested-revision", revision.as_deref()));
                pairs.push(("commit-id", quoted(commit)));
                pairs.extend(text("subdirectory", subdirectory.as_deref()));
                let _ = writeln!(self.text, "vcs = {}", inline(&pairs));
            }
            Origin::Directory {
                path,
                is_editable,
                subdirectory,
            } => {
                let mut pairs = vec![("path", quoted(path))];
                if *is_editable {
                    pairs.push(("editable", "true".to_owned()));
                }
                pairs.extend(text("subdirectory", subdirectory.as_deref()));
                let _ = writeln!(self.text, "directory = {}", inline(&pairs));
            }
            Origin::Archive { file, subdirectory } => {
                let mut pairs = vec![place(&file.place)];
                pairs.extend(about(file)?);
                pairs.extend(text("subdirectory", subdirectory.as_deref()));
                let _ = writeln!(self.text, "archive = {}", inline(&pairs));
            }
        }
        Ok(())
    }

    fn pair(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{key} = {}", quoted(value));
    }

    /// Writes a list of tables, one on a line where there are several; none if it is empty.
    fn list(&mut self, key: &str, tables: &[String]) {
        match tables {
            [] => {}
            [one] => {
                let _ = writeln!(self.text, "{key} = [{one}]");
            }
            several => {
                let _ = writeln!(self.text, "{key} = [");
                for one in several {
                    let _ = writeln!(self.text, "    {one},");
                }
                self.text.push_str("]\n");
            }
        }
    }
}

/// A key and its value, which is written out.
type Pair = (&'static str, String);

fn file(file: &File) -> Result<String, Unwritable> {
    let mut pairs = vec![("name", quoted(&file.name))];
    if let Some(time) = file.upload_time {
        pairs.push(("upload-time", time.to_string()));
    }
    if file.place.last_part() != file.name {
        return Err(Unwritable::Url {
            file: file.name.clone(),
            url: without_password(file.place.as_str()),
        });
    }
    pairs.push(place(&file.place));
    pairs.extend(about(file)?);
    Ok(inline(&pairs))
}

/// Returns the size of a file and its hashes.
fn about(file: &File) -> Result<Vec<Pair>, Unwritable> {
    if file.hashes.is_empty() {
        return Err(Unwritable::NoHash {
            file: file.name.clone(),
        });
    }
    let size = file.size.map(|size| ("size", size.to_string()));
    let hashes: Vec<String> = file
        .hashes
        .iter()
        .map(|(algorithm, digits)| format!("{} = {}", key(algorithm), quoted(digits)))
        .collect();
    let hashes = ("hashes", format!("{{ {} }}", hashes.join(", ")));
    Ok(size.into_iter().chain([hashes]).collect())
}

fn place(place: &Place) -> Pair {
    match place {
        Place::Url(url) => ("url", quoted(&without_password(url))),
        Place::Path(path) => ("path", quoted(path)),
    }
}

fn text(key: &'static str, value: Option<&str>) -> Option<Pair> {
    value.map(|value| (key, quoted(value)))
}

fn inline(pairs: &[Pair]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// Returns a key: bare where it may be.
fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// Returns a basic string.
fn quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for character in value.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            other if other.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
