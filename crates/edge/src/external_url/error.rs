//! Why a request's URL cannot be told.

use thiserror::Error;

use crate::ClientIpError;
use crate::host::HostError;

/// No URL can be told from what the request and the trusted proxies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExternalUrlError {
    /// The client cannot be told, so neither can what its proxy says.
    #[error(transparent)]
    Client(#[from] ClientIpError),
    /// A trusted proxy sent a list that does not reach the proxy that faced the client.
    #[error("a forwarded list is shorter than the way to the client")]
    ForwardedList,
    /// A trusted proxy sent a host that is none.
    #[error("a forwarded host is invalid")]
    ForwardedHost,
    /// A trusted proxy sent a port that is none.
    #[error("a forwarded port is invalid")]
    ForwardedPort,
    /// A trusted proxy sent a scheme other than `http`, `https`, `ws` and `wss`.
    #[error("a forwarded scheme is none of http, https, ws and wss")]
    ForwardedScheme,
    /// The request names no valid host.
    #[error(transparent)]
    Host(#[from] HostError),
}
