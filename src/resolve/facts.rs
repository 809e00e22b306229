//! What packages stand for, and what is known of releases.

use std::sync::Arc;

use super::request::Reason;
use crate::python::{ExtraName, ProjectName, Requirement, Specifiers, WorldSet};

pub(super) type ProjectId = u32;

/// What a package of the solver stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Root,
    Project(ProjectId),
    Extra(ProjectId, ExtraName),
}

/// A requirement of a release, with its marker evaluated but for extras.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) project: ProjectId,
    pub(super) requirement: Arc<Requirement>,
    /// Whether the marker depends on an extra.
    pub(super) conditional: bool,
    /// Where the marker holds, of a range of environments.
    pub(super) worlds: WorldSet,
}

#[derive(Debug, Clone)]
pub(super) enum Facts {
    Known {
        edges: Vec<Edge>,
        extras: Vec<ExtraName>,
        /// All requirements, if it is recorded what is looked at.
        all: Vec<Arc<Requirement>>,
        /// Why it is used only where nothing else is left.
        refused: Option<Reason>,
        /// Projects that it requires where the platform has another release or version
        /// than is known.
        unanswered: Vec<ProjectName>,
        /// Which Pythons it is for, where a range of environments is resolved for.
        pythons: Option<Specifiers>,
        /// Where it can be used by that.
        worlds: WorldSet,
    },
    Unusable(Reason),
}
