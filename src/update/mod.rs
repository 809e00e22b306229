//! What an update may move, and what it comes to: the policy, the plan, the report.

mod plan;
mod report;

pub use plan::{
    Alarm, Content, Failed, FileChange, HeldBack, ImageChange, PLAN_VERSION, PinChange, Plan,
    PlanError, Status, TargetKind, TargetPlan, sha256,
};
pub use report::{Context, Outputs, annotations, github_outputs, markdown, summary, terminal};
