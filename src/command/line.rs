//! The command that stands in a file's header.
//!
//! The form is pip-compile's, because people and bots read it: long names,
//! `--name=value`, nothing that is a default or concerns one run only, options
//! sorted, then sources sorted. It is made of the settings, not of what was
//! typed, so that two spellings of one wish give the same file.

use crate::text::without_password;

/// An option as the command line understood it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOption {
    /// The long name with its dashes, such as `--output-file` or `--no-annotate`.
    pub name: String,
    /// The values, in the order given; a switch has none.
    pub values: Vec<String>,
    /// How it is written.
    pub kind: OptionKind,
}

/// How an option is written into the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionKind {
    /// By its name alone.
    Switch,
    /// As `--name=value`, once for each value, unless the only value is the default.
    Value {
        /// The value it has when it is not given.
        default: Option<String>,
    },
    /// Not at all: it changes one run (`--upgrade`, `--quiet`), not the file's recipe.
    RunOnly,
}

/// Returns the normalised command: `program`, its options, its sources.
///
/// Literal passwords of URLs are dropped, and everything is quoted for a POSIX
/// shell, so the line can be run as it stands.
pub fn command_line(program: &str, options: &[CommandOption], sources: &[String]) -> String {
    let mut left: Vec<String> = Vec::new();
    for option in options {
        match &option.kind {
            OptionKind::RunOnly => {}
            OptionKind::Switch => left.push(quote(&option.name)),
            OptionKind::Value { default } => {
                if let ([value], Some(default)) = (option.values.as_slice(), default)
                    && value == default
                {
                    continue;
                }
                left.extend(
                    option.values.iter().map(|value| {
                        format!("{}={}", option.name, quote(&without_password(value)))
                    }),
                );
            }
        }
    }
    left.sort_unstable();

    let mut right: Vec<String> = sources
        .iter()
        .map(|source| quote(&without_password(source)))
        .collect();
    right.sort_unstable();
    if sources
        .iter()
        .any(|source| source.starts_with('-') && source != "-")
    {
        right.insert(0, "--".to_owned());
    }

    let mut command = program.to_owned();
    for word in left.iter().chain(&right) {
        command.push(' ');
        command.push_str(word);
    }
    command
}

/// Returns `word` so that a POSIX shell reads it as one word.
fn quote(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, values: &[&str], default: Option<&str>) -> CommandOption {
        CommandOption {
            name: name.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
            kind: OptionKind::Value {
                default: default.map(str::to_owned),
            },
        }
    }

    fn bare(name: &str, kind: OptionKind) -> CommandOption {
        CommandOption {
            name: name.to_owned(),
            values: Vec::new(),
            kind,
        }
    }

    fn check(options: &[CommandOption], sources: &[&str], expected: &str) {
        let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
        let command = command_line("pinfold compile", options, &sources);
        assert_eq!(command, format!("pinfold compile{expected}"));
    }

    #[test]
    fn sorts_options_then_sources() {
        check(
            &[
                value("--output-file", &["out.txt"], None),
                value("--constraint", &["b.txt", "a.txt"], None),
                bare("--no-annotate", OptionKind::Switch),
            ],
            &["z.in", "a.in"],
            " --constraint=a.txt --constraint=b.txt --no-annotate --output-file=out.txt a.in z.in",
        );
    }

    #[test]
    fn leaves_out_defaults_and_what_concerns_one_run() {
        check(
            &[
                value("--annotation-style", &["split"], Some("split")),
                value("--extra", &["dev", "test"], Some("dev")),
                bare("--upgrade", OptionKind::RunOnly),
            ],
            &["requirements.in"],
            " --extra=dev --extra=test requirements.in",
        );
    }

    #[test]
    fn quotes_for_a_shell_and_drops_passwords() {
        check(
            &[
                value(
                    "--index-url",
                    &["https://u:secret@index.example/simple/"],
                    None,
                ),
                value("--exclude-newer", &["7 days"], None),
                value(
                    "--extra-index-url",
                    &["https://u:${PW}@index.example/"],
                    None,
                ),
                value("--prefix", &["it's", ""], None),
            ],
            &["-", "my file.in"],
            " --exclude-newer='7 days' \
             --extra-index-url='https://u:${PW}@index.example/' \
             --index-url=https://index.example/simple/ \
             --prefix='' --prefix='it'\"'\"'s' 'my file.in' -",
        );
    }

    #[test]
    fn guards_sources_that_look_like_options() {
        check(&[], &["-x.in"], " -- -x.in");
        check(&[], &["-"], " -");
    }
}
