//! What is found in the files, and what helpers say.
