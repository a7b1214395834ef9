//! A column comes from the program.
use palisade_input_validation::SortKey;

#[derive(Clone, Copy, SortKey)]
enum Order {
    #[sort(column = "name; DROP TABLE students")]
    Name,
}

#[derive(Clone, Copy, SortKey)]
enum Twice {
    Name,
    #[serde(rename = "Name")]
    Other,
}

#[derive(Clone, Copy, SortKey)]
enum Held {
    Column(&'static str),
}

fn main() {}
