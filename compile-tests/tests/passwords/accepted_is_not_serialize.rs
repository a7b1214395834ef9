fn needs<T: serde::Serialize>() {}

fn main() {
    needs::<palisade_passwords::Accepted>();
}
