//! Foreign text in Markdown, on terminals, and in the commands of GitHub Actions.
//!
//! Forges do more with a text than `CommonMark` says: they turn `@name`, `#123`, `!123`,
//! `org/repo#1`, `GH-1` and bare URLs into mentions, references and links, and they do so
//! after entities are decoded. So a character that could be markup becomes an entity, and
//! one that could begin a reference gets a zero-width space behind it. In code spans
//! nothing is looked for; but a span ends at its first backtick, and a table's cell at its
//! first `|` even inside a span, so text with either is never put into one.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A zero-width space, written so that people see it in the source.
const BREAK: &str = "&#8203;";

/// How much of a name is shown, in characters.
pub(super) const NAME: usize = 120;

/// How much of a message or reason is shown, in characters.
pub(super) const MESSAGE: usize = 400;

/// Returns a text on one line without characters that are not seen, cut to `most`
/// characters.
pub(super) fn tame(text: &str, most: usize) -> String {
    let mut line = String::with_capacity(text.len().min(4 * most));
    let mut length = 0;
    for word in text
        .split(char::is_whitespace)
        .filter(|word| !word.is_empty())
    {
        let blank = usize::from(length > 0);
        for (at, c) in word.chars().enumerate() {
            if length + blank * usize::from(at == 0) >= most {
                line.push('…');
                return line;
            }
            if at == 0 && blank == 1 {
                line.push(' ');
                length += 1;
            }
            line.push(if is_unseen(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            });
            length += 1;
        }
    }
    line
}

/// Whether a character moves a cursor, turns the direction of a line, or shows nothing.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns a text for Markdown in which nothing is markup, mention, reference or link.
///
/// It is not for the beginning of a line, where digits and dashes make lists.
pub(super) fn prose(text: &str, most: usize) -> String {
    let tamed = tame(text, most);
    let mut prose = String::with_capacity(tamed.len());
    push_prose(&mut prose, &tamed);
    prose
}

/// Returns a name as a code span; as prose if it does not fit into one.
pub(super) fn code(text: &str, most: usize) -> String {
    let tamed = tame(text, most);
    if fits_code(&tamed) {
        return format!("`{tamed}`");
    }
    let mut prose = String::with_capacity(tamed.len());
    push_prose(&mut prose, &tamed);
    prose
}

/// Returns a name that stands first in a line.
///
/// As prose it could begin with a dash or a number, which make a list.
pub(super) fn leading_code(text: &str, most: usize) -> String {
    let code = code(text, most);
    if code.starts_with('`') {
        code
    } else {
        format!("{BREAK}{code}")
    }
}

/// Returns a message, in which names between backticks become code spans.
pub(super) fn message(text: &str, most: usize) -> String {
    let tamed = tame(text, most);
    let parts: Vec<&str> = tamed.split('`').collect();
    let last = parts.len() - 1;
    // Two spans that touch would make a run of two backticks, which opens another span.
    let are_pairs = last.is_multiple_of(2)
        && parts.iter().enumerate().all(|(at, part)| {
            if at % 2 == 1 {
                fits_code(part)
            } else {
                at == 0 || at == last || !part.is_empty()
            }
        });
    let mut shown = String::with_capacity(tamed.len());
    if !are_pairs {
        push_prose(&mut shown, &tamed);
        return shown;
    }
    for (at, part) in parts.iter().enumerate() {
        if at % 2 == 1 {
            let _ = write!(shown, "`{part}`");
        } else {
            push_prose(&mut shown, part);
        }
    }
    shown
}

fn fits_code(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(['`', '|'])
}

fn push_prose(prose: &mut String, text: &str) {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next();
        let may_refer = next.is_some_and(|next| next.is_alphanumeric() || "\"_-/".contains(next));
        match c {
            '@' => {
                let _ = write!(prose, "@{BREAK}");
            }
            // References of GitHub and GitLab: issue, merge request, snippet, label, alert,
            // milestone, epic.
            '#' | '!' | '$' | '~' | '^' | '%' | '&' => {
                if c == '%' || c == '^' {
                    prose.push(c);
                } else {
                    push_entity(prose, c);
                }
                if may_refer {
                    prose.push_str(BREAK);
                }
            }
            '<' | '>' | '|' | '*' | '`' | '[' | ']' | '\\' => push_entity(prose, c),
            '_' if !(before.is_alphanumeric() && may_refer) => push_entity(prose, c),
            ':' if rest.starts_with("//") => {
                let _ = write!(prose, ":{BREAK}");
            }
            '.' if ends_with(&text[..at], "www") => {
                let _ = write!(prose, "{BREAK}.");
            }
            '-' if ends_with(&text[..at], "gh") && may_refer => {
                let _ = write!(prose, "{BREAK}-");
            }
            c => prose.push(c),
        }
        before = c;
    }
}

fn push_entity(text: &mut String, c: char) {
    let _ = write!(text, "&#{};", u32::from(c));
}

/// Whether a text ends with an ASCII word, in whatever case.
fn ends_with(text: &str, word: &str) -> bool {
    text.len()
        .checked_sub(word.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// Returns a line of output that GitHub Actions does not take for a command.
///
/// It looks for `::` at the beginning of a line, and for `##[` anywhere.
pub(super) fn no_command(line: String) -> String {
    let line = if line.contains("##[") {
        line.replace("##[", "## [")
    } else {
        line
    };
    match line.trim_start() {
        text if text.starts_with("::") => {
            let (indent, text) = line.split_at(line.len() - text.len());
            format!("{indent}\\{text}")
        }
        _ => line,
    }
}

/// Returns the message of a command of GitHub Actions.
pub(super) fn command_data(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '\r', '\n']) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('%', "%25");
    Cow::Owned(text.replace('\r', "%0D").replace('\n', "%0A"))
}

/// Returns a property of a command of GitHub Actions.
pub(super) fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_and_references_are_broken() {
        for (text, expected) in [
            ("by @octocat", "by @&#8203;octocat"),
            ("fixes #12", "fixes &#35;&#8203;12"),
            ("fixes GH-12", "fixes GH&#8203;-12"),
            ("a/b#1 a/b!2", "a/b&#35;&#8203;1 a/b&#33;&#8203;2"),
            ("https://x.y", "https:&#8203;//x.y"),
            ("WWW.x.y", "WWW&#8203;.x.y"),
            (
                "$1 %2 ~3 &4",
                "&#36;&#8203;1 %&#8203;2 &#126;&#8203;3 &#38;&#8203;4",
            ),
        ] {
            assert_eq!(prose(text, MESSAGE), expected);
        }
    }

    #[test]
    fn markup_becomes_entities() {
        assert_eq!(
            prose("<b>*x*</b> ![a](b) | `c` \\", MESSAGE),
            "&#60;b&#62;&#42;x&#42;&#60;/b&#62; &#33;&#91;a&#93;(b) &#124; &#96;c&#96; &#92;"
        );
        assert_eq!(prose("my_project _x_", MESSAGE), "my_project &#95;x&#95;");
    }

    #[test]
    fn specifiers_stay_readable() {
        assert_eq!(prose("needs a!=2,<3", MESSAGE), "needs a&#33;=2,&#60;3");
        assert_eq!(message("needs `a>=2,!=3`", MESSAGE), "needs `a>=2,!=3`");
    }

    #[test]
    fn names_with_backticks_or_bars_are_no_code() {
        assert_eq!(code("a b", NAME), "`a b`");
        assert_eq!(code("a`b", NAME), "a&#96;b");
        assert_eq!(code("a|b", NAME), "a&#124;b");
        assert_eq!(code("", NAME), "");
        assert_eq!(leading_code("1. a`b", NAME), "&#8203;1. a&#96;b");
        assert_eq!(leading_code("1. ab", NAME), "`1. ab`");
    }

    #[test]
    fn backticks_of_messages_make_code_only_in_pairs() {
        assert_eq!(message("`a` needs `b@1`", MESSAGE), "`a` needs `b@1`");
        for text in ["a `b", "``x``", "`a``b`", "`a|b`", "` a`"] {
            assert!(!message(text, MESSAGE).contains('`'), "{text}");
        }
    }

    #[test]
    fn lines_are_one_and_end_in_time() {
        assert_eq!(
            tame(" a\r\n\tb\u{1b}[2J\u{202e} ", 9),
            "a b\u{fffd}[2J\u{fffd}"
        );
        assert_eq!(tame("ab cd", 5), "ab cd");
        assert_eq!(tame("ab cd", 4), "ab c…");
        assert_eq!(tame("ab cd", 3), "ab…");
        assert_eq!(tame("äöü", 2), "äö…");
        assert_eq!(tame("ab", 0), "…");
    }

    #[test]
    fn commands_cannot_be_smuggled_in() {
        assert_eq!(command_data("a%0A\n::error::"), "a%250A%0A::error::");
        assert_eq!(command_property("a:b,c%"), "a%3Ab%2Cc%25");
        assert_eq!(
            no_command("  ::add-mask::x".to_owned()),
            "  \\::add-mask::x"
        );
        assert_eq!(no_command("a ##[error]b".to_owned()), "a ## [error]b");
    }
}
