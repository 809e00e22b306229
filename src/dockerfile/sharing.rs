//! Who uses the default of an `ARG`, and so whether it can carry a digest.
//!
//! It can if all its uses before and in `FROM` end the same image with it, no stage
//! declares it again (and would see the digest), and the builder does not set it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::uses::Reason;

/// How many other uses a message names.
const MOST_NAMED: usize = 3;

/// The uses of each default, by the image that they end.
#[derive(Debug)]
pub(super) struct Sharing {
    uses: Vec<BTreeMap<Option<String>, Group>>,
}

/// Uses for one image, or all those that end none.
#[derive(Debug, Default)]
struct Group {
    named: Vec<String>,
    count: usize,
}

impl Sharing {
    pub(super) fn new(args: usize) -> Self {
        Self {
            uses: std::iter::repeat_with(BTreeMap::new).take(args).collect(),
        }
    }

    /// Enters a use; `image` is what it ends, none if it could not carry a digest.
    pub(super) fn enter(
        &mut self,
        arg: usize,
        image: Option<&str>,
        describe: impl FnOnce() -> String,
    ) {
        let group = self.uses[arg].entry(image.map(str::to_owned)).or_default();
        group.count += 1;
        if group.named.len() < MOST_NAMED {
            group.named.push(describe());
        }
    }

    /// Returns why a default cannot carry the digest of an image: its other uses.
    pub(super) fn reason(&self, arg: usize, name: &str, image: &str) -> Option<Reason> {
        let groups = &self.uses[arg];
        let others = groups
            .iter()
            .filter(|(key, _)| key.as_deref() != Some(image));
        let named: Vec<&str> = others
            .take(MOST_NAMED)
            .flat_map(|(_, group)| group.named.iter().map(String::as_str))
            .take(MOST_NAMED)
            .collect();
        if named.is_empty() {
            return None;
        }
        let own = usize::from(groups.contains_key(&Some(image.to_owned())));
        let is_all = groups.len() - own <= MOST_NAMED
            && groups
                .iter()
                .filter(|(key, _)| key.as_deref() != Some(image))
                .map(|(_, group)| group.count)
                .sum::<usize>()
                <= MOST_NAMED;
        Some(Reason::SharedArg {
            name: name.to_owned(),
            others: list(&named, is_all),
        })
    }
}

/// Puts words in a row: `a`, `a and b`, `a, b and c`, `a, b, c and more`.
fn list(words: &[&str], is_all: bool) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let separator = match index {
            0 => "",
            _ if is_all && index + 1 == words.len() => " and ",
            _ => ", ",
        };
        let _ = write!(text, "{separator}{word}");
    }
    if !is_all {
        text.push_str(" and more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uses: &[(Option<&str>, &str)], image: &str, others: Option<&str>) {
        let mut sharing = Sharing::new(1);
        for &(key, text) in uses {
            sharing.enter(0, key, || text.to_owned());
        }
        let expected = others.map(|others| Reason::SharedArg {
            name: "V".to_owned(),
            others: others.to_owned(),
        });
        assert_eq!(sharing.reason(0, "V", image), expected);
    }

    #[test]
    fn uses_for_the_same_image_do_no_harm() {
        check(&[(Some("a"), "x"), (Some("a"), "y")], "a", None);
    }

    #[test]
    fn names_the_other_uses() {
        check(&[(Some("a"), "x"), (Some("b"), "y")], "a", Some("y"));
        check(&[(None, "w"), (Some("b"), "y")], "a", Some("w and y"));
        let many = [(None, "p"), (None, "q"), (Some("a"), "x"), (Some("c"), "r")];
        check(&many, "a", Some("p, q and r"));
        check(&[(None, "p"); 4], "a", Some("p, p, p and more"));
        check(&many, "c", Some("p, q and x"));
    }
}
