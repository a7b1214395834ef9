//! Who has an account is not told by the work that a sign-in takes: counted, not measured.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::hash::{Arena, Ceiling, Cost, Kdf, Params, Stored};
use crate::hasher::attempt::Attempt;
use crate::hasher::scheme::Scheme;
use crate::legacy::Legacy;
use crate::random::OsRandom;
use crate::secret::Candidate;

thread_local! {
    static WORK: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Any function of any family, which counts what it would have cost instead of computing it.
#[derive(Debug)]
struct Counted(Stored);

impl Kdf for Counted {
    fn cost(&self) -> Cost {
        self.0.kdf.cost()
    }

    fn derive(&self, _arena: &mut Arena, _password: &[u8], _salt: &[u8], tag: &mut [u8]) -> bool {
        WORK.set(WORK.get().saturating_add(self.cost().work));
        tag.fill(1);
        true
    }

    fn seen(&self, password: &[u8]) -> usize {
        self.0.kdf.seen(password)
    }
}

fn counted(text: &str) -> Option<Stored> {
    let all = Legacy::new().bcrypt().django().wordpress().aspnet().ldap().werkzeug();
    let real = all.read(text)?;
    let (salt, tag) = (real.salt.clone(), real.tag.clone());
    Stored::foreign(Counted(real), salt, tag)
}

fn scheme() -> Scheme {
    let params = Params::insecure_new(8, 1, 1).unwrap();
    let legacy = Legacy::new().family("counted", counted);
    Scheme::with_legacy(params, Ceiling::default(), legacy).unwrap()
}

/// The work of one sign-in that is rejected.
fn work(scheme: &Scheme, name: &str, stored: Option<&str>, password: &str) -> Duration {
    WORK.set(Duration::ZERO);
    let attempt = Attempt::new(name).stored(stored);
    let candidate = Candidate::from(password);
    let verdict = scheme.verify(&attempt, &candidate, &mut Arena::new(), &OsRandom::new());
    assert!(!verdict.is_verified());
    WORK.get()
}

/// The six kinds of a table that went through three frameworks; costs from 5 us to a second.
const TABLE: [&str; 6] = [
    "pbkdf2_sha256$1000000$XvGu6hc3$kkfbcIO5RyD8HLLZqEmZ5tqEbGJr0nGUXgVMExvSaTE=",
    "bcrypt$$2b$12$9lqHpXNq6jn2Ya.cgo6Mk.fYnuuKXWeODxAdMxPZSwjS72X7lp/6e",
    "$2y$10$FIrBVbIET4rf9IP1R/WM6.3EBPHUYsh2fwHiiNWckYpiMvhaz40nC",
    "$P$Bnw80QJN8YljV6R2oiOraaWfAVljZz0",
    "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/Q8A0WMKbtHQJQ2DHCdoEeeFBrgNlldq6vH4qX/CGqGQ==",
    "{SSHA}VQ7axE0T79va05SJX6mwzcMLSDYkpPRe",
];

const LONG: &str = "a password of more than the seventy-two bytes that bcrypt looks at, \
                    which ends somewhere here";

#[test]
fn unknown_names_take_the_work_of_the_table_for_every_mix_of_its_schemes() {
    for kinds in 1..=TABLE.len() {
        let scheme = scheme().with_decoys([7; 32], TABLE.iter().take(kinds).copied());
        let mut known = BTreeMap::new();
        for stored in &TABLE[..kinds] {
            *known.entry(work(&scheme, "ada", Some(stored), "guess")).or_insert(0) += 1;
        }
        assert_eq!(known.len(), kinds, "each kind has a cost of its own: {known:?}");
        let mut unknown = BTreeMap::new();
        for n in 0..1000 {
            let name = format!("user{n}");
            let once = work(&scheme, &name, None, "guess");
            // Asked again, with a longer password, or with a row that nobody can read.
            assert_eq!(work(&scheme, &name, None, "another guess"), once);
            assert_eq!(work(&scheme, &name, Some("!unusable"), "guess"), once);
            assert_eq!(work(&scheme, &name, Some("{noop}guess"), "guess"), once);
            *unknown.entry(once).or_insert(0) += 1;
        }
        assert!(unknown.keys().eq(known.keys()), "{kinds}: {unknown:?}, {known:?}");
        let share = 1000 / kinds;
        for (cost, count) in unknown {
            let fair = share * 2 / 3..=share * 3 / 2;
            assert!(fair.contains(&count), "{kinds} kinds, {cost:?}: {count} of 1000");
        }
    }
}

#[test]
fn the_attack_works_on_decoys_that_are_all_like_new_hashes() {
    // What the mix prevents: for an unknown name none of the functions of the table runs.
    let scheme = scheme();
    assert_eq!(work(&scheme, "nobody", None, "guess"), Duration::ZERO);
    for stored in TABLE {
        assert!(!work(&scheme, "ada", Some(stored), "guess").is_zero(), "{stored}");
    }
}

#[test]
fn the_decoy_does_its_work_also_for_a_password_that_bcrypt_would_refuse() {
    // CVE-2025-22234: refusing more than 72 bytes made the dummy hash of unknown names free.
    let bcrypt = TABLE[2];
    let scheme = scheme().with_decoys([7; 32], [bcrypt]);
    let (known, unknown) =
        (work(&scheme, "ada", Some(bcrypt), LONG), work(&scheme, "nobody", None, LONG));
    assert!(known > Duration::from_millis(10));
    assert_eq!(known, unknown);
    let too_long = "x".repeat(Candidate::MAX_BYTES + 1);
    assert_eq!(work(&scheme, "nobody", None, &too_long), known);
    assert_eq!(work(&scheme, "ada", Some(bcrypt), &too_long), known);
}
