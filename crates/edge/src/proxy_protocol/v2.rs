//! Version 2: a binary header (section 2.2).

use std::net::{IpAddr, SocketAddr};

use super::{Announcement, Endpoints, MAX_HEADER, Parsed, ProxyProtocolError, SIGNATURE, crc32c};

/// Signature, version and command, family and transport, length.
const FIXED: usize = 16;

const TLV_CRC32C: u8 = 0x03;
const TLV_SSL: u8 = 0x20;
const CLIENT_SSL: u8 = 0x01;

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, ProxyProtocolError> {
    let command = match bytes.get(SIGNATURE.len()) {
        None => return Ok(Parsed::Incomplete),
        Some(0x20) => Command::Local,
        Some(0x21) => Command::Proxy,
        Some(_) => return Err(ProxyProtocolError::Unsupported),
    };
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else {
        return Ok(Parsed::Incomplete);
    };
    let [.., family, high, low] = *fixed;
    let announced = usize::from(u16::from_be_bytes([high, low]));
    let length = announced.saturating_add(FIXED);
    if length > MAX_HEADER {
        return Err(ProxyProtocolError::TooLong);
    }
    let Some(content) = rest.get(..announced) else {
        return Ok(Parsed::Incomplete);
    };
    let announcement = match command {
        Command::Local => Announcement::Local, // the block must be discarded
        Command::Proxy => proxied(fixed, family, content)?,
    };
    Ok(Parsed::Complete { announcement, length })
}

#[derive(Clone, Copy)]
enum Command {
    Local,
    Proxy,
}

fn proxied(
    fixed: &[u8; FIXED],
    family: u8,
    content: &[u8],
) -> Result<Announcement, ProxyProtocolError> {
    let malformed = ProxyProtocolError::Malformed;
    let (source, destination, extensions) = match family {
        0x00 => return extensions(fixed, content, 0).map(|_| Announcement::Local),
        0x11 => addresses::<4>(content).ok_or(malformed)?,
        0x21 => addresses::<16>(content).ok_or(malformed)?,
        _ => return Err(ProxyProtocolError::Unsupported),
    };
    let skipped = content.len().saturating_sub(extensions.len());
    let endpoints = Endpoints::new(source, destination);
    let tls = self::extensions(fixed, content, skipped)?;
    Ok(Announcement::Proxied(if tls { endpoints.over_tls() } else { endpoints }))
}

/// Reads two addresses of `N` bytes and two ports; returns what follows as well.
fn addresses<const N: usize>(content: &[u8]) -> Option<(SocketAddr, SocketAddr, &[u8])>
where
    IpAddr: From<[u8; N]>,
{
    let (source, rest) = content.split_first_chunk::<N>()?;
    let (destination, rest) = rest.split_first_chunk::<N>()?;
    let (source_port, rest) = rest.split_first_chunk::<2>()?;
    let (destination_port, rest) = rest.split_first_chunk::<2>()?;
    let source = SocketAddr::new(IpAddr::from(*source), u16::from_be_bytes(*source_port));
    let port = u16::from_be_bytes(*destination_port);
    Some((source, SocketAddr::new(IpAddr::from(*destination), port), rest))
}

/// Reads the type-length-value blocks behind the addresses; tells whether the client used TLS.
fn extensions(
    fixed: &[u8; FIXED],
    content: &[u8],
    skipped: usize,
) -> Result<bool, ProxyProtocolError> {
    let malformed = ProxyProtocolError::Malformed;
    let (mut tls, mut checked) = (false, false);
    let mut rest = content.get(skipped..).ok_or(malformed)?;
    while !rest.is_empty() {
        let ([kind, high, low], after) = rest.split_first_chunk::<3>().ok_or(malformed)?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, after) = after.split_at_checked(length).ok_or(malformed)?;
        match *kind {
            TLV_CRC32C => {
                let sum = value.first_chunk::<4>().filter(|_| length == 4 && !checked);
                let behind = after.len();
                let at = content.len().saturating_sub(behind).saturating_sub(4);
                checked = true;
                verify(fixed, content, at, *sum.ok_or(malformed)?)?;
            }
            TLV_SSL => {
                let [client, ..] = value.first_chunk::<5>().ok_or(malformed)?;
                tls = client & CLIENT_SSL != 0;
            }
            _ => {}
        }
        rest = after;
    }
    Ok(tls)
}

/// Computes the checksum over the whole header with its own four bytes as zeros.
fn verify(
    fixed: &[u8; FIXED],
    content: &[u8],
    at: usize,
    expected: [u8; 4],
) -> Result<(), ProxyProtocolError> {
    let before = content.get(..at).ok_or(ProxyProtocolError::Malformed)?;
    let behind = content.get(at.saturating_add(4)..).ok_or(ProxyProtocolError::Malformed)?;
    let sum = crc32c::of([&fixed[..], before, &[0; 4], behind]);
    let equal = sum == u32::from_be_bytes(expected);
    if equal { Ok(()) } else { Err(ProxyProtocolError::Checksum) }
}
