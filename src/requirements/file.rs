//! A requirements file: what each line says, and all that is wrong with it.
//!
//! It follows pip 26's grammar. Lines are joined, stripped of comments and expanded
//! (`lines.rs`); what stands before the first word with a dash is the requirement
//! (`unresolved.rs`), the rest is split into words (`text::split_words`) and read as options
//! (`options.rs`). What pip ignores without a word is a warning here.
//!
//! Nothing is opened: an include is an item, and so is a path that may not exist.

use crate::text::{Problem, Span, SplitError, Word, split_words};

use super::lines::{self, LogicalLine, logical_lines};
use super::options::{self, OptionName, ParsedOption, Value};
use super::per_project::Selector;
use super::unresolved::{self, UnresolvedRequirement};

/// A parsed requirements file or constraints file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequirementsFile {
    /// What it asks for, in the order in which it takes effect.
    pub items: Vec<Item>,
    /// What is wrong; such lines give no item.
    pub problems: Vec<Problem>,
    /// What has no effect, or not the one that its author may expect.
    pub warnings: Vec<Problem>,
}

/// A requirement or an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it stands: a requirement without its options, an option with its value.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// `flask>=3 --hash=sha256:…`
    Requirement(RequirementLine),
    /// `-e ./project[dev]`
    Editable(EditableLine),
    /// `-r other.txt`: a path relative to this file, or a URL.
    Include(Written),
    /// `-c constraints.txt`: a path relative to this file, or a URL.
    Constraint(Written),
    /// `--index-url URL`. It replaces the index, and in pip what
    /// `--extra-index-url` said before it.
    IndexUrl(Written),
    /// `--extra-index-url URL`
    ExtraIndexUrl(Written),
    /// `--find-links URL`, or a path relative to this file if it exists there, else to
    /// the current directory.
    FindLinks(Written),
    /// `--no-index`, which wins over all index URLs before and after it.
    NoIndex,
    /// `--no-binary a,b`
    NoBinary(Vec<Selector>),
    /// `--only-binary a,b`
    OnlyBinary(Vec<Selector>),
    /// `--prefer-binary`
    PreferBinary,
    /// `--require-hashes` (true) or `--no-require-hashes` (false).
    RequireHashes(bool),
    /// `--pre`
    Pre,
    /// `--all-releases a,b`
    AllReleases(Vec<Selector>),
    /// `--only-final a,b`
    OnlyFinal(Vec<Selector>),
    /// `--trusted-host host:port`
    TrustedHost(String),
    /// `--use-feature name`
    UseFeature(String),
}

/// A value, and how it was written.
///
/// `as_written` has `${TOKEN}` where `value` has a secret, so only `as_written` may
/// be shown or written to a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The value to use.
    pub value: String,
    /// The value with its variables unexpanded.
    pub as_written: String,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Written({:?})",
            unresolved::without_password(&self.as_written)
        )
    }
}

/// A requirement with its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementLine {
    /// What is required.
    pub requirement: UnresolvedRequirement,
    /// Its text on one line, without options and comment, variables unexpanded.
    pub as_written: String,
    /// Hashes of its files, in order: `sha256:` and hexadecimal digits in lower case.
    pub hashes: Vec<String>,
    /// Settings for its build backend (PEP 517): key and value.
    pub config_settings: Vec<(String, String)>,
    /// Old options for `setup.py`.
    pub global_options: Vec<String>,
    /// The comment behind it, without `#`.
    pub comment: Option<String>,
    /// The comments on the lines directly above it, without `#`; not what tools write.
    pub above: Vec<String>,
}

/// A project to be installed as editable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditableLine {
    /// What is required.
    pub requirement: UnresolvedRequirement,
    /// The value of `-e`, variables unexpanded.
    pub as_written: String,
    /// Settings for its build backend (PEP 517): key and value.
    pub config_settings: Vec<(String, String)>,
    /// The comment behind it, without `#`.
    pub comment: Option<String>,
    /// The comments on the lines directly above it, without `#`; not what tools write.
    pub above: Vec<String>,
}

impl RequirementLine {
    /// Returns what people say beside it: above, then behind it.
    pub fn comments(&self) -> Vec<String> {
        comments(&self.above, self.comment.as_deref())
    }

    /// Returns the URL or path with its variables unexpanded, if it has one.
    ///
    /// This is what may be written to a file, unlike what `requirement` holds.
    pub fn location_as_written(&self) -> Option<&str> {
        unresolved::location_as_written(&self.requirement, &self.as_written)
    }
}

impl EditableLine {
    /// Returns what people say beside it: above, then behind it.
    pub fn comments(&self) -> Vec<String> {
        comments(&self.above, self.comment.as_deref())
    }

    /// Returns the URL or path with its variables unexpanded.
    ///
    /// This is what may be written to a file, unlike what `requirement` holds.
    pub fn location_as_written(&self) -> Option<&str> {
        unresolved::editable_location_as_written(&self.requirement, &self.as_written)
    }
}

impl RequirementsFile {
    /// Parses a file's text; `variable` gives the values of environment variables.
    pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut file = Self::default();
        for line in logical_lines(text, variable) {
            parse_line(&line, &mut file);
        }
        file.warn_of_forgotten_indexes();
        file.problems.sort_by_key(|problem| problem.span);
        file.warnings.sort_by_key(|warning| warning.span);
        file
    }

    /// Returns what makes this file unfit to be a constraints file.
    ///
    /// A constraint only limits versions of what something else requires: it has a
    /// name, and is not editable.
    pub fn constraint_problems(&self) -> Vec<Problem> {
        let problem = |item: &Item| match &item.kind {
            ItemKind::Editable(_) => Some("an editable requirement cannot be a constraint"),
            ItemKind::Requirement(line) => match &line.requirement {
                UnresolvedRequirement::Unnamed(unnamed) if unnamed.name.is_none() => {
                    Some("a constraint needs a name")
                }
                _ => None,
            },
            _ => None,
        };
        self.items
            .iter()
            .filter_map(|item| problem(item).map(|message| Problem::new(item.span, message)))
            .collect()
    }

    /// Returns what has no effect in a constraints file: extras, which compiled files may
    /// have that serve as one.
    pub fn constraint_warnings(&self) -> Vec<Problem> {
        let has_extras = |item: &&Item| match &item.kind {
            ItemKind::Requirement(line) => match &line.requirement {
                UnresolvedRequirement::Named(requirement) => !requirement.extras.is_empty(),
                UnresolvedRequirement::Unnamed(unnamed) => !unnamed.extras.is_empty(),
            },
            _ => false,
        };
        self.items
            .iter()
            .filter(has_extras)
            .map(|item| {
                Problem::new(item.span, "extras have no effect in a constraint")
                    .with_help("leave them out: pip refuses them here")
            })
            .collect()
    }

    fn warn_of_forgotten_indexes(&mut self) {
        let mut extra = None;
        for item in &self.items {
            match item.kind {
                ItemKind::ExtraIndexUrl(_) => extra = Some(item.span),
                ItemKind::IndexUrl(_) => {
                    if let Some(span) = extra.take() {
                        self.warnings.push(
                            Problem::new(
                                span,
                                "pip drops this index at the `--index-url` below it",
                            )
                            .with_help("put `--index-url` first"),
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

fn comments(above: &[String], behind: Option<&str>) -> Vec<String> {
    let behind = behind.filter(|text| lines::is_said_by_people(text));
    above
        .iter()
        .map(String::as_str)
        .chain(behind)
        .map(str::to_owned)
        .collect()
}

/// A line on its way from text to items.
struct Line<'a> {
    logical: &'a LogicalLine,
    words: &'a [Word<'a>],
}

fn parse_line(logical: &LogicalLine, file: &mut RequirementsFile) {
    let options_start = options_start(&logical.text);
    let words = match split_words(&logical.text, options_start) {
        Ok(words) => words,
        Err(error) => return file.problems.push(split_problem(logical, error)),
    };
    let line = Line {
        logical,
        words: &words,
    };
    let parsed = options::parse(&logical.text, &words);
    let had_problems = file.problems.len();
    let had_warnings = file.warnings.len();
    for mut problem in parsed.problems {
        problem.span = logical.source(problem.span);
        file.problems.push(problem);
    }
    let mut items = Vec::new();
    let requirement = &logical.text[..options_start];
    let editable = parsed
        .options
        .iter()
        .find(|option| option.name == OptionName::Editable);
    if !requirement.is_empty() {
        requirement_line(&line, requirement, &parsed.options, &mut items, file);
    } else if let Some(editable) = editable {
        editable_line(&line, editable, &parsed.options, &mut items, file);
        if let Some(&at) = parsed
            .ignored
            .iter()
            .find(|span| &logical.text[span.range()] == "@")
        {
            file.problems.push(
                Problem::new(
                    logical.source(at),
                    "a name with a URL must be a single value",
                )
                .with_help("quote them: `-e \"name @ git+https://…\"`"),
            );
        }
    } else {
        option_line(&line, &parsed.options, &mut items, file);
    }
    // What an unknown option was given says nothing new.
    let is_refused = file.problems.len() > had_problems;
    for span in parsed.ignored.into_iter().filter(|_| !is_refused) {
        file.warnings.push(
            Problem::new(logical.source(span), "pip ignores this")
                .with_help("put the requirement first, or on its own line"),
        );
    }
    if !is_refused {
        file.items.append(&mut items);
    }
    if logical.has_references() {
        let problems = file.problems[had_problems..].iter_mut();
        for problem in problems.chain(&mut file.warnings[had_warnings..]) {
            problem.message = logical.hide_values(std::mem::take(&mut problem.message));
            problem.help = problem.help.take().map(|help| logical.hide_values(help));
        }
    }
}

/// Finds where the options start: at the first word that starts with a dash.
///
/// Only spaces part words here; a tab does not.
fn options_start(line: &str) -> usize {
    if line.starts_with('-') {
        return 0;
    }
    line.find(" -").map_or(line.len(), |index| index + 1)
}

fn split_problem(logical: &LogicalLine, error: SplitError) -> Problem {
    let (offset, message, help) = match error {
        SplitError::OpenQuote(offset) => (offset, "unclosed quote", None),
        SplitError::OpenEscape(offset) => (
            offset,
            "nothing follows this backslash",
            Some("a backslash continues a line only as its last character".to_owned()),
        ),
    };
    Problem {
        span: logical.source(Span::new(offset, offset + 1)),
        message: message.to_owned(),
        help,
    }
}

fn requirement_line(
    line: &Line<'_>,
    text: &str,
    options: &[ParsedOption],
    items: &mut Vec<Item>,
    file: &mut RequirementsFile,
) {
    let mut hashes = Vec::new();
    let mut config_settings = Vec::new();
    let mut global_options = Vec::new();
    for option in options {
        match option.name {
            OptionName::Hash => hashes.extend(hash(line, option, file)),
            OptionName::ConfigSettings => {
                config_settings.extend(config_setting(line, option, file));
            }
            OptionName::GlobalOption => {
                global_options.push(option.value.text.clone());
                file.warnings.push(Problem::new(
                    line.option_span(option),
                    format!("pip 25.3 and newer refuse `{}`", option.spelling),
                ));
            }
            OptionName::Editable => file.problems.push(
                Problem::new(
                    line.option_span(option),
                    format!("`{}` is on the line of a requirement", option.spelling),
                )
                .with_help("put it on its own line"),
            ),
            _ => with_any_requirement(line, option, items, file),
        }
    }
    let trimmed = text.trim_end_matches(super::lines::is_space);
    let range = Span::new(0, trimmed.len());
    match unresolved::parse(text) {
        Ok(requirement) => items.push(Item {
            span: line.logical.source(range),
            kind: ItemKind::Requirement(RequirementLine {
                requirement,
                as_written: line.written(range),
                hashes,
                config_settings,
                global_options,
                comment: line.logical.comment.clone(),
                above: line.logical.above.clone(),
            }),
        }),
        Err(mut problem) => {
            if let Some(tab) = text.find("\t-") {
                problem = Problem::new(Span::new(tab, tab + 1), "this option follows a tab")
                    .with_help("pip recognizes an option only after a space");
            }
            problem.span = line.logical.source(problem.span);
            file.problems.push(problem);
        }
    }
}

fn editable_line(
    line: &Line<'_>,
    editable: &ParsedOption,
    options: &[ParsedOption],
    items: &mut Vec<Item>,
    file: &mut RequirementsFile,
) {
    let mut config_settings = Vec::new();
    for option in options {
        match option.name {
            OptionName::Editable if std::ptr::eq(option, editable) => {}
            OptionName::ConfigSettings => {
                config_settings.extend(config_setting(line, option, file));
            }
            _ => with_any_requirement(line, option, items, file),
        }
    }
    let span = line.option_span(editable);
    let value = &editable.value;
    match unresolved::parse_editable(&value.text) {
        Ok(requirement) => items.push(Item {
            span,
            kind: ItemKind::Editable(EditableLine {
                requirement,
                as_written: line.value(value).as_written,
                config_settings,
                comment: line.logical.comment.clone(),
                above: line.logical.above.clone(),
            }),
        }),
        Err(problem) => {
            let word = &line.words[value.word_index];
            let inside = options::span_in_word(&line.logical.text, word, value.offset);
            let range = if inside.len() == value.text.len() {
                problem.span.shift(inside.start)
            } else {
                inside
            };
            file.problems.push(Problem {
                span: line.logical.source(range),
                ..problem
            });
        }
    }
}

/// Handles an option that is not the requirement's own.
fn with_any_requirement(
    line: &Line<'_>,
    option: &ParsedOption,
    items: &mut Vec<Item>,
    file: &mut RequirementsFile,
) {
    if is_control(option.name) {
        items.extend(control(line, option, file));
    } else {
        file.warnings.push(
            Problem::new(
                line.option_span(option),
                format!(
                    "pip ignores `{}` on the line of a requirement",
                    option.spelling
                ),
            )
            .with_help("put it on its own line"),
        );
    }
}

fn option_line(
    line: &Line<'_>,
    options: &[ParsedOption],
    items: &mut Vec<Item>,
    file: &mut RequirementsFile,
) {
    let include = options
        .iter()
        .find(|option| option.name == OptionName::Requirement)
        .or_else(|| {
            options
                .iter()
                .find(|option| option.name == OptionName::Constraint)
        });
    for option in options.iter().filter(|option| is_control(option.name)) {
        items.extend(control(line, option, file));
    }
    for option in options.iter().filter(|option| !is_control(option.name)) {
        let is_include = include.is_some_and(|include| std::ptr::eq(include, option));
        if include.is_some() && !is_include {
            file.warnings.push(
                Problem::new(
                    line.option_span(option),
                    format!(
                        "pip ignores `{}` on the line of an include",
                        option.spelling
                    ),
                )
                .with_help("put it on its own line"),
            );
        } else {
            items.extend(plain_option(line, option, items, file));
        }
    }
    // pip reads the options of a line in an order of its own: the index first.
    items.sort_by_key(|item| !matches!(item.kind, ItemKind::IndexUrl(_)));
}

/// Handles an option on a line without requirement.
fn plain_option(
    line: &Line<'_>,
    option: &ParsedOption,
    items: &[Item],
    file: &mut RequirementsFile,
) -> Option<Item> {
    let span = line.option_span(option);
    if option.value.text.is_empty() && !is_flag(option.name) {
        file.problems.push(Problem::new(
            span,
            format!("the value of `{}` is empty", option.spelling),
        ));
        return None;
    }
    let written = || line.value(&option.value);
    let kind = match option.name {
        OptionName::Requirement => ItemKind::Include(written()),
        OptionName::Constraint => ItemKind::Constraint(written()),
        OptionName::IndexUrl => ItemKind::IndexUrl(written()),
        OptionName::ExtraIndexUrl => ItemKind::ExtraIndexUrl(written()),
        OptionName::FindLinks => {
            if items
                .iter()
                .any(|item| matches!(item.kind, ItemKind::FindLinks(_)))
            {
                file.warnings.push(
                    Problem::new(span, "pip uses only the first `--find-links` on a line")
                        .with_help("put it on its own line"),
                );
                return None;
            }
            ItemKind::FindLinks(written())
        }
        OptionName::NoIndex => ItemKind::NoIndex,
        OptionName::PreferBinary => ItemKind::PreferBinary,
        OptionName::RequireHashes => ItemKind::RequireHashes(true),
        OptionName::NoRequireHashes => ItemKind::RequireHashes(false),
        OptionName::Pre => ItemKind::Pre,
        OptionName::TrustedHost => ItemKind::TrustedHost(option.value.text.clone()),
        OptionName::UseFeature => ItemKind::UseFeature(option.value.text.clone()),
        OptionName::Hash | OptionName::ConfigSettings | OptionName::GlobalOption => {
            match option.name {
                OptionName::Hash => drop(hash(line, option, file)),
                OptionName::ConfigSettings => drop(config_setting(line, option, file)),
                _ => {}
            }
            file.warnings.push(
                Problem::new(
                    span,
                    format!("`{}` does not belong to a requirement", option.spelling),
                )
                .with_help("end the previous line with ` \\`"),
            );
            return None;
        }
        // Handled by the callers.
        OptionName::Editable
        | OptionName::NoBinary
        | OptionName::OnlyBinary
        | OptionName::AllReleases
        | OptionName::OnlyFinal => return None,
    };
    Some(Item { span, kind })
}

const fn is_flag(name: OptionName) -> bool {
    matches!(
        name,
        OptionName::NoIndex
            | OptionName::PreferBinary
            | OptionName::RequireHashes
            | OptionName::NoRequireHashes
            | OptionName::Pre
    )
}

/// Whether an option takes effect wherever it stands.
const fn is_control(name: OptionName) -> bool {
    matches!(
        name,
        OptionName::NoBinary
            | OptionName::OnlyBinary
            | OptionName::AllReleases
            | OptionName::OnlyFinal
    )
}

fn control(line: &Line<'_>, option: &ParsedOption, file: &mut RequirementsFile) -> Option<Item> {
    let span = line.value_span(&option.value);
    let text = &option.value.text;
    if text.starts_with('-') || text.is_empty() {
        let message = if text.is_empty() {
            format!("the value of `{}` is empty", option.spelling)
        } else {
            format!("`{}` needs a value", option.spelling)
        };
        file.problems.push(
            Problem::new(span, message)
                .with_help("write project names separated by commas, `:all:`, or `:none:`"),
        );
        return None;
    }
    let mut selectors = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        match part {
            ":all:" => selectors.push(Selector::All),
            ":none:" => selectors.push(Selector::None),
            name => match name.parse() {
                Ok(name) => selectors.push(Selector::Project(name)),
                Err(_) => file.warnings.push(Problem::new(
                    span,
                    format!("`{name}` is not a valid project name"),
                )),
            },
        }
    }
    let kind = match option.name {
        OptionName::NoBinary => ItemKind::NoBinary(selectors),
        OptionName::OnlyBinary => ItemKind::OnlyBinary(selectors),
        OptionName::AllReleases => ItemKind::AllReleases(selectors),
        _ => ItemKind::OnlyFinal(selectors),
    };
    Some(Item {
        span: line.option_span(option),
        kind,
    })
}

fn hash(line: &Line<'_>, option: &ParsedOption, file: &mut RequirementsFile) -> Option<String> {
    match parse_hash(&option.value.text) {
        Ok(hash) => Some(hash),
        Err((message, help)) => {
            file.problems.push(Problem {
                span: line.value_span(&option.value),
                message,
                help: Some(help),
            });
            None
        }
    }
}

fn config_setting(
    line: &Line<'_>,
    option: &ParsedOption,
    file: &mut RequirementsFile,
) -> Option<(String, String)> {
    let setting = option.value.text.split_once('=');
    if setting.is_none() {
        file.problems.push(
            Problem::new(
                line.value_span(&option.value),
                format!("`{}` does not have the form `KEY=VALUE`", option.value.text),
            )
            .with_help(format!("write `{} KEY=VALUE`", option.spelling)),
        );
    }
    setting.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

/// Hash algorithms that pip takes, with the length of their hexadecimal digests.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// Checks `algorithm:digest`. pip leaves the digest unchecked, so that a cut-off one
/// only fails when something is installed.
fn parse_hash(text: &str) -> Result<String, (String, String)> {
    let Some((algorithm, digest)) = text.split_once(':') else {
        return Err((
            format!("`{text}` does not have the form `algorithm:digest`"),
            "write `--hash=sha256:` and 64 hexadecimal digits".to_owned(),
        ));
    };
    let Some(&(_, length)) = ALGORITHMS.iter().find(|(known, _)| *known == algorithm) else {
        return Err((
            format!("pip does not accept the hash algorithm `{algorithm}`"),
            "use sha256, sha384, or sha512".to_owned(),
        ));
    };
    if let Some(wrong) = digest.chars().find(|digit| !digit.is_ascii_hexdigit()) {
        return Err((
            format!("the {algorithm} hash has an invalid character `{wrong}`"),
            "use the digits 0 to 9 and a to f".to_owned(),
        ));
    }
    if digest.len() != length {
        return Err((
            format!(
                "the {algorithm} hash has {} digits, not {length}",
                digest.len()
            ),
            "it may have been truncated when it was copied".to_owned(),
        ));
    }
    Ok(format!("{algorithm}:{}", digest.to_ascii_lowercase()))
}

impl Line<'_> {
    /// Returns where an option stands with its value.
    fn option_span(&self, option: &ParsedOption) -> Span {
        let end = if is_flag(option.name) {
            option.name_span.end
        } else {
            self.words[option.value.word_index].span.end
        };
        self.logical.source(Span::new(
            option.name_span.start,
            end.max(option.name_span.end),
        ))
    }

    /// Returns where an option's value stands.
    fn value_span(&self, value: &Value) -> Span {
        let word = &self.words[value.word_index];
        let span = options::span_in_word(&self.logical.text, word, value.offset);
        self.logical.source(span)
    }

    /// Returns a range of the line, variables unexpanded if that can be.
    fn written(&self, range: Span) -> String {
        self.logical
            .written(range)
            .unwrap_or_else(|| self.logical.text[range.range()].to_owned())
    }

    /// Returns an option's value and how it was written.
    fn value(&self, value: &Value) -> Written {
        Written {
            as_written: self.unexpanded(value).unwrap_or_else(|| value.text.clone()),
            value: value.text.clone(),
        }
    }

    /// Returns an option's value without its quotes, variables unexpanded.
    fn unexpanded(&self, value: &Value) -> Option<String> {
        if !self.logical.has_references() {
            return None;
        }
        let word = &self.words[value.word_index];
        let written = self.logical.written(word.span)?;
        let words = split_words(&written, 0).ok()?;
        let [only] = words.as_slice() else {
            return None;
        };
        // The option's own name may come out of a variable as well.
        let name = word.text.get(..value.offset)?;
        only.text.strip_prefix(name).map(str::to_owned)
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
