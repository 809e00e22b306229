//! Under which marker each pin is wanted: by what the user requires, and through whatever
//! requires it.

use std::collections::BTreeMap;

use crate::command::Markers;
use crate::ops::compile::request::OutputOptions;
use crate::python::{Condition, Environment, ProjectName};
use crate::resolve::{Demand, Demander, Resolver, Solution};

/// A way to a project: who requires it, and when.
struct Way {
    /// None: the user.
    from: Option<ProjectName>,
    condition: Condition,
}

/// Returns the markers of pins that are not wanted everywhere, if they are to be written.
///
/// That an extra is asked for only under a marker is not taken into account.
pub(super) fn markers(
    output: &OutputOptions,
    resolver: &mut Resolver,
    solution: &Solution,
) -> BTreeMap<ProjectName, String> {
    if output.markers != Markers::All {
        return BTreeMap::new();
    }
    let universe = &mut resolver.universe;
    let environment = &universe.environment().clone();
    let ways: BTreeMap<&ProjectName, Vec<Way>> = solution
        .chosen
        .keys()
        .map(|name| (name, ways(universe.demands(solution, name), environment)))
        .collect();
    let mut wanted: BTreeMap<&ProjectName, Condition> = ways
        .keys()
        .map(|&name| (name, Condition::never()))
        .collect();
    // Requirements may go in circles; no way without one is longer than this.
    for _ in 0..=ways.len() {
        let mut is_changed = false;
        for (&name, ways) in &ways {
            let condition = ways.iter().fold(wanted[name].clone(), |all, way| {
                let from = way.from.as_ref().and_then(|from| wanted.get(from));
                match from {
                    Some(from) => all.or(&from.and(&way.condition)),
                    None => all.or(&way.condition),
                }
            });
            let condition = condition.simplified(environment);
            if condition != wanted[name] {
                wanted.insert(name, condition);
                is_changed = true;
            }
        }
        if !is_changed {
            break;
        }
    }
    wanted
        .into_iter()
        .filter_map(|(name, condition)| Some((name.clone(), condition.to_marker()?)))
        .collect()
}

/// Returns the ways to a project. Overrides stand in the place of what they override.
fn ways(demands: Vec<Demand>, environment: &Environment) -> Vec<Way> {
    let overrides = demands
        .iter()
        .filter(|demand| matches!(demand.by, Demander::Override { .. }));
    let instead = overrides.fold(Condition::never(), |any, demand| {
        any.or(&Condition::of(demand.requirement.marker.as_ref(), None))
    });
    let ways = demands.into_iter().filter_map(|demand| {
        let (from, extra) = match demand.by {
            Demander::Override { .. } => return None,
            Demander::Input { .. } => (None, None),
            Demander::Project { name, extra, .. } => (Some(name), extra),
        };
        let condition = if demand.is_overridden {
            instead.clone()
        } else {
            Condition::of(demand.requirement.marker.as_ref(), extra.as_ref())
        };
        Some(Way {
            from,
            condition: condition.simplified(environment),
        })
    });
    ways.collect()
}
