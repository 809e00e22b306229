//! What the solver and the universe say to each other.

use std::sync::Arc;

use super::set::VersionSet;

/// A package of the solver: the root, a project, or a project's extra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PackageId(pub(super) u32);

impl PackageId {
    /// The package that requires what the user requires.
    pub(super) const ROOT: Self = Self(0);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One requirement of a version on another package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The versions of the dependent known to have exactly this requirement.
    pub(super) of: VersionSet,
    /// What they require.
    pub(super) on: PackageId,
    /// The versions of `on` that will do.
    pub(super) allowed: VersionSet,
}

/// What is known of the requirements of one version.
pub(super) enum Dependencies {
    Known(Vec<Dependency>),
    /// These, and others on projects whose releases must be fetched first; and all
    /// packages that are required.
    InPart(Vec<Dependency>, Vec<PackageId>),
    /// The version cannot be used after all; nor can the others in the set, for
    /// the same reason.
    Unavailable(VersionSet),
    /// Something must be fetched first.
    Unknown,
    /// The region that is resolved for must be split first.
    Split,
}

/// What the solver asks of the universe.
pub(super) trait Provider {
    /// Returns the version to try first out of `allowed`, or none if no version
    /// of it can be used.
    fn choose(&mut self, package: PackageId, allowed: &VersionSet) -> Option<u32>;

    /// Whether a version is a pre-release that only stands in for a final one.
    fn is_stand_in(&self, package: PackageId, version: u32) -> bool;

    /// Returns what a version requires, or notes what must be fetched to know.
    fn dependencies(&mut self, package: PackageId, version: u32) -> Dependencies;

    /// Notes the projects that a version requires and whose releases must be fetched.
    fn want_required(&mut self, package: PackageId, version: u32);

    /// Whether a version's requirements were never asked for.
    fn is_new(&self, package: PackageId, version: u32) -> bool;

    /// Asks for a version's requirements; returns whether they are yet to come.
    fn want(&mut self, package: PackageId, version: u32) -> bool;

    /// Returns the versions of a package in the order in which they would be
    /// tried, without those of last resort.
    fn sequence(&mut self, package: PackageId) -> Arc<[u32]>;

    /// Returns the versions that are tried after those of the sequence, because they
    /// may have to be built, in their order.
    fn to_build(&mut self, package: PackageId) -> Arc<[u32]>;

    /// Returns what a version allows of another package.
    fn allowed_by(&mut self, package: PackageId, version: u32, on: PackageId) -> Allowance;

    /// Whether each version counts that is known to fail like one that was tried.
    ///
    /// It brings the order of the search nearer to uv's, and costs requests.
    fn counts_each_failure(&self) -> bool;

    /// Returns how many versions a package has.
    fn count(&self, package: PackageId) -> u32;

    /// Returns the package of the project that a package is of.
    fn project_of_package(&self, package: PackageId) -> PackageId;

    /// Returns the project that an extra belongs to, and how many versions it has.
    fn project_of_extra(&self, package: PackageId) -> Option<(PackageId, u32)>;

    /// Whether the two belong to one project.
    fn same_project(&self, one: PackageId, other: PackageId) -> bool;
}

/// What a version allows of another package.
pub(super) enum Allowance {
    /// Its requirements are not known yet.
    Unknown,
    /// Everything: it does not require it.
    NotRequired,
    /// One of these versions.
    Required(VersionSet),
}
