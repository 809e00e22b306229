//! Whether an answer is one to what was asked.

use http::{HeaderMap, Method, StatusCode, header};

use super::request::Request;
use super::response::content_range;

pub(super) fn is_answer(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    )
}

/// Returns at which byte of what was asked for the body begins.
pub(super) fn position(
    status: StatusCode,
    headers: &HeaderMap,
    request: &Request,
    kept: u64,
) -> Result<u64, String> {
    match status {
        StatusCode::NOT_MODIFIED if request.revalidate.is_none() => {
            Err("status 304 for an unconditional request".to_owned())
        }
        StatusCode::PARTIAL_CONTENT => {
            let is_resumed = kept > 0 && request.last_bytes.is_none();
            if !request.is_range() && !is_resumed {
                return Err("status 206 for a request without a range".to_owned());
            }
            let range =
                content_range(headers).ok_or_else(|| "status 206 without its range".to_owned())?;
            if request.last_bytes.is_some() {
                return Ok(0);
            }
            let resumed_at = if is_resumed { kept } else { 0 };
            let (first, last) = request.range.unwrap_or((0, u64::MAX));
            if range.first != first.saturating_add(resumed_at) || range.last > last {
                return Err(format!("unexpected range: {}-{}", range.first, range.last));
            }
            Ok(resumed_at)
        }
        _ => Ok(0),
    }
}

pub(super) fn body_length(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<u64> {
    if method == Method::HEAD || status == StatusCode::NOT_MODIFIED {
        return Some(0);
    }
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
