use palisade_passwords::session::{Active, Pending};

fn grade(_: &Active<u64>) {}

fn attack(session: &Pending<u64>) {
    grade(session);
}

fn main() {}
