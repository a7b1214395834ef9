//! Version 1: one line of text (section 2.1).

use std::net::{IpAddr, SocketAddr};

use super::{Announcement, Endpoints, Parsed, ProxyProtocolError, begins};

pub(super) const PREFIX: &[u8] = b"PROXY ";

/// The longest line, with its CRLF.
const MAX_LINE: usize = 107;

const UNKNOWN: &[u8] = b"PROXY UNKNOWN";

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, ProxyProtocolError> {
    let line = bytes.get(..MAX_LINE).unwrap_or(bytes);
    let Some(end) = line.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
        let begun = begun(line)?;
        return if line.len() == MAX_LINE { Err(ProxyProtocolError::TooLong) } else { Ok(begun) };
    };
    let (text, terminator) = line.split_at_checked(end).ok_or(ProxyProtocolError::Malformed)?;
    let announcement = announcement(text)?;
    match terminator {
        [b'\r', b'\n', ..] => {
            Ok(Parsed::Complete { announcement, length: text.len().saturating_add(2) })
        }
        [b'\r'] if line.len() < MAX_LINE => Ok(Parsed::Incomplete),
        [b'\r'] => Err(ProxyProtocolError::TooLong),
        _ => Err(ProxyProtocolError::Malformed), // a lone CR or LF
    }
}

/// Refuses early what no continuation can mend.
fn begun(line: &[u8]) -> Result<Parsed, ProxyProtocolError> {
    let possible = [&b"PROXY TCP4 "[..], b"PROXY TCP6 ", UNKNOWN];
    if possible.iter().any(|start| begins(line, start)) {
        Ok(Parsed::Incomplete)
    } else {
        Err(ProxyProtocolError::Malformed)
    }
}

fn announcement(line: &[u8]) -> Result<Announcement, ProxyProtocolError> {
    let line = std::str::from_utf8(line).map_err(|_| ProxyProtocolError::Malformed)?;
    let mut words = line.split(' ');
    let family = words.nth(1).ok_or(ProxyProtocolError::Malformed)?;
    if family == "UNKNOWN" {
        return Ok(Announcement::Local); // the rest of the line must be ignored
    }
    let mut next = || words.next().ok_or(ProxyProtocolError::Malformed);
    let (source, destination) = (address(family, next()?)?, address(family, next()?)?);
    let (source_port, destination_port) = (port(next()?)?, port(next()?)?);
    if words.next().is_some() {
        return Err(ProxyProtocolError::Malformed);
    }
    let source = SocketAddr::new(source, source_port);
    let destination = SocketAddr::new(destination, destination_port);
    Ok(Announcement::Proxied(Endpoints::new(source, destination)))
}

fn address(family: &str, text: &str) -> Result<IpAddr, ProxyProtocolError> {
    let address = match family {
        "TCP4" => text.parse().map(IpAddr::V4),
        "TCP6" => text.parse().map(IpAddr::V6),
        _ => return Err(ProxyProtocolError::Malformed),
    };
    address.map_err(|_| ProxyProtocolError::Malformed)
}

/// A decimal number of at most five digits without leading zeros.
fn port(text: &str) -> Result<u16, ProxyProtocolError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    let port = text.parse().ok().filter(|_| digits && !leading_zero);
    port.ok_or(ProxyProtocolError::Malformed)
}
