fn display<T: std::fmt::Display>() {}
fn serialize<T: serde::Serialize>() {}

fn main() {
    display::<palisade_passwords::leak_guard::Secrets>();
    serialize::<palisade_passwords::leak_guard::Secrets>();
    display::<palisade_passwords::SecretKeys>();
    serialize::<palisade_passwords::SecretKeys>();
}
