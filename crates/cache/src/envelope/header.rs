//! What stands before a value.

use smallvec::SmallVec;

use super::reader::Reader;

/// `PLC` and the version of the layout.
pub(crate) const MAGIC: [u8; 4] = *b"PLC1";
/// The most slots: 32 tags, the key and the cache.
const MOST_SLOTS: usize = 64;

/// A moment in the life of a store, by its own counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub(crate) id: [u8; 16],
    pub(crate) era: u64,
}

impl Mark {
    /// Names a moment: which life of the store, in 16 bytes of chance, and which of its eras.
    #[must_use]
    pub const fn new(id: [u8; 16], era: u64) -> Self {
        Self { id, era }
    }

    /// Returns the name of the store's life: another one after each loss of its counters.
    #[must_use]
    pub const fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// Returns the era.
    #[must_use]
    pub const fn era(&self) -> u64 {
        self.era
    }
}

/// What is said of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub(crate) mark: Mark,
    pub(crate) fresh_until: u64,
    pub(crate) cost: u32,
    pub(crate) slots: SmallVec<[u16; 8]>,
}

/// What is said of the payload.
pub(super) struct Said {
    pub(super) schema: u64,
    pub(super) codec: u8,
    pub(super) packing: u8,
    pub(super) length: u32,
}

impl Header {
    /// Says when the load of a value began, and until which millisecond of the store's clock it is
    /// fresh.
    #[must_use]
    pub fn new(mark: Mark, fresh_until: u64) -> Self {
        Self { mark, fresh_until, cost: 0, slots: SmallVec::new() }
    }

    /// Puts the value under the counters with these numbers, 64 at the most.
    #[must_use]
    pub fn slots(mut self, slots: impl IntoIterator<Item = u16>) -> Self {
        self.slots = slots.into_iter().take(MOST_SLOTS).collect();
        self
    }

    /// Says how many microseconds the load took.
    #[must_use]
    pub const fn cost(mut self, micros: u32) -> Self {
        self.cost = micros;
        self
    }

    /// Returns when the load began.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn write(
        &self,
        schema: u64,
        codec: u8,
        packing: u8,
        length: u32,
        payload: &[u8],
    ) -> Vec<u8> {
        let slots = self.slots.len();
        let mut out = Vec::with_capacity(payload.len().saturating_add(60 + 2 * MOST_SLOTS));
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&schema.to_be_bytes());
        out.extend_from_slice(&self.mark.era.to_be_bytes());
        out.extend_from_slice(&self.fresh_until.to_be_bytes());
        out.extend_from_slice(&self.cost.to_be_bytes());
        out.extend_from_slice(&[codec, packing, u8::try_from(slots).unwrap_or(u8::MAX), 0]);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&self.mark.id);
        for slot in &self.slots {
            out.extend_from_slice(&slot.to_be_bytes());
        }
        out.extend_from_slice(payload);
        if let Some((head, rest)) = out.split_at_mut_checked(8)
            && let Some(place) = head.last_chunk_mut::<4>()
        {
            *place = crc32fast::hash(rest).to_be_bytes();
        }
        out
    }

    /// Reads what follows the checksum.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<(Self, Said)> {
        let (schema, era, fresh_until) = (reader.u64()?, reader.u64()?, reader.u64()?);
        let (cost, codec, packing) = (reader.u32()?, reader.u8()?, reader.u8()?);
        let count = usize::from(reader.u8()?);
        if reader.u8()? != 0 || count > MOST_SLOTS {
            return None;
        }
        let (length, id) = (reader.u32()?, reader.array()?);
        let slots = (0..count).map(|_| reader.u16()).collect::<Option<_>>()?;
        let header = Self { mark: Mark { id, era }, fresh_until, cost, slots };
        Some((header, Said { schema, codec, packing, length }))
    }
}
