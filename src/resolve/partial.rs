//! The partial solution: what is decided, what follows from it, and what was
//! learned where that could not be.
//!
//! This is PubGrub's machinery of incompatibilities: unit propagation, conflict
//! resolution by the rule of resolution, and backtracking. It knows nothing of
//! how versions are chosen.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::provider::PackageId;
use super::set::{Term, VersionSet};

/// An incompatibility by number.
pub(super) type IncompatibilityId = usize;

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

#[derive(Clone)]
struct Assignment {
    package: PackageId,
    level: u32,
    term: Term,
    /// All that is known of the package up to and with this.
    accumulated: Term,
    /// None for a decision.
    cause: Option<IncompatibilityId>,
}

/// What is held of one package.
#[derive(Clone, Default)]
struct Node {
    assignments: Vec<usize>,
    incompatibilities: Vec<IncompatibilityId>,
    decided: Option<u32>,
    /// In how many conflicts it had a part.
    conflicts: u32,
}

enum Relation {
    Satisfied,
    Almost(usize),
    Other,
}

/// Incompatibilities, and the assignments made because of them.
#[derive(Clone, Default)]
pub(super) struct Partial {
    incompatibilities: Vec<Incompatibility>,
    nodes: Vec<Node>,
    assignments: Vec<Assignment>,
    level: u32,
    conflicts: u32,
}

impl Partial {
    /// Returns how many conflicts there were.
    pub(super) const fn conflict_count(&self) -> u32 {
        self.conflicts
    }

    /// Returns the packages that had a part in conflicts, and in how many.
    pub(super) fn in_conflict(&self) -> impl Iterator<Item = (PackageId, u32)> {
        let packages = (0..).map(PackageId);
        let counts = self.nodes.iter().map(|node| node.conflicts);
        packages.zip(counts).filter(|&(_, count)| count > 0)
    }

    /// Returns an incompatibility.
    pub(super) fn incompatibility(&self, id: IncompatibilityId) -> &Incompatibility {
        &self.incompatibilities[id]
    }

    /// Decides for a version, one level above all that was decided before.
    pub(super) fn decide(&mut self, package: PackageId, version: u32) {
        self.level += 1;
        self.node(package).decided = Some(version);
        self.assign(package, Term::In(VersionSet::single(version)), None);
    }

    /// Returns the version decided for.
    pub(super) fn decided(&self, package: PackageId) -> Option<u32> {
        self.nodes.get(package.index())?.decided
    }

    /// Returns the level at which a version was decided for.
    pub(super) fn level_of_decision(&self, package: PackageId) -> Option<u32> {
        let node = self.nodes.get(package.index())?;
        node.assignments.iter().find_map(|&at| {
            let assignment = &self.assignments[at];
            assignment.cause.is_none().then_some(assignment.level)
        })
    }

    /// Returns what the requirements of decided versions leave of a package,
    /// without what conflicts have ruled out.
    pub(super) fn required(&self, package: PackageId) -> Option<VersionSet> {
        let mut required: Option<VersionSet> = None;
        for &at in &self.nodes.get(package.index())?.assignments {
            let assignment = &self.assignments[at];
            let is_required = assignment
                .cause
                .is_some_and(|cause| self.incompatibilities[cause].cause == Cause::Dependency);
            if let (true, Term::In(set)) = (is_required, &assignment.term) {
                required = Some(match required {
                    None => set.clone(),
                    Some(before) => before.intersection(set),
                });
            }
        }
        required
    }

    /// Returns the decided package whose requirement last narrowed `on`.
    pub(super) fn imposer(&self, on: PackageId) -> Option<PackageId> {
        let &last = self.nodes.get(on.index())?.assignments.last()?;
        let cause = self.assignments[last].cause?;
        let terms = &self.incompatibilities[cause].terms;
        terms
            .iter()
            .map(|(package, _)| *package)
            .filter(|&package| package != on && package != PackageId::ROOT)
            .find(|&package| self.decided(package).is_some())
    }

    fn node(&mut self, package: PackageId) -> &mut Node {
        if self.nodes.len() <= package.index() {
            self.nodes.resize_with(package.index() + 1, Node::default);
        }
        &mut self.nodes[package.index()]
    }

    pub(super) fn accumulated(&self, package: PackageId) -> Term {
        self.nodes
            .get(package.index())
            .and_then(|node| node.assignments.last())
            .map_or(Term::ANY, |&at| self.assignments[at].accumulated.clone())
    }

    pub(super) fn undecided(&self, package: PackageId) -> Option<&VersionSet> {
        let node = self.nodes.get(package.index())?;
        if node.decided.is_some() {
            return None;
        }
        match &self.assignments[*node.assignments.last()?].accumulated {
            Term::In(set) => Some(set),
            Term::NotIn(_) => None,
        }
    }

    pub(super) fn solution(&self) -> BTreeMap<PackageId, u32> {
        self.nodes
            .iter()
            .zip(0..)
            .filter_map(|(node, index)| Some((PackageId(index), node.decided?)))
            .collect()
    }

    fn assign(&mut self, package: PackageId, term: Term, cause: Option<IncompatibilityId>) {
        let accumulated = self.accumulated(package).and(&term);
        let at = self.assignments.len();
        let node = self.node(package);
        node.assignments.push(at);
        self.assignments.push(Assignment {
            package,
            level: self.level,
            term,
            accumulated,
            cause,
        });
    }

    pub(super) fn backtrack(&mut self, level: u32) {
        while let Some(last) = self.assignments.last() {
            if last.level <= level {
                break;
            }
            let node = &mut self.nodes[last.package.index()];
            node.assignments.pop();
            if last.cause.is_none() {
                node.decided = None;
            }
            self.assignments.pop();
        }
        self.level = level;
    }

    pub(super) fn add(&mut self, incompatibility: Incompatibility) -> IncompatibilityId {
        let id = self.incompatibilities.len();
        for index in 0..incompatibility.terms.len() {
            let package = incompatibility.terms[index].0;
            self.node(package).incompatibilities.push(id);
        }
        self.incompatibilities.push(incompatibility);
        id
    }

    fn relation(&self, id: IncompatibilityId) -> Relation {
        let mut open = None;
        for (index, (package, term)) in self.incompatibilities[id].terms.iter().enumerate() {
            let any = Term::ANY;
            let accumulated = self.nodes[package.index()]
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

    pub(super) fn propagate(&mut self, package: PackageId) -> Result<(), IncompatibilityId> {
        let mut changed = vec![package];
        while let Some(package) = changed.pop() {
            let mut left = self.node(package).incompatibilities.len();
            while left > 0 {
                left -= 1;
                let id = self.nodes[package.index()].incompatibilities[left];
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
        self.conflicts += 1;
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
                    for (package, _) in &self.incompatibilities[id].terms {
                        self.nodes[package.index()].conflicts += 1;
                    }
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
            let list = &self.nodes[package.index()].assignments;
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
}
