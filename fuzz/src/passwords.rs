//! What the passwords crate reads from outside: stored hashes, new passwords, signatures, logins,
//! cookies.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use palisade_passwords::fields::Fields;
use palisade_passwords::session::SessionId;
use palisade_passwords::{
    Arena, Attempt, Candidate, Ceiling, Context, Legacy, OsRandom, Params, Policy, Scheme,
    SecretKeys,
};
use rustix::time::{ClockId, clock_gettime};
use serde::de::IgnoredAny;
use serde_json::Value;
use zeroize::Zeroizing;

static SCHEME: LazyLock<Scheme> = LazyLock::new(|| {
    let functions = Legacy::new().bcrypt().pbkdf2().scrypt();
    understanding(functions.aspnet().django().ldap().passlib().spring().werkzeug().wordpress())
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
    never_lets_in(&SCHEME, data);
}

/// A string of ASP.NET Core Identity never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_aspnet(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().aspnet()), data);
}

/// A string of bcrypt never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_bcrypt(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().bcrypt()), data);
}

/// A string of Django never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_django(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().django()), data);
}

/// A string of an LDAP directory never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_ldap(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().ldap()), data);
}

/// A string of passlib never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_passlib(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().passlib()), data);
}

/// A string of PBKDF2 or scrypt in the PHC format never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_phc(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().pbkdf2().scrypt()), data);
}

/// A string of Spring Security never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_spring(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().spring()), data);
}

/// A string of Werkzeug never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_werkzeug(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().werkzeug()), data);
}

/// A string of WordPress never lets a password in that it was not made from.
///
/// # Panics
///
/// When it does.
pub fn passwords_legacy_wordpress(data: &[u8]) {
    never_lets_in(&understanding(Legacy::new().wordpress()), data);
}

/// Whatever is dearer than a millisecond is refused when it is read.
fn understanding(legacy: Legacy) -> Scheme {
    let params = Params::insecure_new(8, 1, 1).expect("the least that Argon2 takes");
    let ceiling = Ceiling::new(256, Duration::from_millis(1));
    Scheme::with_legacy(params, ceiling, legacy).expect("below its ceiling")
}

fn never_lets_in(scheme: &Scheme, data: &[u8]) {
    let Ok(stored) = std::str::from_utf8(data) else { return };
    let attempt = Attempt::new("ada").stored(Some(stored));
    let candidate = Candidate::from("no hash was made from this");
    let verdict = scheme.verify(&attempt, &candidate, &mut Arena::new(), &OsRandom::new());
    assert!(!verdict.is_verified(), "let in");
}

/// A password is accepted, or refused with at least one reason and nothing of itself.
///
/// The first line is a context word, the rest is the password.
///
/// # Panics
///
/// When a password is refused without a reason, or every one of eight checks takes ten times as
/// long as one may.
pub fn passwords_policy(data: &[u8]) {
    /// Ten times the goal of 20 us, and ten times that for instrumentation and checks; a replay is
    /// not optimised either.
    const CEILING: Duration = Duration::from_millis(if cfg!(fuzzing) { 2 } else { 20 });
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (word, password) = text.split_once('\n').unwrap_or(("", text));
    let context = Context::new().word(word);
    let candidate = Candidate::from(password);
    let slow = (0..8).all(|_| {
        let start = cpu_time();
        if let Err(refusal) = Policy::asvs5().check(&candidate, &context) {
            assert!(!refusal.violations().is_empty(), "refused without a reason");
        }
        cpu_time().saturating_sub(start) > CEILING
    });
    assert!(!slow, "a check takes more than {CEILING:?}");
}

/// What this thread has computed; what other processes do does not count.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
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

/// A body that is read as JSON is JSON, with the texts that `serde_json` reads; a form is read as the
/// URL standard says. The first byte tells which of the two it is.
///
/// # Panics
///
/// When it is read in another way.
pub fn passwords_fields(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let body_of = || Zeroizing::new(body.to_vec());
    if kind & 1 == 0 {
        let Ok(fields) = Fields::from_json(body_of()) else { return };
        let read = serde_json::from_slice::<IgnoredAny>(body);
        assert!(read.is_ok(), "no JSON");
        // A number may be too large for a `Value`.
        let read = serde_json::from_slice::<BTreeMap<String, Value>>(body);
        let Ok(read) = read else { return };
        for (name, text) in ["a", "user", "password"].map(|name| (name, read.get(name))) {
            assert_eq!(fields.text(name).ok(), text.and_then(Value::as_str), "{name}");
        }
    } else if let Ok(fields) = Fields::from_form(body_of()) {
        for name in ["a", "user", "password"] {
            let read = form_urlencoded::parse(body).find(|(other, _)| other == name);
            assert_eq!(fields.text(name).ok(), read.as_ref().map(|(_, text)| &**text), "{name}");
        }
    }
}

/// A text is the id of a session only in the spelling that the id has.
///
/// # Panics
///
/// When it has another one.
pub fn passwords_session_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(id) = SessionId::parse(text) {
        assert_eq!(*id.reveal(), text, "two spellings");
    }
}
