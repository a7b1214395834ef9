//! Werkzeug, and Flask with it: `werkzeug.security`.

use crate::hash::{Pbkdf2, Scrypt, Stored};
use crate::legacy::text::{decimal, hex};

/// `method:parameters$salt$hex`
pub(super) fn read(text: &str) -> Option<Stored> {
    let (method, rest) = text.split_once('$')?;
    let (salt, tag) = rest.split_once('$')?;
    let tag = hex(tag)?;
    match *method.split(':').collect::<Vec<_>>() {
        ["scrypt", n, r, p] if tag.len() == 64 => {
            let function = Scrypt::new(decimal(n)?.into(), decimal(r)?, decimal(p)?)?;
            Stored::foreign(function, salt.as_bytes(), tag)
        }
        ["pbkdf2", prf, rounds] => {
            let function = Pbkdf2::new(prf, decimal(rounds)?, tag.len())?;
            if tag.len() != function.output_length() {
                return None;
            }
            Stored::foreign(function, salt.as_bytes(), tag)
        }
        _ => None,
    }
}
