//! The first page of a database file, read without opening it.
//!
//! Opening a database may already write to its folder; what must not be touched is recognised
//! from the 100 bytes of the header (the `SQLite` file format, section 1.3).

/// Written into every database of the portal: "EXAM".
pub(super) const APPLICATION_ID: i32 = 0x4558_414d;

/// Bytes that [`inspect`] needs.
pub(super) const LENGTH: usize = 100;

/// What a file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    Damaged(&'static str),
    /// Nothing is in it yet.
    Empty,
    /// Another program's database.
    Foreign,
    /// Ours, with the version of its tables.
    Ours(i64),
}

/// Says what a file of `file_length` bytes is that begins with `start`.
pub(super) fn inspect(start: &[u8], file_length: u64) -> Header {
    if file_length == 0 {
        return Header::Empty;
    }
    if !start.starts_with(b"SQLite format 3\0") {
        return Header::Damaged("it is not an SQLite database");
    }
    let Some(fields) = Fields::read(start) else {
        return Header::Damaged("its header is cut off");
    };
    let page_size = match fields.page_size {
        1 => 65_536,
        size => u64::from(size),
    };
    // The page count holds only where both change counters agree (section 1.3.7).
    let pages = u64::from(fields.pages);
    if fields.counted_at == fields.changed_at && file_length < pages.saturating_mul(page_size) {
        return Header::Damaged("its end is cut off");
    }
    match (fields.application_id, fields.user_version) {
        (0, 0) if pages <= 1 => Header::Empty,
        (APPLICATION_ID, version) => Header::Ours(i64::from(version)),
        _ => Header::Foreign,
    }
}

struct Fields {
    page_size: u16,
    changed_at: u32,
    pages: u32,
    user_version: i32,
    application_id: i32,
    counted_at: u32,
}

impl Fields {
    fn read(start: &[u8]) -> Option<Self> {
        let word = |at: usize| start.get(at..)?.first_chunk::<4>().copied();
        Some(Self {
            page_size: u16::from_be_bytes(*start.get(16..)?.first_chunk()?),
            changed_at: u32::from_be_bytes(word(24)?),
            pages: u32::from_be_bytes(word(28)?),
            user_version: i32::from_be_bytes(word(60)?),
            application_id: i32::from_be_bytes(word(68)?),
            counted_at: u32::from_be_bytes(word(92)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ours(version: i32, pages: u32) -> Vec<u8> {
        let mut bytes = vec![0; LENGTH];
        bytes[..16].copy_from_slice(b"SQLite format 3\0");
        bytes[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        bytes[28..32].copy_from_slice(&pages.to_be_bytes());
        bytes[60..64].copy_from_slice(&version.to_be_bytes());
        bytes[68..72].copy_from_slice(&APPLICATION_ID.to_be_bytes());
        bytes
    }

    #[test]
    fn tells_files_apart() {
        let mut foreign = ours(3, 2);
        foreign[68] = 0;
        let table = [
            (vec![], 0, Header::Empty),
            (b"hello".to_vec(), 5, Header::Damaged("it is not an SQLite database")),
            (b"SQLite format 3\0".to_vec(), 16, Header::Damaged("its header is cut off")),
            (ours(3, 2), 8192, Header::Ours(3)),
            (ours(3, 2), 8191, Header::Damaged("its end is cut off")),
            (foreign, 8192, Header::Foreign),
        ];
        for (bytes, length, expected) in table {
            assert_eq!(inspect(&bytes, length), expected);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_taken_for_ours_without_the_mark(bytes in proptest::collection::vec(any::<u8>(), 0..200), length in any::<u64>()) {
            prop_assert!(!matches!(inspect(&bytes, length), Header::Ours(_)));
        }
    }
}
