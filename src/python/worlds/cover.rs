//! The shortest marker that holds on some cells and on none of others.
//!
//! A cell is one combination of values. A cube restricts some axes, by one term each; the
//! marker is a cube that all cells have in common and alternatives to it. Few comparisons
//! come first, then few `or`, then the rank of what is compared; what is left equal is
//! settled by the order of axes and terms, which is that of their text.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::bits::Bits;

/// One way to restrict an axis: comparisons that hold together, or one of which does.
#[derive(Debug, Clone)]
pub(super) struct Term<const N: usize> {
    /// Where it holds.
    pub(super) cells: Bits<N>,
    pub(super) comparisons: Vec<String>,
    /// Whether one comparison suffices.
    pub(super) is_any: bool,
    /// What is preferred among as many comparisons: the lower.
    pub(super) rank: u32,
}

impl<const N: usize> Term<N> {
    pub(super) fn weight(&self) -> Weight {
        let comparisons = u32::try_from(self.comparisons.len()).unwrap_or(u32::MAX);
        Weight {
            comparisons,
            ors: if self.is_any { comparisons - 1 } else { 0 },
            rank: self.rank,
        }
    }
}

/// How much a reader has to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Weight {
    comparisons: u32,
    ors: u32,
    rank: u32,
}

impl Weight {
    const MOST: Self = Self {
        comparisons: u32::MAX,
        ors: 0,
        rank: 0,
    };

    const fn plus(self, other: Self) -> Self {
        Self {
            comparisons: self.comparisons.saturating_add(other.comparisons),
            ors: self.ors.saturating_add(other.ors),
            rank: self.rank.saturating_add(other.rank),
        }
    }

    const fn as_alternative(mut self) -> Self {
        self.ors += 1;
        self
    }
}

/// What a marker is to be found for: the ways to restrict each axis, and cells, of which
/// those where it has to hold come first.
pub(super) struct Problem<const N: usize> {
    pub(super) axes: Vec<Vec<Term<N>>>,
    pub(super) on: usize,
    pub(super) cells: usize,
}

/// A choice of terms, by axis and number.
#[derive(Debug, Clone)]
struct Cube<const N: usize> {
    cells: Bits<N>,
    weight: Weight,
    terms: Vec<(usize, usize)>,
}

/// Up to how many cells the best alternatives are found for certain.
const MOST_EXACT: usize = 12;

/// How many cubes are looked at.
const MOST_LOOKS: usize = 60_000;

impl<const N: usize> Problem<N> {
    /// Returns the marker.
    pub(super) fn solve(&self) -> String {
        let on = Bits::of(0..self.on);
        let off = self.separable(&Bits::of(self.on..self.cells));
        let all = Cube {
            cells: Bits::of(0..self.cells),
            weight: Weight::default(),
            terms: Vec::new(),
        };
        let mut fronts = Vec::new();
        self.add_fronts(0, &all, &on, &off, &mut fronts);
        // The first is the one without terms.
        let fronts = without_dominated(fronts, |front| off.minus(&front.cells));
        let mut best = (Weight::MOST, all, Vec::new());
        for front in fronts {
            let off = off.and(&front.cells);
            let (weight, alternatives) = if off.is_empty() {
                (front.weight, Vec::new())
            } else if front.weight.comparisons + 2 > best.0.comparisons {
                // At least two alternatives follow.
                continue;
            } else {
                let cubes = self.cubes(&on, &off);
                let chosen = choose(&cubes, self.on);
                let weights = chosen.iter().map(|cube| cube.weight.as_alternative());
                let mut weight = weights.fold(front.weight, Weight::plus);
                weight.ors = weight.ors.saturating_sub(1);
                (weight, chosen)
            };
            if weight < best.0 {
                best = (weight, front, alternatives);
            }
        }
        self.print(&best.1, &best.2)
    }

    /// Returns the cells that can be told from those where the marker has to hold.
    fn separable(&self, off: &Bits<N>) -> Bits<N> {
        let mut separable = *off;
        for cell in 0..self.on {
            let terms = self.axes.iter().flatten();
            let terms = terms.filter(|term| term.cells.contains(cell));
            let like = terms.fold(separable, |like, term| like.and(&term.cells));
            separable = separable.minus(&like);
        }
        separable
    }

    /// Adds cubes that hold on all of `on`, each of whose terms leaves out some of `off`.
    fn add_fronts(
        &self,
        axis: usize,
        cube: &Cube<N>,
        on: &Bits<N>,
        off: &Bits<N>,
        fronts: &mut Vec<Cube<N>>,
    ) {
        if axis == self.axes.len() || !cube.cells.intersects(off) {
            fronts.push(cube.clone());
            return;
        }
        self.add_fronts(axis + 1, cube, on, off, fronts);
        for (number, term) in self.axes[axis].iter().enumerate() {
            if on.is_within(&term.cells)
                && fronts.len() < MOST_LOOKS / 64
                && let Some(narrowed) = self.narrow(cube, axis, number, off)
            {
                self.add_fronts(axis + 1, &narrowed, on, off, fronts);
            }
        }
    }

    /// Returns a cube with one more term; none if that leaves out nothing of `off`.
    fn narrow(&self, cube: &Cube<N>, axis: usize, number: usize, off: &Bits<N>) -> Option<Cube<N>> {
        let term = &self.axes[axis][number];
        let cells = cube.cells.and(&term.cells);
        if cells.and(off) == cube.cells.and(off) {
            return None;
        }
        let mut terms = cube.terms.clone();
        terms.push((axis, number));
        Some(Cube {
            cells,
            weight: cube.weight.plus(term.weight()),
            terms,
        })
    }

    /// Returns the cubes that hold on none of `off`; each cell of `on` has one.
    fn cubes(&self, on: &Bits<N>, off: &Bits<N>) -> Vec<Cube<N>> {
        let all = Cube {
            cells: Bits::of(0..self.cells),
            weight: Weight::default(),
            terms: Vec::new(),
        };
        let mut search = Search {
            axes: &self.axes,
            on,
            off,
            path: Vec::new(),
            looks: MOST_LOOKS,
            found: IndexMap::default(),
        };
        search.add_cubes(0, &all.cells, all.weight);
        let is_complete = search.looks > 0;
        let mut found: Vec<Cube<N>> = search.found.into_values().collect();
        if !is_complete {
            let smallest = on.iter().map(|cell| self.smallest(cell, &all, off));
            found.extend(smallest);
        }
        without_dominated(found, |cube| cube.cells.and(on))
    }

    /// Returns a cube of a cell that holds on none of `off`.
    fn smallest(&self, cell: usize, all: &Cube<N>, off: &Bits<N>) -> Cube<N> {
        let mut cube = all.clone();
        for (axis, terms) in self.axes.iter().enumerate() {
            let terms = terms.iter().enumerate();
            let own = terms.filter(|(_, term)| term.cells.contains(cell));
            let smallest = own.min_by_key(|(_, term)| (term.cells.count(), term.weight()));
            if let Some((number, _)) = smallest
                && let Some(narrowed) = self.narrow(&cube, axis, number, off)
            {
                cube = narrowed;
            }
        }
        cube
    }

    fn print(&self, front: &Cube<N>, alternatives: &[Cube<N>]) -> String {
        let terms = |terms: &[(usize, usize)]| -> Vec<&Term<N>> {
            let terms = terms.iter();
            terms.map(|(axis, term)| &self.axes[*axis][*term]).collect()
        };
        let mut together = front.terms.clone();
        if let [only] = alternatives {
            together.extend(&only.terms);
            together.sort_unstable();
        }
        let together = terms(&together);
        let count: usize = together.iter().map(|term| term.comparisons.len()).sum();
        let is_alone = together.len() == 1 && alternatives.len() < 2;
        let mut parts: Vec<String> = Vec::with_capacity(count);
        for term in together {
            match (term.is_any && term.comparisons.len() > 1, is_alone) {
                (true, true) => parts.push(term.comparisons.join(" or ")),
                (true, false) => parts.push(format!("({})", term.comparisons.join(" or "))),
                (false, _) => parts.extend(term.comparisons.iter().cloned()),
            }
        }
        if alternatives.len() > 1 {
            let texts = alternatives
                .iter()
                .map(|cube| print_alternative(&terms(&cube.terms)));
            let text = texts.collect::<Vec<_>>().join(" or ");
            parts.push(if parts.is_empty() {
                text
            } else {
                format!("({text})")
            });
        }
        parts.join(" and ")
    }
}

fn print_alternative<const N: usize>(terms: &[&Term<N>]) -> String {
    if let [only] = terms
        && (only.is_any || only.comparisons.len() == 1)
    {
        return only.comparisons.join(" or ");
    }
    let parts = terms.iter().map(|term| {
        if term.is_any && term.comparisons.len() > 1 {
            format!("({})", term.comparisons.join(" or "))
        } else {
            term.comparisons.join(" and ")
        }
    });
    format!("({})", parts.collect::<Vec<_>>().join(" and "))
}

/// A search for cubes that hold on none of `off`.
struct Search<'a, const N: usize> {
    axes: &'a [Vec<Term<N>>],
    on: &'a Bits<N>,
    off: &'a Bits<N>,
    /// The terms chosen so far.
    path: Vec<(usize, usize)>,
    /// How many terms may still be looked at.
    looks: usize,
    /// The lightest, by where they hold.
    found: IndexMap<Bits<N>, Cube<N>, FxBuildHasher>,
}

impl<const N: usize> Search<'_, N> {
    fn add_cubes(&mut self, axis: usize, cells: &Bits<N>, weight: Weight) {
        if !cells.intersects(self.off) {
            self.add(*cells, weight);
            return;
        }
        let all = self.axes;
        let Some(terms) = all.get(axis) else {
            return;
        };
        self.add_cubes(axis + 1, cells, weight);
        for (number, term) in terms.iter().enumerate() {
            if self.looks == 0 {
                return;
            }
            self.looks -= 1;
            let narrowed = cells.and(&term.cells);
            if narrowed.intersects(self.on) && narrowed.and(self.off) != cells.and(self.off) {
                self.path.push((axis, number));
                self.add_cubes(axis + 1, &narrowed, weight.plus(term.weight()));
                self.path.pop();
            }
        }
    }

    fn add(&mut self, cells: Bits<N>, weight: Weight) {
        let covered = cells.and(self.on);
        let known = self.found.get(&covered);
        if known.is_none_or(|known| weight < known.weight) {
            let terms = self.path.clone();
            self.found.insert(
                covered,
                Cube {
                    cells,
                    weight,
                    terms,
                },
            );
        }
    }
}

/// Returns cubes without those that are good for no more than another that weighs no more.
fn without_dominated<const N: usize>(
    mut cubes: Vec<Cube<N>>,
    good_for: impl Fn(&Cube<N>) -> Bits<N>,
) -> Vec<Cube<N>> {
    cubes.sort_by_key(|cube| cube.weight);
    let mut kept: Vec<(Bits<N>, Cube<N>)> = Vec::new();
    for cube in cubes {
        let own = good_for(&cube);
        if !kept.iter().any(|(other, _)| own.is_within(other)) {
            kept.push((own, cube));
        }
    }
    kept.into_iter().map(|(_, cube)| cube).collect()
}

/// Returns the lightest cubes that together hold on the first `on` cells, ordered by the
/// first axis and the first cell of each.
fn choose<const N: usize>(cubes: &[Cube<N>], on: usize) -> Vec<Cube<N>> {
    let rows = rows(cubes, on);
    let chosen = if rows.len() <= MOST_EXACT {
        choose_best(cubes, &rows)
    } else {
        choose_greedily(cubes, &rows)
    };
    let mut chosen: Vec<Cube<N>> = chosen.into_iter().map(|at| cubes[at].clone()).collect();
    chosen.sort_by_key(|cube| {
        let axis = cube.terms.first().map(|(axis, _)| *axis);
        (axis, cube.cells.first(), cube.weight)
    });
    chosen
}

/// Returns the cells to be covered, without those that are wherever another is.
fn rows<const N: usize>(cubes: &[Cube<N>], on: usize) -> Vec<usize> {
    if on <= MOST_EXACT {
        return (0..on).collect();
    }
    let of: Vec<Vec<usize>> = (0..on)
        .map(|cell| {
            let cubes = cubes.iter().enumerate();
            let own = cubes.filter(|(_, cube)| cube.cells.contains(cell));
            own.map(|(at, _)| at).collect()
        })
        .collect();
    let mut rows: Vec<usize> = Vec::new();
    for cell in 0..on {
        let is_implied = |other: &usize| {
            let mut cubes = of[*other].iter();
            cubes.all(|at| of[cell].binary_search(at).is_ok())
        };
        if !rows.iter().any(is_implied) {
            rows.retain(|other| {
                let mut cubes = of[cell].iter();
                !cubes.all(|at| of[*other].binary_search(at).is_ok())
            });
            rows.push(cell);
        }
    }
    rows.sort_unstable();
    rows
}

fn choose_best<const N: usize>(cubes: &[Cube<N>], rows: &[usize]) -> Vec<usize> {
    let masks: Vec<usize> = cubes
        .iter()
        .map(|cube| {
            let own = rows.iter().enumerate();
            let own = own.filter(|(_, cell)| cube.cells.contains(**cell));
            own.fold(0, |mask, (at, _)| mask | 1 << at)
        })
        .collect();
    let all = (1_usize << rows.len()) - 1;
    // By what is covered: the least weight, and the last cube with what was before it.
    let mut best: Vec<Option<(Weight, usize, usize)>> = vec![None; all + 1];
    best[0] = Some((Weight::default(), 0, 0));
    for covered in 0..all {
        let Some((weight, _, _)) = best[covered] else {
            continue;
        };
        let next = 1 << covered.trailing_ones();
        for (at, mask) in masks.iter().enumerate() {
            if mask & next == 0 {
                continue;
            }
            let weight = weight.plus(cubes[at].weight.as_alternative());
            let known = &mut best[covered | mask];
            if known.is_none_or(|(known, _, _)| weight < known) {
                *known = Some((weight, covered, at));
            }
        }
    }
    let mut chosen = Vec::new();
    let mut covered = all;
    while covered != 0
        && let Some((_, before, at)) = best[covered]
    {
        chosen.push(at);
        covered = before;
    }
    chosen
}

fn choose_greedily<const N: usize>(cubes: &[Cube<N>], rows: &[usize]) -> Vec<usize> {
    let mut left = Bits::<N>::of(rows.iter().copied());
    let mut chosen: Vec<usize> = Vec::new();
    while !left.is_empty() {
        let gain = |at: usize| {
            let count = u64::from(cubes[at].cells.and(&left).count());
            // As many cells as possible for each comparison.
            count * 1000 / u64::from(cubes[at].weight.comparisons.max(1))
        };
        let best = (0..cubes.len()).rev().max_by_key(|at| gain(*at));
        let Some(best) = best.filter(|at| gain(*at) > 0) else {
            break;
        };
        left = left.minus(&cubes[best].cells);
        chosen.push(best);
    }
    let needed = Bits::<N>::of(rows.iter().copied());
    for at in chosen.clone().into_iter().rev() {
        let others = chosen.iter().filter(|other| **other != at);
        let covered = others.fold(Bits::none(), |all: Bits<N>, other| {
            all.or(&cubes[*other].cells)
        });
        if needed.is_within(&covered) {
            chosen.retain(|other| *other != at);
        }
    }
    chosen
}
