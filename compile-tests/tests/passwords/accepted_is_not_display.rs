fn needs<T: std::fmt::Display>() {}

fn main() {
    needs::<palisade_passwords::Accepted>();
}
