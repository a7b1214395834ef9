//! scrypt in PHC strings.

use phc::PasswordHash;

use crate::hash::{Scrypt, Stored, numbers};

pub(super) fn read(text: &str) -> Option<Stored> {
    let hash = PasswordHash::new(text).ok()?;
    if hash.algorithm.as_str() != "scrypt" || hash.version.is_some() {
        return None;
    }
    let [log_n, r, p] = numbers(&hash.params, ["ln", "r", "p"])?;
    let function = Scrypt::new(1_u64.checked_shl(log_n?)?, r?, p?)?;
    let (salt, tag) = (hash.salt?, hash.hash?);
    Stored::foreign(function, salt.as_ref(), tag.as_bytes())
}
