//! How much of pages is inflated and read at once.
//!
//! A cold run asks for a hundred pages at a time, and one of them may be as long as all
//! the others together. So each takes room as it is long, and waits where there is none.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use crate::http::{self, Response, blocking};
use crate::index::page;

/// The longest page to accept, inflated: ten times the longest that there are.
const MAX_PAGE: u64 = 256 << 20;

/// How many bytes of pages are inflated at once; a longer page is alone.
const ALL: u64 = 64 << 20;

/// What a short page takes as well: what is made of it, and a thread.
const LEAST: u64 = 4 << 20;

/// What room is counted in.
const UNIT: u64 = 1 << 20;

/// What came of reading a page.
enum Done<T, F> {
    Read(Result<T, Error>),
    /// It is longer than it says, and is to be read once more.
    Longer(Box<(Response, F)>),
}

/// The room for pages.
pub(super) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new((ALL / UNIT) as usize)))
    }
}

impl Room {
    /// Inflates a page and reads it, on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        response: Response,
        read: impl FnOnce(&Response, &[u8]) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let most = response.most_plain_bytes(MAX_PAGE);
        let mut room = response.likely_plain_bytes().min(most);
        let mut work = (response, read);
        loop {
            let permit = self.take(room).await;
            let (response, read) = work;
            let done = blocking(move || {
                let done = match response.decode_wanted(room, page::may_be_page) {
                    Err(http::Error::TooLarge { .. }) if room < most => {
                        Done::Longer(Box::new((response, read)))
                    }
                    Err(error) => Done::Read(Err(error.into())),
                    Ok(body) => Done::Read(read(&response, &body)),
                };
                drop(permit);
                done
            })
            .await;
            match done {
                Done::Read(result) => return result,
                Done::Longer(again) => work = *again,
            }
            room = most;
        }
    }

    async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let units = (bytes.clamp(LEAST, ALL) / UNIT) as u32;
        // Never closed, so always had.
        Arc::clone(&self.0).acquire_many_owned(units).await.ok()
    }
}
