//! Tiny images that are the same in each run, as a registry or a folder holds them.
//!
//! They follow the OCI image specification: an index, for each platform a manifest, a
//! configuration and one layer with two files. `/etc/marker` says which image it is:
//! its name, platform and revision; another revision is what a tag moves to.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::index::sha256;

pub(crate) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Bytes by their digest.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    pub(crate) digest: String,
    pub(crate) bytes: Vec<u8>,
}

/// An image for several platforms.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// Layers and configurations.
    pub(crate) blobs: Vec<Blob>,
    /// The manifest of each platform: `linux/amd64`, `linux/arm/v7`.
    pub(crate) manifests: Vec<(String, Blob)>,
    pub(crate) index: Blob,
}

impl Blob {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = format!("sha256:{}", sha256(&bytes));
        Self { digest, bytes }
    }

    fn json(value: &Value) -> Self {
        Self::new(value.to_string().into_bytes())
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({"mediaType": media_type, "digest": self.digest, "size": self.bytes.len()})
    }
}

impl Image {
    /// Makes an image that looks like one of Python's.
    pub(crate) fn new(name: &str, revision: u32, platforms: &[&str]) -> Self {
        Self::with_programs(name, revision, platforms, &[])
    }

    /// Makes an image that has these programs as well.
    pub(crate) fn with_programs(
        name: &str,
        revision: u32,
        platforms: &[&str],
        programs: &[(&str, &[u8])],
    ) -> Self {
        let revisions: Vec<(&str, u32)> = platforms.iter().map(|it| (*it, revision)).collect();
        Self::build(name, &revisions, programs)
    }

    /// Makes an image with another revision for each platform.
    pub(crate) fn with_revisions(name: &str, revisions: &[(&str, u32)]) -> Self {
        Self::build(name, revisions, &[])
    }

    /// Makes an image for one platform that has the label of its version, or of its base's.
    pub(crate) fn labeled(name: &str, revision: u32, label: Option<&str>) -> Self {
        Self::made(name, &[("linux/amd64", revision)], &[], label)
    }

    /// Adds an attestation to the index, as builders do: no image, and of no platform.
    pub(crate) fn attested(mut self, number: u32) -> Self {
        let attestation = Blob::json(&json!({"number": number}));
        let mut index: Value = serde_json::from_slice(&self.index.bytes).unwrap();
        let mut entry = attestation.descriptor(MANIFEST_TYPE);
        entry["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        index["manifests"].as_array_mut().unwrap().push(entry);
        self.index = Blob::json(&index);
        self
    }

    fn build(name: &str, revisions: &[(&str, u32)], programs: &[(&str, &[u8])]) -> Self {
        Self::made(name, revisions, programs, None)
    }

    fn made(
        name: &str,
        revisions: &[(&str, u32)],
        programs: &[(&str, &[u8])],
        label: Option<&str>,
    ) -> Self {
        let mut image = Self {
            blobs: Vec::new(),
            manifests: Vec::new(),
            index: Blob::new(Vec::new()),
        };
        let mut entries = Vec::new();
        for (platform, revision) in revisions {
            let marker = format!("{name} {platform} {revision}\n");
            let mut files: Vec<(&str, &[u8])> = vec![
                ("etc/marker", marker.as_bytes()),
                ("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n"),
            ];
            files.extend(programs);
            let manifest = image.add_platform(*revision, platform, &tar_of(&files), label);
            let mut entry = manifest.descriptor(MANIFEST_TYPE);
            entry["platform"] = platform_of(platform);
            entries.push(entry);
            image.manifests.push(((*platform).to_owned(), manifest));
        }
        image.index = Blob::json(&json!({
            "schemaVersion": 2,
            "mediaType": INDEX_TYPE,
            "manifests": entries,
        }));
        image
    }

    fn add_platform(
        &mut self,
        revision: u32,
        platform: &str,
        tar: &[u8],
        label: Option<&str>,
    ) -> Blob {
        let unpacked = format!("sha256:{}", sha256(tar));
        let mut config = platform_of(platform);
        config["config"] = json!({"Env": [
            "PATH=/usr/local/bin:/usr/bin:/bin",
            format!("PYTHON_VERSION=3.9.{revision}"),
        ]});
        if let Some(label) = label {
            config["config"]["Labels"] = json!({"org.opencontainers.image.version": label});
        }
        config["rootfs"] = json!({"type": "layers", "diff_ids": [unpacked]});
        let layer = Blob::new(gzip(tar));
        let config = Blob::json(&config);
        let manifest = Blob::json(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.descriptor(CONFIG_TYPE),
            "layers": [layer.descriptor(LAYER_TYPE)],
        }));
        self.blobs.extend([layer, config]);
        manifest
    }

    /// Returns the digest of the index.
    pub(crate) fn digest(&self) -> &str {
        &self.index.digest
    }

    /// Returns the digest of a platform's manifest.
    #[track_caller]
    pub(crate) fn child(&self, platform: &str) -> &str {
        let mut manifests = self.manifests.iter();
        let (_, manifest) = manifests.find(|(name, _)| name == platform).unwrap();
        &manifest.digest
    }

    /// Writes the image into a folder, by the OCI image layout specification.
    pub(crate) fn write_layout(&self, folder: &Path, tag: &str) {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let manifests = self.manifests.iter().map(|(_, manifest)| manifest);
        for blob in self.blobs.iter().chain(manifests).chain([&self.index]) {
            let name = blob.digest.trim_start_matches("sha256:");
            fs::write(blobs.join(name), &blob.bytes).unwrap();
        }
        let version = json!({"imageLayoutVersion": "1.0.0"});
        fs::write(folder.join("oci-layout"), version.to_string()).unwrap();
        let mut entry = self.index.descriptor(INDEX_TYPE);
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
    }
}

/// Returns a platform as indexes have it: `linux/arm/v7` is three fields.
fn platform_of(platform: &str) -> Value {
    let mut parts = platform.split('/');
    let mut value = json!({"os": parts.next().unwrap(), "architecture": parts.next().unwrap()});
    if let Some(variant) = parts.next() {
        value["variant"] = json!(variant);
    }
    value
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, bytes).unwrap();
    gzip.finish().unwrap()
}
