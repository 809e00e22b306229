//! Pins: gathers what the tags say now, decides what changes, and writes it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;

use super::survey::{Survey, SurveyRequest, SurveyedFile, survey_aside};
use super::verify::Platforms;
use crate::dockerfile::{Carrier, ImageUse, Meaning, Place, Reason, Site, State};
use crate::files;
use crate::image::{Digest, ImagePattern, Platform, Reference, Repository};
use crate::ops::{Error, Event, Reporter};
use crate::registry;
use crate::text::{self, Edit, Span, nearest};

/// What is to be pinned, and how.
#[derive(Debug)]
pub struct Pin {
    /// Which files.
    pub survey: SurveyRequest,
    /// Whether digests that are there move to what their tags say now.
    pub upgrade: bool,
    /// Images whose digests move.
    pub upgrade_images: Vec<ImagePattern>,
    /// The platform whose digest to take instead of the image index's.
    pub platform: Option<Platform>,
    /// Whether to pin where `--build-arg` then has no effect.
    pub freeze_args: bool,
    /// Whether registries may be asked; without, what is not pinned is only told.
    pub asks: bool,
}

/// What came of it; nothing is written yet.
#[derive(Debug)]
pub struct Pinned {
    /// The files.
    pub files: Vec<PinnedFile>,
    /// The images whose digests could not be learnt.
    pub failures: Vec<Failure>,
    /// Files that could not be read, though nobody named them.
    pub unread: Vec<files::Error>,
    /// What the registries want known.
    pub notices: Vec<String>,
    /// How many requests were made.
    pub requests: u64,
}

/// A file, before and after.
#[derive(Debug)]
pub struct PinnedFile {
    /// The file as it is.
    pub file: SurveyedFile,
    /// What became of each of its uses.
    pub outcomes: Vec<Outcome>,
    /// Its new content; none if nothing changes.
    pub after: Option<Vec<u8>>,
}

/// What became of a use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It names no image.
    NoImage,
    /// It has a digest, which stays.
    Kept(Digest),
    /// It gets a digest.
    Added(Digest),
    /// Its digest moves.
    Moved {
        /// The digest it had.
        from: Digest,
        /// The digest it gets.
        to: Digest,
    },
    /// It could have a digest, but nobody was asked.
    Unpinned,
    /// It has a digest that cannot be moved.
    Stuck(Digest, Reason),
    /// It has no digest and gets none.
    Left(Reason),
    /// The registry did not tell; by number of the failure.
    Failed(usize),
}

/// An image whose digest could not be learnt.
#[derive(Debug)]
pub struct Failure {
    /// The image, as short as can be: `python:3.12`.
    pub image: String,
    /// Where it stands, as `file:line:column`, the first few.
    pub places: Vec<String>,
    /// Why.
    pub error: registry::Error,
    /// Whether it may well be the name of a build context.
    pub may_be_context: bool,
}

impl Pinned {
    /// Whether a file changes.
    pub fn is_changed(&self) -> bool {
        self.files.iter().any(|file| file.after.is_some())
    }

    /// Returns all outcomes with their uses.
    pub fn outcomes(&self) -> impl Iterator<Item = (&PinnedFile, &ImageUse, &Outcome)> {
        self.files.iter().flat_map(|file| {
            let uses = file.file.uses.iter();
            uses.zip(&file.outcomes)
                .map(move |(image_use, outcome)| (file, image_use, outcome))
        })
    }
}

/// How many files are written at once. Most of the time goes into waiting until each is
/// safe on the disk, and a disk makes many safe as fast as one.
const WRITERS: usize = 16;

/// Writes the files that changed, each as a whole or not at all; returns what failed.
///
/// A file that could not be written is as it was, and so is what is known of it.
pub fn write(pinned: &mut Pinned) -> Vec<WriteError> {
    let next = AtomicUsize::new(0);
    let changed: Vec<(usize, &PinnedFile)> = pinned
        .files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.after.is_some())
        .collect();
    let write_some = || {
        let mut failed = Vec::new();
        while let Some((index, file)) = changed.get(next.fetch_add(1, Ordering::Relaxed)) {
            failed.extend(file.write().err().map(|error| (*index, error)));
        }
        failed
    };
    let mut failed = std::thread::scope(|scope| {
        let writers: Vec<_> = (1..changed.len().min(WRITERS))
            .map(|_| scope.spawn(write_some))
            .collect();
        let mut failed = write_some();
        for writer in writers {
            match writer.join() {
                Ok(more) => failed.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        failed
    });
    failed.sort_unstable_by_key(|(index, _)| *index);
    for (index, _) in &failed {
        pinned.files[*index].leave();
    }
    failed.into_iter().map(|(_, error)| error).collect()
}

impl PinnedFile {
    /// Writes the new content, if there is one; returns whether there was.
    ///
    /// A file that was changed since it was read is left alone, also where the change is
    /// the same, as by another run at the same time: then there is nothing left to do.
    fn write(&self) -> Result<bool, WriteError> {
        let (Some(after), Some(path)) = (&self.after, &self.file.path) else {
            return Ok(false);
        };
        let now = files::read(path)?;
        if now == *after {
            return Ok(false);
        }
        if now != self.file.bytes {
            return Err(WriteError::Changed(path.clone()));
        }
        files::replace(path, after)?;
        Ok(true)
    }

    /// Makes it a file that does not change.
    fn leave(&mut self) {
        self.after = None;
        for outcome in &mut self.outcomes {
            match outcome {
                Outcome::Added(_) => *outcome = Outcome::Unpinned,
                Outcome::Moved { from, .. } => *outcome = Outcome::Kept(from.clone()),
                _ => {}
            }
        }
    }
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The system did not let us.
    #[error(transparent)]
    File(#[from] files::Error),
    /// Someone else changed it meanwhile.
    #[error("`{}` changed on disk while its images were being looked up", .0.display())]
    Changed(PathBuf),
}

/// What a registry is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Question {
    repository: Repository,
    tag: String,
    platform: Option<Platform>,
}

/// Something to pin: a use, the place of its digest, and the question that tells it.
struct Wish<'a> {
    file_index: usize,
    use_index: usize,
    site: &'a Site,
    had: Option<&'a Digest>,
    question: Question,
    image_use: &'a ImageUse,
}

/// Finds out what changes.
pub async fn pin(
    request: &Pin,
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> Result<Pinned, Error> {
    let mut survey = survey_aside(&request.survey, reporter).await?;
    check_upgrade_images(request, &survey)?;
    let (mut outcomes, wishes) = wishes(request, &survey);
    let answers = if request.asks {
        ask(&wishes, registry, reporter).await
    } else {
        BTreeMap::new()
    };
    let (answers, failures) = split(answers, &survey, &wishes);
    let mut notices = missing_platforms(&survey, &wishes, &answers, registry).await;
    let edits = decide(&survey, &wishes, &answers, &mut outcomes);
    drop(wishes);
    let mut files = Vec::with_capacity(survey.files.len());
    for ((file, outcomes), edits) in survey.files.drain(..).zip(outcomes).zip(edits) {
        let after = applied(&file, &edits)?;
        files.push(PinnedFile {
            file,
            outcomes,
            after,
        });
    }
    notices.extend(registry.notices());
    Ok(Pinned {
        files,
        failures,
        unread: survey.unread,
        notices,
        requests: registry.requests(),
    })
}

/// Returns a file's new content; none if nothing changes.
pub(super) fn applied(file: &SurveyedFile, edits: &[Edit]) -> Result<Option<Vec<u8>>, Error> {
    if edits.is_empty() {
        return Ok(None);
    }
    let after = text::apply(&file.bytes, edits).map_err(|conflict| Error::Usage {
        message: format!("{}: {conflict}", file.name),
        help: Some("this is a bug: please report it with the file".to_owned()),
    })?;
    Ok((after != file.bytes).then_some(after))
}

/// Complains about an image to upgrade that no file names.
fn check_upgrade_images(request: &Pin, survey: &Survey) -> Result<(), Error> {
    let references: Vec<&Reference> = survey
        .files
        .iter()
        .flat_map(|file| &file.uses)
        .filter_map(|image_use| match &image_use.meaning {
            Meaning::Image(reference) => Some(reference),
            _ => None,
        })
        .collect();
    for pattern in &request.upgrade_images {
        if references
            .iter()
            .any(|reference| pattern.matches(reference))
        {
            continue;
        }
        let names: Vec<String> = references
            .iter()
            .map(|reference| reference.repository().familiar().into_owned())
            .collect();
        let help = nearest(pattern.as_str(), names.iter().map(String::as_str))
            .map(|meant| format!("did you mean `{meant}`?"));
        return Err(Error::Usage {
            message: format!("cannot upgrade `{pattern}`: no file uses this image"),
            help,
        });
    }
    Ok(())
}

/// Says what becomes of each use that needs no answer, and lists the others.
fn wishes<'a>(request: &Pin, survey: &'a Survey) -> (Vec<Vec<Outcome>>, Vec<Wish<'a>>) {
    let mut outcomes = Vec::with_capacity(survey.files.len());
    let mut wishes = Vec::new();
    for (file_index, file) in survey.files.iter().enumerate() {
        let mut of_file = Vec::with_capacity(file.uses.len());
        for (use_index, image_use) in file.uses.iter().enumerate() {
            let reference = match &image_use.meaning {
                Meaning::Image(reference) => Some(reference),
                _ => None,
            };
            let moves = request.upgrade
                || reference.is_some_and(|reference| {
                    let mut patterns = request.upgrade_images.iter();
                    patterns.any(|pattern| pattern.matches(reference))
                });
            let had = reference.and_then(Reference::digest);
            let (outcome, site) = match (&image_use.state, had) {
                (State::Nothing, _) | (State::Pinned(_), None) => (Outcome::NoImage, None),
                (State::Open(site), _) => (Outcome::Unpinned, Some(site)),
                (State::Pinned(Ok(site)), Some(digest)) if moves => {
                    (Outcome::Kept(digest.clone()), Some(site))
                }
                (State::Pinned(Err(reason)), Some(digest)) if moves => {
                    (Outcome::Stuck(digest.clone(), reason.clone()), None)
                }
                (State::Pinned(_), Some(digest)) => (Outcome::Kept(digest.clone()), None),
                (
                    State::Left {
                        frozen: Some(site), ..
                    },
                    _,
                ) if request.freeze_args => (Outcome::Unpinned, Some(site)),
                (State::Left { reason, .. }, _) => (Outcome::Left(reason.clone()), None),
            };
            of_file.push(outcome);
            if let (Some(site), Some(reference)) = (site, reference)
                && let Some(tag) = reference.followed_tag()
            {
                wishes.push(Wish {
                    file_index,
                    use_index,
                    site,
                    had,
                    question: Question {
                        repository: reference.repository().clone(),
                        tag: tag.to_owned(),
                        platform: platform_of(request, image_use),
                    },
                    image_use,
                });
            }
        }
        outcomes.push(of_file);
    }
    (outcomes, wishes)
}

/// Returns the platform whose digest a use gets; none for the image index's.
fn platform_of(request: &Pin, image_use: &ImageUse) -> Option<Platform> {
    let wanted = request.platform.as_ref()?;
    // A front end runs where the build runs, whatever is built.
    if image_use.place == Place::Syntax {
        return None;
    }
    match image_use.platform.as_deref() {
        None | Some("$TARGETPLATFORM") => Some(wanted.clone()),
        // What only the builder knows (`$BUILDPLATFORM`) may be any: the index serves all.
        Some(text) => text.parse().ok(),
    }
}

/// Tells of the images that get a digest and are not there for the platform that their
/// own reference asks for; where that cannot be learnt, nothing is told.
async fn missing_platforms(
    survey: &Survey,
    wishes: &[Wish<'_>],
    answers: &Answers,
    registry: &registry::Client,
) -> Vec<String> {
    let mut wanted: BTreeMap<(&Question, Platform), &Wish<'_>> = BTreeMap::new();
    for wish in wishes {
        let question = &wish.question;
        // A question about a platform has failed where that is missing.
        if question.platform.is_none()
            && matches!(answers.get(question), Some(Ok(digest)) if wish.had != Some(digest))
            && let Platforms::Own(platform) = Platforms::of(wish.image_use)
        {
            wanted.entry((question, platform)).or_insert(wish);
        }
    }
    let count = wanted.len().max(1);
    let told = futures_util::stream::iter(wanted).map(async |((question, platform), wish)| {
        let digest = answers.get(question)?.as_ref().ok()?;
        let repository = &question.repository;
        let image = image_name(question);
        let result = registry
            .for_platform(repository, digest, &platform, image)
            .await;
        let error = result.err()?;
        let place = survey.files[wish.file_index].place(wish.image_use.span);
        matches!(error, registry::Error::MissingPlatform { .. })
            .then(|| format!("{place}: {error}"))
    });
    let told: Vec<Option<String>> = told.buffered(count).collect().await;
    told.into_iter().flatten().collect()
}

/// What came back, the failures by their numbers.
type Answers = BTreeMap<Question, Result<Digest, usize>>;

/// Asks each question once, all at the same time.
async fn ask(
    wishes: &[Wish<'_>],
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> BTreeMap<Question, Result<Digest, registry::Error>> {
    let mut questions: Vec<&Question> = wishes.iter().map(|wish| &wish.question).collect();
    questions.sort_unstable();
    questions.dedup();
    registry.expect(questions.iter().map(|question| question.repository.clone()));
    reporter.event(Event::Images(questions.len()));
    let count = questions.len().max(1);
    futures_util::stream::iter(questions)
        .map(async |question| {
            let answer = registry
                .resolve(
                    &question.repository,
                    &question.tag,
                    question.platform.as_ref(),
                )
                .await
                .map(|resolved| resolved.digest);
            reporter.event(Event::Image {
                image: image_name(question),
                digest: answer.as_ref().ok().cloned(),
            });
            (question.clone(), answer)
        })
        .buffer_unordered(count)
        .collect()
        .await
}

fn image_name(question: &Question) -> String {
    format!("{}:{}", question.repository.familiar(), question.tag)
}

/// How many places of a failed image are named.
pub(super) const MOST_PLACES: usize = 3;

/// Numbers the failures, and says where their images stand.
fn split(
    answers: BTreeMap<Question, Result<Digest, registry::Error>>,
    survey: &Survey,
    wishes: &[Wish<'_>],
) -> (Answers, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut by_question: HashMap<&Question, Vec<&Wish<'_>>> = HashMap::new();
    if answers.values().any(Result::is_err) {
        for wish in wishes {
            by_question.entry(&wish.question).or_default().push(wish);
        }
    }
    let answers = answers
        .into_iter()
        .map(|(question, answer)| {
            let answer = answer.map_err(|error| {
                let of_it = || by_question.get(&question).into_iter().flatten();
                failures.push(Failure {
                    image: image_name(&question),
                    places: of_it()
                        .take(MOST_PLACES)
                        .map(|wish| survey.files[wish.file_index].place(wish.image_use.span))
                        .collect(),
                    may_be_context: error.is_absent()
                        && of_it().all(|wish| may_be_context(wish.image_use)),
                    error,
                });
                failures.len() - 1
            });
            (question, answer)
        })
        .collect();
    (answers, failures)
}

/// Whether a use may well name a build context that the file does not know of.
pub(super) fn may_be_context(image_use: &ImageUse) -> bool {
    let place = match &image_use.place {
        Place::Inline { place, .. } => place,
        place => place,
    };
    matches!(place, Place::CopyFrom | Place::MountFrom)
        && !image_use.value.contains(['/', ':', '@'])
}

/// Turns answers into outcomes and edits.
fn decide(
    survey: &Survey,
    wishes: &[Wish<'_>],
    answers: &Answers,
    outcomes: &mut [Vec<Outcome>],
) -> Vec<Vec<Edit>> {
    let mut edits: Vec<Vec<Edit>> = vec![Vec::new(); survey.files.len()];
    let contested = contested(wishes, answers);
    for wish in wishes {
        let outcome = &mut outcomes[wish.file_index][wish.use_index];
        let Some(answer) = answers.get(&wish.question) else {
            continue;
        };
        let digest = match answer {
            Ok(digest) => digest,
            Err(failure) => {
                *outcome = Outcome::Failed(*failure);
                continue;
            }
        };
        if contested.contains(&(wish.file_index, wish.site.span)) {
            *outcome = Outcome::Left(contested_reason(wish.site));
            continue;
        }
        *outcome = match wish.had {
            None => Outcome::Added(digest.clone()),
            Some(had) if had == digest => Outcome::Kept(digest.clone()),
            Some(had) => Outcome::Moved {
                from: had.clone(),
                to: digest.clone(),
            },
        };
        if wish.had != Some(digest) {
            edits[wish.file_index].push(wish.site.edit(digest));
        }
    }
    edits
}

/// Returns the sites that several uses would fill with different digests, as those of
/// several platforms, or that one cannot fill.
fn contested(wishes: &[Wish<'_>], answers: &Answers) -> HashSet<(usize, Span)> {
    let mut wanted: HashMap<(usize, Span), Option<&Digest>> = HashMap::new();
    let mut contested = HashSet::new();
    for wish in wishes {
        let digest = match answers.get(&wish.question) {
            Some(answer) => answer.as_ref().ok(),
            None => continue,
        };
        let site = (wish.file_index, wish.site.span);
        if *wanted.entry(site).or_insert(digest) != digest {
            contested.insert(site);
        }
    }
    contested
}

pub(super) fn contested_reason(site: &Site) -> Reason {
    let others = "another platform".to_owned();
    match &site.carrier {
        Carrier::Arg(name) | Carrier::Inline(name) => Reason::SharedArg {
            name: name.clone(),
            others,
        },
        Carrier::Word => Reason::Unsafe("two platforms need different digests here".to_owned()),
    }
}
