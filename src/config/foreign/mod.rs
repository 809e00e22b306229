//! Settings that people have for other tools: pip's, pip-tools' and uv's, as layers of
//! options of `compile`.
//!
//! Pure: texts and lookups come in. Which files are read, what is said about them and
//! which layer wins is for `cli`.

mod ini;
mod pip_args;
mod pip_conf;
mod pip_files;
mod pip_options;
mod pip_tools;
mod pip_tools_files;
mod pip_tools_keys;
mod uv;

pub use pip_args::pip_args;
pub use pip_conf::{pip_conf, pip_variables};
pub use pip_files::{System, pip_conf_files};
pub use pip_tools::pip_tools;
pub use pip_tools_files::pip_tools_file;
pub use uv::{IndexVariables, index_variable_names, index_variables, uv_unread, uv_variables};

use super::layer::{Layer, Setting, SettingValue};

/// A file of settings that somebody has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignFile<'a> {
    /// Its name, as messages give it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Something wrong with a setting that stands in no file: in a variable, or among
/// arguments. Never says the value, which may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// Where it stands: `PIP_TIMEOUT`, `--pip-args`.
    pub place: String,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Why a value is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    message: String,
    help: Option<String>,
}

impl Refused {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Some(help.into()),
        }
    }

    fn at(self, place: impl Into<String>) -> SettingProblem {
        SettingProblem {
            place: place.into(),
            message: self.message,
            help: self.help,
        }
    }
}

/// Adds a setting in place of an earlier one of the same option.
fn set(layer: &mut Layer, option: &str, value: SettingValue, place: String) {
    layer.settings.retain(|setting| setting.option != option);
    layer.settings.push(Setting {
        option: option.to_owned(),
        value,
        place,
    });
}

/// Adds a setting to an earlier one of the same option.
fn add(layer: &mut Layer, option: &str, value: SettingValue, place: String) {
    let earlier = layer
        .settings
        .iter_mut()
        .find(|setting| setting.option == option);
    match (earlier.map(|setting| &mut setting.value), value) {
        (Some(SettingValue::Texts(texts)), SettingValue::Texts(more)) => texts.extend(more),
        (_, value) => set(layer, option, value, place),
    }
}

/// What the tests of each reader need.
#[cfg(test)]
mod testing {
    use std::fmt::Write as _;

    use super::{Layer, SettingProblem, SettingValue};

    /// Returns a line for each setting, and one for each thing that is ignored.
    pub(super) fn shown(layer: &Layer) -> String {
        let mut lines = String::new();
        for setting in &layer.settings {
            let value = match &setting.value {
                SettingValue::Flag(flag) => flag.to_string(),
                SettingValue::Texts(texts) => format!("{texts:?}"),
            };
            let _ = writeln!(lines, "{} = {value} ({})", setting.option, setting.place);
        }
        for ignored in &layer.ignored {
            let _ = writeln!(lines, "ignored: {ignored}");
        }
        lines
    }

    /// Returns a line for each problem.
    pub(super) fn told(problems: &[SettingProblem]) -> String {
        let mut lines = String::new();
        for problem in problems {
            let _ = write!(lines, "{}: {}", problem.place, problem.message);
            if let Some(help) = &problem.help {
                let _ = write!(lines, "; {help}");
            }
            lines.push('\n');
        }
        lines
    }

    /// A lookup of variables in a list.
    pub(super) fn variables(
        list: &'static [(&'static str, &'static str)],
    ) -> impl Fn(&str) -> Option<String> {
        |name| {
            list.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }
}
