//! The report as Markdown, fit to be the body of a pull request or a step's summary.
//!
//! Forges limit how long a text may be. When the whole does not fit, the report says less
//! in steps: first without the details, then with cut tables, then with counts only, and
//! at last a pointer to where the whole is. It leaves out links: none can be trusted.

use std::fmt::Write as _;

use super::actions::why;
use super::escape::{MESSAGE, NAME, code, leading_code, message, prose};
use super::gist::{AlarmRow, Gist, ImageRow, PackageRow, day, is_written, minute, short};
use crate::text::many;
use crate::update::plan::{HeldBack, Plan, Status, TargetPlan};

/// How many names a cell lists.
const MOST_NAMES: usize = 5;

/// How many lines of the details of a failure are shown.
const MOST_DETAILS: usize = 40;

/// What the report should know beside the plan.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Where the whole report is, when this one is cut: a path, or an artifact's name.
    pub full_report: Option<String>,
}

/// How much is said.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Rows of a table; 0 for a count in its place.
    rows: usize,
    has_details: bool,
}

/// From all to little.
const LEVELS: [Level; 5] = [
    Level {
        rows: usize::MAX,
        has_details: true,
    },
    Level {
        rows: usize::MAX,
        has_details: false,
    },
    Level {
        rows: 50,
        has_details: false,
    },
    Level {
        rows: 10,
        has_details: false,
    },
    Level {
        rows: 0,
        has_details: false,
    },
];

/// Returns the report, never longer than the budget.
pub fn markdown(plan: &Plan, context: &Context, budget_bytes: usize) -> String {
    let report = Report {
        plan,
        gist: Gist::of(plan),
        context,
    };
    LEVELS
        .into_iter()
        .map(|level| report.at(level))
        .chain([report.pointer(), report.title()])
        .find(|text| text.len() <= budget_bytes)
        .unwrap_or_else(|| cut(&report.heading(), budget_bytes))
}

/// Returns the beginning of a text, cut between characters.
fn cut(text: &str, most_bytes: usize) -> String {
    text[..text.floor_char_boundary(most_bytes)].to_owned()
}

struct Report<'a> {
    plan: &'a Plan,
    gist: Gist<'a>,
    context: &'a Context,
}

/// A table before it is cut.
struct Table {
    name: &'static str,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Report<'_> {
    fn at(&self, level: Level) -> String {
        let mut text = self.title();
        let _ = writeln!(text, "\n{}", self.sentence());
        let tables = self.tables(level.rows);
        if level.rows > 0 {
            for (table, whole) in &tables {
                self.push_table(&mut text, table, *whole);
            }
        } else if tables.iter().any(|(_, whole)| *whole > 0) {
            text.push('\n');
            for (table, whole) in tables.iter().filter(|(_, whole)| *whole > 0) {
                let _ = writeln!(text, "- {}: {whole}", table.name);
            }
            let _ = writeln!(text, "\n{}", self.elsewhere());
        }
        self.push_notes(&mut text, level.rows);
        self.push_end(&mut text, level.has_details);
        text
    }

    /// Returns the sentence and where the rest is.
    fn pointer(&self) -> String {
        format!(
            "{}\n{}\n\n{}\n",
            self.title(),
            self.sentence(),
            self.elsewhere()
        )
    }

    /// Returns the marker by which a report is found again, and the heading.
    fn title(&self) -> String {
        format!(
            "<!-- pinfold:update v1 fingerprint={} -->\n{}\n",
            self.plan.fingerprint(),
            self.heading()
        )
    }

    fn heading(&self) -> String {
        let tally = &self.gist.tally;
        let moves = tally.moves().unwrap_or_else(|| {
            if self.gist.failures.is_empty() {
                "nothing to update".to_owned()
            } else {
                "nothing could be updated".to_owned()
            }
        });
        format!("## Update pins: {moves}")
    }

    fn sentence(&self) -> String {
        let tally = &self.gist.tally;
        let targets = many(tally.targets, "target");
        let mut text = match tally.targets {
            0 if tally.left > 0 => "**Nothing was kept up to date.**".to_owned(),
            0 => "**There is nothing to keep up to date.**".to_owned(),
            all if tally.unchanged == all => format!("**Nothing to update in {targets}.**"),
            _ => format!("**{} of {targets} updated.**", tally.updated),
        };
        let mut parts: Vec<String> = [
            (tally.partial, "partly updated"),
            (tally.failed, "failed"),
            (tally.skipped + tally.left, "skipped"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        if tally.held > 0 {
            parts.push(format!("{} held back", many(tally.held, "update")));
        }
        if tally.alarms > 0 {
            parts.push(many(tally.alarms, "alarm"));
        }
        if !parts.is_empty() {
            let _ = write!(text, " {}.", parts.join(", "));
        }
        let policy = prose(&self.plan.policy, MESSAGE);
        let _ = write!(text, " As of {}", minute(self.plan.as_of));
        if !policy.is_empty() {
            let _ = write!(text, ", policy: {policy}");
        }
        text.push('.');
        text
    }

    /// Says where the whole report is.
    fn elsewhere(&self) -> String {
        match &self.context.full_report {
            Some(place) => format!("The full report is in {}.", code(place, NAME)),
            None => "The full report was too long to show here.".to_owned(),
        }
    }

    /// Returns the tables with `most` rows, and how many rows the whole ones have.
    fn tables(&self, most: usize) -> [(Table, usize); 6] {
        let gist = &self.gist;
        [
            table(
                "Alarms",
                &["Item", "What", "Where"],
                &gist.alarms,
                most,
                alarm,
            ),
            table(
                "Packages",
                &[
                    "Package",
                    "From → To",
                    "Bump",
                    "Published",
                    "Required by",
                    "Locks",
                ],
                &gist.packages,
                most,
                package,
            ),
            table(
                "Images",
                &[
                    "File:line",
                    "Image",
                    "From → To",
                    "Platforms",
                    "What changed",
                ],
                &gist.images,
                most,
                image,
            ),
            table(
                "Held back",
                &["Item", "At", "Candidate", "Why", "Eligible"],
                &gist.held,
                most,
                |held| held_back(held),
            ),
            table(
                "Failed",
                &["Target", "Why", "Tried", "Reproduce"],
                &gist.failures,
                most,
                |target| failure(target),
            ),
            table(
                "Skipped",
                &["File", "Why"],
                &self.plan.skipped,
                most,
                |skipped| vec![code(&skipped.path, NAME), message(&skipped.why, MESSAGE)],
            ),
        ]
    }

    fn push_table(&self, text: &mut String, table: &Table, whole: usize) {
        if table.rows.is_empty() {
            return;
        }
        let _ = writeln!(text, "\n### {}\n", table.name);
        let _ = writeln!(text, "| {} |", table.head.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(table.head.len()));
        for row in &table.rows {
            for cell in row {
                let cell = if cell.is_empty() { "–" } else { cell };
                let _ = write!(text, "| {cell} ");
            }
            text.push_str("|\n");
        }
        let rest = whole - table.rows.len();
        if rest > 0 {
            let _ = writeln!(text, "\nAnd {rest} more. {}", self.elsewhere());
        }
    }

    fn push_notes(&self, text: &mut String, most: usize) {
        let notes = &self.plan.notes;
        if notes.is_empty() || most == 0 {
            return;
        }
        text.push('\n');
        for note in notes.iter().take(most) {
            let _ = writeln!(text, "- Note: {}", message(note, MESSAGE));
        }
        if notes.len() > most {
            let _ = writeln!(text, "- And {}", many(notes.len() - most, "more note"));
        }
    }

    /// Says which files change, why something failed, and how to undo it.
    fn push_end(&self, text: &mut String, has_details: bool) {
        text.push_str("\n<details>\n<summary>");
        text.push_str(if has_details {
            "Files, policy, how to undo"
        } else {
            "Policy, how to undo"
        });
        text.push_str("</summary>\n\n");
        if has_details {
            for target in &self.plan.targets {
                push_target(text, target);
            }
            if !self.plan.targets.is_empty() {
                text.push('\n');
            }
        }
        let _ = writeln!(
            text,
            "Made with `--as-of {}`; policy: {}.\n",
            self.plan.as_of,
            prose(&self.plan.policy, 4 * MESSAGE)
        );
        text.push_str(
            "To keep everything as it is, close this without merging. To undo it after merging, \
             `git revert` the commit. The next run proposes it again unless a rule in the \
             configuration excludes it.\n\n</details>\n",
        );
    }
}

fn table<T>(
    name: &'static str,
    head: &'static [&'static str],
    rows: &[T],
    most: usize,
    row: fn(&T) -> Vec<String>,
) -> (Table, usize) {
    let table = Table {
        name,
        head,
        rows: rows.iter().take(most).map(row).collect(),
    };
    (table, rows.len())
}

fn alarm(row: &AlarmRow<'_>) -> Vec<String> {
    let alarm = row.alarm;
    vec![
        code(&alarm.item, NAME),
        format!(
            "**{}**: {}",
            kind(alarm.kind.as_str()),
            message(&alarm.message, MESSAGE)
        ),
        names(row.targets.iter().copied()),
    ]
}

/// Returns a kind of alarm in words.
fn kind(kind: &str) -> String {
    prose(&kind.replace('-', " "), NAME)
}

fn package(row: &PackageRow<'_>) -> Vec<String> {
    let version = |version: Option<&str>| match version {
        Some(version) => prose(version, NAME),
        None => "–".to_owned(),
    };
    let project = code(row.project, NAME);
    let mark = match (row.from, row.to) {
        (None, _) => "**new** ",
        (_, None) => "**removed** ",
        _ => "",
    };
    let moved = if row.from == row.to {
        version(row.to)
    } else {
        format!("{} → {}", version(row.from), version(row.to))
    };
    let via = names(row.via.iter().copied());
    let required_by = match (row.is_direct, via.is_empty()) {
        (true, true) => "direct".to_owned(),
        (true, false) => format!("direct, {via}"),
        (false, _) => via,
    };
    vec![
        format!("{mark}{project}"),
        moved,
        prose(row.bump.as_str(), NAME),
        row.published.map(day).unwrap_or_default(),
        required_by,
        names(row.locks.iter().copied()),
    ]
}

fn image(row: &ImageRow<'_>) -> Vec<String> {
    let change = row.change;
    let places: Vec<String> = row
        .places
        .iter()
        .map(|(path, line)| format!("{path}:{line}"))
        .collect();
    let tag = |tag: &Option<String>| {
        tag.as_deref()
            .map_or_else(|| "no tag".to_owned(), |tag| code(tag, NAME))
    };
    let digest = |digest: &str| code(short(digest), NAME);
    let from = match &change.from_digest {
        Some(from) => digest(from),
        None => "not pinned".to_owned(),
    };
    let to = digest(&change.to_digest);
    let moved = if change.from_tag == change.to_tag {
        format!("{}: {from} → {to}", tag(&change.to_tag))
    } else {
        format!(
            "{} {from} → {} {to}",
            tag(&change.from_tag),
            tag(&change.to_tag)
        )
    };
    let facts: Vec<String> = change
        .facts
        .iter()
        .take(MOST_NAMES)
        .map(|fact| message(fact, MESSAGE))
        .collect();
    let platforms = change.platforms.iter().take(2 * MOST_NAMES);
    let platforms: Vec<String> = platforms.map(|platform| prose(platform, NAME)).collect();
    vec![
        names(places.iter().map(String::as_str)),
        code(&change.image, NAME),
        moved,
        platforms.join(", "),
        facts.join("; "),
    ]
}

fn held_back(held: &HeldBack) -> Vec<String> {
    vec![
        code(&held.item, NAME),
        held.at.as_deref().map(reference).unwrap_or_default(),
        reference(&held.candidate),
        format!(
            "{} ({})",
            message(&held.reason, MESSAGE),
            prose(held.code.as_str(), NAME)
        ),
        held.eligible.map(day).unwrap_or_default(),
    ]
}

/// Returns a version or tag as it is, a digest in short.
fn reference(text: &str) -> String {
    if text.starts_with("sha256:") || text.starts_with("sha512:") {
        code(short(text), NAME)
    } else {
        prose(text, NAME)
    }
}

fn failure(target: &TargetPlan) -> Vec<String> {
    let mut reason = match target.status {
        Status::Updated | Status::Partial => "partly updated: ".to_owned(),
        _ => String::new(),
    };
    reason.push_str(&message(&why(target), MESSAGE));
    let (mut tried, mut reproduce) = (String::new(), String::new());
    if let Some(failed) = &target.failed {
        let parts: Vec<String> = failed
            .tried
            .iter()
            .take(MOST_NAMES)
            .map(|tried| message(tried, MESSAGE))
            .collect();
        tried = parts.join("; ");
        if failed.transient {
            reason.push_str(" (running again later may help)");
        }
        reproduce = code(&failed.reproduce, MESSAGE);
    }
    vec![code(&target.path, NAME), reason, tried, reproduce]
}

/// Returns the first of some names, and how many more there are.
fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let rest = names.len().saturating_sub(MOST_NAMES);
    let mut shown: Vec<String> = names
        .take(MOST_NAMES)
        .map(|name| code(name, NAME))
        .collect();
    if rest > 0 {
        shown.push(format!("and {rest} more"));
    }
    shown.join(", ")
}

fn push_target(text: &mut String, target: &TargetPlan) {
    let state = match target.status {
        Status::Updated => "updated",
        Status::Partial => "partly updated",
        Status::Unchanged => "unchanged",
        Status::Failed => "failed",
        Status::Skipped => "skipped",
    };
    let _ = write!(text, "- {}: {state}", leading_code(&target.path, NAME));
    if !target.found.is_empty() {
        let _ = write!(text, "; found {}", message(&target.found, MESSAGE));
    }
    if is_written(target) {
        let paths = target.files.iter().map(|file| file.path.as_str());
        let others: Vec<&str> = paths.filter(|path| *path != target.path).collect();
        if !others.is_empty() {
            let _ = write!(text, "; also writes {}", names(others.into_iter()));
        }
    }
    text.push('\n');
    if let Some(failed) = &target.failed {
        for detail in failed.details.iter().take(MOST_DETAILS) {
            let _ = writeln!(text, "  - Detail: {}", message(detail, MESSAGE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::report::samples;

    fn whole(plan: &Plan) -> String {
        markdown(plan, &Context::default(), usize::MAX)
    }

    /// A plan with as many packages.
    fn long(packages: usize) -> Plan {
        let pins = (0..packages)
            .map(|n| samples::pin(&format!("project{n:03}"), "1.0", "1.1", "minor", &[]));
        samples::plan(vec![
            samples::lock("a.txt", pins.collect()),
            samples::failed(),
        ])
    }

    #[test]
    fn tells_of_all_in_tables() {
        insta::assert_snapshot!(whole(&samples::rich()), @r#"
        <!-- pinfold:update v1 fingerprint=sha256:7d9302d31819f2d6f288534c0e7a0591506d4096fe028e5983437155297dfabe -->
        ## Update pins: 5 packages, 2 images

        **3 of 4 targets updated.** 1 failed, 1 skipped, 2 updates held back, 2 alarms. As of 2026-11-21 04:17 UTC, policy: cooldown 7 d, major 14 d.

        ### Alarms

        | Item | What | Where |
        |---|---|---|
        | `six` | **yanked**: 1.16.1 is yanked: "by @&#8203;octocat, see &#35;&#8203;12" | `app.txt` |
        | `httpx2` | **new package**: the project is there since 2026-08-30 | `app.txt` |

        ### Packages

        | Package | From → To | Bump | Published | Required by | Locks |
        |---|---|---|---|---|---|
        | `certifi` | 2026.7.4 → 2026.10.5 | other | 2026-08-18 | `requests` | `app.txt`, `dev.txt` |
        | **removed** `chardet` | 5.2.0 → – | removed | – | `requests` | `dev.txt` |
        | **new** `httpx2` | – → 1.0.3 | new | 2026-08-18 | `acme-sdk` | `app.txt` |
        | `requests` | 2.31.0 → 2.32.5 | minor | 2026-08-18 | direct, `pytest` | `app.txt`, `dev.txt` |
        | `wheel` | 0.45.1 | hashes | 2026-08-18 | direct | `dev.txt` |

        ### Images

        | File:line | Image | From → To | Platforms | What changed |
        |---|---|---|---|---|
        | `Dockerfile:1`, `Dockerfile:9` | `python` | `3.12.1-slim` `8a213af08a21` → `3.12.4-slim` `e17fa540e17f` | linux/amd64, linux/arm64 | PYTHON_VERSION 3.12.1 → 3.12.4 |
        | `Dockerfile:4` | `ghcr.io/astral-sh/uv` | `0.12`: not pinned → `012345670123` | – | – |

        ### Held back

        | Item | At | Candidate | Why | Eligible |
        |---|---|---|---|---|
        | `boto3` | 1.99.2 | 1.99.3 | published 2026-11-19, cooldown 7 d (PF101) | 2026-11-26 |
        | `django` | 5.2.1 | 6.1 | rule `<6`: LTS (until 2027-01-31) (PF107) | – |

        ### Failed

        | Target | Why | Tried | Reproduce |
        |---|---|---|---|
        | `tools/requirements.txt` | mkdocs 2.0 needs `jinja2>=4`; sphinx 8.3 needs `jinja2<4` | without `mkdocs`: still no solution | `pinfold update tools/requirements.txt --as-of 2026-11-21T04:17:00Z` |

        ### Skipped

        | File | Why |
        |---|---|
        | `all.txt` | its header has `--all-groups`: name each group with `--group` |

        - Note: `legacy.txt` is left out: no tool is known to have written it

        <details>
        <summary>Files, policy, how to undo</summary>

        - `app.txt`: updated; found by its header
        - `dev.txt`: updated; found by its header
        - `Dockerfile`: updated; found by its header
        - `tools/requirements.txt`: failed; found by its header
          - Detail: `docs.in` requires both

        Made with `--as-of 2026-11-21T04:17:00Z`; policy: cooldown 7 d, major 14 d.

        To keep everything as it is, close this without merging. To undo it after merging, `git revert` the commit. The next run proposes it again unless a rule in the configuration excludes it.

        </details>
        "#);
    }

    #[test]
    fn says_so_when_nothing_moves() {
        insta::assert_snapshot!(whole(&samples::empty()), @r"
        <!-- pinfold:update v1 fingerprint=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 -->
        ## Update pins: nothing to update

        **Nothing to update in 1 target.** As of 2026-11-21 04:17 UTC, policy: cooldown 7 d, major 14 d.

        <details>
        <summary>Files, policy, how to undo</summary>

        - `requirements.txt`: unchanged; found by its header

        Made with `--as-of 2026-11-21T04:17:00Z`; policy: cooldown 7 d, major 14 d.

        To keep everything as it is, close this without merging. To undo it after merging, `git revert` the commit. The next run proposes it again unless a rule in the configuration excludes it.

        </details>
        ");
    }

    #[test]
    fn tells_of_failures() {
        insta::assert_snapshot!(whole(&samples::failing()), @r"
        <!-- pinfold:update v1 fingerprint=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 -->
        ## Update pins: nothing could be updated

        **0 of 2 targets updated.** 1 failed, 1 skipped. As of 2026-11-21 04:17 UTC, policy: cooldown 7 d, major 14 d.

        ### Failed

        | Target | Why | Tried | Reproduce |
        |---|---|---|---|
        | `tools/requirements.txt` | mkdocs 2.0 needs `jinja2>=4`; sphinx 8.3 needs `jinja2<4` (running again later may help) | without `mkdocs`: still no solution | `pinfold update tools/requirements.txt --as-of 2026-11-21T04:17:00Z` |
        | `tools/dev.txt` | skipped, because its group failed | – | – |

        <details>
        <summary>Files, policy, how to undo</summary>

        - `tools/requirements.txt`: failed; found by its header
          - Detail: `docs.in` requires both
        - `tools/dev.txt`: skipped; found by its header

        Made with `--as-of 2026-11-21T04:17:00Z`; policy: cooldown 7 d, major 14 d.

        To keep everything as it is, close this without merging. To undo it after merging, `git revert` the commit. The next run proposes it again unless a rule in the configuration excludes it.

        </details>
        ");
    }

    #[test]
    fn alarms_come_first_and_the_worst_of_them_on_top() {
        let text = whole(&samples::rich());
        let at = |part: &str| text.find(part).expect(part);
        assert!(at("### Alarms") < at("### Packages"));
        assert!(at("yanked") < at("new package"));
    }

    #[test]
    fn what_moves_alike_is_one_row() {
        let text = whole(&samples::rich());
        assert_eq!(text.matches("| `certifi` |").count(), 1);
        assert_eq!(text.matches("`django`").count(), 1);
        let mut plan = samples::rich();
        plan.targets[1].pins[0].to = Some("2026.9.1".to_owned());
        let text = whole(&plan);
        assert_eq!(text.matches("| `certifi` |").count(), 2);
        assert!(
            text.contains("## Update pins: 5 packages, 2 images\n"),
            "{text}"
        );
    }

    #[test]
    fn says_less_when_there_is_less_room() {
        let plan = long(120);
        let context = Context {
            full_report: Some("report.md".to_owned()),
        };
        let at = |budget| markdown(&plan, &context, budget);
        let text = at(usize::MAX);
        assert!(text.contains("`project119`") && text.contains("Detail:"));
        let shorter = at(text.len() - 1);
        assert!(shorter.contains("`project119`") && !shorter.contains("Detail:"));
        let shorter = at(shorter.len() - 1);
        assert!(shorter.contains("`project049`") && !shorter.contains("`project050`"));
        assert!(shorter.contains("\nAnd 70 more. The full report is in `report.md`.\n"));
        let shorter = at(shorter.len() - 1);
        assert!(shorter.contains("`project009`") && !shorter.contains("`project010`"));
        let shorter = at(shorter.len() - 1);
        assert!(
            shorter.contains("\n- Packages: 120\n- Failed: 1\n"),
            "{shorter}"
        );
        insta::assert_snapshot!(at(shorter.len() - 1), @r"
        <!-- pinfold:update v1 fingerprint=sha256:cd174aaf34d6c36da1a1d1d6ee6648597992d90c9b5cce090e69fe4569f34485 -->
        ## Update pins: 120 packages

        **1 of 2 targets updated.** 1 failed. As of 2026-11-21 04:17 UTC, policy: cooldown 7 d, major 14 d.

        The full report is in `report.md`.
        ");
        insta::assert_snapshot!(at(150), @r"
        <!-- pinfold:update v1 fingerprint=sha256:cd174aaf34d6c36da1a1d1d6ee6648597992d90c9b5cce090e69fe4569f34485 -->
        ## Update pins: 120 packages
        ");
        assert_eq!(at(30), "## Update pins: 120 packages");
        assert_eq!(at(9), "## Update");
        assert_eq!(at(0), "");
    }

    #[test]
    fn the_short_forms_say_something_without_a_place_too() {
        let text = markdown(&long(120), &Context::default(), 1500);
        assert!(
            text.contains("The full report was too long to show here."),
            "{text}"
        );
    }

    #[test]
    fn reasons_are_bounded_so_that_one_cannot_push_out_the_rest() {
        let mut plan = samples::failing();
        if let Some(failed) = &mut plan.targets[0].failed {
            failed.message = "x".repeat(100_000);
        }
        let text = markdown(&plan, &Context::default(), 4000);
        assert!(text.contains("### Failed") && text.contains("xxx…"));
    }
}
