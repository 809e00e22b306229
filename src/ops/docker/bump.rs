//! Edits for a new tag: tag and digest move together, or the one would belie the other.

use crate::dockerfile::Site;
use crate::image::Digest;
use crate::text::Edit;

/// Returns the edits that put a digest at its place and, if there is a new tag, that tag
/// before it; none if the tag cannot be changed there.
pub(super) fn edits(site: &Site, tag: Option<&str>, digest: &Digest) -> Option<Vec<Edit>> {
    let mut edits = vec![site.edit(digest)];
    if let Some(tag) = tag {
        edits.push(Edit {
            span: site.tag?,
            replacement: tag.to_owned(),
        });
    }
    Some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::ComposeFile;
    use crate::dockerfile::{Dockerfile, ImageUse, Outside};
    use crate::text;

    fn digest(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    fn filled(text: &str) -> String {
        text.replace("OLD", digest("old").as_str())
            .replace("NEW", digest("new").as_str())
    }

    fn bumped(source: &str, uses: &[ImageUse]) -> Option<String> {
        let sites = uses.iter().filter_map(|it| it.state.site());
        let edits: Option<Vec<Vec<Edit>>> = sites
            .map(|site| edits(site, Some("3.12.10-slim"), &digest("new")))
            .collect();
        let bytes = text::apply(source.as_bytes(), &edits?.concat()).unwrap();
        Some(String::from_utf8(bytes).unwrap())
    }

    #[track_caller]
    fn check(source: &str, expected: Option<&str>) {
        let source = filled(source);
        let uses = Dockerfile::parse(source.as_bytes()).uses(&Outside::default());
        assert_eq!(bumped(&source, &uses), expected.map(filled));
    }

    #[test]
    fn tag_and_digest_change_and_nothing_else() {
        check(
            "from\t\"python:3.12.1-slim@OLD\"  AS a\r\n",
            Some("from\t\"python:3.12.10-slim@NEW\"  AS a\r\n"),
        );
        check(
            "FROM python:3.12.1-slim",
            Some("FROM python:3.12.10-slim@NEW"),
        );
        check(
            "ARG PY=3.12.1@OLD\nFROM python:$PY\nFROM python:${PY}\n",
            Some("ARG PY=3.12.10-slim@NEW\nFROM python:$PY\nFROM python:${PY}\n"),
        );
        check(
            "FROM python:${V:-3.12.1}",
            Some("FROM python:${V:-3.12.10-slim@NEW}"),
        );
    }

    #[test]
    fn a_tag_that_is_somewhere_else_stays() {
        check("ARG V=3.12.1\nFROM python:$V@OLD\n", None);
        check("FROM python", None);
    }

    #[test]
    fn compose_files_change_alike() {
        let source = filled("services:\n  a:\n    image: 'python:${V:-3.12.1@OLD}' # b\n");
        let uses = ComposeFile::parse(source.as_bytes()).uses(&Outside::default());
        let expected = "services:\n  a:\n    image: 'python:${V:-3.12.10-slim@NEW}' # b\n";
        assert_eq!(bumped(&source, &uses), Some(filled(expected)));
    }
}
