//! Which index has a project: the one that owns it, the first that knows it, or all.

use std::sync::{Arc, PoisonError};

use crate::command::IndexStrategy;
use crate::index::IndexUrl;
use crate::ops::compile::candidates::{Listed, ProjectReleases};
use crate::ops::compile::fetch::{Fetcher, Known};
use crate::ops::error::{AskedIndex, Error};
use crate::ops::events::Event;
use crate::python::ProjectName;
use crate::resolve::Solution;

/// A project that a later index has as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct NameCollision {
    pub(in crate::ops) name: ProjectName,
    /// Where it came from.
    pub(in crate::ops) from: IndexUrl,
    /// Who has the name as well.
    pub(in crate::ops) also_on: IndexUrl,
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
        if let Some(owner) = self.settings.owner(name)? {
            let index = &owner.index;
            let answer = self.client.listing(index, name).await;
            match answer.map_err(|source| failed(index, source))? {
                Some(listing) => {
                    listings.push(listed(index, listing));
                    found_at = Some(index.to_string());
                }
                None => {
                    absence = Some(format!(
                        "the index `{}`, which owns the name, has no project {name}",
                        owner.name
                    ));
                }
            }
        } else if self.settings.strategy == IndexStrategy::FirstIndex {
            // One after the other: a private name is not for others to know.
            for (number, index) in self.settings.indexes.iter().enumerate() {
                let answer = self.client.listing(index, name).await;
                if let Some(listing) = answer.map_err(|source| failed(index, source))? {
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
                .map(|index| self.client.listing(index, name));
            let answers = futures_util::future::join_all(answers).await;
            for (index, answer) in self.settings.indexes.iter().zip(answers) {
                if let Some(listing) = answer.map_err(|source| failed(index, source))? {
                    listings.push(listed(index, listing));
                    found_at.get_or_insert_with(|| index.to_string());
                }
            }
        }
        let policy = || Arc::clone(&self.policy);
        let pinned = || self.pinned.get(name).cloned().unwrap_or_default();
        let known = match absence {
            _ if !listings.is_empty() => Known::Index(Arc::new(ProjectReleases::new(
                name.clone(),
                policy(),
                pinned(),
                listings,
                self.settings.strategy == IndexStrategy::UnsafeFirstMatch,
            ))),
            Some(why) => {
                let releases = ProjectReleases::absent(name.clone(), policy(), pinned(), why);
                Known::Index(Arc::new(releases))
            }
            None => Known::Absent,
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
            let listing = self.client.listing(index, name).await.ok()??;
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
