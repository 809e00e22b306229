//! Judges one image: which tag and digest it may move to, or why it stays.
//!
//! The tag that is there is asked for its digest and, if it may move, the repository for
//! its other tags. A digest moves only if an image changed that somebody builds on: its
//! manifest is compared with the one that is there, platform by platform, attestations
//! aside. A digest of one platform's image stays one of that platform.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::facts;
use super::verify::Platforms;
use crate::config::{DigestUpdates, TagLimit};
use crate::image::{Digest, Platform, Repository};
use crate::registry::{self, Manifest};
use crate::update::tags;
use crate::update::{Alarm, AlarmKind, HeldBack, HoldCode};

/// An image as it is written, and what may become of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    pub(super) repository: Repository,
    /// The tag, `latest` where there is none.
    pub(super) tag: String,
    pub(super) had: Option<Digest>,
    pub(super) platforms: Platforms,
    pub(super) limit: TagLimit,
    pub(super) digests: DigestUpdates,
    /// Whether tag and digest can be changed together where they stand.
    pub(super) has_tag_site: bool,
    /// The code and the words for why it stays whatever there is.
    pub(super) stays: Option<(HoldCode, String)>,
}

/// What becomes of an image.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) change: Option<ImageMove>,
    pub(super) held: Vec<HeldBack>,
    pub(super) alarms: Vec<Alarm>,
    /// What could not be learnt: of what, and why.
    pub(super) errors: Vec<(String, registry::Error)>,
}

/// What an image moves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageMove {
    pub(super) tag: String,
    pub(super) digest: Digest,
    /// The platforms whose images change, as far as is known.
    pub(super) platforms: Vec<Platform>,
    pub(super) facts: Vec<String>,
}

/// What comes of comparing a digest with the one that is there.
enum Compared {
    Same,
    Changed {
        digest: Digest,
        platforms: Vec<Platform>,
        /// Platforms for which it is there no more, though nobody said to build for them.
        dropped: Vec<Platform>,
        /// Whether the one that is there is gone.
        is_gone: bool,
    },
    Held(HoldCode, String),
}

/// The images of each platform; Windows has several for one.
type Images = BTreeMap<Platform, BTreeSet<Digest>>;

impl Subject {
    /// Returns the image, as short as can be: `python:3.12`.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.repository.familiar(), self.tag)
    }

    fn held_digest(&self, code: HoldCode, candidate: &Digest, reason: String) -> HeldBack {
        HeldBack {
            item: self.name(),
            at: self.had.as_ref().map(ToString::to_string),
            candidate: candidate.to_string(),
            code: code.into(),
            reason,
            eligible: None,
        }
    }

    fn held_tag(&self, code: HoldCode, candidate: &str, reason: String) -> HeldBack {
        HeldBack {
            item: self.repository.familiar().into_owned(),
            at: Some(self.tag.clone()),
            candidate: candidate.to_owned(),
            code: code.into(),
            reason,
            eligible: None,
        }
    }

    fn held(&self, code: HoldCode, tag: &str, digest: &Digest, reason: String) -> HeldBack {
        if tag == self.tag {
            self.held_digest(code, digest, reason)
        } else {
            self.held_tag(code, tag, reason)
        }
    }

    fn gone(&self) -> Option<Alarm> {
        let had = self.had.as_ref()?;
        Some(Alarm {
            item: self.name(),
            kind: AlarmKind::Gone.into(),
            message: format!(
                "the digest {had} that it is pinned to is no longer on {}",
                self.repository.host
            ),
        })
    }
}

/// Finds out what becomes of an image; `targets` are the platforms that are built for.
pub(super) async fn judge(
    subject: &Subject,
    targets: &[Platform],
    registry: &registry::Client,
) -> Verdict {
    let mut verdict = Verdict::default();
    let repository = &subject.repository;
    let (current, steps) = tokio::join!(
        registry.resolve(repository, &subject.tag, None),
        steps(subject, registry),
    );
    let step = match steps {
        Ok((within, beyond)) => {
            if let Some(tag) = beyond {
                let reason = format!("more than a {} step from the tag", subject.limit);
                verdict
                    .held
                    .push(subject.held_tag(HoldCode::TooFar, &tag, reason));
            }
            within
        }
        Err(error) => {
            // Where nothing can be learnt, that is said once.
            if current.is_ok() {
                let name = repository.familiar().into_owned();
                verdict.errors.push((name, error));
            }
            None
        }
    };
    match step {
        Some(tag) if !subject.has_tag_site && subject.stays.is_none() => {
            let reason = "its tag is not written as one piece next to its digest".to_owned();
            verdict
                .held
                .push(subject.held_tag(HoldCode::Uneditable, &tag, reason));
        }
        Some(tag) => {
            let now = registry.resolve(repository, &tag, None).await;
            Box::pin(verdict.add(subject, &tag, now, targets, registry)).await;
        }
        None => {}
    }
    if verdict.change.is_none() {
        Box::pin(verdict.add(subject, &subject.tag, current, targets, registry)).await;
    }
    if let Some((code, reason)) = &subject.stays {
        verdict.stay(subject, *code, reason);
    } else if let (Some(change), Some(had)) = (&mut verdict.change, &subject.had)
        && let Some(platform) = shown(&change.platforms)
    {
        let facts = Box::pin(facts(repository, had, &change.digest, platform, registry)).await;
        change.facts.splice(0..0, facts);
    }
    verdict
}

impl Verdict {
    /// Adds what comes of moving to a tag, of which the registry has said this.
    async fn add(
        &mut self,
        subject: &Subject,
        tag: &str,
        now: Result<registry::Resolved, registry::Error>,
        targets: &[Platform],
        registry: &registry::Client,
    ) {
        let compared = match now {
            Ok(now) => {
                let compared =
                    Box::pin(compare(subject, tag, &now.digest, targets, registry)).await;
                compared.map(|compared| (compared, now.digest))
            }
            Err(error) => Err(error),
        };
        match compared {
            Err(error) => {
                let name = format!("{}:{tag}", subject.repository.familiar());
                self.errors.push((name, error));
            }
            Ok((Compared::Same, _)) => {}
            Ok((Compared::Held(code, reason), now)) => {
                self.held.push(subject.held(code, tag, &now, reason));
            }
            Ok((
                Compared::Changed {
                    digest,
                    platforms,
                    dropped,
                    is_gone,
                },
                _,
            )) => {
                if is_gone {
                    self.alarms.extend(subject.gone());
                }
                let facts = (!dropped.is_empty())
                    .then(|| format!("no longer available for {}", list(&dropped)))
                    .into_iter();
                self.change = Some(ImageMove {
                    tag: tag.to_owned(),
                    digest,
                    platforms,
                    facts: facts.collect(),
                });
            }
        }
    }

    /// Makes it a verdict on an image that stays; of what it could be, only that is told
    /// which it would become.
    fn stay(&mut self, subject: &Subject, code: HoldCode, reason: &str) {
        self.held.clear();
        self.errors.clear();
        let change = self.change.take();
        let would_move = change.filter(|it| subject.had.is_some() || it.tag != subject.tag);
        self.held.extend(
            would_move.map(|it| subject.held(code, &it.tag, &it.digest, reason.to_owned())),
        );
    }
}

/// Returns the tag to move to, and a newer one that is too far.
async fn steps(
    subject: &Subject,
    registry: &registry::Client,
) -> Result<(Option<String>, Option<String>), registry::Error> {
    if subject.limit == TagLimit::Keep || !tags::can_move(&subject.tag) {
        return Ok((None, None));
    }
    let tags = registry.tags(&subject.repository).await?;
    let newest = |limit| {
        let tags = tags.iter().map(String::as_str);
        tags::newest(&subject.tag, tags, limit).map(|bumped| bumped.tag)
    };
    let within = newest(subject.limit);
    let beyond = newest(TagLimit::Major).filter(|tag| Some(tag) != within.as_ref());
    Ok((within, beyond))
}

/// Compares what a tag says with what is there.
async fn compare(
    subject: &Subject,
    tag: &str,
    now: &Digest,
    targets: &[Platform],
    registry: &registry::Client,
) -> Result<Compared, registry::Error> {
    let is_new_tag = tag != subject.tag;
    let wanted = subject.platforms.wanted(targets);
    let changed = |is_gone| Compared::Changed {
        digest: now.clone(),
        platforms: Vec::new(),
        dropped: Vec::new(),
        is_gone,
    };
    let had = match &subject.had {
        Some(had) if had == now && !is_new_tag => return Ok(Compared::Same),
        Some(had) if had == now => return Ok(changed(false)),
        had => had.as_ref(),
    };
    let is_there = match had {
        Some(had) => is_there(&subject.repository, had, registry).await?,
        None => true,
    };
    let Some(had) = had.filter(|_| is_there) else {
        // There is nothing to compare with, but a new tag has to have what is built for.
        if is_new_tag && !wanted.is_empty() {
            let new = images(&subject.repository, now, registry).await?;
            let is_missing = |platform: &&Platform| {
                let is_served = |new: &Images| new.keys().any(|it| platform.distance(it).is_some());
                new.as_ref().is_some_and(|new| !is_served(new))
            };
            let missing: Vec<Platform> = wanted.iter().filter(is_missing).cloned().collect();
            if !missing.is_empty() {
                return Ok(not_for(&missing));
            }
        }
        return Ok(changed(!is_there));
    };
    let (old, new) = tokio::try_join!(
        images(&subject.repository, had, registry),
        images(&subject.repository, now, registry),
    )?;
    let (Some(old), Some(new)) = (old, new) else {
        return Ok(changed(false));
    };
    let compared = if let Some(platform) = single(&old, had)
        && single(&new, now).is_none()
    {
        one_platform(platform, had, &new, is_new_tag)
    } else {
        all_platforms(now, &old, &new, wanted, is_new_tag)
    };
    let is_digest_only = !is_new_tag && subject.digests == DigestUpdates::OnTagChange;
    Ok(match compared {
        Compared::Changed { .. } if is_digest_only => Compared::Held(
            HoldCode::WithoutTag,
            "digests move only with their tags".to_owned(),
        ),
        compared => compared,
    })
}

/// Whether a registry still has a digest; without network it is taken to have it.
async fn is_there(
    repository: &Repository,
    digest: &Digest,
    registry: &registry::Client,
) -> Result<bool, registry::Error> {
    match registry.exists(repository, digest).await {
        Err(registry::Error::Offline { .. }) => Ok(true),
        result => result,
    }
}

/// Returns the images that a digest stands for; none if they do not say
/// their platforms.
async fn images(
    repository: &Repository,
    digest: &Digest,
    registry: &registry::Client,
) -> Result<Option<Images>, registry::Error> {
    let mut images = Images::new();
    match registry.manifest(repository, digest).await? {
        Manifest::Index { entries, .. } => {
            for entry in entries {
                if let Some(platform) = entry.platform {
                    images.entry(platform).or_default().insert(entry.digest);
                }
            }
            if images.is_empty() {
                return Ok(None);
            }
        }
        Manifest::Image { config, .. } => {
            let config = match registry.config(repository, &config).await {
                Err(registry::Error::Malformed { .. }) => return Ok(None),
                config => config?,
            };
            images.insert(config.platform, [digest.clone()].into());
        }
    }
    Ok(Some(images))
}

/// Returns the platform of a digest that is of one image.
fn single<'a>(images: &'a Images, digest: &Digest) -> Option<&'a Platform> {
    let (platform, digests) = images.first_key_value()?;
    (images.len() == 1 && digests.contains(digest)).then_some(platform)
}

/// Compares one platform's image with that of an index.
fn one_platform(platform: &Platform, had: &Digest, new: &Images, is_new_tag: bool) -> Compared {
    match new.get(platform) {
        None => not_for(std::slice::from_ref(platform)),
        Some(digests) if digests.contains(had) && !is_new_tag => Compared::Same,
        Some(digests) => match digests.first() {
            None => not_for(std::slice::from_ref(platform)),
            Some(digest) => Compared::Changed {
                digest: digest.clone(),
                platforms: vec![platform.clone()],
                dropped: Vec::new(),
                is_gone: false,
            },
        },
    }
}

/// Returns the platforms whose images those that are wanted get: their own, or the
/// nearest variant below it.
fn served(wanted: &[Platform], new: &Images, old: &Images) -> Vec<Platform> {
    let served = wanted.iter().map(|platform| {
        let best = |images: &Images| platform.best(images.keys(), |it| Some(it)).cloned();
        best(new)
            .or_else(|| best(old))
            .unwrap_or_else(|| platform.clone())
    });
    served.collect()
}

/// Compares the images of two digests, platform by platform.
fn all_platforms(
    now: &Digest,
    old: &Images,
    new: &Images,
    wanted: &[Platform],
    is_new_tag: bool,
) -> Compared {
    let wanted = served(wanted, new, old);
    // Where it never was for any that is wanted, what is wanted is not known.
    let is_known = wanted
        .iter()
        .any(|platform| old.contains_key(platform) || new.contains_key(platform));
    let is_wanted = |platform: &Platform| !is_known || wanted.contains(platform);
    let lost = old.keys().filter(|platform| !new.contains_key(*platform));
    let lost: Vec<Platform> = lost.filter(|it| is_wanted(it)).cloned().collect();
    if is_known && !lost.is_empty() {
        return not_for(&lost);
    }
    let all: BTreeSet<&Platform> = old.keys().chain(new.keys()).collect();
    let changed = all
        .into_iter()
        .filter(|platform| old.get(platform) != new.get(platform));
    let (changed, others): (Vec<&Platform>, Vec<&Platform>) =
        changed.partition(|platform| is_wanted(platform));
    if changed.is_empty() && !is_new_tag {
        let reason = if others.is_empty() {
            "no platform image changed".to_owned()
        } else {
            let others: Vec<Platform> = others.into_iter().cloned().collect();
            format!("only images for other platforms changed: {}", list(&others))
        };
        return Compared::Held(HoldCode::NoChange, reason);
    }
    Compared::Changed {
        digest: now.clone(),
        platforms: changed.into_iter().cloned().collect(),
        dropped: lost,
        is_gone: false,
    }
}

fn not_for(platforms: &[Platform]) -> Compared {
    Compared::Held(
        HoldCode::NoPlatform,
        format!("not available for {}", list(platforms)),
    )
}

/// Returns the platform whose image is shown: the usual one if it is among them.
fn shown(platforms: &[Platform]) -> Option<&Platform> {
    let usual = Platform::new("linux", "amd64", None);
    let mut all = platforms.iter();
    all.find(|platform| **platform == usual)
        .or_else(|| platforms.first())
}

/// Puts platforms in a row: `a`, `a and b`, `a, b and c`.
fn list(platforms: &[Platform]) -> String {
    let names: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    crate::text::list(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str) -> Images {
        let mut images = Images::new();
        for word in text.split_whitespace() {
            let (platform, digest) = word.split_once('=').unwrap();
            let digest = Digest::of(digest.as_bytes());
            let platform = platform.parse().unwrap();
            images.entry(platform).or_default().insert(digest);
        }
        images
    }

    #[track_caller]
    fn check(old: &str, new: &str, wanted: &[&str], is_new_tag: bool, expected: &str) {
        let wanted: Vec<Platform> = wanted.iter().map(|text| text.parse().unwrap()).collect();
        let now = Digest::of(b"now");
        let found = match all_platforms(&now, &images(old), &images(new), &wanted, is_new_tag) {
            Compared::Same => "same".to_owned(),
            Compared::Held(code, reason) => format!("{code} {reason}"),
            Compared::Changed {
                platforms, dropped, ..
            } => format!("changed {}, dropped {}", list(&platforms), list(&dropped)),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn only_platforms_that_are_built_for_count() {
        let (old, new) = ("amd64=1 arm64=1 s390x=1", "amd64=1 arm64=2 s390x=2");
        let both = "changed linux/arm64 and linux/s390x, dropped ";
        check(old, new, &[], false, both);
        check(old, new, &["arm64"], false, "changed linux/arm64, dropped ");
        let held = "PF202 only images for other platforms changed: linux/arm64 and linux/s390x";
        check(old, new, &["amd64"], false, held);
        check(old, new, &["amd64"], true, "changed , dropped ");
        check(old, old, &[], false, "PF202 no platform image changed");
        // For none of what is said to be built for, so that is no guide.
        check(old, new, &["riscv64"], false, both);
    }

    #[test]
    fn what_is_built_for_has_to_be_there() {
        let held = "PF205 not available for linux/arm64";
        check(
            "amd64=1 arm64=1",
            "amd64=2",
            &["amd64", "arm64"],
            false,
            held,
        );
        check(
            "amd64=1 arm64=1",
            "amd64=2",
            &["amd64", "arm64"],
            true,
            held,
        );
        let dropped = "changed linux/amd64 and linux/arm64, dropped linux/arm64";
        check("amd64=1 arm64=1", "amd64=2", &[], true, dropped);
        check(
            "amd64=1",
            "amd64=2",
            &["amd64", "arm64"],
            true,
            "changed linux/amd64, dropped ",
        );
    }

    #[test]
    fn a_lower_variant_is_what_is_built_for() {
        let held = "PF202 only images for other platforms changed: linux/arm64";
        let (old, new) = ("linux/arm/v6=1 arm64=1", "linux/arm/v6=1 arm64=2");
        check(old, new, &["linux/arm/v7"], false, held);
        let new = "linux/arm/v6=2 arm64=1";
        check(
            old,
            new,
            &["linux/arm/v7"],
            false,
            "changed linux/arm/v6, dropped ",
        );
        let (old, new) = ("linux/arm/v7=1", "linux/arm/v6=1");
        check(
            old,
            new,
            &["linux/arm/v7"],
            false,
            "changed linux/arm/v6, dropped ",
        );
        check(
            new,
            old,
            &["linux/arm/v7"],
            false,
            "changed linux/arm/v7, dropped ",
        );
        let held = "PF205 not available for linux/arm/v6";
        check(new, "arm64=1", &["linux/arm/v7"], false, held);
    }

    #[test]
    fn a_platform_may_have_several_images() {
        let old = "windows/amd64=1 windows/amd64=2";
        let changed = "changed windows/amd64, dropped ";
        check(old, "windows/amd64=1 windows/amd64=3", &[], false, changed);
        check(old, old, &[], false, "PF202 no platform image changed");
    }
}
