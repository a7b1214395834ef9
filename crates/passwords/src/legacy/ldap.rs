//! LDAP directories: RFC 2307 5.3 and the salted schemes of OpenLDAP.

use base64ct::{Base64, Encoding};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::hash::{SaltLast, Stored};

/// `{SCHEME}` in either case, then Base64 of the digest and the salt.
pub(super) fn read(text: &str) -> Option<Stored> {
    let (scheme, data) = text.strip_prefix('{')?.split_once('}')?;
    let bytes = Base64::decode_vec(data).ok()?;
    match scheme.to_ascii_uppercase().as_str() {
        "SHA" => plain::<Sha1>(&bytes),
        "SHA256" => plain::<Sha256>(&bytes),
        "SHA512" => plain::<Sha512>(&bytes),
        "SSHA" => salted::<Sha1>(&bytes),
        "SSHA256" => salted::<Sha256>(&bytes),
        "SSHA512" => salted::<Sha512>(&bytes),
        _ => None,
    }
}

fn plain<D: Digest + std::fmt::Debug + 'static>(bytes: &[u8]) -> Option<Stored> {
    (bytes.len() == <D as Digest>::output_size()).then(|| salted::<D>(bytes))?
}

fn salted<D: Digest + std::fmt::Debug + 'static>(bytes: &[u8]) -> Option<Stored> {
    let (tag, salt) = bytes.split_at_checked(<D as Digest>::output_size())?;
    Stored::foreign(SaltLast::<D>::new(), salt, tag)
}
