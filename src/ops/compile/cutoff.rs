//! Up to when uploads count (`exclude-newer`): for all, for a project, for an index.
//!
//! What is said of a project comes before what is said of an index, and that before
//! what is said of all. A limit needs upload times (PEP 700): a file without one does
//! not count, so an index that gives none is exempted with [`Cutoff::Off`].

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::python::ProjectName;

/// Up to when uploads count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cutoff {
    /// What was uploaded before this.
    Before(Timestamp),
    /// Without limit.
    Off,
}

/// The limits of a run.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Cutoffs {
    /// The one for all.
    pub(in crate::ops) all: Option<Timestamp>,
    /// Those for some projects.
    pub(in crate::ops) projects: BTreeMap<ProjectName, Cutoff>,
}

/// The limit for one project on one index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct Limit {
    /// Nothing uploaded at or after this counts.
    pub(in crate::ops) before: Timestamp,
    /// What the user calls it.
    pub(in crate::ops) rule: String,
}

impl Cutoffs {
    /// Returns the limit for a project on an index with this name and limit of its own.
    pub(in crate::ops) fn limit(
        &self,
        project: &ProjectName,
        index: Option<&(String, Cutoff)>,
    ) -> Option<Arc<Limit>> {
        let (cutoff, rule) = if let Some(&cutoff) = self.projects.get(project) {
            (cutoff, format!("--exclude-newer-package {project}"))
        } else if let Some((name, cutoff)) = index {
            (
                *cutoff,
                format!("the `exclude-newer` of the index `{name}`"),
            )
        } else {
            (Cutoff::Before(self.all?), "--exclude-newer".to_owned())
        };
        match cutoff {
            Cutoff::Before(before) => Some(Arc::new(Limit { before, rule })),
            Cutoff::Off => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_project_s_limit_comes_before_an_index_s_and_that_before_the_one_for_all() {
        let day = Cutoff::Before(at("2026-01-02T00:00:00Z"));
        let cutoffs = Cutoffs {
            all: Some(at("2026-01-01T00:00:00Z")),
            projects: [
                ("a".parse().unwrap(), day),
                ("b".parse().unwrap(), Cutoff::Off),
            ]
            .into(),
        };
        let rule = |project: &str, index: Option<Cutoff>| {
            let index = index.map(|cutoff| ("corp".to_owned(), cutoff));
            let limit = cutoffs.limit(&project.parse().unwrap(), index.as_ref());
            limit.map(|limit| format!("{} {}", limit.before, limit.rule))
        };
        let of_project = "2026-01-02T00:00:00Z --exclude-newer-package a";
        assert_eq!(rule("a", None).as_deref(), Some(of_project));
        assert_eq!(rule("a", Some(Cutoff::Off)).as_deref(), Some(of_project));
        assert_eq!(rule("b", Some(day)), None);
        assert_eq!(
            rule("c", Some(day)).as_deref(),
            Some("2026-01-02T00:00:00Z the `exclude-newer` of the index `corp`")
        );
        assert_eq!(rule("c", Some(Cutoff::Off)), None);
        assert_eq!(
            rule("c", None).as_deref(),
            Some("2026-01-01T00:00:00Z --exclude-newer")
        );
        assert_eq!(Cutoffs::default().limit(&"c".parse().unwrap(), None), None);
    }
}
