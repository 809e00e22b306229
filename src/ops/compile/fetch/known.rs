//! What is known of a project: its releases on indexes, or the one at a place.

use std::sync::Arc;

use crate::index::CoreMetadata;
use crate::ops::compile::candidates::ProjectReleases;
use crate::python::Version;
use crate::resolve::{Availability, NoReleases, Releases};

/// What is known of a project.
#[derive(Debug, Clone)]
pub(super) enum Known {
    Index(Arc<ProjectReleases>),
    Direct(Arc<DirectRelease>),
    Absent,
}

impl Known {
    pub(super) fn releases(&self) -> Arc<dyn Releases> {
        match self {
            Self::Index(releases) => Arc::clone(releases) as Arc<dyn Releases>,
            Self::Direct(release) => Arc::clone(release) as Arc<dyn Releases>,
            Self::Absent => NoReleases::shared(),
        }
    }
}

/// The one release that is at a place.
#[derive(Debug)]
pub(in crate::ops) struct DirectRelease {
    pub(in crate::ops) version: Version,
    pub(in crate::ops) availability: Availability,
    pub(in crate::ops) metadata: Arc<CoreMetadata>,
    /// The hash of what is there, as `sha256:…`; none if nothing fixes it.
    pub(in crate::ops) hash: Option<String>,
}

impl Releases for DirectRelease {
    fn count(&self) -> u32 {
        1
    }

    fn version(&self, _position: u32) -> &Version {
        &self.version
    }

    fn availability(&self, _position: u32) -> Availability {
        self.availability.clone()
    }
}
