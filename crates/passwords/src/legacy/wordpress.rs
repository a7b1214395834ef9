//! WordPress: `wp_check_password`.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha384;
use zeroize::Zeroizing;

use crate::hash::{Phpass, Prehashed, Stored};
use crate::legacy::bcrypt;

/// The alphabet of phpass and of `crypt(3)`.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub(super) fn read(text: &str) -> Option<Stored> {
    if let Some(rest) = text.strip_prefix("$wp").filter(|rest| rest.starts_with("$2y$")) {
        let (function, salt, tag) = bcrypt::parts(rest)?;
        return Stored::foreign(Prehashed::new(function, hmac_sha384), salt, tag);
    }
    phpass(text.strip_prefix("$P$")?)
}

/// One character for the rounds, eight of salt, the digest in groups of six bits from the lowest.
fn phpass(rest: &str) -> Option<Stored> {
    let (rounds, rest) = rest.split_at_checked(1)?;
    let (salt, tag) = rest.split_at_checked(8)?;
    let function = Phpass::new(value(*rounds.as_bytes().first()?)?, trimmed)?;
    let tag = sixes(tag)?;
    if tag.len() != 16 {
        return None;
    }
    Stored::foreign(function, salt.as_bytes(), tag)
}

fn value(character: u8) -> Option<u32> {
    u32::try_from(ALPHABET.iter().position(|known| *known == character)?).ok()
}

fn sixes(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(16), 0_u32, 0_u32);
    for character in text.bytes() {
        bits |= value(character)? << count;
        count = count.saturating_add(6);
        if let Some(rest) = count.checked_sub(8) {
            let [low, ..] = bits.to_le_bytes();
            bytes.push(low);
            (bits, count) = (bits >> 8, rest);
        }
    }
    (bits == 0).then_some(bytes)
}

/// The password as WordPress takes it at a sign-in and when it is set: PHP's `trim`.
fn trimmed(password: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\0' | b'\x0b');
    let start = password.iter().position(|byte| !space(byte)).unwrap_or(password.len());
    let end =
        password.iter().rposition(|byte| !space(byte)).map_or(start, |last| last.saturating_add(1));
    password.get(start..end).unwrap_or_default()
}

fn hmac_sha384(password: &[u8], _salt: &[u8]) -> Zeroizing<String> {
    // A key of any length is taken; without one nothing would match.
    let Ok(mut mac) = Hmac::<Sha384>::new_from_slice(b"wp-sha384") else {
        return Zeroizing::default();
    };
    mac.update(trimmed(password));
    Zeroizing::new(Base64::encode_string(&mac.finalize().into_bytes()))
}
