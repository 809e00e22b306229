//! What one place outside the command line says of the options of `compile`.
//!
//! A layer knows names and values only: which of several layers wins, and whether a
//! value is one of its option, is for the command line, which holds the table of options.

use std::fmt;

/// What one place says of the options of `compile`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    /// What holds it, as a message names it: a file's path as it was given, or the names
    /// of variables as a family (`PIP_*`).
    pub origin: String,
    /// What it says, in its order; an option may be named twice, the later one counts.
    pub settings: Vec<Setting>,
    /// What is known there and nothing to us, each as a sentence's first words
    /// (`` `log` (pip.conf:4) ``), so that `--verbose` can say it.
    pub ignored: Vec<String>,
}

/// What is said of one option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The option's long name without dashes: `index-url`. Options that come in pairs go by
    /// their positive name: `no-header = true` is `header` with [`SettingValue::Flag`] false.
    pub option: String,
    /// Its value.
    pub value: SettingValue,
    /// Where it is said, for messages: `pip.conf:3`, `PIP_INDEX_URL`, `.pip-tools.toml:4`.
    pub place: String,
}

/// The value of an option.
#[derive(Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// An option that takes no value, or its opposite.
    Flag(bool),
    /// The values, as they would be typed; none takes back what a weaker layer says.
    Texts(Vec<String>),
}

impl Layer {
    /// Returns a layer that says nothing.
    pub fn of(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
            ..Self::default()
        }
    }

    /// Returns what it says of an option.
    pub fn get(&self, option: &str) -> Option<&Setting> {
        let mut settings = self.settings.iter().rev();
        settings.find(|setting| setting.option == option)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.ignored.is_empty()
    }
}

/// Values may be URLs with passwords, so they are counted, not shown.
impl fmt::Debug for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "Flag({flag})"),
            Self::Texts(texts) => write!(f, "Texts({} hidden)", texts.len()),
        }
    }
}
