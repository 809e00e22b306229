//! Markers that say in which worlds of a set something holds.
//!
//! The sets are cut into classes of values that they tell apart; a cell is one combination
//! of these. What is in neither set is free.

use rustc_hash::FxHashSet;

use super::super::marker::{Test, print_test};
use super::bits::Bits;
use super::cover::{Problem, Term};
use super::diagram::{Axis, HOLDS, OTHER, WorldSet};
use super::read::{decisions, environment_with, opposite, variable};
use super::release;
use super::sets::Worlds;
use super::terms::{Class, Pythons, cut, name_terms, python_terms, rank_of};

/// What no Python passes.
pub(super) const NEVER: &str = "python_version < \"0\"";

/// How many combinations of values are looked at.
const MOST_COMBINATIONS: usize = 1 << 15;

/// Pythons that are alike.
struct Piece {
    lower: u64,
    /// The first above.
    upper: u64,
    on: WorldSet,
    off: WorldSet,
}

/// Values on one axis that are alike.
struct Values {
    /// The labels with their names; [`OTHER`] for what has none.
    labels: Vec<(u64, String)>,
    is_rest: bool,
}

/// An axis on which the sets tell values apart.
struct Split {
    axis: Axis,
    values: Vec<Values>,
}

/// A combination of values: the number of a piece, and that of the values on each axis.
struct Cell {
    piece: usize,
    values: Vec<usize>,
}

impl Worlds {
    /// Returns the shortest marker that holds in all worlds of `on` and none of `off`; none
    /// if there is nothing to tell apart. In other worlds it may hold or not.
    pub fn marker(&mut self, on: WorldSet, off: WorldSet) -> Option<String> {
        let off = self.minus(off, on);
        if off == WorldSet::NONE {
            return None;
        }
        if on == WorldSet::NONE {
            return Some(NEVER.to_owned());
        }
        if let Some(text) = self.printed.get(&(on, off)) {
            return Some(text.clone());
        }
        let text = self.print(on, off);
        self.printed.insert((on, off), text.clone());
        Some(text)
    }

    fn print(&mut self, on: WorldSet, off: WorldSet) -> String {
        let pieces = self.pieces(on, off);
        let splits = self.splits(&pieces);
        let Some((cells, count)) = self.cells(&pieces, &splits) else {
            self.is_overfull = true;
            return NEVER.to_owned();
        };
        if cells.len() <= Bits::<1>::CAPACITY {
            self.problem::<1>(&pieces, &splits, &cells, count).solve()
        } else {
            self.problem::<32>(&pieces, &splits, &cells, count).solve()
        }
    }

    /// Returns the runs of Pythons that are alike, without those that are free.
    fn pieces(&self, on: WorldSet, off: WorldSet) -> Vec<Piece> {
        let edges = [on, off].into_iter().flat_map(|set| {
            let has_pythons = self.diagram.axis(set) == Axis::PYTHON;
            let edges = if has_pythons {
                self.diagram.edges(set)
            } else {
                &[]
            };
            edges.iter().map(|(lower, _)| *lower)
        });
        let mut lowers: Vec<u64> = edges.chain([0]).collect();
        lowers.sort_unstable();
        lowers.dedup();
        let at = |set: WorldSet, python: u64| {
            if self.diagram.axis(set) == Axis::PYTHON {
                self.diagram.follow(set, python)
            } else {
                set
            }
        };
        let mut pieces: Vec<Piece> = Vec::new();
        for (index, &lower) in lowers.iter().enumerate() {
            let upper = lowers.get(index + 1).copied().unwrap_or(u64::MAX);
            let (on, off) = (at(on, lower), at(off, lower));
            match pieces.last_mut() {
                _ if (on, off) == (WorldSet::NONE, WorldSet::NONE) => {}
                Some(last) if (last.on, last.off, last.upper) == (on, off, lower) => {
                    last.upper = upper;
                }
                _ => pieces.push(Piece {
                    lower,
                    upper,
                    on,
                    off,
                }),
            }
        }
        pieces
    }

    /// Returns the axes below Python on which values are told apart, in the order in which
    /// they are printed.
    fn splits(&self, pieces: &[Piece]) -> Vec<Split> {
        let mut nodes: Vec<WorldSet> = Vec::new();
        let mut seen: FxHashSet<WorldSet> = FxHashSet::default();
        let mut open: Vec<WorldSet> = pieces
            .iter()
            .flat_map(|piece| [piece.on, piece.off])
            .collect();
        while let Some(set) = open.pop() {
            let edges = self.diagram.edges(set);
            if !edges.is_empty() && seen.insert(set) {
                nodes.push(set);
                open.extend(edges.iter().map(|(_, next)| *next));
            }
        }
        let mut axes: Vec<Axis> = nodes.iter().map(|set| self.diagram.axis(*set)).collect();
        axes.sort_unstable();
        axes.dedup();
        // Comparisons are numbered as they are met, which is not to be seen.
        axes.sort_by_cached_key(|axis| match axis.comparison() {
            None => (*axis, String::new()),
            Some(_) => (Axis::END, self.opaque_text(*axis)),
        });
        let split = |axis: Axis| {
            let nodes = nodes.iter().copied();
            let nodes = nodes.filter(|set| self.diagram.axis(*set) == axis);
            self.split(axis, &nodes.collect::<Vec<_>>())
        };
        axes.into_iter().map(split).collect()
    }

    /// Divides the values on an axis into those that lead to the same from each node.
    fn split(&self, axis: Axis, nodes: &[WorldSet]) -> Split {
        let edges = nodes.iter().flat_map(|set| self.diagram.edges(*set));
        let mut labels: Vec<u64> = edges.map(|(label, _)| *label).collect();
        labels.sort_unstable();
        labels.dedup();
        let mut classes: Vec<(Vec<WorldSet>, Values)> = Vec::new();
        for label in labels {
            let next = nodes.iter().map(|set| self.diagram.follow(*set, label));
            let next: Vec<WorldSet> = next.collect();
            let name = self.text(label).to_owned();
            if let Some((_, values)) = classes.iter_mut().find(|(own, _)| *own == next) {
                values.labels.push((label, name));
            } else {
                let values = Values {
                    labels: vec![(label, name)],
                    is_rest: label == OTHER,
                };
                classes.push((next, values));
            }
        }
        let mut values: Vec<Values> = classes.into_iter().map(|(_, values)| values).collect();
        for own in &mut values {
            own.labels.sort_by(|(_, one), (_, other)| one.cmp(other));
        }
        values.sort_by(|one, other| {
            let key = |values: &Values| (values.is_rest, values.labels[0].1.clone());
            key(one).cmp(&key(other))
        });
        Split { axis, values }
    }

    /// Returns the combinations that are in a set, those of `on` first, and how many these
    /// are; none if there are too many.
    fn cells(&self, pieces: &[Piece], splits: &[Split]) -> Option<(Vec<Cell>, usize)> {
        let counts = splits.iter().map(|split| split.values.len());
        let combinations = counts.fold(pieces.len(), usize::saturating_mul);
        if combinations > MOST_COMBINATIONS {
            return None;
        }
        let (mut on, mut off) = (Vec::new(), Vec::new());
        for (piece, own) in pieces.iter().enumerate() {
            let mut values = vec![0; splits.len()];
            loop {
                if is_possible(self, splits, &values) {
                    let cell = || Cell {
                        piece,
                        values: values.clone(),
                    };
                    if self.leads_to_all(own.on, splits, &values) {
                        on.push(cell());
                    } else if self.leads_to_all(own.off, splits, &values) {
                        off.push(cell());
                    }
                }
                if !advance(&mut values, splits) {
                    break;
                }
            }
        }
        let count = on.len();
        on.append(&mut off);
        (on.len() <= Bits::<32>::CAPACITY).then_some((on, count))
    }

    fn leads_to_all(&self, mut set: WorldSet, splits: &[Split], values: &[usize]) -> bool {
        while set != WorldSet::ALL && set != WorldSet::NONE {
            let axis = self.diagram.axis(set);
            let own = splits
                .iter()
                .zip(values)
                .find(|(split, _)| split.axis == axis);
            let label = own.map_or(OTHER, |(split, at)| split.values[*at].labels[0].0);
            set = self.diagram.follow(set, label);
        }
        set == WorldSet::ALL
    }

    fn problem<const N: usize>(
        &self,
        pieces: &[Piece],
        splits: &[Split],
        cells: &[Cell],
        on: usize,
    ) -> Problem<N> {
        let is_on = Bits::of(0..on);
        let where_is = |holds: &dyn Fn(&Cell) -> bool| -> Bits<N> {
            let own = cells.iter().enumerate();
            Bits::of(own.filter(|(_, cell)| holds(cell)).map(|(at, _)| at))
        };
        let pythons: Vec<Bits<N>> = (0..pieces.len())
            .map(|piece| where_is(&|cell| cell.piece == piece))
            .collect();
        let all = Bits::of(0..cells.len());
        let mut axes = vec![python_terms(&pythons_of(pieces, &pythons), &all)];
        for (number, split) in splits.iter().enumerate() {
            let of = |at: usize| where_is(&|cell| cell.values[number] == at);
            axes.push(match variable(split.axis) {
                Some(variable) => {
                    let classes = split.values.iter().enumerate().map(|(at, values)| {
                        let names = values.labels.iter().filter(|(label, _)| *label != OTHER);
                        Class {
                            names: names.map(|(_, name)| name.clone()).collect(),
                            cells: of(at),
                        }
                    });
                    name_terms(variable, &classes.collect::<Vec<_>>(), true, &is_on)
                }
                None => self.opaque_terms(split, of),
            });
        }
        Problem {
            axes,
            on,
            cells: cells.len(),
        }
    }

    fn opaque_terms<const N: usize>(
        &self,
        split: &Split,
        of: impl Fn(usize) -> Bits<N>,
    ) -> Vec<Term<N>> {
        let Some(asked) = self.opaque_test(split.axis) else {
            return Vec::new();
        };
        let values = split.values.iter().enumerate();
        let terms = values.filter_map(|(at, values)| {
            let holds = values.labels[0].0 == HOLDS;
            let printed = if holds {
                asked.clone()
            } else {
                opposite(asked)?
            };
            let mut text = String::new();
            print_test(&printed, &mut text);
            Some(Term {
                cells: of(at),
                comparisons: vec![text],
                is_any: false,
                rank: rank_of(asked.variable) + 20,
            })
        });
        terms.collect()
    }

    fn opaque_test(&self, axis: Axis) -> Option<&Test> {
        let (_, test) = self.opaque.get_index(axis.comparison()?)?;
        Some(test)
    }

    fn opaque_text(&self, axis: Axis) -> String {
        let mut text = String::new();
        if let Some(test) = self.opaque_test(axis) {
            print_test(test, &mut text);
        }
        text
    }
}

/// Goes on to the next combination of values.
fn advance(values: &mut [usize], splits: &[Split]) -> bool {
    for (value, split) in values.iter_mut().zip(splits).rev() {
        *value += 1;
        if *value < split.values.len() {
            return true;
        }
        *value = 0;
    }
    false
}

/// Whether a combination is that of some world: the row of a system or an implementation
/// decides what else is known of it, and its name what a search of it finds.
fn is_possible(worlds: &Worlds, splits: &[Split], values: &[usize]) -> bool {
    let chosen = |axis: Axis| {
        let mut all = splits.iter().zip(values);
        all.find(|(split, _)| split.axis == axis)
            .map(|(split, at)| (split, &split.values[*at]))
    };
    let is_named = |values: &Values, name: &str| values.labels.iter().any(|(_, own)| own == name);
    // Whether a name on an axis goes with what is chosen on another.
    let goes_with = |axis: Axis, label: u64, name: &str| {
        let decided = [
            Axis::OS_NAME,
            Axis::PLATFORM_SYSTEM,
            Axis::PYTHON_IMPLEMENTATION,
        ];
        let fits_rows = decided.into_iter().all(|other| {
            let Some((split, chosen)) = chosen(other) else {
                return true;
            };
            let Some((above, rows)) = decisions(other) else {
                return true;
            };
            let mut rows = rows.into_iter();
            let row = rows.find(|(row, _)| above == axis && *row == name);
            row.is_none_or(|(_, decided)| {
                let is_known = split.values.iter().any(|own| is_named(own, decided));
                is_named(chosen, decided) || (chosen.is_rest && !is_known)
            })
        });
        let fits_searches = || {
            splits.iter().zip(values).all(|(split, at)| {
                let Some(test) = worlds.opaque_test(split.axis) else {
                    return true;
                };
                let is_about = label != OTHER && variable(axis) == Some(test.variable);
                let holds = split.values[*at].labels[0].0 == HOLDS;
                !is_about || test.evaluate(&environment_with(axis, name), None) == holds
            })
        };
        fits_rows && fits_searches()
    };
    splits.iter().zip(values).all(|(split, at)| {
        let mut labels = split.values[*at].labels.iter();
        variable(split.axis).is_none()
            || labels.any(|(label, name)| goes_with(split.axis, *label, name))
    })
}

/// Returns the comparisons of Python that tell pieces apart, with where they hold.
fn pythons_of<const N: usize>(
    pieces: &[Piece],
    cells: &[Bits<N>],
) -> Vec<(Pythons, String, Bits<N>)> {
    let bounds = pieces.iter().flat_map(|piece| [piece.lower, piece.upper]);
    let cuts: Vec<u64> = bounds.filter(|bound| *bound != u64::MAX).collect();
    let of = |holds: &dyn Fn(usize, &Piece) -> bool| {
        let own = pieces.iter().enumerate();
        let own = own.filter(|(at, piece)| holds(*at, piece));
        own.fold(Bits::none(), |all: Bits<N>, (at, _)| all.or(&cells[at]))
    };
    let mut since = Vec::new();
    let mut below = Vec::new();
    let mut others = Vec::new();
    for index in 1..pieces.len() {
        let cut = cut(pieces[index - 1].upper, pieces[index].lower, &cuts);
        since.push((Pythons::Since(cut), of(&|at, _| at >= index)));
        below.push((Pythons::Below(cut), of(&|at, _| at < index)));
    }
    for piece in pieces {
        let (minor, next) = (
            release::minor(piece.lower),
            release::next_minor(piece.lower),
        );
        let is_within = |other: &Piece| other.lower >= minor && other.upper <= next;
        let is_whole = pieces
            .iter()
            .all(|other| is_within(other) || other.upper <= minor || other.lower >= next);
        if is_whole {
            let within = of(&|_, piece| is_within(piece));
            others.push((Pythons::Minor(minor), within));
            others.push((Pythons::NotMinor(minor), of(&|_, piece| !is_within(piece))));
        }
        if piece.upper == piece.lower + 1 {
            let own = of(&|_, other| other.lower == piece.lower);
            others.push((Pythons::Only(piece.lower), own));
            let rest = of(&|_, other| other.lower != piece.lower);
            others.push((Pythons::Not(piece.lower), rest));
        }
    }
    let all = since.into_iter().chain(below).chain(others);
    all.map(|(pythons, cells)| (pythons, pythons.to_text(), cells))
        .collect()
}
