//! Parser directives: the comments at the very top that set something.
//!
//! ```text
//! directive = "#" *space name *ws "=" *ws value *ws
//! name      = ALPHA *( ALPHA / DIGIT )        ; escape, syntax, check, in any case
//! ```
//!
//! The first line that is none of them (also a blank line, or another comment) ends
//! the zone. BuildKit looks for `syntax` with a second reader, before anything else:
//! that one takes no indentation, skips a first line that begins with `#!`, and then
//! tries `//` for `#`, for front ends of other languages. The JSON form for such
//! languages (`{"syntax": "…"}`) is left out: such a file is not a Dockerfile.

use super::lines::{self, Line};
use crate::text::Span;

/// What a directive sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Escape,
    Syntax,
    Check,
}

/// A directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) name: Name,
    /// Its value, in the text that was read.
    pub(super) value: Span,
}

/// Another directive of a name that was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeated(pub(super) Name);

/// The part of a file in which directives may stand.
#[derive(Debug, Default)]
pub(super) struct Zone {
    seen: [bool; 3],
    is_over: bool,
}

impl Name {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Escape => "escape",
            Self::Syntax => "syntax",
            Self::Check => "check",
        }
    }

    fn of(word: &[u8]) -> Option<Self> {
        [Self::Escape, Self::Syntax, Self::Check]
            .into_iter()
            .find(|name| word.eq_ignore_ascii_case(name.as_str().as_bytes()))
    }
}

impl Zone {
    /// Reads the next line; the first that is not a directive ends the zone.
    pub(super) fn read(
        &mut self,
        line: &[u8],
        comment: &[u8],
    ) -> Result<Option<Directive>, Repeated> {
        if self.is_over {
            return Ok(None);
        }
        let Some(directive) = directive(line, comment) else {
            self.is_over = true;
            return Ok(None);
        };
        let seen = &mut self.seen[directive.name as usize];
        if std::mem::replace(seen, true) {
            return Err(Repeated(directive.name));
        }
        Ok(Some(directive))
    }
}

/// Returns where the reference of the front end stands, if the file names one.
pub(super) fn syntax(source: &[u8], lines: &[Line]) -> Option<Span> {
    let content = |line: &Line| &source[line.content.range()];
    let has_shebang = lines
        .first()
        .is_some_and(|line| content(line).starts_with(b"#!"));
    let lines = &lines[usize::from(has_shebang)..];
    for comment in [&b"#"[..], b"//"] {
        let mut zone = Zone::default();
        for line in lines {
            match zone.read(content(line), comment) {
                Ok(Some(directive)) if directive.name == Name::Syntax => {
                    let value = directive.value.shift(line.content.start);
                    let length = source[value.range()]
                        .iter()
                        .position(|&byte| byte == b' ')
                        .unwrap_or(value.len());
                    return Some(Span::new(value.start, value.start + length));
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
    }
    None
}

fn directive(line: &[u8], comment: &[u8]) -> Option<Directive> {
    let text = line.strip_prefix(comment)?;
    let mut at = comment.len() + lines::skip_space(text);
    let name_start = at;
    while line.get(at).is_some_and(u8::is_ascii_alphanumeric) {
        at += 1;
    }
    let name = Name::of(&line[name_start..at])?;
    let is_space = |at: usize| matches!(line.get(at), Some(b'\t' | b'\n' | 0x0c | b'\r' | b' '));
    while is_space(at) {
        at += 1;
    }
    if line.get(at) != Some(&b'=') {
        return None;
    }
    at += 1;
    let value_start = at;
    let mut end = line.len();
    while end > at && is_space(end - 1) {
        end -= 1;
    }
    while at < end && is_space(at) {
        at += 1;
    }
    if at == end {
        // A value of blanks alone is a value: the last of them.
        end = line.len();
        at = end.checked_sub(1).filter(|&at| at >= value_start)?;
    }
    Some(Directive {
        name,
        value: Span::new(at, end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, reference: Option<&str>) {
        let found = syntax(source.as_bytes(), &lines::split(source.as_bytes()));
        assert_eq!(found.map(|span| &source[span.range()]), reference);
    }

    #[test]
    fn finds_the_front_end_where_build_kit_finds_it() {
        check("# syntax=a/b:1\nFROM x\n", Some("a/b:1"));
        check("#syntax =  a/b:1 more  \r\n", Some("a/b:1"));
        check("# check=skip=all\n#\tSYNTAX=a\n", Some("a"));
        check("#!/usr/bin/env x\n# syntax=a\n", Some("a"));
        check("\u{feff}# syntax=a", Some("a"));
        check("// syntax=a\n", Some("a"));
    }

    #[test]
    fn finds_no_front_end_behind_anything_else() {
        check("# hello\n# syntax=a\n", None);
        check("\n# syntax=a\n", None);
        check(" # syntax=a\n", None);
        check("# syntax=\n", None);
        check("# check=a\n# check=a\n# syntax=b\n", None);
        check("#!/bin/x\n#!/bin/x\n# syntax=a\n", None);
        check("# syntax", None);
        check("", None);
    }
}
