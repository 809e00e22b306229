//! `pinfold update`: re-pins everything in a repository under a policy.
//!
//! Gather: which files there are and which of them belong together (`gather`). Decide:
//! what becomes of each target, as a plan, with nothing written (`locks`, `images`).
//! Apply: the plan into the work tree or onto a branch (`apply`), if it writes nothing but
//! what an update would, wherever it comes from (`confirm`). Each target stands
//! alone: one that fails leaves its files as they are, and the others go on.

mod apply;
mod confirm;
mod confirm_images;
mod floors;
mod foreign;
mod gather;
mod images;
mod locks;
mod outcome;
mod request;
mod scope;

pub use apply::{
    Applied, ApplyError, RepositoryLock, apply, check_configuration, commit, lock, recover,
};
pub use confirm::confirm;
pub use gather::{Gathered, gather, note_uncommitted};
pub use outcome::found;
pub use request::recorded;
pub use scope::{ImagesRequest, Update};

use super::docker::expired_rules;
use super::{Error, Reporter};
use crate::update::{Input, PLAN_VERSION, Plan, SkippedFile, sha256};
use crate::{files, registry};

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
        .filter(|target| {
            let options = &target.options;
            options.python_versions.is_empty() && options.targets.is_empty()
        })
        .map(|target| {
            format!(
                "`{}` does not record a Python version, so this machine's is used; set it with \
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
    let skipped = gathered.skipped.into_iter().filter(|file| file.is_lock);
    let skipped = skipped
        .map(|file| SkippedFile {
            path: file.path,
            why: file.why,
        })
        .collect();
    Ok(Plan {
        version: PLAN_VERSION,
        as_of: update.policy.as_of,
        policy: update.policy_in_words.clone(),
        inputs: configuration(update),
        targets,
        skipped,
        notes,
    })
}

/// Returns the configuration that counts, if it is in the repository.
fn configuration(update: &Update) -> Vec<Input> {
    let path = update.configuration.iter();
    path.filter_map(|path| {
        let bytes = files::read(&update.root.join(path)).ok()?;
        Some(Input {
            path: path.clone(),
            sha256: sha256(&bytes),
        })
    })
    .collect()
}

/// Says that a rule does nothing any more.
fn ended(names: &[String], until: Option<jiff::civil::Date>) -> String {
    let until = until.map(|day| day.to_string()).unwrap_or_default();
    format!(
        "the rule for {} expired on {until} and no longer holds anything back",
        names.join(", ")
    )
}
