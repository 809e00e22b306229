//! What is asked of the resolver, and what it must be told.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::range::Range;
use super::set::VersionSet;
use crate::python::{
    Environment, ExtraName, Marker, ProjectName, Requirement, Specifiers, Version,
};
use crate::python::{WorldSet, Worlds};

/// Something the resolver must know before it can go on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Need {
    /// Which releases a project has.
    Releases(ProjectName),
    /// What a release requires, by its position among the releases.
    Metadata(ProjectName, u32),
}

/// The releases of one project, oldest first.
pub trait Releases: Send + Sync + fmt::Debug {
    /// Returns how many there are.
    fn count(&self) -> u32;
    /// Returns the version at a position below the count.
    fn version(&self, position: u32) -> &Version;
    /// Returns the position of a version.
    fn position(&self, version: &Version) -> Option<u32> {
        position_in(self, version)
    }
    /// Returns whether the release at a position can be used for the target.
    fn availability(&self, position: u32) -> Availability;
    /// Returns in which environments a release can be used, as far as that is not the same
    /// for all that are resolved for.
    fn worlds(&self, _position: u32, _worlds: &mut Worlds) -> WorldSet {
        WorldSet::ALL
    }
    /// Returns why a release cannot be used in the other environments.
    fn limit(&self, _position: u32) -> Reason {
        Reason::NoWheel(OtherWheels::None)
    }
    /// Returns a number that puts releases of equal standing into turns: all of a
    /// lower one are tried before those of a higher one.
    fn turn(&self, _position: u32) -> u8 {
        0
    }
    /// Returns why there are none, if that is another thing than no index having them.
    fn absence(&self) -> Option<&Absence> {
        None
    }
}

/// Why a project has no releases, where it is another thing than no index having it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// Why, as it reads behind "but".
    pub why: String,
    /// What to do.
    pub advice: String,
}

/// Returns the position of a version among releases; looks at few of the others.
pub fn position_in(releases: &(impl Releases + ?Sized), version: &Version) -> Option<u32> {
    let (mut low, mut high) = (0, releases.count());
    while low < high {
        let middle = low.midpoint(high);
        match releases.version(middle).cmp(version) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// Returns which releases a specifier set allows.
pub(super) fn positions(releases: &dyn Releases, specifiers: &Specifiers) -> VersionSet {
    let count = releases.count();
    if specifiers.arbitrary().next().is_some() {
        return VersionSet::of((0..count).filter(|&at| specifiers.contains(releases.version(at))));
    }
    let first_where = |holds: &dyn Fn(&Version) -> bool| {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(releases.version(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    VersionSet::of_runs(specifiers.ranges().iter().map(|(start, end)| {
        let start = match start {
            Bound::Unbounded => 0,
            Bound::Included(bound) => first_where(&|version| version >= bound),
            Bound::Excluded(bound) => first_where(&|version| version > bound),
        };
        let end = match end {
            Bound::Unbounded => count,
            Bound::Included(bound) => first_where(&|version| version > bound),
            Bound::Excluded(bound) => first_where(&|version| version >= bound),
        };
        (start, end)
    }))
}

/// Whether a release can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// By a wheel.
    Wheel,
    /// Only by a source distribution.
    Sdist,
    /// Not at all.
    Unusable(Reason),
}

/// Why a release cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Withdrawn by its publisher, with the publisher's words if any.
    Yanked(Option<String>),
    /// It requires another Python: the specifier.
    RequiresPython(String),
    /// It has no wheel for the target and no source distribution.
    NoWheel(OtherWheels),
    /// One of several targets has no file of it.
    OfTarget {
        /// The target, by its platform.
        target: String,
        /// Why it has none.
        reason: Box<Self>,
    },
    /// It has only a source distribution whose metadata takes a build.
    NeedsBuild,
    /// It has only a source distribution, whose build fails.
    BuildFailed {
        /// Why, in a line.
        why: String,
        /// The last lines of what the build said.
        output: Vec<String>,
    },
    /// Uploaded after the limit: what the user calls it.
    TooNew(String),
    /// The index does not say when it was uploaded, and there is this limit.
    NoUploadTime(String),
    /// A policy holds it back.
    Held {
        /// The kind of hold: what has the same code is told together.
        code: &'static str,
        /// Why, in words.
        words: String,
        /// What can be done against it.
        help: String,
    },
    /// A pre-release, and none are allowed.
    PreRelease,
    /// `--only-binary` or `--no-binary` rules it out.
    BinaryPolicy(&'static str),
    /// The cache does not have its metadata, and the network is turned off.
    Offline,
    /// Its metadata is unusable: what is wrong with it.
    BadMetadata(String),
    /// pip refuses its metadata, although it can be understood: what is wrong with it.
    RefusedByPip(String),
    /// It requires another project by URL, which only direct requirements may.
    RequiresUrl(String),
}

impl Reason {
    /// Whether what it requires is at fault.
    pub const fn is_of_requirements(&self) -> bool {
        matches!(
            self,
            Self::BadMetadata(_) | Self::RefusedByPip(_) | Self::RequiresUrl(_)
        )
    }
}

/// What the wheels of a release are for, where none is for the target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OtherWheels {
    /// Other Pythons.
    Pythons,
    /// Another ABI.
    Abi,
    /// These platforms.
    Platforms(Vec<String>),
    /// More platforms than are worth naming.
    ManyPlatforms,
    /// Another target: the tags of the one wheel there is.
    Target(String),
    /// It has no files.
    None,
}

impl OtherWheels {
    /// Whether only the platform is another, so that releases for different ones are told
    /// together.
    pub const fn is_of_platform(&self) -> bool {
        match self {
            Self::Platforms(_) | Self::ManyPlatforms | Self::None => true,
            Self::Pythons | Self::Abi | Self::Target(_) => false,
        }
    }
}

impl fmt::Display for OtherWheels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pythons => f.write_str("other Python versions"),
            Self::Abi => f.write_str("another ABI"),
            Self::Platforms(platforms) => f.write_str(&platforms.join(", ")),
            Self::ManyPlatforms => f.write_str("other platforms"),
            Self::Target(tags) => write!(f, "another target: `{tags}`"),
            Self::None => f.write_str("nobody: it has no files"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yanked(None) => f.write_str("yanked"),
            Self::Yanked(Some(words)) => write!(f, "yanked ({words})"),
            Self::RequiresPython(specifiers) => write!(f, "requires Python {specifiers}"),
            Self::NoWheel(others) => write!(f, "no usable wheel: its wheels are for {others}"),
            Self::OfTarget { target, reason } => write!(f, "{reason} (for {target})"),
            Self::NeedsBuild => f.write_str(
                "only a source distribution, which must be built to find its requirements",
            ),
            Self::BuildFailed { why, .. } => {
                write!(f, "only a source distribution, and its build failed: {why}")
            }
            Self::TooNew(rule) => write!(f, "uploaded after {rule}"),
            Self::NoUploadTime(rule) => {
                write!(f, "the index has no upload time, and {rule} needs one")
            }
            Self::Held { code, words, .. } => write!(f, "{words} ({code})"),
            Self::PreRelease => f.write_str("a pre-release"),
            Self::BinaryPolicy(option @ ("--only-binary" | "--no-build")) => {
                write!(
                    f,
                    "no wheel for the target, and `{option}` excludes its source distribution"
                )
            }
            Self::BinaryPolicy(option) => write!(f, "excluded by `{option}`"),
            Self::Offline => f.write_str("not in the cache, and the network is disabled"),
            Self::BadMetadata(what) => write!(f, "unusable metadata: {what}"),
            Self::RefusedByPip(what) => write!(f, "pip refuses its metadata: {what}"),
            Self::RequiresUrl(requirement) => {
                write!(
                    f,
                    "requires `{requirement}`, but only your own requirements may use a URL"
                )
            }
        }
    }
}

/// What a release's metadata says, parsed.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Its requirements, in the order of the metadata.
    pub requirements: Vec<Arc<Requirement>>,
    /// The extras it provides.
    pub extras: Vec<ExtraName>,
    /// Why pip refuses it, if it does: it is used where nothing else is left.
    pub refused: Option<String>,
    /// Which Pythons it is for, where a range of environments is resolved for: the
    /// specifier.
    pub requires_python: Option<Specifiers>,
}

/// Which pre-releases may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PreReleases {
    /// None.
    Disallow,
    /// All, as if they were final.
    Allow,
    /// Where no final release will do.
    #[default]
    IfNecessary,
    /// Of projects for which a direct requirement names one.
    Explicit,
    /// Both of the above.
    IfNecessaryOrExplicit,
}

impl PreReleases {
    /// Returns the name that `--prerelease` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disallow => "disallow",
            Self::Allow => "allow",
            Self::IfNecessary => "if-necessary",
            Self::Explicit => "explicit",
            Self::IfNecessaryOrExplicit => "if-necessary-or-explicit",
        }
    }

    /// Returns the mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Disallow,
            Self::Allow,
            Self::IfNecessary,
            Self::Explicit,
            Self::IfNecessaryOrExplicit,
        ]
        .into_iter()
        .find(|mode| mode.name() == name)
    }
}

/// Which of the versions that will do is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolution {
    /// The newest one.
    #[default]
    Highest,
    /// The oldest one.
    Lowest,
    /// The oldest one of what is required directly, the newest one of all else.
    LowestDirect,
}

impl Resolution {
    /// Returns the name that `--resolution` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Highest => "highest",
            Self::Lowest => "lowest",
            Self::LowestDirect => "lowest-direct",
        }
    }

    /// Returns the one of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Highest, Self::Lowest, Self::LowestDirect]
            .into_iter()
            .find(|resolution| resolution.name() == name)
    }
}

/// A requirement of the user's.
#[derive(Debug, Clone)]
pub struct RootRequirement {
    /// The requirement; its marker has been found to hold, at least for a part of the range.
    pub requirement: Requirement,
    /// Where it stands, for messages: `requirements.in:3`.
    pub location: String,
    /// Who asks, for annotations: `-r requirements.in`.
    pub origin: String,
}

/// A bound of the user's on a project that need not be required.
#[derive(Debug, Clone)]
pub struct Constraint {
    /// The project.
    pub name: ProjectName,
    /// What is allowed of it.
    pub specifiers: Specifiers,
    /// Where, if not everywhere: of consequence for a range of environments only.
    pub marker: Option<Marker>,
    /// Where it stands, for messages.
    pub location: String,
}

/// What is to be resolved.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What the user requires.
    pub roots: Vec<RootRequirement>,
    /// What the user allows of whatever is required.
    pub constraints: Vec<Constraint>,
    /// Requirements that replace all others on the same project.
    pub overrides: Vec<RootRequirement>,
    /// Projects that nothing requires: their override's marker does not hold.
    pub dropped: Vec<ProjectName>,
    /// Versions to try first.
    pub preferences: FxHashMap<ProjectName, Version>,
    /// The environment that markers are evaluated in.
    pub environment: Environment,
    /// The environments that are resolved for, instead of that one.
    pub range: Option<Range>,
    /// Which pre-releases may be chosen.
    pub pre_releases: PreReleases,
    /// Which of the versions that will do is tried first.
    pub resolution: Resolution,
    /// Whether only what the user requires is resolved, and not what it requires.
    pub without_dependencies: bool,
    /// Whether it is recorded what is looked at, to compare searches.
    pub is_recorded: bool,
    /// Places that releases may name by URL, beside those of the user's requirements.
    pub places: Vec<(ProjectName, String)>,
}
