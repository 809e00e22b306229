//! Bytes by key on disk.
//!
//! A cache is a folder of buckets; a bucket (`simple-v3`) names the kind and
//! the format of what it holds, so that builds with other formats share the
//! folder; a key is any text, such as a URL. One entry is one file, which also
//! carries a short note: what HTTP needs to know of the entry's freshness can
//! be renewed without the payload being written again. An entry is read whole, or
//! ([`Cache::open_entry`]) by its head first and then by the blocks that are asked for.
//!
//! Several processes may use one folder, and each may be killed at any
//! instant: files are written aside and renamed, and what is torn or foreign
//! is treated as absent. Nothing here is forced to the disk (no `fsync`): a
//! lost entry is fetched again. What is stored under which key, and for how
//! long it holds, is the caller's.

mod buffer;
mod disk;
mod entry;
mod lazy;
mod place;

pub use disk::{Cache, Error};
pub use entry::Entry;
pub use lazy::{Blocks, LazyEntry, LazyStamp, Parts};
pub use place::default_dir;
