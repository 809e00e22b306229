//! How slowly an answer may come.
//!
//! Silence has a limit of its own, and so has a whole request; neither ends an answer of a few
//! bytes that takes minutes. So a body has some time to begin with, and more for what has
//! come.

use std::time::{Duration, SystemTime};

/// How long any body may take.
const GRACE: Duration = Duration::from_secs(30);

/// How many bytes buy another second: less than the slowest line gives.
const BYTES_PER_SECOND: u64 = 1 << 10;

/// The pace of one body.
pub(super) struct Pace {
    began: SystemTime,
}

impl Pace {
    /// Begins with a body.
    pub(super) const fn from(began: SystemTime) -> Self {
        Self { began }
    }

    /// Checks that so many bytes have come in time.
    ///
    /// # Errors
    /// How long it has taken, if that is too long.
    pub(super) fn check(&self, bytes: u64, now: SystemTime) -> Result<(), Duration> {
        // A clock that was set back proves nothing.
        let elapsed = now.duration_since(self.began).unwrap_or_default();
        if elapsed <= GRACE + Duration::from_secs(bytes / BYTES_PER_SECOND) {
            return Ok(());
        }
        Err(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_buys_time() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1000 + seconds);
        let pace = Pace::from(at(0));
        let check = |bytes, seconds| pace.check(bytes, at(seconds)).is_ok();
        assert!(check(0, 30) && !check(0, 31));
        assert!(check(10 << 10, 40) && !check(10 << 10, 41));
        let set_back = SystemTime::UNIX_EPOCH;
        assert!(pace.check(0, set_back).is_ok());
    }
}
