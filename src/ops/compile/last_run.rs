//! What the last run of a compilation left behind, so that the next one asks for all it
//! needs at once, or for nothing.
//!
//! For each lock the cache keeps the names of all projects whose pages the
//! run looked at, and, if the run changed nothing, a *proof* of that. A compilation is a
//! function of its request, its inputs, the target, the lock there is, and pages; metadata
//! of files never changes. So where the first four have the fingerprint that they had in a
//! run that changed nothing, and no page has changed since, this run would change nothing
//! either, and nothing has to be decided again. Pages that are still fresh have not changed,
//! as far as HTTP goes; others are asked about in one wave.
//!
//! A proof comes only from a run that had the lock and left it as it was: that a lock, made
//! again, stays the same is a law that tests hold, not one that a shortcut may rest on.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::index::{IndexClient, IndexUrl, PageStanding, Refresh};
use crate::ops::compile::prepare::ReadInputs;
use crate::ops::compile::request::{Compile, Run, Selection, Source, Sources};
use crate::ops::events::{Event, Reporter};
use crate::python::ProjectName;

/// Where last runs are kept. Other fields, other number.
const BUCKET: &str = "trails-v1";

/// What the last run left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ops) struct LastRun {
    /// The pages that were looked at, by index and name.
    pages: Vec<Page>,
    /// When they were looked at, in seconds since 1970.
    looked_at: u64,
    /// Until when all of them are fresh, in seconds since 1970.
    fresh_until: u64,
    /// That it changed nothing.
    proof: Option<UnchangedProof>,
}

/// A page that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Page {
    index: String,
    project: String,
    /// By what the server knows its content; none if it cannot be told from another.
    tag: Option<String>,
}

/// That a run changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ops) struct UnchangedProof {
    /// Of everything but the pages that the run rested on.
    pub(in crate::ops) fingerprint: Fingerprint,
    /// How many projects are pinned.
    pub(in crate::ops) pins: usize,
    /// What the run said.
    pub(in crate::ops) messages: Vec<Message>,
}

/// What a run said and an unchanged one says again. Stored: a new variant goes last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::ops) enum Message {
    Note(String),
    Warning(String),
}

impl Message {
    fn event(&self) -> Event {
        match self {
            Self::Note(words) => Event::Note(words.clone()),
            Self::Warning(words) => Event::Warning(words.clone()),
        }
    }
}

/// That nothing has changed since a run that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct Unchanged {
    /// How many projects are pinned.
    pub(in crate::ops) pins: usize,
}

impl LastRun {
    /// Returns what the last run for the same lock left behind.
    pub(in crate::ops) fn load(request: &Compile) -> Self {
        let kept = request.run.cache.get(BUCKET, &key(request));
        kept.and_then(|bytes| match postcard::take_from_bytes(&bytes) {
            Ok((last_run, [])) => Some(last_run),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// Returns the projects that the run looked at.
    pub(in crate::ops) fn projects(&self) -> impl Iterator<Item = ProjectName> {
        self.pages
            .iter()
            .filter_map(|page| page.project.parse().ok())
    }

    /// Whether there was no run before.
    pub(in crate::ops) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Whether the network will probably be asked: some of the pages are stale, or there
    /// was no run before and the cache has no pages at all.
    pub(in crate::ops) fn will_ask(&self, run: &Run) -> bool {
        if run.http.offline {
            return false;
        }
        if self.is_empty() {
            return IndexClient::has_no_pages(&run.cache);
        }
        run.refresh != Refresh::None || self.is_stale(run)
    }

    /// Whether some of the pages are no longer fresh, or it cannot be told since the clock
    /// was set back.
    fn is_stale(&self, run: &Run) -> bool {
        let now = seconds(run.now);
        !run.http.offline && !(self.looked_at..self.fresh_until).contains(&now)
    }

    /// Finds out whether nothing has changed since the last run, which changed nothing:
    /// `fingerprint` is that of this one.
    ///
    /// Asks about the pages that are no longer fresh, all at once. What cannot be asked
    /// counts as changed: who compiles will say what is wrong with it.
    pub(in crate::ops) async fn unchanged(
        &self,
        request: &Compile,
        fingerprint: Option<Fingerprint>,
        client: &IndexClient,
        reporter: &dyn Reporter,
    ) -> Option<Unchanged> {
        let proof = self.proof.as_ref()?;
        if request.run.refresh != Refresh::None || Some(proof.fingerprint) != fingerprint {
            return None;
        }
        if self.is_stale(&request.run) {
            self.ask_again(client).await?;
            let last_run = Self {
                looked_at: seconds(request.run.now),
                fresh_until: fresh_until(&client.standings()),
                ..self.clone()
            };
            last_run.store(request, self);
        }
        for message in &proof.messages {
            reporter.event(message.event());
        }
        Some(Unchanged { pins: proof.pins })
    }

    /// Asks about all pages; returns nothing if one is not what it was.
    async fn ask_again(&self, client: &IndexClient) -> Option<()> {
        let mut asked = Vec::with_capacity(self.pages.len());
        for page in &self.pages {
            page.tag.as_ref()?;
            let index = IndexUrl::new(page.index.parse().ok()?);
            let project: ProjectName = page.project.parse().ok()?;
            asked.push((index, project));
        }
        let answers = asked
            .iter()
            .map(|(index, project)| client.listing(index, project));
        for answer in futures_util::future::join_all(answers).await {
            answer.ok()?;
        }
        (pages(client.standings()) == self.pages).then_some(())
    }

    /// Keeps what a run left behind, unless it is the one that is kept already.
    fn store(&self, request: &Compile, before: &Self) {
        // When they were looked at last is not worth a write.
        let is_same = Self {
            looked_at: before.looked_at,
            ..self.clone()
        } == *before;
        if is_same && before.looked_at <= self.looked_at {
            return;
        }
        let bytes = postcard::to_stdvec(self).expect("numbers and texts can always be stored");
        // Without it the next run takes longer, no more.
        let _ = request.run.cache.put(BUCKET, &key(request), &bytes);
    }
}

/// Stores what a run leaves behind: the pages of the projects that had a part in it, and
/// that it changed nothing, if it did not.
pub(in crate::ops) fn store(
    request: &Compile,
    client: &IndexClient,
    before: &LastRun,
    consulted: &FxHashSet<&ProjectName>,
    unchanged: Option<UnchangedProof>,
) {
    if request.run.cache.dir().is_none() {
        return;
    }
    let proof = unchanged.filter(|_| client.has_asked_for_pages_only());
    let mut standings = client.standings();
    standings.retain(|((_, project), _)| consulted.contains(project));
    let last_run = LastRun {
        looked_at: seconds(request.run.now),
        fresh_until: fresh_until(&standings),
        pages: pages(standings),
        proof,
    };
    last_run.store(request, before);
}

/// Returns the pages that were looked at, sorted.
fn pages(standings: Vec<Standing>) -> Vec<Page> {
    let mut pages: Vec<Page> = standings
        .into_iter()
        .map(|((index, project), standing)| {
            let shown = index.to_string();
            // With a secret in its query it is not kept whole, and cannot be asked again.
            let is_whole = shown == index.url().as_str();
            Page {
                index: shown,
                project: project.to_string(),
                tag: standing.tag.filter(|_| is_whole),
            }
        })
        .collect();
    pages.sort_unstable();
    pages
}

/// Returns until when all pages are fresh.
fn fresh_until(standings: &[Standing]) -> u64 {
    let until = standings.iter().map(|(_, standing)| standing.fresh_until);
    until.min().unwrap_or(u64::MAX)
}

/// How a project's page on an index stands.
type Standing = ((IndexUrl, ProjectName), PageStanding);

fn seconds(time: jiff::Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or_default()
}

/// Which lock a run was for: where it is, and what it is made of.
fn key(request: &Compile) -> String {
    let mut key = String::from("compile\n");
    let folder = request
        .run
        .view
        .path(request.run.current_directory.as_ref());
    let _ = writeln!(key, "{}", folder.display());
    for source in &request.sources.files {
        let _ = writeln!(key, "{}", source.name());
    }
    for group in &request.sources.groups {
        let _ = writeln!(key, "{group:?}");
    }
    if let Some(output) = &request.output.path {
        let _ = write!(key, "to {}", output.display());
    }
    if let Some(beside) = &request.output.beside {
        let _ = write!(key, " and {}", beside.display());
    }
    key
}

/// Writes what it is given into a hash.
struct Hashing(Sha256);

impl fmt::Write for Hashing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// The hash of everything that decides what a compilation gives, but for pages.
pub(in crate::ops) type Fingerprint = [u8; 32];

/// Returns the fingerprint of a run, if it is of a kind that can turn out to change
/// nothing.
pub(in crate::ops) fn fingerprint(
    request: &Compile,
    read: &[ReadInputs],
    reporter: &dyn Reporter,
) -> Option<Fingerprint> {
    // Those who want details want to be told how it is decided.
    let has_all = request.output.beside.is_none() || read[0].previous_beside.is_some();
    let is_possible = read[0].previous.is_some()
        && has_all
        && request.output.path.is_some()
        && request.selection.gate.is_none()
        && request.run.cache.dir().is_some()
        && !reporter.wants_details();
    is_possible.then(|| hash(request, read))
}

/// Each field of the request is named here, so that a new one cannot be forgotten.
fn hash(request: &Compile, all: &[ReadInputs]) -> Fingerprint {
    let read = &all[0];
    let Compile {
        sources,
        selection,
        indexes,
        build,
        output,
        run,
    } = request;
    let Sources {
        files,
        groups,
        constraints,
        bounds,
        overrides,
        extras,
        all_extras,
    } = sources;
    let Selection {
        target: _, // settled: below
        upgrade,
        kept_packages,
        upgrade_packages,
        exclude_newer,
        exclude_newer_packages,
        gate: _, // none: see `fingerprint`
        resolution,
        pre_releases,
        binary,
        fork_strategy,
        verify_metadata,
        without_dependencies,
        preferences: _, // what they hold is below
    } = selection;
    let Run {
        now: _,                // what depends on it is settled in the limits above
        as_of: _,              // likewise
        is_last: _,            // it makes no other lock
        resolution_timeout: _, // likewise
        http,
        login: _, // who asks is settled: below
        cache: _,
        refresh: _, // none: see `unchanged`
        view: _,    // what is seen is in the inputs
        current_directory,
        variable: _, // what is read of it is in the inputs and the indexes
    } = run;
    let names: Vec<&str> = files.iter().map(Source::name).collect();
    // What one may see says nothing of what another may.
    let owned = read.indexes.owners.iter().map(|owner| &owner.index);
    let logins: Vec<Option<String>> = (read.indexes.indexes.iter().chain(owned))
        .map(|index| read.http.login_mark(index.url()))
        .collect();
    let mut hashing = Hashing(Sha256::new());
    let written = write!(
        hashing,
        "{}\n{names:?}{groups:?}{constraints:?}{bounds:?}{overrides:?}{extras:?}{all_extras:?}\n\
         {upgrade:?}{kept_packages:?}{upgrade_packages:?}{exclude_newer:?}{exclude_newer_packages:?}\n\
         {resolution:?}{pre_releases:?}{binary:?}{fork_strategy:?}{verify_metadata:?}{without_dependencies:?}\n\
         {indexes:?}{build:?}{output:?}{:?}{current_directory:?}\n\
         {:?}\n{:?}\n{:?}\n{:?}{:?}{:?}\n{logins:?}",
        env!("CARGO_PKG_VERSION"),
        http.trusted_hosts,
        all.iter().map(|read| &read.cell).collect::<Vec<_>>(),
        all.iter().map(|read| &read.inputs).collect::<Vec<_>>(),
        read.indexes,
        read.previous.as_deref().map(Sha256::digest),
        read.previous_beside.as_deref().map(Sha256::digest),
        read.preferences,
    );
    written.expect("a hash takes any text");
    hashing.0.finalize().into()
}

/// A reporter that remembers what was noted and warned of.
pub(in crate::ops) struct Remembering<'a> {
    inner: &'a dyn Reporter,
    messages: Mutex<Vec<Message>>,
}

impl<'a> Remembering<'a> {
    /// Returns a reporter that hands all it hears on.
    pub(in crate::ops) fn new(inner: &'a dyn Reporter) -> Self {
        Self {
            inner,
            messages: Mutex::default(),
        }
    }

    /// Returns what was said.
    pub(in crate::ops) fn messages(&self) -> Vec<Message> {
        let messages = self.messages.lock();
        messages.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reporter for Remembering<'_> {
    fn event(&self, event: Event) {
        let message = match &event {
            Event::Note(words) => Some(Message::Note(words.clone())),
            Event::Warning(words) => Some(Message::Warning(words.clone())),
            _ => None,
        };
        if let Some(message) = message {
            let messages = self.messages.lock();
            messages
                .unwrap_or_else(PoisonError::into_inner)
                .push(message);
        }
        self.inner.event(event);
    }

    fn wants_details(&self) -> bool {
        self.inner.wants_details()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_stored_as_they_were_when_a_truth_value_told_warnings() {
        let messages = [
            Message::Note("a".to_owned()),
            Message::Warning("b".to_owned()),
        ];
        let before = [(false, "a"), (true, "b")];
        assert_eq!(
            postcard::to_stdvec(&messages).unwrap(),
            postcard::to_stdvec(&before).unwrap()
        );
    }
}
