//! Decision diagrams over axes of many values: ordered, reduced, and shared, so that two
//! sets are equal if and only if their ids are.
//!
//! A node asks for the value on one axis. On the first, Python, its edges are ranges: each
//! goes from its label up to that of the next. On the others, whose values are names
//! without end, the first edge stands for every name that has none of its own.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// A set of worlds. Only valid together with the [`Worlds`](super::Worlds) that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorldSet(u32);

impl WorldSet {
    /// No world.
    pub const NONE: Self = Self(0);
    /// All worlds.
    pub const ALL: Self = Self(1);
}

/// An axis; nodes ask in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Axis(u16);

impl Axis {
    pub(super) const PYTHON: Self = Self(0);
    pub(super) const SYS_PLATFORM: Self = Self(1);
    pub(super) const OS_NAME: Self = Self(2);
    pub(super) const PLATFORM_SYSTEM: Self = Self(3);
    pub(super) const MACHINE: Self = Self(4);
    pub(super) const IMPLEMENTATION_NAME: Self = Self(5);
    pub(super) const PYTHON_IMPLEMENTATION: Self = Self(6);
    /// How many axes there are before those of comparisons.
    const NAMED: u16 = 7;
    /// Behind all axes.
    pub(super) const END: Self = Self(u16::MAX);

    /// Returns the axis of a comparison by its number.
    pub(super) fn of_comparison(index: usize) -> Self {
        u16::try_from(index).map_or(Self::END, |index| Self(Self::NAMED.saturating_add(index)))
    }

    /// Returns the number of the comparison that is the axis.
    pub(super) fn comparison(self) -> Option<usize> {
        self.0.checked_sub(Self::NAMED).map(usize::from)
    }
}

/// A value, and what is left to ask if it is that.
pub(super) type Edge = (u64, WorldSet);

/// The label of the first edge: all Pythons up to the next, all names without an edge, a
/// comparison that does not hold.
pub(super) const OTHER: u64 = 0;
/// The label of a comparison that holds.
pub(super) const HOLDS: u64 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Node {
    axis: Axis,
    edges: Box<[Edge]>,
}

/// How two sets are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    And,
    Or,
    Minus,
}

/// All sets, by their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Diagram {
    nodes: IndexSet<Node, FxBuildHasher>,
    known: FxHashMap<(Operation, WorldSet, WorldSet), WorldSet>,
    edges: usize,
}

/// No set of markers that people write comes near.
const MOST_EDGES: usize = 1 << 22;

impl Diagram {
    fn get(&self, set: WorldSet) -> Option<&Node> {
        self.nodes
            .get_index(usize::try_from(set.0).ok()?.checked_sub(2)?)
    }

    /// Whether the sets have become too many: what they contain is not right any more.
    pub(super) const fn is_overfull(&self) -> bool {
        self.edges > MOST_EDGES
    }

    /// Returns what a set asks first.
    pub(super) fn axis(&self, set: WorldSet) -> Axis {
        self.get(set).map_or(Axis::END, |node| node.axis)
    }

    /// Returns the edges of a set; none if it is empty or all.
    pub(super) fn edges(&self, set: WorldSet) -> &[Edge] {
        self.get(set).map_or(&[], |node| &node.edges)
    }

    /// Returns the edge by which a set goes on: at a Python or a name on its first axis.
    pub(super) fn follow(&self, set: WorldSet, value: u64) -> WorldSet {
        let edges = self.edges(set);
        let at = edges.partition_point(|(label, _)| *label <= value) - 1;
        let (label, next) = edges[at];
        if self.axis(set) == Axis::PYTHON || label == value {
            next
        } else {
            edges[0].1
        }
    }

    /// Returns the set that asks for the value on `axis` first. The edges are sorted; the
    /// first is labeled [`OTHER`].
    pub(super) fn node(&mut self, axis: Axis, mut edges: Vec<Edge>) -> WorldSet {
        if axis == Axis::PYTHON {
            edges.dedup_by_key(|(_, next)| *next);
        } else {
            let other = edges[0].1;
            let mut is_first = true;
            edges.retain(|(_, next)| std::mem::take(&mut is_first) || *next != other);
        }
        if let [(_, only)] = edges[..] {
            return only;
        }
        let (count, edges) = (edges.len(), edges.into_boxed_slice());
        let (index, is_new) = self.nodes.insert_full(Node { axis, edges });
        if is_new {
            self.edges += count;
        }
        u32::try_from(index + 2).map_or(WorldSet::NONE, WorldSet)
    }

    pub(super) fn combine(
        &mut self,
        operation: Operation,
        one: WorldSet,
        other: WorldSet,
    ) -> WorldSet {
        if let Some(plain) = plainly(operation, one, other) {
            return plain;
        }
        let key = if operation == Operation::Minus || one < other {
            (operation, one, other)
        } else {
            (operation, other, one)
        };
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.is_overfull() {
            return one;
        }
        let axis = self.axis(one).min(self.axis(other));
        let (mut left, mut right) = (0, 0);
        let mut edges: Vec<Edge> = Vec::with_capacity(4);
        // The edges of each that go on at the label; both have the first.
        let (mut at_left, mut at_right) = (WorldSet::NONE, WorldSet::NONE);
        let (mut other_left, mut other_right) = (one, other);
        loop {
            let next_left = self.edge(one, axis, left);
            let next_right = self.edge(other, axis, right);
            let label = match (next_left, next_right) {
                (None, None) => break,
                (Some((label, _)), None) | (None, Some((label, _))) => label,
                (Some((one, _)), Some((other, _))) => one.min(other),
            };
            if axis != Axis::PYTHON {
                (at_left, at_right) = (other_left, other_right);
            }
            if let Some((_, next)) = next_left.filter(|(own, _)| *own == label) {
                at_left = next;
                left += 1;
            }
            if let Some((_, next)) = next_right.filter(|(own, _)| *own == label) {
                at_right = next;
                right += 1;
            }
            if label == OTHER {
                (other_left, other_right) = (at_left, at_right);
            }
            let next = self.combine(operation, at_left, at_right);
            edges.push((label, next));
        }
        let result = self.node(axis, edges);
        self.known.insert(key, result);
        result
    }

    /// Returns an edge of a set on an axis that it may not ask for.
    fn edge(&self, set: WorldSet, axis: Axis, index: usize) -> Option<Edge> {
        if self.axis(set) == axis {
            return self.edges(set).get(index).copied();
        }
        (index == 0).then_some((OTHER, set))
    }
}

/// Returns the answer that needs no look at the sets.
fn plainly(operation: Operation, one: WorldSet, other: WorldSet) -> Option<WorldSet> {
    match operation {
        Operation::And => match (one, other) {
            (WorldSet::ALL, set) | (set, WorldSet::ALL) => Some(set),
            (WorldSet::NONE, _) | (_, WorldSet::NONE) => Some(WorldSet::NONE),
            _ => (one == other).then_some(one),
        },
        Operation::Or => match (one, other) {
            (WorldSet::NONE, set) | (set, WorldSet::NONE) => Some(set),
            (WorldSet::ALL, _) | (_, WorldSet::ALL) => Some(WorldSet::ALL),
            _ => (one == other).then_some(one),
        },
        Operation::Minus => match (one, other) {
            (set, WorldSet::NONE) => Some(set),
            (WorldSet::NONE, _) | (_, WorldSet::ALL) => Some(WorldSet::NONE),
            _ => (one == other).then_some(WorldSet::NONE),
        },
    }
}
