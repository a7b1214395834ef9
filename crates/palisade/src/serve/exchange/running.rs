//! A request that runs.

use http::Version;
use tokio::sync::watch;

use super::Shared;
use crate::serve::seat::Seat;

/// A request runs until this is dropped.
#[derive(Debug)]
pub(in crate::serve) struct Running {
    seat: Option<Seat>,
    _counted: watch::Receiver<()>,
}

impl Running {
    /// Begins, unless the connection has to go.
    pub(super) fn begin(seat: &Seat, version: Version, shared: &Shared) -> Option<Self> {
        let counted = shared.requests.subscribe();
        seat.begin(version).then(|| Self { seat: Some(seat.clone()), _counted: counted })
    }

    /// Leaves the connection busy for good: it was handed over to the application.
    pub(super) fn stay(&mut self) {
        self.seat = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(seat) = &self.seat {
            seat.finish();
        }
    }
}
