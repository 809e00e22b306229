//! Bytes by key on disk.
