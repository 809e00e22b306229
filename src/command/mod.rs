//! The command that makes a lock: read from a header, and written into one.
//!
//! [`recipe`] reads what pip-compile, uv and pinfold write at the top of a lock, and
//! [`Options`] is what such a command says. No command is run and no file is opened.

mod flags;
mod header;
mod line;
mod options;
mod parse;
mod tool;
mod words;

pub(crate) use header::target;
pub use header::{CompileCommand, Recipe, recipe, recipe_beside};
pub use line::{CommandOption, OptionKind, command_line};
pub use options::{Defaults, Options, named_index};
pub use tool::Tool;
