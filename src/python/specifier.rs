//! Version specifiers (PEP 440, "Version specifiers"): `>=2.0,<3`, `==1.4.*`.
//!
//! What an operator means is in `clause.rs`. Whether a pre-release may be *chosen*
//! is the resolver's business: here it matches like any other version.

use std::fmt::{self, Display};
use std::hash::{Hash, Hasher};
use std::ops::Bound;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHasher;
use version_ranges::Ranges;

use super::clause::{Clause, Operator, parse_clause};
use super::error::SpecifierError;
use super::repair::repair;
use super::version::Version;
use crate::text::Span;

struct Inner {
    text: Box<str>,
    clauses: Vec<Clause>,
    ranges: OnceLock<Ranges<Version>>,
    /// The hash of what the clauses mean.
    hash: OnceLock<u64>,
}

/// As written: what it was made into depends on who has asked for what.
impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
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
            hash: OnceLock::new(),
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
            let is_excluding = |clause: &&Clause| clause.operator == Operator::NotEqual;
            let (excluding, others): (Vec<_>, Vec<_>) =
                inner.clauses.iter().partition(is_excluding);
            let mut all = others.into_iter().map(Clause::ranges);
            let first = all.next().unwrap_or_else(Ranges::full);
            let ranges = all.fold(first, |ranges, next| ranges.intersection(&next));
            match &excluding[..] {
                [] => ranges,
                [one] => ranges.intersection(&one.ranges()),
                several => ranges.intersection(&excluded(several).complement()),
            }
        })
    }

    /// Whether `version` passes, pre-releases like any other.
    pub fn contains(&self, version: &Version) -> bool {
        self.ranges().contains(version)
            && self
                .arbitrary()
                .all(|text| version.to_string().eq_ignore_ascii_case(text))
    }

    /// Whether not all old versions pass.
    pub fn has_lower_bound(&self) -> bool {
        let lowest = self.ranges().iter().next();
        self.arbitrary().next().is_some()
            || lowest.is_none_or(|(start, _)| *start != Bound::Unbounded)
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
        let hash = self.0.as_deref().map_or(0, |inner| {
            *inner.hash.get_or_init(|| {
                let mut hasher = FxHasher::default();
                self.sorted_keys().hash(&mut hasher);
                hasher.finish()
            })
        });
        state.write_u64(hash);
    }
}

/// Returns all that is excluded: one cut for all of them, since some lists have thousands.
fn excluded(clauses: &[&Clause]) -> Ranges<Version> {
    let mut segments: Vec<(Bound<Version>, Bound<Version>)> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let excluded = clause.ranges().complement();
        segments.extend(
            excluded
                .iter()
                .map(|(start, end)| (start.clone(), end.clone())),
        );
    }
    // In this order each is added behind those before it.
    segments.sort_by(|(one, _), (other, _)| by_start(one).cmp(&by_start(other)));
    segments.into_iter().collect()
}

/// Sorts what starts at a version before what starts behind it.
fn by_start(bound: &Bound<Version>) -> (Option<&Version>, bool) {
    match bound {
        Bound::Unbounded => (None, false),
        Bound::Included(version) => (Some(version), false),
        Bound::Excluded(version) => (Some(version), true),
    }
}

fn memchr(needle: u8, haystack: &[u8]) -> Option<usize> {
    haystack.iter().position(|byte| *byte == needle)
}

#[cfg(test)]
#[path = "specifier_tests.rs"]
mod tests;
