//! Outputs and annotations for GitHub Actions.
//!
//! Outputs are lines for the file that `GITHUB_OUTPUT` names, annotations are lines for
//! standard output. The service shows ten annotations of a kind for each step.

use std::fmt::Write as _;

use super::escape::{self, command_data, command_property, tame};
use super::gist::{Gist, many};
use crate::update::plan::{Plan, Status, TargetPlan};

/// How many warnings are shown.
const MOST: usize = 10;

/// How many of them failures have, however many alarms there are, and the other way round.
const SHARE: usize = MOST / 2;

/// What an update made beside the plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outputs<'a> {
    /// The branch that holds the commit.
    pub branch: Option<&'a str>,
    /// The commit.
    pub commit: Option<&'a str>,
    /// Where the report was written.
    pub report: Option<&'a str>,
    /// A word nobody can guess; it ends values of several lines. Pure code has no dice.
    pub delimiter: &'a str,
}

/// Returns the outputs, a value each; what there is not is empty.
///
/// `changed` is `true` or `false`; `updated`, `failed`, `held` and `alarms` are numbers.
pub fn github_outputs(plan: &Plan, extra: &Outputs<'_>) -> String {
    let gist = Gist::of(plan);
    let tally = gist.tally;
    let mut text = String::new();
    let mut put = |name: &str, value: &str| push_output(&mut text, name, value, extra.delimiter);
    put("status", status(plan));
    put("changed", if plan.is_empty() { "false" } else { "true" });
    put("updated", &tally.updated.to_string());
    put("failed", &(tally.failed + tally.skipped).to_string());
    put("held", &tally.held.to_string());
    put("alarms", &tally.alarms.to_string());
    put("branch", extra.branch.unwrap_or_default());
    put("commit", extra.commit.unwrap_or_default());
    put("fingerprint", &plan.fingerprint());
    put("report", extra.report.unwrap_or_default());
    put("summary", &super::summary(plan));
    text
}

/// Returns the state of all targets in a word.
fn status(plan: &Plan) -> &'static str {
    let has = |status| plan.count(status) > 0;
    let is_wrong = has(Status::Failed) || has(Status::Skipped) || has(Status::Partial);
    let is_right = has(Status::Updated) || has(Status::Unchanged) || has(Status::Partial);
    match (is_wrong, is_right) {
        (true, true) => "partial",
        (true, false) => "failed",
        (false, _) if has(Status::Updated) => "updated",
        (false, _) => "unchanged",
    }
}

fn push_output(text: &mut String, name: &str, value: &str, delimiter: &str) {
    if !value.contains(['\n', '\r']) {
        let _ = writeln!(text, "{name}={value}");
        return;
    }
    let mut end: String = delimiter
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    if end.is_empty() {
        end.push_str("end");
    }
    // Even a delimiter that was guessed ends nothing.
    while value.contains(&end) {
        end.push('_');
    }
    let _ = writeln!(text, "{name}<<{end}\n{value}\n{end}");
}

/// Returns a warning for each failure and each alarm, as far as they are shown; how many
/// are not is a notice.
pub fn annotations(plan: &Plan) -> String {
    let gist = Gist::of(plan);
    let alarms = gist.alarms.len();
    let failures = gist.failures.len();
    let shown_failures = failures.min(SHARE.max(MOST.saturating_sub(alarms)));
    let shown_alarms = alarms.min(MOST - shown_failures);
    let mut text = String::new();
    for target in &gist.failures[..shown_failures] {
        let title = match target.status {
            Status::Skipped => "Not tried",
            Status::Failed => "Not updated",
            _ => "Updated in part",
        };
        push_warning(&mut text, &target.path, title, &why(target));
    }
    for row in &gist.alarms[..shown_alarms] {
        let alarm = row.alarm;
        let title = format!("{}: {}", alarm.item, alarm.kind);
        let path = row.targets.first().copied().unwrap_or_default();
        push_warning(&mut text, path, &title, &alarm.message);
    }
    let rest = failures + alarms - shown_failures - shown_alarms;
    if rest > 0 {
        let _ = writeln!(
            text,
            "::notice title=pinfold::{} not shown here: see the report",
            many(rest, "more warning")
        );
    }
    text
}

/// Returns why a target was not updated, or not wholly.
pub(super) fn why(target: &TargetPlan) -> String {
    match (&target.failed, target.status) {
        (Some(failed), _) => failed.message.clone(),
        (None, Status::Skipped) => "not tried, since one it belongs with failed".to_owned(),
        (None, _) => "no reason is known".to_owned(),
    }
}

fn push_warning(text: &mut String, path: &str, title: &str, message: &str) {
    // The service cuts titles and messages itself, but far later.
    let path = command_property(&tame(path, escape::MESSAGE));
    let title = command_property(&tame(title, escape::NAME));
    let message = tame(message, 4 * escape::MESSAGE);
    let _ = writeln!(
        text,
        "::warning file={path},title={title}::{}",
        command_data(&message)
    );
}
