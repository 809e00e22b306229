//! pip's own settings: the values of its files, and its variables `PIP_*`.
//!
//! Read as `pip install` reads them: what `[install]` says wins over `[global]`, in
//! whichever files they stand, and a later file over an earlier one. Sections of other
//! commands say nothing; `[DEFAULT]` counts as a part of each section, as in Python.
//!
//! The files and the variables are two layers; their lists replace one another, as
//! pip's do, but for `no-binary` and `only-binary`, which add up.

use super::ini::{self, DEFAULT, Entry, Ini};
use super::pip_options::{Fate, OPTIONS, PipOption, Takes, by_name};
use super::setting::{ForeignFile, SettingProblem, add, set};
use crate::config::layer::{Layer, SettingValue};
use crate::text::Problem;

/// The sections that count, weakest first.
const SECTIONS: [&str; 2] = ["global", "install"];

/// Reads pip's files, weakest first (see [`pip_conf_files`](super::pip_conf_files)).
///
/// Problems come with the index of their file; what was understood is then not to be used.
pub fn pip_conf(files: &[ForeignFile<'_>]) -> (Layer, Vec<(usize, Problem)>) {
    let names: Vec<&str> = files.iter().map(|file| file.name).collect();
    let mut layer = Layer::of(names.join(", "));
    let mut problems = Vec::new();
    let mut parsed = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let (ini, found) = ini::parse(file.text);
        problems.extend(found.into_iter().map(|problem| (index, problem)));
        parsed.push(ini);
    }
    for section in SECTIONS {
        for (index, entry) in last_entries(&parsed, section) {
            let place = format!("{}:{}", files[index].name, entry.line_number);
            if entry.value.trim().is_empty() {
                continue;
            }
            let Some((option, ours)) = ours(&entry.key) else {
                layer.ignored.push(format!("`{}` ({place})", entry.key));
                continue;
            };
            match option.takes.setting(&entry.value) {
                Ok(value) => put(&mut layer, option, ours, value, place),
                Err(refused) => problems.push((
                    index,
                    Problem {
                        span: entry.span,
                        message: format!("`{}`: {}", entry.key, refused.message),
                        help: refused.help,
                    },
                )),
            }
        }
    }
    (layer, problems)
}

/// Reads the variables `PIP_*`.
pub fn pip_variables(variable: impl Fn(&str) -> Option<String>) -> (Layer, Vec<SettingProblem>) {
    let mut layer = Layer::of("PIP_*");
    let mut problems = Vec::new();
    for option in OPTIONS {
        for name in option.names {
            let place = format!("PIP_{}", name.to_uppercase().replace('-', "_"));
            let Some(text) = variable(&place).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            let Fate::Ours(ours) = option.fate else {
                layer.ignored.push(format!("`{place}`"));
                continue;
            };
            match option.takes.setting(&text) {
                Ok(value) => put(&mut layer, option, ours, value, place),
                Err(refused) => problems.push(refused.at(place)),
            }
        }
    }
    (layer, problems)
}

fn ours(key: &str) -> Option<(&'static PipOption, &'static str)> {
    let option = by_name(key)?;
    match option.fate {
        Fate::Ours(ours) => Some((option, ours)),
        _ => None,
    }
}

fn put(layer: &mut Layer, option: &PipOption, ours: &str, value: SettingValue, place: String) {
    if option.takes == Takes::Commas {
        add(layer, ours, value, place);
    } else {
        set(layer, ours, value, place);
    }
}

/// Returns what a section says in all files, the last one of each key, with the file's index.
fn last_entries<'a>(files: &'a [Ini<'a>], section: &str) -> Vec<(usize, &'a Entry<'a>)> {
    let mut last: Vec<(usize, &Entry<'_>)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        if !file.sections.contains(&section) {
            continue;
        }
        for counted in [DEFAULT, section] {
            for entry in file.entries.iter().filter(|entry| entry.section == counted) {
                last.retain(|(_, earlier)| earlier.key != entry.key);
                last.push((index, entry));
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, told, variables};
    use super::*;

    fn file<'a>(name: &'a str, text: &'a str) -> ForeignFile<'a> {
        ForeignFile { name, text }
    }

    #[track_caller]
    fn read(files: &[ForeignFile<'_>]) -> String {
        let (layer, problems) = pip_conf(files);
        assert_eq!(problems, []);
        shown(&layer)
    }

    #[test]
    fn reads_each_setting_of_a_file() {
        let text = "\
[global]
index-url = https://index.example/simple/
extra-index-url =
    https://a.example/simple/
    https://b.example/simple/
find_links: wheels/ https://c.example/links.html
no-index = no
trusted-host = a.example b.example:8443
cert = /etc/ca.pem
client-cert = /etc/me.pem
proxy = http://proxy.example:3128
timeout = 60.5
retries = 5
no-binary = psycopg2
only-binary = :all:
pre = yes
constraint = constraints.txt
build-constraint = build.txt
uploaded-prior-to = 2026-10-01
keyring-provider = import
disable-pip-version-check = 1
require-hashes = true
";
        insta::assert_snapshot!(read(&[file("pip.conf", text)]), @r#"
        index-url = ["https://index.example/simple/"] (pip.conf:2)
        extra-index-url = ["https://a.example/simple/", "https://b.example/simple/"] (pip.conf:3)
        find-links = ["wheels/", "https://c.example/links.html"] (pip.conf:6)
        no-index = false (pip.conf:7)
        trusted-host = ["a.example", "b.example:8443"] (pip.conf:8)
        cert = ["/etc/ca.pem"] (pip.conf:9)
        client-cert = ["/etc/me.pem"] (pip.conf:10)
        proxy = ["http://proxy.example:3128"] (pip.conf:11)
        timeout = ["61"] (pip.conf:12)
        retries = ["5"] (pip.conf:13)
        no-binary = ["psycopg2"] (pip.conf:14)
        only-binary = [":all:"] (pip.conf:15)
        pre = true (pip.conf:16)
        constraint = ["constraints.txt"] (pip.conf:17)
        build-constraint = ["build.txt"] (pip.conf:18)
        exclude-newer = ["2026-10-01T00:00:00Z"] (pip.conf:19)
        keyring-provider = ["subprocess"] (pip.conf:20)
        ignored: `disable-pip-version-check` (pip.conf:21)
        ignored: `require-hashes` (pip.conf:22)
        "#);
    }

    #[test]
    fn install_wins_over_global_and_later_files_over_earlier_ones() {
        let first = "[install]\ntimeout = 1\n[global]\ntimeout = 2\nretries = 1\nno-binary = a\n\
                     [download]\nretries = 9\n[list]\nformat = columns\n";
        let second = "[global]\ntimeout = 3\nretries = 2\n--no-binary = b,c\nproxy =\n[install]\nno-binary = d\n";
        insta::assert_snapshot!(read(&[file("a", first), file("b", second)]), @r#"
        retries = ["2"] (b:3)
        no-binary = ["b", "c", "d"] (b:4)
        timeout = ["1"] (a:2)
        "#);
    }

    #[test]
    fn the_default_section_is_part_of_each_section_there_is() {
        let defaults = "[DEFAULT]\nretries = 1\ntimeout = 1\n";
        assert_eq!(read(&[file("a", defaults)]), "");
        insta::assert_snapshot!(
            read(&[file("a", &format!("{defaults}[global]\ntimeout = 2\n"))]),
            @r#"
        retries = ["1"] (a:2)
        timeout = ["2"] (a:5)
        "#
        );
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_place_and_without_its_value() {
        let text = "[global]\nno-index = s3cret\ntimeout = s3cret\nproxy = s3cret\n s3cret\nx\n";
        let (_, problems) = pip_conf(&[file("a", "[global]\n"), file("b", text)]);
        let told: Vec<String> = problems
            .iter()
            .map(|(index, problem)| format!("{index}: {}", problem.message))
            .collect();
        assert_eq!(
            told,
            [
                "1: this is neither a section nor a key with a value",
                "1: `no-index`: this should be a boolean",
                "1: `timeout`: this should be a number of seconds",
                "1: `proxy`: this takes a single value, not several lines",
            ]
        );
        assert!(!format!("{problems:?}").contains("s3cret"));
    }

    #[test]
    fn reads_each_variable() {
        let (layer, problems) = pip_variables(variables(&[
            ("PIP_INDEX_URL", "https://me:s3cret@index.example/simple/"),
            (
                "PIP_EXTRA_INDEX_URL",
                "https://a.example/ https://b.example/",
            ),
            ("PIP_FIND_LINKS", "a b"),
            ("PIP_NO_INDEX", "0"),
            ("PIP_TRUSTED_HOST", "a.example"),
            ("PIP_CERT", "ca.pem"),
            ("PIP_CLIENT_CERT", "me.pem"),
            ("PIP_PROXY", "http://proxy.example"),
            ("PIP_DEFAULT_TIMEOUT", "15"),
            ("PIP_RETRIES", "0"),
            ("PIP_NO_BINARY", "a,b"),
            ("PIP_ONLY_BINARY", ":all:"),
            ("PIP_PRE", "1"),
            ("PIP_CONSTRAINT", "a.txt b.txt"),
            ("PIP_BUILD_CONSTRAINT", "c.txt"),
            ("PIP_UPLOADED_PRIOR_TO", "P3D"),
            ("PIP_KEYRING_PROVIDER", "subprocess"),
            ("PIP_NO_CACHE_DIR", "1"),
            ("PIP_CONFIG_FILE", "/dev/null"),
            ("PIP_TARGET", ""),
        ]));
        assert_eq!(problems, []);
        insta::assert_snapshot!(shown(&layer), @r#"
        constraint = ["a.txt", "b.txt"] (PIP_CONSTRAINT)
        build-constraint = ["c.txt"] (PIP_BUILD_CONSTRAINT)
        pre = true (PIP_PRE)
        no-binary = ["a", "b"] (PIP_NO_BINARY)
        only-binary = [":all:"] (PIP_ONLY_BINARY)
        index-url = ["https://me:s3cret@index.example/simple/"] (PIP_INDEX_URL)
        extra-index-url = ["https://a.example/", "https://b.example/"] (PIP_EXTRA_INDEX_URL)
        no-index = false (PIP_NO_INDEX)
        find-links = ["a", "b"] (PIP_FIND_LINKS)
        exclude-newer = ["P3D"] (PIP_UPLOADED_PRIOR_TO)
        keyring-provider = ["subprocess"] (PIP_KEYRING_PROVIDER)
        proxy = ["http://proxy.example"] (PIP_PROXY)
        retries = ["0"] (PIP_RETRIES)
        timeout = ["15"] (PIP_DEFAULT_TIMEOUT)
        trusted-host = ["a.example"] (PIP_TRUSTED_HOST)
        cert = ["ca.pem"] (PIP_CERT)
        client-cert = ["me.pem"] (PIP_CLIENT_CERT)
        ignored: `PIP_NO_CACHE_DIR`
        "#);
        assert!(!format!("{layer:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_wrong_in_a_variable_is_told_without_its_value() {
        let (layer, problems) = pip_variables(variables(&[
            ("PIP_PRE", "s3cret"),
            ("PIP_RETRIES", "s3cret"),
            ("PIP_KEYRING_PROVIDER", "s3cret"),
            ("PIP_TIMEOUT", "5"),
        ]));
        assert_eq!(layer.settings.len(), 1);
        insta::assert_snapshot!(told(&problems), @"
        PIP_PRE: this should be a boolean; write `yes` or `no`, `true` or `false`, `1` or `0`
        PIP_KEYRING_PROVIDER: unknown keyring provider; use `auto`, `disabled`, `import`, or `subprocess`
        PIP_RETRIES: this should be a non-negative number; write it as `3`
        ");
    }
}
