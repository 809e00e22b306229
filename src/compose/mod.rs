//! Compose files: the images they name, and the Dockerfiles written in them.
