//! A disk that loses what was not synced, and fails when it is told to.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, Output};

const SECTOR: usize = 512;

/// Instead of a number of parts: only the process has ended, and the system writes everything.
pub(crate) const PROCESS: u64 = u64::MAX;

/// Numbers for tests (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate(usize),
}

#[derive(Clone, Debug)]
enum NameChange {
    Add(String, usize),
    Remove(String),
    Rename(String, String, usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    seen: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Change>,
}

/// What the disk claims to do and does not: mistakes that the proof must find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lie {
    #[default]
    None,
    /// Files are not synced.
    Files,
    /// Names are not synced.
    Names,
    /// A failed sync is followed by one that says all is well, and nobody writes again.
    Forgiving,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<NameChange>,
    pub(crate) lie: Lie,
    /// Bytes that fit.
    pub(crate) capacity: Option<usize>,
    /// One write or sync in that many fails.
    pub(crate) faults: Option<(u64, Random)>,
}

type Watcher = Box<dyn FnMut(&State) + Send>;

#[derive(Clone, Default)]
pub(crate) struct SimDisk {
    state: Arc<Mutex<State>>,
    /// Sees the disk before every change.
    watcher: Arc<Mutex<Option<Watcher>>>,
}

impl std::fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimDisk")
    }
}

impl State {
    /// The disk after power loss: of what was not synced, any part. `keep` of 16 parts survive.
    pub(crate) fn crashed(&self, random: &mut Random, keep: u64) -> SimDisk {
        if keep == PROCESS {
            let settled = |file: &File| {
                let seen = file.seen.clone();
                File { durable: seen.clone(), seen, pending: Vec::new() }
            };
            let (files, names) = (self.files.iter().map(settled).collect(), self.names.clone());
            return Self::disk(files, names);
        }
        let mut survives = || random.below(16) < keep;
        let mut names = self.durable_names.clone();
        for change in &self.pending_names {
            if survives() {
                change.apply(&mut names);
            }
        }
        let files = self.files.iter().map(|file| {
            let mut content = file.durable.clone();
            for change in &file.pending {
                match change {
                    Change::Truncate(length) if survives() => content.truncate(*length),
                    Change::Truncate(_) => {}
                    Change::Write { offset, bytes } => {
                        let mut at = *offset;
                        let mut rest = bytes.as_slice();
                        while !rest.is_empty() {
                            // Sectors are written whole or not, in any order.
                            let length = (SECTOR - at % SECTOR).min(rest.len());
                            let (sector, next) = rest.split_at(length);
                            if survives() {
                                put(&mut content, at, sector);
                            }
                            at += length;
                            rest = next;
                        }
                    }
                }
            }
            File { seen: content.clone(), durable: content, pending: Vec::new() }
        });
        Self::disk(files.collect(), names)
    }

    fn disk(files: Vec<File>, names: BTreeMap<String, usize>) -> SimDisk {
        let state = Self { files, durable_names: names.clone(), names, ..Self::default() };
        SimDisk { state: Arc::new(Mutex::new(state)), ..SimDisk::default() }
    }

    fn used(&self) -> usize {
        self.names.values().map(|file| self.files[*file].seen.len()).sum()
    }

    fn fails(&mut self) -> bool {
        self.faults.as_mut().is_some_and(|(of, random)| random.one_in(*of))
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Add(name, file) => drop(names.insert(name.clone(), *file)),
            Self::Remove(name) => drop(names.remove(name)),
            Self::Rename(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
        }
    }
}

impl SimDisk {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn watch(&self, watcher: impl FnMut(&State) + Send + 'static) {
        *self.watcher.lock().unwrap() = Some(Box::new(watcher));
    }

    pub(crate) fn unwatch(&self) {
        *self.watcher.lock().unwrap() = None;
    }

    fn look(&self) {
        let mut watcher = self.watcher.lock().unwrap();
        if let Some(watcher) = watcher.as_mut() {
            watcher(&self.state());
        }
    }

    /// Returns a file's content.
    pub(crate) fn content(&self, name: &str) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(name).map(|file| state.files[*file].seen.clone())
    }

    fn rename_now(&self, change: NameChange) {
        let mut state = self.state();
        let State { names, pending_names, .. } = &mut *state;
        change.apply(names);
        pending_names.push(change);
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl Disk for SimDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.state().names.keys().cloned().collect())
    }

    fn length(&self, name: &str) -> io::Result<Option<u64>> {
        let state = self.state();
        Ok(state.names.get(name).map(|file| state.files[*file].seen.len() as u64))
    }

    fn read_into(
        &self,
        name: &str,
        offset: u64,
        length: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let state = self.state();
        let file = *state.names.get(name).ok_or_else(not_found)?;
        let rest = state.files[file].seen.get(offset as usize..).unwrap_or_default();
        out.extend_from_slice(&rest[..length.min(rest.len())]);
        Ok(())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Output>> {
        self.look();
        let mut state = self.state();
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(File::default());
        drop(state);
        self.rename_now(NameChange::Add(name.to_owned(), file));
        Ok(Box::new(SimOutput { disk: self.clone(), file }))
    }

    fn append(&self, name: &str) -> io::Result<Box<dyn Output>> {
        let file = *self.state().names.get(name).ok_or_else(not_found)?;
        Ok(Box::new(SimOutput { disk: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.look();
        let file = *self.state().names.get(from).ok_or_else(not_found)?;
        self.rename_now(NameChange::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        if self.state().names.contains_key(name) {
            self.look();
            self.rename_now(NameChange::Remove(name.to_owned()));
        }
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.look();
        let mut state = self.state();
        if state.lie != Lie::Names {
            state.durable_names = state.names.clone();
            state.pending_names.clear();
        }
        Ok(())
    }
}

#[derive(Debug)]
struct SimOutput {
    disk: SimDisk,
    file: usize,
}

impl SimOutput {
    fn change(&self, state: &mut State, bytes: &[u8]) {
        let file = &mut state.files[self.file];
        let offset = file.seen.len();
        file.seen.extend_from_slice(bytes);
        file.pending.push(Change::Write { offset, bytes: bytes.to_vec() });
    }
}

impl Output for SimOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.look();
        let mut state = self.disk.state();
        let used = state.used();
        let room = state.capacity.map_or(usize::MAX, |capacity| capacity.saturating_sub(used));
        if room < bytes.len() {
            self.change(&mut state, &bytes[..room]);
            return Err(io::ErrorKind::StorageFull.into());
        }
        if state.fails() {
            self.change(&mut state, &bytes[..bytes.len() / 2]);
            return Err(io::Error::other("EIO"));
        }
        self.change(&mut state, bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.look();
        let mut state = self.disk.state();
        if state.fails() {
            let lie = state.lie;
            // What could not be written is forgotten and looks written.
            state.files[self.file].pending.clear();
            return if lie == Lie::Forgiving { Ok(()) } else { Err(io::Error::other("EIO")) };
        }
        if state.lie != Lie::Files {
            let file = &mut state.files[self.file];
            for change in std::mem::take(&mut file.pending) {
                match change {
                    Change::Write { offset, bytes } => put(&mut file.durable, offset, &bytes),
                    Change::Truncate(length) => file.durable.truncate(length),
                }
            }
        }
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.disk.look();
        let mut state = self.disk.state();
        let file = &mut state.files[self.file];
        file.seen.truncate(length as usize);
        file.pending.push(Change::Truncate(length as usize));
        Ok(())
    }

    fn is_linked(&self) -> io::Result<bool> {
        Ok(self.disk.state().names.values().any(|file| *file == self.file))
    }
}
