//! What of a release's files decides whether it can be used: read once, and judged by number.
//!
//! A lock for several targets judges each release once for each. The ends of wheels' names and
//! specifiers of Pythons come up again and again, so they are numbered, and each target
//! answers once for each number.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::index::{Entry, Sha256};
use crate::python::WheelName;

/// Where a file is among a project's listings: a listing, a position, the file's number.
pub(super) type Place = (usize, usize, usize);

/// A file of a release.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) place: Place,
    /// The number of the end of a wheel's name; none for an sdist.
    pub(super) tags: Option<u32>,
    /// The number of its `Requires-Python`.
    pub(super) python: Option<u32>,
    pub(super) is_yanked: bool,
    pub(super) upload_time: Option<Timestamp>,
}

/// The rows of a release: kept for other cells, or read for one look.
pub(super) enum Rows<'a> {
    Kept(&'a [Row]),
    Read(Box<[Row]>),
}

impl Deref for Rows<'_> {
    type Target = [Row];

    fn deref(&self) -> &[Row] {
        match self {
            Self::Kept(rows) => rows,
            Self::Read(rows) => rows,
        }
    }
}

/// What of a file decides whether it is old enough: its hash only where it may be locked.
pub(super) struct Dated<'a> {
    pub(super) upload_time: Option<Timestamp>,
    pub(super) sha256: &'a dyn Fn() -> Option<Sha256>,
}

/// Numbers for texts.
#[derive(Debug, Default)]
pub(in crate::ops) struct Numbers(Mutex<Numbered>);

#[derive(Debug, Default)]
struct Numbered {
    by_text: FxHashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    /// The texts that are ends of wheels' names and were looked at, read.
    wheels: FxHashMap<u32, Option<Arc<WheelName>>>,
}

impl Numbers {
    /// Returns the rows of files.
    pub(super) fn rows<'e>(&self, files: impl Iterator<Item = (Place, Entry<'e>)>) -> Box<[Row]> {
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Mostly all files of a release have the same, which a listing has once.
        let mut last: Option<(&str, u32)> = None;
        let mut python = |numbered: &mut Numbered, specifiers: &'e str| {
            if let Some((known, number)) = last
                && std::ptr::eq(known, specifiers)
            {
                return number;
            }
            let number = numbered.number(specifiers);
            last = Some((specifiers, number));
            number
        };
        let rows = files.map(|(place, entry)| Row {
            place,
            tags: entry.wheel_tags().map(|tags| numbered.number(tags)),
            python: entry
                .requires_python
                .map(|specifiers| python(&mut numbered, specifiers)),
            is_yanked: entry.yanked.is_some(),
            upload_time: entry.upload_time,
        });
        rows.collect()
    }

    /// Returns the number of a text.
    pub(super) fn number(&self, text: &str) -> u32 {
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbered.number(text)
    }

    /// Returns a wheel's name that ends in the text of a number, if there is any.
    pub(super) fn wheel(&self, number: u32) -> Option<Arc<WheelName>> {
        let mut numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Numbered { texts, wheels, .. } = &mut *numbered;
        let wheel = wheels.entry(number).or_insert_with(|| {
            let name = WheelName::parse(&format!("x-0-{}.whl", texts[number as usize]));
            name.ok().map(Arc::new)
        });
        wheel.clone()
    }

    /// Returns the text of a number.
    pub(super) fn text(&self, number: u32) -> Arc<str> {
        let numbered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&numbered.texts[number as usize])
    }
}

impl Numbered {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.by_text.get(text) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).expect("u32 counts the texts of pages");
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.by_text.insert(text, number);
        number
    }
}

/// An answer for each number that was asked for.
#[derive(Debug)]
pub(super) struct Answers<T>(Vec<Option<T>>);

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Answers<T> {
    pub(super) fn get_or_insert_with(&mut self, number: u32, answer: impl FnOnce() -> T) -> T {
        let at = number as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, None);
        }
        *self.0[at].get_or_insert_with(answer)
    }
}
