//! What comes on the connection without being asked for.

use redis::{PushInfo, PushKind, Value};

use crate::envelope::Mark;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// An era began, in which these slots ended.
    Ends { mark: Mark, origin: [u8; 16], slots: Vec<u16> },
    /// The connection is gone.
    Gone,
    /// Something was announced that this version does not understand.
    Unreadable,
    /// It tells nothing.
    Other,
}

pub(super) fn read(push: &PushInfo) -> News {
    match push.kind {
        PushKind::Disconnection => News::Gone,
        PushKind::Message => match push.data.as_slice() {
            [_, Value::BulkString(bytes)] => ends(bytes).unwrap_or(News::Unreadable),
            _ => News::Unreadable,
        },
        _ => News::Other,
    }
}

/// The life (16), the era (8), who announces (16), and the slots (2 each).
fn ends(bytes: &[u8]) -> Option<News> {
    let (id, rest) = bytes.split_first_chunk::<16>()?;
    let (era, rest) = rest.split_first_chunk::<8>()?;
    let (origin, rest) = rest.split_first_chunk::<16>()?;
    let (slots, []) = rest.as_chunks::<2>() else { return None };
    let mark = Mark { id: *id, era: u64::from_be_bytes(*era) };
    let slots = slots.iter().map(|slot| u16::from_be_bytes(*slot)).collect();
    Some(News::Ends { mark, origin: *origin, slots })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> News {
        let data = vec![Value::BulkString(b"channel".to_vec()), Value::BulkString(bytes.to_vec())];
        read(&PushInfo { kind: PushKind::Message, data })
    }

    #[test]
    fn an_announcement_is_read_whole_or_not_at_all() {
        let whole = b"0123456789abcdef\0\0\0\0\0\0\0\x07fedcba9876543210\0\x01\x3f\xff";
        let mark = Mark { id: *b"0123456789abcdef", era: 7 };
        let origin = *b"fedcba9876543210";
        assert_eq!(message(whole), News::Ends { mark, origin, slots: vec![1, 16383] });
        assert_eq!(message(&whole[..40]), News::Ends { mark, origin, slots: vec![] });
        for cut in (0..40).chain([41, 43]) {
            assert_eq!(message(&whole[..cut]), News::Unreadable, "{cut}");
        }
        let other = PushInfo { kind: PushKind::Message, data: vec![Value::Nil] };
        assert_eq!(read(&other), News::Unreadable);
        assert_eq!(read(&PushInfo { kind: PushKind::Disconnection, data: vec![] }), News::Gone);
        assert_eq!(read(&PushInfo { kind: PushKind::Subscribe, data: vec![] }), News::Other);
    }
}
