//! What a log serves to those who check it from afar (C2SP tlog-tiles).

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::disk::{RealDisk, read_small};
use crate::levels::{self, Levels};
use crate::log::CHECKPOINT;
use crate::merkle::{HashSource, Tile};
use crate::note::{Checkpoint, VerifierKey};
use crate::reader::{self, Place};

/// Reads the checkpoint and the tiles of a log, which may be open.
///
/// # Cost
///
/// A tile of hashes is one read. A bundle of events is read from where the last one ended, if it is
/// the next; else its segment is read from the beginning.
#[derive(Debug)]
pub struct Tiles {
    disk: RealDisk,
    key: VerifierKey,
    /// Where the last bundle ended.
    last: Mutex<Place>,
}

impl Tiles {
    /// Reads the log in that folder.
    #[must_use]
    pub fn new(folder: &Path, key: VerifierKey) -> Self {
        Self { disk: RealDisk::new(folder), key, last: Mutex::default() }
    }

    /// Returns the signed checkpoint as it is stored.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not this log's.
    pub fn checkpoint(&self) -> io::Result<Checkpoint> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let note = read_small(&self.disk, CHECKPOINT)?.ok_or_else(missing)?;
        Checkpoint::verify(&note, &self.key)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Returns a tile: hashes one after the other, or events with their lengths in two bytes. `None` if
    /// the checkpoint does not cover it, or it was pruned.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    pub fn tile(&self, tile: &Tile) -> io::Result<Option<Vec<u8>>> {
        let size = self.checkpoint()?.size();
        let (width, level) = (u64::from(tile.width()), tile.level());
        let there = levels::count(size, usize::from(level.unwrap_or(0)));
        let Some(first) = tile.number().checked_mul(256) else { return Ok(None) };
        if first.checked_add(width).is_none_or(|end| end > there) {
            return Ok(None);
        }
        match level {
            Some(level) => {
                let hashes = Levels(&self.disk).hashes(level, first, usize::from(tile.width()))?;
                Ok(Some(hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()))
            }
            None => self.entries(first, width),
        }
    }

    fn entries(&self, first: u64, width: u64) -> io::Result<Option<Vec<u8>>> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let from = match reader::segment_of(&self.disk, first)? {
            None => return Ok(None),
            Some(_) if last.seq == first && last.offset > 0 => last,
            Some(begin) => begin,
        };
        let end = first.saturating_add(width);
        let (mut bundle, mut found) = (Vec::new(), 0_u64);
        let place = reader::read::<io::Error>(&self.disk, from, |place, line| {
            if place.seq >= first {
                let length = u16::try_from(line.len()).map_err(io::Error::other)?;
                bundle.extend_from_slice(&length.to_be_bytes());
                bundle.extend_from_slice(line);
                found = found.saturating_add(1);
            }
            Ok(place.seq.saturating_add(1) < end)
        })?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = place;
        Ok((found == width).then_some(bundle))
    }
}
