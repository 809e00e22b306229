//! Plans what becomes of the images of files under a policy: which tags and digests
//! move, what is held back, what people should look at. Nothing is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::bump;
use super::judge::{ImageMove, Subject, Verdict, judge};
use super::pin::{Failure, MOST_PLACES, applied, contested_reason, may_be_context};
use super::survey::{Survey, SurveyRequest, SurveyedFile, survey_aside};
use super::verify::Platforms;
use crate::config::{DigestUpdates, TagLimit};
use crate::dockerfile::{ImageUse, Meaning, Reason, Site, State};
use crate::files;
use crate::image::{ImagePattern, Platform, Reference};
use crate::ops::{Error, Event, Reporter};
use crate::registry;
use crate::text::{Edit, Span};
use crate::update::{Alarm, HeldBack, HoldCode, ImageChange};

/// What is to be updated, and how far.
#[derive(Debug)]
pub struct ImagesUpdate {
    /// Which files. Images that are ignored here are not even asked for.
    pub survey: SurveyRequest,
    /// How far tags move.
    pub limit: TagLimit,
    /// When digests move.
    pub digests: DigestUpdates,
    /// What is different for some images. Of the rules for an image, the first that says
    /// something about a matter counts.
    pub rules: Vec<ImageRule>,
    /// The platforms that are built for; if there is none, all that an image has.
    pub platforms: Vec<Platform>,
    /// Whether to pin where `--build-arg` then has no effect.
    pub freeze_args: bool,
    /// The time that counts as now.
    pub as_of: Timestamp,
}

/// What is different for some images.
#[derive(Debug, Clone, Default)]
pub struct ImageRule {
    /// The images.
    pub images: Vec<ImagePattern>,
    /// Instead of [`ImagesUpdate::limit`].
    pub limit: Option<TagLimit>,
    /// Instead of [`ImagesUpdate::digests`].
    pub digests: Option<DigestUpdates>,
    /// Whether they stay as they are; what they would become is told.
    pub ignore: bool,
    /// The last day (UTC) on which the rule counts.
    pub until: Option<Date>,
    /// Why there is this rule.
    pub reason: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct ImagesUpdated {
    /// The files, in the order of the survey.
    pub files: Vec<UpdatedFile>,
    /// Files that could not be read, though nobody named them.
    pub unread: Vec<files::Error>,
    /// What the registries want known.
    pub notices: Vec<String>,
    /// How many requests were made.
    pub requests: u64,
}

/// What becomes of a file.
#[derive(Debug)]
pub struct UpdatedFile {
    /// The file as it is.
    pub file: SurveyedFile,
    /// Its new content; none if nothing changes.
    pub after: Option<Vec<u8>>,
    /// What moves.
    pub changes: Vec<ImageChange>,
    /// What stays although there is something newer.
    pub held: Vec<HeldBack>,
    /// What people should look at: digests that are gone.
    pub alarms: Vec<Alarm>,
    /// What the registries did not tell. What else is known of the image counts all the
    /// same: where tags cannot be listed, digests still move.
    pub failures: Vec<Failure>,
    /// Images that no digest can be given, or whose digest has no tag to follow.
    pub left: Vec<LeftImage>,
}

/// An image that is left as it is, whatever there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftImage {
    /// Where it stands, in bytes of the file.
    pub span: Span,
    /// The word as written.
    pub written: String,
    /// Why.
    pub reason: Reason,
}

/// A use that the registry is asked about.
struct Wish<'a> {
    file_index: usize,
    image_use: &'a ImageUse,
    reference: &'a Reference,
    /// Where its digest goes, if that can be changed.
    site: Option<&'a Site>,
    subject: Subject,
}

/// Plans an update of images.
pub async fn update(
    request: &ImagesUpdate,
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> Result<ImagesUpdated, Error> {
    let survey = survey_aside(&request.survey, reporter).await?;
    let (wishes, left) = wishes(request, &survey);
    let verdicts = verdicts(request, &wishes, registry, reporter).await;
    let mut outcomes: Vec<Outcome> = left.into_iter().map(Outcome::of).collect();
    for of_file in wishes.chunk_by(|one, other| one.file_index == other.file_index) {
        let index = of_file[0].file_index;
        let judged = of_file.iter().map(|wish| (wish, &verdicts[&wish.subject]));
        let of_file: Vec<(&Wish<'_>, &Verdict)> = judged.collect();
        outcomes[index].decide(&survey.files[index], &of_file);
    }
    drop(wishes);
    let files = survey.files.into_iter().zip(outcomes);
    Ok(ImagesUpdated {
        files: files
            .map(|(file, outcome)| outcome.into_file(file))
            .collect::<Result<_, _>>()?,
        unread: survey.unread,
        notices: registry.notices(),
        requests: registry.requests(),
    })
}

impl ImagesUpdate {
    /// Returns the rules whose time is over.
    pub fn expired_rules(&self) -> impl Iterator<Item = &ImageRule> {
        expired_rules(&self.rules, self.as_of)
    }

    fn today(&self) -> Date {
        day(self.as_of)
    }

    /// Returns what the first rule that says it says of an image.
    fn rule<'a, T>(
        &'a self,
        reference: &Reference,
        says: impl Fn(&'a ImageRule) -> Option<T>,
    ) -> Option<T> {
        let today = self.today();
        let rules = self.rules.iter().filter(|rule| rule.counts(today));
        let mut rules = rules.filter(|rule| rule.images.iter().any(|it| it.matches(reference)));
        rules.find_map(says)
    }
}

/// Returns the rules whose time is over at some time.
pub fn expired_rules(rules: &[ImageRule], as_of: Timestamp) -> impl Iterator<Item = &ImageRule> {
    let today = day(as_of);
    rules.iter().filter(move |rule| !rule.counts(today))
}

fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

impl ImageRule {
    fn counts(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    fn words(&self) -> String {
        let details: Vec<String> = self
            .reason
            .iter()
            .cloned()
            .chain(self.until.map(|until| format!("until {until}")))
            .collect();
        match details.as_slice() {
            [] => "held back by a rule".to_owned(),
            details => format!("held back by a rule ({})", details.join("; ")),
        }
    }
}

/// Lists what the registries are to be asked about, and for each file what is left.
fn wishes<'a>(request: &ImagesUpdate, survey: &'a Survey) -> (Vec<Wish<'a>>, Vec<Vec<LeftImage>>) {
    let mut wishes = Vec::new();
    let mut left = Vec::with_capacity(survey.files.len());
    for (file_index, file) in survey.files.iter().enumerate() {
        let mut of_file = Vec::new();
        for image_use in &file.uses {
            let (site, stuck) = match &image_use.state {
                State::Nothing => continue,
                State::Open(site) | State::Pinned(Ok(site)) => (Some(site), None),
                State::Pinned(Err(reason)) => (None, Some(reason)),
                State::Left {
                    frozen: Some(site), ..
                } if request.freeze_args => (Some(site), None),
                State::Left { reason, .. } => {
                    of_file.push(LeftImage::of(image_use, reason));
                    continue;
                }
            };
            let reference = match (&image_use.meaning, stuck) {
                (Meaning::Image(reference), None | Some(_))
                    if !matches!(stuck, Some(Reason::Ignored(_) | Reason::NoTag)) =>
                {
                    reference
                }
                (_, Some(reason)) => {
                    of_file.push(LeftImage::of(image_use, reason));
                    continue;
                }
                (_, None) => continue,
            };
            let Some(tag) = reference.followed_tag() else {
                continue;
            };
            wishes.push(Wish {
                file_index,
                image_use,
                reference,
                site,
                subject: Subject {
                    repository: reference.repository().clone(),
                    tag: tag.to_owned(),
                    had: reference.digest().cloned(),
                    platforms: Platforms::of(image_use),
                    limit: request
                        .rule(reference, |rule| rule.limit)
                        .unwrap_or(request.limit),
                    digests: request
                        .rule(reference, |rule| rule.digests)
                        .unwrap_or(request.digests),
                    has_tag_site: site.is_some_and(|site| site.tag.is_some()),
                    stays: request
                        .rule(reference, |rule| rule.ignore.then(|| rule.words()))
                        .map(|words| (HoldCode::Rule, words))
                        .or_else(|| stuck.map(|reason| (HoldCode::Uneditable, reason.to_string()))),
                },
            });
        }
        left.push(of_file);
    }
    (wishes, left)
}

impl LeftImage {
    fn of(image_use: &ImageUse, reason: &Reason) -> Self {
        Self {
            span: image_use.span,
            written: image_use.written.clone(),
            reason: reason.clone(),
        }
    }
}

/// Judges each image once, all at the same time.
async fn verdicts(
    request: &ImagesUpdate,
    wishes: &[Wish<'_>],
    registry: &registry::Client,
    reporter: &dyn Reporter,
) -> BTreeMap<Subject, Verdict> {
    let subjects: BTreeSet<&Subject> = wishes.iter().map(|wish| &wish.subject).collect();
    registry.expect(subjects.iter().map(|subject| subject.repository.clone()));
    reporter.event(Event::Images(subjects.len()));
    let count = subjects.len().max(1);
    futures_util::stream::iter(subjects)
        .map(async |subject| {
            let verdict = Box::pin(judge(subject, &request.platforms, registry)).await;
            let digest = match &verdict.change {
                Some(change) => Some(change.digest.clone()),
                None => subject.had.clone(),
            };
            reporter.event(Event::Image {
                image: subject.name(),
                digest: digest.filter(|_| verdict.errors.is_empty()),
            });
            (subject.clone(), verdict)
        })
        .buffer_unordered(count)
        .collect()
        .await
}

/// What becomes of a file, before its edits are made.
#[derive(Debug, Default)]
struct Outcome {
    edits: Vec<Edit>,
    changes: Vec<ImageChange>,
    held: Vec<HeldBack>,
    alarms: Vec<Alarm>,
    failures: Vec<Failure>,
    left: Vec<LeftImage>,
    /// What was told already, as it is written for debugging.
    told: HashSet<String>,
    /// Where the change of an image is, by all that makes it one change.
    change_indexes: HashMap<ChangeKey, usize>,
    failure_indexes: HashMap<(String, String), usize>,
}

/// The name, the tags and the digests.
type ChangeKey = (
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
);

impl Outcome {
    fn of(left: Vec<LeftImage>) -> Self {
        Self {
            left,
            ..Self::default()
        }
    }

    fn into_file(self, file: SurveyedFile) -> Result<UpdatedFile, Error> {
        Ok(UpdatedFile {
            after: applied(&file, &self.edits)?,
            file,
            changes: self.changes,
            held: self.held,
            alarms: self.alarms,
            failures: self.failures,
            left: self.left,
        })
    }

    /// Turns verdicts into edits, and into what is told.
    fn decide(&mut self, file: &SurveyedFile, wishes: &[(&Wish<'_>, &Verdict)]) {
        // All that share one place move together, or none does.
        let mut sites: BTreeMap<Span, Vec<(&Wish<'_>, &Verdict)>> = BTreeMap::new();
        for (wish, verdict) in wishes {
            for (name, error) in &verdict.errors {
                self.fail(file, wish, name, error);
            }
            for alarm in &verdict.alarms {
                if self.told.insert(format!("{alarm:?}")) {
                    self.alarms.push(alarm.clone());
                }
            }
            match wish.site {
                Some(site) => sites.entry(site.span).or_default().push((wish, verdict)),
                None => self.hold(verdict, |_| true),
            }
        }
        for uses in sites.values() {
            self.decide_site(file, uses);
        }
    }

    fn decide_site(&mut self, file: &SurveyedFile, uses: &[(&Wish<'_>, &Verdict)]) {
        let changes = || {
            let changes = uses.iter();
            changes.filter_map(|(wish, verdict)| Some((*wish, verdict.change.as_ref()?)))
        };
        let target = |change: &ImageMove| (change.tag.clone(), change.digest.clone());
        let targets: BTreeSet<_> = changes().map(|(_, change)| target(change)).collect();
        let stays = uses.iter().any(|(wish, _)| wish.subject.stays.is_some());
        let first = changes().next();
        let (Some((wish, change)), false) = (first, stays) else {
            for (_, verdict) in uses {
                self.hold(verdict, |_| true);
            }
            return;
        };
        let site = wish.site.expect("uses are gathered by their sites");
        let new_tag = (change.tag != wish.subject.tag).then_some(change.tag.as_str());
        let edits = bump::edits(site, new_tag, &change.digest);
        let (Some(edits), 1) = (edits, targets.len()) else {
            let reason = contested_reason(site);
            let uses = uses.iter().map(|(wish, _)| wish.image_use);
            self.left.extend(uses.map(|it| LeftImage::of(it, &reason)));
            return;
        };
        self.edits.extend(edits);
        for (_, verdict) in uses {
            // What did not change for one use did so for another.
            self.hold(verdict, |held| held.code != HoldCode::NoChange);
        }
        let (line, _) = file.position(site.span.start);
        for (wish, change) in changes() {
            self.change(line, wish, change);
        }
    }

    fn change(&mut self, line: usize, wish: &Wish<'_>, change: &ImageMove) {
        let own = ImageChange {
            lines: vec![line],
            image: wish.reference.name().to_owned(),
            from_tag: wish.reference.tag().map(str::to_owned),
            to_tag: Some(change.tag.clone()),
            from_digest: wish.subject.had.as_ref().map(ToString::to_string),
            to_digest: change.digest.to_string(),
            platforms: change.platforms.iter().map(ToString::to_string).collect(),
            facts: change.facts.clone(),
        };
        let key = (
            own.image.clone(),
            own.from_tag.clone(),
            own.to_tag.clone(),
            own.from_digest.clone(),
            own.to_digest.clone(),
        );
        let index = *self.change_indexes.entry(key).or_insert(self.changes.len());
        let Some(known) = self.changes.get_mut(index) else {
            self.changes.push(own);
            return;
        };
        for line in &own.lines {
            push_new(&mut known.lines, line);
        }
        for platform in &own.platforms {
            push_new(&mut known.platforms, platform);
        }
        known.platforms.sort_unstable();
        for fact in &own.facts {
            push_new(&mut known.facts, fact);
        }
    }

    fn hold(&mut self, verdict: &Verdict, is_told: impl Fn(&HeldBack) -> bool) {
        for held in verdict.held.iter().filter(|held| is_told(held)) {
            if self.told.insert(format!("{held:?}")) {
                self.held.push(held.clone());
            }
        }
    }

    fn fail(&mut self, file: &SurveyedFile, wish: &Wish<'_>, image: &str, error: &registry::Error) {
        let place = file.place(wish.image_use.span);
        let is_context = error.is_absent() && may_be_context(wish.image_use);
        let key = (image.to_owned(), format!("{error:?}"));
        let count = self.failures.len();
        let index = *self.failure_indexes.entry(key).or_insert(count);
        match self.failures.get_mut(index) {
            Some(failure) => {
                failure.may_be_context &= is_context;
                if failure.places.len() < MOST_PLACES {
                    push_new(&mut failure.places, &place);
                }
            }
            None => self.failures.push(Failure {
                image: image.to_owned(),
                places: vec![place],
                error: error.clone(),
                may_be_context: is_context,
            }),
        }
    }
}

fn push_new<T: Clone + PartialEq>(items: &mut Vec<T>, item: &T) {
    if !items.contains(item) {
        items.push(item.clone());
    }
}
