use palisade_passwords::reset::{Live, MemoryStore, Resets};
use palisade_passwords::{Candidate, Hasher};

fn redeem(resets: Resets<MemoryStore>, hasher: Hasher, live: Live, typed: Candidate) {
    drop(resets.redeem(live, typed, &hasher, |_, _| Box::pin(async { Ok(()) })));
}

fn main() {}
