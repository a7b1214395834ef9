//! A fixed number of threads that hash, and the queue in front of them.

mod queue;
mod ticket;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use palisade_core::Clock;

use crate::error::{ConfigError, Overloaded};
use crate::hash::Arena;
use crate::pool::queue::{FairQueue, Place};
use crate::pool::ticket::Reply;

pub use ticket::Ticket;

/// The work itself; dropped without being run, it answers its ticket with `Overloaded`.
type Run = Box<dyn FnOnce(&mut Arena) + Send>;

struct Job {
    queued_at: Instant,
    run: Run,
}

struct State {
    queue: FairQueue<Job>,
    running: usize,
    refused: u64,
    closed: bool,
}

/// What waiting callers, workers and tickets share.
pub(crate) struct Pool {
    state: Mutex<State>,
    job_there: Condvar,
    workers: u32,
    longest_wait: Duration,
    clock: Box<dyn Clock>,
}

impl Pool {
    /// Jobs that wait at once, however little each of them costs.
    const MAX_JOBS: usize = 4096;

    /// Starts the threads; they end when [`close`](Self::close) is called.
    pub(crate) fn start(
        workers: NonZeroUsize,
        longest_wait: Duration,
        clock: Box<dyn Clock>,
    ) -> Result<Arc<Self>, ConfigError> {
        let count = u32::try_from(workers.get()).unwrap_or(u32::MAX);
        let queue = FairQueue::new(longest_wait.saturating_mul(count), Self::MAX_JOBS);
        let state = State { queue, running: 0, refused: 0, closed: false };
        let pool = Arc::new(Self {
            state: Mutex::new(state),
            job_there: Condvar::new(),
            workers: count,
            longest_wait,
            clock,
        });
        for number in 0..workers.get() {
            let worker = Arc::clone(&pool);
            let thread = thread::Builder::new().name(format!("password-hash-{number}"));
            if let Err(error) = thread.spawn(move || worker.work()) {
                pool.close();
                return Err(ConfigError::Thread(error));
            }
        }
        Ok(pool)
    }

    /// Queues `compute`, or answers the ticket at once when there is no room.
    pub(crate) fn submit<T: Send + 'static>(
        self: &Arc<Self>,
        lane: u64,
        work: Duration,
        compute: impl FnOnce(&mut Arena) -> Option<T> + Send + 'static,
    ) -> Ticket<T> {
        let mut state = self.lock();
        let overloaded = Overloaded::new(self.wait_of(&state));
        let (reply, mut ticket) = Reply::new(overloaded);
        let run: Run = Box::new(move |arena| reply.send(compute(arena)));
        if state.closed {
            return ticket;
        }
        let job = Job { queued_at: self.clock.now(), run };
        let pushed = state.queue.push(lane, work, job);
        state.refused = state.refused.saturating_add(pushed.refused.len().try_into().unwrap_or(0));
        drop(state);
        // Dropping a job answers its ticket, which may wake a task: not under the lock.
        drop(pushed.refused);
        if let Some(place) = pushed.place {
            ticket.belongs_to(Arc::clone(self), place);
            self.job_there.notify_one();
        }
        ticket
    }

    /// Takes a job out of the queue; one that runs already, runs to its end.
    fn cancel(&self, place: Place) {
        let job = self.lock().queue.remove(place);
        drop(job);
    }

    /// Refuses what waits and lets the threads end after what they compute now.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = state.queue.clear();
        drop(state);
        drop(waiting);
        self.job_there.notify_all();
    }

    /// Jobs that wait, their work, jobs that run, jobs refused so far.
    pub(crate) fn load(&self) -> (usize, Duration, usize, u64) {
        let state = self.lock();
        (state.queue.len(), state.queue.work(), state.running, state.refused)
    }

    fn wait_of(&self, state: &State) -> Duration {
        state.queue.work().checked_div(self.workers).unwrap_or_default()
    }

    fn work(&self) {
        let mut arena = Arena::new();
        while let Some(run) = self.next() {
            // A panic in a dependency costs its job, not the thread; the engine wipes on unwind.
            if catch_unwind(AssertUnwindSafe(|| run(&mut arena))).is_err() {
                tracing::error!("a password hash panicked");
            }
            let mut state = self.lock();
            state.running = state.running.saturating_sub(1);
        }
    }

    /// Waits for the next job that has not waited too long already.
    fn next(&self) -> Option<Run> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let Some(job) = state.queue.pop() else {
                state = self.job_there.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = self.clock.now().saturating_duration_since(job.queued_at);
            if waited <= self.longest_wait {
                state.running = state.running.saturating_add(1);
                return Some(job.run);
            }
            state.refused = state.refused.saturating_add(1);
            drop(state);
            drop(job);
            state = self.lock();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
