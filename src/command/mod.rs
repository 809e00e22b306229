//! The command that makes a lock: read from a header, and written into one.
//!
//! [`Options`] is all that such a command says. [`recipe`] reads what pip-compile, uv and
//! pinfold put at the top of a lock, [`write()`] spells options as a command of ours, and
//! what is written reads back as the same options. No command is run and no file is opened.

mod flags;
mod header;
mod line;
mod options;
mod parse;
mod targets;
mod tool;
mod values;
mod words;
mod written;

pub use flags::write;
pub use header::{Recipe, recipe, recipe_beside};
pub use options::{Options, seen_from};
pub use parse::CompileCommand;
pub use targets::{StatedTargets, stated_targets, target_name, target_words, universal_words};
pub use tool::Tool;
pub use values::{
    ConfigSetting, Hashes, IndexStrategy, LineEnds, Markers, NoLimit, NoSetting, ProjectLimit,
    ProjectLimitError, UploadLimit, named_index,
};
pub use written::AsWritten;

#[cfg(test)]
mod laws;
