//! The one test binary.

#![allow(
    clippy::unwrap_used,
    reason = "a test fails where something is not as it should be"
)]

#[allow(dead_code, reason = "made for the tests of the HTTP client, too")]
#[path = "../support/authority.rs"]
mod authority;
#[path = "../support/fake_registry.rs"]
mod fake_registry;
#[path = "../support/images.rs"]
mod images;
#[path = "../support/index.rs"]
mod index;
#[path = "../support/project.rs"]
mod project;
#[path = "../support/registries.rs"]
mod registries;
#[path = "../support/repository.rs"]
mod repository;
#[path = "../support/request.rs"]
mod request;
#[allow(dead_code, reason = "made for the tests of the HTTP client, too")]
#[path = "../support/scripted.rs"]
mod scripted;

mod acceptance;
mod architecture;
mod bad_input;
mod builds;
mod caching;
mod choices;
mod configuration;
mod corpus;
mod docker;
mod docker_build;
mod docker_contexts;
mod docker_faults;
mod docker_platforms;
mod docker_registries;
mod docker_update;
mod explain;
mod groups;
mod headers;
mod includes;
mod indexes;
mod init;
mod installable;
mod laws;
mod layers;
mod options;
mod output;
mod overwrites;
mod places;
mod preferences;
mod projects;
mod pylock;
mod pylock_updates;
mod refusals;
mod scripts;
mod secrets;
mod stops;
mod target_laws;
mod targets;
mod unchanged;
mod universal;
mod update;
mod update_finds;
mod update_plans;
mod update_policy;
mod update_refusals;
mod wording;
