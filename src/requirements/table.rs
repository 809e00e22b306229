//! Reading tables of a TOML text, so that what is wrong is shown where it stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::lines::is_said_by_people;
use crate::python::{ProjectName, Requirement, Specifiers};
use crate::text::{Problem, Span};

pub(super) type Table<'a> = DeTable<'a>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// The text that tables were read from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// Returns what is wrong with the text as TOML.
    pub(super) fn syntax(errors: &[Error]) -> impl Iterator<Item = Problem> + '_ {
        errors.iter().map(|error| {
            let span = error.span().map_or_else(Span::default, Span::from);
            let message = error.message().lines().next().unwrap_or_default();
            Problem::new(span, format!("invalid TOML: {message}"))
        })
    }

    /// Reads a name: as it was written, and in normal form.
    pub(super) fn name(&self, value: &Value<'_>) -> Result<(String, ProjectName), Problem> {
        let Some(text) = value.get_ref().as_str() else {
            return Err(self.wrong_type(value, "`name`", "a string"));
        };
        match text.parse() {
            Ok(normalized) => Ok((text.to_owned(), normalized)),
            Err(_) => Err(Problem::new(
                Span::from(value.span()),
                format!("`{text}` is not a project name"),
            )
            .with_help(
                "use letters, digits, `-`, `_`, and `.`; start and end with a letter or digit",
            )),
        }
    }

    /// Reads `requires-python`.
    pub(super) fn requires_python(&self, value: &Value<'_>) -> Result<(Specifiers, Span), Problem> {
        let Some(text) = value.get_ref().as_str() else {
            return Err(self.wrong_type(value, "`requires-python`", "a string"));
        };
        match Specifiers::parse(text) {
            Ok(specifiers) => Ok((specifiers, Span::from(value.span()))),
            Err(error) => Err(Problem {
                span: self.inside(value, text, error.span),
                message: error.message,
                help: error.help,
            }),
        }
    }

    /// Reads an array of requirements; what is none goes to `problems`.
    pub(super) fn requirements(
        &self,
        list: &Value<'_>,
        what: &str,
        problems: &mut Vec<Problem>,
    ) -> Vec<(Requirement, Span)> {
        let Some(entries) = list.get_ref().as_array() else {
            problems.push(self.wrong_type(list, what, "an array of strings"));
            return Vec::new();
        };
        let mut requirements = Vec::with_capacity(entries.len());
        for entry in entries {
            match self.requirement(entry, what) {
                Ok(requirement) => requirements.push(requirement),
                Err(problem) => problems.push(problem),
            }
        }
        requirements
    }

    /// Reads a requirement of an array.
    pub(super) fn requirement(
        &self,
        entry: &Value<'_>,
        what: &str,
    ) -> Result<(Requirement, Span), Problem> {
        let Some(text) = entry.get_ref().as_str() else {
            return Err(self.wrong_type(entry, &format!("an entry of {what}"), "a string"));
        };
        match Requirement::parse(text) {
            Ok(requirement) => {
                let whole = Span::new(0, text.len());
                Ok((requirement, self.inside(entry, text, whole)))
            }
            Err(error) => Err(Problem {
                span: self.inside(entry, text, error.span),
                message: error.message,
                help: error.help,
            }),
        }
    }

    pub(super) fn wrong_type(&self, value: &Value<'_>, what: &str, expected: &str) -> Problem {
        let is = value.get_ref().type_str();
        let article = if is.starts_with(['a', 'i']) {
            "an"
        } else {
            "a"
        };
        Problem::new(
            self.first_line(Span::from(value.span())),
            format!("{what} is {article} {is}, not {expected}"),
        )
    }

    /// Returns where a part of a string stands in the text.
    pub(super) fn inside(&self, value: &Value<'_>, decoded: &str, part: Span) -> Span {
        let whole = Span::from(value.span());
        let raw = self.text.get(whole.range()).unwrap_or_default();
        let start = raw_offset(raw, decoded, part.start);
        let end = raw_offset(raw, decoded, part.end.max(part.start));
        match (start, end) {
            (Some(start), Some(end)) => Span::new(start, end.max(start)).shift(whole.start),
            _ => whole,
        }
    }

    /// Returns the part of a span that lies on its first line.
    pub(super) fn first_line(&self, span: Span) -> Span {
        first_line(self.text, span)
    }
}

/// Returns the part of a span that lies on its first line.
pub(super) fn first_line(text: &str, span: Span) -> Span {
    let length = text
        .get(span.range())
        .and_then(|part| part.find(['\r', '\n']));
    Span::new(
        span.start,
        length.map_or(span.end, |length| span.start + length),
    )
}

/// Returns where a byte of a TOML string stands in its source, from the opening quote
/// on.
///
/// ```text
/// string  = '"' basic '"' | "'" literal "'" | '"""' [newline] basic '"""' | "'''" [newline] literal "'''"
/// escape  = "\" ("u" 4hex | "U" 8hex | "x" 2hex | newline *space | any)
/// ```
pub(super) fn raw_offset(raw: &str, decoded: &str, offset: usize) -> Option<usize> {
    let quote = raw
        .chars()
        .next()
        .filter(|&quote| quote == '"' || quote == '\'')?;
    let triple = if quote == '"' { "\"\"\"" } else { "'''" };
    let (mut at, width) = if raw.len() >= 6 && raw.starts_with(triple) {
        let body = &raw[3..];
        let newline = ["\r\n", "\n"]
            .iter()
            .find(|newline| body.starts_with(**newline));
        (3 + newline.map_or(0, |newline| newline.len()), 3)
    } else {
        (1, 1)
    };
    let end = raw.len().checked_sub(width).filter(|&end| end >= at)?;
    if raw.get(at..end)? == decoded {
        return Some(at + offset.min(decoded.len()));
    }
    let mut index = 0;
    while at < end {
        let rest = &raw[at..end];
        let escape = rest.strip_prefix('\\').filter(|_| quote == '"');
        let (taken, made) = if let Some(escape) = escape {
            unescaped(escape)
        } else {
            let length = rest.chars().next()?.len_utf8();
            (length, length)
        };
        if index + made > offset {
            break;
        }
        index += made;
        at = (at + taken).min(end);
    }
    // A trimmed newline or a bad guess must not leave the text.
    raw.is_char_boundary(at).then_some(at)
}

/// Returns how many bytes an escape takes, backslash included, and how many it makes.
fn unescaped(escape: &str) -> (usize, usize) {
    let code = |digits: usize| {
        let made = escape
            .get(1..=digits)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .map_or(1, char::len_utf8);
        (2 + digits, made)
    };
    match escape.chars().next() {
        Some('u') => code(4),
        Some('U') => code(8),
        Some('x') => code(2),
        Some(' ' | '\t' | '\r' | '\n') => {
            let behind = escape.trim_start_matches([' ', '\t', '\r', '\n']);
            (1 + escape.len() - behind.len(), 0)
        }
        Some(other) => (1 + other.len_utf8(), 1),
        None => (1, 0),
    }
}

/// Returns the comments of an array's entry: those on the lines directly above it, then
/// the one behind it.
///
/// `prefix` is what each line of the text has before the TOML starts: nothing, or the
/// `# ` of a script.
pub fn comments_beside(text: &str, entry: Span, prefix: &str) -> Vec<String> {
    let start = text[..entry.start]
        .rfind(['\n', '\r'])
        .map_or(0, |at| at + 1);
    let before = &text[start..entry.start];
    let mut comments = Vec::new();
    // A line may hold several entries; what stands above belongs to the first.
    let is_first = before
        .strip_prefix(prefix)
        .unwrap_or(before)
        .chars()
        .all(|character| character.is_whitespace() || "\"'".contains(character));
    if is_first {
        let above = text[..start].lines().rev().map_while(|line| {
            let line = line.strip_prefix(prefix)?.trim();
            line.strip_prefix('#')
        });
        comments.extend(above.filter_map(said));
        comments.reverse();
    }
    let line = text[entry.end..]
        .split(['\n', '\r'])
        .next()
        .unwrap_or_default();
    // The quotes, and a comma: another entry has the comment for itself.
    let behind = line.trim_start_matches(['"', '\'']).trim_start();
    let behind = behind.strip_prefix(',').unwrap_or(behind).trim_start();
    comments.extend(behind.strip_prefix('#').and_then(said));
    comments
}

/// Returns what a comment says, unless it says nothing.
fn said(comment: &str) -> Option<String> {
    let text = comment.trim();
    is_said_by_people(text).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_comments_beside_an_entry() {
        let text = "# far\n\ndependencies = [ # list\n  # ---\n  # above\n  # more\n  'a', # behind\n  \
                    \"b\", 'c' , # last\n  'd' ]\n# after\n";
        let beside = |entry: &str| {
            let start = text
                .find(&format!("{entry}'"))
                .or_else(|| text.find(&format!("{entry}\"")))
                .unwrap();
            comments_beside(text, Span::new(start, start + entry.len()), "")
        };
        assert_eq!(beside("a"), ["above", "more", "behind"]);
        assert_eq!(beside("b"), [""; 0]);
        assert_eq!(beside("c"), ["last"]);
        assert_eq!(beside("d"), [""; 0]);
    }

    #[test]
    fn finds_them_in_a_script() {
        let text = "# /// script\n# dependencies = [\n#   # above\n#   'a', # behind\n# ]\n# ///\n";
        let start = text.find("a',").unwrap();
        assert_eq!(
            comments_beside(text, Span::new(start, start + 1), "# "),
            ["above", "behind"]
        );
    }
}
