//! One HTTP client: timeouts, retries, limits, credentials, cache policy.
