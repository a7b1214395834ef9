//! Rules that no value keeps.
use palisade_input_validation::{Check, Line};

#[derive(Check)]
#[check(open)]
struct Literal {
    #[check(chars(32..=3))]
    name: String,
}

const LEAST: usize = 9;

#[derive(Check)]
#[check(open)]
struct Constant {
    #[check(items(LEAST..=3))]
    names: Vec<String>,
}

#[derive(Check)]
#[check(open)]
struct AgainstTheType {
    #[check(range(300..=400))]
    age: u8,
}

#[derive(Check)]
#[check(open)]
struct AgainstTheLine {
    #[check(each(chars(30..=40)))]
    tags: Vec<Line<20>>,
}

fn main() {}
