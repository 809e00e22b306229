//! Sets of versions of one package, as runs of positions.
//!
//! A package's versions are numbered oldest to newest, so nearly every set
//! that a specifier describes is one run or two. Because a set speaks of the
//! versions that exist and of nothing between them, two specifiers that admit
//! the same releases are the same set, which is what lets conflicts over
//! hundreds of releases collapse into one.

/// A set of version positions: sorted, disjoint, non-adjacent half-open runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub(super) struct VersionSet {
    runs: Vec<(u32, u32)>,
}

impl VersionSet {
    /// Returns the set without versions.
    pub(super) const fn empty() -> Self {
        Self { runs: Vec::new() }
    }

    /// Returns the set of all `count` versions.
    pub(super) fn all(count: u32) -> Self {
        Self::run(0, count)
    }

    /// Returns the set of one version.
    pub(super) fn single(position: u32) -> Self {
        Self::run(position, position + 1)
    }

    /// Returns the set of the positions from `start` up to, not including, `end`.
    pub(super) fn run(start: u32, end: u32) -> Self {
        if start < end {
            Self {
                runs: vec![(start, end)],
            }
        } else {
            Self::empty()
        }
    }

    /// Returns the set of the given positions, in any order.
    pub(super) fn of(positions: impl IntoIterator<Item = u32>) -> Self {
        let mut positions: Vec<u32> = positions.into_iter().collect();
        positions.sort_unstable();
        let mut set = Self::empty();
        for position in positions {
            set.push(position, position + 1);
        }
        set
    }

    /// Returns the set of runs in order, each of which starts at or behind the start of the
    /// one before.
    pub(super) fn of_runs(runs: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut set = Self::empty();
        for (start, end) in runs {
            set.push_checked(start, end);
        }
        set
    }

    /// Adds a run that starts at or behind the start of the last one.
    fn push(&mut self, start: u32, end: u32) {
        match self.runs.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ if start < end => self.runs.push((start, end)),
            _ => {}
        }
    }

    /// Whether no version is in the set.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns how many versions are in the set.
    pub(super) fn len(&self) -> u32 {
        self.runs.iter().map(|(start, end)| end - start).sum()
    }

    /// Returns the version of a set that has just one.
    pub(super) fn only(&self) -> Option<u32> {
        match self.runs[..] {
            [(start, end)] if end == start + 1 => Some(start),
            _ => None,
        }
    }

    /// Whether the version at `position` is in the set.
    pub(super) fn contains(&self, position: u32) -> bool {
        let behind = self.runs.partition_point(|run| run.1 <= position);
        self.runs.get(behind).is_some_and(|run| run.0 <= position)
    }

    /// Returns the runs, oldest first, each half-open.
    pub(super) fn runs(&self) -> &[(u32, u32)] {
        &self.runs
    }

    /// Returns the positions, oldest first.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs.iter().flat_map(|&(start, end)| start..end)
    }

    /// Returns the positions, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs
            .iter()
            .rev()
            .flat_map(|&(start, end)| (start..end).rev())
    }

    /// Returns what is in both sets.
    #[must_use]
    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut both = Self::empty();
        let (mut left, mut right) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        while let (Some(&&a), Some(&&b)) = (left.peek(), right.peek()) {
            both.push_checked(a.0.max(b.0), a.1.min(b.1));
            if a.1 <= b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        both
    }

    fn push_checked(&mut self, start: u32, end: u32) {
        if start < end {
            self.push(start, end);
        }
    }

    /// Returns what is in one of the sets.
    #[must_use]
    pub(super) fn union(&self, other: &Self) -> Self {
        let mut either = Self {
            runs: Vec::with_capacity(self.runs.len() + other.runs.len()),
        };
        let (mut left, mut right) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        loop {
            let run = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) if a.0 <= b.0 => left.next(),
                (_, Some(_)) => right.next(),
                (Some(_), None) => left.next(),
                (None, None) => return either,
            };
            if let Some(&(start, end)) = run {
                either.push(start, end);
            }
        }
    }

    /// Returns what is in this set and not in the other.
    #[must_use]
    pub(super) fn difference(&self, other: &Self) -> Self {
        let mut rest = Self::empty();
        let mut cuts = other.runs.iter().peekable();
        for &(mut start, end) in &self.runs {
            while let Some(&&(cut_start, cut_end)) = cuts.peek() {
                if cut_end <= start {
                    cuts.next();
                    continue;
                }
                if cut_start >= end {
                    break;
                }
                rest.push_checked(start, cut_start.max(start));
                start = cut_end;
                if cut_end >= end {
                    break;
                }
                cuts.next();
            }
            rest.push_checked(start, end);
        }
        rest
    }

    /// Whether every version of this set is in the other.
    pub(super) fn is_subset(&self, other: &Self) -> bool {
        let mut outer = other.runs.iter().peekable();
        self.runs.iter().all(|&(start, end)| {
            while outer.next_if(|run| run.1 < end).is_some() {}
            outer
                .peek()
                .is_some_and(|run| run.0 <= start && end <= run.1)
        })
    }

    /// Whether the sets share no version.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        let (mut left, mut right) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            if a.0 < b.1 && b.0 < a.1 {
                return false;
            }
            if a.1 <= b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        true
    }
}

/// What is said of one package: that it is chosen, and in a set, or that no
/// version of a set is chosen (another may be, or none).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Term {
    /// A version is chosen, and it is one of these.
    In(VersionSet),
    /// None of these is chosen.
    NotIn(VersionSet),
}

impl Term {
    /// The term that says nothing.
    pub(super) const ANY: Self = Self::NotIn(VersionSet::empty());

    /// Returns the term that holds exactly where this one does not.
    pub(super) fn negate(&self) -> Self {
        match self {
            Self::In(set) => Self::NotIn(set.clone()),
            Self::NotIn(set) => Self::In(set.clone()),
        }
    }

    /// Returns the term that holds where both hold.
    pub(super) fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::In(a), Self::In(b)) => Self::In(a.intersection(b)),
            (Self::In(a), Self::NotIn(b)) | (Self::NotIn(b), Self::In(a)) => {
                Self::In(a.difference(b))
            }
            (Self::NotIn(a), Self::NotIn(b)) => Self::NotIn(a.union(b)),
        }
    }

    /// Returns the term that holds where one of them holds.
    pub(super) fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::In(a), Self::In(b)) => Self::In(a.union(b)),
            (Self::In(a), Self::NotIn(b)) | (Self::NotIn(b), Self::In(a)) => {
                Self::NotIn(b.difference(a))
            }
            (Self::NotIn(a), Self::NotIn(b)) => Self::NotIn(a.intersection(b)),
        }
    }

    /// Whether this term's holding implies the other's.
    pub(super) fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::In(a), Self::In(b)) => a.is_subset(b),
            (Self::In(a), Self::NotIn(b)) => a.is_disjoint(b),
            (Self::NotIn(a), Self::NotIn(b)) => b.is_subset(a),
            // The package may be left out altogether.
            (Self::NotIn(_), Self::In(_)) => false,
        }
    }

    /// Whether the two can never hold at once.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::In(a), Self::In(b)) => a.is_disjoint(b),
            (Self::In(a), Self::NotIn(b)) | (Self::NotIn(b), Self::In(a)) => a.is_subset(b),
            (Self::NotIn(_), Self::NotIn(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const COUNT: u32 = 24;

    fn sets() -> impl Strategy<Value = (VersionSet, BTreeSet<u32>)> {
        proptest::collection::btree_set(0..COUNT, 0..COUNT as usize)
            .prop_map(|positions| (VersionSet::of(positions.iter().copied()), positions))
    }

    fn positions(set: &VersionSet) -> BTreeSet<u32> {
        set.newest_first().collect()
    }

    proptest! {
        #[test]
        fn operations_agree_with_plain_sets((a, plain_a) in sets(), (b, plain_b) in sets()) {
            prop_assert_eq!(positions(&a), plain_a.clone());
            prop_assert_eq!(a.len() as usize, plain_a.len());
            prop_assert_eq!(positions(&a.union(&b)), &plain_a | &plain_b);
            prop_assert_eq!(positions(&a.intersection(&b)), &plain_a & &plain_b);
            prop_assert_eq!(positions(&a.difference(&b)), &plain_a - &plain_b);
            prop_assert_eq!(a.is_subset(&b), plain_a.is_subset(&plain_b));
            prop_assert_eq!(a.is_disjoint(&b), plain_a.is_disjoint(&plain_b));
            for position in 0..COUNT {
                prop_assert_eq!(a.contains(position), plain_a.contains(&position));
            }
        }

        #[test]
        fn equal_contents_are_equal_values((a, _) in sets(), (b, _) in sets()) {
            let union = a.union(&b);
            prop_assert_eq!(&union, &VersionSet::of(positions(&union)));
            let rest = a.difference(&b);
            prop_assert_eq!(&rest, &VersionSet::of(positions(&rest)));
        }

        #[test]
        fn terms_agree_with_their_meaning(
            (a, plain_a) in sets(), (b, plain_b) in sets(), a_in: bool, b_in: bool,
        ) {
            let term = |set: &VersionSet, inside| if inside { Term::In(set.clone()) } else { Term::NotIn(set.clone()) };
            let (left, right) = (term(&a, a_in), term(&b, b_in));
            // Worlds: nothing chosen, or one of the versions.
            let worlds = || std::iter::once(None).chain((0..COUNT).map(Some));
            let holds = |plain: &BTreeSet<u32>, inside: bool, world: Option<u32>| {
                world.is_some_and(|version| plain.contains(&version)) == inside
            };
            let of_term = |term: &Term, world: Option<u32>| match term {
                Term::In(set) => world.is_some_and(|version| set.contains(version)),
                Term::NotIn(set) => !world.is_some_and(|version| set.contains(version)),
            };
            for world in worlds() {
                let (l, r) = (holds(&plain_a, a_in, world), holds(&plain_b, b_in, world));
                prop_assert_eq!(of_term(&left.and(&right), world), l && r);
                prop_assert_eq!(of_term(&left.or(&right), world), l || r);
                prop_assert_eq!(of_term(&left.negate(), world), !l);
            }
            // The versions mentioned may be all there are, or not: only what follows from the terms counts.
            let implied = worlds().all(|w| !holds(&plain_a, a_in, w) || holds(&plain_b, b_in, w));
            if left.implies(&right) {
                prop_assert!(implied);
            }
            let excluded = worlds().all(|w| !(holds(&plain_a, a_in, w) && holds(&plain_b, b_in, w)));
            prop_assert_eq!(left.excludes(&right), excluded);
        }
    }
}
