//! Sets of bytes.

/// A set of bytes, asked by one look-up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes {
    members: [bool; 256],
}

#[expect(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "runs in the compiler, where each of these is an error of the build"
)]
impl Bytes {
    /// Letters and digits of ASCII, and these.
    pub(crate) const fn alphanumeric_and(others: &[u8]) -> Self {
        let mut members = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            members[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < others.len() {
            members[others[at] as usize] = true;
            at += 1;
        }
        Self { members }
    }
}

impl Bytes {
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.members.get(usize::from(byte)).copied().unwrap_or(false)
    }
}
