//! Outputs and annotations for GitHub Actions.
//!
//! Outputs are lines for the file that `GITHUB_OUTPUT` names, annotations are lines for
//! standard output. The service shows ten annotations of a kind for each step.

use std::fmt::Write as _;

use super::escape::{self, command_data, command_property, tame};
use super::gist::Gist;
use crate::text::many;
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
/// `changed` is `true` or `false`; `updated`, `failed`, `skipped`, `held` and `alarms` are
/// numbers.
pub fn github_outputs(plan: &Plan, extra: &Outputs<'_>) -> String {
    let gist = Gist::of(plan);
    let tally = gist.tally;
    let mut text = String::new();
    let mut put = |name: &str, value: &str| push_output(&mut text, name, value, extra.delimiter);
    put("status", status(plan));
    put("changed", if plan.is_empty() { "false" } else { "true" });
    put("updated", &tally.updated.to_string());
    put("failed", &(tally.failed + tally.skipped).to_string());
    put("skipped", &tally.left.to_string());
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
    // Lock files that are left out share the places of failures.
    let left = plan.skipped.len();
    let shown = (failures + left).min(SHARE.max(MOST.saturating_sub(alarms)));
    let shown_failures = failures.min(shown);
    let shown_left = shown - shown_failures;
    let shown_alarms = alarms.min(MOST - shown);
    let mut text = String::new();
    for target in &gist.failures[..shown_failures] {
        let title = match target.status {
            Status::Skipped => "Skipped",
            Status::Failed => "Not updated",
            _ => "Partly updated",
        };
        push_warning(&mut text, &target.path, title, &why(target));
    }
    for skipped in &plan.skipped[..shown_left] {
        push_warning(&mut text, &skipped.path, "Skipped", &skipped.why);
    }
    for row in &gist.alarms[..shown_alarms] {
        let alarm = row.alarm;
        let title = format!("{}: {}", alarm.item, alarm.kind);
        let path = row.targets.first().copied().unwrap_or_default();
        push_warning(&mut text, path, &title, &alarm.message);
    }
    let rest = failures + left + alarms - shown - shown_alarms;
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
        (None, Status::Skipped) => "skipped, because its group failed".to_owned(),
        (None, _) => "the reason is unknown".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::plan::TargetKind;
    use crate::update::report::samples;

    fn check(plan: &Plan) -> String {
        let extra = Outputs {
            branch: Some("pinfold/update"),
            commit: Some("3f2c9d1"),
            report: Some("out/report.md"),
            delimiter: "d41d8cd9",
        };
        github_outputs(plan, &extra)
    }

    #[test]
    fn outputs_are_a_line_each() {
        insta::assert_snapshot!(check(&samples::rich()), @r"
        status=partial
        changed=true
        updated=3
        failed=1
        skipped=1
        held=2
        alarms=2
        branch=pinfold/update
        commit=3f2c9d1
        fingerprint=sha256:7d9302d31819f2d6f288534c0e7a0591506d4096fe028e5983437155297dfabe
        report=out/report.md
        summary=Updated 3 of 4 targets: 5 packages, 2 images; 1 failed, 1 skipped, 2 held back, 2 alarms
        ");
    }

    #[test]
    fn the_status_is_of_all_targets() {
        let of = |statuses: &[Status]| {
            let target = |status| samples::target(TargetKind::Lock, "a.txt", status);
            status(&samples::plan(
                statuses.iter().map(|status| target(*status)).collect(),
            ))
        };
        assert_eq!(of(&[]), "unchanged");
        assert_eq!(of(&[Status::Unchanged]), "unchanged");
        assert_eq!(of(&[Status::Updated, Status::Unchanged]), "updated");
        assert_eq!(of(&[Status::Partial]), "partial");
        assert_eq!(of(&[Status::Failed, Status::Unchanged]), "partial");
        assert_eq!(of(&[Status::Failed, Status::Skipped]), "failed");
    }

    #[test]
    fn values_of_several_lines_end_at_the_delimiter_only() {
        let mut text = String::new();
        push_output(&mut text, "report", "a\nend\nstatus=failed", "end");
        assert_eq!(text, "report<<end_\na\nend\nstatus=failed\nend_\n");
        text.clear();
        push_output(&mut text, "report", "a\nb", "\n<< ");
        assert_eq!(text, "report<<end\na\nb\nend\n");
    }

    #[test]
    fn failures_and_alarms_are_warnings_at_their_files() {
        insta::assert_snapshot!(annotations(&samples::rich()), @r#"
        ::warning file=tools/requirements.txt,title=Not updated::mkdocs 2.0 needs `jinja2>=4`; sphinx 8.3 needs `jinja2<4`
        ::warning file=all.txt,title=Skipped::its header has `--all-groups`: name each group with `--group`
        ::warning file=app.txt,title=six%3A yanked::1.16.1 is yanked: "by @octocat, see #12"
        ::warning file=app.txt,title=httpx2%3A new-package::the project is there since 2026-08-30
        "#);
        assert_eq!(annotations(&samples::empty()), "");
    }

    #[test]
    fn properties_and_messages_are_escaped() {
        let mut plan = samples::failing();
        plan.targets.truncate(1);
        plan.targets[0].path = "a,b:c%.txt".to_owned();
        if let Some(failed) = &mut plan.targets[0].failed {
            failed.message = "100%\n::error::x".to_owned();
        }
        assert_eq!(
            annotations(&plan),
            "::warning file=a%2Cb%3Ac%25.txt,title=Not updated::100%25 ::error::x\n"
        );
    }

    #[test]
    fn failures_and_alarms_share_what_is_shown() {
        let count = |failures: usize, alarms: usize| {
            let mut targets = vec![samples::failed(); failures];
            let mut other = samples::target(TargetKind::Lock, "a.txt", Status::Unchanged);
            other.alarms = (0..alarms)
                .map(|n| samples::alarm(&format!("p{n}"), "yanked", "it is yanked"))
                .collect();
            targets.push(other);
            let text = annotations(&samples::plan(targets));
            let number = |part: &str| text.matches(part).count();
            (
                number("Not updated"),
                number("yanked::"),
                number("::notice"),
            )
        };
        assert_eq!(count(3, 2), (3, 2, 0));
        assert_eq!(count(20, 0), (10, 0, 1));
        assert_eq!(count(0, 20), (0, 10, 1));
        assert_eq!(count(20, 20), (5, 5, 1));
        assert_eq!(count(20, 2), (8, 2, 1));
        assert_eq!(count(2, 20), (2, 8, 1));
    }
}
