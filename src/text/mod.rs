//! Words for text: spans and the problems found at them, lines, newlines, and the
//! nearest known word to a misspelt one.

mod line;
mod nearest;
mod secrets;
mod span;

pub use line::{Newline, Position, line_at, position};
pub use nearest::nearest;
pub use secrets::{with_masked_passwords, without_password};
pub use span::{Problem, Span};
