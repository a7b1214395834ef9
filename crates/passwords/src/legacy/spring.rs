//! Spring Security: `DelegatingPasswordEncoder` and the encoders of `PasswordEncoderFactories`.

use std::fmt;

use base64ct::{Base64, Encoding};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::hash::{Pbkdf2, SaltFirst, SaltLast, Scrypt, Stored};
use crate::legacy::text::hex;
use crate::legacy::{bcrypt, ldap};

/// `{id}` and what the encoder of that name wrote.
pub(super) fn read(text: &str) -> Option<Stored> {
    let (id, data) = text.strip_prefix('{')?.split_once('}')?;
    match id {
        "bcrypt" => bcrypt::read(data),
        "pbkdf2" => pbkdf2("sha1", 185_000, 8, data),
        "pbkdf2@SpringSecurity_v5_8" => pbkdf2("sha256", 310_000, 16, data),
        "scrypt" | "scrypt@SpringSecurity_v5_8" => scrypt(data),
        "argon2" | "argon2@SpringSecurity_v5_8" => Stored::phc(data).map(Stored::taken_as_received),
        "MD5" => digest::<Md5>(data),
        "SHA-1" => digest::<Sha1>(data),
        "SHA-256" => digest::<Sha256>(data),
        "sha256" => standard(data),
        "ldap" => ldap::read(data),
        _ => None,
    }
}

/// `Pbkdf2PasswordEncoder` without a secret: hexadecimal salt and 32 bytes of key.
fn pbkdf2(prf: &str, rounds: u32, salt_length: usize, data: &str) -> Option<Stored> {
    let bytes = hex(data)?;
    let (salt, tag) = bytes.split_at_checked(salt_length)?;
    if tag.len() != 32 {
        return None;
    }
    Stored::foreign(Pbkdf2::new(prf, rounds, tag.len())?, salt, tag)
}

/// `SCryptPasswordEncoder`: `$parameters$salt$key`, the first a hexadecimal number.
fn scrypt(data: &str) -> Option<Stored> {
    let fields: Vec<&str> = data.strip_prefix('$')?.split('$').collect();
    let [parameters, salt, tag] = *fields else { return None };
    if parameters.starts_with('+') {
        return None;
    }
    let parameters = u32::from_str_radix(parameters, 16).ok()?;
    let [_, log_n, r, p] = parameters.to_be_bytes();
    let function = Scrypt::new(1_u64.checked_shl(log_n.into())?, r.into(), p.into())?;
    let (salt, tag) = (Base64::decode_vec(salt).ok()?, Base64::decode_vec(tag).ok()?);
    if tag.len() != 32 || parameters >> 24 != 0 {
        return None;
    }
    Stored::foreign(function, salt, tag)
}

/// `MessageDigestPasswordEncoder`: `{salt}` or nothing, which is digested as it stands, then the
/// digest in hexadecimal.
fn digest<D: Digest + fmt::Debug + 'static>(data: &str) -> Option<Stored> {
    let end = if data.starts_with('{') { data.find('}')?.checked_add(1)? } else { 0 };
    let (salt, tag) = data.split_at_checked(end)?;
    let tag = hex(tag)?;
    if tag.len() != <D as Digest>::output_size() {
        return None;
    }
    Stored::foreign(SaltLast::<D>::new(), salt.as_bytes(), tag)
}

/// `StandardPasswordEncoder` without a secret: 8 bytes of salt, SHA-256 over and over.
fn standard(data: &str) -> Option<Stored> {
    let bytes = hex(data)?;
    let (salt, tag) = bytes.split_at_checked(8)?;
    if tag.len() != 32 {
        return None;
    }
    Stored::foreign(SaltFirst::<Sha256>::new(1024), salt, tag)
}
