//! The unified diff of two texts, as `--dry-run` shows it.

use std::fmt::Write;
use std::time::Duration;

use anstyle::Style;
use similar::TextDiff;

use super::palette;

/// How long a small diff is looked for before any diff will do.
const PATIENCE: Duration = Duration::from_millis(500);

/// Returns the unified diff from `old` to `new`, empty if they are equal.
///
/// `old` is `None` for a file that does not exist yet. With `color`, lines are
/// marked by colour too.
pub fn unified(name: &str, old: Option<&str>, new: &str, color: bool) -> String {
    if old == Some(new) {
        return String::new();
    }
    let diff = TextDiff::configure()
        .timeout(PATIENCE)
        .diff_lines(old.unwrap_or_default(), new);
    let old_name = if old.is_some() { name } else { "/dev/null" };
    let plain = diff
        .unified_diff()
        .context_radius(3)
        .header(old_name, name)
        .to_string();
    if color { colored(&plain) } else { plain }
}

/// Colours the lines of a unified diff.
fn colored(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len() * 2);
    for (index, line) in plain.split_inclusive('\n').enumerate() {
        let body = line.trim_end_matches(['\n', '\r']);
        let style = match body.bytes().next() {
            // By place, not by look: a removed `--option` begins with three dashes.
            _ if index < 2 => palette::HEADING,
            Some(b'+') => palette::ADDED,
            Some(b'-') => palette::REMOVED,
            Some(b'@') => palette::PLACE,
            _ => Style::new(),
        };
        let end = &line[body.len()..];
        write!(text, "{style}{body}{style:#}{end}").expect("a string takes all text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changes_with_three_lines_around_it() {
        let old = "a==1\nb==1\nc==1\nd==1\ne==1\n";
        let new = "a==1\nb==1\nc==1\nd==1\ne==2\n";
        assert_eq!(
            unified("requirements.txt", Some(old), new, false),
            "--- requirements.txt\n+++ requirements.txt\n@@ -2,4 +2,4 @@\n b==1\n c==1\n d==1\n-e==1\n+e==2\n"
        );
        assert_eq!(unified("x", Some(new), new, true), "");
    }

    #[test]
    fn a_new_file_comes_from_nothing() {
        assert_eq!(
            unified("x", None, "a==1", false),
            "--- /dev/null\n+++ x\n@@ -0,0 +1 @@\n+a==1\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn colours_follow_the_place_of_a_line() {
        let text = unified("x", Some("--no-index\r\n"), "", true);
        assert_eq!(
            text,
            "\u{1b}[1m--- x\u{1b}[0m\n\u{1b}[1m+++ x\u{1b}[0m\n\
             \u{1b}[36m@@ -1 +0,0 @@\u{1b}[0m\n\u{1b}[31m---no-index\u{1b}[0m\r\n"
        );
    }
}
