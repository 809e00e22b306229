//! The plan of an update: everything that will be written, and why, as data.
//!
//! It is made without writing, printed by `--dry-run`, stored by `--plan-out`, and carried
//! out by `pinfold apply`. It holds no clock but the one it was made with, so the same
//! repository, policy, time and answers give the same plan, byte for byte.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::word::{AlarmKind, HoldCode, OpenWord, PinBump};
use crate::text::hex;

/// The number of this form; it grows when a program that reads it would break.
pub const PLAN_VERSION: u32 = 2;

/// What an update comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_VERSION`]
    pub version: u32,
    /// The time that counts as now.
    pub as_of: Timestamp,
    /// The policy in words: `cooldown 7 d, major 14 d`.
    pub policy: String,
    /// The configuration that it was made under.
    pub inputs: Vec<Input>,
    /// The targets, in the order they were decided.
    pub targets: Vec<TargetPlan>,
    /// The lock files that are not kept up to date.
    pub skipped: Vec<SkippedFile>,
    /// What a reader of the report should know beside the targets.
    pub notes: Vec<String>,
}

/// A lock file with its sources, or a file that names images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetPlan {
    /// What it is.
    pub kind: TargetKind,
    /// The file it is about, relative to the repository's root, with `/`.
    pub path: String,
    /// How it was found, in words.
    pub found: String,
    /// Targets with the same number are written together or not at all.
    pub group: usize,
    /// What becomes of it.
    pub status: Status,
    /// The files that change.
    pub files: Vec<FileChange>,
    /// What it is made of besides, if its files change.
    pub inputs: Vec<Input>,
    /// Pins of projects that move, are new or go.
    pub pins: Vec<PinChange>,
    /// Images that move.
    pub images: Vec<ImageChange>,
    /// What stays although there is something newer.
    pub held: Vec<HeldBack>,
    /// What should be looked at by people.
    pub alarms: Vec<Alarm>,
    /// Why it could not be updated, wholly or partly.
    pub failed: Option<TargetFailure>,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A lock file of requirements.
    Lock,
    /// A Dockerfile or a compose file.
    Images,
}

/// What becomes of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Its files change.
    Updated,
    /// Its files change, but not all that should: see `failed`.
    Partial,
    /// There is nothing to do.
    Unchanged,
    /// It could not be updated: its files stay.
    Failed,
    /// It was not tried, since one it belongs with failed.
    Skipped,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    /// The path, relative to the repository's root, with `/`.
    pub path: String,
    /// The SHA-256 of what it holds now, in hex; none if there is no file.
    pub before: Option<String>,
    /// What it will hold.
    pub after: Content,
}

/// A file that was read and stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The path, relative to the repository's root, with `/`.
    pub path: String,
    /// The SHA-256 of what it held, in hex.
    pub sha256: String,
}

/// A lock file that is not kept up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkippedFile {
    /// The path, relative to the repository's root, with `/`.
    pub path: String,
    /// Why, as a fragment.
    pub why: String,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Text.
    Text(String),
    /// Bytes that are not UTF-8, in Base64.
    Base64(String),
}

/// The pin of a project that moves, is new, or goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinChange {
    /// The project's name in normal form.
    pub project: String,
    /// The version it had; none if the pin is new.
    pub from: Option<String>,
    /// The version it gets; none if the pin goes.
    pub to: Option<String>,
    /// How it moves.
    pub bump: OpenWord<PinBump>,
    /// When the earliest file of the new version was uploaded.
    pub published: Option<Timestamp>,
    /// Whether the sources require it themselves.
    pub direct: bool,
    /// Who requires it.
    pub via: Vec<String>,
}

/// An image whose digest or tag moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageChange {
    /// The lines it stands on, from 1.
    pub lines: Vec<usize>,
    /// The name as written, without tag and digest.
    pub image: String,
    /// The tag it had.
    pub from_tag: Option<String>,
    /// The tag it gets.
    pub to_tag: Option<String>,
    /// The digest it had; none if it was not pinned.
    pub from_digest: Option<String>,
    /// The digest it gets.
    pub to_digest: String,
    /// The platforms whose images change, if that is known.
    pub platforms: Vec<String>,
    /// What else is known to change: `PYTHON_VERSION 3.12.11 → 3.12.12`.
    pub facts: Vec<String>,
}

/// What stays although there is something newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldBack {
    /// The project or image.
    pub item: String,
    /// The version, tag or digest it stays at.
    pub at: Option<String>,
    /// What is held back.
    pub candidate: String,
    /// A stable code: `PF101`.
    pub code: OpenWord<HoldCode>,
    /// Why, in words with dates.
    pub reason: String,
    /// From when on it would be taken.
    pub eligible: Option<Timestamp>,
}

/// What should be looked at by people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// The project or image.
    pub item: String,
    /// What there is to look at.
    pub kind: OpenWord<AlarmKind>,
    /// What it is, in words.
    pub message: String,
}

/// Why a target could not be updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetFailure {
    /// What went wrong.
    pub message: String,
    /// More about it, a line each.
    pub details: Vec<String>,
    /// What was tried instead, and what came of it.
    pub tried: Vec<String>,
    /// The command that shows it again.
    pub reproduce: String,
    /// Whether running again later may help.
    pub transient: bool,
}

/// Why a text is not a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It is not JSON of this form.
    #[error("cannot read the plan: {0}")]
    Form(String),
    /// Another version of the program made it.
    #[error("the plan has version {0}, but this program supports version {PLAN_VERSION}")]
    Version(u64),
    /// A path leads out of the repository.
    #[error("the plan names `{0}`, which is not inside the repository")]
    Path(String),
    /// A file is written twice.
    #[error("the plan writes `{0}` more than once")]
    Twice(String),
    /// A content is not Base64.
    #[error("the content of `{0}` in the plan is damaged")]
    Content(String),
}

impl Plan {
    /// Reads a plan.
    ///
    /// Plans come from elsewhere: what they would write has to be inside the repository.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let form = |error: serde_json::Error| PlanError::Form(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(form)?;
        let version = value.get("version").and_then(serde_json::Value::as_u64);
        match version {
            Some(version) if version == u64::from(PLAN_VERSION) => {}
            Some(other) => return Err(PlanError::Version(other)),
            None => return Err(PlanError::Form("it has no `version`".to_owned())),
        }
        let plan: Self = serde_json::from_value(value).map_err(form)?;
        let mut paths = BTreeSet::new();
        for input in plan.inputs() {
            if !is_inside(&input.path) {
                return Err(PlanError::Path(input.path.clone()));
            }
        }
        for file in plan.files() {
            if !is_inside(&file.path) {
                return Err(PlanError::Path(file.path.clone()));
            }
            if !paths.insert(&file.path) {
                return Err(PlanError::Twice(file.path.clone()));
            }
            file.after
                .bytes()
                .ok_or_else(|| PlanError::Content(file.path.clone()))?;
        }
        Ok(plan)
    }

    /// Returns the plan as text, the same for the same plan.
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("a plan has nothing that JSON has not");
        text.push('\n');
        text
    }

    /// Returns what it was made of besides the files that change.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        let of_targets = self.targets.iter().flat_map(|target| &target.inputs);
        self.inputs.iter().chain(of_targets)
    }

    /// Returns the files that change, in order.
    pub fn files(&self) -> impl Iterator<Item = &FileChange> {
        self.targets.iter().flat_map(|target| &target.files)
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.files().next().is_none()
    }

    /// Returns a short name for what the plan writes: equal for equal changes.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for file in self.files() {
            hash.update(file.path.as_bytes());
            hash.update([0]);
            hash.update(file.before.as_deref().unwrap_or("none").as_bytes());
            hash.update([0]);
            hash.update(file.after.sha256().as_bytes());
            hash.update([0]);
        }
        format!("sha256:{}", hex(&hash.finalize()))
    }

    /// Returns how many targets have a status.
    pub fn count(&self, status: Status) -> usize {
        let of_it = |target: &&TargetPlan| target.status == status;
        self.targets.iter().filter(of_it).count()
    }
}

impl Content {
    /// Makes a content of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use base64::Engine as _;
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(base64::engine::general_purpose::STANDARD.encode(bytes)),
        }
    }

    /// Returns the bytes; none if the Base64 is damaged.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Base64(text) => base64::engine::general_purpose::STANDARD.decode(text).ok(),
        }
    }

    /// Returns the SHA-256 of the bytes, in hex.
    pub fn sha256(&self) -> String {
        sha256(&self.bytes().unwrap_or_default())
    }
}

/// Returns the SHA-256 of bytes, in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Whether a path stays below the folder it is relative to.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\\')
        && !path.contains(':')
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".." | ".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(files: Vec<FileChange>) -> Plan {
        Plan {
            version: PLAN_VERSION,
            as_of: "2026-11-21T04:17:00Z".parse().unwrap(),
            policy: "cooldown 7 d".to_owned(),
            inputs: Vec::new(),
            skipped: Vec::new(),
            targets: vec![TargetPlan {
                kind: TargetKind::Lock,
                path: "requirements.txt".to_owned(),
                found: "by its header".to_owned(),
                group: 0,
                status: Status::Updated,
                files,
                inputs: Vec::new(),
                pins: Vec::new(),
                images: Vec::new(),
                held: Vec::new(),
                alarms: Vec::new(),
                failed: None,
            }],
            notes: Vec::new(),
        }
    }

    fn file(path: &str, after: &[u8]) -> FileChange {
        FileChange {
            path: path.to_owned(),
            before: None,
            after: Content::of(after),
        }
    }

    #[test]
    fn reads_what_it_writes() {
        let plan = plan(vec![file("a/b.txt", b"x\r\n"), file("D", b"\xff\xfe")]);
        assert_eq!(Plan::parse(&plan.to_json()), Ok(plan.clone()));
        assert_eq!(plan.targets[0].files[1].after.bytes().unwrap(), b"\xff\xfe");
    }

    #[test]
    fn the_fingerprint_is_of_what_is_written() {
        let one = plan(vec![file("a", b"x")]);
        let mut other = one.clone();
        other.as_of = "2027-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(one.fingerprint(), other.fingerprint());
        assert_ne!(one.fingerprint(), plan(vec![file("a", b"y")]).fingerprint());
    }

    #[test]
    fn refuses_paths_out_of_the_repository_and_other_versions() {
        for path in [
            "../x",
            "/etc/x",
            "a/../../x",
            "",
            ".git/config",
            "C:\\x",
            "a//b",
        ] {
            let text = plan(vec![file(path, b"x")]).to_json();
            assert!(
                matches!(Plan::parse(&text), Err(PlanError::Path(_))),
                "{path}"
            );
        }
        let text = plan(Vec::new())
            .to_json()
            .replace("\"version\": 2", "\"version\": 9");
        assert_eq!(Plan::parse(&text), Err(PlanError::Version(9)));
        assert!(matches!(Plan::parse("{}"), Err(PlanError::Form(_))));
        let text = plan(vec![file("a", b"x"), file("a", b"y")]).to_json();
        assert_eq!(Plan::parse(&text), Err(PlanError::Twice("a".to_owned())));
    }
}
