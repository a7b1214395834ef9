//! PBKDF2 in PHC strings.

use phc::PasswordHash;

use crate::hash::{Pbkdf2, Stored, numbers};

pub(super) fn read(text: &str) -> Option<Stored> {
    let hash = PasswordHash::new(text).ok()?;
    let prf = hash.algorithm.as_str().strip_prefix("pbkdf2-")?;
    let (salt, tag) = (hash.salt?, hash.hash?);
    let [iterations, length] = numbers(&hash.params, ["i", "l"])?;
    let is_long_so = length.is_none_or(|length| usize::try_from(length) == Ok(tag.len()));
    if hash.version.is_some() || !is_long_so {
        return None;
    }
    let function = Pbkdf2::new(prf, iterations?, tag.len())?;
    Stored::foreign(function, salt.as_ref(), tag.as_bytes())
}
