//! A set of strings that can be asked and not read.

/// The key of the empty string.
pub(crate) const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over code points, which `examples/fuse_filter.rs` counts in the same way.
pub(crate) fn push(key: u64, c: char) -> u64 {
    (key ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
}

/// A binary fuse filter with three segments and 16-bit fingerprints (arXiv 2201.01174).
pub(crate) struct Filter {
    seed: u64,
    segment: u64,
    segments: u64,
    fingerprints: Box<[u16]>,
}

impl Filter {
    /// Reads seed, segment length, length of all segments, fingerprints, all little-endian.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut words = bytes.chunks_exact(2).map(|pair| match pair {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        });
        let mut next = || u64::from(words.next().unwrap_or_default());
        let seed = next() | next() << 16 | next() << 32 | next() << 48;
        let segment = next() | next() << 16;
        let segments = next() | next() << 16;
        Self { seed, segment, segments, fingerprints: words.collect() }
    }

    pub(crate) fn contains(&self, key: u64) -> bool {
        let hash = mix(key.wrapping_add(self.seed));
        let mask = self.segment.wrapping_sub(1);
        let scaled = u128::from(hash).wrapping_mul(u128::from(self.segments)) >> 64;
        let first = u64::try_from(scaled).unwrap_or_default();
        let second = first.wrapping_add(self.segment) ^ (hash >> 18 & mask);
        let third = first.wrapping_add(self.segment.wrapping_mul(2)) ^ (hash & mask);
        let print = |place: u64| {
            usize::try_from(place).ok().and_then(|place| self.fingerprints.get(place)).copied()
        };
        let folded = (hash ^ hash >> 32) & 0xffff;
        match (print(first), print(second), print(third)) {
            (Some(a), Some(b), Some(c)) => u64::from(a ^ b ^ c) == folded,
            _ => false,
        }
    }
}

/// The finaliser of `MurmurHash3`, which the filter was built with.
const fn mix(key: u64) -> u64 {
    let key = (key ^ (key >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let key = (key ^ (key >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    key ^ (key >> 33)
}
