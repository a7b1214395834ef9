fn debug<T: std::fmt::Debug>() {}
fn display<T: std::fmt::Display>() {}
fn clone<T: Clone>() {}
fn serialize<T: serde::Serialize>() {}

fn main() {
    debug::<palisade_passwords::temporary::TemporaryPassword>();
    display::<palisade_passwords::temporary::TemporaryPassword>();
    clone::<palisade_passwords::temporary::TemporaryPassword>();
    serialize::<palisade_passwords::temporary::TemporaryPassword>();
}
