//! What serde or the rules would silently take.
use palisade_input_validation::Check;

#[derive(Check)]
struct Unsaid {
    name: String,
}

#[derive(Check)]
#[check(open)]
struct Flat {
    #[serde(flatten)]
    rest: Vec<String>,
}

#[derive(Check)]
#[check(open)]
struct Exclusive {
    #[check(chars(3..32))]
    name: String,
}

#[derive(Check)]
#[check(open)]
struct Misspelt {
    #[check(char(3..=32))]
    name: String,
}

#[derive(Check)]
#[check(open)]
struct Twice {
    name: String,
    #[serde(rename = "name")]
    other: String,
}

#[derive(Check)]
#[check(open)]
struct Alone {
    #[check(same_as = "password")]
    confirm: String,
}

fn main() {}
