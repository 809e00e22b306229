//! What speaks against a release, of what its metadata says.

use super::request::Reason;
use super::universe::{Facts, ProjectId, Universe};
use crate::python::ProjectName;

impl Universe {
    /// Returns what a release may require, which depends on what is not known of the
    /// platform.
    pub(super) fn unanswered(&self, project: ProjectId, position: u32) -> &[ProjectName] {
        match self.projects[project as usize].facts.get(&position) {
            Some(Facts::Known { unanswered, .. }) => unanswered,
            Some(Facts::Unusable(_)) | None => &[],
        }
    }

    /// Returns what makes a release unusable, of what its metadata says.
    ///
    /// What pip refuses is taken where nothing else is left, and where the lock has it: who
    /// locked it can install it, with an older pip.
    pub(super) fn fault(&self, project: ProjectId, position: u32) -> Option<&Reason> {
        let state = &self.projects[project as usize];
        match state.facts.get(&position)? {
            Facts::Unusable(reason) => Some(reason),
            Facts::Known { refused, .. } => {
                let is_taken = state.takes_refused || state.preference == Some(position);
                refused.as_ref().filter(|_| !is_taken)
            }
        }
    }

    /// Returns why pip refuses a release, if it does.
    pub(super) fn refusal(&self, project: ProjectId, position: u32) -> Option<&Reason> {
        match self.projects[project as usize].facts.get(&position)? {
            Facts::Known { refused, .. } => refused.as_ref(),
            Facts::Unusable(_) => None,
        }
    }

    /// Lets releases of a project be used that pip refuses.
    pub(super) fn take_refused(&mut self, project: ProjectId) {
        let state = &mut self.projects[project as usize];
        state.takes_refused = true;
        state.sequence = None;
        state.to_build = None;
    }

    /// Returns the newest release after a version that the solver has looked at and found
    /// faulty.
    pub(super) fn newest_at_fault(&self, project: ProjectId, after: u32) -> Option<(u32, &Reason)> {
        let noticed = &self.projects[project as usize].noticed;
        let newer = noticed.iter().filter(|&&position| position > after);
        let faults = newer.filter_map(|&at| Some((at, self.fault(project, at)?)));
        let told = faults.filter(|(_, reason)| reason.is_of_requirements());
        told.max_by_key(|&(position, _)| position)
    }
}
