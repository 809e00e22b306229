//! Words for text: spans, and the problems found at them.

mod span;

pub use span::{Problem, Span};
