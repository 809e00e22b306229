//! The arguments of a command that compiles requirements.
//!
//! They are read as the command's own parser reads them (click's for pip-compile,
//! clap's for uv and pinfold): `--name=value`, `--name value`, `-o value`, `-ovalue`,
//! bundles of short switches, `--`. An argument of unknown meaning ends the reading:
//! leaving it out could make another file.

use super::flags::{Flag, NO_CHOICE, Switch, Value, flag, pip_flag};
use super::options::Options;
use super::tool::Tool;
use super::values::{Hashes, is_version};
use super::words;
use crate::lock::Format;
use crate::text::without_password;

/// A command that compiles requirements, as it was meant. Paths are as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileCommand {
    /// Whose command it is.
    pub tool: Tool,
    /// What it asks for; what is not said is as the tool has it. The target is that of the
    /// command, else that of the header.
    pub options: Options,
    /// Whether it says which hashes are written; else the file itself shows it.
    pub says_hashes: bool,
    /// What has no effect on the file, or none that we know of, as written.
    pub ignored: Vec<String>,
    /// What changes the file in a way we cannot: as written, and why not.
    pub unsupported: Vec<(String, String)>,
}

/// Arguments, being read.
pub(super) struct Arguments<'a> {
    tool: Tool,
    words: &'a [String],
    /// Whether the words were parted at blanks because nobody quoted them.
    is_raw: bool,
    exists: &'a dyn Fn(&str) -> bool,
    at: usize,
    /// Whether it says whether unsafe projects are pinned.
    says_unsafe: bool,
    command: CompileCommand,
}

impl<'a> Arguments<'a> {
    /// Begins with the words behind the program's name.
    pub(super) fn new(
        tool: Tool,
        words: &'a [String],
        is_raw: bool,
        exists: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self {
            tool,
            words,
            is_raw,
            exists,
            at: 0,
            says_unsafe: false,
            command: CompileCommand {
                tool,
                says_hashes: false,
                options: Options::of(tool),
                ignored: Vec::new(),
                unsupported: Vec::new(),
            },
        }
    }

    /// Reads them all; an error says why that cannot be done.
    pub(super) fn read(mut self) -> Result<CompileCommand, String> {
        while let Some(word) = self.next() {
            if word == "--" {
                while let Some(word) = self.next() {
                    self.source(word);
                }
            } else if word.starts_with("--") {
                let (name, value) = match word.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (word, None),
                };
                self.long(name, value)?;
            } else if word.len() > 1 && word.starts_with('-') {
                self.bundle(&word[1..])?;
            } else {
                self.source(word);
            }
        }
        self.settle();
        Ok(self.command)
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn long(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        let flag = self.flag(name)?;
        if self.tool == Tool::PipCompile && value.is_some_and(is_no_value) {
            return Ok(());
        }
        match (flag, value) {
            (Flag::Switch(switch), None) => {
                self.says_unsafe |= matches!(name, "--allow-unsafe" | "--no-allow-unsafe");
                self.switch(switch, name);
            }
            (Flag::Switch(_), Some(_)) => return Err(format!("`{name}` takes no value")),
            (Flag::Value(meaning), value) => {
                let value = self.value_of(name, value)?;
                self.value(meaning, name, &value)?;
            }
        }
        Ok(())
    }

    /// Reads short flags: switches, and at last maybe one with a value.
    fn bundle(&mut self, letters: &str) -> Result<(), String> {
        for (index, letter) in letters.char_indices() {
            let name = format!("-{letter}");
            match self.flag(&name)? {
                Flag::Switch(switch) => self.switch(switch, &name),
                Flag::Value(meaning) => {
                    let rest = &letters[index + letter.len_utf8()..];
                    // click takes a `=` for a part of the value, clap does not.
                    let rest = rest
                        .strip_prefix('=')
                        .filter(|_| self.tool != Tool::PipCompile)
                        .unwrap_or(rest);
                    let value = self.value_of(&name, Some(rest).filter(|rest| !rest.is_empty()))?;
                    return self.value(meaning, &name, &value);
                }
            }
        }
        Ok(())
    }

    fn flag(&self, name: &str) -> Result<Flag, String> {
        flag(self.tool, name).ok_or_else(|| {
            format!(
                "pinfold does not know the option `{}` of `{}`",
                without_password(name),
                self.tool
            )
        })
    }

    /// Returns a flag's value, with the words that belong to it but were not quoted.
    fn value_of(&mut self, name: &str, attached: Option<&str>) -> Result<String, String> {
        let value = match attached {
            Some(value) => value,
            None => self
                .next()
                .ok_or_else(|| format!("the value of `{name}` is missing"))?,
        };
        let mut value = value.to_owned();
        while self.is_raw
            && let Some(word) = self.words.get(self.at)
            && !word.starts_with('-')
            && !self.is_file(word)
            // Behind it there has to be a source, unless there was one.
            && (!self.command.options.sources.is_empty() || self.has_file_behind())
        {
            value.push(' ');
            value.push_str(word);
            self.at += 1;
        }
        Ok(value)
    }

    fn has_file_behind(&self) -> bool {
        self.words[self.at..].iter().any(|word| self.is_file(word))
    }

    /// Whether a word names a file, by its ending or because there is one.
    fn is_file(&self, word: &str) -> bool {
        word == "-" || ENDINGS.iter().any(|ending| word.ends_with(ending)) || (self.exists)(word)
    }

    fn source(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        let mut source = word.to_owned();
        // `my folder/a.in`, of which nobody quoted the blank.
        if self.is_raw && !self.is_file(word) {
            let more = self.words[self.at..]
                .iter()
                .take_while(|word| !word.starts_with('-'))
                .position(|word| self.is_file(word));
            if let Some(more) = more {
                for word in &self.words[self.at..=self.at + more] {
                    source.push(' ');
                    source.push_str(word);
                }
                self.at += more + 1;
            }
        }
        self.command.options.sources.push(source);
    }

    fn switch(&mut self, switch: Switch, name: &str) {
        let command = &mut self.command;
        match switch {
            Switch::Set(change) => change(&mut command.options),
            Switch::Hashes(hashes) => {
                // `--generate-hashes` says nothing of which.
                if hashes == Hashes::None || command.options.hashes == Hashes::None {
                    command.options.hashes = hashes;
                }
                command.says_hashes = true;
            }
            Switch::Ignored => command.ignored.push(name.to_owned()),
            Switch::Unsupported(why) => {
                command.unsupported.push((name.to_owned(), why.to_owned()));
            }
        }
    }

    fn value(&mut self, meaning: Value, name: &str, value: &str) -> Result<(), String> {
        let command = &mut self.command;
        let written = || without_password(&format!("{name} {value}"));
        let mut unsupported = None;
        match meaning {
            Value::Set(change) => unsupported = change(&mut command.options, value).err(),
            Value::Hashes => match value {
                "all" | "target" => {
                    command.options.hashes = match value {
                        "all" => Hashes::All,
                        _ => Hashes::Target,
                    };
                    command.options.all_files = value == "all";
                    command.says_hashes = true;
                }
                _ => unsupported = Some(NO_CHOICE.to_owned()),
            },
            // `-p 3.12` asks for an interpreter of that version.
            Value::Python => match value.parse() {
                Ok(version) if is_version(value) && command.options.python_versions.is_empty() => {
                    command.options.python_versions.push(version);
                }
                _ => command.ignored.push(written()),
            },
            Value::PipArguments => return self.pip_arguments(value),
            Value::Ignored => command.ignored.push(written()),
            Value::Unsupported(why) => unsupported = Some(why.to_owned()),
        }
        if let Some(why) = unsupported {
            command.unsupported.push((written(), why));
        }
        Ok(())
    }

    /// Reads what pip-compile hands on to pip.
    fn pip_arguments(&mut self, text: &str) -> Result<(), String> {
        let words =
            words::split(text).ok_or_else(|| "`--pip-args` has an unclosed quote".to_owned())?;
        let mut words = words.iter().map(|word| &word.text);
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            match (pip_flag(name), attached) {
                (Some(Flag::Switch(switch)), None) => self.switch(switch, name),
                (Some(Flag::Value(meaning)), attached) => {
                    let value = match attached {
                        Some(value) => value,
                        None => words
                            .next()
                            .ok_or_else(|| format!("the value of `{name}` is missing"))?,
                    };
                    self.value(meaning, name, value)?;
                }
                _ => self.command.unsupported.push((
                    without_password(word),
                    "pinfold does not know this option of pip".to_owned(),
                )),
            }
        }
        Ok(())
    }

    /// Settles what only the whole command tells.
    fn settle(&mut self) {
        let options = &mut self.command.options;
        if !options.unsafe_packages.is_empty() && !self.says_unsafe {
            options.allow_unsafe = false;
        }
        // Before pip-compile 6 that meant `--no-emit-index-url`. Today it makes no sense
        // without links.
        if self.tool == Tool::PipCompile && options.no_index && options.find_links.is_empty() {
            options.no_index = false;
            options.emitted.indexes = false;
            self.command.ignored.push("--no-index".to_owned());
        }
        let is_pylock = |output: &String| Format::of_path(output) == Format::Pylock;
        match &options.output {
            Some(output) if is_pylock(output) => options.format = Format::Pylock,
            Some(output) if options.format == Format::Pylock && output != "-" => {
                self.command.unsupported.push((
                    "--format pylock.toml".to_owned(),
                    "the name of its output is not `pylock.toml` or `pylock.NAME.toml`".to_owned(),
                ));
            }
            _ => {}
        }
        options.all_files &= options.has_pylock();
    }
}

/// Whether a value says that there is none.
///
/// With click 8.3, pip-compile writes down options that were not given: `--cert=None`, and
/// with 8.3.0 `--cert=Sentinel.UNSET`.
fn is_no_value(value: &str) -> bool {
    matches!(value, "None" | "Sentinel.UNSET")
}

/// How the names of files end that are compiled.
const ENDINGS: [&str; 6] = [".in", ".txt", ".toml", ".cfg", ".py", ".lock"];
