//! The lock model: what a compiled requirements file holds, written and read.
