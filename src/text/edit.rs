//! Edits: the one way in which a text that is not ours changes.

use super::span::Span;

/// A span of a text, and what comes in its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What goes; empty for an insertion.
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

/// Two edits that want the same bytes, or one outside the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap at byte {at}")]
pub struct Conflict {
    /// Where the later one begins.
    pub at: usize,
}

/// Returns the text with all edits made; each byte outside of them stays as it is.
///
/// The order of the edits does not matter; the same edit twice counts once.
pub fn apply(text: &[u8], edits: &[Edit]) -> Result<Vec<u8>, Conflict> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_unstable();
    edits.dedup();
    let mut result = Vec::with_capacity(text.len() + edits.len() * 80);
    let mut done = 0;
    let mut last_start = None;
    for edit in edits {
        let Span { start, end } = edit.span;
        if start < done || last_start == Some(start) || end > text.len() {
            return Err(Conflict { at: start });
        }
        result.extend_from_slice(&text[done..start]);
        result.extend_from_slice(edit.replacement.as_bytes());
        done = end;
        last_start = Some(start);
    }
    result.extend_from_slice(&text[done..]);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit {
            span: Span::new(start, end),
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn keeps_each_byte_outside_the_edits() {
        let edits = [edit(6, 6, "!"), edit(0, 1, "J"), edit(0, 1, "J")];
        assert_eq!(apply(b"hello\xff\r\n", &edits).unwrap(), b"Jello\xff!\r\n");
        assert_eq!(apply(b"x", &[]).unwrap(), b"x");
    }

    #[test]
    fn refuses_edits_that_meet() {
        assert_eq!(
            apply(b"hello", &[edit(0, 3, "a"), edit(2, 4, "b")]),
            Err(Conflict { at: 2 })
        );
        assert_eq!(
            apply(b"hello", &[edit(2, 2, "a"), edit(2, 2, "b")]),
            Err(Conflict { at: 2 })
        );
        assert_eq!(apply(b"x", &[edit(1, 2, "")]), Err(Conflict { at: 1 }));
    }
}
