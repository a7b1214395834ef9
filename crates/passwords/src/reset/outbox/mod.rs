//! Mail that leaves beside the requests.

mod queue;
mod settings;

use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use palisade_core::Clock;

use crate::reset::mail::{Delivery, DeliveryError, Mail};
use queue::{Job, Next, Outcome, Queue};

pub use queue::OutboxLoad;
pub use settings::OutboxSettings;

/// Finds accounts, issues tokens and delivers mails on threads of its own.
///
/// A request for a link puts one job here, the same for every address, and is answered; whether
/// the account exists is found out by the job. So neither the answer nor its time tells.
///
/// # When things go wrong
///
/// | what | then |
/// |---|---|
/// | the queue is full | [`OutboxRefused::Full`]: answer 503 to everybody; what was taken is kept |
/// | a delivery fails for now, or a job's database does | it is tried again, after one second, two, four and eight: five times in all, unless [`OutboxSettings`] says otherwise |
/// | it fails for good, or five times | the mail is dropped, an error is logged without its text, [`OutboxLoad::failed`] counts it |
/// | a job panics | the same; the thread lives on |
/// | [`shutdown`](Self::shutdown) | nothing more is taken; what is queued is tried once, without waiting for its turn to be tried again, until the limit; what is left is dropped and its number returned |
///
/// Mails live in memory only: on a disk they would be usable links. Whoever misses one asks again.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use palisade_core::SystemClock;
/// use palisade_passwords::reset::{
///     Address, FileDelivery, Letters, Mailbox, MemoryStore, Origin, Outbox, OutboxSettings,
///     Purpose, Resets, Template,
/// };
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let delivery = FileDelivery::new(folder.path())?;
/// let outbox = Outbox::start(delivery, OutboxSettings::new(), SystemClock::new())?;
/// let sender = Mailbox::new("Exam Portal", Address::parse("portal@exams.example.org")?)?;
/// let letters = Letters::new(sender, Origin::new("https://exams.example.org", "/reset/")?);
/// let template = Arc::new(Template::new("Your new password", "Choose it here:\n\n{link}\n")?);
/// let resets = Resets::new(MemoryStore::new());
///
/// // In the handler of the request, with what was typed:
/// let typed = "ada@example.org".to_owned();
/// let runtime = tokio::runtime::Handle::current();
/// outbox.submit(move || {
///     // SELECT id, email FROM users WHERE email_key = $typed
///     let Ok(stored) = Address::parse(&typed) else { return Ok(None) };
///     let token = runtime.block_on(resets.issue(Purpose::Reset, "7"))?;
///     Ok(Some(letters.link(&stored, &template, token)?))
/// })?;
/// # tokio::task::block_in_place(|| outbox.shutdown(std::time::Duration::from_secs(10)))?;
/// # Ok(())
/// # }
/// ```
pub struct Outbox {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    delivery: Box<dyn Delivery>,
    clock: Box<dyn Clock>,
}

/// Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxRefused {
    /// The outbox is shutting down.
    #[error("the outbox is closed")]
    Closed,
    /// As much waits as may.
    #[error("the outbox is full")]
    Full,
}

/// Mails that were dropped at shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} mails were not sent before the outbox had to end")]
pub struct Unsent {
    count: usize,
}

impl Unsent {
    /// Returns their number.
    #[must_use]
    pub const fn count(self) -> usize {
        self.count
    }
}

impl Outbox {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// What the system said when it gave no thread.
    pub fn start(
        delivery: impl Delivery,
        settings: OutboxSettings,
        clock: impl Clock,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::new(settings)),
            changed: Condvar::new(),
            delivery: Box::new(delivery),
            clock: Box::new(clock),
        });
        let outbox = Self { shared };
        for _ in 0..settings.threads.get() {
            let shared = Arc::clone(&outbox.shared);
            thread::Builder::new()
                .name("palisade-outbox".to_owned())
                .spawn(move || shared.work())?;
        }
        Ok(outbox)
    }

    /// Queues a job that finds the account, issues a token and writes the mail: `None` when there
    /// is nobody to write to. It runs on a thread that may wait, and again when it fails.
    ///
    /// # Errors
    ///
    /// [`OutboxRefused`]; the job will not run.
    ///
    /// # Cost
    ///
    /// One allocation and one lock.
    pub fn submit<J>(&self, job: J) -> Result<(), OutboxRefused>
    where
        J: FnMut() -> Result<Option<Mail>, Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        self.push(Job::Write(Box::new(job)))
    }

    /// Queues a mail that is written already.
    ///
    /// # Errors
    ///
    /// [`OutboxRefused`]; the mail is dropped.
    pub fn send(&self, mail: Mail) -> Result<(), OutboxRefused> {
        self.push(Job::Deliver(mail))
    }

    fn push(&self, job: Job) -> Result<(), OutboxRefused> {
        let pushed = self.shared.lock().push(job);
        if pushed.is_ok() {
            self.shared.changed.notify_one();
        }
        pushed
    }

    /// Returns how much waits and what became of the rest, for a gauge or a health probe.
    #[must_use]
    pub fn load(&self) -> OutboxLoad {
        self.shared.lock().load()
    }

    /// Takes nothing more and waits until what is queued was tried, at most for `limit`.
    ///
    /// It blocks its thread.
    ///
    /// # Errors
    ///
    /// [`Unsent`] with the number of mails that the limit left over.
    pub fn shutdown(&self, limit: Duration) -> Result<(), Unsent> {
        let begin = self.shared.clock.now();
        let mut queue = self.shared.lock();
        queue.close();
        self.shared.changed.notify_all();
        loop {
            let passed = self.shared.clock.now().saturating_duration_since(begin);
            let left = limit.saturating_sub(passed);
            if queue.is_done() {
                return Ok(());
            }
            if left.is_zero() {
                let count = queue.abandon();
                self.shared.changed.notify_all();
                return Err(Unsent { count });
            }
            let waited = self.shared.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut queue = self.lock();
        loop {
            queue = match queue.next(self.clock.now()) {
                Next::End => return,
                Next::Run(job, tries) => {
                    drop(queue);
                    let outcome = self.run(job);
                    let mut queue = self.lock();
                    queue.done(outcome, tries, self.clock.now());
                    self.changed.notify_all();
                    queue
                }
                Next::Wait(None) => {
                    self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
                }
                Next::Wait(Some(time)) => {
                    let waited = self.changed.wait_timeout(queue, time);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Runs a job to its end, or to the point from which it is to be tried again.
    fn run(&self, job: Job) -> Outcome {
        let caught = catch_unwind(AssertUnwindSafe(|| match job {
            Job::Write(mut write) => match write() {
                Ok(Some(mail)) => self.deliver(mail),
                Ok(None) => Outcome::Nothing,
                Err(error) => {
                    tracing::warn!(error = &*error, "a mail could not be written for now");
                    Outcome::Again(Job::Write(write))
                }
            },
            Job::Deliver(mail) => self.deliver(mail),
        }));
        caught.unwrap_or_else(|_| {
            tracing::error!("a job of the outbox panicked");
            Outcome::Failed
        })
    }

    fn deliver(&self, mail: Mail) -> Outcome {
        match self.delivery.deliver(&mail) {
            Ok(()) => Outcome::Delivered,
            Err(DeliveryError::Later(error)) => {
                tracing::warn!(mail = mail.id(), error = &*error, "a mail was not delivered yet");
                Outcome::Again(Job::Deliver(mail))
            }
            Err(DeliveryError::Never(error)) => {
                tracing::error!(mail = mail.id(), error = &*error, "a mail was refused");
                Outcome::Failed
            }
        }
    }
}

impl Drop for Outbox {
    /// Ends the threads after what they are at; what waits is dropped.
    fn drop(&mut self) {
        self.shared.lock().abandon();
        self.shared.changed.notify_all();
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("load", &self.load()).finish_non_exhaustive()
    }
}
