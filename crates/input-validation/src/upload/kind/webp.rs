//! WebP (RFC 9649): chunks in a RIFF of stated length.

use std::io::Read;

use super::walk::{Fault, Walk};

pub(super) fn walk<R: Read>(walk: &mut Walk<R>) -> Result<(u32, u32), Fault> {
    walk.skip(4_u8)?;
    let mut left = walk.le32()?.checked_sub(4).ok_or(Fault::Broken)?;
    walk.skip(4_u8)?;
    let mut size = None;
    let mut has_picture = false;
    while left > 0 {
        let kind: [u8; 4] = walk.take()?;
        let length = walk.le32()?;
        let mut head = Vec::with_capacity(10);
        walk.pass(length, |bytes| {
            let wanted = 10_usize.saturating_sub(head.len());
            head.extend(bytes.iter().take(wanted));
        })?;
        // Chunks are padded to even lengths.
        let padded = length.checked_add(length & 1).ok_or(Fault::Broken)?;
        walk.skip(length & 1)?;
        let whole = padded.checked_add(8).ok_or(Fault::Broken)?;
        left = left.checked_sub(whole).ok_or(Fault::Broken)?;
        let known = matches!(
            &kind,
            b"VP8 " | b"VP8L" | b"VP8X" | b"ANIM" | b"ANMF" | b"ALPH" | b"ICCP" | b"EXIF" | b"XMP "
        );
        if !known {
            return Err(Fault::Broken);
        }
        has_picture |= matches!(&kind, b"VP8 " | b"VP8L" | b"ANMF");
        size = match size {
            None => Some(dimensions(kind, &head).ok_or(Fault::Broken)?),
            known => known,
        };
    }
    size.filter(|_| has_picture).ok_or(Fault::Broken)
}

/// Reads the size from the first chunk.
fn dimensions(kind: [u8; 4], head: &[u8]) -> Option<(u32, u32)> {
    let head: &[u8; 10] = head.get(..10)?.try_into().ok()?;
    match (&kind, head) {
        // A key frame, its start code, and 14 bits each.
        (b"VP8 ", [frame, _, _, 0x9d, 0x01, 0x2a, a, b, c, d]) if frame & 1 == 0 => {
            let bits = |low: &u8, high: &u8| u32::from(u16::from_le_bytes([*low, *high]) & 0x3fff);
            Some((bits(a, b), bits(c, d)))
        }
        // Its signature, then 14 bits each, less one.
        (b"VP8L", [0x2f, a, b, c, d, ..]) => {
            let bits = u32::from_le_bytes([*a, *b, *c, *d]);
            Some(((bits & 0x3fff).saturating_add(1), ((bits >> 14) & 0x3fff).saturating_add(1)))
        }
        // Flags, then 24 bits each, less one.
        (b"VP8X", [_, _, _, _, width @ .., _, _, _]) => {
            let bits = |[a, b, c]: [u8; 3]| u32::from_le_bytes([a, b, c, 0]).saturating_add(1);
            let height: [u8; 3] = head.get(7..)?.try_into().ok()?;
            Some((bits(*width), bits(height)))
        }
        _ => None,
    }
}
