//! CRC-32C (Castagnoli, RFC 9260 appendix A), bit by bit: headers are short.

const POLYNOMIAL: u32 = 0x82f6_3b78;

/// Computes the checksum of the parts, one behind the other.
pub(super) fn of<const N: usize>(parts: [&[u8]; N]) -> u32 {
    let bytes = parts.into_iter().flatten();
    !bytes.fold(u32::MAX, |state, byte| {
        (0..8).fold(state ^ u32::from(*byte), |state, _| {
            (state >> 1) ^ if state & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_check_values_of_rfc_3720_b_4() {
        assert_eq!(of([b"123456789"]), 0xe306_9283);
        assert_eq!(of([&[0; 32]]), 0x8a91_36aa);
        assert_eq!(of([&[0xff; 16], &[0xff; 16]]), 0x62a8_ab43);
    }
}
