//! nginx.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::process::{Folder, Port, Process, Program, find_program};
use crate::proxy::reverse::{Announce, ReverseProxy, takes_connections};

/// A real nginx on 127.0.0.1, in one unprivileged process unless told.
///
/// It dereferences to its [`Process`].
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    port: Port,
    folder: Folder,
    kind: Kind,
}

/// How it runs.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One process.
    Alone,
    /// A master that replaces its workers.
    WithWorkers,
}

impl Nginx {
    /// Starts a proxy.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] for [`Announce::ProxyV1`] and [`Announce::ProxyV2`], which nginx does not
    /// speak to HTTP upstreams; else those of [`with_config`](Self::with_config).
    pub fn start(proxy: &ReverseProxy) -> Result<Self, Error> {
        Self::with_config(&server(proxy)?)
    }

    /// Starts nginx with the given inside of an `http` block, where `{port}` stands for the port to
    /// listen on and `{dir}` for a folder of its own, in which `tls.pem` is a certificate and its key.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] without nginx, [`Error::Io`] when the configuration cannot be written, else
    /// those of [`Process::start`]; the error shows what nginx says about a wrong configuration.
    pub fn with_config(http: &str) -> Result<Self, Error> {
        Self::run(Kind::Alone, http)
    }

    /// The same with a master process and a worker, which [`reload`](Self::reload) replaces.
    ///
    /// # Errors
    ///
    /// Those of [`with_config`](Self::with_config).
    pub fn with_workers(http: &str) -> Result<Self, Error> {
        Self::run(Kind::WithWorkers, http)
    }

    /// Takes another configuration into force without losing a request, and returns when no worker
    /// of the earlier one runs any more.
    ///
    /// # Errors
    ///
    /// [`Error::Answer`] with what nginx says of a wrong configuration, which changes nothing;
    /// [`Error::TimedOut`] when requests of the earlier workers do not end, or for an nginx
    /// without workers.
    pub fn reload(&self, http: &str) -> Result<(), Error> {
        let next = self.folder.path().join("next.conf");
        write_config(&next, self.kind, &self.folder, &self.port, http)?;
        let mut test = Command::new(find_program("nginx")?);
        test.args(["-t", "-q", "-e", "stderr", "-p"]).arg(self.folder.path()).arg("-c").arg(&next);
        let tested = test.output().map_err(Error::io("test the configuration of nginx"))?;
        if !tested.status.success() {
            let said = String::from_utf8_lossy(&tested.stderr).into_owned();
            return Err(Error::answer("reload nginx", said));
        }
        fs::rename(&next, config_path(&self.folder))
            .map_err(Error::io("replace the configuration of nginx"))?;
        self.process.renew(libc::SIGHUP)
    }

    fn run(kind: Kind, http: &str) -> Result<Self, Error> {
        let (folder, port) = (Folder::new("nginx-conf")?, Port::reserve()?);
        fs::write(folder.path().join("tls.pem"), CERTIFICATE)
            .map_err(Error::io("write the certificate of nginx"))?;
        let path = config_path(&folder);
        write_config(&path, kind, &folder, &port, http)?;
        let program = Program::find("nginx")?
            .add_args(["-e", "stderr", "-p"])
            .add_arg(folder.path())
            .add_arg("-c")
            .add_arg(&path)
            .stop_signal(libc::SIGQUIT);
        let address = port.address();
        let process = Process::start(program, move || takes_connections(address))?;
        Ok(Self { process, port, folder, kind })
    }

    /// Returns where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }
}

impl Deref for Nginx {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

fn config_path(folder: &Folder) -> PathBuf {
    folder.path().join("nginx.conf")
}

/// Writes a whole configuration around the inside of its `http` block.
fn write_config(
    path: &Path,
    kind: Kind,
    folder: &Folder,
    port: &Port,
    http: &str,
) -> Result<(), Error> {
    let dir = folder.path().display().to_string();
    let http = http.replace("{port}", &port.number().to_string()).replace("{dir}", &dir);
    let mut temporary = String::new();
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(temporary, "{kind}_temp_path {dir}/{kind};");
    }
    let processes = match kind {
        Kind::Alone => "master_process off;",
        Kind::WithWorkers => "worker_processes 1;",
    };
    let config = format!(
        "daemon off; {processes} pid {dir}/pid; error_log stderr;\n\
         events {{ worker_connections 256; }}\n\
         http {{ access_log off;\n{temporary}{http}\n}}\n"
    );
    fs::write(path, config).map_err(Error::io("write the configuration of nginx"))
}

/// The certificate in PEM of the authority that signed the one of [`Nginx`] over TLS; nobody has its key.
pub const AUTHORITY: &str = include_str!("../../data/authority.pem");

/// For any host of `.example`, `localhost` and 127.0.0.1; the key is public.
const CERTIFICATE: &str = include_str!("../../data/tls.pem");

fn server(proxy: &ReverseProxy) -> Result<String, Error> {
    // An IPv6 address in `Forwarded` stands in brackets and quotes (RFC 7239 section 6).
    let mut maps =
        String::from("map $remote_addr $node { ~: '\"[$remote_addr]\"'; default $remote_addr; }\n");
    let mut headers = String::from("proxy_set_header Host $http_host;\n");
    for announcement in &proxy.announcements {
        let (name, value) = match announcement {
            Announce::XForwardedFor => ("X-Forwarded-For", "$proxy_add_x_forwarded_for"),
            Announce::XForwardedForReplaced => ("X-Forwarded-For", "$remote_addr"),
            Announce::XForwardedForWithPort => {
                maps += "map $http_x_forwarded_for $with_port {\n\
                     '' '$remote_addr:$remote_port';\n\
                     default '$http_x_forwarded_for, $remote_addr:$remote_port'; }\n";
                ("X-Forwarded-For", "$with_port")
            }
            Announce::XForwardedProtoAndHost => {
                headers += "proxy_set_header X-Forwarded-Host $http_host;\n";
                ("X-Forwarded-Proto", "$scheme")
            }
            Announce::Forwarded => {
                maps += "map $http_forwarded $forwarded {\n\
                     '' 'for=$node;host=\"$http_host\";proto=$scheme';\n\
                     default '$http_forwarded, for=$node;host=\"$http_host\";proto=$scheme'; }\n";
                ("Forwarded", "$forwarded")
            }
            Announce::SingleHeader(name) => (name.as_str(), "$remote_addr"),
            Announce::ProxyV1 | Announce::ProxyV2 => {
                return Err(Error::answer(
                    "start nginx",
                    "it has no PROXY protocol to HTTP upstreams",
                ));
            }
        };
        let _ = writeln!(headers, "proxy_set_header {name} {value};");
    }
    let tls = if proxy.tls {
        " ssl;\nssl_certificate {dir}/tls.pem;\nssl_certificate_key {dir}/tls.pem"
    } else {
        ""
    };
    Ok(format!(
        "{maps}map $http_upgrade $connection_kind {{ default upgrade; '' ''; }}\n\
         server {{ listen 127.0.0.1:{{port}}{tls};\n\
         location / {{ proxy_pass http://{};\nproxy_http_version 1.1;\n\
         proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $connection_kind;\n\
         {headers}}} }}",
        proxy.upstream
    ))
}
