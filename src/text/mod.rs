//! Words for text: spans, and the problems found at them.

mod secrets;
mod span;

pub use secrets::without_password;
pub use span::{Problem, Span};
