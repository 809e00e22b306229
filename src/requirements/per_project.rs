//! Answers that options give per project: `--only-binary flask,:none:`.

use std::collections::BTreeSet;
use std::str::FromStr;

use crate::python::ProjectName;

/// One entry of `--no-binary`, `--only-binary`, `--all-releases`, `--only-final`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// `:all:`
    All,
    /// `:none:`, which takes back what came before.
    None,
    /// A project.
    Project(ProjectName),
}

impl FromStr for Selector {
    type Err = <ProjectName as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            ":all:" => Ok(Self::All),
            ":none:" => Ok(Self::None),
            name => name.parse().map(Self::Project),
        }
    }
}

/// A yes or no per project, built up from two opposed options in their order.
///
/// For wheels, `--only-binary` is yes and `--no-binary` is no; for pre-releases,
/// `--all-releases` is yes and `--only-final` is no. A project's own answer beats one
/// for `:all:`, and the last word on a project counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerProject {
    yes: Selected,
    no: Selected,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Selected {
    all: bool,
    projects: BTreeSet<ProjectName>,
}

impl PerProject {
    /// Answers yes for these.
    pub fn answer_yes(&mut self, selectors: &[Selector]) {
        select(selectors, &mut self.yes, &mut self.no);
    }

    /// Answers no for these.
    pub fn answer_no(&mut self, selectors: &[Selector]) {
        select(selectors, &mut self.no, &mut self.yes);
    }

    /// Returns the answer for projects that are not named, if there is one.
    pub fn of_all(&self) -> Option<bool> {
        match (self.yes.all, self.no.all) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    /// Returns the answer for a project, if there is one.
    pub fn get(&self, project: &ProjectName) -> Option<bool> {
        if self.yes.projects.contains(project) {
            Some(true)
        } else if self.no.projects.contains(project) {
            Some(false)
        } else if self.yes.all {
            Some(true)
        } else if self.no.all {
            Some(false)
        } else {
            None
        }
    }
}

fn select(mut selectors: &[Selector], target: &mut Selected, other: &mut Selected) {
    while let Some(index) = selectors
        .iter()
        .position(|selector| *selector == Selector::All)
    {
        *other = Selected::default();
        *target = Selected {
            all: true,
            projects: BTreeSet::new(),
        };
        selectors = &selectors[index + 1..];
        // Without a `:none:` behind it, `:all:` covers whatever follows.
        if !selectors.contains(&Selector::None) {
            return;
        }
    }
    for selector in selectors {
        match selector {
            Selector::Project(name) => {
                other.projects.remove(name);
                target.projects.insert(name.clone());
            }
            Selector::None | Selector::All => *target = Selected::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selectors(text: &str) -> Vec<Selector> {
        text.split(',')
            .map(|part| match part {
                ":all:" => Selector::All,
                ":none:" => Selector::None,
                name => Selector::Project(name.parse().unwrap()),
            })
            .collect()
    }

    fn check(steps: &[(bool, &str)], expected: &[(&str, Option<bool>)]) {
        let mut answers = PerProject::default();
        for &(answer, text) in steps {
            if answer {
                answers.answer_yes(&selectors(text));
            } else {
                answers.answer_no(&selectors(text));
            }
        }
        for (name, answer) in expected {
            assert_eq!(answers.get(&name.parse().unwrap()), *answer, "{name}");
        }
    }

    #[test]
    fn a_projects_own_answer_beats_all() {
        check(
            &[(true, ":all:"), (false, "a,B_c")],
            &[("a", Some(false)), ("b-c", Some(false)), ("d", Some(true))],
        );
    }

    #[test]
    fn the_last_word_counts() {
        check(&[(true, "a"), (false, "a")], &[("a", Some(false))]);
        check(&[(true, "a"), (false, ":all:")], &[("a", Some(false))]);
        check(&[(true, "a"), (true, ":none:")], &[("a", None)]);
        check(&[(false, ":all:"), (false, ":none:")], &[("a", None)]);
        check(&[(false, ":all:"), (true, ":none:")], &[("a", Some(false))]);
    }

    #[test]
    fn all_swallows_names_unless_none_follows() {
        check(
            &[(true, "a,:all:,b")],
            &[("b", Some(true)), ("c", Some(true))],
        );
        check(
            &[(true, ":all:,a,:none:,b")],
            &[("a", None), ("b", Some(true)), ("c", None)],
        );
    }
}
