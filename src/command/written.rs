//! A value beside the text it was read from.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::str::FromStr;

/// A value, and how the user wrote it: a header repeats the user's spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsWritten<T> {
    value: T,
    text: String,
}

impl<T: FromStr> FromStr for AsWritten<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            value: text.parse()?,
            text: text.to_owned(),
        })
    }
}

impl<T> AsWritten<T> {
    /// Returns the value alone.
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T: Display> From<T> for AsWritten<T> {
    fn from(value: T) -> Self {
        Self {
            text: value.to_string(),
            value,
        }
    }
}

impl<T> Deref for AsWritten<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Display for AsWritten<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
