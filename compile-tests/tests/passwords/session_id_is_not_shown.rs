fn debug<T: std::fmt::Debug>() {}
fn display<T: std::fmt::Display>() {}
fn clone<T: Clone>() {}
fn serialize<T: serde::Serialize>() {}

fn main() {
    debug::<palisade_passwords::session::SessionId>();
    display::<palisade_passwords::session::SessionId>();
    clone::<palisade_passwords::session::SessionId>();
    serialize::<palisade_passwords::session::SessionId>();
}
