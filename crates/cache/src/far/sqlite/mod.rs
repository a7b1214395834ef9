//! `SQLite`, for the processes of one machine.

mod file;
mod table;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use palisade_core::Clock;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::Ear;
use super::store::{Fill, Reading, Store, StoreError, StoreFuture, Walk};
use crate::envelope::Mark;
use crate::error::ConfigError;
use file::File;

/// Values in a file that the processes of one machine share; a clone is the same store.
///
/// What one process ends the others hear of within 20 ms. What was stored is there after the processes
/// end, also by `kill -9`; an invalidation is synced to the disk before it is told, so that it holds after
/// a loss of power too. A file that is found damaged is left and the next one begun, empty.
///
/// # Bounds
///
/// Values, keys and what belongs to them take as many bytes as was said; the oldest go first. The file
/// is larger by a third at the most, and there is a log beside it of a few MiB. Each process may have
/// 1,024 calls waiting.
///
/// # Security
///
/// On Unix the folder is made for its owner alone. Who can write to it can write values.
///
/// # Cost
///
/// One thread for each process, which alone waits for the disk. A read and a fill are one transaction;
/// an invalidation waits for the disk. Fifty times a second the file is asked for its era.
#[derive(Clone)]
pub struct SqliteStore {
    jobs: SyncSender<Job>,
    folder: Arc<PathBuf>,
}

type Job = Box<dyn FnOnce(&mut File) + Send>;

impl SqliteStore {
    /// So often the file is asked for news.
    const BEAT: Duration = Duration::from_millis(20);
    /// So many calls may wait.
    const WAITING: usize = 1024;

    /// Will open the newest file in that folder, which is made if need be, and keep it below so many
    /// bytes; goes by the clock's date.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the bound is not from 1 MiB to 1 TiB, the folder cannot be made, this
    /// `SQLite` can damage a file that two connections write to, or the system gives no thread.
    pub fn open(
        folder: impl Into<PathBuf>,
        most: u64,
        clock: impl Clock,
    ) -> Result<Self, StoreError> {
        let bytes = ConfigError::number("the most bytes of the store", most, 1 << 20, 1 << 40);
        bytes.map_err(|error| StoreError::caused_by("this is no bound", error))?;
        let folder = folder.into();
        let file = File::new(folder.clone(), most, Box::new(clock))?;
        let (jobs, waiting) = sync_channel(Self::WAITING);
        thread::Builder::new()
            .name("palisade-cache-sqlite".to_owned())
            .spawn(move || run(&waiting, file))
            .map_err(|error| StoreError::caused_by("there is no thread for SQLite", error))?;
        Ok(Self { jobs, folder: Arc::new(folder) })
    }

    /// Has the thread do something, unless nobody waits for it any more when its turn comes.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut File) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |file| {
            if !answer.is_closed() {
                // Nobody may wait for it by now.
                let _ = answer.send(work(file));
            }
        });
        let sent = self.jobs.try_send(job);
        Box::pin(async move {
            sent.map_err(|_| StoreError::new("more calls wait for SQLite than may"))?;
            answered.await.map_err(|_| StoreError::new("the thread of SQLite has ended"))?
        })
    }
}

/// Works until the last handle is gone.
fn run(waiting: &Receiver<Job>, mut file: File) {
    while let Ok(job) = waiting.recv() {
        job(&mut file);
    }
}

impl Store for SqliteStore {
    fn name(&self) -> &'static str {
        "cache-sqlite"
    }

    fn read<'a>(&'a self, keys: &'a [String]) -> StoreFuture<'a, Reading> {
        let keys = keys.to_vec();
        self.ask(move |file| file.read(&keys))
    }

    fn fill<'a>(&'a self, fills: &'a [Fill]) -> StoreFuture<'a, ()> {
        let fills = fills.to_vec();
        self.ask(move |file| file.fill(&fills))
    }

    fn end<'a>(
        &'a self,
        origin: &'a [u8; 16],
        slots: &'a [u16],
        keys: &'a [String],
    ) -> StoreFuture<'a, Mark> {
        let (origin, slots, keys) = (*origin, slots.to_vec(), keys.to_vec());
        self.ask(move |file| file.end(&origin, &slots, &keys))
    }

    fn walk<'a>(&'a self, prefix: &'a str, place: u64, most: usize) -> StoreFuture<'a, Walk> {
        let prefix = prefix.to_owned();
        self.ask(move |file| file.walk(&prefix, place, most))
    }

    fn watch(&self, pace: Duration, ear: Ear) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let (mut last, mut due) = (None, None);
            loop {
                let Some(asked) = ear.now() else { return Ok(()) };
                let heard = self.ask(move |file| file.news(last)).await?;
                for news in &heard.news {
                    ear.announced(news.mark, &news.origin, &news.slots);
                }
                last = Some(heard.mark);
                if due.is_none_or(|due| due <= asked) {
                    ear.marked(asked, heard.mark, heard.now);
                    due = asked.checked_add(pace);
                }
                sleep(Self::BEAT.min(pace)).await;
            }
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}
