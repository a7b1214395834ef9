fn debug<T: std::fmt::Debug>() {}
fn display<T: std::fmt::Display>() {}
fn clone<T: Clone>() {}
fn serialize<T: serde::Serialize>() {}

fn main() {
    debug::<palisade_passwords::session::PasswordChange<u64>>();
    display::<palisade_passwords::session::PasswordChange<u64>>();
    clone::<palisade_passwords::session::PasswordChange<u64>>();
    serialize::<palisade_passwords::session::PasswordChange<u64>>();
}
