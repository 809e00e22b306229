//! The known word that a misspelt one most likely means.

/// Returns the candidate nearest to `word`, if one is near enough to be meant.
///
/// Near enough is a third of the longer word's characters wrong, missing, too
/// many or swapped with a neighbour. Of equally near ones the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().collect();
        let limit = word.len().max(other.len()) / 3;
        // Their lengths alone may tell, and a hostile word may be long.
        if word.len().abs_diff(other.len()) > limit {
            continue;
        }
        let edits = distance(&word, &other);
        if edits <= limit && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Returns the number of edits between two words: changes, insertions, deletions,
/// and swaps of neighbours (optimal string alignment).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut row = vec![0; right.len() + 1];
    for (i, &a) in left.iter().enumerate() {
        row[0] = i + 1;
        for (j, &b) in right.iter().enumerate() {
            let mut edits = (last[j] + usize::from(a != b))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && a == right[j - 1] && left[i - 1] == b {
                edits = edits.min(before_last[j - 1] + 1);
            }
            row[j + 1] = edits;
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[right.len()]
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
        let edits = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(edits("ab", "ba"), 1);
        assert_eq!(edits("abc", "abc"), 0);
        assert_eq!(edits("abc", "axcd"), 2);
        assert_eq!(edits("", "abc"), 3);
    }
}
