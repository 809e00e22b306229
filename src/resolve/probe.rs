//! Judging ranges of versions by samples.
//!
//! Requirements of neighboring releases are alike. Where the versions of a package
//! would be tried one by one although all of them require what is out of reach, a
//! grid of samples is looked at first, then ever more of them where the border
//! must lie: between a sample that fails and one that does not, and between
//! one that wants what is too new and one that wants what is too old. What lies
//! between two samples that fail in the same way is taken to fail as they do. So are
//! releases that may have to be built, where all those with a wheel fail: old ones
//! mostly, and to look at one costs more than to choose another version of the other.

use super::provider::{Allowance, PackageId, Provider};
use super::set::{Term, VersionSet};

/// How many versions are looked at in one go.
const WIDTH: usize = 8;
/// How many of a grid are looked at in one go.
const PIECE: usize = 4;

/// What samples of a package's versions say about its requirement on another.
pub(super) enum Probe {
    /// No reason to skip anything.
    Nothing,
    /// These must be looked at first.
    Unknown(Vec<u32>),
    /// These fail: what they allow is out of reach.
    Fails {
        versions: VersionSet,
        allowed: VersionSet,
    },
}

/// What is known of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sample {
    Unknown,
    Works,
    Fails(Side, VersionSet),
}

/// In which way a version fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// What it wants is newer than all that is within reach.
    Above,
    /// What it wants is older.
    Below,
    Otherwise,
}

impl Probe {
    /// Looks at the versions of `package` from `version` on, in the order in which
    /// they would be tried, and at what they require of `on`, of which only what
    /// is `within` can be had.
    pub(super) fn new(
        provider: &mut impl Provider,
        package: PackageId,
        version: u32,
        on: PackageId,
        within: &Term,
    ) -> Self {
        let sequence = provider.sequence(package);
        let to_build = provider.to_build(package);
        let reachable = match within {
            Term::In(set) => set.clone(),
            Term::NotIn(set) => VersionSet::all(provider.count(on)).difference(set),
        };
        let mut sample = |version| match provider.allowed_by(package, version, on) {
            Allowance::Unknown => Sample::Unknown,
            Allowance::Required(allowed) if allowed.is_disjoint(&reachable) => {
                Sample::Fails(side(&allowed, &reachable), allowed)
            }
            Allowance::Required(_) | Allowance::NotRequired => Sample::Works,
        };
        let rest_of = |versions: &[u32]| versions.iter().position(|&other| other == version);
        let Some(start) = rest_of(&sequence) else {
            // To look at samples of these would be to build them.
            let Some(start) = rest_of(&to_build) else {
                return Self::Nothing;
            };
            let mut known: Vec<Sample> = sequence.iter().map(|&other| sample(other)).collect();
            known.extend(to_build[..start].iter().map(|&other| sample(other)));
            let rest = unlike_working(&to_build[start..], &mut sample);
            return match allowed_by_all(&known) {
                Some(allowed) if !rest.is_empty() => Self::Fails {
                    versions: VersionSet::of(rest.iter().copied()),
                    allowed,
                },
                _ => Self::Nothing,
            };
        };
        let rest = &sequence[start..];
        let samples: Vec<Sample> = rest.iter().map(|&other| sample(other)).collect();
        match wanted(&samples) {
            Ok(0 | 1) => Self::Nothing,
            Ok(end) => {
                let mut failing = rest[..end].to_vec();
                if end == rest.len() {
                    failing.extend(unlike_working(&to_build, &mut sample));
                }
                Self::Fails {
                    versions: VersionSet::of(failing),
                    allowed: allowed_by_all(&samples[..end]).unwrap_or_else(VersionSet::empty),
                }
            }
            Err(wanted) => Self::Unknown(wanted.into_iter().map(|at| rest[at]).collect()),
        }
    }
}

/// Returns the first of some versions, up to one that is known to work.
fn unlike_working(versions: &[u32], mut sample: impl FnMut(u32) -> Sample) -> &[u32] {
    let mut each = versions.iter();
    let works = each.position(|&version| sample(version) == Sample::Works);
    &versions[..works.unwrap_or(versions.len())]
}

/// Returns what those of some samples allow that fail; none if there are none of these.
fn allowed_by_all(samples: &[Sample]) -> Option<VersionSet> {
    let mut all: Option<VersionSet> = None;
    for sample in samples {
        if let Sample::Fails(_, allowed) = sample {
            all = Some(all.map_or_else(|| allowed.clone(), |all| all.union(allowed)));
        }
    }
    all
}

fn side(allowed: &VersionSet, reachable: &VersionSet) -> Side {
    let ends = |set: &VersionSet| Some((set.runs().first()?.0, set.runs().last()?.1));
    match (ends(allowed), ends(reachable)) {
        (Some((start, _)), Some((_, end))) if start >= end => Side::Above,
        (Some((_, end)), Some((start, _))) if end <= start => Side::Below,
        _ => Side::Otherwise,
    }
}

/// Returns how many of the first versions fail, or which to look at to know.
fn wanted(samples: &[Sample]) -> Result<usize, Vec<usize>> {
    let count = samples.len();
    let works = samples
        .iter()
        .position(|sample| *sample == Sample::Works)
        .unwrap_or(count);
    // First a grid over all that is left, however little is known of it.
    let step = (count / WIDTH).max(1);
    let mut grid = Vec::new();
    let mut next = 0;
    let known = (0..works).filter(|&at| samples[at] != Sample::Unknown);
    for at in known.chain([works]) {
        while next < at {
            grid.push(next);
            next += step;
        }
        next = at + step;
    }
    if works == count && samples.last() == Some(&Sample::Unknown) {
        grid.push(count - 1);
    }
    if !grid.is_empty() {
        grid.dedup();
        // Piece by piece, the newest first: where one works, none behind it matters.
        grid.truncate(PIECE);
        return Err(grid);
    }
    // Then wherever the border may be, the newest such place first.
    let mut last: Option<(usize, Side)> = None;
    for at in 0..=works {
        let side = match samples.get(at) {
            Some(Sample::Unknown) => continue,
            Some(Sample::Fails(side, _)) => Some(*side),
            Some(Sample::Works) | None => None,
        };
        let is_border = match (last, side) {
            (Some((_, before)), Some(side)) => before != side,
            (Some(_), None) => works < count,
            (None, _) => false,
        };
        if let Some((before, _)) = last
            && is_border
            && at - before > 1
        {
            let gap = at - before - 1;
            let width = gap.min(WIDTH);
            return Err((0..width).map(|k| before + 1 + k * gap / width).collect());
        }
        if let Some(side) = side {
            last = Some((at, side));
        }
    }
    Ok(works)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers what is wanted from `truth` until nothing is; returns how many of
    /// the first fail, and how many were looked at.
    fn probe(truth: &[Sample]) -> (usize, usize) {
        let mut samples = vec![Sample::Unknown; truth.len()];
        for _ in 0..1000 {
            match wanted(&samples) {
                Ok(end) => {
                    let seen = samples
                        .iter()
                        .filter(|sample| **sample != Sample::Unknown)
                        .count();
                    return (end, seen);
                }
                Err(wanted) => {
                    assert!(!wanted.is_empty());
                    for at in wanted {
                        assert_eq!(samples[at], Sample::Unknown, "asked twice for {at}");
                        samples[at] = truth[at].clone();
                    }
                }
            }
        }
        panic!("no end");
    }

    fn fails(side: Side, count: usize) -> Vec<Sample> {
        vec![Sample::Fails(side, VersionSet::empty()); count]
    }

    #[test]
    fn finds_the_border_with_few_samples() {
        for border in [0, 1, 2, 17, 700, 1998, 1999] {
            let mut truth = fails(Side::Above, border);
            truth.resize(2000, Sample::Works);
            let (end, seen) = probe(&truth);
            assert_eq!(end, border);
            assert!(seen <= 40, "{seen} for {border}");
        }
    }

    #[test]
    fn finds_a_window_between_too_new_and_too_old() {
        for border in [3, 50, 1234] {
            let mut truth = fails(Side::Above, border);
            truth.resize(border + 3, Sample::Works);
            truth.extend(fails(Side::Below, 2000 - truth.len()));
            let (end, seen) = probe(&truth);
            assert_eq!(end, border);
            assert!(seen <= 60, "{seen} for {border}");
        }
    }

    #[test]
    fn says_so_when_all_fail() {
        let (end, seen) = probe(&fails(Side::Otherwise, 500));
        assert_eq!(end, 500);
        assert!(seen <= 12, "{seen}");
    }
}
