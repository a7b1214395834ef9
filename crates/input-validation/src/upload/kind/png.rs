//! PNG (W3C PNG 3, 5.3): chunks, each with its length and CRC.

use std::io::Read;

use super::walk::{Fault, Walk};

pub(super) fn walk<R: Read>(walk: &mut Walk<R>) -> Result<(u32, u32), Fault> {
    walk.skip(8_u8)?;
    let mut size = None;
    let mut has_data = false;
    loop {
        let length = walk.be32()?;
        let kind: [u8; 4] = walk.take()?;
        let mut sum = crc32fast::Hasher::new();
        sum.update(&kind);
        let named = kind.iter().all(u8::is_ascii_alphabetic);
        if !named || length > i32::MAX.unsigned_abs() || (size.is_none() && &kind != b"IHDR") {
            return Err(Fault::Broken);
        }
        match &kind {
            b"IHDR" => {
                if size.is_some() || length != 13 {
                    return Err(Fault::Broken);
                }
                let (width, height, rest): ([u8; 4], [u8; 4], [u8; 5]) =
                    (walk.take()?, walk.take()?, walk.take()?);
                sum.update(&width);
                sum.update(&height);
                sum.update(&rest);
                size = Some((u32::from_be_bytes(width), u32::from_be_bytes(height)));
            }
            _ => walk.pass(length, |bytes| sum.update(bytes))?,
        }
        if walk.be32()? != sum.finalize() {
            return Err(Fault::Broken);
        }
        has_data |= &kind == b"IDAT";
        if &kind == b"IEND" {
            let whole = has_data && length == 0;
            return size.filter(|_| whole).ok_or(Fault::Broken);
        }
    }
}
