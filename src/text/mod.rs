//! Words for text: numbers of things, spans and the problems found at them, lines, newlines,
//! durations, words of option strings and for shells, hexadecimal digits, percent-encoding, and the nearest
//! known word to a misspelled one.

mod count;
mod cutoff;
mod duration;
mod edit;
mod hex;
mod line;
mod mapped;
mod nearest;
mod percent;
mod positions;
mod secrets;
mod shell;
mod shown;
mod span;
mod variable;
mod words;

pub use count::{list, many};
pub use cutoff::{cutoff, prior_to};
pub use duration::{DurationError, duration};
pub use edit::{Conflict, Edit, apply};
pub use hex::{decode_hex, hex, hex_in};
pub use line::{Newline, Position, line_at, lossy_offset, position};
pub use mapped::Mapped;
pub use nearest::nearest;
pub use percent::{percent_decoded, percent_decoded_bytes};
pub use positions::Positions;
pub use secrets::{
    has_query_secret, with_masked_passwords, without_login, without_password, without_query_secrets,
};
pub use shell::{option_word, shell_path, shell_word};
pub use shown::{shown, visible};
pub use span::{Problem, Span};
pub use variable::variable_word;
pub use words::{SplitError, Word, split_words};
