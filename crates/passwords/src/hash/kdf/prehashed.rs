//! bcrypt over a hash of the password, so that all of a long one counts.

use zeroize::Zeroizing;

use crate::hash::arena::Arena;
use crate::hash::kdf::{Bcrypt, Cost, Kdf};

/// What goes into bcrypt instead of the password: text of at most 72 bytes without NUL.
pub(crate) type Prehash = fn(password: &[u8], salt: &[u8]) -> Zeroizing<String>;

/// bcrypt of a prehash.
#[derive(Debug)]
pub(crate) struct Prehashed {
    bcrypt: Bcrypt,
    prehash: Prehash,
}

impl Prehashed {
    pub(crate) const fn new(bcrypt: Bcrypt, prehash: Prehash) -> Self {
        Self { bcrypt, prehash }
    }
}

impl Kdf for Prehashed {
    fn cost(&self) -> Cost {
        self.bcrypt.cost()
    }

    fn derive(&self, arena: &mut Arena, password: &[u8], salt: &[u8], tag: &mut [u8]) -> bool {
        self.bcrypt.derive(arena, (self.prehash)(password, salt).as_bytes(), salt, tag)
    }
}
