//! Why specifiers, markers and requirements could not be read.

use crate::text::Span;

/// Why a specifier could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecifierError {
    /// What is wrong: a lower-case fragment without a final period.
    pub message: String,
    /// Where, in bytes of the text that was parsed.
    pub span: Span,
    /// What to write instead, if that is known.
    pub help: Option<String>,
}

impl SpecifierError {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            span,
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why a requirement or marker could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequirementError {
    /// What is wrong: a lower-case fragment without a final period.
    pub message: String,
    /// Where, in bytes of the text that was parsed.
    pub span: Span,
    /// What to write instead, if that is known.
    pub help: Option<String>,
}

impl RequirementError {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            span,
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<SpecifierError> for RequirementError {
    fn from(error: SpecifierError) -> Self {
        Self {
            message: error.message,
            span: error.span,
            help: error.help,
        }
    }
}
