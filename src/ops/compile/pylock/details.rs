//! What a `pylock.toml` says beside names, versions and markers: for whom it is, and the
//! files of each release.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::Writing;
use super::places::Folder;
use super::recorded::Recorded;
use crate::command::target_name;
use crate::index::{self, File as IndexFile};
use crate::lock::pylock::{Details, File, Origin, Place, Release, environment};
use crate::lock::{Pin, PinSource};
use crate::ops::compile::candidates::ProjectReleases;
use crate::ops::compile::universal;
use crate::ops::error::{Distribution, Error};
use crate::python::ProjectName;
use crate::requirements::location;
use crate::resolve::{Chosen, Releases as _, Solution};
use crate::text::without_password;

impl Writing<'_> {
    /// Returns the details of the lock, for a file at a path.
    pub(super) async fn details(
        &self,
        path: Option<&Path>,
        name: &str,
        previous: Option<&str>,
    ) -> Result<Details, Error> {
        let folder = Folder::of(self.request, path);
        let recorded = Recorded::read(name, previous);
        let mut details = self.for_targets();
        let parts = self.runs.in_order().into_iter();
        let parts: Vec<(Cow<'_, Solution>, Vec<usize>)> = match &self.fetchers.prepared[0]
            .read
            .scope
        {
            Some(scope) => {
                let regions = self.runs.resolutions[0].resolver.regions();
                let joined = universal::joined(regions, &scope.range).into_iter();
                joined
                    .map(|one| (Cow::Owned(one.solution), vec![0]))
                    .collect()
            }
            None => parts
                .map(|(run, cells)| (Cow::Borrowed(&self.runs.resolutions[run].solution), cells))
                .collect(),
        };
        for (solution, cells) in &parts {
            let fetcher = &self.fetchers.each[cells[0]];
            let dependencies = dependencies(solution);
            for pin in &self.lock.pins {
                let Some(chosen) = solution.chosen.get(&pin.name) else {
                    continue;
                };
                if !is_of(pin, chosen) {
                    continue;
                }
                let releases = cells.iter();
                let releases: Vec<Arc<ProjectReleases>> = releases
                    .filter_map(|&cell| self.fetchers.each[cell].releases(&pin.name))
                    .collect();
                let mut release = match &releases[..] {
                    [first, ..] => {
                        let files = FilesOf {
                            writing: self,
                            folder: &folder,
                            recorded: &recorded,
                            releases: first,
                            of_cells: &releases,
                            pin,
                            chosen,
                        };
                        files.release().await?
                    }
                    [] => Release {
                        version: folder.has_version(pin).then(|| chosen.version.to_string()),
                        requires_python: None,
                        dependencies: BTreeSet::new(),
                        origin: folder.origin(pin),
                    },
                };
                if release.requires_python.is_none()
                    && let Some(core) = fetcher.core(&pin.name, chosen.position).await
                {
                    release.requires_python.clone_from(&core.requires_python);
                }
                if let Some(names) = dependencies.get(&pin.name) {
                    release.dependencies.clone_from(names);
                }
                let key = (pin.name.clone(), pin.source.clone());
                match details.releases.entry(key) {
                    Entry::Vacant(entry) => {
                        entry.insert(release);
                    }
                    Entry::Occupied(mut entry) => join(entry.get_mut(), release),
                }
            }
        }
        Ok(details)
    }

    /// Returns for whom the lock is.
    fn for_targets(&self) -> Details {
        if let Some(scope) = &self.fetchers.prepared[0].read.scope {
            return Details {
                environments: Vec::new(),
                requires_python: Some(format!(">={}", scope.stated())),
                targets: Vec::new(),
                releases: BTreeMap::new(),
            };
        }
        let mut environments = Vec::new();
        for prepared in self.fetchers.prepared {
            let cell = &prepared.read.cell;
            let has_patch = self.stated.has_patch(&cell.first().python);
            let environment = environment(&cell.environment, has_patch);
            if !environments.contains(&environment) {
                environments.push(environment);
            }
        }
        // They are sorted, the lowest Python first.
        let mut pythons = self.fetchers.targets().map(|target| &target.python);
        let lowest = pythons.next();
        let requires_python = lowest.map(|lowest| {
            if pythons.all(|python| python.short() == lowest.short()) {
                format!("=={}.*", lowest.short())
            } else {
                format!(">={}", self.stated.of(lowest))
            }
        });
        let targets = self.fetchers.targets();
        Details {
            environments,
            requires_python,
            targets: targets
                .map(|target| target_name(target, &self.stated.of(&target.python)))
                .collect(),
            releases: BTreeMap::new(),
        }
    }
}

/// Whether a pin is the release that was chosen: for other cells it may be another.
fn is_of(pin: &Pin, chosen: &Chosen) -> bool {
    match &pin.source {
        PinSource::Version { version, .. } => *version == chosen.version.to_string(),
        PinSource::Url(_) | PinSource::Path(_) | PinSource::Editable(_) => true,
    }
}

/// Returns what each project requires of the lock.
fn dependencies(
    solution: &Solution,
) -> BTreeMap<&ProjectName, BTreeSet<(ProjectName, Option<String>)>> {
    let mut dependencies: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (name, chosen) in &solution.chosen {
        let version = Some(chosen.version.to_string());
        for other in chosen.required_by.iter().filter(|other| *other != name) {
            let names = dependencies.entry(other).or_default();
            names.insert((name.clone(), version.clone()));
        }
    }
    dependencies
}

/// Adds what a release is chosen for elsewhere.
fn join(known: &mut Release, more: Release) {
    known.dependencies.extend(more.dependencies);
    if let (
        Origin::Files { sdist, wheels, .. },
        Origin::Files {
            sdist: other_sdist,
            wheels: others,
            ..
        },
    ) = (&mut known.origin, more.origin)
    {
        if sdist.is_none() {
            *sdist = other_sdist;
        }
        for wheel in others {
            if wheels.iter().all(|known| known.name != wheel.name) {
                wheels.push(wheel);
            }
        }
    }
}

/// What the files of one release are found with.
struct FilesOf<'a> {
    writing: &'a Writing<'a>,
    folder: &'a Folder,
    recorded: &'a Recorded,
    releases: &'a ProjectReleases,
    /// The same, as each of the cells judges them.
    of_cells: &'a [Arc<ProjectReleases>],
    pin: &'a Pin,
    chosen: &'a Chosen,
}

impl FilesOf<'_> {
    async fn release(&self) -> Result<Release, Error> {
        let position = self.chosen.position;
        let version = self.releases.version(position).to_string();
        let index = self.releases.index(position).map(ToString::to_string);
        self.check_recorded()?;
        let all_files = self.writing.request.output.all_files;
        let mut sdist = None;
        let mut wheels: Vec<File> = Vec::new();
        let of_cells = if all_files {
            &self.of_cells[..1]
        } else {
            self.of_cells
        };
        let entries = of_cells
            .iter()
            .flat_map(|releases| releases.locked_files(position, all_files));
        for entry in entries {
            let name = entry.filename();
            if wheels.iter().any(|known| known.name == name) {
                continue;
            }
            let Some(file) = self.file(&entry).await? else {
                continue;
            };
            let known = self.recorded.file(&self.pin.name, &version, &file);
            let file = match known {
                Some(known)
                    if self
                        .recorded
                        .is_of(&self.pin.name, &version, index.as_deref()) =>
                {
                    kept(known, file)
                }
                _ => file,
            };
            if entry.is_wheel {
                wheels.push(file);
            } else {
                sdist.get_or_insert(file);
            }
        }
        // What the index has no more stays as long as its hash does.
        for file in self.recorded.files(&self.pin.name, &version) {
            let is_there = wheels.iter().chain(&sdist).any(|one| one.name == file.name);
            if is_there || !self.is_locked(file) {
                continue;
            }
            let is_published = self
                .releases
                .installable(position)
                .any(|entry| entry.filename() == file.name);
            if is_published {
                continue;
            }
            if has_wheel_name(&file.name) {
                wheels.push(file.clone());
            } else {
                sdist.get_or_insert_with(|| file.clone());
            }
        }
        // Who does not want indexes to be named says so for both formats.
        let output = &self.writing.request.output;
        let index = index.filter(|_| output.style.options.indexes);
        let requires_python = self.releases.metadata_entry(position);
        let requires_python = requires_python.and_then(|entry| entry.requires_python);
        Ok(Release {
            version: Some(version),
            requires_python: requires_python.map(str::to_owned),
            dependencies: BTreeSet::new(),
            origin: Origin::Files {
                index: index.as_deref().map(without_password),
                sdist,
                wheels,
            },
        })
    }

    /// Returns a file, if its hash is one of the lock.
    async fn file(&self, entry: &index::Entry<'_>) -> Result<Option<File>, Error> {
        let Some(file) = entry.to_file() else {
            return Ok(None);
        };
        let sha256 = match entry.sha256() {
            Some(sha256) => sha256,
            None => self.hash(&file).await?,
        };
        let file = File {
            place: self.place(&file, entry.is_local()),
            name: file.filename,
            size: file.size,
            upload_time: file.upload_time,
            hashes: [("sha256".to_owned(), sha256.to_string())].into(),
        };
        Ok(self.is_locked(&file).then_some(file))
    }

    async fn hash(&self, file: &IndexFile) -> Result<crate::index::Sha256, Error> {
        let client = &self.writing.fetchers.prepared[0].read.client;
        client.hash(file).await.map_err(|source| Error::Metadata {
            of: Distribution::Release {
                project: self.pin.name.clone(),
                version: self.chosen.version.clone(),
            },
            source: Box::new(source),
        })
    }

    fn place(&self, file: &IndexFile, is_local: bool) -> Place {
        match location::file_path(&file.url).filter(|_| is_local) {
            Some(path) => Place::Path(self.folder.seen(&path)),
            None => Place::Url(file.url.clone()),
        }
    }

    fn is_locked(&self, file: &File) -> bool {
        file.prefixed_hashes()
            .any(|hash| self.pin.hashes.contains(&hash))
    }

    /// Checks what is recorded of the release against what the index says of it now.
    fn check_recorded(&self) -> Result<(), Error> {
        let output = &self.writing.request.output;
        if output.hashes == crate::ops::Hashes::Refresh {
            return Ok(());
        }
        let position = self.chosen.position;
        self.recorded
            .check_release(&self.pin.name, self.releases, position)
    }
}

/// Returns a file as it is recorded, with what the record lacks.
fn kept(recorded: &File, now: File) -> File {
    let mut hashes = now.hashes;
    hashes.extend(recorded.hashes.clone());
    File {
        name: recorded.name.clone(),
        place: recorded.place.clone(),
        size: recorded.size.or(now.size),
        upload_time: recorded.upload_time.or(now.upload_time),
        hashes,
    }
}

fn has_wheel_name(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "whl")
}
