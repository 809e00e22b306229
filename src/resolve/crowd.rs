//! Crowds: more projects than places for them.
//!
//! Where each usable version of a project claims a version of another project that nobody
//! else can share, that other project is a place which one of the claimants takes. More
//! claimants than places are a contradiction that counting shows at once, while learning
//! from conflicts goes through the assignments one by one: their number grows with the
//! factorial of the places. By Hall's theorem, a largest matching of claimants and places
//! finds the contradiction if there is one, and which claimants it is made of.

use std::collections::BTreeMap;

use super::partial::{Cause, Incompatibility, IncompatibilityId, Partial};
use super::provider::PackageId;
use super::set::{Term, VersionSet};

/// How many versions a claimant may have left: one with more has a place somewhere.
const MOST_VERSIONS: u32 = 64;

/// What one version claims, and the requirement that says so.
#[derive(Clone, Copy)]
struct Claim {
    version: u32,
    place: PackageId,
    why: IncompatibilityId,
}

/// A project, each version of which needs a place.
struct Claimant {
    package: PackageId,
    versions: VersionSet,
    claims: Vec<Claim>,
}

/// Returns what says that some projects cannot all have a version, if counting shows it.
pub(super) fn crowd(partial: &Partial) -> Option<Incompatibility> {
    let claimants = claimants(partial);
    let mut taken: BTreeMap<PackageId, usize> = BTreeMap::new();
    for claimant in 0..claimants.len() {
        let mut seen = vec![false; claimants.len()];
        if find_place(claimant, &claimants, &mut taken, &mut seen) {
            continue;
        }
        // All places that those seen claim are taken by others of them.
        let crowd = claimants.iter().zip(seen).filter(|(_, is_seen)| *is_seen);
        let crowd: Vec<&Claimant> = crowd.map(|(claimant, _)| claimant).collect();
        let claims = crowd.iter().flat_map(|claimant| &claimant.claims);
        return Some(Incompatibility {
            cause: Cause::Crowd(claims.map(|claim| claim.why).collect()),
            terms: crowd
                .iter()
                .map(|claimant| (claimant.package, Term::In(claimant.versions.clone())))
                .collect(),
        });
    }
    None
}

/// Gives a claimant a place, moving others to another one where that is needed.
fn find_place(
    claimant: usize,
    claimants: &[Claimant],
    taken: &mut BTreeMap<PackageId, usize>,
    seen: &mut [bool],
) -> bool {
    seen[claimant] = true;
    for claim in &claimants[claimant].claims {
        let is_free = match taken.get(&claim.place) {
            None => true,
            Some(&other) => !seen[other] && find_place(other, claimants, taken, seen),
        };
        if is_free {
            taken.insert(claim.place, claimant);
            return true;
        }
    }
    false
}

/// Returns the projects of which each version that is left needs a place.
fn claimants(partial: &Partial) -> Vec<Claimant> {
    let claims = claims(partial);
    let is_place = |place: PackageId| {
        let mut union = VersionSet::empty();
        let mut by_package: BTreeMap<PackageId, VersionSet> = BTreeMap::new();
        for (package, _, allowed, _) in claims.iter().filter(|claim| claim.1.place == place) {
            let set = by_package.entry(*package).or_default();
            *set = set.union(allowed);
        }
        by_package.values().all(|set| {
            let is_apart = union.is_disjoint(set);
            union = union.union(set);
            is_apart
        })
    };
    let mut places: BTreeMap<PackageId, bool> = BTreeMap::new();
    let mut found: BTreeMap<PackageId, Claimant> = BTreeMap::new();
    for (package, claim, _, versions) in &claims {
        if !*places
            .entry(claim.place)
            .or_insert_with(|| is_place(claim.place))
        {
            continue;
        }
        let claimant = found.entry(*package).or_insert_with(|| Claimant {
            package: *package,
            versions: versions.clone(),
            claims: Vec::new(),
        });
        // One place is enough: a version that has no place has none of several.
        if claimant
            .claims
            .iter()
            .all(|one| one.version != claim.version)
        {
            claimant.claims.push(*claim);
        }
    }
    let needs_place = |it: &Claimant| it.claims.len() == it.versions.len() as usize;
    found.into_values().filter(needs_place).collect()
}

/// Returns what each version claims that nothing decided rules out: the project, the claim,
/// the versions that it admits, and those that are left of the project.
fn claims(partial: &Partial) -> Vec<(PackageId, Claim, VersionSet, VersionSet)> {
    let mut claims = Vec::new();
    for (why, incompatibility) in partial.incompatibilities() {
        let [(package, Term::In(of)), (place, Term::NotIn(allowed))] = &incompatibility.terms[..]
        else {
            continue;
        };
        if incompatibility.cause != Cause::Dependency || *package == PackageId::ROOT {
            continue;
        }
        let Some(versions) = partial.left_for_good(*package) else {
            continue;
        };
        if versions.len() > MOST_VERSIONS {
            continue;
        }
        for version in of.intersection(versions).newest_first() {
            let claim = Claim {
                version,
                place: *place,
                why,
            };
            claims.push((*package, claim, allowed.clone(), versions.clone()));
        }
    }
    claims
}
