//! A mirror with a thread and a queue of its own.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::carrier::Carrier;
use super::progress::Progress;

/// Bytes that wait for the sink.
const MOST: usize = 4 * 1024 * 1024;
/// How long a sink that failed is left alone: that long, then twice that, and so on.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);
/// How long the end of the log waits for the sink.
const FAREWELL: Duration = Duration::from_secs(1);

pub(in crate::log) struct Beside {
    name: &'static str,
    desk: Arc<Desk>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Desk {
    held: Mutex<Held>,
    came: Condvar,
    gone: Condvar,
}

#[derive(Default)]
struct Held {
    /// Lines, from which event to before which.
    lines: VecDeque<(u64, u64, Arc<[u8]>)>,
    bytes: usize,
    /// What is next in the log.
    end: u64,
    closing: bool,
    ended: bool,
}

enum Work {
    Lines(u64, u64, Arc<[u8]>),
    Missed(u64),
    End,
}

impl Beside {
    pub(super) fn start(
        name: &'static str,
        carrier: Carrier,
        progress: Arc<Progress>,
        size: u64,
    ) -> Self {
        let held = Held { end: size, ..Held::default() };
        let desk = Arc::new(Desk { held: Mutex::new(held), ..Desk::default() });
        let (seen, end) = (Arc::clone(&desk), Ended(Arc::clone(&desk)));
        // Without a thread nothing is taken from the queue, and `Ended` says so.
        let _ = thread::Builder::new().name("palisade-mirror".to_owned()).spawn(move || {
            run(name, &seen, carrier);
            drop(end);
        });
        Self { name, desk, progress }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn give(&self, first: u64, lines: &Arc<[u8]>, end: u64) {
        let mut held = self.desk.lock();
        held.end = end;
        let after = held.bytes.saturating_add(lines.len());
        if !held.ended && (held.bytes == 0 || after <= MOST) {
            held.bytes = after;
            held.lines.push_back((first, end, Arc::clone(lines)));
        } else if held.ended {
            self.progress.missed(end.saturating_sub(first));
        } else {
            self.progress.passed_over(end.saturating_sub(first));
        }
        drop(held);
        self.desk.came.notify_one();
    }
}

impl Drop for Beside {
    /// Gives the sink a moment for what is left.
    fn drop(&mut self) {
        let mut held = self.desk.lock();
        held.closing = true;
        self.desk.came.notify_one();
        drop(self.desk.gone.wait_timeout_while(held, FAREWELL, |held| !held.ended));
    }
}

/// Says that the thread is gone, whatever ended it.
struct Ended(Arc<Desk>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.gone.notify_all();
    }
}

fn run(name: &'static str, desk: &Desk, mut carrier: Carrier) {
    let mut pause = Duration::ZERO;
    loop {
        let outcome = match desk.take(&carrier, pause) {
            Work::Lines(first, end, lines) => carrier.carry(first, &lines, end),
            Work::Missed(end) => carrier.carry(end, &[], end),
            Work::End => return,
        };
        pause = match outcome {
            Err(error) => {
                tracing::warn!(mirror = name, %error, "a mirror of the audit log missed lines");
                let longer = pause.saturating_mul(2).clamp(PAUSE, LONGEST);
                if carrier.remembers() { longer } else { Duration::ZERO }
            }
            Ok(()) => Duration::ZERO,
        };
    }
}

impl Desk {
    /// No thread panics while it holds the lock; if one did, what it held would still be whole.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits `pause`, then for something to do. Who has failed is not asked again while the log closes.
    fn take(&self, carrier: &Carrier, pause: Duration) -> Work {
        let mut held = self.lock();
        if !pause.is_zero() {
            let waited = self.came.wait_timeout_while(held, pause, |held| !held.closing);
            held = waited.unwrap_or_else(PoisonError::into_inner).0;
            if held.closing {
                return Work::End;
            }
        }
        let nothing = |held: &mut Held| {
            held.lines.is_empty() && !held.closing && !carrier.is_behind(held.end)
        };
        held = self.came.wait_while(held, nothing).unwrap_or_else(PoisonError::into_inner);
        match held.lines.pop_front() {
            Some((first, end, lines)) => {
                held.bytes = held.bytes.saturating_sub(lines.len());
                Work::Lines(first, end, lines)
            }
            None if carrier.is_behind(held.end) => Work::Missed(held.end),
            None => Work::End,
        }
    }
}
