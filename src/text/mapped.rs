//! A text made of another one, which knows where each of its bytes came from.
//!
//! Words of a Dockerfile lose their escapes and continuations, scalars of a YAML
//! file their indentation, before they mean anything; edits still have to find
//! the place in the file.

use super::span::Span;

/// Bytes, each with the span of the source it was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapped {
    bytes: Vec<u8>,
    sources: Vec<Span>,
}

impl Mapped {
    /// Returns an empty text.
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Returns bytes that stand in the source as they are, from an offset on.
    pub fn verbatim(bytes: &[u8], start: usize) -> Self {
        let mut mapped = Self::new();
        mapped.push_verbatim(bytes, start);
        mapped
    }

    /// Adds a byte made of a span of the source.
    pub fn push(&mut self, byte: u8, source: Span) {
        self.bytes.push(byte);
        self.sources.push(source);
    }

    /// Adds bytes that stand in the source as they are, from an offset on.
    pub fn push_verbatim(&mut self, bytes: &[u8], start: usize) {
        self.bytes.extend_from_slice(bytes);
        self.sources
            .extend((start..start + bytes.len()).map(|at| Span::new(at, at + 1)));
    }

    /// Adds another text.
    pub fn append(&mut self, other: &Self) {
        self.bytes.extend_from_slice(&other.bytes);
        self.sources.extend_from_slice(&other.sources);
    }

    /// Returns a part of the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> Self {
        Self {
            bytes: self.bytes[span.range()].to_vec(),
            sources: self.sources[span.range()].to_vec(),
        }
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how many bytes there are.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns where a span of this text is in the source.
    ///
    /// An empty span is right behind the byte before it; at the start, right before
    /// the first byte. An empty text is nowhere: the result is `None`.
    pub fn source(&self, span: Span) -> Option<Span> {
        if span.is_empty() {
            let at = match span.start.checked_sub(1) {
                Some(before) => self.sources.get(before)?.end,
                None => self.sources.first()?.start,
            };
            return Some(Span::new(at, at));
        }
        let start = self.sources.get(span.start)?.start;
        let end = self.sources.get(span.end - 1)?.end;
        (start <= end).then(|| Span::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_place_in_the_source() {
        // `py\⏎th\x6fn`: a continuation, and an escape of four bytes.
        let mut mapped = Mapped::verbatim(b"py", 10);
        mapped.push_verbatim(b"th", 14);
        mapped.push(b'o', Span::new(16, 20));
        mapped.push(b'n', Span::new(20, 21));
        assert_eq!(mapped.bytes(), b"python");
        assert_eq!(mapped.source(Span::new(1, 3)), Some(Span::new(11, 15)));
        assert_eq!(mapped.source(Span::new(4, 5)), Some(Span::new(16, 20)));
        assert_eq!(mapped.source(Span::new(2, 2)), Some(Span::new(12, 12)));
        assert_eq!(mapped.source(Span::new(0, 0)), Some(Span::new(10, 10)));
        assert_eq!(mapped.source(Span::new(6, 6)), Some(Span::new(21, 21)));
        assert_eq!(mapped.slice(Span::new(4, 6)).bytes(), b"on");
        assert_eq!(Mapped::new().source(Span::new(0, 0)), None);
    }
}
