//! Which lock files a repository has, and what each is made of.
//!
//! What the configuration says wins; then what a lock's own header says; then names:
//! `dev.in` beside a `dev.txt` in which everything is pinned. What looks like a lock
//! or like requirements and is none of these is skipped with the reason. Paths are
//! relative to the repository's root, with `/`.
//!
//! A header's paths are relative to the folder its command was run in, which it does
//! not name. It is looked for: the lock's folder and those above it, then any folder
//! from which source and output are where the header says.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::layers::{Reading, arrange, has_ending};
use crate::command::{CompileCommand, Options, Recipe, Tool, recipe_beside, target};
use crate::lock::{self, Annotations, LockFile, PinSource};
use crate::python::Platform;
use crate::requirements::location;
use crate::text::without_password;

/// A file that may matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its path from the repository's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A `[[lock]]` table of the configuration. Paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockConfig {
    /// The lock file; it need not be there yet.
    pub output: String,
    /// What is compiled; empty: as the lock's header or its name says.
    pub sources: Vec<String>,
    /// Constraint files; empty: as the lock's header says, if the sources do.
    pub constraints: Vec<String>,
    /// The Python version, else the header's.
    pub python_version: Option<String>,
    /// The platform, else the header's.
    pub python_platform: Option<String>,
    /// Override files; empty: as the lock's header says, if the sources do.
    pub overrides: Vec<String>,
    /// The extras of project files, else the header's.
    pub extras: Vec<String>,
    /// The index, else the header's.
    pub index_url: Option<String>,
    /// Further indexes, else the header's.
    pub extra_index_urls: Vec<String>,
    /// Folders and pages with links, else the header's.
    pub find_links: Vec<String>,
    /// Whether hashes are left out, else as the lock has it.
    pub no_hashes: Option<bool>,
    /// Projects for which only wheels count, else the header's.
    pub only_binary: Vec<String>,
    /// Projects for which wheels do not count, else the header's.
    pub no_binary: Vec<String>,
}

/// A lock file that can be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockTarget {
    /// The lock file.
    pub output: String,
    /// What is compiled, in order. Paths are from the root; URLs stay as they are.
    pub sources: Vec<String>,
    /// Constraint files, likewise.
    pub constraints: Vec<String>,
    /// Override files, likewise.
    pub overrides: Vec<String>,
    /// The extras of project files.
    pub extras: Vec<String>,
    /// Whether all extras of project files are wanted.
    pub all_extras: bool,
    /// The Python version, if it is known: `3.11`.
    pub python_version: Option<String>,
    /// The platform, if it is known: `x86_64-manylinux_2_28`.
    pub python_platform: Option<String>,
    /// Whether hashes are written.
    pub hashes: bool,
    /// Everything else.
    pub options: Options,
    /// The folder that its command was run in, from the root; empty: the root.
    ///
    /// Paths in the header, in `# via` comments and in [`Options::find_links`] are
    /// relative to it.
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
}

/// Whether a file of this name may be a lock or what a lock is made of.
///
/// Names that only other tools use are left out, so that their files need not be read.
pub fn is_candidate_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "pyproject.toml" | "setup.py" | "setup.cfg") {
        return true;
    }
    let Some((stem, ending)) = lower.rsplit_once('.') else {
        return looks_like_requirements(&lower);
    };
    match ending {
        "in" => {
            !matches!(stem, "manifest" | "makefile" | "configure" | "version")
                && !TEMPLATES.iter().any(|ending| has_ending(stem, ending))
        }
        "txt" => !PROSE.contains(&stem),
        "lock" => !FOREIGN_LOCKS.contains(&stem),
        "pip" | "lockfile" | "frozen" | "pinned" => true,
        _ => false,
    }
}

/// Endings before `.in` of files that other tools fill in.
const TEMPLATES: [&str; 22] = [
    ".ac", ".c", ".cfg", ".cmake", ".conf", ".cpp", ".desktop", ".h", ".hpp", ".html", ".ini",
    ".json", ".md", ".pc", ".py", ".rst", ".service", ".sh", ".spec", ".toml", ".xml", ".yaml",
];

/// Stems of `.txt` files that hold prose or are another tool's.
const PROSE: [&str; 20] = [
    "authors",
    "changelog",
    "changes",
    "cmakelists",
    "contributing",
    "contributors",
    "copying",
    "dependency_links",
    "entry_points",
    "history",
    "humans",
    "install",
    "licence",
    "license",
    "news",
    "notice",
    "readme",
    "robots",
    "sources",
    "top_level",
];

/// Stems of `.lock` files that other tools write in forms of their own.
const FOREIGN_LOCKS: [&str; 18] = [
    "bun", "bundle", "cargo", "chart", "composer", "conda", "deno", "devenv", "flake", "gemfile",
    "mix", "package", "pdm", "pipfile", "poetry", "pubspec", "uv", "yarn",
];

/// Returns the locks of a repository in an order in which they can be made, and what
/// was skipped, sorted.
///
/// `files` are all whose names are candidates ([`is_candidate_name`]), and all that
/// `locks` name.
pub fn targets(files: &[Candidate], locks: &[LockConfig]) -> (Vec<LockTarget>, Vec<Skipped>) {
    let repository = Repository::new(files);
    let mut finder = Finder {
        repository: &repository,
        found: Vec::new(),
        skipped: Vec::new(),
        loose: Vec::new(),
        told: Vec::new(),
        taken: BTreeSet::new(),
    };
    for lock in locks {
        finder.configured(lock);
    }
    let mut paths: Vec<&str> = repository.texts.keys().copied().collect();
    paths.sort_unstable();
    for path in &paths {
        if !finder.taken.contains(*path) {
            finder.look_at(path);
        }
    }
    let mut reading = Reading::new(&repository.texts);
    finder.doubt_names(&mut reading);
    let Finder {
        found,
        mut skipped,
        loose,
        ..
    } = finder;
    let used: BTreeSet<String> = found
        .iter()
        .flat_map(|target| reading.reads(target).files)
        .collect();
    // What another lock is made of has its place already, and a lock of the same name
    // that was skipped has the reason.
    let has_place = |path: &str| {
        let stem = path.strip_suffix(".in");
        used.contains(path)
            || skipped.iter().any(|one: &Skipped| {
                stem.is_some() && stem == one.path.rsplit_once('.').map(|(stem, _)| stem)
            })
    };
    let loose: Vec<Skipped> = loose
        .into_iter()
        .filter(|one| !has_place(&one.path))
        .collect();
    skipped.extend(loose);
    let targets = arrange(found, &mut reading, &mut skipped);
    skipped.sort();
    (targets, skipped)
}

/// The files by their paths.
struct Repository<'a> {
    texts: FxHashMap<&'a str, &'a str>,
}

impl<'a> Repository<'a> {
    fn new(files: &'a [Candidate]) -> Self {
        Self {
            texts: files
                .iter()
                .map(|file| (file.path.as_str(), file.text.as_str()))
                .collect(),
        }
    }

    fn has(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    /// Whether a written path leads to a file, or is a URL.
    fn has_at(&self, folder: &str, written: &str) -> bool {
        location::is_url(written) || at(folder, written).is_some_and(|path| self.has(&path))
    }

    /// Returns all folders that have files, sorted.
    fn folders(&self) -> BTreeSet<&'a str> {
        self.texts
            .keys()
            .flat_map(|path| folders_above(path))
            .collect()
    }
}

struct Finder<'a> {
    repository: &'a Repository<'a>,
    found: Vec<LockTarget>,
    skipped: Vec<Skipped>,
    /// What is skipped unless another lock is made of it.
    loose: Vec<Skipped>,
    /// Targets found by name, with the sources that the comments in them tell of.
    told: Vec<(usize, Vec<String>)>,
    /// Outputs that need no further looking at.
    taken: BTreeSet<String>,
}

impl Finder<'_> {
    fn skip(&mut self, path: &str, why: impl Into<String>) {
        self.skipped.push(Skipped {
            path: path.to_owned(),
            why: why.into(),
        });
    }

    fn loose(&mut self, path: &str, why: String) {
        self.loose.push(Skipped {
            path: path.to_owned(),
            why,
        });
    }

    /// Takes a `[[lock]]` table.
    fn configured(&mut self, lock: &LockConfig) {
        let Some(output) = at("", &lock.output) else {
            self.skip(&lock.output, "it is outside of the repository");
            return;
        };
        if !self.taken.insert(output.clone()) {
            self.skip(
                &output,
                "more than one `[[lock]]` table has it as its output",
            );
            return;
        }
        match self.configured_target(lock, &output) {
            Ok(target) => self.found.push(target),
            Err(why) => self.skip(&output, why),
        }
    }

    fn configured_target(&self, lock: &LockConfig, output: &str) -> Result<LockTarget, String> {
        let text = self.repository.texts.get(output).copied();
        // What our own command in the header says.
        let mut recorded = None;
        let mut target = match text.map(lock::read) {
            Some(read) => match self.recipe(output, &read) {
                Some(Recipe::Command(command)) if lock.sources.is_empty() => {
                    let target = self.commanded(output, &read, *command)?;
                    recorded = Some(target.clone());
                    target
                }
                Some(Recipe::Command(command)) => {
                    // Where it was run does not matter: the table names the files.
                    let unsupported = command.unsupported.iter().map(|(flag, _)| flag.clone());
                    let ignored = command.ignored.iter().cloned().chain(unsupported).collect();
                    let as_recorded = self.commanded(output, &read, (*command).clone());
                    recorded = as_recorded.ok();
                    LockTarget {
                        ignored,
                        ..settled(output, &read, *command)
                    }
                }
                Some(Recipe::Unreadable { why, .. }) if lock.sources.is_empty() => {
                    return Err(why);
                }
                Some(Recipe::Custom(command)) => LockTarget {
                    custom_command: Some(command),
                    ..guessed(output, &read, text.unwrap_or_default())
                },
                _ => guessed(output, &read, text.unwrap_or_default()),
            },
            None => LockTarget {
                hashes: true,
                ..empty(output, Options::of(Tool::Pinfold))
            },
        };
        if lock.sources.is_empty() {
            if target.sources.is_empty() && target.options.groups.is_empty() {
                let source = self
                    .source_beside(output)
                    .ok_or_else(|| "its `[[lock]]` table names no sources".to_owned())?;
                target.sources.push(source);
            }
        } else {
            target.folder = String::new();
            target.sources = self.paths("", &lock.sources)?;
            target.constraints = Vec::new();
            target.overrides = Vec::new();
        }
        if !lock.constraints.is_empty() {
            target.constraints = self.paths("", &lock.constraints)?;
        }
        if !lock.overrides.is_empty() {
            target.overrides = self.paths("", &lock.overrides)?;
        }
        take_settings(&mut target, lock);
        // A command that would do something else now is written anew.
        if let Some(recorded) = recorded
            && recorded.custom_command.is_some()
        {
            let is_same = recorded
                == LockTarget {
                    ignored: recorded.ignored.clone(),
                    ..target.clone()
                };
            if !is_same {
                target.custom_command = None;
            }
        }
        target.why = Why::Configuration;
        check_sources(&target)?;
        Ok(target)
    }

    /// Finds out whether a file is a lock.
    fn look_at(&mut self, path: &str) {
        let text = self.repository.texts[path];
        let name = file_name(path);
        if has_ending(name, ".in") {
            if looks_like_source(name, text) {
                self.loose(
                    path,
                    format!("no lock is made of it; `pinfold compile {path}` would make one"),
                );
            }
            return;
        }
        if matches!(name, "pyproject.toml" | "setup.py" | "setup.cfg") {
            return;
        }
        let beside = self.source_beside(path);
        let is_named = looks_like_requirements(&path.to_ascii_lowercase());
        if !(is_named || beside.is_some() || has_header(text)) {
            return;
        }
        let read = lock::read(text);
        let found = match self.recipe(path, &read) {
            Some(Recipe::Command(command)) => self.commanded(path, &read, *command),
            Some(Recipe::Custom(command)) => {
                let mut found = guessed(path, &read, text);
                match beside.or_else(|| self.project_beside(path, &read)) {
                    Some(source) => {
                        found.custom_command = Some(command);
                        Ok(Self::named(found, source, &read))
                    }
                    None => Err(format!(
                        "its header says `{command}`, which is not run, and no source has its name; \
                         name its sources in a `[[lock]]` table"
                    )),
                }
            }
            Some(Recipe::Unreadable { command, why }) if !command.is_empty() => Err(why),
            Some(Recipe::Unreadable { why, .. }) => match beside {
                Some(source) if is_pinned(&read) => {
                    Ok(Self::named(guessed(path, &read, text), source, &read))
                }
                _ => Err(why),
            },
            None => match beside {
                Some(source) if is_pinned(&read) => {
                    Ok(Self::named(guessed(path, &read, text), source, &read))
                }
                _ if !is_named && beside.is_none() => return,
                _ if is_pinned(&read) => {
                    self.loose(
                        path,
                        "it does not say what it is made of; name its sources in a `[[lock]]` \
                         table"
                            .to_owned(),
                    );
                    return;
                }
                _ => {
                    if looks_like_source(name, text) {
                        self.loose(
                            path,
                            "not all of it is pinned, so it is a source and not a lock, and no \
                             lock is made of it"
                                .to_owned(),
                        );
                    }
                    return;
                }
            },
        };
        match found.and_then(|target| check_sources(&target).map(|()| target)) {
            Ok(target) => {
                if target.why == Why::Name {
                    self.told.push((self.found.len(), told_sources(&read)));
                }
                self.found.push(target);
            }
            Err(why) => self.skip(path, why),
        }
    }

    /// Skips targets of whose sources the name tells only a part.
    fn doubt_names(&mut self, reading: &mut Reading<'_>) {
        for (index, told) in std::mem::take(&mut self.told).into_iter().rev() {
            let target = &self.found[index];
            let files = reading.reads(target).files;
            // From which folder they are named is not quite known.
            let is_read = |source: &&String| {
                let source = source.replace('\\', "/");
                let end = source.trim_start_matches("../").trim_start_matches("./");
                files.iter().any(|path| {
                    path.strip_suffix(end)
                        .is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
                })
            };
            if let Some(other) = told.iter().find(|source| !is_read(source)) {
                let why = format!(
                    "its comments name `{}`, which is no part of `{}`; name its sources in a \
                     `[[lock]]` table",
                    without_password(other),
                    target.sources.join("` and `"),
                );
                let target = self.found.remove(index);
                self.skip(&target.output, why);
            }
        }
    }

    fn recipe(&self, path: &str, read: &LockFile) -> Option<Recipe> {
        let exists =
            |word: &str| folders_above(path).any(|folder| self.repository.has_at(folder, word));
        read.header
            .as_ref()
            .map(|header| recipe_beside(header, &exists))
    }

    /// Returns the target that a header's command means.
    fn commanded(
        &self,
        path: &str,
        read: &LockFile,
        mut command: CompileCommand,
    ) -> Result<LockTarget, String> {
        if let Some((flag, why)) = command.unsupported.first() {
            return Err(format!("its header has `{flag}`: {why}"));
        }
        if command.sources.iter().any(|source| source == "-") {
            return Err(
                "it was made of standard input; name its sources in a `[[lock]]` table".to_owned(),
            );
        }
        let group_files = command.options.group_files();
        let folder = if command.sources.is_empty() && !group_files.is_empty() {
            // Groups may be all there is. They are found as sources are.
            command.sources = group_files;
            let folder = self.folder_of(path, &mut command)?;
            self.paths(&folder, &command.sources)?;
            command.sources.clear();
            folder
        } else if command.sources.is_empty() {
            let (folder, source) = self.default_source(path, &command)?;
            command.sources.push(source);
            folder
        } else {
            self.folder_of(path, &mut command)?
        };
        let target = LockTarget {
            sources: self.paths(&folder, &command.sources)?,
            constraints: self.paths(&folder, &command.constraints)?,
            overrides: self.paths(&folder, &command.overrides)?,
            folder,
            ..settled(path, read, command)
        };
        Ok(target)
    }

    /// Returns what pip-compile takes when its command names no source.
    fn default_source(
        &self,
        path: &str,
        command: &CompileCommand,
    ) -> Result<(String, String), String> {
        const DEFAULTS: [&str; 4] = ["requirements.in", "setup.py", "pyproject.toml", "setup.cfg"];
        let defaults = |folder: &str| {
            let found = DEFAULTS
                .iter()
                .find(|name| self.repository.has_at(folder, name));
            found.map(|name| (folder.to_owned(), (*name).to_owned()))
        };
        let is_possible = |folder: &str| is_output(folder, path, command) != Some(false);
        folders_above(path)
            .filter(|folder| is_possible(folder))
            .find_map(defaults)
            .ok_or_else(|| {
                "its header names no source, and there is no `requirements.in` and no \
                 `pyproject.toml` beside it"
                    .to_owned()
            })
    }

    /// Finds the folder that a command was run in.
    fn folder_of(&self, path: &str, command: &mut CompileCommand) -> Result<String, String> {
        make_relative(path, command);
        if let Some(source) = command.sources.iter().find(|source| is_absolute(source)) {
            return Err(format!(
                "its header names `{source}`, which is a path of another machine; name its \
                 sources in a `[[lock]]` table"
            ));
        }
        let fits = |folder: &str| {
            command
                .sources
                .iter()
                .all(|source| self.repository.has_at(folder, source))
        };
        let surely = |folder: &str| is_output(folder, path, command) == Some(true);
        if let Some(folder) = folders_above(path).find(|folder| surely(folder) && fits(folder)) {
            return Ok(folder.to_owned());
        }
        // It was run in a folder aside, such as `-o ../locks/dev.txt` in `src`.
        if command.output.is_some() {
            let folders = self.repository.folders();
            let mut aside = folders
                .into_iter()
                .filter(|folder| surely(folder) && fits(folder));
            match (aside.next(), aside.next()) {
                (Some(folder), None) => return Ok(folder.to_owned()),
                (Some(one), Some(other)) => {
                    return Err(format!(
                        "its header's command may have been run in `{one}` and in `{other}`; \
                         name its sources in a `[[lock]]` table"
                    ));
                }
                _ => {}
            }
        }
        let Some(folder) = folders_above(path).find(|folder| fits(folder)) else {
            let missing = command.sources.iter().find(|source| {
                !folders_above(path).any(|folder| self.repository.has_at(folder, source))
            });
            return Err(match missing {
                Some(source) => format!("`{source}`, which its header names, is not there"),
                None => "what its header names is not in one place".to_owned(),
            });
        };
        if let Some(output) = &command.output
            && let Some(other) = at(folder, output)
            && other != path
            && self.repository.has(&other)
        {
            return Err(format!(
                "its header says that it is `{other}`, so it is a copy"
            ));
        }
        Ok(folder.to_owned())
    }

    /// Returns paths as seen from the root.
    fn paths(&self, folder: &str, written: &[String]) -> Result<Vec<String>, String> {
        let path = |written: &String| {
            if location::is_url(written) {
                return Ok(written.clone());
            }
            let shown = without_password(written);
            let path = at(folder, written)
                .ok_or_else(|| format!("`{shown}` is outside of the repository"))?;
            if !self.repository.has(&path) {
                return Err(format!("`{path}`, of which it is made, is not there"));
            }
            Ok(path)
        };
        written.iter().map(path).collect()
    }

    /// Returns the `.in` file beside a lock that has the lock's name.
    fn source_beside(&self, path: &str) -> Option<String> {
        let stem = path
            .strip_suffix(".txt")
            .or_else(|| path.strip_suffix(".lock"))?;
        let source = format!("{stem}.in");
        self.repository.has(&source).then_some(source)
    }

    /// Returns the project file beside a generated `requirements.txt` that names it.
    fn project_beside(&self, path: &str, read: &LockFile) -> Option<String> {
        let source = at(folder_of(path), "pyproject.toml")?;
        let names_it = |via: &String| via.contains("pyproject.toml)");
        (file_name(path) == "requirements.txt"
            && self.repository.has(&source)
            && read.pins.iter().any(|pin| pin.via.iter().any(names_it)))
        .then_some(source)
    }

    /// Completes a target that was found by its name.
    fn named(target: LockTarget, source: String, read: &LockFile) -> LockTarget {
        // `# via -r locks/dev.in`: the folder from which that is the source.
        let is_seen_from = |folder: &&str| {
            let written = source.strip_prefix(folder).unwrap_or(&source);
            let written = written.trim_start_matches('/');
            let via = |via: &String| via.strip_prefix("-r ") == Some(written);
            read.pins.iter().any(|pin| pin.via.iter().any(via))
        };
        let folder = folders_above(&source)
            .find(is_seen_from)
            .unwrap_or_else(|| folder_of(&source));
        LockTarget {
            folder: folder.to_owned(),
            sources: vec![source],
            ..target
        }
    }
}

/// Returns the sources that `# via` comments tell of, as written.
fn told_sources(read: &LockFile) -> Vec<String> {
    let told = read.pins.iter().flat_map(|pin| &pin.via).filter_map(|via| {
        if let Some(source) = via.strip_prefix("-r ") {
            return (source != "-").then(|| source.trim().to_owned());
        }
        // `name (pyproject.toml)`
        let (_, source) = via.strip_suffix(')')?.split_once(" (")?;
        Some(source.to_owned())
    });
    let told: BTreeSet<String> = told.collect();
    told.into_iter().collect()
}

/// Lets what a `[[lock]]` table says of settings count for more than the lock itself.
fn take_settings(target: &mut LockTarget, lock: &LockConfig) {
    let options = &mut target.options;
    for (place, said) in [
        (&mut target.extras, &lock.extras),
        (&mut options.extra_index_urls, &lock.extra_index_urls),
        (&mut options.only_binary, &lock.only_binary),
        (&mut options.no_binary, &lock.no_binary),
    ] {
        if !said.is_empty() {
            place.clone_from(said);
        }
    }
    if lock.index_url.is_some() {
        options.index_url.clone_from(&lock.index_url);
    }
    if lock.python_version.is_some() {
        target.python_version.clone_from(&lock.python_version);
    }
    // `linux` and what it stands for are the same.
    let platform = |text: &Option<String>| text.as_deref().map(Platform::parse).transpose().ok();
    if lock.python_platform.is_some()
        && platform(&target.python_platform) != platform(&lock.python_platform)
    {
        target.python_platform.clone_from(&lock.python_platform);
    }
    if !lock.find_links.is_empty() {
        // They are seen from where the command is run.
        let seen = |place: &String| {
            if location::is_url(place) {
                place.clone()
            } else {
                let from = format!("/{}", target.folder);
                location::displayed(&format!("/{place}"), &from)
            }
        };
        options.find_links = lock.find_links.iter().map(seen).collect();
    }
    if let Some(no_hashes) = lock.no_hashes {
        target.hashes = !no_hashes;
    }
}

/// A lock cannot be its own source.
fn check_sources(target: &LockTarget) -> Result<(), String> {
    if target.sources.contains(&target.output) {
        return Err("it would be input and output at once".to_owned());
    }
    Ok(())
}

fn empty(output: &str, options: Options) -> LockTarget {
    LockTarget {
        output: output.to_owned(),
        sources: Vec::new(),
        constraints: Vec::new(),
        overrides: Vec::new(),
        extras: Vec::new(),
        all_extras: false,
        python_version: None,
        python_platform: None,
        hashes: false,
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

/// Returns a target with all that a command says, but without its paths.
fn settled(output: &str, read: &LockFile, command: CompileCommand) -> LockTarget {
    let tool = command.tool;
    let mut options = command.options;
    // Ours writes all its settings into the header; the others may have had some from
    // their configuration, which only the file itself shows.
    if tool != Tool::Pinfold {
        take_option_lines(&mut options, read);
    }
    let has_hashes = read.pins.iter().any(|pin| !pin.hashes.is_empty());
    LockTarget {
        extras: command.extras,
        all_extras: command.all_extras,
        python_version: command.python_version,
        python_platform: command.python_platform,
        hashes: command
            .hashes
            .unwrap_or(tool == Tool::Pinfold || has_hashes),
        ignored: command.ignored,
        // Another spelling of the same would be a change for nothing.
        custom_command: read
            .header
            .as_ref()
            .and_then(|header| header.command.clone())
            .filter(|_| tool == Tool::Pinfold),
        why: Why::Header(tool),
        // It was read from one.
        options: Options {
            header: true,
            ..options
        },
        ..empty(output, Options::of(tool))
    }
}

/// Returns a target that goes on as the file is, but without its paths.
fn guessed(output: &str, read: &LockFile, text: &str) -> LockTarget {
    let header = read.header.as_ref();
    let (python_version, python_platform) =
        target(header.and_then(|header| header.target.as_deref()));
    let mut options = Options::of(Tool::Pinfold);
    options.header = header.is_some();
    options.strip_extras = read.pins.iter().all(|pin| pin.extras.is_empty());
    options.strip_markers = read.pins.iter().all(|pin| pin.marker.is_none());
    options.annotations = annotations(text);
    options.allow_unsafe = !text
        .lines()
        .skip_while(|line| !line.contains("considered to be unsafe in a requirements file"))
        .skip(1)
        .any(|line| line.starts_with("# ") && !line.trim_start_matches("# ").contains(' '));
    take_option_lines(&mut options, read);
    LockTarget {
        python_version,
        python_platform,
        hashes: read.pins.iter().any(|pin| !pin.hashes.is_empty()),
        ..empty(output, options)
    }
}

/// Returns how a file says who requires what.
fn annotations(text: &str) -> Annotations {
    let mut found = Annotations::None;
    for line in text.lines() {
        let Some((before, comment)) = line.split_once("# via") else {
            continue;
        };
        // Hashes push the comment of one line to a line of its own as well; only one
        // for all of several sources has commas.
        if !before.trim().is_empty() || comment.contains(',') {
            return Annotations::Line;
        }
        found = Annotations::Split;
    }
    found
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
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
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
    or(&mut options.only_binary, "--only-binary");
    or(&mut options.no_binary, "--no-binary");
}

/// Whether a file's only content are exact pins.
fn is_pinned(read: &LockFile) -> bool {
    let is_exact = |source: &PinSource| !matches!(source, PinSource::Path(_));
    let is_include = |line: &String| {
        ["-r", "-c", "--req", "--con"]
            .iter()
            .any(|option| line.starts_with(option))
    };
    !read.pins.is_empty()
        && read.problems.is_empty()
        && read.pins.iter().all(|pin| is_exact(&pin.source))
        && !read.options.iter().any(is_include)
}

/// Whether a generator has left its name at the top.
fn has_header(text: &str) -> bool {
    text.trim_start_matches('\u{feff}')
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with('#'))
        .take(40)
        .any(|line| line.contains("autogenerated by "))
}

/// Whether a name, or a folder above, says that there are requirements in the file.
fn looks_like_requirements(lower: &str) -> bool {
    ["requirements", "constraints"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Whether a text can be read as requirements and has some.
fn looks_like_source(name: &str, text: &str) -> bool {
    if !is_candidate_name(name) {
        return false;
    }
    let file = crate::requirements::RequirementsFile::parse(text, &|_| None);
    file.problems.is_empty() && !file.items.is_empty()
}

/// Whether a command that is run in a folder writes this file; none if it does not say.
fn is_output(folder: &str, path: &str, command: &CompileCommand) -> Option<bool> {
    let output = command.output.as_deref().filter(|&output| output != "-")?;
    if is_absolute(output) {
        return None;
    }
    Some(at(folder, output).as_deref() == Some(path))
}

/// Makes absolute paths relative to the root, if the output is one and tells where
/// that is.
fn make_relative(path: &str, command: &mut CompileCommand) {
    let Some(output) = &command.output else {
        return;
    };
    let output = output.replace('\\', "/");
    let Some(root) = output
        .strip_suffix(path)
        .filter(|root| is_absolute(root) && root.ends_with('/'))
        .map(str::to_owned)
    else {
        return;
    };
    let lists = [
        &mut command.sources,
        &mut command.constraints,
        &mut command.overrides,
    ];
    let is_whole = lists.iter().all(|list| {
        list.iter()
            .all(|one| one.replace('\\', "/").starts_with(&root) || location::is_url(one))
    });
    if !is_whole {
        return;
    }
    for one in lists.into_iter().flatten() {
        if let Some(inside) = one.replace('\\', "/").strip_prefix(&root) {
            inside.clone_into(one);
        }
    }
    path.clone_into(command.output.get_or_insert_default());
}

fn is_absolute(path: &str) -> bool {
    let mut bytes = path.bytes();
    match (bytes.next(), bytes.next()) {
        (Some(b'/' | b'\\'), _) => true,
        (Some(letter), Some(b':')) => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Returns the path from the root of what is written in a folder; none if it is not in
/// the repository.
fn at(folder: &str, written: &str) -> Option<String> {
    if written.is_empty() || is_absolute(written) {
        return None;
    }
    let written = written.replace('\\', "/");
    let path = location::normalise(format!("{folder}/{written}").trim_start_matches('/'));
    (path != "." && path != ".." && !path.starts_with("../")).then_some(path)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |index| &path[..index])
}

/// Returns the folder of a file and those above it, up to the root, which is empty.
fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder_of(path));
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| folder_of(folder));
        Some(folder)
    })
}
