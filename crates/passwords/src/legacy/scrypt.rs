//! scrypt in PHC strings.

use phc::PasswordHash;

use crate::hash::{Scrypt, Stored};

pub(super) fn read(text: &str) -> Option<Stored> {
    let hash = PasswordHash::new(text).ok()?;
    let known = hash.params.iter().all(|(name, _)| matches!(name.as_str(), "ln" | "r" | "p"));
    if hash.algorithm.as_str() != "scrypt" || hash.version.is_some() || !known {
        return None;
    }
    let [log_n, r, p] = ["ln", "r", "p"].map(|name| hash.params.get_decimal(name));
    let function = Scrypt::new(1_u64.checked_shl(log_n?)?, r?, p?)?;
    let (salt, tag) = (hash.salt?, hash.hash?);
    Stored::foreign(function, salt.as_ref(), tag.as_bytes())
}
