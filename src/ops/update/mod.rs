//! `pinfold update`: re-pins everything in a repository under a policy.
//!
//! Gather: which files there are and which of them belong together (`gather`). Decide:
//! what becomes of each target, as a plan, with nothing written (`locks`, `images`).
//! Apply: the plan into the work tree or onto a branch (`apply`). Each target stands
//! alone: one that fails leaves its files as they are, and the others go on.

mod apply;
mod gather;
mod images;
mod locks;
mod outcome;
mod request;

use std::path::PathBuf;

pub use apply::{Applied, ApplyError, Held, Reads, apply, commit, lock, recover};
pub use gather::{Gathered, gather, note_uncommitted};
pub use images::ImagesRequest;
pub use outcome::found;
pub use request::recorded;

use super::docker::expired_rules;
use super::{Error, NamedIndex, Reporter, Variables};
use crate::cache::Cache;
use crate::command::Options;
use crate::config::LockConfig;
use crate::files::Exclude;
use crate::http;
use crate::index::Refresh;
use crate::registry;
use crate::update::{PLAN_VERSION, Plan, Policy};

/// Everything that decides what an update does.
pub struct Update {
    /// The repository's root, absolute: paths of the plan are relative to it.
    pub root: PathBuf,
    /// Files and folders to update, relative to the root; all if there is none.
    pub paths: Vec<String>,
    /// Whether lock files are updated.
    pub locks: bool,
    /// What is known of lock files beside what they say.
    pub lock_configs: Vec<LockConfig>,
    /// The only files to find, if it says anything.
    pub include: Option<Exclude>,
    /// Files to leave out.
    pub exclude: Exclude,
    /// What may move, and when.
    pub policy: Policy,
    /// The policy in words.
    pub policy_in_words: String,
    /// How images are updated; none if they are not.
    pub images: Option<ImagesRequest>,
    /// What counts where the command of a lock says nothing.
    pub defaults: Options,
    /// The indexes that the configuration names.
    pub index_configs: Vec<NamedIndex>,
    /// The index for locks that name none.
    pub index_url: Option<String>,
    /// User and password for the index.
    pub login: Option<(String, http::Secret)>,
    /// How the network is used.
    pub http: http::Settings,
    /// Where answers are kept.
    pub cache: Cache,
    /// What is asked again although it is fresh.
    pub refresh: Refresh,
    /// The time of the run, for the cache.
    pub now: jiff::Timestamp,
    /// Gives the environment, for `${VAR}` in requirements files.
    pub variable: Box<dyn Fn() -> Variables + Send + Sync>,
}

/// Decides what becomes of everything that was gathered.
pub async fn decide(
    update: &Update,
    gathered: Gathered,
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> Result<Plan, Error> {
    let unsaid: Vec<String> = gathered
        .locks
        .iter()
        .filter(|target| target.options.python_version.is_none())
        .map(|target| {
            format!(
                "`{}` does not say which Python it is for, so this machine's counts; name it with \
                 `python-version` in a `[[lock]]` table",
                target.output
            )
        })
        .collect();
    let (locks, images) = tokio::join!(
        locks::decide(update, &gathered, reporter),
        images::decide(update, &gathered, registry, reporter),
    );
    let mut targets = locks;
    let first = targets
        .iter()
        .map(|target| target.group + 1)
        .max()
        .unwrap_or(0);
    for (at, mut target) in images?.into_iter().enumerate() {
        target.group = first + at;
        targets.push(target);
    }
    let mut notes: Vec<String> = update
        .policy
        .expired_rules()
        .map(|rule| {
            let names: Vec<String> = rule.projects.iter().map(ToString::to_string).collect();
            ended(&names, rule.until)
        })
        .collect();
    if let Some(images) = &update.images {
        notes.extend(
            expired_rules(&images.rules, update.policy.as_of).map(|rule| {
                let names: Vec<String> = rule.images.iter().map(ToString::to_string).collect();
                ended(&names, rule.until)
            }),
        );
    }
    notes.extend(unsaid);
    notes.extend(gathered.notes);
    Ok(Plan {
        version: PLAN_VERSION,
        as_of: update.policy.as_of,
        policy: update.policy_in_words.clone(),
        targets,
        notes,
    })
}

/// Says that a rule does nothing any more.
fn ended(names: &[String], until: Option<jiff::civil::Date>) -> String {
    let until = until.map(|day| day.to_string()).unwrap_or_default();
    format!(
        "the rule for {} has ended on {until} and holds nothing back any more",
        names.join(", ")
    )
}
