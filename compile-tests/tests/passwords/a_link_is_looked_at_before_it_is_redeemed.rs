use palisade_passwords::reset::{MemoryStore, ResetToken, Resets};
use palisade_passwords::{Accepted, Hasher};

fn redeem(resets: Resets<MemoryStore>, hasher: Hasher, token: ResetToken, typed: Accepted) {
    drop(resets.redeem(token, typed, &hasher, |_, _| Box::pin(async { Ok(()) })));
}

fn main() {}
