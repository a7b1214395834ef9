//! Patterns are read by the compiler.
use palisade_input_validation::Pattern;

const ANCHORED: Pattern = Pattern::new("^a$");
const GROUPED: Pattern = Pattern::new("(a|b)");
const OPEN: Pattern = Pattern::new("[a-z");
const DOWNWARDS: Pattern = Pattern::new("a{5,2}");

fn main() {}
