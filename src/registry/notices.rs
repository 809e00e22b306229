//! What registries say beside their answers: warnings, and how many pulls are left.
//!
//! Warnings are the `299` ones of the OCI distribution specification (§Warnings). The
//! quota is Docker Hub's `ratelimit-limit` and `ratelimit-remaining`, as `100;w=21600`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::http::{HeaderMap, header};

use super::said::shown;

/// What is worth telling, once each.
#[derive(Debug, Default)]
pub(super) struct Notices {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    warnings: BTreeSet<String>,
    quotas: BTreeMap<String, Quota>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quota {
    remaining: u64,
    limit: u64,
    window_seconds: Option<u64>,
}

/// More are never kept: they would hide each other.
const MOST_WARNINGS: usize = 20;

impl Notices {
    /// Reads an answer's headers.
    pub(super) fn read(&self, registry: &str, headers: &HeaderMap) {
        let mut warnings = headers
            .get_all(header::WARNING)
            .iter()
            .filter_map(|value| warning(value.to_str().ok()?))
            .peekable();
        let quota = Quota::of(headers);
        if warnings.peek().is_none() && quota.is_none() {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in warnings {
            if seen.warnings.len() < MOST_WARNINGS {
                seen.warnings
                    .insert(format!("`{registry}` warns: {warning}"));
            }
        }
        if let Some(quota) = quota {
            let known = seen.quotas.entry(registry.to_owned()).or_insert(quota);
            if quota.remaining < known.remaining {
                *known = quota;
            }
        }
    }

    /// Adds one of our own.
    pub(super) fn add(&self, notice: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.warnings.len() < MOST_WARNINGS {
            seen.warnings.insert(notice);
        }
    }

    /// Returns what there is to tell, in a steady order.
    pub(super) fn all(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let quotas = seen
            .quotas
            .iter()
            .filter(|(_, quota)| quota.is_low())
            .map(|(registry, quota)| quota.words(registry));
        seen.warnings.iter().cloned().chain(quotas).collect()
    }
}

impl Quota {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let read = |name: &str| {
            let value = headers.get(name)?.to_str().ok()?;
            let (count, rest) = value.split_once(';').unwrap_or((value, ""));
            let window = rest
                .split(';')
                .find_map(|part| part.trim().strip_prefix("w="))
                .and_then(|seconds| seconds.trim().parse::<u64>().ok());
            Some((count.trim().parse::<u64>().ok()?, window))
        };
        let (remaining, remaining_window) = read("ratelimit-remaining")?;
        let (limit, limit_window) = read("ratelimit-limit")?;
        Some(Self {
            remaining,
            limit,
            window_seconds: remaining_window.or(limit_window),
        })
    }

    fn is_low(self) -> bool {
        self.remaining <= 10 || self.remaining <= self.limit / 10
    }

    fn words(self, registry: &str) -> String {
        let Self {
            remaining, limit, ..
        } = self;
        let window = match self.window_seconds {
            None | Some(0) => String::new(),
            Some(seconds) if seconds % 3600 == 0 => format!(" per {} h", seconds / 3600),
            Some(seconds) if seconds % 60 == 0 => format!(" per {} min", seconds / 60),
            Some(seconds) => format!(" per {seconds} s"),
        };
        format!("`{registry}` allows {remaining} more pulls of {limit}{window}")
    }
}

/// Reads `299 agent "text"`.
fn warning(value: &str) -> Option<String> {
    let rest = value.trim().strip_prefix("299 ")?;
    let (_, quoted) = rest.split_once('"')?;
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => text.extend(characters.next()),
            c => text.push(c),
        }
    }
    let text = shown(&text);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderName, HeaderValue};

    #[track_caller]
    fn check(answers: &[&[(&'static str, &str)]], expected: &[&str]) {
        let notices = Notices::default();
        for answer in answers {
            let mut headers = HeaderMap::new();
            for (name, value) in *answer {
                headers.append(
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                );
            }
            notices.read("r.example", &headers);
        }
        assert_eq!(notices.all(), expected);
    }

    #[test]
    fn a_warning_is_told_once() {
        let one: &[_] = &[("warning", "299 - \"this registry \\\"moves\\\".\"")];
        check(&[one, one], &["`r.example` warns: this registry \"moves\""]);
        check(
            &[&[("warning", "110 - \"stale\"")], &[("warning", "299 -")]],
            &[],
        );
    }

    #[test]
    fn a_low_quota_is_told_with_its_lowest_count() {
        let left = |count: &'static str| {
            [
                ("ratelimit-limit", "100;w=21600"),
                ("ratelimit-remaining", count),
            ]
        };
        check(&[&left("11;w=21600")], &[]);
        check(
            &[&left("10;w=21600"), &left("7;w=21600"), &left("8;w=21600")],
            &["`r.example` allows 7 more pulls of 100 per 6 h"],
        );
        check(
            &[&[("ratelimit-limit", "5000"), ("ratelimit-remaining", "500")]],
            &["`r.example` allows 500 more pulls of 5000"],
        );
        check(&[&[("ratelimit-remaining", "1")], &left("many")], &[]);
    }
}
