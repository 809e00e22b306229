//! Numbers of things, and things in a row.

use std::fmt::Display;

/// Returns a number of things, `1 file` or `2 files`; for nouns that take an `s`.
pub fn many<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Puts things in a row: `a`, `a and b`, `a, b and c`.
pub fn list(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_no_s() {
        assert_eq!(many(0_usize, "file"), "0 files");
        assert_eq!(many(1_u64, "more warning"), "1 more warning");
        assert_eq!(many(2_u32, "file"), "2 files");
    }
}
