//! Keys as they come to a cache.

/// So many are drawn before times are measured.
const DRAWN: usize = 1 << 16;

/// Draws from 0 to `count` by Zipf's law, in an order that has nothing to do with the numbers.
pub(crate) struct Keys {
    drawn: Vec<u64>,
    place: usize,
}

impl Keys {
    pub(crate) fn zipf(count: u64) -> Self {
        Self::drawn(count, 0.99, DRAWN)
    }

    /// Draws so many by the law with that exponent.
    #[expect(clippy::cast_precision_loss, reason = "a random draw needs no exact number")]
    pub(crate) fn drawn(count: u64, exponent: f64, draws: usize) -> Self {
        let mut sums = Vec::new();
        let mut sum = 0.0;
        for rank in 1..=count {
            sum += (rank as f64).powf(-exponent);
            sums.push(sum);
        }
        let mut state = 42_u64;
        let mut random = move || {
            // SplitMix64.
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        };
        let mut draw = || {
            let at = random() as f64 / u64::MAX as f64 * sum;
            let rank = sums.partition_point(|sum| *sum < at) as u64;
            // A prime that is not a divisor of the count: every rank has a key of its own.
            rank * 7919 % count
        };
        Self { drawn: (0..draws).map(|_| draw()).collect(), place: 0 }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.place = (self.place + 1) % self.drawn.len();
        self.drawn[self.place]
    }
}
