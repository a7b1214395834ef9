fn json<T: serde::de::DeserializeOwned>() {}

fn main() {
    json::<palisade_passwords::Candidate>();
}
