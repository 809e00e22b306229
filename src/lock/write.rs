//! Writes a lock as a requirements file.
//!
//! The shapes are pip-compile's (7.6.2), byte for byte where it has one, because
//! people diff the file and bots match its header. Departures: the tool's name
//! and the target in the header, no literal passwords, `${VAR}` kept, and our own
//! advice above lines that cannot be hashed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::model::{Header, Lock, OptionLines, Pin, PinSource};
use crate::python::{ProjectName, Version};
use crate::text::{Newline, option_word, without_password};

/// What stands above unsafe packages.
pub(super) const UNSAFE_HEADING: &str =
    "# The following packages are considered to be unsafe in a requirements file:";

/// How the warning ends that stands there where hashes make their absence matter.
pub(super) const UNSAFE_WARNING_END: &str = "# already. Consider using the --allow-unsafe flag.";

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

/// What stands before the name of a revision, in the comment below its commit.
pub(super) const REVISION: &str = " at ";

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

    let pins = in_order(&lock.pins);
    let (apart, packages): (Vec<&Pin>, Vec<&Pin>) = pins
        .into_iter()
        .partition(|pin| style.sets_apart(&pin.name));
    for pin in packages {
        writer.pin(pin);
    }
    if !apart.is_empty() {
        writer.unsafe_pins(&apart);
    }
    writer.left_out(&lock.left_out);
    // A file without content still has a line, so that it is seen to be written.
    if writer.text.is_empty() {
        writer.line("");
    }
    writer.text
}

/// Returns the header alone, for a file of another format in which `#` begins a comment.
pub(super) fn header_alone(header: &Header, style: &Style) -> String {
    let mut writer = Writer {
        text: String::new(),
        newline: style.newline.as_str(),
        style,
        has_hashes: false,
    };
    writer.header(header);
    writer.text
}

impl Style {
    fn sets_apart(&self, name: &ProjectName) -> bool {
        self.unsafe_packages.placing != UnsafePlacing::InPlace
            && self.unsafe_packages.names.contains(name)
    }
}

/// Returns pins in the order in which they are written; those of one project by version.
pub(super) fn in_order(pins: &[Pin]) -> Vec<&Pin> {
    let mut pins: Vec<&Pin> = pins.iter().collect();
    pins.sort_by_cached_key(|pin| sort_key(pin));
    let version = |pin: &Pin| match &pin.source {
        PinSource::Version { version, .. } => version.parse::<Version>().ok(),
        PinSource::Url(_) | PinSource::Path(_) | PinSource::Editable(_) => None,
    };
    for same in pins.chunk_by_mut(|one, other| one.name == other.name) {
        if same.len() > 1 {
            same.sort_by_cached_key(|pin| version(pin));
        }
    }
    pins
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
        if line.contains(['@', '?']) {
            self.text.push_str(&without_password(&line));
        } else {
            self.text.push_str(&line);
        }
    }

    /// Writes the value of an option, as [`Self::foreign`], in quotes where it takes them.
    fn word(&mut self, value: &str) {
        let value = without_password(&one_line(value));
        self.text.push_str(&option_word(&value));
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
            self.word(value);
            self.text.push_str(self.newline);
        }
    }

    fn left_out(&mut self, names: &[ProjectName]) {
        if names.is_empty() {
            return;
        }
        let names: BTreeSet<&str> = names.iter().map(AsRef::as_ref).collect();
        self.line("");
        self.line("# The following packages were excluded from the output:");
        for name in names {
            self.text.push_str("# ");
            self.text.push_str(name);
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
            self.line(UNSAFE_WARNING_END);
        } else {
            self.line(UNSAFE_HEADING);
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

        for comment in &pin.comments {
            self.text.push_str(self.newline);
            self.text.push_str("    # ");
            // Not to be taken for what the other comments say.
            let is_like_ours = ["via", "at ", "from "]
                .iter()
                .any(|start| comment.starts_with(start));
            self.text.push_str(if is_like_ours { "- " } else { "" });
            self.foreign(comment);
        }
        if let Some(revision) = &pin.revision {
            self.text.push_str(self.newline);
            self.text.push_str("    #");
            self.text.push_str(REVISION);
            self.foreign(revision);
        }
        let is_on_one_line = sorted.is_empty() && pin.comments.is_empty() && pin.revision.is_none();
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
                if is_on_one_line {
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
        if let Some(index) = &pin.index {
            self.text.push_str(self.newline);
            self.text.push_str("    # from ");
            self.foreign(index);
        }
        self.text.push_str(self.newline);
    }

    /// Writes `name[extras]==version ; marker`, or its like for other sources.
    fn requirement(&mut self, pin: &Pin) {
        if let PinSource::Editable(location) = &pin.source {
            self.text.push_str("-e ");
            // One with its name in front has its quotes already.
            if location.starts_with('"') {
                self.foreign(location);
            } else {
                self.word(location);
            }
        } else {
            match &pin.source {
                PinSource::Path(path) => self.text.push_str(&one_line(path)),
                _ => self.text.push_str(pin.name.as_ref()),
            }
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
            PinSource::Path(_) | PinSource::Editable(_) => {}
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

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// Renders the oracle's lock and compares it with what pip-compile wrote.
    fn check_against_pip_compile(oracle: &str, style: &Style) {
        let hashes = read(include_str!(
            "../../fixtures/oracle/pip-compile/split-hashes.txt"
        ));
        let hashes_of = |name: &ProjectName| -> Vec<String> {
            hashes
                .pins_of(name)
                .flat_map(|pin| pin.hashes.clone())
                .collect()
        };
        let with_hashes = oracle.contains("--hash");
        let pin = |name: &str, version: &str, via: &[&str]| {
            let name: ProjectName = name.parse().unwrap();
            Pin {
                hashes: if with_hashes {
                    hashes_of(&name)
                } else {
                    Vec::new()
                },
                ..pin(name.as_ref(), version, via)
            }
        };
        let mut pins = vec![
            pin("setuptools", "80.1.0", &["flask"]),
            pin("pip", "25.0", &["-r requirements.in"]),
            pin("markupsafe", "3.0.2", &["jinja2", "-c constraints.txt"]),
            pin("local-one", "1.0+cu12", &["-r requirements.in"]),
            pin("jinja2", "3.1.6", &["flask", "-r requirements.in"]),
            pin("flask", "3.1.3", &["-r requirements.in"]),
            pin(
                "averyveryverylongprojectname",
                "2026.10.1",
                &["-r requirements.in"],
            ),
            pin("asgiref", "3.13.0", &["flask"]),
        ];
        pins[3].source = PinSource::Version {
            version: "1.0+cu12".to_owned(),
            arbitrary: true,
        };
        pins[4].marker = Some("python_version >= \"3.8\"".to_owned());
        pins[5].extras = vec!["dotenv".parse().unwrap(), "async".parse().unwrap()];
        let lock = Lock {
            header: Some(Header {
                command: read(oracle)
                    .header
                    .and_then(|header| header.command)
                    .unwrap_or_default(),
                target: "Python 3.11".to_owned(),
            }),
            options: OptionLines {
                find_links: vec!["wheels".to_owned()],
                ..OptionLines::default()
            },
            left_out: Vec::new(),
            pins,
        };
        let oracle = oracle.replace("by pip-compile with", "by pinfold with");
        assert_eq!(render(&lock, style), oracle);
        let crlf = Style {
            newline: Newline::CrLf,
            ..style.clone()
        };
        assert_eq!(render(&lock, &crlf), oracle.replace('\n', "\r\n"));
    }

    fn pin(name: &str, version: &str, via: &[&str]) -> Pin {
        Pin {
            name: name.parse().unwrap(),
            extras: Vec::new(),
            source: PinSource::version(version),
            marker: None,
            hashes: Vec::new(),
            via: via.iter().map(|&source| source.to_owned()).collect(),
            revision: None,
            index: None,
            comments: Vec::new(),
            unhashable: false,
        }
    }

    fn lines() -> Style {
        Style {
            annotations: Annotations::Line,
            ..Style::default()
        }
    }

    fn placing(placing: UnsafePlacing, style: &Style) -> Style {
        Style {
            unsafe_packages: UnsafePackages {
                placing,
                ..UnsafePackages::default()
            },
            ..style.clone()
        }
    }

    #[test]
    fn split_style_is_byte_for_byte_pip_compiles() {
        let split = include_str!("../../fixtures/oracle/pip-compile/split.txt");
        check_against_pip_compile(split, &Style::default());
        let hashes = include_str!("../../fixtures/oracle/pip-compile/split-hashes.txt");
        check_against_pip_compile(hashes, &Style::default());
    }

    #[test]
    fn line_style_is_byte_for_byte_pip_compiles() {
        let line = include_str!("../../fixtures/oracle/pip-compile/line.txt");
        check_against_pip_compile(line, &lines());
        let hashes = include_str!("../../fixtures/oracle/pip-compile/line-hashes.txt");
        check_against_pip_compile(hashes, &lines());
    }

    #[test]
    fn what_is_left_out_is_what_pip_compile_leaves_out() {
        let named = include_str!("../../fixtures/oracle/pip-compile/named.txt");
        let style = Style {
            strip_extras: true,
            ..Style::default()
        };
        check_against_pip_compile(named, &placing(UnsafePlacing::Named, &style));
        let bare = include_str!("../../fixtures/oracle/pip-compile/bare.txt");
        let style = Style {
            header: false,
            annotations: Annotations::None,
            options: EmittedOptions::NONE,
            ..Style::default()
        };
        check_against_pip_compile(bare, &placing(UnsafePlacing::Named, &style));
    }

    fn check(lock: &Lock, style: &Style, expected: &str) {
        assert_eq!(render(lock, style), expected);
    }

    fn pins(pins: Vec<Pin>) -> Lock {
        Lock {
            pins,
            ..Lock::default()
        }
    }

    #[test]
    fn the_header_is_six_lines_that_bots_can_find() {
        let command = "pinfold compile --output-file=requirements.txt requirements.in";
        let lock = Lock {
            header: Some(Header {
                command: command.to_owned(),
                target: "Python 3.11 for x86_64-manylinux_2_28".to_owned(),
            }),
            ..Lock::default()
        };
        check(
            &lock,
            &Style::default(),
            "#\n\
             # This file is autogenerated by pinfold with Python 3.11 for x86_64-manylinux_2_28\n\
             # by the following command:\n\
             #\n\
             #    pinfold compile --output-file=requirements.txt requirements.in\n\
             #\n",
        );
    }

    #[test]
    fn option_lines_come_in_pips_order_with_all_before_names() {
        let list = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        let lock = Lock {
            options: OptionLines {
                index_url: Some("https://u:pw@index.example/simple/".to_owned()),
                extra_index_urls: list(&[
                    "https://u:${PW}@b.example/",
                    "https://b.example/",
                    "https://b.example/",
                ]),
                find_links: list(&["wheels"]),
                trusted_hosts: list(&["b.example"]),
                no_binary: list(&["z", "a", "a"]),
                only_binary: list(&["b", ":all:"]),
            },
            ..Lock::default()
        };
        let style = Style {
            options: EmittedOptions {
                trusted_hosts: true,
                ..EmittedOptions::default()
            },
            ..Style::default()
        };
        check(
            &lock,
            &style,
            "--index-url https://index.example/simple/\n\
             --extra-index-url https://u:${PW}@b.example/\n\
             --extra-index-url https://b.example/\n\
             --find-links wheels\n\
             --trusted-host b.example\n\
             --only-binary :all:\n\
             --no-binary a\n--no-binary z\n\
             --only-binary b\n\n",
        );
        check(
            &lock,
            &Style {
                options: EmittedOptions::NONE,
                ..style
            },
            "\n",
        );
    }

    #[test]
    fn editables_come_first_and_lines_without_a_hash_are_warned_about() {
        let mut editable = pin("zebra", "0", &["-r requirements.in"]);
        editable.source = PinSource::Editable("./zebra[dev]".to_owned());
        editable.unhashable = true;
        editable.hashes = vec!["sha256:00".to_owned()];
        let mut url = pin("b", "0", &[]);
        url.source = PinSource::Url("https://u:pw@host.example/b.whl#sha256=aa".to_owned());
        url.hashes = vec![
            "sha256:bb".to_owned(),
            "sha256:aa".to_owned(),
            "sha256:bb".to_owned(),
        ];
        url.marker = Some("os_name == \"posix\"".to_owned());
        check(
            &pins(vec![url.clone(), editable.clone()]),
            &Style::default(),
            "# WARNING: pip install will require the following package to be hashed.\n\
             # Consider using a release from an index, or the URL of a wheel or an archive.\n\
             -e ./zebra[dev]\n    # via -r requirements.in\n\
             b @ https://host.example/b.whl#sha256=aa ; os_name == \"posix\" \\\n    \
             --hash=sha256:aa \\\n    --hash=sha256:bb\n",
        );
        // Without any hash pip asks for none, and there is nothing to warn about.
        check(
            &pins(vec![editable]),
            &Style::default(),
            "-e ./zebra[dev]\n    # via -r requirements.in\n",
        );
    }

    #[test]
    fn unpinned_unsafe_packages_are_warned_about_where_pip_will_stop() {
        let mut hashed = pin("a", "1", &[]);
        hashed.hashes = vec!["sha256:aa".to_owned()];
        let text = render(
            &pins(vec![hashed, pin("pip", "25", &[])]),
            &placing(UnsafePlacing::Named, &Style::default()),
        );
        assert!(
            text.starts_with("a==1 \\\n    --hash=sha256:aa\n\n# WARNING: "),
            "{text}"
        );
        assert!(text.ends_with("\n# pip\n"), "{text}");
    }

    #[test]
    fn line_breaks_in_a_value_cannot_start_a_line() {
        let mut evil = pin("a", "1", &["-r x\n--index-url https://evil.example/"]);
        evil.marker = Some("x\r\ny".to_owned());
        check(
            &pins(vec![evil]),
            &Style::default(),
            "a==1 ; x  y\n    # via -r x --index-url https://evil.example/\n",
        );
    }

    #[test]
    fn nothing_is_still_a_line() {
        check(&Lock::default(), &Style::default(), "\n");
    }
}
