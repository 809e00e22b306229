//! What is asked, and what is known when the questions about a pin are asked.

use crate::ops::compile::fetch::Fetcher;
use crate::ops::compile::fetch::attempts::Resolution;
use crate::ops::compile::prepare::Prepared;
use crate::ops::compile::request::Compile;
use crate::python::ProjectName;
use crate::update;

/// Everything that decides what is explained.
pub struct Explain {
    /// How the lock is made; its pins are kept.
    pub compile: Compile,
    /// The project.
    pub project: ProjectName,
    /// What `pinfold update` may take, where it is configured.
    pub policy: Option<update::Policy>,
}

/// What is known when the questions about a pin are asked.
pub(super) struct Inquiry<'a> {
    pub(super) request: &'a Explain,
    pub(super) prepared: &'a Prepared,
    pub(super) fetcher: &'a Fetcher<'a>,
    pub(super) resolution: Resolution,
}
