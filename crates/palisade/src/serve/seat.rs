//! Connections and what each is doing, so that those that only wait make room.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Version;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use super::Limits;

/// All connections of a server.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    headers: Duration,
    idle: Duration,
    table: Mutex<Table>,
    /// Told when a connection ends, and when one begins to wait while there is no room.
    room: Notify,
    full: AtomicBool,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    taken: BTreeMap<u64, Arc<Place>>,
}

impl Seats {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            most: limits.connections,
            headers: limits.headers,
            idle: limits.idle,
            table: Mutex::default(),
            room: Notify::new(),
            full: AtomicBool::new(false),
        })
    }

    /// Waits for a seat; where all are taken, who has waited longest without a request has to go.
    pub(super) async fn take(self: &Arc<Self>) -> Seat {
        loop {
            if let Some(seat) = self.try_take() {
                return seat;
            }
            // A permit is kept for whoever was told before it waited.
            self.room.notified().await;
        }
    }

    fn try_take(self: &Arc<Self>) -> Option<Seat> {
        let mut table = locked(&self.table);
        if table.taken.len() >= self.most {
            // Said first: whoever begins to wait from now on tells.
            self.full.store(true, Ordering::SeqCst);
            let waiting = table.taken.values().filter_map(|place| Some((place.since()?, place)));
            if let Some((_, longest)) = waiting.min_by_key(|(since, _)| *since) {
                longest.end();
            }
            return None;
        }
        self.full.store(false, Ordering::SeqCst);
        let number = table.next;
        table.next = number.wrapping_add(1);
        let place = Arc::new(Place {
            state: Mutex::new(State::Reading(Instant::now())),
            multiplexed: AtomicBool::new(false),
            ended: Notify::new(),
        });
        table.taken.insert(number, Arc::clone(&place));
        drop(table);
        Some(Seat { hold: Arc::new(Hold { number, place, seats: Arc::clone(self) }) })
    }
}

#[derive(Debug)]
struct Place {
    state: Mutex<State>,
    /// Speaks HTTP/2, where bytes that come need not belong to a request.
    multiplexed: AtomicBool,
    ended: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing of the next request has come.
    Idle(Instant),
    /// Headers are on their way, or the first ones are waited for.
    Reading(Instant),
    /// So many requests run.
    Busy(usize),
    /// The last answer is not yet on its way as a whole.
    Flushing,
    /// It has to go.
    Ended,
}

impl Place {
    /// Since when it waits without a request.
    fn since(&self) -> Option<Instant> {
        match *locked(&self.state) {
            State::Idle(since) | State::Reading(since) => Some(since),
            State::Busy(_) | State::Flushing | State::Ended => None,
        }
    }

    /// Ends it, unless a request runs.
    fn end(&self) {
        let mut state = locked(&self.state);
        if matches!(*state, State::Idle(_) | State::Reading(_)) {
            *state = State::Ended;
            self.ended.notify_one();
        }
    }
}

/// A connection's place; free for another when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Seat {
    hold: Arc<Hold>,
}

struct Hold {
    number: u64,
    place: Arc<Place>,
    seats: Arc<Seats>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        locked(&self.seats.table).taken.remove(&self.number);
        self.seats.room.notify_one();
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seat").field(&self.hold.place.state).finish()
    }
}

impl Seat {
    /// Notes that bytes have come.
    pub(super) fn heard(&self) {
        if self.hold.place.multiplexed.load(Ordering::Relaxed) {
            return;
        }
        let mut state = locked(&self.hold.place.state);
        if matches!(*state, State::Idle(_)) {
            *state = State::Reading(Instant::now());
        }
    }

    /// Begins a request, unless the connection had to go before.
    pub(super) fn begin(&self, version: Version) -> bool {
        let mut state = locked(&self.hold.place.state);
        *state = match *state {
            State::Ended => return false,
            State::Busy(requests) => State::Busy(requests.saturating_add(1)),
            State::Flushing | State::Idle(_) | State::Reading(_) => State::Busy(1),
        };
        if version == Version::HTTP_2 {
            self.hold.place.multiplexed.store(true, Ordering::Relaxed);
        }
        true
    }

    /// Ends a request whose answer was handed over.
    pub(super) fn finish(&self) {
        let mut state = locked(&self.hold.place.state);
        if let State::Busy(requests) = *state {
            *state = match requests.saturating_sub(1) {
                0 => State::Flushing,
                others => State::Busy(others),
            };
        }
    }

    /// Notes that everything written is on its way.
    pub(super) fn flushed(&self) {
        let mut state = locked(&self.hold.place.state);
        if *state == State::Flushing {
            *state = State::Idle(Instant::now());
            drop(state);
            if self.hold.seats.full.load(Ordering::SeqCst) {
                self.hold.seats.room.notify_one();
            }
        }
    }

    /// Ends the connection if it has waited too long; else says when to look again.
    pub(super) fn look(&self) -> Option<Instant> {
        let (Seats { headers, idle, .. }, now) = (&*self.hold.seats, Instant::now());
        let soon = now.checked_add(*headers)?;
        let due = match *locked(&self.hold.place.state) {
            State::Idle(since) => since.checked_add(*idle),
            State::Reading(since) => since.checked_add(*headers),
            State::Busy(_) | State::Flushing => Some(soon),
            State::Ended => None,
        };
        if due.is_some_and(|due| due <= now) {
            self.hold.place.end();
            return None;
        }
        due.map(|due| due.min(soon))
    }

    /// Ends the connection where nothing that has begun would be lost.
    pub(super) fn end(&self) {
        // By HTTP/2 the other side is told which of its requests were taken (RFC 9113 6.8).
        if !self.hold.place.multiplexed.load(Ordering::Relaxed) {
            self.hold.place.end();
        }
    }

    /// Waits until the connection has to go.
    pub(super) async fn ended(&self) {
        self.hold.place.ended.notified().await;
    }
}

/// A panic while it was held has broken nothing: every change is one assignment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
