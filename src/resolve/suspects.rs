//! Which requirements a contradiction needs: the suspects, each left out in turn.

use std::collections::BTreeSet;

use super::partial::{Cause, IncompatibilityId};
use super::solver::{Patience, Solver, Step};
use super::universe::{Mask, ProjectId, Universe};

/// How many searches may be spent on making the explanation small.
const MOST_TRIALS: usize = 400;
/// How many conflicts there may be in one of them.
const MOST_CONFLICTS: u32 = 2_000;
/// How many there may be in all.
const MOST_CONFLICTS_IN_ALL: u32 = 20_000;

/// The suspects: what a proof rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Suspect {
    Dependency(ProjectId, ProjectId),
    Constraint(usize),
    Root(usize),
}

/// Leaves out whatever the contradiction does not need.
pub(super) fn shrink(
    universe: &mut Universe,
    solver: &Solver,
    id: IncompatibilityId,
) -> (Mask, Option<(Solver, IncompatibilityId)>) {
    let mut mask = Mask::default();
    let mut needed = suspects(universe, &mask, solver, id);
    // All that the proof does not mention goes at once.
    for root in 0..universe.request.roots.len() {
        if !needed.contains(&Suspect::Root(root)) {
            mask.roots.insert(root);
        }
    }
    for constraint in 0..universe.request.constraints.len() {
        if !needed.contains(&Suspect::Constraint(constraint)) {
            mask.constraints.insert(constraint);
        }
    }
    let mut core = None;
    let mut settled: BTreeSet<Suspect> = BTreeSet::new();
    let mut trials = 0;
    let mut left = MOST_CONFLICTS_IN_ALL;
    while let Some(suspect) = needed
        .iter()
        .rev()
        .find(|&one| !settled.contains(one))
        .cloned()
    {
        trials += 1;
        if trials > MOST_TRIALS || left == 0 {
            break;
        }
        let mut without = mask.clone();
        without.hide(&suspect);
        match refute(universe, &without, &mut left) {
            Some((solver, id)) => {
                mask = without;
                let mentioned = suspects(universe, &mask, &solver, id);
                for gone in needed.difference(&mentioned) {
                    mask.hide(gone);
                }
                needed = mentioned;
                core = Some((solver, id));
            }
            None => {
                settled.insert(suspect);
            }
        }
    }
    (mask, core)
}

impl Mask {
    fn hide(&mut self, suspect: &Suspect) {
        match *suspect {
            Suspect::Root(root) => {
                self.roots.insert(root);
            }
            Suspect::Constraint(constraint) => {
                self.constraints.insert(constraint);
            }
            Suspect::Dependency(from, to) => {
                self.edges.insert((from, to));
            }
        }
    }
}

/// Searches with some requirements left out; returns the proof if there is still
/// no solution, by what is known. One that takes too long is none: what was left out
/// then counts as needed.
fn refute(
    universe: &mut Universe,
    mask: &Mask,
    left: &mut u32,
) -> Option<(Solver, IncompatibilityId)> {
    let patience = Patience {
        conflicts: MOST_CONFLICTS.min(*left),
        ..Patience::ENDLESS
    };
    let (solver, step) = search(universe, mask, patience);
    *left = left.saturating_sub(solver.conflict_count());
    match step {
        Step::Unsolvable(id) => Some((solver, id)),
        _ => None,
    }
}

fn search(universe: &mut Universe, mask: &Mask, patience: Patience<'_>) -> (Solver, Step) {
    let before = std::mem::replace(&mut universe.mask, mask.clone());
    let mut solver = Solver::new(false, None);
    universe.constrain(&mut solver, &mut BTreeSet::new());
    let step = solver.run(universe, patience);
    universe.mask = before;
    universe.take_needs();
    (solver, step)
}

/// Returns what a proof rests on, out of what the mask leaves.
pub(super) fn suspects(
    universe: &Universe,
    mask: &Mask,
    solver: &Solver,
    id: IncompatibilityId,
) -> BTreeSet<Suspect> {
    let mut suspects = BTreeSet::new();
    for leaf in solver.leaves(id) {
        let incompatibility = solver.incompatibility(leaf);
        match incompatibility.cause {
            Cause::Dependency | Cause::Assumed => {
                let (from, on) = (incompatibility.terms[0].0, incompatibility.terms[1].0);
                match (universe.project_of(from), universe.project_of(on)) {
                    (Some(from), Some(to)) if from != to => {
                        suspects.insert(Suspect::Dependency(from, to));
                    }
                    (None, Some(to)) => {
                        for (index, root) in universe.request.roots.iter().enumerate() {
                            if !mask.roots.contains(&index)
                                && root.requirement.name == universe.projects[to as usize].name
                            {
                                suspects.insert(Suspect::Root(index));
                            }
                        }
                    }
                    _ => {}
                }
            }
            Cause::Constraint => {
                if let Some(project) = universe.project_of(incompatibility.terms[0].0) {
                    suspects.extend(
                        universe
                            .constraints_on(project)
                            .iter()
                            .filter(|&one| !mask.constraints.contains(one))
                            .map(|&one| Suspect::Constraint(one)),
                    );
                }
            }
            _ => {}
        }
    }
    suspects
}
