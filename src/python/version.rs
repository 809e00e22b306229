//! Version numbers (PEP 440).
//!
//! Parsing and order are `pep440_rs`'s; what a specifier means is ours, in
//! `specifier.rs`.

pub use pep440_rs::Version;
