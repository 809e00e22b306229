//! What is done with a body as it comes.

/// What is done with the body as it comes.
pub(super) trait Sink: Send {
    /// A body begins, at this byte of what was asked for; `length` is announced.
    fn begin(&mut self, first: u64, length: Option<u64>);
    fn add(&mut self, chunk: &[u8]);
    /// How many bytes need not come again.
    fn kept(&self) -> u64;
}

/// Keeps all of it; a second try begins anew.
#[derive(Default)]
pub(super) struct Whole {
    pub(super) bytes: Vec<u8>,
}

impl Sink for Whole {
    fn begin(&mut self, _: u64, length: Option<u64>) {
        // A wrong announcement must not cost memory: what is longer grows.
        const MOST_AT_ONCE: u64 = 16 << 20;
        self.bytes.clear();
        let length = length.unwrap_or(0).min(MOST_AT_ONCE);
        self.bytes
            .reserve(usize::try_from(length).unwrap_or_default());
    }

    fn add(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    fn kept(&self) -> u64 {
        0
    }
}

/// Passes on what was not passed on before.
pub(super) struct Streamed<F> {
    sink: F,
    passed: u64,
    position: u64,
}

impl<F> Streamed<F> {
    pub(super) fn to(sink: F) -> Self {
        Self {
            sink,
            passed: 0,
            position: 0,
        }
    }
}

impl<F: FnMut(&[u8]) + Send> Sink for Streamed<F> {
    fn begin(&mut self, first: u64, _: Option<u64>) {
        self.position = first;
    }

    fn add(&mut self, chunk: &[u8]) {
        let known = self.passed.saturating_sub(self.position);
        self.position += chunk.len() as u64;
        let new = usize::try_from(known)
            .ok()
            .and_then(|known| chunk.get(known..));
        if let Some(new) = new.filter(|new| !new.is_empty()) {
            (self.sink)(new);
            self.passed = self.position;
        }
    }

    fn kept(&self) -> u64 {
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_each_byte_on_once() {
        let mut passed = Vec::new();
        let mut sink = Streamed::to(|chunk: &[u8]| passed.extend_from_slice(chunk));
        sink.begin(0, None);
        sink.add(b"01");
        sink.add(b"23");
        assert_eq!(sink.kept(), 4);
        // From the beginning once more, and less far than before.
        sink.begin(0, None);
        sink.add(b"012");
        assert_eq!(sink.kept(), 4);
        sink.begin(0, None);
        sink.add(b"0123");
        sink.add(b"45");
        // And from where it broke.
        sink.begin(6, None);
        sink.add(b"67");
        assert_eq!(sink.kept(), 8);
        assert_eq!(passed, b"01234567");
    }
}
