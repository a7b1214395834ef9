//! TLS by rustls.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// Certificates are PEM, the server's own first.
    #[error("the certificates cannot be read; give them as PEM, the server's own first")]
    Certificates(#[source] pem::Error),
    /// There is no certificate.
    #[error("there is no certificate; give them as PEM, the server's own first")]
    NoCertificate,
    /// The key is PEM: PKCS#8, SEC1 or PKCS#1, not encrypted.
    #[error("the private key cannot be read; give it as PEM, not encrypted")]
    Key(#[source] pem::Error),
    /// Certificate and key do not belong together, or their kind is not supported.
    #[error("certificate and key are refused: {0}")]
    Refused(#[source] rustls::Error),
}

/// How a server speaks TLS.
///
/// # Security
///
/// TLS 1.2 with forward secrecy and authenticated ciphers, and TLS 1.3; nothing older exists in
/// rustls. HTTP/2 is offered first (ALPN, RFC 7301). Requests carry a
/// [`Peer`](palisade_edge::Peer) that says `over_tls`.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Speaks with a chain of certificates and its key, both PEM.
    ///
    /// # Errors
    ///
    /// They cannot be read, or do not belong together.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(TlsError::Certificates)?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Refused)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Refused)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self::new(Arc::new(config)))
    }

    /// Speaks as a configuration says, its protocols (ALPN) included: for certificates that change
    /// while the server runs, or clients that have certificates too.
    #[must_use]
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self { acceptor: TlsAcceptor::from(config) }
    }

    pub(super) const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
