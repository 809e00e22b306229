//! How a lock looks, for whoever goes on with a file that does not say how it is made.

use super::write::{Annotations, UNSAFE_HEADING, UNSAFE_WARNING_END};

/// What the comments of a lock show of its writer's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How it says who requires what.
    pub annotations: Annotations,
    /// Whether it names unsafe packages at its end instead of pinning them.
    pub names_unsafe: bool,
}

impl Layout {
    /// Returns how a text looks.
    pub fn of(text: &str) -> Self {
        let mut below_heading = text
            .lines()
            .skip_while(|line| *line != UNSAFE_HEADING && *line != UNSAFE_WARNING_END)
            .skip(1);
        Self {
            annotations: annotations(text),
            names_unsafe: below_heading.any(is_name),
        }
    }
}

/// Whether a line is a comment of one word.
fn is_name(line: &str) -> bool {
    line.starts_with("# ") && !line.trim_start_matches("# ").contains(' ')
}

fn annotations(text: &str) -> Annotations {
    let mut found = Annotations::None;
    for line in text.lines() {
        let Some((before, comment)) = line.split_once("# via") else {
            continue;
        };
        // Hashes push the comment of one line to a line of its own as well; only one
        // for all of several sources has commas.
        if !before.trim().is_empty() || comment.contains(',') {
            return Annotations::Line;
        }
        found = Annotations::Split;
    }
    found
}
