//! What an update may move, and what it comes to: the policy, the plan, the report.

mod plan;
pub mod tags;
#[cfg(test)]
mod tags_tests;

pub use plan::{
    Alarm, Content, Failed, FileChange, HeldBack, ImageChange, PLAN_VERSION, PinChange, Plan,
    PlanError, Status, TargetKind, TargetPlan, sha256,
};
