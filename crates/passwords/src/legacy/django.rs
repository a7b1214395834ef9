//! Django: `django.contrib.auth.hashers`.

use std::fmt::Write;

use base64ct::{Base64, Encoding};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hash::{Pbkdf2, Prehashed, SaltFirst, Scrypt, Stored};
use crate::legacy::bcrypt;
use crate::legacy::text::{decimal, hex};

/// An unusable password (`!` and 40 characters) is no hash: `None` like all that cannot be read.
pub(super) fn read(text: &str) -> Option<Stored> {
    let (algorithm, rest) = text.split_once('$')?;
    match algorithm {
        "pbkdf2_sha256" => pbkdf2("sha256", rest),
        "pbkdf2_sha1" => pbkdf2("sha1", rest),
        "argon2" => Stored::phc(text.strip_prefix(algorithm)?).map(Stored::taken_as_received),
        "bcrypt_sha256" => {
            let (function, salt, tag) = bcrypt::parts(rest)?;
            Stored::foreign(Prehashed::new(function, hex_of_sha256), salt, tag)
        }
        "bcrypt" => bcrypt::read(rest),
        "scrypt" => scrypt(rest),
        "md5" => digest(SaltFirst::<Md5>::new(1), 16, rest),
        "sha1" => digest(SaltFirst::<Sha1>::new(1), 20, rest),
        _ => None,
    }
}

/// `rounds$salt$base64`
fn pbkdf2(prf: &str, rest: &str) -> Option<Stored> {
    let [rounds, salt, tag] = fields(rest)?;
    let tag = Base64::decode_vec(tag).ok()?;
    let function = Pbkdf2::new(prf, decimal(rounds)?, tag.len())?;
    if tag.len() != function.output_length() {
        return None;
    }
    Stored::foreign(function, salt.as_bytes(), tag)
}

/// `n$salt$r$p$base64`
fn scrypt(rest: &str) -> Option<Stored> {
    let [n, salt, r, p, tag] = fields(rest)?;
    let tag = Base64::decode_vec(tag).ok()?;
    let function = Scrypt::new(decimal(n)?.into(), decimal(r)?, decimal(p)?)?;
    if tag.len() != 64 {
        return None;
    }
    Stored::foreign(function, salt.as_bytes(), tag)
}

/// `salt$hex`
fn digest<D>(function: SaltFirst<D>, length: usize, rest: &str) -> Option<Stored>
where
    D: Digest + std::fmt::Debug + 'static,
{
    let [salt, tag] = fields(rest)?;
    let tag = hex(tag)?;
    if tag.len() != length {
        return None;
    }
    Stored::foreign(function, salt.as_bytes(), tag)
}

/// Exactly so many fields between `$`.
fn fields<const N: usize>(rest: &str) -> Option<[&str; N]> {
    rest.split('$').collect::<Vec<_>>().try_into().ok()
}

fn hex_of_sha256(password: &[u8], _salt: &[u8]) -> Zeroizing<String> {
    let mut hex = Zeroizing::new(String::with_capacity(64));
    for byte in Sha256::digest(password) {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
