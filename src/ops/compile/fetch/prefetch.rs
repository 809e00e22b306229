//! What will probably be asked for, and what is only guessed at.
//!
//! A run like an earlier one needs what that one needed. So this is fetched in one wave,
//! and what else the frontier or a look ahead would like to have waits: mostly nobody needs
//! it. Once something is needed that was not expected, the expectation counts for nothing.

use rustc_hash::FxHashSet;

use crate::python::ProjectName;
use crate::resolve::Need;

/// Whose releases will probably be asked for: they are fetched from the start.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ops) struct Expected<'a> {
    pub(in crate::ops) projects: &'a [ProjectName],
    /// Whether a run like this one has needed no others: then the network is not asked for
    /// others either, before it turns out that they are needed.
    pub(in crate::ops) is_complete: bool,
    /// Whether a run for other cells has asked for nearly all that this one will need.
    pub(in crate::ops) is_known: bool,
}

impl Expected<'_> {
    /// All that is needed is nearly known.
    pub(in crate::ops) const KNOWN: Self = Self {
        projects: &[],
        is_complete: false,
        is_known: true,
    };
}

/// Needs of which it is not known whether they are any.
#[derive(Default)]
pub(in crate::ops) struct Prefetch<'a> {
    /// The projects that are expected, if they are believed to be all.
    complete: Option<FxHashSet<&'a ProjectName>>,
    /// What is held back since it is not expected.
    held: Vec<Need>,
}

impl<'a> Prefetch<'a> {
    /// Returns what is believed at first.
    pub(in crate::ops) fn new(expected: Expected<'a>) -> Self {
        let complete = expected.is_complete.then(|| expected.projects.iter());
        Self {
            complete: complete.map(Iterator::collect),
            held: Vec::new(),
        }
    }

    fn is_expected(&self, need: &Need) -> bool {
        match (&self.complete, need) {
            (Some(complete), Need::Releases(name)) => complete.contains(name),
            _ => true,
        }
    }

    /// Holds back what is not expected.
    pub(in crate::ops) fn admit(&mut self, mut needs: Vec<Need>) -> Vec<Need> {
        let held = needs.extract_if(.., |need| !self.is_expected(need));
        let held: Vec<Need> = held.collect();
        self.held.extend(held);
        needs
    }

    /// Hears what is needed; returns what was held back, if the expectation was wrong.
    pub(in crate::ops) fn check(&mut self, needs: &[Need]) -> Vec<Need> {
        if needs.iter().all(|need| self.is_expected(need)) {
            return Vec::new();
        }
        self.complete = None;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ProjectName {
        text.parse().unwrap()
    }

    fn page(text: &str) -> Need {
        Need::Releases(name(text))
    }

    #[test]
    fn what_is_not_expected_is_held_back_until_something_else_is_needed() {
        let projects = [name("a"), name("b")];
        let mut prefetch = Prefetch::new(Expected {
            projects: &projects,
            is_complete: true,
            is_known: false,
        });
        let metadata = Need::Metadata(name("c"), 0);
        let guessed = vec![page("a"), page("c"), metadata.clone()];
        assert_eq!(prefetch.admit(guessed), [page("a"), metadata]);
        assert_eq!(prefetch.check(&[page("b")]), []);
        assert_eq!(prefetch.check(&[page("d")]), [page("c")]);
        // From then on nothing is believed any more.
        assert_eq!(prefetch.admit(vec![page("e")]), [page("e")]);
        assert_eq!(prefetch.check(&[page("f")]), []);
    }

    #[test]
    fn nothing_is_held_back_where_all_is_not_expected() {
        let projects = [name("a")];
        let mut prefetch = Prefetch::new(Expected {
            projects: &projects,
            is_complete: false,
            is_known: false,
        });
        assert_eq!(prefetch.admit(vec![page("c")]), [page("c")]);
    }
}
