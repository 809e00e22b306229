//! PubGrub: version solving by unit propagation and conflict-driven learning.
//!
//! The algorithm is Natalie Weizenbaum's; the sets are [`VersionSet`]s over the
//! versions that exist, so everything about one package is known, or is a need,
//! before anything is said of its versions. The solver keeps its state between
//! calls: where it meets something unknown it stops with [`Step::Needs`] and goes
//! on from there when the universe knows more.
//!
//! Two things are ours. When a package's versions fail one after another
//! against the same other package, its priority rises, that of whoever stands in
//! the way, or imposed what stands in the way, falls, and the search goes back to
//! before that one was chosen. And when they keep failing, whole ranges are
//! *probed*: see [`Solver::probe`].
//!
//! Pre-releases are a last resort for the whole search, not for one package: a
//! search goes without them first, and where that fails because of some
//! package's, these are admitted and it is done again.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::partial::{Cause, Incompatibility, IncompatibilityId, Partial};
use super::probe::Probe;
use super::provider::{Dependencies, Dependency, PackageId, Provider};
use super::set::{Term, VersionSet};

/// How soon a package is decided, before anything is learned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    Normal,
    /// It stands in the way of others: decided after them.
    ConflictLate,
    /// Its versions keep failing: decided before what they fail against.
    ConflictEarly,
    /// Only one version is left.
    Single,
}

/// How a call of [`Solver::run`] ended.
pub(super) enum Step {
    /// Every required package has a version.
    Solved(BTreeMap<PackageId, u32>),
    /// There is no solution; the incompatibility says so.
    Unsolvable(IncompatibilityId),
    /// The provider has noted what it lacks.
    Needs,
    /// The provider has noted how the region is to be split.
    Split,
    /// It was not to go on.
    Stopped,
}

/// How long a search may go on.
#[derive(Clone, Copy)]
pub(super) struct Patience<'a> {
    /// Asked at each step.
    pub(super) goes_on: &'a dyn Fn() -> bool,
    /// How many conflicts there may be.
    pub(super) conflicts: u32,
}

impl Patience<'_> {
    /// As long as it takes.
    pub(super) const ENDLESS: Self = Self {
        goes_on: &|| true,
        conflicts: u32::MAX,
    };

    fn is_over(&self, conflicts: u32) -> bool {
        conflicts > self.conflicts || !(self.goes_on)()
    }
}

/// After how many failures priorities change.
const CONFLICT_THRESHOLD: u32 = 5;
/// After how many failures against one package ranges are probed.
const PROBE_THRESHOLD: u32 = 8;

/// How many versions of a package are asked for at a time at most.
const MOST_AHEAD: usize = 32;

/// How many steps a guess takes at most.
const MOST_GUESSES: u32 = 200;

/// Whether so many of a package's versions fail that it is rather the other side
/// that should give way: a quarter of them, and not just a few.
fn is_far(failing: &VersionSet, sequence: &[u32]) -> bool {
    failing.len() >= 20 && failing.len() as usize * 4 >= sequence.len()
}

/// How a package has fared in the search.
#[derive(Clone, Default)]
struct Standing {
    /// When the package was first required; the earlier, the sooner decided.
    seen: Option<u32>,
    raised: Option<Urgency>,
    /// How often its versions failed against another package.
    affected: u32,
    /// How often others' versions failed against it.
    culprit: u32,
    /// Versions whose requirements were looked at.
    tried: FxHashSet<u32>,
}

/// The state of a search.
pub(super) struct Solver {
    partial: Partial,
    standings: Vec<Standing>,
    seen: u32,
    /// How often the versions of one package failed against another.
    failures: FxHashMap<(PackageId, PackageId), FxHashSet<u32>>,
    /// The pairs whose ranges are being probed, by dependent.
    probes: BTreeMap<PackageId, Vec<PackageId>>,
    known: FxHashSet<(PackageId, PackageId, VersionSet, VersionSet)>,
    assume: bool,
    /// Projects whose pre-releases may stand in for final releases; none: all.
    stand_ins: Option<BTreeSet<PackageId>>,
    next: Option<PackageId>,
    /// Set when the search failed, so that asking again gives the same answer.
    failed: Option<IncompatibilityId>,
    /// How many versions failed in all.
    failure_count: u32,
    /// How many steps are left of a guess; none: the search is in earnest.
    guess: Option<u32>,
    /// Packages of which a guess has taken a version to require nothing.
    assumed: FxHashSet<PackageId>,
}

impl Solver {
    /// Returns a search that has only the root to satisfy. With `assume`, ranges
    /// that keep failing are judged by samples.
    pub(super) fn new(assume: bool, stand_ins: Option<BTreeSet<PackageId>>) -> Self {
        let mut solver = Self {
            partial: Partial::default(),
            standings: Vec::new(),
            seen: 0,
            failures: FxHashMap::default(),
            probes: BTreeMap::new(),
            known: FxHashSet::default(),
            assume,
            stand_ins,
            next: Some(PackageId::ROOT),
            failed: None,
            failure_count: 0,
            guess: None,
            assumed: FxHashSet::default(),
        };
        solver.partial.add(Incompatibility {
            terms: vec![(PackageId::ROOT, Term::NotIn(VersionSet::single(0)))],
            cause: Cause::Root,
        });
        solver.standing(PackageId::ROOT);
        solver
    }

    /// Forbids versions of a package from outside (constraint files).
    pub(super) fn forbid(&mut self, package: PackageId, versions: VersionSet) {
        if !versions.is_empty() {
            self.partial.add(Incompatibility {
                terms: vec![(package, Term::In(versions))],
                cause: Cause::Constraint,
            });
        }
    }

    /// Searches until there is an answer or something is missing.
    ///
    /// With something missing it stops at once and decides nothing else meanwhile. To have
    /// many needs in flight is left to the frontier, and to a copy of the search that only
    /// guesses ([`Solver::look_ahead`]).
    ///
    /// What more is asked for with a version must not hang on whether something else had
    /// brought that version along already. It did once, and the frontier's timing changed
    /// the answer; so `is_new` asks what this search has looked at, not what is known.
    ///
    /// Two ways were tried and not taken. To count conflicts otherwise saved a few requests
    /// where one project gives way to another ten times (394 instead of 401 in one set), and
    /// changed the versions chosen in others. To probe ranges on a grid that grows with each
    /// failure gained nothing over an even one.
    pub(super) fn run(&mut self, provider: &mut impl Provider, patience: Patience<'_>) -> Step {
        if let Some(id) = self.failed {
            return Step::Unsolvable(id);
        }
        loop {
            if patience.is_over(self.partial.conflict_count()) {
                return Step::Stopped;
            }
            match &mut self.guess {
                Some(0) => return Step::Needs,
                Some(left) => *left -= 1,
                None => {}
            }
            if let Some(package) = self.next.take()
                && let Err(id) = self.partial.propagate(package)
            {
                self.failed = Some(id);
                return Step::Unsolvable(id);
            }
            let Some((package, allowed)) = self.most_urgent() else {
                return Step::Solved(self.partial.solution());
            };
            let allowed = match self.shared_with_project(provider, package, &allowed) {
                Ok(allowed) => allowed,
                Err(different) => {
                    self.partial.add(different);
                    self.next = Some(package);
                    continue;
                }
            };
            let Some(version) = provider.choose(package, &allowed) else {
                self.partial.add(Incompatibility {
                    terms: vec![(package, Term::In(allowed))],
                    cause: Cause::NoVersions,
                });
                self.next = Some(package);
                continue;
            };
            if self.is_premature(provider, package, version) {
                self.partial.add(Incompatibility {
                    terms: vec![(package, Term::In(allowed))],
                    cause: Cause::NoFinal,
                });
                self.next = Some(package);
                continue;
            }
            if self.probe(provider, package, version) {
                if self.next.is_some() {
                    continue;
                }
                if self.guess.is_none() || !self.assumed.insert(package) {
                    return Step::Needs;
                }
                // Samples are asked for, and that is enough of this package.
                self.take(provider, package, version, Vec::new());
                continue;
            }
            // Whether or not it came along with something else: what is looked at must not
            // hang on that.
            if provider.is_new(package, version)
                && self.want_more(provider, package, &allowed)
                && self.guess.is_none()
            {
                return Step::Needs;
            }
            match provider.dependencies(package, version) {
                Dependencies::Unknown => {
                    if self.guess.is_none() || !self.assumed.insert(package) {
                        return Step::Needs;
                    }
                    self.take(provider, package, version, Vec::new());
                }
                Dependencies::Split => return Step::Split,
                Dependencies::InPart(mut dependencies, packages) => {
                    if self.is_blocked(&dependencies) {
                        // What else it requires does not matter then, but when it was seen.
                        for package in packages {
                            self.see(package);
                        }
                        dependencies.retain(|dependency| self.blocks(dependency));
                        self.standing(package).tried.insert(version);
                    } else {
                        provider.want_required(package, version);
                        if self.guess.is_none() {
                            return Step::Needs;
                        }
                    }
                    self.take(provider, package, version, dependencies);
                }
                Dependencies::Unavailable(versions) => {
                    self.standing(package).tried.insert(version);
                    self.partial.add(Incompatibility {
                        terms: vec![(package, Term::In(versions))],
                        cause: Cause::Unavailable,
                    });
                    self.next = Some(package);
                }
                Dependencies::Known(dependencies) => {
                    self.standing(package).tried.insert(version);
                    self.take(provider, package, version, dependencies);
                }
            }
        }
    }

    /// Whether a version is a pre-release that would stand in for final releases
    /// which the requirements on it allow, and which only conflicts rule out.
    fn is_premature(&self, provider: &mut impl Provider, package: PackageId, version: u32) -> bool {
        let Some(stand_ins) = &self.stand_ins else {
            return false;
        };
        if !provider.is_stand_in(package, version) {
            return false;
        }
        let project = provider.project_of_package(package);
        if stand_ins.contains(&project) || self.partial.decided(project).is_some() {
            return false;
        }
        let required = self.partial.required(project);
        required
            .and_then(|required| provider.choose(project, &required))
            .is_some_and(|best| !provider.is_stand_in(project, best))
    }

    /// Returns the versions that both an extra and its project may have. The error
    /// says that what is left to them differs.
    fn shared_with_project(
        &self,
        provider: &impl Provider,
        package: PackageId,
        allowed: &VersionSet,
    ) -> Result<VersionSet, Incompatibility> {
        let Some((project, count)) = provider.project_of_extra(package) else {
            return Ok(allowed.clone());
        };
        let Term::In(left) = self.partial.accumulated(project) else {
            return Ok(allowed.clone());
        };
        let shared = allowed.intersection(&left);
        if !shared.is_empty() {
            return Ok(shared);
        }
        Err(Incompatibility {
            terms: vec![
                (package, Term::In(VersionSet::all(count).difference(&left))),
                (project, Term::In(left)),
            ],
            cause: Cause::SameVersion,
        })
    }

    fn standing(&mut self, package: PackageId) -> &mut Standing {
        if self.standings.len() <= package.index() {
            self.standings
                .resize_with(package.index() + 1, Standing::default);
        }
        &mut self.standings[package.index()]
    }

    /// Adds a version's requirements, and decides for it unless one of them
    /// cannot be met as things stand.
    fn take(
        &mut self,
        provider: &mut impl Provider,
        package: PackageId,
        version: u32,
        dependencies: Vec<Dependency>,
    ) {
        let mut blocked = None;
        for dependency in dependencies {
            let Dependency { of, on, allowed } = dependency;
            self.see(on);
            if blocked.is_none() && self.excludes(on, &allowed) {
                let failed = if provider.counts_each_failure() {
                    of.clone()
                } else {
                    VersionSet::single(version)
                };
                blocked = Some((on, failed));
            }
            self.require(package, of, on, allowed, Cause::Dependency);
        }
        self.next = Some(package);
        match blocked {
            None => {
                self.partial.decide(package, version);
            }
            Some((on, failed)) if !provider.same_project(package, on) => {
                self.note_failure(package, &failed, on);
            }
            Some(_) => {}
        }
    }

    /// Notes that a package is required, unless it was before.
    fn see(&mut self, package: PackageId) {
        if self.standing(package).seen.is_none() {
            self.standings[package.index()].seen = Some(self.seen);
            self.seen += 1;
        }
    }

    /// Whether a requirement cannot be met as things stand.
    fn blocks(&self, dependency: &Dependency) -> bool {
        self.excludes(dependency.on, &dependency.allowed)
    }

    fn is_blocked(&self, dependencies: &[Dependency]) -> bool {
        dependencies
            .iter()
            .any(|dependency| self.blocks(dependency))
    }

    fn excludes(&self, package: PackageId, allowed: &VersionSet) -> bool {
        let accumulated = self.partial.accumulated(package);
        accumulated.excludes(&Term::In(allowed.clone()))
    }

    fn require(
        &mut self,
        package: PackageId,
        of: VersionSet,
        on: PackageId,
        allowed: VersionSet,
        cause: Cause,
    ) {
        let key = (package, on, of, allowed);
        if self.known.contains(&key) {
            return;
        }
        let (_, _, of, allowed) = key.clone();
        self.known.insert(key);
        self.partial.add(Incompatibility {
            terms: vec![(package, Term::In(of)), (on, Term::NotIn(allowed))],
            cause,
        });
    }

    /// Counts that versions of `package` failed against `on`, and reorders the
    /// search when it happens too often.
    fn note_failure(&mut self, package: PackageId, versions: &VersionSet, on: PackageId) {
        let known = self.failures.entry((package, on)).or_default();
        let before = known.len();
        known.extend(versions.newest_first());
        let new = u32::try_from(known.len() - before)
            .unwrap_or(u32::MAX)
            .max(1);
        self.failure_count += 1;
        self.standing(package).affected += new;
        self.standing(on).culprit += new;
        if self.standings[package.index()].affected < CONFLICT_THRESHOLD {
            return;
        }
        let raised = self.standings[package.index()].raised.is_none();
        if raised {
            self.standings[package.index()].raised = Some(Urgency::ConflictEarly);
        }
        if self.standings[on.index()].culprit < CONFLICT_THRESHOLD {
            return;
        }
        let lowered = self.standings[on.index()].raised.is_none();
        if lowered {
            self.standings[on.index()].raised = Some(Urgency::ConflictLate);
        }
        if raised || lowered {
            self.undo(on, package);
        }
    }

    /// Goes back to before `package` was decided, if it was, to go on with `next`.
    fn undo(&mut self, package: PackageId, next: PackageId) -> bool {
        let level = self.partial.level_of_decision(package);
        let Some(level) = level.filter(|&level| level > 1) else {
            return false;
        };
        self.partial.backtrack(level - 1);
        self.next = Some(next);
        true
    }

    /// Puts off the package whose choice leaves `package` nothing recent, so that
    /// `package` is decided before it. Each package is put off once at most.
    fn put_off_imposer(&mut self, package: PackageId, on: PackageId) -> bool {
        let imposer = match self.partial.decided(on) {
            Some(_) => Some(on),
            None => self.partial.imposer(on),
        };
        let Some(imposer) = imposer.filter(|&imposer| imposer != package) else {
            return false;
        };
        if self.standings[imposer.index()].raised.is_some() || !self.undo(imposer, package) {
            return false;
        }
        self.standings[imposer.index()].raised = Some(Urgency::ConflictLate);
        self.standings[package.index()].raised = Some(Urgency::ConflictEarly);
        true
    }

    /// Looks at samples of a package's versions when one after another failed
    /// against the same other package.
    ///
    /// A step that rests on samples ([`Probe`]) is marked ([`Cause::Assumed`]): a
    /// search that ends without a solution because of one is done again without.
    /// So an answer is always valid and a refusal always proven; what is taken for
    /// granted is only that no newer version works in between.
    ///
    /// Returns whether there is something to do before the next choice: either
    /// `self.next` is set, or the provider was told what it lacks.
    fn probe(&mut self, provider: &mut impl Provider, package: PackageId, version: u32) -> bool {
        if !self.assume {
            return false;
        }
        let Some(partners) = self.probe_partners(package) else {
            return false;
        };
        for on in partners {
            if provider.same_project(package, on) {
                continue;
            }
            let within = self.partial.accumulated(on);
            match Probe::new(provider, package, version, on, &within) {
                Probe::Nothing => {}
                Probe::Unknown(versions) => {
                    let partners = self.probes.entry(package).or_default();
                    if !partners.contains(&on) {
                        partners.push(on);
                    }
                    let mut is_missing = false;
                    for version in versions {
                        is_missing |= provider.want(package, version);
                    }
                    return is_missing || self.probe(provider, package, version);
                }
                Probe::Fails { versions, .. }
                    if is_far(&versions, &provider.sequence(package))
                        && self.put_off_imposer(package, on) =>
                {
                    self.probes.remove(&package);
                    return true;
                }
                Probe::Fails { versions, allowed } => {
                    self.probes.remove(&package);
                    self.require(package, versions, on, allowed, Cause::Assumed);
                    self.next = Some(package);
                    return true;
                }
            }
        }
        self.probes.remove(&package);
        false
    }

    /// Returns the packages against which the versions of `package` keep failing.
    fn probe_partners(&self, package: PackageId) -> Option<Vec<PackageId>> {
        if let Some(partners) = self.probes.get(&package) {
            return Some(partners.clone());
        }
        if self.standings[package.index()].affected < PROBE_THRESHOLD {
            return None;
        }
        let mut partners: Vec<PackageId> = self
            .failures
            .iter()
            .filter(|((of, _), versions)| {
                *of == package && versions.len() >= PROBE_THRESHOLD as usize
            })
            .map(|((_, on), _)| *on)
            .collect();
        partners.sort_unstable();
        (!partners.is_empty()).then_some(partners)
    }

    /// Asks for what will likely be looked at next, so that it comes along; returns
    /// whether some of it is yet to come.
    fn want_more(
        &mut self,
        provider: &mut impl Provider,
        package: PackageId,
        allowed: &VersionSet,
    ) -> bool {
        let mut is_missing = false;
        let tried = self.standing(package).tried.len();
        if tried >= 2 {
            let mut left = allowed.clone();
            let threshold = PROBE_THRESHOLD as usize;
            // The longer it goes on, the more at a time.
            let ahead = if tried < threshold {
                threshold - tried
            } else {
                tried.min(MOST_AHEAD)
            };
            for _ in 0..ahead {
                let Some(version) = provider.choose(package, &left) else {
                    break;
                };
                // What is asked for is built, and that is not done to be ahead; nor are
                // pre-releases looked at that only stand in for final releases.
                if self.assume
                    && (provider.is_stand_in(package, version)
                        || provider.to_build(package).contains(&version))
                {
                    break;
                }
                is_missing |= provider.want(package, version);
                left = left.difference(&VersionSet::single(version));
            }
        }
        is_missing
    }

    /// Searches on as if nothing that is not known yet required anything, so that the
    /// provider hears in one go of all that will likely be needed.
    pub(super) fn look_ahead(&self, provider: &mut impl Provider) {
        let mut guess = Self {
            guess: Some(MOST_GUESSES),
            partial: self.partial.clone(),
            standings: self.standings.clone(),
            failures: self.failures.clone(),
            probes: self.probes.clone(),
            // Only to say nothing twice, which does no harm in so few steps.
            known: FxHashSet::default(),
            stand_ins: self.stand_ins.clone(),
            assumed: FxHashSet::default(),
            ..*self
        };
        guess.run(provider, Patience::ENDLESS);
    }

    /// Whether the search has ended without a solution.
    pub(super) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Returns what is decided so far.
    pub(super) fn decided(&self) -> BTreeMap<PackageId, u32> {
        self.partial.solution()
    }

    /// Returns how many conflicts there were so far.
    pub(super) const fn conflict_count(&self) -> u32 {
        self.partial.conflict_count()
    }

    /// Returns the packages that had a part in conflicts, and in how many.
    pub(super) fn in_conflict(&self) -> impl Iterator<Item = (PackageId, u32)> {
        self.partial.in_conflict()
    }

    /// Returns how many versions failed against others so far.
    pub(super) const fn failure_count(&self) -> u32 {
        self.failure_count
    }

    /// Returns what is known to be impossible, and why.
    pub(super) fn incompatibility(&self, id: IncompatibilityId) -> &Incompatibility {
        self.partial.incompatibility(id)
    }

    /// Returns the incompatibilities from outside that the given one follows from.
    pub(super) fn leaves(&self, id: IncompatibilityId) -> Vec<IncompatibilityId> {
        self.partial.leaves(id)
    }

    /// Returns how many packages had a version looked at, and how many versions
    /// that were in all.
    pub(super) fn tried(&self) -> (usize, usize) {
        let tried = self.standings.iter().map(|state| state.tried.len());
        (
            tried.clone().filter(|&count| count > 0).count(),
            tried.sum(),
        )
    }

    fn most_urgent(&self) -> Option<(PackageId, VersionSet)> {
        let mut best: Option<((Urgency, u32), PackageId)> = None;
        for index in 0..self.standings.len() {
            let package =
                PackageId(u32::try_from(index).expect("there are fewer packages than u32 counts"));
            let Some(set) = self.partial.undecided(package) else {
                continue;
            };
            let state = &self.standings[index];
            let urgency = if set.only().is_some() {
                Urgency::Single
            } else {
                state.raised.unwrap_or(Urgency::Normal)
            };
            let key = (urgency, u32::MAX - state.seen.unwrap_or(u32::MAX));
            if best.is_none_or(|(other, _)| key > other) {
                best = Some((key, package));
            }
        }
        let (_, package) = best?;
        Some((package, self.partial.undecided(package)?.clone()))
    }

    /// Returns on which of the things taken for granted an incompatibility rests.
    pub(super) fn doubts(&self, provider: &impl Provider, id: IncompatibilityId) -> Doubts {
        let mut doubts = Doubts::default();
        for leaf in self.partial.leaves(id) {
            let incompatibility = self.partial.incompatibility(leaf);
            match incompatibility.cause {
                Cause::Assumed => {
                    let (package, term) = &incompatibility.terms[0];
                    if let Term::In(versions) = term {
                        doubts.sampled.push((*package, versions.clone()));
                    }
                }
                // What was found to be unusable is not even tried in a later search.
                Cause::Unavailable | Cause::NoVersions => {
                    let (package, term) = &incompatibility.terms[0];
                    if let Term::In(versions) = term {
                        doubts.unavailable.push((*package, versions.clone()));
                    }
                }
                Cause::NoFinal => {
                    let package = incompatibility.terms[0].0;
                    doubts
                        .stand_ins
                        .insert(provider.project_of_package(package));
                }
                _ => {}
            }
        }
        doubts
    }
}

/// What a refusal takes for granted.
#[derive(Default)]
pub(super) struct Doubts {
    /// That all of these fail, as those looked at do.
    pub(super) sampled: Vec<(PackageId, VersionSet)>,
    /// That none of these can be used.
    pub(super) unavailable: Vec<(PackageId, VersionSet)>,
    /// That pre-releases of these projects do not stand in for final releases.
    pub(super) stand_ins: BTreeSet<PackageId>,
}
