//! Markers that tell a few concrete environments apart.

use super::super::environment::Environment;
use super::super::marker::{Marker, Variable};
use super::super::version::Version;
use super::bits::Bits;
use super::cover::{Problem, Term};
use super::print::NEVER;
use super::release;
use super::terms::{Class, Pythons, comparison, cut, name_terms, python_terms, rank_of};

/// Variables whose values are names, in the order in which they are printed.
const NAMES: [Variable; 6] = [
    Variable::SysPlatform,
    Variable::PlatformMachine,
    Variable::ImplementationName,
    Variable::OsName,
    Variable::PlatformSystem,
    Variable::PlatformPythonImplementation,
];

/// Variables that decide where nothing else does.
const LAST: [Variable; 3] = [
    Variable::PlatformRelease,
    Variable::PlatformVersion,
    Variable::ImplementationVersion,
];

/// Returns the shortest marker that holds in all environments of `on` and none of `off`;
/// none if there is nothing to tell apart. Elsewhere it may hold or not.
///
/// Where Pythons can be told apart at several versions, one of `cuts` is taken. An
/// environment that is in both lists counts as one of `on`. Of both lists together, 2048
/// environments are looked at.
pub fn marker_of_environments(
    on: &[&Environment],
    off: &[&Environment],
    cuts: &[Version],
) -> Option<String> {
    if off.is_empty() {
        return None;
    }
    if on.is_empty() {
        return Some(NEVER.to_owned());
    }
    let mut all = in_order(on);
    let count = all.len();
    all.extend(in_order(off));
    let text = if all.len() <= Bits::<1>::CAPACITY {
        problem::<1>(&all, count, cuts).solve()
    } else {
        let most = all.len().min(Bits::<32>::CAPACITY);
        problem::<32>(&all[..most], count.min(most), cuts).solve()
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Returns each environment once, lowest Python first.
fn in_order<'a>(environments: &[&'a Environment]) -> Vec<&'a Environment> {
    let mut sorted = environments.to_vec();
    sorted.sort_by_cached_key(|environment| {
        let names = NAMES.iter().chain(&LAST);
        let names = names.map(|variable| variable.value(environment, None));
        (
            release::of_environment(environment),
            &environment.python_full_version,
            names.collect::<Vec<_>>(),
        )
    });
    sorted.dedup();
    sorted
}

fn problem<const N: usize>(all: &[&Environment], on: usize, cuts: &[Version]) -> Problem<N> {
    let cuts: Vec<u64> = cuts.iter().map(release::of_version).collect();
    let every = Bits::of(0..all.len());
    let is_on = Bits::of(0..on);
    let mut axes = vec![python_terms(&pythons_of(all, &cuts), &every)];
    for variable in NAMES {
        let classes = classes(all, variable);
        axes.push(if classes.len() > 1 {
            name_terms(variable, &classes, false, &is_on)
        } else {
            Vec::new()
        });
    }
    for variable in LAST {
        let classes = classes::<N>(all, variable);
        axes.push(if classes.len() > 1 {
            let classes = classes.into_iter();
            let terms = classes.map(|class| Term {
                cells: class.cells,
                comparisons: vec![comparison(variable, "==", &class.names[0])],
                is_any: false,
                rank: rank_of(variable),
            });
            terms.collect()
        } else {
            Vec::new()
        });
    }
    Problem {
        axes,
        on,
        cells: all.len(),
    }
}

/// Returns the values of a variable, sorted, with the environments that have them.
fn classes<const N: usize>(all: &[&Environment], variable: Variable) -> Vec<Class<N>> {
    let mut values: Vec<&str> = all
        .iter()
        .map(|environment| variable.value(environment, None))
        .collect();
    values.sort_unstable();
    values.dedup();
    let own = |value: &str| {
        let all = all.iter().enumerate();
        let own = all.filter(|(_, environment)| variable.value(environment, None) == value);
        Bits::of(own.map(|(at, _)| at))
    };
    let values = values.into_iter();
    values
        .map(|value| Class {
            names: vec![value.to_owned()],
            cells: own(value),
        })
        .collect()
}

/// Returns the comparisons of Python that tell environments apart, with where they hold.
///
/// Each is evaluated: a pre-release is not simply below its release.
fn pythons_of<const N: usize>(
    all: &[&Environment],
    cuts: &[u64],
) -> Vec<(Pythons, String, Bits<N>)> {
    let mut releases: Vec<u64> = all
        .iter()
        .map(|environment| release::of_environment(environment))
        .collect();
    releases.sort_unstable();
    releases.dedup();
    let mut texts: Vec<&str> = all
        .iter()
        .map(|environment| &*environment.python_full_version)
        .collect();
    texts.sort_unstable();
    texts.dedup();
    if texts.len() < 2 {
        return Vec::new();
    }
    let between: Vec<u64> = releases
        .windows(2)
        .map(|pair| cut(pair[0] + 1, pair[1], cuts))
        .collect();
    let mut minors: Vec<u64> = releases.iter().copied().map(release::minor).collect();
    minors.dedup();
    let written = |pythons: Pythons| (pythons, pythons.to_text());
    let mut comparisons: Vec<(Pythons, String)> = Vec::new();
    comparisons.extend(between.iter().map(|cut| written(Pythons::Since(*cut))));
    comparisons.extend(between.iter().map(|cut| written(Pythons::Below(*cut))));
    for minor in minors {
        comparisons.extend([Pythons::Minor(minor), Pythons::NotMinor(minor)].map(written));
    }
    for text in texts {
        let variable = Variable::PythonFullVersion;
        comparisons.extend([
            (Pythons::Only(0), comparison(variable, "==", text)),
            (Pythons::Not(0), comparison(variable, "!=", text)),
        ]);
    }
    let held = comparisons.into_iter().filter_map(|(pythons, text)| {
        let marker = Marker::parse(&text).ok()?;
        let all = all.iter().enumerate();
        let own = all.filter(|(_, environment)| marker.evaluate(environment, None));
        let cells = Bits::of(own.map(|(at, _)| at));
        Some((pythons, text, cells))
    });
    held.collect()
}
