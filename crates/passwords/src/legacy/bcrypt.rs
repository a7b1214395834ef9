//! `$2b$12$` and its relatives, 22 characters of salt, 31 of the hash.

use base64ct::{Base64Bcrypt, Encoding};

use crate::hash::{Bcrypt, Stored};

pub(super) fn read(text: &str) -> Option<Stored> {
    let (function, salt, tag) = parts(text)?;
    Stored::foreign(function, salt, tag)
}

/// The function, the salt and the tag of a string that is exactly one of bcrypt.
pub(super) fn parts(text: &str) -> Option<(Bcrypt, Vec<u8>, Vec<u8>)> {
    let (version, rest) = text.strip_prefix('$')?.split_once('$')?;
    let (cost, data) = rest.split_once('$')?;
    let two_digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let function = Bcrypt::new(version, two_digits.then(|| cost.parse().ok())??)?;
    let (salt, tag) = data_of(data)?;
    Some((function, salt, tag))
}

/// Salt and tag, as they stand together at the end.
fn data_of(data: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (salt, tag) = data.split_at_checked(22)?;
    let (salt, tag) = (Base64Bcrypt::decode_vec(salt).ok()?, Base64Bcrypt::decode_vec(tag).ok()?);
    (salt.len() == 16 && tag.len() == 23).then_some((salt, tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{Arena, Kdf};

    /// Openwall's `crypt_blowfish` 1.3, wrapper.c; some of its passwords are no UTF-8.
    const OPENWALL: [(&[u8], &str); 13] = [
        (b"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        (b"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        (b"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        (
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        ),
        (b"\xa3", "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        (b"\xff\xff\xa3", "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        (b"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        (b"\xff\xff\xa3", "$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"),
        (b"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
        (b"\xa3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
        (b"1\xa3345", "$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi"),
        (b"\xd1\x91", "$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS"),
        (
            b"\xd0\xc1\xd2\xcf\xcc\xd8",
            "$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS",
        ),
    ];

    #[test]
    fn every_version_computes_what_crypt_blowfish_does() {
        for (password, text) in OPENWALL {
            let (function, salt, expected) = parts(text).unwrap();
            let mut tag = [0; 23];
            assert!(function.derive(&mut Arena::new(), password, &salt, &mut tag));
            assert_eq!(tag.as_slice(), expected, "{text}");
        }
    }

    #[test]
    fn a_string_that_is_not_exactly_bcrypt_is_none() {
        let good = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        assert!(read(good).is_some());
        for text in [
            good.replace("$2b$", "$2$"),
            good.replace("$2b$", "$2c$"),
            good.replace("$2b$", "2b$"),
            good.replace("$05$", "$5$"),
            good.replace("$05$", "$03$"),
            good.replace("$05$", "$32$"),
            good.replace("$05$", "$+5$"),
            good.replace("$05$", "$005$"),
            good.replace('9', "_"),
            good.replace('.', "\u{e9}"),
            format!("{good}."),
            format!("{good}\n"),
            good.get(..59).unwrap().to_owned(),
            // Bits beyond the sixteenth byte of the salt.
            good.replace("CCC.", "CCC/"),
        ] {
            assert!(read(&text).is_none(), "{text}");
        }
    }
}
