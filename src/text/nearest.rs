//! The known word that a misspelled one most likely means.

use strsim::osa_distance;

/// Returns the candidate nearest to `word`, if one is near enough to be meant.
///
/// Near enough is a third of the longer word's characters wrong, missing, too
/// many or swapped with a neighbor. Of equally near ones the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other = candidate.chars().count();
        let limit = length.max(other) / 3;
        // The lengths alone may tell, and a hostile word may be long.
        if length.abs_diff(other) > limit {
            continue;
        }
        let edits = osa_distance(word, candidate);
        if edits <= limit && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 4] = ["--index-url", "--extra-index-url", "--hash", "--pre"];

    #[test]
    fn finds_the_word_that_was_meant() {
        assert_eq!(nearest("--index-ulr", WORDS), Some("--index-url"));
        assert_eq!(nearest("--indexurl", WORDS), Some("--index-url"));
        assert_eq!(nearest("--hahs", WORDS), Some("--hash"));
    }

    #[test]
    fn says_nothing_when_nothing_is_near() {
        assert_eq!(nearest("--verbose", WORDS), None);
        assert_eq!(nearest("", WORDS), None);
        assert_eq!(nearest(&"x".repeat(100_000), WORDS), None);
    }

    #[test]
    fn counts_a_swap_as_one_edit() {
        assert_eq!(osa_distance("ab", "ba"), 1);
        assert_eq!(osa_distance("abc", "abc"), 0);
        assert_eq!(osa_distance("abc", "axcd"), 2);
        assert_eq!(osa_distance("", "abc"), 3);
    }
}
