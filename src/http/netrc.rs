//! The netrc file: logins by machine.
//!
//! There is no specification; this follows curl and Python's `netrc`:
//!
//! ```text
//! file    = { entry | macro | comment }
//! entry   = ("machine" name | "default") { field }
//! field   = ("login" | "user" | "password" | "account") value
//! macro   = "macdef" name line… up to an empty line
//! comment = "#" … to the end of the line, where a token may start
//! value   = word | '"' text with \" \\ \n \r \t '"'
//! ```
//!
//! A `#` inside a word belongs to it, since passwords have them; so does one
//! that begins a value. Words of no known meaning are passed over.

use super::login::{Login, LoginSource, Secret};

/// The logins of a netrc file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Netrc {
    machines: Vec<(String, Login)>,
    default: Option<Login>,
}

impl Netrc {
    pub(super) fn parse(text: &str) -> Self {
        let mut netrc = Self::default();
        let mut tokens = Tokens { rest: text };
        let mut current: Option<Building> = None;
        while let Some(word) = tokens.keyword() {
            match word.as_str() {
                "machine" => {
                    netrc.finish(current.take());
                    current = tokens.value().map(|name| Building::of(Some(name)));
                }
                "default" => {
                    netrc.finish(current.take());
                    current = Some(Building::of(None));
                }
                "macdef" => tokens.skip_macro(),
                "login" | "user" => {
                    let value = tokens.value();
                    if let Some(building) = &mut current {
                        building.user = value;
                    }
                }
                "password" => {
                    let value = tokens.value();
                    if let Some(building) = &mut current {
                        building.password = value;
                    }
                }
                "account" => {
                    tokens.value();
                }
                _ => {}
            }
        }
        netrc.finish(current);
        netrc
    }

    /// Returns what the file says of a user on a host that it names.
    pub(super) fn machine_with(&self, host: &str, user: &str) -> Option<&Login> {
        let mut machines = self.machines.iter();
        let (_, login) = machines
            .find(|(name, login)| name.eq_ignore_ascii_case(host) && login.user.expose() == user)?;
        Some(login)
    }

    /// Returns the login of a host that is named in the file.
    pub(super) fn machine(&self, host: &str) -> Option<&Login> {
        let mut machines = self.machines.iter();
        let (_, login) = machines.find(|(name, _)| name.eq_ignore_ascii_case(host))?;
        Some(login)
    }

    /// Returns the login for hosts that the file does not name.
    pub(super) fn default_for(&self, host: &str) -> Option<&Login> {
        match self.machine(host) {
            Some(_) => None,
            None => self.default.as_ref(),
        }
    }

    fn finish(&mut self, building: Option<Building>) {
        let Some(building) = building else { return };
        if building.user.is_none() && building.password.is_none() {
            return;
        }
        let login = Login {
            user: Secret::new(building.user.unwrap_or_default()),
            password: Secret::new(building.password.unwrap_or_default()),
            source: LoginSource::Netrc,
        };
        match building.name {
            // The first entry of a machine holds, as for curl.
            Some(name) => self.machines.push((name, login)),
            None => self.default = self.default.take().or(Some(login)),
        }
    }
}

struct Building {
    name: Option<String>,
    user: Option<String>,
    password: Option<String>,
}

impl Building {
    fn of(name: Option<String>) -> Self {
        Self {
            name,
            user: None,
            password: None,
        }
    }
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Tokens<'_> {
    /// Reads a word where a comment may stand instead.
    fn keyword(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return self.value();
            }
            let (_, rest) = self.rest.split_once('\n').unwrap_or_default();
            self.rest = rest;
        }
    }

    fn value(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return Some(self.quoted(quoted.len()));
        }
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    /// Reads up to the closing quote, or the end; `length` is that of the rest behind the opening one.
    fn quoted(&mut self, length: usize) -> String {
        let text = &self.rest[self.rest.len() - length..];
        let mut value = String::new();
        let mut characters = text.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &text[index + 1..];
                    return value;
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        self.rest = "";
        value
    }

    /// Passes over the macro's name and its lines, which an empty line ends.
    fn skip_macro(&mut self) {
        let (_, mut rest) = self.rest.split_once('\n').unwrap_or_default();
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            rest = after;
            if line.trim_end_matches('\r').is_empty() {
                break;
            }
        }
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, host: &str, expected: Option<(&str, &str)>) {
        let netrc = Netrc::parse(text);
        let found = netrc.machine(host).or_else(|| netrc.default_for(host));
        assert_eq!(
            found.map(|login| (login.user.expose(), login.password.expose())),
            expected
        );
    }

    #[test]
    fn reads_entries_over_one_line_or_several() {
        let text = "machine a.example login me password pw\n\
            machine b.example\n\tlogin you\n\taccount x\n\tpassword pw2\n";
        check(text, "a.example", Some(("me", "pw")));
        check(text, "B.Example", Some(("you", "pw2")));
        check(text, "c.example", None);
    }

    #[test]
    fn the_default_is_for_machines_without_an_entry() {
        let text = "machine a.example login me password pw\ndefault login any password one";
        check(text, "a.example", Some(("me", "pw")));
        check(text, "c.example", Some(("any", "one")));
    }

    #[test]
    fn the_first_entry_of_a_machine_holds() {
        let text = "machine a.example login me password 1\nmachine a.example login me password 2";
        check(text, "a.example", Some(("me", "1")));
    }

    #[test]
    fn reads_quoted_values() {
        let text = r#"machine a.example login "my name" password "p\"w\\ # x""#;
        check(text, "a.example", Some(("my name", r#"p"w\ # x"#)));
    }

    #[test]
    fn a_hash_in_a_value_is_part_of_it() {
        let text = "# first\nmachine a.example # here\n login me\n password #pw#1 # end\n";
        check(text, "a.example", Some(("me", "#pw#1")));
    }

    #[test]
    fn passes_over_macros() {
        let text = "macdef init\nmachine a.example login no password no\n\n\
            machine a.example login me password pw\n";
        check(text, "a.example", Some(("me", "pw")));
    }

    #[test]
    fn a_token_may_stand_alone_as_password() {
        check(
            "machine a.example password tok",
            "a.example",
            Some(("", "tok")),
        );
        check("machine a.example", "a.example", None);
    }

    #[test]
    fn survives_what_ends_early() {
        for text in [
            "machine",
            "machine a login",
            "macdef",
            "\"",
            "machine a password \"x\\",
        ] {
            Netrc::parse(text);
        }
        check("machine a password \"x", "a", Some(("", "x")));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text: String) {
            Netrc::parse(&text);
        }

        #[test]
        fn any_words_are_read(words in prop::collection::vec(
            prop::sample::select(vec!["machine", "default", "login", "password", "macdef", "\"", "#", "\n", "\\", "é"]), 0..30)) {
            Netrc::parse(&words.join(" "));
        }
    }
}
