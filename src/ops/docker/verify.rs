//! Looks after pins: is each digest still there, with its platforms, and is it still
//! what its tag means?
//!
//! A tag that says something else than the digest beside it has either moved since,
//! which is why there are digests, or was edited by hand without its digest: then the
//! build takes another image than the file says, and nothing complains, since builders
//! look at the digest only. Both look alike to a registry, so the images themselves are
//! asked which version they are.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;

use super::survey::{Survey, SurveyRequest, SurveyedFile, survey_aside};
use crate::dockerfile::{ImageUse, Meaning, Place, State};
use crate::files;
use crate::image::{Digest, Platform, Repository};
use crate::ops::{Error, Event, Reporter};
use crate::registry::{self, Manifest};
use crate::text::variable_word;

/// Which pins to look after.
#[derive(Debug)]
pub struct Verify {
    /// Which files.
    pub survey: SurveyRequest,
    /// The platforms that are built for; if there is none, all that an image has.
    pub platforms: Vec<Platform>,
}

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// The files that were looked at.
    pub files: Vec<SurveyedFile>,
    /// How many different pins were looked at.
    pub pins: usize,
    /// How many references to images have no digest, though nothing says to ignore them.
    pub unpinned: usize,
    /// What was found, in the order of the pins' names.
    pub findings: Vec<Finding>,
    /// Pins about which the registry did not tell.
    pub failures: Vec<super::Failure>,
    /// Files that could not be read, though nobody named them.
    pub unread: Vec<files::Error>,
    /// What the registries want known.
    pub notices: Vec<String>,
    /// How many requests were made.
    pub requests: u64,
}

/// Something about a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The image, as short as can be: `python:3.12`.
    pub image: String,
    /// The digest it is pinned to.
    pub digest: Digest,
    /// Where it stands, as `file:line:column`.
    pub places: Vec<String>,
    /// What it is.
    pub kind: FindingKind,
}

/// What was found about a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingKind {
    /// The registry has it no more.
    Gone,
    /// It is there, but not for these platforms.
    NoPlatform {
        /// The platforms that are missing.
        missing: Vec<Platform>,
        /// The platforms it has.
        has: Vec<Platform>,
    },
    /// The index is there, but the manifests of these platforms are not.
    PlatformGone(Vec<Platform>),
    /// The digest is another image's: the tag was edited without it.
    Edited {
        /// What the digest is, in words.
        is: String,
        /// What the tag says now.
        now: Digest,
    },
    /// The tag says something else now.
    Moved {
        /// What the tag says now.
        now: Digest,
        /// What both are, where the images tell: `3.12.13`, `3.12.14`.
        versions: Option<(String, String)>,
    },
    /// The registry has the tag no more; the digest is still there.
    TagGone,
}

impl FindingKind {
    /// Whether the build does not get what the file says.
    pub const fn is_wrong(&self) -> bool {
        match self {
            Self::Gone | Self::NoPlatform { .. } | Self::PlatformGone(_) | Self::Edited { .. } => {
                true
            }
            Self::Moved { .. } | Self::TagGone => false,
        }
    }
}

/// A pin: what builders take, and the tag beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PinnedImage {
    repository: Repository,
    tag: Option<String>,
    digest: Digest,
    platforms: Platforms,
}

/// Which platforms a pin is needed for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Platforms {
    /// Those that are built for.
    Targets,
    /// The one that the reference itself asks for.
    Own(Platform),
    /// Where the build runs, wherever that is: a front end's, or `$BUILDPLATFORM`.
    Builder,
}

impl Platforms {
    /// Returns those that a use is needed for.
    pub(super) fn of(image_use: &ImageUse) -> Self {
        match image_use.platform.as_deref() {
            _ if is_front_end(&image_use.place) => Self::Builder,
            None | Some("$TARGETPLATFORM") => Self::Targets,
            Some(text) => text.parse().map_or(Self::Builder, Self::Own),
        }
    }

    /// Returns the platforms an image has to have; none if that is not known.
    pub(super) fn wanted<'a>(&'a self, targets: &'a [Platform]) -> &'a [Platform] {
        match self {
            Self::Targets => targets,
            Self::Own(platform) => std::slice::from_ref(platform),
            Self::Builder => &[],
        }
    }
}

/// Asks the registries about each pin.
pub async fn verify(
    request: &Verify,
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> Result<Verified, Error> {
    let survey = survey_aside(&request.survey, reporter).await?;
    let (pins, unpinned) = pins(&survey);
    registry.expect(pins.keys().map(|pin| pin.repository.clone()));
    reporter.event(Event::Images(pins.len()));
    let count = pins.len().max(1);
    let mut results: Vec<(&PinnedImage, Result<Vec<FindingKind>, registry::Error>)> =
        futures_util::stream::iter(pins.keys())
            .map(async |pin| {
                let result = Box::pin(look_at(pin, request, &pins, registry)).await;
                reporter.event(Event::Image {
                    image: pin.name(),
                    digest: result.is_ok().then(|| pin.digest.clone()),
                });
                (pin, result)
            })
            .buffer_unordered(count)
            .collect()
            .await;
    results.sort_by_key(|(pin, _)| *pin);
    let mut findings = Vec::new();
    let mut failures = Vec::new();
    for (pin, result) in results {
        let places = pins[pin].clone();
        match result {
            Ok(kinds) => findings.extend(kinds.into_iter().map(|kind| Finding {
                image: pin.name(),
                digest: pin.digest.clone(),
                places: places.clone(),
                kind,
            })),
            Err(error) => failures.push(super::Failure {
                image: pin.name(),
                places,
                error,
                may_be_context: false,
            }),
        }
    }
    Ok(Verified {
        files: survey.files,
        pins: pins.len(),
        unpinned,
        findings,
        failures,
        unread: survey.unread,
        notices: registry.notices(),
        requests: registry.requests(),
    })
}

impl PinnedImage {
    fn name(&self) -> String {
        let name = self.repository.familiar();
        match &self.tag {
            Some(tag) => format!("{name}:{tag}"),
            None => name.into_owned(),
        }
    }
}

/// Returns the pins with their places, and how many references have none.
fn pins(survey: &Survey) -> (BTreeMap<PinnedImage, Vec<String>>, usize) {
    let mut pins: BTreeMap<PinnedImage, Vec<String>> = BTreeMap::new();
    let mut unpinned = 0;
    for file in &survey.files {
        for image_use in &file.uses {
            let is_unpinned = match &image_use.state {
                State::Open(_) => true,
                State::Left { reason, .. } => !reason.is_settled(),
                State::Nothing | State::Pinned(_) => false,
            };
            unpinned += usize::from(is_unpinned);
            let Meaning::Image(reference) = &image_use.meaning else {
                continue;
            };
            let Some(digest) = reference.digest() else {
                continue;
            };
            let pin = PinnedImage {
                repository: reference.repository().clone(),
                tag: reference.tag().map(str::to_owned),
                digest: digest.clone(),
                platforms: Platforms::of(image_use),
            };
            pins.entry(pin)
                .or_default()
                .push(file.place(image_use.span));
        }
    }
    (pins, unpinned)
}

fn is_front_end(place: &Place) -> bool {
    match place {
        Place::Inline { place, .. } => is_front_end(place),
        place => *place == Place::Syntax,
    }
}

/// Finds out about one pin.
async fn look_at(
    pin: &PinnedImage,
    request: &Verify,
    pins: &BTreeMap<PinnedImage, Vec<String>>,
    registry: &registry::Client,
) -> Result<Vec<FindingKind>, registry::Error> {
    let repository = &pin.repository;
    let tag = async {
        match &pin.tag {
            Some(tag) => registry.resolve(repository, tag, None).await.map(Some),
            None => Ok(None),
        }
    };
    let (exists, tag) = tokio::join!(registry.exists(repository, &pin.digest), tag);
    if !exists? {
        return Ok(vec![FindingKind::Gone]);
    }
    let manifest = registry.manifest(repository, &pin.digest).await?;
    let mut findings = platforms(pin, &manifest, request, registry).await?;
    match tag {
        Ok(None) => {}
        Ok(Some(now)) if says(&now.digest, pin, registry).await? => {}
        Ok(Some(now)) => {
            findings.push(moved_or_edited(pin, &manifest, now.digest, pins, registry).await);
        }
        Err(error) if error.is_absent() => findings.push(FindingKind::TagGone),
        Err(error) => return Err(error),
    }
    Ok(findings)
}

/// Whether what a tag says is the pin, or an index that has it as a platform.
async fn says(
    now: &Digest,
    pin: &PinnedImage,
    registry: &registry::Client,
) -> Result<bool, registry::Error> {
    if *now == pin.digest {
        return Ok(true);
    }
    let manifest = registry.manifest(&pin.repository, now).await?;
    Ok(match manifest {
        Manifest::Index { entries, .. } => entries.iter().any(|entry| entry.digest == pin.digest),
        Manifest::Image { .. } => false,
    })
}

/// Looks for the platforms that are built for.
async fn platforms(
    pin: &PinnedImage,
    manifest: &Manifest,
    request: &Verify,
    registry: &registry::Client,
) -> Result<Vec<FindingKind>, registry::Error> {
    let wanted = pin.platforms.wanted(&request.platforms);
    let entries = match manifest {
        Manifest::Index { entries, .. } => entries,
        Manifest::Image { config, .. } => {
            return of_single_image(pin, config, wanted, registry).await;
        }
    };
    let has: BTreeSet<&Platform> = entries
        .iter()
        .filter_map(|entry| entry.platform.as_ref())
        .collect();
    let serving = |platform: &Platform| platform.best(has.iter().copied(), |it| Some(it));
    let missing: Vec<Platform> = wanted
        .iter()
        .filter(|platform| serving(platform).is_none())
        .cloned()
        .collect();
    let looked_at: BTreeSet<&Platform> = wanted.iter().filter_map(serving).collect();
    let children = entries.iter().filter_map(|entry| {
        let platform = entry.platform.as_ref()?;
        let is_wanted = wanted.is_empty() || looked_at.contains(platform);
        is_wanted.then_some((platform, &entry.digest))
    });
    let gone: Vec<Platform> = futures_util::stream::iter(children)
        .map(async |(platform, digest)| {
            let exists = registry.exists(&pin.repository, digest).await?;
            Ok((!exists).then(|| platform.clone()))
        })
        .buffered(entries.len().max(1))
        .collect::<Vec<Result<_, registry::Error>>>()
        .await
        .into_iter()
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    let mut findings = Vec::new();
    if !missing.is_empty() {
        findings.push(FindingKind::NoPlatform {
            missing,
            has: has.into_iter().cloned().collect(),
        });
    }
    if !gone.is_empty() {
        findings.push(FindingKind::PlatformGone(gone));
    }
    Ok(findings)
}

/// Looks whether a single image is for the platforms that are built for.
async fn of_single_image(
    pin: &PinnedImage,
    config: &Digest,
    wanted: &[Platform],
    registry: &registry::Client,
) -> Result<Vec<FindingKind>, registry::Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let has = registry.config(&pin.repository, config).await?.platform;
    let missing: Vec<Platform> = wanted
        .iter()
        .filter(|platform| platform.distance(&has).is_none())
        .cloned()
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let has = vec![has];
    Ok(vec![FindingKind::NoPlatform { missing, has }])
}

/// Judges a pin whose tag says something else now.
async fn moved_or_edited(
    pin: &PinnedImage,
    manifest: &Manifest,
    now: Digest,
    pins: &BTreeMap<PinnedImage, Vec<String>>,
    registry: &registry::Client,
) -> FindingKind {
    let tag = pin.tag.as_deref().unwrap_or_default();
    // What another tag in these files says is that tag's, unless both may well have been
    // names of one image, as `3.12` and `3.12.4` are until the first of them moves on.
    let siblings = pins
        .keys()
        .filter(|other| other.repository == pin.repository);
    for other in siblings {
        let Some(other_tag) = other.tag.as_deref().filter(|it| contradicts(tag, it)) else {
            continue;
        };
        if let Ok(resolved) = registry.resolve(&pin.repository, other_tag, None).await
            && resolved.digest == pin.digest
        {
            return FindingKind::Edited {
                is: format!("that of `{}`", other.name()),
                now,
            };
        }
    }
    let versions = versions(pin, manifest, &now, registry).await.ok().flatten();
    // A label may be that of a base image, so what contradicts the tag is evidence only
    // where what the tag says now has a version, said in the same way, that is the tag's.
    if let Some((pinned, current)) = &versions
        && pinned.source == current.source
        && contradicts(tag, &pinned.text)
        && confirms(tag, &current.text)
    {
        return FindingKind::Edited {
            is: format!("version {}", pinned.text),
            now,
        };
    }
    let versions = versions.map(|(pinned, current)| (pinned.text, current.text));
    FindingKind::Moved { now, versions }
}

/// A version that an image says it is.
struct StatedVersion {
    text: String,
    source: VersionSource,
}

/// Where an image says its version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VersionSource {
    Annotation,
    Variable,
    Label,
}

impl StatedVersion {
    fn annotated(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            source: VersionSource::Annotation,
        }
    }
}

/// Returns the versions of a pin and of what its tag says now, where both say theirs.
///
/// They are evidence only: where they cannot be learnt, as when the registry has
/// collected a part of the image, the judgement goes without.
async fn versions(
    pin: &PinnedImage,
    manifest: &Manifest,
    now: &Digest,
    registry: &registry::Client,
) -> Result<Option<(StatedVersion, StatedVersion)>, registry::Error> {
    let Some(pinned) = version_of(pin, manifest, registry).await? else {
        return Ok(None);
    };
    let manifest = registry.manifest(&pin.repository, now).await?;
    let current = version_of(pin, &manifest, registry).await?;
    Ok(current.map(|current| (pinned, current)))
}

/// The annotation and the label that say an image's version (OCI image
/// specification, annotations).
pub(super) const VERSION: &str = "org.opencontainers.image.version";

/// Returns the version that an image says it is: by annotation, by label, or by a
/// variable named after it (`PYTHON_VERSION` of `python`), as official images have it.
async fn version_of(
    pin: &PinnedImage,
    manifest: &Manifest,
    registry: &registry::Client,
) -> Result<Option<StatedVersion>, registry::Error> {
    let (annotations, config) = match manifest {
        Manifest::Image {
            annotations,
            config,
        } => (annotations.clone(), config.clone()),
        Manifest::Index {
            entries,
            annotations,
        } => {
            if let Some(version) = annotations.get(VERSION) {
                return Ok(Some(StatedVersion::annotated(version)));
            }
            let wanted = pin.platforms.wanted(&[]).first();
            let Some(entry) = wanted
                .and_then(|wanted| wanted.best(entries, |entry| entry.platform.as_ref()))
                .or_else(|| entries.iter().find(|entry| entry.platform.is_some()))
            else {
                return Ok(None);
            };
            if let Some(version) = entry.annotations.get(VERSION) {
                return Ok(Some(StatedVersion::annotated(version)));
            }
            match registry.manifest(&pin.repository, &entry.digest).await? {
                Manifest::Image {
                    annotations,
                    config,
                } => (annotations, config),
                Manifest::Index { .. } => return Ok(None),
            }
        }
    };
    if let Some(version) = annotations.get(VERSION) {
        return Ok(Some(StatedVersion::annotated(version)));
    }
    let config = registry.config(&pin.repository, &config).await?;
    // The variable first: a label may be that of the image's own base.
    let variable = variable_of(&pin.repository);
    let of_variable = config.env.iter().find(|(name, _)| *name == variable);
    let stated = match (of_variable, config.labels.get(VERSION)) {
        (Some((_, text)), _) => Some((text, VersionSource::Variable)),
        (None, Some(text)) => Some((text, VersionSource::Label)),
        (None, None) => None,
    };
    Ok(stated.map(|(text, source)| StatedVersion {
        text: text.clone(),
        source,
    }))
}

/// Returns the variable in which official images say their version.
fn variable_of(repository: &Repository) -> String {
    let name = repository.path.rsplit('/').next().unwrap_or_default();
    format!("{}_VERSION", variable_word(name))
}

/// Whether a tag cannot mean a version, or what another tag means: `3.12-slim` is not
/// 3.11.9, but may be 3.12.4.
fn contradicts(tag: &str, version: &str) -> bool {
    let (tag, version) = (numbers(tag), numbers(version));
    !tag.is_empty() && tag.iter().zip(&version).any(|(one, other)| one != other)
}

/// Whether a version is plainly one that a tag means: `3.12-slim` is confirmed by 3.12.4,
/// not by 3, and not by `trixie`.
fn confirms(tag: &str, version: &str) -> bool {
    let (tag, version) = (numbers(tag), numbers(version));
    !tag.is_empty() && version.starts_with(&tag)
}

/// Returns the numbers at the beginning of a version, or of a tag.
fn numbers(text: &str) -> Vec<u64> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    // `3.12rc1` and `10c` are not plainly `3.12` and `10`.
    let is_plain = text[end..]
        .chars()
        .next()
        .is_none_or(|c| matches!(c, '-' | '+' | '_'));
    let parts = text[..end].split('.');
    let numbers: Option<Vec<u64>> = parts.map(|part| part.parse().ok()).collect();
    numbers.filter(|_| is_plain).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Reference;

    #[test]
    fn a_tag_contradicts_only_what_it_cannot_mean() {
        assert!(contradicts("3.12-slim", "3.11.9"));
        assert!(contradicts("3.12", "3.1.2"));
        assert!(contradicts("v2", "1.9"));
        assert!(!contradicts("3.12-slim", "3.12.4"));
        assert!(!contradicts("3", "v3.12.4"));
        assert!(!contradicts("3.12.4", "3.12"));
        assert!(!contradicts("slim", "3.11.9"));
        assert!(!contradicts("latest", "3.11.9"));
        assert!(!contradicts("3.13-rc", "trixie"));
        assert!(!contradicts("3.13rc1", "3.12.1"));
        assert!(!contradicts("2024a", "7"));
    }

    #[test]
    fn only_a_version_that_the_tag_means_confirms_it() {
        assert!(confirms("3.12-slim", "3.12.4"));
        assert!(confirms("v2", "2.0"));
        assert!(!confirms("3.12", "3"));
        assert!(!confirms("3.12", "trixie"));
        assert!(!confirms("3.12", ""));
        assert!(!confirms("latest", "3.12"));
        assert!(!confirms("", ""));
    }

    #[test]
    fn official_images_have_a_variable_named_after_them() {
        let variable = |text| variable_of(Reference::parse(text).unwrap().repository());
        assert_eq!(variable("python:3"), "PYTHON_VERSION");
        assert_eq!(variable("ghcr.io/acme/my-app"), "MY_APP_VERSION");
    }
}
