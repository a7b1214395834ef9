//! nginx in front of the instances.

use std::net::SocketAddr;

use palisade_testkit::proxy::Nginx;

use crate::error::ClusterError;

/// The configuration that containers take as it is.
const CONFIG: &str = include_str!("../nginx.conf");

/// Where the instances are, and which of them gets no requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) is_out: bool,
}

/// The proxy that all requests come through.
#[derive(Debug)]
pub(crate) struct Balancer {
    nginx: Nginx,
    listen: Option<SocketAddr>,
}

impl Balancer {
    /// Starts it before there are instances: until then it answers 502.
    pub(crate) fn start(
        listen: Option<SocketAddr>,
        upstreams: [Upstream; 2],
    ) -> Result<Self, ClusterError> {
        let nginx = Nginx::with_workers(&config(listen, upstreams))?;
        Ok(Self { nginx, listen })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| self.nginx.address())
    }

    /// Sends requests to these from now on; returns when none runs that was sent by what held before.
    pub(crate) fn send_to(&self, upstreams: [Upstream; 2]) -> Result<(), ClusterError> {
        Ok(self.nginx.reload(&config(self.listen, upstreams))?)
    }

    /// Lets running requests end, and takes no further ones.
    pub(crate) fn drain(&self) -> Result<(), ClusterError> {
        Ok(self.nginx.stop().map(drop)?)
    }
}

fn config(listen: Option<SocketAddr>, upstreams: [Upstream; 2]) -> String {
    let mut places = "listen 127.0.0.1:{port};".to_owned();
    if let Some(address) = listen {
        places = format!("{places} listen {address};");
    }
    let mut config = CONFIG.replace("listen 8080;", &places);
    for (name, Upstream { address, is_out }) in
        ["portal-a:8080", "portal-b:8080"].iter().zip(upstreams)
    {
        let server = if is_out { format!("{address} down") } else { address.to_string() };
        config = config.replace(name, &server);
    }
    config
}
