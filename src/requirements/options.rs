//! Options of a requirements file's line: which there are, and how words become
//! them, as Python's `optparse` does it.
//!
//! All of a line's problems are collected, where pip stops at the first.

use crate::text::{Problem, Span, Word, nearest};

/// An option that a requirements file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionName {
    AllReleases,
    ConfigSettings,
    Constraint,
    Editable,
    ExtraIndexUrl,
    FindLinks,
    GlobalOption,
    Hash,
    IndexUrl,
    NoBinary,
    NoIndex,
    NoRequireHashes,
    OnlyBinary,
    OnlyFinal,
    Pre,
    PreferBinary,
    RequireHashes,
    Requirement,
    TrustedHost,
    UseFeature,
}

/// Long spellings; pip takes any beginning that only one of them has.
const LONG: [(&str, OptionName); 20] = [
    ("--all-releases", OptionName::AllReleases),
    ("--config-settings", OptionName::ConfigSettings),
    ("--constraint", OptionName::Constraint),
    ("--editable", OptionName::Editable),
    ("--extra-index-url", OptionName::ExtraIndexUrl),
    ("--find-links", OptionName::FindLinks),
    ("--hash", OptionName::Hash),
    ("--index-url", OptionName::IndexUrl),
    ("--no-binary", OptionName::NoBinary),
    ("--no-index", OptionName::NoIndex),
    ("--no-require-hashes", OptionName::NoRequireHashes),
    ("--only-binary", OptionName::OnlyBinary),
    ("--only-final", OptionName::OnlyFinal),
    ("--pre", OptionName::Pre),
    ("--prefer-binary", OptionName::PreferBinary),
    ("--pypi-url", OptionName::IndexUrl),
    ("--require-hashes", OptionName::RequireHashes),
    ("--requirement", OptionName::Requirement),
    ("--trusted-host", OptionName::TrustedHost),
    ("--use-feature", OptionName::UseFeature),
];

/// Spellings that older versions of pip had; in full only, so that they do not make
/// beginnings of others ambiguous.
const OLD: [(&str, OptionName); 3] = [
    ("--config-setting", OptionName::ConfigSettings),
    ("--global-option", OptionName::GlobalOption),
    ("--process-dependency-links", OptionName::GlobalOption),
];

/// An option with its value, if it takes one.
#[derive(Debug)]
pub(super) struct ParsedOption {
    pub(super) name: OptionName,
    /// The spelling that was matched, in full: `--index-url`, `-i`.
    pub(super) spelling: &'static str,
    /// Where the option's name stands, in the line.
    pub(super) name_span: Span,
    /// Its value; empty for a flag.
    pub(super) value: Value,
}

/// An option's value: a word, or the end of one.
#[derive(Debug, Default)]
pub(super) struct Value {
    pub(super) text: String,
    /// The index of the word.
    pub(super) word_index: usize,
    /// Where in the word's text the value starts.
    pub(super) offset: usize,
}

/// What the words of a line mean.
#[derive(Debug, Default)]
pub(super) struct ParsedOptions {
    pub(super) options: Vec<ParsedOption>,
    /// Words that are neither an option nor a value: pip ignores them.
    pub(super) ignored: Vec<Span>,
    /// With spans in the line.
    pub(super) problems: Vec<Problem>,
}

impl OptionName {
    fn takes_value(self) -> bool {
        !matches!(
            self,
            Self::NoIndex
                | Self::NoRequireHashes
                | Self::Pre
                | Self::PreferBinary
                | Self::RequireHashes
        )
    }
}

/// Reads options out of words.
pub(super) fn parse(line: &str, words: &[Word<'_>]) -> ParsedOptions {
    let mut parsed = ParsedOptions::default();
    let mut index = 0;
    while index < words.len() {
        let word = &words[index];
        if word.text == "--" {
            parsed
                .ignored
                .extend(words[index + 1..].iter().map(|word| word.span));
            break;
        } else if word.text.starts_with("--") {
            index = parse_long(line, words, index, &mut parsed);
        } else if word.text.len() > 1 && word.text.starts_with('-') {
            index = parse_short(line, words, index, &mut parsed);
        } else {
            parsed.ignored.push(word.span);
            index += 1;
        }
    }
    parsed
}

/// Returns the span of `word.text[start..]`, of the whole word if quotes blur it.
pub(super) fn span_in_word(line: &str, word: &Word<'_>, start: usize) -> Span {
    if line[word.span.range()] == *word.text {
        Span::new(word.span.start + start, word.span.end)
    } else {
        word.span
    }
}

fn parse_long(line: &str, words: &[Word<'_>], index: usize, parsed: &mut ParsedOptions) -> usize {
    let word = &words[index];
    let (name, explicit) = match word.text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (&*word.text, None),
    };
    let mut name_span = word.span;
    if line[word.span.range()] == *word.text {
        name_span.end = name_span.start + name.len();
    }
    let (spelling, option) = match match_long(name) {
        Ok(matched) => matched,
        Err((message, help)) => {
            parsed.problems.push(Problem {
                span: name_span,
                message,
                help,
            });
            return index + 1;
        }
    };
    let mut next = index + 1;
    let value = match (option.takes_value(), explicit) {
        (false, None) => Value::default(),
        (true, Some(value)) => Value {
            text: value.to_owned(),
            word_index: index,
            offset: name.len() + 1,
        },
        (true, None) if next < words.len() => {
            next += 1;
            Value {
                text: words[index + 1].text.clone().into_owned(),
                word_index: index + 1,
                offset: 0,
            }
        }
        (true, None) => {
            parsed.problems.push(missing_value(spelling, name_span));
            return next;
        }
        (false, Some(_)) => {
            let span = span_in_word(line, word, name.len());
            let message = format!("`{spelling}` does not take a value");
            parsed.problems.push(Problem::new(span, message));
            return next;
        }
    };
    parsed.options.push(ParsedOption {
        name: option,
        spelling,
        name_span,
        value,
    });
    next
}

/// Reads `-r file`, `-rfile`. All short options take a value, so none can be bundled.
fn parse_short(line: &str, words: &[Word<'_>], index: usize, parsed: &mut ParsedOptions) -> usize {
    let word = &words[index];
    // `-index-url x` would be the index `ndex-url`, which nobody means.
    let whole = word.text.split('=').next().unwrap_or_default();
    if let Some((long, _)) = LONG.iter().find(|(long, _)| long[1..] == *whole) {
        let message = format!("unknown option `{whole}`");
        parsed
            .problems
            .push(Problem::new(word.span, message).with_help(format!("did you mean `{long}`?")));
        return index + 1;
    }
    let letter = word.text[1..].chars().next().unwrap_or_default();
    let offset = 1 + letter.len_utf8();
    let mut name_span = word.span;
    if line[word.span.range()] == *word.text {
        name_span.end = name_span.start + offset;
    }
    let (spelling, name) = match letter {
        'c' => ("-c", OptionName::Constraint),
        'C' => ("-C", OptionName::ConfigSettings),
        'e' => ("-e", OptionName::Editable),
        'f' => ("-f", OptionName::FindLinks),
        'i' => ("-i", OptionName::IndexUrl),
        'r' => ("-r", OptionName::Requirement),
        _ => {
            let message = format!("unknown option `{}`", &word.text[..offset]);
            parsed.problems.push(Problem::new(name_span, message));
            return index + 1;
        }
    };
    let (value, next) = if offset < word.text.len() {
        let value = Value {
            text: word.text[offset..].to_owned(),
            word_index: index,
            offset,
        };
        (value, index + 1)
    } else if let Some(value) = words.get(index + 1) {
        let value = Value {
            text: value.text.clone().into_owned(),
            word_index: index + 1,
            offset: 0,
        };
        (value, index + 2)
    } else {
        parsed.problems.push(missing_value(spelling, name_span));
        return index + 1;
    };
    parsed.options.push(ParsedOption {
        name,
        spelling,
        name_span,
        value,
    });
    next
}

/// Finds the option that a name is, or that it alone is the beginning of.
fn match_long(name: &str) -> Result<(&'static str, OptionName), (String, Option<String>)> {
    if let Some(&exact) = LONG.iter().chain(&OLD).find(|(long, _)| *long == name) {
        return Ok(exact);
    }
    let mut matches = LONG.iter().filter(|(long, _)| long.starts_with(name));
    match (matches.next(), matches.next()) {
        (Some(&only), None) => Ok(only),
        (Some(&(first, _)), Some(&(second, _))) => {
            let mut meant = vec![first, second];
            meant.extend(matches.map(|(long, _)| *long));
            let help = format!("it can mean `{}`", meant.join("`, `"));
            Err((format!("ambiguous option `{name}`"), Some(help)))
        }
        (None, _) => {
            let help = nearest(name, LONG.iter().map(|(long, _)| *long)).map_or_else(
                || "pip does not support this option in a requirements file".to_owned(),
                |long| format!("did you mean `{long}`?"),
            );
            Err((format!("unknown option `{name}`"), Some(help)))
        }
    }
}

fn missing_value(spelling: &str, span: Span) -> Problem {
    Problem::new(span, format!("`{spelling}` needs a value"))
}
