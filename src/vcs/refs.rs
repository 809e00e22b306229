//! The branches and tags that a repository advertises, and which one a name means.

use crate::text::nearest;

use super::url::is_full_hash;

/// How many similar names are told.
const NEAR: usize = 3;

/// What `git ls-remote` printed.
#[derive(Debug, Default)]
pub(super) struct Refs {
    /// Names and hashes; of an annotated tag it is the hash of what it is for.
    refs: Vec<(String, String)>,
}

/// What a name means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Commit(String),
    /// There are several, with these whole names.
    Ambiguous(Vec<String>),
    Unknown,
}

impl Refs {
    /// Reads lines of `hash TAB name`, where a tag's `name^{}` follows its name.
    pub(super) fn parse(text: &str) -> Self {
        let mut refs: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            let Some((hash, name)) = line.split_once('\t') else {
                continue;
            };
            if !is_full_hash(hash) {
                continue;
            }
            match name.strip_suffix("^{}") {
                Some(tag) => {
                    if let Some((_, known)) = refs.iter_mut().rfind(|(name, _)| name == tag) {
                        hash.clone_into(known);
                    }
                }
                None => refs.push((name.to_owned(), hash.to_owned())),
            }
        }
        Self { refs }
    }

    /// Returns the hash of a whole name: `HEAD`, `refs/heads/main`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut refs = self.refs.iter();
        refs.find(|(known, _)| known == name)
            .map(|(_, hash)| &**hash)
    }

    /// Returns a hash, for its length.
    pub(super) fn any_hash(&self) -> Option<&str> {
        self.refs.first().map(|(_, hash)| &**hash)
    }

    /// Says what a branch's or a tag's name means.
    ///
    /// Pip takes the branch where both have the name, git the tag: unless they agree, it is
    /// for the user to say.
    pub(super) fn meaning(&self, revision: &str) -> Meaning {
        let found: Vec<(String, &str)> = ["refs/heads/", "refs/tags/", "refs/"]
            .into_iter()
            .filter_map(|prefix| {
                let name = format!("{prefix}{revision}");
                let hash = self.get(&name)?;
                Some((name, hash))
            })
            .collect();
        match &found[..] {
            [] => Meaning::Unknown,
            [(_, first), rest @ ..] if rest.iter().all(|(_, hash)| hash == first) => {
                Meaning::Commit((*first).to_owned())
            }
            _ => Meaning::Ambiguous(found.into_iter().map(|(name, _)| name).collect()),
        }
    }

    /// Returns the branches and tags whose names are like this one, nearest first.
    pub(super) fn near(&self, revision: &str) -> Vec<String> {
        let mut names: Vec<&str> = self
            .refs
            .iter()
            .filter_map(|(name, _)| {
                name.strip_prefix("refs/heads/")
                    .or_else(|| name.strip_prefix("refs/tags/"))
            })
            .collect();
        let mut near = Vec::new();
        // The case, a `v`, or the folder of a branch is what people get wrong.
        let same = |name: &str| {
            let last = |name: &str| {
                let last = name.rsplit('/').next().unwrap_or(name).to_lowercase();
                last.strip_prefix('v').unwrap_or(&last).to_owned()
            };
            last(name) == last(revision)
        };
        let mut take = |name: &str, names: &mut Vec<&str>| {
            names.retain(|other| *other != name);
            near.push(name.to_owned());
            near.len() < NEAR
        };
        while let Some(name) = names
            .iter()
            .copied()
            .find(|name| same(name))
            .or_else(|| nearest(revision, names.iter().copied()))
        {
            if !take(name, &mut names) {
                break;
            }
        }
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const C: &str = "cccccccccccccccccccccccccccccccccccccccc";

    fn refs() -> Refs {
        Refs::parse(&format!(
            "{A}\tHEAD\n{A}\trefs/heads/main\n{B}\trefs/heads/feature/x\n{B}\trefs/heads/both\n\
             {C}\trefs/tags/both\n{C}\trefs/tags/v1.0\n{A}\trefs/tags/v1.0^{{}}\n\
             {A}\trefs/heads/same\n{A}\trefs/tags/same\nwarning: odd\n"
        ))
    }

    #[test]
    fn an_annotated_tag_means_what_it_is_for() {
        assert_eq!(refs().meaning("v1.0"), Meaning::Commit(A.to_owned()));
    }

    #[test]
    fn a_branch_may_have_slashes() {
        let refs = refs();
        assert_eq!(refs.meaning("feature/x"), Meaning::Commit(B.to_owned()));
        assert_eq!(
            refs.meaning("heads/feature/x"),
            Meaning::Commit(B.to_owned())
        );
        assert_eq!(refs.meaning("x"), Meaning::Unknown);
    }

    #[test]
    fn a_branch_and_a_tag_of_one_name_must_agree() {
        let refs = refs();
        assert_eq!(refs.meaning("same"), Meaning::Commit(A.to_owned()));
        assert_eq!(
            refs.meaning("both"),
            Meaning::Ambiguous(vec![
                "refs/heads/both".to_owned(),
                "refs/tags/both".to_owned()
            ])
        );
    }

    #[test]
    fn names_that_are_near_are_told() {
        let refs = refs();
        assert_eq!(refs.near("1.0"), ["v1.0"]);
        assert_eq!(refs.near("mian"), ["main"]);
        assert_eq!(refs.near("X"), ["feature/x"]);
        assert!(refs.near("quite-another-thing").is_empty());
    }
}
