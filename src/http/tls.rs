//! TLS: whom to trust, and who we are.
//!
//! Rustls with ring. The roots are those of `--cert`, else of the environment's
//! variables, else the platform's; they are read by a thread of their own while
//! the first connection is being made. HTTP/2 is offered (ALPN).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use super::error::Error;
use super::settings::{Environment, Settings};

/// Returns the TLS side of a client that checks certificates, or of one that does not.
///
/// `reads_ahead` says that a certificate is about to be checked.
pub(super) fn config(
    settings: &Settings,
    checks: bool,
    reads_ahead: bool,
) -> Result<ClientConfig, Error> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(ring::default_provider()));
    let provider = &*PROVIDER;
    let verifier: Arc<dyn ServerCertVerifier> = if checks {
        let checking = Checking::new(settings, provider.clone())?;
        if reads_ahead {
            checking.read_ahead();
        }
        Arc::new(checking)
    } else {
        Arc::new(Trusting {
            provider: provider.clone(),
        })
    };
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| setup("TLS", &error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &settings.client_cert {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let what = || format!("the client certificate `{}`", path.display());
            let (chain, key) = identity(path)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| setup(&what(), &error))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn setup(what: &str, error: &dyn fmt::Display) -> Error {
    Error::Setup {
        what: what.to_owned(),
        detail: error.to_string(),
    }
}

fn identity(path: &Path) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let what = format!("the client certificate `{}`", path.display());
    let bytes = std::fs::read(path).map_err(|error| setup(&what, &error))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|error| setup(&what, &error))?;
    let key = PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|error| setup(&what, &format!("no private key: {error}")))?;
    Ok((chain, key))
}

/// Where roots come from.
#[derive(Debug, Clone)]
enum Roots {
    Platform,
    Given {
        files: Vec<PathBuf>,
        dirs: Vec<PathBuf>,
    },
}

/// A verifier whose roots are read when they are first needed.
#[derive(Debug)]
struct Checking {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    provider: Arc<CryptoProvider>,
    roots: Roots,
    first: OnceLock<Loaded>,
    with_dirs: OnceLock<Loaded>,
}

type Loaded = Result<Arc<dyn ServerCertVerifier>, String>;

impl Checking {
    fn new(settings: &Settings, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let roots = match (&settings.ca_bundle, &settings.environment) {
            (Some(path), _) if path.is_dir() => Roots::Given {
                files: Vec::new(),
                dirs: vec![path.clone()],
            },
            (Some(path), _) => {
                // The user named this file: that it is missing is said at once,
                // not as a certificate nobody vouches for.
                let what = || format!("the certificates of `{}`", path.display());
                let bytes = std::fs::read(path).map_err(|error| setup(&what(), &error))?;
                if CertificateDer::pem_slice_iter(&bytes)
                    .flatten()
                    .next()
                    .is_none()
                {
                    return Err(setup(&what(), &"it does not contain a PEM certificate"));
                }
                Roots::Given {
                    files: vec![path.clone()],
                    dirs: Vec::new(),
                }
            }
            (
                None,
                Environment {
                    root_files: files,
                    root_dirs: dirs,
                    ..
                },
            ) if !files.is_empty() || !dirs.is_empty() => Roots::Given {
                files: files.clone(),
                dirs: dirs.clone(),
            },
            _ => Roots::Platform,
        };
        let shared = Arc::new(Shared {
            provider,
            roots,
            first: OnceLock::new(),
            with_dirs: OnceLock::new(),
        });
        Ok(Self { shared })
    }

    /// Reads the roots on a thread of its own.
    fn read_ahead(&self) {
        let shared = self.shared.clone();
        // If there is no thread to be had, they are read when needed.
        let _ = std::thread::Builder::new()
            .name("roots".to_owned())
            .spawn(move || {
                shared.first();
            });
    }
}

impl Shared {
    fn first(&self) -> &Loaded {
        self.first.get_or_init(|| match &self.roots {
            Roots::Platform => rustls_platform_verifier::Verifier::new(self.provider.clone())
                .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
                .map_err(|error| error.to_string()),
            Roots::Given { files, dirs } if files.is_empty() => self.load(files, dirs),
            Roots::Given { files, .. } => self.load(files, &[]),
        })
    }

    /// Returns the verifier to ask when the first one does not know the issuer.
    ///
    /// A folder often holds the same roots as the file beside it, in hundreds of
    /// files, so it is read only now, as OpenSSL does.
    fn with_dirs(&self) -> Option<&Loaded> {
        match &self.roots {
            Roots::Given { files, dirs } if !files.is_empty() && !dirs.is_empty() => {
                Some(self.with_dirs.get_or_init(|| self.load(files, dirs)))
            }
            _ => None,
        }
    }

    fn load(&self, files: &[PathBuf], dirs: &[PathBuf]) -> Loaded {
        let mut store = RootCertStore::empty();
        let mut problem = None;
        for path in files {
            match std::fs::read(path) {
                // What cannot be read in a bundle is passed over, as elsewhere:
                // bundles hold odd certificates nobody uses.
                Ok(bytes) => {
                    store.add_parsable_certificates(
                        CertificateDer::pem_slice_iter(&bytes).flatten(),
                    );
                }
                Err(error) => problem = Some(format!("`{}`: {error}", path.display())),
            }
        }
        for path in dirs.iter().flat_map(|dir| files_in(dir)) {
            if let Ok(bytes) = std::fs::read(path) {
                store.add_parsable_certificates(CertificateDer::pem_slice_iter(&bytes).flatten());
            }
        }
        if store.is_empty() {
            let given: Vec<String> = files
                .iter()
                .chain(dirs)
                .map(|path| format!("`{}`", path.display()))
                .collect();
            return Err(problem.unwrap_or_else(|| {
                format!("no trusted certificate found in {}", given.join(", "))
            }));
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(store), self.provider.clone())
            .build()
            .map(|verifier| verifier as Arc<dyn ServerCertVerifier>)
            .map_err(|error| error.to_string())
    }
}

fn files_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect()
}

impl ServerCertVerifier for Checking {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verify = |loaded: &Loaded| match loaded {
            Ok(verifier) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
            Err(problem) => Err(rustls::Error::General(format!(
                "cannot read the trusted certificates: {problem}"
            ))),
        };
        let result = verify(self.shared.first());
        let may_be_in_dirs = matches!(
            result,
            Err(rustls::Error::General(_)
                // Two roots of one name, as after a change of keys, look like the latter.
                | rustls::Error::InvalidCertificate(
                    CertificateError::UnknownIssuer | CertificateError::BadSignature
                ))
        );
        match self.shared.with_dirs() {
            Some(more) if may_be_in_dirs => verify(more),
            _ => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.shared.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.shared.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.shared
            .provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Accepts any certificate: for the hosts the user said to trust blindly.
#[derive(Debug)]
struct Trusting {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
