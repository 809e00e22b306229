//! A lock file that can be made again, and what its header, its configuration and the
//! file itself say of how.

use crate::command::{
    AsWritten, CompileCommand, Hashes, Markers, Options, Tool, seen_from, stated_targets,
};
use crate::config::{Located, LockConfig};
use crate::lock::{Format, Layout, LockFile};
use crate::python::PythonVersion;
use crate::text::split_words;

/// A lock file that can be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockTarget {
    /// The lock file.
    pub output: String,
    /// How it is made. Sources, constraints and overrides are paths from the root, or URLs;
    /// other paths are as its command has them, seen from `folder`.
    pub options: Options,
    /// The folder that its command was run in, from the root; empty: the root.
    ///
    /// Paths in the header and in `# via` comments are relative to it.
    pub folder: String,
    /// The command for the header, if it stays as it is: someone's own, or ours that
    /// says all there is to say.
    pub custom_command: Option<String>,
    /// What its command says that has no effect here, as written.
    pub ignored: Vec<String>,
    /// How it was found.
    pub why: Why,
    /// All files it is made of, includes too, sorted.
    pub reads: Vec<String>,
    /// The targets whose outputs it reads, by index; they come before it.
    pub depends_on: Vec<usize>,
    /// The group whose versions have to agree.
    pub group: usize,
}

/// How a target was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A `[[lock]]` table names it.
    Configuration,
    /// Its header says how it is made.
    Header(Tool),
    /// Its name and its source's.
    Name,
}

/// A file that looked as if it mattered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The file.
    pub path: String,
    /// Why it is not a target, as a fragment.
    pub why: String,
    /// Whether it is a lock file, which then is not kept up to date.
    pub is_lock: bool,
}

impl LockTarget {
    /// Returns how it is made as its command says it: all paths as seen from its folder.
    pub fn as_run(&self) -> Options {
        let seen = |path: &String| seen_from(&self.folder, path);
        let all_seen = |paths: &[String]| paths.iter().map(seen).collect();
        let own = seen(&self.output);
        let (output, beside) = match (&self.options.output, &self.options.beside) {
            // Its command writes another file as well, which is named first.
            (Some(other), Some(_)) if self.format() == Format::Pylock => (other.clone(), Some(own)),
            (_, beside) => (own, beside.clone()),
        };
        Options {
            sources: all_seen(&self.options.sources),
            format: Format::of_path(&output),
            output: Some(output),
            beside,
            constraints: all_seen(&self.options.constraints),
            overrides: all_seen(&self.options.overrides),
            ..self.options.clone()
        }
    }

    /// Returns the format of the lock file.
    pub fn format(&self) -> Format {
        Format::of_path(&self.output)
    }

    /// Returns a target that is made with these options; how it was found comes later.
    pub(super) fn new(output: &str, options: Options) -> Self {
        Self {
            output: output.to_owned(),
            options,
            folder: String::new(),
            custom_command: None,
            ignored: Vec::new(),
            why: Why::Name,
            reads: Vec::new(),
            depends_on: Vec::new(),
            group: 0,
        }
    }

    /// Returns a target with all that a command says; its paths are still the command's.
    pub(super) fn commanded(output: &str, read: &LockFile, command: CompileCommand) -> Self {
        let tool = command.tool;
        let mut options = command.options;
        // It was read from one.
        options.header = true;
        // Ours writes all its settings into the header; the others may have had some from
        // their configuration, which only the file itself shows.
        if tool != Tool::Pinfold {
            take_option_lines(&mut options, read);
            if !command.says_hashes {
                options.hashes = hashes_of(read);
            }
        }
        Self {
            ignored: command.ignored,
            // Another spelling of the same would be a change for nothing.
            custom_command: read
                .header
                .as_ref()
                .and_then(|header| header.command.clone())
                .filter(|_| tool == Tool::Pinfold),
            why: Why::Header(tool),
            ..Self::new(output, options)
        }
    }

    /// Returns a target that goes on as the file is, but without its paths.
    pub(super) fn guessed(output: &str, read: &LockFile, layout: Layout) -> Self {
        let header = read.header.as_ref();
        let stated = stated_targets(header.and_then(|header| header.target.as_deref()));
        let mut options = Options {
            hashes: hashes_of(read),
            header: header.is_some(),
            strip_extras: read.pins.iter().all(|pin| pin.extras.is_empty()),
            markers: if read.pins.iter().any(|pin| pin.marker.is_some()) {
                Markers::Direct
            } else {
                Markers::None
            },
            annotations: layout.annotations,
            allow_unsafe: !layout.names_unsafe,
            ..Options::of(Tool::Pinfold)
        };
        stated.unwrap_or_default().complete(&mut options);
        take_option_lines(&mut options, read);
        Self::new(output, options)
    }

    /// Lets what a `[[lock]]` table says of settings count for more than the lock itself.
    pub(super) fn take_settings(&mut self, lock: &LockConfig) {
        fn take<T>(list: &mut Vec<T>, said: Vec<T>) {
            if !said.is_empty() {
                *list = said;
            }
        }
        let values = |list: &[Located<String>]| -> Vec<String> {
            list.iter().map(|one| one.value.clone()).collect()
        };
        let options = &mut self.options;
        take(
            &mut options.extras,
            lock.extras.iter().cloned().map(AsWritten::from).collect(),
        );
        take(
            &mut options.extra_index_urls,
            values(&lock.extra_index_urls),
        );
        let selectors =
            |names: &[String]| names.iter().filter_map(|name| name.parse().ok()).collect();
        take(&mut options.only_binary, selectors(&lock.only_binary));
        take(&mut options.no_binary, selectors(&lock.no_binary));
        if let Some(url) = &lock.index_url {
            options.index_url = Some(url.value.clone());
        }
        take_targets(options, lock);
        // They are seen from where the command is run.
        let links = lock.find_links.iter();
        take(
            &mut options.find_links,
            links
                .map(|link| seen_from(&self.folder, &link.value))
                .collect(),
        );
        match lock.no_hashes {
            Some(true) => options.hashes = Hashes::None,
            Some(false) if options.hashes == Hashes::None => options.hashes = Hashes::All,
            Some(false) | None => {}
        }
    }
}

/// Takes the targets that a `[[lock]]` table names.
fn take_targets(options: &mut Options, lock: &LockConfig) {
    if !lock.targets.is_empty() {
        options.python_versions.clear();
        options.python_platforms.clear();
        options.universal = false;
        let targets = lock.targets.iter().cloned();
        options.targets = targets.map(AsWritten::from).collect();
        return;
    }
    if let Some(universal) = lock.universal {
        options.universal = universal;
    }
    if lock.python_versions.is_empty() && lock.python_platforms.is_empty() {
        return;
    }
    options.targets.clear();
    if !lock.python_versions.is_empty() {
        options.python_versions = lock.python_versions.iter().map(short).collect();
    }
    // `linux` and what it stands for are the same.
    let known = options.python_platforms.iter();
    let is_known = known
        .map(|one| **one)
        .eq(lock.python_platforms.iter().copied());
    if !lock.python_platforms.is_empty() && !is_known {
        let platforms = lock.python_platforms.iter().copied();
        options.python_platforms = platforms.map(AsWritten::from).collect();
    }
}

/// Returns a version as people write it: `3.12` stands for `3.12.0`.
fn short(version: &PythonVersion) -> AsWritten<PythonVersion> {
    let short = version.short();
    match short.parse::<AsWritten<PythonVersion>>() {
        Ok(written) if *written == *version => written,
        _ => AsWritten::from(version.clone()),
    }
}

fn hashes_of(read: &LockFile) -> Hashes {
    if read.pins.iter().any(|pin| !pin.hashes.is_empty()) {
        Hashes::All
    } else {
        Hashes::None
    }
}

/// Takes over the option lines of a lock, where the command says nothing of the kind.
fn take_option_lines(options: &mut Options, read: &LockFile) {
    let values = |name: &str| -> Vec<String> {
        let values = read.options.iter().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let value = rest.strip_prefix('=').or_else(|| {
                rest.starts_with(char::is_whitespace)
                    .then(|| rest.trim_start())
            })?;
            let words = split_words(value, 0).ok()?;
            let value = words.first()?.text.trim().to_owned();
            Some(value).filter(|value| !value.is_empty())
        });
        values.collect()
    };
    let or = |list: &mut Vec<String>, name: &str| {
        if list.is_empty() {
            *list = values(name);
        }
    };
    if options.index_url.is_none() {
        options.index_url = values("--index-url").pop();
    }
    or(&mut options.extra_index_urls, "--extra-index-url");
    or(&mut options.find_links, "--find-links");
    or(&mut options.trusted_hosts, "--trusted-host");
    for (list, name) in [
        (&mut options.only_binary, "--only-binary"),
        (&mut options.no_binary, "--no-binary"),
    ] {
        if list.is_empty() {
            let names = values(name);
            *list = names.iter().filter_map(|name| name.parse().ok()).collect();
        }
    }
}
