//! Makes a filter from a list with one entry in each line.
//!
//! `gunzip -c common-passwords.txt.gz | cargo run -p palisade-passwords --example fuse_filter -- OUT`

use std::error::Error;
use std::io::{self, BufRead};
use std::{env, fs};

use xorf::BinaryFuse16;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::args().nth(1).ok_or("the file to write is missing")?;
    let mut keys = Vec::new();
    for line in io::stdin().lock().lines() {
        keys.push(key(line?.trim()));
    }
    keys.sort_unstable();
    keys.dedup();
    let filter = BinaryFuse16::try_from(&keys)?;
    let mut bytes = Vec::new();
    bytes.extend(filter.descriptor.seed.to_le_bytes());
    bytes.extend(filter.descriptor.segment_length.to_le_bytes());
    bytes.extend(filter.descriptor.segment_count_length.to_le_bytes());
    bytes.extend(filter.fingerprints.iter().flat_map(|print| print.to_le_bytes()));
    fs::write(out, bytes)?;
    Ok(())
}

/// The key that `src/filter.rs` asks for.
fn key(entry: &str) -> u64 {
    entry.chars().fold(0xcbf2_9ce4_8422_2325_u64, |key, c| {
        (key ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
