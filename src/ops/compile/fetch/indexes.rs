//! Which index has a project: the one that owns it, the first that knows it, or all.

use std::sync::{Arc, PoisonError};

use crate::command::IndexStrategy;
use crate::index::page::{Status, shortened};
use crate::index::{self, IndexUrl, Listing};
use crate::ops::compile::candidates::{Listed, ProjectReleases};
use crate::ops::compile::fetch::{Fetcher, Known};
use crate::ops::error::{AskedIndex, Error};
use crate::ops::events::Event;
use crate::python::ProjectName;
use crate::resolve::{Absence, Solution};

/// A project that a later index has as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct NameCollision {
    pub(in crate::ops) name: ProjectName,
    /// Where it came from.
    pub(in crate::ops) from: IndexUrl,
    /// Who has the name as well.
    pub(in crate::ops) also_on: IndexUrl,
}

/// Says that an index keeps a project from being used (PEP 792), if it does.
fn quarantine(name: &ProjectName, index: &str, listing: &Listing) -> Option<Absence> {
    let status = listing.status()?;
    if status.status != Status::Quarantined {
        return None;
    }
    let reason = status.reason.as_deref().map(shortened);
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    Some(Absence {
        why: format!("the index `{index}` has quarantined {name}: it may be unsafe to use{reason}"),
        advice: format!(
            "remove `{name}` until its index has examined it, or use an index of your own"
        ),
    })
}

impl Fetcher<'_> {
    pub(super) async fn find(&self, name: &ProjectName) -> Result<Known, Error> {
        let known = match self.direct.get(name) {
            Some(release) => Known::Direct(Arc::clone(release)),
            None => self.find_on_indexes(name).await?,
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), known.clone());
        Ok(known)
    }

    /// Returns a project's files on an index; none if it does not know the project, or says so
    /// by a status that is to be understood like that.
    async fn listing(
        &self,
        index: &IndexUrl,
        name: &ProjectName,
    ) -> Result<Option<Arc<Listing>>, index::Error> {
        match self.client.listing(index, name).await {
            Err(error) if self.settings.says_absent(index, &error) => Ok(None),
            answer => answer,
        }
    }

    async fn find_on_indexes(&self, name: &ProjectName) -> Result<Known, Error> {
        let cutoffs = &self.policy.cutoffs;
        let flat = self.flat.get(name).map(|listing| Listed {
            listing: Arc::clone(listing),
            limit: cutoffs.limit(name, None),
            index: None,
        });
        let listed = |index: &IndexUrl, listing| Listed {
            listing,
            limit: cutoffs.limit(name, self.settings.cutoffs.get(index)),
            index: Some(index.clone()),
        };
        let mut listings: Vec<Listed> = flat.into_iter().collect();
        let mut found_at = (!listings.is_empty()).then(|| "--find-links".to_owned());
        let failed = |index: &IndexUrl, source| Error::Index {
            project: name.clone(),
            index: Box::new(AskedIndex {
                shown: self.settings.shown(index),
                variables: self.settings.variables(index),
            }),
            source,
        };
        let mut absence = None;
        let missing = |why: String, otherwise: &str| Absence {
            why,
            advice: format!("check the spelling of `{name}`, or {otherwise}"),
        };
        if let Some(owner) = self.settings.owner(name)? {
            let index = &owner.index;
            let answer = self.listing(index, name).await;
            match answer.map_err(|source| failed(index, source))? {
                Some(listing) => match quarantine(name, &owner.name, &listing) {
                    Some(quarantine) => absence = Some(quarantine),
                    None => {
                        listings.push(listed(index, listing));
                        found_at = Some(index.to_string());
                    }
                },
                None => {
                    let why = format!(
                        "the index `{}`, which owns the name, has no project {name}",
                        owner.name
                    );
                    absence = Some(missing(why, "change which index owns the name"));
                }
            }
        } else if self.settings.strategy == IndexStrategy::FirstIndex {
            // One after the other: a private name is not for others to know.
            for (number, index) in self.settings.indexes.iter().enumerate() {
                let answer = self.listing(index, name).await;
                if let Some(listing) = answer.map_err(|source| failed(index, source))? {
                    absence = quarantine(name, &index.to_string(), &listing);
                    if absence.is_some() {
                        break;
                    }
                    if listing.is_empty() && number + 1 < self.settings.indexes.len() {
                        let why = format!(
                            "the index {} has a page for {name} without wheels or source \
                             distributions, and later indexes are not asked for it",
                            self.settings.shown(index)
                        );
                        let otherwise = "remove the empty page, or change the order of the indexes";
                        absence = Some(missing(why, otherwise));
                    }
                    listings.push(listed(index, listing));
                    found_at = Some(index.to_string());
                    self.came_from
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(name.clone(), number);
                    break;
                }
            }
        } else {
            let answers = self
                .settings
                .indexes
                .iter()
                .map(|index| self.listing(index, name));
            let answers = futures_util::future::join_all(answers).await;
            for (index, answer) in self.settings.indexes.iter().zip(answers) {
                if let Some(listing) = answer.map_err(|source| failed(index, source))? {
                    if let Some(quarantine) = quarantine(name, &index.to_string(), &listing) {
                        absence = Some(quarantine);
                        continue;
                    }
                    listings.push(listed(index, listing));
                    found_at.get_or_insert_with(|| index.to_string());
                }
            }
        }
        let policy = || Arc::clone(&self.policy);
        let pinned = || self.pinned.get(name).cloned().unwrap_or_default();
        let has_files = listings.iter().any(|listed| !listed.listing.is_empty());
        let known = match absence {
            Some(absence) if !has_files => {
                let releases = ProjectReleases::absent(name.clone(), policy(), pinned(), absence);
                Known::Index(Arc::new(releases))
            }
            _ if !listings.is_empty() => Known::Index(Arc::new(ProjectReleases::new(
                name.clone(),
                policy(),
                pinned(),
                listings,
                self.settings.strategy == IndexStrategy::UnsafeFirstMatch,
            ))),
            _ => Known::Absent,
        };
        self.reporter.event(Event::Releases {
            name: name.clone(),
            count: known.releases().count(),
            index: found_at,
        });
        Ok(known)
    }

    /// Asks the indexes behind the one that a chosen project came from whether they know
    /// its name as well, all at once; returns those that do, unless they have the very
    /// same file. An index that does not answer counts as one that does not know.
    pub(in crate::ops) async fn name_collisions(&self, solution: &Solution) -> Vec<NameCollision> {
        let came_from = self
            .came_from
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let questions = solution.chosen.iter().flat_map(|(name, chosen)| {
            let first = came_from.get(name).copied();
            let releases = self.releases(name);
            let later = first.map_or(self.settings.indexes.len(), |first| first + 1);
            first
                .zip(releases)
                .into_iter()
                .flat_map(move |(first, releases)| {
                    let indexes = self.settings.indexes[later..].iter();
                    indexes.map(move |index| (name, chosen, first, index, Arc::clone(&releases)))
                })
        });
        let answers = questions.map(async |(name, chosen, first, index, releases)| {
            let listing = self.listing(index, name).await.ok()??;
            let is_same = listing.is_empty() || releases.shares_file(chosen.position, &listing);
            (!is_same).then(|| NameCollision {
                name: name.clone(),
                from: self.settings.indexes[first].clone(),
                also_on: index.clone(),
            })
        });
        let answers = futures_util::future::join_all(answers).await;
        answers.into_iter().flatten().collect()
    }
}
