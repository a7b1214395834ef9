//! Addresses as proxies write them.

mod hop;
mod ipv4;
mod range;

use std::net::IpAddr;

pub(crate) use hop::{HopError, is_port, parse_address, parse_hop, port};
pub(crate) use range::{Range, Ranges};

/// Returns the one form in which an address is compared, used as a key and logged.
///
/// `::ffff:0:0/96` is IPv4 by its bits (RFC 4291 2.5.5.2), however it was written. `0.0.0.0` and
/// `::` are nobody's address.
#[inline]
pub(crate) const fn identify(address: IpAddr) -> Result<IpAddr, HopError> {
    let address = address.to_canonical();
    if address.is_unspecified() { Err(HopError::Unspecified) } else { Ok(address) }
}
