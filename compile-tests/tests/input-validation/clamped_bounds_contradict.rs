//! The default is above the bound.
use palisade_input_validation::Clamped;

fn main() {
    let _ = Clamped::<u32, 1, 10, 20>::new(5);
}
