//! Registries: what a tag says now, and whether a digest is still there, by the OCI
//! distribution specification.
