//! The hashes of the tree in files, one for each level of tiles.
//!
//! A file is the tiles of its level one after the other: tile `n` is the bytes from `8192 n` on, and
//! what a partial tile of C2SP tlog-tiles holds is a beginning of it.

use std::io;

use crate::disk::Disk;
use crate::merkle::{Frontier, Hash, HashSource};

/// Levels of the largest log.
const MOST: usize = 8;

pub(crate) fn name(level: usize) -> String {
    format!("level-{level}.hashes")
}

/// How many hashes a level has below a log of that size.
pub(crate) fn count(size: u64, level: usize) -> u64 {
    let shift = u32::try_from(level.saturating_mul(8)).unwrap_or(u32::MAX);
    size.checked_shr(shift).unwrap_or(0)
}

/// Bytes of that many hashes.
pub(crate) const fn bytes(hashes: u64) -> u64 {
    hashes.saturating_mul(32)
}

/// Reads hashes from the files of a folder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels<'a>(pub(crate) &'a dyn Disk);

impl HashSource for Levels<'_> {
    type Error = io::Error;

    fn hashes(&self, level: u8, start: u64, count: usize) -> io::Result<Vec<Hash>> {
        let length = count.saturating_mul(Hash::BYTES);
        let bytes = self.0.read(&name(usize::from(level)), bytes(start), length)?;
        let (hashes, []) = bytes.as_chunks::<32>() else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        if hashes.len() < count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(hashes.iter().copied().map(Hash::from_bytes).collect())
    }
}

impl Levels<'_> {
    /// Returns the right edge of a log of that size, if all levels have it.
    pub(crate) fn frontier(self, size: u64) -> io::Result<Option<Frontier>> {
        let mut levels = Vec::new();
        for level in 0..MOST {
            let hashes = count(size, level);
            if hashes == 0 {
                break;
            }
            if self.0.length(&name(level))?.unwrap_or(0) < bytes(hashes) {
                return Ok(None);
            }
            let width = hashes & 255;
            let start = hashes.saturating_sub(width);
            let number = u8::try_from(level).unwrap_or(u8::MAX);
            levels.push(self.hashes(number, start, usize::try_from(width).unwrap_or(0))?);
        }
        Ok(Frontier::from_tiles(size, levels))
    }

    /// Appends the hashes that a level has beyond those of a log of that size, and makes them durable.
    pub(crate) fn extend(self, size: u64, level: usize, hashes: &[Hash]) -> io::Result<()> {
        if hashes.is_empty() {
            return Ok(());
        }
        let (name, expected) = (name(level), bytes(count(size, level)));
        let mut file = match self.0.length(&name)? {
            None => self.0.create(&name)?,
            Some(_) => self.0.append(&name)?,
        };
        let length = self.0.length(&name)?.unwrap_or(0);
        if length < expected {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // What a crash or a failed attempt has left behind the last checkpoint.
        if length > expected {
            file.truncate(expected)?;
        }
        let flat: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        file.write(&flat)?;
        file.sync()
    }
}
