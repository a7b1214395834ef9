//! Who may sign the certificate of a server.

use std::fmt;
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

/// Certificate authorities that are trusted in place of the roots of Mozilla, for a Sentry inside a
/// company.
#[derive(Clone)]
pub struct Authorities(Arc<Vec<Certificate<'static>>>);

/// Text in which no certificate can be read.
#[derive(Debug, thiserror::Error)]
#[error("no certificates in PEM: write whole blocks of -----BEGIN CERTIFICATE-----")]
#[non_exhaustive]
pub struct AuthoritiesError {}

impl Authorities {
    /// Reads certificates in PEM (RFC 7468); blocks of another kind are passed over.
    ///
    /// A block whose bytes are no certificate makes nobody trusted.
    ///
    /// # Errors
    ///
    /// [`AuthoritiesError`] where the text holds no certificate, or a block that cannot be read.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AuthoritiesError> {
        let mut roots = Vec::new();
        for item in parse_pem(pem) {
            if let PemItem::Certificate(root) = item.map_err(|_| AuthoritiesError {})? {
                roots.push(root);
            }
        }
        if roots.is_empty() {
            return Err(AuthoritiesError {});
        }
        Ok(Self(Arc::new(roots)))
    }

    pub(super) fn roots(&self) -> RootCerts {
        RootCerts::Specific(Arc::clone(&self.0))
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities").field("certificates", &self.0.len()).finish()
    }
}
