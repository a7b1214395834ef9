//! Hashes of other frameworks: those that the frameworks make, those that they publish, and rules.

mod frameworks;
mod rules;
mod vectors;

use palisade_passwords::{
    Arena, Attempt, Candidate, Ceiling, Legacy, OsRandom, Params, Scheme, Upgrade, Verdict,
};

fn every_family() -> Legacy {
    let functions = Legacy::new().bcrypt().pbkdf2().scrypt();
    functions.aspnet().django().ldap().passlib().spring().werkzeug().wordpress()
}

fn cheap() -> Params {
    Params::insecure_new(64, 2, 1).unwrap()
}

fn understanding(legacy: Legacy) -> Scheme {
    Scheme::with_legacy(cheap(), Ceiling::default(), legacy).unwrap()
}

fn verify(scheme: &Scheme, stored: &str, password: &str) -> Verdict {
    let attempt = Attempt::new("ada").stored(Some(stored));
    scheme.verify(&attempt, &Candidate::from(password), &mut Arena::new(), &OsRandom::new())
}

fn upgrade(verdict: Verdict) -> Option<Upgrade> {
    match verdict {
        Verdict::Verified(verified) => verified.into_upgrade(),
        Verdict::Rejected => panic!("rejected"),
    }
}

/// Writes an upgrade and returns the hash that stands there now.
fn written(upgrade: Upgrade, stored: &str) -> String {
    let mut row = stored.to_owned();
    upgrade.write_blocking(|expected, new| {
        assert_eq!(expected, row);
        new.clone_into(&mut row);
        Ok::<_, ()>(true)
    });
    row
}
