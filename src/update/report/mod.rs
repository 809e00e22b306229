//! What an update says of itself: Markdown fit to be a pull request's body, lines for a
//! terminal, one closing line, and outputs and annotations for GitHub Actions.
//!
//! All of it is a function of the plan. Dates are shown, never ages: the same plan gives
//! the same bytes on any day. The Markdown opens with the fingerprint of what is written,
//! by which a report that is already there is known to be of the same changes.
//!
//! Names, messages and reasons come from files, indexes and registries. They are shown so
//! that they stay words: see `escape.rs`. The JSON form of the report is the plan
//! itself; `docs/plan.schema.json` describes it.

mod actions;
mod escape;
mod gist;
mod markdown;
mod terminal;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod schema;

pub use actions::{Outputs, annotations, github_outputs};
pub use markdown::{Context, markdown};
pub use terminal::{summary, terminal};
