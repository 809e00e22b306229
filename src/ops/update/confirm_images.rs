//! Confirms that a plan changes Dockerfiles and compose files only by the digests and tags
//! that it reports, each at an image that the file names.

use std::collections::BTreeSet;

use super::gather::Gathered;
use super::images::survey_request;
use super::scope::Update;
use crate::dockerfile::{ImageUse, Meaning, Site, State};
use crate::files;
use crate::image::{Digest, Reference};
use crate::ops::docker::{SurveyedFile, survey};
use crate::ops::{Error, Ignore};
use crate::text::{self, Edit};
use crate::update::{ImageChange, TargetPlan};

/// Nothing, or why a plan is refused: a clause behind the file's name.
pub(super) type Refusal = Result<(), String>;

/// The files that name images, as they are.
pub(super) struct ImagesCheck {
    /// With their paths from the root.
    files: Vec<(String, SurveyedFile)>,
    /// Whether places count where `--build-arg` then has no effect.
    freezes: bool,
}

impl ImagesCheck {
    pub(super) fn new(update: &Update, gathered: &Gathered) -> Result<Self, Error> {
        let Some(images) = update
            .images
            .as_ref()
            .filter(|_| !gathered.images.is_empty())
        else {
            return Ok(Self {
                files: Vec::new(),
                freezes: false,
            });
        };
        let survey = survey(&survey_request(update, images, gathered), &Ignore)?;
        let files = survey.files.into_iter().filter_map(|file| {
            let path = files::relative(&update.root, file.path.as_deref()?)?;
            Some((path, file))
        });
        Ok(Self {
            files: files.collect(),
            freezes: images.freeze_args,
        })
    }

    /// Confirms that a target's content is that of the file with the changes it reports.
    pub(super) fn confirm(&self, target: &TargetPlan) -> Refusal {
        let mut files = self.files.iter();
        let Some((_, file)) = files.find(|(path, _)| *path == target.path) else {
            return Err("which is not a Dockerfile or compose file of this repository".to_owned());
        };
        let after = target.files.first().and_then(|file| file.after.bytes());
        let after = after.unwrap_or_default();
        // Walk both contents at once: each place is as it was, or changed as reported.
        let mut made: BTreeSet<(usize, usize)> = BTreeSet::new();
        let (mut old_at, mut new_at) = (0, 0);
        let differs = || Err("where more than the reported images would change".to_owned());
        for (span, places) in self.places(file, &target.images)? {
            let between = &file.bytes[old_at..span.start];
            if !after[new_at..].starts_with(between) {
                return differs();
            }
            new_at += between.len();
            old_at = span.end;
            let changed = places
                .iter()
                .find(|place| after[new_at..].starts_with(&place.content));
            match changed {
                Some(place) => {
                    new_at += place.content.len();
                    let same = places.iter().filter(|other| other.content == place.content);
                    made.extend(same.map(|place| place.reported));
                }
                None => old_at = span.start,
            }
        }
        if after.get(new_at..) != file.bytes.get(old_at..) {
            return differs();
        }
        let reported = target.images.iter().enumerate();
        let mut reported = reported.flat_map(|(index, change)| {
            let lines = change.lines.iter();
            lines.map(move |line| (index, *line))
        });
        if let Some((index, line)) = reported.find(|reported| !made.contains(reported)) {
            let image = &target.images[index].image;
            return Err(format!(
                "where the reported change of {image} in line {line} is not made"
            ));
        }
        Ok(())
    }

    /// Returns the places that reported changes may be at, in order.
    fn places(
        &self,
        file: &SurveyedFile,
        changes: &[ImageChange],
    ) -> Result<Vec<(text::Span, Vec<Place>)>, String> {
        let mut places: Vec<(text::Span, Vec<Place>)> = Vec::new();
        for image_use in &file.uses {
            let Some((site, reference)) = self.site(image_use) else {
                continue;
            };
            let (line, _) = file.position(site.span.start);
            for (index, change) in changes.iter().enumerate() {
                if !change.lines.contains(&line) || !is_of(change, reference) {
                    continue;
                }
                let edits = edits(site, reference, change)?;
                let start = edits.iter().map(|edit| edit.span.start).min();
                let end = edits.iter().map(|edit| edit.span.end).max();
                let (Some(start), Some(end)) = (start, end) else {
                    continue;
                };
                let Ok(whole) = text::apply(&file.bytes, &edits) else {
                    continue;
                };
                let rest = file.bytes.len() - end;
                let place = Place {
                    content: whole[start..whole.len() - rest].to_vec(),
                    reported: (index, line),
                };
                let span = text::Span { start, end };
                match places.iter_mut().find(|(other, _)| *other == span) {
                    Some((_, known)) => known.push(place),
                    None => places.push((span, vec![place])),
                }
            }
        }
        places.sort_by_key(|(span, _)| (span.start, span.end));
        let overlaps = places
            .windows(2)
            .any(|pair| pair[0].0.end > pair[1].0.start);
        if overlaps {
            return Err("where reported changes overlap".to_owned());
        }
        Ok(places)
    }

    /// Returns where an update may change an image, and which one that is.
    fn site<'a>(&self, image_use: &'a ImageUse) -> Option<(&'a Site, &'a Reference)> {
        let site = match &image_use.state {
            State::Open(site) | State::Pinned(Ok(site)) => site,
            State::Left {
                frozen: Some(site), ..
            } if self.freezes => site,
            _ => return None,
        };
        match &image_use.meaning {
            Meaning::Image(reference) => Some((site, reference)),
            _ => None,
        }
    }
}

/// What may stand at a place in the end.
struct Place {
    content: Vec<u8>,
    /// The number of the reported change, and its line.
    reported: (usize, usize),
}

/// Whether a change is reported of an image as the file has it.
fn is_of(change: &ImageChange, reference: &Reference) -> bool {
    change.image == reference.name()
        && change.from_tag.as_deref() == reference.tag()
        && change.from_digest == reference.digest().map(ToString::to_string)
}

/// Returns the edits that a reported change makes at a place.
fn edits(site: &Site, reference: &Reference, change: &ImageChange) -> Result<Vec<Edit>, String> {
    let name = &change.image;
    let Ok(digest) = change.to_digest.parse::<Digest>() else {
        return Err(format!("where {name} would get an invalid digest"));
    };
    let mut edits = vec![site.edit(&digest)];
    let new_tag = change.to_tag.as_deref();
    if let Some(tag) = new_tag.filter(|tag| reference.followed_tag() != Some(tag)) {
        if !Reference::parse(&format!("{name}:{tag}")).is_ok_and(|it| it.tag() == Some(tag)) {
            return Err(format!("where {name} would get an invalid tag"));
        }
        let Some(span) = site.tag else {
            return Err(format!("where {name} has no tag that could change"));
        };
        edits.push(Edit {
            span,
            replacement: tag.to_owned(),
        });
    }
    Ok(edits)
}
