//! The client against a server that follows a script.
