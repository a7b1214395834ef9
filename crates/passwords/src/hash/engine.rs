//! The arithmetic of Argon2, behind a private trait so that another engine may take its place.

use std::hint;

use argon2::{Algorithm, Argon2, Block};

use crate::hash::params::Params;

/// Which Argon2 (RFC 9106 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    D,
    I,
    Id,
}

/// The version number in the string: 16 is older and weaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V16,
    V19,
}

/// One way to run Argon2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Argon {
    pub(crate) variant: Variant,
    pub(crate) version: Version,
    pub(crate) params: Params,
}

impl Argon {
    /// What new hashes are made with.
    pub(crate) const fn id(params: Params) -> Self {
        Self { variant: Variant::Id, version: Version::V19, params }
    }
}

/// Computes Argon2 in memory of its own, which holds nothing of the password afterwards.
pub(crate) trait Engine: Send {
    /// Fills `tag`, or returns false and leaves it, when the parameters or lengths are impossible.
    fn derive(&mut self, argon: Argon, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool;
}

/// The engine of the `argon2` crate in a buffer that is kept and wiped.
#[derive(Default)]
pub(crate) struct Portable {
    blocks: Vec<Block>,
}

impl Engine for Portable {
    fn derive(&mut self, argon: Argon, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        let algorithm = match argon.variant {
            Variant::D => Algorithm::Argon2d,
            Variant::I => Algorithm::Argon2i,
            Variant::Id => Algorithm::Argon2id,
        };
        let version = match argon.version {
            Version::V16 => argon2::Version::V0x10,
            Version::V19 => argon2::Version::V0x13,
        };
        let (memory, passes, lanes) =
            (argon.params.memory_kib(), argon.params.passes(), argon.params.lanes());
        let Ok(params) = argon2::Params::new(memory, passes, lanes, Some(tag.len())) else {
            return false;
        };
        let needed = params.block_count();
        if let Some(more) = needed.checked_sub(self.blocks.len()) {
            self.blocks.reserve_exact(more);
            self.blocks.resize(needed, Block::new());
        }
        let Some(blocks) = self.blocks.get_mut(..needed) else { return false };
        let wiped = Wiped(blocks);
        let engine = Argon2::new(algorithm, version, params);
        engine.hash_password_into_with_memory(password, salt, tag, &mut *wiped.0).is_ok()
    }
}

/// Blocks that are zero again when this is dropped, also when the engine panics.
struct Wiped<'a>(&'a mut [Block]);

impl Drop for Wiped<'_> {
    fn drop(&mut self) {
        self.0.fill(Block::new());
        // The blocks are kept and could be read here, so the zeros have to be written.
        hint::black_box(&mut *self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dirty(blocks: &[Block]) -> usize {
        blocks.iter().filter(|block| block.as_ref().iter().any(|word| *word != 0)).count()
    }

    #[test]
    fn the_arena_holds_nothing_after_a_hash_and_is_used_again() {
        for passes in [1, 2] {
            let argon = Argon {
                variant: Variant::Id,
                version: Version::V19,
                params: Params::raw(64, passes, 1),
            };
            let mut engine = Portable::default();
            assert!(engine.derive(argon, b"password", b"somesaltsomesalt", &mut [0; 32]));
            assert_eq!(engine.blocks.len(), 64);
            assert_eq!(dirty(&engine.blocks), 0);
            let place = engine.blocks.as_ptr();
            assert!(engine.derive(argon, b"another", b"somesaltsomesalt", &mut [0; 32]));
            assert_eq!(engine.blocks.as_ptr(), place);
            assert_eq!(dirty(&engine.blocks), 0);
        }
    }

    #[test]
    fn a_panic_in_the_engine_leaves_nothing_either() {
        let mut block = Block::new();
        block.as_mut().fill(7);
        let mut blocks = vec![block; 8];
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let wiped = Wiped(&mut blocks);
            assert_eq!(dirty(wiped.0), 0, "the blocks are full, so this panics");
        }));
        assert!(caught.is_err());
        assert_eq!(dirty(&blocks), 0);
    }

    #[test]
    fn the_attack_works_on_an_arena_that_is_not_wiped() {
        // What the guard prevents: the filled blocks are a way to test guesses without the cost.
        let params = argon2::Params::new(64, 1, 1, Some(32)).unwrap();
        let mut blocks = vec![Block::new(); 64];
        Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into_with_memory(
                b"password",
                b"somesaltsomesalt",
                &mut [0; 32],
                &mut blocks,
            )
            .unwrap();
        assert_eq!(dirty(&blocks), 64);
    }
}
