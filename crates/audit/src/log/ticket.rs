//! Waiting for a batch: one lock and one wake-up list for all of its events.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::Receipt;
use super::batch::Committed;
use crate::error::RecordError;

/// Those who wait for one batch.
#[derive(Debug, Default)]
pub(super) struct Group(Mutex<Progress>);

#[derive(Debug)]
enum Progress {
    Waiting(Vec<Waker>),
    Done(Result<Arc<Committed>, RecordError>),
}

impl Default for Progress {
    fn default() -> Self {
        Self::Waiting(Vec::new())
    }
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody; only the first call does.
    pub(super) fn finish(&self, result: Result<Arc<Committed>, RecordError>) {
        let mut progress = self.lock();
        if let Progress::Waiting(wakers) = &mut *progress {
            let wakers = mem::take(wakers);
            *progress = Progress::Done(result);
            drop(progress);
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

/// One event of a batch.
#[derive(Debug)]
pub(super) struct Ticket {
    group: Arc<Group>,
    index: usize,
    /// Where in the wake-up list this one is.
    place: Option<usize>,
}

impl Ticket {
    pub(super) const fn new(group: Arc<Group>, index: usize) -> Self {
        Self { group, index, place: None }
    }

    /// Holds the thread.
    pub(super) fn block(mut self) -> Result<Receipt, RecordError> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match Pin::new(&mut self).poll(&mut context) {
                Poll::Ready(result) => return result,
                Poll::Pending => thread::park(),
            }
        }
    }

    fn receipt(&self, committed: &Committed) -> Result<Receipt, RecordError> {
        let index = u64::try_from(self.index).unwrap_or(u64::MAX);
        let leaf = committed.leaves.get(self.index).copied().ok_or(RecordError::Closed)?;
        Ok(Receipt { seq: committed.first.saturating_add(index), leaf })
    }
}

impl Future for Ticket {
    type Output = Result<Receipt, RecordError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match &mut *this.group.lock() {
            Progress::Done(Ok(committed)) => Poll::Ready(this.receipt(committed)),
            // A required mirror is named with the first event of the batch.
            Progress::Done(Err(error)) => Poll::Ready(Err(of_event(error, this.index))),
            Progress::Waiting(wakers) => {
                let waker = this.place.and_then(|place| wakers.get_mut(place));
                if let Some(waker) = waker {
                    waker.clone_from(cx.waker());
                } else {
                    this.place = Some(wakers.len());
                    wakers.push(cx.waker().clone());
                }
                Poll::Pending
            }
        }
    }
}

fn of_event(error: &RecordError, index: usize) -> RecordError {
    let mut error = error.clone();
    if let RecordError::Mirror { seq, .. } = &mut error {
        *seq = seq.saturating_add(u64::try_from(index).unwrap_or(u64::MAX));
    }
    error
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
