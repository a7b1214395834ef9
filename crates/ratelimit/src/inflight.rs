//! How many requests of a key are running: a word per key, fixed in size, without a lock.

use std::fmt;
use std::sync::Arc;

use crate::atomic::{AtomicU64, Ordering};

/// Cells that a key may be in.
const REACH: usize = 16;

/// Bits of the count; the rest is the fingerprint.
const COUNT: u64 = (1 << 24) - 1;

/// The table: fingerprint and count in each cell, 0 where nobody runs.
pub(crate) struct InFlight {
    cells: Box<[AtomicU64]>,
}

/// One running request of one key; it ends when this is dropped.
pub(crate) struct Permit {
    table: Arc<InFlight>,
    cell: usize,
}

/// Why a request may not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// As many as may are running.
    Full,
    /// More keys run at once than the table can hold here.
    Crowded,
}

impl InFlight {
    /// Takes the memory of so many cells, a power of two.
    pub(crate) fn new(cells: usize) -> Self {
        let cells = cells.next_power_of_two().max(REACH);
        Self { cells: (0..cells).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Lets one more run, if fewer than `limit` do; returns how many then do.
    ///
    /// Every thread looks through all cells of the key after it has written its own: of two that
    /// came at once at least one sees the other (all of it is sequentially consistent), so there are
    /// never more than the limit. Both may then withdraw, and both are refused.
    pub(crate) fn enter(self: &Arc<Self>, hash: u64, limit: u32) -> Result<(Permit, u32), Busy> {
        let print = (hash & !COUNT) | (COUNT + 1);
        let limit = u64::from(limit).min(COUNT);
        let cell = self.place(hash, print, limit)?;
        let running = self.running(hash, print);
        let permit = Permit { table: Arc::clone(self), cell };
        if running > limit {
            return Err(Busy::Full);
        }
        Ok((permit, u32::try_from(running).unwrap_or(u32::MAX)))
    }

    /// Adds one to the key's cell, or to a free one.
    fn place(&self, hash: u64, print: u64, limit: u64) -> Result<usize, Busy> {
        for _ in 0..REACH {
            if self.running(hash, print) >= limit {
                return Err(Busy::Full);
            }
            let mut free = None;
            for (position, cell) in self.reach(hash) {
                let word = cell.load(Ordering::SeqCst);
                if word != 0 && word & !COUNT == print {
                    if swap(cell, word, word.wrapping_add(1)) {
                        return Ok(position);
                    }
                } else if word == 0 && free.is_none() {
                    free = Some((position, cell));
                }
            }
            let Some((position, cell)) = free else { return Err(Busy::Crowded) };
            if swap(cell, 0, print | 1) {
                return Ok(position);
            }
        }
        Err(Busy::Crowded)
    }

    fn running(&self, hash: u64, print: u64) -> u64 {
        let words = self.reach(hash).map(|(_, cell)| cell.load(Ordering::SeqCst));
        let counts = words.filter(|word| word & !COUNT == print).map(|word| word & COUNT);
        counts.fold(0, u64::saturating_add)
    }

    fn reach(&self, hash: u64) -> impl Iterator<Item = (usize, &AtomicU64)> {
        let mask = self.cells.len().wrapping_sub(1);
        let start = usize::try_from(hash & u64::from(u32::MAX)).unwrap_or(0);
        (0..REACH).filter_map(move |step| {
            let position = start.wrapping_add(step) & mask;
            self.cells.get(position).map(|cell| (position, cell))
        })
    }

    fn leave(&self, cell: usize) {
        let Some(cell) = self.cells.get(cell) else { return };
        let mut word = cell.load(Ordering::SeqCst);
        while word & COUNT > 0 {
            let left = word.wrapping_sub(1);
            let next = if left & COUNT == 0 { 0 } else { left };
            match cell.compare_exchange(word, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(seen) => word = seen,
            }
        }
    }
}

fn swap(cell: &AtomicU64, old: u64, new: u64) -> bool {
    cell.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).is_ok()
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.table.leave(self.cell);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

#[cfg(all(test, not(palisade_loom)))]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::*;

    #[test]
    fn as_many_as_may_run_and_one_more_when_one_ends() {
        let table = Arc::new(InFlight::new(64));
        let (first, count) = table.enter(7 << 32, 2).unwrap();
        assert_eq!(count, 1);
        let (_second, count) = table.enter(7 << 32, 2).unwrap();
        assert_eq!(count, 2);
        assert_eq!(table.enter(7 << 32, 2).unwrap_err(), Busy::Full);
        assert_eq!(table.enter(8 << 32, 2).unwrap().1, 1, "another key");
        drop(first);
        assert_eq!(table.enter(7 << 32, 2).unwrap().1, 2);
        assert_eq!(table.enter(9 << 32, 0).unwrap_err(), Busy::Full);
    }

    #[test]
    fn a_table_that_is_full_says_so_and_is_empty_afterwards() {
        let table = Arc::new(InFlight::new(REACH));
        let permits: Vec<Permit> =
            (1..=16_u64).map(|key| table.enter(key << 32, 1).unwrap().0).collect();
        assert_eq!(table.enter(99 << 32, 1).unwrap_err(), Busy::Crowded);
        drop(permits);
        assert!(table.cells.iter().all(|cell| cell.load(Ordering::SeqCst) == 0));
    }

    #[test]
    fn a_crowd_never_runs_more_than_may() {
        let table = Arc::new(InFlight::new(16));
        let running: Arc<[AtomicU32; 3]> = Arc::new([0, 0, 0].map(AtomicU32::new));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (table, running) = (Arc::clone(&table), Arc::clone(&running));
                thread::spawn(move || {
                    for turn in 0..3000_usize {
                        let key = turn % 3;
                        let hash = u64::try_from(key + 1).unwrap() << 32;
                        if let Ok((permit, _)) = table.enter(hash, 2) {
                            assert!(running[key].fetch_add(1, Ordering::SeqCst) < 2);
                            running[key].fetch_sub(1, Ordering::SeqCst);
                            drop(permit);
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(table.cells.iter().all(|cell| cell.load(Ordering::SeqCst) == 0));
    }
}
