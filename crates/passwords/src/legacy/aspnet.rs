//! ASP.NET Core Identity: `PasswordHasher<TUser>`, Base64 of a version byte and what follows it.

use base64ct::{Base64, Encoding};

use crate::hash::{Pbkdf2, Stored};

pub(super) fn read(text: &str) -> Option<Stored> {
    let bytes = Base64::decode_vec(text).ok()?;
    match bytes.split_first()? {
        (0, rest) => version_2(rest),
        (1, rest) => version_3(rest),
        _ => None,
    }
}

/// 16 bytes of salt and 32 of the key.
fn version_2(rest: &[u8]) -> Option<Stored> {
    let (salt, tag) = rest.split_at_checked(16)?;
    if tag.len() != 32 {
        return None;
    }
    Stored::foreign(Pbkdf2::new("sha1", 1000, tag.len())?, salt, tag)
}

/// Hash function, rounds and length of the salt, each in four bytes; the salt; the key.
fn version_3(rest: &[u8]) -> Option<Stored> {
    let (prf, rest) = number(rest)?;
    let (rounds, rest) = number(rest)?;
    let (salt_length, rest) = number(rest)?;
    let (salt, tag) = rest.split_at_checked(usize::try_from(salt_length).ok()?)?;
    let prf = match prf {
        0 => "sha1",
        1 => "sha256",
        2 => "sha512",
        _ => return None,
    };
    if salt.len() < 16 || tag.len() < 16 {
        return None;
    }
    Stored::foreign(Pbkdf2::new(prf, rounds, tag.len())?, salt, tag)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}
