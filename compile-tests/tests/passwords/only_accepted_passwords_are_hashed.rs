use palisade_passwords::{Candidate, Hasher};

fn hash(hasher: &Hasher) {
    let _ = hasher.hash(Candidate::from("password"));
}

fn main() {}
