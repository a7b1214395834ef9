//! Reading a header from a connection.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use super::{Announcement, MAX_HEADER, Parsed, ProxiedStream, ProxyProtocolError, parse};

/// Why a connection got no further than its PROXY header.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The connection ended or failed.
    #[error("the connection failed before its PROXY header was complete")]
    Io(#[from] io::Error),
    /// The bytes are no header.
    #[error(transparent)]
    Protocol(#[from] ProxyProtocolError),
    /// The header did not come in time.
    #[error("no PROXY header in time")]
    Timeout,
}

/// Reads the header with which a connection must begin.
///
/// The caller vouches that the peer is trusted: whoever is asked for a header can claim to speak
/// for anybody.
///
/// # Errors
///
/// [`HandshakeError`]; the connection is to be closed.
///
/// # Cost
///
/// One buffer of 256 bytes, which grows to at most [`MAX_HEADER`] and holds what came after the
/// header.
pub async fn handshake<IO: AsyncRead + Unpin>(
    mut io: IO,
    limit: Duration,
) -> Result<(ProxiedStream<IO>, Announcement), HandshakeError> {
    let header = async {
        let mut buffer = BytesMut::with_capacity(256);
        loop {
            match parse(&buffer)? {
                Parsed::Complete { announcement, length } => {
                    let early = buffer.split_off(length).freeze();
                    return Ok::<_, HandshakeError>((early, announcement));
                }
                Parsed::Incomplete if buffer.len() >= MAX_HEADER => {
                    return Err(ProxyProtocolError::TooLong.into());
                }
                Parsed::Incomplete => {}
            }
            if io.read_buf(&mut buffer).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    };
    let (early, announcement) =
        timeout(limit, header).await.map_err(|_| HandshakeError::Timeout)??;
    Ok((ProxiedStream::new(early, io), announcement))
}
