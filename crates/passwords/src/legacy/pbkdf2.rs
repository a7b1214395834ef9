//! PBKDF2 in PHC strings.

use phc::PasswordHash;

use crate::hash::{Pbkdf2, Stored};

pub(super) fn read(text: &str) -> Option<Stored> {
    let hash = PasswordHash::new(text).ok()?;
    let prf = hash.algorithm.as_str().strip_prefix("pbkdf2-")?;
    let (salt, tag) = (hash.salt?, hash.hash?);
    let known = hash.params.iter().all(|(name, _)| matches!(name.as_str(), "i" | "l"));
    let length = hash.params.get_decimal("l").and_then(|length| usize::try_from(length).ok());
    let is_long_so = hash.params.get("l").is_none() || length == Some(tag.len());
    if hash.version.is_some() || !known || !is_long_so {
        return None;
    }
    let function = Pbkdf2::new(prf, hash.params.get_decimal("i")?, tag.len())?;
    Stored::foreign(function, salt.as_ref(), tag.as_bytes())
}
