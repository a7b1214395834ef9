fn debug<T: std::fmt::Debug>() {}
fn display<T: std::fmt::Display>() {}
fn clone<T: Clone>() {}
fn serialize<T: serde::Serialize>() {}

fn main() {
    debug::<palisade_passwords::fields::Fields>();
    display::<palisade_passwords::fields::Fields>();
    clone::<palisade_passwords::fields::Fields>();
    serialize::<palisade_passwords::fields::Fields>();
}
