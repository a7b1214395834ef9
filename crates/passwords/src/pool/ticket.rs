//! The place of a job in the queue, and where its answer arrives.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::Overloaded;
use crate::pool::Pool;
use crate::pool::queue::Place;

enum Answer<T> {
    Awaited(Option<Waker>),
    There(Result<T, Overloaded>),
    Taken,
}

struct Slot<T> {
    answer: Mutex<Answer<T>>,
    there: Condvar,
    overloaded: Overloaded,
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Answer<T>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, result: Result<T, Overloaded>) {
        let before = mem::replace(&mut *self.lock(), Answer::There(result));
        self.there.notify_all();
        if let Answer::Awaited(Some(waker)) = before {
            waker.wake();
        }
    }

    /// Takes the answer if it is there; asked once more, it says `Overloaded` again.
    fn take(&self, answer: &mut Answer<T>) -> Option<Result<T, Overloaded>> {
        match mem::replace(answer, Answer::Taken) {
            Answer::There(result) => Some(result),
            Answer::Taken => Some(Err(self.overloaded)),
            awaited @ Answer::Awaited(_) => {
                *answer = awaited;
                None
            }
        }
    }
}

/// An answer that is being computed: await it, or [`wait`](Self::wait) on a thread of your own.
///
/// It needs no async runtime. Dropping it takes the job out of the queue, so that a client that
/// hung up costs nothing; a job that is being computed is finished by its worker, which is not
/// free before.
#[must_use = "the answer is lost and the job cancelled when this is dropped"]
pub struct Ticket<T> {
    slot: Arc<Slot<T>>,
    queued: Option<(Arc<Pool>, Place)>,
}

impl<T> Ticket<T> {
    /// Waits on this thread for the answer.
    ///
    /// # Errors
    ///
    /// [`Overloaded`] when the queue was full, the job waited too long, or the hasher is gone.
    pub fn wait(self) -> Result<T, Overloaded> {
        let mut answer = self.slot.lock();
        loop {
            if let Some(result) = self.slot.take(&mut answer) {
                return result;
            }
            answer = self.slot.there.wait(answer).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn belongs_to(&mut self, pool: Arc<Pool>, place: Place) {
        self.queued = Some((pool, place));
    }
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, Overloaded>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut answer = self.slot.lock();
        if let Some(result) = self.slot.take(&mut answer) {
            return Poll::Ready(result);
        }
        *answer = Answer::Awaited(Some(cx.waker().clone()));
        Poll::Pending
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        if let Some((pool, place)) = self.queued.take() {
            pool.cancel(place);
        }
    }
}

impl<T> fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

/// The other end: answers exactly once, with `Overloaded` when it is dropped unanswered.
pub(super) struct Reply<T> {
    slot: Option<Arc<Slot<T>>>,
}

impl<T> Reply<T> {
    pub(super) fn new(overloaded: Overloaded) -> (Self, Ticket<T>) {
        let answer = Mutex::new(Answer::Awaited(None));
        let slot = Arc::new(Slot { answer, there: Condvar::new(), overloaded });
        (Self { slot: Some(Arc::clone(&slot)) }, Ticket { slot, queued: None })
    }

    pub(super) fn send(mut self, value: Option<T>) {
        if let Some(slot) = self.slot.take() {
            let result = value.ok_or(slot.overloaded);
            slot.put(result);
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.put(Err(slot.overloaded));
        }
    }
}
