//! Manifests, image indexes and configurations: OCI image specification 1.1, and
//! Docker's schema 2, which has the same fields.
//!
//! Only what pinning and its explanations need is read; layers are not. Schema 1 is not
//! read at all.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::image::{Digest, Platform};

/// What is asked for, on HEAD and on GET: which of a tag's digests comes depends on it.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// What a digest names: an image, or one for each platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// An image index (Docker: a manifest list).
    Index {
        /// The manifests in it, in its order.
        entries: Vec<IndexEntry>,
        /// What its makers say of it.
        annotations: BTreeMap<String, String>,
    },
    /// A single image.
    Image {
        /// The digest of its configuration.
        config: Digest,
        /// What its makers say of it.
        annotations: BTreeMap<String, String>,
    },
}

/// A manifest of an image index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The digest of the manifest.
    pub digest: Digest,
    /// What it runs on; none for what is not an image, such as attestations.
    pub platform: Option<Platform>,
    /// What the index says of it.
    pub annotations: BTreeMap<String, String>,
}

/// The part of an image's configuration that tells what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageConfig {
    /// What the image runs on.
    pub platform: Platform,
    /// The environment, in order.
    pub env: Vec<(String, String)>,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// When it was made, as it says (RFC 3339).
    pub created: Option<String>,
}

/// The media types of manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Index,
    Image,
}

impl Kind {
    /// Returns what a media type stands for, if it is one of those asked for.
    pub(super) fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json" => Some(Self::Index),
            "application/vnd.oci.image.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v2+json" => Some(Self::Image),
            _ => None,
        }
    }

    /// Whether a media type is Docker's first one, whose digests change with each answer.
    pub(super) fn is_schema_1(media_type: &str) -> bool {
        media_type.starts_with("application/vnd.docker.distribution.manifest.v1+")
    }
}

#[derive(Deserialize)]
struct RawManifest {
    #[serde(rename = "schemaVersion")]
    schema_version: Option<u64>,
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    manifests: Option<Vec<RawEntry>>,
    config: Option<RawDescriptor>,
    layers: Option<serde::de::IgnoredAny>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawDescriptor {
    digest: String,
}

#[derive(Deserialize)]
struct RawEntry {
    digest: String,
    platform: Option<RawPlatform>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawPlatform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(flatten)]
    platform: RawPlatform,
    created: Option<String>,
    config: Option<RawInner>,
}

#[derive(Default, Deserialize)]
struct RawInner {
    #[serde(rename = "Env")]
    env: Option<Vec<String>>,
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

impl RawPlatform {
    /// Returns the platform; none if it is `unknown`, as of attestations, or no words.
    fn read(&self) -> Option<Platform> {
        let os = self.os.as_deref()?;
        let architecture = self.architecture.as_deref()?;
        if os == "unknown" || architecture == "unknown" {
            return None;
        }
        let mut text = format!("{os}/{architecture}");
        if let Some(variant) = self
            .variant
            .as_deref()
            .filter(|variant| !variant.is_empty())
        {
            text.push('/');
            text.push_str(variant);
        }
        text.parse().ok()
    }
}

impl Manifest {
    /// Reads a manifest, or says what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let raw: RawManifest = from_json(bytes)?;
        if raw.schema_version != Some(2) {
            return Err("its `schemaVersion` is not 2".to_owned());
        }
        let annotations = raw.annotations.unwrap_or_default();
        let kind = raw.media_type.as_deref().map(Kind::of);
        // Two readers must not see two things in one document.
        match (raw.manifests, raw.config) {
            (Some(entries), None) if raw.layers.is_none() && kind != Some(Some(Kind::Image)) => {
                let entries: Result<_, String> = entries.into_iter().map(entry).collect();
                Ok(Self::Index {
                    entries: entries?,
                    annotations,
                })
            }
            (None, Some(config)) if kind != Some(Some(Kind::Index)) => Ok(Self::Image {
                config: digest(&config.digest)?,
                annotations,
            }),
            (Some(_), _) | (_, Some(_)) => {
                Err("it is both an index and an image, or declares the wrong kind".to_owned())
            }
            (None, None) => Err("it has neither `manifests` nor `config`".to_owned()),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Index { .. } => Kind::Index,
            Self::Image { .. } => Kind::Image,
        }
    }
}

fn entry(raw: RawEntry) -> Result<IndexEntry, String> {
    Ok(IndexEntry {
        digest: digest(&raw.digest)?,
        platform: raw.platform.and_then(|platform| platform.read()),
        annotations: raw.annotations.unwrap_or_default(),
    })
}

fn digest(text: &str) -> Result<Digest, String> {
    text.parse()
        .map_err(|error: crate::image::DigestError| error.to_string())
}

impl ImageConfig {
    /// Reads a configuration, or says what is wrong with it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let raw: RawConfig = from_json(bytes)?;
        let platform = raw
            .platform
            .read()
            .ok_or_else(|| "it does not state its platform".to_owned())?;
        let inner = raw.config.unwrap_or_default();
        let env = inner.env.unwrap_or_default();
        Ok(Self {
            platform,
            env: env.into_iter().map(variable).collect(),
            labels: inner.labels.unwrap_or_default(),
            created: raw.created.filter(|created| !created.is_empty()),
        })
    }
}

fn variable(text: String) -> (String, String) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (text, String::new()),
    }
}

fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| super::said::shown(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn parse(text: &str) -> Result<Manifest, String> {
        Manifest::parse(text.replace("HEX", HEX).as_bytes())
    }

    #[test]
    fn reads_an_index_and_passes_over_platforms_of_attestations() {
        let text = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",
            "annotations":{"a":"b"},"manifests":[
            {"digest":"sha256:HEX","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
            {"digest":"sha256:HEX","platform":{"os":"linux","architecture":"arm","variant":""},"annotations":{"x":"y"}},
            {"digest":"sha256:HEX","platform":{"os":"unknown","architecture":"unknown"}},
            {"digest":"sha256:HEX","platform":{"os":"li\nnux","architecture":"amd64"}},
            {"digest":"sha256:HEX"}]}"#;
        let Ok(Manifest::Index {
            entries,
            annotations,
        }) = parse(text)
        else {
            panic!("{:?}", parse(text));
        };
        let platforms: Vec<Option<String>> = entries
            .iter()
            .map(|entry| entry.platform.as_ref().map(ToString::to_string))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            platforms,
            [some("linux/arm64"), some("linux/arm/v7"), None, None, None]
        );
        assert_eq!(annotations["a"], "b");
        assert_eq!(entries[1].annotations["x"], "y");
    }

    #[test]
    fn reads_an_image() {
        let manifest = parse(
            r#"{"schemaVersion":2,"config":{"digest":"sha256:HEX","size":1},"layers":[{"digest":"x"}]}"#,
        );
        let Ok(Manifest::Image { config, .. }) = manifest else {
            panic!("{manifest:?}");
        };
        assert_eq!(config.hex(), HEX);
    }

    #[test]
    fn refuses_what_could_be_read_in_two_ways() {
        let check = |text: &str, words: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        check(
            r#"{"schemaVersion":2,"manifests":[],"config":{"digest":"sha256:HEX"}}"#,
            "both",
        );
        check(r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#, "both");
        check(
            r#"{"schemaVersion":2,"manifests":[],"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#,
            "both",
        );
        check(r#"{"schemaVersion":1,"fsLayers":[]}"#, "`schemaVersion`");
        check(r#"{"schemaVersion":2}"#, "neither");
        check(
            r#"{"schemaVersion":2,"config":{"digest":"sha256:short"}}"#,
            "64",
        );
        check("[", "EOF");
    }

    #[test]
    fn reads_what_a_configuration_says() {
        let config = ImageConfig::parse(
            br#"{"architecture":"arm64","os":"linux","created":"2024-01-01T00:00:00Z",
            "config":{"Env":["PATH=/a=b","BARE"],"Labels":null,"Cmd":["x"]},"history":[{"x":1}]}"#,
        )
        .unwrap();
        assert_eq!(config.platform.to_string(), "linux/arm64");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(config.env, [pair("PATH", "/a=b"), pair("BARE", "")]);
        assert_eq!(config.created.as_deref(), Some("2024-01-01T00:00:00Z"));
        let error = ImageConfig::parse(b"{}").unwrap_err();
        assert!(error.contains("its platform"), "{error}");
    }
}
