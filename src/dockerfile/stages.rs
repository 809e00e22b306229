//! Stages: which names mean one, and which depend on themselves.
//!
//! `FROM` finds earlier stages by their exact name; `COPY --from` and mounts find all
//! stages in any case, `COPY --from` also by number. Of two stages with one name the
//! later one counts. What names a stage that is not there yet is refused.

use std::collections::BTreeMap;

use super::expanded::{Expanded, Made};

/// How many names are tried for a word that the builder completes, and how long they
/// may be: bounds for hostile files.
const MOST_CHOICES: usize = 128;
const LONGEST_CHOICE: usize = 128;
/// How many names are tried for all words of a file.
const MOST_TRIES: usize = 100_000;

/// The stages of a file, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Stages {
    by_name: BTreeMap<String, usize>,
    choices: Vec<(String, usize)>,
    count: usize,
    tries: usize,
}

/// What `--from=` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A stage.
    Stage(usize),
    /// A number that no stage has.
    NoStage,
    /// No stage.
    Other,
}

impl Stages {
    /// Adds the next stage.
    pub(super) fn add(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            self.by_name.insert(name.to_owned(), self.count);
            if self.choices.len() < MOST_CHOICES && name.len() <= LONGEST_CHOICE {
                self.choices.push((name.to_owned(), self.count));
            }
        }
        self.count += 1;
    }

    /// Returns the stage that `FROM` finds.
    pub(super) fn base(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the stages that `FROM` may find, whatever the builder says.
    pub(super) fn bases(&mut self, word: &Expanded) -> Vec<usize> {
        self.tries += self.choices.len();
        if self.tries > MOST_TRIES {
            return Vec::new();
        }
        // Parts of the word between what the builder gives; n of these, n + 1 parts.
        let mut parts = vec![Vec::new()];
        let mut before = Made::Literal;
        for atom in &word.atoms {
            if atom.made != Made::Builder {
                parts
                    .last_mut()
                    .expect("it begins with one")
                    .push(atom.byte);
            } else if before != Made::Builder {
                parts.push(Vec::new());
            }
            before = atom.made;
        }
        self.choices
            .iter()
            .filter(|(name, stage)| self.by_name[name] == *stage && matches(&parts, name))
            .map(|&(_, stage)| stage)
            .collect()
    }

    /// Returns what `--from=` of `COPY` finds.
    pub(super) fn copy_source(&self, name: &str) -> Source {
        match number(name) {
            Some(number) => usize::try_from(number)
                .ok()
                .filter(|&number| number < self.count)
                .map_or(Source::NoStage, Source::Stage),
            None => self.mount_source(name),
        }
    }

    /// Returns what `from=` of a mount finds.
    pub(super) fn mount_source(&self, name: &str) -> Source {
        self.by_name
            .get(&name.to_lowercase())
            .map_or(Source::Other, |&stage| Source::Stage(stage))
    }
}

/// Reads a number as Go does: digits, behind a sign or not.
fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Whether a name is made of these parts, with anything in between.
fn matches(parts: &[Vec<u8>], name: &str) -> bool {
    let [first, middle @ .., last] = parts else {
        return parts.iter().all(|part| part == name.as_bytes());
    };
    let Some(mut rest) = name.as_bytes().strip_prefix(&first[..]) else {
        return false;
    };
    for part in middle {
        let found = (0..=rest.len()).find(|&at| rest[at..].starts_with(part));
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Says of each stage whether it depends on itself; `needs` are the stages it needs.
///
/// Tarjan's algorithm for strongly connected components, without recursion.
pub(super) fn circular(needs: &[Vec<usize>]) -> Vec<bool> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; needs.len()];
    let mut lowest = vec![0; needs.len()];
    let mut is_open = vec![false; needs.len()];
    let mut open = Vec::new();
    let mut circular = vec![false; needs.len()];
    let mut count = 0;
    for root in 0..needs.len() {
        if order[root] != UNSEEN {
            continue;
        }
        // A stage and how many of its needs were followed.
        let mut path = vec![(root, 0)];
        while let Some((stage, followed)) = path.last_mut() {
            let stage = *stage;
            if *followed == 0 && order[stage] == UNSEEN {
                order[stage] = count;
                lowest[stage] = count;
                count += 1;
                open.push(stage);
                is_open[stage] = true;
            }
            if let Some(&need) = needs[stage].get(*followed) {
                *followed += 1;
                if order[need] == UNSEEN {
                    path.push((need, 0));
                } else if is_open[need] {
                    lowest[stage] = lowest[stage].min(order[need]);
                    circular[stage] |= need == stage;
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                lowest[parent] = lowest[parent].min(lowest[stage]);
            }
            if lowest[stage] == order[stage] {
                let is_alone = open.last() == Some(&stage);
                while let Some(member) = open.pop() {
                    is_open[member] = false;
                    circular[member] |= !is_alone;
                    if member == stage {
                        break;
                    }
                }
            }
        }
    }
    circular
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_rules() {
        let mut stages = Stages::default();
        for name in [Some("a"), None, Some("b"), Some("a")] {
            stages.add(name);
        }
        assert_eq!(stages.base("a"), Some(3));
        assert_eq!(stages.base("A"), None);
        assert_eq!(stages.mount_source("A"), Source::Stage(3));
        assert_eq!(stages.mount_source("0"), Source::Other);
        assert_eq!(stages.copy_source("B"), Source::Stage(2));
        assert_eq!(stages.copy_source("1"), Source::Stage(1));
        assert_eq!(stages.copy_source("+1"), Source::Stage(1));
        assert_eq!(stages.copy_source("4"), Source::NoStage);
        assert_eq!(stages.copy_source("-1"), Source::NoStage);
        assert_eq!(stages.copy_source("c"), Source::Other);
    }

    #[test]
    fn parts_match_with_anything_in_between() {
        let check = |parts: &[&str], name: &str| {
            let parts: Vec<_> = parts.iter().map(|part| part.as_bytes().to_vec()).collect();
            matches(&parts, name)
        };
        assert!(check(&["b-", ""], "b-amd64"));
        assert!(check(&["", ""], "x"));
        assert!(check(&["a", "-", "c"], "ab-bc"));
        assert!(!check(&["a", "-", "c"], "abc"));
        assert!(!check(&["ab", "ba"], "aba"));
        assert!(check(&["a"], "a"));
        assert!(!check(&["a"], "ab"));
    }

    #[test]
    fn only_stages_on_a_circle_depend_on_themselves() {
        assert_eq!(circular(&[vec![0]]), [true]);
        assert_eq!(circular(&[vec![], vec![0], vec![0, 1]]), [false; 3]);
        assert_eq!(
            circular(&[vec![1], vec![2, 3], vec![0], vec![], vec![0]]),
            [true, true, true, false, false]
        );
        let chain: Vec<_> = (0..100_000).map(|stage: usize| vec![stage + 1]).collect();
        let mut chain = chain;
        chain.push(vec![0]);
        assert!(circular(&chain).iter().all(|&is_circular| is_circular));
    }
}
