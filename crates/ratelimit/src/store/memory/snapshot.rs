//! What is owed, as bytes: written at shutdown, read at the next start.

use std::time::{Duration, SystemTime};

use thiserror::Error;

use super::MemoryStore;
use crate::key::KeyHasher;
use crate::table::Held;
use crate::tick::Tick;

/// The form: a name and a version.
const MAGIC: &[u8; 8] = b"PALRL\0\0\x02";

/// Magic, tick, lines, time, counts of floors and keys; the checksum follows.
const HEAD: usize = 8 + 8 + 4 + 8 + 4 + 8;

const FLOOR: usize = 4 + 8;
const KEY: usize = 8 + 4 + 8;
const SUM: usize = 16;

/// Kind of the checksum in [`KeyHasher::bytes`].
const KIND: u8 = 0xF0;

/// A snapshot that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes are cut, changed, or were written with another hashing key.
    #[error("the snapshot is damaged, or was written with another hashing key")]
    Damaged,
    /// It was written by a release with another form.
    #[error("the snapshot has another form; start without it")]
    Form,
    /// It was written by a store of another size or tick.
    #[error("the snapshot is of a store of another size or for other quotas; start without it")]
    Geometry,
}

impl MemoryStore {
    /// Returns all that is owed, with a checksum that only the holder of the hashing key can make.
    ///
    /// Subjects are made with that key too: a random one dies with its process, so a snapshot is of
    /// use with [`KeyHasher::keyed`] only. It holds no address and no name.
    #[must_use]
    pub fn snapshot(&self, hasher: &KeyHasher) -> Vec<u8> {
        let now = self.now();
        let (mut floors, mut keys) = (Vec::new(), Vec::new());
        let (mut floor_count, mut key_count) = (0_u32, 0_u64);
        for held in self.table.held(now) {
            match held {
                Held::Floor { line, ahead } => {
                    floor_count = floor_count.saturating_add(1);
                    floors.extend(line.to_le_bytes().into_iter().chain(ahead.to_le_bytes()));
                }
                Held::Key { cell, tag, ahead } => {
                    key_count = key_count.saturating_add(1);
                    keys.extend(cell.to_le_bytes());
                    keys.extend(tag.to_le_bytes().into_iter().chain(ahead.to_le_bytes()));
                }
            }
        }
        let lines = u32::try_from(self.table.lines()).unwrap_or(u32::MAX);
        let wall = nanos_of(self.clock.wall());
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u64::from(self.tick.nanos()).to_le_bytes());
        bytes.extend(lines.to_le_bytes().into_iter().chain(wall.to_le_bytes()));
        bytes.extend(floor_count.to_le_bytes().into_iter().chain(key_count.to_le_bytes()));
        bytes.append(&mut floors);
        bytes.append(&mut keys);
        bytes.extend(hasher.bytes(KIND, &bytes).to_bytes());
        bytes
    }

    /// Takes a snapshot over: what was owed less what was earned since by the wall clock.
    ///
    /// A wall clock that went back earns nothing. What is counted already stays.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`]; nothing is taken over then.
    pub fn restore(&self, bytes: &[u8], hasher: &KeyHasher) -> Result<(), SnapshotError> {
        let start = bytes.first_chunk::<8>().ok_or(SnapshotError::Damaged)?;
        if start != MAGIC {
            return Err(SnapshotError::Form);
        }
        let (body, sum) = bytes.split_last_chunk::<SUM>().ok_or(SnapshotError::Damaged)?;
        if hasher.bytes(KIND, body).to_bytes() != *sum {
            return Err(SnapshotError::Damaged);
        }
        let mut reader = Reader { rest: body.get(MAGIC.len()..).unwrap_or_default() };
        let tick = u64::from_le_bytes(reader.take()?);
        let lines = u32::from_le_bytes(reader.take()?);
        let wall = u64::from_le_bytes(reader.take()?);
        let floors = u32::from_le_bytes(reader.take()?);
        let keys = u64::from_le_bytes(reader.take()?);
        if tick != u64::from(self.tick.nanos()) || u32::try_from(self.table.lines()) != Ok(lines) {
            return Err(SnapshotError::Geometry);
        }
        let length = u64::from(floors).saturating_mul(wide(FLOOR));
        let length = length.saturating_add(keys.saturating_mul(wide(KEY)));
        if length != wide(body.len().saturating_sub(HEAD)) {
            return Err(SnapshotError::Damaged);
        }
        let passed = nanos_of(self.clock.wall()).saturating_sub(wall);
        let passed = self.tick.down(passed.min(Tick::MOST));
        let now = self.now();
        let mut all = Vec::new();
        for _ in 0..floors {
            let line = u32::from_le_bytes(reader.take()?);
            let ahead = u64::from_le_bytes(reader.take()?).saturating_sub(passed);
            all.push(Held::Floor { line, ahead });
        }
        for _ in 0..keys {
            let cell = u64::from_le_bytes(reader.take()?);
            let tag = u32::from_le_bytes(reader.take()?);
            let ahead = u64::from_le_bytes(reader.take()?).saturating_sub(passed);
            all.push(Held::Key { cell, tag, ahead });
        }
        if !all.iter().all(|held| self.table.has_place(*held)) {
            return Err(SnapshotError::Damaged);
        }
        self.table.hold(&all, now);
        Ok(())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(SnapshotError::Damaged)?;
        self.rest = rest;
        Ok(*first)
    }
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn nanos_of(wall: SystemTime) -> u64 {
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
