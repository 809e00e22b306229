//! `[[rule]]`: what holds for some projects, or for some images.

use jiff::SignedDuration;
use jiff::civil::Date;

use super::keys::{IMAGE_KEYS, PROJECT_KEYS, RULE};
use super::pattern::ProjectPattern;
use super::reader::{Reader, Refusal, Table, Value};
use super::value::{Bump, DigestUpdates, Located, TagLimit, values};
use crate::image::ImagePattern;
use crate::python::Specifiers;
use crate::text::Span;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleConfig {
    /// What it is for, and what it says of that.
    pub subject: RuleSubject,
    /// `ignore`: whether it is left as it is.
    pub ignore: bool,
    /// `until`: the last day of the rule.
    pub until: Option<Located<Date>>,
    /// `reason`: why there is this rule.
    pub reason: Option<String>,
    /// Where the rule stands.
    pub span: Span,
}

/// What a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSubject {
    /// `match`
    Projects(ProjectRule),
    /// `match-image`
    Images(ImageRule),
}

/// What a rule says of projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRule {
    /// `match`: the projects; at least one.
    pub patterns: Vec<ProjectPattern>,
    /// `allow`: the versions that may be taken.
    pub allow: Option<Specifiers>,
    /// `cooldown`
    pub cooldown: Option<SignedDuration>,
    /// `cooldown-major`
    pub cooldown_major: Option<SignedDuration>,
    /// `max-bump`
    pub max_bump: Option<Bump>,
}

/// What a rule says of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRule {
    /// `match-image`: the images; at least one.
    pub patterns: Vec<ImagePattern>,
    /// `image-tags`
    pub image_tags: Option<TagLimit>,
    /// `digests`
    pub digests: Option<DigestUpdates>,
}

/// What a rule says nothing without.
const MATTERS: [&str; 7] = [
    "ignore",
    "allow",
    "cooldown",
    "cooldown-major",
    "max-bump",
    "image-tags",
    "digests",
];

impl RuleConfig {
    pub(super) fn read(value: &Value<'_>, table: &Table<'_>, reader: &mut Reader) -> Option<Self> {
        reader.known_keys(table, &RULE);
        let span = Span::from(value.span());
        let is_about_projects = table.contains_key("match");
        let is_about_images = table.contains_key("match-image");
        if is_about_projects == is_about_images {
            let message = if is_about_projects {
                "a rule has either `match` or `match-image`, not both"
            } else {
                "a rule needs `match` or `match-image`"
            };
            let help = if is_about_projects {
                "split it into two rules"
            } else {
                "add `match = [\"…\"]` for projects, or `match-image = [\"…\"]` for images"
            };
            reader.problem(span, message, Some(help.to_owned()));
        }
        let is_idle = |key: &&str| match table.get(*key) {
            Some(value) => *key == "ignore" && value.get_ref().as_bool() == Some(false),
            None => true,
        };
        if MATTERS.iter().all(is_idle) {
            let help = if is_about_images && !is_about_projects {
                "add `ignore`, `image-tags` or `digests`"
            } else {
                "add `ignore`, `allow`, `cooldown`, `cooldown-major` or `max-bump`"
            };
            reader.problem(span, "a rule needs a setting", Some(help.to_owned()));
        }
        // Which of the two it is for is known only with one of them.
        if is_about_projects != is_about_images {
            let (foreign, what): (&[&str], _) = if is_about_projects {
                (&IMAGE_KEYS, ("images", "match-image"))
            } else {
                (&PROJECT_KEYS, ("projects", "match"))
            };
            refuse_foreign(table, foreign, what, reader);
        }
        // Everything is read, so that all problems are told.
        let projects = ProjectRule {
            patterns: values(reader.some_items(table, "match", |text| {
                ProjectPattern::parse(text).map_err(Refusal::of)
            })),
            allow: reader
                .parsed(table, "allow", allow)
                .map(|allow| allow.value),
            cooldown: reader.duration(table, "cooldown"),
            cooldown_major: reader.duration(table, "cooldown-major"),
            max_bump: reader.word(table, "max-bump"),
        };
        let images = ImageRule {
            patterns: values(reader.some_items(table, "match-image", |text| {
                ImagePattern::parse(text).map_err(Refusal::of)
            })),
            image_tags: reader.word(table, "image-tags"),
            digests: reader.word(table, "digests"),
        };
        let ignore = reader.flag(table, "ignore").unwrap_or(false);
        let until = reader.date(table, "until");
        let reason = reader.text(table, "reason").map(|reason| reason.value);
        let subject = match (is_about_projects, is_about_images) {
            (true, false) => RuleSubject::Projects(projects),
            (false, true) => RuleSubject::Images(images),
            _ => return None,
        };
        Some(Self {
            subject,
            ignore,
            until,
            reason,
            span,
        })
    }
}

fn refuse_foreign(
    table: &Table<'_>,
    foreign: &[&str],
    (whose, by): (&str, &str),
    reader: &mut Reader,
) {
    for key in table.keys() {
        let name: &str = key.get_ref();
        if foreign.contains(&name) {
            reader.problem(
                Span::from(key.span()),
                format!("`{name}` applies to {whose}, and this rule does not"),
                Some(format!("move it to a rule with `{by}`")),
            );
        }
    }
}

fn allow(text: &str) -> Result<Specifiers, Refusal> {
    Specifiers::parse(text)
        .map_err(|error| Refusal {
            message: format!("`allow` is not a version specifier: {error}"),
            help: error.help,
        })
        .and_then(|specifiers| {
            if specifiers.is_empty_spec() {
                Err(Refusal {
                    message: "`allow` does not limit anything".to_owned(),
                    help: Some("write the versions to allow: `<6`".to_owned()),
                })
            } else {
                Ok(specifiers)
            }
        })
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};
    use super::*;

    #[test]
    fn reads_rules_about_projects_and_images_in_order() {
        let text = "[[rule]]\nmatch = ['django', 'acme-*']\nallow = '<6'\ncooldown = '0d'\n\
                    max-bump = 'minor'\nuntil = 2027-01-31\nreason = 'LTS'\n\
                    [[rule]]\nmatch-image = ['python']\nimage-tags = 'patch'\nignore = false\n\
                    until = '2026-12-24'\n";
        let rules = read(text).rules;
        let [first, second] = &rules[..] else {
            panic!("{rules:?}")
        };
        let RuleSubject::Projects(projects) = &first.subject else {
            panic!("{first:?}")
        };
        assert_eq!(projects.patterns.len(), 2);
        assert_eq!(projects.allow.as_ref().unwrap().as_str(), "<6");
        assert_eq!(projects.cooldown, Some(SignedDuration::ZERO));
        assert_eq!(projects.cooldown_major, None);
        assert_eq!(projects.max_bump, Some(Bump::Minor));
        let until = first.until.as_ref().unwrap();
        assert_eq!(until.value, jiff::civil::date(2027, 1, 31));
        assert_eq!(&text[until.span.range()], "2027-01-31");
        assert_eq!(first.reason.as_deref(), Some("LTS"));
        assert_eq!(&text[first.span.range()], "[[rule]]");
        let RuleSubject::Images(images) = &second.subject else {
            panic!("{second:?}")
        };
        assert_eq!(images.patterns[0].as_str(), "python");
        assert_eq!(images.image_tags, Some(TagLimit::Patch));
        assert!(!second.ignore);
        let until = second.until.as_ref().unwrap();
        assert_eq!(until.value, jiff::civil::date(2026, 12, 24));
    }

    #[test]
    fn a_rule_is_for_something_and_says_something() {
        insta::assert_snapshot!(
            places("[[rule]]\nallow = '<6'\n"),
            @"[[rule]]: a rule needs `match` or `match-image`; add `match = [\"…\"]` for projects, or `match-image = [\"…\"]` for images"
        );
        insta::assert_snapshot!(
            places("[[rule]]\nmatch = ['a']\nmatch-image = ['b']\nignore = true\n"),
            @"[[rule]]: a rule has either `match` or `match-image`, not both; split it into two rules"
        );
        insta::assert_snapshot!(
            places("[[rule]]\nmatch = ['a']\nuntil = 2027-01-31\nreason = 'x'\n"),
            @"[[rule]]: a rule needs a setting; add `ignore`, `allow`, `cooldown`, `cooldown-major` or `max-bump`"
        );
        insta::assert_snapshot!(
            places("[[rule]]\nmatch-image = ['a']\n"),
            @"[[rule]]: a rule needs a setting; add `ignore`, `image-tags` or `digests`"
        );
        insta::assert_snapshot!(
            places("[[rule]]\nmatch = []\nignore = true\n"),
            @"[]: `match` is empty; name at least one"
        );
    }

    #[test]
    fn a_rule_about_one_thing_says_nothing_of_the_other() {
        insta::assert_snapshot!(
            places("[[rule]]\nmatch = ['a']\nimage-tags = 'patch'\n[[rule]]\nmatch-image = ['a']\nallow = '<2'\n"),
            @r"
        image-tags: `image-tags` applies to images, and this rule does not; move it to a rule with `match-image`
        allow: `allow` applies to projects, and this rule does not; move it to a rule with `match`
        "
        );
    }

    #[test]
    fn bad_specifiers_dates_and_patterns_are_told_where_they_stand() {
        insta::assert_snapshot!(
            places("[[rule]]\nmatch = ['a b', 1]\nallow = '<six'\nuntil = '31.1.2027'\n"),
            @"
        'a b': `a b` is not a project name or a pattern (example: `acme-*`)
        1: `match` should be an array of strings
        '<six': `allow` is not a version specifier: `six` is not a version (PEP 440)
        '31.1.2027': `until` should be a date; write it as year, month, and day: `2027-01-31`
        "
        );
        insta::assert_snapshot!(
            places("[[rule]]\nmatch = ['a']\nallow = ''\nuntil = 2027-01-31T12:00:00Z\nreason = ''\n"),
            @"
        '': `allow` does not limit anything; write the versions to allow: `<6`
        2027-01-31T12:00:00Z: `until` should be a date; write it as year, month, and day: `2027-01-31`
        '': `reason` is empty
        "
        );
        insta::assert_snapshot!(
            places("[[rule]]\nmatch-image = ['a@sha256:1', '']\nignore = 'yes'\nuntil = '2027-02-30'\n"),
            @"
        'a@sha256:1': `a@sha256:1` is not an image pattern: patterns cannot match digests
        '': `` is not an image pattern: it is empty
        'yes': `ignore` should be `true` or `false`
        '2027-02-30': `until` should be a date; write it as year, month, and day: `2027-01-31`
        "
        );
        insta::assert_snapshot!(
            places("[rule]\nmatch = ['a']\nignore = true\n"),
            @"[rule]: `rule` should be an array of tables; there can be several: write `[[rule]]`"
        );
        insta::assert_snapshot!(places("rule = [1]\n"), @"1: `rule` should be an array of tables");
    }
}
