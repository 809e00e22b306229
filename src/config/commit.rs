//! `[commit]`: what `pinfold update --commit` makes.
//!
//! A branch's name is narrower than git's own rules (`git check-ref-format`): it is also
//! written into workflow files, so it holds nothing that a shell, YAML or systemd reads.

use super::keys::COMMIT;
use super::reader::{Reader, Refusal, Table};
use super::value::Located;

/// What `[commit]` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitConfig {
    /// `branch`: the branch that is committed to, without `refs/heads/`.
    pub branch: Option<Located<String>>,
    /// `base`: the branch it starts from.
    pub base: Option<Located<String>>,
    /// `message`: the first words of the subject; one line.
    pub message: Option<Located<String>>,
}

/// The default of `branch`.
pub const DEFAULT_BRANCH: &str = "pinfold/update";
/// The default of `base`.
pub const DEFAULT_BASE: &str = "main";
/// The default of `message`.
pub const DEFAULT_MESSAGE: &str = "Update pins";

impl CommitConfig {
    pub(super) fn read(table: &Table<'_>, reader: &mut Reader) -> Self {
        reader.known_keys(table, &COMMIT);
        let config = Self {
            branch: reader.parsed(table, "branch", branch),
            base: reader.parsed(table, "base", branch),
            message: reader.parsed(table, "message", message),
        };
        let base = config
            .base
            .as_ref()
            .map_or(DEFAULT_BASE, |base| &base.value);
        let branch = config
            .branch
            .as_ref()
            .map_or(DEFAULT_BRANCH, |branch| &branch.value);
        if base == branch
            && let Some(at) = config.branch.as_ref().or(config.base.as_ref())
        {
            reader.problem(
                at.span,
                format!("`{branch}` is both `branch` and `base`"),
                Some("commit to a separate branch, for people to merge".to_owned()),
            );
        }
        config
    }
}

/// Whether this may name a branch.
pub fn is_branch_name(text: &str) -> bool {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '+' | '=' | '@');
    text.chars().all(is_plain)
        && !text.starts_with('-')
        && !text.contains("..")
        && !text.ends_with('.')
        && text != "@"
        && text != "HEAD"
        && text.split('/').all(|part| {
            !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none()
        })
}

fn branch(text: &str) -> Result<String, Refusal> {
    if let Some(short) = text.strip_prefix("refs/heads/") {
        return Err(Refusal {
            message: "branch names do not start with `refs/heads/`".to_owned(),
            help: Some(format!("write `{short}`")),
        });
    }
    if !is_branch_name(text) {
        return Err(Refusal {
            message: format!("`{text}` is not a valid branch name"),
            help: Some("use letters, digits, `-`, `_`, and `.`, with `/` between parts".to_owned()),
        });
    }
    Ok(text.to_owned())
}

fn message(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() || text.contains(char::is_control) || text.starts_with('#') {
        return Err(Refusal {
            message: "a commit's subject is a single line".to_owned(),
            help: Some("write the start of the subject: `Update pins`".to_owned()),
        });
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};
    use super::*;

    #[test]
    fn reads_all_it_says() {
        let text =
            "[commit]\nbranch = 'deps/pins'\nbase = 'trunk'\nmessage = 'build(deps): pins'\n";
        let commit = read(text).commit;
        let branch = commit.branch.unwrap();
        assert_eq!(branch.value, "deps/pins");
        assert_eq!(&text[branch.span.range()], "'deps/pins'");
        assert_eq!(commit.base.unwrap().value, "trunk");
        assert_eq!(commit.message.unwrap().value, "build(deps): pins");
    }

    #[test]
    fn a_branch_is_one_that_git_and_shells_take() {
        for good in ["main", "a/b-c_d.e", "v1.2", "x@y", "release+1"] {
            assert!(is_branch_name(good), "{good}");
        }
        for bad in [
            "", "-x", "a b", "a..b", "a.", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b",
            "@", "HEAD", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a@{b", "a\n", "$(x)",
            "a;b", "a'b", "a\"b", "${{x}}", "a%b",
        ] {
            assert!(!is_branch_name(bad), "{bad}");
        }
    }

    #[test]
    fn bad_values_are_told_where_they_stand() {
        insta::assert_snapshot!(
            places("[commit]\nbranch = 'refs/heads/x'\nbase = 'a b'\nmessage = \"a\\nb\"\nbrnch = 1\n"),
            @r#"
        'refs/heads/x': branch names do not start with `refs/heads/`; write `x`
        'a b': `a b` is not a valid branch name; use letters, digits, `-`, `_`, and `.`, with `/` between parts
        "a\nb": a commit's subject is a single line; write the start of the subject: `Update pins`
        brnch: `brnch` is not a key of `[commit]`; did you mean `branch`?
        "#
        );
        insta::assert_snapshot!(places("[commit]\nbranch = 'main'\n"), @"'main': `main` is both `branch` and `base`; commit to a separate branch, for people to merge");
        insta::assert_snapshot!(places("[commit]\nbase = 'pinfold/update'\n"), @"'pinfold/update': `pinfold/update` is both `branch` and `base`; commit to a separate branch, for people to merge");
    }
}
