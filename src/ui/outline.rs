//! Texts with headings: lines that are not indented are headings, what belongs to them is.

use std::fmt::Write as _;

use super::palette;
use crate::text::shown;

/// Returns a text with its headings marked, if colours are wanted.
pub(super) fn outline(text: &str, color: bool) -> String {
    let text = shown(text);
    if !color {
        return text.into_owned();
    }
    let style = palette::HEADING;
    let mut marked = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        if line.is_empty() || line.starts_with(' ') {
            let _ = writeln!(marked, "{line}");
        } else {
            let _ = writeln!(marked, "{style}{line}{style:#}");
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_headings_and_nothing_else() {
        assert_eq!(outline("a\n  b\n\n", false), "a\n  b\n\n");
        assert_eq!(outline("a\n  b\n\n", true), "\u{1b}[1ma\u{1b}[0m\n  b\n\n");
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert!(!outline("  yanked (\u{1b}[2J)\n", false).contains('\u{1b}'));
    }
}
