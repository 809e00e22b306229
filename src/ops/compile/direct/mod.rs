//! What is at the places that requirements name: files by URL or path, folders,
//! repositories. Each gives one release, which is settled before the search begins.
//!
//! Places may require places: what a file, a folder or a repository requires by URL is
//! looked at as well, and what the releases of an index require by URL is not.

pub(in crate::ops) mod folder_key;
pub(in crate::ops) mod location;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use url::Url;

use crate::build::Kind;
use crate::index::{CoreMetadata, IndexClient};
use crate::lock::{LockFile, PinSource};
use crate::ops::compile::build::Builder;
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::direct::location::{At, Located, Location, ProjectTree};
use crate::ops::compile::fetch::DirectRelease;
use crate::ops::error::{Error, FailedBuild};
use crate::ops::view::View;
use crate::python::{
    Environment, ExtraName, ProjectName, Requirement, RequirementSource, Specifiers, Tags, Version,
    WheelName,
};
use crate::requirements::{PerProject, Project};
use crate::resolve::{Availability, Reason, RootRequirement};
use crate::text::without_password;
use crate::vcs::{Git, GitUrl};

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

    async fn find(&self, located: &Located) -> Result<Find, Error> {
        match &located.at {
            At::File(url) if is_wheel(url) => self.wheel(located, url).await,
            At::File(url) => self.sdist(located, url).await,
            At::Folder(folder) => self.folder(located, folder).await,
            At::Repository(url) => self.repository(located, url).await,
        }
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

    async fn wheel(&self, located: &Located, url: &Url) -> Result<Find, Error> {
        let wheel = self
            .client
            .direct_wheel(url)
            .await
            .map_err(|source| Error::Metadata {
                project: shown(located),
                source: Box::new(source),
            })?;
        let WheelName { name, version, .. } = &wheel.name;
        let availability = if self.tags.compatibility(&wheel.name).is_none() {
            let tags = format!("another target: `{}`", wheel.name.tags);
            Availability::Unusable(Reason::NoWheel(tags))
        } else {
            Availability::Wheel
        };
        let hash = format!("sha256:{}", wheel.sha256);
        Ok(Find {
            name: name.clone(),
            release: Arc::new(DirectRelease {
                version: version.clone(),
                availability,
                metadata: Arc::clone(&wheel.metadata),
                hash: Some(hash),
            }),
            pin: file_pin(located),
        })
    }

    async fn sdist(&self, located: &Located, url: &Url) -> Result<Find, Error> {
        let failed = |source| Error::Metadata {
            project: shown(located),
            source: Box::new(source),
        };
        let sdist = self.client.direct_sdist(url).await.map_err(failed)?;
        let metadata = match &sdist.metadata {
            Ok(metadata) => Arc::clone(metadata),
            Err(why) => {
                let content = sdist.content.clone();
                self.check_build(located, located.name.as_ref())?;
                self.builder
                    .archive(&sdist.file, content, why)
                    .await
                    .map_err(|failure| failed_build(located, failure))?
            }
        };
        let hash = format!("sha256:{}", sdist.sha256);
        find_of(located, metadata, Some(hash), file_pin(located))
    }

    async fn folder(&self, located: &Located, folder: &Path) -> Result<Find, Error> {
        let metadata = self.tree(located, folder, None).await?;
        let source = if located.is_editable {
            let extras: Vec<&str> = located.extras.iter().map(AsRef::as_ref).collect();
            let extras = if extras.is_empty() {
                String::new()
            } else {
                format!("[{}]", extras.join(","))
            };
            PinSource::Editable(format!("{}{extras}", located.as_written))
        } else if located.as_written.contains("://") {
            PinSource::Url(located.as_written.clone())
        } else {
            PinSource::Path(located.as_written.clone())
        };
        let pin = PlacePin {
            source,
            revision: None,
            is_hashable: false,
        };
        find_of(located, metadata, None, pin)
    }

    async fn repository(&self, located: &Located, url: &str) -> Result<Find, Error> {
        let parsed = GitUrl::parse(url).map_err(|error| Error::Usage {
            message: format!("{}: {error}", located.place),
            help: error.help(),
        })?;
        let failed = |source| Error::Repository {
            place: located.place.clone(),
            what: shown(located),
            source: Box::new(source),
        };
        let revision = parsed.revision().unwrap_or("HEAD").to_owned();
        let commit = match self.kept_commit(located, &parsed, &revision) {
            Some(commit) => commit,
            None => self.git.commit(&parsed).await.map_err(failed)?,
        };
        let checkout = self.git.checkout(&parsed, &commit).await.map_err(failed)?;
        // What an editable install requires may be more.
        let kind = if located.is_editable { "-e " } else { "" };
        let key = format!("git|{kind}{}", parsed.pinned(&commit));
        let metadata = self.tree(located, checkout.path(), Some(&key)).await?;
        let written = parsed.pinned_as_written(&located.as_written, &commit);
        let source = if located.is_editable {
            // pip wants to know the name of what it makes a checkout of.
            PinSource::Editable(with_name(&written, &metadata, &located.extras))
        } else {
            PinSource::Url(written)
        };
        let pin = PlacePin {
            source,
            revision: Some(revision).filter(|revision| *revision != commit),
            is_hashable: false,
        };
        find_of(located, metadata, None, pin)
    }

    /// Returns the commit that the lock has for a revision, unless it is to move.
    fn kept_commit(&self, located: &Located, url: &GitUrl, revision: &str) -> Option<String> {
        // The lock has names of variables where the URL has their values.
        let as_written = GitUrl::parse(&located.as_written).ok();
        let is_here = |locked: &GitUrl| {
            [Some(url), as_written.as_ref()]
                .into_iter()
                .flatten()
                .any(|url| {
                    locked.repository() == url.repository()
                        && locked.subdirectory() == url.subdirectory()
                })
        };
        let pins = self.locked.pins.iter().map(|pin| {
            let revision = pin.revision.as_deref();
            (Some(&pin.name), &pin.source, revision)
        });
        let places = self.locked.places.iter().map(|place| {
            let revision = place.revision.as_deref();
            (place.egg.as_ref(), &place.source, revision)
        });
        pins.chain(places).find_map(|(name, source, kept)| {
            let name = name?;
            let is_other = located.name.as_ref().is_some_and(|other| other != name);
            if is_other || (self.is_upgraded)(name) || kept != Some(revision) {
                return None;
            }
            let (PinSource::Url(text) | PinSource::Editable(text)) = source else {
                return None;
            };
            // An editable one may have its name before it, in quotes.
            let text = text.trim_matches('"');
            let text = text.split_once(" @ ").map_or(text, |(_, url)| url);
            let locked = GitUrl::parse(text).ok().filter(&is_here)?;
            locked.revision().map(str::to_owned)
        })
    }

    /// Returns what a source tree says of itself, without a build if it says it plainly.
    async fn tree(
        &self,
        located: &Located,
        folder: &Path,
        key: Option<&str>,
    ) -> Result<Arc<CoreMetadata>, Error> {
        let pyproject = match self.view.read(&folder.join("pyproject.toml")) {
            Ok(bytes) => String::from_utf8(bytes).ok(),
            Err(_) => None,
        };
        if let Some(metadata) = pyproject.as_deref().and_then(static_metadata) {
            return Ok(Arc::new(metadata));
        }
        self.check_build(located, located.name.as_ref())?;
        let kind = if located.is_editable {
            Kind::Editable
        } else {
            Kind::Wheel
        };
        self.builder
            .tree(folder, kind, &shown(located), key)
            .await
            .map_err(|failure| failed_build(located, failure))
    }

    /// Whether the user lets this be built.
    fn check_build(&self, located: &Located, name: Option<&ProjectName>) -> Result<(), Error> {
        let is_denied = self
            .binary
            .iter()
            .find_map(|binary| match name {
                Some(name) => binary.get(name),
                None => binary.of_all(),
            })
            .unwrap_or(false);
        if !is_denied {
            return Ok(());
        }
        Err(Error::Usage {
            message: format!(
                "{}: `{}` would have to be built to learn what it requires, and `--only-binary` or `--no-build` forbids that",
                located.place,
                shown(located)
            ),
            help: Some(match name {
                Some(name) => format!("allow its build with `--no-binary {name}`, or name a wheel"),
                None => "write its name before it (`name @ …`) and allow its build with `--no-binary NAME`".to_owned(),
            }),
        })
    }

    /// Returns what project files that have to be built require, and the Pythons that
    /// they are for.
    pub(in crate::ops) async fn projects(
        &self,
        trees: &[ProjectTree],
    ) -> Result<(Vec<RootRequirement>, Vec<(String, Specifiers)>), Error> {
        if let Some(tree) = trees.first()
            && self.is_build_forbidden
        {
            return Err(Error::Usage {
                message: format!(
                    "`{}` says what it requires only when it is built, and `--no-build` forbids that",
                    tree.file
                ),
                help: Some(
                    "list the dependencies in the `[project]` table of a `pyproject.toml`"
                        .to_owned(),
                ),
            });
        }
        let built = trees.iter().map(async |tree| {
            let metadata = self
                .builder
                .tree(&tree.folder, Kind::Wheel, &tree.file, None)
                .await;
            metadata.map_err(|failure| match failure {
                Failure::Build { why, output, help } => Error::FailedBuild(Box::new(FailedBuild {
                    place: tree.file.clone(),
                    what: tree.folder.display().to_string(),
                    why,
                    output,
                    help,
                })),
                Failure::Fetch(source) => Error::Build {
                    what: tree.file.clone(),
                    source,
                },
            })
        });
        let built = futures_util::future::try_join_all(built).await?;
        let mut roots = Vec::new();
        let mut pythons = Vec::new();
        for (tree, metadata) in trees.iter().zip(built) {
            if let Some(text) = &metadata.requires_python
                && let Ok(specifiers) = Specifiers::parse(text)
            {
                pythons.push((tree.file.clone(), specifiers));
            }
            roots.extend(self.selected(tree, &metadata)?);
        }
        Ok((roots, pythons))
    }

    /// Returns the requirements of a built project with the wanted extras.
    fn selected(
        &self,
        tree: &ProjectTree,
        metadata: &CoreMetadata,
    ) -> Result<Vec<RootRequirement>, Error> {
        let provided: Vec<ExtraName> = metadata
            .provides_extra
            .iter()
            .filter_map(|extra| extra.parse().ok())
            .collect();
        if let Some(unknown) = tree.extras.iter().find(|extra| !provided.contains(extra)) {
            let names: Vec<String> = provided.iter().map(ToString::to_string).collect();
            return Err(Error::Usage {
                message: format!(
                    "{}: `{}` has no extra `{unknown}`",
                    tree.file, metadata.name
                ),
                help: Some(if names.is_empty() {
                    "it has no extras".to_owned()
                } else {
                    format!("its extras are `{}`", names.join("`, `"))
                }),
            });
        }
        let wanted: Vec<ExtraName> = if tree.all_extras {
            provided
        } else {
            tree.extras.clone()
        };
        let own: Option<ProjectName> = metadata.name.parse().ok();
        let mut requirements = Vec::new();
        for text in &metadata.requires_dist {
            requirements.push(
                Requirement::parse_metadata(text).map_err(|error| Error::Usage {
                    message: format!(
                        "{}: its build says that it requires `{}`: {}",
                        tree.file,
                        without_password(text),
                        error.message
                    ),
                    help: error.help,
                })?,
            );
        }
        let wanted = self.with_own_extras(own.as_ref(), &requirements, wanted);
        let origin = format!("{} ({})", metadata.name, tree.file);
        Ok(requirements
            .into_iter()
            .filter(|one| own.as_ref() != Some(&one.name) && self.holds(one, &wanted))
            .map(|mut requirement| {
                // Which extras are wanted is settled here.
                requirement.marker = requirement.marker.and_then(|marker| marker.without_extra());
                RootRequirement {
                    requirement,
                    place: tree.file.clone(),
                    origin: origin.clone(),
                }
            })
            .collect())
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

/// Returns what metadata makes of a place.
fn find_of(
    located: &Located,
    metadata: Arc<CoreMetadata>,
    hash: Option<String>,
    pin: PlacePin,
) -> Result<Find, Error> {
    let wrong = |what: &str, text: &str| Error::Usage {
        message: format!(
            "{}: `{}` says that its {what} is `{text}`, which is none",
            located.place,
            shown(located)
        ),
        help: None,
    };
    let name: ProjectName = metadata
        .name
        .parse()
        .map_err(|_| wrong("name", &metadata.name))?;
    let version: Version = metadata
        .version
        .parse()
        .map_err(|_| wrong("version", &metadata.version))?;
    Ok(Find {
        name,
        release: Arc::new(DirectRelease {
            version,
            availability: Availability::Sdist,
            metadata,
            hash,
        }),
        pin,
    })
}

/// Returns what a `pyproject.toml` says of a project, if no build can change it.
fn static_metadata(text: &str) -> Option<CoreMetadata> {
    const FIELDS: [&str; 4] = [
        "dependencies",
        "optional-dependencies",
        "requires-python",
        "version",
    ];
    let project = Project::parse(text);
    let is_open = |field: &String| FIELDS.contains(&field.as_str());
    if !project.problems.is_empty() || project.dynamic.iter().any(is_open) {
        return None;
    }
    let version = project.version.clone()?;
    project.normalized.as_ref()?;
    let mut requires_dist: Vec<String> = project
        .dependencies
        .iter()
        .map(|(requirement, _)| requirement.to_string())
        .collect();
    for (extra, list) in &project.optional {
        for (requirement, _) in list {
            let mut plain = requirement.clone();
            let marker = plain.marker.take();
            let marker = marker.map_or_else(
                || format!("extra == \"{extra}\""),
                |marker| format!("({}) and extra == \"{extra}\"", marker.as_written()),
            );
            requires_dist.push(format!("{plain} ; {marker}"));
        }
    }
    Some(CoreMetadata {
        metadata_version: "2.4".to_owned(),
        name: project.name.clone(),
        version,
        requires_dist,
        requires_python: project
            .requires_python
            .as_ref()
            .map(|(specifiers, _)| specifiers.to_string()),
        provides_extra: project.optional.keys().map(ToString::to_string).collect(),
        dynamic: Vec::new(),
    })
}

/// Returns a place as it is shown.
fn shown(located: &Located) -> String {
    without_password(&located.as_written)
}

fn is_wheel(url: &Url) -> bool {
    url.path().strip_suffix(".whl").is_some()
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

fn file_pin(located: &Located) -> PlacePin {
    PlacePin {
        source: if located.as_written.contains("://") {
            PinSource::Url(located.as_written.clone())
        } else {
            PinSource::Path(located.as_written.clone())
        },
        revision: None,
        is_hashable: true,
    }
}

/// Returns an editable repository with the name of its project, as pip wants it. With
/// extras that is a direct reference, which pip takes from 25.3 on; the older form, by a
/// fragment, it refuses since then.
fn with_name(url: &str, metadata: &CoreMetadata, extras: &[ExtraName]) -> String {
    let (plain, fragment) = url.split_once('#').unwrap_or((url, ""));
    let mut parts: Vec<String> = fragment
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("egg="))
        .map(str::to_owned)
        .collect();
    if extras.is_empty() {
        parts.insert(0, format!("egg={}", metadata.name));
        return format!("{plain}#{}", parts.join("&"));
    }
    let extras: Vec<&str> = extras.iter().map(AsRef::as_ref).collect();
    let mut place = plain.to_owned();
    if !parts.is_empty() {
        place.push('#');
        place.push_str(&parts.join("&"));
    }
    format!("\"{}[{}] @ {place}\"", metadata.name, extras.join(","))
}

fn failed_build(located: &Located, failure: Failure) -> Error {
    match failure {
        Failure::Build { why, output, help } => Error::FailedBuild(Box::new(FailedBuild {
            place: located.place.clone(),
            what: shown(located),
            why,
            output,
            help,
        })),
        Failure::Fetch(source) => Error::Build {
            what: shown(located),
            source,
        },
    }
}
