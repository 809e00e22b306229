//! Finding a Python interpreter and asking it what it is.
//!
//! A lock whose target is given in full needs none. Nothing is installed or
//! built with the interpreter here; it is run once, for the values of markers and
//! the platform. Where the answer is kept is the caller's business: see [`Memory`].

mod answer;
mod error;
mod search;

pub use answer::{Interpreter, fingerprint, query};
pub use error::{Error, Tried};
pub use search::{Memory, Search, find, find_with};
