//! Rules that hold for the hashes of every family.

use std::time::Duration;

use base64ct::{Base64Unpadded, Encoding};
use palisade_passwords::{Arena, Attempt, Candidate, Ceiling, Legacy, OsRandom, Params, Scheme};
use proptest::prelude::*;

use super::{cheap, every_family, understanding, upgrade, verify, written};

/// Hashes of "password" by the frameworks themselves or, for Spring and ASP.NET, by Python's
/// hashlib, at costs that a test can pay a thousand times.
const CHEAP: [&str; 25] = [
    "pbkdf2_sha256$200$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
    "pbkdf2_sha1$200$saltsaltsalt$uAVoaCtHKCpJ1WFezNB2DTm7500=",
    "argon2$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0$ZFT9zBR9fPRPAj1A31EcIRifCgzCYBajheI14qbDvVs",
    "bcrypt_sha256$$2b$04$9lqHpXNq6jn2Ya.cgo6Mk.lQnPEA1BOO.0Jca3TAQWy0XeTeQhldi",
    "bcrypt$$2b$04$9lqHpXNq6jn2Ya.cgo6Mk.fYnuuKXWeODxAdMxPZSwjS72X7lp/6e",
    "scrypt$16$saltsaltsalt$8$5$aYB3OAVOM9UESkFuoalQbOAT6mXnJAiJUxp7g6Kw9XmuCJOkdXFElqDlNY2bnbm9Cwo++qN57GsslMz/q284tQ==",
    "md5$saltsaltsalt$7bc319d02997af4849519822dd7c5e15",
    "sha1$saltsaltsalt$3d891ea087f126a3983246c2bfa2a19620926456",
    "scrypt:128:8:1$5nwVHkdvnAdaLIiE$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
    "pbkdf2:sha512:200$NXNdcgsKWgwfyVWR$613acaa62bb6ef94049b9a3d2a3db9ab3acf2db6556395e17a5692ad270d351867654f3019520d39b10a287d9ddfa62462ede35110c235d6ad8a6f7263309b71",
    "$pbkdf2$20$bS1lzNkbQ.idc66VEkKotQ$VETt9bA9BAFaBPP6jv25SOVKLnA",
    "$pbkdf2-sha256$20$as3ZOwfA.N97T4kRImQMQQ$R225Ilm8q2anDWlYj1xD59Zvb6RlVSbZ.OeMYBqowis",
    "$bcrypt-sha256$v=2,t=2b,r=4$DvZW2IuvolhMLY62ij0e6.$qPxKD/4nwn/B5hcFpBo.cIwmUaN3xA6",
    "$bcrypt-sha256$2a,4$1hCYqM7O3OaAjsVxmJA/vu$..ABXc3Cyudrrf9m7S78U63XXr34nt2",
    "$scrypt$ln=4,r=8,p=1$tzaG8H5vLSWE0ForRagVwg$PfIcXxYOHsBGW7r9RCqFgPi308l7Q2XrZagzMZTJIdQ",
    "$2y$04$FIrBVbIET4rf9IP1R/WM6.3EBPHUYsh2fwHiiNWckYpiMvhaz40nC",
    "$P$5Fnw80QJNYljV6R2oiOraaWfAVljZz0",
    "$wp$2y$04$2bywHELkEqP.TR7SfpWj1.S.nBbnbxzIXwgMbFdNUR.l26m3LbiH6",
    "AAABAgMEBQYHCAkKCwwNDg8DCeL+Tgvf59D+SCjUHCNEFuLZv7Yc3Y9kOhHPv9/BGQ==",
    "AQAAAAIAAAAyAAAAEAABAgMEBQYHCAkKCwwNDg/lSqMeh35xJLKOd1961IaBvxsO1Cb8+qmtTOo7IJB/nQ==",
    "{SSHA}VQ7axE0T79va05SJX6mwzcMLSDYkpPRe",
    "{MD5}{salt}ce421738b1c5540836bdc8ff707f1572",
    "{sha256}000102030405060742202fd0bad0f5f50a314088be45909be6a22e562e3eba43dd8a0c34aca5f68b",
    "{scrypt}$40801$AAECAwQFBgcICQoLDA0ODw==$SifLA7K0t5yM6JUFWSfwEu2b21TUGoi7m1p3x7fgMoI=",
    "$pbkdf2-sha256$i=100,l=32$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
];

/// Strings whose cost would take hours or terabytes.
const DEAR: [&str; 12] = [
    "pbkdf2_sha256$4294967295$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
    "argon2$argon2id$v=19$m=3000000,t=2,p=1$c2FsdHNhbHRzYWx0$ZFT9zBR9fPRPAj1A31EcIRifCgzCYBajheI14qbDvVs",
    "bcrypt_sha256$$2b$31$9lqHpXNq6jn2Ya.cgo6Mk.lQnPEA1BOO.0Jca3TAQWy0XeTeQhldi",
    "scrypt$2147483648$saltsaltsalt$8$5$aYB3OAVOM9UESkFuoalQbOAT6mXnJAiJUxp7g6Kw9XmuCJOkdXFElqDlNY2bnbm9Cwo++qN57GsslMz/q284tQ==",
    "scrypt:16:1073741823:1$salt$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
    "scrypt:16:1:1073741823$salt$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
    "$pbkdf2-sha256$i=4294967295,l=32$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
    "$scrypt$ln=40,r=8,p=1$tzaG8H5vLSWE0ForRagVwg$PfIcXxYOHsBGW7r9RCqFgPi308l7Q2XrZagzMZTJIdQ",
    "$2y$31$FIrBVbIET4rf9IP1R/WM6.3EBPHUYsh2fwHiiNWckYpiMvhaz40nC",
    "$P$SFnw80QJNYljV6R2oiOraaWfAVljZz0",
    "{scrypt}$28ffff$AAECAwQFBgcICQoLDA0ODw==$SifLA7K0t5yM6JUFWSfwEu2b21TUGoi7m1p3x7fgMoI=",
    "AQAAAAL/////AAAAEAABAgMEBQYHCAkKCwwNDg/lSqMeh35xJLKOd1961IaBvxsO1Cb8+qmtTOo7IJB/nQ==",
];

#[test]
fn a_match_always_brings_an_upgrade_to_a_hash_of_our_own() {
    let scheme = understanding(every_family());
    for stored in CHEAP {
        assert!(!verify(&scheme, stored, "Password").is_verified(), "{stored}");
        let replaced = written(upgrade(verify(&scheme, stored, "password")).unwrap(), stored);
        assert!(replaced.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{stored}: {replaced}");
        assert!(upgrade(verify(&scheme, &replaced, "password")).is_none(), "{replaced}");
    }
}

#[test]
fn rule_a_a_cost_above_the_ceiling_is_refused_when_it_is_read() {
    // If any of these were computed, this test would not end or memory would.
    let scheme = understanding(every_family());
    for stored in DEAR {
        assert!(!scheme.understands(stored), "{stored}");
        assert!(!verify(&scheme, stored, "password").is_verified(), "{stored}");
    }
    // The ceiling itself is what refuses: the same strings pass under one without a bound.
    let boundless = Ceiling::new(u32::MAX, Duration::MAX);
    let lax = Scheme::with_legacy(cheap(), boundless, every_family()).unwrap();
    let read = DEAR.iter().filter(|stored| lax.understands(stored)).count();
    assert_eq!(read, DEAR.len() - 2, "two of them ask for petabytes");
}

#[test]
fn rule_a_the_ceiling_counts_the_memory_of_scrypt() {
    // Werkzeug's own cost: n=32768, r=8, p=1 takes 32 MiB and the blocks of one lane.
    let stored = format!("scrypt:32768:8:1$salt${}", "00".repeat(64));
    let second = Duration::from_secs(1);
    for (memory_kib, read) in [(32 * 1024, false), (32 * 1024 + 1, true)] {
        let ceiling = Ceiling::new(memory_kib, second);
        let scheme = Scheme::with_legacy(cheap(), ceiling, Legacy::new().werkzeug()).unwrap();
        assert_eq!(scheme.understands(&stored), read, "{memory_kib} KiB");
    }
}

/// Argon2id as Django stores it.
fn django_argon2(memory_kib: u32, passes: u32) -> String {
    let params = argon2::Params::new(memory_kib, passes, 1, Some(32)).unwrap();
    let mut tag = [0; 32];
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(b"password", b"saltsaltsaltsalt", &mut tag)
        .unwrap();
    let encode = Base64Unpadded::encode_string;
    let (salt, tag) = (encode(b"saltsaltsaltsalt"), encode(&tag));
    format!("argon2$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${tag}")
}

#[test]
fn rule_b_a_foreign_hash_that_is_stronger_is_never_downgraded() {
    let scheme = understanding(every_family());
    for (memory_kib, passes, becomes) in [
        (256, 4, "$argon2id$v=19$m=256,t=4,p=1$"),
        (64, 2, "$argon2id$v=19$m=64,t=2,p=1$"),
        (32, 2, "$argon2id$v=19$m=64,t=2,p=1$"),
    ] {
        let stored = django_argon2(memory_kib, passes);
        let replaced = written(upgrade(verify(&scheme, &stored, "password")).unwrap(), &stored);
        assert!(replaced.starts_with(becomes), "{stored}: {replaced}");
        assert!(upgrade(verify(&scheme, &replaced, "password")).is_none(), "{replaced}");
    }
}

#[test]
fn rule_d_a_foreign_prefix_is_a_rejection_and_not_an_error() {
    // laravel/framework#25586: a `$2a$` in the table made every sign-in a 500.
    let none = understanding(Legacy::new());
    for stored in CHEAP.into_iter().chain(DEAR) {
        assert!(!none.understands(stored), "{stored}");
        assert!(!verify(&none, stored, "password").is_verified(), "{stored}");
    }
}

#[test]
fn a_family_understands_its_own_strings_and_no_others() {
    let read = |legacy: Legacy| {
        let scheme = understanding(legacy);
        CHEAP.map(|stored| u8::from(scheme.understands(stored)).to_string()).concat()
    };
    assert_eq!(read(Legacy::new().django()), "1111111100000000000000000");
    assert_eq!(read(Legacy::new().werkzeug()), "0000000011000000000000000");
    assert_eq!(read(Legacy::new().passlib()), "0000000000111111000000000");
    assert_eq!(read(Legacy::new().scrypt()), "0000000000000010000000000");
    assert_eq!(read(Legacy::new().bcrypt()), "0000000000000001000000000");
    assert_eq!(read(Legacy::new().wordpress()), "0000000000000000110000000");
    assert_eq!(read(Legacy::new().aspnet()), "0000000000000000001100000");
    assert_eq!(read(Legacy::new().ldap()), "0000000000000000000010000");
    assert_eq!(read(Legacy::new().spring()), "0000000000000000000001110");
    assert_eq!(read(Legacy::new().pbkdf2()), "0000000000000000000000001");
}

#[test]
fn rule_e_bcrypt_does_not_match_on_the_first_72_bytes_alone() {
    // CVE-2025-22228: a long password matched whatever followed its first 72 bytes.
    let (own, other) = (format!("{}b", "a".repeat(72)), format!("{}c", "a".repeat(72)));
    // bcrypt of 72 times "a", cost 4.
    let stored = "$2b$04$FIrBVbIET4rf9IP1R/WM6.GFSKEMttZBHQAcLHo1fZEbovxMAoeuu";
    let whole = understanding(every_family());
    assert!(verify(&whole, stored, &"a".repeat(72)).is_verified());
    assert!(!verify(&whole, stored, &own).is_verified());
    assert!(!verify(&whole, stored, &"a".repeat(71)).is_verified());
    // spring-projects/spring-security#16802: whoever has a long password must not be locked out
    // for good. The option lets them in once, and the new hash is of all of it.
    let cut = understanding(every_family().insecure_cut_bcrypt());
    let replaced = written(upgrade(verify(&cut, stored, &own)).unwrap(), stored);
    assert!(verify(&cut, &replaced, &own).is_verified());
    assert!(!verify(&cut, &replaced, &other).is_verified());
}

#[test]
fn the_option_for_bcrypt_changes_nothing_else() {
    let cut = understanding(every_family().insecure_cut_bcrypt());
    for stored in CHEAP {
        let plain = stored.starts_with("bcrypt$") || stored.starts_with("$2y$");
        let matches = verify(&cut, stored, "password\0and more").is_verified();
        assert_eq!(matches, plain && stored.starts_with("$2y$"), "{stored}");
    }
}

#[test]
fn the_empty_password_matches_only_where_it_was_hashed() {
    let scheme = understanding(every_family());
    for stored in CHEAP {
        assert!(!verify(&scheme, stored, "").is_verified(), "{stored}");
    }
    // Openwall's crypt_blowfish 1.3, wrapper.c.
    let empty = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy";
    assert!(verify(&scheme, empty, "").is_verified());
    assert!(!verify(&scheme, empty, " ").is_verified());
    let long = "x".repeat(Candidate::MAX_BYTES + 1);
    assert!(!verify(&scheme, empty, &long).is_verified(), "its text is not kept");
}

#[test]
fn a_refused_account_is_rejected_with_the_right_password_of_a_foreign_hash() {
    let scheme = understanding(every_family());
    for stored in CHEAP {
        let attempt = Attempt::new("ada").stored(Some(stored)).refused();
        let candidate = Candidate::from("password");
        let verdict = scheme.verify(&attempt, &candidate, &mut Arena::new(), &OsRandom::new());
        assert!(!verdict.is_verified(), "{stored}");
    }
}

#[test]
fn strings_that_are_almost_hashes_are_none() {
    let scheme = understanding(every_family());
    for stored in [
        // Fields too few or too many, a tag of another length, numbers that are none.
        "pbkdf2_sha256$200$saltsaltsalt",
        "pbkdf2_sha256$200$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=$",
        "pbkdf2_sha256$200$saltsaltsalt$uAVoaCtHKCpJ1WFezNB2DTm7500=",
        "pbkdf2_sha256$0$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
        "pbkdf2_sha256$+200$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
        "pbkdf2_sha256$0200$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
        "pbkdf2_sha256$4294967296$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
        "pbkdf2_sha512$200$saltsaltsalt$Hh4hVnhciiDYKCDrx6tj3Pkk4FbFRmbSHbAFiPAvphc=",
        "md5$saltsaltsalt$7bc319d02997af4849519822dd7c5e1",
        "md5$saltsaltsalt$7bc319d02997af4849519822dd7c5e1g",
        "md5$saltsaltsalt$",
        "md5$7bc319d02997af4849519822dd7c5e15",
        "sha1$saltsaltsalt$7bc319d02997af4849519822dd7c5e15",
        "argon2$bcrypt$$2b$04$9lqHpXNq6jn2Ya.cgo6Mk.fYnuuKXWeODxAdMxPZSwjS72X7lp/6e",
        "bcrypt$bcrypt$$2b$04$9lqHpXNq6jn2Ya.cgo6Mk.fYnuuKXWeODxAdMxPZSwjS72X7lp/6e",
        // scrypt with a cost that is no power of two, and with one that the cipher cannot do.
        "scrypt:100:8:1$salt$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
        "scrypt:128:0:1$salt$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
        "scrypt:16:65536:65536$salt$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
        "scrypt:128:8$salt$0648adf6263ddfe7778b1b9f227498746cc5a046b26235d6e3581c40205222493f1f2a9ef1fc4ad59192942db7db62689097f149ac6ce373aabd8e7c121b2a4e",
        "pbkdf2:md5:200$salt$7bc319d02997af4849519822dd7c5e15",
        "pbkdf2:sha256$salt$7bc319d02997af4849519822dd7c5e15",
        // The second version of passlib has no `2a`, the first no HMAC.
        "$bcrypt-sha256$v=2,t=2a,r=4$DvZW2IuvolhMLY62ij0e6.$qPxKD/4nwn/B5hcFpBo.cIwmUaN3xA6",
        "$bcrypt-sha256$v=1,t=2b,r=4$DvZW2IuvolhMLY62ij0e6.$qPxKD/4nwn/B5hcFpBo.cIwmUaN3xA6",
        "$bcrypt-sha256$v=2,t=2b,r=4$DvZW2IuvolhMLY62ij0e6.qPxKD/4nwn/B5hcFpBo.cIwmUaN3xA6",
        "$bcrypt-sha256$2x,4$1hCYqM7O3OaAjsVxmJA/vu$..ABXc3Cyudrrf9m7S78U63XXr34nt2",
        "$scrypt$ln=64,r=8,p=1$tzaG8H5vLSWE0ForRagVwg$PfIcXxYOHsBGW7r9RCqFgPi308l7Q2XrZagzMZTJIdQ",
        "$pbkdf2-sha256$i=100,l=16$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
        "$pbkdf2-sha256$i=100,l=a2$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
        "$pbkdf2-sha256$i=100,i=32$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
        "$pbkdf2-sha256$i=100,x=1$AAECAwQFBgcICQoLDA0ODw$hUoem2g0QT3FG0MW2+QF4cVNOiz108if9bbmbkNsvzE",
        // phpass: rounds outside its range, bits beyond the digest.
        "$P$4Fnw80QJNYljV6R2oiOraaWfAVljZz0",
        "$P$TFnw80QJNYljV6R2oiOraaWfAVljZz0",
        "$P$5Fnw80QJNYljV6R2oiOraaWfAVljZzz",
        "$P$5Fnw80QJNYljV6R2oiOraaWfAVljZ",
        "$wp$2b$04$2bywHELkEqP.TR7SfpWj1.S.nBbnbxzIXwgMbFdNUR.l26m3LbiH6",
        "$wp2y$04$2bywHELkEqP.TR7SfpWj1.S.nBbnbxzIXwgMbFdNUR.l26m3LbiH6",
        // ASP.NET: another version, a hash function without a number, a salt longer than the rest.
        "AgABAgMEBQYHCAkKCwwNDg8DCeL+Tgvf59D+SCjUHCNEFuLZv7Yc3Y9kOhHPv9/BGQ==",
        "AQAAAAMAAAAyAAAAEAABAgMEBQYHCAkKCwwNDg/lSqMeh35xJLKOd1961IaBvxsO1Cb8+qmtTOo7IJB/nQ==",
        "AQAAAAIAAAAy/////wABAgMEBQYHCAkKCwwNDg/lSqMeh35xJLKOd1961IaBvxsO1Cb8+qmtTOo7IJB/nQ==",
        "AQAAAAIAAAAAAAAAEAABAgMEBQYHCAkKCwwNDg/lSqMeh35xJLKOd1961IaBvxsO1Cb8+qmtTOo7IJB/nQ==",
        "AQ==",
        "{SSHA}",
        "{SSHA}VQ7axE0T79va05SJX6mwzcM=",
        "{SHA}VQ7axE0T79va05SJX6mwzcMLSDYkpPRe",
        "{CRYPT}$2y$04$FIrBVbIET4rf9IP1R/WM6.3EBPHUYsh2fwHiiNWckYpiMvhaz40nC",
        "{MD4}{salt}ce421738b1c5540836bdc8ff707f1572",
        "{MD5}{saltce421738b1c5540836bdc8ff707f1572",
        "{sha256}0001",
        "{scrypt}$140801$AAECAwQFBgcICQoLDA0ODw==$",
        "{scrypt}$+40801$AAECAwQFBgcICQoLDA0ODw==$SifLA7K0t5yM6JUFWSfwEu2b21TUGoi7m1p3x7fgMoI=",
        "{scrypt}$1040801$AAECAwQFBgcICQoLDA0ODw==$SifLA7K0t5yM6JUFWSfwEu2b21TUGoi7m1p3x7fgMoI=",
        "{bcrypt}{bcrypt}$2y$04$FIrBVbIET4rf9IP1R/WM6.3EBPHUYsh2fwHiiNWckYpiMvhaz40nC",
    ] {
        assert!(!scheme.understands(stored), "{stored}");
        assert!(!verify(&scheme, stored, "password").is_verified(), "{stored}");
    }
}

/// Whether two strings say the same: hexadecimal digits and names of LDAP in either case, a
/// version of bcrypt that computes the same, passlib's full stop for plus.
fn say_the_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let text = text.to_ascii_lowercase().replace('+', ".");
        ["2a", "2b", "2x", "2y"].iter().fold(text, |text, version| text.replace(version, "2"))
    };
    plain(one) == plain(other)
}

proptest! {
    // A case takes a third of a millisecond.
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn no_damaged_hash_lets_in(
        which in 0..CHEAP.len(),
        at in any::<prop::sample::Index>(),
        with in prop_oneof![any::<char>(), prop::char::range(' ', '~')],
    ) {
        let mut chars: Vec<char> = CHEAP[which].chars().collect();
        let at = at.index(chars.len());
        chars[at] = with;
        let damaged: String = chars.into_iter().collect();
        prop_assume!(!say_the_same(&damaged, CHEAP[which]));
        let ceiling = Ceiling::new(4096, Duration::from_millis(50));
        let scheme = Scheme::with_legacy(cheap(), ceiling, every_family()).unwrap();
        prop_assert!(!verify(&scheme, &damaged, "password").is_verified(), "{damaged}");
    }

    #[test]
    fn no_string_panics_or_lets_in(
        stored in "(\\$|\\{)?(pbkdf2_sha256|scrypt:|scrypt|bcrypt|2[abxy]|P|wp|SSHA|MD5|md5|AQ|i=|ln=)\
                   [$:,}{]{1,2}[0-9a-zA-Z./+$=,:{}\u{e9}]{0,90}",
    ) {
        let ceiling = Ceiling::new(4096, Duration::from_millis(50));
        let scheme = Scheme::with_legacy(cheap(), ceiling, every_family()).unwrap();
        prop_assert!(!verify(&scheme, &stored, "password").is_verified());
    }
}

/// Parameters with which a ceiling refuses a foreign hash do not refuse our own.
#[test]
fn the_ceiling_for_foreign_hashes_is_the_one_for_our_own() {
    let ceiling = Ceiling::new(64, Duration::from_millis(1));
    let scheme = Scheme::with_legacy(cheap(), ceiling, every_family()).unwrap();
    assert!(scheme.understands(CHEAP[0]));
    assert!(!scheme.understands(CHEAP[8]), "scrypt with n=128 and r=8 takes 129 KiB");
    assert!(Scheme::with_legacy(Params::OWASP_19M, ceiling, every_family()).is_err());
}
