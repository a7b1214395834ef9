//! haproxy.

use std::fs;
use std::net::SocketAddr;
use std::ops::Deref;

use crate::error::Error;
use crate::process::{Folder, Port, Process, Program};
use crate::proxy::reverse::{Announce, ReverseProxy, takes_connections};

/// A real haproxy on 127.0.0.1, in one unprivileged process.
///
/// It dereferences to its [`Process`].
#[derive(Debug)]
pub struct Haproxy {
    process: Process,
    port: Port,
    _folder: Folder,
}

impl Haproxy {
    /// Starts a proxy.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] for a proxy that takes TLS; else those of
    /// [`with_config`](Self::with_config).
    pub fn start(proxy: &ReverseProxy) -> Result<Self, Error> {
        if proxy.tls {
            return Err(Error::answer("start haproxy", "TLS is for nginx here"));
        }
        Self::with_config(&frontend(proxy))
    }

    /// Starts haproxy with the given configuration, where `{port}` stands for the port to listen on
    /// and `{dir}` for a folder of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] without haproxy, [`Error::Io`] when the configuration cannot be written,
    /// else those of [`Process::start`]; the error shows what haproxy says about a wrong
    /// configuration.
    pub fn with_config(config: &str) -> Result<Self, Error> {
        let (folder, port) = (Folder::new("haproxy-conf")?, Port::reserve()?);
        let dir = folder.path().display().to_string();
        let config = config.replace("{port}", &port.number().to_string()).replace("{dir}", &dir);
        let path = folder.path().join("haproxy.cfg");
        fs::write(&path, config).map_err(Error::io("write the configuration of haproxy"))?;
        let program = Program::find("haproxy")?.add_args(["-db", "-f"]).add_arg(&path);
        let address = port.address();
        let process = Process::start(program, move || takes_connections(address))?;
        Ok(Self { process, port, _folder: folder })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

impl Deref for Haproxy {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn frontend(proxy: &ReverseProxy) -> String {
    let mut rules = String::new();
    let mut server = String::new();
    for announcement in &proxy.announcements {
        let rule = match announcement {
            Announce::XForwardedFor => "  option forwardfor\n".to_owned(),
            Announce::XForwardedForReplaced => {
                "  http-request set-header X-Forwarded-For %[src]\n".to_owned()
            }
            Announce::XForwardedForWithPort => {
                "  http-request add-header X-Forwarded-For %[src]:%[src_port]\n".to_owned()
            }
            Announce::XForwardedProtoAndHost => {
                "  http-request set-header X-Forwarded-Proto http\n  \
                 http-request set-header X-Forwarded-Host %[req.hdr(host)]\n"
                    .to_owned()
            }
            Announce::Forwarded => "  http-request add-header Forwarded \
                 for=%[src];host=\\\"%[req.hdr(host)]\\\";proto=http\n"
                .to_owned(),
            Announce::SingleHeader(name) => format!("  http-request set-header {name} %[src]\n"),
            Announce::ProxyV1 => {
                server += " send-proxy";
                continue;
            }
            Announce::ProxyV2 => {
                server += " send-proxy-v2";
                continue;
            }
        };
        rules.push_str(&rule);
    }
    format!(
        "global\n  maxconn 256\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  \
         timeout server 30s\nlisten site\n  bind 127.0.0.1:{{port}}\n{rules}  server upstream {}{server}\n",
        proxy.upstream
    )
}
