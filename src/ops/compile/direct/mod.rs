//! What is at the places that requirements name: files by URL or path, folders,
//! repositories. Each gives one release, which is settled before the search begins.
//!
//! Places may require places: what a file, a folder or a repository requires by URL is
//! looked at as well, and what the releases of an index require by URL is not.

pub(in crate::ops) mod folder_key;
pub(in crate::ops) mod location;
mod release;
mod trees;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use url::Url;

use crate::index::IndexClient;
use crate::lock::{LockFile, PinSource};
use crate::ops::compile::build::Builder;
use crate::ops::compile::direct::location::{At, Located, Location};
use crate::ops::compile::fetch::DirectRelease;
use crate::ops::error::Error;
use crate::ops::view::View;
use crate::python::{Environment, ExtraName, ProjectName, Requirement, RequirementSource, Tags};
use crate::requirements::PerProject;
use crate::resolve::RootRequirement;
use crate::text::without_password;
use crate::vcs::Git;

/// What places are looked at with.
pub(in crate::ops) struct Surveyor<'a> {
    pub(in crate::ops) client: &'a IndexClient,
    pub(in crate::ops) builder: &'a Builder<'a>,
    pub(in crate::ops) git: &'a Git,
    pub(in crate::ops) tags: &'a Tags,
    pub(in crate::ops) environment: &'a Environment,
    pub(in crate::ops) binary: &'a [PerProject],
    pub(in crate::ops) is_build_forbidden: bool,
    pub(in crate::ops) view: &'a View,
    pub(in crate::ops) current_directory: &'a str,
    /// The lock, whose commits are kept.
    pub(in crate::ops) locked: &'a LockFile,
    /// Whether a project's commit is to move.
    pub(in crate::ops) is_upgraded: &'a (dyn Fn(&ProjectName) -> bool + Sync),
}

/// What was found at the places.
#[derive(Debug, Default)]
pub(in crate::ops) struct Settled {
    /// The one release of each project that a place gives.
    pub(in crate::ops) direct: FxHashMap<ProjectName, Arc<DirectRelease>>,
    /// Requirements on them.
    pub(in crate::ops) roots: Vec<RootRequirement>,
    /// Requirements on them that replace all others.
    pub(in crate::ops) overrides: Vec<RootRequirement>,
    /// The URLs by which releases may require them, too.
    pub(in crate::ops) places: Vec<(ProjectName, String)>,
    /// How the lock names them.
    pub(in crate::ops) pins: BTreeMap<ProjectName, PlacePin>,
}

impl Settled {
    /// Returns the project that is at a place.
    pub(in crate::ops) fn name_of(&self, located: &Located) -> Option<&ProjectName> {
        let url = spelled_url(located);
        let mut places = self.places.iter();
        places
            .find(|(_, place)| *place == url)
            .map(|(name, _)| name)
    }
}

/// How the lock names what is at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct PlacePin {
    pub(in crate::ops) source: PinSource,
    /// The branch, tag or other name that gave the commit.
    pub(in crate::ops) revision: Option<String>,
    /// Whether pip can check it against a hash.
    pub(in crate::ops) is_hashable: bool,
}

/// What was found at one place.
struct Find {
    name: ProjectName,
    release: Arc<DirectRelease>,
    pin: PlacePin,
}

impl Surveyor<'_> {
    /// Looks at all places, and at those that these lead to.
    pub(in crate::ops) async fn survey(
        &self,
        located: &[Located],
        constraints: &[Located],
    ) -> Result<Settled, Error> {
        let mut settled = Settled::default();
        let mut seen: FxHashMap<ProjectName, (At, String)> = FxHashMap::default();
        let mut finds: FxHashMap<At, Find> = FxHashMap::default();
        let mut followed: FxHashSet<(ProjectName, Vec<ExtraName>)> = FxHashSet::default();
        let own = located.iter().map(|one| (one.clone(), true));
        let others = constraints.iter().map(|one| (one.clone(), false));
        let mut wave: Vec<(Located, bool)> = own.chain(others).collect();
        while !wave.is_empty() {
            self.find_all(&wave, &mut finds).await?;
            let mut next = Vec::new();
            for (located, is_own) in wave {
                let find = &finds[&located.at];
                let name = find.name.clone();
                check_name(&located, &name)?;
                let url = spelled_url(&located);
                if let Some((at, place)) = seen.get(&name) {
                    if *at != located.at && (is_own || place_of(at) != place_of(&located.at)) {
                        return Err(Error::Usage {
                            message: format!(
                                "{name} is required from two places ({place} and {})",
                                located.place
                            ),
                            help: Some(
                                "keep one of them, or name the one that counts in a file for `--override`"
                                    .to_owned(),
                            ),
                        });
                    }
                } else {
                    seen.insert(name.clone(), (located.at.clone(), located.place.clone()));
                    settled
                        .direct
                        .insert(name.clone(), Arc::clone(&find.release));
                    settled.pins.insert(name.clone(), find.pin.clone());
                }
                if followed.insert((name.clone(), located.extras.clone())) {
                    next.extend(self.places_required(&find.release, &located));
                }
                settled.places.push((name.clone(), url.clone()));
                if !is_own {
                    continue;
                }
                let root = RootRequirement {
                    requirement: Requirement {
                        name,
                        extras: located.extras,
                        source: RequirementSource::Url(url),
                        marker: located.marker,
                    },
                    place: located.place,
                    origin: located.origin,
                };
                if located.is_override {
                    settled.overrides.push(root);
                } else {
                    settled.roots.push(root);
                }
            }
            wave = next.into_iter().map(|one| (one, false)).collect();
        }
        Ok(settled)
    }

    /// Looks at places that were not looked at, each once. A place that is editable
    /// in one of its spellings is editable.
    async fn find_all(
        &self,
        wave: &[(Located, bool)],
        finds: &mut FxHashMap<At, Find>,
    ) -> Result<(), Error> {
        let (editable, others): (Vec<&Located>, Vec<&Located>) = wave
            .iter()
            .map(|(located, _)| located)
            .partition(|located| located.is_editable);
        let mut new: FxHashSet<&At> = FxHashSet::default();
        let places: Vec<&Located> = editable
            .into_iter()
            .chain(others)
            .filter(|located| !finds.contains_key(&located.at) && new.insert(&located.at))
            .collect();
        let found = places.iter().map(async |located| {
            let find = self.find(located).await?;
            Ok::<_, Error>((located.at.clone(), find))
        });
        finds.extend(futures_util::future::try_join_all(found).await?);
        Ok(())
    }

    /// Returns the places that a release requires something from.
    fn places_required(&self, release: &DirectRelease, by: &Located) -> Vec<Located> {
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
            let location = Location {
                value: url,
                as_written: url,
                base: self.current_directory,
                is_editable: false,
            };
            let Ok(at) = location.find() else {
                continue;
            };
            required.push(Located {
                name: Some(requirement.name.clone()),
                extras: requirement.extras.clone(),
                marker: None,
                at,
                is_editable: false,
                comments: Vec::new(),
                as_written: url.clone(),
                is_override: false,
                hashes: BTreeSet::new(),
                place: format!("{}, through {}", by.place, release.metadata.name),
                origin: by.origin.clone(),
            });
        }
        required
    }

    /// Whether a requirement is one of the project, or of one of the extras.
    fn holds(&self, requirement: &Requirement, extras: &[ExtraName]) -> bool {
        requirement.marker.as_ref().is_none_or(|marker| {
            marker.evaluate(self.environment, None)
                || extras
                    .iter()
                    .any(|extra| marker.evaluate(self.environment, Some(extra)))
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

/// Checks that a place has the project that a line says it has.
fn check_name(located: &Located, found: &ProjectName) -> Result<(), Error> {
    match &located.name {
        Some(name) if name != found => Err(Error::Usage {
            message: format!(
                "{}: `{}` is {found}, not {name}",
                located.place,
                shown(located)
            ),
            help: Some("correct the name, or the place".to_owned()),
        }),
        _ => Ok(()),
    }
}

/// Returns a place as it is shown.
fn shown(located: &Located) -> String {
    without_password(&located.as_written)
}

/// Returns the URL that stands for a place in requirements.
fn spelled_url(located: &Located) -> String {
    match &located.at {
        At::File(url) => url.to_string(),
        At::Folder(folder) => Url::from_directory_path(folder)
            .map_or_else(|()| located.as_written.clone(), Into::into),
        At::Repository(url) => url.clone(),
    }
}

/// Returns a place without what is said of it.
fn place_of(at: &At) -> String {
    match at {
        At::File(url) => {
            let mut url = url.clone();
            url.set_fragment(None);
            url.into()
        }
        At::Folder(folder) => folder.display().to_string(),
        At::Repository(url) => url.split('#').next().unwrap_or(url).to_owned(),
    }
}
