//! Words for text: spans and the problems found at them, lines, newlines, lengths of
//! time, and the nearest known word to a misspelt one.

mod duration;
mod edit;
mod line;
mod mapped;
mod nearest;
mod secrets;
mod span;

pub use duration::{DurationError, duration};
pub use edit::{Conflict, Edit, apply};
pub use line::{Newline, Position, line_at, position};
pub use mapped::Mapped;
pub use nearest::nearest;
pub use secrets::{has_query_secret, with_masked_passwords, without_password};
pub use span::{Problem, Span};
