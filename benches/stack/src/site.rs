//! A server on a thread of its own.

use std::fs;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use axum::Router;
use palisade::serve::Limits;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tracing::{Dispatch, dispatcher};

/// What runs on the thread.
pub(crate) struct Stack {
    pub(crate) app: Router,
    pub(crate) log: Dispatch,
    pub(crate) server: Server,
}

/// Who speaks HTTP.
pub(crate) enum Server {
    Axum,
    Ours,
}

/// Makes what runs, beside whose files it may write its log.
pub(crate) type Build = fn(&Path) -> Stack;

pub(crate) struct Site {
    name: &'static str,
    address: SocketAddr,
    /// Where the system tells how long the thread ran.
    times: PathBuf,
}

impl Site {
    /// Starts a server that ends with the process.
    pub(crate) fn start(name: &'static str, build: Build, folder: &Path) -> Self {
        let (tell, told) = mpsc::channel();
        let folder = folder.to_owned();
        thread::spawn(move || {
            let Stack { app, log, server } = build(&folder);
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            let serve = async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
                let thread = fs::read_link("/proc/thread-self").expect("Linux has /proc");
                tell.send((listener.local_addr().expect("an address"), thread)).expect("a reader");
                match server {
                    Server::Axum => {
                        let app = app.into_make_service_with_connect_info::<SocketAddr>();
                        axum::serve(listener, app).await.expect("it never ends");
                    }
                    Server::Ours => {
                        palisade::serve(listener, app, Limits::new()).until(pending()).await;
                    }
                }
            };
            dispatcher::with_default(&log, || runtime.block_on(serve));
        });
        let (address, thread) = told.recv().expect("the server starts");
        Self { name, address, times: Path::new("/proc").join(thread).join("schedstat") }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns for how long the thread has run.
    pub(crate) fn cpu(&self) -> Duration {
        let text = fs::read_to_string(&self.times).expect("the thread is alive");
        let nanos = text.split(' ').next().and_then(|figure| figure.parse().ok());
        Duration::from_nanos(nanos.expect("the system counts nanoseconds"))
    }
}
