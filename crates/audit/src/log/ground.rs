//! What a log stands on before anything is written: its last segment and room for the last words.

use std::io;

use super::recover::Found;
use crate::disk::{Disk, Output, read_small};
use crate::segment;

/// Keeps room for the last words of a log whose disk is full.
pub(super) const RESERVE: &str = "reserve";
const RESERVED: usize = 32 * 1024;

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) length: u64,
    pub(super) file: Box<dyn Output>,
}

/// Makes sure that the last words have room.
pub(super) fn reserve(disk: &dyn Disk) -> io::Result<()> {
    if disk.length(RESERVE)? == u64::try_from(RESERVED).ok() {
        return Ok(());
    }
    disk.remove(RESERVE)?;
    let mut file = disk.create(RESERVE)?;
    file.write(&vec![0; RESERVED]).and_then(|()| file.sync()).inspect_err(|_| {
        // Half a reserve would only take room.
        let _ = disk.remove(RESERVE);
    })
}

/// Opens the last segment at its end, or the first one; a torn event is kept aside.
pub(super) fn open_segment(disk: &dyn Disk, found: &Found) -> io::Result<Segment> {
    let Some(first) = found.segment else {
        let first = found.frontier.size();
        let file = disk.create(&segment::name(first))?;
        disk.sync_folder()?;
        return Ok(Segment { first, length: 0, file });
    };
    let name = segment::name(first);
    let mut file = disk.append(&name)?;
    if found.torn {
        keep_aside(disk, &name, found)?;
        file.truncate(found.length)?;
    }
    // What the last process wrote and did not sync is about to be signed.
    file.sync()?;
    Ok(Segment { first, length: found.length, file })
}

fn keep_aside(disk: &dyn Disk, name: &str, found: &Found) -> io::Result<()> {
    /// Of longer ones the beginning is kept.
    const MOST: usize = 4 << 20;
    let aside = format!("torn-{}-{}", found.frontier.size(), found.length);
    let torn = disk.read(name, found.length, MOST)?;
    if read_small(disk, &aside)?.is_none_or(|kept| kept != torn) {
        disk.remove(&aside)?;
        let mut file = disk.create(&aside)?;
        file.write(&torn)?;
        file.sync()?;
        disk.sync_folder()?;
    }
    Ok(())
}
