//! The one release that is at a source: of a file, a folder or a repository.

use std::path::Path;
use std::sync::Arc;

use url::Url;

use crate::build::Kind;
use crate::index::{CoreMetadata, DirectSdist};
use crate::lock::PinSource;
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::direct::source::{DirectReference, DirectSource, subdirectory};
use crate::ops::compile::direct::{DirectPin, DirectReader, Found, shown};
use crate::ops::compile::fetch::DirectRelease;
use crate::ops::error::{Distribution, Error, FailedBuild};
use crate::python::{ExtraName, ProjectName, Tags, Version, WheelName};
use crate::requirements::Project;
use crate::resolve::{Availability, OtherWheels, Reason};
use crate::vcs::GitUrl;

impl DirectReader<'_> {
    /// Finds the release that is at a source.
    pub(super) async fn find(&self, reference: &DirectReference) -> Result<Found, Error> {
        match &reference.source {
            DirectSource::File(url) if is_wheel(url) => self.wheel(reference, url).await,
            DirectSource::File(url) => self.sdist(reference, url).await,
            DirectSource::Folder(folder) => self.folder(reference, folder).await,
            DirectSource::Repository(url) => self.repository(reference, url).await,
        }
    }

    async fn wheel(&self, reference: &DirectReference, url: &Url) -> Result<Found, Error> {
        let wheel = self
            .client
            .direct_wheel(url)
            .await
            .map_err(|source| Error::Metadata {
                of: Distribution::File(shown(reference)),
                source: Box::new(source),
            })?;
        let WheelName { name, version, .. } = &wheel.name;
        let is_unfit = |tags: &Tags| tags.compatibility(&wheel.name).is_none();
        let availability = if self.tags.iter().any(is_unfit) {
            let tags = wheel.name.tags.to_string();
            Availability::Unusable(Reason::NoWheel(OtherWheels::Target(tags)))
        } else {
            Availability::Wheel
        };
        let hash = format!("sha256:{}", wheel.sha256);
        Ok(Found {
            name: name.clone(),
            release: Arc::new(DirectRelease {
                version: version.clone(),
                availability,
                metadata: Arc::clone(&wheel.metadata),
                hash: Some(hash),
            }),
            pin: file_pin(reference),
        })
    }

    async fn sdist(&self, reference: &DirectReference, url: &Url) -> Result<Found, Error> {
        let failed = |source| Error::Metadata {
            of: Distribution::File(shown(reference)),
            source: Box::new(source),
        };
        let sdist = self.client.direct_sdist(url).await.map_err(failed)?;
        let metadata = match (subdirectory(url), &sdist.metadata) {
            // What the archive says at its top is of another project.
            (Some(name), _) => self.part(reference, &sdist, &name).await?,
            (None, Ok(metadata)) => Arc::clone(metadata),
            (None, Err(why)) => {
                let content = sdist.content.clone();
                self.check_build(reference, reference.name.as_ref())?;
                self.builder
                    .archive(&sdist.file, content, why)
                    .await
                    .map_err(|failure| failed_build(reference, failure))?
            }
        };
        let hash = format!("sha256:{}", sdist.sha256);
        find_of(reference, metadata, Some(hash), file_pin(reference))
    }

    /// Returns what the project in a subdirectory of an archive says of itself.
    async fn part(
        &self,
        reference: &DirectReference,
        sdist: &DirectSdist,
        subdirectory: &str,
    ) -> Result<Arc<CoreMetadata>, Error> {
        let key = format!("sha256:{}#subdirectory={subdirectory}", sdist.sha256);
        if let Some(metadata) = self.builder.known_tree(&key).await {
            return Ok(metadata);
        }
        let content = sdist.content.clone();
        let unpacked = self
            .builder
            .unpack(&sdist.file, content, Some(subdirectory));
        let unpacked = unpacked
            .await
            .map_err(|failure| failed_build(reference, failure))?;
        if let Some(metadata) = self.static_tree(&unpacked.tree) {
            self.builder.keep_static(&key, &metadata);
            return Ok(metadata);
        }
        self.tree(reference, &unpacked.tree, Some(&key)).await
    }

    async fn folder(&self, reference: &DirectReference, folder: &Path) -> Result<Found, Error> {
        let metadata = self.tree(reference, folder, None).await?;
        let source = if reference.is_editable {
            let extras: Vec<&str> = reference.extras.iter().map(AsRef::as_ref).collect();
            let extras = if extras.is_empty() {
                String::new()
            } else {
                format!("[{}]", extras.join(","))
            };
            PinSource::Editable(format!("{}{extras}", reference.as_written))
        } else if reference.as_written.contains("://") {
            PinSource::Url(reference.as_written.clone())
        } else {
            PinSource::Path(reference.as_written.clone())
        };
        let pin = DirectPin {
            source,
            revision: None,
            is_hashable: false,
        };
        find_of(reference, metadata, None, pin)
    }

    async fn repository(&self, reference: &DirectReference, url: &str) -> Result<Found, Error> {
        let parsed = GitUrl::parse(url).map_err(|error| Error::Usage {
            message: format!("{}: {error}", reference.location),
            help: error.help(),
        })?;
        let failed = |source| Error::Repository {
            location: reference.location.clone(),
            what: shown(reference),
            source: Box::new(source),
        };
        let revision = parsed.revision().unwrap_or("HEAD").to_owned();
        let commit = match self.kept_commit(reference, &parsed, &revision) {
            Some(commit) => commit,
            None => self.git.commit(&parsed).await.map_err(failed)?,
        };
        let checkout = self.git.checkout(&parsed, &commit).await.map_err(failed)?;
        // What an editable install requires may be more.
        let kind = if reference.is_editable { "-e " } else { "" };
        let key = format!("git|{kind}{}", parsed.pinned(&commit));
        let metadata = self.tree(reference, checkout.path(), Some(&key)).await?;
        let written = parsed.pinned_as_written(&reference.as_written, &commit);
        let source = if reference.is_editable {
            // pip wants to know the name of what it makes a checkout of.
            PinSource::Editable(with_name(&written, &metadata, &reference.extras))
        } else {
            PinSource::Url(written)
        };
        let pin = DirectPin {
            source,
            revision: Some(revision).filter(|revision| *revision != commit),
            is_hashable: false,
        };
        find_of(reference, metadata, None, pin)
    }

    /// Returns the commit that the lock has for a revision, unless it is to move.
    fn kept_commit(
        &self,
        reference: &DirectReference,
        url: &GitUrl,
        revision: &str,
    ) -> Option<String> {
        // The lock has names of variables where the URL has their values.
        let as_written = GitUrl::parse(&reference.as_written).ok();
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
            let is_other = reference.name.as_ref().is_some_and(|other| other != name);
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
        reference: &DirectReference,
        folder: &Path,
        key: Option<&str>,
    ) -> Result<Arc<CoreMetadata>, Error> {
        if let Some(metadata) = self.static_tree(folder) {
            return Ok(metadata);
        }
        self.check_build(reference, reference.name.as_ref())?;
        let kind = if reference.is_editable {
            Kind::Editable
        } else {
            Kind::Wheel
        };
        self.builder
            .tree(folder, kind, &shown(reference), key)
            .await
            .map_err(|failure| failed_build(reference, failure))
    }

    /// Returns what a source tree says of itself plainly.
    fn static_tree(&self, folder: &Path) -> Option<Arc<CoreMetadata>> {
        let bytes = self.view.read(&folder.join("pyproject.toml")).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        static_metadata(&text).map(Arc::new)
    }

    /// Whether the user lets this be built.
    fn check_build(
        &self,
        reference: &DirectReference,
        name: Option<&ProjectName>,
    ) -> Result<(), Error> {
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
                "{}: reading the metadata of `{}` requires a build, which `--only-binary` or `--no-build` forbids",
                reference.location,
                shown(reference)
            ),
            help: Some(match name {
                Some(name) => format!("allow its build with `--no-binary {name}`, or use a wheel"),
                None => "write its name in front (`name @ …`) and allow its build with `--no-binary NAME`".to_owned(),
            }),
        })
    }
}

/// Returns what metadata makes of a source.
fn find_of(
    reference: &DirectReference,
    metadata: Arc<CoreMetadata>,
    hash: Option<String>,
    pin: DirectPin,
) -> Result<Found, Error> {
    let wrong = |what: &str, text: &str| Error::Usage {
        message: format!(
            "{}: the {what} of `{}` is invalid: `{text}`",
            reference.location,
            shown(reference)
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
    Ok(Found {
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

fn is_wheel(url: &Url) -> bool {
    url.path().strip_suffix(".whl").is_some()
}

fn file_pin(reference: &DirectReference) -> DirectPin {
    DirectPin {
        source: if reference.as_written.contains("://") {
            PinSource::Url(reference.as_written.clone())
        } else {
            PinSource::Path(reference.as_written.clone())
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

fn failed_build(reference: &DirectReference, failure: Failure) -> Error {
    match failure {
        Failure::Build { why, output, help } => Error::FailedBuild(Box::new(FailedBuild {
            location: reference.location.clone(),
            what: shown(reference),
            why,
            output,
            help,
        })),
        Failure::Fetch(source) => Error::Build {
            what: shown(reference),
            source,
        },
    }
}
