//! `[compile]`: options of `pinfold compile`, by their long names.
//!
//! Any name is read here: which options there are is for the command line, which has
//! the table of them. Values are what TOML has for them: `true` and `false` for switches,
//! texts and numbers, arrays of texts for what may be given several times.

use toml::de::DeValue;

use super::layer::SettingValue;
use super::reader::{Reader, Table, Value};
use super::value::Located;
use crate::python::ProjectName;
use crate::text::{self, Span};

/// An option that `[compile]` sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSetting {
    /// The option's long name, without dashes before it.
    pub name: Located<String>,
    /// Its value.
    pub value: Located<SettingValue>,
}

/// The options whose values are times, by which TOML's dates and `false` are texts.
const CUTOFF: &str = "exclude-newer";
const CUTOFFS: &str = "exclude-newer-package";

pub(super) fn read(table: &Table<'_>, reader: &mut Reader) -> Vec<OwnSetting> {
    let mut settings = Vec::with_capacity(table.len());
    for (key, value) in table {
        let name: &str = key.get_ref();
        let span = Span::from(key.span());
        if name.contains('_') || name.starts_with('-') {
            let meant = name.trim_start_matches('-').replace('_', "-");
            reader.problem(
                span,
                format!("`{name}` is not an option"),
                Some(format!(
                    "write it without leading dashes, and with `-`: `{meant}`"
                )),
            );
            continue;
        }
        let read = match name {
            CUTOFF => cutoff(name, value, reader).map(|text| SettingValue::Texts(vec![text])),
            CUTOFFS => cutoffs(value, reader),
            _ => any(name, value, reader),
        };
        if let Some(read) = read {
            settings.push(OwnSetting {
                name: Located {
                    value: name.to_owned(),
                    span,
                },
                value: Located {
                    value: read,
                    span: Span::from(value.span()),
                },
            });
        }
    }
    settings.sort_by_key(|setting| setting.name.span);
    settings
}

fn any(name: &str, value: &Value<'_>, reader: &mut Reader) -> Option<SettingValue> {
    let read = match value.get_ref() {
        DeValue::Boolean(flag) => Some(SettingValue::Flag(*flag)),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| text(item.get_ref())).collect();
            texts.map(SettingValue::Texts)
        }
        other => text(other).map(|text| SettingValue::Texts(vec![text])),
    };
    if read.is_none() {
        reader.wrong_type(
            value,
            name,
            "a string, a number, `true`, `false`, or an array of strings",
        );
    }
    read
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads `{ PROJECT = cutoff, … }`, or an array of texts `PROJECT=cutoff`.
fn cutoffs(value: &Value<'_>, reader: &mut Reader) -> Option<SettingValue> {
    let Some(table) = value.get_ref().as_table() else {
        return any(CUTOFFS, value, reader);
    };
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut texts = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let name: &str = key.get_ref();
        if name.parse::<ProjectName>().is_err() {
            reader.problem(
                Span::from(key.span()),
                format!("`{name}` is not a project name"),
                None,
            );
        } else if let Some(text) = cutoff(name, value, reader) {
            texts.push(format!("{name}={text}"));
        }
    }
    Some(SettingValue::Texts(texts))
}

/// Reads a limit on times of upload, and returns it as it would be typed: a time, a day, a
/// length of time back from now, or `false` for none.
pub(super) fn cutoff(name: &str, value: &Value<'_>, reader: &mut Reader) -> Option<String> {
    let text = match value.get_ref() {
        DeValue::Boolean(false) => Some("false".to_owned()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    let text = text.filter(|text| is_cutoff(text));
    if text.is_none() {
        reader.problem(
            Span::from(value.span()),
            format!("`{name}` should be a time, a date, a duration, or `false`"),
            Some(
                "write `\"7d\"`, `\"2026-10-01\"`, `\"2026-10-01T00:00:00Z\"`, or `false` for no limit"
                    .to_owned(),
            ),
        );
    }
    text
}

fn is_cutoff(said: &str) -> bool {
    said == "false" || text::cutoff(said, jiff::Timestamp::UNIX_EPOCH).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};
    use super::*;

    fn shown(text: &str) -> String {
        use std::fmt::Write as _;

        let mut lines = String::new();
        for setting in read(text).compile {
            let value = match setting.value.value {
                SettingValue::Flag(flag) => flag.to_string(),
                SettingValue::Texts(texts) => format!("{texts:?}"),
            };
            let name = &text[setting.name.span.range()];
            assert_eq!(name, setting.name.value);
            let place = &text[setting.value.span.range()];
            let _ = writeln!(lines, "{name} = {value} <- {place}");
        }
        lines
    }

    #[test]
    fn any_option_may_stand_there_with_any_value_of_an_option() {
        insta::assert_snapshot!(
            shown("[compile]\nno-header = true\nstrip-extras = false\nindex-url = 'https://index.example/simple/'\n\
                   timeout = 10\nextra = ['a', 'b']\nconstraint = []\nexclude-newer = 2026-10-01\n"),
            @r#"
        no-header = true <- true
        strip-extras = false <- false
        index-url = ["https://index.example/simple/"] <- 'https://index.example/simple/'
        timeout = ["10"] <- 10
        extra = ["a", "b"] <- ['a', 'b']
        constraint = [] <- []
        exclude-newer = ["2026-10-01"] <- 2026-10-01
        "#
        );
    }

    #[test]
    fn limits_of_projects_are_a_table_or_texts() {
        insta::assert_snapshot!(
            shown("[compile]\nexclude-newer = false\nexclude-newer-package = { torch = '7d', internal = false, a = 2026-10-01T00:00:00Z }\n"),
            @r#"
        exclude-newer = ["false"] <- false
        exclude-newer-package = ["torch=7d", "internal=false", "a=2026-10-01T00:00:00Z"] <- { torch = '7d', internal = false, a = 2026-10-01T00:00:00Z }
        "#
        );
        insta::assert_snapshot!(
            shown("[compile]\nexclude-newer-package = ['torch=7d']\n"),
            @r#"exclude-newer-package = ["torch=7d"] <- ['torch=7d']"#
        );
    }

    #[test]
    fn what_no_option_can_be_is_told_with_its_place() {
        insta::assert_snapshot!(
            places("[compile]\nindex_url = 'a'\n--pre = true\ntimeout = 1.5\nextra = [['a']]\nnewline = {}\n\
                    exclude-newer = true\nexclude-newer-package = { 'a b' = '7d', c = 'soon', d = 2026-10-01T00:00:00 }\n"),
            @r#"
        index_url: `index_url` is not an option; write it without leading dashes, and with `-`: `index-url`
        --pre: `--pre` is not an option; write it without leading dashes, and with `-`: `pre`
        1.5: `timeout` should be a string, a number, `true`, `false`, or an array of strings
        [['a']]: `extra` should be a string, a number, `true`, `false`, or an array of strings
        {}: `newline` should be a string, a number, `true`, `false`, or an array of strings
        true: `exclude-newer` should be a time, a date, a duration, or `false`; write `"7d"`, `"2026-10-01"`, `"2026-10-01T00:00:00Z"`, or `false` for no limit
        'a b': `a b` is not a project name
        'soon': `c` should be a time, a date, a duration, or `false`; write `"7d"`, `"2026-10-01"`, `"2026-10-01T00:00:00Z"`, or `false` for no limit
        2026-10-01T00:00:00: `d` should be a time, a date, a duration, or `false`; write `"7d"`, `"2026-10-01"`, `"2026-10-01T00:00:00Z"`, or `false` for no limit
        "#
        );
    }

    #[test]
    fn debug_shows_no_values() {
        let config = read("[compile]\nindex-url = 'https://me:s3cret@index.example/'\n");
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
