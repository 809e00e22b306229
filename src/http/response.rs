//! What came back, and how to make plain bytes of it.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderName, header};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::error::Error;
use super::redact::display_url;

/// How long a plain text may be whatever was sent, and how many times as long as that
/// otherwise.
const MODEST_BYTES: u64 = 16 << 20;
const MAX_RATIO: u64 = 100;

/// How much is inflated before it is judged.
const BEGINNING: u64 = 64 << 10;

/// An answer that can be used: status 200, 206 or 304, unless any may be.
#[derive(Debug, Clone)]
pub struct Response {
    /// 200, 206 (only if a range was asked for) or 304 (only if revalidating); with
    /// [`Request::any_status`](super::Request::any_status) also what is not success.
    pub status: u16,
    /// Where it came from in the end, redirects followed; without credentials.
    pub url: Url,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The body as it was sent: still compressed, if it was.
    pub body: Bytes,
    /// What lets a long page be held; others wait until it is let go.
    #[expect(dead_code, reason = "held for what it keeps others from")]
    pub(super) room: Option<Arc<OwnedSemaphorePermit>>,
}

/// Which part of a whole a 206 holds (RFC 9110 §14.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte.
    pub first: u64,
    /// The last byte, included.
    pub last: u64,
    /// The length of the whole, if the server knows it.
    pub total: Option<u64>,
}

/// Tells by the beginning of a text whether it is what is wanted.
type IsWanted<'a> = &'a dyn Fn(&[u8]) -> bool;

impl Response {
    /// Tells whether the stored copy still holds.
    pub fn is_not_modified(&self) -> bool {
        self.status == 304
    }

    /// Returns a header's value, if there is one and it is text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the media type in lower case, without its parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header(&header::CONTENT_TYPE)?;
        let essence = value.split(';').next()?.trim();
        (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
    }

    /// Returns which part of the whole a partial answer holds.
    pub fn content_range(&self) -> Option<ContentRange> {
        content_range(&self.headers)
    }

    /// Returns the body uncompressed, at most `max_bytes` long, nor longer than compression
    /// makes a text: see [`Response::most_plain_bytes`].
    ///
    /// This takes time for large bodies: call it on a thread that may block. A
    /// body that is not compressed is handed over without a copy.
    pub fn decode(&self, max_bytes: u64) -> Result<Bytes, Error> {
        self.decode_wanted(max_bytes, |_| true)
    }

    /// As [`Response::decode`], but if the beginning is not what is wanted, only that is
    /// inflated and returned.
    pub fn decode_wanted(
        &self,
        max_bytes: u64,
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Bytes, Error> {
        let max_bytes = self.most_plain_bytes(max_bytes);
        let mut body = self.body.clone();
        let mut encodings = self.encodings();
        encodings.retain(|encoding| !matches!(encoding.as_str(), "" | "identity"));
        while let Some(encoding) = encodings.pop() {
            // What is compressed twice is judged when it is plain.
            let is_wanted = |beginning: &[u8]| !encodings.is_empty() || is_wanted(beginning);
            let limits = (max_bytes, &is_wanted as IsWanted<'_>);
            body = match encoding.as_str() {
                "gzip" | "x-gzip" => self.inflate(MultiGzDecoder::new(&body[..]), &body, limits)?,
                // Named after RFC 1950's format, but some send RFC 1951's bare.
                "deflate" if looks_like_zlib(&body) => {
                    self.inflate(ZlibDecoder::new(&body[..]), &body, limits)?
                }
                "deflate" => self.inflate(DeflateDecoder::new(&body[..]), &body, limits)?,
                other => {
                    return Err(Error::Garbage {
                        url: display_url(&self.url),
                        detail: format!(
                            "its encoding `{}` was not requested",
                            other.escape_debug()
                        ),
                    });
                }
            };
        }
        if body.len() as u64 > max_bytes {
            return Err(self.too_large(max_bytes));
        }
        Ok(body)
    }

    /// Returns how long the plain body may be, at most `max_bytes`: of a compressed one in
    /// proportion to what was sent.
    ///
    /// Pages compress to a tenth or a twentieth. What is a thousand times as long as what
    /// was sent is made to fill the memory of who reads it.
    pub fn most_plain_bytes(&self, max_bytes: u64) -> u64 {
        if self.is_plain() {
            return max_bytes;
        }
        let in_proportion = (self.body.len() as u64).saturating_mul(MAX_RATIO);
        max_bytes.min(in_proportion.max(MODEST_BYTES))
    }

    /// Returns how long the plain body is by what it says of itself, which may be wrong.
    pub fn likely_plain_bytes(&self) -> u64 {
        if self.is_plain() {
            return self.body.len() as u64;
        }
        guess_length(&self.body, u64::MAX) as u64
    }

    fn is_plain(&self) -> bool {
        !self.headers.contains_key(header::CONTENT_ENCODING)
    }

    fn encodings(&self) -> Vec<String> {
        self.headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|encoding| encoding.trim().to_ascii_lowercase())
            .collect()
    }

    fn inflate(
        &self,
        mut decoder: impl Read,
        body: &[u8],
        (max_bytes, is_wanted): (u64, IsWanted<'_>),
    ) -> Result<Bytes, Error> {
        // Nothing compressed to nothing: some servers label an empty body so.
        if body.is_empty() {
            return Ok(Bytes::new());
        }
        let mut plain = Vec::with_capacity(guess_length(body, max_bytes));
        // One byte more than allowed tells "just fits" from "too large".
        let most = max_bytes.saturating_add(1);
        let beginning = most.min(BEGINNING);
        let inflated = decoder
            .by_ref()
            .take(beginning)
            .read_to_end(&mut plain)
            .and_then(|_| {
                if (plain.len() as u64) < beginning || is_wanted(&plain) {
                    return decoder.take(most - beginning).read_to_end(&mut plain);
                }
                Ok(0)
            });
        match inflated {
            Ok(_) if plain.len() as u64 > max_bytes => Err(self.too_large(max_bytes)),
            Ok(_) => Ok(plain.into()),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(Error::Truncated {
                    url: display_url(&self.url),
                    detail: "the compressed data ends early".to_owned(),
                })
            }
            Err(error) => Err(Error::Garbage {
                url: display_url(&self.url),
                detail: format!("the compressed data is damaged ({error})"),
            }),
        }
    }

    fn too_large(&self, limit: u64) -> Error {
        Error::TooLarge {
            url: display_url(&self.url),
            limit,
        }
    }
}

/// Reads `bytes first-last/total`.
pub(super) fn content_range(headers: &HeaderMap) -> Option<ContentRange> {
    let value = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (unit, rest) = value.trim().split_once(' ')?;
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (range, total) = rest.trim().split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let range = ContentRange {
        first: first.trim().parse().ok()?,
        last: last.trim().parse().ok()?,
        total: match total.trim() {
            "*" => None,
            total => Some(total.parse().ok()?),
        },
    };
    (range.first <= range.last).then_some(range)
}

/// RFC 1950 §2.2: the method is 8 and the two bytes are a multiple of 31.
fn looks_like_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 15 == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

/// Guesses the plain length, so that a page of megabytes is not copied while it grows.
///
/// A gzip member ends with its plain length (RFC 1952 §2.3.1). It is a hint
/// only, so it is not believed beyond what compression can do for text.
fn guess_length(body: &[u8], max_bytes: u64) -> usize {
    let hint = body
        .last_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
    let believable = body.len().saturating_mul(32);
    let guess = if hint <= believable {
        hint
    } else {
        body.len().saturating_mul(4)
    };
    // One more, so that the reader sees the end without growing.
    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    guess.min(limit).min(64 << 20) + 32
}
