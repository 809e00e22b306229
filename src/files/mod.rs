//! Files are read whole and replaced atomically.
