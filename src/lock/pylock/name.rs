//! The names that files of this format have (PEP 751, "File Name"):
//!
//! ```text
//! name = "pylock.toml" | "pylock." word ".toml"      word without a dot
//! ```

/// Why a name is not that of a `pylock.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It begins or ends in another way.
    #[error("a lock file in this format is named `pylock.toml` or `pylock.NAME.toml`")]
    Other,
    /// There is a dot in the middle, or nothing.
    #[error("the middle of `pylock.NAME.toml` is one word without dots")]
    Middle,
}

/// Whether a file's name is one that the specification keeps for the format.
pub fn has_name(name: &str) -> bool {
    name == "pylock.toml" || middle(name).is_some()
}

/// Checks the name of a file that is to be written.
///
/// # Errors
/// When installers would not take a file of that name.
pub fn check_name(name: &str) -> Result<(), BadName> {
    if name == "pylock.toml" {
        return Ok(());
    }
    match middle(name) {
        None => Err(BadName::Other),
        Some(middle) if middle.is_empty() || middle.contains('.') => Err(BadName::Middle),
        Some(_) => Ok(()),
    }
}

fn middle(name: &str) -> Option<&str> {
    name.strip_prefix("pylock.")?.strip_suffix(".toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_locks_have_one_word_in_the_middle() {
        for name in ["pylock.toml", "pylock.dev.toml", "pylock.a-b.toml"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for (name, why) in [
            ("requirements.lock.toml", BadName::Other),
            ("pylock.lock", BadName::Other),
            ("Pylock.toml", BadName::Other),
            ("pylock.a.b.toml", BadName::Middle),
            ("pylock..toml", BadName::Middle),
        ] {
            assert_eq!(check_name(name), Err(why), "{name}");
        }
        assert!(has_name("pylock.a.b.toml") && !has_name("pylock.lock"));
    }
}
