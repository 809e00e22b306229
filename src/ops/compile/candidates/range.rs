//! In which environments of a range a release can be used, by its files.
//!
//! Upper bounds of `Requires-Python` are left out of account, as uv does: they are often
//! guesses, and the newest release of a project would else be an old one that has none.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::candidates::admission::lower_bounds;
use crate::python::{WorldSet, Worlds};
use crate::resolve::{OtherWheels, Reason};

impl ProjectReleases {
    /// Returns the environments whose Python can use a file of a release.
    pub(super) fn usable_in(&self, position: u32, worlds: &mut Worlds) -> WorldSet {
        if !self.policy.is_for_range {
            return WorldSet::ALL;
        }
        let Some(pythons) = self.required_pythons(position) else {
            return WorldSet::ALL;
        };
        pythons.into_iter().fold(WorldSet::NONE, |all, text| {
            let own = lower_bounds(&text);
            let own = own.map_or(WorldSet::ALL, |own| worlds.of_pythons(&own));
            worlds.or(all, own)
        })
    }

    /// Returns what keeps a release out of some environments.
    pub(super) fn range_limit(&self, position: u32) -> Reason {
        let pythons = self.required_pythons(position).unwrap_or_default();
        match pythons.first() {
            Some(text) => Reason::RequiresPython(text.to_string()),
            None => Reason::NoWheel(OtherWheels::None),
        }
    }

    /// Returns which Pythons the usable files of a release require; none if one of them
    /// requires nothing.
    fn required_pythons(&self, position: u32) -> Option<BTreeSet<Arc<str>>> {
        let usable = self.usable_rows(position).into_iter();
        let pythons: BTreeSet<u32> = usable.map(|row| row.python).collect::<Option<_>>()?;
        let pythons = pythons.into_iter().map(|one| self.policy.numbers.text(one));
        let pythons: BTreeSet<Arc<str>> = pythons.collect();
        (!pythons.is_empty()).then_some(pythons)
    }
}
