//! What is said at a registry to be let in.

use crate::http::Secret;

/// The user name that says that the password is a refresh token.
const IDENTITY_USER: &str = "<token>";

/// What to say at a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::registry) enum Login {
    /// To the registry, or to get a token with.
    Password { user: String, password: Secret },
    /// A refresh token, to get tokens with.
    Identity(Secret),
    /// A token for the registry itself.
    Token(Secret),
}

impl Login {
    pub(super) fn new(user: String, password: String) -> Self {
        let password = Secret::new(password);
        if user == IDENTITY_USER {
            return Self::Identity(password);
        }
        Self::Password { user, password }
    }

    /// Returns user name and password, where they can be said.
    pub(in crate::registry) fn as_password(&self) -> Option<(&str, &Secret)> {
        match self {
            Self::Password { user, password } => Some((user, password)),
            Self::Identity(token) => Some((IDENTITY_USER, token)),
            Self::Token(_) => None,
        }
    }
}
