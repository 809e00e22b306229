//! The variables that Compose replaces in each scalar before it means anything
//! (Compose specification, "Interpolation"):
//!
//! ```text
//! template = *( "$$" / "$" name / "${" name [ operator text ] "}" / other )
//! operator = ":-" / "-" / ":?" / "?" / ":+" / "+"
//! ```
//!
//! `$$` is a dollar. No environment is known here: a variable is what its default
//! says. The text behind an operator is a template itself, and stays on one line.

use crate::text::{Mapped, Span};

/// How deep defaults may be nested.
const DEEPEST: usize = 16;

/// A text with its variables replaced.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    /// The text, mapped to the file.
    pub(super) text: Mapped,
    /// The variables, the outer ones before those in their defaults.
    pub(super) variables: Vec<Replacement>,
    /// The dollars that begin no variable, in the file; the text keeps them.
    pub(super) strays: Vec<Span>,
}

/// A variable that was replaced.
#[derive(Debug, Clone)]
pub(super) struct Replacement {
    /// Its name.
    pub(super) name: String,
    /// What came in its place, in the text.
    pub(super) span: Span,
    /// Where the variable stands in the file, from its dollar to its brace.
    pub(super) written: Span,
    /// What gives the value.
    pub(super) kind: Kind,
}

/// What gives a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A default; where it stands in the file.
    Default(Span),
    /// Nothing but the environment.
    Missing,
    /// `:+` and `+`; the text it gives where the variable is set.
    Expression(String),
}

/// Replaces the variables of a text.
///
/// What has no value is replaced by what `unknown` makes of its number.
pub(super) fn replace(text: &Mapped, unknown: &dyn Fn(usize) -> String) -> Replaced {
    let mut reader = Reader {
        text,
        bytes: text.bytes(),
        closing: closing(text.bytes()),
        unknown,
        replaced: Replaced::default(),
    };
    reader.read(Span::new(0, text.len()), 0);
    reader.replaced
}

struct Reader<'a> {
    text: &'a Mapped,
    bytes: &'a [u8],
    /// The dollar of each `${` and its closing brace, by the dollars.
    closing: Vec<(usize, usize)>,
    unknown: &'a dyn Fn(usize) -> String,
    replaced: Replaced,
}

impl Reader<'_> {
    fn read(&mut self, span: Span, depth: usize) {
        let mut at = span.start;
        while at < span.end {
            let rest = &self.bytes[at..span.end];
            let Some(next) = rest.iter().position(|byte| *byte == b'$') else {
                self.keep(Span::new(at, span.end));
                return;
            };
            self.keep(Span::new(at, at + next));
            at = self.dollar(at + next, span.end, depth);
        }
    }

    /// Reads what a dollar begins; returns where it ends.
    fn dollar(&mut self, at: usize, limit: usize, depth: usize) -> usize {
        let next = at + 1;
        if next < limit && self.bytes[next] == b'$' {
            let source = self.source(Span::new(at, next + 1));
            self.replaced.text.push(b'$', source);
            return next + 1;
        }
        let end = self.name_end(next, limit);
        if end > next {
            let written = Span::new(at, end);
            let number = self.open(Span::new(next, end), written);
            self.missing(number, written);
            return end;
        }
        let close = self
            .close_of(at)
            .filter(|close| *close < limit && depth < DEEPEST);
        if let Some(end) = close.and_then(|close| self.braced(at, close, depth)) {
            return end;
        }
        let source = self.source(Span::new(at, next));
        self.replaced.strays.push(source);
        self.keep(Span::new(at, next));
        next
    }

    /// Reads `${…}`; returns where it ends.
    fn braced(&mut self, at: usize, close: usize, depth: usize) -> Option<usize> {
        let start = at + 2;
        let end = self.name_end(start, close);
        if end == start {
            return None;
        }
        let rest = &self.bytes[end..close];
        let operator = match rest {
            [] => "",
            [b':', b'-', ..] => ":-",
            [b'-', ..] => "-",
            [b':', b'+', ..] => ":+",
            [b'+', ..] => "+",
            [b':', b'?', ..] => ":?",
            [b'?', ..] => "?",
            _ => return None,
        };
        if rest.contains(&b'\n') {
            return None;
        }
        let operand = Span::new(end + operator.len(), close);
        let written = Span::new(at, close + 1);
        let number = self.open(Span::new(start, end), written);
        match operator {
            ":-" | "-" => {
                self.read(operand, depth + 1);
                let default = self.source(operand);
                self.close(number, Kind::Default(default));
            }
            ":+" | "+" => {
                self.missing(number, written);
                let text = String::from_utf8_lossy(&self.bytes[operand.range()]);
                self.close(number, Kind::Expression(text.into_owned()));
            }
            _ => self.missing(number, written),
        }
        Some(close + 1)
    }

    /// Adds a variable whose value is still to come; returns its number.
    fn open(&mut self, name: Span, written: Span) -> usize {
        let start = self.replaced.text.len();
        self.replaced.variables.push(Replacement {
            name: String::from_utf8_lossy(&self.bytes[name.range()]).into_owned(),
            span: Span::new(start, start),
            written: self.source(written),
            kind: Kind::Missing,
        });
        self.replaced.variables.len() - 1
    }

    fn close(&mut self, number: usize, kind: Kind) {
        let variable = &mut self.replaced.variables[number];
        variable.span.end = self.replaced.text.len();
        variable.kind = kind;
    }

    /// Puts what stands for a missing value.
    fn missing(&mut self, number: usize, written: Span) {
        let source = self.source(written);
        for byte in (self.unknown)(number).bytes() {
            self.replaced.text.push(byte, source);
        }
        self.close(number, Kind::Missing);
    }

    fn keep(&mut self, span: Span) {
        if !span.is_empty() {
            self.replaced.text.append(&self.text.slice(span));
        }
    }

    /// Returns where the name that begins at an offset ends.
    fn name_end(&self, start: usize, limit: usize) -> usize {
        let is_name = |at: usize| {
            let byte = self.bytes[at];
            byte == b'_' || byte.is_ascii_alphabetic() || at > start && byte.is_ascii_digit()
        };
        (start..limit).find(|at| !is_name(*at)).unwrap_or(limit)
    }

    /// Returns the brace that closes the one behind a dollar.
    fn close_of(&self, dollar: usize) -> Option<usize> {
        let found = self
            .closing
            .binary_search_by_key(&dollar, |(dollar, _)| *dollar);
        found.ok().map(|found| self.closing[found].1)
    }

    fn source(&self, span: Span) -> Span {
        self.text.source(span).unwrap_or_default()
    }
}

/// Pairs each `${` with its brace. As in Compose, other opening braces do not count.
fn closing(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'}' {
            pairs.extend(open.pop().map(|dollar| (dollar, at)));
        } else if bytes[at..].starts_with(b"${") {
            open.push(at);
        }
    }
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, variables: &[(&str, &str)]) {
        let replaced = replace(&Mapped::verbatim(text.as_bytes(), 7), &|number| {
            format!("<{number}>")
        });
        let result = String::from_utf8(replaced.text.bytes().to_vec()).unwrap();
        assert_eq!(result, expected);
        let found = replaced.variables.iter().map(|variable| {
            let written = variable.written;
            let written = &text[written.start - 7..written.end - 7];
            assert!(written.starts_with('$'), "{written}");
            (&*variable.name, &result[variable.span.range()])
        });
        assert_eq!(found.collect::<Vec<_>>(), variables);
    }

    #[test]
    fn defaults_come_in_the_place_of_variables() {
        check("a${V:-b}c", "abc", &[("V", "b")]);
        check("${V-}", "", &[("V", "")]);
        check("${A:-x${B-y}z}", "xyz", &[("A", "xyz"), ("B", "y")]);
        check("${A:-:-?+}", ":-?+", &[("A", ":-?+")]);
        check("${A:-{x}}", "{x}", &[("A", "{x")]);
    }

    #[test]
    fn what_has_no_value_is_marked() {
        check("$V.", "<0>.", &[("V", "<0>")]);
        check("$_a1-${b}", "<0>-<1>", &[("_a1", "<0>"), ("b", "<1>")]);
        check("${V:?no $X}${W?}", "<0><1>", &[("V", "<0>"), ("W", "<1>")]);
        check("${V:+a}${W+$X}", "<0><1>", &[("V", "<0>"), ("W", "<1>")]);
        check("${A:-$B}", "<1>", &[("A", "<1>"), ("B", "<1>")]);
    }

    #[test]
    fn two_dollars_are_one() {
        check("$$V$$$$", "$V$$", &[]);
        check("$$${V:-x}", "$x", &[("V", "x")]);
    }

    #[test]
    fn other_dollars_are_strays() {
        for text in [
            "$",
            "$1",
            "$(a)",
            "${}",
            "${1}",
            "${V",
            "${V*}",
            "${V:x}",
            "${V:-a\nb}",
            "$-",
        ] {
            let replaced = replace(&Mapped::verbatim(text.as_bytes(), 3), &|_| String::new());
            assert_eq!(replaced.strays, [Span::new(3, 4)], "{text}");
            assert_eq!(replaced.text.bytes(), text.as_bytes());
        }
    }
}
