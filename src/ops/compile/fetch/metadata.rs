//! What a release requires, which of its files is installed, and their hashes.

use std::sync::Arc;

use crate::index::{CoreMetadata, Entry, File, MetadataError, Sha256};
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::candidates::admission::{PythonSupport, lower_bounds};
use crate::ops::compile::fetch::shared::ReadMetadata;
use crate::ops::compile::fetch::{Fetcher, Known, Learned};
use crate::ops::error::{Distribution, Error, with_causes};
use crate::ops::events::Event;
use crate::python::{ProjectName, Requirement, RequirementError};
use crate::resolve::{Availability, Metadata, OtherWheels, Reason, Releases as _};

impl Fetcher<'_> {
    pub(super) async fn metadata(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Result<Learned, Error> {
        let unusable = |reason| Ok(Learned::Metadata(Err(reason)));
        let core = match self.known(name) {
            Some(Known::Direct(direct)) => Arc::clone(&direct.metadata),
            Some(Known::Index(releases)) => {
                let shared = self.shared.as_deref();
                if let Some(read) = shared.and_then(|shared| shared.get(name, position)) {
                    return Ok(Learned::Metadata(self.judge_read(name, position, &read)));
                }
                if let Some(core) = self.metadata_of_all(name, &releases, position).await {
                    return Ok(Learned::Metadata(self.judge(name, position, &core)));
                }
                if let Some(core) = self.known_metadata(&releases, position) {
                    return Ok(Learned::Metadata(self.judge(name, position, &core)));
                }
                let Some(file) = releases.metadata_file(position) else {
                    return unusable(Reason::NoWheel(OtherWheels::None));
                };
                if file.wheel().is_none()
                    && file.upload_time.is_some_and(|time| time < before_2_2())
                {
                    let why = "its source distribution predates reliable metadata (PEP 643)";
                    return Ok(Learned::TakesBuild(Box::new(file), why.to_owned()));
                }
                match self.client.metadata(&file).await {
                    Ok(core) => core,
                    Err(MetadataError::NeedsBuild { reason, .. }) => {
                        return Ok(Learned::TakesBuild(Box::new(file), reason));
                    }
                    Err(error) if error.is_offline() => return unusable(Reason::Offline),
                    Err(error) if error.is_of_the_file() => {
                        return unusable(Reason::BadMetadata(with_causes(&error)));
                    }
                    Err(source) => {
                        return Err(Error::Metadata {
                            of: Distribution::Release {
                                project: name.clone(),
                                version: releases.version(position).clone(),
                            },
                            source: Box::new(source),
                        });
                    }
                }
            }
            Some(Known::Absent) | None => {
                return unusable(Reason::NoWheel(OtherWheels::None));
            }
        };
        Ok(Learned::Metadata(self.judge(name, position, &core)))
    }

    /// Returns what all the files require by which the targets of a cell would install a
    /// release, where these are several and are known to differ.
    async fn metadata_of_all(
        &self,
        name: &ProjectName,
        releases: &ProjectReleases,
        position: u32,
    ) -> Option<CoreMetadata> {
        if !self.shared.as_ref()?.is_separate(name, position) {
            return None;
        }
        let files = releases.metadata_files(position);
        if files.len() < 2 {
            return None;
        }
        let read = files.iter().map(|file| self.client.metadata(file));
        let read = futures_util::future::join_all(read).await;
        let mut read = read.into_iter().flatten();
        let first = read.next()?;
        let mut all = CoreMetadata::clone(&first);
        for core in read {
            for text in &core.requires_dist {
                if !all.requires_dist.contains(text) {
                    all.requires_dist.push(text.clone());
                }
            }
        }
        Some(all)
    }

    /// Returns the metadata of a wheel that nobody has to be asked for.
    fn known_metadata(
        &self,
        releases: &ProjectReleases,
        position: u32,
    ) -> Option<Arc<CoreMetadata>> {
        let entry = releases.metadata_entry(position)?;
        let sha256 = entry.sha256()?;
        if !entry.is_wheel || entry.is_local() {
            return None;
        }
        self.client.known_metadata(sha256)
    }

    /// Returns what a release requires, unless its metadata makes it unusable.
    pub(super) fn judge(
        &self,
        name: &ProjectName,
        position: u32,
        core: &CoreMetadata,
    ) -> Result<Metadata, Reason> {
        let Some(shared) = &self.shared else {
            let python = core.requires_python.as_deref();
            self.admit_python(name, position, python)?;
            let mut metadata = read_metadata(core)?;
            if self.policy.is_for_range {
                metadata.requires_python = python.and_then(lower_bounds);
            }
            return Ok(metadata);
        };
        let read = Arc::new(ReadMetadata {
            requires_python: core.requires_python.clone(),
            metadata: read_metadata(core),
        });
        if let Some(Known::Index(_)) = self.known(name) {
            shared.keep(name, position, Arc::clone(&read));
        }
        self.judge_read(name, position, &read)
    }

    fn judge_read(
        &self,
        name: &ProjectName,
        position: u32,
        read: &ReadMetadata,
    ) -> Result<Metadata, Reason> {
        self.admit_python(name, position, read.requires_python.as_deref())?;
        read.metadata.clone()
    }

    /// Checks that what a release's metadata says of Python admits the target.
    fn admit_python(
        &self,
        name: &ProjectName,
        position: u32,
        specifiers: Option<&str>,
    ) -> Result<(), Reason> {
        let Some(specifiers) = specifiers else {
            return Ok(());
        };
        let known = self.known(name);
        let is_admitted = match &known {
            Some(Known::Index(releases)) => releases.admits_python(position, specifiers),
            _ => self.policy.python_support(specifiers) == PythonSupport::Yes,
        };
        if !is_admitted {
            return Err(Reason::RequiresPython(specifiers.to_owned()));
        }
        if let Some(Known::Index(releases)) = &known {
            releases.learn_python(position, specifiers);
        }
        Ok(())
    }

    /// Returns the metadata of a chosen release, which is known already.
    pub(in crate::ops) async fn core(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Arc<CoreMetadata>> {
        let releases = match self.known(name)? {
            Known::Direct(direct) => return Some(Arc::clone(&direct.metadata)),
            Known::Index(releases) => releases,
            Known::Absent => return None,
        };
        if let Some(core) = self.known_metadata(&releases, position) {
            return Some(core);
        }
        let file = releases.metadata_file(position)?;
        match self.client.metadata(&file).await {
            Ok(core) => Some(core),
            Err(_) => {
                self.known_build(name, releases.version(position), &file)
                    .await
            }
        }
    }

    /// Returns what a release requires, or why that makes it unusable; none if only a build
    /// tells, or nobody.
    pub(in crate::ops) async fn look_into(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Result<Metadata, Reason>> {
        match self.metadata(name, position).await.ok()? {
            Learned::Metadata(metadata) => Some(metadata),
            Learned::TakesBuild(..) | Learned::Releases(_) => None,
        }
    }

    /// Returns what a release requires, whether or not it holds here; none if that
    /// cannot be known.
    pub(in crate::ops) async fn requirements(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Metadata> {
        match self.metadata(name, position).await.ok()? {
            Learned::Metadata(metadata) => metadata.ok(),
            Learned::TakesBuild(..) | Learned::Releases(_) => None,
        }
    }

    /// Returns the file by which a chosen release is installed here, and whether it is
    /// a wheel.
    pub(in crate::ops) fn file_to_install(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<(File, bool)> {
        let releases = self.releases(name)?;
        if releases.availability(position) == Availability::Wheel {
            return Some((releases.metadata_file(position)?, true));
        }
        let files = releases.installable_files(position);
        let sdist = files.into_iter().find(|file| file.wheel().is_none())?;
        Some((sdist, false))
    }

    /// Returns the hashes of all files of a chosen release, as `sha256:…`, sorted.
    pub(in crate::ops) async fn hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Result<Vec<String>, Error> {
        let mut hashes = Vec::new();
        match self.known(name) {
            Some(Known::Direct(direct)) => hashes.extend(direct.hash.clone()),
            Some(Known::Index(releases)) => {
                for entry in releases.hashed(position) {
                    if let Some(sha256) = entry.sha256() {
                        hashes.push(sha256.prefixed());
                        continue;
                    }
                    let Some(file) = entry.to_file() else {
                        continue;
                    };
                    self.reporter.event(Event::Hashing(file.filename.clone()));
                    let sha256 = self.client.hash(&file).await;
                    let sha256 = sha256.map_err(|source| Error::Metadata {
                        of: Distribution::Release {
                            project: name.clone(),
                            version: releases.version(position).clone(),
                        },
                        source: Box::new(source),
                    })?;
                    let hash = sha256.prefixed();
                    if releases.admits_hash(position, &file, &hash) {
                        hashes.push(hash);
                    }
                }
            }
            Some(Known::Absent) | None => {}
        }
        hashes.sort_unstable();
        hashes.dedup();
        Ok(hashes)
    }

    /// Returns the hashes of a release's files as far as the index gives them
    /// without a download; none if it does not give all.
    pub(in crate::ops) fn published_hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Vec<Sha256>> {
        let releases = self.releases(name)?;
        let entries = releases.hashed(position);
        entries.iter().map(Entry::sha256).collect()
    }

    /// As [`Fetcher::published_hashes`], of all files, whatever the target can install.
    pub(in crate::ops) fn all_published_hashes(
        &self,
        name: &ProjectName,
        position: u32,
    ) -> Option<Vec<Sha256>> {
        let releases = self.releases(name)?;
        let mut entries = releases.installable(position);
        entries.try_fold(Vec::new(), |mut hashes, entry| {
            hashes.push(entry.sha256()?);
            Some(hashes)
        })
    }
}

/// Returns when metadata version 2.2 was accepted: no sdist from before promises
/// what it requires (PEP 643).
fn before_2_2() -> jiff::Timestamp {
    jiff::Timestamp::constant(1_602_806_400, 0)
}

fn read_metadata(core: &CoreMetadata) -> Result<Metadata, Reason> {
    let faulty = |text: &str, error: &RequirementError| {
        let text = crate::text::without_password(text);
        format!("requirement `{text}`: {}", error.message)
    };
    let mut refused = None;
    let mut requirements = Vec::with_capacity(core.requires_dist.len());
    for text in &core.requires_dist {
        match Requirement::parse_forgiving(text) {
            Ok((requirement, error)) => {
                if let (None, Some(error)) = (&refused, error) {
                    refused = Some(faulty(text, &error));
                }
                requirements.push(Arc::new(requirement));
            }
            Err(error) => return Err(Reason::BadMetadata(faulty(text, &error))),
        }
    }
    Ok(Metadata {
        requirements,
        refused,
        requires_python: None,
        extras: core
            .provides_extra
            .iter()
            .filter_map(|extra| extra.parse().ok())
            .collect(),
    })
}
