//! 300 is no `u8`.
use palisade_input_validation::Clamped;

fn main() {
    let _ = Clamped::<u8, 1, 300, 20>::new(5);
}
