//! The command that stands in a file's header.
//!
//! The form is pip-compile's, because people and bots read it: long names,
//! `--name=value`, options sorted by their names, then sources. Everything is quoted for a
//! POSIX shell, so the line can be run as it stands. Literal passwords of URLs are left
//! out.

use std::fmt::Display;

use crate::text::{shell_word, without_password};

/// A command that is being spelled.
pub(super) struct Line {
    program: &'static str,
    options: Vec<String>,
}

impl Line {
    pub(super) fn new(program: &'static str) -> Self {
        Self {
            program,
            options: Vec::new(),
        }
    }

    /// Adds an option once for each value that says anything.
    pub(super) fn values(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = impl Display>,
    ) {
        let values = values.into_iter().map(|value| value.to_string());
        let words = values
            .filter(|value| !value.is_empty())
            .map(|value| format!("{name}={}", shell_word(&without_password(&value))));
        self.options.extend(words);
    }

    /// Adds an option without a value.
    pub(super) fn switch(&mut self, name: &'static str, is_on: bool) {
        if is_on {
            self.options.push(name.to_owned());
        }
    }

    /// Returns the command.
    pub(super) fn finish(mut self, sources: &[String]) -> String {
        // Stable: the order of an option's values counts. `--extra-index-url=` comes before
        // `--extra=`, as where whole words are sorted.
        self.options.sort_by_cached_key(|words| {
            words
                .find('=')
                .map_or(words.clone(), |at| words[..=at].to_owned())
        });
        let mut command = self.program.to_owned();
        for words in &self.options {
            command.push(' ');
            command.push_str(words);
        }
        if sources
            .iter()
            .any(|source| source.starts_with('-') && source != "-")
        {
            command.push_str(" --");
        }
        for source in sources {
            command.push(' ');
            command.push_str(&shell_word(&without_password(source)));
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spell: impl Fn(&mut Line), sources: &[&str], expected: &str) {
        let mut line = Line::new("pinfold compile");
        spell(&mut line);
        let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
        assert_eq!(line.finish(&sources), format!("pinfold compile{expected}"));
    }

    #[test]
    fn sorts_options_and_keeps_the_order_of_their_values() {
        check(
            |line| {
                line.values("--output-file", ["out.txt"]);
                line.values(
                    "--extra-index-url",
                    ["https://b.example/", "https://a.example/"],
                );
                line.switch("--no-annotate", true);
                line.switch("--no-header", false);
            },
            &["z.in", "a.in"],
            " --extra-index-url=https://b.example/ --extra-index-url=https://a.example/ \
             --no-annotate --output-file=out.txt z.in a.in",
        );
    }

    #[test]
    fn quotes_for_a_shell_and_drops_passwords() {
        check(
            |line| {
                line.values("--index-url", ["https://u:secret@index.example/simple/"]);
                line.values("--exclude-newer", ["7 days"]);
                line.values("--extra-index-url", ["https://u:${PW}@index.example/"]);
                line.values("--prefix", ["it's", ""]);
            },
            &["my file.in", "-"],
            " --exclude-newer='7 days' \
             --extra-index-url='https://u:${PW}@index.example/' \
             --index-url=https://index.example/simple/ \
             --prefix='it'\"'\"'s' 'my file.in' -",
        );
    }

    #[test]
    fn guards_sources_that_look_like_options() {
        check(|_| {}, &["-x.in"], " -- -x.in");
        check(|_| {}, &["-"], " -");
    }
}
