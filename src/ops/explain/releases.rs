//! What became of the releases that were not chosen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::chains::spelled;
use super::inquiry::Inquiry;
use crate::ops::compile::candidates::ProjectReleases;
use crate::python::Version;
use crate::resolve::{Availability, Demand, Demander, OtherWheels, Reason, Releases as _};
use crate::update::HoldCode;

/// A release newer than the pin.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The version, as it was published.
    pub version: String,
    /// When its first file was uploaded, if that is known.
    pub uploaded: Option<jiff::Timestamp>,
    /// Whether it is a pre-release.
    pub is_pre_release: bool,
    /// The rules that speak against it: what it is itself first, then what others want.
    pub rejections: Vec<Rejection>,
    /// What `pinfold update` would wait for, if nothing else speaks against it.
    pub held: Option<HeldByUpdate>,
    pub(super) position: u32,
}

/// A rule that speaks against a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Which rule it is.
    pub rule: RejectionRule,
    /// What it says, for people.
    pub words: String,
    /// Where it stands, if it is the user's: `constraints.txt:3`.
    pub location: Option<String>,
}

/// The rules that may speak against a release, in the order of their names for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionRule {
    /// Its metadata is unusable.
    BadMetadata,
    /// `--only-binary` or `--no-binary`.
    Binary,
    /// Its build fails.
    BuildFailed,
    /// A constraint.
    Constraint,
    /// `--exclude-newer`.
    ExcludeNewer,
    /// It has to be built.
    NeedsBuild,
    /// The index does not say when it was uploaded.
    NoUploadTime,
    /// It has no wheel for the target.
    NoWheel,
    /// The cache does not have it, and the network is turned off.
    Offline,
    /// What holds updates back.
    Policy,
    /// It is a pre-release.
    PreRelease,
    /// A requirement.
    Requirement,
    /// It is for other Pythons.
    RequiresPython,
    /// It requires another project by URL.
    RequiresUrl,
    /// It has only a source distribution.
    Sdist,
    /// It was yanked.
    Yanked,
}

/// What `pinfold update` says against a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldByUpdate {
    /// The kind of hold, for programs.
    pub code: HoldCode,
    /// Why, for people.
    pub words: String,
    /// From when on it would be taken, if that is known.
    pub eligible: Option<jiff::Timestamp>,
}

/// The releases older than the pin.
#[derive(Debug, Clone, Default)]
pub struct Older {
    /// How many there are.
    pub count: u32,
    /// How many of them the target could use.
    pub usable: u32,
    /// How many of them each rule speaks against.
    pub rejected: BTreeMap<RejectionRule, u32>,
}

impl Candidate {
    /// Returns a release of which only these rules are known.
    pub fn new(version: &str, rejections: Vec<Rejection>) -> Self {
        Self {
            version: version.to_owned(),
            uploaded: None,
            is_pre_release: false,
            rejections,
            held: None,
            position: 0,
        }
    }

    /// Whether it could be used, whatever others want.
    pub fn is_usable(&self) -> bool {
        !self.rejections.iter().any(Rejection::is_its_own)
    }
}

impl Rejection {
    fn own(rule: RejectionRule, words: String) -> Self {
        Self {
            rule,
            words,
            location: None,
        }
    }

    /// Whether the release itself is at fault, and no requirement on it.
    pub fn is_its_own(&self) -> bool {
        !matches!(
            self.rule,
            RejectionRule::Constraint | RejectionRule::Requirement
        )
    }
}

/// The release that the lock has, as what others are measured by.
pub(super) struct Pin<'a> {
    pub(super) version: &'a Version,
    /// Whether it has a wheel for the target, as far as is known.
    pub(super) has_wheel: bool,
}

impl Inquiry<'_> {
    /// Returns what others are measured by.
    pub(super) fn pin<'a>(&self, version: &'a Version, position: Option<u32>) -> Pin<'a> {
        let universe = &self.resolution.resolver.universe;
        let name = &self.request.project;
        Pin {
            version,
            has_wheel: !position.is_some_and(|at| universe.comes_after_wheels(name, at)),
        }
    }

    /// Reads what the newest releases require against which nothing speaks, up to one that
    /// can be used: the resolver, which keeps the pin, has not looked at them.
    pub(super) async fn look_into_newest(&mut self, releases: &ProjectReleases, pin: &Pin<'_>) {
        let name = &self.request.project;
        let solution = &self.resolution.solution;
        let demands = self.resolution.resolver.universe.demands(solution, name);
        let newer = (0..releases.count()).rev();
        let newer = newer.take_while(|&at| releases.version(at) > pin.version);
        let mut looked_at = 0;
        for position in newer {
            if !self
                .rejections(releases, position, pin, &demands)
                .is_empty()
            {
                continue;
            }
            let Some(metadata) = self.fetcher.look_into(name, position).await else {
                return;
            };
            let universe = &mut self.resolution.resolver.universe;
            universe.learn_metadata(name, position, metadata);
            looked_at += 1;
            if looked_at == MOST_LOOKED_AT || universe.is_usable(name, position) {
                return;
            }
        }
    }

    /// Returns the releases newer than the pin, newest first.
    pub(super) fn newer(&mut self, releases: &ProjectReleases, pin: &Pin<'_>) -> Vec<Candidate> {
        let solution = &self.resolution.solution;
        let universe = &mut self.resolution.resolver.universe;
        let demands = universe.demands(solution, &self.request.project);
        let policy = self
            .request
            .policy
            .as_ref()
            .map(|policy| policy.of(&self.request.project, Some(pin.version)));
        (0..releases.count())
            .rev()
            .take_while(|&at| releases.version(at) > pin.version)
            .map(|position| {
                let rejections = self.rejections(releases, position, pin, &demands);
                let held = policy
                    .as_ref()
                    .filter(|_| rejections.is_empty())
                    .and_then(|policy| releases.held_by(policy, position))
                    .map(|hold| HeldByUpdate {
                        code: hold.code(),
                        words: hold.to_string(),
                        eligible: hold.eligible(),
                    });
                Candidate {
                    version: releases.version_text(position).to_owned(),
                    uploaded: releases.published(position),
                    is_pre_release: releases.version(position).any_prerelease(),
                    rejections,
                    held,
                    position,
                }
            })
            .collect()
    }

    /// Counts the releases older than the pin.
    pub(super) fn older(&self, releases: &ProjectReleases, pin: &Pin<'_>) -> Older {
        let mut older = Older::default();
        let below = (0..releases.count()).take_while(|&at| releases.version(at) < pin.version);
        for position in below {
            older.count += 1;
            match self.own_rejection(releases, position, pin) {
                Some(rejection) => *older.rejected.entry(rejection.rule).or_default() += 1,
                None => older.usable += 1,
            }
        }
        older
    }

    fn rejections(
        &self,
        releases: &ProjectReleases,
        position: u32,
        pin: &Pin<'_>,
        demands: &[Demand],
    ) -> Vec<Rejection> {
        let version = releases.version(position);
        let mut rejections: Vec<Rejection> = self
            .own_rejection(releases, position, pin)
            .into_iter()
            .collect();
        let constraints = self.prepared.request.constraints.iter();
        for constraint in constraints.filter(|one| one.name == self.request.project) {
            if !constraint.specifiers.is_empty_spec() && !constraint.specifiers.contains(version) {
                rejections.push(Rejection {
                    rule: RejectionRule::Constraint,
                    words: format!(
                        "{} constrains {}{}",
                        constraint.location, constraint.name, constraint.specifiers
                    ),
                    location: Some(constraint.location.clone()),
                });
            }
        }
        for demand in demands.iter().filter(|demand| !demand.admits(version)) {
            let wanted = spelled(&demand.requirement);
            let (words, location) = match &demand.by {
                Demander::Input { location } => (
                    format!("{location} requires {wanted}"),
                    Some(location.clone()),
                ),
                Demander::Override { location } => (
                    format!("{location} overrides it to {wanted}"),
                    Some(location.clone()),
                ),
                Demander::Project { name, version, .. } => {
                    (format!("{name} {version} requires {wanted}"), None)
                }
            };
            let rejection = Rejection {
                rule: RejectionRule::Requirement,
                words,
                location,
            };
            if !rejections.contains(&rejection) {
                rejections.push(rejection);
            }
        }
        rejections
    }

    /// Returns why a release could not be used, whatever others want.
    fn own_rejection(
        &self,
        releases: &ProjectReleases,
        position: u32,
        pin: &Pin<'_>,
    ) -> Option<Rejection> {
        let name = &self.request.project;
        let universe = &self.resolution.resolver.universe;
        let availability = universe
            .usability(name, position)
            .unwrap_or_else(|| releases.availability(position));
        match availability {
            Availability::Unusable(reason) => Some(self.rejection(releases, position, &reason)),
            _ if universe.comes_after_wheels(name, position) && pin.has_wheel => {
                Some(Rejection::own(
                    RejectionRule::Sdist,
                    "only a source distribution; releases with a wheel are preferred".to_owned(),
                ))
            }
            _ if universe.is_last_resort(name, position) && !pin.version.any_prerelease() => {
                Some(Rejection::own(
                    RejectionRule::PreRelease,
                    "a pre-release; final releases are preferred".to_owned(),
                ))
            }
            _ => None,
        }
    }

    fn rejection(&self, releases: &ProjectReleases, position: u32, reason: &Reason) -> Rejection {
        let words = match reason {
            Reason::NoWheel(others) => {
                let platforms = releases.wheel_platforms(position);
                if platforms.is_empty() {
                    reason.to_string()
                } else {
                    no_wheel(others, &platforms)
                }
            }
            Reason::TooNew(rule) if rule == "--exclude-newer" => {
                match self.request.compile.selection.exclude_newer {
                    Some(limit) => format!("{reason} {limit}"),
                    None => reason.to_string(),
                }
            }
            _ => reason.to_string(),
        };
        Rejection::own(rule(reason), words)
    }
}

/// How many releases are read to find one that can be used.
const MOST_LOOKED_AT: usize = 8;

/// How many platforms are named.
const MOST_PLATFORMS: usize = 6;

/// Says for which platforms there are wheels.
fn no_wheel(others: &OtherWheels, platforms: &[String]) -> String {
    // Which Python or ABI they are for is said already.
    if !others.is_of_platform() {
        return format!("no wheel for the target: its wheels are for {others}");
    }
    let mut named = platforms
        .iter()
        .take(MOST_PLATFORMS)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if platforms.len() > MOST_PLATFORMS {
        let _ = write!(named, " and {} more", platforms.len() - MOST_PLATFORMS);
    }
    format!("no wheel for the target: its wheels are for {named}")
}

/// Returns the rule behind a reason.
fn rule(reason: &Reason) -> RejectionRule {
    match reason {
        Reason::Yanked(_) => RejectionRule::Yanked,
        Reason::RequiresPython(_) => RejectionRule::RequiresPython,
        Reason::NoWheel(_) => RejectionRule::NoWheel,
        Reason::OfTarget { reason, .. } => rule(reason),
        Reason::NeedsBuild => RejectionRule::NeedsBuild,
        Reason::BuildFailed { .. } => RejectionRule::BuildFailed,
        Reason::TooNew(_) => RejectionRule::ExcludeNewer,
        Reason::NoUploadTime(_) => RejectionRule::NoUploadTime,
        Reason::Held { .. } => RejectionRule::Policy,
        Reason::PreRelease => RejectionRule::PreRelease,
        Reason::BinaryPolicy(_) => RejectionRule::Binary,
        Reason::Offline => RejectionRule::Offline,
        Reason::BadMetadata(_) | Reason::RefusedByPip(_) => RejectionRule::BadMetadata,
        Reason::RequiresUrl(_) => RejectionRule::RequiresUrl,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_the_order_of_their_names() {
        use RejectionRule as Rule;
        let all = [
            Rule::BadMetadata,
            Rule::Binary,
            Rule::BuildFailed,
            Rule::Constraint,
            Rule::ExcludeNewer,
            Rule::NeedsBuild,
            Rule::NoUploadTime,
            Rule::NoWheel,
            Rule::Offline,
            Rule::Policy,
            Rule::PreRelease,
            Rule::Requirement,
            Rule::RequiresPython,
            Rule::RequiresUrl,
            Rule::Sdist,
            Rule::Yanked,
        ];
        assert!(all.is_sorted());
        assert_eq!(
            serde_json::to_string(&all).unwrap(),
            r#"["bad-metadata","binary","build-failed","constraint","exclude-newer","needs-build","no-upload-time","no-wheel","offline","policy","pre-release","requirement","requires-python","requires-url","sdist","yanked"]"#
        );
    }
}
