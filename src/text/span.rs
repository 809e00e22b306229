//! Byte spans of a source text, and problems that point at them.

use std::ops::Range;

/// A range of byte offsets into a source text; `start <= end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// Returns the span from `start` up to, not including, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Returns the span as a range, for slicing.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Returns the number of bytes.
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns the span moved `bytes` towards the end.
    #[must_use]
    pub const fn shift(self, bytes: usize) -> Self {
        Self::new(self.start + bytes, self.end + bytes)
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// Something wrong at a place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, in bytes of the text.
    pub span: Span,
    /// What is wrong: a lower-case fragment without a final period.
    pub message: String,
    /// What to do about it, if anything is known.
    pub help: Option<String>,
}

impl Problem {
    /// Returns a problem without advice.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
