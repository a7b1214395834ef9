//! What Django, Werkzeug, passlib and bcryptjs hash here and now, and what they say matches.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

use super::{every_family, understanding, upgrade, verify, written};

/// Family, scheme, password, hash, and the framework's verdict for each of the passwords.
type Row = (String, String, String, String, Vec<bool>);

/// Family, scheme and the hash of "password" at the framework's own cost.
type Default = (String, String, String);

fn passwords() -> Vec<String> {
    let long = |bytes: usize| "a".repeat(bytes);
    [
        "password".to_owned(),
        String::new(),
        "Passw\u{f6}rd \u{1f511}".to_owned(),
        // The same to the eye; what was hashed is what was received.
        "caf\u{e9}".to_owned(),
        "cafe\u{301}".to_owned(),
        long(71),
        long(72),
        long(73),
        // 72 bytes end within a character.
        format!("{}\u{e9}", long(71)),
        "nul\0inside".to_owned(),
        "nul".to_owned(),
        "nul\0".to_owned(),
        " spaces ".to_owned(),
        "spaces".to_owned(),
        "\u{7f}\u{80}\u{7ff}\u{ffff}\u{10ffff}".to_owned(),
    ]
    .to_vec()
}

/// The folder that `cargo xtask setup` fills, in the target directory.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .ancestors()
        .map(|folder| folder.join("frameworks"))
        .find(|folder| folder.join("installed.txt").exists())
        .expect("no frameworks to compare with: run `cargo xtask setup`")
}

/// Runs a script beside this crate with the passwords on its input.
fn answer<T: DeserializeOwned>(program: &mut Command) -> T {
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a framework's language is missing: run `cargo xtask setup`");
    let input = serde_json::to_vec(&passwords()).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "run `cargo xtask setup` again; {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frameworks").join(name)
}

fn python<T: DeserializeOwned>(asked: &str) -> T {
    answer(Command::new(installed().join("bin/python3")).arg(script("hashes.py")).arg(asked))
}

fn node<T: DeserializeOwned>(asked: &str) -> T {
    let bcryptjs = installed().join("node_modules/bcryptjs");
    answer(Command::new("node").arg(script("hashes.cjs")).arg(asked).arg(bcryptjs))
}

/// Where a verdict is WordPress's and not that of the library that wrote the hash.
fn differs_by_design(family: &str, stored: &str, made_of: &str, other: &str) -> bool {
    // WordPress trims what phpass gets; passlib gives it whole.
    let trimmed = |text: &str| text != text.trim_matches([' ', '\0']);
    let phpass = family == "wordpress" && (trimmed(made_of) || trimmed(other));
    // PHP cuts at a NUL what passlib refuses to look at.
    let cut = stored.starts_with("$2y$") && other.contains('\0');
    phpass || cut
}

/// Compares each hash with each password, and each verdict with that of the framework.
///
/// Returns how many schemes there were: one that hashes nothing would prove nothing.
fn agree(rows: &[Row]) -> usize {
    let (whole, cut) =
        (understanding(every_family()), understanding(every_family().insecure_cut_bcrypt()));
    let mut schemes = BTreeMap::new();
    for (family, scheme, made_of, stored, verdicts) in rows {
        assert!(whole.understands(stored), "{family} {scheme}: {stored}");
        for (other, expected) in passwords().iter().zip(verdicts) {
            if differs_by_design(family, stored, made_of, other) {
                continue;
            }
            let what = format!("{family} {scheme}: {stored} of {made_of:?} and {other:?}");
            assert_eq!(verify(&cut, stored, other).is_verified(), *expected, "{what}");
            let seen_whole = *expected && !is_cut(stored, other);
            let verdict = verify(&whole, stored, other);
            assert_eq!(verdict.is_verified(), seen_whole, "{what}");
            if seen_whole {
                let replaced = written(upgrade(verdict).expect(&what), stored);
                assert!(replaced.starts_with("$argon2id$"), "{what}: {replaced}");
                assert!(verify(&whole, &replaced, other).is_verified(), "{what}: {replaced}");
            }
            *schemes.entry(format!("{family} {scheme}")).or_insert(0) += 1;
        }
    }
    for (scheme, compared) in &schemes {
        assert!(*compared > 100, "{scheme}: {compared}");
    }
    schemes.len()
}

/// Whether bcrypt does not look at all of the password.
fn is_cut(stored: &str, password: &str) -> bool {
    let plain = ["$2a$", "$2b$", "$2y$", "bcrypt$"].iter().any(|mark| stored.starts_with(mark));
    plain && password.len() > 72
}

#[test]
fn every_hash_of_django_werkzeug_and_passlib_matches_what_they_say_it_matches() {
    assert_eq!(agree(&python::<Vec<Row>>("matrix")), 23);
}

#[test]
fn every_hash_of_bcryptjs_matches_what_it_says_it_matches() {
    assert_eq!(agree(&node::<Vec<Row>>("matrix")), 1);
}

#[test]
fn the_costs_that_the_frameworks_choose_are_below_the_default_ceiling() {
    let scheme = understanding(every_family());
    let mut hashes: Vec<Default> = python("defaults");
    hashes.extend(node::<Vec<Default>>("defaults"));
    assert!(hashes.len() > 15);
    for (family, name, stored) in hashes {
        assert!(scheme.understands(&stored), "{family} {name}: {stored}");
        assert!(verify(&scheme, &stored, "password").is_verified(), "{family} {name}: {stored}");
    }
}

#[test]
fn an_unusable_password_of_django_lets_nobody_in() {
    let scheme = understanding(every_family());
    let unusable = python::<String>("unusable");
    assert!(unusable.starts_with('!') && unusable.len() == 41, "{unusable}");
    assert!(!scheme.understands(&unusable));
    let tail = unusable.get(1..).unwrap();
    for password in ["", "!", &unusable, tail] {
        assert!(!verify(&scheme, &unusable, password).is_verified(), "{password}");
    }
}
