//! One verification of a wrong password.

use std::hint::black_box;
use std::ptr;
use std::slice;

use argon2::{Argon2, Block};
use harness::Contestant;
use palisade_passwords::{Arena, Attempt, Candidate, OsRandom, Params, Scheme};
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

const PASSWORD: &[u8] = b"red bicycles under snow";
const SALT: &[u8; 16] = b"somesaltsomesalt";
const STORED: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CWrdrQSsO5h2eGAvT+KJ+dBpmNJ2Ztiu9ZkZqX5kGy0";

/// As in a server with several threads, where freed memory of this size goes back to the system.
pub(crate) fn mapped() -> Vec<Contestant> {
    let fresh = Contestant::new("argon2 0.6, fresh memory", || {
        let engine = Argon2::default();
        let blocks = engine.params().block_count();
        let bytes = blocks * size_of::<Block>();
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: no address is asked for; the mapping is private and given back below.
        let place =
            unsafe { mmap_anonymous(ptr::null_mut(), bytes, protection, MapFlags::PRIVATE) };
        let place = place.expect("memory");
        // SAFETY: the pages are mapped, aligned, used by nobody else, and zero, which is a `Block`.
        let memory = unsafe { slice::from_raw_parts_mut(place.cast::<Block>(), blocks) };
        hash_in(&engine, memory);
        // SAFETY: the mapping made above, which nothing refers to any more.
        unsafe { munmap(place, bytes) }.expect("mapped");
    });
    vec![ours(), fresh]
}

/// As in one thread that does nothing else: malloc gives the same pages again.
pub(crate) fn cached() -> Vec<Contestant> {
    let fresh = Contestant::new("argon2 0.6, fresh memory", || {
        let mut tag = [0; 32];
        let engine = Argon2::default();
        engine.hash_password_into(black_box(PASSWORD), SALT, &mut tag).expect("a hash");
        black_box(tag);
    });
    let mut memory = vec![Block::new(); 19_456];
    let kept = Contestant::new("floor: argon2 0.6, one buffer, never wiped", move || {
        hash_in(&Argon2::default(), &mut memory);
    });
    vec![ours(), fresh, kept]
}

fn hash_in(engine: &Argon2<'_>, memory: &mut [Block]) {
    let mut tag = [0; 32];
    engine
        .hash_password_into_with_memory(black_box(PASSWORD), SALT, &mut tag, memory)
        .expect("a hash");
    black_box(tag);
}

fn ours() -> Contestant {
    let scheme = Scheme::new(Params::OWASP_19M).expect("a scheme");
    let mut arena = Arena::new();
    Contestant::new("palisade-passwords", move || {
        let attempt = Attempt::new("ada").stored(Some(STORED));
        let candidate = Candidate::from(black_box("red bicycles under snow"));
        let verdict = scheme.verify(&attempt, &candidate, &mut arena, &OsRandom::new());
        assert!(!black_box(verdict).is_verified(), "a wrong password");
    })
}
