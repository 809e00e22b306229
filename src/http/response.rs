//! What came back, and how to make plain bytes of it.

use std::io::Read;

use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderName, header};
use url::Url;

use super::error::Error;
use super::redact::display_url;

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

    /// Returns the body uncompressed, at most `max_bytes` long.
    ///
    /// This takes time for large bodies: call it on a thread that may block. A
    /// body that is not compressed is handed over without a copy.
    pub fn decode(&self, max_bytes: u64) -> Result<Bytes, Error> {
        let mut body = self.body.clone();
        for encoding in self.encodings().into_iter().rev() {
            body = match encoding.as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => {
                    self.inflate(MultiGzDecoder::new(&body[..]), &body, max_bytes)?
                }
                // Named after RFC 1950's format, but some send RFC 1951's bare.
                "deflate" if looks_like_zlib(&body) => {
                    self.inflate(ZlibDecoder::new(&body[..]), &body, max_bytes)?
                }
                "deflate" => self.inflate(DeflateDecoder::new(&body[..]), &body, max_bytes)?,
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

    fn encodings(&self) -> Vec<String> {
        self.headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|encoding| encoding.trim().to_ascii_lowercase())
            .collect()
    }

    fn inflate(&self, decoder: impl Read, body: &[u8], max_bytes: u64) -> Result<Bytes, Error> {
        // Nothing compressed to nothing: some servers label an empty body so.
        if body.is_empty() {
            return Ok(Bytes::new());
        }
        let mut plain = Vec::with_capacity(guess_length(body, max_bytes));
        // One byte more than allowed tells "just fits" from "too large".
        match decoder
            .take(max_bytes.saturating_add(1))
            .read_to_end(&mut plain)
        {
            Ok(length) if length as u64 > max_bytes => Err(self.too_large(max_bytes)),
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
