//! JPEG (ITU T.81, B.1): segments, and scans between them.

use std::io::Read;

use super::walk::{Fault, Walk};

pub(super) fn walk<R: Read>(walk: &mut Walk<R>) -> Result<(u32, u32), Fault> {
    walk.skip(2_u8)?;
    let mut size = None;
    let mut marker = segment(walk)?;
    let mut has_scan = false;
    loop {
        match marker {
            // The end of the picture.
            0xd9 if has_scan => return size.ok_or(Fault::Broken),
            // The start of a frame: all but DHT, JPG and DAC of this row.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let length = walk.be16()?;
                let _precision = walk.byte()?;
                let (height, width) = (walk.be16()?, walk.be16()?);
                walk.skip(length.checked_sub(7).ok_or(Fault::Broken)?)?;
                if size.replace((width.into(), height.into())).is_some() {
                    return Err(Fault::Broken);
                }
                marker = segment(walk)?;
            }
            0xda if size.is_some() => {
                skip_segment(walk)?;
                has_scan = true;
                marker = skip_scan(walk)?;
            }
            0xc4 | 0xc8 | 0xcc | 0xdb..=0xef | 0xfe => {
                skip_segment(walk)?;
                marker = segment(walk)?;
            }
            _ => return Err(Fault::Broken),
        }
    }
}

/// Reads a marker, which any number of `0xff` may precede (B.1.1.2).
fn segment<R: Read>(walk: &mut Walk<R>) -> Result<u8, Fault> {
    if walk.byte()? != 0xff {
        return Err(Fault::Broken);
    }
    loop {
        match walk.byte()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

fn skip_segment<R: Read>(walk: &mut Walk<R>) -> Result<(), Fault> {
    let length = walk.be16()?;
    walk.skip(length.checked_sub(2).ok_or(Fault::Broken)?)
}

/// Steps over entropy-coded data, to the marker behind it (B.1.1.5).
fn skip_scan<R: Read>(walk: &mut Walk<R>) -> Result<u8, Fault> {
    loop {
        walk.skip_past(0xff)?;
        loop {
            match walk.byte()? {
                // A byte 0xff of the data, or a restart.
                0 | 0xd0..=0xd7 => break,
                0xff => {}
                marker => return Ok(marker),
            }
        }
    }
}
