//! Version specifiers (PEP 440, "Version specifiers"): `>=2.0,<3`, `==1.4.*`.
//!
//! One function, [`Clause::ranges`], says what an operator means; everything
//! else follows from the ranges. Whether a pre-release may be *chosen* is the
//! resolver's business: here it matches like any other version.
//!
//! Ranges are over the order of [`Version`], with three kinds of bound that are
//! no real versions: `1.0` with a `min` part lies below everything of 1.0, with
//! a `max` part above all of it (post-releases and local versions too), and with
//! the largest local label behind `1.0+anything` but before `1.0.post0.dev0`.

use std::cmp::Ordering;
use std::fmt::{self, Display, Write as _};
use std::hash::{Hash, Hasher};
use std::ops::Bound;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use pep440_rs::LocalSegment;
use version_ranges::Ranges;

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
    const fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// One comparison of a specifier: `>=2.0`.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    operator: Operator,
    /// What it compares with, without `.*`; `None` only for the text of a `===`
    /// that is no version.
    version: Option<Version>,
    is_wildcard: bool,
    /// Where the version stands in the text of the specifiers.
    text: Span,
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
                    format!("`{written}` is more than one word after `===`"),
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
    fn key<'a>(&'a self, text: &'a str) -> (Operator, Option<&'a Version>, usize, &'a str) {
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

fn is_behind_locals(version: &Version) -> bool {
    matches!(version.local(), [LocalSegment::Number(u64::MAX)])
}

/// Returns the release after the first `length` parts: `1.4.2`, 2 gives `1.5`.
/// `None` when the number has no successor.
fn prefix_successor(version: &Version, length: usize) -> Option<Version> {
    let mut release = version.release()[..length].to_vec();
    let last = release.last_mut()?;
    *last = last.checked_add(1)?;
    Some(Version::new(release).with_epoch(version.epoch()))
}

/// Why a specifier could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecifierError {
    /// What is wrong: a lower-case fragment without a final period.
    pub message: String,
    /// Where, in bytes of the text that was parsed.
    pub span: Span,
    /// What to write instead, if that is known.
    pub help: Option<String>,
}

impl SpecifierError {
    fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            span,
            help: None,
        }
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[derive(Debug)]
struct Inner {
    text: Box<str>,
    clauses: Vec<Clause>,
    ranges: OnceLock<Ranges<Version>>,
}

/// A comma-separated list of comparisons that a version must pass all of.
///
/// Cheap to clone; clones share the ranges, which are made when first asked for.
/// Two are equal when they have the same clauses in any order, however spelled.
#[derive(Debug, Clone, Default)]
pub struct Specifiers(Option<Arc<Inner>>);

static EVERYTHING: OnceLock<Ranges<Version>> = OnceLock::new();

impl Specifiers {
    /// Parses specifiers as pip's `SpecifierSet` does: empty parts between commas
    /// are skipped, and no text at all admits every version.
    ///
    /// ```text
    /// specifiers = [clause] *("," [clause])
    /// clause     = operator version ["." "*"]
    /// ```
    ///
    /// # Errors
    /// When a part is not an operator and a version that it may stand before.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        Self::parse_at(text, 0)
    }

    /// As [`parse`](Self::parse), with error spans moved on by `offset` bytes.
    pub(super) fn parse_at(text: &str, offset: usize) -> Result<Self, SpecifierError> {
        let leading = text.len() - text.trim_start().len();
        let text = text.trim();
        let mut clauses = Vec::with_capacity(2);
        let mut start = 0;
        while start < text.len() {
            let end = memchr(b',', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at);
            if let Some(clause) =
                parse_clause(text, Span::new(start, end)).map_err(|mut error| {
                    error.span.start += offset + leading;
                    error.span.end += offset + leading;
                    error
                })?
            {
                clauses.push(clause);
            }
            start = end + 1;
        }
        Ok(Self::from_clauses(text, clauses))
    }

    /// Parses what old metadata has in place of specifiers, after
    /// [`parse`](Self::parse) has failed: `>=2.7.*`, `>=1.0<2.0`, `>='3'`, `~=2`,
    /// `=>1.0`, `>=3.6*`, stray parentheses and commas.
    ///
    /// # Errors
    /// The strict parser's error, when the text makes no sense this way either.
    pub fn parse_lenient(text: &str) -> Result<Self, SpecifierError> {
        Self::parse(text).or_else(|error| {
            repair(text)
                .and_then(|repaired| Self::parse(&repaired).ok())
                .ok_or(error)
        })
    }

    fn from_clauses(text: &str, clauses: Vec<Clause>) -> Self {
        if clauses.is_empty() {
            return Self::default();
        }
        Self(Some(Arc::new(Inner {
            text: text.into(),
            clauses,
            ranges: OnceLock::new(),
        })))
    }

    /// Returns `==version`.
    pub fn equal_to(version: &Version) -> Self {
        let text = format!("=={version}");
        let clause = Clause {
            operator: Operator::Equal,
            version: Some(version.clone()),
            is_wildcard: false,
            text: Span::new(2, text.len()),
        };
        Self::from_clauses(&text, vec![clause])
    }

    fn clause_list(&self) -> &[Clause] {
        self.0.as_deref().map_or(&[], |inner| &inner.clauses)
    }

    /// Returns the text as it was written, without blanks around it.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().map_or("", |inner| &inner.text)
    }

    /// Returns the versions that pass. Of `===` it knows only the value: see
    /// [`arbitrary`](Self::arbitrary).
    pub fn ranges(&self) -> &Ranges<Version> {
        let Some(inner) = self.0.as_deref() else {
            return EVERYTHING.get_or_init(Ranges::full);
        };
        inner.ranges.get_or_init(|| {
            let mut all = inner.clauses.iter().map(Clause::ranges);
            let first = all.next().unwrap_or_else(Ranges::full);
            all.fold(first, |ranges, next| ranges.intersection(&next))
        })
    }

    /// Whether `version` passes, pre-releases like any other.
    pub fn contains(&self, version: &Version) -> bool {
        self.ranges().contains(version)
            && self
                .arbitrary()
                .all(|text| version.to_string().eq_ignore_ascii_case(text))
    }

    /// Whether there are no clauses, so that every version passes.
    pub fn is_empty_spec(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a clause other than `!=` names a pre-release, which asks for
    /// pre-releases by PEP 440.
    pub fn mentions_prerelease(&self) -> bool {
        self.clause_list().iter().any(|clause| {
            clause.operator != Operator::NotEqual
                && clause.version.as_ref().is_some_and(Version::any_prerelease)
        })
    }

    /// Returns the version of a pin: of a single `==` without wildcard, or `===`.
    pub fn exact(&self) -> Option<&Version> {
        match self.clause_list() {
            [clause]
                if matches!(clause.operator, Operator::Equal | Operator::Arbitrary)
                    && !clause.is_wildcard =>
            {
                clause.version.as_ref()
            }
            _ => None,
        }
    }

    /// Returns each clause's operator and version as they are written.
    pub fn clauses(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let text = self.as_str();
        self.clause_list()
            .iter()
            .map(move |clause| (clause.operator.as_str(), &text[clause.text.range()]))
    }

    /// Returns the texts of `===` clauses: a version passes only when it is
    /// written just so, letter case aside.
    pub fn arbitrary(&self) -> impl Iterator<Item = &str> {
        let text = self.as_str();
        self.clause_list()
            .iter()
            .filter(|clause| clause.operator == Operator::Arbitrary)
            .map(move |clause| &text[clause.text.range()])
    }

    fn sorted_keys(&self) -> Vec<(Operator, Option<&Version>, usize, &str)> {
        let text = self.as_str();
        let mut keys: Vec<_> = self
            .clause_list()
            .iter()
            .map(|clause| clause.key(text))
            .collect();
        keys.sort_unstable();
        keys
    }
}

impl Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Specifiers {
    type Err = SpecifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl PartialEq for Specifiers {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() || self.sorted_keys() == other.sorted_keys()
    }
}

impl Eq for Specifiers {}

impl Hash for Specifiers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sorted_keys().hash(state);
    }
}

/// Returns `ranges` in words of PEP 440, for people: `>=2.0, <3 || ==4.1`.
///
/// Bounds that are no versions are put back into the operator they came from.
pub fn describe(ranges: &Ranges<Version>) -> String {
    if ranges.is_empty() {
        return "no version".to_owned();
    }
    let mut text = String::new();
    for (lower, upper) in ranges.iter() {
        if !text.is_empty() {
            text.push_str(" || ");
        }
        describe_segment(&mut text, lower, upper);
    }
    text
}

fn describe_segment(text: &mut String, lower: &Bound<Version>, upper: &Bound<Version>) {
    let public = |version: &Version| {
        if is_behind_locals(version) {
            version.clone().without_local()
        } else {
            version.clone()
        }
    };
    if let (Bound::Included(low), Bound::Included(high)) = (lower, upper)
        && *low == public(high)
    {
        let _ = write!(text, "=={low}");
        return;
    }
    let mut separator = "";
    match lower {
        Bound::Unbounded => {}
        Bound::Included(version) => {
            let _ = write!(text, ">={version}");
            separator = ", ";
        }
        Bound::Excluded(version) => {
            let _ = write!(text, ">{}", public(version));
            separator = ", ";
        }
    }
    match upper {
        Bound::Unbounded if separator.is_empty() => text.push('*'),
        Bound::Unbounded => {}
        Bound::Included(version) => {
            let _ = write!(text, "{separator}<={}", public(version));
        }
        Bound::Excluded(version) => {
            let _ = write!(text, "{separator}<{version}");
        }
    }
}

fn memchr(needle: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|byte| *byte == needle)
}

/// Parses one clause; `None` when there is nothing but blanks.
fn parse_clause(text: &str, span: Span) -> Result<Option<Clause>, SpecifierError> {
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
            format!("no version after `{}`", operator.as_str()),
            whole,
        ));
    }
    let version_span = Span::new(whole.end - written.len(), whole.end);
    Clause::new(operator, written, version_span).map(Some)
}

fn parse_version(text: &str) -> Option<Version> {
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
                "`.*` can only follow the numbers of a release",
                span,
            ));
        }
    }
    if version.is_local() && !operator.is_equality() {
        let public = version.clone().without_local();
        return Err(SpecifierError::new(
            format!("`{symbol}` cannot compare with a local version"),
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
            "Python's operator for a compatible release is `~={number}`"
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
    SpecifierError::new(format!("`{written}` is not a version (PEP 440)"), span)
}

/// Rewrites sloppy specifiers into valid ones; `None` when there is no telling.
///
/// Quotes and parentheses are dropped, then each operator begins a clause, with
/// or without a comma before it.
fn repair(text: &str) -> Option<String> {
    let cleaned: String = text
        .chars()
        .filter(|c| !matches!(c, '\'' | '"' | '(' | ')' | '[' | ']'))
        .collect();
    let mut rest = cleaned.trim_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let mut repaired = String::with_capacity(rest.len() + 4);
    while !rest.is_empty() {
        let operator_end = rest
            .find(|c| !matches!(c, '<' | '>' | '=' | '!' | '~'))
            .unwrap_or(rest.len());
        let (symbol, after) = rest.split_at(operator_end);
        let after = after.trim_start();
        let version_end = after
            .char_indices()
            .find(|(at, c)| {
                c.is_whitespace()
                    || matches!(c, ',' | ';' | '<' | '>' | '=' | '~')
                    || after[*at..].starts_with("!=")
            })
            .map_or(after.len(), |(at, _)| at);
        let (version, after) = after.split_at(version_end);
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
        if symbol.is_empty() && version == "*" {
            continue;
        }
        if symbol.is_empty() || version.is_empty() {
            return None;
        }
        if let Some(clause) = repair_clause(symbol, version)? {
            if !repaired.is_empty() {
                repaired.push(',');
            }
            repaired.push_str(&clause);
        }
    }
    Some(repaired)
}

/// Repairs one clause; `Some(None)` when it says nothing, as `>=*`.
fn repair_clause(symbol: &str, version: &str) -> Option<Option<String>> {
    let (symbol, is_prefix) = match symbol {
        "=>" => (">=", false),
        "=<" => ("<=", false),
        "=" => ("==", false),
        "!=~" => ("!=", true),
        "<>" => ("!=", false),
        other => (other, false),
    };
    let operator = Operator::at_start(symbol.as_bytes())?;
    if operator.as_str() != symbol {
        return None;
    }
    let base = version.trim_end_matches(['*', '.']);
    let has_star = version.contains('*') || is_prefix;
    if base.is_empty() {
        return has_star.then_some(None);
    }
    if base == "dev" && matches!(operator, Operator::Above | Operator::AtLeast) {
        return Some(None);
    }
    let base = if operator.is_equality() {
        base
    } else {
        base.split('+').next().unwrap_or(base)
    };
    let number = parse_version(base)?;
    let tail = if has_star && operator.is_equality() {
        ".*"
    } else if operator == Operator::Compatible && number.release().len() < 2 {
        // The author of `~=2` meant what `~=2.0` says.
        ".0"
    } else {
        ""
    };
    Some(Some(format!("{symbol}{base}{tail}")))
}

#[cfg(test)]
#[path = "specifier_tests.rs"]
mod tests;
