//! What a cursor is bound to.

/// The list that a cursor belongs to: everything that decides which rows are in it and who sees them.
///
/// Parts are kept apart by their lengths, so that no two scopes are written alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    bytes: Vec<u8>,
}

impl Scope {
    /// Names the list, as a route does: `GET /students`.
    #[must_use]
    pub fn new(route: &str) -> Self {
        Self { bytes: vec![1] }.part(b'r', route)
    }

    /// Binds to the user or tenant who asks.
    #[must_use]
    pub fn principal(self, who: &str) -> Self {
        self.part(b'p', who)
    }

    /// Binds to a filter: its name and value as the handler applies them.
    #[must_use]
    pub fn filter(self, name: &str, value: &str) -> Self {
        self.part(b'f', name).part(b'v', value)
    }

    /// Binds to an order, such as that of [`Sort`](crate::Sort).
    #[must_use]
    pub fn sort(self, order: &str) -> Self {
        self.part(b's', order)
    }

    fn part(mut self, kind: u8, text: &str) -> Self {
        self.bytes.push(kind);
        // No text in memory is longer than 2^64 bytes.
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(text.as_bytes());
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
