//! Work for names that have no hash to compare with.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hash::{Argon, Params, Stored};

/// The kinds of hashes a table holds and how many of each.
///
/// Which kind a name without a readable hash gets is decided by a keyed hash of the name: it looks
/// like one account of the table, the same one at each try.
#[derive(Clone)]
pub(crate) struct Decoys {
    key: [u8; 32],
    kinds: Vec<(Stored, u64)>,
}

impl Decoys {
    /// Kinds beyond these are left out; a real table has a handful.
    const MAX_KINDS: usize = 64;

    /// Only one kind: what new hashes look like.
    pub(crate) fn like_new(params: Params) -> Self {
        let kind = Stored {
            kdf: Arc::new(Argon::id(params)),
            salt: Box::new([0; 16]),
            tag: Box::new([0; 32]),
            ours: true,
        };
        Self { key: [0; 32], kinds: vec![(kind, 1)] }
    }

    pub(crate) fn of(key: [u8; 32], table: impl Iterator<Item = Stored>) -> Option<Self> {
        let mut kinds: Vec<(Stored, u64)> = Vec::new();
        for row in table {
            if let Some((_, count)) = kinds.iter_mut().find(|(kind, _)| alike(kind, &row)) {
                *count = count.saturating_add(1);
            } else if kinds.len() < Self::MAX_KINDS {
                kinds.push((row, 1));
            }
        }
        // The salt is of no account and the tag must match nobody: neither stays in memory.
        for (kind, _) in &mut kinds {
            kind.salt.fill(0);
            kind.tag.fill(0);
        }
        (!kinds.is_empty()).then_some(Self { key, kinds })
    }

    /// The kind of work that a name gets; the same for the same name.
    pub(crate) fn draw(&self, name: &str) -> Option<Stored> {
        let total: u64 = self.kinds.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count));
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(name.as_bytes());
        let digest = mac.finalize().into_bytes();
        let number = digest.iter().take(8).fold(0, |n: u64, byte| n << 8 | u64::from(*byte));
        let mut rest = number.checked_rem(total)?;
        for (kind, count) in &self.kinds {
            match rest.checked_sub(*count) {
                Some(left) => rest = left,
                None => return Some(kind.clone()),
            }
        }
        None
    }
}

fn alike(one: &Stored, other: &Stored) -> bool {
    one.kdf.cost() == other.kdf.cost() && one.tag.len() == other.tag.len() && one.ours == other.ours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(memory_kib: u32) -> Stored {
        let params = Params::insecure_new(memory_kib, 2, 1).unwrap();
        Decoys::like_new(params).kinds.remove(0).0
    }

    #[test]
    fn names_get_the_kinds_of_the_table_in_its_proportion_and_always_the_same() {
        let table = (0..100).map(|n| if n < 25 { row(64) } else { row(128) });
        let decoys = Decoys::of([1; 32], table).unwrap();
        let draws: Vec<u64> = (0..4000)
            .map(|n| decoys.draw(&format!("user{n}")).unwrap().kdf.cost().memory_kib)
            .collect();
        let small = draws.iter().filter(|kib| **kib == 64).count();
        assert!((900..1100).contains(&small), "{small} of 4000 instead of about 1000");
        let cost_of = |decoys: &Decoys, name: &str| decoys.draw(name).unwrap().kdf.cost();
        assert_eq!(cost_of(&decoys, "ada"), cost_of(&decoys, "ada"));
        let other_key = Decoys::of([2; 32], (0..4).map(|n| row(if n == 0 { 64 } else { 128 })));
        let other_key = other_key.unwrap();
        assert!((0..100).any(|n| {
            let name = format!("user{n}");
            cost_of(&decoys, &name) != cost_of(&other_key, &name)
        }));
    }

    #[test]
    fn an_empty_table_has_no_mix_and_a_mad_one_has_a_bound() {
        assert!(Decoys::of([0; 32], std::iter::empty()).is_none());
        let mad = Decoys::of([0; 32], (0..1000).map(|n| row(64 + n))).unwrap();
        assert_eq!(mad.kinds.len(), Decoys::MAX_KINDS);
    }
}
