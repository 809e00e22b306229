//! Values by index of which most are never made.

use std::sync::OnceLock;

/// As many cells get room when the first of them is needed.
const CHUNK: usize = 16;

type Chunk<T> = Box<[OnceLock<T>; CHUNK]>;

/// Values by index, each made when it is first asked for. One that is never asked for
/// takes a byte or two.
#[derive(Debug)]
pub(crate) struct Sparse<T> {
    chunks: Box<[OnceLock<Chunk<T>>]>,
    length: usize,
}

impl<T> Sparse<T> {
    /// Makes room for the indexes below `length`.
    pub(crate) fn new(length: usize) -> Self {
        let chunks = length.div_ceil(CHUNK);
        Self {
            chunks: std::iter::repeat_with(OnceLock::new).take(chunks).collect(),
            length,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Returns the value at an index below the length.
    pub(crate) fn get_or_init(&self, index: usize, make: impl FnOnce() -> T) -> &T {
        let chunk = self.chunks[index / CHUNK]
            .get_or_init(|| Box::new(std::array::from_fn(|_| OnceLock::new())));
        chunk[index % CHUNK].get_or_init(make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_each_value_once_and_no_other() {
        let sparse = Sparse::new(100);
        for index in [0, 15, 16, 99, 15] {
            assert_eq!(*sparse.get_or_init(index, || index * 2), index * 2);
        }
        assert_eq!(*sparse.get_or_init(15, || 7), 30);
        assert_eq!(sparse.len(), 100);
        assert_eq!(sparse.chunks.iter().filter_map(OnceLock::get).count(), 3);
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn has_nothing_at_its_length() {
        Sparse::new(16).get_or_init(16, || 0);
    }
}
