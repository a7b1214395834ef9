//! A disk whose syncs are timed.

use std::io;
use std::sync::Arc;

use palisade_core::Clock;

use super::{Disk, Output};
use crate::count;

#[derive(Debug)]
pub(crate) struct TimedDisk {
    disk: Arc<dyn Disk>,
    clock: Time,
}

/// A clock that can be shown.
#[derive(Clone)]
struct Time(Arc<dyn Clock>);

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

impl TimedDisk {
    pub(crate) fn new(disk: Arc<dyn Disk>, clock: Arc<dyn Clock>) -> Self {
        Self { disk, clock: Time(clock) }
    }

    fn timed(&self, file: Box<dyn Output>) -> Box<dyn Output> {
        Box::new(TimedOutput { file, clock: self.clock.clone() })
    }
}

#[derive(Debug)]
struct TimedOutput {
    file: Box<dyn Output>,
    clock: Time,
}

impl Disk for TimedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        self.disk.length(name)
    }

    fn read_into(
        &self,
        name: &str,
        offset: u64,
        length: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.disk.read_into(name, offset, length, out)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        self.disk.create(name).map(|file| self.timed(file))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Output>> {
        self.disk.append(name).map(|file| self.timed(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.disk.sync_folder()
    }
}

impl Output for TimedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        let before = self.clock.0.now();
        let done = self.file.sync();
        let time = self.clock.0.now().saturating_duration_since(before);
        count::synced(time, done.is_ok());
        done
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.file.is_linked()
    }
}
