//! What the command did to a log, in that log.

use std::error::Error;
use std::fs;
use std::path::Path;

use palisade_audit::{Actor, AuditLog, Event, LogKey, Severity, VerifierKey};
use zeroize::Zeroizing;

/// Begins the event of something that was done to a log.
pub(crate) fn event(action: &'static str) -> Event {
    Event::new(action).actor(Actor::service("palisade-audit")).severity(Severity::Important)
}

/// Records an event, or says why it is not recorded.
pub(crate) fn record(folder: &Path, key: &VerifierKey, secret: Option<&Path>, event: &Event) {
    if let Err(error) = try_record(folder, key, secret, event) {
        eprintln!("palisade-audit: not recorded in the log: {error}");
    }
}

fn try_record(
    folder: &Path,
    key: &VerifierKey,
    secret: Option<&Path>,
    event: &Event,
) -> Result<(), Box<dyn Error>> {
    let path = secret.ok_or("--record-with names no secret key")?;
    let of_file = |error| format!("{}: {error}", path.display());
    let text = Zeroizing::new(fs::read_to_string(path).map_err(of_file)?);
    let seed = seed(text.trim()).ok_or("a secret key is 64 hexadecimal digits")?;
    let secret = LogKey::from_seed(key.name(), &seed)?;
    if secret.verifier() != key {
        return Err("the secret key is that of another log".into());
    }
    // Dropped, the log is signed to its end.
    AuditLog::builder(folder, secret).open()?.record_blocking(event)?;
    Ok(())
}

fn seed(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut seed = Zeroizing::new([0; 32]);
    if pairs.len() != seed.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in seed.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(seed)
}
