//! What all readers of other tools' settings take, refuse, and put into a layer.

use crate::config::layer::{Layer, Setting, SettingValue};

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
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Refused {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Some(help.into()),
        }
    }

    pub(super) fn at(self, place: impl Into<String>) -> SettingProblem {
        SettingProblem {
            place: place.into(),
            message: self.message,
            help: self.help,
        }
    }
}

/// Adds a setting in place of an earlier one of the same option.
pub(super) fn set(layer: &mut Layer, option: &str, value: SettingValue, place: String) {
    layer.settings.retain(|setting| setting.option != option);
    layer.settings.push(Setting {
        option: option.to_owned(),
        value,
        place,
    });
}

/// Adds a setting to an earlier one of the same option.
pub(super) fn add(layer: &mut Layer, option: &str, value: SettingValue, place: String) {
    let earlier = layer
        .settings
        .iter_mut()
        .find(|setting| setting.option == option);
    match (earlier.map(|setting| &mut setting.value), value) {
        (Some(SettingValue::Texts(texts)), SettingValue::Texts(more)) => texts.extend(more),
        (_, value) => set(layer, option, value, place),
    }
}
