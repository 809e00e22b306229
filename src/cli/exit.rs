//! Exit codes, the same for every command.

/// Done, or nothing to do.
pub const DONE: u8 = 0;
/// A check failed: the lock is out of date, or there is no solution.
pub const NO: u8 = 1;
/// Error: usage, configuration, file access, access denied, a bug.
pub const FAILED: u8 = 2;
/// Temporary failure: network, rate limit, server error. Run again later.
pub const TRY_LATER: u8 = 75;
/// Stopped by Ctrl-C, as shells count it (128 + SIGINT).
pub const INTERRUPTED: u8 = 130;
/// Stopped by SIGTERM, as shells count it.
pub const TERMINATED: u8 = 143;
