//! Ports that stay ours while a server is down.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;

use crate::error::Error;
use crate::process::folder::shared_root;

/// Below the range from which Linux takes ports for outgoing connections and for port 0, so that
/// nothing slips in while a server is down and about to be started again.
const FIRST: u16 = 20_000;
const COUNT: u32 = 12_000;

/// A free port of 127.0.0.1, reserved against all other test processes until it is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Reserves a port that nothing listens on.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the reservations cannot be written, [`Error::Answer`] when no port is left.
    pub fn reserve() -> Result<Self, Error> {
        let folder = shared_root()?.join("ports");
        fs::create_dir_all(&folder).map_err(Error::io("create the folder of ports"))?;
        // Processes start looking at different places; which ones does not matter.
        let start = process::id().wrapping_mul(97);
        for step in 0..COUNT {
            let offset = start.wrapping_add(step) % COUNT;
            let number = FIRST.saturating_add(u16::try_from(offset).unwrap_or(0));
            let lock = File::create(folder.join(number.to_string()))
                .map_err(Error::io(format!("reserve port {number}")))?;
            if lock.try_lock().is_err() {
                continue;
            }
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        Err(Error::answer("reserve a port", "all are taken"))
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// Returns the port on 127.0.0.1.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), self.number)
    }
}
