//! Marks that git leaves in a file where two branches do not merge.

/// Returns the number of the first line, from 1, at which a conflict begins or ends.
pub fn conflict_mark(text: &str) -> Option<usize> {
    const MARKS: [&str; 2] = ["<<<<<<<", ">>>>>>>"];
    // Nearly no file has one, and to find that out by lines takes several times as long.
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let is_mark = |line: &str| {
        MARKS.iter().any(|mark| {
            let rest = line.strip_prefix(mark);
            rest.is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(' '))
        })
    };
    text.lines().position(is_mark).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_mark() {
        assert_eq!(conflict_mark("a==1\n<<<<<<< HEAD\nb==1\n"), Some(2));
        assert_eq!(conflict_mark("=======\r\n>>>>>>> x\r\n"), Some(2));
        assert_eq!(conflict_mark("<<<<<<<\n"), Some(1));
        assert_eq!(conflict_mark("# <<<<<<< HEAD\na==1\n# =======\n"), None);
        assert_eq!(conflict_mark("<<<<<<<<<< x\n  >>>>>>> y\n"), None);
    }
}
