//! Names of all kinds as part of the names of variables.

/// Returns a name in capitals, with `_` for all that is neither letter nor digit of ASCII.
pub fn variable_word(name: &str) -> String {
    let in_variable = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    name.chars().map(in_variable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_variable_has_becomes_a_line() {
        assert_eq!(variable_word("my-corp.2"), "MY_CORP_2");
        assert_eq!(variable_word("é x"), "__X");
    }
}
