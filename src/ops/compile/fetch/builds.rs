//! Builds of releases that nothing else tells about: when they are made, and when no
//! more of them are.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::index::{CoreMetadata, File};
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::build::metadata::Sdist;
use crate::ops::compile::fetch::budget::Budget;
use crate::ops::compile::fetch::{Answer, Fetcher, Learned};
use crate::ops::error::Error;
use crate::python::{ProjectName, Version};
use crate::resolve::{Need, Reason, Releases as _};

/// How many builds of a project may fail before no older release of it is built.
const MOST_FAILED_BUILDS: usize = 3;

/// Returns the projects that are not to be built any more.
pub(super) fn given_up(
    failed_builds: &FxHashMap<ProjectName, usize>,
) -> impl Iterator<Item = ProjectName> {
    failed_builds
        .iter()
        .filter(|(_, count)| **count >= MOST_FAILED_BUILDS)
        .map(|(name, _)| name.clone())
}

impl Fetcher<'_> {
    /// Returns what an earlier build of a release gave.
    pub(super) async fn known_build(
        &self,
        name: &ProjectName,
        version: &Version,
        file: &File,
    ) -> Option<Arc<CoreMetadata>> {
        let sdist = Sdist {
            name,
            version,
            file,
            why: "",
        };
        self.builder?.known(&sdist).await
    }

    /// Returns the building of a release.
    pub(super) fn build<'s>(
        &'s self,
        need: Need,
        file: Box<File>,
        why: String,
        budget: Budget,
        barred: &FxHashSet<ProjectName>,
    ) -> Pin<Box<dyn Future<Output = Answer> + 's>> {
        let Need::Metadata(name, position) = need.clone() else {
            unreachable!("only metadata takes a build")
        };
        let is_barred = barred.contains(&name);
        Box::pin(async move {
            let builder = match (self.builder, budget) {
                (Some(_), Budget::All) if is_barred => {
                    let why = format!("not tried after {MOST_FAILED_BUILDS} failed builds");
                    let reason = Reason::BuildFailed {
                        why,
                        output: Vec::new(),
                    };
                    return (need, Ok(Learned::Metadata(Err(reason))));
                }
                (Some(builder), _) => builder,
                (None, _) => return (need, Ok(Learned::Metadata(Err(Reason::NeedsBuild)))),
            };
            let Some(releases) = self.releases(&name) else {
                unreachable!("only releases of an index take a build to be known")
            };
            let sdist = Sdist {
                name: &name,
                version: releases.version(position),
                file: &file,
                why: &why,
            };
            // A trial may use what was built before, no more.
            if budget != Budget::All {
                let known = builder.known(&sdist).await;
                let judged = known.map(|core| self.judge(&name, position, &core));
                let metadata = judged.unwrap_or(Err(Reason::NeedsBuild));
                return (need, Ok(Learned::Metadata(metadata)));
            }
            let built = builder.sdist(&sdist, &self.chain).await;
            if let Err(Failure::Build { why, .. }) = &built {
                let failed = self.failed_builds.lock();
                let mut failed = failed.unwrap_or_else(PoisonError::into_inner);
                failed.insert(file.filename.clone(), why.clone());
            }
            let learned = match built {
                Ok(core) => Ok(Learned::Metadata(self.judge(&name, position, &core))),
                Err(Failure::Build { why, output, .. }) => {
                    Ok(Learned::Metadata(Err(Reason::BuildFailed { why, output })))
                }
                // Without the network nothing that fails to come is a fault of it.
                Err(failure @ Failure::Fetch(_))
                    if builder.is_offline() && !failure.is_of_the_machine() =>
                {
                    Ok(Learned::Metadata(Err(Reason::Offline)))
                }
                Err(Failure::Fetch(source)) => Err(Error::Build {
                    what: file.filename.clone(),
                    source,
                }),
            };
            (need, learned)
        })
    }
}
