//! A runtime of the fixture's own, on a thread of its own.
//!
//! A fixture answers whatever the test's runtime does: a test may block, run without a runtime, or
//! stop tokio's clock.

use std::fmt;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::error::Error;

/// Runs tasks until it is dropped, which ends them all.
pub(crate) struct Background {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    pub(crate) fn start() -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("start a runtime"))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            let _ = runtime.block_on(stopped);
        });
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(task));
    }

    /// Returns what ends after that much real time, whatever clock the test's runtime has.
    #[cfg(any(feature = "browser", feature = "errors", feature = "mail"))]
    pub(crate) fn alarm(&self, after: std::time::Duration) -> oneshot::Receiver<()> {
        let (ring, alarm) = oneshot::channel();
        self.spawn(async move {
            tokio::time::sleep(after).await;
            let _ = ring.send(());
        });
        alarm
    }

    /// Runs the closure where tokio's types find this runtime.
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _inside = self.handle.enter();
        work()
    }

    /// Takes a socket of the standard library into this runtime.
    #[cfg(any(feature = "errors", feature = "fault", feature = "mail"))]
    pub(crate) fn listener(
        &self,
        listener: std::net::TcpListener,
    ) -> Result<tokio::net::TcpListener, Error> {
        self.enter(|| {
            listener
                .set_nonblocking(true)
                .and_then(|()| tokio::net::TcpListener::from_std(listener))
                .map_err(Error::io("listen"))
        })
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Background")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
