//! Which of a project's releases can be used for the target, and by which file.
//!
//! Judged release by release when the resolver first looks at one: most releases
//! of most projects are never looked at.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::index::listing::Sparse;
use crate::index::{Entry, File, Listing};
use crate::ops::compile::cutoff::{Cutoffs, Limit};
use crate::ops::compile::request::WhichHashes;
use crate::python::{ProjectName, Specifiers, TagMismatch, Tags, Version, WheelName};
use crate::requirements::PerProject;
use crate::resolve::{Availability, Reason, Releases, position_in};
use crate::update::{self, Hold, ProjectPolicy};

/// What makes a file admissible.
#[derive(Debug)]
pub(in crate::ops) struct Policy {
    pub(in crate::ops) python: Version,
    pub(in crate::ops) tags: Tags,
    /// Up to when uploads count.
    pub(in crate::ops) cutoffs: Cutoffs,
    /// Of which files the lock has hashes.
    pub(in crate::ops) which_hashes: WhichHashes,
    /// What an update may take.
    pub(in crate::ops) gate: Option<update::Policy>,
    /// `--only-binary` (yes) and `--no-binary` (no).
    /// The first that has an answer counts.
    pub(in crate::ops) binary: Vec<PerProject>,
    /// Whether it is `--no-build` that says so.
    pub(in crate::ops) is_build_forbidden: bool,
    compatible: Mutex<FxHashMap<Box<str>, Result<u32, TagMismatch>>>,
    pythons: Mutex<FxHashMap<Box<str>, PythonSupport>>,
}

impl Policy {
    pub(in crate::ops) fn new(
        python: Version,
        tags: Tags,
        cutoffs: Cutoffs,
        gate: Option<update::Policy>,
        binary: Vec<PerProject>,
    ) -> Self {
        Self {
            python,
            tags,
            cutoffs,
            which_hashes: WhichHashes::default(),
            gate,
            binary,
            is_build_forbidden: false,
            compatible: Mutex::default(),
            pythons: Mutex::default(),
        }
    }

    /// How good a wheel is, by the end of its name; the same ends come up often.
    fn compatibility(&self, tags: &str) -> Result<u32, TagMismatch> {
        let mut known = self
            .compatible
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = known.get(tags) {
            return answer;
        }
        let answer = match WheelName::parse(&format!("x-0-{tags}.whl")) {
            Ok(name) => self
                .tags
                .compatibility(&name)
                .ok_or_else(|| self.tags.incompatibility(&name)),
            Err(_) => Err(TagMismatch::Platform),
        };
        known.insert(tags.into(), answer);
        answer
    }

    /// Whether the target's Python will do. What cannot be read forbids nothing.
    pub(in crate::ops) fn python_support(&self, specifiers: &str) -> PythonSupport {
        let mut known = self.pythons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = known.get(specifiers) {
            return answer;
        }
        let answer = Specifiers::parse(specifiers)
            .or_else(|_| Specifiers::parse_lenient(specifiers))
            .map_or(PythonSupport::Yes, |specifiers| {
                if specifiers.contains(&self.python) {
                    PythonSupport::Yes
                } else if without_upper_bounds(&specifiers).contains(&self.python) {
                    PythonSupport::TooNew
                } else {
                    PythonSupport::No
                }
            });
        known.insert(specifiers.into(), answer);
        answer
    }
}

/// Whether a release is for the target's Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum PythonSupport {
    /// It is.
    Yes,
    /// It would be, but for an upper bound.
    TooNew,
    /// It is not.
    No,
}

/// Returns what specifiers say of versions that are too old.
fn without_upper_bounds(specifiers: &Specifiers) -> Specifiers {
    let lower: Vec<String> = specifiers
        .clauses()
        .filter_map(|(operator, version)| match operator {
            ">=" | ">" => Some(format!("{operator}{version}")),
            "!=" => Some(format!("!={version}")),
            "~=" | "==" => Some(format!(">={}", version.trim_end_matches(".*"))),
            _ => None,
        })
        .collect();
    Specifiers::parse(&lower.join(",")).unwrap_or_default()
}

/// What the user has pinned of a project, in the lock or by `==`.
#[derive(Debug, Clone, Default)]
pub(in crate::ops) struct Pinned {
    /// The version the lock has: its files stay admissible, whatever their age.
    pub(in crate::ops) locked: Option<Version>,
    /// The locked version, unless it is to be upgraded: it may be yanked.
    pub(in crate::ops) kept: Option<Version>,
    /// The hashes the lock has for it, as `sha256:…`.
    pub(in crate::ops) hashes: FxHashSet<String>,
    /// Versions that are required exactly: they may be yanked.
    pub(in crate::ops) exact: Vec<Version>,
}

/// What one place has of a project.
#[derive(Debug)]
pub(in crate::ops) struct Listed {
    pub(in crate::ops) listing: Arc<Listing>,
    /// Up to when uploads count there.
    pub(in crate::ops) limit: Option<Arc<Limit>>,
}

/// The releases of one project.
#[derive(Debug)]
pub(in crate::ops) struct ProjectReleases {
    name: ProjectName,
    policy: Arc<Policy>,
    pinned: Arc<Pinned>,
    gate: Option<Gate>,
    listings: Vec<Arc<Listing>>,
    /// Up to when the uploads of each listing count.
    limits: Vec<Option<Arc<Limit>>>,
    /// Why there are no listings, if there are none.
    absence: Option<String>,
    /// Where each version is, when there are several listings.
    merged: Option<Vec<Merged>>,
    /// Whether all versions of an earlier listing come before those of a later one.
    is_in_order: bool,
    judged: Sparse<Box<Judgement>>,
    /// The `Requires-Python` of releases whose metadata rules the target out by an
    /// upper bound.
    overlooked: Mutex<FxHashMap<u32, String>>,
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
}

/// Why a file does not suit the target.
#[derive(Debug, Clone, Copy)]
enum Misfit<'a> {
    /// It is for other Pythons: the specifier.
    Python(&'a str),
    /// Wheels are not wanted, or only they are: by which option.
    Policy(&'static str),
    /// A wheel for something else: the end of its name.
    Tags(TagMismatch, &'a str),
}

impl Misfit<'_> {
    /// Returns how near the file is to suiting.
    fn nearness(self) -> u8 {
        match self {
            Self::Python(_) => 0,
            Self::Tags(TagMismatch::Python, _) => 1,
            Self::Tags(TagMismatch::Abi, _) => 2,
            Self::Tags(TagMismatch::Platform, _) => 3,
            Self::Policy(_) => 4,
        }
    }

    fn reason(self) -> Reason {
        let words = match self {
            Self::Python(specifiers) => return Reason::RequiresPython(specifiers.to_owned()),
            Self::Policy(option) => return Reason::BinaryPolicy(option),
            Self::Tags(TagMismatch::Python, _) => "other Python versions",
            Self::Tags(TagMismatch::Abi, _) => "another ABI",
            Self::Tags(TagMismatch::Platform, _) => "other platforms",
        };
        Reason::NoWheel(words.to_owned())
    }

    /// Whether it is a wheel that has the same requirements as one that would do.
    fn is_other_wheel(self) -> bool {
        matches!(self, Self::Tags(..) | Self::Policy(NO_BINARY))
    }
}

/// The option that forbids wheels.
const NO_BINARY: &str = "--no-binary";

/// How many platforms are named where a release has wheels for others only.
const MOST_PLATFORMS: usize = 4;

/// Returns the platforms of the end of a wheel's name.
fn platform_tags(tags: &str) -> impl Iterator<Item = &str> {
    let platforms = tags.rsplit('-').next().unwrap_or_default();
    platforms.split('.')
}

/// Where a file is among a project's listings: a listing, a position, the file's number.
type Place = (usize, usize, usize);

impl ProjectReleases {
    pub(in crate::ops) fn new(
        name: ProjectName,
        policy: Arc<Policy>,
        pinned: Arc<Pinned>,
        listings: Vec<Listed>,
        is_in_order: bool,
    ) -> Self {
        let (listings, limits): (Vec<_>, Vec<_>) = listings
            .into_iter()
            .map(|listed| (listed.listing, listed.limit))
            .unzip();
        let merged = match &listings[..] {
            [_] => None,
            _ => Some(merge(&listings)),
        };
        let count = merged.as_ref().map_or_else(|| listings[0].len(), Vec::len);
        let mut releases = Self {
            name,
            policy,
            pinned,
            gate: None,
            merged,
            listings,
            limits,
            absence: None,
            is_in_order,
            judged: Sparse::new(count),
            overlooked: Mutex::default(),
        };
        releases.gate = releases.gate();
        releases
    }

    /// Returns a project that is not where alone it may be.
    pub(in crate::ops) fn absent(
        name: ProjectName,
        policy: Arc<Policy>,
        pinned: Arc<Pinned>,
        why: String,
    ) -> Self {
        let mut releases = Self::new(name, policy, pinned, Vec::new(), false);
        releases.absence = Some(why);
        releases
    }

    /// Whether a listing could not be read as it was: nothing said here holds.
    pub(in crate::ops) fn is_damaged(&self) -> bool {
        self.listings.iter().any(|listing| listing.is_damaged())
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
                let is_compatible = |tags| self.policy.compatibility(tags).is_ok();
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
    fn is_recorded(&self, entry: &Entry<'_>) -> bool {
        entry
            .sha256()
            .is_none_or(|sha256| self.pinned.hashes.contains(&sha256.prefixed()))
    }

    fn entries(&self, position: u32) -> impl Iterator<Item = Entry<'_>> {
        self.places(position)
            .into_iter()
            .flat_map(|(listing, index)| self.listings[listing].entries(index))
    }

    fn places(&self, position: u32) -> Vec<(usize, usize)> {
        match &self.merged {
            Some(merged) => merged[position as usize].places.clone(),
            None => vec![(0, position as usize)],
        }
    }

    /// Returns the version as it was published.
    pub(in crate::ops) fn version_text(&self, position: u32) -> &str {
        let (listing, index) = self.places(position)[0];
        self.listings[listing].version_text(index)
    }

    /// Returns the file to take metadata from.
    pub(in crate::ops) fn metadata_entry(&self, position: u32) -> Option<Entry<'_>> {
        let (listing, index, number) = self.judge(position).file?;
        self.listings[listing].entries(index).nth(number)
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
            let entries = self.listings[listing].entries(index);
            entries.filter(move |entry| {
                self.is_too_new(listing, entry, position).is_none()
                    && self.hold(entry, position).is_none()
            })
        })
    }

    /// Returns the files of a release whose hashes belong in the lock.
    ///
    /// For the target alone these are all wheels that suit it, since pip may prefer
    /// another one than we do; its sdist only if pip would have to build.
    pub(in crate::ops) fn hashed(&self, position: u32) -> Vec<Entry<'_>> {
        if self.policy.which_hashes == WhichHashes::All {
            return self.installable(position).collect();
        }
        let binary = self.binary();
        let mut wheels = Vec::new();
        let mut sdists = Vec::new();
        for entry in self.installable(position) {
            match self.suitability(&entry, position, binary) {
                Ok(Some(_)) => wheels.push(entry),
                Ok(None) => sdists.push(entry),
                Err(_) => {}
            }
        }
        if !wheels.is_empty() {
            return wheels;
        }
        if !sdists.is_empty() {
            return sdists;
        }
        self.installable(position).collect()
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
        let version = self.version(position);
        let mut hold: Option<Hold> = None;
        for entry in self.entries(position) {
            let other = policy.verdict(version, entry.upload_time).err()?;
            hold = Some(match hold {
                Some(known) => known.sooner(other),
                None => other,
            });
        }
        hold
    }

    /// Returns the platforms that the wheels of a release are for, sorted.
    pub(in crate::ops) fn wheel_platforms(&self, position: u32) -> Vec<String> {
        let entries = self.entries(position);
        let platforms: BTreeSet<String> = entries
            .filter_map(|entry| entry.wheel_tags())
            .flat_map(platform_tags)
            .map(str::to_owned)
            .collect();
        platforms.into_iter().collect()
    }

    /// Returns how many files of a release the policy holds back.
    pub(in crate::ops) fn held_files(&self, position: u32) -> usize {
        self.entries(position)
            .filter(|entry| self.hold(entry, position).is_some())
            .count()
    }

    /// Whether the lock has a release that is not there any more, or of which no file
    /// is that the lock has.
    pub(in crate::ops) fn has_lost_locked(&self) -> bool {
        match self.locked_position() {
            None => self.pinned.locked.is_some(),
            Some(position) => {
                self.has_recorded_hashes()
                    && !self.entries(position).any(|entry| self.is_recorded(&entry))
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
    fn hold(&self, entry: &Entry<'_>, position: u32) -> Option<Hold> {
        let gate = self.gate.as_ref()?;
        let version = self.version(position);
        if self.pinned.locked.as_ref() == Some(version) {
            let is_locked = match gate.locked {
                LockedFiles::Recorded => self.is_recorded(entry),
                LockedFiles::All => true,
                LockedFiles::Old | LockedFiles::Gone => false,
            };
            if is_locked {
                return None;
            }
        }
        gate.policy.verdict(version, entry.upload_time).err()
    }

    fn is_too_new(&self, listing: usize, entry: &Entry<'_>, position: u32) -> Option<Reason> {
        let limit = self.limits[listing].as_ref()?;
        let reason = match entry.upload_time {
            Some(time) if time < limit.before => return None,
            Some(_) => Reason::TooNew(limit.rule.clone()),
            None => Reason::NoUploadTime(limit.rule.clone()),
        };
        if self.pinned.locked.as_ref() == Some(self.version(position)) {
            let is_locked = match entry.sha256() {
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
        match self.policy.python_support(specifiers) {
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

    fn judgement(&self, position: u32) -> Judgement {
        let version = self.version(position);
        // What is locked stays admissible in an update: to leave it for something older
        // because what is newer is too young would be a downgrade by age.
        let kept = match self.gate {
            Some(_) => &self.pinned.locked,
            None => &self.pinned.kept,
        };
        let may_be_yanked = kept.as_ref() == Some(version) || self.pinned.exact.contains(version);
        let binary = self.binary();
        let mut best: Option<(u32, Place)> = None;
        let mut sdist: Option<Place> = None;
        let mut other_wheel: Option<Place> = None;
        let mut nearest: Option<(u8, Reason)> = None;
        let mut hold: Option<Hold> = None;
        for (listing, index) in self.places(position) {
            for (number, entry) in self.listings[listing].entries(index).enumerate() {
                let place = (listing, index, number);
                let mut fail = |nearness: u8, reason: &dyn Fn() -> Reason| {
                    if nearest.as_ref().is_none_or(|(other, _)| nearness > *other) {
                        nearest = Some((nearness, reason()));
                    }
                };
                // What lasts is looked at first: a file that only its age keeps out
                // is named as such, and no other is.
                let rank = match self.suitability(&entry, position, binary) {
                    Ok(rank) => rank,
                    Err(misfit) => {
                        // What may not be taken is not read either.
                        if misfit.is_other_wheel()
                            && other_wheel.is_none()
                            && self.hold(&entry, position).is_none()
                        {
                            other_wheel = Some(place);
                        }
                        fail(misfit.nearness(), &|| misfit.reason());
                        continue;
                    }
                };
                if let Some(words) = entry.yanked
                    && !may_be_yanked
                {
                    let words = || (!words.is_empty()).then(|| words.to_owned());
                    fail(5, &|| Reason::Yanked(words()));
                    continue;
                }
                if let Some(reason) = self.is_too_new(listing, &entry, position) {
                    fail(6, &|| reason.clone());
                    continue;
                }
                if let Some(other) = self.hold(&entry, position) {
                    hold = Some(match hold {
                        Some(known) => known.sooner(other),
                        None => other,
                    });
                    continue;
                }
                let Some(rank) = rank else {
                    sdist = sdist.or(Some(place));
                    continue;
                };
                let better = match best {
                    None => true,
                    Some((other, _)) if rank != other => rank > other,
                    Some((_, other)) => self.has_later_build(&entry, other),
                };
                if better {
                    best = Some((rank, place));
                }
            }
        }
        let file = match (best, sdist) {
            (Some((_, place)), _) => return Judgement::usable(Availability::Wheel, place),
            // A wheel for another target has the same requirements, and needs no build.
            (None, Some(place)) => other_wheel.unwrap_or(place),
            (None, None) => return self.unusable(position, nearest, hold),
        };
        Judgement::usable(Availability::Sdist, file)
    }

    /// Returns how well a file suits the target: the rank of a wheel, none for an sdist.
    fn suitability<'e>(
        &self,
        entry: &Entry<'e>,
        position: u32,
        binary: Option<bool>,
    ) -> Result<Option<u32>, Misfit<'e>> {
        if let Some(specifiers) = entry.requires_python
            && !self.admits_python(position, specifiers)
        {
            return Err(Misfit::Python(specifiers));
        }
        let Some(tags) = entry.wheel_tags() else {
            return match binary {
                Some(true) if self.policy.is_build_forbidden => Err(Misfit::Policy("--no-build")),
                Some(true) => Err(Misfit::Policy("--only-binary")),
                _ => Ok(None),
            };
        };
        if binary == Some(false) {
            return Err(Misfit::Policy(NO_BINARY));
        }
        match self.policy.compatibility(tags) {
            Ok(rank) => Ok(Some(rank)),
            Err(mismatch) => Err(Misfit::Tags(mismatch, tags)),
        }
    }

    /// Returns the platforms that the wheels of a release are for where that is what is
    /// wrong with them.
    fn other_platforms(&self, position: u32) -> BTreeSet<&str> {
        let binary = self.binary();
        self.entries(position)
            .filter_map(|entry| match self.suitability(&entry, position, binary) {
                Err(Misfit::Tags(TagMismatch::Platform, tags)) => Some(tags),
                _ => None,
            })
            .flat_map(platform_tags)
            .collect()
    }

    /// Returns why a release cannot be used: what keeps the file out that is nearest to
    /// being used.
    fn unusable(
        &self,
        position: u32,
        nearest: Option<(u8, Reason)>,
        hold: Option<Hold>,
    ) -> Judgement {
        let reason = match (&hold, nearest) {
            (Some(hold), _) => Reason::Held {
                code: hold.code(),
                words: hold.to_string(),
                help: hold.help(&self.name),
            },
            (None, Some((3, reason))) => {
                let platforms = self.other_platforms(position);
                if platforms.len() <= MOST_PLATFORMS {
                    let platforms: Vec<&str> = platforms.into_iter().collect();
                    Reason::NoWheel(platforms.join(", "))
                } else {
                    reason
                }
            }
            (None, Some((_, reason))) => reason,
            (None, None) => Reason::NoWheel("nobody: it has no files".to_owned()),
        };
        Judgement {
            availability: Availability::Unusable(reason),
            hold,
            file: None,
        }
    }

    fn has_later_build(&self, entry: &Entry<'_>, held: Place) -> bool {
        let held = self.listings[held.0]
            .entries(held.1)
            .nth(held.2)
            .map(|entry| entry.filename());
        match (
            WheelName::parse(&entry.filename()),
            held.map(|name| WheelName::parse(&name)),
        ) {
            (Ok(name), Some(Ok(held))) => name.compare_builds(&held).is_gt(),
            _ => false,
        }
    }
}

impl Releases for ProjectReleases {
    fn count(&self) -> u32 {
        u32::try_from(self.judged.len()).expect("a listing counts its versions in u32")
    }

    fn version(&self, position: u32) -> &Version {
        match &self.merged {
            Some(merged) => &merged[position as usize].version,
            None => self.listings[0].version(position as usize),
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

    fn turn(&self, position: u32) -> u8 {
        if self.is_in_order {
            u8::try_from(self.places(position)[0].0).unwrap_or(u8::MAX)
        } else {
            0
        }
    }

    fn absence(&self) -> Option<&str> {
        self.absence.as_deref()
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
