//! SHA-256 of what the tree hashes, block by block: nothing is buffered on the way.

use sha2::block_api::compress256;

/// The first words of FIPS 180-4, section 5.3.3.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Bytes of the length at the end of the last block.
const LENGTH: usize = 8;

/// The hash of a zero byte and `line`.
pub(super) fn after_zero(line: &[u8]) -> [u8; 32] {
    let mut state = START;
    let mut rest = line;
    let mut last = [0; 128];
    // Where the rest begins in the last blocks: behind the zero byte, if that has not been hashed.
    let mut used = 1;
    if let Some((head, behind)) = line.split_first_chunk::<63>() {
        let mut first = [0; 64];
        let (_, place) = first.split_at_mut(1);
        place.copy_from_slice(head);
        let (blocks, behind) = behind.as_chunks::<64>();
        compress256(&mut state, &[first]);
        compress256(&mut state, blocks);
        (rest, used) = (behind, 0);
    }
    let length = u64::try_from(line.len()).unwrap_or(u64::MAX).saturating_add(1);
    finish(&mut state, &mut last, used, rest, length)
}

/// The hash of a byte of one and two hashes.
pub(super) fn of_two(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let (mut state, mut last) = (START, [0; 128]);
    if let Some((kind, rest)) = last.split_first_mut()
        && let Some((first, rest)) = rest.split_first_chunk_mut::<32>()
        && let Some((second, _)) = rest.split_first_chunk_mut::<32>()
    {
        (*kind, *first, *second) = (1, *left, *right);
    }
    finish(&mut state, &mut last, 65, &[], 65)
}

/// Hashes what is in the last blocks, `rest` behind the first `used` bytes of them, and the padding.
fn finish(
    state: &mut [u32; 8],
    last: &mut [u8; 128],
    used: usize,
    rest: &[u8],
    length: u64,
) -> [u8; 32] {
    let end = used.saturating_add(rest.len());
    if let Some(place) = last.get_mut(used..end) {
        place.copy_from_slice(rest);
    }
    if let Some(mark) = last.get_mut(end) {
        *mark = 0x80;
    }
    let bits = length.wrapping_mul(8).to_be_bytes();
    let (blocks, _) = last.as_chunks_mut::<64>();
    // The mark and the length have room in the first block, or else in the second.
    let wanted = if end < 64_usize.saturating_sub(LENGTH) { 1 } else { 2 };
    let blocks = blocks.get_mut(..wanted).unwrap_or_default();
    if let Some(place) = blocks.last_mut().and_then(|block| block.last_chunk_mut::<LENGTH>()) {
        *place = bits;
    }
    compress256(state, blocks);
    let mut hash = [0; 32];
    for (place, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(state.iter()) {
        *place = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn by_the_library(kind: u8, bytes: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update([kind]).chain_update(bytes).finalize().into()
    }

    #[test]
    fn hashes_are_those_of_the_standard_at_every_length() {
        let bytes: Vec<u8> = (0..=255_u8).cycle().take(1000).collect();
        for length in 0..bytes.len() {
            let line = &bytes[..length];
            assert_eq!(after_zero(line), by_the_library(0, line), "{length}");
        }
        let (left, right) = ([7; 32], [9; 32]);
        assert_eq!(of_two(&left, &right), by_the_library(1, &[left, right].concat()));
    }
}
