//! `[discover]`: which files are looked at.

use globset::GlobBuilder;

use super::keys::DISCOVER;
use super::reader::{Reader, Refusal, Table};
use super::value::Located;

/// What `[discover]` says: lines of the form of a `.gitignore` in the configuration's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiscoverConfig {
    /// `include`: only files that match; if empty, all that are recognized.
    pub include: Vec<Located<String>>,
    /// `exclude`: no files that match.
    pub exclude: Vec<Located<String>>,
}

impl DiscoverConfig {
    pub(super) fn read(table: &Table<'_>, reader: &mut Reader) -> Self {
        reader.known_keys(table, &DISCOVER);
        Self {
            include: reader.items(table, "include", glob),
            exclude: reader.items(table, "exclude", glob),
        }
    }
}

fn glob(text: &str) -> Result<String, Refusal> {
    let refusal = |problem: &str| Refusal {
        message: format!("`{text}` is not a file pattern: {problem}"),
        help: Some("write it as in a `.gitignore`: `vendor/**`, `*.txt`".to_owned()),
    };
    // These are lines that select nothing, or take back an earlier one.
    if text.trim().is_empty() || text.starts_with('#') {
        return Err(refusal("it does not match anything"));
    }
    if text.starts_with('!') {
        return Err(refusal("`!` negates an earlier pattern, and there is none"));
    }
    if text.contains(['\n', '\r']) {
        return Err(refusal("it has several lines"));
    }
    GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map_err(|error| refusal(&error.kind().to_string()))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};

    #[test]
    fn reads_both_lists_with_their_places() {
        let text = "[discover]\ninclude = ['services/**']\nexclude = ['vendor/**', '*.md']\n";
        let discover = read(text).discover;
        assert_eq!(discover.include[0].value, "services/**");
        assert_eq!(discover.exclude.len(), 2);
        assert_eq!(&text[discover.exclude[1].span.range()], "'*.md'");
    }

    #[test]
    fn patterns_that_select_nothing_are_refused() {
        insta::assert_snapshot!(
            places("[discover]\ninclude = ['', '#a', '!b', 'a[']\nexclude = 'vendor'\nexclud = []\n"),
            @"
        '': `` is not a file pattern: it does not match anything; write it as in a `.gitignore`: `vendor/**`, `*.txt`
        '#a': `#a` is not a file pattern: it does not match anything; write it as in a `.gitignore`: `vendor/**`, `*.txt`
        '!b': `!b` is not a file pattern: `!` negates an earlier pattern, and there is none; write it as in a `.gitignore`: `vendor/**`, `*.txt`
        'a[': `a[` is not a file pattern: unclosed character class; missing ']'; write it as in a `.gitignore`: `vendor/**`, `*.txt`
        'vendor': `exclude` should be an array of strings
        exclud: `exclud` is not a key of `[discover]`; did you mean `exclude`?
        "
        );
    }
}
