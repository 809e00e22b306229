//! Results for programs.

use serde::Serialize;

use super::failure::Failure;

/// Returns a report as JSON that people can read as well.
pub(super) fn pretty(report: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec_pretty(report)
        .map_err(|error| Failure::usage(format!("cannot write JSON: {error}"), None))?;
    bytes.push(b'\n');
    Ok(bytes)
}
