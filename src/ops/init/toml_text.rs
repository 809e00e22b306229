//! The text of a first `pinfold.toml`: each key with its meaning, set where the
//! repository wants something else than the default.
//!
//! Prose is behind `# `, keys to switch on are behind a `#` alone.

use std::fmt::Write as _;

use super::Surroundings;
use crate::config::{Key, SECTIONS, Section};

/// How wide lines of prose are.
const WIDTH: usize = 78;

/// How many files are named.
const MOST_FILES: usize = 20;

const HEAD: &str = "\
    Configuration of Pinfold. Every key is optional. Keys behind a `#` show their default, or an \
    example if there is none.";

/// Returns the text.
pub(super) fn text(surroundings: &Surroundings) -> String {
    let mut text = String::new();
    prose(&mut text, HEAD);
    text.push_str("#\n");
    found(&mut text, surroundings);
    for section in SECTIONS {
        text.push('\n');
        prose(&mut text, section.about);
        if let Some(others) = section.others {
            prose(&mut text, others);
        }
        if section.name == "rule" {
            // Each half alone is a rule; both together are none.
            table(&mut text, section, surroundings, |key| {
                !["match-image", "image-tags", "digests"].contains(&key.name)
            });
            text.push('\n');
            table(&mut text, section, surroundings, |key| {
                ["match-image", "image-tags", "digests"].contains(&key.name)
            });
        } else {
            table(&mut text, section, surroundings, |_| true);
        }
    }
    text
}

fn found(text: &mut String, surroundings: &Surroundings) {
    let names: Vec<&String> = surroundings
        .requirements
        .iter()
        .chain(&surroundings.containers)
        .collect();
    if names.is_empty() {
        prose(
            text,
            "No requirements, Dockerfiles, or compose files were found yet.",
        );
        return;
    }
    prose(
        text,
        "Files found by name (`pinfold update --list` also looks inside):",
    );
    for name in names.iter().take(MOST_FILES) {
        // A name may hold a line's end, and what follows would not be a comment.
        let name: String = name
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let _ = writeln!(text, "#   {name}");
    }
    if names.len() > MOST_FILES {
        let _ = writeln!(text, "#   and {} more", names.len() - MOST_FILES);
    }
}

fn table(
    text: &mut String,
    section: &Section,
    surroundings: &Surroundings,
    has: impl Fn(&Key) -> bool,
) {
    // An array's table would be one more item, so it stays out.
    let mark = if section.is_list { "#" } else { "" };
    let _ = writeln!(text, "{mark}{}", section.header());
    for key in section.keys.iter().filter(|key| has(key)) {
        prose(text, key.about);
        let name = key.name;
        if let Some(value) = wanted(section, key, surroundings) {
            let _ = writeln!(text, "{name} = {value}");
        } else {
            let default = key.default.filter(|_| !section.is_list);
            let _ = writeln!(text, "#{name} = {}", default.unwrap_or(key.example));
        }
    }
}

/// Returns the value that this repository wants.
fn wanted(section: &Section, key: &Key, surroundings: &Surroundings) -> Option<String> {
    match (section.name, key.name) {
        ("commit", "base") => surroundings.base.as_ref().map(|base| format!("\"{base}\"")),
        ("discover", "exclude") if !surroundings.foreign.is_empty() => {
            let patterns: Vec<String> = surroundings
                .foreign
                .iter()
                .map(|pattern| format!("\"{pattern}\""))
                .collect();
            Some(format!("[{}]", patterns.join(", ")))
        }
        _ => None,
    }
}

/// Adds a comment, broken into lines between words.
fn prose(text: &mut String, words: &str) {
    let mut line = String::from("#");
    for word in words.split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Home};

    #[track_caller]
    fn read(text: &str) -> Config {
        let (config, problems) = Config::parse(text, Home::PinfoldToml);
        assert_eq!(problems, [], "{text}");
        config.unwrap()
    }

    #[test]
    fn says_what_holds_anyway() {
        let text = text(&Surroundings::default());
        assert_eq!(read(&text), Config::default());
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH + 2));
    }

    #[test]
    fn is_good_with_every_key_switched_on() {
        let text = text(&Surroundings::default());
        let on: String = text
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if key.starts_with(|c: char| c != ' ') => format!("{key}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let config = read(&on);
        assert_eq!(config.rules.len(), 2);
        assert_eq!(config.locks.len(), 1);
        assert!(config.policy.cooldown.is_some());
        for section in SECTIONS {
            for key in section.keys {
                assert!(on.contains(&format!("\n{} = ", key.name)), "{}", key.name);
            }
        }
    }

    #[test]
    fn sets_what_the_repository_wants() {
        let surroundings = Surroundings {
            requirements: vec!["a.in".to_owned(), "b\n[x]".to_owned()],
            containers: (0..30)
                .map(|number| format!("{number}/Dockerfile"))
                .collect(),
            foreign: vec!["vendor/**".to_owned(), "tests/fixtures/**".to_owned()],
            base: Some("master".to_owned()),
        };
        let text = text(&surroundings);
        let config = read(&text);
        assert_eq!(config.commit.base.unwrap().value, "master");
        assert_eq!(config.discover.exclude.len(), 2);
        assert!(
            text.contains("#   a.in\n#   b?[x]\n#   0/Dockerfile\n"),
            "{text}"
        );
        assert!(text.contains("#   and 12 more\n"), "{text}");
    }
}
