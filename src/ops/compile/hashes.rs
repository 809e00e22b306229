//! Which hashes stand behind a pin: those that are recorded, those that the index gives,
//! those that the user accepts.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::index::Sha256;
use crate::lock::{self, LockFile};
use crate::ops::compile::fetch::Fetcher;
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::request::{Compile, Hashes, WhichHashes};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::python::{ProjectName, Version};
use crate::resolve::Chosen;
use crate::text::many;

/// Returns the hashes to write for each chosen project.
pub(in crate::ops) async fn hashes(
    request: &Compile,
    locked: &LockFile,
    chosen: &[(&ProjectName, &Chosen)],
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<ProjectName, Vec<String>>, Error> {
    if request.output.hashes == Hashes::None {
        return Ok(BTreeMap::new());
    }
    let recorded: FxHashMap<&ProjectName, &lock::LockedPin> =
        locked.pins.iter().map(|pin| (&pin.name, pin)).collect();
    let reuse = request.output.hashes == Hashes::Reuse;
    let each = chosen.iter().map(async |&(name, chosen)| {
        let kept = recorded.get(name).filter(|pin| {
            reuse
                && !pin.hashes.is_empty()
                && pin.version().and_then(|text| text.parse().ok()).as_ref()
                    == Some(&chosen.version)
        });
        // As of any release that is new in the lock. In an update the policy decides which
        // files are taken.
        let is_gated = request.selection.gate.is_some();
        let is_upgraded = !is_gated && !request.selection.keeps(name);
        let for_target = request.output.which_hashes == WhichHashes::Target;
        let hashes = match kept {
            Some(pin) if for_target => {
                hashes_for_target(name, chosen, pin, is_upgraded, fetcher, reporter).await?
            }
            Some(pin) => match fetcher.published_hashes(name, chosen.position) {
                Some(mut now) => {
                    let new = compare_hashes(name, &chosen.version, &pin.hashes, &now)?;
                    if is_upgraded || is_gated && is_comparable(&pin.hashes) {
                        now.sort_unstable();
                        now.dedup();
                        now.iter().map(Sha256::prefixed).collect()
                    } else {
                        report_new_files(name, &chosen.version, new, reporter);
                        pin.hashes.clone()
                    }
                }
                None => pin.hashes.clone(),
            },
            None => fetcher.hashes(name, chosen.position).await?,
        };
        Ok::<_, Error>((name.clone(), hashes))
    });
    let all = futures_util::future::try_join_all(each).await?;
    Ok(all.into_iter().collect())
}

/// Returns the recorded hashes of a release but for those of files that the target cannot
/// install; those of the target's files where none is left.
async fn hashes_for_target(
    name: &ProjectName,
    chosen: &Chosen,
    pin: &lock::LockedPin,
    is_upgraded: bool,
    fetcher: &Fetcher<'_>,
    reporter: &dyn Reporter,
) -> Result<Vec<String>, Error> {
    let (position, recorded) = (chosen.position, &pin.hashes);
    let now = fetcher.hashes(name, position).await?;
    let Some(all) = fetcher.all_published_hashes(name, position) else {
        // What else there is would have to be downloaded to be told from what is gone.
        return Ok(now);
    };
    compare_hashes(name, &chosen.version, recorded, &all)?;
    if is_upgraded {
        return Ok(now);
    }
    let kept: Vec<String> = recorded
        .iter()
        .filter(|hash| {
            let is_published = || sha256_of(hash).is_some_and(|hash| all.contains(&hash));
            now.contains(hash) || !is_published()
        })
        .cloned()
        .collect();
    if !kept.iter().any(|hash| now.contains(hash)) {
        return Ok(now);
    }
    let new = now.iter().filter(|hash| !kept.contains(hash)).count();
    report_new_files(name, &chosen.version, new, reporter);
    Ok(kept)
}

/// Who gives hashes with a requirement accepts no others.
pub(in crate::ops) fn keep_given_hashes(
    inputs: &Inputs,
    hashes: &mut BTreeMap<ProjectName, Vec<String>>,
) -> Result<(), Error> {
    for (name, (given, location)) in &inputs.hashes {
        // Other algorithms are not comparable with what indexes give.
        if !given.iter().all(|hash| hash.starts_with("sha256:")) {
            continue;
        }
        let Some(known) = hashes.get_mut(name) else {
            continue;
        };
        known.retain(|hash| given.contains(hash));
        if known.is_empty() {
            return Err(Error::Usage {
                message: format!(
                    "the hashes given for {name} ({location}) match none of its files"
                ),
                help: Some(
                    "check where the hashes come from, or remove them from the requirement"
                        .to_owned(),
                ),
            });
        }
    }
    Ok(())
}

/// Whether hashes can be compared with what indexes give: other algorithms cannot.
fn is_comparable(hashes: &[String]) -> bool {
    hashes.iter().any(|hash| hash.starts_with("sha256:"))
}

/// Reads a recorded hash; none if it is not comparable.
fn sha256_of(hash: &str) -> Option<Sha256> {
    let digits = hash.strip_prefix("sha256:")?;
    // As indexes are read and locks are written: pip compares the digits. No early exit,
    // for then many are looked at together.
    let has_upper = digits
        .bytes()
        .fold(false, |has, digit| has | digit.is_ascii_uppercase());
    (!has_upper).then(|| Sha256::from_hex(digits))?
}

/// A recorded hash that the index does not know any more is no small thing. Returns
/// how many hashes are not recorded.
fn compare_hashes(
    name: &ProjectName,
    version: &Version,
    recorded: &[String],
    now: &[Sha256],
) -> Result<usize, Error> {
    if !is_comparable(recorded) {
        return Ok(0);
    }
    let mut left: FxHashSet<Sha256> = now.iter().copied().collect();
    let count = left.len();
    for hash in recorded.iter().filter_map(|hash| sha256_of(hash)) {
        left.remove(&hash);
    }
    if left.len() == count && !now.is_empty() {
        return Err(Error::Usage {
            message: format!("the hashes recorded for {name}=={version} match none of its files on the index"),
            help: Some(
                "if you know why the files changed, accept the new ones with `--refresh-hashes`; otherwise contact the maintainers of the project"
                    .to_owned(),
            ),
        });
    }
    Ok(left.len())
}

fn report_new_files(name: &ProjectName, version: &Version, new: usize, reporter: &dyn Reporter) {
    if new > 0 {
        let files = many(new, "new file");
        reporter.event(Event::Detail(format!(
            "{name} {version} has {files} since it was locked; `--refresh-hashes` accepts them"
        )));
    }
}
