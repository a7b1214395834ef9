//! Waiting for a batch: one lock and one wake-up list for all of its events.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::Receipt;
use super::batch::Committed;
use crate::error::RecordError;

/// Those who wait for one batch. Who is woken reads the answer without a lock: all are, at once.
#[derive(Debug, Default)]
pub(super) struct Group {
    answer: OnceLock<Result<Arc<Committed>, RecordError>>,
    waiting: Mutex<Vec<Waker>>,
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody; only the first call does.
    pub(super) fn finish(&self, result: Result<Arc<Committed>, RecordError>) {
        if self.answer.set(result).is_ok() {
            // Who looks for the answer behind this lock finds it.
            let wakers = mem::take(&mut *self.lock());
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

    fn told(&self, answer: &Result<Arc<Committed>, RecordError>) -> Result<Receipt, RecordError> {
        match answer {
            Ok(committed) => self.receipt(committed),
            // A required mirror is named with the first event of the batch.
            Err(error) => Err(of_event(error, self.index)),
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
        if let Some(answer) = this.group.answer.get() {
            return Poll::Ready(this.told(answer));
        }
        let mut wakers = this.group.lock();
        if let Some(answer) = this.group.answer.get() {
            return Poll::Ready(this.told(answer));
        }
        if let Some(waker) = this.place.and_then(|place| wakers.get_mut(place)) {
            waker.clone_from(cx.waker());
        } else {
            this.place = Some(wakers.len());
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
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
