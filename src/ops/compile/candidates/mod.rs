//! Which of a project's releases can be used for the target, and by which file.
//!
//! Judged release by release when the resolver first looks at one: most releases
//! of most projects are never looked at.

pub(in crate::ops) mod admission;
mod installer;
mod judgement;
mod range;
mod rows;
pub(in crate::ops) mod witnesses;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::config::Bump;
use crate::index::listing::Sparse;
use crate::index::page::ProjectStatus;
use crate::index::{Entry, File, IndexUrl, Listing, Sha256};
use crate::ops::compile::candidates::admission::{Pinned, Policy, PythonSupport};
use crate::ops::compile::candidates::installer::Installer;
pub(in crate::ops) use crate::ops::compile::candidates::rows::Numbers;
use crate::ops::compile::candidates::rows::{Dated, Place, Row, Rows};
use crate::ops::compile::cutoff::Limit;
use crate::ops::compile::request::WhichHashes;
use crate::python::{ProjectName, Version, WorldSet, Worlds};
use crate::resolve::{Absence, Availability, Reason, Releases, position_in};
use crate::update::{Hold, ProjectPolicy};

/// What one place has of a project.
#[derive(Debug)]
pub(in crate::ops) struct Listed {
    pub(in crate::ops) listing: Arc<Listing>,
    /// Up to when uploads count there.
    pub(in crate::ops) limit: Option<Arc<Limit>>,
    /// The index it is; none where it is a flat location.
    pub(in crate::ops) index: Option<IndexUrl>,
}

/// The releases of one project.
#[derive(Debug)]
pub(in crate::ops) struct ProjectReleases {
    name: ProjectName,
    policy: Arc<Policy>,
    pinned: Arc<Pinned>,
    gate: Option<Gate>,
    files: Arc<ProjectFiles>,
    /// Why there are no listings, if there are none.
    absence: Option<Absence>,
    judged: Sparse<Box<Judgement>>,
    /// The `Requires-Python` of releases whose metadata rules the target out by an
    /// upper bound.
    overlooked: Mutex<FxHashMap<u32, String>>,
    /// The newest minor version of Python that a wheel is for by name.
    last_minor: OnceLock<u16>,
}

/// What all places have of a project, whoever it is judged for.
#[derive(Debug)]
pub(in crate::ops) struct ProjectFiles {
    listings: Vec<Arc<Listing>>,
    /// Up to when the uploads of each listing count.
    limits: Vec<Option<Arc<Limit>>>,
    /// Which index each listing is of.
    indexes: Vec<Option<IndexUrl>>,
    /// Where each version is, when there are several listings.
    merged: Option<Vec<Merged>>,
    /// Whether all versions of an earlier listing come before those of a later one.
    is_in_order: bool,
    rows: Sparse<Box<[Row]>>,
}

#[derive(Debug)]
struct Merged {
    version: Version,
    /// A listing and a position in it.
    places: Vec<(usize, usize)>,
}

/// What an update may take of a project.
#[derive(Debug)]
struct Gate {
    policy: ProjectPolicy,
    /// Which files of the locked release are in the lock.
    locked: LockedFiles,
}

/// Which files of the locked release are in the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LockedFiles {
    /// Those with these hashes.
    Recorded,
    /// All of them: the lock does not say, and they may all be young.
    All,
    /// Those that are old enough: the lock does not say, but these will do.
    Old,
    /// None: there is no such release.
    Gone,
}

/// What a release would be used by.
#[derive(Debug, Clone)]
struct Judgement {
    availability: Availability,
    /// Why the policy of an update holds it back, if nothing else is against it.
    hold: Option<Hold>,
    /// The file whose metadata counts.
    file: Option<Place>,
}

impl Judgement {
    fn usable(availability: Availability, file: Place) -> Self {
        Self {
            availability,
            hold: None,
            file: Some(file),
        }
    }

    /// Returns the same, with the target for which a release has no file named.
    fn naming(mut self, target: &Installer) -> Self {
        if let Availability::Unusable(reason @ (Reason::NoWheel(_) | Reason::BinaryPolicy(_))) =
            self.availability
        {
            self.availability = Availability::Unusable(Reason::OfTarget {
                target: target.name.clone(),
                reason: Box::new(reason),
            });
        }
        self
    }
}

impl ProjectFiles {
    pub(in crate::ops) fn new(listings: Vec<Listed>, is_in_order: bool) -> Self {
        let indexes = listings.iter().map(|listed| listed.index.clone()).collect();
        let (listings, limits): (Vec<_>, Vec<_>) = listings
            .into_iter()
            .map(|listed| (listed.listing, listed.limit))
            .unzip();
        let merged = match &listings[..] {
            [_] => None,
            _ => Some(merge(&listings)),
        };
        let count = merged.as_ref().map_or_else(|| listings[0].len(), Vec::len);
        Self {
            merged,
            listings,
            limits,
            indexes,
            is_in_order,
            rows: Sparse::new(count),
        }
    }
}

impl ProjectReleases {
    pub(in crate::ops) fn new(
        name: ProjectName,
        policy: Arc<Policy>,
        pinned: Arc<Pinned>,
        files: Arc<ProjectFiles>,
    ) -> Self {
        let count = files.rows.len();
        let mut releases = Self {
            name,
            policy,
            pinned,
            gate: None,
            files,
            absence: None,
            judged: Sparse::new(count),
            overlooked: Mutex::default(),
            last_minor: OnceLock::new(),
        };
        releases.gate = releases.gate();
        releases
    }

    /// Returns the same project as another run judges it.
    pub(in crate::ops) fn judged_by(&self, policy: Arc<Policy>, pinned: Arc<Pinned>) -> Self {
        let files = Arc::clone(&self.files);
        let mut releases = Self::new(self.name.clone(), policy, pinned, files);
        releases.absence.clone_from(&self.absence);
        releases
    }

    /// Returns a project that is not where alone it may be.
    pub(in crate::ops) fn absent(
        name: ProjectName,
        policy: Arc<Policy>,
        pinned: Arc<Pinned>,
        absence: Absence,
    ) -> Self {
        let files = Arc::new(ProjectFiles::new(Vec::new(), false));
        let mut releases = Self::new(name, policy, pinned, files);
        releases.absence = Some(absence);
        releases
    }

    /// Whether a listing could not be read as it was: nothing said here holds.
    pub(in crate::ops) fn is_damaged(&self) -> bool {
        self.files
            .listings
            .iter()
            .any(|listing| listing.is_damaged())
    }

    /// Returns what an update may take.
    fn gate(&self) -> Option<Gate> {
        let policy = self.policy.gate.as_ref()?;
        let policy = policy.of(&self.name, self.pinned.locked.as_ref());
        let Some(position) = self.locked_position() else {
            return Some(Gate {
                policy: policy.without_ignoring(),
                locked: LockedFiles::Gone,
            });
        };
        let locked = if self.has_recorded_hashes() {
            LockedFiles::Recorded
        } else {
            let version = self.version(position);
            let is_old_wheel = |entry: &Entry<'_>| {
                let is_compatible = |tags| {
                    let mut targets = self.policy.targets.iter();
                    targets.all(|target| target.compatibility(tags).is_ok())
                };
                entry.wheel_tags().is_some_and(is_compatible)
                    && policy.file(version, entry.upload_time).is_ok()
            };
            if self.entries(position).any(|entry| is_old_wheel(&entry)) {
                LockedFiles::Old
            } else {
                LockedFiles::All
            }
        };
        Some(Gate { policy, locked })
    }

    fn locked_position(&self) -> Option<u32> {
        self.position(self.pinned.locked.as_ref()?)
    }

    /// Whether the lock has hashes that are comparable with what indexes give.
    fn has_recorded_hashes(&self) -> bool {
        let mut hashes = self.pinned.hashes.iter();
        hashes.any(|hash| hash.starts_with("sha256:"))
    }

    /// Whether a file of the locked release is in the lock; one without a hash may be.
    fn is_recorded(&self, sha256: Option<Sha256>) -> bool {
        sha256.is_none_or(|sha256| self.pinned.hashes.contains(&sha256.prefixed()))
    }

    fn entries(&self, position: u32) -> impl Iterator<Item = Entry<'_>> {
        self.places(position)
            .into_iter()
            .flat_map(|(listing, index)| self.files.listings[listing].entries(index))
    }

    /// Returns what of the files of a release decides whether it can be used.
    fn rows(&self, position: u32) -> Rows<'_> {
        if self.policy.keeps_rows {
            Rows::Kept(self.kept_rows(position))
        } else {
            Rows::Read(self.read_rows(position))
        }
    }

    /// Returns the same, kept for whoever asks next.
    fn kept_rows(&self, position: u32) -> &[Row] {
        let rows = &self.files.rows;
        rows.get_or_init(position as usize, || self.read_rows(position))
    }

    fn read_rows(&self, position: u32) -> Box<[Row]> {
        let places = self.places(position).into_iter();
        let files = places.flat_map(|(listing, index)| {
            let entries = self.files.listings[listing].entries(index);
            let numbered = entries.enumerate();
            numbered.map(move |(number, entry)| ((listing, index, number), entry))
        });
        self.policy.numbers.rows(files)
    }

    /// Returns what decides whether a file is old enough.
    fn with_dates<T>(&self, row: &Row, ask: impl FnOnce(&Dated<'_>) -> T) -> T {
        let place = row.place;
        ask(&Dated {
            upload_time: row.upload_time,
            sha256: &|| self.entry(place)?.sha256(),
        })
    }

    /// Returns the file at a place.
    fn entry(&self, (listing, index, number): Place) -> Option<Entry<'_>> {
        self.files.listings[listing].entries(index).nth(number)
    }

    fn places(&self, position: u32) -> Vec<(usize, usize)> {
        match &self.files.merged {
            Some(merged) => merged[position as usize].places.clone(),
            None => vec![(0, position as usize)],
        }
    }

    /// Returns the version as it was published.
    pub(in crate::ops) fn version_text(&self, position: u32) -> &str {
        let (listing, index) = self.places(position)[0];
        self.files.listings[listing].version_text(index)
    }

    /// Returns the file to take metadata from.
    pub(in crate::ops) fn metadata_entry(&self, position: u32) -> Option<Entry<'_>> {
        self.entry(self.judge(position).file?)
    }

    /// Returns the index that a release is taken from; none where it is not from one.
    pub(in crate::ops) fn index(&self, position: u32) -> Option<&IndexUrl> {
        let (listing, _, _) = self.judge(position).file?;
        self.files.indexes[listing].as_ref()
    }

    /// Returns what the place that a release is taken from says of the whole project.
    pub(in crate::ops) fn project_status(&self, position: u32) -> Option<ProjectStatus> {
        let (listing, _, _) = self.judge(position).file?;
        self.files.listings[listing].status()
    }

    /// Returns the file to take metadata from, to be kept.
    pub(in crate::ops) fn metadata_file(&self, position: u32) -> Option<File> {
        self.metadata_entry(position)?.to_file()
    }

    /// Returns the files of a release that may be installed: by any platform, but
    /// not newer than the limit.
    pub(in crate::ops) fn installable_files(&self, position: u32) -> Vec<File> {
        self.installable(position)
            .filter_map(|entry| entry.to_file())
            .collect()
    }

    /// The same, without copying anything.
    pub(in crate::ops) fn installable(&self, position: u32) -> impl Iterator<Item = Entry<'_>> {
        let places = self.places(position).into_iter();
        places.flat_map(move |(listing, index)| {
            let entries = self.files.listings[listing].entries(index);
            entries.filter(move |entry| self.is_installable(listing, entry, position))
        })
    }

    fn is_installable(&self, listing: usize, entry: &Entry<'_>, position: u32) -> bool {
        let file = Dated {
            upload_time: entry.upload_time,
            sha256: &|| entry.sha256(),
        };
        self.is_too_new(listing, &file, position).is_none() && self.hold(&file, position).is_none()
    }

    /// Returns the files of a release whose hashes belong in the lock.
    ///
    /// For the target alone these are all wheels that suit it, since pip may prefer
    /// another one than we do; its sdist only if pip would have to build.
    pub(in crate::ops) fn hashed(&self, position: u32) -> Vec<Entry<'_>> {
        if self.policy.which_hashes == WhichHashes::All {
            return self.installable(position).collect();
        }
        self.files_for_target(position)
    }

    /// Returns the files of a release that a `pylock.toml` lists: all of them, or those of
    /// the targets. Where only wheels may be used, nothing else is there to fall back on.
    pub(in crate::ops) fn locked_files(&self, position: u32, all: bool) -> Vec<Entry<'_>> {
        if !all {
            return self.files_for_target(position);
        }
        let files = self.installable(position);
        match self.binary() {
            Some(wheels) => files.filter(|entry| entry.is_wheel == wheels).collect(),
            None => files.collect(),
        }
    }

    fn files_for_target(&self, position: u32) -> Vec<Entry<'_>> {
        let is_suitable = self.suitable_files(position);
        if !is_suitable.contains(&true) {
            return self.installable(position).collect();
        }
        let each = self.entries(position).zip(is_suitable);
        each.filter_map(|(entry, is_suitable)| is_suitable.then_some(entry))
            .collect()
    }

    /// Whether only files with a wheel may be used, or only those without; none if
    /// nothing is said.
    fn binary(&self) -> Option<bool> {
        let mut policies = self.policy.binary.iter();
        policies.find_map(|binary| binary.get(&self.name))
    }

    /// Whether another place has a file of this release, by its hash.
    pub(in crate::ops) fn shares_file(&self, position: u32, other: &Listing) -> bool {
        let ours: Vec<_> = self.entries(position).filter_map(|e| e.sha256()).collect();
        (0..other.len())
            .filter(|&index| other.version(index) == self.version(position))
            .flat_map(|index| other.entries(index))
            .any(|entry| entry.sha256().is_some_and(|sha256| ours.contains(&sha256)))
    }

    /// Returns whether a file that is in the lock only perhaps, since the index gives
    /// no hash for it, may be installed now that its hash is known.
    pub(in crate::ops) fn admits_hash(&self, position: u32, file: &File, hash: &str) -> bool {
        let Some(gate) = &self.gate else {
            return true;
        };
        gate.locked != LockedFiles::Recorded
            || self.locked_position() != Some(position)
            || self.pinned.hashes.contains(hash)
            || gate
                .policy
                .file(self.version(position), file.upload_time)
                .is_ok()
    }

    /// Returns the reason for which the release was yanked, if all of it was.
    pub(in crate::ops) fn yanked(&self, position: u32) -> Option<String> {
        let mut reason = None;
        for entry in self.entries(position) {
            reason = Some(entry.yanked?.to_owned());
        }
        reason
    }

    /// Returns when the first file of a release was uploaded, as far as is known.
    pub(in crate::ops) fn published(&self, position: u32) -> Option<jiff::Timestamp> {
        self.entries(position)
            .filter_map(|entry| entry.upload_time)
            .min()
    }

    /// Returns why a policy would not take a release that is not locked, if it would
    /// take none of its files: the soonest of their reasons.
    pub(in crate::ops) fn held_by(&self, policy: &ProjectPolicy, position: u32) -> Option<Hold> {
        let mut hold: Option<Hold> = None;
        for entry in self.entries(position) {
            let other = self.verdict(policy, entry.upload_time, position).err()?;
            hold = Some(match hold {
                Some(known) => known.sooner(other),
                None => other,
            });
        }
        hold
    }

    /// Returns how many files of a release the policy holds back.
    pub(in crate::ops) fn held_files(&self, position: u32) -> usize {
        self.entries(position)
            .filter(|entry| {
                let file = Dated {
                    upload_time: entry.upload_time,
                    sha256: &|| entry.sha256(),
                };
                self.hold(&file, position).is_some()
            })
            .count()
    }

    /// Whether the lock has a release that is not there any more, or of which no file
    /// is that the lock has.
    pub(in crate::ops) fn has_lost_locked(&self) -> bool {
        match self.locked_position() {
            None => self.pinned.locked.is_some(),
            Some(position) => {
                self.has_recorded_hashes()
                    && !self
                        .entries(position)
                        .any(|entry| self.is_recorded(entry.sha256()))
            }
        }
    }

    /// Returns the locked version.
    pub(in crate::ops) fn locked(&self) -> Option<&Version> {
        self.pinned.locked.as_ref()
    }

    /// Returns why the policy holds a release back, if nothing else is against it.
    pub(in crate::ops) fn held(&self, position: u32) -> Option<Hold> {
        self.judge(position).hold.clone()
    }

    /// Returns why the policy of an update does not take a file.
    fn hold(&self, file: &Dated<'_>, position: u32) -> Option<Hold> {
        let gate = self.gate.as_ref()?;
        let version = self.version(position);
        if self.pinned.has_locked(version) {
            let is_locked = match gate.locked {
                LockedFiles::Recorded => self.is_recorded((file.sha256)()),
                LockedFiles::All => true,
                LockedFiles::Old | LockedFiles::Gone => false,
            };
            if is_locked {
                return None;
            }
        }
        self.verdict(&gate.policy, file.upload_time, position).err()
    }

    /// Returns whether the policy lets a file be taken.
    ///
    /// A major version waits for its longer cooldown once: when the first of its releases
    /// is old enough, the later ones are steps from that one, as they would be in the
    /// next run.
    fn verdict(
        &self,
        policy: &ProjectPolicy,
        upload_time: Option<jiff::Timestamp>,
        position: u32,
    ) -> Result<(), Hold> {
        let version = self.version(position);
        let verdict = policy.verdict(version, upload_time);
        if verdict.is_err()
            && policy.waits_as_major(version, upload_time)
            && self.is_major_ripe(policy, version)
        {
            return Ok(());
        }
        verdict
    }

    /// Whether an earlier release of the same major version, or this one, has a file that is
    /// old enough for a major step.
    fn is_major_ripe(&self, policy: &ProjectPolicy, version: &Version) -> bool {
        (0..self.count()).any(|at| {
            let other = self.version(at);
            other <= version
                && !other.any_prerelease()
                && Bump::between(other, version) != Some(Bump::Major)
                && self.entries(at).any(|entry| {
                    entry.yanked.is_none() && policy.verdict(other, entry.upload_time).is_ok()
                })
        })
    }

    fn is_too_new(&self, listing: usize, file: &Dated<'_>, position: u32) -> Option<Reason> {
        let limit = self.files.limits[listing].as_ref()?;
        let reason = match file.upload_time {
            Some(time) if time < limit.before => return None,
            Some(_) => Reason::TooNew(limit.rule.clone()),
            None => Reason::NoUploadTime(limit.rule.clone()),
        };
        if self.pinned.has_locked(self.version(position)) {
            let is_locked = match (file.sha256)() {
                Some(sha256) if !self.pinned.hashes.is_empty() => {
                    self.pinned.hashes.contains(&sha256.prefixed())
                }
                _ => true,
            };
            if is_locked {
                return None;
            }
        }
        Some(reason)
    }

    /// Whether a release with this `Requires-Python` can be used. Who requires
    /// exactly that version gets it in spite of an upper bound, as with a yanked
    /// one: upper bounds are often guesses.
    pub(in crate::ops) fn admits_python(&self, position: u32, specifiers: &str) -> bool {
        self.admits(position, self.policy.python_support(specifiers))
    }

    fn admits(&self, position: u32, support: PythonSupport) -> bool {
        match support {
            PythonSupport::Yes => true,
            PythonSupport::TooNew => self.pinned.exact.contains(self.version(position)),
            PythonSupport::No => false,
        }
    }

    /// Returns the newest final release, if only an upper bound of its
    /// `Requires-Python` keeps it out, with that specifier.
    pub(in crate::ops) fn capped_newest(&self) -> Option<(String, String)> {
        let newest = (0..self.count())
            .rev()
            .find(|&at| !self.version(at).any_prerelease())?;
        match self.availability(newest) {
            Availability::Unusable(Reason::RequiresPython(specifiers))
                if self.policy.python_support(&specifiers) == PythonSupport::TooNew =>
            {
                Some((self.version_text(newest).to_owned(), specifiers))
            }
            _ => None,
        }
    }

    /// Notes what a release's metadata says of Python: not every index does.
    pub(in crate::ops) fn learn_python(&self, position: u32, specifiers: &str) {
        if self.policy.python_support(specifiers) == PythonSupport::TooNew {
            let mut overlooked = self
                .overlooked
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            overlooked.insert(position, specifiers.to_owned());
        }
    }

    /// Returns the `Requires-Python` that a release was admitted in spite of.
    pub(in crate::ops) fn overlooked_python(&self, position: u32) -> Option<String> {
        let overlooked = self.overlooked.lock();
        let overlooked = overlooked.unwrap_or_else(PoisonError::into_inner);
        overlooked.get(&position).cloned()
    }

    fn judge(&self, position: u32) -> &Judgement {
        self.judged
            .get_or_init(position as usize, || Box::new(self.judgement(position)))
    }
}

impl Releases for ProjectReleases {
    fn count(&self) -> u32 {
        u32::try_from(self.judged.len()).expect("a listing counts its versions in u32")
    }

    fn version(&self, position: u32) -> &Version {
        match &self.files.merged {
            Some(merged) => &merged[position as usize].version,
            None => self.files.listings[0].version(position as usize),
        }
    }

    /// What is looked for is mostly among the newest: their texts are compared before any
    /// version is parsed.
    fn position(&self, version: &Version) -> Option<u32> {
        let text = version.to_string();
        let mut newest = (0..self.count()).rev().take(16);
        newest
            .find(|&at| self.version_text(at) == text)
            .or_else(|| position_in(self, version))
    }

    fn availability(&self, position: u32) -> Availability {
        self.judge(position).availability.clone()
    }

    fn worlds(&self, position: u32, worlds: &mut Worlds) -> WorldSet {
        self.usable_in(position, worlds)
    }

    fn limit(&self, position: u32) -> Reason {
        self.range_limit(position)
    }

    fn turn(&self, position: u32) -> u8 {
        if self.files.is_in_order {
            u8::try_from(self.places(position)[0].0).unwrap_or(u8::MAX)
        } else {
            0
        }
    }

    fn absence(&self) -> Option<&Absence> {
        self.absence.as_ref()
    }
}

/// Returns all versions of all listings, oldest first; the first listing that has
/// a version comes first in it.
fn merge(listings: &[Arc<Listing>]) -> Vec<Merged> {
    let mut merged: Vec<Merged> = Vec::new();
    for (number, listing) in listings.iter().enumerate() {
        for index in 0..listing.len() {
            let version = listing.version(index);
            match merged.binary_search_by(|other| other.version.cmp(version)) {
                Ok(at) => merged[at].places.push((number, index)),
                Err(at) => merged.insert(
                    at,
                    Merged {
                        version: version.clone(),
                        places: vec![(number, index)],
                    },
                ),
            }
        }
    }
    merged
}
