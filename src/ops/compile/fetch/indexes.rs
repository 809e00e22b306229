//! Which index has a project: the one that owns it, the first that knows it, or all.

use std::sync::{Arc, PoisonError};

use crate::command::IndexStrategy;
use crate::index::page::{Status, shortened};
use crate::index::{self, IndexUrl, Listing};
use crate::ops::compile::candidates::{Listed, ProjectFiles, ProjectReleases};
use crate::ops::compile::fetch::{Fetcher, Known};
use crate::ops::compile::indexes::Owner;
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

/// What was found of a project.
struct Found {
    listings: Vec<Listed>,
    /// Where, for the log.
    at: Option<String>,
    /// Why there is nothing, if there is nothing.
    absence: Option<Absence>,
}

impl Fetcher<'_> {
    pub(super) async fn find(&self, name: &ProjectName) -> Result<Known, Error> {
        let known = match self.direct.get(name) {
            Some(release) => Known::Direct(Arc::clone(release)),
            None => match self.found_by_another(name) {
                Some(known) => known,
                None => self.find_on_indexes(name).await?,
            },
        };
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), known.clone());
        Ok(known)
    }

    /// Returns what the run for another cell found of a project.
    fn found_by_another(&self, name: &ProjectName) -> Option<Known> {
        match self.shared.as_ref()?.found(name)? {
            Known::Index(releases) => {
                let pinned = self.pinned.get(name).cloned().unwrap_or_default();
                let releases = releases.judged_by(Arc::clone(&self.policy), pinned);
                Some(Known::Index(Arc::new(releases)))
            }
            known => Some(known),
        }
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
        let flat = self.flat.get(name).map(|listing| Listed {
            listing: Arc::clone(listing),
            limit: self.policy.cutoffs.limit(name, None),
            index: None,
        });
        let listings: Vec<Listed> = flat.into_iter().collect();
        let mut found = Found {
            at: (!listings.is_empty()).then(|| "--find-links".to_owned()),
            listings,
            absence: None,
        };
        if let Some(owner) = self.settings.owner(name)? {
            self.find_on_owner(name, owner, &mut found).await?;
        } else if self.settings.strategy == IndexStrategy::FirstIndex {
            self.find_on_first(name, &mut found).await?;
        } else {
            self.find_on_all(name, &mut found).await?;
        }
        let Found {
            listings,
            at,
            absence,
        } = found;
        let policy = || Arc::clone(&self.policy);
        let pinned = || self.pinned.get(name).cloned().unwrap_or_default();
        let has_files = listings.iter().any(|listed| !listed.listing.is_empty());
        let known = match absence {
            Some(absence) if !has_files => {
                let releases = ProjectReleases::absent(name.clone(), policy(), pinned(), absence);
                Known::Index(Arc::new(releases))
            }
            _ if !listings.is_empty() => {
                let is_in_order = self.settings.strategy == IndexStrategy::UnsafeFirstMatch;
                let files = Arc::new(ProjectFiles::new(listings, is_in_order));
                let releases = ProjectReleases::new(name.clone(), policy(), pinned(), files);
                Known::Index(Arc::new(releases))
            }
            _ => Known::Absent,
        };
        if let Some(shared) = &self.shared {
            shared.keep_found(name, &known);
        }
        self.reporter.event(Event::Releases {
            name: name.clone(),
            count: known.releases().count(),
            index: at,
        });
        Ok(known)
    }

    async fn find_on_owner(
        &self,
        name: &ProjectName,
        owner: &Owner,
        found: &mut Found,
    ) -> Result<(), Error> {
        let index = &owner.index;
        let answer = self.listing(index, name).await;
        match answer.map_err(|source| self.failure(name, index, source))? {
            Some(listing) => self.take(name, index, listing, found),
            None => {
                found.absence = Some(Absence {
                    why: format!(
                        "the index `{}`, which owns the name, has no project {name}",
                        owner.name
                    ),
                    advice: format!(
                        "check the spelling of `{name}`, or change which index owns the name"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Asks one index after the other: a private name is not for others to know.
    async fn find_on_first(&self, name: &ProjectName, found: &mut Found) -> Result<(), Error> {
        let indexes = &self.settings.indexes;
        for (number, index) in indexes.iter().enumerate() {
            let answer = self.listing(index, name).await;
            let answer = answer.map_err(|source| self.failure(name, index, source))?;
            let Some(listing) = answer else {
                continue;
            };
            let is_empty = listing.is_empty();
            self.take(name, index, listing, found);
            if found.absence.is_some() {
                break;
            }
            if is_empty && number + 1 < indexes.len() {
                found.absence = Some(Absence {
                    why: format!(
                        "the index {} has a page for {name} without wheels or source \
                         distributions, and later indexes are not asked for it",
                        self.settings.shown(index)
                    ),
                    advice: "remove the empty page, or change the order of the indexes".to_owned(),
                });
            }
            self.came_from
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(name.clone(), number);
            break;
        }
        Ok(())
    }

    async fn find_on_all(&self, name: &ProjectName, found: &mut Found) -> Result<(), Error> {
        let indexes = &self.settings.indexes;
        let answers = indexes.iter().map(|index| self.listing(index, name));
        let answers = futures_util::future::join_all(answers).await;
        for (index, answer) in indexes.iter().zip(answers) {
            let answer = answer.map_err(|source| self.failure(name, index, source))?;
            if let Some(listing) = answer {
                self.take(name, index, listing, found);
            }
        }
        Ok(())
    }

    /// Takes what an index has of a project, unless it has quarantined it (PEP 792).
    fn take(&self, name: &ProjectName, index: &IndexUrl, listing: Arc<Listing>, found: &mut Found) {
        let status = listing.status();
        if let Some(status) = status.filter(|status| status.status == Status::Quarantined) {
            let reason = status.reason.as_deref().map(shortened);
            let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
            found.absence = Some(Absence {
                why: format!(
                    "the index {} has quarantined {name}: it may be unsafe to use{reason}",
                    self.settings.shown(index)
                ),
                advice: format!(
                    "remove `{name}` until its index has examined it, or use an index of your own"
                ),
            });
            return;
        }
        let own_limit = self.settings.cutoffs.get(index);
        found.listings.push(Listed {
            listing,
            limit: self.policy.cutoffs.limit(name, own_limit),
            index: Some(index.clone()),
        });
        found.at.get_or_insert_with(|| index.to_string());
    }

    fn failure(&self, name: &ProjectName, index: &IndexUrl, source: index::Error) -> Error {
        Error::Index {
            project: name.clone(),
            index: Box::new(AskedIndex {
                shown: self.settings.shown(index),
                variables: self.settings.variables(index),
            }),
            source,
        }
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
