fn needs<T: std::fmt::Debug>() {}

fn main() {
    needs::<palisade_passwords::reset::ResetToken>();
}
