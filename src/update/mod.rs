//! What an update may move, and when: the policy.

mod duration;
mod pattern;
mod policy;

pub use duration::{DurationError, duration_in_words, parse_duration};
pub use pattern::{NamePattern, NamePatternError};
pub use policy::{Bump, Hold, MissingUploadTime, Policy, ProjectPolicy, Rule};
