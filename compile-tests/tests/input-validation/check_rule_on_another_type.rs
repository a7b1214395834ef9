//! A rule about numbers on a text would hold always.
use palisade_input_validation::Check;

#[derive(Check)]
#[check(open)]
struct Text {
    #[check(range(1..=5))]
    name: String,
}

fn main() {}
