//! Not even a number.
use palisade_input_validation::issue::{Arg, Breach, Num, code};

fn refuse(sent: i128) -> Breach {
    Breach::with(code::RANGE, &[Arg::new("sent", Num::Int(sent))])
}

fn main() {}
