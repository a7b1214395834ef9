//! What the passwords crate reads from outside: stored hashes, new passwords, signatures.

use std::sync::LazyLock;
use std::time::Duration;

use palisade_passwords::{
    Arena, Attempt, Candidate, Ceiling, Context, OsRandom, Params, Policy, Scheme, SecretKeys,
};

static SCHEME: LazyLock<Scheme> = LazyLock::new(|| {
    let params = Params::insecure_new(8, 1, 1).expect("the least that Argon2 takes");
    Scheme::with_ceiling(params, Ceiling::new(64, Duration::from_micros(100)))
        .expect("below its ceiling")
});

static KEYS: LazyLock<SecretKeys> = LazyLock::new(|| {
    let key = "k8Zq2v9fXw4LrT7yNcB1mHs6JdPe3GaUoQiVx5WtYzCbRnKfMj";
    SecretKeys::parse(key, []).expect("a good key")
});

/// A stored string never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_stored(data: &[u8]) {
    let Ok(stored) = std::str::from_utf8(data) else { return };
    let attempt = Attempt::new("ada").stored(Some(stored));
    let candidate = Candidate::from("no hash was made from this");
    let verdict = SCHEME.verify(&attempt, &candidate, &mut Arena::new(), &OsRandom::new());
    assert!(!verdict.is_verified(), "let in");
}

/// A password is accepted, or refused with at least one reason and nothing of itself.
///
/// The first line is a context word, the rest is the password.
///
/// # Panics
///
/// When a password is refused without a reason.
pub fn passwords_policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (word, password) = text.split_once('\n').unwrap_or(("", text));
    let context = Context::new().word(word);
    if let Err(refusal) = Policy::asvs5().check(&Candidate::from(password), &context) {
        assert!(!refusal.violations().is_empty(), "refused without a reason");
    }
}

/// No text is a signature of a message that was not signed.
///
/// # Panics
///
/// When one is.
pub fn passwords_signature(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(KEYS.verify("fuzz", b"a message that nobody signed", text), None);
}
