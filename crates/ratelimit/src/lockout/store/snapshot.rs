//! Locks in a file, over a restart.

use sha2::{Digest, Sha256};

use super::memory::{MemoryLockouts, lock};
use crate::lockout::claim::Kind;
use crate::lockout::moment::Moment;
use crate::lockout::record::Record;
use crate::lockout::set::Key;

/// `palisade lockout` and the version of what follows.
const MAGIC: [u8; 8] = *b"PALLOCK1";
const KEY: usize = 16;
/// Kind, key, words.
const ROW: usize = 1 + KEY + 8 * Record::WORDS;
/// Added to the kind of a row that is what newcomers to a set begin with; its key is the set's.
const FLOOR: u8 = 0x80;
/// Magic and time before the rows, hash after them.
const HEAD: usize = 16;
const HASH: usize = 32;

/// Why a snapshot cannot be restored; nothing of it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Bytes are missing, changed, or too many.
    #[error("the snapshot of locks is damaged")]
    Damaged,
    /// Something else, or a snapshot of another version.
    #[error("this is no snapshot of locks that this version can read")]
    Unknown,
}

impl MemoryLockouts {
    /// Returns all that is remembered, for [`restore`](Self::restore) after a restart.
    ///
    /// Write it to a file whenever losing what came after would hurt, and at shutdown. It holds
    /// keyed hashes and no names.
    ///
    /// # Cost
    ///
    /// 81 bytes per record; each set is locked for the time of its copy.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let (now, wall) = (self.now(), self.wall());
        let mut bytes = MAGIC.to_vec();
        bytes.extend(wall.as_millis().to_be_bytes());
        for kind in Kind::ALL {
            for (index, set) in (0_u32..).zip(self.sets(kind)) {
                let set = lock(set);
                for (key, record) in set.records() {
                    write(&mut bytes, kind.number(), key, &record.carried(now, wall));
                }
                if !set.floor().is_empty() {
                    let mut key = Key::default();
                    for (to, from) in key.iter_mut().zip(index.to_be_bytes()) {
                        *to = from;
                    }
                    write(&mut bytes, kind.number() | FLOOR, &key, &set.floor().carried(now, wall));
                }
            }
        }
        let hash: [u8; HASH] = Sha256::digest(&bytes).into();
        bytes.extend(hash);
        bytes
    }

    /// Takes over what a [`snapshot`](Self::snapshot) has kept and returns how many records it was.
    ///
    /// The time between counts as passed; where the wall clock went back meanwhile, no time has.
    /// Of more records than there is room for, those with the most failures stay.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when the bytes are not those of a snapshot; nothing has changed then.
    pub fn restore(&self, bytes: &[u8]) -> Result<usize, SnapshotError> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>().ok_or(SnapshotError::Unknown)?;
        let ([magic @ .., _, _, _, _, _, _, _, _], [_, _, _, _, _, _, _, _, saved @ ..]) =
            (head, head);
        if *magic != MAGIC {
            return Err(SnapshotError::Unknown);
        }
        let (rows, hash) = rest.split_last_chunk::<HASH>().ok_or(SnapshotError::Damaged)?;
        let hashed = bytes.len().saturating_sub(HASH);
        let expected: [u8; HASH] = Sha256::digest(bytes.get(..hashed).unwrap_or_default()).into();
        let (rows, rest) = rows.as_chunks::<ROW>();
        if expected != *hash || !rest.is_empty() {
            return Err(SnapshotError::Damaged);
        }
        let wall = self.wall().max(Moment::from_millis(u64::from_be_bytes(*saved)));
        let now = self.now();
        let parsed: Option<Vec<Row>> = rows.iter().map(parse).collect();
        let parsed = parsed.ok_or(SnapshotError::Damaged)?;
        for Row { kind, is_floor, key, record } in &parsed {
            let record = record.carried(wall, now);
            match self.set(*kind, key) {
                Some(mut set) if *is_floor => set.raise_floor(&record),
                Some(mut set) => set.put(*key, record, Self::ROOM),
                None => {}
            }
        }
        Ok(parsed.len())
    }
}

struct Row {
    kind: Kind,
    is_floor: bool,
    key: Key,
    record: Record,
}

fn write(bytes: &mut Vec<u8>, kind: u8, key: &Key, record: &Record) {
    bytes.push(kind);
    bytes.extend(key);
    for word in record.words() {
        bytes.extend(word.to_be_bytes());
    }
}

fn parse(row: &[u8; ROW]) -> Option<Row> {
    let (number, rest) = row.split_first()?;
    let kind = Kind::ALL.into_iter().find(|known| known.number() == *number & !FLOOR)?;
    let (key, words) = rest.split_first_chunk::<KEY>()?;
    let (chunks, _) = words.as_chunks::<8>();
    let mut words = [0; Record::WORDS];
    for (word, bytes) in words.iter_mut().zip(chunks) {
        *word = u64::from_be_bytes(*bytes);
    }
    let record = Record::from_words(words);
    Some(Row { kind, is_floor: *number & FLOOR != 0, key: *key, record })
}
