//! The same types with bounds that can be kept.
use palisade_input_validation::{Clamped, Line, Pattern};

const CODE: Pattern = Pattern::new("a{2,5}");

fn main() {
    let _ = Clamped::<u32, 1, 10, 10>::new(5);
    let _ = Line::<10, 5>::parse("");
    let _ = CODE.matches("aa");
}
