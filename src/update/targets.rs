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

use super::layers::{Reading, arrange};
use super::names::{
    at, file_name, folder_of, folders_above, has_ending, is_absolute, is_candidate_name,
    looks_like_requirements,
};
use super::target::{LockTarget, Skipped, Why};
use crate::command::{CompileCommand, Options, Recipe, Tool, recipe_beside};
use crate::config::{Located, LockConfig};
use crate::lock::{self, Layout, LockFile, PinSource, pylock};
use crate::requirements::location;
use crate::text::{shell_path, without_password};

/// A file that may matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateFile {
    /// Its path from the repository's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Returns the locks of a repository in an order in which they can be made, and what
/// was skipped, sorted.
///
/// `files` are all whose names are candidates ([`is_candidate_name`]), and all that
/// `locks` name.
pub fn targets(files: &[CandidateFile], locks: &[LockConfig]) -> (Vec<LockTarget>, Vec<Skipped>) {
    let repository = Repository::new(files);
    let mut finder = Finder {
        repository: &repository,
        found: Vec::new(),
        skipped: Vec::new(),
        loose: Vec::new(),
        told: Vec::new(),
        layers: Vec::new(),
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
    finder.skip_layers();
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

/// Returns the paths of files that the headers of locks may name and that are not known:
/// sources may have any name.
///
/// `files` is as for [`targets`].
pub fn named_by_headers(files: &[CandidateFile]) -> BTreeSet<String> {
    let repository = Repository::new(files);
    let mut named = BTreeSet::new();
    for file in files.iter().filter(|file| lock::has_header(&file.text)) {
        let Some(command) = lock::read(&file.text).header.and_then(|it| it.command) else {
            continue;
        };
        for word in command.split_whitespace() {
            let word = word.rsplit_once('=').map_or(word, |(_, value)| value);
            let word = word.trim_matches(['\'', '"']);
            let is_path = !word.starts_with('-') && word.contains('.') && !location::is_url(word);
            let is_known = || {
                folders_above(&file.path).any(|folder| repository.has_at(folder, word))
                    || word.ends_with(&file.path)
            };
            if !is_path || is_known() {
                continue;
            }
            // The command may have been run in a folder aside; see `run_folder`.
            let folders = repository.folders();
            named.extend(folders.iter().filter_map(|folder| at(folder, word)));
        }
    }
    named
}

/// The files by their paths.
struct Repository<'a> {
    texts: FxHashMap<&'a str, &'a str>,
}

impl<'a> Repository<'a> {
    fn new(files: &'a [CandidateFile]) -> Self {
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
    /// Locks that include another one, and that one.
    layers: Vec<(String, String)>,
    /// Outputs that need no further looking at.
    taken: BTreeSet<String>,
}

impl Finder<'_> {
    fn skip(&mut self, path: &str, why: impl Into<String>) {
        self.skipped.push(Skipped {
            path: path.to_owned(),
            why: why.into(),
            is_lock: true,
        });
    }

    /// Notes a file that is no target unless another lock is made of it.
    fn loose(&mut self, path: &str, why: String, is_lock: bool) {
        self.loose.push(Skipped {
            path: path.to_owned(),
            why,
            is_lock,
        });
    }

    /// Takes a `[[lock]]` table.
    fn configured(&mut self, lock: &LockConfig) {
        let Some(output) = at("", &lock.output.value) else {
            self.skip(&lock.output.value, "it is outside of the repository");
            return;
        };
        if !self.taken.insert(output.clone()) {
            self.skip(
                &output,
                "it is the output of more than one `[[lock]]` table",
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
        let values =
            |list: &[Located<String>]| list.iter().map(|one| one.value.clone()).collect::<Vec<_>>();
        let sources = values(&lock.sources);
        // What our own command in the header says.
        let mut recorded = None;
        let mut is_guessed = false;
        let mut guessed = |read: &LockFile| {
            is_guessed = true;
            LockTarget::guessed(output, read, Layout::of(text.unwrap_or_default()))
        };
        let mut target = match text.map(lock::read) {
            Some(read) => match self.recipe(output, &read) {
                Some(Recipe::Command(command)) if sources.is_empty() => {
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
                        ..LockTarget::commanded(output, &read, *command)
                    }
                }
                Some(Recipe::Unreadable { why, .. }) if sources.is_empty() => {
                    return Err(why);
                }
                Some(Recipe::Custom(command)) => LockTarget {
                    custom_command: Some(command),
                    ..guessed(&read)
                },
                _ => guessed(&read),
            },
            None => LockTarget::new(output, Options::of(Tool::Pinfold)),
        };
        let options = &mut target.options;
        if sources.is_empty() {
            if options.sources.is_empty() && options.groups.is_empty() {
                let source = self
                    .source_beside(output)
                    .ok_or_else(|| "its `[[lock]]` table does not name sources".to_owned())?;
                options.sources.push(source);
            }
        } else {
            target.folder = String::new();
            options.sources = self.paths("", &sources)?;
            options.constraints = Vec::new();
            options.overrides = Vec::new();
        }
        if !lock.constraints.is_empty() {
            options.constraints = self.paths("", &values(&lock.constraints))?;
        }
        if !lock.overrides.is_empty() {
            options.overrides = self.paths("", &values(&lock.overrides))?;
        }
        if is_guessed {
            links_seen_from_its_folder(&mut target);
        }
        target.take_settings(lock);
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
        check_sources(target)
    }

    /// Finds out whether a file is a lock.
    fn look_at(&mut self, path: &str) {
        let text = self.repository.texts[path];
        let name = file_name(path);
        if has_ending(name, ".in") {
            if looks_like_source(name, text) {
                self.loose(
                    path,
                    format!(
                        "it has no lock file; run `pinfold compile {}` to create one",
                        shell_path(path)
                    ),
                    false,
                );
            }
            return;
        }
        if matches!(name, "pyproject.toml" | "setup.py" | "setup.cfg") {
            return;
        }
        let beside = self.source_beside(path);
        let is_pylock = pylock::has_name(name);
        let is_named = is_pylock || looks_like_requirements(&path.to_ascii_lowercase());
        if !(is_named || beside.is_some() || lock::has_header(text)) {
            return;
        }
        let read = lock::read(text);
        let found = match self.recipe(path, &read) {
            Some(Recipe::Command(command)) => self.commanded(path, &read, *command),
            Some(Recipe::Custom(_)) if included(&read).is_some() => {
                let include = included(&read).unwrap_or_default();
                let other =
                    include.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '-');
                let other = other.trim_start_matches(['=', ' ', '\t']);
                self.layers
                    .push((path.to_owned(), location::join(path, other)));
                Err(format!(
                    "it includes `{include}`, and pinfold writes all pins of a lock into one file"
                ))
            }
            Some(Recipe::Custom(command)) => {
                let mut found = LockTarget::guessed(path, &read, Layout::of(text));
                match beside.or_else(|| self.project_beside(path, &read)) {
                    Some(source) => {
                        found.custom_command = Some(command);
                        Ok(Self::named(found, source, &read))
                    }
                    None => Err(format!(
                        "its header has the custom command `{command}`, and no source has its \
                         name; name its sources in a `[[lock]]` table"
                    )),
                }
            }
            Some(Recipe::Unreadable { command, why }) if !command.is_empty() => Err(why),
            Some(Recipe::Unreadable { why, .. }) => match beside {
                Some(source) if is_pinned(&read) => Ok(Self::named(
                    LockTarget::guessed(path, &read, Layout::of(text)),
                    source,
                    &read,
                )),
                _ => Err(why),
            },
            None => match beside {
                Some(source) if is_pinned(&read) => Ok(Self::named(
                    LockTarget::guessed(path, &read, Layout::of(text)),
                    source,
                    &read,
                )),
                _ if !is_named && beside.is_none() => return,
                _ if is_pinned(&read) || is_pylock => {
                    self.loose(
                        path,
                        "its sources are unknown; name them in a `[[lock]]` table".to_owned(),
                        true,
                    );
                    return;
                }
                _ => {
                    if looks_like_source(name, text) {
                        self.loose(
                            path,
                            "it is not fully pinned, so it is a source, and it has no lock file"
                                .to_owned(),
                            false,
                        );
                    }
                    return;
                }
            },
        };
        match found.and_then(check_sources) {
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
                    "its comments name `{}`, which is not part of `{}`; name its sources in a \
                     `[[lock]]` table",
                    without_password(other),
                    target.options.sources.join("` and `"),
                );
                let target = self.found.remove(index);
                self.skip(&target.output, why);
            }
        }
    }

    /// Skips the targets that a lock which is skipped includes: versions that suit only
    /// these would not suit it.
    fn skip_layers(&mut self) {
        for (path, included) in std::mem::take(&mut self.layers) {
            let found = self.found.iter().position(|target| {
                target.output == included
                    && target.why == Why::Name
                    && target.custom_command.is_some()
            });
            if let Some(index) = found {
                let target = self.found.remove(index);
                self.skip(
                    &target.output,
                    format!("`{path}` includes it, and pinfold does not write layered lock files"),
                );
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
        if command.options.sources.iter().any(|source| source == "-") {
            return Err(
                "it was made from standard input; name its sources in a `[[lock]]` table"
                    .to_owned(),
            );
        }
        let group_files = command.options.group_files();
        let folder = if command.options.sources.is_empty() && !group_files.is_empty() {
            // Groups may be all there is. They are found as sources are.
            command.options.sources = group_files;
            let folder = self.run_folder(path, &mut command.options)?;
            self.paths(&folder, &command.options.sources)?;
            command.options.sources.clear();
            folder
        } else if command.options.sources.is_empty() {
            let (folder, source) = self.default_source(path, &command.options)?;
            command.options.sources.push(source);
            folder
        } else {
            self.run_folder(path, &mut command.options)?
        };
        let options = &mut command.options;
        for paths in [
            &mut options.sources,
            &mut options.constraints,
            &mut options.overrides,
        ] {
            *paths = self.paths(&folder, paths)?;
        }
        Ok(LockTarget {
            folder,
            ..LockTarget::commanded(path, read, command)
        })
    }

    /// Returns what pip-compile takes when its command names no source.
    fn default_source(&self, path: &str, options: &Options) -> Result<(String, String), String> {
        const DEFAULTS: [&str; 4] = ["requirements.in", "setup.py", "pyproject.toml", "setup.cfg"];
        let defaults = |folder: &str| {
            let found = DEFAULTS
                .iter()
                .find(|name| self.repository.has_at(folder, name));
            found.map(|name| (folder.to_owned(), (*name).to_owned()))
        };
        let is_possible = |folder: &str| is_output(folder, path, options) != Some(false);
        folders_above(path)
            .filter(|folder| is_possible(folder))
            .find_map(defaults)
            .ok_or_else(|| {
                "its header does not name a source, and there is no `requirements.in` or \
                 `pyproject.toml` next to it"
                    .to_owned()
            })
    }

    /// Finds the folder that a command was run in.
    fn run_folder(&self, path: &str, options: &mut Options) -> Result<String, String> {
        make_relative(path, options);
        if let Some(source) = options.sources.iter().find(|source| is_absolute(source)) {
            return Err(format!(
                "its header names `{source}`, a path on another machine; name its sources in a \
                 `[[lock]]` table"
            ));
        }
        let fits = |folder: &str| {
            options
                .sources
                .iter()
                .all(|source| self.repository.has_at(folder, source))
        };
        let surely = |folder: &str| is_output(folder, path, options) == Some(true);
        if let Some(folder) = folders_above(path).find(|folder| surely(folder) && fits(folder)) {
            return Ok(folder.to_owned());
        }
        // It was run in a folder aside, such as `-o ../locks/dev.txt` in `src`.
        if options.output.is_some() {
            let folders = self.repository.folders();
            let mut aside = folders
                .into_iter()
                .filter(|folder| surely(folder) && fits(folder));
            match (aside.next(), aside.next()) {
                (Some(folder), None) => return Ok(folder.to_owned()),
                (Some(one), Some(other)) => {
                    return Err(format!(
                        "the command in its header may have been run in `{one}` or in `{other}`; \
                         name its sources in a `[[lock]]` table"
                    ));
                }
                _ => {}
            }
        }
        let Some(folder) = folders_above(path).find(|folder| fits(folder)) else {
            let missing = options.sources.iter().find(|source| {
                !folders_above(path).any(|folder| self.repository.has_at(folder, source))
            });
            return Err(match missing {
                Some(source) => format!("its header names `{source}`, which does not exist"),
                None => "the sources in its header are not in one directory".to_owned(),
            });
        };
        if let Some(output) = &options.output
            && is_output(folder, path, options) != Some(true)
            && let Some(other) = at(folder, output)
            && other != path
            && self.repository.has(&other)
        {
            return Err(format!("its header is that of `{other}`, so it is a copy"));
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
                return Err(format!("its source `{path}` does not exist"));
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
    fn named(mut target: LockTarget, source: String, read: &LockFile) -> LockTarget {
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
        folder.clone_into(&mut target.folder);
        links_seen_from_its_folder(&mut target);
        target.options.sources = vec![source];
        target
    }
}

/// Writes links that only the lock's option lines tell of, and which start where it is, as seen
/// from where its command is run.
fn links_seen_from_its_folder(target: &mut LockTarget) {
    for links in &mut target.options.find_links {
        if !location::is_url(links) && !links.starts_with("${") {
            let from_root = location::join(&format!("/{}", target.output), links);
            *links = location::displayed(&from_root, &format!("/{}", target.folder));
        }
    }
}

/// A lock cannot be its own source.
fn check_sources(target: LockTarget) -> Result<LockTarget, String> {
    if target.options.sources.contains(&target.output) {
        return Err("it would be both input and output".to_owned());
    }
    Ok(target)
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

/// Returns a line by which a lock includes another file, as pip-compile-multi's do.
fn included(read: &LockFile) -> Option<&str> {
    let is_include = |line: &&String| line.starts_with("-r") || line.starts_with("--req");
    let is_include = |line: &&String| is_include(line) && !line.starts_with("--require-hashes");
    read.options.iter().find(is_include).map(String::as_str)
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

/// Whether a text can be read as requirements and has some.
fn looks_like_source(name: &str, text: &str) -> bool {
    if !is_candidate_name(name) {
        return false;
    }
    let file = crate::requirements::RequirementsFile::parse(text, &|_| None);
    file.problems.is_empty() && !file.items.is_empty()
}

/// Whether a command that is run in a folder writes this file; none if it does not say.
fn is_output(folder: &str, path: &str, options: &Options) -> Option<bool> {
    let output = options.output.as_deref().filter(|&output| output != "-")?;
    if is_absolute(output) {
        return None;
    }
    let mut outputs = std::iter::once(output).chain(options.beside.as_deref());
    Some(outputs.any(|output| at(folder, output).as_deref() == Some(path)))
}

/// Makes absolute paths relative to the root, if the output is one and tells where
/// that is.
fn make_relative(path: &str, options: &mut Options) {
    let Some(output) = &options.output else {
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
        &mut options.sources,
        &mut options.constraints,
        &mut options.overrides,
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
    path.clone_into(options.output.get_or_insert_default());
}
