//! The proxy's port and its switch.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::background::Background;
use crate::error::Error;
use crate::fault::{Fault, pump};
use crate::process::Port;

type Switch = (Fault, Sender<io::Result<()>>);

/// A TCP proxy on 127.0.0.1 whose [`Fault`] a test switches while connections run through it.
#[derive(Debug)]
pub struct FaultProxy {
    port: Port,
    switch: mpsc::UnboundedSender<Switch>,
    counts: Arc<Counts>,
    _background: Background,
}

#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicUsize,
    open: AtomicUsize,
}

impl FaultProxy {
    /// Starts a proxy to the server at that address, which need not listen yet; it passes everything.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when no port can be listened on.
    pub fn start(upstream: SocketAddr) -> Result<Self, Error> {
        let (port, background) = (Port::reserve()?, Background::start()?);
        let listener = StdListener::bind(port.address()).map_err(Error::io("listen"))?;
        let listener = background.listener(listener)?;
        let counts = Arc::<Counts>::default();
        let (switch, switched) = mpsc::unbounded_channel();
        let acceptor = Acceptor {
            address: port.address(),
            upstream,
            fault: watch::Sender::new(Fault::Pass),
            counts: Arc::clone(&counts),
        };
        background.spawn(acceptor.run(listener, switched));
        Ok(Self { port, switch, counts, _background: background })
    }

    /// Returns where clients connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Switches to another fault: what is read and accepted after the return meets it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the port cannot be listened on again after [`Fault::Refuse`].
    pub fn set(&self, fault: Fault) -> Result<(), Error> {
        let (done, is_done) = channel();
        let gone = || Error::answer("switch the fault", "the proxy has ended");
        self.switch.send((fault, done)).map_err(|_| gone())?;
        is_done.recv().map_err(|_| gone())?.map_err(Error::io("listen again"))
    }

    /// Returns how many connections were accepted since the start.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.counts.accepted.load(Ordering::SeqCst)
    }

    /// Returns how many connections are open now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.counts.open.load(Ordering::SeqCst)
    }
}

struct Acceptor {
    address: SocketAddr,
    upstream: SocketAddr,
    fault: watch::Sender<Fault>,
    counts: Arc<Counts>,
}

impl Acceptor {
    async fn run(self, listener: TcpListener, mut switched: mpsc::UnboundedReceiver<Switch>) {
        let mut listener = Some(listener);
        loop {
            tokio::select! {
                biased;
                switch = switched.recv() => {
                    let Some((fault, done)) = switch else { return };
                    let _ = done.send(self.set(fault, &mut listener).await);
                }
                accepted = accept(listener.as_ref()) => {
                    if let Ok(client) = accepted {
                        self.counts.accepted.fetch_add(1, Ordering::SeqCst);
                        let open = Open::new(&self.counts);
                        let connection = pump::Connection {
                            client,
                            upstream: self.upstream,
                            fault: self.fault.subscribe(),
                        };
                        drop(tokio::spawn(async move {
                            let _open = open;
                            connection.run().await;
                        }));
                    }
                }
            }
        }
    }

    async fn set(&self, fault: Fault, listener: &mut Option<TcpListener>) -> io::Result<()> {
        if fault == Fault::Refuse {
            *listener = None;
        } else if listener.is_none() {
            *listener = Some(TcpListener::bind(self.address).await?);
        }
        self.fault.send_replace(fault);
        Ok(())
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(client, _)| client),
        None => std::future::pending().await,
    }
}

/// Counts a connection as open while it lives.
struct Open(Arc<Counts>);

impl Open {
    fn new(counts: &Arc<Counts>) -> Self {
        counts.open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(counts))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
