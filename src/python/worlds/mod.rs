//! Sets of environments ("worlds") and the markers that describe them: the algebra behind
//! locks for several targets, and for all.
//!
//! A world is a Python release, a system, a machine, and an implementation, with the
//! answers to comparisons that nothing is known of otherwise. A set of worlds is a decision
//! diagram; two sets are equal if and only if their ids are.

mod bits;
mod cover;
mod diagram;
mod print;
mod print_exact;
mod read;
mod release;
mod sets;
mod terms;

pub use diagram::WorldSet;
pub use print_exact::marker_of_environments;
pub use sets::Worlds;

#[cfg(test)]
mod print_tests;
#[cfg(test)]
mod tests;
