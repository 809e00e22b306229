//! `[policy]`: what may move, and when.

use jiff::SignedDuration;

use super::keys::POLICY;
use super::reader::{Reader, Table};
use super::value::{Bump, DigestUpdates, MissingUploadTime, TagLimit};

/// What `[policy]` says; what it does not say is for who uses it to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyConfig {
    /// `cooldown`: how long a file must have been on the index.
    pub cooldown: Option<SignedDuration>,
    /// `cooldown-major`: the same for files of a new major version.
    pub cooldown_major: Option<SignedDuration>,
    /// `missing-upload-time`
    pub missing_upload_time: Option<MissingUploadTime>,
    /// `max-bump`: how far versions of projects may move.
    pub max_bump: Option<Bump>,
    /// `image-tags`: how far tags of images may move.
    pub image_tags: Option<TagLimit>,
    /// `digests`: when digests of images are renewed.
    pub digests: Option<DigestUpdates>,
}

impl PolicyConfig {
    pub(super) fn read(table: &Table<'_>, reader: &mut Reader) -> Self {
        reader.known_keys(table, &POLICY);
        Self {
            cooldown: reader.duration(table, "cooldown"),
            cooldown_major: reader.duration(table, "cooldown-major"),
            missing_upload_time: reader.word(table, "missing-upload-time"),
            max_bump: reader.word(table, "max-bump"),
            image_tags: reader.word(table, "image-tags"),
            digests: reader.word(table, "digests"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};
    use super::*;

    #[test]
    fn reads_all_it_says() {
        let config = read(
            "[policy]\ncooldown = '10d'\ncooldown-major = 'P2W'\nmissing-upload-time = 'allow'\n\
             max-bump = 'minor'\nimage-tags = 'patch'\ndigests = 'on-tag-change'\n",
        );
        assert_eq!(
            config.policy,
            PolicyConfig {
                cooldown: Some(SignedDuration::from_hours(240)),
                cooldown_major: Some(SignedDuration::from_hours(336)),
                missing_upload_time: Some(MissingUploadTime::Allow),
                max_bump: Some(Bump::Minor),
                image_tags: Some(TagLimit::Patch),
                digests: Some(DigestUpdates::OnTagChange),
            }
        );
    }

    #[test]
    fn tells_what_no_key_and_no_value_is() {
        insta::assert_snapshot!(
            places("[policy]\ncooldwn = '7d'\ncooldown = 7\ncooldown-major = 'a week'\nmax-bump = 'mayor'\ndigests = 'never'\n"),
            @r#"
        cooldwn: `cooldwn` is not a key of `[policy]`; did you mean `cooldown`?
        7: `cooldown` should be a duration; write a string: `"7d"`, `"24h"`, `"2w"`, or `"P7D"`
        'a week': `a week` is not a duration (examples: `7d`, `24h`, `2w`, `P7D`)
        'mayor': `mayor` is not a value of `max-bump`; did you mean `major`?
        'never': `never` is not a value of `digests`; the values are `always`, `on-tag-change`
        "#
        );
    }
}
