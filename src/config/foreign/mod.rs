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
mod setting;
mod uv;

pub use pip_args::pip_args;
pub use pip_conf::{pip_conf, pip_variables};
pub use pip_files::{System, pip_conf_files};
pub use pip_tools::pip_tools;
pub use pip_tools_files::pip_tools_file;
pub use setting::{ForeignFile, SettingProblem};
pub use uv::{IndexVariables, index_variable_names, index_variables, uv_unread, uv_variables};

/// What the tests of each reader need.
#[cfg(test)]
mod testing {
    use std::fmt::Write as _;

    use super::SettingProblem;
    use crate::config::layer::{Layer, SettingValue};

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
