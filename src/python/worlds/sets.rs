//! Sets of worlds: made of markers, specifiers, and environments, combined and compared.

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::super::environment::Environment;
use super::super::marker::{Marker, MarkerOperator, Node, Test, Variable};
use super::super::name::ExtraName;
use super::super::specifier::Specifiers;
use super::super::version::Version;
use super::diagram::{Axis, Diagram, Edge, HOLDS, OTHER, Operation, WorldSet};
use super::read::{
    axis, decisions, environment_with, is_search, is_taken, name_on, never_holds, searches_value,
    usual_names, without_negation, words,
};
use super::release;

/// What makes two comparisons of values that nothing is known of the same.
type Key = (Variable, MarkerOperator, Box<str>, bool);

/// What a marker's text means.
#[derive(Debug, Clone)]
enum Meaning {
    /// Whatever the extra.
    Plain(WorldSet),
    ByExtra(FxHashMap<Option<ExtraName>, WorldSet>),
}

/// How many comparisons may be an axis of their own.
const MOST_OPAQUE: usize = 250;

/// How long a text may be that is searched for a name or a version.
const MOST_SEARCHED: usize = 4096;

/// On how many names that other markers have had a search is tried.
const MOST_NAMES: usize = 250;

/// Sets of worlds, each made once.
#[derive(Debug, Clone, Default)]
pub struct Worlds {
    pub(super) diagram: Diagram,
    /// Names by their numbers, which start at 1.
    names: IndexSet<Box<str>, FxBuildHasher>,
    /// Which names markers and environments have had where.
    seen: IndexSet<(Axis, u64), FxBuildHasher>,
    /// Comparisons that are an axis of their own, in order.
    pub(super) opaque: IndexMap<Key, Test, FxBuildHasher>,
    markers: FxHashMap<Box<str>, Meaning>,
    specifiers: FxHashMap<Box<str>, WorldSet>,
    /// Markers, by where they hold and where not.
    pub(super) printed: FxHashMap<(WorldSet, WorldSet), String>,
    pub(super) is_overfull: bool,
}

impl Worlds {
    /// Returns the interner without any set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are more sets than can be handled: what they contain is not right any
    /// more. No markers but those written for the purpose get there.
    pub const fn is_overfull(&self) -> bool {
        self.is_overfull || self.diagram.is_overfull()
    }

    /// Returns the worlds in which a marker holds for the requirements of `extra` or, with
    /// `None`, of no extra.
    pub fn of_marker(&mut self, marker: &Marker, extra: Option<&ExtraName>) -> WorldSet {
        match self.markers.get(&*marker.text) {
            Some(Meaning::Plain(set)) => return *set,
            Some(Meaning::ByExtra(sets)) => {
                if let Some(set) = sets.get(&extra.cloned()) {
                    return *set;
                }
            }
            None => {}
        }
        let set = self.of_node(&marker.root, extra);
        if marker.mentions_extra() {
            let meaning = self.markers.entry(marker.text.clone());
            let meaning = meaning.or_insert_with(|| Meaning::ByExtra(FxHashMap::default()));
            if let Meaning::ByExtra(sets) = meaning {
                sets.insert(extra.cloned(), set);
            }
        } else {
            self.markers
                .insert(marker.text.clone(), Meaning::Plain(set));
        }
        set
    }

    /// Returns the worlds whose Python passes `Requires-Python`.
    pub fn of_pythons(&mut self, specifiers: &Specifiers) -> WorldSet {
        if let Some(set) = self.specifiers.get(specifiers.as_str()) {
            return *set;
        }
        let mut breaks = Vec::new();
        for (_, version) in specifiers.clauses() {
            release::add_breaks(version, &mut breaks);
        }
        let holds = |python| specifiers.contains(&release::to_version(python));
        let set = self.of_pieces(breaks, holds);
        self.specifiers.insert(specifiers.as_str().into(), set);
        set
    }

    /// Returns the worlds whose Python is `lower` or newer.
    pub fn since(&mut self, lower: &Version) -> WorldSet {
        let lower = release::of_version(lower);
        self.of_pieces(vec![lower], |python| python >= lower)
    }

    /// Returns the worlds whose Python is `lower` or newer, and below `upper`.
    pub fn between(&mut self, lower: &Version, upper: &Version) -> WorldSet {
        let (lower, upper) = (release::of_version(lower), release::of_version(upper));
        self.of_pieces(vec![lower, upper], |python| {
            python >= lower && python < upper
        })
    }

    /// Returns the worlds of an environment's system and machine, of any Python.
    pub fn of_platform(&mut self, environment: &Environment) -> WorldSet {
        let axes = [
            Axis::SYS_PLATFORM,
            Axis::OS_NAME,
            Axis::PLATFORM_SYSTEM,
            Axis::MACHINE,
        ];
        self.of_names(&axes, environment)
    }

    /// Returns the one world of an environment.
    ///
    /// Of comparisons that are an axis of their own, those that markers have had so far are
    /// decided by it.
    pub fn of_environment(&mut self, environment: &Environment) -> WorldSet {
        let mut set = self.of_platform(environment);
        let axes = [Axis::IMPLEMENTATION_NAME, Axis::PYTHON_IMPLEMENTATION];
        let implementation = self.of_names(&axes, environment);
        set = self.and(set, implementation);
        let python = release::of_environment(environment);
        let pythons = self.of_pieces(vec![python, python + 1], |other| other == python);
        set = self.and(set, pythons);
        let answers: Vec<bool> = self
            .opaque
            .values()
            .map(|test| test.evaluate(environment, None))
            .collect();
        for (index, holds) in answers.into_iter().enumerate() {
            let answer = self.bit(index, !holds);
            set = self.and(set, answer);
        }
        set
    }

    fn of_names(&mut self, axes: &[Axis], environment: &Environment) -> WorldSet {
        let mut set = WorldSet::ALL;
        for &axis in axes {
            if let Some(name) = name_on(axis, environment)
                && !is_decided(axis, environment)
            {
                let name = self.name(axis, name);
                let edges = vec![(OTHER, WorldSet::NONE), (name, WorldSet::ALL)];
                let named = self.diagram.node(axis, edges);
                set = self.and(set, named);
            }
        }
        set
    }

    /// Returns the worlds of both sets.
    pub fn and(&mut self, one: WorldSet, other: WorldSet) -> WorldSet {
        self.diagram.combine(Operation::And, one, other)
    }

    /// Returns the worlds of either set.
    pub fn or(&mut self, one: WorldSet, other: WorldSet) -> WorldSet {
        self.diagram.combine(Operation::Or, one, other)
    }

    /// Returns the worlds of the first set that are not in the second.
    pub fn minus(&mut self, one: WorldSet, other: WorldSet) -> WorldSet {
        self.diagram.combine(Operation::Minus, one, other)
    }

    /// Returns the worlds that are not in the set.
    pub fn not(&mut self, set: WorldSet) -> WorldSet {
        self.minus(WorldSet::ALL, set)
    }

    /// Whether the sets have no world in common.
    pub fn is_disjoint(&mut self, one: WorldSet, other: WorldSet) -> bool {
        self.and(one, other) == WorldSet::NONE
    }

    /// Whether all worlds of the first set are in the second.
    pub fn is_subset(&mut self, one: WorldSet, other: WorldSet) -> bool {
        self.minus(one, other) == WorldSet::NONE
    }

    /// Whether the world of an environment is in the set.
    pub fn contains(&self, set: WorldSet, environment: &Environment) -> bool {
        let mut set = set;
        while set != WorldSet::ALL && set != WorldSet::NONE {
            let axis = self.diagram.axis(set);
            let value = if axis == Axis::PYTHON {
                release::of_environment(environment)
            } else if let Some(name) = name_on(axis, environment) {
                self.number(name).unwrap_or(OTHER)
            } else {
                let test = axis.comparison();
                let test = test.and_then(|index| self.opaque.get_index(index));
                let holds = test.is_some_and(|(_, test)| test.evaluate(environment, None));
                if holds { HOLDS } else { OTHER }
            };
            set = self.diagram.follow(set, value);
        }
        set == WorldSet::ALL
    }

    /// Returns the Pythons of a set as ranges, lowest first: each from the first version on
    /// and below the second.
    pub fn pythons_of(&self, set: WorldSet) -> Vec<(Version, Option<Version>)> {
        let ranges = self.python_ranges(set).into_iter();
        ranges
            .map(|(lower, upper)| (release::to_version(lower), upper.map(release::to_version)))
            .collect()
    }

    fn python_ranges(&self, set: WorldSet) -> Vec<(u64, Option<u64>)> {
        let edges = match self.diagram.axis(set) {
            _ if set == WorldSet::NONE => return Vec::new(),
            Axis::PYTHON => self.diagram.edges(set),
            _ => return vec![(0, None)],
        };
        let mut ranges: Vec<(u64, Option<u64>)> = Vec::new();
        for &(lower, next) in edges {
            match ranges.last_mut() {
                Some((_, upper @ None)) if next == WorldSet::NONE => *upper = Some(lower),
                Some((_, None)) => {}
                _ if next == WorldSet::NONE => {}
                _ => ranges.push((lower, None)),
            }
        }
        ranges
    }

    /// Returns the lowest Python of a set.
    pub fn lowest_python(&self, set: WorldSet) -> Option<Version> {
        let ranges = self.python_ranges(set);
        ranges.first().map(|(lower, _)| release::to_version(*lower))
    }

    fn of_node(&mut self, node: &Node, extra: Option<&ExtraName>) -> WorldSet {
        match node {
            Node::Test(test) => self.of_test(test, extra),
            Node::Group(inner) => self.of_node(inner, extra),
            Node::All(nodes) => nodes.iter().fold(WorldSet::ALL, |all, node| {
                let set = self.of_node(node, extra);
                self.and(all, set)
            }),
            Node::Any(nodes) => nodes.iter().fold(WorldSet::NONE, |any, node| {
                let set = self.of_node(node, extra);
                self.or(any, set)
            }),
        }
    }

    fn of_test(&mut self, test: &Test, extra: Option<&ExtraName>) -> WorldSet {
        match test.variable {
            Variable::Extra => of_answer(test.evaluate(&Environment::default(), extra)),
            // The answers could only be listed at length.
            _ if is_search(test) && test.value.len() > MOST_SEARCHED => self.of_opaque_test(test),
            Variable::PythonVersion | Variable::PythonFullVersion => self.of_python_test(test),
            variable => match axis(variable) {
                Some(axis) => self.of_name_test(axis, test),
                None => self.of_opaque_test(test),
            },
        }
    }

    fn of_python_test(&mut self, test: &Test) -> WorldSet {
        let mut breaks = Vec::new();
        if searches_value(test) {
            let has_patches = test.variable == Variable::PythonFullVersion;
            release::add_all(has_patches, &mut breaks);
        } else if is_search(test) {
            release::add_breaks_within(&test.value, &mut breaks);
        } else {
            release::add_breaks(&test.value, &mut breaks);
        }
        self.of_pieces(breaks, |python| {
            test.evaluate(&release::to_environment(python), None)
        })
    }

    fn of_pieces(&mut self, breaks: Vec<u64>, holds: impl FnMut(u64) -> bool) -> WorldSet {
        let pieces = release::pieces(breaks, holds).into_iter();
        let edges = pieces.map(|(lower, holds)| (lower, of_answer(holds)));
        self.diagram.node(Axis::PYTHON, edges.collect())
    }

    fn of_name_test(&mut self, axis: Axis, test: &Test) -> WorldSet {
        let other = if searches_value(test) {
            self.of_opaque_test(test)
        } else {
            // Neither equal to the value nor a part of it.
            let unlike = format!("{}\0", test.value);
            of_answer(test.evaluate(&environment_with(axis, &unlike), None))
        };
        let mut named: Vec<Edge> = Vec::new();
        for name in self.candidates(axis, test) {
            let answer = test.evaluate(&environment_with(axis, &name), None);
            if !is_taken(axis, &name) && of_answer(answer) != other {
                named.push((self.name(axis, &name), of_answer(answer)));
            }
        }
        let open = self.named_node(axis, other, named);
        let holds = |name: &str| test.evaluate(&environment_with(axis, name), None);
        let Some((above, decided)) = decisions(axis) else {
            return open;
        };
        let decided = decided.into_iter();
        let decided = decided.map(|(row, name)| (self.name(above, row), of_answer(holds(name))));
        let decided = decided.collect();
        self.named_node(above, open, decided)
    }

    /// Returns the names of which a comparison may say something else than of most.
    fn candidates(&self, axis: Axis, test: &Test) -> Vec<String> {
        if !is_search(test) {
            return vec![test.value.to_string()];
        }
        let usual = usual_names(axis).iter().map(|name| (*name).to_owned());
        let seen = self.seen.iter().filter(|(own, _)| *own == axis);
        let seen = seen.map(|(_, name)| self.text(*name).to_owned());
        let seen = seen.take(MOST_NAMES);
        let words = words(&test.value).map(str::to_owned);
        let mut names: Vec<String> = usual.chain(seen).chain(words).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn named_node(&mut self, axis: Axis, other: WorldSet, mut named: Vec<Edge>) -> WorldSet {
        named.sort_unstable();
        named.insert(0, (OTHER, other));
        self.diagram.node(axis, named)
    }

    fn of_opaque_test(&mut self, test: &Test) -> WorldSet {
        if never_holds(test) {
            return WorldSet::NONE;
        }
        let (test, is_negated) = without_negation(test);
        let key = (
            test.variable,
            test.operator,
            test.value.clone(),
            test.is_reversed,
        );
        let index = match self.opaque.get_index_of(&key) {
            Some(index) => index,
            None if self.opaque.len() >= MOST_OPAQUE => {
                self.is_overfull = true;
                return WorldSet::NONE;
            }
            None => self.opaque.insert_full(key, test).0,
        };
        self.bit(index, is_negated)
    }

    /// Returns the worlds in which a comparison that is an axis of its own holds, or does
    /// not.
    fn bit(&mut self, index: usize, is_negated: bool) -> WorldSet {
        let axis = Axis::of_comparison(index);
        let edges = vec![
            (OTHER, of_answer(is_negated)),
            (HOLDS, of_answer(!is_negated)),
        ];
        self.diagram.node(axis, edges)
    }

    /// Returns the number of a name, which is new or seen before.
    fn name(&mut self, axis: Axis, name: &str) -> u64 {
        let number = self.number(name).unwrap_or_else(|| {
            self.names.insert(name.into());
            self.names.len() as u64
        });
        self.seen.insert((axis, number));
        number
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.names.get_index_of(name).map(|index| index as u64 + 1)
    }

    /// Returns the name of a number.
    pub(super) fn text(&self, number: u64) -> &str {
        let index = usize::try_from(number).unwrap_or(0).wrapping_sub(1);
        self.names.get_index(index).map_or("", |name| name)
    }
}

const fn of_answer(holds: bool) -> WorldSet {
    if holds { WorldSet::ALL } else { WorldSet::NONE }
}

/// Whether the row of an environment decides the value on an axis.
fn is_decided(axis: Axis, environment: &Environment) -> bool {
    decisions(axis).is_some_and(|(above, decided)| {
        let row = name_on(above, environment);
        decided.iter().any(|(own, _)| Some(*own) == row)
    })
}
