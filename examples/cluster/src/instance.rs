//! One portal of the cluster.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use palisade_testkit::process::{Port, Process, Program};

use crate::error::ClusterError;
use crate::settings::Settings;

/// A probe that takes longer is a no.
const PROBE: Duration = Duration::from_secs(5);

/// What all instances are given alike.
pub(crate) struct Shared<'a> {
    pub(crate) postgres: &'a str,
    pub(crate) redis: &'a str,
    pub(crate) public_url: &'a str,
    /// Holds the secret key, the copies, and a data folder for each.
    pub(crate) folder: &'a Path,
}

/// A running portal; it dereferences to its [`Process`].
#[derive(Debug)]
pub struct Instance {
    name: &'static str,
    process: Process,
    port: Port,
}

impl Instance {
    /// Starts a portal and waits until it is ready.
    pub(crate) fn start(
        name: &'static str,
        settings: &Settings,
        shared: &Shared<'_>,
    ) -> Result<Self, ClusterError> {
        let port = Port::reserve()?;
        let address = port.address();
        let mut program = Program::at(&settings.program)
            .add_args(["instance", "--listen", &address.to_string()])
            .add_args(["--postgres", shared.postgres, "--redis", shared.redis])
            // The proxy, and whoever on this machine plays one.
            .add_args(["--public-url", shared.public_url, "--trusted-proxy", "127.0.0.1/32"])
            .add_arg("--data")
            .add_arg(shared.folder.join(name))
            .add_arg("--copies")
            .add_arg(shared.folder.join("copies"))
            .add_arg("--mail")
            .add_arg(shared.folder.join("outbox"))
            .add_arg("--secret-key-file")
            .add_arg(shared.folder.join("secret.key"));
        if let Some(limits) = &settings.limits {
            program = program.add_arg("--limits").add_arg(limits);
        }
        let process = Process::start(program, move || probe(address))?;
        Ok(Self { name, process, port })
    }

    /// Returns its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns where it listens, past the proxy.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Lets running requests end, and then the portal.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Cut`] when requests were cut off; [`ClusterError::Server`] when it does not
    /// run, or does not end.
    pub fn drain(&self) -> Result<(), ClusterError> {
        let status = self.process.stop()?;
        if status.success() { Ok(()) } else { Err(ClusterError::Cut { name: self.name, status }) }
    }
}

impl Deref for Instance {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

/// Asks whether it is ready for requests.
fn probe(address: SocketAddr) -> Result<(), String> {
    let ask = || -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PROBE))?;
        stream.write_all(
            b"GET /health/ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| error.to_string())?;
    if answer.starts_with(b"HTTP/1.1 200 ") {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&answer).into_owned())
    }
}
