//! A place about which all is said but what depends on other places.

use std::collections::{BTreeMap, BTreeSet};

use super::expanded::Expanded;
use super::parse::Dockerfile;
use super::policy::Judgement;
use super::pragma;
use super::scope::is_of_builder;
use super::sharing::Sharing;
use super::uses::{Carrier, ImageUse, Reason, State};

/// A place, its word, and the stage that it is in.
pub(super) struct Draft<'a> {
    pub(super) image_use: ImageUse,
    pub(super) judgement: Judgement,
    pub(super) word: Option<&'a Expanded>,
    pub(super) stage: Option<usize>,
    pub(super) first_line: usize,
}

impl Draft<'_> {
    /// Says whether the default that would carry the digest can.
    pub(super) fn settle(&mut self, sharing: &Sharing, redeclared: &BTreeSet<Option<&str>>) {
        let Some(carried) = self.judgement.carried.take() else {
            return;
        };
        let Some(Carrier::Arg(name)) = self.judgement.state.site().map(|site| &site.carrier) else {
            return;
        };
        let (reason, frozen) = if is_of_builder(name) {
            (Reason::PerPlatform(name.clone()), None)
        } else if redeclared.contains(&Some(name.as_str())) || redeclared.contains(&None) {
            (Reason::RedeclaredArg(name.clone()), carried.frozen)
        } else if let Some(reason) = sharing.reason(carried.arg, name, &carried.image) {
            (reason, carried.frozen)
        } else {
            return;
        };
        self.judgement.state = match self.judgement.state {
            State::Pinned(_) => State::Pinned(Err(reason)),
            _ => State::Left { reason, frozen },
        };
    }
}

impl Draft<'_> {
    /// Says where a variable without a value gets one too late; `late` are the lines.
    pub(super) fn find_late(&mut self, late: &BTreeMap<&str, usize>) {
        if let State::Left { reason, .. } = &mut self.judgement.state
            && let Reason::NoDefault(name) = reason
            && let Some(&line) = late.get(name.as_str())
        {
            *reason = Reason::LateArg {
                name: std::mem::take(name),
                line,
            };
        }
    }
}

impl Judgement {
    pub(super) fn leave(&mut self, reason: Reason) {
        self.carried = None;
        self.state = State::Left {
            reason,
            frozen: None,
        };
    }

    /// Leaves it if a comment before one of these lines says so.
    pub(super) fn ignore(&mut self, file: &Dockerfile, lines: [usize; 2]) {
        if self.state == State::Nothing {
            return;
        }
        let comment = lines
            .into_iter()
            .find_map(|line| pragma::before(file, line));
        if let Some(number) = comment {
            self.leave(Reason::Ignored(format!("the comment on line {number}")));
        }
    }
}
