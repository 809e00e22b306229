//! Arguments of pip that pip-compile hands on: `--pip-args "--retries 10"`.
//!
//! Those that mean something here become settings, those that change nothing are told
//! as ignored, and those that would change the answer are refused with what to write
//! instead. Abbreviated names, which pip takes, are unknown here.

use std::borrow::Cow;

use super::pip_options::{Fate, OPTIONS, PipOption, Takes, by_name, by_short};
use super::setting::{Refused, SettingProblem, add, set};
use crate::config::layer::{Layer, SettingValue};
use crate::text::{Word, nearest, split_words, without_password};

/// Reads the arguments in a text that is split as a shell does it; `place` is where they stand.
pub fn pip_args(text: &str, place: &str) -> (Layer, Vec<SettingProblem>) {
    let mut layer = Layer::of(place);
    let mut problems = Vec::new();
    match split_words(text, 0) {
        Ok(words) => {
            let mut words = words.into_iter();
            while let Some(word) = words.next() {
                if let Err(refused) = argument(&word.text, &mut words, place, &mut layer) {
                    problems.push(refused.at(place));
                }
            }
        }
        Err(_) => problems.push(
            Refused::new(
                "a quote or a backslash is not closed",
                "write it as in a shell: `--find-links 'my wheels'`",
            )
            .at(place),
        ),
    }
    (layer, problems)
}

fn argument<'a>(
    word: &str,
    rest: &mut impl Iterator<Item = Word<'a>>,
    place: &str,
    layer: &mut Layer,
) -> Result<(), Refused> {
    let (option, name, value) = split(word)?;
    let value: Cow<'_, str> = match value {
        Some(_) if !option.has_value() => {
            return Err(Refused {
                message: format!("pip's option `{name}` does not take a value"),
                help: None,
            });
        }
        Some(value) => value.into(),
        None if option.has_value() => match rest.next() {
            Some(word) => word.text,
            None => {
                return Err(Refused {
                    message: format!("pip's option `{name}` needs a value"),
                    help: None,
                });
            }
        },
        None => "".into(),
    };
    let ours = match option.fate {
        Fate::Ours(ours) | Fate::Argument(ours) => ours,
        Fate::Nothing => {
            layer.ignored.push(format!("`{name}` of pip ({place})"));
            return Ok(());
        }
        Fate::Refused(help) => {
            return Err(Refused::new(
                format!("pip's option `{name}` has no effect in Pinfold"),
                help,
            ));
        }
    };
    let setting = option.takes.argument(&value).map_err(|refused| Refused {
        message: format!("`{name}` of pip: {}", refused.message),
        help: refused.help,
    })?;
    // pip's options for one value replace one another, all others add up.
    let is_list = matches!(option.takes, Takes::Blanks | Takes::Commas)
        || matches!(ours, "config-setting" | "group");
    match setting {
        value @ SettingValue::Texts(_) if is_list => add(layer, ours, value, place.to_owned()),
        value => set(layer, ours, value, place.to_owned()),
    }
    Ok(())
}

/// Returns the option that a word names, the name as written, and the value behind it.
fn split(word: &str) -> Result<(&'static PipOption, String, Option<&str>), Refused> {
    if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let written = format!("--{name}");
        let Some(option) = by_name(name) else {
            let known = OPTIONS.iter().flat_map(|option| option.names).copied();
            return Err(Refused {
                message: format!("`{}` is not an option of pip", without_password(&written)),
                help: nearest(name, known).map(|meant| format!("did you mean `--{meant}`?")),
            });
        };
        return Ok((option, written, value));
    }
    let mut characters = word.strip_prefix('-').unwrap_or_default().chars();
    let Some(short) = characters.next() else {
        // What stands there may be a URL, and so be secret.
        return Err(Refused::new(
            "a word is not an option of pip",
            "pass requirements as sources",
        ));
    };
    let written = format!("-{short}");
    let rest = characters.as_str();
    match by_short(short) {
        // `-vv` says the same twice.
        Some(option) if !option.has_value() && rest.chars().all(|c| c == short) => {
            Ok((option, written, None))
        }
        Some(option) => Ok((option, written, Some(rest).filter(|rest| !rest.is_empty()))),
        None => Err(Refused {
            message: format!("`{written}` is not an option of pip"),
            help: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, told};
    use super::*;

    #[track_caller]
    fn check(text: &str) -> String {
        let (layer, problems) = pip_args(text, "--pip-args");
        assert_eq!(problems, [], "{text}");
        shown(&layer)
    }

    fn refused(text: &str) -> String {
        told(&pip_args(text, "--pip-args").1)
    }

    #[test]
    fn the_common_ones_become_settings() {
        insta::assert_snapshot!(
            check(
                "--retries 10 --timeout=60 -i https://index.example/simple/ --only-binary=:all: \
                 --no-binary a,b --no-binary c -f 'my wheels' -fmore --no-deps --pre \
                 --no-build-isolation --uploaded-prior-to P7D --python-version 312 \
                 -C a=b --config-settings=c=d --keyring-provider subprocess"
            ),
            @r#"
        retries = ["10"] (--pip-args)
        timeout = ["60"] (--pip-args)
        index-url = ["https://index.example/simple/"] (--pip-args)
        only-binary = [":all:"] (--pip-args)
        no-binary = ["a", "b", "c"] (--pip-args)
        find-links = ["my wheels", "more"] (--pip-args)
        no-deps = true (--pip-args)
        pre = true (--pip-args)
        build-isolation = false (--pip-args)
        exclude-newer = ["P7D"] (--pip-args)
        python-version = ["3.12"] (--pip-args)
        config-setting = ["a=b", "c=d"] (--pip-args)
        keyring-provider = ["subprocess"] (--pip-args)
        "#
        );
        assert_eq!(
            check("--retries 1 --retries 2"),
            "retries = [\"2\"] (--pip-args)\n"
        );
    }

    #[test]
    fn those_that_change_nothing_are_told() {
        insta::assert_snapshot!(
            check("--use-pep517 -vv --cache-dir /tmp/x --progress-bar=off"),
            @"
        ignored: `--use-pep517` of pip (--pip-args)
        ignored: `-v` of pip (--pip-args)
        ignored: `--cache-dir` of pip (--pip-args)
        ignored: `--progress-bar` of pip (--pip-args)
        "
        );
    }

    #[test]
    fn those_that_would_change_the_answer_are_refused() {
        insta::assert_snapshot!(
            refused(
                "--platform manylinux_2_28_x86_64 -r a.txt --retrys 3 --pre=yes -z \
                 https://me:s3cret@index.example/ - -- --timeout soon --retries"
            ),
            @"
        --pip-args: pip's option `--platform` has no effect in Pinfold; set the target with `python-version` and `python-platform`
        --pip-args: pip's option `-r` has no effect in Pinfold; pass it as a source, or put it into one
        --pip-args: `--retrys` is not an option of pip; did you mean `--retries`?
        --pip-args: a word is not an option of pip; pass requirements as sources
        --pip-args: pip's option `--pre` does not take a value
        --pip-args: `-z` is not an option of pip
        --pip-args: a word is not an option of pip; pass requirements as sources
        --pip-args: a word is not an option of pip; pass requirements as sources
        --pip-args: `--` is not an option of pip
        --pip-args: `--timeout` of pip: this should be a number of seconds; write it as `15`
        --pip-args: pip's option `--retries` needs a value
        "
        );
        assert_eq!(
            refused("--find-links 'a"),
            "--pip-args: a quote or a backslash is not closed; write it as in a shell: \
             `--find-links 'my wheels'`\n"
        );
    }
}
