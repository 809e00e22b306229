//! The policy: how old files must be, and which versions are wanted at all.
//!
//! A *cooldown* is the age a file must have before it is taken. It counts for each
//! file by its own upload time (PEP 700), since files are added to old versions as
//! well. Rules say more about some projects. What the lock has is never refused by
//! rules; whether a file is in the lock is for the caller to know.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::duration::duration_in_words;
use super::word::HoldCode;
use crate::config::{Bump, MissingUploadTime, ProjectPattern};
use crate::python::{ProjectName, Specifiers, Version};

/// What an update may take.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The time that counts as now.
    pub as_of: Timestamp,
    /// The age a file must have.
    pub cooldown: SignedDuration,
    /// The age a file must have if its version is a major step from the locked one.
    /// The longer of the two counts.
    pub cooldown_major: SignedDuration,
    /// What becomes of files whose age is not known.
    pub missing_upload_time: MissingUploadTime,
    /// The greatest step from the locked version.
    pub max_bump: Bump,
    /// What is different for some projects. Of the rules for a project, the first
    /// that says something about a matter counts.
    pub rules: Vec<Rule>,
}

/// What is different for some projects.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// The projects.
    pub projects: Vec<ProjectPattern>,
    /// The versions that are wanted.
    pub allow: Option<Specifiers>,
    /// Whether no other version than the locked one is wanted.
    pub ignore: bool,
    /// Instead of [`Policy::cooldown`].
    pub cooldown: Option<SignedDuration>,
    /// Instead of [`Policy::cooldown_major`].
    pub cooldown_major: Option<SignedDuration>,
    /// Instead of [`Policy::max_bump`].
    pub max_bump: Option<Bump>,
    /// The last day (UTC) on which the rule counts.
    pub until: Option<Date>,
    /// Why there is this rule.
    pub reason: Option<String>,
}

/// What the policy says of one project.
#[derive(Debug, Clone)]
pub struct ProjectPolicy {
    as_of: Timestamp,
    locked: Option<Version>,
    cooldown: SignedDuration,
    cooldown_major: SignedDuration,
    missing_upload_time: MissingUploadTime,
    max_bump: Bump,
    allow: Option<Bound>,
    ignore: Option<Words>,
}

/// The versions that a rule wants.
#[derive(Debug, Clone)]
struct Bound {
    specifiers: Specifiers,
    words: Words,
}

/// What a rule says of itself.
#[derive(Debug, Clone)]
struct Words {
    reason: Option<String>,
    until: Option<Date>,
}

/// Why a version, or a file of it, is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// It is too young.
    Cooldown {
        /// When it will be old enough.
        until: Timestamp,
    },
    /// The index does not say when it was uploaded.
    NoUploadTime,
    /// A rule does not want it.
    Rule {
        /// Why there is this rule.
        reason: Option<String>,
        /// What the rule wants.
        allow: String,
        /// The last day of the rule.
        until: Option<Date>,
    },
    /// A rule wants the locked version only.
    Ignored {
        /// Why there is this rule.
        reason: Option<String>,
        /// The last day of the rule.
        until: Option<Date>,
    },
    /// The step from the locked version is too great.
    Bump {
        /// The greatest that is wanted.
        limit: Bump,
    },
}

impl Policy {
    /// Returns the policy without rules: seven days, fourteen for major steps, and
    /// what has no upload time is held.
    pub fn new(as_of: Timestamp) -> Self {
        Self {
            as_of,
            cooldown: SignedDuration::from_hours(7 * 24),
            cooldown_major: SignedDuration::from_hours(14 * 24),
            missing_upload_time: MissingUploadTime::Hold,
            max_bump: Bump::Major,
            rules: Vec::new(),
        }
    }

    /// Returns what it says of a project, of which the lock has a version or not.
    pub fn of(&self, project: &ProjectName, locked: Option<&Version>) -> ProjectPolicy {
        let rules = || {
            self.rules.iter().filter(|rule| {
                !self.is_expired(rule)
                    && rule.projects.iter().any(|pattern| pattern.matches(project))
            })
        };
        ProjectPolicy {
            as_of: self.as_of,
            locked: locked.cloned(),
            cooldown: rules()
                .find_map(|rule| rule.cooldown)
                .unwrap_or(self.cooldown),
            cooldown_major: rules()
                .find_map(|rule| rule.cooldown_major)
                .unwrap_or(self.cooldown_major),
            missing_upload_time: self.missing_upload_time,
            max_bump: rules()
                .find_map(|rule| rule.max_bump)
                .unwrap_or(self.max_bump),
            allow: rules().find_map(|rule| {
                Some(Bound {
                    specifiers: rule.allow.clone()?,
                    words: rule.words(),
                })
            }),
            ignore: rules().find(|rule| rule.ignore).map(Rule::words),
        }
    }

    /// Returns the rules whose last day is over: they are void, which should be told.
    pub fn expired_rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| self.is_expired(rule))
    }

    fn is_expired(&self, rule: &Rule) -> bool {
        let today = self.as_of.to_zoned(TimeZone::UTC).date();
        rule.until.is_some_and(|until| until < today)
    }
}

impl fmt::Display for Policy {
    /// Prints it without its rules: `cooldown 7 d, major 14 d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cooldown {}, major {}",
            duration_in_words(self.cooldown),
            duration_in_words(self.cooldown_major.max(self.cooldown))
        )?;
        if self.max_bump != Bump::Major {
            write!(f, ", at most {} steps", self.max_bump)?;
        }
        Ok(())
    }
}

impl Rule {
    fn words(&self) -> Words {
        Words {
            reason: self.reason.clone(),
            until: self.until,
        }
    }
}

impl ProjectPolicy {
    /// Returns the same policy for a project whose locked version is gone: a rule to
    /// ignore others cannot keep it. The step is still counted from it.
    #[must_use]
    pub fn without_ignoring(mut self) -> Self {
        self.ignore = None;
        self
    }

    /// Returns whether a file of a version may be taken that is not in the lock: by
    /// what the rules say of the version first, since that lasts, then by its age.
    ///
    /// # Errors
    /// When it may not.
    pub fn verdict(&self, version: &Version, uploaded: Option<Timestamp>) -> Result<(), Hold> {
        self.version(version)?;
        self.file(version, uploaded)
    }

    /// Returns whether a version is wanted, whatever its age. The locked one is.
    ///
    /// # Errors
    /// When it is not.
    pub fn version(&self, version: &Version) -> Result<(), Hold> {
        if self.locked.as_ref() == Some(version) {
            return Ok(());
        }
        if let Some(words) = &self.ignore
            && self.locked.is_some()
        {
            return Err(Hold::Ignored {
                reason: words.reason.clone(),
                until: words.until,
            });
        }
        if let Some(Bound { specifiers, words }) = &self.allow
            && !specifiers.contains(version)
        {
            return Err(Hold::Rule {
                reason: words.reason.clone(),
                allow: specifiers.as_str().to_owned(),
                until: words.until,
            });
        }
        if self.bump(version).is_some_and(|bump| bump > self.max_bump) {
            return Err(Hold::Bump {
                limit: self.max_bump,
            });
        }
        Ok(())
    }

    /// Returns whether a file of a version is old enough.
    ///
    /// # Errors
    /// When it is not, or nobody knows.
    pub fn file(&self, version: &Version, uploaded: Option<Timestamp>) -> Result<(), Hold> {
        let Some(uploaded) = uploaded else {
            return match self.missing_upload_time {
                MissingUploadTime::Allow => Ok(()),
                MissingUploadTime::Hold => Err(Hold::NoUploadTime),
            };
        };
        let cooldown = match self.bump(version) {
            Some(Bump::Major) => self.cooldown_major.max(self.cooldown),
            _ => self.cooldown,
        };
        let until = uploaded.checked_add(cooldown).unwrap_or(Timestamp::MAX);
        if until <= self.as_of {
            Ok(())
        } else {
            Err(Hold::Cooldown { until })
        }
    }

    /// Whether a file waits only because its version is a major step: as a smaller one it
    /// would be taken.
    pub fn waits_as_major(&self, version: &Version, uploaded: Option<Timestamp>) -> bool {
        let is_old = |uploaded: Timestamp| {
            let until = uploaded.checked_add(self.cooldown);
            until.is_ok_and(|until| until <= self.as_of)
        };
        self.bump(version) == Some(Bump::Major)
            && self.version(version).is_ok()
            && uploaded.is_some_and(is_old)
            && self.file(version, uploaded).is_err()
    }

    fn bump(&self, version: &Version) -> Option<Bump> {
        Bump::between(self.locked.as_ref()?, version)
    }
}

impl Hold {
    /// Returns the code for the kind.
    pub const fn code(&self) -> HoldCode {
        match self {
            Self::Cooldown { .. } => HoldCode::Cooldown,
            Self::NoUploadTime => HoldCode::NoUploadTime,
            Self::Rule { .. } | Self::Ignored { .. } => HoldCode::Rule,
            Self::Bump { .. } => HoldCode::TooFar,
        }
    }

    /// Returns when it will end by itself, if that is known.
    pub const fn eligible(&self) -> Option<Timestamp> {
        match self {
            Self::Cooldown { until } => Some(*until),
            _ => None,
        }
    }

    /// Returns the one of two that ends first.
    #[must_use]
    pub fn sooner(self, other: Self) -> Self {
        match (self.eligible(), other.eligible()) {
            (Some(own), Some(others)) if others < own => other,
            (None, Some(_)) => other,
            _ => self,
        }
    }

    /// Returns what can be done against it.
    pub fn help(&self, project: &ProjectName) -> String {
        match self {
            Self::Cooldown { .. } => {
                format!("wait until the cooldown ends, or give {project} a shorter one with a rule")
            }
            Self::NoUploadTime => format!(
                "take {project} from an index with upload times, or set `missing-upload-time = \
                 \"allow\"`"
            ),
            Self::Rule { .. } | Self::Ignored { .. } => {
                format!("change or end the rule for {project}")
            }
            Self::Bump { .. } => format!("raise `max-bump` for {project} with a rule"),
        }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cooldown { until } => {
                let until = until.to_zoned(TimeZone::UTC).datetime();
                write!(
                    f,
                    "in cooldown until {} UTC",
                    until.strftime("%Y-%m-%d %H:%M")
                )
            }
            Self::NoUploadTime => {
                f.write_str("the index has no upload time, and the cooldown needs one")
            }
            Self::Rule {
                reason,
                allow,
                until,
            } => {
                write!(f, "a rule allows only `{allow}`")?;
                fmt_words(f, reason.as_deref(), *until)
            }
            Self::Ignored { reason, until } => {
                f.write_str("a rule keeps the pinned version")?;
                fmt_words(f, reason.as_deref(), *until)
            }
            Self::Bump { limit } => {
                write!(f, "more than a {limit} step from the pinned version")
            }
        }
    }
}

fn fmt_words(f: &mut fmt::Formatter<'_>, reason: Option<&str>, until: Option<Date>) -> fmt::Result {
    match (reason, until) {
        (None, None) => Ok(()),
        (Some(reason), None) => write!(f, " ({reason})"),
        (None, Some(until)) => write!(f, " (until {until})"),
        (Some(reason), Some(until)) => write!(f, " ({reason}; until {until})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn policy(rules: Vec<Rule>) -> Policy {
        Policy {
            rules,
            ..Policy::new(time("2026-11-21T04:17:00Z"))
        }
    }

    fn rule(patterns: &[&str]) -> Rule {
        Rule {
            projects: patterns
                .iter()
                .map(|text| ProjectPattern::parse(text).unwrap())
                .collect(),
            ..Rule::default()
        }
    }

    fn of(policy: &Policy, project: &str, locked: Option<&str>) -> ProjectPolicy {
        let locked = locked.map(version);
        policy.of(&project.parse().unwrap(), locked.as_ref())
    }

    #[test]
    fn the_first_rule_that_says_something_counts_for_each_matter() {
        let hours = SignedDuration::from_hours;
        let policy = policy(vec![
            Rule {
                max_bump: Some(Bump::Minor),
                ..rule(&["acme-*", "b"])
            },
            Rule {
                max_bump: Some(Bump::Patch),
                cooldown: Some(hours(1)),
                allow: Some(Specifiers::parse("<3").unwrap()),
                ..rule(&["*"])
            },
            Rule {
                cooldown: Some(hours(2)),
                ..rule(&["b"])
            },
        ]);
        let b = of(&policy, "b", Some("1.0"));
        assert_eq!(b.version(&version("1.1")), Ok(()));
        assert_eq!(
            b.version(&version("2.0")),
            Err(Hold::Bump { limit: Bump::Minor })
        );
        let hold = b.version(&version("3.0")).unwrap_err();
        assert_eq!(hold.code().to_string(), "PF107");
        let uploaded = time("2026-11-21T03:00:00Z");
        assert_eq!(b.verdict(&version("1.1"), Some(uploaded)), Ok(()));
        // The rule says nothing of major steps.
        let until = time("2026-12-05T03:00:00Z");
        assert_eq!(
            b.file(&version("2.0"), Some(uploaded)),
            Err(Hold::Cooldown { until })
        );
    }

    #[test]
    fn a_major_step_never_takes_less_than_others() {
        let mut policy = policy(Vec::new());
        policy.cooldown = SignedDuration::from_hours(30 * 24);
        let until = time("2026-12-20T00:00:00Z");
        assert_eq!(
            of(&policy, "a", Some("1.0"))
                .verdict(&version("2.0"), Some(time("2026-11-20T00:00:00Z"))),
            Err(Hold::Cooldown { until })
        );
        insta::assert_snapshot!(policy, @"cooldown 30 d, major 30 d");
    }

    #[test]
    fn what_lasts_is_told_before_what_passes() {
        let policy = policy(vec![Rule {
            allow: Some(Specifiers::parse("<2").unwrap()),
            ..rule(&["a"])
        }]);
        let a = of(&policy, "a", None);
        let hold = a.verdict(&version("2.0"), Some(policy.as_of)).unwrap_err();
        insta::assert_snapshot!(hold, @"a rule allows only `<2`");
        assert_eq!(hold.eligible(), None);
        let hold = a.verdict(&version("1.0"), None).unwrap_err();
        insta::assert_snapshot!(hold, @"the index has no upload time, and the cooldown needs one");
    }

    #[test]
    fn a_rule_counts_to_the_end_of_its_last_day_in_utc() {
        let ignored = |as_of: &str| {
            let policy = Policy {
                rules: vec![Rule {
                    ignore: true,
                    until: Some("2026-11-21".parse().unwrap()),
                    ..rule(&["a"])
                }],
                ..Policy::new(time(as_of))
            };
            let is_ignored = of(&policy, "a", Some("1.0"))
                .version(&version("1.1"))
                .is_err();
            assert_eq!(policy.expired_rules().count(), usize::from(!is_ignored));
            is_ignored
        };
        assert!(ignored("2026-11-21T23:59:59Z"));
        assert!(!ignored("2026-11-22T00:00:00Z"));
        assert!(!ignored("2026-11-21T23:59:59-01:00"));
    }

    #[test]
    fn an_endless_cooldown_does_not_overflow() {
        let mut policy = policy(Vec::new());
        policy.cooldown = SignedDuration::MAX;
        let hold = of(&policy, "a", None)
            .file(&version("1"), Some(policy.as_of))
            .unwrap_err();
        assert_eq!(hold.eligible(), Some(Timestamp::MAX));
        assert!(!hold.to_string().is_empty());
    }
}
