//! What is at the sources that requirements name: files by URL or path, folders,
//! repositories. Each gives one release, which is settled before the search begins.
//!
//! Sources may require others: what a file, a folder or a repository requires by URL is
//! looked at as well, and what the releases of an index require by URL is not.

pub(in crate::ops) mod folder_key;
mod release;
pub(in crate::ops) mod source;
mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use url::Url;

use crate::index::IndexClient;
use crate::lock::{LockFile, PinSource};
use crate::ops::compile::build::Builder;
use crate::ops::compile::direct::source::{
    DirectReference, DirectSource, WrittenSource, subdirectory,
};
use crate::ops::compile::fetch::DirectRelease;
use crate::ops::error::Error;
use crate::ops::view::View;
use crate::python::{
    Environment, ExtraName, Marker, ProjectName, Requirement, RequirementSource, Tags,
};
use crate::requirements::PerProject;
use crate::resolve::RootRequirement;
use crate::text::without_password;
use crate::vcs::Git;

/// What sources are looked at with.
pub(in crate::ops) struct DirectReader<'a> {
    pub(in crate::ops) client: &'a IndexClient,
    pub(in crate::ops) builder: &'a Builder<'a>,
    pub(in crate::ops) git: &'a Git,
    /// Those of each target.
    pub(in crate::ops) tags: &'a [Tags],
    pub(in crate::ops) environment: &'a Environment,
    /// Whether all environments of a range count, instead of that one.
    pub(in crate::ops) is_for_range: bool,
    pub(in crate::ops) binary: &'a [PerProject],
    pub(in crate::ops) is_build_forbidden: bool,
    pub(in crate::ops) view: &'a View,
    pub(in crate::ops) current_directory: &'a str,
    /// Projects whose requirements by URL an override stands in the place of.
    pub(in crate::ops) overridden: &'a FxHashSet<ProjectName>,
    /// The lock, whose commits are kept.
    pub(in crate::ops) locked: &'a LockFile,
    /// Whether a project's commit is to move.
    pub(in crate::ops) is_upgraded: &'a (dyn Fn(&ProjectName) -> bool + Sync),
}

/// What was found at the sources.
#[derive(Debug, Default)]
pub(in crate::ops) struct DirectReleases {
    /// The one release of each project that a source gives.
    pub(in crate::ops) direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    /// Requirements on them.
    pub(in crate::ops) roots: Vec<RootRequirement>,
    /// Requirements on them that replace all others.
    pub(in crate::ops) overrides: Vec<RootRequirement>,
    /// The URLs by which releases may require them, too.
    pub(in crate::ops) places: Vec<(ProjectName, String)>,
    /// How the lock names them.
    pub(in crate::ops) pins: BTreeMap<ProjectName, DirectPin>,
}

impl DirectReleases {
    /// Returns the project that is at a source.
    pub(in crate::ops) fn name_of(&self, reference: &DirectReference) -> Option<&ProjectName> {
        let url = spelled_url(reference);
        let mut places = self.places.iter();
        places
            .find(|(_, place)| *place == url)
            .map(|(name, _)| name)
    }
}

/// How the lock names what is at a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct DirectPin {
    pub(in crate::ops) source: PinSource,
    /// The branch, tag or other name that gave the commit.
    pub(in crate::ops) revision: Option<String>,
    /// Whether pip can check it against a hash.
    pub(in crate::ops) is_hashable: bool,
}

/// What was found at one source.
struct Found {
    name: ProjectName,
    release: Arc<DirectRelease>,
    pin: DirectPin,
}

impl DirectReader<'_> {
    /// Looks at all sources, and at those that these lead to.
    pub(in crate::ops) async fn read(
        &self,
        references: &[DirectReference],
        constraints: &[DirectReference],
    ) -> Result<DirectReleases, Error> {
        let mut found = DirectReleases::default();
        let mut seen: FxHashMap<ProjectName, (DirectSource, String)> = FxHashMap::default();
        let mut known: FxHashMap<DirectSource, Found> = FxHashMap::default();
        let mut followed: FxHashSet<(ProjectName, Vec<ExtraName>)> = FxHashSet::default();
        let own = references.iter().map(|one| (one.clone(), true));
        let others = constraints.iter().map(|one| (one.clone(), false));
        let mut wave: Vec<(DirectReference, bool)> = own.chain(others).collect();
        let mut overridden = self.overridden.clone();
        while !wave.is_empty() {
            self.find_all(&wave, &mut known).await?;
            // Of some the name is known only now.
            for (reference, _) in wave.iter().filter(|(one, _)| one.is_override) {
                overridden.insert(known[&reference.source].name.clone());
            }
            let mut next = Vec::new();
            for (reference, is_own) in wave {
                let one = &known[&reference.source];
                let name = one.name.clone();
                check_name(&reference, &name)?;
                if overridden.contains(&name) && !reference.is_override {
                    if is_own {
                        found.roots.push(reference.without_place(name));
                    }
                    continue;
                }
                let url = spelled_url(&reference);
                if let Some((source, location)) = seen.get(&name) {
                    if *source != reference.source
                        && (is_own || bare_source(source) != bare_source(&reference.source))
                    {
                        return Err(Error::Usage {
                            message: format!(
                                "{name} is required from two sources ({location} and {})",
                                reference.location
                            ),
                            help: Some(
                                "keep one of them, or choose one in a file for `--override`"
                                    .to_owned(),
                            ),
                        });
                    }
                } else {
                    seen.insert(
                        name.clone(),
                        (reference.source.clone(), reference.location.clone()),
                    );
                    found.direct.insert(name.clone(), Arc::clone(&one.release));
                    found.pins.insert(name.clone(), one.pin.clone());
                }
                if followed.insert((name.clone(), reference.extras.clone())) {
                    let required = self.sources_required(&one.release, &reference);
                    next.extend(required.into_iter().filter(|required| {
                        let mut names = required.name.iter();
                        names.all(|name| !overridden.contains(name))
                    }));
                }
                found.places.push((name.clone(), url.clone()));
                if !is_own {
                    continue;
                }
                let root = RootRequirement {
                    requirement: Requirement {
                        name,
                        extras: reference.extras,
                        source: RequirementSource::Url(url),
                        marker: reference.marker,
                    },
                    location: reference.location,
                    origin: reference.origin,
                };
                if reference.is_override {
                    found.overrides.push(root);
                } else {
                    found.roots.push(root);
                }
            }
            wave = next.into_iter().map(|one| (one, false)).collect();
        }
        Ok(found)
    }

    /// Looks at sources that were not looked at, each once. A source that is editable
    /// in one of its spellings is editable.
    async fn find_all(
        &self,
        wave: &[(DirectReference, bool)],
        known: &mut FxHashMap<DirectSource, Found>,
    ) -> Result<(), Error> {
        let (editable, others): (Vec<&DirectReference>, Vec<&DirectReference>) = wave
            .iter()
            .map(|(reference, _)| reference)
            .partition(|reference| reference.is_editable);
        let mut new: FxHashSet<&DirectSource> = FxHashSet::default();
        let places: Vec<&DirectReference> = editable
            .into_iter()
            .chain(others)
            .filter(|reference| {
                !known.contains_key(&reference.source) && new.insert(&reference.source)
            })
            .collect();
        let found = places.iter().map(async |reference| {
            let find = self.find(reference).await?;
            Ok::<_, Error>((reference.source.clone(), find))
        });
        known.extend(futures_util::future::try_join_all(found).await?);
        Ok(())
    }

    /// Returns the sources that a release requires something from.
    fn sources_required(
        &self,
        release: &DirectRelease,
        by: &DirectReference,
    ) -> Vec<DirectReference> {
        let texts = &release.metadata.requires_dist;
        if !texts.iter().any(|text| text.contains('@')) {
            return Vec::new();
        }
        let requirements: Vec<Requirement> = texts
            .iter()
            .filter_map(|text| Requirement::parse_metadata(text).ok())
            .collect();
        let own = release.metadata.name.parse().ok();
        let extras = self.with_own_extras(own.as_ref(), &requirements, by.extras.clone());
        let mut required = Vec::new();
        for requirement in &requirements {
            let RequirementSource::Url(url) = &requirement.source else {
                continue;
            };
            if !self.holds(requirement, &extras) {
                continue;
            }
            let written = WrittenSource {
                value: url,
                as_written: url,
                base: self.current_directory,
                is_editable: false,
            };
            // What came over the network names nothing here.
            if by.source.is_remote() && written.is_local() {
                continue;
            }
            let Ok(source) = written.find() else {
                continue;
            };
            required.push(DirectReference {
                name: Some(requirement.name.clone()),
                extras: requirement.extras.clone(),
                marker: None,
                source,
                is_editable: false,
                comments: Vec::new(),
                as_written: url.clone(),
                is_override: false,
                hashes: BTreeSet::new(),
                location: format!("{}, through {}", by.location, release.metadata.name),
                origin: by.origin.clone(),
            });
        }
        required
    }

    /// Whether a requirement is one of the project, or of one of the extras.
    fn holds(&self, requirement: &Requirement, extras: &[ExtraName]) -> bool {
        let holds = |marker: &Marker, extra| {
            if self.is_for_range {
                marker.admits_extra(extra)
            } else {
                marker.evaluate(self.environment, extra)
            }
        };
        requirement.marker.as_ref().is_none_or(|marker| {
            holds(marker, None) || extras.iter().any(|extra| holds(marker, Some(extra)))
        })
    }

    /// Returns extras with those of the same project that they stand for.
    fn with_own_extras(
        &self,
        own: Option<&ProjectName>,
        requirements: &[Requirement],
        mut extras: Vec<ExtraName>,
    ) -> Vec<ExtraName> {
        loop {
            let mut more = Vec::new();
            for requirement in requirements {
                if own == Some(&requirement.name) && self.holds(requirement, &extras) {
                    let new = requirement.extras.iter();
                    more.extend(new.filter(|extra| !extras.contains(extra)).cloned());
                }
            }
            if more.is_empty() {
                return extras;
            }
            extras.extend(more);
        }
    }
}

/// Checks that a source has the project that a line says it has.
fn check_name(reference: &DirectReference, found: &ProjectName) -> Result<(), Error> {
    match &reference.name {
        Some(name) if name != found => Err(Error::Usage {
            message: format!(
                "{}: `{}` is {found}, not {name}",
                reference.location,
                shown(reference)
            ),
            help: Some("correct the name or the source".to_owned()),
        }),
        _ => Ok(()),
    }
}

/// Returns a source as it is shown.
fn shown(reference: &DirectReference) -> String {
    without_password(&reference.as_written)
}

/// Returns the URL that stands for a source in requirements.
fn spelled_url(reference: &DirectReference) -> String {
    match &reference.source {
        DirectSource::File(url) => url.to_string(),
        DirectSource::Folder(folder) => Url::from_directory_path(folder)
            .map_or_else(|()| reference.as_written.clone(), Into::into),
        DirectSource::Repository(url) => url.clone(),
    }
}

/// Returns a source without what is said of it.
fn bare_source(source: &DirectSource) -> String {
    match source {
        DirectSource::File(url) => {
            let mut bare = url.clone();
            let subdirectory = subdirectory(url).map(|name| format!("subdirectory={name}"));
            bare.set_fragment(subdirectory.as_deref());
            bare.into()
        }
        DirectSource::Folder(folder) => folder.display().to_string(),
        DirectSource::Repository(url) => url.split('#').next().unwrap_or(url).to_owned(),
    }
}
