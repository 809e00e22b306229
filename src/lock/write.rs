//! Writes a lock as a requirements file.
//!
//! The shapes are pip-compile's (7.6.2), byte for byte where it has one, because
//! people diff the file and bots match its header. Departures: the tool's name
//! and the target in the header, no literal passwords, `${VAR}` kept, and our own
//! advice above lines that cannot be hashed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::model::{Header, Lock, Newline, OptionLines, Pin, PinSource};
use super::secrets::without_password;
use crate::python::ProjectName;

/// How a lock looks as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Whether the header is written.
    pub header: bool,
    /// Which option lines are written.
    pub options: EmittedOptions,
    /// How it is said who asks for a pin.
    pub annotations: Annotations,
    /// Whether `name[extra]` is written as `name`.
    pub strip_extras: bool,
    /// How lines end.
    pub newline: Newline,
    /// What happens to packages some installers treat with care.
    pub unsafe_packages: UnsafePackages,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            header: true,
            options: EmittedOptions::default(),
            annotations: Annotations::Split,
            strip_extras: false,
            newline: Newline::Lf,
            unsafe_packages: UnsafePackages::default(),
        }
    }
}

/// Which option lines are written.
#[expect(
    clippy::struct_excessive_bools,
    reason = "one independent switch for each command line option"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmittedOptions {
    /// `--index-url` and `--extra-index-url`.
    pub indexes: bool,
    /// `--find-links`.
    pub find_links: bool,
    /// `--trusted-host`.
    pub trusted_hosts: bool,
    /// `--no-binary` and `--only-binary`.
    pub binary: bool,
}

impl EmittedOptions {
    /// No option lines at all.
    pub const NONE: Self = Self {
        indexes: false,
        find_links: false,
        trusted_hosts: false,
        binary: false,
    };
}

impl Default for EmittedOptions {
    /// All but `--trusted-host`, which is a weakness of one machine.
    fn default() -> Self {
        Self {
            indexes: true,
            find_links: true,
            trusted_hosts: false,
            binary: true,
        }
    }
}

/// How it is said who asks for a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Annotations {
    /// Not at all.
    None,
    /// A line for each source.
    #[default]
    Split,
    /// One comment with all sources.
    Line,
}

/// Packages that are set apart, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsafePackages {
    /// Their names.
    pub names: Vec<ProjectName>,
    /// Where they go.
    pub placing: UnsafePlacing,
}

impl Default for UnsafePackages {
    fn default() -> Self {
        Self {
            names: default_unsafe_packages(),
            placing: UnsafePlacing::default(),
        }
    }
}

/// Where unsafe packages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnsafePlacing {
    /// Among the other pins.
    InPlace,
    /// Pinned under a heading at the end, as `pip-compile --allow-unsafe` does.
    #[default]
    Apart,
    /// Named in comments at the end, not pinned, as pip-compile does by default.
    Named,
}

/// Returns the packages pip-compile calls unsafe.
pub fn default_unsafe_packages() -> Vec<ProjectName> {
    ["distribute", "pip", "setuptools"]
        .map(|name| name.parse().expect("these are valid names"))
        .to_vec()
}

/// Returns the text of a lock.
///
/// Pins, hashes, extras and sources are sorted, doubles are dropped, and line
/// breaks inside a value become blanks, so the result depends on the lock's
/// content only and always reads back as the same pins.
pub fn render(lock: &Lock, style: &Style) -> String {
    let mut writer = Writer {
        text: String::with_capacity(estimate(lock)),
        newline: style.newline.as_str(),
        style,
        has_hashes: lock.pins.iter().any(|pin| !written_hashes(pin).is_empty()),
    };
    if style.header
        && let Some(header) = &lock.header
    {
        writer.header(header);
    }
    writer.options(&lock.options);

    let mut pins: Vec<&Pin> = lock.pins.iter().collect();
    pins.sort_by_cached_key(|pin| sort_key(pin));
    let (apart, packages): (Vec<&Pin>, Vec<&Pin>) = pins
        .into_iter()
        .partition(|pin| style.sets_apart(&pin.name));
    for pin in packages {
        writer.pin(pin);
    }
    if !apart.is_empty() {
        writer.unsafe_pins(&apart);
    }
    // A file without content still has a line, so that it is seen to be written.
    if writer.text.is_empty() {
        writer.line("");
    }
    writer.text
}

impl Style {
    fn sets_apart(&self, name: &ProjectName) -> bool {
        self.unsafe_packages.placing != UnsafePlacing::InPlace
            && self.unsafe_packages.names.contains(name)
    }
}

/// Editables first, then names; the rest makes the order total.
fn sort_key(pin: &Pin) -> (bool, String, PinSource, Option<String>) {
    (
        !matches!(pin.source, PinSource::Editable(_)),
        pin.name.to_string(),
        pin.source.clone(),
        pin.marker.clone(),
    )
}

/// Returns the hashes that may be written behind a pin.
fn written_hashes(pin: &Pin) -> &[String] {
    if pin.unhashable { &[] } else { &pin.hashes }
}

/// Returns about how many bytes a lock takes.
fn estimate(lock: &Lock) -> usize {
    let hashes: usize = lock.pins.iter().map(|pin| pin.hashes.len()).sum();
    1024 + lock.pins.len() * 128 + hashes * 92
}

/// Returns `text` as part of one line: control characters become blanks.
fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    }
}

struct Writer<'a> {
    text: String,
    newline: &'static str,
    style: &'a Style,
    /// Whether pip will ask for a hash on every line.
    has_hashes: bool,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push_str(self.newline);
    }

    /// Writes a text that might hold a URL or a line break.
    fn foreign(&mut self, text: &str) {
        let line = one_line(text);
        if line.contains('@') {
            self.text.push_str(&without_password(&line));
        } else {
            self.text.push_str(&line);
        }
    }

    fn header(&mut self, header: &Header) {
        self.line("#");
        self.text
            .push_str("# This file is autogenerated by pinfold with ");
        self.foreign(&header.target);
        self.text.push_str(self.newline);
        self.line("# by the following command:");
        self.line("#");
        self.text.push_str("#    ");
        self.foreign(&header.command);
        self.text.push_str(self.newline);
        self.line("#");
    }

    fn options(&mut self, options: &OptionLines) {
        let start = self.text.len();
        let emitted = self.style.options;
        if emitted.indexes {
            self.option("--index-url", options.index_url.as_slice());
            self.option("--extra-index-url", &options.extra_index_urls);
        }
        if emitted.find_links {
            self.option("--find-links", &options.find_links);
        }
        if emitted.trusted_hosts {
            self.option("--trusted-host", &options.trusted_hosts);
        }
        if emitted.binary {
            // pip reads options from first to last, and a name after `:all:`
            // is an exception from it: `:all:` of both has to come first.
            const ALL: &str = ":all:";
            let formats = [
                ("--no-binary", &options.no_binary),
                ("--only-binary", &options.only_binary),
            ];
            for (name, values) in formats {
                if values.iter().any(|value| value == ALL) {
                    self.option(name, &[ALL.to_owned()]);
                }
            }
            for (name, values) in formats {
                let mut values = values.clone();
                values.retain(|value| value != ALL);
                values.sort_unstable();
                self.option(name, &values);
            }
        }
        if self.text.len() > start {
            self.line("");
        }
    }

    fn option(&mut self, name: &str, values: &[String]) {
        for (index, value) in values.iter().enumerate() {
            if values[..index].contains(value) {
                continue;
            }
            self.text.push_str(name);
            self.text.push(' ');
            self.foreign(value);
            self.text.push_str(self.newline);
        }
    }

    fn unsafe_pins(&mut self, pins: &[&Pin]) {
        self.line("");
        let is_named = self.style.unsafe_packages.placing == UnsafePlacing::Named;
        if is_named && self.has_hashes {
            self.line(
                "# WARNING: The following packages were not pinned, but pip requires them to be",
            );
            self.line(
                "# pinned when the requirements file includes hashes and they are not installed",
            );
            self.line("# already. Consider using the --allow-unsafe flag.");
        } else {
            self.line(
                "# The following packages are considered to be unsafe in a requirements file:",
            );
        }
        for pin in pins {
            if is_named {
                self.text.push_str("# ");
                self.text.push_str(pin.name.as_ref());
                self.text.push_str(self.newline);
            } else {
                self.pin(pin);
            }
        }
    }

    fn pin(&mut self, pin: &Pin) {
        let hashes = written_hashes(pin);
        if self.has_hashes && hashes.is_empty() {
            self.line("# WARNING: pip install will require the following package to be hashed.");
            self.line(
                "# Consider using a release from an index, or the URL of a wheel or an archive.",
            );
        }
        let start = self.text.len();
        self.requirement(pin);
        let mut sorted: Vec<&str> = hashes.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        for hash in &sorted {
            self.text.push_str(" \\");
            self.text.push_str(self.newline);
            self.text.push_str("    --hash=");
            self.text.push_str(&one_line(hash));
        }

        let sources: BTreeSet<&str> = pin
            .via
            .iter()
            .map(String::as_str)
            .filter(|source| !source.is_empty())
            .collect();
        match self.style.annotations {
            Annotations::None => {}
            _ if sources.is_empty() => {}
            Annotations::Split => self.split_annotation(&sources),
            Annotations::Line => {
                if sorted.is_empty() {
                    let width = self.text[start..].chars().count();
                    let padding = 24_usize.saturating_sub(width) + 2;
                    self.text.extend(std::iter::repeat_n(' ', padding));
                } else {
                    self.text.push_str(self.newline);
                    self.text.push_str("    ");
                }
                self.line_annotation(&sources);
            }
        }
        self.text.push_str(self.newline);
    }

    /// Writes `name[extras]==version ; marker`, or its like for other sources.
    fn requirement(&mut self, pin: &Pin) {
        if let PinSource::Editable(location) = &pin.source {
            self.text.push_str("-e ");
            self.foreign(location);
        } else {
            self.text.push_str(pin.name.as_ref());
            if !self.style.strip_extras && !pin.extras.is_empty() {
                let extras: BTreeSet<&str> = pin.extras.iter().map(AsRef::as_ref).collect();
                self.text.push('[');
                for (index, extra) in extras.into_iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.text.push_str(extra);
                }
                self.text.push(']');
            }
        }
        match &pin.source {
            PinSource::Version { version, arbitrary } => {
                self.text.push_str(if *arbitrary { "===" } else { "==" });
                self.text.push_str(&one_line(version));
            }
            PinSource::Url(url) => {
                self.text.push_str(" @ ");
                self.foreign(url);
            }
            PinSource::Editable(_) => {}
        }
        if let Some(marker) = &pin.marker {
            self.text.push_str(" ; ");
            self.text.push_str(&one_line(marker));
        }
    }

    fn split_annotation(&mut self, sources: &BTreeSet<&str>) {
        self.text.push_str(self.newline);
        self.text.push_str("    # via");
        let is_single = sources.len() == 1;
        for source in sources {
            if is_single {
                self.text.push(' ');
            } else {
                self.text.push_str(self.newline);
                self.text.push_str("    #   ");
            }
            self.foreign(source);
        }
    }

    fn line_annotation(&mut self, sources: &BTreeSet<&str>) {
        self.text.push_str("# via ");
        for (index, source) in sources.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.foreign(source);
        }
    }
}
