//! passlib and its successor libpass.

use base64ct::{Base64, Base64Unpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hash::{Pbkdf2, Prehashed, Stored};
use crate::legacy::text::decimal;
use crate::legacy::{bcrypt, scrypt};

pub(super) fn read(text: &str) -> Option<Stored> {
    let (name, rest) = text.strip_prefix('$')?.split_once('$')?;
    match name {
        "pbkdf2" => pbkdf2("sha1", rest),
        "pbkdf2-sha256" => pbkdf2("sha256", rest),
        "pbkdf2-sha512" => pbkdf2("sha512", rest),
        "bcrypt-sha256" => bcrypt_sha256(rest),
        "scrypt" => scrypt::read(text),
        _ => bcrypt::read(text),
    }
}

/// `rounds$salt$tag`, in Base64 without padding and with a full stop for plus.
fn pbkdf2(prf: &str, rest: &str) -> Option<Stored> {
    let (rounds, rest) = rest.split_once('$')?;
    let (salt, tag) = rest.split_once('$')?;
    let bytes = |text: &str| Base64Unpadded::decode_vec(&text.replace('.', "+")).ok();
    let (salt, tag) = (bytes(salt)?, bytes(tag)?);
    let function = Pbkdf2::new(prf, decimal(rounds)?, tag.len())?;
    if tag.len() != function.output_length() {
        return None;
    }
    Stored::foreign(function, salt, tag)
}

/// `2a,12$salt$tag` of the first version, `v=2,t=2b,r=12$salt$tag` of the second.
fn bcrypt_sha256(rest: &str) -> Option<Stored> {
    let (settings, data) = rest.split_once('$')?;
    let (salt, tag) = data.split_once('$')?;
    let (second, version, cost) = match *settings.split(',').collect::<Vec<_>>() {
        [version @ ("2a" | "2b"), cost] => (false, version, cost),
        ["v=2", "t=2b", cost] => (true, "2b", cost.strip_prefix("r=")?),
        _ => return None,
    };
    let cost = decimal(cost)?;
    let (function, raw_salt, tag) = bcrypt::parts(&format!("${version}${cost:02}${salt}{tag}"))?;
    let prehash = if second { hmac_sha256 } else { sha256 };
    // The salt of the cipher is raw, but the second version's HMAC takes its characters.
    if salt.len() != 22 {
        return None;
    }
    Stored::foreign(Prehashed::new(function, prehash), raw_salt, tag)
}

fn sha256(password: &[u8], _salt: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base64::encode_string(&Sha256::digest(password)))
}

fn hmac_sha256(password: &[u8], salt: &[u8]) -> Zeroizing<String> {
    let characters = base64ct::Base64Bcrypt::encode_string(salt);
    // A key of any length is taken; without one nothing would match.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(characters.as_bytes()) else {
        return Zeroizing::default();
    };
    mac.update(password);
    Zeroizing::new(Base64::encode_string(&mac.finalize().into_bytes()))
}
