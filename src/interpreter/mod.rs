//! Finding a Python interpreter and asking it what it is.
//!
//! A lock whose target is given in full needs none. Nothing is installed or
//! built with the interpreter here; it is run once, for the values of markers and
//! the platform. Keeping the answer is the caller's business: see
//! [`Interpreter::to_bytes`] and [`fingerprint`].

mod answer;
mod error;
mod search;

pub use answer::{Interpreter, fingerprint, query};
pub use error::{Error, Tried};
pub use search::{Search, find, find_or_recall};
