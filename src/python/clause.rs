//! One comparison of a specifier, and what its operator means (PEP 440, "Version
//! specifiers").
//!
//! [`Clause::ranges`] is the one place that says it; everything else follows from
//! the ranges. They are over the order of [`Version`], with three kinds of bound
//! that are not real versions: `1.0` with a `min` part lies below everything of
//! 1.0, with a `max` part above all of it (post-releases and local versions too),
//! and with the largest local label behind `1.0+anything` but before
//! `1.0.post0.dev0`.

use std::cmp::Ordering;
use std::ops::Bound;
use std::str::FromStr;

use pep440_rs::LocalSegment;
use version_ranges::Ranges;

use super::error::SpecifierError;
use super::version::Version;
use crate::text::Span;

/// How a clause compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `~=`
    Compatible,
    /// `===`
    Arbitrary,
}

impl Operator {
    /// Returns the operator as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
            Self::Compatible => "~=",
            Self::Arbitrary => "===",
        }
    }

    /// Reads the operator at the start of `text`; its length is that of `as_str`.
    pub(super) fn at_start(text: &[u8]) -> Option<Self> {
        Some(match text {
            [b'=', b'=', b'=', ..] => Self::Arbitrary,
            [b'=', b'=', ..] => Self::Equal,
            [b'!', b'=', ..] => Self::NotEqual,
            [b'>', b'=', ..] => Self::AtLeast,
            [b'<', b'=', ..] => Self::AtMost,
            [b'~', b'=', ..] => Self::Compatible,
            [b'>', ..] => Self::Above,
            [b'<', ..] => Self::Below,
            _ => return None,
        })
    }

    /// Whether the operator may stand before `1.0.*` and `1.0+local`.
    pub(super) const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// One comparison of a specifier: `>=2.0`.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) operator: Operator,
    /// What it compares with, without `.*`; `None` only for the text of a `===`
    /// that is not a version.
    pub(super) version: Option<Version>,
    pub(super) is_wildcard: bool,
    /// Where the version stands in the text of the specifiers.
    pub(super) text: Span,
}

impl Clause {
    /// Makes a clause of an operator and what is written after it, without blanks
    /// around it, which stands at `span`.
    pub(super) fn new(
        operator: Operator,
        written: &str,
        span: Span,
    ) -> Result<Self, SpecifierError> {
        if operator == Operator::Arbitrary {
            if written.contains(|c: char| c.is_whitespace() || c == ';' || c == ')') {
                return Err(SpecifierError::new(
                    format!("`===` takes a single word, not `{written}`"),
                    span,
                ));
            }
            return Ok(Self {
                operator,
                version: Version::from_str(written).ok(),
                is_wildcard: false,
                text: span,
            });
        }
        let (number, is_wildcard) = match written.strip_suffix(".*") {
            Some(number) => (number, true),
            None => (written, false),
        };
        let Some(version) = parse_version(number) else {
            return Err(bad_version(operator, written, span));
        };
        check(operator, &version, is_wildcard, written, span)?;
        Ok(Self {
            operator,
            version: Some(version),
            is_wildcard,
            text: span,
        })
    }

    /// Returns the versions the clause admits: the one place that says what an
    /// operator means.
    ///
    /// For `===` these are the versions that are equal in value; that they are
    /// also written alike, [`Specifiers::contains`] checks.
    pub(super) fn ranges(&self) -> Ranges<Version> {
        let Some(version) = &self.version else {
            return Ranges::empty();
        };
        match self.operator {
            Operator::Equal | Operator::NotEqual => {
                let equal = if self.is_wildcard {
                    below_all_of(version, prefix_successor(version, version.release().len()))
                } else if version.is_local() {
                    Ranges::singleton(version.clone())
                } else {
                    between(
                        Bound::Included(version.clone()),
                        Bound::Included(behind_locals(version)),
                    )
                };
                if self.operator == Operator::Equal {
                    equal
                } else {
                    equal.complement()
                }
            }
            Operator::AtLeast => Ranges::higher_than(version.clone()),
            Operator::AtMost => Ranges::lower_than(behind_locals(version)),
            Operator::Above => {
                // The post-releases of a final release or pre-release are not
                // above it; a post- or dev-release has only local versions to skip.
                let bound = if version.is_post() || version.is_dev() {
                    behind_locals(version)
                } else {
                    version.clone().with_max(Some(0))
                };
                Ranges::strictly_higher_than(bound)
            }
            Operator::Below => below(version),
            Operator::Compatible => {
                let length = version.release().len().saturating_sub(1);
                let lower = Bound::Included(version.clone());
                match prefix_successor(version, length) {
                    Some(next) => between(lower, Bound::Excluded(next.with_min(Some(0)))),
                    None => between(lower, Bound::Unbounded),
                }
            }
            Operator::Arbitrary => Ranges::singleton(version.clone()),
        }
    }

    /// Answers for an environment's `3.11` or `3.11.4` without building ranges,
    /// where both sides are plain numbers; `None` where they are not.
    pub(super) fn contains_release(&self, release: &[u64]) -> Option<bool> {
        let version = self.version.as_ref()?;
        if version.epoch() != 0
            || !version.is_stable()
            || version.is_post()
            || version.is_local()
            || self.operator == Operator::Arbitrary
        {
            return None;
        }
        let ours = version.release();
        let prefix_matches = |length: usize| {
            (0..length).all(|index| release.get(index).copied().unwrap_or(0) == ours[index])
        };
        let order = compare_releases(release, ours);
        Some(match self.operator {
            Operator::Equal if self.is_wildcard => prefix_matches(ours.len()),
            Operator::NotEqual if self.is_wildcard => !prefix_matches(ours.len()),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::AtLeast => order.is_ge(),
            Operator::AtMost => order.is_le(),
            Operator::Above => order.is_gt(),
            Operator::Below => order.is_lt(),
            Operator::Compatible => order.is_ge() && prefix_matches(ours.len() - 1),
            Operator::Arbitrary => return None,
        })
    }

    /// What makes two clauses mean the same. The number of release parts counts
    /// where it changes the meaning: `~=1.0` is not `~=1`, `==1.0.*` not `==1.*`.
    pub(super) fn key<'a>(
        &'a self,
        text: &'a str,
    ) -> (Operator, Option<&'a Version>, usize, &'a str) {
        let counts = self.is_wildcard || self.operator == Operator::Compatible;
        let length = match &self.version {
            Some(version) if counts => version.release().len(),
            _ => 0,
        };
        let verbatim = if self.operator == Operator::Arbitrary {
            &text[self.text.range()]
        } else {
            ""
        };
        (self.operator, self.version.as_ref(), length, verbatim)
    }
}

fn compare_releases(left: &[u64], right: &[u64]) -> Ordering {
    for index in 0..left.len().max(right.len()) {
        let part = |release: &[u64]| release.get(index).copied().unwrap_or(0);
        match part(left).cmp(&part(right)) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
    Ordering::Equal
}

fn between(lower: Bound<Version>, upper: Bound<Version>) -> Ranges<Version> {
    Ranges::from_range_bounds((lower, upper))
}

/// Everything of `version`'s release prefix, up to `next`.
fn below_all_of(version: &Version, next: Option<Version>) -> Ranges<Version> {
    let first = version.clone().with_min(Some(0));
    match next {
        Some(next) => between(
            Bound::Included(first),
            Bound::Excluded(next.with_min(Some(0))),
        ),
        None => between(Bound::Included(first), Bound::Unbounded),
    }
}

fn below(version: &Version) -> Ranges<Version> {
    let is_zero = version.epoch() == 0 && version.release().iter().all(|part| *part == 0);
    let bound = if version.any_prerelease() {
        let is_first = version.dev() == Some(0) && !version.is_pre() && !version.is_post();
        if is_zero && is_first {
            return Ranges::empty();
        }
        version.clone()
    } else if version.is_post() {
        // `<1.0.post1` leaves out that post-release's own dev-releases.
        version.clone().with_dev(Some(0))
    } else if is_zero {
        // Nothing is below 0; an empty range says so to the resolver.
        return Ranges::empty();
    } else {
        version.clone().with_min(Some(0))
    };
    Ranges::strictly_lower_than(bound)
}

/// The point behind every `version+local` and before its first post-release.
fn behind_locals(version: &Version) -> Version {
    version
        .clone()
        .with_local(vec![LocalSegment::Number(u64::MAX)])
}

/// Returns the release after the first `length` parts: `1.4.2`, 2 gives `1.5`.
/// `None` when the number has no successor.
fn prefix_successor(version: &Version, length: usize) -> Option<Version> {
    let mut release = version.release()[..length].to_vec();
    let last = release.last_mut()?;
    *last = last.checked_add(1)?;
    Some(Version::new(release).with_epoch(version.epoch()))
}

/// Parses one clause; `None` when there is nothing but blanks.
pub(super) fn parse_clause(text: &str, span: Span) -> Result<Option<Clause>, SpecifierError> {
    let part = &text[span.range()];
    let start = span.start + (part.len() - part.trim_ascii_start().len());
    let part = part.trim_ascii();
    if part.is_empty() {
        return Ok(None);
    }
    let whole = Span::new(start, start + part.len());
    let Some(operator) = Operator::at_start(part.as_bytes()) else {
        return Err(no_operator(part, whole));
    };
    let written = part[operator.as_str().len()..].trim_ascii_start();
    if written.is_empty() && operator != Operator::Arbitrary {
        return Err(SpecifierError::new(
            format!("expected a version after `{}`", operator.as_str()),
            whole,
        ));
    }
    let version_span = Span::new(whole.end - written.len(), whole.end);
    Clause::new(operator, written, version_span).map(Some)
}

pub(super) fn parse_version(text: &str) -> Option<Version> {
    // `Version::from_str` trims; a specifier has no blanks inside.
    if text.ends_with(|c: char| c.is_ascii_whitespace()) {
        return None;
    }
    Version::from_str(text).ok()
}

/// Refuses what an operator may not stand before.
fn check(
    operator: Operator,
    version: &Version,
    is_wildcard: bool,
    written: &str,
    span: Span,
) -> Result<(), SpecifierError> {
    let symbol = operator.as_str();
    if is_wildcard {
        let base = written.strip_suffix(".*").unwrap_or(written);
        if !operator.is_equality() {
            return Err(
                SpecifierError::new(format!("`.*` cannot follow `{symbol}`"), span).with_help(
                    format!("write `{symbol}{base}`; only `==` and `!=` take `.*`"),
                ),
            );
        }
        if version.any_prerelease() || version.is_post() || version.is_local() {
            return Err(SpecifierError::new(
                "`.*` can only follow a release number",
                span,
            ));
        }
    }
    if version.is_local() && !operator.is_equality() {
        let public = version.clone().without_local();
        return Err(SpecifierError::new(
            format!("`{symbol}` cannot be used with a local version"),
            span,
        )
        .with_help(format!("write `{symbol}{public}`")));
    }
    if operator == Operator::Compatible && version.release().len() < 2 {
        return Err(
            SpecifierError::new("`~=` needs a version of at least two parts", span)
                .with_help(format!("write `~={written}.0` or `>={written}`")),
        );
    }
    Ok(())
}

/// Whether a version has a number that PEP 440 allows and we cannot hold.
fn has_large_number(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut numbers = numbers.filter(|number| !number.is_empty());
    numbers.any(|number| number.parse::<u64>().is_err())
}

fn no_operator(part: &str, span: Span) -> SpecifierError {
    let error = SpecifierError::new(
        format!("expected a comparison such as `>=1.0`, found `{part}`"),
        span,
    );
    let number = part.trim_start_matches(['=', '^', '~', '>', '<', ' ']);
    if part.starts_with("=>") || part.starts_with("=<") {
        let flipped = if part.starts_with("=>") { ">=" } else { "<=" };
        error.with_help(format!("write `{flipped}{number}`"))
    } else if part.starts_with('~') || part.starts_with('^') {
        error.with_help(format!(
            "the operator for a compatible release is `~={number}`"
        ))
    } else if parse_version(number).is_some() {
        error.with_help(format!("write `=={number}` for exactly this version"))
    } else {
        error
    }
}

fn bad_version(operator: Operator, written: &str, span: Span) -> SpecifierError {
    let symbol = operator.as_str();
    // `>=1.0<2.0` and `>=1.0 <2.0`: the comma is missing.
    if let Some(at) = written.find(['<', '>', '=', '!', '~'])
        && at > 0
    {
        let (first, second) = written.split_at(at);
        return SpecifierError::new(format!("`{written}` is not a version"), span).with_help(
            format!(
                "put a comma between comparisons: `{symbol}{},{second}`",
                first.trim_end()
            ),
        );
    }
    if has_large_number(written) {
        return SpecifierError::new(
            format!(
                "`{written}` has a number above {}, which is not supported",
                u64::MAX
            ),
            span,
        );
    }
    SpecifierError::new(format!("`{written}` is not a version (PEP 440)"), span)
}
