//! No line has at least 10 and at most 5 characters.
use palisade_input_validation::Line;

fn main() {
    let _ = Line::<5, 10>::parse("");
}
