//! The options of `pip install` (pip 26.3), and what becomes of each here: one table for
//! pip's files, its variables and the arguments that pip-tools hands on.

use super::setting::Refused;
use crate::config::layer::SettingValue;

/// An option of pip.
pub(super) struct PipOption {
    /// Its long names, without dashes.
    pub(super) names: &'static [&'static str],
    /// Its short name.
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
    pub(super) fate: Fate,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// None: the option alone says yes.
    Flag,
    /// None: the option alone says no.
    Off,
    /// One text.
    Text,
    /// Texts with blanks between them.
    Blanks,
    /// Names with commas between them, which add up.
    Commas,
    /// A number that is not negative.
    Number,
    /// A number of seconds, which may have a fraction.
    Seconds,
    /// A time, a day, or a number of days.
    Time,
    /// One of pip's ways to ask for credentials.
    Keyring,
    /// A version of Python, which pip takes without dots as well.
    PythonVersion,
}

/// What becomes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is this option of ours.
    Ours(&'static str),
    /// It is this option of ours where somebody wrote it for this project, that is, not
    /// in pip's own files and variables.
    Argument(&'static str),
    /// It says nothing to us.
    Nothing,
    /// As an argument it would change the answer, and this is how to say that here.
    Refused(&'static str),
}

const fn option(names: &'static [&'static str], takes: Takes, fate: Fate) -> PipOption {
    PipOption {
        names,
        short: None,
        takes,
        fate,
    }
}

const fn short(short: char, names: &'static [&'static str], takes: Takes, fate: Fate) -> PipOption {
    PipOption {
        names,
        short: Some(short),
        takes,
        fate,
    }
}

const TARGET: Fate = Fate::Refused("set the target with `python-version` and `python-platform`");
const SOURCE: Fate = Fate::Refused("pass it as a source, or put it into one");

/// All of them, in the order of pip's help.
pub(super) const OPTIONS: &[PipOption] = &[
    short('r', &["requirement"], Takes::Blanks, SOURCE),
    short(
        'c',
        &["constraint"],
        Takes::Blanks,
        Fate::Ours("constraint"),
    ),
    option(
        &["build-constraint"],
        Takes::Blanks,
        Fate::Ours("build-constraint"),
    ),
    option(&["requirements-from-script"], Takes::Blanks, SOURCE),
    option(
        &["no-deps", "no-dependencies"],
        Takes::Flag,
        Fate::Argument("no-deps"),
    ),
    option(
        &["only-deps", "only-dependencies"],
        Takes::Flag,
        Fate::Refused("put the requirements into a requirements file"),
    ),
    short('e', &["editable"], Takes::Blanks, SOURCE),
    option(&["dry-run"], Takes::Flag, Fate::Nothing),
    short('t', &["target"], Takes::Text, Fate::Nothing),
    option(&["platform"], Takes::Blanks, TARGET),
    option(
        &["python-version"],
        Takes::PythonVersion,
        Fate::Argument("python-version"),
    ),
    option(&["implementation"], Takes::Text, TARGET),
    option(&["abi"], Takes::Blanks, TARGET),
    option(&["user"], Takes::Flag, Fate::Nothing),
    option(&["no-user"], Takes::Off, Fate::Nothing),
    option(&["root"], Takes::Text, Fate::Nothing),
    option(&["prefix"], Takes::Text, Fate::Nothing),
    option(
        &["src", "source", "source-dir", "source-directory"],
        Takes::Text,
        Fate::Nothing,
    ),
    short('U', &["upgrade"], Takes::Flag, Fate::Nothing),
    option(&["upgrade-strategy"], Takes::Text, Fate::Nothing),
    option(&["force-reinstall"], Takes::Flag, Fate::Nothing),
    short('I', &["ignore-installed"], Takes::Flag, Fate::Nothing),
    option(
        &["ignore-requires-python"],
        Takes::Flag,
        Fate::Refused("replace wrong requirements with `override`; every pin must fit the target"),
    ),
    option(
        &["no-build-isolation"],
        Takes::Off,
        Fate::Argument("build-isolation"),
    ),
    option(&["use-pep517"], Takes::Flag, Fate::Nothing),
    option(&["no-use-pep517"], Takes::Off, Fate::Nothing),
    option(&["check-build-dependencies"], Takes::Flag, Fate::Nothing),
    option(&["break-system-packages"], Takes::Flag, Fate::Nothing),
    short(
        'C',
        &["config-settings", "config-setting"],
        Takes::Text,
        Fate::Argument("config-setting"),
    ),
    option(&["global-option"], Takes::Text, Fate::Nothing),
    option(&["build-option"], Takes::Text, Fate::Nothing),
    option(&["compile"], Takes::Flag, Fate::Nothing),
    option(&["no-compile"], Takes::Off, Fate::Nothing),
    option(&["no-warn-script-location"], Takes::Off, Fate::Nothing),
    option(&["no-warn-conflicts"], Takes::Off, Fate::Nothing),
    option(&["require-hashes"], Takes::Flag, Fate::Nothing),
    option(&["no-require-hashes"], Takes::Flag, Fate::Nothing),
    option(&["progress-bar"], Takes::Text, Fate::Nothing),
    option(&["root-user-action"], Takes::Text, Fate::Nothing),
    option(&["report"], Takes::Text, Fate::Nothing),
    option(&["group"], Takes::Text, Fate::Argument("group")),
    option(&["no-clean"], Takes::Flag, Fate::Nothing),
    option(&["pre"], Takes::Flag, Fate::Ours("pre")),
    option(
        &["all-releases"],
        Takes::Commas,
        Fate::Refused("use `pre`, or name a pre-release in a requirement"),
    ),
    option(
        &["only-final"],
        Takes::Commas,
        Fate::Refused("use `prerelease`"),
    ),
    option(&["no-binary"], Takes::Commas, Fate::Ours("no-binary")),
    option(&["only-binary"], Takes::Commas, Fate::Ours("only-binary")),
    option(&["prefer-binary"], Takes::Flag, Fate::Nothing),
    short(
        'i',
        &["index-url", "pypi-url"],
        Takes::Text,
        Fate::Ours("index-url"),
    ),
    option(
        &["extra-index-url"],
        Takes::Blanks,
        Fate::Ours("extra-index-url"),
    ),
    option(&["no-index"], Takes::Flag, Fate::Ours("no-index")),
    option(
        &["refresh-package"],
        Takes::Commas,
        Fate::Argument("refresh-package"),
    ),
    short(
        'f',
        &["find-links"],
        Takes::Blanks,
        Fate::Ours("find-links"),
    ),
    option(
        &["uploaded-prior-to"],
        Takes::Time,
        Fate::Ours("exclude-newer"),
    ),
    option(&["debug"], Takes::Flag, Fate::Nothing),
    option(&["isolated"], Takes::Flag, Fate::Nothing),
    option(
        &["require-virtualenv", "require-venv"],
        Takes::Flag,
        Fate::Nothing,
    ),
    option(&["python"], Takes::Text, Fate::Argument("python")),
    short('v', &["verbose"], Takes::Flag, Fate::Nothing),
    short('q', &["quiet"], Takes::Flag, Fate::Nothing),
    option(
        &["log", "log-file", "local-log"],
        Takes::Text,
        Fate::Nothing,
    ),
    option(&["no-input"], Takes::Flag, Fate::Nothing),
    option(
        &["keyring-provider"],
        Takes::Keyring,
        Fate::Ours("keyring-provider"),
    ),
    option(&["proxy"], Takes::Text, Fate::Ours("proxy")),
    option(&["no-proxy-env"], Takes::Flag, Fate::Nothing),
    option(&["retries"], Takes::Number, Fate::Ours("retries")),
    option(
        &["timeout", "default-timeout"],
        Takes::Seconds,
        Fate::Ours("timeout"),
    ),
    option(&["exists-action"], Takes::Blanks, Fate::Nothing),
    option(&["trusted-host"], Takes::Blanks, Fate::Ours("trusted-host")),
    option(&["cert"], Takes::Text, Fate::Ours("cert")),
    option(&["client-cert"], Takes::Text, Fate::Ours("client-cert")),
    option(&["cache-dir"], Takes::Text, Fate::Nothing),
    option(&["no-cache-dir"], Takes::Flag, Fate::Argument("no-cache")),
    option(&["disable-pip-version-check"], Takes::Flag, Fate::Nothing),
    option(&["no-color"], Takes::Flag, Fate::Nothing),
    option(&["no-python-version-warning"], Takes::Flag, Fate::Nothing),
    option(&["use-feature"], Takes::Blanks, Fate::Nothing),
    option(&["use-deprecated"], Takes::Blanks, Fate::Nothing),
    option(&["resume-retries"], Takes::Number, Fate::Nothing),
];

/// Returns the option of this long name.
pub(super) fn by_name(name: &str) -> Option<&'static PipOption> {
    OPTIONS.iter().find(|option| option.names.contains(&name))
}

/// Returns the option of this short name.
pub(super) fn by_short(short: char) -> Option<&'static PipOption> {
    OPTIONS.iter().find(|option| option.short == Some(short))
}

impl PipOption {
    /// Whether something stands behind it on a command line.
    pub(super) fn has_value(&self) -> bool {
        !matches!(self.takes, Takes::Flag | Takes::Off)
    }
}

impl Takes {
    /// Reads a value as pip's files and variables have it; it is not empty.
    pub(super) fn setting(self, text: &str) -> Result<SettingValue, Refused> {
        match self {
            // Of `Off`, pip stores the value itself: `no-build-isolation = false` is what
            // switches it off.
            Self::Flag | Self::Off => truth(text).map(SettingValue::Flag),
            Self::Blanks => Ok(SettingValue::Texts(
                text.split_whitespace().map(str::to_owned).collect(),
            )),
            _ => self.argument(text),
        }
    }

    /// Reads a value as it stands behind an option of a command line.
    pub(super) fn argument(self, text: &str) -> Result<SettingValue, Refused> {
        let one = |text: String| Ok(SettingValue::Texts(vec![text]));
        let text = text.trim();
        if self != Self::Commas && text.contains('\n') {
            return Err(Refused::new(
                "this takes a single value, not several lines",
                "do not indent lines that are separate settings",
            ));
        }
        match self {
            Self::Flag => Ok(SettingValue::Flag(true)),
            Self::Off => Ok(SettingValue::Flag(false)),
            Self::Text | Self::Blanks => one(text.to_owned()),
            Self::Commas => Ok(SettingValue::Texts(
                text.split(|c: char| c == ',' || c.is_whitespace())
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
            )),
            Self::Number => match text.parse::<u32>() {
                Ok(number) => one(number.to_string()),
                Err(_) => Err(Refused::new(
                    "this should be a non-negative number",
                    "write it as `3`",
                )),
            },
            Self::Seconds => seconds(text).map_or_else(
                || {
                    Err(Refused::new(
                        "this should be a number of seconds",
                        "write it as `15`",
                    ))
                },
                |seconds| one(seconds.to_string()),
            ),
            Self::Time => one(time(text)),
            Self::Keyring => match text {
                "disabled" => one(text.to_owned()),
                // Python's back ends cannot be imported here; the program asks them.
                "auto" | "import" | "subprocess" => one("subprocess".to_owned()),
                _ => Err(Refused::new(
                    "unknown keyring provider",
                    "use `auto`, `disabled`, `import`, or `subprocess`",
                )),
            },
            Self::PythonVersion => one(python_version(text)),
        }
    }
}

/// Reads pip's truth values.
fn truth(text: &str) -> Result<bool, Refused> {
    match text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
        _ => Err(Refused::new(
            "this should be a boolean",
            "write `yes` or `no`, `true` or `false`, `1` or `0`",
        )),
    }
}

/// Returns a number of seconds without a fraction, rounded up.
fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    whole.checked_add(u64::from(fraction.bytes().any(|digit| digit != b'0')))
}

/// Returns a time that has no offset with one.
///
/// pip takes a day for its first moment, where our own option takes it for its last, and
/// all times without an offset for local ones; here they are UTC, for the same answer
/// everywhere.
pub(super) fn time(text: &str) -> String {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return text.to_owned();
    }
    match text.parse::<jiff::civil::DateTime>() {
        Ok(time) => format!("{time}Z"),
        Err(_) => text.to_owned(),
    }
}

/// Returns a version of Python with its dots: pip takes `312` for `3.12`.
fn python_version(text: &str) -> String {
    match text.split_at_checked(1) {
        Some((major, minor))
            if !minor.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            format!("{major}.{minor}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(takes: Takes, text: &str, expected: &[&str]) {
        let expected = expected.iter().map(|&text| text.to_owned()).collect();
        assert!(
            takes.setting(text) == Ok(SettingValue::Texts(expected)),
            "{text}"
        );
    }

    #[test]
    fn values_are_split_and_rewritten_as_each_option_wants() {
        check(Takes::Blanks, " a\n\n b\tc ", &["a", "b", "c"]);
        check(Takes::Commas, "a,b, c\n:none:", &["a", "b", "c", ":none:"]);
        check(Takes::Seconds, "15", &["15"]);
        check(Takes::Seconds, "0.5", &["1"]);
        check(Takes::Seconds, "60.0", &["60"]);
        check(Takes::Number, "007", &["7"]);
        check(Takes::Time, "2026-10-01", &["2026-10-01T00:00:00Z"]);
        check(
            Takes::Time,
            "2026-10-01 12:30:00",
            &["2026-10-01T12:30:00Z"],
        );
        check(
            Takes::Time,
            "2026-10-01T12:30:00+02:00",
            &["2026-10-01T12:30:00+02:00"],
        );
        check(Takes::Time, "P3D", &["P3D"]);
        check(Takes::Keyring, "import", &["subprocess"]);
        check(Takes::Keyring, "auto", &["subprocess"]);
        check(Takes::Keyring, "disabled", &["disabled"]);
        check(Takes::PythonVersion, "312", &["3.12"]);
        check(Takes::PythonVersion, "3", &["3"]);
        check(Takes::PythonVersion, "3.12.1", &["3.12.1"]);
    }

    #[test]
    fn truth_is_what_pip_takes_for_it() {
        for yes in ["y", "YES", "t", "True", "on", "1"] {
            assert!(
                Takes::Flag.setting(yes) == Ok(SettingValue::Flag(true)),
                "{yes}"
            );
        }
        for no in ["n", "No", "f", "FALSE", "off", "0"] {
            assert!(
                Takes::Flag.setting(no) == Ok(SettingValue::Flag(false)),
                "{no}"
            );
        }
        for bad in ["2", "enabled", "-1"] {
            assert!(Takes::Flag.setting(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for (takes, text) in [
            (Takes::Number, "-1"),
            (Takes::Number, "many"),
            (Takes::Seconds, "-1"),
            (Takes::Seconds, "."),
            (Takes::Seconds, "1e3"),
            (Takes::Seconds, "99999999999999999999"),
            (Takes::Keyring, "always"),
            (Takes::Text, "a\nb = c"),
        ] {
            assert!(takes.setting(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_name_stands_for_two_options() {
        let mut names: Vec<&str> = OPTIONS
            .iter()
            .flat_map(|option| option.names)
            .copied()
            .collect();
        let mut shorts: Vec<char> = OPTIONS.iter().filter_map(|option| option.short).collect();
        let counts = (names.len(), shorts.len());
        names.sort_unstable();
        names.dedup();
        shorts.sort_unstable();
        shorts.dedup();
        assert_eq!((names.len(), shorts.len()), counts);
    }

    #[test]
    fn each_setting_that_is_ours_by_design_is_in_the_table() {
        for name in [
            "index-url",
            "extra-index-url",
            "find-links",
            "no-index",
            "trusted-host",
            "cert",
            "client-cert",
            "proxy",
            "timeout",
            "retries",
            "no-binary",
            "only-binary",
            "pre",
            "constraint",
            "build-constraint",
            "uploaded-prior-to",
            "keyring-provider",
        ] {
            let fate = by_name(name).map(|option| option.fate);
            assert!(matches!(fate, Some(Fate::Ours(_))), "{name}");
        }
    }
}
