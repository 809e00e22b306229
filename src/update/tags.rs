//! Which newer tag of an image another one may be moved to.
//!
//! A tag that can move is a version with something around it:
//!
//! ```text
//! tag     = [ "v" / "V" ] numbers [ pre ] [ rest ]
//! numbers = 1*DIGIT *( "." 1*DIGIT )
//! pre     = [ "-" / "_" / "." ] word [ [ "-" / "." ] 1*DIGIT ]    ; rc1, -beta.2, .dev0
//! rest    = ( "-" / "_" ) *any                                    ; -slim, -alpine3.20
//! ```
//!
//! Only tags of the same form are compared: the same `v`, the same number of numbers
//! (`3.12` never becomes `3.12.4`: the one moves by itself, the other does not), the same
//! rest to the letter (`-alpine3.20` is another system than `-alpine3.21`). Order is that
//! of Semantic Versioning 2.0.0 where all of them follow it, else number by number.
//!
//! What says nothing about its order stays: `latest`, `stable`, `bookworm-20240612`,
//! hashes, and versions that end in a date or a hash of their own.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease};

use crate::config::TagLimit;

/// A tag that another one may be moved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bumped {
    /// The tag.
    pub tag: String,
    /// The lowest limit that allows it; never [`TagLimit::Keep`].
    pub step: TagLimit,
}

/// Whether a tag could be moved at all: whether it is worth to ask which others there are.
pub fn can_move(tag: &str) -> bool {
    ImageTag::parse(tag).is_some_and(|tag| tag.can_move())
}

/// Returns the newest of some tags that a tag may be moved to; none if it stays.
///
/// The order of the tags does not matter.
pub fn newest<'a>(
    current: &str,
    tags: impl Iterator<Item = &'a str>,
    limit: TagLimit,
) -> Option<Bumped> {
    let current = ImageTag::parse(current).filter(ImageTag::can_move)?;
    let candidates: Vec<ImageTag<'_>> = tags
        .filter_map(ImageTag::parse)
        .filter(|tag| current.is_like(tag) && current.step_to(tag) <= limit)
        .collect();
    let orders = [&current].into_iter().chain(&candidates);
    let orders: Option<Vec<semver::Version>> = orders.map(ImageTag::semantic).collect();
    let newest = match orders.as_deref() {
        Some([own, others @ ..]) => others
            .iter()
            .zip(&candidates)
            .filter(|(order, _)| *order > own)
            // Of two ways to write the same, as `1.2` and `1.02`, always the same one.
            .max_by(|(one, tag), (other, other_tag)| {
                one.cmp(other).then_with(|| tag.text.cmp(other_tag.text))
            })
            .map(|(_, tag)| tag),
        _ => candidates
            .iter()
            .filter(|tag| tag.compare(&current) == Ordering::Greater)
            .max_by(|one, other| one.compare(other).then_with(|| one.text.cmp(other.text))),
    }?;
    Some(Bumped {
        tag: newest.text.to_owned(),
        step: current.step_to(newest),
    })
}

/// A tag that is a version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ImageTag<'a> {
    text: &'a str,
    /// `v`, `V` or nothing.
    prefix: &'a str,
    /// The numbers as written; at least one.
    numbers: Vec<&'a str>,
    values: Vec<u64>,
    pre: Option<Pre<'a>>,
    /// What is left.
    rest: String,
}

/// What makes a version a pre-release: `rc1`, `-beta.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pre<'a> {
    stage: Stage,
    number: Option<u64>,
    /// What is around word and number: a tag moves to one that is written alike.
    style: (&'a str, &'a str, &'a str),
}

/// How far a pre-release is, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Development,
    Alpha,
    Beta,
    Milestone,
    Preview,
    Candidate,
}

/// What the first number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// Releases.
    Versions,
    /// Years: `2024`.
    Years,
    /// Months: `202401`.
    Months,
    /// Days: `20240131`.
    Days,
    /// Nothing that is known: a number of a build, a hash of digits.
    Unknown,
}

/// No project gets further by one release than this.
const FARTHEST: u64 = 100;
/// The shortest word of hexadecimal digits that is taken for a hash.
const SHORTEST_HASH: usize = 7;
/// From this number of digits on, a number behind a version is a date or a build.
const SHORTEST_DATE: usize = 6;
const LEAST_DATE: u64 = 100_000;

impl Stage {
    fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "dev" | "devel" | "nightly" | "snapshot" | "canary" | "edge" | "unstable" => {
                Self::Development
            }
            "a" | "alpha" => Self::Alpha,
            "b" | "beta" => Self::Beta,
            "m" | "milestone" => Self::Milestone,
            "pre" | "preview" | "ea" | "next" => Self::Preview,
            "c" | "cr" | "rc" => Self::Candidate,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        // In this order as text, too, by which Semantic Versioning compares.
        match self {
            Self::Development => "a-dev",
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Milestone => "m",
            Self::Preview => "pre",
            Self::Candidate => "rc",
        }
    }
}

impl<'a> ImageTag<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let is_good = text.len() <= 128
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        if !is_good {
            return None;
        }
        let version = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let prefix = &text[..text.len() - version.len()];
        let end = end_of_numbers(version)?;
        let numbers: Vec<&str> = version[..end].split('.').collect();
        let values: Option<Vec<u64>> = numbers.iter().map(|it| it.parse().ok()).collect();
        let (pre, rest) = split_pre(&version[end..]);
        if !rest.is_empty() && !rest.starts_with(['-', '_']) {
            return None;
        }
        Some(Self {
            text,
            prefix,
            numbers,
            values: values?,
            pre,
            rest,
        })
    }

    /// Whether the tag says where it stands among others.
    fn can_move(&self) -> bool {
        let is_word_of_its_own = |word: &str| {
            let is_date = word.len() >= SHORTEST_DATE && is_digits(word);
            let hash = word.strip_prefix('g').unwrap_or(word);
            let is_hash = hash.len() >= SHORTEST_HASH
                && hash
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
                && hash.bytes().any(|byte| byte.is_ascii_digit());
            is_date || is_hash
        };
        let is_dated = self
            .pre
            .and_then(|pre| pre.number)
            .is_some_and(|number| number >= LEAST_DATE);
        self.counting() != Counting::Unknown
            && !is_dated
            && !self.rest.split(['-', '_', '.']).any(is_word_of_its_own)
    }

    fn counting(&self) -> Counting {
        let first = self.values[0];
        let is_year = |year: u64| (1990..2100).contains(&year);
        let is_month = |month: u64| (1..=12).contains(&month);
        match self.numbers[0].len() {
            0..=3 => Counting::Versions,
            4 if is_year(first) => Counting::Years,
            6 if is_year(first / 100) && is_month(first % 100) => Counting::Months,
            8 if is_year(first / 10_000)
                && is_month(first / 100 % 100)
                && (1..=31).contains(&(first % 100)) =>
            {
                Counting::Days
            }
            _ => Counting::Unknown,
        }
    }

    /// Whether another tag is of the same form, so that this one may be moved to it.
    fn is_like(&self, other: &Self) -> bool {
        let is_jump = self.counting() != other.counting()
            || (self.counting() == Counting::Versions
                && other.values[0] > self.values[0].saturating_add(FARTHEST));
        let takes_pre = match (other.pre, self.pre) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(others), Some(own)) => own.style == others.style && self.values == other.values,
        };
        self.prefix == other.prefix
            && self.numbers.len() == other.numbers.len()
            && self.rest == other.rest
            && !is_jump
            && takes_pre
    }

    /// Returns the lowest limit that allows a move to a tag of the same form.
    fn step_to(&self, other: &Self) -> TagLimit {
        let mut pairs = self.values.iter().zip(&other.values);
        match pairs.position(|(own, other)| own != other) {
            Some(0) => TagLimit::Major,
            Some(1) => TagLimit::Minor,
            _ => TagLimit::Patch,
        }
    }

    /// Returns the version by Semantic Versioning, if it is one (§2, §9).
    ///
    /// `rc10` counts as `rc.10`, so that it comes after `rc9`, as everybody means who writes
    /// it. The rest is not a pre-release, though it looks like one there.
    fn semantic(&self) -> Option<semver::Version> {
        let &[major, minor, patch] = self.values.as_slice() else {
            return None;
        };
        let has_leading_zero = |number: &&&str| number.len() > 1 && number.starts_with('0');
        if self.numbers.iter().any(|number| has_leading_zero(&number)) {
            return None;
        }
        let pre = match self.pre {
            None => Prerelease::EMPTY,
            Some(Pre { stage, number, .. }) => {
                let number = number.map_or(String::new(), |number| format!(".{number}"));
                Prerelease::new(&format!("{}{number}", stage.name())).ok()?
            }
        };
        Some(semver::Version {
            major,
            minor,
            patch,
            pre,
            build: BuildMetadata::EMPTY,
        })
    }

    /// Compares number by number; a pre-release comes before its release.
    fn compare(&self, other: &Self) -> Ordering {
        let key = |pre: Option<Pre<'_>>| match pre {
            Some(pre) => (0, Some((pre.stage, pre.number))),
            None => (1, None),
        };
        self.values
            .cmp(&other.values)
            .then_with(|| key(self.pre).cmp(&key(other.pre)))
    }
}

/// Returns where the numbers at the beginning end; none if there are none.
fn end_of_numbers(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(text);
    if end == 0 {
        return None;
    }
    while let Some(rest) = text[end..].strip_prefix('.') {
        match digits(rest) {
            0 => break,
            more => end += 1 + more,
        }
    }
    Some(end)
}

/// Takes the first word that makes a pre-release out of what is behind the numbers.
///
/// Right behind them, a single letter needs its number: `3.13.0b1` is a beta, `1.1.1c`
/// is something else. Further behind it means nothing: `8u392-b08`, `12-c`.
fn split_pre(tail: &str) -> (Option<Pre<'_>>, String) {
    let mut start = 0;
    loop {
        let piece = &tail[start..];
        let word_start = piece
            .find(|c: char| !matches!(c, '-' | '_' | '.'))
            .unwrap_or(piece.len());
        let (before, word) = piece.split_at(word_start);
        let word_end = word
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(word.len());
        let (letters, after) = word.split_at(word_end);
        let (between, digits) = number_of(after);
        let behind = &after[between.len() + digits.len()..];
        let is_attached = start == 0 && before.is_empty();
        let is_whole = behind.is_empty() || behind.starts_with(['-', '_']);
        let is_enough = letters.len() > 1
            || ((is_attached || letters.eq_ignore_ascii_case("m"))
                && between.is_empty()
                && !digits.is_empty());
        if let Some(stage) = Stage::of(letters).filter(|_| is_whole && is_enough) {
            let pre = Pre {
                stage,
                number: digits.parse().ok(),
                style: (before, between, if digits.is_empty() { "" } else { "1" }),
            };
            return (Some(pre), format!("{}{behind}", &tail[..start]));
        }
        match word.find(['-', '_']) {
            Some(next) => start += word_start + next,
            None => return (None, tail.to_owned()),
        }
    }
}

/// Returns what is between a word and its number, and the number: `.1`, `1`.
fn number_of(after: &str) -> (&str, &str) {
    let rest = after.strip_prefix(['.', '-']).unwrap_or(after);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_whole = rest[digits..].is_empty() || rest[digits..].starts_with(['-', '_']);
    if digits == 0 || !is_whole {
        return ("", "");
    }
    (&after[..after.len() - rest.len()], &rest[..digits])
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
