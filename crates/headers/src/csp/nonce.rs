//! The nonce of a response.

use std::cell::RefCell;
use std::fmt;
use std::str;
use std::sync::{Arc, OnceLock};

use base64ct::{Base64, Encoding};

/// Random bytes of a nonce: 144 bits, past the 128 that CSP 3 7.1 asks for, without base64 padding.
const BYTES: usize = 18;
/// Characters of a nonce.
const CHARACTERS: usize = 24;
/// Nonces that one question to the operating system is good for.
const POOLED: usize = 32;

/// Where nonces get their randomness from.
pub trait NonceSource: Send + Sync + 'static {
    /// Fills with bytes that nobody can guess.
    ///
    /// # Errors
    ///
    /// When there is no randomness: the response then goes out with `'none'` where its nonce would
    /// have been.
    fn fill(&self, bytes: &mut [u8; 18]) -> Result<(), NonceError>;
}

/// The random number generator of the operating system, asked once for 32 nonces of a thread.
///
/// # Security
///
/// A used nonce is wiped from the pool. A process that forks without `exec` after it has served
/// would share the unused ones with its child; servers on tokio do not.
///
/// # Cost
///
/// A copy of 18 bytes, and every 32nd time one system call; no allocation.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemNonces;

struct Pool {
    bytes: [u8; BYTES * POOLED],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; BYTES * POOLED], used: POOLED }) };
}

impl NonceSource for SystemNonces {
    fn fill(&self, bytes: &mut [u8; BYTES]) -> Result<(), NonceError> {
        let mut draw = |pool: &mut Pool| {
            if pool.used >= POOLED {
                getrandom::fill(&mut pool.bytes).map_err(|_| NonceError::NoRandomness)?;
                pool.used = 0;
            }
            let (chunks, _) = pool.bytes.as_chunks_mut::<BYTES>();
            let next = chunks.get_mut(pool.used).ok_or(NonceError::NoRandomness)?;
            std::mem::swap(bytes, next);
            next.fill(0);
            pool.used = pool.used.saturating_add(1);
            Ok(())
        };
        POOL.with_borrow_mut(&mut draw)
    }
}

/// Why there is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NonceError {
    /// The source of randomness failed.
    #[error("no randomness for the CSP nonce")]
    NoRandomness,
    /// The headers have left without a nonce.
    #[error("the CSP nonce was asked for after the headers had left: draw it in the handler")]
    TooLate,
}

/// The nonce of one response, drawn when it is first asked for.
///
/// The layer puts it into the extensions of each request. Clones are the same nonce. A template
/// writes it by `Display`; what is never drawn is never in the policy, which then says `'none'` in
/// its place.
///
/// # Example
///
/// ```
/// use palisade_headers::csp::{Nonce, SystemNonces};
/// use std::sync::Arc;
///
/// let nonce = Nonce::new(Arc::new(SystemNonces::default()));
/// let page = format!("<script nonce=\"{nonce}\">start()</script>");
/// assert!(page.contains(nonce.value()?));
/// assert_eq!(nonce.value()?.len(), 24);
/// # Ok::<(), palisade_headers::csp::NonceError>(())
/// ```
///
/// # Security
///
/// 144 bits from [`NonceSource`], new for each response, never the client's. The `Debug` form does
/// not show it: in a log it would outlive the response.
#[derive(Clone)]
pub struct Nonce {
    slot: Arc<Slot>,
}

struct Slot {
    source: Arc<dyn NonceSource>,
    drawn: OnceLock<Result<[u8; CHARACTERS], NonceError>>,
}

impl Nonce {
    /// Makes the nonce of one response; nothing is drawn yet.
    #[must_use]
    pub fn new(source: Arc<dyn NonceSource>) -> Self {
        Self { slot: Arc::new(Slot { source, drawn: OnceLock::new() }) }
    }

    /// Returns the nonce, drawing it the first time.
    ///
    /// # Errors
    ///
    /// When the source fails, or when the headers have left without it.
    pub fn value(&self) -> Result<&str, NonceError> {
        let drawn = self.slot.drawn.get_or_init(|| {
            let mut bytes = [0; BYTES];
            self.slot.source.fill(&mut bytes)?;
            let mut characters = [0; CHARACTERS];
            Base64::encode(&bytes, &mut characters).map_err(|_| NonceError::NoRandomness)?;
            Ok(characters)
        });
        let characters = drawn.as_ref().map_err(|error| *error)?;
        str::from_utf8(characters).map_err(|_| NonceError::NoRandomness)
    }

    /// Returns the nonce if it was drawn, and from now on refuses to draw it.
    pub(crate) fn close(&self) -> Option<&str> {
        let drawn = self.slot.drawn.get_or_init(|| Err(NonceError::TooLate));
        drawn.as_ref().ok().and_then(|characters| str::from_utf8(characters).ok())
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value().map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonce")
            .field("drawn", &self.slot.drawn.get().is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "axum")]
impl<S: Send + Sync> axum_core::extract::FromRequestParts<S> for Nonce {
    type Rejection = palisade_core::PreparedProblem;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("no SecurityHeadersLayer with a nonce policy around this route");
            let status = http::StatusCode::INTERNAL_SERVER_ERROR;
            palisade_core::Problem::new(status, "no_nonce").prepare()
        })
    }
}
