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
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::probe::Probe;
use super::set::{Term, VersionSet};

/// A package of the solver: the root, a project, or a project's extra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PackageId(pub(super) u32);

impl PackageId {
    /// The package that requires what the user requires.
    pub(super) const ROOT: Self = Self(0);

    const fn index(self) -> usize {
        self.0 as usize
    }
}

/// An incompatibility by number.
pub(super) type IncompatibilityId = usize;

/// One requirement of a version on another package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The versions of the dependent known to have exactly this requirement.
    pub(super) of: VersionSet,
    /// What they require.
    pub(super) on: PackageId,
    /// The versions of `on` that will do.
    pub(super) allowed: VersionSet,
}

/// What is known of the requirements of one version.
pub(super) enum Dependencies {
    Known(Vec<Dependency>),
    /// The version cannot be used after all; nor can the others in the set, for
    /// the same reason.
    Unavailable(VersionSet),
    /// Something must be fetched first.
    Unknown,
}

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

/// What the solver asks of the universe.
pub(super) trait Provider {
    /// Returns the version to try first out of `allowed`, or none if no version
    /// of it can be used.
    fn choose(&mut self, package: PackageId, allowed: &VersionSet) -> Option<u32>;

    /// Whether a version is a pre-release that only stands in for a final one.
    fn is_stand_in(&self, package: PackageId, version: u32) -> bool;

    /// Returns what a version requires, or notes what must be fetched to know.
    fn dependencies(&mut self, package: PackageId, version: u32) -> Dependencies;

    /// Notes that knowing this version's requirements early would help.
    fn want(&mut self, package: PackageId, version: u32);

    /// Returns the versions of a package in the order in which they would be
    /// tried, without those of last resort.
    fn sequence(&mut self, package: PackageId) -> Arc<[u32]>;

    /// Returns what a version allows of another package: `None` while unknown,
    /// `Some(None)` when it does not require it.
    fn allowed_by(
        &mut self,
        package: PackageId,
        version: u32,
        on: PackageId,
    ) -> Option<Option<VersionSet>>;

    /// Returns how many versions a package has.
    fn count(&self, package: PackageId) -> u32;

    /// Returns the package of the project that a package is of.
    fn project_of_package(&self, package: PackageId) -> PackageId;

    /// Returns the project that an extra belongs to, and how many versions it has.
    fn project_of_extra(&self, package: PackageId) -> Option<(PackageId, u32)>;

    /// Whether the two belong to one project.
    fn same_project(&self, one: PackageId, other: PackageId) -> bool;
}

/// Why an incompatibility holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// The root must be chosen.
    Root,
    /// No version of the set can be used.
    NoVersions,
    /// The set has only pre-releases left to use, which are not to stand in for
    /// final releases while there is another way.
    NoFinal,
    /// A version of the set is unusable for a reason of its own.
    Unavailable,
    /// The first term's versions require the second's.
    Dependency,
    /// As `Dependency`, taken for granted of the versions between two that
    /// were looked at.
    Assumed,
    /// An extra has the version of its project.
    SameVersion,
    /// The user allows no version of the set.
    Constraint,
    /// It follows from two others.
    Derived(IncompatibilityId, IncompatibilityId),
}

/// Terms that must not all hold.
#[derive(Debug, Clone)]
pub(super) struct Incompatibility {
    pub(super) terms: Vec<(PackageId, Term)>,
    pub(super) cause: Cause,
}

struct Assignment {
    package: PackageId,
    level: u32,
    term: Term,
    /// All that is known of the package up to and with this.
    accumulated: Term,
    /// None for a decision.
    cause: Option<IncompatibilityId>,
}

#[derive(Default)]
struct PackageState {
    assignments: Vec<usize>,
    incompatibilities: Vec<IncompatibilityId>,
    decided: Option<u32>,
    /// When the package was first required; the earlier, the sooner decided.
    seen: Option<u32>,
    raised: Option<Urgency>,
    affected: u32,
    culprit: u32,
    /// Versions whose requirements were asked for.
    tried: FxHashSet<u32>,
}

/// How a call of [`Solver::run`] ended.
pub(super) enum Step {
    /// Every required package has a version.
    Solved(BTreeMap<PackageId, u32>),
    /// There is no solution; the incompatibility says so.
    Unsolvable(IncompatibilityId),
    /// The provider has noted what it lacks.
    Needs,
}

/// After how many failures priorities change.
const CONFLICT_THRESHOLD: u32 = 5;
/// After how many failures against one package ranges are probed.
const PROBE_THRESHOLD: u32 = 8;
/// Whether so many of a package's versions fail that it is rather the other side
/// that should give way: a quarter of them, and not just a few.
fn is_far(failing: &VersionSet, sequence: &[u32]) -> bool {
    failing.len() >= 20 && failing.len() as usize * 4 >= sequence.len()
}

enum Relation {
    Satisfied,
    Almost(usize),
    Other,
}

/// The state of a search.
pub(super) struct Solver {
    pub(super) incompatibilities: Vec<Incompatibility>,
    packages: Vec<PackageState>,
    assignments: Vec<Assignment>,
    level: u32,
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
}

impl Solver {
    /// Returns a search that has only the root to satisfy. With `assume`, ranges
    /// that keep failing are judged by samples.
    pub(super) fn new(assume: bool, stand_ins: Option<BTreeSet<PackageId>>) -> Self {
        let mut solver = Self {
            incompatibilities: Vec::new(),
            packages: Vec::new(),
            assignments: Vec::new(),
            level: 0,
            seen: 0,
            failures: FxHashMap::default(),
            probes: BTreeMap::new(),
            known: FxHashSet::default(),
            assume,
            stand_ins,
            next: Some(PackageId::ROOT),
            failed: None,
        };
        solver.add(Incompatibility {
            terms: vec![(PackageId::ROOT, Term::NotIn(VersionSet::single(0)))],
            cause: Cause::Root,
        });
        solver
    }

    /// Forbids versions of a package from outside (constraint files).
    pub(super) fn forbid(&mut self, package: PackageId, versions: VersionSet) {
        if !versions.is_empty() {
            self.add(Incompatibility {
                terms: vec![(package, Term::In(versions))],
                cause: Cause::Constraint,
            });
            // Nothing is assigned yet: propagation from the root alone would not visit it.
            self.state(package);
        }
    }

    /// Searches until there is an answer or something is missing.
    pub(super) fn run(&mut self, provider: &mut impl Provider) -> Step {
        if let Some(id) = self.failed {
            return Step::Unsolvable(id);
        }
        loop {
            if let Some(package) = self.next.take()
                && let Err(id) = self.propagate(package)
            {
                self.failed = Some(id);
                return Step::Unsolvable(id);
            }
            let Some((package, allowed)) = self.most_urgent() else {
                return Step::Solved(self.solution());
            };
            let allowed = match self.shared_with_project(provider, package, &allowed) {
                Ok(allowed) => allowed,
                Err(different) => {
                    self.add(different);
                    self.next = Some(package);
                    continue;
                }
            };
            let Some(version) = provider.choose(package, &allowed) else {
                self.add(Incompatibility {
                    terms: vec![(package, Term::In(allowed))],
                    cause: Cause::NoVersions,
                });
                self.next = Some(package);
                continue;
            };
            if self.is_premature(provider, package, version) {
                self.add(Incompatibility {
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
                return Step::Needs;
            }
            match provider.dependencies(package, version) {
                Dependencies::Unknown => {
                    self.want_more(provider, package, &allowed);
                    return Step::Needs;
                }
                Dependencies::Unavailable(versions) => {
                    self.add(Incompatibility {
                        terms: vec![(package, Term::In(versions))],
                        cause: Cause::Unavailable,
                    });
                    self.next = Some(package);
                }
                Dependencies::Known(dependencies) => {
                    self.packages[package.index()].tried.insert(version);
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
        let state = &self.packages[project.index()];
        if stand_ins.contains(&project) || state.decided.is_some() {
            return false;
        }
        let mut required: Option<VersionSet> = None;
        for &at in &state.assignments {
            let assignment = &self.assignments[at];
            let is_required = assignment
                .cause
                .is_some_and(|cause| self.incompatibilities[cause].cause == Cause::Dependency);
            if let (true, Term::In(set)) = (is_required, &assignment.term) {
                required =
                    Some(required.map_or_else(|| set.clone(), |before| before.intersection(set)));
            }
        }
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
        let Term::In(left) = self.accumulated(project) else {
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
            if self.state(on).seen.is_none() {
                self.packages[on.index()].seen = Some(self.seen);
                self.seen += 1;
            }
            if blocked.is_none() && self.accumulated(on).excludes(&Term::In(allowed.clone())) {
                blocked = Some(on);
            }
            self.require(package, of, on, allowed, Cause::Dependency);
        }
        self.next = Some(package);
        match blocked {
            None => {
                self.level += 1;
                self.packages[package.index()].decided = Some(version);
                self.assign(package, Term::In(VersionSet::single(version)), None);
            }
            Some(on) if !provider.same_project(package, on) => {
                self.note_failure(package, version, on);
            }
            Some(_) => {}
        }
    }

    fn require(
        &mut self,
        package: PackageId,
        of: VersionSet,
        on: PackageId,
        allowed: VersionSet,
        cause: Cause,
    ) {
        self.state(on);
        let key = (package, on, of, allowed);
        if self.known.contains(&key) {
            return;
        }
        let (_, _, of, allowed) = key.clone();
        self.known.insert(key);
        self.add(Incompatibility {
            terms: vec![(package, Term::In(of)), (on, Term::NotIn(allowed))],
            cause,
        });
    }

    /// Counts that `version` of `package` failed against `on`, and reorders the
    /// search when it happens too often.
    fn note_failure(&mut self, package: PackageId, version: u32, on: PackageId) {
        self.failures
            .entry((package, on))
            .or_default()
            .insert(version);
        self.state(package).affected += 1;
        self.state(on).culprit += 1;
        if self.packages[package.index()].affected < CONFLICT_THRESHOLD {
            return;
        }
        let raised = self.packages[package.index()].raised.is_none();
        if raised {
            self.packages[package.index()].raised = Some(Urgency::ConflictEarly);
        }
        if self.packages[on.index()].culprit < CONFLICT_THRESHOLD {
            return;
        }
        let lowered = self.packages[on.index()].raised.is_none();
        if lowered {
            self.packages[on.index()].raised = Some(Urgency::ConflictLate);
        }
        if raised || lowered {
            self.undo(on, package);
        }
    }

    /// Goes back to before `package` was decided, if it was, to go on with `next`.
    fn undo(&mut self, package: PackageId, next: PackageId) -> bool {
        let level = self.packages[package.index()]
            .assignments
            .iter()
            .find_map(|&at| {
                let assignment = &self.assignments[at];
                assignment.cause.is_none().then_some(assignment.level)
            });
        let Some(level) = level.filter(|&level| level > 1) else {
            return false;
        };
        self.backtrack(level - 1);
        self.next = Some(next);
        true
    }

    /// Puts off the package whose choice leaves `package` nothing recent, so that
    /// `package` is decided before it. Each package is put off once at most.
    fn put_off_imposer(&mut self, package: PackageId, on: PackageId) -> bool {
        let imposer = if self.packages[on.index()].decided.is_some() {
            Some(on)
        } else {
            self.imposer(on)
        };
        let Some(imposer) = imposer.filter(|&imposer| imposer != package) else {
            return false;
        };
        if self.packages[imposer.index()].raised.is_some() || !self.undo(imposer, package) {
            return false;
        }
        self.packages[imposer.index()].raised = Some(Urgency::ConflictLate);
        self.packages[package.index()].raised = Some(Urgency::ConflictEarly);
        true
    }

    /// Returns the decided package whose requirement last narrowed `on`.
    fn imposer(&self, on: PackageId) -> Option<PackageId> {
        let &last = self.packages[on.index()].assignments.last()?;
        let cause = self.assignments[last].cause?;
        let incompatibility = &self.incompatibilities[cause];
        incompatibility
            .terms
            .iter()
            .map(|(package, _)| *package)
            .filter(|&package| package != on && package != PackageId::ROOT)
            .find(|&package| self.packages[package.index()].decided.is_some())
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
            let within = self.accumulated(on);
            match Probe::new(provider, package, version, on, &within) {
                Probe::Nothing => {}
                Probe::Unknown(versions) => {
                    let partners = self.probes.entry(package).or_default();
                    if !partners.contains(&on) {
                        partners.push(on);
                    }
                    for version in versions {
                        provider.want(package, version);
                    }
                    return true;
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
        if self.packages[package.index()].affected < PROBE_THRESHOLD {
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

    /// Asks for what will likely be looked at next, so that it comes along.
    fn want_more(
        &mut self,
        provider: &mut impl Provider,
        package: PackageId,
        allowed: &VersionSet,
    ) {
        let tried = self.packages[package.index()].tried.len();
        if tried >= 2 {
            let mut left = allowed.clone();
            let threshold = PROBE_THRESHOLD as usize;
            for _ in 0..threshold.checked_sub(tried).unwrap_or(threshold) {
                let Some(version) = provider.choose(package, &left) else {
                    break;
                };
                provider.want(package, version);
                left = left.difference(&VersionSet::single(version));
            }
        }
        for index in 0..self.packages.len() {
            let other =
                PackageId(u32::try_from(index).expect("there are fewer packages than u32 counts"));
            if other != package
                && let Some(allowed) = self.undecided(other).cloned()
                && let Some(version) = provider.choose(other, &allowed)
            {
                provider.want(other, version);
            }
        }
    }

    /// Returns how many packages had a version looked at, and how many versions
    /// that were in all.
    pub(super) fn tried(&self) -> (usize, usize) {
        let tried = self.packages.iter().map(|state| state.tried.len());
        (
            tried.clone().filter(|&count| count > 0).count(),
            tried.sum(),
        )
    }

    // -- partial solution ------------------------------------------------------

    fn state(&mut self, package: PackageId) -> &mut PackageState {
        if self.packages.len() <= package.index() {
            self.packages
                .resize_with(package.index() + 1, PackageState::default);
        }
        &mut self.packages[package.index()]
    }

    fn accumulated(&self, package: PackageId) -> Term {
        self.packages
            .get(package.index())
            .and_then(|state| state.assignments.last())
            .map_or(Term::ANY, |&at| self.assignments[at].accumulated.clone())
    }

    fn undecided(&self, package: PackageId) -> Option<&VersionSet> {
        let state = &self.packages[package.index()];
        if state.decided.is_some() {
            return None;
        }
        match &self.assignments[*state.assignments.last()?].accumulated {
            Term::In(set) => Some(set),
            Term::NotIn(_) => None,
        }
    }

    fn most_urgent(&self) -> Option<(PackageId, VersionSet)> {
        let mut best: Option<((Urgency, u32), PackageId)> = None;
        for index in 0..self.packages.len() {
            let package =
                PackageId(u32::try_from(index).expect("there are fewer packages than u32 counts"));
            let Some(set) = self.undecided(package) else {
                continue;
            };
            let state = &self.packages[index];
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
        Some((package, self.undecided(package)?.clone()))
    }

    fn solution(&self) -> BTreeMap<PackageId, u32> {
        self.packages
            .iter()
            .zip(0..)
            .filter_map(|(state, index)| Some((PackageId(index), state.decided?)))
            .collect()
    }

    fn assign(&mut self, package: PackageId, term: Term, cause: Option<IncompatibilityId>) {
        let accumulated = self.accumulated(package).and(&term);
        let seen = self.seen;
        let at = self.assignments.len();
        let state = self.state(package);
        state.assignments.push(at);
        if state.seen.is_none() && matches!(accumulated, Term::In(_)) {
            state.seen = Some(seen);
            self.seen += 1;
        }
        self.assignments.push(Assignment {
            package,
            level: self.level,
            term,
            accumulated,
            cause,
        });
    }

    fn backtrack(&mut self, level: u32) {
        while let Some(last) = self.assignments.last() {
            if last.level <= level {
                break;
            }
            let state = &mut self.packages[last.package.index()];
            state.assignments.pop();
            if last.cause.is_none() {
                state.decided = None;
            }
            self.assignments.pop();
        }
        self.level = level;
    }

    // -- incompatibilities -----------------------------------------------------

    fn add(&mut self, incompatibility: Incompatibility) -> IncompatibilityId {
        let id = self.incompatibilities.len();
        for index in 0..incompatibility.terms.len() {
            let package = incompatibility.terms[index].0;
            self.state(package).incompatibilities.push(id);
        }
        self.incompatibilities.push(incompatibility);
        id
    }

    fn relation(&self, id: IncompatibilityId) -> Relation {
        let mut open = None;
        for (index, (package, term)) in self.incompatibilities[id].terms.iter().enumerate() {
            let any = Term::ANY;
            let accumulated = self.packages[package.index()]
                .assignments
                .last()
                .map_or(&any, |&at| &self.assignments[at].accumulated);
            if accumulated.implies(term) {
                continue;
            }
            if open.is_some() || accumulated.excludes(term) {
                return Relation::Other;
            }
            open = Some(index);
        }
        open.map_or(Relation::Satisfied, Relation::Almost)
    }

    fn propagate(&mut self, package: PackageId) -> Result<(), IncompatibilityId> {
        let mut changed = vec![package];
        while let Some(package) = changed.pop() {
            let mut left = self.state(package).incompatibilities.len();
            while left > 0 {
                left -= 1;
                let id = self.packages[package.index()].incompatibilities[left];
                match self.relation(id) {
                    Relation::Other => {}
                    Relation::Almost(index) => {
                        let other = self.derive(id, index);
                        if !changed.contains(&other) {
                            changed.push(other);
                        }
                    }
                    Relation::Satisfied => {
                        let learned = self.resolve_conflict(id)?;
                        changed.clear();
                        if let Relation::Almost(index) = self.relation(learned) {
                            changed.push(self.derive(learned, index));
                        }
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn derive(&mut self, id: IncompatibilityId, index: usize) -> PackageId {
        let (package, term) = &self.incompatibilities[id].terms[index];
        let (package, term) = (*package, term.negate());
        self.assign(package, term, Some(id));
        package
    }

    /// Learns from a satisfied incompatibility and goes back to where the
    /// learned one has something to say. The error is the proof that there is
    /// nowhere to go back to.
    fn resolve_conflict(
        &mut self,
        mut id: IncompatibilityId,
    ) -> Result<IncompatibilityId, IncompatibilityId> {
        loop {
            let hopeless = self.incompatibilities[id]
                .terms
                .iter()
                .all(|(package, term)| {
                    *term == Term::ANY
                        || (*package == PackageId::ROOT && matches!(term, Term::In(_)))
                });
            if hopeless {
                return Err(id);
            }
            let (satisfier, index, previous_level) = self.satisfier(id);
            let assignment = &self.assignments[satisfier];
            let (level, cause) = (assignment.level, assignment.cause);
            match cause {
                Some(cause) if previous_level >= level => {
                    id = self.merge(id, cause, self.incompatibilities[id].terms[index].0);
                }
                _ => {
                    self.backtrack(previous_level);
                    return Ok(id);
                }
            }
        }
    }

    /// Returns the assignment that made the incompatibility satisfied, the term
    /// it satisfied, and the level at which all others were.
    fn satisfier(&self, id: IncompatibilityId) -> (usize, usize, u32) {
        let terms = &self.incompatibilities[id].terms;
        let first_to_imply = |package: PackageId, term: &Term, given: &Term| {
            let list = &self.packages[package.index()].assignments;
            let position = list.partition_point(|&at| {
                let accumulated = &self.assignments[at].accumulated;
                !accumulated.and(given).implies(term)
            });
            list.get(position).copied()
        };
        let mut latest: Option<(usize, usize)> = None;
        let mut level = 1;
        for (index, (package, term)) in terms.iter().enumerate() {
            if *term == Term::ANY {
                continue;
            }
            let at = first_to_imply(*package, term, &Term::ANY)
                .expect("every term of a satisfied incompatibility is implied");
            let earlier = match latest {
                Some((before, _)) if at <= before => at,
                _ => {
                    let before = latest.replace((at, index));
                    let Some((before, _)) = before else { continue };
                    before
                }
            };
            level = level.max(self.assignments[earlier].level);
        }
        let latest = latest.expect("an incompatibility that is not hopeless says something");
        let (package, term) = &terms[latest.1];
        let own = &self.assignments[latest.0].term;
        if !own.implies(term)
            && let Some(at) = first_to_imply(*package, term, own)
            && at < latest.0
        {
            // It needed what was known of the package before.
            level = level.max(self.assignments[at].level);
        }
        (latest.0, latest.1, level)
    }

    fn merge(
        &mut self,
        one: IncompatibilityId,
        other: IncompatibilityId,
        pivot: PackageId,
    ) -> IncompatibilityId {
        let mut terms: Vec<(PackageId, Term)> = Vec::new();
        let mut at_pivot: Option<Term> = None;
        for id in [one, other] {
            for (package, term) in &self.incompatibilities[id].terms {
                if *term == Term::ANY {
                    // A requirement that no release meets: it says nothing of that project.
                } else if *package == pivot {
                    at_pivot = Some(match at_pivot {
                        None => term.clone(),
                        Some(before) => before.or(term),
                    });
                } else if let Some((_, before)) =
                    terms.iter_mut().find(|(known, _)| known == package)
                {
                    *before = before.and(term);
                } else {
                    terms.push((*package, term.clone()));
                }
            }
        }
        if let Some(term) = at_pivot.filter(|term| *term != Term::ANY) {
            terms.push((pivot, term));
        }
        // The root is always chosen: saying so says nothing.
        if terms.len() > 1 {
            terms.retain(|(package, term)| {
                *package != PackageId::ROOT || !matches!(term, Term::In(_))
            });
        }
        self.add(Incompatibility {
            terms,
            cause: Cause::Derived(one, other),
        })
    }

    /// Returns the incompatibilities from outside that the given one follows from.
    pub(super) fn leaves(&self, id: IncompatibilityId) -> Vec<IncompatibilityId> {
        let (mut leaves, mut seen, mut queue) = (Vec::new(), FxHashSet::default(), vec![id]);
        while let Some(id) = queue.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.incompatibilities[id].cause {
                Cause::Derived(one, other) => queue.extend([one, other]),
                _ => leaves.push(id),
            }
        }
        leaves.sort_unstable();
        leaves
    }

    /// Returns on which of the things taken for granted an incompatibility rests.
    pub(super) fn doubts(&self, provider: &impl Provider, id: IncompatibilityId) -> Doubts {
        let mut doubts = Doubts::default();
        for leaf in self.leaves(id) {
            let incompatibility = &self.incompatibilities[leaf];
            match incompatibility.cause {
                Cause::Assumed => doubts.has_samples = true,
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
    /// That versions between two that fail, fail.
    pub(super) has_samples: bool,
    /// That pre-releases of these projects do not stand in for final releases.
    pub(super) stand_ins: BTreeSet<PackageId>,
}
