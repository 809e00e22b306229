//! What `pinfold update` decides, as functions on values: which files are locks and
//! what they are made of, what may move and when, the plan, and the report.
//!
//! [`targets()`] puts a repository's files together: locks, their sources, and the
//! order in which they depend on each other. [`Policy`] judges versions and files,
//! [`tags`] knows which image tags may follow which, [`Plan`] is what will be written and
//! why. No command is run and no file is opened.

mod duration;
mod layers;
mod names;
mod plan;
mod policy;
mod report;
pub mod tags;
mod target;
mod targets;
mod word;

pub use duration::duration_in_words;
pub use names::is_candidate_name;
pub use plan::{
    Alarm, Content, FileChange, HeldBack, ImageChange, Input, PLAN_VERSION, PinChange, Plan,
    PlanError, SkippedFile, Status, TargetFailure, TargetKind, TargetPlan, sha256,
};
pub use policy::{Hold, Policy, ProjectPolicy, Rule};
pub use report::{Context, Outputs, annotations, github_outputs, markdown, summary, terminal};
pub use target::{LockTarget, Skipped, Why};
pub use targets::{CandidateFile, named_by_headers, targets};
pub use word::{AlarmKind, HoldCode, OpenWord, PinBump, Word};

#[cfg(test)]
mod tags_tests;
#[cfg(test)]
mod targets_tests;
