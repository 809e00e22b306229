//! What pip-compile would hand on to pip: `--pip-args "--retries 5"`.
//!
//! The common options are ours under some name; the rest is told, not guessed.

use crate::config::{Setting, SettingValue};
use crate::update::split_words;

/// What an option of pip is here.
enum Meaning {
    Switch(&'static str),
    Value(&'static str),
    /// We work that way anyway, or it changes only what pip says.
    Nothing,
}

fn meaning(name: &str) -> Option<Meaning> {
    use Meaning::{Nothing, Switch, Value};
    Some(match name {
        "-i" | "--index-url" | "--pypi-url" => Value("index-url"),
        "--extra-index-url" => Value("extra-index-url"),
        "-f" | "--find-links" => Value("find-links"),
        "--no-index" => Switch("no-index"),
        "--trusted-host" => Value("trusted-host"),
        "--keyring-provider" => Value("keyring-provider"),
        "-c" | "--constraint" => Value("constraint"),
        "--build-constraint" => Value("build-constraint"),
        "--only-binary" => Value("only-binary"),
        "--no-binary" => Value("no-binary"),
        "--uploaded-prior-to" => Value("exclude-newer"),
        "--python-version" => Value("python-version"),
        "--pre" => Switch("pre"),
        "--no-deps" => Switch("no-deps"),
        "--no-build-isolation" => Switch("no-build-isolation"),
        "-C" | "--config-settings" | "--config-setting" => Value("config-setting"),
        "--retries" => Value("retries"),
        "--timeout" | "--default-timeout" => Value("timeout"),
        "--proxy" => Value("proxy"),
        "--cert" => Value("cert"),
        "--client-cert" => Value("client-cert"),
        "--cache-dir" => Value("cache-dir"),
        "--no-cache-dir" => Switch("no-cache"),
        "--prefer-binary"
        | "--use-pep517"
        | "--no-input"
        | "--disable-pip-version-check"
        | "--no-python-version-warning" => Nothing,
        _ => return None,
    })
}

/// Reads arguments: what they say, and what is not read. An error says what is wrong.
pub(super) fn read(text: &str, place: &str) -> Result<(Vec<Setting>, Vec<String>), String> {
    let words = split_words(text).ok_or_else(|| "a quote has no end".to_owned())?;
    let mut settings: Vec<Setting> = Vec::new();
    let mut unread = Vec::new();
    let mut add = |option: &str, value: SettingValue| {
        settings.push(Setting {
            option: option.to_owned(),
            value,
            place: place.to_owned(),
        });
    };
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (name, attached) = split(&word);
        match (meaning(name), attached) {
            (Some(Meaning::Switch(option)), None) => add(option, SettingValue::Flag(true)),
            (Some(Meaning::Nothing), None) => {}
            (Some(Meaning::Value(option)), attached) => {
                let value = attached
                    .map(str::to_owned)
                    .or_else(|| words.next())
                    .ok_or_else(|| format!("the value of `{name}` is missing"))?;
                add(option, SettingValue::Texts(vec![value]));
            }
            _ => unread.push(word),
        }
    }
    Ok((settings, unread))
}

/// Parts an option from a value that is attached: `--name=value`, `-nvalue`.
fn split(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
    }
    match word.char_indices().nth(2) {
        Some((at, _)) if word.starts_with('-') => (&word[..at], Some(&word[at..])),
        _ => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (Vec<String>, Vec<String>) {
        let (settings, unread) = read(text, "--pip-args").unwrap();
        let said = settings.into_iter().map(|setting| match setting.value {
            SettingValue::Flag(is_on) => format!("{} {is_on}", setting.option),
            SettingValue::Texts(texts) => format!("{} {}", setting.option, texts.join(",")),
        });
        (said.collect(), unread)
    }

    #[test]
    fn knows_the_common_options_of_pip() {
        let (said, unread) =
            said("--retries=5 --timeout 60 -fwheels --pre --prefer-binary -C 'a=b c' --frob -vv");
        assert_eq!(
            said,
            [
                "retries 5",
                "timeout 60",
                "find-links wheels",
                "pre true",
                "config-setting a=b c"
            ]
        );
        assert_eq!(unread, ["--frob", "-vv"]);
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(read("--retries", "").is_err());
        assert!(read("--cert 'a", "").is_err());
    }
}
