//! Why a request failed, on its way to the log.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::{Response, StatusCode};

/// An error that a handler met: it goes to the log and never to the client.
///
/// Any error converts into it, so that handlers return it by `?`; as an answer it is an empty 500
/// with itself among the extensions, where [`CleanErrorsLayer`](super::CleanErrorsLayer) finds it.
#[derive(Clone)]
pub struct Cause {
    error: Arc<dyn Error + Send + Sync>,
}

impl Cause {
    /// Answers 500 without a body.
    #[must_use]
    pub fn response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.extensions_mut().insert(self);
        response
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Cause {
    fn from(error: E) -> Self {
        Self { error: Arc::new(error) }
    }
}

/// The error and its sources, 16 at most.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        let mut source = self.error.source();
        for _ in 0..16 {
            let Some(error) = source else { break };
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({self})")
    }
}

#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Cause {
    fn into_response(self) -> axum::response::Response {
        self.response()
    }
}
