//! GIF 89a: blocks, each a chain of parts of up to 255 bytes.

use std::io::Read;

use super::walk::{Fault, Walk};

pub(super) fn walk<R: Read>(walk: &mut Walk<R>) -> Result<(u32, u32), Fault> {
    walk.skip(6_u8)?;
    let [a, b, c, d, flags, _background, _aspect] = walk.take()?;
    let size = (u16::from_le_bytes([a, b]).into(), u16::from_le_bytes([c, d]).into());
    skip_colours(walk, flags)?;
    let mut has_picture = false;
    loop {
        match walk.byte()? {
            // An extension.
            0x21 => {
                let _label = walk.byte()?;
                skip_parts(walk)?;
            }
            // A picture.
            0x2c => {
                let [_, _, _, _, _, _, _, _, flags] = walk.take()?;
                skip_colours(walk, flags)?;
                let _code_size = walk.byte()?;
                skip_parts(walk)?;
                has_picture = true;
            }
            // The trailer.
            0x3b if has_picture => return Ok(size),
            _ => return Err(Fault::Broken),
        }
    }
}

/// Steps over a table of 2 to 256 colours, if the flags say that there is one.
fn skip_colours<R: Read>(walk: &mut Walk<R>, flags: u8) -> Result<(), Fault> {
    if flags & 0x80 == 0 {
        return Ok(());
    }
    let colours = 2_u16 << (flags & 7);
    walk.skip(colours.saturating_mul(3))
}

fn skip_parts<R: Read>(walk: &mut Walk<R>) -> Result<(), Fault> {
    loop {
        match walk.byte()? {
            0 => return Ok(()),
            length => walk.skip(length)?,
        }
    }
}
