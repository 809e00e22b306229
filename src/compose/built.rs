//! Images that compose files build: no digest belongs to their names, in any file.

use std::collections::HashMap;

use super::template::Replaced;
use crate::dockerfile::{ImageUse, Meaning, Reason, State};
use crate::image::Reference;

/// Images that are built, each with who builds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuiltImages {
    /// By familiar name, with the tag.
    exact: HashMap<String, String>,
    /// By familiar name, those whose tag a variable gives.
    any_tag: HashMap<String, String>,
}

impl BuiltImages {
    /// Adds those of another file; `file` is its name, for people.
    pub fn add(&mut self, others: &Self, file: &str) {
        let named =
            |(name, builder): (&String, &String)| (name.clone(), format!("{builder} in `{file}`"));
        for (name, builder) in others.exact.iter().map(named) {
            self.exact.entry(name).or_insert(builder);
        }
        for (name, builder) in others.any_tag.iter().map(named) {
            self.any_tag.entry(name).or_insert(builder);
        }
    }

    /// Leaves a use as it is that could get a digest, but names one of them.
    pub fn leave(&self, image_use: &mut ImageUse) {
        let can_change = match &image_use.state {
            State::Open(_) => true,
            State::Left { frozen, .. } => frozen.is_some(),
            State::Nothing | State::Pinned(_) => false,
        };
        if let Meaning::Image(reference) = &image_use.meaning
            && can_change
            && let Some(builder) = self.builder(reference)
        {
            image_use.state = State::Left {
                reason: Reason::Built(builder.to_owned()),
                frozen: None,
            };
        }
    }

    /// Adds what a service builds.
    pub(super) fn insert(&mut self, value: &Replaced, service: &str) {
        let text = String::from_utf8_lossy(value.text.bytes());
        // What stands for a variable without a value is nothing, also in the place of a tag.
        let Ok(reference) = Reference::parse(text.trim_end_matches(':')) else {
            return;
        };
        let is_in_tag = |end: usize| end > reference.name_end();
        let names = if value.variables.iter().any(|it| is_in_tag(it.span.end)) {
            (
                &mut self.any_tag,
                reference.repository().familiar().into_owned(),
            )
        } else {
            (&mut self.exact, reference.familiar())
        };
        let (names, name) = names;
        names
            .entry(name)
            .or_insert_with(|| format!("the service `{service}`"));
    }

    fn builder(&self, reference: &Reference) -> Option<&str> {
        let exact = self.exact.get(&reference.familiar());
        let any_tag = || self.any_tag.get(&*reference.repository().familiar());
        exact.or_else(any_tag).map(String::as_str)
    }
}
