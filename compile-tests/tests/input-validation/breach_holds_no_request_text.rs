//! An error cannot be made from what a client sent.
use palisade_input_validation::issue::{Breach, Code};

fn refuse(sent: String) -> Breach {
    Breach::new(Code::new(&sent))
}

fn main() {}
