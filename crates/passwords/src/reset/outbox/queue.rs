//! What waits in an outbox, and what is next: no thread, no clock.

use std::collections::VecDeque;
use std::error::Error;
use std::time::{Duration, Instant};

use crate::reset::mail::Mail;
use crate::reset::outbox::{OutboxRefused, OutboxSettings};

/// Writes a mail, or finds that there is none to write.
pub(super) type Write =
    Box<dyn FnMut() -> Result<Option<Mail>, Box<dyn Error + Send + Sync>> + Send>;

/// A step of work.
pub(super) enum Job {
    Deliver(Mail),
    Write(Write),
}

/// What a thread does now.
pub(super) enum Next {
    End,
    /// Run the job, which was tried so often before.
    Run(Job, u32),
    /// Wait for a change, at most so long.
    Wait(Option<Duration>),
}

/// What became of a job.
pub(super) enum Outcome {
    Again(Job),
    Delivered,
    Failed,
    /// There was nobody to write to.
    Nothing,
}

/// What an outbox does and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxLoad {
    /// Jobs and mails that wait, for the first time or again.
    pub waiting: usize,
    /// Jobs that run.
    pub running: usize,
    /// Mails delivered since the start.
    pub delivered: u64,
    /// Mails and jobs given up since the start.
    pub failed: u64,
    /// Jobs that were not taken since the start.
    pub refused: u64,
}

pub(super) struct Queue {
    settings: OutboxSettings,
    fresh: VecDeque<Job>,
    /// Jobs to try again, by no order: there are at most `capacity`.
    again: Vec<Again>,
    closed: bool,
    load: OutboxLoad,
}

struct Again {
    due: Instant,
    tries: u32,
    job: Job,
}

impl Queue {
    pub(super) fn new(settings: OutboxSettings) -> Self {
        let load = OutboxLoad::default();
        Self { settings, fresh: VecDeque::new(), again: Vec::new(), closed: false, load }
    }

    pub(super) fn push(&mut self, job: Job) -> Result<(), OutboxRefused> {
        let room = self.waiting().saturating_add(self.load.running) < self.settings.capacity;
        let refused = match (self.closed, room) {
            (true, _) => OutboxRefused::Closed,
            (false, false) => OutboxRefused::Full,
            (false, true) => {
                self.fresh.push_back(job);
                return Ok(());
            }
        };
        self.load.refused = self.load.refused.saturating_add(1);
        Err(refused)
    }

    /// Takes the next job: what is due to be tried again goes before what is fresh, since its link
    /// is older. A closed queue has everything due.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        let first = self.again.iter().enumerate().min_by_key(|(_, again)| again.due);
        let first = first.map(|(place, again)| (place, again.due));
        if let Some((place, _)) = first.filter(|(_, due)| self.closed || *due <= now) {
            let Again { tries, job, .. } = self.again.swap_remove(place);
            self.load.running = self.load.running.saturating_add(1);
            return Next::Run(job, tries);
        }
        if let Some(job) = self.fresh.pop_front() {
            self.load.running = self.load.running.saturating_add(1);
            return Next::Run(job, 0);
        }
        match first {
            Some((_, due)) => Next::Wait(Some(due.saturating_duration_since(now))),
            None if self.closed => Next::End,
            None => Next::Wait(None),
        }
    }

    /// Notes what became of a job that was tried `tries` times before.
    pub(super) fn done(&mut self, outcome: Outcome, tries: u32, now: Instant) {
        self.load.running = self.load.running.saturating_sub(1);
        let tries = tries.saturating_add(1);
        match outcome {
            Outcome::Again(job) if !self.closed && tries < self.settings.tries.get() => {
                let wait = self.settings.wait_after(tries);
                let due = now.checked_add(wait).unwrap_or(now);
                self.again.push(Again { due, tries, job });
            }
            Outcome::Again(_) | Outcome::Failed => {
                tracing::error!(tries, "a mail was given up");
                self.load.failed = self.load.failed.saturating_add(1);
            }
            Outcome::Delivered => self.load.delivered = self.load.delivered.saturating_add(1),
            Outcome::Nothing => {}
        }
    }

    pub(super) const fn close(&mut self) {
        self.closed = true;
    }

    /// Closes and drops what waits; returns its number, with what runs.
    pub(super) fn abandon(&mut self) -> usize {
        let count = self.waiting().saturating_add(self.load.running);
        self.closed = true;
        self.fresh.clear();
        self.again.clear();
        count
    }

    /// Whether it is closed and nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.closed && self.waiting() == 0 && self.load.running == 0
    }

    pub(super) fn load(&self) -> OutboxLoad {
        OutboxLoad { waiting: self.waiting(), ..self.load }
    }

    fn waiting(&self) -> usize {
        self.fresh.len().saturating_add(self.again.len())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use palisade_core::{Clock, ManualClock};

    use super::*;

    fn job() -> Job {
        Job::Write(Box::new(|| Ok(None)))
    }

    fn run(queue: &mut Queue, now: Instant) -> (Job, u32) {
        match queue.next(now) {
            Next::Run(job, tries) => (job, tries),
            Next::End | Next::Wait(_) => panic!("a job is due"),
        }
    }

    fn wait(queue: &mut Queue, now: Instant) -> Option<Duration> {
        match queue.next(now) {
            Next::Wait(time) => time,
            Next::End | Next::Run(..) => panic!("nothing is due"),
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_end_with_the_last_try() {
        let (clock, seconds) = (ManualClock::new(), Duration::from_secs);
        let settings = OutboxSettings::new().waits(seconds(1), seconds(5));
        let mut queue = Queue::new(settings.tries(NonZeroU32::new(6).unwrap()));
        queue.push(job()).unwrap();
        for (tries, expected) in [1, 2, 4, 5, 5].map(seconds).into_iter().enumerate() {
            let (job, before) = run(&mut queue, clock.now());
            assert_eq!(usize::try_from(before), Ok(tries));
            queue.done(Outcome::Again(job), before, clock.now());
            assert_eq!(wait(&mut queue, clock.now()), Some(expected));
            clock.advance(expected.saturating_sub(Duration::from_nanos(1)));
            assert_eq!(wait(&mut queue, clock.now()), Some(Duration::from_nanos(1)));
            clock.advance(Duration::from_nanos(1));
        }
        let (job, before) = run(&mut queue, clock.now());
        queue.done(Outcome::Again(job), before, clock.now());
        assert_eq!(wait(&mut queue, clock.now()), None);
        assert_eq!(queue.load(), OutboxLoad { failed: 1, ..OutboxLoad::default() });
    }

    #[test]
    fn what_waits_to_be_tried_again_counts_and_goes_first_when_due() {
        let (clock, second) = (ManualClock::new(), Duration::from_secs(1));
        let settings = OutboxSettings::new().capacity(2).waits(second, second);
        let mut queue = Queue::new(settings);
        queue.push(job()).unwrap();
        let (again, tries) = run(&mut queue, clock.now());
        queue.push(job()).unwrap();
        assert_eq!(queue.push(job()), Err(OutboxRefused::Full), "one runs, one waits");
        queue.done(Outcome::Again(again), tries, clock.now());
        assert_eq!(queue.push(job()), Err(OutboxRefused::Full), "both wait");
        clock.advance(second);
        assert_eq!(run(&mut queue, clock.now()).1, 1);
        assert_eq!(run(&mut queue, clock.now()).1, 0);
    }

    #[test]
    fn a_closed_queue_tries_what_waits_at_once_and_for_the_last_time() {
        let (clock, minute) = (ManualClock::new(), Duration::from_mins(1));
        let mut queue = Queue::new(OutboxSettings::new().waits(minute, minute));
        queue.push(job()).unwrap();
        let (again, tries) = run(&mut queue, clock.now());
        queue.done(Outcome::Again(again), tries, clock.now());
        queue.close();
        assert!(!queue.is_done());
        let (again, tries) = run(&mut queue, clock.now());
        assert!(!queue.is_done(), "it runs");
        queue.done(Outcome::Again(again), tries, clock.now());
        assert!(queue.is_done());
        assert!(matches!(queue.next(clock.now()), Next::End));
        assert_eq!(queue.push(job()), Err(OutboxRefused::Closed));
    }

    #[test]
    fn the_wait_of_any_try_is_bounded() {
        let settings = OutboxSettings::new();
        for tries in [0, 1, 31, 32, 33, u32::MAX] {
            let wait = settings.wait_after(tries);
            assert!((Duration::from_secs(1)..=Duration::from_mins(1)).contains(&wait), "{tries}");
        }
    }
}
